//! Whether somebody is who their certificate says.

use std::time::Duration;

use rustls_pki_types::{CertificateDer, SignatureVerificationAlgorithm, UnixTime};
use webpki::aws_lc_rs as algorithms;
use webpki::{
    EndEntityCert, Error, ExpirationPolicy, KeyUsage, RevocationCheckDepth, RevocationOptionsBuilder,
    UnknownStatusPolicy,
};
use x509_cert::der::{Decode, Encode};

use crate::authorities::Authorities;
use crate::chain::Chain;
use crate::revocations::{Coverage, Revocations};

/// Somebody who is vouched for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// Their name; cleaned and bounded.
    pub name: String,
    /// The authority's name, as the configuration or its certificate gives it; cleaned and bounded.
    pub by: String,
    /// The id of their device, if the certificate tells one.
    pub device: Option<String>,
    /// Until when, since 1970.
    pub until: Duration,
}

/// Why nobody vouches for a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unverified {
    #[error("nobody but itself vouches for the certificate")]
    SelfSigned,
    #[error("the certificate is of an authority that is not known here")]
    UnknownAuthority,
    #[error("the certificate, or one between it and its authority, has ended")]
    Expired,
    #[error("the certificate, or one between it and its authority, has not begun")]
    NotYetValid,
    #[error("the authority's own certificate has ended, or has not begun")]
    AuthorityExpired,
    #[error("the authority has revoked the certificate")]
    Revoked,
    #[error("the authority's revocation list is too old")]
    ListStale,
    #[error("there is no revocation list that covers the certificate")]
    ListMissing,
    #[error("the revocation list is not the authority's")]
    ListForged,
    #[error("the certificate is for something else than saying who a room is")]
    WrongUsage,
    #[error("an authority has vouched for more than it may")]
    OutOfBounds,
    #[error("a signature is of a kind that is not believed any more, or not known")]
    Algorithm,
    #[error("a signature is wrong")]
    Forged,
    #[error("the certificate names nobody")]
    Nameless,
    #[error("the certificate cannot be read")]
    Unreadable,
}

/// What authorities may sign with: everything the library knows from the size of P-256 and RSA with 2048 bits on, with SHA-2.
const ALGORITHMS: &[&dyn SignatureVerificationAlgorithm] = &[
    algorithms::ECDSA_P256_SHA256,
    algorithms::ECDSA_P256_SHA384,
    algorithms::ECDSA_P256_SHA512,
    algorithms::ECDSA_P384_SHA256,
    algorithms::ECDSA_P384_SHA384,
    algorithms::ECDSA_P384_SHA512,
    algorithms::ECDSA_P521_SHA256,
    algorithms::ECDSA_P521_SHA384,
    algorithms::ECDSA_P521_SHA512,
    algorithms::ED25519,
    algorithms::RSA_PKCS1_2048_8192_SHA256,
    algorithms::RSA_PKCS1_2048_8192_SHA384,
    algorithms::RSA_PKCS1_2048_8192_SHA512,
    algorithms::RSA_PSS_2048_8192_SHA256_LEGACY_KEY,
    algorithms::RSA_PSS_2048_8192_SHA384_LEGACY_KEY,
    algorithms::RSA_PSS_2048_8192_SHA512_LEGACY_KEY,
];

