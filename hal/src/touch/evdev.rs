//! Touches from the kernel: the first touchscreen of the machine, or the one the board names.

use std::io::ErrorKind;
use std::sync::Arc;

use ::evdev::raw_stream::{RawDevice, enumerate};
use ::evdev::{AbsoluteAxisCode, EventType, InputEvent, KeyCode, PropType, SynchronizationCode};

use super::contact::{Change, Contacts};
use super::place::{Axis, Place};
use super::{Glass, TouchEvent, TouchKind};
use crate::hotplug;
use crate::panel::PanelSize;
use crate::worker::{Stop, Worker};

/// Listens on a thread of its own, until it is dropped.
pub struct Touchscreen {
    _worker: Worker,
}

/// Listens to the first touchscreen of the machine, whenever it has one: now, later, or again after
/// it was pulled out. `named`: only to one whose name holds this. Calls `touched` with places on the panel's picture,
/// whatever size that has then.
///
/// # Errors
/// When there is no thread to listen.
pub fn listen(
    named: Option<String>,
    glass: Glass,
    panel: Arc<PanelSize>,
    touched: impl Fn(TouchEvent) + Send + 'static,
) -> std::io::Result<Touchscreen> {
    let worker = Worker::spawn("touch", move |stop| {
        // Listen before looking: what comes between is not missed.
        let comings = hotplug::listen(&["input"])
            .inspect_err(|error| tracing::warn!(%error, "a touchscreen that comes later will not be noticed"))
            .ok();
        let something_came = || match &comings {
            Some(socket) => hotplug::wait(socket, &stop),
            None => stop.wait(),
        };
        let first = || first(named.as_deref());
        hotplug::keep_following(first, |device| follow(device, glass, &panel, &stop, &touched), something_came);
    })?;
    Ok(Touchscreen { _worker: worker })
}

fn first(named: Option<&str>) -> Option<RawDevice> {
    let is_meant =
        |device: &RawDevice| named.is_none_or(|named| device.name().is_some_and(|name| name.contains(named)));
    let all = enumerate().filter(|(_, device)| is_meant(device) && is_touchscreen(device));
    let (path, device) = all.min_by(|(a, _), (b, _)| a.cmp(b))?;
    tracing::info!(name = device.name().unwrap_or_default(), path = %path.display(), "touchscreen found");
    Some(device)
}

/// A touchscreen that is listened to.
struct Feeling<'a, F> {
    contacts: Contacts,
    place: Place,
    panel: &'a PanelSize,
    touched: &'a F,
}

fn follow(
    mut device: RawDevice,
    glass: Glass,
    panel: &PanelSize,
    stop: &Stop,
    touched: &impl Fn(TouchEvent),
) -> hotplug::Followed {
    let has_slots = has(&device, &[AbsoluteAxisCode::ABS_MT_SLOT]);
    let Some(axes) = axes(&device, has_slots) else { return hotplug::Followed::Gone };
    let place = Place { axes, calibration: glass.calibration, rotation: glass.rotation };
    let mut feeling = Feeling { contacts: Contacts::new(axes, has_slots), place, panel, touched };
    let ended = feeling.feel_all(&mut device, stop);
    // Whatever lay on the glass lies there no more.
    let forgotten = feeling.contacts.forget();
    feeling.tell(forgotten);
    match ended {
        Ok(()) => hotplug::Followed::Stopped,
        Err(error) => {
            tracing::warn!(%error, "the touchscreen is gone");
            hotplug::Followed::Gone
        }
    }
}

