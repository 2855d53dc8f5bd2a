//! Everything that can happen to the room's task: one closed enum on one bounded channel.

use std::time::Duration;

use room::booking::BookingReport;
use room::diagnostics::Facts;
use room::event::{CallId, Wish};
use room::portal::Findings;
use room::{AgendaEntry, Refusal};
use tokio::sync::oneshot;

use crate::call::CallEvent;

/// How many events may wait. Calls wait for room in it, and so do devices that come or go; levels are
/// dropped, since newer ones follow.
pub const EVENT_QUEUE: usize = 256;

/// Something happened.
#[derive(Debug)]
pub enum Event {
    /// A finger on the panel.
    Touch(ui::TouchEvent),
    /// A wish of our own.
    Wish(Wish),
    /// A wish through the API, and where its answer goes.
    Ask { asked: Asked, answer: oneshot::Sender<Result<(), Refusal>> },
    /// From the call task.
    Call(CallEvent),
    /// What was found out about the way to a platform that a call has not reached.
    NotReached { call: CallId, findings: Findings },
    /// The evidence of a meeting so far.
    Evidence { call: CallId, meeting: Box<evidence::Meeting> },
    /// From the media engine's threads.
    Media(media::MediaEvent),
    /// A device came or went.
    Device(hal::DeviceEvent),
    /// What is around a classified room was looked at; `None`: nobody sees it.
    Surroundings(Option<hal::surroundings::Surroundings>),
    /// The calendar was read. `as_of`: when, as time since the Unix epoch.
    Calendar { entries: Vec<AgendaEntry>, as_of: Duration },
    /// What the calendar takes, and what came of a booking.
    Booking(BookingReport),
    /// A code was checked.
    CodeChecked { attempt: u64, is_right: bool },
    /// The machine could not be restarted or switched off.
    PowerFailed,
    /// What a technician wants to know was gathered.
    Facts(Facts),
}

/// What is asked of the room from elsewhere.
#[derive(Debug)]
pub enum Asked {
    Wish(Wish),
    /// To join the meeting of the agenda with this id ([`crate::api::meeting_id`]): places in the agenda shift as
    /// meetings end.
    JoinMeeting(String),
}
