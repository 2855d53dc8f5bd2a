//! On the way in: joining, and waiting in the lobby.

use std::time::Duration;

use fluent_bundle::FluentValue;
use room::event::Wish;
use room::view::JoinStep;

use crate::geometry::Area;
use crate::icon::Icon;
use crate::page::{Button, Look, Page};
use crate::scene::{Act, Shape};
use crate::sentence;
use crate::style::{ACCENT, RAISED, SURFACE, WARNING};
use crate::text::{Text, Weight};

pub(super) fn lay_out(page: &mut Page, what: &str, step: JoinStep) {
    emblem(page, Icon::Door, ACCENT);
    let title = Text::new(page.say("joining"), 26.0).weight(Weight::SemiBold).quiet();
    say(page, title.centred(), 272.0, 40.0);
    let what = Text::foreign(what, 46.0).weight(Weight::Bold).centred().lines(2);
    say(page, what, 316.0, 124.0);
    progress(page, step);
    say(page, Text::new(sentence::step(page.language, step), 28.0).quiet().centred(), 492.0, 44.0);
    cancel(page, Wish::Leave);
}

pub(super) fn lay_out_lobby(page: &mut Page, what: &str, waited: Duration) {
    emblem(page, Icon::Door, WARNING);
    let what = Text::foreign(what, 26.0).weight(Weight::SemiBold).quiet().centred();
    say(page, what, 272.0, 40.0);
    let title = Text::new(page.say("lobby-title"), 46.0).weight(Weight::Bold).centred();
    say(page, title, 316.0, 68.0);
    say(page, Text::new(page.say("lobby-sentence"), 30.0).centred(), 396.0, 48.0);
    let minutes = FluentValue::from(waited.as_secs() / 60);
    let waited = page.say_with("lobby-waited", &[("minutes", minutes)]);
    say(page, Text::new(waited, 26.0).quiet().centred(), 452.0, 44.0);
    cancel(page, Wish::Leave);
}

fn say(page: &mut Page, text: Text, y: f32, height: f32) {
    let area = page.area.inset(80.0, 0.0);
    page.text(text, Area { y: y - page.rise(), height, ..area });
}

/// One bar for each step; those done and under way are lit.
fn progress(page: &mut Page, step: JoinStep) {
    let lit = match step {
        JoinStep::AskingForEntry => 1,
        JoinStep::Signalling => 2,
        JoinStep::Media => 3,
    };
    let area = Area { y: 464.0 - page.rise(), height: 8.0, ..page.area.square(336.0) };
    let bar = |index| Shape::Fill {
        area: area.column(index, 3, 12.0),
        radius: 4.0,
        color: if index < lit { ACCENT } else { RAISED },
    };
    page.card(area, (0..3).map(bar).collect());
}

/// A large icon in a circle, above everything else.
pub(super) fn emblem(page: &mut Page, icon: Icon, color: crate::style::Color) {
    let (y, side) = if page.rise() > 0.0 { (20.0, 84.0) } else { (120.0, 128.0) };
    let area = Area { y, ..page.area.square(side) };
    let shapes = vec![
        Shape::Fill { area, radius: side / 2.0, color: SURFACE.mixed(color, 18) },
        Shape::Icon { icon, area: area.square(side * 0.47), color, slash: None },
    ];
    page.card(area, shapes);
}

/// Ends what goes on, by this wish.
pub(super) fn cancel(page: &mut Page, wish: Wish) {
    page.button(Button {
        name: "cancel".into(),
        act: Act::Wish(wish),
        area: Area { height: 88.0, y: page.area.height - 224.0, ..page.area.square(320.0) },
        look: Look::Plain,
        icon: Some(Icon::Cross),
        label: page.say("cancel"),
        size: 28.0,
        stacked: false,
    });
}
