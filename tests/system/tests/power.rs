//! What the machine does when the room is asked to restart, or to switch off.

mod world;

use std::time::{Duration, Instant};

use system::{Machine, Options, TOOLS, configuration, network};
use world::{PATIENCE, eventually, keep, shows, touch};

/// Which life of the machine this is, once it answers.
fn life(machine: &Machine) -> Option<String> {
    machine.sh("read -r id </proc/sys/kernel/random/boot_id && echo $id").ok()
}

#[test]
#[ignore = "boots the image: ./huisclos test --system"]
fn a_room_that_is_asked_to_restart_is_back_at_its_panel_and_one_that_is_to_be_off_is() {
    network::inside("a_room_that_is_asked_to_restart_is_back_at_its_panel_and_one_that_is_to_be_off_is", async || {
        let meeting = "https://203.0.113.10/abc-defg-hij".parse().unwrap();
        let text = configuration(&meeting, "auto");
        let mut machine = Machine::start(Options { configuration: Some(text), ..Options::default() }).unwrap();
        machine.until_running().unwrap();
        let before = life(&machine).unwrap();
        // The daemon's user opens it, and nobody else.
        let socket = machine.sh(&format!("{TOOLS}/busybox stat -c '%A %U' /run/huisclos-power.sock")).unwrap();
        assert_eq!(socket.trim(), "srw------- huisclos");

        // A meeting has begun: who asks from elsewhere is told, and whoever reads it at the panel restarts the room.
        let (said, is_done) = machine.ask("huisclos power restart 2>&1").unwrap();
        assert!(!is_done && said.contains("réunion"), "{said}");
        let room = machine.room().unwrap();
        eventually(&room, "the room at home", |s| s.screen == "home").await;
        for target in ["about", "restart"] {
            touch(&machine, &room, target).await;
        }
        eventually(&room, "the question", |s| s.targets.iter().any(|target| target.name == "restart-now")).await;
        shows(&machine, &room, 1, "panel").await;
        keep(&machine, 1, "restart");
        touch(&machine, &room, "restart-now").await;
        let started = Instant::now();
        while life(&machine).is_none_or(|now| now == before) {
            assert!(started.elapsed() < 2 * PATIENCE, "it does not restart: {}", machine.last_words());
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        machine.until_running().unwrap();
        let room = machine.room().unwrap();
        eventually(&room, "the room at home, after it has restarted", |s| s.screen == "home").await;
        shows(&machine, &room, 1, "panel").await;
        // It was stopped in order.
        let last = machine.sh("journalctl --no-pager -b -1 -o cat -t huisclos-power -t huisclosd").unwrap();
        assert!(last.contains("the machine is asked to Restart") && last.contains("stopping"), "{last}");

        machine.ask("huisclos power off --force").unwrap();
        machine.until_off().unwrap();
    });
}
