//! Who receives what, and getting the client's description in line with it.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use livekit_protocol as lk;
use lk::signal_response::Message as Say;

use super::Output;
use super::participant::{Participant, Subscription};
use super::room::Room;

/// An offer that was asked for and did not come is asked for again.
const OFFER_PATIENCE: Duration = Duration::from_secs(3);

impl Room {
    /// Makes the subscriptions match the tracks there are, and finds places for them.
    pub(super) fn reconcile(&mut self, index: usize, outputs: &mut VecDeque<Output>) {
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
                    paused: false,
                    told_paused: false,
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
    pub(super) fn negotiate(&mut self, index: usize, now: Instant, outputs: &mut VecDeque<Output>) {
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

    /// From now on this participant's placed tracks flow, once its connection is up: a key frame sent
    /// before would be lost, and the next is not to be had for half a second.
    pub(super) fn go_live(&mut self, index: usize, outputs: &mut VecDeque<Output>, now: Instant) {
        let participant = &mut self.participants[index];
        if !participant.receiver().up {
            return;
        }
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
        // The recorded servers say it over two connections only.
        if !participant.single && !stream_states.is_empty() {
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
