//! Touches from the kernel: one finger on the first touchscreen. For a screen that feels many, the
//! kernel itself follows the first.

use std::io::ErrorKind;

use ::evdev::{AbsoluteAxisCode, Device, EventSummary, InputEvent, KeyCode, PropType, SynchronizationCode};

use super::{TouchEvent, TouchKind};
use crate::worker::{Stop, Worker};

/// Listens on a thread of its own, until it is dropped or the touchscreen is pulled out.
pub struct Touchscreen {
    _worker: Worker,
}

/// Listens to the first touchscreen of the machine, if it has one now, and calls `touched` with
/// places on a `panel` of this width and height, in pixels.
///
/// # Errors
/// When there is a touchscreen, but no thread to listen to it.
pub fn listen(
    panel: (u32, u32),
    touched: impl Fn(TouchEvent) + Send + 'static,
) -> std::io::Result<Option<Touchscreen>> {
    let first = ::evdev::enumerate().filter(|(_, device)| is_touchscreen(device)).min_by(|(a, _), (b, _)| a.cmp(b));
    let Some((path, mut device)) = first else { return Ok(None) };
    tracing::info!(name = device.name().unwrap_or_default(), path = %path.display(), "touchscreen found");

    let mut finger = Finger::new(panel, axes(&device));
    let worker = Worker::spawn("touch", move |stop| {
        if let Err(error) = follow(&mut device, &mut finger, &stop, &touched) {
            tracing::warn!(%error, "the touchscreen is gone");
        }
    })?;
    Ok(Some(Touchscreen { _worker: worker }))
}

fn follow(device: &mut Device, finger: &mut Finger, stop: &Stop, touched: &impl Fn(TouchEvent)) -> std::io::Result<()> {
    while stop.wait_for(device)? {
        match device.fetch_events() {
            Ok(events) => events.filter_map(|event| finger.feel(event)).for_each(touched),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn is_touchscreen(device: &Device) -> bool {
    let has_finger = device.supported_keys().is_some_and(|keys| keys.contains(KeyCode::BTN_TOUCH));
    let has_place = device
        .supported_absolute_axes()
        .is_some_and(|axes| axes.contains(AbsoluteAxisCode::ABS_X) && axes.contains(AbsoluteAxisCode::ABS_Y));
    // Direct: touched where it is seen, which a touchpad is not.
    has_finger && has_place && device.properties().contains(PropType::DIRECT)
}

/// Lowest and highest value of both axes, in the touchscreen's own units.
fn axes(device: &Device) -> [(i32, i32); 2] {
    let mut axes = [(0, 0); 2];
    for (axis, info) in device.get_absinfo().into_iter().flatten() {
        match axis {
            AbsoluteAxisCode::ABS_X => axes[0] = (info.minimum(), info.maximum()),
            AbsoluteAxisCode::ABS_Y => axes[1] = (info.minimum(), info.maximum()),
            _ => {}
        }
    }
    axes
}

/// Puts together what the kernel says in pieces.
struct Finger {
    panel: (u32, u32),
    axes: [(i32, i32); 2],
    place: [i32; 2],
    is_down: bool,
    /// What was last told.
    told: Option<(u32, u32)>,
}

impl Finger {
    fn new(panel: (u32, u32), axes: [(i32, i32); 2]) -> Self {
        Finger { panel, axes, place: [0; 2], is_down: false, told: None }
    }

    /// One piece; an event when it completes one.
    fn feel(&mut self, event: InputEvent) -> Option<TouchEvent> {
        match event.destructure() {
            EventSummary::AbsoluteAxis(_, AbsoluteAxisCode::ABS_X, x) => self.place[0] = x,
            EventSummary::AbsoluteAxis(_, AbsoluteAxisCode::ABS_Y, y) => self.place[1] = y,
            EventSummary::Key(_, KeyCode::BTN_TOUCH, value) => self.is_down = value != 0,
            EventSummary::Synchronization(_, SynchronizationCode::SYN_REPORT, _) => return self.tell(),
            _ => {}
        }
        None
    }

    fn tell(&mut self) -> Option<TouchEvent> {
        let (x, y) = (self.pixel(0, self.panel.0), self.pixel(1, self.panel.1));
        let kind = match (self.told, self.is_down) {
            (None, true) => TouchKind::Down,
            (Some(told), true) if told != (x, y) => TouchKind::Move,
            (Some(_), true) | (None, false) => return None,
            (Some(_), false) => TouchKind::Up,
        };
        self.told = self.is_down.then_some((x, y));
        Some(TouchEvent { kind, x, y })
    }

    fn pixel(&self, axis: usize, pixels: u32) -> u32 {
        let (lowest, highest) = self.axes[axis];
        let span = (i64::from(highest) - i64::from(lowest) + 1).max(1);
        let along = (i64::from(self.place[axis]) - i64::from(lowest)).clamp(0, span - 1);
        (along * i64::from(pixels) / span) as u32
    }
}

#[cfg(test)]
mod tests {
    use ::evdev::EventType;

    use super::*;

    const PANEL: (u32, u32) = (1280, 800);

    fn absolute(axis: AbsoluteAxisCode, value: i32) -> InputEvent {
        InputEvent::new(EventType::ABSOLUTE.0, axis.0, value)
    }

    fn touch(value: i32) -> InputEvent {
        InputEvent::new(EventType::KEY.0, KeyCode::BTN_TOUCH.0, value)
    }

    fn report() -> InputEvent {
        InputEvent::new(EventType::SYNCHRONIZATION.0, SynchronizationCode::SYN_REPORT.0, 0)
    }

    fn feel(finger: &mut Finger, events: &[InputEvent]) -> Vec<(TouchKind, u32, u32)> {
        events.iter().filter_map(|event| finger.feel(*event)).map(|e| (e.kind, e.x, e.y)).collect()
    }

    #[test]
    fn a_stroke_is_down_moves_and_up() {
        use AbsoluteAxisCode as Axis;
        let mut finger = Finger::new(PANEL, [(0, 4095), (0, 4095)]);
        let stroke = [
            absolute(Axis::ABS_X, 2048),
            absolute(Axis::ABS_Y, 1024),
            touch(1),
            report(),
            report(), // Nothing new.
            absolute(Axis::ABS_X, 4095),
            report(),
            touch(0),
            report(),
            absolute(Axis::ABS_X, 0), // Hovering.
            report(),
        ];
        let expected = [(TouchKind::Down, 640, 200), (TouchKind::Move, 1279, 200), (TouchKind::Up, 1279, 200)];
        assert_eq!(feel(&mut finger, &stroke), expected);
    }

    #[test]
    fn every_value_is_a_place_on_the_panel() {
        let extremes = [(-100, 100), (0, 0), (5, -5), (i32::MIN, i32::MAX)];
        for range in extremes {
            for value in [i32::MIN, -100, 0, 100, i32::MAX] {
                let mut finger = Finger::new(PANEL, [range; 2]);
                let events = [absolute(AbsoluteAxisCode::ABS_X, value), absolute(AbsoluteAxisCode::ABS_Y, value)];
                feel(&mut finger, &events);
                let told = feel(&mut finger, &[touch(1), report()]);
                assert!(told[0].1 < 1280 && told[0].2 < 800, "{value} in {range:?}: {told:?}");
            }
        }
    }

    #[test]
    fn a_machine_without_touchscreen_has_none() {
        // On a machine with one, the thread must end: the test would not.
        let touchscreen = listen(PANEL, |_| {}).unwrap();
        assert_eq!(touchscreen.is_some(), ::evdev::enumerate().any(|(_, device)| is_touchscreen(&device)));
    }
}
