//! The room, in the order it comes alive.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;
use room::destination::{Destination, ParseContext};
use room::event::{DeviceReport, Wish};
use room::{AgendaEntry, Input, Room, RoomConfig};
use tokio::runtime::Handle;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use crate::call::CallContext;
use crate::config::{AgendaItem, Config, VideoCodec};
use crate::event::{EVENT_QUEUE, Event};
use crate::net::{HttpClient, TlsTrust};
use crate::picture::Picture;
use crate::room_task::{DevicesPresent, Identity, RoomTask, now};
use crate::show::Show;
use crate::stage::{DISPLAY, Stage};
use crate::status::{Shared, Status};
use crate::timeline::Timeline;
use crate::{control, translate, window};

/// Pictures of the room display per second.
const DISPLAY_FPS: u32 = 30;
/// Where Debian's `fonts-inter` puts the house's typeface.
const FONT_DIRECTORIES: [&str; 2] = ["/usr/share/fonts/opentype/inter", "/usr/share/fonts/truetype/inter"];
const FONT_FILES: [&str; 4] = ["Inter-Regular.otf", "Inter-Medium.otf", "Inter-SemiBold.otf", "Inter-Bold.otf"];
/// For letters the house's typeface lacks, where they are installed: people's names come in every script.
const FALLBACK_FONTS: [&str; 6] = [
    "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
    "/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf",
    "/usr/share/fonts/truetype/noto/NotoSansHebrew-Regular.ttf",
    "/usr/share/fonts/truetype/noto/NotoSansDevanagari-Regular.ttf",
    "/usr/share/fonts/truetype/noto/NotoSansThai-Regular.ttf",
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
];

/// Encoded frames of the engine go straight to the running call, when there is one.
type Air = Arc<Mutex<Option<mpsc::Sender<meeting::io::OutgoingFrame>>>>;

/// A living room.
pub struct Daemon {
    /// What those who only look at the room, or ask something of it, hold.
    pub shared: Shared,
    /// Where the room window is served, when it was asked for.
    pub window: Option<SocketAddr>,
    task: JoinHandle<()>,
    /// The panel's touchscreen, read as long as this is held.
    _touchscreen: Option<hal::touch::Touchscreen>,
}

impl Daemon {
    /// Brings a room to life.
    ///
    /// # Errors
    /// When the configuration names something that is not there: a board, a font, an authority, an
    /// address. A missing camera, microphone or loudspeaker is no error.
    pub async fn start(config: Config) -> anyhow::Result<Daemon> {
        let (events, queue) = mpsc::channel(EVENT_QUEUE);

        // Who we are.
        let state = config.state_directory();
        let device_id = provisioning::device_id(&state)
            .with_context(|| format!("cannot keep the device id in {}", state.display()))?;

        // What we drive.
        let board = board(&config.devices.board)?;
        let hal = hal::Hal::open(&board, device_bridge(events.clone())).context("cannot open the devices")?;
        let hal = Arc::new(hal);

        // What moves pictures and sound.
        let air: Air = Arc::default();
        let engine_config = media::EngineConfig {
            camera: hal.camera(),
            microphone: hal.microphone(),
            loudspeaker: hal.loudspeaker(),
            display: DISPLAY,
            fps: DISPLAY_FPS,
        };
        let engine = media::Engine::start(engine_config, media_bridge(air.clone(), events.clone()))
            .context("cannot start the media engine")?;
        let engine = Arc::new(engine);

        // How we reach others.
        let trust = TlsTrust::load(config.meetings.extra_ca.as_deref())?;
        let context = CallContext {
            http: HttpClient::new(&trust)?,
            trust,
            engine: engine.clone(),
            on_stage: Arc::default(),
            timeline: Timeline::default(),
        };

        // The room itself, and its panel.
        let parse = ParseContext { instance: config.meetings.instance.clone() };
        let devices = DevicesPresent { camera: hal.camera().is_some() };
        let room = room(&config, &parse, &hal);
        let fonts = fonts()?;
        let (width, height) = hal.panel_size();
        let (panel_picture, panel) = watch::channel(Picture::black(width, height));
        let status: Arc<Mutex<Status>> = Arc::default();
        let shared = Shared {
            events: events.clone(),
            panel,
            timeline: context.timeline.clone(),
            status: status.clone(),
            engine,
            hal: hal.clone(),
            parse: Arc::new(parse),
        };
        let video_codec = match config.meetings.video_codec {
            VideoCodec::Vp8 => meeting::io::Codec::Vp8,
            VideoCodec::H264 => meeting::io::Codec::H264,
        };
        let task = RoomTask {
            room,
            panel: ui::Panel::new((width, height), fonts.clone()),
            show: Show::new(fonts),
            hal,
            identity: Identity { device_id, video_codec },
            context,
            events,
            panel_picture,
            status,
            air,
            stage: Stage::default(),
            people: Vec::new(),
            speakers: Vec::new(),
            plan: Vec::new(),
            call: None,
            devices,
            camera_failure: None,
        };
        let task = tokio::spawn(task.run(queue));

        // Fingers on a real panel; a simulated one is touched in the room window.
        let touchscreen = match config.devices.board.as_str() {
            "simulated" => None,
            _ => touchscreen((width, height), shared.events.clone()),
        };

        // Who may ask things of us.
        control::serve(&config.control_socket(), shared.clone()).await?;
        let window = match config.window.listen {
            Some(listen) => Some(open_window(listen, &config, &shared, &state).await?),
            None => None,
        };
        // Without systemd there is nobody to tell.
        let _ = sd_notify::notify(&[sd_notify::NotifyState::Ready]);
        tracing::info!(room = config.room.name, board = config.devices.board, "the room is ready");
        Ok(Daemon { shared, window, task, _touchscreen: touchscreen })
    }

