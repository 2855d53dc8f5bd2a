//! What every screen looks like.

use std::path::Path;
use std::time::Duration;

use room::View;
use room::view::{Appearance, Language, Screen};

use super::before;
use super::examples::{LANGUAGES, asides, every_view, fonts, home, in_call};
use super::touches::{key_name, tap};
use crate::geometry::Area;
use crate::page::disabled_ink;
use crate::scene::{Scene, Shape, Widget};
use crate::style::{BACKGROUND, Color, HIGH_CONTRAST, LINE, Palette, Rgba, WHITE};
use crate::text::{Align, Elide, Text};
use crate::{Display, Fonts, Panel, Rect};

const PANEL: (u32, u32) = (1280, 800);
const DISPLAY: (u32, u32) = (1920, 1080);

/// The panels we name: pixels, and pixels a millimetre of 10.1, 7 and 7 inches.
pub const PANELS: [((u32, u32), f32); 3] = [((1280, 800), 5.9), ((1024, 600), 6.65), ((800, 480), 5.25)];

/// How people may have the panel, by name.
pub const APPEARANCES: [(&str, Appearance); 3] = [
    ("", Appearance { high_contrast: false, large_text: false }),
    ("-contrast", Appearance { high_contrast: true, large_text: false }),
    ("-large", Appearance { high_contrast: false, large_text: true }),
];

/// A panel as it is in one of its sizes, languages and appearances.
pub struct Seen<'a> {
    /// Screen, language, size and appearance.
    pub name: String,
    /// The screen alone, and the rest.
    pub screen: &'a str,
    pub kind: &'a str,
    pub panel: &'a Panel,
    pub size: (u32, u32),
    pub pixels_per_mm: f32,
}

/// How a panel is seen: laid out, or also drawn, which takes far longer.
#[derive(Clone, Copy, PartialEq)]
pub enum Look {
    LaidOut,
    Drawn,
}

impl Look {
    fn at(self, panel: &mut Panel, view: &View) {
        match self {
            Look::LaidOut => panel.lay(view),
            Look::Drawn => drop(panel.draw(view)),
        }
    }
}

/// Whether it differs from what is seen anyway: contrast changes no layout and no word, and large text has the least room
/// on the first panel.
fn is_worth_a_look(look: Look, size: (u32, u32), appearance: Appearance, language: Language) -> bool {
    let (is_first, is_french) = (size == PANELS[0].0, language == Language::French);
    let is_large_worth_it = is_first && (is_french || look == Look::LaidOut);
    (!appearance.high_contrast || is_first && is_french) && (!appearance.large_text || is_large_worth_it)
}

/// Calls `see` with a panel for every screen in every language, size and appearance, also those only the panel knows.
pub fn on_every_panel(fonts: &Fonts, look: Look, mut see: impl FnMut(&Seen)) {
    for (size, pixels_per_mm) in PANELS {
        for (appearance_name, appearance) in APPEARANCES {
            for language in LANGUAGES.into_iter().filter(|language| is_worth_a_look(look, size, appearance, *language))
            {
                let end = format!("{language:?}-{}{appearance_name}", size.0);
                let mut see = |name: &str, panel: &Panel| {
                    see(&Seen { name: format!("{name}-{end}"), screen: name, kind: &end, panel, size, pixels_per_mm });
                };
                let panel_of = || Panel::new(size, fonts.clone());
                for (name, view) in every_view(language) {
                    let view = View { appearance, ..view };
                    let mut panel = panel_of();
                    look.at(&mut panel, &view);
                    see(&name, &panel);
                    // Another touch is needed there; the screens are the same.
                    if view.accessibility.screen_reader {
                        continue;
                    }
                    if matches!(view.screen, Screen::InCall(_)) && !name.starts_with("notice") {
                        let besides = ["participants", "layout", "accessibility", "caption-style"];
                        // What people choose for themselves is the same in every meeting.
                        let count = if matches!(name.as_str(), "call" | "call-host" | "share-on") { 4 } else { 2 };
                        for beside in &besides[..count] {
                            // Invitations and long notices have the foot of the panel for themselves.
                            if panel.targets().iter().all(|(target, _)| target != beside) {
                                break;
                            }
                            tap(&mut panel, beside, &view);
                            look.at(&mut panel, &view);
                            see(&format!("{name}-{beside}"), &panel);
                        }
                    }
                    if matches!(name.as_str(), "call" | "call-host" | "call-guest" | "call-group" | "call-reconnecting")
                    {
                        for way in SHEETS {
                            along(way, panel_of(), &view, look, |panel| {
                                see(&format!("{name}-{}", way.join("-")), panel)
                            });
                        }
                    }
                    if matches!(name.as_str(), "home" | "home-no-voice") {
                        tap(&mut panel, "accessibility", &view);
                        look.at(&mut panel, &view);
                        see(&format!("accessibility-{name}"), &panel);
                    }
                }
                for (name, way, view) in asides(language) {
                    let view = View { appearance, ..view };
                    let mut panel = panel_of();
                    look.at(&mut panel, &view);
                    for target in way {
                        tap(&mut panel, target, &view);
                        look.at(&mut panel, &view);
                    }
                    see(&name, &panel);
                }
                typing(panel_of(), View { appearance, ..home(language) }, look, &mut see);
                for (name, view) in before::days(language) {
                    whole_day(panel_of(), name, View { appearance, ..view }, look, &mut see);
                }
            }
        }
    }
}

