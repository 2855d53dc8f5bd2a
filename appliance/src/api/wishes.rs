//! What may be asked of the room. Each answer is the state it led to, or the reason why not.

use std::time::Duration;

use axum::Json;
use axum::extract;
use room::Destination;
use room::destination::DestinationError;
use room::event::Wish;
use room::power::PowerAct;
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;
use utoipa::ToSchema;

use super::Api;
use super::problem::{Body, Name, Problem, bounded};
use super::state::{Language, Layout, State};
use crate::event::{Asked, Event};
use crate::status::Shared;

/// The room answers in milliseconds, unless something is wrong with it.
const PATIENCE: Duration = Duration::from_secs(5);
/// As long as browsers allow.
const DESTINATION_MAX: usize = 2048;
/// The panel shows the first 80 of them.
const NAME_MAX: usize = 200;
/// Tokens of LiveKit are about 500 characters long; some carry metadata.
const TOKEN_MAX: usize = 16_384;

/// Where to go.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct JoinRequest {
    /// As a person types it: a meeting link, a room's code, or the address of a LiveKit server.
    #[schema(max_length = 2048, example = "https://visio.example/abc-defg-hij")]
    pub destination: String,
    /// For a LiveKit server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 16384)]
    pub token: Option<String>,
}

/// On or off.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SwitchRequest {
    pub on: bool,
}

/// Up or down.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HandRequest {
    pub raised: bool,
}

/// How loud.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VolumeRequest {
    /// 0 to 100.
    #[schema(value_type = u8, maximum = 100)]
    pub percent: Whole<0, 100>,
}

/// A whole number within bounds; `38.0` is one to JSON Schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "i16")]
pub struct Whole<const LEAST: i16, const MOST: i16>(pub i16);

impl<const LEAST: i16, const MOST: i16> TryFrom<f64> for Whole<LEAST, MOST> {
    type Error = String;

    fn try_from(number: f64) -> Result<Self, String> {
        let is_one = (f64::from(LEAST)..=f64::from(MOST)).contains(&number) && number.fract() == 0.0;
        if is_one { Ok(Whole(number as i16)) } else { Err(format!("not a whole number from {LEAST} to {MOST}")) }
    }
}

impl<const LEAST: i16, const MOST: i16> From<Whole<LEAST, MOST>> for i16 {
    fn from(number: Whole<LEAST, MOST>) -> i16 {
        number.0
    }
}

/// Whom to ask into which meeting.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InviteRequest {
    /// As a person types it: a meeting link or a room's code.
    #[schema(max_length = 2048, example = "https://visio.example/abc-defg-hij")]
    pub destination: String,
    /// Who asks, as the panel says it.
    #[schema(max_length = 200, example = "Reception")]
    pub from: String,
}

/// Which layout.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LayoutRequest {
    pub layout: Layout,
}

/// Which language.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LanguageRequest {
    pub language: Language,
}

/// What is done to the room's machine.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PowerWord {
    Restart,
    Off,
}

/// Restart or off.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PowerRequest {
    pub act: PowerWord,
    /// Also in a meeting, which the room leaves, and shortly before one.
    #[serde(default)]
    pub force: bool,
}

/// What a wish is answered with.
pub type Answer = Result<Json<State>, Problem>;

/// Go into a meeting.
///
/// The answer comes when the room is on its way; `screen` and `failure` say what becomes of it. Where the policy has somebody
/// at the panel accept something first, `screen` is `acceptance`, and nothing has been dialled.
#[utoipa::path(
    post,
    path = "/v1/join",
    tag = "meeting",
    request_body = JoinRequest,
    responses((status = 200, body = State, description = "On the way."))
)]
pub async fn join(extract::State(api): extract::State<Api>, Body(request): Body<JoinRequest>) -> Answer {
    join_by(&api.shared, &request).await.map(Json)
}

