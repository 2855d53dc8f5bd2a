//! What the platform answers: routing, rooms and the lobby. In meetings: [`super::participants`].

use serde_json::{Value, json};
use uuid::Uuid;

use super::accounts::Caller;
use super::config;
use super::lobby::Visitor;
use super::request::{RestRequest, RestResponse, invalid};
use super::rooms::{AccessLevel, Role, Room, slugify};
use super::text::Text;
use super::token::{Bearer, Grants};
use super::{Effect, State, Status};

/// The lobby's key, the device's own.
const LOBBY_COOKIE: &str = "lobbyParticipantId";
const DEFAULT_NAME: &str = "Anonymous";
/// How the server tells browsers to forget a session.
const FORGET_SESSION: &str = "sessionid=\"\"; expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/; SameSite=Lax";

/// Which call it is; texts are the room as the caller spelled it.
enum Route<'a> {
    Config,
    Me,
    Room(&'a str),
    RequestEntry(&'a str),
    WaitingParticipants(&'a str),
    Enter(&'a str),
    ToggleHand(&'a str),
    Rename(&'a str),
    MuteParticipant(&'a str),
    RemoveParticipant(&'a str),
    UpdateParticipant(&'a str),
    StartSubtitle,
}

impl Route<'_> {
    fn of(segments: &[String]) -> Option<Route<'_>> {
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        Some(match *segments.strip_prefix(&["api", "v1.0"])? {
            ["config"] => Route::Config,
            ["users", "me"] => Route::Me,
            ["rooms", room] if !room.is_empty() => Route::Room(room),
            ["rooms", room, "request-entry"] => Route::RequestEntry(room),
            ["rooms", room, "waiting-participants"] => Route::WaitingParticipants(room),
            ["rooms", room, "enter"] => Route::Enter(room),
            ["rooms", room, "toggle-hand"] => Route::ToggleHand(room),
            ["rooms", room, "rename"] => Route::Rename(room),
            ["rooms", room, "mute-participant"] => Route::MuteParticipant(room),
            ["rooms", room, "remove-participant"] => Route::RemoveParticipant(room),
            ["rooms", room, "update-participant"] => Route::UpdateParticipant(room),
            ["rooms", _, "start-subtitle"] => Route::StartSubtitle,
            _ => return None,
        })
    }

    /// The Allow header. Rooms are not changed over REST here, whatever it promises.
    fn allow(&self) -> &'static str {
        match self {
            Route::Config => "OPTIONS, GET",
            Route::Me | Route::WaitingParticipants(_) => "GET, HEAD, OPTIONS",
            Route::Room(_) => "GET, PUT, PATCH, DELETE, HEAD, OPTIONS",
            _ => "POST, OPTIONS",
        }
    }

    fn takes(&self, method: &str) -> bool {
        match self {
            Route::Config | Route::Me | Route::WaitingParticipants(_) | Route::Room(_) => {
                matches!(method, "GET" | "HEAD")
            }
            _ => method == "POST",
        }
    }
}

impl State {
    pub(super) fn answer(&mut self, request: &RestRequest) -> RestResponse {
        self.now = self.now.max(request.now);
        let language = request.language();
        let mut response = if request.header("host").is_none_or(|host| own_host(host, &self.origin)) {
            match self.failures.pop_front() {
                Some(429) => throttled(request, 5),
                Some(status) => RestResponse::html(status),
                None => self.routed(request),
            }
        } else {
            RestResponse::html(400)
        };
        if request.method == "HEAD" {
            response.body.clear();
        }
        response.with("content-language", language.tag())
    }

    fn routed(&mut self, request: &RestRequest) -> RestResponse {
        let Some(segments) = request.segments() else { return without_slash(request) };
        let Some(route) = Route::of(&segments) else { return RestResponse::html(404) };
        let (response, stale) = match self.negotiated(&route, request) {
            Ok(answer) => answer,
            Err(refusal) => (refusal, false),
        };
        // What breaks inside is answered by Django, which knows of no methods.
        let broken =
            response.status == 500 && response.header("content-type").is_some_and(|kind| kind.contains("html"));
        let response = if broken { response } else { response.with("allow", route.allow()) };
        if stale { response.with("set-cookie", FORGET_SESSION) } else { response }
    }

    /// The answer, and whether the caller's session cookie is to be deleted.
    fn negotiated(&mut self, route: &Route<'_>, request: &RestRequest) -> Result<(RestResponse, bool), RestResponse> {
        if !accepts_json(request) {
            return Err(RestResponse::detail(406, Text::NotAcceptable.say(request.language())));
        }
        if !route.takes(&request.method) {
            return Err(RestResponse::detail(405, format!("Method \"{}\" not allowed.", request.method)));
        }
        // Tokens of the meeting, not sessions, speak for these.
        match *route {
            Route::ToggleHand(room) => return self.toggle_hand(room, request).map(|answer| (answer, false)),
            Route::Rename(room) => return self.rename(room, request).map(|answer| (answer, false)),
            Route::StartSubtitle => return Err(RestResponse::detail(404, Text::NotFound.say(request.language()))),
            _ => {}
        }
        let host = self.origin.split_once("://").map_or("", |(_, host)| host);
        let caller = self.accounts.caller(request, host)?;
        let stale = caller == Caller::Anonymous { stale_session: true };
        let answer = match *route {
            Route::Config => Ok(RestResponse::json(200, &config::json(&self.origin, self.encryption))),
            Route::Me => match caller.account() {
                Some(account) => Ok(RestResponse::json(200, &account.as_json())),
                None => Err(log_in_first(request)),
            },
            Route::Room(room) => self.get_room(room, &caller, request),
            Route::RequestEntry(room) => self.request_entry(room, &caller, request),
            Route::WaitingParticipants(room) => self.waiting_participants(room, &caller, request),
            Route::Enter(room) => self.enter(room, &caller, request),
            Route::MuteParticipant(room) => self.mute_participant(room, &caller, request),
            Route::RemoveParticipant(room) => self.remove_participant(room, &caller, request),
            Route::UpdateParticipant(room) => self.update_participant(room, &caller, request),
            Route::ToggleHand(_) | Route::Rename(_) | Route::StartSubtitle => Err(RestResponse::html(404)),
        };
        Ok((answer.unwrap_or_else(|refusal| refusal), stale))
    }

    /// The room the caller means.
    ///
    /// # Errors
    /// The 404.
    pub(super) fn find_room(&mut self, spelling: &str, request: &RestRequest) -> Result<&mut Room, RestResponse> {
        if spelling.contains('.') {
            return Err(RestResponse::detail(404, Text::NotFound.say(request.language())));
        }
        let found = match Uuid::parse_str(spelling) {
            Ok(id) => self.rooms.iter_mut().find(|room| room.id == id),
            Err(_) => self.room_of_slug(spelling),
        };
        found.ok_or_else(|| RestResponse::detail(404, "No Room matches the given query."))
    }

    fn get_room(
        &mut self,
        spelling: &str,
        caller: &Caller,
        request: &RestRequest,
    ) -> Result<RestResponse, RestResponse> {
        let full_name = caller.account().map(|account| account.full_name.clone());
        let username = request.parameter("username").filter(|name| !name.is_empty()).or(full_name);
        let username = username.unwrap_or_else(|| DEFAULT_NAME.to_owned());
        // Whoever asks this way is somebody else each time.
        let identity = self.random.uuid().to_string();
        let color = color_of(caller.account().map_or(&identity, |account| &account.sub));

        let (unregistered, encryption) = (self.unregistered_rooms, self.encryption);
        let (id, grants, role, mut body) = match self.find_room(spelling, request) {
            Ok(room) => {
                let role = role_of(room, caller);
                let mut body = json!({
                    "id": room.id,
                    "name": room.name,
                    "slug": room.slug,
                    "configuration": room.configuration,
                    "access_level": room.access_level,
                });
                if encryption {
                    body["encryption_mode"] = json!(room.encryption_mode);
                }
                if !comes_in_directly(room, caller) {
                    return Ok(RestResponse::json(200, &body));
                }
                body["pin_code"] = json!(room.pin_code);
                (room.id.to_string(), Grants::of(room), role, body)
            }
            Err(_) if unregistered && !spelling.contains('.') => {
                let slug = slugify(spelling);
                let body = json!({ "id": null, "slug": slug, "is_administrable": false, "access_level": "public" });
                (slug, Grants::default(), None, body)
            }
            Err(not_found) => return Err(not_found),
        };
        if role.is_some_and(Role::is_host) {
            body["accesses"] = self.accesses(&id);
        }
        let bearer = Bearer { identity: &identity, name: &username, color: &color, account: caller.account(), role };
        body["livekit"] = self.livekit(&id, &grants, &bearer, request);
        Ok(RestResponse::json(200, &body))
    }

    fn accesses(&self, room_id: &str) -> Value {
        let Some(room) = self.rooms.iter().find(|room| room.id.to_string() == room_id) else { return json!([]) };
        let access = |(account, role): (&Uuid, &Role)| {
            let user = self.accounts.by_id.get(account)?.as_json();
            // A role has no identity of its own here; its account's is as good.
            Some(json!({ "id": account, "user": user, "resource": room.id, "role": role }))
        };
        room.roles.iter().filter_map(access).collect()
    }

    fn request_entry(
        &mut self,
        spelling: &str,
        caller: &Caller,
        request: &RestRequest,
    ) -> Result<RestResponse, RestResponse> {
        let cookie = request.cookie(LOBBY_COOKIE);
        let counted = caller.account().map(|account| account.sub.as_str()).or(cookie);
        if let Some(counted) = counted {
            self.throttle.allow(counted, request.now).map_err(|seconds| throttled(request, seconds))?;
        }
        let fields = request.fields()?;
        let username = fields.text("username", None);
        let username = username.map_err(|text| invalid(request.language(), &[("username", text)]))?;

        let id = cookie.map_or_else(|| self.random.uuid().to_string(), str::to_owned);
        let identity = if id.is_empty() { self.random.uuid().to_string() } else { id.clone() };
        let color = color_of(&identity);
        let room = self.find_room(spelling, request)?;
        let (room_id, grants, role) = (room.id.to_string(), Grants::of(room), role_of(room, caller));

        let (status, first_username, color, is_new) = if comes_in_directly(room, caller) {
            (Status::Accepted, username.clone(), color, false)
        } else {
            let is_authenticated = caller.account().is_some();
            let visitor = Visitor { id: &id, username: &username, color, is_authenticated };
            let (entry, is_new) = room.lobby.knock(visitor, request.now);
            (entry.status, entry.username, entry.color, is_new)
        };
        if is_new {
            let payload = r#"{"type": "participantWaiting"}"#.to_owned();
            self.effect(Effect::SendData { room: room_id.clone(), payload });
        }
        let livekit = if status == Status::Accepted {
            let bearer =
                Bearer { identity: &identity, name: &username, color: &color, account: caller.account(), role };
            self.livekit(&room_id, &grants, &bearer, request)
        } else {
            Value::Null
        };
        let body = json!({
            "status": status.as_str(), "username": first_username, "id": id, "color": color, "livekit": livekit,
        });
        let value = if id.is_empty() { "\"\"" } else { &id };
        let cookie = format!("{LOBBY_COOKIE}={value}; HttpOnly; Path=/; SameSite=Lax; Secure");
        Ok(RestResponse::json(200, &body).with("set-cookie", cookie))
    }

    fn waiting_participants(
        &mut self,
        spelling: &str,
        caller: &Caller,
        request: &RestRequest,
    ) -> Result<RestResponse, RestResponse> {
        let encryption = self.encryption;
        let room = self.hosted_room(spelling, caller, request)?;
        let waiting = room.lobby.waiting(request.now).map(|entry| {
            let mut json = json!({
                "status": entry.status.as_str(), "username": entry.username, "id": entry.id, "color": entry.color,
            });
            if encryption {
                json["is_authenticated"] = json!(entry.is_authenticated);
            }
            json
        });
        Ok(RestResponse::json(200, &json!({ "participants": waiting.collect::<Vec<_>>() })))
    }

    fn enter(&mut self, spelling: &str, caller: &Caller, request: &RestRequest) -> Result<RestResponse, RestResponse> {
        let room = self.hosted_room(spelling, caller, request)?;
        let fields = request.fields()?;
        let (id, allow) = match (fields.uuid("participant_id"), fields.boolean("allow_entry")) {
            (Ok(id), Ok(allow)) => (id, allow),
            (id, allow) => {
                let errors = [("participant_id", id.err()), ("allow_entry", allow.err())];
                let errors: Vec<_> = errors.into_iter().filter_map(|(field, error)| Some((field, error?))).collect();
                return Err(invalid(request.language(), &errors));
            }
        };
        let message = |status, message: &str| RestResponse::json(status, &json!({ "message": message }));
        if room.access_level == AccessLevel::Public {
            return Err(message(404, "Room has no lobby system."));
        }
        if !room.lobby.decide(&id, allow, request.now) {
            return Err(message(404, "Participant not found."));
        }
        Ok(message(200, "Participant was updated."))
    }

    /// The room, for its hosts only.
    pub(super) fn hosted_room(
        &mut self,
        spelling: &str,
        caller: &Caller,
        request: &RestRequest,
    ) -> Result<&mut Room, RestResponse> {
        if caller.account().is_none() {
            return Err(log_in_first(request));
        }
        let room = self.find_room(spelling, request)?;
        if role_of(room, caller).is_some_and(Role::is_host) {
            Ok(room)
        } else {
            Err(RestResponse::detail(403, "You must have privileges on room to perform this action."))
        }
    }

    fn livekit(&self, room: &str, grants: &Grants, bearer: &Bearer<'_>, request: &RestRequest) -> Value {
        let token = self.signer.sign(room, grants, bearer, request.now);
        json!({ "url": self.livekit.as_ref().unwrap_or(&self.origin), "room": room, "token": token })
    }
}

pub(super) fn role_of(room: &Room, caller: &Caller) -> Option<Role> {
    caller.account().and_then(|account| room.roles.get(&account.id)).copied()
}

fn comes_in_directly(room: &Room, caller: &Caller) -> bool {
    match room.access_level {
        AccessLevel::Public => true,
        AccessLevel::Trusted => caller.account().is_some(),
        AccessLevel::Restricted => role_of(room, caller).is_some(),
    }
}

fn log_in_first(request: &RestRequest) -> RestResponse {
    RestResponse::detail(401, Text::NotAuthenticated.say(request.language())).with("www-authenticate", "Session")
}

fn throttled(request: &RestRequest, seconds: u64) -> RestResponse {
    let text = Text::Throttled { seconds }.say(request.language());
    RestResponse::detail(429, text).with("retry-after", seconds.to_string())
}

/// Whether a Host header names this platform, whatever the port. A page whose name was made to lead here does not.
pub(super) fn own_host(host: &str, origin: &str) -> bool {
    let name = |host: &str| match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name.to_ascii_lowercase(),
        _ => host.to_ascii_lowercase(),
    };
    let (name, origin) = (name(host), name(origin.split_once("://").map_or("", |(_, host)| host)));
    name == origin || matches!(name.as_str(), "localhost" | "127.0.0.1" | "[::1]")
}

/// A known path but for its final slash is redirected to, whatever the method.
fn without_slash(request: &RestRequest) -> RestResponse {
    let with_slash = RestRequest { path: format!("{}/", request.path), ..request.clone() };
    if with_slash.segments().is_none_or(|segments| Route::of(&segments).is_none()) {
        return RestResponse::html(404);
    }
    let query = if request.query.is_empty() { String::new() } else { format!("?{}", request.query) };
    RestResponse { body: Vec::new(), ..RestResponse::html(301) }.with("location", with_slash.path + &query)
}

fn accepts_json(request: &RestRequest) -> bool {
    let Some(accept) = request.header("accept") else { return true };
    let mut types = accept.split(',').map(|range| range.split(';').next().unwrap_or_default().trim());
    types.any(|range| matches!(range, "" | "*/*" | "application/*" | "application/json"))
}

/// A participant's colour, always the same for one identity, in the platform's ranges.
fn color_of(identity: &str) -> String {
    // FNV-1a; the real one draws from a generator seeded with a hash, and nobody compares.
    let hash = identity
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    let (hue, saturation, lightness) = (hash % 361, 50 + (hash >> 16) % 26, 25 + (hash >> 32) % 36);
    format!("hsl({hue}, {saturation}%, {lightness}%)")
}
