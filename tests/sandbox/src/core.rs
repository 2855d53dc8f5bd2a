//! The meeting server without sockets or clocks: signalling and media forwarding.
//!
//! What arrives goes in with [`Core::handle`], what is to be sent comes out of [`Core::poll_output`],
//! and [`Core::poll_timeout`] says when to come back. Time is only ever an argument.

mod allocate;
mod data;
mod forward;
mod framing;
mod join;
mod levers;
mod lies;
mod link;
mod negotiate;
mod participant;
mod peer;
mod red;
mod requests;
mod room;
mod room_service;
mod sdp;
mod silence;
mod tap;
mod tell;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use livekit_protocol as lk;
use prost::Message;
use str0m::net::Protocol;

use crate::signalling::{Knock, KnockError};
use crate::token::{Claims, Keys, TokenError};
pub use forward::BLACK_PICTURE;
pub use levers::{Member, MemberTrack, Permissions, Source, Update};
pub use lies::Lies;
use room::Room;
pub use silence::SILENCE;
pub use tap::Forwarded;

/// Monotonic and wall time.
#[derive(Debug, Clone, Copy)]
pub struct Now {
    pub monotonic: Instant,
    /// Since the Unix epoch.
    pub wall: Duration,
}

/// One WebSocket.
pub type ConnectionId = u64;

/// What a core is told once.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where clients reach the media socket. `None`: only TCP is offered.
    pub udp: Option<SocketAddr>,
    /// Where clients reach the ICE-TCP listener.
    pub tcp: Option<SocketAddr>,
    pub api_key: String,
    pub api_secret: String,
    /// Whether `/rtc/v1` is served; without it clients use two connections over `/rtc`.
    pub single_peer_connection: bool,
    /// Whether the server leaves connectivity checks to its clients. The recorded servers make them too.
    pub ice_lite: bool,
    /// Whether each client is sent no more than its path carries, as real servers do. Off, everybody gets what they ask for.
    pub congestion_control: bool,
    /// Whether video that does not fit on a client's path is paused, and the client told (`allow_pause`). Real servers do
    /// so only where it is configured; the others send the smallest layer whatever comes of it.
    pub allow_pause: bool,
    /// Makes ids differ between servers, and repeat with the same seed.
    pub seed: u64,
}

/// Something that happened to the server.
#[derive(Debug)]
pub enum Input<'a> {
    /// An admitted client's WebSocket is open.
    Opened {
        connection: ConnectionId,
        admission: Box<Admission>,
    },
    /// A binary WebSocket message.
    Signal {
        connection: ConnectionId,
        bytes: &'a [u8],
    },
    /// The WebSocket closed, with or without goodbye.
    Closed {
        connection: ConnectionId,
    },
    /// A datagram at the media socket.
    Datagram {
        remote: SocketAddr,
        bytes: &'a [u8],
    },
    /// Bytes at the ICE-TCP listener.
    Tcp {
        remote: SocketAddr,
        bytes: &'a [u8],
    },
    TcpClosed {
        remote: SocketAddr,
    },
    /// The time asked for with [`Core::poll_timeout`] has come.
    Timeout,
}

/// Something the server does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Send a binary WebSocket message.
    Signal { connection: ConnectionId, bytes: Vec<u8> },
    /// Close the WebSocket in order, after what was sent.
    Close { connection: ConnectionId },
    /// Drop the WebSocket's TCP connection without a word.
    Cut { connection: ConnectionId },
    /// Send from the media socket.
    Datagram { remote: SocketAddr, bytes: Vec<u8> },
    /// Send on the ICE-TCP connection from `remote`, framed already.
    Tcp { remote: SocketAddr, bytes: Vec<u8> },
    /// For whoever keeps a list: somebody is in a meeting now.
    Joined { room: String, identity: String },
    /// Somebody is not in it any more; `removed` by a moderator.
    Left { room: String, identity: String, removed: bool },
    /// The last one left.
    Finished { room: String },
}

/// A client whose token was accepted.
#[derive(Debug, Clone)]
pub struct Admission {
    knock: Knock,
    claims: Claims,
}

/// Why a client is not let in: an HTTP status and what to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub status: u16,
    pub text: String,
}

/// Random-looking ids that a seed repeats.
#[derive(Debug)]
struct Ids(u64);

impl Ids {
    /// SplitMix64.
    fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A prefix and so many letters or digits.
    fn letters(&mut self, prefix: &str, count: usize) -> String {
        const LETTERS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        let letter = |_| char::from(LETTERS[(self.number() % 62) as usize]);
        prefix.chars().chain((0..count).map(letter)).collect()
    }

    /// A prefix and twelve letters or digits.
    fn next(&mut self, prefix: &str) -> String {
        self.letters(prefix, 12)
    }
}

/// The server.
pub struct Core {
    config: Config,
    lies: Lies,
    keys: Keys,
    ids: Ids,
    rooms: BTreeMap<String, Room>,
    /// Which participant, by room and sid, is behind a WebSocket.
    connections: HashMap<ConnectionId, (String, String)>,
    streams: HashMap<SocketAddr, framing::Deframer>,
    outputs: VecDeque<Output>,
}

impl std::fmt::Debug for Core {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Core").field("rooms", &self.rooms.len()).finish_non_exhaustive()
    }
}

impl Core {
    pub fn new(config: Config) -> Core {
        Core {
            keys: Keys::new(config.api_key.clone(), config.api_secret.clone()),
            ids: Ids(config.seed),
            lies: Lies::default(),
            config,
            rooms: BTreeMap::new(),
            connections: HashMap::new(),
            streams: HashMap::new(),
            outputs: VecDeque::new(),
        }
    }