/// Has the room go into a meeting.
///
/// # Errors
/// When it does not, with the reason.
pub async fn join_by(shared: &Shared, request: &JoinRequest) -> Result<State, Problem> {
    bounded("destination", &request.destination, DESTINATION_MAX)?;
    bounded("token", request.token.as_deref().unwrap_or_default(), TOKEN_MAX)?;
    let wish = match &request.token {
        None => Wish::JoinTyped(request.destination.clone()),
        Some(token) => {
            let language = shared.feed.state().language.into();
            let refused = |error: DestinationError| Problem::refused(language, &error.into());
            Wish::Join(Destination::livekit(&request.destination, token).map_err(refused)?)
        }
    };
    ask(shared, Asked::Wish(wish)).await
}

/// Go into a meeting of the agenda.
#[utoipa::path(
    post,
    path = "/v1/agenda/{id}/join",
    tag = "meeting",
    params(("id" = String, Path, description = "`id` of a meeting in the state's `agenda`.")),
    responses(
        (status = 200, body = State, description = "On the way."),
        (status = 404, body = Problem, content_type = "application/problem+json",
         description = "The agenda has no such meeting, or no longer.")
    )
)]
pub async fn join_meeting(extract::State(api): extract::State<Api>, Name(id): Name) -> Answer {
    ask(&api.shared, Asked::JoinMeeting(id)).await.map(Json)
}

/// Begin a meeting that nobody has prepared.
///
/// `notice` says where others join it, once the room is in it.
#[utoipa::path(
    post,
    path = "/v1/meetings",
    tag = "meeting",
    responses((status = 200, body = State, description = "On the way."))
)]
pub async fn meet_now(extract::State(api): extract::State<Api>) -> Answer {
    wish(&api, Wish::MeetNow).await
}

/// Ask the people in the room to join a meeting.
///
/// The panel asks them for a minute: `invitation` is what it asks, and `invitation_answer` what came of it.
#[utoipa::path(
    post,
    path = "/v1/invitations",
    tag = "meeting",
    request_body = InviteRequest,
    responses((status = 200, body = State, description = "People are being asked."))
)]
pub async fn invite(extract::State(api): extract::State<Api>, Body(request): Body<InviteRequest>) -> Answer {
    bounded("destination", &request.destination, DESTINATION_MAX)?;
    bounded("from", &request.from, NAME_MAX)?;
    wish(&api, Wish::Invite { destination: request.destination, from: request.from }).await
}

/// Leave the meeting, or stop being on the way into one.
///
/// In no meeting this is done already.
#[utoipa::path(post, path = "/v1/leave", tag = "meeting", responses((status = 200, body = State, description = "Left.")))]
pub async fn leave(extract::State(api): extract::State<Api>) -> Answer {
    wish(&api, Wish::Leave).await
}

/// Open or close the microphones.
///
/// Others hear of it when `call.microphone` says so.
#[utoipa::path(
    put,
    path = "/v1/microphone",
    tag = "meeting",
    request_body = SwitchRequest,
    responses((status = 200, body = State, description = "Asked for."))
)]
pub async fn microphone(
    extract::State(api): extract::State<Api>,
    Body(SwitchRequest { on }): Body<SwitchRequest>,
) -> Answer {
    wish(&api, Wish::SetMicrophone { on }).await
}

/// Share the laptop at the content input, or no longer.
#[utoipa::path(
    put,
    path = "/v1/share",
    tag = "meeting",
    request_body = SwitchRequest,
    responses((status = 200, body = State, description = "Asked for."))
)]
pub async fn share(
    extract::State(api): extract::State<Api>,
    Body(SwitchRequest { on }): Body<SwitchRequest>,
) -> Answer {
    wish(&api, Wish::SetShare { on }).await
}

/// Raise or lower the room's hand.
#[utoipa::path(
    put,
    path = "/v1/hand",
    tag = "meeting",
    request_body = HandRequest,
    responses((status = 200, body = State, description = "Asked for."))
)]
pub async fn hand(extract::State(api): extract::State<Api>, Body(HandRequest { raised }): Body<HandRequest>) -> Answer {
    wish(&api, Wish::SetHand { raised }).await
}

