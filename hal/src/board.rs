//! The board: a data file that says which devices a room has. `hardware/boards/simulated.toml`
//! explains every key.

mod fittings;
mod guard;
mod machine;
mod motion;

use std::path::PathBuf;

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::VideoFormat;
pub use fittings::{Buttons, Display, Keys, LightLines, Panel, Power, Pull, Screen, StatusLight, WiredButton};
use fittings::{ButtonsSection, DisplaySection, LightSection, PanelSection, check_button};
pub use guard::{Around, MicrophoneRelay, RelayLine};
use guard::{AroundSection, RelaySection};
pub use machine::{FindError, Machine, Names};
use motion::MotionSection;
pub use motion::{MotionLine, MotionSensor};

const SIMULATED: &str = include_str!("../../hardware/boards/simulated.toml");
const AUTO: &str = include_str!("../../hardware/boards/auto.toml");

/// Which devices a room has.
#[derive(Debug, Clone, PartialEq)]
pub struct Board {
    /// Short, stable, for logs and tools.
    pub id: String,
    /// For people.
    pub name: String,
    /// What machines of this board are called, for [`Board::find`].
    pub machines: Vec<Machine>,
    pub camera: Camera,
    /// Up to [`MICROPHONES_MAX`], mixed; none in a room that only listens.
    pub microphones: Vec<Microphone>,
    pub loudspeaker: Loudspeaker,
    pub content: Content,
    pub acoustics: Acoustics,
    pub display: Display,
    /// A second display beside the first, when there is one.
    pub second_display: Option<Display>,
    pub panel: Panel,
    /// The graphics card with the outputs of screens; the first that has any, if none is given.
    pub card: Option<PathBuf>,
    pub buttons: Buttons,
    pub mute_button: Option<WiredButton>,
    pub light: StatusLight,
    pub motion_sensor: MotionSensor,
    pub microphone_relay: MicrophoneRelay,
    pub surroundings: Around,
}

/// Where pictures come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Camera {
    None,
    /// A drawn room.
    Simulated(VideoFormat),
    /// A YUV4MPEG2 file played in a loop; it brings its own size and rate.
    Recorded(PathBuf),
    /// A kernel video device, the best one if no `path` is given, in the format nearest to `wish`, or to 720p where
    /// no more is sent.
    V4l2 {
        path: Option<PathBuf>,
        wish: VideoFormat,
    },
}

/// As many microphones as a room may have.
pub const MICROPHONES_MAX: usize = 4;

/// Where sound comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Microphone {
    /// A steady tone, in hertz.
    Tone(u32),
    /// A WAV file played in a loop.
    Recorded(PathBuf),
    /// An ALSA capture device by name, the best one if none is given.
    Alsa(Option<String>),
}

/// Where sound goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Loudspeaker {
    None,
    /// Remembers what it played, and writes it to a WAV file if one is given.
    Simulated(Option<PathBuf>),
    /// An ALSA playback device by name, the best one if none is given.
    Alsa(Option<String>),
}

/// Where a laptop is plugged in to be shared.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Content {
    #[default]
    None,
    /// A drawn slide and a steady tone, in hertz.
    Simulated { format: VideoFormat, tone_hz: u32 },
    /// A kernel video device that grabs HDMI: the one at `path`, or else one that looks like it. Its sound
    /// comes from the ALSA device `audio`, or else from the one in the same case.
    V4l2 { path: Option<PathBuf>, audio: Option<String> },
}

/// What the room between a simulated loudspeaker and simulated microphones does to sound.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Acoustics {
    /// Whether the microphones hear the loudspeaker from the start; the knob `echo` changes it.
    pub echo: bool,
    /// From the loudspeaker to the microphone by the shortest way, sound card included.
    pub delay_ms: u32,
    /// Echo return loss: how much softer all of the echo is than what is played. Negative is louder.
    pub loss_db: i32,
    /// Until the sound has died away by 60 dB; 0 leaves the direct sound alone.
    pub reverberation_ms: u32,
    /// White noise in every microphone, root mean square below full scale; none is left out.
    pub noise_dbfs: Option<i32>,
    /// Another number is another room of the same size.
    pub seed: u64,
}

impl Default for Acoustics {
    fn default() -> Self {
        Acoustics { echo: false, delay_ms: 60, loss_db: 12, reverberation_ms: 0, noise_dbfs: None, seed: 1 }
    }
}

impl Acoustics {
    fn check(&self) -> Result<(), BoardError> {
        check("acoustics.delay_ms", self.delay_ms, 10..=1000, "10 to 1000")?;
        check("acoustics.reverberation_ms", self.reverberation_ms, 0..=3000, "0 to 3000")?;
        check_signed("acoustics.loss_db", self.loss_db, -20..=80, "-20 to 80")?;
        check_signed("acoustics.noise_dbfs", self.noise_dbfs.unwrap_or(-60), -120..=0, "-120 to 0")
    }
}

