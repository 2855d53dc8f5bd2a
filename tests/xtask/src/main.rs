//! `cargo xtask bench …`: builds what is measured as it is released, then measures.

mod figures;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, ExitStatus};

const USAGE: &str = "\
cargo xtask bench meeting [--quick] [--others 2,5,10] [--json FILE]   the room beside a Chromium kiosk
cargo xtask bench e2ee    encrypting and decrypting what a meeting sends
cargo xtask bench panel   drawing and touching the panel, and reading calendars
cargo xtask bench loss [--quick] [--loss 0,30] [--jitter 200] [--json FILE]   a room on a bad network
`--help` after either says more.";

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1).peekable();
    match arguments.next().as_deref() {
        Some("bench") if arguments.next_if(|what| what == "panel").is_some() => figures::bench(&figures::PANEL),
        Some("bench") if arguments.next_if(|what| what == "e2ee").is_some() => figures::bench(&figures::E2EE),
        Some("bench") => bench(std::iter::once("bench".to_owned()).chain(arguments).collect()),
        _ => {
            eprintln!("{USAGE}");
            ExitCode::from(2)
        }
    }
}

fn bench(arguments: Vec<String>) -> ExitCode {
    let root = root();
    eprintln!("Building with optimisation (the first time takes many minutes on two cores)…");
    let built = Command::new(cargo())
        .args(["build", "--release", "--locked", "--bin", "huisclosd", "--bin", "huisclos-bench"])
        .current_dir(&root)
        .status();
    if !built.is_ok_and(|status| status.success()) {
        eprintln!("the build failed");
        return ExitCode::FAILURE;
    }
    let measured = Command::new(target().join("release/huisclos-bench")).args(arguments).current_dir(&root).status();
    match measured.as_ref().ok().and_then(ExitStatus::code) {
        Some(code) => ExitCode::from(u8::try_from(code).unwrap_or(1)),
        None => {
            eprintln!("the measurement did not run to its end: {measured:?}");
            ExitCode::FAILURE
        }
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn cargo() -> PathBuf {
    std::env::var_os("CARGO").map_or_else(|| PathBuf::from("cargo"), PathBuf::from)
}

fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}
