//! Booking the room: for how long, and what to do about the meeting that has it.

use std::time::Duration;

use phrase::FluentValue;
use room::View;
use room::booking::BookingWish;
use room::event::Wish;
use room::view::{Booking, Occupancy};

use super::aside::head;
use crate::calendar;
use crate::geometry::Area;
use crate::icon::Icon;
use crate::page::{Button, Look, Page, RADIUS, framed, pressed_color};
use crate::scene::{Act, Shape};
use crate::sentence;
use crate::style::{ACCENT, GOOD, QUIET, RAISED, SURFACE, TEXT, WARNING};
use crate::text::{Text, Weight};

const GAP: f32 = 16.0;
const CHOICE_WIDTH_MAX: f32 = 232.0;

pub(super) fn lay_out(page: &mut Page, view: &View, booking: &Booking) {
    let title = page.say("booking-title");
    let rest = head(page, title, None);
    // Where there is more room than on the lowest panel, everything is larger.
    let spare = ((rest.height - 416.0) / 160.0).clamp(0.0, 1.0);
    let (card, choice, button, gap) =
        (108.0 + 16.0 * spare, 124.0 + 52.0 * spare, 84.0 + 12.0 * spare, GAP + 20.0 * spare);
    state(page, view, booking, rest.top(card));
    let rest = rest.below(card + gap);

    let is_taken = matches!(booking.occupancy, Occupancy::Taken { .. });
    let (ask, color) = match (booking.is_waiting, booking.is_sure) {
        (true, _) => (page.say("booking-waiting"), QUIET),
        (_, false) => (sentence::calendar(view).unwrap_or_else(|| page.say("booking-unsure")), WARNING),
        _ if booking.minutes.is_empty() && booking.until_next.is_none() => (page.say("booking-full"), QUIET),
        _ if is_taken => (page.say("booking-extend"), TEXT),
        _ => (page.say("booking-for"), TEXT),
    };
    page.text(Text::new(ask, 26.0).weight(Weight::SemiBold).color(color), rest.top(44.0));
    choices(page, view, booking, rest.below(52.0).top(choice));
    if is_taken {
        meeting(page, booking, rest.below(52.0 + choice + gap).top(button));
    }
}

/// Whether the room is free, and until when.
fn state(page: &mut Page, view: &View, booking: &Booking, area: Area) {
    let until =
        |page: &Page, time| page.say_with("booking-until", &[("time", FluentValue::from(calendar::clock(time)))]);
    let (icon, color, title, line) = match &booking.occupancy {
        Occupancy::Free { until: None } => {
            (Icon::Check, GOOD, Text::new(page.say("booking-free"), 32.0), String::new())
        }
        Occupancy::Free { until: Some(next) } => {
            let is_today = calendar::day(*next) == calendar::day(view.local_time);
            let line = if is_today { until(page, *next) } else { String::new() };
            (Icon::Check, GOOD, Text::new(page.say("booking-free"), 32.0), line)
        }
        Occupancy::Taken { title, until: end, .. } => {
            let title = Text::foreign(&sentence::title(page.language, title), 30.0);
            (Icon::Calendar, ACCENT, title, until(page, *end))
        }
    };
    let mut shapes = framed(area, SURFACE);
    let inside = area.inset(28.0, (area.height - 84.0) / 2.0);
    shapes.push(Shape::Icon { icon, area: inside.left(48.0).square(44.0), color, slash: None });
    let texts = inside.after(76.0);
    let title = title.weight(Weight::Bold);
    if line.is_empty() {
        shapes.push(Shape::Text { text: title, area: texts });
    } else {
        shapes.push(Shape::Text { text: title, area: texts.top(44.0) });
        shapes.push(Shape::Text { text: Text::new(line, 24.0).quiet().tabular(), area: texts.below(48.0).top(36.0) });
    }
    page.card(area, shapes);
}

/// How long: each says until when, too.
fn choices(page: &mut Page, view: &View, booking: &Booking, area: Area) {
    let (from, is_taken) = match &booking.occupancy {
        Occupancy::Free { .. } => (view.local_time, false),
        Occupancy::Taken { until, .. } => (*until, true),
    };
    let wish = |minutes| match is_taken {
        true => BookingWish::Extend { minutes },
        false => BookingWish::Book { minutes },
    };
    let timed =
        booking.minutes.iter().map(|minutes| (Some(*minutes), from + Duration::from_secs(60 * u64::from(*minutes))));
    let all: Vec<_> = timed.chain(booking.until_next.map(|next| (None, next))).collect();
    let width = CHOICE_WIDTH_MAX.min((area.width - 4.0 * GAP) / 5.0);
    let may = booking.is_sure && !booking.is_waiting;
    for (index, (minutes, until)) in all.into_iter().enumerate() {
        let place = area.after(index as f32 * (width + GAP)).left(width);
        let name = minutes.map_or("book-next".to_owned(), |minutes| format!("book-{minutes}"));
        let label = match minutes {
            Some(minutes) => page.say_with("booking-minutes", &[("minutes", FluentValue::from(minutes))]),
            None => page.say("booking-next"),
        };
        let end = page.say_with("booking-until", &[("time", FluentValue::from(calendar::clock(until)))]);
        choice(page, &name, may.then_some(Wish::Book(wish(minutes))), (label, end), place);
    }
}

fn choice(page: &mut Page, name: &str, wish: Option<Wish>, (label, end): (String, String), area: Area) {
    let ground = if wish.is_some() { RAISED } else { SURFACE };
    let ground = if page.is_pressed(name) { pressed_color(ground) } else { ground };
    let ink = if wish.is_some() { TEXT } else { QUIET };
    let texts = area.inset(8.0, (area.height - 84.0) / 2.0);
    let shapes = vec![
        Shape::Fill { area, radius: RADIUS, color: ground },
        Shape::Text {
            text: Text::new(label, 24.0).weight(Weight::SemiBold).color(ink).centred(),
            area: texts.top(44.0),
        },
        Shape::Text { text: Text::new(end, 21.0).quiet().tabular().centred(), area: texts.below(48.0).top(32.0) },
    ];
    page.pressable(area, name, wish.map(Act::Wish), shapes);
}

/// That people have come, or that it is over.
fn meeting(page: &mut Page, booking: &Booking, area: Area) {
    let may_release = matches!(booking.occupancy, Occupancy::Taken { may_release: true, .. });
    let mut place = area;
    if let Some(at) = booking.release_at {
        let time = FluentValue::from(calendar::clock(at));
        let words = page.say_with("booking-release-at", &[("time", time)]);
        page.button(Button {
            name: "check-in".into(),
            act: Act::Wish(Wish::Book(BookingWish::CheckIn)),
            area: place.left(300.0),
            look: Look::Primary,
            icon: Some(Icon::Check),
            label: page.say("booking-check-in"),
            size: 26.0,
            stacked: false,
        });
        place = place.after(316.0);
        let width = if may_release { place.width - 316.0 } else { place.width };
        page.text(Text::new(words, 21.0).quiet().lines(3), place.left(width));
        place = area.after(area.width - 300.0);
    }
    if may_release {
        page.button(Button {
            name: "release".into(),
            act: Act::Wish(Wish::Book(BookingWish::Release)),
            area: place.left(300.0),
            look: if booking.is_waiting || !booking.is_sure { Look::Disabled } else { Look::Plain },
            icon: Some(Icon::Door),
            label: page.say("booking-release"),
            size: 26.0,
            stacked: false,
        });
    }
}
