//! Writing to everybody in the meeting, on the keyboard.

use room::event::Wish;
use room::view::{InCall, Switch};

use super::keyboard::{self, Keyboard};
use crate::geometry::Area;
use crate::icon::Icon;
use crate::page::{Button, Look, Page};
use crate::scene::Act;
use crate::text::{Text, Weight};

const GAP: f32 = 12.0;
/// The longest message typed, in characters: who has more to say speaks.
pub(super) const DRAFT_MAX: usize = 400;

/// The keyboard takes the whole panel: the microphone's switch stays, above it.
pub(super) fn lay_out(page: &mut Page, call: &InCall, draft: &str, keyboard: Keyboard) {
    let (head, line, keys) = keyboard::rows_above(page);
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
    let hint = Text::new(page.say("write-hint"), 28.0);
    let letters = Text::new(draft, 32.0).weight(Weight::Medium);
    keyboard::field(page, draft, hint, letters, line.left(line.width - side - GAP));
    let send = button("send", Act::Send, line.after(line.width - side), page.say("send"));
    let look = if draft.trim().is_empty() { Look::Disabled } else { Look::Primary };
    page.button(Button { look, size: 30.0, ..send });
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
