//! The sound that the audio check plays, and what can be read from how it comes back.
//!
//! An exponential sine sweep (Farina, AES 108, 2000): all frequencies with little power at any time,
//! so that a small loudspeaker stays linear. Divided by it, what comes back is the room's impulse
//! response.

use realfft::RealFftPlanner;
use realfft::num_complex::Complex;

const RATE: f32 = 48_000.0;
/// Hertz.
const FROM: f32 = 100.0;
const TO: f32 = 12_000.0;
/// Where voices are; the echo is judged there.
const BAND: std::ops::Range<f32> = 300.0..7000.0;
/// -10 dBFS: loud enough to be heard, far enough from clipping.
const PEAK: f32 = 0.3 * 32_768.0;
/// The sweep rises from and sinks to silence over 20 ms.
const FADE: usize = 960;
/// Samples in the sweep: three seconds.
pub(crate) const SWEEP: usize = 3 * 48_000;
/// The sweep and what comes after it fit in, with room for silence.
const LENGTH: usize = 1 << 18;
/// The longest delay looked for: a second.
const DELAY_MAX: usize = 48_000;
/// Peak over root mean square of the rest: below, nothing has come back.
const OUTSTANDING: f32 = 8.0;
/// A sample at the limit; some are chance.
const LIMIT: u16 = 32_700;
const CLIPPED_MIN: usize = 24;
/// The picture of a response: steps of 5 ms, from 0 down to -60 dB.
const PICTURE: usize = 100;
const PICTURE_STEP: usize = 240;

/// What one microphone heard of the sweep.
#[derive(Debug, Clone, PartialEq)]
pub struct Measurement {
    /// Root mean square of the quiet room, in dB below full scale; the middle one of many moments.
    pub noise_dbfs: f32,
    /// Not one sample differed from zero, neither in the quiet nor during the sweep.
    pub is_dead: bool,
    /// It was at its limit.
    pub is_clipped: bool,
    /// What came back; none if the loudspeaker was not heard.
    pub echo: Option<Echo>,
}

/// The way from the loudspeaker to the microphone.
#[derive(Debug, Clone, PartialEq)]
pub struct Echo {
    /// From where sound is given to the loudspeaker to where the microphone brings it, devices
    /// included.
    pub delay_ms: f32,
    /// How much softer than what is played, 300 to 7000 Hz; negative is louder.
    pub return_loss_db: f32,
    /// Until sound has died away by 60 dB, from its first 20 dB; none if noise hides that.
    pub reverberation_ms: Option<f32>,
    /// The response in steps of 5 ms from the loudspeaker on: 0 for -60 dB and less below its peak, 100
    /// for the peak.
    pub picture: Vec<u8>,
}

/// The sweep, 48 kHz.
pub(crate) fn sweep() -> Vec<i16> {
    let rise = (TO / FROM).ln();
    let seconds = SWEEP as f32 / RATE;
    (0..SWEEP)
        .map(|n| {
            let time = n as f64 / f64::from(RATE);
            let growth = (time / f64::from(seconds) * f64::from(rise)).exp() - 1.0;
            let phase = std::f64::consts::TAU * f64::from(FROM) * f64::from(seconds) / f64::from(rise) * growth;
            let edge = n.min(SWEEP - 1 - n).min(FADE) as f32 / FADE as f32;
            (phase.sin() as f32 * PEAK * (std::f32::consts::FRAC_PI_2 * edge).sin().powi(2)) as i16
        })
        .collect()
}

/// What is in `quiet` (before the sweep) and `heard` (from its start on).
pub(crate) fn measure(quiet: &[i16], heard: &[i16]) -> Measurement {
    let heard = &heard[..heard.len().min(LENGTH)];
    let at_limit = heard.iter().filter(|sample| sample.unsigned_abs() >= LIMIT).count();
    let is_dead = quiet.iter().chain(heard).all(|sample| *sample == 0);
    Measurement {
        noise_dbfs: noise(quiet),
        is_dead,
        is_clipped: at_limit >= CLIPPED_MIN,
        echo: if is_dead { None } else { echo(heard) },
    }
}

/// The middle one of the levels of tenths of a second.
fn noise(quiet: &[i16]) -> f32 {
    let level = |moment: &[i16]| {
        let power = moment.iter().map(|sample| f32::from(*sample).powi(2)).sum::<f32>() / moment.len() as f32;
        10.0 * (power / (32_768.0 * 32_768.0)).max(1e-12).log10()
    };
    let mut levels: Vec<f32> = quiet.chunks_exact(4800).map(level).collect();
    levels.sort_by(f32::total_cmp);
    levels.get(levels.len() / 2).copied().unwrap_or(-120.0)
}

fn echo(heard: &[i16]) -> Option<Echo> {
    let response = response(heard)?;
    let soon = &response[..DELAY_MAX];
    let (loudest, peak) = soon.iter().enumerate().max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()))?;
    let peak = peak.abs();
    // By then every echo has died away.
    let late = &response[LENGTH / 2..LENGTH / 2 + LENGTH / 4];
    let noise = late.iter().map(|tap| tap * tap).sum::<f32>() / late.len() as f32;
    if peak < OUTSTANDING * noise.sqrt() {
        return None;
    }
    // The shortest way may be weaker than a reflection of the table.
    let first = soon.iter().position(|tap| tap.abs() >= peak * 0.5).unwrap_or(loudest);
    let from = first.saturating_sub(240);
    let tail = &response[from..(first + 48_000).min(LENGTH / 2)];
    let energy = tail.iter().map(|tap| tap * tap).sum::<f32>() - noise * tail.len() as f32;
    // Of a response that lets all through, this much is left in the band.
    let share = (BAND.end - BAND.start) / (RATE / 2.0);
    let picture = response[..PICTURE * PICTURE_STEP].chunks_exact(PICTURE_STEP);
    let loudest_of = |part: &[f32]| part.iter().fold(0.0_f32, |loudest, tap| loudest.max(tap.abs()));
    let height = |part: &[f32]| 100.0 + 20.0 * (loudest_of(part) / peak).max(1e-6).log10() * 100.0 / 60.0;
    Some(Echo {
        delay_ms: first as f32 * 1000.0 / RATE,
        return_loss_db: -10.0 * (energy.max(1e-12) / share).log10(),
        reverberation_ms: reverberation(&response[first..(first + 96_000).min(LENGTH / 2)], noise),
        picture: picture.map(|part| height(part).clamp(0.0, 100.0) as u8).collect(),
    })
}

