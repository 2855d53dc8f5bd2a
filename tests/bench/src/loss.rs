//! `bench loss`: two rooms talk, one of them behind a bad network, and each is heard and seen at
//! the other end.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use demo::room::{Options, Room, State};
use sandbox::core::Source;
use sandbox::network::Weather;
use serde::Serialize;

use crate::others::Window;
use crate::picture;
use crate::speech::{Speech, Understood};
use crate::stand::{Devices, in_memory, keep_picture, now_us};
use crate::watch::{Shown, Watch, is_freeze};

/// What both cameras give.
const CAMERA: (u32, u32, u32) = (1280, 720, 30);
const LIMIT: Duration = Duration::from_secs(40);
/// Until congestion control knows the path.
const SETTLE: Duration = Duration::from_secs(10);
/// The wire: a twentieth of a second there and back.
const WIRE: Weather = Weather { delay: Duration::from_millis(25), ..Weather::FINE };
const WIDE_BPS: u64 = 4_000_000;
const NARROW_BPS: u64 = 500_000;
/// A STOI from which sentences are understood.
const INTELLIGIBLE: f64 = 0.75;
/// How often the layers that flow are looked at.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// What `bench loss` is told.
#[derive(clap::Args, Debug)]
pub struct Arguments {
    /// Packets lost, in percent, each way.
    #[arg(long, value_delimiter = ',', default_value = "0,5,10,20,30")]
    loss: Vec<u32>,
    /// Jitter in milliseconds, uniform, which also reorders.
    #[arg(long, value_delimiter = ',', default_value = "50,100,200")]
    jitter: Vec<u64>,
    /// Seconds measured in each weather.
    #[arg(long, default_value_t = 48)]
    seconds: u64,
    /// Only the dip of the capacity.
    #[arg(long)]
    dip: bool,
    /// Short: one round of sentences in each weather.
    #[arg(long)]
    quick: bool,
    /// Where to write the figures as JSON.
    #[arg(long)]
    json: Option<PathBuf>,
}

/// One end of the conversation.
struct End {
    who: u8,
    room: Room,
    identity: String,
    folder: PathBuf,
    display: PathBuf,
    speech: Speech,
}

impl End {
    /// A room joins: its camera carries `who`, its microphone hears `voice`.
    async fn join(stage: &demo::Stage, files: &Path, memory: &Path, who: u8, voice: &str) -> anyhow::Result<End> {
        let folder = files.join(who.to_string());
        std::fs::create_dir_all(&folder)?;
        let display = memory.join(format!("display-{who}"));
        let (width, height, fps) = CAMERA;
        let camera = folder.join("camera.y4m");
        picture::write_y4m(&camera, width, height, fps, who).context("cannot write the camera")?;
        let speech = Speech::speak(voice, &folder)?;
        let (microphone, loudspeaker) = (speech.file.clone(), Some(folder.join("heard.wav")));
        let board = Devices { camera, microphone, loudspeaker, display: display.clone() }.board();
        let before = identities(stage);
        let options = Options { board, state: Some(folder.join("state")), ..Options::default() };
        let room = Room::start_with(&stage.meeting, &options).await?;
        room.find_and_touch("join").await?;
        room.wait("the meeting", LIMIT, |s| s.screen == "in-call").await?;
        let identity = identities(stage).into_iter().find(|i| !before.contains(i)).context("the room is nobody")?;
        Ok(End { who, room, identity, folder, display, speech })
    }

    /// Looks at the other's tile.
    async fn watch(&self) -> anyhow::Result<Watch> {
        let there = |s: &State| s.tiles.iter().any(|t| t.who == "remote");
        let state = self.room.wait("the other's tile", LIMIT, there).await?;
        Watch::start(&self.display, state.tiles.into_iter().filter(|t| t.who == "remote").collect())
    }

    /// How many samples the loudspeaker has played.
    fn heard(&self) -> anyhow::Result<usize> {
        let length = std::fs::metadata(self.folder.join("heard.wav")).context("the loudspeaker's recording")?.len();
        Ok(usize::try_from(length)?.saturating_sub(44) / 2)
    }

    /// Keeps what was played since then as a file of its own.
    fn keep(&self, from: usize, name: &str) -> anyhow::Result<PathBuf> {
        let bytes = std::fs::read(self.folder.join("heard.wav"))?;
        let samples: Vec<i16> = bytes
            .get(44 + from * 2..)
            .unwrap_or_default()
            .chunks_exact(2)
            .map(|b| i16::from_le_bytes([b[0], b[1]]))
            .collect();
        let path = self.folder.join(format!("{name}.wav"));
        sandbox::fake_media::write_samples(&path, &samples)?;
        Ok(path)
    }
}

