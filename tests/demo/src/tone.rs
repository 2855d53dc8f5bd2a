//! Hearing a tone in samples.

/// The share of the signal's energy at `frequency_hz`, 0.0 to 1.0 (Goertzel), or 0.0 in silence.
///
/// `samples` are 48 kHz mono. A pure tone gives nearly 1.0, noise and other tones nearly 0.0.
pub fn share(samples: &[i16], frequency_hz: f64) -> f64 {
    let energy: f64 = samples.iter().map(|s| f64::from(*s).powi(2)).sum();
    // Quieter than about -60 dBFS is silence, whatever its spectrum.
    if samples.is_empty() || energy / (samples.len() as f64) < 30.0_f64.powi(2) {
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
    fn silence_is_no_tone() {
        assert!(share(&tone(880.0, 5.0), 880.0) < f64::EPSILON);
        assert!(share(&[], 880.0) < f64::EPSILON);
    }
}
