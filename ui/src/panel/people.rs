//! The list of the others in the meeting, beside the controls.

use phrase::FluentValue;
use room::event::Wish;
use room::moderation::{Moderation, Waiting};
use room::view::{InCall, Participant, Quality, Unreadable, Verification};

use super::sheet::{TOUCH, sheet, small, wide};
use crate::geometry::Area;
use crate::icon::Icon;
use crate::page::{Button, Look, Page, pressed_color};
use crate::picture::initials;
use crate::scene::{Act, Beside, Shape};
use crate::sentence;
use crate::style::{ACCENT, Color, DANGER_TEXT, GOOD, QUIET, RAISED, SURFACE, TEXT, WARNING, WHITE, color_of};
use crate::text::{Text, Weight};

const ROW: f32 = 80.0;
/// Somebody in the lobby: their name, and the decision.
const WAITING: f32 = 134.0;
/// What a name has at least, and a mark beside it.
const NAME_MIN: f32 = 96.0;
const MARK: f32 = 36.0;

/// Shows the people from this one on, as many as there is room for.
pub(super) fn lay_out(page: &mut Page, call: &InCall, from: usize, area: Area) {
    let count = FluentValue::from(call.participants.len());
    let title = page.say_with("people-title", &[("count", count)]);
    let mut rows = sheet(page, &title, None, area);

    // Who is pinned comes first, then whoever raised a hand, in the order of their hands, then everybody else in order
    // of arrival.
    let is_pinned = |person: &Participant| call.arrangement.pinned.as_ref() == Some(&person.identity);
    let hands = call.hands();
    let hand = |person: &Participant| hands.iter().position(|hand| hand.identity == person.identity);
    let mut ordered: Vec<&Participant> = call.participants.iter().collect();
    ordered.sort_by_key(|person| (!is_pinned(person), hand(person).unwrap_or(usize::MAX)));
    if let Some(first) = call.waiting.first() {
        waiting(page, first, call.waiting.len() - 1, rows.top(WAITING));
        rows = rows.below(WAITING + 8.0);
    } else if call.somebody_waiting {
        let strip = rows.top(56.0);
        let text = Text::new(page.say("somebody-waiting"), 18.0).weight(Weight::Medium).color(ACCENT.mixed(WHITE, 25));
        let shapes = vec![
            Shape::Fill { area: strip, radius: 12.0, color: SURFACE.mixed(ACCENT, 14) },
            Shape::Icon {
                icon: Icon::Door,
                area: strip.after(16.0).left(26.0).square(26.0),
                color: ACCENT,
                slash: None,
            },
            Shape::Text { text, area: strip.after(54.0) },
        ];
        page.card(strip, shapes);
        rows = rows.below(64.0);
    }
    if call.encryption.code().is_some() {
        let place = Area { y: rows.bottom() - TOUCH, height: TOUCH, ..rows };
        let label = page.say("authentication-code");
        wide(page, "code-of-meeting", Act::Open(Beside::Code), Icon::LockCheck, label, place);
        rows = rows.top(rows.height - TOUCH - 8.0);
    }
    if call.rights.moderate && call.participants.iter().any(|person| person.microphone_on) {
        let place = Area { y: rows.bottom() - TOUCH, height: TOUCH, ..rows };
        let label = page.say("mute-all");
        let act = Act::Ask(Moderation::MuteAll);
        wide(page, "mute-all", act, Icon::Microphone, label, place);
        rows = rows.top(rows.height - TOUCH - 8.0);
    }
    let room = (rows.height / ROW) as usize;
    let is_crowd = ordered.len() > room;
    let shown = if is_crowd { room.saturating_sub(1).max(1) } else { ordered.len() };
    // Some may have left since this page was turned to.
    let from = if from < ordered.len() { from } else { 0 };
    for (index, person) in ordered.iter().skip(from).take(shown).enumerate() {
        let place = rows.below(index as f32 * ROW).top(ROW);
        // Who may do something to them has a way there beside their name.
        let can_act = call.rights.mute || call.rights.moderate;
        let name = if can_act { place.left(place.width - TOUCH) } else { place };
        let number = hand(person).filter(|_| hands.len() > 1).map(|hand| hand + 1);
        row(page, index, person, is_pinned(person), number, name);
        if can_act {
            let act = Act::OpenPerson(person.identity.clone());
            dots(page, &format!("person-more-{index}"), act, &person.name, place.after(place.width - TOUCH));
        }
    }
    if is_crowd {
        let left = ordered.len().saturating_sub(from + shown);
        let (words, next) = match left {
            0 => (page.say("people-first"), 0),
            left => (page.say_with("people-more", &[("count", FluentValue::from(left))]), from + shown),
        };
        let place = rows.below(shown as f32 * ROW).top(ROW);
        let pressed = page.is_pressed("people-more");
        let ground = if pressed { pressed_color(RAISED) } else { RAISED };
        let text = Text::new(words, 22.0).quiet();
        let shapes = vec![
            Shape::Fill { area: place.inset(0.0, 2.0), radius: 12.0, color: ground },
            Shape::Text { text, area: place.after(68.0) },
        ];
        page.pressable(place, "people-more", Some(Act::ShowPeople { from: next }), shapes);
    }
}

