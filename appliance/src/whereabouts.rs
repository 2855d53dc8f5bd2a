//! On which platform a meeting is, and what the policy says of the addresses there.

use std::net::IpAddr;
use std::sync::Arc;

use evidence::Purpose;
use policy::{Pin, Place, PlatformKind, Policy};
use url::Host;

/// Where a meeting is, under a policy or none.
#[derive(Clone)]
pub struct Whereabouts {
    pub host: Host,
    pub kind: PlatformKind,
    pub policy: Option<Arc<Policy>>,
}

impl Whereabouts {
    /// What the policy says of an address there: why not, in a word. `None`: there is no policy.
    pub fn judge(&self, purpose: Purpose, address: IpAddr) -> Option<Result<(), &'static str>> {
        let policy = self.policy.as_ref()?;
        let Some(place) = policy.place_of(&self.host, self.kind) else { return Some(Err("host-not-listed")) };
        let purpose = match purpose {
            Purpose::Media => policy::Purpose::Media,
            Purpose::Turn => policy::Purpose::Turn,
            _ => policy::Purpose::Signalling,
        };
        let judged = policy.may_contact_in(place, purpose, address);
        Some(judged.map(|_| ()).map_err(|why| why.code().trim_start_matches("contact-")))
    }

    /// The certificates of which one must vouch for every server there; none: the room's authorities decide alone.
    pub fn pins(&self) -> &[Pin] {
        match self.policy.as_ref().and_then(|policy| policy.place_of(&self.host, self.kind)) {
            Some(Place::Platform(platform)) => &platform.pins,
            _ => &[],
        }
    }
}
