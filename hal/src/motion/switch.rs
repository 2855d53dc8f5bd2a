//! A sensor that the kernel reads: an input device with `SW_FRONT_PROXIMITY` ("set = front proximity sensor active",
//! `linux/input-event-codes.h`), the only switch of the kernel's for somebody who is there.

use std::io;
use std::os::fd::AsRawFd;
use std::time::Duration;

use ::evdev::raw_stream::{RawDevice, enumerate};
use ::evdev::{EventSummary, SwitchCode};

use super::{EVENTS_MAX, Sensor};
use crate::worker::Stop;

const SOMEBODY: SwitchCode = SwitchCode::SW_FRONT_PROXIMITY;

pub(super) struct Switch(RawDevice);

impl Switch {
    /// `named`: part of the device's name; without it, the first that has such a switch.
    ///
    /// # Errors
    /// When there is none.
    pub fn open(named: Option<&str>) -> io::Result<Switch> {
        let is_it = |device: &RawDevice| {
            let has_switch = device.supported_switches().is_some_and(|there| there.contains(SOMEBODY));
            has_switch && named.is_none_or(|named| device.name().is_some_and(|name| name.contains(named)))
        };
        let found = enumerate().map(|(_, device)| device).find(is_it);
        let missing = || io::Error::new(io::ErrorKind::NotFound, "no input device has SW_FRONT_PROXIMITY");
        found.map(Switch).ok_or_else(missing)
    }
}

impl Sensor for Switch {
    fn wait(&self, stop: &Stop, time: Option<Duration>) -> io::Result<bool> {
        stop.wait_for_any(&[self.0.as_raw_fd()], time).map(|ready| ready.contains(&true))
    }

    fn look(&mut self, is_news: bool) -> io::Result<bool> {
        let is_set = |event: ::evdev::InputEvent| matches!(event.destructure(), EventSummary::Switch(_, SOMEBODY, 1));
        // It is read only when it has something to say: it would be waited for.
        let has_moved = is_news && self.0.fetch_events()?.take(EVENTS_MAX).any(is_set);
        Ok(has_moved || self.0.get_switch_state()?.contains(SOMEBODY))
    }
}
