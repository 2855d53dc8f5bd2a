//! The room, in the order it comes alive.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::num::NonZeroU16;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::time::Duration;

use anyhow::{Context, bail};
use evidence::Retention;
use meeting::io::Source;
use memmap2::Mmap;
use policy::{Action, Purpose, Role};
use room::booking::Rules;
use room::camera::Presets;
use room::destination::{Destination, LiveKitAccess, ParseContext};
use room::event::{DeviceReport, Wish};
use room::policy::JoinPolicy;
use room::power::PowerRules;
use room::venue::Obstacle;
use room::{AgendaEntry, Input, Room, RoomConfig, Title, Venue};
use tokio::runtime::Handle;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use url::Url;
use uuid::Uuid;

use crate::calendar::{Calendar, ORDERS};
use crate::call::CallContext;
use crate::config::{AgendaItem, Config, EvidenceSection, LiveKitServer};
use crate::content::ContentInput;
use crate::errands::Errands;
use crate::event::{EVENT_QUEUE, Event};
use crate::evidence_store::EvidenceStore;
use crate::fittings::{self, Shown};
use crate::healing::Healing;
use crate::identity_store::Held;
use crate::microphones::Microphones;
use crate::net::{HttpClient, TlsTrust, Ways, anywhere};
use crate::picture::Picture;
use crate::recorder::Recorder;
use crate::room_policy::RoomPolicy;
use crate::room_task::{CameraSize, DevicesPresent, Identity, RoomTask, now};
use crate::show::Show;
use crate::speech::{Speaker, Voice};
use crate::stage::{DISPLAY, Plan, Stage};
use crate::status::{Shared, Status};
use crate::surroundings::Guard;
use crate::timeline::Timeline;
use crate::{api, device, evidence_store, identity_store, memory, settings, translate, turning, unfinished, window};

/// Pictures of the room display per second.
const DISPLAY_FPS: u32 = 30;
/// Where the image has its board files.
const BOARDS: &str = "/usr/lib/huisclos/boards";
/// Where Debian's `fonts-inter` puts the house's typeface.
const FONT_DIRECTORIES: [&str; 2] = ["/usr/share/fonts/opentype/inter", "/usr/share/fonts/truetype/inter"];
const FONT_FILES: [&str; 4] = ["Inter-Regular.otf", "Inter-Medium.otf", "Inter-SemiBold.otf", "Inter-Bold.otf"];
/// For letters the house's typeface lacks, where they are installed: people's names come in every script, and what they
/// write with emoji.
const FALLBACK_FONTS: [&str; 7] = [
    "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
    "/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf",
    "/usr/share/fonts/truetype/noto/NotoSansHebrew-Regular.ttf",
    "/usr/share/fonts/truetype/noto/NotoSansDevanagari-Regular.ttf",
    "/usr/share/fonts/truetype/noto/NotoSansThai-Regular.ttf",
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf",
];

/// Events of devices and media that may wait for the room's task, when it has no room for them.
const OVERFLOW_MAX: usize = 256;

/// Encoded frames of the engine go straight to the running call, when there is one.
type Air = Arc<Mutex<Option<mpsc::Sender<meeting::io::OutgoingFrame>>>>;

/// A living room.
pub struct Daemon {
    /// What those who only look at the room, or ask something of it, hold.
    pub shared: Shared,
    /// Where the room window is served, when it was asked for.
    pub window: Option<SocketAddr>,
    /// Where the API is served on the network, when it was asked for.
    pub api: Option<SocketAddr>,
    task: JoinHandle<()>,
    /// The panel's touchscreen, read as long as this is held.
    _touchscreen: Option<hal::touch::Touchscreen>,
    /// What is around a classified room, looked at as long as this is held.
    _watch: Option<hal::surroundings::Watch>,
}

