//! What every screen looks like.

use std::path::Path;
use std::time::Duration;

use room::View;
use room::view::{Language, Screen};

use super::examples::{LANGUAGES, every_view, fonts, home, in_call};
use super::touches::{key_name, tap};
use crate::geometry::Area;
use crate::scene::{Scene, Shape};
use crate::text::{Align, Elide, Text};
use crate::{Display, Fonts, Panel, Rect};

const PANEL: (u32, u32) = (1280, 800);
const DISPLAY: (u32, u32) = (1920, 1080);

/// Calls `see` with a panel for every screen in every language, also those only the panel knows.
fn on_every_panel(fonts: &Fonts, mut see: impl FnMut(&str, &Panel)) {
    for language in LANGUAGES {
        for (name, view) in every_view(language) {
            let mut panel = Panel::new(PANEL, fonts.clone());
            panel.draw(&view);
            see(&format!("{name}-{language:?}"), &panel);
            if matches!(view.screen, Screen::InCall(_)) {
                for beside in ["participants", "layout"] {
                    tap(&mut panel, beside, &view);
                    panel.draw(&view);
                    see(&format!("{name}-{beside}-{language:?}"), &panel);
                }
            }
        }
        let view = home(language);
        let mut panel = Panel::new(PANEL, fonts.clone());
        panel.draw(&view);
        tap(&mut panel, "code", &view);
        panel.draw(&view);
        see(&format!("code-{language:?}"), &panel);
        for key in "abc-defg-hij".chars() {
            tap(&mut panel, &key_name(key), &view);
        }
        let refused = View { notice: Some(room::view::Notice::NotADestination), ..view };
        panel.draw(&refused);
        see(&format!("code-typed-{language:?}"), &panel);
        for key in "http://reunion.collectivites.example:8443/salle-du-conseil".chars() {
            tap(&mut panel, &key_name(key), &refused);
        }
        panel.draw(&refused);
        see(&format!("code-link-{language:?}"), &panel);
    }
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
fn misfits(scene: &Scene, fonts: &Fonts) -> Vec<String> {
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
fn every_text_fits_its_place_in_every_language() {
    let fonts = fonts();
    let mut found = Vec::new();
    on_every_panel(&fonts, |name, panel| {
        save(&format!("panel-{name}"), PANEL, panel.pixels());
        found.extend(misfits(panel.scene(), &fonts).into_iter().map(|misfit| format!("panel {name}: {misfit}")));
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
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn the_layouts_can_be_seen_on_smaller_panels() {
    let fonts = fonts();
    for size in [(1024, 600), (800, 480)] {
        for language in LANGUAGES {
            for (name, view) in every_view(language) {
                if !matches!(name.as_str(), "call-nothing-shared" | "call-shares") {
                    continue;
                }
                for beside in ["participants", "layout"] {
                    let mut panel = Panel::new(size, fonts.clone());
                    panel.draw(&view);
                    tap(&mut panel, beside, &view);
                    panel.draw(&view);
                    save(&format!("panel-{name}-{beside}-{language:?}-{}", size.0), size, panel.pixels());
                    for (target, rect) in panel.targets() {
                        assert_eq!(rect.clipped(size), Some(rect), "{name}: {target} leaves a panel of {size:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn targets_are_large_apart_and_on_the_panel() {
    let fonts = fonts();
    on_every_panel(&fonts, |name, panel| {
        let targets = panel.targets();
        for (index, (target, rect)) in targets.iter().enumerate() {
            assert!(rect.width >= 64 && rect.height >= 64, "{name}: {target} is small: {rect:?}");
            assert_eq!(rect.clipped(PANEL), Some(*rect), "{name}: {target} leaves the panel");
            for (other, other_rect) in &targets[index + 1..] {
                assert!(!rect.overlaps(other_rect), "{name}: {target} and {other} overlap");
                assert_ne!(target, other, "{name}: two targets of one name");
            }
        }
    });
}

#[test]
fn every_pixel_is_opaque() {
    on_every_panel(&fonts(), |name, panel| {
        assert!(panel.pixels().chunks_exact(4).all(|pixel| pixel[3] == 255), "{name} is translucent");
    });
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
