//! Words that other people wrote: one line of bounded length, with nothing in it that turns the rest around.

/// The longest name kept, in characters; longer than any panel has room for.
pub const NAME_CHARS_MAX: usize = 100;

/// At most so many characters of a text as one line: what is no letter becomes a space, marks that change the
/// direction of what follows (UAX #9, 2.1 to 2.4) and invisible ones go, and what is cut off leaves an ellipsis.
///
/// ```
/// assert_eq!(room::words::one_line("\u{202e}Anna\nSchmidt ", 80), "Anna Schmidt");
/// assert_eq!(room::words::one_line("Donaudampfschifffahrt", 6), "Donau…");
/// ```
pub fn one_line(text: &str, chars_max: usize) -> String {
    let mut line = String::new();
    let mut chars = 0;
    for letter in text.chars().filter(|letter| !turns_or_hides(*letter)) {
        let letter = if letter.is_control() || letter.is_whitespace() { ' ' } else { letter };
        if letter == ' ' && (line.is_empty() || line.ends_with(' ')) {
            continue;
        }
        if chars == chars_max {
            line.pop();
            line.truncate(line.trim_end().len());
            line.push('…');
            return line;
        }
        line.push(letter);
        chars += 1;
    }
    line.truncate(line.trim_end().len());
    line
}

/// Embeddings, overrides and isolates, and what takes no room: neither says anything.
fn turns_or_hides(letter: char) -> bool {
    matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200b}' | '\u{2060}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_wrote_is_one_line_of_bounded_length() {
        assert_eq!(one_line(" a\r\n\tb\u{0}\u{a0}c ", 10), "a b c");
        let huge = "mot ".repeat(300_000);
        let line = one_line(&huge, 1_000);
        assert!(line.chars().count() <= 1_000 && line.ends_with('…'), "{}", line.len());
        assert_eq!(one_line(&"x".repeat(10_000), NAME_CHARS_MAX).chars().count(), NAME_CHARS_MAX);
        assert_eq!(one_line("abc", 3), "abc");
        assert_eq!(one_line("\u{200b}\n \u{2069}", 3), "");
    }

    #[test]
    fn nobody_turns_the_words_of_others_around() {
        for mark in ['\u{202d}', '\u{202e}', '\u{2067}', '\u{2068}'] {
            assert_eq!(one_line(&format!("Anna{mark}fdp.exe"), 80), "Annafdp.exe");
        }
        // Scripts written from the right turn by themselves.
        assert_eq!(one_line("שלום", 80), "שלום");
        // Families are letters joined by a mark that says something.
        assert_eq!(one_line("👩\u{200d}👧", 80), "👩\u{200d}👧");
    }
}
