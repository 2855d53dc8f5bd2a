//! The list of the others in the meeting, beside the controls.

use fluent_bundle::FluentValue;
use room::view::{InCall, Participant, Quality};

use crate::geometry::Area;
use crate::icon::Icon;
use crate::page::{Page, framed};
use crate::picture::initials;
use crate::scene::Shape;
use crate::sentence;
use crate::style::{ACCENT, DANGER_TEXT, GOOD, QUIET, SURFACE, WARNING, WHITE, color_of};
use crate::text::{Text, Weight};

const ROW: f32 = 64.0;

pub(super) fn lay_out(page: &mut Page, call: &InCall, area: Area) {
    page.card(area, framed(area, SURFACE));
    let inside = area.inset(24.0, 16.0);
    let count = FluentValue::from(call.participants.len());
    let title = page.say_with("people-title", &[("count", count)]);
    page.text(Text::new(title, 26.0).weight(Weight::SemiBold), inside.top(52.0));

    // Whoever raised a hand comes first; everybody else in order of arrival.
    let (raised, others): (Vec<&Participant>, Vec<_>) = call.participants.iter().partition(|person| person.hand_raised);
    let ordered: Vec<&Participant> = raised.into_iter().chain(others).collect();
    let mut rows = inside.below(60.0);
    if call.somebody_waiting {
        let strip = rows.top(56.0);
        let text = Text::new(page.say("somebody-waiting"), 20.0).weight(Weight::Medium).color(ACCENT);
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
    let shown = if ordered.len() > room { room.saturating_sub(1) } else { ordered.len() };
    for (index, person) in ordered.iter().take(shown).enumerate() {
        row(page, person, rows.below(index as f32 * ROW).top(ROW));
    }
    if ordered.len() > shown {
        let more = FluentValue::from(ordered.len() - shown);
        let text = Text::new(page.say_with("people-more", &[("count", more)]), 22.0).quiet();
        page.text(text, rows.below(shown as f32 * ROW).top(ROW).after(60.0));
    }
}

fn row(page: &mut Page, person: &Participant, area: Area) {
    let name = sentence::name(page.language, &person.name);
    let face = area.left(44.0).square(44.0);
    let mut shapes = vec![Shape::Fill { area: face, radius: 22.0, color: color_of(&name) }];
    let letters = Text::foreign(&initials(&name), 18.0).weight(Weight::SemiBold).color(WHITE).centred();
    shapes.push(Shape::Text { text: letters, area: face });
    if person.speaking {
        shapes.push(Shape::Outline { area: face.square(44.0), radius: 22.0, width: 3.0, color: GOOD });
    }

    let mut right = area.right();
    let mut mark = |icon, color, struck: bool| {
        right -= 28.0;
        let place = Area::new(right, area.y, 28.0, area.height).square(26.0);
        shapes.push(Shape::Icon { icon, area: place, color, slash: struck.then_some(SURFACE) });
        right -= 8.0;
    };
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
    page.card(area, shapes);
}