impl Daemon {
    /// Brings a room to life.
    ///
    /// # Errors
    /// When the configuration names something that is not there: a board, a font, an authority, an
    /// address. A missing camera, microphone or loudspeaker is no error.
    pub async fn start(mut config: Config) -> anyhow::Result<Daemon> {
        let (events, queue) = mpsc::channel(EVENT_QUEUE);
        let delivery = Delivery::new(events.clone());

        // Who we are.
        let state = config.state_directory();
        let device_id = provisioning::device_id(&state)
            .with_context(|| format!("cannot keep the device id in {}", state.display()))?;
        let certified =
            identity_store::keep(config.identity.clone(), state.clone(), config.room.name.clone(), device_id);

        // What we drive.
        let mut board = board(&config.devices.board)?;
        if !config.room.motion_sensor {
            board.motion_sensor = hal::board::MotionSensor::None;
        }
        let hal = hal::Hal::open(&board, device_bridge(delivery.clone())).context("cannot open the devices")?;
        let hal = Arc::new(hal);

        // What moves pictures and sound.
        let air: Air = Arc::default();
        let engine_config = media::EngineConfig {
            camera: hal.usual_camera(),
            microphone: hal.microphone(0),
            loudspeaker: hal.loudspeaker(),
            display: DISPLAY,
            screen: hal.display(DISPLAY),
            second: hal.has_second_display().then(|| hal.second_display(DISPLAY)),
            fps: DISPLAY_FPS,
            codec_memory: Some(state.join("codecs")),
        };
        let started = Arc::new(OnceLock::new());
        let bridge = media_bridge(air.clone(), delivery.clone(), started.clone());
        let engine = media::Engine::start(engine_config, bridge).context("cannot start the media engine")?;
        let engine = Arc::new(engine);
        for index in 1..hal.microphone_count() {
            engine.replace_microphone(index, hal.microphone(index));
        }
        let _ = started.set(Arc::downgrade(&engine));

        // How we reach others.
        let trust = TlsTrust::load(config.meetings.extra_ca.as_deref())?;
        let policy = config.policy.as_ref().map(|section| Arc::new(RoomPolicy::load(section, &state)));
        if let (Some(policy), Some(calendar)) = (&policy, &mut config.calendar)
            && !policy.may(Role::RoomUser, Action::Book)
        {
            calendar.forbid_booking();
        }
        let may_fetch = policy.clone().map_or_else(anywhere, |policy| policy.allowed(Purpose::Signalling));
        let ways = Ways::new(config.network.proxy(), &trust, may_fetch).context("in network.proxy")?;
        let http = HttpClient::new(&trust, &ways, anywhere())?;
        let context = CallContext {
            http: http.clone(),
            trust: trust.clone(),
            ways: ways.clone(),
            engine: engine.clone(),
            on_stage: Arc::default(),
            timeline: Timeline::default(),
            policy: policy.clone(),
            certified: certified.clone(),
            recorder: recorder(retention(&config.evidence, policy.as_deref()), &certified, &state, device_id),
        };

        // What has to hold around it.
        let guard = Guard::of(policy.as_deref(), &config);
        let is_unusable = matches!(policy.as_deref(), Some(RoomPolicy::Unusable));
        let watch = match &guard {
            Some(_) => Some(watch_surroundings(&hal, delivery.clone())?),
            None => {
                // A policy that cannot be used may be a classified one: the microphones stay cut.
                hal.set_microphone_relay(!is_unusable);
                None
            }
        };

        // The room itself, and its panel.
        let livekit = config.meetings.livekit.iter().map(access).collect::<anyhow::Result<_>>()?;
        let parse = ParseContext { instance: config.meetings.instance.clone(), livekit };
        let devices = DevicesPresent { camera: hal.camera().is_some() };
        let places = turning::Kept::in_directory(&state);
        let voice = Voice::find();
        let mut room = room(&config, &parse, policy.clone(), &hal, &state, places.read(), voice.is_some());
        let mut unfinished = unfinished::Keeper::of_this_process();
        let mut joined_by = "panel";
        if let Some(cut_short) = unfinished.read() {
            joined_by = "return";
            tracing::warn!(returns = cut_short.returns, "the last life was cut short in a meeting");
            room.handle(Input::CutShort(cut_short), now());
        }
        let hal_microphones = (0..hal.microphone_count()).map(|index| hal.microphone(index).is_some()).collect();
        let fonts = fonts()?;
        let (width, height) = hal.fittings().panel_size();
        let (panel_picture, panel) = watch::channel(Picture::black(width, height));
        let status: Arc<Mutex<Status>> = Arc::default();
        let shared = Shared {
            events: events.clone(),
            panel,
            timeline: context.timeline.clone(),
            feed: Arc::new(api::Feed::new(api::State::of(&room.view(now()), now()))),
            identity: certified.clone(),
            status: status.clone(),
            engine,
            hal: hal.clone(),
        };
        let has_second = hal.has_second_display();
        let (orders, ordered) = mpsc::channel(ORDERS);
        let errands = Errands::new(
            events.clone(),
            config.calendar.is_some().then_some(orders),
            config.panel.admin_code.clone(),
            settings::file(&state),
            certified,
        );
        let loudspeaker = context.engine.clone();
        let speaker = Speaker::start(voice, move |samples| loudspeaker.announce(samples));
        let task = RoomTask {
            room,
            panel: ui::Panel::new((width, height), fonts.clone()),
            show: Show::new(fonts),
            speaker,
            hal: hal.clone(),
            fittings: Shown::default(),
            identity: Identity { device_id, account: account(&config)?, video_codec: config.meetings.video_codec },
            context,
            events,
            panel_picture,
            status,
            feed: shared.feed.clone(),
            air,
            stage: Stage::new(has_second),
            people: Vec::new(),
            speakers: Vec::new(),
            plan: Plan::default(),
            call: None,
            devices,
            camera_failure: None,
            camera_size: CameraSize::default(),
            microphones: Microphones::new(hal_microphones),
            loudspeaker_healing: Healing::default(),
            content: ContentInput::default(),
            strain: Default::default(),
            pointer: Default::default(),
            places,
            show_due: false,
            errands,
            guard,
            unfinished,
            joined_by,
        };
        let task = tokio::spawn(task.run(queue));

        // What the calendar says.
        if let Some(section) = &config.calendar {
            let http = match policy.clone() {
                Some(policy) => HttpClient::new(&trust, &ways, policy.allowed(Purpose::Calendar))?,
                None => http,
            };
            let calendar = Calendar::new(section, &http, parse, &state, shared.events.clone(), ordered)?;
            tokio::spawn(calendar.run());
        }

        // Fingers on a real panel; a simulated one is touched in the room window.
        let touchscreen = touchscreen(&hal, shared.events.clone());

        // Who may ask things of us.
        let screenshots = match config.api.meeting_screenshots {
            _ if watch.is_some() || is_unusable => api::Screenshots::Never,
            false => api::Screenshots::OutsideMeetings,
            true => api::Screenshots::Always,
        };
        let served = |role| {
            let rights = api::Rights::of(policy.clone(), role);
            api::Api { shared: shared.clone(), screenshots, rights }
        };
        // Whoever may open the socket looks after this machine.
        api::serve_socket(&config.control_socket(), served(Role::It)).await?;
        let api = match &config.api.tls {
            Some(tls) => {
                let clients = policy.clone().map_or_else(anywhere, |policy| policy.allowed(Purpose::Control));
                Some(api::serve_tls(tls, clients, served(tls.role)).await?)
            }
            None => None,
        };
        let window = match config.window.listen {
            Some(listen) => Some(open_window(listen, &config, &shared, &state).await?),
            None => None,
        };
        // Without systemd there is nobody to tell.
        let _ = sd_notify::notify(&[sd_notify::NotifyState::Ready]);
        tracing::info!(room = config.room.name, board = config.devices.board, "the room is ready");
        Ok(Daemon { shared, window, api, task, _touchscreen: touchscreen, _watch: watch })
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

/// The board of this name: what this machine is, or else whatever it has (`auto`), one that is installed, or a file.
fn board(name: &str) -> anyhow::Result<hal::Board> {
    match name {
        "auto" => {
            let names = hal::board::Names::of(Path::new("/"));
            Ok(hal::Board::find(Path::new(BOARDS), &names)?.unwrap_or_else(hal::Board::auto))
        }
        "simulated" => Ok(hal::Board::simulated()),
        name => {
            let installed = Path::new(BOARDS).join(name).with_extension("toml");
            let path = if name.contains('/') || !installed.exists() { PathBuf::from(name) } else { installed };
            let text = std::fs::read_to_string(&path)
                .with_context(|| format!("cannot read the board file {}", path.display()))?;
            hal::Board::parse(&text).with_context(|| format!("in the board file {}", path.display()))
        }
    }
}

fn touchscreen(hal: &hal::Hal, events: mpsc::Sender<Event>) -> Option<hal::touch::Touchscreen> {
    let touched = move |touch| {
        for touch in fittings::touches(touch) {
            if events.try_send(Event::Touch(touch)).is_err() {
                tracing::warn!("too busy to feel a touch");
            }
        }
    };
    let listening = hal.fittings().touchscreen(touched);
    listening.inspect_err(|error| tracing::warn!(%error, "no touchscreen can be read")).ok().flatten()
}

/// Keeps an eye on what is around a classified room, and has nothing of its meetings left in memory.
fn watch_surroundings(hal: &hal::Hal, events: Arc<Delivery>) -> anyhow::Result<hal::surroundings::Watch> {
    memory::overwrite_freed();
    let told = move |seen| events.deliver(Event::Surroundings(seen));
    hal.watch_surroundings(told).context("nobody can look at what is around this room")
}

fn device_bridge(events: Arc<Delivery>) -> Box<dyn Fn(hal::DeviceEvent) + Send + Sync> {
    Box::new(move |event| events.deliver(Event::Device(event)))
}

/// Delivers what must not be lost, in order, to a task that may be busy, without ever waiting for it.
struct Delivery {
    events: mpsc::Sender<Event>,
    runtime: Handle,
    /// What there was no room for. While there is anything, or one of them is on its way, everything
    /// goes through here, so that nothing overtakes.
    waiting: Mutex<Option<VecDeque<Event>>>,
}

impl Delivery {
    fn new(events: mpsc::Sender<Event>) -> Arc<Delivery> {
        Arc::new(Delivery { events, runtime: Handle::current(), waiting: Mutex::default() })
    }

    fn deliver(self: &Arc<Delivery>, event: Event) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *waiting {
            Some(queue) if queue.len() < OVERFLOW_MAX => queue.push_back(event),
            Some(_) => tracing::error!("the room's task does not answer, an event is lost"),
            None => {
                if let Err(mpsc::error::TrySendError::Full(event)) = self.events.try_send(event) {
                    *waiting = Some(VecDeque::from([event]));
                    self.runtime.spawn(self.clone().empty());
                }
            }
        }
    }

    async fn empty(self: Arc<Delivery>) {
        let next = || {
            let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            let next = waiting.as_mut().and_then(VecDeque::pop_front);
            if next.is_none() {
                *waiting = None;
            }
            next
        };
        while let Some(event) = next() {
            if self.events.send(event).await.is_err() {
                return;
            }
        }
    }
}

/// Lets frames of each layer, and of what is shared, through only as far as the other side can decode them: the numbers of
/// packets are given later, so nobody would notice a frame that is missing here.
#[derive(Default)]
struct Gate([Lane; 4]);

#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum Lane {
    #[default]
    Open,
    /// A frame is missing; a key frame is to be asked for.
    Broken,
    /// It was asked for.
    Asked,
}

