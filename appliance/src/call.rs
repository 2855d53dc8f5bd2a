//! One call: a task that owns its `meeting::Session` and every socket of it.
//!
//! Media takes the short way: encoded frames arrive straight from the engine's threads and go
//! straight back to them. Everything people should know goes to the room as [`CallEvent`]s.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Instant, SystemTime};

use meeting::border::Border;
use meeting::io::{Command, Event, Input, NetError, OutgoingFrame, Output, Purpose, Source, Track, TrackId};
use meeting::{Config, Session, Target};
use room::event::CallId;
use room::policy::{JoinPolicy, Mode};
use tokio::sync::mpsc;

use crate::device;
use crate::gate::Gate;
use crate::identity_store::Held;
use crate::net::{
    HttpClient, NET_QUEUE, NetEvent, Streams, TlsTrust, UdpSockets, Ways, WebSockets, local_addresses, resolve,
};
use crate::recorder::Recorder;
use crate::room_policy::RoomPolicy;
use crate::timeline::{Moment, Timeline};
use crate::{portal, translate};

/// Commands that may wait; the room sends a handful a minute.
const COMMAND_QUEUE: usize = 64;
/// Tracks whose decoder waits for a key frame. Further requests are dropped: decoders ask again.
const KEYFRAME_QUEUE: usize = 16;
/// Encoded frames that may wait for the call task, a quarter of a second of three layers and audio.
/// The newest are dropped beyond that, and counted.
const FRAME_QUEUE: usize = 48;
/// Datagrams handled before outputs are drained and other inputs looked at.
const DATAGRAM_BATCH: usize = 32;

/// How often the machine's addresses are looked at while the connection is lost.
const LOOK_AROUND: std::time::Duration = std::time::Duration::from_secs(2);

/// How often the evidence of a meeting is written down while it goes on: so much is lost when the power is.
const INTERIM: std::time::Duration = std::time::Duration::from_secs(300);

/// How often the panel is told where everything goes.
const SHOWN: std::time::Duration = std::time::Duration::from_secs(5);

/// On the stage between calls.
pub const NOBODY: u64 = 0;

/// What the call task tells the room's task.
#[derive(Debug)]
pub struct CallEvent {
    pub call: CallId,
    pub event: Event,
}

/// A running call, as its owner holds it. Dropping it ends the task without goodbye.
pub struct Call {
    pub id: CallId,
    commands: mpsc::Sender<Command>,
    keyframes: mpsc::Sender<TrackId>,
    frames: mpsc::Sender<OutgoingFrame>,
}

impl Call {
    /// Hands the session a command; `false` when the call no longer takes any.
    pub fn command(&self, command: Command) -> bool {
        let taken = self.commands.try_send(command).is_ok();
        if !taken {
            tracing::debug!("the call no longer takes commands");
        }
        taken
    }

    /// A decoder cannot go on. Kept apart from what people ask for, which must not be lost among these.
    pub fn need_keyframe(&self, track: TrackId) {
        let _ = self.keyframes.try_send(track);
    }

    /// A call without a task, and what it is told.
    #[cfg(test)]
    pub fn unheard(id: CallId) -> (Call, mpsc::Receiver<Command>) {
        let (commands, told) = mpsc::channel(COMMAND_QUEUE);
        let (frames, _) = mpsc::channel(1);
        let (keyframes, _) = mpsc::channel(1);
        (Call { id, commands, keyframes, frames }, told)
    }

    /// Where the media threads put encoded frames.
    pub fn frames(&self) -> mpsc::Sender<OutgoingFrame> {
        self.frames.clone()
    }
}

/// What every call of this room shares.
#[derive(Clone)]
pub struct CallContext {
    pub http: HttpClient,
    pub trust: TlsTrust,
    /// How the room gets out.
    pub ways: Ways,
    pub engine: Arc<media::Engine>,
    /// The number of the call the engine works for; a call that was dropped must not touch it any more.
    pub on_stage: Arc<AtomicU64>,
    pub timeline: Timeline,
    /// What the room's packets are held to. `None`: nothing.
    pub policy: Option<Arc<RoomPolicy>>,
    /// Who this device is, newest first.
    pub certified: Held,
    /// Where evidence of meetings is written. `None`: it cannot be, and that has been said.
    pub recorder: Option<Recorder>,
}

