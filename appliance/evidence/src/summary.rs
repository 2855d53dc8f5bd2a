//! What a meeting's record comes to, in plain words: as data for the panel, and as sentences.

use std::collections::{BTreeMap, BTreeSet};

use phrase::Language;
use serde::Serialize;

use crate::meeting::{FrameEncryption, Meeting};
use crate::phrases::phrase;

/// Where a meeting's packets went, as far as the record knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// Nothing went anywhere.
    Nowhere,
    /// Everything stayed in the jurisdiction with this id.
    One(String),
    /// In several, all known, by their ids.
    Several(Vec<String>),
    /// In these, and in places that nobody knows.
    Partly(Vec<String>),
    /// Nobody knows of any.
    Unknown,
}

/// Whether the policy lists whom the room spoke to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Listing {
    /// There is no policy.
    NoPolicy,
    /// Every server.
    All,
    /// So many servers not, or an unknown number where the record was cut.
    NotAll { unlisted: usize },
}

/// How frames were encrypted between participants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Protected {
    /// Nothing is known of it.
    Unknown,
    /// All the time, at least so.
    Throughout(FrameEncryption),
    /// Not all the time.
    PartOfTheTime,
}

/// A meeting in plain words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Summary {
    pub place: Place,
    /// Different addresses that something was exchanged with.
    pub servers: usize,
    pub listing: Listing,
    pub protected: Protected,
    /// Attempts that were refused.
    pub refused: u64,
    /// Whether something did not fit into the record.
    pub is_cut: bool,
}

impl Summary {
    /// Of a whole meeting, or of one so far ([`Ledger::so_far`](crate::Ledger::so_far)).
    pub fn of(meeting: &Meeting) -> Summary {
        let mut servers: BTreeMap<_, (BTreeSet<Option<&str>>, bool)> = BTreeMap::new();
        for flow in meeting.flows.iter().filter(|flow| !flow.traffic.is_nothing()) {
            let (jurisdictions, all_listed) = servers.entry(flow.key.peer).or_insert((BTreeSet::new(), true));
            jurisdictions.insert(flow.jurisdiction.as_deref());
            *all_listed &= flow.listed;
        }
        let unlisted = servers.values().filter(|(_, listed)| !listed).count();
        let is_traffic_cut = !meeting.cut.traffic.is_nothing();
        let listing = match (&meeting.policy, unlisted) {
            (None, _) => Listing::NoPolicy,
            (Some(_), 0) if !is_traffic_cut => Listing::All,
            (Some(_), unlisted) => Listing::NotAll { unlisted },
        };
        let refused =
            meeting.refused.iter().map(|refused| refused.times).fold(meeting.cut.refused, u64::saturating_add);
        Summary {
            place: place(servers.values().flat_map(|(all, _)| all.iter().copied()), is_traffic_cut),
            servers: servers.len(),
            listing,
            protected: protected(meeting),
            refused,
            is_cut: !meeting.cut.is_nothing(),
        }
    }

    /// The same in sentences. `meeting` names the jurisdictions, and whether it is over.
    pub fn sentences(&self, meeting: &Meeting, language: Language) -> Vec<String> {
        let protected = match self.protected {
            Protected::Unknown => "encryption-unknown",
            Protected::PartOfTheTime => "encryption-part",
            Protected::Throughout(FrameEncryption::None) => "encryption-none",
            Protected::Throughout(FrameEncryption::SharedKey) => "encryption-shared-key",
            Protected::Throughout(FrameEncryption::GroupKey) => "encryption-group-key",
        };
        let mut sentences = self.whereabouts(meeting, language);
        sentences.insert(1, phrase(language, protected, []));
        sentences
    }

    /// Of them those that say where everything went, for whoever sees how it is encrypted elsewhere.
    pub fn whereabouts(&self, meeting: &Meeting, language: Language) -> Vec<String> {
        let names = |ids: &[String]| {
            ids.iter().map(|id| meeting.jurisdiction_name(id, language)).collect::<Vec<_>>().join(", ")
        };
        let tense = if meeting.ended.is_some() { "place-one-was" } else { "place-one-is" };
        let (place, places) = match &self.place {
            Place::Nowhere => ("place-nowhere", String::new()),
            Place::One(id) => (tense, names(std::slice::from_ref(id))),
            Place::Several(ids) => ("place-several", names(ids)),
            Place::Partly(ids) => ("place-partly", names(ids)),
            Place::Unknown => ("place-unknown", String::new()),
        };
        let (listing, unlisted) = match self.listing {
            Listing::NoPolicy => ("listing-no-policy", 0),
            Listing::All => ("listing-all", 0),
            Listing::NotAll { unlisted: 0 } => ("listing-cut", 0),
            Listing::NotAll { unlisted } => ("listing-not-all", unlisted),
        };
        let servers = phrase(language, listing, [("servers", self.servers.into()), ("unlisted", unlisted.into())]);
        let mut sentences = vec![phrase(language, place, [("places", places.into()), ("servers", servers.into())])];
        if self.refused > 0 {
            sentences.push(phrase(language, "refused", [("times", self.refused.into())]));
        }
        if self.is_cut {
            sentences.push(phrase(language, "cut", []));
        }
        sentences
    }
}

/// What people read while nothing of a meeting can be written down.
pub fn not_kept(language: Language) -> String {
    phrase(language, "not-kept", [])
}

impl Meeting {
    /// What a jurisdiction was called when the record was written; its id where no name was kept.
    pub fn jurisdiction_name<'a>(&'a self, id: &'a str, language: Language) -> &'a str {
        let named = self.jurisdictions.iter().find(|jurisdiction| jurisdiction.id == id);
        named.map_or(id, |jurisdiction| match language {
            Language::French => &jurisdiction.names.fr,
            Language::English => &jurisdiction.names.en,
            Language::German => &jurisdiction.names.de,
        })
    }
}

fn place<'a>(jurisdictions: impl Iterator<Item = Option<&'a str>>, is_cut: bool) -> Place {
    let all: BTreeSet<Option<&str>> = jurisdictions.collect();
    let known: Vec<String> = all.iter().flatten().map(|id| (*id).to_owned()).collect();
    let is_all_known = !is_cut && !all.contains(&None);
    match (known.len(), is_all_known) {
        (0, true) => Place::Nowhere,
        (0, false) => Place::Unknown,
        (1, true) => Place::One(known.into_iter().next().unwrap_or_default()),
        (_, true) => Place::Several(known),
        (_, false) => Place::Partly(known),
    }
}

fn protected(meeting: &Meeting) -> Protected {
    let states = || meeting.encryption.iter().map(|one| one.state);
    match (states().min(), states().max()) {
        (None, _) | (_, None) => Protected::Unknown,
        (Some(FrameEncryption::None), Some(FrameEncryption::None)) if meeting.cut.encryption == 0 => {
            Protected::Throughout(FrameEncryption::None)
        }
        (Some(FrameEncryption::None), _) => Protected::PartOfTheTime,
        (Some(weakest), _) if meeting.cut.encryption == 0 => Protected::Throughout(weakest),
        _ => Protected::Unknown,
    }
}
