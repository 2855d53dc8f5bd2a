//! The border of this crate: everything that goes in and comes out.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use url::Url;

use crate::device::{Unverified, Verified};

/// The time, handed in by the shell.
#[derive(Debug, Clone, Copy)]
pub struct Now {
    /// Monotonic time, for timeouts.
    pub monotonic: Instant,
    /// Time since the Unix epoch (UTC), for timestamps that others read.
    pub wall: Duration,
}

/// Names an HTTP request, WebSocket, TCP stream or look-up of one session; never reused within it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct IoId(pub u64);

/// What the shell reports.
#[derive(Debug)]
pub enum Input<'a> {
    /// The deadline of `poll_timeout` has passed.
    Timeout,
    /// What the room wants of the meeting.
    Command(Command),
    /// The answer to [`Output::Http`].
    Http { id: IoId, result: Result<HttpResponse, NetError> },
    /// Something happened on a WebSocket asked for by [`Output::OpenWebSocket`].
    WebSocket { id: IoId, event: WebSocketEvent<'a> },
    /// A UDP datagram arrived on one of the local sockets given in `Config::local_udp`.
    Datagram { local: SocketAddr, remote: SocketAddr, bytes: &'a [u8] },
    /// This machine has other addresses, and these UDP sockets instead of those it had.
    LocalUdp(Vec<SocketAddr>),
    /// Something happened on a stream asked for by [`Output::OpenTcp`].
    Tcp { id: IoId, event: TcpEvent<'a> },
    /// The answer to [`Output::Resolve`].
    Resolved { id: IoId, result: Result<Vec<SocketAddr>, NetError> },
    /// An encoded frame of ours to send.
    Frame(OutgoingFrame),
}

/// What the shell is to do, or to know. Its `Debug` tells no headers, queries and contents: they hold secrets.
pub enum Output {
    /// Make this HTTP request; redirects are not followed.
    Http { id: IoId, request: HttpRequest },
    /// Open a WebSocket to this address with these extra request headers.
    OpenWebSocket { id: IoId, url: Url, headers: Vec<(String, String)> },
    /// Send one binary message.
    SendWebSocket { id: IoId, bytes: Vec<u8> },
    /// Close with code 1000, after what was sent.
    CloseWebSocket { id: IoId },
    /// Send one UDP datagram from this local socket.
    Datagram { purpose: Purpose, local: SocketAddr, remote: SocketAddr, bytes: Vec<u8> },
    /// Open a TCP stream; with `tls` set, TLS verified against that server name.
    OpenTcp { id: IoId, purpose: Purpose, remote: SocketAddr, tls: Option<String> },
    /// Write these bytes.
    SendTcp { id: IoId, bytes: Vec<u8> },
    /// Close the stream.
    CloseTcp { id: IoId },
    /// Look up a host name.
    Resolve { id: IoId, host: String, port: u16 },
    /// A whole encoded frame received from a subscribed track.
    Frame(ReceivedFrame),
    /// Something happened that the room or the media engine should know.
    Event(Event),
}

impl std::fmt::Debug for Output {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Output::Http { id, request } => write!(f, "Http({}, {request:?})", id.0),
            Output::OpenWebSocket { id, url, .. } => write!(f, "OpenWebSocket({}, {})", id.0, url.path()),
            Output::SendWebSocket { id, bytes } => write!(f, "SendWebSocket({}, {} bytes)", id.0, bytes.len()),
            Output::CloseWebSocket { id } => write!(f, "CloseWebSocket({})", id.0),
            Output::Datagram { local, remote, bytes, .. } => {
                write!(f, "Datagram({local} to {remote}, {} bytes)", bytes.len())
            }
            Output::OpenTcp { id, remote, tls, .. } => write!(f, "OpenTcp({}, {remote}, {tls:?})", id.0),
            Output::SendTcp { id, bytes } => write!(f, "SendTcp({}, {} bytes)", id.0, bytes.len()),
            Output::CloseTcp { id } => write!(f, "CloseTcp({})", id.0),
            Output::Resolve { id, host, port } => write!(f, "Resolve({}, {host}:{port})", id.0),
            Output::Frame(frame) => write!(f, "Frame({:?}, {} bytes)", frame.track, frame.data.len()),
            Output::Event(event) => write!(f, "Event({event:?})"),
        }
    }
}

/// What packets of a meeting are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Purpose {
    /// HTTPS and WebSockets of the platform.
    Signalling,
    /// Sound and pictures, straight to the media server or, through a relay, to a peer behind it.
    Media,
    /// A TURN server (RFC 8656).
    Relay,
}

