//! A room under observation: `huisclosd` as a child process, seen only through its room window.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use serde::Deserialize;
use tokio::process::{Child, Command};
use url::Url;

/// How long a room may take from its start to its first panel picture.
const START_TIMEOUT: Duration = Duration::from_secs(20);

/// A running room.
pub struct Room {
    /// Killed when the room is dropped; another's are left alone.
    process: Option<Child>,
    window: Url,
    client: reqwest::Client,
    /// Its state directory and configuration.
    _home: Option<tempfile::TempDir>,
    state: PathBuf,
}

/// How a room differs from the usual one.
#[derive(Clone)]
pub struct Options {
    /// The room's name, also in meetings.
    pub name: String,
    /// `fr`, `en` or `de`.
    pub language: String,
    /// A page the room window links to.
    pub guest_page: Option<Url>,
    /// A board's name, or the text of a board file.
    pub board: String,
    /// `auto`, `vp8` or `h264`.
    pub video_codec: String,
    /// The state directory, kept for the room's next life; without one the room forgets everything.
    pub state: Option<PathBuf>,
    /// What systemd would give as `RUNTIME_DIRECTORY`: there a room that is killed in a meeting finds it again.
    pub runtime: Option<PathBuf>,
    /// The room's calendar, as its configuration says it; without one three meetings are known beforehand.
    pub calendar: Option<toml::Table>,
    /// The room control API, as its configuration says it.
    pub api: Option<toml::Table>,
    /// Whom the room believes, as its configuration says it.
    pub identity: Option<toml::Table>,
    /// The hash of the administrator code.
    pub admin_code: Option<String>,
    /// The session of the room's own account on the meeting's platform.
    pub session: Option<String>,
    /// The meeting is a LiveKit server, and this the token for it.
    pub token: Option<String>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            name: "Salle Turing".into(),
            language: "en".into(),
            guest_page: None,
            board: "simulated".into(),
            video_codec: "auto".into(),
            state: None,
            runtime: None,
            calendar: None,
            api: None,
            identity: None,
            admin_code: None,
            session: None,
            token: None,
        }
    }
}

/// What the room window says of the room.
#[derive(Debug, Deserialize)]
pub struct State {
    pub screen: String,
    pub failure: Option<String>,
    /// What the panel says for a moment.
    pub notice: Option<String>,
    /// What the panel says of the agenda's age, when it is old.
    pub agenda_age: Option<String>,
    pub agenda: Vec<Meeting>,
    pub others: usize,
    /// What is said, as the display shows it.
    pub captions: Vec<String>,
    pub reconnecting: bool,
    pub media: Media,
    pub microphone: String,
    pub camera: String,
    pub share: String,
    pub targets: Vec<Target>,
    pub tiles: Vec<Tile>,
    pub timeline: Timeline,
}

/// A meeting on the panel.
#[derive(Debug, Deserialize)]
pub struct Meeting {
    pub title: String,
    pub joinable: bool,
    /// Why it cannot be joined.
    pub obstacle: Option<String>,
}

/// What went through the room's media engine since it started.
#[derive(Debug, Clone, Copy, Deserialize, serde::Serialize)]
pub struct Media {
    pub captured: u64,
    pub dropped_capture: u64,
    pub overloads: u64,
    pub camera_relief: u64,
    pub content_relief: u64,
    pub encoded: [u64; 3],
    pub captured_content: u64,
    pub encoded_content: u64,
    pub decoded: u64,
    pub skipped: u64,
    pub dropped_received: u64,
    pub concealed: u64,
    pub composed: u64,
    pub freezes: u64,
    pub frozen_ms: u64,
}

/// Something on the panel that can be touched.
#[derive(Debug, Deserialize)]
pub struct Target {
    pub name: String,
    pub x: i32,
    pub y: i32,
    pub width: u32,
    pub height: u32,
}

impl Target {
    /// Where a finger touches it.
    pub fn middle(&self) -> (i32, i32) {
        (self.x + self.width as i32 / 2, self.y + self.height as i32 / 2)
    }
}

