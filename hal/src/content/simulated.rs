//! The simulated laptop: shows a slide and plays a tone, and misbehaves on request.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::slide::Slide;
use super::{ContentSource, ContentState};
use crate::knob::{self, DeviceKnobs, Knob, Label, Switch, Turned};
use crate::plug::{Connection, Plug};
use crate::sound::tone;
use crate::source::black;
use crate::{AudioSource, DeviceError, FrameSource, SampleSource, VideoFormat, VideoSource};

/// The knob that plugs it in; a laptop comes with its people, so it is out at first.
const PLUG: &str = "plug";
/// What many laptops are set to.
const OTHER_MODE: (u32, u32) = (1280, 800);

pub(crate) struct SimulatedContent {
    plug: Plug,
    body: Arc<Body>,
}

/// What the device and its sources share.
struct Body {
    /// In the usual mode and in the other one.
    slides: [Slide; 2],
    sound: Vec<i16>,
    no_signal: Switch,
    other_mode: Switch,
    protected: Switch,
    stall: Switch,
    fail_next: Switch,
}

impl SimulatedContent {
    pub fn new(format: VideoFormat, tone_hz: u32) -> Self {
        let other = VideoFormat { width: OTHER_MODE.0, height: OTHER_MODE.1, ..format };
        let body = Body {
            slides: [Slide::new(format), Slide::new(other)],
            sound: tone(tone_hz),
            no_signal: Switch::new("no-signal", "Sans signal", "No signal", "Kein Signal"),
            other_mode: Switch::new("other-mode", "Autre résolution", "Other resolution", "Andere Auflösung"),
            protected: Switch::new("protected", "Film protégé", "Protected film", "Geschützter Film"),
            stall: Switch::new("stall", "Figer l’image", "Stall", "Bild anhalten"),
            fail_next: Switch::new("fail-next", "Une panne", "Fail once", "Einmal ausfallen"),
        };
        let plug = Plug::default();
        plug.set_in(false);
        SimulatedContent { plug, body: Arc::new(body) }
    }

    pub fn state(&self) -> ContentState {
        match (self.plug.is_in(), self.body.no_signal.is_on()) {
            (false, _) => ContentState::Absent,
            (true, true) => ContentState::NoSignal,
            (true, false) => ContentState::Ready(self.body.format()),
        }
    }

    /// Fresh sources; none while nothing comes in.
    pub fn source(&self) -> Option<ContentSource> {
        let (pictures, sounds) = (self.plug.connect()?, self.plug.connect()?);
        let ContentState::Ready(format) = self.state() else { return None };
        let (broken, next) = (AtomicBool::new(false), Mutex::new(0));
        let video = Pictures { connection: pictures, body: self.body.clone(), format, broken };
        let audio = Sounds { connection: sounds, body: self.body.clone(), next };
        Some(ContentSource {
            video: VideoSource::Frames(Arc::new(video)),
            audio: Some(AudioSource::Samples(Arc::new(audio))),
        })
    }

    pub fn knobs(&self) -> DeviceKnobs {
        let label = Label { fr: "Brancher", en: "Plug in", de: "Anschließen" };
        let plug = Knob { name: PLUG, on: self.plug.is_in(), label };
        let others = knob::list("content", &self.plug, &self.switches()).knobs.into_iter().skip(1);
        DeviceKnobs { device: "content", knobs: std::iter::once(plug).chain(others).collect() }
    }

    pub fn turn(&self, name: &str, on: bool) -> Turned {
        match name {
            PLUG => {
                self.plug.set_in(on);
                Turned::Quietly
            }
            knob::UNPLUG => Turned::Unknown,
            _ => knob::turn(&self.plug, &self.switches(), name, on),
        }
    }

    fn switches(&self) -> [&Switch; 5] {
        let Body { no_signal, other_mode, protected, stall, fail_next, .. } = &*self.body;
        [no_signal, other_mode, protected, stall, fail_next]
    }
}

impl Body {
    fn slide(&self) -> &Slide {
        &self.slides[usize::from(self.other_mode.is_on())]
    }

    fn format(&self) -> VideoFormat {
        self.slide().format()
    }

    /// # Errors
    /// When nothing comes in any more.
    fn check(&self, connection: &Connection) -> Result<(), DeviceError> {
        connection.check()?;
        if self.no_signal.is_on() { Err(DeviceError::Failed("there is no signal".into())) } else { Ok(()) }
    }
}

struct Pictures {
    connection: Connection,
    body: Arc<Body>,
    /// The mode it was opened in.
    format: VideoFormat,
    /// Failed once; like a real device, it stays so until opened anew.
    broken: AtomicBool,
}

impl FrameSource for Pictures {
    fn format(&self) -> VideoFormat {
        self.format
    }

    fn frame(&self, time: Duration, i420: &mut [u8]) -> Result<bool, DeviceError> {
        self.body.check(&self.connection)?;
        let slide = self.body.slide();
        if self.broken.load(Ordering::Acquire) || self.body.fail_next.take() || slide.format() != self.format {
            self.broken.store(true, Ordering::Release);
            return Err(DeviceError::Failed("the picture broke off".into()));
        }
        if self.body.stall.is_on() {
            return Ok(false);
        }
        let pixels = self.format.pixels_of(i420)?;
        // What a grabber without the keys for it gives.
        if self.body.protected.is_on() {
            black(i420, pixels);
        } else {
            slide.picture(time, i420);
        }
        Ok(true)
    }
}

struct Sounds {
    connection: Connection,
    body: Arc<Body>,
    /// Where in the loop.
    next: Mutex<usize>,
}

impl SampleSource for Sounds {
    fn fill(&self, samples: &mut [i16]) -> Result<(), DeviceError> {
        self.body.check(&self.connection)?;
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        for sample in samples {
            *sample = self.body.sound.get(*next).copied().unwrap_or_default();
            *next = (*next + 1) % self.body.sound.len().max(1);
        }
        Ok(())
    }
}
