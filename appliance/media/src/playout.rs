//! When to show a picture that came late: pictures that waited for one that was lost come all at
//! once, and only the last of them would be seen.

use std::time::{Duration, Instant};

use crate::lateness::Lateness;

/// Lateness up to this is what encoders, networks and decoders always cause; showing each picture at
/// once is better than waiting.
const USUAL: Duration = Duration::from_millis(50);
/// Nothing waits longer; what would have to is shown when it is there.
const DELAY_MAX: Duration = Duration::from_millis(350);
/// Of so many pictures each may be later than the delay.
const LATE_SHARE: f32 = 0.05;

/// The times at which the pictures of one track are shown.
#[derive(Debug)]
pub(crate) struct Playout {
    lateness: Lateness,
}

impl Default for Playout {
    fn default() -> Playout {
        Playout { lateness: Lateness::new(Duration::ZERO, DELAY_MAX) }
    }
}

impl Playout {
    /// When to show what the sender took at `media_time` and is there to be shown at `ready`: at
    /// once, unless pictures have lately come in bursts.
    pub fn due(&mut self, media_time: Duration, ready: Instant) -> Instant {
        let late = self.lateness.note(media_time, ready);
        let delay = self.lateness.all_but(LATE_SHARE);
        if delay <= USUAL { ready } else { ready + delay.min(DELAY_MAX).saturating_sub(late) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PERIOD: Duration = Duration::from_millis(33);

    /// How many of `times` are apart from the one before by at least half a period.
    fn apart(times: &[Instant]) -> usize {
        times.windows(2).filter(|pair| pair[1].saturating_duration_since(pair[0]) > PERIOD / 2).count()
    }

    #[test]
    fn pictures_in_time_are_shown_at_once() {
        let (start, mut playout) = (Instant::now(), Playout::default());
        for number in 0..300 {
            let ready = start + PERIOD * number + Duration::from_millis(u64::from(number * 7 % 30));
            assert_eq!(playout.due(PERIOD * number, ready), ready);
        }
    }

    #[test]
    fn bursts_are_spread_and_a_network_that_has_recovered_is_believed() {
        let (start, mut playout) = (Instant::now(), Playout::default());
        // Every eighth picture comes in time, and with it those that waited for it.
        let burst = |number: u32| start + PERIOD * number.next_multiple_of(8);
        let due: Vec<Instant> = (0..600).map(|number| playout.due(PERIOD * number, burst(number))).collect();
        assert!(apart(&due[300..]) > 290, "{} of 300", apart(&due[300..]));
        assert!(due[300..].is_sorted());
        let waits = |number: u32, due: Instant| due.saturating_duration_since(start + PERIOD * number);
        assert!((300..600).all(|number| waits(number, due[number as usize]) <= DELAY_MAX));
        let mut last = Duration::MAX;
        for number in 600..1200 {
            let ready = start + PERIOD * number;
            last = playout.due(PERIOD * number, ready) - ready;
        }
        assert_eq!(last, Duration::ZERO);
    }

    #[test]
    fn a_clock_that_begins_anew_delays_nothing_for_long() {
        let (start, mut playout) = (Instant::now(), Playout::default());
        for number in 0..100 {
            playout.due(Duration::from_secs(1000) + PERIOD * number, start + PERIOD * number);
        }
        for number in 100..600 {
            let ready = start + PERIOD * number;
            let due = playout.due(PERIOD * number, ready);
            assert!(due - ready <= DELAY_MAX && (number < 500 || due == ready), "{number}");
        }
    }
}
