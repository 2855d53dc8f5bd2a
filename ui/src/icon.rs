//! The icons, drawn from strokes on a 24 by 24 grid.

mod reactions;

use room::Reaction;
use tiny_skia::{Path, PathBuilder, Rect};

/// What a person recognises before reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Icon {
    Microphone,
    Camera,
    Hand,
    People,
    Person,
    Phone,
    Layout,
    Captions,
    Pin,
    Volume,
    Globe,
    Check,
    Backspace,
    Shift,
    Up,
    Down,
    Keyboard,
    Calendar,
    Lock,
    /// A lock with a check mark.
    LockCheck,
    Warning,
    Cross,
    Minus,
    Plus,
    Retry,
    Home,
    Record,
    Script,
    Signal,
    WeakSignal,
    Door,
    Chat,
    Screen,
    Info,
    /// Three dots.
    More,
    Back,
    Forth,
    Reaction(Reaction),
    Accessibility,
    Contrast,
    Letters,
}

/// An icon as paths; strokes are [`Icon::STROKE`] wide with round ends.
pub(crate) struct Drawing {
    pub stroked: Option<Path>,
    pub filled: Option<Path>,
}

impl Icon {
    /// Side of the grid icons are drawn on.
    pub const GRID: f32 = 24.0;
    /// Width of a stroke on that grid.
    pub const STROKE: f32 = 1.9;

    /// The line that strikes an icon through.
    pub fn slash() -> Option<Path> {
        Pen::new().line(&[(3.5, 3.5), (20.5, 20.5)]).path.finish()
    }

