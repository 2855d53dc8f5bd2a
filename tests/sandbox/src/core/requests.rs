//! What clients ask for over their WebSocket.

// Clients in use still read and write what newer protocol versions moved elsewhere.
#![allow(deprecated)]

use std::collections::VecDeque;

use livekit_protocol as lk;
use lk::signal_request::Message as Ask;
use lk::signal_response::Message as Say;
use str0m::media::Mid;

use super::negotiate::trickle;
use super::participant::{Participant, Track};
use super::room::Room;
use super::{Ids, Now, Output, sdp};

impl Room {
    pub(super) fn request(&mut self, index: usize, ask: Ask, ids: &mut Ids, now: Now, outputs: &mut VecDeque<Output>) {
        let participant = &mut self.participants[index];
        match ask {
            Ask::Offer(offer) => self.offered(index, &offer, now, outputs),
            Ask::Answer(answer) => {
                participant.receiver().answered(&answer.sdp, now.monotonic);
                self.go_live(index, outputs, now.monotonic);
            }
            Ask::Trickle(trickle) => trickled(participant, &trickle, now),
            // Everybody may subscribe to everybody; clients say so at every join.
            Ask::SubscriptionPermission(_) => {}
            Ask::AddTrack(request) => add_track(participant, request, ids, outputs),
            Ask::Mute(mute) => self.mute(index, &mute.sid, mute.muted),
            Ask::Subscription(update) => self.subscribe(index, &update),
            Ask::TrackSetting(settings) => self.track_settings(index, &settings, now),
            Ask::SyncState(state) => {
                if let Some(update) = &state.subscription {
                    self.subscribe(index, update);
                }
            }
            Ask::Leave(_) => {
                let reason = lk::DisconnectReason::ClientInitiated;
                say_goodbye(participant, reason, lk::leave_request::Action::Disconnect, outputs);
                self.remove(index, reason, outputs);
            }
            Ask::Ping(_) => participant.say(Say::Pong(now.wall.as_millis() as i64), outputs),
            Ask::PingReq(ping) => {
                let timestamp = now.wall.as_millis() as i64;
                let pong = lk::Pong { last_ping_timestamp: ping.timestamp, timestamp };
                participant.say(Say::PongResp(pong), outputs);
            }
            Ask::UpdateMetadata(update) => update_metadata(participant, update, outputs),
            Ask::UpdateAudioTrack(update) => {
                if let Some(track) = participant.track(&update.track_sid) {
                    track.info.audio_features = update.features;
                    participant.changed = true;
                }
            }
            Ask::UpdateVideoTrack(update) => {
                if let Some(track) = participant.track(&update.track_sid) {
                    (track.info.width, track.info.height) = (update.width, update.height);
                    participant.changed = true;
                }
            }
            other => tracing::debug!(?other, "request not served"),
        }
    }

