//! One participant: who it is, what it publishes, what it receives.

// Clients in use still read and write what newer protocol versions moved elsewhere.
#![allow(deprecated)]

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use livekit_protocol as lk;
use lk::signal_response::Message as Say;
use prost::Message;
use str0m::format::Codec;
use str0m::media::Mid;
use str0m::net::Protocol;
use str0m::rtp::Ssrc;

use super::allocate::{Wish, allocate};
use super::forward::{Forwarder, Layer, Layers, Rates};
use super::link::Link;
use super::peer::Peer;
use super::tap::Tap;
use super::{ConnectionId, Output};
use crate::token::{Claims, Keys};

/// Between two requests for a key frame of the same layer.
const KEYFRAME_INTERVAL: Duration = Duration::from_millis(500);

/// What is kept free for each voice, redundancy included, in bits per second.
const SOUND_BPS: u64 = 80_000;

/// A published track, from its announcement on.
pub(super) struct Track {
    pub cid: String,
    pub info: lk::TrackInfo,
    /// Where it comes in; others see it from then on.
    pub mid: Option<Mid>,
    pub layers: Layers,
    pub rates: Rates,
    pub streams: [Option<Ssrc>; 3],
    asked: [Option<Instant>; 3],
    /// Layers whose key frame was wanted too soon after the last request: asked for when the interval is over.
    owed: [bool; 3],
    /// The highest layer anybody wants in each codec, as the publisher was last told.
    pub told_wanted: BTreeMap<String, Option<Layer>>,
    pub told_subscribed: bool,
    /// Packets since the last look with sound in them, and their loudest level in dBov.
    pub loud: (u32, i8),
    /// How many frames of silence are still to be sent in its place.
    pub silence_owed: u32,
    /// What of it is kept for a test to look at.
    pub tap: Option<Tap>,
}

impl Track {
    pub fn new(sid: String, request: lk::AddTrackRequest) -> Track {
        let video = request.r#type == lk::TrackType::Video as i32;
        let rid = |quality| ["q", "h", "f"].get(quality as usize).copied().unwrap_or("").to_owned();
        let layers: Vec<_> = request
            .layers
            .into_iter()
            .map(|l| lk::VideoLayer { rid: rid(l.quality), spatial_layer: l.quality, ..l })
            .collect();
        let codecs = if request.simulcast_codecs.is_empty() {
            vec![lk::SimulcastCodecInfo { cid: request.cid.clone(), layers: layers.clone(), ..Default::default() }]
        } else {
            let one = |c: lk::SimulcastCodec| lk::SimulcastCodecInfo {
                mime_type: format!("video/{}", c.codec),
                cid: c.cid,
                layers: layers.clone(),
                ..Default::default()
            };
            request.simulcast_codecs.into_iter().map(one).collect()
        };
        let default_stream = |source| match lk::TrackSource::try_from(source) {
            Ok(lk::TrackSource::ScreenShare | lk::TrackSource::ScreenShareAudio) => "screen_share",
            _ => "camera",
        };
        let stream = if request.stream.is_empty() { default_stream(request.source).into() } else { request.stream };
        let info = lk::TrackInfo {
            sid,
            r#type: request.r#type,
            name: request.name,
            muted: request.muted,
            width: request.width,
            height: request.height,
            simulcast: video && layers.len() > 1,
            disable_dtx: request.disable_dtx,
            source: request.source,
            layers,
            codecs,
            stereo: request.stereo,
            disable_red: request.disable_red,
            encryption: request.encryption,
            stream,
            audio_features: request.audio_features,
            backup_codec_policy: request.backup_codec_policy,
            ..Default::default()
        };
        let layers = Layers::of(info.simulcast);
        Track {
            cid: request.cid,
            info,
            mid: None,
            layers,
            rates: Rates::default(),
            streams: [None; 3],
            asked: [None; 3],
            owed: [false; 3],
            told_wanted: BTreeMap::new(),
            told_subscribed: false,
            loud: (0, i8::MIN),
            silence_owed: 0,
            tap: None,
        }
    }

