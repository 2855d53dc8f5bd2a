//! A simulated sensor: somebody moves before it in the room window, and it misbehaves there.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{Motion, Sensor, follow};
use crate::knob::{self, DeviceKnobs, Switch, Turned};
use crate::plug::Plug;
use crate::worker::{Stop, Worker};

/// How often it feels.
const FEEL: Duration = Duration::from_millis(50);

pub(crate) struct SimulatedMotion {
    device: Arc<Device>,
    _worker: Worker,
}

struct Device {
    plug: Plug,
    moving: Switch,
    /// It sees somebody whoever is there.
    stuck: Switch,
    /// It sees nobody whoever is there.
    blind: Switch,
    chatter: Switch,
}

/// The end that feels.
struct Eye {
    device: Arc<Device>,
    before: bool,
}

impl Device {
    fn switches(&self) -> [&Switch; 4] {
        [&self.moving, &self.stuck, &self.blind, &self.chatter]
    }

    fn sees(&self) -> bool {
        !self.blind.is_on() && (self.moving.is_on() || self.stuck.is_on())
    }
}

impl Sensor for Eye {
    fn wait(&self, stop: &Stop, time: Option<Duration>) -> io::Result<bool> {
        let until = time.map(|time| Instant::now() + time);
        while self.device.plug.is_in() && !self.device.chatter.is_on() && self.device.sees() == self.before {
            if until.is_some_and(|until| until <= Instant::now()) {
                return Ok(false);
            }
            if !stop.sleep(FEEL) {
                return Err(io::ErrorKind::BrokenPipe.into());
            }
        }
        // One that fell says nothing.
        Ok(!self.before)
    }

    fn look(&mut self, _: bool) -> io::Result<bool> {
        if !self.device.plug.is_in() {
            return Err(io::ErrorKind::NotConnected.into());
        }
        self.before = if self.device.chatter.is_on() { !self.before } else { self.device.sees() };
        Ok(self.before)
    }
}

impl SimulatedMotion {
    /// `told` as for [`super::listen`].
    ///
    /// # Errors
    /// When there is no thread to follow it.
    pub fn new(told: impl Fn(Motion) + Send + 'static) -> io::Result<SimulatedMotion> {
        let device = Arc::new(Device {
            plug: Plug::default(),
            moving: Switch::new("move", "Bouger", "Move", "Bewegen"),
            stuck: Switch::new("stuck", "Rester bloqué", "Stick", "Klemmen"),
            blind: Switch::new("blind", "Ne rien voir", "See nothing", "Nichts sehen"),
            chatter: Switch::new("chatter", "Faux contact", "Chatter", "Prellen"),
        });
        let inside = device.clone();
        let open = move || match inside.plug.is_in() {
            true => Ok(Eye { device: inside.clone(), before: false }),
            false => Err(io::ErrorKind::NotConnected.into()),
        };
        Ok(SimulatedMotion { device, _worker: follow(FEEL, open, told)? })
    }

    pub fn knobs(&self) -> DeviceKnobs {
        knob::list("motion-sensor", &self.device.plug, &self.device.switches())
    }

    pub fn turn(&self, name: &str, on: bool) -> Turned {
        // Whether it is there its own thread says.
        match knob::turn(&self.device.plug, &self.device.switches(), name, on) {
            Turned::Plugged { .. } => Turned::Quietly,
            turned => turned,
        }
    }
}
