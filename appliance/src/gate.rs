//! The policy at a meeting's sockets: every address is judged here, once more before each packet.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use meeting::Target;
use meeting::border::{Border, Within};
use meeting::io::Purpose;
use policy::{Pin, Place, PlatformKind, Policy};
use url::{Host, Url};

use crate::ledger::Ledger;
use crate::net::Allowed;
use crate::room_policy::RoomPolicy;

/// Judgements that are remembered; when there are more, all are made anew.
const JUDGED_MAX: usize = 1024;

/// Where the packets of one meeting may go, and where they went.
pub struct Gate {
    rule: Rule,
    ledger: Arc<Ledger>,
    judged: Mutex<HashMap<(Purpose, IpAddr), bool>>,
}

enum Rule {
    /// The room has no policy.
    Everywhere,
    /// It has one that cannot be used, or that does not know the meeting's host.
    Nowhere,
    /// What the policy allows in meetings on this host.
    On { policy: Arc<Policy>, host: Host, kind: PlatformKind },
}

impl Gate {
    /// The gate of a meeting. Without a policy it is open.
    pub fn of(policy: Option<&RoomPolicy>, target: &Target) -> Gate {
        let rule = match policy {
            None => Rule::Everywhere,
            Some(RoomPolicy::Unusable) => Rule::Nowhere,
            Some(RoomPolicy::InForce(policy)) => {
                let (url, kind) = place(target);
                match policy::host(url.host_str().unwrap_or_default()) {
                    Ok(host) => Rule::On { policy: policy.clone(), host, kind },
                    Err(_) => Rule::Nowhere,
                }
            }
        };
        Gate::with(rule)
    }

    /// A gate that holds nothing back.
    pub fn open() -> Gate {
        Gate::with(Rule::Everywhere)
    }

    fn with(rule: Rule) -> Gate {
        Gate { rule, ledger: Arc::default(), judged: Mutex::default() }
    }

    /// What went through.
    pub fn ledger(&self) -> &Arc<Ledger> {
        &self.ledger
    }

    /// Whether something may go there; what may not is written down.
    pub fn lets_through(&self, purpose: Purpose, address: IpAddr) -> bool {
        let may = self.may_reach(purpose, address.to_canonical());
        if !may {
            self.ledger.refused(purpose, address.to_canonical());
        }
        may
    }

    /// Nothing is held back.
    pub fn is_open(&self) -> bool {
        matches!(self.rule, Rule::Everywhere)
    }

    /// The certificates of which one must vouch for every server of the meeting; none: the room's authorities decide alone.
    pub fn pins(&self) -> &[Pin] {
        match &self.rule {
            Rule::On { policy, host, kind } => match policy.place_of(host, *kind) {
                Some(Place::Platform(platform)) => &platform.pins,
                _ => &[],
            },
            _ => &[],
        }
    }

    /// What connections for a purpose ask before they are made.
    pub fn allowed(self: &Arc<Gate>, purpose: Purpose) -> Allowed {
        let gate = self.clone();
        Arc::new(move |address| gate.lets_through(purpose, address))
    }

    /// The gate as sessions take it.
    pub fn within(self: &Arc<Gate>) -> Within {
        Within(self.clone())
    }

    fn judge(&self, purpose: Purpose, address: IpAddr) -> bool {
        match &self.rule {
            Rule::Everywhere => true,
            Rule::Nowhere => false,
            Rule::On { policy, host, kind } => match policy.place_of(host, *kind) {
                Some(place) => policy.may_contact_in(place, word(purpose), address).is_ok(),
                None => false,
            },
        }
    }
}

impl Border for Gate {
    fn may_reach(&self, purpose: Purpose, address: IpAddr) -> bool {
        if self.is_open() {
            return true;
        }
        let mut judged = self.judged.lock().unwrap_or_else(|e| e.into_inner());
        if judged.len() >= JUDGED_MAX {
            judged.clear();
        }
        *judged.entry((purpose, address)).or_insert_with(|| {
            let may = self.judge(purpose, address);
            if !may {
                self.ledger.refused(purpose, address);
                tracing::warn!(?purpose, "the policy holds back what would go to an address");
                tracing::debug!(%address, "it is this one");
            }
            may
        })
    }
}

fn place(target: &Target) -> (&Url, PlatformKind) {
    match target {
        Target::Visio { instance, .. } => (instance, PlatformKind::Visio),
        Target::LiveKit { server, .. } => (server, PlatformKind::LiveKit),
    }
}

/// The policy's word for a purpose.
fn word(purpose: Purpose) -> policy::Purpose {
    match purpose {
        Purpose::Signalling => policy::Purpose::Signalling,
        Purpose::Media => policy::Purpose::Media,
        Purpose::Relay => policy::Purpose::Turn,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: &str = r#"
        [policy]
        name = "ministry"
        version = 1
        [[platforms]]
        host = "visio.example"
        kind = "visio"
        encryption = "preferred"
        [addresses]
        signalling = ["192.0.2.1"]
        media = ["198.51.100.0/24"]
        turn = []
    "#;

    fn target(instance: &str) -> Target {
        Target::Visio { instance: instance.parse().unwrap(), slug: "abc-defg-hij".into(), passphrase: None }
    }

    fn gate(policy: Option<RoomPolicy>, instance: &str) -> Gate {
        Gate::of(policy.as_ref(), &target(instance))
    }

    fn in_force() -> RoomPolicy {
        RoomPolicy::InForce(Arc::new(Policy::parse(POLICY).unwrap()))
    }

    #[test]
    fn each_purpose_has_its_addresses_and_what_is_not_listed_is_held_back() {
        let gate = gate(Some(in_force()), "https://visio.example");
        let may = |purpose, address: &str| gate.may_reach(purpose, address.parse().unwrap());
        for _ in 0..2 {
            assert!(may(Purpose::Signalling, "192.0.2.1") && !may(Purpose::Media, "192.0.2.1"));
            assert!(may(Purpose::Media, "198.51.100.7") && !may(Purpose::Signalling, "198.51.100.7"));
            assert!(!may(Purpose::Relay, "198.51.100.7") && !may(Purpose::Media, "127.0.0.1"));
        }
    }

    #[test]
    fn without_a_policy_all_is_open_and_with_one_that_says_nothing_of_the_host_all_is_closed() {
        let address = "192.0.2.1".parse().unwrap();
        assert!(gate(None, "https://visio.example").may_reach(Purpose::Media, address));
        for closed in [
            gate(Some(RoomPolicy::Unusable), "https://visio.example"),
            gate(Some(in_force()), "https://elsewhere.example"),
        ] {
            for purpose in [Purpose::Signalling, Purpose::Media, Purpose::Relay] {
                assert!(!closed.may_reach(purpose, address));
            }
        }
    }
}
