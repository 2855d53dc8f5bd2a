//! Dates, times and durations as iCalendar writes them (RFC 5545 §3.3.4 to §3.3.9).

use jiff::SignedDuration;
use jiff::civil::{Date, DateTime, Time};

use crate::lines::Line;

/// A moment as it was written, whose zone is not known yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct When {
    /// Midnight, when only a date was given.
    pub civil: DateTime,
    pub is_date: bool,
    pub zone: ZoneName,
}

/// What was said of the zone.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ZoneName {
    Utc,
    /// Whatever zone the reader is in.
    Floating,
    /// A `TZID`.
    Named(String),
}

/// How long something lasts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Length {
    /// By the clock on the wall: what ends at six in the morning does so also when clocks are changed.
    Nominal(SignedDuration),
    /// By a stopwatch.
    Exact(SignedDuration),
}

/// What a property that holds moments says, one after the other.
pub fn moments(line: &Line<'_>) -> impl Iterator<Item = When> {
    line.value().split(',').filter_map(|value| {
        // Of a PERIOD only the start matters here.
        let start = value.split('/').next().unwrap_or(value);
        moment(start, line.parameter("TZID"))
    })
}

/// One moment; `zone` is its `TZID`.
pub fn moment(text: &str, zone: Option<&str>) -> Option<When> {
    let text = text.trim();
    let date = date(text.get(..8)?)?;
    let Some(time) = text[8..].strip_prefix(['T', 't', ' ']) else {
        return text[8..].is_empty().then(|| When {
            civil: date.to_datetime(Time::midnight()),
            is_date: true,
            zone: ZoneName::Floating,
        });
    };
    let (time, is_utc) = match time.strip_suffix(['Z', 'z']) {
        Some(time) => (time, true),
        None => (time, false),
    };
    let civil = date.to_datetime(self::time(time)?);
    let zone = match zone.map(str::trim).filter(|zone| !zone.is_empty()) {
        _ if is_utc => ZoneName::Utc,
        Some(zone) => ZoneName::Named(zone.to_owned()),
        None => ZoneName::Floating,
    };
    Some(When { civil, is_date: false, zone })
}

fn date(text: &str) -> Option<Date> {
    Date::new(number(text.get(..4)?)?, number(text.get(4..6)?)?, number(text.get(6..8)?)?).ok()
}

fn time(text: &str) -> Option<Time> {
    let seconds = text.get(4..).filter(|seconds| !seconds.is_empty()).map_or(Some(0), number);
    // A leap second is the one before it.
    Time::new(number(text.get(..2)?)?, number(text.get(2..4)?)?, seconds?.min(59), 0).ok()
}

/// Digits and nothing else: no sign, no space.
pub fn number<T: std::str::FromStr>(text: &str) -> Option<T> {
    (!text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok())?
}

/// A DURATION that is not negative: `P1D`, `PT1H30M`, `P2W`.
pub fn duration(text: &str) -> Option<Length> {
    let text = text.trim();
    let text = text.strip_prefix('+').unwrap_or(text).strip_prefix(['P', 'p'])?;
    let (mut days, mut seconds, mut digits, mut in_time) = (0_i64, 0_i64, 0_i64, false);
    for letter in text.chars() {
        if let Some(digit) = letter.to_digit(10) {
            // A thousand years are enough.
            digits = (digits * 10 + i64::from(digit)).min(366_000 * 86_400);
            continue;
        }
        match (letter.to_ascii_uppercase(), in_time) {
            ('T', false) => in_time = true,
            ('W', false) => days += 7 * digits,
            ('D', false) => days += digits,
            ('H', true) => seconds += 3600 * digits,
            ('M', true) => seconds += 60 * digits,
            ('S', true) => seconds += digits,
            _ => return None,
        }
        digits = 0;
    }
    let length = SignedDuration::from_secs(days.checked_mul(86_400)?.checked_add(seconds)?);
    Some(if seconds == 0 { Length::Nominal(length) } else { Length::Exact(length) })
}

/// An offset from UTC, `+0100` or `-033000`, in seconds.
pub fn offset(text: &str) -> Option<i32> {
    let text = text.trim();
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let part = |from: usize| digits.get(from..from + 2).map_or(Some(0), number::<i32>);
    let seconds = part(0)? * 3600 + part(2)? * 60 + part(4)?;
    (seconds < 26 * 3600).then_some(sign * seconds)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn moments_are_read_as_they_are_written() {
        let when = moment("20261124T090000", Some("Europe/Paris")).unwrap();
        assert_eq!(when.civil, date(2026, 11, 24).at(9, 0, 0, 0));
        assert_eq!(when.zone, ZoneName::Named("Europe/Paris".into()));
        assert_eq!(moment("20261124T090000Z", Some("Europe/Paris")).unwrap().zone, ZoneName::Utc);
        assert!(moment("20261124", None).unwrap().is_date);
        // Without seconds, and with a leap second.
        assert_eq!(moment("20261124T0900", None).unwrap().civil, date(2026, 11, 24).at(9, 0, 0, 0));
        assert_eq!(moment("20161231T235960Z", None).unwrap().civil, date(2016, 12, 31).at(23, 59, 59, 0));
        for nonsense in ["", "2026", "20261324", "20261124T", "20261124T250000", "20261124X", "2026é124", "-0261124"] {
            assert_eq!(moment(nonsense, None), None, "{nonsense}");
        }
    }

    #[test]
    fn durations_are_read_as_they_are_written() {
        let exact = |s| Some(Length::Exact(SignedDuration::from_secs(s)));
        assert_eq!(duration("PT1H30M"), exact(5400));
        assert_eq!(duration("P1DT1S"), exact(86_401));
        assert_eq!(duration("P2W"), Some(Length::Nominal(SignedDuration::from_hours(14 * 24))));
        for nonsense in ["", "P", "1H", "-PT1H", "PT1X", "P1H"] {
            assert!(matches!(duration(nonsense), None | Some(Length::Nominal(_))), "{nonsense}");
        }
        assert!(duration(&format!("PT{}H", "9".repeat(400))).is_none_or(|length| matches!(length, Length::Exact(_))));
    }

    #[test]
    fn offsets_are_read_as_they_are_written() {
        assert_eq!(offset("+0100"), Some(3600));
        assert_eq!(offset("-033000"), Some(-12_600));
        assert_eq!(offset("+9900"), None);
        assert_eq!(offset("nonsense"), None);
    }
}