fn identities(stage: &demo::Stage) -> Vec<String> {
    stage.server.participants(&stage.livekit_room()).into_iter().map(|member| member.identity).collect()
}

/// One direction in one weather.
#[derive(Debug, Clone, Default, Serialize)]
struct Way {
    understood: Understood,
    /// Pictures per second shown.
    fps: f64,
    /// Share of the time in which the picture stood still.
    frozen: f64,
    freezes: u64,
    longest_freeze_ms: f64,
    /// How often each layer flowed when it was looked at: lowest first, the last is none.
    layers: [f64; 4],
}

#[derive(Debug, Clone, Default, Serialize)]
struct Case {
    name: String,
    /// From the room on the bad network to the other, and back.
    out: Way,
    back: Way,
}

/// How the room came through the dip.
#[derive(Debug, Clone, Default, Serialize)]
struct Dip {
    before: Case,
    during: Case,
    /// Seconds from the return of the capacity until the pictures were as before.
    out_recovered_s: Option<f64>,
    back_recovered_s: Option<f64>,
}

struct Bench {
    stage: demo::Stage,
    near: End,
    far: End,
    waiting: Vec<Waiting>,
}

/// Recordings of a case, to be listened to when all is over: it takes the processor.
struct Waiting {
    near: PathBuf,
    far: PathBuf,
}

