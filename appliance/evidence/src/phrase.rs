//! What records come to in every language, from `text/*.ftl`.

use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use unic_langid::LanguageIdentifier;

/// A language the room speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    French,
    English,
    German,
}

impl Language {
    /// All there are.
    pub const ALL: [Language; 3] = [Language::French, Language::English, Language::German];

    /// `fr`, `en` or `de`.
    pub fn word(self) -> &'static str {
        match self {
            Language::French => "fr",
            Language::English => "en",
            Language::German => "de",
        }
    }

    /// What the word means; `None` for every other word.
    pub fn of(word: &str) -> Option<Language> {
        Language::ALL.into_iter().find(|known| known.word() == word)
    }

    /// The phrase of `text/*.ftl` with this key, its variables filled in. A key that is not there is the phrase itself.
    pub fn say<'a>(self, key: &str, variables: impl IntoIterator<Item = (&'static str, FluentValue<'a>)>) -> String {
        let bundle = match self {
            Language::French => &FRENCH,
            Language::English => &ENGLISH,
            Language::German => &GERMAN,
        };
        let Some(pattern) = bundle.get_message(key).and_then(|message| message.value()) else {
            // Tests see to it that every key is there; a key still says more than nothing.
            return key.to_owned();
        };
        let mut arguments = FluentArgs::new();
        for (name, value) in variables {
            arguments.set(name, value);
        }
        bundle.format_pattern(pattern, Some(&arguments), &mut Vec::new()).into_owned()
    }
}

type Bundle = FluentBundle<FluentResource>;

static FRENCH: LazyLock<Bundle> = LazyLock::new(|| bundle(Language::French));
static ENGLISH: LazyLock<Bundle> = LazyLock::new(|| bundle(Language::English));
static GERMAN: LazyLock<Bundle> = LazyLock::new(|| bundle(Language::German));

/// The text file of a language.
fn source(language: Language) -> &'static str {
    match language {
        Language::French => include_str!("../text/fr.ftl"),
        Language::English => include_str!("../text/en.ftl"),
        Language::German => include_str!("../text/de.ftl"),
    }
}

fn bundle(language: Language) -> Bundle {
    let tag: LanguageIdentifier = language.word().parse().unwrap_or_default();
    let mut bundle = Bundle::new_concurrent(vec![tag]);
    // The marks around variables would only show up as boxes.
    bundle.set_use_isolating(false);
    let resource = FluentResource::try_new(source(language).to_owned()).unwrap_or_else(|(readable, _)| readable);
    bundle.add_resource_overriding(resource);
    bundle
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(language: Language) -> Vec<&'static str> {
        let is_key = |line: &&str| line.starts_with(|c: char| c.is_ascii_lowercase());
        source(language).lines().filter(is_key).filter_map(|line| Some(line.split_once(" =")?.0)).collect()
    }

    #[test]
    fn every_phrase_is_there_in_every_language() {
        let english = keys(Language::English);
        assert!(english.len() > 30);
        for language in Language::ALL {
            assert_eq!(keys(language), english, "{}", language.word());
            for key in &english {
                assert!(bundle(language).get_message(key).is_some(), "{} {key}", language.word());
            }
        }
    }
}
