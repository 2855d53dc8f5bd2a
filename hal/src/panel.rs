//! How large the panel's picture is now: whoever touches it and whoever draws it mean the same.

use std::sync::atomic::{AtomicU64, Ordering};

/// A width and height in pixels that may change while others read them.
#[derive(Debug)]
pub struct PanelSize(AtomicU64);

impl PanelSize {
    pub fn new(size: (u32, u32)) -> PanelSize {
        PanelSize(AtomicU64::new(packed(size)))
    }

    pub fn get(&self) -> (u32, u32) {
        let both = self.0.load(Ordering::Acquire);
        ((both >> 32) as u32, both as u32)
    }

    pub fn set(&self, size: (u32, u32)) {
        self.0.store(packed(size), Ordering::Release);
    }
}

fn packed((width, height): (u32, u32)) -> u64 {
    u64::from(width) << 32 | u64::from(height)
}
