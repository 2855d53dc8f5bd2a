//! The ways to the media server: UDP sockets, TCP streams, TURN allocations.
//!
//! ICE chooses among them; this says which exist. UDP is there from the start. TCP and TURN are
//! opened when UDP has found no path after [`FALLBACK_AFTER`], or at once where only they may be used.

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use str0m::net::{Protocol, TcpType, Transmit};
use str0m::{Candidate, CandidateKind};

use super::framing::{Deframer, frame};
use super::peer::Peer;
use super::proto::{IceServer, Target};
use super::turn::{Allocation, Reach, Server, Todo};
use crate::border::{self, Within};
use crate::io::{IoId, NetError, Output, Purpose, TcpEvent};

/// How long UDP alone is given.
pub(super) const FALLBACK_AFTER: Duration = Duration::from_secs(2);

/// Candidates of a server's description that are looked at; further ones are left out.
const CANDIDATES_MAX: usize = 64;

/// Streams to media servers and TURN servers open at once.
const STREAMS_MAX: usize = 8;
const RELAYS_MAX: usize = 6;

/// Which ways may be used: set by policy, narrowed by the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Paths {
    /// UDP first, then TCP and TURN.
    #[default]
    All,
    /// TCP to the media server.
    TcpOnly,
    /// TURN.
    RelayOnly,
}

/// The peer connections there are. One, or two on older servers.
#[derive(Default)]
pub(super) struct Peers {
    pub publisher: Option<Peer>,
    pub subscriber: Option<Peer>,
}

impl Peers {
    pub fn get(&mut self, target: Target) -> Option<&mut Peer> {
        match target {
            Target::Publisher => self.publisher.as_mut(),
            Target::Subscriber => self.subscriber.as_mut(),
        }
    }

    pub fn all(&mut self) -> impl Iterator<Item = &mut Peer> {
        self.publisher.iter_mut().chain(self.subscriber.iter_mut())
    }

    /// What is sent on this peer connection goes out.
    pub fn carry(&self, target: Target) -> bool {
        let peer = match target {
            Target::Publisher => &self.publisher,
            Target::Subscriber => &self.subscriber,
        };
        peer.as_ref().is_some_and(Peer::carries)
    }

    /// Every peer connection has its path.
    pub fn are_up(&self) -> bool {
        let mut peers = self.publisher.iter().chain(self.subscriber.iter()).peekable();
        peers.peek().is_some() && peers.all(Peer::is_up)
    }
}

struct Stream {
    io: IoId,
    target: Target,
    remote: SocketAddr,
    candidate: Option<Candidate>,
    deframer: Deframer,
}

struct Relay {
    target: Target,
    server: Server,
    username: String,
    credential: String,
    way: Way,
    candidate: Option<Candidate>,
}

enum Way {
    Resolving(IoId),
    Connecting { io: IoId, remote: SocketAddr },
    OverUdp { local: SocketAddr, allocation: Allocation },
    OverStream { io: IoId, allocation: Allocation },
    Closed,
}

/// One target's search for a path.
#[derive(Default, Clone, Copy)]
struct Search {
    /// When to open TCP and TURN.
    fallback_at: Option<Instant>,
    falling_back: bool,
}

pub(super) struct Network {
    paths: Paths,
    udp: Vec<(Target, SocketAddr)>,
    streams: Vec<Stream>,
    relays: Vec<Relay>,
    ice_servers: Vec<IceServer>,
    tcp_remotes: Vec<(Target, SocketAddr)>,
    publisher: Search,
    subscriber: Search,
    beside_us: bool,
    border: Within,
    /// The server has named an address that we may reach.
    found: bool,
    /// It has named one that we may not.
    refused: bool,
    next_id: u64,
    /// Candidates to tell the server.
    pub trickle: VecDeque<(Target, String)>,
}

