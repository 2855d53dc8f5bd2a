//! One room: who is in it, and what flows between them.

// Clients in use still read and write what newer protocol versions moved elsewhere.
#![allow(deprecated)]

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use livekit_protocol as lk;
use lk::signal_response::Message as Say;
use str0m::format::Codec;
use str0m::net::Protocol;

use super::allocate::Wish;
use super::forward::layer_of;
use super::participant::{Participant, Subscription, Track};
use super::peer::Happening;
use super::{Now, Output};

/// How often a room looks after speakers, layers and the vanished.
const TICK: Duration = Duration::from_millis(200);
/// Ticks between two words about connection quality.
const QUALITY_TICKS: u32 = 25;
/// Ticks between two words about speakers.
const SPEAKER_TICKS: u32 = 2;
/// A client whose signalling is away for longer has left.
const RESUME_WINDOW: Duration = Duration::from_secs(20);

/// What clients may publish.
pub(super) const CODECS: [&str; 8] =
    ["video/VP8", "video/H264", "video/VP9", "video/AV1", "audio/PCMU", "audio/PCMA", "audio/opus", "audio/red"];

pub(super) struct Room {
    pub info: lk::Room,
    /// What frames end with that the server made itself, where participants encrypt theirs: everybody here knows it
    /// from joining, so that such a frame needs no key.
    pub sif_trailer: Vec<u8>,
    pub participants: Vec<Participant>,
    pub next_tick: Instant,
    /// When the next frame of silence is to be sent in place of a muted microphone's.
    pub silence_due: Option<Instant>,
    /// Somebody has to be told something.
    pub dirty: bool,
    ticks: u32,
    /// Who was said to speak, by sid.
    pub(super) speakers: HashMap<String, f32>,
}

impl Room {
    pub fn new(name: &str, sid: String, sif_trailer: String, metadata: String, now: Now) -> Room {
        let mime = |m: &&str| lk::Codec { mime: (*m).into(), ..Default::default() };
        let info = lk::Room {
            sid,
            name: name.into(),
            metadata,
            empty_timeout: 300,
            departure_timeout: 20,
            creation_time: now.wall.as_secs() as i64,
            creation_time_ms: now.wall.as_millis() as i64,
            enabled_codecs: CODECS.iter().map(mime).collect(),
            ..Default::default()
        };
        Room {
            info,
            sif_trailer: sif_trailer.into(),
            participants: Vec::new(),
            next_tick: now.monotonic + TICK,
            silence_due: None,
            dirty: true,
            ticks: 0,
            speakers: HashMap::new(),
        }
    }

    pub fn position(&self, sid: &str) -> Option<usize> {
        self.participants.iter().position(|p| p.info.sid == sid)
    }

    pub fn by_identity(&self, identity: &str) -> Option<usize> {
        self.participants.iter().position(|p| p.info.identity == identity)
    }

    pub fn deadline(&mut self) -> Instant {
        let links = self.participants.iter().filter_map(|p| p.link.as_ref()?.deadline()).min();
        let peers = self.participants.iter_mut().flat_map(Participant::peers).map(|p| p.deadline).min();
        [peers, links, self.silence_due].into_iter().flatten().fold(self.next_tick, Instant::min)
    }

    /// Hands a datagram to whom it is for. `false`: nobody here.
    pub fn datagram(
        &mut self,
        protocol: Protocol,
        from: SocketAddr,
        to: SocketAddr,
        bytes: &[u8],
        now: Instant,
    ) -> bool {
        for participant in &mut self.participants {
            if participant.peers().any(|peer| peer.accepts(now, protocol, from, to, bytes)) {
                match &mut participant.link {
                    _ if participant.media_cut => {}
                    Some(link) if protocol == Protocol::Udp => {
                        link.inbound.packet(now, bytes.len(), (from, to, bytes.to_vec()));
                    }
                    _ => participant.receive(protocol, from, to, bytes, now),
                }
                return true;
            }
        }
        false
    }

