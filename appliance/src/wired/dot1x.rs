//! What opens a switch's port: IEEE 802.1X with EAP-TLS (RFC 5216), by wpa_supplicant.

use std::fmt;

use anyhow::{Context, bail};
use url::Host;

use super::{several, words};
use crate::wired::written::WrittenDot1x;

/// Who the room is to the switch, and whom it believes there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dot1x {
    /// Said in clear before there is TLS; at most 253 bytes (RFC 7542 §2.3).
    identity: String,
    /// Files, PEM, by whole paths.
    certificate: String,
    key: String,
    authorities: String,
    /// The servers' names, whole, as their certificates have them (dNSName); at least one.
    servers: Vec<String>,
}

impl TryFrom<WrittenDot1x> for Dot1x {
    type Error = anyhow::Error;

    fn try_from(written: WrittenDot1x) -> anyhow::Result<Dot1x> {
        let identity = written.identity;
        if !(1..=253).contains(&identity.len()) || !is_plain(&identity) {
            bail!("network.dot1x.identity: {identity:?} is no name, like turing@rooms.example");
        }
        if written.servers.is_empty() {
            bail!("network.dot1x.servers is empty: whoever has a certificate of the same authority would be believed");
        }
        Ok(Dot1x {
            identity,
            certificate: path("certificate", written.certificate)?,
            key: path("key", written.key)?,
            authorities: path("authorities", written.authorities)?,
            servers: several("network.dot1x.servers", Some(written.servers), server)?,
        })
    }
}

/// Without what has a meaning in wpa_supplicant's quotes.
fn is_plain(text: &str) -> bool {
    !text.contains(|c: char| c.is_control() || matches!(c, '"' | '\\'))
}

fn path(key: &str, path: String) -> anyhow::Result<String> {
    if !path.starts_with('/') || !is_plain(&path) {
        bail!("network.dot1x.{key}: {path:?} is no whole path of a file");
    }
    Ok(path)
}

fn server(text: &str) -> anyhow::Result<String> {
    let name = match policy::host(text) {
        // Names in this file are between semicolons.
        Ok(Host::Domain(name)) if is_plain(&name) && !name.contains(';') => Some(name),
        _ => None,
    };
    name.with_context(|| format!("network.dot1x.servers: {text:?} is no name"))
}

impl Dot1x {
    /// The same as wpa_supplicant reads it: wpa_supplicant.conf(5). Without a control socket: nobody is to change it.
    pub fn supplicant(&self) -> String {
        format!(
            "ap_scan=0

network={{
    key_mgmt=IEEE8021X
    eapol_flags=0
    eap=TLS
    identity=\"{}\"
    client_cert=\"{}\"
    private_key=\"{}\"
    ca_cert=\"{}\"
    domain_match=\"{}\"
    phase1=\"tls_disable_tlsv1_0=1 tls_disable_tlsv1_1=1\"
}}
",
            self.identity,
            self.certificate,
            self.key,
            self.authorities,
            self.servers.join(";"),
        )
    }
}

impl fmt::Display for Dot1x {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "opened by 802.1X (EAP-TLS) as {}, for {}", self.identity, words(&self.servers))
    }
}
