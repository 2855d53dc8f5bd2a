use std::os::unix::fs::PermissionsExt;

use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CertificateSigningRequestParams,
    CertifiedIssuer, DistinguishedName, DnType, IsCa, KeyIdMethod, KeyPair, KeyUsagePurpose, SerialNumber,
};

use super::*;
use crate::config::AuthorityFile;

type Issuer = CertifiedIssuer<'static, KeyPair>;

const ROOM: &str = "Salle Jean Monnet";
/// Room for the authority's certificate and what it signs: rcgen's own dates, 1975 to 4096.
const NOW: Duration = Duration::from_secs(1_800_000_000);

fn authority(name: &str) -> Issuer {
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name = DistinguishedName::new();
    parameters.distinguished_name.push(DnType::OrganizationName, name);
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    CertifiedIssuer::self_signed(parameters, KeyPair::generate().unwrap()).unwrap()
}

/// What the authority makes of the room's request.
fn issued(key: &DeviceKey, by: &Issuer) -> Chain {
    let mut request = CertificateSigningRequestParams::from_pem(&key.request(ROOM, "room-7").unwrap()).unwrap();
    request.params.serial_number = Some(SerialNumber::from(7_u64));
    let certificate = request.signed_by(by).unwrap();
    Chain::from_der([&**certificate.der()]).unwrap()
}

fn load(section: &IdentitySection, state: &Path) -> RoomIdentity {
    RoomIdentity::load(section, state, ROOM, Uuid::nil()).unwrap()
}

fn believing(state: &Path, by: &Issuer) -> IdentitySection {
    let file = state.join("authority.pem");
    std::fs::write(&file, by.pem()).unwrap();
    let authorities = vec![AuthorityFile { file, name: Some("Ministère X".into()) }];
    IdentitySection { authorities, ..IdentitySection::default() }
}

#[test]
fn a_room_has_a_key_of_its_own_from_its_first_start_and_keeps_it() {
    let state = tempfile::tempdir().unwrap();
    let first = load(&IdentitySection::default(), state.path());
    assert_eq!(first.standing(NOW), Standing::Own);
    assert_eq!(first.chain.certificate().name(), Some(ROOM));
    assert_eq!(certificate(Some(&first), NOW), RoomCertificate::Own);
    let mode = std::fs::metadata(key_file(state.path())).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(load(&IdentitySection::default(), state.path()).key.id(), first.key.id());
    assert!(first.problems().is_empty());
}

#[test]
fn a_key_that_cannot_be_read_is_not_replaced() {
    let state = tempfile::tempdir().unwrap();
    std::fs::write(key_file(state.path()), "torn").unwrap();
    assert!(RoomIdentity::load(&IdentitySection::default(), state.path(), ROOM, Uuid::nil()).is_err());
    assert_eq!(std::fs::read(key_file(state.path())).unwrap(), b"torn");
    assert_eq!(certificate(None, NOW), RoomCertificate::Unusable);
    assert_eq!(IdentityStatus::of(None, NOW).certificate, "unusable");
}

#[test]
fn an_installed_certificate_is_the_rooms_and_only_if_it_is_for_its_key() {
    let state = tempfile::tempdir().unwrap();
    let ministry = authority("Root");
    let section = believing(state.path(), &ministry);
    let room = load(&section, state.path());
    let stranger = DeviceKey::generate().unwrap();
    assert!(install(&issued(&stranger, &ministry), &room.key, state.path()).is_err());
    assert!(!certificate_file(state.path()).exists());
    install(&issued(&room.key, &ministry), &room.key, state.path()).unwrap();
    let room = load(&section, state.path());
    assert_eq!(certificate(Some(&room), NOW), RoomCertificate::Verified { by: "Ministère X".into() });
    let status = IdentityStatus::of(Some(&room), NOW);
    assert_eq!((status.certificate, status.by.as_deref()), ("verified", Some("Ministère X")));
    assert_eq!(status.ends.as_deref(), Some("4096-01-01"));

    std::fs::write(certificate_file(state.path()), issued(&stranger, &ministry).to_pem()).unwrap();
    let room = load(&section, state.path());
    assert_eq!((room.standing(NOW), room.problems().len()), (Standing::Own, 1));
}

#[test]
fn a_certificate_of_an_authority_that_is_not_configured_is_used_and_not_called_verified() {
    let state = tempfile::tempdir().unwrap();
    let none = IdentitySection::default();
    let room = load(&none, state.path());
    install(&issued(&room.key, &authority("Elsewhere")), &room.key, state.path()).unwrap();
    let room = load(&none, state.path());
    assert_eq!(room.chain.certificate().issuer(), Some("Elsewhere"));
    assert_eq!(certificate(Some(&room), NOW), RoomCertificate::Unverified);
    assert_eq!(IdentityStatus::of(Some(&room), NOW).reason, Some("unknown-authority"));
}

#[test]
fn a_revocation_list_that_cannot_be_read_lets_nobody_in() {
    let state = tempfile::tempdir().unwrap();
    let ministry = authority("Root");
    let mut section = believing(state.path(), &ministry);
    let somebody = issued(&DeviceKey::generate().unwrap(), &ministry);
    let verified = |section: &IdentitySection| {
        let room = load(section, state.path());
        (room.verify(&somebody, NOW).map(|verified| verified.by), room.problems().len())
    };
    assert_eq!(verified(&section), (Ok("Ministère X".into()), 0));
    let file = state.path().join("list.pem");
    section.revocations = vec![file.clone()];
    assert_eq!(verified(&section), (Err(Unverified::ListMissing), 1));
    std::fs::write(&file, "no list").unwrap();
    assert_eq!(verified(&section), (Err(Unverified::ListMissing), 1));
    let list = CertificateRevocationListParams {
        this_update: rcgen::date_time_ymd(2026, 1, 1),
        next_update: rcgen::date_time_ymd(2040, 1, 1),
        crl_number: SerialNumber::from(1_u64),
        issuing_distribution_point: None,
        revoked_certs: Vec::new(),
        key_identifier_method: KeyIdMethod::Sha256,
    };
    std::fs::write(&file, list.signed_by(&ministry).unwrap().pem().unwrap()).unwrap();
    assert_eq!(verified(&section), (Ok("Ministère X".into()), 0));
}

#[test]
fn authorities_that_cannot_be_read_vouch_for_nobody_and_the_others_go_on() {
    let state = tempfile::tempdir().unwrap();
    let ministry = authority("Root");
    let mut section = believing(state.path(), &ministry);
    section.authorities.insert(0, AuthorityFile { file: state.path().join("none.pem"), name: None });
    let room = load(&section, state.path());
    let somebody = issued(&DeviceKey::generate().unwrap(), &ministry);
    assert!(room.verify(&somebody, NOW).is_ok());
    assert_eq!(room.problems().len(), 1);
}

#[test]
fn what_ends_is_said_once_a_day() {
    let day = Duration::from_secs(86_400);
    let standing = Standing::Verified { by: "X".into(), until: day * 1000 };
    let mut warnings = Warnings::default();
    let mut said = |days_before: u32| warnings.due(&standing, &[], day * 1000 - day * days_before);
    assert!(said(31).is_empty());
    assert_eq!(said(12), ["The room’s certificate ends in 12 days."]);
    assert!(said(12).is_empty());
    assert_eq!(said(11).len(), 1);
    let problem = ["cannot read x".to_owned()];
    assert_eq!(warnings.due(&Standing::Own, &problem, day * 2000).len(), 1);
    assert!(warnings.due(&Standing::Own, &problem, day * 2000).is_empty());
}
