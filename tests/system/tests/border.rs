//! What the image's kernel holds back when the room has a policy.

mod world;

use std::io::Cursor;

use system::{Machine, TOOLS, network};
use world::{Python, configured, eventually, hand_in, identity_of, is_met, machine, platform, touch};

const POLICY: &str = r#"
[policy]
name = "system-test"
version = 1

[[platforms]]
host = "203.0.113.10"
kind = "visio"
encryption = "preferred"

[addresses]
media = ["203.0.113.0/24"]
signalling = ["203.0.113.0/24"]
dns = ["203.0.113.53/32"]
ntp = ["203.0.113.123/32"]

[roles]
room_user = ["join"]
"#;

/// Nobody the policy knows.
const ABROAD: &str = "198.51.100.7";

/// Packets that were dropped of what goes through this chain of the policy's table.
fn dropped(machine: &Machine, chain: &str) -> u64 {
    let said = machine.sh(&format!("nft list chain inet huisclos {chain}")).unwrap();
    let (_, after) = said.split_once("counter packets ").unwrap_or_else(|| panic!("nothing is counted: {said}"));
    after.split_whitespace().next().unwrap().parse().unwrap()
}

/// Somebody inside tries to reach a port. Nobody answers there anyway.
fn knock(machine: &Machine, user: &str, port: u16) {
    // What is on the tools' disk is root's alone.
    let nc = format!("/run/knock/busybox nc -w 2 {ABROAD} {port}; echo $?");
    let nc = format!(
        "{TOOLS}/busybox install -D -m 755 {TOOLS}/busybox /run/knock/busybox && /run/knock/busybox su -s /bin/sh {user} -c '{nc}'"
    );
    let (said, _) = machine.ask(&nc).unwrap();
    assert!(said.trim().ends_with('1') && !said.contains("open"), "nc did not run, or was answered: {said}");
}

#[test]
#[ignore = "boots the image: ./huisclos test --system"]
fn what_is_outside_the_policy_is_dropped_whoever_sends_it_for_the_room() {
    network::inside("what_is_outside_the_policy_is_dropped_whoever_sends_it_for_the_room", async || {
        let (stage, door) = platform().await;
        let mut machine = machine(&stage, &door, false);
        machine.until_running().unwrap();
        assert!(!machine.ask("nft list table inet huisclos").unwrap().1, "a room without a policy has no table");

        let pair = minisign::KeyPair::generate_unencrypted_keypair().unwrap();
        let signature = minisign::sign(Some(&pair.pk), &pair.sk, Cursor::new(POLICY), None, None).unwrap();
        let policy = "file = \"/var/lib/huisclos-config/policy.toml\"";
        let room = configured(&stage, "auto");
        let room = format!("{room}[policy]\n{policy}\nkeys = [\"{}\"]\n", pair.pk.to_base64());
        hand_in(&machine, "policy.toml", POLICY);
        hand_in(&machine, "policy.toml.minisig", &signature.into_string());
        hand_in(&machine, "room.toml", &room);
        machine.sh("systemctl restart huisclosd").unwrap();
        machine.until_running().unwrap();

        // What no daemon of ours would send.
        for (user, chain, port) in
            [("huisclos", "room", 443), ("systemd-resolve", "resolver", 53), ("systemd-timesync", "clock", 123)]
        {
            let before = dropped(&machine, chain);
            knock(&machine, "root", port);
            assert_eq!(dropped(&machine, chain), before, "others are not held");
            knock(&machine, user, port);
            assert!(dropped(&machine, chain) > before, "{user} reached {ABROAD}");
        }
        let filter = machine.sh("systemctl show --property=IPAddressDeny,IPAddressAllow huisclosd").unwrap();
        assert!(filter.contains("IPAddressDeny=0.0.0.0/0") && filter.contains("203.0.113.0/24"), "{filter}");
        let (complaints, _) = machine.ask("journalctl --no-pager -o cat -b | grep -i 'BPF/cgroup firewall'").unwrap();
        assert_eq!(complaints, "", "systemd cannot hold it");

        // And what it allows works.
        let window = machine.room().unwrap();
        let ada = Python::join(&stage, "ada").await;
        touch(&machine, &window, "join").await;
        eventually(&window, "the meeting", |s| s.screen == "in-call").await;
        is_met(&ada, &identity_of(&stage, "Salle Turing").await).await;
        touch(&machine, &window, "leave").await;

        // What nobody has signed opens nothing.
        hand_in(&machine, "policy.toml", &format!("{POLICY}\n# wider\n"));
        machine.sh("systemctl restart huisclosd").unwrap();
        machine.until_running().unwrap();
        let table = machine.sh("nft list table inet huisclos").unwrap();
        assert!(!table.contains("elements") && table.contains("counter packets"), "{table}");
        touch(&machine, &window, "join").await;
        eventually(&window, "a refusal", |s| s.notice.is_some() && s.screen == "home").await;
    });
}
