//! The others in the meeting: one process of many participants who send what was encoded
//! beforehand, and of whom three watch whoever is measured, one at each size.
//!
//! What happens is told on standard output, a line each (see [`Line`]); the end of standard input
//! ends everything.

use std::io::{BufRead, Write};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use anyhow::Context;
use appliance::gate::Gate;
use appliance::net::{NET_QUEUE, Streams, TlsTrust, UdpSockets, Ways, WebSockets, anywhere, local_addresses, resolve};
use meeting::io::{Codec, Command, Event, Input, Kind, Layer, OutgoingFrame, Output, Shown, Source, Track};
use meeting::{Config, Session, Target};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use url::Url;

use crate::clip::{Clip, KEYFRAME_EVERY, LAYERS};
use crate::picture::LOOP;

/// Identities of the load begin so; anybody else is measured.
pub const PREFIX: &str = "load-";
/// How large three of them watch whoever is measured, in pixels; the others do not.
const WATCHED: [(u32, u32); 3] = [(1280, 720), (320, 180), (640, 360)];
/// -dBov: one voice is heard, the others are quiet.
const LEVELS: [u8; 2] = [20, 70];

/// What the load tells; times are microseconds since the Unix epoch.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Line {
    /// A participant is in the meeting.
    Joined { who: u8 },
    /// A participant handed picture `index` of its loop to the network.
    Sent { who: u8, index: u8, at_us: u64 },
    /// A participant has all of a picture of whoever is measured. The sender says it was taken at
    /// `taken_us`; the size is known at key frames.
    Seen { who: u8, taken_us: Option<u64>, at_us: u64, size: Option<(u32, u32)>, bytes: usize },
    /// A participant left, or never was in.
    Ended { who: u8, reason: String },
}

/// What the load is told.
#[derive(clap::Args, Debug)]
pub struct Arguments {
    /// The LiveKit server.
    #[arg(long)]
    server: Url,
    /// Pictures per second.
    #[arg(long, default_value_t = 30)]
    fps: u32,
    /// A file of tokens, a line each.
    #[arg(long)]
    tokens: std::path::PathBuf,
}

fn now() -> meeting::Now {
    let wall = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    meeting::Now { monotonic: Instant::now(), wall }
}

fn micros(wall: Duration) -> u64 {
    wall.as_micros() as u64
}

/// Runs until standard input ends.
///
/// # Errors
/// When nothing can be encoded or there is no network.
pub async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let tokens = std::fs::read_to_string(&arguments.tokens).context("cannot read the tokens")?;
    let (tell, mut told) = mpsc::channel::<Line>(4096);
    // From the start: ten participants fill the queue while the clips of the last are still being made.
    let writer = tokio::task::spawn_blocking(move || {
        let mut out = std::io::stdout().lock();
        while let Some(line) = told.blocking_recv() {
            let Ok(text) = serde_json::to_string(&line) else { continue };
            if writeln!(out, "{text}").and_then(|()| out.flush()).is_err() {
                return;
            }
        }
    });
    let fps = arguments.fps;
    for (number, token) in tokens.lines().enumerate() {
        let who = u8::try_from(number + 1).context("too many participants")?;
        let clip = Arc::new(tokio::task::spawn_blocking(move || Clip::new(who, fps)).await??);
        let participant = Participant { who, fps, clip, tell: tell.clone() };
        let target = Target::LiveKit { server: arguments.server.clone(), token: token.to_owned(), secret: None };
        tokio::spawn(async move {
            let who = participant.who;
            let tell = participant.tell.clone();
            let reason = match participant.run(target).await {
                Ok(end) => format!("{end:?}"),
                Err(error) => format!("{error:#}"),
            };
            let _ = tell.send(Line::Ended { who, reason }).await;
        });
    }
    // Whoever started us holds our standard input open.
    let waiting = tokio::task::spawn_blocking(|| std::io::stdin().lock().lines().for_each(drop));
    tokio::select! {
        _ = waiting => {}
        _ = writer => {}
    }
    // The writer's thread waits for lines that never come.
    std::process::exit(0);
}

