//! One peer connection: str0m, told what sections it has, asked for offers.
//!
//! str0m wants every change to be followed by a complete drain. [`Peer`] drains after each of its
//! methods into a queue of [`Happening`]s that [`Peer::poll`] hands out.

use std::collections::{HashSet, VecDeque};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use str0m::bwe::{Bitrate, BweKind};
use str0m::change::{SdpAnswer, SdpOffer, SdpPendingOffer};
use str0m::channel::{ChannelConfig, ChannelId, Reliability};
use str0m::format::{Codec as RtcCodec, PayloadParams};
use str0m::media::{
    Direction, Frequency, KeyframeRequestKind, MediaData, MediaKind, MediaTime, Mid, Pt, Rid, Simulcast, SimulcastLayer,
};
use str0m::net::{Protocol, Receive, Transmit};
use str0m::stats::PeerStats;
use str0m::{Candidate, Event, IceConnectionState, Input, Output, Rtc};

use super::backlog::{Backlog, Picture, Verdict};
use super::collapse::Sample;
use super::congestion::{Congestion, INITIAL_BPS, Turn};
use super::proto::Target;
use super::srtp::{self, Agreed};
use super::streams::{Replacement, Streams};
use super::twice::Twice;
use crate::io::{Codec, Kind, Layer, OutgoingFrame, Source};

/// How much more than the encoder's bitrate the path is asked for, in percent. str0m sends no faster than
/// 1.1 times its estimate, and a key frame is many times an ordinary picture: without headroom it takes a
/// quarter of a second to leave, and whoever waits for it waits longer. libwebrtc paces at 2.5 times.
const KEYFRAME_HEADROOM_PERCENT: u64 = 250;

/// An estimate below this is not held to. Where packets are lost at random or come in disorder the
/// estimate goes down to a few thousand bits per second though much more passes, and str0m would keep
/// pictures for seconds. At such estimates the smallest layer is all there is.
const PACED_FROM_BPS: u64 = 250_000;

/// What share of the packets sent may be repetitions; str0m takes 0.15, and repeats nothing for a while
/// beyond that. Of packets one in three of which is lost, half have to be sent again, some twice.
const REPEATED_SHARE_MAX: f32 = 0.5;

/// How often the path is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// How many packets are kept to be repeated, and how long (str0m's own numbers).
const REPEATED_PACKETS: usize = 2000;
const REPEATED_WITHIN: Duration = Duration::from_secs(3);

/// Audio packets held back for one that is late; more is the jitter buffer's business.
const AUDIO_REORDER_PACKETS: usize = 5;

/// How long audio waits for a late packet.
const AUDIO_REORDER_TIMEOUT: Duration = Duration::from_millis(100);

/// The largest key frame we expect, in packets: 1080p at a few hundred kilobytes.
const VIDEO_REORDER_PACKETS: usize = 300;

/// Errors of str0m in a row we shrug off, one by one, before the connection counts as broken.
const ERRORS_MAX: u32 = 32;

/// The labels LiveKit gives its data channels.
pub(super) const RELIABLE: &str = "_reliable";
pub(super) const LOSSY: &str = "_lossy";

/// What a peer connection reports.
#[derive(Debug)]
pub(super) enum Happening {
    Transmit(Transmit),
    /// ICE and DTLS are up, for the first time.
    Connected,
    /// ICE found a path, or lost it.
    Reach {
        up: bool,
    },
    Media(Box<MediaData>),
    KeyframeWanted {
        mid: Mid,
        layer: Option<Layer>,
    },
    /// What the path to the server carries has changed.
    Path(Turn),
    Data(Vec<u8>),
    /// A data channel of ours can be written.
    ChannelOpen,
    /// It cannot be used any more.
    Broken,
}

/// A section of the session description that we ask for.
#[derive(Debug)]
struct Section {
    kind: Kind,
    role: Role,
    mid: SectionMid,
}

