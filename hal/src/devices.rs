//! The room's devices as one: opens what the board says, and keeps watching.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::board::{self, Acoustics, Board, MICROPHONES_MAX};
use crate::camera::{Drawn, Recorded, SimulatedCamera, V4l2Camera, V4l2Content};
use crate::content::{ContentSource, ContentState, SimulatedContent};
use crate::display::MemoryDisplay;
use crate::fittings::Fittings;
use crate::hotplug::{self, Change, Subsystem, Watched};
use crate::knob::{DeviceKnobs, Turned};
use crate::recording::RecordingError;
use crate::relay::{self, SimulatedRelay, Wire};
use crate::sound::{Air, AlsaDevice, SimulatedLoudspeaker, SimulatedMicrophone, WavWriter, read_wav, tone};
use crate::surroundings::{Around, Surroundings, Watch};
use crate::worker::Worker;
use crate::{AudioSink, AudioSource, DeviceError, DeviceEvent, PictureSink, Pose, Reach, VideoFormat, VideoSource};

/// The devices of one room.
///
/// A device that is missing is no error: it may come later, and a room without a camera is still
/// a room. Whoever holds a source or sink of a device that went gets errors from it; after the
/// [`DeviceEvent`] that says it is back, ask for a new one.
pub struct Hal {
    devices: Arc<Devices>,
    events: Arc<Events>,
    display: board::Display,
    second_display: Option<board::Display>,
    fittings: Fittings,
    relay: Relay,
    around: Around,
    /// None if nothing real is on the board, or the machine does not say what comes and goes.
    _watching: Option<Worker>,
}

/// Why a board's devices cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum HalError {
    /// A file the board names.
    #[error("{} cannot be used", path.display())]
    Recording { path: PathBuf, source: RecordingError },
}

/// What knobs know the microphones by.
const MICROPHONES: [&str; MICROPHONES_MAX] = ["microphone", "microphone-2", "microphone-3", "microphone-4"];

type Events = dyn Fn(DeviceEvent) + Send + Sync;

struct Devices {
    camera: Camera,
    microphones: Vec<Microphone>,
    loudspeaker: Loudspeaker,
    content: Content,
}

enum Camera {
    None,
    Simulated(SimulatedCamera),
    V4l2(Arc<V4l2Camera>),
}

enum Content {
    None,
    Simulated(SimulatedContent),
    V4l2(Arc<V4l2Content>),
}

enum Microphone {
    Simulated(SimulatedMicrophone),
    Alsa(AlsaDevice),
}

enum Relay {
    None,
    Simulated(SimulatedRelay),
    Real(relay::Kept),
}

enum Loudspeaker {
    None,
    Simulated(SimulatedLoudspeaker),
    Alsa(AlsaDevice),
}

impl Hal {
    /// Opens the board's devices. Says nothing about those found now: only what changes from then
    /// on is an event.
    ///
    /// `events` is called on the thread that turned a knob, or on one of this crate's own; it must
    /// not wait.
    ///
    /// # Errors
    /// When a recording the board names cannot be used. A device that is not there is no error.
    pub fn open(board: &Board, events: Box<dyn Fn(DeviceEvent) + Send + Sync>) -> Result<Hal, HalError> {
        // Each microphone hangs at its own place.
        let place = |index| Acoustics { seed: board.acoustics.seed + index as u64, ..board.acoustics.clone() };
        let places: Vec<_> = (0..board.microphones.len()).map(place).collect();
        let airs: Vec<_> = places.iter().map(|place| Arc::new(Air::new(place))).collect();
        let microphones = board.microphones.iter().zip(MICROPHONES).zip(places.iter().zip(&airs));
        let events: Arc<Events> = Arc::from(events);
        let wire = Arc::new(Wire::default());
        let relay = open_relay(&board.microphone_relay, &wire, &events);
        let microphones =
            microphones.map(|((one, name), (place, air))| open_microphone(one, name, (air, &wire), place));
        let camera = open_camera(board)?;
        let content = open_content(&board.content, &camera, &events);
        let devices = Arc::new(Devices {
            camera,
            content,
            microphones: microphones.collect::<Result<_, _>>()?,
            loudspeaker: open_loudspeaker(&board.loudspeaker, airs, board.acoustics.echo)?,
        });

        // Look before telling anyone, and again once listening: what came between is not missed.
        for (_, watched, _) in devices.watched() {
            watched.look(None);
        }
        let watching = if devices.watched().is_empty() { None } else { watch(&devices, &events) };
        devices.look(None, None, &*events);
        let (display, second_display) = (board.display.clone(), board.second_display.clone());
        let fittings = Fittings::open(board, events.clone());
        let around = Around::of(board.surroundings);
        Ok(Hal { devices, events, display, second_display, fittings, relay, around, _watching: watching })
    }

