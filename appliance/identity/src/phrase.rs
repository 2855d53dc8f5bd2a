//! Every sentence about certificates, in every language, from `text/*.ftl`.

use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use unic_langid::LanguageIdentifier;

type Bundle = FluentBundle<FluentResource>;

static FRENCH: LazyLock<Bundle> = LazyLock::new(|| bundle(Language::French));
static ENGLISH: LazyLock<Bundle> = LazyLock::new(|| bundle(Language::English));
static GERMAN: LazyLock<Bundle> = LazyLock::new(|| bundle(Language::German));

/// A language in which something is said.
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

    fn source(self) -> &'static str {
        match self {
            Language::French => include_str!("../text/fr.ftl"),
            Language::English => include_str!("../text/en.ftl"),
            Language::German => include_str!("../text/de.ftl"),
        }
    }
}

/// The phrase with this key, its variables filled in; the key itself where there is none.
pub fn say<'a>(language: Language, key: &str, variables: &[(&'static str, FluentValue<'a>)]) -> String {
    let bundle = match language {
        Language::French => &FRENCH,
        Language::English => &ENGLISH,
        Language::German => &GERMAN,
    };
    let Some(pattern) = bundle.get_message(key).and_then(|message| message.value()) else {
        return key.to_owned();
    };
    let mut arguments = FluentArgs::new();
    for (name, value) in variables {
        arguments.set(*name, value.clone());
    }
    bundle.format_pattern(pattern, Some(&arguments), &mut Vec::new()).into_owned()
}

fn bundle(language: Language) -> Bundle {
    let tag: LanguageIdentifier = language.word().parse().unwrap_or_default();
    let mut bundle = Bundle::new_concurrent(vec![tag]);
    // The marks around variables would only show up as boxes.
    bundle.set_use_isolating(false);
    let resource = FluentResource::try_new(language.source().to_owned()).unwrap_or_else(|(readable, _)| readable);
    bundle.add_resource_overriding(resource);
    bundle
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(language: Language) -> Vec<&'static str> {
        let lines = language.source().lines().filter(|line| line.starts_with(|c: char| c.is_ascii_lowercase()));
        lines.filter_map(|line| line.split(" =").next()).collect()
    }

    #[test]
    fn every_sentence_is_there_in_every_language() {
        for language in Language::ALL {
            assert!(FluentResource::try_new(language.source().to_owned()).is_ok(), "{language:?}");
            assert_eq!(keys(language), keys(Language::English), "{language:?}");
            assert_eq!(Language::of(language.word()), Some(language));
        }
    }

    #[test]
    fn in_french_nothing_is_torn_from_its_sign() {
        for line in Language::French.source().lines().filter(|line| !line.starts_with('#')) {
            assert!(![" :", " ;", " !", " ?"].iter().any(|torn| line.contains(torn)), "{line}");
        }
    }
}
