//! The room's devices, real and simulated, behind descriptions that need no driver knowledge.
//!
//! A [`Board`] says which devices the room has; [`Hal::open`] finds them and keeps watching.
//! [`Hal::camera`], [`Hal::microphone`], [`Hal::loudspeaker`] and [`Hal::content`] say what is there *now*; when a
//! [`DeviceEvent`] arrives, ask again. Simulated devices always ship and misbehave on request.
//!
//! ```
//! let hal = hal::Hal::open(&hal::Board::simulated(), Box::new(|_| {})).unwrap();
//! assert!(hal.camera().is_some());
//! assert!(hal.turn("camera", "unplug", true));
//! assert!(hal.camera().is_none());
//! ```

pub mod board;
mod camera;
pub mod codec;
mod content;
mod devices;
mod display;
mod hotplug;
mod knob;
pub mod mark;
mod plug;
mod recording;
mod sound;
mod source;
#[cfg(test)]
mod temporary;
pub mod touch;
mod worker;

pub use board::{Board, BoardError};
pub use content::{ContentSource, ContentState};
pub use devices::{Hal, HalError};
pub use display::{DisplayReader, MemoryDisplay, Rows};
pub use knob::{DeviceKnobs, Knob, Label};
pub use recording::RecordingError;
pub use source::{
    AudioSink, AudioSource, FrameSource, PictureSink, SampleSink, SampleSource, VideoFormat, VideoSource,
};

/// Why a device does not work.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeviceError {
    /// It was pulled out.
    #[error("the device is unplugged")]
    Unplugged,
    /// It answered with an error.
    #[error("the device failed: {0}")]
    Failed(String),
}

/// A device came, went or changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceEvent {
    Camera {
        present: bool,
    },
    /// `index`: its place on the board.
    Microphone {
        index: usize,
        present: bool,
    },
    Loudspeaker {
        present: bool,
    },
    /// A laptop came or went, or changed its mode.
    Content(ContentState),
}