    /// The camera, opened anew; none if there is none now.
    pub fn camera(&self) -> Option<VideoSource> {
        match &self.devices.camera {
            Camera::None => None,
            Camera::Simulated(camera) => camera.source(),
            Camera::V4l2(camera) => camera.source(),
        }
    }

    /// The camera, opened anew for pictures of 720p or what comes near it; a simulated one gives what it gives.
    pub fn usual_camera(&self) -> Option<VideoSource> {
        match &self.devices.camera {
            Camera::V4l2(camera) => camera.usual_source(),
            Camera::None | Camera::Simulated(_) => self.camera(),
        }
    }

    /// What the camera gives at its best; none if there is none now.
    pub fn camera_format(&self) -> Option<VideoFormat> {
        match &self.devices.camera {
            Camera::None => None,
            Camera::Simulated(camera) => camera.format(),
            Camera::V4l2(camera) => camera.format(),
        }
    }

    /// Which ways the camera can be turned; none if there is none now, or it cannot.
    pub fn camera_reach(&self) -> Option<Reach> {
        let reach = match &self.devices.camera {
            Camera::None => None,
            Camera::Simulated(camera) => camera.reach(),
            Camera::V4l2(camera) => camera.reach(),
        };
        reach.filter(|reach| reach.is_any())
    }

    /// Where the camera looks, as far as it says; straight ahead otherwise.
    pub fn camera_pose(&self) -> Pose {
        match &self.devices.camera {
            Camera::None => Pose::default(),
            Camera::Simulated(camera) => camera.pose(),
            Camera::V4l2(camera) => camera.pose().unwrap_or_default(),
        }
    }

    /// Turns the camera there, as far as it can be turned. Pictures go on meanwhile. May take some tens of
    /// milliseconds: not for a thread that must not wait.
    ///
    /// # Errors
    /// When there is no camera, or it answers with an error.
    pub fn point_camera(&self, pose: Pose) -> Result<(), DeviceError> {
        match &self.devices.camera {
            Camera::None => Err(DeviceError::Unplugged),
            Camera::Simulated(camera) => camera.point(pose),
            Camera::V4l2(camera) => camera.point(pose),
        }
    }

    /// How many microphones the board has, there or not.
    pub fn microphone_count(&self) -> usize {
        self.devices.microphones.len()
    }

    /// The microphone at this place on the board, opened anew; none if there is none now.
    pub fn microphone(&self, index: usize) -> Option<AudioSource> {
        match self.devices.microphones.get(index)? {
            Microphone::Simulated(microphone) => microphone.source(),
            Microphone::Alsa(device) => device.source(),
        }
    }

    /// The loudspeaker, opened anew; none if there is none now.
    pub fn loudspeaker(&self) -> Option<AudioSink> {
        match &self.devices.loudspeaker {
            Loudspeaker::None => None,
            Loudspeaker::Simulated(loudspeaker) => loudspeaker.sink(),
            Loudspeaker::Alsa(device) => device.sink(),
        }
    }

    /// What a laptop at the content input gives, opened anew; none if nothing comes in now.
    pub fn content(&self) -> Option<ContentSource> {
        match &self.devices.content {
            Content::None => None,
            Content::Simulated(content) => content.source(),
            Content::V4l2(content) => content.source(),
        }
    }

