//! Carries the newest of what is wanted to a thread that may be slow: who wants something never waits, and what was
//! wanted before is forgotten.

use std::io::{PipeReader, PipeWriter, Read, Write};
use std::os::fd::{AsRawFd, RawFd};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::worker::{Stop, Worker};

/// The end of those who want something. Dropping it ends the thread.
pub(crate) struct Mailbox<T> {
    // Dropped first: the thread sees the bell close when it is told to stop.
    _worker: Worker,
    letter: Arc<Mutex<Option<T>>>,
    bell: PipeWriter,
}

/// The end of the thread.
pub(crate) struct Inbox<T> {
    letter: Arc<Mutex<Option<T>>>,
    bell: PipeReader,
    pub stop: Stop,
}

impl<T: Send + 'static> Mailbox<T> {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the system has no thread or pipe left.
    pub fn spawn(name: &str, work: impl FnOnce(Inbox<T>) + Send + 'static) -> std::io::Result<Mailbox<T>> {
        let (rung, bell) = std::io::pipe()?;
        let letter: Arc<Mutex<Option<T>>> = Arc::default();
        let inside = letter.clone();
        let worker = Worker::spawn(name, move |stop| work(Inbox { letter: inside, bell: rung, stop }))?;
        Ok(Mailbox { _worker: worker, letter, bell })
    }

    /// Puts it there, in place of what nobody has taken yet.
    pub fn put(&self, letter: T) {
        self.change(|waiting| *waiting = Some(letter));
    }

    /// Changes what waits there, and makes it be looked at.
    pub fn change(&self, change: impl FnOnce(&mut Option<T>)) {
        let mut waiting = self.letter.lock().unwrap_or_else(PoisonError::into_inner);
        let was_empty = waiting.is_none();
        change(&mut waiting);
        // One ring for each letter: the bell's pipe never fills.
        if was_empty && waiting.is_some() {
            let _ = (&self.bell).write_all(&[0]);
        }
    }
}

impl<T> Inbox<T> {
    /// What is wanted now, if anything; never waits.
    pub fn take(&self) -> Option<T> {
        let letter = self.letter.lock().unwrap_or_else(PoisonError::into_inner).take();
        if letter.is_some() {
            // It was rung for once, before it could be taken.
            let mut ring = [0];
            let _ = (&self.bell).read(&mut ring);
        }
        letter
    }

    /// Waits until something is wanted, for so long at most; `Ok(None)` when the time has passed.
    ///
    /// # Errors
    /// When it is time to end.
    pub fn wait(&self, time: Option<Duration>) -> Result<Option<T>, Ended> {
        match self.stop.wait_for_any(&[self.bell.as_raw_fd()], time).as_deref() {
            Ok([true]) => Ok(self.take()),
            Ok([_]) => Ok(None),
            _ => Err(Ended),
        }
    }
}

impl<T> AsRawFd for Inbox<T> {
    /// Readable when something is wanted.
    fn as_raw_fd(&self) -> RawFd {
        self.bell.as_raw_fd()
    }
}

/// It is time to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ended;

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn only_the_newest_is_wanted_and_nobody_waits() {
        let (go, may_go) = mpsc::channel::<()>();
        let (told, tell) = mpsc::channel();
        let mailbox = Mailbox::spawn("test", move |inbox: Inbox<u32>| {
            let _ = may_go.recv();
            while let Ok(wanted) = inbox.wait(None) {
                let _ = told.send(wanted);
            }
        })
        .unwrap();
        // The thread takes nothing yet, and a pipe holds less than this.
        (0..200_000).for_each(|number| mailbox.put(number));
        go.send(()).unwrap();
        assert_eq!(tell.recv(), Ok(Some(199_999)));
        mailbox.put(7);
        assert_eq!(tell.recv(), Ok(Some(7)));
        drop(mailbox);
        assert!(tell.recv().is_err(), "the thread has ended");
    }

    #[test]
    fn taking_what_nobody_wants_does_not_wait() {
        let (told, tell) = mpsc::channel();
        let mailbox = Mailbox::spawn("test", move |inbox: Inbox<u32>| {
            let nothing = inbox.take();
            let something = inbox.wait(None);
            let _ = told.send((nothing, something, inbox.take(), inbox.wait(Some(Duration::ZERO))));
        })
        .unwrap();
        std::thread::sleep(Duration::from_millis(20));
        mailbox.put(7);
        assert_eq!(tell.recv(), Ok((None, Ok(Some(7)), None, Ok(None))), "and no ring is left over");
    }
}
