//! What people book at the panel, written into the calendar: looked at before, and again after, so that two
//! who book at once are not both told that the room is theirs.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use room::booking::{BookingFailure, Change, UID_PREFIX, is_free};
use uuid::Uuid;

use super::caldav::Caldav;
use super::http::Trouble;
use super::{Calendar, Source};

/// Orders that may wait: people ask for one at a time.
pub const ORDERS: usize = 4;
/// Whoever asked for longer ago has been told that the calendar does not answer.
const PATIENCE: Duration = Duration::from_secs(25);

/// A change that somebody at the panel asked for.
#[derive(Debug)]
pub struct Order {
    pub request: u64,
    pub change: Change,
    pub asked: Instant,
}

impl Calendar {
    /// Whether people can book here.
    pub(super) fn may_book(&self) -> Result<(), BookingFailure> {
        match &self.source {
            Source::Caldav(caldav) if self.booking && caldav.may_write() => Ok(()),
            Source::Caldav(_) | Source::Ics(_) => Err(BookingFailure::ReadOnly),
        }
    }

    pub(super) async fn carry_out(&mut self, order: Order) -> Result<(), BookingFailure> {
        let left = PATIENCE.saturating_sub(order.asked.elapsed());
        if left.is_zero() {
            return Err(BookingFailure::Offline);
        }
        let result = tokio::time::timeout(left, self.write(order.change)).await;
        let result = result.unwrap_or(Err(BookingFailure::Offline));
        if let Err(failure) = result {
            tracing::info!(?failure, "nothing was booked at the panel");
        }
        result
    }

    async fn write(&mut self, change: Change) -> Result<(), BookingFailure> {
        self.may_book()?;
        // What the calendar says now, not a minute ago.
        self.turn(Timestamp::now()).await.map_err(failure)?;
        match change {
            Change::Book { start, end, language } => {
                self.demand_free(start, end, None)?;
                let uid = format!("{UID_PREFIX}{}", Uuid::new_v4());
                let title = ui::booking_title(language);
                let text = agenda::write::event(&agenda::write::NewEvent {
                    uid: &uid,
                    stamp: Timestamp::now(),
                    start: timestamp(start)?,
                    end: timestamp(end)?,
                    title: &title,
                });
                self.caldav()?.create(&uid, text).await.map_err(failure)?;
                // It is written whether or not it can be read again at once.
                let _ = self.turn(Timestamp::now()).await;
                if self.demand_free(start, end, Some(&uid)).is_err() {
                    self.caldav()?.remove(&uid).await.map_err(failure)?;
                    let _ = self.turn(Timestamp::now()).await;
                    return Err(BookingFailure::Taken);
                }
                Ok(())
            }
            Change::MoveEnd { uid, end, free_from } => {
                self.demand_free(free_from, end, Some(&uid))?;
                let (new_end, stamp) = (timestamp(end)?, Timestamp::now());
                self.change(&uid, |text| agenda::write::with_end(text, &uid, new_end, stamp)).await
            }
            Change::Remove { uid } => {
                self.caldav()?.remove(&uid).await.map_err(failure)?;
                let _ = self.turn(Timestamp::now()).await;
                Ok(())
            }
            Change::Decline { uid } => {
                let (addresses, stamp) = (self.all_addresses(), Timestamp::now());
                self.change(&uid, |text| agenda::write::declined(text, &uid, &addresses, stamp)).await
            }
        }
    }

    /// Changes an event, then reads the calendar: what was written is what the panel shows.
    async fn change(&mut self, uid: &str, edit: impl FnOnce(&str) -> Option<String>) -> Result<(), BookingFailure> {
        if !self.caldav()?.change(uid, edit).await.map_err(failure)? {
            return Err(BookingFailure::NotOurs);
        }
        let _ = self.turn(Timestamp::now()).await;
        Ok(())
    }

    fn demand_free(&self, start: Duration, end: Duration, except: Option<&str>) -> Result<(), BookingFailure> {
        let entries = self.kept.as_ref().map_or(&[][..], |kept| kept.entries.as_slice());
        if is_free(entries, start, end, except) { Ok(()) } else { Err(BookingFailure::Taken) }
    }

    fn caldav(&self) -> Result<&Caldav, BookingFailure> {
        match &self.source {
            Source::Caldav(caldav) => Ok(caldav),
            Source::Ics(_) => Err(BookingFailure::ReadOnly),
        }
    }
}

fn timestamp(time: Duration) -> Result<Timestamp, BookingFailure> {
    let seconds = i64::try_from(time.as_secs()).map_err(|_| BookingFailure::Server)?;
    Timestamp::from_second(seconds).map_err(|_| BookingFailure::Server)
}

fn failure(trouble: Trouble) -> BookingFailure {
    tracing::debug!("of a booking: {trouble}");
    match trouble {
        Trouble::Unreachable(_) | Trouble::Busy { .. } => BookingFailure::Offline,
        Trouble::Refused => BookingFailure::Refused,
        Trouble::Changed => BookingFailure::Changed,
        _ => BookingFailure::Server,
    }
}
