//! `cargo xtask bench panel` and `bench e2ee`: criterion's measurements beside what they should be.

use std::path::Path;
use std::process::{Command, ExitCode};

use crate::{cargo, root, target};

/// What is measured, what one of it is called, how many are in one measurement, and what it may cost in milliseconds.
type Target = (&'static str, &'static str, f64, f64);

/// What belongs together: the packages whose benches measure it, and what they measure.
pub struct Figures {
    packages: &'static [&'static str],
    targets: &'static [Target],
}

/// Drawing and touching the panel, and reading calendars.
pub const PANEL: Figures = Figures {
    packages: &["ui", "agenda"],
    targets: &[
        ("redraw home", "whole redraw, home", 1.0, 8.0),
        ("redraw call", "whole redraw, in a call", 1.0, 8.0),
        ("touch home", "a touch, home", 2.0, 2.0),
        ("touch call", "a touch, in a call", 2.0, 2.0),
        ("first picture", "cold start to the first picture", 1.0, 300.0),
        ("reading/agenda of 2000", "reading 2,000 events", 1.0, 200.0),
    ],
};

/// Encrypting and decrypting a second of a meeting: three in a hundred of a core are 30 ms. And what a key adds to a join.
pub const E2EE: Figures = Figures {
    packages: &["meeting"],
    targets: &[
        ("seal 1080p30 VP8", "encrypting a second of 1080p30, VP8, and a voice", 1.0, 30.0),
        ("seal 1080p30 H264", "encrypting a second of 1080p30, H.264, and a voice", 1.0, 30.0),
        ("open nine 360p30 VP8", "decrypting a second of nine 360p30, VP8, and nine voices", 1.0, 30.0),
        ("open nine 360p30 H264", "decrypting a second of nine 360p30, H.264, and nine voices", 1.0, 30.0),
        ("seal 1080p30 VP8 in a group", "the same encryption in a group, VP8", 1.0, 30.0),
        ("seal 1080p30 H264 in a group", "the same encryption in a group, H.264", 1.0, 30.0),
        ("open nine 360p30 VP8 in a group", "the same decryption in a group, VP8", 1.0, 30.0),
        ("open nine 360p30 H264 in a group", "the same decryption in a group, H.264", 1.0, 30.0),
        ("key of a passphrase", "the key of a passphrase, once a meeting", 1.0, 50.0),
    ],
};

/// Measures, then prints a table; fails where a target is missed or nothing was measured.
pub fn bench(figures: &Figures) -> ExitCode {
    let packages = figures.packages.iter().flat_map(|package| ["-p", package]);
    let measured =
        Command::new(cargo()).args(["bench", "--locked", "--benches"]).args(packages).current_dir(root()).status();
    if !measured.is_ok_and(|status| status.success()) {
        eprintln!("the measurement did not run to its end");
        return ExitCode::FAILURE;
    }
    let folder = target().join("criterion");
    let mut all_met = true;
    println!("| what | median, ms | target, ms | |\n|---|---|---|---|");
    for (name, words, count, most) in figures.targets {
        let said = match median_ms(&folder.join(name).join("new/estimates.json")).map(|median| median / count) {
            Some(median) => {
                all_met &= median <= *most;
                format!("{median:.2} | {most} | {} |", if median <= *most { "met" } else { "**missed**" })
            }
            None => {
                all_met = false;
                format!("– | {most} | not measured |")
            }
        };
        println!("| {words} | {said}");
    }
    if all_met { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The median of a measurement as criterion writes it down, in nanoseconds there.
fn median_ms(estimates: &Path) -> Option<f64> {
    let text = std::fs::read_to_string(estimates).ok()?;
    let value: serde_json::Value = serde_json::from_str(&text).ok()?;
    Some(value.get("median")?.get("point_estimate")?.as_f64()? / 1e6)
}