#[derive(Debug, PartialEq, Eq)]
enum Role {
    Receive,
    Send {
        cid: String,
        layers: Vec<Layer>,
    },
    /// Was sent on; unused from now on.
    Retired,
}

#[derive(Debug, PartialEq, Eq)]
enum SectionMid {
    New,
    Offered(Mid),
    Agreed(Mid),
}

/// One peer connection.
pub(super) struct Peer {
    pub target: Target,
    rtc: Rtc,
    agreed: Agreed,
    sections: Vec<Section>,
    streams: Streams,
    pending: Option<SdpPendingOffer>,
    channels: Option<(ChannelId, ChannelId)>,
    candidates_waiting: Vec<Candidate>,
    remote_known: bool,
    deadline: Option<Instant>,
    happened: VecDeque<Happening>,
    errors: u32,
    broken: bool,
    path_up: bool,
    congestion: Congestion,
    twice: Twice,
    /// When something was last put in.
    now: Instant,
    /// What was last said of how much we would like to send: sought, and all.
    desired: Option<(u64, u64)>,
    backlog: Backlog,
    /// Streams of ours that are set up to repeat what is lost.
    repeating: HashSet<(Mid, Option<Rid>)>,
    pub last_offer: Option<String>,
    pub last_answer: Option<String>,
}

impl Peer {
    /// The first codec of an offer is the one a server takes a track to be in: ours comes first.
    ///
    /// Without `red` no packet of sound carries the one before it: what is encrypted has no room for that.
    pub fn new(target: Target, video_codec: Codec, red: bool, now: Instant) -> Peer {
        let builder = Rtc::builder().clear_codecs().enable_opus(true, red);
        let builder = match video_codec {
            Codec::H264 => builder.enable_h264(true).enable_vp8(true),
            _ => builder.enable_vp8(true).enable_h264(true),
        };
        let mut config = builder
            .enable_vp9(true)
            .enable_av1(true)
            .set_reordering_size_audio(AUDIO_REORDER_PACKETS)
            .set_reordering_timeout_audio(Some(AUDIO_REORDER_TIMEOUT))
            .set_reordering_size_video(VIDEO_REORDER_PACKETS)
            .set_stats_interval(Some(LOOK_EVERY))
            .enable_bwe(Some(Bitrate::bps(INITIAL_BPS)));
        // A lost path shows after about six seconds instead of nineteen.
        config.set_max_stun_rto(Duration::from_millis(1500));
        config.set_max_stun_retransmits(6);
        let (rtc, agreed) = srtp::build(config, now);
        let mut peer = Peer {
            target,
            rtc,
            agreed,
            sections: Vec::new(),
            streams: Streams::default(),
            pending: None,
            channels: None,
            candidates_waiting: Vec::new(),
            remote_known: false,
            deadline: Some(now),
            happened: VecDeque::new(),
            errors: 0,
            broken: false,
            path_up: false,
            congestion: Congestion::default(),
            twice: Twice::default(),
            now,
            desired: None,
            backlog: Backlog::default(),
            repeating: HashSet::new(),
            last_offer: None,
            last_answer: None,
        };
        peer.timeout(now);
        peer
    }

    /// The next thing that happened.
    pub fn poll(&mut self) -> Option<Happening> {
        self.happened.pop_front()
    }

    /// The next datagram, if that is what happened next.
    pub fn poll_transmit(&mut self) -> Option<Transmit> {
        match self.happened.pop_front() {
            Some(Happening::Transmit(transmit)) => Some(transmit),
            Some(other) => {
                self.happened.push_front(other);
                None
            }
            None => None,
        }
    }

    pub fn deadline(&self) -> Option<Instant> {
        if self.broken { None } else { self.deadline.into_iter().chain(self.twice.deadline()).min() }
    }

    /// It cannot be used any more.
    pub fn is_broken(&self) -> bool {
        self.broken
    }

    /// ICE and DTLS are up and ICE has a path now.
    pub fn is_up(&self) -> bool {
        !self.broken && self.path_up && self.rtc.is_connected()
    }

