//! What a meeting's key is made of, on its way to where it is used.

use zeroize::Zeroizing;

use super::{Key, Profile};

/// A secret that everybody in a meeting has. Its `Debug` tells nothing; it is wiped with its last copy.
#[derive(Clone, PartialEq, Eq)]
pub enum Secret {
    /// The fragment of the meeting's link.
    Passphrase(Zeroizing<String>),
    /// Random bytes.
    Bytes(Zeroizing<Vec<u8>>),
}

impl Secret {
    /// The key of everybody who has this secret.
    pub fn key(&self, profile: &Profile) -> Key {
        match self {
            Secret::Passphrase(text) => Key::from_passphrase(text, profile),
            Secret::Bytes(bytes) => Key::from_bytes(bytes, profile),
        }
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}
