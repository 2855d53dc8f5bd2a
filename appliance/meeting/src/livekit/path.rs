//! What of the path may be used: while its estimate falls, less than it says.

use std::time::{Duration, Instant};

use super::congestion::Turn;
use super::twice::Losses;

/// How long an estimate that falls is not yet believed to be low enough.
const FALLING: Duration = Duration::from_secs(2);

/// After a collapse nothing is sent but what is seen and heard for so long: the queue has to become empty.
const REST: Duration = Duration::from_millis(1500);

/// Enough for sound and the smallest layer, and for no other.
const SMALLEST_BPS: u64 = 250_000;

/// The path to the server, as congestion control knows it.
#[derive(Debug, Default)]
pub(super) struct Path {
    estimate_bps: Option<u64>,
    /// The highest of late, and when it was.
    peak: Option<(u64, Instant)>,
    /// When it collapsed last.
    collapsed: Option<Instant>,
    narrow: bool,
    losses: Losses,
}

impl Path {
    /// Another path: nothing is known of it.
    pub fn begin(&mut self) {
        *self = Path::default();
    }

    /// What it carries has changed.
    pub fn turn(&mut self, turn: Turn, now: Instant) {
        match turn {
            Turn::Estimate(bps) => {
                if self.peak.is_none_or(|(peak, at)| bps >= peak || now >= at + FALLING) {
                    self.peak = Some((bps, now));
                }
                self.estimate_bps = Some(bps);
            }
            // Nothing that was known of it holds any more.
            Turn::Collapsed(bps) => {
                (self.estimate_bps, self.peak, self.collapsed) = (Some(bps), None, Some(now));
            }
            Turn::Narrow(narrow) => self.narrow = narrow,
            Turn::Losses(losses) => self.losses = losses,
            Turn::Keyframe => {}
        }
    }

    /// There is hardly room for sound.
    pub fn is_narrow(&self) -> bool {
        self.narrow
    }

    /// Whether it is no time to look for more.
    pub fn rests(&self, now: Instant) -> bool {
        self.narrow || self.collapsed.is_some_and(|at| now < at + REST)
    }

    /// What to send at most, in bits per second; `None` while nothing is known.
    ///
    /// An estimate that has fallen by a fifth within two seconds goes on falling: it follows a queue
    /// that is full already. Sending three quarters of it empties the queue, in which sound waits too. What is
    /// sent twice takes twice as much.
    pub fn usable_bps(&self) -> Option<u64> {
        let estimate_bps = self.estimate_bps?;
        let falls = self.peak.is_some_and(|(peak, _)| estimate_bps < peak / 5 * 4);
        let usable_bps = if falls { estimate_bps / 4 * 3 } else { estimate_bps };
        Some(match self.losses {
            Losses::Few => usable_bps,
            Losses::Many => usable_bps / 2,
            Losses::Most => (usable_bps / 2).min(SMALLEST_BPS),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_estimate_that_falls_is_used_in_part_until_it_stays() {
        let (start, mut path) = (Instant::now(), Path::default());
        let at = |ms| start + Duration::from_millis(ms);
        assert_eq!(path.usable_bps(), None);
        path.turn(Turn::Estimate(2_000_000), at(0));
        path.turn(Turn::Estimate(1_900_000), at(500));
        assert_eq!(path.usable_bps(), Some(1_900_000), "that is no fall");
        path.turn(Turn::Estimate(1_000_000), at(1000));
        assert_eq!(path.usable_bps(), Some(750_000));
        path.turn(Turn::Estimate(960_000), at(2100));
        assert_eq!(path.usable_bps(), Some(960_000), "it stays");
        path.begin();
        assert_eq!(path.usable_bps(), None);
    }

    #[test]
    fn what_is_sent_twice_takes_twice_as_much() {
        let (now, mut path) = (Instant::now(), Path::default());
        path.turn(Turn::Estimate(2_000_000), now);
        let mut usable = |losses| {
            path.turn(Turn::Losses(losses), now);
            path.usable_bps()
        };
        assert_eq!(usable(Losses::Many), Some(1_000_000));
        assert_eq!(usable(Losses::Most), Some(SMALLEST_BPS));
        assert_eq!(usable(Losses::Few), Some(2_000_000));
    }

    #[test]
    fn a_path_that_has_collapsed_rests_and_what_is_known_of_it_since_is_used_whole() {
        let (start, mut path) = (Instant::now(), Path::default());
        path.turn(Turn::Estimate(2_000_000), start);
        assert!(!path.rests(start));
        path.turn(Turn::Collapsed(250_000), start);
        assert_eq!(path.usable_bps(), Some(250_000));
        path.turn(Turn::Estimate(240_000), start + Duration::from_millis(100));
        assert_eq!(path.usable_bps(), Some(240_000));
        assert!(path.rests(start + REST / 2) && !path.rests(start + REST));
    }
}
