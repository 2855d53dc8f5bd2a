//! A meeting keeps within its border: what the server names outside of it is not tried, and who comes from there is not
//! answered.

mod support;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use meeting::border::{Border, Within};
use meeting::io::*;
use support::{CLIENT, SERVER, World, config};

const SECOND: Duration = Duration::from_secs(1);
const ABROAD: &str = "198.51.100.7:7882";

/// Lets through what it is asked for these purposes, at the server's address alone.
struct Only(&'static [Purpose]);

impl Border for Only {
    fn may_reach(&self, purpose: Purpose, address: IpAddr) -> bool {
        self.0.contains(&purpose) && address == IpAddr::from([10, 0, 0, 9])
    }
}

fn within(purposes: &'static [Purpose]) -> meeting::livekit::Config {
    meeting::livekit::Config { border: Within(Arc::new(Only(purposes))), ..config() }
}

fn is_joined(world: &mut World) -> bool {
    world.run_until(5 * SECOND, |w| w.has(|e| matches!(e, Event::Joined { .. })))
}

#[test]
fn a_meeting_all_of_whose_addresses_are_outside_ends_with_that_reason_and_sends_nothing() {
    let mut world = World::new(within(&[Purpose::Signalling, Purpose::Relay]));
    world.run_until(30 * SECOND, |w| w.ended().is_some());
    assert_eq!(world.ended(), Some(&End::OutsidePolicy));
    assert!(world.sent_to.is_empty() && world.tcp_used == 0, "{:?}", world.sent_to);
}

#[test]
fn within_the_border_a_meeting_is_like_any_other() {
    let mut world = World::new(within(&[Purpose::Media]));
    assert!(is_joined(&mut world), "{:?}", world.events);
    assert_eq!(world.sent_to.iter().map(ToString::to_string).collect::<Vec<_>>(), [SERVER]);
}

/// Where the client sends what, after somebody at another address has repeated the server's own connectivity check: with
/// the right credentials, as a server that has more addresses than it tells would have them.
fn asked_from_abroad(config: meeting::livekit::Config) -> World {
    let mut world = World::new(config);
    assert!(is_joined(&mut world), "{:?}", world.events);
    let request = world.stun_request.clone().expect("the server checks connectivity too");
    let (local, remote) = (CLIENT.parse().unwrap(), ABROAD.parse().unwrap());
    world.handle(Input::Datagram { local, remote, bytes: &request });
    world.run(5 * SECOND);
    world
}

#[test]
fn who_comes_from_outside_is_not_answered() {
    let world = asked_from_abroad(within(&[Purpose::Media]));
    assert!(!world.sent_to.contains(&ABROAD.parse().unwrap()), "{:?}", world.sent_to);
    let open = asked_from_abroad(config());
    assert!(open.sent_to.contains(&ABROAD.parse().unwrap()), "without a border there would be an answer");
}

#[test]
fn refused_by_the_shell_a_meeting_ends_with_that_reason() {
    let mut world = World::prepared(config(), meeting::livekit::Paths::All, |w| {
        w.faults.no_connection = Some(NetError::OutsidePolicy);
    });
    world.run_until(30 * SECOND, |w| w.ended().is_some());
    assert_eq!(world.ended(), Some(&End::OutsidePolicy));
}
