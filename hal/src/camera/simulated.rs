//! The simulated camera: looks at a drawn room or a recording, and misbehaves on request.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::{Pose, Reach, Subject, pose};
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
    pose: Mutex<Pose>,
}

impl SimulatedCamera {
    pub fn new(subject: Box<dyn Subject>) -> Self {
        let body = Body {
            subject,
            stall: Switch::new("stall", "Figer l’image", "Stall", "Bild anhalten"),
            fail_next: Switch::new("fail-next", "Une panne", "Fail once", "Einmal ausfallen"),
            dark: Switch::new("dark", "Dans le noir", "Dark", "Dunkel"),
            pose: Mutex::default(),
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

    /// Which ways it turns; none while unplugged.
    pub fn reach(&self) -> Option<Reach> {
        self.plug.is_in().then_some(Reach { pan: true, tilt: true, zoom: true })
    }

    /// Where it looks.
    pub fn pose(&self) -> Pose {
        *self.body.pose.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Turns it there.
    ///
    /// # Errors
    /// While it is unplugged.
    pub fn point(&self, pose: Pose) -> Result<(), DeviceError> {
        if !self.plug.is_in() {
            return Err(DeviceError::Unplugged);
        }
        *self.body.pose.lock().unwrap_or_else(PoisonError::into_inner) = pose;
        Ok(())
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
        let VideoFormat { width, height, .. } = self.format();
        let turned = *self.body.pose.lock().unwrap_or_else(PoisonError::into_inner);
        pose::look(turned, (width as usize, height as usize), i420);
        Ok(true)
    }
}
