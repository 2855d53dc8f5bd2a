//! The shape of the house: pure crates stay pure, arrows stay acyclic and as designed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the appliance lives in the workspace").to_owned()
}

fn sources(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).unwrap_or_else(|e| panic!("{}: {e}", directory.display())) {
        let path = entry.expect("a readable entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

const PURE: [&str; 8] = [
    "appliance/agenda",
    "appliance/evidence",
    "appliance/identity",
    "appliance/phrase",
    "appliance/policy",
    "appliance/room",
    "appliance/meeting",
    "ui",
];

/// A source file without its comments and its unit tests, which may hold a clock to step.
fn product_code(path: &Path) -> String {
    let text = std::fs::read_to_string(path).expect("a readable source");
    let code = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    code.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

#[test]
fn pure_crates_have_no_clock_no_io_no_threads_and_no_unsafe() {
    let forbidden = [
        "Instant::now",
        "SystemTime::now",
        "std::fs",
        "std::thread",
        "std::process",
        "std::env::",
        "UdpSocket",
        "TcpStream",
        "TcpListener",
        "tokio::",
        "gstreamer",
        "async fn",
        "println!",
        "eprintln!",
    ];
    for pure in PURE {
        let source = root().join(pure).join("src");
        let lib = std::fs::read_to_string(source.join("lib.rs")).expect("lib.rs");
        assert!(lib.contains("#![forbid(unsafe_code)]"), "{pure} must forbid unsafe code");
        let mut files = Vec::new();
        sources(&source, &mut files);
        assert!(!files.is_empty());
        for file in files {
            let is_test =
                |part: std::path::Component<'_>| matches!(part.as_os_str().to_str(), Some("tests" | "tests.rs"));
            if file.strip_prefix(&source).is_ok_and(|inside| inside.components().any(is_test)) {
                continue;
            }
            let code = product_code(&file);
            for word in forbidden {
                assert!(!code.contains(word), "{} uses {word}", file.display());
            }
        }
    }
}

#[test]
fn arrows_between_crates_are_the_designed_ones() {
    let allowed: BTreeMap<&str, &[&str]> = BTreeMap::from([
        ("appliance/room", &[] as &[&str]),
        ("appliance/agenda", &["room"]),
        ("appliance/evidence", &["phrase"]),
        ("appliance/identity", &["phrase"]),
        ("appliance/pac", &[]),
        ("appliance/phrase", &[]),
        ("appliance/policy", &["phrase"]),
        ("appliance/meeting", &[]),
        ("appliance/media", &["hal"]),
        ("hal", &[]),
        ("ui", &["phrase", "room"]),
        (
            "appliance",
            &[
                "agenda",
                "evidence",
                "identity",
                "phrase",
                "policy",
                "room",
                "meeting",
                "media",
                "hal",
                "ui",
                "provisioning",
            ],
        ),
        ("provisioning", &[]),
    ]);
    let ours = [
        "agenda",
        "evidence",
        "identity",
        "pac",
        "phrase",
        "policy",
        "room",
        "meeting",
        "media",
        "hal",
        "ui",
        "appliance",
        "sandbox",
        "provisioning",
        "demo",
        "simulation",
        "system",
    ];
    for (package, may) in allowed {
        let manifest = std::fs::read_to_string(root().join(package).join("Cargo.toml")).expect("a manifest");
        let manifest: toml::Table = manifest.parse().expect("a manifest that parses");
        let dependencies = manifest["dependencies"].as_table().expect("dependencies");
        for name in dependencies.keys().filter(|name| ours.contains(&name.as_str())) {
            assert!(may.contains(&name.as_str()), "{package} must not depend on {name}");
        }
    }
}

#[test]
fn pure_crates_depend_on_no_runtime() {
    let runtimes = ["tokio", "gstreamer", "async-std", "smol", "reqwest", "mio", "socket2", "axum", "hyper"];
    for pure in PURE {
        let manifest = std::fs::read_to_string(root().join(pure).join("Cargo.toml")).expect("a manifest");
        let manifest: toml::Table = manifest.parse().expect("a manifest that parses");
        for name in manifest["dependencies"].as_table().expect("dependencies").keys() {
            assert!(!runtimes.contains(&name.as_str()), "{pure} must not depend on {name}");
        }
    }
}

#[test]
fn the_verifier_of_evidence_shares_nothing_with_what_writes_it() {
    let manifest = std::fs::read_to_string(root().join("tests/evidence-verifier/Cargo.toml")).expect("a manifest");
    let manifest: toml::Table = manifest.parse().expect("a manifest that parses");
    let dependencies = manifest["dependencies"].as_table().expect("dependencies");
    let names: Vec<&str> = dependencies.keys().map(String::as_str).collect();
    assert_eq!(names, ["p256", "serde_json", "sha2"]);
    assert!(!manifest.contains_key("build-dependencies") && !manifest.contains_key("target"));
}