/// Calls `see` with a display for every screen in every language and appearance, upright too, and with what people see
/// most in other sizes: its screen, and the rest.
pub fn on_every_display(fonts: &Fonts, look: Look, mut see: impl FnMut(&str, &str, &Display)) {
    for language in LANGUAGES {
        for (name, view) in every_view(language).into_iter().filter(|(name, _)| !name.starts_with("notice")) {
            let mut draw = |size: (u32, u32), end: &str, appearance| {
                let mut display = Display::new(size, fonts.clone());
                let view = View { appearance, ..view.clone() };
                match look {
                    Look::LaidOut => display.lay(&view),
                    Look::Drawn => drop(display.draw(&view)),
                }
                see(&name, &format!("{language:?}{end}"), &display);
            };
            draw(DISPLAY, "", view.appearance);
            if look == Look::LaidOut || language == Language::French {
                draw((1080, 1920), "-upright", view.appearance);
            }
            if look == Look::Drawn {
                continue;
            }
            if name.starts_with("home") || name == "standby" {
                draw(DISPLAY, "-contrast", APPEARANCES[1].1);
                draw((1280, 720), "-small", view.appearance);
            }
            if name == "home" {
                draw((3840, 2160), "-4k", view.appearance);
            }
        }
    }
}

/// What only the panel knows of: a code being typed.
fn typing(mut panel: Panel, view: View, look: Look, see: &mut impl FnMut(&str, &Panel)) {
    look.at(&mut panel, &view);
    tap(&mut panel, "code", &view);
    look.at(&mut panel, &view);
    see("code", &panel);
    for page in ["shift", "symbols", "shift", "symbols"] {
        tap(&mut panel, page, &view);
        look.at(&mut panel, &view);
        see(&format!("code-{page}"), &panel);
    }
    for key in "abc-defg-hij".chars() {
        tap(&mut panel, &key_name(key), &view);
    }
    let refused = View { notice: Some(room::view::Notice::NotADestination), ..view };
    look.at(&mut panel, &refused);
    see("code-typed", &panel);
    for key in "http://reunion.collectivites.example:8443/salle-du-conseil".chars() {
        tap(&mut panel, &key_name(key), &refused);
    }
    look.at(&mut panel, &refused);
    see("code-link", &panel);
}

/// A day that is opened, and its other parts and pages.
fn whole_day(mut panel: Panel, name: &str, view: View, look: Look, see: &mut impl FnMut(&str, &Panel)) {
    look.at(&mut panel, &view);
    tap(&mut panel, "day", &view);
    look.at(&mut panel, &view);
    see(name, &panel);
    for other in ["earlier", "later", "tomorrow", "recent"] {
        if panel.targets().iter().any(|(target, _)| target == other) {
            tap(&mut panel, other, &view);
            look.at(&mut panel, &view);
            see(&format!("{name}-{other}"), &panel);
        }
    }
}

/// Everything written on a panel.
pub fn said(panel: &Panel) -> Vec<String> {
    let shapes = panel.scene().widgets.iter().flat_map(|widget| &widget.shapes);
    shapes
        .filter_map(|shape| if let Shape::Text { text, .. } = shape { Some(text.content.clone()) } else { None })
        .collect()
}

