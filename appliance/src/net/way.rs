//! The way to a host: straight on, or through the network's proxy (CONNECT, RFC 9110 §9.3.6).

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context;
use bytes::Bytes;
use evidence::Protocol;
use http_body_util::Empty;
use hyper::client::conn::http1;
use hyper::header::{HOST, HeaderValue, PROXY_AUTHORIZATION};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use meeting::io::{NetError, Purpose};
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;
use url::Host;

use super::dial::dial;
use super::metered::Metered;
use super::pac::Pac;
use super::resolve::{Allowed, addresses};
use super::{TlsTrust, classify};
use crate::book::{Book, flow};
use crate::secret;
use crate::wired::proxy::{Exception, Proxy, ProxyAddress, ProxyWay};

/// How long names are looked up here that a proxy may know better: who lets nothing out often knows no names either.
const LOOK_UP_PATIENCE: Duration = Duration::from_secs(1);
/// Names that only a proxy knows, at most; more are not found.
const FOREIGN_MAX: usize = 1024;
/// 240.0.0.0/4 is nobody's (RFC 1112 §4): nothing is sent there, on any network.
const FOREIGN: u8 = 240;

/// A stream of bytes, whatever is below it.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// How this room gets out; the same for everything it reaches.
#[derive(Clone)]
pub struct Ways(Arc<Inner>);

struct Inner {
    through: Option<Through>,
    /// Whose certificates proxies show.
    trust: TlsTrust,
    /// Hosts that only the proxy can find, by their number.
    foreign: Mutex<Vec<String>>,
}

struct Through {
    source: Source,
    /// The value of `Proxy-Authorization`.
    account: Option<HeaderValue>,
    except: Vec<Exception>,
}

enum Source {
    One(ProxyAddress),
    Script(Box<Pac>),
}

/// A first step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hop {
    Direct,
    Proxy(ProxyAddress),
}

/// Whom to reach.
pub struct Target<'t> {
    pub host: Host<&'t str>,
    pub port: u16,
    /// What will be spoken there.
    pub protocol: Protocol,
    pub purpose: Purpose,
    /// Where it is, if that has been found out.
    pub at: Option<SocketAddr>,
}

/// A connection, as far as whom it was to reach. Its bytes are counted.
pub struct Reached {
    pub stream: Box<dyn Stream>,
    /// Where they go: a proxy's address, if there is one.
    pub flow: evidence::FlowKey,
    pub local: SocketAddr,
}

impl Ways {
    /// As the configuration says. `may_fetch`: from where a script may come.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn new(proxy: Option<&Proxy>, trust: &TlsTrust, may_fetch: Allowed) -> anyhow::Result<Ways> {
        let through = proxy.map(|proxy| Through::new(proxy, trust, may_fetch)).transpose()?;
        Ok(Ways(Arc::new(Inner { through, trust: trust.clone(), foreign: Mutex::default() })))
    }

    /// The first steps to a host, in the order to try them. Never none.
    async fn to(&self, target: &Target<'_>) -> Result<Vec<Hop>, NetError> {
        let Some(through) = &self.0.through else { return Ok(vec![Hop::Direct]) };
        if is_this_machine(&target.host) || through.except.iter().any(|exception| exception.holds(&target.host)) {
            return Ok(vec![Hop::Direct]);
        }
        match &through.source {
            Source::One(address) => Ok(vec![Hop::Proxy(address.clone())]),
            Source::Script(pac) => {
                let scheme = if target.protocol == Protocol::Tls { "https" } else { "http" };
                pac.find(scheme, &target.host.to_string(), target.port).await.map_err(|error| {
                    tracing::warn!("no proxy is known: {error:#}");
                    NetError::ProxyUnreachable
                })
            }
        }
    }

    /// Whether the first step to a host is its own address.
    pub async fn is_direct(&self, target: &Target<'_>) -> bool {
        self.to(target).await.is_ok_and(|hops| hops.first() == Some(&Hop::Direct))
    }

    /// Connects, by the first way that leads there.
    ///
    /// # Errors
    /// Why the last one does not.
    pub async fn reach(&self, target: &Target<'_>, book: &Arc<Book>, allowed: &Allowed) -> Result<Reached, NetError> {
        let mut failure = NetError::Unreachable;
        for hop in self.to(target).await? {
            let reached = match &hop {
                Hop::Direct => self.straight(target, book, allowed).await,
                Hop::Proxy(proxy) => self.through(proxy, target, book, allowed).await,
            };
            match reached {
                Ok(reached) => return Ok(reached),
                // Another proxy may answer; who has answered has decided.
                Err(error @ (NetError::ProxyUnreachable | NetError::Unreachable)) => failure = error,
                Err(error) => return Err(error),
            }
        }
        Err(failure)
    }

    async fn straight(&self, target: &Target<'_>, book: &Arc<Book>, allowed: &Allowed) -> Result<Reached, NetError> {
        let found = match target.at {
            Some(address) if allowed(address.ip()) => vec![address],
            Some(_) => return Err(NetError::OutsidePolicy),
            None => addresses(target.host.clone(), target.port, allowed).await?,
        };
        connected(found, target, book).await.map_err(|error| classify(&error))
    }

    async fn through(
        &self,
        proxy: &ProxyAddress,
        target: &Target<'_>,
        book: &Arc<Book>,
        allowed: &Allowed,
    ) -> Result<Reached, NetError> {
        let host = borrowed(&proxy.host);
        let gone = |error: NetError| if error == NetError::OutsidePolicy { error } else { NetError::ProxyUnreachable };
        let found = addresses(host, proxy.port, allowed).await.map_err(gone)?;
        let Reached { mut stream, flow, local } =
            connected(found, target, book).await.map_err(|_| NetError::ProxyUnreachable)?;
        if proxy.tls {
            let name = ServerName::try_from(proxy.host.to_string()).map_err(|_| NetError::ProxyUnreachable)?;
            let connector = TlsConnector::from(self.0.trust.config.clone());
            let inside = connector.connect(name, stream).await.map_err(|error| {
                tracing::warn!(%error, "the proxy could not prove who it is");
                NetError::ProxyUnreachable
            })?;
            stream = Box::new(inside);
        }
        let account = self.0.through.as_ref().and_then(|through| through.account.as_ref());
        let authority = format!("{}:{}", target.host, target.port);
        Ok(Reached { stream: ask(stream, &authority, account).await?, flow, local })
    }

    /// The addresses of a host, for whoever can only go to addresses: of one that only the proxy can find, an address that
    /// is nobody's and stands for it ([`Ways::host_of`]).
    ///
    /// # Errors
    /// When nobody knows the name.
    pub async fn look_up(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, NetError> {
        let known = async { tokio::net::lookup_host((host, port)).await.map_err(|_| NetError::NameNotFound) };
        let target =
            Target { host: Host::Domain(host), port, protocol: Protocol::Tls, purpose: Purpose::Relay, at: None };
        if self.0.through.is_none() || self.is_direct(&target).await {
            return Ok(known.await?.collect());
        }
        match tokio::time::timeout(LOOK_UP_PATIENCE, known).await {
            Ok(Ok(addresses)) => Ok(addresses.collect()),
            _ => Ok(vec![(self.stand_in(host).ok_or(NetError::NameNotFound)?, port).into()]),
        }
    }

    fn stand_in(&self, host: &str) -> Option<IpAddr> {
        let mut foreign = self.0.foreign.lock().unwrap_or_else(PoisonError::into_inner);
        let number = match foreign.iter().position(|known| known == host) {
            Some(number) => number,
            None if foreign.len() < FOREIGN_MAX => {
                foreign.push(host.to_owned());
                foreign.len() - 1
            }
            None => return None,
        };
        let [high, low] = u16::try_from(number).ok()?.to_be_bytes();
        Some(Ipv4Addr::new(FOREIGN, 0, high, low).into())
    }

    /// The name that an address stands for, if it is one that [`Ways::look_up`] made up.
    pub fn host_of(&self, address: IpAddr) -> Option<String> {
        let IpAddr::V4(v4) = address else { return None };
        let [FOREIGN, 0, high, low] = v4.octets() else { return None };
        let foreign = self.0.foreign.lock().unwrap_or_else(PoisonError::into_inner);
        foreign.get(usize::from(u16::from_be_bytes([high, low]))).cloned()
    }
}

