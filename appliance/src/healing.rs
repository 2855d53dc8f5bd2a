//! A sound device that failed without being pulled out is tried again now and then.

use std::time::{Duration, Instant};

/// How long after a failure a device is tried again.
pub const RETRY: Duration = Duration::from_secs(5);

/// A device that has not failed again so long after it was opened anew works.
const SETTLED: Duration = Duration::from_secs(2);

/// Whether a device has failed, and since when.
#[derive(Debug, Default)]
pub struct Healing {
    failed: Option<Failed>,
}

#[derive(Debug)]
struct Failed {
    /// When it failed, or was last opened anew.
    at: Instant,
    opened_anew: bool,
}

/// What is to be done about a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Nothing,
    /// Open it anew.
    TryAgain,
    /// It counts as there again.
    Back,
}

impl Healing {
    /// It failed, or does not open.
    pub fn lost(&mut self, now: Instant) {
        self.failed = Some(Failed { at: now, opened_anew: false });
    }

    /// It was replaced: earlier failures were another device's.
    pub fn replaced(&mut self) {
        self.failed = None;
    }

    /// It works: sound came from it. Whether it had failed before.
    pub fn works(&mut self) -> bool {
        self.failed.take().is_some()
    }

    /// What is due.
    pub fn step(&mut self, now: Instant) -> Step {
        let Some(failed) = &mut self.failed else { return Step::Nothing };
        let passed = now.saturating_duration_since(failed.at);
        if failed.opened_anew && passed >= SETTLED {
            self.failed = None;
            Step::Back
        } else if !failed.opened_anew && passed >= RETRY {
            *failed = Failed { at: now, opened_anew: true };
            Step::TryAgain
        } else {
            Step::Nothing
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_that_failed_is_tried_every_five_seconds_until_it_works() {
        let start = Instant::now();
        let mut healing = Healing::default();
        assert_eq!(healing.step(start), Step::Nothing);
        healing.lost(start);
        assert_eq!(healing.step(start + RETRY / 2), Step::Nothing);
        assert_eq!(healing.step(start + RETRY), Step::TryAgain);
        // It does not open.
        healing.lost(start + RETRY);
        assert_eq!(healing.step(start + RETRY + SETTLED), Step::Nothing);
        assert_eq!(healing.step(start + 2 * RETRY), Step::TryAgain);
        assert_eq!(healing.step(start + 2 * RETRY + SETTLED), Step::Back);
        assert_eq!(healing.step(start + 3 * RETRY), Step::Nothing);
    }

    #[test]
    fn a_late_word_of_a_failure_does_not_take_away_a_device_that_works() {
        let start = Instant::now();
        let mut healing = Healing::default();
        healing.replaced();
        healing.lost(start); // was on its way when the device was replaced
        assert!(healing.works(), "it had counted as failed");
        assert_eq!(healing.step(start + RETRY), Step::Nothing);
        assert!(!healing.works());
    }
}
