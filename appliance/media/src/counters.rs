//! What the engine counts, for health pages and tests.

use std::sync::atomic::{AtomicU64, Ordering};

/// How much went through the engine since it started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counters {
    /// Pictures the camera gave.
    pub captured: u64,
    /// Pictures of the camera or the content that were lost: an encoder was too late for them (all layers together),
    /// or nobody took them from the device in time.
    pub dropped_capture: u64,
    /// Times less was sent from then on because this machine did not keep up with encoding.
    pub overloads: u64,
    /// How much less is sent of the camera for that now, in steps: 0 is all, 3 the least.
    pub camera_relief: u64,
    /// As `camera_relief`, of the content.
    pub content_relief: u64,
    /// Frames encoded per layer: low, medium, high.
    pub encoded: [u64; 3],
    /// Opus packets made from the microphone.
    pub encoded_audio: u64,
    /// Pictures the content gave.
    pub captured_content: u64,
    /// Frames encoded of the content.
    pub encoded_content: u64,
    /// Opus packets made of the content's sound.
    pub encoded_content_sound: u64,
    /// Remote pictures decoded.
    pub decoded: u64,
    /// Remote pictures decoded but replaced by a newer one before they were shown.
    pub skipped: u64,
    /// Remote frames thrown away: the queue was full, they came too late, or a key frame was missing.
    pub dropped_received: u64,
    /// 20 ms pieces of remote sound that had to be invented.
    pub concealed: u64,
    /// Howls heard.
    pub howls: u64,
    /// Times sound of a microphone was lost because nobody took it in time (an overrun): the machine is too busy.
    pub microphone_xruns: u64,
    /// Times the loudspeaker had nothing to play because nobody gave it any in time (an underrun).
    pub loudspeaker_xruns: u64,
    /// Threads lost to codecs that hang, now; of at most 16.
    pub lost_threads: u64,
    /// Pictures composed for the display.
    pub composed: u64,
    /// Times a remote picture on a display stood still: as in WebRTC's `freezeCount`, the next one came
    /// later than three times as long as usual, and than usual and 150 ms.
    pub freezes: u64,
    /// How long those took together, in milliseconds.
    pub frozen_ms: u64,
    /// 10 ms steps of the sound clock; stands still only if the sound thread does.
    pub audio_ticks: u64,
}

/// The live side of [`Counters`].
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub captured: AtomicU64,
    pub dropped_capture: AtomicU64,
    pub overloads: AtomicU64,
    pub camera_relief: AtomicU64,
    pub content_relief: AtomicU64,
    pub encoded: [AtomicU64; 3],
    pub encoded_audio: AtomicU64,
    pub captured_content: AtomicU64,
    pub encoded_content: AtomicU64,
    pub encoded_content_sound: AtomicU64,
    pub decoded: AtomicU64,
    pub skipped: AtomicU64,
    pub dropped_received: AtomicU64,
    pub concealed: AtomicU64,
    pub howls: AtomicU64,
    pub microphone_xruns: AtomicU64,
    pub loudspeaker_xruns: AtomicU64,
    pub composed: AtomicU64,
    pub freezes: AtomicU64,
    pub frozen_ms: AtomicU64,
    pub audio_ticks: AtomicU64,
}

/// Counts one.
pub(crate) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

/// Counts several.
pub(crate) fn count_many(counter: &AtomicU64, number: u64) {
    counter.fetch_add(number, Ordering::Relaxed);
}

impl Tally {
    pub fn snapshot(&self) -> Counters {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counters {
            captured: read(&self.captured),
            dropped_capture: read(&self.dropped_capture),
            overloads: read(&self.overloads),
            camera_relief: read(&self.camera_relief),
            content_relief: read(&self.content_relief),
            encoded: [read(&self.encoded[0]), read(&self.encoded[1]), read(&self.encoded[2])],
            encoded_audio: read(&self.encoded_audio),
            captured_content: read(&self.captured_content),
            encoded_content: read(&self.encoded_content),
            encoded_content_sound: read(&self.encoded_content_sound),
            decoded: read(&self.decoded),
            skipped: read(&self.skipped),
            dropped_received: read(&self.dropped_received),
            concealed: read(&self.concealed),
            howls: read(&self.howls),
            microphone_xruns: read(&self.microphone_xruns),
            loudspeaker_xruns: read(&self.loudspeaker_xruns),
            lost_threads: crate::post::lost(),
            composed: read(&self.composed),
            freezes: read(&self.freezes),
            frozen_ms: read(&self.frozen_ms),
            audio_ticks: read(&self.audio_ticks),
        }
    }
}