impl Through {
    fn new(proxy: &Proxy, trust: &TlsTrust, may_fetch: Allowed) -> anyhow::Result<Through> {
        let account = match &proxy.account {
            None => None,
            Some(account) => {
                let value = secret::basic(&account.user, &account.password_file)?;
                let mut value = HeaderValue::from_str(&value).context("the account of network.proxy")?;
                value.set_sensitive(true);
                Some(value)
            }
        };
        let source = match &proxy.way {
            ProxyWay::At(address) => Source::One(address.clone()),
            ProxyWay::ScriptIn(path) => Source::Script(Box::new(Pac::in_file(path.clone()))),
            ProxyWay::ScriptAt(url) => Source::Script(Box::new(Pac::at(url.clone(), trust, may_fetch)?)),
        };
        Ok(Through { source, account, except: proxy.except.clone() })
    }
}

fn is_this_machine(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => *name == "localhost" || name.ends_with(".localhost"),
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

/// The same host, borrowed.
pub fn borrowed(host: &Host) -> Host<&str> {
    match host {
        Host::Domain(name) => Host::Domain(name),
        Host::Ipv4(address) => Host::Ipv4(*address),
        Host::Ipv6(address) => Host::Ipv6(*address),
    }
}

async fn connected(found: Vec<SocketAddr>, target: &Target<'_>, book: &Arc<Book>) -> std::io::Result<Reached> {
    let stream = dial(found).await?;
    let _ = stream.set_nodelay(true);
    let (local, flow) = (stream.local_addr()?, flow(target.purpose, stream.peer_addr()?, target.protocol));
    Ok(Reached { stream: Box::new(Metered::new(stream, book.clone(), flow)), flow, local })
}

/// Asks a proxy to connect there; from then on the stream is as if it led there.
async fn ask(
    stream: Box<dyn Stream>,
    authority: &str,
    account: Option<&HeaderValue>,
) -> Result<Box<dyn Stream>, NetError> {
    let gone = |_| NetError::ProxyUnreachable;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(gone)?;
    tokio::spawn(connection.with_upgrades());
    let mut request = Request::connect(authority).header(HOST, authority);
    if let Some(account) = account {
        request = request.header(PROXY_AUTHORIZATION, account);
    }
    let request = request.body(Empty::<Bytes>::new()).map_err(|_| NetError::Protocol)?;
    let answer = sender.send_request(request).await.map_err(gone)?;
    let status = answer.status();
    if status.is_success() {
        let through = hyper::upgrade::on(answer).await.map_err(gone)?;
        return Ok(Box::new(TokioIo::new(through)));
    }
    tracing::info!(status = status.as_u16(), "the proxy does not connect");
    Err(match status {
        StatusCode::PROXY_AUTHENTICATION_REQUIRED => NetError::ProxyRefused,
        // It tried, and whom we want does not answer.
        StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT => {
            NetError::Unreachable
        }
        _ => NetError::ProxyForbids,
    })
}
