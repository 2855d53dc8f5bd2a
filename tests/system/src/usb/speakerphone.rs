//! A speakerphone on USB: USB Audio Class 2.0 at full speed, 48 kHz, 16 bits; one channel in, two out.

use std::collections::VecDeque;
use std::f64::consts::TAU;
use std::sync::{Arc, Mutex, PoisonError};

use super::{Descriptors, Device, Setup, Speed, configuration, device_descriptor, with_total};

const RATE: u32 = 48_000;
const SAMPLES_PER_MILLISECOND: u64 = RATE as u64 / 1000;

/// Requests of the class (USB Audio Class 2.0, A.14), and what its clock is asked for.
const CUR: u8 = 0x01;
const RANGE: u8 = 0x02;
const CLOCK: u8 = 9;
const FREQUENCY: u8 = 1;

/// The newest ten seconds of what the speakerphone played: the left channel.
#[derive(Clone, Default)]
pub struct Played(Arc<Mutex<VecDeque<i16>>>);

impl Played {
    /// Whether what is heard of it is a tone of so many hertz, give or take 100; not whether that is heard without a gap: an
    /// emulated machine stutters, down to pieces of 10 ms.
    pub fn is_tone(&self, hz: f64) -> bool {
        const WINDOW: usize = RATE as usize / 200;
        const WINDOWS_MIN: usize = 10;
        // -60 dBFS.
        const SILENCE: f64 = 30.0;
        let samples: Vec<f64> = {
            let played = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            played.iter().map(|sample| f64::from(*sample)).collect()
        };
        let energy = |window: &[f64]| window.iter().map(|sample| sample * sample).sum::<f64>();
        let is_heard = |window: &&[f64]| energy(window) > WINDOW as f64 * SILENCE * SILENCE;
        let heard: Vec<&[f64]> = samples.chunks_exact(WINDOW).filter(is_heard).collect();
        let is_pure = |window: &&&[f64]| {
            let turn = |at: usize| (at as f64 * hz / f64::from(RATE) * TAU).sin_cos();
            let parts = window.iter().enumerate().map(|(at, sample)| (sample * turn(at).0, sample * turn(at).1));
            let (sin, cos) = parts.fold((0.0, 0.0), |sum, part| (sum.0 + part.0, sum.1 + part.1));
            // A sine's power is half of its peak's square.
            2.0 * (sin * sin + cos * cos) > 0.5 * energy(window) * WINDOW as f64
        };
        heard.len() >= WINDOWS_MIN && heard.iter().filter(is_pure).count() * 2 > heard.len()
    }

    /// Forgets it.
    pub fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// A speakerphone that hears a tone, 12 dB below full scale.
pub struct Speakerphone {
    descriptors: Descriptors,
    hz: f64,
    /// Samples heard since it was plugged in.
    heard: u64,
    played: Played,
}

impl Speakerphone {
    pub fn new(hz: f64) -> Speakerphone {
        let strings = ["Huis Clos", "Test Speakerphone", "S1"].map(str::to_owned).to_vec();
        let descriptors = Descriptors { device: device_descriptor(2), configuration: description(), strings };
        Speakerphone { descriptors, hz, heard: 0, played: Played::default() }
    }

    pub fn played(&self) -> Played {
        self.played.clone()
    }
}

impl Device for Speakerphone {
    fn speed(&self) -> Speed {
        Speed::Full
    }

    fn descriptors(&self) -> &Descriptors {
        &self.descriptors
    }

    fn request(&mut self, setup: Setup, _data: &[u8]) -> Option<Vec<u8>> {
        let [_, control] = setup.value.to_le_bytes();
        let [_, unit] = setup.index.to_le_bytes();
        let rate = RATE.to_le_bytes();
        match (unit, control, setup.request, setup.kind & 0x80) {
            (CLOCK, FREQUENCY, CUR, 0x80) => Some(rate.to_vec()),
            (CLOCK, FREQUENCY, CUR, _) => Some(Vec::new()),
            // One range, from this rate to this rate.
            (CLOCK, FREQUENCY, RANGE, 0x80) => Some([&[1, 0], &rate[..], &rate, &[0; 4]].concat()),
            _ => None,
        }
    }

