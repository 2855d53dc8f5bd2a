//! A device key in memory, for rooms that keep it in a file.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};

use crate::chain::{SignError, Signer};
use crate::key::{KeyError, PublicKey};

/// An ECDSA key on P-256. Nothing of it is shown; aws-lc wipes it when it is let go.
pub struct SoftwareKey {
    pair: EcdsaKeyPair,
    public: PublicKey,
}

/// Why there is no such key.
#[derive(Debug, thiserror::Error)]
pub enum SoftwareKeyError {
    #[error("no key could be made")]
    Generate,
    #[error("it is no private key on P-256 in PKCS #8")]
    NotPkcs8,
    #[error("its public key is of another kind")]
    Public(#[source] KeyError),
}

impl SoftwareKey {
    /// Makes a new key.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn generate() -> Result<SoftwareKey, SoftwareKeyError> {
        SoftwareKey::of(
            EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(|_| SoftwareKeyError::Generate)?,
        )
    }

    /// Reads a key in PKCS #8 (RFC 5958), in DER.
    ///
    /// # Errors
    /// When it is none.
    pub fn from_pkcs8(der: &[u8]) -> Result<SoftwareKey, SoftwareKeyError> {
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der);
        SoftwareKey::of(pair.map_err(|_| SoftwareKeyError::NotPkcs8)?)
    }

    fn of(pair: EcdsaKeyPair) -> Result<SoftwareKey, SoftwareKeyError> {
        let public = PublicKey::from_point(pair.public_key().as_ref()).map_err(SoftwareKeyError::Public)?;
        Ok(SoftwareKey { pair, public })
    }
}

impl Signer for SoftwareKey {
    fn public_key(&self) -> PublicKey {
        self.public
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; 64], SignError> {
        let signature = self.pair.sign(&SystemRandom::new(), message).map_err(|_| "the key does not sign")?;
        Ok(signature.as_ref().try_into()?)
    }
}
