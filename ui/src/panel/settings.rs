//! The settings behind the administrator code, and the pad on which it is typed.

use phrase::FluentValue;
use room::View;
use room::administration::{CODE_DIGITS, Fixed, Setting, Settings};
use room::event::Wish;
use room::view::{Administration, Language};

use super::aside::{Aside, head};
use super::keyboard::{self, Keyboard};
use crate::geometry::Area;
use crate::icon::Icon;
use crate::page::{Button, Look, MARGIN, Page, RADIUS};
use crate::phrases;
use crate::scene::{Act, Shape};
use crate::sentence;
use crate::style::{ACCENT, LINE, QUIET, SURFACE, TEXT, WARNING};
use crate::text::{Text, Weight};

const GAP: f32 = 12.0;
const ROW: f32 = 96.0;
/// Height of a line that is only good to know, at least.
const KNOWN: f32 = 30.0;
/// Width of a label left of what it names.
const LABEL: f32 = 330.0;

pub(super) fn lay_out(page: &mut Page, view: &View, code: &str) {
    match &view.administration {
        Administration::Open { settings, fixed } => open(page, view, settings, *fixed),
        Administration::Closed { was_wrong, wait_minutes } => {
            let (words, color) = match (wait_minutes, was_wrong) {
                (0, false) => (page.say("settings-code-hint"), QUIET),
                (0, true) => (page.say("settings-code-wrong"), WARNING),
                (minutes, _) => {
                    (page.say_with("settings-code-wait", &[("minutes", FluentValue::from(*minutes))]), WARNING)
                }
            };
            pad(page, code, words, color, *wait_minutes == 0);
        }
        Administration::Checking => {
            let words = page.say("settings-code-checking");
            pad(page, code, words, QUIET, false);
        }
        // Nobody gets here: the button is not offered.
        Administration::None => {}
    }
}

/// Twelve keys; of the code itself nothing but its length is shown.
fn pad(page: &mut Page, code: &str, words: String, color: crate::style::Color, may: bool) {
    let title = page.say("settings");
    let rest = head(page, title, None);
    let keys_width = 3.0 * 132.0 + 2.0 * GAP;
    let left = rest.left(rest.width - keys_width - 48.0);
    let field = left.top(96.0);
    let shapes = vec![
        Shape::Fill { area: field, radius: RADIUS, color: SURFACE },
        Shape::Outline { area: field, radius: RADIUS, width: 2.0, color: if may { ACCENT } else { LINE } },
        Shape::Text {
            text: Text::new("•".repeat(code.len()), 40.0).weight(Weight::Bold).centred(),
            area: field.inset(16.0, 0.0),
        },
    ];
    page.card(field, shapes);
    page.text(Text::new(words, 24.0).color(color).lines(5).at_top(), left.below(112.0).top(190.0));

    let keys = rest.after(rest.width - keys_width);
    let height = ((keys.height - 3.0 * GAP) / 4.0).min(112.0);
    let is_code = CODE_DIGITS.contains(&code.len());
    for (index, key) in "123456789<0>".chars().enumerate() {
        let row = keys.below((index / 3) as f32 * (height + GAP)).top(height);
        let area = row.column(index % 3, 3, GAP);
        let (name, act, icon, look) = match key {
            '<' => ("backspace".to_owned(), Act::Erase, Some(Icon::Backspace), !code.is_empty()),
            '>' => ("enter".to_owned(), Act::Enter, Some(Icon::Check), is_code),
            digit => (format!("key-{digit}"), Act::Type(digit), None, true),
        };
        let look = match (may && look, key) {
            (false, _) => Look::Disabled,
            (true, '>') => Look::Primary,
            (true, _) => Look::Plain,
        };
        let label = if icon.is_some() { String::new() } else { key.to_string() };
        page.button(Button { name, act, area, look, icon, label, size: 32.0, stacked: false });
    }
}

