//! What the appliance image's tree promises, without making an image.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use room::view::Trouble;

fn tree() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../os-image")
}

fn text(path: &str) -> String {
    let path = tree().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Everything in a folder and below, links not followed.
fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() {
            files(&entry.path(), found);
        } else {
            found.push(entry.path());
        }
    }
}

/// The packages that one of mkosi's files asks for, with the reason of each.
fn packages(conf: &str) -> BTreeMap<String, String> {
    let text = text(conf);
    let block = text.split_once("\nPackages=\n").expect("there are packages").1;
    let line = |line: &str| {
        let (name, reason) = line.split_once('#').unwrap_or_else(|| panic!("no reason in {conf}: {line}"));
        (name.trim().to_owned(), reason.trim().to_owned())
    };
    block.lines().take_while(|line| line.starts_with(' ')).map(line).collect()
}

/// What a partition's definition says.
fn setting(conf: &str, key: &str) -> String {
    let text = text(conf);
    let found = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
    found.unwrap_or_else(|| panic!("no {key} in {conf}")).to_owned()
}

#[test]
fn every_package_has_its_reason_and_the_documentation_says_the_same() {
    let documented = fs::read_to_string(tree().join("../docs/appliance.md")).unwrap();
    for folder in ["", "mkosi.profiles/hardware/"] {
        let [all, x86_64, arm64] = ["mkosi.conf", "mkosi.conf.d/x86-64.conf", "mkosi.conf.d/arm64.conf"]
            .map(|conf| packages(&format!("{folder}{conf}")));
        assert!(all.len() + x86_64.len() > 5);
        for (package, reason) in &all {
            let row = format!("| `{package}` | {reason} |");
            assert!(documented.contains(&row), "docs/appliance.md lacks: {row}");
            assert!(!x86_64.contains_key(package) && !arm64.contains_key(package), "{package} is there twice");
        }
        for (architecture, packages) in [("x86-64", x86_64), ("arm64", arm64)] {
            for (package, reason) in packages {
                let row = format!("| `{package}` | {reason} ({architecture}) |");
                assert!(documented.contains(&row), "docs/appliance.md lacks: {row}");
            }
        }
    }
}

#[test]
fn what_is_of_one_architecture_is_asked_for_that_one_only() {
    let kernel = |conf: &str| -> Vec<_> {
        packages(conf).into_keys().filter(|package| package.starts_with("linux-image")).collect()
    };
    assert_eq!(kernel("mkosi.conf"), Vec::<String>::new());
    for (architecture, of_debian) in [("x86-64", "amd64"), ("arm64", "arm64")] {
        assert_eq!(kernel(&format!("mkosi.conf.d/{architecture}.conf")), [format!("linux-image-{of_debian}")]);
        for folder in ["", "mkosi.profiles/hardware/"] {
            let conf = format!("{folder}mkosi.conf.d/{architecture}.conf");
            let matches = format!("\n[Match]\nArchitecture={architecture}\n");
            assert!(text(&conf).contains(&matches), "{conf}");
        }
    }
    // What both are made by names no folder of either.
    for both in
        ["mkosi.conf", "mkosi.finalize", "mkosi.postinst.chroot", "mkosi.images/initrd/mkosi.conf", "keep/folders"]
    {
        for folder in ["x86_64-linux-gnu", "aarch64-linux-gnu"] {
            assert!(!text(both).contains(folder), "{both} names {folder}");
        }
    }
}

#[test]
fn what_stays_of_a_package_has_its_reason() {
    for list in ["keep/plugins", "keep/folders", "keep/programs", "keep/firmware"] {
        let text = text(list);
        let (etc, rest): (Vec<_>, Vec<_>) = {
            let mut in_etc = false;
            text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).partition(|line| {
                in_etc = if line.starts_with('/') { *line == "/etc" } else { in_etc };
                in_etc
            })
        };
        // Of /etc the names say it.
        assert_eq!(etc.is_empty(), list != "keep/folders");
        let no_reason = rest.into_iter().filter(|line| !line.starts_with('/') && !line.contains("  "));
        assert_eq!(no_reason.collect::<Vec<_>>(), Vec::<&str>::new(), "{list}");
    }
}

#[test]
fn every_program_of_ours_that_is_put_in_stays_in_and_what_units_start_is_there() {
    let build = text("build");
    let put_in = build.lines().find_map(|line| line.strip_prefix("programs=")).unwrap();
    let put_in: Vec<_> = put_in.trim_matches('"').split(' ').collect();
    let kept = text("keep/programs");
    let kept: Vec<_> = kept.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert!(put_in.contains(&"huisclosd") && put_in.len() > 2, "{put_in:?}");
    assert!(put_in.iter().all(|program| kept.contains(program)), "{put_in:?}");
    let mut units = Vec::new();
    files(&tree().join("mkosi.extra/usr/lib/systemd/system"), &mut units);
    for unit in units.iter().filter(|unit| !unit.is_symlink()) {
        let unit = fs::read_to_string(unit).unwrap();
        let started = unit.lines().filter_map(|line| line.strip_prefix("ExecStart=/usr/bin/huisclos"));
        for program in started.filter_map(|rest| rest.split(' ').next()) {
            assert!(put_in.contains(&format!("huisclos{program}").as_str()), "huisclos{program}");
        }
    }
}

