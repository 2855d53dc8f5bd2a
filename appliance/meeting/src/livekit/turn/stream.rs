//! What TURN puts on a stream: STUN messages and channel data, one after the other (RFC 8656, 12.5).
//!
//! Done here because `turn-client-proto` 0.7 leaves out the padding of channel data on streams, which
//! servers insist on, and keeps whatever it cannot read.

/// STUN's magic cookie, in the fifth to eighth byte of every message.
const COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];

/// The stream holds something that is neither; nothing after it can be told apart.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Garbled;

/// Puts messages back together from pieces of a stream.
#[derive(Debug, Default)]
pub(super) struct Messages {
    buffer: Vec<u8>,
}

impl Messages {
    /// Takes a piece and returns the whole messages in it, without their padding. Keeps at most one
    /// incomplete message, so about 64 KiB.
    ///
    /// # Errors
    ///
    /// [`Garbled`]: close the stream.
    pub fn push(&mut self, piece: &[u8]) -> Result<Vec<Vec<u8>>, Garbled> {
        self.buffer.extend_from_slice(piece);
        let mut rest = &self.buffer[..];
        let mut whole = Vec::new();
        while let Some((length, padded)) = measure(rest)? {
            let Some(message) = rest.get(..padded) else { break };
            whole.push(message[..length].to_vec());
            rest = &rest[padded..];
        }
        let consumed = self.buffer.len() - rest.len();
        self.buffer.drain(..consumed);
        Ok(whole)
    }
}

/// The length of the first message, without and with padding. `None`: too little is there to tell.
fn measure(bytes: &[u8]) -> Result<Option<(usize, usize)>, Garbled> {
    let [kind, _, high, low, after @ ..] = bytes else { return Ok(None) };
    let length = usize::from(u16::from_be_bytes([*high, *low]));
    match kind >> 6 {
        0b00 => {
            let Some(cookie) = after.get(..COOKIE.len()) else { return Ok(None) };
            let fits = length % 4 == 0 && cookie == COOKIE;
            if fits { Ok(Some((20 + length, 20 + length))) } else { Err(Garbled) }
        }
        0b01 => Ok(Some((4 + length, (4 + length).next_multiple_of(4)))),
        _ => Err(Garbled),
    }
}

/// Pads one message for a stream. STUN messages are multiples of four bytes as they are.
pub(super) fn pad(mut message: Vec<u8>) -> Vec<u8> {
    message.resize(message.len().next_multiple_of(4), 0);
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    fn channel_data(length: u16) -> Vec<u8> {
        let mut message = vec![0x40, 0x01];
        message.extend_from_slice(&length.to_be_bytes());
        message.extend((0..length).map(|n| n as u8));
        message
    }

    fn stun(length: u16) -> Vec<u8> {
        let mut message = vec![0x00, 0x17];
        message.extend_from_slice(&length.to_be_bytes());
        message.extend_from_slice(&COOKIE);
        message.extend(std::iter::repeat_n(7, 12 + usize::from(length)));
        message
    }

    #[test]
    fn messages_survive_any_cutting_of_the_stream() {
        let sent: Vec<Vec<u8>> = (0..40).map(|n| if n % 5 == 0 { stun(n * 8) } else { channel_data(n * 31) }).collect();
        let stream: Vec<u8> = sent.iter().cloned().flat_map(pad).collect();
        for step in [1, 2, 3, 7, 100, 5000, stream.len()] {
            let mut messages = Messages::default();
            let received: Vec<Vec<u8>> = stream.chunks(step).flat_map(|piece| messages.push(piece).unwrap()).collect();
            assert_eq!(received, sent, "pieces of {step}");
            assert!(messages.buffer.is_empty());
        }
    }

    #[test]
    fn what_is_neither_stun_nor_channel_data_is_not_kept() {
        // A stream cannot begin with the first of these; the others lack the cookie or the measure of STUN.
        for garbage in [[0xff; 8], [0; 8], [0, 1, 0, 3, 0x21, 0x12, 0xa4, 0x42], [0x16, 3, 1, 0, 4, 0, 0, 0]] {
            assert_eq!(Messages::default().push(&garbage), Err(Garbled), "{garbage:?}");
        }
    }
}
