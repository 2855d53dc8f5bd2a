//! A post at which one thread works, and is replaced when it is stuck.
//!
//! A codec that hangs, mostly in hardware's driver, keeps the thread that called it; nothing gets it back.
//! Whoever brings the next piece of work notices, gives the post to another thread, and leaves the old one to
//! its codec: should it ever come back, it finds that the post is no longer its own, and ends.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::mailbox::lock;
use crate::worker::Worker;

/// Threads of this process that may be lost to codecs at a time.
const LOST_MAX: usize = 16;
/// How long software may take for one frame, or to start or end: longer than the busiest machine needs.
const SOFTWARE_MAX: Duration = Duration::from_secs(5);

/// Threads lost to codecs now.
static LOST: Lost = Lost { threads: AtomicUsize::new(0), is_told: AtomicBool::new(false) };

/// How many threads of this process are lost to codecs that hang, of at most 16.
pub(crate) fn lost() -> u64 {
    LOST.threads.load(Ordering::Acquire) as u64
}

/// How long a codec may take before it counts as hanging: hardware `limit`, software longer.
pub(crate) fn patience(in_hardware: bool, limit: Duration) -> Duration {
    if in_hardware { limit } else { limit.max(SOFTWARE_MAX) }
}

struct Lost {
    threads: AtomicUsize,
    /// That there are too many was told; again only when they have become fewer.
    is_told: AtomicBool,
}

impl Lost {
    /// Counts one more, unless there are too many.
    fn add(&self) -> bool {
        let more = |threads| (threads < LOST_MAX).then_some(threads + 1);
        let is_added = self.threads.fetch_update(Ordering::AcqRel, Ordering::Acquire, more).is_ok();
        if !is_added && !self.is_told.swap(true, Ordering::AcqRel) {
            tracing::error!(
                threads = LOST_MAX,
                "codecs hang: whatever hangs next stands still until huisclosd is restarted"
            );
        }
        is_added
    }

    /// One came back after all.
    fn remove(&self) {
        self.threads.fetch_sub(1, Ordering::AcqRel);
        self.is_told.store(false, Ordering::Release);
    }
}

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

    /// Does `work`, which calls a codec and should not take longer than `limit`.
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
            LOST.remove();
        }
        result
    }

    /// Takes the post from a thread that is stuck; says with what. The post is to be filled then.
    pub fn clear_if_stuck(&self, now: Instant) -> Option<T> {
        let mut state = lock(&self.state);
        state.doing.as_ref().filter(|(deadline, _)| *deadline < now)?;
        if !LOST.add() {
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
    fn only_so_many_threads_are_given_up_and_one_that_comes_back_makes_room() {
        let lost = Lost { threads: AtomicUsize::new(0), is_told: AtomicBool::new(false) };
        assert!((0..LOST_MAX).all(|_| lost.add()));
        assert!(!lost.is_told.load(Ordering::Acquire));
        assert!(!lost.add() && !lost.add());
        assert!(lost.is_told.load(Ordering::Acquire), "in the log");
        lost.remove();
        assert!(!lost.is_told.load(Ordering::Acquire), "and again when it is so again");
        assert!(lost.add() && !lost.add());
    }

    #[test]
    fn software_is_given_more_time_than_hardware() {
        let limit = Duration::from_millis(500);
        assert_eq!([patience(true, limit), patience(false, limit)], [limit, SOFTWARE_MAX]);
    }

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
