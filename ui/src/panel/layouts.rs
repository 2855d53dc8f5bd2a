//! How the display is arranged, beside the controls: pictures of the layouts rather than their names.

use room::event::Wish;
use room::view::{ContentLayout, InCall, Layout, Participant, PeopleLayout};

use super::sheet::sheet;
use crate::geometry::Area;
use crate::icon::Icon;
use crate::page::{self, Page, RADIUS, pressed_color};
use crate::scene::{Act, Shape};
use crate::sentence;
use crate::style::{ACCENT, BACKGROUND, QUIET, RAISED, SURFACE, TEXT, WHITE};
use crate::surface::FINGER;
use crate::text::{Text, Weight};

const CHOICE: f32 = 92.0;
const ROW: f32 = FINGER;
const GAP: f32 = 8.0;

pub(super) fn lay_out(page: &mut Page, call: &InCall, area: Area) {
    let title = page.say("layout-title");
    let inside = sheet(page, &title, None, area);
    let mut rest = inside;
    for layout in call.layouts() {
        choice(page, *layout, *layout == call.layout(), rest.top(CHOICE));
        rest = rest.below(CHOICE + GAP);
    }
    let foot = Area { y: inside.bottom() - ROW, height: ROW, ..inside };
    shares(page, call, Area { height: foot.y - rest.y, ..rest });
    let (self_view, captions) = (call.arrangement.self_view, call.arrangement.captions);
    let wish = Wish::SetSelfView { on: !self_view };
    switch(page, "self-view", Icon::Person, self_view, wish, foot.column(0, 2, GAP));
    let wish = Wish::SetCaptions { on: !captions };
    switch(page, "captions", Icon::Captions, captions, wish, foot.column(1, 2, GAP));
}

/// Whose of several shares is shown: one of a list, or, where that has no room, one after the other.
fn shares(page: &mut Page, call: &InCall, area: Area) {
    let shares: Vec<&Participant> = call.participants.iter().filter(|person| person.sharing).collect();
    if shares.len() < 2 {
        return;
    }
    let shown = call.arrangement.share.as_deref();
    let shown = shares.iter().position(|person| Some(person.identity.as_str()) == shown).unwrap_or(0);
    let row = |index: usize| area.below(index as f32 * (ROW + GAP)).top(ROW);
    if row(shares.len() - 1).bottom() <= area.bottom() {
        for (index, person) in shares.iter().enumerate() {
            share(page, &format!("share-{index}"), person, &person.identity, index == shown, row(index));
        }
        return;
    }
    let next = shares[(shown + 1) % shares.len()];
    share(page, "share-next", shares[shown], &next.identity, false, row(0));
    page.tell(&page.say("spoken-share-next"));
}

fn choice(page: &mut Page, layout: Layout, is_current: bool, area: Area) {
    let name = match layout {
        Layout::People(PeopleLayout::Speaker) => "layout-speaker",
        Layout::People(PeopleLayout::SpeakerWithStrip) => "layout-strip",
        Layout::People(PeopleLayout::Grid) => "layout-grid",
        Layout::Content(ContentLayout::WithSpeaker) => "layout-content-speaker",
        Layout::Content(ContentLayout::Only) => "layout-content",
    };
    let mut shapes = ground(page, name, is_current, area);
    let picture = area.after(10.0).left(128.0);
    shapes.extend(miniature(layout, Area { y: area.y + (area.height - 72.0) / 2.0, height: 72.0, ..picture }));
    let weight = if is_current { Weight::SemiBold } else { Weight::Medium };
    let words = Text::new(page.say(name), 21.0).weight(weight).color(if is_current { WHITE } else { TEXT }).lines(2);
    shapes.push(Shape::Text { text: words, area: area.after(154.0).left(area.width - 154.0 - 46.0) });
    shapes.extend(check(is_current, area));
    page.pressable(area, name, Some(Act::Wish(Wish::SetLayout(layout))), shapes);
    tell_selected(page, is_current);
}

