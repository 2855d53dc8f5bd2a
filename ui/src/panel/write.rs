//! Writing to everybody in the meeting, on the keyboard.

use room::event::Wish;
use room::view::{InCall, Switch};

use super::keyboard::{self, Keyboard};
use crate::geometry::Area;
use crate::icon::Icon;
use crate::page::{Button, Look, MARGIN, Page, RADIUS};
use crate::scene::{Act, Shape};
use crate::style::{ACCENT, QUIET, SURFACE};
use crate::text::{Elide, Text, Weight};

const GAP: f32 = 12.0;
const KEYBOARD_MAX: f32 = 512.0;
/// The longest message typed, in characters: who has more to say speaks.
pub(super) const DRAFT_MAX: usize = 400;

/// The keyboard takes the whole panel: the microphone's switch stays, above it.
pub(super) fn lay_out(page: &mut Page, call: &InCall, draft: &str, keyboard: Keyboard) {
    let (whole, inside) = (page.area, page.area.inset(MARGIN, 0.0));
    let is_low = whole.height < 720.0;
    let (top, height, gap) = if is_low { (12.0, 80.0, 8.0) } else { (28.0, 88.0, 16.0) };
    let head = inside.below(top).top(height);
    let side = 240.0;
    let words = head.left(head.width - 2.0 * (side + GAP));
    page.text(Text::new(page.say("write-title"), 30.0).weight(Weight::Bold).lines(2), words);
    microphone(page, call, head.after(head.width - 2.0 * side - GAP).left(side));
    let button = |name: &str, act, area, label| Button {
        name: name.into(),
        act,
        area,
        look: Look::Plain,
        icon: None,
        label,
        size: 24.0,
        stacked: false,
    };
    let cancel = button("cancel", Act::CloseWrite, head.after(head.width - side), page.say("cancel"));
    page.button(Button { icon: Some(Icon::Cross), ..cancel });
    let line = inside.below(top + height + gap).top(height);
    field(page, draft, line.left(line.width - side - GAP));
    let send = button("send", Act::Send, line.after(line.width - side), page.say("send"));
    let look = if draft.trim().is_empty() { Look::Disabled } else { Look::Primary };
    page.button(Button { look, size: 30.0, ..send });
    let keys = whole.inset(24.0, 0.0).below(top + 2.0 * (height + gap));
    let keys = keys.top((keys.height - top.min(16.0)).min(KEYBOARD_MAX));
    keyboard::lay_out(page, keyboard, keys);
}

/// Whether we are heard, and the way to change it.
fn microphone(page: &mut Page, call: &InCall, area: Area) {
    let (on, key, look) = match call.microphone {
        // Without a connection nobody hears us, whatever the switch says.
        Switch::On if call.reconnecting => (false, "microphone-muted-short", Look::Plain),
        Switch::On => (false, "microphone-heard-short", Look::Active),
        Switch::Off => (true, "microphone-muted-short", Look::Danger),
        Switch::Changing { to_on } => (!to_on, if to_on { "turning-on" } else { "turning-off" }, Look::Plain),
        Switch::Missing | Switch::Failed | Switch::Forbidden => return,
    };
    page.button(Button {
        name: "microphone".into(),
        act: Act::Wish(Wish::SetMicrophone { on }),
        area,
        look,
        icon: Some(Icon::Microphone),
        label: page.say(key),
        size: 22.0,
        stacked: false,
    });
}

fn field(page: &mut Page, draft: &str, area: Area) {
    let text = if draft.is_empty() {
        Text::new(page.say("write-hint"), 28.0).color(QUIET)
    } else {
        // A long message shows its end, where one types.
        Text::new(draft, 32.0).weight(Weight::Medium).elided(Elide::Start)
    };
    let inside = area.inset(28.0, 0.0);
    let width = if draft.is_empty() { -10.0 } else { page.fonts.shape(&text, inside.width).width + 6.0 };
    let caret = Area::new(inside.x + width, area.y + 24.0, 3.0, area.height - 48.0);
    let shapes = vec![
        Shape::Fill { area, radius: RADIUS, color: SURFACE },
        Shape::Outline { area, radius: RADIUS, width: 2.0, color: ACCENT },
        Shape::Text { text, area: inside },
        Shape::Fill { area: caret, radius: 1.5, color: ACCENT },
    ];
    page.card(area, shapes);
}
