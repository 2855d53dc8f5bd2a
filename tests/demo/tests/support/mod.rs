//! What the tests of the whole product share: one at a time, a guest with the official Python client.

#![allow(dead_code)]

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use demo::room::{Options, Room};
use demo::{Stage, stage};
use sandbox::guest::{Event, Guest, Report, Summary, is_room_tone, launch_chromium};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use url::Url;

pub const SOON: Duration = Duration::from_secs(20);
/// Chromium on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(60);
pub const GUEST_MARK: u8 = sandbox::mark::GUEST;
pub const ROOM_MARK: u8 = sandbox::mark::ROOM;

/// Rooms encode pictures: two at a time on a small machine disturb each other.
static ONE_AT_A_TIME: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

pub async fn alone() -> tokio::sync::MutexGuard<'static, ()> {
    ONE_AT_A_TIME.lock().await
}

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Somebody in the meeting with the official Python client; leaves when dropped.
pub struct Python {
    process: Child,
    commands: ChildStdin,
    reports: Arc<Mutex<Vec<Report>>>,
}

impl Python {
    pub async fn join(stage: &Stage, identity: &str) -> Python {
        Python::join_with(stage, identity, &[]).await
    }

    /// Joins with more arguments for `participant.py`.
    pub async fn join_with(stage: &Stage, identity: &str, arguments: &[&str]) -> Python {
        Python::join_as(stage, identity, "Ada Lovelace", arguments).await
    }

