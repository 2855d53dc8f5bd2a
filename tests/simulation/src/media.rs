//! Frames that say where they come from: what a camera and a microphone are in a simulation.

use std::time::{Duration, Instant};

use meeting::io::{Codec, Kind, Layer, OutgoingFrame, Source};

/// Between two audio frames. Longer than on a real wire: a day has many hours.
pub const AUDIO_EVERY: Duration = Duration::from_millis(100);
/// Audio frames to one video frame.
pub const AUDIO_TO_VIDEO: u64 = 2;
/// A key frame takes more than one packet.
const KEYFRAME_BYTES: usize = 2500;

const MAGIC: [u8; 4] = *b"stmp";
const STAMP_BYTES: usize = 17;

/// What is written into a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// Counts the frames of this kind of one session.
    pub number: u32,
    /// Since the world began.
    pub captured: Duration,
    /// The panel has said for more than a second that nobody hears or sees this.
    pub secret: bool,
}

impl Stamp {
    fn bytes(self) -> [u8; STAMP_BYTES] {
        let mut bytes = [0; STAMP_BYTES];
        bytes[..4].copy_from_slice(&MAGIC);
        bytes[4..8].copy_from_slice(&self.number.to_be_bytes());
        bytes[8..16].copy_from_slice(&(self.captured.as_micros() as u64).to_be_bytes());
        bytes[16] = u8::from(self.secret);
        bytes
    }

    /// Reads the stamp of a received frame. `None`: not one of ours, or damaged.
    pub fn read(kind: Kind, data: &[u8]) -> Option<Stamp> {
        let start = match kind {
            Kind::Audio => 0,
            Kind::Video if data.first()? & 1 == 0 => 10,
            Kind::Video => 3,
        };
        let stamp: [u8; STAMP_BYTES] = data.get(start..start + STAMP_BYTES)?.try_into().ok()?;
        let [.., secret] = stamp;
        let number = u32::from_be_bytes(stamp[4..8].try_into().ok()?);
        let captured = Duration::from_micros(u64::from_be_bytes(stamp[8..16].try_into().ok()?));
        (stamp[..4] == MAGIC && secret <= 1).then_some(Stamp { number, captured, secret: secret == 1 })
    }
}

/// A microphone frame.
pub fn audio(stamp: Stamp, captured: Instant) -> OutgoingFrame {
    OutgoingFrame {
        source: Source::Microphone,
        codec: Codec::Opus,
        layer: None,
        media_time: stamp.captured,
        captured,
        keyframe: true,
        data: stamp.bytes().to_vec(),
        audio_level: Some(20),
    }
}

/// A camera frame: VP8's first bytes, then the stamp.
pub fn video(stamp: Stamp, layer: Layer, keyframe: bool, captured: Instant) -> OutgoingFrame {
    let mut data = vec![if keyframe { 0x10 } else { 0x11 }, 0x02, 0x00];
    if keyframe {
        data.extend_from_slice(&[0x9d, 0x01, 0x2a, 0x40, 0x01, 0xb4, 0x00]);
    }
    data.extend_from_slice(&stamp.bytes());
    if keyframe {
        data.resize(KEYFRAME_BYTES, 7);
    }
    OutgoingFrame {
        source: Source::Camera,
        codec: Codec::Vp8,
        layer: Some(layer),
        media_time: stamp.captured,
        captured,
        keyframe,
        data,
        audio_level: None,
    }
}

/// What one end has received of one kind.
#[derive(Debug, Clone, Copy, Default)]
pub struct Heard {
    pub frames: u64,
    pub at: Option<Instant>,
}

impl Heard {
    pub fn note(&mut self, now: Instant) {
        self.frames += 1;
        self.at = Some(now);
    }

    /// Whether something came within this long before now.
    pub fn within(&self, window: Duration, now: Instant) -> bool {
        self.at.is_some_and(|at| now.saturating_duration_since(at) <= window)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_is_read_back_from_every_kind_of_frame() {
        let now = Instant::now();
        let stamp = Stamp { number: 7, captured: Duration::from_millis(1234), secret: true };
        assert_eq!(Stamp::read(Kind::Audio, &audio(stamp, now).data), Some(stamp));
        for keyframe in [true, false] {
            assert_eq!(Stamp::read(Kind::Video, &video(stamp, Layer::Low, keyframe, now).data), Some(stamp));
        }
        assert_eq!(Stamp::read(Kind::Audio, b"noise"), None);
    }
}
