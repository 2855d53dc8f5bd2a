//! One subscriber's view of one track: which simulcast layer, and one unbroken stream made of it.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use str0m::format::Codec;
use str0m::rtp::{RtpPacket, Vp8Descriptor, Vp8Patch};

/// How LiveKit's servers tell that a layer has stopped (their stream tracker, which counts packets): too few
/// of them in half a second. Of the lowest layer one is enough, for it is never given up.
const LOOK_EVERY: Duration = Duration::from_millis(500);
const PACKETS_MIN: [u32; 3] = [1, 5, 5];

/// A black VP8 picture of 8×8, a key frame: how a camera that is muted ends for those who watch it. To the byte the one
/// real servers send: in encrypted meetings clients know it by its hash, and take no other.
pub const BLACK_PICTURE: [u8; 31] = [
    0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 0x08, 0x00, 0x08, 0x00, 0x00, 0x47, 0x08, 0x85, 0x85, 0x88, 0x85, 0x84, 0x88,
    0x02, 0x02, 0x00, 0x0c, 0x0d, 0x60, 0x00, 0xfe, 0xff, 0xab, 0x50, 0x80,
];

/// Packets of padding that are remembered: what comes so late was sent a second ago.
const LEFT_OUT_MAX: usize = 256;

/// A simulcast layer: 0 low (rid `q`), 1 medium (`h`), 2 high (`f`, or a track without layers).
pub(super) type Layer = usize;

/// The layer of a rid.
pub(super) fn layer_of(rid: Option<&str>) -> Layer {
    match rid {
        Some("q") => 0,
        Some("h") => 1,
        _ => 2,
    }
}

/// Which layers are there.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Layers {
    seen: [Option<Seen>; 3],
    /// There is only one, whichever it is: it is the lowest.
    single: bool,
}

/// What came of a layer since it was last looked at.
#[derive(Debug, Clone, Copy)]
struct Seen {
    there: bool,
    packets: u32,
    since: Instant,
}

impl Layers {
    /// Of a track that has several, or one.
    pub fn of(simulcast: bool) -> Layers {
        Layers { single: !simulcast, ..Layers::default() }
    }

    /// Notes a packet of a layer; says whether the layer begins with it. One that was silent begins with its
    /// first packet, one that had become too thin with a whole half second.
    ///
    /// LiveKit's servers wait longer for the latter: two seconds for the lowest layer, ten for the others.
    pub fn saw(&mut self, layer: Layer, now: Instant) -> bool {
        let was_there = self.is_there(layer);
        self.look(now);
        match &mut self.seen[layer] {
            Some(seen) => {
                seen.packets += 1;
                seen.there && !was_there
            }
            silent => {
                *silent = Some(Seen { there: true, packets: 1, since: now });
                true
            }
        }
    }

    /// Which layers have stopped, or are there again.
    pub fn look(&mut self, now: Instant) {
        for (layer, seen) in self.seen.iter_mut().enumerate() {
            let Some(before) = seen.filter(|s| now.saturating_duration_since(s.since) >= LOOK_EVERY) else { continue };
            let enough = before.packets >= if self.single { 1 } else { PACKETS_MIN[layer] };
            *seen = (before.packets > 0).then_some(Seen { there: enough, packets: 0, since: now });
        }
    }

    fn is_there(&self, layer: Layer) -> bool {
        self.seen[layer].is_some_and(|seen| seen.there)
    }

    /// The best layer that is there and not above `wanted`; else the least above it.
    pub fn choose(&self, wanted: Layer) -> Option<Layer> {
        let there = |l: &Layer| self.is_there(*l);
        (0..=wanted).rev().find(there).or_else(|| (wanted + 1..3).find(there))
    }
}

/// What each layer takes.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Rates {
    bytes: [u64; 3],
    bps: [u64; 3],
}

impl Rates {
    pub fn saw(&mut self, layer: Layer, bytes: usize) {
        self.bytes[layer] += bytes as u64;
    }