    /// What is sent goes out: ICE and DTLS are up, though ICE may look for a better path.
    pub fn carries(&self) -> bool {
        !self.broken && self.rtc.is_connected()
    }

    /// The fingerprint of the certificate that the server's DTLS has shown, once it has.
    pub fn fingerprint(&mut self) -> Option<String> {
        self.rtc.direct_api().remote_dtls_fingerprint().map(ToString::to_string)
    }

    /// The profile that protects media (RFC 5764), by its name at IANA, once DTLS has agreed on one.
    pub fn srtp(&self) -> Option<&'static str> {
        self.agreed.profile()
    }

    /// ICE starts again: the path counts as down until it is found anew.
    pub fn restarting(&mut self) {
        self.path_up = false;
    }

    /// Says goodbye to the other side.
    pub fn close(&mut self) {
        let _ = self.rtc.close();
        self.drain();
    }

    pub fn add_local(&mut self, candidate: Candidate) -> Option<String> {
        let line = self.rtc.add_local_candidate(candidate).map(Candidate::to_sdp_string);
        self.drain();
        line
    }

    pub fn remove_local(&mut self, candidate: &Candidate) {
        self.rtc.direct_api().invalidate_candidate(candidate);
        self.drain();
    }

    pub fn add_remote(&mut self, candidate: Candidate) {
        if !self.remote_known {
            // More than any server has; a flood is not worth keeping.
            if self.candidates_waiting.len() < 64 {
                self.candidates_waiting.push(candidate);
            }
            return;
        }
        self.rtc.add_remote_candidate(candidate);
        self.drain();
    }

    /// Asks for one more section to receive on, in the next offer.
    pub fn want_receive(&mut self, kind: Kind) {
        self.sections.push(Section { kind, role: Role::Receive, mid: SectionMid::New });
    }

    /// Asks for a section to send on, in the next offer. More than one layer is simulcast.
    pub fn want_send(&mut self, kind: Kind, cid: String, layers: Vec<Layer>) {
        self.sections.push(Section { kind, role: Role::Send { cid, layers }, mid: SectionMid::New });
    }

    /// Gives up a section that was sent on.
    pub fn retire(&mut self, cid: &str) {
        for section in &mut self.sections {
            if matches!(&section.role, Role::Send { cid: c, .. } if c == cid) {
                section.role = Role::Retired;
            }
        }
    }

    /// Sections to receive on, agreed or to come.
    pub fn receive_sections(&self, kind: Kind) -> usize {
        self.sections.iter().filter(|s| s.kind == kind && s.role == Role::Receive).count()
    }

    pub fn is_negotiating(&self) -> bool {
        self.pending.is_some()
    }

    /// Forgets an offer whose answer will not come.
    pub fn abandon_offer(&mut self) {
        self.pending = None;
        for section in &mut self.sections {
            if matches!(section.mid, SectionMid::Offered(_)) {
                section.mid = SectionMid::New;
            }
        }
        if !self.remote_known {
            self.channels = None;
        }
    }

    /// Makes an offer of all sections. `busy` says which sections media comes in on.
    ///
    /// str0m makes none when nothing changed, but the server asks for one whenever *it* has
    /// something to say: then an idle section is touched, or one added.
    pub fn offer(&mut self, restart_ice: bool, busy: &dyn Fn(Mid) -> bool) -> Option<String> {
        if self.broken || self.pending.is_some() {
            return None;
        }
        let mut api = self.rtc.sdp_api();
        if restart_ice {
            api.ice_restart(true);
        }
        for section in &mut self.sections {
            let direction = match section.role {
                Role::Receive => Direction::RecvOnly,
                Role::Send { .. } => Direction::SendOnly,
                Role::Retired => Direction::Inactive,
            };
            match section.mid {
                SectionMid::Agreed(mid) => api.set_direction(mid, direction),
                _ if section.role == Role::Retired => {}
                _ => {
                    let (stream, track, simulcast) = match &section.role {
                        Role::Send { cid, layers } => (Some("-".into()), Some(cid.clone()), simulcast(layers)),
                        _ => (None, None, None),
                    };
                    let mid = api.add_media(media_kind(section.kind), direction, stream, track, simulcast);
                    section.mid = SectionMid::Offered(mid);
                }
            }
        }
        if self.channels.is_none() {
            let reliable = api.add_channel_with_config(channel(RELIABLE, true, Reliability::Reliable));
            let lossy =
                api.add_channel_with_config(channel(LOSSY, false, Reliability::MaxRetransmits { retransmits: 0 }));
            self.channels = Some((reliable, lossy));
        }
        if !api.has_changes() {
            let idle = self.sections.iter().find_map(|s| match s.mid {
                SectionMid::Agreed(mid) if s.role == Role::Receive && !busy(mid) => Some(mid),
                _ => None,
            });
            if let Some(mid) = idle {
                api.set_direction(mid, Direction::Inactive);
                api.set_direction(mid, Direction::RecvOnly);
            } else {
                let mid = api.add_media(MediaKind::Audio, Direction::RecvOnly, None, None, None);
                self.sections.push(Section { kind: Kind::Audio, role: Role::Receive, mid: SectionMid::Offered(mid) });
            }
        }
        let (offer, pending) = api.apply()?;
        self.pending = Some(pending);
        let sdp = offer.to_sdp_string();
        self.last_offer = Some(sdp.clone());
        self.drain();
        Some(sdp)
    }

    /// Takes the answer to our offer. `false`: it does not fit.
    pub fn answer(&mut self, sdp: &str) -> bool {
        let Some(pending) = self.pending.take() else { return true };
        let (first_streams, replacements) = self.streams.take(sdp);
        let accepted = SdpAnswer::from_sdp_string(&first_streams)
            .ok()
            .map(|answer| self.rtc.sdp_api().accept_answer(pending, answer));
        self.drain();
        if let Some(Ok(())) = accepted {
            for section in &mut self.sections {
                if let SectionMid::Offered(mid) = section.mid {
                    section.mid = SectionMid::Agreed(mid);
                }
            }
            self.replace(&replacements);
            self.last_answer = Some(sdp.to_owned());
            self.remote_is_known();
            true
        } else {
            tracing::debug!(?accepted, "answer refused");
            self.abandon_offer();
            false
        }
    }

    /// Takes the server's offer and makes the answer. `None`: it does not fit.
    pub fn accept(&mut self, sdp: &str) -> Option<String> {
        let (first_streams, replacements) = self.streams.take(sdp);
        let offer = SdpOffer::from_sdp_string(&first_streams).ok()?;
        let answer = self.rtc.sdp_api().accept_offer(offer);
        self.drain();
        let answer = answer.ok()?.to_sdp_string();
        self.replace(&replacements);
        self.last_offer = Some(sdp.to_owned());
        self.last_answer = Some(answer.clone());
        self.remote_is_known();
        Some(answer)
    }

    /// Some sections carry another stream from now on.
    fn replace(&mut self, replacements: &[Replacement]) {
        for replacement in replacements {
            if self.rtc.media(replacement.mid()).is_some() {
                replacement.declare(&mut self.rtc.direct_api());
            }
        }
        self.drain();
    }

    fn remote_is_known(&mut self) {
        self.remote_known = true;
        for candidate in std::mem::take(&mut self.candidates_waiting) {
            self.rtc.add_remote_candidate(candidate);
            self.drain();
        }
    }

    /// Whether this datagram is for this peer connection.
    pub fn accepts(&self, now: Instant, proto: Protocol, from: SocketAddr, to: SocketAddr, bytes: &[u8]) -> bool {
        Receive::new(proto, from, to, bytes).is_ok_and(|r| self.rtc.accepts(&Input::Receive(now, r)))
    }

    pub fn receive(&mut self, now: Instant, proto: Protocol, from: SocketAddr, to: SocketAddr, bytes: &[u8]) {
        let Ok(receive) = Receive::new(proto, from, to, bytes) else { return };
        self.input(Input::Receive(now, receive));
    }

    pub fn timeout(&mut self, now: Instant) {
        while let Some(transmit) = self.twice.due(now) {
            self.happened.push_back(Happening::Transmit(transmit));
        }
        self.input(Input::Timeout(now));
    }

    fn input(&mut self, input: Input<'_>) {
        if self.broken {
            return;
        }
        let arrived = matches!(input, Input::Receive(..));
        let (Input::Receive(now, _) | Input::Timeout(now)) = input;
        self.now = now;
        match self.rtc.handle_input(input) {
            // What is wrong now and then in a long meeting does not add up.
            Ok(()) if arrived => self.errors = 0,
            Ok(()) => {}
            Err(error) => self.error(&error),
        }
        self.drain();
    }

    fn error(&mut self, error: &str0m::RtcError) {
        tracing::debug!(%error, target = ?self.target, "peer connection");
        self.errors += 1;
        if self.errors > ERRORS_MAX || !self.rtc.is_alive() {
            self.broke();
        }
    }

    fn broke(&mut self) {
        if !self.broken {
            self.broken = true;
            self.happened.push_back(Happening::Broken);
        }
    }

    fn drain(&mut self) {
        while !self.broken {
            match self.rtc.poll_output() {
                Ok(Output::Timeout(at)) => {
                    self.deadline = Some(at);
                    break;
                }
                Ok(Output::Transmit(t)) => {
                    self.twice.sent(&t, self.now);
                    self.happened.push_back(Happening::Transmit(t));
                }
                Ok(Output::Event(event)) => self.event(event),
                Err(error) => {
                    self.error(&error);
                    // What str0m reports instead of `Closed` when the other side closes DTLS before
                    // data channels are up.
                    if matches!(error, str0m::RtcError::Sctp(_)) {
                        self.broke();
                    }
                    break;
                }
            }
        }
    }

    fn event(&mut self, event: Event) {
        let happening = match event {
            Event::Connected => Happening::Connected,
            Event::IceConnectionStateChange(state) => {
                let up = matches!(state, IceConnectionState::Connected | IceConnectionState::Completed);
                self.path_up = up;
                match state {
                    IceConnectionState::New | IceConnectionState::Checking => return,
                    _ => Happening::Reach { up },
                }
            }
            Event::MediaData(data) => Happening::Media(Box::new(data)),
            Event::KeyframeRequest(request) => {
                Happening::KeyframeWanted { mid: request.mid, layer: request.rid.as_ref().and_then(layer_of) }
            }
            Event::EgressBitrateEstimate(BweKind::Twcc { estimate, .. } | BweKind::Remb { estimate, .. }) => {
                let turn = self.congestion.told(estimate.as_u64());
                return self.turned(turn);
            }
            Event::PeerStats(stats) => return self.look(&stats),
            Event::ChannelData(data) => Happening::Data(data.data),
            Event::ChannelOpen(..) => Happening::ChannelOpen,
            Event::Closed => return self.broke(),
            _ => return,
        };
        self.happened.push_back(happening);
    }

    /// Looks at what has become of what was sent.
    fn look(&mut self, stats: &PeerStats) {
        let sample = Sample { sent_bytes: stats.bytes_tx, lost: stats.egress_loss_fraction, rtt: stats.rtt };
        let newest_bps = stats.bwe_tx.map(|estimate| estimate.as_u64());
        tracing::trace!(?sample, newest_bps, "the path");
        let turns = self.congestion.look(sample, newest_bps, stats.timestamp);
        let losses = self.twice.note(sample.lost, self.congestion.is_late(), stats.timestamp);
        self.turned(turns.into_iter().chain(losses.map(Turn::Losses)));
    }

    /// What the path carries has changed.
    fn turned(&mut self, turns: impl IntoIterator<Item = Turn>) {
        for turn in turns {
            tracing::trace!(?turn, "the path");
            match turn {
                Turn::Estimate(_) | Turn::Losses(_) | Turn::Keyframe => {}
                Turn::Collapsed(bps) => {
                    self.rtc.bwe().reset(Bitrate::from(bps));
                    // What was lost is not worth its place now: streams are set up anew.
                    self.repeating.clear();
                }
                Turn::Narrow(narrow) => self.repeat_sound(!narrow),
            }
            self.happened.push_back(Happening::Path(turn));
        }
        self.pace();
    }

    /// Whether packets of sound carry the one before them again (RED).
    fn repeat_sound(&mut self, on: bool) {
        let mut api = self.rtc.direct_api();
        for section in self.sections.iter().filter(|s| s.kind == Kind::Audio) {
            if let (Role::Send { .. }, SectionMid::Agreed(mid)) = (&section.role, &section.mid) {
                api.set_red_send(*mid, on);
            }
        }
    }

    /// Pictures leave no faster than the path is taken to carry them; but those of the smallest layer do
    /// not wait behind larger ones.
    fn pace(&mut self) {
        let paced = self.congestion.estimate_bps() >= PACED_FROM_BPS;
        let mut api = self.rtc.direct_api();
        for section in self.sections.iter().filter(|s| s.kind == Kind::Video) {
            let (Role::Send { layers, .. }, SectionMid::Agreed(mid)) = (&section.role, &section.mid) else { continue };
            let simulcast = layers.len() > 1;
            for layer in layers {
                let rid = simulcast.then(|| rid(*layer));
                if let Some(stream) = api.stream_tx_by_mid(*mid, rid) {
                    stream.set_unpaced(if simulcast { Some(layer) == layers.iter().min() } else { !paced });
                    if self.repeating.insert((*mid, rid)) {
                        stream.set_rtx_cache(REPEATED_PACKETS, REPEATED_WITHIN, Some(REPEATED_SHARE_MAX));
                    }
                }
            }
        }
    }

    /// A layer is given up: its next picture to be sent is a key frame.
    pub fn give_up(&mut self, source: Source, layer: Layer) {
        self.backlog.give_up((source, Some(layer)));
    }

    /// Whether a picture would leave soon enough to be of use. If not, a key frame is due sometime.
    fn is_in_time(&mut self, mid: Mid, rid: Option<Rid>, least: bool, frame: &OutgoingFrame, now: Instant) -> bool {
        let mut api = self.rtc.direct_api();
        let stream = api.stream_tx_by_mid(mid, rid);
        let queued = stream.and_then(|s| s.queue_info().map(|info| info.byte_size())).unwrap_or(0);
        let path_bps = self.congestion.estimate_bps().max(PACED_FROM_BPS);
        let picture = Picture { keyframe: frame.keyframe, least, bytes: frame.data.len() };
        match self.backlog.judge((frame.source, frame.layer), picture, queued, path_bps, now) {
            Verdict::Send => true,
            Verdict::Drop => false,
            Verdict::DropAndAsk => {
                self.happened.push_back(Happening::KeyframeWanted { mid, layer: frame.layer });
                false
            }
        }
    }

    /// Sends a frame on the section of this track. `false`: it cannot be sent now.
    ///
    /// While ICE restarts, frames go on over the old path: it may well still be there.
    pub fn write(&mut self, cid: &str, frame: &OutgoingFrame, now: Instant) -> bool {
        let Some(mid) = self.send_mid(cid) else { return false };
        if !self.carries() {
            return false;
        }
        let layers = self.sections.iter().find_map(|s| match &s.role {
            Role::Send { cid: c, layers } if c == cid => Some(layers.as_slice()),
            _ => None,
        });
        let layers = layers.unwrap_or_default();
        let rid = frame.layer.filter(|_| layers.len() > 1).map(rid);
        let least = layers.len() < 2 || layers.iter().min() == frame.layer.as_ref();
        if frame.codec != Codec::Opus && !self.is_in_time(mid, rid, least, frame, now) {
            return false;
        }
        let Some(writer) = self.rtc.writer(mid) else { return false };
        let Some(pt) = pick(writer.payload_params(), frame.codec) else { return false };
        let mut writer = match rid {
            Some(rid) => writer.rid(rid),
            None => writer,
        };
        if let Some(level) = frame.audio_level {
            let level = i8::try_from(level.min(127)).unwrap_or(i8::MAX);
            // RFC 6464: below about -50 dBov nobody is speaking.
            writer = writer.audio_level(-level, level < 50);
        }
        let rate = if frame.codec == Codec::Opus { Frequency::FORTY_EIGHT_KHZ } else { Frequency::NINETY_KHZ };
        let ticks = frame.media_time.as_nanos() * u128::from(rate.get()) / 1_000_000_000;
        let time = MediaTime::new(ticks as u64, rate);
        let written = writer.write(pt, frame.captured, time, frame.data.as_slice());
        if let Err(error) = &written {
            tracing::debug!(%error, "frame not sent");
        }
        let written = written.is_ok();
        self.drain();
        // str0m makes packets of it on its next timeout, which is now.
        self.timeout(now);
        written
    }

    /// Which of our tracks a section carries.
    pub fn sends(&self, mid: Mid) -> Option<&str> {
        self.sections.iter().find_map(|s| match (&s.role, &s.mid) {
            (Role::Send { cid, .. }, SectionMid::Agreed(m)) if *m == mid => Some(cid.as_str()),
            _ => None,
        })
    }

    /// Whether the other side has agreed to a section for this track.
    pub fn can_send(&self, cid: &str) -> bool {
        self.send_mid(cid).is_some()
    }

    fn send_mid(&self, cid: &str) -> Option<Mid> {
        self.sections.iter().find_map(|s| match (&s.role, &s.mid) {
            (Role::Send { cid: c, .. }, SectionMid::Agreed(mid)) if c == cid => Some(*mid),
            _ => None,
        })
    }

    /// Asks the sender for a key frame. `false`: nothing arrives there yet.
    pub fn request_keyframe(&mut self, mid: Mid, now: Instant) -> bool {
        let Some(mut writer) = self.rtc.writer(mid) else { return false };
        let rids = [self.streams.rid(mid), None];
        let asked = rids.iter().any(|rid| writer.request_keyframe(*rid, KeyframeRequestKind::Pli).is_ok());
        self.drain();
        // str0m makes a packet of it on its next timeout, which is now.
        self.timeout(now);
        asked
    }

    /// Sends on a data channel. `false`: it is not open, or full.
    pub fn send_data(&mut self, reliable: bool, bytes: &[u8]) -> bool {
        let Some((r, l)) = self.channels else { return false };
        let id = if reliable { r } else { l };
        let sent = match self.rtc.channel(id) {
            Some(mut channel) => channel.write(true, bytes).unwrap_or(false),
            None => false,
        };
        self.drain();
        sent
    }

    /// The labels and SCTP stream ids of our data channels.
    pub fn channel_ids(&mut self) -> Vec<(String, u16)> {
        let Some((reliable, lossy)) = self.channels else { return Vec::new() };
        let api = self.rtc.direct_api();
        let ids = [(RELIABLE, reliable), (LOSSY, lossy)]
            .into_iter()
            .filter_map(|(label, id)| Some((label.to_owned(), api.sctp_stream_id_by_channel_id(id)?)))
            .collect();
        self.drain();
        ids
    }

    /// How much the encoder would like to send, in bits per second: the estimate probes for more. Up to
    /// `sought_bps` what is sent is filled up, as far as the path is known to carry it.
    pub fn desire(&mut self, sought_bps: u64, bitrate_bps: u64) {
        if self.desired.replace((sought_bps, bitrate_bps)) == Some((sought_bps, bitrate_bps)) {
            return;
        }
        self.rtc.bwe().set_bitrate(Bitrate::from(sought_bps), with_headroom(bitrate_bps));
        self.drain();
    }
}

