//! Who is in the meeting, what they last said of themselves, and since when they have not been with us.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use super::membership::Membership;
use super::wire::{Place, Standing};

/// How long what somebody said holds: three of what they say by themselves.
const HOLDS: Duration = Duration::from_secs(16);

/// How long somebody may take to be with us, or not to be hindered, while others are.
const GRACE: Duration = Duration::from_secs(2);

/// How long somebody has not been with us, while others are, before people are told of it.
const OUTSIDE_AFTER: Duration = Duration::from_secs(5);

/// Somebody in the meeting, as the server tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    pub identity: String,
    pub sid: String,
    /// Milliseconds since the Unix epoch, of the server's clock. What counts of others is what they say of themselves.
    pub joined_at_ms: i64,
}

#[derive(Debug)]
struct Other {
    peer: Peer,
    said: Option<(Standing, Instant)>,
    /// Since when it has not been in our group at our epoch, as far as it has told.
    apart_since: Option<Instant>,
    /// Since when it has said that somebody is not with it.
    hindered_since: Option<Instant>,
}

impl Other {
    fn standing(&self, now: Instant) -> Option<&Standing> {
        self.said.as_ref().filter(|(_, at)| now < *at + HOLDS).map(|(standing, _)| standing)
    }
}

/// Those who left that are remembered; of others who are still in the group nobody waits for their removal.
const GONE_MAX: usize = 64;

/// Everybody else.
#[derive(Debug, Default)]
pub struct Presence {
    others: BTreeMap<String, Other>,
    /// Who was here and left.
    gone: BTreeSet<String>,
    /// Members of the group who are not here, and since when.
    absent_since: BTreeMap<String, Instant>,
}

/// Who keeps us from the group's key.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Hindrance {
    /// Those who are not with us.
    pub apart: Vec<String>,
    /// Those who are, and who say that somebody is not with them.
    pub hindered: Vec<String>,
    /// Those who have not been with us for long, while others are.
    pub outside: Vec<String>,
}

impl Hindrance {
    pub fn is_none(&self) -> bool {
        self.apart.is_empty() && self.hindered.is_empty()
    }
}

impl Presence {
    /// Everybody who is there now. `true`: somebody is new.
    pub fn update(&mut self, peers: Vec<Peer>) -> bool {
        let mut before = std::mem::take(&mut self.others);
        let mut is_news = false;
        for peer in peers {
            // Whoever comes back under another sid has forgotten what it said.
            let known = before.remove(&peer.identity).filter(|other| other.peer.sid == peer.sid);
            is_news |= known.is_none();
            let other = match known {
                Some(other) => Other { peer, ..other },
                None => Other { peer, said: None, apart_since: None, hindered_since: None },
            };
            self.gone.remove(&other.peer.identity);
            self.others.insert(other.peer.identity.clone(), other);
        }
        self.gone.extend(before.into_keys().filter(|identity| !self.others.contains_key(identity)));
        while self.gone.len() > GONE_MAX {
            self.gone.pop_first();
        }
        is_news
    }

    pub fn is_here(&self, identity: &str) -> bool {
        self.others.contains_key(identity)
    }

    pub fn is_empty(&self) -> bool {
        self.others.is_empty()
    }

    /// What somebody said. `true`: we had not heard of them, or not for long.
    pub fn said(&mut self, identity: &str, standing: Standing, now: Instant) -> bool {
        let Some(other) = self.others.get_mut(identity) else { return false };
        let is_news = other.standing(now).is_none();
        other.said = Some((standing, now));
        is_news
    }

    /// Where somebody is follows from what they did.
    pub fn moved(&mut self, identity: &str, place: Place, now: Instant) {
        if let Some((standing, at)) = self.others.get_mut(identity).and_then(|other| other.said.as_mut()) {
            (standing.place, *at) = (Some(place), now);
        }
    }

