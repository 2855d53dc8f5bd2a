//! Who changes the group, and who follows: one participant's part.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use super::asks::Asks;
use super::code::authentication_code;
use super::frames::{Frames, Unopened};
use super::membership::{Candidacy, Candidate, Change, MEMBERS_MAX, Membership};
use super::parts::{Parts, split};
use super::presence::{Hindrance, Presence};
use super::wire::{Message, Place, Standing};
use crate::device::Device;
use crate::io::{Codec, Encryption, Member, Now};

pub use super::presence::Peer;

/// How often we say where we stand, when nothing changes: where all is well, and where it is not.
const TELL_INTERVAL: Duration = Duration::from_secs(5);
const TELL_INTERVAL_ASTRAY: Duration = Duration::from_secs(1);
/// How soon again we say it to those who do not know.
const TELL_AGAIN: Duration = Duration::from_millis(200);

/// How long who leads waits before it makes a group: somebody who came first may speak yet.
const LEAD_AFTER: Duration = Duration::from_millis(500);
/// How long those who ask are gathered, so that they are let in together.
const GATHER: Duration = Duration::from_millis(50);
/// From one change that lets somebody in to the next: a change costs everybody.
const CHANGE_INTERVAL: Duration = Duration::from_millis(200);
/// How long what does not fit may be on its way still.
const PATIENCE: Duration = Duration::from_millis(300);
/// Between one time of asking and the next: doubled each time, up to the longest.
const ASK_INTERVAL: Duration = Duration::from_secs(1);
const ASK_INTERVAL_MAX: Duration = Duration::from_secs(16);
/// When the group or the device refuses, how long until we try again.
const REFUSED_FOR: Duration = Duration::from_secs(10);

/// How long after a change frames may be sealed as before, until everybody has taken part in it.
const SWITCH_AFTER: Duration = Duration::from_secs(1);
/// How long after everybody is in the group frames under the shared key may be on their way still.
const SHARED_FOR: Duration = Duration::from_secs(2);
/// How often certificates are looked at again.
const JUDGE_INTERVAL: Duration = Duration::from_secs(60);

/// Packets that wait to be sent, at most; what is lost is said again.
const OUTBOX_MAX: usize = 256;

/// One participant's part in the group of a meeting.
pub struct Group {
    device: Device,
    me: Option<Peer>,
    presence: Presence,
    membership: Option<Membership>,
    members: Vec<Member>,
    judge_at: Option<Instant>,
    candidacy: Option<Candidacy>,
    frames: Frames,
    /// Those who have asked to be let in, and those of them whose key package is good.
    asks: Asks,
    candidates: BTreeMap<String, Candidate>,
    change_at: Option<Instant>,
    lead_at: Option<Instant>,
    /// Since when we have not been where the leader is.
    astray_since: Option<Instant>,
    ask_at: Option<Instant>,
    ask_interval: Duration,
    told: Option<(Standing, Instant)>,
    tell_again: bool,
    hindrance: Hindrance,
    /// Since when everything of ours has been sealed with the group's key.
    grouped_since: Option<Instant>,
    entered_at: Option<Instant>,
    inbox: Parts,
    number: u32,
    outbox: VecDeque<Vec<u8>>,
    /// What protects us, since things were last looked at: asked after every packet of the meeting.
    encryption: Encryption,
    /// When things were last looked at.
    now: Option<Instant>,
}

impl Group {
    /// This device's part, before it is in a meeting.
    pub fn new(device: Device) -> Group {
        Group {
            encryption: without_group(&device, Hindrance::default()),
            device,
            me: None,
            presence: Presence::default(),
            membership: None,
            members: Vec::new(),
            judge_at: None,
            candidacy: None,
            frames: Frames::default(),
            asks: Asks::default(),
            candidates: BTreeMap::new(),
            change_at: None,
            lead_at: None,
            astray_since: None,
            ask_at: None,
            ask_interval: ASK_INTERVAL,
            told: None,
            tell_again: false,
            hindrance: Hindrance::default(),
            grouped_since: None,
            entered_at: None,
            inbox: Parts::default(),
            number: 0,
            outbox: VecDeque::new(),
            now: None,
        }
    }

