//! What records come to in every language, from `text/*.ftl`.

use phrase::{FluentValue, Language, Phrases};

static PHRASES: Phrases =
    Phrases::new(include_str!("../text/fr.ftl"), include_str!("../text/en.ftl"), include_str!("../text/de.ftl"));

/// The phrase of `text/*.ftl` with this key, its variables filled in.
pub fn phrase<'a>(
    language: Language,
    key: &str,
    variables: impl IntoIterator<Item = (&'static str, FluentValue<'a>)>,
) -> String {
    PHRASES.say(language, key, variables)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(language: Language) -> Vec<&'static str> {
        let is_key = |line: &&str| line.starts_with(|c: char| c.is_ascii_lowercase());
        PHRASES.source(language).lines().filter(is_key).filter_map(|line| Some(line.split_once(" =")?.0)).collect()
    }

    #[test]
    fn every_phrase_is_there_in_every_language() {
        let english = keys(Language::English);
        assert!(english.len() > 30);
        for language in Language::ALL {
            assert_eq!(keys(language), english, "{}", language.word());
            for key in &english {
                assert!(PHRASES.has(language, key), "{} {key}", language.word());
            }
        }
    }
}
