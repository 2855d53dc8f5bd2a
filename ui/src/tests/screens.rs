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
use crate::scene::{Scene, Shape};
use crate::style::{BACKGROUND, LINE, Palette, Rgba};
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
    /// The screen's name alone, and that of the sheet it is on.
    pub screen: String,
    pub sheet: String,
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
fn is_worth_a_look(size: (u32, u32), appearance: Appearance, language: Language) -> bool {
    let is_first = size == PANELS[0].0;
    (!appearance.high_contrast || is_first && language == Language::French) && (!appearance.large_text || is_first)
}

/// Calls `see` with a panel for every screen in every language, size and appearance, also those only the panel knows.
pub fn on_every_panel(fonts: &Fonts, look: Look, mut see: impl FnMut(&Seen)) {
    for (size, pixels_per_mm) in PANELS {
        for (appearance_name, appearance) in APPEARANCES {
            for language in LANGUAGES.into_iter().filter(|language| is_worth_a_look(size, appearance, *language)) {
                let end = format!("{language:?}-{}{appearance_name}", size.0);
                let mut see = |name: &str, panel: &Panel| {
                    let (screen, sheet) = (name.to_owned(), format!("{}{appearance_name}-{language:?}", size.0));
                    see(&Seen { name: format!("{name}-{end}"), screen, sheet, panel, size, pixels_per_mm });
                };
                let panel_of = || Panel::new(size, fonts.clone());
                for (name, view) in every_view(language) {
                    let view = View { appearance, ..view };
                    let mut panel = panel_of();
                    look.at(&mut panel, &view);
                    see(&name, &panel);
                    if matches!(view.screen, Screen::InCall(_)) && !name.starts_with("notice") {
                        for beside in ["participants", "layout"] {
                            tap(&mut panel, beside, &view);
                            look.at(&mut panel, &view);
                            see(&format!("{name}-{beside}"), &panel);
                        }
                    }
                    if matches!(name.as_str(), "call" | "call-host" | "call-guest" | "call-reconnecting") {
                        for way in SHEETS {
                            along(way, panel_of(), &view, look, |panel| {
                                see(&format!("{name}-{}", way.join("-")), panel)
                            });
                        }
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
const SHEETS: [&[&str]; 14] = [
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
    let look = if std::env::var_os("HUISCLOS_SCREENS").is_some() { Look::Drawn } else { Look::LaidOut };
    on_every_panel(&fonts, look, |seen| {
        let Seen { name, panel, size, .. } = seen;
        if std::env::var_os("HUISCLOS_SCREENS").is_some() {
            save(&format!("panel-{name}"), *size, panel.pixels());
        }
        if !awaits_large_text(name) {
            found.extend(misfits(panel.scene(), &fonts).into_iter().map(|misfit| format!("panel {name}: {misfit}")));
        }
    });
    for language in LANGUAGES {
        for (name, view) in every_view(language).into_iter().filter(|(name, _)| !name.starts_with("notice")) {
            let mut display = Display::new(DISPLAY, fonts.clone());
            display.draw(&view);
            save(&format!("display-{name}-{language:?}"), DISPLAY, display.pixels());
            found
                .extend(misfits(display.scene(), &fonts).into_iter().map(|misfit| format!("display {name}: {misfit}")));
        }
    }
    assert!(found.is_empty(), "{} misfits:\n{}", found.len(), found[..found.len().min(40)].join("\n"));
}

/// Screens that are not yet laid out for large text, or for large fingers. To be empty.
const NOT_YET: [&str; 5] = ["call", "notice", "share", "invitation-call", "new-meeting"];

fn awaits_large_text(name: &str) -> bool {
    name.ends_with("-large") && NOT_YET.iter().any(|prefix| name.starts_with(prefix))
}

#[test]
fn targets_are_as_large_as_fingers_apart_and_on_the_panel() {
    let fonts = fonts();
    let mut found = Vec::new();
    on_every_panel(&fonts, Look::LaidOut, |Seen { name, panel, size, pixels_per_mm, .. }| {
        let least_mm = if NOT_YET.iter().any(|prefix| name.starts_with(prefix)) { 7.0 } else { 9.0 };
        let targets = panel.targets();
        for (index, (target, rect)) in targets.iter().enumerate() {
            let least = (least_mm * pixels_per_mm).floor() as u32;
            if !awaits_large_text(name) && (rect.width < least || rect.height < least) {
                found.push(format!("{name}: {target} is small: {rect:?}, {least} pixels needed"));
            }
            if !awaits_large_text(name) && rect.clipped(*size) != Some(*rect) {
                found.push(format!("{name}: {target} leaves the panel: {rect:?}"));
            }
            for (other, other_rect) in &targets[index + 1..] {
                // Where two meet between pixels, both count the pixel.
                let apart = Rect { x: rect.x + 1, y: rect.y + 1, width: rect.width - 2, height: rect.height - 2 };
                if apart.overlaps(other_rect) && !awaits_large_text(name) {
                    found.push(format!("{name}: {target} and {other} overlap"));
                }
                assert_ne!(target, other, "{name}: two targets of one name");
            }
        }
    });
    assert!(found.is_empty(), "{} misfits:\n{}", found.len(), found[..found.len().min(40)].join("\n"));
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

/// What is seen behind the middle of an area in a scene, below the shape of this widget.
fn ground(scene: &Scene, palette: &Palette, widget: usize, shape: usize, area: Area) -> Rgba {
    let (x, y) = area.centre();
    let inside = |fill: &Area| fill.x <= x && x < fill.right() && fill.y <= y && y < fill.bottom();
    let below = scene.widgets[..widget].iter().flat_map(|widget| &widget.shapes);
    let below = below.chain(&scene.widgets[widget].shapes[..shape]);
    let last = below.filter_map(|shape| match shape {
        Shape::Fill { area, color, .. } if inside(area) && color.alpha == u8::MAX => Some(*color),
        _ => None,
    });
    palette.resolve(last.last().unwrap_or(BACKGROUND))
}

/// WCAG 2.1 contrast ratio (EN 301 549, 11.1.4.3), 1 to 21.
fn contrast(a: Rgba, b: Rgba) -> f32 {
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
fn text_and_icons_stand_out_from_what_is_behind_them() {
    let mut found = std::collections::BTreeSet::new();
    let mut look = |name: &str, scene: &Scene, palette: &Palette, is_high: bool| {
        for (index, widget) in scene.widgets.iter().enumerate() {
            for (nth, shape) in widget.shapes.iter().enumerate() {
                let (color, area, least) = match shape {
                    Shape::Text { text, area } if !text.content.is_empty() => {
                        (text.color, *area, if is_high { 7.0 } else { 4.5 })
                    }
                    Shape::Icon { area, color, .. } => (*color, *area, if is_high { 4.5 } else { 3.0 }),
                    _ => continue,
                };
                // What cannot be pressed now, and what only decorates, may be faint.
                if color == disabled_ink() || color == LINE {
                    continue;
                }
                let ratio = contrast(palette.resolve(color), ground(scene, palette, index, nth, area));
                if ratio < least {
                    found.insert(format!("{ratio:.1} of {least}: {shape:?} in {name}"));
                }
            }
        }
    };
    on_every_panel(&fonts(), Look::LaidOut, |Seen { name, panel, .. }| {
        if awaits_large_text(name) {
            return;
        }
        let palette = panel.surface().palette();
        look(name, panel.scene(), palette, name.contains("-contrast"));
    });
    assert!(
        found.is_empty(),
        "{} faint:\n{}",
        found.len(),
        found.iter().take(30).cloned().collect::<Vec<_>>().join("\n")
    );
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

#[test]
fn every_state_of_a_switch_looks_different() {
    let fonts = fonts();
    let names = ["call", "call-off", "call-turning-on", "call-turning-off", "call-missing", "call-forbidden"];
    let views = every_view(Language::French);
    let pictures: Vec<Vec<u8>> = names
        .iter()
        .map(|name| {
            let mut panel = Panel::new(PANEL, fonts.clone());
            panel.draw(&views.iter().find(|(other, _)| other == name).unwrap().1);
            panel.pixels().to_vec()
        })
        .collect();
    for (index, picture) in pictures.iter().enumerate() {
        assert!(pictures[index + 1..].iter().all(|other| other != picture), "{} looks like another", names[index]);
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
            assert!(!said.contains(&crate::phrase::say(language, claim).as_str()), "{language:?}: {claim}");
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
