//! A meeting in which the room's life was cut short: by a crash, and not by people.

use std::time::Duration;

use crate::Destination;
use crate::policy::Begins;

/// After so many returns the meeting itself may be what ends the room's life: people decide whether to go there again.
pub(crate) const RETURNS_MAX: u8 = 3;
/// A meeting that has gone well for so long is not.
pub(crate) const GOES_WELL: Duration = Duration::from_secs(600);

/// What a room needs to be in its meeting again. Its `Debug` tells neither tokens nor passphrases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfinished {
    pub destination: Destination,
    /// How people call it.
    pub what: String,
    pub begins: Begins,
    /// What people had open: nothing opens that they have closed.
    pub open: Open,
    /// How often the room has come back to it by itself, lately.
    pub returns: u8,
}

/// The room's devices, as people asked for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Open {
    pub microphone: bool,
    pub camera: bool,
}
