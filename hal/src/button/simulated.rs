//! Simulated buttons: pressed in the room window, and misbehaving there.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::SystemTime;

use super::{Button, PRESSES_MAX};
use crate::credible::Credible;
use crate::knob::{self, DeviceKnobs, Switch, Turned};
use crate::plug::Plug;

/// A mute button with a lamp, and two for the volume.
pub(crate) struct SimulatedButtons {
    plug: Plug,
    press: Switch,
    louder: Switch,
    softer: Switch,
    chatter: Switch,
    lamp: Mutex<bool>,
    credible: Mutex<Credible>,
}

impl SimulatedButtons {
    pub fn new() -> SimulatedButtons {
        SimulatedButtons {
            plug: Plug::default(),
            press: Switch::new("press", "Appuyer sur micro", "Press mute", "Stummtaste drücken"),
            louder: Switch::new("louder", "Appuyer sur plus fort", "Press louder", "Lauter drücken"),
            softer: Switch::new("softer", "Appuyer sur moins fort", "Press softer", "Leiser drücken"),
            chatter: Switch::new("chatter", "Faux contact", "Chatter", "Prellen"),
            lamp: Mutex::new(false),
            credible: Mutex::new(Credible::new(PRESSES_MAX)),
        }
    }

    fn switches(&self) -> [&Switch; 4] {
        [&self.press, &self.louder, &self.softer, &self.chatter]
    }

    pub fn knobs(&self) -> DeviceKnobs {
        knob::list("button", &self.plug, &self.switches())
    }

    /// Turning the knob of a button on presses it, turning it off lets go of it.
    pub fn turn(&self, name: &str, on: bool, pressed: impl Fn(Button)) -> Turned {
        let before = self.switches().map(Switch::is_on);
        let turned = knob::turn(&self.plug, &self.switches(), name, on);
        // A contact that chatters does so for long.
        let presses =
            [(Button::Microphone, 1), (Button::VolumeUp, 1), (Button::VolumeDown, 1), (Button::Microphone, 1000)];
        let mut credible = self.credible.lock().unwrap_or_else(PoisonError::into_inner);
        for ((switch, was_on), (button, times)) in self.switches().into_iter().zip(before).zip(presses) {
            if switch.is_on() && !was_on && self.plug.is_in() {
                (0..times).filter(|_| credible.believe(SystemTime::now())).for_each(|_| pressed(button));
            }
        }
        turned
    }

    /// The lamp, as it would be seen.
    pub fn is_lit(&self) -> bool {
        self.plug.is_in() && *self.lamp.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn light(&self, lit: bool) {
        *self.lamp.lock().unwrap_or_else(PoisonError::into_inner) = lit;
    }
}
