//! Howling: sound that goes round between a loudspeaker and a microphone and grows each time, mostly
//! because a laptop in the same room is in the same meeting with its sound on. Nothing the echo
//! canceller knows of is in that loop.
//!
//! [`HowlDetector`] hears that it begins, by what sets it apart from voices and music: nearly all of
//! the sound is one narrow tone, which stays where it is and only grows (van Waterschoot and Moonen,
//! "Fifty Years of Acoustic Feedback Control", 2011, call these power, persistence and growth).
//! [`Duck`] then makes the loop smaller, and lets go slowly.

use std::collections::VecDeque;
use std::sync::Arc;

use realfft::num_complex::Complex;
use realfft::{RealFftPlanner, RealToComplex};

use crate::sound::BLOCK;

/// 43 ms, so that lines are 23 Hz apart.
const FRAME: usize = 2048;
/// A look every 20 ms.
const HOP: usize = 2 * BLOCK;
/// 120 Hz to 8 kHz; rooms and devices do not howl beyond.
const LINES: std::ops::Range<usize> = 5..342;
/// Lines on each side that belong to a tone.
const WIDTH: usize = 2;
/// The share of all power between [`LINES`] that the tone must have.
const NARROW: f32 = 0.8;
/// Root mean square below which nobody minds: -50 dBFS.
const SOFT_DBFS: f32 = -50.0;
/// How long a tone must grow before it is a howl, and how much in each half of that time.
const GROWING_LOOKS: usize = 30;
const GROWTH_DB: f32 = 3.0;
/// A loop that was faster is at the limit by now: for a second at this level.
const STANDING_LOOKS: usize = 50;
const STANDING_DBFS: f32 = -12.0;
/// How far it may fall behind its loudest and still count as growing.
const WAVERING_DB: f32 = 2.0;
/// Half a second: the longest loop through two networks.
const SWELL_LOOKS: usize = 25;
/// So long it may be covered.
const MISSED_MAX: usize = 15;
/// Looks remembered, a second and a half: what grows more slowly is an automatic gain.
const LOOKS_MAX: usize = 75;

/// Hears a howl begin.
pub(crate) struct HowlDetector {
    transform: Arc<dyn RealToComplex<f32>>,
    window: Vec<f32>,
    newest: VecDeque<f32>,
    since_look: usize,
    /// The tone that is followed: its line, and how loud it was lately at each look.
    line: usize,
    levels: VecDeque<f32>,
    /// Of the last half second, and how many looks ago it was last there.
    newest_levels: VecDeque<f32>,
    missed: usize,
    /// Looks in a row at which it was at the limit.
    standing: usize,
}

impl HowlDetector {
    pub fn new() -> HowlDetector {
        let hann = |n: usize| 0.5 - 0.5 * (std::f32::consts::TAU * n as f32 / FRAME as f32).cos();
        HowlDetector {
            transform: RealFftPlanner::new().plan_fft_forward(FRAME),
            window: (0..FRAME).map(hann).collect(),
            newest: VecDeque::with_capacity(FRAME + HOP),
            since_look: 0,
            line: 0,
            levels: VecDeque::with_capacity(LOOKS_MAX),
            newest_levels: VecDeque::with_capacity(SWELL_LOOKS + 1),
            missed: 0,
            standing: 0,
        }
    }

    /// Takes the next sound in; gives the howl's frequency in hertz when one has begun.
    pub fn hear(&mut self, block: &[i16]) -> Option<f32> {
        self.newest.extend(block.iter().map(|sample| f32::from(*sample) / 32_768.0));
        let old = self.newest.len().saturating_sub(FRAME);
        self.newest.drain(..old);
        self.since_look += block.len();
        if self.since_look < HOP || self.newest.len() < FRAME {
            return None;
        }
        self.since_look = 0;
        self.follow(self.tone());
        if !self.is_howl() {
            return None;
        }
        self.forget();
        Some(self.line as f32 * 48_000.0 / FRAME as f32)
    }