impl<F: Fn(TouchEvent)> Feeling<'_, F> {
    fn feel_all(&mut self, device: &mut RawDevice, stop: &Stop) -> std::io::Result<()> {
        self.begin(device)?;
        while stop.wait_for(device)? {
            let mut lost = false;
            let mut moved = None;
            match device.fetch_events() {
                Ok(events) => {
                    for event in events {
                        lost |= is_dropped(&event);
                        for change in self.contacts.feel(event, event.timestamp()).into_iter().flatten() {
                            // Of many moves the last is enough.
                            if matches!(change, Change::Move(..)) {
                                moved = Some(change);
                            } else {
                                self.tell(moved.take());
                                self.tell(Some(change));
                            }
                        }
                    }
                }
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {}
                Err(error) => return Err(error),
            }
            self.tell(moved);
            if lost {
                tracing::debug!("the touchscreen spoke faster than it was listened to");
                self.begin(device)?;
            }
            if self.contacts.has_become_incredible() {
                tracing::warn!(
                    "the touchscreen tells of more touches than people make; it is not believed for a moment"
                );
            }
        }
        Ok(())
    }

    fn begin(&mut self, device: &RawDevice) -> std::io::Result<()> {
        let state = device.get_abs_state()?;
        let value = |axis: AbsoluteAxisCode| state.get(usize::from(axis.0)).map_or(0, |info| info.value);
        let at = (value(AbsoluteAxisCode::ABS_X), value(AbsoluteAxisCode::ABS_Y));
        self.contacts.begin(value(AbsoluteAxisCode::ABS_MT_SLOT), at);
        Ok(())
    }

    fn tell(&self, change: Option<Change>) {
        let Some(change) = change else { return };
        let (kind, at) = match change {
            Change::Down(x, y) => (TouchKind::Down, (x, y)),
            Change::Move(x, y) => (TouchKind::Move, (x, y)),
            Change::Up(x, y) => (TouchKind::Up, (x, y)),
            Change::Cancel => return (self.touched)(TouchEvent { kind: TouchKind::Cancel, x: 0, y: 0 }),
        };
        let (x, y) = self.place.pixel(at, self.panel.get());
        (self.touched)(TouchEvent { kind, x, y });
    }
}

/// Whether events were lost before this one.
fn is_dropped(event: &InputEvent) -> bool {
    event.event_type() == EventType::SYNCHRONIZATION && event.code() == SynchronizationCode::SYN_DROPPED.0
}

fn has(device: &RawDevice, wanted: &[AbsoluteAxisCode]) -> bool {
    device.supported_absolute_axes().is_some_and(|axes| wanted.iter().all(|axis| axes.contains(*axis)))
}

fn is_touchscreen(device: &RawDevice) -> bool {
    let has_finger = device.supported_keys().is_some_and(|keys| keys.contains(KeyCode::BTN_TOUCH));
    // Most glass with slots says the first finger's place for old programs as well, some does not.
    let has_slots = has(device, &[AbsoluteAxisCode::ABS_MT_SLOT]);
    let has_place = has(device, &place(false)) || (has_slots && has(device, &place(true)));
    // Direct: touched where it is seen, which a touchpad is not.
    has_finger && has_place && device.properties().contains(PropType::DIRECT)
}

/// The axes on which a finger's place is said.
fn place(has_slots: bool) -> [AbsoluteAxisCode; 2] {
    match has_slots {
        true => [AbsoluteAxisCode::ABS_MT_POSITION_X, AbsoluteAxisCode::ABS_MT_POSITION_Y],
        false => [AbsoluteAxisCode::ABS_X, AbsoluteAxisCode::ABS_Y],
    }
}

/// None if it does not say how long they are.
fn axes(device: &RawDevice, has_slots: bool) -> Option<[Axis; 2]> {
    let [x, y] = place(has_slots);
    let state = device.get_abs_state().ok()?;
    let axis = |axis: AbsoluteAxisCode| {
        let info = state.get(usize::from(axis.0))?;
        Axis::new(info.minimum, info.maximum)
    };
    let axes = axis(x).zip(axis(y));
    if axes.is_none() {
        tracing::warn!("a touchscreen does not say how large it is, and is left alone");
    }
    axes.map(|(x, y)| [x, y])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rotation::Rotation;
    use crate::touch::Calibration;

    #[test]
    fn listening_ends_with_or_without_a_touchscreen() {
        let glass = Glass { rotation: Rotation::None, calibration: Calibration::NONE };
        // Waits for the thread: otherwise the test would not end.
        drop(listen(None, glass, Arc::new(PanelSize::new((1280, 800))), |_| {}).unwrap());
    }
}
