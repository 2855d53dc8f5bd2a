//! The cable, and the radio where there is to be one: what IT decided about the room's network, as `[network]` of the
//! configuration says it. Pure: [`files`] says it to systemd-networkd, [`crate::network_command`] does it.

mod dot1x;
pub mod files;
pub mod proxy;
pub mod wifi;
mod written;

use std::fmt;
use std::net::IpAddr;

use anyhow::{Context, bail};
use ipnet::IpNet;
use serde::Deserialize;
use url::Host;

use dot1x::Dot1x;
use proxy::Proxy;
use wifi::Wifi;
use written::{Written, WrittenFamily, WrittenFixed};

/// The room's network. Without a word of it: every cable, DHCP, router advertisements. It exists only when it makes sense.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Written")]
pub struct Network {
    cable: Cable,
    /// 1 to 4094 (IEEE 802.1Q §9.6); only with one cable.
    vlan: Option<u16>,
    ipv4: Addressing,
    ipv6: Addressing,
    /// Instead of those that the network names; none: those that it names.
    dns: Vec<IpAddr>,
    /// Instead of those that the network names; none: those that it names.
    ntp: Vec<Host>,
    /// What opens the switch's port; only with a cable that has a name.
    dot1x: Option<Dot1x>,
    /// Beside the cable, which comes first; none: no radio is used.
    wifi: Option<Wifi>,
    /// The way out; nothing of it is networkd's, the daemon goes there.
    proxy: Option<Proxy>,
}

/// Which of the machine's cables the room uses.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Cable {
    #[default]
    Every,
    /// As the kernel calls it: `enp1s0`.
    Named(String),
    /// By the address that is printed on the machine.
    Mac([u8; 6]),
}

/// How the room comes to its addresses of one family.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Addressing {
    /// IPv4: DHCP. IPv6: router advertisements, and DHCPv6 where they say so (RFC 4861 §4.2).
    #[default]
    Automatic,
    Fixed(Fixed),
    Off,
}

impl Addressing {
    fn fixed(&self) -> Option<&Fixed> {
        match self {
            Addressing::Fixed(fixed) => Some(fixed),
            _ => None,
        }
    }
}

/// Addresses that stay, and the way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fixed {
    /// At least one, all of the same family, each once.
    addresses: Vec<IpNet>,
    /// In the network of one of them, or link-local.
    gateway: Option<IpAddr>,
}

/// A family of addresses, as the configuration calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    Ipv4,
    Ipv6,
}

impl Family {
    fn of(address: IpAddr) -> Family {
        if address.is_ipv4() { Family::Ipv4 } else { Family::Ipv6 }
    }

    fn key(self) -> &'static str {
        match self {
            Family::Ipv4 => "network.ipv4",
            Family::Ipv6 => "network.ipv6",
        }
    }

    /// The word for [`Addressing::Automatic`].
    fn automatic(self) -> &'static str {
        match self {
            Family::Ipv4 => "dhcp",
            Family::Ipv6 => "auto",
        }
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if *self == Family::Ipv4 { "IPv4" } else { "IPv6" })
    }
}

impl Network {
    /// What a room's configuration says of the network, and nothing else of it: a mistake elsewhere takes no room off
    /// its network.
    ///
    /// # Errors
    /// When the text is no TOML, or `[network]` makes no sense.
    pub fn in_configuration(text: &str) -> anyhow::Result<Network> {
        #[derive(Deserialize)]
        struct Only {
            #[serde(default)]
            network: Network,
        }
        Ok(toml::from_str::<Only>(text)?.network)
    }

    /// Where the way out leads through, if not straight on.
    pub fn proxy(&self) -> Option<&Proxy> {
        self.proxy.as_ref()
    }

    /// The wireless network, if the room is to join one.
    pub fn wifi(&self) -> Option<&Wifi> {
        self.wifi.as_ref()
    }

    /// The same without a radio.
    #[must_use]
    pub fn without_wifi(self) -> Network {
        Network { wifi: None, ..self }
    }

    fn has_each_address_once(&self) -> anyhow::Result<()> {
        let Some(wifi) = &self.wifi else { return Ok(()) };
        for family in [Family::Ipv4, Family::Ipv6] {
            if let (Addressing::Fixed(at_cable), Addressing::Fixed(by_radio)) =
                (self.addressing(family), wifi.addressing(family))
                && let Some(both) = by_radio
                    .addresses
                    .iter()
                    .find(|address| at_cable.addresses.iter().any(|other| other.addr() == address.addr()))
            {
                bail!("network.wifi: {} is the room's address at the cable already", both.addr());
            }
        }
        Ok(())
    }

