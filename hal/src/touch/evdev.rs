//! Touches from the kernel: one finger on the first touchscreen. For a screen that feels many, the
//! kernel itself follows the first.

use std::io::ErrorKind;

use ::evdev::{AbsoluteAxisCode, Device, EventSummary, InputEvent, KeyCode, PropType, SynchronizationCode};

use super::{TouchEvent, TouchKind};
use crate::hotplug;
use crate::worker::{Stop, Worker};

/// Listens on a thread of its own, until it is dropped.
pub struct Touchscreen {
    _worker: Worker,
}

/// Listens to the first touchscreen of the machine, whenever it has one: now, later, or again after
/// it was pulled out. Calls `touched` with places on a `panel` of this width and height, in pixels.
///
/// # Errors
/// When there is no thread to listen.
pub fn listen(panel: (u32, u32), touched: impl Fn(TouchEvent) + Send + 'static) -> std::io::Result<Touchscreen> {
    let worker = Worker::spawn("touch", move |stop| {
        // Listen before looking: what comes between is not missed.
        let comings = hotplug::listen(&["input"])
            .inspect_err(|error| tracing::warn!(%error, "a touchscreen that comes later will not be noticed"))
            .ok();
        let something_came = || match &comings {
            Some(socket) => hotplug::wait(socket, &stop),
            None => stop.wait(),
        };
        keep_listening(first, |device| follow(device, panel, &stop, &touched), something_came);
    })?;
    Ok(Touchscreen { _worker: worker })
}

/// Whether to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Followed {
    /// It is time to end.
    Stopped,
    /// The device is gone.
    Gone,
}

/// Follows what is found; when there is nothing (any more), waits until something came. Ends when
/// told to.
fn keep_listening<D>(
    mut find: impl FnMut() -> Option<D>,
    mut follow: impl FnMut(D) -> Followed,
    mut something_came: impl FnMut() -> bool,
) {
    loop {
        if find().is_some_and(|device| follow(device) == Followed::Stopped) || !something_came() {
            return;
        }
    }
}

fn first() -> Option<Device> {
    let all = ::evdev::enumerate().filter(|(_, device)| is_touchscreen(device));
    let (path, device) = all.min_by(|(a, _), (b, _)| a.cmp(b))?;
    tracing::info!(name = device.name().unwrap_or_default(), path = %path.display(), "touchscreen found");
    Some(device)
}

fn follow(mut device: Device, panel: (u32, u32), stop: &Stop, touched: &impl Fn(TouchEvent)) -> Followed {
    let mut finger = Finger::new(panel, axes(&device));
    let ended = feel_all(&mut device, &mut finger, stop, touched);
    // Whatever lay on the glass lies there no more.
    finger.lift().into_iter().for_each(touched);
    match ended {
        Ok(()) => Followed::Stopped,
        Err(error) => {
            tracing::warn!(%error, "the touchscreen is gone");
            Followed::Gone
        }
    }
}

fn feel_all(
    device: &mut Device,
    finger: &mut Finger,
    stop: &Stop,
    touched: &impl Fn(TouchEvent),
) -> std::io::Result<()> {
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

    /// Takes the finger off, if it is down.
    fn lift(&mut self) -> Option<TouchEvent> {
        self.is_down = false;
        self.tell()
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
    fn a_touchscreen_that_goes_while_touched_lets_go() {
        let mut finger = Finger::new(PANEL, [(0, 4095), (0, 4095)]);
        assert_eq!(finger.lift(), None);
        feel(&mut finger, &[touch(1), report()]);
        assert_eq!(finger.lift().map(|event| event.kind), Some(TouchKind::Up));
        assert_eq!(finger.lift(), None);
    }

    #[test]
    fn a_touchscreen_that_comes_late_or_comes_back_is_listened_to() {
        let mut there = [None, Some("first"), None, None, Some("again")].into_iter();
        let mut comings = [true, true, true, true].into_iter();
        let mut followed = Vec::new();
        keep_listening(
            || there.next().flatten(),
            |device| {
                followed.push(device);
                if device == "again" { Followed::Stopped } else { Followed::Gone }
            },
            || comings.next().unwrap_or(false),
        );
        assert_eq!(followed, ["first", "again"]);
    }

    #[test]
    fn listening_ends_with_or_without_a_touchscreen() {
        // Waits for the thread: otherwise the test would not end.
        drop(listen(PANEL, |_| {}).unwrap());
    }
}
