//! The product without a person: everything happens, and everything is checked.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use serde::Serialize;

use demo::room::{Room, State, Timeline};
use demo::{stage, tone};

use crate::Arguments;

/// What the guest's microphone plays and what the room's plays, in hertz.
const GUEST_TONE_HZ: f64 = 880.0;
/// How much of what the loudspeaker plays must be the guest's tone.
const TONE_SHARE_MIN: f64 = 0.5;
const GUEST_MARK: u8 = 0x5A;
const ROOM_MARK: u8 = 0xA5;
const GUEST_LIMIT: Duration = Duration::from_secs(40);
const JOIN_LIMIT: Duration = Duration::from_secs(20);

/// What `--json` prints.
#[derive(Debug, Serialize)]
struct Report {
    /// Milliseconds after the touch.
    touch_ms: f64,
    #[serde(flatten)]
    timeline: Timeline,
    /// From the touch to the mark seen by us in a picture of the display, polling included.
    mark_on_display_ms: f64,
    /// Seconds of meeting, and in how many of them each side saw and heard the other.
    meeting: Meeting,
    pictures: Vec<String>,
}

#[derive(Debug, Default, Serialize)]
struct Meeting {
    seconds: u64,
    room_saw_guest: u64,
    room_heard_guest: u64,
    guest_saw_room: bool,
    guest_heard_room: bool,
}

/// Runs the demo once.
///
/// # Errors
/// When anything of it did not happen; the message says what.
#[allow(clippy::print_stdout)] // this is a command line
pub async fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let say = |text: &str| {
        if !arguments.json {
            println!("{text}");
        }
    };
    std::fs::create_dir_all(&arguments.pictures).context("cannot make the folder for pictures")?;
    let scratch = tempfile::tempdir()?;
    let (camera, microphone) = (scratch.path().join("guest.y4m"), scratch.path().join("guest.wav"));
    sandbox::fake_media::write_y4m(&camera, 640, 360, 15, 4).context("cannot write the guest's camera")?;
    sandbox::fake_media::write_wav(&microphone, GUEST_TONE_HZ as u32, 4)
        .context("cannot write the guest's microphone")?;

    say("Starting the meeting platform, the room and a browser guest…");
    let stage = stage().await?;
    let room = Room::start(&stage.meeting, &stage.meeting, &arguments.language).await?;
    let mut page = stage.meeting.clone();
    page.query_pairs_mut().append_pair("auto", "1").append_pair("name", "Ada Lovelace");
    let guest =
        sandbox::guest::launch_chromium(page.as_str(), &camera, &microphone).context("the browser cannot start")?;
    wait_for_guest(&stage.server, "the guest in the meeting", GUEST_LIMIT, |r| r.connected).await?;
    room.wait("the Join button", JOIN_LIMIT, |s| s.targets.iter().any(|t| t.name == "join")).await?;
    let mut pictures = Pictures { folder: &arguments.pictures, written: Vec::new() };
    pictures.take(&room, "1-home").await?;

    say("Touching Join on the panel.");
    let touched = Instant::now();
    room.touch("join").await?;
    let all = |s: &State| s.timeline.first_video_ms.is_some() && s.timeline.first_audio_ms.is_some();
    let state = room.wait("first picture and sound", JOIN_LIMIT, all).await?;
    while !sees_guest(&room).await? {
        ensure!(touched.elapsed() < JOIN_LIMIT, "the guest's mark never appeared on the room display");
    }
    let mark_on_display_ms = touched.elapsed().as_secs_f64() * 1000.0;

    say(&format!("In the meeting; staying {} s.", arguments.seconds));
    let mut meeting = Meeting { seconds: arguments.seconds, ..Meeting::default() };
    for second in 0..arguments.seconds {
        tokio::time::sleep(Duration::from_secs(1)).await;
        meeting.room_saw_guest += u64::from(sees_guest(&room).await?);
        meeting.room_heard_guest += u64::from(tone::share(&room.loudspeaker().await?, GUEST_TONE_HZ) > TONE_SHARE_MIN);
        if second == arguments.seconds / 2 {
            let state = room.state().await?;
            ensure!(
                state.microphone == "on" && state.camera == "on",
                "the panel says microphone {} and camera {}",
                state.microphone,
                state.camera
            );
            pictures.take(&room, "2-in-call").await?;
        }
    }
    let report = wait_for_guest(&stage.server, "the guest to see and hear the room", JOIN_LIMIT, |r| {
        r.mark == Some(ROOM_MARK) && r.room_tone_heard()
    })
    .await;
    let seen = stage.server.guest_summary();
    meeting.guest_saw_room = seen.mark == Some(ROOM_MARK);
    meeting.guest_heard_room = seen.room_tone_heard();

    say("Touching Leave.");
    room.touch("leave").await?;
    room.wait("home after leaving", JOIN_LIMIT, |s| s.screen == "home").await?;
    pictures.take(&room, "3-home-again").await?;
    wait_for_guest(&stage.server, "the guest to see the room leave", JOIN_LIMIT, |r| r.alone).await?;
    drop(guest);

    let written = pictures.written;
    let report_out = Report { touch_ms: 0.0, timeline: state.timeline, mark_on_display_ms, meeting, pictures: written };
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&report_out)?);
    } else {
        print_timeline(&report_out);
    }
    drop(room);
    stage.server.shutdown().await;
    report?;
    let meeting = &report_out.meeting;
    // One sample may fall into the instant of a layer switch.
    ensure!(meeting.room_saw_guest + 1 >= meeting.seconds, "the room lost the guest's picture");
    ensure!(meeting.room_heard_guest + 1 >= meeting.seconds, "the room lost the guest's sound");
    ensure!(meeting.guest_saw_room && meeting.guest_heard_room, "the guest did not see and hear the room");
    Ok(())
}

