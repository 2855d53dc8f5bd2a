//! Text that people wrote, fit to be shown.

/// What is kept of a title, in characters: two lines of a large panel.
const TITLE_LENGTH_MAX: usize = 160;

/// A title in one line: without characters that hide, steer or reorder what stands around them,
/// with single spaces, and of bounded length. `None` when nothing is left.
pub fn title(text: &str) -> Option<String> {
    let mut plain = String::new();
    let (mut length, mut gap) = (0, false);
    for letter in text.chars().filter(|letter| !steers(*letter)) {
        if letter.is_whitespace() || letter.is_control() {
            gap = !plain.is_empty();
            continue;
        }
        length += 1 + usize::from(gap);
        if length > TITLE_LENGTH_MAX {
            plain.push('…');
            break;
        }
        if std::mem::take(&mut gap) {
            plain.push(' ');
        }
        plain.push(letter);
    }
    (!plain.is_empty()).then_some(plain)
}

/// Marks that change the direction of text (Unicode Bidirectional Algorithm, UAX 9 §2), or take no
/// room. Joiners stay: Persian and many emoji need them.
fn steers(letter: char) -> bool {
    matches!(
        letter,
        '\u{061c}'
            | '\u{200b}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_one_clean_line() {
        let plain = |text: &str| title(text).unwrap_or_default();
        assert_eq!(plain("  Point\n\t hebdo\u{0} "), "Point hebdo");
        assert_eq!(plain("invoice\u{202e}fdp.exe"), "invoicefdp.exe");
        assert_eq!(plain("\u{2066}اجتماع\u{2069}"), "اجتماع");
        assert_eq!(title("\u{200b} \u{202e}\n"), None);
        let long = plain(&"é".repeat(10_000));
        assert!(long.chars().count() == TITLE_LENGTH_MAX + 1 && long.ends_with('…'));
    }
}
