//! Threads that stop when dropped, and the pace they keep.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// A thread that is asked to stop and waited for when this is dropped.
pub(crate) struct Worker {
    stop: Stop,
    thread: Option<JoinHandle<()>>,
}

/// What a worker's thread asks to learn whether it should end.
#[derive(Clone, Default)]
pub(crate) struct Stop(Arc<AtomicBool>);

impl Stop {
    pub fn is_requested(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }

    /// Sleeps until `deadline`; false when the thread should end instead.
    pub fn sleep_until(&self, deadline: Instant) -> bool {
        loop {
            if self.is_requested() {
                return false;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return true;
            }
            thread::park_timeout(left);
        }
    }
}

impl Worker {
    /// # Errors
    /// When the system has no thread left.
    pub fn spawn(name: &str, run: impl FnOnce(Stop) + Send + 'static) -> std::io::Result<Worker> {
        let stop = Stop::default();
        let asked = stop.clone();
        let thread = thread::Builder::new().name(name.to_owned()).spawn(move || run(asked))?;
        Ok(Worker { stop, thread: Some(thread) })
    }

    /// Asks the thread to stop, without waiting for it.
    pub fn request_stop(&self) {
        self.stop.0.store(true, Ordering::Release);
        if let Some(thread) = &self.thread {
            thread.thread().unpark();
        }
    }
}

impl Worker {
    /// Leaves the thread to itself: it is stuck in a driver, and may never end.
    pub fn abandon(mut self) {
        self.request_stop();
        self.thread = None;
    }

    /// Waits for the thread, but no longer than `patience`.
    pub fn finish_within(self, patience: Duration) {
        self.request_stop();
        let deadline = Instant::now() + patience;
        while self.thread.as_ref().is_some_and(|thread| !thread.is_finished()) {
            if Instant::now() >= deadline {
                tracing::warn!("a codec's thread does not end");
                return self.abandon();
            }
            thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.request_stop();
        let Some(thread) = self.thread.take() else { return };
        // The last owner may be the thread itself, inside an event callback.
        if thread.thread().id() == thread::current().id() {
            return;
        }
        if thread.join().is_err() {
            tracing::error!("a media thread panicked");
        }
    }
}

/// Absolute deadlines, one per period: lateness does not add up.
pub(crate) struct Pace {
    start: Instant,
    period: Duration,
    next: u32,
    skipped: u64,
}

impl Pace {
    pub fn new(start: Instant, period: Duration) -> Pace {
        Pace { start, period, next: 0, skipped: 0 }
    }

    /// The next deadline. Whoever is later than `patience` skips the deadlines missed.
    pub fn next(&mut self, now: Instant, patience: Duration) -> Instant {
        let deadline = self.start + self.period * self.next;
        if now > deadline + patience {
            let missed = (now - deadline).as_nanos() / self.period.as_nanos().max(1);
            self.skipped += u64::try_from(missed).unwrap_or(u64::MAX);
            self.start = now;
            self.next = 1;
            return now;
        }
        self.next += 1;
        deadline
    }

    /// How many deadlines were skipped since this was last asked.
    pub fn skipped(&mut self) -> u64 {
        std::mem::take(&mut self.skipped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lateness_within_patience_is_caught_up_and_beyond_is_skipped() {
        let start = Instant::now();
        let period = Duration::from_millis(10);
        let patience = Duration::from_millis(100);
        let mut pace = Pace::new(start, period);
        assert_eq!(pace.next(start, patience), start);
        assert_eq!(pace.next(start + period * 5, patience), start + period);
        assert_eq!(pace.next(start + period * 5, patience), start + period * 2);
        assert_eq!(pace.skipped(), 0);
        // The third deadline was to come; 47 are missed, the fiftieth is now.
        let late = start + period * 50;
        assert_eq!(pace.next(late, patience), late);
        assert_eq!((pace.skipped(), pace.skipped()), (47, 0));
        assert_eq!(pace.next(late, patience), late + period);
    }
}
