//! What people who see or hear less choose at the panel, for as long as they are in the room.

use std::time::{Duration, Instant};

use crate::view::Appearance;

/// How long the room is left alone before it is as usual again: what one person needs is in the way of the next.
const KEPT: Duration = Duration::from_secs(600);

/// What the room does for people who see or hear less, beside how it looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Accessibility {
    /// The panel says what is under the finger, and acts at the second touch.
    pub screen_reader: bool,
    /// Whether there is a voice to say it with.
    pub has_voice: bool,
    pub captions: CaptionStyle,
}

/// What captions look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct CaptionStyle {
    pub size: CaptionSize,
    pub color: CaptionColor,
}

/// How large the letters of captions are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum CaptionSize {
    #[default]
    Usual,
    /// A third larger.
    Large,
    /// Two thirds larger.
    Largest,
}

/// The colours of captions. What is behind them is always opaque.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum CaptionColor {
    #[default]
    WhiteOnBlack,
    YellowOnBlack,
    BlackOnWhite,
}

/// What can be chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Chosen {
    pub appearance: Appearance,
    pub screen_reader: bool,
    pub captions: CaptionStyle,
}

/// What is chosen now, and what the room is like for whoever has chosen nothing.
#[derive(Debug)]
pub(crate) struct Preferences {
    usual: Chosen,
    pub chosen: Chosen,
    pub has_voice: bool,
    /// Since when nobody has asked for anything, at home.
    alone_since: Option<Instant>,
}

impl Preferences {
    pub fn new(appearance: Appearance, screen_reader: bool) -> Preferences {
        let usual = Chosen { appearance, screen_reader, captions: CaptionStyle::default() };
        Preferences { usual, chosen: usual, has_voice: false, alone_since: None }
    }

    /// From now on the room looks so for whoever has chosen nothing, and at once.
    pub fn looks_usually(&mut self, appearance: Appearance) {
        (self.usual.appearance, self.chosen.appearance) = (appearance, appearance);
    }

    pub fn view(&self) -> Accessibility {
        let Chosen { screen_reader, captions, .. } = self.chosen;
        Accessibility { screen_reader: screen_reader && self.has_voice, has_voice: self.has_voice, captions }
    }

    /// Somebody is there: they asked for something, or are in a meeting.
    pub fn somebody_is_there(&mut self) {
        self.alone_since = None;
    }

    /// When the room is to be as usual again.
    pub fn deadline(&self) -> Option<Instant> {
        self.alone_since.filter(|_| self.chosen != self.usual).map(|since| since + KEPT)
    }

    /// Nobody is known to be there now.
    pub fn alone(&mut self, now: Instant) {
        self.alone_since.get_or_insert(now);
        if self.deadline().is_some_and(|until| until <= now) {
            self.chosen = self.usual;
        }
    }
}
