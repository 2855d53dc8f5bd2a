//! The language of the panel, changed by whoever stands before it.

use room::event::Wish;
use room::view::Language;

use crate::geometry::Area;
use crate::icon::Icon;
use crate::page::{Button, Look, Page};
use crate::scene::Act;

/// Goes to the next language. It says which one it is now where there is room for it.
pub(super) fn button(page: &mut Page, area: Area) {
    let label = if area.width < 120.0 { String::new() } else { page.say("language-name") };
    page.button(Button {
        name: "language".into(),
        act: Act::Wish(Wish::SetLanguage(next(page.language))),
        area,
        look: Look::Plain,
        icon: Some(Icon::Globe),
        label,
        size: 21.0,
        stacked: true,
    });
}

fn next(language: Language) -> Language {
    match language {
        Language::French => Language::English,
        Language::English => Language::German,
        Language::German => Language::French,
    }
}