    /// Whether its publisher says that it encrypts it, end to end.
    pub fn encrypted(&self) -> bool {
        self.info.encryption != lk::encryption::Type::None as i32
    }

    /// Pictures are in what they come in, whatever was said before. Whether that is news.
    pub fn sent_in(&mut self, codec: Codec) -> bool {
        let mime = format!("video/{codec}");
        let is_news = !mime.eq_ignore_ascii_case(&self.info.mime_type);
        if is_news {
            if let Some(first) = self.info.codecs.first_mut() {
                first.mime_type.clone_from(&mime);
            }
            self.info.mime_type = mime;
        }
        is_news
    }

    pub fn audio(&self) -> bool {
        self.info.r#type == lk::TrackType::Audio as i32
    }

    /// The stream to ask for a key frame of `layer`, unless it was asked a moment ago.
    pub fn keyframe_due(&mut self, layer: Layer, now: Instant) -> Option<Ssrc> {
        let ssrc = self.streams[layer].filter(|_| !self.audio() && !self.info.muted)?;
        if self.asked[layer].is_some_and(|at| now.saturating_duration_since(at) < KEYFRAME_INTERVAL) {
            self.owed[layer] = true;
            return None;
        }
        self.owed[layer] = false;
        self.asked[layer] = Some(now);
        Some(ssrc)
    }
}

/// Somebody else's track, as this participant wants it.
pub(super) struct Subscription {
    /// The publisher's sid.
    pub publisher: String,
    pub track: String,
    pub audio: bool,
    pub wanted: bool,
    pub disabled: bool,
    pub quality: Layer,
    /// The client knows which section it comes on.
    pub live: bool,
    /// There is no room for it on the way to the client.
    pub paused: bool,
    /// The client was told so.
    pub told_paused: bool,
    pub forwarder: Forwarder,
}

pub(super) struct Participant {
    pub claims: Claims,
    pub info: lk::ParticipantInfo,
    pub connection: Option<ConnectionId>,
    /// When the client was last heard, or its connection was lost.
    pub heard: Instant,
    pub single: bool,
    pub auto_subscribe: bool,
    pub publisher: Peer,
    /// Only with two connections.
    pub subscriber: Option<Peer>,
    pub tracks: Vec<Track>,
    pub subscriptions: Vec<Subscription>,
    /// When the client was asked for an offer that has not come yet.
    pub asked_offer: Option<Instant>,
    /// Others have not seen it as it is now.
    pub changed: bool,
    /// Media is neither heard nor sent: a cable pulled, for tests.
    pub media_cut: bool,
    /// The way to it, where it misbehaves, for tests.
    pub link: Option<Box<Link>>,
    /// Whether video that does not fit is paused.
    pub may_pause: bool,
    /// What the way to it carries, in bits per second, instead of an estimate, for tests.
    pub capacity_bps: Option<u64>,
    pub restart_ice: bool,
    /// A connection came up, which tracks that are placed already waited for.
    pub came_up: bool,
    /// What the token says is not so any more: a client that comes again with it would undo the change.
    pub token_stale: bool,
}

impl Participant {
    /// The connection on which others' tracks go out.
    pub fn receiver(&mut self) -> &mut Peer {
        self.subscriber.as_mut().unwrap_or(&mut self.publisher)
    }

    pub fn peers(&mut self) -> impl Iterator<Item = &mut Peer> {
        std::iter::once(&mut self.publisher).chain(self.subscriber.as_mut())
    }

    /// Takes in a datagram that is for one of its connections.
    pub fn receive(&mut self, protocol: Protocol, from: SocketAddr, to: SocketAddr, bytes: &[u8], now: Instant) {
        if let Some(peer) = self.peers().find(|peer| peer.accepts(now, protocol, from, to, bytes)) {
            peer.receive(now, protocol, from, to, bytes);
        }
    }

