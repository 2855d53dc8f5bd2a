//! Home: which room this is, what time it is, and what can be joined.

use fluent_bundle::FluentValue;
use room::View;
use room::event::Wish;
use room::view::{Calendar, Language, Meeting};

use crate::calendar;
use crate::geometry::Area;
use crate::icon::Icon;
use crate::page::{Button, Look, MARGIN, Page, RADIUS, framed};
use crate::scene::{Act, Shape};
use crate::sentence;
use crate::style::{ACCENT, LINE, SURFACE, WARNING};
use crate::text::{Text, Weight};

/// Meetings that fit above the button to join by code.
const MEETINGS_MAX: usize = 4;

pub(super) fn lay_out(page: &mut Page, view: &View) {
    let left = Area::new(MARGIN, 0.0, 488.0, page.area.height);
    let right = Area::new(592.0, 0.0, page.area.width - 592.0 - MARGIN, page.area.height);

    let name = Text::foreign(&view.room_name, 44.0).weight(Weight::Bold).lines(2).at_top();
    page.text(name, Area::new(left.x, 48.0, left.width, 120.0));
    let clock = Text::new(calendar::clock(view.local_time), 152.0).weight(Weight::SemiBold).tabular();
    page.text(clock, Area::new(left.x, 226.0, left.width, 196.0));
    let date = Text::new(calendar::date(page.language, view.local_time), 32.0).quiet();
    page.text(date, Area::new(left.x, 424.0, left.width, 48.0));

    page.button(Button {
        name: "language".into(),
        act: Act::Wish(Wish::SetLanguage(next_language(page.language))),
        area: Area::new(left.x, 596.0, 212.0, 88.0),
        look: Look::Plain,
        icon: Some(Icon::Globe),
        label: page.say("language-name"),
        size: 26.0,
        stacked: false,
    });
    page.button(Button {
        name: "audio".into(),
        act: Act::Wish(Wish::CheckAudio),
        area: Area::new(left.x + 228.0, 596.0, 260.0, 88.0),
        look: Look::Plain,
        icon: Some(Icon::Volume),
        label: page.say("audio-check"),
        size: 26.0,
        stacked: false,
    });

    if view.agenda.is_empty() {
        no_meetings(page, view, Area::new(right.x, 48.0, right.width, 524.0));
    } else {
        let heading = match sentence::calendar(view) {
            Some(old) => Text::new(old, 24.0).weight(Weight::SemiBold).color(WARNING),
            None => Text::new(page.say("next-meetings"), 24.0).weight(Weight::SemiBold).quiet(),
        };
        page.text(heading, Area::new(right.x, 40.0, right.width, 36.0));
        meetings(page, view, Area::new(right.x, 88.0, right.width, 484.0));
    }
    page.button(Button {
        name: "code".into(),
        act: Act::OpenCode,
        area: Area::new(right.x, 596.0, right.width, 88.0),
        look: if view.agenda.iter().any(|meeting| meeting.joinable) { Look::Plain } else { Look::Primary },
        icon: Some(Icon::Keyboard),
        label: page.say("join-by-code"),
        size: 26.0,
        stacked: false,
    });
}

fn no_meetings(page: &mut Page, view: &View, area: Area) {
    let mut shapes = framed(area, SURFACE);
    let picture = Area::new(area.x, area.y + 130.0, area.width, 88.0).square(88.0);
    shapes.push(Shape::Icon { icon: Icon::Calendar, area: picture, color: LINE, slash: None });
    let (inside, top) = (area.inset(32.0, 0.0), area.y + 250.0);
    let sentence = match view.calendar {
        // Nobody knows whether there are any.
        Calendar::Unread => page.say("calendar-unread"),
        Calendar::Current | Calendar::Old { .. } => page.say("no-meetings"),
    };
    let sentence = Text::new(sentence, 32.0).weight(Weight::SemiBold).centred();
    shapes.push(Shape::Text { text: sentence, area: Area::new(inside.x, top, inside.width, 48.0) });
    let hint = match (view.calendar, sentence::calendar(view)) {
        (Calendar::Old { .. }, Some(old)) => Text::new(old, 24.0).color(WARNING),
        _ => Text::new(page.say("no-meetings-hint"), 24.0).quiet(),
    };
    let hint = hint.centred().lines(2).at_top();
    shapes.push(Shape::Text { text: hint, area: Area::new(inside.x, top + 56.0, inside.width, 68.0) });
    page.card(area, shapes);
}

fn meetings(page: &mut Page, view: &View, area: Area) {
    let mut joinable_before = 0;
    for (index, meeting) in view.agenda.iter().enumerate().take(MEETINGS_MAX) {
        let card = Area { y: area.y + index as f32 * 123.0, height: 111.0, ..area };
        let button = Area::new(card.right() - 208.0, card.y + 14.0, 192.0, card.height - 28.0);
        let texts_right = if meeting.joinable { button.x } else { card.right() };
        let texts = Area::new(card.x + 28.0, card.y, texts_right - card.x - 52.0, card.height);

        let mut shapes = framed(card, SURFACE);
        if meeting.joinable {
            shapes.push(Shape::Outline { area: card, radius: RADIUS, width: 2.0, color: ACCENT });
        }
        // A long title takes two lines, and the time moves down; beside a reason there is room for one.
        let title = Text::foreign(&sentence::title(page.language, &meeting.title), 24.0)
            .weight(Weight::SemiBold)
            .lines(if meeting.obstacle.is_some() { 1 } else { 2 });
        let when = Text::new(when(page.language, view, meeting), 21.0).quiet().tabular();
        let why = meeting.obstacle.map(|reason| sentence::obstacle(page.language, reason));
        let (title_height, line) = (page.fonts.shape(&title, texts.width).height, 30.0);
        let lines_height = if why.is_some() { 2.0 * line } else { line };
        let block = texts.below((texts.height - title_height - lines_height) / 2.0);
        shapes.push(Shape::Text { text: title, area: block.top(title_height) });
        let block = block.below(title_height);
        shapes.push(Shape::Text { text: when, area: block.top(line) });
        if let Some(why) = why {
            let why = Text::new(why, 21.0).color(WARNING);
            shapes.push(Shape::Text { text: why, area: block.below(line).top(line) });
        }
        page.card(card, shapes);

        if meeting.joinable {
            let name = if joinable_before == 0 { "join".to_owned() } else { format!("join-{joinable_before}") };
            joinable_before += 1;
            page.button(Button {
                name,
                act: Act::Wish(Wish::JoinMeeting(index)),
                area: button,
                look: Look::Primary,
                icon: None,
                label: page.say("join"),
                size: 28.0,
                stacked: false,
            });
        }
    }
}

/// When a meeting is, seen from now: `All day`, `10:00 – 10:30`, `Now, until 10:30`, `Tomorrow, …`, `Friday, …`.
pub(crate) fn when(language: Language, view: &View, meeting: &Meeting) -> String {
    let variables = [
        ("start", FluentValue::from(calendar::clock(meeting.start))),
        ("end", calendar::clock(meeting.end).into()),
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
    crate::phrase::say_with(language, key, &variables)
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn next_language(language: Language) -> Language {
    match language {
        Language::French => Language::English,
        Language::English => Language::German,
        Language::German => Language::French,
    }
}