/// The impulse response within [`BAND`]: what was heard over what was played.
fn response(heard: &[i16]) -> Option<Vec<f32>> {
    let mut planner = RealFftPlanner::new();
    let forward = planner.plan_fft_forward(LENGTH);
    let spectrum = |samples: &[i16]| -> Option<Vec<Complex<f32>>> {
        let mut padded = vec![0.0; LENGTH];
        padded.iter_mut().zip(samples).for_each(|(slot, sample)| *slot = f32::from(*sample));
        let mut spectrum = forward.make_output_vec();
        forward.process(&mut padded, &mut spectrum).ok()?;
        Some(spectrum)
    };
    let (played, heard) = (spectrum(&sweep())?, spectrum(heard)?);
    let line = |hertz: f32| (hertz * LENGTH as f32 / RATE) as usize;
    let mut response = vec![Complex::default(); LENGTH / 2 + 1];
    for bin in line(BAND.start)..line(BAND.end) {
        response[bin] = heard[bin] / played[bin];
    }
    let inverse = planner.plan_fft_inverse(LENGTH);
    let mut taps = inverse.make_output_vec();
    inverse.process(&mut response, &mut taps).ok()?;
    taps.iter_mut().for_each(|tap| *tap /= LENGTH as f32);
    Some(taps)
}

/// Schroeder's backward integration, noise taken off, and a line through -5 to -25 dB.
fn reverberation(response: &[f32], noise: f32) -> Option<f32> {
    let mut left = 0.0_f32;
    let mut decay: Vec<f32> = response
        .iter()
        .rev()
        .map(|tap| {
            left += tap * tap - noise;
            left.max(1e-20)
        })
        .collect();
    decay.reverse();
    let all = *decay.first()?;
    // Noise of the integral itself: what is not well above it says nothing.
    if all < 1000.0 * noise * (response.len() as f32).sqrt() {
        return None;
    }
    let reaches = |decibels: f32| decay.iter().position(|left| *left < all * 10_f32.powf(decibels / 10.0));
    let (early, late) = (reaches(-5.0)?, reaches(-25.0)?);
    Some((late - early) as f32 / RATE * 1000.0 * 3.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common::speech::noise as white;

    /// Two seconds after the sweep, and noise of this level.
    fn heard(delay: usize, gain: f32, level: f32) -> Vec<i16> {
        let (sweep, noise) = (sweep(), white(7, 5.0, level));
        let played =
            |n: usize| n.checked_sub(delay).and_then(|n| sweep.get(n)).map_or(0.0, |sample| f32::from(*sample));
        (0..noise.len()).map(|n| (played(n) * gain + noise[n]).round().clamp(-32_768.0, 32_767.0) as i16).collect()
    }

    fn quiet(level: f32) -> Vec<i16> {
        white(8, 1.0, level).iter().map(|sample| sample.round() as i16).collect()
    }

    #[test]
    fn a_plain_echo_is_measured_as_it_is() {
        for (delay_ms, loss_db, noise_dbfs) in [(12.0, 0.0, -70.0), (60.0, 12.0, -60.0), (300.0, 30.0, -70.0)] {
            let (gain, level) = (10_f32.powf(-loss_db / 20.0), 32_768.0 * 10_f32.powf(noise_dbfs / 20.0));
            let found = measure(&quiet(level), &heard((delay_ms * 48.0) as usize, gain, level));
            assert!((found.noise_dbfs - noise_dbfs).abs() < 0.7, "{} for {noise_dbfs} dBFS", found.noise_dbfs);
            let echo = found.echo.expect("it is heard");
            assert!((echo.delay_ms - delay_ms).abs() < 0.5, "{} for {delay_ms} ms", echo.delay_ms);
            assert!((echo.return_loss_db - loss_db).abs() < 0.5, "{} for {loss_db} dB", echo.return_loss_db);
            assert_eq!(echo.picture.len(), 100);
            assert_eq!(echo.picture.iter().position(|height| *height == 100), Some(delay_ms as usize / 5));
            assert!(!found.is_clipped && !found.is_dead);
        }
    }

    #[test]
    fn silence_noise_alone_and_clipping_are_told_apart() {
        let dead = measure(&[0; 48_000], &[0; 240_000]);
        assert!(dead.is_dead && dead.echo.is_none());
        let deaf = measure(&quiet(50.0), &heard(0, 0.0, 50.0));
        assert!(!deaf.is_dead && deaf.echo.is_none(), "{deaf:?}");
        let clipped = measure(&quiet(5.0), &heard(2000, 5.0, 5.0));
        assert!(clipped.is_clipped && clipped.echo.is_some());
    }

    #[test]
    fn whatever_is_heard_nothing_panics() {
        for length in [0, 1, 4799, 4800, 300_000, 600_000] {
            measure(&vec![3; length], &vec![-7; length]);
            measure(&[], &vec![i16::MIN; length]);
        }
    }
}
