//! In the meeting: the microphone and camera first, everything else a touch away.

use std::time::Duration;

use phrase::FluentValue;
use room::View;
use room::event::Wish;
use room::view::{Device, Encryption, InCall, Participant, Quality, Share, Switch};

use super::sheet::{self, Sheets};
use super::{accessibility, authentication, camera as camera_sheet, chat, language, layouts, more, people, person};
use crate::geometry::Area;
use crate::icon::Icon;
use crate::page::{Button, Look, MARGIN, Page, RADIUS, pressed_color};
use crate::scene::{Act, Beside, Shape};
use crate::sentence;
use crate::style::{
    ACCENT, BACKGROUND, Color, DANGER, DANGER_TEXT, GOOD, LINE, ON_ACCENT, QUIET, RAISED, SURFACE, TEXT, WARNING, WHITE,
};
use crate::text::{Text, Weight};

const GAP: f32 = 20.0;
/// Bars of the microphone's meter.
const METER_BARS: usize = 16;
const VOLUME_STEP: u8 = 10;

pub(super) fn lay_out(
    page: &mut Page,
    view: &View,
    call: &InCall,
    beside: Option<Beside>,
    people_from: usize,
    sheets: &Sheets,
) {
    let whole = page.area.inset(MARGIN, 0.0);
    // With large text the panel is lower and narrower, and everything closer.
    let lowness = page.rise() / 160.0;
    let closer = |usual: f32, least: f32| usual + (least - usual) * lowness;
    let (top, bottom, gap) = (closer(184.0, 128.0), page.area.height - 116.0, closer(GAP, 12.0));
    let list_width = closer(424.0, 400.0);
    // The list of people and the layouts stand beside the controls: none of them is ever covered.
    let controls = if beside.is_some() { whole.left(whole.width - list_width - closer(32.0, 24.0)) } else { whole };
    let from_top = |y: f32, area: Area| Area { y, height: bottom - y, ..area };
    let place = from_top(closer(32.0, 16.0), whole.after(whole.width - list_width));
    match (beside, &sheets.asking) {
        (Some(_), Some(act)) => sheet::question(page, call, act, place),
        (Some(Beside::People), _) => people::lay_out(page, call, people_from, place),
        (Some(Beside::Code), _) => authentication::lay_out(page, call, place),
        (Some(Beside::Person), _) => person::lay_out(page, call, sheets, place),
        (Some(Beside::Layouts), _) => layouts::lay_out(page, call, place),
        (Some(Beside::More), _) => more::lay_out(page, call, sheets, place),
        (Some(Beside::Chat), _) => chat::lay_out(page, call, sheets, place),
        (Some(Beside::Reactions), _) => more::reactions(page, call, place),
        (Some(Beside::Connection), _) => more::connection(page, call, place),
        (Some(Beside::Camera), _) => camera_sheet::lay_out(page, call, sheets, place),
        (Some(Beside::Accessibility { captions }), _) => {
            accessibility::lay_out_beside(page, view, call, captions, place)
        }
        (None, _) => {}
    }
    header(page, call, Area { y: closer(36.0, 14.0), height: 56.0, ..controls });
    // Where everything is closer, the language button reaches down to it.
    let beside_language = if lowness > 0.0 { controls.left(controls.width - LANGUAGE) } else { controls };
    let line = Area { y: closer(116.0, 72.0), height: 48.0, ..beside_language };
    marks(page, call, beside == Some(Beside::People), line);

    let all = from_top(top, controls);
    let (switches, volume_area, buttons) = if beside.is_some() {
        let height = closer(118.0, 88.0);
        let row = |number: f32| all.below(all.height - number * (height + gap) + gap).top(height);
        (all.top(all.height - 2.0 * (height + gap)), row(2.0), row(1.0))
    } else {
        let height = closer(168.0, 112.0);
        let (row, volume_width) = (all.below(all.height - height), closer(404.0, 340.0));
        (all.top(all.height - height - gap), row.left(volume_width), row.after(volume_width + GAP))
    };
    // A laptop has its place only while there is one.
    let columns = if call.share == Share::Missing { 2 } else { 3 };
    microphone(page, view, call, switches.column(0, columns, GAP));
    camera(page, call, switches.column(1, columns, GAP));
    share(page, call, switches.column(2, columns, GAP));
    volume(page, view, volume_area);
    small_buttons(page, call, beside, sheets.unread(call), buttons);
}

