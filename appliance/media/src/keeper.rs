//! A thread for what may take long: opening and closing a device, building and tearing down codecs.
//!
//! Drivers hang, and their calls cannot be taken back. So whoever must not wait leaves an order
//! here and goes on; when a driver comes back to life, only the newest wish is carried out.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use crate::mailbox::lock;
use crate::worker::Worker;

/// How much slow work may wait: what a room leaves behind in several calls.
const WORK_MAX: usize = 256;

type Work = Box<dyn FnOnce() + Send>;

/// What a keeper is to do.
struct Board<S> {
    state: Mutex<State<S>>,
    changed: Condvar,
}

struct State<S> {
    work: VecDeque<Work>,
    /// Use this device, or none, instead of the one before. The highest number is the newest wish,
    /// and the only one that counts.
    wish: Option<(u64, Option<S>)>,
    /// End, after all the work but not the wish.
    is_stopping: bool,
}

/// Where orders are left; never blocks.
pub(crate) struct Orders<S>(Arc<Board<S>>);

impl<S: Send + 'static> Orders<S> {
    /// Wishes for another device, or none.
    pub fn replace(&self, number: u64, source: Option<S>) {
        let mut state = lock(&self.0.state);
        let is_newest = state.wish.as_ref().is_none_or(|(known, _)| number > *known);
        let overtaken = if is_newest { state.wish.replace((number, source)) } else { Some((number, source)) };
        drop(state);
        self.0.changed.notify_one();
        // Dropping a device may take long as well.
        if let Some((_, Some(overtaken))) = overtaken {
            self.bury(overtaken);
        }
    }

    /// Has `work` done.
    pub fn run(&self, work: impl FnOnce() + Send + 'static) {
        let work: Work = Box::new(work);
        let mut state = lock(&self.0.state);
        if state.work.len() < WORK_MAX {
            state.work.push_back(work);
            drop(state);
            return self.0.changed.notify_one();
        }
        drop(state);
        // A driver has hung for so long that nothing can be cleared up any more, and who is here
        // must not wait for it: better some memory than the meeting.
        tracing::error!("a driver hangs, and what waits for it is left behind");
        std::mem::forget(work);
    }

    /// Has `item` dropped.
    pub fn bury(&self, item: impl Send + 'static) {
        self.run(move || drop(item));
    }
}

impl<S> Clone for Orders<S> {
    fn clone(&self) -> Orders<S> {
        Orders(self.0.clone())
    }
}

/// A thread that takes orders until this is dropped, which waits for it.
pub(crate) struct Keeper<S> {
    orders: Orders<S>,
    /// How to start it, until that is done.
    start: Mutex<Option<Start>>,
    worker: Mutex<Option<Worker>>,
}

type Start = Box<dyn FnOnce() -> std::io::Result<Worker> + Send>;

impl<S: Send + 'static> Keeper<S> {
    /// Starts a thread that calls `change` with the newest wish and drops it at the end.
    ///
    /// # Errors
    /// When the system has no thread left.
    pub fn start(name: &str, change: impl FnMut(u64, Option<S>) + Send + 'static) -> std::io::Result<Keeper<S>> {
        let keeper = Keeper::when_needed(name, change);
        keeper.begin()?;
        Ok(keeper)
    }

    /// As [`Keeper::start`], but the thread starts only with [`Keeper::keep`].
    pub fn when_needed(name: &str, mut change: impl FnMut(u64, Option<S>) + Send + 'static) -> Keeper<S> {
        let state = State { work: VecDeque::new(), wish: None, is_stopping: false };
        let board = Arc::new(Board { state: Mutex::new(state), changed: Condvar::new() });
        let orders = Orders(board.clone());
        let mut work = move || {
            let mut done = 0;
            while let Some(order) = board.next() {
                match order {
                    Order::Run(work) => work(),
                    Order::Use(number, source) if number > done => {
                        done = number;
                        change(number, source);
                    }
                    Order::Use(..) => {}
                }
            }
        };
        let name = name.to_owned();
        let start: Start = Box::new(move || Worker::spawn(&name, move |_| work()));
        Keeper { orders, start: Mutex::new(Some(start)), worker: Mutex::default() }
    }

    fn begin(&self) -> std::io::Result<()> {
        if let Some(start) = lock(&self.start).take() {
            *lock(&self.worker) = Some(start()?);
        }
        Ok(())
    }

    /// Wishes for another device, or none; the first device starts the thread.
    ///
    /// # Errors
    /// When the system has no thread left.
    pub fn keep(&self, number: u64, source: Option<S>) -> std::io::Result<()> {
        let is_needed = source.is_some();
        self.replace(number, source);
        if is_needed { self.begin() } else { Ok(()) }
    }

    /// For somebody who has orders too.
    pub fn orders(&self) -> Orders<S> {
        self.orders.clone()
    }
}

