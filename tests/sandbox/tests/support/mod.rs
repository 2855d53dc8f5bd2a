//! Clients made of str0m around a core, on a network and a clock that are stepped.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use base64::Engine;
use livekit_protocol as lk;
use lk::signal_request::Message as Ask;
use lk::signal_response::Message as Said;
use prost::Message;
use sandbox::core::{Config, ConnectionId, Core, Input, Now, Output};
use str0m::change::{SdpAnswer, SdpOffer, SdpPendingOffer};
use str0m::channel::ChannelId;
use str0m::media::{Direction, KeyframeRequestKind, MediaKind, MediaTime, Mid, Simulcast, SimulcastLayer};
use str0m::net::{Protocol, Receive, TcpType};
use str0m::{Candidate, Event, Rtc};

pub const ROOM: &str = "salle";
const SERVER: &str = "10.0.0.9:7882";
const NOON: Duration = Duration::from_secs(1_800_000_000);
const STEP: Duration = Duration::from_millis(20);

/// One WebRTC connection of a client.
struct Leg {
    rtc: Rtc,
    address: SocketAddr,
    up: bool,
    /// What is to be sent over TCP.
    stream: Vec<u8>,
}

pub struct Client {
    pub identity: String,
    pub sid: String,
    pub connection: ConnectionId,
    pub open: bool,
    /// The WebSocket went without goodbye.
    pub cut: bool,
    pub said: Vec<Said>,
    /// Track sid and frame, as they arrived.
    pub frames: Vec<(String, Vec<u8>)>,
    pub data: Vec<lk::DataPacket>,
    pub keyframes_asked: usize,
    single: bool,
    legs: Vec<Leg>,
    pending: Option<SdpPendingOffer>,
    idle: Vec<Mid>,
    places: HashMap<String, String>,
    reliable: Option<ChannelId>,
    microphone: Option<Mid>,
    camera: Option<Mid>,
}

impl Client {
    pub fn heard(&self, wanted: impl Fn(&Said) -> bool) -> bool {
        self.said.iter().any(wanted)
    }

    pub fn was_told_to_leave(&self) -> Option<lk::LeaveRequest> {
        self.said.iter().find_map(|s| if let Said::Leave(leave) = s { Some(leave.clone()) } else { None })
    }

    /// How somebody was last described.
    pub fn sees(&self, identity: &str) -> Option<lk::ParticipantInfo> {
        let described = self.said.iter().rev().flat_map(|said| match said {
            Said::Update(update) => update.participants.clone(),
            Said::Join(join) => join.other_participants.clone(),
            _ => Vec::new(),
        });
        described.into_iter().find(|p| p.identity == identity)
    }

    pub fn frames_of(&self, track: &str) -> usize {
        self.frames.iter().filter(|(t, _)| t == track).count()
    }

    fn offer(&mut self, more: (u32, u32)) -> Option<String> {
        let mut api = self.legs[0].rtc.sdp_api();
        for mid in &self.idle {
            api.set_direction(*mid, Direction::RecvOnly);
        }
        for (count, kind) in [(more.0, MediaKind::Audio), (more.1, MediaKind::Video)] {
            for _ in 0..count {
                self.idle.push(api.add_media(kind, Direction::RecvOnly, None, None, None));
            }
        }
        if !api.has_changes() {
            // str0m offers only what changed.
            let mid = *self.idle.last()?;
            api.set_direction(mid, Direction::Inactive);
            api.set_direction(mid, Direction::RecvOnly);
        }
        let (offer, pending) = api.apply()?;
        self.pending = Some(pending);
        Some(offer.to_sdp_string())
    }
}

pub struct World {
    pub core: Core,
    pub clients: Vec<Client>,
    base: Instant,
    pub elapsed: Duration,
    connections: ConnectionId,
    protocol: Protocol,
    /// Whether clients that join from now on take and send redundant audio.
    pub red: bool,
    /// Whether clients that join from now on say that they encrypt what they publish.
    pub encrypted: bool,
}