/// Of the language button and what stays free beside it.
const LANGUAGE: f32 = 104.0;

/// Before the title of an encrypted meeting.
const LOCK: f32 = 32.0;

/// The lock of an encrypted meeting, and what it means. The stronger one is only for keys that the link does not give away.
fn lock(encryption: Encryption) -> Option<(Icon, &'static str)> {
    match encryption {
        Encryption::None => None,
        Encryption::SharedKey => Some((Icon::Lock, "encrypted")),
        Encryption::Group { .. } => Some((Icon::LockCheck, "encrypted-group")),
    }
}

fn header(page: &mut Page, call: &InCall, area: Area) {
    language::button(page, Area { y: area.y - 8.0, height: 80.0, ..area.after(area.width - 88.0) });
    let mut area = area.left(area.width - LANGUAGE);
    if let Some((icon, _)) = lock(call.encryption) {
        let place = area.left(LOCK).square(LOCK);
        page.card(place, vec![Shape::Icon { icon, area: place, color: GOOD, slash: None }]);
        area = area.after(LOCK + 12.0);
    }
    let title = Text::foreign(&call.title, 40.0).weight(Weight::Bold);
    // Where there is room for one of them, people need to know where they are.
    if area.width < 480.0 {
        return page.text(title, area);
    }
    let elapsed = Text::new(elapsed(page, call.elapsed), 30.0).quiet().right();
    page.text(title, area.left(area.width - 200.0));
    page.text(elapsed, area.after(area.width - 180.0).below(4.0));
}

/// Whole minutes: seconds would only make people watch them.
fn elapsed(page: &Page, time: Duration) -> String {
    let (hours, minutes) = (time.as_secs() / 3600, time.as_secs() / 60 % 60);
    if hours == 0 {
        page.say_with("elapsed-minutes", &[("minutes", FluentValue::from(minutes))])
    } else {
        let minutes = FluentValue::from(format!("{minutes:02}"));
        page.say_with("elapsed-hours", &[("hours", FluentValue::from(hours)), ("minutes", minutes)])
    }
}

/// The line under the title: what everybody in the room should know, most urgent first, or else
/// who speaks.
fn marks(page: &mut Page, call: &InCall, people_open: bool, area: Area) {
    if call.reconnecting {
        let text = |key| Text::new(page.say(key), 24.0).weight(Weight::SemiBold).color(ON_ACCENT);
        let (long, room) = (text("reconnecting"), area.width - 78.0);
        let text = if page.fonts.width(&long) <= room { long } else { text("reconnecting-short") };
        let mut shapes = vec![Shape::Fill { area, radius: 12.0, color: WARNING }];
        let icon = area.after(16.0).left(30.0).square(30.0);
        shapes.push(Shape::Icon { icon: Icon::Signal, area: icon, color: ON_ACCENT, slash: Some(WARNING) });
        shapes.push(Shape::Text { text, area: area.after(62.0).left(area.width - 78.0) });
        page.card(area, shapes);
        return;
    }
    let mut marks = Vec::new();
    match (call.recording, call.transcription) {
        (true, true) => marks.push((Icon::Record, DANGER_TEXT, false, page.say("recording-and-transcription"))),
        (true, false) => marks.push((Icon::Record, DANGER_TEXT, false, page.say("recording"))),
        (false, true) => marks.push((Icon::Script, DANGER_TEXT, false, page.say("transcription"))),
        (false, false) => {}
    }
    match call.quality {
        Quality::Poor => marks.push((Icon::Signal, WARNING, false, page.say("quality-poor"))),
        Quality::Lost => marks.push((Icon::Signal, DANGER_TEXT, true, page.say("quality-lost"))),
        Quality::Unknown | Quality::Excellent | Quality::Good => {}
    }
    let unreadable = call.participants.iter().filter(|person| person.unreadable.is_some()).count();
    if unreadable > 0 {
        let words = page.say_with("unreadable-count", &[("count", FluentValue::from(unreadable))]);
        marks.push((Icon::Lock, WARNING, true, words));
    }
    // The list of people says so itself.
    if call.somebody_waiting && !people_open {
        marks.push((Icon::Door, ACCENT, false, page.say("somebody-waiting")));
    }
    let is_calm = marks.is_empty();
    if let Some((icon, key)) = lock(call.encryption) {
        marks.push((icon, GOOD, false, page.say(key)));
    }
    let mut x = area.x;
    for (icon, color, struck, words) in marks {
        let text = Text::new(words, 22.0).weight(Weight::Medium).color(color.mixed(WHITE, 25));
        let width = page.fonts.width(&text) + 74.0;
        // Beside the layouts there is less room: the least urgent waits until they are closed.
        if x + width > area.right() {
            break;
        }
        let ground = SURFACE.mixed(color, 14);
        let slash = struck.then_some(ground);
        let mark = Area { x, width, ..area };
        let shapes = vec![
            Shape::Fill { area: mark, radius: 24.0, color: ground },
            Shape::Icon { icon, area: mark.after(18.0).left(26.0).square(26.0), color, slash },
            Shape::Text { text, area: mark.after(54.0) },
        ];
        page.card(mark, shapes);
        x += width + 12.0;
    }
    if is_calm && area.right() - x >= SPEAKING_MIN {
        let text = Text::foreign(&speaking(page, &call.participants), 24.0).quiet();
        page.text(text, Area { x, width: area.right() - x, ..area });
    }
}

