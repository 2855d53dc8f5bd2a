//! Home: which room this is, what time it is, and what can be joined.

use phrase::FluentValue;
use room::View;
use room::event::Wish;
use room::view::{Calendar, Language, Meeting};

use super::aside::Aside;
use super::day::{Open, Part};
use super::language;
use crate::calendar;
use crate::geometry::Area;
use crate::icon::Icon;
use crate::page::{Button, Look, MARGIN, Page, RADIUS, framed};
use crate::scene::{Act, Shape};
use crate::sentence;
use crate::style::{ACCENT, LINE, SURFACE, WARNING};
use crate::text::{Text, Weight};

/// Height of a meeting's card at least.
const CARD: f32 = 108.0;
const GAP: f32 = 10.0;
/// Width of the button that opens the day.
const DAY: f32 = 172.0;

pub(super) fn lay_out(page: &mut Page, view: &View) {
    let (inside, actions) = (page.area.inset(MARGIN, 0.0), page.actions());
    let left_width = (inside.width * 0.41).min(488.0);
    let is_narrow = left_width < 440.0;
    let (left, right) = (inside.left(left_width), inside.after(left_width + if is_narrow { 40.0 } else { 56.0 }));
    place_and_time(page, view, left, actions.y);

    let buttons = Area { x: left.x, width: left.width, ..actions };
    language::button(page, buttons.left(buttons.width * 0.43 - 8.0));
    let audio = buttons.after(buttons.width * 0.43 + 8.0);
    action(page, "audio", Act::Wish(Wish::CheckAudio), Look::Plain, (Icon::Volume, "audio-check"), audio);

    let head = right.below(16.0).top(80.0);
    heading(page, view, head.left(head.width - DAY - 16.0));
    let day = Act::ShowDay(Open::at(Part::Today));
    action(page, "day", day, Look::Plain, (Icon::Calendar, "day-open"), head.after(head.width - DAY));
    let list = right.below(108.0).top(actions.y - 16.0 - 108.0);
    if view.agenda.is_empty() {
        no_meetings(page, view, list);
    } else {
        meetings(page, view, list);
    }

    let buttons = Area { x: right.x, width: right.width, ..actions };
    let is_plain = view.agenda.iter().any(|meeting| meeting.joinable);
    let look = if is_plain { Look::Plain } else { Look::Primary };
    // Three buttons have room for a word each.
    let (places, code, now) = match view.booking {
        Some(_) => (3, "join-by-code-short", "meet-now-short"),
        None => (2, "join-by-code", "meet-now"),
    };
    let place = |index| buttons.column(index, places, 16.0);
    action(page, "code", Act::OpenCode, look, (Icon::Keyboard, code), place(0));
    action(page, "meet-now", Act::Wish(Wish::MeetNow), Look::Plain, (Icon::Plus, now), place(1));
    if view.booking.is_some() {
        action(page, "book", Act::OpenAside(Aside::Booking), Look::Plain, (Icon::Calendar, "book"), place(2));
    }
}

fn action(page: &mut Page, name: &str, act: Act, look: Look, (icon, key): (Icon, &str), area: Area) {
    let (name, icon, label) = (name.to_owned(), Some(icon), page.say(key));
    page.button(Button { name, act, area, look, icon, label, size: 21.0, stacked: true });
}

/// Which room this is, and what time it is, as large as there is room for above `bottom`.
fn place_and_time(page: &mut Page, view: &View, area: Area, bottom: f32) {
    let name = Text::foreign(&view.room_name, 44.0).weight(Weight::Bold).lines(2).at_top();
    page.text(name, area.left(area.width - 104.0).below(28.0).top(120.0));
    page.button(Button {
        name: "about".into(),
        act: Act::OpenAside(Aside::Facts),
        area: Area::new(area.right() - 88.0, 28.0, 88.0, 88.0),
        look: Look::Plain,
        icon: Some(Icon::Info),
        label: String::new(),
        size: 26.0,
        stacked: false,
    });
    let size = (area.width / 3.0).min(152.0);
    let date_size = if area.width < 440.0 { 26.0 } else { 32.0 };
    let (clock_height, date_height) = (size * 1.29, 48.0);
    let top = (148.0 + bottom - clock_height - date_height) / 2.0;
    let clock = Text::new(calendar::clock(view.local_time), size).weight(Weight::SemiBold).tabular();
    page.text(clock, Area { y: top, height: clock_height, ..area });
    let date = Text::new(calendar::date(page.language, view.local_time), date_size).quiet();
    page.text(date, Area { y: top + clock_height, height: date_height, ..area });
}

/// What the list is, or that it is old.
fn heading(page: &mut Page, view: &View, area: Area) {
    let old = sentence::calendar(view).filter(|_| !view.agenda.is_empty());
    let text = match old {
        Some(old) => Text::new(old, 21.0).weight(Weight::SemiBold).color(WARNING).lines(3),
        None => Text::new(page.say("next-meetings"), 24.0).weight(Weight::SemiBold).quiet().lines(2),
    };
    page.text(text, Area { y: area.y - 2.0, height: area.height + 4.0, ..area });
}