/// How the room was taken into a meeting.
pub struct How {
    /// As evidence calls it: `panel`, `agenda`, `invitation`, `api`, `command`.
    pub joined_by: &'static str,
    /// What somebody at the panel has accepted before.
    pub accepted: Option<evidence::Accepted>,
}

/// Starts a call. Its last event is [`Event::Ended`], whatever happens.
pub fn start(
    id: CallId,
    config: Config,
    target: Target,
    how: How,
    context: CallContext,
    events: mpsc::Sender<crate::event::Event>,
) -> Call {
    let (commands, command_queue) = mpsc::channel(COMMAND_QUEUE);
    let (frames, frame_queue) = mpsc::channel(FRAME_QUEUE);
    let (keyframes, keyframe_queue) = mpsc::channel(KEYFRAME_QUEUE);
    let wishes = Wishes { commands: command_queue, keyframes: keyframe_queue, frames: frame_queue };
    tokio::spawn(async move {
        let reports = events.clone();
        let recorder = context.recorder.clone();
        let gate = Gate::of(context.policy.as_deref(), &target, how.joined_by);
        let gate = Arc::new(gate.by(context.ways.clone()));
        let book = gate.book().clone();
        if let Some(accepted) = how.accepted {
            book.accepted(accepted);
        }
        record(&recorder, evidence::Event::Opened(book.so_far()));
        let run = tokio::spawn(async move { run(id, config, target, gate, context, wishes, &reports).await });
        // A call that breaks ends like any other, with a reason: the room goes on.
        let end = run.await.unwrap_or_else(|error| {
            tracing::error!(%error, "the call's task broke");
            meeting::io::End::Internal
        });
        tracing::info!(reason = ?end, "the call is over");
        record(&recorder, evidence::Event::Closed(book.close()));
        let _ = events.send(crate::event::Event::Call(CallEvent { call: id, event: Event::Ended(end) })).await;
    });
    Call { id, commands, keyframes, frames }
}

fn record(recorder: &Option<Recorder>, event: evidence::Event) {
    if let Some(recorder) = recorder {
        recorder.write(event);
    }
}

/// What the rest of the room wants of a call.
struct Wishes {
    commands: mpsc::Receiver<Command>,
    keyframes: mpsc::Receiver<TrackId>,
    frames: mpsc::Receiver<OutgoingFrame>,
}

/// The time as sessions take it.
fn now() -> meeting::Now {
    let wall = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    meeting::Now { monotonic: Instant::now(), wall }
}

