//! The meetings the room knows of.

use std::time::Duration;

use crate::view::Meeting;
use crate::{Now, Venue};

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
}

impl AgendaEntry {
    /// What lasts whole days comes after the meetings of its last day, which people come for.
    fn order(&self) -> (Duration, Duration) {
        (if self.all_day { self.end } else { self.start }, self.end)
    }
}

/// How far ahead people see: a weekday says which day is meant.
const AHEAD: Duration = Duration::from_secs(6 * 86_400);

/// Meetings people see at most: more than a day has.
const SHOWN_MAX: usize = 50;

/// Soonest first; what is over is not shown, nor what is a week ahead.
#[derive(Debug, Clone, Default)]
pub struct Agenda(Vec<AgendaEntry>);

impl Agenda {
    pub fn new(mut entries: Vec<AgendaEntry>) -> Agenda {
        entries.retain(|entry| entry.start <= entry.end);
        entries.sort_by_key(AgendaEntry::order);
        Agenda(entries)
    }

    fn current(&self, now: Now) -> impl Iterator<Item = &AgendaEntry> {
        self.0.iter().filter(move |entry| entry.end > now.wall && entry.start < now.wall + AHEAD).take(SHOWN_MAX)
    }

    /// The meeting at this place of the list people see.
    pub fn entry(&self, index: usize, now: Now) -> Option<&AgendaEntry> {
        self.current(now).nth(index)
    }

    pub fn view(&self, now: Now) -> Vec<Meeting> {
        self.current(now)
            .map(|entry| Meeting {
                title: entry.title.clone(),
                start: now.local(entry.start),
                end: now.local(entry.end),
                all_day: entry.all_day,
                joinable: matches!(entry.venue, Some(Venue::Joinable(_))),
                obstacle: match entry.venue {
                    Some(Venue::NotJoinable(obstacle)) => Some(obstacle),
                    _ => None,
                },
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    fn entry(title: &str, start_s: u64, end_s: u64) -> AgendaEntry {
        let (start, end) = (Duration::from_secs(start_s), Duration::from_secs(end_s));
        AgendaEntry { title: Title::Plain(title.into()), start, end, all_day: false, venue: None }
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
        assert_eq!(agenda.entry(1, now).unwrap().title, Title::Plain("late".into()));
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