impl<S> std::ops::Deref for Keeper<S> {
    type Target = Orders<S>;

    fn deref(&self) -> &Orders<S> {
        &self.orders
    }
}

impl<S> Drop for Keeper<S> {
    fn drop(&mut self) {
        lock(&self.orders.0.state).is_stopping = true;
        self.orders.0.changed.notify_one();
    }
}

enum Order<S> {
    Run(Work),
    Use(u64, Option<S>),
}

impl<S> Board<S> {
    /// Waits for the next thing to do; none when it is time to end. Work comes before the wish: it
    /// may be what closes the device that is to be opened anew.
    fn next(&self) -> Option<Order<S>> {
        let state = lock(&self.state);
        let is_idle = |state: &mut State<S>| state.work.is_empty() && state.wish.is_none() && !state.is_stopping;
        let mut state = self.changed.wait_while(state, is_idle).unwrap_or_else(PoisonError::into_inner);
        let work = state.work.pop_front();
        let wish = if work.is_none() { state.wish.take() } else { None };
        let is_stopping = state.is_stopping;
        drop(state);
        match (work, wish) {
            (Some(work), _) => Some(Order::Run(work)),
            (None, Some((number, source))) if !is_stopping => Some(Order::Use(number, source)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn what_comes_while_a_device_hangs_is_done_after_it_the_newest_wish_only() {
        let (release, hang) = mpsc::channel::<()>();
        let (tell, told) = mpsc::channel();
        let keeper = Keeper::start("test", move |number, source: Option<&str>| {
            tell.send((number, source)).unwrap();
            if source == Some("hangs") {
                hang.recv().unwrap();
            }
        })
        .unwrap();
        keeper.replace(1, Some("hangs"));
        assert_eq!(told.recv().unwrap(), (1, Some("hangs")));
        keeper.replace(2, Some("too old"));
        keeper.replace(4, Some("newest"));
        keeper.replace(3, Some("overtaken"));
        assert!(told.try_recv().is_err());
        release.send(()).unwrap();
        assert_eq!(told.recv().unwrap(), (4, Some("newest")));
        drop(keeper);
        assert!(told.recv().is_err(), "nothing else was done");
    }

    #[test]
    fn a_thread_is_started_for_the_first_device_and_not_before() {
        let (tell, told) = mpsc::channel();
        let keeper = Keeper::when_needed("test", move |number, source: Option<&str>| {
            tell.send((number, source)).unwrap();
        });
        keeper.keep(1, None).unwrap();
        assert!(lock(&keeper.worker).is_none());
        keeper.keep(2, Some("microphone")).unwrap();
        assert_eq!(told.recv(), Ok((2, Some("microphone"))));
        keeper.keep(3, None).unwrap();
        assert_eq!(told.recv(), Ok((3, None)));
    }

    #[test]
    fn everything_buried_is_gone_when_the_keeper_is() {
        let item = Arc::new(());
        let keeper = Keeper::<()>::start("test", |_, _| {}).unwrap();
        keeper.bury(item.clone());
        drop(keeper);
        assert_eq!(Arc::strong_count(&item), 1);
    }

    #[test]
    fn what_does_not_fit_behind_a_driver_that_hangs_is_left_behind_without_waiting() {
        let keeper = Keeper::<()>::start("test", |_, _| {}).unwrap();
        let (release, hang) = mpsc::channel::<()>();
        let (tell, hangs) = mpsc::channel();
        keeper.run(move || {
            tell.send(()).unwrap();
            let _ = hang.recv();
        });
        hangs.recv().unwrap();
        let item = Arc::new(());
        for _ in 0..WORK_MAX + 3 {
            keeper.bury(item.clone());
        }
        assert_eq!(Arc::strong_count(&item), WORK_MAX + 4, "none was dropped by who must not wait");
        release.send(()).unwrap();
        drop(keeper);
        assert_eq!(Arc::strong_count(&item), 4, "three were left behind");
    }
}
