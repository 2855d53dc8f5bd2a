//! The air between the simulated loudspeaker and a simulated microphone: what is played is heard a
//! little later, softer, and as the room answers, so that echo cancellation has something to cancel.

use std::collections::VecDeque;
use std::sync::Mutex;

use super::RATE;
use super::acoustics::{Convolver, impulse_response};
use crate::board::Acoustics;

/// Beyond this much more than the delay nobody is listening, and the oldest is lost.
const PATIENCE: usize = RATE as usize / 10;

/// The sound under way to one microphone.
pub(crate) struct Air {
    /// Samples from the loudspeaker to the microphone by the shortest way, at least a block.
    delay: usize,
    /// Of the shortest way.
    gain: f32,
    way: Mutex<Way>,
}

#[derive(Default)]
struct Way {
    /// Oldest first.
    arriving: VecDeque<f32>,
    /// Played, and not yet a whole block for the convolver.
    pending: Vec<f32>,
    /// None in a room that only hears the direct sound.
    convolver: Option<Convolver>,
}

impl Air {
    pub fn new(acoustics: &Acoustics) -> Air {
        let response = impulse_response(acoustics);
        let convolver = (response.len() > 1).then(|| Convolver::new(&response));
        Air {
            delay: RATE as usize * acoustics.delay_ms as usize / 1000,
            gain: response[0],
            way: Mutex::new(Way { convolver, ..Way::default() }),
        }
    }

    /// The loudspeaker plays.
    pub fn carry(&self, samples: &[i16]) {
        let mut way = self.way.lock().unwrap_or_else(|e| e.into_inner());
        let Way { arriving, pending, convolver } = &mut *way;
        if arriving.is_empty() {
            arriving.resize(self.delay, 0.0);
            pending.clear();
            convolver.iter_mut().for_each(Convolver::clear);
        }
        match convolver {
            None => arriving.extend(samples.iter().map(|sample| f32::from(*sample) * self.gain)),
            Some(convolver) => {
                pending.extend(samples.iter().map(|sample| f32::from(*sample)));
                while pending.len() >= Convolver::BLOCK {
                    arriving.extend(convolver.block(&pending[..Convolver::BLOCK]));
                    pending.drain(..Convolver::BLOCK);
                }
            }
        }
        if arriving.len() > self.delay + PATIENCE {
            let lost = arriving.len() - self.delay;
            arriving.drain(..lost);
        }
    }

    /// The microphone listens: adds what arrives to what it hears of the room.
    pub fn arrive(&self, samples: &mut [i16]) {
        let mut way = self.way.lock().unwrap_or_else(|e| e.into_inner());
        let arriving = samples.len().min(way.arriving.len());
        for (sample, echo) in samples.iter_mut().zip(way.arriving.drain(..arriving)) {
            *sample = sample.saturating_add(echo as i16);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn air() -> Air {
        Air::new(&Acoustics::default())
    }

    fn hear(air: &Air, count: usize) -> Vec<i16> {
        let mut samples = vec![0; count];
        air.arrive(&mut samples);
        samples
    }

    #[test]
    fn arrives_after_60_ms_at_a_quarter_whatever_the_block_sizes() {
        for block in [1, 480, 960, 4096] {
            let air = air();
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
        let air = air();
        air.carry(&[10_000; 10]);
        hear(&air, 48_000);
        air.carry(&[10_000; 10]);
        let heard = hear(&air, 2890);
        assert_eq!((heard[2879], heard[2880], heard[2889]), (0, 2511, 2511));
    }

    #[test]
    fn a_room_answers_at_the_same_delay_whatever_the_block_sizes() {
        for block in [160, 480, 999] {
            let air = Air::new(&Acoustics { delay_ms: 90, reverberation_ms: 100, ..Acoustics::default() });
            let mut heard = Vec::new();
            for n in 0..12_000 / block {
                let mut played = vec![0; block];
                if n == 0 {
                    played[0] = 20_000;
                }
                air.carry(&played);
                heard.extend(hear(&air, block));
            }
            let first = heard.iter().position(|sample| sample.abs() > 100);
            assert_eq!(first, Some(90 * 48), "blocks of {block}");
            assert!(heard[90 * 48 + 480..].iter().any(|sample| *sample != 0), "it reverberates");
        }
    }

    #[test]
    fn nobody_listening_costs_no_memory() {
        let air = air();
        for _ in 0..1000 {
            air.carry(&[1; 480]);
        }
        assert!(air.way.lock().unwrap().arriving.len() <= air.delay + PATIENCE);
    }
}
