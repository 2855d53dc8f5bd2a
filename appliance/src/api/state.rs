//! The room as programs see it.

use std::time::Duration;

use axum::Json;
use axum::extract;
use room::classified::{Demand, Standing};
use room::view;
use room::{Now, View};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Api;

/// What the room is. Nothing in it changes by itself from second to second, and nothing that people say or write in
/// a meeting, nor their names, is in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct State {
    /// The room's name.
    pub room: String,
    pub language: Language,
    pub screen: Screen,
    /// The name of the meeting the room is on its way into, in, or could not get into.
    pub meeting: Option<String>,
    /// What is so in the meeting the room is in.
    pub call: Option<Call>,
    /// Why the room is not in the meeting it was asked to join, while its panel says so.
    pub failure: Option<Failure>,
    /// Of the loudspeaker.
    #[schema(maximum = 100)]
    pub volume_percent: u8,
    pub devices: Devices,
    /// Whom the panel asks into which meeting, while it does.
    pub invitation: Option<Invitation>,
    /// What people in the room said to the last invitation.
    pub invitation_answer: Option<InvitationAnswer>,
    /// The meetings on the panel, soonest first.
    pub agenda: Vec<AgendaMeeting>,
    /// What the panel says of the agenda's age, when it is old.
    pub agenda_age: Option<String>,
    /// What the panel says for a moment, in the room's language.
    pub notice: Option<String>,
    /// How a classified room stands; of others nothing.
    pub classified: Option<Classified>,
}

/// How a classified room stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Classified {
    /// In no meeting, and ready for one.
    Ready,
    /// It joins nothing: a radio is on, or nobody can see whether one is.
    RadioOn,
    /// It joins nothing: something is plugged in that the policy does not list, or nobody can see what is.
    UnlistedUsb,
    /// It joins nothing: its configuration lets others see it, or steer it.
    SeenFromElsewhere,
    /// It joins nothing: no relay cuts its microphones.
    NoRelay,
    /// In a meeting or on the way into one, and nothing is sent: not everybody there is known to be verified.
    Withheld,
    /// In a meeting in which everybody is verified.
    Verified,
}

impl From<Standing> for Classified {
    fn from(standing: Standing) -> Classified {
        match standing {
            Standing::Ready => Classified::Ready,
            Standing::Refusing(Demand::RadiosOff) => Classified::RadioOn,
            Standing::Refusing(Demand::OnlyListedUsb) => Classified::UnlistedUsb,
            Standing::Refusing(Demand::NoRemoteView) => Classified::SeenFromElsewhere,
            Standing::Refusing(Demand::MicrophoneRelay) => Classified::NoRelay,
            Standing::Withheld => Classified::Withheld,
            Standing::Verified => Classified::Verified,
        }
    }
}

/// What the panel shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Screen {
    Home,
    /// Somebody at the panel has to accept a sentence of the policy before the room joins. No program can; leaving ends it,
    /// and so does a minute without a touch.
    Acceptance,
    /// On the way into a meeting.
    Joining,
    /// Waiting for somebody to open the door.
    Lobby,
    InCall,
    AudioCheck,
    /// The meeting could not be joined, or ended.
    Failed,
}

/// A language of the room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    Fr,
    En,
    De,
}

/// How a meeting is encrypted from end to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Encryption {
    /// Not at all.
    None,
    /// With the key that is in the meeting's link.
    SharedKey,
    /// With keys that only those in it have.
    Group,
}

impl From<view::Encryption> for Encryption {
    fn from(encryption: view::Encryption) -> Encryption {
        match encryption {
            view::Encryption::None => Encryption::None,
            view::Encryption::SharedKey => Encryption::SharedKey,
            view::Encryption::Group { .. } => Encryption::Group,
        }
    }
}

