//! May this room join this meeting?

use std::net::IpAddr;

use jiff::Timestamp;
use jiff::civil::Date;
use url::Host;

use crate::addresses::{ContactRefusal, Place, Purpose};
use crate::classified::Mode;
use crate::platform::{EncryptionRule, Platform, PlatformKind, Transition, narrowest};
use crate::policy::{Policy, is_over};
use crate::role::{Action, ActionRefusal, Role};

/// What is known of end-to-end encryption in a meeting before it is joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndToEnd {
    /// It is encrypted: its link carries a passphrase, say.
    Present,
    /// It is not.
    Absent,
    /// Nobody can tell yet.
    Unknown,
}

/// A meeting that somebody wants the room to join.
#[derive(Debug, Clone)]
pub struct Question {
    /// As [`crate::host`] reads it.
    pub host: Host,
    pub kind: PlatformKind,
    pub end_to_end: EndToEnd,
    /// Who asks.
    pub role: Role,
    /// Addresses of the meeting that are known already.
    pub addresses: Vec<(Purpose, IpAddr)>,
}

/// The answer, with everything that led to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict<'p> {
    /// It may join, as long as every condition holds.
    Allowed { platform: &'p Platform, conditions: Vec<Condition> },
    /// It may join once somebody at the panel has accepted `transition.sentence`, as long as every condition holds.
    AllowedAfterAcceptance { transition: &'p Transition, conditions: Vec<Condition> },
    /// It may not. There is at least one reason, and all there are.
    Refused { reasons: Vec<Refusal> },
}

/// What must hold while the room is in the meeting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// The meeting is, and stays, encrypted from end to end; the room leaves when it is not.
    MustBeEncrypted,
    /// Encryption from end to end is used if the meeting has it, and people see when it has not.
    EncryptedIfOffered,
    /// It is not encrypted from end to end, and people see that.
    ShownAsNotEncrypted,
    /// The server shows a certificate that the policy names ([`Platform::trusts`]).
    PinnedCertificate,
    /// In a classified room: until everybody in the meeting is verified, and whenever somebody is not, nothing is sent.
    EverybodyVerified,
    /// In a classified room: nothing of the meeting is remembered.
    NothingKept,
    /// In a classified room: no radio is on, and nothing foreign is plugged in.
    NothingAround,
}

/// Why a room may not join a meeting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The whole policy is over since the end of this day.
    PolicyOver { since: Date },
    /// The policy does not mention this host.
    HostNotListed { host: Host },
    /// It mentions the host as something else.
    OtherKind { host: Host, asked: PlatformKind, listed: PlatformKind },
    /// Meetings there must be encrypted from end to end, and this one is not.
    NotEncrypted,
    /// Meetings there must not be encrypted from end to end, and this one is.
    MustNotBeEncrypted,
    /// The time in which this was allowed is over since the end of this day.
    TransitionOver { name: String, since: Date },
    /// Whoever asks may not do this.
    Action(ActionRefusal),
    /// One of the meeting's addresses may not be contacted.
    Address { address: IpAddr, why: ContactRefusal },
}

