//! The key that makes a device this device.

use std::fmt;

use aws_lc_rs::digest;
use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _,
};
use x509_cert::der::pem::{self, LineEnding};
use zeroize::Zeroizing;

/// What the file of a key is called inside (RFC 7468 §10).
const LABEL: &str = "PRIVATE KEY";
/// The longest file of a key that is read, in bytes; a P-256 key takes a tenth.
const PEM_BYTES_MAX: usize = 4096;

/// Why there is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    #[error("no key could be generated")]
    Generate,
    #[error("this is no private key of the curve P-256 in PKCS #8")]
    Read,
    #[error("the key could not be written as PKCS #8")]
    Write,
    #[error("the key did not sign")]
    Sign,
}

/// SHA-256 of a public key as SubjectPublicKeyInfo: which key it is, also when its certificate is renewed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(pub [u8; 32]);

impl KeyId {
    /// Of a public key, SubjectPublicKeyInfo in DER.
    pub fn of(spki: &[u8]) -> KeyId {
        let mut id = [0; 32];
        id.copy_from_slice(digest::digest(&digest::SHA256, spki).as_ref());
        KeyId(id)
    }
}

/// 64 hexadecimal digits.
impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

/// The private key of a device: ECDSA on the curve P-256 with SHA-256 (FIPS 186-5). Wiped when it is let go; without `Debug`
/// and `Clone` on purpose.
///
/// What it signs must begin with words of the purpose, so that a signature for one is none for another: certificates and
/// requests begin with an ASN.1 sequence (0x30), MLS with the length of `MLS 1.0 …` (RFC 9420 §5.1.2), and records of evidence
/// with their own name.
pub struct DeviceKey {
    // The library fixes the form of a signature with the key.
    fixed: EcdsaKeyPair,
    der: EcdsaKeyPair,
    spki: Vec<u8>,
}

impl DeviceKey {
    /// A new key.
    ///
    /// # Errors
    /// [`KeyError::Generate`], when the system gives no random numbers.
    pub fn generate() -> Result<DeviceKey, KeyError> {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(|_| KeyError::Generate)?;
        let document = key.to_pkcs8v1().map_err(|_| KeyError::Generate)?;
        DeviceKey::from_pkcs8(document.as_ref()).map_err(|_| KeyError::Generate)
    }

    /// From PKCS #8 (RFC 5958), DER.
    ///
    /// # Errors
    /// [`KeyError::Read`], also for a key of another curve or kind, or whose halves do not belong together.
    pub fn from_pkcs8(der: &[u8]) -> Result<DeviceKey, KeyError> {
        let read = |form| EcdsaKeyPair::from_pkcs8(form, der).map_err(|_| KeyError::Read);
        let (fixed, der) = (read(&ECDSA_P256_SHA256_FIXED_SIGNING)?, read(&ECDSA_P256_SHA256_ASN1_SIGNING)?);
        let spki: PublicKeyX509Der<'_> = fixed.public_key().as_der().map_err(|_| KeyError::Read)?;
        let spki = spki.as_ref().to_vec();
        Ok(DeviceKey { fixed, der, spki })
    }

