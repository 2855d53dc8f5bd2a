//! Notices devices that come and go, through udev.

use std::io::PipeWriter;
use std::os::fd::AsRawFd;
use std::path::Path;
use std::sync::mpsc;
use std::thread::JoinHandle;

use alsa::poll::{Flags, poll, pollfd};

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

/// Which part of the kernel spoke.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Subsystem {
    Video,
    Sound,
}

/// The thread that listens to udev; ends when this is dropped.
pub(crate) struct Monitor {
    /// Nothing is ever written: the thread sees it close.
    stop: Option<PipeWriter>,
    thread: Option<JoinHandle<()>>,
}

impl Monitor {
    /// Calls `heard` on a thread of its own with each event: the subsystem, and the device node
    /// if it was removed. From when this returns on, no event is missed.
    ///
    /// # Errors
    /// When udev cannot be listened to.
    pub fn start(heard: impl Fn(Subsystem, Option<&Path>) + Send + 'static) -> std::io::Result<Monitor> {
        let (stopped, stop) = std::io::pipe()?;
        let (ready, is_ready) = mpsc::sync_channel(1);
        // The socket belongs to the thread that made it, so the thread reports how that went.
        let thread = std::thread::Builder::new().name("hotplug".into()).spawn(move || match listen() {
            Ok(socket) => {
                let _ = ready.send(Ok(()));
                watch(&socket, stopped.as_raw_fd(), &heard);
            }
            Err(error) => {
                let _ = ready.send(Err(error));
            }
        })?;
        is_ready.recv().unwrap_or_else(|e| Err(std::io::Error::other(e)))?;
        Ok(Monitor { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Monitor {
    fn drop(&mut self) {
        self.stop = None;
        let Some(thread) = self.thread.take() else { return };
        // An event may have dropped the last handle on the thread itself.
        if thread.thread().id() != std::thread::current().id() {
            let _ = thread.join();
        }
    }
}

fn listen() -> std::io::Result<udev::MonitorSocket> {
    udev::MonitorBuilder::new()?.match_subsystem("video4linux")?.match_subsystem("sound")?.listen()
}

fn watch(socket: &udev::MonitorSocket, stopped: i32, heard: &impl Fn(Subsystem, Option<&Path>)) {
    let wait = |fd| pollfd { fd, events: Flags::IN.bits(), revents: 0 };
    loop {
        let mut both = [wait(socket.as_raw_fd()), wait(stopped)];
        match poll(&mut both, -1) {
            Err(error) if error.errno() == alsa::nix_interrupted() => continue,
            Err(error) => return tracing::warn!(%error, "devices that come and go are no longer noticed"),
            Ok(_) if both[1].revents != 0 => return,
            Ok(_) => {}
        }
        for event in socket.iter() {
            let subsystem = match event.subsystem().and_then(|name| name.to_str()) {
                Some("video4linux") => Subsystem::Video,
                Some("sound") => Subsystem::Sound,
                _ => continue,
            };
            let is_removal = event.event_type() == udev::EventType::Remove;
            let node = event.devnode().filter(|_| is_removal);
            heard(subsystem, node);
        }
    }
}
