//! From a reason to the key of its sentence and what the sentence needs.

use phrase::Language;

use crate::addresses::{ContactRefusal, Purpose};
use crate::join::{Condition, Refusal};
use crate::phrases::say;
use crate::platform::PlatformKind;
use crate::policy::Policy;
use crate::role::{Action, ActionRefusal, Permission, Role};

type Variables = Vec<(&'static str, String)>;

impl Condition {
    /// A word for programs, which is also the key of its sentence.
    pub fn code(&self) -> &'static str {
        match self {
            Condition::MustBeEncrypted => "condition-must-be-encrypted",
            Condition::EncryptedIfOffered => "condition-encrypted-if-offered",
            Condition::ShownAsNotEncrypted => "condition-shown-as-not-encrypted",
            Condition::PinnedCertificate => "condition-pinned-certificate",
            Condition::EverybodyVerified => "condition-everybody-verified",
            Condition::NothingKept => "condition-nothing-kept",
            Condition::NothingAround => "condition-nothing-around",
        }
    }
}

impl Refusal {
    /// A word for programs, which is also the key of its sentence.
    pub fn code(&self) -> &'static str {
        match self {
            Refusal::PolicyOver { .. } => "refusal-policy-over",
            Refusal::HostNotListed { .. } => "refusal-host-not-listed",
            Refusal::OtherKind { .. } => "refusal-other-kind",
            Refusal::NotEncrypted => "refusal-not-encrypted",
            Refusal::MustNotBeEncrypted => "refusal-must-not-be-encrypted",
            Refusal::TransitionOver { .. } => "refusal-transition-over",
            Refusal::Action(why) => why.code(),
            Refusal::Address { .. } => "refusal-address",
        }
    }

    /// The reason in words.
    pub fn sentence(&self, policy: &Policy, language: Language) -> String {
        let variables: Variables = match self {
            Refusal::PolicyOver { since } => vec![("day", since.to_string())],
            Refusal::HostNotListed { host } => vec![("host", host.to_string())],
            Refusal::OtherKind { host, asked, listed } => {
                vec![("host", host.to_string()), ("asked", kind(*asked, language)), ("listed", kind(*listed, language))]
            }
            Refusal::NotEncrypted | Refusal::MustNotBeEncrypted => Vec::new(),
            Refusal::TransitionOver { name, since } => vec![("name", name.clone()), ("day", since.to_string())],
            Refusal::Action(why) => return why.sentence(language),
            Refusal::Address { address, why } => {
                vec![("address", address.to_string()), ("why", why.sentence(policy, language))]
            }
        };
        say(language, self.code(), &variables)
    }
}

impl ActionRefusal {
    /// A word for programs, which is also the key of its sentence.
    pub fn code(&self) -> &'static str {
        match self {
            ActionRefusal::RoleMayNot { .. } => "refusal-role-may-not",
            ActionRefusal::NotPermitted { .. } => "refusal-not-permitted",
        }
    }

    /// The reason in words.
    pub fn sentence(&self, language: Language) -> String {
        let variables: Variables = match self {
            ActionRefusal::RoleMayNot { role: who, action: what } => {
                vec![("role", role(*who, language)), ("action", action(*what, language))]
            }
            ActionRefusal::NotPermitted { permission: what } => vec![("permission", permission(*what, language))],
        };
        say(language, self.code(), &variables)
    }
}

impl ContactRefusal {
    /// A word for programs, which is also the key of its sentence.
    pub fn code(&self) -> &'static str {
        match self {
            ContactRefusal::NothingListed { .. } => "contact-nothing-listed",
            ContactRefusal::OtherJurisdiction { .. } => "contact-other-jurisdiction",
            ContactRefusal::NotListed { .. } => "contact-not-listed",
            ContactRefusal::OutsidePlatform { .. } => "contact-outside-platform",
        }
    }

    /// The reason in words. `policy` is the one that refused, and names the jurisdiction.
    pub fn sentence(&self, policy: &Policy, language: Language) -> String {
        let (purpose, more): (Purpose, Variables) = match self {
            ContactRefusal::NothingListed { purpose } | ContactRefusal::NotListed { purpose } => (*purpose, Vec::new()),
            ContactRefusal::OtherJurisdiction { purpose, jurisdiction: id } => {
                let name = policy.jurisdiction(id).map_or(id.as_str(), |j| j.names.in_language(language));
                (*purpose, vec![("jurisdiction", name.to_owned())])
            }
            ContactRefusal::OutsidePlatform { purpose, host } => (*purpose, vec![("host", host.clone())]),
        };
        let variables: Variables = std::iter::once(("purpose", self::purpose(purpose, language))).chain(more).collect();
        say(language, self.code(), &variables)
    }
}

