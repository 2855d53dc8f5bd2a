//! What the tests of the image share: a machine, a meeting platform that it reaches, and a guest.

// Each test takes what it needs.
#![allow(dead_code, unused_imports)]

#[path = "../../../demo/tests/world/servers.rs"]
mod servers;
#[path = "../../../demo/tests/support/mod.rs"]
mod support;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use base64::Engine;
use demo::room::{Picture, Room, State, Target, picture};
use demo::{Stage, stage_with};
use sandbox::guest::{Event, is_room_tone};
pub use servers::Door;
use support::ROOM_MARK;
pub use support::{Python, identity_of};
use system::network::PLATFORM;
use system::picture::{difference, is_blank};
use system::{Machine, Options, TOOLS, configuration};

/// An emulated machine takes its time.
pub const PATIENCE: Duration = Duration::from_secs(180);

/// Keeps a picture of a screen where `HUISCLOS_SCREENS` says, for people to look at.
pub fn keep(machine: &Machine, number: u32, name: &str) {
    if let Some(folder) = std::env::var_os("HUISCLOS_SCREENS") {
        machine.photograph(number, &PathBuf::from(folder).join(format!("{name}.png"))).unwrap();
    }
}

/// The meeting platform, and the door in front of it.
pub async fn platform() -> (Stage, Door) {
    let config = sandbox::Config {
        address: PLATFORM,
        origin: Some(format!("https://{PLATFORM}")),
        ..sandbox::Config::default()
    };
    let stage = stage_with(config).await.unwrap();
    let door = Door::open(stage.server.http_addr, &[PLATFORM]).await;
    (stage, door)
}

/// The configuration of a room on this board with a meeting on this platform, whose authority the machine is given.
pub fn configured(stage: &Stage, board: &str) -> String {
    let authority = "extra_ca = \"/run/credentials/huisclosd.service/huisclos.authority.pem\"";
    configuration(&stage.meeting, board).replace("[meetings]\n", &format!("[meetings]\n{authority}\n"))
}

/// A machine whose room has a meeting on this platform.
pub fn machine(stage: &Stage, door: &Door, tpm: bool) -> Machine {
    machine_with(stage, door, Options { tpm, ..Options::default() })
}

/// A machine whose room has a meeting on this platform, and what else is said.
pub fn machine_with(stage: &Stage, door: &Door, options: Options) -> Machine {
    let authority = base64::engine::general_purpose::STANDARD.encode(&door.authority_pem);
    let credential = format!("type=11,value=io.systemd.credential.binary:huisclos.authority.pem={authority}");
    let arguments = vec!["-smbios".into(), credential];
    Machine::start(Options { configuration: Some(configured(stage, "auto")), arguments, ..options }).unwrap()
}

/// Puts a file where the room's configuration is.
pub fn hand_in(machine: &Machine, name: &str, text: &str) {
    let text = base64::engine::general_purpose::STANDARD.encode(text);
    let path = format!("/var/lib/huisclos-config/{name}");
    machine.sh(&format!("echo {text} | {TOOLS}/busybox base64 -d >{path} && {TOOLS}/busybox chgrp huisclos-config {path} && {TOOLS}/busybox chmod 640 {path}")).unwrap();
}

/// The screen shows what the daemon has drawn, once it does.
pub async fn shows(machine: &Machine, room: &Room, number: u32, name: &str) {
    let started = Instant::now();
    loop {
        let drawn = picture(&room.png(name).await.unwrap()).unwrap();
        let seen = machine.screen(number).unwrap();
        let difference = difference(&seen, &drawn);
        // The clock may go on between the two.
        if difference < 0.01 && !is_blank(&seen) {
            return;
        }
        if started.elapsed() > PATIENCE {
            keep(machine, number, "not-what-was-drawn");
            panic!("screen {number} is not {name}: {difference:.3} of it differ");
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// The screen shows something, once it does: what moves is never twice the same.
pub async fn is_lit(machine: &Machine, number: u32) {
    let started = Instant::now();
    while is_blank(&machine.screen(number).unwrap()) {
        assert!(started.elapsed() < PATIENCE, "screen {number} stays dark");
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// The panel is drawn, and nothing has failed.
pub fn is_well(machine: &mut Machine) {
    machine.until_running().unwrap();
    until_lit(machine);
}

/// This is the panel, and more than one colour: not what firmware and kernel show before.
pub fn is_drawn(panel: &Picture) -> bool {
    !is_blank(panel) && panel.width >= 640
}

/// The panel shows something, once it does: a moment after the daemon is ready.
pub fn until_lit(machine: &Machine) {
    let started = Instant::now();
    loop {
        if is_drawn(&machine.screen(1).unwrap()) {
            return;
        }
        assert!(started.elapsed() < PATIENCE, "the panel shows nothing");
        std::thread::sleep(Duration::from_secs(1));
    }
}

/// Waits until something is true of the room, which need not answer until then.
pub async fn eventually(room: &Room, what: &str, holds: impl Fn(&State) -> bool) -> State {
    let started = Instant::now();
    loop {
        let state = room.state().await;
        match state {
            Ok(state) if holds(&state) => return state,
            other => assert!(started.elapsed() < PATIENCE, "waited for {what}: {other:?}"),
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// Touches the glass where the panel shows this target.
pub async fn touch(machine: &Machine, room: &Room, target: &str) {
    let is_it = |there: &&Target| there.name == target;
    let state = eventually(room, target, |state| state.targets.iter().any(|there| is_it(&there))).await;
    let panel = picture(&room.png("panel").await.unwrap()).unwrap();
    let at = state.targets.iter().find(is_it).unwrap().middle();
    machine.touch(at, (panel.width, panel.height)).unwrap();
}

/// Ada sees and hears who has this identity.
pub async fn is_met(ada: &Python, identity: &str) {
    let started = Instant::now();
    let sees = |e: &Event| matches!(e, Event::Mark { from, id, .. } if from == identity && *id == ROOM_MARK);
    let hears = |e: &Event| matches!(e, Event::Tone { from, hz } if from == identity && is_room_tone(*hz));
    loop {
        let reports = ada.reports();
        if reports.iter().any(|r| sees(&r.event)) && reports.iter().any(|r| hears(&r.event)) {
            return;
        }
        assert!(started.elapsed() < PATIENCE, "Ada does not meet the room: {reports:?}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}
