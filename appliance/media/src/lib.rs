//! The media engine: between devices and encoded frames.
//!
//! It captures the camera and the microphone, and what is shared, and gives encoded frames; it takes encoded frames of
//! remote tracks and plays and shows them. What a meeting is, it does not know.
//!
//! GStreamer does what needs a codec or signal processing, a few elements at a time driven by our
//! own threads (the `stage` module): so there is no pipeline that could wait for somebody, and
//! adding, losing or breaking one track never touches the others.

mod announcer;
mod audio_device;
mod automix;
mod calls;
mod canvas;
mod capture;
mod chain;
mod check;
mod content;
mod content_sound;
mod counters;
mod delay;
mod detail;
mod display;
mod ear;
mod echo;
mod encode;
mod engine;
mod event;
mod frame_size;
mod freeze;
mod howling;
mod jitter;
mod keeper;
mod ladder;
mod lateness;
mod level;
mod load;
mod mailbox;
mod opus;
mod overload;
mod playout;
mod post;
mod raw;
mod remote_audio;
mod remote_video;
mod scene;
mod silence;
mod sound;
mod stage;
mod sweep;
mod types;
mod voice;
mod worker;
mod xruns;

#[cfg(test)]
mod bad_input;
#[cfg(test)]
extern crate self as media;
#[cfg(test)]
#[path = "../tests/common/mod.rs"]
mod common;
#[cfg(test)]
mod echo_figures;
#[cfg(test)]
mod falling;

pub use check::CheckedAudio;
pub use counters::Counters;
pub use engine::{Engine, EngineConfig, EngineError};
pub use event::MediaEvent;
pub use frame_size::frame_size;
pub use scene::{DisplayPicture, Picture, Rect, Scene, Tile, TileSource};
pub use sweep::{Echo, Measurement};
pub use types::{Codec, Feed, Kind, Layer, LayerTarget, ReceivedFrame, TrackKey, VideoCodec};
