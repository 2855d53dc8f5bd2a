//! Signalling messages.

use livekit_protocol as lk;
use lk::signal_request::Message as Req;
use lk::signal_response::Message as Res;
use prost::Message;

use crate::io::{Kind, Layer, Quality, Source};

/// Which of the two peer connections a message is about. With a single one it is the publisher.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Target {
    Publisher,
    Subscriber,
}

/// A STUN or TURN server with short-lived credentials.
#[derive(Clone, PartialEq, Eq)]
pub struct IceServer {
    pub urls: Vec<String>,
    pub username: String,
    pub credential: String,
}

impl std::fmt::Debug for IceServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "IceServer({} urls)", self.urls.len())
    }
}

/// What we may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permission {
    pub subscribe: bool,
    pub publish: bool,
    pub data: bool,
    /// Empty: every source.
    pub sources: Vec<Source>,
    pub update_metadata: bool,
}

impl Permission {
    /// Whether this source may be published.
    pub fn may_publish(&self, source: Source) -> bool {
        self.publish && (self.sources.is_empty() || self.sources.contains(&source))
    }
}

/// A published track.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrackInfo {
    pub sid: String,
    pub kind: Kind,
    pub source: Source,
    pub muted: bool,
    /// Its owner says that its frames are end-to-end encrypted.
    pub encrypted: bool,
}

/// A participant as the server describes it.
#[derive(Debug, Clone, PartialEq)]
pub struct Info {
    pub sid: String,
    pub identity: String,
    pub name: String,
    pub metadata: String,
    pub attributes: Vec<(String, String)>,
    pub joined_at_ms: i64,
    pub version: u32,
    pub gone: bool,
    /// Recorders, transcribers and other agents that are not people.
    pub hidden: bool,
    pub tracks: Vec<TrackInfo>,
    pub permission: Option<Permission>,
}

/// The room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomInfo {
    pub name: String,
    pub metadata: String,
    pub recording: bool,
}

/// The first answer to a join.
#[derive(Debug, Clone, PartialEq)]
pub struct Joined {
    pub room: RoomInfo,
    pub me: Info,
    pub others: Vec<Info>,
    pub ice_servers: Vec<IceServer>,
    pub force_relay: bool,
    pub subscriber_primary: bool,
    /// Seconds; 0 when the server wants no pings.
    pub ping_interval_s: u32,
    pub ping_timeout_s: u32,
    /// Offers may follow `AddTrack` without waiting for the answer to it.
    pub fast_publish: bool,
    /// What may be published, lower case (`video/h264`); empty when the server does not say.
    pub codecs: Vec<String>,
    /// How the frames end that the server itself puts into encrypted tracks.
    pub injected_mark: Vec<u8>,
}

/// Why the server ends our session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeaveReason {
    Unknown,
    ClientInitiated,
    DuplicateIdentity,
    ServerShutdown,
    Removed,
    RoomDeleted,
    StateMismatch,
    JoinFailure,
    /// It has not heard from us any more, by signalling or by media.
    Lost,
}

/// What the server wants us to do then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeaveAction {
    Disconnect,
    Resume,
    Reconnect,
}

/// The server ends our session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leave {
    pub reason: LeaveReason,
    pub action: LeaveAction,
}

/// A token the server hands us. Its `Debug` does not tell it.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(pub String);

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(…)")
    }
}

/// What the server says.
#[derive(Debug, Clone, PartialEq)]
pub enum Signal {
    Joined(Box<Joined>),
    /// A resume was accepted.
    Resumed {
        ice_servers: Vec<IceServer>,
        force_relay: bool,
    },
    Answer {
        sdp: String,
        tracks: Vec<(String, String)>,
    },
    Offer {
        sdp: String,
        id: u32,
        tracks: Vec<(String, String)>,
    },
    /// The SDP candidate line without `a=`.
    Candidate {
        target: Target,
        candidate: String,
    },
    Participants(Vec<Info>),
    Published {
        cid: String,
        track: TrackInfo,
    },
    Unpublished {
        sid: String,
    },
    Mute {
        sid: String,
        muted: bool,
    },
    Leave(Leave),
    /// Changes: participant sid, level 0..=1, active.
    Speakers(Vec<(String, f32, bool)>),
    Room(RoomInfo),
    Quality(Vec<(String, Quality)>),
    /// Changes: track sid, whether the server has paused it because our path is too narrow.
    Paused(Vec<(String, bool)>),
    /// Which layers of our track anybody watches, by codec name (`vp8`), empty name for any.
    Wanted {
        sid: String,
        codecs: Vec<(String, Vec<(Layer, bool)>)>,
    },
    Token(Token),
    Pong {
        last_ping_ms: i64,
    },
    /// We are to offer again, with so many more receiving sections.
    SectionsWanted {
        audios: u32,
        videos: u32,
    },
    /// A request was refused; `cid` is set when it was to add a track.
    Refused {
        cid: Option<String>,
    },
    Moved {
        token: Token,
        room: Option<RoomInfo>,
        me: Option<Info>,
        others: Vec<Info>,
    },
    /// Nothing we act on.
    Other,
}

