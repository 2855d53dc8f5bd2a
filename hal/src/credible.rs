//! How often people do something: what says so more often is broken or wet, and not believed for a while.

use std::time::{Duration, SystemTime};

/// For so long nothing is believed that was said too often.
const DISTRUST: Duration = Duration::from_secs(2);
const SECOND: Duration = Duration::from_secs(1);

/// Counts what is said. Times are those of the events, of a clock that may be set.
#[derive(Debug)]
pub(crate) struct Credible {
    /// As often as people do it in a second.
    max: u32,
    since: Option<SystemTime>,
    count: u32,
    distrusted_until: Option<SystemTime>,
    is_news: bool,
}

impl Credible {
    pub fn new(max: u32) -> Credible {
        Credible { max, since: None, count: 0, distrusted_until: None, is_news: false }
    }

    /// It was said once more: whether to believe it.
    pub fn believe(&mut self, now: SystemTime) -> bool {
        // A clock that was set back ends everything that waits for it.
        let is_over = |until: &mut SystemTime| *until <= now || *until > now + DISTRUST;
        if self.distrusted_until.take_if(is_over).is_some() {
            self.since = None;
        }
        if self.distrusted_until.is_some() {
            return false;
        }
        match self.since {
            Some(since) if now.duration_since(since).is_ok_and(|passed| passed < SECOND) => self.count += 1,
            _ => (self.since, self.count) = (Some(now), 1),
        }
        if self.count > self.max {
            (self.distrusted_until, self.is_news) = (Some(now + DISTRUST), true);
            return false;
        }
        true
    }

    /// Whether it is not believed since this was last asked.
    pub fn is_news(&mut self) -> bool {
        std::mem::take(&mut self.is_news)
    }
}
