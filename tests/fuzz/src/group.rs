//! What those who agree on a group's keys say to each other, and frames that claim to be under such keys.

#[path = "../../../appliance/meeting/tests/support/own_key.rs"]
mod own_key;

use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

use meeting::Now;
use meeting::device::Device;
use meeting::e2ee::group::{Candidacy, Candidate, Frames, Group, Membership, Message, Parts, Peer, split};
use meeting::e2ee::sframe::Header;
use meeting::io::Codec;

use super::script::Script;

/// Pieces, each taken for a message, a packet of one, a header and a frame; by a group, and by each of its parts.
pub fn group(data: &[u8]) {
    let mut script = Script::new(data);
    let start = Instant::now();
    let now = |after: Duration| Now { monotonic: start + after, wall: Duration::from_secs(1_800_000_000) + after };
    let mut room = Group::new(device().clone());
    let peer =
        |identity: &str, joined_at_ms| Peer { identity: identity.into(), sid: format!("PA_{identity}"), joined_at_ms };
    room.set_roster(peer("room", 1), vec![peer("anna", 2), peer("bert", 0)], now(Duration::ZERO));
    let mut parts = Parts::default();
    let mut time = Duration::ZERO;
    while let Some(piece) = script.bytes() {
        if let Some((header, rest)) = Header::decode(piece) {
            assert_eq!([header.encode().as_slice(), rest].concat(), piece, "there is one way to write a header");
        }
        if let Some(message) = Message::decode(piece) {
            assert_eq!(message.encode(), piece, "there is one way to write a message");
            believes_nothing(&message);
        }
        let _ = parts.receive("anna", piece);
        for (from, packet) in
            [("bert", piece.to_vec())].into_iter().chain(split(1, piece).into_iter().map(|p| ("anna", p)))
        {
            room.receive(from, &packet, now(time));
        }
        for codec in [Codec::Opus, Codec::Vp8, Codec::H264] {
            assert!(room.open("anna", codec, true, piece).is_err(), "nobody has such a key");
        }
        time += Duration::from_millis(700);
        room.timeout(now(time));
        assert!(room.deadline().is_some_and(|at| at > now(time).monotonic), "it does not wake again and again");
        while room.poll_packet().is_some() {}
    }
}

/// Nobody can make a change or a welcome for a group whose keys they do not have.
fn believes_nothing(message: &Message) {
    static PLACE: OnceLock<Mutex<(Membership, Option<Candidacy>)>> = OnceLock::new();
    let place = PLACE.get_or_init(|| Mutex::new((Membership::alone(device(), "room").expect("a group"), None)));
    match message {
        Message::Standing(_) => {}
        Message::Ask { key_package, .. } => drop(Candidate::parse(key_package, "anna")),
        Message::Change(change) => {
            let mut place = place.lock().unwrap_or_else(|error| error.into_inner());
            let (membership, candidacy) = &mut *place;
            assert!(membership.follow(&change.commit).is_err());
            assert_eq!(membership.epoch(), 0);
            let candidate = candidacy.take().or_else(|| Candidacy::new(device(), "room").ok()).expect("a key package");
            match candidate.admitted(&change.welcome) {
                Ok(_) => panic!("a welcome by nobody"),
                Err((_, again)) => *candidacy = again,
            }
            assert!(Frames::default().seal(Codec::Opus, 0, &[1, 2]).is_none(), "there is no key");
        }
    }
}

fn device() -> &'static Device {
    static DEVICE: OnceLock<Device> = OnceLock::new();
    DEVICE.get_or_init(|| own_key::device("room"))
}
