//! How long sound takes from where it is given to the loudspeaker to where the microphone brings
//! it back: measured, because what drivers say leaves out the other device, its buffers and the air.
//!
//! The generalised cross-correlation of what is played and what is heard (Knapp and Carter 1976),
//! whitened by the power of both, so that a voice's own rhythm does not look like an echo. Nothing
//! here knows the time: samples are placed by the media time they come with.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use realfft::num_complex::Complex;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};

/// Every third sample is enough: 16 kHz.
const DIVISOR: usize = 3;
const RATE: u64 = 48_000 / DIVISOR as u64;
/// One second of what was played is compared with the newer half of what was heard meanwhile, so
/// that delays up to half a second are found without wrapping round.
const WINDOW: usize = 16_384;
const REACH: usize = WINDOW / 2;
/// A look every 256 ms.
const HOP: u64 = 4096;
/// Of the newest look in the mean of all: about the last four count.
const MEMORY: f32 = 0.75;
/// What is played at 50 dB less than the loudest line is leakage; so much of [`BINS`] must be more. A tone
/// says nothing of the delay.
const LEAST_POWER: f32 = 1e-5;
const LEAST_SHARE: f32 = 0.1;
/// Where voices are: 200 to 5000 Hz.
const BINS: std::ops::Range<usize> = 200 * WINDOW / RATE as usize..5000 * WINDOW / RATE as usize;
/// The peak must stand out this far from the rest, as a multiple of its root mean square: chance
/// reaches five.
const OUTSTANDING: f32 = 9.0;
/// So many looks in a row must agree, within [`AGREEING`], before a delay is believed: half a second for the
/// first, when anything is better than none, two seconds for another one.
const LOOKS_FIRST: u32 = 2;
const LOOKS: u32 = 8;
/// Two milliseconds.
const AGREEING: usize = 2 * RATE as usize / 1000;
/// Root mean square below which nothing is learnt from what is played: -55 dBFS.
const AUDIBLE: f32 = 58.0;

/// Listens to both sides and says when it is sure.
pub(crate) struct DelayEstimator {
    played: Tape,
    heard: Tape,
    /// Where the next look is due, on the tape of what was heard.
    due: u64,
    forward: Arc<dyn RealToComplex<f32>>,
    inverse: Arc<dyn ComplexToReal<f32>>,
    cross: Vec<Complex<f32>>,
    played_power: Vec<f32>,
    heard_power: Vec<f32>,
    /// The last look's answer, and how many before it agreed.
    candidate: Option<(usize, u32)>,
    told: Option<usize>,
}

impl DelayEstimator {
    pub fn new() -> DelayEstimator {
        let mut planner = RealFftPlanner::new();
        let bins = WINDOW / 2 + 1;
        DelayEstimator {
            played: Tape::default(),
            heard: Tape::default(),
            due: 0,
            forward: planner.plan_fft_forward(WINDOW),
            inverse: planner.plan_fft_inverse(WINDOW),
            cross: vec![Complex::default(); bins],
            played_power: vec![0.0; bins],
            heard_power: vec![0.0; bins],
            candidate: None,
            told: None,
        }
    }

    /// Begins anew: another device is there.
    pub fn forget(&mut self) {
        self.forget_looks();
        self.told = None;
        self.heard = Tape::default();
        self.due = 0;
    }

    fn forget_looks(&mut self) {
        self.cross.fill(Complex::default());
        self.played_power.fill(0.0);
        self.heard_power.fill(0.0);
        self.candidate = None;
    }

    /// Notes what is given to the loudspeaker at `time`, 48 kHz.
    pub fn played(&mut self, block: &[i16], time: Duration) {
        self.played.record(block, time);
    }

    /// Notes what was heard at `time`. Gives a delay when there is a new one to believe: the first,
    /// or one that has moved by two milliseconds.
    pub fn heard(&mut self, block: &[i16], time: Duration) -> Option<Duration> {
        self.heard.record(block, time);
        if self.heard.end < self.due {
            return None;
        }
        self.due = self.heard.end + HOP;
        let lag = self.look()?;
        let agreed = match self.candidate {
            Some((before, agreed)) if before.abs_diff(lag) <= AGREEING => agreed + 1,
            _ => 1,
        };
        self.candidate = Some((lag, agreed));
        let is_news = match self.told {
            None => agreed >= LOOKS_FIRST,
            Some(told) => agreed >= LOOKS && told.abs_diff(lag) >= AGREEING,
        };
        if !is_news {
            return None;
        }
        self.told = Some(lag);
        Some(Duration::from_secs_f64(lag as f64 / RATE as f64))
    }

