//! Gathering what the record of a meeting says, within bounds.

use std::collections::HashMap;
use std::net::IpAddr;

use jiff::Timestamp;

use crate::chain::in_milliseconds;
use crate::hex::MeetingId;
use crate::meeting::{
    Accepted, Cut, Dtls, Encryption, Epochs, Flow, FlowKey, FrameEncryption, Jurisdiction, Meeting, Names, Platform,
    PolicyReference, Protection, Purpose, Recorded, Recording, Refused, Tls, Traffic, Verified,
};

/// A meeting that goes on has an `interim` record this often, in milliseconds by [`Meeting::lasted_ms`], and not more often.
pub const INTERIM_INTERVAL_MS: u64 = 5 * 60 * 1000;
/// Flows in one record. Of further ones only the traffic is counted, together.
pub const FLOWS_MAX: usize = 128;
/// Refusals in one record.
pub const REFUSED_MAX: usize = 128;
/// Changes of frame encryption, recordings, jurisdictions and authorities in one record, each.
pub const CHANGES_MAX: usize = 64;
/// Names in one record.
pub const NAMES_MAX: usize = 128;

/// Bytes of names: of a policy, of somebody, of an authority, of a jurisdiction.
const NAME_BYTES_MAX: usize = 100;
/// Bytes of a word: the longest name of a cipher suite has 45.
const WORD_BYTES_MAX: usize = 64;
/// Bytes of a fingerprint: one by SHA-512 has 199.
const FINGERPRINT_BYTES_MAX: usize = 220;
/// Bytes of a host's name (RFC 1035 §2.3.4).
const HOST_BYTES_MAX: usize = 253;

/// A meeting's record in the making. Whatever it is told, it stays within bounds, and [`Meeting::cut`] says what did not fit.
#[derive(Debug, Clone)]
pub struct Ledger {
    meeting: Meeting,
    places: HashMap<FlowKey, usize>,
    may_name: bool,
}

impl Ledger {
    /// A meeting begins. `may_name` is whether the policy lets names of participants be kept.
    pub fn new(
        id: MeetingId,
        platform: Platform,
        joined_by: &str,
        policy: Option<PolicyReference>,
        may_name: bool,
        now: Timestamp,
    ) -> Ledger {
        let platform = Platform { kind: word(&platform.kind), host: short(&platform.host, HOST_BYTES_MAX) };
        let policy = policy.map(|policy| PolicyReference { name: name(&policy.name), ..policy });
        let meeting = Meeting {
            id,
            platform,
            joined_by: word(joined_by),
            policy,
            accepted: None,
            began: in_milliseconds(now),
            ended: None,
            lasted_ms: 0,
            flows: Vec::new(),
            refused: Vec::new(),
            jurisdictions: Vec::new(),
            encryption: Vec::new(),
            verified: Vec::new(),
            recorded: Vec::new(),
            cut: Cut::default(),
        };
        Ledger { meeting, places: HashMap::new(), may_name }
    }

    /// Somebody in the room has accepted this, before the meeting is dialled.
    pub fn accept(&mut self, accepted: Accepted) {
        let Accepted { transition, language } = accepted;
        self.meeting.accepted = Some(Accepted { transition: name(&transition), language: word(&language) });
    }

    /// This much more was exchanged. What `where_it_is` says is asked once for each flow, when it is new: the jurisdiction's
    /// id and names if the policy knows it, and whether the policy lists the peer.
    pub fn count(
        &mut self,
        key: FlowKey,
        more: Traffic,
        where_it_is: impl FnOnce(IpAddr) -> (Option<Jurisdiction>, bool),
    ) {
        let key = canonical(key);
        if let Some(flow) = self.places.get(&key).and_then(|place| self.meeting.flows.get_mut(*place)) {
            return flow.traffic.add(more);
        }
        if self.meeting.flows.len() >= FLOWS_MAX {
            return self.meeting.cut.traffic.add(more);
        }
        let (jurisdiction, listed) = where_it_is(key.peer);
        let listed = listed && self.meeting.policy.is_some();
        let jurisdiction = jurisdiction.map(|jurisdiction| self.name(jurisdiction));
        self.places.insert(key, self.meeting.flows.len());
        self.meeting.flows.push(Flow { key, jurisdiction, listed, traffic: more, protection: Protection::default() });
    }

    /// How a flow is protected, once that is known. Nothing happens where there is no such flow.
    pub fn protect(&mut self, key: FlowKey, protection: Protection) {
        let place = self.places.get(&canonical(key)).copied();
        if let Some(flow) = place.and_then(|place| self.meeting.flows.get_mut(place)) {
            flow.protection = bounded(protection);
        }
    }

    /// How every flow of a purpose is protected, that there is by now.
    pub fn protect_all(&mut self, purpose: Purpose, protection: Protection) {
        let protection = bounded(protection);
        for flow in self.meeting.flows.iter_mut().filter(|flow| flow.key.purpose == purpose) {
            flow.protection = protection.clone();
        }
    }

    /// Something was not contacted, or its packets were dropped.
    pub fn refuse(&mut self, purpose: Purpose, peer: IpAddr, reason: &str) {
        let (peer, reason) = (peer.to_canonical(), word(reason));
        let refused = &mut self.meeting.refused;
        let same = |one: &&mut Refused| one.purpose == purpose && one.peer == peer && one.reason == reason;
        if let Some(known) = refused.iter_mut().find(same) {
            known.times = known.times.saturating_add(1);
        } else if refused.len() < REFUSED_MAX {
            refused.push(Refused { purpose, peer, reason, times: 1 });
        } else {
            self.meeting.cut.refused = self.meeting.cut.refused.saturating_add(1);
        }
    }

