//! The small pictures over remote people.

use super::examples::{LANGUAGES, fonts, more_fonts};
use super::screens::{contrast, over, save};
use crate::geometry::Rect;
use crate::picture::initials;
use crate::style::{ACCENT, CALM, DANGER_TEXT, GOOD, Rgba, TEXT, WARNING};
use crate::text::{Text, Weight};
use room::classified::Standing;
use room::view::{Caption, CaptionColor, CaptionSize, CaptionStyle, Language};

use crate::{
    FontError, Fonts, Label, Picture, banner, captions, more, placeholder, sentence_reconnecting, sentence_sharing,
    still,
};

fn label(fonts: &Fonts, text: &str, muted: bool, hand: bool, speaking: bool, height_px: u32) -> Picture {
    let label = Label { text: text.into(), muted, hand, speaking, ..Label::default() };
    crate::label(fonts, &label, height_px)
}

/// Where it is light, without its colours.
fn grey(picture: &Picture) -> Vec<bool> {
    picture.rgba.chunks_exact(4).map(|p| p[..3].iter().map(|&c| u32::from(c)).sum::<u32>() > 300).collect()
}

fn pixel(picture: &Picture, x: u32, y: u32) -> [u8; 4] {
    let at = ((y * picture.width + x) * 4) as usize;
    picture.rgba[at..at + 4].try_into().unwrap()
}

#[test]
fn a_label_is_a_pill_with_transparent_corners() {
    let fonts = fonts();
    let label = label(&fonts, "Anna Schmidt", false, false, false, 48);
    assert_eq!((label.height, label.rgba.len()), (48, (label.width * 48 * 4) as usize));
    assert_eq!(pixel(&label, 0, 0)[3], 0);
    assert!(pixel(&label, label.width / 2, 3)[3] > 200);
}

#[test]
fn names_in_other_scripts_are_letters_and_not_boxes() {
    let (inter, more) = (fonts(), more_fonts());
    let names = ["Ελένη Παπαδοπούλου", "Наталія Їжак", "فاطمة الزهراء", "דוד בן־גוריון", "Nguyễn Thị Ánh"];
    for (index, name) in names.into_iter().enumerate() {
        let shaped = more.shape(&Text::foreign(name, 24.0).weight(Weight::SemiBold), 800.0);
        assert!(!shaped.lacks_letters(), "{name}");
        // Also what is written from the right begins where it is put.
        let (left, right) = shaped.extent();
        assert!(left == 0.0 && right <= shaped.width + 1.0, "{name}: {left} to {right} of {}", shaped.width);
        let label = label(&more, name, false, false, false, 64);
        save(&format!("label-script-{index}"), (label.width, label.height), &label.rgba);
        let picture = placeholder(&more, name, 320, 180);
        save(&format!("placeholder-script-{index}"), (picture.width, picture.height), &picture.rgba);
    }
    assert!(inter.shape(&Text::foreign("فاطمة", 24.0), 800.0).lacks_letters(), "Inter alone would do");
}

#[test]
fn emoji_are_in_colour_and_as_large_as_letters() {
    let fonts = more_fonts();
    let text = Text::foreign("👍🏽 🎉", 32.0);
    let shaped = fonts.shape(&text, 400.0);
    assert!(!shaped.lacks_letters() && (60.0..140.0).contains(&shaped.width), "{}", shaped.width);
    let label = label(&fonts, "👍🏽 🎉", false, false, false, 64);
    save("label-emoji", (label.width, label.height), &label.rgba);
    // Premultiplied: a colour is one whatever it lies on.
    let is_coloured = |pixel: &[u8]| pixel[0].abs_diff(pixel[2]) > 60;
    let coloured = label.rgba.chunks_exact(4).filter(|pixel| is_coloured(pixel)).count();
    assert!(coloured > 100, "{coloured}: they are grey");
}

#[test]
fn a_label_never_grows_beyond_its_width() {
    let fonts = fonts();
    let name = "Jean-Baptiste de La Rochefoucauld-Liancourt du Château de la Tour d’Argent";
    for (muted, hand) in [(false, false), (true, true)] {
        assert!(label(&fonts, name, muted, hand, true, 56).width <= 480);
    }
    assert!(label(&fonts, &"W".repeat(100_000), true, true, true, 4_000).width <= 480);
}

#[test]
fn muted_raised_and_speaking_each_look_different() {
    let fonts = fonts();
    let labels = [(false, false, false), (true, false, false), (false, true, false), (false, false, true)]
        .map(|(muted, hand, speaking)| label(&fonts, "Anna", muted, hand, speaking, 48));
    for (index, label) in labels.iter().enumerate() {
        save(&format!("label-{index}"), (label.width, label.height), &label.rgba);
    }
    for (index, one) in labels.iter().enumerate() {
        assert!(labels[index + 1..].iter().all(|other| other != one));
    }
}

