//! Certificates from any authority: made by OpenSSL, see `openssl/make.sh`.

use std::time::Duration;

use identity::{Authorities, Chain, Revocations, Unverified, verify};

/// 2040: OpenSSL made them for 100 years.
const NOW: Duration = Duration::from_secs(2_208_988_800);

fn verified(pem: &str) -> Result<(String, String), Unverified> {
    let place = pem.rfind("-----BEGIN").expect("two certificates");
    let (room, authority) = pem.split_at(place);
    let mut authorities = Authorities::new();
    authorities.add_pem(authority.as_bytes(), None).expect("an authority");
    let room = Chain::from_pem(room.as_bytes()).expect("a room");
    let verified = verify(&room, &authorities, &Revocations::default(), NOW)?;
    assert_eq!((verified.name.as_str(), verified.device.as_deref()), ("Salle Jean Monnet", Some("room-7")));
    Ok((verified.name, verified.by))
}

macro_rules! files {
    ($($name:literal),* $(,)?) => { [$(($name, include_str!(concat!("openssl/", $name, ".pem")))),*] };
}

#[test]
fn every_authority_of_today_is_understood() {
    for (name, pem) in files![
        "rsa-2048-sha256",
        "rsa-2048-sha384",
        "rsa-2048-sha512",
        "rsa-3072-sha256",
        "rsa-3072-sha384",
        "rsa-3072-sha512",
        "rsa-4096-sha256",
        "rsa-4096-sha384",
        "rsa-4096-sha512",
        "rsa-2048-pss",
        "p-256",
        "p-384",
        "p-521",
        "ed25519",
    ] {
        assert_eq!(verified(pem).map(|(_, by)| by), Ok(format!("Authority {name}")));
    }
}

#[test]
fn what_was_strong_once_is_not_believed() {
    for (name, pem) in files!["rsa-2048-sha1", "rsa-1024-sha256"] {
        let refused = verified(pem).unwrap_err();
        assert!(matches!(refused, Unverified::Algorithm | Unverified::Forged), "{name}: {refused:?}");
    }
}
