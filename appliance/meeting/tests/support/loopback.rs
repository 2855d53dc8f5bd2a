//! A meeting over real sockets on the loopback: the client, its shell, and a media server of one peer.
//!
//! Signalling is handed over in memory; media goes through sockets, so that a TURN server we did not
//! write can stand between.

use std::collections::{HashMap, VecDeque};
use std::io::Read;
use std::net::{SocketAddr, UdpSocket};
use std::path::Path;
use std::time::{Duration, Instant};

use base64::Engine;
use livekit_protocol as lk;
use lk::signal_request::Message as Req;
use lk::signal_response::Message as Res;
use meeting::io::*;
use meeting::livekit::{Client, Paths};
use prost::Message;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use str0m::change::SdpOffer;
use str0m::media::{MediaKind, MediaTime, Mid};
use str0m::net::{Protocol, Receive};
use str0m::{Candidate, Rtc};

use crate::stream::Stream;
use crate::support::{anna, config, vp8};

/// The client, the sockets it was given, and the server.
pub struct Meeting {
    client: Client,
    begun: Instant,
    socket: UdpSocket,
    streams: HashMap<IoId, Stream>,
    /// What the client is told next.
    reports: VecDeque<Report>,
    web_socket: Option<IoId>,
    authority: rustls::RootCertStore,
    turn: TurnOffer,
    server: Option<Server>,
    pub events: Vec<Event>,
    pub frames: Vec<ReceivedFrame>,
    /// Kinds of the frames the server has received.
    pub heard: Vec<MediaKind>,
    /// Where the server's datagrams came from.
    pub sources: Vec<SocketAddr>,
    /// Where the client's own datagrams went to.
    pub destinations: Vec<SocketAddr>,
}

/// What the server says of TURN.
#[derive(Clone)]
pub struct TurnOffer {
    pub url: String,
    pub user: String,
    pub password: String,
    /// The server insists on it.
    pub force: bool,
}

struct Server {
    rtc: Rtc,
    socket: UdpSocket,
    connected: bool,
    places: Vec<(Mid, MediaKind)>,
    sent: u32,
}

enum Report {
    WebSocketOpened(IoId),
    Signal(IoId, Res),
    TcpFailed(IoId),
    Resolved(IoId, Vec<SocketAddr>),
}

impl Meeting {
    /// Starts to join.
    pub fn join(paths: Paths, turn: TurnOffer, authority: &Path) -> Meeting {
        let begun = Instant::now();
        let socket = loopback_socket();
        let mut config = config();
        // Servers beside us alone are let to services of this machine.
        config.server = "https://localhost".parse().unwrap();
        config.local_udp = vec![socket.local_addr().expect("a bound socket")];
        let mut trusted = rustls::RootCertStore::empty();
        let certificate = CertificateDer::from_pem_file(authority).expect("a certificate");
        trusted.add(certificate).expect("a certificate one can trust");
        let mut meeting = Meeting {
            client: Client::over(config, paths, Now { monotonic: begun, wall: Duration::from_secs(1_800_000_000) }),
            begun,
            socket,
            streams: HashMap::new(),
            reports: VecDeque::new(),
            web_socket: None,
            authority: trusted,
            turn,
            server: None,
            events: Vec::new(),
            frames: Vec::new(),
            heard: Vec::new(),
            sources: Vec::new(),
            destinations: Vec::new(),
        };
        meeting.drain();
        meeting
    }

    /// The client's address, were it to send to the server directly.
    pub fn own_address(&self) -> SocketAddr {
        self.socket.local_addr().expect("a bound socket")
    }

    pub fn elapsed(&self) -> Duration {
        self.begun.elapsed()
    }

    pub fn ended(&self) -> Option<&End> {
        self.events.iter().find_map(|event| match event {
            Event::Ended(end) => Some(end),
            _ => None,
        })
    }

    pub fn handle(&mut self, input: Input<'_>) {
        let elapsed = self.elapsed();
        let now = Now { monotonic: self.begun + elapsed, wall: Duration::from_secs(1_800_000_000) + elapsed };
        self.client.handle(input, now);
        self.drain();
    }

