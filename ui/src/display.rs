//! The room display outside calls: seen from the door, read in a glance.

mod idle;

use std::time::Duration;

use phrase::FluentValue;
use room::View;
use room::view::{Appearance, EndReason, JoinStep, Screen};

use crate::calendar;
use crate::fonts::Fonts;
use crate::geometry::Area;
use crate::icon::Icon;
use crate::page::Page;
use crate::scene::{Scene, Shape};
use crate::sentence;
use crate::style::{ACCENT, Color, SURFACE, WARNING};
use crate::surface::{Damage, Surface};
use crate::text::{Text, Weight};

/// Layouts are designed for a display of this size, or one that stands upright, and scaled to others.
const DESIGNED: (f32, f32) = (1920.0, 1080.0);
const UPRIGHT: (f32, f32) = (1080.0, 1920.0);

/// Draws the room's view on the large screen; there is nothing to touch.
pub struct Display {
    surface: Surface,
    scene: Scene,
}

impl Display {
    /// A display of this size in pixels, designed at 1920 by 1080, or 1080 by 1920 where it stands upright.
    pub fn new(size: (u32, u32), fonts: Fonts) -> Display {
        let designed = if size.1 > size.0 { UPRIGHT } else { DESIGNED };
        Display { surface: Surface::new(size, designed, fonts), scene: Scene::default() }
    }

    /// Shows this view, redrawing only what looks different from before.
    pub fn draw(&mut self, view: &View) -> Damage {
        self.lay(view);
        self.surface.show(self.scene.clone())
    }

    /// Lays this view out without drawing it.
    pub(crate) fn lay(&mut self, view: &View) {
        // Seen from afar it is large anyway: only its contrast changes.
        self.surface.set_dimmed(view.dimmed);
        self.surface.set_framed(view.classified.is_some());
        self.surface.set_appearance(Appearance { large_text: false, ..view.appearance });
        let mut page = Page::new(view, &self.surface, None);
        match &view.screen {
            Screen::Home if view.dimmed => idle::standby(&mut page, view),
            Screen::Home => idle::home(&mut page, view),
            Screen::Acceptance(acceptance) => {
                let (title, sentence) = (page.say("acceptance-title"), page.say("acceptance-display"));
                message(&mut page, (Icon::Info, ACCENT), &acceptance.what, &title, sentence);
            }
            Screen::Joining { what, step } => joining(&mut page, what, *step),
            Screen::Lobby { what, waited } => lobby(&mut page, what, *waited),
            Screen::InCall(call) => {
                let (title, sentence) = (page.say("display-in-call"), page.say("alone"));
                let sentence = if call.participants.is_empty() { sentence } else { String::new() };
                message(&mut page, (Icon::People, ACCENT), &title, &call.title, sentence);
            }
            Screen::AudioCheck(_) => {
                let (title, sentence) = (page.say("audio-title"), page.say("audio-display"));
                message(&mut page, (Icon::Volume, ACCENT), &title, &view.room_name, sentence);
            }
            Screen::Failed { what, reason, can_retry } => failed(&mut page, what, reason, *can_retry),
        }
        if view.screen != Screen::Home {
            footer(&mut page, view);
        }
        self.scene = page.finish();
    }

    /// The pixels as last drawn: RGBA, row by row, all opaque.
    pub fn pixels(&self) -> &[u8] {
        self.surface.pixels()
    }

    /// Width and height in pixels.
    pub fn size(&self) -> (u32, u32) {
        self.surface.size()
    }

    /// Layout units, and what colours look like.
    #[cfg(test)]
    pub(crate) fn surface(&self) -> &Surface {
        &self.surface
    }

    #[cfg(test)]
    pub(crate) fn scene(&self) -> &Scene {
        &self.scene
    }
}

/// Whether the display stands upright.
fn is_upright(page: &Page) -> bool {
    page.area.height > page.area.width
}

/// What stays free at the left and right.
fn margin(page: &Page) -> f32 {
    if is_upright(page) { 72.0 } else { 112.0 }
}

fn joining(page: &mut Page, what: &str, step: JoinStep) {
    let (title, sentence) = (page.say("joining"), sentence::step(page.language, step));
    message(page, (Icon::Door, ACCENT), &title, what, sentence);
}

fn lobby(page: &mut Page, what: &str, waited: Duration) {
    let minutes = FluentValue::from(waited.as_secs() / 60);
    let waited = page.say_with("lobby-waited", &[("minutes", minutes)]);
    let (title, sentence) = (page.say("lobby-title"), page.say("lobby-sentence"));
    message(page, (Icon::Door, WARNING), what, &title, format!("{sentence} {waited}"));
}

fn failed(page: &mut Page, what: &str, reason: &EndReason, can_retry: bool) {
    let (title, advice) = sentence::failure(page.language, reason);
    let mark = if sentence::is_ordinary(reason) { (Icon::Info, ACCENT) } else { (Icon::Warning, WARNING) };
    let hint = if can_retry { page.say("display-retry-hint") } else { String::new() };
    message(page, mark, what, &title, format!("{advice} {hint}"));
}

/// A small line, a big one, and a sentence below, in the middle of the screen.
fn message(page: &mut Page, (icon, color): (Icon, Color), small: &str, big: &str, sentence: String) {
    let middle = page.area.inset(margin(page) + 40.0, 0.0);
    let (big_size, big_lines, sentence_lines) = if is_upright(page) { (72.0, 3, 7) } else { (84.0, 2, 3) };
    let top = (page.area.height - 1080.0).max(0.0) * 0.4 + 168.0;
    let emblem = Area { y: top, ..page.area.square(168.0) };
    let shapes = vec![
        Shape::Fill { area: emblem, radius: 84.0, color: SURFACE.mixed(color, 18) },
        Shape::Icon { icon, area: emblem.square(80.0), color, slash: None },
    ];
    page.card(emblem, shapes);
    let small = Text::foreign(small, 40.0).weight(Weight::SemiBold).quiet().centred();
    page.text(small, Area { y: top + 216.0, height: 60.0, ..middle });
    let big_height = f32::from(big_lines) * big_size * 1.3 + 6.0;
    let big = Text::foreign(big, big_size).weight(Weight::Bold).centred().lines(big_lines);
    page.text(big, Area { y: top + 280.0, height: big_height, ..middle });
    let sentence = Text::new(sentence, 44.0).quiet().centred().lines(sentence_lines).at_top();
    let height = f32::from(sentence_lines) * 60.0;
    page.text(sentence, Area { y: top + 308.0 + big_height, height, ..middle });
}

fn footer(page: &mut Page, view: &View) {
    let area = Area { y: page.area.height - 104.0, height: 56.0, ..page.area.inset(margin(page), 0.0) };
    page.text(Text::foreign(&view.room_name, 34.0).quiet(), area.left(area.width - 240.0));
    let clock = Text::new(calendar::clock(view.local_time), 34.0).quiet().tabular().right();
    page.text(clock, area.after(area.width - 200.0));
}
