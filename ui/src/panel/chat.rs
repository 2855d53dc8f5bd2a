//! What is written in the meeting, and answering it.

use room::event::Wish;
use room::view::{InCall, Message};

use super::sheet::{GAP, Sheets, TOUCH, sheet, small};
use crate::calendar;
use crate::geometry::Area;
use crate::icon::Icon;
use crate::page::{Button, Look, Page, RADIUS, pressed_color};
use crate::scene::{Act, Beside, Shape};
use crate::sentence;
use crate::style::{ACCENT, QUIET, RAISED};
use crate::text::{Text, Weight};

/// Lines of one message; of more the end is left out.
const LINES: u8 = 6;
/// Between one message and the next.
const APART: f32 = 12.0;
const NAME: f32 = 30.0;
/// Answers that need no keyboard.
const REPLIES: [&str; 6] =
    ["reply-on-our-way", "reply-yes", "reply-no", "reply-repeat", "reply-louder", "reply-back-soon"];

/// The conversation, its end at the bottom, and the ways to answer.
pub(super) fn lay_out(page: &mut Page, call: &InCall, sheets: &Sheets, area: Area) {
    if sheets.replying && call.chat.may_write {
        return replies(page, area);
    }
    let title = page.say("chat");
    let inside = sheet(page, &title, Some(Act::Open(Beside::More)), area);
    let buttons = Area { y: inside.bottom() - TOUCH, height: TOUCH, ..inside };
    let room = inside.top(inside.height - TOUCH - GAP);
    let messages = &call.chat.messages;
    if messages.is_empty() {
        let key = if call.chat.may_write { "chat-empty" } else { "chat-forbidden" };
        page.text(Text::new(page.say(key), 23.0).quiet().lines(3).at_top(), room.top(96.0));
    }
    // Some may have gone since this page was turned to.
    let back = if sheets.chat_back < messages.len() { sheets.chat_back } else { 0 };
    let end = messages.len() - back;
    let mut shown = 0;
    let mut bottom = room.bottom();
    for message in messages[..end].iter().rev() {
        let (words, height) = words(page, message, room.width);
        let top = bottom - NAME - height;
        if top < room.y && shown > 0 {
            break;
        }
        let place = Area { y: top.max(room.y), height: bottom - top.max(room.y), ..room };
        draw(page, message, words, place);
        shown += 1;
        bottom = top - APART;
        if bottom < room.y {
            break;
        }
    }
    let earlier = end.saturating_sub(shown) > 0;
    let turn = if earlier { back + shown } else { 0 };
    let can_turn = earlier || back > 0;
    let icon = if earlier || back == 0 { Icon::Up } else { Icon::Down };
    let turning = Button {
        icon: Some(icon),
        look: if can_turn { Look::Plain } else { Look::Disabled },
        ..small("chat-turn", Act::TurnChat { back: turn }, buttons.left(TOUCH))
    };
    page.button(turning);
    let ways = buttons.after(TOUCH + GAP);
    let look = if call.chat.may_write { Look::Plain } else { Look::Disabled };
    let reply = small("reply", Act::Reply, ways.left(ways.width - TOUCH - GAP));
    page.button(Button { icon: Some(Icon::Chat), label: page.say("chat-reply"), look, ..reply });
    let write = small("write", Act::Write, ways.after(ways.width - TOUCH));
    page.button(Button { icon: Some(Icon::Keyboard), look, ..write });
}

/// The words of a message and how high they are.
fn words(page: &Page, message: &Message, width: f32) -> (Text, f32) {
    let text = Text::foreign(&message.text, 22.0).lines(LINES).at_top();
    let height = page.fonts.shape(&text, width).height;
    (text, height)
}

fn draw(page: &mut Page, message: &Message, words: Text, area: Area) {
    let name = match &message.from {
        Some(name) => sentence::name(page.language, name),
        None => page.say("chat-us"),
    };
    let color = if message.from.is_some() { QUIET } else { ACCENT };
    let clock = Text::new(calendar::clock(message.at), 21.0).quiet().tabular().right();
    let head = area.top(NAME);
    let shapes = vec![
        Shape::Text {
            text: Text::foreign(&name, 21.0).weight(Weight::SemiBold).color(color),
            area: head.left(head.width - 76.0),
        },
        Shape::Text { text: clock, area: head.after(head.width - 70.0) },
        Shape::Text { text: words, area: area.below(NAME) },
    ];
    page.card(area, shapes);
}

/// Answers to choose from.
fn replies(page: &mut Page, area: Area) {
    let title = page.say("chat-reply");
    let inside = sheet(page, &title, Some(Act::Open(Beside::Chat)), area);
    let height = ((inside.height - 2.0 * GAP) / 3.0).clamp(TOUCH, 132.0);
    for (index, key) in REPLIES.iter().enumerate() {
        let name = format!("reply-{index}");
        let place = inside.below((index / 2) as f32 * (height + GAP)).top(height).column(index % 2, 2, GAP);
        let ground = RAISED;
        let ground = if page.is_pressed(&name) { pressed_color(ground) } else { ground };
        let label = page.say(key);
        let text = Text::new(label.clone(), 22.0).weight(Weight::Medium).centred().lines(4);
        let shapes = vec![
            Shape::Fill { area: place, radius: RADIUS, color: ground },
            Shape::Text { text, area: place.inset(10.0, 2.0) },
        ];
        page.pressable(place, &name, Some(Act::Wish(Wish::SendChat(label))), shapes);
    }
}
