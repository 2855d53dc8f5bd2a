use std::time::Duration;

use serde_json::{Value, json};

use super::{AccessLevel, Account, Effect, EncryptionMode, Platform, RestRequest, RestResponse, Role};

const START: Duration = Duration::from_secs(1_795_356_000);
const DEVICE: &str = "5a5e2a40-7c1c-4b57-8d3a-2f1d8c0e9b77";

fn platform() -> Platform {
    let platform = Platform::seeded("http://127.0.0.1:8000/".into(), "devkey".into(), "secret".into(), 7);
    platform.create_room("res-tric-ted", AccessLevel::Restricted);
    platform
}

fn request(method: &str, path: &str, body: &Value, headers: &[(&str, &str)], at: Duration) -> RestRequest {
    let mut headers: Vec<_> = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
    headers.push(("Content-Type".into(), "application/json".into()));
    RestRequest {
        method: method.into(),
        path: format!("/api/v1.0/{path}"),
        headers,
        body,
        now: START + at,
        ..RestRequest::default()
    }
}

fn knock(platform: &Platform, slug: &str, at: Duration) -> RestResponse {
    let cookie = format!("lobbyParticipantId={DEVICE}");
    let path = format!("rooms/{slug}/request-entry/");
    platform.answer(&request("POST", &path, &json!({ "username": "Salle Turing" }), &[("Cookie", &cookie)], at))
}

