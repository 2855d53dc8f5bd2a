//! Discontinuous transmission: of a silence only a little is sent.

/// Below this loudness, in −dBov (RFC 6464), a packet holds nothing anybody would hear: noise suppression
/// leaves less of a quiet room.
const SILENT_DBOV: u8 = 70;
/// Packets of silence that are sent all the same, 200 ms: the ends of words are quiet.
const SENT: u32 = 10;
/// Of a silence that lasts every so manieth packet is sent, one in 400 ms as Opus itself does
/// (RFC 6716, section 2.1.9): receivers and servers see that we are there.
const EVERY: u32 = 20;

/// Decides which packets are sent.
///
/// Opus has a detector of its own, which takes any steady sound for noise: a flute or a dial tone
/// would be heard once in 400 ms.
#[derive(Debug, Default)]
pub(crate) struct Silence {
    packets: u32,
}

impl Silence {
    /// Whether the next packet, this loud in −dBov, is to be sent.
    pub fn is_sent(&mut self, level_dbov: u8) -> bool {
        if level_dbov < SILENT_DBOV {
            self.packets = 0;
            return true;
        }
        self.packets = self.packets.saturating_add(1);
        self.packets <= SENT || self.packets.is_multiple_of(EVERY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_silence_one_packet_in_twenty_is_sent_and_of_speech_all() {
        let mut silence = Silence::default();
        assert!((0..500).all(|_| silence.is_sent(30)));
        let sent = (0..500).filter(|_| silence.is_sent(127)).count();
        assert_eq!(sent, 10 + 25);
        assert!(silence.is_sent(50), "the first sound goes at once");
        assert!((0..10).all(|_| silence.is_sent(90)), "a pause between words is sent");
    }
}
