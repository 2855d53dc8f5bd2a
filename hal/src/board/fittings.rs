//! What hangs on the wall and stands on the table beside cameras and sound: screens, glass, buttons, the light.

use std::path::PathBuf;

use ::evdev::KeyCode;
use serde::Deserialize;

use super::BoardError;
use crate::Rotation;
use crate::light::Light;

/// Where a screen is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Screen {
    /// Nowhere but in the room window.
    #[default]
    None,
    /// In memory, with knobs.
    Simulated,
    /// At an output of the graphics card, by its name in `/sys/class/drm` without the card: `HDMI-A-1`.
    Output(String),
}

/// The touch panel.
#[derive(Debug, Clone, PartialEq)]
pub struct Panel {
    /// The picture's size in pixels, as people see it; a screen that has no such mode has the last word.
    pub width: u32,
    pub height: u32,
    /// How wide the picture is on the glass, in millimetres, where the screen does not say so, or not truly.
    pub width_mm: Option<u32>,
    pub screen: Screen,
    /// How far clockwise the picture is turned on the glass.
    pub rotation: Rotation,
    /// As `LIBINPUT_CALIBRATION_MATRIX`; see [`crate::touch::Calibration`].
    pub calibration: [f32; 6],
    /// Part of the touchscreen's name; without it, the first there is.
    pub touchscreen: Option<String>,
}

impl Default for Panel {
    fn default() -> Self {
        PanelSection::default().parse().expect("what is left out is valid: a test reads it")
    }
}

/// How a display is switched on and off.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Power {
    /// By people.
    #[default]
    None,
    Simulated,
    /// By HDMI-CEC, through this adapter (`/dev/cec0`), or the first that has a display.
    Cec(Option<PathBuf>),
    /// By having its output give no signal, upon which it sleeps (VESA DPMS).
    Dpms,
}

/// Where the meeting is shown.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Display {
    /// A file that holds what a simulated display shows, for others to look at.
    pub file: Option<PathBuf>,
    /// The output it hangs at; without it, it is seen in the room window.
    pub output: Option<String>,
    pub power: Power,
}

/// Buttons for the microphone and the volume.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Buttons {
    #[default]
    None,
    Simulated,
    Keys(Keys),
}

/// Which keys are which buttons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keys {
    /// Part of the name of the device that has them; without it, every one.
    pub device: Option<String>,
    pub microphone: Vec<KeyCode>,
    pub volume_up: Vec<KeyCode>,
    pub volume_down: Vec<KeyCode>,
}

impl Default for Keys {
    fn default() -> Self {
        Keys {
            device: None,
            microphone: vec![KeyCode::KEY_MICMUTE, KeyCode::KEY_MUTE],
            volume_up: vec![KeyCode::KEY_VOLUMEUP],
            volume_down: vec![KeyCode::KEY_VOLUMEDOWN],
        }
    }
}

impl Keys {
    /// The button that a key is.
    pub fn button(&self, key: KeyCode) -> Option<crate::Button> {
        use crate::Button;
        let all = [
            (&self.microphone, Button::Microphone),
            (&self.volume_up, Button::VolumeUp),
            (&self.volume_down, Button::VolumeDown),
        ];
        all.into_iter().find(|(keys, _)| keys.contains(&key)).map(|(_, button)| button)
    }

    pub fn all(&self) -> impl Iterator<Item = KeyCode> {
        self.microphone.iter().chain(&self.volume_up).chain(&self.volume_down).copied()
    }

    pub fn is_empty(&self) -> bool {
        self.all().next().is_none()
    }

    /// Whether a device of this name is meant.
    pub fn is_device(&self, name: &str) -> bool {
        self.device.as_ref().is_none_or(|wanted| name.contains(wanted))
    }
}

/// A mute button at a GPIO line.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WiredButton {
    /// The line's name, as `gpioinfo` shows it.
    pub line: String,
    /// Pressed is low: a button to ground.
    #[serde(default = "yes")]
    pub active_low: bool,
    #[serde(default)]
    pub pull: Pull,
    /// How long a contact may bounce, in milliseconds, 0 to 200.
    #[serde(default = "debounce_ms")]
    pub debounce_ms: u32,
}

fn yes() -> bool {
    true
}