/// A request of the platform's REST API.
#[derive(Clone, PartialEq)]
pub struct HttpRequest {
    pub method: Method,
    pub url: Url,
    /// Header names in lower case. May hold secrets (cookies, bearer tokens): not in `Debug`.
    pub headers: Vec<(String, String)>,
    pub body: Option<Vec<u8>>,
}

impl std::fmt::Debug for HttpRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "HttpRequest({:?} {})", self.method, self.url.path())
    }
}

/// HTTP methods this crate uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    Get,
    Post,
}

/// The answer of the platform. The shell bounds the body at 1 MiB.
#[derive(Clone, PartialEq)]
pub struct HttpResponse {
    pub status: u16,
    /// Header names in lower case, repeated headers repeated.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl std::fmt::Debug for HttpResponse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "HttpResponse({}, {} bytes)", self.status, self.body.len())
    }
}

/// Why something on the network did not work.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NetError {
    #[error("name not found")]
    NameNotFound,
    #[error("connection refused or unreachable")]
    Unreachable,
    #[error("certificate not trusted")]
    Certificate,
    #[error("outside of what the policy allows")]
    OutsidePolicy,
    #[error("timed out")]
    TimedOut,
    #[error("protocol error")]
    Protocol,
    #[error("closed")]
    Closed,
    /// The proxy on the way does not answer, or nobody knows which it is.
    #[error("no proxy answers")]
    ProxyUnreachable,
    /// It wants a password, and not the one it was told (RFC 9110 §15.5.8).
    #[error("the proxy refuses the room's account")]
    ProxyRefused,
    /// It does not let this room go there.
    #[error("the proxy does not go there")]
    ProxyForbids,
}

/// What happens on a WebSocket.
#[derive(Debug)]
pub enum WebSocketEvent<'a> {
    Opened,
    /// The HTTP upgrade was answered with this status instead of 101.
    Refused {
        status: u16,
        body: &'a [u8],
    },
    Binary(&'a [u8]),
    Text(&'a str),
    Closed,
    Failed(NetError),
}

/// What happens on a TCP or TLS stream.
#[derive(Debug)]
pub enum TcpEvent<'a> {
    Connected { local: SocketAddr },
    Data(&'a [u8]),
    Closed,
    Failed(NetError),
}

/// Audio or video.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    Audio,
    Video,
}

/// What a track shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Source {
    Microphone,
    Camera,
    ScreenShare,
    ScreenShareAudio,
    Unknown,
}

/// Codecs of encoded frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Codec {
    Opus,
    Vp8,
    Vp9,
    H264,
    Av1,
}

/// A simulcast layer of our camera, lowest first. RTP stream ids `q`, `h`, `f` as LiveKit names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Layer {
    Low,
    Medium,
    High,
}

/// The server's id of a published track (`TR_…`).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TrackId(pub String);

/// One whole encoded frame of ours.
#[derive(Debug, Clone)]
pub struct OutgoingFrame {
    pub source: Source,
    pub codec: Codec,
    /// The simulcast layer; `None` for audio and for a single layer.
    pub layer: Option<Layer>,
    /// Media time since the start of the capture, shared by audio and video (lip sync).
    pub media_time: Duration,
    /// When it was captured, monotonic.
    pub captured: Instant,
    pub keyframe: bool,
    /// Opus packet, VP8/VP9 frame, or H.264 Annex-B access unit.
    pub data: Vec<u8>,
    /// Audio level for RFC 6464, in -dBov (0 loudest to 127 silence); `None` for video.
    pub audio_level: Option<u8>,
}

/// One whole encoded frame from a subscribed track.
#[derive(Debug, Clone)]
pub struct ReceivedFrame {
    pub track: TrackId,
    pub kind: Kind,
    pub codec: Codec,
    /// RTP media time, extended: 48 kHz for audio, 90 kHz for video, as a duration of the sender's clock.
    pub media_time: Duration,
    /// The sender's wall clock for this frame (since the Unix epoch), once RTCP sender reports told
    /// it: what lip sync aligns.
    pub sender_time: Option<Duration>,
    /// When its last packet arrived.
    pub arrived: Instant,
    /// False when packets or frames before this one were lost: a decoder wants a key frame.
    pub contiguous: bool,
    pub keyframe: bool,
    pub data: Vec<u8>,
}

