//! A post at which one thread works, and is replaced when it is stuck.
//!
//! A driver that hangs keeps the thread that called it; nothing gets it back. Whoever brings the next
//! piece of work notices, gives the post to another thread, and leaves the old one to its driver:
//! should it ever come back, it finds that the post is no longer its own, and ends.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::mailbox::lock;
use crate::worker::Worker;

/// Threads of this process that may be lost to drivers at a time.
const LOST_MAX: usize = 16;

/// Threads lost to drivers now.
static LOST: AtomicUsize = AtomicUsize::new(0);

pub(crate) struct Post<T> {
    /// Whose turn it is.
    turn: AtomicU64,
    state: Mutex<State<T>>,
}

struct State<T> {
    /// What is being done by the thread whose turn it is, and by when it should be.
    doing: Option<(Instant, T)>,
    worker: Option<Worker>,
}

impl<T> Default for Post<T> {
    fn default() -> Post<T> {
        Post { turn: AtomicU64::new(0), state: Mutex::new(State { doing: None, worker: None }) }
    }
}

impl<T> Post<T> {
    /// Gives the post to the thread that `start` starts for this turn.
    ///
    /// # Errors
    /// When there is no thread for it.
    pub fn fill(&self, start: impl FnOnce(u64) -> std::io::Result<Worker>) -> std::io::Result<()> {
        let mut state = lock(&self.state);
        let worker = start(self.turn.load(Ordering::Acquire))?;
        state.worker = Some(worker);
        Ok(())
    }

    /// Whether the post still belongs to the thread of this turn.
    pub fn is_held(&self, turn: u64) -> bool {
        self.turn.load(Ordering::Acquire) == turn
    }

    /// Does `work`, which calls a driver and should not take longer than `limit`.
    pub fn within<R>(&self, turn: u64, limit: Duration, what: T, work: impl FnOnce() -> R) -> R {
        {
            let mut state = lock(&self.state);
            if self.is_held(turn) {
                state.doing = Some((Instant::now() + limit, what));
            } else {
                // It has come back already, and only clears up.
                drop(state);
                return work();
            }
        }
        let result = work();
        let mut state = lock(&self.state);
        if self.is_held(turn) {
            state.doing = None;
        } else {
            // It came back after all.
            LOST.fetch_sub(1, Ordering::AcqRel);
        }
        result
    }

    /// Takes the post from a thread that is stuck; says with what. The post is to be filled then.
    pub fn clear_if_stuck(&self, now: Instant) -> Option<T> {
        let mut state = lock(&self.state);
        state.doing.as_ref().filter(|(deadline, _)| *deadline < now)?;
        if LOST.fetch_add(1, Ordering::AcqRel) >= LOST_MAX {
            LOST.fetch_sub(1, Ordering::AcqRel);
            return None;
        }
        self.turn.fetch_add(1, Ordering::AcqRel);
        if let Some(worker) = state.worker.take() {
            worker.abandon();
        }
        state.doing.take().map(|(_, what)| what)
    }

    /// Asks the thread to stop, without waiting for it.
    pub fn request_stop(&self) {
        if let Some(worker) = &lock(&self.state).worker {
            worker.request_stop();
        }
    }

    /// The thread, to be waited for.
    pub fn vacate(&self) -> Option<Worker> {
        lock(&self.state).worker.take()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn a_thread_that_is_stuck_loses_its_post_and_ends_when_it_comes_back() {
        let post = Arc::new(Post::default());
        let (release, hang) = mpsc::channel::<()>();
        let (tell, told) = mpsc::channel();
        let start = |turn| {
            let (post, tell) = (post.clone(), tell);
            Worker::spawn("test", move |_| {
                post.within(turn, Duration::from_millis(500), "driver", || {
                    tell.send(true).unwrap();
                    hang.recv().unwrap();
                });
                post.within(turn, Duration::from_millis(500), "to clear up", || {});
                tell.send(post.is_held(turn)).unwrap();
            })
        };
        post.fill(start).unwrap();
        assert!(told.recv().unwrap());
        let now = Instant::now();
        assert_eq!(post.clear_if_stuck(now), None, "it has still time");
        let later = now + Duration::from_secs(1);
        assert_eq!(post.clear_if_stuck(later), Some("driver"));
        assert_eq!(post.clear_if_stuck(later), None, "once");
        post.fill(|turn| {
            assert!(post.is_held(turn));
            Worker::spawn("test", |_| {})
        })
        .unwrap();
        release.send(()).unwrap();
        assert!(!told.recv().unwrap(), "the old one knows that it was replaced");
    }
}
