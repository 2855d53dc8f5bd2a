//! HTTP requests of a session.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use evidence::Protocol;
use meeting::io::{HttpRequest, HttpResponse, IoId, Method, NetError, Purpose};
use tokio::sync::mpsc;
use url::{Host, Url};

use super::resolve::{Allowed, addresses};
use super::{NetEvent, TlsTrust, classify};
use crate::book::{Book, flow};

/// The longest answer read from a platform.
const BODY_BYTES_MAX: usize = 1 << 20;
/// The longest a platform may take to answer.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(15);

/// Connections to the platforms, kept open between calls.
#[derive(Clone)]
pub struct HttpClient {
    client: reqwest::Client,
    allowed: Allowed,
}

impl HttpClient {
    /// # Errors
    /// When the TLS configuration is not usable.
    pub fn new(trust: &TlsTrust, allowed: Allowed) -> anyhow::Result<HttpClient> {
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured((*trust.config).clone())
            // Where packets go is the configuration's business, not the environment's.
            .no_proxy()
            .dns_resolver(Resolver(allowed.clone()))
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(Duration::from_secs(8))
            .timeout(REQUEST_TIMEOUT)
            .user_agent(concat!("HuisClos/", env!("CARGO_PKG_VERSION")))
            .build()
            .context("cannot set up HTTP")?;
        Ok(HttpClient { client, allowed })
    }

    /// Begins a request.
    ///
    /// # Errors
    /// When its host is an address that may not be used. Names are judged when they are looked up.
    pub(crate) fn request(&self, method: reqwest::Method, url: Url) -> Result<reqwest::RequestBuilder, NetError> {
        let may = match url.host() {
            Some(Host::Ipv4(address)) => (self.allowed)(address.into()),
            Some(Host::Ipv6(address)) => (self.allowed)(address.into()),
            _ => true,
        };
        if may { Ok(self.client.request(method, url)) } else { Err(NetError::OutsidePolicy) }
    }

    /// Makes the request in the background; the answer arrives on `events`.
    pub fn start(&self, id: IoId, request: HttpRequest, book: Arc<Book>, events: mpsc::Sender<NetEvent>) {
        let http = self.clone();
        tokio::spawn(async move {
            let result = http.perform(request, &book).await;
            // A call that is over no longer listens; then nobody needs the answer.
            let _ = events.send(NetEvent::Http { id, result }).await;
        });
    }

    /// Makes the request, and waits for its answer.
    pub(crate) async fn perform(&self, request: HttpRequest, book: &Book) -> Result<HttpResponse, NetError> {
        perform(self, request, book).await
    }
}

/// Looks names up, and gives only addresses that may be used.
struct Resolver(Allowed);

impl reqwest::dns::Resolve for Resolver {
    fn resolve(&self, name: reqwest::dns::Name) -> reqwest::dns::Resolving {
        let allowed = self.0.clone();
        Box::pin(async move {
            // The port is the connection's business.
            let addresses = addresses(Host::Domain(name.as_str()), 0, &allowed).await?;
            Ok(Box::new(addresses.into_iter()) as reqwest::dns::Addrs)
        })
    }
}

async fn perform(client: &HttpClient, request: HttpRequest, book: &Book) -> Result<HttpResponse, NetError> {
    let method = match request.method {
        Method::Get => reqwest::Method::GET,
        Method::Post => reqwest::Method::POST,
    };
    let protocol = if request.url.scheme() == "https" { Protocol::Tls } else { Protocol::Tcp };
    let sent = request.body.as_ref().map_or(0, Vec::len);
    let mut builder = client.request(method, request.url)?;
    for (name, value) in request.headers {
        builder = builder.header(name, value);
    }
    if let Some(body) = request.body {
        builder = builder.body(body);
    }
    let mut answer =
        builder.send().await.map_err(|e| if e.is_timeout() { NetError::TimedOut } else { classify(&e) })?;
    // The library keeps its connections to itself: what is counted are bodies, of requests that were answered.
    let flow = answer.remote_addr().map(|address| flow(Purpose::Signalling, address, protocol));
    if let Some(flow) = flow {
        book.sent(flow, sent);
    }
    let status = answer.status().as_u16();
    let headers = answer
        .headers()
        .iter()
        .filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())))
        .collect();
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|e| classify(&e))? {
        if let Some(flow) = flow {
            book.received(flow, chunk.len());
        }
        if body.len() + chunk.len() > BODY_BYTES_MAX {
            return Err(NetError::Protocol);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(HttpResponse { status, headers, body })
}
