//! The room's microphones as one: it can be heard as long as one of them works.

use std::time::Instant;

use room::event::DeviceReport;

use crate::healing::{Healing, Step};

/// Every microphone of the board.
#[derive(Debug)]
pub struct Microphones {
    all: Vec<Microphone>,
    /// What the room was told last.
    told: Told,
}

#[derive(Debug)]
struct Microphone {
    is_present: bool,
    has_failed: bool,
    healing: Healing,
    level: f32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    Ready,
    Missing,
    Failed,
}

impl Microphones {
    /// By their place on the board, those that are there and those that are not.
    pub fn new(present: Vec<bool>) -> Microphones {
        let microphone =
            |is_present| Microphone { is_present, has_failed: false, healing: Healing::default(), level: 0.0 };
        let mut microphones = Microphones { all: present.into_iter().map(microphone).collect(), told: Told::Missing };
        microphones.told = microphones.sum();
        microphones
    }

    /// `ready`, `missing` or `failed`, and the level, 0 to 1, of each.
    pub fn each(&self) -> impl Iterator<Item = (&'static str, f32)> {
        self.all.iter().map(|microphone| match (microphone.is_present, microphone.has_failed) {
            (false, _) => ("missing", 0.0),
            (true, true) => ("failed", 0.0),
            (true, false) => ("ready", microphone.level),
        })
    }

    /// How many the board has.
    pub fn count(&self) -> usize {
        self.all.len()
    }

    /// The loudest of them, 0 to 1.
    pub fn level(&self) -> f32 {
        self.each().map(|(_, level)| level).fold(0.0, f32::max)
    }

    /// Sound came from one: it works.
    pub fn heard(&mut self, index: usize, level: f32) {
        if let Some(microphone) = self.all.get_mut(index) {
            microphone.level = level;
            if microphone.healing.works() {
                microphone.has_failed = false;
            }
        }
    }

    /// One failed without being pulled out.
    pub fn lost(&mut self, index: usize, now: Instant) {
        if let Some(microphone) = self.all.get_mut(index) {
            microphone.has_failed = true;
            microphone.healing.lost(now);
        }
    }

    /// One was plugged in or pulled out.
    pub fn replaced(&mut self, index: usize, is_present: bool) {
        if let Some(microphone) = self.all.get_mut(index) {
            (microphone.is_present, microphone.has_failed) = (is_present, false);
            microphone.healing.replaced();
        }
    }

    /// Those that are due to be opened anew.
    pub fn due(&mut self, now: Instant) -> Vec<usize> {
        let step = |(index, microphone): (usize, &mut Microphone)| match microphone.healing.step(now) {
            Step::TryAgain => Some(index),
            Step::Back => {
                microphone.has_failed = false;
                None
            }
            Step::Nothing => None,
        };
        self.all.iter_mut().enumerate().filter_map(step).collect()
    }

    /// What the room should hear, when it is not what it heard last.
    pub fn news(&mut self) -> Option<DeviceReport> {
        let sum = self.sum();
        if std::mem::replace(&mut self.told, sum) == sum {
            return None;
        }
        Some(match sum {
            Told::Ready => DeviceReport::Microphone { present: true },
            Told::Missing => DeviceReport::Microphone { present: false },
            Told::Failed => DeviceReport::MicrophoneFailed,
        })
    }

    fn sum(&self) -> Told {
        let is = |wanted| self.each().any(|(state, _)| state == wanted);
        match (is("ready"), is("failed")) {
            (true, _) => Told::Ready,
            (false, true) => Told::Failed,
            (false, false) => Told::Missing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::healing::RETRY;

    #[test]
    fn the_room_hears_only_of_the_last_one_that_goes_and_the_first_that_comes() {
        let start = Instant::now();
        let mut microphones = Microphones::new(vec![true, true, false]);
        assert_eq!(microphones.news(), None, "the room knows already");
        microphones.replaced(0, false);
        assert_eq!(microphones.news(), None, "one is left");
        microphones.lost(1, start);
        assert_eq!(microphones.news(), Some(DeviceReport::MicrophoneFailed));
        assert_eq!(microphones.due(start + RETRY), [1]);
        microphones.heard(1, 0.5);
        assert_eq!(microphones.news(), Some(DeviceReport::Microphone { present: true }));
        assert_eq!(microphones.each().collect::<Vec<_>>(), [("missing", 0.0), ("ready", 0.5), ("missing", 0.0)]);
        microphones.replaced(1, false);
        assert_eq!(microphones.news(), Some(DeviceReport::Microphone { present: false }));
        microphones.replaced(2, true);
        assert_eq!(microphones.news(), Some(DeviceReport::Microphone { present: true }));
    }

    #[test]
    fn one_that_fails_is_tried_again_while_the_others_go_on() {
        let start = Instant::now();
        let mut microphones = Microphones::new(vec![true, true]);
        microphones.lost(0, start);
        assert_eq!(microphones.news(), None);
        assert_eq!(microphones.due(start), [] as [usize; 0]);
        assert_eq!(microphones.due(start + RETRY), [0]);
        assert_eq!(microphones.due(start + RETRY), [] as [usize; 0]);
        assert_eq!(microphones.each().next(), Some(("failed", 0.0)));
    }
}
