//! What a real La Suite Meet backend answered, answered again to our entry.

mod support;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use meeting::io::{Codec, Command, End, Event, HttpRequest, HttpResponse, Input, IoId, Method, Now, Output};
use meeting::visio::{Answer, read_answer};
use meeting::{Config, Session, Target};
use serde_json::Value;

struct Exchange {
    step: String,
    request: Value,
    response: HttpResponse,
    body: Value,
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/reference/visio-rest/traces")
}

fn exchanges(file: &str) -> Vec<Exchange> {
    let text = std::fs::read_to_string(folder().join(file)).unwrap();
    text.lines()
        // A request with half a character in it, recorded on purpose, is no JSON text.
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|json| json["request"].is_object() && json["response"].is_object())
        .map(|json| {
            let response = &json["response"];
            let mut headers: Vec<(String, String)> = response["headers"]
                .as_object()
                .into_iter()
                .flatten()
                .map(|(name, value)| (name.to_lowercase(), value.as_str().unwrap_or_default().to_owned()))
                .collect();
            for cookie in response["set_cookie"].as_array().into_iter().flatten() {
                headers.push(("set-cookie".into(), cookie.to_string()));
            }
            let body = response["body"].clone();
            // Recorded in the browser, where the headers were not kept.
            if body.is_object() && !headers.iter().any(|(name, _)| name == "content-type") {
                headers.push(("content-type".into(), "application/json".into()));
            }
            Exchange {
                step: json["step"].as_str().unwrap_or_default().to_owned(),
                request: json["request"].clone(),
                response: HttpResponse {
                    status: u16::try_from(response["status"].as_u64().unwrap()).unwrap(),
                    headers,
                    body: body.to_string().into_bytes(),
                },
                body,
            }
        })
        .collect()
}

fn all_files() -> Vec<String> {
    let mut names: Vec<String> =
        std::fs::read_dir(folder()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn is_entry(exchange: &Exchange) -> bool {
    exchange.request["path"].as_str().is_some_and(|path| path.ends_with("/request-entry/"))
}

#[test]
fn every_recorded_answer_to_an_entry_is_understood() {
    if !support::recorded(&folder()) {
        return;
    }
    let mut seen = 0;
    for file in all_files() {
        for exchange in exchanges(&file).iter().filter(|e| is_entry(e)) {
            seen += 1;
            let answer = read_answer(&exchange.response, true);
            let what = format!("{file}: {} ({}) gave {answer:?}", exchange.step, exchange.response.status);
            match (exchange.response.status, exchange.body["status"].as_str()) {
                (200, Some("accepted")) => {
                    let Answer::Admitted(admission) = answer else { panic!("{what}") };
                    assert_eq!(admission.token, exchange.body["livekit"]["token"].as_str().unwrap(), "{file}");
                    assert_eq!(admission.room, exchange.body["livekit"]["room"].as_str().unwrap(), "{file}");
                }
                (200, Some("waiting")) => assert_eq!(answer, Answer::Waiting, "{what}"),
                (200, Some("denied")) => assert_eq!(answer, Answer::Denied, "{what}"),
                (404, _) => assert_eq!(answer, Answer::NotFound, "{what}"),
                (429, _) => {
                    let Answer::TooMany(wait) = answer else { panic!("{what}") };
                    assert!(wait <= Duration::from_secs(60), "{what}");
                }
                (500.., _) => assert_eq!(answer, Answer::Trouble, "{what}"),
                _ => assert_eq!(answer, Answer::Strange, "{what}"),
            }
        }
    }
    assert!(seen > 120, "only {seen} answers");
}

#[test]
fn rooms_as_recorded_lead_in_or_to_the_lobby() {
    if !support::recorded(&folder()) {
        return;
    }
    let mut ways_in = 0;
    for exchange in exchanges("02-get-room.jsonl") {
        let is_room = exchange.request["method"] == "GET" && exchange.body["slug"].is_string();
        if exchange.response.status != 200 || !is_room {
            continue;
        }
        match (exchange.body["livekit"].is_object(), read_answer(&exchange.response, true)) {
            (true, Answer::Admitted(_)) => ways_in += 1,
            (false, Answer::NoAccess) => {}
            (_, other) => panic!("{}: {other:?}", exchange.step),
        }
    }
    assert!(ways_in > 5);
}

struct Visit {
    session: Session,
    now: Now,
    asked: Option<(IoId, HttpRequest)>,
    events: Vec<Event>,
    signalling: bool,
}

impl Visit {
    fn new(slug: &str) -> Visit {
        let config = Config {
            display_name: "Salle Turing".into(),
            local_udp: vec!["10.0.0.1:5000".parse().unwrap()],
            device_id: "ce806c0b-9514-4819-8fbe-34a440692300".parse().unwrap(),
            account: None,
            language: "fr".into(),
            microphone: true,
            camera: Some(true),
            video_codec: Codec::Vp8,
            video_size: (1280, 720),
            border: meeting::border::Within::everywhere(),
            device: None,
        };
        // Recorded on one machine: the backend names a LiveKit server beside it.
        let target =
            Target::Visio { instance: "http://127.0.0.1:8000".parse().unwrap(), slug: slug.into(), passphrase: None };
        let now = Now { monotonic: Instant::now(), wall: Duration::from_secs(1_800_000_000) };
        let mut visit =
            Visit { session: Session::new(config, target, now), now, asked: None, events: vec![], signalling: false };
        visit.drain();
        visit
    }

    fn drain(&mut self) {
        while let Some(output) = self.session.poll_output() {
            match output {
                Output::Http { id, request } => self.asked = Some((id, request)),
                Output::Event(event) => self.events.push(event),
                Output::OpenWebSocket { .. } => self.signalling = true,
                _ => {}
            }
        }
    }

    /// Waits until the next request, then answers it.
    fn answer(&mut self, response: &HttpResponse) -> HttpRequest {
        while self.asked.is_none() {
            self.now.monotonic = self.session.poll_timeout().expect("a request to come");
            self.session.handle(Input::Timeout, self.now);
            self.drain();
        }
        let (id, request) = self.asked.take().unwrap();
        self.session.handle(Input::Http { id, result: Ok(response.clone()) }, self.now);
        self.drain();
        request
    }
}

/// Our request is the recorded one: method, path, body, and the cookie where the recorded device had it.
fn assert_same_request(ours: &HttpRequest, recorded: &Value) {
    assert_eq!(ours.method, Method::Post);
    assert_eq!(Some(ours.url.path()), recorded["path"].as_str());
    let body: Value = serde_json::from_slice(ours.body.as_ref().unwrap()).unwrap();
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&body), keys(&recorded["body"]));
    if let Some(cookie) = recorded["cookies"]["lobbyParticipantId"].as_str() {
        let header = ours.headers.iter().find(|(name, _)| name == "cookie").unwrap();
        assert_eq!(header.1, format!("lobbyParticipantId={cookie}"));
    }
}

