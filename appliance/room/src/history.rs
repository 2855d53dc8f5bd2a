//! The meetings people joined from this room, kept for a day at most where the configuration allows it.

use std::collections::VecDeque;
use std::time::Duration;

use crate::agenda::MeetingId;
use crate::view::Recent;
use crate::{Destination, Now};

/// Kept in memory only, and no longer than this: the people of tomorrow are others.
const KEPT: Duration = Duration::from_secs(86_400);
/// Kept at most, whatever the configuration says.
const MAX: usize = 20;

/// The newest first.
#[derive(Debug)]
pub(crate) struct History {
    max: usize,
    joined: VecDeque<Joined>,
    next: u64,
}

#[derive(Debug)]
struct Joined {
    id: MeetingId,
    what: String,
    destination: Destination,
    /// Time since the Unix epoch (UTC).
    at: Duration,
}

impl History {
    /// Keeps so many, none with 0.
    pub fn new(max: usize) -> History {
        History { max: max.min(MAX), joined: VecDeque::new(), next: 0 }
    }

    pub fn add(&mut self, what: &str, destination: &Destination, now: Now) {
        self.retain(|other| other != destination);
        self.next += 1;
        let (id, what, destination) = (MeetingId(self.next), what.to_owned(), destination.clone());
        self.joined.push_front(Joined { id, what, destination, at: now.wall });
        self.joined.truncate(self.max);
    }

    /// Keeps those for which this holds.
    pub fn retain(&mut self, keeps: impl Fn(&Destination) -> bool) {
        self.joined.retain(|joined| keeps(&joined.destination));
    }

    /// Drops what is too old.
    pub fn age(&mut self, now: Now) {
        self.joined.retain(|joined| joined.is_fresh(now));
    }

    pub fn clear(&mut self) {
        self.joined.clear();
    }

    pub fn find(&self, id: MeetingId) -> Option<(&Destination, &str)> {
        let joined = self.joined.iter().find(|joined| joined.id == id)?;
        Some((&joined.destination, &joined.what))
    }

    pub fn view(&self, now: Now) -> Vec<Recent> {
        let recent = |joined: &Joined| Recent { id: joined.id, what: joined.what.clone(), at: now.local(joined.at) };
        self.joined.iter().filter(|joined| joined.is_fresh(now)).map(recent).collect()
    }
}

impl Joined {
    /// What the clock, set back, says is to come is not.
    fn is_fresh(&self, now: Now) -> bool {
        now.wall.checked_sub(self.at).is_some_and(|age| age < KEPT)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;
    use crate::destination::ParseContext;

    fn at(hours: u64) -> Now {
        Now { monotonic: Instant::now(), wall: Duration::from_secs(1_800_000_000 + hours * 3600), utc_offset_s: 0 }
    }

    fn names(history: &History, now: Now) -> Vec<String> {
        history.view(now).into_iter().map(|recent| recent.what).collect()
    }

    fn destination(slug: &str) -> Destination {
        Destination::parse(&format!("https://visio.example/{slug}"), &ParseContext::default()).unwrap()
    }

    #[test]
    fn the_newest_are_kept_each_once_and_for_a_day() {
        let mut history = History::new(2);
        for (hour, slug) in [(0, "one"), (1, "two"), (2, "one"), (3, "three")] {
            history.add(slug, &destination(slug), at(hour));
        }
        assert_eq!(names(&history, at(3)), ["three", "one"]);
        history.age(at(26));
        assert_eq!(names(&history, at(26)), ["three"]);
        history.clear();
        assert!(names(&history, at(26)).is_empty());
    }

    #[test]
    fn without_being_allowed_nothing_is_kept() {
        let mut history = History::new(0);
        history.add("one", &destination("one"), at(0));
        assert!(names(&history, at(0)).is_empty());
        let mut history = History::new(5);
        history.add("one", &destination("one"), at(5));
        history.age(at(0));
        assert!(names(&history, at(0)).is_empty(), "the clock was wrong: nobody knows how old it is");
    }
}
