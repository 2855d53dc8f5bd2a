//! One thread per layer: takes the newest picture, scales it, encodes it, tells.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use gstreamer as gst;
use gstreamer_video as gst_video;

use crate::calls::Calls;
use crate::counters::{Tally, count};
use crate::event::{Events, MediaEvent};
use crate::ladder::{self, Encoder};
use crate::mailbox::{Mailbox, lock};
use crate::raw::{Converter, RawPicture};
use crate::stage::{Stage, StageError, duration};
use crate::types::{Layer, LayerTarget, VideoCodec};
use crate::worker::{Stop, Worker};

/// How long the thread waits for a picture before it looks whether it should end.
const IDLE: Duration = Duration::from_millis(100);
/// How long to wait after an encoder failed.
const RETRY: Duration = Duration::from_millis(500);
/// How often in a row an encoder may fail before another kind is tried.
const FAILURES_MAX: u32 = 2;

/// One size of the camera, encoded when wanted.
pub(crate) struct LayerEncoder {
    shared: Arc<Shared>,
    _worker: Worker,
}

/// What to make.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Wanted {
    codec: VideoCodec,
    divisor: u32,
}

struct Shared {
    layer: Layer,
    wanted: Mutex<Option<Wanted>>,
    bitrate_bps: AtomicU32,
    keyframe: AtomicBool,
    /// One picture: an encoder that is late continues with the newest.
    pictures: Mailbox<Arc<RawPicture>>,
    tally: Arc<Tally>,
    events: Events,
    calls: Arc<Calls>,
    epoch: Instant,
}

/// Gives an encoder its pictures.
#[derive(Clone)]
pub(crate) struct PictureInlet(Arc<Shared>);

impl PictureInlet {
    /// Hands over a picture unless the layer is off. Never blocks.
    pub fn offer(&self, picture: &Arc<RawPicture>) {
        if lock(&self.0.wanted).is_some() && self.0.pictures.put(picture.clone()) {
            count(&self.0.tally.dropped_capture);
        }
    }
}

impl LayerEncoder {
    /// # Errors
    /// When there is no thread for it.
    pub fn start(
        layer: Layer,
        epoch: Instant,
        tally: Arc<Tally>,
        events: Events,
        calls: Arc<Calls>,
    ) -> std::io::Result<LayerEncoder> {
        let shared = Arc::new(Shared {
            layer,
            wanted: Mutex::new(None),
            bitrate_bps: AtomicU32::new(0),
            keyframe: AtomicBool::new(false),
            pictures: Mailbox::new(1),
            tally,
            events,
            calls,
            epoch,
        });
        let working = shared.clone();
        let worker = Worker::spawn("encoder", move |stop| run(&working, &stop))?;
        Ok(LayerEncoder { shared, _worker: worker })
    }

    pub fn inlet(&self) -> PictureInlet {
        PictureInlet(self.shared.clone())
    }

    /// What to make from now on; the bitrate changes without a new encoder.
    pub fn want(&self, codec: VideoCodec, target: Option<&LayerTarget>) {
        if let Some(target) = target {
            self.shared.bitrate_bps.store(target.bitrate_bps, Ordering::Relaxed);
        }
        *lock(&self.shared.wanted) = target.map(|target| Wanted { codec, divisor: target.divisor });
    }

    pub fn force_keyframe(&self) {
        self.shared.keyframe.store(true, Ordering::Release);
    }
}

impl Drop for LayerEncoder {
    fn drop(&mut self) {
        self.shared.pictures.close();
    }
}

/// A running encoder, for one codec and size.
struct Running {
    call: u64,
    codec: VideoCodec,
    width: u32,
    height: u32,
    bitrate_bps: u32,
    encoder: Encoder,
    stage: Stage,
}

fn run(shared: &Arc<Shared>, stop: &Stop) {
    let mut running: Option<Running> = None;
    let mut converter = Converter::default();
    let mut failures = 0;
    while !stop.is_requested() {
        let picture = shared.pictures.take(IDLE);
        let Some(wanted) = *lock(&shared.wanted) else {
            running = None;
            continue;
        };
        let Some(picture) = picture else { continue };
        let encoded = encode(shared, wanted, &picture, &mut running, &mut converter);
        if let Err(error) = encoded {
            tracing::warn!(%error, layer = ?shared.layer, "an encoder failed, it is made anew");
            running = None;
            failures += 1;
            if failures >= FAILURES_MAX {
                failures = 0;
                ladder::distrust_encoder(wanted.codec);
            }
            if !stop.sleep_until(Instant::now() + RETRY) {
                return;
            }
        } else {
            failures = 0;
        }
    }
}

