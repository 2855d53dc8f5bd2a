//! The room as people see it: everything the panel and the display need, and nothing else.

use std::time::Duration;

use crate::administration::{Fixed, Settings};
use crate::agenda::{MeetingId, Title};
use crate::audio::AudioCheck;
use crate::booking::BookingNotice;
use crate::camera::Turning;
use crate::classified::Standing;
use crate::day::Day;
use crate::diagnostics::{Facts, LastFailure};
use crate::moderation::{HostRefusal, Rights, Waiting};
use crate::policy::Forbidden;
use crate::power::Restart;
use crate::venue::Obstacle;

/// The languages the room speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Language {
    French,
    English,
    German,
}

/// How the panel and the display look to people who see less.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Appearance {
    /// Black and white first, with bright edges.
    pub high_contrast: bool,
    /// Everything on the panel a quarter larger.
    pub large_text: bool,
}

pub use crate::accessibility::{Accessibility, CaptionColor, CaptionSize, CaptionStyle};
pub use crate::arrangement::{Arrangement, ContentLayout, Layout, PeopleLayout};
pub use crate::chat::{Chat, Message};
pub use crate::encryption::{AuthenticationCode, Encryption, Verification};

/// What the room shows, redrawn whenever it changes.
#[derive(Debug, Clone, PartialEq)]
pub struct View {
    /// The room's name, for example `Salle Turing`.
    pub room_name: String,
    pub language: Language,
    pub appearance: Appearance,
    /// What people who see or hear less have chosen.
    pub accessibility: Accessibility,
    /// Whom people ask when something does not work, as configured: `Poste 4242`.
    pub support: Option<String>,
    /// What keeps the room from any meeting until somebody mends it.
    pub trouble: Option<Trouble>,
    /// Nobody is there: panel and display are dark and quiet. Only at home.
    pub dimmed: bool,
    /// Local wall time as time since the Unix epoch, offset already applied.
    pub local_time: Duration,
    /// Today's and the next meetings, soonest first.
    pub agenda: Vec<Meeting>,
    /// Today and tomorrow, whole.
    pub days: [Day; 2],
    /// Meetings joined from this room lately, the newest first; empty unless the configuration allows it.
    pub history: Vec<Recent>,
    /// Somebody elsewhere asks people to join a meeting.
    pub invitation: Option<Invitation>,
    /// What came of the last one, until the next.
    pub invitation_end: Option<InvitationEnd>,
    pub calendar: Calendar,
    pub screen: Screen,
    pub devices: Devices,
    /// Loudspeaker volume in percent.
    pub volume: u8,
    /// A short notice over the current screen (a wish refused, a camera unplugged), when there is one.
    pub notice: Option<Notice>,
    /// What can be booked at the panel; none where nothing can.
    pub booking: Option<Booking>,
    pub administration: Administration,
    /// Restarting the machine, where and while the panel offers it.
    pub restart: Option<Restart>,
    /// Facts for a technician, while somebody looks at them.
    pub facts: Option<Facts>,
    /// The last time that a meeting was not joined, or lost, since the room started.
    pub last_failure: Option<LastFailure>,
    /// How a classified room stands; `None` in any other.
    pub classified: Option<Standing>,
}

/// What the room has lost: it lights its screens, and joins nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// Its configuration cannot be read, and never could.
    Configuration,
    /// What it keeps cannot be opened: the machine's TPM does not give out the key, or the disk is worn.
    State,
}

/// Whether the room is free, and what can be booked at a touch.
#[derive(Debug, Clone, PartialEq)]
pub struct Booking {
    pub occupancy: Occupancy,
    /// For how long the room can be booked, or by how much the meeting in it extended, in minutes.
    pub minutes: Vec<u16>,
    /// Also until the next meeting: local wall time of its start.
    pub until_next: Option<Duration>,
    /// The meeting in the room is released then unless somebody checks in: local wall time.
    pub release_at: Option<Duration>,
    /// The agenda is what the calendar says now.
    pub is_sure: bool,
    /// The calendar is being changed.
    pub is_waiting: bool,
}

/// Who has the room.
#[derive(Debug, Clone, PartialEq)]
pub enum Occupancy {
    /// Until the next meeting (local wall time), when one is known.
    Free { until: Option<Duration> },
    /// A meeting; the room is free from `until` on (local wall time), or taken by the next.
    Taken { title: Title, until: Duration, may_release: bool },
}