    /// Runs until `done`, at most so long; whether it was.
    pub fn run_until(&mut self, limit: Duration, mut done: impl FnMut(&mut Meeting) -> bool) -> bool {
        let end = self.elapsed() + limit;
        while !done(self) {
            if self.elapsed() > end {
                return false;
            }
            if !self.step() {
                // Nothing has come: let the TURN server have the processor.
                std::thread::sleep(Duration::from_micros(500));
            }
        }
        true
    }

    /// One frame of the microphone and one of the camera.
    pub fn send_frames(&mut self) {
        let elapsed = self.elapsed();
        for source in [Source::Microphone, Source::Camera] {
            let audio = source == Source::Microphone;
            self.handle(Input::Frame(OutgoingFrame {
                source,
                codec: if audio { Codec::Opus } else { Codec::Vp8 },
                layer: (!audio).then_some(Layer::Low),
                media_time: elapsed,
                captured: self.begun + elapsed,
                keyframe: true,
                data: if audio { vec![7; 80] } else { vp8(9, true) },
                audio_level: audio.then_some(30),
            }));
        }
    }

    /// Delivers what has arrived anywhere; whether anything had.
    fn step(&mut self) -> bool {
        let mut busy = false;
        while let Some(report) = self.reports.pop_front() {
            busy = true;
            self.deliver(report);
        }
        let mut buffer = [0; 2048];
        while let Ok((length, remote)) = self.socket.recv_from(&mut buffer) {
            busy = true;
            let local = self.own_address();
            self.handle(Input::Datagram { local, remote, bytes: &buffer[..length] });
        }
        let ids: Vec<IoId> = self.streams.keys().copied().collect();
        for id in ids {
            busy |= self.read_stream(id);
        }
        if self.client.poll_timeout().is_some_and(|at| at <= self.begun + self.elapsed()) {
            self.handle(Input::Timeout);
        }
        busy | self.serve()
    }

    fn deliver(&mut self, report: Report) {
        match report {
            Report::WebSocketOpened(id) => self.handle(Input::WebSocket { id, event: WebSocketEvent::Opened }),
            Report::Signal(id, message) => {
                let bytes = lk::SignalResponse { message: Some(message) }.encode_to_vec();
                self.handle(Input::WebSocket { id, event: WebSocketEvent::Binary(&bytes) });
            }
            Report::TcpFailed(id) => self.handle(Input::Tcp { id, event: TcpEvent::Failed(NetError::Unreachable) }),
            Report::Resolved(id, addresses) => self.handle(Input::Resolved { id, result: Ok(addresses) }),
        }
    }

    fn drain(&mut self) {
        while let Some(output) = self.client.poll_output() {
            match output {
                Output::Event(event) => self.events.push(event),
                Output::Frame(frame) => self.frames.push(frame),
                Output::OpenWebSocket { id, url, .. } => self.open(id, &url),
                Output::SendWebSocket { id, bytes } if Some(id) == self.web_socket => {
                    let request = lk::SignalRequest::decode(&bytes[..]).expect("a signalling message");
                    self.request(request.message.expect("not an empty one"));
                }
                Output::CloseWebSocket { .. } => self.web_socket = None,
                Output::Datagram { remote, bytes, .. } => {
                    self.destinations.push(remote);
                    let _ = self.socket.send_to(&bytes, remote);
                }
                Output::OpenTcp { id, remote, tls, .. } => self.open_stream(id, remote, tls),
                Output::SendTcp { id, bytes } => {
                    if let Some(stream) = self.streams.get_mut(&id) {
                        stream.write(&bytes);
                    }
                }
                Output::CloseTcp { id } => {
                    self.streams.remove(&id);
                }
                Output::Resolve { id, host, port } => {
                    assert_eq!(host, "localhost");
                    // The client has a socket for one of the two.
                    let addresses =
                        vec![SocketAddr::from(([0, 0, 0, 0, 0, 0, 0, 1], port)), ([127, 0, 0, 1], port).into()];
                    self.reports.push_back(Report::Resolved(id, addresses));
                }
                Output::SendWebSocket { .. } | Output::Http { .. } => {}
            }
        }
    }

