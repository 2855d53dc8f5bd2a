//! The room's network as systemd-networkd reads it: systemd.network(5), systemd.netdev(5), as of systemd 257. And its port and
//! its radio, as wpa_supplicant does.
//!
//! What the image ships is what this writes for a room that says nothing, so that what the shipped file keeps to itself
//! (names, announcements) is kept in every other network too: there is one function that says it.

use std::fmt::Write;
use std::net::IpAddr;

use super::wifi::Wifi;
use super::{Addressing, Cable, Network, address_of, mac_text};

/// What takes the place of the file that the image ships under the same name.
pub const CABLE: &str = "50-wired.network";
const VLAN_DEVICE: &str = "50-vlan.netdev";
const VLAN: &str = "50-vlan.network";

/// What huisclos-dot1x.service has wpa_supplicant read, and on which interface. Networkd does not look at them.
pub const DOT1X: &str = "50-dot1x.conf";
const DOT1X_INTERFACE: &str = "50-dot1x.env";

/// What huisclos-wifi.service has wpa_supplicant read; the passphrase is in it. And on which interface, if not on the first.
pub const WIFI_SECRET: &str = "50-wifi.conf";
const WIFI_INTERFACE: &str = "50-wifi.env";
const WIFI: &str = "50-wifi.network";

/// A way with this metric is taken where there is no other: routers call ways by cable 512 to 2048 (RFC 4191, as networkd
/// numbers it), DHCP 1024.
const WIFI_METRIC: u32 = 4096;

/// Every name of a file that a room's network can have.
pub const NAMES: [&str; 8] = [CABLE, VLAN_DEVICE, VLAN, DOT1X, DOT1X_INTERFACE, WIFI_SECRET, WIFI_INTERFACE, WIFI];

/// A file: one of [`NAMES`], and its text.
pub type File = (&'static str, String);

/// The files that make this network, but for the radio.
pub fn files(network: &Network) -> Vec<File> {
    let mut cable = "[Match]\nType=ether\nKind=!*\n".to_owned();
    match &network.cable {
        Cable::Every => {}
        Cable::Named(name) => line(&mut cable, "Name", name),
        Cable::Mac(mac) => line(&mut cable, "MACAddress", mac_text(mac)),
    }
    let mut all = Vec::new();
    if let (Cable::Named(name), Some(dot1x)) = (&network.cable, &network.dot1x) {
        all.extend([(DOT1X, dot1x.supplicant()), (DOT1X_INTERFACE, format!("INTERFACE={name}\n"))]);
    }
    let Some(vlan) = network.vlan else {
        cable += &addressed(network, [&network.ipv4, &network.ipv6], None);
        all.push((CABLE, cable));
        return all;
    };
    let name = format!("vlan{vlan}");
    // Outside of the VLAN the room has no address.
    cable += &carrying(&name);
    let device = format!("[NetDev]\nName={name}\nKind=vlan\n\n[VLAN]\nId={vlan}\n");
    let inside =
        format!("[Match]\nName={name}\nKind=vlan\n{}", addressed(network, [&network.ipv4, &network.ipv6], None));
    all.extend([(CABLE, cable), (VLAN_DEVICE, device), (VLAN, inside)]);
    all
}

/// The files that make the radio join this wireless network of the room's. `passphrase`: where one lets the room in.
pub fn wifi_files(network: &Network, wifi: &Wifi, passphrase: Option<&str>) -> [File; 3] {
    let mut radio = "[Match]\nType=wlan\nWLANInterfaceType=station\n".to_owned();
    wifi.interface.iter().for_each(|name| line(&mut radio, "Name", name));
    radio += &addressed(network, [&wifi.ipv4, &wifi.ipv6], Some(WIFI_METRIC));
    let interface = wifi.interface.as_deref().unwrap_or_default();
    [(WIFI_SECRET, wifi.supplicant(passphrase)), (WIFI_INTERFACE, format!("INTERFACE={interface}\n")), (WIFI, radio)]
}

fn line(text: &mut String, key: &str, value: impl std::fmt::Display) {
    // Writing into text does not fail.
    let _ = writeln!(text, "{key}={value}");
}

fn yes(yes: bool) -> &'static str {
    if yes { "yes" } else { "no" }
}

