//! Who is in the room, as the server tells it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::proto::{Info, Permission, TrackInfo};
use crate::e2ee::group::Peer;
use crate::io::{Participant, Quality, Source, Unreadable};

/// Participants kept at most; LiveKit rooms end long before.
const PARTICIPANTS_MAX: usize = 5_000;

/// Visio's attribute for a raised hand: the time it was raised, or empty.
pub(super) const HAND_RAISED_AT: &str = "handRaisedAt";

/// Everybody in the room.
#[derive(Debug, Default)]
pub(super) struct Roster {
    me: Option<Info>,
    /// By participant sid.
    others: BTreeMap<String, Info>,
    quality: BTreeMap<String, Quality>,
    speaking: BTreeMap<String, f32>,
    /// Tracks whose frames do not open.
    unreadable: BTreeSet<String>,
    /// We have a key, and expect others to use it.
    encrypted: bool,
    told: Vec<Participant>,
    told_speakers: Vec<String>,
}

impl Roster {
    /// Everybody in an encrypted meeting, or in one that is not.
    pub fn new(encrypted: bool) -> Roster {
        Roster { encrypted, ..Roster::default() }
    }

    /// A session begins: forgets the old one.
    pub fn begin(&mut self, me: Info, others: Vec<Info>) {
        self.others.clear();
        self.quality.clear();
        self.speaking.clear();
        self.unreadable.clear();
        self.me = Some(me);
        self.update(others);
    }

    /// Our own sid; empty before the join.
    pub fn my_sid(&self) -> &str {
        self.me.as_ref().map_or("", |me| &me.sid)
    }

    pub fn permission(&self) -> Option<&Permission> {
        self.me.as_ref()?.permission.as_ref()
    }

    /// Whether our hand is up.
    pub fn my_hand(&self) -> bool {
        self.me.as_ref().is_some_and(hand_raised)
    }

    /// Changed descriptions. Older versions of one we know are dropped.
    pub fn update(&mut self, infos: Vec<Info>) {
        for info in infos {
            if info.sid == self.my_sid() {
                if self.me.as_ref().is_none_or(|me| me.version <= info.version) {
                    self.me = Some(info);
                }
            } else if info.gone {
                self.others.remove(&info.sid);
                self.quality.remove(&info.sid);
                self.speaking.remove(&info.sid);
            } else {
                let old = self.others.get(&info.sid).is_some_and(|known| known.version > info.version);
                if !old && !info.sid.is_empty() && self.others.len() < PARTICIPANTS_MAX {
                    // One identity is in the room once: a new sid replaces the old one.
                    self.others.retain(|sid, o| o.identity != info.identity || *sid == info.sid);
                    self.others.insert(info.sid.clone(), info);
                }
            }
        }
    }

    /// Our own quality, if it is among these.
    pub fn set_quality(&mut self, updates: Vec<(String, Quality)>) -> Option<Quality> {
        let mut mine = None;
        for (sid, quality) in updates {
            if sid == self.my_sid() {
                mine = Some(quality);
            } else if self.others.contains_key(&sid) {
                self.quality.insert(sid, quality);
            }
        }
        mine
    }

    /// Changes of who speaks; the identities of all who do, loudest first, if that changed.
    pub fn set_speakers(&mut self, changes: Vec<(String, f32, bool)>) -> Option<Vec<String>> {
        for (sid, level, active) in changes {
            let known = sid == self.my_sid() || self.others.contains_key(&sid);
            if active && known {
                self.speaking.insert(sid, level);
            } else {
                self.speaking.remove(&sid);
            }
        }
        self.speakers()
    }

