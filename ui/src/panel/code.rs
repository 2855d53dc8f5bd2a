//! Typing a meeting's code.

use room::view::Notice;

use super::keyboard::{self, Keyboard};
use crate::geometry::Area;
use crate::icon::Icon;
use crate::page::{Button, Look, MARGIN, Page, RADIUS};
use crate::scene::{Act, Shape};
use crate::sentence;
use crate::style::{ACCENT, QUIET, SURFACE, WARNING};
use crate::text::{Elide, Text, Weight};

const GAP: f32 = 12.0;
const KEYBOARD_MAX: f32 = 512.0;

pub(super) fn lay_out(page: &mut Page, typed: &str, keyboard: Keyboard, notice: Option<&Notice>) {
    let (whole, inside) = (page.area, page.area.inset(MARGIN, 0.0));
    let is_low = whole.height < 720.0;
    let (top, button, gap) = if is_low { (12.0, 80.0, 8.0) } else { (28.0, 88.0, 16.0) };
    let head = inside.below(top).top(button);
    title(page, notice, head.left(head.width - 240.0 - GAP));
    page.button(Button {
        name: "cancel".into(),
        act: Act::CloseCode,
        area: head.after(head.width - 240.0),
        look: Look::Plain,
        icon: Some(Icon::Cross),
        label: page.say("cancel"),
        size: 24.0,
        stacked: false,
    });
    let line = inside.below(top + button + gap).top(button);
    field(page, typed, line.left(line.width - 240.0 - GAP));
    page.button(Button {
        name: "join-code".into(),
        act: Act::JoinTyped,
        area: line.after(line.width - 240.0),
        look: if typed.is_empty() { Look::Disabled } else { Look::Primary },
        icon: None,
        label: page.say("join"),
        size: 30.0,
        stacked: false,
    });
    let keys = whole.inset(24.0, 0.0).below(top + 2.0 * (button + gap));
    let keys = keys.top((keys.height - top.min(16.0)).min(KEYBOARD_MAX));
    keyboard::lay_out(page, keyboard, keys);
}

/// What is asked; or else what is wrong with what was typed, where one looks while typing.
fn title(page: &mut Page, notice: Option<&Notice>, area: Area) {
    let text = match notice {
        Some(notice) => {
            let text = Text::new(sentence::notice_sentence(page.language, notice), 22.0);
            text.weight(Weight::SemiBold).color(WARNING).lines(3)
        }
        None => Text::new(page.say("code-title"), 36.0).weight(Weight::Bold),
    };
    // Three lines of a long sentence reach a little beyond the button beside it.
    page.text(text, Area { y: area.y - 4.0, height: area.height + 8.0, ..area });
}

fn field(page: &mut Page, typed: &str, area: Area) {
    let text = if typed.is_empty() {
        Text::new(page.say("code-example"), 34.0).color(QUIET)
    } else {
        // A long code shows its end, where one types.
        Text::new(typed, 44.0).weight(Weight::SemiBold).elided(Elide::Start)
    };
    let inside = area.inset(32.0, 0.0);
    let caret_x =
        if typed.is_empty() { inside.x - 10.0 } else { inside.x + page.fonts.shape(&text, inside.width).width + 6.0 };
    let caret = Area::new(caret_x, area.y + 26.0, 3.0, area.height - 52.0);
    let shapes = vec![
        Shape::Fill { area, radius: RADIUS, color: SURFACE },
        Shape::Outline { area, radius: RADIUS, width: 2.0, color: ACCENT },
        Shape::Text { text, area: inside },
        Shape::Fill { area: caret, radius: 1.5, color: ACCENT },
    ];
    page.card(area, shapes);
}
