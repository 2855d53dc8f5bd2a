//! What the image does when it is switched on for the first time, and when a person touches its glass.

mod world;

use std::time::Instant;

use system::{Machine, network};
use world::{PATIENCE, Python, eventually, identity_of, is_lit, is_met, keep, machine, platform, shows, touch};

#[test]
#[ignore = "boots the image: ./huisclos test --system"]
fn a_touch_on_the_panel_of_a_new_machine_leads_into_the_meeting() {
    network::inside("a_touch_on_the_panel_of_a_new_machine_leads_into_the_meeting", async || {
        let (stage, door) = platform().await;
        let mut machine = machine(&stage, &door, true);
        machine.until_running().unwrap();
        is_closed(&machine);
        let room = machine.room().unwrap();
        eventually(&room, "the meeting on the panel", |s| s.screen == "home" && !s.agenda.is_empty()).await;
        shows(&machine, &room, 1, "panel").await;
        keep(&machine, 1, "image-panel");
        machine.plug(2, (1920, 1080)).unwrap();

        let ada = Python::join(&stage, "ada").await;
        touch(&machine, &room, "join").await;
        eventually(&room, "the meeting", |s| s.screen == "in-call").await;
        let me = identity_of(&stage, "Salle Turing").await;
        is_met(&ada, &me).await;
        let started = Instant::now();
        while room.mark().await.unwrap() != Some(sandbox::mark::GUEST) {
            assert!(started.elapsed() < PATIENCE, "the room does not see Ada");
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        }
        shows(&machine, &room, 1, "panel").await;
        keep(&machine, 1, "image-panel-call");
        is_lit(&machine, 2).await;
        keep(&machine, 2, "image-display-call");
        assert_eq!(machine.sh("systemctl --failed --no-legend --plain").unwrap().trim(), "");
        // A daemon that ends and starts again has not failed, to systemd.
        assert_eq!(machine.sh("systemctl show --property=NRestarts --value huisclosd").unwrap().trim(), "0");
    });
}

/// Nothing can be changed, nobody can log in, nothing listens, and state is encrypted.
fn is_closed(machine: &Machine) {
    for folder in ["/etc", "/usr", "/usr/lib/systemd/system"] {
        let (said, done) = machine.ask(&format!("(: >{folder}/changed) 2>&1")).unwrap();
        assert!(!done && said.contains("Read-only"), "{folder}: {said}");
    }
    let listening = machine.sh("cat /proc/net/tcp /proc/net/tcp6 /proc/net/udp /proc/net/udp6").unwrap();
    let open: Vec<String> = listening.lines().filter_map(listens_to_others).collect();
    assert_eq!(open, [""; 0]);
    let (logins, _) =
        machine.ask("systemctl list-units --no-legend --plain '*getty*' 'sshd*' 'ssh.*' 'debug-shell*'").unwrap();
    assert_eq!(logins.trim(), "");
    let passwords = machine.sh("cut -d: -f2 /etc/shadow").unwrap();
    assert!(passwords.lines().all(|hash| hash.starts_with('!') || hash == "*"), "somebody has a password");
    let mounted =
        machine.sh("grep ' /var ' /proc/mounts; cat /sys/block/dm-*/dm/name /sys/block/dm-*/dm/uuid").unwrap();
    assert!(mounted.contains("/dev/mapper/state /var ext4") && mounted.contains("CRYPT-LUKS2-"), "{mounted}");
}

/// The line of a socket in `/proc/net` that others can reach: its local address. 0A is LISTEN in TCP; a UDP socket that
/// hears everybody (07) has no peer. Addresses are bytes of a word in the machine's order, so loopback begins with 7F last.
fn listens_to_others(line: &str) -> Option<String> {
    let mut words = line.split_whitespace();
    let (number, local, remote, state) = (words.next()?, words.next()?, words.next()?, words.next()?);
    if !number.ends_with(':') || !matches!(state, "0A" | "07") || !remote.ends_with(":0000") {
        return None;
    }
    let (address, port) = local.split_once(':')?;
    let is_loopback = match address.len() {
        8 => address.ends_with("7F"),
        _ => address == "00000000000000000000000001000000",
    };
    // DHCP's client (68, 546) hears the network it asks; the test's own way to the room window is at 8081.
    let is_known = matches!(port, "0044" | "0222" | "1F91");
    (!is_loopback && !is_known).then(|| local.to_owned())
}
