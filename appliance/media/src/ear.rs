//! One microphone on its way to the others: its echo is taken out with the delay it really has.

use std::collections::VecDeque;
use std::time::Duration;

use crate::audio_device::HeardBlock;
use crate::delay::DelayEstimator;
use crate::echo::EchoCanceller;
use crate::howling::HowlDetector;
use crate::level::LevelMeter;
use crate::sound::{BLOCK, BLOCK_LENGTH};

/// How long a microphone may give nothing before others no longer wait for it.
const PATIENCE: Duration = Duration::from_millis(100);
/// Blocks kept for a mix whose pace another microphone sets, and what is left of them when their clocks
/// have drifted apart that far.
const WAITING_MAX: usize = 8;
const WAITING: usize = 3;
/// The canceller is told of the delay less this: its filter begins there, and must not begin after the
/// echo.
const HEAD_START: Duration = Duration::from_millis(5);

/// A block without its echo.
pub(crate) struct Clean {
    pub samples: Vec<i16>,
    /// When it was heard.
    pub time: Duration,
    /// Root mean square, 0 to 1, ten times a second.
    pub level: Option<f32>,
    /// A howl began, in hertz.
    pub howl: Option<f32>,
}

/// What belongs to one microphone.
pub(crate) struct Ear {
    /// None where there is no canceller.
    canceller: Option<EchoCanceller>,
    delay: DelayEstimator,
    is_measuring: bool,
    measured: Option<Duration>,
    howl: HowlDetector,
    level: LevelMeter,
    /// Up to when this device was heard.
    heard_until: Option<Duration>,
    /// When it last gave something.
    gave: Option<Duration>,
    waiting: VecDeque<Vec<i16>>,
    /// Whether enough is waiting to keep up with another's pace.
    is_primed: bool,
    /// Which device it was.
    device: u64,
}

impl Ear {
    pub fn new(nominal: Duration) -> Ear {
        let canceller =
            EchoCanceller::new().inspect_err(|error| tracing::warn!(%error, "there is no echo cancellation")).ok();
        let ear = Ear {
            canceller,
            delay: DelayEstimator::new(),
            is_measuring: true,
            measured: None,
            howl: HowlDetector::new(),
            level: LevelMeter::default(),
            heard_until: None,
            gave: None,
            waiting: VecDeque::new(),
            is_primed: false,
            device: 0,
        };
        ear.set_nominal_latency(nominal);
        ear
    }

    /// One that believes the driver, to compare with.
    #[cfg(test)]
    pub fn believing_the_driver(nominal: Duration) -> Ear {
        Ear { is_measuring: false, ..Ear::new(nominal) }
    }

    /// What the loudspeaker's driver says; used until the delay has been measured.
    pub fn set_nominal_latency(&self, latency: Duration) {
        if let (Some(canceller), None) = (&self.canceller, self.measured) {
            canceller.set_playback_latency(latency);
        }
    }

    /// Another loudspeaker is there, or another microphone: the delay is another.
    pub fn forget_delay(&mut self, nominal: Duration) {
        self.delay.forget();
        self.measured = None;
        self.set_nominal_latency(nominal);
    }

    /// From the loudspeaker to here, once measured.
    #[cfg(test)]
    pub fn measured_delay(&self) -> Option<Duration> {
        self.measured
    }

    /// Notes what is given to the loudspeaker at `time`.
    pub fn played(&mut self, block: &[i16], time: Duration) {
        if let Some(canceller) = &self.canceller {
            canceller.played(block, time);
            self.delay.played(block, time);
        }
    }

    /// The device with this `number` gives these blocks at `time`.
    pub fn hear(
        &mut self,
        number: u64,
        blocks: Vec<HeardBlock>,
        time: Duration,
        nominal: Duration,
        mut raw: impl FnMut(&[i16], Duration),
    ) -> Vec<Clean> {
        if number != self.device {
            (self.device, self.heard_until) = (number, None);
            self.forget_delay(nominal);
        }
        if !blocks.is_empty() {
            self.gave = Some(time);
        }
        let mut clean = Vec::with_capacity(blocks.len());
        for (age, block) in blocks {
            let came = time.saturating_sub(age);
            let heard = self.heard_until.map_or(came, |until| seamless(came, until));
            self.heard_until = Some(heard + BLOCK_LENGTH);
            raw(&block, heard);
            clean.push(self.clean(&block, heard));
        }
        clean
    }

    fn clean(&mut self, block: &[i16; BLOCK], heard: Duration) -> Clean {
        let samples = match &self.canceller {
            Some(canceller) => {
                if self.is_measuring
                    && let Some(delay) = self.delay.heard(block, heard)
                {
                    tracing::debug!(?delay, "the delay from the loudspeaker to the microphone was measured");
                    self.measured = Some(delay);
                    canceller.set_playback_latency(delay.saturating_sub(HEAD_START));
                }
                canceller.heard(block, heard)
            }
            None => block.to_vec(),
        };
        Clean { level: self.level.measure(&samples), howl: self.howl.hear(block), samples, time: heard }
    }

