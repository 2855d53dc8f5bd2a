//! Keys: derived, ratcheted, and wiped when they are no longer used.

use std::num::NonZeroU32;

use aws_lc_rs::aead::{AES_128_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::{hkdf, pbkdf2};
use zeroize::Zeroizing;

use super::Profile;

/// Iterations of PBKDF2 for passphrases, as LiveKit has them. They slow down nobody who has the link, and
/// a passphrase of 24 random bytes needs no slowing.
const ITERATIONS: NonZeroU32 = NonZeroU32::new(100_000).unwrap();

/// LiveKit's `info` of HKDF.
const INFO: [u8; 128] = [0; 128];

/// What a derivation yields: the key, and what the next one is ratcheted from.
const CHAIN_BYTES: usize = 32;

/// Of AES-GCM's nonce (NIST SP 800-38D, section 5.2.1.1).
pub(super) const IV_BYTES: usize = 12;

/// Of AES-GCM's tag.
pub(super) const TAG_BYTES: usize = 16;

/// How long the key of AES is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeySize {
    Bits128,
    Bits256,
}

type Chain = Zeroizing<Vec<u8>>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Derivation {
    /// RFC 8018.
    Pbkdf2,
    /// RFC 5869.
    Hkdf,
}

/// A key of a meeting. Its `Debug` tells nothing; what it was made of is wiped with it.
pub struct Key {
    derivation: Derivation,
    salt: &'static [u8],
    size: KeySize,
    /// On the heap: what moves leaves copies behind that nobody wipes.
    chain: Chain,
    cipher: LessSafeKey,
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(…)")
    }
}

impl Clone for Key {
    fn clone(&self) -> Key {
        Key::of(self.derivation, self.salt, self.size, self.chain.clone())
    }
}

/// What was sealed is not by this key, or was changed on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NotOurs;

impl Key {
    /// The key of everybody who has this passphrase. Takes about as long as 200,000 hashes.
    pub fn from_passphrase(passphrase: &str, profile: &Profile) -> Key {
        Key::derive(Derivation::Pbkdf2, passphrase.as_bytes(), profile.salt, profile.size)
    }

    /// The key of everybody who has these bytes, which are to be random or derived from what is.
    pub fn from_bytes(bytes: &[u8], profile: &Profile) -> Key {
        Key::derive(Derivation::Hkdf, bytes, profile.salt, profile.size)
    }

    /// The key that comes after this one.
    pub fn ratcheted(&self) -> Key {
        Key::derive(self.derivation, self.chain.as_slice(), self.salt, self.size)
    }

    fn derive(derivation: Derivation, material: &[u8], salt: &'static [u8], size: KeySize) -> Key {
        let mut chain: Chain = Zeroizing::new(vec![0; CHAIN_BYTES]);
        match derivation {
            Derivation::Pbkdf2 => {
                pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, ITERATIONS, salt, material, chain.as_mut_slice());
            }
            Derivation::Hkdf => {
                let pseudorandom = hkdf::Salt::new(hkdf::HKDF_SHA256, salt).extract(material);
                let info = [INFO.as_slice()];
                let filled = pseudorandom.expand(&info, hkdf::HKDF_SHA256).map(|okm| okm.fill(chain.as_mut_slice()));
                // RFC 5869 allows 255 times as much.
                assert!(matches!(filled, Ok(Ok(()))), "HKDF of one block");
            }
        }
        Key::of(derivation, salt, size, chain)
    }

    fn of(derivation: Derivation, salt: &'static [u8], size: KeySize, chain: Chain) -> Key {
        let (algorithm, length) = match size {
            KeySize::Bits128 => (&AES_128_GCM, 16),
            KeySize::Bits256 => (&AES_256_GCM, 32),
        };
        let Ok(unbound) = UnboundKey::new(algorithm, &chain[..length]) else {
            unreachable!("a key of the algorithm's length")
        };
        Key { derivation, salt, size, cipher: LessSafeKey::new(unbound), chain }
    }

    /// Encrypts in place; the tag that belongs behind it. `None`: more than AES-GCM encrypts at once (64 GiB).
    pub(super) fn seal(&self, iv: [u8; IV_BYTES], clear: &[u8], text: &mut [u8]) -> Option<[u8; TAG_BYTES]> {
        let nonce = Nonce::assume_unique_for_key(iv);
        let tag = self.cipher.seal_in_place_separate_tag(nonce, Aad::from(clear), text).ok()?;
        tag.as_ref().try_into().ok()
    }

    /// Decrypts in place what [`Key::seal`] made, with its tag behind it; the text.
    pub(super) fn open<'a>(
        &self,
        iv: [u8; IV_BYTES],
        clear: &[u8],
        text_and_tag: &'a mut [u8],
    ) -> Result<&'a [u8], NotOurs> {
        let nonce = Nonce::assume_unique_for_key(iv);
        match self.cipher.open_in_place(nonce, Aad::from(clear), text_and_tag) {
            Ok(text) => Ok(text),
            Err(_) => Err(NotOurs),
        }
    }

    #[cfg(test)]
    pub(super) fn chain(&self) -> &[u8] {
        self.chain.as_slice()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::e2ee::frame::tests::{PASSPHRASE, hex};

    #[test]
    fn a_passphrase_gives_the_recorded_keys() {
        let key = Key::from_passphrase(PASSPHRASE, &Profile::SHARED);
        assert_eq!(key.chain(), hex("01b4882105f17426feb3671836eb614f08c8c938671769564274fc0ecee67d00"));
        let first = key.ratcheted();
        assert_eq!(first.chain()[..16], hex("110e4e3d475f72f74a1bd50b59185de5"));
        assert_eq!(first.ratcheted().chain()[..16], hex("dbf6bd857ae8d716bc0415b71445443e"));
    }

    #[test]
    fn raw_bytes_give_the_recorded_keys() {
        let bytes: Vec<u8> = (0..32).collect();
        let key = Key::from_bytes(&bytes, &Profile::SHARED);
        assert_eq!(key.chain(), hex("6d0dd7b3d6f4efde47ab9a9e15abde7635c45a13bddf5da15eed01f40178d328"));
        assert_eq!(key.ratcheted().chain()[..16], hex("bd83f159cff92bfaf55d2d2409c21221"));
    }

    #[test]
    fn nothing_of_a_key_is_told() {
        let key = Key::from_passphrase(PASSPHRASE, &Profile::SHARED);
        assert_eq!(format!("{key:?}"), "Key(…)");
    }
}
