//! Hearing a tone in samples.

/// 20 ms at 48 kHz: many periods of a tone, and short beside what a jitter buffer stretches.
const WINDOW: usize = 960;

/// The part of the time in which the tone at `frequency_hz` is what is heard, 0.0 to 1.0.
///
/// `samples` are 48 kHz mono. They are judged in windows of 20 ms: a jitter buffer that stretched or shortened the sound
/// moves the tone's phase, which cancels it over a whole second although everybody hears it.
pub fn share(samples: &[i16], frequency_hz: f64) -> f64 {
    let windows = samples.chunks_exact(WINDOW);
    let all = windows.len().max(1) as f64;
    windows.filter(|window| purity(window, frequency_hz) > 0.5).count() as f64 / all
}

/// The share of the signal's energy at `frequency_hz`, 0.0 to 1.0 (Goertzel), or 0.0 in silence.
fn purity(samples: &[i16], frequency_hz: f64) -> f64 {
    let energy: f64 = samples.iter().map(|s| f64::from(*s).powi(2)).sum();
    // Quieter than about -60 dBFS is silence, whatever its spectrum.
    if energy / (samples.len() as f64) < 30.0_f64.powi(2) {
        return 0.0;
    }
    let coefficient = 2.0 * (std::f64::consts::TAU * frequency_hz / 48_000.0).cos();
    let (mut before, mut last) = (0.0, 0.0);
    for sample in samples {
        (before, last) = (last, f64::from(*sample) + coefficient * last - before);
    }
    let power = last.powi(2) + before.powi(2) - coefficient * last * before;
    (2.0 * power / (energy * samples.len() as f64)).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::share;

    fn tone(frequency_hz: f64, amplitude: f64) -> Vec<i16> {
        (0..48_000)
            .map(|i| (amplitude * (std::f64::consts::TAU * frequency_hz * f64::from(i) / 48_000.0).sin()) as i16)
            .collect()
    }

    #[test]
    fn hears_the_tone_and_only_the_tone() {
        assert!(share(&tone(880.0, 3000.0), 880.0) > 0.95);
        assert!(share(&tone(440.0, 3000.0), 880.0) < 0.01);
    }

    #[test]
    fn hears_a_tone_whose_phase_jumps() {
        // Half a period is left out in the middle: over the whole second the two halves cancel each other.
        let mut samples = tone(880.0, 3000.0);
        samples.drain(24_000..24_027);
        assert!(super::purity(&samples, 880.0) < 0.1, "no longer an example");
        assert!(share(&samples, 880.0) > 0.95);
    }

    #[test]
    fn hears_how_long_the_tone_is_missing() {
        let mut samples = tone(880.0, 3000.0);
        samples[12_000..48_000].fill(0);
        assert!((share(&samples, 880.0) - 0.25).abs() < 0.03);
    }

    #[test]
    fn silence_is_no_tone() {
        assert!(share(&tone(880.0, 5.0), 880.0) < f64::EPSILON);
        assert!(share(&[], 880.0) < f64::EPSILON);
    }
}
