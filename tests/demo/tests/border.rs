//! What leaves a room whose meeting's servers are hostile, as a capture on its only cable shows it.
//!
//! Each test has a world of its own, in network namespaces: the room at one end of a cable, everything else at the other.
//! The other end has every address, at home (203.0.113.0/24) and abroad (198.51.100.0/24), and records what comes.

mod world;

use std::collections::BTreeSet;
use std::time::Duration;

use sandbox::core::Lies;
use world::{ABROAD, DNS, HOME, LIAR, Policy, World, in_a_world};

/// Where the policy does not let anything go: media, TCP and UDP, of both families.
fn candidates_abroad() -> Lies {
    let candidate = |number: u32, transport: &str, address: &str, rest: &str| {
        format!("{number} 1 {transport} 2130706431 {address} 7881 typ host{rest}")
    };
    Lies {
        candidates: vec![
            candidate(91, "udp", ABROAD, ""),
            candidate(92, "tcp", ABROAD, " tcptype passive"),
            candidate(93, "udp", "2001:db8:abad::7", ""),
            candidate(94, "UDP", "::ffff:198.51.100.9", ""),
        ],
        ..Lies::default()
    }
}

/// Longer than UDP is given before TCP and TURN are tried.
async fn everything_is_tried() {
    tokio::time::sleep(Duration::from_secs(4)).await;
}

#[test]
fn a_server_that_names_addresses_abroad_is_met_at_home() {
    in_a_world("a_server_that_names_addresses_abroad_is_met_at_home", async |world: World| {
        world.server.tell_lies(candidates_abroad());
        let room = world.room(Policy::InForce).await;
        room.join().await;
        room.reaches("in-call").await;
        everything_is_tried().await;
        world.only_reached(&[HOME, DNS]).await;
    });
}

#[test]
fn without_a_policy_the_same_server_is_answered_abroad() {
    in_a_world("without_a_policy_the_same_server_is_answered_abroad", async |world: World| {
        world.server.tell_lies(candidates_abroad());
        let room = world.room(Policy::Absent).await;
        room.join().await;
        room.reaches("in-call").await;
        everything_is_tried().await;
        let reached = world.reached().await;
        assert!(reached.contains(ABROAD) && reached.contains("2001:db8:abad::7"), "{reached:?}");
    });
}

#[test]
fn the_kernel_holds_back_what_a_room_without_a_policy_would_send() {
    in_a_world("the_kernel_holds_back_what_a_room_without_a_policy_would_send", async |world: World| {
        world.server.tell_lies(candidates_abroad());
        world.load_kernel_table();
        let room = world.room(Policy::Absent).await;
        room.join().await;
        room.reaches("in-call").await;
        everything_is_tried().await;
        world.only_reached(&[HOME, DNS]).await;
        assert!(world.kernel_dropped() > 0, "nothing was there to drop");
    });
}

#[test]
fn a_name_that_comes_to_mean_an_address_abroad_leads_nowhere() {
    in_a_world("a_name_that_comes_to_mean_an_address_abroad_leads_nowhere", async |world: World| {
        let room = world.room(Policy::InForce).await;
        room.join().await;
        room.reaches("in-call").await;
        room.command(&["leave"]).await;
        room.reaches("home").await;
        world.resolve("visio.example", &[ABROAD]);
        room.join().await;
        room.fails_with("OutsidePolicy").await;
        // Among several addresses, the one at home.
        world.resolve("visio.example", &[ABROAD, HOME]);
        room.join().await;
        room.reaches("in-call").await;
        world.only_reached(&[HOME, DNS]).await;
    });
}

#[test]
fn without_a_policy_the_changed_name_is_followed() {
    in_a_world("without_a_policy_the_changed_name_is_followed", async |world: World| {
        world.resolve("visio.example", &[ABROAD]);
        let room = world.room(Policy::Absent).await;
        room.join().await;
        room.reaches("in-call").await;
        assert!(world.reached().await.contains(ABROAD));
    });
}

#[test]
fn a_redirection_is_not_followed() {
    in_a_world("a_redirection_is_not_followed", async |world: World| {
        world.resolve("abroad.example", &[ABROAD]);
        let room = world.room(Policy::InForce).await;
        for place in ["https://abroad.example/", "https://198.51.100.7/"] {
            world.redirect(Some(place));
            room.join().await;
            room.reaches("failed").await;
        }
        world.redirect(None);
        room.join().await;
        room.reaches("in-call").await;
        world.only_reached(&[HOME, DNS]).await;
    });
}

#[test]
fn a_media_server_abroad_is_not_spoken_to() {
    in_a_world("a_media_server_abroad_is_not_spoken_to", async |world: World| {
        world.resolve("abroad.example", &[ABROAD]);
        let room = world.room(Policy::InForce).await;
        for place in ["https://abroad.example", "https://198.51.100.7", "https://[::ffff:198.51.100.7]"] {
            world.server.platform().name_livekit(place);
            room.join().await;
            room.fails_with("OutsidePolicy").await;
        }
        world.only_reached(&[HOME, DNS]).await;
    });
}

