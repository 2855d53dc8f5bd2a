//! The three languages say the same things.

use std::collections::{BTreeMap, BTreeSet};

use fluent_bundle::{FluentArgs, FluentResource};
use room::view::Language;

use super::examples::LANGUAGES;
use crate::phrases::{say, source};

/// Every key of a language with the variables its text mentions.
fn phrases(language: Language) -> BTreeMap<String, BTreeSet<String>> {
    let mut phrases: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut key = String::new();
    for line in source(language).lines().filter(|line| !line.starts_with('#')) {
        if let Some((name, _)) = line.split_once(" =").filter(|_| line.starts_with(|c: char| c.is_ascii_lowercase())) {
            key = name.to_owned();
            assert!(phrases.insert(key.clone(), BTreeSet::new()).is_none(), "{key} is there twice in {language:?}");
        }
        let variables = line.split("{ $").skip(1).filter_map(|rest| rest.split([' ', '}']).next());
        phrases.entry(key.clone()).or_default().extend(variables.map(str::to_owned));
    }
    phrases.remove("");
    phrases
}

#[test]
fn every_file_parses_without_errors() {
    for language in LANGUAGES {
        let resource = FluentResource::try_new(source(language).to_owned());
        assert!(resource.is_ok(), "{language:?}: {:?}", resource.err().map(|(_, errors)| errors));
    }
}

#[test]
fn every_language_has_every_phrase_with_the_same_variables() {
    let french = phrases(Language::French);
    assert!(french.len() > 100, "only {} phrases found", french.len());
    for language in [Language::English, Language::German] {
        assert_eq!(phrases(language), french, "{language:?} differs from French");
    }
}

#[test]
fn no_phrase_fails_once_its_variables_are_given() {
    for language in LANGUAGES {
        let mut bundle = fluent_bundle::FluentBundle::default();
        let resource = FluentResource::try_new(source(language).to_owned()).unwrap();
        bundle.add_resource(&resource).unwrap();
        for (key, variables) in phrases(language) {
            let mut arguments = FluentArgs::new();
            variables.iter().for_each(|name| arguments.set(name.clone(), 1));
            let (mut errors, message) = (Vec::new(), bundle.get_message(&key).unwrap());
            let said = bundle.format_pattern(message.value().unwrap(), Some(&arguments), &mut errors);
            assert!(errors.is_empty() && !said.trim().is_empty(), "{language:?} {key}: {errors:?}");
        }
    }
}

#[test]
fn every_key_the_code_asks_for_exists() {
    let french = phrases(Language::French);
    let code = [
        include_str!("../sentence.rs"),
        include_str!("../calendar.rs"),
        include_str!("../display.rs"),
        include_str!("../display/idle.rs"),
        include_str!("../page.rs"),
        include_str!("../frame.rs"),
        include_str!("../panel/acceptance.rs"),
        include_str!("../panel/accessibility.rs"),
        include_str!("../panel/reader.rs"),
        include_str!("../picture.rs"),
        include_str!("../panel/audio.rs"),
        include_str!("../panel/authentication.rs"),
        include_str!("../panel/booking.rs"),
        include_str!("../panel/facts.rs"),
        include_str!("../panel/settings.rs"),
        include_str!("../panel/restart.rs"),
        include_str!("../panel/home.rs"),
        include_str!("../panel/code.rs"),
        include_str!("../panel/keyboard.rs"),
        include_str!("../panel/joining.rs"),
        include_str!("../panel/day.rs"),
        include_str!("../panel/invitation.rs"),
        include_str!("../panel/language.rs"),
        include_str!("../panel/standby.rs"),
        include_str!("../panel/call.rs"),
        include_str!("../panel/people.rs"),
        include_str!("../panel/layouts.rs"),
        include_str!("../panel/ended.rs"),
        include_str!("../panel/sheet.rs"),
        include_str!("../panel/more.rs"),
        include_str!("../panel/chat.rs"),
        include_str!("../panel/person.rs"),
        include_str!("../panel/camera.rs"),
        include_str!("../panel/write.rs"),
        include_str!("../panel/toast.rs"),
    ]
    .concat();
    let quoted: BTreeSet<&str> = code.split('"').filter(|text| french.contains_key(*text)).collect();
    // Built from two parts: advice after a failure, the states of the two switches, names of what has no words.
    let built = |key: &str| {
        key.starts_with("spoken-")
            || key.ends_with("-advice")
            || key.starts_with("reaction-")
            || key.starts_with("microphone-")
            || key.starts_with("camera-")
            || key.starts_with("day-")
    };
    let unused: Vec<_> = french.keys().filter(|key| !quoted.contains(key.as_str()) && !built(key)).collect();
    assert!(unused.is_empty(), "never said: {unused:?}");
    let asked =
        code.split("say(\"").skip(1).chain(code.split("say_with(\"").skip(1)).filter_map(|rest| rest.split('"').next());
    for key in asked {
        assert!(french.contains_key(key) || STATES.contains(&key), "no {key}");
    }
}

const STATES: [&str; 6] = ["on", "off", "interrupted", "missing", "failed", "forbidden"];

#[test]
fn every_switch_and_failure_has_its_words() {
    for language in LANGUAGES {
        for device in ["microphone", "camera"] {
            for state in STATES {
                let key = format!("{device}-{state}");
                assert_ne!(say(language, &key), key);
            }
        }
        for reaction in room::Reaction::ALL {
            let key = format!("reaction-{}", reaction.name());
            assert_ne!(say(language, &key), key);
        }
        for reason in super::examples::reasons() {
            let (title, advice) = crate::sentence::failure(language, &reason);
            assert!(!title.starts_with("end-") && !advice.starts_with("end-"), "{language:?} {reason:?}");
        }
    }
}

#[test]
fn french_keeps_its_double_punctuation_on_the_line() {
    for line in source(Language::French).lines().filter(|line| !line.starts_with('#')) {
        for mark in ['?', '!', ':', ';', '»', '%'] {
            for (at, _) in line.match_indices(mark) {
                assert_eq!(line[..at].chars().next_back(), Some('\u{a0}'), "before {mark} in {line}");
            }
        }
        assert!(!line.contains('\''), "a typewriter’s apostrophe in {line}");
    }
}

#[test]
fn numbers_agree_with_what_they_count() {
    let minutes =
        |language, minutes: u64| crate::phrases::say_with(language, "lobby-waited", &[("minutes", minutes.into())]);
    assert_eq!(minutes(Language::French, 1), "Nous attendons depuis une minute.");
    assert_eq!(minutes(Language::English, 3), "We have been waiting for 3 minutes.");
    assert_eq!(minutes(Language::German, 0), "Wir haben gerade angefragt.");
}