    /// So much time has passed since this was last said.
    pub fn passed(&mut self, time: Duration) {
        for (bytes, bps) in self.bytes.iter_mut().zip(&mut self.bps) {
            let now = (std::mem::take(bytes) as f64 * 8.0 / time.as_secs_f64()) as u64;
            // Key frames are no reason to take a layer away.
            *bps = if *bps == 0 { now } else { (*bps * 4 + now) / 5 };
        }
    }

    /// Bits per second of each layer that is there.
    pub fn of(&self, layers: &Layers) -> [Option<u64>; 3] {
        [0, 1, 2].map(|layer| layers.is_there(layer).then_some(self.bps[layer]))
    }
}

/// A packet's new numbers.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Renumbered {
    pub sequence: u64,
    pub timestamp: u32,
    pub vp8: Option<Vp8Patch>,
}

#[derive(Debug, Clone)]
struct Source {
    layer: Layer,
    first: u64,
    last: u64,
    /// Added to what comes in, wrapping; of what came before padding that was left out, one more for each.
    sequence: u64,
    timestamp: u32,
    picture: u16,
    tl0: u8,
    /// Padding that was left out, the oldest first: what was sent before it may come after it.
    left_out: VecDeque<u64>,
}

/// Renumbers packets of whichever layer is current so that the subscriber sees one stream.
#[derive(Debug, Default)]
pub(super) struct Forwarder {
    source: Option<Source>,
    target: Option<Layer>,
    last_sequence: u64,
    last_timestamp: u32,
    last_at: Option<Instant>,
    last_picture: u16,
    last_tl0: u8,
}

impl Forwarder {
    /// Which layer to switch to at its next key frame; `None` stops.
    pub fn aim(&mut self, target: Option<Layer>) {
        self.target = target;
        if target.is_none() {
            self.source = None;
        }
    }

    /// The layer whose key frame it waits for.
    pub fn waits_for(&self) -> Option<Layer> {
        self.target.filter(|t| self.source.as_ref().is_none_or(|s| s.layer != *t))
    }

    pub fn current(&self) -> Option<Layer> {
        self.source.as_ref().map(|s| s.layer)
    }

    /// The last packet of a camera that was muted, as the recorded servers send it: what is seen last is no face. It
    /// ends with `trailer`, by which clients that decrypt know it from the camera's own. `None`: nothing was seen. VP8
    /// only.
    pub fn black(&mut self, trailer: &[u8], now: Instant) -> Option<(Renumbered, Vec<u8>)> {
        self.source.take()?;
        let new = self.next(Codec::Vp8, now);
        self.last_picture = (self.last_picture + 1) & 0x7fff;
        self.last_tl0 = self.last_tl0.wrapping_add(1);
        let [high, low] = self.last_picture.to_be_bytes();
        // Start of a partition; a picture id of 15 bits, TL0PICIDX and a temporal layer follow.
        let mut payload = vec![0x90, 0xe0, 0x80 | high, low, self.last_tl0, 0];
        payload.extend_from_slice(&BLACK_PICTURE);
        payload.extend_from_slice(trailer);
        Some((new, payload))
    }

    /// The numbers of a frame of silence in place of what was heard. `None`: nothing was.
    pub fn silence(&mut self, now: Instant) -> Option<Renumbered> {
        // What comes after it is numbered anew.
        self.source = None;
        self.last_at?;
        Some(self.next(Codec::Opus, now))
    }

    /// The numbers of a packet of our own.
    fn next(&mut self, codec: Codec, now: Instant) -> Renumbered {
        self.last_sequence += 1;
        self.last_timestamp = self.timestamp_at(codec, now).unwrap_or(self.last_timestamp);
        self.last_at = Some(now);
        Renumbered { sequence: self.last_sequence, timestamp: self.last_timestamp, vp8: None }
    }

    /// The timestamp of what comes now, if anything came before.
    fn timestamp_at(&self, codec: Codec, now: Instant) -> Option<u32> {
        let rate = match codec {
            Codec::Opus => 48,
            Codec::PCMU | Codec::PCMA => 8,
            _ => 90,
        };
        let ticks = now.saturating_duration_since(self.last_at?).as_micros() * rate / 1000;
        Some(self.last_timestamp.wrapping_add((ticks as u32).max(1)))
    }