    /// Runs every connection that is due, passes on what came in, and tells everybody what changed.
    pub fn run(&mut self, now: Now, outputs: &mut VecDeque<Output>) {
        if self.next_tick <= now.monotonic {
            self.tick(now, outputs);
        }
        self.send_silence(now.monotonic);
        loop {
            let mut happened = Vec::new();
            let mut arrived = false;
            for (index, participant) in self.participants.iter_mut().enumerate() {
                let cut = participant.media_cut;
                let mut link = participant.link.take();
                // str0m keeps one received packet at a time.
                if let Some((from, to, bytes)) = link.as_mut().and_then(|link| link.inbound.pop(now.monotonic)) {
                    participant.receive(Protocol::Udp, from, to, &bytes, now.monotonic);
                    arrived = true;
                }
                for peer in participant.peers() {
                    peer.poll(now.monotonic, |happening| match happening {
                        Happening::Transmit { .. } if cut => {}
                        Happening::Transmit { protocol: Protocol::Udp, remote, bytes } => match &mut link {
                            Some(link) => link.outbound.packet(now.monotonic, bytes.len(), (remote, bytes)),
                            None => outputs.push_back(Output::Datagram { remote, bytes }),
                        },
                        Happening::Transmit { remote, bytes, .. } => {
                            if let Some(bytes) = super::framing::frame(&bytes) {
                                outputs.push_back(Output::Tcp { remote, bytes });
                            }
                        }
                        other => happened.push((index, other)),
                    });
                }
                if let Some(link) = &mut link {
                    while let Some((remote, bytes)) = link.outbound.pop(now.monotonic) {
                        outputs.push_back(Output::Datagram { remote, bytes });
                    }
                }
                participant.link = link;
            }
            if happened.is_empty() && !arrived {
                break;
            }
            for (index, happening) in happened {
                self.happened(index, happening, now.monotonic);
            }
        }
        if std::mem::take(&mut self.dirty) {
            self.settle(now, outputs);
        }
    }

    fn happened(&mut self, index: usize, happening: Happening, now: Instant) {
        let participant = &mut self.participants[index];
        match happening {
            Happening::Up => {
                self.dirty = true;
                participant.came_up = true;
                if !participant.active() && participant.receiver().up {
                    participant.info.state = lk::participant_info::State::Active as i32;
                    participant.changed = true;
                }
            }
            Happening::Down | Happening::Transmit { .. } => {}
            Happening::Packet { mid, rid, packet } => {
                self.packet(index, mid, layer_of(rid.as_deref()), &packet, now);
            }
            Happening::KeyframeWanted { mid } => {
                let Some(track) = participant.receiver().track_at(mid).map(str::to_owned) else { return };
                let subscription = participant.subscriptions.iter().find(|s| s.track == track);
                let Some(subscription) = subscription else { return };
                let layer = subscription.forwarder.waits_for().or(subscription.forwarder.current());
                let publisher = subscription.publisher.clone();
                if let (Some(layer), Some(publisher)) = (layer, self.position(&publisher)) {
                    self.participants[publisher].request_keyframe(&track, layer, now);
                }
            }
            Happening::Data { reliable, bytes } => self.data(index, reliable, &bytes, now),
        }
    }

    fn packet(
        &mut self,
        index: usize,
        mid: str0m::media::Mid,
        layer: usize,
        packet: &str0m::rtp::RtpPacket,
        now: Instant,
    ) {
        let publisher = &mut self.participants[index];
        let Some(params) = publisher.publisher.params_of(packet) else { return };
        let Some(track) = publisher.tracks.iter_mut().find(|t| t.mid == Some(mid)) else { return };
        track.streams[layer] = Some(packet.header.ssrc);
        if !track.audio() && track.sent_in(params.spec().codec) {
            publisher.changed = true;
            self.dirty = true;
        }
        track.rates.saw(layer, packet.payload.len());
        // Padding is no sign of life.
        if !packet.payload.is_empty() && track.layers.saw(layer, now) {
            // A layer that begins is a choice at once, not at the next tick.
            self.next_tick = now;
        }
        let level = packet.header.ext_vals.audio_level.unwrap_or(i8::MIN);
        if track.audio() && level > super::tell::LOUD_DBOV {
            track.loud = (track.loud.0 + 1, track.loud.1.max(level));
        }
        if track.info.muted {
            return;
        }
        if let Some(tap) = &mut track.tap {
            tap.saw(&track.info.mime_type, layer, packet);
        }
        let sid = track.info.sid.clone();
        let codec = params.spec().codec;
        for subscriber in &mut self.participants {
            let subscription = subscriber.subscriptions.iter_mut().find(|s| s.live && s.track == sid);
            let Some(subscription) = subscription else { continue };
            let Some(new) = subscription.forwarder.packet(layer, codec, packet, now) else { continue };
            let receiver = subscriber.receiver();
            if let Some(mid) = receiver.place_of(&sid) {
                receiver.send(mid, &params, packet, new, now);
            }
        }
    }