/// The ways into what stands beside the controls of a meeting, where they are offered.
const SHEETS: [&[&str]; 15] = [
    &["participants", "code-of-meeting"],
    &["participants", "mute-all"],
    &["participants", "person-more-0"],
    &["participants", "person-more-1"],
    &["participants", "person-more-0", "remove"],
    &["more"],
    &["more", "chat"],
    &["more", "chat", "reply"],
    &["more", "chat", "write"],
    &["more", "chat", "write", "key-a"],
    &["more", "reactions"],
    &["more", "captions-sheet"],
    &["more", "connection"],
    &["more", "camera-turn"],
    &["more", "end-for-all"],
];

/// Shows a panel of which these targets were touched, if all of them are there.
fn along(way: &[&str], mut panel: Panel, view: &View, look: Look, see: impl FnOnce(&Panel)) {
    look.at(&mut panel, view);
    for target in way {
        if panel.targets().iter().all(|(name, _)| name != target) {
            return;
        }
        assert_eq!(tap(&mut panel, target, view), None, "{target} does something at once");
        look.at(&mut panel, view);
    }
    see(&panel);
}

pub fn save(name: &str, (width, height): (u32, u32), rgba: &[u8]) {
    let Ok(folder) = std::env::var("HUISCLOS_SCREENS") else { return };
    let file = std::fs::File::create(Path::new(&folder).join(format!("{name}.png"))).unwrap();
    let mut encoder = png::Encoder::new(file, width, height);
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_compression(png::Compression::Fast);
    encoder.write_header().unwrap().write_image_data(rgba).unwrap();
}

/// Where the letters of a text are, as opposed to the place it was given.
fn letters(text: &Text, area: Area, fonts: &Fonts) -> Rect {
    let shaped = fonts.shape(text, area.width);
    let spare = area.width - shaped.width;
    let x = match text.align {
        Align::Left => area.x,
        Align::Centre => area.x + spare / 2.0,
        Align::Right => area.x + spare,
    };
    let y = if text.at_top { area.y } else { area.y + (area.height - shaped.height) / 2.0 };
    Area::new(x, y, shaped.width, shaped.height).inset(1.0, text.size * 0.15).pixels(1.0)
}

/// Everything wrong with how texts and shapes sit in their places.
pub fn misfits(scene: &Scene, fonts: &Fonts) -> Vec<String> {
    let mut found = Vec::new();
    for widget in &scene.widgets {
        for shape in &widget.shapes {
            if !widget.area.holds(&shape.area()) {
                found.push(format!("{shape:?} sticks out of {:?}", widget.area));
            }
            let Shape::Text { text, area } = shape else { continue };
            let shaped = fonts.shape(text, area.width);
            let fits = shaped.width <= area.width + 0.51 && shaped.height <= area.height + 0.51;
            let lines_fit = shaped.line_count() <= usize::from(text.lines);
            if !(lines_fit && fits) {
                let size = (shaped.width, shaped.height, shaped.line_count());
                found.push(format!("{:?} ({:?}) takes {size:?}, has {area:?}", text.content, text.elide));
            }
            if text.elide == Elide::Never && shaped.lacks_letters() {
                found.push(format!("no font has every letter of {:?}", text.content));
            }
        }
    }
    let texts = scene.widgets.iter().flat_map(|widget| &widget.shapes).filter_map(|shape| match shape {
        Shape::Text { text, area } if !text.content.is_empty() => Some((text, letters(text, *area, fonts))),
        _ => None,
    });
    let texts: Vec<_> = texts.collect();
    for (index, widget) in scene.widgets.iter().enumerate() {
        for (nth, shape) in widget.shapes.iter().enumerate() {
            let (what, place) = match shape {
                Shape::Text { text, area } if !text.content.is_empty() => (&text.content, letters(text, *area, fonts)),
                Shape::Icon { area, .. } => (&String::new(), area.pixels(1.0)),
                _ => continue,
            };
            // An icon may carry a mark of its own.
            let own = widget.shapes[nth + 1..].iter().filter(|_| matches!(shape, Shape::Text { .. }));
            let later = scene.widgets[index + 1..].iter().flat_map(|widget| &widget.shapes);
            let covers = own.chain(later).find(|above| match above {
                Shape::Fill { area, .. } | Shape::Icon { area, .. } => area.pixels(1.0).overlaps(&place),
                _ => false,
            });
            found.extend(covers.map(|above| format!("{shape:?} {what:?} is covered by {above:?}")));
        }
    }
    for (index, (text, place)) in texts.iter().enumerate() {
        for (other, other_place) in &texts[index + 1..] {
            if place.overlaps(other_place) {
                found.push(format!("{:?} lies on {:?}", text.content, other.content));
            }
        }
    }
    found
}

