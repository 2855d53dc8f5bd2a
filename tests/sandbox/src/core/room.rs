//! One room: who is in it, and what flows between them.

// Clients in use still read and write what newer protocol versions moved elsewhere.
#![allow(deprecated)]

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use livekit_protocol as lk;
use lk::signal_response::Message as Say;
use str0m::net::Protocol;

use super::forward::layer_of;
use super::participant::{Participant, Subscription};
use super::peer::Happening;
use super::{Now, Output};

/// How often a room looks after speakers, layers and the vanished.
const TICK: Duration = Duration::from_millis(200);
/// Ticks between two words about connection quality.
const QUALITY_TICKS: u32 = 25;
/// Ticks between two words about speakers.
const SPEAKER_TICKS: u32 = 2;
/// A client whose signalling is away for longer has left.
const RESUME_WINDOW: Duration = Duration::from_secs(20);
/// An offer that was asked for and did not come is asked for again.
const OFFER_PATIENCE: Duration = Duration::from_secs(3);

pub(super) struct Room {
    pub info: lk::Room,
    pub participants: Vec<Participant>,
    pub next_tick: Instant,
    /// Somebody has to be told something.
    pub dirty: bool,
    ticks: u32,
    /// Who was said to speak, by sid.
    speakers: HashMap<String, f32>,
}

impl Room {
    pub fn new(name: &str, sid: String, now: Now) -> Room {
        let mime = |m: &&str| lk::Codec { mime: (*m).into(), ..Default::default() };
        let info = lk::Room {
            sid,
            name: name.into(),
            empty_timeout: 300,
            departure_timeout: 20,
            creation_time: now.wall.as_secs() as i64,
            creation_time_ms: now.wall.as_millis() as i64,
            enabled_codecs: CODECS.iter().map(mime).collect(),
            ..Default::default()
        };
        Room {
            info,
            participants: Vec::new(),
            next_tick: now.monotonic + TICK,
            dirty: true,
            ticks: 0,
            speakers: HashMap::new(),
        }
    }

    pub fn position(&self, sid: &str) -> Option<usize> {
        self.participants.iter().position(|p| p.info.sid == sid)
    }

    pub fn by_identity(&self, identity: &str) -> Option<usize> {
        self.participants.iter().position(|p| p.info.identity == identity)
    }

    pub fn deadline(&mut self) -> Instant {
        let peers = self.participants.iter_mut().flat_map(Participant::peers).map(|p| p.deadline);
        peers.min().unwrap_or(self.next_tick).min(self.next_tick)
    }

    /// Hands a datagram to whom it is for. `false`: nobody here.
    pub fn datagram(&mut self, protocol: Protocol, from: SocketAddr, to: SocketAddr, bytes: &[u8], now: Instant) -> bool {
        for participant in &mut self.participants {
            let cut = participant.media_cut;
            for peer in participant.peers() {
                if peer.accepts(now, protocol, from, to, bytes) {
                    if !cut {
                        peer.receive(now, protocol, from, to, bytes);
                    }
                    return true;
                }
            }
        }
        false
    }

    /// Runs every connection that is due, passes on what came in, and tells everybody what changed.
    pub fn run(&mut self, now: Now, outputs: &mut VecDeque<Output>) {
        if self.next_tick <= now.monotonic {
            self.tick(now, outputs);
        }
        loop {
            let mut happened = Vec::new();
            for (index, participant) in self.participants.iter_mut().enumerate() {
                let cut = participant.media_cut;
                for peer in participant.peers() {
                    peer.poll(now.monotonic, |happening| match happening {
                        Happening::Transmit { .. } if cut => {}
                        Happening::Transmit { protocol: Protocol::Udp, remote, bytes } => {
                            outputs.push_back(Output::Datagram { remote, bytes });
                        }
                        Happening::Transmit { remote, bytes, .. } => {
                            if let Some(bytes) = super::framing::frame(&bytes) {
                                outputs.push_back(Output::Tcp { remote, bytes });
                            }
                        }
                        other => happened.push((index, other)),
                    });
                }
            }
            if happened.is_empty() {
                break;
            }
            for (index, happening) in happened {
                self.happened(index, happening, now.monotonic);
            }
        }
        if std::mem::take(&mut self.dirty) {
            self.settle(now, outputs);
        }
    }

