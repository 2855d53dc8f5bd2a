//! What really happened, so that a failure on the panel can be held against it.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use room::view::EndReason;

/// A cause may show its effect this long after it is over.
const ECHO: Duration = Duration::from_secs(25);

/// Something that can end a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// Loss, long delays, a cut.
    Network,
    /// UDP or TCP to the media server blocked.
    MediaBlocked,
    SignallingCut,
    Crash,
    Shutdown,
    DoorFailed,
    DoorThrottled,
    DoorSlow,
    DoorUntrusted,
    Denied,
    Removed,
    Deleted,
    Garbage,
    /// Somebody typed the name of a meeting that is not there.
    WrongName,
}

/// When each cause was last at work.
#[derive(Debug, Default)]
pub struct Evidence {
    until: BTreeMap<Cause, Instant>,
}

impl Evidence {
    /// A cause is at work until then.
    pub fn note(&mut self, cause: Cause, until: Instant) {
        let last = self.until.entry(cause).or_insert(until);
        *last = until.max(*last);
    }

    /// Whether a cause was at work since then, or shortly before.
    pub fn since(&self, cause: Cause, since: Instant) -> bool {
        self.until.get(&cause).is_some_and(|until| *until + ECHO >= since)
    }

    /// Whether a call begun then can have ended for this reason.
    pub fn explains(&self, reason: &EndReason, begun: Instant) -> bool {
        use Cause::*;
        let causes: &[Cause] = match reason {
            EndReason::Left | EndReason::LobbyTimedOut | EndReason::Internal | EndReason::JoinedElsewhere => &[],
            EndReason::RoomNotFound | EndReason::MayNotBegin => &[WrongName],
            EndReason::LobbyDenied => &[Denied],
            EndReason::TokenRefused | EndReason::KeyMissing | EndReason::KeyUnexpected | EndReason::OutsidePolicy => {
                &[]
            }
            EndReason::CertificateInvalid => &[DoorUntrusted],
            EndReason::ServerUnreachable => &[Network, Crash, DoorSlow],
            // There are none in these worlds.
            EndReason::CaptivePortal { .. }
            | EndReason::ProxyUnreachable
            | EndReason::ProxyRefused
            | EndReason::ProxyForbids => &[],
            EndReason::ServerError => &[DoorFailed, Network, Crash, SignallingCut],
            EndReason::TooManyRequests { .. } => &[DoorThrottled],
            EndReason::MediaUnreachable => &[MediaBlocked, Network, Crash],
            EndReason::ConnectionLost => &[Network, MediaBlocked, Crash, SignallingCut],
            EndReason::RemovedByHost => &[Removed],
            EndReason::MeetingEnded => &[Deleted],
            EndReason::ServerShutdown => &[Shutdown],
        };
        // A damaged message can say anything.
        causes.iter().chain(&[Garbage]).any(|cause| self.since(*cause, begun))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_meeting_only_ends_when_it_was_ended() {
        let now = Instant::now();
        let mut evidence = Evidence::default();
        evidence.note(Cause::Network, now);
        assert!(!evidence.explains(&EndReason::MeetingEnded, now));
        assert!(evidence.explains(&EndReason::ConnectionLost, now));
        evidence.note(Cause::Deleted, now);
        assert!(evidence.explains(&EndReason::MeetingEnded, now));
        assert!(!evidence.explains(&EndReason::MeetingEnded, now + Duration::from_secs(60)));
    }
}