    pub fn drawing(self) -> Drawing {
        let (stroke, fill) = (Pen::new(), Pen::new());
        let (stroke, fill) = match self {
            Icon::Microphone => (
                stroke
                    .rounded(8.6, 2.5, 6.8, 12.0, 3.4)
                    .curve((5.0, 11.0), (5.0, 15.2), (8.0, 18.0), (12.0, 18.0))
                    .curve((12.0, 18.0), (16.0, 18.0), (19.0, 15.2), (19.0, 11.0))
                    .line(&[(12.0, 18.0), (12.0, 21.5)])
                    .line(&[(8.5, 21.5), (15.5, 21.5)]),
                fill,
            ),
            Icon::Camera => (
                stroke.rounded(2.0, 6.0, 13.5, 12.0, 2.6).shape(&[
                    (15.5, 10.8),
                    (22.0, 7.2),
                    (22.0, 16.8),
                    (15.5, 13.2),
                ]),
                fill,
            ),
            Icon::Hand => (
                stroke
                    .line(&[(7.5, 13.0), (7.5, 5.6)])
                    .curve((7.5, 5.6), (7.5, 3.7), (10.3, 3.7), (10.3, 5.6))
                    .line(&[(10.3, 11.0), (10.3, 3.6)])
                    .curve((10.3, 3.6), (10.3, 1.7), (13.1, 1.7), (13.1, 3.6))
                    .line(&[(13.1, 11.0), (13.1, 3.6)])
                    .line(&[(13.1, 4.6), (13.1, 4.4)])
                    .curve((13.1, 4.6), (13.1, 2.8), (15.9, 2.8), (15.9, 4.6))
                    .line(&[(15.9, 11.5), (15.9, 4.6)])
                    .curve((15.9, 7.2), (15.9, 5.4), (18.7, 5.4), (18.7, 7.2))
                    .line(&[(18.7, 7.2), (18.7, 15.0)])
                    .curve((18.7, 15.0), (18.7, 19.4), (16.2, 22.2), (12.4, 22.2))
                    .curve((12.4, 22.2), (9.0, 22.2), (7.6, 20.6), (6.2, 18.0))
                    .line(&[(6.2, 18.0), (3.6, 13.4)])
                    .curve((3.6, 13.4), (2.8, 11.8), (4.8, 10.8), (5.9, 12.2))
                    .line(&[(5.9, 12.2), (7.5, 14.2)]),
                fill,
            ),
            Icon::People => (
                stroke
                    .circle(9.0, 7.6, 3.8)
                    .curve((2.0, 20.0), (2.0, 12.6), (16.0, 12.6), (16.0, 20.0))
                    .curve((15.6, 4.1), (19.9, 4.6), (19.9, 10.6), (15.6, 11.1))
                    .curve((18.2, 14.6), (20.6, 15.2), (22.0, 17.0), (22.0, 20.0)),
                fill,
            ),
            Icon::Person => {
                (stroke.circle(12.0, 7.8, 4.2).curve((3.6, 20.8), (3.6, 13.0), (20.4, 13.0), (20.4, 20.8)), fill)
            }
            Icon::Phone => (
                stroke,
                fill.from((12.0, 8.2))
                    .cubic((16.0, 8.2), (19.6, 9.4), (22.0, 11.6))
                    .cubic((23.0, 12.6), (23.0, 14.0), (22.2, 15.0))
                    .cubic((21.6, 15.8), (20.6, 16.0), (19.8, 15.6))
                    .cubic((18.8, 15.1), (17.8, 14.6), (16.8, 14.2))
                    .cubic((16.2, 13.9), (15.9, 13.4), (15.9, 12.8))
                    .to((15.9, 11.6))
                    .cubic((13.4, 10.9), (10.6, 10.9), (8.1, 11.6))
                    .to((8.1, 12.8))
                    .cubic((8.1, 13.4), (7.8, 13.9), (7.2, 14.2))
                    .cubic((6.2, 14.6), (5.2, 15.1), (4.2, 15.6))
                    .cubic((3.4, 16.0), (2.4, 15.8), (1.8, 15.0))
                    .cubic((1.0, 14.0), (1.0, 12.6), (2.0, 11.6))
                    .cubic((4.4, 9.4), (8.0, 8.2), (12.0, 8.2)),
            ),
            Icon::Layout => (
                stroke
                    .rounded(2.4, 4.4, 19.2, 15.2, 2.2)
                    .line(&[(15.2, 4.8), (15.2, 19.2)])
                    .line(&[(15.2, 12.0), (21.2, 12.0)]),
                fill,
            ),
            Icon::Captions => (
                stroke
                    .rounded(2.0, 4.6, 20.0, 14.8, 2.4)
                    .line(&[(5.8, 11.4), (10.4, 11.4)])
                    .line(&[(13.6, 11.4), (18.2, 11.4)])
                    .line(&[(5.8, 15.2), (13.6, 15.2)])
                    .line(&[(16.8, 15.2), (18.2, 15.2)]),
                fill,
            ),
            Icon::Pin => (
                stroke
                    .shape(&[(8.4, 2.8), (15.6, 2.8), (14.8, 9.6), (18.6, 13.8), (5.4, 13.8), (9.2, 9.6)])
                    .line(&[(12.0, 14.2), (12.0, 21.4)]),
                fill,
            ),
            Icon::Volume => (
                stroke
                    .shape(&[(3.0, 9.4), (6.8, 9.4), (11.6, 5.2), (11.6, 18.8), (6.8, 14.6), (3.0, 14.6)])
                    .curve((15.2, 9.0), (16.8, 10.6), (16.8, 13.4), (15.2, 15.0))
                    .curve((18.2, 6.2), (21.4, 9.4), (21.4, 14.6), (18.2, 17.8)),
                fill,
            ),
            Icon::Globe => (
                stroke
                    .circle(12.0, 12.0, 9.4)
                    .oval(7.8, 2.6, 8.4, 18.8)
                    .line(&[(3.0, 9.0), (21.0, 9.0)])
                    .line(&[(3.0, 15.0), (21.0, 15.0)]),
                fill,
            ),
            Icon::Check => (stroke.line(&[(4.6, 12.6), (9.8, 17.8), (19.6, 6.8)]), fill),
            Icon::Backspace => (
                stroke
                    .shape(&[(8.6, 5.0), (21.6, 5.0), (21.6, 19.0), (8.6, 19.0), (2.4, 12.0)])
                    .line(&[(11.8, 9.2), (17.4, 14.8)])
                    .line(&[(17.4, 9.2), (11.8, 14.8)]),
                fill,
            ),
            Icon::Shift => (
                stroke.shape(&[
                    (12.0, 3.4),
                    (20.6, 12.2),
                    (15.8, 12.2),
                    (15.8, 20.0),
                    (8.2, 20.0),
                    (8.2, 12.2),
                    (3.4, 12.2),
                ]),
                fill,
            ),
            Icon::Up => (stroke.line(&[(4.6, 15.6), (12.0, 8.2), (19.4, 15.6)]), fill),
            Icon::Down => (stroke.line(&[(4.6, 8.4), (12.0, 15.8), (19.4, 8.4)]), fill),
            Icon::Keyboard => (
                stroke
                    .rounded(2.0, 5.2, 20.0, 13.6, 2.4)
                    .line(&[(6.2, 9.6), (6.3, 9.6)])
                    .line(&[(10.0, 9.6), (10.1, 9.6)])
                    .line(&[(13.9, 9.6), (14.0, 9.6)])
                    .line(&[(17.7, 9.6), (17.8, 9.6)])
                    .line(&[(7.6, 14.6), (16.4, 14.6)]),
                fill,
            ),
            Icon::Calendar => (
                stroke
                    .rounded(3.0, 4.6, 18.0, 16.4, 2.4)
                    .line(&[(3.4, 9.8), (20.6, 9.8)])
                    .line(&[(8.0, 2.4), (8.0, 6.4)])
                    .line(&[(16.0, 2.4), (16.0, 6.4)]),
                fill,
            ),
            Icon::Lock => (
                stroke
                    .rounded(4.6, 10.6, 14.8, 10.8, 2.4)
                    .curve((7.8, 10.4), (7.8, 1.2), (16.2, 1.2), (16.2, 10.4))
                    .line(&[(12.0, 15.0), (12.0, 17.0)]),
                fill,
            ),
            Icon::LockCheck => (
                stroke
                    .rounded(3.6, 9.6, 16.8, 12.2, 2.4)
                    .curve((7.4, 9.4), (7.4, 0.6), (16.6, 0.6), (16.6, 9.4))
                    .line(&[(8.0, 15.8), (10.9, 18.6), (16.0, 13.0)]),
                fill,
            ),
            Icon::Warning => (
                stroke
                    .shape(&[(12.0, 3.2), (22.2, 20.6), (1.8, 20.6)])
                    .line(&[(12.0, 9.4), (12.0, 14.0)])
                    .line(&[(12.0, 17.2), (12.0, 17.3)]),
                fill,
            ),
            Icon::Cross => (stroke.line(&[(5.6, 5.6), (18.4, 18.4)]).line(&[(18.4, 5.6), (5.6, 18.4)]), fill),
            Icon::Minus => (stroke.line(&[(5.0, 12.0), (19.0, 12.0)]), fill),
            Icon::Plus => (stroke.line(&[(5.0, 12.0), (19.0, 12.0)]).line(&[(12.0, 5.0), (12.0, 19.0)]), fill),
            Icon::Retry => (
                stroke
                    .curve((20.0, 13.2), (19.4, 17.4), (16.2, 20.4), (12.0, 20.4))
                    .curve((12.0, 20.4), (7.4, 20.4), (3.8, 16.8), (3.8, 12.2))
                    .curve((3.8, 12.2), (3.8, 7.6), (7.4, 4.0), (12.0, 4.0))
                    .curve((12.0, 4.0), (15.0, 4.0), (17.6, 5.4), (19.2, 7.8))
                    .line(&[(19.8, 2.8), (19.6, 8.2), (14.4, 8.0)]),
                fill,
            ),
            Icon::Home => (
                stroke
                    .line(&[(2.6, 11.6), (12.0, 3.4), (21.4, 11.6)])
                    .line(&[(5.2, 9.6), (5.2, 20.6), (18.8, 20.6), (18.8, 9.6)])
                    .line(&[(9.6, 20.4), (9.6, 14.4), (14.4, 14.4), (14.4, 20.4)]),
                fill,
            ),
            Icon::Record => (stroke.circle(12.0, 12.0, 9.4), fill.circle(12.0, 12.0, 5.2)),
            Icon::Script => (
                stroke
                    .rounded(4.0, 2.6, 16.0, 18.8, 2.4)
                    .line(&[(8.2, 8.0), (15.8, 8.0)])
                    .line(&[(8.2, 12.0), (15.8, 12.0)])
                    .line(&[(8.2, 16.0), (12.6, 16.0)]),
                fill,
            ),
            Icon::Signal => (
                stroke,
                fill.rounded(2.6, 15.0, 4.4, 6.0, 1.2)
                    .rounded(9.8, 10.0, 4.4, 11.0, 1.2)
                    .rounded(17.0, 4.0, 4.4, 17.0, 1.2),
            ),
            // One bar of three: the others are only outlined.
            Icon::WeakSignal => (
                stroke.line(&[(10.8, 11.0), (13.2, 11.0), (13.2, 20.0), (10.8, 20.0), (10.8, 11.0)]).line(&[
                    (18.0, 5.0),
                    (20.4, 5.0),
                    (20.4, 20.0),
                    (18.0, 20.0),
                    (18.0, 5.0),
                ]),
                fill.rounded(2.6, 15.0, 4.4, 6.0, 1.2),
            ),
            Icon::Door => (
                stroke
                    .line(&[(5.4, 21.0), (5.4, 3.4), (18.6, 3.4), (18.6, 21.0)])
                    .line(&[(2.6, 21.0), (21.4, 21.0)])
                    .line(&[(14.6, 12.2), (14.6, 12.4)]),
                fill,
            ),
            Icon::Chat => (
                stroke.shape(&[
                    (3.0, 4.2),
                    (21.0, 4.2),
                    (21.0, 16.6),
                    (11.6, 16.6),
                    (7.0, 20.8),
                    (7.0, 16.6),
                    (3.0, 16.6),
                ]),
                fill,
            ),
            Icon::Screen => (
                stroke
                    .rounded(2.2, 3.8, 19.6, 13.0, 2.2)
                    .line(&[(8.0, 20.8), (16.0, 20.8)])
                    .line(&[(12.0, 17.0), (12.0, 20.6)]),
                fill,
            ),
            Icon::More => (stroke, fill.circle(5.0, 12.0, 2.0).circle(12.0, 12.0, 2.0).circle(19.0, 12.0, 2.0)),
            Icon::Back => (stroke.line(&[(14.8, 5.0), (7.8, 12.0), (14.8, 19.0)]), fill),
            Icon::Forth => (stroke.line(&[(9.2, 5.0), (16.2, 12.0), (9.2, 19.0)]), fill),
            Icon::Reaction(reaction) => reactions::draw(reaction, stroke, fill),
            // A person with open arms.
            Icon::Accessibility => (
                stroke
                    .line(&[(4.4, 8.2), (10.0, 9.6), (14.0, 9.6), (19.6, 8.2)])
                    .line(&[(10.2, 9.8), (10.2, 14.6), (8.0, 21.4)])
                    .line(&[(13.8, 9.8), (13.8, 14.6), (16.0, 21.4)])
                    .line(&[(10.2, 14.6), (13.8, 14.6)]),
                fill.circle(12.0, 4.4, 2.5),
            ),
            // A disc, half dark.
            Icon::Contrast => (
                stroke.circle(12.0, 12.0, 9.2),
                fill.from((12.0, 2.8)).cubic((17.1, 2.8), (21.2, 6.9), (21.2, 12.0)).cubic(
                    (21.2, 17.1),
                    (17.1, 21.2),
                    (12.0, 21.2),
                ),
            ),
            // A small letter and a large one.
            Icon::Letters => (
                stroke
                    .line(&[(1.8, 19.4), (5.4, 10.4), (9.0, 19.4)])
                    .line(&[(3.2, 16.2), (7.6, 16.2)])
                    .line(&[(10.6, 19.4), (16.4, 4.4), (22.2, 19.4)])
                    .line(&[(12.6, 14.4), (20.2, 14.4)]),
                fill,
            ),
            Icon::Info => (
                stroke.circle(12.0, 12.0, 9.4).line(&[(12.0, 11.0), (12.0, 16.6)]).line(&[(12.0, 7.4), (12.0, 7.5)]),
                fill,
            ),
        };
        Drawing { stroked: stroke.path.finish(), filled: fill.path.finish() }
    }
}