/// Who somebody is, by whom that is said, or why nobody says so. `now` is since 1970.
///
/// A path to one of the authorities must exist (RFC 5280 §6), with every certificate of it good now, that of the authority
/// itself too. The certificate must be for authenticating a client (§4.2.1.12) and for signing (§4.2.1.3), where it says what it is for.
/// An authority whose revocation list is given must have a fresh one that covers the certificate; [`Coverage::Everywhere`] asks that of
/// all authorities.
///
/// # Errors
/// The first reason found. It says nothing about whether there are others.
pub fn verify(
    chain: &Chain,
    authorities: &Authorities,
    revocations: &Revocations,
    now: Duration,
) -> Result<Verified, Unverified> {
    let certificate = chain.certificate();
    let der = CertificateDer::from(certificate.der());
    let leaf = EndEntityCert::try_from(&der).map_err(|_| Unverified::Unreadable)?;
    let name_alone = certificate.names_itself();
    let check = |depth, status| {
        let lists = revocations.lists();
        let options = RevocationOptionsBuilder::new(&lists).ok().map(|builder| {
            let builder = builder.with_depth(depth).with_status_policy(status);
            builder.with_expiration_policy(ExpirationPolicy::Enforce).build()
        });
        let time = UnixTime::since_unix_epoch(now);
        let usage = KeyUsage::client_auth();
        let path =
            leaf.verify_for_usage(ALGORITHMS, authorities.anchors(), chain.between(), time, usage, options, None);
        path.map_err(|error| reason(&error, name_alone))
    };
    let path = match revocations.coverage {
        Coverage::Everywhere if revocations.lists().is_empty() => {
            check(RevocationCheckDepth::Chain, UnknownStatusPolicy::Deny)?;
            return Err(Unverified::ListMissing);
        }
        Coverage::Everywhere => check(RevocationCheckDepth::Chain, UnknownStatusPolicy::Deny)?,
        Coverage::WhereGiven => {
            let path = check(RevocationCheckDepth::Chain, UnknownStatusPolicy::Allow)?;
            // A list of the authority that leaves this certificate out would otherwise be as good as none.
            if revocations.covers(&issuer(certificate.der())?) {
                check(RevocationCheckDepth::EndEntity, UnknownStatusPolicy::Deny)?;
            }
            path
        }
    };
    let authority = authorities.of(path.anchor(), now).ok_or(Unverified::UnknownAuthority)?;
    if !authority.is_good(now) {
        return Err(Unverified::AuthorityExpired);
    }
    if !certificate.signs() {
        return Err(Unverified::WrongUsage);
    }
    Ok(Verified {
        name: certificate.name().ok_or(Unverified::Nameless)?.to_owned(),
        by: authority.name.clone(),
        device: certificate.device().map(str::to_owned),
        until: certificate.not_after(),
    })
}

/// The name of who issued a certificate, DER.
fn issuer(der: &[u8]) -> Result<Vec<u8>, Unverified> {
    let read = x509_cert::Certificate::from_der(der).map_err(|_| Unverified::Unreadable)?;
    read.tbs_certificate().issuer().to_der().map_err(|_| Unverified::Unreadable)
}

/// What the library's answer means. The room's own first certificate has no path to anybody, and is no authority's; that it names
/// itself says more than what the library met first.
fn reason(error: &Error, names_itself: bool) -> Unverified {
    match error {
        Error::UnknownIssuer | Error::CaUsedAsEndEntity if names_itself => Unverified::SelfSigned,
        Error::UnknownIssuer => Unverified::UnknownAuthority,
        Error::CertExpired { .. } => Unverified::Expired,
        Error::CertNotValidYet { .. } => Unverified::NotYetValid,
        Error::CertRevoked => Unverified::Revoked,
        Error::CrlExpired { .. } => Unverified::ListStale,
        Error::UnknownRevocationStatus => Unverified::ListMissing,
        Error::InvalidCrlSignatureForPublicKey | Error::IssuerNotCrlSigner => Unverified::ListForged,
        Error::RequiredEkuNotFoundContext(_)
        | Error::EmptyEkuExtension
        | Error::CaUsedAsEndEntity
        | Error::EndEntityUsedAsCa => Unverified::WrongUsage,
        Error::NameConstraintViolation | Error::PathLenConstraintViolated => Unverified::OutOfBounds,
        Error::InvalidSignatureForPublicKey => Unverified::Forged,
        Error::UnsupportedSignatureAlgorithmContext(_)
        | Error::UnsupportedSignatureAlgorithmForPublicKeyContext(_)
        | Error::UnsupportedCrlSignatureAlgorithmContext(_)
        | Error::UnsupportedCrlSignatureAlgorithmForPublicKeyContext(_) => Unverified::Algorithm,
        _ => Unverified::Unreadable,
    }
}
