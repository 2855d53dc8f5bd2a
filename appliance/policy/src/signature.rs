//! Who has signed a policy, and whether it is newer than the one we had.

use minisign_verify::{Error, PublicKey, Signature};

use crate::policy::{Digest, Policy};
use crate::problem::Problems;
use crate::read::FILE_BYTES_MAX;

/// A public key that may sign policies: from the image, or from enrolment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key(PublicKey);

/// A text is no public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is no minisign public key: expected a file of two lines (minisign.pub), or the second of them")]
pub struct KeyError;

impl Key {
    /// Reads a public key as minisign writes it: a line of comment and a line of base64, or that line alone.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(text: &str) -> Result<Key, KeyError> {
        let line = text.trim().lines().last().unwrap_or_default().trim();
        PublicKey::from_base64(line).map(Key).map_err(|_| KeyError)
    }
}

/// What a room knows of the policies it has had: no older one comes after.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Floor {
    /// The only name accepted; any with `None`. Versions of policies with different names cannot be compared, so whoever
    /// signs a policy for a town hall must not have signed one for every room.
    pub name: Option<String>,
    /// The lowest version accepted.
    pub version: u64,
    /// What `version` was: another file with the same version is refused.
    pub digest: Option<Digest>,
}

impl Floor {
    /// Nothing older than this policy, and no other policy.
    pub fn of(policy: &Policy) -> Floor {
        Floor { name: Some(policy.name().into()), version: policy.version(), digest: Some(policy.digest()) }
    }
}

/// Why a policy is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AcceptError {
    #[error("the policy is larger than 1 MiB")]
    TooLarge,
    #[error("the signature is no minisign signature")]
    SignatureUnreadable,
    #[error("the signature is of the older kind, over the file itself: sign without -l")]
    SignatureOutdated,
    #[error("none of the keys given has made the signature")]
    KeyUnknown,
    #[error("the signature does not belong to this file: one of them was changed")]
    SignatureWrong,
    #[error("the policy is signed, but cannot be used:\n{0}")]
    Unusable(#[from] Problems),
    #[error("this is the policy {offered}; the room has the policy {expected}")]
    OtherPolicy { offered: String, expected: String },
    #[error("this is version {offered}; the room has had version {floor}, and takes no older one")]
    Older { offered: u64, floor: u64 },
    #[error("this is another file than version {version} which the room has: a change needs a higher version")]
    SameVersionOtherContent { version: u64 },
}

/// Reads a policy that somebody we trust has signed. Nothing of it is parsed before its signature is verified. The
/// signature's comments say nothing to us: name and version are in the file that is signed.
///
/// `signature` is the text of a `.minisig` file (prehashed Ed25519, the default of minisign since 0.10).
///
/// # Errors
/// When no key has signed it, when it cannot be used, or when it is older than `floor`.
pub fn accept(bytes: &[u8], signature: &str, keys: &[Key], floor: &Floor) -> Result<Policy, AcceptError> {
    if bytes.len() > FILE_BYTES_MAX {
        return Err(AcceptError::TooLarge);
    }
    verify(bytes, signature, keys)?;
    let policy = Policy::read(bytes)?;
    if let Some(expected) = floor.name.as_ref().filter(|name| *name != policy.name()) {
        return Err(AcceptError::OtherPolicy { offered: policy.name().into(), expected: expected.clone() });
    }
    let version = policy.version();
    if version < floor.version {
        return Err(AcceptError::Older { offered: version, floor: floor.version });
    }
    if version == floor.version && floor.digest.is_some_and(|digest| digest != policy.digest()) {
        return Err(AcceptError::SameVersionOtherContent { version });
    }
    Ok(policy)
}

fn verify(bytes: &[u8], signature: &str, keys: &[Key]) -> Result<(), AcceptError> {
    let signature = Signature::decode(signature).map_err(|_| AcceptError::SignatureUnreadable)?;
    let mut failure = AcceptError::KeyUnknown;
    for Key(key) in keys {
        match key.verify(bytes, &signature, false) {
            Ok(()) => return Ok(()),
            // Two keys may have the same number: the next one may be the right one.
            Err(Error::UnexpectedKeyId) => {}
            Err(Error::UnexpectedAlgorithm) => failure = AcceptError::SignatureOutdated,
            Err(_) => failure = AcceptError::SignatureWrong,
        }
    }
    Err(failure)
}
