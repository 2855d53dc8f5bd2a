//! La Suite Meet's REST API: rooms, the lobby, raising a hand, renaming. What Visio speaks beside LiveKit.
//!
//! It answers like the real backend in production with its optional features off, on plain http: same statuses,
//! bodies, limits and errors. [`Platform::answer`] is the whole of it and takes the time as an argument; the router
//! is only its shell. Not here: logging in, creating and changing rooms over REST ([`Platform`] has levers
//! instead), recording, telephony.

mod accounts;
mod answers;
mod config;
mod lobby;
mod moderation;
mod participants;
#[cfg(test)]
mod recorded;
mod request;
mod rooms;
#[cfg(test)]
mod tests;
mod text;
mod throttle;
mod token;

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{OriginalUri, State as Shared};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode};
use axum::routing::any;
use uuid::Uuid;

pub use accounts::Account;
pub use lobby::{Entry, Status};
pub use request::{RestRequest, RestResponse};
pub use rooms::{AccessLevel, Configuration, EncryptionMode, Role};

use rooms::Room;

/// The room that is always there, public.
pub const DEFAULT_ROOM: &str = "sal-turi-nga";

/// Effects nobody takes are dropped, the oldest first, beyond this.
const EFFECTS_MAX: usize = 1024;

/// What an answer changes in the meeting. The LiveKit half applies it; rooms are named by their LiveKit name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Adds to a participant's attributes; an empty value removes one.
    SetAttributes { room: String, identity: String, attributes: BTreeMap<String, String> },
    /// Renames a participant.
    SetName { room: String, identity: String, name: String },
    /// Replaces a participant's metadata. The real backend sets the text `null` with every raised hand and rename.
    SetMetadata { room: String, identity: String, metadata: String },
    /// A reliable packet without topic and sender to everybody in the room, if there is anybody.
    SendData { room: String, payload: String },
    /// Mutes a track on the server; its publisher may unmute it.
    MuteTrack { room: String, identity: String, track_sid: String },
    /// Puts a participant out; [`Platform::participant_removed`] follows.
    Remove { room: String, identity: String },
}

/// A stand-in for the La Suite Meet backend.
///
/// ```
/// # use sandbox::visio::{AccessLevel, Platform, RestRequest};
/// let platform = Platform::new("http://127.0.0.1:8000/".into(), "devkey".into(), "secret".into());
/// platform.create_room("res-tric-ted", AccessLevel::Restricted);
/// let ask = RestRequest {
///     method: "POST".into(),
///     path: "/api/v1.0/rooms/res-tric-ted/request-entry/".into(),
///     headers: vec![("Content-Type".into(), "application/json".into())],
///     body: br#"{"username": "Salle Turing"}"#.to_vec(),
///     ..RestRequest::default()
/// };
/// assert_eq!(platform.answer(&ask).json_body().unwrap()["status"], "waiting");
/// let device = &platform.waiting("res-tric-ted")[0];
/// assert!(platform.admit("res-tric-ted", &device.id));
/// ```
#[derive(Debug)]
pub struct Platform {
    state: Mutex<State>,
}

/// Everything the platform knows.
#[derive(Debug)]
struct State {
    /// Without the final slash.
    origin: String,
    /// Where it says that LiveKit is, when not at `origin`.
    livekit: Option<String>,
    signer: token::Signer,
    rooms: Vec<Room>,
    accounts: accounts::Accounts,
    throttle: throttle::Throttle,
    /// Who is in which meeting: LiveKit room name and identity.
    present: HashSet<(String, String)>,
    effects: VecDeque<Effect>,
    unregistered_rooms: bool,
    /// Whether the platform offers encryption, and speaks of it. Those in production do not yet.
    encryption: bool,
    answer_delay: Duration,
    /// Statuses of the next answers.
    failures: VecDeque<u16>,
    random: Random,
    /// The time of the latest request.
    now: Duration,
}

impl Platform {
    /// A platform at `origin` (`http://127.0.0.1:<port>/`) with the room [`DEFAULT_ROOM`], whose tokens carry
    /// `api_key` as their issuer and are signed with `api_secret`.
    pub fn new(origin: String, api_key: String, api_secret: String) -> Platform {
        let seed = Uuid::new_v4().as_u64_pair().0;
        Platform::seeded(origin, api_key, api_secret, seed)
    }

