//! The call the room is in: what was asked for, and what the platform says is so.

mod media;
mod words;

use std::time::{Duration, Instant};

use crate::classified::VerifiedGroup;
use crate::encryption::{Encryption, Member, Verification};
use crate::event::{CallId, CallReport};
use crate::moderation::{Rights, WAITING_MAX, Waiting};
use crate::policy::{Begins, Mode};
use crate::portal::Portal;
use crate::text::{NAME_CHARS_MAX, one_line};
use crate::unfinished::{GOES_WELL, Open, Unfinished};
use crate::view::{
    Arrangement, Content, Device, Devices, EndReason, InCall, JoinStep, Notice, Participant, Quality, Share, Strain,
    Switch,
};
use crate::{Destination, Now};

use media::Change;
pub(crate) use media::{Asked, Media, ShareWish};
pub(crate) use words::Words;

/// How long "somebody waits" is shown after the platform said so: waiting guests are announced once.
const WAITING_SHOWN: Duration = Duration::from_secs(20);

/// Sentences about where everything goes that are shown.
const SENTENCES_MAX: usize = 6;

/// Members of a group that are remembered; in larger meetings the others are shown as not verified.
const MEMBERS_MAX: usize = 1000;

/// One call, from the wish to its end.
#[derive(Debug)]
pub struct Call {
    pub id: CallId,
    pub destination: Destination,
    /// How people call it.
    pub what: String,
    pub phase: Phase,
    /// What the platform has said of the meeting so far; some of it comes before we are in.
    meeting: Meeting,
    media: Media,
    pub origin: Origin,
    /// People here ended the meeting for everybody.
    pub ended_by_us: bool,
    /// How often the room has come back to it by itself, after its life was cut short.
    pub returns: u8,
    /// What stands between this room and the platform.
    portal: Option<Portal>,
}

/// How people came to the meeting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// It was there before: planned, or somebody told them.
    Plain,
    /// They began it here, and others need its code.
    New,
}

impl From<Origin> for Begins {
    fn from(origin: Origin) -> Begins {
        match origin {
            Origin::Plain => Begins::Elsewhere,
            Origin::New => Begins::Here,
        }
    }
}

/// How far the call is.
#[derive(Debug, Clone, Copy)]
pub enum Phase {
    Joining(JoinStep),
    Lobby { since: Instant },
    In { since: Instant },
}

/// What the platform says of the meeting we are in.
#[derive(Debug)]
struct Meeting {
    title: Option<String>,
    reconnecting: bool,
    participants: Vec<Participant>,
    live: (bool, bool),
    sharing: bool,
    permitted: (bool, bool),
    may_share: bool,
    hand_raised: bool,
    encryption: Encryption,
    /// Who is in the group, by identity.
    members: Vec<Member>,
    recording: bool,
    transcription: bool,
    evidence: Vec<String>,
    quality: Quality,
    waiting_until: Option<Instant>,
    words: Words,
    rights: Rights,
    waiting: Vec<Waiting>,
}

/// What follows from a report, beside the changed state.
#[derive(Debug, PartialEq)]
pub enum Consequence {
    Nothing,
    Tell(Notice),
    /// A classified room's devices are to be closed at once: not everybody there is verified.
    Withhold,
    /// The meeting is not encrypted, and this room is in no such meeting.
    NotEncrypted,
    Ended(EndReason),
}

impl Call {
    /// On its way. In a usual room microphone and camera are asked for from the start.
    pub fn new(id: CallId, destination: Destination, what: String, mode: Mode) -> Call {
        let phase = Phase::Joining(JoinStep::AskingForEntry);
        let (media, words) = match mode {
            Mode::Usual => (Media::Usual(Asked { microphone: true, camera: true, ..Asked::NOTHING }), Words::kept()),
            Mode::Classified => (Media::Withheld, Words::None),
        };
        let meeting = Meeting::new(words);
        let origin = Origin::Plain;
        Call { id, destination, what, phase, meeting, media, origin, ended_by_us: false, returns: 0, portal: None }
    }

    /// On its way again: with what people had open, and no more.
    pub fn again(&mut self, open: Open, returns: u8) {
        self.returns = returns;
        if let Some(asked) = self.media.asked_mut() {
            (asked.microphone, asked.camera) = (open.microphone, open.camera);
        }
    }

