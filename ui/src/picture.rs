//! Small pictures laid over the remote people on the room display.

mod captions;

pub(crate) use captions::caption_colors;
pub use captions::captions;
use room::classified::Standing;
use room::view::Language;

use crate::canvas::Canvas;
use crate::fonts::Fonts;
use crate::frame::Frame;
use crate::geometry::{Area, Rect};
use crate::icon::Icon;
use crate::phrases::{say, say_with};
use crate::scene::{Shape, Widget};
use crate::sentence;
use crate::style::{ACCENT, BACKGROUND, CALM, DANGER_TEXT, GOOD, SURFACE, TEXT, WARNING, WHITE, color_of};
use crate::text::{Text, Weight};

/// No label is wider, in pixels.
const LABEL_WIDTH_MAX: f32 = 480.0;

/// A picture with straight alpha.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Red, green, blue and alpha of every pixel, row by row; `4 * width * height` bytes.
    pub rgba: Vec<u8>,
}

impl Picture {
    fn draw(width: u32, height: u32, fonts: &Fonts, shapes: &[Shape]) -> Picture {
        let (width, height) = (width.max(1), height.max(1));
        let Some(mut canvas) = Canvas::new(Rect { x: 0, y: 0, width, height }, 1.0, &CALM) else {
            return Picture { width: 0, height: 0, rgba: Vec::new() };
        };
        for shape in shapes {
            shape.draw(&mut canvas, fonts);
        }
        let mut rgba = canvas.pixels().to_vec();
        for pixel in rgba.chunks_exact_mut(4) {
            straighten(pixel);
        }
        Picture { width, height, rgba }
    }
}

/// What stands at the corner of a picture: a name, and what is to know of the person.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Label {
    pub text: String,
    /// A struck microphone.
    pub muted: bool,
    /// A raised hand.
    pub hand: bool,
    /// A pin: shown whoever speaks.
    pub pinned: bool,
    /// Struck bars: their connection is lost.
    pub lost: bool,
    /// One bar of three: the room's own connection is too poor for their picture.
    pub paused: bool,
    /// A struck lock: what they send cannot be decrypted, or is not encrypted where it must be.
    pub unreadable: bool,
    /// A screen: this is what they share.
    pub content: bool,
    /// A green edge.
    pub speaking: bool,
}

/// A dark pill with a person's name and marks, for the corner of their picture: transparent around it,
/// at most 480 pixels wide. `height_px` is the pill's height in pixels, 16 to 120.
pub fn label(fonts: &Fonts, label: &Label, height_px: u32) -> Picture {
    let Label { text, muted, hand, pinned, lost, paused, unreadable, content, speaking } = label;
    let (muted, hand, speaking) = (*muted, *hand, *speaking);
    let height = height_px.clamp(16, 120) as f32;
    let (side, padding, gap) = (height * 0.5, height * 0.38, height * 0.2);
    let weight = if speaking { Weight::SemiBold } else { Weight::Medium };
    let name = Text::foreign(text, height * 0.46).weight(weight).color(TEXT);
    let ground = BACKGROUND.with_alpha(216);

    let mut marks = Vec::new();
    if *content {
        marks.push((Icon::Screen, ACCENT, None));
    }
    if *pinned {
        marks.push((Icon::Pin, ACCENT, None));
    }
    if *unreadable {
        marks.push((Icon::Lock, WARNING, Some(BACKGROUND)));
    }
    if *lost {
        marks.push((Icon::Signal, WARNING, Some(BACKGROUND)));
    }
    if *paused && !*lost {
        marks.push((Icon::WeakSignal, WARNING, None));
    }
    if hand {
        marks.push((Icon::Hand, WARNING, None));
    }
    if muted {
        marks.push((Icon::Microphone, DANGER_TEXT, Some(BACKGROUND)));
    }
    let marks_width = marks.len() as f32 * (side + gap);
    let name_room = LABEL_WIDTH_MAX - 2.0 * padding - marks_width;
    // Shaped in the room it has, so that shortening happens once, at the final width.
    let name_width = fonts.width(&name).min(name_room);
    // Even: the display keeps chroma for every second pixel only.
    let width = ((2.0 * padding + marks_width + name_width) / 2.0).ceil() * 2.0;

    let area = Area::new(0.0, 0.0, width, height);
    let mut shapes = vec![Shape::Fill { area, radius: height / 2.0, color: ground }];
    if speaking {
        let line = (height * 0.07).max(2.0);
        shapes.push(Shape::Outline { area, radius: height / 2.0, width: line, color: GOOD });
    }
    let mut x = padding;
    for (icon, color, slash) in marks {
        shapes.push(Shape::Icon { icon, area: Area::new(x, 0.0, side, height).square(side), color, slash });
        x += side + gap;
    }
    shapes.push(Shape::Text { text: name, area: Area::new(x, 0.0, name_width, height) });
    Picture::draw(width as u32, height as u32, fonts, &shapes)
}

