//! What comes into the room, and what it asks of the shell.

use std::time::{Duration, Instant};

use crate::Destination;
use crate::administration::{Code, Setting, Settings};
use crate::agenda::{AgendaEntry, MeetingId};
use crate::audio::AudioReport;
use crate::booking::{BookingReport, BookingWish, Change};
use crate::camera::{Pose, Presets, Reach, Turn};
use crate::classified::Demand;
use crate::diagnostics::Facts;
use crate::encryption::{Encryption, Member};
use crate::moderation::{HostRefusal, Moderation, Rights, Waiting};
use crate::policy::Accepted;
use crate::portal::Findings;
use crate::power::PowerAct;
use crate::reaction::Reaction;
use crate::unfinished::Unfinished;
use crate::view::{AcceptanceId, Arrangement, Content, EndReason, InvitationId, Layout, Participant, Quality, Strain};

/// The time, handed in by the shell: nobody in a pure crate asks for it.
#[derive(Debug, Clone, Copy)]
pub struct Now {
    /// Monotonic time, for timeouts.
    pub monotonic: Instant,
    /// Wall clock as time since the Unix epoch (UTC), for what people read.
    pub wall: Duration,
    /// Offset of the room's local time from UTC, in seconds east of Greenwich.
    pub utc_offset_s: i32,
}

impl Now {
    /// A UTC time as the room's local wall time.
    pub fn local(&self, utc: Duration) -> Duration {
        let offset = Duration::from_secs(self.utc_offset_s.unsigned_abs().into());
        if self.utc_offset_s < 0 { utc.saturating_sub(offset) } else { utc + offset }
    }
}

/// Everything that can happen to a room.
#[derive(Debug, Clone)]
pub enum Input {
    /// The deadline given by `Room::poll_timeout` has passed.
    Timeout,
    /// A person (on the panel, the command line or the room window) wants something.
    Person(Wish),
    /// The call task reports on the call with this id; reports on other calls are stale and ignored.
    Call { call: CallId, report: CallReport },
    /// A device came, went or changed.
    Device(DeviceReport),
    /// The calendar was read. `as_of`: when, as time since the Unix epoch (UTC).
    Calendar { entries: Vec<AgendaEntry>, as_of: Duration },
    /// So many random bits, from a source nobody can foresee, after [`Output::DrawCode`].
    Random(u128),
    /// What the calendar takes, and what came of a change.
    Booking(BookingReport),
    /// A code was checked: the answer to [`Output::CheckCode`].
    CodeChecked { attempt: u64, is_right: bool },
    /// The answer to [`Output::GatherFacts`].
    Facts(Facts),
    /// [`Output::Power`] could not be done.
    PowerFailed,
    /// The room's last life ended in this meeting ([`crate::Room::unfinished`]), by no wish of people: the room goes there again. Told
    /// once, at the start.
    CutShort(Unfinished),
    /// What does not hold around a classified room now, whenever it changes. Before it is told the first time nothing does.
    Surroundings(Vec<Demand>),
}