fn config(single_peer_connection: bool, protocol: Protocol) -> Config {
    let server = Some(SERVER.parse().unwrap());
    Config {
        udp: server.filter(|_| protocol == Protocol::Udp),
        tcp: server.filter(|_| protocol == Protocol::Tcp),
        api_key: "devkey".into(),
        api_secret: "secret".into(),
        single_peer_connection,
        ice_lite: false,
        congestion_control: false,
        allow_pause: false,
        seed: 1,
    }
}

impl World {
    pub fn new() -> World {
        World::with(true)
    }

    pub fn with(single_peer_connection: bool) -> World {
        World::over(single_peer_connection, Protocol::Udp)
    }

    /// Where video that does not fit is paused.
    pub fn that_pauses(single_peer_connection: bool) -> World {
        let world = World::with(single_peer_connection);
        let core = Core::new(Config { allow_pause: true, ..config(single_peer_connection, Protocol::Udp) });
        World { core, ..world }
    }

    pub fn over(single_peer_connection: bool, protocol: Protocol) -> World {
        let core = Core::new(config(single_peer_connection, protocol));
        let (base, elapsed) = (Instant::now(), Duration::ZERO);
        World { core, clients: Vec::new(), base, elapsed, connections: 0, protocol, red: false, encrypted: false }
    }

    pub fn now(&self) -> Now {
        Now { monotonic: self.base + self.elapsed, wall: NOON + self.elapsed }
    }

    fn leg(&self, number: usize) -> Leg {
        let mut rtc =
            Rtc::builder().clear_codecs().enable_opus(true, self.red).enable_vp8(true).build(self.now().monotonic);
        let address = SocketAddr::from(([10, 0, 1, self.clients.len() as u8], 5000 + number as u16));
        let candidate = if self.protocol == Protocol::Tcp {
            Candidate::builder().tcp().host(address).tcptype(TcpType::Active).build()
        } else {
            Candidate::host(address, "udp")
        };
        rtc.add_local_candidate(candidate.unwrap());
        Leg { rtc, address, up: false, stream: Vec::new() }
    }

