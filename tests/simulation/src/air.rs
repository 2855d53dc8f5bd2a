//! What travels between the sessions and the platform, and what gets in its way.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use meeting::io::{HttpRequest, HttpResponse, IoId, NetError};

use sandbox::network::{Network, Weather};

/// How soon an end without a network notices.
const NOTICED: Duration = Duration::from_millis(3);
const UDP_PORT: u16 = 40_000;
/// Of its second socket: servers with two peer connections want one for each.
const SECOND_UDP_PORT: u16 = 40_001;

/// Whose network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    Room,
    Guest,
}

/// One session with its sockets. Each has its own address, as if each came from a new port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LineId {
    pub side: Side,
    pub number: u16,
}

impl LineId {
    /// Where its datagrams come from.
    pub fn address(self) -> SocketAddr {
        let [high, low] = self.number.to_be_bytes();
        let net = if self.side == Side::Room { 1 } else { 2 };
        SocketAddr::new(Ipv4Addr::new(10, net, high, low).into(), UDP_PORT)
    }

    /// Both of its sockets.
    pub fn addresses(self) -> [SocketAddr; 2] {
        [self.address(), SocketAddr::new(self.address().ip(), SECOND_UDP_PORT)]
    }

    /// Whose address this is.
    pub fn at(address: SocketAddr) -> Option<LineId> {
        let IpAddr::V4(ip) = address.ip() else { return None };
        let [10, net @ 1..=2, high, low] = ip.octets() else { return None };
        let side = if net == 1 { Side::Room } else { Side::Guest };
        matches!(address.port(), UDP_PORT | SECOND_UDP_PORT)
            .then_some(LineId { side, number: u16::from_be_bytes([high, low]) })
    }
}

/// From a session to the platform.
#[derive(Debug, Clone)]
pub enum Up {
    Http { id: IoId, request: HttpRequest },
    Open { id: IoId, path: String, query: String, authorization: Option<String> },
    Message { id: IoId, bytes: Vec<u8> },
    Close { id: IoId },
    Connect { id: IoId },
    Bytes { id: IoId, bytes: Vec<u8> },
    Disconnect { id: IoId },
    Datagram { local: SocketAddr, bytes: Vec<u8> },
}

/// From the platform to a session.
#[derive(Debug, Clone)]
pub enum Down {
    Http { id: IoId, result: Result<HttpResponse, NetError> },
    Opened { id: IoId },
    Refused { id: IoId, status: u16, text: String },
    Message { id: IoId, bytes: Vec<u8> },
    Closed { id: IoId },
    Failed { id: IoId, error: NetError },
    Connected { id: IoId, local: SocketAddr },
    Bytes { id: IoId, bytes: Vec<u8> },
    Disconnected { id: IoId },
    ConnectFailed { id: IoId, error: NetError },
    Datagram { local: SocketAddr, from: SocketAddr, bytes: Vec<u8> },
}

/// One thing under way.
#[derive(Debug, Clone)]
pub enum Parcel {
    Up(LineId, Up),
    Down(LineId, Down),
}

/// The network of one side.
pub struct Air {
    network: Network<Parcel>,
    /// During a cut: whether this end knows (a cable pulled) or only waits (a router that forwards nothing).
    knows: bool,
    udp_blocked_until: Option<Instant>,
    media_streams_blocked_until: Option<Instant>,
}

fn lasts(until: Option<Instant>, now: Instant) -> bool {
    until.is_some_and(|until| until > now)
}

impl Air {
    pub fn new(seed: u64) -> Air {
        let network = Network::new(seed, Weather::FINE);
        Air { network, knows: false, udp_blocked_until: None, media_streams_blocked_until: None }
    }

    pub fn set_weather(&mut self, weather: Weather) {
        self.network.set_weather(weather);
    }

    /// Nothing gets through until then. With `knows`, new connections fail at once.
    pub fn cut(&mut self, until: Instant, knows: bool) {
        self.network.cut(until);
        self.knows = knows;
    }

    /// A firewall drops UDP until then.
    pub fn block_udp(&mut self, until: Instant) {
        self.udp_blocked_until = Some(until);
    }

    /// A firewall refuses media over TCP until then.
    pub fn block_media_streams(&mut self, until: Instant) {
        self.media_streams_blocked_until = Some(until);
    }

    /// Everything is mended.
    pub fn mend(&mut self, now: Instant) {
        self.network.set_weather(Weather::FINE);
        self.network.cut(now);
        (self.udp_blocked_until, self.media_streams_blocked_until) = (None, None);
    }

    pub fn next_due(&self) -> Option<Instant> {
        self.network.next_due()
    }

    pub fn pop(&mut self, now: Instant) -> Option<Parcel> {
        self.network.pop(now)
    }

    /// A session sends.
    pub fn up(&mut self, now: Instant, line: LineId, up: Up) {
        let pulled = self.network.is_down(now) && self.knows;
        let failed = match &up {
            Up::Datagram { bytes, .. } => {
                if !lasts(self.udp_blocked_until, now) {
                    self.network.packet(now, bytes.len(), Parcel::Up(line, up));
                }
                return;
            }
            Up::Http { id, .. } if pulled => Down::Http { id: *id, result: Err(NetError::Unreachable) },
            Up::Open { id, .. } if pulled => Down::Failed { id: *id, error: NetError::Unreachable },
            Up::Connect { id } if pulled || lasts(self.media_streams_blocked_until, now) => {
                Down::ConnectFailed { id: *id, error: NetError::Unreachable }
            }
            _ => {
                let (Up::Http { id, .. }
                | Up::Open { id, .. }
                | Up::Message { id, .. }
                | Up::Close { id }
                | Up::Connect { id }
                | Up::Bytes { id, .. }
                | Up::Disconnect { id }) = &up
                else {
                    return;
                };
                let stream = (u64::from(line.number), id.0 << 1);
                return self.network.stream(now, stream, Parcel::Up(line, up));
            }
        };
        self.locally(now + NOTICED, line, failed);
    }

    /// The platform sends.
    pub fn down(&mut self, now: Instant, line: LineId, down: Down) {
        let id = match &down {
            Down::Datagram { bytes, .. } => {
                if !lasts(self.udp_blocked_until, now) {
                    self.network.packet(now, bytes.len(), Parcel::Down(line, down));
                }
                return;
            }
            Down::Http { id, .. }
            | Down::Opened { id }
            | Down::Refused { id, .. }
            | Down::Message { id, .. }
            | Down::Closed { id }
            | Down::Failed { id, .. }
            | Down::Connected { id, .. }
            | Down::Bytes { id, .. }
            | Down::Disconnected { id }
            | Down::ConnectFailed { id, .. } => *id,
        };
        let stream = (u64::from(line.number), id.0 << 1 | 1);
        self.network.stream(now, stream, Parcel::Down(line, down));
    }

    /// Something reaches a session at this time, whatever the weather.
    pub fn locally(&mut self, due: Instant, line: LineId, down: Down) {
        self.network.locally(due, Parcel::Down(line, down));
    }
}