/// What a person asks for. The panel only offers what the state allows, the command line may not:
/// each wish is answered with a reason when it is refused.
#[derive(Debug, Clone, PartialEq)]
pub enum Wish {
    Join(Destination),
    /// Something a person typed: a room code, a link. Parsed here, refused with a sentence.
    JoinTyped(String),
    /// One touch: join this meeting of the agenda.
    JoinMeeting(MeetingId),
    /// Join a meeting of the history again.
    JoinAgain(MeetingId),
    /// Forget which meetings were joined from this room.
    ClearHistory,
    /// Begin a meeting that nobody has prepared.
    MeetNow,
    /// Somebody elsewhere (over the API) asks the people in this room to join a meeting.
    Invite {
        /// As a person types it.
        destination: String,
        /// Who asks, as they name themselves.
        from: String,
    },
    /// What people in the room say to an invitation.
    Answer {
        invitation: InvitationId,
        accept: bool,
    },
    /// Accept what the panel asks before a meeting crosses the border, for this one call. [`Wish::Leave`] does not.
    Accept(AcceptanceId),
    /// Somebody is there; nothing else is meant. Comes with every finger on the panel.
    Wake,
    Leave,
    /// Try the last destination again after a failure.
    Retry,
    /// Close a failure or a notice and go home.
    Dismiss,
    SetMicrophone {
        on: bool,
    },
    /// A button without a picture of its own was pressed: the other of what was asked last, as a touch on the panel.
    ToggleMicrophone,
    SetCamera {
        on: bool,
    },
    SetHand {
        raised: bool,
    },
    /// Share the laptop at the content input, or no longer.
    SetShare {
        on: bool,
    },
    SetLayout(Layout),
    /// Always show this participant, by identity; nobody in particular with `None`.
    Pin(Option<String>),
    /// Show what this participant shares, when several do.
    ShowShare(String),
    /// Our own picture in the corner of the display, or not.
    SetSelfView {
        on: bool,
    },
    SetCaptions {
        on: bool,
    },
    /// Write to everybody in the meeting, at most [`crate::chat::SENT_CHARS_MAX`] characters.
    SendChat(String),
    React(Reaction),
    /// Do something to others, where [`crate::view::InCall::rights`] cover it.
    Moderate(Moderation),
    /// Loudspeaker volume in percent, 0 to 100.
    SetVolume(u8),
    /// A step louder or softer, as the panel's buttons.
    StepVolume {
        up: bool,
    },
    /// Turn the camera; it ends where the camera does.
    TurnCamera(Turn),
    /// Have the camera look there.
    PointCamera(Pose),
    /// Have the camera look where it looked when this was kept, by number from 0.
    RecallPreset(usize),
    /// Remember where the camera looks now.
    KeepPreset(usize),
    SetLanguage(crate::view::Language),
    /// How the panel and the display look.
    SetAppearance(crate::view::Appearance),
    /// Whether the panel says what is on it.
    SetScreenReader {
        on: bool,
    },
    SetCaptionStyle(crate::view::CaptionStyle),
    /// Find out how well the room hears itself; not in a meeting.
    CheckAudio,
    /// Book, extend, release or check in to the room.
    Book(BookingWish),
    /// Open the settings with the administrator code.
    EnterCode(Code),
    /// Change a setting; refused unless the settings are open.
    Set(Setting),
    /// Look at the facts for a technician.
    ShowFacts,
    /// Close the settings and the facts again.
    CloseService,
    /// Restart the machine, or switch it off. `insist`: also where a meeting goes on or is near.
    Power {
        act: PowerAct,
        insist: bool,
    },
}

/// Identifies one attempt to be in one meeting, so that late reports of an earlier one are ignored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CallId(pub u64);

/// What the call task tells the room about its call.
#[derive(Debug, Clone, PartialEq)]
pub enum CallReport {
    /// Asking the platform for entry, connecting signalling, connecting media.
    Progress(crate::view::JoinStep),
    /// In the lobby, waiting for somebody to open the door.
    Lobby,
    /// In the meeting. `title` is the meeting's name as people know it, when the platform says. `encrypted`: from end to
    /// end, with the shared key until [`CallReport::Encryption`] says more.
    Joined { title: Option<String>, encrypted: bool },
    /// How the meeting is encrypted now, and who is in its group and known: whenever either changes. Everybody, with
    /// [`Encryption::Group`]; with [`Encryption::SharedKey`] those who are
    /// [`Outside`](crate::encryption::Verification::Outside); nobody otherwise.
    Encryption { encryption: Encryption, members: Vec<Member> },
    /// The connection is lost and being restored; media may have stopped.
    Reconnecting,
    /// The connection is back after `Reconnecting`.
    Reconnected,
    /// The full list of the other participants, in order of arrival, whenever it changes.
    Participants(Vec<Participant>),
    /// What we are heard and seen as: measured from the wire, not from what was asked.
    OwnMedia { microphone_live: bool, camera_live: bool },
    /// The platform (or a host) muted our microphone.
    MutedByHost,
    /// The platform (or a host) stopped our camera.
    CameraStoppedByHost,
    /// A permission was withdrawn or given back: whether we may send.
    Permissions { microphone: bool, camera: bool, share: bool },
    /// Whether others get what we share: measured from the wire.
    Sharing { live: bool },
    /// Sharing ended by no wish of ours: by a host, or because the platform does not take it.
    ShareEnded { by_host: bool },
    /// Our own hand as the platform sees it.
    Hand { raised: bool },
    /// The meeting is, or is no longer, recorded or transcribed.
    Recording { recording: bool, transcription: bool },
    /// Where everything of the meeting goes, in sentences in the room's language.
    Evidence(Vec<String>),
    /// A chat message arrived.
    Chat { from: String, text: String },
    /// Something was said, as text: a piece of speech, told again as it grows and is corrected.
    Caption { from: String, segment: String, text: String, is_final: bool },
    /// Somebody reacted; `emoji` is the platform's name of it (`thumbs-up`).
    Reaction { from: String, emoji: String },
    /// Somebody waits in the lobby of this meeting.
    SomebodyWaiting,
    /// Everybody who waits there, the first comer first; only told where we may decide.
    Waiting(Vec<Waiting>),
    /// What we may do to others, whenever it changes.
    Rights(Rights),
    /// Whether we may write and react, whenever it changes.
    MayWrite(bool),
    /// What was asked of the platform was not done.
    Refused(HostRefusal),
    /// Our own connection quality.
    Quality(Quality),
    /// What was found out about the way to the platform, which was not reached. [`CallReport::Ended`] follows.
    NotReached(Findings),
    /// The call is over and its task gone.
    Ended(EndReason),
}

