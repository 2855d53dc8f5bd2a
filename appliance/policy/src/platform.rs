//! Where meetings take place: always, or for a time across the border.

use jiff::civil::Date;
use url::Host;

use crate::addresses::{Purpose, Range};
use crate::host::HostPattern;
use crate::pin::{Pin, Shown};
use crate::word::{Words, words};

words! {
    /// What a meeting is spoken over.
    PlatformKind {
        /// La Suite Meet.
        Visio = "visio",
        /// A LiveKit server alone.
        LiveKit = "livekit",
        /// A SIP gateway (RFC 3261).
        Sip = "sip",
    }
}

words! {
    /// Whether meetings are encrypted from end to end, so that the platform hears nothing.
    EncryptionRule {
        /// A meeting without it is not joined.
        Required = "required",
        /// With it where the meeting has it; people see when it does not.
        Preferred = "preferred",
        /// Never, and a meeting that has it is not joined.
        Off = "off",
    }
}

/// A platform that rooms may meet on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Platform {
    pub host: HostPattern,
    pub kind: PlatformKind,
    pub encryption: EncryptionRule,
    /// One of these must be in the chain that the server shows; with none, the authorities of the image decide alone.
    pub pins: Vec<Pin>,
    /// Of what the policy allows for media, signalling and TURN, only these; everything of it with `None`.
    pub addresses: Option<Vec<Range>>,
}

/// A server has shown no certificate that its platform is pinned to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the server shows none of the certificates that the policy names for it")]
pub struct NotPinned;

impl Platform {
    /// Whether a chain that verifies is one of those the policy means (RFC 7469 §2.6: any certificate of it will do).
    ///
    /// # Errors
    /// When the platform has pins and the chain none of them.
    pub fn trusts(&self, chain: &[Shown]) -> Result<(), NotPinned> {
        let is_pinned = |shown| self.pins.iter().any(|pin| pin.means(shown));
        if self.pins.is_empty() || chain.iter().any(is_pinned) { Ok(()) } else { Err(NotPinned) }
    }
}

/// What may cross the border for a time: a gateway to a commercial service, say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transition {
    /// `commercial-gateway`
    pub name: String,
    pub host: HostPattern,
    pub kind: PlatformKind,
    pub encryption: EncryptionRule,
    /// Its last day, in UTC.
    pub until: Date,
    /// What goes there.
    pub crosses: Vec<Purpose>,
    /// Where it goes, in such a meeting only, beside what the policy allows anyway.
    pub addresses: Vec<Range>,
    /// What people accept on the panel before it does.
    pub sentence: Words,
}

/// The narrowest of those that mean a host.
pub(crate) fn narrowest<'p, T>(
    all: &'p [T],
    host: &Host,
    of: impl Fn(&T) -> (&HostPattern, PlatformKind),
    kind: Option<PlatformKind>,
) -> Option<&'p T> {
    let is_meant = |one: &&T| {
        let (pattern, its_kind) = of(one);
        pattern.matches(host) && kind.is_none_or(|kind| kind == its_kind)
    };
    all.iter().filter(is_meant).max_by_key(|one| of(one).0.narrowness())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_pinned_certificate_of_the_chain_is_enough_and_none_is_not() {
        let shown = |n: u8| Shown { public_key: [n; 32], certificate: [n + 100; 32] };
        let mut platform = Platform {
            host: HostPattern::parse("visio.example").unwrap(),
            kind: PlatformKind::Visio,
            encryption: EncryptionRule::Preferred,
            pins: vec![Pin::PublicKey([2; 32]), Pin::Certificate([103; 32])],
            addresses: None,
        };
        assert_eq!(platform.trusts(&[shown(1), shown(2)]), Ok(()));
        assert_eq!(platform.trusts(&[shown(1), shown(3)]), Ok(()));
        assert_eq!(platform.trusts(&[shown(1), shown(4)]), Err(NotPinned));
        assert_eq!(platform.trusts(&[]), Err(NotPinned));
        platform.pins.clear();
        assert_eq!(platform.trusts(&[shown(1)]), Ok(()));
    }
}
