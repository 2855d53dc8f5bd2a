//! A LiveKit server small enough to misbehave on command, on a network and a clock that are stepped.

#![allow(dead_code)]

use std::collections::{BTreeSet, HashMap};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use base64::Engine;
use livekit_protocol as lk;
use lk::signal_request::Message as Req;
use lk::signal_response::Message as Res;
use meeting::border::Within;
use meeting::e2ee::{Sealer, Stamp};
use meeting::io::*;
use meeting::livekit::{Client, Config, Paths};
use prost::Message;
use str0m::change::{SdpAnswer, SdpOffer, SdpPendingOffer};
use str0m::channel::ChannelId;
use str0m::media::{Direction, MediaData, MediaKind, MediaTime, Mid};
use str0m::net::{Protocol, Receive};
use str0m::{Candidate, Rtc};

pub const CLIENT: &str = "10.0.0.1:5000";
pub const CLIENT_SUBSCRIBER: &str = "10.0.0.1:5001";
pub const SERVER: &str = "10.0.0.9:7882";
pub const SERVER_TCP: &str = "10.0.0.9:7881";
pub const LATENCY: Duration = Duration::from_millis(5);

pub fn config() -> Config {
    Config {
        server: "https://meet.example".parse().unwrap(),
        token: "a.b.c".into(),
        local_udp: vec![CLIENT.parse().unwrap()],
        microphone: true,
        camera: Some(true),
        video_codec: Codec::Vp8,
        video_size: (1280, 720),
        secret: None,
        device: None,
        encryption_stated: false,
        border: Within::everywhere(),
        first_io_id: 1000,
    }
}

/// For servers with two peer connections: a socket for each.
pub fn dual_config() -> Config {
    Config { local_udp: vec![CLIENT.parse().unwrap(), CLIENT_SUBSCRIBER.parse().unwrap()], ..config() }
}

pub fn vp8(n: u8, keyframe: bool) -> Vec<u8> {
    let mut data = vec![if keyframe { 0x10 } else { 0x11 }, 0x02, 0x00];
    if keyframe {
        data.extend_from_slice(&[0x9d, 0x01, 0x2a, 0x00, 0x05, 0xd0, 0x02]);
    }
    data.extend(std::iter::repeat_n(n, 3000));
    data
}

/// What the server does wrong.
#[derive(Default)]
pub struct Faults {
    pub udp_blocked: bool,
    /// Streams to the media server are never connected.
    pub tcp_blocked: bool,
    /// Signalling cannot be reached.
    pub offline: bool,
    /// Answers resumes with STATE_MISMATCH.
    pub forgets: bool,
    /// Refuses upgrades with this status.
    pub refuse: Option<u16>,
    pub no_v1: bool,
    /// Passes over the tracks in the join request.
    pub old: bool,
    /// Answers nothing.
    pub mute: bool,
    pub no_connection: Option<NetError>,
    /// Answers requests to publish with nothing.
    pub grants_nothing: bool,
    /// What the next offer is answered with.
    pub answer: Option<String>,
    /// Knows nothing of redundant audio.
    pub no_red: bool,
    /// Says that only VP8 may be published, as it can only take.
    pub vp8_only: bool,
    /// Loses every so manieth packet of sound on the way to the server.
    pub lose_sound_every: Option<u32>,
    /// Accepts resumes and never answers their offers.
    pub resumes_unanswered: bool,
}

impl ServerPeer {
    fn new(red: bool, now: Instant) -> ServerPeer {
        let mut rtc = Rtc::builder().clear_codecs().enable_opus(true, red).enable_vp8(true).build(now);
        rtc.add_local_candidate(Candidate::host(SERVER.parse().unwrap(), "udp").unwrap());
        let tcp = Candidate::builder().tcp().host(SERVER_TCP.parse().unwrap());
        rtc.add_local_candidate(tcp.tcptype(str0m::net::TcpType::Passive).build().unwrap());
        ServerPeer { rtc, connected: false, reliable: None, pending: None }
    }
}

