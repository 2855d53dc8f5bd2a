//! An organisation with authorities, made with rcgen.
#![allow(dead_code)] // each test uses some of it

use std::time::Duration;

use identity::{Authorities, Chain, DeviceKey};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CertifiedIssuer, CrlDistributionPoint,
    CrlIssuingDistributionPoint, DistinguishedName, DnType, DnValue, ExtendedKeyUsagePurpose, IsCa, KeyIdMethod,
    KeyPair, KeyUsagePurpose, RevokedCertParams, SerialNumber,
};
use time::{OffsetDateTime, macros::datetime};

pub type Issuer = CertifiedIssuer<'static, KeyPair>;

pub const START: OffsetDateTime = datetime!(2027-01-01 00:00 UTC);
pub const END: OffsetDateTime = datetime!(2028-01-01 00:00 UTC);
pub const NOW: OffsetDateTime = datetime!(2027-06-01 12:00 UTC);

pub fn since_1970(time: OffsetDateTime) -> Duration {
    Duration::from_secs(time.unix_timestamp().try_into().expect("after 1970"))
}

fn named(organisation: &str, name: impl Into<DnValue>) -> CertificateParams {
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name = DistinguishedName::new();
    if !organisation.is_empty() {
        parameters.distinguished_name.push(DnType::OrganizationName, organisation);
    }
    parameters.distinguished_name.push(DnType::CommonName, name);
    (parameters.not_before, parameters.not_after) = (START, END);
    parameters
}

pub fn authority(organisation: &str, name: &str) -> CertificateParams {
    let mut parameters = named(organisation, name);
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    parameters
}

pub fn root(parameters: CertificateParams) -> Issuer {
    CertifiedIssuer::self_signed(parameters, KeyPair::generate().expect("a key")).expect("a root")
}

pub fn below(parameters: CertificateParams, above: &Issuer) -> Issuer {
    CertifiedIssuer::signed_by(parameters, KeyPair::generate().expect("a key"), above).expect("an authority")
}

/// What a room asks for.
pub fn room(name: impl Into<DnValue>, serial: u64) -> CertificateParams {
    let mut parameters = named("", name);
    parameters.serial_number = Some(SerialNumber::from(serial));
    parameters.use_authority_key_identifier_extension = true;
    parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    parameters
}

/// The chain of a room whose certificate the first of these signed; the others are between it and the authority.
pub fn chain(parameters: &CertificateParams, signers: &[&Issuer]) -> Chain {
    let key = DeviceKey::generate().expect("a key");
    let certificate = parameters.signed_by(&key, signers[0]).expect("a certificate");
    let between = signers[..signers.len() - 1].iter().map(|signer| &**signer.der());
    Chain::from_der(std::iter::once(&**certificate.der()).chain(between)).expect("a chain")
}

pub fn believing(roots: &[&Issuer]) -> Authorities {
    let mut authorities = Authorities::new();
    for root in roots {
        authorities.add_pem(root.pem().as_bytes(), None).expect("an authority");
    }
    authorities
}

/// The authority's list: which serial numbers it has revoked, good from one time to another.
pub fn list(authority: &Issuer, revoked: &[u64], from: OffsetDateTime, until: OffsetDateTime) -> String {
    list_of(authority, revoked, from, until, None)
}

/// As [`list`], of those certificates only that say that it is at this address (RFC 5280 §5.2.5).
pub fn list_of(
    authority: &Issuer,
    revoked: &[u64],
    from: OffsetDateTime,
    until: OffsetDateTime,
    address: Option<&str>,
) -> String {
    let point = |address: &str| CrlIssuingDistributionPoint {
        distribution_point: CrlDistributionPoint { uris: vec![address.to_owned()] },
        scope: None,
    };
    let entry = |serial: &u64| RevokedCertParams {
        serial_number: SerialNumber::from(*serial),
        revocation_time: from,
        reason_code: None,
        invalidity_date: None,
    };
    let parameters = CertificateRevocationListParams {
        this_update: from,
        next_update: until,
        crl_number: SerialNumber::from(1),
        issuing_distribution_point: address.map(point),
        revoked_certs: revoked.iter().map(entry).collect(),
        key_identifier_method: KeyIdMethod::Sha256,
    };
    parameters.signed_by(authority).expect("a list").pem().expect("PEM")
}
