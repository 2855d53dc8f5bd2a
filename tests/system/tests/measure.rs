//! Figures of the image, side by side with what they are compared to. Not part of `./huisclos test --system`:
//!
//!     cargo test --workspace --test measure -- --ignored --nocapture

mod world;

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use system::{Machine, Options};

/// Rounds of each, or as many as `HUISCLOS_ROUNDS` says; the second of two figures is measured right after the first.
const ROUNDS: usize = 5;
/// How long a room that nobody uses is watched.
const IDLE: Duration = Duration::from_secs(60);

#[test]
#[ignore = "measures: see above"]
fn the_start_beside_that_of_a_bare_debian() {
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folder = project.join(".huisclos/bare");
    let bare = folder.join("bare.raw");
    if !bare.exists() {
        let made = Command::new(project.join("tests/system/bare/build")).arg(&folder).status().unwrap();
        assert!(made.success(), "a bare Debian could not be made");
    }
    // Its first start makes what later ones have.
    let mut machine = Machine::start(Options::default()).unwrap();
    world::is_well(&mut machine);
    machine.sh("sync").unwrap();
    let rounds = std::env::var("HUISCLOS_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(ROUNDS);
    let mut ratios = Vec::new();
    machine.cut_power().unwrap();
    for round in 1..=rounds {
        machine.power_up().unwrap();
        let panel = until_panel(&mut machine);
        world::is_well(&mut machine);
        machine.sh("sync").unwrap();
        let ready = seconds(&machine, "huisclosd.service");
        let multi_user = seconds(&machine, "multi-user.target");
        machine.cut_power().unwrap();
        let (debian, said) = bare_start(&project, &bare);
        eprintln!(
            "{round}: panel {panel:.1} s (daemon ready {ready:.1} s, multi-user.target {multi_user:.1} s), \
             bare Debian's multi-user.target {debian:.1} s: {:.2}\n   {}",
            panel / debian,
            said.trim().replace('\n', "\n   ")
        );
        ratios.push(panel / debian);
    }
    ratios.sort_by(f64::total_cmp);
    eprintln!("median of {rounds}: {:.2}", ratios[rounds / 2]);
}

/// The processor's part says something of a machine only where it is not emulated.
#[test]
#[ignore = "measures: see above"]
fn what_a_room_takes_that_nobody_uses() {
    let mut machine = Machine::start(Options::default()).unwrap();
    world::is_well(&mut machine);
    std::thread::sleep(IDLE);
    let daemon = "systemctl show --property=MainPID --value huisclosd";
    let processor = "grep usage_usec /sys/fs/cgroup/system.slice/huisclosd.service/cpu.stat";
    let usage = || -> f64 { machine.sh(processor).unwrap().split_whitespace().nth(1).unwrap().parse().unwrap() };
    let (before, began) = (usage(), Instant::now());
    std::thread::sleep(IDLE);
    let part = (usage() - before) / 1e4 / began.elapsed().as_secs_f64();
    let memory =
        machine.sh(&format!("grep -E '^(Rss|Pss|Private_Dirty|Anonymous):' /proc/$({daemon})/smaps_rollup")).unwrap();
    eprintln!("{part:.1} % of an emulated processor; {}", memory.split_whitespace().collect::<Vec<_>>().join(" "));
}

/// From the kernel's start to the first picture on the panel, in seconds.
fn until_panel(machine: &mut Machine) -> f64 {
    let lit = loop {
        if machine.screen(1).is_ok_and(|panel| world::is_drawn(&panel)) {
            break Instant::now();
        }
        std::thread::sleep(Duration::from_millis(200));
    };
    machine.until_up().unwrap();
    let up: f64 = machine.sh("cat /proc/uptime").unwrap().split_whitespace().next().unwrap().parse().unwrap();
    up - lit.elapsed().as_secs_f64()
}

/// When a unit was there, in seconds since the kernel's start.
fn seconds(machine: &Machine, unit: &str) -> f64 {
    let said = machine.sh(&format!("systemctl show --property=ActiveEnterTimestampMonotonic --value {unit}")).unwrap();
    said.trim().parse::<f64>().unwrap() / 1e6
}

/// When a bare Debian has reached multi-user.target, in seconds since the kernel's start, and what it says itself.
fn bare_start(project: &Path, bare: &Path) -> (f64, String) {
    let home = tempfile::tempdir().unwrap();
    let mut started = Command::new(project.join("os-image/run"));
    let ended = started.arg(bare).arg(home.path()).stdin(Stdio::null()).status().unwrap();
    assert!(ended.success());
    let log = std::fs::read(home.path().join("serial.log")).unwrap();
    let log = String::from_utf8_lossy(&log).into_owned();
    let from = log.find("Startup finished").unwrap_or_else(|| panic!("it says nothing: {log}"));
    let said = &log[from..];
    // "Startup finished in 2.1s (firmware) + … + 3.2s (kernel) + 5.1s (initrd) + 9.4s (userspace) = …"
    let part = |name: &str| -> f64 {
        let Some(end) = said.find(&format!(" ({name})")) else { return 0.0 };
        let words = said[..end].rsplit(['+', 'n']).next().unwrap_or_default().trim();
        words.split_whitespace().map(span).sum()
    };
    (part("kernel") + part("initrd") + part("userspace"), said.to_owned())
}

/// `1min`, `2.345s` or `678ms`, in seconds.
fn span(word: &str) -> f64 {
    let (number, unit) = word.split_at(word.find(char::is_alphabetic).unwrap_or(word.len()));
    let number: f64 = number.parse().unwrap_or_else(|_| panic!("no time: {word}"));
    match unit {
        "min" => number * 60.0,
        "s" => number,
        "ms" => number / 1000.0,
        _ => panic!("no time: {word}"),
    }
}
