//! Typing a meeting's code.

use room::view::Language;

use crate::geometry::Area;
use crate::icon::Icon;
use crate::page::{Button, Look, MARGIN, Page, RADIUS};
use crate::scene::{Act, Shape};
use crate::style::{ACCENT, QUIET, SURFACE};
use crate::text::{Elide, Text, Weight};

const GAP: f32 = 12.0;
const KEY_HEIGHT: f32 = 94.0;

pub(super) fn lay_out(page: &mut Page, typed: &str) {
    let inside = page.area.inset(MARGIN, 0.0);
    let title = Text::new(page.say("code-title"), 36.0).weight(Weight::Bold);
    page.text(title, Area::new(inside.x, 28.0, 800.0, 72.0));
    page.button(Button {
        name: "cancel".into(),
        act: Act::CloseCode,
        area: Area::new(inside.right() - 240.0, 28.0, 240.0, 72.0),
        look: Look::Plain,
        icon: Some(Icon::Cross),
        label: page.say("cancel"),
        size: 24.0,
        stacked: false,
    });
    field(page, typed, Area::new(inside.x, 124.0, inside.width - 240.0 - GAP, 104.0));
    page.button(Button {
        name: "join-code".into(),
        act: Act::JoinTyped,
        area: Area::new(inside.right() - 240.0, 124.0, 240.0, 104.0),
        look: if typed.is_empty() { Look::Disabled } else { Look::Primary },
        icon: None,
        label: page.say("join"),
        size: 30.0,
        stacked: false,
    });
    keyboard(page, Area::new(inside.x, 258.0, inside.width, 0.0));
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

/// Four rows of keys in the order people of this language type in, all equally wide. Dot, colon and slash
/// are for links, `http://localhost:8080/abc-defg-hij`.
fn keyboard(page: &mut Page, area: Area) {
    let rows = match page.language {
        Language::French => ["1234567890", "azertyuiop", "qsdfghjklm", "wxcvbn-.:/"],
        Language::English => ["1234567890", "qwertyuiop", "asdfghjkl-", "zxcvbnm.:/"],
        Language::German => ["1234567890", "qwertzuiop", "asdfghjkl-", "yxcvbnm.:/"],
    };
    for (row, letters) in rows.iter().enumerate() {
        let is_last = row == rows.len() - 1;
        let keys = (letters.len() + usize::from(is_last)) as f32;
        let key_width = (area.width - (keys - 1.0) * GAP) / keys;
        let start = area.x;
        let y = area.y + row as f32 * (KEY_HEIGHT + GAP);
        for (column, letter) in letters.chars().enumerate() {
            let name = match letter {
                '-' => "key-minus".to_owned(),
                '.' => "key-dot".to_owned(),
                '/' => "key-slash".to_owned(),
                ':' => "key-colon".to_owned(),
                letter => format!("key-{letter}"),
            };
            let x = start + column as f32 * (key_width + GAP);
            key(page, name, Act::Type(letter), None, letter.to_string(), Area::new(x, y, key_width, KEY_HEIGHT));
        }
        if is_last {
            let x = start + letters.len() as f32 * (key_width + GAP);
            let area = Area::new(x, y, key_width, KEY_HEIGHT);
            key(page, "backspace".to_owned(), Act::Erase, Some(Icon::Backspace), String::new(), area);
        }
    }
}

fn key(page: &mut Page, name: String, act: Act, icon: Option<Icon>, label: String, area: Area) {
    page.button(Button { name, act, area, look: Look::Plain, icon, label, size: 34.0, stacked: false });
}
