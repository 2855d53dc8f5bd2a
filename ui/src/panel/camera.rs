//! Turning the camera: arrows, nearer and farther, and four places it remembers.

use room::camera::{Pose, Turn, Turning};
use room::event::Wish;
use room::view::InCall;

use super::sheet::{GAP, Sheets, TOUCH, sheet, small};
use crate::geometry::Area;
use crate::icon::Icon;
use crate::page::{Button, Look, Page};
use crate::scene::{Act, Beside};
use crate::text::Text;

pub(super) fn lay_out(page: &mut Page, call: &InCall, sheets: &Sheets, area: Area) {
    let Some(turning) = call.turning else { return };
    let title = page.say("camera-turn");
    let inside = sheet(page, &title, Some(Act::Open(Beside::More)), area);
    // Three columns of arrows, and one for what is near.
    let side = TOUCH;
    let cell =
        |column: f32, row: f32| Area::new(inside.x + column * (side + GAP), inside.y + row * (side + GAP), side, side);
    let beside = |row: f32| Area { x: inside.right() - side, ..cell(0.0, row) };
    let turn = |pan, tilt, zoom| Act::Wish(Wish::TurnCamera(Turn { pan, tilt, zoom }));
    let (reach, pose) = (turning.reach, turning.pose);
    let look = |can: bool| if can { Look::Plain } else { Look::Disabled };
    let arrows = [
        ("camera-up", turn(0, 1, 0), Icon::Up, cell(1.0, 0.0), reach.tilt && pose.tilt < 1000),
        ("camera-left", turn(-1, 0, 0), Icon::Back, cell(0.0, 1.0), reach.pan && pose.pan > -1000),
        ("camera-centre", Act::Wish(Wish::PointCamera(Pose::default())), Icon::Home, cell(1.0, 1.0), true),
        ("camera-right", turn(1, 0, 0), Icon::Forth, cell(2.0, 1.0), reach.pan && pose.pan < 1000),
        ("camera-down", turn(0, -1, 0), Icon::Down, cell(1.0, 2.0), reach.tilt && pose.tilt > -1000),
        ("camera-nearer", turn(0, 0, 1), Icon::Plus, beside(0.0), reach.zoom && pose.zoom < 1000),
        ("camera-farther", turn(0, 0, -1), Icon::Minus, beside(1.0), reach.zoom && pose.zoom > 0),
    ];
    for (name, act, icon, area, can) in arrows {
        page.button(Button { icon: Some(icon), look: look(can), size: 26.0, ..small(name, act, area) });
    }
    presets(page, turning, sheets.keeping, Area { y: inside.bottom() - TOUCH, height: TOUCH, ..inside });
    let keep = beside(2.0);
    let look = if sheets.keeping { Look::Active } else { Look::Plain };
    page.button(Button { icon: Some(Icon::Pin), look, size: 26.0, ..small("camera-keep", Act::Keep, keep) });
    let words = Area { y: keep.bottom() + GAP, height: inside.bottom() - TOUCH - keep.bottom() - 2.0 * GAP, ..inside };
    // Only where there is room: the pin says it aloud too.
    if words.height >= 60.0 {
        let key = if sheets.keeping { "camera-keep-which" } else { "camera-places" };
        page.text(Text::new(page.say(key), 22.0).quiet().lines(2), words);
    }
}

/// The remembered places; while one is to be remembered, where to.
fn presets(page: &mut Page, turning: Turning, keeping: bool, area: Area) {
    let count = turning.presets.len();
    for (index, preset) in turning.presets.iter().enumerate() {
        let wish = if keeping { Wish::KeepPreset(index) } else { Wish::RecallPreset(index) };
        let look = match preset {
            _ if keeping => Look::Primary,
            Some(pose) if *pose == turning.pose => Look::Active,
            Some(_) => Look::Plain,
            None => Look::Disabled,
        };
        let button = small(&format!("preset-{index}"), Act::Wish(wish), area.column(index, count, GAP));
        page.button(Button { label: (index + 1).to_string(), look, size: 28.0, ..button });
    }
}
