//! Buttons for the microphone and the volume: keys of USB speakerphones and keyboards, or one wired to a GPIO line.
//!
//! A button does nothing but say that it was pressed. Whether the microphone is open is decided in one place, and the
//! button's own lamp shows what that place says.

mod gpio;
mod keys;
mod simulated;

pub(crate) use simulated::SimulatedButtons;

use crate::board;
use crate::mailbox::Mailbox;
use crate::worker::Worker;

/// What a button is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Button {
    /// Open the microphone, or close it.
    Microphone,
    VolumeUp,
    VolumeDown,
}

/// As often as people press one in a second.
const PRESSES_MAX: u32 = 6;

/// Real buttons, listened to until this is dropped.
pub(crate) struct Buttons {
    keys: Option<Mailbox<bool>>,
    _wired: Option<Worker>,
}

impl Buttons {
    /// Listens to those of a board, whenever they are there. `pressed` is called on threads of this crate.
    pub fn listen(
        keys: &board::Keys,
        wired: Option<&board::WiredButton>,
        pressed: impl Fn(Button) + Clone + Send + 'static,
    ) -> Buttons {
        let failed = |error: &std::io::Error| tracing::warn!(%error, "no button can be listened to");
        let wired = wired.map(|wired| gpio::listen(wired.clone(), pressed.clone()).inspect_err(failed));
        let keys = (!keys.is_empty()).then(|| keys::listen(keys.clone(), pressed).inspect_err(failed));
        Buttons { keys: keys.and_then(Result::ok), _wired: wired.and_then(Result::ok) }
    }

    /// Lights the lamps of mute keys, or not; never waits.
    pub fn light(&self, lit: bool) {
        if let Some(keys) = &self.keys {
            keys.put(lit);
        }
    }
}