    /// A token that lets `identity` into `room`; `wall` is the time since the Unix epoch.
    pub fn token(&self, room: &str, identity: &str, name: &str, wall: Duration) -> String {
        self.keys.issue(room, identity, name, wall)
    }

    /// As [`Core::token`], and if they open the room it has this metadata.
    pub fn opening_token(&self, room: &str, identity: &str, name: &str, metadata: &str, wall: Duration) -> String {
        let config = crate::token::RoomConfig { metadata: metadata.into() };
        let room_config = (!metadata.is_empty()).then_some(config);
        let video = crate::token::Grants::everything(room);
        let claims = Claims { sub: identity.into(), name: name.into(), video, room_config, ..Claims::default() };
        self.keys.sign(&claims, wall)
    }

    /// As [`Core::token`], and it lets them moderate and end the meeting for all.
    pub fn moderators_token(&self, room: &str, identity: &str, name: &str, wall: Duration) -> String {
        let grants =
            crate::token::Grants { room_admin: true, room_create: true, ..crate::token::Grants::everything(room) };
        self.keys.sign(&Claims { sub: identity.into(), name: name.into(), video: grants, ..Claims::default() }, wall)
    }

    /// Looks at a request for `/rtc…`. `Ok(None)`: it only asked whether its token is good, and it is.
    ///
    /// # Errors
    /// What to answer when the client is not let in.
    pub fn admit(
        &self,
        path: &str,
        query: &str,
        authorization: Option<&str>,
        now: Now,
    ) -> Result<Option<Admission>, Refusal> {
        let refuse = |status, text: String| Refusal { status, text };
        let knock = Knock::parse(path, query, authorization)
            .map_err(|error| refuse(if error == KnockError::UnknownPath { 404 } else { 400 }, error.to_string()))?;
        if knock.single && !self.config.single_peer_connection {
            return Err(refuse(404, "404 page not found".into()));
        }
        let claims = self
            .keys
            .check(&knock.token, now.wall)
            .map_err(|error| refuse(if error == TokenError::NoIdentity { 400 } else { 401 }, error.to_string()))?;
        Ok(if knock.validate { None } else { Some(Admission { knock, claims }) })
    }

    /// Takes in what happened.
    pub fn handle(&mut self, input: Input<'_>, now: Now) {
        match input {
            Input::Opened { connection, admission } => self.opened(connection, *admission, now),
            Input::Signal { connection, bytes } => self.signal(connection, bytes, now),
            Input::Closed { connection } => {
                if let Some((room, index)) = self.behind(connection) {
                    room.participants[index].connection = None;
                    room.participants[index].heard = now.monotonic;
                }
                self.connections.remove(&connection);
            }
            Input::Datagram { remote, bytes } => {
                if let Some(local) = self.config.udp {
                    self.datagram(Protocol::Udp, remote, local, bytes, now);
                }
            }
            Input::Tcp { remote, bytes } => {
                let datagrams = self.streams.entry(remote).or_default().push(bytes);
                for datagram in datagrams {
                    if let Some(local) = self.config.tcp {
                        self.datagram(Protocol::Tcp, remote, local, &datagram, now);
                    }
                }
            }
            Input::TcpClosed { remote } => drop(self.streams.remove(&remote)),
            Input::Timeout => {}
        }
        self.run(now);
    }

    /// The next thing to do.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When to call [`Core::handle`] with [`Input::Timeout`]. `None`: nobody is here.
    pub fn poll_timeout(&mut self) -> Option<Instant> {
        self.rooms.values_mut().map(Room::deadline).min()
    }

    fn run(&mut self, now: Now) {
        for room in self.rooms.values_mut() {
            // What one connection received another has to send: at most a few rounds.
            for _ in 0..8 {
                if room.deadline() > now.monotonic && !room.dirty {
                    break;
                }
                room.run(now, &mut self.outputs);
            }
        }
        let outputs = &mut self.outputs;
        for participant in self.rooms.values_mut().flat_map(|room| &mut room.participants) {
            participant.refresh_token(&self.keys, now.wall, outputs);
        }
        self.rooms.retain(|name, room| {
            let stays = !room.participants.is_empty();
            if !stays {
                outputs.push_back(Output::Finished { room: name.clone() });
            }
            stays
        });
    }

    fn datagram(&mut self, protocol: Protocol, from: SocketAddr, to: SocketAddr, bytes: &[u8], now: Now) {
        let _ = self.rooms.values_mut().any(|room| room.datagram(protocol, from, to, bytes, now.monotonic));
        // str0m keeps one received packet at a time: it has to be taken before the next comes.
        self.run(now);
    }

    fn behind(&mut self, connection: ConnectionId) -> Option<(&mut Room, usize)> {
        let (room, sid) = self.connections.get(&connection)?;
        let room = self.rooms.get_mut(room)?;
        let index = room.position(sid)?;
        (room.participants[index].connection == Some(connection)).then_some((room, index))
    }

    fn signal(&mut self, connection: ConnectionId, bytes: &[u8], now: Now) {
        let Ok(lk::SignalRequest { message: Some(ask) }) = lk::SignalRequest::decode(bytes) else { return };
        tracing::trace!(connection, ?ask, "heard");
        let Some((name, sid)) = self.connections.get(&connection) else { return };
        let Some(room) = self.rooms.get_mut(name) else { return };
        let Some(index) = room.position(sid) else { return };
        if room.participants[index].connection == Some(connection) {
            room.participants[index].heard = now.monotonic;
            room.dirty = true;
            room.request(index, ask, &mut self.ids, now, &mut self.outputs);
        }
    }
}
