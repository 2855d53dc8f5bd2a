//! The simulated microphone hears a steady tone or a recording; the simulated loudspeaker
//! remembers what it played. Both misbehave on request.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use super::{Air, Noise, RATE, WavWriter};
use crate::board::Acoustics;
use crate::knob::{self, DeviceKnobs, Switch, Turned};
use crate::plug::{Connection, Plug};
use crate::relay::Wire;
use crate::{AudioSink, AudioSource, DeviceError, SampleSink, SampleSource};

/// -20 dBFS: a tenth of full scale.
const TONE_PEAK: f64 = 3277.0;

/// What an xrun costs: what is in the buffer of a sound card, 100 ms.
const XRUN: usize = RATE as usize / 10;

/// +26 dB: drives the tone, and any speech, into clipping.
const LOUD: i16 = 20;

/// One second of a sine. As it holds a whole number of waves, in a loop its phase never jumps.
pub(crate) fn tone(hz: u32) -> Vec<i16> {
    let phase = |n: u32| f64::from(hz) * f64::from(n) / f64::from(RATE) * std::f64::consts::TAU;
    (0..RATE).map(|n| (phase(n).sin() * TONE_PEAK).round() as i16).collect()
}

pub(crate) struct SimulatedMicrophone {
    name: &'static str,
    plug: Plug,
    body: Arc<MicrophoneBody>,
}

/// What the device and its sources share.
struct MicrophoneBody {
    /// Heard in a loop.
    room: Vec<i16>,
    air: Arc<Air>,
    /// Between the microphone and the machine.
    wire: Arc<Wire>,
    /// Root mean square of its noise, in samples.
    noise_level: f32,
    seed: u64,
    silence: Switch,
    loud: Switch,
    mute: Switch,
    xrun: Switch,
}

impl SimulatedMicrophone {
    /// Hears `room` in a loop, what comes through the `air`, and its own noise; the machine hears it through the `wire`.
    pub fn new(name: &'static str, room: Vec<i16>, air: Arc<Air>, wire: Arc<Wire>, acoustics: &Acoustics) -> Self {
        let body = MicrophoneBody {
            room,
            air,
            wire,
            noise_level: acoustics.noise_dbfs.map_or(0.0, |dbfs| 32_768.0 * 10_f32.powf(dbfs as f32 / 20.0)),
            seed: acoustics.seed,
            silence: Switch::new("silence", "Silence", "Silence", "Stille"),
            loud: Switch::new("loud", "Trop fort", "Too loud", "Zu laut"),
            mute: Switch::new("mute", "Touche muet", "Mute button", "Stummtaste"),
            xrun: xrun(),
        };
        SimulatedMicrophone { name, plug: Plug::default(), body: Arc::new(body) }
    }

    /// A fresh source; none while unplugged.
    pub fn source(&self) -> Option<AudioSource> {
        let connection = self.plug.connect()?;
        let heard = Heard { next: 0, noise: Noise::new(self.body.seed) };
        let (body, xruns) = (self.body.clone(), AtomicU64::new(0));
        let source = Source { connection, body, heard: Mutex::new(heard), xruns };
        Some(AudioSource::Samples(Arc::new(source)))
    }

    pub fn knobs(&self) -> DeviceKnobs {
        knob::list(self.name, &self.plug, &self.switches())
    }

    pub fn turn(&self, name: &str, on: bool) -> Turned {
        knob::turn(&self.plug, &self.switches(), name, on)
    }

    fn switches(&self) -> [&Switch; 4] {
        [&self.body.silence, &self.body.loud, &self.body.mute, &self.body.xrun]
    }
}

struct Source {
    connection: Connection,
    body: Arc<MicrophoneBody>,
    heard: Mutex<Heard>,
    /// Not told yet.
    xruns: AtomicU64,
}

struct Heard {
    /// Where in the room's loop.
    next: usize,
    noise: Noise,
}

impl SampleSource for Source {
    fn fill(&self, samples: &mut [i16]) -> Result<(), DeviceError> {
        self.connection.check()?;
        let MicrophoneBody { room, air, wire, noise_level, silence, loud, mute, xrun, .. } = &*self.body;
        let mut heard = self.heard.lock().unwrap_or_else(|e| e.into_inner());
        let Heard { next, noise } = &mut *heard;
        if xrun.take() {
            *next = (*next + XRUN) % room.len().max(1);
            self.xruns.fetch_add(1, Ordering::AcqRel);
        }
        for sample in samples.iter_mut() {
            *sample = room.get(*next).copied().unwrap_or_default();
            *next = (*next + 1) % room.len().max(1);
        }
        // The room falls silent, not the device: an echo is still heard.
        if silence.is_on() {
            samples.fill(0);
        }
        air.arrive(samples);
        if *noise_level > 0.0 {
            samples.iter_mut().for_each(|sample| {
                *sample = sample.saturating_add((noise.sample() * noise_level).round() as i16);
            });
        }
        if loud.is_on() {
            samples.iter_mut().for_each(|sample| *sample = sample.saturating_mul(LOUD));
        }
        // The device's own button, or a relay in its line: not even its noise comes through.
        if mute.is_on() || wire.is_cut() {
            samples.fill(0);
        }
        Ok(())
    }

