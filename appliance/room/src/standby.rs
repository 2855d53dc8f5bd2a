//! When the displays are on: while somebody uses the room, and shortly before a meeting of its agenda.

use std::time::{Duration, Instant};

use crate::view::{Screen, View};

/// How long after the last use nobody is there any more.
const UNUSED: Duration = Duration::from_secs(600);
/// How long before a meeting people come in …
const BEFORE: Duration = Duration::from_secs(300);
/// … and how long after its beginning those who come late do.
const AFTER: Duration = Duration::from_secs(600);

/// Whether the room is in use.
#[derive(Debug, Clone, Copy, Default)]
pub struct Standby {
    used: Option<Instant>,
}

impl Standby {
    /// Somebody touched something, pressed something or plugged a laptop in.
    pub fn used(&mut self, now: Instant) {
        self.used = Some(now);
    }

    /// Whether displays are to be on while people would see this view.
    pub fn is_awake(&self, view: &View, now: Instant) -> bool {
        let is_used = self.used.is_some_and(|used| now.saturating_duration_since(used) < UNUSED);
        let local = view.local_time;
        let is_near = |start: Duration| start.saturating_sub(BEFORE) <= local && local < start + AFTER;
        let comes = view.agenda.iter().any(|meeting| meeting.joinable && !meeting.all_day && is_near(meeting.start));
        view.screen != Screen::Home || is_used || comes
    }
}
