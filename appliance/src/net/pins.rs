//! Certificates that a policy pins: beside the room's authorities, one of them must vouch for the server.

use std::fmt::Debug;
use std::sync::Arc;

use policy::{NotPinned, Pin, Shown};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, OtherError, RootCertStore, SignatureScheme};

/// Asks the room's authorities first, and then for a pinned certificate in a chain that verifies.
///
/// That a server *shows* a pinned certificate proves nothing: authorities are public, and anybody can send theirs along.
/// It has to be the server's own, or one from which a chain leads to the server's (RFC 7469 §2.6).
#[derive(Debug)]
pub struct Pinned {
    pub authorities: Arc<dyn ServerCertVerifier>,
    pub pins: Vec<Pin>,
    /// Authorities that servers do not send along, and that may be pinned.
    pub roots: Arc<[CertificateDer<'static>]>,
    pub provider: Arc<CryptoProvider>,
}

impl Pinned {
    fn is_pinned(&self, certificate: &CertificateDer<'_>) -> bool {
        shown(certificate).is_some_and(|shown| self.pins.iter().any(|pin| pin.means(&shown)))
    }

    /// Whether a chain leads from a pinned authority to the server's certificate.
    fn leads_here(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Option<()> {
        let mut anchors = RootCertStore::empty();
        for authority in intermediates.iter().chain(self.roots.iter()).filter(|authority| self.is_pinned(authority)) {
            let _ = anchors.add(authority.clone().into_owned()); // one that cannot be read vouches for nobody
        }
        let verifier =
            WebPkiServerVerifier::builder_with_provider(Arc::new(anchors), self.provider.clone()).build().ok()?;
        verifier.verify_server_cert(end_entity, intermediates, name, ocsp, now).ok().map(|_| ())
    }
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let verified = self.authorities.verify_server_cert(end_entity, intermediates, name, ocsp, now)?;
        if self.is_pinned(end_entity) || self.leads_here(end_entity, intermediates, name, ocsp, now).is_some() {
            return Ok(verified);
        }
        Err(CertificateError::Other(OtherError(Arc::new(NotPinned))).into())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.authorities.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.authorities.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.authorities.supported_verify_schemes()
    }
}

/// A certificate by its digests. `None`: it is none.
fn shown(certificate: &CertificateDer<'_>) -> Option<Shown> {
    let parsed = ParsedCertificate::try_from(certificate).ok()?;
    Some(Shown::of(parsed.subject_public_key_info().as_ref(), certificate))
}

#[cfg(test)]
mod tests {
    use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, Issuer, KeyPair};

    use super::*;

    type Authority = CertifiedIssuer<'static, KeyPair>;

    fn authority() -> Authority {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
    }

    fn below(authority: &Authority) -> Authority {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(rcgen::DnType::CommonName, "intermediate");
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        CertifiedIssuer::signed_by(params, KeyPair::generate().unwrap(), authority).unwrap()
    }

    fn server(authority: &Issuer<'_, KeyPair>) -> CertificateDer<'static> {
        let key = KeyPair::generate().unwrap();
        CertificateParams::new(vec!["visio.example".into()]).unwrap().signed_by(&key, authority).unwrap().der().clone()
    }

    fn pin(certificate: &CertificateDer<'_>) -> Vec<Pin> {
        vec![Pin::PublicKey(shown(certificate).unwrap().public_key)]
    }

    fn verify(
        pins: Vec<Pin>,
        roots: &[&Authority],
        end_entity: &CertificateDer<'_>,
        sent: &[CertificateDer<'_>],
    ) -> Result<(), rustls::Error> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut store = RootCertStore::empty();
        let roots: Vec<CertificateDer> = roots.iter().map(|root| root.der().clone()).collect();
        roots.iter().for_each(|root| store.add(root.clone()).unwrap());
        let authorities =
            WebPkiServerVerifier::builder_with_provider(Arc::new(store), provider.clone()).build().unwrap();
        let pinned = Pinned { authorities, pins, roots: roots.into(), provider };
        let name = ServerName::try_from("visio.example").unwrap();
        pinned.verify_server_cert(end_entity, sent, &name, &[], UnixTime::now()).map(|_| ())
    }

    fn not_pinned() -> Result<(), rustls::Error> {
        Err(CertificateError::Other(OtherError(Arc::new(NotPinned))).into())
    }

    #[test]
    fn the_server_an_intermediate_or_a_root_may_be_pinned() {
        let root = authority();
        let intermediate = below(&root);
        let end_entity = server(&intermediate);
        let sent = [intermediate.der().clone()];
        for pinned in [&end_entity, intermediate.der(), root.der()] {
            assert_eq!(verify(pin(pinned), &[&root], &end_entity, &sent), Ok(()));
            let whole = Pin::Certificate(shown(pinned).unwrap().certificate);
            assert_eq!(verify(vec![whole], &[&root], &end_entity, &sent), Ok(()));
        }
    }

    #[test]
    fn another_authority_that_the_room_believes_is_not_enough() {
        let (ours, theirs) = (authority(), authority());
        let end_entity = server(&theirs);
        assert_eq!(
            verify(pin(ours.der()), &[&ours, &theirs], &end_entity, &[]).unwrap_err().to_string(),
            not_pinned().unwrap_err().to_string()
        );
    }

    #[test]
    fn a_pinned_certificate_that_is_only_sent_along_vouches_for_nothing() {
        let (ours, theirs) = (authority(), authority());
        let intermediate = below(&ours);
        let end_entity = server(&theirs);
        for bait in [ours.der(), intermediate.der()] {
            let verified =
                verify(pin(bait), &[&ours, &theirs], &end_entity, &[intermediate.der().clone(), ours.der().clone()]);
            assert_eq!(verified.unwrap_err().to_string(), not_pinned().unwrap_err().to_string());
        }
    }

    #[test]
    fn a_pin_makes_nobody_believed_whom_the_room_does_not_believe() {
        let (ours, theirs) = (authority(), authority());
        let end_entity = server(&theirs);
        let verified = verify(pin(&end_entity), &[&ours], &end_entity, &[]);
        // Their authority has the name of ours, and another key.
        assert_eq!(verified, Err(CertificateError::BadSignature.into()));
    }
}