struct ServerPeer {
    rtc: Rtc,
    connected: bool,
    reliable: Option<ChannelId>,
    /// Our offer, until it is answered.
    pending: Option<SdpPendingOffer>,
}

/// One server with one room, one client and one other participant, anna, who has a microphone and a camera.
pub struct World {
    pub client: Client,
    pub base: Instant,
    pub now: Instant,
    pub events: Vec<(Duration, Event)>,
    pub frames: Vec<ReceivedFrame>,
    pub requests: Vec<lk::SignalRequest>,
    pub opened: Vec<url::Url>,
    /// The `Authorization` of each opened WebSocket.
    pub bearers: Vec<String>,
    pub http: Vec<HttpRequest>,
    pub http_status: u16,
    pub faults: Faults,
    /// Where the client's UDP sockets are.
    pub client_udp: Vec<SocketAddr>,
    pub joins: u32,
    pub resumes: u32,
    resumed: bool,
    /// Everything the server received: mid, rid, frame.
    pub media: Vec<MediaData>,
    pub data: Vec<lk::DataPacket>,
    /// When the server was asked for key frames.
    pub keyframe_requests: Vec<Duration>,
    /// The newest offer of the client.
    pub offered: String,
    /// The payload types the client has sent.
    pub payload_types: BTreeSet<u8>,
    /// Where the client has sent datagrams.
    pub sent_to: BTreeSet<SocketAddr>,
    /// The newest request of STUN that the server has sent.
    pub stun_request: Option<Vec<u8>>,
    /// Packets of sound lost on the way to the server.
    pub lost: u32,
    pub tcp_used: u32,
    to_client: Vec<(Instant, ToClient)>,
    socket: Option<IoId>,
    tcp: HashMap<IoId, SocketAddr>,
    /// The only peer connection, or the one of an older server that the client publishes on.
    peer: Option<ServerPeer>,
    /// The one of an older server that the client receives on.
    subscriber: Option<ServerPeer>,
    /// The client came by `/rtc`: there are two peer connections.
    pub dual: bool,
    to_server: Vec<(Instant, Protocol, SocketAddr, Vec<u8>)>,
    granted: u32,
    pub anna_is_here: bool,
    /// What anna encrypts with; and whether she says so, which is for her to decide.
    pub anna_seals: Option<Sealer>,
    pub anna_says_encrypted: bool,
    /// What comes on the track of her microphone instead of what she says.
    pub instead_of_anna: Option<Vec<u8>>,
    /// What the server says of the room, and how its own frames end.
    pub metadata: String,
    pub mark: Vec<u8>,
    /// Tracks the client asked to publish.
    pub asked: Vec<lk::AddTrackRequest>,
    /// What a join is answered with, instead of a meeting with anna.
    pub join_response: Option<lk::JoinResponse>,
    /// The server's ids of the client's tracks, by source.
    pub own_sids: HashMap<i32, String>,
    frame_number: u32,
    anna_places: Vec<(Mid, MediaKind)>,
    deframers: HashMap<IoId, meeting::livekit::wire::Deframer>,
}

enum ToClient {
    Opened(IoId),
    Refused(IoId, u16),
    Failed(IoId, NetError),
    Signal(IoId, Vec<u8>),
    Closed(IoId),
    Datagram(SocketAddr, Vec<u8>),
    Connected(IoId),
    Stream(IoId, Vec<u8>),
    Http(IoId, u16),
}

impl World {
    pub fn new(config: Config) -> World {
        World::over(config, Paths::All)
    }

    pub fn over(config: Config, paths: Paths) -> World {
        World::prepared(config, paths, |_| {})
    }