    /// What the room needs to be there again, should its life be cut short now.
    pub fn unfinished(&self, now: Now) -> Unfinished {
        let asked = self.asked();
        let goes_well = |since| now.monotonic.saturating_duration_since(since) >= GOES_WELL;
        Unfinished {
            destination: self.destination.clone(),
            what: self.what.clone(),
            begins: self.origin.into(),
            open: Open { microphone: asked.microphone, camera: asked.camera },
            returns: if matches!(self.phase, Phase::In { since } if goes_well(since)) { 0 } else { self.returns },
        }
    }

    pub fn report(&mut self, report: CallReport, now: Now) -> Consequence {
        let consequence = self.take_in(report, now);
        let is_in = matches!(self.phase, Phase::In { .. });
        let must_be_encrypted = self.mode() == Mode::Classified;
        match (self.media.follow(self.meeting.group().filter(|_| is_in)), consequence) {
            (_, Consequence::Ended(reason)) => Consequence::Ended(reason),
            _ if is_in && must_be_encrypted && !self.meeting.encryption.is_on() => Consequence::NotEncrypted,
            (Change::Closed, _) => Consequence::Withhold,
            (Change::MayOpen, _) => Consequence::Tell(Notice::EverybodyVerified),
            (Change::Nothing, consequence) => consequence,
        }
    }

    fn take_in(&mut self, report: CallReport, now: Now) -> Consequence {
        match (report, self.phase) {
            (CallReport::NotReached(findings), _) => self.portal = findings.portal(self.destination.server()),
            (CallReport::Ended(reason), _) => return Consequence::Ended(self.behind_portal(reason)),
            (CallReport::Progress(step), Phase::Joining(_) | Phase::Lobby { .. }) => self.phase = Phase::Joining(step),
            (CallReport::Lobby, Phase::Joining(_)) => self.phase = Phase::Lobby { since: now.monotonic },
            (CallReport::Joined { title, encrypted }, Phase::Joining(_) | Phase::Lobby { .. }) => {
                // Whoever began a meeting sees the code by which others find it.
                // The group may have been told before. A classified room believes the weaker of the two.
                let is_doubtful = !encrypted && self.mode() == Mode::Classified;
                if is_doubtful || self.meeting.encryption.code().is_none() {
                    self.meeting.encryption = if encrypted { Encryption::SharedKey } else { Encryption::None };
                }
                self.meeting.title = title.filter(|_| self.origin == Origin::Plain);
                self.phase = Phase::In { since: now.monotonic };
            }
            (report, phase) => {
                if let CallReport::Refused(_) = report {
                    self.ended_by_us = false;
                }
                if let Some(asked) = self.media.asked_mut() {
                    asked.follow(&report);
                }
                let consequence = self.meeting.report(report, now);
                if matches!(phase, Phase::In { .. }) {
                    return consequence;
                }
            }
        }
        Consequence::Nothing
    }

    /// Why the call ended: what a portal looks like to whoever wanted to reach somebody else is no reason of its own.
    fn behind_portal(&mut self, reason: EndReason) -> EndReason {
        use EndReason::{CertificateInvalid, OutsidePolicy, ServerUnreachable};
        match (self.portal.take(), reason) {
            (Some(portal), ServerUnreachable | CertificateInvalid | OutsidePolicy) => {
                EndReason::CaptivePortal { host: portal.host }
            }
            (_, reason) => reason,
        }
    }

    /// When something on the screen changes by itself.
    pub fn deadline(&self) -> Option<(Instant, &'static str)> {
        let waiting = self.meeting.waiting_until.map(|at| (at, "nobody waits any more"));
        let captions = self.meeting.words.deadline().map(|at| (at, "a caption has been shown"));
        let share = match self.share() {
            ShareWish::Offered { until } => Some((until, "nobody wants to share")),
            ShareWish::Dark { until } => Some((until, "no picture of what is shared")),
            ShareWish::No | ShareWish::Yes => None,
        };
        waiting.into_iter().chain(captions).chain(share).min_by_key(|(at, _)| *at)
    }

    pub fn timeout(&mut self, now: Now) {
        let waiting = &mut self.meeting.waiting_until;
        *waiting = waiting.filter(|at| *at > now.monotonic);
        self.meeting.words.timeout(now.monotonic);
        if matches!(self.share(), ShareWish::Offered { until } if until <= now.monotonic) {
            self.ask_share(ShareWish::No);
        }
    }

