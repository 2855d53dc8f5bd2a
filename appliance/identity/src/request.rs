//! What a room asks an authority for, and what it has until then.

use rcgen::{
    CertificateParams, DistinguishedName, DnType, DnValue, ExtendedKeyUsagePurpose, KeyUsagePurpose, PublicKeyData,
    SignatureAlgorithm, SigningKey, string::PrintableString,
};
use time::macros::datetime;
use x509_cert::der::pem::{self, LineEnding};

use crate::key::DeviceKey;
use crate::name::clean;

/// The longest `commonName` and `serialNumber` in characters (RFC 5280 appendix A.1, `ub-common-name`, `ub-serial-number`).
const ATTRIBUTE_CHARS_MAX: usize = 64;

/// Why there is no request or certificate.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    #[error("the room has no name")]
    Nameless,
    #[error("a device's id may only have letters and digits of ASCII, and signs as - and .")]
    DeviceId,
    #[error("it could not be written")]
    Write(#[source] rcgen::Error),
}

impl PublicKeyData for DeviceKey {
    fn der_bytes(&self) -> &[u8] {
        self.public_point()
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &rcgen::PKCS_ECDSA_P256_SHA256
    }
}

impl SigningKey for DeviceKey {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        self.sign_der(message).map_err(|_| rcgen::Error::RemoteKeyError)
    }
}

/// The name of the room is its `commonName`, the device's id its `serialNumber`; the key signs (RFC 5280 §4.2.1.3) and
/// authenticates a client (§4.2.1.12).
fn parameters(room: &str, device: &str) -> Result<CertificateParams, RequestError> {
    let room: String = clean(room).chars().take(ATTRIBUTE_CHARS_MAX).collect();
    if room.is_empty() {
        return Err(RequestError::Nameless);
    }
    let device = PrintableString::try_from(device).map_err(|_| RequestError::DeviceId)?;
    if device.as_str().is_empty() || device.as_str().len() > ATTRIBUTE_CHARS_MAX {
        return Err(RequestError::DeviceId);
    }
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name = DistinguishedName::new();
    parameters.distinguished_name.push(DnType::CommonName, room.trim());
    let serial_number = DnType::CustomDnType(vec![2, 5, 4, 5]);
    parameters.distinguished_name.push(serial_number, DnValue::PrintableString(device));
    parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    Ok(parameters)
}

impl DeviceKey {
    /// A certificate signing request for a room of this name on the device with this id (PKCS #10, RFC 2986), in PEM. A
    /// name of more than 64 characters is cut, as certificates have room for no more.
    ///
    /// # Errors
    /// When the name is empty, or the id cannot be in a certificate.
    pub fn request(&self, room: &str, device: &str) -> Result<String, RequestError> {
        parameters(room, device)?.serialize_request(self).and_then(|request| request.pem()).map_err(RequestError::Write)
    }

    /// A certificate that nobody but the room vouches for, in PEM. It does not end (RFC 5280 §4.1.2.5): there would be nobody
    /// to renew it.
    ///
    /// # Errors
    /// As [`request`](DeviceKey::request).
    pub fn self_signed(&self, room: &str, device: &str) -> Result<String, RequestError> {
        let mut parameters = parameters(room, device)?;
        // Long before any clock that is wrong.
        parameters.not_before = datetime!(1970-01-01 00:00 UTC);
        parameters.not_after = datetime!(9999-12-31 23:59:59 UTC);
        let certificate = parameters.self_signed(self).map_err(RequestError::Write)?;
        pem::encode_string("CERTIFICATE", LineEnding::LF, certificate.der())
            .map_err(|_| RequestError::Write(rcgen::Error::CouldNotParseCertificate))
    }
}
