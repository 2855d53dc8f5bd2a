//! How long records are kept, and in which files.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::record::PrunedFor;

/// What bounds the records on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Records are kept at least this long where there is room, and at most a day longer.
    pub age_max: SignedDuration,
    /// All segments together, in bytes.
    pub bytes_max: u64,
    /// One segment, in bytes. One record may be larger.
    pub segment_bytes_max: u64,
}

impl Default for Retention {
    /// A year; 64 MiB, which is more than a year of meetings six hours a day, and some four months of meetings day and night;
    /// segments of 1 MiB.
    fn default() -> Retention {
        Retention { age_max: SignedDuration::from_hours(366 * 24), bytes_max: 64 << 20, segment_bytes_max: 1 << 20 }
    }
}

/// A file of records, as far as deleting it is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment {
    pub bytes: u64,
    /// When its first and its last record were written.
    pub written: (Timestamp, Timestamp),
}

impl Retention {
    /// Whether the next record goes into a new segment: this one is full, or of another day (UTC). Segments of one day are
    /// what lets age be kept to the day.
    pub fn is_full(&self, segment: &Segment, more_bytes: u64, now: Timestamp) -> bool {
        let day = |time: Timestamp| time.to_zoned(TimeZone::UTC).date();
        segment.bytes > 0
            && (segment.bytes.saturating_add(more_bytes) > self.segment_bytes_max || day(segment.written.0) != day(now))
    }

    /// How many of the oldest segments go, and why. The last one, which is written to, always stays.
    ///
    /// A segment is too old when its newest record is. Only ask with a clock that is right: one that runs ahead makes
    /// everything old.
    pub fn prune(&self, segments: &[Segment], now: Timestamp) -> Option<(usize, PrunedFor)> {
        let deletable = segments.len().saturating_sub(1);
        let is_old = |segment: &Segment| now.duration_since(segment.written.1) > self.age_max;
        let old = segments[..deletable].iter().take_while(|segment| is_old(segment)).count();
        let mut bytes: u64 = segments[old..].iter().map(|segment| segment.bytes).sum();
        let mut gone = old;
        while bytes > self.bytes_max && gone < deletable {
            bytes -= segments[gone].bytes;
            gone += 1;
        }
        let why = if gone > old { PrunedFor::Space } else { PrunedFor::Age };
        (gone > 0).then_some((gone, why))
    }
}