/// Somebody on the room display.
#[derive(Debug, Clone, Deserialize)]
pub struct Tile {
    /// 1 or 2.
    pub display: u8,
    pub who: String,
    pub name: Option<String>,
    /// The platform sends no pictures for it.
    pub paused: bool,
    /// What they send cannot be decrypted, or is not encrypted where it must be.
    pub unreadable: bool,
    pub x: u32,
    pub y: u32,
    pub width: u32,
    pub height: u32,
}

/// Milliseconds after the touch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize, serde::Serialize)]
pub struct Timeline {
    pub token_ms: Option<f64>,
    pub signalling_ms: Option<f64>,
    pub media_ms: Option<f64>,
    pub first_audio_ms: Option<f64>,
    pub first_video_ms: Option<f64>,
}

/// An RGBA picture.
pub struct Picture {
    pub width: u32,
    pub height: u32,
    pub rgba: Vec<u8>,
}

impl Room {
    /// Starts a room of simulated devices whose next meeting is `meeting`.
    ///
    /// # Errors
    /// When `huisclosd` is not built, or does not come up.
    pub async fn start(meeting: &Url, guest_page: &Url, language: &str) -> anyhow::Result<Room> {
        let options = Options { language: language.into(), guest_page: Some(guest_page.clone()), ..Options::default() };
        Room::start_with(meeting, &options).await
    }

