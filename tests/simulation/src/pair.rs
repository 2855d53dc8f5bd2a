//! Two rooms in one meeting, one of them behind a bad network: what is heard and seen of each at the other end.
//!
//! The sessions and the server are the real ones, on a virtual clock. Encoders and decoders only count: an encoder makes
//! pictures of the size it is told, a decoder shows what it could decode.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use meeting::device::Device;
use meeting::e2ee::Secret;
use meeting::io::{
    Codec, Command, Encryption, Event, Input, IoId, Kind, Layer, LayerTarget, OutgoingFrame, Output, ReceivedFrame,
    Shown, Source, WebSocketEvent,
};
use meeting::{Config, Session, Target};
use sandbox::core::{self, Core};
use sandbox::network::Weather;
use uuid::Uuid;

const ROOM: &str = "pair";
const NAMES: [&str; 2] = ["near", "far"];
const SERVER: &str = "192.0.2.1:7882";
const AUDIO_EVERY: Duration = Duration::from_millis(20);
const VIDEO_EVERY: Duration = Duration::from_micros(33_333);
/// Opus at 32 kbit/s.
const AUDIO_BYTES: usize = 80;
/// How many ordinary pictures a key frame is as large as.
const KEYFRAME_RATIO: usize = 8;
/// Before the number of a frame: how VP8 begins.
const VP8_DELTA: [u8; 3] = [0x11, 0x02, 0x00];
const VP8_KEY: [u8; 10] = [0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 0x00, 0x05, 0xd0, 0x02];
/// What a shell takes to come back to a session that wants to be woken at once.
const STEP: Duration = Duration::from_micros(50);
/// Sound that is later than this is not played.
const PLAYED_WITHIN: Duration = Duration::from_millis(400);

/// A frame that reached the other end.
#[derive(Debug, Clone, Copy)]
pub struct Arrived {
    /// Since the beginning.
    pub captured: Duration,
    pub at: Duration,
    pub layer: Option<Layer>,
}

/// What keeps a meeting to those in it: what is behind its link, and a device at each end.
struct Protection {
    secret: Secret,
    devices: [Device; 2],
}

/// One end.
struct End {
    session: Session,
    address: SocketAddr,
    socket: Option<IoId>,
    connection: u64,
    layers: Vec<LayerTarget>,
    keyframes: Vec<Layer>,
    /// The decoder of what the other sends can go on.
    decodes: bool,
    encryption: Encryption,
    heard: Vec<Arrived>,
    seen: Vec<Arrived>,
}

impl End {
    fn new(index: usize, session: Session) -> End {
        End {
            session,
            address: address(index),
            socket: None,
            connection: 0,
            layers: Vec::new(),
            keyframes: Vec::new(),
            decodes: false,
            encryption: Encryption::None,
            heard: Vec::new(),
            seen: Vec::new(),
        }
    }
}

/// Both, and the server between them.
pub struct Pair {
    base: Instant,
    now: Instant,
    core: Core,
    protection: Option<Protection>,
    ends: [End; 2],
    connections: u64,
    next_audio: Instant,
    next_video: Instant,
}

impl Pair {
    /// Both come into the meeting; the luck of the network comes from `seed`.
    pub fn new(seed: u64) -> Pair {
        Pair::begin(seed, None)
    }

    /// As [`Pair::new`], in an encrypted meeting with this behind its link: each end is this device in it.
    pub fn encrypted(seed: u64, secret: Secret, devices: [Device; 2]) -> Pair {
        Pair::begin(seed, Some(Protection { secret, devices }))
    }

    fn begin(seed: u64, protection: Option<Protection>) -> Pair {
        let base = Instant::now();
        let core = Core::new(core::Config {
            allow_pause: false,
            udp: SERVER.parse().ok(),
            tcp: None,
            api_key: "key".into(),
            api_secret: "a secret of at least thirty-two bytes".into(),
            ice_lite: false,
            congestion_control: true,
            single_peer_connection: true,
            seed,
        });
        let end = |index: usize| End::new(index, session(index, &core, protection.as_ref(), base, Duration::ZERO));
        let ends = [end(0), end(1)];
        let mut pair =
            Pair { base, now: base, core, protection, ends, connections: 0, next_audio: base, next_video: base };
        pair.drain();
        pair
    }

