//! How often one caller may ask: a sliding minute, shared by all rooms.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

const WINDOW: Duration = Duration::from_secs(60);
/// request-entry calls of one caller in a window.
const REQUESTS_MAX: usize = 150;

/// Counts calls by caller.
#[derive(Debug, Default)]
pub(super) struct Throttle {
    calls: HashMap<String, VecDeque<Duration>>,
}

impl Throttle {
    /// Counts a call. A refused one is not counted.
    ///
    /// # Errors
    /// The whole seconds to wait, when there were too many.
    pub(super) fn allow(&mut self, caller: &str, now: Duration) -> Result<(), u64> {
        // Callers who have not called for a minute are nobody's business any more.
        self.calls.retain(|_, calls| calls.back().is_some_and(|&last| last + WINDOW > now));
        let calls = self.calls.entry(caller.to_owned()).or_default();
        while calls.front().is_some_and(|&first| first + WINDOW <= now) {
            calls.pop_front();
        }
        match calls.front() {
            Some(&first) if calls.len() >= REQUESTS_MAX => {
                let wait = (first + WINDOW).saturating_sub(now);
                Err(wait.as_secs() + u64::from(wait.subsec_nanos() > 0))
            }
            _ => {
                calls.push_back(now);
                Ok(())
            }
        }
    }
}
