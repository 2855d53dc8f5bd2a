//! Switching a display on and off: through HDMI (CEC), or a simulated one.
//!
//! Displays are slow, deaf and forgetful. Whoever wants one on never waits for it: a thread asks, asks again when
//! nothing answers, and gives up after a while until something else is wanted or the display is plugged in anew.

mod cec;
mod patience;
mod simulated;

use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant};

pub(crate) use simulated::SimulatedPower;

use crate::mailbox::{Inbox, Mailbox};
use patience::{Patience, Sent};

/// Whether a display is to be on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Power {
    /// On, and showing the room.
    On,
    Standby,
}

/// A display that can be asked.
pub(crate) trait Switchable {
    /// Asks it. Says whether it answered; may take seconds.
    ///
    /// # Errors
    /// When there is none to ask now.
    fn ask(&mut self, power: Power) -> io::Result<bool>;

    /// Changes whenever another display is plugged in, or the same one anew; none while there is none.
    fn plugged(&mut self) -> io::Result<Option<u64>>;
}

/// How often it is looked whether a display was plugged in.
const LOOK: Duration = Duration::from_secs(2);

/// A display that is kept on or off.
pub(crate) struct Kept(Mailbox<Power>);

impl Kept {
    /// By CEC, through the adapter at `path`, or the first that has a display.
    ///
    /// # Errors
    /// When there is no thread to keep it.
    pub fn cec(path: Option<PathBuf>, room: &str) -> io::Result<Kept> {
        let room = room.to_owned();
        Kept::new(move || cec::Adapter::open(path.as_deref(), &room))
    }

    /// # Errors
    /// When there is no thread to keep it.
    pub fn new<S: Switchable>(open: impl FnMut() -> io::Result<S> + Send + 'static) -> io::Result<Kept> {
        Mailbox::spawn("display power", move |inbox| keep(&inbox, open)).map(Kept)
    }

    pub fn set(&self, power: Power) {
        self.0.put(power);
    }
}

fn keep<S: Switchable>(inbox: &Inbox<Power>, mut open: impl FnMut() -> io::Result<S>) {
    let mut patience = Patience::default();
    let (mut display, mut plugged): (Option<S>, Option<u64>) = (None, None);
    loop {
        // What is due already waits for a display.
        let left = |at: Instant| at.checked_duration_since(Instant::now()).filter(|left| !left.is_zero());
        let look = patience.deadline().and_then(left).map_or(LOOK, |left| left.min(LOOK));
        match inbox.wait(Some(look)) {
            Ok(Some(power)) => patience.want(power, Instant::now()),
            Ok(None) => {}
            Err(_) => return,
        }
        let there = display.take().map_or_else(&mut open, Ok).and_then(|mut display| {
            let there = display.plugged()?;
            Ok((display, there))
        });
        let Ok((mut there, now_plugged)) = there else {
            plugged = None;
            continue;
        };
        if now_plugged.is_some() && now_plugged != plugged {
            patience.plugged(Instant::now());
        }
        plugged = now_plugged;
        if let Some(power) = patience.due(Instant::now()).filter(|_| plugged.is_some()) {
            let sent = match there.ask(power) {
                Ok(true) => Sent::Answered,
                Ok(false) => Sent::NoAnswer,
                Err(error) => {
                    tracing::debug!(%error, "the display cannot be asked");
                    Sent::NoAnswer
                }
            };
            if patience.sent(power, sent, Instant::now()) {
                tracing::info!(?power, "the display does not answer, and is left as it is");
            }
        }
        display = Some(there);
    }
}

/// An adapter, for tests with the kernel.
#[cfg(test)]
pub(crate) fn adapter(path: &std::path::Path, room: &str) -> io::Result<impl Switchable> {
    cec::Adapter::open(Some(path), room)
}

#[cfg(test)]
mod tests;