fn status_of(answer: &RestResponse) -> String {
    answer.json_body().unwrap()["status"].as_str().unwrap().to_owned()
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[test]
fn the_default_room_lets_everybody_in() {
    let answer = knock(&platform(), "sal-turi-nga", seconds(0));
    assert_eq!(answer.status, 200);
    let body = answer.json_body().unwrap();
    assert_eq!(body["status"], "accepted");
    assert_eq!(body["id"], DEVICE);
    assert_eq!(body["livekit"]["url"], "http://127.0.0.1:8000");
}

#[test]
fn who_is_let_in_stays_accepted_until_the_meeting_ends() {
    let platform = platform();
    assert_eq!(status_of(&knock(&platform, "res-tric-ted", seconds(0))), "waiting");
    assert!(platform.admit("res-tric-ted", DEVICE));
    assert_eq!(status_of(&knock(&platform, "res-tric-ted", seconds(1))), "accepted");
    assert_eq!(status_of(&knock(&platform, "res-tric-ted", seconds(6 * 3600 - 1))), "accepted");
    let room = platform.create_room("res-tric-ted", AccessLevel::Restricted);
    platform.room_finished(&room);
    assert_eq!(status_of(&knock(&platform, "res-tric-ted", seconds(6 * 3600))), "waiting");
}

#[test]
fn a_refusal_holds_five_seconds_whatever_the_device_does() {
    let platform = platform();
    knock(&platform, "res-tric-ted", seconds(0));
    assert!(platform.deny("res-tric-ted", DEVICE));
    for second in 1..5 {
        assert_eq!(status_of(&knock(&platform, "res-tric-ted", seconds(second))), "denied");
    }
    assert_eq!(status_of(&knock(&platform, "res-tric-ted", seconds(5))), "waiting");
}

#[test]
fn hosts_are_told_once_for_each_new_entry() {
    let platform = platform();
    let room = platform.create_room("res-tric-ted", AccessLevel::Restricted);
    let told = Effect::SendData { room, payload: r#"{"type": "participantWaiting"}"#.into() };
    knock(&platform, "res-tric-ted", seconds(0));
    assert_eq!(platform.take_effects(), [told.clone()]);
    knock(&platform, "res-tric-ted", seconds(2));
    assert_eq!(platform.take_effects(), []);
    // Three seconds of silence end an entry.
    knock(&platform, "res-tric-ted", seconds(5));
    assert_eq!(platform.take_effects(), [told]);
}

#[test]
fn the_151st_request_of_a_minute_is_throttled_until_the_first_is_a_minute_old() {
    let platform = platform();
    for call in 0..150 {
        assert_eq!(knock(&platform, "sal-turi-nga", Duration::from_millis(10 * call)).status, 200);
    }
    let refused = knock(&platform, "res-tric-ted", Duration::from_millis(2292));
    assert_eq!(refused.status, 429);
    assert_eq!(refused.header("retry-after"), Some("58"));
    assert_eq!(refused.header("set-cookie"), None);
    let detail = "Request was throttled. Expected available in 58 seconds.";
    assert_eq!(refused.json_body(), Some(json!({ "detail": detail })));
    assert_eq!(knock(&platform, "sal-turi-nga", Duration::from_millis(59_999)).header("retry-after"), Some("1"));
    assert_eq!(knock(&platform, "sal-turi-nga", seconds(60)).status, 200);
}

#[test]
fn a_raised_hand_changes_the_participant() {
    let platform = platform();
    let body = knock(&platform, "sal-turi-nga", seconds(0)).json_body().unwrap();
    let room = body["livekit"]["room"].as_str().unwrap().to_owned();
    let bearer = format!("Bearer {}", body["livekit"]["token"].as_str().unwrap());
    let raise = |raised: bool, at| {
        let path = format!("rooms/{room}/toggle-hand/");
        platform.answer(&request("POST", &path, &json!({ "raised": raised }), &[("Authorization", &bearer)], at))
    };
    assert_eq!(raise(true, seconds(1)).json_body(), Some(json!({ "error": "Participant not found" })));
    platform.participant_joined(&room, DEVICE);
    assert_eq!(raise(true, seconds(2)).status, 200);
    assert_eq!(raise(false, seconds(3)).status, 200);
    let raised: Vec<_> = platform
        .take_effects()
        .into_iter()
        .filter_map(|effect| match effect {
            Effect::SetAttributes { identity, attributes, .. } if identity == DEVICE => {
                Some(attributes["handRaisedAt"].clone())
            }
            _ => None,
        })
        .collect();
    assert_eq!(raised, ["2026-11-22T14:00:02.000000+00:00", ""]);
    // Six hours, and a minute for clocks that differ.
    assert_eq!(raise(true, seconds(6 * 3600 + 59)).status, 200);
    let expired = raise(true, seconds(6 * 3600 + 60));
    assert_eq!(expired.json_body(), Some(json!({ "detail": "Invalid LiveKit token: Signature has expired" })));
}

#[test]
fn a_host_lets_in_over_rest() {
    let platform = platform();
    let id = "8933e938-6519-4cc0-bb7d-da99a6049754".parse().unwrap();
    let account =
        Account { id, sub: "sub-1".into(), email: "host@meet.example".into(), full_name: "Olivia Owner".into() };
    let session = platform.log_in(account);
    platform.grant("res-tric-ted", id, Role::Owner);
    knock(&platform, "res-tric-ted", seconds(0));
    let enter = |headers: &[(&str, &str)]| {
        let body = json!({ "participant_id": DEVICE, "allow_entry": true });
        platform.answer(&request("POST", "rooms/res-tric-ted/enter/", &body, headers, seconds(1)))
    };
    let cookies = format!("sessionid={session}; csrftoken=abc");
    assert_eq!(enter(&[]).status, 401);
    assert_eq!(enter(&[("Cookie", &cookies)]).status, 403);
    assert_eq!(enter(&[("Cookie", &cookies), ("X-CSRFToken", "abc")]).status, 200);
    assert_eq!(status_of(&knock(&platform, "res-tric-ted", seconds(2))), "accepted");
}

#[test]
fn an_encrypted_room_has_a_lobby_and_says_what_it_is() {
    let platform = platform();
    let get = |slug: &str, headers: &[(&str, &str)]| {
        platform.answer(&request("GET", slug, &Value::Null, headers, seconds(0))).json_body().unwrap()
    };
    let room = "rooms/sal-turi-nga/";
    assert_eq!(get(room, &[]).get("encryption_mode"), None, "platforms without encryption do not speak of it");
    assert_eq!(get("config/", &[]).get("encryption"), None);
    assert!(platform.set_encryption("sal-turi-nga", EncryptionMode::Basic));
    assert_eq!(get("config/", &[])["encryption"]["enabled"], true);
    assert_eq!(get("rooms/res-tric-ted/", &[])["encryption_mode"], "none");
    let body = get(room, &[]);
    assert_eq!((&body["encryption_mode"], &body["access_level"]), (&json!("basic"), &json!("restricted")));
    assert_eq!(body.get("livekit"), None);
    assert_eq!(status_of(&knock(&platform, "sal-turi-nga", seconds(0))), "waiting");
    assert!(!platform.waiting("sal-turi-nga")[0].is_authenticated);

    let id = "8933e938-6519-4cc0-bb7d-da99a6049754".parse().unwrap();
    let (email, full_name) = ("host@meet.example".into(), "Olivia Owner".into());
    let session = platform.log_in(Account { id, sub: "sub-1".into(), email, full_name });
    platform.grant("sal-turi-nga", id, Role::Owner);
    let cookies = format!("sessionid={session}; csrftoken=abc");
    let body = get(room, &[("Cookie", &cookies)]);
    let payload = body["livekit"]["token"].as_str().unwrap().split('.').nth(1).unwrap();
    let payload = base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, payload).unwrap();
    let claims: Value = serde_json::from_slice(&payload).unwrap();
    assert_eq!(
        (&claims["name"], &claims["attributes"]["email"]),
        (&json!("Olivia Owner"), &json!("host@meet.example"))
    );
    assert_eq!(claims["roomConfig"]["metadata"], r#"{"encryption_mode":"basic"}"#);
}

#[test]
fn failures_happen_when_asked_for() {
    let platform = platform();
    platform.fail_next(500);
    platform.fail_next(429);
    let failed = knock(&platform, "sal-turi-nga", seconds(0));
    assert_eq!((failed.status, failed.header("content-type")), (500, Some("text/html; charset=utf-8")));
    assert_eq!(knock(&platform, "sal-turi-nga", seconds(1)).header("retry-after"), Some("5"));
    assert_eq!(knock(&platform, "sal-turi-nga", seconds(2)).status, 200);
}

#[test]
fn unknown_paths_are_pages_and_forgotten_slashes_are_redirected() {
    let platform = platform();
    let get = |path: &str| platform.answer(&request("GET", path, &Value::Null, &[], seconds(0)));
    assert_eq!(get("nothing-here/").json_body(), None);
    assert_eq!(get("nothing-here/").status, 404);
    assert_eq!(get("config").header("location"), Some("/api/v1.0/config/"));
    assert_eq!(get("config/").json_body().unwrap()["livekit"]["url"], "http://127.0.0.1:8000");
}

#[test]
fn the_same_seed_gives_the_same_identities() {
    let identity = || {
        let ask = request("POST", "rooms/sal-turi-nga/request-entry/", &json!({ "username": "A" }), &[], seconds(0));
        platform().answer(&ask).json_body().unwrap()["id"].clone()
    };
    assert_eq!(identity(), identity());
}