impl Network {
    /// `beside_us`: the server is on this machine.
    pub fn new(first_io_id: u64, paths: Paths, beside_us: bool, border: Within) -> Network {
        Network {
            paths,
            udp: Vec::new(),
            streams: Vec::new(),
            relays: Vec::new(),
            ice_servers: Vec::new(),
            tcp_remotes: Vec::new(),
            publisher: Search::default(),
            subscriber: Search::default(),
            next_id: first_io_id,
            beside_us,
            border,
            found: false,
            refused: false,
            trickle: VecDeque::new(),
        }
    }

    pub fn id(&mut self) -> IoId {
        let id = IoId(self.next_id);
        self.next_id += 1;
        id
    }

    /// Deals out the sockets. Two peer connections from one socket to one server address could not
    /// be told apart, so with two the first socket of each address is the publisher's, the second
    /// the subscriber's. With one the second stays unused.
    pub fn assign_udp(&mut self, sockets: &[SocketAddr], dual: bool) {
        self.udp.clear();
        for socket in sockets {
            let same = self.udp.iter().filter(|(_, s)| s.ip() == socket.ip()).count();
            let target = match (dual, same) {
                (_, 0) => Target::Publisher,
                (true, 1) => Target::Subscriber,
                _ => continue,
            };
            self.udp.push((target, *socket));
        }
    }

    /// Gives a new peer connection its UDP candidates.
    pub fn add_host_candidates(&self, peer: &mut Peer) {
        if self.paths != Paths::All {
            return;
        }
        let target = peer.target;
        for (_, address) in self.udp.iter().filter(|(t, _)| *t == target) {
            if let Ok(candidate) = Candidate::host(*address, "udp") {
                peer.add_local(candidate);
            }
        }
    }

    /// The server's TURN servers, and whether it insists on them.
    pub fn set_ice_servers(&mut self, servers: Vec<IceServer>, force_relay: bool, peers: &mut Peers) {
        self.ice_servers = servers;
        if force_relay && self.paths != Paths::RelayOnly {
            self.paths = Paths::RelayOnly;
            for (target, address) in &self.udp {
                if let (Some(peer), Ok(candidate)) = (peers.get(*target), Candidate::host(*address, "udp")) {
                    peer.remove_local(&candidate);
                }
            }
        }
    }

    /// A peer connection starts to look for its path, or starts again.
    pub fn search(&mut self, target: Target, now: Instant) {
        let has_udp = self.paths == Paths::All && self.udp.iter().any(|(t, _)| *t == target);
        let wait = if has_udp { FALLBACK_AFTER } else { Duration::ZERO };
        *self.search_of(target) = Search { fallback_at: Some(now + wait), falling_back: false };
    }

    fn search_of(&mut self, target: Target) -> &mut Search {
        match target {
            Target::Publisher => &mut self.publisher,
            Target::Subscriber => &mut self.subscriber,
        }
    }

    /// The server told a candidate of its own.
    pub fn remote_candidate(&mut self, target: Target, line: &str, peers: &mut Peers, out: &mut VecDeque<Output>) {
        let Some(candidate) = border::candidate(line) else { return };
        if self.may_try(Purpose::Media, candidate.addr().ip()) {
            self.note_remote(target, &candidate, out);
            if let Some(peer) = peers.get(target) {
                peer.add_remote(candidate);
            }
        }
    }

    /// Notes the candidates that stand in a session description, and gives it back without those that may not be tried.
    pub fn remote_description(&mut self, target: Target, sdp: &str, out: &mut VecDeque<Output>) -> String {
        let mut kept = String::with_capacity(sdp.len());
        let mut candidates = 0;
        for line in sdp.split_inclusive('\n') {
            if border::is_candidate(line) {
                candidates += 1;
                let candidate = border::candidate(line).filter(|_| candidates <= CANDIDATES_MAX);
                match candidate {
                    Some(candidate) if self.may_try(Purpose::Media, candidate.addr().ip()) => {
                        self.note_remote(target, &candidate, out);
                    }
                    // What we cannot read, ICE is not to read either.
                    _ => continue,
                }
            }
            kept.push_str(line);
        }
        kept
    }