fn debounce_ms() -> u32 {
    20
}

/// The resistor that holds a line while nobody presses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pull {
    /// One on the board.
    None,
    #[default]
    Up,
    Down,
}

/// The status light.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum StatusLight {
    #[default]
    None,
    Simulated,
    Lines(LightLines),
}

/// A light of GPIO lines: which of them are lit, by name, for each thing it says.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LightLines {
    pub active_low: bool,
    pub idle: Vec<String>,
    pub waiting: Vec<String>,
    pub live: Vec<String>,
    pub muted: Vec<String>,
    pub trouble: Vec<String>,
}

impl LightLines {
    /// Those that are lit for this.
    pub fn lit(&self, light: Light) -> &[String] {
        match light {
            Light::Idle => &self.idle,
            Light::Waiting => &self.waiting,
            Light::Live | Light::ClassifiedLive => &self.live,
            Light::Muted | Light::ClassifiedMuted => &self.muted,
            Light::Trouble => &self.trouble,
        }
    }

    /// Every line, once.
    pub fn names(&self) -> Vec<String> {
        let all = [&self.idle, &self.waiting, &self.live, &self.muted, &self.trouble];
        let mut names: Vec<String> = all.into_iter().flatten().cloned().collect();
        names.sort();
        names.dedup();
        names
    }
}

#[derive(Deserialize, Clone, Copy, Default)]
#[serde(rename_all = "kebab-case")]
enum ScreenKind {
    #[default]
    None,
    Simulated,
    Kms,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct PanelSection {
    kind: ScreenKind,
    width: u32,
    height: u32,
    width_mm: Option<u32>,
    output: Option<String>,
    rotation: Rotation,
    calibration: [f32; 6],
    touchscreen: Option<String>,
}

impl Default for PanelSection {
    fn default() -> Self {
        PanelSection {
            kind: ScreenKind::None,
            width: 1280,
            height: 800,
            width_mm: None,
            output: None,
            rotation: Rotation::None,
            calibration: crate::touch::Calibration::NONE.0,
            touchscreen: None,
        }
    }
}

impl PanelSection {
    pub fn parse(self) -> Result<Panel, BoardError> {
        super::check("panel.width", self.width, 320..=7680, "320 to 7680")?;
        super::check("panel.height", self.height, 240..=7680, "240 to 7680")?;
        super::check("panel.width_mm", self.width_mm.unwrap_or(100), 30..=2000, "30 to 2000")?;
        // Glass that is mirrored or turned beyond repair would be touched nowhere.
        let [a, b, _, d, e, _] = self.calibration;
        let is_flat = !(a * e - b * d).is_finite() || (a * e - b * d).abs() < 0.01;
        if is_flat || self.calibration.iter().any(|value| !value.is_finite() || value.abs() > 100.0) {
            return Err(BoardError::Calibration);
        }
        let screen = match (self.kind, self.output) {
            (ScreenKind::Kms, Some(output)) => Screen::Output(output),
            (ScreenKind::Kms, None) => return Err(BoardError::Missing { key: "panel.output", kind: "kms" }),
            (_, Some(_)) => {
                return Err(BoardError::Meaningless { key: "panel.output", section: "panel", kind: "kms" });
            }
            (ScreenKind::Simulated, None) => Screen::Simulated,
            (ScreenKind::None, None) => Screen::None,
        };
        Ok(Panel {
            width: self.width,
            height: self.height,
            width_mm: self.width_mm,
            screen,
            rotation: self.rotation,
            calibration: self.calibration,
            touchscreen: self.touchscreen,
        })
    }
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq, Default)]
#[serde(rename_all = "kebab-case")]
enum DisplayKind {
    #[default]
    Simulated,
    Kms,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq, Default)]
