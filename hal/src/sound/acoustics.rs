//! What a simulated room does to sound between its loudspeaker and its microphone.

use std::sync::Arc;

use realfft::num_complex::Complex;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};

use super::{Noise, RATE};
use crate::board::Acoustics;

/// How a room answers a click that is over at once, at 48 kHz from the first arrival on: the direct
/// sound, a few early reflections, then noise that dies away. Its energy is the echo return loss.
pub(crate) fn impulse_response(acoustics: &Acoustics) -> Vec<f32> {
    let length = RATE as usize * acoustics.reverberation_ms as usize / 1000;
    let mut response = vec![0.0; length.max(1)];
    if length > 0 {
        let mut noise = Noise::new(acoustics.seed);
        let decay = |n: usize| 10_f32.powf(-3.0 * n as f32 / length as f32);
        // The tail begins after 5 ms and holds half the energy of the direct sound.
        let from = (RATE as usize / 200).min(length);
        for (n, slot) in response.iter_mut().enumerate().skip(from) {
            *slot = noise.sample() * decay(n);
        }
        let tail: f32 = response.iter().map(|tap| tap * tap).sum();
        let scale = (0.5 / tail.max(f32::EPSILON)).sqrt();
        response.iter_mut().for_each(|tap| *tap *= scale);
        // Table, walls and ceiling: 2 to 20 ms later.
        for number in 1..=5_u32 {
            let at = RATE as f32 * (0.0036 * number as f32 + 0.0012 * noise.uniform());
            let sign = if number.is_multiple_of(2) { 1.0 } else { -1.0 };
            if let Some(tap) = response.get_mut(at as usize) {
                *tap += sign * 0.4 * decay(at as usize) * (1.0 + 0.3 * noise.uniform());
            }
        }
    }
    response[0] = 1.0;
    let energy: f32 = response.iter().map(|tap| tap * tap).sum();
    let gain = (10_f32.powf(-(acoustics.loss_db as f32) / 10.0) / energy).sqrt();
    response.iter_mut().for_each(|tap| *tap *= gain);
    response
}

/// Convolves sound with a response, block by block (uniformly partitioned overlap-save).
pub(crate) struct Convolver {
    forward: Arc<dyn RealToComplex<f32>>,
    inverse: Arc<dyn ComplexToReal<f32>>,
    /// Of each stretch of the response, as long as a block.
    partitions: Vec<Vec<Complex<f32>>>,
    /// Of the newest blocks, newest first in a ring.
    history: Vec<Vec<Complex<f32>>>,
    newest: usize,
    /// The block before, then this one.
    window: Vec<f32>,
}

impl Convolver {
    /// Samples in a block: 10 ms.
    pub const BLOCK: usize = RATE as usize / 100;

    pub fn new(response: &[f32]) -> Convolver {
        let mut planner = RealFftPlanner::new();
        let forward = planner.plan_fft_forward(2 * Self::BLOCK);
        let inverse = planner.plan_fft_inverse(2 * Self::BLOCK);
        let spectrum = |part: &[f32]| {
            let mut padded = vec![0.0; 2 * Self::BLOCK];
            padded[..part.len()].copy_from_slice(part);
            transform(&*forward, &mut padded)
        };
        let partitions: Vec<_> = response.chunks(Self::BLOCK).map(spectrum).collect();
        let history = vec![vec![Complex::default(); Self::BLOCK + 1]; partitions.len()];
        Convolver { forward, inverse, partitions, history, newest: 0, window: vec![0.0; 2 * Self::BLOCK] }
    }

    /// The answer to the next block, as long as it.
    pub fn block(&mut self, samples: &[f32]) -> Vec<f32> {
        self.window.copy_within(Self::BLOCK.., 0);
        self.window[Self::BLOCK..].copy_from_slice(samples);
        let count = self.partitions.len();
        self.newest = (self.newest + count - 1) % count;
        self.history[self.newest] = transform(&*self.forward, &mut self.window.clone());
        let mut sum = vec![Complex::default(); Self::BLOCK + 1];
        for (age, partition) in self.partitions.iter().enumerate() {
            let heard = &self.history[(self.newest + age) % count];
            for ((sum, heard), part) in sum.iter_mut().zip(heard).zip(partition) {
                *sum += heard * part;
            }
        }
        // What is real stays so up to rounding, which the transform refuses.
        sum[0].im = 0.0;
        sum[Self::BLOCK].im = 0.0;
        let mut answer = self.inverse.make_output_vec();
        self.inverse.process(&mut sum, &mut answer).expect("the lengths are the plan's own");
        answer[Self::BLOCK..].iter().map(|sample| sample / (2 * Self::BLOCK) as f32).collect()
    }

    /// Forgets what was played.
    pub fn clear(&mut self) {
        self.window.fill(0.0);
        self.history.iter_mut().for_each(|spectrum| spectrum.fill(Complex::default()));
    }
}

fn transform(plan: &dyn RealToComplex<f32>, samples: &mut [f32]) -> Vec<Complex<f32>> {
    let mut spectrum = plan.make_output_vec();
    plan.process(samples, &mut spectrum).expect("the lengths are the plan's own");
    spectrum
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room() -> Acoustics {
        Acoustics { loss_db: 6, reverberation_ms: 300, ..Acoustics::default() }
    }

    #[test]
    fn a_response_has_the_loss_and_the_decay_it_was_asked_for() {
        let response = impulse_response(&room());
        let energy = |from: usize, to: usize| response[from..to].iter().map(|tap| tap * tap).sum::<f32>();
        let loss = -10.0 * energy(0, response.len()).log10();
        assert!((loss - 6.0).abs() < 0.01, "{loss} dB");
        // A third of the reverberation time later the sound is 20 dB softer.
        let drop = 10.0 * (energy(1440, 4320) / energy(1440 + 4800, 4320 + 4800)).log10();
        assert!((drop - 20.0).abs() < 1.5, "{drop} dB in 100 ms");
        assert!(response == impulse_response(&room()), "the same every time");
        assert!(response != impulse_response(&Acoustics { seed: 2, ..room() }));
    }

    #[test]
    fn without_reverberation_there_is_only_the_direct_sound() {
        let response = impulse_response(&Acoustics::default());
        assert_eq!(response.len(), 1);
        assert!((20.0 * response[0].log10() + 12.0).abs() < 0.001);
    }

    #[test]
    fn convolving_by_blocks_is_convolving() {
        let response = impulse_response(&Acoustics { reverberation_ms: 25, ..room() });
        let mut noise = Noise::new(5);
        let played: Vec<f32> = (0..Convolver::BLOCK * 8).map(|_| noise.sample()).collect();
        let mut convolver = Convolver::new(&response);
        let heard: Vec<f32> = played.chunks(Convolver::BLOCK).flat_map(|block| convolver.block(block)).collect();
        for n in (0..heard.len()).step_by(37) {
            let honest: f32 = (0..response.len().min(n + 1)).map(|tap| response[tap] * played[n - tap]).sum();
            assert!((heard[n] - honest).abs() < 1e-4, "sample {n}: {} instead of {honest}", heard[n]);
        }
    }
}
