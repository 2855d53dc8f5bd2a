//! Which certificates their authorities have taken back.

use std::time::Duration;

use rustls_pki_types::CertificateRevocationListDer;
use rustls_pki_types::pem::PemObject;
use webpki::{CertRevocationList, OwnedCertRevocationList};
use x509_cert::certificate::Rfc5280;
use x509_cert::crl::CertificateList;
use x509_cert::der::{Decode, Encode};

use crate::name::{COMMON_NAME, ORGANISATION, attribute};

/// Why a file holds no lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RevocationsError {
    #[error("there is no revocation list")]
    Empty,
    #[error("this is no PEM")]
    Pem,
    #[error("a revocation list cannot be read: it must be complete, of version 2, and say when the next one comes")]
    List,
}

/// Whether an authority without a list is believed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Coverage {
    /// An authority whose list is given must have a fresh one; others are believed without.
    #[default]
    WhereGiven,
    /// Every authority of a chain must have a fresh list.
    Everywhere,
}

/// Certificate revocation lists (RFC 5280 §5), and what is asked of them.
#[derive(Default)]
pub struct Revocations {
    lists: Vec<List>,
    pub(crate) coverage: Coverage,
}

struct List {
    list: CertRevocationList<'static>,
    issuer_der: Vec<u8>,
    issuer: Option<String>,
    this_update: Duration,
    next_update: Duration,
}

impl Revocations {
    /// No lists yet.
    pub fn new(coverage: Coverage) -> Revocations {
        Revocations { lists: Vec::new(), coverage }
    }

    /// Asks for this much from now on.
    pub fn cover(&mut self, coverage: Coverage) {
        self.coverage = coverage;
    }

    /// Adds the lists of a file: PEM (`BEGIN X509 CRL`), or one in DER, as authorities publish them. Of several of one
    /// authority the newest counts.
    ///
    /// # Errors
    /// When there is none, or one cannot be read, a partial one (delta, indirect) among them; nothing is added then.
    pub fn add(&mut self, bytes: &[u8]) -> Result<(), RevocationsError> {
        let found: Vec<CertificateRevocationListDer<'_>> = if bytes.first() == Some(&0x30) {
            vec![CertificateRevocationListDer::from(bytes)]
        } else {
            let found: Result<Vec<_>, _> = CertificateRevocationListDer::pem_slice_iter(bytes).collect();
            found.map_err(|_| RevocationsError::Pem)?
        };
        if found.is_empty() {
            return Err(RevocationsError::Empty);
        }
        let mut read: Vec<List> = found.iter().map(|der| List::read(der)).collect::<Result<_, _>>()?;
        self.lists.append(&mut read);
        // The first list of an authority is the one that is asked.
        self.lists.sort_by_key(|list| std::cmp::Reverse(list.this_update));
        Ok(())
    }

    /// Who published the lists (if that can be told), and when the next one of each is due, since 1970.
    pub fn due(&self) -> impl Iterator<Item = (Option<&str>, Duration)> {
        self.lists.iter().map(|list| (list.issuer.as_deref(), list.next_update))
    }

    pub(crate) fn lists(&self) -> Vec<&CertRevocationList<'static>> {
        self.lists.iter().map(|list| &list.list).collect()
    }

    /// Whether any list is of the authority with this name (DER).
    pub(crate) fn covers(&self, issuer: &[u8]) -> bool {
        self.lists.iter().any(|list| list.issuer_der == issuer)
    }
}

impl List {
    fn read(der: &[u8]) -> Result<List, RevocationsError> {
        let list = OwnedCertRevocationList::from_der(der).map_err(|_| RevocationsError::List)?;
        let described = CertificateList::<Rfc5280>::from_der(der).map_err(|_| RevocationsError::List)?.tbs_cert_list;
        let next_update = described.next_update.ok_or(RevocationsError::List)?;
        let issuer = &described.issuer;
        Ok(List {
            list: list.into(),
            issuer_der: issuer.to_der().map_err(|_| RevocationsError::List)?,
            issuer: attribute(issuer, ORGANISATION).or_else(|| attribute(issuer, COMMON_NAME)),
            this_update: described.this_update.to_unix_duration(),
            next_update: next_update.to_unix_duration(),
        })
    }
}