async fn wait_for_guest(
    server: &sandbox::Server,
    what: &str,
    limit: Duration,
    holds: impl Fn(&sandbox::guest::Summary) -> bool,
) -> anyhow::Result<()> {
    let started = Instant::now();
    loop {
        let summary = server.guest_summary();
        if holds(&summary) {
            return Ok(());
        }
        if started.elapsed() > limit {
            bail!("waited {} s for {what}; the guest page says {summary:?}", limit.as_secs());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Whether the guest's mark is on the room display, in the guest's tile.
async fn sees_guest(room: &Room) -> anyhow::Result<bool> {
    Ok(room.mark().await? == Some(GUEST_MARK))
}

struct Pictures<'a> {
    folder: &'a Path,
    written: Vec<String>,
}

impl Pictures<'_> {
    async fn take(&mut self, room: &Room, moment: &str) -> anyhow::Result<()> {
        for screen in ["panel", "display"] {
            let path = self.folder.join(format!("{moment}-{screen}.png"));
            std::fs::write(&path, room.png(screen).await?)
                .with_context(|| format!("cannot write {}", path.display()))?;
            self.written.push(path.display().to_string());
        }
        Ok(())
    }
}

#[allow(clippy::print_stdout)]
fn print_timeline(report: &Report) {
    let line = |what: &str, ms: Option<f64>| match ms {
        Some(ms) => println!("  {what:<14} {ms:>7.0} ms"),
        None => println!("  {what:<14}       –"),
    };
    line("touch", Some(report.touch_ms));
    line("token", report.timeline.token_ms);
    line("signalling", report.timeline.signalling_ms);
    line("ICE and DTLS", report.timeline.media_ms);
    line("first sound", report.timeline.first_audio_ms);
    line("first picture", report.timeline.first_video_ms);
    let m = &report.meeting;
    println!(
        "  in {} s the room saw the guest {} and heard it {} times; the guest saw the room: {}, heard it: {}",
        m.seconds, m.room_saw_guest, m.room_heard_guest, m.guest_saw_room, m.guest_heard_room
    );
    for path in &report.pictures {
        println!("  {path}");
    }
}
