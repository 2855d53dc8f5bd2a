//! What the path is taken to carry: str0m's estimate, and what we see ourselves.

use std::time::{Duration, Instant};

use super::collapse::{Collapse, Sample, State};
use super::narrow::Narrow;
use super::twice::Losses;

/// What the estimate starts from, in bits per second.
pub(super) const INITIAL_BPS: u64 = 2_000_000;

/// What str0m tells of its estimate is a mean of three seconds: so long it knows nothing of a fall.
const MEAN_WITHIN: Duration = Duration::from_millis(3500);

/// Of what arrives over a path that has collapsed, one in so many parts is sent at first: its queue has to
/// become empty, and sound waits in it too.
const AFTER_COLLAPSE: u64 = 2;
const LEAST_BPS: u64 = 30_000;

/// After a collapse a server takes a moment to see that a layer has stopped, and its requests are lost with
/// everything else: so often a key frame is sent unasked, and so many.
const KEYFRAME_EVERY: Duration = Duration::from_millis(400);
const KEYFRAMES: u32 = 4;

/// What a look at the path comes to, in bits per second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// So much may be sent.
    Estimate(u64),
    /// It has become much narrower than what is sent: so much may be sent, and what was known is worth nothing.
    Collapsed(u64),
    /// After a collapse: the others need a key frame of what is left, and cannot ask for it.
    Keyframe,
    /// So much is lost at random from now on.
    Losses(Losses),
    /// There is hardly room for sound from now on, or there is again.
    Narrow(bool),
}

/// One path, in one direction.
#[derive(Debug)]
pub(super) struct Congestion {
    estimate_bps: u64,
    mean_bps: u64,
    /// Until when the mean is too much.
    mean_until: Option<Instant>,
    collapse: Collapse,
    /// When the next key frame is due after a collapse, and how many more.
    keyframes: Option<(Instant, u32)>,
    narrow: Narrow,
    is_narrow: bool,
}

impl Default for Congestion {
    fn default() -> Congestion {
        Congestion {
            estimate_bps: INITIAL_BPS,
            mean_bps: INITIAL_BPS,
            mean_until: None,
            collapse: Collapse::default(),
            keyframes: None,
            narrow: Narrow::default(),
            is_narrow: false,
        }
    }
}

impl Congestion {
    pub fn estimate_bps(&self) -> u64 {
        self.estimate_bps
    }

    /// Packets have been late, at least a moment ago.
    pub fn is_late(&self) -> bool {
        self.mean_until.is_some()
    }

    /// str0m tells its estimate.
    pub fn told(&mut self, mean_bps: u64) -> Option<Turn> {
        self.mean_bps = mean_bps;
        if self.mean_until.is_some() { None } else { self.becomes(mean_bps) }
    }

    /// Looks at what has become of what was sent; `newest_bps` is str0m's estimate as it is this moment. To be
    /// called about ten times a second.
    pub fn look(&mut self, sample: Sample, newest_bps: Option<u64>, now: Instant) -> Vec<Turn> {
        let state = self.collapse.note(sample, now);
        if state != State::Fine {
            self.mean_until = Some(now + MEAN_WITHIN);
        }
        let turn = match (state, newest_bps) {
            (State::Collapsed { delivered_bps }, _) => {
                self.estimate_bps = (delivered_bps / AFTER_COLLAPSE).max(LEAST_BPS);
                self.keyframes = Some((now + KEYFRAME_EVERY, KEYFRAMES));
                Some(Turn::Collapsed(self.estimate_bps))
            }
            _ if self.mean_until.is_some_and(|until| until <= now) => {
                self.mean_until = None;
                self.becomes(self.mean_bps)
            }
            (_, Some(newest_bps)) if self.mean_until.is_some() => self.becomes(newest_bps.min(self.mean_bps)),
            _ => None,
        };
        let was_narrow =
            std::mem::replace(&mut self.is_narrow, self.narrow.note(self.estimate_bps, state != State::Fine, now));
        let narrow = (self.is_narrow != was_narrow).then_some(Turn::Narrow(self.is_narrow));
        let keyframe = self.keyframes.filter(|(at, _)| *at <= now).map(|(_, left)| {
            self.keyframes = (left > 1).then_some((now + KEYFRAME_EVERY, left - 1));
            Turn::Keyframe
        });
        turn.into_iter().chain(narrow).chain(keyframe).collect()
    }

    fn becomes(&mut self, bps: u64) -> Option<Turn> {
        (std::mem::replace(&mut self.estimate_bps, bps) != bps).then_some(Turn::Estimate(bps))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(lost: f32, rtt_ms: u64, sent_bytes: u64) -> Sample {
        Sample { sent_bytes, lost: Some(lost), rtt: Some(Duration::from_millis(rtt_ms)) }
    }

    #[test]
    fn the_mean_counts_but_not_while_packets_are_late_and_not_soon_after() {
        let (start, mut congestion) = (Instant::now(), Congestion::default());
        let at = |tenth: u32| start + Duration::from_millis(100) * tenth;
        assert_eq!(congestion.told(2_100_000), Some(Turn::Estimate(2_100_000)));
        for tenth in 0..10 {
            assert_eq!(congestion.look(sample(0.0, 60, 0), Some(1_000_000), at(tenth)), []);
        }
        for tenth in 10..13 {
            congestion.look(sample(0.0, 400, 0), Some(900_000), at(tenth));
        }
        assert_eq!(congestion.look(sample(0.0, 400, 0), Some(800_000), at(13)), [Turn::Estimate(800_000)]);
        assert_eq!(congestion.told(1_600_000), None, "a mean with the time before in it");
        assert_eq!(congestion.look(sample(0.0, 60, 0), Some(850_000), at(30)), [Turn::Estimate(850_000)]);
        assert_eq!(congestion.told(840_000), None);
        assert_eq!(congestion.look(sample(0.0, 60, 0), Some(870_000), at(60)), [Turn::Estimate(840_000)]);
        assert_eq!(congestion.told(860_000), Some(Turn::Estimate(860_000)));
    }

    #[test]
    fn after_a_collapse_key_frames_come_unasked_for_a_while() {
        let (start, mut congestion) = (Instant::now(), Congestion::default());
        let mut turns = Vec::new();
        for tenth in 0..60_u32 {
            let (lost, rtt_ms) = if (10..20).contains(&tenth) { (0.5, 400) } else { (0.0, 60) };
            let now = start + Duration::from_millis(100) * tenth;
            turns.extend(congestion.look(sample(lost, rtt_ms, u64::from(tenth) * 30_000), None, now));
        }
        let of = |wanted: fn(&&Turn) -> bool| turns.iter().filter(wanted).count();
        assert_eq!(of(|turn| matches!(turn, Turn::Collapsed(_))), 1, "{turns:?}");
        assert_eq!(of(|turn| **turn == Turn::Keyframe), KEYFRAMES as usize, "{turns:?}");
    }
}
