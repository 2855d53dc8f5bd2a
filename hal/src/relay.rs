//! The relay in the microphones' line: what it cuts, nothing that runs on this machine can hear.
//!
//! It cuts the signal, not the supply, so that a microphone does not go away when it is muted. Whoever sets it never waits:
//! a thread of its own does, says whether that worked, and does so again every second.

mod gpio;
mod simulated;

use std::io;
use std::time::Duration;

pub(crate) use simulated::{SimulatedRelay, Wire};

use crate::board;
use crate::mailbox::{Inbox, Mailbox};

/// How often the relay is set again to what it is: it may have failed, or moved by itself, meanwhile.
const AGAIN: Duration = Duration::from_secs(1);

/// A contact in the microphones' line.
pub(crate) trait Contact {
    /// Closes it (the microphones are heard), or opens it (they are cut).
    ///
    /// # Errors
    /// When it is gone, or is not where it was put.
    fn set(&mut self, closed: bool) -> io::Result<()>;
}

/// A relay that is kept as it was last set, cut at first, until this is dropped; then it cuts.
pub(crate) struct Kept(Mailbox<bool>);

impl Kept {
    /// The relay at a GPIO line. `told` hears whether it works each time it is set, once a second or sooner.
    ///
    /// # Errors
    /// When there is no thread to keep it.
    pub fn wired(line: board::RelayLine, told: impl Fn(bool) + Send + 'static) -> io::Result<Kept> {
        Kept::new(move || gpio::Line::open(&line), told)
    }

    /// # Errors
    /// When there is no thread to keep it.
    pub fn new<C: Contact>(
        open: impl FnMut() -> io::Result<C> + Send + 'static,
        told: impl Fn(bool) + Send + 'static,
    ) -> io::Result<Kept> {
        let mailbox = Mailbox::spawn("relay", move |inbox| keep(&inbox, open, told))?;
        mailbox.put(false);
        Ok(Kept(mailbox))
    }

    pub fn set(&self, closed: bool) {
        self.0.put(closed);
    }
}

fn keep<C: Contact>(inbox: &Inbox<bool>, mut open: impl FnMut() -> io::Result<C>, told: impl Fn(bool)) {
    let (mut contact, mut closed, mut worked): (Option<C>, bool, Option<bool>) = (None, false, None);
    while let Ok(letter) = inbox.wait(Some(AGAIN)) {
        closed = letter.unwrap_or(closed);
        let set = |mut contact: C| contact.set(closed).map(|()| contact);
        let outcome = contact.take().map_or_else(&mut open, Ok).and_then(set);
        let works = outcome.is_ok();
        if let Err(error) = &outcome
            && worked != Some(false)
        {
            tracing::warn!(%error, "the microphones' relay does not work");
        }
        worked = Some(works);
        told(works);
        contact = outcome.ok();
    }
    if let Some(mut contact) = contact {
        let _ = contact.set(false);
    }
}

#[cfg(test)]
mod tests;
