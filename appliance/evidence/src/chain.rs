//! Writing: each record signed, and bound to the one before.

use jiff::{Timestamp, Unit};

use crate::hex::{Digest, Hex};
use crate::key::PublicKey;
use crate::line::{LINE_BYTES_MAX, digest_of, signed, written};
use crate::record::{Event, FORMAT, Record};
use crate::recover::Head;

/// Why nothing was signed.
pub type SignError = Box<dyn std::error::Error + Send + Sync>;

/// Who signs: the room's device key, wherever it is kept.
pub trait Signer {
    /// The key that what is signed is verified with.
    fn public_key(&self) -> PublicKey;

    /// ECDSA over the SHA-256 of the message: r and s, each big-endian in 32 bytes (RFC 7518 §3.4).
    ///
    /// # Errors
    /// When the key cannot be used.
    fn sign(&self, message: &[u8]) -> Result<[u8; 64], SignError>;
}

/// Why a record could not be made. The chain is as it was.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    #[error("the device's key does not sign")]
    Sign(#[source] SignError),
    #[error("the device's key signed something else, or another key did")]
    NotSigned,
    #[error("the record would be longer than {LINE_BYTES_MAX} bytes")]
    TooLong,
    #[error("the record could not be written as JSON")]
    Json(#[source] serde_json::Error),
    #[error("the last record was signed with another key, which this one does not follow")]
    OtherKey,
    #[error("a chain begins with its beginning, and only there")]
    OutOfPlace,
    #[error("there is no record after the last possible number")]
    NoNumber,
}

/// A record that is ready to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// The line with its newline: the only bytes to write.
    pub line: Vec<u8>,
    pub number: u64,
    pub sha256: Digest,
    pub written: Timestamp,
    next_key: Option<Digest>,
}

/// Where a chain is: what the next record follows. It moves on only when [`advance`](Chain::advance) says that the record
/// is on the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    room: String,
    number: u64,
    previous: Digest,
    /// The key that must sign the next record; any for the first.
    key: Option<Digest>,
}

impl Chain {
    /// A chain without a record. The first one is [`Event::Begun`].
    pub fn new(room: &str) -> Chain {
        Chain { room: room.to_owned(), number: 0, previous: Digest::NONE, key: None }
    }

    /// A chain that goes on after this record.
    pub fn after(room: &str, head: &Head) -> Chain {
        Chain { room: room.to_owned(), number: head.number, previous: head.sha256, key: Some(head.next_key) }
    }

    /// The number and digest of the last record; `None` before the first. Told elsewhere, they show when the end of
    /// the chain was cut off.
    pub fn last(&self) -> Option<(u64, Digest)> {
        (self.number > 0).then_some((self.number, self.previous))
    }

    /// The key that has to sign the next record; `None` before the first.
    pub fn key(&self) -> Option<Digest> {
        self.key
    }

    /// The next record. Nothing is noted until [`advance`](Chain::advance).
    ///
    /// # Errors
    /// When it cannot be signed, or would not be a record of this chain.
    pub fn seal(&self, event: Event, now: Timestamp, signer: &dyn Signer) -> Result<Sealed, SealError> {
        let key = signer.public_key();
        let is_replaced = matches!(event, Event::KeyReplaced { .. });
        if !is_replaced && self.key.is_some_and(|expected| expected != key.id()) {
            return Err(SealError::OtherKey);
        }
        if matches!(event, Event::Begun { .. }) != (self.number == 0) {
            return Err(SealError::OutOfPlace);
        }
        let next_key = match &event {
            Event::KeyChanged { to } => Some(to.id()),
            _ => None,
        };
        let record = Record {
            format: FORMAT.to_owned(),
            number: self.number.checked_add(1).ok_or(SealError::NoNumber)?,
            previous: self.previous,
            room: self.room.clone(),
            key: key.id(),
            written: in_milliseconds(now),
            event,
        };
        let json = serde_json::to_vec(&record).map_err(SealError::Json)?;
        let message = signed(&json);
        let signature = Hex(signer.sign(&message).map_err(SealError::Sign)?);
        if !key.has_signed(&message, &signature) {
            return Err(SealError::NotSigned);
        }
        let line = written(&signature, &json);
        if line.len() > LINE_BYTES_MAX {
            return Err(SealError::TooLong);
        }
        let sha256 = digest_of(&line);
        Ok(Sealed {
            line,
            number: record.number,
            sha256,
            written: record.written,
            next_key: next_key.or(Some(key.id())),
        })
    }

    /// The record is on the disk: the next one follows it.
    pub fn advance(&mut self, sealed: &Sealed) {
        (self.number, self.previous, self.key) = (sealed.number, sealed.sha256, sealed.next_key);
    }
}

/// Nobody needs more, and the text stays short.
pub(crate) fn in_milliseconds(time: Timestamp) -> Timestamp {
    time.round(Unit::Millisecond).unwrap_or(time)
}
