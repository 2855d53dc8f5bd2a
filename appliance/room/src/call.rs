//! The call the room is in: what was asked for, and what the platform says is so.

use std::time::{Duration, Instant};

use crate::event::{CallId, CallReport};
use crate::view::{EndReason, InCall, JoinStep, Layout, Notice, Participant, Quality, Switch};
use crate::{Destination, Now};

/// How long "somebody waits" is shown after the platform said so: waiting guests are announced once.
const WAITING_SHOWN: Duration = Duration::from_secs(20);

/// One call, from the wish to its end.
#[derive(Debug, Clone)]
pub struct Call {
    pub id: CallId,
    pub destination: Destination,
    /// How people call it.
    pub what: String,
    pub phase: Phase,
    /// What people asked of the microphone and the camera.
    pub microphone_asked: bool,
    pub camera_asked: bool,
}

/// How far the call is.
#[derive(Debug, Clone)]
pub enum Phase {
    Joining(JoinStep),
    Lobby { since: Instant },
    In(Box<Meeting>),
}

/// What the platform says of the meeting we are in.
#[derive(Debug, Clone)]
pub struct Meeting {
    title: String,
    since: Instant,
    reconnecting: bool,
    participants: Vec<Participant>,
    live: (bool, bool),
    permitted: (bool, bool),
    hand_raised: bool,
    recording: bool,
    transcription: bool,
    quality: Quality,
    waiting_until: Option<Instant>,
}

/// What follows from a report, beside the changed state.
#[derive(Debug, PartialEq)]
pub enum Consequence {
    Nothing,
    Tell(Notice),
    Ended(EndReason),
}

impl Call {
    pub fn new(id: CallId, destination: Destination, what: String, microphone: bool, camera: bool) -> Call {
        let phase = Phase::Joining(JoinStep::AskingForEntry);
        Call { id, destination, what, phase, microphone_asked: microphone, camera_asked: camera }
    }

    pub fn report(&mut self, report: CallReport, now: Now) -> Consequence {
        use Consequence::{Ended, Nothing, Tell};
        match (report, &mut self.phase) {
            (CallReport::Ended(reason), _) => return Ended(reason),
            (CallReport::Progress(step), Phase::Joining(_) | Phase::Lobby { .. }) => self.phase = Phase::Joining(step),
            (CallReport::Lobby, _) => self.phase = Phase::Lobby { since: now.monotonic },
            (CallReport::Joined { title }, Phase::Joining(_) | Phase::Lobby { .. }) => {
                let title = title.unwrap_or_else(|| self.what.clone());
                self.phase = Phase::In(Box::new(Meeting::new(title, now.monotonic)));
            }
            (CallReport::MutedByHost, phase) => {
                self.microphone_asked = false;
                if let Phase::In(_) = phase {
                    return Tell(Notice::MutedByHost);
                }
            }
            (report, Phase::In(meeting)) => return meeting.report(report, now),
            // What is said of a meeting before we are in comes again when we are.
            _ => {}
        }
        Nothing
    }

    /// When something on the screen changes by itself.
    pub fn deadline(&self) -> Option<(Instant, &'static str)> {
        match &self.phase {
            Phase::In(meeting) => meeting.waiting_until.map(|at| (at, "nobody waits any more")),
            Phase::Joining(_) | Phase::Lobby { .. } => None,
        }
    }

    pub fn timeout(&mut self, now: Now) {
        if let Phase::In(meeting) = &mut self.phase {
            meeting.waiting_until = meeting.waiting_until.filter(|at| *at > now.monotonic);
        }
    }

    pub fn is_permitted(&self) -> (bool, bool) {
        match &self.phase {
            Phase::In(meeting) => meeting.permitted,
            Phase::Joining(_) | Phase::Lobby { .. } => (true, true),
        }
    }
}

