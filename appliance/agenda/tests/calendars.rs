//! Whole calendars, in the shapes that producers give them.

use agenda::{EVENTS_MAX, Note, OCCURRENCES_MAX, Occurrence, Query, Reading, read};
use jiff::Timestamp;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use room::destination::ParseContext;
use room::venue::{Obstacle, Platform, Venue};
use room::{Destination, Title};

/// Tuesday, 24 November 2026, in Paris, and the week that follows.
fn read_week(text: &str) -> Reading {
    let zone = TimeZone::get("Europe/Paris").unwrap();
    let context =
        ParseContext { instance: Some("https://visio.numerique.gouv.fr".parse().unwrap()), ..Default::default() };
    let query = Query {
        from: "2026-11-23T23:00:00Z".parse().unwrap(),
        to: "2026-11-30T23:00:00Z".parse().unwrap(),
        zone: &zone,
        zones: &TimeZoneDatabase::from_env(),
        addresses: &["turing@rooms.example".into()],
        context: &context,
    };
    read([text], &query)
}

fn week(text: &str) -> Vec<Occurrence> {
    let reading = read_week(text);
    assert_eq!(reading.notes, []);
    reading.occurrences
}

fn only(text: &str) -> Occurrence {
    let mut found = week(text);
    assert_eq!(found.len(), 1, "{found:?}");
    found.remove(0)
}

/// One event, with the lines every event has, in a calendar of its own.
fn event(lines: &str) -> String {
    calendar(&format!("BEGIN:VEVENT\nUID:1\nDTSTAMP:20261101T000000Z\n{lines}\nEND:VEVENT"))
}

fn calendar(components: &str) -> String {
    format!("BEGIN:VCALENDAR\nVERSION:2.0\n{components}\nEND:VCALENDAR\n")
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn slug(occurrence: &Occurrence) -> Option<&str> {
    match &occurrence.venue {
        Some(Venue::Joinable(Destination::Visio { slug, .. })) => Some(slug),
        _ => None,
    }
}

fn titles(occurrences: &[Occurrence]) -> Vec<&str> {
    let title = |occurrence: &'_ Occurrence| match &occurrence.title {
        Title::Plain(title) => title.clone().leak() as &str,
        Title::Untitled => "untitled",
        Title::Private => "private",
    };
    occurrences.iter().map(title).collect()
}

#[test]
fn every_producers_meeting_is_joined_with_one_touch() {
    for (name, text) in [
        ("La Suite calendar", include_str!("data/la-suite-calendar.ics")),
        ("Outlook add-in", include_str!("data/outlook-add-in.ics")),
        ("Safe Links", include_str!("data/safe-links.ics")),
        ("Open-Xchange", include_str!("data/open-xchange.ics")),
        ("broken folding", include_str!("data/broken-folding.ics")),
    ] {
        let meeting = only(text);
        assert_eq!(slug(&meeting), Some("abc-defg-hij"), "{name}: {meeting:?}");
        assert_eq!(meeting.start, at("2026-11-24T08:30:00Z"), "{name}");
        assert_eq!(meeting.end, at("2026-11-24T09:30:00Z"), "{name}");
    }
    // The passphrase in a rewritten link is still there.
    let Some(Venue::Joinable(destination)) = only(include_str!("data/safe-links.ics")).venue else { panic!() };
    assert!(destination.is_end_to_end_encrypted());
}

#[test]
fn a_meeting_elsewhere_says_where() {
    let meeting = only(include_str!("data/google.ics"));
    assert_eq!(meeting.venue, Some(Venue::NotJoinable(Obstacle::Platform(Platform::GoogleMeet))));
}

#[test]
fn a_series_keeps_its_time_through_the_year_and_its_exceptions() {
    let found = week(include_str!("data/series.ics"));
    let expected = [("2026-11-27T13:00:00Z", "Point (décalé)"), ("2026-11-28T14:00:00Z", "Point")];
    assert_eq!(titles(&found), expected.map(|(_, title)| title));
    assert_eq!(found.iter().map(|o| o.start).collect::<Vec<_>>(), expected.map(|(start, _)| at(start)));
    assert_eq!(found[0].venue, Some(Venue::NotJoinable(Obstacle::Platform(Platform::Zoom))));
    assert_eq!(slug(&found[1]), Some("abc-defg-hij"));
}