    /// Frames are encrypted like this from now on; in this epoch, where there is a group.
    pub fn encrypt(&mut self, state: FrameEncryption, epoch: Option<u64>, now: Timestamp) {
        let all = &mut self.meeting.encryption;
        // Epochs only grow: a lower one is of another group.
        let goes_on = |last: &&mut Encryption| {
            last.state == state
                && last.epochs.is_some() == epoch.is_some()
                && last.epochs.zip(epoch).is_none_or(|(epochs, epoch)| epoch >= epochs.last)
        };
        if let Some(last) = all.last_mut().filter(goes_on) {
            last.epochs = last.epochs.zip(epoch).map(|(epochs, epoch)| Epochs { last: epoch, ..epochs });
        } else if all.len() < CHANGES_MAX {
            let epochs = epoch.map(|epoch| Epochs { first: epoch, last: epoch });
            all.push(Encryption { state, since: in_milliseconds(now), epochs });
        } else {
            self.meeting.cut.encryption = self.meeting.cut.encryption.saturating_add(1);
        }
    }

    /// Somebody's identity was verified by this authority. The name is kept only where the policy allows it.
    pub fn verify(&mut self, authority: &str, name: Option<&str>) {
        let authority = self::name(authority);
        let name = name.filter(|_| self.may_name).map(self::name);
        let (verified, cut) = (&mut self.meeting.verified, &mut self.meeting.cut.verified);
        let place = verified.iter().position(|known| known.authority == authority);
        if place.is_none() && verified.len() >= CHANGES_MAX {
            *cut = cut.saturating_add(1);
            return;
        }
        let place = place.unwrap_or_else(|| {
            verified.push(Verified { authority, count: 0, names: Vec::new() });
            verified.len() - 1
        });
        let names: usize = verified.iter().map(|one| one.names.len()).sum();
        let known = &mut verified[place];
        known.count = known.count.saturating_add(1);
        match name {
            Some(name) if names < NAMES_MAX => known.names.push(name),
            Some(_) => *cut = cut.saturating_add(1),
            None => {}
        }
    }

    /// The platform says that it records, or no longer.
    pub fn record(&mut self, what: Recording, is_on: bool, now: Timestamp) {
        let now = in_milliseconds(now);
        let all = &mut self.meeting.recorded;
        let going_on = all.iter().position(|one| one.what == what && one.until.is_none());
        match (going_on, is_on) {
            (Some(_), true) | (None, false) => {}
            (Some(place), false) => all[place].until = Some(now),
            (None, true) if all.len() < CHANGES_MAX => all.push(Recorded { what, since: now, until: None }),
            (None, true) => self.meeting.cut.recorded = self.meeting.cut.recorded.saturating_add(1),
        }
    }

    /// The meeting so far, for an `opened` or `interim` record and for the panel.
    pub fn so_far(&self, lasted_ms: u64) -> Meeting {
        Meeting { lasted_ms, ..self.meeting.clone() }
    }

    /// The whole meeting, for its `closed` record.
    pub fn close(mut self, lasted_ms: u64, now: Timestamp) -> Meeting {
        let now = in_milliseconds(now);
        for recorded in self.meeting.recorded.iter_mut().filter(|one| one.until.is_none()) {
            recorded.until = Some(now);
        }
        Meeting { ended: Some(now), lasted_ms, ..self.meeting }
    }

    /// Notes a jurisdiction's names, and gives its id.
    fn name(&mut self, jurisdiction: Jurisdiction) -> String {
        let id = word(&jurisdiction.id);
        let known = &mut self.meeting.jurisdictions;
        if !known.iter().any(|one| one.id == id) {
            if known.len() < CHANGES_MAX {
                let Names { fr, en, de } = jurisdiction.names;
                known.push(Jurisdiction {
                    id: id.clone(),
                    names: Names { fr: name(&fr), en: name(&en), de: name(&de) },
                });
            } else {
                self.meeting.cut.jurisdictions = self.meeting.cut.jurisdictions.saturating_add(1);
            }
        }
        id
    }
}

fn bounded(protection: Protection) -> Protection {
    Protection {
        tls: protection.tls.map(|tls| Tls { version: word(&tls.version), suite: word(&tls.suite) }),
        dtls: protection.dtls.map(|dtls| Dtls {
            suite: dtls.suite.map(|suite| word(&suite)),
            srtp: dtls.srtp.map(|srtp| word(&srtp)),
            fingerprint: dtls.fingerprint.map(|text| short(&text, FINGERPRINT_BYTES_MAX)),
        }),
    }
}

fn canonical(key: FlowKey) -> FlowKey {
    FlowKey { peer: key.peer.to_canonical(), ..key }
}

fn name(text: &str) -> String {
    short(text, NAME_BYTES_MAX)
}

fn word(text: &str) -> String {
    short(text, WORD_BYTES_MAX)
}

/// One line of at most so many bytes, as JSON writes it, which turns nothing around; an ellipsis says that it was longer.
fn short(text: &str, bytes_max: usize) -> String {
    let turns = |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let mut kept = String::new();
    for letter in text.chars().filter(|c| !c.is_control() && !turns(*c)) {
        // What JSON would write in two bytes.
        let letter = if matches!(letter, '"' | '\\') { '\'' } else { letter };
        if kept.len() + letter.len_utf8() > bytes_max {
            while kept.len() + '…'.len_utf8() > bytes_max {
                kept.pop();
            }
            kept.push('…');
            break;
        }
        kept.push(letter);
    }
    kept
}
