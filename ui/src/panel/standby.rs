//! Nobody is there: dark, but for a dim clock and what comes next. A touch anywhere lights the panel.

use room::View;
use room::event::Wish;

use super::home::when;
use crate::calendar;
use crate::geometry::Area;
use crate::page::Page;
use crate::scene::{Act, Shape};
use crate::sentence;
use crate::style::{BEHIND, QUIET, TEXT};
use crate::text::{Text, Weight};

pub(super) fn lay_out(page: &mut Page, view: &View) {
    // Dim, and still legible in passing: 4.5:1.
    let (clock, rest) = (TEXT.mixed(BEHIND, 38), QUIET.mixed(BEHIND, 25));
    // It wanders a little every minute, so that nothing burns in.
    let minute = view.local_time.as_secs() / 60;
    let wander = |steps: u64, stride: u64| ((minute * stride % steps) as f32 - (steps / 2) as f32) * 8.0;
    let (x, y) = (wander(9, 2), wander(7, 3));
    let middle = page.area.inset(80.0, 0.0);
    let mut shapes = vec![Shape::Fill { area: page.area, radius: 0.0, color: BEHIND }];
    let mut say = |text: Text, top: f32, height: f32| {
        let area = Area { x: middle.x + x, y: page.area.height / 2.0 + top + y, height, ..middle };
        shapes.push(Shape::Text { text: text.centred(), area });
    };
    let time = Text::new(calendar::clock(view.local_time), 152.0).weight(Weight::SemiBold).tabular();
    say(time.color(clock), -200.0, 196.0);
    say(Text::new(calendar::date(page.language, view.local_time), 30.0).color(rest), 4.0, 44.0);
    if let Some(meeting) = view.agenda.first() {
        let title = sentence::title(page.language, &meeting.title);
        say(Text::new(when(page.language, view, meeting), 26.0).color(rest).tabular(), 84.0, 40.0);
        say(Text::foreign(&title, 28.0).weight(Weight::SemiBold).color(rest), 128.0, 44.0);
    }
    page.pressable(page.area, "wake", Some(Act::Wish(Wish::Wake)), shapes);
}