    /// Whether packets may go to an address that the server names.
    fn may_try(&mut self, purpose: Purpose, address: IpAddr) -> bool {
        let address = address.to_canonical();
        // A server elsewhere has no business with the services of this machine.
        if address.is_unspecified() || address.is_multicast() || (address.is_loopback() && !self.beside_us) {
            tracing::debug!(?purpose, "an address that leads nowhere");
            return false;
        }
        let may = self.border.may_reach(purpose, address);
        if may {
            self.found |= purpose == Purpose::Media;
        } else {
            self.refused = true;
            tracing::debug!(?purpose, "the policy does not allow an address that the server names");
        }
        may
    }

    /// The policy allows none of the addresses that the server has named.
    pub fn is_fenced_in(&self) -> bool {
        self.refused && !self.found
    }

    fn note_remote(&mut self, target: Target, candidate: &Candidate, out: &mut VecDeque<Output>) {
        let known = self.tcp_remotes.contains(&(target, candidate.addr()));
        if candidate.proto() != Protocol::Tcp
            || candidate.tcptype() == Some(TcpType::Active)
            || candidate.kind() != CandidateKind::Host
            || known
            || self.tcp_remotes.len() >= STREAMS_MAX
        {
            return;
        }
        self.tcp_remotes.push((target, candidate.addr()));
        if self.search_of(target).falling_back {
            self.open_stream(target, candidate.addr(), out);
        }
    }

    pub fn deadline(&self) -> Option<Instant> {
        let relays = self.relays.iter().filter_map(|r| r.way.allocation().and_then(Allocation::deadline));
        relays.chain(self.publisher.fallback_at).chain(self.subscriber.fallback_at).min()
    }

    pub fn timeout(&mut self, now: Instant, peers: &mut Peers, out: &mut VecDeque<Output>) {
        for target in [Target::Publisher, Target::Subscriber] {
            let search = self.search_of(target);
            if search.fallback_at.is_some_and(|at| at <= now) {
                search.fallback_at = None;
                if let Some(peer) = peers.get(target).filter(|p| !p.is_up()) {
                    let target = peer.target;
                    self.fall_back(target, now, out);
                }
            }
        }
        for relay in &mut self.relays {
            if let Some(allocation) = relay.way.allocation_mut()
                && allocation.deadline().is_some_and(|at| at <= now)
            {
                allocation.timeout(now);
            }
        }
        self.drive_relays(now, peers, out);
    }

    /// Only relays may be used, and none of them lets us in: nothing is left to wait for.
    pub fn is_exhausted(&self) -> bool {
        self.paths == Paths::RelayOnly
            && [(Target::Publisher, self.publisher), (Target::Subscriber, self.subscriber)].iter().any(|(t, search)| {
                search.falling_back && !self.relays.iter().any(|r| r.target == *t && !matches!(r.way, Way::Closed))
            })
    }

    fn fall_back(&mut self, target: Target, now: Instant, out: &mut VecDeque<Output>) {
        tracing::info!("no media path over UDP yet: trying the others");
        self.search_of(target).falling_back = true;
        if self.paths != Paths::RelayOnly {
            for (t, remote) in self.tcp_remotes.clone() {
                if t == target {
                    self.open_stream(target, remote, out);
                }
            }
        }
        if self.paths != Paths::TcpOnly {
            self.open_relays(target, now, out);
        }
    }

    fn open_stream(&mut self, target: Target, remote: SocketAddr, out: &mut VecDeque<Output>) {
        let open = self.streams.iter().any(|s| s.target == target && s.remote == remote);
        if open || self.streams.len() >= STREAMS_MAX || self.paths == Paths::RelayOnly {
            return;
        }
        let io = self.id();
        out.push_back(Output::OpenTcp { id: io, purpose: Purpose::Media, remote, tls: None });
        self.streams.push(Stream { io, target, remote, candidate: None, deframer: Deframer::default() });
    }

