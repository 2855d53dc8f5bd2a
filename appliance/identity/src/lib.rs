//! Who a room is, and who others are: the device's key, its certificate, and whether a certificate of somebody else can be
//! believed.
//!
//! [`DeviceKey`] is made once and stays in the room. [`DeviceKey::request`] asks an authority for a certificate, and until
//! there is one the room has one of its own, [`DeviceKey::self_signed`]. [`verify`] says of a [`Chain`] by whom it is
//! vouched for, or the one reason why nobody does. Pure: time and bytes are arguments.

#![forbid(unsafe_code)]

mod authorities;
mod certificate;
mod chain;
mod expiry;
mod key;
mod name;
mod phrases;
mod request;
mod revocations;
mod standing;
mod verify;

pub use authorities::{Authorities, AuthoritiesError};
pub use certificate::{Certificate, CertificateError};
pub use chain::{Chain, ChainError};
pub use expiry::{Expiry, days_left, expiry};
pub use key::{DeviceKey, KeyError, KeyId};
pub use name::NAME_CHARS_MAX;
pub use phrase::Language;
pub use phrases::say;
pub use request::RequestError;
pub use revocations::{Coverage, Revocations, RevocationsError};
pub use standing::{Standing, day};
pub use verify::{Unverified, Verified, verify};