    /// Who is in the meeting: ourselves, and everybody else who gets frames of ours.
    pub fn set_roster(&mut self, me: Peer, others: Vec<Peer>, now: Now) {
        if self.me.as_ref().is_some_and(|before| before.sid != me.sid) {
            // A new session: nobody has heard anything of us in it.
            self.told = None;
            self.inbox.clear();
        }
        if self.me.as_ref().is_some_and(|before| before.identity != me.identity) {
            self.leave(now.monotonic);
            self.candidacy = None;
        }
        self.me = Some(me);
        self.tell_again |= self.presence.update(others);
        self.settle(now);
    }

    /// A packet of somebody's, opened with the meeting's key. `from` is an identity.
    pub fn receive(&mut self, from: &str, packet: &[u8], now: Now) {
        if !self.presence.is_here(from) {
            return;
        }
        let Some(message) = self.inbox.receive(from, packet).and_then(|bytes| Message::decode(&bytes)) else { return };
        match message {
            Message::Standing(standing) => self.standing(from, standing, now.monotonic),
            Message::Ask { to, key_package } => {
                // Looked at in its turn: a look is dear.
                if self.me.as_ref().is_some_and(|me| me.sid == to) {
                    self.asks.put(from, key_package);
                }
            }
            Message::Change(change) => self.change(from, &change, now),
        }
        self.settle(now);
    }

    /// The time of [`Group::deadline`] has come.
    pub fn timeout(&mut self, now: Now) {
        self.settle(now);
    }

    /// When to come back, if nothing happens before.
    pub fn deadline(&self) -> Option<Instant> {
        let now = self.now?;
        let told = self.told.as_ref().map(|(_, at)| *at);
        let tell = told.map(|at| at + self.tell_interval());
        let again = told.filter(|_| self.tell_again).map(|at| at + TELL_AGAIN);
        let ask = self.astray_since.map(|since| self.ask_at.map_or(since, |at| at.max(since)));
        let patience = self.astray_since.map(|since| since + PATIENCE);
        let switch = self.entered_at.filter(|_| !self.frames.is_switched()).map(|at| at + SWITCH_AFTER);
        let shared = self.grouped_since.map(|since| since + SHARED_FOR);
        [
            tell,
            again,
            ask,
            patience,
            switch,
            shared,
            self.asks.deadline(),
            self.change_at,
            self.lead_at,
            self.judge_at,
            self.frames.deadline(),
        ]
        .into_iter()
        .flatten()
        .chain(self.presence.deadlines())
        .filter(|at| *at > now)
        .min()
    }

    /// The next packet for everybody, to be sealed with the meeting's key.
    pub fn poll_packet(&mut self) -> Option<Vec<u8>> {
        self.outbox.pop_front()
    }

    /// What protects what we send and hear.
    pub fn encryption(&self) -> &Encryption {
        &self.encryption
    }

    /// Whether what we send is to be sealed with the group's key.
    pub fn is_grouped(&self) -> bool {
        self.grouped_since.is_some()
    }

    /// A number of the key that what we send is under: 0 is the shared one.
    pub fn sealing(&self) -> u64 {
        if self.is_grouped() { self.frames.sealing() } else { 0 }
    }

    /// Whether frames under the shared key are sent: while somebody is not in the group, and not by a classified room.
    pub fn sends_shared(&self) -> bool {
        !self.is_grouped() && !self.device.verified_only
    }

    /// Whether frames under the shared key are believed: as long as they are sent, and a moment longer.
    pub fn believes_shared(&self, now: Instant) -> bool {
        !self.device.verified_only && self.grouped_since.is_none_or(|since| now < since + SHARED_FOR)
    }

    /// A frame of ours under the group's key. `None`: it must not be sent.
    pub fn seal(&mut self, codec: Codec, stream: u64, frame: &[u8]) -> Option<Vec<u8>> {
        self.frames.seal(codec, stream, frame)
    }

    /// A frame under the group's key, on a track of this participant's.
    ///
    /// # Errors
    /// As [`Frames::open`].
    pub fn open(&mut self, owner: &str, codec: Codec, keyframe: bool, frame: &[u8]) -> Result<Vec<u8>, Unopened> {
        self.frames.open(owner, codec, keyframe, frame)
    }

