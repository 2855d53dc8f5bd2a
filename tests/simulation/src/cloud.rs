//! The shell of the platform: the sandbox's meeting server and REST API on the virtual network.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use meeting::io::{HttpRequest, HttpResponse, IoId, Method, NetError};
use sandbox::core::{self, Core, Input, Output, Update};
use sandbox::visio::{AccessLevel, Effect, Platform, RestRequest};

use crate::air::{Air, Down, LineId, Side, Up};
use crate::world::Clock;

/// Where the platform is, and LiveKit with it.
pub const ORIGIN: &str = "http://127.0.0.1:8000/";
/// The meeting of every day.
pub const SLUG: &str = "gro-sses-tem";
/// The guest's identity in it.
pub const GUEST: &str = "guest";
/// Where media arrives, over UDP and over TCP.
pub const MEDIA_UDP: &str = "192.0.2.1:7882";
const MEDIA_TCP: &str = "192.0.2.1:7881";
/// The first local port of streams to the media server.
const STREAM_PORT: u16 = 50_000;

/// Both sides' networks.
pub type Airs = [Air; 2];

/// What is wrong at the door.
#[derive(Debug, Default)]
pub struct Door {
    /// Statuses of the next answers.
    pub failures: VecDeque<u16>,
    /// Answers come this much later.
    pub slow: Duration,
    /// The next connections show a certificate nobody trusts.
    pub untrusted: u32,
}

/// The platform.
pub struct Cloud {
    pub core: Core,
    pub platform: Platform,
    pub door: Door,
    /// The meeting as LiveKit names it.
    pub meeting: String,
    /// After a crash nobody answers until then.
    down_until: Option<Instant>,
    connections: BTreeMap<u64, (LineId, IoId)>,
    next_connection: u64,
    streams: BTreeMap<SocketAddr, (LineId, IoId)>,
    next_port: u16,
    /// The newest message to each client, to make damaged ones of.
    pub last_said: BTreeMap<LineId, Vec<u8>>,
}

impl Cloud {
    pub fn new(seed: u64, access: AccessLevel) -> Cloud {
        let (api_key, api_secret) = ("devkey".to_owned(), "a-secret-of-this-simulation-only".to_owned());
        let platform = Platform::seeded(ORIGIN.into(), api_key.clone(), api_secret.clone(), seed);
        let meeting = platform.create_room(SLUG, access);
        let core = Core::new(core::Config {
            udp: MEDIA_UDP.parse().ok(),
            tcp: MEDIA_TCP.parse().ok(),
            api_key,
            api_secret,
            ice_lite: false,
            congestion_control: false,
            allow_pause: false,
            // One day in four is on an older server.
            single_peer_connection: seed % 4 != 3,
            seed,
        });
        Cloud {
            core,
            platform,
            door: Door::default(),
            meeting,
            down_until: None,
            connections: BTreeMap::new(),
            next_connection: 1,
            streams: BTreeMap::new(),
            next_port: STREAM_PORT,
            last_said: BTreeMap::new(),
        }
    }

    /// The identity of the room in the meeting, when it is in it.
    pub fn room_identity(&self) -> Option<String> {
        let members = self.core.participants(&self.meeting);
        members.into_iter().map(|member| member.identity).find(|identity| identity != GUEST)
    }

    pub fn deadline(&mut self) -> Option<Instant> {
        self.core.poll_timeout()
    }

    pub fn wake(&mut self, clock: &Clock, airs: &mut Airs) {
        if self.deadline().is_some_and(|at| at <= clock.now) {
            self.core.handle(Input::Timeout, clock.core());
            self.flush(clock, airs);
        }
    }

    /// Crashes; comes back after a while and knows nothing.
    pub fn crash(&mut self, until: Instant, clock: &Clock, airs: &mut Airs) {
        self.down_until = Some(until);
        self.core.restart();
        for (_, (line, id)) in std::mem::take(&mut self.streams) {
            airs[line.side as usize].down(clock.now, line, Down::Disconnected { id });
        }
        self.flush(clock, airs);
    }