/// Who speaks is not worth less room than this.
const SPEAKING_MIN: f32 = 160.0;

fn speaking(page: &Page, participants: &[Participant]) -> String {
    if participants.is_empty() {
        return page.say("alone");
    }
    let names: Vec<String> = participants
        .iter()
        .filter(|person| person.speaking)
        .map(|person| sentence::name(page.language, &person.name))
        .collect();
    match names.as_slice() {
        [] => String::new(),
        [one] => page.say_with("speaking-one", &[("name", one.as_str().into())]),
        [first, second] => {
            page.say_with("speaking-two", &[("first", first.as_str().into()), ("second", second.as_str().into())])
        }
        _ => page.say("speaking-many"),
    }
}

/// How a microphone, camera or laptop card looks in one state.
#[derive(Clone)]
struct Card {
    icon: Icon,
    struck: bool,
    ground: Color,
    disc: Color,
    ink: Color,
    words: String,
    words_color: Color,
    edge: Option<Color>,
}

fn card(page: &Page, device: &str, plain: Icon, switch: Switch, reconnecting: bool) -> Card {
    let say = |state: &str| page.say(&format!("{device}-{state}"));
    let calm = Card {
        icon: plain,
        struck: false,
        ground: SURFACE,
        disc: RAISED,
        ink: QUIET,
        words: String::new(),
        words_color: QUIET,
        edge: Some(LINE),
    };
    match switch {
        // Without a connection nobody hears or sees us, whatever the switch says.
        Switch::On if reconnecting => {
            Card { ink: TEXT, words: say("interrupted"), words_color: WARNING, edge: Some(WARNING), ..calm }
        }
        Switch::On => Card {
            ground: RAISED,
            disc: ACCENT,
            ink: ON_ACCENT,
            words: say("on"),
            words_color: TEXT,
            edge: None,
            ..calm
        },
        Switch::Off => Card {
            struck: true,
            ground: SURFACE.mixed(DANGER, 20),
            disc: DANGER,
            ink: WHITE,
            words: say("off"),
            words_color: DANGER_TEXT.mixed(WHITE, 30),
            edge: None,
            ..calm
        },
        Switch::Changing { to_on } => Card {
            struck: !to_on,
            ink: TEXT,
            words: page.say(if to_on { "turning-on" } else { "turning-off" }),
            words_color: WARNING,
            edge: Some(WARNING),
            ..calm
        },
        Switch::Missing => Card { icon: Icon::Warning, ground: BACKGROUND, words: say("missing"), ..calm },
        Switch::Failed => Card { icon: Icon::Warning, ground: BACKGROUND, words: say("failed"), ..calm },
        Switch::Forbidden => {
            let words = if page.is_withheld() { page.say("withheld") } else { say("forbidden") };
            Card { icon: Icon::Lock, ground: BACKGROUND, words, ..calm }
        }
    }
}

