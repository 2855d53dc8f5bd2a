//! The little the room writes: a booking of its own, another end for it, and a refusal (RFC 5545).
//!
//! An event that is changed keeps every line that does not have to change, as it was written: somebody
//! may have added to it elsewhere.

use std::fmt::Write;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::event::address;
use crate::lines::lines;

/// The longest line in bytes, without its end (RFC 5545 §3.1).
const LINE_BYTES_MAX: usize = 75;

/// A new event.
#[derive(Debug, Clone, Copy)]
pub struct NewEvent<'a> {
    pub uid: &'a str,
    /// When it is written.
    pub stamp: Timestamp,
    pub start: Timestamp,
    pub end: Timestamp,
    pub title: &'a str,
}

/// A calendar with one event, in UTC: no time zone has to be described.
///
/// ```
/// let text = agenda::write::event(&agenda::write::NewEvent {
///     uid: "huisclos-booking-1",
///     stamp: "2026-11-24T09:00:00Z".parse().unwrap(),
///     start: "2026-11-24T09:00:00Z".parse().unwrap(),
///     end: "2026-11-24T09:30:00Z".parse().unwrap(),
///     title: "Réservée, au panneau",
/// });
/// assert!(text.contains("\r\nSUMMARY:Réservée\\, au panneau\r\n"));
/// ```
pub fn event(new: &NewEvent<'_>) -> String {
    let lines = [
        "BEGIN:VCALENDAR".to_owned(),
        "VERSION:2.0".to_owned(),
        "PRODID:-//Huis Clos//Room//EN".to_owned(),
        "BEGIN:VEVENT".to_owned(),
        format!("UID:{}", escaped(new.uid)),
        format!("DTSTAMP:{}", utc(new.stamp)),
        format!("DTSTART:{}", utc(new.start)),
        format!("DTEND:{}", utc(new.end)),
        format!("SUMMARY:{}", escaped(new.title)),
        "END:VEVENT".to_owned(),
        "END:VCALENDAR".to_owned(),
    ];
    lines.iter().fold(String::new(), |mut text, line| {
        fold(line, &mut text);
        text
    })
}

/// The event ends then instead. `None` when it is not this one, or recurs: of a series nothing is changed.
pub fn with_end(text: &str, uid: &str, end: Timestamp, stamp: Timestamp) -> Option<String> {
    let changed = change(text, uid, stamp, |name, _| match name {
        "DTEND" => Some(vec![format!("DTEND:{}", utc(end))]),
        "DURATION" => Some(vec![format!("DTEND:{}", utc(end))]),
        _ => None,
    })?;
    // One without an end has none to change.
    (changed.matches > 0).then_some(changed.text)
}

/// The room, whose addresses these are, declines (RFC 5546 §3.2.3); a server that schedules tells the organiser (RFC 6638).
/// `None` when it is another event, recurs, or does not invite the room.
pub fn declined(text: &str, uid: &str, addresses: &[String], stamp: Timestamp) -> Option<String> {
    let changed = change(text, uid, stamp, |name, line| {
        let parsed = lines(line).next().filter(|_| name == "ATTENDEE")?;
        let invited = address(parsed.value());
        if !addresses.iter().any(|own| own.eq_ignore_ascii_case(invited)) {
            return None;
        }
        let kept = parsed.parameters().filter(|parameter| {
            let key = parameter.split('=').next().unwrap_or_default().trim();
            !["PARTSTAT", "RSVP"].iter().any(|old| key.eq_ignore_ascii_case(old))
        });
        let kept: String = kept.map(|parameter| format!(";{parameter}")).collect();
        Some(vec![format!("ATTENDEE{kept};PARTSTAT=DECLINED:{}", parsed.value())])
    })?;
    (changed.matches > 0).then_some(changed.text)
}

/// Whether the text holds the event of this UID.
pub fn has_uid(text: &str, uid: &str) -> bool {
    lines(text).any(|line| line.is("UID") && line.value().trim() == uid)
}

struct Changed {
    text: String,
    /// Lines that were replaced.
    matches: usize,
}