/// Two abroad by name, one by address, and one at home that sends its clients abroad.
fn lying_relays() -> Vec<String> {
    ["turn:198.51.100.8:3478", "turn:turn.example", "turns:turn.example", "turn:203.0.113.34"]
        .map(str::to_owned)
        .to_vec()
}

#[test]
fn without_a_policy_the_same_relays_are_asked_abroad() {
    in_a_world("without_a_policy_the_same_relays_are_asked_abroad", async |world: World| {
        world.resolve("turn.example", &[ABROAD]);
        world.server.tell_lies(Lies { turn_urls: lying_relays(), force_relay: true, ..Lies::default() });
        let room = world.room(Policy::Absent).await;
        room.join().await;
        room.reaches("failed").await;
        let reached = world.reached().await;
        assert!(reached.contains(ABROAD) && reached.contains("198.51.100.8"), "{reached:?}");
    });
}

#[test]
fn turn_servers_that_lie_are_left() {
    in_a_world("turn_servers_that_lie_are_left", async |world: World| {
        world.resolve("turn.example", &[ABROAD]);
        let turn_urls = lying_relays();
        let room = world.room(Policy::InForce).await;
        for force_relay in [false, true] {
            world.server.tell_lies(Lies { turn_urls: turn_urls.clone(), force_relay, ..candidates_abroad() });
            room.join().await;
            match force_relay {
                false => room.reaches("in-call").await,
                // The only relay at home sends its clients abroad.
                true => room.reaches("failed").await,
            }
            everything_is_tried().await;
            room.back_home().await;
        }
        let reached = world.reached().await;
        assert!(reached.contains(LIAR), "the relay at home was not asked: {reached:?}");
        world.only_reached(&[HOME, DNS, LIAR]).await;
    });
}

#[test]
fn a_server_with_a_certificate_of_another_authority_than_the_pinned_one_is_not_met() {
    let name = "a_server_with_a_certificate_of_another_authority_than_the_pinned_one_is_not_met";
    in_a_world(name, async |world: World| {
        let room = world.room(Policy::PinnedTo(world.authority_pin())).await;
        room.join().await;
        room.reaches("in-call").await;
        drop(room);
        let before = world.requests();
        let nobodys = format!("sha256/{}=", "A".repeat(43));
        let room = world.room(Policy::PinnedTo(nobodys)).await;
        room.join().await;
        room.fails_with("OutsidePolicy").await;
        assert_eq!(world.requests(), before, "something was asked of a server that had not convinced the room");
    });
}

#[test]
fn the_evidence_of_a_meeting_is_what_the_cable_saw() {
    in_a_world("the_evidence_of_a_meeting_is_what_the_cable_saw", async |world: World| {
        world.server.tell_lies(candidates_abroad());
        let room = world.room(Policy::InForce).await;
        room.join().await;
        room.reaches("in-call").await;
        everything_is_tried().await;
        room.command(&["leave"]).await;
        room.reaches("home").await;
        let meeting = room.evidence_of_last_meeting().await;
        let flows = meeting["flows"].as_array().unwrap();
        let peers: BTreeSet<&str> = flows.iter().map(|flow| flow["peer"].as_str().unwrap()).collect();
        assert_eq!(peers, BTreeSet::from([HOME]), "names are looked up by the system");
        assert!(flows.iter().all(|flow| flow["jurisdiction"] == "FR" && flow["listed"] == true), "{meeting}");
        // Every byte, counted by somebody else.
        let media = flows.iter().find(|flow| flow["purpose"] == "media" && flow["protocol"] == "udp").unwrap();
        assert_eq!(media["traffic"]["sent"]["bytes"].as_u64(), Some(world.datagram_bytes_to(HOME).await), "{meeting}");
        let fingerprint = media["protection"]["dtls"]["fingerprint"].as_str().unwrap_or_default();
        assert!(fingerprint.starts_with("sha-256 "), "{meeting}");
        let srtp = media["protection"]["dtls"]["srtp"].as_str().unwrap_or_default();
        assert!(srtp.starts_with("SRTP_AEAD_AES_"), "{meeting}");
        let signalling = flows.iter().find(|flow| flow["protection"]["tls"]["version"] == "TLS1.3").unwrap();
        assert_eq!(signalling["purpose"], "signalling");
        let refused = meeting["refused"].as_array().unwrap();
        assert!(
            refused.iter().any(|refused| refused["peer"] == ABROAD && refused["reason"] == "not-listed"),
            "{meeting}"
        );
        assert_eq!(meeting["policy"]["name"], "border");
        assert_eq!(meeting["joined_by"], "api");
        assert_eq!(meeting["encryption"][0]["state"], "none");
    });
}