struct Participant {
    who: u8,
    fps: u32,
    clip: Arc<Clip>,
    tell: mpsc::Sender<Line>,
}

/// Where in its loop a participant is.
struct Position {
    begun: Instant,
    index: usize,
    packet: usize,
    wanted: Vec<Layer>,
    jump: bool,
}

impl Participant {
    async fn run(self, target: Target) -> anyhow::Result<meeting::io::End> {
        let trust = TlsTrust::load(None)?;
        let mut udp = UdpSockets::bind(&local_addresses(true)).await?;
        let (net, mut net_events) = mpsc::channel(NET_QUEUE);
        let gate = Arc::new(Gate::open());
        let ways = Ways::new(None, &trust, anywhere())?;
        let mut websockets = WebSockets::new(trust.clone(), ways.clone(), gate.clone(), net.clone());
        let mut streams = Streams::new(trust, ways.clone(), gate, net.clone());
        let config = Config {
            display_name: format!("Participant {}", self.who),
            local_udp: udp.local(),
            device_id: uuid::Uuid::new_v4(),
            account: None,
            language: "en".into(),
            microphone: true,
            camera: Some(true),
            video_codec: Codec::Vp8,
            video_size: (LAYERS[1].1, LAYERS[1].2),
            border: meeting::border::Within::everywhere(),
            device: None,
        };
        let mut session = Session::new(config, target, now());
        let mut at = Position { begun: Instant::now(), index: 0, packet: 0, wanted: Vec::new(), jump: false };
        // Cameras and microphones do not run in step with one another.
        let phase = Duration::from_micros(u64::from(self.who) * 7_919 % 33_000);
        let start = tokio::time::Instant::now() + phase;
        let mut pictures = tokio::time::interval_at(start, Duration::from_secs(1) / self.fps);
        let mut sounds = tokio::time::interval_at(start, Duration::from_millis(20));
        for interval in [&mut pictures, &mut sounds] {
            interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
        }
        loop {
            while let Some(output) = session.poll_output() {
                match output {
                    Output::Http { .. } => {}
                    Output::OpenWebSocket { id, url, headers } => websockets.open(id, url, headers),
                    Output::SendWebSocket { id, bytes } => websockets.send(id, bytes),
                    Output::CloseWebSocket { id } => websockets.close(id),
                    Output::Datagram { local, remote, bytes, .. } => drop(udp.send(local, remote, &bytes)),
                    Output::OpenTcp { id, purpose, remote, tls } => streams.open(id, purpose, remote, tls),
                    Output::SendTcp { id, bytes } => streams.send(id, bytes),
                    Output::CloseTcp { id } => streams.close(id),
                    Output::Resolve { id, host, port } => resolve(id, host, port, ways.clone(), net.clone()),
                    Output::Frame(frame) if frame.kind == Kind::Video => self.seen(&frame),
                    Output::Frame(_) => {}
                    Output::Event(Event::Ended(end)) => return Ok(end),
                    Output::Event(event) => {
                        // Unlike a figure this must not be lost.
                        if matches!(event, Event::Joined { .. }) {
                            let _ = self.tell.send(Line::Joined { who: self.who }).await;
                        }
                        self.happened(event, &mut session, &mut at);
                    }
                }
            }
            let wake = session.poll_timeout().unwrap_or_else(|| Instant::now() + Duration::from_secs(60));
            tokio::select! {
                Some(event) = net_events.recv() => session.handle(event.input(), now()),
                Some(datagram) = udp.next() => {
                    let mut next = Some(datagram);
                    while let Some(d) = next {
                        session.handle(Input::Datagram { local: d.local, remote: d.remote, bytes: &d.bytes }, now());
                        next = udp.try_next();
                    }
                }
                _ = pictures.tick() => self.send_picture(&mut session, &mut at),
                _ = sounds.tick() => self.send_sound(&mut session, &mut at),
                () = tokio::time::sleep_until(wake.into()) => session.handle(Input::Timeout, now()),
            }
        }
    }