/// What the room asks of its meeting.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    SetMicrophone {
        on: bool,
    },
    SetCamera {
        on: bool,
    },
    SetHand {
        raised: bool,
    },
    Rename(String),
    SendChat(String),
    /// The platform's name of an emoji, for example `thumbs-up`.
    SendReaction(String),
    /// The video tracks on the display and how large they are; all others are paused (adaptive stream).
    Show(Vec<Shown>),
    /// The decoder of this track cannot go on without a key frame.
    NeedKeyframe(TrackId),
    /// Do this to others; [`Event::Refused`] when the platform does not.
    Moderate(Moderation),
    /// Share this from now on, or nothing. While sharing, only the size may differ from before.
    Share(Option<Share>),
    /// Leave politely; [`Event::Ended`] follows.
    Leave,
}

/// Something done to others; identities, or the platform's id of somebody in the lobby.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Moderation {
    /// Somebody in the lobby is let in, or turned away.
    Admit {
        id: String,
        allow: bool,
    },
    /// Somebody's microphone is turned off.
    Mute(String),
    /// As [`Moderation::Mute`], of everybody.
    MuteAll,
    /// Somebody is put out.
    Remove(String),
    LowerHand(String),
    /// The meeting is over, for everybody.
    EndForAll,
}

/// What the platform lets us do to others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rights {
    /// Turn off somebody's microphone.
    pub mute: bool,
    /// Remove people, lower hands, turn off everybody's microphone.
    pub moderate: bool,
    /// See who waits in the lobby, and decide.
    pub admit: bool,
    /// End the meeting for everybody.
    pub end: bool,
}

/// Why something was not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    NotAllowed,
    /// Whom it was for is not there any more.
    Gone,
    /// The platform does not answer, or cannot.
    Failed,
}

/// Somebody in the lobby.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    pub id: String,
    pub name: String,
}

/// What is shared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// Of its pictures, in pixels. They are sent in this size only.
    pub size: (u32, u32),
    /// Whether sound comes with them.
    pub audio: bool,
}

/// One video tile on the display.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    pub track: TrackId,
    pub width_px: u32,
    pub height_px: u32,
    /// Frames per second wanted at most.
    pub fps: u32,
}

/// What the session tells the room and the media engine.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// How far the join has come.
    Progress(Step),
    /// The platform put us in the lobby.
    Lobby,
    /// We are in: signalling joined and media connected.
    Joined {
        title: Option<String>,
        /// End-to-end: what of us leaves this machine only those can read who have the meeting's key.
        encrypted: bool,
    },
    Reconnecting,
    Reconnected,
    /// Everybody else, in order of arrival, whenever anything about them changes.
    Participants(Vec<Participant>),
    /// A remote track can be heard or seen from now on.
    TrackAdded(Track),
    TrackRemoved(TrackId),
    /// The server sends no pictures of this track, because our path is too narrow for them, or sends them again.
    TrackPaused {
        track: TrackId,
        paused: bool,
    },
    /// Loudest first; empty when nobody speaks. Identities.
    Speakers(Vec<String>),
    /// What the encoder is to produce from now on for our camera or what we share (dynacast, congestion
    /// control, permissions). Empty: nobody watches, encode nothing.
    Encode {
        /// [`Source::Camera`] or [`Source::ScreenShare`].
        source: Source,
        codec: Codec,
        layers: Vec<LayerTarget>,
    },
    /// What the voice's encoder is to make from now on: less where the path hardly carries sound.
    EncodeVoice {
        bitrate_bps: u32,
    },
    /// Somebody needs a key frame of this layer of our camera or what we share.
    KeyframeWanted {
        source: Source,
        layer: Layer,
    },
    /// What flows on the wire from us: a track is live when published, unmuted and sending.
    OwnMedia {
        microphone_live: bool,
        camera_live: bool,
    },
    /// Whether others get what we share, by the same measure.
    Sharing {
        live: bool,
    },
    /// We no longer share, by no wish of ours: a host ended it, or else the server does not take it.
    ShareEnded {
        by_host: bool,
    },
    /// The server muted our microphone.
    MutedByHost,
    /// The server stopped our camera.
    CameraStoppedByHost,
    Permissions {
        microphone: bool,
        camera: bool,
        share: bool,
        data: bool,
    },
    Hand {
        raised: bool,
    },
    /// A peer connection is protected: DTLS is up, with a server whose certificate has this fingerprint, as in SDP
    /// (RFC 8122 §5): `sha-256 AB:CD:…`. `srtp` is the protection profile of media, by its name at IANA (RFC 5764 §4.1.2,
    /// RFC 7714 §14.2). Told for each peer connection.
    Secured {
        fingerprint: String,
        srtp: Option<&'static str>,
    },
    Recording {
        recording: bool,
        transcription: bool,
    },
    /// A chat message; `from` is an identity.
    Chat {
        from: String,
        text: String,
    },
    /// Somebody reacted; `from` is an identity, `emoji` the platform's name of it.
    Reaction {
        from: String,
        emoji: String,
    },
    /// Something was said, as text; `from` is an identity, perhaps of somebody who is not there, `None`
    /// when we said it. The same `segment` is told again, whole, as it grows and is corrected.
    Caption {
        from: Option<String>,
        segment: String,
        text: String,
        is_final: bool,
    },
    SomebodyWaiting,
    /// Everybody who waits in the lobby, the first comer first; told where we may decide.
    Waiting(Vec<Waiting>),
    /// What we may do to others, whenever it changes.
    Rights(Rights),
    /// What was asked of the platform was not done.
    Refused(Refusal),
    Quality(Quality),
    /// A data packet that is none of the above.
    Data {
        from: String,
        topic: String,
        bytes: Vec<u8>,
    },
    /// What protects what is said and shown, whenever it changes.
    Encryption(Encryption),
    /// Over. Nothing comes after it.
    Ended(End),
}

