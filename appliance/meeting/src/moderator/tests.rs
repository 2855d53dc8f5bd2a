use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use livekit_protocol as lk;
use prost::Message;

use super::*;
use crate::io::{Codec, Input, Method, Now, Output, WebSocketEvent};
use crate::livekit::Config;

const SECOND: Duration = Duration::from_secs(1);

fn token(grants: &str) -> String {
    format!("h.{}.s", URL_SAFE_NO_PAD.encode(format!(r#"{{"sub":"room","video":{grants}}}"#)))
}

/// A client in a meeting with so many others, ada-0, ada-1, …, whose microphones are open.
fn client(token: &str, others: usize) -> (Client, Instant) {
    let now = Now { monotonic: Instant::now(), wall: Duration::from_secs(1_800_000_000) };
    let config = Config {
        server: "wss://livekit.example".parse().unwrap(),
        token: token.into(),
        local_udp: vec!["10.0.0.1:5000".parse().unwrap()],
        microphone: true,
        camera: None,
        video_codec: Codec::Vp8,
        video_size: (1280, 720),
        secret: None,
        device: None,
        encryption_stated: false,
        border: crate::border::Within::everywhere(),
        first_io_id: 1 << 32,
    };
    let mut client = Client::new(config, now);
    let opened = std::iter::from_fn(|| client.poll_output())
        .find_map(|output| if let Output::OpenWebSocket { id, .. } = output { Some(id) } else { None });
    let microphone = |n: usize| lk::TrackInfo {
        sid: format!("TR_{n}"),
        source: lk::TrackSource::Microphone as i32,
        ..Default::default()
    };
    let other = |n: usize| lk::ParticipantInfo {
        sid: format!("PA_{n}"),
        identity: format!("ada-{n}"),
        state: lk::participant_info::State::Active as i32,
        tracks: vec![microphone(n)],
        ..Default::default()
    };
    let joined = lk::JoinResponse {
        participant: Some(lk::ParticipantInfo { sid: "PA_me".into(), identity: "room".into(), ..Default::default() }),
        other_participants: (0..others).map(other).collect(),
        ..Default::default()
    };
    let message = Some(lk::signal_response::Message::Join(joined));
    let bytes = lk::SignalResponse { message }.encode_to_vec();
    let id = opened.unwrap();
    client.handle(Input::WebSocket { id, event: WebSocketEvent::Opened }, now);
    client.handle(Input::WebSocket { id, event: WebSocketEvent::Binary(&bytes) }, now);
    assert_eq!(client.open_microphones().len(), others, "the client is in the meeting");
    (client, now.monotonic)
}

fn visio(account: bool) -> Means {
    let account = account.then(|| Account { session: "s3cret".into() });
    Means::Visio { instance: "https://visio.example".parse().unwrap(), room: "r".into(), account }
}

fn answer(status: u16, body: &str) -> Result<HttpResponse, NetError> {
    Ok(HttpResponse { status, headers: Vec::new(), body: body.into() })
}

/// A moderator beside a client, and a platform that answers when it is told to.
struct World {
    moderator: Moderator,
    client: Client,
    now: Instant,
    next_id: u64,
    asked: VecDeque<(IoId, HttpRequest)>,
    events: Vec<Event>,
}

impl World {
    fn joined(means: Means, token: &str, others: usize) -> World {
        let (client, now) = client(token, others);
        let (asked, events) = (VecDeque::new(), Vec::new());
        let mut world = World { moderator: Moderator::new(means), client, now, next_id: 1, asked, events };
        world.poll();
        assert_eq!((world.asked.len(), world.events.len()), (0, 0), "nothing is asked before we are in");
        world.moderator.notice(&Event::Joined { title: None, encrypted: false }, now);
        world.poll();
        world
    }

    fn poll(&mut self) {
        while let Some(request) = self.moderator.request(IoId(self.next_id), &self.client, self.now) {
            self.asked.push_back((IoId(self.next_id), request));
            self.next_id += 1;
        }
        self.events.extend(std::iter::from_fn(|| self.moderator.event()));
    }

    fn act(&mut self, act: Moderation) {
        assert!(self.moderator.command(&Command::Moderate(act), &self.client));
        self.poll();
    }

    /// Answers the oldest request; where it went, and whom it muted.
    fn answer(&mut self, status: u16, body: &str) -> (String, Option<String>) {
        let (id, request) = self.asked.pop_front().expect("something was asked");
        let muted = self.moderator.answered(id, &answer(status, body), self.now);
        self.poll();
        (request.url.path().to_owned(), muted)
    }

    fn rights(&self) -> Rights {
        let told = self.events.iter().rev().find_map(|e| if let Event::Rights(r) = e { Some(*r) } else { None });
        told.unwrap_or_default()
    }

    fn refusals(&self) -> Vec<Refusal> {
        self.events.iter().filter_map(|e| if let Event::Refused(why) = e { Some(*why) } else { None }).collect()
    }
}

const GUEST: &str = r#"{"room":"r","roomJoin":true,"roomAdmin":false}"#;
const OWNER: &str = r#"{"room":"r","roomJoin":true,"roomAdmin":true}"#;

#[test]
fn a_guest_mutes_where_the_room_lets_everybody_and_no_longer_once_refused() {
    let mut world = World::joined(visio(false), &token(GUEST), 2);
    assert_eq!(world.rights(), Rights::default(), "not before the platform said so");
    let (path, _) = world.answer(200, r#"{"configuration":{"everyone_can_mute":true},"slug":"r"}"#);
    assert_eq!(path, "/api/v1.0/rooms/r/");
    assert_eq!(world.rights(), Rights { mute: true, ..Rights::default() });

    world.act(Moderation::Mute("ada-1".into()));
    let request = &world.asked[0].1;
    let body: serde_json::Value = serde_json::from_slice(request.body.as_ref().unwrap()).unwrap();
    assert_eq!(body, serde_json::json!({ "participant_identity": "ada-1", "track_sid": "TR_1" }));
    assert!(request.headers.iter().any(|(name, value)| name == "authorization" && value.starts_with("Bearer h.")));
    let (path, muted) = world.answer(200, r#"{"status":"success"}"#);
    assert_eq!((path.as_str(), muted.as_deref()), ("/api/v1.0/rooms/r/mute-participant/", Some("ada-1")));

    world.act(Moderation::Mute("ada-0".into()));
    assert_eq!(world.answer(403, r#"{"detail":"You do not have permission to perform this action."}"#).1, None);
    assert_eq!((world.refusals(), world.rights()), (vec![Refusal::NotAllowed], Rights::default()));
}

#[test]
fn a_guest_is_refused_everything_else_without_asking() {
    let mut world = World::joined(visio(false), &token(OWNER), 1);
    world.answer(404, "<html>");
    assert_eq!(world.rights(), Rights { mute: true, ..Rights::default() }, "the platform's default");
    for act in [
        Moderation::Remove("ada-0".into()),
        Moderation::LowerHand("ada-0".into()),
        Moderation::Admit { id: "x".into(), allow: true },
        Moderation::EndForAll,
    ] {
        world.act(act);
    }
    assert!(world.asked.is_empty());
    assert_eq!(world.refusals(), [Refusal::NotAllowed; 4]);
}

#[test]
fn an_administrator_sees_the_lobby_once_a_second_while_somebody_waits() {
    let mut world = World::joined(visio(true), &token(OWNER), 1);
    world.answer(200, r#"{"configuration":{"everyone_can_mute":false}}"#);
    assert_eq!(world.rights(), Rights { mute: true, moderate: true, admit: true, end: false });
    let lobby = r#"{"participants":[{"status":"waiting","username":"Bob","id":"b","color":"c"}]}"#;
    let (path, _) = world.answer(200, lobby);
    assert_eq!(path, "/api/v1.0/rooms/r/waiting-participants/");
    let bob = || Waiting { id: "b".into(), name: "Bob".into() };
    assert!(world.events.contains(&Event::Waiting(vec![bob()])));
    assert_eq!(world.moderator.deadline(), Some(world.now + SECOND));
    world.now += SECOND;
    world.poll();
    assert_eq!(world.asked.len(), 1);
    world.answer(200, lobby);

    world.act(Moderation::Admit { id: "b".into(), allow: true });
    assert_eq!(world.answer(200, r#"{"message":"Participant was updated."}"#).0, "/api/v1.0/rooms/r/enter/");
    assert_eq!(world.answer(200, r#"{"participants":[]}"#).0, "/api/v1.0/rooms/r/waiting-participants/");
    assert_eq!(world.events.last(), Some(&Event::Waiting(Vec::new())));
    assert_eq!(world.moderator.deadline(), None, "nobody waits, nobody looks");
    world.moderator.notice(&Event::SomebodyWaiting, world.now);
    world.poll();
    assert_eq!(world.asked.len(), 1);
    let session = |(_, request): &(IoId, HttpRequest)| request.headers.iter().any(|(_, v)| v.contains("s3cret"));
    assert!(world.asked.iter().all(session) && world.asked[0].1.method == Method::Get);
    // A session that is over decides nothing any more.
    world.answer(401, r#"{"detail":"Authentication credentials were not provided."}"#);
    assert!(!world.rights().admit);
}

#[test]
fn a_livekit_token_moderates_as_far_as_it_grants() {
    let rights =
        |grants: &str| World::joined(Means::LiveKit { server: "wss://l.example".parse().unwrap() }, &token(grants), 1);
    assert_eq!(rights(r#"{"room":"r"}"#).rights(), Rights::default());
    let world = rights(OWNER);
    assert_eq!(world.rights(), Rights { mute: true, moderate: true, ..Rights::default() });
    let mut world = rights(r#"{"room":"r","roomAdmin":true,"roomCreate":true}"#);
    assert!(world.rights().end && world.asked.is_empty());
    for (act, method) in [
        (Moderation::Remove("ada-0".into()), "RemoveParticipant"),
        (Moderation::LowerHand("ada-0".into()), "UpdateParticipant"),
        (Moderation::Mute("ada-0".into()), "MutePublishedTrack"),
        (Moderation::EndForAll, "DeleteRoom"),
    ] {
        world.act(act);
        assert_eq!(world.answer(200, "{}").0, format!("/twirp/livekit.RoomService/{method}"));
    }
    assert_eq!(world.refusals(), []);
    world.act(Moderation::Remove("nobody".into()));
    world.answer(404, r#"{"code":"not_found","msg":"participant does not exist"}"#);
    world.act(Moderation::EndForAll);
    world.answer(503, "");
    assert_eq!(world.refusals(), [Refusal::Gone, Refusal::Failed]);
}

#[test]
fn a_hundred_and_fifty_people_are_muted_a_few_at_a_time() {
    let mut world = World::joined(visio(true), &token(OWNER), 150);
    world.answer(200, "{}");
    world.answer(200, r#"{"participants":[]}"#);
    world.act(Moderation::MuteAll);
    let mut muted = Vec::new();
    while !world.asked.is_empty() {
        assert!(world.asked.len() <= UNDER_WAY_MAX);
        muted.extend(world.answer(200, "{}").1);
    }
    muted.sort();
    muted.dedup();
    assert_eq!(muted.len(), 150);

    // The first refusal ends it: one sentence, not a hundred and fifty.
    world.act(Moderation::MuteAll);
    let under_way = world.asked.len();
    for _ in 0..under_way {
        world.answer(500, "");
    }
    assert!(world.asked.is_empty());
    assert!(world.refusals().len() <= UNDER_WAY_MAX);
}

#[test]
fn a_hand_that_the_platform_does_not_raise_is_told() {
    let mut world = World::joined(visio(false), &token(GUEST), 0);
    world.answer(200, "{}");
    assert!(world.moderator.command(&Command::SetHand { raised: true }, &world.client));
    world.poll();
    assert_eq!(world.answer(404, r#"{"error":"Participant not found"}"#).0, "/api/v1.0/rooms/r/toggle-hand/");
    assert_eq!(world.refusals(), [Refusal::Gone]);
    // LiveKit's own way is the client's.
    let mut plain = World::joined(Means::LiveKit { server: "wss://l.example".parse().unwrap() }, &token(GUEST), 0);
    assert!(!plain.moderator.command(&Command::SetHand { raised: true }, &plain.client));
}

#[test]
fn whoever_asks_without_end_is_refused_and_who_is_not_there_is_gone() {
    let mut world = World::joined(visio(true), &token(OWNER), 1);
    for _ in 0..2 * QUEUE_MAX {
        world.moderator.command(&Command::Moderate(Moderation::Remove("ada-0".into())), &world.client);
    }
    assert!(world.moderator.queue.len() <= QUEUE_MAX);
    let mut world = World::joined(visio(true), &token(OWNER), 1);
    world.act(Moderation::Mute("nobody".into()));
    assert_eq!(world.refusals(), [Refusal::Gone]);
}