    /// As PKCS #8, DER, in memory that is wiped when it is let go.
    ///
    /// # Errors
    /// [`KeyError::Write`], when the library cannot.
    pub fn to_pkcs8(&self) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let document = self.fixed.to_pkcs8v1().map_err(|_| KeyError::Write)?;
        Ok(Zeroizing::new(document.as_ref().to_vec()))
    }

    /// From PKCS #8 in PEM, without a password (`BEGIN PRIVATE KEY`).
    ///
    /// # Errors
    /// As [`from_pkcs8`](DeviceKey::from_pkcs8).
    pub fn from_pem(text: &[u8]) -> Result<DeviceKey, KeyError> {
        let text = text.trim_ascii();
        if text.len() > PEM_BYTES_MAX {
            return Err(KeyError::Read);
        }
        let mut room = Zeroizing::new([0_u8; PEM_BYTES_MAX]);
        let (label, der) = pem::decode(text, room.as_mut_slice()).map_err(|_| KeyError::Read)?;
        if label != LABEL {
            return Err(KeyError::Read);
        }
        DeviceKey::from_pkcs8(der)
    }

    /// As PKCS #8 in PEM, in memory that is wiped when it is let go.
    ///
    /// # Errors
    /// As [`to_pkcs8`](DeviceKey::to_pkcs8).
    pub fn to_pem(&self) -> Result<Zeroizing<String>, KeyError> {
        let der = self.to_pkcs8()?;
        pem::encode_string(LABEL, LineEnding::LF, &der).map(Zeroizing::new).map_err(|_| KeyError::Write)
    }

    /// The public key, SubjectPublicKeyInfo in DER (RFC 5480).
    pub fn spki(&self) -> &[u8] {
        &self.spki
    }

    /// The public key, SubjectPublicKeyInfo in PEM (`BEGIN PUBLIC KEY`).
    pub fn public_pem(&self) -> String {
        pem::encode_string("PUBLIC KEY", LineEnding::LF, &self.spki).unwrap_or_default()
    }

    /// The public key as the 65 bytes of an uncompressed point (SEC 1 §2.3.3), as MLS wants it.
    pub fn public_point(&self) -> &[u8] {
        self.fixed.public_key().as_ref()
    }

    /// Which key it is.
    pub fn id(&self) -> KeyId {
        KeyId::of(&self.spki)
    }

    /// The signature of a message: 64 bytes, r and s (IEEE P1363). The message begins with what the signature is for, as
    /// `huisclos evidence record 1`.
    ///
    /// # Errors
    /// [`KeyError::Sign`], when the system gives no random numbers.
    pub fn sign_fixed(&self, message: &[u8]) -> Result<[u8; 64], KeyError> {
        let signature = self.fixed.sign(&SystemRandom::new(), message).map_err(|_| KeyError::Sign)?;
        signature.as_ref().try_into().map_err(|_| KeyError::Sign)
    }

    /// The signature of the message as it is: `Ecdsa-Sig-Value` in DER (RFC 3279 §2.2.3), as TLS, X.509 and MLS want it.
    ///
    /// # Errors
    /// [`KeyError::Sign`], when the system gives no random numbers.
    pub fn sign_der(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        let signature = self.der.sign(&SystemRandom::new(), message).map_err(|_| KeyError::Sign)?;
        Ok(signature.as_ref().to_vec())
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};

    use super::*;

    #[test]
    fn a_key_that_was_written_is_the_same_when_it_is_read() {
        let key = DeviceKey::generate().unwrap();
        let pem = key.to_pem().unwrap();
        assert!(pem.starts_with("-----BEGIN PRIVATE KEY-----\n"));
        for again in
            [DeviceKey::from_pem(pem.as_bytes()).unwrap(), DeviceKey::from_pkcs8(&key.to_pkcs8().unwrap()).unwrap()]
        {
            assert_eq!((again.id(), again.spki(), again.public_point()), (key.id(), key.spki(), key.public_point()));
        }
        assert_ne!(key.id(), DeviceKey::generate().unwrap().id());
        assert_eq!((key.public_point().len(), key.public_point()[0]), (65, 4));
        assert!(key.spki().ends_with(key.public_point()));
    }

    #[test]
    fn what_is_signed_is_verified_in_both_forms_and_for_its_purpose_only() {
        let key = DeviceKey::generate().unwrap();
        let fixed = key.sign_fixed(b"message").unwrap();
        let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, key.public_point());
        assert!(public.verify(b"message", &fixed).is_ok());
        assert!(public.verify(b"another", &fixed).is_err());
        let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, key.public_point());
        assert!(public.verify(b"message", &key.sign_der(b"message").unwrap()).is_ok());
    }

    #[test]
    fn what_is_no_key_of_ours_is_refused() {
        let other = EcdsaKeyPair::generate(&aws_lc_rs::signature::ECDSA_P384_SHA384_FIXED_SIGNING).unwrap();
        assert_eq!(DeviceKey::from_pkcs8(other.to_pkcs8v1().unwrap().as_ref()).err(), Some(KeyError::Read));
        let pem = DeviceKey::generate().unwrap().to_pem().unwrap();
        for no_key in ["", "-----BEGIN PRIVATE KEY-----", &pem.replace("PRIVATE", "PUBLIC"), &pem.repeat(40)] {
            assert_eq!(DeviceKey::from_pem(no_key.as_bytes()).err(), Some(KeyError::Read), "{no_key}");
        }
    }
}