    fn happened(&mut self, index: usize, happening: Happening, now: Instant) {
        let participant = &mut self.participants[index];
        match happening {
            Happening::Up => {
                self.dirty = true;
                if !participant.active() && participant.receiver().up {
                    participant.info.state = lk::participant_info::State::Active as i32;
                    participant.changed = true;
                }
            }
            Happening::Down | Happening::Transmit { .. } => {}
            Happening::Packet { mid, rid, packet } => {
                self.packet(index, mid, layer_of(rid.as_deref()), &packet, now);
            }
            Happening::KeyframeWanted { mid } => {
                let Some(track) = participant.receiver().track_at(mid).map(str::to_owned) else { return };
                let subscription = participant.subscriptions.iter().find(|s| s.track == track);
                let Some(subscription) = subscription else { return };
                let layer = subscription.forwarder.waits_for().or(subscription.forwarder.current());
                let publisher = subscription.publisher.clone();
                if let (Some(layer), Some(publisher)) = (layer, self.position(&publisher)) {
                    self.participants[publisher].request_keyframe(&track, layer, now);
                }
            }
            Happening::Data { reliable, bytes } => self.data(index, reliable, &bytes, now),
        }
    }

    fn packet(
        &mut self,
        index: usize,
        mid: str0m::media::Mid,
        layer: usize,
        packet: &str0m::rtp::RtpPacket,
        now: Instant,
    ) {
        let publisher = &mut self.participants[index];
        let Some(params) = publisher.publisher.params_of(packet) else { return };
        let Some(track) = publisher.tracks.iter_mut().find(|t| t.mid == Some(mid)) else { return };
        if track.streams[layer].replace(packet.header.ssrc).is_none() {
            // A new layer is a choice at once, not at the next tick.
            self.next_tick = now;
        }
        track.layers.saw(layer, now);
        let level = packet.header.ext_vals.audio_level.unwrap_or(i8::MIN);
        if track.audio() && level > LOUD_DBOV {
            track.loud = (track.loud.0 + 1, track.loud.1.max(level));
        }
        if track.info.muted {
            return;
        }
        let sid = track.info.sid.clone();
        let codec = params.spec().codec;
        for subscriber in &mut self.participants {
            let subscription = subscriber.subscriptions.iter_mut().find(|s| s.live && s.track == sid);
            let Some(subscription) = subscription else { continue };
            let Some(new) = subscription.forwarder.packet(layer, codec, packet, now) else { continue };
            let receiver = subscriber.receiver();
            if let Some(mid) = receiver.place_of(&sid) {
                receiver.send(mid, &params, packet, new, now);
            }
        }
    }

    /// Chooses each subscriber's layer and asks for the key frames they wait for.
    fn choose_layers(&mut self, now: Instant) {
        let mut wanted = Vec::new();
        let mut layers = HashMap::new();
        for participant in &self.participants {
            layers.extend(participant.tracks.iter().map(|t| (t.info.sid.clone(), (t.layers, t.info.muted))));
        }
        for participant in &mut self.participants {
            for subscription in participant.subscriptions.iter_mut().filter(|s| s.live) {
                let Some((layers, muted)) = layers.get(&subscription.track) else { continue };
                let aim = layers.choose(subscription.quality, now);
                subscription.forwarder.aim(if subscription.disabled || *muted { None } else { aim });
                if let Some(layer) = subscription.forwarder.waits_for() {
                    wanted.push((subscription.publisher.clone(), subscription.track.clone(), layer));
                }
            }
        }
        for (publisher, track, layer) in wanted {
            if let Some(index) = self.position(&publisher) {
                self.participants[index].request_keyframe(&track, layer, now);
            }
        }
    }

    fn tick(&mut self, now: Now, outputs: &mut VecDeque<Output>) {
        self.next_tick = now.monotonic + TICK;
        self.dirty = true;
        self.ticks = self.ticks.wrapping_add(1);
        let vanished: Vec<usize> = (0..self.participants.len())
            .filter(|i| now.monotonic.saturating_duration_since(self.participants[*i].heard) > RESUME_WINDOW)
            .collect();
        for index in vanished.into_iter().rev() {
            self.remove(index, lk::DisconnectReason::SignalClose, outputs);
        }
        self.choose_layers(now.monotonic);
        if self.ticks.is_multiple_of(SPEAKER_TICKS) {
            self.speakers(outputs);
        }
        if self.ticks.is_multiple_of(QUALITY_TICKS) {
            self.quality(outputs);
        }
        self.count(outputs);
    }

