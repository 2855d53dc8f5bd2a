//! The platform on loopback sockets.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::guest;

/// What a server is told once. Port 0 means any free port.
#[derive(Debug, Clone)]
pub struct Config {
    pub http_port: u16,
    pub udp_port: u16,
    /// For ICE over TCP.
    pub tcp_port: u16,
    pub api_key: String,
    /// Signs tokens; random unless set.
    pub api_secret: Option<String>,
}

impl Default for Config {
    fn default() -> Config {
        Config { http_port: 0, udp_port: 0, tcp_port: 0, api_key: "devkey".into(), api_secret: None }
    }
}

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("cannot bind {what} to 127.0.0.1:{port}")]
    Bind { what: &'static str, port: u16, #[source] source: std::io::Error },
}

/// A running platform. Dropping it stops it without saying goodbye; see [`Server::shutdown`].
#[derive(Debug)]
pub struct Server {
    /// Signalling, REST and the guest page.
    pub http_addr: SocketAddr,
    reports: Arc<Mutex<Vec<guest::Report>>>,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Server {
    /// Starts on loopback.
    ///
    /// # Errors
    /// When a port cannot be had.
    pub async fn start(config: Config) -> Result<Server, StartError> {
        let bind = |what, port| move |source| StartError::Bind { what, port, source };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, config.http_port)).await.map_err(bind("HTTP", config.http_port))?;
        let http_addr = listener.local_addr().map_err(bind("HTTP", config.http_port))?;
        let (stop, mut stopped) = watch::channel(false);
        let task = tokio::spawn(async move {
            let serve = axum::serve(listener, axum::Router::new());
            let _ = serve.with_graceful_shutdown(async move { let _ = stopped.wait_for(|s| *s).await; }).await;
        });
        Ok(Server { http_addr, reports: Arc::default(), stop, task })
    }

    /// `http://127.0.0.1:<port>/`.
    pub fn origin(&self) -> String {
        format!("http://{}/", self.http_addr)
    }

    /// `ws://127.0.0.1:<port>`, what LiveKit clients are given.
    pub fn livekit_url(&self) -> String {
        format!("ws://{}", self.http_addr)
    }

    /// What guest pages reported so far.
    pub fn guest_reports(&self) -> Vec<guest::Report> {
        self.reports.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What it comes to.
    pub fn guest_summary(&self) -> guest::Summary {
        guest::Summary::of(&self.guest_reports())
    }

    /// Ends every meeting (SERVER_SHUTDOWN) and closes all sockets.
    pub async fn shutdown(self) {
        let _ = self.stop.send(true);
        let _ = self.task.await;
    }
}
