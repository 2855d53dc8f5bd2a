//! Notices devices that come and go, through udev.

use std::io::ErrorKind;
use std::os::fd::AsRawFd;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError, mpsc};
use std::time::Duration;

use crate::worker::{Stop, Worker};

/// A real device of the room that may come and go.
pub(crate) trait Watched: Send + Sync {
    /// Looks at what is there now, after the kernel `removed` a device node, or anything else
    /// happened. A device that went and came back at once did both.
    fn look(&self, removed: Option<&Path>) -> Vec<Change>;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    Came,
    Went,
}

/// The device a room has found, which it stays with until that is pulled out: better ones that
/// come meanwhile wait.
pub(crate) struct Found<T> {
    /// Locked only to read and to write: drivers hang, and others must learn what is known meanwhile.
    known: Mutex<Option<T>>,
    /// Held while somebody looks, so that two do not find different ones.
    looking: Mutex<()>,
}

impl<T> Default for Found<T> {
    fn default() -> Self {
        Found { known: Mutex::new(None), looking: Mutex::new(()) }
    }
}

impl<T: Clone> Found<T> {
    /// What is known to be there; never waits for a driver.
    pub fn get(&self) -> Option<T> {
        self.known().clone()
    }

    /// Lets go of what is gone, then finds another. Takes as long as the drivers do.
    pub fn look(&self, is_gone: impl FnOnce(&T) -> bool, search: impl FnOnce() -> Option<T>) -> Vec<Change> {
        let _looking = self.looking.lock().unwrap_or_else(PoisonError::into_inner);
        let mut changes = Vec::new();
        if let Some(old) = self.get() {
            if !is_gone(&old) {
                return changes;
            }
            *self.known() = None;
            changes.push(Change::Went);
        }
        if let Some(new) = search() {
            *self.known() = Some(new);
            changes.push(Change::Came);
        }
        changes
    }

    /// Changes what is known of the device, if there is one.
    pub fn update(&self, change: impl FnOnce(&mut T)) {
        if let Some(known) = &mut *self.known() {
            change(known);
        }
    }

    fn known(&self) -> MutexGuard<'_, Option<T>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Which part of the kernel spoke.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Subsystem {
    Video,
    Sound,
}

/// Calls `heard` on a thread of its own with each event: the subsystem, and the device node if it
/// was removed. From when this returns on, no event is missed.
///
/// # Errors
/// When udev cannot be listened to.
pub(crate) fn watch(heard: impl Fn(Subsystem, Option<&Path>) + Send + 'static) -> std::io::Result<Worker> {
    let (ready, is_ready) = mpsc::sync_channel(1);
    // The socket belongs to the thread that made it, so the thread reports how that went.
    let worker = Worker::spawn("hotplug", move |stop| match listen(&["video4linux", "sound"]) {
        Ok(socket) => {
            let _ = ready.send(Ok(()));
            if let Err(error) = pass_on(&socket, &stop, &heard) {
                tracing::warn!(%error, "devices that come and go are no longer noticed");
            }
        }
        Err(error) => {
            let _ = ready.send(Err(error));
        }
    })?;
    is_ready.recv().unwrap_or_else(|error| Err(std::io::Error::other(error)))?;
    Ok(worker)
}

/// A socket that hears what comes and goes in these subsystems, for the thread that made it.
///
/// # Errors
/// When udev cannot be listened to.
pub(crate) fn listen(subsystems: &[&str]) -> std::io::Result<udev::MonitorSocket> {
    let mut all = udev::MonitorBuilder::new()?;
    for subsystem in subsystems {
        all = all.match_subsystem(subsystem)?;
    }
    all.listen()
}

/// Waits until anything came or went; false when it is time to end.
pub(crate) fn wait(socket: &udev::MonitorSocket, stop: &Stop) -> bool {
    match stop.wait_for(socket) {
        Ok(true) => {
            socket.iter().for_each(drop);
            true
        }
        Ok(false) => false,
        Err(error) => {
            tracing::warn!(%error, "devices that come and go are no longer noticed");
            stop.wait()
        }
    }
}

