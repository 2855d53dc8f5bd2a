//! Knobs: how a person or a test makes a simulated device misbehave.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::plug::Plug;

/// The knobs of one simulated device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceKnobs {
    /// `camera`, `microphone` (the second one is `microphone-2`), `loudspeaker` or `content`.
    pub device: &'static str,
    pub knobs: Vec<Knob>,
}

/// One way to misbehave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Knob {
    /// For [`crate::Hal::turn`].
    pub name: &'static str,
    /// Whether it misbehaves so now.
    pub on: bool,
    /// For people.
    pub label: Label,
}

/// A knob's name for people, in every language of the product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Label {
    pub fr: &'static str,
    pub en: &'static str,
    pub de: &'static str,
}

/// A knob inside its device.
pub(crate) struct Switch {
    name: &'static str,
    label: Label,
    on: AtomicBool,
}

impl Switch {
    pub const fn new(name: &'static str, fr: &'static str, en: &'static str, de: &'static str) -> Self {
        Switch { name, label: Label { fr, en, de }, on: AtomicBool::new(false) }
    }

    /// As it is before anybody turns it.
    pub fn starting(self, on: bool) -> Self {
        Switch { on: AtomicBool::new(on), ..self }
    }

    pub fn is_on(&self) -> bool {
        self.on.load(Ordering::Acquire)
    }

    /// Turns it off, and says whether it was on: for what happens once.
    pub fn take(&self) -> bool {
        self.on.swap(false, Ordering::AcqRel)
    }
}

pub(crate) const UNPLUG: &str = "unplug";

/// All knobs of a device: its plug first, then its switches.
pub(crate) fn list(device: &'static str, plug: &Plug, switches: &[&Switch]) -> DeviceKnobs {
    let label = Label { fr: "Débrancher", en: "Unplug", de: "Ausstecken" };
    let unplug = Knob { name: UNPLUG, on: !plug.is_in(), label };
    let others = switches.iter().map(|s| Knob { name: s.name, on: s.is_on(), label: s.label });
    DeviceKnobs { device, knobs: std::iter::once(unplug).chain(others).collect() }
}

/// What turning a knob did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turned {
    /// There is no such knob.
    Unknown,
    /// The device stays where it is.
    Quietly,
    /// The device came or went.
    Plugged { present: bool },
}

/// Turns one of the knobs [`list`] names.
pub(crate) fn turn(plug: &Plug, switches: &[&Switch], name: &str, on: bool) -> Turned {
    if name == UNPLUG {
        return if plug.set_in(!on) { Turned::Plugged { present: !on } } else { Turned::Quietly };
    }
    match switches.iter().find(|s| s.name == name) {
        Some(switch) => {
            switch.on.store(on, Ordering::Release);
            Turned::Quietly
        }
        None => Turned::Unknown,
    }
}