#[serde(rename_all = "kebab-case")]
enum PowerKind {
    #[default]
    None,
    Simulated,
    Cec,
    Dpms,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct DisplaySection {
    kind: DisplayKind,
    file: Option<PathBuf>,
    output: Option<String>,
    power: PowerKind,
    cec: Option<PathBuf>,
}

impl DisplaySection {
    pub fn parse(self) -> Result<Display, BoardError> {
        let only = |key, kind| Err(BoardError::Meaningless { key, section: "display", kind });
        match (self.kind, &self.file, &self.output) {
            (DisplayKind::Kms, _, None) => return Err(BoardError::Missing { key: "display.output", kind: "kms" }),
            (DisplayKind::Kms, Some(_), _) => return only("display.file", "simulated"),
            (DisplayKind::Simulated, _, Some(_)) => return only("display.output", "kms"),
            _ => {}
        }
        let power = match (self.power, self.cec) {
            (PowerKind::Cec, path) => Power::Cec(path),
            (_, Some(_)) => return Err(BoardError::Without { key: "display.cec", needs: "display.power = \"cec\"" }),
            (PowerKind::Dpms, None) if self.kind == DisplayKind::Kms => Power::Dpms,
            (PowerKind::Dpms, None) => {
                return Err(BoardError::Without { key: "display.power", needs: "display.kind = \"kms\"" });
            }
            (PowerKind::Simulated, None) => Power::Simulated,
            (PowerKind::None, None) => Power::None,
        };
        Ok(Display { file: self.file, output: self.output, power })
    }
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq, Default)]
#[serde(rename_all = "kebab-case")]
enum ButtonsKind {
    #[default]
    None,
    Simulated,
    Keys,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ButtonsSection {
    kind: ButtonsKind,
    device: Option<String>,
    microphone: Option<Vec<String>>,
    volume_up: Option<Vec<String>>,
    volume_down: Option<Vec<String>>,
}

impl ButtonsSection {
    pub fn parse(self) -> Result<Buttons, BoardError> {
        let is_named = self.device.is_some() || self.microphone.is_some();
        if self.kind != ButtonsKind::Keys && (is_named || self.volume_up.is_some() || self.volume_down.is_some()) {
            return Err(BoardError::Without { key: "a key of [buttons]", needs: "buttons.kind = \"keys\"" });
        }
        let keys = |names: Option<Vec<String>>, usual: Vec<KeyCode>| match names {
            None => Ok(usual),
            Some(names) => names
                .into_iter()
                .map(|name| name.parse().map_err(|_| BoardError::NoSuchKey(name)))
                .collect::<Result<Vec<KeyCode>, _>>(),
        };
        let usual = Keys::default();
        Ok(match self.kind {
            ButtonsKind::None => Buttons::None,
            ButtonsKind::Simulated => Buttons::Simulated,
            ButtonsKind::Keys => {
                let keys = Keys {
                    device: self.device,
                    microphone: keys(self.microphone, usual.microphone)?,
                    volume_up: keys(self.volume_up, usual.volume_up)?,
                    volume_down: keys(self.volume_down, usual.volume_down)?,
                };
                let mut all: Vec<_> = keys.all().map(|key| key.0).collect();
                let count = all.len();
                all.sort_unstable();
                all.dedup();
                if all.len() != count {
                    return Err(BoardError::KeyTwice);
                }
                Buttons::Keys(keys)
            }
        })
    }
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
enum LightKind {
    None,
    Simulated,
    Gpio,
}

#[derive(Deserialize)]
pub(super) struct LightSection {
    kind: LightKind,
    #[serde(flatten)]
    lines: toml::Table,
}

impl LightSection {
    pub fn parse(self) -> Result<StatusLight, BoardError> {
        let lines: LightLines = self.lines.try_into().map_err(BoardError::Syntax)?;
        match self.kind {
            LightKind::Gpio
                if lines.live.iter().collect::<std::collections::BTreeSet<_>>() == lines.muted.iter().collect() =>
            {
                Err(BoardError::LightThatLies)
            }
            LightKind::Gpio => Ok(StatusLight::Lines(lines)),
            _ if !lines.names().is_empty() => {
                Err(BoardError::Meaningless { key: "a line of [light]", section: "light", kind: "gpio" })
            }
            LightKind::Simulated => Ok(StatusLight::Simulated),
            LightKind::None => Ok(StatusLight::None),
        }
    }
}

pub(super) fn check_button(button: Option<WiredButton>) -> Result<Option<WiredButton>, BoardError> {
    if let Some(button) = &button {
        super::check("mute_button.debounce_ms", button.debounce_ms, 0..=200, "0 to 200")?;
    }
    Ok(button)
}
