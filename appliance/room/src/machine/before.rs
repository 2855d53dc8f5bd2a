//! Before a call: which meeting is meant, new meetings, invitations, and whether anybody is there.

use std::time::{Duration, Instant};

use super::keeping::Keeping;
use super::{Going, Room, State};
use crate::agenda::{MeetingId, Title};
use crate::call::Origin;
use crate::destination::{Destination, DestinationError};
use crate::policy::Forbidden;
use crate::text::tidy;
use crate::venue::Venue;
use crate::view::{Invitation, InvitationEnd, InvitationId, Notice};
use crate::{Now, Output, Refusal, instant};

/// How long an invitation is shown: as long as people let a telephone ring.
const INVITATION_SHOWN: Duration = Duration::from_secs(60);
/// Letters of the name of who invites.
const NAME_LETTERS_MAX: usize = 80;
/// How long people are told where others find a new meeting, unless somebody comes.
const LINK_SHOWN: Duration = Duration::from_secs(60);

/// Somebody elsewhere asks people to join.
#[derive(Debug)]
pub(super) struct Ringing {
    id: InvitationId,
    from: String,
    going: Going,
    until: Instant,
}

impl Room {
    pub(super) fn join_meeting(&mut self, id: MeetingId, now: Now) {
        let Some(entry) = self.agenda.find(id, now) else { return self.refuse(Notice::MeetingGone) };
        match entry.venue.clone() {
            Some(Venue::Joinable(destination)) => {
                let what = match &entry.title {
                    Title::Plain(title) => title.clone(),
                    Title::Untitled | Title::Private => destination.name(),
                };
                self.join(Going { what, ..Going::to(destination) }, now);
            }
            Some(Venue::NotJoinable(obstacle)) => self.refuse(Notice::NotJoinable(obstacle)),
            None => self.refuse(Notice::NoLink),
        }
    }

    pub(super) fn join_typed(&mut self, text: &str, now: Now) {
        match Destination::parse(text, &self.config.parse) {
            Ok(destination) => self.join(Going::to(destination), now),
            Err(error) => self.refuse(error),
        }
    }

    pub(super) fn join_again(&mut self, id: MeetingId, now: Now) {
        let Keeping::Usual(usual) = &self.keeping else { return self.refuse(Notice::Forbidden(Forbidden::Classified)) };
        let Some((destination, what)) = usual.history.find(id) else { return self.refuse(Notice::MeetingGone) };
        let going = Going { what: what.to_owned(), ..Going::to(destination.clone()) };
        self.join(going, now);
    }

    /// Why people here are not to be taken anywhere just now.
    pub(super) fn engagement(&self) -> Option<Refusal> {
        match self.state {
            State::Calling(_) => Some(Notice::AlreadyInCall.into()),
            State::Asking(_) => Some(Refusal::AlreadyAsking),
            State::Home | State::Leaving { .. } | State::CheckingAudio { .. } | State::Failed { .. } => None,
        }
    }

    /// Asks for a code that nobody can guess.
    pub(super) fn meet_now(&mut self, now: Now) {
        if self.config.parse.instance.is_none() {
            return self.refuse(Notice::NoPlatform);
        }
        if let Some(why) = self.engagement() {
            return self.refuse(why);
        }
        // Whoever asks is answered now; which code it becomes says nothing about where it is.
        match self.new_meeting(0).map(|going| self.may_join(&going, now)) {
            Err(error) => self.refuse(error),
            Ok(Err(why)) => self.refuse(Notice::Forbidden(why)),
            Ok(Ok(_)) => {
                self.draws_code = true;
                self.outputs.push_back(Output::DrawCode);
            }
        }
    }

    pub(super) fn random(&mut self, random: u128, now: Now) {
        if !std::mem::take(&mut self.draws_code) {
            return;
        }
        match self.new_meeting(random) {
            Ok(going) => self.join(going, now),
            Err(error) => self.refuse(error),
        }
    }

    fn new_meeting(&self, random: u128) -> Result<Going, DestinationError> {
        let destination = Destination::parse(&instant::code(random), &self.config.parse)?;
        Ok(Going { origin: Origin::New, ..Going::to(destination) })
    }