    // What others say.

    fn standing(&mut self, from: &str, standing: Standing, now: Instant) {
        let is_news = self.presence.said(from, standing, now);
        let leads = self.me.as_ref().is_some_and(|me| self.presence.leader(me, now).is_none());
        let is_apart = self.membership.as_ref().is_none_or(|membership| !self.presence.is_with(from, membership, now));
        self.tell_again |= is_news || (leads && is_apart);
    }

    fn change(&mut self, from: &str, change: &Change, now: Now) {
        if let Some(membership) = self.membership.as_mut().filter(|_| !change.commit.is_empty()) {
            match membership.follow(&change.commit) {
                Ok(by) => self.entered(Some(by), now),
                Err(why) if why.is_final() => {
                    tracing::debug!(%why, "the group is left");
                    self.leave(now.monotonic);
                }
                Err(why) => tracing::debug!(%why, "a change of the group is passed over"),
            }
        }
        let leads = self.me.as_ref().and_then(|me| self.presence.leader(me, now.monotonic));
        if change.welcome.is_empty() || leads.is_none_or(|leader| leader.identity != from) {
            return;
        }
        let Some(candidacy) = self.candidacy.take() else { return };
        match candidacy.admitted(&change.welcome) {
            Ok(membership) => {
                let is_me =
                    |me: &Peer| membership.leaf_of(&me.identity).is_some_and(|leaf| leaf.index == membership.own());
                if self.me.as_ref().is_some_and(is_me) {
                    let by = membership.leaf_of(from).map(|leaf| leaf.index);
                    self.membership = Some(membership);
                    self.entered(by, now);
                }
            }
            Err((why, candidacy)) => {
                tracing::debug!(%why, "a welcome is passed over");
                self.candidacy = candidacy;
            }
        }
    }

    // What follows from it.

    /// The group is new, or at another epoch, by the doing of this member (`None`: ours).
    fn entered(&mut self, by: Option<u32>, now: Now) {
        let Some(membership) = &self.membership else { return };
        let at = now.monotonic;
        if let Err(why) = self.frames.enter(membership, at) {
            tracing::warn!(%why, "the group gives no key");
            return self.leave(at);
        }
        self.entered_at = Some(at);
        self.judge(now);
        let Some(membership) = &self.membership else { return };
        if let Some(leaf) = membership.leaves().iter().find(|leaf| Some(leaf.index) == by)
            && let Some(confirmation) = membership.confirmation(leaf.index)
        {
            let place = Place { group: membership.id().to_vec(), epoch: membership.epoch(), confirmation };
            self.presence.moved(&leaf.participant, place, at);
        }
    }

    /// Looks at everybody's certificate; a classified room leaves a group in which one is not good.
    fn judge(&mut self, now: Now) {
        let Some(membership) = &self.membership else { return };
        let judge = |leaf: &super::membership::Leaf| Member {
            participant: leaf.participant.clone(),
            identity: self.device.judge.judge(&leaf.chain, now.wall),
        };
        self.members = membership.leaves().iter().map(judge).collect();
        self.judge_at = Some(now.monotonic + JUDGE_INTERVAL);
        let own = membership.own();
        let others = membership.leaves().iter().zip(&self.members).filter(|(leaf, _)| leaf.index != own);
        if self.device.verified_only && others.into_iter().any(|(_, member)| member.identity.is_err()) {
            tracing::info!("a group with somebody unverified is left");
            self.leave(now.monotonic);
            self.ask_at = Some(now.monotonic + REFUSED_FOR);
        }
    }

    fn leave(&mut self, now: Instant) {
        self.membership = None;
        self.members.clear();
        self.judge_at = None;
        self.entered_at = None;
        self.frames.leave(now);
    }

    /// Does what is to be done by now.
    fn settle(&mut self, now: Now) {
        let Some(me) = self.me.clone() else { return };
        let at = now.monotonic;
        self.now = Some(at);
        self.frames.expire(at);
        if self.judge_at.is_some_and(|due| at >= due) {
            self.judge(now);
        }
        match self.presence.leader(&me, at).cloned() {
            None => self.lead(&me, now),
            Some(leader) => self.follow(&me, &leader, at),
        }
        self.decide(at);
        self.tell(&me, at);
        self.encryption = match &self.membership {
            Some(membership) if self.grouped_since.is_some() => Encryption::Group {
                code: authentication_code(membership.authenticator()),
                epoch: membership.epoch(),
                members: self.members.clone(),
            },
            _ => without_group(&self.device, self.hindrance.clone()),
        };
    }

