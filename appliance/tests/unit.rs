//! The daemon's unit, and what a policy adds to it, as systemd itself reads them.

use std::path::Path;
use std::process::Command;

const UNIT: &str = include_str!("../../os-image/mkosi.extra/usr/lib/systemd/system/huisclosd.service");

/// The unit in this folder, started from where the daemon is now.
fn put(folder: &Path, drop_in: &str) -> std::path::PathBuf {
    let unit = folder.join("huisclosd.service");
    let daemon = env!("CARGO_BIN_EXE_huisclosd");
    assert!(UNIT.contains("/usr/bin/huisclosd"));
    std::fs::write(&unit, UNIT.replace("/usr/bin/huisclosd", daemon)).unwrap();
    let beside = folder.join("huisclosd.service.d");
    std::fs::create_dir_all(&beside).unwrap();
    std::fs::write(beside.join("policy.conf"), drop_in).unwrap();
    unit
}

/// What systemd complains of, in this unit of this folder.
fn complaints(folder: &Path, unit: &Path) -> String {
    let output = Command::new("systemd-analyze")
        .env("SYSTEMD_UNIT_PATH", format!("{}:", folder.display()))
        .arg("verify")
        .arg(unit)
        .output()
        .expect("systemd-analyze, of systemd");
    let complaints = String::from_utf8(output.stderr).unwrap();
    // Other units of this machine are read too.
    complaints.lines().filter(|line| line.contains("huisclosd")).map(|line| format!("{line}\n")).collect()
}

#[test]
fn systemd_understands_every_word_of_the_unit_and_of_what_each_policy_adds_to_it() {
    for (name, text) in policy::PROFILES {
        let folder = tempfile::tempdir().unwrap();
        let drop_in = policy::Policy::parse(text).unwrap().systemd();
        let unit = put(folder.path(), &drop_in);
        assert_eq!(complaints(folder.path(), &unit), "", "{name}");
        // It would say so.
        let misspelt = put(folder.path(), &drop_in.replace("IPAddressAllow", "IPAddressAlow"));
        assert_ne!(complaints(folder.path(), &misspelt), "");
    }
}

#[test]
fn the_unit_leaves_the_daemon_little_that_it_does_not_need() {
    let folder = tempfile::tempdir().unwrap();
    let unit = put(folder.path(), "");
    // In tenths: an exposure of 2.0 is what systemd calls OK.
    let output = Command::new("systemd-analyze")
        .args(["security", "--offline=true", "--threshold=20", "--no-pager"])
        .arg(&unit)
        .output()
        .expect("systemd-analyze, of systemd");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}
