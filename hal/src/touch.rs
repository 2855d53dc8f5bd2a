//! The touch panel: fingers on glass.
//!
//! [`evdev`] reads a touchscreen; what it says is put together by [`contact`] (which finger counts, and what it does)
//! and [`place`] (where on the picture that is), which know no device and are tested with what devices say on bad days.

mod contact;
mod evdev;
mod place;
#[cfg(test)]
mod tests;

pub use evdev::{Touchscreen, listen};
pub use place::Calibration;

use crate::board;
use crate::rotation::Rotation;

/// What a finger did, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TouchEvent {
    pub kind: TouchKind,
    /// Panel pixels from the left, less than the panel's width.
    pub x: u32,
    /// Panel pixels from the top, less than the panel's height.
    pub y: u32,
}

/// What a finger did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TouchKind {
    Down,
    Move,
    Up,
    /// Nobody knows any more what the finger did: it does not mean what it was on.
    Cancel,
}

/// The touchscreen of a panel.
#[derive(Debug, Clone, Copy)]
pub struct Glass {
    /// As the panel's picture is turned: both hang together.
    pub rotation: Rotation,
    pub calibration: Calibration,
}

impl From<&board::Panel> for Glass {
    fn from(panel: &board::Panel) -> Glass {
        Glass { rotation: panel.rotation, calibration: Calibration(panel.calibration) }
    }
}
