//! One WebRTC connection of one participant.

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use livekit_protocol as lk;
use str0m::bwe::{Bitrate, BweKind};
use str0m::change::{SdpAnswer, SdpOffer, SdpPendingOffer};
use str0m::channel::{ChannelConfig, ChannelId, Reliability};
use str0m::format::{Codec, PayloadParams};
use str0m::media::{Direction, KeyframeRequestKind, MediaKind, Mid, Rid};
use str0m::net::{Protocol, Receive, TcpType};
use str0m::rtp::{ExtensionValues, RtpPacket, RtpWrite, Ssrc};
use str0m::{Candidate, Event, IceConnectionState, Input, Output, Rtc, RtcConfig};

use super::forward::Renumbered;
use super::lies::Lies;
use super::sdp::{self, Outgoing};

const RELIABLE: &str = "_reliable";
const LOSSY: &str = "_lossy";

/// How many packets are kept to be repeated, and how long; however many are asked for are repeated.
const REPEATED: (usize, Duration) = (2000, Duration::from_secs(3));

/// What a path is taken to carry until it says otherwise: more than a meeting of these tests needs.
const FIRST_ESTIMATE: Bitrate = Bitrate::mbps(10);

/// How often the path to a client is looked at; how late packets are that wait in a queue; how long what str0m
/// tells of its estimate has the time before in it.
const LOOK_EVERY: Duration = Duration::from_millis(100);
const LATE: Duration = Duration::from_millis(120);
const MEAN_WITHIN: Duration = Duration::from_millis(3500);

/// Where media can reach this server, and how it treats what it sends.
#[derive(Debug, Clone, Copy)]
pub(super) struct Addresses {
    pub udp: Option<SocketAddr>,
    pub tcp: Option<SocketAddr>,
    pub ice_lite: bool,
    pub congestion_control: bool,
}

impl Addresses {
    pub fn candidates(self) -> Vec<Candidate> {
        let udp = self.udp.and_then(|a| Candidate::host(a, "udp").ok());
        let tcp = self.tcp.and_then(|a| Candidate::builder().tcp().host(a).tcptype(TcpType::Passive).build().ok());
        udp.into_iter().chain(tcp).collect()
    }
}

/// What happened on a connection.
pub(super) enum Happening {
    Up,
    Down,
    Packet { mid: Mid, rid: Option<Rid>, packet: Box<RtpPacket> },
    KeyframeWanted { mid: Mid },
    Data { reliable: bool, bytes: Vec<u8> },
    Transmit { protocol: Protocol, remote: SocketAddr, bytes: Vec<u8> },
}

#[derive(Debug, Clone, PartialEq)]
enum Content {
    Free,
    /// The client still has to be told that the track left.
    Leaving,
    /// It was told so.
    Left,
    Track {
        publisher: String,
        track: String,
    },
}

/// A section on which the client only receives.
#[derive(Debug)]
struct Place {
    mid: Mid,
    /// The client still wants to receive there.
    open: bool,
    audio: bool,
    content: Content,
}

pub(super) struct Peer {
    rtc: Rtc,
    lies: Lies,
    pub deadline: Instant,
    places: Vec<Place>,
    pending: Option<SdpPendingOffer>,
    reliable: Option<ChannelId>,
    lossy: Option<ChannelId>,
    offers: u32,
    pub up: bool,
    /// The description the client has is not what we would say now.
    pub stale: bool,
    /// A description was exchanged.
    pub described: bool,
    /// What the path to the client carries, with congestion control.
    pub estimate_bps: Option<u64>,
    congestion_control: bool,
    /// The fastest round trip so far, and until when packets count as late.
    fastest: Option<Duration>,
    late_until: Option<Instant>,
    repeating: HashSet<Mid>,
}

