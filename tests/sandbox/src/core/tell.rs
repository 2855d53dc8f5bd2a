//! What a room tells its participants about each other.

// Clients in use still read and write what newer protocol versions moved elsewhere.
#![allow(deprecated)]

use std::collections::{BTreeMap, HashMap, VecDeque};

use livekit_protocol as lk;
use lk::signal_response::Message as Say;

use super::Output;
use super::room::Room;

/// Louder than this, in dBov, counts as sound.
pub(super) const LOUD_DBOV: i8 = -35;
/// Of twenty packets between two looks: a short word is heard too.
const LOUD_PACKETS_MIN: u32 = 4;

impl Room {
    pub(super) fn tell_changes(&mut self, outputs: &mut VecDeque<Output>) {
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

    /// Tells publishers which of their layers anybody wants.
    pub(super) fn tell_wanted(&mut self, outputs: &mut VecDeque<Output>) {
        // What each track can be had in, the first as it is sent now.
        let offered: HashMap<String, Vec<String>> = self
            .participants
            .iter()
            .flat_map(|p| &p.tracks)
            .filter(|t| !t.audio() && t.mid.is_some())
            .map(|t| (t.info.sid.clone(), t.info.codecs.iter().map(|c| c.mime_type.clone()).collect()))
            .collect();
        let mut wanted: HashMap<(String, String), usize> = HashMap::new();
        for participant in &mut self.participants {
            let seen = participant.subscriptions.iter().filter(|s| s.live && !s.disabled && !s.audio);
            let seen: Vec<_> = seen.map(|s| (s.track.clone(), s.quality)).collect();
            let receiver = participant.receiver();
            for (track, quality) in seen {
                let Some(codecs) = offered.get(&track) else { continue };
                let place = receiver.place_of(&track);
                let takes = |mime: &&String| place.and_then(|mid| receiver.takes(mid, mime)).unwrap_or(true);
                let Some(codec) = codecs.iter().find(takes) else { continue };
                let best = wanted.entry((track, name(codec))).or_default();
                *best = quality.max(*best);
            }
        }
        for participant in &mut self.participants {
            let mut updates = Vec::new();
            for track in participant.tracks.iter_mut().filter(|t| !t.audio() && t.mid.is_some()) {
                let best = |mime: &String| wanted.get(&(track.info.sid.clone(), name(mime))).copied();
                let now: BTreeMap<_, _> =
                    track.info.codecs.iter().map(|c| (name(&c.mime_type), best(&c.mime_type))).collect();
                if track.told_wanted == now || (track.told_wanted.is_empty() && now.values().all(Option::is_none)) {
                    continue;
                }
                let qualities = |best: Option<usize>| -> Vec<_> {
                    let enabled = |quality: i32| best.is_some_and(|best| quality as usize <= best);
                    (0..3).map(|quality| lk::SubscribedQuality { quality, enabled: enabled(quality) }).collect()
                };
                let first = track.info.codecs.first().and_then(|c| now.get(&name(&c.mime_type)).copied().flatten());
                let codecs = now
                    .iter()
                    .map(|(codec, best)| lk::SubscribedCodec { codec: codec.clone(), qualities: qualities(*best) });
                updates.push(lk::SubscribedQualityUpdate {
                    track_sid: track.info.sid.clone(),
                    subscribed_qualities: qualities(first),
                    subscribed_codecs: codecs.collect(),
                });
                track.told_wanted = now;
            }
            for update in updates {
                participant.say(Say::SubscribedQualityUpdate(update), outputs);
            }
        }
    }

    /// Tells each client which pictures are paused because its path is too narrow, and which of those flow again; not
    /// of those that are hidden or muted. As real servers, only over two connections.
    pub(super) fn tell_paused(&mut self, outputs: &mut VecDeque<Output>) {
        for participant in &mut self.participants {
            let mut stream_states = Vec::new();
            for subscription in participant.subscriptions.iter_mut().filter(|s| s.live && !s.audio) {
                let is_back = !subscription.paused && subscription.forwarder.current().is_some();
                let (from, to) = (subscription.told_paused, subscription.paused);
                if from == to || (from && !is_back) {
                    continue;
                }
                subscription.told_paused = to;
                stream_states.push(lk::StreamStateInfo {
                    participant_sid: subscription.publisher.clone(),
                    track_sid: subscription.track.clone(),
                    state: if to { lk::StreamState::Paused } else { lk::StreamState::Active } as i32,
                });
            }
            if !participant.single && !stream_states.is_empty() {
                participant.say(Say::StreamStateUpdate(lk::StreamStateUpdate { stream_states }), outputs);
            }
        }
    }

    pub(super) fn count(&mut self, outputs: &mut VecDeque<Output>) {
        let publishers = self.participants.iter().filter(|p| p.tracks.iter().any(|t| t.mid.is_some())).count() as u32;
        let all = self.participants.len() as u32;
        if (self.info.num_participants, self.info.num_publishers) != (all, publishers) {
            (self.info.num_participants, self.info.num_publishers) = (all, publishers);
            for participant in &self.participants {
                participant.say(Say::RoomUpdate(lk::RoomUpdate { room: Some(self.info.clone()) }), outputs);
            }
        }
    }

    pub(super) fn quality(&mut self, outputs: &mut VecDeque<Output>) {
        let updates: Vec<_> = self
            .participants
            .iter_mut()
            .filter(|p| p.active())
            .map(|p| {
                let lost = p.media_cut || !p.receiver().up;
                let (quality, score) =
                    if lost { (lk::ConnectionQuality::Lost, 1.0) } else { (lk::ConnectionQuality::Excellent, 4.5) };
                lk::ConnectionQualityInfo { participant_sid: p.info.sid.clone(), quality: quality as i32, score }
            })
            .collect();
        for participant in self.participants.iter().filter(|_| !updates.is_empty()) {
            let update = lk::ConnectionQualityUpdate { updates: updates.clone() };
            participant.say(Say::ConnectionQuality(update), outputs);
        }
    }

    pub(super) fn speakers(&mut self, outputs: &mut VecDeque<Output>) {
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
}

/// `vp8` of `video/VP8`.
fn name(mime: &str) -> String {
    mime.rsplit('/').next().unwrap_or_default().to_lowercase()
}

fn hidden(info: &lk::ParticipantInfo) -> bool {
    info.permission.as_ref().is_some_and(|p| p.hidden)
}
