//! Whole sessions fed with whatever a server, a relay or a platform might send.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use meeting::border::Within;
use meeting::io::*;
use meeting::livekit::{self, Client, Paths};
use meeting::{Config, Session, Target};
use url::Url;

use super::script::Script;

/// Steps of one script; more only takes longer.
const STEPS_MAX: usize = 200;

/// Outputs after one input; more would be an endless loop.
const OUTPUTS_MAX: usize = 20_000;

const NET_ERRORS: [NetError; 9] = [
    NetError::NameNotFound,
    NetError::Unreachable,
    NetError::Certificate,
    NetError::TimedOut,
    NetError::Protocol,
    NetError::Closed,
    NetError::ProxyUnreachable,
    NetError::ProxyRefused,
    NetError::ProxyForbids,
];

/// What the client and the session before it have in common.
trait Machine {
    fn handle(&mut self, input: Input<'_>, now: Now);
    fn poll_output(&mut self) -> Option<Output>;
    fn poll_timeout(&self) -> Option<Instant>;
}

impl Machine for Client {
    fn handle(&mut self, input: Input<'_>, now: Now) {
        Client::handle(self, input, now);
    }
    fn poll_output(&mut self) -> Option<Output> {
        Client::poll_output(self)
    }
    fn poll_timeout(&self) -> Option<Instant> {
        Client::poll_timeout(self)
    }
}

impl Machine for Session {
    fn handle(&mut self, input: Input<'_>, now: Now) {
        Session::handle(self, input, now);
    }
    fn poll_output(&mut self) -> Option<Output> {
        Session::poll_output(self)
    }
    fn poll_timeout(&self) -> Option<Instant> {
        Session::poll_timeout(self)
    }
}

/// A LiveKit session. The first byte says how it may reach the server; then come steps.
pub fn client(data: &[u8]) {
    let mut script = Script::new(data);
    let paths = script.choose(&[Paths::All, Paths::TcpOnly, Paths::RelayOnly]);
    let base = Instant::now();
    let config = livekit::Config {
        server: address("https://meet.example"),
        token: "a.b.c".into(),
        local_udp: sockets(),
        microphone: true,
        camera: Some(true),
        video_codec: Codec::Vp8,
        video_size: (1280, 720),
        secret: None,
        device: None,
        encryption_stated: false,
        border: Within::everywhere(),
        first_io_id: 1000,
    };
    Shell::new(Client::over(config, paths, at(base, base)), base).play(&mut script);
}

/// A visit to a Visio room, from its door.
pub fn entry(data: &[u8]) {
    let base = Instant::now();
    let config = Config {
        display_name: "Salle Turing".into(),
        local_udp: sockets(),
        device_id: uuid::Uuid::from_u128(0xABCD),
        account: None,
        language: "fr".into(),
        microphone: true,
        camera: Some(true),
        video_codec: Codec::H264,
        video_size: (1280, 720),
        border: Within::everywhere(),
        device: None,
    };
    let target =
        Target::Visio { instance: address("https://visio.example/"), slug: "abc-defg-hij".into(), passphrase: None };
    Shell::new(Session::new(config, target, at(base, base)), base).play(&mut Script::new(data));
}

/// A shell whose network is the script.
struct Shell<M> {
    machine: M,
    base: Instant,
    now: Instant,
    http: Vec<IoId>,
    web_sockets: Vec<IoId>,
    streams: Vec<IoId>,
    lookups: Vec<IoId>,
    /// The client's last offer, where it went over signalling.
    offer: Option<String>,
    ended: bool,
}

impl<M: Machine> Shell<M> {
    fn new(machine: M, base: Instant) -> Shell<M> {
        let mut shell = Shell {
            machine,
            base,
            now: base,
            http: Vec::new(),
            web_sockets: Vec::new(),
            streams: Vec::new(),
            lookups: Vec::new(),
            offer: None,
            ended: false,
        };
        shell.drain();
        shell
    }

    fn play(&mut self, script: &mut Script<'_>) {
        for _ in 0..STEPS_MAX {
            let Some(step) = script.byte() else { break };
            self.step(step, script);
        }
        self.time_passes();
        self.handle(Input::Command(Command::Leave));
        assert!(self.ended, "whoever leaves has left");
        assert_eq!(self.machine.poll_timeout(), None, "what is over wakes nobody");
    }

