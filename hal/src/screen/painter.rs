//! Brings what is drawn onto one screen, and goes on by itself whatever becomes of it.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::frame::{Damage, Glass, Picture, paint};
use super::swap::Swap;
use super::{Canvas, Lit};
use crate::rotation::Rotation;

/// How long a screen may take to show a buffer. The slowest shows 24 in a second; a machine that is busy otherwise has taken
/// more than one second.
const FLIP_PATIENCE: Duration = Duration::from_secs(5);
/// How long after a failure a screen is tried again.
const RETRY: Duration = Duration::from_secs(1);
/// How often it is looked whether a screen came or went, beside when the kernel says so.
const LOOK: Duration = Duration::from_secs(5);

/// A screen as its driver has it: two buffers, one of which is seen.
pub(super) trait Scanout {
    /// The screen that is there now; none if there is none.
    ///
    /// # Errors
    /// When nobody knows.
    fn look(&mut self) -> io::Result<Option<Plugged>>;

    /// What was seen last may no longer be so.
    fn look_again(&mut self) {}

    /// Makes two black buffers for the screen [`Scanout::look`] saw last, and shows the first.
    ///
    /// # Errors
    /// When the screen does not take them.
    fn light(&mut self) -> io::Result<()>;

    /// Lets go of them.
    fn go_dark(&mut self);

    /// A buffer to be painted.
    ///
    /// # Errors
    /// When there is none any more.
    fn buffer(&mut self, number: usize, paint: &mut dyn FnMut(Glass<'_>)) -> io::Result<()>;

    /// Asks for a buffer to be seen from the next picture of the screen on.
    ///
    /// # Errors
    /// When that cannot be.
    fn flip(&mut self, number: usize) -> io::Result<()>;

    /// Whether the buffer asked for last is seen.
    fn flipped(&mut self) -> bool;

    /// How often to ask that, when the driver does not say so by itself.
    fn rhythm(&self) -> Option<Duration> {
        None
    }
}

/// A screen that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Plugged {
    /// Its pixels, as it hangs from the factory.
    pub size: (u32, u32),
    /// How large it is in millimetres, if it says so.
    pub millimetres: Option<(u32, u32)>,
    /// Another number after it was pulled out.
    pub number: u64,
}

/// Fewer or more pixels in a millimetre no panel has, though some say so.
const PIXELS_PER_MM: std::ops::Range<f32> = 2.0..20.0;

impl Plugged {
    fn pixels_per_mm(self) -> Option<f32> {
        let (width, _) = self.millimetres?;
        Some(self.size.0 as f32 / width as f32).filter(|density| PIXELS_PER_MM.contains(density))
    }
}

enum State {
    /// There is no screen, or none that works; tried again then.
    Dark {
        until: Instant,
    },
    Lit {
        screen: Plugged,
        swap: Swap,
        flip: Option<Instant>,
        drawn: (u32, u32),
        stale: [bool; 2],
    },
}

pub(super) struct Painter<S> {
    scanout: S,
    canvas: Arc<Canvas>,
    rotation: Rotation,
    lit: Box<dyn Fn(Lit) + Send>,
    state: State,
    look_at: Instant,
    picture: Option<Arc<Picture>>,
    was_missed: bool,
}

impl<S: Scanout> Painter<S> {
    pub fn new(scanout: S, canvas: Arc<Canvas>, rotation: Rotation, lit: Box<dyn Fn(Lit) + Send>) -> Self {
        let now = Instant::now();
        let state = State::Dark { until: now };
        Painter { scanout, canvas, rotation, lit, state, look_at: now, picture: None, was_missed: false }
    }

    /// A screen may have come or gone.
    pub fn look_again(&mut self) {
        self.scanout.look_again();
        self.look_at = Instant::now();
        if let State::Dark { until } = &mut self.state {
            *until = self.look_at;
        }
    }