#[test]
fn this_and_future_moves_what_follows() {
    let found = week(&calendar(
        "BEGIN:VEVENT\nUID:s\nDTSTART;TZID=Europe/Paris:20260105T090000\nDTEND;TZID=Europe/Paris:20260105T100000\n\
         RRULE:FREQ=DAILY\nSUMMARY:before\nEND:VEVENT\n\
         BEGIN:VEVENT\nUID:s\nRECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/Paris:20261126T090000\n\
         DTSTART;TZID=Europe/Paris:20261126T113000\nDTEND;TZID=Europe/Paris:20261126T120000\nSUMMARY:after\nEND:VEVENT",
    ));
    assert_eq!(titles(&found), ["before", "before", "after", "after", "after", "after", "after"]);
    assert_eq!(found[1].start, at("2026-11-25T08:00:00Z"));
    assert_eq!((found[2].start, found[2].end), (at("2026-11-26T10:30:00Z"), at("2026-11-26T11:00:00Z")));
    assert_eq!(found[6].start, at("2026-11-30T10:30:00Z"));
}

#[test]
fn of_a_private_event_nothing_but_its_time_is_told() {
    for class in ["PRIVATE", "CONFIDENTIAL", "X-SECRET"] {
        let meeting = only(&event(&format!(
            "DTSTART:20261124T090000Z\nDTEND:20261124T100000Z\nSUMMARY:Licenciement\nCLASS:{class}\n\
             LOCATION:https://visio.numerique.gouv.fr/abc-defg-hij"
        )));
        assert_eq!((meeting.title, meeting.venue), (Title::Private, None));
    }
}

#[test]
fn what_does_not_take_place_is_not_shown() {
    let time = "DTSTART:20261124T090000Z\nDTEND:20261124T100000Z";
    for lines in [
        format!("{time}\nSTATUS:CANCELLED"),
        format!("{time}\nATTENDEE;CN=Turing;PARTSTAT=DECLINED:MAILTO:Turing@rooms.example"),
        "DTSTART:20261124T090000Z\nRRULE:FREQ=DAILY\nSTATUS:CANCELLED".into(),
        "SUMMARY:without a start".into(),
        "DTSTART:nonsense\nDTEND:20261124T100000Z".into(),
        "DTSTART:20261201T090000Z".into(),
        "DTSTART:20261123T090000Z\nDTEND:20261123T230000Z".into(),
    ] {
        assert_eq!(week(&event(&lines)), [], "{lines}");
    }
    let cancelled = event(time).replace("VERSION:2.0", "METHOD:CANCEL");
    assert_eq!(week(&cancelled), []);
    // Somebody else has declined.
    let lines = format!("{time}\nATTENDEE;PARTSTAT=DECLINED:mailto:alan@example.org");
    assert_eq!(week(&event(&lines)).len(), 1);
}

#[test]
fn whole_days_are_days_of_the_room() {
    let fair = only(&event("DTSTART;VALUE=DATE:20261125\nDTEND;VALUE=DATE:20261127\nSUMMARY:Salon"));
    assert!(fair.all_day);
    assert_eq!((fair.start, fair.end), (at("2026-11-24T23:00:00Z"), at("2026-11-26T23:00:00Z")));
    let day = only(&event("DTSTART;VALUE=DATE:20261125"));
    assert_eq!(day.end, at("2026-11-25T23:00:00Z"));
    let mondays = event("DTSTART;VALUE=DATE:20260105\nRRULE:FREQ=WEEKLY\nEXDATE;VALUE=DATE:20261123");
    assert_eq!(only(&mondays).start, at("2026-11-29T23:00:00Z"));
}

#[test]
fn meetings_that_overlap_are_all_there() {
    let both = calendar(
        "BEGIN:VEVENT\nUID:a\nDTSTART:20261124T090000Z\nDTEND:20261124T110000Z\nSUMMARY:long\nEND:VEVENT\n\
         BEGIN:VEVENT\nUID:b\nDTSTART:20261124T090000Z\nDTEND:20261124T100000Z\nSUMMARY:short\nEND:VEVENT",
    );
    assert_eq!(titles(&week(&both)), ["short", "long"]);
}

