//! From iCalendar text (RFC 5545) to the meetings of the days ahead.
//!
//! [`read`] never fails: what cannot be understood is left out, and [`Reading::notes`] says that
//! something was. Its work and its memory are bounded, whatever the text holds. It knows no clock and
//! no network; time zones come from the database it is given.
//!
//! ```
//! use agenda::{Query, read};
//! use jiff::tz::{TimeZone, TimeZoneDatabase};
//!
//! let text = "BEGIN:VCALENDAR
//! BEGIN:VEVENT
//! SUMMARY:Point hebdo
//! DTSTART;TZID=Europe/Paris:20240102T100000
//! DTEND;TZID=Europe/Paris:20240102T103000
//! RRULE:FREQ=WEEKLY
//! URL:https://visio.example/abc-defg-hij
//! END:VEVENT
//! END:VCALENDAR";
//! let zones = TimeZoneDatabase::from_env();
//! let query = Query {
//!     from: "2026-11-24T00:00:00Z".parse().unwrap(),
//!     to: "2026-11-25T00:00:00Z".parse().unwrap(),
//!     zone: &TimeZone::UTC,
//!     zones: &zones,
//!     addresses: &[],
//!     context: &Default::default(),
//! };
//! let reading = read([text], &query);
//! assert_eq!(reading.occurrences[0].start, "2026-11-24T09:00:00Z".parse().unwrap());
//! ```
#![forbid(unsafe_code)]

mod calendar;
mod event;
mod lines;
mod recur;
mod rule;
mod series;
mod text;
mod time;
mod unwrap;
mod venue;
mod windows;
pub mod write;
mod zone;

use jiff::Timestamp;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use room::agenda::Title;
use room::destination::ParseContext;
use room::venue::Venue;

pub use calendar::read;
pub use event::address;

/// Occurrences in one reading: those that begin first.
pub const OCCURRENCES_MAX: usize = 500;
/// Text looked at in one reading, in bytes.
pub const TEXT_BYTES_MAX: usize = 16 << 20;
/// Events looked at in one reading.
pub const EVENTS_MAX: usize = 50_000;

/// What is asked of a calendar.
#[derive(Debug, Clone, Copy)]
pub struct Query<'a> {
    /// What is over by then is left out.
    pub from: Timestamp,
    /// What only begins then, too.
    pub to: Timestamp,
    /// The room's own zone, for days and for times that name none.
    pub zone: &'a TimeZone,
    pub zones: &'a TimeZoneDatabase,
    /// The room's own addresses, without `mailto:`: what they have declined is left out.
    pub addresses: &'a [String],
    /// What links are read against.
    pub context: &'a ParseContext,
}

/// What a calendar holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// Soonest first.
    pub occurrences: Vec<Occurrence>,
    /// What is worth telling a technician, each once.
    pub notes: Vec<Note>,
}

/// One meeting, at one time. Of a private one there is only that.
#[derive(Debug, Clone, PartialEq)]
pub struct Occurrence {
    pub title: Title,
    pub start: Timestamp,
    /// Not before `start`.
    pub end: Timestamp,
    /// It has days, not times: midnights in the room's zone.
    pub all_day: bool,
    pub venue: Option<Venue>,
    /// The event's (RFC 5545 §3.8.4.7): all occurrences of a series have the same.
    pub uid: Option<String>,
    /// It takes nobody's time: the room stays free.
    pub is_transparent: bool,
}

/// Something about a calendar that the room made the best of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Note {
    #[error("a time zone is neither known nor described: the room's own was taken")]
    UnknownZone,
    #[error("the calendar is larger than what is read of it")]
    TooLarge,
    #[error("a meeting recurs more often than is followed")]
    TooMuch,
}

impl Note {
    fn add_to(self, notes: &mut Vec<Note>) {
        if !notes.contains(&self) {
            notes.push(self);
        }
    }
}
