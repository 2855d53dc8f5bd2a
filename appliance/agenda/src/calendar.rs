//! Reads whole calendars: which component a line belongs to, and when one is complete.

use crate::event::Event;
use crate::lines::{Line, lines};
use crate::recur::{Budget, Within};
use crate::rule::Rule;
use crate::series::{Found, expand};
use crate::time::{moment, moments, offset};
use crate::zone::{Definition, OBSERVANCES_MAX, Observance, Zones};
use crate::{EVENTS_MAX, Note, OCCURRENCES_MAX, Query, Reading, TEXT_BYTES_MAX};

/// Days looked at in one reading, altogether.
const BUDGET: u64 = 20_000_000;
/// Components within components.
const DEPTH_MAX: usize = 16;
/// Time zones described in one calendar.
const DEFINITIONS_MAX: usize = 64;

/// The component a line stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Component {
    Calendar,
    Event,
    TimeZone,
    Observance,
    /// Alarms, tasks and whatever else: their properties are not ours.
    Other,
}

/// Reads calendars, one text after the other.
pub fn read<'a>(texts: impl IntoIterator<Item = &'a str>, query: &Query<'_>) -> Reading {
    let civil = |moment| query.zone.to_datetime(moment);
    let within = Within { from: civil(query.from), to: civil(query.to) };
    let mut reader = Reader {
        query,
        path: Vec::new(),
        cancels: false,
        definitions: Vec::new(),
        events: Vec::new(),
        event_count: 0,
        zones: Zones::new(query.zones, query.zone.clone(), within),
        budget: Budget(BUDGET),
        found: Found::new(query.from, query.to, OCCURRENCES_MAX),
    };
    let mut bytes_left = TEXT_BYTES_MAX;
    for text in texts {
        let read = &text[..text.floor_char_boundary(bytes_left)];
        lines(read).for_each(|line| reader.take(&line));
        reader.end_calendar();
        bytes_left -= read.len();
        if read.len() < text.len() {
            reader.zones_note(Note::TooLarge);
            break;
        }
    }
    let (occurrences, is_cut) = reader.found.finish();
    let mut notes = reader.zones.notes;
    if is_cut {
        Note::TooLarge.add_to(&mut notes);
    }
    Reading { occurrences, notes }
}

struct Reader<'a> {
    query: &'a Query<'a>,
    path: Vec<Component>,
    /// `METHOD:CANCEL`: this calendar says what no longer takes place (RFC 5546 §3.2.5).
    cancels: bool,
    definitions: Vec<Definition>,
    events: Vec<Event>,
    event_count: usize,
    zones: Zones<'a>,
    budget: Budget,
    found: Found,
}

impl Reader<'_> {
    fn zones_note(&mut self, note: Note) {
        note.add_to(&mut self.zones.notes);
    }

    fn take(&mut self, line: &Line<'_>) {
        if line.is("BEGIN") {
            return self.begin(component(line.value()));
        }
        if line.is("END") {
            return self.end(component(line.value()));
        }
        match self.path.last() {
            Some(Component::Event) => {
                if let Some(event) = self.events.last_mut() {
                    event.take(line, self.query.addresses, self.query.context);
                }
            }
            Some(Component::TimeZone) => {
                if let Some(definition) = self.definitions.last_mut() {
                    let text = || Some(line.value().trim().to_owned());
                    if line.is("TZID") {
                        definition.name = text();
                    } else if line.is("X-LIC-LOCATION") {
                        definition.location = text();
                    }
                }
            }
            Some(Component::Observance) => {
                if let Some(observance) = self.definitions.last_mut().and_then(|d| d.observances.last_mut()) {
                    observe(observance, line);
                }
            }
            Some(Component::Calendar) | None if line.is("METHOD") => {
                self.cancels = line.value().trim().eq_ignore_ascii_case("CANCEL");
            }
            _ => {}
        }
    }

    fn begin(&mut self, component: Component) {
        if self.path.len() >= DEPTH_MAX {
            return;
        }
        let component = match component {
            Component::Calendar => {
                // Whoever forgot to end the one before.
                self.end_calendar();
                component
            }
            Component::Event if self.event_count < EVENTS_MAX => {
                // An event within an event is one whose end is missing.
                self.path.retain(|outer| *outer == Component::Calendar);
                self.events.push(Event::default());
                self.event_count += 1;
                component
            }
            Component::Event => {
                self.zones_note(Note::TooLarge);
                Component::Other
            }
            Component::TimeZone if self.definitions.len() < DEFINITIONS_MAX => {
                self.definitions.push(Definition::default());
                component
            }
            Component::Observance if self.path.last() == Some(&Component::TimeZone) => {
                match self.definitions.last_mut() {
                    Some(definition) if definition.observances.len() < OBSERVANCES_MAX => {
                        definition.observances.push(Observance::default());
                        component
                    }
                    _ => Component::Other,
                }
            }
            _ => Component::Other,
        };
        self.path.push(component);
    }

    fn end(&mut self, component: Component) {
        if component == Component::Calendar {
            return self.end_calendar();
        }
        if let Some(place) = self.path.iter().rposition(|open| *open == component) {
            self.path.truncate(place);
        }
    }

    fn end_calendar(&mut self) {
        self.path.clear();
        let definitions = std::mem::take(&mut self.definitions);
        let mut events = std::mem::take(&mut self.events);
        if std::mem::take(&mut self.cancels) {
            events.iter_mut().for_each(|event| event.cancelled = true);
        }
        if !events.is_empty() {
            self.zones.describe(definitions, &mut self.budget);
            expand(events, &mut self.zones, &mut self.budget, &mut self.found);
        }
    }
}

fn component(name: &str) -> Component {
    match name.trim().to_ascii_uppercase().as_str() {
        "VCALENDAR" => Component::Calendar,
        "VEVENT" => Component::Event,
        "VTIMEZONE" => Component::TimeZone,
        "STANDARD" | "DAYLIGHT" => Component::Observance,
        _ => Component::Other,
    }
}

fn observe(observance: &mut Observance, line: &Line<'_>) {
    let value = line.value();
    if line.is("DTSTART") {
        observance.start = moment(value, None).map(|when| when.civil);
    } else if line.is("TZOFFSETFROM") {
        observance.offset_from = offset(value);
    } else if line.is("TZOFFSETTO") {
        observance.offset_to = offset(value);
    } else if line.is("RRULE") && observance.rules.len() < 4 {
        observance.rules.extend(Rule::parse(value));
    } else if line.is("RDATE") && observance.dates.len() < 256 {
        observance.dates.extend(moments(line).take(256).map(|when| when.civil));
    }
}
