//! Every sentence about certificates, in every language, from `text/*.ftl`.

use phrase::{FluentValue, Language, Phrases};

static PHRASES: Phrases =
    Phrases::new(include_str!("../text/fr.ftl"), include_str!("../text/en.ftl"), include_str!("../text/de.ftl"));

/// The phrase with this key, its variables filled in.
pub fn say<'a>(language: Language, key: &str, variables: &[(&'static str, FluentValue<'a>)]) -> String {
    PHRASES.say(language, key, variables.iter().cloned())
}

#[cfg(test)]
mod tests {
    use fluent_bundle::FluentResource;

    use super::*;

    fn keys(language: Language) -> Vec<&'static str> {
        let lines = PHRASES.source(language).lines().filter(|line| line.starts_with(|c: char| c.is_ascii_lowercase()));
        lines.filter_map(|line| line.split(" =").next()).collect()
    }

    #[test]
    fn every_sentence_is_there_in_every_language() {
        for language in Language::ALL {
            assert!(FluentResource::try_new(PHRASES.source(language).to_owned()).is_ok(), "{language:?}");
            assert_eq!(keys(language), keys(Language::English), "{language:?}");
            assert_eq!(Language::of(language.word()), Some(language));
        }
    }

    #[test]
    fn in_french_nothing_is_torn_from_its_sign() {
        for line in PHRASES.source(Language::French).lines().filter(|line| !line.starts_with('#')) {
            assert!(![" :", " ;", " !", " ?"].iter().any(|torn| line.contains(torn)), "{line}");
        }
    }
}