    /// Takes somebody out and tells the others. The one who leaves has been told before.
    pub fn remove(&mut self, index: usize, reason: lk::DisconnectReason, outputs: &mut VecDeque<Output>) {
        let gone = self.participants.remove(index);
        self.dirty = true;
        outputs.push_back(Output::Left {
            room: self.info.name.clone(),
            identity: gone.info.identity.clone(),
            removed: reason == lk::DisconnectReason::ParticipantRemoved,
        });
        if let Some(connection) = gone.connection {
            outputs.push_back(Output::Close { connection });
        }
        let info = lk::ParticipantInfo {
            state: lk::participant_info::State::Disconnected as i32,
            tracks: Vec::new(),
            disconnect_reason: reason as i32,
            version: gone.info.version + 1,
            ..gone.info.clone()
        };
        if gone.active() {
            let update = lk::ParticipantUpdate { participants: vec![info] };
            for participant in &self.participants {
                participant.say(Say::Update(update.clone()), outputs);
            }
        }
    }

    /// Brings what everybody was told in line with what is.
    pub fn settle(&mut self, now: Now, outputs: &mut VecDeque<Output>) {
        self.tell_changes(outputs);
        for index in 0..self.participants.len() {
            self.reconcile(index, outputs);
            self.negotiate(index, now.monotonic, outputs);
        }
        self.tell_wanted(outputs);
    }

    fn tell_changes(&mut self, outputs: &mut VecDeque<Output>) {
        let mut changed = Vec::new();
        for participant in self.participants.iter_mut().filter(|p| p.changed && p.active()) {
            participant.changed = false;
            participant.info.version += 1;
            changed.push(participant.shown());
        }
        if changed.is_empty() {
            return;
        }
        for participant in &self.participants {
            let seen: Vec<_> = changed
                .iter()
                .filter(|info| info.identity == participant.info.identity || !hidden(info))
                .cloned()
                .collect();
            if !seen.is_empty() {
                participant.say(Say::Update(lk::ParticipantUpdate { participants: seen }), outputs);
            }
        }
    }

    /// Makes the subscriptions match the tracks there are, and finds places for them.
    pub fn reconcile(&mut self, index: usize, outputs: &mut VecDeque<Output>) {
        let me = self.participants[index].info.sid.clone();
        let allowed = self.participants[index].permission().can_subscribe;
        let mut there = Vec::new();
        for participant in self.participants.iter().filter(|p| p.info.sid != me && p.active() && allowed) {
            let tracks = participant.tracks.iter().filter(|t| t.mid.is_some());
            there.extend(tracks.map(|t| (participant.info.sid.clone(), t.info.sid.clone(), t.audio())));
        }
        let participant = &mut self.participants[index];
        let gone = participant.subscriptions.extract_if(.., |s| !there.iter().any(|(_, t, _)| *t == s.track));
        let gone: Vec<_> = gone.map(|s| s.track).collect();
        for track in gone {
            participant.receiver().displace(&track);
        }
        for (publisher, track, audio) in there {
            if !participant.subscriptions.iter().any(|s| s.track == track) {
                let wanted = participant.auto_subscribe;
                participant.subscriptions.push(Subscription {
                    publisher: publisher.clone(),
                    track: track.clone(),
                    audio,
                    wanted,
                    disabled: false,
                    quality: 2,
                    live: false,
                    forwarder: Default::default(),
                });
                if wanted {
                    participant.say(
                        Say::SubscriptionPermissionUpdate(lk::SubscriptionPermissionUpdate {
                            participant_sid: publisher,
                            track_sid: track,
                            allowed: true,
                        }),
                        outputs,
                    );
                }
            }
        }
        let mut subscriptions = std::mem::take(&mut participant.subscriptions);
        let receiver = participant.receiver();
        for subscription in &mut subscriptions {
            let placed = receiver.place_of(&subscription.track).is_some();
            if subscription.wanted && !placed {
                receiver.place(subscription.audio, &subscription.publisher, &subscription.track);
            } else if !subscription.wanted && placed {
                receiver.displace(&subscription.track);
                subscription.live = false;
                subscription.forwarder = Default::default();
            }
        }
        participant.subscriptions = subscriptions;
    }

