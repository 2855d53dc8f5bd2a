//! The LiveKit client: one participant in one LiveKit room.
//!
//! [`Client`] is a pure state machine over bytes and time. It speaks LiveKit's signalling over one
//! WebSocket and carries media with str0m over UDP, TCP and TURN, all of which the shell owns.
//!
//! What the shell delivers: the answer to each [`Output`] that carries an id, every datagram that
//! arrives on the sockets of [`Config::local_udp`], our encoded frames, and [`Input::Timeout`] when
//! [`Client::poll_timeout`] has passed. After each [`Client::handle`] it drains
//! [`Client::poll_output`] and arms its timer anew.
//!
//! A join takes as few round trips as the protocol allows: the address of the WebSocket carries our
//! offer, our candidates and the tracks we publish; the first messages that come back carry the
//! answer; ICE and DTLS follow at once.

mod backlog;
mod cipher;
mod collapse;
mod congestion;
mod connect;
mod data;
mod encode;
mod framing;
mod group;
mod media;
mod narrow;
mod network;
mod path;
mod peer;
mod proto;
mod publish;
mod reconnect;
mod room_service;
mod roster;
mod share;
mod signalling;
mod srtp;
mod streams;
mod subscribe;
pub mod turn;
mod twice;

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use url::Url;

pub use self::network::Paths;
pub(crate) use self::room_service::{Grants, room_service};

use self::cipher::Cipher;
use self::encode::{Allocator, Usage, ladder};
use self::network::{Network, Peers};
use self::proto::{Request, Shape, encode_request};
use self::publish::Publications;
use self::reconnect::{Goal, Outage};
use self::roster::{HAND_RAISED_AT, Roster};
use self::subscribe::Subscriptions;
use crate::border::Within;
use crate::device::Device;
use crate::e2ee::Secret;
use crate::io::{Codec, Command, Encryption, End, Event, Input, IoId, Now, Output, Source, Step};

/// What parses bytes from the network, for fuzzing.
pub mod wire {
    pub use super::data::Inbox;
    pub use super::framing::Deframer;
    pub use super::proto::{decode_packet, decode_signal, open_packet};
}

/// What a [`Client`] is told once.
#[derive(Clone)]
pub struct Config {
    /// The server, `https`, `wss`, `http` or `ws`, with or without a path.
    pub server: Url,
    /// The access token (JWT). A secret.
    pub token: String,
    /// The UDP sockets the shell has bound. One for each local address is enough for servers with
    /// a single peer connection; older servers need two, so bind two where they are to be met.
    pub local_udp: Vec<SocketAddr>,
    /// Publish the microphone unmuted at once.
    pub microphone: bool,
    /// Publish the camera unmuted at once. `None`: there is no camera.
    pub camera: Option<bool>,
    /// The codec of our camera: VP8 or H.264.
    pub video_codec: Codec,
    /// The size of the camera's picture in pixels. From 960 on the long side it is sent in three
    /// layers (a quarter, a half, whole; from 1600 a sixth, a third, whole), from 480 in two, else in one.
    pub video_size: (u32, u32),
    /// What the meeting's key is made of. `None`: the meeting is not end-to-end encrypted.
    pub secret: Option<Secret>,
    /// What this device is in a group with, in encrypted meetings. `None`: it stays with the shared key.
    pub device: Option<Device>,
    /// The platform says in the room's metadata whether a meeting is encrypted (La Suite Meet): we do not stay in one where
    /// it says no and we have a secret.
    pub encryption_stated: bool,
    /// The addresses that the meeting may reach.
    pub border: Within,
    /// The first id this client gives to what it asks the shell to open; it counts up from here.
    /// What runs above the client in the same session takes lower ones.
    pub first_io_id: u64,
}

/// One participant in one LiveKit room.
pub struct Client {
    config: Config,
    /// The newest token: the server refreshes it.
    token: String,
    shape: Shape,
    state: State,
    outage: Option<Outage>,
    /// Since then we want to be in the meeting.
    started: Instant,
    /// We were in: what comes after a failure is a reconnect.
    was_in: bool,
    socket: Option<Socket>,
    peers: Peers,
    network: Network,
    negotiation: Negotiation,
    own: Publications,
    allocator: Allocator,
    share_allocator: Allocator,
    share_usage: Usage,
    /// What the path to the server carries, in bits per second, once known.
    path: path::Path,
    roster: Roster,
    subscriptions: Subscriptions,
    inbox: data::Inbox,
    /// `None`: the meeting is not end-to-end encrypted.
    cipher: Option<Cipher>,
    /// What the server says of the room, as the platform wrote it.
    metadata: String,
    /// Data packets that wait for the data channel.
    outbox: VecDeque<Vec<u8>>,
    told: Told,
    now: Now,
    outputs: VecDeque<Output>,
}

