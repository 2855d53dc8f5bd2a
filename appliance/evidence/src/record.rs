//! A record: what every one says, and what each kind says besides.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::hex::{Digest, MeetingId};
use crate::key::PublicKey;
use crate::meeting::Meeting;

/// The format's name, in every record.
pub const FORMAT: &str = "huisclos-evidence/1";

/// One record. Members are written in this order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// [`FORMAT`].
    pub format: String,
    /// 1, 2, 3, … without gaps.
    pub number: u64,
    /// The SHA-256 of the line before, with its newline; zeros in record 1.
    pub previous: Digest,
    /// The room's device id.
    pub room: String,
    /// The SHA-256 of the SubjectPublicKeyInfo that this record is signed with.
    pub key: Digest,
    /// The room's wall clock when it was written, in UTC, in whole milliseconds.
    pub written: Timestamp,
    pub event: Event,
}

/// What a record is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    /// The chain begins. Record 1 is this, and no other.
    Begun {
        /// What lay there and could not be read, kept aside.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        torn: Vec<Torn>,
    },
    /// The daemon came back.
    Resumed {
        /// The meeting it was in, which has no `closed`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        interrupted: Option<MeetingId>,
        /// What was half written, or damaged, kept aside.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        torn: Vec<Torn>,
    },
    /// A meeting begins.
    Opened(Meeting),
    /// A meeting so far.
    Interim(Meeting),
    /// A meeting that is over.
    Closed(Meeting),
    /// The device has a new key: the next record is signed with it. This one is signed with the old key.
    KeyChanged {
        /// The new key.
        to: PublicKey,
    },
    /// The device has a new key, and the old one is gone: this record is signed with the new one, which auditors have to
    /// be given.
    KeyReplaced {
        /// The id of the key that signed the record before.
        was: Digest,
    },
    /// The oldest records are deleted, after this one is on the disk.
    Pruned {
        /// What is the first record from now on.
        first: First,
        why: PrunedFor,
        /// When the newest of the deleted was written.
        until: Timestamp,
    },
}

/// A record, named so that no other can be in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct First {
    pub number: u64,
    /// Of its line, with its newline.
    pub sha256: Digest,
}

/// Why records are deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PrunedFor {
    /// They are as old as they may become.
    Age,
    /// There is no more room.
    Space,
}

/// Bytes that were no whole records, and were put into a file of their own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Torn {
    pub bytes: u64,
    pub sha256: Digest,
}
