//! Whose certificates the room believes.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls_platform_verifier::Verifier;

/// The trust shared by every TLS connection of the room: the system's authorities, and those the
/// configuration adds for a private deployment.
#[derive(Clone)]
pub struct TlsTrust(pub Arc<rustls::ClientConfig>);

impl TlsTrust {
    /// Reads the system's authorities and, when given, a PEM file of more.
    ///
    /// # Errors
    /// When the PEM file cannot be read, or the system has no authorities at all.
    pub fn load(extra_ca: Option<&Path>) -> anyhow::Result<TlsTrust> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut extra = Vec::new();
        if let Some(path) = extra_ca {
            for certificate in CertificateDer::pem_file_iter(path)
                .with_context(|| format!("cannot read the certificates in {}", path.display()))?
            {
                extra.push(certificate.with_context(|| format!("{} holds no valid certificate", path.display()))?);
            }
        }
        let verifier = Verifier::new_with_extra_roots(extra, provider.clone()).context("no trusted authorities")?;
        let config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .context("no TLS versions")?
            .dangerous() // the name rustls gives to any verifier but its own; this one is the platform's
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth();
        Ok(TlsTrust(Arc::new(config)))
    }
}