    fn addressing(&self, family: Family) -> &Addressing {
        match family {
            Family::Ipv4 => &self.ipv4,
            Family::Ipv6 => &self.ipv6,
        }
    }
}

impl TryFrom<Written> for Network {
    type Error = anyhow::Error;

    fn try_from(written: Written) -> anyhow::Result<Network> {
        let network = Network {
            cable: written.interface.as_deref().map_or(Ok(Cable::Every), |text| cable("network.interface", text))?,
            vlan: written.vlan.map(vlan).transpose()?,
            ipv4: addressing(written.ipv4, Family::Ipv4.key(), Family::Ipv4)?,
            ipv6: addressing(written.ipv6, Family::Ipv6.key(), Family::Ipv6)?,
            dns: several("network.dns", written.dns, name_server)?,
            ntp: several("network.ntp", written.ntp, time_server)?,
            dot1x: written.dot1x.map(|dot1x| Dot1x::of("network.dot1x", dot1x)).transpose()?,
            wifi: written.wifi.map(Wifi::try_from).transpose()?,
            proxy: written.proxy.map(Proxy::try_from).transpose()?,
        };
        if network.dot1x.is_some() && !matches!(network.cable, Cable::Named(_)) {
            bail!("network.dot1x needs network.interface, and its name: it is for one cable");
        }
        if network.vlan.is_some() && network.cable == Cable::Every {
            bail!("network.vlan needs network.interface: a VLAN is on one cable");
        }
        if (&network.ipv4, &network.ipv6) == (&Addressing::Off, &Addressing::Off) {
            bail!("network.ipv4 and network.ipv6 are both off: the room would have no network");
        }
        let addresses = network.ntp.iter().filter_map(address_of).map(|address| ("network.ntp", address));
        for (key, address) in network.dns.iter().map(|address| ("network.dns", *address)).chain(addresses) {
            let family = Family::of(address);
            if network.addressing(family) == &Addressing::Off {
                bail!("{key}: {address} cannot be reached, {} is off", family.key());
            }
            if network.wifi.as_ref().is_some_and(|wifi| wifi.addressing(family) == &Addressing::Off) {
                let of_wifi = family.key().replace("network.", "network.wifi.");
                bail!("{key}: {address} cannot be reached, {of_wifi} is off");
            }
        }
        network.has_each_address_once()?;
        Ok(network)
    }
}

/// `key`: where it is written.
fn cable(key: &str, text: &str) -> anyhow::Result<Cable> {
    if let Some(mac) = mac(text) {
        if mac[0] & 1 == 1 || mac == [0; 6] {
            bail!("{key}: {text} is no address of one machine");
        }
        return Ok(Cable::Mac(mac));
    }
    // What the kernel allows (dev_valid_name) and networkd takes literally.
    let is_usable = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let is_name = (1..=15).contains(&text.len())
        && text.chars().all(is_usable)
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && !matches!(text, "lo" | "all" | "default");
    if !is_name {
        bail!("{key}: {text:?} is neither a name like enp1s0 nor an address like 02:00:5e:00:53:01");
    }
    Ok(Cable::Named(text.into()))
}

/// Six bytes, with colons or hyphens between them.
fn mac(text: &str) -> Option<[u8; 6]> {
    let is_digits = |part: &str| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    let byte = |part| is_digits(part).then(|| u8::from_str_radix(part, 16).ok()).flatten();
    let bytes: Vec<u8> = text.split([':', '-']).map(byte).collect::<Option<_>>()?;
    bytes.try_into().ok()
}

fn vlan(number: i64) -> anyhow::Result<u16> {
    let vlan = u16::try_from(number).ok().filter(|vlan| (1..=4094).contains(vlan));
    vlan.with_context(|| format!("network.vlan must be between 1 and 4094, not {number}"))
}

/// A list in which each has its meaning, and is there once.
fn several<T: PartialEq + fmt::Debug>(
    key: &str,
    texts: Option<Vec<String>>,
    meaning: impl Fn(&str) -> anyhow::Result<T>,
) -> anyhow::Result<Vec<T>> {
    let Some(texts) = texts else { return Ok(Vec::new()) };
    if texts.is_empty() {
        bail!("{key} is empty: leave it out for what the network names");
    }
    let mut all = Vec::new();
    for text in &texts {
        let one = meaning(text)?;
        if all.contains(&one) {
            bail!("{key}: {text} is there twice");
        }
        all.push(one);
    }
    Ok(all)
}

