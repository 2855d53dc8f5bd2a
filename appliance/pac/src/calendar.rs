//! What scripts may ask of the time: `weekdayRange`, `dateRange`, `timeRange`. Their arguments come as text; what makes no sense is
//! never true. Pure.

use jiff::civil::DateTime;

const WEEKDAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
const MONTHS: [&str; 12] = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];

/// What time it is, here and in Greenwich.
#[derive(Debug, Clone, Copy)]
pub struct Now {
    pub local: DateTime,
    pub utc: DateTime,
}

impl Now {
    /// Takes the `"GMT"` that may end every list of arguments, and says which time is meant.
    fn meant(self, arguments: &[String]) -> (DateTime, &[String]) {
        match arguments.split_last() {
            Some((last, rest)) if last == "GMT" => (self.utc, rest),
            _ => (self.local, arguments),
        }
    }
}

/// `weekdayRange(wd1 [, wd2] [, "GMT"])`: on this day, or from the first to the last, over the week's end where they are so.
pub fn weekday_range(arguments: &[String], now: Now) -> bool {
    let (now, days) = now.meant(arguments);
    let days: Option<Vec<i64>> = days.iter().map(|day| place(&WEEKDAYS, day)).collect();
    let today = i64::from(now.weekday().to_sunday_zero_offset());
    match days.as_deref() {
        Some([day]) => *day == today,
        Some([first, last]) => is_between(*first, today, *last),
        _ => false,
    }
}

/// `dateRange`: a day of the month, a month, a year; from one to another; or the same of days with months, months with years,
/// or all three.
pub fn date_range(arguments: &[String], now: Now) -> bool {
    let (now, parts) = now.meant(arguments);
    let Some(parts) = parts.iter().map(|part| Part::of(part)).collect::<Option<Vec<Part>>>() else { return false };
    let today = |parts: &[Part]| parts.iter().rev().map(|part| part.of_date(now)).collect::<Vec<i64>>();
    let value = |parts: &[Part]| parts.iter().rev().map(Part::value).collect::<Vec<i64>>();
    if let [part] = &parts[..] {
        return part.value() == part.of_date(now);
    }
    let (first, last) = parts.split_at(parts.len() / 2);
    let same = |a: &[Part], b: &[Part]| a.iter().map(Part::rank).eq(b.iter().map(Part::rank));
    let is_in_order = first.windows(2).all(|pair| pair[0].rank() + 1 == pair[1].rank());
    if parts.is_empty() || !same(first, last) || !is_in_order {
        return false;
    }
    // Years do not come again.
    let has_year = first.iter().any(|part| matches!(part, Part::Year(_)));
    let (from, at, to) = (value(first), today(first), value(last));
    if has_year { from <= at && at <= to } else { is_between(from, at, to) }
}

/// `timeRange(hour)`, `(hour, hour)`, `(hour, minute, hour, minute)`, with seconds as well: the last hour, minute or second is
/// within, as browsers have it.
pub fn time_range(arguments: &[String], now: Now) -> bool {
    let (now, parts) = now.meant(arguments);
    let Some(parts) = parts.iter().map(|part| part.parse().ok()).collect::<Option<Vec<i64>>>() else { return false };
    let at = [now.hour(), now.minute(), now.second()].map(i64::from);
    match parts[..] {
        [hour] => hour == at[0],
        [_, _] | [_, _, _, _] | [_, _, _, _, _, _] => {
            let (first, last) = parts.split_at(parts.len() / 2);
            is_between(first, &at[..first.len()], last)
        }
        _ => false,
    }
}

/// From one to another, and over the end where the second comes first.
fn is_between<T: PartialOrd>(first: T, at: T, last: T) -> bool {
    if first <= last { first <= at && at <= last } else { at >= first || at <= last }
}

fn place(names: &[&str], name: &str) -> Option<i64> {
    names.iter().position(|known| *known == name).and_then(|place| i64::try_from(place).ok())
}

/// A part of a date.
enum Part {
    Day(i64),
    /// 1 to 12.
    Month(i64),
    Year(i64),
}

impl Part {
    fn of(text: &str) -> Option<Part> {
        match text.parse::<i64>() {
            Ok(day @ 1..=31) => Some(Part::Day(day)),
            Ok(year @ 32..) => Some(Part::Year(year)),
            Ok(_) => None,
            Err(_) => place(&MONTHS, text).map(|month| Part::Month(month + 1)),
        }
    }

    fn value(&self) -> i64 {
        let (Part::Day(value) | Part::Month(value) | Part::Year(value)) = self;
        *value
    }

    fn of_date(&self, date: DateTime) -> i64 {
        match self {
            Part::Day(_) => date.day().into(),
            Part::Month(_) => date.month().into(),
            Part::Year(_) => date.year().into(),
        }
    }

    /// They are written from the smallest to the largest.
    fn rank(&self) -> u8 {
        match self {
            Part::Day(_) => 0,
            Part::Month(_) => 1,
            Part::Year(_) => 2,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A Monday, in the first hour of which it is Sunday still in Greenwich.
    fn now() -> Now {
        Now { local: "2026-11-30T00:30:15".parse().unwrap(), utc: "2026-11-29T23:30:15".parse().unwrap() }
    }

    fn all(texts: &str) -> Vec<String> {
        texts.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn weekdays_are_those_of_here_unless_greenwich_is_said() {
        for yes in ["MON", "MON FRI", "SAT MON", "SUN GMT", "FRI SUN GMT", "MON MON"] {
            assert!(weekday_range(&all(yes), now()), "{yes}");
        }
        for no in ["SUN", "TUE SUN", "MON GMT", "MON FRI GMT", "", "GMT", "Monday", "MON TUE WED", "mon"] {
            assert!(!weekday_range(&all(no), now()), "{no}");
        }
    }

    #[test]
    fn dates_are_whatever_of_a_date_is_said() {
        for yes in [
            "30",
            "29 GMT",
            "NOV",
            "2026",
            "28 30",
            "25 1 GMT",
            "OCT DEC",
            "DEC NOV",
            "2025 2027",
            "30 NOV 2 DEC",
            "24 DEC 30 NOV",
            "NOV 2026 MAR 2027",
            "30 NOV 2026 30 NOV 2026",
            "1 JUN 1995 31 DEC 2026",
        ] {
            assert!(date_range(&all(yes), now()), "{yes}");
        }
        for no in [
            "29",
            "30 GMT",
            "DEC",
            "2025",
            "1 29",
            "JAN OCT",
            "1 JUN 15 AUG",
            "1 DEC 2026 30 NOV 2027",
            "",
            "GMT",
            "0",
            "30 NOV",
            "NOV 30 DEC 31",
            "30 NOV 2026",
            "30 2026 31 2027",
            "1 JUN 1995 15 AUG 1995",
            "-1",
            "x",
        ] {
            assert!(!date_range(&all(no), now()), "{no}");
        }
    }

    #[test]
    fn times_go_over_midnight_and_the_last_is_within() {
        for yes in ["0", "23 GMT", "0 8", "22 0", "0 0 0 30", "0 30 0 30", "0 0 0 0 30 15", "22 0 6 0"] {
            assert!(time_range(&all(yes), now()), "{yes}");
        }
        for no in ["1", "0 GMT", "8 18", "0 31 1 0", "0 0 0 0 30 14", "", "0 0 1", "x", "GMT"] {
            assert!(!time_range(&all(no), now()), "{no}");
        }
    }
}