    fn open_relays(&mut self, target: Target, now: Instant, out: &mut VecDeque<Output>) {
        self.relays.retain(|r| !matches!(r.way, Way::Closed));
        for ice_server in self.ice_servers.clone() {
            for server in ice_server.urls.iter().filter_map(|u| Server::parse(u)) {
                let open = self.relays.iter().any(|r| r.target == target && r.server == server);
                if open || self.relays.len() >= RELAYS_MAX {
                    continue;
                }
                let address = server.host.parse().ok().map(|ip| SocketAddr::new(ip, server.port));
                let mut relay = Relay {
                    target,
                    username: ice_server.username.clone(),
                    credential: ice_server.credential.clone(),
                    server,
                    way: Way::Closed,
                    candidate: None,
                };
                match address {
                    Some(address) => self.reach(&mut relay, address, now, out),
                    None => {
                        let id = self.id();
                        let (host, port) = (relay.server.host.clone(), relay.server.port);
                        out.push_back(Output::Resolve { id, host, port });
                        relay.way = Way::Resolving(id);
                    }
                }
                self.relays.push(relay);
            }
        }
    }

    /// Starts an allocation on a TURN server whose address is known.
    fn reach(&mut self, relay: &mut Relay, remote: SocketAddr, now: Instant, out: &mut VecDeque<Output>) {
        if !self.may_try(Purpose::Relay, remote.ip()) {
            relay.way = Way::Closed;
            return;
        }
        relay.way = match relay.server.reach {
            Reach::Udp => {
                let local = self
                    .udp
                    .iter()
                    .find(|(t, s)| *t == relay.target && s.is_ipv4() == remote.is_ipv4())
                    .map(|(_, s)| *s);
                match local {
                    Some(local) => Way::OverUdp {
                        local,
                        allocation: Allocation::new(Reach::Udp, local, remote, &relay.username, &relay.credential, now),
                    },
                    None => Way::Closed,
                }
            }
            Reach::Tcp | Reach::Tls => {
                let io = self.id();
                let tls = (relay.server.reach == Reach::Tls).then(|| relay.server.host.clone());
                out.push_back(Output::OpenTcp { id: io, purpose: Purpose::Relay, remote, tls });
                Way::Connecting { io, remote }
            }
        };
    }

    pub fn resolved(
        &mut self,
        id: IoId,
        result: Result<Vec<SocketAddr>, NetError>,
        now: Instant,
        peers: &mut Peers,
        out: &mut VecDeque<Output>,
    ) {
        let Some(index) = self.relays.iter().position(|r| matches!(r.way, Way::Resolving(i) if i == id)) else {
            return;
        };
        let mut relay = self.relays.swap_remove(index);
        relay.way = Way::Closed;
        // The first address of a family we have a socket in, else the first; of those that we may reach.
        let mut addresses = result.unwrap_or_default();
        addresses.retain(|address| self.may_try(Purpose::Relay, address.ip()));
        let ours = |a: &&SocketAddr| self.udp.iter().any(|(_, s)| s.is_ipv4() == a.is_ipv4());
        if let Some(address) = addresses.iter().find(ours).or(addresses.first()) {
            self.reach(&mut relay, *address, now, out);
        }
        self.relays.push(relay);
        self.drive_relays(now, peers, out);
    }

    pub fn tcp(&mut self, id: IoId, event: TcpEvent<'_>, now: Instant, peers: &mut Peers, out: &mut VecDeque<Output>) {
        if let Some(index) = self.streams.iter().position(|s| s.io == id) {
            self.stream_event(index, event, now, peers);
        } else if let Some(relay) = self.relays.iter_mut().find(|r| r.way.io() == Some(id)) {
            match (event, &mut relay.way) {
                (TcpEvent::Connected { local }, Way::Connecting { io, remote }) => {
                    let (username, credential) = (&relay.username, &relay.credential);
                    let allocation = Allocation::new(relay.server.reach, local, *remote, username, credential, now);
                    relay.way = Way::OverStream { io: *io, allocation };
                }
                (TcpEvent::Data(bytes), Way::OverStream { allocation, .. }) => allocation.receive(bytes, now),
                (TcpEvent::Closed | TcpEvent::Failed(_), way) => {
                    *way = Way::Closed;
                    let target = relay.target;
                    if let (Some(candidate), Some(peer)) = (relay.candidate.take(), peers.get(target)) {
                        peer.remove_local(&candidate);
                    }
                }
                _ => {}
            }
            self.drive_relays(now, peers, out);
        }
    }

