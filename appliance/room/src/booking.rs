//! Booking the room at its panel: what can be booked, extended, checked in to and released, and when
//! a meeting nobody came to is over.
//!
//! Only what was booked at the panel is ever changed, unless [`Rules::may_release`] says more.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::agenda::{Agenda, AgendaEntry};
use crate::view::{Booking, Language, Occupancy};
use crate::{Now, Output};

/// The UID of a booking made at a panel begins so: that is how it is recognised, also after a restart.
pub const UID_PREFIX: &str = "huisclos-booking-";

/// How long the room can be booked for at a touch, in minutes.
const BOOK_MINUTES: [u16; 4] = [15, 30, 45, 60];
/// By how much a meeting can be extended at a touch, in minutes.
const EXTEND_MINUTES: [u16; 2] = [15, 30];
/// Less than this is not worth booking.
const GAP_MIN: Duration = Duration::from_secs(5 * 60);
/// The longest booking that is offered, when the next meeting is far.
const GAP_MAX: Duration = Duration::from_secs(4 * 3600);
/// Whoever asks the calendar has an answer by then, or is told that there is none.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);
/// Meetings whose check-in is remembered: more than overlap.
const CAME_MAX: usize = 8;

const MINUTE: Duration = Duration::from_secs(60);

/// What IT lets people do at the panel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rules {
    /// Meetings that somebody else made may be declined in the room's name.
    pub may_release: bool,
    /// A meeting nobody has checked in to is released this long after its start; never with `None`.
    /// Without `may_release` it does nothing: whoever books at the panel is there.
    pub release_after: Option<Duration>,
}

/// What a person asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BookingWish {
    /// The room from now on, for so many minutes, or until the next meeting.
    Book { minutes: Option<u16> },
    /// The room for longer than the meeting in it, by so many minutes, or until the next meeting.
    Extend { minutes: Option<u16> },
    /// The meeting in the room is over, or does not take place.
    Release,
    /// People have come to the meeting in the room.
    CheckIn,
}

/// A change of the calendar, for the shell to carry out and answer with [`BookingReport::Done`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A new event. Times since the Unix epoch (UTC), in whole minutes; its title is in this language.
    Book { start: Duration, end: Duration, language: Language },
    /// A booking of the panel ends then. `free_from`: the room must be free from there to the new end.
    MoveEnd { uid: String, end: Duration, free_from: Duration },
    /// A booking of the panel is taken out.
    Remove { uid: String },
    /// The room declines somebody else's meeting.
    Decline { uid: String },
}

/// What the shell tells of booking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BookingReport {
    /// Whether the calendar takes bookings.
    May(Result<(), BookingFailure>),
    /// What came of the change with this number.
    Done { request: u64, result: Result<(), BookingFailure> },
}

/// Why nothing was booked. Each has its sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BookingFailure {
    /// There is no calendar.
    NoCalendar,
    /// The calendar can only be read: a file, or the account may not write.
    ReadOnly,
    /// What the calendar says is too old to book by.
    Unsure,
    /// Somebody has the room then.
    Taken,
    /// The calendar does not answer. What was asked may have been done: the agenda will show it.
    Offline,
    /// The calendar's server does not let the room.
    Refused,
    /// Somebody changed the meeting at the same time.
    Changed,
    /// The meeting is somebody else's.
    NotOurs,
    /// The calendar's server did not take it.
    Server,
}

/// What has been done, as people are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BookingNotice {
    /// Until this local wall time.
    Booked {
        until: Duration,
    },
    /// Until this local wall time.
    Extended {
        until: Duration,
    },
    Released,
    /// Nobody came.
    ReleasedUnused,
    CheckedIn,
    Failed(BookingFailure),
}

/// Whether a booking was made at a panel.
pub fn is_ours(uid: &str) -> bool {
    uid.starts_with(UID_PREFIX)
}

/// Whether no meeting but `except` takes any of the time between two moments.
pub fn is_free(entries: &[AgendaEntry], start: Duration, end: Duration, except: Option<&str>) -> bool {
    let in_the_way = |entry: &AgendaEntry| {
        let is_it = entry.uid.is_some() && entry.uid.as_deref() == except;
        takes_time(entry) && !is_it && entry.start < end && start < entry.end
    };
    !entries.iter().any(in_the_way)
}

fn takes_time(entry: &AgendaEntry) -> bool {
    !entry.is_transparent && entry.start < entry.end
}

/// A change that waits for its answer.
#[derive(Debug)]
struct Asked {
    request: u64,
    /// What people are told when it is done.
    then: BookingNotice,
    until: Instant,
}

/// What is known of booking, and what is under way.
#[derive(Debug)]
pub(crate) struct Bookings {
    rules: Rules,
    may: Result<(), BookingFailure>,
    asked: Option<Asked>,
    next_request: u64,
    /// Meetings people have come to, or that were released, by start and UID.
    settled: VecDeque<(Duration, Option<String>)>,
    /// When the room began to see who comes.
    started: Instant,
}