#[test]
fn every_text_fits_its_place_in_every_language_size_and_appearance() {
    let fonts = fonts();
    let mut found = Vec::new();
    on_every_panel(&fonts, Look::LaidOut, |Seen { name, panel, .. }| {
        found.extend(misfits(panel.scene(), &fonts).into_iter().map(|misfit| format!("panel {name}: {misfit}")));
    });
    on_every_display(&fonts, Look::LaidOut, |screen, kind, display| {
        let name = format!("{screen}-{kind}");
        found.extend(misfits(display.scene(), &fonts).into_iter().map(|misfit| format!("display {name}: {misfit}")));
        let whole = Area::new(0.0, 0.0, display.surface().extent().0, display.surface().extent().1);
        let outside = display.scene().widgets.iter().filter(|widget| !whole.holds(&widget.area));
        found.extend(outside.map(|widget| format!("display {name}: {:?} leaves it", widget.area)));
    });
    assert!(found.is_empty(), "{} misfits:\n{}", found.len(), found[..found.len().min(400)].join("\n"));
}

#[test]
fn targets_are_as_large_as_fingers_apart_and_on_the_panel() {
    let fonts = fonts();
    let mut found = Vec::new();
    on_every_panel(&fonts, Look::LaidOut, |Seen { name, panel, size, pixels_per_mm, .. }| {
        let targets = panel.targets();
        for (index, (target, rect)) in targets.iter().enumerate() {
            let least = (9.0 * pixels_per_mm).floor() as u32;
            if rect.width < least || rect.height < least {
                found.push(format!("{name}: {target} is small: {rect:?}, {least} pixels needed"));
            }
            if rect.clipped(*size) != Some(*rect) {
                found.push(format!("{name}: {target} leaves the panel: {rect:?}"));
            }
            for (other, other_rect) in &targets[index + 1..] {
                // Where two meet between pixels, both count the pixel.
                let apart = Rect { x: rect.x + 1, y: rect.y + 1, width: rect.width - 2, height: rect.height - 2 };
                if apart.overlaps(other_rect) {
                    found.push(format!("{name}: {target} and {other} overlap"));
                }
                assert_ne!(target, other, "{name}: two targets of one name");
            }
        }
    });
    assert!(found.is_empty(), "{} misfits:\n{}", found.len(), found[..found.len().min(400)].join("\n"));
}

#[test]
fn what_can_be_pressed_can_be_said() {
    let mut found = std::collections::BTreeSet::new();
    on_every_panel(&fonts(), Look::LaidOut, |Seen { panel, .. }| {
        for target in panel.scene().widgets.iter().filter_map(|widget| widget.target.as_ref()) {
            let said = target.spoken.trim();
            if said.is_empty() || said.starts_with("spoken-") {
                found.insert(target.name.clone());
            }
        }
    });
    assert!(found.is_empty(), "without words: {found:?}");
}

/// What is seen at a point in a scene, below the shape of this widget: opaque fills, and what is laid over them.
fn ground(scene: &Scene, palette: &Palette, widget: usize, shape: usize, (x, y): (f32, f32)) -> Rgba {
    let inside = |fill: &Area| fill.x <= x && x < fill.right() && fill.y <= y && y < fill.bottom();
    let below = scene.widgets[..widget].iter().flat_map(|widget| &widget.shapes);
    let below = below.chain(&scene.widgets[widget].shapes[..shape]);
    let fills = below.filter_map(|shape| match shape {
        Shape::Fill { area, color, .. } if inside(area) => Some(palette.resolve(*color)),
        _ => None,
    });
    fills.fold(palette.resolve(BACKGROUND), |under, fill| over(fill, under))
}