/// Whoever has waited longest in the lobby, to be let in or turned away; the others follow.
fn waiting(page: &mut Page, first: &Waiting, others: usize, area: Area) {
    let ground = Shape::Fill { area, radius: 12.0, color: SURFACE.mixed(ACCENT, 14) };
    let head = area.inset(14.0, 0.0).top(44.0);
    let icon = Shape::Icon { icon: Icon::Door, area: head.left(28.0).square(28.0), color: ACCENT, slash: None };
    let name = sentence::name(page.language, &first.name);
    let mut words = head.after(42.0);
    let mut shapes = vec![ground, icon];
    if others > 0 {
        let more = Text::new(format!("+{others}"), 21.0).weight(Weight::SemiBold).right();
        shapes.push(Shape::Text { text: more, area: words.after(words.width - 64.0) });
        words = words.left(words.width - 72.0);
    }
    shapes.push(Shape::Text { text: Text::foreign(&name, 23.0).weight(Weight::Medium), area: words });
    page.card(area, shapes);
    let buttons = area.inset(8.0, 0.0).below(46.0).top(TOUCH);
    let decide = |allow| Act::Wish(Wish::Moderate(Moderation::Admit { id: first.id.clone(), allow }));
    let admit = Button {
        label: page.say("admit"),
        look: Look::Primary,
        ..small("admit-0", decide(true), buttons.column(0, 2, 8.0))
    };
    page.button(admit);
    let deny = Button { label: page.say("deny"), ..small("deny-0", decide(false), buttons.column(1, 2, 8.0)) };
    page.button(deny);
}

/// The way to what can be done with somebody.
fn dots(page: &mut Page, target: &str, act: Act, name: &str, area: Area) {
    let name = sentence::name(page.language, name);
    let spoken = page.say_with("person-more", &[("name", name.into())]);
    let ground = if page.is_pressed(target) { pressed_color(RAISED) } else { RAISED };
    let shapes = vec![
        Shape::Fill { area: area.inset(0.0, 2.0), radius: 12.0, color: ground },
        Shape::Icon { icon: Icon::More, area: area.square(32.0), color: TEXT, slash: None },
    ];
    page.pressable(area, target, Some(act), shapes);
    page.tell_instead(spoken);
}

