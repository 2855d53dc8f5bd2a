//! Several microphones as one: each gets the share of the sound that it hears.
//!
//! Dan Dugan's gain sharing (1975): a microphone's gain is its power over the power of all, so that
//! together they are as open as one. Noise does not add up with every microphone, nobody's first
//! syllable waits for a gate, and a talker two microphones hear is not twice as loud.

use crate::sound::BLOCK;

/// How fast a share grows and shrinks, per block of 10 ms: at once, and over a fifth of a second.
const RISE: f32 = 0.6;
const FALL: f32 = 0.05;
/// Power of the softest sound that counts, in samples squared: keeps shares even in silence.
const FLOOR: f32 = 1.0;

/// The shares of each microphone.
#[derive(Default)]
pub(crate) struct Automixer {
    channels: Vec<Channel>,
}

#[derive(Clone, Copy, Default)]
struct Channel {
    /// Smoothed.
    power: f32,
    /// At the end of the last block.
    gain: f32,
}

impl Automixer {
    /// Mixes the blocks of the microphones that have one, by their place on the board.
    pub fn mix(&mut self, blocks: &[Option<Vec<i16>>]) -> Vec<i16> {
        self.channels.resize(blocks.len(), Channel::default());
        for (channel, block) in self.channels.iter_mut().zip(blocks) {
            let power = block.as_deref().map_or(0.0, power);
            let speed = if power > channel.power { RISE } else { FALL };
            channel.power += (power - channel.power) * speed;
            if block.is_none() {
                *channel = Channel::default();
            }
        }
        let present = || self.channels.iter().zip(blocks).filter(|(_, block)| block.is_some());
        let total: f32 = present().map(|(channel, _)| channel.power + FLOOR).sum();
        let mut mix = [0.0_f32; BLOCK];
        for (channel, block) in self.channels.iter_mut().zip(blocks) {
            let Some(block) = block else { continue };
            let gain = ((channel.power + FLOOR) / total).sqrt();
            let step = (gain - channel.gain) / BLOCK as f32;
            for (number, (sum, sample)) in mix.iter_mut().zip(block).enumerate() {
                *sum += f32::from(*sample) * (channel.gain + step * (number + 1) as f32);
            }
            channel.gain = gain;
        }
        mix.iter().map(|sum| sum.round().clamp(-32_768.0, 32_767.0) as i16).collect()
    }
}

fn power(block: &[i16]) -> f32 {
    block.iter().map(|sample| f32::from(*sample).powi(2)).sum::<f32>() / block.len().max(1) as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common::decibels;
    use crate::common::speech::{Voice, noise, speech};

    /// The mix of these sounds, without the second in which shares settle.
    fn mixed(sounds: &[Vec<f32>]) -> Vec<i16> {
        let mut mixer = Automixer::default();
        let blocks = sounds[0].len() / BLOCK;
        let mut mix = Vec::new();
        for number in 0..blocks {
            let part = |sound: &Vec<f32>| {
                Some(sound[number * BLOCK..][..BLOCK].iter().map(|sample| sample.round() as i16).collect())
            };
            mix.extend(mixer.mix(&sounds.iter().map(part).collect::<Vec<_>>()));
        }
        mix[48_000..].to_vec()
    }

    fn alone(sound: &[f32]) -> f64 {
        decibels(&sound[48_000..].iter().map(|sample| sample.round() as i16).collect::<Vec<_>>())
    }

    #[test]
    fn the_noise_of_four_microphones_is_that_of_one() {
        let noises: Vec<_> = (1..=4).map(|seed| noise(seed, 4.0, 100.0)).collect();
        let one = alone(&noises[0]);
        let added: Vec<f32> = (0..noises[0].len()).map(|n| noises.iter().map(|noise| noise[n]).sum()).collect();
        let (plain, shared) = (alone(&added), decibels(&mixed(&noises)));
        assert!(plain - one > 5.0, "simply added they are {:.1} dB louder", plain - one);
        assert!((shared - one).abs() < 1.0, "{shared:.1} dB instead of {one:.1} dB");
    }

    #[test]
    fn a_talker_is_heard_as_by_the_nearest_microphone_alone() {
        let talker: Vec<f32> = speech(Voice::Low, 4, 6.0).iter().map(|sample| f32::from(*sample)).collect();
        let mut sounds: Vec<_> = (1..=3).map(|seed| noise(seed, 6.0, 20.0)).collect();
        for (number, sound) in sounds.iter_mut().enumerate() {
            // The next microphones are farther away: 12 dB softer, 3 ms later each.
            let (gain, delay) = (0.25_f32.powi(number as i32), 144 * number);
            for n in delay..sound.len() {
                sound[n] += talker[n - delay] * gain;
            }
        }
        let difference = decibels(&mixed(&sounds)) - alone(&sounds[0]);
        assert!(difference.abs() < 1.0, "{difference:.1} dB");
    }

    #[test]
    fn one_microphone_is_left_as_it_is_and_one_that_goes_leaves_no_hole() {
        let mut mixer = Automixer::default();
        let block = vec![1000_i16; BLOCK];
        mixer.mix(&[Some(block.clone())]);
        assert_eq!(mixer.mix(&[Some(block.clone())]), block);
        for _ in 0..50 {
            mixer.mix(&[Some(block.clone()), Some(vec![-5000; BLOCK])]);
        }
        mixer.mix(&[Some(block.clone()), None]);
        assert_eq!(mixer.mix(&[Some(block.clone()), None]), block);
        assert_eq!(mixer.mix(&[None, None]), vec![0; BLOCK]);
    }
}