async fn run(
    id: CallId,
    mut config: Config,
    target: Target,
    gate: Arc<Gate>,
    context: CallContext,
    mut wishes: Wishes,
    events: &mpsc::Sender<crate::event::Event>,
) -> meeting::io::End {
    let server = match &target {
        Target::Visio { instance, .. } => instance,
        Target::LiveKit { server, .. } => server,
    };
    let server = server.clone();
    let beside_us = translate::is_loopback(&server);
    let mut udp = match UdpSockets::bind(&local_addresses(beside_us)).await {
        Ok(udp) => udp,
        Err(error) => {
            tracing::warn!(%error, "no network address to meet from");
            return meeting::io::End::ServerUnreachable;
        }
    };
    config.local_udp = udp.local();
    config.border = gate.within();
    let is_classified = context.policy.as_ref().is_some_and(|policy| policy.mode() == Mode::Classified);
    config.device = device::in_meetings(&context.certified, is_classified);
    let Ok((trust, http)) = means(&gate, &context) else {
        tracing::error!("TLS cannot be set up as the policy wants it");
        return meeting::io::End::Internal;
    };
    let (net, mut net_events) = mpsc::channel(NET_QUEUE);
    let mut sockets = Sockets {
        http,
        websockets: WebSockets::new(trust.clone(), context.ways.clone(), gate.clone(), net.clone()),
        streams: Streams::new(trust, context.ways.clone(), gate.clone(), net.clone()),
        gate,
        net,
        tracks: Vec::new(),
        lost: false,
    };
    let mut look_around = Instant::now();
    let mut interim_at = Instant::now() + INTERIM;
    let mut shown_at = Instant::now() + SHOWN;
    let mut session = Session::new(config, target, now());
    let end = loop {
        if let Some(end) = drain(id, &mut session, &mut sockets, &udp, &context, events).await {
            break end;
        }
        if interim_at <= Instant::now() {
            interim_at = Instant::now() + INTERIM;
            record(&context.recorder, evidence::Event::Interim(sockets.gate.book().so_far()));
        }
        if shown_at <= Instant::now() {
            shown_at = Instant::now() + SHOWN;
            let meeting = Box::new(sockets.gate.book().so_far());
            // When the room is busy it is told the next time.
            let _ = events.try_send(crate::event::Event::Evidence { call: id, meeting });
        }
        // A cable in another socket, another network: the old sockets lead nowhere.
        if sockets.lost && look_around <= Instant::now() {
            look_around = Instant::now() + LOOK_AROUND;
            if let Some(addresses) = udp.moved(local_addresses(beside_us))
                && let Ok(fresh) = UdpSockets::bind(&addresses).await
            {
                tracing::info!("this machine's addresses have changed");
                udp = fresh;
                session.handle(Input::LocalUdp(udp.local()), now());
                continue;
            }
        }
        // A session without a deadline waits for something else to happen.
        let wake = session.poll_timeout().unwrap_or_else(|| Instant::now() + std::time::Duration::from_secs(3600));
        let wake = if sockets.lost { wake.min(look_around) } else { wake }.min(interim_at).min(shown_at);
        tokio::select! {
            command = wishes.commands.recv() => match command {
                Some(command) => session.handle(Input::Command(command), now()),
                None => break meeting::io::End::Left, // the owner dropped us
            },
            Some(event) = net_events.recv() => session.handle(event.input(), now()),
            Some(datagram) = udp.next() => {
                let mut next = Some(datagram);
                for _ in 0..DATAGRAM_BATCH {
                    let Some(d) = next else { break };
                    sockets.gate.book().datagram_received(d.remote, d.bytes.len());
                    session.handle(Input::Datagram { local: d.local, remote: d.remote, bytes: &d.bytes }, now());
                    next = udp.try_next();
                }
                if let Some(d) = next {
                    sockets.gate.book().datagram_received(d.remote, d.bytes.len());
                    session.handle(Input::Datagram { local: d.local, remote: d.remote, bytes: &d.bytes }, now());
                }
            }
            Some(track) = wishes.keyframes.recv() => session.handle(Input::Command(Command::NeedKeyframe(track)), now()),
            Some(frame) = wishes.frames.recv() => session.handle(Input::Frame(frame), now()),
            () = tokio::time::sleep_until(wake.into()) => session.handle(Input::Timeout, now()),
        }
    };
    let findings = tokio::select! {
        findings = portal::find_out(&server, &end, &sockets.http, sockets.gate.book()) => findings,
        // Nobody waits for the reason.
        _ = wishes.commands.recv() => None,
    };
    if let Some(findings) = findings {
        let _ = events.send(crate::event::Event::NotReached { call: id, findings }).await;
    }
    end
}

/// Whom the servers of a meeting have to convince, and how they are asked.
fn means(gate: &Arc<Gate>, context: &CallContext) -> anyhow::Result<(TlsTrust, HttpClient)> {
    if gate.is_open() {
        return Ok((context.trust.clone(), context.http.clone()));
    }
    // Connections that were made for another meeting were judged by what holds there.
    let trust = context.trust.pinned(gate.pins())?;
    let http = HttpClient::new(&trust, &context.ways, gate.allowed(Purpose::Signalling))?;
    Ok((trust, http))
}

/// Every connection of the session, and the tracks that come over them.
struct Sockets {
    http: HttpClient,
    gate: Arc<Gate>,
    websockets: WebSockets,
    streams: Streams,
    net: mpsc::Sender<NetEvent>,
    /// The remote tracks, so that a voice finds its face.
    tracks: Vec<Track>,
    /// The connection is lost and being restored.
    lost: bool,
}

impl Sockets {
    fn track_added(&mut self, track: &Track, engine: &media::Engine) {
        engine.add_track(translate::track_key(&track.id), translate::kind(track.kind));
        self.tracks.push(track.clone());
        self.pair(&track.participant, engine);
    }

    fn track_removed(&mut self, track: &TrackId, engine: &media::Engine) {
        engine.remove_track(&translate::track_key(track));
        self.tracks.retain(|t| t.id != *track);
    }