/// What protects what is said and shown, end to end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Encryption {
    /// Nothing: the server hears and sees everything.
    None,
    /// The key of everybody who has the meeting's link.
    SharedKey {
        /// Who keeps it from being a group's key: identities. Empty: nobody but ourselves.
        hindered_by: Vec<String>,
        /// Those of them who have stayed outside of a group that others are in with us: identities. Not for a moment only,
        /// as whoever has just come; so people can be told.
        outside: Vec<String>,
    },
    /// Nothing is sent or heard: the room is only ever in a group of verified members, and there is none.
    Withheld {
        /// Who is not in such a group with us: identities.
        hindered_by: Vec<String>,
    },
    /// A key for each sender, known to the members of the group only, who are everybody here.
    Group {
        /// The same for everybody in the group, until it changes: five times four digits, to be read aloud.
        code: String,
        /// How often the group has changed.
        epoch: u64,
        /// Ourselves, too.
        members: Vec<Member>,
    },
}

/// Somebody in the group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// An identity in the meeting.
    pub participant: String,
    /// Whose device it is, by its certificate.
    pub identity: Result<Verified, Unverified>,
}

/// How far a join has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    AskingForEntry,
    /// The platform gave us a token; connecting signalling.
    Signalling,
    /// Signalling joined; connecting media (ICE, DTLS).
    Media,
}

/// One layer of our camera, or of what we share, to encode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LayerTarget {
    pub layer: Layer,
    /// What the source's width and height are divided by, at least: 1, 2, 3, 4 or 6.
    pub divisor: u32,
    pub bitrate_bps: u32,
}

/// Somebody else in the meeting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Participant {
    pub identity: String,
    pub name: String,
    pub metadata: String,
    pub attributes: Vec<(String, String)>,
    pub microphone_on: bool,
    pub camera_on: bool,
    pub sharing: bool,
    pub hand_raised: bool,
    /// When, as time since the Unix epoch (UTC), where the platform says so.
    pub hand_raised_at: Option<Duration>,
    pub quality: Quality,
    /// Why nothing of them is heard or seen, or not all.
    pub unreadable: Option<Unreadable>,
}

/// Why something of somebody is not heard or seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unreadable {
    /// The meeting is end-to-end encrypted, and what they send is not.
    NotEncrypted,
    /// They encrypt with another key.
    OtherKey,
    /// They encrypt, and the meeting as we joined it is not encrypted.
    Encrypted,
}

/// A remote track.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Track {
    pub id: TrackId,
    /// The identity of its owner.
    pub participant: String,
    pub kind: Kind,
    pub source: Source,
    pub muted: bool,
}

/// Connection quality as the server judges it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quality {
    Unknown,
    Excellent,
    Good,
    Poor,
    Lost,
}

/// Why a session ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    Left,
    RoomNotFound,
    LobbyDenied,
    LobbyTimedOut,
    TokenRefused,
    CertificateInvalid,
    ServerUnreachable,
    /// As the errors of the network of these names.
    ProxyUnreachable,
    ProxyRefused,
    ProxyForbids,
    ServerError,
    TooManyRequests {
        retry_after: Duration,
    },
    MediaUnreachable,
    ConnectionLost,
    RemovedByHost,
    MeetingEnded,
    JoinedElsewhere,
    ServerShutdown,
    /// The meeting is end-to-end encrypted, and the link has no key.
    KeyMissing,
    /// The link has a key, and the meeting is not encrypted.
    KeyUnexpected,
    /// The policy does not allow the addresses or certificates of the meeting's servers.
    OutsidePolicy,
    Internal,
}
