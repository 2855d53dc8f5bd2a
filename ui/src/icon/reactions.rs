//! The reactions as icons: emoji are in none of our fonts, and say less than a word below a drawing.

use room::Reaction;

use super::Pen;

/// Strokes and fills of a reaction.
pub(super) fn draw(reaction: Reaction, stroke: Pen, fill: Pen) -> (Pen, Pen) {
    match reaction {
        Reaction::ThumbsUp => (thumb(stroke, |y| y), fill),
        Reaction::ThumbsDown => (thumb(stroke, |y| 24.0 - y), fill),
        Reaction::Applause => (applause(stroke), fill),
        Reaction::Heart => (
            stroke
                .from((12.0, 20.6))
                .cubic((4.2, 14.8), (2.4, 11.6), (2.4, 8.5))
                .cubic((2.4, 5.4), (4.7, 3.5), (7.3, 3.5))
                .cubic((9.4, 3.5), (11.1, 4.6), (12.0, 6.4))
                .cubic((12.9, 4.6), (14.6, 3.5), (16.7, 3.5))
                .cubic((19.3, 3.5), (21.6, 5.4), (21.6, 8.5))
                .cubic((21.6, 11.6), (19.8, 14.8), (12.0, 20.6)),
            fill,
        ),
        Reaction::Laughter => (
            stroke.circle(12.0, 12.0, 9.4).curve((6.8, 10.0), (7.3, 8.3), (9.5, 8.3), (10.0, 10.0)).curve(
                (14.0, 10.0),
                (14.5, 8.3),
                (16.7, 8.3),
                (17.2, 10.0),
            ),
            fill.from((6.8, 13.0)).to((17.2, 13.0)).cubic((17.0, 19.6), (7.0, 19.6), (6.8, 13.0)),
        ),
        Reaction::Surprise => (
            stroke
                .circle(12.0, 12.0, 9.4)
                .line(&[(8.6, 8.8), (8.6, 9.8)])
                .line(&[(15.4, 8.8), (15.4, 9.8)])
                .circle(12.0, 15.4, 2.4),
            fill,
        ),
        Reaction::Party => (
            stroke
                .shape(&[(2.8, 21.2), (8.0, 8.4), (15.6, 16.0)])
                .line(&[(13.8, 10.2), (18.8, 5.2)])
                .curve((11.4, 7.4), (13.4, 5.8), (11.2, 4.4), (13.2, 2.6))
                .curve((16.6, 12.6), (18.2, 10.6), (19.6, 12.8), (21.4, 10.8)),
            fill.circle(7.2, 3.8, 1.3).circle(20.4, 17.0, 1.3).circle(21.0, 2.8, 1.1),
        ),
        Reaction::Thanks => (
            stroke
                .line(&[(12.0, 4.0), (12.0, 15.2), (8.4, 21.0)])
                .curve((12.0, 4.0), (9.8, 2.2), (9.2, 4.0), (9.0, 6.4))
                .line(&[(9.0, 6.4), (8.2, 12.2), (3.4, 17.2)])
                .line(&[(12.0, 15.2), (15.6, 21.0)])
                .curve((12.0, 4.0), (14.2, 2.2), (14.8, 4.0), (15.0, 6.4))
                .line(&[(15.0, 6.4), (15.8, 12.2), (20.6, 17.2)]),
            fill,
        ),
    }
}

/// A fist with its thumb where `turn` puts it.
fn thumb(stroke: Pen, turn: impl Fn(f32) -> f32) -> Pen {
    let spot = |x: f32, y: f32| (x, turn(y));
    let fist = stroke
        .from(spot(7.6, 10.8))
        .to(spot(11.2, 3.2))
        .cubic(spot(13.8, 3.0), spot(14.6, 4.8), spot(14.2, 6.8))
        .to(spot(13.6, 9.6))
        .to(spot(19.0, 9.6))
        .cubic(spot(20.8, 9.6), spot(21.8, 11.0), spot(21.4, 12.6))
        .to(spot(19.7, 18.6))
        .cubic(spot(19.3, 20.0), spot(18.2, 20.8), spot(16.8, 20.8))
        .to(spot(7.6, 20.8));
    fist.line(&[spot(7.6, 10.6), spot(2.8, 10.6), spot(2.8, 20.8), spot(7.6, 20.8), spot(7.6, 10.6)])
}

/// Two palms that meet, and the sound of it.
fn applause(stroke: Pen) -> Pen {
    stroke
        .line(&[(9.4, 12.6), (5.2, 8.4)])
        .curve((5.2, 8.4), (4.0, 6.8), (6.2, 5.2), (7.4, 6.6))
        .line(&[(7.4, 6.6), (8.8, 8.0)])
        .curve((8.8, 8.0), (8.4, 5.6), (10.4, 4.6), (11.6, 6.0))
        .line(&[(11.6, 6.0), (18.0, 12.4)])
        .curve((18.0, 12.4), (21.6, 16.0), (20.0, 20.2), (16.6, 21.2))
        .curve((16.6, 21.2), (12.8, 22.2), (10.8, 20.6), (8.8, 18.6))
        .line(&[(8.8, 18.6), (4.0, 13.8)])
        .curve((4.0, 13.8), (2.8, 12.4), (4.6, 10.6), (6.0, 11.8))
        .line(&[(15.0, 5.4), (16.2, 2.8)])
        .line(&[(18.2, 7.2), (20.8, 5.2)])
        .line(&[(19.8, 10.2), (22.4, 9.8)])
}