    /// New numbers for a packet of `layer`. `None`: not for this subscriber.
    pub fn packet(&mut self, layer: Layer, codec: Codec, packet: &RtpPacket, now: Instant) -> Option<Renumbered> {
        let (sequence, timestamp) = (*packet.seq_no, packet.header.timestamp);
        self.renumber(layer, codec, sequence, timestamp, &packet.payload, now)
    }

    fn renumber(
        &mut self,
        layer: Layer,
        codec: Codec,
        sequence: u64,
        timestamp: u32,
        payload: &[u8],
        now: Instant,
    ) -> Option<Renumbered> {
        let vp8 = (codec == Codec::Vp8).then(|| Vp8Descriptor::parse(payload).ok()).flatten();
        // Better a small picture now than the wanted one later.
        let first = self.source.is_none() && self.target.is_some_and(|target| layer <= target);
        if (first || self.waits_for() == Some(layer)) && !payload.is_empty() && starts_keyframe(codec, payload) {
            self.switch(layer, codec, sequence, timestamp, vp8.as_ref(), now);
        }
        let source = self.source.as_mut().filter(|s| s.layer == layer && sequence >= s.first)?;
        if payload.is_empty() {
            // Padding: close the gap, so that nobody asks for it again.
            if sequence == source.last + 1 {
                source.last = sequence;
                source.sequence = source.sequence.wrapping_sub(1);
                source.left_out.push_back(sequence);
                if source.left_out.len() > LEFT_OUT_MAX {
                    source.left_out.pop_front();
                }
            }
            return None;
        }
        source.last = source.last.max(sequence);
        let later = source.left_out.iter().rev().take_while(|padding| **padding > sequence).count() as u64;
        let out = Renumbered {
            sequence: sequence.wrapping_add(source.sequence).wrapping_add(later),
            timestamp: timestamp.wrapping_add(source.timestamp),
            vp8: vp8.as_ref().and_then(|d| patch(d, source)),
        };
        if out.sequence >= self.last_sequence {
            self.last_sequence = out.sequence;
            self.last_timestamp = out.timestamp;
            self.last_at = Some(now);
            if let Some(descriptor) = vp8 {
                self.last_picture = descriptor.picture_id().unwrap_or(0).wrapping_add(source.picture) & 0x7fff;
                self.last_tl0 = descriptor.tl0_pic_idx().unwrap_or(0).wrapping_add(source.tl0);
            }
        }
        Some(out)
    }

    fn switch(
        &mut self,
        layer: Layer,
        codec: Codec,
        sequence: u64,
        timestamp: u32,
        vp8: Option<&Vp8Descriptor>,
        now: Instant,
    ) {
        let next_timestamp = self.timestamp_at(codec, now).unwrap_or(timestamp);
        self.source = Some(Source {
            layer,
            first: sequence,
            last: sequence,
            sequence: (self.last_sequence + 1).wrapping_sub(sequence),
            timestamp: next_timestamp.wrapping_sub(timestamp),
            picture: vp8.and_then(Vp8Descriptor::picture_id).map_or(0, |p| (self.last_picture + 1).wrapping_sub(p)),
            tl0: vp8.and_then(Vp8Descriptor::tl0_pic_idx).map_or(0, |t| self.last_tl0.wrapping_add(1).wrapping_sub(t)),
            left_out: VecDeque::new(),
        });
    }
}

fn patch(descriptor: &Vp8Descriptor, source: &Source) -> Option<Vp8Patch> {
    let picture = descriptor.picture_id()?.wrapping_add(source.picture) & 0x7fff;
    let build = |picture| {
        let mut patch = descriptor.patch().picture_id(picture);
        if let Some(tl0) = descriptor.tl0_pic_idx() {
            patch = patch.tl0_pic_idx(tl0.wrapping_add(source.tl0));
        }
        patch.build()
    };
    // A descriptor with a short picture id has room for seven bits only.
    build(picture).or_else(|_| build(picture & 0x7f)).ok()
}