/// The settings behind the administrator code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Administration {
    /// No code is configured: there are none.
    None,
    /// A code opens them. `wait_minutes`: none is looked at before, 0 for at once.
    Closed {
        was_wrong: bool,
        wait_minutes: u16,
    },
    /// A code is being checked.
    Checking,
    Open {
        settings: Settings,
        fixed: Fixed,
    },
}

/// How far the agenda can be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Calendar {
    /// The agenda is what the calendar says now; or there is no calendar, and nothing to doubt.
    Current,
    /// The calendar has not been read for a while: local wall time of when it last was.
    Old { since: Duration },
    /// The calendar has never been read.
    Unread,
}

/// A meeting joined from this room.
#[derive(Debug, Clone, PartialEq)]
pub struct Recent {
    pub id: MeetingId,
    pub what: String,
    /// Local wall time.
    pub at: Duration,
}

/// What became of an invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvitationEnd {
    Accepted,
    Declined,
    /// Nobody answered within a minute.
    Unanswered,
}

/// Tells one invitation from the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvitationId(pub u64);

/// A meeting somebody elsewhere asks people to join.
#[derive(Debug, Clone, PartialEq)]
pub struct Invitation {
    pub id: InvitationId,
    /// Who asks; empty when they did not say.
    pub from: String,
    /// How people call the meeting.
    pub what: String,
}

/// One meeting of the agenda.
#[derive(Debug, Clone, PartialEq)]
pub struct Meeting {
    pub id: MeetingId,
    pub title: Title,
    /// Local wall time of the start, as time since the Unix epoch.
    pub start: Duration,
    /// Local wall time of the end.
    pub end: Duration,
    /// It has days, not times: from the midnight of its first to the midnight after its last.
    pub all_day: bool,
    /// Whether the room can join it with one touch.
    pub joinable: bool,
    /// What others type to join it too, `abc-defg-hij`: of a meeting that is nobody else's business, nothing.
    pub code: Option<String>,
    /// Why the room cannot join it although it has a link.
    pub obstacle: Option<Obstacle>,
}

/// What the room is doing.
#[derive(Debug, Clone, PartialEq)]
pub enum Screen {
    Home,
    /// Before a meeting crosses the border somebody has to accept it. Nothing has been dialled.
    Acceptance(Acceptance),
    Joining {
        what: String,
        step: JoinStep,
    },
    /// `waited`: how long we have waited so far.
    Lobby {
        what: String,
        waited: Duration,
    },
    InCall(InCall),
    AudioCheck(AudioCheck),
    Failed {
        /// Empty in a classified room, which has forgotten it.
        what: String,
        reason: EndReason,
        can_retry: bool,
    },
}

/// Tells what is asked now from what was asked before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AcceptanceId(pub u64);

/// What people are asked to accept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acceptance {
    pub id: AcceptanceId,
    /// How people call the meeting.
    pub what: String,
    /// Where it goes: a host.
    pub host: String,
    /// As the policy says it, in the room's language: one line of at most [`crate::policy::SENTENCE_CHARS_MAX`] characters.
    pub sentence: String,
}

/// How far a join has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JoinStep {
    AskingForEntry,
    Signalling,
    Media,
}

/// The state of a meeting we are in.
#[derive(Debug, Clone, PartialEq)]
pub struct InCall {
    pub title: String,
    /// How long we have been in.
    pub elapsed: Duration,
    pub reconnecting: bool,
    pub participants: Vec<Participant>,
    pub microphone: Switch,
    pub camera: Switch,
    pub share: Share,
    pub hand_raised: bool,
    /// How the displays are arranged; see also [`InCall::layout`].
    pub arrangement: Arrangement,
    /// Whether content has a display of its own.
    pub second_display: bool,
    /// What was said last, the oldest first; empty unless people turned captions on.
    pub captions: Vec<Caption>,
    /// End-to-end.
    pub encryption: Encryption,
    pub recording: bool,
    pub transcription: bool,
    /// Where everything of the meeting goes, in sentences. Empty: it is not known yet.
    pub evidence: Vec<String>,
    pub quality: Quality,
    pub strain: Strain,
    /// Somebody waits in this meeting's lobby.
    pub somebody_waiting: bool,
    /// Who waits there, where we may decide.
    pub waiting: Vec<Waiting>,
    /// What we may do to others.
    pub rights: Rights,
    pub chat: Chat,
    /// The room's camera, when it can be turned.
    pub turning: Option<Turning>,
}

impl InCall {
    /// Whether somebody shares something, or the room does.
    pub fn is_shared(&self) -> bool {
        let ours = matches!(self.share, Share::On | Share::Changing { to_on: true });
        ours || self.participants.iter().any(|person| person.sharing)
    }