/// What is so in a meeting.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Call {
    pub microphone: Switch,
    pub camera: Switch,
    pub share: Share,
    pub hand_raised: bool,
    /// Where the camera looks, when it can be turned.
    pub camera_view: Option<super::camera::View>,
    /// What is said is shown as text, where the meeting gives it.
    pub captions: bool,
    /// The room's own picture is on the display.
    pub self_view: bool,
    /// The layout in use.
    pub layout: Layout,
    /// The layouts to choose from now.
    pub layouts: Vec<Layout>,
    /// Other people in the meeting.
    pub others: u32,
    /// Somebody waits in the meeting's lobby.
    pub somebody_waiting: bool,
    /// End-to-end: only those who have the meeting's key hear and see the room.
    pub encrypted: bool,
    /// How it is encrypted from end to end.
    pub encryption: Encryption,
    /// Twenty digits that everybody in the meeting's group sees alike, in five groups, to be read aloud; they change with it.
    pub authentication_code: Option<String>,
    pub recording: bool,
    pub transcription: bool,
    /// The connection is lost and being restored.
    pub reconnecting: bool,
}

/// A microphone or camera, as others hear and see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Switch {
    On,
    Off,
    /// Asked for, not yet seen on the wire.
    Changing,
    /// There is none.
    Missing,
    /// There is one, and it does not work.
    Failed,
    /// The meeting does not let the room.
    Forbidden,
}

/// What the room shares of a laptop, or could.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Share {
    /// There is no laptop to share.
    Missing,
    Off,
    /// A laptop has just come, and people are asked whether to share it.
    Offered,
    /// Asked for, not yet seen on the wire.
    Changing,
    On,
    /// Shared, and no picture comes from it.
    NoSignal,
    /// Shared, and black, as protected films are.
    Protected,
    /// The meeting does not let the room.
    Forbidden,
}

/// How people and content are arranged on the display. One choice is kept for meetings in which nothing is shared
/// (`speaker-with-strip`, `speaker`, `grid`), and one for while something is (`content-with-speaker`, `content-only`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Layout {
    /// Whoever speaks, and a column of others.
    SpeakerWithStrip,
    /// Whoever speaks, on the whole display.
    Speaker,
    /// Everybody of one size.
    Grid,
    /// What is shared, and whoever speaks beside it.
    ContentWithSpeaker,
    /// What is shared, on the whole display.
    ContentOnly,
}

/// Somebody elsewhere asks the people in the room to join a meeting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Invitation {
    /// Who asks.
    pub from: String,
    /// The name of the meeting.
    pub meeting: String,
}

/// What came of an invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum InvitationAnswer {
    Accepted,
    Declined,
    /// Nobody answered within a minute.
    Unanswered,
}

/// Why a meeting could not be joined, or ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Failure {
    /// For programs, such as `RoomNotFound`.
    pub reason: String,
    /// What happened, in the room's language.
    pub sentence: String,
    /// What to do about it.
    pub advice: String,
}

/// Which devices are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Devices {
    pub camera: Device,
    pub microphone: Device,
    pub loudspeaker: Device,
    pub content: Content,
}

/// A device of the room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Device {
    Ready,
    Missing,
    Failed,
}

/// What is at the content input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Content {
    Missing,
    /// Something that gives no picture.
    NoSignal,
    /// A laptop whose pictures are all black.
    Protected,
    /// A laptop that can be shared.
    Ready,
}

/// A meeting on the panel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AgendaMeeting {
    /// By which it can be joined, until its title or its times change.
    pub id: String,
    pub title: String,
    /// RFC 3339, in the room's time.
    #[schema(format = DateTime)]
    pub start: String,
    /// RFC 3339, in the room's time.
    #[schema(format = DateTime)]
    pub end: String,
    /// It has days, not times: from the midnight of its first to the midnight after its last.
    pub all_day: bool,
    pub joinable: bool,
    /// Why it cannot be joined although it has a link, in the room's language.
    pub obstacle: Option<String>,
}

/// What the room is now.
#[utoipa::path(get, path = "/v1/state", tag = "state", responses((status = 200, body = State, description = "The state.")))]
pub async fn state(extract::State(api): extract::State<Api>) -> Json<State> {
    Json(api.shared.feed.state())
}