    /// Whether there is a laptop at the content input.
    pub fn content_state(&self) -> ContentState {
        self.devices.content_state()
    }

    /// The room display, made anew for pictures of `size`; none if the board has none to write to.
    pub fn display(&self, size: (u32, u32)) -> Option<Arc<dyn PictureSink>> {
        self.fittings.display(0, size).or_else(|| open_display(&self.display, size))
    }

    /// Whether there is a second display.
    pub fn has_second_display(&self) -> bool {
        self.second_display.is_some()
    }

    /// The second display, like [`Hal::display`].
    pub fn second_display(&self, size: (u32, u32)) -> Option<Arc<dyn PictureSink>> {
        self.fittings.display(1, size).or_else(|| open_display(self.second_display.as_ref()?, size))
    }

    /// The panel's screen and glass, buttons, the light, and the displays' power.
    pub fn fittings(&self) -> &Fittings {
        &self.fittings
    }

    /// Lets the microphones be heard through the relay, or cuts them; they are cut until this was called, where there is
    /// one. Never waits: whether it does what it is told is a [`DeviceEvent::MicrophoneRelay`].
    pub fn set_microphone_relay(&self, closed: bool) {
        match &self.relay {
            Relay::None => {}
            Relay::Simulated(simulated) => simulated.set(closed),
            Relay::Real(kept) => kept.set(closed),
        }
    }

    /// Switches this machine's radios off and keeps them off as far as it can, until what it gives is dropped, and tells
    /// what is around once a second or sooner. `None`: that cannot be seen. `told` is called on a thread of
    /// this crate, and must not wait.
    ///
    /// # Errors
    /// When there is no thread to look.
    pub fn watch_surroundings(&self, told: impl Fn(Option<Surroundings>) + Send + 'static) -> std::io::Result<Watch> {
        self.around.clone().watch(told)
    }

    /// What the simulated loudspeaker played in the newest second: 48 kHz, mono, oldest first,
    /// fewer samples if it played less. None for a real one: nobody knows.
    pub fn heard(&self) -> Option<Vec<i16>> {
        match &self.devices.loudspeaker {
            Loudspeaker::Simulated(loudspeaker) => Some(loudspeaker.heard()),
            _ => None,
        }
    }

    /// The peak of [`Hal::heard`], 0.0 (silence) to 1.0 (full scale).
    pub fn heard_peak(&self) -> Option<f32> {
        let peak = self.heard()?.iter().map(|sample| sample.unsigned_abs()).max().unwrap_or_default();
        Some(f32::from(peak) / 32_768.0)
    }

    /// The simulated devices and how each can be made to misbehave; real ones do so by themselves.
    pub fn knobs(&self) -> Vec<DeviceKnobs> {
        let camera = match &self.devices.camera {
            Camera::Simulated(camera) => Some(camera.knobs()),
            _ => None,
        };
        let microphones = self.devices.microphones.iter().filter_map(|microphone| match microphone {
            Microphone::Simulated(microphone) => Some(microphone.knobs()),
            Microphone::Alsa(_) => None,
        });
        let loudspeaker = match &self.devices.loudspeaker {
            Loudspeaker::Simulated(loudspeaker) => Some(loudspeaker.knobs()),
            _ => None,
        };
        let content = match &self.devices.content {
            Content::Simulated(content) => Some(content.knobs()),
            _ => None,
        };
        let relay = if let Relay::Simulated(relay) = &self.relay { Some(relay.knobs()) } else { None };
        let around = if let Around::Simulated(around) = &self.around { Some(around.knobs()) } else { None };
        let devices = camera.into_iter().chain(microphones).chain(loudspeaker).chain(content);
        devices.chain(self.fittings.knobs()).chain(relay).chain(around.into_iter().flatten()).collect()
    }

