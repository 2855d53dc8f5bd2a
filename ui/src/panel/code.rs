//! Typing a meeting's code.

use room::view::Notice;

use super::keyboard::{self, Keyboard};
use crate::geometry::Area;
use crate::icon::Icon;
use crate::page::{Button, Look, Page};
use crate::scene::Act;
use crate::sentence;
use crate::style::WARNING;
use crate::text::{Text, Weight};

const GAP: f32 = 12.0;

pub(super) fn lay_out(page: &mut Page, typed: &str, keyboard: Keyboard, notice: Option<&Notice>) {
    let (head, line, keys) = keyboard::rows_above(page);
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
    let hint = Text::new(page.say("code-example"), 34.0);
    let letters = Text::new(typed, 44.0).weight(Weight::SemiBold);
    keyboard::field(page, typed, hint, letters, line.left(line.width - 240.0 - GAP));
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