    /// Like [`Platform::new`], but gives the same identities each time: for simulations.
    pub fn seeded(origin: String, api_key: String, api_secret: String, seed: u64) -> Platform {
        let mut random = Random(seed);
        let rooms = vec![Room::new(random.uuid(), DEFAULT_ROOM, AccessLevel::Public)];
        Platform {
            state: Mutex::new(State {
                origin: origin.trim_end_matches('/').to_owned(),
                livekit: None,
                signer: token::Signer::new(api_key, &api_secret),
                rooms,
                accounts: accounts::Accounts::default(),
                throttle: throttle::Throttle::default(),
                present: HashSet::new(),
                effects: VecDeque::new(),
                unregistered_rooms: false,
                encryption: false,
                answer_delay: Duration::ZERO,
                failures: VecDeque::new(),
                random,
                now: Duration::ZERO,
            }),
        }
    }

    /// Answers a request. Never blocks, never fails; what is wrong with a request is in the answer.
    pub fn answer(&self, request: &RestRequest) -> RestResponse {
        self.state().answer(request)
    }

    /// Whether a Host header names this platform: by any other name, a page from elsewhere is asking.
    pub(crate) fn is_named(&self, host: &str) -> bool {
        answers::own_host(host, &self.state().origin)
    }

    /// Says from now on that LiveKit is there (`https://media.example`).
    pub fn name_livekit(&self, url: &str) {
        self.state().livekit = Some(url.to_owned());
    }

    /// What answers changed in meetings since the last call, oldest first.
    pub fn take_effects(&self) -> Vec<Effect> {
        self.state().effects.drain(..).collect()
    }

    /// Creates a room, or changes the access level of the one that is there. Returns its LiveKit name.
    pub fn create_room(&self, name: &str, access_level: AccessLevel) -> String {
        let mut state = self.state();
        if let Some(room) = state.room_of_slug(name) {
            room.access_level = access_level;
            return room.id.to_string();
        }
        let id = state.random.uuid();
        state.rooms.push(Room::new(id, name, access_level));
        id.to_string()
    }

    /// Changes what a room's participants may do from their next token on. `false`: there is no such room.
    pub fn configure(&self, slug: &str, configuration: Configuration) -> bool {
        self.with_room(slug, |room, _| room.configuration = configuration).is_some()
    }

    /// Says whether a room's participants encrypt, as its creator does once: then only those with a role in it come in
    /// without being let in, and no telephone does. From now on the platform is one that offers encryption, and says of
    /// every room whether it has it. `false`: there is no such room.
    pub fn set_encryption(&self, slug: &str, mode: EncryptionMode) -> bool {
        self.state().encryption = true;
        let set = |room: &mut Room| {
            room.encryption_mode = mode;
            if mode == EncryptionMode::Basic {
                room.access_level = AccessLevel::Restricted;
                room.pin_code = None;
            }
        };
        self.with_room(slug, |room, _| set(room)).is_some()
    }