impl Peer {
    pub fn new(addresses: Addresses, lies: Lies, now: Instant) -> Peer {
        let mut rtc = RtcConfig::new()
            .clear_codecs()
            .enable_opus(true, true)
            .enable_pcmu(true, false)
            .enable_pcma(true, false)
            .enable_vp8(true)
            .enable_h264(true)
            .enable_vp9(true)
            .enable_av1(true)
            .set_ice_lite(addresses.ice_lite)
            .set_rtp_mode(true)
            .set_stats_interval(addresses.congestion_control.then_some(LOOK_EVERY))
            .enable_bwe(addresses.congestion_control.then_some(FIRST_ESTIMATE))
            .build(now);
        for candidate in addresses.candidates() {
            rtc.add_local_candidate(candidate);
        }
        Peer {
            rtc,
            lies,
            deadline: now,
            places: Vec::new(),
            pending: None,
            reliable: None,
            lossy: None,
            offers: 0,
            up: false,
            stale: false,
            described: false,
            estimate_bps: None,
            congestion_control: addresses.congestion_control,
            fastest: None,
            late_until: None,
            repeating: HashSet::new(),
        }
    }

    /// Whether this datagram is for this connection.
    pub fn accepts(&self, now: Instant, protocol: Protocol, from: SocketAddr, to: SocketAddr, bytes: &[u8]) -> bool {
        Receive::new(protocol, from, to, bytes).is_ok_and(|r| self.rtc.accepts(&Input::Receive(now, r)))
    }

    pub fn receive(&mut self, now: Instant, protocol: Protocol, from: SocketAddr, to: SocketAddr, bytes: &[u8]) {
        if let Ok(receive) = Receive::new(protocol, from, to, bytes) {
            self.input(Input::Receive(now, receive));
        }
        self.deadline = now;
    }

    /// A way to the client that it told of. Those that are names on its own network lead nowhere from here.
    pub fn reachable_at(&mut self, candidate: &str, now: Instant) {
        match Candidate::from_sdp_string(candidate) {
            Ok(candidate) if candidate.proto() == Protocol::Udp => {
                self.rtc.add_remote_candidate(candidate);
                self.deadline = now;
            }
            // A client's TCP side only opens connections.
            Ok(_) => {}
            Err(error) => tracing::debug!(%error, "candidate"),
        }
    }

    fn input(&mut self, input: Input<'_>) {
        if let Err(error) = self.rtc.handle_input(input) {
            tracing::debug!(%error, "connection");
        }
    }

    /// Runs the connection up to `now`, if it is due.
    pub fn poll(&mut self, now: Instant, mut happened: impl FnMut(Happening)) {
        if !self.rtc.is_alive() {
            // Nothing is due on a dead connection: a deadline in the past would wake us for ever.
            self.deadline = now + std::time::Duration::from_secs(3600);
        }
        if self.deadline > now {
            return;
        }
        self.input(Input::Timeout(now));
        loop {
            match self.rtc.poll_output() {
                // Never twice at the same time without something new.
                Ok(Output::Timeout(at)) => break self.deadline = at.max(now + std::time::Duration::from_micros(1)),
                Ok(Output::Transmit(t)) => {
                    happened(Happening::Transmit { protocol: t.proto, remote: t.destination, bytes: t.contents.into() })
                }
                Ok(Output::Event(event)) => {
                    if let Some(happening) = self.event(event) {
                        happened(happening);
                    }
                }
                Err(error) => {
                    tracing::debug!(%error, "connection");
                    break self.deadline = now + std::time::Duration::from_millis(100);
                }
            }
        }
    }

    fn event(&mut self, event: Event) -> Option<Happening> {
        Some(match event {
            Event::Connected => {
                self.up = true;
                Happening::Up
            }
            Event::IceConnectionStateChange(IceConnectionState::Disconnected) | Event::Closed => {
                self.up = false;
                Happening::Down
            }
            Event::IceConnectionStateChange(IceConnectionState::Connected | IceConnectionState::Completed)
                if self.rtc.is_connected() =>
            {
                self.up = true;
                Happening::Up
            }
            Event::RtpPacket(packet) => {
                let mut api = self.rtc.direct_api();
                let stream = api.stream_rx(&packet.header.ssrc)?;
                Happening::Packet { mid: stream.mid(), rid: stream.rid(), packet: Box::new(packet) }
            }
            Event::KeyframeRequest(request) => Happening::KeyframeWanted { mid: request.mid },
            Event::ChannelOpen(id, label) => {
                match label.as_str() {
                    RELIABLE => self.reliable = Some(id),
                    LOSSY => self.lossy = Some(id),
                    _ => {}
                }
                return None;
            }
            Event::ChannelData(data) => {
                let reliable = match Some(data.id) {
                    id if id == self.reliable => true,
                    id if id == self.lossy => false,
                    _ => return None,
                };
                Happening::Data { reliable, bytes: data.data }
            }
            Event::EgressBitrateEstimate(BweKind::Twcc { estimate, .. }) => {
                // What is told is a mean of seconds: too much while a queue builds up.
                let late = self.late_until.is_some();
                self.estimate_bps = self.estimate_bps.filter(|bps| late && *bps < estimate.as_u64());
                self.estimate_bps = self.estimate_bps.or(Some(estimate.as_u64()));
                return None;
            }
            Event::PeerStats(stats) => {
                self.fastest = self.fastest.into_iter().chain(stats.rtt).min();
                if stats.rtt.zip(self.fastest).is_some_and(|(rtt, fastest)| rtt >= fastest + LATE) {
                    self.late_until = Some(stats.timestamp + MEAN_WITHIN);
                }
                self.late_until.take_if(|until| *until <= stats.timestamp);
                if let (Some(_), Some(newest)) = (self.late_until, stats.bwe_tx) {
                    self.estimate_bps = Some(newest.as_u64());
                }
                return None;
            }
            _ => return None,
        })
    }