    /// Which layer of each track that is looked at fits on the way to this participant, none if it has to be paused;
    /// nothing about any where nothing is known of the way. Sound always fits.
    pub fn fitting_layers(&mut self, wish: impl Fn(&Subscription) -> Option<Wish>) -> HashMap<String, Option<Layer>> {
        let Some(estimate_bps) = self.capacity_bps.or(self.receiver().estimate_bps) else { return HashMap::new() };
        let sound_bps = SOUND_BPS * self.subscriptions.iter().filter(|s| s.audio && s.live).count() as u64;
        let (tracks, wishes): (Vec<_>, Vec<_>) =
            self.subscriptions.iter().filter_map(|s| Some((s.track.clone(), wish(s)?))).unzip();
        let given = allocate(&wishes, estimate_bps.saturating_sub(sound_bps), self.may_pause);
        let desired_bps = sound_bps + wishes.iter().map(Wish::best_bps).sum::<u64>();
        let all = given.iter().zip(&wishes).all(|(given, wish)| *given == Some(wish.best));
        // Room for more is looked for where something is left out, and not beyond what would be sent.
        let desired_bps = desired_bps + desired_bps / 4;
        self.receiver().seek(if all { 0 } else { desired_bps }, desired_bps);
        tracks.into_iter().zip(given).collect()
    }

    pub fn active(&self) -> bool {
        self.info.state == lk::participant_info::State::Active as i32
    }

    pub fn permission(&self) -> lk::ParticipantPermission {
        self.info.permission.clone().unwrap_or_default()
    }

    /// What others are shown.
    pub fn shown(&self) -> lk::ParticipantInfo {
        let tracks: Vec<_> = self.tracks.iter().filter(|t| t.mid.is_some()).map(|t| t.info.clone()).collect();
        lk::ParticipantInfo { is_publisher: !tracks.is_empty(), tracks, ..self.info.clone() }
    }

    /// Sends a message, if the client is there to hear it.
    pub fn say(&self, message: Say, outputs: &mut VecDeque<Output>) {
        if let Some(connection) = self.connection {
            tracing::trace!(connection, ?message, "said");
            let bytes = lk::SignalResponse { message: Some(message) }.encode_to_vec();
            outputs.push_back(Output::Signal { connection, bytes });
        }
    }

    /// Sends a token that says what is so now, if the one before does not.
    pub fn refresh_token(&mut self, keys: &Keys, wall: Duration, outputs: &mut VecDeque<Output>) {
        if std::mem::take(&mut self.token_stale) {
            self.claims.name.clone_from(&self.info.name);
            self.claims.metadata.clone_from(&self.info.metadata);
            self.claims.attributes.clone_from(&self.info.attributes);
            self.say(Say::RefreshToken(keys.sign(&self.claims, wall)), outputs);
        }
    }

    pub fn track(&mut self, sid: &str) -> Option<&mut Track> {
        self.tracks.iter_mut().find(|t| t.info.sid == sid)
    }

    /// Asks for the key frames that were wanted too soon.
    pub fn request_owed_keyframes(&mut self, now: Instant) {
        let publisher = &mut self.publisher;
        for track in &mut self.tracks {
            for layer in (0..3).filter(|layer| track.owed[*layer]).collect::<Vec<_>>() {
                if let Some(ssrc) = track.keyframe_due(layer, now) {
                    publisher.request_keyframe(ssrc, now);
                }
            }
        }
    }

    /// Asks for a key frame of one of its tracks.
    pub fn request_keyframe(&mut self, track: &str, layer: Layer, now: Instant) {
        if let Some(ssrc) = self.track(track).and_then(|t| t.keyframe_due(layer, now)) {
            self.publisher.request_keyframe(ssrc, now);
        }
    }
}