    /// Makes a group, lets in who has asked, and puts out who is gone.
    fn lead(&mut self, me: &Peer, now: Now) {
        let at = now.monotonic;
        (self.astray_since, self.candidacy, self.ask_interval) = (None, None, ASK_INTERVAL);
        self.look_at_asks(now);
        let Some(membership) = &self.membership else {
            if at >= *self.lead_at.get_or_insert(at + LEAD_AFTER) {
                match Membership::alone(&self.device, &me.identity) {
                    Ok(membership) => {
                        (self.membership, self.lead_at) = (Some(membership), None);
                        self.entered(None, now);
                    }
                    Err(why) => {
                        tracing::warn!(%why, "no group can be made");
                        self.lead_at = Some(at + REFUSED_FOR);
                    }
                }
            }
            return;
        };
        self.lead_at = None;
        let is_gone = |participant: &str| participant != me.identity && !self.presence.is_here(participant);
        let gone = membership.leaves().iter().filter(|leaf| is_gone(&leaf.participant)).map(|leaf| leaf.index);
        let gone: Vec<u32> = gone.collect();
        let is_due = self.change_at.is_some_and(|due| at >= due);
        if is_due || (!gone.is_empty() && self.change_at.is_none_or(|due| due < at + REFUSED_FOR / 2)) {
            self.make_change(gone, now);
        }
    }

    /// Looks at the key packages that are due.
    fn look_at_asks(&mut self, now: Now) {
        while let Some((from, key_package)) = self.asks.next(now.monotonic) {
            let candidate = match Candidate::parse(&key_package, &from) {
                Ok(candidate) => candidate,
                Err(why) => {
                    tracing::info!(%why, "somebody cannot be let into the group");
                    continue;
                }
            };
            if self.device.verified_only && self.device.judge.judge(&candidate.chain, now.wall).is_err() {
                tracing::info!("somebody unverified is not let into the group");
                continue;
            }
            self.candidates.insert(from, candidate);
            let gathered = now.monotonic + GATHER;
            let due = self.entered_at.map_or(gathered, |at| gathered.max(at + CHANGE_INTERVAL));
            self.change_at.get_or_insert(due);
        }
    }

    fn make_change(&mut self, gone: Vec<u32>, now: Now) {
        self.change_at = None;
        let presence = &self.presence;
        let mut candidates = std::mem::take(&mut self.candidates);
        candidates.retain(|identity, _| presence.is_here(identity));
        let Some(membership) = &self.membership else { return };
        let room = MEMBERS_MAX.saturating_sub(membership.leaves().len() - gone.len());
        let candidates: Vec<(String, Candidate)> = candidates.into_iter().take(room).collect();
        if candidates.is_empty() && gone.is_empty() {
            return;
        }
        if self.try_change(&candidates, &gone, now) {
            return;
        }
        // One of them does not fit: whose key another member has, for example.
        if !gone.is_empty() && !self.try_change(&[], &gone, now) {
            // The device cannot sign: not again at once.
            self.change_at = Some(now.monotonic + REFUSED_FOR);
            return;
        }
        for candidate in candidates {
            self.try_change(std::slice::from_ref(&candidate), &[], now);
        }
    }

    /// `true`: the group has changed.
    fn try_change(&mut self, candidates: &[(String, Candidate)], gone: &[u32], now: Now) -> bool {
        let Some(membership) = &mut self.membership else { return false };
        let add: Vec<Candidate> = candidates.iter().map(|(_, candidate)| candidate.clone()).collect();
        // Who asks again is let in anew.
        let old = candidates.iter().filter_map(|(identity, _)| membership.leaf_of(identity)).map(|leaf| leaf.index);
        let mut remove: Vec<u32> = old.chain(gone.iter().copied()).collect();
        remove.sort_unstable();
        remove.dedup();
        match membership.change(&self.device, &add, &remove) {
            Ok(change) => {
                self.send(&Message::Change(change));
                self.entered(None, now);
                true
            }
            Err(why) => {
                tracing::info!(%why, "the group is not changed");
                if why.is_final() {
                    self.leave(now.monotonic);
                }
                false
            }
        }
    }

