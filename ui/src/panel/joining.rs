//! On the way in: what is happening, as a picture, and the way back.

use std::cmp::Ordering;
use std::time::Duration;

use phrase::FluentValue;
use room::event::Wish;
use room::view::JoinStep;

use crate::geometry::Area;
use crate::icon::Icon;
use crate::page::{Button, Look, Page};
use crate::scene::{Act, Shape};
use crate::sentence;
use crate::style::{ACCENT, Color, GOOD, ON_ACCENT, QUIET, RAISED, SURFACE, TEXT, WARNING};
use crate::text::{Text, Weight};

/// The stations on the way in, in their order.
const STATIONS: [(Icon, &str); 4] = [
    (Icon::Door, "step-entry"),
    (Icon::Signal, "step-connection"),
    (Icon::Camera, "step-media"),
    (Icon::People, "step-meeting"),
];
const DISC: f32 = 84.0;

/// How far a station is.
#[derive(Clone, Copy, PartialEq)]
enum Station {
    Done,
    Now,
    /// Somebody else has to do something.
    Waiting,
    Ahead,
}

pub(super) fn lay_out(page: &mut Page, what: &str, step: JoinStep) {
    let places = Places::of(page);
    let title = Text::new(page.say("joining"), 26.0).weight(Weight::SemiBold).quiet();
    say(page, title.centred(), places.heading, 40.0);
    let what = Text::foreign(what, 46.0).weight(Weight::Bold).centred().lines(2);
    say(page, what, places.heading + 40.0, 124.0);
    let now = match step {
        JoinStep::AskingForEntry => 0,
        JoinStep::Signalling => 1,
        JoinStep::Media => 2,
    };
    stations(page, now, Station::Now, places.stations);
    say(page, Text::new(sentence::step(page.language, step), 28.0).quiet().centred(), places.sentence, 44.0);
    cancel(page, Wish::Leave);
}

pub(super) fn lay_out_lobby(page: &mut Page, what: &str, waited: Duration) {
    let places = Places::of(page);
    let what = Text::foreign(what, 26.0).weight(Weight::SemiBold).quiet().centred();
    say(page, what, places.heading, 40.0);
    let title = Text::new(page.say("lobby-title"), 46.0).weight(Weight::Bold).centred();
    say(page, title, places.heading + 40.0, 68.0);
    say(page, Text::new(page.say("lobby-sentence"), 28.0).centred(), places.heading + 112.0, 44.0);
    stations(page, 0, Station::Waiting, places.stations);
    let minutes = FluentValue::from(waited.as_secs() / 60);
    let waited = page.say_with("lobby-waited", &[("minutes", minutes)]);
    say(page, Text::new(waited, 26.0).quiet().centred(), places.sentence, 44.0);
    cancel(page, Wish::Leave);
}

/// How high everything stands above the button.
struct Places {
    heading: f32,
    stations: f32,
    sentence: f32,
}

impl Places {
    /// A low screen has smaller gaps.
    fn of(page: &Page) -> Places {
        let spare = 160.0 - page.rise().min(160.0);
        let heading = 24.0 + spare * 0.25;
        let stations = heading + 172.0 + spare * 0.25;
        Places { heading, stations, sentence: stations + 144.0 + spare * 0.2 }
    }
}

fn say(page: &mut Page, text: Text, y: f32, height: f32) {
    let area = page.area.inset(64.0, 0.0);
    page.text(text, Area { y, height, ..area });
}

/// The way in from left to right: the stations done, the one we are at, those ahead.
fn stations(page: &mut Page, now: usize, how: Station, y: f32) {
    let way = Area { y, height: DISC + 50.0, ..page.area.square((page.area.width - 64.0).min(960.0)) };
    let count = STATIONS.len();
    for (index, (icon, key)) in STATIONS.into_iter().enumerate() {
        let station = match index.cmp(&now) {
            Ordering::Less => Station::Done,
            Ordering::Equal => how,
            Ordering::Greater => Station::Ahead,
        };
        let column = way.column(index, count, 0.0);
        let disc = column.top(DISC).square(DISC);
        if index + 1 < count {
            let line = Area::new(disc.right() + 14.0, y + DISC / 2.0 - 3.0, column.width - DISC - 28.0, 6.0);
            let color = if station == Station::Done { GOOD } else { RAISED };
            page.card(line, vec![Shape::Fill { area: line, radius: 3.0, color }]);
        }
        let (icon, ground, ink, words) = match station {
            Station::Done => (Icon::Check, SURFACE.mixed(GOOD, 18), GOOD, QUIET),
            Station::Now => (icon, ACCENT, ON_ACCENT, TEXT),
            Station::Waiting => (icon, WARNING, ON_ACCENT, TEXT),
            Station::Ahead => (icon, SURFACE, QUIET, QUIET),
        };
        let words = Text::new(page.say(key), 22.0).weight(Weight::Medium).color(words).centred();
        let shapes = vec![
            Shape::Fill { area: disc, radius: DISC / 2.0, color: ground },
            Shape::Icon { icon, area: disc.square(40.0), color: ink, slash: None },
            Shape::Text { text: words, area: column.below(DISC + 14.0).top(36.0) },
        ];
        page.card(column, shapes);
    }
}

/// A large icon in a circle, above everything else.
pub(super) fn emblem(page: &mut Page, icon: Icon, color: Color) {
    let (y, side) = if page.rise() > 0.0 { (20.0, 84.0) } else { (120.0, 128.0) };
    let area = Area { y, ..page.area.square(side) };
    let shapes = vec![
        Shape::Fill { area, radius: side / 2.0, color: SURFACE.mixed(color, 18) },
        Shape::Icon { icon, area: area.square(side * 0.47), color, slash: None },
    ];
    page.card(area, shapes);
}

/// Ends what goes on, by this wish.
pub(super) fn cancel(page: &mut Page, wish: Wish) {
    page.button(Button {
        name: "cancel".into(),
        act: Act::Wish(wish),
        area: Area { height: 88.0, y: page.area.height - 224.0, ..page.area.square(320.0) },
        look: Look::Plain,
        icon: Some(Icon::Cross),
        label: page.say("cancel"),
        size: 28.0,
        stacked: false,
    });
}