    /// Something arrived.
    pub fn arrived(&mut self, line: LineId, up: Up, clock: &Clock, airs: &mut Airs) {
        let down = self.down_until.is_some_and(|until| until > clock.now);
        let (now, air) = (clock.now, &mut airs[line.side as usize]);
        match up {
            Up::Http { id, .. } if self.door.untrusted > 0 && line.side == Side::Room => {
                self.door.untrusted -= 1;
                air.down(now, line, Down::Http { id, result: Err(NetError::Certificate) });
            }
            Up::Http { id, request } => {
                let slow = if line.side == Side::Room { self.door.slow } else { Duration::ZERO };
                let answer = self.answer(&request, clock);
                air.down(now + slow, line, Down::Http { id, result: Ok(answer) });
            }
            Up::Open { id, .. } if down => air.down(now, line, Down::Failed { id, error: NetError::Unreachable }),
            Up::Connect { id } if down => {
                air.down(now, line, Down::ConnectFailed { id, error: NetError::Unreachable });
            }
            _ if down => {}
            Up::Open { id, path, query, authorization } => {
                match self.core.admit(&path, &query, authorization.as_deref(), clock.core()) {
                    Err(refusal) => {
                        air.down(now, line, Down::Refused { id, status: refusal.status, text: refusal.text });
                    }
                    Ok(None) => air.down(now, line, Down::Refused { id, status: 200, text: "success".into() }),
                    Ok(Some(admission)) => {
                        let connection = self.next_connection;
                        self.next_connection += 1;
                        self.connections.insert(connection, (line, id));
                        air.down(now, line, Down::Opened { id });
                        let admission = Box::new(admission);
                        self.core.handle(Input::Opened { connection, admission }, clock.core());
                    }
                }
            }
            Up::Message { id, bytes } => {
                if let Some(connection) = self.connection(line, id) {
                    self.core.handle(Input::Signal { connection, bytes: &bytes }, clock.core());
                }
            }
            Up::Close { id } => {
                if let Some(connection) = self.connection(line, id) {
                    self.connections.remove(&connection);
                    self.core.handle(Input::Closed { connection }, clock.core());
                }
            }
            Up::Connect { id } => {
                let local = SocketAddr::new(line.address().ip(), self.next_port);
                self.next_port += 1;
                self.streams.insert(local, (line, id));
                air.down(now, line, Down::Connected { id, local });
            }
            Up::Bytes { id, bytes } => {
                if let Some(remote) = self.stream(line, id) {
                    self.core.handle(Input::Tcp { remote, bytes: &bytes }, clock.core());
                }
            }
            Up::Disconnect { id } => {
                if let Some(remote) = self.stream(line, id) {
                    self.streams.remove(&remote);
                    self.core.handle(Input::TcpClosed { remote }, clock.core());
                }
            }
            Up::Datagram { local, bytes } => {
                self.core.handle(Input::Datagram { remote: local, bytes: &bytes }, clock.core());
            }
        }
        self.flush(clock, airs);
    }

    /// A message that no client would send.
    pub fn garbage(&mut self, side: Side, bytes: &[u8], clock: &Clock, airs: &mut Airs) {
        let theirs = self.connections.iter().find(|(_, (line, _))| line.side == side);
        if let Some(connection) = theirs.map(|(connection, _)| *connection) {
            self.core.handle(Input::Signal { connection, bytes }, clock.core());
        }
        let remote = SocketAddr::from(([203, 0, 113, 7], 9));
        self.core.handle(Input::Datagram { remote, bytes }, clock.core());
        self.flush(clock, airs);
    }

    /// Sends what the meeting server wants sent.
    pub fn flush(&mut self, clock: &Clock, airs: &mut Airs) {
        loop {
            self.apply_effects(clock);
            let Some(output) = self.core.poll_output() else { break };
            self.perform(output, clock, airs);
        }
    }