    /// Lives until SIGTERM or SIGINT; leaves a running meeting politely.
    ///
    /// # Errors
    /// When the room's task ends by itself, which it never should: systemd starts a new life.
    pub async fn until_told_to_stop(mut self) -> anyhow::Result<()> {
        let mut terminate = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
        tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
            _ = &mut self.task => anyhow::bail!("the room's task ended"),
        }
        self.stop().await;
        Ok(())
    }

    /// Leaves a running meeting politely, waiting a moment for the goodbye to go out.
    pub async fn stop(self) {
        tracing::info!("stopping");
        let _ = sd_notify::notify(&[sd_notify::NotifyState::Stopping]);
        if self.shared.events.send(Event::Wish(Wish::Leave)).await.is_ok() {
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        }
        self.task.abort();
    }
}

fn board(name: &str) -> anyhow::Result<hal::Board> {
    match name {
        "auto" => Ok(hal::Board::auto()),
        "simulated" => Ok(hal::Board::simulated()),
        path => {
            let text = std::fs::read_to_string(path).with_context(|| format!("cannot read the board file {path}"))?;
            hal::Board::parse(&text).with_context(|| format!("in the board file {path}"))
        }
    }
}

fn touchscreen(panel: (u32, u32), events: mpsc::Sender<Event>) -> Option<hal::touch::Touchscreen> {
    let touched = move |touch: hal::touch::TouchEvent| {
        let kind = match touch.kind {
            hal::touch::TouchKind::Down => ui::TouchKind::Down,
            hal::touch::TouchKind::Move => ui::TouchKind::Move,
            hal::touch::TouchKind::Up => ui::TouchKind::Up,
        };
        if events.try_send(Event::Touch(ui::TouchEvent { kind, x: touch.x as i32, y: touch.y as i32 })).is_err() {
            tracing::warn!("too busy to feel a touch");
        }
    };
    hal::touch::listen(panel, touched).unwrap_or_else(|error| {
        tracing::warn!(%error, "the touchscreen cannot be read");
        None
    })
}

fn device_bridge(events: mpsc::Sender<Event>) -> Box<dyn Fn(hal::DeviceEvent) + Send + Sync> {
    let runtime = Handle::current();
    Box::new(move |event| deliver(&runtime, &events, Event::Device(event)))
}

/// Delivers what must not be lost, later if there is no room for it now.
fn deliver(runtime: &Handle, events: &mpsc::Sender<Event>, event: Event) {
    if let Err(mpsc::error::TrySendError::Full(event)) = events.try_send(event) {
        let events = events.clone();
        runtime.spawn(async move { events.send(event).await });
    }
}

