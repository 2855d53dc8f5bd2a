//! Nothing goes on: which room this is, what comes next, how to join it, and whom to ask.

use std::time::Duration;

use room::Title;
use room::View;
use room::view::{Calendar, Meeting};

use super::{is_upright, margin};
use crate::calendar;
use crate::geometry::Area;
use crate::icon::Icon;
use crate::page::{Page, RADIUS, framed};
use crate::panel::when;
use crate::scene::Shape;
use crate::sentence;
use crate::style::{ACCENT, LINE, QUIET, SURFACE, WARNING};
use crate::text::{Text, Weight};

/// Meetings after the next one.
const LATER_MAX: usize = 3;
const LATER: f32 = 124.0;
/// A code is of use to those who come now; before, it is only there to be read by passers-by.
const CODE_BEFORE: Duration = Duration::from_secs(15 * 60);
/// In standby nothing stays where it is for longer.
const STEP: Duration = Duration::from_secs(180);
/// Of what stands in standby.
const STANDBY: (f32, f32) = (860.0, 424.0);

pub(super) fn home(page: &mut Page, view: &View) {
    let inside = page.area.inset(margin(page), if is_upright(page) { 96.0 } else { 92.0 });
    let (left, right) = if is_upright(page) {
        (inside.top(660.0), inside.below(716.0))
    } else {
        let width = (inside.width * 0.47).floor();
        (inside.left(width), inside.after(width + 72.0))
    };
    let name = Text::foreign(&view.room_name, 68.0).weight(Weight::Bold).lines(2).at_top();
    page.text(name, left.top(180.0));
    let clock_top = if is_upright(page) { left.y + 236.0 } else { page.area.height / 2.0 - 210.0 };
    let clock = Text::new(calendar::clock(view.local_time), 264.0).weight(Weight::SemiBold).tabular();
    page.text(clock, Area { y: clock_top, height: 340.0, ..left });
    let date = Text::new(calendar::date(page.language, view.local_time), 52.0).quiet();
    page.text(date, Area { y: clock_top + 336.0, height: 72.0, ..left });

    let support_height = 60.0;
    let list = if is_upright(page) { right.top(right.height - support_height - 32.0) } else { right };
    meetings(page, view, list);
    if let Some(support) = &view.support {
        let bottom = Area { y: inside.bottom() - support_height, height: support_height, ..left };
        let icon = bottom.left(40.0).square(40.0);
        let words = Text::foreign(&format!("{} {support}", page.say("display-support")), 36.0).quiet();
        let shapes = vec![
            Shape::Icon { icon: Icon::Info, area: icon, color: QUIET, slash: None },
            Shape::Text { text: words, area: bottom.after(60.0) },
        ];
        page.card(bottom, shapes);
    }
}

fn meetings(page: &mut Page, view: &View, area: Area) {
    let heading = match sentence::calendar(view) {
        Some(old) => Text::new(old, 34.0).weight(Weight::SemiBold).color(WARNING).lines(2),
        None => Text::new(page.say("next-meetings"), 34.0).weight(Weight::SemiBold).quiet(),
    };
    let Some((next, later)) = view.agenda.split_first() else { return none(page, view, area) };
    let height = page.fonts.shape(&heading, area.width).height.max(52.0);
    page.text(heading, area.top(height));
    let mut rest = area.below(height + 24.0);
    rest = rest.below(first(page, view, next, rest) + 20.0);
    for meeting in later.iter().take(LATER_MAX) {
        if rest.height < LATER {
            break;
        }
        row(page, view, meeting, rest.top(LATER));
        rest = rest.below(LATER);
    }
}

/// The next meeting, with how to get into it; says how high it is.
fn first(page: &mut Page, view: &View, meeting: &Meeting, area: Area) -> f32 {
    let inside = area.inset(48.0, 40.0);
    let title = sentence::title(page.language, &meeting.title);
    let mut texts = vec![
        Text::new(when(page.language, view, meeting), 40.0).weight(Weight::SemiBold).color(ACCENT).tabular(),
        Text::foreign(&title, 58.0).weight(Weight::Bold).lines(2),
    ];
    // Of what is nobody's business there is nothing more to say.
    if meeting.title != Title::Private {
        match meeting.obstacle {
            Some(reason) => {
                texts.push(Text::new(sentence::obstacle(page.language, reason), 36.0).color(WARNING).lines(2));
            }
            None if meeting.joinable => texts.push(Text::new(page.say("display-hint"), 36.0).lines(2)),
            None => {}
        }
    }
    let is_near = meeting.start.saturating_sub(view.local_time) <= CODE_BEFORE;
    let code = meeting.code.as_ref().filter(|_| is_near && !meeting.all_day && meeting.title != Title::Private);
    if let Some(code) = code {
        texts.push(Text::new(page.say("display-others"), 32.0).quiet().lines(2));
        texts.push(Text::foreign(code, 48.0).weight(Weight::SemiBold).tabular());
    }
    let heights: Vec<f32> = texts.iter().map(|text| page.fonts.shape(text, inside.width).height).collect();
    // More space before what belongs less together.
    let gaps = [0.0, 12.0, 24.0, 32.0, 4.0];
    let height = heights.iter().zip(gaps).map(|(height, gap)| height + gap).sum::<f32>() + 80.0;
    let card = area.top(height);
    let mut shapes = framed(card, SURFACE);
    if meeting.joinable && meeting.title != Title::Private {
        shapes.push(Shape::Outline { area: card, radius: RADIUS, width: 3.0, color: ACCENT });
    }
    let mut rest = inside;
    for ((text, height), gap) in texts.into_iter().zip(heights).zip(gaps) {
        rest = rest.below(gap);
        shapes.push(Shape::Text { text, area: rest.top(height) });
        rest = rest.below(height);
    }
    page.card(card, shapes);
    height
}