    /// Turns a knob on or off; turning it to where it is does nothing. Says whether
    /// [`Hal::knobs`] has it.
    pub fn turn(&self, device: &str, knob: &str, on: bool) -> bool {
        if let ("content", Content::Simulated(content)) = (device, &self.devices.content) {
            let before = content.state();
            let turned = content.turn(knob, on);
            if content.state() != before {
                (self.events)(DeviceEvent::Content(content.state()));
            }
            return turned != Turned::Unknown;
        }
        if let Some(turned) = self.fittings.turn(device, knob, on) {
            return turned != Turned::Unknown;
        }
        if let ("microphone-relay", Relay::Simulated(relay)) = (device, &self.relay) {
            return relay.turn(knob, on) != Turned::Unknown;
        }
        if let Around::Simulated(around) = &self.around
            && let Some(turned) = around.turn(device, knob, on)
        {
            return turned != Turned::Unknown;
        }
        let (turned, which) = match (device, &*self.devices) {
            ("camera", Devices { camera: Camera::Simulated(camera), .. }) => (camera.turn(knob, on), Which::Camera),
            ("loudspeaker", Devices { loudspeaker: Loudspeaker::Simulated(loudspeaker), .. }) => {
                (loudspeaker.turn(knob, on), Which::Loudspeaker)
            }
            (name, Devices { microphones, .. }) => {
                let Some(index) = MICROPHONES.iter().position(|known| *known == name) else { return false };
                let Some(Microphone::Simulated(microphone)) = microphones.get(index) else { return false };
                (microphone.turn(knob, on), Which::Microphone(index))
            }
        };
        if let Turned::Plugged { present } = turned {
            (self.events)(which.event(&self.devices, present));
        }
        turned != Turned::Unknown
    }
}

#[derive(Clone, Copy)]
enum Which {
    Camera,
    Microphone(usize),
    Loudspeaker,
    Content,
}

impl Which {
    fn event(self, devices: &Devices, present: bool) -> DeviceEvent {
        match self {
            Which::Camera => DeviceEvent::Camera { present },
            Which::Microphone(index) => DeviceEvent::Microphone { index, present },
            Which::Loudspeaker => DeviceEvent::Loudspeaker { present },
            Which::Content if present => DeviceEvent::Content(devices.content_state()),
            Which::Content => DeviceEvent::Content(ContentState::Absent),
        }
    }
}

impl Devices {
    fn content_state(&self) -> ContentState {
        match &self.content {
            Content::None => ContentState::Absent,
            Content::Simulated(content) => content.state(),
            Content::V4l2(content) => content.state(),
        }
    }

    /// The real ones; the camera before the content input, which takes what is left.
    fn watched(&self) -> Vec<(Subsystem, &dyn Watched, Which)> {
        let mut watched: Vec<(Subsystem, &dyn Watched, Which)> = Vec::new();
        if let Camera::V4l2(camera) = &self.camera {
            watched.push((Subsystem::Video, &**camera, Which::Camera));
        }
        if let Content::V4l2(content) = &self.content {
            watched.push((Subsystem::Video, &**content, Which::Content));
        }
        for (index, microphone) in self.microphones.iter().enumerate() {
            if let Microphone::Alsa(microphone) = microphone {
                watched.push((Subsystem::Sound, microphone, Which::Microphone(index)));
            }
        }
        if let Loudspeaker::Alsa(loudspeaker) = &self.loudspeaker {
            watched.push((Subsystem::Sound, loudspeaker, Which::Loudspeaker));
        }
        watched
    }

    /// Looks at the real devices of one subsystem, or of all, and tells what changed.
    fn look(&self, only: Option<Subsystem>, removed: Option<&Path>, events: &Events) {
        for (subsystem, watched, which) in self.watched() {
            if only.is_none_or(|only| only == subsystem) {
                for change in watched.look(removed) {
                    events(which.event(self, change == Change::Came));
                }
            }
        }
    }
}

fn watch(devices: &Arc<Devices>, events: &Arc<Events>) -> Option<Worker> {
    let (devices, events) = (devices.clone(), events.clone());
    hotplug::watch(move |subsystem, removed| devices.look(Some(subsystem), removed, &*events))
        .inspect_err(|error| tracing::warn!(%error, "devices that come and go will not be noticed"))
        .ok()
}

