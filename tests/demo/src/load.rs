//! What a room costs: 720p30 out and several 360p30 in, software codecs, on this machine.
//!
//! The others in the meeting are official Python clients. They run on the same processor, so only
//! the room's own share is counted: its processor time and memory, from `/proc`.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use clap::Parser;
use demo::room::{Media, Options, Room};
use demo::stage;
use serde::Serialize;
use tokio::process::{Child, Command};

#[derive(Parser)]
#[command(name = "huisclos-load", version, about = "What a room in a meeting costs on this machine")]
struct Arguments {
    /// Others in the meeting, each sending 640×360 at 30 pictures per second.
    #[arg(long, default_value_t = 4)]
    others: usize,
    /// Seconds measured, after five seconds to settle.
    #[arg(long, default_value_t = 30)]
    seconds: u64,
    /// `auto`, `vp8` or `h264`: what the room sends.
    #[arg(long, default_value = "auto")]
    codec: String,
}

/// What is printed, as JSON.
#[derive(Serialize)]
struct Report {
    others: usize,
    seconds: f64,
    codec: String,
    /// Share of one core, in percent, that `huisclosd` took.
    room_cpu_percent: f64,
    /// Resident memory of `huisclosd` at the end, in MiB.
    room_memory_mib: f64,
    captured_per_s: f64,
    dropped_capture: u64,
    encoded_per_s: [f64; 3],
    decoded_per_s: f64,
    composed_per_s: f64,
    dropped_received: u64,
    concealed: u64,
}

#[tokio::main]
#[allow(clippy::print_stdout)] // this is a command line
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let stage = stage().await?;
    let options = Options { video_codec: arguments.codec.clone(), ..Options::default() };
    let room = Room::start_with(&stage.meeting, &options).await?;
    let mut others = Vec::new();
    for number in 0..arguments.others {
        let identity = format!("guest-{number}");
        let token = stage.server.token(&stage.livekit_room(), &identity, &format!("Guest {number}"));
        // One of them watches the room, so that every layer is wanted by somebody.
        others.push(guest(&stage.server.livekit_url(), &token, number > 0)?);
    }
    room.find_and_touch("join").await?;
    let all = |s: &demo::room::State| s.screen == "in-call" && s.others == arguments.others;
    room.wait("everybody in the meeting", Duration::from_secs(60), all).await?;
    // All faces at once.
    room.choose("layout", "layout-grid").await?;
    tokio::time::sleep(Duration::from_secs(5)).await;

    let process = room.process_id().context("the room has ended")?;
    let (started, cpu_before, before) = (Instant::now(), cpu_seconds(process)?, room.state().await?.media);
    tokio::time::sleep(Duration::from_secs(arguments.seconds)).await;
    let (seconds, cpu, after) = (started.elapsed().as_secs_f64(), cpu_seconds(process)?, room.state().await?.media);
    let rate = |of: fn(&Media) -> u64| (of(&after) - of(&before)) as f64 / seconds;
    let report = Report {
        others: arguments.others,
        seconds,
        codec: arguments.codec,
        room_cpu_percent: 100.0 * (cpu - cpu_before) / seconds,
        room_memory_mib: memory_mib(process)?,
        captured_per_s: rate(|m| m.captured),
        dropped_capture: after.dropped_capture - before.dropped_capture,
        encoded_per_s: [rate(|m| m.encoded[0]), rate(|m| m.encoded[1]), rate(|m| m.encoded[2])],
        decoded_per_s: rate(|m| m.decoded),
        composed_per_s: rate(|m| m.composed),
        dropped_received: after.dropped_received - before.dropped_received,
        concealed: after.concealed - before.concealed,
    };
    println!("{}", serde_json::to_string_pretty(&report)?);
    std::fs::create_dir_all(".huisclos/load").context("cannot make a folder for the picture")?;
    std::fs::write(".huisclos/load/display.png", room.png("display").await?)?;
    drop(others);
    drop(room);
    stage.server.shutdown().await;
    Ok(())
}

fn guest(url: &str, token: &str, deaf: bool) -> anyhow::Result<Child> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let python: PathBuf = root.join(".huisclos/python/bin/python");
    ensure!(python.exists(), "the official Python client is not installed: sh tests/interop/setup.sh all");
    let mut command = Command::new(python);
    command.arg(root.join("tests/interop/python/participant.py"));
    command.args(["--url", url, "--token", token, "--fps", "30", "--single-layer"]);
    if deaf {
        command.arg("--deaf");
    }
    // Its standard input stays open as long as it is held: the end of it means leaving.
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    command.spawn().context("Python does not start")
}

/// User and system time of a process in seconds; the kernel counts in hundredths.
fn cpu_seconds(process: u32) -> anyhow::Result<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).context("the room has ended")?;
    // The name in brackets may hold spaces; the fields are counted behind it.
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |field: usize| fields.get(field).and_then(|text| text.parse::<f64>().ok()).unwrap_or_default();
    Ok((ticks(11) + ticks(12)) / 100.0)
}

fn memory_mib(process: u32) -> anyhow::Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).context("the room has ended")?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).context("no VmRSS")?;
    let kib: f64 = line.split_whitespace().nth(1).unwrap_or_default().parse()?;
    Ok(kib / 1024.0)
}