fn encode(
    shared: &Arc<Shared>,
    wanted: Wanted,
    picture: &RawPicture,
    running: &mut Option<Running>,
    converter: &mut Converter,
) -> Result<(), StageError> {
    let (width, height) = (part(picture.info.width(), wanted.divisor), part(picture.info.height(), wanted.divisor));
    // An encoder of the call before has frames of it in its memory.
    let call = shared.calls.current();
    running.take_if(|running| {
        (running.call, running.codec, running.width, running.height) != (call, wanted.codec, width, height)
    });
    let Some((pixels, info)) = converter.scale(picture, width, height) else { return Err(StageError::Trouble) };
    let running = match running {
        Some(running) => running,
        None => running.insert(Running::new(shared, call, wanted.codec, &info)?),
    };
    let bitrate_bps = shared.bitrate_bps.load(Ordering::Relaxed);
    running.set_bitrate(bitrate_bps);
    if shared.keyframe.swap(false, Ordering::AcqRel) {
        running.stage.send_upstream(gst_video::UpstreamForceKeyUnitEvent::builder().all_headers(true).build());
    }
    // A shallow copy: what an encoder notes on the buffer must not reach the other layers.
    running.stage.push(pixels.copy())
}

impl Running {
    fn new(
        shared: &Arc<Shared>,
        call: u64,
        codec: VideoCodec,
        info: &gst_video::VideoInfo,
    ) -> Result<Running, StageError> {
        let absent = || StageError::Build { description: format!("{codec:?}"), reason: "no encoder works".to_owned() };
        let encoder = ladder::encoder(codec).ok_or_else(absent)?;
        let teller = shared.clone();
        let output = move |buffer: gst::Buffer, _: &gst::Caps| teller.tell(call, codec, &buffer);
        let mut stage = Stage::new(&encoder.description(codec), &ladder::encoded_caps(codec), output)?;
        let bitrate_bps = shared.bitrate_bps.load(Ordering::Relaxed);
        if let Some(element) = stage.element("encoder") {
            encoder.set_bitrate(&element, bitrate_bps);
        }
        let caps = info.to_caps().map_err(|_| StageError::Trouble)?;
        stage.set_caps(&caps);
        // A new encoder starts with a key frame anyway.
        shared.keyframe.store(false, Ordering::Release);
        tracing::debug!(element = encoder.element, layer = ?shared.layer, "encodes");
        Ok(Running { call, codec, width: info.width(), height: info.height(), bitrate_bps, encoder, stage })
    }

    fn set_bitrate(&mut self, bitrate_bps: u32) {
        if self.bitrate_bps == bitrate_bps {
            return;
        }
        self.bitrate_bps = bitrate_bps;
        if let Some(element) = self.stage.element("encoder") {
            self.encoder.set_bitrate(&element, bitrate_bps);
        }
    }
}

impl Shared {
    fn tell(&self, call: u64, codec: VideoCodec, buffer: &gst::Buffer) {
        if lock(&self.wanted).is_none_or(|wanted| wanted.codec != codec) {
            return;
        }
        let Some((media_time, data)) = buffer.pts().map(duration).zip(buffer.map_readable().ok()) else { return };
        let event = MediaEvent::EncodedVideo {
            layer: self.layer,
            codec,
            media_time,
            captured: self.epoch + media_time,
            keyframe: !buffer.flags().contains(gst::BufferFlags::DELTA_UNIT),
            data: data.to_vec(),
        };
        self.calls.tell(call, || {
            count(&self.tally.encoded[self.layer.index()]);
            (self.events)(event);
        });
    }
}

/// A camera's width or height divided: even, and at least 16.
fn part(length: u32, divisor: u32) -> u32 {
    ((length / divisor.max(1)) & !1).max(16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_divided_even_and_bearable() {
        assert_eq!([part(1920, 1), part(1080, 4), part(90, 4), part(40, 4)], [1920, 270, 22, 16]);
        assert_eq!(part(640, 0), 640);
    }
}
