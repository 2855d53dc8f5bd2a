//! What reading calendars costs: of 2,000 events as rooms have them, and of text meant to hurt.
//!
//!     cargo run --release --example reading_cost

use std::fmt::Write;
use std::time::{Duration, Instant};

use agenda::{Query, read};
use jiff::tz::TimeZone;
use room::destination::ParseContext;

const READINGS: usize = 20;

#[allow(clippy::print_stdout)] // an example for people at a terminal
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let zone = TimeZone::get("Europe/Paris")?;
    let context = ParseContext { instance: Some("https://visio.example".parse()?), ..Default::default() };
    let query = Query {
        from: "2026-11-24T00:00:00Z".parse()?,
        to: "2026-12-08T00:00:00Z".parse()?,
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
        ("2,000 events of a busy room", ordinary(2000)?),
        ("2,000 that recur every second", endless("FREQ=SECONDLY")),
        ("2,000 that never recur", endless("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30;COUNT=3")),
        ("16 MiB of text without a property", "x".repeat(16 << 20)),
        (
            "descriptions full of links",
            format!("BEGIN:VEVENT\nDESCRIPTION:{}\n", "https://a.example/x sip:a ".repeat(2500)).repeat(250),
        ),
        ("more events than are read", ordinary(20_000)?),
    ] {
        let mut costs: Vec<Duration> = (0..if text.len() > 8 << 20 { 3 } else { READINGS })
            .map(|_| {
                let start = Instant::now();
                read([&*text], &query);
                start.elapsed()
            })
            .collect();
        costs.sort();
        let ms = |cost: Duration| cost.as_secs_f64() * 1000.0;
        let (median, worst) = (ms(costs[costs.len() / 2]), ms(costs[costs.len() - 1]));
        println!("{what}, {:.1} MiB: median {median:.1} ms, worst {worst:.1} ms", text.len() as f64 / (1 << 20) as f64);
    }
    Ok(())
}

/// A third of them weekly for years, with exceptions; all with a link in a body of 1 KiB.
fn ordinary(count: usize) -> Result<String, std::fmt::Error> {
    let mut text = String::from("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n");
    for n in 0..count {
        let (day, hour) = (1 + n % 28, 7 + n % 12);
        write!(
            text,
            "BEGIN:VEVENT\r\nUID:{n}@example\r\nDTSTAMP:20261101T000000Z\r\nSUMMARY:Point n° {n}\r\n\
             DTSTART;TZID=Europe/Paris:2026{:02}{day:02}T{hour:02}0000\r\nDURATION:PT1H\r\n",
            1 + n % 12
        )?;
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
    Ok(text)
}