/// `[Network]`, up to what is the same in all: nothing is announced, nobody is told what the room is called.
fn silent(dhcp: &str, link_local: &str, advertisements: bool) -> String {
    let mut text = "\n[Network]\n".to_owned();
    line(&mut text, "DHCP", dhcp);
    line(&mut text, "LinkLocalAddressing", link_local);
    line(&mut text, "IPv6AcceptRA", yes(advertisements));
    text + "LLMNR=no\nMulticastDNS=no\nLLDP=no\nEmitLLDP=no\nIPv6PrivacyExtensions=no\n"
}

/// A cable on which there is only a VLAN.
fn carrying(vlan: &str) -> String {
    let mut text = silent("no", "no", false);
    line(&mut text, "VLAN", vlan);
    text
}

/// An interface with the room's addresses, of IPv4 and IPv6. `metric`: of all its ways, where it is a radio.
fn addressed(network: &Network, [ipv4, ipv6]: [&Addressing; 2], metric: Option<u32>) -> String {
    let automatic = |addressing| addressing == &Addressing::Automatic;
    let dhcp = match (automatic(ipv4), automatic(ipv6)) {
        (true, true) => "yes",
        (true, false) => "ipv4",
        (false, true) => "ipv6",
        (false, false) => "no",
    };
    // Of IPv4 nobody needs any; without those of IPv6 there is no IPv6.
    let link_local = if ipv6 == &Addressing::Off { "no" } else { "ipv6" };
    let mut text = silent(dhcp, link_local, automatic(ipv6));
    if metric.is_some() {
        // From one access point to the next the room keeps its addresses.
        line(&mut text, "IgnoreCarrierLoss", "3s");
    }
    let fixed: Vec<_> = [ipv4, ipv6].into_iter().filter_map(Addressing::fixed).collect();
    if metric.is_none() {
        for fixed in &fixed {
            fixed.addresses.iter().for_each(|address| line(&mut text, "Address", address));
            fixed.gateway.iter().for_each(|gateway| line(&mut text, "Gateway", gateway));
        }
    }
    network.dns.iter().for_each(|server| line(&mut text, "DNS", server));
    for server in &network.ntp {
        let address: Option<IpAddr> = address_of(server);
        line(&mut text, "NTP", address.map_or_else(|| server.to_string(), |address| address.to_string()));
    }
    if let Some(metric) = metric {
        for fixed in &fixed {
            for address in &fixed.addresses {
                let _ = write!(text, "\n[Address]\nAddress={address}\nRouteMetric={metric}\n");
            }
            if let Some(gateway) = fixed.gateway {
                let _ = write!(text, "\n[Route]\nGateway={gateway}\nMetric={metric}\n");
            }
        }
    }
    let (own_dns, own_ntp) = (!network.dns.is_empty(), !network.ntp.is_empty());
    let instead = |servers: &mut String, dns: bool, ntp: bool| {
        if dns {
            line(servers, "UseDNS", "no");
        }
        if ntp {
            line(servers, "UseNTP", "no");
        }
    };
    text += "\n[DHCPv4]\nSendHostname=no\nUseHostname=no\nUseTimezone=no\n";
    metric.iter().for_each(|metric| line(&mut text, "RouteMetric", metric));
    instead(&mut text, own_dns, own_ntp);
    text += "\n[DHCPv6]\nSendHostname=no\nUseHostname=no\n";
    instead(&mut text, own_dns, own_ntp);
    if own_dns || metric.is_some() {
        text += "\n[IPv6AcceptRA]\n";
        metric.iter().for_each(|metric| line(&mut text, "RouteMetric", metric));
        instead(&mut text, own_dns, false);
    }
    text
}