    fn stream_event(&mut self, index: usize, event: TcpEvent<'_>, now: Instant, peers: &mut Peers) {
        let stream = &mut self.streams[index];
        let Some(peer) = peers.get(stream.target) else { return };
        match event {
            TcpEvent::Connected { local } => {
                let candidate = Candidate::builder().tcp().host(local).tcptype(TcpType::Active).build();
                if let Ok(candidate) = candidate {
                    stream.candidate = Some(candidate.clone());
                    peer.add_local(candidate);
                }
            }
            TcpEvent::Data(piece) => {
                let Some(local) = stream.candidate.as_ref().map(Candidate::local) else { return };
                let remote = stream.remote;
                stream.deframer.push(piece, |datagram| {
                    peer.receive(now, Protocol::Tcp, remote, local, datagram);
                });
            }
            TcpEvent::Closed | TcpEvent::Failed(_) => {
                if let Some(candidate) = self.streams.swap_remove(index).candidate {
                    peer.remove_local(&candidate);
                }
            }
        }
    }

    /// A datagram arrived on one of our sockets.
    pub fn datagram(
        &mut self,
        local: SocketAddr,
        remote: SocketAddr,
        bytes: &[u8],
        now: Instant,
        peers: &mut Peers,
        out: &mut VecDeque<Output>,
    ) {
        let relay = self.relays.iter_mut().find_map(|r| match &mut r.way {
            Way::OverUdp { local: l, allocation } if *l == local && allocation.server() == remote => Some(allocation),
            _ => None,
        });
        if let Some(allocation) = relay {
            allocation.receive(bytes, now);
            self.drive_relays(now, peers, out);
            return;
        }
        // Who may not be reached is not answered either: an answer leaves too, and makes a path for more.
        if self.paths != Paths::All || !self.border.may_come_from(Purpose::Media, remote.ip()) {
            return;
        }
        let Some((target, _)) = self.udp.iter().find(|(_, s)| *s == local) else { return };
        if let Some(peer) = peers.get(*target)
            && peer.accepts(now, Protocol::Udp, remote, local, bytes)
        {
            peer.receive(now, Protocol::Udp, remote, local, bytes);
        }
    }

    /// Carries what a peer connection sends.
    pub fn transmit(&mut self, transmit: &Transmit, now: Instant, out: &mut VecDeque<Output>) {
        let (source, destination) = (transmit.source, transmit.destination);
        if !self.border.may_reach(Purpose::Media, destination.ip()) {
            return;
        }
        if transmit.proto == Protocol::Tcp {
            let stream = self
                .streams
                .iter()
                .find(|s| s.remote == destination && s.candidate.as_ref().is_some_and(|c| c.local() == source));
            if let (Some(stream), Some(bytes)) = (stream, frame(&transmit.contents)) {
                out.push_back(Output::SendTcp { id: stream.io, bytes });
            }
            return;
        }
        let relay = self
            .relays
            .iter_mut()
            .filter(|r| r.way.allocation().and_then(Allocation::relayed) == Some(source))
            .find_map(|r| r.way.allocation_mut());
        if let Some(allocation) = relay {
            allocation.send(destination, &transmit.contents, now);
            self.flush_relays(out);
        } else if self.paths == Paths::All && self.udp.iter().any(|(_, s)| *s == source) {
            let bytes = transmit.contents.to_vec();
            out.push_back(Output::Datagram { purpose: Purpose::Media, local: source, remote: destination, bytes });
        }
    }