/// Decodes one binary WebSocket message. `None`: not a signalling message.
pub fn decode_signal(bytes: &[u8]) -> Option<Signal> {
    let message = lk::SignalResponse::decode(bytes).ok()?.message;
    Some(message.map_or(Signal::Other, from_wire))
}

fn from_wire(message: Res) -> Signal {
    match message {
        Res::Join(j) => Signal::Joined(Box::new(joined(j))),
        Res::Reconnect(r) => Signal::Resumed {
            force_relay: force_relay(r.client_configuration.as_ref()),
            ice_servers: r.ice_servers.into_iter().map(ice_server).collect(),
        },
        Res::Answer(d) => Signal::Answer { sdp: d.sdp, tracks: d.mid_to_track_id.into_iter().collect() },
        Res::Offer(d) => Signal::Offer { sdp: d.sdp, id: d.id, tracks: d.mid_to_track_id.into_iter().collect() },
        Res::Trickle(t) => {
            candidate(&t).map_or(Signal::Other, |candidate| Signal::Candidate { target: target(t.target), candidate })
        }
        Res::Update(u) => Signal::Participants(u.participants.into_iter().map(info).collect()),
        Res::TrackPublished(p) => match p.track {
            Some(track) => Signal::Published { cid: p.cid, track: track_info(track) },
            None => Signal::Other,
        },
        Res::TrackUnpublished(u) => Signal::Unpublished { sid: u.track_sid },
        Res::Mute(m) => Signal::Mute { sid: m.sid, muted: m.muted },
        Res::Leave(l) => Signal::Leave(leave(&l)),
        Res::SpeakersChanged(s) => {
            Signal::Speakers(s.speakers.into_iter().map(|s| (s.sid, s.level, s.active)).collect())
        }
        Res::RoomUpdate(r) => r.room.map_or(Signal::Other, |r| Signal::Room(room(r))),
        Res::ConnectionQuality(q) => {
            Signal::Quality(q.updates.into_iter().map(|u| (u.participant_sid, quality(u.quality))).collect())
        }
        Res::StreamStateUpdate(u) => {
            let paused = |state| state == lk::StreamState::Paused as i32;
            Signal::Paused(u.stream_states.into_iter().map(|s| (s.track_sid, paused(s.state))).collect())
        }
        Res::SubscribedQualityUpdate(u) => wanted(u),
        Res::RefreshToken(token) => Signal::Token(Token(token)),
        Res::PongResp(p) => Signal::Pong { last_ping_ms: p.last_ping_timestamp },
        Res::MediaSectionsRequirement(m) => Signal::SectionsWanted { audios: m.num_audios, videos: m.num_videos },
        Res::RequestResponse(r) => refused(r),
        Res::RoomMoved(m) => Signal::Moved {
            token: Token(m.token),
            room: m.room.map(room),
            me: m.participant.map(info),
            others: m.other_participants.into_iter().map(info).collect(),
        },
        _ => Signal::Other,
    }
}

fn joined(j: lk::JoinResponse) -> Joined {
    Joined {
        force_relay: force_relay(j.client_configuration.as_ref()),
        room: room(j.room.unwrap_or_default()),
        me: info(j.participant.unwrap_or_default()),
        others: j.other_participants.into_iter().map(info).collect(),
        ice_servers: j.ice_servers.into_iter().map(ice_server).collect(),
        subscriber_primary: j.subscriber_primary,
        ping_interval_s: u32::try_from(j.ping_interval).unwrap_or(0),
        ping_timeout_s: u32::try_from(j.ping_timeout).unwrap_or(0),
        fast_publish: j.fast_publish,
        codecs: j.enabled_publish_codecs.into_iter().map(|c| c.mime.to_lowercase()).collect(),
        injected_mark: j.sif_trailer,
    }
}

