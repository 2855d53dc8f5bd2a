//! The simulated camera: looks at a drawn room or a recording, and misbehaves on request.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::Subject;
use crate::knob::{self, DeviceKnobs, Switch, Turned};
use crate::plug::{Connection, Plug};
use crate::source::black;
use crate::{DeviceError, FrameSource, VideoFormat, VideoSource};

pub(crate) struct SimulatedCamera {
    plug: Plug,
    body: Arc<Body>,
}

/// What the device and its sources share.
struct Body {
    subject: Box<dyn Subject>,
    stall: Switch,
    fail_next: Switch,
    dark: Switch,
}

impl SimulatedCamera {
    pub fn new(subject: Box<dyn Subject>) -> Self {
        let body = Body {
            subject,
            stall: Switch::new("stall", "Figer l’image", "Stall", "Bild anhalten"),
            fail_next: Switch::new("fail-next", "Une panne", "Fail once", "Einmal ausfallen"),
            dark: Switch::new("dark", "Dans le noir", "Dark", "Dunkel"),
        };
        SimulatedCamera { plug: Plug::default(), body: Arc::new(body) }
    }

    /// A fresh source; none while unplugged.
    pub fn source(&self) -> Option<VideoSource> {
        let connection = self.plug.connect()?;
        let source = Source { connection, body: self.body.clone(), broken: AtomicBool::new(false) };
        Some(VideoSource::Frames(Arc::new(source)))
    }

    pub fn format(&self) -> Option<VideoFormat> {
        self.plug.is_in().then(|| self.body.subject.format())
    }

    pub fn knobs(&self) -> DeviceKnobs {
        knob::list("camera", &self.plug, &self.switches())
    }

    pub fn turn(&self, name: &str, on: bool) -> Turned {
        knob::turn(&self.plug, &self.switches(), name, on)
    }

    fn switches(&self) -> [&Switch; 3] {
        [&self.body.stall, &self.body.fail_next, &self.body.dark]
    }
}

struct Source {
    connection: Connection,
    body: Arc<Body>,
    /// Failed once; like a real device, it stays so until opened anew.
    broken: AtomicBool,
}

impl FrameSource for Source {
    fn format(&self) -> VideoFormat {
        self.body.subject.format()
    }

    fn frame(&self, time: Duration, i420: &mut [u8]) -> Result<bool, DeviceError> {
        self.connection.check()?;
        if self.broken.load(Ordering::Acquire) || self.body.fail_next.take() {
            self.broken.store(true, Ordering::Release);
            return Err(DeviceError::Failed("the camera was asked to fail".into()));
        }
        if self.body.stall.is_on() {
            return Ok(false);
        }
        let pixels = self.format().pixels_of(i420)?;
        if self.body.dark.is_on() {
            black(i420, pixels);
            return Ok(true);
        }
        self.body.subject.picture(time, i420).map_err(|e| DeviceError::Failed(e.to_string()))?;
        Ok(true)
    }
}
