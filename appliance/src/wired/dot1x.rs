//! What opens a switch's port, or a wireless network: IEEE 802.1X with EAP-TLS (RFC 5216), by wpa_supplicant.

use std::fmt;

use anyhow::{Context, bail};
use url::Host;

use super::{several, words};
use crate::wired::written::WrittenDot1x;

/// Who the room is to the switch or access point, and whom it believes there.
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

impl Dot1x {
    /// What is written in this section: `network.dot1x`.
    ///
    /// # Errors
    /// When it makes no sense.
    pub fn of(section: &str, written: WrittenDot1x) -> anyhow::Result<Dot1x> {
        let identity = written.identity;
        if !(1..=253).contains(&identity.len()) || !is_plain(&identity) {
            bail!("{section}.identity: {identity:?} is no name, like turing@rooms.example");
        }
        if written.servers.is_empty() {
            bail!("{section}.servers is empty: whoever has a certificate of the same authority would be believed");
        }
        let servers = format!("{section}.servers");
        Ok(Dot1x {
            identity,
            certificate: whole_path(&format!("{section}.certificate"), written.certificate)?,
            key: whole_path(&format!("{section}.key"), written.key)?,
            authorities: whole_path(&format!("{section}.authorities"), written.authorities)?,
            servers: several(&servers, Some(written.servers), |text| server(&servers, text))?,
        })
    }
}

/// Without what has a meaning in wpa_supplicant's quotes.
fn is_plain(text: &str) -> bool {
    !text.contains(|c: char| c.is_control() || matches!(c, '"' | '\\'))
}

/// A file's path, which wpa_supplicant can be told.
pub(super) fn whole_path(key: &str, path: String) -> anyhow::Result<String> {
    if !path.starts_with('/') || !is_plain(&path) {
        bail!("{key}: {path:?} is no whole path of a file");
    }
    Ok(path)
}

fn server(key: &str, text: &str) -> anyhow::Result<String> {
    let name = match policy::host(text) {
        // Names in this file are between semicolons.
        Ok(Host::Domain(name)) if is_plain(&name) && !name.contains(';') => Some(name),
        _ => None,
    };
    name.with_context(|| format!("{key}: {text:?} is no name"))
}

impl Dot1x {
    /// The same as wpa_supplicant reads it for a cable: wpa_supplicant.conf(5). Without a control socket: nobody is to change
    /// it.
    pub fn supplicant(&self) -> String {
        format!("ap_scan=0\n\nnetwork={{\n    key_mgmt=IEEE8021X\n    eapol_flags=0\n{}}}\n", self.eap())
    }

    /// What a `network` of wpa_supplicant has of it, whatever it is of.
    pub fn eap(&self) -> String {
        format!(
            "    eap=TLS
    identity=\"{}\"
    client_cert=\"{}\"
    private_key=\"{}\"
    ca_cert=\"{}\"
    domain_match=\"{}\"
    phase1=\"tls_disable_tlsv1_0=1 tls_disable_tlsv1_1=1\"
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
