//! What the tests of this crate share.
#![allow(dead_code)] // each test uses its part

use evidence::{Chain, Count, Event, FlowKey, FrameEncryption, Hex, Jurisdiction, Ledger, Names, Platform};
use evidence::{PolicyReference, Protocol, Purpose, Record, SIGNED_CONTEXT, Signer, Traffic};
use jiff::{SignedDuration, Timestamp};

/// Some minutes after the first of them.
pub fn at(minutes: i64) -> Timestamp {
    Timestamp::constant(1_814_000_000, 0) + SignedDuration::from_mins(minutes)
}

pub fn key(peer: &str) -> FlowKey {
    FlowKey { purpose: Purpose::Media, peer: peer.parse().unwrap(), port: 443, protocol: Protocol::Udp }
}

pub fn traffic(bytes: u64) -> Traffic {
    Traffic { sent: Count { bytes, packets: 1 }, received: Count { bytes: bytes.saturating_mul(2), packets: 2 } }
}

pub fn jurisdiction(id: &str) -> Jurisdiction {
    let (fr, en, de) = if id == "FR" { ("France", "France", "Frankreich") } else { (id, id, id) };
    Jurisdiction { id: id.into(), names: Names { fr: fr.into(), en: en.into(), de: de.into() } }
}

pub fn ledger(id: u8) -> Ledger {
    let platform = Platform { kind: "visio".into(), host: "visio.example".into() };
    let policy = PolicyReference { name: "ministry".into(), version: 7, sha256: Hex([7; 32]) };
    Ledger::new(Hex([id; 16]), platform, "panel", Some(policy), false, at(0))
}

/// A ledger of a usual meeting: two servers in France, and encrypted.
pub fn usual(id: u8) -> Ledger {
    let mut ledger = ledger(id);
    for peer in ["192.0.2.1", "192.0.2.2"] {
        ledger.count(key(peer), traffic(1000), |_| (Some(jurisdiction("FR")), true));
    }
    ledger.encrypt(FrameEncryption::SharedKey, None, at(0));
    ledger
}

/// A chain with these records, a minute between each, as lines.
pub fn lines(chain: &mut Chain, events: impl IntoIterator<Item = Event>, signer: &dyn Signer) -> Vec<Vec<u8>> {
    let mut written = Vec::new();
    for event in events {
        let minutes = chain.last().map_or(0, |(number, _)| number as i64);
        let sealed = chain.seal(event, at(minutes), signer).unwrap();
        chain.advance(&sealed);
        written.push(sealed.line);
    }
    written
}

/// A meeting's records, with so many interim ones.
pub fn meeting(id: u8, interim: usize) -> Vec<Event> {
    let mut events = vec![Event::Opened(ledger(id).so_far(0))];
    events.extend((0..interim).map(|_| Event::Interim(usual(id).so_far(300_000))));
    events.push(Event::Closed(usual(id).close(1_800_000, at(30))));
    events
}

/// A record that no chain would write, properly signed, as a line.
pub fn forged(record: &Record, signer: &dyn Signer) -> Vec<u8> {
    let json = serde_json::to_vec(record).unwrap();
    let signature = signer.sign(&[SIGNED_CONTEXT, &json].concat()).unwrap();
    [format!("{} ", Hex(signature)).as_bytes(), &json, b"\n"].concat()
}

pub fn begun() -> Event {
    Event::Begun { torn: Vec::new() }
}