    /// Gets a new description under way where the client's is not up to date.
    fn negotiate(&mut self, index: usize, now: Instant, outputs: &mut VecDeque<Output>) {
        let participant = &mut self.participants[index];
        if participant.connection.is_none() {
            return;
        }
        let receiver = participant.subscriber.as_ref().unwrap_or(&participant.publisher);
        let homeless: Vec<_> = participant
            .subscriptions
            .iter()
            .filter(|s| s.wanted && receiver.place_of(&s.track).is_none())
            .map(|s| (s.audio, s.publisher.clone(), s.track.clone()))
            .collect();
        let first = !receiver.described && !participant.single;
        if !(receiver.stale || first || participant.restart_ice || !homeless.is_empty()) || receiver.offering() {
            return;
        }
        if participant.single {
            let waits = participant.asked_offer.is_some_and(|at| now.saturating_duration_since(at) < OFFER_PATIENCE);
            if !receiver.described || waits || participant.restart_ice {
                return;
            }
            participant.asked_offer = Some(now);
            let audios = homeless.iter().filter(|(audio, ..)| *audio).count() as u32;
            let requirement =
                lk::MediaSectionsRequirement { num_audios: audios, num_videos: homeless.len() as u32 - audios };
            participant.say(Say::MediaSectionsRequirement(requirement), outputs);
        } else {
            let restart_ice = std::mem::take(&mut participant.restart_ice);
            let offer = participant.receiver().offer(&homeless, restart_ice, now);
            participant.receiver().stale = false;
            if let Some(offer) = offer {
                let fresh = first || restart_ice;
                let sdp = offer.sdp.clone();
                participant.say(Say::Offer(offer), outputs);
                if fresh {
                    trickle(participant, &sdp, lk::SignalTarget::Subscriber, outputs);
                }
            }
        }
    }

    /// From now on this participant's placed tracks flow.
    pub fn go_live(&mut self, index: usize, outputs: &mut VecDeque<Output>, now: Instant) {
        let participant = &mut self.participants[index];
        let mut subscriptions = std::mem::take(&mut participant.subscriptions);
        let mut fresh = Vec::new();
        for subscription in subscriptions.iter_mut().filter(|s| !s.live) {
            if participant.receiver().place_of(&subscription.track).is_some() {
                subscription.live = true;
                fresh.push((subscription.publisher.clone(), subscription.track.clone(), subscription.audio));
            }
        }
        participant.subscriptions = subscriptions;
        let active = |(publisher, track, _): &(String, String, bool)| lk::StreamStateInfo {
            participant_sid: publisher.clone(),
            track_sid: track.clone(),
            state: lk::StreamState::Active as i32,
        };
        let stream_states: Vec<_> = fresh.iter().filter(|(.., audio)| !audio).map(active).collect();
        if !stream_states.is_empty() {
            participant.say(Say::StreamStateUpdate(lk::StreamStateUpdate { stream_states }), outputs);
        }
        for (publisher, track, _) in fresh {
            let Some(publisher) = self.position(&publisher) else { continue };
            let publisher = &mut self.participants[publisher];
            let Some(found) = publisher.track(&track) else { continue };
            if !std::mem::replace(&mut found.told_subscribed, true) {
                publisher.say(Say::TrackSubscribed(lk::TrackSubscribed { track_sid: track }), outputs);
            }
        }
        self.choose_layers(now);
    }

    fn count(&mut self, outputs: &mut VecDeque<Output>) {
        let publishers = self.participants.iter().filter(|p| p.tracks.iter().any(|t| t.mid.is_some())).count() as u32;
        let all = self.participants.len() as u32;
        if (self.info.num_participants, self.info.num_publishers) != (all, publishers) {
            (self.info.num_participants, self.info.num_publishers) = (all, publishers);
            for participant in &self.participants {
                participant.say(Say::RoomUpdate(lk::RoomUpdate { room: Some(self.info.clone()) }), outputs);
            }
        }
    }

    fn quality(&mut self, outputs: &mut VecDeque<Output>) {
        let updates: Vec<_> = self
            .participants
            .iter_mut()
            .filter(|p| p.active())
            .map(|p| {
                let lost = p.media_cut || !p.receiver().up;
                let (quality, score) = if lost {
                    (lk::ConnectionQuality::Lost, 1.0)
                } else {
                    (lk::ConnectionQuality::Excellent, 4.5)
                };
                lk::ConnectionQualityInfo { participant_sid: p.info.sid.clone(), quality: quality as i32, score }
            })
            .collect();
        for participant in self.participants.iter().filter(|_| !updates.is_empty()) {
            let update = lk::ConnectionQualityUpdate { updates: updates.clone() };
            participant.say(Say::ConnectionQuality(update), outputs);
        }
    }