/// How loud the loudspeaker is.
#[utoipa::path(
    put,
    path = "/v1/volume",
    tag = "room",
    request_body = VolumeRequest,
    responses((status = 200, body = State, description = "Done."))
)]
pub async fn volume(
    extract::State(api): extract::State<Api>,
    Body(VolumeRequest { percent }): Body<VolumeRequest>,
) -> Answer {
    wish(&api, Wish::SetVolume(u8::try_from(percent.0).unwrap_or(100))).await
}

/// Show what is said as text, on the panel and the display, or not.
#[utoipa::path(
    put,
    path = "/v1/captions",
    tag = "room",
    request_body = SwitchRequest,
    responses((status = 200, body = State, description = "Done."))
)]
pub async fn captions(
    extract::State(api): extract::State<Api>,
    Body(SwitchRequest { on }): Body<SwitchRequest>,
) -> Answer {
    wish(&api, Wish::SetCaptions { on }).await
}

/// Show the room's own picture in a corner of the display, or not.
#[utoipa::path(
    put,
    path = "/v1/self-view",
    tag = "room",
    request_body = SwitchRequest,
    responses((status = 200, body = State, description = "Done."))
)]
pub async fn self_view(
    extract::State(api): extract::State<Api>,
    Body(SwitchRequest { on }): Body<SwitchRequest>,
) -> Answer {
    wish(&api, Wish::SetSelfView { on }).await
}

/// How people and content are arranged on the display.
///
/// It is kept for later meetings.
#[utoipa::path(
    put,
    path = "/v1/layout",
    tag = "room",
    request_body = LayoutRequest,
    responses((status = 200, body = State, description = "Done."))
)]
pub async fn layout(
    extract::State(api): extract::State<Api>,
    Body(LayoutRequest { layout }): Body<LayoutRequest>,
) -> Answer {
    wish(&api, Wish::SetLayout(layout.into())).await
}

/// The language of the panel, the display and the sentences in this API.
#[utoipa::path(
    put,
    path = "/v1/language",
    tag = "room",
    request_body = LanguageRequest,
    responses((status = 200, body = State, description = "Done."))
)]
pub async fn language(
    extract::State(api): extract::State<Api>,
    Body(LanguageRequest { language }): Body<LanguageRequest>,
) -> Answer {
    wish(&api, Wish::SetLanguage(language.into())).await
}

/// Restart the room's machine, or switch it off.
///
/// Not in a meeting, nor on the way into one (`in-meeting`), nor while the agenda has one or less than ten minutes before
/// (`meeting-near`), unless `force` is true; nor where no service does it (`no-power-service`). The answer comes before it is done.
#[utoipa::path(
    post,
    path = "/v1/power",
    tag = "room",
    request_body = PowerRequest,
    responses((status = 200, body = State, description = "Asked for."))
)]
pub async fn power(
    extract::State(api): extract::State<Api>,
    Body(PowerRequest { act, force }): Body<PowerRequest>,
) -> Answer {
    let act = match act {
        PowerWord::Restart => PowerAct::Restart,
        PowerWord::Off => PowerAct::Off,
    };
    wish(&api, Wish::Power { act, insist: force }).await
}

pub async fn wish(api: &Api, wish: Wish) -> Answer {
    ask(&api.shared, Asked::Wish(wish)).await.map(Json)
}

/// Asks something of the room, and waits for what it says.
pub async fn ask(shared: &Shared, asked: Asked) -> Result<State, Problem> {
    let (answer, answered) = oneshot::channel();
    let exchange = async {
        shared.events.send(Event::Ask { asked, answer }).await.ok()?;
        answered.await.ok()
    };
    match tokio::time::timeout(PATIENCE, exchange).await {
        Ok(Some(Ok(()))) => Ok(shared.feed.state()),
        Ok(Some(Err(refusal))) => Err(Problem::refused(shared.feed.state().language.into(), &refusal)),
        Ok(None) | Err(_) => Err(Problem::unanswered()),
    }
}