/// One person; a touch pins them to the display, or lets them go.
fn row(page: &mut Page, index: usize, person: &Participant, is_pinned: bool, number: Option<usize>, area: Area) {
    let name = called(page, person);
    let target = format!("person-{index}");
    let ground = if is_pinned { SURFACE.mixed(ACCENT, 22) } else { SURFACE };
    let ground = if page.is_pressed(&target) { pressed_color(ground) } else { ground };
    let mut shapes = vec![Shape::Fill { area: area.inset(0.0, 2.0), radius: 12.0, color: ground }];
    let wish = Wish::Pin((!is_pinned).then(|| person.identity.clone()));
    let (whole, area) = (area, area.inset(8.0, 0.0));
    let face = area.left(44.0).square(44.0);
    shapes.push(Shape::Fill { area: face, radius: 22.0, color: color_of(&name) });
    let letters = Text::foreign(&initials(&name), 18.0).weight(Weight::SemiBold).color(WHITE).centred();
    shapes.push(Shape::Text { text: letters, area: face });
    if person.speaking {
        shapes.push(Shape::Outline { area: face.square(44.0), radius: 22.0, width: 3.0, color: GOOD });
    }

    // From the right; where the name would have no room, the least urgent are left out.
    let microphone = match (person.microphone_on, person.speaking) {
        (false, _) => (Icon::Microphone, DANGER_TEXT, true),
        (true, true) => (Icon::Microphone, GOOD, false),
        (true, false) => (Icon::Microphone, QUIET, false),
    };
    let is_weak = matches!(person.quality, Quality::Poor | Quality::Lost);
    let mut marks = vec![microphone];
    marks.extend(person.unreadable.map(|_| (Icon::Lock, WARNING, true)));
    marks.extend(person.hand_raised.then_some((Icon::Hand, WARNING, false)));
    marks.extend(person.sharing.then_some((Icon::Screen, ACCENT, false)));
    marks.extend(is_pinned.then_some((Icon::Pin, ACCENT, false)));
    marks.extend(is_weak.then_some((Icon::Signal, WARNING, person.quality == Quality::Lost)));
    let number_width = if number.is_some() { 28.0 } else { 0.0 };
    let room = area.width - 60.0 - NAME_MIN - number_width;
    marks.truncate(((room / MARK) as usize).max(2));
    let mut right = area.right();
    for (icon, color, struck) in marks {
        let place = Area::new(right - 28.0, area.y, 28.0, area.height).square(26.0);
        shapes.push(Shape::Icon { icon, area: place, color, slash: struck.then_some(ground) });
        right -= MARK;
        if let (Icon::Hand, Some(number)) = (icon, number) {
            // Which hand it is in the order they were raised in.
            let place = Area::new(right - 20.0, area.y, 24.0, area.height);
            let text = Text::new(number.to_string(), 21.0).weight(Weight::SemiBold).color(WARNING).right();
            shapes.push(Shape::Text { text, area: place });
            right -= number_width;
        }
    }
    let text = Text::foreign(&name, 22.0).weight(if person.speaking { Weight::SemiBold } else { Weight::Regular });
    let place = Area { width: right - area.x - 60.0, ..area.after(60.0) };
    match vouched(page, &person.verification) {
        None => shapes.push(Shape::Text { text: text.lines(2), area: place }),
        Some((words, color)) => {
            let lines = place.below((place.height - 58.0) / 2.0);
            shapes.push(Shape::Text { text, area: lines.top(30.0) });
            let small = |words: &str| Text::foreign(words, 18.0).weight(Weight::Medium).color(color);
            let words = match &person.verification {
                // Of a long sentence what matters: who says so.
                Verification::Verified { by, .. } if page.fonts.width(&small(&words)) > place.width => {
                    small(&format!("✓ {by}"))
                }
                _ => small(&words),
            };
            shapes.push(Shape::Text { text: words, area: lines.below(30.0).top(28.0) });
        }
    }
    page.pressable(whole, &target, Some(Act::Wish(wish)), shapes);
    page.tell_instead(spoken(page, person, &name, is_pinned));
}

/// What somebody is called: who is verified as their authority calls them, whatever they call themselves.
pub(super) fn called(page: &Page, person: &Participant) -> String {
    let name = match &person.verification {
        Verification::Verified { name, .. } => name,
        Verification::Unverified | Verification::Outside | Verification::Unknown => &person.name,
    };
    sentence::name(page.language, name)
}

/// By whom somebody is verified, or that they are not, or that they keep the meeting from it; nothing where nobody can be.
pub(super) fn vouched(page: &Page, verification: &Verification) -> Option<(String, Color)> {
    match verification {
        Verification::Verified { by, .. } => Some((page.say_with("verified-by", &[("by", by.as_str().into())]), GOOD)),
        Verification::Unverified => Some((page.say("not-verified"), WARNING)),
        Verification::Outside => Some((page.say("shared-key-only"), QUIET)),
        Verification::Unknown => None,
    }
}

/// What the marks beside a name mean.
fn spoken(page: &Page, person: &Participant, name: &str, is_pinned: bool) -> String {
    let marks = [
        (is_pinned, "spoken-pinned"),
        (person.hand_raised, "hand-is-raised"),
        (person.speaking, "spoken-speaking"),
        (!person.microphone_on, "spoken-muted"),
        (person.sharing, "spoken-sharing"),
        (person.unreadable == Some(Unreadable::NotEncrypted), "unreadable-not-encrypted"),
        (person.unreadable == Some(Unreadable::OtherKey), "unreadable-other-key"),
        (person.unreadable == Some(Unreadable::Encrypted), "unreadable-encrypted"),
        (person.quality == Quality::Poor, "quality-poor"),
        (person.quality == Quality::Lost, "quality-lost"),
    ];
    let marks = marks.into_iter().filter(|(is, _)| *is).map(|(_, key)| page.say(key));
    let vouched = vouched(page, &person.verification).map(|(words, _)| words);
    std::iter::once(name.to_owned()).chain(vouched).chain(marks).collect::<Vec<_>>().join(", ")
}
