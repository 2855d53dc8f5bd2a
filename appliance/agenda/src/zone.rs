//! Which time zone is meant.
//!
//! A name that is known is believed before the definition that comes with it (VTIMEZONE, RFC 5545
//! §3.6.5): definitions are copied from calendar to calendar and out of date, names are not. Unknown
//! names fall back to their definition, and without one to the room's own zone.

use std::collections::HashMap;
use std::rc::Rc;

use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone, TimeZoneDatabase};
use jiff::{SignedDuration, Timestamp, ToSpan};

use crate::Note;
use crate::recur::{Budget, Within, recurrences};
use crate::rule::Rule;
use crate::time::{When, ZoneName};
use crate::windows::iana_name;

/// Names longer than this are none.
const NAME_BYTES_MAX: usize = 128;
/// Names looked up in one reading.
const NAMES_MAX: usize = 256;
/// Times at which clocks are changed, kept of one definition.
const CHANGES_MAX: usize = 256;
/// Observances read of one definition.
pub const OBSERVANCES_MAX: usize = 32;

/// A time zone.
#[derive(Debug, Clone)]
pub enum Zone {
    Known(TimeZone),
    /// As a VTIMEZONE describes it.
    Described(Rc<Vec<Change>>),
}

/// Clocks are changed.
#[derive(Debug, Clone, Copy)]
pub struct Change {
    /// By the clock as it was before.
    at: DateTime,
    before: Offset,
    after: Offset,
}

impl Zone {
    /// The moment at which clocks say this; a time that is skipped is taken as if it had not been
    /// (RFC 5545 §3.3.5), of one that comes twice the first.
    pub fn instant(&self, civil: DateTime) -> Option<Timestamp> {
        match self {
            Zone::Known(zone) => zone.to_ambiguous_timestamp(civil).compatible().ok(),
            Zone::Described(changes) => {
                let offset = match changes.iter().rev().find(|change| change.at <= civil) {
                    Some(change) => change.after,
                    None => changes.first()?.before,
                };
                offset.to_timestamp(civil).ok()
            }
        }
    }

    /// What clocks say at a moment.
    pub fn civil(&self, moment: Timestamp) -> DateTime {
        match self {
            Zone::Known(zone) => zone.to_datetime(moment),
            Zone::Described(changes) => {
                let past = |change: &&Change| change.before.to_timestamp(change.at).is_ok_and(|at| at <= moment);
                let offset = match changes.iter().rev().find(past) {
                    Some(change) => change.after,
                    None => changes.first().map_or(Offset::UTC, |change| change.before),
                };
                offset.to_datetime(moment)
            }
        }
    }
}

/// One STANDARD or DAYLIGHT of a VTIMEZONE.
#[derive(Debug, Default)]
pub struct Observance {
    pub start: Option<DateTime>,
    /// Seconds east of Greenwich.
    pub offset_from: Option<i32>,
    /// As `offset_from`.
    pub offset_to: Option<i32>,
    pub rules: Vec<Rule>,
    pub dates: Vec<DateTime>,
}

/// A VTIMEZONE.
#[derive(Debug, Default)]
pub struct Definition {
    pub name: Option<String>,
    /// `X-LIC-LOCATION`: the name of the zone where `TZID` is one of the producer's own.
    pub location: Option<String>,
    pub observances: Vec<Observance>,
}

/// The zones of one reading.
pub struct Zones<'a> {
    database: &'a TimeZoneDatabase,
    room: TimeZone,
    known: HashMap<String, Option<Zone>>,
    /// Those of the calendar that is read now: each has its own.
    described: HashMap<String, Zone>,
    /// The time of interest.
    within: Within,
    pub notes: Vec<Note>,
}