    /// Whether it gives sound.
    pub fn is_alive(&self, time: Duration) -> bool {
        self.gave.is_some_and(|gave| time.saturating_sub(gave) <= PATIENCE)
    }

    /// Whether nothing was ever heard of it, or it is gone.
    pub fn is_silent(&self) -> bool {
        self.gave.is_none()
    }

    /// There is no device any more.
    pub fn is_gone(&mut self) {
        self.gave = None;
        self.waiting.clear();
        self.is_primed = false;
    }

    /// Keeps a block for a mix at another's pace.
    pub fn wait(&mut self, block: Vec<i16>) {
        self.waiting.push_back(block);
        if self.waiting.len() > WAITING_MAX {
            self.waiting.drain(..WAITING_MAX - WAITING);
        }
        self.is_primed |= self.waiting.len() >= WAITING;
    }

    /// The next block for that mix.
    pub fn next(&mut self) -> Option<Vec<i16>> {
        let next = if self.is_primed { self.waiting.pop_front() } else { None };
        self.is_primed &= next.is_some();
        next
    }
}

/// When a block was heard, given when it came and when the one before it ended. Devices deliver
/// unevenly, but their samples have no gaps: small differences are not in the sound. What stays of
/// them is a clock that drifts, and is followed slowly.
pub(crate) fn seamless(came: Duration, expected: Duration) -> Duration {
    if came.abs_diff(expected) >= Duration::from_millis(30) {
        return came;
    }
    let drift = came.abs_diff(expected) / 2000;
    if came > expected { expected + drift } else { expected.saturating_sub(drift) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unevenly_delivered_blocks_get_even_times_and_real_gaps_stay() {
        let milliseconds = Duration::from_millis;
        let mut expected = milliseconds(0);
        let times = [0, 3, 27, 28, 44, 500, 505].map(|came| {
            let heard = seamless(milliseconds(came), expected);
            expected = heard + BLOCK_LENGTH;
            heard
        });
        for (time, even) in times.into_iter().zip([0, 10, 20, 30, 40, 500, 510].map(milliseconds)) {
            assert!(time.abs_diff(even) < Duration::from_micros(20), "{time:?} instead of {even:?}");
        }
    }

    #[test]
    fn the_first_block_of_a_device_was_heard_when_it_came() {
        gstreamer::init().unwrap();
        let mut ear = Ear::new(Duration::ZERO);
        let mut heard = |device, milliseconds| {
            let (time, block) = (Duration::from_millis(milliseconds), [0; BLOCK]);
            ear.hear(device, vec![(Duration::ZERO, block)], time, Duration::ZERO, |_, _| {})[0].time
        };
        assert_eq!(heard(1, 20), Duration::from_millis(20), "the room began 20 ms ago");
        assert_eq!(heard(1, 30), Duration::from_millis(30));
        assert_eq!(heard(2, 55), Duration::from_millis(55), "another one, 15 ms after the first fell silent");
    }

    #[test]
    fn a_clock_that_drifts_is_followed_without_a_jump() {
        let mut expected = Duration::ZERO;
        let mut widest = Duration::ZERO;
        for number in 0..100_000_u32 {
            // A hundred parts in a million slow, sixteen minutes long: 100 ms in all.
            let came = BLOCK_LENGTH * number + Duration::from_micros(u64::from(number));
            let heard = seamless(came, expected);
            assert!(heard.abs_diff(expected) < Duration::from_micros(20));
            widest = widest.max(heard.abs_diff(came));
            expected = heard + BLOCK_LENGTH;
        }
        assert!(widest < Duration::from_millis(3), "{widest:?}");
    }

    #[test]
    fn blocks_for_anothers_mix_wait_and_never_pile_up() {
        gstreamer::init().unwrap();
        let mut ear = Ear::new(Duration::ZERO);
        let block = |number| vec![number; 1];
        ear.wait(block(1));
        assert_eq!(ear.next(), None, "not before there is something in hand");
        ear.wait(block(2));
        ear.wait(block(3));
        assert_eq!(ear.next(), Some(block(1)));
        for number in 4..=20 {
            ear.wait(block(number));
        }
        let left: Vec<_> = std::iter::from_fn(|| ear.next()).collect();
        assert!(left.len() <= WAITING_MAX && left.last() == Some(&block(20)), "{left:?}");
        ear.wait(block(21));
        assert_eq!(ear.next(), None, "it ran dry, and waits again");
    }
}