pub(crate) fn kind(kind: PlatformKind, language: Language) -> String {
    say(language, &format!("kind-{}", kind.word()), &[])
}

pub(crate) fn purpose(purpose: Purpose, language: Language) -> String {
    say(language, &format!("purpose-{}", purpose.word()), &[])
}

pub(crate) fn permission(permission: Permission, language: Language) -> String {
    say(language, &format!("permission-{}", permission.word()), &[])
}

pub(crate) fn role(role: Role, language: Language) -> String {
    say(language, &format!("role-{}", role.word()), &[])
}

pub(crate) fn action(action: Action, language: Language) -> String {
    say(language, &format!("action-{}", action.word()), &[])
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn keys(language: Language) -> BTreeSet<&'static str> {
        let lines = crate::phrases::source(language).lines();
        let keys = lines.filter(|line| line.starts_with(|c: char| c.is_ascii_lowercase()));
        keys.filter_map(|line| line.split_once(" = ").map(|(key, _)| key)).collect()
    }

    #[test]
    fn every_language_has_the_same_sentences() {
        let english = keys(Language::English);
        assert!(english.len() > 50);
        for language in [Language::French, Language::German] {
            assert_eq!(keys(language), english, "{language:?}");
        }
    }

    #[test]
    fn every_word_of_a_policy_has_words_for_people() {
        let english = keys(Language::English);
        let has = |key: String| assert!(english.contains(key.as_str()), "{key}");
        PlatformKind::ALL.iter().for_each(|one| has(format!("kind-{}", one.word())));
        Purpose::ALL.iter().for_each(|one| has(format!("purpose-{}", one.word())));
        Permission::ALL.iter().for_each(|one| has(format!("permission-{}", one.word())));
        Role::ALL.iter().for_each(|one| has(format!("role-{}", one.word())));
        Action::ALL.iter().for_each(|one| has(format!("action-{}", one.word())));
    }

    #[test]
    fn every_reason_is_a_whole_sentence_in_every_language() {
        let policy = Policy::parse(crate::profile("ministry").unwrap()).unwrap();
        let (host, address) = (crate::host("visio.example").unwrap(), [192, 0, 2, 1].into());
        let day = jiff::civil::date(2027, 6, 30);
        let (purpose, asked, listed) = (Purpose::Media, PlatformKind::Sip, PlatformKind::Visio);
        let mut refusals = vec![
            Refusal::PolicyOver { since: day },
            Refusal::HostNotListed { host: host.clone() },
            Refusal::OtherKind { host, asked, listed },
            Refusal::NotEncrypted,
            Refusal::MustNotBeEncrypted,
            Refusal::TransitionOver { name: "gateway".into(), since: day },
            Refusal::Action(ActionRefusal::RoleMayNot { role: Role::Auditor, action: Action::Join }),
            Refusal::Action(ActionRefusal::NotPermitted { permission: Permission::Chat }),
        ];
        for why in [
            ContactRefusal::NothingListed { purpose },
            ContactRefusal::OtherJurisdiction { purpose, jurisdiction: "FR".into() },
            ContactRefusal::NotListed { purpose },
            ContactRefusal::OutsidePlatform { purpose, host: "visio.example".into() },
        ] {
            refusals.push(Refusal::Address { address, why });
        }
        for language in Language::ALL {
            for refusal in &refusals {
                let sentence = refusal.sentence(&policy, language);
                assert!(sentence.ends_with('.') && !sentence.contains('{'), "{language:?}: {sentence}");
                assert!(!sentence.contains("contact-") && !sentence.contains("refusal-"), "{sentence}");
            }
            for condition in [
                Condition::MustBeEncrypted,
                Condition::EncryptedIfOffered,
                Condition::ShownAsNotEncrypted,
                Condition::PinnedCertificate,
            ] {
                assert!(say(language, condition.code(), &[]).ends_with('.'));
            }
        }
    }
}
