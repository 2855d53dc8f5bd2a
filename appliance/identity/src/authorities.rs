//! Whom a room believes when they say who somebody is.

use std::time::Duration;

use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, TrustAnchor};
use webpki::anchor_from_trusted_cert;

use crate::certificate::Certificate;
use crate::name::clean;

/// Why a file holds no authorities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AuthoritiesError {
    #[error("there is no certificate")]
    Empty,
    #[error("this is no PEM")]
    Pem,
    #[error("a certificate cannot be read")]
    Certificate,
    #[error("a certificate is no authority's: it may not vouch for others")]
    NoAuthority,
    #[error("an authority has no name to show")]
    Nameless,
}

/// Certificates of authorities, each with the name that people see: "verified by …".
#[derive(Default)]
pub struct Authorities {
    anchors: Vec<TrustAnchor<'static>>,
    known: Vec<Authority>,
}

pub(crate) struct Authority {
    pub name: String,
    pub certificate: Certificate,
}

impl Authority {
    /// Whether its own certificate has begun and not ended. `now` is since 1970.
    pub fn is_good(&self, now: Duration) -> bool {
        self.certificate.not_before() <= now && now <= self.certificate.not_after()
    }
}

impl Authorities {
    /// Nobody yet.
    pub fn new() -> Authorities {
        Authorities::default()
    }

    /// Adds every certificate of a PEM file. Their name is `name`, else what they say themselves: organisation, else
    /// `commonName`. What is no certificate in the file is passed over.
    ///
    /// # Errors
    /// When there is none, or one is no authority's; nothing is added then.
    pub fn add_pem(&mut self, pem: &[u8], name: Option<&str>) -> Result<(), AuthoritiesError> {
        let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
        let found = found.map_err(|_| AuthoritiesError::Pem)?;
        if found.is_empty() {
            return Err(AuthoritiesError::Empty);
        }
        let mut added = Vec::new();
        for der in &found {
            let anchor = anchor_from_trusted_cert(der).map_err(|_| AuthoritiesError::Certificate)?.to_owned();
            let certificate = Certificate::from_der(der).map_err(|_| AuthoritiesError::Certificate)?;
            if !certificate.is_authority() {
                return Err(AuthoritiesError::NoAuthority);
            }
            let given = name.map(clean).filter(|name| !name.is_empty());
            let own = || certificate.organisation().or(certificate.name()).map(str::to_owned);
            let name = given.or_else(own).ok_or(AuthoritiesError::Nameless)?;
            added.push((anchor, Authority { name, certificate }));
        }
        for (anchor, authority) in added {
            self.anchors.push(anchor);
            self.known.push(authority);
        }
        Ok(())
    }

    /// What they are called, in the order of the files.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.known.iter().map(|authority| authority.name.as_str())
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    pub(crate) fn anchors(&self) -> &[TrustAnchor<'static>] {
        &self.anchors
    }

    /// Whose this anchor is. Of one that was renewed with the same key there are several: then one that is good now, if any is.
    pub(crate) fn of(&self, anchor: &TrustAnchor<'_>, now: Duration) -> Option<&Authority> {
        let same = |known: &TrustAnchor<'_>| {
            known.subject == anchor.subject && known.subject_public_key_info == anchor.subject_public_key_info
        };
        let mut all =
            self.anchors.iter().zip(&self.known).filter(|(known, _)| same(known)).map(|(_, authority)| authority);
        let first = all.next()?;
        Some(std::iter::once(first).chain(all).find(|authority| authority.is_good(now)).unwrap_or(first))
    }
}
