//! What reading calendars costs: of 2,000 events as rooms have them, and of text meant to hurt.
//!
//!     cargo xtask bench panel

use std::fmt::Write;
use std::hint::black_box;

use agenda::{Query, read};
use criterion::{Criterion, criterion_group, criterion_main};
use jiff::tz::TimeZone;
use room::destination::ParseContext;

fn reading(criterion: &mut Criterion) {
    let zone = TimeZone::get("Europe/Paris").expect("time zones are known");
    let instance = "https://visio.example".parse().ok();
    let context = ParseContext { instance, ..Default::default() };
    let at = |text: &str| text.parse().expect("a time");
    let query = Query {
        from: at("2026-11-24T00:00:00Z"),
        to: at("2026-12-08T00:00:00Z"),
        zone: &zone,
        zones: jiff::tz::db(),
        addresses: &["turing@rooms.example".into()],
        context: &context,
    };
    let endless = |rule: &str| {
        let event = format!("BEGIN:VEVENT\nDTSTART:19700101T000000Z\nRRULE:{rule}\nEND:VEVENT\n");
        event.repeat(2000)
    };
    for (what, text) in [
        ("agenda of 2000", ordinary(2000)),
        ("agenda of 2000 that recur every second", endless("FREQ=SECONDLY")),
        ("agenda of 2000 that never recur", endless("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30;COUNT=3")),
        ("agenda of 16 MiB of text without a property", "x".repeat(16 << 20)),
        (
            "agenda with descriptions full of links",
            format!("BEGIN:VEVENT\nDESCRIPTION:{}\n", "https://a.example/x sip:a ".repeat(2500)).repeat(250),
        ),
        ("agenda of more events than are read", ordinary(20_000)),
    ] {
        let mut group = criterion.benchmark_group("reading");
        group.sample_size(if text.len() > 1 << 20 { 10 } else { 20 });
        group.bench_function(what, |bencher| bencher.iter(|| black_box(read([&*text], &query))));
        group.finish();
    }
}

/// A third of them weekly for years, with exceptions; all with a link in a body of 1 KiB.
fn ordinary(count: usize) -> String {
    let mut text = String::from("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n");
    for n in 0..count {
        let (day, hour) = (1 + n % 28, 7 + n % 12);
        // Writing to a string does not fail.
        let _ = write!(
            text,
            "BEGIN:VEVENT\r\nUID:{n}@example\r\nDTSTAMP:20261101T000000Z\r\nSUMMARY:Point n° {n}\r\n\
             DTSTART;TZID=Europe/Paris:2026{:02}{day:02}T{hour:02}0000\r\nDURATION:PT1H\r\n",
            1 + n % 12
        );
        if n % 3 == 0 {
            text +=
                "RRULE:FREQ=WEEKLY;BYDAY=MO,TH;UNTIL=20281231T000000Z\r\nEXDATE;TZID=Europe/Paris:20261126T090000\r\n";
        }
        text += "DESCRIPTION:";
        for _ in 0..12 {
            text += "Ordre du jour\\, compte rendu\\net tout ce que les gens écrivent dans une invitation\r\n  ";
        }
        text += "https://visio.example/abc-defg-hij\r\nEND:VEVENT\r\n";
    }
    text += "END:VCALENDAR\r\n";
    text
}

criterion_group!(benches, reading);
criterion_main!(benches);