impl Gate {
    /// Sends a frame with `send` (none: there is no call) unless an earlier one is missing. Says
    /// whether a key frame is needed now.
    fn pass(
        &mut self,
        source: Source,
        layer: meeting::io::Layer,
        keyframe: bool,
        send: Option<impl FnOnce() -> bool>,
    ) -> bool {
        let lane = match (source, layer) {
            (Source::ScreenShare, _) => &mut self.0[3],
            (_, meeting::io::Layer::Low) => &mut self.0[0],
            (_, meeting::io::Layer::Medium) => &mut self.0[1],
            (_, meeting::io::Layer::High) => &mut self.0[2],
        };
        let Some(send) = send else {
            *lane = Lane::Broken;
            return false;
        };
        let is_sent = (keyframe || *lane == Lane::Open) && send();
        *lane = match (is_sent, *lane) {
            (true, _) => Lane::Open,
            // The one asked for is still to come, unless this was it.
            (false, Lane::Asked) if !keyframe => Lane::Asked,
            (false, _) => {
                *lane = Lane::Asked;
                return true;
            }
        };
        false
    }
}

/// Carries the engine's events without ever making its threads wait. `engine` is there once it has
/// started.
fn media_bridge(
    air: Air,
    events: Arc<Delivery>,
    engine: Arc<OnceLock<Weak<media::Engine>>>,
) -> Box<dyn Fn(media::MediaEvent) + Send + Sync> {
    let dropped = AtomicU64::new(0);
    let gate = Mutex::new(Gate::default());
    Box::new(move |event| match translate::outgoing_frame(event) {
        Ok(frame) => {
            let air = air.lock().unwrap_or_else(PoisonError::into_inner);
            let send = air.as_ref().map(|call| {
                |frame| {
                    let is_sent = call.try_send(frame).is_ok();
                    if !is_sent && dropped.fetch_add(1, Ordering::Relaxed).is_multiple_of(100) {
                        tracing::debug!("the call is too busy to send every frame");
                    }
                    is_sent
                }
            });
            let (source, layer, keyframe) = (frame.source, frame.layer, frame.keyframe);
            let send = send.map(|send| move || send(frame));
            let Some(layer) = layer else {
                send.map(|send| send());
                return;
            };
            let mut gate = gate.lock().unwrap_or_else(PoisonError::into_inner);
            let needs_keyframe = gate.pass(source, layer, keyframe, send);
            drop(gate);
            if needs_keyframe && let Some(engine) = engine.get().and_then(Weak::upgrade) {
                translate::force_keyframe(&engine, source, layer);
            }
        }
        // Newer ones follow.
        Err(
            event @ (media::MediaEvent::MicrophoneLevel { .. }
            | media::MediaEvent::LoudspeakerLevel(_)
            | media::MediaEvent::AudioChecking(_)),
        ) => {
            let _ = events.events.try_send(Event::Media(event));
        }
        Err(event) => events.deliver(Event::Media(event)),
    })
}