    fn step(&mut self, step: u8, script: &mut Script<'_>) {
        match step % 16 {
            0 => self.web_socket(WebSocketEvent::Opened),
            1 => self.web_socket(WebSocketEvent::Binary(script.bytes().unwrap_or_default())),
            2 => self.web_socket(WebSocketEvent::Closed),
            3 => {
                let status = script.choose(&[404, 401, 403, 429, 500, 503, 200, 0]);
                self.web_socket(WebSocketEvent::Refused { status, body: b"no" });
            }
            4 => {
                let error = &NET_ERRORS[usize::from(script.byte().unwrap_or(0)) % NET_ERRORS.len()];
                self.web_socket(WebSocketEvent::Failed(error.clone()));
            }
            5 => {
                let local = script.choose(&sockets());
                let remote = remote(script.byte().unwrap_or(0));
                let bytes = script.bytes().unwrap_or_default();
                self.handle(Input::Datagram { local, remote, bytes });
            }
            6 => self.stream(script, TcpEvent::Connected { local: remote(9) }),
            7 => {
                let bytes = script.bytes().unwrap_or_default();
                self.stream(script, TcpEvent::Data(bytes));
            }
            8 => self.stream(script, TcpEvent::Closed),
            9 => self.answer(script),
            10 => {
                let Some(id) = self.lookups.pop() else { return };
                let addresses = (0..script.byte().unwrap_or(0) % 3).map(remote).collect();
                self.handle(Input::Resolved { id, result: Ok(addresses) });
            }
            11 => self.frame(script),
            12 => self.command(script),
            13 => self.time_passes_by(Duration::from_millis(u64::from(script.byte().unwrap_or(0)) * 20)),
            14 => self.time_passes(),
            _ => self.mirror(script),
        }
    }

    fn handle(&mut self, input: Input<'_>) {
        let was_over = self.ended;
        self.machine.handle(input, at(self.base, self.now));
        let outputs = self.drain();
        assert!(!was_over || outputs == 0, "nothing comes after the end");
    }

    fn web_socket(&mut self, event: WebSocketEvent<'_>) {
        if let Some(id) = self.web_sockets.last().copied() {
            self.handle(Input::WebSocket { id, event });
        }
    }

    /// The answer to the client's last offer: the offer itself, as the other side would say it, a little
    /// of it lost perhaps.
    fn mirror(&mut self, script: &mut Script<'_>) {
        let lost = script.byte().unwrap_or(0);
        let Some(offer) = &self.offer else { return self.web_socket(WebSocketEvent::Text("text")) };
        let mut sdp = String::new();
        for (n, line) in offer.lines().enumerate() {
            if lost == 0 || n % 256 != usize::from(lost) {
                sdp.push_str(match line {
                    "a=sendonly" => "a=recvonly",
                    "a=recvonly" => "a=sendonly",
                    "a=setup:actpass" => "a=setup:active",
                    line => line,
                });
                sdp.push_str("\r\n");
            }
        }
        let sdp = sdp.replace("a=simulcast:send", "a=simulcast:recv").replace(" send\r\n", " recv\r\n");
        // SignalResponse { answer: SessionDescription { type, sdp } }
        let answer = [field(1, b"answer"), field(2, sdp.as_bytes())].concat();
        self.web_socket(WebSocketEvent::Binary(&field(2, &answer)));
    }

    fn stream(&mut self, script: &mut Script<'_>, event: TcpEvent<'_>) {
        if !self.streams.is_empty() {
            let id = script.choose(&self.streams);
            self.handle(Input::Tcp { id, event });
        }
    }

    fn answer(&mut self, script: &mut Script<'_>) {
        let response = script.response();
        if let Some(id) = self.http.pop() {
            let result = if response.status == 999 { Err(NetError::TimedOut) } else { Ok(response) };
            self.handle(Input::Http { id, result });
        }
    }

    fn frame(&mut self, script: &mut Script<'_>) {
        let frame = OutgoingFrame {
            source: script.choose(&[Source::Microphone, Source::Camera, Source::ScreenShare]),
            codec: script.choose(&[Codec::Opus, Codec::Vp8, Codec::H264, Codec::Vp9, Codec::Av1]),
            layer: script.choose(&[None, Some(Layer::Low), Some(Layer::Medium), Some(Layer::High)]),
            media_time: self.now - self.base,
            captured: self.now,
            keyframe: true,
            data: script.bytes().unwrap_or_default().to_vec(),
            audio_level: Some(30),
        };
        self.handle(Input::Frame(frame));
    }

