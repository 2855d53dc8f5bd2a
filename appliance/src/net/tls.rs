//! Whose certificates the room believes.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use anyhow::Context;
use evidence::Tls;
use policy::Pin;
use rustls::ProtocolVersion;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls_platform_verifier::Verifier;

use super::pins::Pinned;

/// The trust shared by every TLS connection of the room: the system's authorities, and those the
/// configuration adds for a private deployment.
#[derive(Clone)]
pub struct TlsTrust {
    pub config: Arc<rustls::ClientConfig>,
    verifier: Arc<Verifier>,
    /// Authorities beside the system's.
    extra: Vec<CertificateDer<'static>>,
    /// All of them, read when the first pin is asked for.
    roots: Arc<OnceLock<Arc<[CertificateDer<'static>]>>>,
}

impl TlsTrust {
    /// Reads the system's authorities and, when given, a PEM file of more.
    ///
    /// # Errors
    /// When the PEM file cannot be read, or the system has no authorities at all.
    pub fn load(extra_ca: Option<&Path>) -> anyhow::Result<TlsTrust> {
        let provider = Arc::new(provider());
        let mut extra = Vec::new();
        if let Some(path) = extra_ca {
            for certificate in CertificateDer::pem_file_iter(path)
                .with_context(|| format!("cannot read the certificates in {}", path.display()))?
            {
                extra.push(certificate.with_context(|| format!("{} holds no valid certificate", path.display()))?);
            }
        }
        let verifier = Verifier::new_with_extra_roots(extra.clone(), provider).context("no trusted authorities")?;
        let verifier = Arc::new(verifier);
        Ok(TlsTrust { config: config(verifier.clone())?, verifier, extra, roots: Arc::default() })
    }

    /// The same, and one of these certificates must vouch for the server. Without pins it is the same.
    ///
    /// # Errors
    /// When the TLS configuration is not usable.
    pub fn pinned(&self, pins: &[Pin]) -> anyhow::Result<TlsTrust> {
        if pins.is_empty() {
            return Ok(self.clone());
        }
        // What of the system's authorities cannot be read, nobody can have pinned.
        let read = || rustls_native_certs::load_native_certs().certs.into_iter().chain(self.extra.clone()).collect();
        let roots = self.roots.get_or_init(read).clone();
        let pinned =
            Pinned { authorities: self.verifier.clone(), pins: pins.to_vec(), roots, provider: Arc::new(provider()) };
        Ok(TlsTrust { config: config(Arc::new(pinned))?, ..self.clone() })
    }
}

/// How a connection is protected, by the names of IANA's registry (RFC 8447 §8).
pub fn protection(connection: &rustls::ClientConnection) -> Tls {
    let version = match connection.protocol_version() {
        Some(ProtocolVersion::TLSv1_3) => "TLS1.3",
        Some(ProtocolVersion::TLSv1_2) => "TLS1.2",
        _ => "",
    };
    let suite = connection.negotiated_cipher_suite().and_then(|suite| suite.suite().as_str()).unwrap_or_default();
    // rustls tells the suites of TLS 1.3 apart by a name of its own.
    Tls { version: version.to_owned(), suite: suite.replace("TLS13_", "TLS_") }
}

fn provider() -> CryptoProvider {
    rustls::crypto::aws_lc_rs::default_provider()
}

fn config(verifier: Arc<dyn ServerCertVerifier>) -> anyhow::Result<Arc<rustls::ClientConfig>> {
    let config = rustls::ClientConfig::builder_with_provider(Arc::new(provider()))
        .with_safe_default_protocol_versions()
        .context("no TLS versions")?
        .dangerous() // the name rustls gives to any verifier but its own; this one is the platform's
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    Ok(Arc::new(config))
}
