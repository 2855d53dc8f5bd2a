//! The simulated microphone hears a steady tone or a recording; the simulated loudspeaker
//! remembers what it played. Both misbehave on request.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use super::{Air, RATE, WavWriter};
use crate::knob::{self, DeviceKnobs, Switch, Turned};
use crate::plug::{Connection, Plug};
use crate::{AudioSink, AudioSource, DeviceError, SampleSink, SampleSource};

/// -20 dBFS: a tenth of full scale.
const TONE_PEAK: f64 = 3277.0;

/// +26 dB: drives the tone, and any speech, into clipping.
const LOUD: i16 = 20;

/// One second of a sine. As it holds a whole number of waves, in a loop its phase never jumps.
pub(crate) fn tone(hz: u32) -> Vec<i16> {
    let phase = |n: u32| f64::from(hz) * f64::from(n) / f64::from(RATE) * std::f64::consts::TAU;
    (0..RATE).map(|n| (phase(n).sin() * TONE_PEAK).round() as i16).collect()
}

pub(crate) struct SimulatedMicrophone {
    plug: Plug,
    body: Arc<MicrophoneBody>,
}

/// What the device and its sources share.
struct MicrophoneBody {
    /// Heard in a loop.
    room: Vec<i16>,
    air: Arc<Air>,
    silence: Switch,
    loud: Switch,
}

impl SimulatedMicrophone {
    /// Hears `room` in a loop, and what comes through the `air`.
    pub fn new(room: Vec<i16>, air: Arc<Air>) -> Self {
        let silence = Switch::new("silence", "Silence", "Silence", "Stille");
        let loud = Switch::new("loud", "Trop fort", "Too loud", "Zu laut");
        SimulatedMicrophone { plug: Plug::default(), body: Arc::new(MicrophoneBody { room, air, silence, loud }) }
    }

    /// A fresh source; none while unplugged.
    pub fn source(&self) -> Option<AudioSource> {
        let connection = self.plug.connect()?;
        let source = Source { connection, body: self.body.clone(), next: Mutex::new(0) };
        Some(AudioSource::Samples(Arc::new(source)))
    }

    pub fn knobs(&self) -> DeviceKnobs {
        knob::list("microphone", &self.plug, &self.switches())
    }

    pub fn turn(&self, name: &str, on: bool) -> Turned {
        knob::turn(&self.plug, &self.switches(), name, on)
    }

    fn switches(&self) -> [&Switch; 2] {
        [&self.body.silence, &self.body.loud]
    }
}

struct Source {
    connection: Connection,
    body: Arc<MicrophoneBody>,
    /// Where in the room's loop.
    next: Mutex<usize>,
}

impl SampleSource for Source {
    fn fill(&self, samples: &mut [i16]) -> Result<(), DeviceError> {
        self.connection.check()?;
        let MicrophoneBody { room, air, silence, loud } = &*self.body;
        let mut next = self.next.lock().unwrap_or_else(|e| e.into_inner());
        for sample in samples.iter_mut() {
            *sample = room.get(*next).copied().unwrap_or_default();
            *next = (*next + 1) % room.len().max(1);
        }
        // The room falls silent, not the device: an echo is still heard.
        if silence.is_on() {
            samples.fill(0);
        }
        air.arrive(samples);
        if loud.is_on() {
            samples.iter_mut().for_each(|sample| *sample = sample.saturating_mul(LOUD));
        }
        Ok(())
    }
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
    air: Arc<Air>,
    echo: Switch,
}

impl SimulatedLoudspeaker {
    /// Writes everything it plays to `file`, if there is one.
    pub fn new(file: Option<WavWriter>, air: Arc<Air>) -> Self {
        let body = LoudspeakerBody {
            heard: Mutex::new(VecDeque::with_capacity(RATE as usize)),
            file: Mutex::new(file),
            air,
            echo: Switch::new("echo", "Écho", "Echo", "Echo"),
        };
        SimulatedLoudspeaker { plug: Plug::default(), body: Arc::new(body) }
    }

    /// A fresh sink; none while unplugged.
    pub fn sink(&self) -> Option<AudioSink> {
        let connection = self.plug.connect()?;
        Some(AudioSink::Samples(Arc::new(Sink { connection, body: self.body.clone() })))
    }

    /// The newest second, oldest first; less if less was played.
    pub fn heard(&self) -> Vec<i16> {
        self.body.heard.lock().unwrap_or_else(|e| e.into_inner()).iter().copied().collect()
    }

    pub fn knobs(&self) -> DeviceKnobs {
        knob::list("loudspeaker", &self.plug, &[&self.body.echo])
    }

    pub fn turn(&self, name: &str, on: bool) -> Turned {
        knob::turn(&self.plug, &[&self.body.echo], name, on)
    }
}

struct Sink {
    connection: Connection,
    body: Arc<LoudspeakerBody>,
}

impl SampleSink for Sink {
    fn play(&self, samples: &[i16]) -> Result<(), DeviceError> {
        self.connection.check()?;
        let LoudspeakerBody { heard, file, air, echo } = &*self.body;
        if echo.is_on() {
            air.carry(samples);
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
}
