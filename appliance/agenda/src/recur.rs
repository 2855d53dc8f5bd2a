//! When a rule recurs, by the clock on the wall.
//!
//! A rule is followed period by period: a year, a month, a week, a day, or less. Of each period the
//! days and times that fit are taken. Without a COUNT it does not matter when the rule began, so what
//! has run for decades is entered where the window begins.

#[cfg(test)]
mod tests;

use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::{Span, ToSpan};

use crate::rule::{Frequency, Rule};

/// Recurrences of one rule within the window.
const RECURRENCES_MAX: usize = 2_000;
/// Days and times looked at for one rule: three centuries of days.
const STEPS_MAX: u64 = 120_000;

/// What is left of the work that one reading may cost.
#[derive(Debug)]
pub struct Budget(pub u64);

/// What part of time is asked for, both ends included, by the clock on the wall.
#[derive(Debug, Clone, Copy)]
pub struct Within {
    pub from: DateTime,
    pub to: DateTime,
}

/// The recurrences of `rule` in `within`, in order, and whether there was time to find all.
/// `until` is the rule's own, in the zone of `start`.
pub fn recurrences(
    rule: &Rule,
    start: DateTime,
    until: Option<DateTime>,
    within: Within,
    budget: &mut Budget,
) -> (Vec<DateTime>, bool) {
    let mut walk = Walk::new(rule, start);
    let last = until.map_or(within.to, |until| until.min(within.to));
    let mut found = Vec::new();
    let mut seen = 0;
    let mut steps = STEPS_MAX.min(budget.0);
    let granted = steps;
    let mut spend = |cost: u64| {
        let rest = steps.checked_sub(cost);
        steps = rest.unwrap_or(0);
        budget.0 = budget.0.saturating_sub(cost.min(granted));
        rest.is_some()
    };
    if !spend(walk.times.len() as u64) {
        return (found, false);
    }
    let first = if rule.count.is_none() { walk.periods_before(within.from) } else { 0 };
    for index in first.. {
        let Some(period) = walk.period(index) else { break };
        if period > last {
            break;
        }
        if !spend(walk.cost()) {
            return (found, false);
        }
        walk.candidates(period);
        if !spend(walk.found.len() as u64) {
            return (found, false);
        }
        for candidate in walk.found.iter().copied().filter(|candidate| *candidate >= start) {
            if candidate > last || rule.count.is_some_and(|count| seen >= count) {
                return (found, true);
            }
            seen += 1;
            if candidate >= within.from {
                found.push(candidate);
            }
            if found.len() >= RECURRENCES_MAX {
                return (found, false);
            }
        }
        if rule.count.is_some_and(|count| seen >= count) {
            break;
        }
    }
    (found, true)
}

struct Walk<'a> {
    rule: &'a Rule,
    start: DateTime,
    /// The times of a day, for rules of a day and more.
    times: Vec<Time>,
    /// Whether DTSTART says which day, since no part does.
    day_is_implied: bool,
    /// What fits of the period looked at last, in order.
    found: Vec<DateTime>,
}