/// What the shell tells the room about its devices.
#[derive(Debug, Clone, PartialEq)]
pub enum DeviceReport {
    Camera {
        present: bool,
    },
    Microphone {
        present: bool,
    },
    Loudspeaker {
        present: bool,
    },
    /// The camera is there and gives no pictures. `Camera { present: true }` says that it does again.
    CameraFailed,
    /// Whether there is a voice for the screen reader.
    Voice {
        present: bool,
    },
    MicrophoneFailed,
    LoudspeakerFailed,
    /// What is at the content input changed.
    Content(Content),
    /// Something in the meeting comes in a codec this machine cannot decode.
    CannotDecode,
    /// Sound goes round between this room and another device in it.
    Howling,
    /// The motion sensor sees somebody move, or nobody any more.
    Motion {
        moves: bool,
    },
    /// Which ways the camera can be turned and where it looks, when there is one that can.
    CameraTurns(Option<(Reach, Pose)>),
    /// The places remembered from an earlier life.
    Presets(Presets),
    /// What strains meetings on this side, whenever it changes.
    Strain(Strain),
    /// How far the audio check is, in percent.
    AudioChecking(u8),
    AudioChecked(AudioReport),
    /// Peak microphone level 0.0 to 1.0, about ten times a second, for the panel's meter.
    MicrophoneLevel(f32),
}

/// What the room asks the shell to do. Effects are pushed, never performed.
#[derive(Debug, Clone, PartialEq)]
pub enum Output {
    /// Start a call task that joins this destination under this display name.
    StartCall {
        call: CallId,
        destination: Destination,
        display_name: String,
        microphone: bool,
        camera: bool,
        /// Where the policy asked for an acceptance.
        accepted: Option<Accepted>,
    },
    /// Leave the meeting politely, then end the call task.
    EndCall {
        call: CallId,
    },
    /// The call did not end in time: end its task without goodbye.
    DropCall {
        call: CallId,
    },
    /// Open or close our microphone in the call (mute on the wire, capture paused).
    SetMicrophone {
        call: CallId,
        on: bool,
    },
    /// Open or close our camera in the call.
    SetCamera {
        call: CallId,
        on: bool,
    },
    SetHand {
        call: CallId,
        raised: bool,
    },
    /// Write this to everybody.
    SendChat {
        call: CallId,
        text: String,
    },
    React {
        call: CallId,
        reaction: Reaction,
    },
    /// Ask the platform to do this; [`CallReport::Refused`] when it does not.
    Moderate {
        call: CallId,
        act: Moderation,
    },
    /// Take pictures and sound from the content input and share them in the call, or no longer.
    SetShare {
        call: CallId,
        on: bool,
    },
    /// Arrange the displays so.
    Arrange(Arrangement),
    /// Turn the camera there.
    PointCamera(Pose),
    /// Keep these places for the room's next life.
    KeepPresets(Presets),
    /// Loudspeaker volume in percent.
    SetVolume(u8),
    /// Play the sweep and report: [`DeviceReport::AudioChecking`], then [`DeviceReport::AudioChecked`].
    StartAudioCheck,
    /// End it early, without a report.
    StopAudioCheck,
    /// Answer with [`Input::Random`], for the code of a new meeting.
    DrawCode,
    /// Nobody is there: displays may be switched off (`true`). Somebody is, or will be: on again.
    Standby(bool),
    /// Change the calendar: [`BookingReport::Done`] answers with the same number.
    ChangeCalendar {
        request: u64,
        change: Change,
    },
    /// Find out whether a code is the administrator's: [`Input::CodeChecked`].
    CheckCode {
        attempt: u64,
        code: Code,
    },
    /// Keep the settings over the next start.
    KeepSettings(Settings),
    /// Gather what a technician wants to know: [`Input::Facts`].
    GatherFacts,
    /// Do this to the machine; [`Input::PowerFailed`] where that cannot be done.
    Power(PowerAct),
    /// A classified room's: let current through to the microphone, or cut it.
    MicrophoneRelay {
        closed: bool,
    },
    /// A classified room's call is over: forget everything of it, in memory and on disk.
    Wipe,
}