    /// The weather of the near room, both ways.
    pub fn weather(&mut self, weather: Weather) {
        assert!(self.core.set_weather(ROOM, NAMES[0], weather, weather), "the near room is in the meeting");
    }

    /// The near room (0) or the far one (1) leaves.
    pub fn leave(&mut self, end: usize) {
        self.handle(end, Input::Command(Command::Leave));
        self.drain();
        let connection = self.ends[end].connection;
        self.core.handle(core::Input::Closed { connection }, self.core_now());
        self.drain();
    }

    /// Whoever left comes back.
    pub fn come_back(&mut self, end: usize) {
        let session = session(end, &self.core, self.protection.as_ref(), self.now, self.elapsed());
        self.ends[end] = End::new(end, session);
        self.drain();
    }

    /// The code that the near room (0) or the far one (1) shows, while both are in a group.
    pub fn code(&self, end: usize) -> Option<&str> {
        match &self.ends[end].encryption {
            Encryption::Group { code, members, .. } if members.len() == 2 => Some(code),
            _ => None,
        }
    }

    pub fn elapsed(&self) -> Duration {
        self.now - self.base
    }

    /// What reached the far room (0) or the near one (1).
    pub fn way(&self, way: usize) -> Way<'_> {
        Way { heard: &self.ends[1 - way].heard, seen: &self.ends[1 - way].seen }
    }

    /// What the near room (0) or the far one (1) encodes now, lowest layer first.
    pub fn encoded(&self, end: usize) -> Vec<(Layer, u32)> {
        self.ends[end].layers.iter().map(|l| (l.layer, l.bitrate_bps)).collect()
    }

    /// Lives on for so long.
    pub fn run(&mut self, time: Duration) {
        let end = self.now + time;
        loop {
            let sessions = self.ends.iter().filter_map(|e| e.session.poll_timeout()).min();
            let due = [sessions, self.core.poll_timeout(), Some(self.next_audio), Some(self.next_video)];
            let next = due.into_iter().flatten().min().unwrap_or(end);
            if next > end {
                self.now = end;
                return;
            }
            self.now = next.max(self.now + STEP);
            if self.core.poll_timeout().is_some_and(|at| at <= self.now) {
                self.core.handle(core::Input::Timeout, self.core_now());
            }
            for index in 0..2 {
                if self.ends[index].session.poll_timeout().is_some_and(|at| at <= self.now) {
                    self.handle(index, Input::Timeout);
                }
            }
            self.capture();
            self.drain();
        }
    }

    fn core_now(&self) -> core::Now {
        core::Now { monotonic: self.now, wall: wall(self.elapsed()) }
    }

    fn handle(&mut self, index: usize, input: Input<'_>) {
        let now = meeting::Now { monotonic: self.now, wall: wall(self.elapsed()) };
        self.ends[index].session.handle(input, now);
    }

    fn capture(&mut self) {
        if self.next_audio <= self.now {
            self.next_audio += AUDIO_EVERY;
            for index in 0..2 {
                let frame = self.frame(Source::Microphone, None, true, Vec::new(), AUDIO_BYTES);
                self.handle(index, Input::Frame(frame));
            }
        }
        if self.next_video <= self.now {
            self.next_video += VIDEO_EVERY;
            for index in 0..2 {
                for target in self.ends[index].layers.clone() {
                    let wanted = &mut self.ends[index].keyframes;
                    let key = wanted.contains(&target.layer);
                    wanted.retain(|layer| *layer != target.layer);
                    let bytes = target.bitrate_bps as usize / 8 / 30 * if key { KEYFRAME_RATIO } else { 1 };
                    let begin = if key { VP8_KEY.to_vec() } else { VP8_DELTA.to_vec() };
                    let frame = self.frame(Source::Camera, Some(target.layer), key, begin, bytes);
                    self.handle(index, Input::Frame(frame));
                }
            }
        }
    }

    fn frame(&self, source: Source, layer: Option<Layer>, key: bool, begin: Vec<u8>, bytes: usize) -> OutgoingFrame {
        let mut data = begin;
        data.extend_from_slice(&(self.elapsed().as_micros() as u64).to_be_bytes());
        data.push(layer.map_or(3, |l| l as u8));
        data.resize(bytes.max(data.len()), 7);
        OutgoingFrame {
            source,
            codec: if layer.is_some() { Codec::Vp8 } else { Codec::Opus },
            layer,
            media_time: self.elapsed(),
            captured: self.now,
            keyframe: key,
            data,
            audio_level: layer.is_none().then_some(20),
        }
    }

    /// Carries everything to where it goes, until nothing moves.
    fn drain(&mut self) {
        let mut moved = true;
        while std::mem::take(&mut moved) {
            for index in 0..2 {
                while let Some(output) = self.ends[index].session.poll_output() {
                    moved = true;
                    self.perform(index, output);
                }
            }
            while let Some(output) = self.core.poll_output() {
                moved = true;
                match output {
                    core::Output::Signal { connection, bytes } => {
                        if let Some((index, id)) = self.behind(connection) {
                            let event = WebSocketEvent::Binary(&bytes);
                            self.handle(index, Input::WebSocket { id, event });
                        }
                    }
                    core::Output::Datagram { remote, bytes } => {
                        let to = self.ends.iter().position(|e| e.address == remote);
                        if let (Some(index), Ok(server)) = (to, SERVER.parse()) {
                            self.handle(index, Input::Datagram { local: remote, remote: server, bytes: &bytes });
                        }
                    }
                    _ => {}
                }
            }
        }
    }

    fn behind(&self, connection: u64) -> Option<(usize, IoId)> {
        let index = self.ends.iter().position(|e| e.connection == connection)?;
        Some((index, self.ends[index].socket?))
    }

    fn perform(&mut self, index: usize, output: Output) {
        match output {
            Output::OpenWebSocket { id, url, headers } => {
                let header = headers.into_iter().find(|(name, _)| name == "authorization");
                let authorization = header.as_ref().map(|(_, value)| value.as_str());
                let now = self.core_now();
                let admitted = self.core.admit(url.path(), url.query().unwrap_or_default(), authorization, now);
                let admission = admitted.expect("a good token").expect("no mere question");
                self.connections += 1;
                let connection = self.connections;
                (self.ends[index].socket, self.ends[index].connection) = (Some(id), connection);
                self.handle(index, Input::WebSocket { id, event: WebSocketEvent::Opened });
                self.core.handle(core::Input::Opened { connection, admission: Box::new(admission) }, now);
            }
            Output::SendWebSocket { bytes, .. } => {
                let connection = self.ends[index].connection;
                self.core.handle(core::Input::Signal { connection, bytes: &bytes }, self.core_now());
            }
            Output::Datagram { local, bytes, .. } => {
                self.core.handle(core::Input::Datagram { remote: local, bytes: &bytes }, self.core_now());
            }
            Output::Frame(frame) => self.received(index, &frame),
            Output::Event(event) => self.event(index, event),
            _ => {}
        }
    }

    fn event(&mut self, index: usize, event: Event) {
        let end = &mut self.ends[index];
        match event {
            Event::Encode { source: Source::Camera, layers, .. } => {
                let begins = layers.iter().map(|l| l.layer).filter(|l| !end.layers.iter().any(|b| b.layer == *l));
                end.keyframes.extend(begins);
                end.layers = layers;
            }
            Event::KeyframeWanted { source: Source::Camera, layer } => end.keyframes.push(layer),
            Event::TrackAdded(track) if track.kind == Kind::Video => {
                let shown = vec![Shown { track: track.id, width_px: 1280, height_px: 720, fps: 30 }];
                self.handle(index, Input::Command(Command::Show(shown)));
            }
            Event::Encryption(encryption) => end.encryption = encryption,
            Event::Ended(meeting::io::End::Left) => {}
            Event::Ended(end) => panic!("{} is out of the meeting: {end:?}", NAMES[index]),
            _ => {}
        }
    }

    fn received(&mut self, index: usize, frame: &ReceivedFrame) {
        let at = self.elapsed();
        let begin = match frame.kind {
            Kind::Audio => 0,
            Kind::Video if frame.keyframe => VP8_KEY.len(),
            Kind::Video => VP8_DELTA.len(),
        };
        let Some(&[a, b, c, d, e, f, g, h, layer]) = frame.data.get(begin..begin + 9).and_then(|s| s.first_chunk())
        else {
            return;
        };
        let captured = Duration::from_micros(u64::from_be_bytes([a, b, c, d, e, f, g, h]));
        let layer = [Layer::Low, Layer::Medium, Layer::High].get(usize::from(layer)).copied();
        let arrived = Arrived { captured, at, layer };
        let end = &mut self.ends[index];
        if frame.kind == Kind::Audio {
            end.heard.push(arrived);
            return;
        }
        end.decodes = frame.keyframe || (end.decodes && frame.contiguous);
        if end.decodes {
            end.seen.push(arrived);
        } else {
            self.handle(index, Input::Command(Command::NeedKeyframe(frame.track.clone())));
        }
    }
}

