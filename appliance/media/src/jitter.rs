//! When to play which Opus packet: an adaptive jitter buffer, without clock or decoder of its own.
//!
//! The sound thread asks every time it needs more sound. So nothing ever waits: a packet that is
//! not there is invented by the decoder, and a track that says nothing is silence.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::lateness::Lateness;

const DELAY_START: Duration = Duration::from_millis(40);
const DELAY_MIN: Duration = Duration::from_millis(20);
const DELAY_MAX: Duration = Duration::from_millis(200);
/// Of so many packets each may be too late, and is concealed: waiting for all of them would cost
/// everybody the delay of the worst.
const LATE_SHARE: f32 = 0.03;
/// After inventing this much with nothing coming in, the track is silent until it comes again.
const CONCEAL_MAX: Duration = Duration::from_millis(100);
/// How much more than the delay may lie in the buffer before some of it is left out.
const EXCESS: Duration = Duration::from_millis(20);
const PACKETS_MAX: usize = 100;
/// A sender that is this much behind what was played has started its clock anew.
const JUMP: Duration = Duration::from_secs(2);
/// It has as well if it is behind only by this much, but so many packets in a row; the network
/// mixes old packets with new ones.
const SMALL_JUMP: Duration = DELAY_MAX;
const SMALL_JUMP_PACKETS: u32 = 3;

/// What to do when more sound is needed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Decode this packet.
    Packet(Packet),
    /// Invent sound for a packet of this length at this media time.
    Conceal { media_time: Duration, length: Duration },
    /// Nothing is to be heard.
    Silence,
}

/// An Opus packet and its times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Packet {
    pub media_time: Duration,
    pub sender_time: Option<Duration>,
    pub length: Duration,
    pub data: Vec<u8>,
    /// Whether what was played before does not lead up to this.
    pub fresh: bool,
    /// Whether there is so much waiting that some should be left out.
    pub hurry: bool,
}

#[derive(Debug)]
enum Playing {
    /// Nothing, until a packet that came at this time has waited long enough.
    Filling { since: Option<Instant> },
    /// The packet of this media time is next; this much was invented since the last real one.
    At { next: Duration, length: Duration, invented: Duration },
}

/// The packets of one track that wait for their time.
#[derive(Debug)]
pub(crate) struct JitterBuffer {
    packets: BTreeMap<Duration, Packet>,
    playing: Playing,
    delay: Duration,
    lateness: Lateness,
    /// How many packets in a row were far behind, each after the one before.
    behind: u32,
    /// The media time of the newest of them.
    behind_until: Duration,
}

impl Default for JitterBuffer {
    fn default() -> JitterBuffer {
        JitterBuffer {
            packets: BTreeMap::new(),
            playing: Playing::Filling { since: None },
            delay: DELAY_START,
            lateness: Lateness::new(DELAY_START, DELAY_MAX),
            behind: 0,
            behind_until: Duration::ZERO,
        }
    }
}

impl JitterBuffer {
    /// How long packets wait, to be there when they are needed.
    #[cfg(test)]
    fn delay(&self) -> Duration {
        self.delay
    }

    /// Takes a packet in; false when it came too late or there were too many.
    pub fn insert(&mut self, packet: Packet, arrived: Instant) -> bool {
        self.lateness.note(packet.media_time, arrived);
        // What all but a few packets of the last seconds stayed below.
        self.delay = self.lateness.all_but(LATE_SHARE).clamp(DELAY_MIN, DELAY_MAX);
        match &mut self.playing {
            Playing::At { next, length, .. } => {
                if packet.media_time + *length / 2 < *next {
                    return self.restart_if_jumped(packet, arrived);
                }
            }
            Playing::Filling { since } => {
                since.get_or_insert(arrived);
            }
        }
        self.behind = 0;
        let full = self.packets.len() >= PACKETS_MAX;
        if full {
            self.packets.pop_first();
        }
        self.packets.insert(packet.media_time, packet);
        !full
    }

