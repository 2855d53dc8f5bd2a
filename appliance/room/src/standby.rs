//! When the screens go dark because nobody is there, and what lights them again.

use std::time::{Duration, Instant};

use crate::Now;

/// People come into the room so long before their meeting.
pub(crate) const BEFORE_MEETING: Duration = Duration::from_secs(300);

/// Whether somebody is there.
#[derive(Debug)]
pub(crate) struct Standby {
    /// `None`: never dark.
    after: Option<Duration>,
    /// When somebody was last there.
    active: Instant,
    dark: bool,
    next: Option<(Instant, &'static str)>,
}

impl Standby {
    pub fn new(after: Option<Duration>, now: Now) -> Standby {
        let mut standby = Standby { after, active: now.monotonic, dark: false, next: None };
        standby.update(false, None, now);
        standby
    }

    /// Somebody is there.
    pub fn somebody(&mut self, now: Now) {
        self.active = self.active.max(now.monotonic);
    }

    /// Takes in whether the room is busy with anything, and when the next meeting begins, as time since the Unix
    /// epoch (UTC), not before now. Says whether it goes dark (`true`) or light, when that changes.
    pub fn update(&mut self, busy: bool, meeting: Option<Duration>, now: Now) -> Option<bool> {
        let after = self.after?;
        let ahead = meeting.map(|start| start.saturating_sub(now.wall));
        if busy {
            self.somebody(now);
        }
        if let Some(ahead) = ahead.filter(|ahead| *ahead <= BEFORE_MEETING) {
            // Who is late finds it light too.
            self.active = self.active.max(now.monotonic + ahead);
        }
        let until = self.active + after;
        let dark = until <= now.monotonic;
        self.next = match ahead {
            Some(ahead) if dark => Some((now.monotonic + (ahead - BEFORE_MEETING), "a meeting is near")),
            None if dark => None,
            _ => Some((until, "nobody is there")),
        };
        let changed = std::mem::replace(&mut self.dark, dark) != dark;
        changed.then_some(dark)
    }

    pub fn is_dark(&self) -> bool {
        self.dark
    }

    /// When that changes by itself.
    pub fn deadline(&self) -> Option<(Instant, &'static str)> {
        self.next
    }
}