    /// Follows one tone. A long loop lets it swell and fade each time round, or be covered by a voice for a
    /// moment: what counts is how loud it was at its loudest in the last half second.
    fn follow(&mut self, tone: Option<(usize, f32)>) {
        let level = match tone {
            Some((line, level)) if self.levels.is_empty() || line.abs_diff(self.line) <= 1 => {
                (self.line, self.missed) = (line, 0);
                level
            }
            _ if self.levels.is_empty() => return,
            _ => {
                self.missed += 1;
                f32::NEG_INFINITY
            }
        };
        self.standing = if level >= STANDING_DBFS { self.standing + 1 } else { 0 };
        self.newest_levels.push_back(level);
        let old = self.newest_levels.len().saturating_sub(SWELL_LOOKS);
        self.newest_levels.drain(..old);
        let level = self.newest_levels.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let loudest = self.levels.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        if self.missed > MISSED_MAX || level < loudest - WAVERING_DB {
            self.forget();
            return;
        }
        if self.levels.len() == LOOKS_MAX {
            self.levels.pop_front();
        }
        self.levels.push_back(level);
    }

    fn forget(&mut self) {
        self.levels.clear();
        self.newest_levels.clear();
        (self.missed, self.standing) = (0, 0);
    }

    /// The line and level (dBFS) of a tone beside which there is hardly anything.
    fn tone(&self) -> Option<(usize, f32)> {
        let mut frame: Vec<f32> =
            self.newest.iter().zip(&self.window).map(|(sample, weight)| sample * weight).collect();
        let mut spectrum = vec![Complex::default(); FRAME / 2 + 1];
        self.transform.process(&mut frame, &mut spectrum).ok()?;
        let powers: Vec<f32> = spectrum[LINES].iter().map(Complex::norm_sqr).collect();
        let all: f32 = powers.iter().sum();
        let (peak, _) = powers.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1))?;
        let tone: f32 = powers[peak.saturating_sub(WIDTH)..powers.len().min(peak + WIDTH + 1)].iter().sum();
        // Hann's window passes 3/8 of the power; a real spectrum holds half of it.
        let level = 10.0 * (tone * 2.0 / (0.375 * (FRAME * FRAME) as f32)).max(1e-12).log10();
        (tone > NARROW * all && level > SOFT_DBFS).then_some((LINES.start + peak, level))
    }

    fn is_howl(&self) -> bool {
        let looks = self.levels.len();
        let (Some(first), Some(last)) = (self.levels.front(), self.levels.back()) else { return false };
        if self.standing >= STANDING_LOOKS {
            return true;
        }
        // A tone that was only switched on has grown at the beginning alone.
        let middle = self.levels[looks / 2];
        looks >= GROWING_LOOKS && middle - first >= GROWTH_DB && last - middle >= GROWTH_DB
    }
}

/// Each howl makes it softer by so much, down to the limit.
const STEP_DB: f32 = 12.0;
const LEAST_DB: f32 = -36.0;
/// How long it stays so: blocks of 10 ms, 10 s at first, doubled whenever it howls again soon.
const HOLD: u32 = 1000;
const HOLD_MAX: u32 = 6000;
/// Then it comes back by 3 dB a second.
const RELEASE_DB: f32 = 0.03;

/// Makes sound softer while it howls.
#[derive(Default)]
pub(crate) struct Duck {
    /// What it goes to, and where it is.
    target_db: f32,
    gain_db: f32,
    hold: u32,
    next_hold: u32,
    /// Blocks since it was all back.
    calm: u32,
}

impl Duck {
    /// It howls.
    pub fn howls(&mut self) {
        self.target_db = (self.target_db - STEP_DB).max(LEAST_DB);
        self.next_hold = if self.next_hold == 0 { HOLD } else { (self.next_hold * 2).min(HOLD_MAX) };
        self.hold = self.next_hold;
        self.calm = 0;
    }

    /// Whether it makes sound softer now.
    pub fn is_active(&self) -> bool {
        self.target_db < 0.0 || self.gain_db < 0.0
    }

