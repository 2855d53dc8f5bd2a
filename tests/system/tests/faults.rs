//! What the image does when things go wrong: it comes back by itself, with its state.

mod world;

use std::time::Duration;

use system::{Machine, Options, TOOLS, network};
use world::{Python, eventually, hand_in, identity_of, is_met, is_well, machine, platform, touch};

/// How often the power goes; `HUISCLOS_POWER_CUTS` says otherwise.
const POWER_CUTS: u64 = 20;

#[test]
#[ignore = "boots the image: ./huisclos test --system"]
fn a_daemon_that_is_killed_in_a_meeting_is_back_in_it() {
    network::inside("a_daemon_that_is_killed_in_a_meeting_is_back_in_it", async || {
        let (stage, door) = platform().await;
        let mut machine = machine(&stage, &door, false);
        machine.until_running().unwrap();
        let room = machine.room().unwrap();
        let ada = Python::join(&stage, "ada").await;
        touch(&machine, &room, "join").await;
        is_met(&ada, &identity_of(&stage, "Salle Turing").await).await;
        machine.sh("systemctl kill --signal=KILL huisclosd").unwrap();
        ada.forget();
        eventually(&room, "being in the meeting again", |s| s.screen == "in-call").await;
        is_met(&ada, &identity_of(&stage, "Salle Turing").await).await;
        // Every other service, too: none is missed, none stays away.
        let (running, _) =
            machine.ask("systemctl list-units --type=service --state=running --no-legend --plain").unwrap();
        for unit in running.lines().filter_map(|line| line.split_whitespace().next()) {
            if unit.starts_with("huisclos-test") || unit == "huisclosd.service" {
                continue;
            }
            machine.sh(&format!("systemctl kill --signal=KILL {unit}")).unwrap();
        }
        tokio::time::sleep(Duration::from_secs(10)).await;
        is_well(&mut machine);
        ada.forget();
        is_met(&ada, &identity_of(&stage, "Salle Turing").await).await;
    });
}

#[test]
#[ignore = "boots the image: ./huisclos test --system"]
fn whenever_the_power_goes_the_room_comes_back_with_its_state() {
    let cuts = std::env::var("HUISCLOS_POWER_CUTS").ok().and_then(|n| n.parse().ok()).unwrap_or(POWER_CUTS);
    let mut machine = Machine::start(Options { tpm: true, ..Options::default() }).unwrap();
    is_well(&mut machine);
    let keeps = "cat /etc/machine-id /var/lib/huisclos/device-id";
    let kept = machine.sh(keeps).unwrap();
    for cut in 0..cuts {
        // From the first moments of a start to a while after it, with writing going on.
        let (writes, _) =
            machine.ask("(while :; do echo x >/var/lib/huisclos-test; sync; done) >/dev/null 2>&1 &").unwrap();
        assert_eq!(writes.trim(), "");
        machine.cut_power().unwrap();
        machine.power_up().unwrap();
        std::thread::sleep(Duration::from_secs(cut * 37 % 60));
        machine.cut_power().unwrap();
        machine.power_up().unwrap();
        is_well(&mut machine);
        assert_eq!(machine.sh(keeps).unwrap(), kept, "after {cut} cuts");
        eprintln!("{} of {cuts} cuts", cut + 1);
    }
}

#[test]
#[ignore = "boots the image: ./huisclos test --system"]
fn a_full_state_and_a_clock_that_is_years_off_keep_nobody_from_the_panel() {
    let clock = ["-rtc", "base=2013-01-01T00:00:00"].map(str::to_owned).to_vec();
    let mut machine = Machine::start(Options { arguments: clock, ..Options::default() }).unwrap();
    is_well(&mut machine);
    let (said, _) =
        machine.ask(&format!("{TOOLS}/busybox dd if=/dev/zero of=/var/lib/huisclos-full bs=1M 2>&1; sync")).unwrap();
    assert!(said.contains("No space left"), "{said}");
    machine.sh("systemctl restart huisclosd").unwrap();
    is_well(&mut machine);
    machine.cut_power().unwrap();
    machine.power_up().unwrap();
    is_well(&mut machine);
}

#[test]
#[ignore = "boots the image: ./huisclos test --system"]
fn a_kernel_that_panics_or_hangs_starts_again() {
    let mut machine = Machine::start(Options::default()).unwrap();
    is_well(&mut machine);
    let boot = |machine: &Machine| machine.sh("cat /proc/sys/kernel/random/boot_id").unwrap();
    let before = boot(&machine);
    // The kernel's own way to fail: its keys are off, for people; not for root's file.
    let _ = machine.ask("echo c >/proc/sysrq-trigger");
    std::thread::sleep(Duration::from_secs(15));
    is_well(&mut machine);
    let after = boot(&machine);
    assert_ne!(before, after, "it never was away");
    // Nobody else has a moment, PID 1 included: the watchdog starts the machine again.
    let _ = machine.ask(&format!("{TOOLS}/huisclos-guest hog >/dev/null 2>&1 </dev/null & sleep 1"));
    std::thread::sleep(Duration::from_secs(90));
    is_well(&mut machine);
    assert_ne!(after, boot(&machine), "the watchdog slept");
}

#[test]
#[ignore = "boots the image: ./huisclos test --system"]
fn a_configuration_that_cannot_be_read_leaves_the_room_as_it_was() {
    let mut machine = Machine::start(Options::default()).unwrap();
    is_well(&mut machine);
    let again = |machine: &mut Machine, configuration: &str| {
        hand_in(machine, "room.toml", configuration);
        machine.sh("sync").unwrap();
        machine.cut_power().unwrap();
        machine.power_up().unwrap();
        is_well(machine);
        machine.sh("journalctl -b --no-pager -o cat -u huisclosd -u huisclos-config").unwrap()
    };
    let said = again(&mut machine, "[room]\nname = 1\n");
    assert!(said.contains("the room joins nothing") && said.contains("room=\"Huis Clos\""), "{said}");
    let said = again(&mut machine, "[room]\nname = \"Salle Curie\"\n[devices]\nboard = \"auto\"\n");
    assert!(said.contains("room=\"Salle Curie\"") && !said.contains("cannot be used"), "{said}");
    let said = again(&mut machine, "[room\nname = 1");
    assert!(said.contains("the last one that could be holds") && said.contains("room=\"Salle Curie\""), "{said}");
}