    fn perform(&mut self, output: Output, clock: &Clock, airs: &mut Airs) {
        let now = clock.now;
        match output {
            Output::Signal { connection, bytes } => {
                if let Some((line, id)) = self.connections.get(&connection).copied() {
                    self.last_said.insert(line, bytes.clone());
                    airs[line.side as usize].down(now, line, Down::Message { id, bytes });
                }
            }
            Output::Close { connection } => self.hang_up(connection, |id| Down::Closed { id }, clock, airs),
            Output::Cut { connection } => {
                self.hang_up(connection, |id| Down::Failed { id, error: NetError::Closed }, clock, airs);
            }
            Output::Datagram { remote, bytes } => {
                if let (Some(line), Ok(from)) = (LineId::at(remote), MEDIA_UDP.parse()) {
                    airs[line.side as usize].down(now, line, Down::Datagram { local: remote, from, bytes });
                }
            }
            Output::Tcp { remote, bytes } => {
                if let Some((line, id)) = self.streams.get(&remote).copied() {
                    airs[line.side as usize].down(now, line, Down::Bytes { id, bytes });
                }
            }
            Output::Joined { room, identity } => self.platform.participant_joined(&room, &identity),
            Output::Left { room, identity, removed: true } => self.platform.participant_removed(&room, &identity),
            Output::Left { room, identity, removed: false } => self.platform.participant_left(&room, &identity),
            Output::Finished { room } => self.platform.room_finished(&room),
        }
    }

    fn hang_up(&mut self, connection: u64, how: impl Fn(IoId) -> Down, clock: &Clock, airs: &mut Airs) {
        if let Some((line, id)) = self.connections.remove(&connection) {
            airs[line.side as usize].down(clock.now, line, how(id));
            self.core.handle(Input::Closed { connection }, clock.core());
        }
    }

    fn connection(&self, line: LineId, id: IoId) -> Option<u64> {
        self.connections.iter().find(|(_, place)| **place == (line, id)).map(|(connection, _)| *connection)
    }

    fn stream(&self, line: LineId, id: IoId) -> Option<SocketAddr> {
        self.streams.iter().find(|(_, place)| **place == (line, id)).map(|(address, _)| *address)
    }

    fn answer(&mut self, request: &HttpRequest, clock: &Clock) -> HttpResponse {
        let path = request.url.path();
        let header = |name: &str| request.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str());
        if path.starts_with("/rtc") {
            let query = request.url.query().unwrap_or_default();
            let (status, text) = match self.core.admit(path, query, header("authorization"), clock.core()) {
                Ok(_) => (200, "success".to_owned()),
                Err(refusal) => (refusal.status, refusal.text),
            };
            return HttpResponse { status, headers: Vec::new(), body: text.into_bytes() };
        }
        if let Some(status) = self.door.failures.pop_front() {
            self.platform.fail_next(status);
        }
        let answer = self.platform.answer(&RestRequest {
            method: if request.method == Method::Get { "GET" } else { "POST" }.into(),
            path: path.to_owned(),
            query: request.url.query().unwrap_or_default().to_owned(),
            headers: request.headers.clone(),
            body: request.body.clone().unwrap_or_default(),
            now: clock.wall(),
        });
        HttpResponse { status: answer.status, headers: answer.headers, body: answer.body }
    }

    fn apply_effects(&mut self, clock: &Clock) {
        for effect in self.platform.take_effects() {
            let (room, identity, update) = match effect {
                Effect::SetAttributes { room, identity, attributes } => {
                    (room, identity, Update { attributes: attributes.into_iter().collect(), ..Update::default() })
                }
                Effect::SetName { room, identity, name } => {
                    (room, identity, Update { name: Some(name), ..Update::default() })
                }
                Effect::SetMetadata { room, identity, metadata } => {
                    (room, identity, Update { metadata: Some(metadata), ..Update::default() })
                }
                Effect::SendData { room, payload } => {
                    self.core.send_data(&room, None, None, payload.as_bytes(), clock.core());
                    continue;
                }
                Effect::MuteTrack { room, identity, track_sid } => {
                    self.core.mute_track_by_sid(&room, &identity, &track_sid, clock.core());
                    continue;
                }
                // Guests remove nobody.
                Effect::Remove { .. } => continue,
            };
            self.core.update_participant(&room, &identity, update, clock.core());
        }
    }
}