impl Bookings {
    pub fn new(rules: Rules, now: Now) -> Bookings {
        Bookings {
            rules,
            may: Err(BookingFailure::NoCalendar),
            asked: None,
            next_request: 1,
            settled: VecDeque::new(),
            started: now.monotonic,
        }
    }

    /// What a person asks for; the notice is for them, the output for the shell. `is_sure`: the agenda is what the
    /// calendar says now. `language`: of a booking's title.
    pub fn wish(
        &mut self,
        wish: BookingWish,
        agenda: &Agenda,
        is_sure: bool,
        language: Language,
        now: Now,
    ) -> (Option<BookingNotice>, Option<Output>) {
        if self.asked.is_some() {
            // One after the other: a second touch means the first.
            return (None, None);
        }
        match self.decide(wish, agenda, is_sure, language, now) {
            Ok(Decision::Nothing) => (None, None),
            Ok(Decision::Tell(notice)) => (Some(notice), None),
            Ok(Decision::Ask(change, then)) => (None, Some(self.ask(change, then, now))),
            Err(failure) => (Some(BookingNotice::Failed(failure)), None),
        }
    }

    fn decide(
        &mut self,
        wish: BookingWish,
        agenda: &Agenda,
        is_sure: bool,
        language: Language,
        now: Now,
    ) -> Result<Decision, BookingFailure> {
        let current = current(agenda, now);
        if wish == BookingWish::CheckIn {
            let Some(entry) = current else { return Ok(Decision::Nothing) };
            self.settle(entry);
            return Ok(Decision::Tell(BookingNotice::CheckedIn));
        }
        self.may?;
        if !is_sure {
            return Err(BookingFailure::Unsure);
        }
        let ends = |from: Duration, minutes: Option<u16>| match (minutes, next(agenda, from)) {
            (Some(minutes), next) => {
                let end = from + MINUTE * u32::from(minutes);
                if next.is_some_and(|next| next < end) { Err(BookingFailure::Taken) } else { Ok(end) }
            }
            (None, Some(next)) if next > from && next - from <= GAP_MAX => Ok(next),
            (None, _) => Err(BookingFailure::Taken),
        };
        match (wish, current) {
            (BookingWish::Book { .. }, Some(_)) => Err(BookingFailure::Taken),
            (BookingWish::Book { minutes }, None) => {
                let start = minute(now.wall);
                let end = ends(start, minutes)?;
                Ok(Decision::Ask(
                    Change::Book { start, end, language },
                    BookingNotice::Booked { until: now.local(end) },
                ))
            }
            (BookingWish::Extend { minutes }, Some(entry)) => {
                let from = busy_until(agenda, now);
                let end = ends(from, minutes)?;
                let change = match own_uid(entry).filter(|_| entry.end == from) {
                    Some(uid) => Change::MoveEnd { uid: uid.to_owned(), end, free_from: from },
                    // Somebody else's stays as it is; what follows it is booked.
                    None => Change::Book { start: from, end, language },
                };
                Ok(Decision::Ask(change, BookingNotice::Extended { until: now.local(end) }))
            }
            (BookingWish::Release, Some(entry)) => {
                let change = self.release(entry, now).ok_or(BookingFailure::NotOurs)?;
                self.settle(entry);
                Ok(Decision::Ask(change, BookingNotice::Released))
            }
            _ => Ok(Decision::Nothing),
        }
    }

    /// How a meeting is released, when it may be.
    fn release(&self, entry: &AgendaEntry, now: Now) -> Option<Change> {
        let uid = entry.uid.clone()?;
        let end = minute(now.wall);
        match is_ours(&uid) {
            // What has been stays in the calendar.
            true if end > entry.start => Some(Change::MoveEnd { uid, end, free_from: end }),
            true => Some(Change::Remove { uid }),
            false if self.rules.may_release => Some(Change::Decline { uid }),
            false => None,
        }
    }

    fn ask(&mut self, change: Change, then: BookingNotice, now: Now) -> Output {
        let request = self.next_request;
        self.next_request += 1;
        self.asked = Some(Asked { request, then, until: now.monotonic + ANSWER_WITHIN });
        Output::ChangeCalendar { request, change }
    }

    /// Takes what the shell tells; what people should know of it.
    pub fn report(&mut self, report: BookingReport) -> Option<BookingNotice> {
        match report {
            BookingReport::May(may) => {
                self.may = may;
                None
            }
            BookingReport::Done { request, result } => {
                let asked = self.asked.take_if(|asked| asked.request == request)?;
                Some(match result {
                    Ok(()) => asked.then,
                    Err(failure) => BookingNotice::Failed(failure),
                })
            }
        }
    }

    /// People are in the room: nothing of the meeting in it is released by itself.
    pub fn people_came(&mut self, agenda: &Agenda, now: Now) {
        if self.rules.release_after.is_some()
            && let Some(entry) = current(agenda, now)
        {
            self.settle(entry);
        }
    }