/// Stands for a person who shows no camera: their initials in a circle, on dark grey, all opaque.
pub fn placeholder(fonts: &Fonts, name: &str, width: u32, height: u32) -> Picture {
    let area = Area::new(0.0, 0.0, width as f32, height as f32);
    let side = (area.height * 0.46).min(area.width * 0.46);
    let disc = area.square(side);
    let mut shapes = vec![
        Shape::Fill { area, radius: 0.0, color: SURFACE },
        Shape::Fill { area: disc, radius: side / 2.0, color: color_of(name.trim()) },
    ];
    let letters = initials(name);
    if letters.is_empty() {
        shapes.push(Shape::Icon { icon: Icon::People, area: disc.square(side * 0.5), color: WHITE, slash: None });
    } else {
        let text = Text::foreign(&letters, side * 0.38).weight(Weight::SemiBold).color(WHITE).centred();
        shapes.push(Shape::Text { text, area: disc });
    }
    Picture::draw(width, height, fonts, &shapes)
}

/// Stands for `count` people who have no tile, all opaque.
pub fn more(fonts: &Fonts, count: usize, width: u32, height: u32) -> Picture {
    let area = Area::new(0.0, 0.0, width as f32, height as f32);
    let text = Text::new(format!("+{count}"), area.height * 0.3).weight(Weight::SemiBold).color(TEXT).centred();
    let shapes = [Shape::Fill { area, radius: 0.0, color: SURFACE }, Shape::Text { text, area }];
    Picture::draw(width, height, fonts, &shapes)
}

/// A mark that says that a picture stands still, for a corner of it; transparent around it.
pub fn still(fonts: &Fonts, language: Language, height_px: u32) -> Picture {
    let height = height_px.clamp(16, 120) as f32;
    let (side, padding) = (height * 0.5, height * 0.38);
    let text = Text::new(say(language, "display-still"), height * 0.44).weight(Weight::Medium).color(TEXT);
    let words = fonts.width(&text);
    let width = ((2.0 * padding + side * 1.4 + words) / 2.0).ceil() * 2.0;
    let area = Area::new(0.0, 0.0, width, height);
    let icon = Area::new(padding, 0.0, side, height).square(side);
    let shapes = [
        Shape::Fill { area, radius: height / 2.0, color: BACKGROUND.with_alpha(216) },
        Shape::Icon { icon: Icon::Signal, area: icon, color: WARNING, slash: Some(BACKGROUND) },
        Shape::Text { text, area: Area::new(padding + side * 1.4, 0.0, words, height) },
    ];
    Picture::draw(width as u32, height as u32, fonts, &shapes)
}

/// Whose share it is.
pub fn sentence_sharing(language: Language, name: &str) -> String {
    say_with(language, "display-sharing", &[("name", sentence::name(language, name).into())])
}

/// A translucent strip with a sentence, as wide as the screen and about a twentieth as high.
pub fn banner(fonts: &Fonts, text: &str, width: u32) -> Picture {
    let height = (width as f32 * 0.05).clamp(40.0, 120.0).round();
    let area = Area::new(0.0, 0.0, width as f32, height);
    let text = Text::foreign(text, height * 0.4).weight(Weight::SemiBold).centred();
    let shapes = [
        Shape::Fill { area, radius: 0.0, color: BACKGROUND.with_alpha(208) },
        Shape::Fill { area: area.below(height - 4.0), radius: 0.0, color: WARNING.with_alpha(230) },
        Shape::Text { text, area: area.inset(height * 0.5, 0.0) },
    ];
    Picture::draw(width, height as u32, fonts, &shapes)
}

/// The frame around a classified room's display of this size in pixels, to be laid over whatever it shows: four pictures
/// and where they stand. None covers another, and the middle stays free.
pub fn frame(
    fonts: &Fonts,
    language: Language,
    standing: Standing,
    (width, height): (u32, u32),
) -> Vec<(Rect, Picture)> {
    let size = (width as f32, height as f32);
    let mut edges = Frame::designed(size).whole().widgets(size, fonts, language, standing);
    let picture = |edge: &mut Widget| {
        let place = edge.area.pixels(1.0);
        edge.move_by(-(place.x as f32), -(place.y as f32));
        (place, Picture::draw(place.width, place.height, fonts, &edge.shapes))
    };
    edges.iter_mut().map(picture).collect()
}

/// What the room display says while a lost connection is being restored.
pub fn sentence_reconnecting(language: Language) -> String {
    say(language, "reconnecting")
}

/// The first letters of the first and the last word of a name; empty when it has no letters.
pub(crate) fn initials(name: &str) -> String {
    let mut firsts = name.split_whitespace().filter_map(|word| word.chars().find(|c| c.is_alphanumeric()));
    let (first, last) = (firsts.next(), firsts.next_back());
    first.into_iter().chain(last).flat_map(char::to_uppercase).collect()
}

/// Turns a premultiplied pixel into one with straight alpha.
fn straighten(pixel: &mut [u8]) {
    let [.., alpha] = *pixel else { return };
    if alpha != 0 && alpha != u8::MAX {
        for channel in &mut pixel[..3] {
            let straight = (u32::from(*channel) * 255 + u32::from(alpha) / 2) / u32::from(alpha);
            *channel = straight.min(255) as u8;
        }
    }
}
