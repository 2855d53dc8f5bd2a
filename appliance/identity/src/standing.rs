//! How the room itself stands, and how that is said.

use std::time::Duration;

use phrase::Language;
use time::OffsetDateTime;

use crate::authorities::Authorities;
use crate::chain::Chain;
use crate::expiry::{Expiry, days_left, expiry};
use crate::phrases::say;
use crate::revocations::Revocations;
use crate::verify::{Unverified, verify};

/// How a room's own certificate stands, by the room's own authorities.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// The room made it itself.
    Own,
    /// An authority says who the room is.
    Verified { by: String, until: Duration },
    /// Somebody else made it, and it does not hold here. Perhaps it does elsewhere: a room need not know its own authority.
    Unverified { reason: Unverified, until: Duration },
}

impl Standing {
    /// How this chain stands now.
    pub fn of(chain: &Chain, authorities: &Authorities, revocations: &Revocations, now: Duration) -> Standing {
        let until = chain.certificate().not_after();
        match verify(chain, authorities, revocations, now) {
            Ok(verified) => Standing::Verified { by: verified.by, until },
            Err(Unverified::SelfSigned) => Standing::Own,
            Err(reason) => Standing::Unverified { reason, until },
        }
    }

    /// The certificate's last moment since 1970; the room's own has none.
    pub fn until(&self) -> Option<Duration> {
        match self {
            Standing::Own => None,
            Standing::Verified { until, .. } | Standing::Unverified { until, .. } => Some(*until),
        }
    }

    /// How soon it ends.
    pub fn expiry(&self, now: Duration) -> Expiry {
        self.until().map_or(Expiry::Far, |until| expiry(until, now))
    }

    /// Whole days until it ends; `None` when it has ended, or does not end.
    pub fn days_left(&self, now: Duration) -> Option<u64> {
        self.until().and_then(|until| days_left(until, now))
    }

    /// As people read it.
    pub fn sentence(&self, language: Language) -> String {
        match self {
            Standing::Own => say(language, "standing-own", &[]),
            Standing::Verified { by, until } => {
                say(language, "standing-verified", &[("by", by.as_str().into()), ("day", day(*until).into())])
            }
            Standing::Unverified { reason, .. } => {
                say(language, "standing-unverified", &[("reason", reason.sentence(language).into())])
            }
        }
    }

    /// The warning that it ends, as people read it; `None` as long as that is far.
    pub fn warning(&self, now: Duration, language: Language) -> Option<String> {
        match self.expiry(now) {
            Expiry::Far => None,
            Expiry::Within { .. } => {
                Some(say(language, "expiry-days", &[("days", self.days_left(now).unwrap_or(0).into())]))
            }
            Expiry::Over => Some(say(language, "expiry-over", &[])),
        }
    }
}

impl Unverified {
    /// For programs, and the end of its sentence's key.
    pub fn word(self) -> &'static str {
        match self {
            Unverified::SelfSigned => "self-signed",
            Unverified::UnknownAuthority => "unknown-authority",
            Unverified::Expired => "expired",
            Unverified::NotYetValid => "not-yet-valid",
            Unverified::AuthorityExpired => "authority-expired",
            Unverified::Revoked => "revoked",
            Unverified::ListStale => "list-stale",
            Unverified::ListMissing => "list-missing",
            Unverified::ListForged => "list-forged",
            Unverified::WrongUsage => "wrong-usage",
            Unverified::OutOfBounds => "out-of-bounds",
            Unverified::Algorithm => "algorithm",
            Unverified::Forged => "forged",
            Unverified::Nameless => "nameless",
            Unverified::Unreadable => "unreadable",
        }
    }

    /// As people read it; begins with a small letter, as it follows a colon.
    pub fn sentence(self, language: Language) -> String {
        say(language, &format!("unverified-{}", self.word()), &[])
    }
}

/// A day in UTC, `2027-12-31`.
pub fn day(since_1970: Duration) -> String {
    let seconds = i64::try_from(since_1970.as_secs()).unwrap_or(i64::MAX);
    OffsetDateTime::from_unix_timestamp(seconds).map_or_else(|_| "–".to_owned(), |time| time.date().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_secs(86_400);

    #[test]
    fn that_it_ends_is_said_in_every_language_and_not_before_the_time() {
        let standing = Standing::Verified { by: "Ministère X".into(), until: DAY * 20_000 };
        let warning = |days, language| standing.warning(DAY * 20_000 - DAY * days, language);
        assert_eq!(warning(31, Language::English), None);
        assert_eq!(warning(12, Language::English).unwrap(), "The room’s certificate ends in 12 days.");
        assert_eq!(warning(1, Language::French).unwrap(), "Le certificat de la salle expire dans 1 jour.");
        assert_eq!(warning(0, Language::German).unwrap(), "Das Zertifikat des Raums läuft heute ab.");
        let over = standing.warning(DAY * 20_001, Language::English);
        assert_eq!(over.unwrap(), "The room’s certificate has ended.");
        assert_eq!(Standing::Own.warning(DAY * 3_000_000, Language::English), None);
        assert_eq!(standing.sentence(Language::French), "Vérifiée par Ministère X, jusqu’au 2024-10-04.");
    }

    #[test]
    fn every_reason_has_its_sentence() {
        for reason in [Unverified::SelfSigned, Unverified::ListForged, Unverified::Unreadable, Unverified::Algorithm] {
            for language in Language::ALL {
                assert!(reason.sentence(language).ends_with('.'), "{reason:?}");
            }
        }
    }
}