/// Whether a packet begins a frame that needs no other. Sound always does.
fn starts_keyframe(codec: Codec, payload: &[u8]) -> bool {
    let first = payload.first().copied().unwrap_or(0);
    match codec {
        Codec::Vp8 => Vp8Descriptor::parse(payload).is_ok_and(|d| d.starts_keyframe(payload)),
        // RFC 9628: P says inter-predicted, B begins a frame.
        Codec::Vp9 => first & 0x48 == 0x08,
        // The AV1 RTP specification: N begins a coded video sequence.
        Codec::Av1 => first & 0x08 != 0,
        Codec::H264 => starts_h264_keyframe(payload),
        _ => true,
    }
}

/// RFC 6184: a sequence parameter set, alone, aggregated or the first fragment. Not an IDR slice: what comes behind it could
/// be decoded by another layer's parameters only, and LiveKit's servers wait for them too.
fn starts_h264_keyframe(payload: &[u8]) -> bool {
    let is_parameters = |kind: u8| kind & 0x1f == 7;
    match payload {
        [kind, units @ ..] if kind & 0x1f == 24 => aggregated(units).any(is_parameters),
        [kind, header, ..] if kind & 0x1f == 28 => header & 0x80 != 0 && is_parameters(*header),
        [kind, ..] => is_parameters(*kind),
        [] => false,
    }
}