    /// What is to be otherwise from the first moment on is made so by `prepare`.
    pub fn prepared(config: Config, paths: Paths, prepare: impl FnOnce(&mut World)) -> World {
        let base = Instant::now();
        let mut world = World {
            client: Client::over(config, paths, at(base, base)),
            base,
            now: base,
            events: Vec::new(),
            frames: Vec::new(),
            requests: Vec::new(),
            opened: Vec::new(),
            bearers: Vec::new(),
            http: Vec::new(),
            http_status: 401,
            faults: Faults::default(),
            client_udp: vec![CLIENT.parse().unwrap(), CLIENT_SUBSCRIBER.parse().unwrap()],
            joins: 0,
            resumes: 0,
            resumed: false,
            media: Vec::new(),
            data: Vec::new(),
            keyframe_requests: Vec::new(),
            offered: String::new(),
            payload_types: BTreeSet::new(),
            sent_to: BTreeSet::new(),
            stun_request: None,
            lost: 0,
            tcp_used: 0,
            to_client: Vec::new(),
            socket: None,
            tcp: HashMap::new(),
            peer: None,
            subscriber: None,
            dual: false,
            to_server: Vec::new(),
            granted: 0,
            anna_is_here: true,
            anna_seals: None,
            anna_says_encrypted: false,
            instead_of_anna: None,
            metadata: String::new(),
            mark: Vec::new(),
            asked: Vec::new(),
            join_response: None,
            own_sids: HashMap::new(),
            frame_number: 0,
            anna_places: Vec::new(),
            deframers: HashMap::new(),
        };
        prepare(&mut world);
        world.drain();
        world
    }

    pub fn elapsed(&self) -> Duration {
        self.now - self.base
    }

    /// Steps until `done`, at most so long; whether it was.
    pub fn run_until(&mut self, limit: Duration, mut done: impl FnMut(&mut World) -> bool) -> bool {
        let end = self.now + limit;
        loop {
            if done(self) {
                return true;
            }
            if self.now >= end {
                return false;
            }
            self.step();
        }
    }

    pub fn run(&mut self, time: Duration) {
        self.run_until(time, |_| false);
    }

    pub fn has(&self, wanted: impl Fn(&Event) -> bool) -> bool {
        self.events.iter().any(|(_, e)| wanted(e))
    }

    pub fn count(&self, wanted: impl Fn(&Event) -> bool) -> usize {
        self.events.iter().filter(|(_, e)| wanted(e)).count()
    }

    pub fn ended(&self) -> Option<&End> {
        self.events.iter().find_map(|(_, e)| match e {
            Event::Ended(end) => Some(end),
            _ => None,
        })
    }

    pub fn handle(&mut self, input: Input<'_>) {
        let now = at(self.base, self.now);
        self.client.handle(input, now);
        self.drain();
    }

    pub fn command(&mut self, command: Command) {
        self.handle(Input::Command(command));
    }

    /// One frame from the room, as the media engine would hand it over.
    pub fn send_frame(&mut self, source: Source, layer: Option<Layer>, n: u8) {
        let audio = matches!(source, Source::Microphone | Source::ScreenShareAudio);
        let frame = OutgoingFrame {
            source,
            codec: if audio { Codec::Opus } else { Codec::Vp8 },
            layer,
            media_time: self.now - self.base,
            captured: self.now,
            keyframe: true,
            data: if audio { vec![n; 80] } else { vp8(n, true) },
            audio_level: audio.then_some(30),
        };
        self.handle(Input::Frame(frame));
    }

    /// Cuts the WebSocket.
    pub fn cut(&mut self) {
        if let Some(id) = self.socket.take() {
            self.to_client.push((self.now, ToClient::Closed(id)));
        }
    }

    /// The server closes media, with a goodbye of DTLS.
    pub fn close_media(&mut self) {
        for peer in [&mut self.peer, &mut self.subscriber].into_iter().flatten() {
            peer.rtc.close().unwrap();
        }
        self.serve();
    }

    /// The server forgets the client and everything about it.
    pub fn restart_server(&mut self) {
        self.cut();
        self.peer = None;
        self.subscriber = None;
        self.faults.forgets = true;
    }

    pub fn signal(&mut self, message: Res) {
        if let Some(id) = self.socket {
            let bytes = lk::SignalResponse { message: Some(message) }.encode_to_vec();
            self.to_client.push((self.now + LATENCY, ToClient::Signal(id, bytes)));
        }
    }