fn force_relay(configuration: Option<&lk::ClientConfiguration>) -> bool {
    configuration.is_some_and(|c| c.force_relay() == lk::ClientConfigSetting::Enabled)
}

fn ice_server(s: lk::IceServer) -> IceServer {
    IceServer { urls: s.urls, username: s.username, credential: s.credential }
}

fn room(r: lk::Room) -> RoomInfo {
    RoomInfo { name: r.name, metadata: r.metadata, recording: r.active_recording }
}

fn info(p: lk::ParticipantInfo) -> Info {
    use lk::participant_info::{Kind as K, State};
    let mut attributes: Vec<_> = p.attributes.clone().into_iter().collect();
    attributes.sort();
    let joined_at_ms = if p.joined_at_ms != 0 { p.joined_at_ms } else { p.joined_at.saturating_mul(1000) };
    Info {
        gone: p.state() == State::Disconnected,
        hidden: p.permission.as_ref().is_some_and(|p| p.hidden) || matches!(p.kind(), K::Egress | K::Agent),
        permission: p.permission.as_ref().map(permission),
        sid: p.sid,
        identity: p.identity,
        name: p.name,
        metadata: p.metadata,
        attributes,
        joined_at_ms,
        version: p.version,
        tracks: p.tracks.into_iter().map(track_info).collect(),
    }
}

fn permission(p: &lk::ParticipantPermission) -> Permission {
    Permission {
        subscribe: p.can_subscribe,
        publish: p.can_publish,
        data: p.can_publish_data,
        sources: p.can_publish_sources().map(source).collect(),
        update_metadata: p.can_update_metadata,
    }
}

fn track_info(t: lk::TrackInfo) -> TrackInfo {
    TrackInfo {
        kind: if t.r#type() == lk::TrackType::Video { Kind::Video } else { Kind::Audio },
        source: source(t.source()),
        muted: t.muted,
        encrypted: t.encryption() != lk::encryption::Type::None,
        sid: t.sid,
    }
}

fn source(s: lk::TrackSource) -> Source {
    match s {
        lk::TrackSource::Camera => Source::Camera,
        lk::TrackSource::Microphone => Source::Microphone,
        lk::TrackSource::ScreenShare => Source::ScreenShare,
        lk::TrackSource::ScreenShareAudio => Source::ScreenShareAudio,
        lk::TrackSource::Unknown => Source::Unknown,
    }
}

fn source_to_wire(s: Source) -> lk::TrackSource {
    match s {
        Source::Camera => lk::TrackSource::Camera,
        Source::Microphone => lk::TrackSource::Microphone,
        Source::ScreenShare => lk::TrackSource::ScreenShare,
        Source::ScreenShareAudio => lk::TrackSource::ScreenShareAudio,
        Source::Unknown => lk::TrackSource::Unknown,
    }
}

fn quality(q: i32) -> Quality {
    match lk::ConnectionQuality::try_from(q) {
        Ok(lk::ConnectionQuality::Excellent) => Quality::Excellent,
        Ok(lk::ConnectionQuality::Good) => Quality::Good,
        Ok(lk::ConnectionQuality::Poor) => Quality::Poor,
        Ok(lk::ConnectionQuality::Lost) => Quality::Lost,
        Err(_) => Quality::Unknown,
    }
}

fn target(t: i32) -> Target {
    if t == lk::SignalTarget::Subscriber as i32 { Target::Subscriber } else { Target::Publisher }
}

fn target_to_wire(t: Target) -> i32 {
    match t {
        Target::Publisher => lk::SignalTarget::Publisher as i32,
        Target::Subscriber => lk::SignalTarget::Subscriber as i32,
    }
}

/// The candidate of a trickle message, which holds a JSON `RTCIceCandidateInit`.
fn candidate(t: &lk::TrickleRequest) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Init {
        candidate: String,
    }
    let init: Init = serde_json::from_str(&t.candidate_init).ok()?;
    (!init.candidate.is_empty()).then_some(init.candidate)
}

fn leave(l: &lk::LeaveRequest) -> Leave {
    use lk::DisconnectReason as R;
    use lk::leave_request::Action as A;
    let reason = match l.reason() {
        R::ClientInitiated => LeaveReason::ClientInitiated,
        R::DuplicateIdentity => LeaveReason::DuplicateIdentity,
        R::ServerShutdown => LeaveReason::ServerShutdown,
        R::ParticipantRemoved => LeaveReason::Removed,
        R::RoomDeleted | R::RoomClosed => LeaveReason::RoomDeleted,
        R::StateMismatch => LeaveReason::StateMismatch,
        R::JoinFailure => LeaveReason::JoinFailure,
        R::SignalClose | R::ConnectionTimeout | R::MediaFailure => LeaveReason::Lost,
        _ => LeaveReason::Unknown,
    };
    let action = match l.action() {
        A::Resume => LeaveAction::Resume,
        A::Reconnect => LeaveAction::Reconnect,
        // What servers said before there were actions.
        A::Disconnect if l.can_reconnect => LeaveAction::Reconnect,
        A::Disconnect => LeaveAction::Disconnect,
    };
    Leave { reason, action }
}

