//! Screens: a picture and what of it changed, brought onto glass by two buffers that take turns.
//!
//! Whoever shows a picture never waits: a thread paints what is newest into the buffer that is not seen, as often as
//! the screen takes a new one. [`frame`] says which pixels that are and [`swap`] which of them a buffer lacks; both know
//! no device. [`painter`] goes on by itself when a screen is pulled out and comes back, or another one comes.

mod frame;
mod kms;
mod modes;
mod painter;
mod simulated;
mod swap;
#[cfg(test)]
mod tests;

use std::os::fd::AsRawFd;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

pub use frame::Rect;
pub(crate) use simulated::SimulatedScreen;

use crate::mailbox::{Inbox, Mailbox};
use crate::rotation::Rotation;
use crate::{DeviceError, PictureSink, hotplug};
use frame::{Damage, Picture, Pixels};
use painter::{Painter, Scanout};

/// What a screen is to show: written by whoever draws, read by the thread that paints.
#[derive(Default)]
pub(crate) struct Canvas(Mutex<Drawn>);

#[derive(Default)]
struct Drawn {
    picture: Option<Arc<Picture>>,
    damage: Damage,
    /// Nobody looks: the screen gets no signal.
    asleep: bool,
}

impl Canvas {
    fn change(&self, change: impl FnOnce(&mut Drawn)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn is_asleep(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).asleep
    }

    /// What is newest, and what changed since this was last asked.
    fn take(&self) -> (Option<Arc<Picture>>, Damage) {
        let mut drawn = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (drawn.picture.clone(), std::mem::take(&mut drawn.damage))
    }
}

/// Where pictures of one screen are handed in.
#[derive(Clone)]
pub(crate) struct Screen {
    canvas: Arc<Canvas>,
    bell: Arc<Mailbox<Ring>>,
}

impl Screen {
    /// Shows a picture of `size`, RGBA without padding, of which only `damage` differs from the one before.
    pub fn show(&self, rgba: Arc<Vec<u8>>, size: (u32, u32), damage: &[Rect]) {
        let Some(picture) = Picture::new(Pixels::Rgba(rgba), size) else {
            return tracing::error!("a picture that is not as long as its size says is not shown");
        };
        self.canvas.change(|drawn| {
            let is_as_large = drawn.picture.as_ref().is_some_and(|before| before.size() == size);
            drawn.picture = Some(Arc::new(picture));
            if is_as_large {
                damage.iter().for_each(|rect| drawn.damage.add(*rect));
            } else {
                drawn.damage = Damage::all(size);
            }
        });
        self.ring(Ring::Draw);
    }

    /// Lets the screen sleep, or wakes it with what was drawn last. Never waits.
    pub fn sleep(&self, asleep: bool) {
        self.canvas.change(|drawn| drawn.asleep = asleep);
        self.look_again();
    }

    /// Something was plugged in or pulled out.
    fn look_again(&self) {
        self.ring(Ring::Look);
    }

    fn ring(&self, ring: Ring) {
        self.bell.change(|waiting| *waiting = Some(waiting.map_or(ring, |before| before.max(ring))));
    }
}

/// Why the thread that paints is woken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Ring {
    Draw,
    Look,
}

/// A screen that a meeting is shown on.
pub(crate) struct Sink {
    screen: Screen,
    size: (u32, u32),
}

impl PictureSink for Sink {
    fn size(&self) -> (u32, u32) {
        self.size
    }

