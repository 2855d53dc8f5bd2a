//! Rooms that an authority vouches for.

use std::path::Path;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair};

pub type Authority = CertifiedIssuer<'static, KeyPair>;

/// One with this name.
pub fn authority(name: &str) -> Authority {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// What IT has put into a room's state directory: its key and the authority's certificate for it.
pub fn enrol(state: &Path, name: &str, authority: &Authority) {
    std::fs::create_dir_all(state).unwrap();
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    let certificate = params.signed_by(&key, authority).unwrap();
    std::fs::write(state.join("device-key.pem"), key.serialize_pem()).unwrap();
    std::fs::write(state.join("device-certificate.pem"), certificate.pem()).unwrap();
}
