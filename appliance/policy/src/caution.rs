//! What may be meant in a policy, and is more likely forgotten.

use ipnet::IpNet;
use jiff::Timestamp;
use url::Host;

use crate::addresses::{Purpose, Range};
use crate::host::HostPattern;
use crate::platform::EncryptionRule;
use crate::policy::{Policy, is_over};
use crate::role::{Action, Permission};

/// Prefixes that nobody has: documentation (RFC 5737, RFC 3849, RFC 9637).
const DOCUMENTATION: [&str; 5] = ["192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32", "3fff::/20"];
/// Names that nobody has: RFC 2606 §2 and §3, RFC 6761.
const DOCUMENTATION_NAMES: [&str; 6] = ["example", "invalid", "test", "example.com", "example.net", "example.org"];

/// Something in a policy to look at again before it is signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Caution {
    #[error("{place}: {prefix} is for documentation only; put your own addresses there")]
    DocumentationPrefix { place: String, prefix: IpNet },
    #[error("{place}: {host} is an example that exists nowhere; put a real host there")]
    DocumentationHost { place: String, host: String },
    #[error("{place}: the pin of zeros only is a placeholder, and no server has it")]
    PlaceholderPin { place: String },
    #[error("{place}: there is one pin only; with a second one in reserve the key can be changed (RFC 7469 §4.3)")]
    SinglePin { place: String },
    #[error("{place}: {prefix} is wider than anybody has")]
    VeryWide { place: String, prefix: IpNet },
    #[error("addresses.{}: nothing is listed, so nothing may be contacted for it", .purpose.word())]
    NothingListed { purpose: Purpose },
    #[error("there is no platform: no meeting can be joined")]
    NoPlatform,
    #[error("jurisdictions.{id}: no list of addresses names it")]
    JurisdictionUnused { id: String },
    #[error("permissions.{}: it is allowed, but platforms cannot do it where encryption is required: {host}", .permission.word())]
    NotWithEncryption { permission: Permission, host: String },
    #[error("policy.valid_until: this day is over, so no meeting can be joined any more")]
    PolicyOver,
    #[error("transition {name}: its last day is over")]
    TransitionOver { name: String },
    #[error("no role may {}", .action)]
    NobodyMay { action: &'static str },
}

impl Policy {
    /// What should be looked at again before this policy is signed.
    pub fn cautions(&self, now: Timestamp) -> Vec<Caution> {
        let mut found = Vec::new();
        for (place, host) in self.hosts() {
            found.extend(is_example(host).then(|| Caution::DocumentationHost { place, host: host.to_string() }));
        }
        for (place, prefix) in self.prefixes() {
            found.extend(of_prefix(place, prefix));
        }
        for platform in &self.platforms {
            let place = format!("platform {}", platform.host);
            if platform.pins.iter().any(|pin| pin.is_placeholder()) {
                found.push(Caution::PlaceholderPin { place });
            } else if platform.pins.len() == 1 {
                found.push(Caution::SinglePin { place });
            }
        }
        found.extend(self.missing());
        found.extend(self.contradictions());
        found.extend(self.valid_until.filter(|last| is_over(*last, now)).map(|_| Caution::PolicyOver));
        let over = self.transitions.iter().filter(|transition| is_over(transition.until, now));
        found.extend(over.map(|transition| Caution::TransitionOver { name: transition.name.clone() }));
        found
    }

    fn hosts(&self) -> Vec<(String, &HostPattern)> {
        let platforms = self.platforms.iter().map(|platform| ("platforms.host".into(), &platform.host));
        let transitions = self.transitions.iter().map(|t| (format!("transition {}", t.name), &t.host));
        platforms.chain(transitions).collect()
    }

    fn prefixes(&self) -> Vec<(String, IpNet)> {
        let mut found = Vec::new();
        let mut of = |place: String, ranges: &[Range]| {
            for range in ranges {
                if let Range::Prefix(prefix) = range {
                    found.push((place.clone(), *prefix));
                }
            }
        };
        for (purpose, ranges) in &self.addresses {
            of(format!("addresses.{}", purpose.word()), ranges);
        }
        for platform in &self.platforms {
            of(format!("platform {}", platform.host), platform.addresses.as_deref().unwrap_or_default());
        }
        for transition in &self.transitions {
            of(format!("transition {}", transition.name), &transition.addresses);
        }
        for jurisdiction in self.jurisdictions() {
            let place = format!("jurisdictions.{}", jurisdiction.id);
            found.extend(jurisdiction.prefixes.iter().map(|prefix| (place.clone(), *prefix)));
        }
        found
    }

    fn missing(&self) -> Vec<Caution> {
        let mut found = Vec::from_iter(self.platforms.is_empty().then_some(Caution::NoPlatform));
        let unlisted = Purpose::ALL.iter().filter(|purpose| self.addresses(**purpose).is_empty());
        found.extend(unlisted.map(|purpose| Caution::NothingListed { purpose: *purpose }));
        let lists = self.addresses.values().chain(self.platforms.iter().flat_map(|platform| &platform.addresses));
        let lists = lists.chain(self.transitions.iter().map(|transition| &transition.addresses));
        let used: Vec<&Range> = lists.flatten().collect();
        let is_used = |id: &String| used.iter().any(|range| matches!(range, Range::Jurisdiction(used) if used == id));
        let unused = self.jurisdictions().map(|j| j.id.clone()).filter(|id| !is_used(id));
        found.extend(unused.map(|id| Caution::JurisdictionUnused { id }));
        let crossing = (!self.transitions.is_empty()).then_some(Action::AcceptTransition);
        for action in [Action::Join, Action::InstallPolicy].into_iter().chain(crossing) {
            if !self.roles.values().any(|actions| actions.contains(&action)) {
                found.push(Caution::NobodyMay { action: action.word() });
            }
        }
        found
    }

    fn contradictions(&self) -> Vec<Caution> {
        let encrypted = self.platforms.iter().filter(|platform| platform.encryption == EncryptionRule::Required);
        let heard = [Permission::Recording, Permission::Transcription];
        let heard = heard.into_iter().filter(|permission| self.permits(*permission).is_ok());
        let heard: Vec<Permission> = heard.collect();
        let of =
            |host: String| heard.iter().map(move |p| Caution::NotWithEncryption { permission: *p, host: host.clone() });
        encrypted.flat_map(|platform| of(platform.host.to_string())).collect()
    }
}

fn of_prefix(place: String, prefix: IpNet) -> Option<Caution> {
    let is_within = |outer: &str| outer.parse::<IpNet>().is_ok_and(|outer| outer.contains(&prefix));
    // Registries hold blocks of this length at the widest: a /8 of IPv4, a /12 of IPv6.
    let widest = if prefix.addr().is_ipv4() { 8 } else { 12 };
    if DOCUMENTATION.into_iter().any(is_within) {
        Some(Caution::DocumentationPrefix { place, prefix })
    } else if prefix.prefix_len() < widest {
        Some(Caution::VeryWide { place, prefix })
    } else {
        None
    }
}

fn is_example(pattern: &HostPattern) -> bool {
    let name = match pattern {
        HostPattern::Exact(Host::Domain(name)) | HostPattern::Below(name) => name,
        HostPattern::Exact(_) => return false,
    };
    let is_below = |known: &str| name.strip_suffix(known).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    DOCUMENTATION_NAMES.into_iter().any(is_below)
}