    /// The identities of all who speak, loudest first, if that changed since it was last told: who
    /// leaves speaks no more.
    pub fn speakers(&mut self) -> Option<Vec<String>> {
        let mut loudest: Vec<_> = self.speaking.iter().collect();
        loudest.sort_by(|a, b| b.1.total_cmp(a.1));
        let identity = |sid: &String| {
            let me = self.me.as_ref().filter(|me| me.sid == *sid);
            me.or(self.others.get(sid)).map(|info| info.identity.clone())
        };
        let speakers: Vec<_> = loudest.into_iter().filter_map(|(sid, _)| identity(sid)).collect();
        (speakers != self.told_speakers).then(|| {
            self.told_speakers.clone_from(&speakers);
            speakers
        })
    }

    /// A published track of somebody else, with its owner's identity.
    pub fn track(&self, sid: &str) -> Option<(&str, &TrackInfo)> {
        self.others
            .values()
            .find_map(|info| info.tracks.iter().find(|t| t.sid == sid).map(|t| (info.identity.as_str(), t)))
    }

    /// Whether a track can be heard or seen. `true`: that is news.
    pub fn set_readable(&mut self, sid: &str, readable: bool) -> bool {
        if readable { self.unreadable.remove(sid) } else { self.unreadable.insert(sid.to_owned()) }
    }

    /// Whose track it is, also when it is ours: an identity.
    pub fn owner(&self, sid: &str) -> Option<&str> {
        let mine = self.me.as_ref().filter(|me| me.tracks.iter().any(|track| track.sid == sid));
        mine.map(|me| me.identity.as_str()).or_else(|| self.track(sid).map(|(identity, _)| identity))
    }

    /// Somebody's microphone, and whether it is muted.
    pub fn microphone_of(&self, identity: &str) -> Option<(&str, bool)> {
        let info = self.others.values().find(|info| info.identity == identity)?;
        let track = info.tracks.iter().find(|track| track.source == Source::Microphone)?;
        Some((track.sid.as_str(), track.muted))
    }

    /// Everybody whose microphone is not muted, in no order.
    pub fn open_microphones(&self) -> impl Iterator<Item = &str> {
        let open = |info: &&Info| info.tracks.iter().any(|t| t.source == Source::Microphone && !t.muted);
        self.others.values().filter(|info| !info.hidden).filter(open).map(|info| info.identity.as_str())
    }

    /// Ourselves, and everybody else who is seen to be there, for the group's keys.
    pub fn peers(&self) -> Option<(Peer, Vec<Peer>)> {
        let peer = |info: &Info| Peer {
            identity: info.identity.clone(),
            sid: info.sid.clone(),
            joined_at_ms: info.joined_at_ms,
        };
        let others = self.others.values().filter(|info| !info.hidden).map(peer).collect();
        self.me.as_ref().map(|me| (peer(me), others))
    }

    /// Whether this identity is ours.
    pub fn is_me(&self, identity: &str) -> bool {
        self.me.as_ref().is_some_and(|me| me.identity == identity)
    }

    /// Everybody else in order of arrival, if that changed since it was last told.
    pub fn changed(&mut self) -> Option<Vec<Participant>> {
        let mut infos: Vec<&Info> = self.others.values().filter(|info| !info.hidden).collect();
        infos.sort_by_key(|info| (info.joined_at_ms, &info.sid));
        let participants: Vec<_> = infos.into_iter().map(|info| self.participant(info)).collect();
        (participants != self.told).then(|| {
            self.told.clone_from(&participants);
            participants
        })
    }

    fn participant(&self, info: &Info) -> Participant {
        let on = |source| info.tracks.iter().any(|t| t.source == source && !t.muted);
        Participant {
            identity: info.identity.clone(),
            name: info.name.clone(),
            metadata: info.metadata.clone(),
            attributes: info.attributes.clone(),
            microphone_on: on(Source::Microphone),
            camera_on: on(Source::Camera),
            sharing: on(Source::ScreenShare),
            hand_raised: hand_raised(info),
            hand_raised_at: hand_raised_at(info),
            quality: self.quality.get(&info.sid).copied().unwrap_or(Quality::Unknown),
            unreadable: self.unreadable(info),
        }
    }

