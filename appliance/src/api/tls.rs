//! The API on the network: TLS, and only for clients with a certificate of the configured authority.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use anyhow::Context;
use axum::Router;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;

use crate::config::ApiTls;
use crate::net::Allowed;

/// Connections at one time, those that have not shown a certificate yet among them.
const CONNECTIONS_MAX: usize = 64;
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a client may take for the head of a request, and so keep a connection it does not use.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// After the system refused a connection, as it does when too many files are open.
const PAUSE: Duration = Duration::from_secs(1);

/// Serves `clients` until the process ends; returns the address it listens on.
///
/// # Errors
/// When the address cannot be bound, or the certificates or the key cannot be used.
pub async fn serve(config: &ApiTls, clients: Allowed, router: Router) -> anyhow::Result<SocketAddr> {
    let mut identity = Identity::load(config)?;
    let listener =
        TcpListener::bind(config.listen).await.with_context(|| format!("cannot listen on {}", config.listen))?;
    let address = listener.local_addr()?;
    let connections = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    tokio::spawn(async move {
        loop {
            let Ok((stream, client)) = listener.accept().await else {
                tokio::time::sleep(PAUSE).await;
                continue;
            };
            if !clients(client.ip().to_canonical()) {
                tracing::warn!("the policy lets nobody speak to the API from where somebody tried");
                continue;
            }
            let Ok(permit) = connections.clone().try_acquire_owned() else {
                tracing::warn!("too many connections to the API, one is closed");
                continue;
            };
            let (acceptor, router) = (identity.acceptor(), router.clone());
            tokio::spawn(async move {
                talk(acceptor, stream, router).await;
                drop(permit);
            });
        }
    });
    Ok(address)
}

async fn talk(acceptor: TlsAcceptor, stream: TcpStream, router: Router) {
    let _ = stream.set_nodelay(true); // only slower without
    let stream = match tokio::time::timeout(HANDSHAKE_TIMEOUT, acceptor.accept(stream)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => return tracing::debug!(%error, "a client of the API was turned away"),
        Err(_) => return tracing::debug!("a client of the API took too long"),
    };
    let mut server = auto::Builder::new(TokioExecutor::new()).http1_only();
    server.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT);
    if let Err(error) = server.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router)).await {
        tracing::debug!(%error, "a connection to the API broke");
    }
}

/// Who we are and whom we believe, read again when a file changes, so that certificates can be renewed without a
/// restart. Connections that are open stay.
struct Identity {
    config: ApiTls,
    read: [Option<SystemTime>; 3],
    acceptor: TlsAcceptor,
}

impl Identity {
    fn load(config: &ApiTls) -> anyhow::Result<Identity> {
        Ok(Identity { read: changed(config), acceptor: acceptor(config)?, config: config.clone() })
    }

    fn acceptor(&mut self) -> TlsAcceptor {
        let changed = changed(&self.config);
        if changed != self.read {
            self.read = changed;
            match acceptor(&self.config) {
                Ok(acceptor) => self.acceptor = acceptor,
                Err(error) => tracing::warn!("the API goes on with the certificates it had: {error:#}"),
            }
        }
        self.acceptor.clone()
    }
}

fn files(config: &ApiTls) -> [&PathBuf; 3] {
    [&config.certificate, &config.key, &config.client_ca]
}

fn changed(config: &ApiTls) -> [Option<SystemTime>; 3] {
    files(config).map(|path| std::fs::metadata(path).and_then(|metadata| metadata.modified()).ok())
}

fn acceptor(config: &ApiTls) -> anyhow::Result<TlsAcceptor> {
    let [certificate, key, client_ca] = files(config);
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut authorities = RootCertStore::empty();
    for authority in certificates(client_ca)? {
        authorities.add(authority).with_context(|| format!("{} holds no authority", client_ca.display()))?;
    }
    let clients = WebPkiClientVerifier::builder_with_provider(Arc::new(authorities), provider.clone())
        .build()
        .with_context(|| format!("no authority is in {}", client_ca.display()))?;
    let key = PrivateKeyDer::from_pem_file(key).with_context(|| format!("no private key is in {}", key.display()))?;
    let mut server = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .context("no TLS versions")?
        .with_client_cert_verifier(clients)
        .with_single_cert(certificates(certificate)?, key)
        .context("api.tls: the certificate and the key do not go together")?;
    server.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(server)))
}

fn certificates(path: &PathBuf) -> anyhow::Result<Vec<CertificateDer<'static>>> {
    let read = || format!("cannot read the certificates in {}", path.display());
    CertificateDer::pem_file_iter(path).with_context(read)?.collect::<Result<_, _>>().with_context(read)
}
