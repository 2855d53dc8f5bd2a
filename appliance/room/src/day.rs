//! A day of the room, from its first meeting to its last, with the gaps between them.

use std::time::Duration;

use crate::Now;
use crate::agenda::AgendaEntry;
use crate::view::Meeting;

const DAY: Duration = Duration::from_secs(86_400);
/// When people work: gaps are told of within this time of the day.
const WORK: (Duration, Duration) = (Duration::from_secs(8 * 3600), Duration::from_secs(19 * 3600));
/// Shorter gaps are for opening windows.
const GAP_MIN: Duration = Duration::from_secs(15 * 60);
/// Meetings of a day that people page through; a room that has more is no room for people.
const SHOWN_MAX: usize = 100;
/// Of those over, so many stay where not all are shown.
const OVER_SHOWN: usize = 10;

/// The meetings of one day, those over too.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Day {
    /// Its midnight, in local time as time since the Unix epoch.
    pub start: Duration,
    /// In the order they begin, what lasts the whole day first.
    pub meetings: Vec<Meeting>,
    /// How many later ones are not shown.
    pub more: usize,
}

/// What is at one time of a day.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Slot<'a> {
    Meeting(&'a Meeting),
    /// Nothing, from and until these local times, as time since the Unix epoch.
    Free {
        from: Duration,
        until: Duration,
    },
}

impl Day {
    /// The day so many days ahead, out of entries of which some are of that day.
    pub(crate) fn new<'a>(entries: impl Iterator<Item = &'a AgendaEntry>, days: u32, now: Now) -> Day {
        let start = DAY * (now.local(now.wall).as_secs() / DAY.as_secs()) as u32 + DAY * days;
        let is_of_day = |entry: &&AgendaEntry| {
            let (from, until) = (now.local(entry.start), now.local(entry.end));
            from < start + DAY && (until > start || from >= start)
        };
        let mut of_day: Vec<&AgendaEntry> = entries.filter(is_of_day).collect();
        of_day.sort_by_key(|entry| (!entry.all_day, entry.start, entry.end));
        let beyond = of_day.len().saturating_sub(SHOWN_MAX);
        let over = of_day.iter().filter(|entry| entry.end <= now.wall).count();
        let skip = over.saturating_sub(OVER_SHOWN).min(beyond);
        let meetings = of_day.into_iter().skip(skip).take(SHOWN_MAX).map(|entry| entry.view(now)).collect();
        Day { start, meetings, more: beyond - skip }
    }

    /// Its meetings and the gaps between them, those that are still to come at `local_time`.
    pub fn slots(&self, local_time: Duration) -> Vec<Slot<'_>> {
        let (opens, closes) = (self.start + WORK.0, self.start + WORK.1);
        // What lasts the whole day leaves no gaps, nor does what is not shown.
        let told = self.more == 0 && !self.meetings.iter().any(|meeting| meeting.all_day);
        let minute = Duration::from_secs(local_time.as_secs() / 60 * 60);
        let mut free_from = opens.max(minute);
        let mut slots = Vec::with_capacity(2 * self.meetings.len() + 1);
        let gap = |from: Duration, until: Duration| {
            let until = until.min(closes);
            (told && until >= from + GAP_MIN).then_some(Slot::Free { from, until })
        };
        for meeting in &self.meetings {
            slots.extend(gap(free_from, meeting.start));
            slots.push(Slot::Meeting(meeting));
            free_from = free_from.max(meeting.end);
        }
        slots.extend(gap(free_from, closes));
        slots
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;
    use crate::Title;

    /// 20,000 days since 1 January 1970, in a room an hour east of Greenwich.
    const TODAY: u64 = 20_000 * 86_400;

    fn at(hour: u64, minute: u64) -> Now {
        let wall = Duration::from_secs(TODAY + (hour * 60 + minute) * 60 - 3600);
        Now { monotonic: Instant::now(), wall, utc_offset_s: 3600 }
    }

    fn entry(title: &str, from: (u64, u64), until: (u64, u64)) -> AgendaEntry {
        let (start, end) = (at(from.0, from.1).wall, at(until.0, until.1).wall);
        AgendaEntry::new(Title::Plain(title.into()), start, end)
    }

    /// `10:00-11:30` for a gap, the title for a meeting.
    fn told(day: &Day, now: Now) -> Vec<String> {
        let clock = |time: Duration| format!("{}:{:02}", time.as_secs() / 3600 % 24, time.as_secs() / 60 % 60);
        let slots = day.slots(now.local(now.wall));
        let word = |slot: Slot| match slot {
            Slot::Meeting(Meeting { title: Title::Plain(title), .. }) => title.clone(),
            Slot::Meeting(_) => panic!(),
            Slot::Free { from, until } => format!("{}-{}", clock(from), clock(until)),
        };
        slots.into_iter().map(word).collect()
    }

    #[test]
    fn a_day_is_told_with_what_is_over_and_the_gaps_to_come() {
        let entries = [
            entry("late", (17, 0), (21, 0)),
            entry("over", (8, 30), (9, 0)),
            entry("now", (10, 0), (11, 0)),
            entry("at once", (11, 10), (12, 0)),
            entry("over midnight", (23, 0), (25, 0)),
            entry("tomorrow", (33, 0), (34, 0)),
        ];
        let now = at(10, 20);
        let today = Day::new(entries.iter(), 0, now);
        let expected = ["over", "now", "at once", "12:00-17:00", "late", "over midnight"];
        assert_eq!(told(&today, now), expected);
        let tomorrow = Day::new(entries.iter(), 1, now);
        assert_eq!(told(&tomorrow, now), ["over midnight", "8:00-9:00", "tomorrow", "10:00-19:00"]);
        assert_eq!(told(&Day::new([].iter(), 0, at(9, 17)), at(9, 17)), ["9:17-19:00"]);
        assert!(told(&Day::new([].iter(), 0, at(19, 30)), at(19, 30)).is_empty());
    }

    #[test]
    fn meetings_inside_others_leave_no_gap_and_whole_days_none_at_all() {
        let long = [entry("long", (9, 0), (12, 0)), entry("inside", (9, 30), (10, 0))];
        assert_eq!(told(&Day::new(long.iter(), 0, at(7, 0)), at(7, 0)), ["8:00-9:00", "long", "inside", "12:00-19:00"]);
        let fair = [AgendaEntry { all_day: true, ..entry("fair", (0, 0), (24, 0)) }, entry("one", (9, 0), (10, 0))];
        assert_eq!(told(&Day::new(fair.iter(), 0, at(7, 0)), at(7, 0)), ["fair", "one"]);
    }

    #[test]
    fn a_day_of_five_hundred_meetings_is_bounded_and_shows_what_is_to_come() {
        let entries: Vec<AgendaEntry> = (0..500).map(|n| entry(&n.to_string(), (0, n), (0, n + 1))).collect();
        let day = Day::new(entries.iter(), 0, at(2, 0));
        assert_eq!((day.meetings.len(), day.more), (100, 500 - 110 - 100));
        assert_eq!(day.meetings[10].title, Title::Plain("120".into()), "ten of those over stay");
        assert_eq!(Day::new(entries.iter(), 0, at(20, 0)).more, 0);
    }
}
