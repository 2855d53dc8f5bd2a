//! What stands between a room and its meeting, in buildings as they are: a portal that wants somebody to sign in, a proxy that
//! is the only way out.

mod world;

use std::net::Ipv4Addr;

use world::proxy::{ACCOUNT, PASSWORD, PROXY_PORT};
use world::{DNS, HOME, Made, Policy, World, in_a_world, servers};

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

/// Where the proxy is, in the jurisdiction that the policy allows.
const PROXY: &str = "203.0.113.80";
const TURN: &str = "203.0.113.35";

/// A room that goes through it, with this password; `way` says which proxy.
fn through(way: &str, password: &str) -> Made {
    let mut made = Made::default();
    let file = made.home.path().join("proxy-password");
    std::fs::write(&file, format!("{password}\n")).unwrap();
    made.config = format!("[network.proxy]\n{way}\nuser = \"{ACCOUNT}\"\npassword_file = \"{}\"\n", file.display());
    made
}

fn server() -> String {
    format!("server = \"http://{PROXY}:{PROXY_PORT}\"")
}

#[test]
fn a_meeting_behind_a_proxy_is_joined_and_its_media_goes_over_turn() {
    in_a_world("a_meeting_behind_a_proxy_is_joined_and_its_media_goes_over_turn", async |world: World| {
        let _proxy = world.proxy(PROXY, "");
        let _turn = world.turn_server(TURN);
        world.only_way_out(PROXY);
        let room = world.room_of(Policy::Absent, through(&server(), PASSWORD)).await;
        room.join().await;
        room.reaches("in-call").await;
        assert_eq!(world.reached().await, [PROXY].map(String::from).into());
        room.command(&["leave"]).await;
        room.reaches("home").await;
        let meeting = room.evidence_of_last_meeting().await;
        let flows = meeting["flows"].as_array().unwrap();
        assert!(flows.iter().all(|flow| flow["peer"] == PROXY && flow["port"] == PROXY_PORT), "{meeting}");
        let turn = flows.iter().find(|flow| flow["purpose"] == "turn").expect("media over TURN");
        assert!(turn["traffic"]["sent"]["bytes"].as_u64().unwrap() > 10_000, "{meeting}");
        assert!(flows.iter().any(|flow| flow["protection"]["tls"]["version"] == "TLS1.3"), "{meeting}");
    });
}

#[test]
fn a_script_names_the_proxy() {
    in_a_world("a_script_names_the_proxy", async |world: World| {
        let _proxy = world.proxy(PROXY, "");
        let _turn = world.turn_server(TURN);
        world.only_way_out(PROXY);
        let mut made = through("pac = \"PAC\"", PASSWORD);
        let script = made.home.path().join("proxy.pac");
        // The first of both is not there.
        let text = format!(
            "function FindProxyForURL(url, host) {{\n  if (shExpMatch(host, '*.example') && url.substring(0, 6) == 'https:')\n\
             return 'PROXY {PROXY}:9; PROXY {PROXY}:{PROXY_PORT}';\n  return 'DIRECT';\n}}\n"
        );
        std::fs::write(&script, text).unwrap();
        made.config = made.config.replace("PAC", &script.display().to_string());
        let room = world.room_of(Policy::Absent, made).await;
        room.join().await;
        room.reaches("in-call").await;
        assert_eq!(world.reached().await, [PROXY].map(String::from).into());
    });
}

#[test]
fn a_proxy_that_refuses_the_room_or_blocks_the_meeting_is_told_apart_from_one_that_is_not_there() {
    let name = "a_proxy_that_refuses_the_room_or_blocks_the_meeting_is_told_apart_from_one_that_is_not_there";
    in_a_world(name, async |world: World| {
        world.only_way_out(PROXY);
        let wrong = world.room_of(Policy::Absent, through(&server(), "wrong")).await;
        wrong.join().await;
        wrong.fails_with("ProxyUnreachable").await;
        let proxy = world.proxy(PROXY, "");
        wrong.join().await;
        wrong.fails_with("ProxyRefused").await;
        drop((wrong, proxy));
        let _proxy = world.proxy(PROXY, "acl blocked dstdomain visio.example\nhttp_access deny blocked");
        let room = world.room_of(Policy::Absent, through(&server(), PASSWORD)).await;
        room.join().await;
        room.fails_with("ProxyForbids").await;
    });
}

#[test]
fn a_proxy_is_an_address_like_any_other_to_the_policy() {
    in_a_world("a_proxy_is_an_address_like_any_other_to_the_policy", async |world: World| {
        let _proxy = world.proxy(PORTAL, "");
        let _turn = world.turn_server(TURN);
        let abroad = format!("server = \"http://{PORTAL}:{PROXY_PORT}\"");
        let room = world.room_of(Policy::InForce, through(&abroad, PASSWORD)).await;
        room.join().await;
        room.fails_with("OutsidePolicy").await;
        drop(room);
        // At home, and listed for TURN as well: in its place the policy has the proxy.
        let _proxy = world.proxy(PROXY, "");
        world.only_way_out(PROXY);
        let policy = world::policy("").replace("turn = [\"203.0.113.34\"]", &format!("turn = [\"{PROXY}\"]"));
        let room = world.room_of(Policy::Written(policy), through(&server(), PASSWORD)).await;
        room.join().await;
        room.reaches("in-call").await;
        assert_eq!(world.reached().await, [PROXY].map(String::from).into());
    });
}
