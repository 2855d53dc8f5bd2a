//! RFC 4571: datagrams in a TCP stream, each after its length.

/// Takes a stream apart.
#[derive(Debug, Default)]
pub(super) struct Deframer {
    buffer: Vec<u8>,
}

impl Deframer {
    /// Adds bytes of the stream and returns the datagrams that are complete now.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<Vec<u8>> {
        self.buffer.extend_from_slice(bytes);
        let mut datagrams = Vec::new();
        let mut rest = &self.buffer[..];
        while let Some((length, after)) = rest.split_first_chunk::<2>() {
            let length = usize::from(u16::from_be_bytes(*length));
            let Some((datagram, after)) = after.split_at_checked(length) else { break };
            datagrams.push(datagram.to_vec());
            rest = after;
        }
        self.buffer = rest.to_vec();
        datagrams
    }
}

/// One datagram for the stream. `None`: too long for it.
pub(super) fn frame(datagram: &[u8]) -> Option<Vec<u8>> {
    let length = u16::try_from(datagram.len()).ok()?;
    let mut framed = length.to_be_bytes().to_vec();
    framed.extend_from_slice(datagram);
    Some(framed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn datagrams_survive_any_cut_of_the_stream() {
        let datagrams = [vec![1; 3], vec![], vec![2; 700]];
        let stream: Vec<u8> = datagrams.iter().flat_map(|d| frame(d).unwrap()).collect();
        for size in [1, 2, 5, 1000] {
            let mut deframer = Deframer::default();
            let received: Vec<_> = stream.chunks(size).flat_map(|part| deframer.push(part)).collect();
            assert_eq!(received, datagrams);
        }
    }
}