    fn command(&mut self, script: &mut Script<'_>) {
        let on = script.byte().unwrap_or(0).is_multiple_of(2);
        let text = String::from_utf8_lossy(script.bytes().unwrap_or_default()).into_owned();
        let track = TrackId(text.clone());
        let command = match script.byte().unwrap_or(0) % 10 {
            0 => Command::SetMicrophone { on },
            1 => Command::SetCamera { on },
            2 => Command::SetHand { raised: on },
            3 => Command::Rename(text),
            4 => Command::SendChat(text),
            5 => Command::SendReaction(text),
            6 => Command::Show(vec![Shown { track, width_px: 320, height_px: 180, fps: 30 }]),
            7 => Command::NeedKeyframe(track),
            8 => Command::Share(on.then_some(Share { size: (1920, 1080), audio: true })),
            _ => Command::Leave,
        };
        self.handle(Input::Command(command));
    }

    /// To the next deadline, a few times. A machine that always wants to wake at once would spin.
    fn time_passes(&mut self) {
        let start = self.now;
        for _ in 0..40 {
            let Some(deadline) = self.machine.poll_timeout() else { return };
            self.now = self.now.max(deadline);
            self.handle(Input::Timeout);
        }
        assert!(self.now > start || self.machine.poll_timeout().is_none(), "it wakes again and again without cause");
    }

    fn time_passes_by(&mut self, time: Duration) {
        self.now += time;
        self.handle(Input::Timeout);
    }

    /// Takes every output; how many there were.
    fn drain(&mut self) -> usize {
        let mut outputs = 0;
        while let Some(output) = self.machine.poll_output() {
            outputs += 1;
            assert!(outputs < OUTPUTS_MAX, "outputs without end");
            assert!(!self.ended, "nothing comes after the end");
            match output {
                Output::Http { id, .. } => self.http.push(id),
                Output::OpenWebSocket { id, .. } => self.web_sockets.push(id),
                Output::SendWebSocket { bytes, .. } => self.offer = sdp_in(&bytes).or(self.offer.take()),
                Output::OpenTcp { id, .. } => self.streams.push(id),
                Output::CloseTcp { id } => self.streams.retain(|s| *s != id),
                Output::Resolve { id, .. } => self.lookups.push(id),
                Output::Event(Event::Ended(_)) => self.ended = true,
                _ => {}
            }
        }
        outputs
    }
}

/// The session description in a signalling message, found by its first and last line's end.
fn sdp_in(message: &[u8]) -> Option<String> {
    let start = message.windows(5).position(|piece| piece == b"v=0\r\n")?;
    let end = message.windows(2).rposition(|piece| piece == b"\r\n")? + 2;
    String::from_utf8(message[start..end].to_vec()).ok()
}

/// One field of a protobuf message, of the kind that has a length.
fn field(number: u8, value: &[u8]) -> Vec<u8> {
    let mut bytes = vec![number << 3 | 2];
    let mut length = value.len();
    while length > 0x7f {
        bytes.push((length & 0x7f) as u8 | 0x80);
        length >>= 7;
    }
    bytes.push(length as u8);
    bytes.extend_from_slice(value);
    bytes
}

fn sockets() -> Vec<SocketAddr> {
    vec![SocketAddr::from(([10, 0, 0, 1], 5000)), SocketAddr::from(([10, 0, 0, 1], 5001))]
}

/// Some other address; 0 is where the recorded servers and their relays are.
fn remote(n: u8) -> SocketAddr {
    match n {
        0 => SocketAddr::from(([127, 0, 0, 1], 3478)),
        1 => SocketAddr::from(([0, 0, 0, 0, 0, 0, 0, 1], 3478)),
        n => SocketAddr::from(([10, 0, 0, n], 40_000)),
    }
}

fn address(text: &str) -> Url {
    text.parse().expect("an address")
}

fn at(base: Instant, now: Instant) -> Now {
    Now { monotonic: now, wall: Duration::from_secs(1_800_000_000) + (now - base) }
}
