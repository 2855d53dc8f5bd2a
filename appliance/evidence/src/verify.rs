//! Verifying a chain with nothing but public keys.

use jiff::Timestamp;
use serde::Serialize;

use crate::hex::{Digest, MeetingId};
use crate::key::PublicKey;
use crate::line::{Line, LineError, lines, signed};
use crate::record::{Event, First, PrunedFor, Record, Torn};

/// What ought to be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// Everything a room has: from record 1, or from what a `pruned` record of the same chain names.
    Whole,
    /// A run of records, without a gap. What was before it cannot be told.
    Excerpt,
}

/// How the records begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Start {
    /// With record 1.
    Begun,
    /// With what the room left when it deleted older ones.
    Pruned,
    /// Somewhere; records before it are not here.
    Excerpt,
}

/// Where verifying ended, and why. Every record before verifies.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {why}")]
pub struct Fault {
    /// From 1, through all files.
    pub line: usize,
    pub why: Why,
}

/// Why a record is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    #[error("there is no record")]
    Empty,
    #[error(transparent)]
    Line(#[from] LineError),
    #[error("it is signed with the key {0}, which was not given")]
    KeyNotGiven(Digest),
    #[error("it is signed with the key {found}; after the record before it that has to be {expected}")]
    OtherKey { expected: Digest, found: Digest },
    #[error("its signature is not good: it was changed, or not written by this room")]
    BadSignature,
    #[error("it is record {found} where record {expected} has to be: records are missing, or in another order")]
    OtherNumber { expected: u64, found: u64 },
    #[error("it does not follow the record before it: that one is another one, or was changed")]
    NotLinked,
    #[error("it begins a chain, in which it cannot be record {0}")]
    BegunLate(u64),
    #[error("record 1 does not begin a chain")]
    NotBegun,
    #[error("the beginning is missing: no record says that the ones before were deleted")]
    BeginningMissing,
    #[error("record {0}, which is known to have been there, is missing or another one")]
    KnownMissing(u64),
}

/// Something that verifies, and that an auditor should know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Remark {
    /// The power was cut, or somebody cut the end off: bytes that were no whole record.
    Torn { number: u64, torn: Torn },
    /// A meeting has no end: the room was switched off in it.
    Interrupted { number: u64, meeting: MeetingId },
    /// The room's clock was set back before this record, by so many milliseconds.
    ClockWentBack { number: u64, by_ms: i64 },
    /// The device has another key after this record, which the old key names.
    KeyChanged { number: u64, to: Digest },
    /// The device has another key since this record, which only whoever gave it knows to be the room's.
    KeyReplaced { number: u64, was: Digest },
    /// Older records were deleted.
    Pruned { number: u64, first: u64, why: PrunedFor, until: Timestamp },
    /// A meeting is going on at the end, or the end is missing.
    StillOpen { meeting: MeetingId },
}

/// What verified records show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    pub start: Start,
    /// The numbers of the first and the last record.
    pub first: u64,
    pub last: u64,
    /// Of the last line: told elsewhere, it shows later whether something was cut off.
    pub last_sha256: Digest,
    /// When the first and the last were written.
    pub from: Timestamp,
    pub to: Timestamp,
    pub room: String,
    pub remarks: Vec<Remark>,
}

/// What was verified of the record before.
struct Before {
    number: u64,
    digest: Digest,
    key: PublicKey,
    written: Timestamp,
    going_on: Option<MeetingId>,
}

/// Verifies line after line.
pub struct Verifier {
    keys: Vec<PublicKey>,
    known: Vec<First>,
    lines: usize,
    first: Option<(First, Timestamp, String)>,
    before: Option<Before>,
    /// Whether a `pruned` record names the first one.
    is_start_named: bool,
    remarks: Vec<Remark>,
    fault: Option<Fault>,
}

impl Verifier {
    /// Records have to be signed with these keys, or with keys that these introduce.
    pub fn new(keys: &[PublicKey]) -> Verifier {
        Verifier {
            keys: keys.to_vec(),
            known: Vec::new(),
            lines: 0,
            first: None,
            before: None,
            is_start_named: false,
            remarks: Vec::new(),
            fault: None,
        }
    }

    /// This record is known to be in the chain, from an earlier look at it or from what the room told elsewhere: what came
    /// until then cannot have been cut off.
    #[must_use]
    pub fn knowing(mut self, number: u64, sha256: Digest) -> Verifier {
        self.known.push(First { number, sha256 });
        self
    }

    /// Verifies the next line, which ends with its newline, and gives its record.
    ///
    /// # Errors
    /// When it is not to be believed. Then neither is anything after it.
    pub fn line(&mut self, bytes: &[u8]) -> Result<Record, Fault> {
        if let Some(fault) = &self.fault {
            return Err(fault.clone());
        }
        self.lines += 1;
        self.checked(bytes).map_err(|why| self.fault.insert(Fault { line: self.lines, why }).clone())
    }

