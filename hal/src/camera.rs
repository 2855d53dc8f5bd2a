//! A camera: a place pictures come from.

mod drawn;
mod pose;
mod recorded;
mod simulated;
mod v4l2;

pub(crate) use drawn::Drawn;
pub use pose::{Pose, Reach};
pub(crate) use recorded::Recorded;
pub(crate) use simulated::SimulatedCamera;
pub(crate) use v4l2::{V4l2Camera, V4l2Content};

/// What a simulated camera looks at: pictures by time, the same for the same time.
pub(crate) trait Subject: Send + Sync {
    fn format(&self) -> crate::VideoFormat;

    /// Writes the I420 picture of `time`; `i420` has the right size.
    ///
    /// # Errors
    /// When a recording cannot be read any more.
    fn picture(&self, time: std::time::Duration, i420: &mut [u8]) -> std::io::Result<()>;
}