fn row(page: &mut Page, view: &View, meeting: &Meeting, area: Area) {
    let title = Text::foreign(&sentence::title(page.language, &meeting.title), 40.0).weight(Weight::Medium);
    let when = Text::new(when(page.language, view, meeting), 32.0).quiet().tabular();
    let inside = area.inset(48.0, 0.0);
    let shapes = vec![
        Shape::Text { text: title, area: inside.below(14.0).top(52.0) },
        Shape::Text { text: when, area: inside.below(68.0).top(42.0) },
        Shape::Fill { area: inside.below(LATER - 2.0), radius: 0.0, color: LINE },
    ];
    page.card(area, shapes);
}

/// No meeting is known: the room is free, or nobody knows.
fn none(page: &mut Page, view: &View, area: Area) {
    let card = area.top(area.height.min(560.0));
    let card = if is_upright(page) { card } else { Area { y: area.y + (area.height - card.height) / 2.0, ..card } };
    let trouble = view.trouble.map(|trouble| sentence::trouble(page.language, trouble));
    let (icon, color) = if trouble.is_some() { (Icon::Warning, WARNING) } else { (Icon::Calendar, LINE) };
    let (sentence, hint) = match (trouble, view.calendar) {
        (Some((sentence, hint)), _) => (sentence, Text::new(hint, 36.0)),
        (None, Calendar::Unread) => {
            (page.say("calendar-unread"), Text::new(page.say("display-hint-code"), 36.0).quiet())
        }
        (None, Calendar::Current | Calendar::Old { .. }) => {
            let hint = match sentence::calendar(view) {
                Some(old) => Text::new(old, 36.0).color(WARNING),
                None => Text::new(page.say("display-hint-code"), 36.0).quiet(),
            };
            (page.say("no-meetings"), hint)
        }
    };
    let inside = card.inset(64.0, 0.0);
    let symbol = card.below(72.0).top(112.0).square(112.0);
    let sentence = Text::new(sentence, 56.0).weight(Weight::SemiBold).centred().lines(2);
    let mut shapes = framed(card, SURFACE);
    shapes.extend([
        Shape::Icon { icon, area: symbol, color, slash: None },
        Shape::Text { text: sentence, area: inside.below(216.0).top(148.0) },
        Shape::Text { text: hint.centred().lines(3).at_top(), area: inside.below(384.0).top(144.0) },
    ]);
    page.card(card, shapes);
}

/// Nobody is there: little, dark, and never long at the same place, so that nothing burns in.
pub(super) fn standby(page: &mut Page, view: &View) {
    let (width, height) = STANDBY;
    let room = page.area.inset(margin(page), 80.0);
    let (x, y) = wandering(view.local_time);
    let free = ((room.width - width).max(0.0), (room.height - height).max(0.0));
    let block = Area::new(room.x + free.0 * x, room.y + free.1 * y, width.min(room.width), height);
    page.text(Text::foreign(&view.room_name, 44.0).weight(Weight::SemiBold).quiet(), block.top(60.0));
    let clock = Text::new(calendar::clock(view.local_time), 160.0).weight(Weight::Medium).tabular();
    page.text(clock, block.below(60.0).top(206.0));
    let date = Text::new(calendar::date(page.language, view.local_time), 40.0).quiet();
    page.text(date, block.below(266.0).top(56.0));
    if let Some(meeting) = view.agenda.first() {
        let title = sentence::title(page.language, &meeting.title);
        let when = when(page.language, view, meeting);
        page.text(Text::foreign(&format!("{when} · {title}"), 36.0).quiet(), block.below(368.0).top(56.0));
    }
}

/// Where in its room something is at a time, from 0 to 1 each way: a little further every few minutes, back and forth at
/// paces that meet only after hours.
fn wandering(time: Duration) -> (f32, f32) {
    let step = time.as_secs() / STEP.as_secs();
    let swing = |period: u64| {
        let phase = (step % period) as f32 / period as f32;
        1.0 - (2.0 * phase - 1.0).abs()
    };
    (swing(17), swing(11))
}
