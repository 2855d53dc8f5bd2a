//! Our units, and what a policy adds to the daemon's, as systemd itself reads them.

use std::path::Path;
use std::process::Command;

const UNIT: &str = include_str!("../../os-image/mkosi.extra/usr/lib/systemd/system/huisclosd.service");

const BORDER: &str = include_str!("../../os-image/mkosi.extra/usr/lib/systemd/system/huisclos-border.service");

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
    complaints.lines().filter(|line| line.contains("huisclos")).map(|line| format!("{line}\n")).collect()
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

/// The unit that loads the policy's tables, in this folder. Its script is the image's: another program stands for it.
fn put_border(folder: &Path) -> std::path::PathBuf {
    put(folder, "");
    let unit = folder.join("huisclos-border.service");
    assert!(BORDER.contains("/usr/lib/huisclos/border"));
    std::fs::write(&unit, BORDER.replace("/usr/lib/huisclos/border", env!("CARGO_BIN_EXE_huisclos"))).unwrap();
    unit
}

#[test]
fn systemd_understands_the_unit_that_loads_the_policys_tables() {
    let folder = tempfile::tempdir().unwrap();
    let unit = put_border(folder.path());
    assert_eq!(complaints(folder.path(), &unit), "");
    std::fs::write(&unit, BORDER.replace("ReadWritePaths", "ReedWritePaths")).unwrap();
    assert_ne!(complaints(folder.path(), &unit), "");
}

#[test]
fn the_units_leave_their_programs_little_that_they_do_not_need() {
    for put in [|folder: &Path| put(folder, ""), put_border] {
        let folder = tempfile::tempdir().unwrap();
        is_confined(&put(folder.path()));
    }
}

fn is_confined(unit: &Path) {
    // In tenths: an exposure of 2.0 is what systemd calls OK.
    let output = Command::new("systemd-analyze")
        .args(["security", "--offline=true", "--threshold=20", "--no-pager"])
        .arg(unit)
        .output()
        .expect("systemd-analyze, of systemd");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}
