//! Names out of certificates, made fit to be shown.

use x509_cert::attr::AttributeValue;
use x509_cert::der::Tag;
use x509_cert::der::oid::ObjectIdentifier;
use x509_cert::name::Name;

/// The longest name told, in characters.
pub const NAME_CHARS_MAX: usize = 100;

/// `commonName`, X.520.
pub(crate) const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");
/// `serialNumber` of a device, X.520.
pub(crate) const SERIAL_NUMBER: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.5");
/// `organizationName`, X.520.
pub(crate) const ORGANISATION: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.10");

/// The most specific value of an attribute, which is the last one (X.501 §9.2), if anything is to be seen of it.
pub(crate) fn attribute(name: &Name, kind: ObjectIdentifier) -> Option<String> {
    let value = name.iter().filter(|attribute| attribute.oid == kind).last()?;
    Some(clean(&text(&value.value)?)).filter(|text| !text.is_empty())
}

/// The text of a `DirectoryString` (RFC 5280 §4.1.2.4), whatever of it is no text left out.
fn text(value: &AttributeValue) -> Option<String> {
    let bytes = value.value();
    match value.header().tag() {
        Tag::Utf8String | Tag::PrintableString | Tag::Ia5String => Some(String::from_utf8_lossy(bytes).into_owned()),
        // In practice Latin-1: what T.61 says is not what authorities wrote.
        Tag::TeletexString => Some(bytes.iter().map(|byte| char::from(*byte)).collect()),
        Tag::BmpString => {
            let units = bytes.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
            Some(char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect())
        }
        _ => None,
    }
}

/// One line of at most [`NAME_CHARS_MAX`] characters. White space and control characters become one space; what directs the text
/// around it (UAX #9), has no width or has no meaning is left out. What is cut ends with `…`.
pub(crate) fn clean(text: &str) -> String {
    let mut clean = String::new();
    let (mut kept, mut space) = (0, false);
    for c in text.chars() {
        if c.is_whitespace() || c.is_control() {
            space = !clean.is_empty();
            continue;
        }
        if is_unseen(c) {
            continue;
        }
        if kept + usize::from(space) + 1 >= NAME_CHARS_MAX {
            clean.push('…');
            break;
        }
        if std::mem::take(&mut space) {
            clean.push(' ');
            kept += 1;
        }
        clean.push(c);
        kept += 1;
    }
    clean
}

/// Marks of direction, joiners, fillers, variation selectors, private use, tags: two names that differ in these only look the
/// same.
fn is_unseen(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
        | '\u{e000}'..='\u{f8ff}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
        | '\u{e0000}'..='\u{10ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_sees_is_left_out_and_nothing_turns_the_text_around() {
        let tricky = "\u{202e}Salle\u{200b} \u{2066}Jean\u{2069}\n\tMonnet\u{feff}\u{0}\u{e0041} ";
        assert_eq!(clean(tricky), "Salle Jean Monnet");
        assert_eq!(clean("\u{200b}\u{202e}\u{3164}\n"), "");
        assert_eq!(clean("Größe ☕ 会議室"), "Größe ☕ 会議室");
    }

    #[test]
    fn a_long_name_is_cut_and_says_so() {
        let long = clean(&"Ministère de ".repeat(1000));
        assert!(long.chars().count() <= NAME_CHARS_MAX && long.ends_with('…'), "{long}");
        assert!(clean(&"x".repeat(NAME_CHARS_MAX - 1)).ends_with('x'));
    }
}
