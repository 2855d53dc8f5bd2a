//! Restarting the room: asked once more before it is done.

use room::event::Wish;
use room::power::{PowerAct, Restart};

use super::aside::{Aside, head};
use crate::calendar;
use crate::geometry::Area;
use crate::icon::Icon;
use crate::page::{Button, Look, Page};
use crate::scene::Act;
use crate::style::{TEXT, WARNING};
use crate::text::Text;

/// Leads here.
pub(super) fn opener(page: &Page) -> Button {
    Button {
        name: "restart".into(),
        act: Act::OpenAside(Aside::Restart),
        area: Area::new(0.0, 0.0, 232.0, 0.0),
        look: Look::Plain,
        icon: Some(Icon::Retry),
        label: page.say("restart"),
        size: 24.0,
        stacked: false,
    }
}

pub(super) fn lay_out(page: &mut Page, restart: Restart) {
    let title = page.say("restart-title");
    let rest = head(page, title, None);
    let (words, color) = match restart.meeting {
        None => (page.say("restart-words"), TEXT),
        Some(at) => (page.say_with("restart-meeting", &[("time", calendar::time(page.language, at).into())]), WARNING),
    };
    let place = rest.below(24.0).top(rest.height - 24.0 - 136.0);
    page.text(Text::new(words, 30.0).color(color).lines(6).at_top(), place.left(place.width.min(900.0)));
    page.button(Button {
        name: "restart-now".into(),
        // Whoever has read that a meeting is near means it.
        act: Act::Wish(Wish::Power { act: PowerAct::Restart, insist: restart.meeting.is_some() }),
        area: rest.below(rest.height - 96.0).left(440.0),
        look: Look::Danger,
        icon: Some(Icon::Retry),
        label: page.say("restart-now"),
        size: 28.0,
        stacked: false,
    });
}