fn address(index: usize) -> SocketAddr {
    SocketAddr::from(([10, 0, 0, 1 + index as u8], 40_000))
}

/// The session of one end, on its way into the meeting.
fn session(
    index: usize,
    core: &Core,
    protection: Option<&Protection>,
    monotonic: Instant,
    elapsed: Duration,
) -> Session {
    let config = Config {
        display_name: NAMES[index].into(),
        local_udp: vec![address(index)],
        device_id: Uuid::from_u128(index as u128 + 1),
        account: None,
        language: "en".into(),
        microphone: true,
        camera: Some(true),
        video_codec: Codec::Vp8,
        video_size: (1280, 720),
        border: meeting::border::Within::everywhere(),
        device: protection.map(|protection| protection.devices[index].clone()),
    };
    let now = meeting::Now { monotonic, wall: wall(elapsed) };
    let token = core.token(ROOM, NAMES[index], NAMES[index], now.wall);
    let server = url::Url::parse("ws://192.0.2.1:7880").expect("an address");
    let secret = protection.map(|protection| protection.secret.clone());
    Session::new(config, Target::LiveKit { server, token, secret }, now)
}

fn wall(elapsed: Duration) -> Duration {
    Duration::from_secs(1_800_000_000) + elapsed
}

/// What was heard and seen of one room at the other end.
#[derive(Debug, Clone, Copy)]
pub struct Way<'a> {
    heard: &'a [Arrived],
    seen: &'a [Arrived],
}

