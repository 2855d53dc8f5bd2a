//! Datagrams on a stream: a 16-bit length before each (RFC 4571), as ICE-TCP wants (RFC 6544).

/// Puts datagrams back together from pieces of a stream.
#[derive(Debug, Default)]
pub struct Deframer {
    buffer: Vec<u8>,
}

impl Deframer {
    /// Takes a piece and hands each whole datagram to `each`. Keeps at most one incomplete
    /// datagram, so 64 KiB.
    pub fn push(&mut self, piece: &[u8], mut each: impl FnMut(&[u8])) {
        self.buffer.extend_from_slice(piece);
        let mut rest = &self.buffer[..];
        while let [high, low, tail @ ..] = rest {
            let length = usize::from(u16::from_be_bytes([*high, *low]));
            let Some(datagram) = tail.get(..length) else { break };
            if !datagram.is_empty() {
                each(datagram);
            }
            rest = &tail[length..];
        }
        let consumed = self.buffer.len() - rest.len();
        self.buffer.drain(..consumed);
    }
}

/// One datagram for a stream; `None` when it is too long for the length field.
pub fn frame(datagram: &[u8]) -> Option<Vec<u8>> {
    let length = u16::try_from(datagram.len()).ok()?;
    let mut bytes = Vec::with_capacity(2 + datagram.len());
    bytes.extend_from_slice(&length.to_be_bytes());
    bytes.extend_from_slice(datagram);
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn datagrams_survive_any_cutting_of_the_stream() {
        let sent: Vec<Vec<u8>> = (1..40_usize).map(|n| vec![n as u8; n * 37 % 1500 + 1]).collect();
        let stream: Vec<u8> = sent.iter().flat_map(|d| frame(d).unwrap()).collect();
        for step in [1, 2, 3, 7, 100, 5000, stream.len()] {
            let mut received = Vec::new();
            let mut deframer = Deframer::default();
            for piece in stream.chunks(step) {
                deframer.push(piece, |d| received.push(d.to_vec()));
            }
            assert_eq!(received, sent, "pieces of {step}");
        }
        assert_eq!(frame(&[0; 65536]), None);
    }
}