    /// Who has a hand raised, in the order in which they are to be heard: as Visio's front end has it, by time, then by
    /// identity.
    pub fn hands(&self) -> Vec<&Participant> {
        let mut hands: Vec<&Participant> = self.participants.iter().filter(|person| person.hand_raised).collect();
        hands.sort_by_key(|person| (person.hand_raised_at.unwrap_or(Duration::MAX), &person.identity));
        hands
    }

    /// How many of the others are verified.
    pub fn verified(&self) -> usize {
        let is_verified = |person: &&Participant| matches!(person.verification, Verification::Verified { .. });
        self.participants.iter().filter(is_verified).count()
    }

    /// The layout in use.
    pub fn layout(&self) -> Layout {
        self.arrangement.layout(self.is_shared() && !self.second_display)
    }

    /// The layouts there are to choose from now.
    pub fn layouts(&self) -> &'static [Layout] {
        Layout::offered(self.is_shared() && !self.second_display)
    }
}

/// Something said, as text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Caption {
    /// Who said it; empty when they gave no name.
    pub name: String,
    pub text: String,
}

/// A microphone or camera as the panel shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Switch {
    On,
    Off,
    /// Asked for, but not yet seen on the wire.
    Changing {
        to_on: bool,
    },
    /// There is no such device.
    Missing,
    /// There is one, and it does not work.
    Failed,
    /// The meeting does not let us.
    Forbidden,
}

/// What the room shares of a laptop, or could.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Share {
    /// There is no laptop to share.
    Missing,
    /// There is one. `offered`: it has just come, and people are asked whether to share it.
    Off {
        offered: bool,
    },
    /// Asked for, but not yet seen on the wire.
    Changing {
        to_on: bool,
    },
    On,
    /// Shared, and no picture comes from it: it may be changing its mode.
    NoSignal,
    /// Shared, and all its pictures are black, as those of protected films are.
    Protected,
    /// The meeting does not let us.
    Forbidden,
}

/// Somebody else in the meeting.
#[derive(Debug, Clone, PartialEq)]
pub struct Participant {
    /// The platform's identity, never shown.
    pub identity: String,
    pub name: String,
    pub microphone_on: bool,
    pub camera_on: bool,
    pub sharing: bool,
    pub speaking: bool,
    pub hand_raised: bool,
    /// When the hand was raised, where the platform says: as time since the Unix epoch, of the room's local wall
    /// clock in a [`View`] and UTC in a report. Who raised it first is heard first.
    pub hand_raised_at: Option<Duration>,
    pub quality: Quality,
    /// Why nothing of them is heard or seen, or not all.
    pub unreadable: Option<Unreadable>,
    /// Whether they are known to be who they say. Only in a [`View`]: a report leaves it at its default.
    pub verification: Verification,
}

/// Why something of somebody is not heard or seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unreadable {
    /// The meeting is end-to-end encrypted, and what they send is not.
    NotEncrypted,
    /// They encrypt with another key.
    OtherKey,
    /// They encrypt, and the meeting as we joined it is not encrypted.
    Encrypted,
}

/// Connection quality as the server judges it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quality {
    Unknown,
    Excellent,
    Good,
    Poor,
    Lost,
}

/// A camera, microphone or loudspeaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Device {
    /// There is none.
    Missing,
    Ready,
    /// There is one, and it does not work.
    Failed,
}

/// What is at the content input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// Nothing.
    Missing,
    /// Something that gives no picture.
    NoSignal,
    /// A laptop whose pictures are all black.
    Protected,
    /// A laptop that can be shared.
    Ready,
}

impl Content {
    /// Whether pictures come, of whatever colour.
    pub fn gives_pictures(self) -> bool {
        matches!(self, Content::Protected | Content::Ready)
    }
}

/// What strains the meeting on this side, as the room's machine measures it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Strain {
    /// The machine does not keep up: less is sent of the camera or of what is shared.
    pub overloaded: bool,
    /// Pictures of others stood still for much of the last seconds.
    pub stands_still: bool,
}

/// Which devices are there.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Devices {
    pub camera: Device,
    pub microphone: Device,
    pub loudspeaker: Device,
    pub content: Content,
    /// Peak microphone level, 0.0 to 1.0.
    pub microphone_level: f32,
}

