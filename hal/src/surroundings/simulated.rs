//! A simulated machine's radio and USB port, which misbehave on request.

use std::io;

use super::{Radio, Surroundings, UsbDevice};
use crate::knob::{self, DeviceKnobs, Switch, Turned};
use crate::plug::Plug;

/// A stick that nobody has listed.
const STRANGER: UsbDevice = UsbDevice { vendor: 0xdead, product: 0xbeef, serial: None };

pub(crate) struct SimulatedSurroundings {
    radio: Plug,
    /// Somebody switches it on again and again.
    obstinate: Switch,
    port: Plug,
    stranger: Switch,
}

impl Default for SimulatedSurroundings {
    fn default() -> Self {
        SimulatedSurroundings {
            radio: Plug::default(),
            obstinate: Switch::new("obstinate", "Reste allumée", "Stays on", "Bleibt an"),
            port: Plug::default(),
            stranger: Switch::new("stranger", "Clé inconnue", "Unknown stick", "Fremder Stick"),
        }
    }
}

impl SimulatedSurroundings {
    pub fn look(&self) -> Surroundings {
        let radio = Radio { name: "phy0".into(), kind: "wlan".into() };
        let (is_on, is_plugged) = (self.radio.is_in() && self.obstinate.is_on(), self.port.is_in());
        Surroundings {
            radios: is_on.then_some(radio).into_iter().collect(),
            usb: (is_plugged && self.stranger.is_on()).then_some(STRANGER).into_iter().collect(),
        }
    }

    /// # Errors
    /// When the radio does not obey.
    pub fn switch_radios_off(&self) -> io::Result<()> {
        if self.obstinate.is_on() { Err(io::Error::other("the radio does not obey")) } else { Ok(()) }
    }

    pub fn knobs(&self) -> [DeviceKnobs; 2] {
        [knob::list("radio", &self.radio, &[&self.obstinate]), knob::list("usb-port", &self.port, &[&self.stranger])]
    }

    /// None if there is no such device.
    pub fn turn(&self, device: &str, name: &str, on: bool) -> Option<Turned> {
        match device {
            "radio" => Some(knob::turn(&self.radio, &[&self.obstinate], name, on)),
            "usb-port" => Some(knob::turn(&self.port, &[&self.stranger], name, on)),
            _ => None,
        }
    }
}
