//! What people who see or hear less may choose: how the panel looks, whether it speaks, what captions look like.

use room::View;
use room::event::Wish;
use room::view::{Appearance, CaptionColor, CaptionSize, CaptionStyle, InCall, Screen};

use crate::geometry::Area;
use crate::icon::Icon;
use crate::page::{self, Button, Look, MARGIN, Page, RADIUS, framed, pressed_color};
use crate::scene::{Act, Beside, Shape};
use crate::style::{ACCENT, Color, ON_ACCENT, QUIET, RAISED, SURFACE, TEXT};
use crate::surface::FINGER;
use crate::text::{Text, Weight};

const ROW: f32 = 88.0;
const GAP: f32 = 10.0;
/// Of the sheet, where it has the screen to itself.
const WIDTH: f32 = 760.0;

/// The button that opens it: at the same place of every screen.
pub(super) fn opener(page: &mut Page, beside: Option<Beside>, toast: Option<Area>) {
    let foot = page.foot();
    let is_open = matches!(beside, Some(Beside::Accessibility { .. }));
    let area = Area { y: foot.y + (foot.height - FINGER) / 2.0, height: FINGER, ..foot.after(foot.width - FINGER) };
    // Notices are as long as they are, and gone in seconds.
    if toast.is_some_and(|toast| toast.right() > area.x) {
        return;
    }
    page.button(Button {
        name: "accessibility".into(),
        act: Act::Toggle(Beside::Accessibility { captions: false }),
        area,
        look: if is_open { Look::Active } else { Look::Plain },
        icon: Some(if is_open { Icon::Cross } else { Icon::Accessibility }),
        label: String::new(),
        size: 26.0,
        stacked: false,
    });
    if is_open {
        let words = page.say("close");
        page.tell_instead(words);
    }
}

/// The whole screen, where no meeting goes on.
pub(super) fn lay_out(page: &mut Page, view: &View) {
    let area = page.area.square(WIDTH);
    let heading = Area { y: 36.0, height: 64.0, ..area };
    page.text(Text::new(page.say("accessibility"), 38.0).weight(Weight::Bold).centred(), heading);
    switches(page, view, Area { y: 132.0, height: 3.0 * ROW + 2.0 * GAP, ..area });
    page.button(Button {
        name: "close".into(),
        act: Act::Toggle(Beside::Accessibility { captions: false }),
        area: page.actions().square(320.0).inset(0.0, (320.0 - ROW) / 2.0),
        look: Look::Plain,
        icon: Some(Icon::Cross),
        label: page.say("close"),
        size: 28.0,
        stacked: false,
    });
}

/// Beside the controls of a meeting.
pub(super) fn lay_out_beside(page: &mut Page, view: &View, call: &InCall, captions: bool, area: Area) {
    page.card(area, framed(area, SURFACE));
    let inside = area.inset(20.0, 12.0);
    let title = page.say(if captions { "captions" } else { "accessibility" });
    page.text(Text::new(title, 26.0).weight(Weight::SemiBold), inside.top(48.0));
    let rows = inside.below(52.0);
    if captions {
        caption_choices(page, view, call, rows);
        return;
    }
    switches(page, view, rows);
    let row = rows.below(3.0 * (ROW + GAP)).top(ROW);
    let (act, words) = (Act::Open(Beside::Accessibility { captions: true }), page.say("captions"));
    let shapes = line(page, "caption-style", Icon::Captions, &words, &page.say("captions-hint"), row, 24.0);
    page.pressable(row, "caption-style", Some(act), shapes);
}

fn switches(page: &mut Page, view: &View, area: Area) {
    let Appearance { high_contrast, large_text } = view.appearance;
    let reader = view.accessibility.screen_reader;
    let contrast = Wish::SetAppearance(Appearance { high_contrast: !high_contrast, ..view.appearance });
    let large = Wish::SetAppearance(Appearance { large_text: !large_text, ..view.appearance });
    let speak = Wish::SetScreenReader { on: !reader };
    let hint = if view.accessibility.has_voice { "screen-reader-hint" } else { "screen-reader-missing" };
    let rows = [
        ("high-contrast", Icon::Contrast, high_contrast, contrast, "high-contrast-hint"),
        ("large-text", Icon::Letters, large_text, large, "large-text-hint"),
        ("screen-reader", Icon::Volume, reader, speak, hint),
    ];
    for (index, (name, icon, on, wish, hint)) in rows.into_iter().enumerate() {
        let row = area.below(index as f32 * (ROW + GAP)).top(ROW);
        let (words, hint) = (page.say(name), page.say(hint));
        let mut shapes = line(page, name, icon, &words, &hint, row, 92.0);
        shapes.extend(page::switch(row, on));
        page.pressable(row, name, Some(Act::Wish(wish)), shapes);
        page.tell_state(on);
    }
}