    /// What a room's metadata in LiveKit is, if it has any.
    pub(crate) fn metadata(&self, slug_or_id: &str) -> Option<&'static str> {
        self.with_room(slug_or_id, |room, _| room.encryption_mode.metadata()).flatten()
    }

    /// A room's name in LiveKit, which is also its id. `None`: there is no such room.
    pub fn livekit_room(&self, slug: &str) -> Option<String> {
        self.with_room(slug, |room, _| room.id.to_string())
    }

    /// Whether a link to a room that nobody created opens one, named by its slug. Off at first.
    pub fn allow_unregistered_rooms(&self, allow: bool) {
        self.state().unregistered_rooms = allow;
    }

    /// Gives a person an account and logs in. Returns the value of the `sessionid` cookie.
    pub fn log_in(&self, account: Account) -> String {
        let mut state = self.state();
        let session = state.random.uuid().simple().to_string();
        state.accounts.sessions.insert(session.clone(), account.id);
        state.accounts.by_id.insert(account.id, account);
        session
    }

    /// Gives an account a role in a room. `false`: there is no such room.
    pub fn grant(&self, slug: &str, account: Uuid, role: Role) -> bool {
        self.with_room(slug, |room, _| room.roles.insert(account, role)).is_some()
    }

    /// Who waits in a room's lobby at the time of the latest request.
    pub fn waiting(&self, slug: &str) -> Vec<Entry> {
        self.with_room(slug, |room, now| room.lobby.waiting(now).cloned().collect()).unwrap_or_default()
    }

    /// Lets somebody in. `false`: nobody with this id waits or waited lately.
    pub fn admit(&self, slug: &str, participant_id: &str) -> bool {
        self.with_room(slug, |room, now| room.lobby.decide(participant_id, true, now)).unwrap_or(false)
    }

    /// Turns somebody away for five seconds. `false`: nobody with this id waits or waited lately.
    pub fn deny(&self, slug: &str, participant_id: &str) -> bool {
        self.with_room(slug, |room, now| room.lobby.decide(participant_id, false, now)).unwrap_or(false)
    }

    /// The LiveKit half says that somebody is in a meeting now: raising a hand and renaming need it.
    pub fn participant_joined(&self, room: &str, identity: &str) {
        self.state().present.insert((room.to_owned(), identity.to_owned()));
    }

    /// The LiveKit half says that somebody left.
    pub fn participant_left(&self, room: &str, identity: &str) {
        self.state().present.remove(&(room.to_owned(), identity.to_owned()));
    }

    /// The LiveKit half says that a host put somebody out: back to the lobby.
    pub fn participant_removed(&self, room: &str, identity: &str) {
        self.participant_left(room, identity);
        self.with_room(room, |room, _| room.lobby.remove(identity));
    }

    /// The LiveKit half says that a meeting ended: nobody is accepted any more.
    pub fn room_finished(&self, room: &str) {
        self.state().present.retain(|(present, _)| present != room);
        self.with_room(room, |room, _| room.lobby.clear());
    }

    /// Every answer comes this much later. The shell waits; a simulation reads [`Platform::answer_delay`].
    pub fn set_answer_delay(&self, delay: Duration) {
        self.state().answer_delay = delay;
    }

    /// How late answers are to come.
    pub fn answer_delay(&self) -> Duration {
        self.state().answer_delay
    }

    /// The next answer, whatever was asked, is this failure: 429 as the platform's own throttling with five seconds
    /// to wait, others as a page from in front of the API. Called twice: the next two.
    pub fn fail_next(&self, status: u16) {
        self.state().failures.push_back(status);
    }

    fn with_room<T>(&self, slug_or_id: &str, then: impl FnOnce(&mut Room, Duration) -> T) -> Option<T> {
        let mut state = self.state();
        let now = state.now;
        let room = match Uuid::parse_str(slug_or_id) {
            Ok(id) => state.rooms.iter_mut().find(|room| room.id == id),
            Err(_) => state.room_of_slug(slug_or_id),
        };
        room.map(|room| then(room, now))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn room_of_slug(&mut self, slug: &str) -> Option<&mut Room> {
        let slug = rooms::slugify(slug);
        self.rooms.iter_mut().find(|room| room.slug == slug)
    }

    fn effect(&mut self, effect: Effect) {
        if self.effects.len() == EFFECTS_MAX {
            self.effects.pop_front();
        }
        self.effects.push_back(effect);
    }
}

/// Identities, repeatable. Nothing here is a secret: identities are visible to everybody in a meeting.
#[derive(Debug)]
struct Random(u64);

impl Random {
    /// SplitMix64.
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn uuid(&mut self) -> Uuid {
        let bytes = (u128::from(self.next()) << 64 | u128::from(self.next())).to_be_bytes();
        uuid::Builder::from_random_bytes(bytes).into_uuid()
    }
}

/// The platform on HTTP: everything below `/api/`.
pub(crate) fn router(platform: Arc<Platform>) -> Router {
    Router::new().route("/api/{*path}", any(serve)).with_state(platform)
}

/// In this the host's page says which session it is in. A cookie would be every page's of the browser, the guest's too.
const SESSION_HEADER: &str = "x-sandbox-session";

async fn serve(
    Shared(platform): Shared<Arc<Platform>>,
    method: Method,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let mut headers: Vec<(String, String)> =
        headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect();
    if let Some((_, session)) = headers.iter().find(|(name, _)| name == SESSION_HEADER) {
        let cookie = ("cookie".to_owned(), format!("sessionid={session}; csrftoken=sandbox"));
        headers.extend([cookie, ("x-csrftoken".to_owned(), "sandbox".to_owned())]);
    }
    let answer = platform.answer(&RestRequest {
        method: method.as_str().to_owned(),
        path: uri.path().to_owned(),
        query: uri.query().unwrap_or_default().to_owned(),
        headers,
        body: body.to_vec(),
        now: SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default(),
    });
    tokio::time::sleep(platform.answer_delay()).await;
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in answer.headers {
        // A cookie a client made up may not fit into a header; then it goes without.
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().append(name, value);
        }
    }
    response
}