/// What a touch asks for: the opposite of what is, or of what is under way.
fn opposite(switch: Switch) -> Option<bool> {
    match switch {
        Switch::On => Some(false),
        Switch::Off => Some(true),
        Switch::Changing { to_on } => Some(!to_on),
        Switch::Missing | Switch::Failed | Switch::Forbidden => None,
    }
}

fn microphone(page: &mut Page, view: &View, call: &InCall, area: Area) {
    let switch = call.microphone;
    let act = opposite(switch).map(|on| Act::Wish(Wish::SetMicrophone { on }));
    let look = card(page, "microphone", Icon::Microphone, switch, call.reconnecting);
    switch_card(page, "microphone", act, look, area);
    if switch == Switch::On && !call.reconnecting {
        let meter = Area::new(area.x + 32.0, area.bottom() - 22.0, area.width - 64.0, 8.0);
        let level = view.devices.microphone_level.clamp(0.0, 1.0);
        // Loudness is felt by ratios: the square root gives quiet speech a visible share.
        let lit = (level.sqrt() * METER_BARS as f32).round() as usize;
        let bar = |index: usize| Shape::Fill {
            area: meter.column(index, METER_BARS, 4.0),
            radius: 3.0,
            color: if index < lit { GOOD } else { LINE },
        };
        page.card(meter, (0..METER_BARS).map(bar).collect());
    }
}

fn camera(page: &mut Page, call: &InCall, area: Area) {
    let switch = call.camera;
    let act = opposite(switch).map(|on| Act::Wish(Wish::SetCamera { on }));
    let look = card(page, "camera", Icon::Camera, switch, call.reconnecting);
    switch_card(page, "camera", act, look, area);
}

/// The laptop somebody has plugged in.
fn share(page: &mut Page, call: &InCall, area: Area) {
    let calm = card(page, "camera", Icon::Screen, Switch::Missing, false);
    let calm = Card { icon: Icon::Screen, ground: SURFACE, words: String::new(), ..calm };
    let on = Card {
        ground: RAISED,
        disc: ACCENT,
        ink: ON_ACCENT,
        words: page.say("share-on"),
        words_color: TEXT,
        edge: None,
        ..calm.clone()
    };
    let troubled = |key: &str| Card {
        ink: TEXT,
        disc: RAISED,
        words: page.say(key),
        words_color: WARNING,
        edge: Some(WARNING),
        ..calm.clone()
    };
    let (wish, look) = match call.share {
        Share::Missing => return,
        Share::Off { offered: true } => {
            let words = page.say("share-offered");
            let (ground, disc, ink) = (ACCENT, ON_ACCENT, ACCENT);
            (Some(true), Card { ground, disc, ink, words, words_color: ON_ACCENT, edge: None, ..calm })
        }
        Share::Off { offered: false } => {
            (Some(true), Card { ink: TEXT, words: page.say("share-off"), words_color: TEXT, ..calm })
        }
        Share::Changing { to_on } => (Some(!to_on), troubled(if to_on { "share-starting" } else { "share-stopping" })),
        Share::On if call.reconnecting => (Some(false), troubled("share-interrupted")),
        Share::On => (Some(false), on),
        Share::NoSignal => (Some(false), troubled("share-no-signal")),
        Share::Protected => (Some(false), troubled("share-protected")),
        Share::Forbidden => {
            let words = page.say(if page.is_withheld() { "withheld" } else { "share-forbidden" });
            (None, Card { icon: Icon::Lock, ground: BACKGROUND, words, ..calm })
        }
    };
    switch_card(page, "share", wish.map(|on| Act::Wish(Wish::SetShare { on })), look, area);
}

