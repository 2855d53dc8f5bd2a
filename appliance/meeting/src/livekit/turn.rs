//! One allocation on a TURN server (RFC 8656), over UDP, TCP or TLS.
//!
//! The shell ends TLS, so to the protocol TCP and TLS are the same. Whoever owns an [`Allocation`]
//! carries its bytes: [`Allocation::poll`] says what to do next.

mod stream;

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use turn_client_proto::api::{TurnClientApi, TurnConfig, TurnEvent, TurnPollRet, TurnRecvRet};
use turn_client_proto::client::TurnClient;
use turn_client_proto::stun::agent::Transmit;
use turn_client_proto::stun::types::attribute::{AttributeStaticType, ErrorCode, MessageIntegrity};
use turn_client_proto::stun::types::message::{Message, MessageClass, TransactionId};
use turn_client_proto::tcp::TurnClientTcp;
use turn_client_proto::types::{AddressFamily, TransportType, TurnCredentials};
use turn_client_proto::udp::TurnClientUdp;

/// Peers one allocation talks to at most; a LiveKit server has a few addresses.
const PEERS_MAX: usize = 16;

/// How a TURN server is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    Udp,
    Tcp,
    Tls,
}

/// A TURN server's address as it stands in `ice_servers`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    pub host: String,
    pub port: u16,
    pub reach: Reach,
}

impl Server {
    /// Reads a `turn:` or `turns:` URI (RFC 7065). `None`: another scheme, or DTLS.
    ///
    /// ```
    /// use meeting::livekit::turn::{Reach, Server};
    /// let server = Server::parse("turns:turn.example:443?transport=tcp").unwrap();
    /// assert_eq!((server.port, server.reach), (443, Reach::Tls));
    /// assert!(Server::parse("stun:stun.example").is_none());
    /// ```
    pub fn parse(uri: &str) -> Option<Server> {
        let (scheme, rest) = uri.split_once(':')?;
        let secure = match scheme.to_ascii_lowercase().as_str() {
            "turn" => false,
            "turns" => true,
            _ => return None,
        };
        let (address, query) = rest.split_once('?').unwrap_or((rest, ""));
        let transport = query.split('&').find_map(|p| p.strip_prefix("transport="));
        let reach = match (secure, transport) {
            (false, None | Some("udp")) => Reach::Udp,
            (false, Some("tcp")) => Reach::Tcp,
            (true, None | Some("tcp")) => Reach::Tls,
            _ => return None,
        };
        let (host, port) = match address.strip_prefix('[') {
            Some(v6) => {
                let (host, rest) = v6.split_once(']')?;
                (host, rest.strip_prefix(':'))
            }
            None => match address.rsplit_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (address, None),
            },
        };
        let default_port = if secure { 5349 } else { 3478 };
        let port = port.map_or(Some(default_port), |p| p.parse().ok())?;
        (!host.is_empty()).then(|| Server { host: host.to_owned(), port, reach })
    }
}

/// What the owner of an allocation is to do, or to know.
#[derive(Debug, PartialEq, Eq)]
pub enum Todo {
    /// Send these bytes to the TURN server.
    Send(Vec<u8>),
    /// The server has given us this address.
    Relayed(SocketAddr),
    /// Somebody sent us this through the server.
    Received { from: SocketAddr, bytes: Vec<u8> },
    /// There is no allocation, or no more.
    Failed,
}

/// One allocation.
pub struct Allocation {
    client: TurnClient,
    /// Where the protocol's clock starts.
    start: Instant,
    todo: VecDeque<Todo>,
    wake: Option<Instant>,
    relayed: Option<SocketAddr>,
    permitted: Vec<IpAddr>,
    bound: Vec<SocketAddr>,
    /// What has come on the stream; `None` over UDP.
    stream: Option<stream::Messages>,
    /// The request that showed our credentials, until they were accepted.
    presented: Option<TransactionId>,
    failed: bool,
}

