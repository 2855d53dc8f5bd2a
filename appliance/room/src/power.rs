//! Restarting the room's machine, or switching it off: when the room lets somebody.
//!
//! Deciding is all that happens here; a service of its own does it, where the machine has one.

use std::time::Duration;

/// So long before a meeting nobody restarts the room without saying that they mean it: people come early, and a start takes its time.
pub(crate) const BEFORE_MEETING: Duration = Duration::from_secs(600);

/// What is done to the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PowerAct {
    Restart,
    Off,
}

/// What there is to do it with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PowerRules {
    /// There is a service that does it.
    pub is_there: bool,
    /// Whether those who look after the room may restart it at its panel: behind the administrator code where there is one,
    /// else whoever reads the facts for technicians.
    pub at_panel: bool,
}

/// A restart, as the panel offers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Restart {
    /// A meeting has begun or is about to: local wall time of its start.
    pub meeting: Option<Duration>,
}
