//! What was said last, as text over the bottom of the display.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::view::Caption;

/// How many are shown at once.
const SHOWN_MAX: usize = 2;
/// How long one stays after its last word: reading takes longer than hearing.
const SHOWN_FOR: Duration = Duration::from_secs(7);
/// The longest text kept, in characters; of more, its end is what is being said.
const CHARS_MAX: usize = 400;

/// The last captions of a meeting.
#[derive(Debug, Clone, Default)]
pub struct Captions {
    lines: VecDeque<Line>,
}

#[derive(Debug, Clone)]
struct Line {
    /// Which piece of speech it is: told again as it grows and is corrected.
    segment: String,
    caption: Caption,
    /// Nothing of it will be said again otherwise.
    is_final: bool,
    until: Instant,
}

impl Captions {
    /// Takes in a piece of speech, new or told again. Empty text takes it away.
    pub fn hear(&mut self, name: String, segment: String, text: &str, is_final: bool, now: Instant) {
        let known = self.lines.iter().position(|line| line.segment == segment && line.caption.name == name);
        let text = tail(text.trim());
        match known {
            // What is final was said; guesses that come late are older.
            Some(index) if self.lines[index].is_final && !is_final => {}
            Some(index) if text.is_empty() => drop(self.lines.remove(index)),
            Some(index) => {
                let line = &mut self.lines[index];
                (line.caption.text, line.is_final, line.until) = (text, is_final, now + SHOWN_FOR);
            }
            None if text.is_empty() => {}
            None => {
                if self.lines.len() >= SHOWN_MAX {
                    self.lines.pop_front();
                }
                let caption = Caption { name, text };
                self.lines.push_back(Line { segment, caption, is_final, until: now + SHOWN_FOR });
            }
        }
    }

    /// What to show, the oldest first.
    pub fn view(&self, now: Instant) -> Vec<Caption> {
        self.lines.iter().filter(|line| line.until > now).map(|line| line.caption.clone()).collect()
    }

    /// When the next one has been shown long enough.
    pub fn deadline(&self) -> Option<Instant> {
        self.lines.iter().map(|line| line.until).min()
    }

    /// Lets go of what has been shown long enough.
    pub fn timeout(&mut self, now: Instant) {
        self.lines.retain(|line| line.until > now);
    }
}

/// The end of a text, from a word on.
fn tail(text: &str) -> String {
    let surplus = text.chars().count().saturating_sub(CHARS_MAX);
    if surplus == 0 {
        return text.to_owned();
    }
    let from = text.char_indices().nth(surplus).map_or(0, |(at, _)| at);
    let rest = &text[from..];
    let word = rest.find(char::is_whitespace).unwrap_or(0);
    format!("… {}", rest[word..].trim_start())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(captions: &Captions, now: Instant) -> Vec<String> {
        captions.view(now).into_iter().map(|caption| caption.text).collect()
    }

    #[test]
    fn a_piece_of_speech_grows_in_place_and_the_last_two_are_shown() {
        let (mut captions, now) = (Captions::default(), Instant::now());
        captions.hear("Ada".into(), "1".into(), "Bon", false, now);
        captions.hear("Ada".into(), "1".into(), "Bonjour à tous", false, now);
        captions.hear("Bob".into(), "1".into(), "Hello", true, now);
        assert_eq!(texts(&captions, now), ["Bonjour à tous", "Hello"]);
        captions.hear("Ada".into(), "1".into(), "Bonjour à toutes et à tous.", true, now);
        assert_eq!(texts(&captions, now), ["Bonjour à toutes et à tous.", "Hello"]);
        captions.hear("Ada".into(), "1".into(), "Bonjour à tous", false, now);
        assert_eq!(texts(&captions, now)[0], "Bonjour à toutes et à tous.", "a guess does not undo what is final");
        captions.hear("Ada".into(), "2".into(), "On commence ?", true, now);
        assert_eq!(texts(&captions, now), ["Hello", "On commence ?"]);
    }

    #[test]
    fn what_was_said_goes_by_itself() {
        let (mut captions, now) = (Captions::default(), Instant::now());
        captions.hear("Ada".into(), "1".into(), "Bonjour", true, now);
        captions.hear("Ada".into(), "2".into(), "", true, now);
        let until = captions.deadline().unwrap();
        assert_eq!(texts(&captions, until), [""; 0]);
        captions.timeout(until);
        assert_eq!(captions.deadline(), None);
    }

    #[test]
    fn of_a_long_speech_the_end_is_kept() {
        let (mut captions, now) = (Captions::default(), Instant::now());
        captions.hear("Ada".into(), "1".into(), &"encore une fois ".repeat(1000), false, now);
        let text = &texts(&captions, now)[0];
        assert!(text.chars().count() <= CHARS_MAX + 2, "{}", text.len());
        assert!(text.starts_with("… ") && text.ends_with("une fois"), "{text}");
    }
}
