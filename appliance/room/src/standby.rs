//! When the screens go dark because nobody is there, and what lights them again.

use std::time::{Duration, Instant};

use crate::Now;

/// Movement keeps the room light for so long by itself; what goes on moving after that is a curtain, or a sensor that is stuck.
const MOTION_ALONE: Duration = Duration::from_secs(4 * 3600);
/// After so long without movement it is believed again.
const MOTION_STILL: Duration = Duration::from_secs(600);
/// People come into the room so long before their meeting.
pub(crate) const BEFORE_MEETING: Duration = Duration::from_secs(300);

/// What the motion sensor has seen.
#[derive(Debug)]
struct Motion {
    /// Somebody moves now.
    moves: bool,
    /// When somebody last moved, or moved no more.
    last: Option<Instant>,
    /// Until then it is believed that it is people who move.
    believed_until: Instant,
}

/// Whether somebody is there.
#[derive(Debug)]
pub(crate) struct Standby {
    /// `None`: never dark.
    after: Option<Duration>,
    /// When somebody was last there.
    active: Instant,
    motion: Motion,
    dark: bool,
    next: Option<(Instant, &'static str)>,
}

impl Standby {
    pub fn new(after: Option<Duration>, now: Now) -> Standby {
        let motion = Motion { moves: false, last: None, believed_until: now.monotonic };
        let mut standby = Standby { after, active: now.monotonic, motion, dark: false, next: None };
        standby.update(false, None, now);
        standby
    }

    /// Somebody is there who does something: whoever moves is somebody too.
    pub fn somebody(&mut self, now: Now) {
        self.active = self.active.max(now.monotonic);
        self.motion.believed_until = now.monotonic + MOTION_ALONE;
    }

    /// The motion sensor sees somebody move, or nobody.
    pub fn motion(&mut self, moves: bool, now: Now) {
        // What was seen until now counts.
        self.look(now);
        let is_still = |last: Instant| now.monotonic.saturating_duration_since(last) >= MOTION_STILL;
        if moves && !self.motion.moves && self.motion.last.is_none_or(is_still) {
            self.motion.believed_until = now.monotonic + MOTION_ALONE;
        }
        if moves || self.motion.moves {
            self.motion.last = Some(now.monotonic);
        }
        self.motion.moves = moves;
    }

    /// Who moves is there, as long as that is believed.
    fn look(&mut self, now: Now) {
        if self.motion.moves {
            self.active = self.active.max(now.monotonic.min(self.motion.believed_until));
        }
    }

    /// Takes in whether the room is busy with anything, and when the next meeting begins, as time since the Unix
    /// epoch (UTC), not before now. Says whether it goes dark (`true`) or light, when that changes.
    pub fn update(&mut self, busy: bool, meeting: Option<Duration>, now: Now) -> Option<bool> {
        let after = self.after?;
        let ahead = meeting.map(|start| start.saturating_sub(now.wall));
        if busy {
            self.somebody(now);
        }
        self.look(now);
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