    /// A sender that starts its clock anew looks like one that is very late.
    fn restart_if_jumped(&mut self, packet: Packet, arrived: Instant) -> bool {
        let Playing::At { next, .. } = self.playing else { return false };
        let late = next.saturating_sub(packet.media_time);
        if late < SMALL_JUMP {
            self.behind = 0;
            return false;
        }
        self.behind = if packet.media_time > self.behind_until || self.behind == 0 { self.behind + 1 } else { 1 };
        self.behind_until = packet.media_time;
        if late < JUMP && self.behind < SMALL_JUMP_PACKETS {
            return false;
        }
        let mut lateness = self.lateness.clone();
        lateness.restart();
        *self = JitterBuffer { delay: self.delay, lateness, ..JitterBuffer::default() };
        self.insert(packet, arrived)
    }

    /// What to decode now that more sound is needed.
    pub fn next(&mut self, now: Instant) -> Next {
        match self.playing {
            Playing::Filling { since } => {
                let waited = since.is_some_and(|since| now.saturating_duration_since(since) >= self.delay);
                match self.packets.pop_first() {
                    Some((_, packet)) if waited => self.play(packet, true),
                    Some((media_time, packet)) => {
                        self.packets.insert(media_time, packet);
                        Next::Silence
                    }
                    None => Next::Silence,
                }
            }
            Playing::At { next, length, invented } => self.go_on(now, next, length, invented),
        }
    }

    fn go_on(&mut self, now: Instant, next: Duration, length: Duration, invented: Duration) -> Next {
        let Some(first) = self.packets.first_entry() else {
            // Not lost yet, only late: the media time stands still, so it can still be played.
            if invented >= CONCEAL_MAX {
                self.playing = Playing::Filling { since: None };
                return Next::Silence;
            }
            self.playing = Playing::At { next, length, invented: invented + length };
            return Next::Conceal { media_time: next, length };
        };
        let gap = first.key().saturating_sub(next);
        if gap < length / 2 || invented > Duration::ZERO && gap <= invented {
            let packet = first.remove();
            return self.play(packet, false);
        }
        if gap > CONCEAL_MAX {
            // The sender was silent (or much is lost): fill the buffer again.
            self.playing = Playing::Filling { since: Some(now) };
            return Next::Silence;
        }
        self.playing = Playing::At { next: next + length, length, invented };
        Next::Conceal { media_time: next, length }
    }

    fn play(&mut self, mut packet: Packet, fresh: bool) -> Next {
        let end = packet.media_time + packet.length;
        self.playing = Playing::At { next: end, length: packet.length, invented: Duration::ZERO };
        let waiting = self.packets.last_key_value().map_or(Duration::ZERO, |(last, _)| last.saturating_sub(end));
        packet.fresh = fresh;
        packet.hurry = waiting > self.delay + EXCESS;
        Next::Packet(packet)
    }
}

