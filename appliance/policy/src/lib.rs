//! The sovereign policy: what a room may do, in one signed file.
//!
//! [`accept`] verifies a file and reads it; [`Policy::may_join`], [`Policy::may_contact`] and [`Policy::may`] answer with
//! a reason, never with a bare yes or no; [`explain`](Policy::explain) puts the answer into words. What the file does not
//! mention is refused. Pure: time and bytes are arguments.

#![forbid(unsafe_code)]

mod addresses;
mod caution;
mod classified;
mod explain;
mod file;
mod host;
mod join;
mod kernel;
mod phrases;
mod pin;
mod platform;
mod policy;
mod problem;
mod profile;
mod read;
mod reasons;
mod role;
mod signature;
mod usb;
mod value;
mod word;

pub use addresses::{ContactRefusal, Jurisdiction, Permitted, Place, Purpose, Range};
pub use caution::Caution;
pub use classified::Mode;
pub use explain::{AddressExplained, Explanation, PurposeExplained, Said};
pub use host::{HostError, HostPattern, host};
pub use join::{Condition, EndToEnd, Question, Refusal, Verdict};
pub use kernel::{NO_TABLE, Users};
pub use phrase::Language;
pub use pin::{Pin, PinError, Shown};
pub use platform::{EncryptionRule, NotPinned, Platform, PlatformKind, Transition};
pub use policy::{Digest, EvidenceRules, Policy};
pub use problem::{Fault, Problem, Problems};
pub use profile::{PROFILES, profile};
pub use role::{Action, ActionRefusal, Permission, Role};
pub use signature::{AcceptError, Floor, Key, KeyError, accept};
pub use usb::{UsbDevice, UsbError};
pub use word::Words;