impl Policy {
    /// Whether a room may join a meeting now, and why.
    ///
    /// ```
    /// use policy::{EndToEnd, PlatformKind, Policy, Question, Role, Verdict, profile};
    /// let policy = Policy::parse(profile("ministry").unwrap()).unwrap();
    /// let mut question = Question {
    ///     host: policy::host("visio.numerique.gouv.fr").unwrap(),
    ///     kind: PlatformKind::Visio,
    ///     end_to_end: EndToEnd::Absent,
    ///     role: Role::RoomUser,
    ///     addresses: Vec::new(),
    /// };
    /// let now = "2026-12-01T09:00:00Z".parse().unwrap();
    /// assert!(matches!(policy.may_join(&question, now), Verdict::Allowed { .. }));
    /// question.host = policy::host("meet.elsewhere.example").unwrap();
    /// assert!(matches!(policy.may_join(&question, now), Verdict::Refused { .. }));
    /// ```
    pub fn may_join(&self, question: &Question, now: Timestamp) -> Verdict<'_> {
        let mut reasons = Vec::new();
        if let Some(since) = self.valid_until.filter(|last| is_over(*last, now)) {
            reasons.push(Refusal::PolicyOver { since });
        }
        reasons.extend(self.may(question.role, Action::Join).err().map(Refusal::Action));
        let Some(place) = self.place_of(&question.host, question.kind) else {
            reasons.push(self.unlisted(question));
            return Verdict::Refused { reasons };
        };
        let rule = match place {
            Place::Platform(platform) => platform.encryption,
            Place::Transition(transition) => {
                if is_over(transition.until, now) {
                    let Transition { name, until, .. } = transition;
                    reasons.push(Refusal::TransitionOver { name: name.clone(), since: *until });
                }
                reasons.extend(self.may(question.role, Action::AcceptTransition).err().map(Refusal::Action));
                transition.encryption
            }
        };
        let encryption = encryption(rule, question.end_to_end);
        reasons.extend(encryption.as_ref().err().cloned());
        for (purpose, address) in &question.addresses {
            let refused = self.may_contact_in(place, *purpose, *address).err();
            reasons.extend(refused.map(|why| Refusal::Address { address: address.to_canonical(), why }));
        }
        if !reasons.is_empty() {
            return Verdict::Refused { reasons };
        }
        let mut conditions = Vec::from_iter(encryption.ok());
        if self.mode == Mode::Classified {
            conditions.extend([Condition::EverybodyVerified, Condition::NothingKept, Condition::NothingAround]);
        }
        match place {
            Place::Platform(platform) => {
                conditions.extend((!platform.pins.is_empty()).then_some(Condition::PinnedCertificate));
                Verdict::Allowed { platform, conditions }
            }
            Place::Transition(transition) => Verdict::AllowedAfterAcceptance { transition, conditions },
        }
    }

    /// What the policy says about this host: the narrowest pattern counts, and of two alike there are none.
    pub fn place_of(&self, host: &Host, kind: PlatformKind) -> Option<Place<'_>> {
        let platform = narrowest(&self.platforms, host, |p| (&p.host, p.kind), Some(kind));
        let transition = narrowest(&self.transitions, host, |t| (&t.host, t.kind), Some(kind));
        match (platform, transition) {
            (Some(p), Some(t)) if t.host.narrowness() > p.host.narrowness() => Some(Place::Transition(t)),
            (Some(p), _) => Some(Place::Platform(p)),
            (None, t) => t.map(Place::Transition),
        }
    }

    fn unlisted(&self, question: &Question) -> Refusal {
        let host = question.host.clone();
        let platform = narrowest(&self.platforms, &host, |p| (&p.host, p.kind), None).map(|p| p.kind);
        let transition = || narrowest(&self.transitions, &host, |t| (&t.host, t.kind), None).map(|t| t.kind);
        match platform.or_else(transition) {
            Some(listed) => Refusal::OtherKind { host, asked: question.kind, listed },
            None => Refusal::HostNotListed { host },
        }
    }
}

/// What the rule of a place makes of a meeting.
fn encryption(rule: EncryptionRule, end_to_end: EndToEnd) -> Result<Condition, Refusal> {
    match (rule, end_to_end) {
        (EncryptionRule::Required, EndToEnd::Absent) => Err(Refusal::NotEncrypted),
        (EncryptionRule::Off, EndToEnd::Present) => Err(Refusal::MustNotBeEncrypted),
        (EncryptionRule::Required, _) | (EncryptionRule::Preferred, EndToEnd::Present) => {
            Ok(Condition::MustBeEncrypted)
        }
        (EncryptionRule::Preferred, EndToEnd::Unknown) => Ok(Condition::EncryptedIfOffered),
        (EncryptionRule::Preferred, EndToEnd::Absent) | (EncryptionRule::Off, _) => Ok(Condition::ShownAsNotEncrypted),
    }
}
