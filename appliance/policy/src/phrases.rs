//! Every sentence of an explanation, in every language, from `text/*.ftl`.

use phrase::{Language, Phrases};

static PHRASES: Phrases =
    Phrases::new(include_str!("../text/fr.ftl"), include_str!("../text/en.ftl"), include_str!("../text/de.ftl"));

/// The text file of a language.
#[cfg(test)]
pub(crate) fn source(language: Language) -> &'static str {
    PHRASES.source(language)
}

/// The phrase with this key, its variables filled in.
pub(crate) fn say(language: Language, key: &str, variables: &[(&'static str, String)]) -> String {
    PHRASES.say(language, key, variables.iter().map(|(name, value)| (*name, value.as_str().into())))
}