/// A colour laid over an opaque one.
pub fn over(color: Rgba, under: Rgba) -> Rgba {
    let mix = |new: u8, old: u8| {
        let (new, old, alpha) = (u32::from(new), u32::from(old), u32::from(color.alpha));
        ((new * alpha + old * (255 - alpha)) / 255) as u8
    };
    let (red, green, blue) = (mix(color.red, under.red), mix(color.green, under.green), mix(color.blue, under.blue));
    Rgba { red, green, blue, alpha: u8::MAX }
}

/// How a text or an icon stands out from what is behind it, where it does so least; none for what has no letters.
fn stands_out(
    scene: &Scene,
    palette: &Palette,
    fonts: &Fonts,
    (widget, shape): (usize, usize),
) -> Option<(f32, Color)> {
    let (color, place) = match &scene.widgets[widget].shapes[shape] {
        Shape::Text { text, area } if !text.content.is_empty() => (text.color, letters(text, *area, fonts)),
        Shape::Icon { color, area, .. } => (*color, area.pixels(1.0)),
        _ => return None,
    };
    // Its first, middle and last letters may stand on different ground.
    let (x, y, width) = (place.x as f32, place.y as f32 + place.height as f32 / 2.0, place.width as f32);
    let points = [0.1, 0.5, 0.9].map(|part| (x + width * part, y));
    let ratios = points.map(|point| {
        let under = ground(scene, palette, widget, shape, point);
        contrast(over(palette.resolve(color), under), under)
    });
    Some((ratios.into_iter().fold(f32::MAX, f32::min), color))
}

