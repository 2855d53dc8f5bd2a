//! Evidence: signed records of where every packet of a room's meetings went.
//!
//! A record is one line: a signature by the room's device key and the JSON it signs, with the digest of the line before
//! it. [`Chain`] writes lines, [`Verifier`] reads them with nothing but the public key, [`recover`] finds what is whole
//! after a power cut, and [`Ledger`] gathers what a meeting's record says. The format is described in docs/evidence.md.
//! Pure: time, bytes and the signer are arguments.

#![forbid(unsafe_code)]

mod chain;
mod hex;
mod key;
mod ledger;
mod line;
mod meeting;
mod phrases;
mod record;
mod recover;
mod retention;
mod software_key;
mod summary;
mod verify;
mod words;

pub use chain::{Chain, SealError, Sealed, SignError, Signer};
pub use hex::{Digest, Hex, MeetingId, NotHex, Signature};
pub use key::{KeyError, PublicKey};
pub use ledger::{CHANGES_MAX, FLOWS_MAX, INTERIM_INTERVAL_MS, Ledger, NAMES_MAX, REFUSED_MAX};
pub use line::{LINE_BYTES_MAX, LineError, SIGNED_CONTEXT, digest_of, unverified};
pub use meeting::{
    Accepted, Count, Cut, Dtls, Encryption, Epochs, Flow, FlowKey, FrameEncryption, Jurisdiction, Meeting, Names,
    Platform, PolicyReference, Protection, Protocol, Purpose, Recorded, Recording, Refused, Tls, Traffic, Verified,
};
pub use phrase::Language;
pub use phrases::phrase;
pub use record::{Event, FORMAT, First, PrunedFor, Record, Torn};
pub use recover::{Head, Recovered, glance, recover};
pub use retention::{Retention, Segment};
pub use software_key::{SoftwareKey, SoftwareKeyError};
pub use summary::{Listing, Place, Protected, Summary, not_kept};
pub use verify::{Extent, Fault, Remark, Report, Start, Verifier, Why, verify};
