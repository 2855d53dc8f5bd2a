//! A thread for what may take long: opening and closing a device, building and tearing down codecs.
//!
//! Drivers hang, and their calls cannot be taken back. So whoever must not wait leaves an order
//! here and goes on; when a driver comes back to life, only the newest wish is carried out.

use std::sync::mpsc::{self, Receiver, Sender};

use crate::worker::Worker;

/// What a keeper is to do.
pub(crate) enum Order<S> {
    /// Use this device, or none, instead of the one before. The highest number is the newest wish.
    Use(u64, Option<S>),
    /// Do something slow.
    Run(Box<dyn FnOnce() + Send>),
    /// End, after everything ordered so far but wishes.
    Stop,
}

/// Where orders are left; never blocks.
pub(crate) struct Orders<S>(Sender<Order<S>>);

impl<S> Orders<S> {
    /// Wishes for another device, or none.
    pub fn replace(&self, number: u64, source: Option<S>) {
        // An order comes back only when the keeper has ended, and the engine with it.
        let _ = self.0.send(Order::Use(number, source));
    }

    /// Has `work` done.
    pub fn run(&self, work: impl FnOnce() + Send + 'static) {
        let _ = self.0.send(Order::Run(Box::new(work)));
    }

    /// Has `item` dropped.
    pub fn bury(&self, item: impl Send + 'static) {
        self.run(move || drop(item));
    }
}

/// A thread that takes orders until this is dropped, which waits for it.
pub(crate) struct Keeper<S> {
    orders: Orders<S>,
    _worker: Worker,
}

impl<S: Send + 'static> Keeper<S> {
    /// Starts a thread that calls `change` with the newest wish and drops it at the end.
    ///
    /// # Errors
    /// When the system has no thread left.
    pub fn start(name: &str, mut change: impl FnMut(u64, Option<S>) + Send + 'static) -> std::io::Result<Keeper<S>> {
        let (orders, received) = mpsc::channel();
        let worker = Worker::spawn(name, move |_| {
            let mut done = 0;
            while let Some(newest) = carry_out(&received) {
                match newest {
                    Some((number, source)) if number > done => {
                        done = number;
                        change(number, source);
                    }
                    _ => {}
                }
            }
        })?;
        Ok(Keeper { orders: Orders(orders), _worker: worker })
    }

    /// For somebody who has orders too.
    pub fn orders(&self) -> Orders<S> {
        Orders(self.orders.0.clone())
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
        let _ = self.orders.0.send(Order::Stop);
    }
}

/// Waits for an order and carries out all there are. Gives the newest wish, if there is one; none
/// at all when it is time to end.
#[expect(clippy::option_option, reason = "the end and no wish are different things")]
fn carry_out<S>(received: &Receiver<Order<S>>) -> Option<Option<(u64, Option<S>)>> {
    let mut newest: Option<(u64, Option<S>)> = None;
    let mut order = received.recv().ok()?;
    loop {
        match order {
            Order::Use(number, source) => {
                if newest.as_ref().is_none_or(|(known, _)| number > *known) {
                    newest = Some((number, source));
                }
            }
            Order::Run(work) => work(),
            Order::Stop => return None,
        }
        match received.try_recv() {
            Ok(next) => order = next,
            Err(_) => return Some(newest),
        }
    }
}

#[cfg(test)]
mod tests {
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
    fn everything_buried_is_gone_when_the_keeper_is() {
        let item = std::sync::Arc::new(());
        let keeper = Keeper::<()>::start("test", |_, _| {}).unwrap();
        keeper.bury(item.clone());
        drop(keeper);
        assert_eq!(std::sync::Arc::strong_count(&item), 1);
    }
}