    /// Answers a client's offer, with others' tracks in the places it brought.
    pub(super) fn offered(
        &mut self,
        index: usize,
        offer: &lk::SessionDescription,
        now: Now,
        outputs: &mut VecDeque<Output>,
    ) {
        let participant = &mut self.participants[index];
        let fresh = !participant.publisher.described || participant.restart_ice && participant.single;
        let Some((mut sections, answer)) = participant.publisher.offered(&offer.sdp, now.monotonic) else { return };
        publish(participant, offer, &mut sections, &answer);
        participant.asked_offer = None;
        if participant.single {
            participant.restart_ice = false;
            self.reconcile(index, outputs);
        }
        let participant = &mut self.participants[index];
        let (sdp, mid_to_track_id) = participant.publisher.describe(&answer, &sections);
        let said = lk::SessionDescription { r#type: "answer".into(), sdp: sdp.clone(), id: offer.id, mid_to_track_id };
        participant.say(Say::Answer(said), outputs);
        if fresh {
            trickle(participant, &sdp, lk::SignalTarget::Publisher, outputs);
        }
        if participant.single {
            self.go_live(index, outputs, now.monotonic);
        }
    }

    /// Mutes or unmutes a track for everybody.
    pub(super) fn mute(&mut self, index: usize, sid: &str, muted: bool) {
        let participant = &mut self.participants[index];
        let Some(track) = participant.track(sid) else { return };
        if track.info.muted != muted {
            track.info.muted = muted;
            participant.changed = true;
            // What is forwarded, and from which key frame on, is chosen at the tick.
            let heard = participant.heard;
            self.next_tick = self.next_tick.min(heard);
            self.owe_silence(index, sid, heard);
        }
    }

    fn subscribe(&mut self, index: usize, update: &lk::UpdateSubscription) {
        let participant = &mut self.participants[index];
        let tracks = update.participant_tracks.iter().flat_map(|p| &p.track_sids).chain(&update.track_sids);
        for sid in tracks {
            if let Some(subscription) = participant.subscriptions.iter_mut().find(|s| s.track == *sid) {
                subscription.wanted = update.subscribe;
            }
        }
    }

    fn track_settings(&mut self, index: usize, settings: &lk::UpdateTrackSettings, now: Now) {
        for sid in &settings.track_sids {
            let layers = self.participants.iter().flat_map(|p| &p.tracks).find(|t| t.info.sid == *sid);
            let quality = layers.map_or(2, |t| quality_for(settings, &t.info.layers));
            let subscriptions = &mut self.participants[index].subscriptions;
            if let Some(subscription) = subscriptions.iter_mut().find(|s| s.track == *sid) {
                subscription.disabled = settings.disabled;
                subscription.quality = quality;
            }
        }
        self.next_tick = self.next_tick.min(now.monotonic);
    }
}

/// The least layer that fills the asked size; without a size, the asked quality.
fn quality_for(settings: &lk::UpdateTrackSettings, layers: &[lk::VideoLayer]) -> usize {
    if settings.width == 0 || settings.height == 0 {
        return usize::try_from(settings.quality).unwrap_or(2).min(2);
    }
    let mut sizes: Vec<_> = layers.iter().collect();
    sizes.sort_by_key(|l| l.width);
    // A few pixels short is near enough: elements are laid out in fractions.
    let fills =
        |l: &&&lk::VideoLayer| l.width + l.width / 10 >= settings.width || l.height + l.height / 10 >= settings.height;
    sizes.iter().find(fills).or(sizes.last()).map_or(2, |l| usize::try_from(l.quality).unwrap_or(2).min(2))
}

/// Announces a track.
pub(super) fn add_track(
    participant: &mut Participant,
    request: lk::AddTrackRequest,
    ids: &mut Ids,
    outputs: &mut VecDeque<Output>,
) {
    let permission = participant.permission();
    let sources = &permission.can_publish_sources;
    if !permission.can_publish || !(sources.is_empty() || sources.contains(&request.source)) {
        return;
    }
    let prefix = match (lk::TrackType::try_from(request.r#type), lk::TrackSource::try_from(request.source)) {
        (Ok(lk::TrackType::Audio), Ok(lk::TrackSource::Microphone)) => "TR_AM",
        (Ok(lk::TrackType::Audio), _) => "TR_AS",
        (_, Ok(lk::TrackSource::ScreenShare)) => "TR_VS",
        _ => "TR_VC",
    };
    let track = Track::new(ids.next(prefix), request);
    let response = lk::TrackPublishedResponse { cid: track.cid.clone(), track: Some(track.info.clone()) };
    participant.tracks.push(track);
    participant.say(Say::TrackPublished(response), outputs);
}

/// A way to the client. It may also be learned from the client's own connectivity checks.
fn trickled(participant: &mut Participant, trickle: &lk::TrickleRequest, now: Now) {
    let init: serde_json::Value = serde_json::from_str(&trickle.candidate_init).unwrap_or_default();
    let Some(candidate) = init["candidate"].as_str().filter(|candidate| !candidate.is_empty()) else { return };
    let subscriber = trickle.target == lk::SignalTarget::Subscriber as i32;
    let peer = if subscriber { participant.receiver() } else { &mut participant.publisher };
    peer.reachable_at(candidate, now.monotonic);
}

/// Finds which section each announced track comes on, and which are gone.
fn publish(participant: &mut Participant, offer: &lk::SessionDescription, sections: &mut [sdp::Section], answer: &str) {
    let sending = |mid: &Mid| sections.iter().any(|s| s.sends && Mid::from(s.mid.as_str()) == *mid);
    let before = participant.tracks.len();
    participant.tracks.retain(|t| t.mid.is_none_or(|mid| sending(&mid)));
    participant.changed |= participant.tracks.len() != before;
    for section in sections.iter_mut().filter(|s| s.sends) {
        let mid = Mid::from(section.mid.as_str());
        if let Some(known) = participant.tracks.iter().find(|t| t.mid == Some(mid)) {
            prefer(section, known);
            continue;
        }
        let said = offer.mid_to_track_id.get(&section.mid).or(section.msid_track.as_ref());
        let waiting = |t: &Track| t.mid.is_none() && t.audio() == section.audio;
        let tracks = &mut participant.tracks;
        let named = tracks.iter().position(|t| waiting(t) && said.is_some_and(|s| *s == t.cid || *s == t.info.sid));
        let Some(index) = named.or_else(|| tracks.iter().position(waiting)) else { continue };
        let track = &mut tracks[index];
        track.mid = Some(mid);
        track.info.mid.clone_from(&section.mid);
        prefer(section, track);
        track.info.mime_type = sdp::first_codec(answer, section).unwrap_or_default();
        // The others are in reserve: they get a section when the client sends them.
        if let Some(codec) = track.info.codecs.first_mut() {
            codec.mid.clone_from(&section.mid);
            codec.mime_type.clone_from(&track.info.mime_type);
        }
        participant.changed = true;
    }
}

/// Has what a track was announced with come first in its answer.
fn prefer(section: &mut sdp::Section, track: &Track) {
    if track.audio() {
        section.prefer_red(!track.info.disable_red);
        return;
    }
    let announced = track.info.codecs.first().map(|codec| codec.mime_type.as_str()).filter(|mime| !mime.is_empty());
    if let Some(mime) = announced {
        section.prefer_codec(mime);
    }
}

fn update_metadata(
    participant: &mut Participant,
    update: lk::UpdateParticipantMetadata,
    outputs: &mut VecDeque<Output>,
) {
    let allowed = participant.permission().can_update_metadata;
    if allowed {
        if !update.metadata.is_empty() {
            participant.info.metadata = update.metadata;
        }
        if !update.name.is_empty() {
            participant.info.name = update.name;
        }
        for (key, value) in update.attributes {
            // An empty value takes the attribute away.
            if value.is_empty() {
                participant.info.attributes.remove(&key);
            } else {
                participant.info.attributes.insert(key, value);
            }
        }
        participant.changed = true;
        participant.token_stale = true;
    }
    let reason = if allowed { lk::request_response::Reason::Ok } else { lk::request_response::Reason::NotAllowed };
    let response = lk::RequestResponse { request_id: update.request_id, reason: reason as i32, ..Default::default() };
    participant.say(Say::RequestResponse(response), outputs);
}

/// Tells a client to go, and whether to come back.
pub(super) fn say_goodbye(
    participant: &Participant,
    reason: lk::DisconnectReason,
    action: lk::leave_request::Action,
    outputs: &mut VecDeque<Output>,
) {
    participant.say(Say::Leave(goodbye(reason, action)), outputs);
}

pub(super) fn goodbye(reason: lk::DisconnectReason, action: lk::leave_request::Action) -> lk::LeaveRequest {
    lk::LeaveRequest { reason: reason as i32, action: action as i32, ..Default::default() }
}
