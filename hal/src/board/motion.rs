//! Where the board's motion sensor is.

use serde::Deserialize;

use super::{BoardError, Pull};

/// A sensor that sees whether somebody moves.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum MotionSensor {
    #[default]
    None,
    /// In memory, with knobs.
    Simulated,
    Gpio(MotionLine),
    /// An input device of the kernel's with `SW_FRONT_PROXIMITY`: part of its name, or the first there is.
    Switch(Option<String>),
}

/// The GPIO line of a sensor: active, somebody moves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MotionLine {
    /// As `gpioinfo` shows it.
    pub line: String,
    /// Low is somebody: a sensor with an open collector.
    pub active_low: bool,
    pub pull: Pull,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
enum MotionKind {
    None,
    Simulated,
    Gpio,
    Switch,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MotionSection {
    kind: MotionKind,
    line: Option<String>,
    active_low: Option<bool>,
    pull: Option<Pull>,
    device: Option<String>,
}

impl MotionSection {
    pub fn parse(self) -> Result<MotionSensor, BoardError> {
        let only = |key, kind| BoardError::Meaningless { key, section: "motion_sensor", kind };
        let of_line = [
            ("motion_sensor.line", self.line.is_some()),
            ("motion_sensor.active_low", self.active_low.is_some()),
            ("motion_sensor.pull", self.pull.is_some()),
        ];
        if let Some((key, _)) = of_line.into_iter().find(|(_, there)| *there && self.kind != MotionKind::Gpio) {
            return Err(only(key, "gpio"));
        }
        if self.device.is_some() && self.kind != MotionKind::Switch {
            return Err(only("motion_sensor.device", "switch"));
        }
        Ok(match self.kind {
            MotionKind::None => MotionSensor::None,
            MotionKind::Simulated => MotionSensor::Simulated,
            MotionKind::Switch => MotionSensor::Switch(self.device),
            MotionKind::Gpio => MotionSensor::Gpio(MotionLine {
                line: self.line.ok_or(BoardError::Missing { key: "motion_sensor.line", kind: "gpio" })?,
                active_low: self.active_low.unwrap_or(false),
                // A sensor that is not plugged in sees nobody.
                pull: self.pull.unwrap_or(if self.active_low == Some(true) { Pull::Up } else { Pull::Down }),
            }),
        })
    }
}
