//! A whole day of the room, page by page: what is over, what is now, the gaps, and what was joined from here.

use std::time::Duration;

use phrase::FluentValue;
use room::View;
use room::day::Slot;
use room::event::Wish;
use room::view::{Meeting, Recent};

use crate::calendar;
use crate::geometry::Area;
use crate::icon::Icon;
use crate::page::{Button, Look, MARGIN, Page, RADIUS, framed};
use crate::scene::{Act, Shape};
use crate::sentence;
use crate::style::{ACCENT, GOOD, QUIET, SURFACE, TEXT, WARNING};
use crate::text::{Text, Weight};

const ROW: f32 = 92.0;
const GAP: f32 = 8.0;
/// Width of the times left of the titles.
const TIMES: f32 = 240.0;
/// Width of a button to join.
const JOIN: f32 = 176.0;
/// Width of the buttons that turn pages.
const TURN: f32 = 88.0;

/// What of the day is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Open {
    pub part: Part,
    /// The first row shown; `None`: where now is.
    pub from: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Today,
    Tomorrow,
    /// Meetings joined from this room.
    Recent,
}

impl Open {
    pub fn at(part: Part) -> Open {
        Open { part, from: None }
    }
}

/// One line of the list.
enum Row<'a> {
    Slot(Slot<'a>),
    Recent(&'a Recent),
    /// So many more are not shown.
    More(usize),
}

pub(super) fn lay_out(page: &mut Page, view: &View, open: Open) {
    let inside = page.area.inset(MARGIN, 0.0);
    let part = if view.history.is_empty() && open.part == Part::Recent { Part::Today } else { open.part };
    head(page, view, part, inside.below(16.0).top(80.0));

    let rows: Vec<Row> = match part {
        Part::Recent => view.history.iter().map(Row::Recent).collect(),
        Part::Today | Part::Tomorrow => {
            let day = &view.days[usize::from(part == Part::Tomorrow)];
            let slots = day.slots(view.local_time).into_iter().map(Row::Slot);
            slots.chain((day.more > 0).then_some(Row::More(day.more))).collect()
        }
    };
    let line = inside.below(104.0).top(40.0);
    headline(page, view, part, line);
    let list = inside.below(156.0);
    let mut list = list.top(list.height - 16.0);
    if part == Part::Recent {
        clear(page, list.below(list.height - 80.0).left(320.0));
        list = list.top(list.height - 80.0 - 16.0);
    }
    if rows.is_empty() {
        let text = Text::new(page.say("day-empty"), 32.0).weight(Weight::SemiBold).quiet().centred();
        return page.text(text, list);
    }
    let room = (((list.height + GAP) / (ROW + GAP)) as usize).max(1);
    let last = rows.len().saturating_sub(room);
    let from = open.from.unwrap_or_else(|| rows.iter().position(|row| !is_over(row, view.local_time)).unwrap_or(last));
    let from = from.min(last);
    let turns = last > 0;
    let wide = if turns { list.left(list.width - TURN - 16.0) } else { list };
    let mut joinable_before = 0;
    for (place, row) in rows.iter().skip(from).take(room).enumerate() {
        let area = wide.below(place as f32 * (ROW + GAP)).top(ROW);
        match row {
            Row::Slot(Slot::Meeting(meeting)) => self::meeting(page, view, meeting, area, &mut joinable_before),
            Row::Slot(Slot::Free { from, until }) => free(page, view, (*from, *until), area),
            Row::Recent(recent) => again(page, view, recent, place, area),
            Row::More(count) => {
                let words = page.say_with("day-more", &[("count", FluentValue::from(*count))]);
                page.text(Text::new(words, 24.0).quiet(), area.after(28.0));
            }
        }
    }
    if turns {
        let column = list.after(list.width - TURN).top(room as f32 * (ROW + GAP) - GAP);
        let half = (column.height - GAP) / 2.0;
        let earlier = (from > 0).then(|| from.saturating_sub(room));
        let later = (from < last).then(|| (from + room).min(last));
        turn(page, "earlier", Icon::Up, earlier.map(|from| Open { part, from: Some(from) }), column.top(half));
        turn(page, "later", Icon::Down, later.map(|from| Open { part, from: Some(from) }), column.below(half + GAP));
    }
}

/// Which part is open, and the way out.
fn head(page: &mut Page, view: &View, part: Part, area: Area) {
    let parts = [("today", Part::Today), ("tomorrow", Part::Tomorrow), ("recent", Part::Recent)];
    let shown = if view.history.is_empty() { 2 } else { 3 };
    let tabs = area.left((area.width - 216.0 - 24.0).min(228.0 * shown as f32));
    for (index, (name, of)) in parts.into_iter().take(shown).enumerate() {
        page.button(Button {
            name: name.into(),
            act: Act::ShowDay(Open::at(of)),
            area: tabs.column(index, shown, 12.0),
            look: if of == part { Look::Active } else { Look::Plain },
            icon: None,
            label: page.say(&format!("day-{name}")),
            size: 24.0,
            stacked: false,
        });
    }
    page.button(Button {
        name: "close".into(),
        act: Act::CloseDay,
        area: area.after(area.width - 216.0),
        look: Look::Plain,
        icon: Some(Icon::Cross),
        label: page.say("close"),
        size: 24.0,
        stacked: false,
    });
}

/// Which day it is; or else what is to be known now.
fn headline(page: &mut Page, view: &View, part: Part, area: Area) {
    let trouble = match &view.notice {
        Some(notice) => Some(sentence::notice_sentence(page.language, notice)),
        None => sentence::calendar(view).filter(|_| part != Part::Recent),
    };
    if let Some(trouble) = trouble {
        let text = Text::new(trouble, 22.0).weight(Weight::SemiBold).color(WARNING).lines(2);
        return page.text(text, Area { y: area.y - 8.0, height: area.height + 18.0, ..area });
    }
    let words = match part {
        Part::Today => calendar::date(page.language, view.days[0].start),
        Part::Tomorrow => calendar::date(page.language, view.days[1].start),
        Part::Recent => page.say("recent-kept"),
    };
    page.text(Text::new(words, 26.0).weight(Weight::SemiBold).quiet(), area);
}

/// Forgets what was joined from here.
fn clear(page: &mut Page, area: Area) {
    page.button(Button {
        name: "clear".into(),
        act: Act::Wish(Wish::ClearHistory),
        area,
        look: Look::Plain,
        icon: Some(Icon::Cross),
        label: page.say("recent-clear"),
        size: 24.0,
        stacked: false,
    });
}

fn is_over(row: &Row, now: Duration) -> bool {
    matches!(row, Row::Slot(Slot::Meeting(meeting)) if meeting.end <= now)
}

fn meeting(page: &mut Page, view: &View, meeting: &Meeting, area: Area, joinable_before: &mut usize) {
    let now = view.local_time;
    let (is_over, is_now) = (meeting.end <= now, meeting.start <= now && now < meeting.end);
    let is_joinable = meeting.joinable && !is_over;
    let mut shapes = match is_over {
        true => Vec::new(),
        false => framed(area, SURFACE),
    };
    if is_now && !meeting.all_day {
        shapes.push(Shape::Outline { area, radius: RADIUS, width: 2.0, color: ACCENT });
    }
    let (strong, weak) = if is_over { (QUIET, QUIET) } else { (TEXT, QUIET) };
    let times = match meeting.all_day {
        true => page.say("all-day"),
        false => sentence::from_to(page.language, meeting.start, meeting.end),
    };
    let times = Text::new(times, 22.0).weight(Weight::Medium).color(weak).tabular().lines(2);
    shapes.push(Shape::Text { text: times, area: area.after(28.0).left(TIMES - 28.0) });
    let texts = area.after(TIMES + 16.0);
    let texts = texts.left(texts.width - if is_joinable { JOIN + 24.0 } else { 24.0 });
    let why = meeting.obstacle.filter(|_| !is_over).map(|reason| sentence::obstacle(page.language, reason));
    let title = Text::foreign(&sentence::title(page.language, &meeting.title), 24.0)
        .weight(Weight::SemiBold)
        .color(strong)
        .lines(if why.is_some() { 1 } else { 2 });
    match why {
        Some(why) => {
            let block = texts.below(12.0);
            shapes.push(Shape::Text { text: title, area: block.top(34.0) });
            let why = Text::new(why, 21.0).color(WARNING);
            shapes.push(Shape::Text { text: why, area: block.below(36.0).top(30.0) });
        }
        None => shapes.push(Shape::Text { text: title, area: texts }),
    }
    page.card(area, shapes);
    if is_joinable {
        let name = if *joinable_before == 0 { "join".to_owned() } else { format!("join-{joinable_before}") };
        *joinable_before += 1;
        join(page, name, Wish::JoinMeeting(meeting.id), area);
    }
}

fn free(page: &mut Page, view: &View, (from, until): (Duration, Duration), area: Area) {
    let is_now = from <= view.local_time;
    let (words, color) = if is_now {
        let until = FluentValue::from(calendar::time(page.language, until));
        (page.say_with("day-free-until", &[("end", until)]), GOOD)
    } else {
        (page.say("day-free"), QUIET)
    };
    let times = Text::new(sentence::from_to(page.language, from, until), 22.0).quiet().tabular().lines(2);
    page.text(times, area.after(28.0).left(TIMES - 28.0));
    page.text(Text::new(words, 24.0).color(color), area.after(TIMES + 16.0));
}

fn again(page: &mut Page, view: &View, recent: &Recent, place: usize, area: Area) {
    let clock = FluentValue::from(calendar::time(page.language, recent.at));
    let is_today = calendar::day(recent.at) == calendar::day(view.local_time);
    let when = page.say_with(if is_today { "recent-today" } else { "recent-yesterday" }, &[("time", clock)]);
    let mut shapes = framed(area, SURFACE);
    let texts = area.after(28.0);
    let texts = texts.left(texts.width - JOIN - 24.0).below(12.0);
    let what = Text::foreign(&recent.what, 24.0).weight(Weight::SemiBold);
    shapes.push(Shape::Text { text: what, area: texts.top(34.0) });
    shapes.push(Shape::Text { text: Text::new(when, 21.0).quiet(), area: texts.below(36.0).top(30.0) });
    page.card(area, shapes);
    join(page, format!("again-{place}"), Wish::JoinAgain(recent.id), area);
}

fn join(page: &mut Page, name: String, wish: Wish, row: Area) {
    page.button(Button {
        name,
        act: Act::Wish(wish),
        area: row.after(row.width - JOIN - 6.0).left(JOIN).inset(0.0, 6.0),
        look: Look::Primary,
        icon: None,
        label: page.say("join"),
        size: 26.0,
        stacked: false,
    });
}

fn turn(page: &mut Page, name: &str, icon: Icon, to: Option<Open>, area: Area) {
    page.button(Button {
        name: name.into(),
        act: to.map_or(Act::CloseDay, Act::ShowDay),
        area,
        look: if to.is_some() { Look::Plain } else { Look::Disabled },
        icon: Some(icon),
        label: String::new(),
        size: 28.0,
        stacked: false,
    });
}