    fn checked(&mut self, bytes: &[u8]) -> Result<Record, Why> {
        let line = Line::parse(bytes)?;
        let record = &line.record;
        let key = self.key_for(record)?;
        if !key.has_signed(&signed(line.json), &line.signature) {
            return Err(Why::BadSignature);
        }
        self.check_place(record)?;
        let number = record.number;
        if let Some(known) = self.known.iter().find(|known| known.number == number)
            && known.sha256 != line.digest
        {
            return Err(Why::KnownMissing(number));
        }
        let first = First { number, sha256: line.digest };
        let (first, ..) = self.first.get_or_insert_with(|| (first, record.written, record.room.clone()));
        let first = *first;
        self.note(record, &first);
        let next_key = match &record.event {
            Event::KeyChanged { to } => *to,
            _ => key,
        };
        let going_on = match &record.event {
            Event::Opened(meeting) | Event::Interim(meeting) => Some(meeting.id),
            Event::Closed(_) | Event::Resumed { .. } | Event::Begun { .. } => None,
            _ => self.before.as_ref().and_then(|before| before.going_on),
        };
        self.before = Some(Before { number, digest: line.digest, key: next_key, written: record.written, going_on });
        Ok(line.record)
    }

    /// The key that has to have signed this record.
    fn key_for(&self, record: &Record) -> Result<PublicKey, Why> {
        let given = || self.keys.iter().copied().find(|key| key.id() == record.key);
        let Some(before) = &self.before else { return given().ok_or(Why::KeyNotGiven(record.key)) };
        if before.key.id() == record.key {
            return Ok(before.key);
        }
        match record.event {
            Event::KeyReplaced { .. } => given().ok_or(Why::KeyNotGiven(record.key)),
            _ => Err(Why::OtherKey { expected: before.key.id(), found: record.key }),
        }
    }

    /// Whether the record may stand where it stands.
    fn check_place(&self, record: &Record) -> Result<(), Why> {
        if let Some(before) = &self.before {
            let expected = before.number.saturating_add(1);
            if before.number.checked_add(1) != Some(record.number) {
                return Err(Why::OtherNumber { expected, found: record.number });
            }
            if record.previous != before.digest {
                return Err(Why::NotLinked);
            }
        }
        match (&record.event, record.number) {
            (_, 0) => Err(Why::OtherNumber { expected: 1, found: 0 }),
            (Event::Begun { .. }, 1) if record.previous == Digest::NONE => Ok(()),
            (Event::Begun { .. }, 1) => Err(Why::NotLinked),
            (Event::Begun { .. }, late) => Err(Why::BegunLate(late)),
            (_, 1) => Err(Why::NotBegun),
            _ => Ok(()),
        }
    }

    /// Notes what an auditor should know of a record.
    fn note(&mut self, record: &Record, first: &First) {
        let number = record.number;
        if let Some(before) = self.before.as_ref().filter(|before| record.written < before.written) {
            let by = before.written.duration_since(record.written);
            let by_ms = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
            self.remarks.push(Remark::ClockWentBack { number, by_ms });
        }
        match &record.event {
            Event::Begun { torn } => self.note_torn(number, torn),
            Event::Resumed { interrupted, torn } => {
                self.remarks.extend(interrupted.map(|meeting| Remark::Interrupted { number, meeting }));
                self.note_torn(number, torn);
            }
            Event::KeyChanged { to } => {
                self.remarks.push(Remark::KeyChanged { number, to: to.id() });
            }
            Event::KeyReplaced { was } => self.remarks.push(Remark::KeyReplaced { number, was: *was }),
            Event::Pruned { first: named, why, until } => {
                self.is_start_named |= named == first;
                self.remarks.push(Remark::Pruned { number, first: named.number, why: *why, until: *until });
            }
            Event::Opened(_) | Event::Interim(_) | Event::Closed(_) => {}
        }
    }

    fn note_torn(&mut self, number: u64, torn: &[Torn]) {
        self.remarks.extend(torn.iter().map(|torn| Remark::Torn { number, torn: torn.clone() }));
    }

    /// There are no more lines.
    ///
    /// # Errors
    /// When a line was not to be believed, or something is missing at the beginning or of what is known to have been there.
    pub fn finish(self, extent: Extent) -> Result<Report, Fault> {
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        let (Some((first, from, room)), Some(before)) = (self.first, self.before) else {
            return Err(Fault { line: 1, why: Why::Empty });
        };
        let start = match (first.number, self.is_start_named) {
            (1, _) => Start::Begun,
            (_, true) => Start::Pruned,
            (_, false) => Start::Excerpt,
        };
        if start == Start::Excerpt && extent == Extent::Whole {
            return Err(Fault { line: 1, why: Why::BeginningMissing });
        }
        if let Some(missing) = self.known.iter().find(|known| known.number > before.number) {
            return Err(Fault { line: self.lines + 1, why: Why::KnownMissing(missing.number) });
        }
        let mut remarks = self.remarks;
        remarks.extend(before.going_on.map(|meeting| Remark::StillOpen { meeting }));
        Ok(Report {
            start,
            first: first.number,
            last: before.number,
            last_sha256: before.digest,
            from,
            to: before.written,
            room,
            remarks,
        })
    }
}

/// Verifies these bytes: lines, as files of a room hold them, one after the other.
///
/// # Errors
/// Where verifying ended.
pub fn verify(bytes: &[u8], keys: &[PublicKey], extent: Extent) -> Result<(Vec<Record>, Report), Fault> {
    let mut verifier = Verifier::new(keys);
    let records = lines(bytes).map(|line| verifier.line(line)).collect::<Result<Vec<_>, _>>()?;
    Ok((records, verifier.finish(extent)?))
}
