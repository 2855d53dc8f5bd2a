//! A simulated display with CEC: slow, deaf or gone, on request.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::{Kept, Power, Switchable};
use crate::knob::{self, DeviceKnobs, Switch, Turned};
use crate::plug::Plug;

/// How often one that hangs looks whether it still does.
const STALL: Duration = Duration::from_millis(10);

pub(crate) struct SimulatedPower {
    device: Arc<Device>,
    kept: Kept,
}

struct Device {
    plug: Plug,
    /// The driver hangs.
    stall: Switch,
    /// The display takes what is said, and does not answer.
    deaf: Switch,
    fail_next: Switch,
    shown: Mutex<Power>,
    pluggings: AtomicU64,
}

struct Tv(Arc<Device>);

impl Switchable for Tv {
    fn ask(&mut self, power: Power) -> io::Result<bool> {
        while self.0.stall.is_on() {
            std::thread::sleep(STALL);
        }
        if self.0.fail_next.take() {
            return Err(io::Error::other("it was told to fail"));
        }
        if self.0.deaf.is_on() || !self.0.plug.is_in() {
            return Ok(false);
        }
        *self.0.shown.lock().unwrap_or_else(PoisonError::into_inner) = power;
        Ok(true)
    }

    fn plugged(&mut self) -> io::Result<Option<u64>> {
        Ok(self.0.plug.is_in().then(|| self.0.pluggings.load(Ordering::Acquire)))
    }
}

impl SimulatedPower {
    /// # Errors
    /// When there is no thread to keep it.
    pub fn new() -> io::Result<SimulatedPower> {
        let device = Arc::new(Device {
            plug: Plug::default(),
            stall: Switch::new("stall", "Bloquer", "Stall", "Hängen"),
            deaf: Switch::new("deaf", "Ne pas répondre", "Do not answer", "Nicht antworten"),
            fail_next: Switch::new("fail-next", "Échouer une fois", "Fail once", "Einmal versagen"),
            shown: Mutex::new(Power::Standby),
            pluggings: AtomicU64::new(1),
        });
        let inside = device.clone();
        let kept = Kept::new(move || Ok(Tv(inside.clone())))?;
        Ok(SimulatedPower { device, kept })
    }

    pub fn set(&self, power: Power) {
        self.kept.set(power);
    }

    /// Whether it is on: none while it is pulled out.
    pub fn shown(&self) -> Option<Power> {
        self.device.plug.is_in().then(|| *self.device.shown.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn switches(&self) -> [&Switch; 3] {
        [&self.device.stall, &self.device.deaf, &self.device.fail_next]
    }

    pub fn knobs(&self) -> DeviceKnobs {
        knob::list("display-power", &self.device.plug, &self.switches())
    }

    pub fn turn(&self, name: &str, on: bool) -> Turned {
        if name == knob::UNPLUG && !on && !self.device.plug.is_in() {
            // Another one comes, and it is off.
            *self.device.shown.lock().unwrap_or_else(PoisonError::into_inner) = Power::Standby;
            self.device.pluggings.fetch_add(1, Ordering::AcqRel);
        }
        knob::turn(&self.device.plug, &self.switches(), name, on)
    }
}

impl Drop for SimulatedPower {
    fn drop(&mut self) {
        // Its thread is waited for.
        let _ = self.turn("stall", false);
    }
}