fn with_headroom(bitrate_bps: u64) -> Bitrate {
    Bitrate::from(bitrate_bps * KEYFRAME_HEADROOM_PERCENT / 100)
}

fn channel(label: &str, ordered: bool, reliability: Reliability) -> ChannelConfig {
    ChannelConfig { label: label.into(), ordered, reliability, ..Default::default() }
}

fn media_kind(kind: Kind) -> MediaKind {
    match kind {
        Kind::Audio => MediaKind::Audio,
        Kind::Video => MediaKind::Video,
    }
}

fn simulcast(layers: &[Layer]) -> Option<Simulcast> {
    (layers.len() > 1).then(|| {
        let mut simulcast = Simulcast::new();
        for layer in layers.iter().rev() {
            simulcast.add_send_layer(SimulcastLayer::new(rid_name(*layer)));
        }
        simulcast
    })
}

fn rid_name(layer: Layer) -> &'static str {
    match layer {
        Layer::Low => "q",
        Layer::Medium => "h",
        Layer::High => "f",
    }
}

fn rid(layer: Layer) -> Rid {
    Rid::from(rid_name(layer))
}

fn layer_of(rid: &Rid) -> Option<Layer> {
    [Layer::Low, Layer::Medium, Layer::High].into_iter().find(|l| rid.to_string() == rid_name(*l))
}