/// Where the session stands.
#[derive(Debug)]
enum State {
    /// A WebSocket is being opened, or the server's first answer is awaited.
    Opening {
        goal: Goal,
        give_up_at: Instant,
    },
    /// Signalling is up; media connects.
    Connecting {
        goal: Goal,
        give_up_at: Instant,
    },
    /// In the meeting.
    Running,
    /// The server has closed media; why, its goodbye on the socket may say in a moment.
    Severed {
        rejoin_at: Instant,
    },
    /// The next attempt starts later.
    Waiting {
        goal: Goal,
        at: Instant,
    },
    /// The server is asked why it refused the token.
    Validating {
        id: IoId,
        give_up_at: Instant,
    },
    Ended,
}

/// The signalling connection.
#[derive(Debug)]
struct Socket {
    id: IoId,
    heard_at: Instant,
    ping_at: Option<Instant>,
    ping_interval: Duration,
    ping_timeout: Duration,
    rtt_ms: i64,
}

/// Offers that are to be made, and the one under way.
#[derive(Debug, Default)]
struct Negotiation {
    again: bool,
    answer_due: Option<Instant>,
    /// Tracks were asked for after the join, by a server that wants them granted before the offer.
    after_grant: bool,
}

/// What was last told, so that only changes are.
#[derive(Debug, Default)]
struct Told {
    own_media: Option<(bool, bool)>,
    sharing: bool,
    permissions: Option<(bool, bool, bool, bool)>,
    hand: bool,
    recording: Option<(bool, bool)>,
    encryption: Option<Encryption>,
    /// Which key what we send is under.
    sealing: u64,
}

/// Data packets kept while no data channel is open.
const OUTBOX_MAX: usize = 64;

impl Client {
    /// Starts to join: the first outputs can be polled at once.
    pub fn new(config: Config, now: Now) -> Client {
        Client::over(config, Paths::All, now)
    }

    /// Starts to join, with only some ways to carry media.
    pub fn over(config: Config, paths: Paths, now: Now) -> Client {
        let own = Publications::new(config.microphone, config.camera, config.video_codec, config.video_size);
        let own = if config.secret.is_some() { own.encrypted() } else { own };
        let mut client = Client {
            token: config.token.clone(),
            shape: Shape::Single,
            state: State::Ended,
            outage: None,
            started: now.monotonic,
            was_in: false,
            socket: None,
            peers: Peers::default(),
            network: Network::new(config.first_io_id, paths, is_loopback(&config.server), config.border.clone()),
            negotiation: Negotiation::default(),
            own,
            allocator: Allocator::new(ladder(config.video_size)),
            share_allocator: Allocator::new(Vec::new()),
            share_usage: Usage::default(),
            path: path::Path::default(),
            roster: Roster::new(config.secret.is_some()),
            subscriptions: Subscriptions::default(),
            inbox: data::Inbox::default(),
            cipher: config.secret.as_ref().map(|secret| Cipher::new(secret, config.device.clone())),
            metadata: String::new(),
            outbox: VecDeque::new(),
            told: Told::default(),
            now,
            outputs: VecDeque::new(),
            config,
        };
        client.event(Event::Progress(Step::Signalling));
        client.start(Goal::Join);
        client.pump();
        client
    }

    /// Takes one thing that happened. Drain [`Client::poll_output`] afterwards.
    pub fn handle(&mut self, input: Input<'_>, now: Now) {
        if self.is_ended() {
            return;
        }
        self.now = now;
        let at = now.monotonic;
        match input {
            Input::Timeout => {}
            Input::Command(command) => self.command(command),
            Input::Http { id, result } => self.validated(id, result),
            Input::WebSocket { id, event } => self.web_socket(id, event),
            Input::Datagram { local, remote, bytes } => {
                self.network.datagram(local, remote, bytes, at, &mut self.peers, &mut self.outputs);
            }
            Input::LocalUdp(sockets) => self.moved(sockets),
            Input::Tcp { id, event } => {
                self.network.tcp(id, event, at, &mut self.peers, &mut self.outputs);
            }
            Input::Resolved { id, result } => {
                self.network.resolved(id, result, at, &mut self.peers, &mut self.outputs);
            }
            Input::Frame(frame) => self.frame(&frame),
        }
        self.timers();
        self.pump();
        self.look_after_group();
    }

    /// The next thing to do, until `None`.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When to come back with [`Input::Timeout`], if nothing else happens before.
    pub fn poll_timeout(&self) -> Option<Instant> {
        let state = match &self.state {
            State::Opening { give_up_at: at, .. }
            | State::Connecting { give_up_at: at, .. }
            | State::Validating { give_up_at: at, .. }
            | State::Severed { rejoin_at: at }
            | State::Waiting { at, .. } => Some(*at),
            State::Running => None,
            State::Ended => return None,
        };
        let peers = self.peers.publisher.iter().chain(&self.peers.subscriber).filter_map(|p| p.deadline());
        let socket = self.socket.as_ref().and_then(Socket::deadline);
        peers
            .chain(state)
            .chain(socket)
            .chain(self.network.deadline())
            .chain(self.subscriptions.deadline(|target| self.peers.carry(target)))
            .chain(self.negotiation.answer_due)
            .chain(self.grant_due())
            .chain(self.group_due())
            .min()
    }