    fn unreadable(&self, info: &Info) -> Option<Unreadable> {
        let track = info.tracks.iter().find(|track| self.unreadable.contains(&track.sid))?;
        Some(match (self.encrypted, track.encrypted) {
            (false, _) => Unreadable::Encrypted,
            (true, false) => Unreadable::NotEncrypted,
            (true, true) => Unreadable::OtherKey,
        })
    }
}

fn hand_raised(info: &Info) -> bool {
    info.attributes.iter().any(|(key, value)| key == HAND_RAISED_AT && !value.is_empty())
}

/// As the platform writes it, RFC 3339; `None` for what is no time of ours.
fn hand_raised_at(info: &Info) -> Option<Duration> {
    let (_, at) = info.attributes.iter().find(|(key, _)| key == HAND_RAISED_AT)?;
    let at = OffsetDateTime::parse(at, &Rfc3339).ok()? - OffsetDateTime::UNIX_EPOCH;
    Duration::try_from(at).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(sid: &str, identity: &str, joined_at_ms: i64) -> Info {
        Info {
            sid: sid.into(),
            identity: identity.into(),
            name: identity.to_uppercase(),
            metadata: String::new(),
            attributes: Vec::new(),
            joined_at_ms,
            version: 0,
            gone: false,
            hidden: false,
            tracks: Vec::new(),
            permission: None,
        }
    }

    #[test]
    fn people_are_told_in_order_of_arrival_and_only_when_something_changed() {
        let mut roster = Roster::default();
        roster.begin(info("PA_me", "me", 1), vec![info("PA_b", "late", 9), info("PA_z", "early", 3)]);
        let names: Vec<_> = roster.changed().unwrap().into_iter().map(|p| p.identity).collect();
        assert_eq!(names, ["early", "late"]);
        assert_eq!(roster.changed(), None);
        let mut raised = info("PA_b", "late", 9);
        raised.version = 2;
        raised.attributes = vec![(HAND_RAISED_AT.into(), "2026-11-23T09:00:00+00:00".into())];
        roster.update(vec![raised]);
        let told = roster.changed().unwrap();
        assert!(told[1].hand_raised);
        assert_eq!(told[1].hand_raised_at, Some(Duration::from_secs(1_795_424_400)));
        roster.update(vec![info("PA_b", "late", 9)]);
        assert_eq!(roster.changed(), None, "an older version undoes nothing");
    }

    #[test]
    fn who_comes_back_under_a_new_sid_is_there_once() {
        let mut roster = Roster::default();
        roster.begin(info("PA_me", "me", 1), vec![info("PA_1", "anna", 2)]);
        roster.update(vec![info("PA_2", "anna", 5)]);
        assert_eq!(roster.changed().unwrap().len(), 1);
        let mut gone = info("PA_1", "anna", 2);
        gone.gone = true;
        roster.update(vec![gone]);
        assert_eq!(roster.changed(), None);
    }

    #[test]
    fn speakers_are_told_loudest_first_and_strangers_never() {
        let mut roster = Roster::default();
        roster.begin(info("PA_me", "me", 1), vec![info("PA_a", "anna", 2), info("PA_b", "bert", 3)]);
        let changes =
            vec![("PA_a".to_owned(), 0.1, true), ("PA_b".to_owned(), 0.6, true), ("PA_x".to_owned(), 0.9, true)];
        assert_eq!(roster.set_speakers(changes).unwrap(), ["bert", "anna"]);
        assert_eq!(roster.set_speakers(vec![("PA_b".into(), 0.0, false)]).unwrap(), ["anna"]);
        assert_eq!(roster.set_speakers(vec![("PA_a".into(), f32::NAN, true)]), None);
        roster.begin(info("PA_me2", "me", 1), vec![info("PA_a2", "anna", 2)]);
        assert_eq!(roster.speakers(), Some(Vec::new()), "nobody has spoken yet in a new session");
    }
}