impl State {
    /// The room as this view shows it.
    pub fn of(view: &View, now: Now) -> State {
        let (meeting, call, failure) = match &view.screen {
            view::Screen::Home | view::Screen::AudioCheck(_) => (None, None, None),
            view::Screen::Acceptance(acceptance) => (Some(&acceptance.what), None, None),
            view::Screen::Joining { what, .. } | view::Screen::Lobby { what, .. } => (Some(what), None, None),
            view::Screen::InCall(call) => (Some(&call.title), Some(Call::of(call)), None),
            view::Screen::Failed { what, reason, .. } => {
                let (sentence, advice) = ui::failure_sentences(view.language, reason);
                (Some(what), None, Some(Failure { reason: format!("{reason:?}"), sentence, advice }))
            }
        };
        State {
            room: view.room_name.clone(),
            language: view.language.into(),
            screen: Screen::of(&view.screen),
            meeting: meeting.cloned(),
            call,
            failure,
            volume_percent: view.volume,
            devices: Devices {
                camera: view.devices.camera.into(),
                microphone: view.devices.microphone.into(),
                loudspeaker: view.devices.loudspeaker.into(),
                content: view.devices.content.into(),
            },
            invitation: view
                .invitation
                .as_ref()
                .map(|invitation| Invitation { from: invitation.from.clone(), meeting: invitation.what.clone() }),
            invitation_answer: view.invitation_end.map(Into::into),
            agenda: view.agenda.iter().map(|meeting| AgendaMeeting::of(view.language, meeting, now)).collect(),
            agenda_age: ui::calendar_sentence(view),
            notice: view.notice.as_ref().and_then(|notice| match notice {
                // What people write to each other is theirs.
                view::Notice::Chat { .. } | view::Notice::Reaction { .. } => None,
                notice => Some(ui::notice_sentence(view.language, notice)),
            }),
            classified: view.classified.map(Into::into),
        }
    }
}

impl Call {
    fn of(call: &view::InCall) -> Call {
        Call {
            microphone: call.microphone.into(),
            camera: call.camera.into(),
            share: call.share.into(),
            hand_raised: call.hand_raised,
            camera_view: call.turning.map(Into::into),
            captions: call.arrangement.captions,
            self_view: call.arrangement.self_view,
            layout: call.layout().into(),
            layouts: call.layouts().iter().map(|layout| (*layout).into()).collect(),
            others: u32::try_from(call.participants.len()).unwrap_or(u32::MAX),
            somebody_waiting: call.somebody_waiting,
            encrypted: call.encryption.is_on(),
            encryption: call.encryption.into(),
            authentication_code: call.encryption.code().map(|code| code.to_string()),
            recording: call.recording,
            transcription: call.transcription,
            reconnecting: call.reconnecting,
        }
    }
}

impl AgendaMeeting {
    fn of(language: view::Language, meeting: &view::Meeting, now: Now) -> AgendaMeeting {
        AgendaMeeting {
            id: meeting_id(meeting.id),
            title: ui::title_sentence(language, &meeting.title),
            start: rfc3339(meeting.start, now),
            end: rfc3339(meeting.end, now),
            all_day: meeting.all_day,
            joinable: meeting.joinable,
            obstacle: meeting.obstacle.map(|obstacle| ui::obstacle_sentence(language, obstacle)),
        }
    }
}

/// What a meeting of the agenda is called in the API.
pub fn meeting_id(id: room::MeetingId) -> String {
    format!("{:016x}", id.0)
}

/// The view's times are local wall times.
fn utc_s(local: Duration, now: Now) -> i64 {
    i64::try_from(local.as_secs()).unwrap_or(i64::MAX).saturating_sub(now.utc_offset_s.into())
}

fn rfc3339(local: Duration, now: Now) -> String {
    let time = jiff::Timestamp::from_second(utc_s(local, now)).unwrap_or(jiff::Timestamp::MAX);
    let offset = jiff::tz::Offset::from_seconds(now.utc_offset_s).unwrap_or(jiff::tz::Offset::UTC);
    offset.to_datetime(time).strftime("%Y-%m-%dT%H:%M:%S").to_string() + &zone(now.utc_offset_s)
}

fn zone(utc_offset_s: i32) -> String {
    let sign = if utc_offset_s < 0 { '-' } else { '+' };
    let minutes = utc_offset_s.unsigned_abs() / 60;
    format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}

impl Screen {
    pub fn of(screen: &view::Screen) -> Screen {
        match screen {
            view::Screen::Home => Screen::Home,
            view::Screen::Acceptance(_) => Screen::Acceptance,
            view::Screen::Joining { .. } => Screen::Joining,
            view::Screen::Lobby { .. } => Screen::Lobby,
            view::Screen::InCall(_) => Screen::InCall,
            view::Screen::AudioCheck(_) => Screen::AudioCheck,
            view::Screen::Failed { .. } => Screen::Failed,
        }
    }
}
