//! What people see of the room, and what their touches mean.
//!
//! [`Panel`] is the touch panel on the table, [`Display`] the large screen outside calls; both turn a
//! [`room::View`] into pixels and redraw only what changed. [`label`], [`placeholder`] and [`banner`]
//! are small pictures laid over remote people during a call. Nothing here reads files or clocks: fonts
//! are handed in as bytes, the time is part of the view.
//!
//! ```no_run
//! # fn example(files: Vec<Vec<u8>>, view: &room::View) -> Result<(), ui::FontError> {
//! let fonts = ui::Fonts::new(files)?;
//! let mut panel = ui::Panel::new((1280, 800), fonts);
//! if !panel.draw(view).is_empty() {
//!     let _rgba: &[u8] = panel.pixels();
//! }
//! # Ok(())
//! # }
//! ```
#![forbid(unsafe_code)]

mod calendar;
mod canvas;
mod display;
mod fonts;
mod frame;
mod geometry;
mod icon;
mod page;
mod panel;
mod phrases;
mod picture;
mod scene;
mod sentence;
mod style;
mod surface;
#[cfg(test)]
mod tests;
mod text;

pub use display::Display;
pub use fonts::{FontError, Fonts};
pub use geometry::Rect;
pub use panel::{Panel, Speech, TouchEvent, TouchKind};
pub use phrases::spoken;
pub use picture::{
    Label, Picture, banner, captions, frame, label, more, placeholder, sentence_reconnecting, sentence_sharing, still,
};
pub use sentence::{
    audio_finding_sentences, booking_title, calendar as calendar_sentence, failure as failure_sentences,
    notice_sentence, obstacle as obstacle_sentence, refusal as refusal_sentence, title as title_sentence,
};
pub use surface::Damage;
