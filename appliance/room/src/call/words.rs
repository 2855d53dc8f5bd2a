//! What is written and said as text in a meeting, in rooms that have a place for it.

use std::time::{Duration, Instant};

use crate::captions::Captions;
use crate::view::{Caption, Chat};

/// Chat and captions. Both travel under the key that everybody with the link has, also where sound and pictures have the
/// group's: a classified room has neither.
#[derive(Debug)]
pub(crate) enum Words {
    Kept {
        chat: Chat,
        captions: Captions,
    },
    /// There is no place for any.
    None,
}

impl Words {
    /// Nothing yet; people may write until the platform says otherwise.
    pub fn kept() -> Words {
        Words::Kept { chat: Chat { may_write: true, ..Chat::default() }, captions: Captions::default() }
    }

    /// As [`Chat::hear`].
    pub fn hear(&mut self, from: &str, text: &str, at: Duration) -> Option<(String, String)> {
        match self {
            Words::Kept { chat, .. } => chat.hear(from, text, at),
            Words::None => None,
        }
    }

    /// A message of ours.
    pub fn write(&mut self, text: &str, at: Duration) {
        if let Words::Kept { chat, .. } = self {
            chat.write(text, at);
        }
    }

    /// Whether we may write and react: what the meeting says.
    pub fn let_write(&mut self, may_write: bool) {
        if let Words::Kept { chat, .. } = self {
            chat.may_write = may_write;
        }
    }

    /// Whether we may write and react.
    pub fn may_write(&self) -> bool {
        matches!(self, Words::Kept { chat, .. } if chat.may_write)
    }

    /// As [`Captions::hear`].
    pub fn caption(&mut self, from: String, segment: String, text: &str, is_final: bool, now: Instant) {
        if let Words::Kept { captions, .. } = self {
            captions.hear(from, segment, text, is_final, now);
        }
    }

    /// The captions to show, the oldest first.
    pub fn captions(&self, now: Instant) -> Vec<Caption> {
        match self {
            Words::Kept { captions, .. } => captions.view(now),
            Words::None => Vec::new(),
        }
    }

    /// The conversation as people see it.
    pub fn chat(&self) -> Chat {
        match self {
            Words::Kept { chat, .. } => chat.clone(),
            Words::None => Chat::default(),
        }
    }

    /// When a caption has been shown long enough.
    pub fn deadline(&self) -> Option<Instant> {
        match self {
            Words::Kept { captions, .. } => captions.deadline(),
            Words::None => None,
        }
    }

    /// Lets go of captions that have been shown long enough.
    pub fn timeout(&mut self, now: Instant) {
        if let Words::Kept { captions, .. } = self {
            captions.timeout(now);
        }
    }
}
