//! The meetings the room knows of.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use crate::day::Day;
use crate::text::tidy;
use crate::view::Meeting;
use crate::{Destination, Now, Venue};

/// Which meeting is meant: it stays the same however often the calendar is read, and whatever comes before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct MeetingId(pub u64);

/// What a meeting is called.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Title {
    Plain(String),
    /// Nobody gave it a name.
    Untitled,
    /// Its name is nobody's business: the room is reserved.
    Private,
}

/// A meeting known beforehand.
#[derive(Debug, Clone, PartialEq)]
pub struct AgendaEntry {
    pub title: Title,
    /// Time since the Unix epoch (UTC).
    pub start: Duration,
    /// Time since the Unix epoch (UTC).
    pub end: Duration,
    /// It has days, not times: from the midnight of its first to the midnight after its last.
    pub all_day: bool,
    /// Where it takes place, when there is a link.
    pub venue: Option<Venue>,
    /// By which the calendar knows it (RFC 5545 §3.8.4.7). None of a private one, nor of what is in no calendar.
    pub uid: Option<String>,
    /// It takes nobody's time: the room stays free (`TRANSP:TRANSPARENT`).
    pub is_transparent: bool,
}

impl AgendaEntry {
    /// A meeting at these times, and nothing else known of it.
    pub fn new(title: Title, start: Duration, end: Duration) -> AgendaEntry {
        AgendaEntry { title, start, end, all_day: false, venue: None, uid: None, is_transparent: false }
    }

    /// What begins at the same time, has the same name and takes place in the same venue is the same meeting.
    pub fn id(&self) -> MeetingId {
        let mut hasher = DefaultHasher::new();
        (self.start, &self.title, &self.venue).hash(&mut hasher);
        MeetingId(hasher.finish())
    }

    /// The meeting as people see it.
    pub(crate) fn view(&self, now: Now) -> Meeting {
        Meeting {
            id: self.id(),
            title: self.title.clone(),
            start: now.local(self.start),
            end: now.local(self.end),
            all_day: self.all_day,
            joinable: matches!(self.venue, Some(Venue::Joinable(_))),
            code: self.code(),
            obstacle: match self.venue {
                Some(Venue::NotJoinable(obstacle)) => Some(obstacle),
                _ => None,
            },
        }
    }

    /// What others type to join it too. What is private has none, nor what takes more
    /// than a code: a token, or a passphrase.
    fn code(&self) -> Option<String> {
        match (&self.title, &self.venue) {
            (Title::Private, _) => None,
            (_, Some(Venue::Joinable(Destination::Visio { slug, passphrase: None, .. }))) => Some(slug.clone()),
            _ => None,
        }
    }

    /// What lasts whole days comes after the meetings of its last day, which people come for.
    fn order(&self) -> (Duration, Duration) {
        (if self.all_day { self.end } else { self.start }, self.end)
    }
}

/// How far ahead people see: a weekday says which day is meant.
const AHEAD: Duration = Duration::from_secs(6 * 86_400);

/// Meetings people see at most: more than a day has.
const SHOWN_MAX: usize = 50;

/// Letters of a title, of which screens show fewer still.
const TITLE_LETTERS_MAX: usize = 200;

/// Soonest first; what is over is not shown, nor what is a week ahead.
#[derive(Debug, Clone, Default)]
pub struct Agenda(Vec<AgendaEntry>);

impl Agenda {
    pub fn new(mut entries: Vec<AgendaEntry>) -> Agenda {
        entries.retain(|entry| entry.start <= entry.end);
        for entry in &mut entries {
            if let Title::Plain(title) = &entry.title {
                let title = tidy(title, TITLE_LETTERS_MAX);
                entry.title = if title.is_empty() { Title::Untitled } else { Title::Plain(title) };
            }
        }
        entries.sort_by_key(AgendaEntry::order);
        Agenda(entries)
    }

    fn current(&self, now: Now) -> impl Iterator<Item = &AgendaEntry> {
        self.0.iter().filter(move |entry| entry.end > now.wall && entry.start < now.wall + AHEAD).take(SHOWN_MAX)
    }

    /// The meeting people mean, unless it is over or gone.
    pub fn find(&self, id: MeetingId, now: Now) -> Option<&AgendaEntry> {
        self.0.iter().filter(|entry| entry.end > now.wall).find(|entry| entry.id() == id)
    }

    /// Everything known, soonest first.
    pub(crate) fn entries(&self) -> impl Iterator<Item = &AgendaEntry> {
        self.0.iter()
    }

