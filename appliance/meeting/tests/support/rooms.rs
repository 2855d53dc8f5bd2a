//! Rooms with group keys in one meeting, on a network and a clock that are stepped: packets keep the order of their
//! sender, and nothing else.

#![allow(dead_code)]

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use meeting::Now;
use meeting::device::Device;
use meeting::e2ee::group::{Group, Peer, stream};
use meeting::io::{Codec, Encryption, Source};

/// What the network does.
#[derive(Debug, Clone, Copy, Default)]
pub struct Weather {
    /// Of a thousand packets.
    pub lost: u64,
    pub twice: u64,
    /// At most, in milliseconds; at least 1.
    pub latency_ms: u64,
}

struct Room {
    peer: Peer,
    /// `None`: a browser.
    group: Option<Group>,
}

enum Parcel {
    Packet { from: String, bytes: Vec<u8> },
    Roster(Vec<Peer>),
}

pub struct Meeting {
    rooms: BTreeMap<String, Room>,
    on_the_way: BTreeMap<(Instant, u64), (String, Parcel)>,
    /// When the last of a sender's came to a receiver.
    latest: BTreeMap<(String, String), Instant>,
    pub weather: Weather,
    /// Who hears nobody, and is heard by nobody, though the server still lists them.
    pub cut_off: BTreeSet<String>,
    /// Whom the server does not show to whom.
    pub hidden: BTreeSet<(String, String)>,
    pub base: Instant,
    pub now: Instant,
    random: u64,
    serial: u64,
    pub packets: u64,
    /// What came to those who have no part in the group of their own, with its sender.
    pub overheard: Vec<(String, Vec<u8>)>,
}

impl Meeting {
    pub fn new(seed: u64) -> Meeting {
        let base = Instant::now();
        Meeting {
            rooms: BTreeMap::new(),
            on_the_way: BTreeMap::new(),
            latest: BTreeMap::new(),
            weather: Weather { lost: 0, twice: 0, latency_ms: 30 },
            cut_off: BTreeSet::new(),
            hidden: BTreeSet::new(),
            base,
            now: base,
            random: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1,
            serial: 0,
            packets: 0,
            overheard: Vec::new(),
        }
    }