/// Something short a person should know now; each has its sentence in every language.
#[derive(Debug, Clone, PartialEq)]
pub enum Notice {
    /// What was typed is no meeting this room understands.
    NotADestination,
    /// A LiveKit server was typed, which needs a token too.
    TokenMissing,
    /// The link carries a user name or a password.
    HasCredentials,
    /// A code was typed, and no instance is configured to look for it.
    NoInstance,
    /// No platform is configured where a new meeting could be.
    NoPlatform,
    /// The link is plain http.
    NotEncrypted,
    /// What follows `#` in the link is not a whole key.
    KeyDamaged,
    /// The screen reader is asked for, and nothing in this room speaks.
    NoVoice,
    /// The meeting of the agenda cannot be joined, and why.
    NotJoinable(Obstacle),
    /// The meeting of the agenda has no link.
    NoLink,
    /// The room's policy does not allow what was asked, and why.
    Forbidden(Forbidden),
    /// The meeting that was touched is no longer there.
    MeetingGone,
    /// The meeting is new: others find it here.
    TellLink(String),
    AlreadyInCall,
    MutedByHost,
    CameraStoppedByHost,
    CameraUnplugged,
    CameraFailed,
    CameraBack,
    MicrophoneUnplugged,
    MicrophoneFailed,
    MicrophoneBack,
    LoudspeakerUnplugged,
    LoudspeakerFailed,
    LoudspeakerBack,
    /// Sound goes round between this room and another device in it.
    Howling,
    /// Something in the meeting comes in a codec this machine does not have.
    CannotDecode,
    MayNotSpeak,
    MayNotShowCamera,
    MayNotShare,
    /// The laptop that was shared is no longer there.
    ContentUnplugged,
    /// The laptop that was shared has given no picture for a while.
    ContentNoSignal,
    /// The laptop's pictures are black.
    ContentProtected,
    /// There is no laptop to share.
    NoContent,
    ShareStoppedByHost,
    /// The platform does not take what we want to share.
    ShareRefused,
    RecordingStarted,
    /// The meeting had keys of its own, and now has only the one that everybody with the link has, or none.
    GroupKeysLost,
    /// In a classified room: nothing is sent until everybody in the meeting is verified.
    Withheld,
    /// In a classified room: now everybody is, and people may open their devices.
    EverybodyVerified,
    /// The room has come back to the meeting by itself, after its life was cut short.
    CameBack,
    /// What came of a booking at the panel.
    Booking(BookingNotice),
    /// A meeting has begun or is about to, at this local wall time: the room is restarted only for who says that they mean it.
    MeetingNear {
        at: Duration,
    },
    /// The machine starts again.
    Restarting,
    /// The machine switches itself off.
    SwitchingOff,
    /// It was asked to do either, and cannot.
    PowerFailed,
    /// Somebody waits in the lobby, and this room may let them in.
    AsksToComeIn(String),
    /// What was asked of the meeting was not done, and why.
    Refused(HostRefusal),
    /// The meeting does not let this room write.
    MayNotWrite,
    /// Where the camera looks is remembered under this number, from 1.
    PresetKept {
        number: usize,
    },
    Chat {
        from: String,
        text: String,
    },
    Reaction {
        from: String,
        emoji: String,
    },
}

/// Why a call ended, or was never joined. Each has its sentence: what happened and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EndReason {
    /// We left: no failure, back to home.
    Left,
    RoomNotFound,
    /// The platform does not let this room begin a meeting that nobody has prepared.
    MayNotBegin,
    LobbyDenied,
    /// Nobody opened the door within ten minutes.
    LobbyTimedOut,
    TokenRefused,
    /// The server's certificate does not verify.
    CertificateInvalid,
    ServerUnreachable,
    /// The network answers instead of the platform, with a page on which somebody is to sign in; `host`: whose, when it is known.
    CaptivePortal {
        host: Option<String>,
    },
    /// The network's proxy does not answer, or nobody knows which it is.
    ProxyUnreachable,
    /// The proxy refuses the room's account.
    ProxyRefused,
    /// The proxy does not let this room go to the platform.
    ProxyForbids,
    /// The platform answers, but not in a way we understand, or with an error of its own.
    ServerError,
    /// Too many attempts; the platform asks to wait this long.
    TooManyRequests {
        retry_after: Duration,
    },
    /// Signalling works but media finds no way through.
    MediaUnreachable,
    ConnectionLost,
    RemovedByHost,
    MeetingEnded,
    /// The same identity joined elsewhere.
    JoinedElsewhere,
    ServerShutdown,
    /// The meeting is end-to-end encrypted, and the link has no key.
    KeyMissing,
    /// The link has a key, and the platform says that the meeting is not encrypted.
    KeyUnexpected,
    /// The policy does not allow the addresses or certificates of the meeting's servers.
    OutsidePolicy,
    /// Something of ours failed; the technician's log knows more.
    Internal,
}
