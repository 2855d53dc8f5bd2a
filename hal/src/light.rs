//! The status light on the table or beside the door.
//!
//! Whoever sets it never waits: lines behind a slow bus are set by a thread of their own, which tries again when they
//! fail.

mod gpio;
mod simulated;

use std::io;
use std::time::Duration;

pub(crate) use simulated::SimulatedLight;

use crate::board;
use crate::mailbox::{Inbox, Mailbox};

/// How often the light is set again to what it is: it may have failed, or been pulled out and put back meanwhile.
const AGAIN: Duration = Duration::from_secs(1);
/// How long a light that blinks is lit, and then not. Once a second harms nobody (WCAG 2.2, 2.3.1: three flashes may).
const BLINK: Duration = Duration::from_millis(500);

/// What the light says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Light {
    /// No meeting.
    Idle,
    /// On the way into one.
    Waiting,
    /// Others hear the room.
    Live,
    /// Nobody hears the room.
    Muted,
    /// Somebody has to do something.
    Trouble,
    /// As [`Light::Live`], in a meeting that nobody may listen to from outside: it blinks.
    ClassifiedLive,
    /// As [`Light::Muted`], in such a meeting: it blinks.
    ClassifiedMuted,
}

impl Light {
    /// A light that blinks says its word and [`Light::Idle`] in turn.
    fn blinks(self) -> bool {
        matches!(self, Light::ClassifiedLive | Light::ClassifiedMuted)
    }
}

/// Something that can be lit.
pub(crate) trait Lamp {
    /// # Errors
    /// When it is gone or broken.
    fn show(&mut self, light: Light) -> io::Result<()>;
}

/// A light that is kept as it was last set, until this is dropped; then it goes out.
pub(crate) struct Kept(Mailbox<Light>);

impl Kept {
    /// The light of a board's GPIO lines.
    ///
    /// # Errors
    /// When there is no thread to keep it.
    pub fn wired(lines: board::LightLines) -> io::Result<Kept> {
        Kept::new(move || gpio::Lines::open(&lines))
    }

    /// # Errors
    /// When there is no thread to keep it.
    pub fn new<L: Lamp>(open: impl FnMut() -> io::Result<L> + Send + 'static) -> io::Result<Kept> {
        Mailbox::spawn("light", move |inbox| keep(&inbox, open)).map(Kept)
    }

    pub fn set(&self, light: Light) {
        self.0.put(light);
    }
}

fn keep<L: Lamp>(inbox: &Inbox<Light>, mut open: impl FnMut() -> io::Result<L>) {
    let (mut lamp, mut wanted, mut was_missed): (Option<L>, Light, bool) = (None, Light::Idle, false);
    let mut is_lit = false;
    while let Ok(letter) = inbox.wait(Some(if wanted.blinks() { BLINK } else { AGAIN })) {
        is_lit = letter.is_some() || !is_lit || !wanted.blinks();
        wanted = letter.unwrap_or(wanted);
        let now = if is_lit { wanted } else { Light::Idle };
        match lamp.take().map_or_else(&mut open, Ok).and_then(|mut lamp| lamp.show(now).map(|()| lamp)) {
            Ok(shown) => (lamp, was_missed) = (Some(shown), false),
            Err(error) if !was_missed => {
                was_missed = true;
                tracing::warn!(%error, "the status light does not work");
            }
            Err(_) => {}
        }
    }
    // Better dark than a word that is no longer true.
    if let Some(mut lamp) = lamp {
        let _ = lamp.show(Light::Idle);
    }
}

#[cfg(test)]
mod tests;
