//! The policy at a meeting's sockets: every address is judged here, once more before each packet.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use meeting::Target;
use meeting::border::{Border, Within};
use meeting::io::Purpose;
use policy::{Pin, PlatformKind};
use url::Url;

use crate::book::{Book, purpose_of};
use crate::net::{Allowed, Ways};
use crate::room_policy::RoomPolicy;
use crate::whereabouts::Whereabouts;

/// Judgements that are remembered; when there are more, all are made anew.
const JUDGED_MAX: usize = 1024;

/// Where the packets of one meeting may go, and where they went.
pub struct Gate {
    rule: Rule,
    book: Arc<Book>,
    /// Why not, in a word.
    judged: Mutex<HashMap<(Purpose, IpAddr), Result<(), &'static str>>>,
    ways: Option<Ways>,
}

enum Rule {
    /// The room has no policy.
    Everywhere,
    /// It has one that cannot be used, or that does not know the meeting's host.
    Nowhere,
    /// It has one, and that decides.
    On(Whereabouts),
}

impl Gate {
    /// The gate of a meeting. Without a policy it is open.
    pub fn of(policy: Option<&RoomPolicy>, target: &Target, joined_by: &str) -> Gate {
        let (url, kind) = place(target);
        let Ok(host) = policy::host(url.host_str().unwrap_or_default()) else {
            let rule = if policy.is_some() { Rule::Nowhere } else { Rule::Everywhere };
            return Gate::with(rule, Book::of_nothing());
        };
        let at = |policy| Whereabouts { host, kind, policy };
        let (rule, whereabouts) = match policy {
            None => (Rule::Everywhere, at(None)),
            Some(RoomPolicy::Unusable) => (Rule::Nowhere, at(None)),
            Some(RoomPolicy::InForce(policy)) => {
                let whereabouts = at(Some(policy.clone()));
                (Rule::On(whereabouts.clone()), whereabouts)
            }
        };
        Gate::with(rule, Book::begin(whereabouts, joined_by))
    }

    /// A gate that holds nothing back.
    pub fn open() -> Gate {
        Gate::with(Rule::Everywhere, Book::of_nothing())
    }

    fn with(rule: Rule, book: Book) -> Gate {
        Gate { rule, book: Arc::new(book), judged: Mutex::default(), ways: None }
    }

    /// The same, of a room that gets out by these ways: an address that stands for a name which only a proxy knows is the
    /// proxy's, and that is judged when the room goes there.
    pub fn by(self, ways: Ways) -> Gate {
        Gate { ways: Some(ways), ..self }
    }

    /// What went through, and what did not.
    pub fn book(&self) -> &Arc<Book> {
        &self.book
    }

    /// Nothing is held back.
    pub fn is_open(&self) -> bool {
        matches!(self.rule, Rule::Everywhere)
    }

    /// The certificates of which one must vouch for every server of the meeting; none: the room's authorities decide alone.
    pub fn pins(&self) -> &[Pin] {
        match &self.rule {
            Rule::On(whereabouts) => whereabouts.pins(),
            Rule::Everywhere | Rule::Nowhere => &[],
        }
    }

    /// What connections for a purpose ask before they are made.
    pub fn allowed(self: &Arc<Gate>, purpose: Purpose) -> Allowed {
        let gate = self.clone();
        Arc::new(move |address| gate.may_reach(purpose, address))
    }

    /// The gate as sessions take it.
    pub fn within(self: &Arc<Gate>) -> Within {
        Within(self.clone())
    }

    /// May packets for a purpose go to an address? If not, why, in a word.
    fn verdict(&self, purpose: Purpose, address: IpAddr) -> Result<(), &'static str> {
        let whereabouts = match &self.rule {
            Rule::Everywhere => return Ok(()),
            Rule::Nowhere => return Err("no-policy"),
            Rule::On(whereabouts) => whereabouts,
        };
        let address = address.to_canonical();
        if self.ways.as_ref().is_some_and(|ways| ways.host_of(address).is_some()) {
            return Ok(());
        }
        let mut judged = self.judged.lock().unwrap_or_else(|e| e.into_inner());
        if judged.len() >= JUDGED_MAX {
            judged.clear();
        }
        let judge = || whereabouts.judge(purpose_of(purpose), address).unwrap_or(Err("no-policy"));
        *judged.entry((purpose, address)).or_insert_with(judge)
    }
}

impl Border for Gate {
    /// What may not is written down each time it is asked.
    fn may_reach(&self, purpose: Purpose, address: IpAddr) -> bool {
        let verdict = self.verdict(purpose, address);
        if let Err(why) = verdict
            && self.book.refused(purpose, address.to_canonical(), why)
        {
            tracing::warn!(?purpose, why, "the policy holds back what would go to an address");
            tracing::debug!(%address, "it is this one");
        }
        verdict.is_ok()
    }

    fn may_come_from(&self, purpose: Purpose, address: IpAddr) -> bool {
        self.verdict(purpose, address).is_ok()
    }
}

fn place(target: &Target) -> (&Url, PlatformKind) {
    match target {
        Target::Visio { instance, .. } => (instance, PlatformKind::Visio),
        Target::LiveKit { server, .. } => (server, PlatformKind::LiveKit),
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
        Gate::of(policy.as_ref(), &target(instance), "panel")
    }

    fn in_force() -> RoomPolicy {
        RoomPolicy::InForce(Arc::new(policy::Policy::parse(POLICY).unwrap()))
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