impl Meeting {
    fn new(title: String, since: Instant) -> Meeting {
        Meeting {
            title,
            since,
            reconnecting: false,
            participants: Vec::new(),
            live: (false, false),
            permitted: (true, true),
            hand_raised: false,
            recording: false,
            transcription: false,
            quality: Quality::Unknown,
            waiting_until: None,
        }
    }

    fn report(&mut self, report: CallReport, now: Now) -> Consequence {
        use Consequence::{Nothing, Tell};
        match report {
            CallReport::Reconnecting => self.reconnecting = true,
            CallReport::Reconnected => self.reconnecting = false,
            CallReport::Participants(participants) => self.participants = participants,
            CallReport::OwnMedia { microphone_live, camera_live } => self.live = (microphone_live, camera_live),
            CallReport::Permissions { microphone, camera } => {
                let before = std::mem::replace(&mut self.permitted, (microphone, camera));
                return match (before, self.permitted) {
                    ((true, _), (false, _)) => Tell(Notice::MayNotSpeak),
                    ((_, true), (_, false)) => Tell(Notice::MayNotShowCamera),
                    _ => Nothing,
                };
            }
            CallReport::Hand { raised } => self.hand_raised = raised,
            CallReport::Recording { recording, transcription } => {
                let starts = recording && !self.recording;
                (self.recording, self.transcription) = (recording, transcription);
                return if starts { Tell(Notice::RecordingStarted) } else { Nothing };
            }
            CallReport::Chat { from, text } => return Tell(Notice::Chat { from, text }),
            CallReport::Reaction { from, emoji } => return Tell(Notice::Reaction { from, emoji }),
            CallReport::SomebodyWaiting => self.waiting_until = Some(now.monotonic + WAITING_SHOWN),
            CallReport::Quality(quality) => self.quality = quality,
            // Handled before, or said of a call that is not yet in a meeting.
            CallReport::Progress(_)
            | CallReport::Lobby
            | CallReport::Joined { .. }
            | CallReport::MutedByHost
            | CallReport::Ended(_) => {}
        }
        Nothing
    }

    pub fn hand_raised(&self) -> bool {
        self.hand_raised
    }

    /// What people see of it. `asked` and `present` are of the microphone and the camera.
    pub fn view(&self, asked: (bool, bool), present: (bool, bool), layout: Layout, now: Now) -> InCall {
        InCall {
            title: self.title.clone(),
            elapsed: Duration::from_secs(now.monotonic.saturating_duration_since(self.since).as_secs()),
            reconnecting: self.reconnecting,
            participants: self.participants.clone(),
            microphone: switch(asked.0, self.live.0, present.0, self.permitted.0),
            camera: switch(asked.1, self.live.1, present.1, self.permitted.1),
            hand_raised: self.hand_raised,
            layout,
            recording: self.recording,
            transcription: self.transcription,
            quality: self.quality,
            somebody_waiting: self.waiting_until.is_some_and(|until| until > now.monotonic),
        }
    }
}

/// A switch shows what is on the wire; that something else was asked for is its own state.
fn switch(asked: bool, live: bool, present: bool, permitted: bool) -> Switch {
    match (present, permitted, asked, live) {
        // Whatever was asked: what others hear and see is told first.
        (_, _, true, true) => Switch::On,
        (false, ..) => Switch::Missing,
        (_, false, ..) => Switch::Forbidden,
        (_, _, false, false) => Switch::Off,
        (_, _, to_on, _) => Switch::Changing { to_on },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_switch_never_says_off_while_others_hear_us() {
        for present in [true, false] {
            for permitted in [true, false] {
                for asked in [true, false] {
                    let shown = switch(asked, true, present, permitted);
                    assert_ne!(shown, Switch::Off);
                }
            }
        }
        assert_eq!(switch(false, true, true, true), Switch::Changing { to_on: false });
        assert_eq!(switch(true, false, true, true), Switch::Changing { to_on: true });
        assert_eq!(switch(true, false, false, true), Switch::Missing);
    }
}