    /// Has the path searched for room for so many bits per second, with padding up to `least_bps`.
    pub fn seek(&mut self, least_bps: u64, desired_bps: u64) {
        if self.congestion_control {
            self.rtc.bwe().set_bitrate(least_bps.into(), desired_bps.into());
        }
    }

    /// Takes a client's offer; the answer is finished by [`Peer::describe`], once tracks have their places.
    pub fn offered(&mut self, offer: &str, now: Instant) -> Option<(Vec<sdp::Section>, String)> {
        let parsed = SdpOffer::from_sdp_string(offer).inspect_err(|error| tracing::debug!(%error, "offer")).ok()?;
        let answer = self.rtc.sdp_api().accept_offer(parsed);
        self.deadline = now;
        let answer = answer.inspect_err(|error| tracing::debug!(%error, "offer")).ok()?.to_sdp_string();
        let sections = sdp::sections(offer);
        for section in &sections {
            let mid = Mid::from(section.mid.as_str());
            let known = self.places.iter().position(|p| p.mid == mid);
            match (section.receives && !section.sends, known) {
                (true, None) => {
                    self.places.push(Place { mid, open: true, audio: section.audio, content: Content::Free });
                }
                (true, Some(at)) => self.places[at].open = true,
                (false, Some(at)) => (self.places[at].open, self.places[at].content) = (false, Content::Left),
                (false, None) => {}
            }
        }
        self.described = true;
        Some((sections, answer))
    }

    /// Finishes a description made by str0m, and says which section carries which track.
    pub fn describe(&mut self, sdp: &str, offer: &[sdp::Section]) -> (String, HashMap<String, String>) {
        let (mut outgoing, mut tracks) = (HashMap::new(), HashMap::new());
        for place in self.places.iter_mut().filter(|p| p.open) {
            let mid = place.mid.to_string();
            let says = match &place.content {
                Content::Free => Outgoing::Free,
                Content::Leaving | Content::Left => {
                    place.content = Content::Left;
                    Outgoing::Gone
                }
                Content::Track { publisher, track } => {
                    tracks.insert(mid.clone(), track.clone());
                    let mut api = self.rtc.direct_api();
                    let stream = api.stream_tx_by_mid(place.mid, None);
                    let known = stream.map(|s| (*s.ssrc(), s.rtx().map(|rtx| *rtx)));
                    // A section that is only offered yet has its numbers in str0m's text.
                    let (ssrc, rtx) = known.or_else(|| sdp::numbers(sdp, &mid)).unwrap_or((0, None));
                    Outgoing::Track { publisher: publisher.clone(), track: track.clone(), ssrc, rtx }
                }
            };
            outgoing.insert(mid, says);
        }
        self.stale = false;
        (self.lies.in_description(&sdp::rewrite(sdp, &outgoing, offer)), tracks)
    }

    /// Where a track is, if it has a place.
    pub fn place_of(&self, wanted: &str) -> Option<Mid> {
        let is = |p: &&Place| matches!(&p.content, Content::Track { track, .. } if track == wanted);
        self.places.iter().find(is).map(|p| p.mid)
    }