fn share(page: &mut Page, name: &str, person: &Participant, identity: &str, is_current: bool, area: Area) {
    let mut shapes = ground(page, name, is_current, area);
    let icon = area.after(16.0).left(28.0).square(28.0);
    shapes.push(Shape::Icon { icon: Icon::Screen, area: icon, color: QUIET, slash: None });
    // Whose screen it is: the icon says that it is one.
    let text = Text::foreign(&sentence::name(page.language, &person.name), 21.0).weight(Weight::Medium);
    shapes.push(Shape::Text { text, area: area.after(60.0).left(area.width - 60.0 - 46.0) });
    if name == "share-next" {
        let icon = area.after(area.width - 44.0).left(30.0).square(28.0);
        shapes.push(Shape::Icon { icon: Icon::Forth, area: icon, color: WHITE, slash: None });
    }
    shapes.extend(check(is_current, area));
    page.pressable(area, name, Some(Act::Wish(Wish::ShowShare(identity.to_owned()))), shapes);
    tell_selected(page, is_current);
}

/// Two of them fit beside each other: what it is about and whether it is on, and below in words.
fn switch(page: &mut Page, name: &str, icon: Icon, on: bool, wish: Wish, area: Area) {
    let mut shapes = ground(page, name, false, area);
    let upper = area.inset(0.0, 7.0).top(36.0);
    let place = upper.after(16.0).left(28.0).square(28.0);
    shapes.push(Shape::Icon { icon, area: place, color: QUIET, slash: None });
    let words = Text::new(page.say(name), 21.0).weight(Weight::Medium);
    shapes.push(Shape::Text { text: words, area: area.inset(16.0, 0.0).below(44.0).top(29.0) });
    shapes.extend(page::switch(upper, on));
    page.pressable(area, name, Some(Act::Wish(wish)), shapes);
    page.tell_state(on);
}

fn tell_selected(page: &mut Page, is_current: bool) {
    if is_current {
        page.tell(&page.say("spoken-selected"));
    }
}

fn ground(page: &Page, name: &str, is_current: bool, area: Area) -> Vec<Shape> {
    let color = if is_current { RAISED.mixed(ACCENT, 30) } else { RAISED };
    let color = if page.is_pressed(name) { pressed_color(color) } else { color };
    vec![Shape::Fill { area, radius: RADIUS, color }]
}

fn check(is_current: bool, area: Area) -> Option<Shape> {
    let place = area.after(area.width - 44.0).left(30.0).square(28.0);
    is_current.then_some(Shape::Icon { icon: Icon::Check, area: place, color: WHITE, slash: None })
}

/// The display in small.
fn miniature(layout: Layout, area: Area) -> Vec<Shape> {
    let mut shapes = vec![Shape::Fill { area, radius: 8.0, color: BACKGROUND }];
    let inner = area.inset(5.0, 5.0);
    let mut tile = |icon: Icon, area: Area| {
        let color = if icon == Icon::Script { SURFACE.mixed(ACCENT, 55) } else { SURFACE.mixed(QUIET, 38) };
        shapes.push(Shape::Fill { area, radius: 4.0, color });
        let side = (area.height * 0.72).min(38.0);
        shapes.push(Shape::Icon { icon, area: area.square(side), color: WHITE, slash: None });
    };
    match layout {
        Layout::People(PeopleLayout::Speaker) => tile(Icon::Person, inner),
        Layout::People(PeopleLayout::SpeakerWithStrip) => {
            tile(Icon::Person, inner.left(86.0));
            let column = inner.after(90.0);
            for row in 0..3 {
                let height = (column.height - 8.0) / 3.0;
                tile(Icon::Person, column.below(row as f32 * (height + 4.0)).top(height));
            }
        }
        Layout::People(PeopleLayout::Grid) => {
            for row in [0.0, 33.0] {
                for column in 0..3 {
                    tile(Icon::Person, inner.below(row).top(29.0).column(column, 3, 4.0));
                }
            }
        }
        Layout::Content(ContentLayout::WithSpeaker) => {
            tile(Icon::Script, inner.left(86.0));
            tile(Icon::Person, inner.after(90.0).top(22.0));
        }
        Layout::Content(ContentLayout::Only) => tile(Icon::Script, inner),
    }
    shapes
}