#[test]
fn a_placeholder_is_opaque_and_exactly_as_large_as_asked() {
    let fonts = fonts();
    for (name, width, height) in [("Anna Schmidt", 640, 360), ("", 320, 180), ("李", 99, 301)] {
        let picture = placeholder(&fonts, name, width, height);
        save(&format!("placeholder-{width}"), (width, height), &picture.rgba);
        assert_eq!((picture.width, picture.height), (width, height));
        assert_eq!(picture.rgba.len(), (width * height * 4) as usize);
        assert!(picture.rgba.chunks_exact(4).all(|pixel| pixel[3] == 255), "{name} is translucent");
    }
}

#[test]
fn initials_come_from_the_first_and_the_last_name() {
    assert_eq!(initials("Anna Maria Schmidt"), "AS");
    assert_eq!(initials("édouard"), "É");
    assert_eq!(initials("Grace Hopper (she/her)"), "GS");
    assert_eq!(initials(" — "), "");
}

#[test]
fn a_banner_is_as_wide_as_asked_and_lets_the_picture_shine_through() {
    let fonts = fonts();
    for language in LANGUAGES {
        let banner = banner(&fonts, &sentence_reconnecting(language), 1920);
        save(&format!("banner-{language:?}"), (banner.width, banner.height), &banner.rgba);
        assert_eq!((banner.width, banner.height), (1920, 96));
        let [.., alpha] = pixel(&banner, 2, 2);
        assert!(alpha > 150 && alpha < 255);
    }
}

#[test]
fn fonts_that_are_no_fonts_are_refused() {
    assert!(matches!(Fonts::new(Vec::<Vec<u8>>::new()), Err(FontError::NoFont)));
    assert!(matches!(Fonts::new(vec![b"not a font".to_vec()]), Err(FontError::Unreadable { index: 0 })));
}

fn said(name: &str, text: &str) -> Caption {
    Caption { name: name.into(), text: text.into() }
}

#[test]
fn captions_are_readable_in_every_script_and_show_the_end_of_what_is_long() {
    let fonts = more_fonts();
    let long = "So what we want to decide today is whether the second floor gets its own room, or whether we \
                share the one downstairs until the works are over, which may well take until the summer after next";
    let cases = [
        vec![said("Anna Schmidt", "Guten Morgen.")],
        vec![said("Anna Schmidt", "Guten Morgen zusammen, hören Sie mich?"), said("Édouard Lefèvre", long)],
        vec![said("Édouard Lefèvre", long), said("Édouard Lefèvre", "Merci.")],
        vec![said("فاطمة الزهراء", "صباح الخير جميعا، هل تسمعونني جيدا؟ نبدأ الآن مع النقطة الأولى")],
        vec![said("דוד", "בוקר טוב לכולם"), said("", "Bonjour")],
    ];
    for (index, case) in cases.iter().enumerate() {
        let picture = captions(&fonts, Language::French, case, CaptionStyle::default(), 1200);
        save(&format!("captions-{index}"), (picture.width, picture.height), &picture.rgba);
        assert_eq!((picture.width, picture.height % 2), (1200, 0));
        assert!(picture.height <= 300, "captions {index} are {} high", picture.height);
        assert!(picture.rgba.chunks_exact(4).all(|pixel| pixel[3] == 255), "what is below would shine through");
        let white = picture.rgba.chunks_exact(4).filter(|pixel| pixel[..3] == [255, 255, 255]).count();
        assert!(white > 500, "{white} white pixels");
    }
    // The end counts: a word more changes the picture.
    let (before, after) = (said("A", long), said("A", &format!("{long} again")));
    let draw = |caption| captions(&fonts, Language::English, &[caption], CaptionStyle::default(), 1200);
    assert_ne!(draw(before), draw(after));
}

#[test]
fn names_over_the_brightest_picture_can_be_read() {
    let fonts = fonts();
    let name = label(&fonts, "Anna", false, false, false, 48);
    let still = still(&fonts, Language::French, 48);
    let banner = banner(&fonts, "Connexion perdue", 1920);
    for (what, picture, at) in [("name", &name, name.width / 2), ("still", &still, 24), ("banner", &banner, 20)] {
        // Where there are no letters.
        let [red, green, blue, alpha] = pixel(picture, at, 4);
        let ground = over(Rgba { red, green, blue, alpha }, Rgba::hex(0xffffff));
        let ratio = |color| contrast(CALM.resolve(color), ground);
        assert!(ratio(TEXT) >= 7.0, "{what}: {}", ratio(TEXT));
        let marks = [ACCENT, WARNING, DANGER_TEXT, GOOD].map(ratio);
        assert!(marks.iter().all(|ratio| *ratio >= 3.0), "{what}: {marks:?}");
    }
}