impl Allocation {
    /// Asks the server for an allocation. `local` and `server` are the addresses of our socket or
    /// stream and the server's.
    pub fn new(
        reach: Reach,
        local: SocketAddr,
        server: SocketAddr,
        username: &str,
        credential: &str,
        now: Instant,
    ) -> Allocation {
        let mut config = TurnConfig::new(TurnCredentials::new(username, credential));
        if server.is_ipv6() {
            config.set_address_family(AddressFamily::IPV6);
        }
        let client = match reach {
            Reach::Udp => TurnClientUdp::allocate(local, server, config).into(),
            Reach::Tcp | Reach::Tls => TurnClientTcp::allocate(local, server, config).into(),
        };
        let mut allocation = Allocation {
            client,
            start: now,
            todo: VecDeque::new(),
            wake: None,
            relayed: None,
            permitted: Vec::new(),
            bound: Vec::new(),
            stream: (reach != Reach::Udp).then(stream::Messages::default),
            presented: None,
            failed: false,
        };
        allocation.drive(now);
        allocation
    }

    /// The address others reach us at, once there is one.
    pub fn relayed(&self) -> Option<SocketAddr> {
        self.relayed
    }

    /// The TURN server's address.
    pub fn server(&self) -> SocketAddr {
        self.client.remote_addr()
    }

    /// The next thing to do, until `None`.
    pub fn poll(&mut self) -> Option<Todo> {
        self.todo.pop_front()
    }

    /// Puts back what cannot be done yet, before anything newer.
    pub(super) fn put_back(&mut self, todo: Vec<Todo>) {
        for todo in todo.into_iter().rev() {
            self.todo.push_front(todo);
        }
    }

    /// When to call [`Allocation::timeout`].
    pub fn deadline(&self) -> Option<Instant> {
        if self.failed { None } else { self.wake }
    }

    pub fn timeout(&mut self, now: Instant) {
        self.drive(now);
    }

    /// Bytes from the TURN server: a datagram, or a piece of the stream.
    pub fn receive(&mut self, bytes: &[u8], now: Instant) {
        if self.failed {
            return;
        }
        match self.stream.as_mut().map(|stream| stream.push(bytes)) {
            None => self.message(bytes, now),
            Some(Ok(messages)) => messages.iter().for_each(|message| self.message(message, now)),
            Some(Err(stream::Garbled)) => {
                tracing::info!("what the TURN server sends is not TURN");
                self.fail();
            }
        }
        self.drive(now);
    }

    /// One whole message from the TURN server.
    fn message(&mut self, bytes: &[u8], now: Instant) {
        // The protocol takes nothing for the end of the stream.
        if bytes.is_empty() {
            return;
        }
        if self.refuses_us(bytes) {
            tracing::info!("the TURN server refuses our credentials");
            return self.fail();
        }
        let at = self.at(now);
        let transmit =
            Transmit::new(bytes, self.client.transport(), self.client.remote_addr(), self.client.local_addr());
        if let TurnRecvRet::PeerData(data) = self.client.recv(transmit, at) {
            self.todo.push_back(Todo::Received { from: data.peer, bytes: data.data().to_vec() });
        }
        while let Some(data) = self.client.poll_recv(at) {
            self.todo.push_back(Todo::Received { from: data.peer, bytes: data.data().to_vec() });
        }
    }

    /// Whether this refuses the credentials we have shown. Such an answer cannot be authenticated, so
    /// the protocol passes over it and asks again until it tires; but nothing better will come.
    fn refuses_us(&self, bytes: &[u8]) -> bool {
        let Some(presented) = self.presented else { return false };
        Message::from_bytes(bytes).is_ok_and(|message| {
            message.transaction_id() == presented
                && message.has_class(MessageClass::Error)
                && message.attribute::<ErrorCode>().is_ok_and(|e| e.code() == ErrorCode::UNAUTHORIZED)
        })
    }

    /// Sends through the server. Until the server permits the peer, the bytes are dropped: what
    /// goes through here (STUN, DTLS) repeats itself.
    pub fn send(&mut self, to: SocketAddr, bytes: &[u8], now: Instant) {
        if self.failed || self.relayed.is_none() {
            return;
        }
        let at = self.at(now);
        if self.client.have_permission(TransportType::Udp, to.ip()) {
            if !self.bound.contains(&to) && self.bound.len() < PEERS_MAX {
                self.bound.push(to);
                // A channel only saves bytes: without one, indications are sent.
                let _ = self.client.bind_channel(TransportType::Udp, to, at);
            }
            if let Ok(Some(transmit)) = self.client.send_to(TransportType::Udp, to, bytes, at) {
                let bytes = transmit.build().data;
                self.transmit(bytes);
            }
        } else if !self.permitted.contains(&to.ip()) && self.permitted.len() < PEERS_MAX {
            self.permitted.push(to.ip());
            let _ = self.client.create_permission(TransportType::Udp, to.ip(), at);
        }
        self.drive(now);
    }