    /// Who is there besides us.
    pub fn participants(&self) -> &[Participant] {
        &self.meeting.participants
    }

    /// Whether what is shared has given no picture for too long.
    pub fn is_share_dark(&self, now: Now) -> bool {
        matches!(self.share(), ShareWish::Dark { until } if until <= now.monotonic)
    }

    /// Nothing is shared in this meeting, whatever it would let us do.
    pub fn forbid_share(&mut self) {
        self.meeting.may_share = false;
    }

    /// Whether the meeting lets us share.
    pub fn may_share(&self) -> bool {
        self.meeting.may_share
    }

    /// Whether the meeting lets us speak, and show ourselves.
    pub fn is_permitted(&self) -> (bool, bool) {
        self.meeting.permitted
    }

    /// Whether our hand is up, as the platform sees it.
    pub fn hand_raised(&self) -> bool {
        self.meeting.hand_raised
    }

    /// What we may do to others.
    pub fn rights(&self) -> Rights {
        self.meeting.rights
    }

    /// What is written and said as text, as far as this room has a place for it.
    pub fn words(&mut self) -> &mut Words {
        &mut self.meeting.words
    }

    /// Of the room that is in it.
    pub fn mode(&self) -> Mode {
        match self.media {
            Media::Usual(_) => Mode::Usual,
            Media::Withheld | Media::Verified(..) => Mode::Classified,
        }
    }

    /// What people asked of their devices: everything closed where there is nothing to ask.
    pub fn asked(&self) -> Asked {
        self.media.asked().copied().unwrap_or(Asked::NOTHING)
    }

    /// The same, to ask something else: `None` while nothing of the room may leave it.
    pub fn asked_mut(&mut self) -> Option<&mut Asked> {
        self.media.asked_mut()
    }

    /// Whether anything of the room may leave it at all.
    pub fn may_open(&self) -> bool {
        self.media.asked().is_some()
    }

    /// What people asked of the laptop at the content input.
    pub fn share(&self) -> ShareWish {
        self.asked().share
    }

    /// The same, to ask something else; without effect while nothing of the room may leave it.
    pub fn ask_share(&mut self, wish: ShareWish) {
        if let Some(asked) = self.media.asked_mut() {
            asked.share = wish;
        }
    }

    /// What people see of the meeting we are in since then.
    pub fn view(&self, since: Instant, devices: Devices, arrangement: &Arrangement, now: Now) -> InCall {
        let (meeting, asked, may_open) = (&self.meeting, self.asked(), self.may_open());
        let (may_speak, may_show) = (may_open && meeting.permitted.0, may_open && meeting.permitted.1);
        InCall {
            title: meeting.title.clone().unwrap_or_else(|| self.what.clone()),
            elapsed: Duration::from_secs(now.monotonic.saturating_duration_since(since).as_secs()),
            reconnecting: meeting.reconnecting,
            participants: meeting.participants.iter().map(|person| meeting.seen(person, now)).collect(),
            microphone: switch(asked.microphone, meeting.live.0, devices.microphone, may_speak),
            camera: switch(asked.camera, meeting.live.1, devices.camera, may_show),
            share: share(asked.share, meeting.sharing, devices.content, may_open && meeting.may_share),
            hand_raised: meeting.hand_raised,
            arrangement: arrangement.clone(),
            second_display: false,
            captions: if arrangement.captions { meeting.words.captions(now.monotonic) } else { Vec::new() },
            encryption: meeting.encryption,
            recording: meeting.recording,
            transcription: meeting.transcription,
            evidence: meeting.evidence.clone(),
            quality: meeting.quality,
            // The machine's, which outlives calls.
            strain: Strain::default(),
            somebody_waiting: if meeting.rights.admit {
                !meeting.waiting.is_empty()
            } else {
                meeting.waiting_until.is_some_and(|until| until > now.monotonic)
            },
            waiting: meeting.waiting.clone(),
            rights: meeting.rights,
            chat: meeting.words.chat(),
            turning: None,
        }
    }
}

impl Meeting {
    fn new(words: Words) -> Meeting {
        Meeting {
            title: None,
            reconnecting: false,
            participants: Vec::new(),
            live: (false, false),
            sharing: false,
            permitted: (true, true),
            may_share: true,
            hand_raised: false,
            encryption: Encryption::None,
            members: Vec::new(),
            recording: false,
            transcription: false,
            evidence: Vec::new(),
            quality: Quality::Unknown,
            waiting_until: None,
            words,
            rights: Rights::default(),
            waiting: Vec::new(),
        }
    }

