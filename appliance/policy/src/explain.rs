//! The answer in words: may this room join this meeting, and why.

use std::net::IpAddr;

use jiff::Timestamp;
use phrase::Language;
use serde::Serialize;

use crate::addresses::{Place, Purpose};
use crate::join::{Condition, Question, Verdict};
use crate::phrases::say;
use crate::policy::Policy;
use crate::reasons;
use crate::role::Permission;

/// A reason: a word for programs, a sentence for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Said {
    pub code: &'static str,
    pub sentence: String,
}

/// A verdict in the words of one language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    pub policy: String,
    pub version: u64,
    /// The language of its sentences: `fr`, `en` or `de`.
    pub language: &'static str,
    /// `allowed`, `allowed-after-acceptance` or `refused`.
    pub verdict: &'static str,
    /// Yes or no, in one sentence.
    pub answer: String,
    /// Why.
    pub reasons: Vec<Said>,
    /// What must hold all the time; empty when it is refused.
    pub conditions: Vec<Said>,
    /// What people accept on the panel first.
    pub acceptance: Option<String>,
    /// What happens in meetings, and what does not.
    pub permissions: Vec<Said>,
    pub addresses: Vec<AddressExplained>,
}

/// An address, and what it may be contacted for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AddressExplained {
    pub address: IpAddr,
    /// The id of its jurisdiction.
    pub jurisdiction: Option<String>,
    /// The same for people.
    pub sentence: String,
    pub purposes: Vec<PurposeExplained>,
}

/// Whether an address may be contacted for something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PurposeExplained {
    pub purpose: &'static str,
    pub allowed: bool,
    pub sentence: String,
}

impl Policy {
    /// Answers in words whether a room may join a meeting now, and what these addresses may be contacted for in it.
    pub fn explain(
        &self,
        question: &Question,
        addresses: &[IpAddr],
        now: Timestamp,
        language: Language,
    ) -> Explanation {
        let (place, said) = match self.may_join(question, now) {
            Verdict::Allowed { platform, conditions } => {
                let place = Place::Platform(platform);
                (
                    Some(place),
                    Outcome { verdict: "allowed", conditions, ..Outcome::because(self.listed(place, language)) },
                )
            }
            Verdict::AllowedAfterAcceptance { transition, conditions } => {
                let place = Place::Transition(transition);
                let because = Outcome::because(self.listed(place, language));
                let acceptance = Some(transition.sentence.in_language(language).to_owned());
                (Some(place), Outcome { verdict: "allowed-after-acceptance", conditions, acceptance, ..because })
            }
            Verdict::Refused { reasons } => {
                let said =
                    |reason: crate::Refusal| Said { code: reason.code(), sentence: reason.sentence(self, language) };
                let reasons = reasons.into_iter().map(said).collect();
                (None, Outcome { verdict: REFUSED, reasons, conditions: Vec::new(), acceptance: None })
            }
        };
        let of_condition =
            |condition: Condition| Said { code: condition.code(), sentence: say(language, condition.code(), &[]) };
        Explanation {
            policy: self.name().to_owned(),
            version: self.version(),
            language: language.word(),
            verdict: said.verdict,
            answer: say(language, &format!("verdict-{}", said.verdict), &[("host", question.host.to_string())]),
            reasons: said.reasons,
            conditions: said.conditions.into_iter().map(of_condition).collect(),
            acceptance: said.acceptance,
            permissions: Permission::ALL.iter().map(|permission| self.permission_said(*permission, language)).collect(),
            addresses: addresses.iter().map(|address| self.address_said(*address, place, language)).collect(),
        }
    }

    /// What place stands in the policy as what.
    fn listed(&self, place: Place<'_>, language: Language) -> Said {
        let (code, host, kind) = match place {
            Place::Platform(platform) => ("because-platform", &platform.host, platform.kind),
            Place::Transition(transition) => ("because-transition", &transition.host, transition.kind),
        };
        let mut variables = vec![
            ("policy", self.name().to_owned()),
            ("version", self.version().to_string()),
            ("host", host.to_string()),
            ("kind", reasons::kind(kind, language)),
        ];
        if let Place::Transition(transition) = place {
            variables.push(("day", transition.until.to_string()));
        }
        Said { code, sentence: say(language, code, &variables) }
    }

    fn permission_said(&self, permission: Permission, language: Language) -> Said {
        let key = if self.permits(permission).is_ok() { "permission-yes" } else { "permission-no" };
        let variables = [("permission", reasons::permission(permission, language))];
        Said { code: permission.word(), sentence: say(language, key, &variables) }
    }

    fn address_said(&self, address: IpAddr, place: Option<Place<'_>>, language: Language) -> AddressExplained {
        let address = address.to_canonical();
        let jurisdiction = self.jurisdiction_of(address);
        let sentence = match jurisdiction {
            Some(j) => {
                let variables =
                    [("address", address.to_string()), ("jurisdiction", j.names.in_language(language).to_owned())];
                say(language, "address-in", &variables)
            }
            None => say(language, "address-unknown", &[("address", address.to_string())]),
        };
        let of_purpose = |purpose: &Purpose| {
            let answer = match place {
                Some(place) => self.may_contact_in(place, *purpose, address),
                None => self.may_contact(*purpose, address),
            };
            let sentence = match &answer {
                Ok(permitted) => {
                    let variables =
                        [("purpose", reasons::purpose(*purpose, language)), ("range", permitted.by.to_string())];
                    say(language, "contact-allowed", &variables)
                }
                Err(why) => why.sentence(self, language),
            };
            PurposeExplained { purpose: purpose.word(), allowed: answer.is_ok(), sentence }
        };
        let purposes = Purpose::ALL.iter().map(of_purpose).collect();
        AddressExplained { address, jurisdiction: jurisdiction.map(|j| j.id.clone()), sentence, purposes }
    }
}

impl Explanation {
    /// All of it, as a person reads it at a terminal.
    pub fn text(&self) -> String {
        let heading = |key: &str| {
            let language = Language::of(self.language).unwrap_or(Language::English);
            say(language, key, &[])
        };
        let mut lines = vec![self.answer.clone()];
        lines.extend(self.reasons.iter().map(|reason| format!("  {}", reason.sentence)));
        if let Some(acceptance) = &self.acceptance {
            lines.extend([heading("heading-acceptance"), format!("  {acceptance}")]);
        }
        if !self.conditions.is_empty() {
            lines.push(heading("heading-conditions"));
            lines.extend(self.conditions.iter().map(|condition| format!("  {}", condition.sentence)));
        }
        if self.verdict != REFUSED {
            lines.push(heading("heading-permissions"));
            lines.extend(self.permissions.iter().map(|permission| format!("  {}", permission.sentence)));
        }
        for address in &self.addresses {
            lines.push(address.sentence.clone());
            lines.extend(address.purposes.iter().map(|purpose| format!("  {}", purpose.sentence)));
        }
        lines.push(heading("enforced-so-far"));
        lines.join("\n")
    }
}

const REFUSED: &str = "refused";

/// What a verdict comes down to.
struct Outcome {
    verdict: &'static str,
    reasons: Vec<Said>,
    conditions: Vec<Condition>,
    acceptance: Option<String>,
}

impl Outcome {
    fn because(reason: Said) -> Outcome {
        Outcome { verdict: "", reasons: vec![reason], conditions: Vec::new(), acceptance: None }
    }
}