    /// Who leads: the first to come of those who speak. `None`: we do.
    pub fn leader(&self, me: &Peer, now: Instant) -> Option<&Peer> {
        let rank = |other: &Other| Some((other.standing(now)?.joined_ms, other.peer.sid.clone()));
        let speaking = self.others.values().filter_map(|other| Some((rank(other)?, &other.peer)));
        let (rank, peer) = speaking.min_by(|one, other| one.0.cmp(&other.0))?;
        (rank < (me.joined_at_ms, me.sid.clone())).then_some(peer)
    }

    /// Where somebody says it is.
    pub fn place(&self, identity: &str, now: Instant) -> Option<&Place> {
        self.others.get(identity)?.standing(now)?.place.as_ref()
    }

    /// Whether somebody is in this group at this epoch, and has proven it.
    pub fn is_with(&self, identity: &str, membership: &Membership, now: Instant) -> bool {
        let (Some(place), Some(leaf)) = (self.place(identity, now), membership.leaf_of(identity)) else { return false };
        place.epoch == membership.epoch()
            && place.group == membership.id()
            && membership.confirmation(leaf.index) == Some(place.confirmation)
    }

    /// Who is not with us. While we are `grouped` with others everybody has a moment.
    pub fn hindrance(&mut self, membership: Option<&Membership>, grouped: bool, now: Instant) -> Hindrance {
        let grace = if grouped { GRACE } else { Duration::ZERO };
        let identities: Vec<String> = self.others.keys().cloned().collect();
        let mut hindrance = Hindrance::default();
        for identity in identities {
            let with_us = membership.is_some_and(|membership| self.is_with(&identity, membership, now));
            let Some(other) = self.others.get_mut(&identity) else { continue };
            let says_hindered = with_us && other.standing(now).is_some_and(|standing| standing.hindered);
            mark(&mut other.apart_since, !with_us, now);
            mark(&mut other.hindered_since, says_hindered, now);
            let is_over = |since: Option<Instant>| since.is_some_and(|since| now >= since + grace);
            if is_over(other.apart_since) {
                hindrance.apart.push(identity);
            } else if is_over(other.hindered_since) {
                hindrance.hindered.push(identity);
            }
        }
        if self.others.values().any(|other| other.apart_since.is_none()) {
            let is_long = |other: &&Other| other.apart_since.is_some_and(|since| now >= since + OUTSIDE_AFTER);
            hindrance.outside = self.others.values().filter(is_long).map(|other| other.peer.identity.clone()).collect();
        }
        let absent = membership.map(|membership| self.absent(membership)).unwrap_or_default();
        self.absent_since.retain(|identity, _| absent.contains(identity));
        for identity in absent {
            let since = *self.absent_since.entry(identity.clone()).or_insert(now);
            // Whoever has just left is about to be removed. Nobody else may be where people do not see them.
            let grace = if self.gone.contains(&identity) { grace } else { Duration::ZERO };
            if now >= since + grace {
                hindrance.apart.push(identity);
            }
        }
        hindrance
    }

    /// Members of the group, other than ourselves, whom the meeting does not show.
    fn absent(&self, membership: &Membership) -> BTreeSet<String> {
        let others = membership.leaves().iter().filter(|leaf| leaf.index != membership.own());
        others.map(|leaf| leaf.participant.clone()).filter(|participant| !self.is_here(participant)).collect()
    }

    /// Whether everybody was with us when [`Presence::hindrance`] was asked for.
    pub fn all_with_us(&self) -> bool {
        self.absent_since.is_empty() && self.others.values().all(|other| other.apart_since.is_none())
    }

    /// When something changes by itself.
    pub fn deadlines(&self) -> impl Iterator<Item = Instant> {
        let of = |other: &Other| {
            let graces = [other.apart_since, other.hindered_since].map(|since| since.map(|since| since + GRACE));
            let outside = other.apart_since.map(|since| since + OUTSIDE_AFTER);
            graces.into_iter().flatten().chain(outside).chain(other.said.as_ref().map(|(_, at)| *at + HOLDS))
        };
        self.others.values().flat_map(of).chain(self.absent_since.values().map(|since| *since + GRACE))
    }
}

fn mark(since: &mut Option<Instant>, holds: bool, now: Instant) {
    if holds {
        since.get_or_insert(now);
    } else {
        *since = None;
    }
}
