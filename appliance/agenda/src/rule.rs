//! Recurrence rules: what they say (RFC 5545 §3.3.10).

use jiff::civil::Weekday;

use crate::time::{When, moment, number};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Frequency {
    Secondly,
    Minutely,
    Hourly,
    Daily,
    Weekly,
    Monthly,
    Yearly,
}

/// A weekday, and which of them: `2` the second, `-1` the last, `0` each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day {
    pub nth: i16,
    pub weekday: Weekday,
}

/// One RRULE. The lists hold only what their part may hold; an empty one says nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    pub frequency: Frequency,
    /// At least 1.
    pub interval: i64,
    pub count: Option<u64>,
    pub until: Option<When>,
    pub week_start: Weekday,
    pub seconds: Vec<i16>,
    pub minutes: Vec<i16>,
    pub hours: Vec<i16>,
    pub days: Vec<Day>,
    pub month_days: Vec<i16>,
    pub year_days: Vec<i16>,
    pub weeks: Vec<i16>,
    pub months: Vec<i16>,
    pub positions: Vec<i16>,
}

impl Rule {
    /// `None` for what is no rule: without a frequency, or with a part that holds nothing possible.
    pub fn parse(text: &str) -> Option<Rule> {
        let mut rule = Rule {
            frequency: Frequency::Daily,
            interval: 1,
            count: None,
            until: None,
            week_start: Weekday::Monday,
            seconds: Vec::new(),
            minutes: Vec::new(),
            hours: Vec::new(),
            days: Vec::new(),
            month_days: Vec::new(),
            year_days: Vec::new(),
            weeks: Vec::new(),
            months: Vec::new(),
            positions: Vec::new(),
        };
        let mut frequency = None;
        for part in text.split(';') {
            let Some((name, value)) = part.split_once('=') else { continue };
            let value = value.trim();
            match name.trim().to_ascii_uppercase().as_str() {
                "FREQ" => frequency = Some(frequency_of(value)?),
                "INTERVAL" => rule.interval = number::<u32>(value).filter(|interval| *interval > 0)?.into(),
                "COUNT" => rule.count = Some(number(value)?),
                "UNTIL" => rule.until = Some(moment(value, None)?),
                "WKST" => rule.week_start = weekday(value)?,
                "BYSECOND" => rule.seconds = numbers(value, 0, 59)?,
                "BYMINUTE" => rule.minutes = numbers(value, 0, 59)?,
                "BYHOUR" => rule.hours = numbers(value, 0, 23)?,
                "BYDAY" => rule.days = list(value, day)?,
                "BYMONTHDAY" => rule.month_days = signed(value, 31)?,
                "BYYEARDAY" => rule.year_days = signed(value, 366)?,
                "BYWEEKNO" => rule.weeks = signed(value, 53)?,
                "BYMONTH" => rule.months = numbers(value, 1, 12)?,
                "BYSETPOS" => rule.positions = signed(value, 366)?,
                _ => {}
            }
        }
        rule.frequency = frequency?;
        Some(rule)
    }
}

fn frequency_of(text: &str) -> Option<Frequency> {
    Some(match text.to_ascii_uppercase().as_str() {
        "SECONDLY" => Frequency::Secondly,
        "MINUTELY" => Frequency::Minutely,
        "HOURLY" => Frequency::Hourly,
        "DAILY" => Frequency::Daily,
        "WEEKLY" => Frequency::Weekly,
        "MONTHLY" => Frequency::Monthly,
        "YEARLY" => Frequency::Yearly,
        _ => return None,
    })
}

fn weekday(text: &str) -> Option<Weekday> {
    Some(match text.to_ascii_uppercase().as_str() {
        "MO" => Weekday::Monday,
        "TU" => Weekday::Tuesday,
        "WE" => Weekday::Wednesday,
        "TH" => Weekday::Thursday,
        "FR" => Weekday::Friday,
        "SA" => Weekday::Saturday,
        "SU" => Weekday::Sunday,
        _ => return None,
    })
}

fn day(text: &str) -> Option<Day> {
    let (nth, name) = text.split_at_checked(text.len().checked_sub(2)?)?;
    let nth = if nth.is_empty() { 0 } else { sign(nth, 53)? };
    Some(Day { nth, weekday: weekday(name)? })
}

fn sign(text: &str, max: i16) -> Option<i16> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    number::<i16>(digits).filter(|value| (1..=max).contains(value)).map(|value| sign * value)
}

fn signed(text: &str, max: i16) -> Option<Vec<i16>> {
    list(text, |value| sign(value, max))
}

fn numbers(text: &str, min: i16, max: i16) -> Option<Vec<i16>> {
    list(text, |value| number(value).filter(|value| (min..=max).contains(value)))
}

/// What is possible of a list, when anything is.
fn list<T: PartialEq>(text: &str, item: impl Fn(&str) -> Option<T>) -> Option<Vec<T>> {
    let mut found = Vec::new();
    for value in text.split(',').filter_map(|value| item(value.trim())) {
        // As many as there are different ones, however often they are said.
        if !found.contains(&value) {
            found.push(value);
        }
    }
    (!found.is_empty()).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_read_as_they_are_written() {
        let rule = Rule::parse("FREQ=MONTHLY;INTERVAL=2;BYDAY=MO,-1FR,+2we;COUNT=10;WKST=SU").unwrap();
        assert_eq!((rule.frequency, rule.interval, rule.count), (Frequency::Monthly, 2, Some(10)));
        assert_eq!(rule.days.iter().map(|day| day.nth).collect::<Vec<_>>(), [0, -1, 2]);
        assert_eq!(rule.week_start, Weekday::Sunday);
    }

    #[test]
    fn nonsense_is_no_rule() {
        for text in [
            "",
            "COUNT=3",
            "FREQ=NEVER",
            "FREQ=DAILY;INTERVAL=0",
            "FREQ=DAILY;INTERVAL=-1",
            "FREQ=YEARLY;BYMONTH=13",
            "FREQ=DAILY;UNTIL=tomorrow",
            "FREQ=WEEKLY;BYDAY=XX,é",
        ] {
            assert_eq!(Rule::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_list_is_never_longer_than_what_there_is() {
        let rule = Rule::parse(&format!("FREQ=DAILY;BYHOUR={}", "9,8,99,".repeat(10_000))).unwrap();
        assert_eq!(rule.hours, [9, 8]);
    }
}