    /// Starts a room otherwise.
    ///
    /// # Errors
    /// As [`Room::start`].
    pub async fn start_with(meeting: &Url, options: &Options) -> anyhow::Result<Room> {
        let home = tempfile::tempdir().context("cannot make a directory for the room")?;
        let state = options.state.clone().unwrap_or_else(|| home.path().join("state"));
        // An earlier life's.
        let _ = std::fs::remove_file(state.join("window-url"));
        let config = home.path().join("room.toml");
        let board = if options.board.contains('\n') {
            let path = home.path().join("board.toml");
            std::fs::write(&path, &options.board).context("cannot write the board file")?;
            path.display().to_string()
        } else {
            options.board.clone()
        };
        let secret = |name: &str, text: &Option<String>| -> anyhow::Result<Option<PathBuf>> {
            let path = home.path().join(name);
            let Some(text) = text else { return Ok(None) };
            std::fs::write(&path, text).with_context(|| format!("cannot write the room's {name}"))?;
            Ok(Some(path))
        };
        let files = Secrets { session: secret("session", &options.session)?, token: secret("token", &options.token)? };
        let text = configuration(meeting, options, &state, &board, &files);
        std::fs::write(&config, text).context("cannot write the room's configuration")?;
        let process = Command::new(daemon_binary()?)
            .envs(options.runtime.iter().map(|folder| ("RUNTIME_DIRECTORY", folder)))
            .arg("--config")
            .arg(&config)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            // Ctrl-C is for this program, which then ends the room.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .context("cannot start huisclosd")?;
        let client = reqwest::Client::builder().timeout(Duration::from_secs(10)).build()?;
        let placeholder = Url::parse("http://127.0.0.1/")?;
        let mut room = Room { process: Some(process), window: placeholder, client, _home: Some(home), state };
        let address = room.state.join("window-url");
        let started = Instant::now();
        loop {
            if let Some(status) = room.process.as_mut().map(Child::try_wait).transpose()?.flatten() {
                bail!("huisclosd ended at its start ({status})");
            }
            if let Ok(text) = std::fs::read_to_string(&address)
                && let Ok(url) = Url::parse(text.trim())
            {
                room.window = url;
                return Ok(room);
            }
            if started.elapsed() > START_TIMEOUT {
                bail!("the room did not come up within {} s", START_TIMEOUT.as_secs());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// A room that somebody else has started, with its room window at this address.
    ///
    /// # Errors
    /// When no HTTP client can be made.
    pub fn at(window: Url) -> anyhow::Result<Room> {
        let client = reqwest::Client::builder().timeout(Duration::from_secs(30)).build()?;
        Ok(Room { process: None, window, client, _home: None, state: PathBuf::new() })
    }

    /// The page a person opens.
    pub fn window(&self) -> &Url {
        &self.window
    }

    /// Ends the daemon's life without a word to it.
    pub async fn kill(mut self) {
        if let Some(process) = &mut self.process {
            let _ = process.kill().await;
        }
    }

    /// Waits until the daemon ends, which it should not.
    pub async fn ended(&mut self) -> String {
        match &mut self.process {
            Some(process) => process.wait().await.map_or_else(|error| error.to_string(), |status| status.to_string()),
            None => std::future::pending().await,
        }
    }

    /// Where `huisclos` reaches the daemon.
    pub fn control_socket(&self) -> PathBuf {
        self.state.join("control.sock")
    }

    /// The daemon's process id.
    pub fn process_id(&self) -> Option<u32> {
        self.process.as_ref()?.id()
    }

    /// What the room says of itself now.
    ///
    /// # Errors
    /// When the room does not answer.
    pub async fn state(&self) -> anyhow::Result<State> {
        let answer = self.client.get(self.window.join("state")?).send().await.context("the room does not answer")?;
        Ok(answer.error_for_status()?.json().await?)
    }

    /// Waits until `holds` is true of the room.
    ///
    /// # Errors
    /// When it is not within `limit`; `what` says what was waited for.
    pub async fn wait(
        &self,
        what: &str,
        limit: Duration,
        mut holds: impl FnMut(&State) -> bool,
    ) -> anyhow::Result<State> {
        let started = Instant::now();
        loop {
            let state = self.state().await?;
            if holds(&state) {
                return Ok(state);
            }
            if started.elapsed() > limit {
                bail!(
                    "waited {} s for {what}; the room is at {:?} with {:?}",
                    limit.as_secs(),
                    state.screen,
                    state.timeline
                );
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Waits for a target on the panel, then touches it.
    ///
    /// # Errors
    /// When it does not appear within twenty seconds.
    pub async fn find_and_touch(&self, target: &str) -> anyhow::Result<()> {
        let there = |s: &State| s.targets.iter().any(|t| t.name == target);
        self.wait(&format!("{target:?} on the panel"), Duration::from_secs(20), there).await?;
        self.touch(target).await
    }

    /// Opens what stands beside the controls (`layout`, `participants`), touches something in it, and
    /// closes it again.
    ///
    /// # Errors
    /// When it is not there within twenty seconds.
    pub async fn choose(&self, beside: &str, target: &str) -> anyhow::Result<()> {
        self.find_and_touch(beside).await?;
        self.find_and_touch(target).await?;
        self.touch(beside).await?;
        // Buttons move when the list closes: whoever touches next must see where they are.
        let closed = |s: &State| s.targets.iter().all(|t| t.name != target);
        self.wait("the list to close", START_TIMEOUT, closed).await.map(|_| ())
    }

    /// The mark in the picture of the first remote tile of the room display.
    ///
    /// # Errors
    /// When the room does not answer.
    pub async fn mark(&self) -> anyhow::Result<Option<u8>> {
        let state = self.state().await?;
        let Some(tile) = state.tiles.iter().find(|t| t.who != "own") else { return Ok(None) };
        let picture = picture(&self.png("display").await?)?;
        let rect = (tile.x, tile.y, tile.width, tile.height);
        Ok(sandbox::mark::read_rgba(&picture.rgba, picture.width, picture.height, rect))
    }

    /// The mark in the picture of a tile.
    ///
    /// # Errors
    /// When the room does not answer.
    pub async fn mark_of(&self, tile: &Tile) -> anyhow::Result<Option<u8>> {
        let screen = if tile.display == 1 { "display" } else { "second-display" };
        let picture = picture(&self.png(screen).await?)?;
        let rect = (tile.x, tile.y, tile.width, tile.height);
        Ok(sandbox::mark::read_rgba(&picture.rgba, picture.width, picture.height, rect))
    }

    /// The mark in what is shared, on the room display, and how much is left there of the fine lines below it: nothing
    /// (less than 5) once the picture was halved on the way. `None`: nothing is shared.
    ///
    /// # Errors
    /// When the room does not answer.
    pub async fn shared(&self) -> anyhow::Result<Option<(u8, f64)>> {
        let state = self.state().await?;
        let Some(tile) = state.tiles.iter().find(|t| t.who.ends_with("share")) else { return Ok(None) };
        let picture = picture(&self.png("display").await?)?;
        let rect = (tile.x, tile.y, tile.width, tile.height);
        let mark = sandbox::mark::read_rgba(&picture.rgba, picture.width, picture.height, rect);
        let cell = tile.width as f32 / 40.0;
        let y = tile.y + (15.5 * cell) as u32;
        let green = |x: u32| f64::from(picture.rgba[((y * picture.width + x) * 4 + 1) as usize]);
        let (left, right) = (tile.x + (4.0 * cell) as u32, tile.x + tile.width - (4.0 * cell) as u32);
        let sum: f64 = (left + 1..right).map(|x| (green(x) - green(x - 1)).abs()).sum();
        Ok(mark.map(|mark| (mark, sum / f64::from(right - left - 1))))
    }

    /// Puts a finger on the middle of a target and lifts it.
    ///
    /// # Errors
    /// When the panel shows no such target.
    pub async fn touch(&self, target: &str) -> anyhow::Result<()> {
        let state = self.state().await?;
        let Some(at) = state.targets.iter().find(|t| t.name == target) else {
            let there: Vec<&str> = state.targets.iter().map(|t| t.name.as_str()).collect();
            bail!("the panel shows no {target:?}, but {there:?}");
        };
        let (x, y) = at.middle();
        for kind in ["down", "up"] {
            let touch = serde_json::json!({ "kind": kind, "x": x, "y": y });
            self.client.post(self.window.join("touch")?).json(&touch).send().await?.error_for_status()?;
        }
        Ok(())
    }

    /// Turns a knob of a simulated device.
    ///
    /// # Errors
    /// When there is no such knob.
    pub async fn turn(&self, device: &str, knob: &str, on: bool) -> anyhow::Result<()> {
        let body = serde_json::json!({ "device": device, "knob": knob, "on": on });
        self.client.post(self.window.join("knob")?).json(&body).send().await?.error_for_status()?;
        Ok(())
    }

    /// A screen as PNG bytes: `panel`, `display` or `second-display`.
    ///
    /// # Errors
    /// When the room does not answer.
    pub async fn png(&self, screen: &str) -> anyhow::Result<Vec<u8>> {
        let answer = self.client.get(self.window.join(&format!("{screen}.png"))?).send().await?;
        Ok(answer.error_for_status()?.bytes().await?.to_vec())
    }

    /// The newest second of what the loudspeaker played: 48 kHz mono.
    ///
    /// # Errors
    /// When the room does not answer.
    pub async fn loudspeaker(&self) -> anyhow::Result<Vec<i16>> {
        let answer = self.client.get(self.window.join("loudspeaker.pcm")?).send().await?;
        let bytes = answer.error_for_status()?.bytes().await?;
        Ok(bytes.chunks_exact(2).map(|b| i16::from_le_bytes([b[0], b[1]])).collect())
    }
}

/// Decodes a PNG; one without an alpha is opaque.
///
/// # Errors
/// When the bytes are no PNG of 8 bits in colours.
pub fn picture(bytes: &[u8]) -> anyhow::Result<Picture> {
    let mut decoder = png::Decoder::new(std::io::Cursor::new(bytes));
    decoder.set_transformations(png::Transformations::ALPHA);
    let mut reader = decoder.read_info()?;
    let mut rgba = vec![0; reader.output_buffer_size().context("too large a picture")?];
    let info = reader.next_frame(&mut rgba)?;
    if info.color_type != png::ColorType::Rgba {
        bail!("expected RGBA");
    }
    Ok(Picture { width: info.width, height: info.height, rgba })
}

/// Files that the configuration names.
struct Secrets {
    session: Option<PathBuf>,
    token: Option<PathBuf>,
}

fn configuration(meeting: &Url, options: &Options, state: &Path, board: &str, files: &Secrets) -> String {
    let language = options.language.as_str();
    let now = jiff::Timestamp::now();
    let minutes = |m: i64| now + jiff::SignedDuration::from_mins(m);
    let titles = match language {
        "fr" => ["Point hebdomadaire", "Comité de pilotage", "Revue budgétaire"],
        "de" => ["Wochenbesprechung", "Lenkungsausschuss", "Haushaltsprüfung"],
        _ => ["Weekly meeting", "Steering committee", "Budget review"],
    };
    let mut table = toml::Table::new();
    let mut insert = |key: &str, value: toml::Value| table.insert(key.into(), value);
    insert("state_directory", state.display().to_string().into());
    insert("control_socket", state.join("control.sock").display().to_string().into());
    let name = options.name.as_str();
    let mut room = toml::toml! { name = name };
    // Laid down, the language cannot be set at the panel.
    if options.admin_code.is_none() {
        room.insert("language".into(), language.into());
    }
    insert("room", toml::Value::Table(room));
    insert("devices", toml::Value::Table(toml::toml! { board = board }));
    let listen = "127.0.0.1:0";
    let mut window = toml::toml! { listen = listen };
    if let Some(page) = &options.guest_page {
        window.insert("guest_page".into(), page.as_str().into());
    }
    insert("window", toml::Value::Table(window));
    let mut instance = meeting.clone();
    instance.set_path("/");
    instance.set_fragment(None);
    let instance = instance.as_str();
    let video_codec = options.video_codec.as_str();
    insert("meetings", toml::Value::Table(toml::toml! { instance = instance video_codec = video_codec }));
    if let Some(code) = &options.admin_code {
        let code = code.as_str();
        insert("panel", toml::Value::Table(toml::toml! { admin_code = code }));
    }
    let mut meetings = toml::toml! { instance = instance video_codec = video_codec };
    if let Some(path) = &files.session {
        meetings.insert("session_file".into(), path.display().to_string().into());
    }
    insert("meetings", toml::Value::Table(meetings));
    let event = |title: &str, from: i64, to: i64, link: Option<&str>| {
        let mut event = toml::Table::new();
        event.insert("title".into(), title.into());
        event.insert("start".into(), minutes(from).to_string().into());
        event.insert("end".into(), minutes(to).to_string().into());
        if let Some(link) = link {
            event.insert("link".into(), link.into());
            if let Some(path) = &files.token {
                event.insert("token_file".into(), path.display().to_string().into());
            }
        }
        toml::Value::Table(event)
    };
    let agenda = vec![
        event(titles[0], -1, 59, Some(meeting.as_str())),
        event(titles[1], 90, 150, Some(meeting.as_str())),
        event(titles[2], 180, 240, None),
    ];
    match &options.calendar {
        Some(calendar) => insert("calendar", toml::Value::Table(calendar.clone())),
        None => insert("agenda", toml::Value::Array(agenda)),
    };
    if let Some(api) = &options.api {
        table.insert("api".into(), toml::Value::Table(api.clone()));
    }
    if let Some(identity) = &options.identity {
        table.insert("identity".into(), toml::Value::Table(identity.clone()));
    }
    table.to_string()
}

/// `huisclosd` lies beside this program.
fn daemon_binary() -> anyhow::Result<PathBuf> {
    let here = std::env::current_exe()?;
    let directory = here.parent().context("this program lies nowhere")?;
    // Test programs lie one folder deeper.
    let candidates = [directory.join("huisclosd"), directory.join("../huisclosd")];
    candidates
        .into_iter()
        .find(|path| path.exists())
        .context("huisclosd is not built; run ./huisclos demo, which builds it")
}
