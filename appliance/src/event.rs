//! Everything that can happen to the room's task: one closed enum on one bounded channel.

use std::time::Duration;

use room::AgendaEntry;
use room::event::Wish;

use crate::call::CallEvent;

/// How many events may wait. Calls wait for room in it, and so do devices that come or go; levels are
/// dropped, since newer ones follow.
pub const EVENT_QUEUE: usize = 256;

/// Something happened.
#[derive(Debug)]
pub enum Event {
    /// A finger on the panel.
    Touch(ui::TouchEvent),
    /// A wish from the command line or the room window.
    Wish(Wish),
    /// From the call task.
    Call(CallEvent),
    /// From the media engine's threads.
    Media(media::MediaEvent),
    /// A device came or went.
    Device(hal::DeviceEvent),
    /// The calendar was read. `as_of`: when, as time since the Unix epoch.
    Calendar { entries: Vec<AgendaEntry>, as_of: Duration },
}