/// Replaces lines of the only event of a text; `replace` gets a line's name in capitals and the line itself, unfolded.
/// Says when it was changed, and that it was.
fn change(
    text: &str,
    uid: &str,
    stamp: Timestamp,
    replace: impl Fn(&str, &str) -> Option<Vec<String>>,
) -> Option<Changed> {
    let mut changed = Changed { text: String::with_capacity(text.len() + 64), matches: 0 };
    let mut path: Vec<String> = Vec::new();
    let (mut events, mut is_it, mut sequence) = (0, false, None);
    for raw in raw_lines(text) {
        let line = unfolded(raw);
        let name = line.split([':', ';']).next().unwrap_or_default().trim().to_ascii_uppercase();
        let value = line.split_once(':').map_or("", |(_, value)| value.trim());
        let in_event = path.last().is_some_and(|component| component == "VEVENT");
        match name.as_str() {
            "BEGIN" => {
                path.push(value.to_ascii_uppercase());
                events += usize::from(value.eq_ignore_ascii_case("VEVENT"));
            }
            "END" => {
                if in_event {
                    fold(&format!("SEQUENCE:{}", sequence.unwrap_or(0_u32).saturating_add(1)), &mut changed.text);
                    fold(&format!("DTSTAMP:{}", utc(stamp)), &mut changed.text);
                    fold(&format!("LAST-MODIFIED:{}", utc(stamp)), &mut changed.text);
                }
                path.pop();
            }
            "RRULE" | "RDATE" | "RECURRENCE-ID" if in_event => return None,
            "UID" if in_event => is_it = value == uid,
            "SEQUENCE" if in_event => {
                sequence = Some(value.parse().unwrap_or(0));
                continue;
            }
            "DTSTAMP" | "LAST-MODIFIED" if in_event => continue,
            _ if in_event => {
                if let Some(lines) = replace(&name, &line) {
                    changed.matches += 1;
                    lines.iter().for_each(|line| fold(line, &mut changed.text));
                    continue;
                }
            }
            _ => {}
        }
        for piece in raw.trim_end_matches(['\r', '\n']).lines() {
            changed.text.push_str(piece);
            changed.text.push_str("\r\n");
        }
    }
    (events == 1 && is_it).then_some(changed)
}

/// Lines as they are written, each with what it goes on with.
fn raw_lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let start = rest.trim_start_matches(['\r', '\n']);
        if start.is_empty() {
            return None;
        }
        let mut end = 0;
        loop {
            end = start[end..].find('\n').map_or(start.len(), |at| end + at + 1);
            if !start[end..].starts_with([' ', '\t']) {
                break;
            }
        }
        let (line, after) = start.split_at(end);
        rest = after;
        Some(line)
    })
}

fn unfolded(raw: &str) -> String {
    let plain = raw.trim_end_matches(['\r', '\n']).replace("\r\n", "\n");
    plain.replace("\n ", "").replace("\n\t", "")
}

/// A line in pieces of 75 bytes, between characters.
fn fold(line: &str, text: &mut String) {
    let mut rest = line;
    let mut max = LINE_BYTES_MAX;
    loop {
        let piece = &rest[..rest.floor_char_boundary(max)];
        text.push_str(piece);
        text.push_str("\r\n");
        rest = &rest[piece.len()..];
        if rest.is_empty() {
            return;
        }
        text.push(' ');
        max = LINE_BYTES_MAX - 1;
    }
}

/// A TEXT value (RFC 5545 §3.3.11), without what controls terminals.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\\' | ';' | ',' => {
                let _ = write!(escaped, "\\{letter}");
            }
            '\n' => escaped.push_str("\\n"),
            letter if letter.is_control() => {}
            letter => escaped.push(letter),
        }
    }
    escaped
}

