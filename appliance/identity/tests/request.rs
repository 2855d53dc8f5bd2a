//! What a room asks for is what it gets.

mod support;

use identity::{Chain, DeviceKey, RequestError, Revocations, verify};
use rcgen::{CertificateSigningRequestParams, ExtendedKeyUsagePurpose, KeyUsagePurpose};
use support::{NOW, authority, believing, root, since_1970};
use x509_cert::der::{Decode, Encode};

#[test]
fn what_an_authority_makes_of_a_request_is_for_the_rooms_key_and_verified() {
    let key = DeviceKey::generate().unwrap();
    let request = key.request("Salle Jean \u{202e}Monnet", "5e9c7d0a-room").unwrap();
    assert!(request.starts_with("-----BEGIN CERTIFICATE REQUEST-----"));
    let request = CertificateSigningRequestParams::from_pem(&request).expect("signed by the key that it names");
    assert_eq!(request.params.key_usages, [KeyUsagePurpose::DigitalSignature]);
    assert_eq!(request.params.extended_key_usages, [ExtendedKeyUsagePurpose::ClientAuth]);
    let top = root(authority("Ministère X", "Root"));
    let chain = Chain::from_der([&**request.signed_by(&top).unwrap().der()]).unwrap();
    assert!(chain.certificate().is_for(&key));
    assert!(!chain.certificate().is_for(&DeviceKey::generate().unwrap()));
    let verified = verify(&chain, &believing(&[&top]), &Revocations::default(), since_1970(NOW)).unwrap();
    assert_eq!((verified.name.as_str(), verified.device.as_deref()), ("Salle Jean Monnet", Some("5e9c7d0a-room")));
}

#[test]
fn names_fit_into_certificates_or_there_is_no_request() {
    let key = DeviceKey::generate().unwrap();
    let long = key.self_signed(&"é".repeat(200), "room-7").unwrap();
    assert_eq!(Chain::from_pem(long.as_bytes()).unwrap().certificate().name().unwrap().chars().count(), 64);
    assert!(matches!(key.request(" \u{200b}", "room-7"), Err(RequestError::Nameless)));
    for id in ["", "é", "a_b", &"x".repeat(65)] {
        assert!(matches!(key.request("Salle", id), Err(RequestError::DeviceId)), "{id}");
    }
}

#[test]
fn the_rooms_own_certificate_does_not_end() {
    let own = DeviceKey::generate().unwrap().self_signed("Salle", "room-7").unwrap();
    let own = x509_cert::Certificate::from_der(Chain::from_pem(own.as_bytes()).unwrap().certificate().der()).unwrap();
    let validity = own.tbs_certificate().validity().to_der().unwrap();
    assert!(validity.ends_with(b"99991231235959Z"), "RFC 5280 4.1.2.5");
}
