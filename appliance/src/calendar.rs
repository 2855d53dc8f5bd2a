//! The room's calendar: read every minute, kept for when it cannot be, and written to only by whoever
//! books at the panel.

mod booking;
mod caldav;
mod dav;
mod http;
mod ics;
mod kept;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::time::Duration;

use agenda::Query;
use anyhow::Context;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use room::AgendaEntry;
use room::booking::{BookingFailure, BookingReport};
use room::destination::ParseContext;
use tokio::sync::mpsc;

use crate::config::{CalendarKind, CalendarSection};
use crate::event::Event;
use crate::net::HttpClient;
use crate::translate::since_epoch;
pub use booking::{ORDERS, Order};
pub use dav::read_multistatus;

use caldav::Caldav;
use http::{Http, Trouble};
use ics::Ics;
use kept::Kept;

/// How far ahead meetings are looked for: they are what is shown when the calendar cannot be read.
const AHEAD: SignedDuration = SignedDuration::from_hours(14 * 24);
/// An unchanged calendar is looked through again after this: the days ahead are others by then.
const STALE: SignedDuration = SignedDuration::from_hours(1);
/// When nothing but its age has changed, what is kept is written again after this.
const KEEP_AFTER: SignedDuration = SignedDuration::from_mins(10);
/// The longest pause after failures.
const PAUSE_MAX: Duration = Duration::from_secs(300);
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(5);

/// Reads the calendar and tells the room's task.
pub struct Calendar {
    source: Source,
    interval: Duration,
    addresses: Vec<String>,
    context: ParseContext,
    file: PathBuf,
    events: mpsc::Sender<Event>,
    orders: mpsc::Receiver<Order>,
    /// IT lets people book at the panel.
    booking: bool,
    /// What the room was last told of booking.
    told_may: Option<Result<(), BookingFailure>>,
    kept: Option<Kept>,
    /// When `kept` was last written to its file.
    written: Option<Timestamp>,
    /// When the texts were last looked through.
    read: Option<Timestamp>,
}

enum Source {
    Caldav(Caldav),
    Ics(Ics),
}

/// What came of a look at the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look {
    Changed,
    Unchanged,
}

impl Calendar {
    /// # Errors
    /// When a file with a secret cannot be read.
    pub fn new(
        section: &CalendarSection,
        client: &HttpClient,
        context: ParseContext,
        state: &std::path::Path,
        events: mpsc::Sender<Event>,
        orders: mpsc::Receiver<Order>,
    ) -> anyhow::Result<Calendar> {
        let http = Http::new(client, section).context("in the calendar section")?;
        let source = match section.kind {
            CalendarKind::Caldav => Source::Caldav(Caldav::new(http, section)),
            CalendarKind::Ics => Source::Ics(Ics::new(http, section)),
        };
        Ok(Calendar {
            source,
            interval: Duration::from_secs(section.interval_s),
            addresses: section.addresses.clone(),
            context,
            file: state.join("agenda.json"),
            events,
            orders,
            booking: section.booking,
            told_may: None,
            kept: None,
            written: None,
            read: None,
        })
    }

    /// Runs until nobody listens.
    pub async fn run(mut self) {
        self.kept = Kept::load(&self.file, &self.context);
        if self.kept.is_some() && self.tell().await.is_err() {
            return;
        }
        let mut failures = 0;
        loop {
            let pause = match self.turn(Timestamp::now()).await {
                Ok(()) => {
                    if std::mem::take(&mut failures) > 0 {
                        tracing::info!("the calendar is read again");
                    }
                    // Rooms that started together do not ask together for ever.
                    self.interval.mul_f64(0.8 + 0.2 * fastrand::f64())
                }
                Err(trouble) => {
                    if failures == 0 {
                        tracing::warn!("the calendar cannot be read: {trouble}");
                    } else {
                        tracing::debug!("the calendar cannot be read: {trouble}");
                    }
                    failures += 1;
                    pause_after(failures, trouble.retry_after())
                }
            };
            if self.tell().await.is_err() {
                return;
            }
            let next = tokio::time::Instant::now() + pause;
            loop {
                let order = tokio::select! {
                    Some(order) = self.orders.recv() => order,
                    () = tokio::time::sleep_until(next) => break,
                };
                let (request, result) = (order.request, self.carry_out(order).await);
                let done = Event::Booking(BookingReport::Done { request, result });
                if self.tell().await.is_err() || self.events.send(done).await.is_err() {
                    return;
                }
            }
        }
    }