/// `20261124T090000Z`
fn utc(time: Timestamp) -> String {
    TimeZone::UTC.to_datetime(time).strftime("%Y%m%dT%H%M%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Query, read};
    use room::agenda::Title;

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn booking(title: &str) -> String {
        event(&NewEvent {
            uid: "huisclos-booking-1",
            stamp: time("2026-11-24T08:59:00Z"),
            start: time("2026-11-24T09:00:00Z"),
            end: time("2026-11-24T09:30:00Z"),
            title,
        })
    }

    fn only(text: &str) -> crate::Occurrence {
        let query = Query {
            from: time("2026-11-24T00:00:00Z"),
            to: time("2026-11-25T00:00:00Z"),
            zone: &TimeZone::UTC,
            zones: jiff::tz::db(),
            addresses: &["turing@rooms.example".to_owned()],
            context: &Default::default(),
        };
        let mut found = read([text], &query).occurrences;
        assert_eq!(found.len(), 1, "{text}");
        found.remove(0)
    }

    #[test]
    fn what_is_written_is_read_the_same() {
        for title in ["Réservée au panneau", "a; b, c\\d\nand \"so\" on", &"é long title ".repeat(20)] {
            let text = booking(title);
            assert!(text.split("\r\n").all(|line| line.len() <= 75), "{text}");
            assert!(text.ends_with("END:VCALENDAR\r\n") && !text.replace("\r\n", "").contains(['\r', '\n']));
            let found = only(&text);
            assert_eq!(found.uid.as_deref(), Some("huisclos-booking-1"));
            assert_eq!((found.start, found.end), (time("2026-11-24T09:00:00Z"), time("2026-11-24T09:30:00Z")));
            let Title::Plain(read) = &found.title else { panic!() };
            assert!(title.replace('\n', " ").starts_with(read.trim_end_matches('…')), "{read}");
        }
        let hostile = booking("x\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nUID:y");
        only(&hostile);
    }

    const ELSEWHERE: &str = "BEGIN:VCALENDAR\nVERSION:2.0\nBEGIN:VTIMEZONE\nTZID:Europe/Paris\nEND:VTIMEZONE\nBEGIN:VEVENT\n\
        UID:huisclos-booking-1\nSEQUENCE:3\nDTSTAMP:20261124T085900Z\nDTSTART;TZID=Europe/Paris:20261124T100000\n\
        DTEND;TZID=Europe/Paris:20261124T103000\nSUMMARY:Booked\nDESCRIPTION:Somebody added a long description that is folded \n \
        over two lines\nX-OTHER;P=\"a:b\":kept\nBEGIN:VALARM\nDURATION:PT5M\nTRIGGER:-PT5M\nEND:VALARM\nEND:VEVENT\nEND:VCALENDAR\n";

    #[test]
    fn another_end_leaves_the_rest_as_it_is() {
        let end = time("2026-11-24T09:45:00Z");
        let changed = with_end(ELSEWHERE, "huisclos-booking-1", end, time("2026-11-24T09:20:00Z")).unwrap();
        assert_eq!(only(&changed).end, end);
        for kept in ["DURATION:PT5M", "X-OTHER;P=\"a:b\":kept", "folded \r\n over two", "SEQUENCE:4", "T092000Z"] {
            assert!(changed.contains(kept), "{kept}: {changed}");
        }
        assert_eq!(changed.matches("SEQUENCE").count(), 1);
        let lasting = ELSEWHERE.replace("DTEND;TZID=Europe/Paris:20261124T103000", "DURATION:PT30M");
        let changed = with_end(&lasting, "huisclos-booking-1", end, end).unwrap();
        assert_eq!((only(&changed).end, changed.matches("DURATION").count()), (end, 1));
    }

    #[test]
    fn another_event_a_series_or_nonsense_is_not_changed() {
        let end = time("2026-11-24T09:45:00Z");
        let series = ELSEWHERE.replace("SEQUENCE:3", "RRULE:FREQ=DAILY");
        let endless = ELSEWHERE.replace("DTEND;TZID=Europe/Paris:20261124T103000\n", "");
        let two = booking("x")
            .replace("END:VCALENDAR", "BEGIN:VEVENT\r\nUID:huisclos-booking-1\r\nEND:VEVENT\r\nEND:VCALENDAR");
        for text in [
            series.as_str(),
            &endless,
            &two,
            "",
            "\n \n",
            "BEGIN:VEVENT",
            "UID:huisclos-booking-1",
            "BEGIN:VEVENT\n END",
        ] {
            assert_eq!(with_end(text, "huisclos-booking-1", end, end), None, "{text}");
        }
        assert_eq!(with_end(ELSEWHERE, "huisclos-booking-2", end, end), None);
    }

    #[test]
    fn only_the_room_itself_declines_and_only_where_it_is_invited() {
        let addresses = ["Turing@rooms.example".to_owned()];
        let invited = ELSEWHERE.replace(
            "SUMMARY:Booked",
            "ATTENDEE;CN=\"Room; Turing: 3rd\";RSVP=TRUE;PARTSTAT=ACCEPTED;CUTYPE=ROOM:mailto:turing@rooms.example\n\
             ATTENDEE;PARTSTAT=ACCEPTED:mailto:ada@example.org\nSUMMARY:Booked",
        );
        let stamp = time("2026-11-24T09:20:00Z");
        let changed = declined(&invited, "huisclos-booking-1", &addresses, stamp).unwrap();
        let whole = unfolded(&changed);
        let ours = "ATTENDEE;CN=\"Room; Turing: 3rd\";CUTYPE=ROOM;PARTSTAT=DECLINED:mailto:turing@rooms.example";
        assert!(whole.contains(ours) && whole.contains("PARTSTAT=ACCEPTED:mailto:ada@example.org"), "{whole}");
        assert!(changed.split("\r\n").all(|line| line.len() <= 75));
        assert_eq!(declined(ELSEWHERE, "huisclos-booking-1", &addresses, stamp), None);
        assert_eq!(declined(&invited, "huisclos-booking-1", &[], stamp), None);
    }

    #[test]
    fn whatever_is_given_nothing_panics() {
        let mut random = fastrand::Rng::with_seed(20);
        let pieces =
            ["BEGIN:VEVENT", "END:VEVENT", "\n", "\r\n", " ", "é", "ATTENDEE;A=\"", ":", ";", "UID:u", "DTEND", "\t"];
        for _ in 0..5000 {
            let text: String = (0..random.usize(0..30)).map(|_| pieces[random.usize(0..pieces.len())]).collect();
            let stamp = time("2026-11-24T09:20:00Z");
            let _ = with_end(&text, "u", stamp, stamp);
            let _ = declined(&text, "u", &["a".into()], stamp);
        }
    }
}