    /// Lip sync: a participant's camera waits for its microphone, a shared screen for its sound.
    fn pair(&self, participant: &str, engine: &media::Engine) {
        let find = |source| self.tracks.iter().find(|t| t.participant == participant && t.source == source);
        for (video, audio) in [(Source::Camera, Source::Microphone), (Source::ScreenShare, Source::ScreenShareAudio)] {
            if let Some(video) = find(video) {
                let audio = find(audio).map(|t| translate::track_key(&t.id));
                engine.pair_tracks(&translate::track_key(&video.id), audio.as_ref());
            }
        }
    }
}

/// Carries out everything the session wants; says how it ended when it did.
async fn drain(
    id: CallId,
    session: &mut Session,
    sockets: &mut Sockets,
    udp: &UdpSockets,
    context: &CallContext,
    events: &mpsc::Sender<crate::event::Event>,
) -> Option<meeting::io::End> {
    while let Some(output) = session.poll_output() {
        let on_stage = context.on_stage.load(Ordering::Acquire) == id.0;
        match output {
            Output::Frame(_)
            | Output::Event(Event::Encode { .. } | Event::EncodeVoice { .. } | Event::KeyframeWanted { .. })
                if !on_stage => {}
            Output::Http { id, request } => {
                sockets.http.start(id, request, sockets.gate.book().clone(), sockets.net.clone())
            }
            Output::OpenWebSocket { id, url, headers } => sockets.websockets.open(id, url, headers),
            Output::SendWebSocket { id, bytes } => sockets.websockets.send(id, bytes),
            Output::CloseWebSocket { id } => sockets.websockets.close(id),
            // The session has asked as well, so that it looks for a way that is allowed; this is the last door.
            Output::Datagram { purpose, local, remote, bytes } => {
                // To what stands for a name that only a proxy knows no datagram leads.
                let leads_there = context.ways.host_of(remote.ip()).is_none();
                if leads_there && sockets.gate.may_reach(purpose, remote.ip()) && udp.send(local, remote, &bytes) {
                    sockets.gate.book().datagram_sent(purpose, remote, bytes.len());
                }
            }
            Output::OpenTcp { id, purpose, remote, tls } => {
                // The way there asks again, for whom it leads to: a proxy, perhaps.
                if sockets.gate.may_reach(purpose, remote.ip()) {
                    sockets.streams.open(id, purpose, remote, tls);
                } else {
                    let refused = NetEvent::TcpFailed { id, error: NetError::OutsidePolicy };
                    let _ = sockets.net.try_send(refused); // lost in a full queue, the session gives it up in time
                }
            }
            Output::SendTcp { id, bytes } => sockets.streams.send(id, bytes),
            Output::CloseTcp { id } => sockets.streams.close(id),
            Output::Resolve { id, host, port } => resolve(id, host, port, context.ways.clone(), sockets.net.clone()),
            Output::Frame(frame) => context.engine.push_frame(translate::received_frame(frame)),
            Output::Event(Event::Ended(end)) => return Some(end),
            Output::Event(event) => {
                note(&event, &context.timeline);
                sockets.gate.book().note(&event);
                match event {
                    Event::Reconnecting => sockets.lost = true,
                    Event::Reconnected => sockets.lost = false,
                    _ => {}
                }
                match event {
                    Event::Encode { source, codec, layers } => {
                        translate::encode(&context.engine, source, codec, &layers);
                    }
                    Event::EncodeVoice { bitrate_bps } => context.engine.set_voice_bitrate(bitrate_bps),
                    Event::KeyframeWanted { source, layer } => {
                        translate::force_keyframe(&context.engine, source, layer);
                    }
                    other => {
                        match &other {
                            _ if !on_stage => {}
                            Event::TrackAdded(track) => sockets.track_added(track, &context.engine),
                            Event::TrackRemoved(track) => sockets.track_removed(track, &context.engine),
                            _ => {}
                        }
                        if events.send(crate::event::Event::Call(CallEvent { call: id, event: other })).await.is_err() {
                            return Some(meeting::io::End::Left); // the room is gone
                        }
                    }
                }
            }
        }
    }
    None
}

fn note(event: &Event, timeline: &Timeline) {
    let moment = match event {
        Event::Progress(meeting::io::Step::Signalling) => Moment::Token,
        Event::Progress(meeting::io::Step::Media) => Moment::Signalling,
        Event::Joined { .. } => Moment::Media,
        _ => return,
    };
    timeline.note(moment, Instant::now());
}
