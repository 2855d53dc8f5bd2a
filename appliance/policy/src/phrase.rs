//! Every sentence of an explanation, in every language, from `text/*.ftl`.

use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use unic_langid::LanguageIdentifier;

use crate::word::Language;

type Bundle = FluentBundle<FluentResource>;

static FRENCH: LazyLock<Bundle> = LazyLock::new(|| bundle(Language::French));
static ENGLISH: LazyLock<Bundle> = LazyLock::new(|| bundle(Language::English));
static GERMAN: LazyLock<Bundle> = LazyLock::new(|| bundle(Language::German));

/// The text file of a language.
pub(crate) fn source(language: Language) -> &'static str {
    match language {
        Language::French => include_str!("../text/fr.ftl"),
        Language::English => include_str!("../text/en.ftl"),
        Language::German => include_str!("../text/de.ftl"),
    }
}

/// The phrase with this key, its variables filled in.
pub(crate) fn say(language: Language, key: &str, variables: &[(&'static str, String)]) -> String {
    let bundle = match language {
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
        arguments.set(*name, value.clone());
    }
    bundle.format_pattern(pattern, Some(&arguments), &mut Vec::new()).into_owned()
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
