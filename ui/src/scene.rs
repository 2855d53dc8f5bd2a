//! A screen as a list of widgets: compared with the one before, it says what to redraw.

use room::event::Wish;
use room::moderation::Moderation;

use crate::canvas::Canvas;
use crate::fonts::Fonts;
use crate::geometry::Area;
use crate::icon::Icon;
use crate::panel;
use crate::panel::aside::Aside;
use crate::style::Color;
use crate::text::Text;

/// Everything on a screen, from the bottom up.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Scene {
    pub widgets: Vec<Widget>,
}

/// Shapes that are redrawn together, none of them outside the widget's area.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Widget {
    pub area: Area,
    pub target: Option<Target>,
    /// What it says aloud when it cannot be pressed, if not its texts.
    pub words: Option<String>,
    pub shapes: Vec<Shape>,
}

/// What a finger can press.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Target {
    pub name: String,
    /// What it is, in words.
    pub spoken: String,
    pub act: Act,
}

/// What a press does: to the room, or only to the panel.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Act {
    Wish(Wish),
    OpenCode,
    CloseCode,
    /// A key of the keyboard; see `panel::keyboard`.
    Type(char),
    Erase,
    /// The next letter is a capital one, or not.
    Shift,
    /// The keyboard's other keys.
    Symbols,
    JoinTyped,
    /// Opens a day, or another part or page of it.
    ShowDay(panel::day::Open),
    CloseDay,
    /// Opens a page beside home.
    OpenAside(Aside),
    /// Closes it.
    Back,
    /// What was typed on it is what is meant.
    Enter,
    /// Opens this beside the controls, or closes it.
    Toggle(Beside),
    /// Opens this beside the controls.
    Open(Beside),
    /// Looks at somebody more closely, by identity.
    OpenPerson(String),
    /// Asks before this is done.
    Ask(Moderation),
    /// It is not to be done.
    Unask,
    /// Passes over so many messages at the end of the conversation.
    TurnChat {
        back: usize,
    },
    /// Shows answers to choose from.
    Reply,
    /// Opens the keyboard to write to everybody, closes it, and sends what was typed.
    Write,
    CloseWrite,
    Send,
    /// The next place touched is where the camera's is kept, or not.
    Keep,
    /// Turns the list of people to this one.
    ShowPeople {
        from: usize,
    },
}

/// What can stand beside the controls of a meeting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Beside {
    People,
    /// One of them.
    Person,
    /// The code by which people hear that nobody is between them.
    Code,
    Layouts,
    /// What there is more, and what that leads to.
    More,
    Chat,
    Reactions,
    Connection,
    Camera,
    /// Where no meeting goes on, it has the screen to itself.
    Accessibility {
        captions: bool,
    },
}

impl Beside {
    /// The button it hangs on.
    pub fn family(self) -> Beside {
        match self {
            Beside::People | Beside::Person | Beside::Code => Beside::People,
            Beside::Layouts => Beside::Layouts,
            Beside::Accessibility { .. } => Beside::Accessibility { captions: false },
            Beside::More | Beside::Chat | Beside::Reactions | Beside::Connection | Beside::Camera => Beside::More,
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Shape {
    Fill {
        area: Area,
        radius: f32,
        color: Color,
    },
    Outline {
        area: Area,
        radius: f32,
        width: f32,
        color: Color,
    },
    /// `slash`: struck through, in front of a background of this colour.
    Icon {
        icon: Icon,
        area: Area,
        color: Color,
        slash: Option<Color>,
    },
    Text {
        text: Text,
        area: Area,
    },
}

impl Scene {
    /// The areas in which this scene looks different from `before`.
    pub fn changes(&self, before: &Scene) -> Vec<Area> {
        let missing = |from: &Scene, widget: &&Widget| !from.widgets.iter().any(|other| other.looks_like(widget));
        let gone = before.widgets.iter().filter(|widget| missing(self, widget));
        let new = self.widgets.iter().filter(|widget| missing(before, widget));
        gone.chain(new).map(|widget| widget.area).collect()
    }
}

impl Widget {
    // A widget may come to mean something else without looking different: nothing to redraw.
    fn looks_like(&self, other: &Widget) -> bool {
        self.area == other.area && self.shapes == other.shapes
    }

    /// Everything of it is further right and further down by so much.
    pub fn move_by(&mut self, right: f32, down: f32) {
        let moved = |area: &mut Area| *area = Area { x: area.x + right, y: area.y + down, ..*area };
        moved(&mut self.area);
        for shape in &mut self.shapes {
            match shape {
                Shape::Fill { area, .. }
                | Shape::Outline { area, .. }
                | Shape::Icon { area, .. }
                | Shape::Text { area, .. } => moved(area),
            }
        }
    }

    pub fn is_target(&self, name: &str) -> bool {
        self.target.as_ref().is_some_and(|target| target.name == name)
    }

    pub fn draw(&self, canvas: &mut Canvas, fonts: &Fonts) {
        for shape in &self.shapes {
            shape.draw(canvas, fonts);
        }
    }
}

impl Shape {
    pub fn draw(&self, canvas: &mut Canvas, fonts: &Fonts) {
        match self {
            Shape::Fill { area, radius, color } => canvas.fill(*area, *radius, *color),
            Shape::Outline { area, radius, width, color } => canvas.outline(*area, *radius, *width, *color),
            Shape::Icon { icon, area, color, slash } => canvas.icon(*icon, *area, *color, *slash),
            Shape::Text { text, area } => canvas.text(fonts, text, *area),
        }
    }
}

#[cfg(test)]
impl Shape {
    pub fn area(&self) -> Area {
        match self {
            Shape::Fill { area, .. }
            | Shape::Outline { area, .. }
            | Shape::Icon { area, .. }
            | Shape::Text { area, .. } => *area,
        }
    }
}

#[cfg(test)]
impl Widget {
    /// Whether exactly these words are on it.
    pub fn says(&self, words: &str) -> bool {
        self.shapes.iter().any(|shape| matches!(shape, Shape::Text { text, .. } if text.content == words))
    }
}