    /// What time brings: no answer, or nobody who came. `is_sure` as in [`Bookings::wish`].
    pub fn timeout(&mut self, agenda: &Agenda, is_sure: bool, now: Now) -> (Option<BookingNotice>, Option<Output>) {
        if let Some(asked) = &self.asked {
            if asked.until > now.monotonic {
                return (None, None);
            }
            self.asked = None;
            return (Some(BookingNotice::Failed(BookingFailure::Offline)), None);
        }
        let Some((entry, _)) = self.unsettled(agenda, now).filter(|(_, at)| *at <= now.wall) else {
            return (None, None);
        };
        let change = if is_sure { self.release(entry, now) } else { None };
        // Asked once: who comes now is not thrown out by a second attempt.
        self.settle(entry);
        (None, change.map(|change| self.ask(change, BookingNotice::ReleasedUnused, now)))
    }

    /// When to look again.
    pub fn deadline(&self, agenda: &Agenda, now: Now) -> Option<Instant> {
        if let Some(asked) = &self.asked {
            return Some(asked.until);
        }
        self.rules.release_after?;
        let unused = self.unsettled(agenda, now).map(|(_, at)| at);
        let begins = agenda.entries().map(|entry| entry.start).find(|start| *start > now.wall);
        unused.into_iter().chain(begins).min().map(|at| now.monotonic + at.saturating_sub(now.wall))
    }

    /// The meeting in the room, when it will be released unless people come, and when.
    fn unsettled<'a>(&self, agenda: &'a Agenda, now: Now) -> Option<(&'a AgendaEntry, Duration)> {
        let after = self.rules.release_after?;
        let entry = current(agenda, now)?;
        // Who came before the room was awake was not seen; clocks may have been wrong meanwhile.
        let awake_since = now.wall.saturating_sub(now.monotonic.saturating_duration_since(self.started));
        let may = self.may.is_ok() && self.rules.may_release && entry.uid.as_deref().is_some_and(|uid| !is_ours(uid));
        let is_settled = self.settled.iter().any(|settled| *settled == (entry.start, entry.uid.clone()));
        (may && !is_settled && !entry.all_day && awake_since <= entry.start).then(|| (entry, entry.start + after))
    }

    fn settle(&mut self, entry: &AgendaEntry) {
        let settled = (entry.start, entry.uid.clone());
        if !self.settled.contains(&settled) {
            self.settled.push_back(settled);
        }
        if self.settled.len() > CAME_MAX {
            self.settled.pop_front();
        }
    }

    /// What can be done at the panel now; `None` where nothing is booked at a panel.
    pub fn view(&self, agenda: &Agenda, is_sure: bool, now: Now) -> Option<Booking> {
        self.may.ok()?;
        let current = current(agenda, now);
        let (from, choices) = match current {
            None => (minute(now.wall), BOOK_MINUTES.as_slice()),
            Some(_) => (busy_until(agenda, now), EXTEND_MINUTES.as_slice()),
        };
        let next = next(agenda, from);
        let gap = next.map_or(GAP_MAX, |next| next.saturating_sub(from));
        let fits = |minutes: &&u16| MINUTE * u32::from(**minutes) <= gap;
        let is_whole = choices.iter().any(|minutes| MINUTE * u32::from(*minutes) == gap);
        let until_next = next.filter(|_| (GAP_MIN..=GAP_MAX).contains(&gap) && !is_whole);
        Some(Booking {
            occupancy: match current {
                None => Occupancy::Free { until: next.map(|next| now.local(next)) },
                Some(entry) => Occupancy::Taken {
                    title: entry.title.clone(),
                    until: now.local(from),
                    may_release: self.release(entry, now).is_some(),
                },
            },
            minutes: choices.iter().filter(fits).copied().collect(),
            until_next: until_next.map(|next| now.local(next)),
            release_at: self.unsettled(agenda, now).map(|(_, at)| now.local(at)),
            is_sure,
            is_waiting: self.asked.is_some(),
        })
    }
}

enum Decision {
    Nothing,
    Tell(BookingNotice),
    Ask(Change, BookingNotice),
}

fn own_uid(entry: &AgendaEntry) -> Option<&str> {
    entry.uid.as_deref().filter(|uid| is_ours(uid))
}

/// The meeting that has the room; of several, one that was booked at the panel, else the one that began last.
fn current(agenda: &Agenda, now: Now) -> Option<&AgendaEntry> {
    let going_on =
        agenda.entries().filter(|entry| takes_time(entry) && entry.start <= now.wall && now.wall < entry.end);
    going_on.max_by_key(|entry| (own_uid(entry).is_some(), !entry.all_day, entry.start))
}

/// Until when meetings that go on now have the room.
fn busy_until(agenda: &Agenda, now: Now) -> Duration {
    let mut until = now.wall;
    let going_on =
        agenda.entries().filter(|entry| takes_time(entry) && entry.start <= now.wall && now.wall < entry.end);
    for entry in going_on {
        until = until.max(entry.end);
    }
    until
}

/// When the next meeting begins, or `from` itself when one is going on then.
fn next(agenda: &Agenda, from: Duration) -> Option<Duration> {
    let after = agenda.entries().filter(|entry| takes_time(entry) && entry.end > from);
    after.map(|entry| entry.start.max(from)).min()
}

/// The minute a moment is in: what people read on clocks.
fn minute(time: Duration) -> Duration {
    Duration::from_secs(time.as_secs() / 60 * 60)
}
