//! Noise that is the same every time.

/// A seeded source of white noise, near enough to Gaussian, of variance 1.
pub(crate) struct Noise(u64);

impl Noise {
    pub fn new(seed: u64) -> Noise {
        Noise(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// Even over -1 to 1.
    pub fn uniform(&mut self) -> f32 {
        // Xorshift (Marsaglia 2003), of which the upper bits are taken.
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 40) as f32 / (1 << 23) as f32 - 1.0
    }

    /// The next sample: three even ones together have variance 1.
    pub fn sample(&mut self) -> f32 {
        self.uniform() + self.uniform() + self.uniform()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_as_loud_as_said_without_a_bias_and_the_same_every_time() {
        let hear = |seed| {
            let mut noise = Noise::new(seed);
            (0..100_000).map(|_| noise.sample()).collect::<Vec<f32>>()
        };
        let heard = hear(3);
        let mean = heard.iter().sum::<f32>() / heard.len() as f32;
        let power = heard.iter().map(|sample| sample * sample).sum::<f32>() / heard.len() as f32;
        assert!(mean.abs() < 0.02 && (power - 1.0).abs() < 0.03, "{mean} {power}");
        assert!(heard == hear(3) && heard != hear(4));
    }
}
