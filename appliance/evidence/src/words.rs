//! Faults and remarks in the words of a language.

use phrase::{FluentValue, Language};

use crate::meeting::Purpose;
use crate::phrases::phrase;
use crate::record::PrunedFor;
use crate::verify::{Remark, Start, Why};

fn text(value: impl ToString) -> FluentValue<'static> {
    value.to_string().into()
}

impl Why {
    /// The reason in words, to follow a colon.
    pub fn sentence(&self, language: Language) -> String {
        match self {
            Why::Empty => phrase(language, "why-empty", []),
            Why::Line(error) => phrase(language, "why-line", [("detail", text(error))]),
            Why::KeyNotGiven(key) => phrase(language, "why-key-not-given", [("key", text(key))]),
            Why::OtherKey { expected, found } => {
                phrase(language, "why-other-key", [("expected", text(expected)), ("found", text(found))])
            }
            Why::BadSignature => phrase(language, "why-bad-signature", []),
            Why::OtherNumber { expected, found } => {
                phrase(language, "why-other-number", [("expected", text(expected)), ("found", text(found))])
            }
            Why::NotLinked => phrase(language, "why-not-linked", []),
            Why::BegunLate(number) => phrase(language, "why-begun-late", [("found", text(number))]),
            Why::NotBegun => phrase(language, "why-not-begun", []),
            Why::BeginningMissing => phrase(language, "why-beginning-missing", []),
            Why::KnownMissing(number) => phrase(language, "why-known-missing", [("found", text(number))]),
        }
    }
}

impl Remark {
    /// Whether somebody should look into it. Deleting, changing keys by the old one and a meeting that goes on are usual.
    pub fn is_unusual(&self) -> bool {
        match self {
            Remark::Torn { .. }
            | Remark::Interrupted { .. }
            | Remark::ClockWentBack { .. }
            | Remark::KeyReplaced { .. } => true,
            Remark::KeyChanged { .. } | Remark::Pruned { .. } | Remark::StillOpen { .. } => false,
        }
    }

    /// The remark in words.
    pub fn sentence(&self, language: Language) -> String {
        match self {
            Remark::Torn { number, torn } => {
                let variables = [("number", text(number)), ("bytes", text(torn.bytes)), ("sha256", text(torn.sha256))];
                phrase(language, "remark-torn", variables)
            }
            Remark::Interrupted { number, meeting } => {
                phrase(language, "remark-interrupted", [("number", text(number)), ("meeting", text(meeting))])
            }
            Remark::ClockWentBack { number, by_ms } => {
                // A moment is not nothing.
                let seconds = by_ms / 1000 + i64::from(by_ms % 1000 > 0);
                phrase(language, "remark-clock-went-back", [("number", text(number)), ("seconds", text(seconds))])
            }
            Remark::KeyChanged { number, to } => {
                phrase(language, "remark-key-changed", [("number", text(number)), ("key", text(to))])
            }
            Remark::KeyReplaced { number, was } => {
                phrase(language, "remark-key-replaced", [("number", text(number)), ("key", text(was))])
            }
            Remark::Pruned { number, first, why, until } => {
                let why = match why {
                    PrunedFor::Age => "why-age",
                    PrunedFor::Space => "why-space",
                };
                let variables = [
                    ("number", text(number)),
                    ("first", text(first)),
                    ("until", text(until)),
                    ("why", text(phrase(language, why, []))),
                ];
                phrase(language, "remark-pruned", variables)
            }
            Remark::StillOpen { meeting } => phrase(language, "remark-still-open", [("meeting", text(meeting))]),
        }
    }
}

impl Start {
    /// How the records begin, in words; `first` and `last` are their numbers.
    pub fn sentence(self, first: u64, last: u64, language: Language) -> String {
        let key = match self {
            Start::Begun => "start-begun",
            Start::Pruned => "start-pruned",
            Start::Excerpt => "start-excerpt",
        };
        phrase(language, key, [("first", text(first)), ("last", text(last))])
    }
}

impl Purpose {
    /// For people.
    pub fn in_language(self, language: Language) -> String {
        let key = match self {
            Purpose::Signalling => "purpose-signalling",
            Purpose::Media => "purpose-media",
            Purpose::Turn => "purpose-turn",
            Purpose::Dns => "purpose-dns",
            Purpose::Ntp => "purpose-ntp",
            Purpose::Updates => "purpose-updates",
            Purpose::Other => "purpose-other",
        };
        phrase(language, key, [])
    }
}