    pub fn view(&self, now: Now) -> Vec<Meeting> {
        self.current(now).map(|entry| entry.view(now)).collect()
    }

    /// The day so many days ahead, also what is over of it.
    pub fn day(&self, days: u32, now: Now) -> Day {
        Day::new(self.0.iter(), days, now)
    }

    /// When the next meeting begins, as time since the Unix epoch (UTC); a whole day is no appointment.
    pub fn next_start(&self, now: Now) -> Option<Duration> {
        self.0.iter().filter(|entry| !entry.all_day && entry.start >= now.wall).map(|entry| entry.start).min()
    }

    /// Whether a private meeting takes place there.
    pub fn is_private(&self, destination: &Destination) -> bool {
        let is_there =
            |entry: &AgendaEntry| matches!(&entry.venue, Some(Venue::Joinable(there)) if there.is_where(destination));
        self.0.iter().any(|entry| entry.title == Title::Private && is_there(entry))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    fn entry(title: &str, start_s: u64, end_s: u64) -> AgendaEntry {
        let (start, end) = (Duration::from_secs(start_s), Duration::from_secs(end_s));
        AgendaEntry::new(Title::Plain(title.into()), start, end)
    }

    fn titles(agenda: &Agenda, now: Now) -> Vec<Title> {
        agenda.view(now).into_iter().map(|meeting| meeting.title).collect()
    }

    #[test]
    fn what_is_over_is_gone_and_the_next_comes_first() {
        let agenda = Agenda::new(vec![entry("late", 300, 400), entry("over", 0, 100), entry("now", 50, 200)]);
        let now = Now { monotonic: Instant::now(), wall: Duration::from_secs(150), utc_offset_s: 60 };
        assert_eq!(titles(&agenda, now), ["now", "late"].map(|title| Title::Plain(title.into())));
        assert_eq!(agenda.view(now)[0].start, Duration::from_secs(110));
    }

    #[test]
    fn a_meeting_is_the_same_however_the_agenda_around_it_changes() {
        let now = Now { monotonic: Instant::now(), wall: Duration::from_secs(150), utc_offset_s: 60 };
        let id = Agenda::new(vec![entry("late", 300, 400)]).view(now)[0].id;
        let agenda = Agenda::new(vec![entry("late", 300, 400), entry("now", 50, 200), entry("late", 500, 600)]);
        assert_eq!(agenda.find(id, now).map(|entry| entry.start), Some(Duration::from_secs(300)));
        let ids = agenda.view(now).into_iter().map(|meeting| meeting.id);
        assert_eq!(ids.collect::<std::collections::HashSet<_>>().len(), 3);
        assert_eq!(agenda.find(id, Now { wall: Duration::from_secs(400), ..now }), None, "it is over");
    }

    #[test]
    fn titles_are_bounded_and_turn_nothing_around() {
        let now = Now { monotonic: Instant::now(), wall: Duration::ZERO, utc_offset_s: 0 };
        let of = |title: &str| titles(&Agenda::new(vec![entry(title, 300, 400)]), now).remove(0);
        assert_eq!(of(&"a".repeat(10_000)), Title::Plain(format!("{}…", "a".repeat(200))));
        assert_eq!(of("\u{202e}gpj.tnioP"), Title::Plain("gpj.tnioP".into()));
        assert_eq!(of(" \u{200b} "), Title::Untitled);
    }

    #[test]
    fn what_is_a_week_ahead_waits() {
        const WEEK: u64 = 7 * 86_400;
        let agenda = Agenda::new(vec![entry("next week", WEEK, WEEK + 60)]);
        let mut now = Now { monotonic: Instant::now(), wall: Duration::ZERO, utc_offset_s: 0 };
        assert!(titles(&agenda, now).is_empty());
        now.wall = Duration::from_secs(2 * 86_400);
        assert_eq!(titles(&agenda, now), [Title::Plain("next week".into())]);
    }

    #[test]
    fn a_whole_day_waits_behind_the_meetings_of_the_day() {
        const DAY: u64 = 86_400;
        let fair = AgendaEntry { all_day: true, ..entry("fair", 0, DAY) };
        let agenda = Agenda::new(vec![fair, entry("tomorrow", DAY + 100, DAY + 200), entry("afternoon", 500, 600)]);
        let now = Now { monotonic: Instant::now(), wall: Duration::from_secs(1), utc_offset_s: 0 };
        let expected = ["afternoon", "fair", "tomorrow"].map(|title| Title::Plain(title.into()));
        assert_eq!(titles(&agenda, now), expected);
    }
}