    /// Goes where the leader is.
    fn follow(&mut self, me: &Peer, leader: &Peer, now: Instant) {
        (self.lead_at, self.change_at) = (None, None);
        self.asks.clear();
        self.candidates.clear();
        if self.presence.place(&leader.identity, now).is_none() {
            self.astray_since = None;
            return;
        }
        let membership = self.membership.as_ref();
        if membership.is_some_and(|membership| self.presence.is_with(&leader.identity, membership, now)) {
            (self.astray_since, self.ask_interval, self.candidacy) = (None, ASK_INTERVAL, None);
            return;
        }
        let since = *self.astray_since.get_or_insert(now);
        let patience = if membership.is_some() { PATIENCE } else { Duration::ZERO };
        if now < since + patience || self.ask_at.is_some_and(|due| now < due) {
            return;
        }
        self.ask_at = Some(now + self.ask_interval);
        self.ask_interval = (self.ask_interval * 2).min(ASK_INTERVAL_MAX);
        match Candidacy::new(&self.device, &me.identity) {
            Ok(candidacy) => {
                let key_package = candidacy.message().to_vec();
                self.candidacy = Some(candidacy);
                self.send(&Message::Ask { to: leader.sid.clone(), key_package });
            }
            Err(why) => tracing::warn!(%why, "this device cannot ask to be let into the group"),
        }
    }

    /// Whether everybody is in the group, and what frames are sealed with.
    fn decide(&mut self, now: Instant) {
        let with_others = self.membership.as_ref().is_some_and(|membership| membership.leaves().len() > 1);
        let had_grace = self.grouped_since.is_some() && with_others;
        self.hindrance = self.presence.hindrance(self.membership.as_ref(), had_grace, now);
        if self.membership.is_none() || !self.hindrance.is_none() {
            self.grouped_since = None;
            return;
        }
        let was_grouped = self.grouped_since.is_some();
        self.grouped_since.get_or_insert(now);
        let is_due = self.entered_at.is_none_or(|at| now >= at + SWITCH_AFTER);
        if !was_grouped || is_due || self.presence.all_with_us() {
            self.frames.switch();
        }
    }

    fn tell_interval(&self) -> Duration {
        let is_astray = self.astray_since.is_some() || (self.membership.is_none() && !self.presence.is_empty());
        if is_astray { TELL_INTERVAL_ASTRAY } else { TELL_INTERVAL }
    }

    /// Says where we stand, when that is news to anybody, or was long ago.
    fn tell(&mut self, me: &Peer, now: Instant) {
        let place = self.membership.as_ref().and_then(|membership| {
            let confirmation = membership.confirmation(membership.own())?;
            Some(Place { group: membership.id().to_vec(), epoch: membership.epoch(), confirmation })
        });
        let hindered = !self.hindrance.apart.is_empty();
        let standing = Standing { joined_ms: me.joined_at_ms, hindered, place };
        let is_due = match &self.told {
            None => true,
            Some((told, at)) => {
                *told != standing || now >= *at + self.tell_interval() || (self.tell_again && now >= *at + TELL_AGAIN)
            }
        };
        if is_due {
            self.tell_again = false;
            self.send(&Message::Standing(standing.clone()));
            self.told = Some((standing, now));
        }
    }

    fn send(&mut self, message: &Message) {
        self.number = self.number.wrapping_add(1);
        self.outbox.extend(split(self.number, &message.encode()));
        while self.outbox.len() > OUTBOX_MAX {
            self.outbox.pop_front();
        }
    }
}

/// What protects a device that is in no group with everybody: the shared key, or in a classified room nothing is sent.
fn without_group(device: &Device, hindrance: Hindrance) -> Encryption {
    let Hindrance { apart, hindered, outside } = hindrance;
    let hindered_by = if apart.is_empty() { hindered } else { apart };
    match device.verified_only {
        true => Encryption::Withheld { hindered_by },
        false => Encryption::SharedKey { hindered_by, outside },
    }
}
