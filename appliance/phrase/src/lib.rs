//! Sentences in the languages of the house, from Fluent files (projectfluent.org). Whoever speaks brings the files. Pure.

#![forbid(unsafe_code)]

use std::sync::OnceLock;

pub use fluent_bundle::FluentValue;
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use unic_langid::LanguageIdentifier;

/// A language that people in the room, or at a command, read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Language {
    French,
    English,
    German,
}

impl Language {
    /// All there are.
    pub const ALL: [Language; 3] = [Language::French, Language::English, Language::German];

    /// `fr`, `en` or `de` (ISO 639-1).
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
}

type Bundle = FluentBundle<FluentResource>;

/// All sentences of one crate: a text for each language, read when it is first needed.
///
/// ```
/// use phrase::{Language, Phrases};
/// static PHRASES: Phrases = Phrases::new("yes = Oui, { $name }.", "yes = Yes, { $name }.", "yes = Ja, { $name }.");
/// assert_eq!(PHRASES.say(Language::German, "yes", [("name", "Anna".into())]), "Ja, Anna.");
/// ```
pub struct Phrases {
    french: Text,
    english: Text,
    german: Text,
}

struct Text {
    source: &'static str,
    bundle: OnceLock<Bundle>,
}

impl Text {
    const fn new(source: &'static str) -> Text {
        Text { source, bundle: OnceLock::new() }
    }
}

impl Phrases {
    /// The files `fr.ftl`, `en.ftl` and `de.ftl`, as they are included.
    pub const fn new(french: &'static str, english: &'static str, german: &'static str) -> Phrases {
        Phrases { french: Text::new(french), english: Text::new(english), german: Text::new(german) }
    }

    /// The phrase with this key, its variables filled in. A key that is not there is the phrase itself: tests see to it that
    /// every key is there, and a key still says more than nothing.
    pub fn say<'a>(
        &self,
        language: Language,
        key: &str,
        variables: impl IntoIterator<Item = (&'static str, FluentValue<'a>)>,
    ) -> String {
        let bundle = self.bundle(language);
        let Some(pattern) = bundle.get_message(key).and_then(|message| message.value()) else {
            return key.to_owned();
        };
        let mut arguments = FluentArgs::new();
        for (name, value) in variables {
            arguments.set(name, value);
        }
        bundle.format_pattern(pattern, Some(&arguments), &mut Vec::new()).into_owned()
    }

    /// Whether there is a phrase with this key.
    pub fn has(&self, language: Language, key: &str) -> bool {
        self.bundle(language).get_message(key).is_some_and(|message| message.value().is_some())
    }

    /// The text file of a language.
    pub fn source(&self, language: Language) -> &'static str {
        self.text(language).source
    }

    fn text(&self, language: Language) -> &Text {
        match language {
            Language::French => &self.french,
            Language::English => &self.english,
            Language::German => &self.german,
        }
    }

    fn bundle(&self, language: Language) -> &Bundle {
        let text = self.text(language);
        text.bundle.get_or_init(|| bundle(language, text.source))
    }
}

fn bundle(language: Language, source: &str) -> Bundle {
    // The language decides how numbers agree with what they count.
    let tag: LanguageIdentifier = language.word().parse().unwrap_or_default();
    let mut bundle = Bundle::new_concurrent(vec![tag]);
    // The marks around variables would only show up as boxes.
    bundle.set_use_isolating(false);
    let resource = FluentResource::try_new(source.to_owned()).unwrap_or_else(|(readable, _)| readable);
    bundle.add_resource_overriding(resource);
    bundle
}

#[cfg(test)]
mod tests {
    use super::*;

    const COUNT: &str = "count = { $n ->\n    [one] one\n   *[other] many\n}\n";
    static PHRASES: Phrases = Phrases::new(COUNT, COUNT, "torn =\nwhole = Ganz");

    #[test]
    fn numbers_agree_as_the_language_has_it() {
        let say = |language, n: u64| PHRASES.say(language, "count", [("n", n.into())]);
        assert_eq!([say(Language::French, 0), say(Language::English, 0)], ["one", "many"]);
    }

    #[test]
    fn what_is_not_there_is_its_key_and_what_is_torn_spoils_nothing_else() {
        assert_eq!(PHRASES.say(Language::English, "none", []), "none");
        assert!(!PHRASES.has(Language::German, "torn") && PHRASES.has(Language::German, "whole"));
    }

    #[test]
    fn words_mean_their_language_and_nothing_else_does() {
        for language in Language::ALL {
            assert_eq!(Language::of(language.word()), Some(language));
        }
        assert_eq!(Language::of("FR"), None);
    }
}
