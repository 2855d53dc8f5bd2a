//! Where packets are lost at random, everything is sent twice, within half of what the path carries. Where many
//! are lost even so, only the smallest layer is sent: one of its pictures is a packet or two, of the dozen of a
//! large one some are always missing.
//!
//! What a server has to ask for again it passes on late, and whoever is behind it waits only so long: by the
//! round trip between them and the server, which may be much shorter than ours. The same packet a moment later
//! costs little and asks nobody. A receiver drops the one that comes second (RFC 3711, section 3.3.2).

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use str0m::net::Transmit;

/// Losses from which packets are sent twice, and below which they are not any more: of what is sent twice
/// hardly anything is lost.
const LOST: f32 = 0.08;
const LOST_NO_MORE: f32 = 0.005;
/// How long there have to be none.
const CLEAN_FOR: Duration = Duration::from_secs(3);
/// Losses, of what is sent twice, from which only the smallest layer is worth sending, and up to which only.
const LOST_MUCH: f32 = 0.06;
const LOST_MUCH_NO_MORE: f32 = 0.04;
/// How long what was sent once is in the figures.
const SETTLE: Duration = Duration::from_millis(1500);
/// How much later the second comes: losses come in bursts.
const LATER: Duration = Duration::from_millis(15);
/// More than a key frame has packets.
const WAITING_MAX: usize = 256;

/// How much is lost at random.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Losses {
    #[default]
    Few,
    /// Everything is sent twice.
    Many,
    /// Everything is the smallest layer.
    Most,
}

/// Packets that will be sent again.
#[derive(Debug, Default)]
pub(super) struct Twice {
    losses: Losses,
    /// Since when they are so.
    since: Option<Instant>,
    clean_since: Option<Instant>,
    waiting: VecDeque<(Instant, Transmit)>,
}

impl Twice {
    /// Takes in the share of packets lost within the last second, and whether those that arrive are late: then
    /// more packets would only lose more.
    /// `Some`: it is another matter from now on.
    pub fn note(&mut self, lost: Option<f32>, late: bool, now: Instant) -> Option<Losses> {
        let next = if late { Losses::Few } else { self.judge(lost?, now) };
        if next == self.losses {
            return None;
        }
        (self.losses, self.since, self.clean_since) = (next, Some(now), None);
        Some(next)
    }

    fn judge(&mut self, lost: f32, now: Instant) -> Losses {
        let (less, enough) = match self.losses {
            Losses::Few => return if lost >= LOST { Losses::Many } else { Losses::Few },
            Losses::Many => (Losses::Few, LOST_NO_MORE),
            Losses::Most => (Losses::Many, LOST_MUCH_NO_MORE),
        };
        if lost >= enough {
            self.clean_since = None;
        } else if now >= *self.clean_since.get_or_insert(now) + CLEAN_FOR {
            return less;
        }
        let settled = self.since.is_some_and(|since| now >= since + SETTLE);
        if lost >= LOST_MUCH && settled { Losses::Most } else { self.losses }
    }

    /// A datagram is sent: sound and pictures are sent again.
    pub fn sent(&mut self, transmit: &Transmit, now: Instant) {
        if self.losses != Losses::Few && is_media(&transmit.contents) && self.waiting.len() < WAITING_MAX {
            let Transmit { proto, source, destination, .. } = *transmit;
            let contents = transmit.contents.to_vec().into();
            self.waiting.push_back((now + LATER, Transmit { proto, source, destination, contents }));
        }
    }

    /// The next one that is to be sent again by now.
    pub fn due(&mut self, now: Instant) -> Option<Transmit> {
        if self.deadline()? > now {
            return None;
        }
        self.waiting.pop_front().map(|(_, transmit)| transmit)
    }

    pub fn deadline(&self) -> Option<Instant> {
        self.waiting.front().map(|(at, _)| *at)
    }
}

/// Whether it is an RTP packet of a stream (RFC 7983, RFC 5761); str0m's probes belong to none.
fn is_media(datagram: &[u8]) -> bool {
    let Some([first, second, _, _, _, _, _, _, ssrc @ ..]) = datagram.first_chunk::<12>() else { return false };
    (128..192).contains(first) && !(192..224).contains(second) && *ssrc != [0; 4]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(kind: u8, ssrc: u32) -> Transmit {
        let mut contents = vec![0x90, kind, 0, 1, 0, 0, 0, 0];
        contents.extend_from_slice(&ssrc.to_be_bytes());
        Transmit {
            proto: str0m::net::Protocol::Udp,
            source: ([10, 0, 0, 1], 1).into(),
            destination: ([10, 0, 0, 2], 2).into(),
            contents: contents.into(),
        }
    }

    #[test]
    fn packets_are_sent_twice_while_packets_are_lost_and_not_late() {
        let (now, mut twice) = (Instant::now(), Twice::default());
        let send = |twice: &mut Twice, transmit: &Transmit| {
            twice.sent(transmit, now);
            (twice.due(now).is_some(), twice.due(now + LATER).is_some())
        };
        assert_eq!(send(&mut twice, &packet(96, 7)), (false, false), "a path that loses nothing");
        assert_eq!(twice.note(Some(0.2), false, now), Some(Losses::Many));
        assert_eq!(send(&mut twice, &packet(96, 7)), (false, true));
        assert_eq!(send(&mut twice, &packet(96, 0)), (false, false), "a probe");
        assert_eq!(send(&mut twice, &packet(205, 7)), (false, false), "RTCP");
        assert_eq!(twice.note(Some(0.2), true, now), Some(Losses::Few));
        assert_eq!(send(&mut twice, &packet(96, 7)), (false, false), "a queue that overflows");
    }

    #[test]
    fn sending_twice_ends_when_nothing_has_been_lost_for_a_while() {
        let (start, mut twice) = (Instant::now(), Twice::default());
        assert_eq!(twice.note(Some(0.1), false, start), Some(Losses::Many));
        assert_eq!(twice.note(Some(0.01), false, start + CLEAN_FOR), None);
        let why = "one in a hundred of what is sent twice is one in ten";
        assert_eq!(twice.note(Some(0.0), false, start + CLEAN_FOR * 2), None, "{why}");
        assert_eq!(twice.note(Some(0.0), false, start + CLEAN_FOR * 3), Some(Losses::Few));
    }

    #[test]
    fn where_much_is_lost_of_what_is_sent_twice_only_the_smallest_layer_is_left() {
        let (start, mut twice) = (Instant::now(), Twice::default());
        twice.note(Some(0.3), false, start);
        assert_eq!(twice.note(Some(0.2), false, start + SETTLE / 2), None, "some of that was sent once");
        assert_eq!(twice.note(Some(0.09), false, start + SETTLE), Some(Losses::Most));
        assert_eq!(twice.note(Some(0.05), false, start + SETTLE + CLEAN_FOR), None);
        assert_eq!(twice.note(Some(0.03), false, start + SETTLE + CLEAN_FOR), None);
        assert_eq!(twice.note(Some(0.03), false, start + SETTLE + CLEAN_FOR * 2), Some(Losses::Many));
    }

    #[test]
    fn what_waits_to_be_sent_again_is_bounded_and_other_datagrams_are_nothing() {
        let (now, mut twice) = (Instant::now(), Twice::default());
        twice.note(Some(0.5), false, now);
        for _ in 0..1000 {
            twice.sent(&packet(96, 7), now);
        }
        assert_eq!(twice.waiting.len(), WAITING_MAX);
        for garbage in [&[][..], &[0x90; 11], &[0; 40], &[22; 40]] {
            assert!(!is_media(garbage), "{garbage:?}");
        }
    }
}