fn open(page: &mut Page, view: &View, settings: &Settings, fixed: Fixed) {
    let title = page.say("settings");
    let restart = view.restart.map(|_| super::restart::opener(page));
    let rest = head(page, title, restart);
    let step = if rest.height < 480.0 { ROW } else { ROW + 8.0 };
    let row = |index: usize| rest.below(index as f32 * step).top(ROW - GAP);

    let area = label(page, "settings-language", fixed.language, row(0));
    let languages = [Language::French, Language::English, Language::German];
    if fixed.language {
        value(page, phrases::say(settings.language, "language-name"), area);
    } else {
        for (index, language) in languages.into_iter().enumerate() {
            page.button(Button {
                name: format!("start-{}", ["fr", "en", "de"][index]),
                act: Act::Wish(Wish::Set(Setting::Language(language))),
                area: area.column(index, 3, GAP),
                look: if language == settings.language { Look::Active } else { Look::Plain },
                icon: None,
                label: phrases::say(language, "language-name"),
                size: 24.0,
                stacked: false,
            });
        }
    }

    let area = label(page, "settings-volume", fixed.volume, row(1));
    let percent = page.say_with("volume-percent", &[("percent", FluentValue::from(settings.volume))]);
    if fixed.volume {
        value(page, percent, area);
    } else {
        let change_by =
            |by: i16| Act::Wish(Wish::Set(Setting::Volume((i16::from(settings.volume) + by).clamp(0, 100) as u8)));
        let change = |page: &mut Page, name: &str, act, icon, area, may| {
            let look = if may { Look::Plain } else { Look::Disabled };
            page.button(Button {
                name: name.into(),
                act,
                area,
                look,
                icon: Some(icon),
                label: String::new(),
                size: 28.0,
                stacked: false,
            });
        };
        change(page, "start-softer", change_by(-10), Icon::Minus, area.left(120.0), settings.volume > 0);
        let text = Text::new(percent, 26.0).weight(Weight::SemiBold).tabular().centred();
        page.text(text, area.after(132.0).left(120.0));
        change(page, "start-louder", change_by(10), Icon::Plus, area.after(264.0).left(120.0), settings.volume < 100);
    }

    let area = label(page, "settings-name", fixed.display_name, row(2));
    if fixed.display_name {
        value(page, settings.display_name.clone(), area);
    } else {
        let button = area.after(area.width - 216.0);
        value(page, settings.display_name.clone(), area.left(area.width - 232.0));
        page.button(Button {
            name: "name".into(),
            act: Act::OpenAside(Aside::Name { typed: String::new() }),
            area: button,
            look: Look::Plain,
            icon: None,
            label: page.say("settings-change"),
            size: 24.0,
            stacked: false,
        });
    }
    let area = label(page, "settings-appearance", fixed.high_contrast && fixed.large_text, row(3));
    let look = settings.appearance;
    let switches = [
        ("start-contrast", "settings-contrast", look.high_contrast, fixed.high_contrast),
        ("start-large", "settings-large", look.large_text, fixed.large_text),
    ];
    for (index, (name, key, on, is_fixed)) in switches.into_iter().enumerate() {
        let setting = if index == 0 { Setting::HighContrast(!on) } else { Setting::LargeText(!on) };
        page.button(Button {
            name: name.into(),
            act: Act::Wish(Wish::Set(setting)),
            area: area.column(index, 2, GAP),
            look: match (is_fixed, on) {
                (true, _) => Look::Disabled,
                (false, true) => Look::Active,
                (false, false) => Look::Plain,
            },
            icon: on.then_some(Icon::Check),
            label: page.say(key),
            size: 24.0,
            stacked: false,
        });
    }
    known(page, view, rest.below(4.0 * step));
}

/// The name of a row; of a setting that is laid down, also that it is. What remains for the value.
fn label(page: &mut Page, key: &str, is_fixed: bool, area: Area) -> Area {
    let mut shapes = Vec::new();
    let place = area.left(LABEL - 16.0);
    let name = Text::new(page.say(key), 24.0).weight(Weight::SemiBold);
    if is_fixed {
        shapes.push(Shape::Text { text: name, area: place.below(10.0).top(34.0) });
        let line = place.below(46.0).top(28.0);
        shapes.push(Shape::Icon { icon: Icon::Lock, area: line.left(22.0).square(22.0), color: QUIET, slash: None });
        shapes.push(Shape::Text { text: Text::new(page.say("settings-fixed"), 21.0).quiet(), area: line.after(30.0) });
    } else {
        shapes.push(Shape::Text { text: name, area: place });
    }
    page.card(area.left(LABEL), shapes);
    area.after(LABEL)
}

fn value(page: &mut Page, words: String, area: Area) {
    page.text(Text::foreign(&words, 24.0).color(TEXT), area.inset(0.0, 4.0));
}

/// What cannot be changed here, and is good to know.
fn known(page: &mut Page, view: &View, area: Area) {
    let addresses = view.facts.as_ref().map_or_else(String::new, |facts| facts.addresses.join(", "));
    let version = view.facts.as_ref().map_or_else(String::new, |facts| facts.version.clone());
    let calendar = sentence::calendar(view).unwrap_or_else(|| {
        page.say(if view.booking.is_some() { "settings-calendar-booking" } else { "settings-calendar-reading" })
    });
    // The most telling first: where text is large there is not room for all.
    let rows = [
        ("facts-calendar", calendar),
        ("settings-room", view.room_name.clone()),
        ("facts-network", addresses),
        ("facts-version", version),
    ];
    let shown = ((area.height / KNOWN) as usize).min(rows.len());
    let height = (area.height / shown.max(1) as f32).min(44.0);
    for (index, (key, words)) in rows.into_iter().take(shown).enumerate() {
        let line = area.below(index as f32 * height).top(height);
        page.text(Text::new(page.say(key), 21.0).quiet(), line.left(LABEL - 16.0));
        page.text(Text::foreign(&words, 21.0), line.after(LABEL));
    }
}

/// The name others read, being typed.
pub(super) fn lay_out_name(page: &mut Page, typed: &str, keyboard: Keyboard) {
    let title = page.say("settings-name");
    let done = Button {
        name: "enter".into(),
        act: Act::Enter,
        area: Area::new(0.0, 0.0, 200.0, 0.0),
        look: Look::Primary,
        icon: Some(Icon::Check),
        label: page.say("settings-take"),
        size: 24.0,
        stacked: false,
    };
    head(page, title, Some(done));
    let line = page.area.inset(MARGIN, 0.0).below(108.0).top(76.0);
    let hint = Text::new(page.say("settings-name-hint"), 24.0);
    keyboard::field(page, typed, hint, Text::new(typed, 32.0).weight(Weight::SemiBold), line);
    keyboard::lay_out(page, keyboard, 194.0);
}
