//! The room's radio: which wireless network it joins (IEEE 802.11), by wpa_supplicant. What is older than WPA2 is not spoken.

use std::fmt;
use std::path::PathBuf;

use anyhow::bail;

use super::dot1x::{Dot1x, whole_path};
use super::written::WrittenWifi;
use super::{Addressing, Cable, Family, addressing, cable};

/// The wireless network, and the room's addresses there. Name servers and time servers are the room's, as at the cable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wifi {
    /// 1 to 32 octets (IEEE 802.11 §9.4.2.2).
    ssid: String,
    /// ISO 3166-1, two capital letters: whose rules for channels and powers hold.
    country: String,
    proof: Proof,
    /// WPA3 and nothing older; else WPA2 as well.
    only_wpa3: bool,
    /// The network does not say its name, so the room asks for it, everywhere.
    hidden: bool,
    /// As the kernel calls the radio; none: the first.
    pub(super) interface: Option<String>,
    pub(super) ipv4: Addressing,
    pub(super) ipv6: Addressing,
}

/// What the room shows to be let in.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Proof {
    /// What everybody in the network knows (Personal). By its whole path: see [`passphrase`].
    Passphrase(PathBuf),
    /// EAP-TLS (Enterprise).
    Certificate(Dot1x),
}

impl TryFrom<WrittenWifi> for Wifi {
    type Error = anyhow::Error;

    fn try_from(written: WrittenWifi) -> anyhow::Result<Wifi> {
        if written.passphrase.is_some() {
            bail!(
                "network.wifi.passphrase: many read this file; put it into one of its own, and name that: passphrase_file"
            );
        }
        if !(1..=32).contains(&written.ssid.len()) {
            bail!("network.wifi.ssid must have 1 to 32 bytes, not {}", written.ssid.len());
        }
        if written.country.len() != 2 || !written.country.bytes().all(|letter| letter.is_ascii_uppercase()) {
            bail!("network.wifi.country: {:?} is no country of ISO 3166-1, like FR", written.country);
        }
        let only_wpa3 = match written.security.as_deref() {
            None | Some("wpa2") => false,
            Some("wpa3") => true,
            Some(other) => bail!(
                "network.wifi.security: {other:?} is neither \"wpa2\", with which WPA3 is spoken too, nor \"wpa3\""
            ),
        };
        let proof = match (written.passphrase_file, written.dot1x) {
            (Some(file), None) => Proof::Passphrase(whole_path("network.wifi.passphrase_file", file)?.into()),
            (None, Some(dot1x)) => Proof::Certificate(Dot1x::of("network.wifi.dot1x", dot1x)?),
            _ => bail!("network.wifi needs either passphrase_file or [network.wifi.dot1x]"),
        };
        let interface = match written.interface.as_deref().map(|text| cable("network.wifi.interface", text)) {
            None => None,
            Some(named) => match named? {
                Cable::Named(name) => Some(name),
                _ => bail!("network.wifi.interface needs the radio's name, like wlp1s0"),
            },
        };
        let ipv4 = addressing(written.ipv4, "network.wifi.ipv4", Family::Ipv4)?;
        let ipv6 = addressing(written.ipv6, "network.wifi.ipv6", Family::Ipv6)?;
        if (&ipv4, &ipv6) == (&Addressing::Off, &Addressing::Off) {
            bail!("network.wifi.ipv4 and network.wifi.ipv6 are both off: leave [network.wifi] out for no radio");
        }
        let hidden = written.hidden.unwrap_or(false);
        Ok(Wifi { ssid: written.ssid, country: written.country, proof, only_wpa3, hidden, interface, ipv4, ipv6 })
    }
}

impl Wifi {
    pub(super) fn addressing(&self, family: Family) -> &Addressing {
        match family {
            Family::Ipv4 => &self.ipv4,
            Family::Ipv6 => &self.ipv6,
        }
    }

    /// Where the passphrase is, if one lets the room in.
    pub fn passphrase_file(&self) -> Option<&PathBuf> {
        match &self.proof {
            Proof::Passphrase(file) => Some(file),
            Proof::Certificate(_) => None,
        }
    }

    /// The same as wpa_supplicant reads it: wpa_supplicant.conf(5), as of 2.10. Without a control socket: nobody is to change
    /// it. `passphrase`: one that [`passphrase`] lets through, where [`Wifi::passphrase_file`] names one.
    pub fn supplicant(&self, passphrase: Option<&str>) -> String {
        let (key_mgmt, proof) = match (&self.proof, self.only_wpa3) {
            (Proof::Passphrase(_), false) => ("SAE WPA-PSK-SHA256 WPA-PSK", psk(passphrase)),
            (Proof::Passphrase(_), true) => ("SAE", psk(passphrase)),
            (Proof::Certificate(dot1x), false) => ("WPA-EAP-SHA256 WPA-EAP", dot1x.eap()),
            (Proof::Certificate(dot1x), true) => ("WPA-EAP-SHA256", dot1x.eap()),
        };
        // In hexadecimal digits it is what it is, whatever is in it.
        let ssid: String = self.ssid.bytes().map(|byte| format!("{byte:02x}")).collect();
        // Frames that manage the network are protected where it can (1), with WPA3 always (2): IEEE 802.11w. `sae_pwe`: both
        // ways of SAE, of which 6 GHz wants the newer.
        format!(
            "country={}
p2p_disabled=1
sae_pwe=2

network={{
    ssid={ssid}
    scan_ssid={}
    proto=RSN
    pairwise=CCMP
    group=CCMP
    key_mgmt={key_mgmt}
    ieee80211w={}
{proof}}}
",
            self.country,
            u8::from(self.hidden),
            if self.only_wpa3 { 2 } else { 1 },
        )
    }
}

fn psk(passphrase: Option<&str>) -> String {
    passphrase.map(|text| format!("    psk=\"{text}\"\n")).unwrap_or_default()
}

/// Lets through what is a passphrase: 8 to 63 characters of ASCII (IEEE 802.11 §J.4.1).
///
/// # Errors
/// When it is none. What it is, is not said.
pub fn passphrase(text: &str) -> anyhow::Result<()> {
    if !text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        bail!("a passphrase of Wi-Fi has only characters of ASCII, in one line");
    }
    if !(8..=63).contains(&text.len()) {
        bail!("a passphrase of Wi-Fi has 8 to 63 characters, not {}", text.len());
    }
    // wpa_supplicant takes what follows for a comment.
    if text.split_once('"').is_some_and(|(_, behind)| behind.contains('#')) {
        bail!("a passphrase with a number sign behind quotation marks cannot be told to wpa_supplicant");
    }
    Ok(())
}

impl fmt::Display for Wifi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let generation = if self.only_wpa3 { "WPA3" } else { "WPA2 or WPA3" };
        let hidden = if self.hidden { ", hidden" } else { "" };
        write!(f, "{:?}{hidden}, {generation}, ", self.ssid)?;
        match &self.proof {
            Proof::Passphrase(_) => write!(f, "with a passphrase")?,
            Proof::Certificate(dot1x) => write!(f, "{dot1x}")?,
        }
        match &self.interface {
            Some(name) => write!(f, "; on {name}, by the rules of {}", self.country),
            None => write!(f, "; on the first radio, by the rules of {}", self.country),
        }
    }
}
