//! The board: a data file that says which devices a room has. `hardware/boards/simulated.toml`
//! explains every key.

use std::path::PathBuf;

use serde::Deserialize;

use crate::VideoFormat;

const SIMULATED: &str = include_str!("../../hardware/boards/simulated.toml");
const AUTO: &str = include_str!("../../hardware/boards/auto.toml");

/// Which devices a room has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Board {
    /// Short, stable, for logs and tools.
    pub id: String,
    /// For people.
    pub name: String,
    pub camera: Camera,
    pub microphone: Microphone,
    pub loudspeaker: Loudspeaker,
    pub content: Content,
    pub display: Display,
    /// A second display beside the first, when there is one.
    pub second_display: Option<Display>,
    pub panel: Panel,
}

/// Where pictures come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Camera {
    None,
    /// A drawn room.
    Simulated(VideoFormat),
    /// A YUV4MPEG2 file played in a loop; it brings its own size and rate.
    Recorded(PathBuf),
    /// A kernel video device, the best one if no `path` is given, in the format nearest to `wish`.
    V4l2 {
        path: Option<PathBuf>,
        wish: VideoFormat,
    },
}

/// Where sound comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Microphone {
    None,
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

/// Where the meeting is shown.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Display {
    /// A file that holds what a simulated display shows, for others to look at.
    pub file: Option<PathBuf>,
}

/// The touch panel's size, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Panel {
    pub width: u32,
    pub height: u32,
}

impl Default for Panel {
    fn default() -> Self {
        Panel { width: 1280, height: 800 }
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
    OutOfRange { key: &'static str, value: u32, range: &'static str },
    /// A key that means nothing for this kind of device.
    #[error("{key} has no meaning when {section}.kind is not {kind:?}")]
    Meaningless { key: &'static str, section: &'static str, kind: &'static str },
    /// Two keys that exclude each other.
    #[error("{0} and {1} exclude each other")]
    Both(&'static str, &'static str),
}

impl Board {
    /// Reads a board file's text. File names in it are relative to the working directory.
    ///
    /// # Errors
    /// When the text is not a board; unknown keys are refused by name.
    pub fn parse(toml_text: &str) -> Result<Board, BoardError> {
        let file: BoardFile = toml::from_str(toml_text).map_err(BoardError::Syntax)?;
        check("panel.width", file.panel.width, 320..=7680, "320 to 7680")?;
        check("panel.height", file.panel.height, 240..=7680, "240 to 7680")?;
        Ok(Board {
            id: file.id,
            name: file.name,
            camera: file.camera.parse()?,
            microphone: file.microphone.parse()?,
            loudspeaker: file.loudspeaker.parse()?,
            content: file.content.map_or(Ok(Content::None), ContentSection::parse)?,
            display: file.display,
            second_display: file.second_display,
            panel: file.panel,
        })
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
    camera: CameraSection,
    microphone: MicrophoneSection,
    loudspeaker: LoudspeakerSection,
    content: Option<ContentSection>,
    #[serde(default)]
    display: Display,
    second_display: Option<Display>,
    #[serde(default)]
    panel: Panel,
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
        let format = VideoFormat {
            width: self.width.unwrap_or(1280),
            height: self.height.unwrap_or(720),
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

impl MicrophoneSection {
    fn parse(self) -> Result<Microphone, BoardError> {
        let only = |key, kind| BoardError::Meaningless { key, section: "microphone", kind };
        match self.kind {
            SoundKind::Simulated => {}
            _ if self.file.is_some() => return Err(only("microphone.file", "simulated")),
            _ if self.tone_hz.is_some() => return Err(only("microphone.tone_hz", "simulated")),
            _ => {}
        }
        match (self.kind, self.device) {
            (SoundKind::Alsa, device) => Ok(Microphone::Alsa(device)),
            (_, Some(_)) => Err(only("microphone.device", "alsa")),
            (SoundKind::Auto, None) => Ok(Microphone::Alsa(None)),
            (SoundKind::None, None) => Ok(Microphone::None),
            (SoundKind::Simulated, None) => match (self.file, self.tone_hz) {
                (Some(_), Some(_)) => Err(BoardError::Both("microphone.file", "microphone.tone_hz")),
                (Some(file), None) => Ok(Microphone::Recorded(file)),
                (None, tone_hz) => {
                    let tone_hz = tone_hz.unwrap_or(440);
                    check("microphone.tone_hz", tone_hz, 1..=20_000, "1 to 20000")?;
                    Ok(Microphone::Tone(tone_hz))
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
    if allowed.contains(&value) { Ok(()) } else { Err(BoardError::OutOfRange { key, value, range }) }
}

/// Pictures with halved colour planes have even sides.
fn check_even(key: &'static str, value: u32) -> Result<(), BoardError> {
    let range = "an even number from 64 to 7680";
    check(key, value, 64..=7680, range)?;
    if value.is_multiple_of(2) { Ok(()) } else { Err(BoardError::OutOfRange { key, value, range }) }
}
