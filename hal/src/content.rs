//! The content input: where a laptop on the table is plugged in, to be shared. It has pictures and,
//! mostly, sound.

mod grabber;
mod signal;
mod simulated;
mod slide;

pub(crate) use grabber::{is_grabber, sound_of};
pub(crate) use signal::{Receiver, Signal};
pub(crate) use simulated::SimulatedContent;

use crate::{AudioSource, VideoFormat, VideoSource};

/// What the content input has to offer now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContentState {
    /// Nothing is plugged in, or the room has no such input.
    Absent,
    /// The input is there and nothing comes in: a cable without a laptop, a laptop asleep.
    NoSignal,
    /// Pictures of this format can be taken.
    Ready(VideoFormat),
}

/// What a laptop gives. When its mode changes (another resolution), both end like those of a device
/// pulled out, and are to be asked for anew.
#[derive(Clone)]
pub struct ContentSource {
    pub video: VideoSource,
    /// None if no sound comes with the pictures.
    pub audio: Option<AudioSource>,
}
