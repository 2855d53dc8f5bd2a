//! `bench meeting`: the room and a kiosk, one after the other, in the same meeting.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, ensure};
use demo::room::{Options, Room, State, Tile};
use serde_json::json;
use url::Url;

use crate::figures::{Figures, Meeting, Ratios, Spread, table};
use crate::kiosk::{First, Kiosk, Remote, Snapshot};
use crate::others::{Others, Window};
use crate::picture;
use crate::process::{Peak, Tree};
use crate::stand::{Devices, in_memory, keep_picture, now_us};
use crate::watch::{Shown, Watch, is_freeze};

/// What the measured camera gives.
const CAMERA: (u32, u32, u32) = (1280, 720, 30);
/// The number of the measured camera's picture.
const MEASURED: u8 = 200;
/// How long a join may take.
const LIMIT: Duration = Duration::from_secs(40);
/// Until congestion control knows the path and every layer flows.
const SETTLE: Duration = Duration::from_secs(10);

/// What `bench meeting` is told.
#[derive(clap::Args, Debug)]
pub struct Arguments {
    /// How many others are in the meeting.
    #[arg(long, value_delimiter = ',', default_value = "2,5,10")]
    others: Vec<usize>,
    /// Seconds measured.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Seconds in which the delay is looked at, after what is measured: looking costs a browser something.
    #[arg(long, default_value_t = 20)]
    delay_seconds: u64,
    /// How many joins are timed.
    #[arg(long, default_value_t = 5)]
    joins: usize,
    /// Short: under ten minutes for all.
    #[arg(long)]
    quick: bool,
    /// Only the room.
    #[arg(long)]
    room_only: bool,
    /// Where to write the figures as JSON.
    #[arg(long)]
    json: Option<PathBuf>,
}

struct Files {
    folder: tempfile::TempDir,
    /// In memory, as a display's own is.
    display: tempfile::TempDir,
}

impl Files {
    fn make() -> anyhow::Result<Files> {
        let folder = tempfile::tempdir().context("cannot make a folder")?;
        let files = Files { folder, display: in_memory()? };
        let (width, height, fps) = CAMERA;
        picture::write_y4m(&files.camera(), width, height, fps, MEASURED).context("cannot write the camera")?;
        sandbox::fake_media::write_wav(&files.microphone(), 440, 4).context("cannot write the microphone")?;
        Ok(files)
    }

    fn camera(&self) -> PathBuf {
        self.folder.path().join("camera.y4m")
    }

    fn microphone(&self) -> PathBuf {
        self.folder.path().join("microphone.wav")
    }

    fn display(&self) -> PathBuf {
        self.display.path().join("display")
    }

