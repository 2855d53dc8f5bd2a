//! The touch panel: fingers on glass.

mod evdev;

pub use evdev::{Touchscreen, listen};

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
}
