//! The shell of one session: its sockets, its encoder, and what must hold for every session.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use meeting::io::{
    Codec, Command, Event, Input, IoId, Kind, Layer, NetError, Output, ReceivedFrame, Shown, Source, TcpEvent, TrackId,
    WebSocketEvent,
};
use meeting::{Config, Session, Target};
use uuid::Uuid;

use crate::air::{Down, LineId, Up};
use crate::media::{self, Stamp};
use crate::world::Around;

/// Outputs that may follow from one input.
const OUTPUTS_MAX: usize = 4096;
/// What the real shell waits for a connection; the session's own patience is shorter or equal.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Streams to the media server open at once, and requests under way.
const SOCKETS_MAX: usize = 16;
/// How often a session may want to be woken in one simulated second.
const WAKES_PER_SECOND_MAX: u32 = 2000;
/// How often in a row without the clock moving on.
const WAKES_AT_ONCE_MAX: u32 = 50;

/// What a session says to those around it.
#[derive(Debug)]
pub enum Said {
    Event(Event),
    Frame(ReceivedFrame),
}

/// How a session is configured in every world.
pub fn config(line: LineId, name: &str, device: Uuid, microphone: bool, camera: Option<bool>) -> Config {
    Config {
        display_name: name.into(),
        local_udp: line.addresses().to_vec(),
        device_id: device,
        account: None,
        language: "fr".into(),
        microphone,
        camera,
        video_codec: Codec::Vp8,
        video_size: (320, 180),
        border: meeting::border::Within::everywhere(),
        device: None,
    }
}

/// One running session.
pub struct Line {
    pub id: LineId,
    session: Session,
    web_sockets: BTreeSet<IoId>,
    streams: BTreeSet<IoId>,
    requests: BTreeSet<IoId>,
    ended: bool,
    layers: Vec<Layer>,
    keyframe: bool,
    videos: Vec<TrackId>,
    numbers: (u32, u32),
    wakes: (u64, u32),
    wakes_at: (Option<Instant>, u32),
}

impl Line {
    /// Starts a session; what it says at once comes with it.
    pub fn start(id: LineId, config: Config, target: Target, around: &mut Around<'_>) -> (Line, Vec<Said>) {
        let session = Session::new(config, target, around.clock.meeting());
        let mut line = Line {
            id,
            session,
            web_sockets: BTreeSet::new(),
            streams: BTreeSet::new(),
            requests: BTreeSet::new(),
            ended: false,
            layers: Vec::new(),
            keyframe: true,
            videos: Vec::new(),
            numbers: (0, 0),
            wakes: (0, 0),
            wakes_at: (None, 0),
        };
        let said = line.drain(around);
        (line, said)
    }

    /// The session said that it is over.
    pub fn is_ended(&self) -> bool {
        self.ended
    }

    pub fn deadline(&self) -> Option<Instant> {
        if self.ended { None } else { self.session.poll_timeout() }
    }

    /// Wakes the session if it wanted to be woken by now.
    pub fn wake(&mut self, around: &mut Around<'_>) -> Vec<Said> {
        if self.deadline().is_none_or(|at| at > around.clock.now) {
            return Vec::new();
        }
        let second = around.clock.elapsed().as_secs();
        self.wakes = if self.wakes.0 == second { (second, self.wakes.1 + 1) } else { (second, 1) };
        let same = self.wakes_at.0 == Some(around.clock.now);
        self.wakes_at = (Some(around.clock.now), if same { self.wakes_at.1 + 1 } else { 1 });
        around.keep(self.wakes.1 <= WAKES_PER_SECOND_MAX, "a session sleeps between its deadlines", || {
            format!("{:?} woke {} times within a second", self.id, self.wakes.1)
        });
        around.keep(self.wakes_at.1 <= WAKES_AT_ONCE_MAX, "a deadline moves on once it has passed", || {
            format!("{:?} wanted to be woken {} times at once", self.id, self.wakes_at.1)
        });
        self.handle(Input::Timeout, around)
    }