    /// Joins, with a microphone and a simulcast camera if it `publishes`; the index of the new client.
    pub fn join(&mut self, identity: &str, single: bool, publishes: bool) -> usize {
        let mut leg = self.leg(0);
        let mut api = leg.rtc.sdp_api();
        let (mut tracks, mut idle, mut microphone, mut camera) = (Vec::new(), Vec::new(), None, None);
        for kind in [MediaKind::Audio, MediaKind::Video] {
            for _ in 0..if single { 3 } else { 0 } {
                idle.push(api.add_media(kind, Direction::RecvOnly, None, None, None));
            }
        }
        let reliable = Some(api.add_channel("_reliable".into()));
        if publishes {
            let cid = |name: &str| Some(format!("{identity}-{name}"));
            let mid = api.add_media(MediaKind::Audio, Direction::SendOnly, Some("-".into()), cid("mic"), None);
            microphone = Some(mid);
            let mut simulcast = Simulcast::new();
            for rid in ["q", "h", "f"] {
                simulcast.add_send_layer(SimulcastLayer::new(rid));
            }
            let send = Direction::SendOnly;
            camera = Some(api.add_media(MediaKind::Video, send, Some("-".into()), cid("cam"), Some(simulcast)));
            tracks = vec![microphone_request(identity), camera_request(identity)];
            if self.encrypted {
                tracks = tracks.into_iter().map(sealed).collect();
            }
        }
        let (offer, pending) = api.apply().unwrap();
        let offer =
            lk::SessionDescription { r#type: "offer".into(), sdp: offer.to_sdp_string(), id: 1, ..Default::default() };
        let mut legs = vec![leg];
        if !single {
            legs.push(self.leg(1));
        }
        self.clients.push(Client {
            identity: identity.into(),
            sid: String::new(),
            connection: 0,
            open: false,
            cut: false,
            said: Vec::new(),
            frames: Vec::new(),
            data: Vec::new(),
            keyframes_asked: 0,
            single,
            legs,
            pending: Some(pending),
            idle,
            places: HashMap::new(),
            reliable,
            microphone,
            camera,
        });
        let client = self.clients.len() - 1;
        let join = lk::JoinRequest {
            connection_settings: Some(lk::ConnectionSettings { auto_subscribe: true, ..Default::default() }),
            add_track_requests: tracks.clone(),
            publisher_offer: Some(offer.clone()),
            ..Default::default()
        };
        self.connect(client, &join);
        if !single {
            for track in tracks {
                self.ask(client, Ask::AddTrack(track));
            }
            self.ask(client, Ask::Offer(offer));
        }
        client
    }

    /// Comes back after the WebSocket was lost.
    pub fn resume(&mut self, client: usize) {
        let participant_sid = self.clients[client].sid.clone();
        self.connect(client, &lk::JoinRequest { reconnect: true, participant_sid, ..Default::default() });
    }

    fn connect(&mut self, client: usize, join: &lk::JoinRequest) {
        let now = self.now();
        let token = self.core.token(ROOM, &self.clients[client].identity, "", now.wall);
        let (path, query) = if self.clients[client].single {
            let wrapped = lk::WrappedJoinRequest { join_request: join.encode_to_vec(), ..Default::default() };
            let text = base64::engine::general_purpose::URL_SAFE.encode(wrapped.encode_to_vec());
            ("/rtc/v1", format!("join_request={text}"))
        } else if join.reconnect {
            ("/rtc", format!("reconnect=1&sid={}", join.participant_sid))
        } else {
            ("/rtc", "auto_subscribe=1".into())
        };
        let admission = self.core.admit(path, &query, Some(&format!("Bearer {token}")), now).unwrap().unwrap();
        self.connections += 1;
        let connection = self.connections;
        let client = &mut self.clients[client];
        (client.connection, client.open, client.cut) = (connection, true, false);
        self.core.handle(Input::Opened { connection, admission: Box::new(admission) }, now);
        self.drain();
    }

    pub fn ask(&mut self, client: usize, ask: Ask) {
        let connection = self.clients[client].connection;
        let bytes = lk::SignalRequest { message: Some(ask) }.encode_to_vec();
        let now = self.now();
        self.core.handle(Input::Signal { connection, bytes: &bytes }, now);
        self.drain();
    }

    /// Steps until `done`; fails after ten seconds.
    pub fn until(&mut self, what: &str, mut done: impl FnMut(&World) -> bool) {
        for _ in 0..500 {
            if done(self) {
                return;
            }
            self.step();
        }
        panic!("{what}: not within ten seconds");
    }

    pub fn run(&mut self, time: Duration) {
        let end = self.elapsed + time;
        while self.elapsed < end {
            self.step();
        }
    }

    /// Asks for a key frame of a track it receives.
    pub fn ask_keyframe(&mut self, client: usize, track: &str) {
        let client = &mut self.clients[client];
        let (mid, _) = client.places.iter().find(|(_, t)| *t == track).expect("it receives the track");
        let rtc = &mut client.legs.last_mut().unwrap().rtc;
        rtc.writer(str0m::media::Mid::from(&mid[..]))
            .unwrap()
            .request_keyframe(None, KeyframeRequestKind::Pli)
            .unwrap();
    }

    /// Sends a reliable packet.
    pub fn send_data(&mut self, client: usize, packet: &lk::DataPacket) {
        let client = &mut self.clients[client];
        let id = client.reliable.unwrap();
        assert!(client.legs[0].rtc.channel(id).unwrap().write(true, &packet.encode_to_vec()).unwrap());
    }

    fn step(&mut self) {
        self.elapsed += STEP;
        let now = self.now();
        for client in &mut self.clients {
            if client.legs[0].up {
                publish(client, now.monotonic, self.elapsed);
            }
            for leg in &mut client.legs {
                leg.rtc.handle_input(str0m::Input::Timeout(now.monotonic)).unwrap();
            }
        }
        // Back and forth a few times, as answers beget answers.
        for _ in 0..4 {
            for index in 0..self.clients.len() {
                for leg in 0..self.clients[index].legs.len() {
                    self.poll(index, leg);
                }
            }
            for leg in self.clients.iter_mut().flat_map(|c| &mut c.legs).filter(|l| !l.stream.is_empty()) {
                // All at once, as a busy server reads it.
                let bytes = std::mem::take(&mut leg.stream);
                self.core.handle(Input::Tcp { remote: leg.address, bytes: &bytes }, now);
            }
            self.core.handle(Input::Timeout, now);
            self.drain();
        }
        let pings: Vec<_> = self.clients.iter().filter(|c| c.open).map(|c| c.connection).collect();
        let ping = lk::SignalRequest { message: Some(Ask::PingReq(lk::Ping::default())) }.encode_to_vec();
        for connection in pings {
            self.core.handle(Input::Signal { connection, bytes: &ping }, now);
        }
        self.drain();
    }

    fn poll(&mut self, index: usize, number: usize) {
        let now = self.now();
        loop {
            let client = &mut self.clients[index];
            let leg = &mut client.legs[number];
            match leg.rtc.poll_output().unwrap() {
                str0m::Output::Timeout(_) => break,
                str0m::Output::Transmit(t) if t.proto == Protocol::Tcp => {
                    leg.stream.extend((t.contents.len() as u16).to_be_bytes());
                    leg.stream.extend_from_slice(&t.contents);
                }
                str0m::Output::Transmit(t) => {
                    self.core.handle(Input::Datagram { remote: leg.address, bytes: &t.contents }, now);
                }
                str0m::Output::Event(Event::Connected) => leg.up = true,
                str0m::Output::Event(Event::MediaData(data)) => {
                    if let Some(track) = client.places.get(&data.mid.to_string()) {
                        client.frames.push((track.clone(), data.data.to_vec()));
                    }
                }
                str0m::Output::Event(Event::ChannelData(data)) => {
                    client.data.push(lk::DataPacket::decode(&data.data[..]).unwrap());
                }
                str0m::Output::Event(Event::KeyframeRequest(_)) => client.keyframes_asked += 1,
                str0m::Output::Event(_) => {}
            }
        }
    }

    fn drain(&mut self) {
        while let Some(output) = self.core.poll_output() {
            match output {
                Output::Signal { connection, bytes } => {
                    let said = lk::SignalResponse::decode(&bytes[..]).unwrap().message.unwrap();
                    if let Some(index) = self.clients.iter().position(|c| c.connection == connection) {
                        self.listen(index, said);
                    }
                }
                Output::Close { connection } | Output::Cut { connection } => {
                    let cut = matches!(output, Output::Cut { .. });
                    for client in self.clients.iter_mut().filter(|c| c.connection == connection) {
                        (client.open, client.cut) = (false, cut);
                    }
                }
                Output::Datagram { remote, bytes } => self.deliver(Protocol::Udp, remote, &bytes),
                Output::Tcp { remote, bytes } => self.deliver(Protocol::Tcp, remote, &bytes[2..]),
                Output::Joined { .. } | Output::Left { .. } | Output::Finished { .. } => {}
            }
        }
    }

    fn deliver(&mut self, protocol: Protocol, remote: SocketAddr, bytes: &[u8]) {
        let now = self.now().monotonic;
        let Some(index) = self.clients.iter().position(|c| c.legs.iter().any(|l| l.address == remote)) else { return };
        for leg in self.clients[index].legs.iter_mut().filter(|l| l.address == remote) {
            let receive = Receive::new(protocol, SERVER.parse().unwrap(), remote, bytes).unwrap();
            leg.rtc.handle_input(str0m::Input::Receive(now, receive)).unwrap();
        }
        // str0m wants to be polled between two packets.
        for leg in 0..self.clients[index].legs.len() {
            self.poll(index, leg);
        }
    }

    fn listen(&mut self, index: usize, said: Said) {
        self.clients[index].said.push(said.clone());
        let client = &mut self.clients[index];
        match said {
            Said::Join(join) => client.sid = join.participant.unwrap().sid,
            Said::Answer(answer) => {
                let parsed = SdpAnswer::from_sdp_string(&answer.sdp).unwrap();
                let pending = client.pending.take().expect("an offer");
                client.legs[0].rtc.sdp_api().accept_answer(pending, parsed).unwrap();
                client.places = answer.mid_to_track_id;
            }
            Said::Offer(offer) => {
                let parsed = SdpOffer::from_sdp_string(&offer.sdp).unwrap();
                let answer = client.legs[1].rtc.sdp_api().accept_offer(parsed).unwrap();
                client.places = offer.mid_to_track_id;
                let answer = lk::SessionDescription {
                    r#type: "answer".into(),
                    sdp: answer.to_sdp_string(),
                    id: offer.id,
                    ..Default::default()
                };
                self.ask(index, Ask::Answer(answer));
            }
            Said::MediaSectionsRequirement(more) => {
                if let Some(sdp) = client.offer((more.num_audios, more.num_videos)) {
                    let offer = lk::SessionDescription { r#type: "offer".into(), sdp, id: 2, ..Default::default() };
                    self.ask(index, Ask::Offer(offer));
                }
            }
            _ => {}
        }
    }
}

fn microphone_request(identity: &str) -> lk::AddTrackRequest {
    lk::AddTrackRequest {
        cid: format!("{identity}-mic"),
        r#type: lk::TrackType::Audio as i32,
        source: lk::TrackSource::Microphone as i32,
        ..Default::default()
    }
}

fn camera_request(identity: &str) -> lk::AddTrackRequest {
    let layer = |quality, width, height| lk::VideoLayer { quality, width, height, ..Default::default() };
    lk::AddTrackRequest {
        cid: format!("{identity}-cam"),
        r#type: lk::TrackType::Video as i32,
        source: lk::TrackSource::Camera as i32,
        width: 1280,
        height: 720,
        layers: vec![layer(0, 320, 180), layer(1, 640, 360), layer(2, 1280, 720)],
        ..Default::default()
    }
}

/// As clients ask that encrypt.
fn sealed(request: lk::AddTrackRequest) -> lk::AddTrackRequest {
    lk::AddTrackRequest { encryption: lk::encryption::Type::Gcm as i32, disable_red: true, ..request }
}

/// A frame of sound, and every 40 ms one of each layer, each with the layer's number in it.
fn publish(client: &mut Client, now: Instant, elapsed: Duration) {
    let rtc = &mut client.legs[0].rtc;
    let time = MediaTime::from_micros(elapsed.as_micros() as u64);
    if let Some(writer) = client.microphone.and_then(|mid| rtc.writer(mid)) {
        let pt = writer.payload_params().next().unwrap().pt();
        writer.audio_level(-20, true).write(pt, now, time, vec![7; 60]).unwrap();
    }
    let Some(mid) = client.camera.filter(|_| (elapsed.as_millis() / 20).is_multiple_of(2)) else { return };
    let keyframe = (elapsed.as_millis() / 20).is_multiple_of(20);
    for (number, rid) in ["q", "h", "f"].into_iter().enumerate() {
        rtc.handle_input(str0m::Input::Timeout(now)).unwrap();
        let Some(writer) = rtc.writer(mid) else { return };
        let pt = writer.payload_params().next().unwrap().pt();
        let mut data = vec![if keyframe { 0x10 } else { 0x11 }, 0x02, 0x00];
        data.extend(std::iter::repeat_n(number as u8, 1500));
        writer.rid(rid.into()).write(pt, now, time, data).unwrap();
    }
}