    /// The newest token: the server refreshes it. A secret; bearer of the platform's REST calls.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// What the server says of the room, as the platform wrote it: JSON, or nothing of the kind.
    pub(crate) fn metadata(&self) -> &str {
        &self.metadata
    }

    /// Somebody's microphone, and whether it is muted.
    pub(crate) fn microphone_of(&self, identity: &str) -> Option<(String, bool)> {
        self.roster.microphone_of(identity).map(|(sid, muted)| (sid.to_owned(), muted))
    }

    /// Everybody else whose microphone is not muted.
    pub(crate) fn open_microphones(&self) -> Vec<String> {
        self.roster.open_microphones().map(str::to_owned).collect()
    }

    /// Tells somebody that we turned off their microphone: the server does not say who did.
    pub(crate) fn tell_muted(&mut self, identity: &str, now: Now) {
        self.now = now;
        self.send_data(data::muted(identity));
        self.pump();
    }

    fn is_ended(&self) -> bool {
        matches!(self.state, State::Ended)
    }

    fn command(&mut self, command: Command) {
        match command {
            Command::SetMicrophone { on } => self.set_muted(Source::Microphone, !on),
            Command::SetCamera { on } => self.set_muted(Source::Camera, !on),
            Command::SetHand { raised } => {
                let value = if raised { iso_8601(self.now.wall) } else { String::new() };
                self.set_metadata(String::new(), vec![(HAND_RAISED_AT.into(), value)]);
            }
            Command::Rename(name) => self.set_metadata(name, Vec::new()),
            Command::SendChat(text) => {
                let id = uuid::Uuid::new_v4().to_string();
                let timestamp_ms = i64::try_from(self.now.wall.as_millis()).unwrap_or(i64::MAX);
                for packet in data::chat(&id, timestamp_ms, &text) {
                    self.send_data(packet);
                }
            }
            Command::SendReaction(emoji) => self.send_data(data::reaction(&emoji)),
            Command::Show(shown) => {
                self.subscriptions.show(shown);
                self.tell_settings();
            }
            Command::NeedKeyframe(track) => {
                self.subscriptions.need_keyframe(&track, self.now.monotonic);
            }
            // Nothing of the signalling's: see `moderator`.
            Command::Moderate(_) => {}
            Command::Share(Some(share)) => self.share(share),
            Command::Share(None) => self.unshare(),
            Command::Leave => {
                self.send(Request::Leave);
                self.end(End::Left);
            }
        }
    }

    /// Our own name and attributes, where the token allows that.
    fn set_metadata(&mut self, name: String, attributes: Vec<(String, String)>) {
        if self.roster.permission().is_some_and(|p| p.update_metadata) {
            self.send(Request::Metadata { name, attributes });
        } else {
            tracing::info!("the token does not allow us to change our name or attributes");
        }
    }

    fn send(&mut self, request: Request) {
        if let Some(socket) = &self.socket {
            let bytes = encode_request(request);
            self.outputs.push_back(Output::SendWebSocket { id: socket.id, bytes });
        }
    }

    fn send_data(&mut self, packet: Vec<u8>) {
        if self.roster.permission().is_some_and(|p| !p.data) {
            tracing::info!("the token does not allow us to send data");
            return;
        }
        let time_ms = self.now.wall.as_millis() as u32;
        let packet = match &mut self.cipher {
            None => packet,
            Some(cipher) => match cipher.seal_packet(&packet, time_ms) {
                Some(sealed) => sealed,
                None => return tracing::warn!("a data packet cannot be encrypted, and is not sent"),
            },
        };
        if self.outbox.len() >= OUTBOX_MAX {
            self.outbox.pop_front();
        }
        self.outbox.push_back(packet);
        self.flush_data();
    }

    fn flush_data(&mut self) {
        let Some(publisher) = &mut self.peers.publisher else { return };
        while let Some(packet) = self.outbox.front() {
            if !publisher.send_data(true, packet) {
                break;
            }
            self.outbox.pop_front();
        }
    }

    fn event(&mut self, event: Event) {
        self.outputs.push_back(Output::Event(event));
    }

    fn events(&mut self, events: Vec<Event>) {
        self.outputs.extend(events.into_iter().map(Output::Event));
    }
}

impl Socket {
    fn deadline(&self) -> Option<Instant> {
        let silent = (!self.ping_timeout.is_zero()).then(|| self.heard_at + self.ping_timeout);
        self.ping_at.into_iter().chain(silent).min()
    }
}

/// Whether a server is on this machine.
pub(crate) fn is_loopback(server: &Url) -> bool {
    match server.host() {
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// As Visio writes it: `2026-11-23T09:00:00.123+00:00`.
fn iso_8601(wall: Duration) -> String {
    use time::macros::format_description;
    let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]+00:00");
    let at = time::OffsetDateTime::UNIX_EPOCH + wall;
    at.format(&format).unwrap_or_default()
}