#[allow(deprecated)]
fn wanted(u: lk::SubscribedQualityUpdate) -> Signal {
    fn layers(qualities: &[lk::SubscribedQuality]) -> Vec<(Layer, bool)> {
        let layer = |q: &lk::SubscribedQuality| match q.quality() {
            lk::VideoQuality::Low => Some((Layer::Low, q.enabled)),
            lk::VideoQuality::Medium => Some((Layer::Medium, q.enabled)),
            lk::VideoQuality::High => Some((Layer::High, q.enabled)),
            lk::VideoQuality::Off => None,
        };
        qualities.iter().filter_map(layer).collect()
    }
    let codecs = if u.subscribed_codecs.is_empty() {
        vec![(String::new(), layers(&u.subscribed_qualities))]
    } else {
        u.subscribed_codecs.into_iter().map(|c| (c.codec.to_lowercase(), layers(&c.qualities))).collect()
    };
    Signal::Wanted { sid: u.track_sid, codecs }
}

fn refused(r: lk::RequestResponse) -> Signal {
    use lk::request_response::{Reason, Request as R};
    if matches!(r.reason(), Reason::Ok | Reason::Queued) {
        return Signal::Other;
    }
    let cid = match r.request {
        Some(R::AddTrack(a)) => Some(a.cid),
        _ => None,
    };
    Signal::Refused { cid }
}

/// A track we ask to publish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddTrack {
    /// Our name for it: also the track id in our SDP.
    pub cid: String,
    pub source: Source,
    pub muted: bool,
    /// `vp8` or `h264`; `None` for audio.
    pub codec: Option<&'static str>,
    /// What we can send instead, to whoever does not take `codec`.
    pub backup: Option<&'static str>,
    pub size: (u32, u32),
    /// Layer, width, height, bits per second.
    pub layers: Vec<(Layer, u32, u32, u32)>,
    /// Its frames are end-to-end encrypted.
    pub encrypted: bool,
}

/// A track the server has confirmed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    pub cid: String,
    pub track: TrackInfo,
}

/// What the server needs after a resume to see that both agree.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SyncState {
    pub offer: Option<String>,
    pub answer: Option<String>,
    pub published: Vec<Published>,
    pub disabled: Vec<String>,
    /// Label and SCTP stream id.
    pub channels: Vec<(String, u16)>,
}

/// What we say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    Offer {
        sdp: String,
    },
    Answer {
        sdp: String,
        id: u32,
    },
    Candidate {
        target: Target,
        candidate: String,
    },
    AddTrack(AddTrack),
    Mute {
        sid: String,
        muted: bool,
    },
    Show {
        sid: String,
        width: u32,
        height: u32,
        fps: u32,
    },
    Hide {
        sid: String,
    },
    SyncState(Box<SyncState>),
    Ping {
        timestamp_ms: i64,
        rtt_ms: i64,
    },
    Metadata {
        name: String,
        attributes: Vec<(String, String)>,
    },
    /// Our pictures have another size from now on.
    Size {
        sid: String,
        width: u32,
        height: u32,
    },
    Leave,
}

