//! A bounded queue between two threads that drops the oldest when full.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

pub(crate) struct Mailbox<T> {
    queue: Mutex<VecDeque<T>>,
    closed: AtomicBool,
    filled: Condvar,
    capacity: usize,
}

/// Locks, also after another thread panicked while holding the lock: our values stay whole.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<T> Mailbox<T> {
    pub fn new(capacity: usize) -> Mailbox<T> {
        Mailbox {
            queue: Mutex::new(VecDeque::with_capacity(capacity)),
            closed: AtomicBool::new(false),
            filled: Condvar::new(),
            capacity,
        }
    }

    /// Puts `item` in; says whether the oldest had to go.
    pub fn put(&self, item: T) -> bool {
        let mut queue = lock(&self.queue);
        let full = queue.len() >= self.capacity;
        if full {
            queue.pop_front();
        }
        queue.push_back(item);
        drop(queue);
        self.filled.notify_one();
        full
    }

    /// Ends all waiting, now and later: whoever takes is about to stop.
    pub fn close(&self) {
        let _queue = lock(&self.queue);
        self.closed.store(true, Ordering::Release);
        self.filled.notify_all();
    }

    /// Takes the oldest, waiting up to `patience` for one.
    pub fn take(&self, patience: Duration) -> Option<T> {
        let queue = lock(&self.queue);
        let (mut queue, _) = self
            .filled
            .wait_timeout_while(queue, patience, |queue| queue.is_empty() && !self.closed.load(Ordering::Acquire))
            .unwrap_or_else(PoisonError::into_inner);
        queue.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_mailbox_loses_the_oldest_and_says_so() {
        let mailbox = Mailbox::new(2);
        assert!(!mailbox.put(1));
        assert!(!mailbox.put(2));
        assert!(mailbox.put(3));
        assert_eq!(mailbox.take(Duration::ZERO), Some(2));
        assert_eq!(mailbox.take(Duration::ZERO), Some(3));
        assert_eq!(mailbox.take(Duration::ZERO), None);
    }

    #[test]
    fn closing_ends_the_wait() {
        let mailbox = Mailbox::<u8>::new(1);
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| mailbox.take(Duration::MAX));
            mailbox.close();
            assert_eq!(waiting.join().unwrap(), None);
        });
    }
}
