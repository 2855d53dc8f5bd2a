//! Certificates as MLS carries them, and the key that is in one.

use openmls::prelude::{Credential, CredentialType, CredentialWithKey};
use x509_cert::Certificate;
use x509_cert::der::Decode;
use x509_cert::der::asn1::ObjectIdentifier;

/// Certificates in a chain at most, and of how many bytes together.
const CERTIFICATES_MAX: usize = 8;
const CHAIN_BYTES_MAX: usize = 16 * 1024;

/// `id-ecPublicKey` and `secp256r1` (RFC 5480).
const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");

/// An uncompressed point of P-256 (SEC 1, section 2.3.3).
const POINT_BYTES: usize = 65;
const UNCOMPRESSED: u8 = 4;

/// Why a credential is not believed to be its owner's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadCredential {
    #[error("it is not a chain of certificates")]
    NotAChain,
    #[error("the certificate holds no key of P-256")]
    NoKey,
    #[error("the certificate is for another key")]
    OtherKey,
}

/// A chain as a credential (RFC 9420, section 5.3), with the key of its first certificate.
pub fn of_chain(chain: &[Vec<u8>]) -> Result<CredentialWithKey, BadCredential> {
    let key = public_key(chain.first().ok_or(BadCredential::NotAChain)?)?;
    let mut content = Vec::new();
    for certificate in chain {
        write_length(certificate.len(), &mut content).ok_or(BadCredential::NotAChain)?;
        content.extend_from_slice(certificate);
    }
    let credential = Credential::new(CredentialType::X509, content);
    Ok(CredentialWithKey { credential, signature_key: key.into() })
}

/// The chain in a credential, if its first certificate is for this key.
pub fn chain_of(credential: &Credential, signature_key: &[u8]) -> Result<Vec<Vec<u8>>, BadCredential> {
    let mut rest = credential.serialized_content();
    if credential.credential_type() != CredentialType::X509 || rest.len() > CHAIN_BYTES_MAX {
        return Err(BadCredential::NotAChain);
    }
    let mut chain = Vec::new();
    while !rest.is_empty() {
        let (length, behind) = read_length(rest).ok_or(BadCredential::NotAChain)?;
        let (certificate, behind) = behind.split_at_checked(length).ok_or(BadCredential::NotAChain)?;
        if chain.len() == CERTIFICATES_MAX {
            return Err(BadCredential::NotAChain);
        }
        chain.push(certificate.to_vec());
        rest = behind;
    }
    let own = public_key(chain.first().ok_or(BadCredential::NotAChain)?)?;
    if own == signature_key { Ok(chain) } else { Err(BadCredential::OtherKey) }
}

/// The key in a certificate: an uncompressed point of P-256.
fn public_key(certificate: &[u8]) -> Result<Vec<u8>, BadCredential> {
    let certificate = Certificate::from_der(certificate).map_err(|_| BadCredential::NotAChain)?;
    let info = certificate.tbs_certificate().subject_public_key_info();
    let curve = info.algorithm.parameters.as_ref().and_then(|curve| curve.decode_as::<ObjectIdentifier>().ok());
    let point = info.subject_public_key.raw_bytes();
    let fits = info.algorithm.oid == EC_PUBLIC_KEY
        && curve == Some(P256)
        && point.len() == POINT_BYTES
        && point[0] == UNCOMPRESSED;
    if fits { Ok(point.to_vec()) } else { Err(BadCredential::NoKey) }
}

/// A variable-size vector's length (RFC 9420, section 2.1.2).
fn write_length(length: usize, out: &mut Vec<u8>) -> Option<()> {
    match length {
        0..0x40 => out.push(length as u8),
        0x40..0x4000 => out.extend((length as u16 | 0x4000).to_be_bytes()),
        0x4000..0x4000_0000 => out.extend((length as u32 | 0x8000_0000).to_be_bytes()),
        _ => return None,
    }
    Some(())
}

fn read_length(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (first, _) = bytes.split_first()?;
    match first >> 6 {
        0 => Some((usize::from(*first), &bytes[1..])),
        1 => {
            let (length, rest) = bytes.split_first_chunk::<2>()?;
            Some((usize::from(u16::from_be_bytes(*length) & 0x3fff), rest)).filter(|(length, _)| *length >= 0x40)
        }
        2 => {
            let (length, rest) = bytes.split_first_chunk::<4>()?;
            let length = u32::from_be_bytes(*length) & 0x3fff_ffff;
            Some((length as usize, rest)).filter(|(length, _)| *length >= 0x4000)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn certificate(algorithm: &'static rcgen::SignatureAlgorithm) -> (Vec<u8>, Vec<u8>) {
        let key = rcgen::KeyPair::generate_for(algorithm).unwrap();
        let certificate = rcgen::CertificateParams::new(vec!["room".into()]).unwrap().self_signed(&key).unwrap();
        (certificate.der().to_vec(), rcgen::PublicKeyData::der_bytes(&key).to_vec())
    }

    #[test]
    fn a_chain_comes_back_with_its_key_and_for_no_other() {
        let (own, key) = certificate(&rcgen::PKCS_ECDSA_P256_SHA256);
        let (authority, other) = certificate(&rcgen::PKCS_ECDSA_P256_SHA256);
        let chain = vec![own, authority];
        let credential = of_chain(&chain).unwrap();
        assert_eq!(credential.signature_key.as_slice(), key);
        assert_eq!(chain_of(&credential.credential, &key), Ok(chain));
        assert_eq!(chain_of(&credential.credential, &other), Err(BadCredential::OtherKey));
    }

    #[test]
    fn what_is_no_chain_with_a_key_of_p_256_is_refused() {
        let (other_curve, _) = certificate(&rcgen::PKCS_ECDSA_P384_SHA384);
        assert_eq!(of_chain(&[other_curve]).err(), Some(BadCredential::NoKey));
        assert_eq!(of_chain(&[]).err(), Some(BadCredential::NotAChain));
        assert_eq!(of_chain(&[b"nonsense".to_vec()]).err(), Some(BadCredential::NotAChain));
        let (own, key) = certificate(&rcgen::PKCS_ECDSA_P256_SHA256);
        let whole = of_chain(&vec![own; CERTIFICATES_MAX + 1]).unwrap().credential;
        assert_eq!(chain_of(&whole, &key), Err(BadCredential::NotAChain), "too many");
        for cut in [1, 2, whole.serialized_content().len() - 1] {
            let content = whole.serialized_content()[..cut].to_vec();
            let cut = Credential::new(CredentialType::X509, content);
            assert_eq!(chain_of(&cut, &key), Err(BadCredential::NotAChain));
        }
        let basic = Credential::new(CredentialType::Basic, b"anna".to_vec());
        assert_eq!(chain_of(&basic, &key), Err(BadCredential::NotAChain));
    }

    #[test]
    fn lengths_are_written_as_short_as_they_can_be_and_read_no_other_way() {
        for length in [0, 0x3f, 0x40, 0x3fff, 0x4000, 0x3fff_ffff] {
            let mut bytes = Vec::new();
            write_length(length, &mut bytes).unwrap();
            assert_eq!(read_length(&bytes), Some((length, &[][..])));
        }
        assert_eq!(read_length(&[0x40, 0x01]), None);
        assert_eq!(read_length(&[0x80, 0, 0, 1]), None);
        assert_eq!(read_length(&[0xc0]), None);
        assert_eq!(write_length(0x4000_0000, &mut Vec::new()), None);
    }
}
