//! Whether a remote picture stands still, and how long it did.

use std::time::{Duration, Instant};

/// From when on people should know that what they see stands still: shorter is a hiccup.
const STILL: Duration = Duration::from_secs(3);
/// What is added to the usual interval at least, before an interval is a freeze (W3C WebRTC statistics,
/// `freezeCount`).
const MARGIN: Duration = Duration::from_millis(150);
/// How many intervals the usual one is averaged over.
const AVERAGED: u32 = 30;

/// Watches when the pictures of one track come.
#[derive(Debug, Default)]
pub(crate) struct FreezeMeter {
    last: Option<Instant>,
    /// Between pictures that come as they should; none before the second.
    usual: Option<Duration>,
}

impl FreezeMeter {
    /// A new picture is shown. How long the one before stood still, when that was too long.
    pub fn shown(&mut self, now: Instant) -> Option<Duration> {
        let interval = now.saturating_duration_since(self.last.replace(now)?);
        let Some(usual) = self.usual else {
            self.usual = Some(interval);
            return None;
        };
        let frozen = interval > (3 * usual).max(usual + MARGIN);
        self.usual = Some((usual * (AVERAGED - 1) + interval) / AVERAGED);
        frozen.then_some(interval)
    }

    /// Whether the picture has stood still for so long that people should know.
    pub fn is_still(&self, now: Instant) -> bool {
        self.last.is_some_and(|last| now.saturating_duration_since(last) >= STILL)
    }

    /// Nobody looks: what comes next is a beginning.
    pub fn forget(&mut self) {
        *self = FreezeMeter::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_is_counted_when_it_ends_and_marked_after_three_seconds() {
        let (mut meter, mut now) = (FreezeMeter::default(), Instant::now());
        assert!(!meter.is_still(now), "there is nothing yet");
        for _ in 0..30 {
            assert_eq!(meter.shown(now), None);
            now += Duration::from_millis(33);
        }
        now += Duration::from_millis(140);
        assert_eq!(meter.shown(now), None, "a hiccup");
        now += Duration::from_millis(2900);
        assert!(!meter.is_still(now));
        now += Duration::from_millis(200);
        assert!(meter.is_still(now));
        assert_eq!(meter.shown(now), Some(Duration::from_millis(3100)));
        assert!(!meter.is_still(now));
    }

    #[test]
    fn a_slow_track_is_not_frozen_and_a_hidden_one_begins_anew() {
        let (mut meter, mut now) = (FreezeMeter::default(), Instant::now());
        for _ in 0..10 {
            assert_eq!(meter.shown(now), None);
            now += Duration::from_secs(1);
        }
        meter.forget();
        now += Duration::from_secs(60);
        assert!(!meter.is_still(now));
        assert_eq!(meter.shown(now), None);
    }
}
