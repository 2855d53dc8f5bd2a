//! What is written in a meeting: read on the panel, answered there, and forgotten with the meeting.

use std::sync::Arc;
use std::time::Duration;

use crate::text::{NAME_CHARS_MAX, one_line};

/// Messages kept; of more the oldest go.
pub const MESSAGES_MAX: usize = 100;
/// The longest message shown, in characters.
pub const MESSAGE_CHARS_MAX: usize = 1_000;
/// The longest message sent, in characters: Visio's own box takes no more.
pub const SENT_CHARS_MAX: usize = 2_000;

/// The written conversation.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Chat {
    /// The last messages, the oldest first. Shared: a view is made ten times a second.
    pub messages: Arc<Vec<Message>>,
    /// How many the others have written since we came, also those no longer kept.
    pub received: u64,
    /// Whether the meeting lets us write, and react.
    pub may_write: bool,
}

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Who wrote it, empty when they gave no name; `None`: this room.
    pub from: Option<String>,
    pub text: String,
    /// When it came, as local wall time since the Unix epoch.
    pub at: Duration,
}

impl Chat {
    /// A message of somebody else. Returns their name and words as they are shown, nothing for one without words.
    pub(crate) fn hear(&mut self, from: &str, text: &str, at: Duration) -> Option<(String, String)> {
        let (from, text) = (one_line(from, NAME_CHARS_MAX), one_line(text, MESSAGE_CHARS_MAX));
        if text.is_empty() {
            return None;
        }
        self.received += 1;
        self.keep(Message { from: Some(from.clone()), text: text.clone(), at });
        Some((from, text))
    }

    /// A message of ours.
    pub(crate) fn write(&mut self, text: &str, at: Duration) {
        self.keep(Message { from: None, text: one_line(text, MESSAGE_CHARS_MAX), at });
    }

    fn keep(&mut self, message: Message) {
        let messages = Arc::make_mut(&mut self.messages);
        if messages.len() >= MESSAGES_MAX {
            messages.remove(0);
        }
        messages.push(message);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_thousand_messages_of_a_megabyte_leave_a_hundred_short_ones() {
        let mut chat = Chat::default();
        let huge = "x".repeat(1 << 20);
        for n in 0..10_000_u32 {
            let text = if n % 1000 == 0 { huge.clone() } else { n.to_string() };
            chat.hear("Ada", &text, Duration::ZERO);
        }
        assert_eq!((chat.messages.len(), chat.received), (MESSAGES_MAX, 10_000));
        assert!(chat.messages.iter().all(|message| message.text.chars().count() <= MESSAGE_CHARS_MAX));
        assert_eq!(chat.messages.last().unwrap().text, "9999");
    }

    #[test]
    fn a_message_without_words_is_none() {
        let mut chat = Chat::default();
        assert_eq!(chat.hear("Ada", " \n\u{202e}", Duration::ZERO), None);
        assert_eq!((chat.messages.len(), chat.received), (0, 0));
    }
}
