//! From what events say to when they take place: recurrences, exceptions and overrides
//! (RFC 5545 §3.8.4.4 and §3.8.5).

use std::collections::{HashMap, HashSet};

use jiff::civil::{Date, DateTime};
use jiff::{SignedDuration, Timestamp, ToSpan};
use room::agenda::Title;

use crate::event::Event;
use crate::recur::{Budget, Within, recurrences};
use crate::time::{Length, When};
use crate::zone::{Zone, Zones};
use crate::{Note, Occurrence};

/// An event that has gone on for longer than this when the window begins is not looked for.
const LENGTH_MAX: SignedDuration = SignedDuration::from_hours(400 * 24);

const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// Where occurrences are collected: the soonest of those in the window.
pub struct Found {
    pub from: Timestamp,
    pub to: Timestamp,
    occurrences: Vec<Occurrence>,
    max: usize,
    pub cut: bool,
}

impl Found {
    pub fn new(from: Timestamp, to: Timestamp, max: usize) -> Found {
        Found { from, to, occurrences: Vec::new(), max, cut: false }
    }

    fn add(&mut self, event: &Event, start: Timestamp, end: Timestamp) {
        let end = end.max(start);
        if event.cancelled || event.declined || start >= self.to || end < self.from || (end == self.from && end > start)
        {
            return;
        }
        let all_day = event.start.as_ref().is_some_and(|start| start.is_date);
        let (title, venue) = match (event.private, &event.title) {
            (true, _) => (Title::Private, None),
            (false, Some(title)) => (Title::Plain(title.clone()), event.venue().cloned()),
            (false, None) => (Title::Untitled, event.venue().cloned()),
        };
        // Some programs put names into it.
        let uid = event.uid.clone().filter(|_| !event.private);
        let is_transparent = event.transparent;
        self.occurrences.push(Occurrence { title, start, end, all_day, venue, uid, is_transparent });
        if self.occurrences.len() >= 4 * self.max {
            self.shorten();
        }
    }

    fn shorten(&mut self) {
        self.occurrences.sort_by_key(|occurrence| (occurrence.start, occurrence.end));
        self.cut |= self.occurrences.len() > self.max;
        self.occurrences.truncate(self.max);
    }

    pub fn finish(mut self) -> (Vec<Occurrence>, bool) {
        self.shorten();
        (self.occurrences, self.cut)
    }
}

/// Everything said of the events of one calendar.
pub fn expand(events: Vec<Event>, zones: &mut Zones<'_>, budget: &mut Budget, found: &mut Found) {
    let mut order = Vec::new();
    let mut series: HashMap<String, Vec<Event>> = HashMap::new();
    for event in events {
        match &event.uid {
            Some(uid) => match series.get_mut(uid) {
                Some(same) => same.push(event),
                None => {
                    order.push(uid.clone());
                    series.insert(uid.clone(), vec![event]);
                }
            },
            None => expand_series(vec![event], zones, budget, found),
        }
    }
    for uid in order {
        expand_series(series.remove(&uid).unwrap_or_default(), zones, budget, found);
    }
}

/// What takes the place of one recurrence, or of all from there on.
struct Override {
    at: Timestamp,
    event: Event,
}

/// Recurrences that do not take place, or not as the rule says.
#[derive(Default)]
struct Exceptions {
    moments: HashSet<Timestamp>,
    days: HashSet<Date>,
}

impl Exceptions {
    fn add(&mut self, when: &When, is_all_day: bool, zones: &mut Zones<'_>) {
        if when.is_date || is_all_day {
            self.days.insert(when.civil.date());
        } else {
            self.moments.extend(zones.instant(when));
        }
    }

    fn contain(&self, moment: Timestamp, civil: DateTime) -> bool {
        self.moments.contains(&moment) || self.days.contains(&civil.date())
    }
}

fn expand_series(events: Vec<Event>, zones: &mut Zones<'_>, budget: &mut Budget, found: &mut Found) {
    let (changes, masters): (Vec<Event>, Vec<Event>) =
        events.into_iter().partition(|event| event.recurrence_id.is_some());
    let master = masters.into_iter().max_by(|a, b| version(a).cmp(&version(b)));
    let is_all_day = master.as_ref().and_then(|master| master.start.as_ref()).is_some_and(|start| start.is_date);
    if master.as_ref().is_some_and(|master| master.cancelled) {
        return;
    }

    let mut exceptions = Exceptions::default();
    let mut latest: HashMap<Timestamp, Override> = HashMap::new();
    for event in changes {
        let Some(id) = &event.recurrence_id else { continue };
        exceptions.add(id, is_all_day, zones);
        let Some(at) = zones.instant(id) else { continue };
        match latest.get(&at) {
            Some(known) if version(&known.event) > version(&event) => {}
            _ => drop(latest.insert(at, Override { at, event })),
        }
    }
    let mut overrides: Vec<Override> = latest.into_values().collect();
    overrides.sort_by_key(|change| change.at);
    for Override { event, at } in &overrides {
        let zone = event.start.as_ref().or(event.recurrence_id.as_ref()).map(|start| zones.zone(&start.zone));
        let civil = event.start.as_ref().map(|start| start.civil);
        if let Some(zone) = zone {
            place(event, &zone, civil.unwrap_or_else(|| zone.civil(*at)), zones, found);
        }
    }
    if let Some(master) = master {
        expand_master(&master, exceptions, &overrides, zones, budget, found);
    }
}

