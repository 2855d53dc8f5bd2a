//! The code by which people hear that nobody is between them.

use phrase::FluentValue;
use room::view::InCall;

use super::sheet::sheet;
use crate::geometry::Area;
use crate::page::Page;
use crate::scene::{Act, Beside, Shape};
use crate::style::RAISED;
use crate::text::{Text, Weight};

/// A group of digits has no more height than this.
const GROUP_MAX: f32 = 62.0;

/// The code, one group a line so that it is read aloud in turns, then what to do with it and who is verified.
pub(super) fn lay_out(page: &mut Page, call: &InCall, area: Area) {
    let Some(code) = call.encryption.code() else { return };
    let title = page.say("authentication-title");
    let inside = sheet(page, &title, Some(Act::Open(Beside::People)), area);
    let sentence = Text::new(page.say("authentication-sentence"), 24.0).weight(Weight::Medium).lines(4).at_top();
    let sentence_height = page.fonts.shape(&sentence, inside.width).height;
    let variables =
        [("verified", FluentValue::from(call.verified())), ("count", FluentValue::from(call.participants.len()))];
    let count = Text::new(page.say_with("verified-count", &variables), 21.0).quiet().at_top();
    let words_height = sentence_height + 12.0 + 28.0;
    let groups = code.groups();
    let height = ((inside.height - words_height - 24.0) / groups.len() as f32).min(GROUP_MAX);
    let block = inside.below(8.0).top(height * groups.len() as f32);
    let mut shapes = vec![Shape::Fill { area: block, radius: 12.0, color: RAISED }];
    for (index, group) in groups.into_iter().enumerate() {
        let text = Text::new(group, height * 0.66).weight(Weight::SemiBold).tabular().centred();
        shapes.push(Shape::Text { text, area: block.below(index as f32 * height).top(height) });
    }
    page.card(block, shapes);
    let words = inside.below(block.height + 24.0).top(words_height);
    let shapes = vec![
        Shape::Text { text: sentence, area: words.top(sentence_height) },
        Shape::Text { text: count, area: words.below(sentence_height + 12.0) },
    ];
    page.card(words, shapes);
}
