//! TURN against coturn, which we did not write: media over UDP, TCP and TLS to a relay, and only there.
//!
//! Needs `turnserver` (Debian: coturn) and `openssl`. Where the first is missing the tests say so and
//! pass, unless `HUISCLOS_NEED_COTURN=1`.

#[path = "support/loopback.rs"]
mod loopback;
#[path = "support/stream.rs"]
mod stream;
mod support;
#[path = "support/turnserver.rs"]
mod turnserver;

use std::net::UdpSocket;
use std::time::{Duration, Instant};

use loopback::{Meeting, TurnOffer};
use meeting::io::{End, Event, Kind, ReceivedFrame};
use meeting::livekit::Paths;
use meeting::livekit::turn::{Allocation, Reach, Todo};
use str0m::media::MediaKind;
use turnserver::{PASSWORD, TurnServer, USER};

const SECOND: Duration = Duration::from_secs(1);

fn offer(url: String) -> TurnOffer {
    TurnOffer { url, user: USER.into(), password: PASSWORD.into(), force: false }
}

fn joined(server: &TurnServer, paths: Paths, turn: TurnOffer) -> Meeting {
    let mut meeting = Meeting::join(paths, turn, &server.authority());
    let is_in = |m: &mut Meeting| m.events.iter().any(|e| matches!(e, Event::Joined { .. }));
    assert!(meeting.run_until(12 * SECOND, is_in), "{:?}", meeting.events);
    meeting
}

/// Sound and picture, both ways.
fn media_flows(meeting: &mut Meeting) {
    meeting.frames.clear();
    meeting.heard.clear();
    let mut next = meeting.elapsed();
    let flows = meeting.run_until(10 * SECOND, |m| {
        if m.elapsed() >= next {
            next += Duration::from_millis(20);
            m.send_frames();
        }
        let received = |kind| m.frames.iter().filter(|f: &&ReceivedFrame| f.kind == kind).count() >= 20;
        let heard = |kind| m.heard.iter().filter(|k| **k == kind).count() >= 20;
        received(Kind::Audio) && received(Kind::Video) && heard(MediaKind::Audio) && heard(MediaKind::Video)
    });
    assert!(flows, "received {} frames, sent {}", meeting.frames.len(), meeting.heard.len());
}

/// Nothing went past the relay, in either direction.
fn only_the_relay_was_used(meeting: &Meeting, server: &TurnServer) {
    assert!(meeting.sources.iter().all(|from| *from != meeting.own_address()), "the server was reached directly");
    assert!(meeting.destinations.iter().all(|to| *to == server.plain), "{:?}", meeting.destinations);
}

#[test]
fn a_server_that_insists_on_turn_is_met_over_udp_to_the_relay() {
    let Some(server) = TurnServer::start(&[]) else { return };
    let turn = TurnOffer { force: true, ..offer(format!("turn:{}?transport=udp", server.plain)) };
    let mut meeting = joined(&server, Paths::All, turn);
    media_flows(&mut meeting);
    only_the_relay_was_used(&meeting, &server);
    assert!(!meeting.destinations.is_empty());
}

#[test]
fn a_policy_of_relays_only_is_kept_over_tcp() {
    let Some(server) = TurnServer::start(&[]) else { return };
    let mut meeting = joined(&server, Paths::RelayOnly, offer(format!("turn:{}?transport=tcp", server.plain)));
    media_flows(&mut meeting);
    only_the_relay_was_used(&meeting, &server);
    assert!(meeting.destinations.is_empty(), "all of it goes over the stream");
}

#[test]
fn a_policy_of_relays_only_is_kept_over_tls() {
    let Some(server) = TurnServer::start(&[]) else { return };
    let url = format!("turns:localhost:{}?transport=tcp", server.secure.port());
    let mut meeting = joined(&server, Paths::RelayOnly, offer(url));
    media_flows(&mut meeting);
    only_the_relay_was_used(&meeting, &server);
    assert!(meeting.destinations.is_empty(), "all of it goes over the stream");
}