    fn open_stream(&mut self, id: IoId, remote: SocketAddr, tls: Option<String>) {
        match Stream::open(remote, tls, &self.authority) {
            Ok(stream) => drop(self.streams.insert(id, stream)),
            Err(_) => self.reports.push_back(Report::TcpFailed(id)),
        }
    }

    /// Whether anything was read.
    fn read_stream(&mut self, id: IoId) -> bool {
        let Some(stream) = self.streams.get_mut(&id) else { return false };
        let received = stream.read();
        let local = stream.local();
        if stream.is_ready() && !std::mem::replace(&mut stream.told, true) {
            self.handle(Input::Tcp { id, event: TcpEvent::Connected { local } });
        }
        match received {
            Ok(bytes) if bytes.is_empty() => false,
            Ok(bytes) => {
                self.handle(Input::Tcp { id, event: TcpEvent::Data(&bytes) });
                true
            }
            Err(()) => {
                self.streams.remove(&id);
                self.handle(Input::Tcp { id, event: TcpEvent::Closed });
                true
            }
        }
    }

    fn open(&mut self, id: IoId, url: &url::Url) {
        let (_, text) = url.query_pairs().find(|(name, _)| name == "join_request").expect("a join request");
        let bytes = base64::engine::general_purpose::URL_SAFE.decode(text.as_bytes()).expect("base64");
        let wrapped = lk::WrappedJoinRequest::decode(&bytes[..]).expect("a wrapped join request");
        let mut plain = Vec::new();
        if wrapped.compression == 1 {
            flate2::read::GzDecoder::new(&wrapped.join_request[..]).read_to_end(&mut plain).expect("gzip");
        } else {
            plain = wrapped.join_request;
        }
        let join = lk::JoinRequest::decode(&plain[..]).expect("a join request");
        self.web_socket = Some(id);
        self.server = Some(Server::new());
        self.reports.push_back(Report::WebSocketOpened(id));
        self.welcome();
        for (n, track) in join.add_track_requests.into_iter().enumerate() {
            self.signal(Res::TrackPublished(lk::TrackPublishedResponse {
                cid: track.cid,
                track: Some(lk::TrackInfo {
                    sid: format!("TR_own{n}"),
                    r#type: track.r#type,
                    source: track.source,
                    ..Default::default()
                }),
            }));
        }
        if let Some(offer) = join.publisher_offer {
            self.answer(&offer.sdp);
        }
    }

    fn signal(&mut self, message: Res) {
        if let Some(id) = self.web_socket {
            self.reports.push_back(Report::Signal(id, message));
        }
    }

    fn welcome(&mut self) {
        let permission = lk::ParticipantPermission {
            can_publish: true,
            can_subscribe: true,
            can_publish_data: true,
            ..Default::default()
        };
        let turn = self.turn.clone();
        let force = if turn.force { lk::ClientConfigSetting::Enabled } else { lk::ClientConfigSetting::Unset };
        self.signal(Res::Join(lk::JoinResponse {
            participant: Some(lk::ParticipantInfo {
                sid: "PA_me".into(),
                identity: "room".into(),
                permission: Some(permission),
                ..Default::default()
            }),
            other_participants: vec![anna()],
            ice_servers: vec![lk::IceServer { urls: vec![turn.url], username: turn.user, credential: turn.password }],
            client_configuration: Some(lk::ClientConfiguration { force_relay: force as i32, ..Default::default() }),
            fast_publish: true,
            ..Default::default()
        }));
    }

    fn answer(&mut self, sdp: &str) {
        let Some(server) = &mut self.server else { return };
        let (sdp, places) = server.answer(sdp);
        self.signal(Res::Answer(lk::SessionDescription {
            r#type: "answer".into(),
            sdp,
            mid_to_track_id: places,
            ..Default::default()
        }));
    }

    fn request(&mut self, request: Req) {
        match request {
            Req::Offer(offer) => self.answer(&offer.sdp),
            Req::Trickle(trickle) => {
                let init: serde_json::Value = serde_json::from_str(&trickle.candidate_init).expect("JSON");
                let line = init["candidate"].as_str().expect("a candidate");
                let candidate = Candidate::from_sdp_string(line).expect("a candidate");
                if let Some(server) = &mut self.server {
                    server.rtc.add_remote_candidate(candidate);
                }
            }
            _ => {}
        }
    }

