//! Tries an element with a few small pictures: it must give back what went in, within a second.
//!
//! That an element is registered says nothing: the driver may lack the codec, the device may be
//! somebody else's, and some give nonsense.

use std::sync::mpsc;
use std::time::Duration;

use gstreamer as gst;
use gstreamer_video as gst_video;

use super::rungs::{Decoder, Encoder, decoders_of};
use super::{encoded_caps, frame_caps, raw_caps};
use crate::raw::{Converter, RawPicture};
use crate::stage::{Stage, timed_buffer};
use crate::types::{Codec, Feed, VideoCodec};

/// How long hardware may take for all of it.
pub(crate) const PROBE_TIMEOUT: Duration = Duration::from_secs(1);
/// Software does not hang; on a busy machine it takes long.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);
const WIDTH: u32 = 320;
const HEIGHT: u32 = 180;
/// Luma of the left and of the right half of the picture an encoder gets.
const LUMA: [u8; 2] = [70, 180];
/// Luma of the pictures a decoder gets.
const GREY: u8 = 128;
/// How far the luma may be off: codecs lose something.
const TOLERANCE: u8 = 40;

/// Whether there is such an element at all.
pub(crate) fn is_there(element: &str) -> bool {
    gst::ElementFactory::find(element).is_some()
}

/// Runs a probe in a thread of its own: a driver that hangs must not hang us.
pub(crate) fn within(timeout: Duration, element: &'static str, probe: impl FnOnce() -> bool + Send + 'static) -> bool {
    let (tell, told) = mpsc::channel();
    let started = std::thread::Builder::new().name("codec-probe".to_owned()).spawn(move || {
        let _ = tell.send(probe());
    });
    let works = started.is_ok() && told.recv_timeout(timeout).unwrap_or(false);
    if works {
        tracing::debug!(element, "works");
    } else {
        tracing::warn!(element, "is installed but does not work here");
    }
    works
}

/// Whether it makes frames of which the first one gives the picture back.
pub(crate) fn encodes(encoder: &Encoder, codec: VideoCodec) -> bool {
    let (tell, told) = mpsc::sync_channel(8);
    let output = move |buffer: gst::Buffer, _: &gst::Caps| {
        let _ = tell.try_send(buffer);
    };
    let Ok(mut stage) = Stage::new(&encoder.description(codec, Feed::Room), &encoded_caps(codec), output) else {
        return false;
    };
    if let Some(element) = stage.element("encoder") {
        encoder.set_bitrate(&element, 400_000);
    }
    let info =
        gst_video::VideoInfo::builder(gst_video::VideoFormat::I420, WIDTH, HEIGHT).fps(gst::Fraction::new(30, 1));
    let Ok(info) = info.build() else { return false };
    let Some(buffer) = halves(&info) else { return false };
    let picture = RawPicture { buffer, info, serial: 0 };
    let Some((pixels, info)) = Converter::default().scale_to(&picture, encoder.pixels(), WIDTH, HEIGHT, None) else {
        return false;
    };
    let Ok(caps) = info.to_caps() else { return false };
    stage.set_caps(&caps);
    for number in 0..3 {
        let mut pixels = pixels.copy();
        if let Some(pixels) = pixels.get_mut() {
            pixels.set_pts(gst::ClockTime::from_mseconds(33) * number);
            pixels.set_dts(pixels.pts());
        }
        if stage.push(pixels).is_err() {
            return false;
        }
    }
    let Ok(frame) = told.recv_timeout(PATIENCE) else { return false };
    let Ok(frame) = frame.map_readable() else { return false };
    // Without a decoder of the processor's there is nothing to compare with.
    let reference =
        decoders_of(codec.into()).iter().find(|decoder| !decoder.ability.in_hardware && is_there(decoder.element));
    reference.is_none_or(|decoder| {
        first_picture(decoder, codec.into(), &frame).is_some_and(|picture| looks_like(picture, LUMA))
    })
}

/// Whether it gives back a grey picture.
pub(crate) fn decodes(decoder: &Decoder, codec: Codec) -> bool {
    let Some(sample) = sample(codec) else { return true };
    first_picture(decoder, codec, sample).is_some_and(|picture| looks_like(picture, [GREY; 2]))
}

/// What the decoder makes of a key frame.
fn first_picture(decoder: &Decoder, codec: Codec, frame: &[u8]) -> Option<RawPicture> {
    let (tell, told) = mpsc::sync_channel(1);
    let output = move |buffer: gst::Buffer, caps: &gst::Caps| {
        if let Ok(info) = gst_video::VideoInfo::from_caps(caps) {
            let _ = tell.try_send(RawPicture { buffer, info, serial: 0 });
        }
    };
    let mut stage = Stage::new(decoder.description, &raw_caps(), output).ok()?;
    stage.set_caps(&frame_caps(codec));
    for number in 0..3 {
        stage.push(timed_buffer(frame.to_vec(), Duration::from_millis(33) * number)).ok()?;
    }
    told.recv_timeout(PATIENCE).ok()
}

/// A picture whose halves differ.
fn halves(info: &gst_video::VideoInfo) -> Option<gst::Buffer> {
    let mut data = vec![128; info.size()];
    let (stride, width) = (usize::try_from(*info.stride().first()?).ok()?, info.width() as usize);
    for row in data.chunks_mut(stride).take(info.height() as usize) {
        row[..width / 2].fill(LUMA[0]);
        row[width / 2..width].fill(LUMA[1]);
    }
    Some(gst::Buffer::from_mut_slice(data))
}

/// Whether a picture has the right size, and its halves have this luma.
fn looks_like(picture: RawPicture, luma: [u8; 2]) -> bool {
    if (picture.info.width(), picture.info.height()) != (WIDTH, HEIGHT) {
        return false;
    }
    let Some((buffer, info)) = Converter::default().scale(&picture, WIDTH, HEIGHT) else { return false };
    let Ok(frame) = gst_video::VideoFrameRef::from_buffer_ref_readable(&buffer, &info) else { return false };
    let (Ok(plane), Some(stride)) = (frame.plane_data(0), info.stride().first()) else {
        return false;
    };
    let start = usize::try_from(*stride).unwrap_or(0) * (HEIGHT as usize / 2);
    [WIDTH / 4, WIDTH * 3 / 4]
        .into_iter()
        .zip(luma)
        .all(|(x, luma)| plane.get(start + x as usize).is_some_and(|found| found.abs_diff(luma) <= TOLERANCE))
}

/// A grey key frame of 320 by 180 pixels.
fn sample(codec: Codec) -> Option<&'static [u8]> {
    match codec {
        Codec::Opus => None,
        Codec::Vp8 => Some(include_bytes!("../samples/grey.vp8")),
        Codec::Vp9 => Some(include_bytes!("../samples/grey.vp9")),
        Codec::H264 => Some(include_bytes!("../samples/grey.h264")),
        Codec::Av1 => Some(include_bytes!("../samples/grey.av1")),
    }
}