/// What was said last is what holds.
fn version(event: &Event) -> (u32, &str) {
    (event.sequence, &event.stamp)
}

fn expand_master(
    master: &Event,
    mut exceptions: Exceptions,
    overrides: &[Override],
    zones: &mut Zones<'_>,
    budget: &mut Budget,
    found: &mut Found,
) {
    let Some(start) = &master.start else { return };
    let zone = zones.zone(&start.zone);
    for when in &master.exceptions {
        exceptions.add(when, start.is_date, zones);
    }
    let mut moments = if master.rules.is_empty() { vec![start.civil] } else { Vec::new() };
    for when in &master.dates {
        let listed = if when.is_date == start.is_date && when.zone == start.zone {
            Some(when.civil)
        } else if when.is_date {
            Some(when.civil.date().to_datetime(start.civil.time()))
        } else {
            zones.instant(when).map(|moment| zone.civil(moment))
        };
        moments.extend(listed);
    }
    let future: Vec<&Override> = overrides.iter().filter(|change| change.event.and_future).collect();
    // What began before may go on; what is moved may come from before or after.
    let margin = if future.is_empty() { LENGTH_MAX.min(length(master, &zone, zones)) } else { LENGTH_MAX };
    let within = Within {
        from: zone.civil(found.from).saturating_sub(margin),
        to: zone.civil(found.to).saturating_add(if future.is_empty() { 1.day() } else { 31.days() }),
    };
    for rule in &master.rules {
        let until = rule.until.as_ref().map(|until| match (until.is_date, &until.zone) {
            (true, _) => until.civil.end_of_day(),
            (false, zone_name) if *zone_name == crate::time::ZoneName::Utc => {
                zones.instant(until).map_or(until.civil, |moment| zone.civil(moment))
            }
            _ => until.civil,
        });
        let (recurring, is_whole) = recurrences(rule, start.civil, until, within, budget);
        if !is_whole {
            Note::TooMuch.add_to(&mut zones.notes);
        }
        moments.extend(recurring);
    }
    moments.sort_unstable();
    moments.dedup();
    for civil in moments.into_iter().filter(|civil| (within.from..=within.to).contains(civil)) {
        let Some(moment) = zone.instant(civil) else { continue };
        if exceptions.contain(moment, civil) {
            continue;
        }
        match future.iter().rev().find(|change| change.at <= moment) {
            Some(Override { event, at }) => {
                let id = zone.civil(*at);
                let moved = event.start.as_ref().map(|start| (zones.zone(&start.zone), start.civil));
                let (zone, first) = moved.unwrap_or_else(|| (zone.clone(), id));
                // As much later or earlier as the one that was changed.
                let shifted = first.checked_add(civil.duration_since(id));
                if let Ok(civil) = shifted {
                    place(event, &zone, civil, zones, found);
                }
            }
            None => place(master, &zone, civil, zones, found),
        }
    }
}

/// Puts one occurrence of `event` where it belongs.
fn place(event: &Event, zone: &Zone, civil: DateTime, zones: &mut Zones<'_>, found: &mut Found) {
    let Some(start) = zone.instant(civil) else { return };
    let end = match lasts(event, zone, zones) {
        Length::Nominal(length) => civil.checked_add(length).ok().and_then(|end| zone.instant(end)),
        Length::Exact(length) => start.checked_add(length).ok(),
    };
    found.add(event, start, end.unwrap_or(start));
}

/// How long an event lasts.
fn lasts(event: &Event, zone: &Zone, zones: &mut Zones<'_>) -> Length {
    let Some(start) = &event.start else { return Length::Exact(SignedDuration::ZERO) };
    if let Some(length) = event.duration {
        return length;
    }
    match &event.end {
        Some(end) if end.zone == start.zone || end.is_date => Length::Nominal(end.civil.duration_since(start.civil)),
        Some(end) => {
            let both = zones.instant(end).zip(zone.instant(start.civil));
            Length::Exact(both.map_or(SignedDuration::ZERO, |(end, start)| end.duration_since(start)))
        }
        None if start.is_date => Length::Nominal(SignedDuration::from_hours(24)),
        None => Length::Exact(SignedDuration::ZERO),
    }
}

/// How long an event lasts at most, as far as clocks may be changed meanwhile.
fn length(event: &Event, zone: &Zone, zones: &mut Zones<'_>) -> SignedDuration {
    match lasts(event, zone, zones) {
        Length::Exact(length) | Length::Nominal(length) if length > SignedDuration::ZERO => length + 2 * HOUR,
        _ => SignedDuration::ZERO,
    }
}
