//! Where packets are lost at random, everything is sent twice, within half of what the path carries.
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
/// How much later the second comes: losses come in bursts.
const LATER: Duration = Duration::from_millis(15);
/// More than a key frame has packets.
const WAITING_MAX: usize = 256;

/// Packets that will be sent again.
#[derive(Debug, Default)]
pub(super) struct Twice {
    on: bool,
    clean_since: Option<Instant>,
    waiting: VecDeque<(Instant, Transmit)>,
}

impl Twice {
    /// Takes in the share of packets lost within the last second, and whether those that arrive are late: then
    /// more packets would only lose more.
    /// `Some`: whether packets are sent twice from now on.
    pub fn note(&mut self, lost: Option<f32>, late: bool, now: Instant) -> Option<bool> {
        let was_on = self.on;
        self.judge(lost, late, now);
        (self.on != was_on).then_some(self.on)
    }

    fn judge(&mut self, lost: Option<f32>, late: bool, now: Instant) {
        if late {
            self.on = false;
            return;
        }
        let Some(lost) = lost else { return };
        if lost >= LOST {
            self.on = true;
        }
        if lost >= LOST_NO_MORE {
            self.clean_since = None;
        } else if now >= *self.clean_since.get_or_insert(now) + CLEAN_FOR {
            self.on = false;
        }
    }

    /// A datagram is sent: sound and pictures are sent again.
    pub fn sent(&mut self, transmit: &Transmit, now: Instant) {
        if self.on && is_media(&transmit.contents) && self.waiting.len() < WAITING_MAX {
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
        assert_eq!(twice.note(Some(0.2), false, now), Some(true));
        assert_eq!(send(&mut twice, &packet(96, 7)), (false, true));
        assert_eq!(send(&mut twice, &packet(96, 0)), (false, false), "a probe");
        assert_eq!(send(&mut twice, &packet(205, 7)), (false, false), "RTCP");
        assert_eq!(twice.note(Some(0.2), true, now), Some(false));
        assert_eq!(send(&mut twice, &packet(96, 7)), (false, false), "a queue that overflows");
    }

    #[test]
    fn sending_twice_ends_when_nothing_has_been_lost_for_a_while() {
        let (start, mut twice) = (Instant::now(), Twice::default());
        assert_eq!(twice.note(Some(0.1), false, start), Some(true));
        assert_eq!(twice.note(Some(0.01), false, start + CLEAN_FOR), None);
        let why = "one in a hundred of what is sent twice is one in ten";
        assert_eq!(twice.note(Some(0.0), false, start + CLEAN_FOR * 2), None, "{why}");
        assert_eq!(twice.note(Some(0.0), false, start + CLEAN_FOR * 3), Some(false));
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