/// An icon, what it is about, and a line below.
fn line(page: &Page, name: &str, icon: Icon, words: &str, hint: &str, area: Area, right: f32) -> Vec<Shape> {
    let color = if page.is_pressed(name) { pressed_color(RAISED) } else { RAISED };
    let texts = area.after(64.0).left(area.width - 64.0 - right).inset(0.0, 8.0);
    let hint = Text::new(hint, 21.0).quiet();
    let hint = if page.fonts.width(&hint) <= texts.width { hint } else { Text { size: 19.0, ..hint } };
    vec![
        Shape::Fill { area, radius: RADIUS, color },
        Shape::Icon { icon, area: area.after(18.0).left(30.0).square(30.0), color: QUIET, slash: None },
        Shape::Text { text: Text::new(words, 24.0).weight(Weight::SemiBold).color(TEXT), area: texts.top(34.0) },
        Shape::Text { text: hint, area: texts.below(36.0) },
    ]
}

/// Whether there are captions, how large, and in which colours: each shown as it will look.
fn caption_choices(page: &mut Page, view: &View, call: &InCall, area: Area) {
    let row = |index: f32| area.below(index * (ROW + GAP)).top(ROW);
    let (on, place) = (call.arrangement.captions, row(0.0));
    let (words, hint) = (page.say("captions"), page.say("captions-when"));
    let mut shapes = line(page, "captions-on", Icon::Captions, &words, &hint, place, 92.0);
    shapes.extend(page::switch(place, on));
    page.pressable(place, "captions-on", Some(Act::Wish(Wish::SetCaptions { on: !on })), shapes);
    page.tell_state(on);

    let style = view.accessibility.captions;
    let sizes = [
        (CaptionSize::Usual, "usual", 24.0),
        (CaptionSize::Large, "large", 32.0),
        (CaptionSize::Largest, "largest", 40.0),
    ];
    for (index, (size, name, letters)) in sizes.into_iter().enumerate() {
        let sample = Text::new("Aa", letters).weight(Weight::Medium).centred();
        let chosen = CaptionStyle { size, ..style };
        choice(page, &format!("caption-size-{name}"), sample, None, chosen, style, row(1.0).column(index, 3, GAP));
    }
    let colors = [
        (CaptionColor::WhiteOnBlack, "white"),
        (CaptionColor::YellowOnBlack, "yellow"),
        (CaptionColor::BlackOnWhite, "black"),
    ];
    for (index, (color, name)) in colors.into_iter().enumerate() {
        let (ink, ground) = crate::picture::caption_colors(color);
        let sample = Text::new("Aa", 30.0).weight(Weight::SemiBold).color(ink).centred();
        let chosen = CaptionStyle { color, ..style };
        let place = row(2.0).column(index, 3, GAP);
        choice(page, &format!("caption-color-{name}"), sample, Some(ground), chosen, style, place);
    }
    let back = row(3.0);
    page.button(Button {
        name: "back".into(),
        act: Act::Open(Beside::Accessibility { captions: false }),
        area: back,
        look: Look::Plain,
        icon: None,
        label: page.say("back"),
        size: 24.0,
        stacked: false,
    });
}

/// One of several looks; the one in use has a frame and a mark.
fn choice(
    page: &mut Page,
    name: &str,
    sample: Text,
    ground: Option<Color>,
    chosen: CaptionStyle,
    now: CaptionStyle,
    area: Area,
) {
    let is_current = chosen == now;
    let color = if page.is_pressed(name) { pressed_color(RAISED) } else { RAISED };
    let mut shapes = vec![Shape::Fill { area, radius: RADIUS, color }];
    let inside = area.inset(16.0, 16.0);
    if let Some(ground) = ground {
        shapes.push(Shape::Fill { area: inside, radius: 8.0, color: ground });
    }
    shapes.push(Shape::Text { text: sample, area: inside });
    if is_current {
        shapes.push(Shape::Outline { area, radius: RADIUS, width: 4.0, color: ACCENT });
        let mark = Area::new(area.right() - 32.0, area.y + 4.0, 26.0, 26.0);
        shapes.push(Shape::Fill { area: mark, radius: 13.0, color: ACCENT });
        shapes.push(Shape::Icon { icon: Icon::Check, area: mark.square(18.0), color: ON_ACCENT, slash: None });
    }
    page.pressable(area, name, Some(Act::Wish(Wish::SetCaptionStyle(chosen))), shapes);
    let words = page.say(&format!("spoken-{name}"));
    page.tell_instead(words);
    if is_current {
        page.tell(&page.say("spoken-selected"));
    }
}

/// Where the button is: not where a touch only wakes the room.
pub(super) fn is_offered(screen: &Screen) -> bool {
    matches!(
        screen,
        Screen::Home
            | Screen::Acceptance(_)
            | Screen::Joining { .. }
            | Screen::Lobby { .. }
            | Screen::InCall(_)
            | Screen::AudioCheck(_)
            | Screen::Failed { .. }
    )
}

/// Margin at the right of what else lies at the bottom, so that it does not lie under the button.
pub(super) const OPENER: f32 = FINGER + MARGIN / 3.0;