/// Why a board file is refused.
#[derive(Debug, thiserror::Error)]
pub enum BoardError {
    /// Not TOML, a key missing, of the wrong kind, or unknown; the message names it.
    #[error("the board file is not understood: {0}")]
    Syntax(toml::de::Error),
    /// A value outside what works.
    #[error("{key} = {value} is out of range: {range}")]
    OutOfRange { key: &'static str, value: i64, range: &'static str },
    /// A key that means nothing for this kind of device.
    #[error("{key} has no meaning when {section}.kind is not {kind:?}")]
    Meaningless { key: &'static str, section: &'static str, kind: &'static str },
    /// Several microphones, and one of them could be any of this machine's.
    #[error("of several microphones each real one needs its microphone.device")]
    AnyOfSeveral,
    /// Two keys that exclude each other.
    #[error("{0} and {1} exclude each other")]
    Both(&'static str, &'static str),
    /// A key that a kind of device needs.
    #[error("{key} is missing, which the kind {kind:?} needs")]
    Missing { key: &'static str, kind: &'static str },
    /// A key that means nothing without another.
    #[error("{key} has no meaning without {needs}")]
    Without { key: &'static str, needs: &'static str },
    /// The kernel has no key of that name.
    #[error("no key is called {0:?}; the kernel's names are like KEY_MICMUTE")]
    NoSuchKey(String),
    /// Nobody could say which button that is.
    #[error("one key of [buttons] is named twice")]
    KeyTwice,
    /// Places on the glass would be nowhere.
    #[error("panel.calibration is no matrix that maps glass to glass")]
    Calibration,
    /// People would read the wrong word.
    #[error("the light looks the same when others hear the room and when they do not")]
    LightThatLies,
    /// A name that no machine can have.
    #[error("{0:?} of machines is no pattern of a machine's name")]
    Machine(String),
    /// Two screens at one output.
    #[error("two screens are at the output {0:?}")]
    OutputTwice(String),
}

impl Board {
    /// Reads a board file's text. File names in it are relative to the working directory.
    ///
    /// # Errors
    /// When the text is not a board; unknown keys are refused by name.
    pub fn parse(toml_text: &str) -> Result<Board, BoardError> {
        let file: BoardFile = toml::from_str(toml_text).map_err(BoardError::Syntax)?;
        file.acoustics.check()?;
        let board = Board {
            id: file.id,
            name: file.name,
            machines: file.machines.into_iter().map(Machine::parse).collect::<Result<_, _>>()?,
            camera: file.camera.parse()?,
            microphones: parse_microphones(file.microphone)?,
            loudspeaker: file.loudspeaker.parse()?,
            content: file.content.map_or(Ok(Content::None), ContentSection::parse)?,
            acoustics: file.acoustics,
            display: file.display.parse()?,
            second_display: file.second_display.map(DisplaySection::parse).transpose()?,
            panel: file.panel.parse()?,
            card: file.graphics.card,
            buttons: file.buttons.parse()?,
            mute_button: check_button(file.mute_button)?,
            light: file.light.map_or(Ok(StatusLight::None), LightSection::parse)?,
            motion_sensor: file.motion_sensor.map_or(Ok(MotionSensor::None), MotionSection::parse)?,
            microphone_relay: file.microphone_relay.map_or(Ok(MicrophoneRelay::None), RelaySection::parse)?,
            surroundings: file.surroundings.kind,
        };
        let mut outputs: Vec<_> = board.outputs().collect();
        outputs.sort_unstable();
        match outputs.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => Err(BoardError::OutputTwice(pair[0].to_owned())),
            None => Ok(board),
        }
    }

    /// The outputs at which screens are.
    fn outputs(&self) -> impl Iterator<Item = &str> {
        let panel = if let Screen::Output(output) = &self.panel.screen { Some(output) } else { None };
        let displays = self.second_display.iter().chain([&self.display]);
        panel.into_iter().chain(displays.filter_map(|display| display.output.as_ref())).map(String::as_str)
    }

    /// A room without hardware.
    pub fn simulated() -> Board {
        Board::parse(SIMULATED).expect("the built-in board is valid: a test reads it")
    }

