//! A relay in memory, in the line of the simulated microphones: what it cuts, they do not give. It misbehaves on request.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{Contact, Kept};
use crate::knob::{self, DeviceKnobs, Switch, Turned};
use crate::plug::Plug;

/// The simulated microphones' line; whole where there is no relay in it.
#[derive(Default)]
pub(crate) struct Wire {
    is_cut: AtomicBool,
}

impl Wire {
    pub fn is_cut(&self) -> bool {
        self.is_cut.load(Ordering::Acquire)
    }
}

pub(crate) struct SimulatedRelay {
    device: Arc<Device>,
    kept: Kept,
}

struct Device {
    plug: Plug,
    fail_next: Switch,
    /// A contact that is welded stays where it is.
    stick: Switch,
    wire: Arc<Wire>,
}

/// The end that moves.
struct Armature(Arc<Device>);

impl Contact for Armature {
    fn set(&mut self, closed: bool) -> io::Result<()> {
        let Device { plug, fail_next, stick, wire } = &*self.0;
        if !plug.is_in() {
            return Err(io::ErrorKind::NotConnected.into());
        }
        let moves = wire.is_cut() == closed;
        if moves && fail_next.take() {
            return Err(io::Error::other("it was told to fail"));
        }
        if moves && stick.is_on() {
            return Err(io::Error::other("the contact does not follow"));
        }
        wire.is_cut.store(!closed, Ordering::Release);
        Ok(())
    }
}

impl SimulatedRelay {
    /// `told` as for [`Kept::wired`].
    ///
    /// # Errors
    /// When there is no thread to keep it.
    pub fn new(wire: Arc<Wire>, told: impl Fn(bool) + Send + 'static) -> io::Result<SimulatedRelay> {
        // Without current it cuts.
        wire.is_cut.store(true, Ordering::Release);
        let device = Arc::new(Device {
            plug: Plug::default(),
            fail_next: Switch::new("fail-next", "Échouer une fois", "Fail once", "Einmal versagen"),
            stick: Switch::new("stick", "Coller", "Stick", "Kleben"),
            wire,
        });
        let inside = device.clone();
        let kept = Kept::new(move || Ok(Armature(inside.clone())), told)?;
        Ok(SimulatedRelay { device, kept })
    }

    pub fn set(&self, closed: bool) {
        self.kept.set(closed);
    }

    pub fn knobs(&self) -> DeviceKnobs {
        knob::list("microphone-relay", &self.device.plug, &[&self.device.fail_next, &self.device.stick])
    }

    pub fn turn(&self, name: &str, on: bool) -> Turned {
        let device = &self.device;
        let turned = knob::turn(&device.plug, &[&device.fail_next, &device.stick], name, on);
        if turned == (Turned::Plugged { present: false }) {
            device.wire.is_cut.store(true, Ordering::Release);
        }
        turned
    }
}