    /// Chooses each subscriber's layer and asks for the key frames they wait for.
    pub(super) fn choose_layers(&mut self, now: Instant) {
        let mut wanted = Vec::new();
        let mut layers = HashMap::new();
        for participant in &self.participants {
            let vp8 = |t: &Track| t.info.mime_type.eq_ignore_ascii_case("video/VP8");
            let trailer = |t: &Track| if t.encrypted() { &self.sif_trailer[..] } else { &[] };
            layers.extend(
                participant
                    .tracks
                    .iter()
                    .map(|t| (t.info.sid.clone(), (t.layers, t.rates, t.info.muted, vp8(t).then(|| trailer(t))))),
            );
        }
        for participant in &mut self.participants {
            let mut black = Vec::new();
            let wish = |subscription: &Subscription| {
                let (layers, rates, muted, _) = layers.get(&subscription.track)?;
                let hidden = subscription.audio || subscription.disabled || *muted || !subscription.live;
                let best = layers.choose(subscription.quality).filter(|_| !hidden)?;
                Some(Wish { best, bps: rates.of(layers), current: subscription.forwarder.current() })
            };
            let fits = participant.fitting_layers(wish);
            for subscription in participant.subscriptions.iter_mut().filter(|s| s.live) {
                let Some((layers, _, muted, trailer)) = layers.get(&subscription.track) else { continue };
                if let Some(trailer) = trailer.filter(|_| *muted && !subscription.disabled) {
                    let last = subscription.forwarder.black(trailer, now);
                    black.extend(last.map(|(new, payload)| (subscription.track.clone(), new, payload)));
                }
                let fit = fits.get(&subscription.track).copied();
                subscription.paused = fit == Some(None);
                if subscription.disabled || (*muted && !subscription.audio) {
                    subscription.forwarder.aim(None);
                } else {
                    // While no layer flows, whichever comes first up to the wanted one will do.
                    let layer = layers.choose(subscription.quality).unwrap_or(subscription.quality);
                    subscription.forwarder.aim(fit.unwrap_or(Some(layer)));
                }
                if let Some(layer) = subscription.forwarder.waits_for() {
                    wanted.push((subscription.publisher.clone(), subscription.track.clone(), layer));
                }
            }
            let receiver = participant.receiver();
            for (track, new, payload) in black {
                if let Some(mid) = receiver.place_of(&track) {
                    receiver.send_own(mid, Codec::Vp8, payload, &new, now);
                }
            }
        }
        for (publisher, track, layer) in wanted {
            if let Some(index) = self.position(&publisher) {
                self.participants[index].request_keyframe(&track, layer, now);
            }
        }
    }

    fn tick(&mut self, now: Now, outputs: &mut VecDeque<Output>) {
        self.next_tick = now.monotonic + TICK;
        self.dirty = true;
        self.ticks = self.ticks.wrapping_add(1);
        let vanished: Vec<usize> = (0..self.participants.len())
            .filter(|i| now.monotonic.saturating_duration_since(self.participants[*i].heard) > RESUME_WINDOW)
            .collect();
        for index in vanished.into_iter().rev() {
            self.remove(index, lk::DisconnectReason::SignalClose, outputs);
        }
        for track in self.participants.iter_mut().flat_map(|p| &mut p.tracks) {
            track.rates.passed(TICK);
            track.layers.look(now.monotonic);
        }
        self.choose_layers(now.monotonic);
        for participant in &mut self.participants {
            participant.request_owed_keyframes(now.monotonic);
        }
        if self.ticks.is_multiple_of(SPEAKER_TICKS) {
            self.speakers(outputs);
        }
        if self.ticks.is_multiple_of(QUALITY_TICKS) {
            self.quality(outputs);
        }
        self.count(outputs);
    }

    /// Takes somebody out and tells the others. The one who leaves has been told before.
    pub fn remove(&mut self, index: usize, reason: lk::DisconnectReason, outputs: &mut VecDeque<Output>) {
        let gone = self.participants.remove(index);
        self.dirty = true;
        outputs.push_back(Output::Left {
            room: self.info.name.clone(),
            identity: gone.info.identity.clone(),
            removed: reason == lk::DisconnectReason::ParticipantRemoved,
        });
        if let Some(connection) = gone.connection {
            outputs.push_back(Output::Close { connection });
        }
        let info = lk::ParticipantInfo {
            state: lk::participant_info::State::Disconnected as i32,
            tracks: Vec::new(),
            disconnect_reason: reason as i32,
            version: gone.info.version + 1,
            ..gone.info.clone()
        };
        if gone.active() {
            let update = lk::ParticipantUpdate { participants: vec![info] };
            for participant in &self.participants {
                participant.say(Say::Update(update.clone()), outputs);
            }
        }
    }

    /// Brings what everybody was told in line with what is.
    pub fn settle(&mut self, now: Now, outputs: &mut VecDeque<Output>) {
        self.tell_changes(outputs);
        for index in 0..self.participants.len() {
            self.reconcile(index, outputs);
            self.negotiate(index, now.monotonic, outputs);
            if std::mem::take(&mut self.participants[index].came_up) {
                self.go_live(index, outputs, now.monotonic);
            }
        }
        self.tell_wanted(outputs);
        self.tell_paused(outputs);
    }
}