    fn happened(&self, event: Event, session: &mut Session, at: &mut Position) {
        match event {
            Event::Joined { .. } => {
                // Nobody is looked at until somebody comes who is measured.
                session.handle(Input::Command(Command::Show(Vec::new())), now());
            }
            Event::Encode { source: Source::Camera, layers, .. } => {
                let wanted: Vec<Layer> = layers.iter().map(|target| target.layer).collect();
                tracing::debug!(who = self.who, ?wanted, "is to send");
                at.jump |= wanted.iter().any(|layer| !at.wanted.contains(layer));
                at.wanted = wanted;
            }
            Event::KeyframeWanted { source: Source::Camera, layer } => {
                tracing::debug!(who = self.who, ?layer, "is to send a key frame");
                at.jump = true;
            }
            Event::TrackAdded(Track { id, participant, kind: Kind::Video, .. }) if !participant.starts_with(PREFIX) => {
                if let Some((width_px, height_px)) = WATCHED.get(usize::from(self.who) - 1).copied() {
                    let shown = Shown { track: id, width_px, height_px, fps: 30 };
                    session.handle(Input::Command(Command::Show(vec![shown])), now());
                }
            }
            _ => {}
        }
    }

    fn send_picture(&self, session: &mut Session, at: &mut Position) {
        if std::mem::take(&mut at.jump) {
            tracing::debug!(who = self.who, "sends a key frame");
            at.index = at.index.next_multiple_of(KEYFRAME_EVERY) % LOOP;
        }
        let time = now();
        for ((layer, ..), frames) in LAYERS.iter().zip(&self.clip.video) {
            let Some(frame) = frames.get(at.index).filter(|_| at.wanted.contains(layer)) else { continue };
            let frame = OutgoingFrame {
                source: Source::Camera,
                codec: Codec::Vp8,
                layer: Some(*layer),
                media_time: time.monotonic - at.begun,
                captured: time.monotonic,
                keyframe: frame.keyframe,
                data: frame.data.clone(),
                audio_level: None,
            };
            session.handle(Input::Frame(frame), time);
        }
        if !at.wanted.is_empty() {
            self.tell(Line::Sent { who: self.who, index: at.index as u8, at_us: micros(time.wall) });
        }
        at.index = (at.index + 1) % LOOP;
    }

    fn send_sound(&self, session: &mut Session, at: &mut Position) {
        let time = now();
        let Some(packet) = self.clip.audio.get(at.packet) else { return };
        at.packet = (at.packet + 1) % self.clip.audio.len();
        let frame = OutgoingFrame {
            source: Source::Microphone,
            codec: Codec::Opus,
            layer: None,
            media_time: time.monotonic - at.begun,
            captured: time.monotonic,
            keyframe: true,
            data: packet.clone(),
            audio_level: Some(LEVELS[usize::from(self.who != 1)]),
        };
        session.handle(Input::Frame(frame), time);
    }

    fn seen(&self, frame: &meeting::io::ReceivedFrame) {
        let at_us = micros(now().wall);
        let codec = match frame.codec {
            Codec::Opus => media::Codec::Opus,
            Codec::Vp8 => media::Codec::Vp8,
            Codec::Vp9 => media::Codec::Vp9,
            Codec::H264 => media::Codec::H264,
            Codec::Av1 => media::Codec::Av1,
        };
        let size = frame.keyframe.then(|| media::frame_size(codec, &frame.data)).flatten();
        let taken_us = frame.sender_time.map(micros);
        self.tell(Line::Seen { who: self.who, taken_us, at_us, size, bytes: frame.data.len() });
    }

    fn tell(&self, line: Line) {
        // Whoever reads is slow: a figure is lost, the meeting is not.
        let _ = self.tell.try_send(line);
    }
}