    fn report(&mut self, report: CallReport, now: Now) -> Consequence {
        use Consequence::{Nothing, Tell};
        match report {
            CallReport::Reconnecting => self.reconnecting = true,
            CallReport::Reconnected => self.reconnecting = false,
            CallReport::Participants(participants) => {
                self.participants = participants.into_iter().map(bounded).collect()
            }
            CallReport::Encryption { encryption, members } => {
                let weaker = self.encryption.code().is_some() && encryption.code().is_none();
                self.encryption = encryption;
                self.members = members.into_iter().take(MEMBERS_MAX).map(bounded_member).collect();
                return if weaker { Tell(Notice::GroupKeysLost) } else { Nothing };
            }
            CallReport::OwnMedia { microphone_live, camera_live } => self.live = (microphone_live, camera_live),
            CallReport::Permissions { microphone, camera, share } => {
                let before = std::mem::replace(&mut self.permitted, (microphone, camera));
                self.may_share = share;
                return match (before, self.permitted) {
                    ((true, _), (false, _)) => Tell(Notice::MayNotSpeak),
                    ((_, true), (_, false)) => Tell(Notice::MayNotShowCamera),
                    // Only who shares misses it.
                    _ if self.sharing && !share => Tell(Notice::MayNotShare),
                    _ => Nothing,
                };
            }
            CallReport::Sharing { live } => self.sharing = live,
            CallReport::ShareEnded { by_host: true } => return Tell(Notice::ShareStoppedByHost),
            CallReport::ShareEnded { by_host: false } => return Tell(Notice::ShareRefused),
            CallReport::MutedByHost => return Tell(Notice::MutedByHost),
            CallReport::CameraStoppedByHost => return Tell(Notice::CameraStoppedByHost),
            CallReport::Hand { raised } => self.hand_raised = raised,
            CallReport::Evidence(sentences) => self.evidence = sentences.into_iter().take(SENTENCES_MAX).collect(),
            CallReport::Recording { recording, transcription } => {
                let starts = recording && !self.recording;
                (self.recording, self.transcription) = (recording, transcription);
                return if starts { Tell(Notice::RecordingStarted) } else { Nothing };
            }
            CallReport::Chat { from, text } => {
                let heard = self.words.hear(&from, &text, now.local(now.wall));
                return heard.map_or(Nothing, |(from, text)| Tell(Notice::Chat { from, text }));
            }
            // It travels as chat does.
            CallReport::Reaction { .. } if matches!(self.words, Words::None) => {}
            CallReport::Reaction { from, emoji } => {
                let from = one_line(&from, NAME_CHARS_MAX);
                return Tell(Notice::Reaction { from, emoji: one_line(&emoji, NAME_CHARS_MAX) });
            }
            CallReport::Caption { from, segment, text, is_final } => {
                let from = one_line(&from, NAME_CHARS_MAX);
                self.words.caption(from, segment, &text, is_final, now.monotonic);
            }
            CallReport::Rights(rights) => {
                self.rights = rights;
                if !rights.admit {
                    self.waiting.clear();
                }
            }
            CallReport::MayWrite(may_write) => self.words.let_write(may_write),
            CallReport::Waiting(waiting) => return self.wait(waiting),
            CallReport::Refused(why) => return Tell(Notice::Refused(why)),
            CallReport::SomebodyWaiting => self.waiting_until = Some(now.monotonic + WAITING_SHOWN),
            CallReport::Quality(quality) => self.quality = quality,
            // Handled before.
            CallReport::Progress(_)
            | CallReport::Lobby
            | CallReport::Joined { .. }
            | CallReport::NotReached(_)
            | CallReport::Ended(_) => {}
        }
        Nothing
    }

    /// The group, when everybody here is verified.
    fn group(&self) -> Option<VerifiedGroup> {
        // Of more only some are remembered.
        let group = || VerifiedGroup::of(self.encryption, &self.members, &self.participants);
        (self.members.len() < MEMBERS_MAX).then(group).flatten()
    }