fn no_meetings(page: &mut Page, view: &View, area: Area) {
    let mut shapes = framed(area, SURFACE);
    let block = area.inset(32.0, 0.0).below((area.height - 246.0) / 2.0);
    let trouble = view.trouble.map(|trouble| sentence::trouble(page.language, trouble));
    let (icon, color) = if trouble.is_some() { (Icon::Warning, WARNING) } else { (Icon::Calendar, LINE) };
    shapes.push(Shape::Icon { icon, area: block.top(88.0).square(88.0), color, slash: None });
    let usual = Text::new(page.say("no-meetings-hint"), 24.0).quiet().lines(2);
    let (sentence, hint) = match (trouble, view.calendar, sentence::calendar(view)) {
        (Some((sentence, hint)), ..) => (sentence, Text::new(hint, 24.0).lines(3)),
        // Nobody knows whether there are any.
        (None, Calendar::Unread, _) => (page.say("calendar-unread"), usual),
        (None, Calendar::Old { .. }, Some(old)) => {
            (page.say("no-meetings"), Text::new(old, 24.0).color(WARNING).lines(2))
        }
        (None, ..) => (page.say("no-meetings"), usual),
    };
    let sentence = Text::new(sentence, 30.0).weight(Weight::SemiBold).centred().lines(2);
    shapes.push(Shape::Text { text: sentence, area: block.below(96.0).top(80.0) });
    shapes.push(Shape::Text { text: hint.centred().at_top(), area: block.below(178.0).top(100.0) });
    page.card(area, shapes);
}

fn meetings(page: &mut Page, view: &View, area: Area) {
    let room = (((area.height + GAP) / (CARD + GAP)) as usize).max(1);
    let step = (area.height + GAP) / room as f32;
    let mut joinable_before = 0;
    for (index, meeting) in view.agenda.iter().enumerate().take(room) {
        let card = area.below(index as f32 * step).top(step - GAP);
        let button_width = if area.width < 540.0 { 160.0 } else { 192.0 };
        let button = card.after(card.width - button_width - 14.0).left(button_width).inset(0.0, 14.0);
        let texts_right = if meeting.joinable { button.x } else { card.right() };
        let texts = Area::new(card.x + 28.0, card.y, texts_right - card.x - 52.0, card.height);

        let mut shapes = framed(card, SURFACE);
        if meeting.joinable {
            shapes.push(Shape::Outline { area: card, radius: RADIUS, width: 2.0, color: ACCENT });
        }
        // A long title takes two lines, and the time moves down; beside a reason there may be room for one.
        let why = meeting.obstacle.map(|reason| Text::new(sentence::obstacle(page.language, reason), 21.0));
        let why = why.map(|why| why.color(WARNING).lines(2));
        let line = 30.0;
        let when = Text::new(when(page.language, view, meeting), 21.0).quiet().tabular().lines(2);
        let height = |text: &Text| page.fonts.shape(text, texts.width).height.max(line);
        let (when_height, why_height) = (height(&when), why.as_ref().map_or(0.0, &height));
        let lines = ((card.height - 10.0 - when_height - why_height) / 31.0) as u8;
        let title = Text::foreign(&sentence::title(page.language, &meeting.title), 24.0).weight(Weight::SemiBold);
        let title = title.lines(lines.clamp(1, 2));
        let title_height = page.fonts.shape(&title, texts.width).height;
        let block = texts.below((texts.height - title_height - when_height - why_height) / 2.0);
        shapes.push(Shape::Text { text: title, area: block.top(title_height) });
        let block = block.below(title_height);
        shapes.push(Shape::Text { text: when, area: block.top(when_height) });
        if let Some(why) = why {
            shapes.push(Shape::Text { text: why, area: block.below(when_height).top(why_height) });
        }
        page.card(card, shapes);

        if meeting.joinable {
            let name = if joinable_before == 0 { "join".to_owned() } else { format!("join-{joinable_before}") };
            joinable_before += 1;
            page.button(Button {
                name,
                act: Act::Wish(Wish::JoinMeeting(meeting.id)),
                area: button,
                look: Look::Primary,
                icon: None,
                label: page.say("join"),
                size: 28.0,
                stacked: false,
            });
            page.tell(&sentence::title(page.language, &meeting.title));
        }
    }
}

/// When a meeting is, seen from now: `All day`, `10:00 – 10:30`, `Now, until 10:30`, `Tomorrow, …`, `Friday, …`.
pub(crate) fn when(language: Language, view: &View, meeting: &Meeting) -> String {
    let variables = [
        ("start", FluentValue::from(calendar::time(language, meeting.start))),
        ("end", calendar::time(language, meeting.end).into()),
        ("weekday", capitalised(&calendar::weekday(language, meeting.start)).into()),
    ];
    let days_ahead = calendar::day(meeting.start).saturating_sub(calendar::day(view.local_time));
    let key = match days_ahead {
        0 if meeting.all_day => "all-day",
        1 if meeting.all_day => "tomorrow-all-day",
        _ if meeting.all_day => "weekday-all-day",
        0 if meeting.start <= view.local_time && view.local_time < meeting.end => "now-until",
        0 => "from-to",
        1 => "tomorrow-from-to",
        _ => "weekday-from-to",
    };
    crate::phrases::say_with(language, key, &variables)
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
