//! How loud sound is.

/// Blocks of 10 ms in one measurement: ten measurements a second.
const BLOCKS: u32 = 10;

/// Root mean square over 100 ms at a time.
#[derive(Default)]
pub(crate) struct LevelMeter {
    sum: f64,
    samples: usize,
    blocks: u32,
}

impl LevelMeter {
    /// Takes 10 ms in; ten times a second gives the level, 0 to 1.
    pub fn measure(&mut self, block: &[i16]) -> Option<f32> {
        self.sum += block.iter().map(|sample| f64::from(*sample).powi(2)).sum::<f64>();
        self.samples += block.len();
        self.blocks += 1;
        if self.blocks < BLOCKS {
            return None;
        }
        let mean = self.sum / self.samples.max(1) as f64;
        *self = LevelMeter::default();
        Some((mean.sqrt() / 32768.0) as f32)
    }
}

/// Loudness as RFC 6464 writes it: decibels below overload, 0 to 127.
pub(crate) fn dbov(samples: &[i16]) -> u8 {
    let sum: f64 = samples.iter().map(|sample| f64::from(*sample).powi(2)).sum();
    let rms = (sum / samples.len().max(1) as f64).sqrt() / 32768.0;
    if rms <= 0.0 {
        return 127;
    }
    (-20.0 * rms.log10()).round().clamp(0.0, 127.0) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_127_and_overload_0() {
        assert_eq!(dbov(&[0; 960]), 127);
        assert_eq!(dbov(&[i16::MIN; 960]), 0);
        assert_eq!(dbov(&[3277; 960]), 20);
        assert_eq!(dbov(&[]), 127);
    }

    #[test]
    fn measures_ten_times_a_second() {
        let mut meter = LevelMeter::default();
        let levels: Vec<_> = (0..20).filter_map(|_| meter.measure(&[16384; 480])).collect();
        assert_eq!(levels.len(), 2);
        assert!((levels[0] - 0.5).abs() < 0.001);
    }
}
