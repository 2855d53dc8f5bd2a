//! Messages in pieces that a data packet carries.
//!
//! ```text
//! message number (4) | part (2) | parts (2) | bytes
//! ```
//! Each sender numbers its messages, and sends one after the other; a data channel keeps their order.

use std::collections::BTreeMap;

/// In a packet, so that with its encryption it fits into what every server passes on (15,000).
const PART_BYTES: usize = 14_000;

/// A welcome to a group of 200 with usual certificates.
pub const MESSAGE_BYTES_MAX: usize = 512 * 1024;

/// Messages put together at once, each of another sender; the one that was begun first makes room.
const UNFINISHED_MAX: usize = 32;

/// The bytes before each part.
const HEAD_BYTES: usize = 8;

/// The packets of one message. None: it is too long to be sent.
pub fn split(number: u32, message: &[u8]) -> Vec<Vec<u8>> {
    if message.len() > MESSAGE_BYTES_MAX {
        return Vec::new();
    }
    let parts = message.len().div_ceil(PART_BYTES).max(1);
    let part = |index: usize| {
        let from = index * PART_BYTES;
        let body = &message[from..message.len().min(from + PART_BYTES)];
        let mut packet = Vec::with_capacity(HEAD_BYTES + body.len());
        packet.extend(number.to_be_bytes());
        packet.extend((index as u16).to_be_bytes());
        packet.extend((parts as u16).to_be_bytes());
        packet.extend(body);
        packet
    };
    (0..parts).map(part).collect()
}

/// Puts messages together again.
#[derive(Debug, Default)]
pub struct Parts {
    unfinished: BTreeMap<String, Unfinished>,
    begun: u64,
}

#[derive(Debug)]
struct Unfinished {
    number: u32,
    next: u16,
    bytes: Vec<u8>,
    begun: u64,
}

impl Parts {
    /// Takes a packet of somebody's; the message, when it is whole.
    pub fn receive(&mut self, from: &str, packet: &[u8]) -> Option<Vec<u8>> {
        let (number, rest) = packet.split_first_chunk::<4>()?;
        let (index, rest) = rest.split_first_chunk::<2>()?;
        let (count, body) = rest.split_first_chunk::<2>()?;
        let (number, index, count) =
            (u32::from_be_bytes(*number), u16::from_be_bytes(*index), u16::from_be_bytes(*count));
        let before = self.unfinished.remove(from).filter(|message| message.number == number && message.next == index);
        let mut message = match before {
            Some(message) => message,
            None if index == 0 => {
                self.begun += 1;
                Unfinished { number, next: 0, bytes: Vec::new(), begun: self.begun }
            }
            // What came before it is lost.
            None => return None,
        };
        if message.bytes.len() + body.len() > MESSAGE_BYTES_MAX || index >= count {
            return None;
        }
        message.bytes.extend_from_slice(body);
        message.next = index + 1;
        if message.next == count {
            return Some(message.bytes);
        }
        if self.unfinished.len() >= UNFINISHED_MAX {
            let first = self.unfinished.iter().min_by_key(|(_, message)| message.begun);
            let first = first.map(|(sender, _)| sender.clone());
            first.map(|sender| self.unfinished.remove(&sender));
        }
        self.unfinished.insert(from.to_owned(), message);
        None
    }

    /// Forgets what has not come to its end.
    pub fn clear(&mut self) {
        self.unfinished.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn long() -> Vec<u8> {
        (0..PART_BYTES * 2 + 5).map(|n| n as u8).collect()
    }

    #[test]
    fn messages_of_any_length_come_back_from_several_senders_at_once() {
        let mut parts = Parts::default();
        for message in [Vec::new(), vec![7; PART_BYTES], long()] {
            let packets = split(9, &message);
            assert!(packets.iter().all(|packet| packet.len() <= PART_BYTES + HEAD_BYTES));
            let (last, first) = packets.split_last().unwrap();
            for packet in first {
                assert_eq!(parts.receive("anna", packet), None);
                assert_eq!(parts.receive("bert", packet), None);
            }
            assert_eq!(parts.receive("bert", last).as_ref(), Some(&message));
            assert_eq!(parts.receive("anna", last).as_ref(), Some(&message));
        }
        assert!(split(1, &vec![0; MESSAGE_BYTES_MAX + 1]).is_empty());
    }

    #[test]
    fn what_lacks_a_part_or_mixes_two_messages_is_nothing() {
        let mut parts = Parts::default();
        let (one, two) = (split(1, &long()), split(2, &long()));
        for packets in [[&one[0], &one[2]].as_slice(), &[&one[1], &one[2]], &[&one[0], &two[1], &two[2]]] {
            for packet in packets {
                assert_eq!(parts.receive("anna", packet), None);
            }
        }
        let twice = [&one[0], &one[1], &one[1], &one[2]];
        assert!(twice.iter().all(|packet| parts.receive("anna", packet).is_none()));
        let whole = [&two[0], &two[1], &two[2]];
        assert_eq!(whole.iter().filter_map(|packet| parts.receive("anna", packet)).count(), 1, "and then a whole one");
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let mut parts = Parts::default();
        for sender in 0..1000 {
            parts.receive(&sender.to_string(), &split(1, &long())[0]);
        }
        assert_eq!(parts.unfinished.len(), UNFINISHED_MAX);
        let endless = |index: u16| {
            let mut packet = split(1, &[1; PART_BYTES])[0].clone();
            packet[4..6].copy_from_slice(&index.to_be_bytes());
            packet[6..8].copy_from_slice(&u16::MAX.to_be_bytes());
            packet
        };
        for index in 0..1000 {
            assert_eq!(parts.receive("anna", &endless(index)), None);
        }
        let kept: usize = parts.unfinished.values().map(|message| message.bytes.len()).sum();
        assert!(kept <= MESSAGE_BYTES_MAX * UNFINISHED_MAX);
    }
}
