//! The units of the daemon, of its border, network, port, radio and power, and what a policy adds, as systemd itself reads them.

use std::path::Path;
use std::process::Command;

const UNIT: &str = include_str!("../../os-image/mkosi.extra/usr/lib/systemd/system/huisclosd.service");

const CONFIG: &str = include_str!("../../os-image/mkosi.extra/usr/lib/systemd/system/huisclos-config.service");
const BORDER: &str = include_str!("../../os-image/mkosi.extra/usr/lib/systemd/system/huisclos-border.service");
const NETWORK: &str = include_str!("../../os-image/mkosi.extra/usr/lib/systemd/system/huisclos-network.service");
const PORT: &str = include_str!("../../os-image/mkosi.extra/usr/lib/systemd/system/huisclos-dot1x.service");
const RADIO: &str = include_str!("../../os-image/mkosi.extra/usr/lib/systemd/system/huisclos-wifi.service");
const POWER: &str = include_str!("../../os-image/mkosi.extra/usr/lib/systemd/system/huisclos-power@.service");
const POWER_SOCKET: &str = include_str!("../../os-image/mkosi.extra/usr/lib/systemd/system/huisclos-power.socket");
const OF_IMAGE: &str =
    include_str!("../../os-image/mkosi.extra/usr/lib/systemd/system/huisclosd.service.d/10-image.conf");

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

/// A unit that starts a script of the image: another program stands for it.
fn put_script(folder: &Path, name: &str, text: &str) -> std::path::PathBuf {
    let (unit, script) = (folder.join(format!("huisclos-{name}.service")), format!("/usr/lib/huisclos/{name}"));
    assert!(text.contains(&script));
    std::fs::write(&unit, text.replace(&script, env!("CARGO_BIN_EXE_huisclos"))).unwrap();
    unit
}

/// The unit that tells networkd, started from where its program is now.
fn put_network(folder: &Path, text: &str) -> std::path::PathBuf {
    let unit = folder.join("huisclos-network.service");
    assert!(text.contains("/usr/bin/huisclos network write"));
    std::fs::write(&unit, text.replace("/usr/bin/huisclos", env!("CARGO_BIN_EXE_huisclos"))).unwrap();
    unit
}

/// The unit that has the port opened.
fn put_port(folder: &Path, text: &str) -> std::path::PathBuf {
    let unit = folder.join("huisclos-dot1x.service");
    std::fs::write(&unit, text).unwrap();
    unit
}