    /// The lag of the first strong peak; none while it does not stand out.
    fn look(&mut self) -> Option<usize> {
        let end = self.heard.end;
        let mut played = self.played.window(end, WINDOW)?;
        let mut heard = self.heard.window(end, WINDOW)?;
        if rms(&played) < AUDIBLE || heard[REACH..].iter().all(|sample| *sample == 0.0) {
            return None;
        }
        heard[..REACH].fill(0.0);
        for (n, sample) in played.iter_mut().enumerate() {
            *sample *= (std::f32::consts::PI * n as f32 / WINDOW as f32).sin();
        }
        let played = transform(&*self.forward, &mut played);
        let heard = transform(&*self.forward, &mut heard);

        for bin in BINS {
            let (x, y) = (played[bin], heard[bin]);
            self.cross[bin] = self.cross[bin] * MEMORY + y * x.conj();
            self.played_power[bin] = self.played_power[bin] * MEMORY + x.norm_sqr();
            self.heard_power[bin] = self.heard_power[bin] * MEMORY + y.norm_sqr();
        }
        let loudest = self.played_power[BINS].iter().copied().fold(0.0, f32::max);
        let mut whitened = vec![Complex::default(); played.len()];
        let mut counted = 0;
        for bin in BINS {
            let power = (self.played_power[bin] * self.heard_power[bin]).sqrt();
            if self.played_power[bin] > loudest * LEAST_POWER && power > 0.0 {
                whitened[bin] = self.cross[bin] / power;
                counted += 1;
            }
        }
        if (counted as f32) < LEAST_SHARE * BINS.len() as f32 {
            return None;
        }
        let mut correlation = self.inverse.make_output_vec();
        self.inverse.process(&mut whitened, &mut correlation).ok()?;
        let reached = &correlation[..REACH];
        let highest = reached.iter().fold(0.0_f32, |highest, value| highest.max(value.abs()));
        if highest < OUTSTANDING * rms(reached) {
            return None;
        }
        // The shortest way, though a reflection may be as strong.
        reached.iter().position(|value| value.abs() >= highest * 0.7)
    }
}

/// The newest samples of one side, placed by their time.
#[derive(Default)]
struct Tape {
    samples: VecDeque<f32>,
    /// The position after the newest.
    end: u64,
}

impl Tape {
    /// Both sides differ by the delay and by what a device keeps back.
    const LENGTH: usize = WINDOW + RATE as usize / 2;
    /// Positions this near are rounding, not gaps.
    const ROUNDING: u64 = 32;

    fn record(&mut self, block: &[i16], time: Duration) {
        let position = (time.as_nanos() * u128::from(RATE) / 1_000_000_000) as u64;
        match position.checked_sub(self.end) {
            Some(gap) if gap <= Tape::ROUNDING => {}
            None if self.end - position <= Tape::ROUNDING => {}
            Some(gap) if gap < WINDOW as u64 => self.extend((0..gap).map(|_| 0.0)),
            _ => {
                self.samples.clear();
                self.end = position;
            }
        }
        self.extend(
            block
                .chunks_exact(DIVISOR)
                .map(|samples| samples.iter().map(|sample| f32::from(*sample)).sum::<f32>() / DIVISOR as f32),
        );
    }

    fn extend(&mut self, samples: impl Iterator<Item = f32>) {
        for sample in samples {
            self.samples.push_back(sample);
            self.end += 1;
        }
        let old = self.samples.len().saturating_sub(Tape::LENGTH);
        self.samples.drain(..old);
    }

    /// `length` samples up to the position `end`; none if they are not all there.
    fn window(&self, end: u64, length: usize) -> Option<Vec<f32>> {
        let newer = usize::try_from(self.end.checked_sub(end)?).ok()?;
        let stop = self.samples.len().checked_sub(newer)?;
        let start = stop.checked_sub(length)?;
        Some(self.samples.range(start..stop).copied().collect())
    }
}

fn transform(plan: &dyn RealToComplex<f32>, samples: &mut [f32]) -> Vec<Complex<f32>> {
    let mut spectrum = plan.make_output_vec();
    // The lengths are the plan's own; were they not, nothing would stand out.
    let _ = plan.process(samples, &mut spectrum);
    spectrum
}