fn name_server(text: &str) -> anyhow::Result<IpAddr> {
    let address = text.parse().ok().filter(|address| is_of_a_machine(*address));
    address.with_context(|| format!("network.dns: {text:?} is no address of a server"))
}

fn time_server(text: &str) -> anyhow::Result<Host> {
    // An address of IPv6 as everywhere else in this section: without brackets.
    let host = text.parse().map(Host::Ipv6).or_else(|_| policy::host(text));
    let host = host.ok().filter(|host| address_of(host).is_none_or(is_of_a_machine));
    let what = "a server's name or address (NTP; the room does not speak NTS yet)";
    host.with_context(|| format!("network.ntp: {text:?} is not {what}"))
}

fn address_of(host: &Host) -> Option<IpAddr> {
    match host {
        Host::Domain(_) => None,
        Host::Ipv4(address) => Some((*address).into()),
        Host::Ipv6(address) => Some((*address).into()),
    }
}

/// Whether another machine may have this address.
fn is_of_a_machine(address: IpAddr) -> bool {
    let is_odd = match address {
        IpAddr::V4(v4) => v4.octets()[0] == 0 || v4.is_broadcast(),
        // Another family's, in disguise.
        IpAddr::V6(v6) => v6.to_ipv4_mapped().is_some(),
    };
    !is_odd && !address.is_unspecified() && !address.is_loopback() && !address.is_multicast()
}

/// `key`: where it is written.
fn addressing(written: Option<WrittenFamily>, key: &str, family: Family) -> anyhow::Result<Addressing> {
    match written {
        None => Ok(Addressing::Automatic),
        Some(WrittenFamily::Word(word)) if word == family.automatic() => Ok(Addressing::Automatic),
        Some(WrittenFamily::Word(word)) if word == "off" => Ok(Addressing::Off),
        Some(WrittenFamily::Word(word)) => bail!(
            "{key}: {word:?} is neither {:?} nor \"off\"; addresses go into {{ addresses = […], gateway = … }}",
            family.automatic()
        ),
        Some(WrittenFamily::Fixed(written)) => Ok(Addressing::Fixed(fixed(&written, key, family)?)),
    }
}

fn fixed(written: &WrittenFixed, key: &str, family: Family) -> anyhow::Result<Fixed> {
    if written.addresses.is_empty() {
        bail!("{key}.addresses is empty");
    }
    let mut addresses: Vec<IpNet> = Vec::new();
    for text in &written.addresses {
        let address = own_address(text, family).with_context(|| format!("{key}.addresses: {text:?}"));
        let address = address.map_err(|error| anyhow::anyhow!("{error:#}"))?;
        if addresses.iter().any(|other| other.addr() == address.addr()) {
            bail!("{key}.addresses: {} is there twice", address.addr());
        }
        addresses.push(address);
    }
    let gateway = written.gateway.as_deref().map(|text| gateway(text, key, family, &addresses)).transpose()?;
    Ok(Fixed { addresses, gateway })
}

/// An address of this room, with its network.
fn own_address(text: &str, family: Family) -> anyhow::Result<IpNet> {
    if let Ok(bare) = text.parse::<IpAddr>() {
        let length = if bare.is_ipv4() { 24 } else { 64 };
        bail!("has no prefix length: write {bare}/{length}, if that is its network");
    }
    let address: IpNet = text.parse().ok().context("is no address with a prefix length")?;
    let (own, found) = (address.addr(), Family::of(address.addr()));
    if found != family {
        bail!("is {found}, and belongs into network.{}", found.to_string().to_lowercase());
    }
    let is_link_local = matches!(own, IpAddr::V6(v6) if v6.is_unicast_link_local());
    if !is_of_a_machine(own) || is_link_local {
        bail!("is no address that a room can have");
    }
    if address.prefix_len() == 0 {
        bail!("has the whole internet for its network");
    }
    // RFC 3021: networks of two have neither.
    if let IpNet::V4(net) = address
        && net.prefix_len() < 31
        && (net.addr() == net.network() || net.addr() == net.broadcast())
    {
        bail!("is the network {}, and no address in it", net.trunc());
    }
    Ok(address)
}