    /// Something arrived for this session.
    pub fn arrived(&mut self, down: &Down, around: &mut Around<'_>) -> Vec<Said> {
        let input = match down {
            Down::Http { id, result } if self.requests.remove(id) => Input::Http { id: *id, result: result.clone() },
            Down::Opened { id } if self.web_sockets.contains(id) => {
                Input::WebSocket { id: *id, event: WebSocketEvent::Opened }
            }
            Down::Message { id, bytes } if self.web_sockets.contains(id) => {
                Input::WebSocket { id: *id, event: WebSocketEvent::Binary(bytes) }
            }
            Down::Refused { id, status, text } if self.web_sockets.remove(id) => {
                let event = WebSocketEvent::Refused { status: *status, body: text.as_bytes() };
                Input::WebSocket { id: *id, event }
            }
            Down::Closed { id } if self.web_sockets.remove(id) => {
                Input::WebSocket { id: *id, event: WebSocketEvent::Closed }
            }
            Down::Failed { id, error } if self.web_sockets.remove(id) => {
                Input::WebSocket { id: *id, event: WebSocketEvent::Failed(error.clone()) }
            }
            Down::Connected { id, local } if self.streams.contains(id) => {
                Input::Tcp { id: *id, event: TcpEvent::Connected { local: *local } }
            }
            Down::Bytes { id, bytes } if self.streams.contains(id) => {
                Input::Tcp { id: *id, event: TcpEvent::Data(bytes) }
            }
            Down::Disconnected { id } if self.streams.remove(id) => Input::Tcp { id: *id, event: TcpEvent::Closed },
            Down::ConnectFailed { id, error } if self.streams.remove(id) => {
                Input::Tcp { id: *id, event: TcpEvent::Failed(error.clone()) }
            }
            Down::Datagram { local, from, bytes } => Input::Datagram { local: *local, remote: *from, bytes },
            // For a socket that was closed meanwhile.
            _ => return Vec::new(),
        };
        self.handle(input, around)
    }

    pub fn command(&mut self, command: Command, around: &mut Around<'_>) -> Vec<Said> {
        self.handle(Input::Command(command), around)
    }

    /// Hands in what the devices captured now.
    pub fn capture(&mut self, microphone: Option<bool>, camera: Option<bool>, around: &mut Around<'_>) -> Vec<Said> {
        let mut said = Vec::new();
        if let Some(secret) = microphone {
            self.numbers.0 += 1;
            let stamp = Stamp { number: self.numbers.0, captured: around.clock.elapsed(), secret };
            said.extend(self.handle(Input::Frame(media::audio(stamp, around.clock.now)), around));
        }
        if let Some(secret) = camera {
            let keyframe = std::mem::take(&mut self.keyframe);
            self.numbers.1 += 1;
            let stamp = Stamp { number: self.numbers.1, captured: around.clock.elapsed(), secret };
            // A nasty encoder: it goes on when it was told that nobody watches.
            let layer = self.layers.last().copied().unwrap_or(Layer::Low);
            let frame = media::video(stamp, layer, keyframe, around.clock.now);
            said.extend(self.handle(Input::Frame(frame), around));
        }
        said
    }

    /// The room's end goes away: its sockets close.
    pub fn drop_sockets(&mut self, around: &mut Around<'_>) {
        for id in std::mem::take(&mut self.web_sockets) {
            around.air.up(around.clock.now, self.id, Up::Close { id });
        }
        for id in std::mem::take(&mut self.streams) {
            around.air.up(around.clock.now, self.id, Up::Disconnect { id });
        }
    }

    /// A socket that is open now, for those who want to break it.
    pub fn web_socket(&self) -> Option<IoId> {
        self.web_sockets.last().copied()
    }

    fn handle(&mut self, input: Input<'_>, around: &mut Around<'_>) -> Vec<Said> {
        if self.ended {
            return Vec::new();
        }
        self.session.handle(input, around.clock.meeting());
        self.drain(around)
    }

    fn drain(&mut self, around: &mut Around<'_>) -> Vec<Said> {
        let mut said = Vec::new();
        for count in 0.. {
            let Some(output) = self.session.poll_output() else { break };
            if !around.keep(count < OUTPUTS_MAX, "outputs come to an end", || format!("{:?}", self.id)) {
                break;
            }
            self.perform(output, around, &mut said);
            if self.ended {
                self.after_the_end(around);
                break;
            }
        }
        around.keep(self.web_sockets.len() <= 1, "a session holds one WebSocket", || {
            format!("{:?} holds {}", self.id, self.web_sockets.len())
        });
        let sockets = self.streams.len().max(self.requests.len());
        around.keep(sockets <= SOCKETS_MAX, "sockets do not pile up", || format!("{sockets} are open"));
        said
    }

