//! Whether a simulated device is plugged in, and which plugging a source came from.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::DeviceError;

/// The cable of a simulated device.
///
/// Counts how often it was moved: plugged in at even counts. So a source made at one count knows
/// for ever that it lost its device, even if the device is back.
#[derive(Default)]
pub(crate) struct Plug(Arc<AtomicU64>);

impl Plug {
    pub fn is_in(&self) -> bool {
        self.0.load(Ordering::Acquire).is_multiple_of(2)
    }

    /// Says whether that changed anything.
    pub fn set_in(&self, wanted: bool) -> bool {
        let moved = |count: u64| (count.is_multiple_of(2) != wanted).then_some(count + 1);
        self.0.fetch_update(Ordering::AcqRel, Ordering::Acquire, moved).is_ok()
    }

    /// What a source holds on to; none while the device is out.
    pub fn connect(&self) -> Option<Connection> {
        let count = self.0.load(Ordering::Acquire);
        count.is_multiple_of(2).then(|| Connection { moves: self.0.clone(), made_at: count })
    }
}

/// One plugging of a device, from in to out.
pub(crate) struct Connection {
    moves: Arc<AtomicU64>,
    made_at: u64,
}

impl Connection {
    /// # Errors
    /// [`DeviceError::Unplugged`] from the first unplugging on, for ever.
    pub fn check(&self) -> Result<(), DeviceError> {
        if self.moves.load(Ordering::Acquire) == self.made_at { Ok(()) } else { Err(DeviceError::Unplugged) }
    }
}
