//! Where packets may go.

use std::collections::BTreeMap;
use std::net::IpAddr;

use ipnet::IpNet;

use crate::platform::{Platform, Transition};
use crate::policy::Policy;
use crate::word::{Words, words};

words! {
    /// What packets are for.
    Purpose {
        /// Sound and pictures.
        Media = "media",
        /// HTTPS and WebSockets of the meeting platform.
        Signalling = "signalling",
        /// Relays (RFC 8656).
        Turn = "turn",
        /// Names.
        Dns = "dns",
        /// Time.
        Ntp = "ntp",
        /// Updates of the room's software.
        Updates = "updates",
        /// The room's calendar (CalDAV, RFC 4791; iCalendar files).
        Calendar = "calendar",
        /// Those who speak to the room's control API over the network.
        Control = "control",
    }
}

/// Addresses that a policy lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Range {
    /// A prefix, of IPv4 or IPv6. None is of IPv4-mapped addresses.
    Prefix(IpNet),
    /// Everything in a jurisdiction of the same policy, by its id.
    Jurisdiction(String),
}

/// Whose law holds at an address, as the policy says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Jurisdiction {
    /// `FR`
    pub id: String,
    pub names: Words,
    pub prefixes: Vec<IpNet>,
}

/// Every jurisdiction of a policy. No prefix is in two of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Jurisdictions {
    all: BTreeMap<String, Jurisdiction>,
    /// Every prefix and whose it is, the longest first, so that the first that contains an address decides.
    by_length: Vec<(IpNet, String)>,
}

impl Jurisdictions {
    /// `all` by id, of which no two have the same prefix.
    pub fn new(all: BTreeMap<String, Jurisdiction>) -> Jurisdictions {
        let prefixes = |j: &Jurisdiction| j.prefixes.iter().map(|prefix| (*prefix, j.id.clone())).collect::<Vec<_>>();
        let mut by_length: Vec<(IpNet, String)> = all.values().flat_map(prefixes).collect();
        by_length.sort_by_key(|(prefix, _)| std::cmp::Reverse(prefix.prefix_len()));
        Jurisdictions { all, by_length }
    }

    pub fn get(&self, id: &str) -> Option<&Jurisdiction> {
        self.all.get(id)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Jurisdiction> {
        self.all.values()
    }

    fn of(&self, address: IpAddr) -> Option<&Jurisdiction> {
        let (_, id) = self.by_length.iter().find(|(prefix, _)| prefix.contains(&address))?;
        self.all.get(id)
    }
}

/// Which meeting packets belong to: its place may narrow or widen where they may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place<'p> {
    Platform(&'p Platform),
    Transition(&'p Transition),
}

/// An address that may be contacted, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Permitted<'p> {
    /// The entry of the policy that allows it.
    pub by: &'p Range,
    /// Whose law holds there, where the policy knows it.
    pub jurisdiction: Option<&'p Jurisdiction>,
}

/// Why an address may not be contacted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContactRefusal {
    /// The policy lists no address at all for this purpose.
    NothingListed { purpose: Purpose },
    /// It is in a jurisdiction that is not listed for this purpose.
    OtherJurisdiction { purpose: Purpose, jurisdiction: String },
    /// It is in no jurisdiction of the policy and in no range for this purpose.
    NotListed { purpose: Purpose },
    /// The policy allows it, but not for meetings on this platform.
    OutsidePlatform { purpose: Purpose, host: String },
}

impl Policy {
    /// Whose law holds at an address: the longest prefix decides. An IPv4-mapped IPv6 address (RFC 4291 §2.5.5.2) is
    /// the IPv4 address in it.
    pub fn jurisdiction_of(&self, address: IpAddr) -> Option<&Jurisdiction> {
        self.jurisdictions.of(address.to_canonical())
    }

    /// Whether packets for this purpose may go to this address, outside of meetings and on platforms without
    /// addresses of their own. What is not listed may not be contacted; this machine itself is no exception here.
    ///
    /// # Errors
    /// The reason why not.
    pub fn may_contact(&self, purpose: Purpose, address: IpAddr) -> Result<Permitted<'_>, ContactRefusal> {
        let address = address.to_canonical();
        let listed = self.addresses.get(&purpose).map(Vec::as_slice).unwrap_or_default();
        let jurisdiction = self.jurisdictions.of(address);
        match (self.range_of(listed, address), jurisdiction) {
            (Some(by), jurisdiction) => Ok(Permitted { by, jurisdiction }),
            (None, _) if listed.is_empty() => Err(ContactRefusal::NothingListed { purpose }),
            (None, Some(j)) => Err(ContactRefusal::OtherJurisdiction { purpose, jurisdiction: j.id.clone() }),
            (None, None) => Err(ContactRefusal::NotListed { purpose }),
        }
    }

    /// The same for packets of one meeting: a platform may have fewer addresses for media, signalling and TURN, and a
    /// transition has more for what crosses.
    ///
    /// # Errors
    /// The reason why not.
    pub fn may_contact_in<'p>(
        &'p self,
        place: Place<'p>,
        purpose: Purpose,
        address: IpAddr,
    ) -> Result<Permitted<'p>, ContactRefusal> {
        let anyway = self.may_contact(purpose, address);
        let address = address.to_canonical();
        match place {
            Place::Transition(transition) if anyway.is_err() && transition.crosses.contains(&purpose) => {
                let by = self.range_of(&transition.addresses, address);
                by.map_or(anyway, |by| Ok(Permitted { by, jurisdiction: self.jurisdictions.of(address) }))
            }
            Place::Platform(Platform { addresses: Some(own), host, .. }) if purpose.is_of_meetings() => {
                let permitted = anyway?;
                match self.range_of(own, address) {
                    Some(by) => Ok(Permitted { by, ..permitted }),
                    None => Err(ContactRefusal::OutsidePlatform { purpose, host: host.to_string() }),
                }
            }
            _ => anyway,
        }
    }

    /// The first of these ranges that contains a canonical address.
    fn range_of<'r>(&self, ranges: &'r [Range], address: IpAddr) -> Option<&'r Range> {
        let jurisdiction = self.jurisdictions.of(address).map(|j| j.id.as_str());
        ranges.iter().find(|range| match range {
            Range::Prefix(prefix) => prefix.contains(&address),
            Range::Jurisdiction(id) => jurisdiction == Some(id),
        })
    }
}

impl Purpose {
    /// Whether it belongs to one meeting, and not to the room.
    pub fn is_of_meetings(self) -> bool {
        matches!(self, Purpose::Media | Purpose::Signalling | Purpose::Turn)
    }
}

impl std::fmt::Display for Range {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Range::Prefix(prefix) => prefix.fmt(f),
            Range::Jurisdiction(id) => f.write_str(id),
        }
    }
}