    /// Makes the next block as soft as it has to be.
    pub fn apply(&mut self, block: &mut [i16]) {
        if !self.is_active() {
            self.calm = self.calm.saturating_add(1);
            if self.calm > HOLD_MAX {
                self.next_hold = 0;
            }
            return;
        }
        let from = amplitude(self.gain_db);
        if self.hold > 0 {
            self.hold -= 1;
        } else {
            self.target_db = (self.target_db + RELEASE_DB).min(0.0);
        }
        // Down within 20 ms.
        self.gain_db = self.target_db.max(self.gain_db - STEP_DB / 2.0);
        let step = (amplitude(self.gain_db) - from) / block.len().max(1) as f32;
        for (number, sample) in block.iter_mut().enumerate() {
            *sample = (f32::from(*sample) * (from + step * (number + 1) as f32)) as i16;
        }
    }
}

fn amplitude(decibels: f32) -> f32 {
    10_f32.powf(decibels / 20.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common::decibels;
    use crate::common::speech::{Voice, noise, speech};

    /// A microphone that hears a voice and, after a loop of `delay` samples, itself: `gain_db` of the
    /// loop at the one frequency at which the room carries best.
    struct Loop {
        way: VecDeque<f32>,
        gain: f32,
        /// The room: a resonance at 1.3 kHz.
        past: [f32; 2],
    }

    impl Loop {
        fn new(delay: usize, gain_db: f32) -> Loop {
            Loop { way: vec![0.0; delay].into(), gain: amplitude(gain_db), past: [0.0; 2] }
        }

        /// What the microphone hears while the room says `said`; it hears what was `sent` later.
        fn hear(&self, said: &[i16]) -> Vec<i16> {
            said.iter()
                .zip(&self.way)
                .map(|(said, back)| (f32::from(*said) + back).clamp(-32_000.0, 32_000.0) as i16)
                .collect()
        }

        fn send(&mut self, sent: &[i16]) {
            const RADIUS: f32 = 0.998;
            let turn = std::f32::consts::TAU * 1300.0 / 48_000.0;
            for sample in sent {
                let out = (1.0 - RADIUS) * 2.0 * turn.sin() * f32::from(*sample)
                    + 2.0 * RADIUS * turn.cos() * self.past[0]
                    - RADIUS * RADIUS * self.past[1];
                self.past = [out, self.past[0]];
                self.way.pop_front();
                self.way.push_back(out * self.gain);
            }
        }
    }

    /// Half a minute in a loop: the share of tenths of a second at which it is as loud as a howl, and how
    /// many howls were heard.
    fn in_loop(mut air: Loop, is_guarded: bool) -> (f32, usize) {
        let said = speech(Voice::Low, 5, 30.0);
        let (mut detector, mut duck) = (HowlDetector::new(), Duck::default());
        let (mut heard, mut howls) = (Vec::new(), 0);
        for block in said.chunks_exact(BLOCK) {
            let mut sent = air.hear(block);
            heard.extend_from_slice(&sent);
            if detector.hear(&sent).is_some() {
                howls += 1;
                duck.howls();
            }
            if is_guarded {
                duck.apply(&mut sent);
            }
            air.send(&sent);
        }
        let moments = heard.chunks_exact(4800);
        let loud = moments.clone().filter(|moment| decibels(moment) > -10.0).count();
        (loud as f32 / moments.len() as f32, howls)
    }

    #[test]
    fn a_loop_that_would_howl_is_caught_and_stays_quiet() {
        for (delay_ms, gain_db) in [(30, 3.0), (30, 10.0), (150, 6.0), (400, 6.0)] {
            let (wild, _) = in_loop(Loop::new(delay_ms * 48, gain_db), false);
            let (tamed, howls) = in_loop(Loop::new(delay_ms * 48, gain_db), true);
            eprintln!("{delay_ms} ms, {gain_db} dB: loud {wild:.2} of 30 s, guarded {tamed:.2}; {howls} howls heard");
            assert!(wild > 0.7, "{delay_ms} ms, {gain_db} dB: without the guard it howls {wild} of the time");
            assert!(howls > 0 && tamed < 0.15, "{delay_ms} ms, {gain_db} dB: {tamed} with the guard, {howls} howls");
        }
    }

    #[test]
    fn a_loop_that_dies_away_is_left_alone() {
        let (_, howls) = in_loop(Loop::new(150 * 48, -2.0), false);
        assert_eq!(howls, 0);
    }

    fn howls_in(sound: &[i16]) -> usize {
        let mut detector = HowlDetector::new();
        sound.chunks_exact(BLOCK).filter(|block| detector.hear(block).is_some()).count()
    }

    #[test]
    fn voices_music_noise_and_steady_tones_are_no_howls() {
        for seed in 1..=4 {
            assert_eq!(howls_in(&speech(Voice::Low, seed, 20.0)), 0, "a low voice {seed}");
            assert_eq!(howls_in(&speech(Voice::High, seed, 20.0)), 0, "a high voice {seed}");
        }
        let hiss: Vec<i16> = noise(1, 10.0, 3000.0).iter().map(|sample| *sample as i16).collect();
        assert_eq!(howls_in(&hiss), 0, "noise");
        let tone = |hertz: f32, level: f32| -> Vec<i16> {
            let phase = |n: usize| std::f32::consts::TAU * hertz * n as f32 / 48_000.0;
            (0..480_000).map(|n| (phase(n).sin() * level * 32_767.0) as i16).collect()
        };
        assert_eq!(howls_in(&tone(440.0, 0.1)), 0, "a test tone");
        let mut switched = vec![0; 48_000];
        switched.extend(tone(1000.0, 0.2));
        assert_eq!(howls_in(&switched), 0, "a tone that is switched on");
        // Notes of a third of a second, each struck and dying away.
        let melody: Vec<i16> = (0..480_000)
            .map(|n| {
                let (note, within) = (n / 16_000, n % 16_000);
                let hertz = 440.0 * 2_f32.powf([0, 4, 7, 12, 7, 4][note % 6] as f32 / 12.0);
                let wave = (std::f32::consts::TAU * hertz * within as f32 / 48_000.0).sin();
                (wave * 12_000.0 * (-(within as f32) / 8000.0).exp()) as i16
            })
            .collect();
        assert_eq!(howls_in(&melody), 0, "a melody");
        // Four a second, swelling and fading, as loud as can be.
        let beeps: Vec<i16> = (0..480_000)
            .map(|n| {
                let phase = std::f32::consts::TAU * n as f32 / 48_000.0;
                ((phase * 500.0).sin() * (phase * 2.0).sin().powi(2) * 30_000.0) as i16
            })
            .collect();
        assert_eq!(howls_in(&beeps), 0, "beeps");
    }

    #[test]
    fn a_duck_goes_down_at_once_and_comes_back_slowly() {
        let mut duck = Duck::default();
        let gain = |duck: &mut Duck, blocks: u32| {
            let mut block = [0; BLOCK];
            for _ in 0..blocks {
                block = [10_000; BLOCK];
                duck.apply(&mut block);
            }
            20.0 * (f32::from(block[BLOCK - 1]) / 10_000.0).log10()
        };
        assert_eq!(gain(&mut duck, 10), 0.0);
        duck.howls();
        assert!((gain(&mut duck, 2) + 12.0).abs() < 0.1, "after 20 ms");
        assert!((gain(&mut duck, 990) + 12.0).abs() < 0.1, "for ten seconds");
        let halfway = gain(&mut duck, 208);
        assert!((-7.0..-5.0).contains(&halfway), "{halfway} dB after two more");
        assert_eq!(gain(&mut duck, 250), 0.0);
        for _ in 0..9 {
            duck.howls();
        }
        assert!((gain(&mut duck, 10) + 36.0).abs() < 0.1, "never quite silent");
    }
}