#[test]
fn the_recorded_wait_in_the_lobby_ends_in_the_meeting() {
    if !support::recorded(&folder()) {
        return;
    }
    let lines = exchanges("04-lobby.jsonl");
    let device: Vec<&Exchange> = lines.iter().filter(|e| is_entry(e) && e.step.starts_with("device 1:")).collect();
    let accepted = device.iter().position(|e| e.body["status"] == "accepted").expect("an acceptance");
    assert!(accepted > 2);
    let mut visit = Visit::new("res-tric-ted");
    for exchange in &device[..=accepted] {
        let request = visit.answer(&exchange.response);
        assert_same_request(&request, &exchange.request);
    }
    assert_eq!(visit.events.iter().filter(|e| **e == Event::Lobby).count(), 1);
    assert!(visit.signalling, "{:?}", visit.events);
}

#[test]
fn a_recorded_refusal_at_the_door_ends_the_visit() {
    if !support::recorded(&folder()) {
        return;
    }
    let lines = exchanges("04-lobby.jsonl");
    let denied = lines.iter().find(|e| is_entry(e) && e.body["status"] == "denied").unwrap();
    let waiting = lines.iter().find(|e| is_entry(e) && e.body["status"] == "waiting").unwrap();
    let mut visit = Visit::new("res-tric-ted");
    visit.answer(&waiting.response);
    visit.answer(&denied.response);
    assert_eq!(visit.events.last(), Some(&Event::Ended(End::LobbyDenied)));
    assert_eq!(visit.session.poll_timeout(), None);
}

#[test]
fn recorded_throttling_is_told_with_its_wait() {
    if !support::recorded(&folder()) {
        return;
    }
    let lines = exchanges("05-throttling.jsonl");
    let throttled = lines.iter().find(|e| is_entry(e) && e.response.status == 429).unwrap();
    let mut visit = Visit::new("pub-lic-room");
    visit.answer(&throttled.response);
    assert!(matches!(visit.events.last(), Some(Event::Ended(End::TooManyRequests { .. }))), "{:?}", visit.events);
}

#[test]
fn the_bearer_calls_are_the_recorded_ones() {
    if !support::recorded(&folder()) {
        return;
    }
    let lines = exchanges("06-in-meeting-bearer.jsonl");
    let recorded = lines
        .iter()
        .find(|e| e.response.status == 200 && e.request["path"].as_str().is_some_and(|p| p.ends_with("/toggle-hand/")))
        .unwrap();
    let path = recorded.request["path"].as_str().unwrap();
    let room = path.split('/').nth(4).unwrap();
    let instance = "https://visio.example".parse().unwrap();
    let ours = meeting::visio::toggle_hand(&instance, room, "TOKEN", true);
    assert_eq!(ours.url.path(), path);
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let body: Value = serde_json::from_slice(ours.body.as_ref().unwrap()).unwrap();
    assert_eq!(keys(&body), keys(&recorded.request["body"]));
    assert!(ours.headers.contains(&("authorization".into(), "Bearer TOKEN".into())));
}

#[test]
fn in_the_meeting_the_hand_goes_by_rest() {
    if !support::recorded(&folder()) {
        return;
    }
    let lines = exchanges("03-request-entry-direct.jsonl");
    let accepted = lines.iter().find(|e| is_entry(e) && e.body["status"] == "accepted").unwrap();
    let mut visit = Visit::new("pub-lic-room");
    visit.answer(&accepted.response);
    visit.session.handle(Input::Command(Command::SetHand { raised: true }), visit.now);
    visit.drain();
    let (_, request) = visit.asked.take().expect("a request");
    assert!(request.url.path().ends_with("/toggle-hand/"));
    assert!(request.url.path().contains(accepted.body["livekit"]["room"].as_str().unwrap()));
}
