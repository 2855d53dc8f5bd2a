//! The air between the simulated loudspeaker and the simulated microphone: what is played is
//! heard a little later and softer, so that echo cancellation has something to cancel.

use std::collections::VecDeque;
use std::sync::Mutex;

use super::RATE;

/// 60 ms: across a room and back, and a sound card's buffers.
const DELAY: usize = RATE as usize * 60 / 1000;

/// Beyond this nobody is listening, and the oldest is lost.
const LATEST: usize = DELAY + RATE as usize / 10;

/// -12 dB.
const LOSS: f32 = 0.251_188_64;

/// The sound under way to the microphone, oldest first.
#[derive(Default)]
pub(crate) struct Air(Mutex<VecDeque<i16>>);

impl Air {
    /// The loudspeaker plays.
    pub fn carry(&self, samples: &[i16]) {
        let mut way = self.0.lock().unwrap_or_else(|e| e.into_inner());
        if way.is_empty() {
            way.resize(DELAY, 0);
        }
        way.extend(samples);
        if way.len() > LATEST {
            let lost = way.len() - DELAY;
            way.drain(..lost);
        }
    }

    /// The microphone listens: adds what arrives to what it hears of the room.
    pub fn arrive(&self, samples: &mut [i16]) {
        let mut way = self.0.lock().unwrap_or_else(|e| e.into_inner());
        let arriving = samples.len().min(way.len());
        for (sample, echo) in samples.iter_mut().zip(way.drain(..arriving)) {
            *sample = sample.saturating_add((f32::from(echo) * LOSS) as i16);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hear(air: &Air, count: usize) -> Vec<i16> {
        let mut samples = vec![0; count];
        air.arrive(&mut samples);
        samples
    }

    #[test]
    fn arrives_after_60_ms_at_a_quarter_whatever_the_block_sizes() {
        for block in [1, 480, 960, 4096] {
            let air = Air::default();
            let mut heard = Vec::new();
            for n in 0..10_000 / block + 1 {
                let mut played = vec![0; block];
                if n == 0 {
                    played[0] = 10_000;
                }
                air.carry(&played);
                heard.extend(hear(&air, block));
            }
            let arrivals: Vec<_> = heard.iter().enumerate().filter(|(_, s)| **s != 0).collect();
            assert_eq!(arrivals, [(2880, &2511)], "blocks of {block}");
        }
    }

    #[test]
    fn a_pause_does_not_change_the_delay() {
        let air = Air::default();
        air.carry(&[10_000; 10]);
        hear(&air, 48_000);
        air.carry(&[10_000; 10]);
        let heard = hear(&air, 2890);
        assert_eq!((heard[2879], heard[2880], heard[2889]), (0, 2511, 2511));
    }

    #[test]
    fn nobody_listening_costs_no_memory() {
        let air = Air::default();
        for _ in 0..1000 {
            air.carry(&[1; 480]);
        }
        assert!(air.0.lock().unwrap().len() <= LATEST);
    }
}
