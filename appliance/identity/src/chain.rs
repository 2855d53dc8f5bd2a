//! A certificate with those between it and an authority.

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use x509_cert::der::pem::{self, LineEnding};

use crate::certificate::{Certificate, CertificateError};

/// The most certificates in a chain; authorities rarely stand more than three deep.
pub(crate) const CERTIFICATES_MAX: usize = 8;

/// Why bytes are no chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ChainError {
    #[error("there is no certificate")]
    Empty,
    #[error("there are more than {CERTIFICATES_MAX} certificates")]
    TooMany,
    #[error("this is no PEM")]
    Pem,
    #[error("a certificate cannot be read")]
    Certificate(#[from] CertificateError),
}

/// A certificate, and those that lead from it to an authority, as they come over the network or from a file: nothing is
/// believed yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    leaf: Certificate,
    between: Vec<CertificateDer<'static>>,
}

impl Chain {
    /// From DER, whose certificate it is first, the others in any order.
    ///
    /// # Errors
    /// When there are none or too many, or the first cannot be read.
    pub fn from_der<'a>(certificates: impl IntoIterator<Item = &'a [u8]>) -> Result<Chain, ChainError> {
        let mut certificates = certificates.into_iter();
        let leaf = Certificate::from_der(certificates.next().ok_or(ChainError::Empty)?)?;
        let mut between = Vec::new();
        for der in certificates {
            if between.len() + 1 >= CERTIFICATES_MAX {
                return Err(ChainError::TooMany);
            }
            // Also one that is not needed is to be one.
            Certificate::from_der(der)?;
            between.push(CertificateDer::from(der.to_vec()));
        }
        Ok(Chain { leaf, between })
    }

    /// From PEM, whose certificate it is first, the others in any order. What else is in the file is passed over.
    ///
    /// # Errors
    /// As [`from_der`](Chain::from_der), and when it is no PEM.
    pub fn from_pem(pem: &[u8]) -> Result<Chain, ChainError> {
        let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).take(CERTIFICATES_MAX + 1).collect();
        let found = found.map_err(|_| ChainError::Pem)?;
        Chain::from_der(found.iter().map(AsRef::as_ref))
    }

    /// Whose chain it is.
    pub fn certificate(&self) -> &Certificate {
        &self.leaf
    }

    /// All of them, DER, whose it is first.
    pub fn ders(&self) -> impl Iterator<Item = &[u8]> {
        std::iter::once(self.leaf.der()).chain(self.between.iter().map(AsRef::as_ref))
    }

    /// All of them, PEM, whose it is first.
    pub fn to_pem(&self) -> String {
        let pem = |der: &[u8]| pem::encode_string("CERTIFICATE", LineEnding::LF, der).unwrap_or_default();
        self.ders().map(pem).collect()
    }

    /// Those between it and an authority.
    pub(crate) fn between(&self) -> &[CertificateDer<'static>] {
        &self.between
    }
}