#[test]
fn captions_are_as_large_and_as_coloured_as_people_asked() {
    let fonts = more_fonts();
    let case = [said("Anna Schmidt", "Guten Morgen zusammen, hören Sie mich?"), said("Édouard", "Oui, très bien.")];
    let draw = |size, color| captions(&fonts, Language::French, &case, CaptionStyle { size, color }, 1200);
    let heights = [CaptionSize::Usual, CaptionSize::Large, CaptionSize::Largest]
        .map(|size| draw(size, CaptionColor::WhiteOnBlack).height);
    assert!(heights[0] < heights[1] && heights[1] < heights[2] && heights[2] < 540, "{heights:?}");
    for (name, color, ground) in [
        ("white", CaptionColor::WhiteOnBlack, [8, 12, 18]),
        ("yellow", CaptionColor::YellowOnBlack, [8, 12, 18]),
        ("black", CaptionColor::BlackOnWhite, [255, 255, 255]),
    ] {
        let picture = draw(CaptionSize::Largest, color);
        save(&format!("captions-{name}"), (picture.width, picture.height), &picture.rgba);
        assert_eq!(pixel(&picture, 1, 1)[..3], ground, "{name}");
    }
}

#[test]
fn marks_of_the_display_are_drawn_in_every_language() {
    let fonts = fonts();
    for language in LANGUAGES {
        let picture = still(&fonts, language, 40);
        save(&format!("still-{language:?}"), (picture.width, picture.height), &picture.rgba);
        let text = sentence_sharing(language, "Anna Schmidt");
        assert!(text.contains("Anna Schmidt"), "{text}");
        let label = Label { text, content: true, ..Label::default() };
        let picture = crate::label(&fonts, &label, 40);
        save(&format!("sharing-{language:?}"), (picture.width, picture.height), &picture.rgba);
    }
    let all = Label { text: "Anna".into(), muted: true, hand: true, pinned: true, lost: true, ..Label::default() };
    let draw =
        |paused, lost| crate::label(&fonts, &Label { text: "Anna".into(), paused, lost, ..Label::default() }, 40);
    let (paused, lost, both) = (draw(true, false), draw(false, true), draw(true, true));
    save("label-paused", (paused.width, paused.height), &paused.rgba);
    save("label-lost", (lost.width, lost.height), &lost.rgba);
    assert!(paused != lost && paused != draw(false, false), "told apart by shape");
    assert!(grey(&paused) != grey(&lost), "and without colours");
    assert_eq!(both, lost, "who is gone cannot be paused");
    let picture = crate::label(&fonts, &all, 40);
    save("label-all", (picture.width, picture.height), &picture.rgba);
    let picture = more(&fonts, 12, 320, 180);
    save("more", (picture.width, picture.height), &picture.rgba);
}

#[test]
fn the_frame_of_a_classified_display_surrounds_it_and_leaves_the_middle_free() {
    for size in [(1920, 1080), (1080, 1920), (3840, 2160)] {
        let parts = crate::frame(&fonts(), Language::German, Standing::Withheld, size);
        let covered: u64 = parts.iter().map(|(place, _)| u64::from(place.width) * u64::from(place.height)).sum();
        assert!(covered < u64::from(size.0) * u64::from(size.1) / 6, "{covered} of {size:?}");
        for (index, (place, picture)) in parts.iter().enumerate() {
            assert_eq!((picture.width, picture.height), (place.width, place.height));
            assert!(place.clipped(size) == Some(*place), "{place:?} leaves {size:?}");
            assert!(parts[index + 1..].iter().all(|(other, _)| !place.overlaps(other)), "{place:?}");
            let has = |pixel: &[u8]| picture.rgba.chunks_exact(4).any(|other| other == pixel);
            assert!(picture.rgba.chunks_exact(4).all(|pixel| pixel[3] == 255), "something is seen through it");
            let first = &picture.rgba[..4];
            assert!(has(first) && picture.rgba.chunks_exact(4).any(|pixel| pixel != first), "it has no stripes");
        }
        for corner in [(0, 0), (size.0 - 1, 0), (0, size.1 - 1), (size.0 - 1, size.1 - 1)] {
            let is_in =
                |place: &Rect| Rect { x: corner.0 as i32, y: corner.1 as i32, width: 1, height: 1 }.overlaps(place);
            assert!(parts.iter().any(|(place, _)| is_in(place)), "{corner:?}");
        }
    }
}
