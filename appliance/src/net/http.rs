//! HTTP requests of the room: straight on by a client that keeps its connections, through a proxy by one connection each.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use bytes::Bytes;
use evidence::Protocol;
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1;
use hyper::header::{HOST, HeaderValue};
use hyper_util::rt::TokioIo;
use meeting::io::{HttpRequest, HttpResponse, IoId, Method, NetError, Purpose};
use rustls::pki_types::ServerName;
use tokio::sync::mpsc;
use tokio_rustls::TlsConnector;
use url::{Host, Position, Url};

use super::resolve::{Allowed, addresses, may_be_asked};
use super::tls::protection;
use super::way::{Stream, Target, Ways};
use super::{NetEvent, TlsTrust, classify};
use crate::book::{Book, flow};

/// The longest answer read from a platform.
const BODY_BYTES_MAX: usize = 1 << 20;
/// The longest answer of all, a calendar's.
const ANSWER_BYTES_MAX: usize = agenda::TEXT_BYTES_MAX;
/// The longest a platform may take to answer.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(15);
/// As whom the room asks.
const USER_AGENT: &str = concat!("HuisClos/", env!("CARGO_PKG_VERSION"));

/// Connections to the platforms, kept open between calls.
#[derive(Clone)]
pub struct HttpClient {
    client: reqwest::Client,
    allowed: Allowed,
    trust: TlsTrust,
    ways: Ways,
}

impl HttpClient {
    /// # Errors
    /// When the TLS configuration is not usable.
    pub fn new(trust: &TlsTrust, ways: &Ways, allowed: Allowed) -> anyhow::Result<HttpClient> {
        let client = straight(trust, allowed.clone())?;
        Ok(HttpClient { client, allowed, trust: trust.clone(), ways: ways.clone() })
    }

    /// Begins a request, for [`HttpClient::send`].
    pub(crate) fn request(&self, method: reqwest::Method, url: Url) -> reqwest::RequestBuilder {
        self.client.request(method, url)
    }

    /// Sends a request. Whatever leads there may be used for it that is allowed; names are judged when they are looked up.
    /// What goes through a proxy is counted in `book`.
    ///
    /// # Errors
    /// When nothing leads there, or nothing is answered in time.
    pub(crate) async fn send(
        &self,
        request: reqwest::RequestBuilder,
        book: &Arc<Book>,
    ) -> Result<reqwest::Response, NetError> {
        let request = request.build().map_err(|_| NetError::Protocol)?;
        let url = request.url().clone();
        let target = target(&url).ok_or(NetError::Protocol)?;
        if self.ways.is_direct(&target).await {
            if !may_be_asked(&target.host, &self.allowed) {
                return Err(NetError::OutsidePolicy);
            }
            return self.client.execute(request).await.map_err(|error| failure(&error));
        }
        let patience = request.timeout().copied().unwrap_or(REQUEST_TIMEOUT);
        match tokio::time::timeout(patience, self.send_through(request, &target, book)).await {
            Ok(answered) => answered,
            Err(_) => Err(NetError::TimedOut),
        }
    }

    /// Whether requests for this go straight to its server.
    pub(crate) async fn is_direct(&self, url: &Url) -> bool {
        match target(url) {
            Some(target) => self.ways.is_direct(&target).await,
            None => false,
        }
    }

    async fn send_through(
        &self,
        request: reqwest::Request,
        target: &Target<'_>,
        book: &Arc<Book>,
    ) -> Result<reqwest::Response, NetError> {
        let reached = self.ways.reach(target, book, &self.allowed).await?;
        let mut stream: Box<dyn Stream> = reached.stream;
        if target.protocol == Protocol::Tls {
            let name = request.url().host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
            let name = ServerName::try_from(name).map_err(|_| NetError::Certificate)?;
            let inside = TlsConnector::from(self.trust.config.clone()).connect(name, stream).await;
            let inside = inside.map_err(|error| classify(&error))?;
            book.protected(reached.flow, protection(inside.get_ref().1));
            stream = Box::new(inside);
        }
        let (mut sender, connection) =
            http1::handshake(TokioIo::new(stream)).await.map_err(|error| classify(&error))?;
        tokio::spawn(connection);
        let url = request.url();
        let body = request.body().and_then(reqwest::Body::as_bytes).map(Bytes::copy_from_slice).unwrap_or_default();
        let mut asked = hyper::Request::new(Full::new(body));
        *asked.method_mut() = request.method().clone();
        *asked.uri_mut() = url[Position::BeforePath..Position::AfterQuery].parse().map_err(|_| NetError::Protocol)?;
        *asked.headers_mut() = request.headers().clone();
        let host = &url[Position::BeforeHost..Position::AfterPort];
        asked.headers_mut().insert(HOST, HeaderValue::from_str(host).map_err(|_| NetError::Protocol)?);
        asked.headers_mut().entry(hyper::header::USER_AGENT).or_insert(HeaderValue::from_static(USER_AGENT));
        let (head, body) = sender.send_request(asked).await.map_err(|error| classify(&error))?.into_parts();
        let body = Limited::new(body, ANSWER_BYTES_MAX + 1).collect().await;
        let body = body.map_err(|error| classify(error.as_ref()))?.to_bytes();
        Ok(hyper::Response::from_parts(head, body).into())
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
    pub(crate) async fn perform(&self, request: HttpRequest, book: &Arc<Book>) -> Result<HttpResponse, NetError> {
        let method = match request.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
        };
        let protocol = protocol(&request.url);
        let sent = request.body.as_ref().map_or(0, Vec::len);
        let mut builder = self.request(method, request.url);
        for (name, value) in request.headers {
            builder = builder.header(name, value);
        }
        if let Some(body) = request.body {
            builder = builder.body(body);
        }
        let mut answer = self.send(builder, book).await?;
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
}

/// A client that knows no proxy.
///
/// # Errors
/// When the TLS configuration is not usable.
pub fn straight(trust: &TlsTrust, allowed: Allowed) -> anyhow::Result<reqwest::Client> {
    reqwest::Client::builder()
        .tls_backend_preconfigured((*trust.config).clone())
        // Where packets go is the configuration's business, not the environment's.
        .no_proxy()
        .dns_resolver(Resolver(allowed))
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(Duration::from_secs(8))
        .timeout(REQUEST_TIMEOUT)
        .user_agent(USER_AGENT)
        .build()
        .context("cannot set up HTTP")
}

/// Why a request was not answered.
pub(crate) fn failure(error: &reqwest::Error) -> NetError {
    if error.is_timeout() { NetError::TimedOut } else { classify(error) }
}

fn protocol(url: &Url) -> Protocol {
    if url.scheme() == "https" { Protocol::Tls } else { Protocol::Tcp }
}

fn target(url: &Url) -> Option<Target<'_>> {
    let (host, port) = (url.host()?, url.port_or_known_default()?);
    Some(Target { host, port, protocol: protocol(url), purpose: Purpose::Signalling, at: None })
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
