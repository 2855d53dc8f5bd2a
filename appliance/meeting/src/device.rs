//! What this device says of itself to others, and who judges what others say of themselves.
//!
//! The shell brings both: the key may be in a TPM, and which authorities are believed is the policy's to say.

use std::sync::Arc;
use std::time::Duration;

/// Signs as this device. The key is on the curve P-256.
pub trait Signer: Send + Sync {
    /// Certificates in DER, the device's own first, each signed by the next (RFC 9420, section 5.3). The
    /// device's own holds the key that signs.
    fn certificate_chain(&self) -> &[Vec<u8>];

    /// The signature of a message: ECDSA over P-256 and SHA-256, in DER (RFC 5480, RFC 3279).
    ///
    /// # Errors
    /// When the key cannot be used now.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Unsigned>;
}

/// A message was not signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the device's key cannot be used")]
pub struct Unsigned;

/// Judges the certificates of others.
pub trait Judge: Send + Sync {
    /// Whose certificate it is, by the word of an authority we believe. `chain` is in DER, as somebody sent it;
    /// `now` is the time since the Unix epoch (UTC).
    ///
    /// # Errors
    /// Why nobody we believe says so.
    fn judge(&self, chain: &[Vec<u8>], now: Duration) -> Result<Verified, Unverified>;
}

/// Somebody whose certificate is good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The name in the certificate.
    pub name: String,
    /// The authority's name.
    pub by: String,
}

/// Why a certificate says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unverified {
    #[error("no authority that is believed has signed it")]
    UnknownAuthority,
    #[error("it is not valid yet")]
    NotYetValid,
    #[error("it has expired")]
    Expired,
    #[error("it was revoked")]
    Revoked,
    #[error("it cannot be read, or is not for this")]
    Malformed,
}

/// This device in encrypted meetings.
#[derive(Clone)]
pub struct Device {
    pub signer: Arc<dyn Signer>,
    pub judge: Arc<dyn Judge>,
    /// Classified rooms: nothing is sent to or heard of anybody but in a group whose members are all verified.
    pub verified_only: bool,
}

impl std::fmt::Debug for Device {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Device(verified only: {})", self.verified_only)
    }
}
