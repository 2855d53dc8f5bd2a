//! The room display outside calls: seen from the door, read in a glance.

use std::time::Duration;

use fluent_bundle::FluentValue;
use room::View;
use room::view::{Appearance, Calendar, EndReason, JoinStep, Screen};

use crate::calendar;
use crate::fonts::Fonts;
use crate::geometry::Area;
use crate::icon::Icon;
use crate::page::{Page, framed};
use crate::panel::when;
use crate::scene::{Scene, Shape};
use crate::sentence;
use crate::style::{ACCENT, Color, SURFACE, WARNING};
use crate::surface::{Damage, Surface};
use crate::text::{Text, Weight};

/// Layouts are designed for a display of this size, and scaled to others.
const DESIGNED: (f32, f32) = (1920.0, 1080.0);
const MARGIN: f32 = 112.0;

/// Draws the room's view on the large screen; there is nothing to touch.
pub struct Display {
    surface: Surface,
    scene: Scene,
}

impl Display {
    /// A display of this size in pixels, designed at 1920 by 1080.
    pub fn new(size: (u32, u32), fonts: Fonts) -> Display {
        Display { surface: Surface::new(size, DESIGNED, fonts), scene: Scene::default() }
    }

    /// Shows this view, redrawing only what looks different from before.
    pub fn draw(&mut self, view: &View) -> Damage {
        // Seen from afar it is large anyway: only its contrast changes.
        self.surface.set_appearance(Appearance { large_text: false, ..view.appearance });
        let mut page = Page::new(view, &self.surface, None);
        match &view.screen {
            Screen::Home => home(&mut page, view),
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
        self.surface.show(self.scene.clone())
    }

    /// The pixels as last drawn: RGBA, row by row, all opaque.
    pub fn pixels(&self) -> &[u8] {
        self.surface.pixels()
    }

    /// Width and height in pixels.
    pub fn size(&self) -> (u32, u32) {
        self.surface.size()
    }

    #[cfg(test)]
    pub(crate) fn scene(&self) -> &Scene {
        &self.scene
    }
}

fn home(page: &mut Page, view: &View) {
    let whole = page.area.inset(MARGIN, 0.0);
    let name = Text::foreign(&view.room_name, 88.0).weight(Weight::Bold);
    page.text(name, Area { y: 96.0, height: 124.0, ..whole });
    let clock = Text::new(calendar::clock(view.local_time), 260.0).weight(Weight::SemiBold).tabular();
    page.text(clock, Area { y: 264.0, height: 336.0, ..whole });
    let date = Text::new(calendar::date(page.language, view.local_time), 52.0).quiet();
    page.text(date, Area { y: 576.0, height: 76.0, ..whole });

    let card = Area { y: 740.0, height: 232.0, ..whole };
    let inside = card.inset(56.0, 0.0);
    let mut shapes = framed(card, SURFACE);
    let mut line = |text: Text, y: f32, height: f32| {
        shapes.push(Shape::Text { text, area: Area { y: card.y + y, height, ..inside } });
    };
    if let Some(meeting) = view.agenda.first() {
        let when = when(page.language, view, meeting);
        line(Text::new(page.say("display-next"), 32.0).weight(Weight::SemiBold).quiet(), 26.0, 44.0);
        line(Text::foreign(&sentence::title(page.language, &meeting.title), 56.0).weight(Weight::SemiBold), 72.0, 76.0);
        line(Text::new(when.clone(), 38.0).color(ACCENT).tabular(), 152.0, 52.0);
        // What there is to say beside the time, in one line: how to join it, or why not.
        let hint = match meeting.obstacle {
            Some(reason) => Some(Text::new(sentence::obstacle(page.language, reason), 38.0).color(WARNING)),
            None => meeting.joinable.then(|| Text::new(page.say("display-hint"), 38.0)),
        };
        if let Some(hint) = hint {
            line(hint.right(), 152.0, 52.0);
        }
    } else {
        let sentence = match view.calendar {
            Calendar::Unread => page.say("calendar-unread"),
            Calendar::Current | Calendar::Old { .. } => page.say("no-meetings"),
        };
        line(Text::new(sentence, 56.0).weight(Weight::SemiBold), 48.0, 76.0);
        line(Text::new(page.say("display-hint-code"), 38.0).quiet(), 132.0, 52.0);
    }
    page.card(card, shapes);
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
    let middle = page.area.inset(MARGIN + 40.0, 0.0);
    let emblem = Area { y: 168.0, ..page.area.square(168.0) };
    let shapes = vec![
        Shape::Fill { area: emblem, radius: 84.0, color: SURFACE.mixed(color, 18) },
        Shape::Icon { icon, area: emblem.square(80.0), color, slash: None },
    ];
    page.card(emblem, shapes);
    let small = Text::foreign(small, 40.0).weight(Weight::SemiBold).quiet().centred();
    page.text(small, Area { y: 384.0, height: 60.0, ..middle });
    let big = Text::foreign(big, 84.0).weight(Weight::Bold).centred().lines(2);
    page.text(big, Area { y: 448.0, height: 224.0, ..middle });
    let sentence = Text::new(sentence, 44.0).quiet().centred().lines(3).at_top();
    page.text(sentence, Area { y: 700.0, height: 180.0, ..middle });
}

fn footer(page: &mut Page, view: &View) {
    let area = Area { y: 976.0, height: 56.0, ..page.area.inset(MARGIN, 0.0) };
    page.text(Text::foreign(&view.room_name, 34.0).quiet(), area.left(1200.0));
    let clock = Text::new(calendar::clock(view.local_time), 34.0).quiet().tabular().right();
    page.text(clock, area.after(area.width - 200.0));
}
