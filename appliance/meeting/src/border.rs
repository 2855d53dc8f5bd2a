//! Which addresses a meeting may reach, as the room's policy has it.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use str0m::Candidate;

use crate::io::Purpose;

/// Decides about every address of a meeting: those the server names, those a name stands for, and those that packets
/// come from. Asked for every packet, so it has to be quick.
pub trait Border: Send + Sync {
    /// Whether packets for this purpose may go to this address.
    fn may_reach(&self, purpose: Purpose, address: IpAddr) -> bool;

    /// Whether packets for this purpose that come from this address are looked at. Anybody can send some: what is refused
    /// here is nothing that we did.
    fn may_come_from(&self, purpose: Purpose, address: IpAddr) -> bool {
        self.may_reach(purpose, address)
    }
}

/// A border, shared by all that a meeting consists of.
#[derive(Clone)]
pub struct Within(pub Arc<dyn Border>);

impl Within {
    /// The border of a room without a policy: there is none.
    pub fn everywhere() -> Within {
        Within(Arc::new(Everywhere))
    }

    /// See [`Border::may_reach`].
    pub fn may_reach(&self, purpose: Purpose, address: IpAddr) -> bool {
        self.0.may_reach(purpose, address.to_canonical())
    }

    /// See [`Border::may_come_from`].
    pub fn may_come_from(&self, purpose: Purpose, address: IpAddr) -> bool {
        self.0.may_come_from(purpose, address.to_canonical())
    }
}

impl fmt::Debug for Within {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Within")
    }
}

struct Everywhere;

impl Border for Everywhere {
    fn may_reach(&self, _: Purpose, _: IpAddr) -> bool {
        true
    }
}

/// Whether a line of a session description is a candidate (RFC 8839 §5.1), or means to be one.
pub(crate) fn is_candidate(line: &str) -> bool {
    const START: &[u8] = b"a=candidate";
    line.trim_start().as_bytes().get(..START.len()).is_some_and(|start| start.eq_ignore_ascii_case(START))
}

/// An ICE candidate, written with or without `a=` (RFC 8839 §5.1). `None`: none that we can read.
pub(crate) fn candidate(line: &str) -> Option<Candidate> {
    let line = line.trim();
    let line = line.strip_prefix("a=").unwrap_or(line);
    Candidate::from_sdp_string(line).ok()
}