    /// A data packet from anna.
    pub fn send_data(&mut self, value: lk::data_packet::Value) {
        let packet = lk::DataPacket { participant_identity: "anna".into(), value: Some(value), ..Default::default() };
        let peer = self.peer.as_mut().unwrap();
        let id = peer.reliable.expect("data channel");
        assert!(peer.rtc.channel(id).unwrap().write(true, &packet.encode_to_vec()).unwrap());
        self.serve();
    }

    fn step(&mut self) {
        let arrivals = self.to_client.iter().map(|(t, _)| *t).chain(self.to_server.iter().map(|a| a.0)).min();
        let next = [Some(self.now + Duration::from_millis(20)), arrivals, self.client.poll_timeout()];
        let next = next.into_iter().flatten().min().unwrap().max(self.now + Duration::from_micros(100));
        self.now = next;
        let due: Vec<_> = self.to_client.extract_if(.., |(t, _)| *t <= next).collect();
        for (_, what) in due {
            self.deliver(what);
        }
        if self.client.poll_timeout().is_some_and(|t| t <= next) {
            self.handle(Input::Timeout);
        }
        let due: Vec<_> = self.to_server.extract_if(.., |a| a.0 <= next).collect();
        for (_, proto, from, bytes) in due {
            let to: SocketAddr = if proto == Protocol::Udp { SERVER } else { SERVER_TCP }.parse().unwrap();
            let second = self.dual && from == CLIENT_SUBSCRIBER.parse().unwrap();
            let peer = if second { &mut self.subscriber } else { &mut self.peer };
            if let (Some(peer), Ok(receive)) = (peer, Receive::new(proto, from, to, &bytes)) {
                let _ = peer.rtc.handle_input(str0m::Input::Receive(next, receive));
            }
            self.serve();
        }
        for peer in [&mut self.peer, &mut self.subscriber].into_iter().flatten() {
            let _ = peer.rtc.handle_input(str0m::Input::Timeout(next));
        }
        self.anna_sends();
        self.serve();
    }

    fn deliver(&mut self, what: ToClient) {
        let now = at(self.base, self.now);
        let remote: SocketAddr = SERVER.parse().unwrap();
        match &what {
            ToClient::Opened(id) => {
                self.client.handle(Input::WebSocket { id: *id, event: WebSocketEvent::Opened }, now);
            }
            ToClient::Refused(id, status) => {
                let event = WebSocketEvent::Refused { status: *status, body: b"" };
                self.client.handle(Input::WebSocket { id: *id, event }, now);
            }
            ToClient::Failed(id, error) => {
                let event = WebSocketEvent::Failed(error.clone());
                self.client.handle(Input::WebSocket { id: *id, event }, now);
            }
            ToClient::Signal(id, bytes) => {
                self.client.handle(Input::WebSocket { id: *id, event: WebSocketEvent::Binary(bytes) }, now);
            }
            ToClient::Closed(id) => {
                self.client.handle(Input::WebSocket { id: *id, event: WebSocketEvent::Closed }, now);
            }
            ToClient::Datagram(local, bytes) => {
                // A binding request (RFC 8489 §5).
                if bytes.starts_with(&[0, 1]) {
                    self.stun_request = Some(bytes.clone());
                }
                self.client.handle(Input::Datagram { local: *local, remote, bytes }, now);
            }
            ToClient::Connected(id) => {
                let local = "10.0.0.1:40000".parse().unwrap();
                self.client.handle(Input::Tcp { id: *id, event: TcpEvent::Connected { local } }, now);
            }
            ToClient::Stream(id, bytes) => {
                self.client.handle(Input::Tcp { id: *id, event: TcpEvent::Data(bytes) }, now);
            }
            ToClient::Http(id, status) => {
                let response = HttpResponse { status: *status, headers: vec![], body: vec![] };
                self.client.handle(Input::Http { id: *id, result: Ok(response) }, now);
            }
        }
        self.drain();
    }