impl<'a> Zones<'a> {
    pub fn new(database: &'a TimeZoneDatabase, room: TimeZone, within: Within) -> Zones<'a> {
        let (known, described, notes) = (HashMap::new(), HashMap::new(), Vec::new());
        Zones { database, room, known, described, within, notes }
    }

    /// Takes the definitions of one calendar in place of those of the one before.
    pub fn describe(&mut self, definitions: Vec<Definition>, budget: &mut Budget) {
        self.described.clear();
        for definition in definitions {
            let Some(name) = &definition.name else { continue };
            let located = definition.location.as_deref().and_then(|location| self.known(location));
            if let Some(zone) = located.or_else(|| described(&definition, self.within, budget)) {
                self.described.insert(name.clone(), zone);
            }
        }
    }

    pub fn zone(&mut self, name: &ZoneName) -> Zone {
        match name {
            ZoneName::Utc => Zone::Known(TimeZone::UTC),
            ZoneName::Floating => Zone::Known(self.room.clone()),
            ZoneName::Named(name) => match self.known(name).or_else(|| self.described.get(name).cloned()) {
                Some(zone) => zone,
                None => {
                    Note::UnknownZone.add_to(&mut self.notes);
                    Zone::Known(self.room.clone())
                }
            },
        }
    }

    pub fn instant(&mut self, when: &When) -> Option<Timestamp> {
        self.zone(&when.zone).instant(when.civil)
    }

    fn known(&mut self, name: &str) -> Option<Zone> {
        if let Some(known) = self.known.get(name) {
            return known.clone();
        }
        if name.len() > NAME_BYTES_MAX || self.known.len() >= NAMES_MAX {
            return None;
        }
        let found = self.look_up(name).map(Zone::Known);
        self.known.insert(name.to_owned(), found.clone());
        found
    }

    fn look_up(&self, name: &str) -> Option<TimeZone> {
        let name = name.trim();
        if let Some(name) = iana_name(name) {
            return self.database.get(name).ok();
        }
        // Producers put a path before it: /mozilla.org/20070129_1/Europe/Paris
        let segments: Vec<&str> = name.split('/').filter(|segment| !segment.is_empty()).collect();
        let is_name = |segment: &&str| segment.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-+".contains(&b));
        (0..segments.len()).filter(|from| segments.len() - from <= 3).find_map(|from| {
            let rest = &segments[from..];
            // A last segment alone is too little: Jersey is in New Jersey too.
            let is_whole = from == 0 || rest.len() > 1;
            (is_whole && rest.iter().all(is_name)).then(|| self.database.get(&rest.join("/")).ok())?
        })
    }
}

/// The changes of a definition around the time of interest.
fn described(definition: &Definition, within: Within, budget: &mut Budget) -> Option<Zone> {
    // Each change comes at least once in that time, when it still comes at all.
    let within = Within { from: within.from.saturating_sub(400.days()), to: within.to.saturating_add(30.days()) };
    let mut changes = Vec::new();
    for observance in &definition.observances {
        let (Some(start), Some(from), Some(to)) = (observance.start, observance.offset_from, observance.offset_to)
        else {
            continue;
        };
        let (Ok(before), Ok(after)) = (Offset::from_seconds(from), Offset::from_seconds(to)) else { continue };
        let mut onsets = vec![start];
        onsets.extend(&observance.dates);
        for rule in &observance.rules {
            let until = rule.until.as_ref().map(|until| match until.zone {
                ZoneName::Utc => until.civil.saturating_add(SignedDuration::from_secs(from.into())),
                _ => until.civil,
            });
            // Where the rule has ended, its last change still holds.
            onsets.extend(until.filter(|until| *until < within.from));
            onsets.extend(recurrences(rule, start, until, within, budget).0);
        }
        changes.extend(onsets.into_iter().map(|at| Change { at, before, after }));
    }
    changes.sort_by_key(|change| change.at);
    // The latest matter.
    changes.drain(..changes.len().saturating_sub(CHANGES_MAX));
    (!changes.is_empty()).then(|| Zone::Described(Rc::new(changes)))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn zones(database: &TimeZoneDatabase) -> Zones<'_> {
        let within = Within { from: date(2026, 11, 1).at(0, 0, 0, 0), to: date(2026, 12, 1).at(0, 0, 0, 0) };
        Zones::new(database, TimeZone::get("Europe/Berlin").unwrap(), within)
    }