    fn isochronous_in(&mut self) -> Vec<u8> {
        let sample = |at: u64| ((at as f64 * self.hz / f64::from(RATE) * TAU).sin() * 8192.0) as i16;
        let samples = self.heard..self.heard + SAMPLES_PER_MILLISECOND;
        self.heard = samples.end;
        samples.flat_map(|at| sample(at).to_le_bytes()).collect()
    }

    fn isochronous_out(&mut self, data: &[u8]) {
        let mut played = self.played.0.lock().unwrap_or_else(PoisonError::into_inner);
        played.extend(data.chunks_exact(4).map(|both| i16::from_le_bytes([both[0], both[1]])));
        let too_many = played.len().saturating_sub(10 * RATE as usize);
        played.drain(..too_many);
    }
}

/// USB Audio Class 2.0, 4.
fn description() -> Vec<u8> {
    // Ids: the microphone 1 leaves by USB as 2, what comes by USB as 3 leaves by the loudspeaker 4.
    let control = [
        // Header: version 2.0, a telephone.
        &[9, 0x24, 1, 0x00, 0x02, 0x05, 0, 0, 0][..],
        // The clock: fixed, its frequency can be read.
        &[8, 0x24, 0x0a, CLOCK, 1, 1, 0, 0],
        // A speakerphone's microphone (0x0405: one that cancels its echo), one channel.
        &[17, 0x24, 2, 1, 0x05, 0x04, 4, CLOCK, 1, 0, 0, 0, 0, 0, 0, 0, 0],
        &[12, 0x24, 3, 2, 0x01, 0x01, 0, 1, CLOCK, 0, 0, 0],
        // Two channels, left and right, to its loudspeaker.
        &[17, 0x24, 2, 3, 0x01, 0x01, 0, CLOCK, 2, 3, 0, 0, 0, 0, 0, 0, 0],
        &[12, 0x24, 3, 4, 0x05, 0x04, 1, 3, CLOCK, 0, 0, 0],
    ];
    // An interface that is silent, and one with a stream of 16 bits.
    let stream = |interface: u8, terminal: u8, channels: u8, places: u8, endpoint: [u8; 7]| {
        [
            &[9, 4, interface, 0, 0, 1, 2, 0x20, 0][..],
            &[9, 4, interface, 1, 1, 1, 2, 0x20, 0],
            &[16, 0x24, 1, terminal, 0, 1, 1, 0, 0, 0, channels, places, 0, 0, 0, 0],
            &[6, 0x24, 2, 1, 2, 16],
            &endpoint,
            &[8, 0x25, 1, 0, 0, 0, 0, 0],
        ]
        .concat()
    };
    configuration(
        3,
        &[
            &[8, 0x0b, 0, 3, 1, 0, 0x20, 2],
            &[9, 4, 0, 0, 0, 1, 1, 0x20, 2],
            &with_total(control.concat(), 6),
            // Isochronous, once a millisecond: its own clock in (48 samples and one more), the machine's out.
            &stream(1, 2, 1, 0, [7, 5, 0x81, 0x05, 98, 0, 1]),
            &stream(2, 3, 2, 3, [7, 5, 0x02, 0x09, 196, 0, 1]),
        ],
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn played(sample: impl Fn(usize) -> f64) -> Played {
        let played = Played::default();
        played.0.lock().unwrap().extend((0..48_000).map(|at| sample(at) as i16));
        played
    }

    #[test]
    fn a_tone_is_told_from_others_and_from_silence_also_in_pieces() {
        let sine = |at: usize, hz: f64| 2000.0 * (at as f64 * hz / 48_000.0 * TAU).sin();
        let whole = played(|at| sine(at, 880.0));
        assert!(whole.is_tone(880.0) && !whole.is_tone(587.0));
        let pieces = played(|at| if at % 4000 < 480 { sine(at, 870.0) } else { 0.0 });
        assert!(pieces.is_tone(880.0) && !pieces.is_tone(587.0));
        assert!(!played(|_| 0.0).is_tone(880.0));
        // Most of it is something else.
        assert!(!played(|at| sine(at, 880.0) + 2.0 * sine(at, 300.0)).is_tone(880.0));
    }
}