type Spot = (f32, f32);

/// Writes paths in the order one would draw them by hand.
struct Pen {
    path: PathBuilder,
}

impl Pen {
    fn new() -> Pen {
        Pen { path: PathBuilder::new() }
    }

    fn from(mut self, (x, y): Spot) -> Pen {
        self.path.move_to(x, y);
        self
    }

    fn to(mut self, (x, y): Spot) -> Pen {
        self.path.line_to(x, y);
        self
    }

    fn cubic(mut self, first: Spot, second: Spot, end: Spot) -> Pen {
        self.path.cubic_to(first.0, first.1, second.0, second.1, end.0, end.1);
        self
    }

    fn curve(self, start: Spot, first: Spot, second: Spot, end: Spot) -> Pen {
        self.from(start).cubic(first, second, end)
    }

    fn line(self, spots: &[Spot]) -> Pen {
        let Some((first, rest)) = spots.split_first() else { return self };
        rest.iter().fold(self.from(*first), |pen, spot| pen.to(*spot))
    }

    fn shape(self, spots: &[Spot]) -> Pen {
        let mut pen = self.line(spots);
        pen.path.close();
        pen
    }

    fn circle(mut self, x: f32, y: f32, radius: f32) -> Pen {
        self.path.push_circle(x, y, radius);
        self
    }

    fn oval(mut self, x: f32, y: f32, width: f32, height: f32) -> Pen {
        if let Some(frame) = Rect::from_xywh(x, y, width, height) {
            self.path.push_oval(frame);
        }
        self
    }

    fn rounded(self, x: f32, y: f32, width: f32, height: f32, radius: f32) -> Pen {
        let (right, bottom, reach) = (x + width, y + height, radius * 0.447_715);
        let mut pen = self
            .from((x + radius, y))
            .to((right - radius, y))
            .cubic((right - reach, y), (right, y + reach), (right, y + radius))
            .to((right, bottom - radius))
            .cubic((right, bottom - reach), (right - reach, bottom), (right - radius, bottom))
            .to((x + radius, bottom))
            .cubic((x + reach, bottom), (x, bottom - reach), (x, bottom - radius))
            .to((x, y + radius))
            .cubic((x, y + reach), (x + reach, y), (x + radius, y));
        pen.path.close();
        pen
    }
}