#[test]
fn slots_are_of_one_size_wherever_it_is_written() {
    let initrd = "mkosi.images/initrd/mkosi.extra/usr/lib/huisclos";
    for (slot, others) in [
        ("mkosi.repart/10-root.conf", ["10-root-a.conf", "20-root-b.conf"]),
        ("mkosi.repart/11-root-verity.conf", ["11-root-verity-a.conf", "21-root-verity-b.conf"]),
    ] {
        let size = setting(slot, "SizeMinBytes");
        assert_eq!(size, setting(slot, "SizeMaxBytes"), "{slot}");
        for other in others {
            // With and without a TPM.
            for folder in ["partitions", "partitions-encrypted"] {
                let other = format!("{initrd}/{folder}/{other}");
                assert_eq!(size, setting(&other, "SizeMinBytes"), "{other}");
                assert_eq!(size, setting(&other, "SizeMaxBytes"), "{other}");
            }
        }
    }
    assert_eq!(setting(&format!("{initrd}/partitions-encrypted/30-state.conf"), "Encrypt"), "tpm2");
}

#[test]
fn nobody_gets_a_shell() {
    for unit in
        ["getty@.service", "serial-getty@.service", "autovt@.service", "console-getty.service", "debug-shell.service"]
    {
        let link = tree().join("mkosi.extra/etc/systemd/system").join(unit);
        assert_eq!(fs::read_link(&link).unwrap(), Path::new("/dev/null"), "{unit}");
    }
    for tree in ["mkosi.extra", "mkosi.images/initrd/mkosi.extra"] {
        for unit in ["emergency.service", "rescue.service"] {
            let unit = text(&format!("{tree}/usr/lib/systemd/system/{unit}"));
            let runs: Vec<_> = unit.lines().filter_map(|line| line.strip_prefix("ExecStart=")).collect();
            assert_eq!(runs, ["/bin/sleep 10", "/bin/systemctl --force reboot"]);
        }
    }
    assert!(
        !text("mkosi.conf").lines().any(|line| line.starts_with("RootPassword=") || line.starts_with("Autologin="))
    );
}

#[test]
fn what_is_started_is_there_and_begins_with_what_it_says() {
    let preset = text("mkosi.extra/usr/lib/systemd/system-preset/00-huisclos.preset");
    let ours: Vec<_> = preset.lines().filter_map(|line| line.strip_prefix("enable huisclos")).collect();
    assert!(ours.contains(&"d.service") && ours.contains(&"-network.service"), "{ours:?}");
    for unit in ours {
        let unit = text(&format!("mkosi.extra/usr/lib/systemd/system/huisclos{unit}"));
        // Enabled is what has this.
        let install = unit.split_once("[Install]\n").map(|(_, install)| install).unwrap_or_default();
        assert!(install.contains("WantedBy=") || install.contains("RequiredBy="), "{unit}");
    }
}

#[test]
fn no_key_that_signs_is_kept_with_the_code() {
    let mut all = Vec::new();
    files(&tree(), &mut all);
    assert!(all.len() > 50);
    let begin = ["-----BEGIN", "PRIVATE KEY"];
    for file in all.iter().filter(|file| !file.is_symlink()) {
        let bytes = fs::read(file).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        let has_key = text.lines().any(|line| begin.iter().all(|word| line.contains(word)));
        assert!(!has_key, "{} holds a private key", file.display());
    }
}

#[test]
fn a_room_that_has_lost_its_configuration_or_its_state_says_which_and_joins_nothing() {
    let script = text("mkosi.extra/usr/lib/huisclos/config");
    let written = script.lines().find_map(|line| line.trim().strip_prefix("printf '")).unwrap();
    let head = written.split('\'').next().unwrap().replace("\\n", "\n");
    for (trouble, is) in [("configuration", Trouble::Configuration), ("state", Trouble::State)] {
        assert!(script.contains(&format!("close {trouble}\n")), "{trouble}");
        let whole = head.replace("%s", trouble) + &text("mkosi.extra/usr/lib/huisclos/closed.toml");
        let config = appliance::Config::parse(&whole).unwrap_or_else(|error| panic!("{error:#}: {whole}"));
        assert_eq!(config.room.trouble.map(Trouble::from), Some(is));
        let policy = config.policy.expect("a policy that cannot be used allows nothing");
        assert!(!policy.file.exists());
    }
}

#[test]
fn what_counts_a_slots_tries_is_what_forgets_them() {
    let named = |path: &str| {
        let text = text(path);
        let at = text.find("HuisClosTries-").unwrap_or_else(|| panic!("no count in {path}"));
        text[at..].chars().take_while(|letter| letter.is_ascii_alphanumeric() || *letter == '-').collect::<String>()
    };
    let counts = named("mkosi.images/initrd/mkosi.extra/usr/lib/huisclos/tries");
    assert_eq!(counts, named("mkosi.extra/usr/lib/huisclos/tries-forgotten"));
    // As many as an update has.
    let tries = text("mkosi.extra/etc/kernel/tries");
    assert!(
        text("mkosi.images/initrd/mkosi.extra/usr/lib/huisclos/tries").contains(&format!("\nTRIES={}\n", tries.trim()))
    );
}