fn switch_card(page: &mut Page, name: &str, act: Option<Act>, card: Card, area: Area) {
    let ground = if page.is_pressed(name) { pressed_color(card.ground) } else { card.ground };
    let mut shapes = vec![Shape::Fill { area, radius: RADIUS, color: ground }];
    if let Some(color) = card.edge {
        shapes.push(Shape::Outline { area, radius: RADIUS, width: 2.0, color });
    }
    let (padding, disc_side, size) = match area.height {
        low if low < 210.0 => (10.0, 62.0, 22.0),
        low if low < 260.0 => (14.0, 74.0, 22.0),
        _ => (32.0, 116.0, 24.0),
    };
    let disc = area.below(padding).top(disc_side).square(disc_side);
    shapes.push(Shape::Fill { area: disc, radius: disc_side / 2.0, color: card.disc });
    let slash = card.struck.then_some(card.disc);
    shapes.push(Shape::Icon { icon: card.icon, area: disc.square(disc_side * 0.5), color: card.ink, slash });
    let inside = area.inset(12.0, 0.0);
    let title_top = padding + disc_side + padding * 0.6;
    let ink = if card.ground == ACCENT { ON_ACCENT } else { TEXT };
    let title = Text::new(page.say(name), size + 4.0).weight(Weight::SemiBold).color(ink).centred();
    let title = if page.fonts.width(&title) <= inside.width { title } else { Text { size, ..title } };
    shapes.push(Shape::Text { text: title, area: inside.below(title_top).top(38.0) });
    // Beside a laptop there is less room for them.
    let words = Text::new(card.words, size).weight(Weight::Medium).color(card.words_color).centred();
    let fits = |words: &Text| page.fonts.width(words) <= inside.width;
    let smaller = Text { size: size - 2.0, ..words.clone() };
    let (words, height) = if fits(&words) {
        (words, 34.0)
    } else if fits(&smaller) {
        (smaller, 34.0)
    } else {
        let words = Text { size: size - 4.0, ..words }.lines(3);
        let height = page.fonts.shape(&words, inside.width).height;
        (words, height)
    };
    shapes.push(Shape::Text { text: words, area: inside.below(title_top + 36.0).top(height) });
    page.pressable(area, name, act, shapes);
}

fn volume(page: &mut Page, view: &View, area: Area) {
    page.card(area, vec![Shape::Fill { area, radius: RADIUS, color: SURFACE }]);
    let (button_width, present) =
        (if area.width < 360.0 { 100.0 } else { 112.0 }, view.devices.loudspeaker == Device::Ready);
    let step = |name: &str, icon, to: u8, at: Area| Button {
        name: name.into(),
        act: Act::Wish(Wish::SetVolume(to)),
        area: at,
        look: if present && to != view.volume { Look::Plain } else { Look::Disabled },
        icon: Some(icon),
        label: String::new(),
        size: 26.0,
        stacked: false,
    };
    // Steps lead to whole tens, also from in between.
    let down = view.volume.saturating_sub(1) / VOLUME_STEP * VOLUME_STEP;
    let up = (view.volume / VOLUME_STEP * VOLUME_STEP + VOLUME_STEP).min(100);
    let percent = page.say_with("volume-percent", &[("percent", FluentValue::from(view.volume))]);
    page.button(step("volume-down", Icon::Minus, down, area.left(button_width)));
    page.tell(&percent);
    page.button(step("volume-up", Icon::Plus, up.max(view.volume.min(100)), area.after(area.width - button_width)));
    page.tell(&percent);

    let middle = area.inset(button_width + 4.0, 0.0);
    let (words, value) = if present {
        (page.say("volume"), percent)
    } else {
        let failed = view.devices.loudspeaker == Device::Failed;
        (page.say(if failed { "loudspeaker-failed" } else { "loudspeaker-missing" }), String::new())
    };
    let block = Area { y: middle.y + middle.height / 2.0 - 38.0, height: 76.0, ..middle };
    let mut shapes = Vec::new();
    if present {
        let size = if middle.width < 144.0 { 28.0 } else { 32.0 };
        let value = Text::new(value, size).weight(Weight::SemiBold).tabular();
        let width = page.fonts.width(&value);
        let group = block.top(42.0).after((block.width - width - 44.0) / 2.0);
        let slash = (view.volume == 0).then_some(SURFACE);
        shapes.push(Shape::Icon { icon: Icon::Volume, area: group.left(34.0).square(32.0), color: QUIET, slash });
        shapes.push(Shape::Text { text: value, area: group.after(44.0).left(width) });
        shapes.push(Shape::Text { text: Text::new(words, 20.0).quiet().centred(), area: block.below(44.0) });
    } else {
        shapes.push(Shape::Text { text: Text::new(words, 20.0).quiet().centred().lines(2), area: block });
    }
    page.card(block, shapes);
}

