//! What of the path may be used: while its estimate falls, less than it says.

use std::time::{Duration, Instant};

/// How long an estimate that falls is not yet believed to be low enough.
const FALLING: Duration = Duration::from_secs(2);

/// The path to the server, as congestion control knows it.
#[derive(Debug, Default)]
pub(super) struct Path {
    estimate_bps: Option<u64>,
    /// The highest of late, and when it was.
    peak: Option<(u64, Instant)>,
}

impl Path {
    /// Another path: nothing is known of it.
    pub fn begin(&mut self) {
        *self = Path::default();
    }

    /// A new estimate.
    pub fn note(&mut self, estimate_bps: u64, now: Instant) {
        if self.peak.is_none_or(|(peak, at)| estimate_bps >= peak || now >= at + FALLING) {
            self.peak = Some((estimate_bps, now));
        }
        self.estimate_bps = Some(estimate_bps);
    }

    /// What to send at most, in bits per second; `None` while nothing is known.
    ///
    /// An estimate that has fallen by a fifth within two seconds goes on falling: it follows a queue
    /// that is full already. Sending three quarters of it empties the queue, in which sound waits too.
    pub fn usable_bps(&self) -> Option<u64> {
        let estimate_bps = self.estimate_bps?;
        let falls = self.peak.is_some_and(|(peak, _)| estimate_bps < peak / 5 * 4);
        Some(if falls { estimate_bps / 4 * 3 } else { estimate_bps })
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
        path.note(2_000_000, at(0));
        path.note(1_900_000, at(500));
        assert_eq!(path.usable_bps(), Some(1_900_000), "that is no fall");
        path.note(1_000_000, at(1000));
        assert_eq!(path.usable_bps(), Some(750_000));
        path.note(960_000, at(2100));
        assert_eq!(path.usable_bps(), Some(960_000), "it stays");
        path.begin();
        assert_eq!(path.usable_bps(), None);
    }
}