    fn xruns(&self) -> u64 {
        self.xruns.swap(0, Ordering::AcqRel)
    }
}

/// Loses sound once, and goes on.
fn xrun() -> Switch {
    Switch::new("xrun", "Perdre du son", "Lose sound once", "Einmal Ton verlieren")
}

pub(crate) struct SimulatedLoudspeaker {
    plug: Plug,
    body: Arc<LoudspeakerBody>,
}

struct LoudspeakerBody {
    /// The newest second, oldest first; older samples are dropped.
    heard: Mutex<VecDeque<i16>>,
    /// None after it could not be written.
    file: Mutex<Option<WavWriter>>,
    /// To each microphone.
    airs: Vec<Arc<Air>>,
    echo: Switch,
    xrun: Switch,
}

impl SimulatedLoudspeaker {
    /// Writes everything it plays to `file`, if there is one.
    pub fn new(file: Option<WavWriter>, airs: Vec<Arc<Air>>, echo: bool) -> Self {
        let body = LoudspeakerBody {
            heard: Mutex::new(VecDeque::with_capacity(RATE as usize)),
            file: Mutex::new(file),
            airs,
            echo: Switch::new("echo", "Écho", "Echo", "Echo").starting(echo),
            xrun: xrun(),
        };
        SimulatedLoudspeaker { plug: Plug::default(), body: Arc::new(body) }
    }

    /// A fresh sink; none while unplugged.
    pub fn sink(&self) -> Option<AudioSink> {
        let connection = self.plug.connect()?;
        let (body, lost, xruns) = (self.body.clone(), AtomicUsize::new(0), AtomicU64::new(0));
        Some(AudioSink::Samples(Arc::new(Sink { connection, body, lost, xruns })))
    }

    /// The newest second, oldest first; less if less was played.
    pub fn heard(&self) -> Vec<i16> {
        self.body.heard.lock().unwrap_or_else(|e| e.into_inner()).iter().copied().collect()
    }

    pub fn knobs(&self) -> DeviceKnobs {
        knob::list("loudspeaker", &self.plug, &self.switches())
    }

    pub fn turn(&self, name: &str, on: bool) -> Turned {
        knob::turn(&self.plug, &self.switches(), name, on)
    }

    fn switches(&self) -> [&Switch; 2] {
        [&self.body.echo, &self.body.xrun]
    }
}

struct Sink {
    connection: Connection,
    body: Arc<LoudspeakerBody>,
    /// Samples of an xrun that are still to be lost.
    lost: AtomicUsize,
    /// Not told yet.
    xruns: AtomicU64,
}

impl SampleSink for Sink {
    fn play(&self, samples: &[i16]) -> Result<(), DeviceError> {
        self.connection.check()?;
        let LoudspeakerBody { heard, file, airs, echo, xrun } = &*self.body;
        if xrun.take() {
            self.lost.store(XRUN, Ordering::Release);
            self.xruns.fetch_add(1, Ordering::AcqRel);
        }
        let is_lost = |lost: usize| lost.checked_sub(samples.len());
        let is_dry = self.lost.fetch_update(Ordering::AcqRel, Ordering::Acquire, is_lost).is_ok();
        let silence = if is_dry { vec![0; samples.len()] } else { Vec::new() };
        let samples = if is_dry { &silence } else { samples };
        if echo.is_on() {
            airs.iter().for_each(|air| air.carry(samples));
        }

        let mut file = file.lock().unwrap_or_else(|e| e.into_inner());
        if let Some(Err(error)) = file.as_mut().map(|file| file.write(samples)) {
            tracing::warn!(%error, "the loudspeaker's recording ends here");
            *file = None;
        }

        let newest = &samples[samples.len().saturating_sub(RATE as usize)..];
        let mut heard = heard.lock().unwrap_or_else(|e| e.into_inner());
        let old = (heard.len() + newest.len()).saturating_sub(RATE as usize);
        heard.drain(..old);
        heard.extend(newest);
        Ok(())
    }

    fn xruns(&self) -> u64 {
        self.xruns.swap(0, Ordering::AcqRel)
    }
}