/// For how long evidence is kept: the policy has the last word.
fn retention(section: &EvidenceSection, policy: Option<&RoomPolicy>) -> Retention {
    let of_policy = match policy {
        Some(RoomPolicy::InForce(policy)) => policy.evidence().keep_days,
        // It may have said longer than the configuration: nothing is deleted for its age.
        Some(RoomPolicy::Unusable) => Some(NonZeroU16::MAX),
        None => None,
    };
    section.retention(of_policy)
}

/// Where the evidence of meetings is written. `None`: it cannot be.
fn recorder(retention: Retention, certified: &Held, state: &Path, device: Uuid) -> Option<Recorder> {
    let open = |identity| {
        let directory = evidence_store::directory(state);
        let key = device::signs_evidence(identity)?;
        EvidenceStore::open(&directory, &device.to_string(), key, None, retention, jiff::Timestamp::now())
    };
    let opened = certified.borrow().clone().context("the room has no identity").and_then(open);
    let store = opened.inspect_err(|error| tracing::error!("no evidence of meetings is kept: {error:#}")).ok();
    store.map(Recorder::start)
}

fn room(
    config: &Config,
    parse: &ParseContext,
    policy: Option<Arc<RoomPolicy>>,
    hal: &hal::Hal,
    state: &Path,
    presets: Presets,
    has_voice: bool,
) -> Room {
    let entry = |item: &AgendaItem| AgendaEntry {
        venue: item.link.as_deref().and_then(|link| venue(link, item.token_file.as_deref(), parse)),
        ..AgendaEntry::new(
            Title::Plain(item.title.clone()),
            translate::since_epoch(item.start),
            translate::since_epoch(item.end),
        )
    };
    let (settings, fixed) = settings::load(&config.room, state);
    let lets_settings = policy.as_deref().is_none_or(RoomPolicy::lets_settings_be_changed);
    let booking = config.calendar.as_ref().map_or_else(Rules::default, |calendar| Rules {
        may_release: calendar.may_release,
        release_after: calendar.release_after_min.map(|minutes| Duration::from_secs(60 * u64::from(minutes))),
    });
    let has_code = config.panel.admin_code.is_some() && lets_settings;
    let at_panel = policy.as_deref().is_none_or(|policy| policy.lets_restart(has_code));
    // The socket is there before the daemon is (`huisclos-power.socket`), on machines that have the service.
    let power = PowerRules { is_there: Path::new(provisioning::power::SOCKET).exists(), at_panel };
    let room_config = RoomConfig {
        power,
        policy: policy.map(|policy| policy as Arc<dyn JoinPolicy>),
        name: config.room.name.clone(),
        display_name: Some(settings.display_name)
            .filter(|name| !name.is_empty())
            .unwrap_or_else(|| config.room.name.clone()),
        language: settings.language,
        volume: settings.volume,
        fixed,
        has_code,
        booking,
        appearance: settings.appearance,
        screen_reader: config.room.screen_reader,
        support: config.room.support.clone(),
        trouble: config.room.trouble.map(Into::into),
        parse: parse.clone(),
        agenda: config.agenda.iter().map(entry).collect(),
        calendar: config.calendar.is_some(),
        second_display: hal.has_second_display(),
        history: config.room.history,
        standby_after: config.room.standby_after(),
    };
    let mut room = Room::new(room_config, now());
    for report in [
        DeviceReport::Camera { present: hal.camera().is_some() },
        DeviceReport::Microphone { present: (0..hal.microphone_count()).any(|index| hal.microphone(index).is_some()) },
        DeviceReport::Loudspeaker { present: hal.loudspeaker().is_some() },
        DeviceReport::Content(ContentInput::default().state(hal.content_state())),
        DeviceReport::CameraTurns(turning::turns(hal)),
        DeviceReport::Presets(presets),
        DeviceReport::Voice { present: has_voice },
    ] {
        room.handle(Input::Device(report), now());
    }
    room
}