    pub fn random(&mut self, below: u64) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random % below.max(1)
    }

    pub fn time(&self) -> Now {
        Now { monotonic: self.now, wall: Duration::from_secs(1_800_000_000) + (self.now - self.base) }
    }

    /// Somebody comes in; without a device it is a browser.
    pub fn join(&mut self, identity: &str, device: Option<Device>) {
        self.serial += 1;
        let joined_at_ms = (self.now - self.base).as_millis() as i64;
        let peer = Peer { identity: identity.into(), sid: format!("PA_{:04}", self.serial), joined_at_ms };
        self.rooms.insert(identity.into(), Room { peer, group: device.map(Group::new) });
        self.tell_rosters();
    }

    /// Somebody comes back under another sid, with what it knew.
    pub fn rejoin(&mut self, identity: &str) {
        self.serial += 1;
        let joined_at_ms = (self.now - self.base).as_millis() as i64;
        let room = self.rooms.get_mut(identity).expect("a room");
        room.peer = Peer { identity: identity.into(), sid: format!("PA_{:04}", self.serial), joined_at_ms };
        self.tell_rosters();
    }

    /// Somebody leaves; their part in the group, for those who want to know what they can still open.
    pub fn leave(&mut self, identity: &str) -> Option<Group> {
        let room = self.rooms.remove(identity);
        self.tell_rosters();
        room?.group
    }

    fn tell_rosters(&mut self) {
        let roster: Vec<Peer> = self.rooms.values().map(|room| room.peer.clone()).collect();
        let everybody: Vec<String> = self.rooms.keys().cloned().collect();
        for to in everybody {
            let shown = |peer: &&Peer| !self.hidden.contains(&(peer.identity.clone(), to.clone()));
            let roster = roster.iter().filter(shown).cloned().collect();
            self.post("", &to, Parcel::Roster(roster));
        }
    }

    fn post(&mut self, from: &str, to: &str, parcel: Parcel) {
        let latency = Duration::from_millis(1 + self.random(self.weather.latency_ms));
        let link = (from.to_owned(), to.to_owned());
        let at = (self.now + latency).max(self.latest.get(&link).copied().unwrap_or(self.now));
        self.latest.insert(link, at);
        self.serial += 1;
        self.on_the_way.insert((at, self.serial), (to.to_owned(), parcel));
    }

    /// Hands somebody a packet as from somebody.
    pub fn inject(&mut self, from: &str, to: &str, bytes: Vec<u8>) {
        self.post(from, to, Parcel::Packet { from: from.into(), bytes });
    }

    /// Hands everybody else packets as from somebody.
    pub fn inject_to_all(&mut self, from: &str, packets: &[Vec<u8>]) {
        let others: Vec<String> = self.rooms.keys().filter(|other| *other != from).cloned().collect();
        for to in &others {
            packets.iter().for_each(|bytes| self.inject(from, to, bytes.clone()));
        }
    }

    fn drain(&mut self, identity: &str) {
        let others: Vec<String> = self.rooms.keys().filter(|other| *other != identity).cloned().collect();
        while let Some(bytes) = self.rooms.get_mut(identity).and_then(|room| room.group.as_mut()?.poll_packet()) {
            assert!(bytes.len() <= 15_000, "more than a server passes on: {}", bytes.len());
            for to in &others {
                self.packets += 1;
                let lost = self.cut_off.contains(identity) || self.cut_off.contains(to);
                if lost || self.random(1000) < self.weather.lost {
                    continue;
                }
                let times = if self.random(1000) < self.weather.twice { 2 } else { 1 };
                for _ in 0..times {
                    self.inject(identity, to, bytes.clone());
                }
            }
        }
    }

    /// Lets time pass.
    pub fn run(&mut self, time: Duration) {
        self.run_until(time, |_| false);
    }

    /// Lets time pass until this is so, at most so long; whether it was.
    pub fn run_until(&mut self, limit: Duration, mut done: impl FnMut(&mut Meeting) -> bool) -> bool {
        let end = self.now + limit;
        loop {
            if done(self) {
                return true;
            }
            let deadlines = self.rooms.values().filter_map(|room| room.group.as_ref()?.deadline());
            let next = deadlines.chain(self.on_the_way.keys().map(|(at, _)| *at)).min();
            let Some(next) = next.filter(|next| *next <= end) else {
                self.now = end;
                return done(self);
            };
            self.now = self.now.max(next);
            self.step();
        }
    }

    fn step(&mut self) {
        let now = self.time();
        let mut touched = BTreeSet::new();
        while let Some(entry) = self.on_the_way.first_entry().filter(|entry| entry.key().0 <= self.now) {
            let (to, parcel) = entry.remove();
            let Some(room) = self.rooms.get_mut(&to) else { continue };
            match (&mut room.group, parcel) {
                (Some(group), Parcel::Packet { from, bytes }) => group.receive(&from, &bytes, now),
                (Some(group), Parcel::Roster(peers)) => {
                    let others = peers.into_iter().filter(|peer| peer.identity != to).collect();
                    group.set_roster(room.peer.clone(), others, now);
                }
                (None, Parcel::Packet { from, bytes }) => self.overheard.push((from, bytes)),
                (None, Parcel::Roster(_)) => {}
            }
            touched.insert(to);
        }
        for (identity, room) in &mut self.rooms {
            if let Some(group) = room.group.as_mut().filter(|group| group.deadline().is_some_and(|at| at <= self.now)) {
                group.timeout(now);
                touched.insert(identity.clone());
            }
        }
        touched.iter().for_each(|identity| self.drain(identity));
    }

    /// What the server calls somebody.
    pub fn sid(&self, identity: &str) -> String {
        self.rooms[identity].peer.sid.clone()
    }

    pub fn group(&mut self, identity: &str) -> &mut Group {
        self.rooms.get_mut(identity).and_then(|room| room.group.as_mut()).expect("a room with group keys")
    }

    pub fn encryption(&self, identity: &str) -> Encryption {
        self.rooms[identity].group.as_ref().expect("a room with group keys").encryption().clone()
    }

    fn speaking(&self) -> impl Iterator<Item = &Group> {
        self.rooms.values().filter_map(|room| room.group.as_ref())
    }

    /// The code, when everybody is in one group at one epoch and shows the same.
    pub fn code(&self) -> Option<String> {
        let mut codes = self.speaking().map(|group| match group.encryption() {
            Encryption::Group { code, members, .. } if members.len() == self.rooms.len() => Some(code.clone()),
            _ => None,
        });
        let first = codes.next()??;
        codes.all(|code| code.as_ref() == Some(&first)).then_some(first)
    }

    /// Waits until there is one.
    pub fn settled(&mut self, limit: Duration) -> String {
        let seen = self.run_until(limit, |meeting| meeting.code().is_some());
        let states: Vec<_> = self
            .rooms
            .keys()
            .filter(|name| self.rooms[*name].group.is_some())
            .map(|name| (name, self.encryption(name)))
            .collect();
        assert!(seen, "{states:?} after {:?}", self.now - self.base);
        self.code().expect("a code")
    }

    /// Says something; what goes on the wire.
    pub fn say(&mut self, identity: &str, text: &[u8]) -> Vec<u8> {
        let frame = [&[0x78], text].concat();
        self.group(identity).seal(Codec::Opus, stream(Source::Microphone, None), &frame).expect("a sealed frame")
    }

    /// What somebody hears of a frame that comes on a track of this owner's.
    pub fn hears(&mut self, identity: &str, owner: &str, wire: &[u8]) -> Option<Vec<u8>> {
        self.group(identity).open(owner, Codec::Opus, true, wire).ok().map(|frame| frame[1..].to_vec())
    }

    /// Everybody hears everybody.
    pub fn everybody_is_heard(&mut self) {
        let names: Vec<String> = self.rooms.keys().filter(|name| self.rooms[*name].group.is_some()).cloned().collect();
        for speaker in &names {
            let wire = self.say(speaker, b"Bonjour");
            for listener in names.iter().filter(|name| *name != speaker) {
                assert_eq!(
                    self.hears(listener, speaker, &wire).as_deref(),
                    Some(b"Bonjour".as_slice()),
                    "{speaker} to {listener}"
                );
            }
        }
    }
}
