//! What a certificate says, read but not believed.

use std::time::Duration;

use x509_cert::der::pem::{self, LineEnding};
use x509_cert::der::{Decode, Encode};
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{BasicConstraints, KeyUsage, SubjectAltName};

use crate::key::{DeviceKey, KeyId};
use crate::name::{COMMON_NAME, ORGANISATION, SERIAL_NUMBER, attribute, clean};

/// The largest certificate read, in bytes.
pub(crate) const CERTIFICATE_BYTES_MAX: usize = 32 * 1024;

/// Bytes are no certificate (X.509 version 3, RFC 5280, in DER), or too many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is no X.509 certificate")]
pub struct CertificateError;

/// A certificate: its bytes, and what they say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    der: Vec<u8>,
    name: Option<String>,
    device: Option<String>,
    organisation: Option<String>,
    issuer: Option<String>,
    spki: Vec<u8>,
    not_before: Duration,
    not_after: Duration,
    names_itself: bool,
    signs: bool,
    is_authority: bool,
}

impl Certificate {
    /// Reads one, DER.
    ///
    /// # Errors
    /// When it is none.
    pub fn from_der(der: &[u8]) -> Result<Certificate, CertificateError> {
        if der.len() > CERTIFICATE_BYTES_MAX {
            return Err(CertificateError);
        }
        let read = x509_cert::Certificate::from_der(der).map_err(|_| CertificateError)?;
        let body = read.tbs_certificate();
        let usage = body.get_extension::<KeyUsage>().map_err(|_| CertificateError)?;
        let constraints = body.get_extension::<BasicConstraints>().map_err(|_| CertificateError)?;
        let (subject, issuer) = (body.subject(), body.issuer());
        Ok(Certificate {
            name: attribute(subject, COMMON_NAME).or_else(|| host(body)),
            device: attribute(subject, SERIAL_NUMBER),
            organisation: attribute(subject, ORGANISATION),
            issuer: attribute(issuer, ORGANISATION).or_else(|| attribute(issuer, COMMON_NAME)),
            spki: body.subject_public_key_info().to_der().map_err(|_| CertificateError)?,
            not_before: body.validity().not_before.to_unix_duration(),
            not_after: body.validity().not_after.to_unix_duration(),
            names_itself: subject == issuer,
            signs: usage.is_none_or(|(_, usage)| usage.digital_signature()),
            is_authority: constraints.is_some_and(|(_, constraints)| constraints.ca),
            der: der.to_vec(),
        })
    }

    /// The bytes it was read from.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// `BEGIN CERTIFICATE`.
    pub fn to_pem(&self) -> String {
        pem::encode_string("CERTIFICATE", LineEnding::LF, &self.der).unwrap_or_default()
    }

    /// Whom it names: `commonName`, else the first host name. Cleaned and bounded, as all text from here.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The `serialNumber` of the subject, where rooms have their device's id.
    pub fn device(&self) -> Option<&str> {
        self.device.as_deref()
    }

    /// The subject's organisation.
    pub fn organisation(&self) -> Option<&str> {
        self.organisation.as_deref()
    }

    /// Who says that they issued it: organisation, else `commonName`. Only [`verify`](crate::verify) tells whether they did.
    pub fn issuer(&self) -> Option<&str> {
        self.issuer.as_deref()
    }

    /// The public key, SubjectPublicKeyInfo in DER.
    pub fn spki(&self) -> &[u8] {
        &self.spki
    }

    /// Which key it is for.
    pub fn key_id(&self) -> KeyId {
        KeyId::of(&self.spki)
    }

    /// Whether it is for this key.
    pub fn is_for(&self, key: &DeviceKey) -> bool {
        self.spki == key.spki()
    }

    /// Its first moment, since 1970.
    pub fn not_before(&self) -> Duration {
        self.not_before
    }

    /// Its last moment, since 1970.
    pub fn not_after(&self) -> Duration {
        self.not_after
    }

    /// Whether it names itself as who issued it.
    pub fn names_itself(&self) -> bool {
        self.names_itself
    }

    /// Whether it may vouch for others (RFC 5280 §4.2.1.9).
    pub fn is_authority(&self) -> bool {
        self.is_authority
    }

    /// Whether its key may sign more than certificates (RFC 5280 §4.2.1.3, `digitalSignature`); without the extension it may.
    pub(crate) fn signs(&self) -> bool {
        self.signs
    }
}

fn host(body: &x509_cert::TbsCertificate) -> Option<String> {
    let (_, names) = body.get_extension::<SubjectAltName>().ok()??;
    let host = names.0.iter().find_map(|name| match name {
        GeneralName::DnsName(host) => Some(clean(host.as_str())),
        _ => None,
    });
    host.filter(|host| !host.is_empty())
}