fn small_buttons(page: &mut Page, call: &InCall, beside: Option<Beside>, unread: u64, row: Area) {
    let active = |on| if on { Look::Active } else { Look::Plain };
    let closes = |what| beside.map(Beside::family) == Some(what);
    let open = |what: Beside, icon: Icon, words: String| {
        let (icon, words) = if closes(what) { (Icon::Cross, page.say("close")) } else { (icon, words) };
        (Act::Toggle(what), active(closes(what)), icon, words)
    };
    let (layout_act, layout_look, layout_icon, layout_words) =
        open(Beside::Layouts, Icon::Layout, page.say("layout-button"));
    let count = FluentValue::from(call.participants.len());
    let (people_act, people_look, people_icon, people_words) =
        open(Beside::People, Icon::People, page.say_with("people-button", &[("count", count)]));
    // Of a flood nobody counts.
    let more_words = match unread.min(99) {
        0 => page.say("more-button"),
        unread => page.say_with("more-unread", &[("count", FluentValue::from(unread))]),
    };
    let (more_act, more_look, more_icon, more_words) = open(Beside::More, Icon::More, more_words);
    let hand_words = page.say(if call.hand_raised { "hand-lower" } else { "hand-raise" });
    let raised = !call.hand_raised;
    let buttons = [
        ("layout", layout_act, layout_look, layout_icon, layout_words),
        ("participants", people_act, people_look, people_icon, people_words),
        ("hand", Act::Wish(Wish::SetHand { raised }), active(call.hand_raised), Icon::Hand, hand_words),
        ("more", more_act, more_look, more_icon, more_words),
        ("leave", Act::Wish(Wish::Leave), Look::Danger, Icon::Phone, page.say("leave")),
    ];
    let count = buttons.len();
    // Where there is less room, less of it lies between them.
    let gap = if row.width < 640.0 { 8.0 } else { 16.0 };
    for (index, (name, act, look, icon, label)) in buttons.into_iter().enumerate() {
        small_button(page, name, act, look, icon, label, row.column(index, count, gap));
        if name == "hand" && call.hand_raised {
            page.tell(&page.say("hand-is-raised"));
        }
    }
}

/// An icon above its words, on two lines where one is too short; alone where no word fits.
fn small_button(page: &mut Page, name: &str, act: Act, look: Look, icon: Icon, label: String, area: Area) {
    let (ground, ink) = look.colors(page.is_pressed(name));
    let inside = area.inset(4.0, 6.0);
    let side = 38.0;
    let label = Text::new(label, 21.0).weight(Weight::SemiBold).color(ink).centred().lines(2);
    let shaped = page.fonts.shape(&label, inside.width);
    let (width, height) = (shaped.width, shaped.height);
    let fits = width <= inside.width && height <= inside.height - side - 6.0;
    let mut shapes = vec![Shape::Fill { area, radius: RADIUS, color: ground }];
    if fits {
        let block = inside.below((inside.height - side - 8.0 - height).max(0.0) / 2.0);
        shapes.push(Shape::Icon { icon, area: block.top(side).square(side), color: ink, slash: None });
        shapes.push(Shape::Text { text: label, area: block.below(side + 8.0).top(height.max(1.0)) });
    } else {
        shapes.push(Shape::Icon { icon, area: area.square(44.0), color: ink, slash: None });
    }
    page.pressable(area, name, Some(act), shapes);
}