    /// Does what is to be done now; when to come back at the latest.
    pub fn step(&mut self, now: Instant) -> Instant {
        let (picture, damage) = self.canvas.take();
        self.picture = picture;
        if self.canvas.is_asleep() {
            if let State::Lit { .. } = self.state {
                tracing::info!("a screen sleeps");
                self.scanout.go_dark();
                self.state = State::Dark { until: now };
            }
            // Whoever wakes it rings.
            return now + LOOK;
        }
        if self.look_at <= now {
            self.look_at = now + LOOK;
            self.look(now);
        }
        if let State::Dark { until } = self.state
            && until <= now
        {
            self.light(now);
        }
        if let Err(error) = self.show(&damage, now) {
            self.fail(&error, now);
        }
        // Held only while it is painted: whoever draws the next one would have to copy it.
        self.picture = None;
        match &self.state {
            State::Dark { until } => *until,
            State::Lit { flip: Some(since), .. } => {
                let asks = self.scanout.rhythm().map(|rhythm| now + rhythm);
                asks.into_iter().chain([*since + FLIP_PATIENCE, self.look_at]).fold(self.look_at, Instant::min)
            }
            State::Lit { flip: None, .. } => self.look_at,
        }
    }

    /// Whether the screen that is lit is still that one.
    fn look(&mut self, now: Instant) {
        let State::Lit { screen, .. } = &self.state else { return };
        let screen = *screen;
        match self.scanout.look() {
            Ok(Some(there)) if there == screen => {}
            Ok(_) => {
                tracing::info!("a screen is gone");
                self.scanout.go_dark();
                self.state = State::Dark { until: now };
            }
            Err(error) => self.fail(&error, now),
        }
    }

    fn light(&mut self, now: Instant) {
        match self.scanout.look() {
            Ok(Some(screen)) => match self.scanout.light() {
                Ok(()) => {
                    tracing::info!(width = screen.size.0, height = screen.size.1, "a screen is lit");
                    self.was_missed = false;
                    let size = self.rotation.turn(screen.size);
                    let drawn = self.picture.as_ref().map_or(size, |picture| picture.size());
                    let (swap, stale) = (Swap::new(drawn), [false; 2]);
                    self.state = State::Lit { screen, swap, flip: None, drawn, stale };
                    (self.lit)(Lit { size, pixels_per_mm: screen.pixels_per_mm() });
                }
                Err(error) => self.fail(&error, now),
            },
            Ok(None) => self.state = State::Dark { until: now + LOOK },
            Err(error) => self.fail(&error, now),
        }
    }

    fn show(&mut self, damage: &Damage, now: Instant) -> io::Result<()> {
        let State::Lit { swap, flip, drawn, stale, .. } = &mut self.state else { return Ok(()) };
        match &self.picture {
            // Around a smaller picture the larger one is still there.
            Some(picture) if picture.size() != *drawn => {
                (*drawn, *stale) = (picture.size(), [true; 2]);
                swap.owe(&Damage::all(*drawn));
            }
            _ => swap.owe(damage),
        }
        if let Some(since) = *flip {
            if self.scanout.flipped() {
                swap.flipped();
                *flip = None;
            } else if now.saturating_duration_since(since) >= FLIP_PATIENCE {
                return Err(io::Error::new(io::ErrorKind::TimedOut, "the screen does not take a picture"));
            } else {
                return Ok(());
            }
        }
        let Some(picture) = &self.picture else { return Ok(()) };
        let Some((back, owed)) = swap.paint() else { return Ok(()) };
        let rotation = self.rotation;
        let is_stale = std::mem::take(&mut stale[back]);
        self.scanout.buffer(back, &mut |mut glass: Glass<'_>| {
            if is_stale {
                glass.bytes.fill(0);
            }
            owed.rects().iter().for_each(|rect| paint(picture, *rect, rotation, &mut glass));
        })?;
        self.scanout.flip(back)?;
        *flip = Some(now);
        Ok(())
    }

    fn fail(&mut self, error: &io::Error, now: Instant) {
        if !std::mem::replace(&mut self.was_missed, true) {
            tracing::warn!(%error, "a screen does not work; it is tried again");
        }
        self.scanout.go_dark();
        self.state = State::Dark { until: now + RETRY };
    }
}
