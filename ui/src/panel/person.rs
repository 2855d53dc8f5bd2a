//! One person in the meeting: what is known of them, and what can be done.

use phrase::FluentValue;
use room::event::Wish;
use room::moderation::Moderation;
use room::view::InCall;

use super::people::{called, vouched};
use super::sheet::{GAP, Sheets, TOUCH, sheet, wide};
use crate::calendar;
use crate::geometry::Area;
use crate::icon::Icon;
use crate::page::Page;
use crate::scene::{Act, Beside};
use crate::text::{Text, Weight};

/// One person: what is known of them, and what can be done.
pub(super) fn lay_out(page: &mut Page, call: &InCall, sheets: &Sheets, area: Area) {
    let Some(person) = sheets.of(call) else { return };
    let name = called(page, person);
    let inside = sheet(page, &name, Some(Act::Open(Beside::People)), area);
    let microphone = page.say(if person.microphone_on { "person-speaking" } else { "person-muted" });
    let words = match hand(page, call, &person.identity) {
        Some(hand) => format!("{microphone} · {hand}"),
        None => microphone,
    };
    let line = inside.top(60.0);
    page.text(Text::new(words, 22.0).quiet().lines(2), line);
    let mut rest = inside.below(60.0 + GAP);
    if let Some((words, color)) = vouched(page, &person.verification) {
        page.text(Text::foreign(&words, 22.0).weight(Weight::Medium).color(color).lines(2), rest.top(60.0));
        rest = rest.below(60.0 + GAP);
    }
    let mut row = |page: &mut Page, name: &str, act: Act, icon: Icon, key: &str| {
        let label = page.say(key);
        wide(page, name, act, icon, label, rest.top(TOUCH));
        rest = rest.below(TOUCH + GAP);
    };
    let identity = person.identity.clone();
    let pinned = call.arrangement.pinned.as_ref() == Some(&identity);
    let key = if pinned { "person-unpin" } else { "person-pin" };
    row(page, "pin", Act::Wish(Wish::Pin((!pinned).then(|| identity.clone()))), Icon::Pin, key);
    let act = |act: Moderation| Act::Wish(Wish::Moderate(act));
    if call.rights.mute && person.microphone_on {
        row(page, "mute", act(Moderation::Mute(identity.clone())), Icon::Microphone, "person-mute");
    }
    if call.rights.moderate && person.hand_raised {
        row(page, "lower-hand", act(Moderation::LowerHand(identity.clone())), Icon::Hand, "person-lower");
    }
    if call.rights.moderate {
        row(page, "remove", Act::Ask(Moderation::Remove(identity)), Icon::Cross, "person-remove");
    }
}

/// Which hand it is in the order they were raised in, and since when; `None` while it is down.
fn hand(page: &Page, call: &InCall, identity: &str) -> Option<String> {
    let hands = call.hands();
    let place = hands.iter().position(|person| person.identity == identity)?;
    let Some(at) = hands[place].hand_raised_at else { return Some(page.say("hand-up")) };
    let variables = [("place", FluentValue::from(place + 1)), ("time", calendar::clock(at).into())];
    Some(page.say_with("hand-since", &variables))
}
