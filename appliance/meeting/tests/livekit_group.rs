//! Group keys in whole sessions: the room and anna, who speaks for herself, against a small server on a stepped clock.

#[path = "support/own_key.rs"]
mod own_key;
#[path = "support/rooms.rs"]
mod rooms;
mod support;

use std::time::Duration;

use livekit_protocol as lk;
use lk::data_packet::Value;
use lk::encrypted_packet_payload::Value as Content;
use meeting::e2ee::group::{Group, Peer, is_of_group, stream};
use meeting::e2ee::{Key, Opener, Profile, SealedData, Sealer, Secret};
use meeting::io::*;
use meeting::livekit::{Config, Paths};
use own_key::device;
use prost::Message;
use support::{World, config, vp8};

const SECOND: Duration = Duration::from_secs(1);
const TOPIC: &str = "huis-clos.group.1";

fn key() -> Key {
    Key::from_bytes(b"ours", &Profile::SHARED)
}

/// The room's world, and anna with a group's keys in it.
struct Pair {
    world: World,
    anna: Group,
    opener: Opener,
    sealer: Sealer,
    read: usize,
    /// Group messages that went by.
    packets: usize,
}

fn peer(identity: &str, sid: &str, joined_at_ms: i64) -> Peer {
    Peer { identity: identity.into(), sid: sid.into(), joined_at_ms }
}

impl Pair {
    fn new(verified_only: bool) -> Pair {
        let mut own = device("Salle Turing");
        own.verified_only = verified_only;
        let config = Config { secret: Some(Secret::Bytes(b"ours".to_vec().into())), device: Some(own), ..config() };
        let world = World::prepared(config, Paths::All, |world| {
            world.anna_seals = Some(Sealer::new(key(), 0));
            world.anna_says_encrypted = true;
        });
        let anna = Group::new(device("Salle Lovelace"));
        let opener = Opener::new(Profile::SHARED, [(0, key())]);
        Pair { world, anna, opener, sealer: Sealer::new(key(), 0), read: 0, packets: 0 }
    }

    fn now(&self) -> meeting::Now {
        meeting::Now { monotonic: self.world.now, wall: Duration::from_secs(1_800_000_000) + self.world.elapsed() }
    }

    /// anna's shell: hands over what the room said, and sends what she says.
    fn serve(&mut self) {
        let now = self.now();
        let heard: Vec<lk::DataPacket> = self.world.data[self.read..].to_vec();
        self.read = self.world.data.len();
        for packet in heard {
            let Some(Value::EncryptedPacket(sealed)) = packet.value else { panic!("a packet in clear") };
            let sealed = SealedData { iv: sealed.iv, index: sealed.key_index, bytes: sealed.encrypted_value };
            let content = self.opener.open_data(&sealed).expect("sealed with the meeting's key");
            let content = lk::EncryptedPacketPayload::decode(content.as_slice()).unwrap();
            if let Some(Content::User(user)) = content.value
                && user.topic.as_deref() == Some(TOPIC)
            {
                self.packets += 1;
                self.anna.receive("room", &user.payload, now);
            }
        }
        if self.anna.deadline().is_some_and(|at| at <= now.monotonic) {
            self.anna.timeout(now);
        }
        while let Some(packet) = self.anna.poll_packet() {
            let user = lk::UserPacket { payload: packet, topic: Some(TOPIC.into()), ..Default::default() };
            let content = lk::EncryptedPacketPayload { value: Some(Content::User(user)) }.encode_to_vec();
            let sealed = self.sealer.seal_data(1, &content).unwrap();
            let (iv, key_index, encrypted_value) = (sealed.iv, sealed.index, sealed.bytes);
            let packet = lk::EncryptedPacket { iv, key_index, encrypted_value, ..Default::default() };
            self.world.send_data(Value::EncryptedPacket(packet));
        }
    }

    fn run(&mut self, time: Duration) {
        for _ in 0..time.as_millis() / 20 {
            self.world.run(Duration::from_millis(20));
            self.serve();
        }
    }

    fn run_until(&mut self, limit: Duration, done: impl Fn(&Pair) -> bool) -> bool {
        for _ in 0..limit.as_millis() / 20 {
            self.run(Duration::from_millis(20));
            if done(self) {
                return true;
            }
        }
        false
    }

    /// Joined, and anna hears of it.
    fn joined(mut self) -> Pair {
        assert!(self.world.run_until(5 * SECOND, |w| w.has(|e| matches!(e, Event::Joined { .. }))));
        self.world.run(SECOND / 2);
        self
    }

    /// `later`: the room came first, and leads.
    fn anna_begins(&mut self, later: bool) {
        let now = self.now();
        self.anna.set_roster(peer("anna", "PA_anna", i64::from(later)), vec![peer("room", "PA_me1", 0)], now);
    }

    fn encryption(&self) -> Encryption {
        let told = self.world.events.iter().rev().find_map(|(_, event)| match event {
            Event::Encryption(encryption) => Some(encryption.clone()),
            _ => None,
        });
        told.expect("something is told of it")
    }

    fn is_grouped(&self) -> bool {
        matches!(self.encryption(), Encryption::Group { members, .. } if members.len() == 2) && self.anna.is_grouped()
    }

    fn send(&mut self) {
        for _ in 0..10 {
            self.world.send_frame(Source::Microphone, None, 77);
            self.world.send_frame(Source::Camera, Some(Layer::Low), 88);
            self.run(Duration::from_millis(40));
        }
    }