/// Measures and prints.
///
/// # Errors
/// When the rooms do not come into the meeting; a missed target is none.
#[allow(clippy::print_stdout)] // this is a command line
pub async fn run(mut arguments: Arguments) -> anyhow::Result<()> {
    if arguments.quick {
        arguments.seconds = arguments.seconds.min(Speech::seconds() + 2);
    }
    if arguments.dip {
        arguments.loss.clear();
        arguments.jitter.clear();
    }
    let files = tempfile::tempdir()?;
    let memory = in_memory()?;
    let config = sandbox::Config { congestion_control: true, ..sandbox::Config::default() };
    let stage = demo::stage_with(config).await?;
    eprintln!("Two rooms come into the meeting…");
    let near = End::join(&stage, files.path(), memory.path(), 1, "en-gb").await.context("the first room")?;
    let far = End::join(&stage, files.path(), memory.path(), 2, "en-us").await.context("the second room")?;
    let mut bench = Bench { stage, near, far, waiting: Vec::new() };
    let mut cases = Vec::new();
    for percent in arguments.loss.clone() {
        let weather = Weather { loss: f64::from(percent) / 100.0, ..WIRE };
        cases.push(bench.case(format!("{percent} % loss"), weather, arguments.seconds).await?);
    }
    for ms in arguments.jitter.clone() {
        let weather = Weather { jitter: Duration::from_millis(ms), ..WIRE };
        cases.push(bench.case(format!("0 to {ms} ms jitter"), weather, arguments.seconds).await?);
    }
    let mut dip = bench.dip(arguments.seconds).await?;
    keep_picture(&bench.near.room, "loss.png").await?;
    let Bench { stage, near, far, waiting } = bench;
    stage.server.shutdown().await;
    let (near_speech, far_speech) = (near.speech, far.speech);
    drop((near.room, far.room));
    eprintln!("Listening to what was heard…");
    let control = tokio::task::spawn_blocking(move || -> anyhow::Result<_> {
        let (near, far): (Vec<_>, Vec<_>) = waiting.into_iter().map(|w| (w.near, w.far)).unzip();
        Ok((near_speech.understood(&far)?, far_speech.understood(&near)?))
    });
    let (out, back) = control.await??;
    let all = cases.iter_mut().chain([&mut dip.before, &mut dip.during]);
    for (case, (out, back)) in all.zip(out.iter().zip(&back).skip(1)) {
        case.out.understood = *out;
        case.back.understood = *back;
    }
    let unprotected = out.first().copied().unwrap_or_default();
    println!("{}", table(&cases, &dip, unprotected));
    if let Some(path) = &arguments.json {
        let json = serde_json::json!({ "cases": cases, "dip": dip, "unprotected": unprotected });
        std::fs::write(path, serde_json::to_string_pretty(&json)?)
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

/// What flows at one moment: the layer out and the layer back.
#[derive(Debug, Clone, Copy)]
struct Flow {
    at_us: u64,
    out: Option<usize>,
    back: Option<usize>,
}

impl Bench {
    fn weather(&self, weather: Weather) -> anyhow::Result<()> {
        let there = self.stage.server.set_weather(&self.stage.livekit_room(), &self.near.identity, weather, weather);
        ensure!(there, "the room on the bad network is not in the meeting any more");
        Ok(())
    }

    fn flow(&self) -> Flow {
        let room = self.stage.livekit_room();
        let layer = |to: &End| {
            let forwarded = self.stage.server.forwarded(&room, &to.identity);
            forwarded.into_iter().find(|(_, source, _)| *source == Source::Camera).and_then(|(_, _, layer)| layer)
        };
        Flow { at_us: now_us(), out: layer(&self.far), back: layer(&self.near) }
    }

    async fn case(&mut self, name: String, weather: Weather, seconds: u64) -> anyhow::Result<Case> {
        // Each weather begins from the same: a path that is known to be fine.
        self.weather(WIRE)?;
        tokio::time::sleep(SETTLE).await;
        self.weather(weather)?;
        tokio::time::sleep(SETTLE).await;
        let measured = self.measure(name, Duration::from_secs(seconds)).await?;
        Ok(measured.0)
    }

    async fn measure(&mut self, name: String, time: Duration) -> anyhow::Result<(Case, Vec<Flow>)> {
        eprintln!("{name}…");
        let watches = (self.far.watch().await?, self.near.watch().await?);
        let begun = (self.far.heard()?, self.near.heard()?);
        let (from_us, started) = (now_us(), Instant::now());
        let mut flows = Vec::new();
        while started.elapsed() < time {
            flows.push(self.flow());
            tokio::time::sleep(LOOK_EVERY).await;
        }
        let window = Window { from_us, to_us: now_us() };
        let number = self.waiting.len();
        self.waiting.push(Waiting {
            far: self.far.keep(begun.0, &format!("case-{number}"))?,
            near: self.near.keep(begun.1, &format!("case-{number}"))?,
        });
        let way = |watch: &Watch, who: u8, layer: fn(&Flow) -> Option<usize>| {
            let mut way = seen(&watch.seen(), who, window);
            for flow in &flows {
                way.layers[layer(flow).unwrap_or(3)] += 1.0 / flows.len().max(1) as f64;
            }
            way
        };
        let (out, back) = (way(&watches.0, self.near.who, |f| f.out), way(&watches.1, self.far.who, |f| f.back));
        let state = self.near.room.state().await?;
        ensure!(state.screen == "in-call", "the room is out of the meeting: {:?}", state.failure);
        Ok((Case { name, out, back }, flows))
    }

    async fn dip(&mut self, seconds: u64) -> anyhow::Result<Dip> {
        let wide = Weather { bottleneck_bps: Some(WIDE_BPS), ..WIRE };
        self.weather(WIRE)?;
        tokio::time::sleep(SETTLE).await;
        self.weather(wide)?;
        tokio::time::sleep(SETTLE).await;
        let time = Duration::from_secs(seconds.min(Speech::seconds() + 2));
        let (before, _) = self.measure("4 Mbit/s".into(), time).await?;
        self.weather(Weather { bottleneck_bps: Some(NARROW_BPS), ..WIRE })?;
        let (during, _) = self.measure("500 kbit/s, from its first moment".into(), time).await?;
        let watches = (self.far.watch().await?, self.near.watch().await?);
        self.weather(wide)?;
        eprintln!("4 Mbit/s again…");
        let (from_us, mut flows) = (now_us(), Vec::new());
        while now_us() < from_us + 30_000_000 {
            flows.push(self.flow());
            tokio::time::sleep(LOOK_EVERY).await;
        }
        tracing::debug!(?flows, "after the dip");
        let recovered = |watch: &Watch, who: u8, before: &Way, layer: fn(&Flow) -> Option<usize>| {
            let usual = (0..3).max_by(|a, b| before.layers[*a].total_cmp(&before.layers[*b])).unwrap_or(2);
            let times: Vec<u64> = watch.seen().iter().filter(|s| s.who == who).map(|s| s.at_us).collect();
            let fluent = |at_us: u64| {
                let second = times.iter().filter(|t| (at_us..at_us + 1_000_000).contains(*t)).count();
                second as f64 >= 0.9 * before.fps
            };
            let back = flows.iter().find(|f| layer(f).is_some_and(|l| l >= usual) && fluent(f.at_us))?;
            Some((back.at_us - from_us) as f64 / 1e6)
        };
        let out_recovered_s = recovered(&watches.0, self.near.who, &before.out, |f| f.out);
        let back_recovered_s = recovered(&watches.1, self.far.who, &before.back, |f| f.back);
        Ok(Dip { before, during, out_recovered_s, back_recovered_s })
    }
}

/// How the pictures of `who` were shown.
fn seen(shown: &[Shown], who: u8, window: Window) -> Way {
    let times: Vec<u64> = shown.iter().filter(|s| s.who == who && window.contains(s.at_us)).map(|s| s.at_us).collect();
    let mut edges = vec![window.from_us];
    edges.extend(&times);
    edges.push(window.to_us);
    let gaps: Vec<f64> = edges.windows(2).map(|pair| (pair[1] - pair[0]) as f64 / 1000.0).collect();
    let usual = 1000.0 / f64::from(CAMERA.2);
    let frozen: Vec<f64> = gaps.iter().copied().filter(|gap| is_freeze(*gap, usual)).collect();
    Way {
        fps: times.len() as f64 / window.seconds(),
        // An empty sum is -0.0.
        frozen: frozen.iter().map(|gap| gap - usual).fold(0.0, |sum, gap| sum + gap) / 1000.0 / window.seconds(),
        freezes: frozen.len() as u64,
        longest_freeze_ms: frozen.iter().copied().fold(0.0, f64::max),
        ..Way::default()
    }
}

fn table(cases: &[Case], dip: &Dip, unprotected: Understood) -> String {
    let mut out = String::new();
    let mut line = |text: String| _ = writeln!(out, "{}", text.trim_end());
    line(format!(
        "{:<36} {:^46} {:^46}",
        "", "the room on the bad network, at the other end", "the other, in that room"
    ));
    let heads = |_| format!("{:>11} {:>6} {:>7} {:>8} {:>10}", "STOI/worst", "fps", "frozen", "longest", "layer");
    line(format!("{:<36} {} {}", "", heads(0), heads(1)));
    let way = |way: &Way| {
        let number = |n: Option<f64>| n.map_or("–".to_owned(), |n| format!("{n:.2}"));
        let most = (0..4).max_by(|a, b| way.layers[*a].total_cmp(&way.layers[*b])).unwrap_or(3);
        let layer = ["180p", "360p", "720p", "none"][most];
        format!(
            "{:>11} {:>6.1} {:>6.1}% {:>5.0} ms {:>10}",
            format!("{}/{}", number(way.understood.stoi), number(way.understood.worst)),
            way.fps,
            way.frozen * 100.0,
            way.longest_freeze_ms,
            format!("{layer} {:.0}%", way.layers[most] * 100.0)
        )
    };
    for case in cases.iter().chain([&dip.before, &dip.during]) {
        line(format!("{:<36} {} {}", case.name, way(&case.out), way(&case.back)));
    }
    let seconds = |s: Option<f64>| s.map_or("not within 30 s".to_owned(), |s| format!("{s:.1} s"));
    line(format!(
        "back to 4 Mbit/s: as before after {} out, {} back (target 5 s)",
        seconds(dip.out_recovered_s),
        seconds(dip.back_recovered_s)
    ));
    let value = unprotected.stoi.unwrap_or_default();
    line(format!("for comparison: 30 % of 20 ms packets left out and nothing done about it, STOI {value:.2}"));
    let worst = cases.iter().find(|case| case.name.starts_with("30 "));
    if let Some((out, back)) = worst.and_then(|c| Some((c.out.understood.stoi?, c.back.understood.stoi?))) {
        let verdict = if out.min(back) >= INTELLIGIBLE { "yes" } else { "no" };
        line(format!("intelligible at 30 % loss (mean STOI of at least {INTELLIGIBLE}): {verdict}"));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_that_stands_still_is_counted_also_at_the_edges() {
        let window = Window { from_us: 0, to_us: 10_000_000 };
        let at = |ms: u64| Shown { who: 1, index: 0, at_us: ms * 1000 };
        let fluent: Vec<Shown> = (0..300).map(|n| at(n * 33)).collect();
        let way = seen(&fluent, 1, window);
        assert!((way.frozen, way.freezes) == (0.0, 0) && way.fps > 29.0);
        let halting: Vec<Shown> = fluent.into_iter().filter(|s| !(2_000_000..4_000_000).contains(&s.at_us)).collect();
        let way = seen(&halting, 1, window);
        assert!((0.19..0.21).contains(&way.frozen) && way.freezes == 1, "{way:?}");
        assert!((seen(&[], 1, window).frozen - 1.0).abs() < 0.01);
    }
}