    /// Whether the client takes this codec (`video/VP8`) in a section; `None` before it has said so.
    pub fn takes(&self, mid: Mid, mime: &str) -> Option<bool> {
        let usable = self.rtc.media(mid)?.remote_pts();
        let mut params = self.rtc.codec_config().params().iter().filter(|p| usable.contains(&p.pt()));
        let is = |p: &PayloadParams| {
            mime.rsplit('/').next().is_some_and(|c| c.eq_ignore_ascii_case(&p.spec().codec.to_string()))
        };
        (!usable.is_empty()).then(|| params.any(is))
    }

    /// Which track is in a section.
    pub fn track_at(&self, mid: Mid) -> Option<&str> {
        self.places.iter().find(|p| p.mid == mid).and_then(|p| match &p.content {
            Content::Track { track, .. } => Some(track.as_str()),
            _ => None,
        })
    }

    /// Puts a track in a free section. `false`: there is none.
    pub fn place(&mut self, audio: bool, publisher: &str, track: &str) -> bool {
        let free = |p: &&mut Place| p.open && p.audio == audio && matches!(p.content, Content::Free | Content::Left);
        let Some(place) = self.places.iter_mut().find(free) else { return false };
        let mut api = self.rtc.direct_api();
        if place.content == Content::Left {
            // Another track is another stream: the old numbers must not confuse its decoder.
            let (ssrc, rtx) = (api.new_ssrc(), api.new_ssrc());
            let rtx = api.stream_tx_by_mid(place.mid, None).and_then(|s| s.rtx()).map(|_| rtx);
            api.reset_stream_tx(place.mid, None, ssrc, rtx);
        }
        place.content = Content::Track { publisher: publisher.into(), track: track.into() };
        self.stale = true;
        true
    }

    /// Takes a track out of its section; the section is free again once the client was told.
    pub fn displace(&mut self, gone: &str) {
        for place in &mut self.places {
            if matches!(&place.content, Content::Track { track, .. } if track == gone) {
                place.content = Content::Leaving;
                self.stale = true;
            }
        }
    }

    /// Whether an offer of ours waits for its answer.
    pub fn offering(&self) -> bool {
        self.pending.is_some()
    }

