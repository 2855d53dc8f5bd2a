//! What stands between a room and its meeting, in buildings as they are: a portal that wants somebody to sign in.

mod world;

use std::net::Ipv4Addr;

use world::{DNS, HOME, Policy, World, in_a_world, servers};

/// Where a portal answers for everybody.
const PORTAL: &str = "198.51.100.80";
const PAGE: &str = "http://login.hotel.example/?from=visio.example";

/// Every name means the portal, as hotels do it; nobody answers there but the portal.
async fn caught(world: &World) {
    servers::portal(PORTAL.parse::<Ipv4Addr>().unwrap(), PAGE).await;
    world.resolve("visio.example", &[PORTAL]);
}

#[test]
fn a_portal_that_answers_instead_of_the_platform_is_named_and_nobody_else_is_asked() {
    let name = "a_portal_that_answers_instead_of_the_platform_is_named_and_nobody_else_is_asked";
    in_a_world(name, async |world: World| {
        caught(&world).await;
        let room = world.room(Policy::Absent).await;
        room.join().await;
        let failure = room.failure().await;
        assert_eq!(failure["reason"], "CaptivePortal { host: Some(\"login.hotel.example\") }");
        assert!(failure["advice"].as_str().unwrap().contains("login.hotel.example"), "{failure}");
        let reached = world.reached().await;
        assert_eq!(reached, [PORTAL, DNS].map(String::from).into(), "somebody else was asked");
        // Somebody has signed in.
        world.resolve("visio.example", &[HOME]);
        room.join().await;
        room.reaches("in-call").await;
    });
}

#[test]
fn a_portal_that_shows_its_own_certificate_is_named() {
    in_a_world("a_portal_that_shows_its_own_certificate_is_named", async |world: World| {
        servers::stranger(PORTAL.parse().unwrap()).await;
        caught(&world).await;
        let room = world.room(Policy::Absent).await;
        room.join().await;
        assert_eq!(room.failure().await["reason"], "CaptivePortal { host: Some(\"login.hotel.example\") }");
    });
}

#[test]
fn where_the_policy_lets_nothing_go_no_portal_is_looked_for() {
    in_a_world("where_the_policy_lets_nothing_go_no_portal_is_looked_for", async |world: World| {
        caught(&world).await;
        let room = world.room(Policy::InForce).await;
        room.join().await;
        room.fails_with("OutsidePolicy").await;
        assert_eq!(world.reached().await, [DNS].map(String::from).into());
    });
}

#[test]
fn a_platform_that_is_down_is_no_portal() {
    in_a_world("a_platform_that_is_down_is_no_portal", async |world: World| {
        // It sends whoever asks in clear to itself, and there nobody answers.
        servers::portal("203.0.113.77".parse().unwrap(), "https://visio.example/").await;
        world.resolve("visio.example", &["203.0.113.77"]);
        let room = world.room(Policy::Absent).await;
        room.join().await;
        room.fails_with("ServerUnreachable").await;
    });
}
