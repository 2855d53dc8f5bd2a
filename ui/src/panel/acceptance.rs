//! Before a meeting crosses the border: what the policy asks people to accept, word for word.

use phrase::FluentValue;
use room::event::Wish;
use room::view::Acceptance;

use crate::geometry::Area;
use crate::icon::Icon;
use crate::page::{Button, Look, MARGIN, Page, framed};
use crate::scene::{Act, Shape};
use crate::style::SURFACE;
use crate::text::{Elide, Text, Weight};

/// Sizes of the sentence, the largest in which all of it has room being used: nobody accepts what is cut off.
const SIZES: [f32; 10] = [38.0, 34.0, 31.0, 28.0, 26.0, 24.0, 22.0, 20.0, 18.0, 16.0];
/// From the card's edges to what stands on it.
const EDGE: (f32, f32) = (32.0, 20.0);
/// The line that says where it goes, with what stays free below it.
const WHERE: f32 = 48.0;

pub(super) fn lay_out(page: &mut Page, acceptance: &Acceptance) {
    let (inside, spare) = (page.area.inset(MARGIN, 0.0), 160.0 - page.rise());
    let top = 24.0 + spare * 0.2;
    let title = Text::new(page.say("acceptance-title"), 38.0).weight(Weight::Bold).centred();
    page.text(title, inside.below(top).top(54.0));
    let what = Text::foreign(&acceptance.what, 24.0).weight(Weight::SemiBold).quiet().centred();
    page.text(what, inside.below(top + 54.0).top(36.0));

    let (free_top, buttons_top) = (top + 102.0 + spare * 0.1, page.area.height - 224.0);
    let free =
        Area { y: free_top, height: buttons_top - 24.0 - free_top, ..page.area.square(inside.width.min(1080.0)) };
    let (sentence, height) = fitting(page, &acceptance.sentence, free.inset(EDGE.0, EDGE.1).below(WHERE));
    let card_height = height + WHERE + 2.0 * EDGE.1;
    let card = free.below((free.height - card_height) / 2.0).top(card_height);
    let words = card.inset(EDGE.0, EDGE.1);
    let destination = page.say_with("acceptance-where", &[("host", FluentValue::from(acceptance.host.as_str()))]);
    let destination = Text::foreign(&destination, 24.0).weight(Weight::SemiBold).quiet().elided(Elide::Start);
    let mut shapes = framed(card, SURFACE);
    shapes.push(Shape::Text { text: destination, area: words.top(40.0) });
    shapes.push(Shape::Text { text: sentence, area: words.below(WHERE) });
    page.card(card, shapes);

    let buttons = Area { y: buttons_top, height: 88.0, ..page.area.square(928.0) };
    let mut button = |name: &str, wish, look, icon, key, column| {
        page.button(Button {
            name: name.into(),
            act: Act::Wish(wish),
            area: buttons.column(column, 2, 24.0),
            look,
            icon: Some(icon),
            label: page.say(key),
            size: 28.0,
            stacked: false,
        });
    };
    button("do-not-join", Wish::Leave, Look::Plain, Icon::Cross, "acceptance-decline", 0);
    button("accept-and-join", Wish::Accept(acceptance.id), Look::Primary, Icon::Check, "acceptance-accept", 1);
}

/// The sentence as large as its place allows, and how high it is then.
fn fitting(page: &Page, sentence: &str, place: Area) -> (Text, f32) {
    let sized = |size: f32| Text::foreign(sentence, size).weight(Weight::Medium).at_top().lines(u8::MAX);
    let height = |text: &Text| {
        let shaped = page.fonts.shape(text, place.width);
        (shaped.width <= place.width).then_some(shaped.height)
    };
    let fits = |text: Text| height(&text).filter(|height| *height <= place.height).map(|height| (text, height));
    SIZES.into_iter().map(sized).find_map(fits).unwrap_or_else(|| (sized(SIZES[SIZES.len() - 1]), place.height))
}