    /// Makes our offer, with new sections for `tracks`: audio or not, publisher, track.
    pub fn offer(
        &mut self,
        tracks: &[(bool, String, String)],
        restart_ice: bool,
        now: Instant,
    ) -> Option<lk::SessionDescription> {
        let mut api = self.rtc.sdp_api();
        if restart_ice {
            api.ice_restart(true);
        }
        if self.reliable.is_none() {
            self.reliable = Some(api.add_channel_with_config(channel(RELIABLE, true, Reliability::Reliable)));
            let loose = Reliability::MaxRetransmits { retransmits: 0 };
            self.lossy = Some(api.add_channel_with_config(channel(LOSSY, false, loose)));
        }
        for place in &self.places {
            let sends = matches!(place.content, Content::Track { .. });
            api.set_direction(place.mid, if sends { Direction::SendOnly } else { Direction::Inactive });
        }
        for (audio, publisher, track) in tracks {
            let kind = if *audio { MediaKind::Audio } else { MediaKind::Video };
            let mid = api.add_media(kind, Direction::SendOnly, None, None, None);
            let content = Content::Track { publisher: publisher.clone(), track: track.clone() };
            self.places.push(Place { mid, open: true, audio: *audio, content });
        }
        let (offer, pending) = api.apply()?;
        self.pending = Some(pending);
        self.deadline = now;
        self.offers += 1;
        let (sdp, mid_to_track_id) = self.describe(&offer.to_sdp_string(), &[]);
        Some(lk::SessionDescription { r#type: "offer".into(), sdp, id: self.offers, mid_to_track_id })
    }

    /// Forgets an offer whose answer will not come.
    pub fn abandon_offer(&mut self) {
        if self.pending.take().is_some() {
            // Sections nobody agreed to never were.
            let rtc = &self.rtc;
            self.places.retain(|p| rtc.media(p.mid).is_some());
            self.stale = true;
        }
    }

    /// Takes the answer to our offer.
    pub fn answered(&mut self, answer: &str, now: Instant) {
        let Some(pending) = self.pending.take() else { return };
        let taken = SdpAnswer::from_sdp_string(answer)
            .map_err(|error| error.to_string())
            .and_then(|answer| self.rtc.sdp_api().accept_answer(pending, answer).map_err(|error| error.to_string()));
        if let Err(error) = taken {
            tracing::debug!(error, "answer");
        }
        self.described = true;
        self.deadline = now;
    }

    /// Sends a packet received by `from` in a section of ours.
    pub fn send(&mut self, mid: Mid, from: &PayloadParams, packet: &RtpPacket, new: Renumbered, now: Instant) {
        let Some(media) = self.rtc.media(mid) else { return };
        let usable = media.remote_pts();
        let params = self.rtc.codec_config().params();
        let same = |p: &&PayloadParams| usable.contains(&p.pt()) && p.spec().codec == from.spec().codec;
        let exact = params.iter().filter(same).find(|p| p.spec().format == from.spec().format);
        let Some(to) = exact.or_else(|| params.iter().find(same)) else { return };
        let mut payload = packet.payload.clone();
        let mut pt = to.pt();
        if from.red() == Some(packet.header.payload_type) {
            match to.red() {
                Some(red) => pt = red,
                // Who takes no redundancy gets what it was wrapped around.
                None => match super::red::primary(&payload) {
                    Some(start) => payload = payload[start..].into(),
                    None => return,
                },
            }
        }
        let received = &packet.header.ext_vals;
        let extensions = ExtensionValues {
            audio_level: received.audio_level,
            voice_activity: received.voice_activity,
            video_orientation: received.video_orientation,
            ..Default::default()
        };
        let mut write = RtpWrite::new(pt, new.sequence.into(), new.timestamp, packet.timestamp, payload)
            .marker(packet.header.marker)
            .nackable(from.spec().codec.is_video())
            .ext_vals(extensions);
        if let Some(patch) = new.vp8 {
            write = write.vp8_patch(patch);
        }
        let mut api = self.rtc.direct_api();
        if let Some(stream) = api.stream_tx_by_mid(mid, None) {
            // What came in one burst goes out in one.
            stream.set_unpaced(true);
            if self.repeating.insert(mid) {
                stream.set_rtx_cache(REPEATED.0, REPEATED.1, None);
            }
            stream.write_rtp(write);
            self.deadline = now;
        }
    }

    /// Sends a packet of our own, the only one of its picture or frame of sound.
    pub fn send_own(&mut self, mid: Mid, codec: Codec, payload: Vec<u8>, new: &Renumbered, now: Instant) {
        let Some(media) = self.rtc.media(mid) else { return };
        let usable = media.remote_pts();
        let mut params = self.rtc.codec_config().params().iter();
        let params = params.find(|p| usable.contains(&p.pt()) && p.spec().codec == codec);
        let Some(pt) = params.map(PayloadParams::pt) else { return };
        let write = RtpWrite::new(pt, new.sequence.into(), new.timestamp, now, payload);
        let write = write.marker(codec.is_video()).nackable(codec.is_video());
        let mut api = self.rtc.direct_api();
        if let Some(stream) = api.stream_tx_by_mid(mid, None) {
            stream.write_rtp(write);
            self.deadline = now;
        }
    }

    /// The negotiated parameters of a received packet's payload type.
    pub fn params_of(&self, packet: &RtpPacket) -> Option<PayloadParams> {
        let pt = packet.header.payload_type;
        self.rtc.codec_config().params().iter().find(|p| p.pt() == pt || p.red() == Some(pt)).cloned()
    }

    /// Asks the client for a key frame.
    pub fn request_keyframe(&mut self, ssrc: Ssrc, now: Instant) {
        if let Some(stream) = self.rtc.direct_api().stream_rx(&ssrc) {
            stream.request_keyframe(KeyframeRequestKind::Pli);
            self.deadline = now;
        }
    }

    /// Sends on a data channel; what does not fit is lost.
    pub fn send_data(&mut self, reliable: bool, bytes: &[u8], now: Instant) {
        let id = if reliable { self.reliable } else { self.lossy };
        if let Some(mut channel) = id.and_then(|id| self.rtc.channel(id)) {
            let _ = channel.write(true, bytes);
            self.deadline = now;
        }
    }
}

fn channel(label: &str, ordered: bool, reliability: Reliability) -> ChannelConfig {
    ChannelConfig { label: label.into(), ordered, reliability, ..Default::default() }
}
