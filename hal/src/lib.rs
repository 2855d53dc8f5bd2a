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
mod button;
mod camera;
pub mod codec;
mod content;
mod credible;
mod devices;
mod display;
mod fittings;
mod hotplug;
#[cfg(test)]
mod kernel_tests;
mod knob;
mod light;
mod lines;
mod mailbox;
pub mod mark;
mod motion;
mod panel;
mod plug;
mod power;
mod recording;
mod relay;
mod rotation;
mod screen;
mod sound;
mod source;
pub mod surroundings;
#[cfg(test)]
mod temporary;
pub mod touch;
#[cfg(test)]
mod until;
mod worker;

pub use board::{Board, BoardError};
pub use button::Button;
pub use camera::{Pose, Reach};
pub use content::{ContentSource, ContentState};
pub use devices::{Hal, HalError};
pub use display::{DisplayReader, MemoryDisplay, Rows};
pub use fittings::Fittings;
pub use knob::{DeviceKnobs, Knob, Label};
pub use light::Light;
pub use motion::Motion;
pub use panel::PanelSize;
pub use power::Power;
pub use recording::RecordingError;
pub use rotation::Rotation;
pub use screen::Rect;
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
#[derive(Debug, Clone, Copy, PartialEq)]
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
    /// A button was pressed.
    Button(Button),
    /// The panel's screen was lit, and wants a picture of this width and height in pixels. `pixels_per_mm`: where it says
    /// how large it is.
    Panel {
        size: (u32, u32),
        pixels_per_mm: Option<f32>,
    },
    /// Somebody moves in the room, or no longer, or the sensor that sees it is gone.
    Motion(Motion),
    /// The relay in the microphones' line was set, or cannot be; once a second or sooner.
    MicrophoneRelay {
        works: bool,
    },
}
