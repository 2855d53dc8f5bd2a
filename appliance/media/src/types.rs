//! The words the engine and its user share: codecs, layers, tracks and frames.

use std::time::{Duration, Instant};

/// What the engine can encode pictures with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum VideoCodec {
    /// VP8, one frame per buffer.
    Vp8,
    /// H.264 constrained baseline, Annex B, parameter sets repeated at every key frame.
    H264,
}

/// What a received frame is encoded with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Codec {
    /// One Opus packet.
    Opus,
    /// One VP8 frame.
    Vp8,
    /// One VP9 frame (or superframe).
    Vp9,
    /// One H.264 access unit, Annex B.
    H264,
    /// One AV1 temporal unit, low overhead format.
    Av1,
}

impl From<VideoCodec> for Codec {
    fn from(codec: VideoCodec) -> Codec {
        match codec {
            VideoCodec::Vp8 => Codec::Vp8,
            VideoCodec::H264 => Codec::H264,
        }
    }
}

/// Sound or pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Sound.
    Audio,
    /// Pictures.
    Video,
}

/// What pictures and sound of ours are taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Feed {
    /// The room's camera and microphone.
    Room,
    /// What is shared: a laptop's picture and sound.
    Content,
}

/// One of up to three sizes the camera is sent in; how large each is, its [`LayerTarget`] says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    /// The smallest.
    Low,
    /// The one between.
    Medium,
    /// The largest.
    High,
}

impl Layer {
    /// Every layer, the smallest first.
    pub const ALL: [Layer; 3] = [Layer::Low, Layer::Medium, Layer::High];

    pub(crate) fn index(self) -> usize {
        self as usize
    }
}

/// A layer to encode, and how many bits it may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LayerTarget {
    /// Which one.
    pub layer: Layer,
    /// The camera's width and height divided by this are the layer's: 1, 2, 3, 4 or 6. Odd lengths are
    /// made even, and none is less than 16 pixels. An undivided layer is smaller where this machine does not keep up, and
    /// where a picture larger than 720p is not proven to be quick enough or has too few bits.
    pub divisor: u32,
    /// Bits per second.
    pub bitrate_bps: u32,
}

/// The name of a remote track, chosen by the engine's user.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TrackKey(pub String);

/// A whole encoded frame from a remote participant.
#[derive(Debug, Clone)]
pub struct ReceivedFrame {
    /// Whose it is; frames of unknown tracks are ignored.
    pub track: TrackKey,
    /// Sound or pictures.
    pub kind: Kind,
    /// What it is encoded with.
    pub codec: Codec,
    /// Position on the track's own clock.
    pub media_time: Duration,
    /// The sender's wall clock when it was taken, once known; the same clock for all its tracks.
    pub sender_time: Option<Duration>,
    /// When its last packet came in.
    pub arrived: Instant,
    /// Whether nothing is missing between the previous frame of this track and this one.
    pub contiguous: bool,
    /// Whether it can be decoded without earlier frames.
    pub keyframe: bool,
    /// The frame.
    pub data: Vec<u8>,
}