impl<'a> Walk<'a> {
    fn new(rule: &'a Rule, start: DateTime) -> Walk<'a> {
        let day_is_implied = rule.days.is_empty()
            && rule.month_days.is_empty()
            && rule.year_days.is_empty()
            && rule.frequency >= Frequency::Weekly;
        let mut walk = Walk { rule, start, times: Vec::new(), day_is_implied, found: Vec::new() };
        if rule.frequency >= Frequency::Daily {
            let hours = or(&rule.hours, start.hour());
            walk.times = hours.iter().flat_map(|hour| walk.times_of_hour(*hour)).collect();
            walk.times.sort_unstable();
        }
        walk
    }

    fn times_of_hour(&self, hour: i16) -> Vec<Time> {
        let minutes = or(&self.rule.minutes, self.start.minute());
        minutes.iter().flat_map(|minute| self.times_of_minute(hour, *minute)).collect()
    }

    fn times_of_minute(&self, hour: i16, minute: i16) -> Vec<Time> {
        let seconds = or(&self.rule.seconds, self.start.second());
        let time = |second: &i16| Time::new(hour as i8, minute as i8, *second as i8, 0).ok();
        seconds.iter().filter_map(time).collect()
    }

    /// Where the first period begins.
    fn origin(&self) -> DateTime {
        match self.rule.frequency {
            Frequency::Yearly => self.start.first_of_year().start_of_day(),
            Frequency::Monthly => self.start.first_of_month().start_of_day(),
            Frequency::Weekly => {
                let since = self.start.weekday().since(self.rule.week_start);
                self.start.start_of_day().saturating_sub(i64::from(since).days())
            }
            Frequency::Daily => self.start.start_of_day(),
            Frequency::Hourly => self.start.with().minute(0).second(0).build().unwrap_or(self.start),
            Frequency::Minutely => self.start.with().second(0).build().unwrap_or(self.start),
            Frequency::Secondly => self.start,
        }
    }

    /// Where a period begins; none beyond the end of the calendar.
    fn period(&self, index: i64) -> Option<DateTime> {
        let units = index.checked_mul(self.rule.interval)?;
        let span = match self.rule.frequency {
            Frequency::Yearly => Span::new().try_years(units),
            Frequency::Monthly => Span::new().try_months(units),
            Frequency::Weekly => Span::new().try_weeks(units),
            Frequency::Daily => Span::new().try_days(units),
            Frequency::Hourly => Span::new().try_hours(units),
            Frequency::Minutely => Span::new().try_minutes(units),
            Frequency::Secondly => Span::new().try_seconds(units),
        };
        self.origin().checked_add(span.ok()?).ok()
    }

    /// How many whole periods end before a moment, at least.
    fn periods_before(&self, moment: DateTime) -> i64 {
        let origin = self.origin();
        if moment <= origin {
            return 0;
        }
        let seconds = moment.duration_since(origin).as_secs();
        let units = match self.rule.frequency {
            Frequency::Yearly => i64::from(moment.year()) - i64::from(origin.year()),
            Frequency::Monthly => {
                let months = |moment: DateTime| i64::from(moment.year()) * 12 + i64::from(moment.month());
                months(moment) - months(origin)
            }
            Frequency::Weekly => seconds / (7 * 86_400),
            Frequency::Daily => seconds / 86_400,
            Frequency::Hourly => seconds / 3_600,
            Frequency::Minutely => seconds / 60,
            Frequency::Secondly => seconds,
        };
        (units / self.rule.interval - 1).max(0)
    }

    /// Days looked at in a period.
    fn cost(&self) -> u64 {
        match self.rule.frequency {
            Frequency::Yearly => 366,
            Frequency::Monthly => 31,
            Frequency::Weekly => 7,
            _ => 1,
        }
    }

    fn candidates(&mut self, period: DateTime) {
        self.found.clear();
        let date = period.date();
        match self.rule.frequency {
            Frequency::Yearly => self.days(date, date.days_in_year().into()),
            Frequency::Monthly => self.days(date, date.days_in_month().into()),
            Frequency::Weekly => self.days(date, 7),
            Frequency::Daily => self.days(date, 1),
            frequency => {
                let rule = self.rule;
                let (hour, minute) = (i16::from(period.hour()), i16::from(period.minute()));
                let fits = self.fits(date)
                    && says(&rule.hours, hour)
                    && (frequency > Frequency::Minutely || says(&rule.minutes, minute))
                    && (frequency > Frequency::Secondly || says(&rule.seconds, period.second().into()));
                if fits {
                    let mut times = match frequency {
                        Frequency::Hourly => self.times_of_hour(hour),
                        Frequency::Minutely => self.times_of_minute(hour, minute),
                        _ => vec![period.time()],
                    };
                    times.sort_unstable();
                    self.found.extend(times.into_iter().map(|time| date.to_datetime(time)));
                }
            }
        }
        if !self.rule.positions.is_empty() {
            let count = self.found.len();
            let chosen = |(index, _): &(usize, &DateTime)| {
                let from_start = *index as i64 + 1;
                let from_end = *index as i64 - count as i64;
                self.rule
                    .positions
                    .iter()
                    .any(|position| matches!(i64::from(*position), p if p == from_start || p == from_end))
            };
            self.found = self.found.iter().enumerate().filter(chosen).map(|(_, moment)| *moment).collect();
        }
    }

    fn days(&mut self, first: Date, count: i64) {
        let mut date = first;
        for _ in 0..count {
            if self.fits(date) {
                self.found.extend(self.times.iter().map(|time| date.to_datetime(*time)));
            }
            let Ok(next) = date.tomorrow() else { return };
            date = next;
        }
    }

    fn fits(&self, date: Date) -> bool {
        let rule = self.rule;
        let is_yearly = rule.frequency == Frequency::Yearly;
        says(&rule.months, date.month().into())
            && (!is_yearly || rule.weeks.is_empty() || self.is_week(date))
            && says_from_either_end(&rule.month_days, date.day().into(), date.days_in_month().into())
            && says_from_either_end(&rule.year_days, date.day_of_year(), date.days_in_year())
            && (rule.days.is_empty() || self.is_day(date))
            && (!self.day_is_implied || self.is_implied(date))
    }

    /// Whether DTSTART means this day.
    fn is_implied(&self, date: Date) -> bool {
        let rule = self.rule;
        match rule.frequency {
            Frequency::Yearly if !rule.weeks.is_empty() => date.weekday() == self.start.weekday(),
            Frequency::Yearly => {
                (!rule.months.is_empty() || date.month() == self.start.month()) && date.day() == self.start.day()
            }
            Frequency::Monthly => date.day() == self.start.day(),
            _ => date.weekday() == self.start.weekday(),
        }
    }

    fn is_day(&self, date: Date) -> bool {
        let rule = self.rule;
        let (place, count) = match rule.frequency {
            Frequency::Yearly if rule.months.is_empty() => (date.day_of_year(), date.days_in_year()),
            _ => (i16::from(date.day()), i16::from(date.days_in_month())),
        };
        let counts = rule.weeks.is_empty() && rule.frequency >= Frequency::Monthly;
        rule.days.iter().filter(|day| day.weekday == date.weekday()).any(|day| match day.nth {
            0 => true,
            _ if !counts => true,
            nth if nth > 0 => (place - 1) / 7 + 1 == nth,
            nth => (count - place) / 7 + 1 == -nth,
        })
    }

    fn is_week(&self, date: Date) -> bool {
        let start = |year: i16| first_week(year, self.rule.week_start);
        let year = date.year();
        let year = match (start(year), start(year + 1)) {
            (Some(this), _) if date < this => year - 1,
            (_, Some(next)) if date >= next => year + 1,
            _ => year,
        };
        let (Some(first), Some(next)) = (start(year), start(year + 1)) else { return false };
        let weeks = |from: Date, to: Date| (to.duration_since(from).as_hours() / (24 * 7)) as i16;
        says_from_either_end(&self.rule.weeks, weeks(first, date) + 1, weeks(first, next))
    }
}

/// The start of the first week that has at least four days in the year.
fn first_week(year: i16, week_start: Weekday) -> Option<Date> {
    let fourth = Date::new(year, 1, 4).ok()?;
    fourth.checked_sub(i64::from(fourth.weekday().since(week_start)).days()).ok()
}

/// A part's values, or what DTSTART says when there is no such part.
fn or(values: &[i16], implied: i8) -> Vec<i16> {
    if values.is_empty() { vec![implied.into()] } else { values.to_vec() }
}

fn says(values: &[i16], value: i16) -> bool {
    values.is_empty() || values.contains(&value)
}

/// `place` counts from 1; `-1` is the last of `count`.
fn says_from_either_end(values: &[i16], place: i16, count: i16) -> bool {
    values.is_empty() || values.iter().any(|value| *value == place || *value == place - count - 1)
}
