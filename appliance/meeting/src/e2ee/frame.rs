//! One frame, sealed and opened.
//!
//! ```text
//! +--------------+-----------------------------+---------+------+-----------+
//! | clear header | ciphertext || 16 bytes tag  | 12 IV   | 0x0C | key index |
//! +--------------+-----------------------------+---------+------+-----------+
//! ```
//! The clear header is authenticated. All behind it is escaped in H.264.

use std::collections::HashMap;

use super::key::{IV_BYTES, Key, NotOurs, TAG_BYTES};
use super::nal;
use crate::io::Codec;

/// The IV, its length, and the key's index.
const TRAILER_BYTES: usize = IV_BYTES + 2;

/// Frames of a stream are counted up to here in their IVs.
const COUNTER_MODULUS: u32 = 65_535;

/// What makes a frame's IV its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// A number of the stream (one layer of one track) that no other stream under the same key has. LiveKit takes the
    /// SSRC; to whoever receives it it means nothing.
    pub stream: u32,
    /// RTP time: 48 kHz for sound, 90 kHz for pictures.
    pub time: u32,
}

/// How many bytes at the head of a frame stay clear, so that servers and RTP can work with it. A frame that is shorter
/// is none of this codec.
///
/// `keyframe` only matters where the codec cannot be read.
pub fn clear_bytes(codec: Codec, keyframe: bool, frame: &[u8]) -> usize {
    match codec {
        // The table of contents (RFC 6716, 3.1).
        Codec::Opus => 1,
        Codec::Vp9 | Codec::Av1 => 0,
        Codec::Vp8 => vp8(frame.first().is_some_and(|first| first & 1 == 0)),
        // As the official client takes what it cannot read.
        Codec::H264 => nal::clear_bytes(frame).unwrap_or(vp8(keyframe)),
    }
}

/// The frame's header (RFC 6386, 9.1).
fn vp8(keyframe: bool) -> usize {
    if keyframe { 10 } else { 3 }
}

/// Encrypts what we send.
#[derive(Debug)]
pub struct Sealer {
    pub(super) key: Key,
    pub(super) index: u8,
    /// Frames so far, by stream.
    counters: HashMap<u32, u32>,
    /// Data packets so far.
    pub(super) packets: u32,
}

impl Sealer {
    /// `index` is the place of the key in everybody's ring.
    pub fn new(key: Key, index: u8) -> Sealer {
        Sealer { key, index, counters: HashMap::new(), packets: random() }
    }

    /// The frame as it goes on the wire: an Opus packet, a VP8 or VP9 frame, or an H.264 access unit (Annex B).
    /// An empty one (silence) stays empty.
    ///
    /// `None`: it is no frame of this codec, or could not be encrypted, and must not be sent.
    pub fn seal(&mut self, codec: Codec, stamp: Stamp, frame: &[u8]) -> Option<Vec<u8>> {
        if frame.is_empty() {
            return Some(Vec::new());
        }
        if codec == Codec::H264 {
            let (frame, clear) = nal::as_received(frame)?;
            return self.seal_behind(clear, codec, stamp, &frame);
        }
        let clear = clear_bytes(codec, false, frame);
        (clear <= frame.len()).then(|| self.seal_behind(clear, codec, stamp, frame)).flatten()
    }

    /// Seals what is behind the first bytes, which there are.
    fn seal_behind(&mut self, clear: usize, codec: Codec, stamp: Stamp, frame: &[u8]) -> Option<Vec<u8>> {
        let counter = self.counters.entry(stamp.stream).or_insert_with(random);
        let iv = iv(stamp, *counter);
        *counter = counter.wrapping_add(1);
        let mut wire = Vec::with_capacity(frame.len() + TAG_BYTES + TRAILER_BYTES);
        wire.extend_from_slice(frame);
        let (head, text) = wire.split_at_mut(clear);
        let tag = self.key.seal(iv, head, text)?;
        wire.extend_from_slice(&tag);
        wire.extend_from_slice(&iv);
        wire.extend([IV_BYTES as u8, self.index]);
        if codec == Codec::H264 {
            let escaped = nal::escape(&wire[clear..]);
            wire.truncate(clear);
            wire.extend_from_slice(&escaped);
        }
        Some(wire)
    }
}

/// Cuts what came in one picture into the frames it was sealed as. `None`: it is one.
///
/// VP9 in several spatial layers seals each of them, and RTP's receiver puts together what is of one time. All of them have the
/// stream and the time in their IVs, which is how they are told apart.
pub(super) fn layers(picture: &[u8]) -> Option<Vec<&[u8]>> {
    let [.., length, _] = picture else { return None };
    let iv = picture.len().checked_sub(TRAILER_BYTES).filter(|_| usize::from(*length) == IV_BYTES)?;
    let common = &picture[iv..iv + 8];
    let mut found = Vec::new();
    let mut from = 0;
    for at in 0..=iv {
        let trailer = &picture[at..at + TRAILER_BYTES];
        if trailer.starts_with(common) && trailer[IV_BYTES] == *length && at >= from {
            found.push(&picture[from..at + TRAILER_BYTES]);
            from = at + TRAILER_BYTES;
        }
    }
    (found.len() > 1).then_some(found)
}