/// The payload type to send a codec with; H.264 in packets of any size, constrained baseline first.
fn pick<'a>(params: impl Iterator<Item = &'a PayloadParams>, codec: Codec) -> Option<Pt> {
    let wanted = match codec {
        Codec::Opus => RtcCodec::Opus,
        Codec::Vp8 => RtcCodec::Vp8,
        Codec::Vp9 => RtcCodec::Vp9,
        Codec::H264 => RtcCodec::H264,
        Codec::Av1 => return None,
    };
    params
        .filter(|p| p.spec().codec == wanted)
        .max_by_key(|p| {
            let format = p.spec().format;
            let constrained = format.profile_level_id.is_some_and(|id| id >> 8 == 0x42e0);
            (format.packetization_mode == Some(1), constrained)
        })
        .map(PayloadParams::pt)
}

/// The codec of a received frame, if it is one of ours.
pub(super) fn codec_of(data: &MediaData) -> Option<Codec> {
    match data.params.spec().codec {
        RtcCodec::Opus => Some(Codec::Opus),
        RtcCodec::Vp8 => Some(Codec::Vp8),
        RtcCodec::Vp9 => Some(Codec::Vp9),
        RtcCodec::H264 => Some(Codec::H264),
        RtcCodec::Av1 => Some(Codec::Av1),
        _ => None,
    }
}

/// RTP time of a received frame as a duration of the sender's clock.
pub(super) fn media_time(data: &MediaData) -> Duration {
    ticks_to_duration(data.time.numer(), data.time.denom())
}

/// The sender's wall clock for a received frame, from its last sender report.
pub(super) fn sender_time(data: &MediaData) -> Option<Duration> {
    let report = data.last_sender_info?;
    let at_report = report.ntp_time.duration_since(std::time::SystemTime::UNIX_EPOCH).ok()?;
    let rate = data.time.denom();
    // The report's clock may be counted from elsewhere: only the 32 bits on the wire compare.
    let frame = data.time.numer() as u32;
    let reported = report.rtp_time.numer() as u32;
    let ticks = i64::from(frame.wrapping_sub(reported) as i32);
    let offset = ticks_to_duration(ticks.unsigned_abs(), rate);
    if ticks >= 0 { at_report.checked_add(offset) } else { at_report.checked_sub(offset) }
}

fn ticks_to_duration(ticks: u64, rate: u32) -> Duration {
    let rate = u64::from(rate.max(1));
    Duration::new(ticks / rate, ((ticks % rate) * 1_000_000_000 / rate) as u32)
}