/// The unit that restarts the machine, and its socket. Its program is `provisioning`'s, and another stands for it.
fn put_power(folder: &Path, text: &str, socket: &str) -> [std::path::PathBuf; 2] {
    let (unit, beside) = (folder.join("huisclos-power@.service"), folder.join("huisclos-power.socket"));
    assert!(text.contains("/usr/bin/huisclos-power\n"));
    let text = text.replace("/usr/bin/huisclos-power", env!("CARGO_BIN_EXE_huisclos"));
    std::fs::write(&unit, text).unwrap();
    std::fs::write(&beside, socket).unwrap();
    [unit, beside]
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
    let name = unit.file_name().unwrap().to_str().unwrap();
    // The image has systemd 257; that of Debian 12, 252, has no such key.
    let ours =
        complaints.lines().filter(|line| line.contains(name) && !line.contains("Unknown key 'ImportCredential'"));
    ours.map(|line| format!("{line}\n")).collect()
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
fn systemd_understands_every_word_of_the_networks_units() {
    let folder = tempfile::tempdir().unwrap();
    let unit = put_port(folder.path(), PORT);
    assert_eq!(complaints(folder.path(), &unit), "");
    let misspelt = put_port(folder.path(), &PORT.replace("ConditionPathExists", "ConditionPathExits"));
    assert_ne!(complaints(folder.path(), &misspelt), "");
    let unit = put_network(folder.path(), NETWORK);
    assert_eq!(complaints(folder.path(), &unit), "");
    let misspelt = put_network(folder.path(), &NETWORK.replace("RuntimeDirectoryMode", "RuntimeDirectoryMood"));
    assert_ne!(complaints(folder.path(), &misspelt), "");
}

#[test]
fn systemd_understands_every_word_of_the_unit_that_restarts_the_machine_and_of_its_socket() {
    let folder = tempfile::tempdir().unwrap();
    for unit in put_power(folder.path(), POWER, POWER_SOCKET) {
        assert_eq!(complaints(folder.path(), &unit), "", "{}", unit.display());
    }
    let misspelt =
        put_power(folder.path(), &POWER.replace("AmbientC", "AmbiantC"), &POWER_SOCKET.replace("Mode=", "Mood="));
    for unit in misspelt {
        assert_ne!(complaints(folder.path(), &unit), "", "{}", unit.display());
    }
}

#[test]
fn the_daemon_alone_asks_for_a_restart_where_it_looks_for_it() {
    let of = |unit: &'static str, key: &str| unit.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
    assert_eq!(of(POWER_SOCKET, "ListenStream"), Some(provisioning::power::SOCKET));
    assert_eq!(of(POWER_SOCKET, "SocketUser"), of(UNIT, "User"));
    assert_eq!(of(POWER_SOCKET, "SocketMode"), Some("0600"));
}

#[test]
fn systemd_understands_every_word_of_the_units_that_start_scripts() {
    for (name, text) in [("border", BORDER), ("config", CONFIG), ("wifi", RADIO)] {
        let folder = tempfile::tempdir().unwrap();
        let unit = put_script(folder.path(), name, text);
        assert_eq!(complaints(folder.path(), &unit), "");
        let misspelt = put_script(folder.path(), name, &text.replace("ProtectHome", "ProtectHomme"));
        assert_ne!(complaints(folder.path(), &misspelt), "");
    }
}

#[test]
fn network_and_border_are_what_the_configuration_says_that_the_daemon_reads() {
    // The network has a copy, which may be of a file that the daemon cannot use.
    let network = NETWORK.replace("/run/huisclos-config/network.toml", "/run/huisclos-config/room.toml");
    for unit in [network.as_str(), BORDER] {
        let credentials: Vec<_> = unit.lines().filter(|line| line.contains("Credential=")).collect();
        assert_eq!(credentials.len(), 3);
        for line in credentials {
            assert!(OF_IMAGE.lines().any(|of_daemon| of_daemon == line), "{line}");
        }
    }
}

/// Fails when the unit is more exposed than this, in tenths: 2.0 is what systemd calls OK.
fn is_confined(unit: &Path, exposure_max: u8) {
    let output = Command::new("systemd-analyze")
        .args(["security", "--offline=true", "--no-pager"])
        .arg(format!("--threshold={exposure_max}"))
        .arg(unit)
        .output()
        .expect("systemd-analyze, of systemd");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn the_unit_leaves_the_daemon_little_that_it_does_not_need() {
    let folder = tempfile::tempdir().unwrap();
    is_confined(&put(folder.path(), ""), 20);
}

#[test]
fn what_loads_the_policys_tables_and_what_chooses_the_configuration_can_do_little_else() {
    let folder = tempfile::tempdir().unwrap();
    is_confined(&put_script(folder.path(), "border", BORDER), 20);
    is_confined(&put_script(folder.path(), "config", CONFIG), 15);
}

#[test]
fn what_writes_for_networkd_can_do_little_else() {
    let folder = tempfile::tempdir().unwrap();
    is_confined(&put_network(folder.path(), NETWORK), 15);
}

#[test]
fn what_restarts_the_machine_can_do_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    is_confined(&put_power(folder.path(), POWER, POWER_SOCKET)[0], 10);
}

#[test]
fn what_opens_the_port_can_do_little_else() {
    let folder = tempfile::tempdir().unwrap();
    is_confined(&put_port(folder.path(), PORT), 25);
}

#[test]
fn what_has_the_radio_join_a_network_can_do_little_more_than_what_opens_the_port() {
    let folder = tempfile::tempdir().unwrap();
    is_confined(&put_script(folder.path(), "wifi", RADIO), 25);
    let rest = |unit: &'static str| {
        let confined = unit.split_once("CapabilityBoundingSet").unwrap().1;
        confined.lines().filter(|line| !line.starts_with("RestrictAddressFamilies")).collect::<Vec<_>>()
    };
    assert_eq!(rest(RADIO), rest(PORT));
}
