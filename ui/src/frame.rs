//! Around every screen of a classified room: a striped frame, and in its upper edge what the room is and how it stands.
//! Layouts know nothing of it: they have the room inside, which is as large as without a frame.

use room::classified::{Demand, Standing};
use room::view::Language;

use crate::fonts::Fonts;
use crate::geometry::Area;
use crate::icon::Icon;
use crate::phrases::say;
use crate::scene::{Shape, Widget};
use crate::style::{BEHIND, Color, DANGER_TEXT, GOOD, TEXT, WARNING};
use crate::text::{Elide, Text, Weight};

/// How thick the frame is at each edge, in layout units.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Frame {
    pub top: f32,
    /// At the sides and below.
    pub edge: f32,
}

impl Frame {
    /// Of a screen designed for this size.
    pub fn designed((width, height): (f32, f32)) -> Frame {
        let unit = width.min(height) / 800.0;
        Frame { top: 52.0 * unit, edge: 16.0 * unit }
    }

    /// So many times as thick.
    pub fn times(self, factor: f32) -> Frame {
        Frame { top: self.top * factor, edge: self.edge * factor }
    }

    /// As thick, in whole units.
    pub fn whole(self) -> Frame {
        Frame { top: self.top.round(), edge: self.edge.round() }
    }

    /// A size with the frame around it.
    pub fn around(self, (width, height): (f32, f32)) -> (f32, f32) {
        (width + 2.0 * self.edge, height + self.top + self.edge)
    }

    /// What is inside, seen from its own corner.
    pub fn inside(self, (width, height): (f32, f32)) -> Area {
        Area::new(0.0, 0.0, width - 2.0 * self.edge, height - self.top - self.edge)
    }

    /// The frame around a screen of this size: the upper edge first, then the others.
    pub fn widgets(
        self,
        (width, height): (f32, f32),
        fonts: &Fonts,
        language: Language,
        standing: Standing,
    ) -> Vec<Widget> {
        let color = color(standing);
        let (side, low) = (height - self.top, height - self.edge);
        let edges = [
            Area::new(0.0, low, width, self.edge),
            Area::new(0.0, self.top, self.edge, side - self.edge),
            Area::new(width - self.edge, self.top, self.edge, side - self.edge),
        ];
        let upper = Area::new(0.0, 0.0, width, self.top);
        let mut shapes = self.stripes(upper, color);
        let words = self.banner(upper, fonts, language, standing, &mut shapes);
        let mut widgets = vec![Widget { area: upper, target: None, words: Some(words), shapes }];
        // Nothing to be said: the words are those of the upper edge.
        let striped =
            |area| Widget { area, target: None, words: Some(String::new()), shapes: self.stripes(area, color) };
        widgets.extend(edges.map(striped));
        widgets
    }

    /// Dark and bright in turn along the longer side, so that it is told by more than its colour.
    fn stripes(self, area: Area, color: Color) -> Vec<Shape> {
        let fill = |area, color| Shape::Fill { area, radius: 0.0, color };
        let is_wide = area.width > area.height;
        let (length, step) = (area.width.max(area.height), self.edge * 2.0);
        let stripe = |number: usize| {
            let from = number as f32 * 2.0 * step;
            let long = step.min(length - from);
            let place = if is_wide { area.after(from).left(long) } else { area.below(from).top(long) };
            fill(place, color)
        };
        let count = (length / (2.0 * step)).ceil() as usize;
        [fill(area, BEHIND)].into_iter().chain((0..count).map(stripe)).collect()
    }

    /// What the room is, and how it stands, in the middle of the upper edge. Returns it as it is said.
    fn banner(
        self,
        upper: Area,
        fonts: &Fonts,
        language: Language,
        standing: Standing,
        shapes: &mut Vec<Shape>,
    ) -> String {
        let (name, sentence) = (say(language, "classified"), say(language, key(standing)));
        let (color, gap, icon) = (color(standing), self.top * 0.35, self.top * 0.5);
        let texts = |size: f32| {
            let name = Text::new(name.to_uppercase(), size).weight(Weight::Bold).color(color);
            (name, Text::new(sentence.clone(), size).weight(Weight::Medium).color(TEXT))
        };
        let width_of = |text: &Text| fonts.width(&Text { elide: Elide::Never, ..text.clone() }).ceil() + 2.0;
        // As large as there is room for: a display that stands upright has less.
        let usual = self.top * 0.46;
        let (name_text, sentence_text) = texts(usual);
        let room = upper.width - 4.0 * self.edge - 4.0 * gap - icon;
        let shrunk = (room / (width_of(&name_text) + width_of(&sentence_text) + 8.0)).min(1.0);
        let (name_text, sentence_text) = texts(usual * shrunk);
        let (name_width, sentence_width) = (width_of(&name_text), width_of(&sentence_text));
        let whole = 4.0 * gap + icon + name_width + sentence_width;
        let plate = Area { x: upper.x + (upper.width - whole) / 2.0, width: whole, ..upper };
        shapes.push(Shape::Fill { area: plate, radius: 0.0, color: BEHIND });
        let inside = plate.after(gap);
        let mark = if standing == Standing::Verified { Icon::LockCheck } else { Icon::Lock };
        shapes.push(Shape::Icon { icon: mark, area: inside.left(icon).square(icon), color, slash: None });
        let name_area = inside.after(icon + gap).left(name_width);
        shapes.push(Shape::Text { text: name_text, area: name_area });
        let sentence_area = Area { x: name_area.right() + gap, width: sentence_width, ..upper };
        shapes.push(Shape::Text { text: sentence_text, area: sentence_area });
        format!("{name}. {sentence}")
    }
}

/// Each standing has its own colour, and its own words.
fn color(standing: Standing) -> Color {
    match standing {
        Standing::Ready | Standing::Withheld => WARNING,
        Standing::Refusing(_) => DANGER_TEXT,
        Standing::Verified => GOOD,
    }
}

fn key(standing: Standing) -> &'static str {
    match standing {
        Standing::Ready => "classified-ready",
        Standing::Withheld => "classified-withheld",
        Standing::Verified => "classified-verified",
        Standing::Refusing(Demand::RadiosOff) => "classified-radios",
        Standing::Refusing(Demand::OnlyListedUsb) => "classified-usb",
        Standing::Refusing(Demand::NoRemoteView) => "classified-remote-view",
        Standing::Refusing(Demand::MicrophoneRelay) => "classified-relay",
    }
}