    /// anna says this for a while; how often it was heard.
    fn anna_says(&mut self, frame: impl Fn(&mut Group) -> Vec<u8>) -> usize {
        // What is on its way is not what she says now.
        self.world.instead_of_anna = Some(b"nothing".to_vec());
        self.run(SECOND / 5);
        self.world.frames.clear();
        for _ in 0..20 {
            self.world.instead_of_anna = Some(frame(&mut self.anna));
            self.run(Duration::from_millis(20));
        }
        self.world.frames.iter().filter(|frame| frame.kind == Kind::Audio && frame.data == [0x78, 1, 2, 3]).count()
    }
}

#[test]
fn the_room_is_in_a_group_as_soon_as_everybody_else_is_and_says_so() {
    let mut pair = Pair::new(false).joined();
    assert_eq!(pair.encryption(), Encryption::SharedKey { hindered_by: vec!["anna".into()], outside: Vec::new() });
    pair.send();
    let mut shared = Opener::new(Profile::SHARED, [(0, key())]);
    assert!(pair.world.media.iter().all(|media| shared.open(codec(&media.data), true, &media.data).is_ok()));

    pair.world.events.retain(|(_, event)| !matches!(event, Event::KeyframeWanted { .. }));
    pair.anna_begins(true);
    assert!(pair.run_until(5 * SECOND, Pair::is_grouped), "{:?}", pair.encryption());
    let Encryption::Group { code, members, .. } = pair.encryption() else { unreachable!() };
    assert!(matches!(pair.anna.encryption(), Encryption::Group { code: hers, .. } if *hers == code));
    let anna = members.iter().find(|member| member.participant == "anna").unwrap();
    assert_eq!(anna.identity.as_ref().unwrap().name, "Salle Lovelace");

    pair.run(2 * SECOND);
    let anew = |event: &Event| matches!(event, Event::KeyframeWanted { source: Source::Camera, .. });
    assert!(pair.world.has(anew), "who has another key begins with a key frame");
    pair.world.media.clear();
    pair.send();
    assert!(pair.world.media.len() > 10);
    let media = std::mem::take(&mut pair.world.media);
    let mut kinds = [0, 0];
    for media in &media {
        assert!(is_of_group(&media.data));
        assert!(shared.open(codec(&media.data), true, &media.data).is_err(), "the passphrase opens nothing");
        let clear = pair.anna.open("room", codec(&media.data), true, &media.data).unwrap();
        let is_sound = codec(&media.data) == Codec::Opus;
        assert_eq!(clear, if is_sound { vec![77; 80] } else { vp8(88, true) });
        kinds[usize::from(is_sound)] += 1;
    }
    assert!(kinds.iter().all(|count| *count > 5), "{kinds:?}");
    assert!(pair.packets > 0 && !pair.world.has(|event| matches!(event, Event::Data { .. })), "nobody else is told");
}

fn codec(data: &[u8]) -> Codec {
    if data.len() < 1000 { Codec::Opus } else { Codec::Vp8 }
}

#[test]
fn in_a_group_nobody_is_heard_under_the_shared_key_or_as_somebody_else_or_twice() {
    let mut pair = Pair::new(false).joined();
    pair.anna_begins(false);
    assert!(pair.run_until(5 * SECOND, Pair::is_grouped), "{:?}", pair.encryption());
    pair.run(3 * SECOND);
    let voice = [0x78, 1, 2, 3];
    let seal = |anna: &mut Group| anna.seal(Codec::Opus, stream(Source::Microphone, None), &voice).unwrap();
    assert!(pair.anna_says(seal) > 15);
    let once = seal(&mut pair.anna);
    assert!(pair.anna_says(|_| once.clone()) <= 1, "the same frame again is nothing");
    let mut sealer = Sealer::new(key(), 0);
    let stamp = meeting::e2ee::Stamp { stream: 1, time: 7 };
    let shared = sealer.seal(Codec::Opus, stamp, &voice).unwrap();
    assert_eq!(pair.anna_says(|_| shared.clone()), 0, "whoever has the link may have said it");
    // What the room itself said comes back as anna's.
    pair.world.media.clear();
    pair.send();
    let own = pair.world.media.iter().find(|media| codec(&media.data) == Codec::Opus).unwrap().data.clone();
    pair.world.frames.clear();
    pair.world.instead_of_anna = Some(own.to_vec());
    pair.run(SECOND / 2);
    assert!(!pair.world.frames.iter().any(|frame| frame.kind == Kind::Audio), "a frame of another's is not hers");
}

#[test]
fn a_classified_room_sends_and_hears_nothing_but_in_a_group_of_verified_members() {
    let mut pair = Pair::new(true).joined();
    assert_eq!(pair.encryption(), Encryption::Withheld { hindered_by: vec!["anna".into()] });
    let listen = |pair: &mut Pair| {
        pair.world.media.clear();
        pair.world.frames.clear();
        pair.send();
    };
    listen(&mut pair);
    assert_eq!((pair.world.media.len(), pair.world.frames.len()), (0, 0));
    // Somebody who says who she is, and nobody who is believed says so.
    pair.anna = Group::new(device("Somebody"));
    pair.anna_begins(false);
    pair.run(20 * SECOND);
    listen(&mut pair);
    assert_eq!((pair.world.media.len(), pair.world.frames.len()), (0, 0));
    assert_eq!(pair.encryption(), Encryption::Withheld { hindered_by: vec!["anna".into()] });
    // The real one.
    pair.anna = Group::new(device("Salle Lovelace"));
    pair.anna_begins(false);
    assert!(pair.run_until(30 * SECOND, Pair::is_grouped), "{:?}", pair.encryption());
    pair.run(2 * SECOND);
    listen(&mut pair);
    assert!(pair.world.media.len() > 10 && pair.world.media.iter().all(|media| is_of_group(&media.data)));
    assert_eq!(pair.world.frames.len(), 0, "she speaks under the shared key");
}