    fn utc_hour(zones: &mut Zones<'_>, name: &str) -> i8 {
        let zone = zones.zone(&ZoneName::Named(name.into()));
        let noon = zone.instant(date(2026, 11, 24).at(12, 0, 0, 0)).unwrap();
        TimeZone::UTC.to_datetime(noon).hour()
    }

    #[test]
    fn a_zone_is_known_by_any_of_its_names() {
        let database = TimeZoneDatabase::from_env();
        let mut zones = zones(&database);
        for (name, hour) in [
            ("Europe/Paris", 11),
            ("europe/paris", 11),
            ("Romance Standard Time", 11),
            ("GMT Standard Time", 12),
            ("/mozilla.org/20070129_1/Europe/Paris", 11),
            ("/freeassociation.sourceforge.net/America/Argentina/Ushuaia", 15),
            ("India Standard Time", 6),
            ("UTC", 12),
        ] {
            assert_eq!(utc_hour(&mut zones, name), hour, "{name}");
        }
        assert_eq!(zones.notes, []);
    }

    #[test]
    fn what_is_not_known_is_the_rooms_own_zone_and_said_so() {
        let database = TimeZoneDatabase::from_env();
        let mut zones = zones(&database);
        let long = "x".repeat(10_000);
        for name in ["Nowhere/At All", "", "/", "../../etc/passwd", "Europe", &long, "New/Jersey\u{202e}"] {
            assert_eq!(utc_hour(&mut zones, name), 11, "{name}");
        }
        assert_eq!(zones.notes, [Note::UnknownZone]);
    }

    fn observance(start: DateTime, from: i32, to: i32, rule: &str) -> Observance {
        let rules = Rule::parse(rule).into_iter().collect();
        Observance { start: Some(start), offset_from: Some(from), offset_to: Some(to), rules, dates: Vec::new() }
    }

    #[test]
    fn a_definition_serves_names_nobody_knows_and_no_others() {
        let database = TimeZoneDatabase::from_env();
        let mut zones = zones(&database);
        let definition = |name: &str| Definition {
            name: Some(name.into()),
            location: None,
            observances: vec![
                // As Outlook writes New York.
                observance(date(1601, 11, 4).at(2, 0, 0, 0), -4 * 3600, -5 * 3600, "FREQ=YEARLY;BYDAY=1SU;BYMONTH=11"),
                observance(date(1601, 3, 11).at(2, 0, 0, 0), -5 * 3600, -4 * 3600, "FREQ=YEARLY;BYDAY=2SU;BYMONTH=3"),
            ],
        };
        let definitions = vec![definition("Customized Time Zone"), definition("Europe/Paris")];
        zones.describe(definitions, &mut Budget(1_000_000));
        assert_eq!(utc_hour(&mut zones, "Customized Time Zone"), 17);
        let zone = zones.zone(&ZoneName::Named("Customized Time Zone".into()));
        let summer = date(2026, 10, 20).at(12, 0, 0, 0);
        assert_eq!(TimeZone::UTC.to_datetime(zone.instant(summer).unwrap()).hour(), 16);
        assert_eq!(zone.civil(zone.instant(summer).unwrap()), summer);
        // It lies.
        assert_eq!(utc_hour(&mut zones, "Europe/Paris"), 11);
    }

    #[test]
    fn a_rule_that_has_ended_leaves_its_last_change() {
        let database = TimeZoneDatabase::from_env();
        let mut zones = zones(&database);
        let summer_for_ever = Definition {
            name: Some("Permanent".into()),
            location: None,
            observances: vec![
                observance(date(1990, 10, 1).at(3, 0, 0, 0), 7200, 3600, "FREQ=YEARLY;UNTIL=20151001T010000Z"),
                observance(date(1990, 4, 1).at(2, 0, 0, 0), 3600, 7200, "FREQ=YEARLY;UNTIL=20160401T010000Z"),
            ],
        };
        zones.describe(vec![summer_for_ever], &mut Budget(1_000_000));
        assert_eq!(utc_hour(&mut zones, "Permanent"), 10);
    }
}
