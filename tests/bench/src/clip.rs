//! What a participant of the load sends: encoded once, so that sending costs next to nothing.

use std::time::Duration;

use anyhow::{Context, ensure};
use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use meeting::io::Layer;

use crate::picture::{LOOP, i420};

/// Pictures from one key frame to the next: about a second.
pub const KEYFRAME_EVERY: usize = 32;
/// What each participant sends, as official clients send a camera of 640 by 360: layer, width, height, bits per second.
pub const LAYERS: [(Layer, u32, u32, u32); 2] = [(Layer::Low, 320, 180, 150_000), (Layer::Medium, 640, 360, 500_000)];
/// Opus packets in a loop, 20 ms each.
const PACKETS: usize = 100;

/// One encoded picture.
#[derive(Clone)]
pub struct Frame {
    pub keyframe: bool,
    pub data: Vec<u8>,
}

/// A camera and a microphone, encoded.
pub struct Clip {
    /// By [`LAYERS`], each [`LOOP`] long.
    pub video: Vec<Vec<Frame>>,
    pub audio: Vec<Vec<u8>>,
}

impl Clip {
    /// Encodes the loop of camera `who`.
    pub fn new(who: u8, fps: u32) -> anyhow::Result<Clip> {
        gst::init().context("GStreamer does not start")?;
        let video = LAYERS.iter().map(|(_, width, height, bitrate)| video(who, (*width, *height), fps, *bitrate));
        Ok(Clip { video: video.collect::<anyhow::Result<_>>()?, audio: audio(who)? })
    }
}

fn video(who: u8, (width, height): (u32, u32), fps: u32, bitrate_bps: u32) -> anyhow::Result<Vec<Frame>> {
    let description = format!(
        "appsrc name=in format=time ! vp8enc deadline=1 cpu-used=8 threads=1 end-usage=cbr lag-in-frames=0 \
         error-resilient=default keyframe-mode=disabled target-bitrate={bitrate_bps} ! appsink name=out sync=false"
    );
    let caps = gst::Caps::builder("video/x-raw")
        .field("format", "I420")
        .field("width", width as i32)
        .field("height", height as i32)
        .field("framerate", gst::Fraction::new(fps as i32, 1))
        .build();
    let period = Duration::from_secs(1) / fps;
    let encoded = run(&description, &caps, LOOP, |index, source| {
        if index % KEYFRAME_EVERY == 0 {
            // The event goes before the picture, and the encoder heeds it there.
            let structure = gst::Structure::builder("GstForceKeyUnit").field("all-headers", true).build();
            source.send_event(gst::event::CustomDownstream::new(structure));
        }
        (i420(width, height, index, who), period * index as u32, period)
    })?;
    ensure!(encoded.len() == LOOP, "the encoder left pictures out: {} of {LOOP} came", encoded.len());
    for (index, frame) in encoded.iter().enumerate() {
        ensure!(index % KEYFRAME_EVERY != 0 || frame.keyframe, "picture {index} is no key frame");
    }
    Ok(encoded)
}

/// A quiet steady tone, another for everybody.
fn audio(who: u8) -> anyhow::Result<Vec<Vec<u8>>> {
    let caps = gst::Caps::builder("audio/x-raw")
        .field("format", "S16LE")
        .field("layout", "interleaved")
        .field("rate", 48_000)
        .field("channels", 1)
        .build();
    let hz = 200.0 + 60.0 * f64::from(who);
    let description = "appsrc name=in format=time ! opusenc bitrate=32000 frame-size=20 ! appsink name=out sync=false";
    let encoded = run(description, &caps, PACKETS, |index, _| {
        let sample = |n: usize| {
            let time = (index * 960 + n) as f64 / 48_000.0;
            ((hz * time * std::f64::consts::TAU).sin() * 600.0) as i16
        };
        let bytes: Vec<u8> = (0..960).flat_map(|n| sample(n).to_le_bytes()).collect();
        (bytes, Duration::from_millis(20) * index as u32, Duration::from_millis(20))
    })?;
    ensure!(encoded.len() >= PACKETS, "the sound encoder left something out");
    Ok(encoded.into_iter().take(PACKETS).map(|frame| frame.data).collect())
}

fn run(
    description: &str,
    caps: &gst::Caps,
    count: usize,
    give: impl Fn(usize, &gst_app::AppSrc) -> (Vec<u8>, Duration, Duration),
) -> anyhow::Result<Vec<Frame>> {
    let pipeline = gst::parse::launch(description)?.downcast::<gst::Pipeline>().ok().context("no pipeline")?;
    let source = pipeline.by_name("in").and_then(|e| e.downcast::<gst_app::AppSrc>().ok()).context("no source")?;
    let sink = pipeline.by_name("out").and_then(|e| e.downcast::<gst_app::AppSink>().ok()).context("no sink")?;
    source.set_caps(Some(caps));
    pipeline.set_state(gst::State::Playing)?;
    let clock = |time: Duration| gst::ClockTime::from_nseconds(time.as_nanos() as u64);
    for index in 0..count {
        let (bytes, time, length) = give(index, &source);
        let mut buffer = gst::Buffer::from_mut_slice(bytes);
        if let Some(buffer) = buffer.get_mut() {
            buffer.set_pts(clock(time));
            buffer.set_duration(clock(length));
        }
        source.push_buffer(buffer).ok().context("the encoder takes nothing more")?;
    }
    source.end_of_stream().ok().context("the encoder does not end")?;
    let mut encoded = Vec::with_capacity(count);
    while let Ok(sample) = sink.pull_sample() {
        let buffer = sample.buffer().context("no data")?;
        let keyframe = !buffer.flags().contains(gst::BufferFlags::DELTA_UNIT);
        encoded.push(Frame { keyframe, data: buffer.map_readable()?.to_vec() });
    }
    pipeline.set_state(gst::State::Null)?;
    Ok(encoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clip_is_whole_and_begins_again_with_a_key_frame() {
        let clip = Clip::new(1, 30).unwrap();
        assert_eq!(clip.video.len(), LAYERS.len());
        assert!(clip.video.iter().all(|layer| layer.len() == LOOP && layer[0].keyframe && !layer[1].keyframe));
        assert_eq!(clip.audio.len(), PACKETS);
    }
}
