//! What a real LiveKit server said to official clients, said again to ours.
//!
//! The server side of every recorded connection is replayed in order and in time: joins, updates,
//! mutes, quality, tokens, goodbyes. Only what depends on keys (SDP, candidates) comes from a live
//! peer, since a recorded answer fits no other offer.

mod support;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use base64::Engine;
use livekit_protocol as lk;
use lk::signal_response::Message as Res;
use meeting::io::{End, Event};
use prost::Message;
use support::{World, config};

struct Line {
    t: f64,
    conn: i64,
    client: String,
    kind: String,
    signal: Option<Res>,
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/reference/livekit/traces")
}

fn read(path: &std::path::Path) -> Vec<Line> {
    let packed = std::fs::read(path).unwrap();
    let mut text = Vec::new();
    lzma_rs::xz_decompress(&mut &packed[..], &mut text).unwrap();
    let text = String::from_utf8(text).unwrap();
    text.lines()
        .map(|line| {
            let json: serde_json::Value = serde_json::from_str(line).unwrap();
            let word = |name: &str| json[name].as_str().unwrap_or_default().to_owned();
            let (direction, kind) = (word("dir"), word("kind"));
            let signal = (kind == "signal" && direction == "s2c").then(|| {
                let bytes = base64::engine::general_purpose::STANDARD.decode(word("raw_b64")).unwrap();
                lk::SignalResponse::decode(&bytes[..]).unwrap().message.unwrap()
            });
            Line {
                t: json["t"].as_f64().unwrap_or_default(),
                conn: json["conn"].as_i64().unwrap_or(-1),
                client: word("client"),
                kind,
                signal,
            }
        })
        .collect()
}

fn traces() -> Vec<(String, Vec<Line>)> {
    if !support::recorded(&folder()) {
        return Vec::new();
    }
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder()).unwrap().map(|e| e.unwrap().path()).collect();
    paths.sort();
    assert!(paths.len() >= 58, "the recorded traces are missing");
    paths.iter().map(|p| (p.file_name().unwrap().to_string_lossy().into_owned(), read(p))).collect()
}

/// Who is in the meeting, beside us, as the messages so far have it.
#[derive(Default)]
struct Expected {
    me: String,
    others: BTreeMap<String, lk::ParticipantInfo>,
}

impl Expected {
    fn hear(&mut self, message: &Res) {
        match message {
            Res::Join(join) => {
                self.me = join.participant.as_ref().map(|p| p.identity.clone()).unwrap_or_default();
                self.others.clear();
                self.update(&join.other_participants);
            }
            Res::Update(update) => self.update(&update.participants),
            _ => {}
        }
    }

    fn update(&mut self, participants: &[lk::ParticipantInfo]) {
        for person in participants.iter().filter(|p| p.identity != self.me) {
            if person.state == lk::participant_info::State::Disconnected as i32 {
                // A goodbye of an earlier visit of the same person is not one of the present visit.
                if self.others.get(&person.identity).is_some_and(|known| known.sid == person.sid) {
                    self.others.remove(&person.identity);
                }
            } else {
                self.others.insert(person.identity.clone(), person.clone());
            }
        }
    }
}

fn end_of(leave: &lk::LeaveRequest) -> Option<End> {
    use lk::DisconnectReason as R;
    if leave.action() != lk::leave_request::Action::Disconnect {
        return None;
    }
    Some(match leave.reason() {
        R::ClientInitiated => End::Left,
        R::DuplicateIdentity => End::JoinedElsewhere,
        R::ServerShutdown => End::ServerShutdown,
        R::ParticipantRemoved => End::RemovedByHost,
        R::RoomDeleted => End::MeetingEnded,
        _ => End::ServerError,
    })
}

/// The recorded ids of the client's own tracks stand for ours of the same source.
fn in_our_words(message: &Res, recorded: &BTreeMap<String, i32>, world: &World) -> Res {
    let ours = |sid: &str| recorded.get(sid).and_then(|source| world.own_sids.get(source)).cloned();
    match message.clone() {
        Res::Mute(mut mute) => {
            mute.sid = ours(&mute.sid).unwrap_or(mute.sid);
            Res::Mute(mute)
        }
        Res::SubscribedQualityUpdate(mut update) => {
            update.track_sid = ours(&update.track_sid).unwrap_or(update.track_sid);
            Res::SubscribedQualityUpdate(update)
        }
        other => other,
    }
}

