//! Content lines of iCalendar text (RFC 5545 §3.1), and of text that only looks like it.
//!
//! Lines are unfolded and cut into name, parameters and value. Two faults are mended that calendars
//! in the field have: lines folded without the space that says so, and line ends of all kinds.

use std::borrow::Cow;

/// What is kept of one unfolded line, in bytes; the rest is dropped.
const LINE_BYTES_MAX: usize = 64 * 1024;
/// A line shorter than this was not folded: whoever broke it meant a new line of text.
const FOLDED_BYTES_MIN: usize = 60;

/// Names that are properties also when they are not written in capitals.
const KNOWN: [&str; 12] = [
    "begin",
    "end",
    "dtstart",
    "dtend",
    "duration",
    "summary",
    "description",
    "location",
    "rrule",
    "uid",
    "status",
    "url",
];

/// One property.
#[derive(Debug, PartialEq, Eq)]
pub struct Line<'a> {
    text: Cow<'a, str>,
    /// Where the name ends.
    name: usize,
    /// Where the value begins.
    value: usize,
}

impl Line<'_> {
    /// In capitals or not, as it was written.
    pub fn name(&self) -> &str {
        &self.text[..self.name]
    }

    pub fn is(&self, name: &str) -> bool {
        self.name().eq_ignore_ascii_case(name)
    }

    /// As it was written; see [`unescaped`].
    pub fn value(&self) -> &str {
        &self.text[self.value..]
    }

    /// The parameters, as they were written.
    pub fn parameters(&self) -> impl Iterator<Item = &str> {
        let parameters = self.text.get(self.name..self.value.saturating_sub(1)).unwrap_or_default();
        split_unquoted(parameters, ';').filter(|parameter| !parameter.is_empty())
    }

    /// The value of a parameter, without its quotes.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters().find_map(|parameter| {
            let (key, value) = parameter.split_once('=')?;
            key.trim().eq_ignore_ascii_case(name).then(|| value.trim().trim_matches('"'))
        })
    }
}

/// The lines of a text, the faulty ones mended or left out.
pub fn lines(text: &str) -> impl Iterator<Item = Line<'_>> {
    let mut pieces = text.split(['\n', '\r']).filter(|piece| !piece.is_empty()).peekable();
    std::iter::from_fn(move || {
        loop {
            let first = pieces.next()?;
            let mut line = Cow::Borrowed(cut(first, LINE_BYTES_MAX));
            let mut before = first.len();
            while let Some(piece) = pieces.peek() {
                if let Some(rest) = piece.strip_prefix([' ', '\t']) {
                    append(&mut line, rest);
                } else if is_property(piece) {
                    break;
                } else {
                    if before < FOLDED_BYTES_MIN {
                        append(&mut line, "\\n");
                    }
                    append(&mut line, piece);
                }
                before = piece.len();
                pieces.next();
            }
            if let Some(line) = parsed(line) {
                return Some(line);
            }
        }
    })
}

fn append(line: &mut Cow<'_, str>, piece: &str) {
    let room = LINE_BYTES_MAX.saturating_sub(line.len());
    if room > 0 {
        line.to_mut().push_str(cut(piece, room));
    }
}

/// As much of a text as fits, in whole characters.
fn cut(text: &str, bytes_max: usize) -> &str {
    &text[..text.floor_char_boundary(bytes_max)]
}

/// Whether a line begins a property, rather than going on with the one before.
fn is_property(line: &str) -> bool {
    let Some(end) = line.find([':', ';']) else { return false };
    let name = &line[..end];
    let capital = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-';
    (!name.is_empty() && name.bytes().all(capital)) || KNOWN.iter().any(|known| known.eq_ignore_ascii_case(name))
}

fn parsed(text: Cow<'_, str>) -> Option<Line<'_>> {
    let name = text.find([':', ';'])?;
    // A quote that is never closed would swallow the value.
    let colon = unquoted(&text, ':').or_else(|| text.find(':'))?;
    (name > 0 && colon >= name).then_some(Line { text, name, value: colon + 1 })
}

/// Where a character stands outside of quotes.
fn unquoted(text: &str, wanted: char) -> Option<usize> {
    let mut quoted = false;
    text.char_indices().find_map(|(at, c)| {
        quoted ^= c == '"';
        (c == wanted && !quoted).then_some(at)
    })
}

fn split_unquoted(mut text: &str, at: char) -> impl Iterator<Item = &str> {
    std::iter::from_fn(move || {
        if text.is_empty() {
            return None;
        }
        let end = unquoted(text, at).unwrap_or(text.len());
        let piece = &text[..end];
        text = text.get(end + at.len_utf8()..).unwrap_or_default();
        Some(piece)
    })
}

/// A TEXT value as it was meant (RFC 5545 §3.3.11).
pub fn unescaped(value: &str) -> String {
    let mut plain = String::with_capacity(value.len());
    let mut letters = value.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some('n' | 'N') => plain.push('\n'),
                Some(escaped) => plain.push(escaped),
                None => {}
            },
            other => plain.push(other),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Vec<(String, String)> {
        lines(text).map(|line| (line.name().to_owned(), unescaped(line.value()))).collect()
    }

    #[test]
    fn folded_lines_are_whole_again() {
        let text = "SUMMARY:Comité\r\n  de pilo\r\n\ttage\r\nLOCATION:Salle\\, 3e\\nfond\r\n";
        let expected = [("SUMMARY", "Comité de pilotage"), ("LOCATION", "Salle, 3e\nfond")];
        assert_eq!(values(text), expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }

    #[test]
    fn a_line_folded_without_its_space_is_mended() {
        let long = format!("DESCRIPTION:{}https://visio.example/abc-de", "x".repeat(60));
        let text = format!("{long}\nfg-hij\nDTSTART:20261124T090000Z");
        assert!(values(&text)[0].1.ends_with("https://visio.example/abc-defg-hij"));
        assert_eq!(values(&text)[1].0, "DTSTART");
    }

    #[test]
    fn a_new_line_that_nobody_escaped_stays_one() {
        let text = "DESCRIPTION:Lien :\nhttps://visio.example/abc-defg-hij\nBonne réunion\nUID:1";
        assert_eq!(values(text)[0].1, "Lien :\nhttps://visio.example/abc-defg-hij\nBonne réunion");
        assert_eq!(values(text).len(), 2);
    }

    #[test]
    fn parameters_may_be_quoted() {
        let text = "ATTENDEE;CN=\"Turing; Alan: A.\";PARTSTAT=DECLINED:mailto:alan@example.org";
        let line = lines(text).next().unwrap();
        assert_eq!(line.parameter("partstat"), Some("DECLINED"));
        assert_eq!(line.parameter("CN"), Some("Turing; Alan: A."));
        assert_eq!(line.value(), "mailto:alan@example.org");
    }

    #[test]
    fn a_quote_that_is_never_closed_swallows_nothing() {
        let line = lines("DTSTART;TZID=\"Europe/Paris:20261124T090000").next().unwrap();
        assert_eq!(line.value(), "20261124T090000");
    }

    #[test]
    fn a_long_line_is_cut_between_characters() {
        let text = format!("SUMMARY:{}", "é".repeat(LINE_BYTES_MAX));
        let line = lines(&text).next().unwrap();
        assert!(line.value().len() <= LINE_BYTES_MAX && line.value().chars().all(|c| c == 'é'));
    }
}