    fn drain(&mut self) {
        while let Some(output) = self.client.poll_output() {
            match output {
                Output::Event(event) => self.events.push((self.elapsed(), event)),
                Output::Frame(frame) => self.frames.push(frame),
                Output::Http { id, request } => {
                    self.http.push(request);
                    self.to_client.push((self.now + LATENCY, ToClient::Http(id, self.http_status)));
                }
                Output::OpenWebSocket { id, url, headers } => {
                    let bearer = headers.into_iter().find(|(n, v)| n == "authorization" && v.starts_with("Bearer "));
                    self.bearers.push(bearer.expect("an authorization").1);
                    self.opened.push(url.clone());
                    self.open(id, &url);
                }
                Output::SendWebSocket { id, bytes } => {
                    if Some(id) == self.socket {
                        let request = lk::SignalRequest::decode(&bytes[..]).unwrap();
                        self.requests.push(request.clone());
                        self.request(request.message.unwrap());
                    }
                }
                Output::CloseWebSocket { id } => {
                    if Some(id) == self.socket {
                        self.socket = None;
                    }
                }
                Output::Datagram { local, remote, bytes, .. } => {
                    self.sent_to.insert(remote);
                    if !self.client_udp.contains(&local) {
                        continue; // that socket is gone
                    }
                    // RTP, and no RTCP: its header is not encrypted.
                    if bytes.len() > 12 && bytes[0] >> 6 == 2 && !(192..224).contains(&bytes[1]) {
                        self.payload_types.insert(bytes[1] & 0x7f);
                        // Sound comes in small packets.
                        // By its number: repeating it does not help.
                        let number = u32::from(u16::from_be_bytes([bytes[2], bytes[3]]));
                        let every = self.faults.lose_sound_every.filter(|_| bytes.len() < 400);
                        if every.is_some_and(|every| number.is_multiple_of(every)) {
                            self.lost += 1;
                            continue;
                        }
                    }
                    if !self.faults.udp_blocked && remote == SERVER.parse().unwrap() {
                        self.to_server.push((self.now + LATENCY, Protocol::Udp, local, bytes));
                    }
                }
                Output::OpenTcp { id, remote, tls, .. } => {
                    assert_eq!((remote, tls), (SERVER_TCP.parse().unwrap(), None));
                    self.tcp.insert(id, "10.0.0.1:40000".parse().unwrap());
                    self.tcp_used += 1;
                    if self.faults.tcp_blocked {
                        continue;
                    }
                    self.to_client.push((self.now + 2 * LATENCY, ToClient::Connected(id)));
                }
                Output::SendTcp { id, bytes } => {
                    let from = self.tcp[&id];
                    let now = self.now + LATENCY;
                    let to_server = &mut self.to_server;
                    self.deframers.entry(id).or_default().push(&bytes, |datagram| {
                        to_server.push((now, Protocol::Tcp, from, datagram.to_vec()));
                    });
                }
                Output::CloseTcp { id } => {
                    self.tcp.remove(&id);
                }
                Output::Resolve { .. } => {}
            }
        }
    }

    fn open(&mut self, id: IoId, url: &url::Url) {
        let soon = self.now + 2 * LATENCY;
        if let Some(error) = self.faults.no_connection.clone().or(self.faults.offline.then_some(NetError::Unreachable))
        {
            self.to_client.push((soon, ToClient::Failed(id, error)));
            return;
        }
        if self.faults.mute {
            return;
        }
        let status = self.faults.refuse.or((self.faults.no_v1 && url.path() == "/rtc/v1").then_some(404));
        if let Some(status) = status {
            self.to_client.push((soon, ToClient::Refused(id, status)));
            return;
        }
        self.dual = url.path() == "/rtc";
        let join = if self.dual {
            let reconnect = url.query_pairs().any(|(k, v)| k == "reconnect" && v == "1");
            lk::JoinRequest { reconnect, ..Default::default() }
        } else {
            assert_eq!(url.path(), "/rtc/v1");
            join_request(url)
        };
        self.to_client.push((soon, ToClient::Opened(id)));
        self.socket = Some(id);
        self.now += LATENCY;
        self.resumed = join.reconnect;
        if join.reconnect {
            self.resumes += 1;
            if self.faults.forgets || self.peer.is_none() {
                self.faults.forgets = false;
                self.signal(Res::Leave(lk::LeaveRequest {
                    reason: lk::DisconnectReason::StateMismatch as i32,
                    action: lk::leave_request::Action::Reconnect as i32,
                    ..Default::default()
                }));
            } else {
                self.signal(Res::Reconnect(lk::ReconnectResponse::default()));
                if self.dual {
                    self.offer(true);
                }
            }
        } else {
            self.joins += 1;
            self.join(join);
        }
        self.now -= LATENCY;
    }