fn rms(samples: &[f32]) -> f32 {
    (samples.iter().map(|sample| sample * sample).sum::<f32>() / samples.len().max(1) as f32).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common::speech::{Voice, noise, speech};
    use crate::sound::{BLOCK, BLOCK_LENGTH};

    /// What the estimator says while `heard` comes back for `played`, by the block.
    fn told(played: &[i16], heard: &[i16]) -> Vec<(usize, Duration)> {
        let mut estimator = DelayEstimator::new();
        let mut told = Vec::new();
        for (number, (played, heard)) in played.chunks_exact(BLOCK).zip(heard.chunks_exact(BLOCK)).enumerate() {
            let time = BLOCK_LENGTH * number as u32;
            estimator.played(played, time);
            told.extend(estimator.heard(heard, time).map(|delay| (number, delay)));
        }
        told
    }

    /// `played` after `delay` samples at `gain`, with a strong reflection 7 ms later.
    fn echo(played: &[i16], delay: usize, gain: f32) -> Vec<f32> {
        let at = |n: usize, delay: usize| n.checked_sub(delay).map_or(0.0, |n| f32::from(played[n]));
        (0..played.len()).map(|n| gain * (at(n, delay) - 0.7 * at(n, delay + 336) + 0.4 * at(n, delay + 900))).collect()
    }

    fn samples(sound: &[f32]) -> Vec<i16> {
        sound.iter().map(|sample| *sample as i16).collect()
    }

    fn assert_near(told: &[(usize, Duration)], milliseconds: f64) {
        let (_, delay) = told.last().expect("a delay was found");
        assert!((delay.as_secs_f64() * 1000.0 - milliseconds).abs() <= 1.0, "{delay:?} is not {milliseconds} ms");
    }

    #[test]
    fn finds_the_delay_of_a_voice_within_three_seconds_and_a_millisecond() {
        let far = speech(Voice::Low, 1, 6.0);
        for milliseconds in [3, 40, 187, 430] {
            let told = told(&far, &samples(&echo(&far, milliseconds * 48, 0.3)));
            assert_eq!(told.len(), 1, "told once: {told:?}");
            assert_near(&told, milliseconds as f64);
            assert!(told[0].0 <= 300, "after {} blocks", told[0].0);
        }
    }

    #[test]
    fn finds_it_under_somebody_who_speaks_as_loud_and_in_noise() {
        let (far, near, noise) = (speech(Voice::Low, 1, 12.0), speech(Voice::High, 2, 12.0), noise(3, 12.0, 30.0));
        let mut heard = echo(&far, 90 * 48, 0.3);
        for ((sample, near), noise) in heard.iter_mut().zip(&near).zip(&noise) {
            *sample += f32::from(*near) * 0.3 + noise;
        }
        assert_near(&told(&far, &samples(&heard)), 90.0);
    }

    #[test]
    fn says_nothing_when_there_is_no_echo() {
        let (far, near) = (speech(Voice::Low, 1, 20.0), speech(Voice::High, 2, 20.0));
        assert_eq!(told(&far, &near), [], "two voices that have nothing to do with one another");
        assert_eq!(told(&vec![0; far.len()], &near), [], "nothing is played");
        assert_eq!(told(&far, &vec![0; far.len()]), [], "nothing is heard");
        let tone: Vec<i16> = (0..far.len()).map(|n| ((n as f32 * 0.0576).sin() * 3000.0) as i16).collect();
        assert_eq!(told(&tone, &near), [], "a tone is played, a voice heard");
    }

    #[test]
    fn follows_a_clock_that_drifts_and_a_device_that_jumps() {
        let far = speech(Voice::Low, 1, 40.0);
        // 300 parts in a million, three times what USB allows, is 12 ms in 40 s.
        let drifting: Vec<f32> = (0..far.len())
            .map(|n| {
                let from = n as f64 * (1.0 - 300e-6) - 50.0 * 48.0;
                if from < 0.0 { 0.0 } else { 0.4 * f32::from(far[from as usize]) }
            })
            .collect();
        let drifted = told(&far, &samples(&drifting));
        assert!((3..=8).contains(&drifted.len()), "in steps: {drifted:?}");
        assert!(drifted.windows(2).all(|pair| pair[0].1 < pair[1].1), "upwards: {drifted:?}");
        let last = drifted.last().map(|(block, delay)| delay.as_secs_f64() * 1000.0 - *block as f64 * 10.0 * 300e-6);
        assert!((last.unwrap() - 50.0).abs() < 2.0, "{drifted:?}");

        let half = far.len() / 2;
        let mut jumping = echo(&far, 60 * 48, 0.4);
        jumping[half..].copy_from_slice(&echo(&far, 100 * 48, 0.4)[half..]);
        let jumped = told(&far, &samples(&jumping));
        assert_eq!(jumped.len(), 2, "{jumped:?}");
        assert_near(&jumped[..1], 60.0);
        assert_near(&jumped, 100.0);
    }

    #[test]
    fn another_device_is_measured_anew() {
        let far = speech(Voice::Low, 1, 4.0);
        let mut estimator = DelayEstimator::new();
        let mut told = 0;
        for _ in 0..2 {
            for (number, block) in far.chunks_exact(BLOCK).enumerate() {
                let time = BLOCK_LENGTH * (number as u32);
                estimator.played(block, time);
                told += u32::from(estimator.heard(block, time).is_some());
            }
            estimator.forget();
        }
        assert_eq!(told, 2);
    }
}
