//! A thread that listens to a device, and ends when nobody needs it any more.

use std::io::{Error, ErrorKind, PipeReader, PipeWriter, Result};
use std::os::fd::{AsRawFd, RawFd};
use std::thread::JoinHandle;
use std::time::Duration;

// The `poll` of the C library, as the sound library wraps it safely: it takes any file.
use ::alsa::poll::{Flags, poll, pollfd};

/// Ends its thread when dropped, and waits until it has ended.
pub(crate) struct Worker {
    /// Nothing is ever written: the thread sees it close.
    stop: Option<PipeWriter>,
    thread: Option<JoinHandle<()>>,
}

/// How the thread knows when to end.
pub(crate) struct Stop(PipeReader);

impl Worker {
    /// # Errors
    /// When the system has no thread or pipe left.
    pub fn spawn(name: &str, work: impl FnOnce(Stop) + Send + 'static) -> Result<Worker> {
        let (stopped, stop) = std::io::pipe()?;
        let thread = std::thread::Builder::new().name(name.into()).spawn(move || work(Stop(stopped)))?;
        Ok(Worker { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.stop = None;
        let Some(thread) = self.thread.take() else { return };
        // What the thread calls may itself drop the worker.
        if thread.thread().id() != std::thread::current().id() {
            let _ = thread.join();
        }
    }
}

impl Stop {
    /// Waits until there is something to read from `file` (true), or it is time to end (false).
    ///
    /// # Errors
    /// When that cannot be waited for.
    pub fn wait_for(&self, file: &impl AsRawFd) -> Result<bool> {
        Ok(self.poll(&[file.as_raw_fd()], Flags::IN, None)?.is_some())
    }

    /// Waits until `file`, a video device, has an event (true), or it is time to end (false).
    ///
    /// # Errors
    /// When that cannot be waited for.
    pub fn wait_for_event(&self, file: &impl AsRawFd) -> Result<bool> {
        Ok(self.poll(&[file.as_raw_fd()], Flags::PRI, None)?.is_some())
    }

    /// Waits until there is something to read from any of `files`, for so long at most: from which of them.
    ///
    /// # Errors
    /// [`ErrorKind::BrokenPipe`] when it is time to end; others when that cannot be waited for.
    pub fn wait_for_any(&self, files: &[RawFd], time: Option<Duration>) -> Result<Vec<bool>> {
        self.poll(files, Flags::IN, time)?.ok_or_else(|| ErrorKind::BrokenPipe.into())
    }

    /// Waits for so long (true), or until it is time to end (false).
    pub fn sleep(&self, time: Duration) -> bool {
        self.poll(&[], Flags::IN, Some(time)).is_ok_and(|ready| ready.is_some())
    }

    /// Which files are ready; none when it is time to end.
    fn poll(&self, files: &[RawFd], events: Flags, time: Option<Duration>) -> Result<Option<Vec<bool>>> {
        // A little more rather than a little less: who wakes early only sleeps again.
        let milliseconds = time.map_or(-1, |time| i32::try_from(time.as_micros().div_ceil(1000)).unwrap_or(i32::MAX));
        let wait = |fd: RawFd, events: Flags| pollfd { fd, events: events.bits(), revents: 0 };
        let stop = wait(self.0.as_raw_fd(), Flags::IN);
        let mut all: Vec<pollfd> = std::iter::once(stop).chain(files.iter().map(|fd| wait(*fd, events))).collect();
        loop {
            match poll(&mut all, milliseconds) {
                Ok(_) if all[0].revents != 0 => return Ok(None),
                Ok(_) => return Ok(Some(all[1..].iter().map(|file| file.revents != 0).collect())),
                Err(error) => {
                    let error = system_error(&error);
                    if error.kind() != ErrorKind::Interrupted {
                        return Err(error);
                    }
                }
            }
        }
    }

    /// Waits until it is time to end; never true.
    pub fn wait(&self) -> bool {
        let _ = std::io::Read::read(&mut &self.0, &mut [0]);
        false
    }
}

/// What the system said, as far as the sound library tells: it turns the sign of some.
pub(crate) fn system_error(error: &::alsa::Error) -> Error {
    Error::from_raw_os_error(error.errno().saturating_abs())
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn hears_what_is_written_and_ends_when_dropped() {
        let (reader, mut writer) = std::io::pipe().unwrap();
        let (told, tell) = mpsc::channel();
        let worker = Worker::spawn("test", move |stop| {
            while stop.wait_for(&reader).unwrap() {
                let mut byte = [0];
                std::io::Read::read_exact(&mut &reader, &mut byte).unwrap();
                told.send(byte[0]).unwrap();
            }
        })
        .unwrap();
        writer.write_all(&[7]).unwrap();
        assert_eq!(tell.recv(), Ok(7));
        drop(worker);
        assert_eq!(tell.recv(), Err(mpsc::RecvError), "the thread has ended");
    }

    #[test]
    fn a_sleep_ends_early_when_it_is_time_to_end() {
        let (told, tell) = mpsc::channel();
        let worker = Worker::spawn("test", move |stop| {
            told.send(stop.sleep(Duration::from_millis(1))).unwrap();
            told.send(stop.sleep(Duration::from_secs(3600))).unwrap();
        })
        .unwrap();
        assert_eq!(tell.recv(), Ok(true));
        drop(worker); // Waits for the thread: otherwise the test would take an hour.
        assert_eq!(tell.recv(), Ok(false));
    }

    #[test]
    fn a_busy_device_is_told_from_a_missing_one() {
        for sign in [1, -1] {
            assert_eq!(system_error(&::alsa::Error::new("open", sign * 16)).kind(), ErrorKind::ResourceBusy);
            assert_eq!(system_error(&::alsa::Error::new("open", sign * 2)).kind(), ErrorKind::NotFound);
        }
    }
}