    fn speakers(&mut self, outputs: &mut VecDeque<Output>) {
        let mut speaking = HashMap::new();
        for participant in &mut self.participants {
            for track in participant.tracks.iter_mut().filter(|t| t.audio()) {
                let (packets, level) = std::mem::replace(&mut track.loud, (0, i8::MIN));
                if packets >= LOUD_PACKETS_MIN && !track.info.muted {
                    // In eighths, as the real server does: a level is for a meter, not for measuring.
                    let level = (10_f32.powf(f32::from(level) / 20.0) * 8.0).ceil() / 8.0;
                    speaking.insert(participant.info.sid.clone(), level);
                }
            }
        }
        let mut speakers: Vec<_> = speaking
            .iter()
            .filter(|(sid, level)| self.speakers.get(*sid) != Some(*level))
            .map(|(sid, level)| lk::SpeakerInfo { sid: sid.clone(), level: *level, active: true })
            .collect();
        let silent = self.speakers.keys().filter(|sid| !speaking.contains_key(*sid));
        speakers.extend(silent.map(|sid| lk::SpeakerInfo { sid: sid.clone(), level: 0.0, active: false }));
        self.speakers = speaking;
        for participant in self.participants.iter().filter(|_| !speakers.is_empty()) {
            participant.say(Say::SpeakersChanged(lk::SpeakersChanged { speakers: speakers.clone() }), outputs);
        }
    }

    /// Tells publishers which of their layers anybody wants.
    fn tell_wanted(&mut self, outputs: &mut VecDeque<Output>) {
        let mut wanted: HashMap<String, usize> = HashMap::new();
        for subscription in self.participants.iter().flat_map(|p| &p.subscriptions).filter(|s| s.live && !s.disabled) {
            let best = wanted.entry(subscription.track.clone()).or_default();
            *best = subscription.quality.max(*best);
        }
        for participant in &mut self.participants {
            let mut updates = Vec::new();
            for track in participant.tracks.iter_mut().filter(|t| !t.audio() && t.mid.is_some()) {
                let best = wanted.get(&track.info.sid).copied();
                if track.told_wanted == Some(best) || (track.told_wanted.is_none() && best.is_none()) {
                    continue;
                }
                track.told_wanted = Some(best);
                let qualities: Vec<_> = (0..3)
                    .map(|q| lk::SubscribedQuality { quality: q, enabled: best.is_some_and(|b| q as usize <= b) })
                    .collect();
                let codec = track.info.mime_type.rsplit('/').next().unwrap_or_default().to_lowercase();
                updates.push(lk::SubscribedQualityUpdate {
                    track_sid: track.info.sid.clone(),
                    subscribed_qualities: qualities.clone(),
                    subscribed_codecs: vec![lk::SubscribedCodec { codec, qualities }],
                });
            }
            for update in updates {
                participant.say(Say::SubscribedQualityUpdate(update), outputs);
            }
        }
    }
}

/// Louder than this, in dBov, counts as sound.
const LOUD_DBOV: i8 = -35;
/// Of twenty packets between two looks: a short word is heard too.
const LOUD_PACKETS_MIN: u32 = 4;
/// What clients may publish.
pub(super) const CODECS: [&str; 5] = ["video/VP8", "video/H264", "video/VP9", "video/AV1", "audio/opus"];

fn hidden(info: &lk::ParticipantInfo) -> bool {
    info.permission.as_ref().is_some_and(|p| p.hidden)
}

/// Sends the server's candidates, as the real one does besides writing them in its descriptions.
pub(super) fn trickle(participant: &Participant, sdp: &str, target: lk::SignalTarget, outputs: &mut VecDeque<Output>) {
    let candidates: Vec<_> = sdp.lines().filter_map(|l| l.strip_prefix("a=candidate:")).collect();
    let mid = sdp.lines().find_map(|l| l.strip_prefix("a=mid:")).unwrap_or_default();
    for (index, candidate) in candidates.iter().enumerate() {
        let candidate = format!("candidate:{candidate}");
        let init = serde_json::json!({ "candidate": candidate, "sdpMid": mid, "sdpMLineIndex": 0 });
        let trickle = lk::TrickleRequest {
            candidate_init: init.to_string(),
            target: target as i32,
            r#final: index + 1 == candidates.len(),
        };
        participant.say(Say::Trickle(trickle), outputs);
    }
}