    /// In the meeting: people tell others of it, or find it again, as far as that is theirs to know.
    pub(super) fn is_in(&mut self, now: Now) {
        let State::Calling(call) = &self.state else { return };
        let (what, destination, origin) = (call.what.clone(), call.destination.clone(), call.origin);
        let is_back = call.returns > 0;
        if is_back {
            self.tell(Notice::CameBack, now);
        } else if origin == Origin::New {
            self.tell_for(Notice::TellLink(destination.address()), LINK_SHOWN, now);
        }
        if let Keeping::Usual(usual) = &mut self.keeping
            && !self.agenda.is_private(&destination)
        {
            usual.history.add(&what, &destination, now);
        }
    }

    /// Nobody needs to be told of a new meeting any more once somebody is there.
    pub(super) fn somebody_came(&mut self) {
        self.notice.take_if(|(notice, _)| matches!(notice, Notice::TellLink(_)));
    }

    pub(super) fn invited(&mut self, typed: &str, from: &str, now: Now) {
        let destination = match Destination::parse(typed, &self.config.parse) {
            Ok(destination) => destination,
            Err(error) => return self.refuse(error),
        };
        // Nobody is asked to join what they may not.
        if let Err(why) = self.may_join(&Going::to(destination.clone()), now) {
            return self.refuse(Notice::Forbidden(why));
        }
        let Keeping::Usual(usual) = &mut self.keeping else {
            // Nobody elsewhere asks for anything here.
            return self.refuse(Notice::Forbidden(Forbidden::Classified));
        };
        match &self.state {
            State::Calling(call) if call.destination == destination => self.refuse(Refusal::AlreadyThere),
            State::CheckingAudio { .. } => self.refuse(Refusal::AlreadyChecking),
            // What they are to read is not hidden.
            State::Asking(_) => self.refuse(Refusal::AlreadyAsking),
            _ if usual.ringing.is_some() => self.refuse(Refusal::AlreadyInvited),
            _ => {
                usual.invitations += 1;
                usual.invitation_end = None;
                usual.ringing = Some(Ringing {
                    id: InvitationId(usual.invitations),
                    from: tidy(from, NAME_LETTERS_MAX),
                    going: Going::to(destination),
                    until: now.monotonic + INVITATION_SHOWN,
                });
            }
        }
    }

    /// An answer to an invitation that is no longer shown means nothing.
    pub(super) fn answer(&mut self, id: InvitationId, accept: bool, now: Now) {
        let Keeping::Usual(usual) = &mut self.keeping else { return };
        let Some(ringing) = usual.ringing.take_if(|ringing| ringing.id == id) else { return };
        usual.invitation_end = Some(InvitationEnd::Declined);
        if accept {
            // Nobody leaves a meeting for one that the room may not join.
            if let Err(why) = self.may_join(&ringing.going, now) {
                return self.refuse(Notice::Forbidden(why));
            }
            if let Keeping::Usual(usual) = &mut self.keeping {
                usual.invitation_end = Some(InvitationEnd::Accepted);
            }
            // Who accepts in a meeting leaves it, and who is asked about another one does not go there.
            if matches!(self.state, State::Calling(_) | State::Asking(_)) {
                self.leave(now);
            }
            self.join(ringing.going, now);
        }
    }

    pub(super) fn invitation(&self) -> Option<Invitation> {
        let ringing = self.keeping.ringing()?;
        Some(Invitation { id: ringing.id, from: ringing.from.clone(), what: ringing.going.what.clone() })
    }

    /// When something here changes by itself.
    pub(super) fn deadline(&self) -> Option<(Instant, &'static str)> {
        let ringing = self.keeping.ringing().map(|ringing| (ringing.until, "nobody answers an invitation"));
        ringing.into_iter().chain(self.standby.deadline()).min_by_key(|(at, _)| *at)
    }

    /// What has become true by itself, after everything else was handled.
    pub(super) fn settle(&mut self, now: Now) {
        if let Keeping::Usual(usual) = &mut self.keeping {
            if usual.ringing.take_if(|ringing| ringing.until <= now.monotonic).is_some() {
                usual.invitation_end = Some(InvitationEnd::Unanswered);
            }
            usual.history.age(now);
        }
        self.follow_relay();
        let busy = !matches!(self.state, State::Home) || self.keeping.ringing().is_some() || self.notice.is_some();
        if let Some(dark) = self.standby.update(busy, self.agenda.next_start(now), now) {
            self.outputs.push_back(Output::Standby(dark));
            if dark {
                // The next people find the room as it is configured.
                self.language = self.config.language;
            }
        }
    }
}