    /// Nothing comes after the end, whatever still arrives.
    fn after_the_end(&mut self, around: &mut Around<'_>) {
        let mut more = usize::from(self.session.poll_output().is_some());
        let late = [
            Input::Timeout,
            Input::Command(Command::SetMicrophone { on: true }),
            Input::Command(Command::Leave),
            Input::Datagram { local: self.id.address(), remote: self.id.address(), bytes: &[0, 1, 2] },
            Input::WebSocket { id: IoId(1 << 32), event: WebSocketEvent::Failed(NetError::Closed) },
        ];
        for input in late {
            self.session.handle(input, around.clock.meeting());
            more += usize::from(self.session.poll_output().is_some());
        }
        let quiet = more == 0 && self.session.poll_timeout().is_none();
        around.keep(quiet, "nothing comes after the end", || format!("{:?}: {more} outputs", self.id));
        let open = self.web_sockets.len() + self.streams.len();
        around.keep(open == 0, "the end closes every socket", || format!("{:?}: {open} open", self.id));
        self.drop_sockets(around);
    }

    fn perform(&mut self, output: Output, around: &mut Around<'_>, said: &mut Vec<Said>) {
        let (line, now) = (self.id, around.clock.now);
        match output {
            Output::Http { id, request } => {
                self.requests.insert(id);
                around.air.up(now, line, Up::Http { id, request });
                let late = Down::Http { id, result: Err(NetError::TimedOut) };
                around.air.locally(now + CONNECT_TIMEOUT, line, late);
            }
            Output::OpenWebSocket { id, url, headers } => {
                self.web_sockets.insert(id);
                let header = headers.into_iter().find(|(name, _)| name == "authorization");
                let (path, query) = (url.path().to_owned(), url.query().unwrap_or_default().to_owned());
                around.air.up(now, line, Up::Open { id, path, query, authorization: header.map(|(_, value)| value) });
            }
            Output::SendWebSocket { id, bytes } => {
                if self.web_sockets.contains(&id) {
                    around.air.up(now, line, Up::Message { id, bytes });
                }
            }
            Output::CloseWebSocket { id } => {
                if self.web_sockets.remove(&id) {
                    around.air.up(now, line, Up::Close { id });
                }
            }
            Output::Datagram { local, bytes, .. } => {
                let ours = line.addresses().contains(&local);
                around.keep(ours, "datagrams leave from a socket there is", || format!("{local}"));
                around.air.up(now, line, Up::Datagram { local, bytes });
            }
            Output::OpenTcp { id, .. } => {
                self.streams.insert(id);
                around.air.up(now, line, Up::Connect { id });
            }
            Output::SendTcp { id, bytes } => {
                if self.streams.contains(&id) {
                    around.air.up(now, line, Up::Bytes { id, bytes });
                }
            }
            Output::CloseTcp { id } => {
                if self.streams.remove(&id) {
                    around.air.up(now, line, Up::Disconnect { id });
                }
            }
            // The sandbox names its addresses.
            Output::Resolve { .. } => {}
            Output::Frame(frame) => said.push(Said::Frame(frame)),
            Output::Event(event) => self.event(event, said),
        }
    }

    fn event(&mut self, event: Event, said: &mut Vec<Said>) {
        match &event {
            Event::Encode { source: Source::Camera, layers, .. } => {
                let layers: Vec<Layer> = layers.iter().map(|target| target.layer).collect();
                if layers != self.layers {
                    (self.layers, self.keyframe) = (layers, true);
                }
            }
            Event::KeyframeWanted { source: Source::Camera, .. } => self.keyframe = true,
            Event::TrackAdded(track) if track.kind == Kind::Video => self.videos.push(track.id.clone()),
            Event::TrackRemoved(track) => self.videos.retain(|other| other != track),
            Event::Ended(_) => self.ended = true,
            _ => {}
        }
        said.push(Said::Event(event));
    }

    /// Every remote picture on the display, small.
    pub fn stage(&self) -> Vec<Shown> {
        let tile = |track: &TrackId| Shown { track: track.clone(), width_px: 320, height_px: 180, fps: 30 };
        self.videos.iter().map(tile).collect()
    }
}
