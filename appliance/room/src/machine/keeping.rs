//! What a room keeps beside the call it is in, by its mode; and what a classified room does instead.

use std::time::Duration;

use super::{Going, Room, RoomConfig, State, before::Ringing};
use crate::call::Call;
use crate::classified::{Demand, Standing};
use crate::diagnostics::{Facts, LastFailure};
use crate::event::CallId;
use crate::history::History;
use crate::policy::{Forbidden, Mode};
use crate::view::{Device, EndReason, InvitationEnd, Notice, Recent};
use crate::{Destination, Now, Output, Title};

/// Chosen when the room starts, and never changed.
#[derive(Debug)]
pub(super) enum Keeping {
    Usual(Usual),
    Classified(Classified),
}

/// What only a usual room has: all of it outlives a call, or comes from elsewhere.
#[derive(Debug)]
pub(super) struct Usual {
    pub history: History,
    pub last_failure: Option<LastFailure>,
    pub ringing: Option<Ringing>,
    /// Invitations so far.
    pub invitations: u64,
    pub invitation_end: Option<InvitationEnd>,
}

/// What only a classified room has.
#[derive(Debug)]
pub(super) struct Classified {
    /// What does not hold around it.
    unmet: Vec<Demand>,
    /// Whether the microphone has current, as last asked.
    relay_closed: bool,
}

impl Keeping {
    /// A classified room takes no calendar, and of the meetings it knows beforehand nobody reads the titles.
    pub fn new(mode: Mode, config: &mut RoomConfig) -> Keeping {
        match mode {
            Mode::Usual => Keeping::Usual(Usual {
                history: History::new(config.history),
                last_failure: None,
                ringing: None,
                invitations: 0,
                invitation_end: None,
            }),
            Mode::Classified => {
                config.calendar = false;
                config.agenda.iter_mut().for_each(|entry| entry.title = Title::Private);
                Keeping::Classified(Classified { unmet: Demand::ALL.to_vec(), relay_closed: false })
            }
        }
    }

    fn usual(&self) -> Option<&Usual> {
        match self {
            Keeping::Usual(usual) => Some(usual),
            Keeping::Classified(_) => None,
        }
    }

    pub fn history(&self, now: Now) -> Vec<Recent> {
        self.usual().map_or_else(Vec::new, |usual| usual.history.view(now))
    }

    pub fn forget_history(&mut self) {
        if let Keeping::Usual(usual) = self {
            usual.history.clear();
        }
    }

    pub fn ringing(&self) -> Option<&Ringing> {
        self.usual().and_then(|usual| usual.ringing.as_ref())
    }

    pub fn invitation_end(&self) -> Option<InvitationEnd> {
        self.usual().and_then(|usual| usual.invitation_end)
    }

    pub fn last_failure(&self) -> Option<LastFailure> {
        self.usual().and_then(|usual| usual.last_failure.clone())
    }

    /// A call failed, at this local wall time.
    pub fn failed(&mut self, reason: &EndReason, at: Duration) {
        if let Keeping::Usual(usual) = self {
            usual.last_failure = Some(LastFailure { reason: reason.clone(), at });
        }
    }

    /// How to join a call's meeting again.
    pub fn again(&self, call: &Call) -> Option<Going> {
        let to = || Going::to(call.destination.clone());
        let going = || Going { what: call.what.clone(), origin: call.origin, ..to() };
        self.usual().map(|_| going())
    }

    /// Facts without those of a call, where nothing of one is kept.
    pub fn of_facts(&self, facts: Facts) -> Facts {
        match self {
            Keeping::Usual(_) => facts,
            Keeping::Classified(_) => Facts { call: None, ..facts },
        }
    }

    /// What the mode alone says of a meeting.
    pub fn may_join(&self, destination: &Destination) -> Result<(), Forbidden> {
        let Keeping::Classified(classified) = self else { return Ok(()) };
        if let Some(unmet) = classified.unmet.first() {
            return Err(Forbidden::Surroundings(*unmet));
        }
        if destination.is_end_to_end_encrypted() { Ok(()) } else { Err(Forbidden::NotEndToEnd) }
    }
}

impl Room {
    pub(super) fn mode(&self) -> Mode {
        match self.keeping {
            Keeping::Usual(_) => Mode::Usual,
            Keeping::Classified(_) => Mode::Classified,
        }
    }

    /// What people read about the mode on every screen.
    pub(super) fn standing(&self) -> Option<Standing> {
        let Keeping::Classified(classified) = &self.keeping else { return None };
        Some(match (&self.state, classified.unmet.first()) {
            (State::Calling(call), _) if call.may_open() => Standing::Verified,
            (State::Calling(_) | State::Leaving { then: Some(_), .. }, _) => Standing::Withheld,
            (_, Some(unmet)) => Standing::Refusing(*unmet),
            (_, None) => Standing::Ready,
        })
    }

    /// What does not hold around the room has changed. In a meeting, whatever it is ends the meeting.
    pub(super) fn surroundings_are(&mut self, unmet: Vec<Demand>, now: Now) {
        let Keeping::Classified(classified) = &mut self.keeping else { return };
        classified.unmet = unmet;
        classified.unmet.sort();
        let first = classified.unmet.first().copied();
        if let (Some(unmet), State::Calling(_)) = (first, &self.state) {
            self.leave_because(Forbidden::Surroundings(unmet), now);
        }
    }

    /// Leaves the meeting, and says why.
    pub(super) fn leave_because(&mut self, why: Forbidden, now: Now) {
        self.leave(now);
        self.tell(Notice::Forbidden(why), now);
    }

    /// Not everybody in the meeting is verified any more: everything is closed, and opened again by people only.
    pub(super) fn withhold(&mut self, call: CallId, now: Now) {
        self.outputs.extend([
            Output::SetMicrophone { call, on: false },
            Output::SetCamera { call, on: false },
            Output::SetShare { call, on: false },
        ]);
        self.tell(Notice::Withheld, now);
    }

    /// A call is gone; what waited for that begins.
    pub(super) fn over(&mut self, then: Option<Going>, now: Now) {
        self.state = State::Home;
        self.wipe();
        if let Some(going) = then {
            self.start(going, None, now);
        }
    }

    /// Has the shell forget a call, where that is to be: the room itself has with the state that held it.
    pub(super) fn wipe(&mut self) {
        if self.mode() == Mode::Classified {
            self.outputs.push_back(Output::Wipe);
        }
    }

    /// The microphone has current only while people have it open in a meeting in which everybody is verified.
    pub(super) fn follow_relay(&mut self) {
        let is_open = matches!(&self.state, State::Calling(call) if call.asked().microphone)
            && self.devices.microphone == Device::Ready;
        let Keeping::Classified(classified) = &mut self.keeping else { return };
        if std::mem::replace(&mut classified.relay_closed, is_open) != is_open {
            self.outputs.push_back(Output::MicrophoneRelay { closed: is_open });
        }
    }
}