/// What a received frame is made of.
pub(super) struct Sealed {
    clear: usize,
    bytes: Vec<u8>,
    /// Where the ciphertext with its tag ends.
    end: usize,
    iv: [u8; IV_BYTES],
    /// The sender's key has this place in the ring.
    pub index: u8,
}

impl Sealed {
    /// Takes a frame apart. `None`: it is no sealed one.
    pub fn parse(codec: Codec, keyframe: bool, frame: &[u8]) -> Option<Sealed> {
        let clear = clear_bytes(codec, keyframe, frame);
        let mut bytes = frame.get(..clear)?.to_vec();
        if codec == Codec::H264 {
            bytes.extend(nal::unescape(&frame[clear..]));
        } else {
            bytes.extend_from_slice(&frame[clear..]);
        }
        let (&[.., iv_bytes, index], length) = (bytes.as_slice(), bytes.len()) else { return None };
        let end = length.checked_sub(TRAILER_BYTES).filter(|_| usize::from(iv_bytes) == IV_BYTES)?;
        let iv = bytes[end..end + IV_BYTES].try_into().ok()?;
        (end >= clear + TAG_BYTES).then_some(Sealed { clear, bytes, end, iv, index })
    }

    /// The frame in clear. What the key does not open stays as it is, for another key.
    pub fn open(&self, key: &Key) -> Result<Vec<u8>, NotOurs> {
        let mut bytes = self.bytes[..self.end].to_vec();
        let (head, text) = bytes.split_at_mut(self.clear);
        let length = head.len() + key.open(self.iv, head, text)?.len();
        bytes.truncate(length);
        Ok(bytes)
    }
}

/// Big-endian, as LiveKit has it: the stream, the time, and the time less a counter.
pub(super) fn iv(stamp: Stamp, counter: u32) -> [u8; IV_BYTES] {
    let last = stamp.time.wrapping_sub(counter % COUNTER_MODULUS);
    let mut iv = [0; IV_BYTES];
    iv[..4].copy_from_slice(&stamp.stream.to_be_bytes());
    iv[4..8].copy_from_slice(&stamp.time.to_be_bytes());
    iv[8..].copy_from_slice(&last.to_be_bytes());
    iv
}

/// Where a counter starts, or what a stream is numbered by.
pub(crate) fn random() -> u32 {
    uuid::Uuid::new_v4().as_fields().0
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::e2ee::Profile;

    pub const PASSPHRASE: &str = "0123456789abcdef0123456789abcdef0123456789abcdef";

    pub fn hex(text: &str) -> Vec<u8> {
        (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
    }

    fn key() -> Key {
        Key::from_passphrase(PASSPHRASE, &Profile::SHARED)
    }

    /// Codec, stream, time, counter, plain, wire: shared/reference/visio.md, D3.
    const VECTORS: [(Codec, u32, u32, u32, &str, &str); 5] = [
        (
            Codec::Opus,
            0x1122_3344,
            960,
            5,
            "780102030405060708",
            "780fef967e24000808d423e7f3dabe086212208322191cfec711223344000003c0000003bb0c00",
        ),
        (
            Codec::Vp8,
            0x1122_3344,
            90_000,
            5,
            "1002009d012a80026801aabbccdd",
            "1002009d012a80026801cf3113b7d4815b9cfe83128eb4ba7e94f1f845921122334400015f9000015f8b0c00",
        ),
        (
            Codec::Vp8,
            0x1122_3344,
            93_000,
            6,
            "310200aabbcc",
            "310200988fd17417a36802b5695c057672436fe8b6f61122334400016b4800016b420c00",
        ),
        (
            Codec::H264,
            0x1122_3344,
            180_000,
            7,
            "000000016742e01f0000000168ce3c800000016588840010ffeedd",
            "000000016742e01f0000000168ce3c800000016588d0b7fa5d22036935e058ef98b1ca456f1193c036fec5112233440002bf200002bf190c00",
        ),
        (
            Codec::H264,
            0,
            0,
            0,
            "000000016742e01f0000000168ce3c800000016588840010ffeedd",
            "000000016742e01f0000000168ce3c8000000165889a7536fac4f0f56c4c5ce43632804e580ddb0af8a12500000300000300000300000300000300000c00",
        ),
    ];

    #[test]
    fn frames_are_sealed_and_opened_as_recorded() {
        for (codec, stream, time, counter, plain, wire) in VECTORS {
            let (plain, wire) = (hex(plain), hex(wire));
            let opened = Sealed::parse(codec, true, &wire).unwrap().open(&key()).unwrap();
            assert_eq!(opened, plain, "{codec:?}");
            let mut sealer = Sealer::new(key(), 0);
            sealer.counters.insert(stream, counter);
            // The recorded access units have a short start code, which our sender does not leave.
            let clear = clear_bytes(codec, false, &plain);
            let sealed = sealer.seal_behind(clear, codec, Stamp { stream, time }, &plain);
            assert_eq!(sealed.unwrap(), wire, "{codec:?}");
        }
    }
}