    /// Whatever the machine has.
    pub fn auto() -> Board {
        Board::parse(AUTO).expect("the built-in board is valid: a test reads it")
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BoardFile {
    id: String,
    name: String,
    #[serde(default)]
    machines: Vec<String>,
    camera: CameraSection,
    #[serde(deserialize_with = "one_or_several")]
    microphone: Vec<MicrophoneSection>,
    loudspeaker: LoudspeakerSection,
    content: Option<ContentSection>,
    #[serde(default)]
    acoustics: Acoustics,
    #[serde(default)]
    display: DisplaySection,
    second_display: Option<DisplaySection>,
    #[serde(default)]
    panel: PanelSection,
    #[serde(default)]
    graphics: GraphicsSection,
    #[serde(default)]
    buttons: ButtonsSection,
    mute_button: Option<WiredButton>,
    light: Option<LightSection>,
    motion_sensor: Option<MotionSection>,
    microphone_relay: Option<RelaySection>,
    #[serde(default)]
    surroundings: AroundSection,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct GraphicsSection {
    card: Option<PathBuf>,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "kebab-case")]
enum CameraKind {
    Simulated,
    V4l2,
    Auto,
    None,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "kebab-case")]
enum SoundKind {
    Simulated,
    Alsa,
    Auto,
    None,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CameraSection {
    kind: CameraKind,
    path: Option<PathBuf>,
    file: Option<PathBuf>,
    width: Option<u32>,
    height: Option<u32>,
    fps: Option<u32>,
}

impl CameraSection {
    fn parse(self) -> Result<Camera, BoardError> {
        // A simulated camera makes what a meeting usually sends; a real one is asked for the most that is ever sent.
        let (width, height) = if matches!(self.kind, CameraKind::Simulated) { (1280, 720) } else { (1920, 1080) };
        let format = VideoFormat {
            width: self.width.unwrap_or(width),
            height: self.height.unwrap_or(height),
            fps: self.fps.unwrap_or(30),
        };
        check_even("camera.width", format.width)?;
        check_even("camera.height", format.height)?;
        check("camera.fps", format.fps, 1..=120, "1 to 120")?;

        let only = |key, kind| BoardError::Meaningless { key, section: "camera", kind };
        match (self.kind, self.path, self.file) {
            (CameraKind::Simulated, None, None) => Ok(Camera::Simulated(format)),
            (CameraKind::Simulated, None, Some(file)) => Ok(Camera::Recorded(file)),
            (CameraKind::V4l2, path, None) => Ok(Camera::V4l2 { path, wish: format }),
            (CameraKind::Auto, None, None) => Ok(Camera::V4l2 { path: None, wish: format }),
            (CameraKind::None, None, None) => Ok(Camera::None),
            (CameraKind::V4l2, _, Some(_)) | (_, None, Some(_)) => Err(only("camera.file", "simulated")),
            (_, Some(_), _) => Err(only("camera.path", "v4l2")),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MicrophoneSection {
    kind: SoundKind,
    device: Option<String>,
    file: Option<PathBuf>,
    tone_hz: Option<u32>,
}

/// `[microphone]`, or `[[microphone]]` as often as there are microphones. Not an untagged enum: that
/// would forget which key is wrong.
fn one_or_several<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<MicrophoneSection>, D::Error> {
    struct OneOrSeveral;
    impl<'de> Visitor<'de> for OneOrSeveral {
        type Value = Vec<MicrophoneSection>;

        fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            formatter.write_str("a microphone or several")
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
            MicrophoneSection::deserialize(MapAccessDeserializer::new(map)).map(|one| vec![one])
        }

        fn visit_seq<A: SeqAccess<'de>>(self, sequence: A) -> Result<Self::Value, A::Error> {
            Vec::deserialize(SeqAccessDeserializer::new(sequence))
        }
    }
    deserializer.deserialize_any(OneOrSeveral)
}

fn parse_microphones(sections: Vec<MicrophoneSection>) -> Result<Vec<Microphone>, BoardError> {
    let count = u32::try_from(sections.len()).unwrap_or(u32::MAX);
    check("microphone", count, 0..=MICROPHONES_MAX as u32, "at most 4 of them")?;
    let parsed: Vec<_> = sections.into_iter().map(MicrophoneSection::parse).collect::<Result<_, _>>()?;
    let microphones: Vec<_> = parsed.into_iter().flatten().collect();
    if microphones.len() > 1 && microphones.contains(&Microphone::Alsa(None)) {
        return Err(BoardError::AnyOfSeveral);
    }
    Ok(microphones)
}

impl MicrophoneSection {
    /// None if the room has none.
    fn parse(self) -> Result<Option<Microphone>, BoardError> {
        let only = |key, kind| BoardError::Meaningless { key, section: "microphone", kind };
        match self.kind {
            SoundKind::Simulated => {}
            _ if self.file.is_some() => return Err(only("microphone.file", "simulated")),
            _ if self.tone_hz.is_some() => return Err(only("microphone.tone_hz", "simulated")),
            _ => {}
        }
        match (self.kind, self.device) {
            (SoundKind::Alsa, device) => Ok(Some(Microphone::Alsa(device))),
            (_, Some(_)) => Err(only("microphone.device", "alsa")),
            (SoundKind::Auto, None) => Ok(Some(Microphone::Alsa(None))),
            (SoundKind::None, None) => Ok(None),
            (SoundKind::Simulated, None) => match (self.file, self.tone_hz) {
                (Some(_), Some(_)) => Err(BoardError::Both("microphone.file", "microphone.tone_hz")),
                (Some(file), None) => Ok(Some(Microphone::Recorded(file))),
                (None, tone_hz) => {
                    let tone_hz = tone_hz.unwrap_or(440);
                    check("microphone.tone_hz", tone_hz, 1..=20_000, "1 to 20000")?;
                    Ok(Some(Microphone::Tone(tone_hz)))
                }
            },
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LoudspeakerSection {
    kind: SoundKind,
    device: Option<String>,
    file: Option<PathBuf>,
}

impl LoudspeakerSection {
    fn parse(self) -> Result<Loudspeaker, BoardError> {
        let only = |key, kind| BoardError::Meaningless { key, section: "loudspeaker", kind };
        match (self.kind, self.device, self.file) {
            (SoundKind::Simulated, None, file) => Ok(Loudspeaker::Simulated(file)),
            (SoundKind::Simulated, Some(_), _) => Err(only("loudspeaker.device", "alsa")),
            (_, _, Some(_)) => Err(only("loudspeaker.file", "simulated")),
            (SoundKind::Alsa, device, None) => Ok(Loudspeaker::Alsa(device)),
            (_, Some(_), None) => Err(only("loudspeaker.device", "alsa")),
            (SoundKind::Auto, None, None) => Ok(Loudspeaker::Alsa(None)),
            (SoundKind::None, None, None) => Ok(Loudspeaker::None),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ContentSection {
    kind: CameraKind,
    path: Option<PathBuf>,
    audio: Option<String>,
    width: Option<u32>,
    height: Option<u32>,
    fps: Option<u32>,
    tone_hz: Option<u32>,
}

impl ContentSection {
    fn parse(self) -> Result<Content, BoardError> {
        let only = |key, kind| BoardError::Meaningless { key, section: "content", kind };
        let is_real = matches!(self.kind, CameraKind::V4l2);
        let is_simulated = matches!(self.kind, CameraKind::Simulated);
        match (&self.path, &self.audio) {
            (Some(_), _) if !is_real => return Err(only("content.path", "v4l2")),
            (_, Some(_)) if !is_real => return Err(only("content.audio", "v4l2")),
            _ => {}
        }
        // What a laptop sends is its own choice.
        let simulated = [
            ("content.width", self.width),
            ("content.height", self.height),
            ("content.fps", self.fps),
            ("content.tone_hz", self.tone_hz),
        ];
        if let Some((key, _)) = simulated.into_iter().find(|(_, value)| value.is_some() && !is_simulated) {
            return Err(only(key, "simulated"));
        }
        let format = VideoFormat {
            width: self.width.unwrap_or(1920),
            height: self.height.unwrap_or(1080),
            fps: self.fps.unwrap_or(30),
        };
        check_even("content.width", format.width)?;
        check_even("content.height", format.height)?;
        check("content.fps", format.fps, 1..=120, "1 to 120")?;
        let tone_hz = self.tone_hz.unwrap_or(660);
        check("content.tone_hz", tone_hz, 1..=20_000, "1 to 20000")?;
        Ok(match self.kind {
            CameraKind::None => Content::None,
            CameraKind::Simulated => Content::Simulated { format, tone_hz },
            CameraKind::V4l2 | CameraKind::Auto => Content::V4l2 { path: self.path, audio: self.audio },
        })
    }
}

fn check(
    key: &'static str,
    value: u32,
    allowed: std::ops::RangeInclusive<u32>,
    range: &'static str,
) -> Result<(), BoardError> {
    if allowed.contains(&value) { Ok(()) } else { Err(BoardError::OutOfRange { key, value: value.into(), range }) }
}

fn check_signed(
    key: &'static str,
    value: i32,
    allowed: std::ops::RangeInclusive<i32>,
    range: &'static str,
) -> Result<(), BoardError> {
    if allowed.contains(&value) { Ok(()) } else { Err(BoardError::OutOfRange { key, value: value.into(), range }) }
}

/// Pictures with halved colour planes have even sides.
fn check_even(key: &'static str, value: u32) -> Result<(), BoardError> {
    let range = "an even number from 64 to 7680";
    check(key, value, 64..=7680, range)?;
    if value.is_multiple_of(2) { Ok(()) } else { Err(BoardError::OutOfRange { key, value: value.into(), range }) }
}
