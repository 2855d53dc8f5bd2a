//! What is wrong with a policy file, in sentences for whoever wrote it.

use std::fmt;

use crate::host::HostError;
use crate::pin::PinError;
use crate::usb::UsbError;

/// Something wrong at one place of a policy file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Counted from 1; `None` when it is about the whole file.
    pub line: Option<usize>,
    /// `platforms.host`; empty when the sentence names it.
    pub field: String,
    pub fault: Fault,
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("the file is larger than 1 MiB")]
    TooLarge,
    #[error("the file is not text in UTF-8")]
    NotText,
    /// What the TOML parser says: syntax, unknown and missing keys, wrong types.
    #[error("{0}")]
    Toml(String),
    #[error("expected 1 to {max} letters a to z, digits and hyphens, for example {example}")]
    Identifier { max: usize, example: &'static str },
    #[error("expected a whole number from 1 on")]
    Version,
    #[error("expected a day such as 2027-06-30")]
    Day,
    #[error("expected a number of days from 1 to {max}")]
    Days { max: u16 },
    #[error("{given:?} is not known here: expected {}", list(expected))]
    Unknown { given: String, expected: Vec<&'static str> },
    #[error("{0:?} is there twice")]
    Twice(String),
    #[error("expected one line of 1 to {max} characters, without control characters")]
    Line { max: usize },
    #[error("{given:?}: {source}")]
    Host { given: String, source: HostError },
    #[error("{given:?}: {source}")]
    Pin { given: String, source: PinError },
    #[error("{given:?}: {source}")]
    Usb { given: String, source: UsbError },
    #[error("{given:?} is no prefix: expected one such as 192.0.2.0/24 or 2001:db8::/32")]
    Prefix { given: String },
    #[error("{given:?} has bits behind its length: write {meant} for all of it, or {address} for one address")]
    PrefixHasHost { given: String, meant: String, address: String },
    #[error("{given:?} is of IPv4 addresses written as IPv6: write the IPv4 prefix itself")]
    PrefixMapped { given: String },
    #[error("{given:?} is neither a prefix such as 192.0.2.0/24 nor a jurisdiction of this file")]
    RangeUnknown { given: String },
    #[error("{prefix} is in the jurisdiction {other} already")]
    PrefixOfTwo { prefix: String, other: String },
    #[error("in a classified policy, expected {expected}")]
    Weaker { expected: &'static str },
    #[error("only rooms of a classified policy look at it")]
    OnlyClassified,
    #[error("the list must not be empty: leave it out, or say what it holds")]
    Empty,
}

fn list(words: &[&str]) -> String {
    match words {
        [] => "nothing".into(),
        [one] => (*one).into(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        if !self.field.is_empty() {
            write!(f, "{}: ", self.field)?;
        }
        self.fault.fmt(f)
    }
}

/// Everything found wrong with a policy file; at least one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl std::error::Error for Problems {}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.0.iter().map(Problem::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}