/// Carries the engine's events without ever making its threads wait.
fn media_bridge(air: Air, events: mpsc::Sender<Event>) -> Box<dyn Fn(media::MediaEvent) + Send + Sync> {
    let dropped = AtomicU64::new(0);
    let runtime = Handle::current();
    Box::new(move |event| match translate::outgoing_frame(event) {
        Ok(frame) => {
            let air = air.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(call) = air.as_ref()
                && call.try_send(frame).is_err()
                && dropped.fetch_add(1, Ordering::Relaxed).is_multiple_of(100)
            {
                tracing::debug!("the call is too busy to send every frame");
            }
        }
        // Newer ones follow.
        Err(event @ (media::MediaEvent::MicrophoneLevel(_) | media::MediaEvent::LoudspeakerLevel(_))) => {
            let _ = events.try_send(Event::Media(event));
        }
        Err(event) => deliver(&runtime, &events, Event::Media(event)),
    })
}

fn room(config: &Config, parse: &ParseContext, hal: &hal::Hal) -> Room {
    let entry = |item: &AgendaItem| AgendaEntry {
        title: item.title.clone(),
        start: since_epoch(item.start),
        end: since_epoch(item.end),
        destination: item.link.as_deref().and_then(|link| {
            destination(link, item.token_file.as_deref(), parse)
                .inspect_err(|error| tracing::warn!("a meeting of the agenda cannot be joined: {error:#}"))
                .ok()
        }),
    };
    let room_config = RoomConfig {
        name: config.room.name.clone(),
        display_name: config.room.display_name.clone().unwrap_or_else(|| config.room.name.clone()),
        language: translate::language_of(&config.room.language),
        parse: parse.clone(),
        agenda: config.agenda.iter().map(entry).collect(),
    };
    let mut room = Room::new(room_config, now());
    for report in [
        DeviceReport::Camera { present: hal.camera().is_some() },
        DeviceReport::Microphone { present: hal.microphone().is_some() },
        DeviceReport::Loudspeaker { present: hal.loudspeaker().is_some() },
    ] {
        room.handle(Input::Device(report), now());
    }
    room
}

fn destination(link: &str, token_file: Option<&Path>, parse: &ParseContext) -> anyhow::Result<Destination> {
    Ok(match token_file {
        Some(path) => {
            let token = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
            Destination::livekit(link, &token)?
        }
        None => Destination::parse(link, parse)?,
    })
}

fn since_epoch(at: jiff::Timestamp) -> std::time::Duration {
    std::time::Duration::try_from(at.as_duration()).unwrap_or_default()
}

fn fonts() -> anyhow::Result<ui::Fonts> {
    let directory = FONT_DIRECTORIES
        .iter()
        .map(Path::new)
        .find(|directory| directory.join(FONT_FILES[0]).exists())
        .context("the Inter typeface is not here; on Debian: apt-get install fonts-inter")?;
    let read = |name: &&str| -> anyhow::Result<Vec<u8>> {
        let path = directory.join(name);
        std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))
    };
    let files = FONT_FILES.iter().map(read).collect::<anyhow::Result<Vec<_>>>()?;
    let fallback = FALLBACK_FONTS.iter().filter_map(|path| std::fs::read(path).ok());
    match ui::Fonts::new(files.iter().cloned().chain(fallback).collect()) {
        Ok(fonts) => Ok(fonts),
        // A broken font of other scripts is no reason to show nothing.
        Err(_) => ui::Fonts::new(files).context("the typeface cannot be used"),
    }
}

/// Serves the room window and writes down where, for those who started us.
async fn open_window(listen: SocketAddr, config: &Config, shared: &Shared, state: &Path) -> anyhow::Result<SocketAddr> {
    let guest_page = config.window.guest_page.clone();
    let address = window::serve(listen, window::Window { shared: shared.clone(), guest_page }).await?;
    let path: PathBuf = state.join("window-url");
    // Written beside and renamed: whoever waits for it reads all of it.
    let beside = state.join("window-url.new");
    std::fs::write(&beside, format!("http://{address}/\n"))
        .and_then(|()| std::fs::rename(&beside, &path))
        .with_context(|| format!("cannot write {}", path.display()))?;
    Ok(address)
}
