//! What other people wrote, before it is shown or kept.

/// Marks kept on one letter: as many as any language puts there, and too few to reach other lines.
const MARKS_MAX: usize = 3;

/// One line of at most so many letters. What would change the direction of the text around it is left out, and
/// so is what nobody sees; spaces and line breaks become one space. What is cut off ends with `…`.
///
/// ```
/// assert_eq!(room::text::tidy("  Point\n\thebdo \u{202e}gpj.exe ", 40), "Point hebdo gpj.exe");
/// assert_eq!(room::text::tidy(&"long ".repeat(2000), 10), "long long…");
/// ```
pub fn tidy(text: &str, letters_max: usize) -> String {
    let mut tidy = String::new();
    let (mut letters, mut marks, mut space) = (0, 0, false);
    // However much of it is left out: the work is bounded too.
    let read_max = letters_max.saturating_mul(4);
    let mut read = text.chars();
    for c in read.by_ref().take(read_max) {
        if c.is_whitespace() || c.is_control() {
            space = !tidy.is_empty();
            continue;
        }
        if is_unseen(c) {
            continue;
        }
        marks = if is_mark(c) { marks + 1 } else { 0 };
        if marks > MARKS_MAX {
            continue;
        }
        if letters + usize::from(space) >= letters_max {
            return cut(tidy);
        }
        if std::mem::take(&mut space) {
            tidy.push(' ');
            letters += 1;
        }
        tidy.push(c);
        letters += 1;
    }
    if read.next().is_some() { cut(tidy) } else { tidy }
}

/// The longest name kept, in characters; longer than any panel has room for.
pub const NAME_CHARS_MAX: usize = 100;

/// As [`tidy`], with the `…` among at most so many characters.
///
/// ```
/// assert_eq!(room::text::one_line("\u{202e}Anna\nSchmidt ", 80), "Anna Schmidt");
/// assert_eq!(room::text::one_line("Donaudampfschifffahrt", 6), "Donau…");
/// ```
pub fn one_line(text: &str, chars_max: usize) -> String {
    let line = tidy(text, chars_max);
    match line.strip_suffix('…') {
        Some(kept) if line.chars().count() > chars_max => {
            let mut kept = kept.to_owned();
            kept.pop();
            cut(kept)
        }
        _ => line,
    }
}

fn cut(mut text: String) -> String {
    text.truncate(text.trim_end().len());
    text.push('…');
    text
}

/// Signs that direct text (UAX #9: embeddings, overrides, isolates, marks), have no width, or are tags. What
/// joins letters (U+200C, U+200D) stays: words of some languages, and some signs, are made with it.
fn is_unseen(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// Marks that stand on the letter before them.
fn is_mark(c: char) -> bool {
    matches!(c,
        '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}'
        | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_turns_the_text_around_it() {
        for c in ['\u{202a}', '\u{202d}', '\u{202e}', '\u{2066}', '\u{2069}', '\u{200e}', '\u{200f}', '\u{61c}'] {
            assert_eq!(tidy(&format!("{c}Point{c} hebdo{c}"), 40), "Point hebdo", "{c:?}");
        }
        assert_eq!(tidy("פגישה שבועית", 40), "פגישה שבועית", "written from the right it stays as it is");
    }

    #[test]
    fn long_and_strange_text_is_bounded() {
        assert_eq!(tidy(&"a".repeat(10_000), 200), format!("{}…", "a".repeat(200)));
        assert_eq!(tidy(&"a".repeat(200), 200), "a".repeat(200));
        assert_eq!(tidy(&format!("a{}b", "\u{301}".repeat(50)), 100), "a\u{301}\u{301}\u{301}b");
        assert_eq!(tidy(&"\u{200b}".repeat(1_000_000), 10), "…");
        assert_eq!(tidy("", 10), "");
        assert_eq!(tidy("\u{1f469}\u{200d}\u{1f52c}", 10), "\u{1f469}\u{200d}\u{1f52c}", "one sign of two");
    }

    #[test]
    fn what_looks_like_markup_is_text() {
        let title = "<b onclick=\"x\">Point</b> &amp; {$name}";
        assert_eq!(tidy(title, 200), title);
    }

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