/// Encodes one binary WebSocket message.
pub fn encode_request(request: Request) -> Vec<u8> {
    let message = match request {
        Request::Offer { sdp } => Req::Offer(description("offer", sdp, 0)),
        Request::Answer { sdp, id } => Req::Answer(description("answer", sdp, id)),
        Request::Candidate { target, candidate } => Req::Trickle(lk::TrickleRequest {
            candidate_init: serde_json::json!({
                "candidate": candidate, "sdpMid": "0", "sdpMLineIndex": 0
            })
            .to_string(),
            target: target_to_wire(target),
            r#final: false,
        }),
        Request::AddTrack(t) => Req::AddTrack(add_track(t)),
        Request::Mute { sid, muted } => Req::Mute(lk::MuteTrackRequest { sid, muted }),
        Request::Show { sid, width, height, fps } => Req::TrackSetting(lk::UpdateTrackSettings {
            track_sids: vec![sid],
            width,
            height,
            fps,
            ..Default::default()
        }),
        Request::Hide { sid } => {
            Req::TrackSetting(lk::UpdateTrackSettings { track_sids: vec![sid], disabled: true, ..Default::default() })
        }
        Request::SyncState(s) => Req::SyncState(sync_state(*s)),
        Request::Ping { timestamp_ms, rtt_ms } => Req::PingReq(lk::Ping { timestamp: timestamp_ms, rtt: rtt_ms }),
        Request::Metadata { name, attributes } => Req::UpdateMetadata(lk::UpdateParticipantMetadata {
            name,
            attributes: attributes.into_iter().collect(),
            ..Default::default()
        }),
        Request::Size { sid, width, height } => {
            Req::UpdateVideoTrack(lk::UpdateLocalVideoTrack { track_sid: sid, width, height })
        }
        Request::Leave => Req::Leave(lk::LeaveRequest {
            reason: lk::DisconnectReason::ClientInitiated as i32,
            action: lk::leave_request::Action::Disconnect as i32,
            ..Default::default()
        }),
    };
    lk::SignalRequest { message: Some(message) }.encode_to_vec()
}

pub(super) fn description(kind: &str, sdp: String, id: u32) -> lk::SessionDescription {
    lk::SessionDescription { r#type: kind.into(), sdp, id, ..Default::default() }
}

pub(super) fn add_track(t: AddTrack) -> lk::AddTrackRequest {
    let layers: Vec<_> = t
        .layers
        .iter()
        .map(|&(layer, width, height, bitrate)| lk::VideoLayer {
            quality: layer_to_wire(layer),
            width,
            height,
            bitrate,
            ..Default::default()
        })
        .collect();
    let simulcast_codec = |codec: &str, cid| lk::SimulcastCodec {
        codec: codec.into(),
        cid,
        layers: layers.clone(),
        ..Default::default()
    };
    let first = t.codec.map(|codec| simulcast_codec(codec, t.cid.clone()));
    // Without a name: it is not sent until somebody wants it.
    let backup = t.backup.map(|codec| simulcast_codec(codec, String::new()));
    let simulcast_codecs = first.into_iter().chain(backup).collect();
    let video = matches!(t.source, Source::Camera | Source::ScreenShare);
    lk::AddTrackRequest {
        name: format!("{:?}", t.source).to_lowercase(),
        cid: t.cid,
        r#type: if video { lk::TrackType::Video } else { lk::TrackType::Audio } as i32,
        width: t.size.0,
        height: t.size.1,
        muted: t.muted,
        source: source_to_wire(t.source) as i32,
        layers,
        simulcast_codecs,
        encryption: encryption(t.encrypted),
        // The packets of RED could not be told apart any more.
        disable_red: t.encrypted,
        ..Default::default()
    }
}

fn encryption(encrypted: bool) -> i32 {
    use lk::encryption::Type;
    if encrypted { Type::Gcm } else { Type::None }.into()
}

fn layer_to_wire(layer: Layer) -> i32 {
    match layer {
        Layer::Low => lk::VideoQuality::Low as i32,
        Layer::Medium => lk::VideoQuality::Medium as i32,
        Layer::High => lk::VideoQuality::High as i32,
    }
}

fn sync_state(s: SyncState) -> lk::SyncState {
    let published = |p: Published| lk::TrackPublishedResponse {
        cid: p.cid,
        track: Some(lk::TrackInfo {
            r#type: if p.track.kind == Kind::Video { lk::TrackType::Video } else { lk::TrackType::Audio } as i32,
            source: source_to_wire(p.track.source) as i32,
            muted: p.track.muted,
            encryption: encryption(p.track.encrypted),
            sid: p.track.sid,
            ..Default::default()
        }),
    };
    lk::SyncState {
        answer: s.answer.map(|sdp| description("answer", sdp, 0)),
        offer: s.offer.map(|sdp| description("offer", sdp, 0)),
        // Everything is subscribed by default; there is no exception to list.
        subscription: Some(lk::UpdateSubscription::default()),
        publish_tracks: s.published.into_iter().map(published).collect(),
        track_sids_disabled: s.disabled,
        data_channels: s
            .channels
            .into_iter()
            .map(|(label, id)| lk::DataChannelInfo { label, id: id.into(), target: lk::SignalTarget::Publisher as i32 })
            .collect(),
        ..Default::default()
    }
}