    /// The server's turn; whether it had received anything.
    fn serve(&mut self) -> bool {
        let now = self.begun + self.elapsed();
        let Some(server) = &mut self.server else { return false };
        let mut busy = false;
        let mut buffer = [0; 2048];
        let local = server.socket.local_addr().expect("a bound socket");
        while let Ok((length, from)) = server.socket.recv_from(&mut buffer) {
            busy = true;
            self.sources.push(from);
            if let Ok(receive) = Receive::new(Protocol::Udp, from, local, &buffer[..length]) {
                let _ = server.rtc.handle_input(str0m::Input::Receive(now, receive));
            }
            server.drain(&mut self.heard);
        }
        let _ = server.rtc.handle_input(str0m::Input::Timeout(now));
        server.drain(&mut self.heard);
        server.anna_sends(now, now - self.begun);
        server.drain(&mut self.heard);
        busy
    }
}

impl Server {
    fn new() -> Server {
        let socket = loopback_socket();
        let mut rtc = Rtc::builder().clear_codecs().enable_opus(true, true).enable_vp8(true).build(Instant::now());
        let address = socket.local_addr().expect("a bound socket");
        rtc.add_local_candidate(Candidate::host(address, "udp").expect("a candidate"));
        Server { rtc, socket, connected: false, places: Vec::new(), sent: 0 }
    }

    /// The answer, and which section carries which of anna's tracks.
    fn answer(&mut self, sdp: &str) -> (String, HashMap<String, String>) {
        let offer = SdpOffer::from_sdp_string(sdp).expect("an offer");
        let answer = self.rtc.sdp_api().accept_offer(offer).expect("an offer that fits").to_sdp_string();
        self.places.clear();
        let mut places = HashMap::new();
        for section in answer.split("m=").skip(1) {
            let kind = match section.split(' ').next() {
                Some("audio") => MediaKind::Audio,
                Some("video") => MediaKind::Video,
                _ => continue,
            };
            let sends = section.contains("a=sendonly") && self.places.iter().all(|(_, k)| *k != kind);
            if let Some(mid) = section.lines().find_map(|l| l.strip_prefix("a=mid:")).filter(|_| sends) {
                self.places.push((Mid::from(mid), kind));
                let sid = if kind == MediaKind::Audio { "TR_anna_mic" } else { "TR_anna_cam" };
                places.insert(mid.to_owned(), sid.to_owned());
            }
        }
        (answer, places)
    }

    fn drain(&mut self, heard: &mut Vec<MediaKind>) {
        loop {
            match self.rtc.poll_output() {
                Ok(str0m::Output::Timeout(_)) | Err(_) => break,
                Ok(str0m::Output::Transmit(t)) => {
                    let _ = self.socket.send_to(&t.contents, t.destination);
                }
                Ok(str0m::Output::Event(str0m::Event::Connected)) => self.connected = true,
                Ok(str0m::Output::Event(str0m::Event::MediaData(data))) => {
                    let audio = data.params.spec().codec.is_audio();
                    heard.push(if audio { MediaKind::Audio } else { MediaKind::Video });
                }
                Ok(str0m::Output::Event(_)) => {}
            }
        }
    }

    /// anna sends sound and picture every 20 ms.
    fn anna_sends(&mut self, now: Instant, elapsed: Duration) {
        let number = (elapsed.as_millis() / 20) as u32;
        if !self.connected || number == self.sent {
            return;
        }
        self.sent = number;
        for (mid, kind) in self.places.clone() {
            let Some(writer) = self.rtc.writer(mid) else { continue };
            let Some(pt) = writer.payload_params().next().map(|p| p.pt()) else { continue };
            let data = if kind == MediaKind::Video { vp8(number as u8, number % 50 == 0) } else { vec![1; 60] };
            let _ = writer.write(pt, now, MediaTime::from_micros(elapsed.as_micros() as u64), data);
            let _ = self.rtc.handle_input(str0m::Input::Timeout(now));
        }
    }
}

fn loopback_socket() -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    socket.set_nonblocking(true).expect("a socket that does not block");
    socket
}
