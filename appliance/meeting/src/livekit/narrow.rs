//! When there is hardly room for sound: sound comes before pictures.

use std::time::{Duration, Instant};

/// Below so many bits per second the path is narrow, above the other it is not any more.
const NARROW_BPS: u64 = 150_000;
const WIDE_BPS: u64 = 200_000;
/// How long it has to look narrow.
const FOR: Duration = Duration::from_secs(1);
/// How long it is left alone before pictures are tried again; twice as long each time that fails.
const PATIENCE: Duration = Duration::from_secs(8);
const PATIENCE_MAX: Duration = Duration::from_secs(64);

/// Watches whether a path is narrow.
///
/// An estimate alone does not tell: where packets are lost at random it is far too low. What is narrow has a
/// queue.
#[derive(Debug)]
pub(super) struct Narrow {
    /// Since when it looks narrow.
    looks_since: Option<Instant>,
    /// Since when it is.
    since: Option<Instant>,
    ended: Option<Instant>,
    patience: Duration,
}

impl Default for Narrow {
    fn default() -> Narrow {
        Narrow { looks_since: None, since: None, ended: None, patience: PATIENCE }
    }
}

impl Narrow {
    /// Takes in an estimate, and whether packets wait in a queue; whether the path is narrow.
    pub fn note(&mut self, estimate_bps: u64, late: bool, now: Instant) -> bool {
        let looks = late && estimate_bps < NARROW_BPS;
        match self.since {
            None if !looks => self.looks_since = None,
            None => {
                if now >= *self.looks_since.get_or_insert(now) + FOR {
                    let again = self.ended.is_some_and(|at| now < at + self.patience);
                    self.patience = if again { (self.patience * 2).min(PATIENCE_MAX) } else { PATIENCE };
                    self.since = Some(now);
                }
            }
            Some(since) => {
                if !late && (estimate_bps >= WIDE_BPS || now >= since + self.patience) {
                    *self = Narrow { ended: Some(now), patience: self.patience, ..Narrow::default() };
                }
            }
        }
        self.since.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_narrow_when_it_has_a_queue_and_a_low_estimate_for_a_second() {
        let (start, mut narrow) = (Instant::now(), Narrow::default());
        let at = |ms| start + Duration::from_millis(ms);
        for ms in (0..5000).step_by(100) {
            assert!(!narrow.note(5_000, false, at(ms)), "radio");
        }
        assert!(!narrow.note(100_000, true, at(5000)) && !narrow.note(100_000, true, at(5900)));
        assert!(narrow.note(100_000, true, at(6000)));
        assert!(narrow.note(300_000, true, at(6100)), "while packets wait it is");
        assert!(narrow.note(180_000, false, at(6200)));
        assert!(!narrow.note(200_000, false, at(6300)));
    }

    #[test]
    fn what_cannot_be_known_is_tried_and_less_often_when_it_fails() {
        let (start, mut narrow) = (Instant::now(), Narrow::default());
        let mut tried = Vec::new();
        let mut is = false;
        for tenth in 0..1500_u32 {
            // A queue builds up whenever pictures are sent, and the estimate never rises.
            let next = narrow.note(80_000, !is, start + Duration::from_millis(100) * tenth);
            if is && !next {
                tried.push(tenth / 10);
            }
            is = next;
        }
        let gaps: Vec<u32> = tried.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert_eq!(tried[0], 9);
        assert_eq!(gaps, [17, 33, 65], "{tried:?}");
    }
}