    /// An older server's offer of what the client receives.
    fn offer(&mut self, restart: bool) {
        let anna_is_here = self.anna_is_here;
        let Some(peer) = &mut self.subscriber else { return };
        let mut api = peer.rtc.sdp_api();
        if restart {
            api.ice_restart(true);
        } else if anna_is_here {
            self.anna_places.clear();
            for kind in [MediaKind::Audio, MediaKind::Video] {
                let mid = api.add_media(kind, Direction::SendOnly, None, None, None);
                self.anna_places.push((mid, kind));
            }
        } else {
            api.add_channel("_reliable".into());
        }
        let (offer, pending) = api.apply().expect("there is something to offer");
        peer.pending = Some(pending);
        let sid = |kind: MediaKind| if kind == MediaKind::Audio { "TR_anna_mic" } else { "TR_anna_cam" };
        let places = self.anna_places.iter().map(|(mid, kind)| (mid.to_string(), sid(*kind).to_owned()));
        let description = lk::SessionDescription {
            r#type: "offer".into(),
            sdp: offer.to_sdp_string(),
            id: 1,
            mid_to_track_id: places.collect(),
        };
        self.signal(Res::Offer(description));
        self.serve();
    }

    fn offer_answered(&mut self, sdp: &str) {
        if let Some(peer) = &mut self.subscriber
            && let Some(pending) = peer.pending.take()
        {
            let answer = SdpAnswer::from_sdp_string(sdp).expect("the client's answer");
            peer.rtc.sdp_api().accept_answer(pending, answer).expect("the client's answer fits");
        }
        self.serve();
    }

    fn join(&mut self, join: lk::JoinRequest) {
        if let Some(response) = self.join_response.clone() {
            self.anna_is_here = false;
            self.signal(Res::Join(response));
        } else {
            self.welcome();
        }
        self.signal(Res::RefreshToken(format!("token.{}", self.joins)));
        self.faults.resumes_unanswered = false;
        self.peer = Some(ServerPeer::new(!self.faults.no_red, self.now));
        if self.dual {
            self.subscriber = Some(ServerPeer::new(!self.faults.no_red, self.now));
            self.offer(false);
        }
        if !self.faults.old {
            for track in join.add_track_requests {
                self.grant(track);
            }
        }
        if let Some(offer) = join.publisher_offer {
            self.answer(&offer.sdp);
        }
    }

    fn welcome(&mut self) {
        let me = lk::ParticipantInfo {
            sid: format!("PA_me{}", self.joins),
            identity: "room".into(),
            permission: Some(lk::ParticipantPermission {
                can_publish: true,
                can_subscribe: true,
                can_publish_data: true,
                ..Default::default()
            }),
            ..Default::default()
        };
        let mut anna = anna();
        for track in &mut anna.tracks {
            track.encryption = i32::from(self.anna_says_encrypted);
        }
        self.signal(Res::Join(lk::JoinResponse {
            room: Some(lk::Room { metadata: self.metadata.clone(), ..Default::default() }),
            sif_trailer: self.mark.clone(),
            participant: Some(me),
            other_participants: if self.anna_is_here { vec![anna] } else { vec![] },
            ping_interval: 5,
            ping_timeout: 15,
            fast_publish: true,
            enabled_publish_codecs: if self.faults.vp8_only { mimes(&["audio/opus", "video/VP8"]) } else { vec![] },
            ..Default::default()
        }));
    }

