//! What the engine tells.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::check::CheckedAudio;
use crate::types::{Feed, Layer, TrackKey, VideoCodec};

/// Something happened in the engine.
#[derive(Debug, Clone)]
pub enum MediaEvent {
    /// A picture of the camera or the content, encoded.
    EncodedVideo {
        /// Whose picture.
        feed: Feed,
        /// Its size.
        layer: Layer,
        /// How it is encoded.
        codec: VideoCodec,
        /// Since the engine started; the same clock for all layers and for sound.
        media_time: Duration,
        /// When it was taken.
        captured: Instant,
        /// Whether it can be decoded without earlier frames.
        keyframe: bool,
        /// The frame.
        data: Vec<u8>,
    },
    /// 20 ms of the open microphone or of the content, an Opus packet.
    EncodedAudio {
        /// Whose sound.
        feed: Feed,
        /// Since the engine started.
        media_time: Duration,
        /// When the first sample was taken.
        captured: Instant,
        /// The packet.
        data: Vec<u8>,
        /// Loudness as in RFC 6464: 0 is the loudest, 127 silence.
        level_dbov: u8,
    },
    /// A track cannot go on without a key frame; told again after 150 ms, after 300 ms, and then every
    /// 500 ms, until one is decoded.
    NeedKeyframe(TrackKey),
    /// A track's first picture is on the display.
    FirstVideo(TrackKey),
    /// The first remote sound of the call that is not silence has gone to the loudspeaker.
    FirstAudio,
    /// Root mean square of a microphone after echo cancellation, ten times a second, open or closed.
    MicrophoneLevel {
        /// Its place on the board.
        microphone: usize,
        /// 0 to 1.
        level: f32,
    },
    /// Root mean square of what is played, 0 to 1, ten times a second.
    LoudspeakerLevel(f32),
    /// The camera failed, and gives no pictures until it is replaced; or it has given none for
    /// three seconds, and [`MediaEvent::CameraBack`] may follow by itself.
    CameraLost,
    /// The camera that stalled gives pictures again.
    CameraBack,
    /// The content failed, or has given no pictures for three seconds, as with the camera.
    ContentLost,
    /// The content that stalled gives pictures again.
    ContentBack,
    /// The content's pictures are all black for three seconds, as those of a protected film are; or no longer.
    ContentDark {
        /// Whether they are.
        dark: bool,
    },
    /// The microphone at this place failed or does not open; no sound from it until it is replaced.
    MicrophoneLost(usize),
    /// The loudspeaker failed or does not open; nothing is heard until it is replaced.
    LoudspeakerLost,
    /// A tone goes round between this room and another device in it, and grows; both ways are made
    /// softer for a while. Once per episode.
    Howling,
    /// How far the audio check is, in percent.
    AudioChecking(u8),
    /// The audio check has come to its end.
    AudioChecked(CheckedAudio),
    /// Nothing can be seen of a track: no decoder for its codec works here, none gives pictures, not
    /// even after several key frames, or its pictures are larger than 4096 by 2304. Once per track and
    /// codec; should it be decoded later, it is shown.
    CannotDecode(TrackKey),
}

/// Where events go; never blocks.
pub(crate) type Events = Arc<dyn Fn(MediaEvent) + Send + Sync>;