/// Replays one client's whole recording; says how many messages were said.
fn replay(name: &str, client: &str, lines: &[&Line]) -> usize {
    let mut connections: Vec<i64> = lines.iter().filter(|l| l.kind == "ws_open").map(|l| l.conn).collect();
    connections.dedup();
    let joins = |conn: i64| {
        lines.iter().filter(move |l| l.conn == conn).find_map(|l| match &l.signal {
            Some(Res::Join(join)) => Some(join.clone()),
            _ => None,
        })
    };
    let Some(first) = connections.first().and_then(|conn| joins(*conn)) else { return 0 };
    let mut world = World::new(config());
    world.join_response = Some(first);
    // The attempt of `new` began before the answer was known: cut it, and the next gets it.
    world.cut();
    let joined = world.run_until(Duration::from_secs(5), |w| w.has(|e| matches!(e, Event::Joined { .. })));
    assert!(joined, "{name} {client}: {:?}", world.events);

    let mut expected = Expected::default();
    let mut recorded = BTreeMap::new();
    let mut said = 0;
    for (place, conn) in connections.iter().enumerate() {
        let mut t = None;
        for line in lines.iter().filter(|l| l.conn == *conn) {
            let passed = line.t - t.unwrap_or(line.t);
            t = Some(line.t);
            world.run(Duration::from_secs_f64(passed.clamp(0.0, 2.0)));
            let Some(message) = &line.signal else { continue };
            said += 1;
            expected.hear(message);
            match message {
                // From the live peer.
                Res::Join(_) | Res::Reconnect(_) | Res::Answer(_) | Res::Offer(_) | Res::Trickle(_) => continue,
                Res::TrackPublished(published) => {
                    if let Some(track) = &published.track {
                        recorded.insert(track.sid.clone(), track.source);
                    }
                    continue;
                }
                Res::Leave(leave) => {
                    world.signal(Res::Leave(leave.clone()));
                    world.run(Duration::from_millis(200));
                    if let Some(end) = end_of(leave) {
                        assert_eq!(world.ended(), Some(&end), "{name} {client}");
                        return said;
                    }
                    continue;
                }
                _ => world.signal(in_our_words(message, &recorded, &world)),
            }
        }
        world.run(Duration::from_millis(500));
        assert_eq!(world.ended(), None, "{name} {client}: {:?}", world.events);
        let people = world.events.iter().rev().find_map(|(_, e)| match e {
            Event::Participants(people) => Some(people.clone()),
            _ => None,
        });
        let mut there: Vec<(String, String)> =
            people.unwrap_or_default().into_iter().map(|p| (p.identity, p.name)).collect();
        there.sort();
        let should: Vec<(String, String)> =
            expected.others.values().map(|p| (p.identity.clone(), p.name.clone())).collect();
        assert_eq!(there, should, "{name} {client} on connection {conn}");
        // The recorded client opened another connection, and so must ours when this one is cut.
        if let Some(next) = connections.get(place + 1) {
            let opened = world.opened.len();
            match joins(*next) {
                Some(join) => {
                    world.join_response = Some(join);
                    world.restart_server();
                }
                None => world.cut(),
            }
            let back = world.run_until(Duration::from_secs(10), |w| {
                w.opened.len() > opened
                    && matches!(
                        w.events.iter().rev().find(|(_, e)| matches!(e, Event::Reconnecting | Event::Reconnected)),
                        Some((_, Event::Reconnected))
                    )
            });
            assert!(back, "{name} {client} did not come back: {:?}", world.events);
        }
    }
    said
}

#[test]
fn every_recorded_session_is_followed() {
    let traces = traces();
    if traces.is_empty() {
        return;
    }
    let (mut sessions, mut said) = (0, 0);
    for (name, lines) in traces {
        let mut clients: Vec<&str> = lines.iter().map(|l| l.client.as_str()).filter(|c| !c.is_empty()).collect();
        clients.sort_unstable();
        clients.dedup();
        for client in clients {
            let mine: Vec<&Line> = lines.iter().filter(|l| l.client == client).collect();
            let count = replay(&name, client, &mine);
            said += count;
            sessions += usize::from(count > 0);
        }
    }
    assert!(sessions > 80, "only {sessions} sessions");
    assert!(said > 3000, "only {said} messages");
}

#[test]
fn every_recorded_message_is_understood() {
    // What a room has no use for.
    let useless = [
        "SubscriptionPermissionUpdate",
        "TrackSubscribed",
        "SubscriptionResponse",
        // The old form; `PongResp` follows it.
        "Pong",
    ];
    let mut unknown = BTreeMap::<String, usize>::new();
    for (_, lines) in traces() {
        for message in lines.into_iter().filter_map(|l| l.signal) {
            // Requests that were granted need no action.
            let granted = matches!(&message, Res::RequestResponse(r) if r.reason == 0);
            let bytes = lk::SignalResponse { message: Some(message.clone()) }.encode_to_vec();
            let understood = meeting::livekit::wire::decode_signal(&bytes).map(|signal| format!("{signal:?}"));
            if !granted && understood.is_none_or(|signal| signal == "Other") {
                let name = format!("{message:?}");
                *unknown.entry(name.split('(').next().unwrap_or_default().to_owned()).or_default() += 1;
            }
        }
    }
    unknown.retain(|name, _| !useless.contains(&name.as_str()));
    assert!(unknown.is_empty(), "{unknown:?}");
}