    /// Carries out what the allocations want, until they want nothing.
    fn drive_relays(&mut self, now: Instant, peers: &mut Peers, out: &mut VecDeque<Output>) {
        for relay in &mut self.relays {
            while let Some(todo) = relay.way.allocation_mut().and_then(Allocation::poll) {
                match todo {
                    Todo::Send(bytes) => out.extend(relay.way.carry(bytes)),
                    Todo::Relayed(address) => {
                        let Some(peer) = peers.get(relay.target) else { continue };
                        // The relayed address stands for the allocation: str0m sends "from" it.
                        let Ok(candidate) = Candidate::relayed(address, address, "udp") else { continue };
                        relay.candidate = Some(candidate.clone());
                        if let Some(line) = peer.add_local(candidate) {
                            self.trickle.push_back((relay.target, line));
                        }
                    }
                    Todo::Received { from, bytes } => {
                        let Some(local) = relay.way.allocation().and_then(Allocation::relayed) else { continue };
                        // What a relay hands us comes from elsewhere, and an answer would go there.
                        if !self.border.may_come_from(Purpose::Media, from.ip()) {
                            continue;
                        }
                        if let Some(peer) = peers.get(relay.target)
                            && peer.accepts(now, Protocol::Udp, from, local, &bytes)
                        {
                            peer.receive(now, Protocol::Udp, from, local, &bytes);
                        }
                    }
                    Todo::Failed => {
                        if let Some(io) = relay.way.io() {
                            out.push_back(Output::CloseTcp { id: io });
                        }
                        relay.way = Way::Closed;
                        if let (Some(candidate), Some(peer)) = (relay.candidate.take(), peers.get(relay.target)) {
                            peer.remove_local(&candidate);
                        }
                    }
                }
            }
        }
    }

    /// Only what was queued by sending: no peer is involved.
    fn flush_relays(&mut self, out: &mut VecDeque<Output>) {
        for relay in &mut self.relays {
            let mut later = Vec::new();
            while let Some(todo) = relay.way.allocation_mut().and_then(Allocation::poll) {
                match todo {
                    Todo::Send(bytes) => out.extend(relay.way.carry(bytes)),
                    other => later.push(other),
                }
            }
            if let Some(allocation) = relay.way.allocation_mut() {
                allocation.put_back(later);
            }
        }
    }

    /// Closes every stream and allocation; the peer connections are gone.
    pub fn close(&mut self, now: Instant, out: &mut VecDeque<Output>) {
        for relay in &mut self.relays {
            if let Some(allocation) = relay.way.allocation_mut() {
                allocation.close(now);
            }
        }
        self.flush_relays(out);
        let relays = self.relays.iter().filter_map(|r| r.way.io());
        out.extend(self.streams.iter().map(|s| s.io).chain(relays).map(|id| Output::CloseTcp { id }));
        self.streams.clear();
        self.relays.clear();
        self.tcp_remotes.clear();
        self.trickle.clear();
        (self.found, self.refused) = (false, false);
        self.publisher = Search::default();
        self.subscriber = Search::default();
    }
}

impl Way {
    fn allocation(&self) -> Option<&Allocation> {
        match self {
            Way::OverUdp { allocation, .. } | Way::OverStream { allocation, .. } => Some(allocation),
            _ => None,
        }
    }

    fn allocation_mut(&mut self) -> Option<&mut Allocation> {
        match self {
            Way::OverUdp { allocation, .. } | Way::OverStream { allocation, .. } => Some(allocation),
            _ => None,
        }
    }

    /// The stream to the TURN server.
    fn io(&self) -> Option<IoId> {
        match self {
            Way::Connecting { io, .. } | Way::OverStream { io, .. } => Some(*io),
            _ => None,
        }
    }

    fn carry(&self, bytes: Vec<u8>) -> Option<Output> {
        match self {
            Way::OverUdp { local, allocation } => {
                Some(Output::Datagram { purpose: Purpose::Relay, local: *local, remote: allocation.server(), bytes })
            }
            Way::OverStream { io, .. } => Some(Output::SendTcp { id: *io, bytes }),
            _ => None,
        }
    }
}