    fn state(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    fn board(&self) -> String {
        let (camera, microphone, display) = (self.camera(), self.microphone(), self.display());
        Devices { camera, microphone, loudspeaker: None, display }.board()
    }
}

/// Measures and prints.
///
/// # Errors
/// When one of the two does not come into the meeting; a missed target is none.
#[allow(clippy::print_stdout)] // this is a command line
pub async fn run(mut arguments: Arguments) -> anyhow::Result<()> {
    if arguments.quick {
        arguments.seconds = arguments.seconds.min(15);
        arguments.delay_seconds = arguments.delay_seconds.min(8);
        arguments.joins = arguments.joins.min(3);
    }
    let files = tokio::task::spawn_blocking(Files::make).await??;
    first_life(&files).await.context("the room's first start")?;
    let mut meetings = Vec::new();
    for count in arguments.others.clone() {
        let (pages, mut remote) = crate::kiosk::pages();
        let stage = demo::stage_with(sandbox::Config { pages, ..sandbox::Config::default() }).await?;
        eprintln!("{count} others come into the meeting…");
        let others = Others::join(&stage, count).await?;
        eprintln!("The room: joins, settles, is measured for {} s…", arguments.seconds);
        let (room, tiles) = room(&stage, &others, &files, &arguments).await.context("the room")?;
        let mut kiosk_figures = None;
        if !arguments.room_only {
            others.forget();
            eprintln!("The kiosk: the same…");
            let figures = kiosk(&stage, &others, &files, &tiles, &mut remote, &arguments).await;
            kiosk_figures = Some(figures.context("the kiosk")?);
        }
        drop(others);
        stage.server.shutdown().await;
        let ratios = kiosk_figures.as_ref().map(|kiosk| Ratios::of(&room, kiosk));
        meetings.push(Meeting { others: count, seconds: arguments.seconds as f64, room, kiosk: kiosk_figures, ratios });
        println!("{}", table(&meetings[meetings.len() - 1..]));
    }
    if let Some(path) = &arguments.json {
        let text = serde_json::to_string_pretty(&json!({ "machine": machine(), "meetings": meetings }))?;
        std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

/// A room finds out once which codecs work on its machine; what is measured is any other day.
async fn first_life(files: &Files) -> anyhow::Result<()> {
    let options = Options { board: files.board(), state: Some(files.state()), ..Options::default() };
    let room = Room::start_with(&Url::parse("http://127.0.0.1:9/abc-defg-hij")?, &options).await?;
    let known = files.state().join("codecs");
    let started = std::time::Instant::now();
    while !known.exists() {
        ensure!(started.elapsed() < LIMIT, "it does not know its codecs after {} s", LIMIT.as_secs());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    // The file grows as more is known.
    tokio::time::sleep(Duration::from_secs(3)).await;
    drop(room);
    Ok(())
}

/// What the figures depend on most.
fn machine() -> serde_json::Value {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    json!({ "processor": model.trim_start_matches([' ', '\t', ':']), "cores": cores })
}

async fn room(
    stage: &demo::Stage,
    others: &Others,
    files: &Files,
    arguments: &Arguments,
) -> anyhow::Result<(Figures, Vec<Tile>)> {
    let options = Options { board: files.board(), state: Some(files.state()), ..Options::default() };
    let room = Room::start_with(&stage.meeting, &options).await?;
    let tree = Tree(room.process_id().context("the room has ended")?);
    let (mut videos, mut audios) = (Vec::new(), Vec::new());
    for join in 0..arguments.joins {
        room.find_and_touch("join").await?;
        // Not the timeline of the join before.
        let started = |s: &State| {
            s.screen == "in-call" && s.timeline.first_video_ms.is_some() && s.timeline.first_audio_ms.is_some()
        };
        let timeline = room.wait("the first picture", LIMIT, started).await?.timeline;
        tracing::info!(?timeline, "joined");
        videos.extend(timeline.first_video_ms);
        audios.extend(timeline.first_audio_ms);
        if join + 1 < arguments.joins {
            tokio::time::sleep(Duration::from_secs(1)).await;
            room.find_and_touch("leave").await?;
            room.wait("home", LIMIT, |s| s.screen == "home").await?;
        }
    }
    let everybody = |s: &State| s.screen == "in-call" && s.others == others.count();
    room.wait("everybody", LIMIT, everybody).await?;
    room.choose("layout", "layout-grid").await?;
    let tiles = |s: &State| s.tiles.iter().filter(|t| t.who == "remote").count() == others.count();
    room.wait("everybody's tile", LIMIT, tiles).await?;
    tokio::time::sleep(SETTLE).await;
    let tiles = room.state().await?.tiles;
    let remote: Vec<Tile> = tiles.iter().filter(|t| t.who == "remote").cloned().collect();

    let watch = Watch::start(&files.display(), remote)?;
    let peak = Peak::watch(tree);
    let (from_us, cpu) = (now_us(), tree.cpu_seconds());
    tokio::time::sleep(Duration::from_secs(arguments.seconds)).await;
    let (window, cpu) = (Window { from_us, to_us: now_us() }, tree.cpu_seconds() - cpu);
    let memory_mib = mib(peak.bytes());
    let seen = watch.seen();
    drop(watch);
    keep_picture(&room, "room.png").await?;
    others.joined()?;
    room.touch("leave").await?;
    room.wait("home", LIMIT, |s| s.screen == "home").await?;

    let rates = rates(&seen, window, others.count());
    let received = others.received(window);
    let figures = Figures {
        cpu: cpu / window.seconds(),
        memory_mib,
        first_video_ms: Spread::of(videos).map(|s| s.median),
        first_audio_ms: Spread::of(audios).map(|s| s.median),
        shown_fps: rates.fps.iter().sum::<f64>() / rates.fps.len().max(1) as f64,
        shown_fps_least: rates.fps.iter().copied().fold(f64::MAX, f64::min),
        freezes: rates.freezes,
        delay_in_ms: others.delays(&seen, window),
        delay_out_ms: received.delay_ms,
        sent_fps: received.fps,
        sent_size: received.size,
        sent_kbps: received.kbps,
    };
    Ok((figures, tiles))
}

async fn kiosk(
    stage: &demo::Stage,
    others: &Others,
    files: &Files,
    tiles: &[Tile],
    remote: &mut Remote,
    arguments: &Arguments,
) -> anyhow::Result<Figures> {
    let origin = Url::parse(stage.server.origin())?;
    let (mut videos, mut audios) = (Vec::new(), Vec::new());
    for join in 0..arguments.joins {
        let mut kiosk = Kiosk::open(&origin, demo::SLUG, tiles, &files.camera(), &files.microphone(), remote)?;
        let tree = Tree(kiosk.process_id());
        let _: serde_json::Value = kiosk.order(json!({ "what": "join" })).await?;
        let first = first(&mut kiosk, others.count()).await?;
        videos.extend(first.first_video_ms);
        audios.extend(first.first_audio_ms);
        if join + 1 < arguments.joins {
            let _: serde_json::Value = kiosk.order(json!({ "what": "leave" })).await?;
            continue;
        }
        tokio::time::sleep(SETTLE).await;

        let peak = Peak::watch(tree);
        let before: Snapshot = kiosk.order(json!({ "what": "snapshot" })).await?;
        let (from_us, cpu) = (now_us(), tree.cpu_seconds());
        tokio::time::sleep(Duration::from_secs(arguments.seconds)).await;
        let (window, cpu) = (Window { from_us, to_us: now_us() }, tree.cpu_seconds() - cpu);
        let after: Snapshot = kiosk.order(json!({ "what": "snapshot" })).await?;
        let memory_mib = mib(peak.bytes());
        let seen: serde_json::Value =
            kiosk.order(json!({ "what": "marks", "seconds": arguments.delay_seconds })).await?;
        let seen: Vec<(u8, u8, u64)> = serde_json::from_value(seen["marks"].clone())?;
        let seen: Vec<Shown> = seen.into_iter().map(|(who, index, at_us)| Shown { who, index, at_us }).collect();
        others.joined()?;
        let _: serde_json::Value = kiosk.order(json!({ "what": "leave" })).await?;

        let seconds = (after.at - before.at) / 1000.0;
        let fps: Vec<f64> =
            before.tiles.iter().zip(&after.tiles).map(|(a, b)| (b.frames - a.frames) as f64 / seconds).collect();
        let freezes = |s: &Snapshot| s.tiles.iter().map(|t| t.freezes).sum::<u64>();
        let received = others.received(window);
        return Ok(Figures {
            cpu: cpu / window.seconds(),
            memory_mib,
            first_video_ms: Spread::of(videos).map(|s| s.median),
            first_audio_ms: Spread::of(audios).map(|s| s.median),
            shown_fps: fps.iter().sum::<f64>() / fps.len().max(1) as f64,
            shown_fps_least: fps.iter().copied().fold(f64::MAX, f64::min),
            freezes: freezes(&after) - freezes(&before),
            delay_in_ms: others.delays(&seen, Window { from_us: window.to_us, to_us: now_us() }),
            delay_out_ms: received.delay_ms,
            sent_fps: received.fps,
            sent_size: received.size,
            sent_kbps: received.kbps,
        });
    }
    anyhow::bail!("no join was asked for")
}

/// Waits until the kiosk shows everybody.
async fn first(kiosk: &mut Kiosk<'_>, others: usize) -> anyhow::Result<First> {
    let started = std::time::Instant::now();
    loop {
        let first: First = kiosk.order(json!({ "what": "first" })).await?;
        if first.first_video_ms.is_some() && first.shown == others {
            return Ok(first);
        }
        ensure!(started.elapsed() < LIMIT, "it shows {} of {others} after {} s", first.shown, LIMIT.as_secs());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

fn mib(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}

struct Rates {
    /// By tile.
    fps: Vec<f64>,
    freezes: u64,
}

/// How steadily each of the others was shown.
fn rates(seen: &[Shown], window: Window, others: usize) -> Rates {
    let mut rates = Rates { fps: Vec::new(), freezes: 0 };
    for who in 1..=others {
        let times = seen.iter().filter(|s| usize::from(s.who) == who && window.contains(s.at_us)).map(|s| s.at_us);
        let times: Vec<u64> = times.collect();
        rates.fps.push(times.len() as f64 / window.seconds());
        let gaps: Vec<f64> = times.windows(2).map(|pair| (pair[1] - pair[0]) as f64 / 1000.0).collect();
        rates.freezes += freezes(&gaps);
    }
    rates
}

/// W3C `freezeCount`: what is usual is the mean of the last thirty gaps.
fn freezes(gaps_ms: &[f64]) -> u64 {
    let mut count = 0;
    for (at, gap) in gaps_ms.iter().enumerate() {
        let last = &gaps_ms[at.saturating_sub(30)..at];
        let usual = if last.is_empty() { *gap } else { last.iter().sum::<f64>() / last.len() as f64 };
        count += u64::from(is_freeze(*gap, usual));
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_freeze_is_a_gap_far_longer_than_usual() {
        let mut gaps = vec![33.0; 60];
        assert_eq!(freezes(&gaps), 0);
        gaps[40] = 150.0;
        assert_eq!(freezes(&gaps), 0, "three times, but not 150 ms longer");
        gaps[50] = 400.0;
        assert_eq!(freezes(&gaps), 1);
    }
}
