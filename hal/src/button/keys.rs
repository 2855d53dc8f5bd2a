//! Keys of whatever has them: USB speakerphones (the kernel turns HID telephony and consumer controls into keys),
//! remote controls, keyboards. Those with a mute lamp (`LED_MUTE`) have it lit.

use std::io::ErrorKind;
use std::os::fd::AsRawFd;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use ::evdev::raw_stream::{RawDevice, enumerate};
use ::evdev::{EventSummary, EventType, InputEvent, LedCode};

use super::{Button, PRESSES_MAX};
use crate::board::Keys;
use crate::credible::Credible;
use crate::hotplug;
use crate::mailbox::{Inbox, Mailbox};

/// How often the machine is looked over when it does not say what comes.
const LOOK_AGAIN: Duration = Duration::from_secs(5);
/// As many devices as are listened to.
const DEVICES_MAX: usize = 16;

/// Whether a key was pressed, and which button it is: one of each device.
pub(super) struct Pressed {
    keys: Keys,
    credible: [Credible; 3],
}

impl Pressed {
    pub fn new(keys: Keys) -> Pressed {
        Pressed { keys, credible: [(); 3].map(|()| Credible::new(PRESSES_MAX)) }
    }

    /// A button, if this event says that one was pressed.
    pub fn feel(&mut self, event: InputEvent, now: SystemTime) -> Option<Button> {
        let EventSummary::Key(_, key, value) = event.destructure() else { return None };
        let button = self.keys.button(key)?;
        // 1 is down, 2 is held: who holds a volume key wants more of it, who holds mute wants it once.
        let counts = value == 1 || (value == 2 && button != Button::Microphone);
        (counts && self.credible[button as usize].believe(now)).then_some(button)
    }
}

struct Device {
    path: PathBuf,
    input: RawDevice,
    pressed: Pressed,
    has_lamp: bool,
}

/// Listens on a thread of its own; whatever is put into the mailbox is what lamps are to be.
pub(super) fn listen(keys: Keys, pressed: impl Fn(Button) + Send + 'static) -> std::io::Result<Mailbox<bool>> {
    Mailbox::spawn("buttons", move |inbox| follow(&keys, &inbox, &pressed))
}

fn follow(keys: &Keys, inbox: &Inbox<bool>, pressed: &impl Fn(Button)) {
    // Listen before looking: what comes between is not missed.
    let comings = hotplug::listen(&["input"])
        .inspect_err(|error| tracing::warn!(%error, "buttons that come later will be noticed late"))
        .ok();
    let mut devices: Vec<Device> = Vec::new();
    let mut lit = false;
    loop {
        look(keys, &mut devices, lit);
        let files = [inbox.as_raw_fd()].into_iter().chain(comings.as_ref().map(AsRawFd::as_raw_fd));
        let files: Vec<_> = files.chain(devices.iter().map(|device| device.input.as_raw_fd())).collect();
        let time = comings.is_none().then_some(LOOK_AGAIN);
        let Ok(ready) = inbox.stop.wait_for_any(&files, time) else { break };
        if let Some(wanted) = inbox.take() {
            lit = wanted;
            devices.iter_mut().for_each(|device| device.light(lit));
        }
        if let Some(socket) = &comings {
            socket.iter().for_each(drop);
        }
        // Only those that have something to say: the others would be waited for.
        let mut ready = ready[files.len() - devices.len()..].iter();
        devices.retain_mut(|device| !ready.next().is_some_and(|ready| *ready) || device.read(pressed));
    }
    devices.iter_mut().for_each(|device| device.light(false));
}

/// Takes those that have come; those that are gone went when they were read.
fn look(keys: &Keys, devices: &mut Vec<Device>, lit: bool) {
    for (path, input) in enumerate() {
        let has_key = input.supported_keys().is_some_and(|there| keys.all().any(|key| there.contains(key)));
        let is_known = devices.iter().any(|device| device.path == path);
        if !has_key || is_known || !keys.is_device(input.name().unwrap_or_default()) || devices.len() >= DEVICES_MAX {
            continue;
        }
        let has_lamp = input.supported_leds().is_some_and(|leds| leds.contains(LedCode::LED_MUTE));
        tracing::info!(name = input.name().unwrap_or_default(), has_lamp, "buttons found");
        let mut device = Device { path, input, pressed: Pressed::new(keys.clone()), has_lamp };
        device.light(lit);
        devices.push(device);
    }
}

impl Device {
    /// Whether it is still there.
    fn read(&mut self, pressed: &impl Fn(Button)) -> bool {
        match self.input.fetch_events() {
            Ok(events) => {
                events.filter_map(|event| self.pressed.feel(event, event.timestamp())).for_each(pressed);
                true
            }
            Err(error) => matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted),
        }
    }

    fn light(&mut self, lit: bool) {
        if self.has_lamp {
            let event = InputEvent::new(EventType::LED.0, LedCode::LED_MUTE.0, i32::from(lit));
            if let Err(error) = self.input.send_events(&[event]) {
                tracing::debug!(%error, "a mute lamp cannot be lit");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use ::evdev::KeyCode;

    use super::*;

    fn event(key: KeyCode, value: i32) -> InputEvent {
        InputEvent::new(EventType::KEY.0, key.0, value)
    }

    #[test]
    fn a_press_is_told_once_and_held_volume_goes_on() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        let mut pressed = Pressed::new(Keys::default());
        let mut feel = |key, value| pressed.feel(event(key, value), now);
        assert_eq!(feel(KeyCode::KEY_MICMUTE, 1), Some(Button::Microphone));
        assert_eq!(feel(KeyCode::KEY_MICMUTE, 2), None, "held");
        assert_eq!(feel(KeyCode::KEY_MICMUTE, 0), None, "let go");
        assert_eq!(feel(KeyCode::KEY_VOLUMEUP, 1), Some(Button::VolumeUp));
        assert_eq!(feel(KeyCode::KEY_VOLUMEUP, 2), Some(Button::VolumeUp), "held");
        assert_eq!(feel(KeyCode::KEY_VOLUMEDOWN, 1), Some(Button::VolumeDown));
        assert_eq!(feel(KeyCode::KEY_A, 1), None);
        assert_eq!(feel(KeyCode::KEY_MICMUTE, -7), None);
    }

    #[test]
    fn a_key_that_chatters_is_not_believed_and_the_others_are() {
        let mut now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        let mut pressed = Pressed::new(Keys::default());
        let mut told = 0;
        for _ in 0..1000 {
            told += usize::from(pressed.feel(event(KeyCode::KEY_MICMUTE, 1), now).is_some());
            now += Duration::from_micros(100);
        }
        assert_eq!(told, PRESSES_MAX as usize);
        assert_eq!(pressed.feel(event(KeyCode::KEY_VOLUMEUP, 1), now), Some(Button::VolumeUp));
        now += Duration::from_secs(2);
        assert_eq!(pressed.feel(event(KeyCode::KEY_MICMUTE, 1), now), Some(Button::Microphone));
    }

    #[test]
    fn listening_ends_with_or_without_buttons() {
        // Waits for the thread: otherwise the test would not end.
        let mailbox = listen(Keys::default(), |_| {}).unwrap();
        mailbox.put(true);
        drop(mailbox);
    }
}