    fn show(&self, planes: [&[u8]; 3], rows: std::ops::Range<u32>) -> Result<(), DeviceError> {
        let refused = || DeviceError::Failed("the picture is not of the display's size".to_owned());
        let (width, height) = self.size;
        let damage =
            Rect { x: 0, y: rows.start.min(height), width, height: rows.end.min(height).saturating_sub(rows.start) };
        let mut is_taken = true;
        self.screen.canvas.change(|drawn| {
            match drawn.picture.as_mut().filter(|before| before.size() == self.size) {
                // Copied only while the thread still looks at the one before.
                Some(before) => is_taken = Arc::make_mut(before).replace_rows(planes, rows),
                None => match Picture::new(Pixels::I420(planes.concat()), self.size) {
                    Some(picture) => (drawn.picture, drawn.damage) = (Some(Arc::new(picture)), Damage::all(self.size)),
                    None => is_taken = false,
                },
            }
            if is_taken {
                drawn.damage.add(damage);
            }
        });
        self.screen.ring(Ring::Draw);
        if is_taken { Ok(()) } else { Err(refused()) }
    }
}

/// A screen of the board, at an output of the graphics card.
pub(crate) struct Wanted {
    pub output: String,
    /// The picture's size that is wished for.
    pub size: (u32, u32),
    pub rotation: Rotation,
    /// Told whenever a screen is lit.
    pub lit: Box<dyn Fn(Lit) + Send>,
}

/// What is known of a screen that is lit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Lit {
    /// What its picture is to have, in pixels.
    pub size: (u32, u32),
    pub pixels_per_mm: Option<f32>,
}

/// The screens at outputs of the graphics card, in the order in which they are wanted.
///
/// # Errors
/// When there is no thread to paint them.
pub(crate) fn at_outputs(card: Option<std::path::PathBuf>, wanted: Vec<Wanted>) -> std::io::Result<Vec<Screen>> {
    let canvases: Vec<Arc<Canvas>> = wanted.iter().map(|_| Arc::default()).collect();
    let inside = canvases.clone();
    let bell = Mailbox::spawn("screens", move |inbox| {
        let Some(card) = kms::wait_for_card(card.as_deref(), &inbox) else { return };
        let painters = wanted.into_iter().zip(inside);
        let painters = painters.map(|(wanted, canvas)| {
            let output = kms::Output::new(card.clone(), wanted.output, wanted.rotation.turn(wanted.size));
            Painter::new(output, canvas, wanted.rotation, wanted.lit)
        });
        paint(&inbox, painters.collect(), Some(&*card), || card.listen());
    })?;
    let bell = Arc::new(bell);
    Ok(canvases.into_iter().map(|canvas| Screen { canvas, bell: bell.clone() }).collect())
}

/// The display's screen as something a meeting is shown on.
pub(crate) fn sink(screen: Screen, size: (u32, u32)) -> Sink {
    Sink { screen, size }
}

/// Paints until it is time to end. `listen` hears what `card` has to say.
fn paint<S: Scanout>(
    inbox: &Inbox<Ring>,
    mut painters: Vec<Painter<S>>,
    card: Option<&kms::Card>,
    mut listen: impl FnMut() -> std::io::Result<()>,
) {
    let comings = card.and_then(|_| {
        hotplug::listen(&["drm"])
            .inspect_err(|error| tracing::warn!(%error, "screens that come and go will be noticed late"))
            .ok()
    });
    loop {
        let now = Instant::now();
        let next = painters.iter_mut().map(|painter| painter.step(now)).min();
        let time = next.map(|next| next.saturating_duration_since(now));
        let files = [Some(inbox.as_raw_fd()), card.map(AsRawFd::as_raw_fd), comings.as_ref().map(AsRawFd::as_raw_fd)];
        let present: Vec<_> = files.iter().flatten().copied().collect();
        let Ok(ready) = inbox.stop.wait_for_any(&present, time) else { break };
        let mut ready = ready.into_iter();
        let [bell, card_spoke, plugged] = files.map(|file| file.is_some() && ready.next().unwrap_or(false));
        if bell && inbox.take() == Some(Ring::Look) {
            painters.iter_mut().for_each(Painter::look_again);
        }
        if card_spoke && let Err(error) = listen() {
            tracing::warn!(%error, "the graphics card does not answer");
        }
        if plugged && let Some(socket) = &comings {
            socket.iter().for_each(drop);
            painters.iter_mut().for_each(Painter::look_again);
        }
    }
}