#[test]
fn a_definition_that_lies_about_a_known_zone_is_not_believed() {
    let definition = |name: &str| {
        format!(
            "BEGIN:VTIMEZONE\nTZID:{name}\nBEGIN:STANDARD\nDTSTART:19700101T000000\nTZOFFSETFROM:+0900\n\
             TZOFFSETTO:+0900\nEND:STANDARD\nEND:VTIMEZONE\n"
        )
    };
    let start = |name: &str, definition: &str| {
        let event = format!("BEGIN:VEVENT\nUID:z\nDTSTART;TZID={name}:20261124T120000\nEND:VEVENT");
        read_week(&calendar(&format!("{definition}{event}")))
    };
    assert_eq!(start("Europe/Paris", &definition("Europe/Paris")).occurrences[0].start, at("2026-11-24T11:00:00Z"));
    // A name nobody knows: the definition is all there is, also when it comes late.
    assert_eq!(start("Bureau", &definition("Bureau")).occurrences[0].start, at("2026-11-24T03:00:00Z"));
    // Neither: the room's own, and a note.
    let reading = start("Bureau", "");
    assert_eq!(reading.occurrences[0].start, at("2026-11-24T11:00:00Z"));
    assert_eq!(reading.notes, [Note::UnknownZone]);
}

#[test]
fn ends_are_taken_from_whatever_there_is() {
    let end = |lines: &str| only(&event(lines)).end;
    assert_eq!(end("DTSTART:20261124T090000Z\nDURATION:PT1H30M"), at("2026-11-24T10:30:00Z"));
    assert_eq!(end("DTSTART:20261124T090000Z"), at("2026-11-24T09:00:00Z"));
    assert_eq!(end("DTSTART:20261124T090000Z\nDTEND:20261124T080000Z"), at("2026-11-24T09:00:00Z"));
    // In another zone than the start.
    let lines = "DTSTART;TZID=Europe/Paris:20261124T090000\nDTEND;TZID=Europe/London:20261124T090000";
    assert_eq!(end(lines), at("2026-11-24T09:00:00Z"));
    // What began long ago and goes on is shown.
    assert_eq!(end("DTSTART:20261001T090000Z\nDTEND:20261125T090000Z"), at("2026-11-25T09:00:00Z"));
}

#[test]
fn ends_and_begins_that_are_missing_swallow_nothing() {
    let one = "BEGIN:VEVENT\nUID:a\nDTSTART:20261124T090000Z\nSUMMARY:a\nBEGIN:VALARM\nSUMMARY:alarm\n";
    let two = "BEGIN:VEVENT\nUID:b\nDTSTART:20261124T100000Z\nSUMMARY:b\nEND:VEVENT\n";
    let expected = ["a", "b"];
    for text in [
        format!("{one}{two}"),
        format!("BEGIN:VCALENDAR\n{one}BEGIN:VCALENDAR\n{two}"),
        calendar(&(one.to_owned() + two)),
    ] {
        assert_eq!(titles(&week(&text)), expected, "{text}");
    }
}

#[test]
fn a_calendar_of_a_million_events_is_read_as_far_as_it_goes() {
    let event = |n: usize| format!("BEGIN:VEVENT\nUID:{n}\nDTSTART:20261125T090000Z\nSUMMARY:n\nEND:VEVENT\n");
    let text: String = (0..EVENTS_MAX + 1000).map(event).collect();
    let reading = read_week(&calendar(&text));
    assert_eq!((reading.occurrences.len(), reading.notes.as_slice()), (OCCURRENCES_MAX, [Note::TooLarge].as_slice()));
    let reading = read_week(&"BEGIN:VEVENT\n".repeat(3_000_000));
    assert_eq!((reading.occurrences.len(), reading.notes.as_slice()), (0, [Note::TooLarge].as_slice()));
}

#[test]
fn series_that_never_end_end_here() {
    let endless =
        |n: usize, rule: &str| format!("BEGIN:VEVENT\nUID:{n}\nDTSTART:19700101T000000Z\nRRULE:{rule}\nEND:VEVENT\n");
    let rules = ["FREQ=SECONDLY", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30;COUNT=9", "FREQ=MINUTELY;BYMONTH=1"];
    let text: String = (0..900).map(|n| endless(n, rules[n % 3])).collect();
    let reading = read_week(&calendar(&text));
    assert_eq!(reading.occurrences.len(), OCCURRENCES_MAX);
    assert!(reading.notes.contains(&Note::TooMuch));
}

#[test]
fn titles_neither_hide_nor_run_on() {
    let lines = format!("DTSTART:20261124T090000Z\nSUMMARY:\u{202e}{}<b>x</b>", "long ".repeat(2_000));
    let title = only(&event(&lines)).title;
    assert!(matches!(title, Title::Plain(title) if title.chars().count() <= 161 && !title.contains('\u{202e}')));
    assert_eq!(only(&event("DTSTART:20261124T090000Z\nSUMMARY:\u{200b}")).title, Title::Untitled);
}
