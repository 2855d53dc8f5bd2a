//! Devices for tests, benchmarks and fuzzing, each with a certificate that it has signed itself.

#![allow(dead_code)]

use std::sync::Arc;
use std::time::Duration;

use meeting::device::{Device, Judge, Signer, Unsigned, Unverified, Verified};
use rcgen::{CertificateParams, DnType, KeyPair, SigningKey};

/// A device with a certificate that it has signed itself.
pub struct OwnKey {
    key: KeyPair,
    chain: Vec<Vec<u8>>,
}

impl OwnKey {
    pub fn new(name: &str) -> OwnKey {
        let key = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).expect("a key");
        let mut own = OwnKey { key, chain: Vec::new() };
        own.chain.push(own.certificate(name));
        own
    }

    /// A certificate under this name for the same key, in DER.
    pub fn certificate(&self, name: &str) -> Vec<u8> {
        let mut params = CertificateParams::new(Vec::new()).expect("a certificate");
        params.distinguished_name.push(DnType::CommonName, name);
        params.self_signed(&self.key).expect("a certificate").der().to_vec()
    }

    /// The key that signs: an uncompressed point of P-256.
    pub fn public_key(&self) -> &[u8] {
        self.key.public_key_raw()
    }
}

impl Signer for OwnKey {
    fn certificate_chain(&self) -> &[Vec<u8>] {
        &self.chain
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Unsigned> {
        self.key.sign(message).map_err(|_| Unsigned)
    }
}

/// Knows a certificate by the name in it: whose begins with "Salle " is verified.
pub struct ByName;

impl Judge for ByName {
    fn judge(&self, chain: &[Vec<u8>], _: Duration) -> Result<Verified, Unverified> {
        let certificate = chain.first().ok_or(Unverified::Malformed)?;
        let at = certificate.windows(6).position(|w| w == b"Salle ").ok_or(Unverified::UnknownAuthority)?;
        // A string of DER begins with its length.
        let name = &certificate[at..at + usize::from(certificate[at - 1])];
        Ok(Verified { name: String::from_utf8_lossy(name).into_owned(), by: "Test".into() })
    }
}

pub fn device(name: &str) -> Device {
    Device { signer: Arc::new(OwnKey::new(name)), judge: Arc::new(ByName), verified_only: false }
}
