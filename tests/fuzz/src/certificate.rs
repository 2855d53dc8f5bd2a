//! Certificates and revocation lists, as files and as others send them.

use std::time::Duration;

use identity::{Authorities, Certificate, Chain, Coverage, NAME_CHARS_MAX, Revocations, verify};

/// A room's certificate, then that of the authority that signed it.
const KNOWN: &str = include_str!("../corpus/certificate/ed25519.pem");
/// 2040, when they are good.
const NOW: Duration = Duration::from_secs(2_208_988_800);

/// What is read is fit to be shown, and believed only where the authority signed exactly that.
pub fn certificate(data: &[u8]) {
    let (room, authority) = KNOWN.split_at(KNOWN.rfind("-----BEGIN").expect("two certificates"));
    let room = Chain::from_pem(room.as_bytes()).expect("the room's");
    let mut authorities = Authorities::new();
    authorities.add_pem(authority.as_bytes(), None).expect("the authority's");
    let none = Revocations::default();
    for chain in [Chain::from_pem(data), Chain::from_der([data])].into_iter().flatten() {
        check(chain.certificate());
        if let Ok(verified) = verify(&chain, &authorities, &none, NOW) {
            assert_eq!(chain.certificate().spki(), room.certificate().spki(), "only this key was signed");
            assert_eq!((verified.name.as_str(), verified.by.as_str()), ("Salle Jean Monnet", "Authority ed25519"));
        }
    }
    let mut others = Authorities::new();
    if others.add_pem(data, None).is_ok() {
        others.names().for_each(check_name);
        let _ = verify(&room, &others, &none, NOW);
    }
    let mut lists = Revocations::new(Coverage::Everywhere);
    if lists.add(data).is_ok() {
        lists.due().filter_map(|(issuer, _)| issuer).for_each(check_name);
        let _ = verify(&room, &authorities, &lists, NOW);
    }
}

fn check(certificate: &Certificate) {
    let names = [certificate.name(), certificate.device(), certificate.organisation(), certificate.issuer()];
    names.into_iter().flatten().for_each(check_name);
}

fn check_name(name: &str) {
    assert!(!name.is_empty() && name.chars().count() <= NAME_CHARS_MAX);
    assert!(!name.contains(|c: char| c.is_control() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}')));
}
