//! The list of the others in the meeting, beside the controls.

use fluent_bundle::FluentValue;
use room::event::Wish;
use room::view::{InCall, Participant, Quality};

use crate::geometry::Area;
use crate::icon::Icon;
use crate::page::{Page, framed, pressed_color};
use crate::picture::initials;
use crate::scene::{Act, Shape};
use crate::sentence;
use crate::style::{ACCENT, DANGER_TEXT, GOOD, QUIET, RAISED, SURFACE, WARNING, WHITE, color_of};
use crate::text::{Text, Weight};

const ROW: f32 = 64.0;

/// Shows the people from this one on, as many as there is room for.
pub(super) fn lay_out(page: &mut Page, call: &InCall, from: usize, area: Area) {
    page.card(area, framed(area, SURFACE));
    let inside = area.inset(24.0, 16.0);
    let count = FluentValue::from(call.participants.len());
    let title = page.say_with("people-title", &[("count", count)]);
    page.text(Text::new(title, 26.0).weight(Weight::SemiBold), inside.top(52.0));

    // Who is pinned comes first, then whoever raised a hand, then everybody else in order of arrival.
    let is_pinned = |person: &Participant| call.arrangement.pinned.as_ref() == Some(&person.identity);
    let mut ordered: Vec<&Participant> = call.participants.iter().collect();
    ordered.sort_by_key(|person| (!is_pinned(person), !person.hand_raised));
    let mut rows = inside.below(60.0);
    if call.somebody_waiting {
        let strip = rows.top(56.0);
        let text = Text::new(page.say("somebody-waiting"), 20.0).weight(Weight::Medium).color(ACCENT.mixed(WHITE, 25));
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
    let room = (rows.height / ROW) as usize;
    let is_crowd = ordered.len() > room;
    let shown = if is_crowd { room.saturating_sub(1).max(1) } else { ordered.len() };
    // Some may have left since this page was turned to.
    let from = if from < ordered.len() { from } else { 0 };
    for (index, person) in ordered.iter().skip(from).take(shown).enumerate() {
        row(page, index, person, is_pinned(person), rows.below(index as f32 * ROW).top(ROW));
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

/// One person; a touch pins them to the display, or lets them go.
fn row(page: &mut Page, index: usize, person: &Participant, is_pinned: bool, area: Area) {
    let name = sentence::name(page.language, &person.name);
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

    let mut right = area.right();
    let mut mark = |icon, color, struck: bool| {
        right -= 28.0;
        let place = Area::new(right, area.y, 28.0, area.height).square(26.0);
        shapes.push(Shape::Icon { icon, area: place, color, slash: struck.then_some(ground) });
        right -= 8.0;
    };
    if is_pinned {
        mark(Icon::Pin, ACCENT, false);
    }
    match (person.microphone_on, person.speaking) {
        (false, _) => mark(Icon::Microphone, DANGER_TEXT, true),
        (true, true) => mark(Icon::Microphone, GOOD, false),
        (true, false) => mark(Icon::Microphone, QUIET, false),
    }
    if person.sharing {
        mark(Icon::Screen, ACCENT, false);
    }
    if person.hand_raised {
        mark(Icon::Hand, WARNING, false);
    }
    if matches!(person.quality, Quality::Poor | Quality::Lost) {
        mark(Icon::Signal, WARNING, person.quality == Quality::Lost);
    }
    let text = Text::foreign(&name, 23.0).weight(if person.speaking { Weight::SemiBold } else { Weight::Regular });
    shapes.push(Shape::Text { text, area: Area { width: right - area.x - 60.0, ..area.after(60.0) } });
    page.pressable(whole, &target, Some(Act::Wish(wish)), shapes);
}
