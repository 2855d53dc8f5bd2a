//! What must hold on every day, and who notices when it does not.

use std::collections::VecDeque;
use std::time::Duration;

use crate::world::Clock;

/// Broken promises kept of one day; the first ones tell most.
const BROKEN_MAX: usize = 8;
/// What happened last, kept for the report.
const LOG_MAX: usize = 120;

/// A promise that did not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// Since the day began.
    pub at: Duration,
    pub promise: &'static str,
    pub detail: String,
}

/// The watcher of one day.
#[derive(Debug, Default)]
pub struct Promises {
    pub broken: Vec<Broken>,
    /// What happened, for people who read a report: time and sentence.
    pub log: VecDeque<(Duration, String)>,
}

impl Promises {
    /// Notices when a promise does not hold. Says whether it held.
    pub fn keep(&mut self, clock: &Clock, held: bool, promise: &'static str, detail: impl FnOnce() -> String) -> bool {
        let known = self.broken.iter().any(|broken| broken.promise == promise);
        if !held && !known && self.broken.len() < BROKEN_MAX {
            let detail = detail();
            self.note(clock, || format!("BROKEN: {promise}: {detail}"));
            self.broken.push(Broken { at: clock.elapsed(), promise, detail });
        }
        held
    }

    /// Writes down what happened.
    pub fn note(&mut self, clock: &Clock, what: impl FnOnce() -> String) {
        if self.log.len() == LOG_MAX {
            self.log.pop_front();
        }
        self.log.push_back((clock.elapsed(), what()));
    }
}