    /// Somebody as people see them: by the clock on their wall, and by what is known of them in the group.
    fn seen(&self, person: &Participant, now: Now) -> Participant {
        let member = self.members.iter().find(|member| member.identity == person.identity);
        let known = member.map(|member| &member.verification);
        let verification = match (self.encryption, known) {
            (Encryption::SharedKey, Some(Verification::Outside)) => Verification::Outside,
            (Encryption::None | Encryption::SharedKey, _) => Verification::Unknown,
            (Encryption::Group { .. }, None | Some(Verification::Outside)) => Verification::Unverified,
            (Encryption::Group { .. }, Some(known)) => known.clone(),
        };
        let hand_raised_at = person.hand_raised_at.map(|at| now.local(at));
        Participant { hand_raised_at, verification, ..person.clone() }
    }

    /// Who waits in the lobby now. People are told of whoever has come.
    fn wait(&mut self, waiting: Vec<Waiting>) -> Consequence {
        let bounded = |person: Waiting| Waiting { name: one_line(&person.name, NAME_CHARS_MAX), ..person };
        let waiting: Vec<Waiting> = waiting.into_iter().take(WAITING_MAX).map(bounded).collect();
        let newcomer = waiting.iter().rev().find(|person| self.waiting.iter().all(|known| known.id != person.id));
        let consequence = newcomer
            .map_or(Consequence::Nothing, |person| Consequence::Tell(Notice::AsksToComeIn(person.name.clone())));
        self.waiting = waiting;
        consequence
    }
}

/// Somebody with a name of bounded length.
fn bounded(person: Participant) -> Participant {
    Participant { name: one_line(&person.name, NAME_CHARS_MAX), ..person }
}

/// A member whose name is of bounded length. A name of which nothing is to be seen verifies nobody.
fn bounded_member(member: Member) -> Member {
    let verification = match member.verification {
        Verification::Verified { name, by } => {
            let (name, by) = (one_line(&name, NAME_CHARS_MAX), one_line(&by, NAME_CHARS_MAX));
            if name.is_empty() || by.is_empty() {
                Verification::Unverified
            } else {
                Verification::Verified { name, by }
            }
        }
        Verification::Outside => Verification::Outside,
        Verification::Unverified | Verification::Unknown => Verification::Unverified,
    };
    Member { verification, ..member }
}

/// A switch shows what is on the wire; that something else was asked for is its own state.
fn switch(asked: bool, live: bool, device: Device, permitted: bool) -> Switch {
    match (device, permitted, asked, live) {
        // Whatever was asked, and whatever is there: what others hear and see is told first.
        (_, _, true, true) => Switch::On,
        (_, _, false, true) => Switch::Changing { to_on: false },
        (Device::Missing, ..) => Switch::Missing,
        (Device::Failed, ..) => Switch::Failed,
        (_, false, ..) => Switch::Forbidden,
        (_, _, false, false) => Switch::Off,
        (_, _, true, false) => Switch::Changing { to_on: true },
    }
}

/// As a switch: what is on the wire is told first.
fn share(wish: ShareWish, live: bool, content: Content, permitted: bool) -> Share {
    match (wish, live) {
        (ShareWish::Dark { .. }, _) => Share::NoSignal,
        (ShareWish::Yes, true) if content == Content::Protected => Share::Protected,
        (ShareWish::Yes, true) => Share::On,
        (ShareWish::Yes, false) => Share::Changing { to_on: true },
        (ShareWish::No | ShareWish::Offered { .. }, true) => Share::Changing { to_on: false },
        _ if !content.gives_pictures() => Share::Missing,
        _ if !permitted => Share::Forbidden,
        (wish, false) => Share::Off { offered: matches!(wish, ShareWish::Offered { .. }) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_switch_never_says_off_while_others_hear_us() {
        for device in [Device::Ready, Device::Missing, Device::Failed] {
            for permitted in [true, false] {
                for asked in [true, false] {
                    let heard = |live| {
                        let shown = switch(asked, live, device, permitted);
                        matches!(shown, Switch::On | Switch::Changing { to_on: false })
                    };
                    assert!(heard(true), "asked {asked}, {device:?}, permitted {permitted}");
                    assert!(!heard(false), "asked {asked}, {device:?}, permitted {permitted}");
                }
            }
        }
        assert_eq!(switch(false, true, Device::Ready, true), Switch::Changing { to_on: false });
        assert_eq!(switch(true, false, Device::Ready, true), Switch::Changing { to_on: true });
        assert_eq!(switch(true, false, Device::Missing, true), Switch::Missing);
        assert_eq!(switch(true, false, Device::Failed, true), Switch::Failed);
    }
}