    /// Gives the allocation back.
    pub fn close(&mut self, now: Instant) {
        let at = self.at(now);
        if self.client.delete(at).is_ok() {
            self.drive(now);
        }
        self.failed = true;
    }

    fn at(&self, now: Instant) -> turn_client_proto::stun::Instant {
        let elapsed = now.saturating_duration_since(self.start).as_nanos();
        turn_client_proto::stun::Instant::from_nanos(i64::try_from(elapsed).unwrap_or(i64::MAX))
    }

    fn drive(&mut self, now: Instant) {
        if self.failed {
            return;
        }
        let at = self.at(now);
        self.wake = match self.client.poll(at) {
            TurnPollRet::WaitUntil(until) => {
                let nanos = u64::try_from(until.as_nanos()).unwrap_or(0);
                // At least a millisecond away, or a protocol that wants to wake at once would spin.
                let next = self.start.checked_add(Duration::from_nanos(nanos));
                next.map(|next| next.max(now + Duration::from_millis(1)))
            }
            TurnPollRet::Closed => {
                self.fail();
                None
            }
            // Only for TCP between the relay and the peer, which we do not ask for.
            TurnPollRet::AllocateTcpSocket { .. } | TurnPollRet::TcpClose { .. } => None,
        };
        while let Some(transmit) = self.client.poll_transmit(at) {
            let bytes = transmit.data.to_vec();
            if self.relayed.is_none()
                && let Ok(request) = Message::from_bytes(&bytes)
                && request.has_attribute(MessageIntegrity::TYPE)
            {
                self.presented = Some(request.transaction_id());
            }
            self.transmit(bytes);
        }
        while let Some(event) = self.client.poll_event() {
            match event {
                TurnEvent::AllocationCreated(TransportType::Udp, address) => {
                    self.relayed = Some(address);
                    self.presented = None;
                    self.todo.push_back(Todo::Relayed(address));
                }
                TurnEvent::AllocationCreateFailed(_) => self.fail(),
                TurnEvent::PermissionCreateFailed(_, ip) => self.permitted.retain(|p| *p != ip),
                _ => {}
            }
        }
    }

    fn transmit(&mut self, bytes: Vec<u8>) {
        self.todo.push_back(Todo::Send(if self.stream.is_some() { stream::pad(bytes) } else { bytes }));
    }

    fn fail(&mut self) {
        if !self.failed {
            self.failed = true;
            self.todo.push_back(Todo::Failed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn server_addresses_are_read_as_rfc_7065_writes_them() {
        let read = |uri| Server::parse(uri).map(|s| (s.host, s.port, s.reach));
        assert_eq!(read("turn:1.2.3.4"), Some(("1.2.3.4".into(), 3478, Reach::Udp)));
        assert_eq!(read("turn:t.example:80?transport=tcp"), Some(("t.example".into(), 80, Reach::Tcp)));
        assert_eq!(read("turns:[2001:db8::1]:443"), Some(("2001:db8::1".into(), 443, Reach::Tls)));
        assert_eq!(read("turns:t.example"), Some(("t.example".into(), 5349, Reach::Tls)));
        for bad in ["", "turn:", "turn::3478", "stun:x", "turn:x:99999", "turns:x?transport=udp", "turn:[::1"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    #[test]
    fn garbage_from_the_server_changes_nothing() {
        let now = Instant::now();
        let address = "127.0.0.1:1000".parse().unwrap();
        let server = "127.0.0.1:3478".parse().unwrap();
        for reach in [Reach::Udp, Reach::Tcp] {
            let mut allocation = Allocation::new(reach, address, server, "u", "p", now);
            assert!(matches!(allocation.poll(), Some(Todo::Send(_))));
            for n in 0..200_u32 {
                let bytes: Vec<u8> = (0..n).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
                allocation.receive(&bytes, now);
            }
            assert_eq!(allocation.relayed(), None);
        }
    }
}