#[test]
fn wrong_credentials_end_with_a_reason_and_soon() {
    let Some(server) = TurnServer::start(&[]) else { return };
    for url in [
        format!("turn:{}?transport=udp", server.plain),
        format!("turn:{}?transport=tcp", server.plain),
        format!("turns:localhost:{}?transport=tcp", server.secure.port()),
    ] {
        let turn = TurnOffer { password: "wrong".into(), ..offer(url.clone()) };
        let mut meeting = Meeting::join(Paths::RelayOnly, turn, &server.authority());
        assert!(meeting.run_until(10 * SECOND, |m| m.ended().is_some()), "{url}: {:?}", meeting.events);
        assert_eq!(meeting.ended(), Some(&End::MediaUnreachable), "{url}");
    }
}

/// An allocation on its own, and the socket it goes over.
struct Relay {
    socket: UdpSocket,
    allocation: Allocation,
    /// How far the allocation's clock is ahead of ours.
    ahead: Duration,
    received: Vec<Vec<u8>>,
    /// Answers that said "stale nonce".
    stale: u32,
}

/// How STUN writes error 438, stale nonce, after the attribute's head.
const STALE_NONCE: [u8; 4] = [0, 0, 4, 38];

impl Relay {
    fn now(&self) -> Instant {
        Instant::now() + self.ahead
    }

    /// Carries bytes between the allocation and the server, until none has come for a while.
    fn run(&mut self) {
        self.allocation.timeout(self.now());
        let mut buffer = [0; 2048];
        loop {
            while let Some(todo) = self.allocation.poll() {
                match todo {
                    Todo::Send(bytes) => drop(self.socket.send_to(&bytes, self.allocation.server())),
                    Todo::Received { bytes, .. } => self.received.push(bytes),
                    Todo::Relayed(_) => {}
                    Todo::Failed => panic!("the allocation is lost"),
                }
            }
            let Ok(length) = self.socket.recv(&mut buffer) else { return };
            self.stale += u32::from(buffer[..length].windows(4).any(|piece| piece == STALE_NONCE));
            self.allocation.receive(&buffer[..length], self.now());
        }
    }

    /// Whether bytes reach this peer and come back.
    fn reaches(&mut self, peer: &UdpSocket) -> bool {
        let mut buffer = [0; 16];
        self.received.clear();
        for _ in 0..40 {
            self.allocation.send(peer.local_addr().unwrap(), b"hello", self.now());
            self.run();
            if let Ok((_, from)) = peer.recv_from(&mut buffer) {
                assert_eq!(Some(from), self.allocation.relayed());
                peer.send_to(b"hello yourself", from).unwrap();
            }
            if self.received.contains(&b"hello yourself".to_vec()) {
                return true;
            }
        }
        false
    }

    /// The server's clock cannot be stepped: its nonces grow stale while we wait.
    fn wait_for_stale_nonces(&mut self) {
        let until = Instant::now() + 2 * SECOND;
        while Instant::now() < until {
            self.run();
        }
    }
}

#[test]
fn a_relay_whose_nonces_grow_stale_lets_in_new_peers_and_keeps_the_old() {
    let Some(server) = TurnServer::start(&["--stale-nonce=1"]) else { return };
    let socket = || {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
        socket
    };
    let (ours, first, second) = (socket(), socket(), socket());
    let local = ours.local_addr().unwrap();
    let allocation = Allocation::new(Reach::Udp, local, server.plain, USER, PASSWORD, Instant::now());
    let mut relay = Relay { socket: ours, allocation, ahead: Duration::ZERO, received: Vec::new(), stale: 0 };
    relay.wait_for_stale_nonces();
    assert!(relay.reaches(&first));
    relay.wait_for_stale_nonces();
    // By our clock it is time to renew what was permitted, and with it the nonce.
    relay.ahead = 290 * SECOND;
    assert!(relay.reaches(&first) && relay.reaches(&second));
    assert!(relay.stale >= 2, "no nonce grew stale: the test shows nothing");
}