/// Where a meeting of the configuration takes place, or what keeps people from it.
fn venue(link: &str, token_file: Option<&Path>, parse: &ParseContext) -> Option<Venue> {
    match destination(link, token_file, parse) {
        Ok(destination) => Some(Venue::Joinable(destination)),
        Err(error) => {
            tracing::warn!("a meeting of the agenda cannot be joined: {error:#}");
            error.downcast_ref().copied().and_then(Obstacle::of).map(Venue::NotJoinable)
        }
    }
}

/// The room's own account, and the instance it is on.
fn account(config: &Config) -> anyhow::Result<Option<(Url, meeting::visio::Account)>> {
    let (Some(path), Some(instance)) = (&config.meetings.session_file, &config.meetings.instance) else {
        return Ok(None);
    };
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let session = text.trim().to_owned();
    // It goes into a header as it is.
    if session.is_empty() || !session.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_.:".contains(letter)) {
        bail!("{} holds no session", path.display());
    }
    Ok(Some((instance.clone(), meeting::visio::Account { session })))
}

fn access(known: &LiveKitServer) -> anyhow::Result<LiveKitAccess> {
    let path = &known.token_file;
    let token = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    LiveKitAccess::new(&known.server, &token).with_context(|| format!("in meetings.livekit: {}", known.server))
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

fn fonts() -> anyhow::Result<ui::Fonts> {
    let directory = FONT_DIRECTORIES
        .iter()
        .map(Path::new)
        .find(|directory| directory.join(FONT_FILES[0]).exists())
        .context("the Inter typeface is not here; on Debian: apt-get install fonts-inter")?;
    let read = |name: &&str| -> anyhow::Result<Arc<Mmap>> {
        let path = directory.join(name);
        mapped(&path).with_context(|| format!("cannot read {}", path.display()))
    };
    let files = FONT_FILES.iter().map(read).collect::<anyhow::Result<Vec<_>>>()?;
    let fallback = FALLBACK_FONTS.iter().filter_map(|path| mapped(Path::new(path)).ok());
    match ui::Fonts::new(files.iter().cloned().chain(fallback).map(Mapped).collect()) {
        Ok(fonts) => Ok(fonts),
        // A broken font of other scripts is no reason to show nothing.
        Err(_) => ui::Fonts::new(files.into_iter().map(Mapped).collect()).context("the typeface cannot be used"),
    }
}

/// A font file. Emoji alone are 10 MB, of which a meeting needs a few pages: they stay on disk until then.
struct Mapped(Arc<Mmap>);

impl AsRef<[u8]> for Mapped {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

fn mapped(path: &Path) -> std::io::Result<Arc<Mmap>> {
    let file = std::fs::File::open(path)?;
    // SAFETY: fonts come with the system's packages, which put a new file in the place of an old one and never write
    // into it.
    Ok(Arc::new(unsafe { Mmap::map(&file) }?))
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

#[cfg(test)]
mod tests {
    use meeting::io::Layer;

    use super::*;

    #[test]
    fn a_meeting_of_the_configuration_that_cannot_be_joined_says_why() {
        let of = |link: &str| venue(link, None, &ParseContext::default());
        assert!(matches!(of("https://visio.example/abc-defg-hij"), Some(Venue::Joinable(_))));
        for (link, obstacle) in [
            ("http://visio.example/abc-defg-hij", Obstacle::NotEncrypted),
            ("https://visio.example/abc-defg-hij#0123", Obstacle::KeyMissing),
        ] {
            assert_eq!(of(link), Some(Venue::NotJoinable(obstacle)), "{link}");
        }
        assert_eq!(of("the large room"), None);
    }

    #[test]
    fn after_a_frame_that_could_not_be_sent_the_next_one_sent_is_a_key_frame() {
        let mut gate = Gate::default();
        let mut pass = |layer, keyframe, fits: Option<bool>| {
            let mut sent = false;
            let asks = gate.pass(
                Source::Camera,
                layer,
                keyframe,
                fits.map(|fits| {
                    let sent = &mut sent;
                    move || {
                        *sent = fits;
                        fits
                    }
                }),
            );
            (sent, asks)
        };
        let (key, delta) = (true, false);
        assert_eq!(pass(Layer::Low, key, Some(true)), (true, false));
        assert_eq!(pass(Layer::High, key, Some(true)), (true, false));
        assert_eq!(pass(Layer::High, delta, Some(false)), (false, true), "asked once");
        assert_eq!(pass(Layer::High, delta, Some(true)), (false, false), "and nothing goes out until it comes");
        assert_eq!(pass(Layer::Low, delta, Some(true)), (true, false), "other layers go on");
        assert_eq!(pass(Layer::High, key, Some(false)), (false, true), "it was lost too: asked again");
        assert_eq!(pass(Layer::High, delta, Some(true)), (false, false));
        assert_eq!(pass(Layer::High, key, Some(true)), (true, false));
        assert_eq!(pass(Layer::High, delta, Some(true)), (true, false));
        assert_eq!(pass(Layer::High, key, None), (false, false), "there is no call");
        assert_eq!(pass(Layer::High, delta, Some(true)), (false, true), "the next one starts with a key frame");
    }

    #[tokio::test]
    async fn events_keep_their_order_when_the_room_is_busy_and_their_number_is_bounded() {
        let (sender, mut receiver) = mpsc::channel(2);
        let delivery = Delivery::new(sender);
        let key = |number: usize| media::TrackKey(number.to_string());
        for number in 0..OVERFLOW_MAX + 50 {
            delivery.deliver(Event::Media(media::MediaEvent::FirstVideo(key(number))));
        }
        for number in 0..OVERFLOW_MAX + 2 {
            match receiver.recv().await {
                Some(Event::Media(media::MediaEvent::FirstVideo(found))) => assert_eq!(found, key(number)),
                _ => panic!("another event"),
            }
        }
        tokio::task::yield_now().await;
        delivery.deliver(Event::Media(media::MediaEvent::FirstAudio));
        assert!(matches!(receiver.recv().await, Some(Event::Media(media::MediaEvent::FirstAudio))));
        assert!(receiver.try_recv().is_err());
    }
}
