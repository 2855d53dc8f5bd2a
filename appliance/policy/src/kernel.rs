//! The policy as the kernel keeps to it: an nftables table, systemd's address filter, and udev's rules for USB.
//!
//! The kernel sees addresses, protocols and ports, and not which meeting a packet belongs to. It holds what every
//! meeting has in common: nothing leaves for an address that no meeting, and nothing else of the room, may reach.

use std::fmt::Write;
use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use crate::addresses::{Place, Purpose, Range};
use crate::policy::Policy;

/// What nft(8) reads to have no table of ours, whether or not there was one.
pub const NO_TABLE: &str = "table inet huisclos\ndelete table inet huisclos\n";

/// Where packets for one or several purposes may go, as the kernel takes it.
struct Set {
    name: &'static str,
    comment: &'static str,
    purposes: &'static [Purpose],
    /// What packets to these addresses look like, in nftables' words.
    packets: &'static str,
}

/// Whose packets the nftables table holds, by the users' names or numbers. Each is to be there when the table is loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Users<'a> {
    /// The daemon's.
    pub room: &'a str,
    /// Of the service that looks up names for it: it may ask the policy's `dns`, and nobody else.
    pub resolver: Option<&'a str>,
    /// Of the service that sets the clock: `ntp`.
    pub clock: Option<&'a str>,
}

impl<'a> Users<'a> {
    /// The daemon's alone.
    pub fn room(user: &'a str) -> Users<'a> {
        Users { room: user, resolver: None, clock: None }
    }

    /// Each with the chain that holds it, and the set it may reach; all of them with `None`.
    fn each(self) -> impl Iterator<Item = (&'a str, &'static str, Option<&'static str>)> {
        let resolver = self.resolver.map(|user| (user, "resolver", Some("dns")));
        let clock = self.clock.map(|user| (user, "clock", Some("ntp")));
        [(self.room, "room", None)].into_iter().chain(resolver).chain(clock)
    }
}

/// Order matters to nobody: each accepts, and what none accepts is dropped.
const SETS: [Set; 6] = [
    Set {
        name: "meetings",
        comment: "sound and pictures, signalling, relays",
        purposes: &[Purpose::Media, Purpose::Signalling, Purpose::Turn],
        packets: "meta l4proto { tcp, udp }",
    },
    Set {
        name: "dns",
        comment: "names",
        purposes: &[Purpose::Dns],
        packets: "meta l4proto { tcp, udp } th dport { 53, 853 }",
    },
    Set { name: "ntp", comment: "time", purposes: &[Purpose::Ntp], packets: "udp dport 123" },
    Set { name: "updates", comment: "updates", purposes: &[Purpose::Updates], packets: "meta l4proto tcp" },
    Set { name: "calendar", comment: "the calendar", purposes: &[Purpose::Calendar], packets: "meta l4proto tcp" },
    Set {
        name: "control",
        comment: "answers to those who speak to the control API",
        purposes: &[Purpose::Control],
        packets: "meta l4proto tcp ct direction reply ct state established",
    },
];

impl Policy {
    /// All that may be contacted for any of these purposes, in any meeting, as prefixes of which none contains another.
    /// Each address in them is one that [`Policy::may_contact`] allows, or [`Policy::may_contact_in`] in some meeting;
    /// none outside of them is. First those of IPv4.
    pub fn reachable(&self, purposes: &[Purpose]) -> Vec<IpNet> {
        let named = self.named();
        let mut reachable = Vec::new();
        for whole in [IpNet::V4(Ipv4Net::default()), IpNet::V6(Ipv6Net::default())] {
            self.cover(whole, &named, purposes, &mut reachable);
        }
        IpNet::aggregate(&reachable)
    }

    /// Within a prefix of which no named one is a part, one address is as good as another.
    fn cover(&self, prefix: IpNet, named: &[IpNet], purposes: &[Purpose], reachable: &mut Vec<IpNet>) {
        let inside: Vec<IpNet> = named.iter().filter(|n| **n != prefix && prefix.contains(*n)).copied().collect();
        if inside.is_empty() {
            if purposes.iter().any(|purpose| self.is_reachable(*purpose, prefix.addr())) {
                reachable.push(prefix);
            }
            return;
        }
        for half in prefix.subnets(prefix.prefix_len() + 1).into_iter().flatten() {
            self.cover(half, &inside, purposes, reachable);
        }
    }

    fn is_reachable(&self, purpose: Purpose, address: IpAddr) -> bool {
        let crosses = |t| self.may_contact_in(Place::Transition(t), purpose, address).is_ok();
        self.may_contact(purpose, address).is_ok() || self.transitions.iter().any(crosses)
    }

    /// Every prefix that the policy names.
    fn named(&self) -> Vec<IpNet> {
        let jurisdictions = self.jurisdictions().flat_map(|jurisdiction| &jurisdiction.prefixes).copied();
        let lists = self.addresses.values().chain(self.transitions.iter().map(|transition| &transition.addresses));
        let ranges = lists.flatten().filter_map(|range| match range {
            Range::Prefix(prefix) => Some(*prefix),
            Range::Jurisdiction(_) => None,
        });
        jurisdictions.chain(ranges).collect()
    }

