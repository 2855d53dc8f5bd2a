//! Public keys that records are verified with.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::hex::{Digest, Hex, Signature};

/// What every SubjectPublicKeyInfo of an uncompressed point on P-256 begins with (RFC 5480 §2).
const PREFIX: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce,
    0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

const BEGIN: &str = "-----BEGIN PUBLIC KEY-----";
const END: &str = "-----END PUBLIC KEY-----";

/// A device's public key: an ECDSA key on P-256, as SubjectPublicKeyInfo in DER with an uncompressed point.
/// In records it is written as hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "Hex<91>", into = "Hex<91>")]
pub struct PublicKey(Hex<91>);

impl TryFrom<Hex<91>> for PublicKey {
    type Error = KeyError;

    fn try_from(der: Hex<91>) -> Result<PublicKey, KeyError> {
        PublicKey::from_spki(&der.0)
    }
}

impl From<PublicKey> for Hex<91> {
    fn from(key: PublicKey) -> Hex<91> {
        key.0
    }
}

/// Why these bytes are no such key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    #[error("there is no public key in PEM between “{BEGIN}” and “{END}”")]
    NoPem,
    #[error("it is no ECDSA key on P-256 with an uncompressed point")]
    OtherKind,
}

impl PublicKey {
    /// Reads a SubjectPublicKeyInfo in DER.
    ///
    /// # Errors
    /// When it is a key of another kind. Whether the point is on the curve is seen when something is verified.
    pub fn from_spki(der: &[u8]) -> Result<PublicKey, KeyError> {
        let bytes: [u8; 91] = der.try_into().map_err(|_| KeyError::OtherKind)?;
        if !bytes.starts_with(&PREFIX) || bytes[26] != 4 {
            return Err(KeyError::OtherKind);
        }
        Ok(PublicKey(Hex(bytes)))
    }

    /// A key from its uncompressed point: 4, x and y (SEC 1 §2.3.3).
    ///
    /// # Errors
    /// When it is no such point.
    pub fn from_point(point: &[u8]) -> Result<PublicKey, KeyError> {
        PublicKey::from_spki(&[&PREFIX, point].concat())
    }

    /// Reads the first `PUBLIC KEY` of a text in PEM (RFC 7468 §13), as `openssl` writes it.
    ///
    /// # Errors
    /// When there is none, or it is of another kind.
    pub fn from_pem(text: &str) -> Result<PublicKey, KeyError> {
        let (_, rest) = text.split_once(BEGIN).ok_or(KeyError::NoPem)?;
        let (inside, _) = rest.split_once(END).ok_or(KeyError::NoPem)?;
        let characters: String = inside.split_whitespace().collect();
        PublicKey::from_spki(&STANDARD.decode(characters).map_err(|_| KeyError::NoPem)?)
    }

    /// As PEM.
    pub fn to_pem(&self) -> String {
        let text = STANDARD.encode(self.0.0);
        let lines: Vec<&str> = (0..text.len()).step_by(64).map(|at| &text[at..text.len().min(at + 64)]).collect();
        format!("{BEGIN}\n{}\n{END}\n", lines.join("\n"))
    }

    /// The bytes of the SubjectPublicKeyInfo.
    pub fn spki(&self) -> Hex<91> {
        self.0
    }

    /// The SHA-256 of the SubjectPublicKeyInfo.
    pub fn id(&self) -> Digest {
        Digest::of(&self.0.0)
    }

    /// Whether this key signed these bytes.
    pub(crate) fn has_signed(&self, message: &[u8], signature: &Signature) -> bool {
        let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &self.0.0[PREFIX.len()..]);
        key.verify(message, &signature.0).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made by `openssl ecparam -name prime256v1 -genkey | openssl ec -pubout`.
    const PEM: &str = "-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE/1VCTJSuQQnyxzab5D4UNTgn7aeN
+OdoHWb2DqXfcHWvJsphCzzQzHQMAnG/kEZOZzfxfzgX8ByAFzTbJyXiIw==
-----END PUBLIC KEY-----
";

    #[test]
    fn a_key_of_openssl_is_read_and_written_as_it_was() {
        let key = PublicKey::from_pem(PEM).unwrap();
        assert_eq!(key.to_pem(), PEM);
        assert_eq!(key.id().to_string(), "11515e10c93c218bf083296861b651c6882cf8f4360e6d0a4030995f0775cda3");
        assert_eq!(PublicKey::from_spki(&key.spki().0), Ok(key));
    }

    #[test]
    fn other_keys_are_refused() {
        assert_eq!(PublicKey::from_pem("no key"), Err(KeyError::NoPem));
        assert_eq!(PublicKey::from_pem(&format!("{BEGIN}\n%\n{END}")), Err(KeyError::NoPem));
        assert_eq!(PublicKey::from_pem(&format!("{BEGIN}\nAAAA\n{END}")), Err(KeyError::OtherKind));
        assert_eq!(PublicKey::from_point(&[2; 65]), Err(KeyError::OtherKind));
    }
}