/// WCAG 2.1 contrast ratio (EN 301 549, 11.1.4.3), 1 to 21.
pub fn contrast(a: Rgba, b: Rgba) -> f32 {
    let luminance = |color: Rgba| {
        let part = |value: u8| {
            let value = f32::from(value) / 255.0;
            if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * part(color.red) + 0.7152 * part(color.green) + 0.0722 * part(color.blue)
    };
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[test]
fn black_on_white_has_the_contrast_the_standard_says() {
    let (black, white) = (Rgba::hex(0), Rgba::hex(0xffffff));
    assert!((contrast(black, white) - 21.0).abs() < 0.01 && (contrast(white, white) - 1.0).abs() < 0.01);
    assert!((contrast(Rgba::hex(0x777777), white) - 4.48).abs() < 0.01, "the best known grey that just fails");
}

#[test]
fn what_is_laid_over_counts_as_seen() {
    let (black, white) = (Rgba::hex(0), Rgba::hex(0xffffff));
    assert_eq!(over(Rgba { alpha: 128, ..white }, black), Rgba::hex(0x808080));
    let half = Shape::Fill { area: Area::new(0.0, 0.0, 10.0, 10.0), radius: 0.0, color: WHITE.with_alpha(128) };
    let widget = Widget { area: Area::new(0.0, 0.0, 20.0, 10.0), target: None, words: None, shapes: vec![half] };
    let scene = Scene { widgets: vec![widget] };
    let behind = |x| ground(&scene, &HIGH_CONTRAST, 0, 1, (x, 5.0));
    assert_eq!((behind(5.0), behind(15.0)), (Rgba::hex(0x808080), black));
}

#[test]
fn text_and_icons_stand_out_from_what_is_behind_them() {
    let fonts = fonts();
    let mut found = std::collections::BTreeSet::new();
    let mut look = |name: &str, scene: &Scene, palette: &Palette, is_high: bool| {
        for (index, widget) in scene.widgets.iter().enumerate() {
            for (nth, shape) in widget.shapes.iter().enumerate() {
                let Some((ratio, color)) = stands_out(scene, palette, &fonts, (index, nth)) else { continue };
                let is_text = matches!(shape, Shape::Text { .. });
                let least = match (is_text, is_high) {
                    (true, true) => 7.0,
                    (true, false) | (false, true) => 4.5,
                    (false, false) => 3.0,
                };
                // What cannot be pressed now, and what only decorates, may be faint.
                if ratio < least && color != disabled_ink() && color != LINE {
                    found.insert(format!("{ratio:.1} of {least}: {shape:?} in {name}"));
                }
            }
        }
    };
    on_every_panel(&fonts, Look::LaidOut, |Seen { name, panel, .. }| {
        look(name, panel.scene(), panel.surface().palette(), name.contains("-contrast"));
    });
    on_every_display(&fonts, Look::LaidOut, |name, kind, display| {
        let is_high = kind.contains("-contrast") && name != "standby";
        look(&format!("display {name}-{kind}"), display.scene(), display.surface().palette(), is_high);
    });
    let listed = found.iter().take(30).cloned().collect::<Vec<_>>().join("\n");
    assert!(found.is_empty(), "{} faint:\n{listed}", found.len());
}

#[test]
fn redraws_nothing_when_nothing_visible_changes() {
    let fonts = fonts();
    let mut panel = Panel::new(PANEL, fonts.clone());
    let mut display = Display::new(DISPLAY, fonts);
    for (name, mut view) in every_view(Language::French) {
        let first = panel.draw(&view);
        assert!(panel.draw(&view).is_empty(), "{name} redraws itself");
        display.draw(&view);
        assert!(display.draw(&view).is_empty(), "{name} redraws itself on the display");
        // Seconds are not shown, nor is a breath too faint for the meter.
        view.local_time += Duration::from_secs(1);
        view.devices.microphone_level += 0.001;
        assert!(panel.draw(&view).is_empty(), "{name} redraws for an invisible change, after {first:?}");
    }
}

#[test]
fn a_partial_redraw_looks_like_a_full_one() {
    let fonts = fonts();
    // Scaled, so that edges fall between pixels.
    let sizes = [PANEL, (1024, 600), (1920, 1200)];
    for size in sizes {
        let mut kept = Panel::new(size, fonts.clone());
        for (name, view) in every_view(Language::German) {
            kept.draw(&view);
            let mut fresh = Panel::new(size, fonts.clone());
            fresh.draw(&view);
            // Where an edge leaves the redrawn region, its smoothing may differ by a step of 255; a trace by many.
            let pairs = kept.pixels().iter().zip(fresh.pixels());
            let worst = pairs.map(|(kept, fresh)| kept.abs_diff(*fresh)).max();
            assert!(worst <= Some(2), "{name} at {size:?} keeps traces of what was before: {worst:?}");
        }
    }
}

#[test]
fn a_minute_in_a_call_redraws_only_the_elapsed_time() {
    let mut panel = Panel::new(PANEL, fonts());
    let mut view = in_call(Language::English, |_| {});
    panel.draw(&view);
    if let Screen::InCall(call) = &mut view.screen {
        call.elapsed += Duration::from_secs(60);
    }
    let damage = panel.draw(&view);
    let pixels: u32 = damage.regions().iter().map(|region| region.width * region.height).sum();
    assert!(!damage.is_empty() && pixels < 20_000, "{pixels} pixels for one minute: {damage:?}");
}

/// As somebody sees it who sees no colours.
fn grey(rgba: &[u8]) -> Vec<u8> {
    let grey = |p: &[u8]| (0.2126 * f32::from(p[0]) + 0.7152 * f32::from(p[1]) + 0.0722 * f32::from(p[2])) as u8;
    rgba.chunks_exact(4).map(grey).collect()
}

#[test]
fn every_state_of_a_switch_looks_different_also_without_colours() {
    let fonts = fonts();
    let names = [
        "call",
        "call-off",
        "call-turning-on",
        "call-turning-off",
        "call-missing",
        "call-failed",
        "call-forbidden",
        "call-reconnecting",
    ];
    for (end, appearance) in APPEARANCES {
        let views = every_view(Language::French);
        let draw = |name: &&str| {
            let mut panel = Panel::new(PANEL, fonts.clone());
            let view = &views.iter().find(|(other, _)| other == name).unwrap().1;
            panel.draw(&View { appearance, ..view.clone() });
            let picture = grey(panel.pixels());
            save(
                &format!("grey-{name}{end}"),
                PANEL,
                &picture.iter().flat_map(|g| [*g, *g, *g, 255]).collect::<Vec<_>>(),
            );
            picture
        };
        let pictures: Vec<Vec<u8>> = names.iter().map(draw).collect();
        for (index, picture) in pictures.iter().enumerate() {
            for (other, name) in pictures.iter().zip(names).skip(index + 1) {
                // A shade that is a little darker tells nobody anything: the pixels that count differ much.
                let clearly = picture.iter().zip(other).filter(|(a, b)| a.abs_diff(**b) > 48).count();
                assert!(clearly > 1500, "{} and {name}{end} differ in {clearly} pixels", names[index]);
            }
        }
    }
}

#[test]
fn never_claims_to_be_heard_while_the_connection_is_lost() {
    let fonts = fonts();
    for language in LANGUAGES {
        let mut panel = Panel::new(PANEL, fonts.clone());
        panel.draw(&in_call(language, |call| call.reconnecting = true));
        let shapes = panel.scene().widgets.iter().flat_map(|widget| &widget.shapes);
        let said: Vec<&str> = shapes
            .filter_map(|shape| if let Shape::Text { text, .. } = shape { Some(text.content.as_str()) } else { None })
            .collect();
        for claim in ["microphone-on", "camera-on"] {
            assert!(!said.contains(&crate::phrases::say(language, claim).as_str()), "{language:?}: {claim}");
        }
        assert!(said.contains(&crate::sentence_reconnecting(language).as_str()));
    }
}

#[test]
fn draws_on_panels_of_any_shape() {
    let fonts = fonts();
    for size in [(0, 0), (1, 1), (800, 1280), (3840, 600)] {
        let (mut panel, mut display) = (Panel::new(size, fonts.clone()), Display::new(size, fonts.clone()));
        for (_, view) in every_view(Language::French) {
            panel.draw(&view);
            display.draw(&view);
        }
        assert_eq!(panel.pixels().len(), size.0 as usize * size.1 as usize * 4);
        assert_eq!(display.pixels().len(), panel.pixels().len());
    }
}

#[test]
fn in_standby_nothing_burns_in() {
    const SIZE: (u32, u32) = (480, 270);
    let mut view = home(Language::French);
    view.dimmed = true;
    let mut display = Display::new(SIZE, fonts());
    let steps = 120;
    let mut lit = vec![0_u32; SIZE.0 as usize * SIZE.1 as usize];
    let mut before = Vec::new();
    for step in 0..steps {
        display.draw(&view);
        if step < 12 {
            save(&format!("standby-{step:02}"), SIZE, display.pixels());
        }
        for (count, grey) in lit.iter_mut().zip(grey(display.pixels())) {
            *count += u32::from(grey > 24);
        }
        assert!(before != display.pixels(), "it stays where it is at step {step}");
        before = display.pixels().to_vec();
        view.local_time += Duration::from_secs(180);
    }
    let most = lit.iter().max().unwrap();
    assert!(*most <= steps * 2 / 5, "a pixel is lit at {most} of {steps} moments in six hours");
    assert!(grey(display.pixels()).iter().all(|grey| *grey < 160), "it is not dark");
}

#[test]
fn of_a_private_meeting_the_display_says_that_the_room_is_reserved_and_nothing_else() {
    for language in LANGUAGES {
        for dimmed in [false, true] {
            let mut view = View { dimmed, ..home(language) };
            view.agenda.truncate(1);
            // Whatever else is known of it.
            view.agenda[0].title = room::Title::Private;
            view.agenda[0].obstacle = Some(room::venue::Obstacle::TokenMissing);
            let words = |view: &View| {
                let mut display = Display::new(DISPLAY, fonts());
                display.draw(view);
                let shapes =
                    display.scene().widgets.iter().flat_map(|widget| widget.shapes.clone()).collect::<Vec<_>>();
                let text = |shape: &Shape| match shape {
                    Shape::Text { text, .. } => Some(text.content.clone()),
                    _ => None,
                };
                shapes.iter().filter_map(text).collect::<Vec<_>>()
            };
            let private = words(&view);
            let reserved = crate::phrases::say(language, "reserved");
            assert!(private.iter().any(|text| text.ends_with(&reserved)), "{private:?}");
            view.agenda[0].joinable = false;
            (view.agenda[0].obstacle, view.agenda[0].code) = (None, None);
            assert_eq!(private, words(&view), "a link, or what is wrong with it, changes nothing");
        }
    }
}

#[test]
fn the_code_for_others_is_there_when_people_come_and_not_before() {
    let mut view = home(Language::English);
    let shows = |view: &View| {
        let mut display = Display::new(DISPLAY, fonts());
        display.draw(view);
        format!("{:?}", display.scene()).contains("abc-defg-hij")
    };
    assert!(shows(&view), "two minutes before");
    assert!(!shows(&View { dimmed: true, ..view.clone() }), "nobody is there");
    view.local_time -= Duration::from_secs(3600);
    assert!(!shows(&view));
}
