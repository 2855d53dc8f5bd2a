//! Every sentence the room says, in every language, from `text/*.ftl`.

use phrase::{FluentValue, Phrases};
use room::view::Language;

static PHRASES: Phrases =
    Phrases::new(include_str!("../text/fr.ftl"), include_str!("../text/en.ftl"), include_str!("../text/de.ftl"));

/// The text file of a language.
#[cfg(test)]
pub(crate) fn source(language: Language) -> &'static str {
    PHRASES.source(spoken(language))
}

/// The phrase with this key, its variables filled in.
pub(crate) fn say_with(language: Language, key: &str, variables: &[(&'static str, FluentValue<'_>)]) -> String {
    PHRASES.say(spoken(language), key, variables.iter().cloned())
}

/// The phrase with this key, which has no variables.
pub(crate) fn say(language: Language, key: &str) -> String {
    say_with(language, key, &[])
}

/// The room's language as phrases have it.
pub fn spoken(language: Language) -> phrase::Language {
    match language {
        Language::French => phrase::Language::French,
        Language::English => phrase::Language::English,
        Language::German => phrase::Language::German,
    }
}
