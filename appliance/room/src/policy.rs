//! What the room asks before it goes anywhere, and what it may be answered. Who answers is the shell's business.

use std::fmt::Debug;
use std::time::Duration;

use crate::Destination;
use crate::classified::Demand;
use crate::event::CallReport;
use crate::moderation::Rights;
use crate::view::Language;

/// Says which meetings the room may join. Asked anew before every call, so that an answer may change with the time.
pub trait JoinPolicy: Debug + Send + Sync {
    /// What kind of room this is. Asked once, when the room starts: it does not change while it runs.
    fn mode(&self) -> Mode;

    /// Whether the room may join this meeting, at once or after somebody in it has accepted something. `wall`: now, as
    /// time since the Unix epoch (UTC).
    ///
    /// # Errors
    /// Why it may not.
    fn may_join(&self, destination: &Destination, begins: Begins, wall: Duration) -> Result<Permit, Forbidden>;

    /// What people in the room may do in meetings.
    fn in_meetings(&self) -> InMeetings;
}

/// What kind of room it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Usual,
    /// Nothing is sent unless everybody in the meeting is verified, nothing is remembered of it, and what would be weaker
    /// does not exist in the room ([`crate::classified`]).
    Classified,
}

/// What people in the room may do in meetings, whatever the meetings would let them do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InMeetings {
    /// Share a laptop.
    pub share: bool,
    /// Write and read the chat.
    pub chat: bool,
    /// Read what is said as text.
    pub captions: bool,
    /// Let others in, mute and remove them, end the meeting for everybody.
    pub moderate: bool,
    /// Stay where the platform records.
    pub recording: bool,
    /// Stay where the platform has everything that is said written down.
    pub transcription: bool,
}

impl InMeetings {
    /// Without a policy.
    pub const EVERYTHING: InMeetings =
        InMeetings { share: true, chat: true, captions: true, moderate: true, recording: true, transcription: true };
    /// Nothing of it.
    pub const NOTHING: InMeetings = InMeetings {
        share: false,
        chat: false,
        captions: false,
        moderate: false,
        recording: false,
        transcription: false,
    };

    /// What of it there is in a room of this kind.
    pub(crate) fn in_mode(self, mode: Mode) -> InMeetings {
        match mode {
            Mode::Usual => self,
            Mode::Classified => InMeetings { chat: false, captions: false, ..self },
        }
    }

    /// Whether the room may not stay, as a call reports what is kept of it.
    pub(crate) fn forbids(self, report: &CallReport) -> bool {
        let CallReport::Recording { recording, transcription } = *report else { return false };
        recording && !self.recording || transcription && !self.transcription
    }

    /// What the room may take note of in what a call reports.
    pub(crate) fn let_through(self, report: CallReport) -> Option<CallReport> {
        match report {
            CallReport::Chat { .. } if !self.chat => None,
            CallReport::Caption { .. } if !self.captions => None,
            // Nobody here decides: nobody is asked.
            CallReport::Waiting(_) if !self.moderate => None,
            CallReport::Rights(_) if !self.moderate => Some(CallReport::Rights(Rights::default())),
            CallReport::Permissions { microphone, camera, share } => {
                Some(CallReport::Permissions { microphone, camera, share: share && self.share })
            }
            report => Some(report),
        }
    }
}

/// Whether people begin the meeting here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begins {
    /// Somebody has prepared it, or told them.
    Elsewhere,
    /// Nobody has.
    Here,
}

/// How the room may join a meeting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Permit {
    AtOnce,
    /// Once somebody in the room has accepted this, for this one call.
    AfterAcceptance(Transition),
}

/// What crosses the border in a meeting, for a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transition {
    /// As the policy names it: for records. People read the sentence.
    pub name: String,
    pub sentence: Sentence,
}

/// The longest sentence that people are asked to accept, in characters.
pub const SENTENCE_CHARS_MAX: usize = 400;

/// What people accept, as the policy says it in every language the room speaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sentence {
    pub french: String,
    pub english: String,
    pub german: String,
}

impl Sentence {
    /// The sentence in one of them.
    pub fn in_language(&self, language: Language) -> &str {
        match language {
            Language::French => &self.french,
            Language::English => &self.english,
            Language::German => &self.german,
        }
    }
}

/// What somebody in the room has accepted for a call, before it was dialled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// The transition, as the policy names it.
    pub transition: String,
    /// What they have read its sentence in.
    pub language: Language,
}

/// Why the room's policy does not allow what was asked. Each has its sentence on the panel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Forbidden {
    /// There is to be a policy, and the room cannot use what it found: it joins nothing.
    Unreadable,
    /// The policy's last day has passed.
    Over,
    /// It does not allow meetings of this kind on this host.
    Host(String),
    /// Meetings there must be encrypted from end to end, and this one would not be.
    NotEndToEnd,
    /// Meetings there must not be encrypted from end to end, and this one is.
    EndToEnd,
    /// It was allowed for a time, which is over.
    TransitionOver,
    /// Somebody would have to accept it first, and whoever stands at the panel may not.
    MayNotAccept,
    /// Whoever stands at the panel may not join meetings.
    Join,
    /// They may not begin meetings.
    Begin,
    /// They may not share a laptop.
    Share,
    /// They may neither write nor read the chat.
    Chat,
    /// They may not read what is said as text.
    Captions,
    /// The meeting is recorded or written down: the room has left it.
    Recorded,
    /// A classified room joins nothing while this does not hold around it.
    Surroundings(Demand),
    /// There is no such thing in a classified room.
    Classified,
}
