//! The status light on the table: whether others hear the room, seen from the door.
//!
//! It shows what is measured on the wire, as the panel's switch does, and not what somebody asked for.

use crate::View;
use crate::view::{Screen, Switch};

/// What the status light shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Light {
    /// No meeting.
    Idle,
    /// The room is on its way into a meeting, or its microphone on its way into one: nobody hears it yet.
    Waiting,
    /// Others hear the room.
    Live,
    /// The room is in a meeting, and nobody hears it.
    Muted,
    /// Nobody hears the room, and somebody has to do something about it: the meeting failed, or the microphone.
    Trouble,
    /// A classified meeting, and those in it hear the room. All of them are verified.
    ClassifiedLive,
    /// A classified meeting or the way into one, and nobody hears the room.
    ClassifiedMuted,
}

impl Light {
    /// Every one.
    pub const ALL: [Light; 7] = [
        Light::Idle,
        Light::Waiting,
        Light::Live,
        Light::Muted,
        Light::Trouble,
        Light::ClassifiedLive,
        Light::ClassifiedMuted,
    ];

    /// What the light shows while people see this view.
    pub fn of(view: &View) -> Light {
        let is_classified = view.classified.is_some();
        match Light::usual(view) {
            Light::Live if is_classified => Light::ClassifiedLive,
            // Whoever comes in hears it, whatever the microphone does.
            Light::Waiting | Light::Muted if is_classified => Light::ClassifiedMuted,
            light => light,
        }
    }

    fn usual(view: &View) -> Light {
        match &view.screen {
            // Nothing has been dialled.
            Screen::Home | Screen::Acceptance(_) | Screen::AudioCheck(_) => Light::Idle,
            Screen::Joining { .. } | Screen::Lobby { .. } => Light::Waiting,
            Screen::Failed { .. } => Light::Trouble,
            Screen::InCall(call) => match call.microphone {
                Switch::On | Switch::Changing { to_on: false } => Light::Live,
                Switch::Changing { to_on: true } => Light::Waiting,
                Switch::Off | Switch::Forbidden => Light::Muted,
                Switch::Missing | Switch::Failed => Light::Trouble,
            },
        }
    }

    /// Whether the lamp of a mute button is lit, which knows only on and off: there is a meeting, and nobody in it
    /// hears the room.
    pub fn is_mute_lamp_lit(self) -> bool {
        match self {
            Light::Idle | Light::Live | Light::ClassifiedLive => false,
            Light::Waiting | Light::Muted | Light::Trouble | Light::ClassifiedMuted => true,
        }
    }
}
