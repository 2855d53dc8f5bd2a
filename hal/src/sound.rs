//! Sound: where it comes from (a microphone), where it goes (a loudspeaker), and the air between.

mod acoustics;
mod air;
mod alsa;
mod noise;
mod simulated;
mod wav;

pub(crate) use air::Air;
pub(crate) use alsa::AlsaDevice;
pub(crate) use noise::Noise;
pub(crate) use simulated::{SimulatedLoudspeaker, SimulatedMicrophone, tone};
pub(crate) use wav::{WavWriter, read_wav};

/// Samples per second, everywhere in the product.
pub(crate) const RATE: u32 = 48_000;
