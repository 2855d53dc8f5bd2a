//! A simulated light: seen in the room window, and misbehaving there.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::{Kept, Lamp, Light};
use crate::knob::{self, DeviceKnobs, Switch, Turned};
use crate::plug::Plug;

/// How often a light that stalls looks whether it still does.
const STALL: Duration = Duration::from_millis(10);

pub(crate) struct SimulatedLight {
    device: Arc<Device>,
    kept: Kept,
}

struct Device {
    plug: Plug,
    fail_next: Switch,
    stall: Switch,
    shown: Mutex<Light>,
}

/// The end that is lit.
struct Bulb(Arc<Device>);

impl Lamp for Bulb {
    fn show(&mut self, light: Light) -> io::Result<()> {
        while self.0.stall.is_on() {
            std::thread::sleep(STALL);
        }
        if !self.0.plug.is_in() {
            return Err(io::ErrorKind::NotConnected.into());
        }
        let mut shown = self.0.shown.lock().unwrap_or_else(PoisonError::into_inner);
        if *shown != light && self.0.fail_next.take() {
            return Err(io::Error::other("it was told to fail"));
        }
        *shown = light;
        Ok(())
    }
}

impl SimulatedLight {
    /// # Errors
    /// When there is no thread to keep it.
    pub fn new() -> io::Result<SimulatedLight> {
        let device = Arc::new(Device {
            plug: Plug::default(),
            fail_next: Switch::new("fail-next", "Échouer une fois", "Fail once", "Einmal versagen"),
            stall: Switch::new("stall", "Bloquer", "Stall", "Hängen"),
            shown: Mutex::new(Light::Idle),
        });
        let inside = device.clone();
        let kept = Kept::new(move || Ok(Bulb(inside.clone())))?;
        Ok(SimulatedLight { device, kept })
    }

    pub fn set(&self, light: Light) {
        self.kept.set(light);
    }

    /// What people see: nothing while it is pulled out.
    pub fn shown(&self) -> Option<Light> {
        self.device.plug.is_in().then(|| *self.device.shown.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub fn knobs(&self) -> DeviceKnobs {
        knob::list("light", &self.device.plug, &[&self.device.fail_next, &self.device.stall])
    }

    pub fn turn(&self, name: &str, on: bool) -> Turned {
        let device = &self.device;
        let turned = knob::turn(&device.plug, &[&device.fail_next, &device.stall], name, on);
        if matches!(turned, Turned::Plugged { present: true }) {
            *device.shown.lock().unwrap_or_else(PoisonError::into_inner) = Light::Idle;
        }
        turned
    }
}

impl Drop for SimulatedLight {
    fn drop(&mut self) {
        // Its thread is waited for.
        let _ = self.turn("stall", false);
    }
}