impl Way<'_> {
    /// The share of the sound captured in a window that came in time to be played, 0 to 1.
    pub fn heard(&self, from: Duration, to: Duration) -> f64 {
        let captured = self.heard.iter().filter(|f| (from..to).contains(&f.captured));
        let played = captured.filter(|f| f.at.saturating_sub(f.captured) <= PLAYED_WITHIN).count();
        played as f64 / ((to - from).as_secs_f64() / AUDIO_EVERY.as_secs_f64())
    }

    /// Pictures a second in a window, and the longest time without one.
    pub fn seen(&self, from: Duration, to: Duration) -> (f64, Duration) {
        let times: Vec<Duration> = self.seen.iter().map(|f| f.at).filter(|at| (from..to).contains(at)).collect();
        let edges: Vec<Duration> = [from].into_iter().chain(times.iter().copied()).chain([to]).collect();
        let longest = edges.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or_default();
        (times.len() as f64 / (to - from).as_secs_f64(), longest)
    }

    /// From when on at least nine in ten pictures of this layer came, a second long.
    pub fn whole_again(&self, layer: Layer, from: Duration) -> Option<Duration> {
        let second = Duration::from_secs(1);
        let starts = (0..600).map(|tenth| from + Duration::from_millis(100 * tenth));
        let whole = |at: &Duration| {
            let seen = self.seen.iter().filter(|f| (*at..*at + second).contains(&f.at) && f.layer == Some(layer));
            seen.count() >= 27
        };
        starts.into_iter().find(whole).map(|at| at - from)
    }

    /// When the first sound and the first picture came, since the beginning.
    pub fn began(&self) -> Option<(Duration, Duration)> {
        Some((self.heard.first()?.at, self.seen.first()?.at))
    }

    /// The layer seen last.
    pub fn layer(&self) -> Option<Layer> {
        self.seen.last().and_then(|f| f.layer)
    }
}
