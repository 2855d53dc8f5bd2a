//! Every sentence the room says, in every language, from `text/*.ftl`.

use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use room::view::Language;
use unic_langid::LanguageIdentifier;

type Bundle = FluentBundle<FluentResource>;

static FRENCH: LazyLock<Bundle> = LazyLock::new(|| bundle("fr", source(Language::French)));
static ENGLISH: LazyLock<Bundle> = LazyLock::new(|| bundle("en", source(Language::English)));
static GERMAN: LazyLock<Bundle> = LazyLock::new(|| bundle("de", source(Language::German)));

/// The text file of a language.
pub(crate) fn source(language: Language) -> &'static str {
    match language {
        Language::French => include_str!("../text/fr.ftl"),
        Language::English => include_str!("../text/en.ftl"),
        Language::German => include_str!("../text/de.ftl"),
    }
}

/// The phrase with this key, its variables filled in.
pub(crate) fn say_with(language: Language, key: &str, variables: &[(&'static str, FluentValue<'_>)]) -> String {
    let bundle = match language {
        Language::French => &FRENCH,
        Language::English => &ENGLISH,
        Language::German => &GERMAN,
    };
    let Some(pattern) = bundle.get_message(key).and_then(|message| message.value()) else {
        // Tests see to it that every key is there; a key on the panel is still better than nothing.
        return key.to_owned();
    };
    let mut arguments = FluentArgs::new();
    for (name, value) in variables {
        arguments.set(*name, value.clone());
    }
    bundle.format_pattern(pattern, Some(&arguments), &mut Vec::new()).into_owned()
}

/// The phrase with this key, which has no variables.
pub(crate) fn say(language: Language, key: &str) -> String {
    say_with(language, key, &[])
}

fn bundle(language: &str, text: &str) -> Bundle {
    // The language decides how numbers agree with what they count.
    let language: LanguageIdentifier = language.parse().unwrap_or_default();
    let mut bundle = Bundle::new_concurrent(vec![language]);
    // The marks around variables would only show up as boxes.
    bundle.set_use_isolating(false);
    let resource = FluentResource::try_new(text.to_owned()).unwrap_or_else(|(readable, _)| readable);
    bundle.add_resource_overriding(resource);
    bundle
}
