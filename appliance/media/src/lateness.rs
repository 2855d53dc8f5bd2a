//! How late packets and pictures come, compared with the fastest of the last seconds.

use std::time::{Duration, Instant};

/// Lateness is counted in steps of this much …
const STEP: Duration = Duration::from_millis(10);
/// … and forgotten by this share each time: half of it in about a second and a half of sound.
const FORGOTTEN: f32 = 0.01;
/// What is this late comes from no network: the sender has started its clock anew.
const JUMP: Duration = Duration::from_secs(5);
/// The fastest of the last while is what lateness is measured against.
const WINDOW: Duration = Duration::from_secs(5);

/// The lateness of one stream, as a distribution that follows the network.
#[derive(Debug, Clone)]
pub(crate) struct Lateness {
    /// The share this late, by [`STEP`]; the last one holds what is later still.
    shares: Vec<f32>,
    clock: Clock,
}

/// What lateness is measured with; a sender that starts its clock anew needs another.
#[derive(Debug, Clone, Copy, Default)]
struct Clock {
    /// The smallest transit time of this window and of the one before, in nanoseconds.
    fastest: [Option<i128>; 2],
    window_start: Option<Instant>,
    origin: Option<Instant>,
}

impl Lateness {
    /// As if everything so far had been late by less than `start`; more than `longest` is not told apart.
    pub fn new(start: Duration, longest: Duration) -> Lateness {
        let mut shares = vec![0.0; steps(longest) + 1];
        shares[steps(start).saturating_sub(1)] = 1.0;
        Lateness { shares, clock: Clock::default() }
    }

    /// The sender starts its clock anew; what was learnt of the network stays.
    pub fn restart(&mut self) {
        self.clock = Clock::default();
    }

    /// Learns from what the sender took at `media_time` and came at `arrived`; how late it is, less than
    /// five seconds. A clock that was put forward makes nothing late, and one put back further than that is
    /// another clock.
    pub fn note(&mut self, media_time: Duration, arrived: Instant) -> Duration {
        let mut late = self.clock.late(media_time, arrived);
        if late > JUMP {
            self.restart();
            late = self.clock.late(media_time, arrived);
        }
        for share in &mut self.shares {
            *share *= 1.0 - FORGOTTEN;
        }
        let step = steps(late).min(self.shares.len() - 1);
        self.shares[step] += FORGOTTEN;
        late
    }

    /// What all but this share (0.0 to 1.0) stayed below.
    pub fn all_but(&self, share: f32) -> Duration {
        let mut later = 1.0;
        let enough = self.shares.iter().position(|of_this_step| {
            later -= of_this_step;
            later < share
        });
        STEP * (enough.unwrap_or(self.shares.len()) as u32 + 1)
    }
}

impl Clock {
    fn late(&mut self, media_time: Duration, arrived: Instant) -> Duration {
        let origin = *self.origin.get_or_insert(arrived);
        let since = arrived.checked_duration_since(origin).unwrap_or_default();
        let transit = since.as_nanos() as i128 - media_time.as_nanos() as i128;
        let window_start = *self.window_start.get_or_insert(arrived);
        if arrived.saturating_duration_since(window_start) > WINDOW {
            self.fastest = [None, self.fastest[0]];
            self.window_start = Some(arrived);
        }
        self.fastest[0] = Some(self.fastest[0].map_or(transit, |fastest| fastest.min(transit)));
        let fastest = self.fastest.iter().flatten().min().copied().unwrap_or(transit);
        Duration::from_nanos(u64::try_from(transit - fastest).unwrap_or(0))
    }
}

fn steps(time: Duration) -> usize {
    (time.as_millis() / STEP.as_millis()) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_put_forward_or_back_makes_nothing_late_for_long() {
        const PERIOD: Duration = Duration::from_millis(20);
        let (start, hour) = (Instant::now(), Duration::from_secs(3600));
        for jump in [Duration::ZERO, hour + hour, hour - Duration::from_secs(10)] {
            let mut lateness = Lateness::new(PERIOD, Duration::from_millis(200));
            let late = |number: u32| {
                let clock = if number < 500 { hour } else { jump };
                lateness.note(clock + PERIOD * number, start + PERIOD * number)
            };
            assert!((0..1000).map(late).all(|late| late.is_zero()), "{jump:?}");
            assert!(lateness.all_but(0.03) <= PERIOD, "{jump:?}");
        }
    }
}