    /// Looks at the calendar once.
    async fn turn(&mut self, now: Timestamp) -> Result<(), Trouble> {
        let (from, to) = (start_of_day(now), now.checked_add(AHEAD).unwrap_or(now));
        let look = match &mut self.source {
            Source::Caldav(caldav) => caldav.look((now, to)).await?,
            Source::Ics(ics) => ics.look().await?,
        };
        let is_older = |time: Option<Timestamp>, age| time.is_none_or(|time| now.duration_since(time) >= age);
        let is_due = look == Look::Changed || is_older(self.read, STALE);
        if is_due {
            let entries = self.look_through(from, to).await;
            self.read = Some(now);
            let is_new = self.kept.as_ref().is_none_or(|kept| kept.entries != entries);
            self.kept = Some(Kept { as_of: now, entries });
            if is_new {
                self.written = None;
            }
        } else if let Some(kept) = &mut self.kept {
            kept.as_of = now;
        }
        if is_older(self.written, KEEP_AFTER)
            && let Some(kept) = &self.kept
        {
            self.written = Some(now);
            let (kept, file) = (kept.clone(), self.file.clone());
            let saved = tokio::task::spawn_blocking(move || kept.save(&file)).await;
            if let Ok(Err(error)) = saved {
                tracing::warn!("the agenda cannot be kept: {error:#}");
            }
        }
        Ok(())
    }

    /// What the calendar holds, as entries of the agenda.
    async fn look_through(&self, from: Timestamp, to: Timestamp) -> Vec<AgendaEntry> {
        let texts = match &self.source {
            Source::Caldav(caldav) => caldav.texts(),
            Source::Ics(ics) => ics.texts(),
        };
        let addresses = self.all_addresses();
        let context = self.context.clone();
        let reading = tokio::task::spawn_blocking(move || {
            let zone = TimeZone::system();
            let query =
                Query { from, to, zone: &zone, zones: jiff::tz::db(), addresses: &addresses, context: &context };
            agenda::read(texts.iter().map(|text| &**text), &query)
        });
        let Ok(reading) = reading.await else { return Vec::new() };
        for note in reading.notes {
            tracing::warn!("of the calendar: {note}");
        }
        reading.occurrences.into_iter().map(entry).collect()
    }

    /// The room's own, as configured and as the server says.
    fn all_addresses(&self) -> Vec<String> {
        let told: &[String] = match &self.source {
            Source::Caldav(caldav) => caldav.addresses(),
            Source::Ics(_) => &[],
        };
        [&self.addresses, told].concat()
    }

    async fn tell(&mut self) -> Result<(), mpsc::error::SendError<Event>> {
        let may = self.may_book();
        if self.told_may != Some(may) {
            self.told_may = Some(may);
            self.events.send(Event::Booking(BookingReport::May(may))).await?;
        }
        let Some(kept) = &self.kept else { return Ok(()) };
        let (entries, as_of) = (kept.entries.clone(), since_epoch(kept.as_of));
        self.events.send(Event::Calendar { entries, as_of }).await
    }
}

/// The room's last midnight: its day is shown whole, also what is over of it.
fn start_of_day(now: Timestamp) -> Timestamp {
    let midnight = now.to_zoned(TimeZone::system()).start_of_day();
    midnight.map_or(now, |midnight| midnight.timestamp())
}

fn entry(occurrence: agenda::Occurrence) -> AgendaEntry {
    AgendaEntry {
        title: occurrence.title,
        start: since_epoch(occurrence.start),
        end: since_epoch(occurrence.end),
        all_day: occurrence.all_day,
        venue: occurrence.venue,
        uid: occurrence.uid,
        is_transparent: occurrence.is_transparent,
    }
}

/// Longer after each failure, but no longer than people would wait for; and as long as the server asks.
fn pause_after(failures: u32, asked: Option<Duration>) -> Duration {
    let pause = PAUSE_AFTER_FAILURE.saturating_mul(1 << failures.saturating_sub(1).min(16)).min(PAUSE_MAX);
    let pause = pause.mul_f64(0.75 + 0.5 * fastrand::f64());
    asked.map_or(pause, |asked| pause.max(asked.min(PAUSE_MAX)))
}