/// Waits until anything came or went, for so long at most; false when it is time to end.
pub(crate) fn wait_for(socket: &udev::MonitorSocket, stop: &Stop, time: Duration) -> bool {
    match stop.wait_for_any(&[socket.as_raw_fd()], Some(time)) {
        Ok(ready) => {
            if ready.contains(&true) {
                socket.iter().for_each(drop);
            }
            true
        }
        Err(error) if error.kind() == ErrorKind::BrokenPipe => false,
        Err(_) => stop.sleep(time),
    }
}

/// Whether to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Followed {
    /// It is time to end.
    Stopped,
    /// The device is gone.
    Gone,
}

/// Follows what is found; when there is nothing (any more), waits until something came. Ends when
/// told to.
pub(crate) fn keep_following<D>(
    mut find: impl FnMut() -> Option<D>,
    mut follow: impl FnMut(D) -> Followed,
    mut something_came: impl FnMut() -> bool,
) {
    loop {
        if find().is_some_and(|device| follow(device) == Followed::Stopped) || !something_came() {
            return;
        }
    }
}

fn pass_on(
    socket: &udev::MonitorSocket,
    stop: &Stop,
    heard: &impl Fn(Subsystem, Option<&Path>),
) -> std::io::Result<()> {
    while stop.wait_for(socket)? {
        for event in socket.iter() {
            let subsystem = match event.subsystem().and_then(|name| name.to_str()) {
                Some("video4linux") => Subsystem::Video,
                Some("sound") => Subsystem::Sound,
                _ => continue,
            };
            let is_removal = event.event_type() == udev::EventType::Remove;
            heard(subsystem, event.devnode().filter(|_| is_removal));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stays_with_its_device_until_that_is_gone() {
        let found = Found::default();
        assert_eq!(found.look(|_| unreachable!("there is none"), || None), []);
        assert_eq!(found.look(|_| unreachable!("there is none"), || Some("webcam")), [Change::Came]);
        assert_eq!(found.look(|_| false, || Some("better")), []);
        assert_eq!(found.get(), Some("webcam"));
        assert_eq!(found.look(|old| *old == "webcam", || None), [Change::Went]);
        assert_eq!(found.get(), None);
    }

    #[test]
    fn a_driver_that_hangs_when_looked_for_does_not_hold_up_who_asks_what_is_there() {
        let found = Found::default();
        found.look(|_| false, || Some("webcam"));
        // If asking waited for the one who looks, the test would not end.
        let changes = found.look(
            |_| {
                assert_eq!(found.get(), Some("webcam"));
                true
            },
            || {
                assert_eq!(found.get(), None, "it is known to be gone");
                Some("other")
            },
        );
        assert_eq!(changes, [Change::Went, Change::Came]);
    }

    #[test]
    fn a_device_that_comes_back_at_once_went_and_came() {
        let found = Found::default();
        found.look(|_| false, || Some(1));
        assert_eq!(found.look(|_| true, || Some(2)), [Change::Went, Change::Came]);
        assert_eq!(found.get(), Some(2));
    }

    #[test]
    fn a_thread_that_waits_for_devices_ends_when_dropped() {
        match watch(|_, _| {}) {
            Ok(worker) => drop(worker), // Waits for the thread: otherwise the test would not end.
            Err(error) => assert!(error.raw_os_error().is_some(), "the system has no udev: {error}"),
        }
    }

    #[test]
    fn a_device_that_comes_late_or_comes_back_is_followed() {
        let mut there = [None, Some("first"), None, None, Some("again")].into_iter();
        let mut comings = [true, true, true, true].into_iter();
        let mut followed = Vec::new();
        keep_following(
            || there.next().flatten(),
            |device| {
                followed.push(device);
                if device == "again" { Followed::Stopped } else { Followed::Gone }
            },
            || comings.next().unwrap_or(false),
        );
        assert_eq!(followed, ["first", "again"]);
    }
}
