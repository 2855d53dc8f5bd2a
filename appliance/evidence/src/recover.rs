//! After a power cut: what of a segment is whole.

use jiff::Timestamp;

use crate::hex::{Digest, MeetingId};
use crate::key::PublicKey;
use crate::line::{Line, lines, signed};
use crate::record::{Event, First};
use crate::retention::Segment;

/// The last whole record, which the next one follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    pub number: u64,
    /// Of its line, with its newline.
    pub sha256: Digest,
    pub written: Timestamp,
    /// The key that has to sign the next record.
    pub next_key: Digest,
}

/// What of a segment is whole.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recovered {
    /// So many bytes at its beginning are whole records that follow each other. What comes after is torn or damaged.
    pub whole_bytes: usize,
    /// The last of them.
    pub head: Option<Head>,
    /// The first of them: its number, its digest, and when it was written.
    pub first: Option<(u64, Digest, Timestamp)>,
    /// The meeting that was going on then.
    pub going_on: Option<MeetingId>,
}

/// Reads a segment up to what is not whole, by the same rules as [`Verifier`](crate::Verifier), but for one: a signature is verified
/// where its key is among `keys` or introduced by a record. Records of other keys are taken for what they say, for a room that has
/// lost its key; auditors judge them.
pub fn recover(bytes: &[u8], keys: &[PublicKey]) -> Recovered {
    let mut keys = keys.to_vec();
    let mut found = Recovered::default();
    for bytes in lines(bytes) {
        let Ok(line) = Line::parse(bytes) else { break };
        let record = &line.record;
        let is_replaced = matches!(record.event, Event::KeyReplaced { .. });
        let follows = found.head.as_ref().is_none_or(|head| {
            head.number.checked_add(1) == Some(record.number)
                && head.sha256 == record.previous
                && (head.next_key == record.key || is_replaced)
        });
        let key = keys.iter().find(|key| key.id() == record.key);
        let is_forged = key.is_some_and(|key| !key.has_signed(&signed(line.json), &line.signature));
        if !follows || is_forged {
            break;
        }
        if let Event::KeyChanged { to } = &record.event {
            keys.push(*to);
        }
        found.whole_bytes += bytes.len();
        found.first.get_or_insert((record.number, line.digest, record.written));
        let next_key = match &record.event {
            Event::KeyChanged { to } => to.id(),
            _ => record.key,
        };
        found.going_on = match &record.event {
            Event::Opened(meeting) | Event::Interim(meeting) => Some(meeting.id),
            Event::Closed(_) | Event::Resumed { .. } | Event::Begun { .. } => None,
            Event::KeyChanged { .. } | Event::KeyReplaced { .. } | Event::Pruned { .. } => found.going_on,
        };
        found.head = Some(Head { number: record.number, sha256: line.digest, written: record.written, next_key });
    }
    found
}

/// What deleting a segment takes to know of it: its first record, and when its first and last were written. `None` when one of
/// the two cannot be read; nothing is verified.
pub fn glance(bytes: &[u8]) -> Option<(First, Segment)> {
    let first = Line::parse(lines(bytes).next()?).ok()?;
    let before_last = bytes.len().checked_sub(2)?;
    let last_begins = bytes[..=before_last].iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    let last = Line::parse(&bytes[last_begins..]).ok()?;
    let named = First { number: first.record.number, sha256: first.digest };
    Some((named, Segment { bytes: bytes.len() as u64, written: (first.record.written, last.record.written) }))
}
