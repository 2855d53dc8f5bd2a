//! What is said, as text over the bottom of the room display.

use room::view::{Caption, CaptionColor, CaptionSize, CaptionStyle, Language};

use super::Picture;
use crate::fonts::Fonts;
use crate::geometry::Area;
use crate::scene::Shape;
use crate::sentence;
use crate::style::{BEHIND, Color, QUIET, WARNING, WHITE};
use crate::text::{Elide, Text, Weight};

const PADDING: f32 = 22.0;
/// Of the letters' em; a display is read from five metres.
const SIZE: f32 = 42.0;
const NAME: f32 = 36.0;
/// Lines for what is being said now; what was said before takes one.
const LINES: u8 = 2;

/// The last captions, the oldest first, as an opaque box `width` pixels wide and as high as it must be, in this
/// style. Of what does not fit the end is shown: that is what is being said.
pub fn captions(fonts: &Fonts, language: Language, captions: &[Caption], style: CaptionStyle, width: u32) -> Picture {
    let scale = match style.size {
        CaptionSize::Usual => 1.0,
        CaptionSize::Large => 4.0 / 3.0,
        CaptionSize::Largest => 5.0 / 3.0,
    };
    let (ink, ground) = caption_colors(style.color);
    let quiet = if style.color == CaptionColor::BlackOnWhite { BEHIND.mixed(WHITE, 25) } else { QUIET };
    let name_height = NAME * scale;
    let inside = width as f32 - 2.0 * PADDING;
    let mut shapes = Vec::new();
    let mut y = PADDING * 0.6;
    let mut before: Option<&str> = None;
    for (index, caption) in captions.iter().enumerate() {
        let is_last = index + 1 == captions.len();
        if before != Some(&caption.name) {
            let name = sentence::name(language, &caption.name);
            let name = aligned(Text::foreign(&name, 26.0 * scale).weight(Weight::SemiBold).color(quiet), &caption.text);
            shapes.push(Shape::Text { text: name, area: Area::new(PADDING, y, inside, name_height) });
            y += name_height;
        }
        before = Some(&caption.name);
        let lines = if is_last { LINES } else { 1 };
        let text =
            aligned(end_of(fonts, &caption.text, SIZE * scale, inside, lines).color(ink).at_top(), &caption.text);
        let height = fonts.shape(&text, inside).height;
        shapes.push(Shape::Text { text, area: Area::new(PADDING, y, inside, height) });
        y += height;
    }
    // Even: the display keeps chroma for every second pixel only.
    let height = ((y + PADDING * 0.6) / 2.0).ceil() * 2.0;
    let ground = Shape::Fill { area: Area::new(0.0, 0.0, width as f32, height), radius: 0.0, color: ground };
    shapes.insert(0, ground);
    Picture::draw(width, height as u32, fonts, &shapes)
}

/// Of the letters, and of what is behind them.
pub(crate) fn caption_colors(color: CaptionColor) -> (Color, Color) {
    match color {
        CaptionColor::WhiteOnBlack => (WHITE, BEHIND),
        CaptionColor::YellowOnBlack => (WARNING, BEHIND),
        CaptionColor::BlackOnWhite => (BEHIND, WHITE),
    }
}

/// As much of the end of a text as fits these lines, from a word on.
fn end_of(fonts: &Fonts, said: &str, size: f32, width: f32, lines: u8) -> Text {
    let whole = Text::foreign(said, size).weight(Weight::Medium).lines(lines);
    let height = f32::from(lines) * fonts.shape(&Text::new("x", size).weight(Weight::Medium), width).height + 1.0;
    // Laid out freely, to see how many lines it takes.
    let fits = |content: &str| {
        let free = Text { elide: Elide::Never, lines: u8::MAX, ..whole.clone() };
        fonts.shape(&Text { content: content.to_owned(), ..free }, width).height <= height
    };
    if fits(&whole.content) {
        return whole;
    }
    let content = whole.content.as_str();
    let words: Vec<usize> = content.match_indices(char::is_whitespace).map(|(at, _)| at + 1).collect();
    // Some scripts write no spaces.
    let starts = if words.len() * 20 < content.chars().count() {
        content.char_indices().map(|(at, _)| at).collect()
    } else {
        words
    };
    let rest = |start: usize| format!("… {}", content.get(start..).unwrap_or_default());
    let first = starts.partition_point(|start| !fits(&rest(*start)));
    let content = rest(starts.get(first).copied().unwrap_or(content.len()));
    Text { content, ..whole }
}

/// Text stands where its script begins: at the left, or at the right in Hebrew and Arabic.
fn aligned(text: Text, script_of: &str) -> Text {
    let first = script_of.chars().find(|c| c.is_alphabetic());
    let from_the_right =
        |c: char| matches!(c, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}');
    if first.is_some_and(from_the_right) { text.right() } else { text }
}
