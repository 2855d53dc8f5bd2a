//! Dates and times of day from time since the epoch.

use std::time::Duration;

use phrase::FluentValue;
use room::view::Language;

use crate::phrases::say_with;

const DAY_S: u64 = 86_400;

/// Whole days since 1 January 1970.
pub(crate) fn day(time: Duration) -> u64 {
    time.as_secs() / DAY_S
}

/// `09:05`
pub(crate) fn clock(time: Duration) -> String {
    let minutes = time.as_secs() % DAY_S / 60;
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

/// A time of day in a sentence: `9:05`, in French `9 h 05`.
pub(crate) fn time(language: Language, time: Duration) -> String {
    let minutes = time.as_secs() % DAY_S / 60;
    let (hours, minutes) = (FluentValue::from((minutes / 60).to_string()), format!("{:02}", minutes % 60));
    say_with(language, "time-of-day", &[("hours", hours), ("minutes", minutes.into())])
}

/// `Tuesday 3 March`
pub(crate) fn date(language: Language, time: Duration) -> String {
    let (month, day_of_month) = month_and_day(day(time));
    let weekday = weekday(language, time);
    let month = say_with(language, "month", &[("month", FluentValue::from(month))]);
    let variables =
        [("weekday", FluentValue::from(weekday)), ("day", day_of_month.into()), ("month", FluentValue::from(month))];
    say_with(language, "date", &variables)
}

/// `Tuesday`
pub(crate) fn weekday(language: Language, time: Duration) -> String {
    // 1 January 1970 was a Thursday; Monday is day 0.
    let weekday = (day(time) + 3) % 7;
    say_with(language, "weekday", &[("weekday", FluentValue::from(weekday))])
}

/// Month (1 to 12) and day (1 to 31) in the Gregorian calendar.
/// The year is counted from March, so that the leap day comes last; see Howard Hinnant,
/// "chrono-Compatible Low-Level Date Algorithms".
fn month_and_day(days: u64) -> (u64, u64) {
    let day_of_era = (days + 719_468) % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let months_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * months_from_march + 2) / 5 + 1;
    let month = if months_from_march < 10 { months_from_march + 3 } else { months_from_march - 9 };
    (month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn days(days: u64) -> Duration {
        Duration::from_secs(days * DAY_S)
    }

    #[test]
    fn tells_the_date_in_every_language() {
        // 3 March 2026.
        let time = days(20_515);
        assert_eq!(date(Language::French, time), "mardi 3 mars");
        assert_eq!(date(Language::English, time), "Tuesday 3 March");
        assert_eq!(date(Language::German, time), "Dienstag, 3. März");
        assert_eq!(date(Language::French, days(0)), "jeudi 1er janvier");
    }

    #[test]
    fn knows_leap_days_and_the_turn_of_the_year() {
        assert_eq!(month_and_day(19_782), (2, 29));
        assert_eq!(month_and_day(19_783), (3, 1));
        assert_eq!(month_and_day(20_088), (12, 31));
        assert_eq!(month_and_day(20_089), (1, 1));
    }

    #[test]
    fn tells_the_time_as_each_language_writes_it_always_of_24_hours() {
        let at = Duration::from_secs(21 * 3_600 + 5 * 60);
        assert_eq!(time(Language::French, at), "21\u{a0}h\u{a0}05");
        assert_eq!(time(Language::English, at), "21:05");
        assert_eq!(time(Language::German, at), "21:05");
        assert_eq!(time(Language::English, Duration::from_secs(9 * 3_600)), "9:00");
    }

    #[test]
    fn tells_the_time_without_seconds() {
        assert_eq!(clock(Duration::from_secs(9 * 3_600 + 5 * 60 + 59)), "09:05");
    }
}
