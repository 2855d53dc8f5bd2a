//! What a meeting has beside its controls: writing, reactions, captions, how the connection is.

use phrase::FluentValue;
use room::Reaction;
use room::event::Wish;
use room::moderation::Moderation;
use room::view::{InCall, Quality};

use super::sheet::{GAP, Sheets, TOUCH, sheet, small, wide};
use crate::geometry::Area;
use crate::icon::Icon;
use crate::page::{Button, Look, Page};
use crate::scene::{Act, Beside, Shape};
use crate::sentence;
use crate::style::{DANGER_TEXT, GOOD, QUIET, WARNING};
use crate::text::{Text, Weight};

const TILE: f32 = 104.0;

/// Everything there is more, as tiles.
pub(super) fn lay_out(page: &mut Page, call: &InCall, sheets: &Sheets, area: Area) {
    let title = page.say("more-title");
    let inside = sheet(page, &title, None, area);
    let chat = match sheets.unread(call).min(99) {
        0 => page.say("chat"),
        unread => page.say_with("chat-unread", &[("count", FluentValue::from(unread))]),
    };
    let tiles = [
        ("chat", Beside::Chat, Icon::Chat, chat),
        ("reactions", Beside::Reactions, Icon::Reaction(Reaction::Laughter), page.say("reactions")),
        ("captions-sheet", Beside::Accessibility { captions: true }, Icon::Captions, page.say("captions")),
        ("connection", Beside::Connection, Icon::Signal, page.say("connection")),
    ];
    for (index, (name, beside, icon, label)) in tiles.into_iter().enumerate() {
        let place = inside.below((index / 2) as f32 * (TILE + GAP)).top(TILE).column(index % 2, 2, GAP);
        let tile = small(name, Act::Open(beside), place);
        page.button(Button { icon: Some(icon), label, stacked: true, ..tile });
    }
    let mut rest = inside.below(2.0 * (TILE + GAP));
    if call.turning.is_some() {
        let label = page.say("camera-turn");
        wide(page, "camera-turn", Act::Open(Beside::Camera), Icon::Camera, label, rest.top(TOUCH));
        rest = rest.below(TOUCH + GAP);
    }
    if call.rights.end {
        let place = Area { y: rest.bottom() - TOUCH, height: TOUCH, ..rest };
        let button = small("end-for-all", Act::Ask(Moderation::EndForAll), place);
        let label = page.say("end-for-all");
        page.button(Button { icon: Some(Icon::Phone), label, look: Look::Danger, ..button });
    }
}

/// The reactions, each with its word; a touch sends one.
pub(super) fn reactions(page: &mut Page, call: &InCall, area: Area) {
    let title = page.say("reactions");
    let inside = sheet(page, &title, Some(Act::Open(Beside::More)), area);
    let height = ((inside.height - 3.0 * GAP) / 4.0).clamp(TOUCH, 112.0);
    for (index, reaction) in Reaction::ALL.into_iter().enumerate() {
        let place = inside.below((index / 2) as f32 * (height + GAP)).top(height).column(index % 2, 2, GAP);
        let name = format!("react-{}", reaction.name());
        let label = page.say(&format!("reaction-{}", reaction.name()));
        let look = if call.chat.may_write { Look::Plain } else { Look::Disabled };
        let button = small(&name, Act::Wish(Wish::React(reaction)), place);
        page.button(Button {
            icon: Some(Icon::Reaction(reaction)),
            label,
            size: if height >= 96.0 { 21.0 } else { 19.0 },
            look,
            stacked: height >= 96.0,
            ..button
        });
    }
}

/// How the connection is, in words, and what to do about it.
pub(super) fn connection(page: &mut Page, call: &InCall, area: Area) {
    let title = page.say("connection");
    let inside = sheet(page, &title, Some(Act::Open(Beside::More)), area);
    let is_weak = |quality| matches!(quality, Quality::Poor | Quality::Lost);
    let weak: Vec<String> = call
        .participants
        .iter()
        .filter(|person| is_weak(person.quality))
        .map(|person| sentence::name(page.language, &person.name))
        .collect();
    let key = match call.quality {
        _ if call.reconnecting => "connection-lost",
        Quality::Lost => "connection-lost",
        Quality::Poor => "connection-poor",
        _ if call.strain.overloaded => "connection-busy",
        _ if !weak.is_empty() => "connection-others",
        _ if call.strain.stands_still => "connection-still",
        Quality::Unknown => "connection-unknown",
        Quality::Excellent | Quality::Good => "connection-good",
    };
    let (icon, color) = match key {
        "connection-good" => (Icon::Check, GOOD),
        "connection-lost" => (Icon::Warning, DANGER_TEXT),
        "connection-unknown" => (Icon::Info, QUIET),
        _ => (Icon::Signal, WARNING),
    };
    // Of a crowd the first few.
    let names = weak.iter().take(3).cloned().collect::<Vec<_>>().join(", ");
    let names = if weak.len() > 3 { format!("{names}…") } else { names };
    let mark = inside.top(72.0).left(56.0);
    page.card(mark, vec![Shape::Icon { icon, area: mark.left(52.0).square(52.0), color, slash: None }]);
    let words = inside.below(80.0);
    let sentence = Text::new(page.say(key), 28.0).weight(Weight::Bold).lines(3).at_top();
    let height = page.fonts.shape(&sentence, words.width).height;
    let advice = page.say_with(&format!("{key}-advice"), &[("names", FluentValue::from(names))]);
    let advice = Text::foreign(&advice, 23.0).quiet().lines(6).at_top();
    let advice_height = page.fonts.shape(&advice, words.width).height.min((words.height - height - 12.0).max(0.0));
    let shapes = vec![
        Shape::Text { text: sentence, area: words.top(height) },
        Shape::Text { text: advice, area: words.below(height + 12.0).top(advice_height) },
    ];
    page.card(words.top(height + 12.0 + advice_height), shapes);
    evidence(page, call, words.below(height + 12.0 + advice_height + 28.0));
}

/// Where everything goes: the room can prove it.
fn evidence(page: &mut Page, call: &InCall, area: Area) {
    if call.evidence.is_empty() {
        return;
    }
    let title = Text::new(page.say("evidence"), 23.0).weight(Weight::SemiBold).at_top();
    let mut y = 40.0;
    let mut shapes = vec![Shape::Text { text: title, area: area.top(y) }];
    for sentence in &call.evidence {
        let text = Text::foreign(sentence, 21.0).quiet().lines(4).at_top();
        let height = page.fonts.shape(&text, area.width).height;
        if y + height > area.height {
            break;
        }
        shapes.push(Shape::Text { text, area: area.below(y).top(height) });
        y += height + 10.0;
    }
    page.card(area.top(y), shapes);
}