    /// Joins under another name.
    pub async fn join_as(stage: &Stage, identity: &str, name: &str, arguments: &[&str]) -> Python {
        let token = stage.server.token(&stage.livekit_room(), identity, name);
        let python = root().join(".huisclos/python/bin/python");
        assert!(python.exists(), "the official Python client is not installed: sh tests/interop/setup.sh all");
        let mut process = Command::new(python)
            .arg(root().join("tests/interop/python/participant.py"))
            .args(["--url", &stage.server.livekit_url(), "--token", &token])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("Python starts");
        let commands = process.stdin.take().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let reports: Arc<Mutex<Vec<Report>>> = Arc::default();
        let kept = reports.clone();
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                if let Ok(report) = serde_json::from_str(&line) {
                    kept.lock().unwrap_or_else(PoisonError::into_inner).push(report);
                }
            }
        });
        let guest = Python { process, commands, reports };
        guest.until("being connected", SOON, |s| s.connected).await;
        guest
    }

    pub async fn say(&mut self, command: &str) {
        self.commands.write_all(format!("{command}\n").as_bytes()).await.expect("Python listens");
    }

    pub fn reports(&self) -> Vec<Report> {
        self.reports.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What was reported from now on counts anew.
    pub fn forget(&self) {
        self.reports
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .retain(|r| matches!(r.event, Event::Connected { .. }));
    }

    pub async fn until(&self, what: &str, limit: Duration, holds: impl Fn(&Summary) -> bool) {
        let started = Instant::now();
        loop {
            let summary = Summary::of(&self.reports());
            if holds(&summary) {
                return;
            }
            assert!(started.elapsed() < limit, "waited {limit:?} for {what}: {summary:?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    pub async fn until_event(&self, what: &str, wanted: impl Fn(&Event) -> bool) {
        let started = Instant::now();
        while !self.reports().iter().any(|r| wanted(&r.event)) {
            assert!(started.elapsed() < SOON, "waited for {what}: {:?}", self.reports());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// The guest sees and hears the room, from now on.
    pub async fn meets_the_room(&self) {
        self.forget();
        // Others are seen and heard as well, in any order.
        self.until_event("the room's picture", |e| matches!(e, Event::Mark { id: ROOM_MARK, .. })).await;
        self.until_event("the room's tone", |e| matches!(e, Event::Tone { hz, .. } if is_room_tone(*hz))).await;
    }
}

/// Somebody in the meeting with Chromium; leaves when dropped.
pub struct Browser {
    _guest: Guest,
    _scratch: tempfile::TempDir,
}

impl Browser {
    /// Joins with more parameters for the guest page.
    pub fn join(stage: &Stage, name: &str, parameters: &[(&str, &str)]) -> Browser {
        Browser::join_by(&stage.meeting, name, parameters)
    }

    /// Joins by another link.
    pub fn join_by(link: &Url, name: &str, parameters: &[(&str, &str)]) -> Browser {
        let scratch = tempfile::tempdir().unwrap();
        let (camera, microphone) = (scratch.path().join("guest.y4m"), scratch.path().join("guest.wav"));
        sandbox::fake_media::write_y4m(&camera, 320, 180, 10, 2).unwrap();
        sandbox::fake_media::write_wav(&microphone, 880, 2).unwrap();
        let mut page = link.clone();
        page.query_pairs_mut().append_pair("auto", "1").append_pair("name", name).extend_pairs(parameters);
        Browser { _guest: launch_chromium(page.as_str(), &camera, &microphone).unwrap(), _scratch: scratch }
    }
}

/// Lets somebody in who asks at the door.
pub async fn let_in(stage: &Stage, name: &str) {
    let (platform, started) = (stage.server.platform(), Instant::now());
    loop {
        let waiting = platform.waiting(demo::SLUG);
        if waiting.iter().any(|entry| entry.username == name && platform.admit(demo::SLUG, &entry.id)) {
            return;
        }
        assert!(started.elapsed() < PATIENCE, "{name} is not at the door: {waiting:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Somebody's identity in the meeting, by name.
pub async fn identity_of(stage: &Stage, name: &str) -> String {
    let started = Instant::now();
    loop {
        let people = stage.server.participants(&stage.livekit_room());
        if let Some(person) = people.iter().find(|p| p.name == name && p.active) {
            return person.identity.clone();
        }
        assert!(started.elapsed() < PATIENCE, "{name} is not in the meeting: {people:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Waits until a guest in Chromium has noticed something after so many reports.
pub async fn browser_sees(stage: &Stage, what: &str, after: usize, wanted: impl Fn(&Event) -> bool) {
    let started = Instant::now();
    while !stage.server.guest_reports().iter().skip(after).any(|r| wanted(&r.event)) {
        let reports = stage.server.guest_reports();
        assert!(started.elapsed() < PATIENCE, "the guest has not seen {what}: {:#?}", reports.get(after..));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// The room sees and hears the guest, in pictures decoded from now on.
pub async fn room_meets_the_guest(room: &Room) {
    let before = room.state().await.unwrap().media.decoded;
    let started = Instant::now();
    loop {
        let decoded = room.state().await.unwrap().media.decoded;
        let share = demo::tone::share(&room.loudspeaker().await.unwrap(), 880.0);
        let mark = room.mark().await.unwrap();
        if decoded > before + 10 && mark == Some(GUEST_MARK) && share > 0.5 {
            return;
        }
        assert!(
            started.elapsed() < SOON,
            "the room does not meet the guest: {} pictures, mark {mark:?}, {share} of its tone",
            decoded - before
        );
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

pub async fn at(room: &Room, screen: &str) {
    room.wait(screen, SOON, |s| s.screen == screen).await.unwrap();
}

/// A room and a Python guest in one meeting, each seeing and hearing the other.
pub async fn meeting() -> (Stage, Room, Python) {
    meeting_on(stage().await.unwrap()).await
}

pub async fn meeting_on(stage: Stage) -> (Stage, Room, Python) {
    let guest_page = Some(stage.meeting.clone());
    meeting_with(stage, Options { language: "en".into(), guest_page, ..Options::default() }).await
}

pub async fn meeting_with(stage: Stage, options: Options) -> (Stage, Room, Python) {
    let room = Room::start_with(&stage.meeting, &options).await.unwrap();
    let guest = Python::join(&stage, "ada").await;
    room.find_and_touch("join").await.unwrap();
    at(&room, "in-call").await;
    room_meets_the_guest(&room).await;
    guest.meets_the_room().await;
    (stage, room, guest)
}

/// The room's identity in the meeting.
pub fn identity_of_the_room(stage: &Stage) -> String {
    let people = stage.server.participants(&stage.livekit_room());
    people.iter().find(|p| p.identity != "ada").expect("the room is in the meeting").identity.clone()
}

/// Puts a picture of the panel where people can look at it.
pub async fn keep_panel(room: &Room, name: &str) {
    keep(room, "panel", name).await;
}

/// Puts a picture of a screen where people can look at it.
pub async fn keep(room: &Room, screen: &str, name: &str) {
    let folder = root().join(".huisclos/tests");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(format!("{name}.png")), room.png(screen).await.unwrap()).unwrap();
}
