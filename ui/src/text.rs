//! A piece of text to show, before it is shaped.

use crate::style::{Color, QUIET, TEXT};

/// More than any place on a screen holds.
const FOREIGN_LETTERS_MAX: usize = 400;

/// The weights of the fonts handed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Weight {
    Regular = 400,
    Medium = 500,
    SemiBold = 600,
    Bold = 700,
}

/// How text sits in its area.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Centre,
    Right,
}

/// What to leave out when text is too long. Our own sentences must fit: a test sees to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Elide {
    Never,
    Start,
    End,
}

/// Text with everything that decides how it looks.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Text {
    pub content: String,
    /// Height of the letters' em, in layout units.
    pub size: f32,
    pub weight: Weight,
    pub color: Color,
    pub align: Align,
    /// From the top of the area rather than from its middle.
    pub at_top: bool,
    /// Most lines to show.
    pub lines: u8,
    pub elide: Elide,
    /// Digits of equal width, so that a running clock stands still.
    pub tabular: bool,
}

impl Text {
    /// One line of regular text, left, in the middle of its area's height.
    pub fn new(content: impl Into<String>, size: f32) -> Text {
        Text {
            content: content.into(),
            size,
            weight: Weight::Regular,
            color: TEXT,
            align: Align::Left,
            at_top: false,
            lines: 1,
            elide: Elide::Never,
            tabular: false,
        }
    }

    /// Text that other people wrote: one paragraph of bounded length, shortened where it does not fit.
    pub fn foreign(content: &str, size: f32) -> Text {
        Text { elide: Elide::End, ..Text::new(room::text::tidy(content, FOREIGN_LETTERS_MAX), size) }
    }

    pub fn weight(self, weight: Weight) -> Text {
        Text { weight, ..self }
    }

    pub fn color(self, color: Color) -> Text {
        Text { color, ..self }
    }

    pub fn quiet(self) -> Text {
        self.color(QUIET)
    }

    pub fn centred(self) -> Text {
        Text { align: Align::Centre, ..self }
    }

    pub fn right(self) -> Text {
        Text { align: Align::Right, ..self }
    }

    pub fn at_top(self) -> Text {
        Text { at_top: true, ..self }
    }

    pub fn lines(self, lines: u8) -> Text {
        Text { lines, ..self }
    }

    pub fn elided(self, elide: Elide) -> Text {
        Text { elide, ..self }
    }

    /// Whether its lines should be about equally long.
    pub fn is_balanced(&self) -> bool {
        self.align == Align::Centre && self.lines > 1
    }

    pub fn tabular(self) -> Text {
        Text { tabular: true, ..self }
    }
}
