//! HTTP requests of a session.

use std::time::Duration;

use anyhow::Context;
use meeting::io::{HttpRequest, HttpResponse, IoId, Method, NetError};
use tokio::sync::mpsc;

use super::{NetEvent, TlsTrust, classify};

/// The longest answer read from a platform.
const BODY_BYTES_MAX: usize = 1 << 20;
/// The longest a platform may take to answer.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(15);

/// Connections to the platforms, kept open between calls.
#[derive(Clone)]
pub struct HttpClient(reqwest::Client);

impl HttpClient {
    /// # Errors
    /// When the TLS configuration is not usable.
    pub fn new(trust: &TlsTrust) -> anyhow::Result<HttpClient> {
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured((*trust.0).clone())
            // Where packets go is the configuration's business, not the environment's.
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(Duration::from_secs(8))
            .timeout(REQUEST_TIMEOUT)
            .user_agent(concat!("HuisClos/", env!("CARGO_PKG_VERSION")))
            .build()
            .context("cannot set up HTTP")?;
        Ok(HttpClient(client))
    }

    /// For those who ask more than sessions do.
    pub(crate) fn inner(&self) -> reqwest::Client {
        self.0.clone()
    }

    /// Makes the request in the background; the answer arrives on `events`.
    pub fn start(&self, id: IoId, request: HttpRequest, events: mpsc::Sender<NetEvent>) {
        let client = self.0.clone();
        tokio::spawn(async move {
            let result = perform(&client, request).await;
            // A call that is over no longer listens; then nobody needs the answer.
            let _ = events.send(NetEvent::Http { id, result }).await;
        });
    }
}

async fn perform(client: &reqwest::Client, request: HttpRequest) -> Result<HttpResponse, NetError> {
    let method = match request.method {
        Method::Get => reqwest::Method::GET,
        Method::Post => reqwest::Method::POST,
    };
    let mut builder = client.request(method, request.url);
    for (name, value) in request.headers {
        builder = builder.header(name, value);
    }
    if let Some(body) = request.body {
        builder = builder.body(body);
    }
    let mut answer =
        builder.send().await.map_err(|e| if e.is_timeout() { NetError::TimedOut } else { classify(&e) })?;
    let status = answer.status().as_u16();
    let headers = answer
        .headers()
        .iter()
        .filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())))
        .collect();
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|e| classify(&e))? {
        if body.len() + chunk.len() > BODY_BYTES_MAX {
            return Err(NetError::Protocol);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(HttpResponse { status, headers, body })
}
