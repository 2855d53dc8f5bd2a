//! Who has the floor: a cough does not take it, and silence does not lose it.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// How long somebody speaks before they take the floor from whoever is silent. LiveKit's server tells
/// speakers from noise within half a second; a cough or a *yes* is over in one.
const DWELL: Duration = Duration::from_secs(1);
/// How long somebody must be louder than whoever has the floor and speaks as well.
const CROSSTALK: Duration = Duration::from_secs(3);

#[derive(Debug, Default)]
pub(super) struct Floor {
    holder: Option<String>,
    /// Who speaks, the loudest first, and since when.
    speakers: Vec<(String, Instant)>,
    /// Since when the first of them is the loudest.
    loudest_since: Option<Instant>,
    /// When those who do not speak now were last heard.
    heard: BTreeMap<String, Instant>,
}

impl Floor {
    /// Who speaks from now on, the loudest first.
    pub fn hear(&mut self, speakers: &[String], now: Instant) {
        let before = std::mem::take(&mut self.speakers);
        let since = |identity: &String| before.iter().find(|(other, _)| other == identity).map_or(now, |(_, at)| *at);
        self.speakers = speakers.iter().map(|identity| (identity.clone(), since(identity))).collect();
        if before.first().map(|(identity, _)| identity) != speakers.first() {
            self.loudest_since = Some(now);
        }
        self.heard.extend(before.into_iter().map(|(identity, _)| (identity, now)));
    }

    /// Decides who has the floor among those who are there.
    pub fn settle(&mut self, people: &[String], now: Instant) {
        let is_here = |identity: &str| people.iter().any(|p| p == identity);
        self.heard.retain(|identity, _| is_here(identity));
        self.speakers.retain(|(identity, _)| is_here(identity));
        self.holder.take_if(|holder| !is_here(holder));
        let next = match &self.holder {
            None => self.speakers.first(),
            Some(holder) if self.speakers.iter().any(|(identity, _)| identity == holder) => {
                let long = self.loudest_since.is_some_and(|since| now >= since + CROSSTALK);
                self.speakers.first().filter(|_| long)
            }
            Some(_) => self.speakers.iter().find(|(_, since)| now >= *since + DWELL),
        };
        if let Some((identity, _)) = next {
            self.holder = Some(identity.clone());
        }
    }

    /// Who has it; whoever spoke last keeps it in silence.
    pub fn holder(&self) -> Option<&str> {
        self.holder.as_deref()
    }

    /// Everybody who speaks for longer than a cough, the loudest first.
    pub fn speaking(&self, now: Instant) -> impl Iterator<Item = &str> {
        self.speakers.iter().filter(move |(_, since)| now >= *since + DWELL).map(|(identity, _)| identity.as_str())
    }

    /// When somebody was last heard.
    pub fn last_heard(&self, identity: &str) -> Option<Instant> {
        self.heard.get(identity).copied()
    }

    /// When somebody may take the floor without anything being said of it.
    pub fn deadline(&self, now: Instant) -> Option<Instant> {
        let dwelt = self.speakers.iter().map(|(_, since)| *since + DWELL);
        let louder = self.loudest_since.filter(|_| self.speakers.len() > 1).map(|since| since + CROSSTALK);
        dwelt.chain(louder).filter(|at| *at > now).min()
    }
}