/// How long an Opus packet sounds (RFC 6716, section 3.1); none when it is none.
pub(crate) fn opus_length(packet: &[u8]) -> Option<Duration> {
    let toc = *packet.first()?;
    let config = toc >> 3;
    let frame_us = match config {
        0..=11 => [10_000, 20_000, 40_000, 60_000][usize::from(config % 4)],
        12..=15 => [10_000, 20_000][usize::from(config % 2)],
        _ => [2_500, 5_000, 10_000, 20_000][usize::from(config % 4)],
    };
    let frames = match toc & 3 {
        0 => 1,
        1 | 2 => 2,
        _ => u64::from(packet.get(1)? & 0x3f),
    };
    let length = Duration::from_micros(frame_us * frames);
    (frames > 0 && length <= Duration::from_millis(120)).then_some(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LENGTH: Duration = Duration::from_millis(20);

    fn packet(number: u32) -> Packet {
        Packet {
            media_time: LENGTH * number,
            sender_time: None,
            length: LENGTH,
            data: vec![number as u8],
            fresh: false,
            hurry: false,
        }
    }

    fn played(next: &Next) -> Option<u8> {
        if let Next::Packet(packet) = next { packet.data.first().copied() } else { None }
    }

    #[test]
    fn plays_in_order_after_the_delay() {
        let start = Instant::now();
        let mut buffer = JitterBuffer::default();
        buffer.insert(packet(1), start);
        buffer.insert(packet(0), start);
        assert_eq!(buffer.next(start), Next::Silence);
        let then = start + DELAY_START;
        assert_eq!(played(&buffer.next(then)), Some(0));
        assert_eq!(played(&buffer.next(then + LENGTH)), Some(1));
    }

    #[test]
    fn conceals_a_lost_packet_and_goes_on() {
        let start = Instant::now();
        let mut buffer = JitterBuffer::default();
        for number in [0, 2] {
            assert!(buffer.insert(packet(number), start + LENGTH * number));
        }
        let then = start + DELAY_START;
        assert_eq!(played(&buffer.next(then)), Some(0));
        assert_eq!(buffer.next(then + LENGTH), Next::Conceal { media_time: LENGTH, length: LENGTH });
        assert!(!buffer.insert(packet(1), then + LENGTH), "its time is over");
        assert_eq!(played(&buffer.next(then + LENGTH * 2)), Some(2));
    }

    #[test]
    fn a_late_packet_is_played_late_rather_than_lost() {
        let start = Instant::now();
        let mut buffer = JitterBuffer::default();
        buffer.insert(packet(0), start);
        let then = start + DELAY_START;
        buffer.next(then);
        assert!(matches!(buffer.next(then + LENGTH), Next::Conceal { .. }));
        assert!(buffer.insert(packet(1), then + LENGTH * 2));
        assert_eq!(played(&buffer.next(then + LENGTH * 2)), Some(1));
    }

    #[test]
    fn falls_silent_when_nothing_comes_and_fills_again() {
        let start = Instant::now();
        let mut buffer = JitterBuffer::default();
        buffer.insert(packet(0), start);
        let mut now = start + DELAY_START;
        buffer.next(now);
        for _ in 0..5 {
            now += LENGTH;
            assert!(matches!(buffer.next(now), Next::Conceal { .. }));
        }
        assert_eq!(buffer.next(now), Next::Silence);
        buffer.insert(packet(100), now);
        assert_eq!(buffer.next(now), Next::Silence);
        assert_eq!(played(&buffer.next(now + buffer.delay())), Some(100));
    }

    #[test]
    fn the_delay_grows_with_jitter_and_stays_within_bounds() {
        let start = Instant::now();
        let mut buffer = JitterBuffer::default();
        for number in 0..50 {
            let late = Duration::from_millis(if number % 7 == 6 { 90 } else { 0 });
            buffer.insert(packet(number), start + LENGTH * number + late);
        }
        assert!(buffer.delay() > Duration::from_millis(80), "{:?}", buffer.delay());
        for number in 50..60 {
            buffer.insert(packet(number), start + LENGTH * number + Duration::from_secs(1));
        }
        assert_eq!(buffer.delay(), DELAY_MAX);
        let mut calm = JitterBuffer::default();
        for number in 0..500 {
            calm.insert(packet(number), start + LENGTH * number);
        }
        assert_eq!(calm.delay(), DELAY_MIN);
    }

    #[test]
    fn one_bad_moment_is_paid_for_a_few_seconds_and_one_late_packet_not_at_all() {
        let start = Instant::now();
        let mut buffer = JitterBuffer::default();
        let feed = |buffer: &mut JitterBuffer, numbers: std::ops::Range<u32>, late: u64| {
            for number in numbers {
                buffer.insert(packet(number), start + LENGTH * number + Duration::from_millis(late));
            }
        };
        feed(&mut buffer, 0..500, 0);
        feed(&mut buffer, 500..501, 150);
        feed(&mut buffer, 501..600, 0);
        assert_eq!(buffer.delay(), DELAY_MIN);
        feed(&mut buffer, 600..620, 150);
        assert!(buffer.delay() > Duration::from_millis(140), "{:?}", buffer.delay());
        feed(&mut buffer, 620..870, 0);
        assert_eq!(buffer.delay(), DELAY_MIN, "five seconds later");
    }

    #[test]
    fn hurries_when_too_much_waits() {
        let start = Instant::now();
        let mut buffer = JitterBuffer::default();
        for number in 0..20 {
            buffer.insert(packet(number), start);
        }
        let next = buffer.next(start + DELAY_MAX);
        let Next::Packet(packet) = next else { panic!("{next:?}") };
        assert!(packet.hurry);
    }

    #[test]
    fn a_sender_that_starts_its_clock_anew_is_heard_again() {
        let start = Instant::now();
        let mut buffer = JitterBuffer::default();
        buffer.insert(packet(1000), start);
        buffer.next(start + DELAY_START);
        let later = start + DELAY_START + LENGTH;
        assert!(buffer.insert(packet(0), later));
        assert_eq!(played(&buffer.next(later + DELAY_MAX)), Some(0));
    }

    #[test]
    fn a_sender_whose_clock_steps_back_a_little_is_heard_again_after_a_few_packets() {
        let start = Instant::now();
        let mut buffer = JitterBuffer::default();
        let mut now = start;
        for number in 100..110 {
            buffer.insert(packet(number), now);
            buffer.next(now);
            now += LENGTH;
        }
        // A second back. Two packets are lost with it, the third is where it goes on.
        let taken: Vec<bool> =
            (50..55).map(|number| buffer.insert(packet(number), now + LENGTH * (number - 50))).collect();
        assert_eq!(taken, [false, false, true, true, true]);
        assert_eq!(played(&buffer.next(now + LENGTH * 5 + DELAY_MAX)), Some(52));
    }

    #[test]
    fn a_clock_that_jumps_is_followed_within_a_quarter_of_a_second() {
        let hour = Duration::from_secs(3600);
        let wrap = Duration::from_nanos((1 << 32) * 1_000_000_000 / 48_000);
        // Forward, back, and where 32 bits are full: followed (as they should be), or taken for a step back.
        let jumps = [(hour, hour * 2), (hour * 2, hour), (hour, Duration::ZERO)];
        let wraps = [(wrap - LENGTH * 50, wrap), (wrap - LENGTH * 50, Duration::ZERO)];
        for (before, after) in jumps.into_iter().chain(wraps) {
            let (start, mut buffer) = (Instant::now(), JitterBuffer::default());
            let (mut now, mut silent) = (start, 0);
            for number in 0..600 {
                let media_time = if number < 50 { before + LENGTH * number } else { after + LENGTH * (number - 50) };
                buffer.insert(Packet { media_time, ..packet(number) }, now);
                let next = buffer.next(now);
                if number >= 50 && played(&next).is_none() {
                    silent += 1;
                }
                now += LENGTH;
            }
            assert!(LENGTH * silent < Duration::from_millis(250), "{before:?} to {after:?}: {silent} packets");
            assert_eq!(buffer.delay(), DELAY_MIN, "{before:?} to {after:?}");
        }
    }

    #[test]
    fn old_packets_between_new_ones_are_late_and_no_new_clock() {
        let start = Instant::now();
        let mut buffer = JitterBuffer::default();
        buffer.insert(packet(100), start);
        buffer.next(start + DELAY_START);
        for number in 0..20 {
            assert!(!buffer.insert(packet(60 + number), start + DELAY_START), "a second late");
            assert!(buffer.insert(packet(101 + number), start + DELAY_START));
        }
        for _ in 0..20 {
            assert!(!buffer.insert(packet(60), start + DELAY_START), "the same one again and again");
        }
        assert_eq!(played(&buffer.next(start + DELAY_START + LENGTH)), Some(101));
    }

    #[test]
    fn reads_the_length_of_opus_packets() {
        assert_eq!(opus_length(&[0b0111_1000]), Some(LENGTH));
        assert_eq!(opus_length(&[0b1111_1001]), Some(LENGTH * 2));
        assert_eq!(opus_length(&[0b1111_1011, 3]), Some(LENGTH * 3));
        assert_eq!(opus_length(&[0b1111_1011, 0]), None);
        assert_eq!(opus_length(&[]), None);
    }
}