    /// An nftables table (`nft -f`) that drops what users send to addresses outside the policy. This machine may speak
    /// to itself. Replaces the table of the same name at once, without a moment in between in which nothing holds.
    ///
    /// ```
    /// use policy::{Policy, Users};
    /// let policy = Policy::parse(policy::profile("ministry").unwrap()).unwrap();
    /// assert!(policy.nftables(Users::room("huisclos")).contains("meta skuid \"huisclos\""));
    /// ```
    pub fn nftables(&self, users: Users<'_>) -> String {
        let mut text = format!("{}{NO_TABLE}\ntable inet huisclos {{\n", self.heading("What leaves a room"));
        let mut rules: Vec<(&str, String)> = Vec::new();
        for set in SETS {
            let reachable = self.reachable(set.purposes);
            for (family, kind, is_of) in
                [("ip", "ipv4_addr", is_ipv4 as fn(&&IpNet) -> bool), ("ip6", "ipv6_addr", |prefix| !is_ipv4(prefix))]
            {
                let elements: Vec<String> = reachable.iter().filter(is_of).map(element).collect();
                let name = format!("{}_{family}", set.name);
                let _ = write!(text, "\tset {name} {{\n\t\ttype {kind}; flags interval; comment \"{}\"\n", set.comment);
                if !elements.is_empty() {
                    let _ = writeln!(text, "\t\telements = {{ {} }}", elements.join(", "));
                    rules.push((set.name, format!("\t\t{family} daddr @{name} {} accept\n", set.packets)));
                }
                text.push_str("\t}\n");
            }
        }
        text.push_str("\n\tchain output {\n\t\ttype filter hook output priority filter; policy accept;\n");
        for (user, chain, _) in users.each() {
            let _ = writeln!(text, "\t\tmeta skuid \"{user}\" jump {chain}");
        }
        text.push_str("\t}\n");
        for (_, chain, reaches) in users.each() {
            let reaches = |set: &str| reaches.is_none_or(|only| only == set);
            let rules: String = rules.iter().filter(|(set, _)| reaches(set)).map(|(_, rule)| rule.as_str()).collect();
            let _ = write!(
                text,
                "\n\tchain {chain} {{\n\
                 \t\toifname \"lo\" accept\n\
                 {rules}\
                 \t\tlimit rate 10/minute burst 20 packets log prefix \"huisclos: outside the policy: \"\n\
                 \t\tcounter drop\n\
                 \t}}\n"
            );
        }
        text.push_str("}\n");
        text
    }

    /// A drop-in for a unit (systemd.resource-control(5), `IPAddressAllow=`) that lets packets of the service go to, and
    /// come from, only what the policy allows, and the machine itself.
    pub fn systemd(&self) -> String {
        let mut text = format!(
            "{}\
             [Service]\nIPAddressDeny=any\nIPAddressAllow=localhost\n",
            self.heading("Whom a room speaks to"),
        );
        for prefix in self.reachable(Purpose::ALL) {
            let _ = writeln!(text, "IPAddressAllow={prefix}");
        }
        text
    }

    /// What every form begins with.
    fn heading(&self, what: &str) -> String {
        format!(
            "# {what} under the policy {}, version {}, SHA-256 {}.\n\
             # Made by `huisclos policy kernel`; a change here is a change of the policy.\n\n",
            self.name,
            self.version,
            self.digest(),
        )
    }

    /// Rules for udev(7) with which the kernel lets in only those USB devices that are on the list: what is plugged in later
    /// is seen by no driver before it is let in. What was there before udev was, is thrown out by it; the kernel's own
    /// parameter `usbcore.authorized_default=0` keeps that out too. To be read before other rules:
    /// `10-huisclos-usb.rules`.
    pub fn udev(&self) -> String {
        let mut text = format!(
            "{}\
             ACTION!=\"add\", GOTO=\"huisclos_usb_end\"\n\
             SUBSYSTEM!=\"usb\", GOTO=\"huisclos_usb_end\"\n\
             ENV{{DEVTYPE}}!=\"usb_device\", GOTO=\"huisclos_usb_end\"\n\
             KERNEL==\"usb*\", ATTR{{authorized}}=\"1\", ATTR{{authorized_default}}=\"0\", GOTO=\"huisclos_usb_end\"\n",
            self.heading("What may be plugged into a room"),
        );
        for device in &self.usb {
            let _ = write!(
                text,
                "ATTR{{idVendor}}==\"{:04x}\", ATTR{{idProduct}}==\"{:04x}\", ",
                device.vendor, device.product
            );
            if let Some(serial) = &device.serial {
                let _ = write!(text, "ATTR{{serial}}==\"{serial}\", ");
            }
            text.push_str("ATTR{authorized}=\"1\", GOTO=\"huisclos_usb_end\"\n");
        }
        text.push_str("ATTR{authorized}=\"0\"\nLABEL=\"huisclos_usb_end\"\n");
        text
    }
}

fn is_ipv4(prefix: &&IpNet) -> bool {
    matches!(prefix, IpNet::V4(_))
}

/// A prefix as nftables writes it: everything is an interval, and not a prefix of length 0.
fn element(prefix: &IpNet) -> String {
    match prefix.prefix_len() {
        0 => format!("{}-{}", prefix.network(), prefix.broadcast()),
        _ => prefix.to_string(),
    }
}
