//! The way out of a network that lets nothing out but through a proxy (RFC 9110 §3.7), or that has a script say which.

use std::fmt;
use std::path::PathBuf;

use anyhow::{Context, bail};
use ipnet::IpNet;
use url::{Host, Url};

use super::{several, words};
use crate::wired::written::WrittenProxy;

/// What goes through a proxy: everything of meetings and of the calendar, but for this machine and the exceptions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proxy {
    pub way: ProxyWay,
    pub account: Option<ProxyAccount>,
    pub except: Vec<Exception>,
}

/// Which proxy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProxyWay {
    At(ProxyAddress),
    /// As a script says (proxy auto-config), in this file.
    ScriptIn(PathBuf),
    /// As a script says, to be fetched there.
    ScriptAt(Url),
}

/// A proxy's place.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ProxyAddress {
    /// The proxy itself is spoken to in TLS, and has a certificate of its name.
    pub tls: bool,
    pub host: Host,
    pub port: u16,
}

/// Who the room is to the proxy (RFC 7617). The password is read when the room starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProxyAccount {
    pub user: String,
    pub password_file: PathBuf,
}

/// What is reached directly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Exception {
    /// This name, and those below it.
    Name(String),
    /// These addresses, where the way begins with one: names are not looked up for it.
    Net(IpNet),
}

impl TryFrom<WrittenProxy> for Proxy {
    type Error = anyhow::Error;

    fn try_from(written: WrittenProxy) -> anyhow::Result<Proxy> {
        let way = match (written.server, written.pac) {
            (Some(server), None) => ProxyWay::At(server_at(&server)?),
            (None, Some(pac)) => script(&pac)?,
            _ => bail!("network.proxy needs either server or pac"),
        };
        let account = match (written.user, written.password_file) {
            (Some(user), Some(password_file)) => Some(account(user, password_file)?),
            (None, None) => None,
            _ => bail!("network.proxy.user and network.proxy.password_file go together"),
        };
        if let (ProxyWay::ScriptAt(url), Some(_)) = (&way, &account)
            && url.scheme() != "https"
        {
            bail!(
                "network.proxy.pac must begin with https, or be a file: whoever answers in clear could name a proxy of \
                 their own, which would be told the password"
            );
        }
        let except = several("network.proxy.except", written.except, exception)?;
        Ok(Proxy { way, account, except })
    }
}

fn server_at(text: &str) -> anyhow::Result<ProxyAddress> {
    let is_none = || format!("network.proxy.server: {text:?} is no proxy, like http://proxy.example:3128");
    let url = Url::parse(text).with_context(is_none)?;
    if !url.username().is_empty() || url.password().is_some() {
        bail!("network.proxy.server must not carry a password: use user and password_file");
    }
    let host = url.host().map(|host| host.to_owned()).filter(|_| matches!(url.scheme(), "http" | "https"));
    let is_bare = matches!(url.path(), "" | "/") && url.query().is_none() && url.fragment().is_none();
    let (Some(host), true) = (host, is_bare) else { bail!(is_none()) };
    let tls = url.scheme() == "https";
    // What nobody expects of a proxy is 80: where it listens has to be said.
    let port = url.port().or(tls.then_some(443)).with_context(|| format!("{}: its port is missing", is_none()))?;
    Ok(ProxyAddress { tls, host, port })
}

fn script(text: &str) -> anyhow::Result<ProxyWay> {
    if text.starts_with('/') {
        return Ok(ProxyWay::ScriptIn(text.into()));
    }
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    let url = url.with_context(|| format!("network.proxy.pac: {text:?} is neither a whole path nor an address"))?;
    if !url.username().is_empty() || url.password().is_some() {
        bail!("network.proxy.pac must not carry a password");
    }
    Ok(ProxyWay::ScriptAt(url))
}

fn account(user: String, password_file: PathBuf) -> anyhow::Result<ProxyAccount> {
    // RFC 7617 §2: a colon ends it.
    if user.is_empty() || user.contains(|c: char| c.is_control() || c == ':') {
        bail!("network.proxy.user: {user:?} is no name of an account");
    }
    Ok(ProxyAccount { user, password_file })
}

fn exception(text: &str) -> anyhow::Result<Exception> {
    let is_none =
        || format!("network.proxy.except: {text:?} is neither a name nor addresses, like example.org or 192.0.2.0/24");
    if let Ok(net) = text.parse::<IpNet>() {
        return Ok(Exception::Net(net));
    }
    let name = text.trim_start_matches("*.").trim_start_matches('.');
    match name.parse().map(Host::Ipv6).or_else(|_| policy::host(name)) {
        Ok(Host::Domain(name)) => Ok(Exception::Name(name)),
        Ok(Host::Ipv4(address)) => Ok(Exception::Net(IpNet::from(std::net::IpAddr::from(address)))),
        Ok(Host::Ipv6(address)) => Ok(Exception::Net(IpNet::from(std::net::IpAddr::from(address)))),
        Err(_) => bail!(is_none()),
    }
}

impl Exception {
    /// Whether it is this host.
    pub fn holds(&self, host: &Host<&str>) -> bool {
        match (self, host) {
            (Exception::Name(name), Host::Domain(host)) => {
                let host = host.trim_end_matches('.').to_ascii_lowercase();
                host == *name || host.strip_suffix(name.as_str()).is_some_and(|rest| rest.ends_with('.'))
            }
            (Exception::Net(net), Host::Ipv4(address)) => net.contains(&std::net::IpAddr::from(*address)),
            (Exception::Net(net), Host::Ipv6(address)) => net.contains(&std::net::IpAddr::from(*address)),
            _ => false,
        }
    }
}

impl fmt::Display for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Exception::Name(name) => f.write_str(name),
            Exception::Net(net) => net.fmt(f),
        }
    }
}

impl fmt::Display for ProxyAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.tls { "https" } else { "http" };
        write!(f, "{scheme}://{}:{}", self.host, self.port)
    }
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.way {
            ProxyWay::At(address) => write!(f, "through {address}")?,
            ProxyWay::ScriptIn(path) => write!(f, "as the script {} says", path.display())?,
            ProxyWay::ScriptAt(url) => write!(f, "as the script at {url} says")?,
        }
        if let Some(account) = &self.account {
            let in_clear = matches!(&self.way, ProxyWay::At(address) if !address.tls);
            let how = if in_clear { ", whose password the cable sees" } else { "" };
            write!(f, ", as {}{how}", account.user)?;
        }
        match self.except[..] {
            [] => Ok(()),
            _ => write!(f, "; directly to {}", words(&self.except)),
        }
    }
}