    fn grant(&mut self, track: lk::AddTrackRequest) {
        self.asked.push(track.clone());
        if self.faults.grants_nothing {
            return;
        }
        self.granted += 1;
        self.own_sids.insert(track.source, format!("TR_own{}", self.granted));
        self.signal(Res::TrackPublished(lk::TrackPublishedResponse {
            cid: track.cid,
            track: Some(lk::TrackInfo {
                sid: format!("TR_own{}", self.granted),
                r#type: track.r#type,
                source: track.source,
                muted: track.muted,
                encryption: track.encryption,
                ..Default::default()
            }),
        }));
    }

    pub fn answer(&mut self, sdp: &str) {
        self.offered = sdp.to_owned();
        if self.resumed && self.faults.resumes_unanswered {
            return;
        }
        if let Some(sdp) = self.faults.answer.take() {
            self.signal(Res::Answer(lk::SessionDescription { r#type: "answer".into(), sdp, ..Default::default() }));
            return;
        }
        let Some(peer) = &mut self.peer else { return };
        let offer = SdpOffer::from_sdp_string(sdp).expect("the client's offer");
        let answer = peer.rtc.sdp_api().accept_offer(offer).expect("the client's offer fits");
        let text = answer.to_sdp_string();
        // anna's tracks go on the first sections the client only receives on.
        let mut places = HashMap::new();
        if !self.dual {
            self.anna_places.clear();
        }
        let anna_is_here = self.anna_is_here && !self.dual;
        let (mut kind, mut mid) = (MediaKind::Audio, String::new());
        for line in text.lines() {
            if line.starts_with("m=") {
                kind = if line.starts_with("m=audio") { MediaKind::Audio } else { MediaKind::Video };
            } else if let Some(m) = line.strip_prefix("a=mid:") {
                mid = m.to_owned();
            } else if line == "a=sendonly" && anna_is_here && self.anna_places.iter().all(|(_, k)| *k != kind) {
                self.anna_places.push((Mid::from(mid.as_str()), kind));
                let sid = if kind == MediaKind::Audio { "TR_anna_mic" } else { "TR_anna_cam" };
                places.insert(mid.clone(), sid.to_owned());
            }
        }
        self.signal(Res::Answer(lk::SessionDescription {
            r#type: "answer".into(),
            sdp: text,
            mid_to_track_id: places,
            ..Default::default()
        }));
        self.serve();
    }

    fn request(&mut self, request: Req) {
        if self.faults.mute {
            return;
        }
        match request {
            Req::Offer(offer) => self.answer(&offer.sdp),
            Req::Answer(answer) => self.offer_answered(&answer.sdp),
            Req::AddTrack(track) => self.grant(track),
            Req::PingReq(ping) => {
                self.signal(Res::PongResp(lk::Pong { last_ping_timestamp: ping.timestamp, ..Default::default() }))
            }
            _ => {}
        }
    }

    fn serve(&mut self) {
        self.serve_one(false);
        self.serve_one(true);
    }

    fn serve_one(&mut self, subscriber: bool) {
        let Some(peer) = (if subscriber { &mut self.subscriber } else { &mut self.peer }) else { return };
        loop {
            match peer.rtc.poll_output() {
                Ok(str0m::Output::Timeout(_)) | Err(_) => break,
                Ok(str0m::Output::Transmit(t)) => {
                    let bytes = t.contents.to_vec();
                    let soon = self.now + LATENCY;
                    if t.proto == Protocol::Tcp {
                        let id = self.tcp.iter().find(|(_, a)| **a == t.destination).map(|(id, _)| *id);
                        if let Some(id) = id {
                            let mut framed = (bytes.len() as u16).to_be_bytes().to_vec();
                            framed.extend(bytes);
                            self.to_client.push((soon, ToClient::Stream(id, framed)));
                        }
                    } else if !self.faults.udp_blocked {
                        self.to_client.push((soon, ToClient::Datagram(t.destination, bytes)));
                    }
                }
                Ok(str0m::Output::Event(event)) => match event {
                    str0m::Event::Connected => peer.connected = true,
                    str0m::Event::MediaData(data) => self.media.push(data),
                    str0m::Event::ChannelOpen(id, label) if label == "_reliable" => peer.reliable = Some(id),
                    str0m::Event::ChannelData(data) => {
                        self.data.push(lk::DataPacket::decode(&data.data[..]).unwrap());
                    }
                    str0m::Event::KeyframeRequest(_) => self.keyframe_requests.push(self.now - self.base),
                    _ => {}
                },
            }
        }
    }

    /// anna sends a frame every 20 ms of sound, every 40 ms of picture.
    fn anna_sends(&mut self) {
        if !self.anna_is_here {
            return;
        }
        let number = (self.elapsed().as_millis() / 20) as u32;
        if number == self.frame_number {
            return;
        }
        self.frame_number = number;
        let (now, time) = (self.now, self.elapsed());
        for (mid, kind) in self.anna_places.clone() {
            let peer = if self.dual { &mut self.subscriber } else { &mut self.peer };
            let Some(peer) = peer.as_mut().filter(|p| p.connected) else { return };
            let Some(writer) = peer.rtc.writer(mid) else { continue };
            let video = kind == MediaKind::Video;
            if video && number % 2 == 1 {
                continue;
            }
            let Some(pt) = writer.payload_params().next().map(|p| p.pt()) else { continue };
            let data = if video { vp8(number as u8, number % 50 == 0) } else { vec![number as u8; 60] };
            let codec = if video { Codec::Vp8 } else { Codec::Opus };
            let stamp = Stamp { stream: u32::from(video), time: number };
            let data = match &mut self.anna_seals {
                Some(sealer) => sealer.seal(codec, stamp, &data).unwrap(),
                None => data,
            };
            let data = self.instead_of_anna.clone().filter(|_| !video).unwrap_or(data);
            let time = MediaTime::from_micros(time.as_micros() as u64);
            let _ = writer.write(pt, now, time, data);
            let _ = peer.rtc.handle_input(str0m::Input::Timeout(now));
            self.serve();
        }
    }
}

/// The join request that the address carries.
fn mimes(mimes: &[&str]) -> Vec<lk::Codec> {
    mimes.iter().map(|mime| lk::Codec { mime: (*mime).into(), ..Default::default() }).collect()
}

fn join_request(url: &url::Url) -> lk::JoinRequest {
    let (_, text) = url.query_pairs().find(|(k, _)| k == "join_request").unwrap();
    let bytes = base64::engine::general_purpose::URL_SAFE.decode(text.as_bytes()).unwrap();
    let wrapped = lk::WrappedJoinRequest::decode(&bytes[..]).unwrap();
    let mut plain = wrapped.join_request;
    if wrapped.compression == 1 {
        let mut out = Vec::new();
        std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(&plain[..]), &mut out).unwrap();
        plain = out;
    }
    lk::JoinRequest::decode(&plain[..]).unwrap()
}

pub fn anna() -> lk::ParticipantInfo {
    let track = |sid: &str, kind: lk::TrackType, source: lk::TrackSource| lk::TrackInfo {
        sid: sid.into(),
        r#type: kind as i32,
        source: source as i32,
        ..Default::default()
    };
    lk::ParticipantInfo {
        sid: "PA_anna".into(),
        identity: "anna".into(),
        name: "Anna".into(),
        state: lk::participant_info::State::Active as i32,
        tracks: vec![
            track("TR_anna_mic", lk::TrackType::Audio, lk::TrackSource::Microphone),
            track("TR_anna_cam", lk::TrackType::Video, lk::TrackSource::Camera),
        ],
        ..Default::default()
    }
}

fn at(base: Instant, now: Instant) -> Now {
    Now { monotonic: now, wall: Duration::from_secs(1_800_000_000) + (now - base) }
}

/// Whether the recordings are here. They lie beside the repository: without them there is nothing to
/// test, except where everything is to be tested.
///
/// # Panics
/// When they are missing and `CI` is set.
pub fn recorded(folder: &std::path::Path) -> bool {
    let here = folder.is_dir();
    if !here {
        assert!(std::env::var_os("CI").is_none(), "the recordings in {} are missing", folder.display());
        eprintln!("skipped: the recordings in {} are not here", folder.display());
    }
    here
}
