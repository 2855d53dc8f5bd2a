//! The meetings the room knows of.

use std::time::Duration;

use crate::view::Meeting;
use crate::{Destination, Now};

/// A meeting known beforehand.
#[derive(Debug, Clone, PartialEq)]
pub struct AgendaEntry {
    pub title: String,
    /// Time since the Unix epoch (UTC).
    pub start: Duration,
    /// Time since the Unix epoch (UTC).
    pub end: Duration,
    /// Where it takes place, when the room can go there.
    pub destination: Option<Destination>,
}

/// Soonest first; what is over is not shown.
#[derive(Debug, Clone, Default)]
pub struct Agenda(Vec<AgendaEntry>);

impl Agenda {
    pub fn new(mut entries: Vec<AgendaEntry>) -> Agenda {
        entries.retain(|entry| entry.start <= entry.end);
        entries.sort_by_key(|entry| (entry.start, entry.end));
        Agenda(entries)
    }

    fn current(&self, now: Now) -> impl Iterator<Item = &AgendaEntry> {
        self.0.iter().filter(move |entry| entry.end > now.wall)
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
                joinable: entry.destination.is_some(),
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
        AgendaEntry { title: title.into(), start, end, destination: None }
    }

    #[test]
    fn what_is_over_is_gone_and_the_next_comes_first() {
        let agenda = Agenda::new(vec![entry("late", 300, 400), entry("over", 0, 100), entry("now", 50, 200)]);
        let now = Now { monotonic: Instant::now(), wall: Duration::from_secs(150), utc_offset_s: 60 };
        let titles: Vec<String> = agenda.view(now).into_iter().map(|m| m.title).collect();
        assert_eq!(titles, ["now", "late"]);
        assert_eq!(agenda.view(now)[0].start, Duration::from_secs(110));
        assert_eq!(agenda.entry(1, now).unwrap().title, "late");
    }
}
