//! One VEVENT as it was written (RFC 5545 §3.6.1), as far as the room needs it.

use room::destination::ParseContext;
use room::venue::Venue;

use crate::lines::{Line, unescaped};
use crate::rule::Rule;
use crate::text;
use crate::time::{Length, When, duration, moment, moments};
use crate::venue::best;

/// Rules of one event; more than one is allowed and hardly ever seen.
const RULES_MAX: usize = 8;
/// Dates listed for one event, in RDATE and in EXDATE.
const DATES_MAX: usize = 10_000;

/// Where links to meetings stand, the most telling first (RFC 7986 §5.11 for CONFERENCE).
const LINK_PROPERTIES: [&str; 12] = [
    "CONFERENCE",
    "X-GOOGLE-CONFERENCE",
    "X-MICROSOFT-SKYPETEAMSMEETINGURL",
    "X-MICROSOFT-ONLINEMEETINGCONFLINK",
    "X-MICROSOFT-ONLINEMEETINGEXTERNALLINK",
    "X-MICROSOFT-LOCATIONS",
    "LOCATION",
    "URL",
    "DESCRIPTION",
    "STYLED-DESCRIPTION",
    "X-ALT-DESC",
    "SUMMARY",
];

/// What an event says.
#[derive(Debug, Default)]
pub struct Event {
    pub uid: Option<String>,
    pub sequence: u32,
    /// DTSTAMP, as it was written: it sorts by time.
    pub stamp: String,
    pub recurrence_id: Option<When>,
    /// What is said of one recurrence holds for those after it too.
    pub and_future: bool,
    pub start: Option<When>,
    pub end: Option<When>,
    pub duration: Option<Length>,
    pub rules: Vec<Rule>,
    pub dates: Vec<When>,
    pub exceptions: Vec<When>,
    pub title: Option<String>,
    pub cancelled: bool,
    pub private: bool,
    /// It takes nobody's time (RFC 5545 §3.8.2.7).
    pub transparent: bool,
    /// The room said no.
    pub declined: bool,
    /// The best venue so far, and how good it is: the smallest.
    venue: Option<((u8, usize), Venue)>,
}

impl Event {
    /// Takes one property of the event. `addresses` are the room's own, without `mailto:`.
    pub fn take(&mut self, line: &Line<'_>, addresses: &[String], context: &ParseContext) {
        let name = line.name().to_ascii_uppercase();
        let value = line.value();
        let zone = line.parameter("TZID");
        match name.as_str() {
            "UID" => self.uid = Some(value.trim().to_owned()).filter(|uid| !uid.is_empty()),
            "SEQUENCE" => self.sequence = value.trim().parse().unwrap_or(0),
            "DTSTAMP" => value.trim().clone_into(&mut self.stamp),
            "RECURRENCE-ID" => {
                self.recurrence_id = moment(value, zone);
                self.and_future = line.parameter("RANGE").is_some_and(|range| is(range, "THISANDFUTURE"));
            }
            "DTSTART" => self.start = moment(value, zone),
            "DTEND" => self.end = moment(value, zone),
            "DURATION" => self.duration = duration(value),
            "RRULE" if self.rules.len() < RULES_MAX => self.rules.extend(Rule::parse(value)),
            "RDATE" => add(&mut self.dates, line),
            "EXDATE" => add(&mut self.exceptions, line),
            "STATUS" => self.cancelled = is(value, "CANCELLED"),
            "TRANSP" => self.transparent = is(value, "TRANSPARENT"),
            // What is neither public nor known is private (RFC 5545 §3.8.1.3).
            "CLASS" => self.private = !is(value, "PUBLIC"),
            "ATTENDEE" if line.parameter("PARTSTAT").is_some_and(|status| is(status, "DECLINED")) => {
                let address = address(value);
                self.declined |= addresses.iter().any(|own| own.eq_ignore_ascii_case(address));
            }
            _ => {}
        }
        if name == "SUMMARY" {
            self.title = text::title(&unescaped(value));
        }
        if let Some(order) = LINK_PROPERTIES.iter().position(|property| *property == name) {
            self.consider(order, &unescaped(value), context);
        }
    }

    /// Where it takes place, when there is a link.
    pub fn venue(&self) -> Option<&Venue> {
        self.venue.as_ref().map(|(_, venue)| venue)
    }

    fn consider(&mut self, order: usize, text: &str, context: &ParseContext) {
        if let Some(found) = best(text, context)
            && self.venue.as_ref().is_none_or(|(worth, _)| (found.rank, order) < *worth)
        {
            self.venue = Some(((found.rank, order), found.venue));
        }
    }
}

/// An address without what says how it is reached.
pub fn address(value: &str) -> &str {
    let value = value.trim();
    value.split_at_checked(7).filter(|(scheme, _)| is(scheme, "mailto:")).map_or(value, |(_, address)| address)
}

fn is(value: &str, wanted: &str) -> bool {
    value.trim().eq_ignore_ascii_case(wanted)
}

fn add(dates: &mut Vec<When>, line: &Line<'_>) {
    let room = DATES_MAX.saturating_sub(dates.len());
    dates.extend(moments(line).take(room));
}
