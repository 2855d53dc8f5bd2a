//! TURN against coturn, which we did not write: media over UDP, TCP and TLS to a relay, and only there.
//!
//! Needs `turnserver` (Debian: coturn) and `openssl`. Where the first is missing the tests say so and
//! pass, unless `HUISCLOS_NEED_COTURN=1`.

mod support;
#[path = "support/loopback.rs"]
mod loopback;
#[path = "support/turnserver.rs"]
mod turnserver;

use std::time::Duration;

use loopback::{Meeting, TurnOffer};
use meeting::io::{End, Event, Kind, ReceivedFrame};
use meeting::livekit::Paths;
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

#[test]
fn a_relay_whose_nonces_grow_stale_goes_on() {
    let Some(server) = TurnServer::start(&["--stale-nonce=1"]) else { return };
    let mut meeting = joined(&server, Paths::RelayOnly, offer(format!("turn:{}?transport=udp", server.plain)));
    media_flows(&mut meeting);
    assert!(!meeting.run_until(3 * SECOND, |m| m.events.contains(&Event::Reconnecting)), "{:?}", meeting.events);
    media_flows(&mut meeting);
}
