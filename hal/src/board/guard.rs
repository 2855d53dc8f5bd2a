//! What keeps a room to itself: the relay in the microphones' line, and where its surroundings are looked at.

use serde::Deserialize;

use super::BoardError;

/// A relay that cuts the microphones.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum MicrophoneRelay {
    #[default]
    None,
    /// In the line of the simulated microphones, with knobs.
    Simulated,
    Gpio(RelayLine),
}

/// The GPIO line of a relay: active, it lets through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelayLine {
    /// As `gpioinfo` shows it.
    pub line: String,
    /// Low lets through.
    pub active_low: bool,
}

/// Where radios and USB are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Around {
    /// At this machine.
    #[default]
    Kernel,
    /// At one in memory, with knobs.
    Simulated,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
enum RelayKind {
    None,
    Simulated,
    Gpio,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RelaySection {
    kind: RelayKind,
    line: Option<String>,
    active_low: Option<bool>,
}

impl RelaySection {
    pub fn parse(self) -> Result<MicrophoneRelay, BoardError> {
        match (self.kind, self.line) {
            (RelayKind::Gpio, Some(line)) => {
                Ok(MicrophoneRelay::Gpio(RelayLine { line, active_low: self.active_low.unwrap_or(false) }))
            }
            (RelayKind::Gpio, None) => Err(BoardError::Missing { key: "microphone_relay.line", kind: "gpio" }),
            (_, Some(_)) => Err(meaningless("microphone_relay.line")),
            _ if self.active_low.is_some() => Err(meaningless("microphone_relay.active_low")),
            (RelayKind::Simulated, None) => Ok(MicrophoneRelay::Simulated),
            (RelayKind::None, None) => Ok(MicrophoneRelay::None),
        }
    }
}

fn meaningless(key: &'static str) -> BoardError {
    BoardError::Meaningless { key, section: "microphone_relay", kind: "gpio" }
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct AroundSection {
    pub kind: Around,
}
