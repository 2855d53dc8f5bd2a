use jiff::civil::date;

use super::*;
use crate::time::moment;

fn civil(text: &str) -> DateTime {
    moment(text, None).unwrap().civil
}

fn all(text: &str, start: DateTime, within: Within) -> (Vec<DateTime>, bool) {
    let rule = Rule::parse(text).unwrap();
    let until = rule.until.as_ref().map(|until| until.civil);
    recurrences(&rule, start, until, within, &mut Budget(100_000_000))
}

#[test]
fn rules_recur_as_another_implementation_says() {
    let cases = include_str!("../../tests/data/recurrences.txt");
    let mut wrong = Vec::new();
    for case in cases.lines().filter(|line| !line.starts_with('#')) {
        let [rule, start, from, to, expected] = case.split('|').collect::<Vec<_>>().try_into().unwrap();
        let expected: Vec<DateTime> = expected.split_whitespace().map(civil).collect();
        let (mut found, _) = all(rule, civil(start), Within { from: civil(from), to: civil(to) });
        found.truncate(20);
        if found != expected {
            wrong.push(format!("{rule} from {start}:\n  {found:?}\n  {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn a_series_of_decades_costs_no_more_than_one_of_days() {
    let within = Within { from: date(2026, 11, 23).at(0, 0, 0, 0), to: date(2026, 11, 30).at(0, 0, 0, 0) };
    for rule in ["FREQ=DAILY", "FREQ=WEEKLY;BYDAY=MO,TU,WE", "FREQ=HOURLY;INTERVAL=24", "FREQ=MONTHLY;BYDAY=-1FR"] {
        let rule = Rule::parse(rule).unwrap();
        let mut budget = Budget(200);
        let (found, is_whole) = recurrences(&rule, date(1, 1, 3).at(9, 0, 0, 0), None, within, &mut budget);
        assert!(is_whole && !found.is_empty(), "{rule:?}");
    }
}

#[test]
fn what_never_recurs_or_never_ends_is_given_up() {
    let within = Within { from: date(2026, 11, 23).at(0, 0, 0, 0), to: date(9998, 11, 30).at(0, 0, 0, 0) };
    let start = date(2020, 1, 1).at(9, 0, 0, 0);
    for (rule, some) in [
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", false),
        ("FREQ=SECONDLY", true),
        ("FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30", false),
        ("FREQ=DAILY;COUNT=4000000000", true),
        ("FREQ=YEARLY;INTERVAL=4294967295", false),
        ("FREQ=MONTHLY;BYDAY=53MO;BYSETPOS=-366", false),
        ("FREQ=DAILY;BYHOUR=0,1,2,3,4,5,6,7,8,9,10;BYMINUTE=0,1,2,3,4,5,6,7,8,9;BYSECOND=0,1,2,3,4", true),
    ] {
        let (found, _) = all(rule, start, within);
        assert_eq!(!found.is_empty(), some, "{rule}");
        assert!(found.len() <= RECURRENCES_MAX, "{rule}");
    }
}