fn open_display(display: &board::Display, size: (u32, u32)) -> Option<Arc<dyn PictureSink>> {
    let path = display.file.as_ref()?;
    match MemoryDisplay::create(path, size) {
        Ok(display) => Some(Arc::new(display)),
        Err(error) => {
            tracing::warn!(%error, "the display's file cannot be written");
            None
        }
    }
}

fn open_camera(board: &Board) -> Result<Camera, HalError> {
    let named = match &board.content {
        board::Content::V4l2 { path, .. } => path.clone(),
        _ => None,
    };
    Ok(match &board.camera {
        board::Camera::None => Camera::None,
        board::Camera::Simulated(format) => Camera::Simulated(SimulatedCamera::new(Box::new(Drawn::new(*format)))),
        board::Camera::Recorded(path) => {
            let recorded = Recorded::open(path).map_err(|source| recording(path, source))?;
            Camera::Simulated(SimulatedCamera::new(Box::new(recorded)))
        }
        board::Camera::V4l2 { path, wish } => Camera::V4l2(Arc::new(V4l2Camera::new(path.clone(), *wish, named))),
    })
}

fn open_content(content: &board::Content, camera: &Camera, events: &Arc<Events>) -> Content {
    match content {
        board::Content::None => Content::None,
        board::Content::Simulated { format, tone_hz } => Content::Simulated(SimulatedContent::new(*format, *tone_hz)),
        board::Content::V4l2 { path, audio } => {
            let camera = if let Camera::V4l2(camera) = camera { Some(camera.clone()) } else { None };
            let events = events.clone();
            let tell = move |state| events(DeviceEvent::Content(state));
            Content::V4l2(V4l2Content::new(path.clone(), audio.clone(), camera, tell))
        }
    }
}

fn open_microphone(
    microphone: &board::Microphone,
    name: &'static str,
    (air, wire): (&Arc<Air>, &Arc<Wire>),
    place: &Acoustics,
) -> Result<Microphone, HalError> {
    let room = match microphone {
        board::Microphone::Alsa(name) => return Ok(Microphone::Alsa(AlsaDevice::microphone(name.clone()))),
        board::Microphone::Tone(hz) => tone(*hz),
        board::Microphone::Recorded(path) => read_wav(path).map_err(|source| recording(path, source))?,
    };
    Ok(Microphone::Simulated(SimulatedMicrophone::new(name, room, air.clone(), wire.clone(), place)))
}

/// A relay that cannot be kept works no more than one that is not there, and says so by not being there.
fn open_relay(relay: &board::MicrophoneRelay, wire: &Arc<Wire>, events: &Arc<Events>) -> Relay {
    let told = {
        let events = events.clone();
        move |works| events(DeviceEvent::MicrophoneRelay { works })
    };
    let opened = match relay {
        board::MicrophoneRelay::None => return Relay::None,
        board::MicrophoneRelay::Simulated => SimulatedRelay::new(wire.clone(), told).map(Relay::Simulated),
        board::MicrophoneRelay::Gpio(line) => relay::Kept::wired(line.clone(), told).map(Relay::Real),
    };
    opened.inspect_err(|error| tracing::warn!(%error, "the microphones' relay cannot be used")).unwrap_or(Relay::None)
}

fn open_loudspeaker(
    loudspeaker: &board::Loudspeaker,
    airs: Vec<Arc<Air>>,
    echo: bool,
) -> Result<Loudspeaker, HalError> {
    let file = match loudspeaker {
        board::Loudspeaker::None => return Ok(Loudspeaker::None),
        board::Loudspeaker::Alsa(name) => return Ok(Loudspeaker::Alsa(AlsaDevice::loudspeaker(name.clone()))),
        board::Loudspeaker::Simulated(None) => None,
        board::Loudspeaker::Simulated(Some(path)) => {
            Some(WavWriter::create(path).map_err(|error| recording(path, error.into()))?)
        }
    };
    Ok(Loudspeaker::Simulated(SimulatedLoudspeaker::new(file, airs, echo)))
}

fn recording(path: &Path, source: RecordingError) -> HalError {
    HalError::Recording { path: path.to_owned(), source }
}