/// The first byte of each unit in a STAP-A (RFC 6184 §5.7.1).
fn aggregated(mut units: &[u8]) -> impl Iterator<Item = u8> {
    std::iter::from_fn(move || {
        let (length, rest) = units.split_first_chunk()?;
        let (unit, rest) = rest.split_at_checked(u16::from_be_bytes(*length).into())?;
        units = rest;
        unit.first().copied()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A VP8 payload with a 15-bit picture id and a TL0PICIDX.
    fn vp8(picture: u16, tl0: u8, keyframe: bool) -> Vec<u8> {
        let [high, low] = picture.to_be_bytes();
        vec![0x90, 0xe0, 0x80 | high, low, tl0, 0, u8::from(!keyframe), 1, 2]
    }

    #[test]
    fn a_switch_of_layers_leaves_no_gap() {
        let mut forwarder = Forwarder::default();
        let start = Instant::now();
        let after = |ms| start + Duration::from_millis(ms);
        forwarder.aim(Some(0));
        let step = |f: &mut Forwarder, layer, seq, ts, pid, key, ms| {
            f.renumber(layer, Codec::Vp8, seq, ts, &vp8(pid, 3, key), after(ms)).map(|r| (r.sequence, r.timestamp))
        };
        assert_eq!(step(&mut forwarder, 0, 500, 9000, 40, false, 0), None, "waits for a key frame");
        assert_eq!(step(&mut forwarder, 0, 501, 9000, 41, true, 0), Some((1, 9000)));
        assert_eq!(step(&mut forwarder, 0, 503, 12000, 43, false, 33), Some((3, 12000)), "losses stay gaps");
        forwarder.aim(Some(2));
        assert_eq!(step(&mut forwarder, 2, 70_000, 77, 900, false, 50), None);
        assert_eq!(step(&mut forwarder, 0, 504, 15000, 44, false, 66), Some((4, 15000)), "the old layer goes on");
        assert_eq!(step(&mut forwarder, 2, 70_001, 3077, 901, true, 100), Some((5, 15000 + 34 * 90)));
        assert_eq!(step(&mut forwarder, 0, 505, 18000, 45, false, 100), None);
        assert_eq!(forwarder.last_picture, 5);
    }

    #[test]
    fn a_picture_of_a_lower_layer_is_better_than_none() {
        let mut forwarder = Forwarder::default();
        let start = Instant::now();
        forwarder.aim(Some(2));
        let step = |f: &mut Forwarder, layer, seq, key| {
            f.renumber(layer, Codec::Vp8, seq, 9000, &vp8(1, 1, key), start).map(|r| r.sequence)
        };
        assert_eq!(step(&mut forwarder, 0, 10, false), None);
        assert_eq!(step(&mut forwarder, 0, 11, true), Some(1));
        assert_eq!(forwarder.waits_for(), Some(2), "the wanted layer is still wanted");
        assert_eq!(step(&mut forwarder, 1, 70, true), None, "no switch to what nobody wants");
        assert_eq!(step(&mut forwarder, 2, 90, true), Some(2));
        forwarder.aim(Some(0));
        let mut above = Forwarder::default();
        above.aim(Some(0));
        assert_eq!(step(&mut above, 2, 5, true), None, "nothing above what is wanted");
    }

    #[test]
    fn padding_closes_its_gap() {
        let mut forwarder = Forwarder::default();
        let now = Instant::now();
        forwarder.aim(Some(2));
        let mut sound = |seq, payload: &[u8]| {
            forwarder.renumber(2, Codec::Opus, seq, seq as u32 * 960, payload, now).map(|r| r.sequence)
        };
        assert_eq!(sound(10, &[1]), Some(1));
        assert_eq!(sound(11, &[]), None);
        assert_eq!(sound(12, &[1]), Some(2));
        assert_eq!(sound(14, &[1]), Some(4));
        assert_eq!(sound(15, &[]), None);
        assert_eq!(sound(16, &[1]), Some(5));
        assert_eq!(sound(13, &[1]), Some(3), "what was sent before padding and comes after it has a number of its own");
    }

    #[test]
    fn pictures_in_h264_begin_with_the_parameters_of_their_layer() {
        let aggregated = [24, 0, 2, 9, 16, 0, 3, 0x67, 1, 2, 0, 2, 0x68, 1];
        assert!(starts_h264_keyframe(&aggregated), "behind a delimiter");
        assert!(starts_h264_keyframe(&[0x67, 1]) && starts_h264_keyframe(&[28, 0x80 | 7, 1]));
        for none in
            [&[][..], &[0x65, 1], &[28, 0x80 | 5, 1], &[28, 7, 1], &[24, 0, 2, 0x68, 1], &[24, 0, 9, 0x67], &[24, 0]]
        {
            assert!(!starts_h264_keyframe(none), "{none:?}");
        }
    }

    #[test]
    fn the_best_layer_that_is_there_is_chosen() {
        let now = Instant::now();
        let mut layers = Layers::default();
        assert_eq!(layers.choose(2), None);
        assert!(layers.saw(0, now) && layers.saw(2, now) && !layers.saw(2, now));
        assert_eq!((layers.choose(2), layers.choose(1)), (Some(2), Some(0)));
    }

    #[test]
    fn a_layer_that_is_thin_has_stopped_and_one_that_was_silent_begins_at_once() {
        let start = Instant::now();
        let mut layers = Layers::default();
        // So many packets of each layer in half a second, evenly; which of them are there at its end.
        let mut half_second = |number: u32, packets: [u32; 3]| {
            let from = start + LOOK_EVERY * number;
            for tenth in 0..10 {
                let now = from + LOOK_EVERY / 10 * tenth;
                for layer in (0..3).filter(|l| tenth < packets[*l]) {
                    layers.saw(layer, now);
                }
            }
            layers.look(from + LOOK_EVERY - Duration::from_millis(1));
            [0, 1, 2].map(|layer| layers.is_there(layer))
        };
        assert_eq!(half_second(0, [10, 10, 10]), [true; 3]);
        assert_eq!(half_second(1, [1, 10, 4]), [true; 3]);
        assert_eq!(half_second(2, [1, 10, 4]), [true, true, false], "what trickles has stopped");
        assert_eq!(half_second(3, [1, 0, 10]), [true, true, false]);
        assert_eq!(half_second(4, [0, 0, 10]), [true, false, true], "a whole half second of it came");
        assert_eq!(half_second(5, [0, 0, 10]), [false, false, true]);
        assert_eq!(half_second(6, [0, 10, 10]), [false, true, true], "after silence at once");
    }

    #[test]
    fn key_frames_are_known_by_codec() {
        assert!(starts_keyframe(Codec::H264, &[0x67, 1]) && starts_keyframe(Codec::H264, &[0x7c, 0x87]));
        assert!(!starts_keyframe(Codec::H264, &[0x41, 1]) && !starts_keyframe(Codec::H264, &[0x7c, 0x45]));
        assert!(starts_keyframe(Codec::Vp9, &[0x08]) && !starts_keyframe(Codec::Vp9, &[0x48]));
    }
}