fn gateway(text: &str, key: &str, family: Family, addresses: &[IpNet]) -> anyhow::Result<IpAddr> {
    let gateway: Option<IpAddr> = text.parse().ok();
    let Some(gateway) = gateway.filter(|gateway| is_of_a_machine(*gateway)) else {
        bail!("{key}.gateway: {text:?} is no address of a router");
    };
    if Family::of(gateway) != family {
        bail!("{key}.gateway: {gateway} is {}", Family::of(gateway));
    }
    if addresses.iter().any(|address| address.addr() == gateway) {
        bail!("{key}.gateway: {gateway} is the room itself");
    }
    let is_link_local = matches!(gateway, IpAddr::V6(v6) if v6.is_unicast_link_local());
    let contains = |address: &IpNet| {
        // Of IPv4 neither the first nor the last address of a network is anybody's.
        let is_nobody = address.prefix_len() < 31 && (gateway == address.network() || gateway == address.broadcast());
        address.contains(&gateway) && !(gateway.is_ipv4() && is_nobody)
    };
    if !is_link_local && !addresses.iter().any(contains) {
        let networks: Vec<_> = addresses.iter().map(|address| address.trunc().to_string()).collect();
        bail!("{key}.gateway: {gateway} is not in the room's network, {}", networks.join(" or "));
    }
    Ok(gateway)
}

/// What the room would do, in words, a line for each thing.
impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.cable {
            Cable::Every => writeln!(f, "Cable: every one")?,
            Cable::Named(name) => writeln!(f, "Cable: {name}, and no other")?,
            Cable::Mac(mac) => writeln!(f, "Cable: the one with the address {}, and no other", mac_text(mac))?,
        }
        match &self.dot1x {
            Some(dot1x) => writeln!(f, "Port: {dot1x}")?,
            None => writeln!(f, "Port: open for everybody, no 802.1X")?,
        }
        match self.vlan {
            Some(vlan) => writeln!(f, "VLAN: {vlan}; without a tag nothing is sent or taken")?,
            None => writeln!(f, "VLAN: none, packets have no tag")?,
        }
        for family in [Family::Ipv4, Family::Ipv6] {
            writeln!(f, "{family}: {}", way(self.addressing(family), family))?;
        }
        match &self.wifi {
            Some(wifi) => {
                writeln!(f, "Wi-Fi: {wifi}; where the cable leads as well, the cable is used")?;
                for family in [Family::Ipv4, Family::Ipv6] {
                    writeln!(f, "Wi-Fi, {family}: {}", way(wifi.addressing(family), family))?;
                }
            }
            None => writeln!(f, "Wi-Fi: none")?,
        }
        let of_wifi = self.wifi.iter().flat_map(|wifi| [&wifi.ipv4, &wifi.ipv6]);
        let is_told = [&self.ipv4, &self.ipv6].into_iter().chain(of_wifi).any(|one| *one == Addressing::Automatic);
        match (self.dns.is_empty(), is_told) {
            (false, _) => writeln!(f, "Names: asked of {}, and of no other", words(&self.dns))?,
            (true, true) => writeln!(f, "Names: asked of the servers that the network names")?,
            (true, false) => writeln!(f, "Names: no server (network.dns), so nothing that has a name can be reached")?,
        }
        match (self.ntp.is_empty(), is_told) {
            (false, _) => writeln!(f, "Time: asked of {}, and of no other (NTP)", words(&self.ntp))?,
            (true, true) => writeln!(f, "Time: asked of the servers that the network names (NTP), else of Debian's")?,
            (true, false) => writeln!(f, "Time: asked of Debian's servers (NTP), as network.ntp names none")?,
        }
        match &self.proxy {
            Some(proxy) => write!(f, "Meetings: {proxy}"),
            None => write!(f, "Meetings: reached directly, no proxy"),
        }
    }
}

/// How the room comes to its addresses, in words.
fn way(addressing: &Addressing, family: Family) -> String {
    match (addressing, family) {
        (Addressing::Automatic, Family::Ipv4) => "DHCP".into(),
        (Addressing::Automatic, Family::Ipv6) => "router advertisements, and DHCPv6 where they say so".into(),
        (Addressing::Off, _) => "none".into(),
        (Addressing::Fixed(fixed), _) => {
            let way = fixed.gateway.map_or("no gateway".into(), |gateway| format!("gateway {gateway}"));
            format!("{}; {way}", words(&fixed.addresses))
        }
    }
}

fn words(all: &[impl fmt::Display]) -> String {
    all.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn mac_text(mac: &[u8; 6]) -> String {
    mac.map(|byte| format!("{byte:02x}")).join(":")
}

#[cfg(test)]
mod tests;
