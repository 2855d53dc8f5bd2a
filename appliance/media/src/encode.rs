//! One thread per layer: takes the newest picture, scales it, encodes it, tells.

mod sizing;

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use gstreamer as gst;
use gstreamer_video as gst_video;

use crate::calls::Calls;
use crate::chain;
use crate::content::Thrift;
use crate::counters::{Tally, count};
use crate::detail::Detail;
use crate::event::{Events, MediaEvent};
use crate::frame_size::frame_size;
use crate::ladder::{self, Encoder, Ladder};
use crate::load::Load;
use crate::mailbox::{Mailbox, lock};
use crate::post::{Post, patience};
use crate::raw::{Converter, RawPicture};
use crate::stage::{Stage, StageError, duration};
use crate::types::{Feed, Layer, LayerTarget, VideoCodec};
use crate::worker::{Stop, Worker};

/// How long the thread waits for a picture before it looks whether it should end.
const IDLE: Duration = Duration::from_millis(100);
/// How long to wait when encoders fail one after the other.
const RETRY: Duration = Duration::from_millis(500);
/// How often in a row encoders may fail before that.
const FAILURES_MAX: u32 = 3;
/// A software encoder that fails twice in this time is left for another one. Hardware is at once.
const FAILS_AGAIN: Duration = Duration::from_secs(60);
/// How long hardware may take to start. Its probe was no longer either.
const OPENING_MAX: Duration = Duration::from_secs(1);
/// How long hardware may take for a picture, and how long it may give none.
const SILENCE_MAX: Duration = Duration::from_millis(500);
/// So many pictures without a frame are no coincidence.
const SILENT_PICTURES: u32 = 3;
/// Between two key frames: everybody asks at the same time, and key frames are large.
const KEYFRAME_INTERVAL: Duration = Duration::from_millis(300);
/// How long the end of an encoder may take.
const ENDING_MAX: Duration = Duration::from_secs(1);

/// One size of the camera, or the content, encoded when wanted.
pub(crate) struct LayerEncoder {
    shared: Arc<Shared>,
}

/// What to make.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Wanted {
    codec: VideoCodec,
    divisor: u32,
}

struct Shared {
    feed: Feed,
    layer: Layer,
    thrift: Thrift,
    /// Of all layers of this source.
    load: Arc<Load>,
    detail: Mutex<Detail>,
    wanted: Mutex<Option<Wanted>>,
    bitrate_bps: AtomicU32,
    keyframe: AtomicBool,
    /// A frame was not told: none is until a key frame comes.
    interrupted: AtomicBool,
    /// One picture: an encoder that is late continues with the newest.
    pictures: Mailbox<Arc<RawPicture>>,
    /// Who encodes, and with what it may be stuck.
    post: Post<(VideoCodec, Encoder)>,
    ladder: Arc<Ladder>,
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
        if lock(&self.0.wanted).is_none() {
            return;
        }
        if !self.0.has_time_for(picture) {
            return;
        }
        self.0.replace_if_stuck(Instant::now());
        let is_late = self.0.pictures.put(picture.clone());
        if is_late {
            count(&self.0.tally.dropped_capture);
        }
        if let Some(time) = picture.buffer.pts().map(duration) {
            self.0.load.given(self.0.layer, is_late, time, &self.0.tally);
        }
    }
}

impl LayerEncoder {
    /// # Errors
    /// When there is no thread for it.
    pub fn start(feed: Feed, layer: Layer, load: Arc<Load>, shared: &chain::Shared) -> std::io::Result<LayerEncoder> {
        let chain::Shared { epoch, ladder, tally, events, calls } = shared.clone();
        let shared = Arc::new(Shared {
            feed,
            layer,
            thrift: Thrift::default(),
            load,
            detail: Mutex::default(),
            wanted: Mutex::new(None),
            bitrate_bps: AtomicU32::new(0),
            keyframe: AtomicBool::new(false),
            interrupted: AtomicBool::new(false),
            pictures: Mailbox::new(1),
            post: Post::default(),
            ladder,
            tally,
            events,
            calls,
            epoch,
        });
        shared.start()?;
        Ok(LayerEncoder { shared })
    }

    pub fn layer(&self) -> Layer {
        self.shared.layer
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
        if let Some(worker) = self.shared.post.vacate() {
            worker.finish_within(ENDING_MAX);
        }
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
    health: Arc<Health>,
    /// Pictures that went in, and when the first of them did, since the last frame was seen.
    unanswered: (u32, Instant),
    /// Frames seen so far.
    frames: u64,
    /// When it was last told to make a key frame.
    keyframe: Instant,
}

/// What comes out of an encoder.
#[derive(Default)]
struct Health {
    frames: AtomicU64,
    /// Something came that is no frame of this codec and size.
    is_wrong: AtomicBool,
}

/// Why there is no frame.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("nothing here encodes {0:?}")]
    Absent(VideoCodec),
    #[error("{} failed", .0.element)]
    Broken(Encoder, #[source] StageError),
    #[error("{} gives no frames", .0.element)]
    Silent(Encoder),
    #[error("{} gives nonsense", .0.element)]
    Wrong(Encoder),
    #[error("a picture cannot be scaled")]
    Picture,
}

impl Failure {
    fn encoder(&self) -> Option<&Encoder> {
        match self {
            Failure::Broken(encoder, _) | Failure::Silent(encoder) | Failure::Wrong(encoder) => Some(encoder),
            Failure::Absent(_) | Failure::Picture => None,
        }
    }
}

fn run(shared: &Arc<Shared>, turn: u64, stop: &Stop) {
    let mut running: Option<Running> = None;
    let mut converter = Converter::default();
    let (mut failures, mut last_failure) = (0, None);
    while !stop.is_requested() && shared.post.is_held(turn) {
        let picture = shared.pictures.take(IDLE);
        let Some(wanted) = *lock(&shared.wanted) else {
            shared.end(turn, &mut running);
            continue;
        };
        let Some(picture) = picture else { continue };
        let Err(failure) = encode(shared, turn, wanted, &picture, &mut running, &mut converter) else {
            failures = 0;
            continue;
        };
        if !shared.post.is_held(turn) {
            return;
        }
        tracing::warn!(%failure, layer = ?shared.layer, "an encoder failed, it is made anew");
        shared.end(turn, &mut running);
        let now = Instant::now();
        if let Some(encoder) = failure.encoder() {
            let again = last_failure.replace(now).is_some_and(|last| now - last < FAILS_AGAIN);
            if encoder.ability.in_hardware || again {
                shared.ladder.distrust_encoder(wanted.codec, encoder, now);
            }
        }
        failures += 1;
        let nothing_helps = failures >= FAILURES_MAX || failure.encoder().is_none();
        if nothing_helps && !stop.sleep_until(now + RETRY) {
            return;
        }
    }
}

fn encode(
    shared: &Arc<Shared>,
    turn: u64,
    wanted: Wanted,
    picture: &RawPicture,
    running: &mut Option<Running>,
    converter: &mut Converter,
) -> Result<(), Box<Failure>> {
    let chosen = running.as_ref().map(|running| running.encoder);
    let (width, height) = shared.size(wanted, picture, chosen);
    // An encoder of the call before has frames of it in its memory.
    let call = shared.calls.current();
    let shape = (call, wanted.codec, width, height);
    if running.as_ref().is_some_and(|now| (now.call, now.codec, now.width, now.height) != shape) {
        shared.end(turn, running);
    }
    let encoder = match running {
        Some(running) => running.encoder,
        None => shared
            .ladder
            .encoder(wanted.codec, (width, height), Instant::now())
            .ok_or_else(|| Box::new(Failure::Absent(wanted.codec)))?,
    };
    let scaled = converter.scale_to(picture, encoder.pixels(), width, height, None);
    let (pixels, info) = scaled.ok_or_else(|| Box::new(Failure::Picture))?;
    let running = match running {
        Some(running) => running,
        None => {
            let made = shared.watched(turn, wanted.codec, encoder, OPENING_MAX, || {
                Running::new(shared, turn, call, wanted.codec, encoder, &info)
            });
            running.insert(made.map_err(|error| Box::new(Failure::Broken(encoder, error)))?)
        }
    };
    // A shallow copy: what an encoder notes on the buffer must not reach the other layers.
    let pixels = pixels.copy();
    // The first picture is where many drivers really open.
    let limit = if running.frames == 0 { OPENING_MAX } else { SILENCE_MAX };
    let pushed = shared.watched(turn, wanted.codec, encoder, limit, || {
        running.set_bitrate(shared.bitrate(wanted, picture, (width, height)));
        running.make_keyframe_if_due(&shared.keyframe, Instant::now());
        running.stage.push(pixels)
    });
    pushed.map_err(|error| Box::new(Failure::Broken(encoder, error)))?;
    running.examine(Instant::now())
}

impl Running {
    fn new(
        shared: &Arc<Shared>,
        turn: u64,
        call: u64,
        codec: VideoCodec,
        encoder: Encoder,
        info: &gst_video::VideoInfo,
    ) -> Result<Running, StageError> {
        let health = Arc::new(Health::default());
        let (teller, healthy) = (shared.clone(), health.clone());
        let size = (info.width(), info.height());
        let output = move |buffer: gst::Buffer, _: &gst::Caps| {
            if teller.post.is_held(turn) {
                teller.tell(call, codec, size, &healthy, &buffer);
            }
        };
        let mut stage = Stage::new(&encoder.description(codec, shared.feed), &ladder::encoded_caps(codec), output)?;
        let bitrate_bps = shared.bitrate_bps.load(Ordering::Relaxed);
        if let Some(element) = stage.element("encoder") {
            encoder.set_bitrate(&element, bitrate_bps);
        }
        let caps = info.to_caps().map_err(|_| StageError::Trouble)?;
        stage.set_caps(&caps);
        // A new encoder starts with a key frame anyway.
        shared.keyframe.store(false, Ordering::Release);
        tracing::debug!(element = encoder.element, layer = ?shared.layer, "encodes");
        let now = Instant::now();
        let (width, height) = size;
        let (unanswered, frames, keyframe) = ((0, now), 0, now);
        Ok(Running { call, codec, width, height, bitrate_bps, encoder, stage, health, unanswered, frames, keyframe })
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

    /// Asks for the key frame that is wanted, unless the last one was just now: then later.
    fn make_keyframe_if_due(&mut self, wanted: &AtomicBool, now: Instant) {
        if is_keyframe_due(wanted, self.keyframe, now) {
            self.keyframe = now;
            self.stage.send_upstream(gst_video::UpstreamForceKeyUnitEvent::builder().all_headers(true).build());
        }
    }

    /// Looks at what came out, after a picture went in.
    fn examine(&mut self, now: Instant) -> Result<(), Box<Failure>> {
        if self.health.is_wrong.load(Ordering::Acquire) {
            return Err(Box::new(Failure::Wrong(self.encoder)));
        }
        let frames = self.health.frames.load(Ordering::Acquire);
        if frames != self.frames || self.unanswered.0 == 0 {
            (self.frames, self.unanswered) = (frames, (0, now));
        }
        self.unanswered.0 += 1;
        // Software leaves pictures out when it has no bits left for them.
        let (pictures, since) = self.unanswered;
        let is_silent = pictures > SILENT_PICTURES && now.saturating_duration_since(since) > SILENCE_MAX;
        if is_silent && self.encoder.ability.in_hardware {
            Err(Box::new(Failure::Silent(self.encoder)))
        } else {
            Ok(())
        }
    }
}

/// Whether to ask for a key frame now; a wish that comes too early stays.
fn is_keyframe_due(wanted: &AtomicBool, last: Instant, now: Instant) -> bool {
    now.saturating_duration_since(last) >= KEYFRAME_INTERVAL && wanted.swap(false, Ordering::AcqRel)
}

impl Shared {
    fn start(self: &Arc<Shared>) -> std::io::Result<()> {
        self.post.fill(|turn| {
            let working = self.clone();
            Worker::spawn("encoder", move |stop| run(&working, turn, &stop))
        })
    }

    /// Gives the layer to another thread when its own is stuck in a driver. Never blocks.
    fn replace_if_stuck(self: &Arc<Shared>, now: Instant) {
        let Some((codec, encoder)) = self.post.clear_if_stuck(now) else { return };
        tracing::warn!(element = encoder.element, layer = ?self.layer, "an encoder hangs and is left");
        self.ladder.distrust_encoder(codec, &encoder, now);
        if let Err(error) = self.start() {
            tracing::error!(%error, layer = ?self.layer, "no thread to encode with");
        }
    }

    /// Does what may hang, above all if `encoder` is hardware.
    fn watched<R>(
        &self,
        turn: u64,
        codec: VideoCodec,
        encoder: Encoder,
        limit: Duration,
        work: impl FnOnce() -> R,
    ) -> R {
        self.post.within(turn, patience(encoder.ability.in_hardware, limit), (codec, encoder), work)
    }

    /// Ends an encoder, which may hang as well.
    fn end(&self, turn: u64, running: &mut Option<Running>) {
        if let Some(running) = running.take() {
            self.watched(turn, running.codec, running.encoder, OPENING_MAX, move || drop(running));
        }
    }

    fn tell(&self, call: u64, codec: VideoCodec, size: (u32, u32), health: &Health, buffer: &gst::Buffer) {
        let Some((media_time, data)) = buffer.pts().map(duration).zip(buffer.map_readable().ok()) else { return };
        let keyframe = !buffer.flags().contains(gst::BufferFlags::DELTA_UNIT);
        // The first one must be a key frame, whatever the rest is.
        let is_right =
            (keyframe || health.frames.load(Ordering::Acquire) > 0) && is_frame(codec, size, keyframe, &data);
        if !is_right {
            return health.is_wrong.store(true, Ordering::Release);
        }
        health.frames.fetch_add(1, Ordering::AcqRel);
        if lock(&self.wanted).is_none_or(|wanted| wanted.codec != codec) {
            // Whoever wants the layer again cannot go on from here.
            self.interrupted.store(true, Ordering::Release);
            return self.keyframe.store(true, Ordering::Release);
        }
        if keyframe {
            self.interrupted.store(false, Ordering::Release);
        } else if self.interrupted.load(Ordering::Acquire) {
            return;
        }
        let event = MediaEvent::EncodedVideo {
            feed: self.feed,
            layer: self.layer,
            codec,
            media_time,
            captured: self.epoch + media_time,
            keyframe,
            data: data.to_vec(),
        };
        self.calls.tell(call, || {
            count(match self.feed {
                Feed::Room => &self.tally.encoded[self.layer.index()],
                Feed::Content => &self.tally.encoded_content,
            });
            (self.events)(event);
        });
    }
}

/// Whether this may be a frame of `codec` with pictures of `size`, as far as its head tells.
fn is_frame(codec: VideoCodec, size: (u32, u32), keyframe: bool, data: &[u8]) -> bool {
    let told = frame_size(codec.into(), data);
    match codec {
        VideoCodec::Vp8 => {
            // RFC 6386, section 9.1.
            let Some((&[low, middle, high], rest)) = data.split_first_chunk() else { return false };
            let tag = u32::from_le_bytes([low, middle, high, 0]);
            let (version, is_shown, first_partition) = (tag >> 1 & 7, tag >> 4 & 1 == 1, (tag >> 5) as usize);
            let is_sound = (tag & 1 == 0) == keyframe && version <= 3 && is_shown && first_partition <= rest.len();
            is_sound && (!keyframe || told == Some(size))
        }
        VideoCodec::H264 => {
            let has_start = data.starts_with(&[0, 0, 1]) || data.starts_with(&[0, 0, 0, 1]);
            // Without cropping, in blocks of 16 or two times 16.
            let fits = |told: u32, wanted: u32| (wanted..wanted + 32).contains(&told);
            has_start && (!keyframe || told.is_some_and(|told| fits(told.0, size.0) && fits(told.1, size.1)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_frames_wished_for_in_a_storm_are_made_one_by_one_and_none_is_forgotten() {
        let (wanted, start) = (AtomicBool::new(false), Instant::now());
        let mut last = start;
        let mut made = Vec::new();
        for time in (0..1300).step_by(33) {
            let now = start + Duration::from_millis(time);
            // Everybody asks for half a second, and once more at its end.
            wanted.fetch_or(time <= 500, Ordering::AcqRel);
            if is_keyframe_due(&wanted, last, now) {
                last = now;
                made.push(time);
            }
        }
        assert_eq!(made, [330, 660]);
    }

    #[test]
    fn what_is_no_frame_is_told_from_one() {
        let vp8 = include_bytes!("samples/grey.vp8");
        let h264 = include_bytes!("samples/grey.h264");
        for (codec, frame) in [(VideoCodec::Vp8, &vp8[..]), (VideoCodec::H264, h264)] {
            assert!(is_frame(codec, (320, 180), true, frame), "{codec:?}");
            assert!(!is_frame(codec, (640, 360), true, frame), "{codec:?}: another size");
            assert!(!is_frame(codec, (320, 180), true, &[]), "{codec:?}: nothing");
            assert!(!is_frame(codec, (320, 180), true, &[0x55; 300]), "{codec:?}: nonsense");
        }
        assert!(!is_frame(VideoCodec::Vp8, (320, 180), false, vp8), "a key frame that says it is none");
        assert!(is_frame(VideoCodec::Vp8, (320, 180), false, &[0x31, 0, 0, 1]), "one that builds on others");
        assert!(!is_frame(VideoCodec::Vp8, (320, 180), false, &[0x31, 1, 0, 1]), "and one cut short");
    }

    #[test]
    fn a_layer_that_was_off_for_a_moment_starts_again_with_a_key_frame() {
        gst::init().unwrap();
        let told = Arc::new(Mutex::new(Vec::new()));
        let telling = told.clone();
        let events: Events = Arc::new(move |event| {
            if let MediaEvent::EncodedVideo { keyframe, .. } = event {
                lock(&telling).push(keyframe);
            }
        });
        let (ladder, calls) = (Ladder::of_this_machine(None), Arc::<Calls>::default());
        let shared =
            chain::Shared { epoch: Instant::now(), ladder, tally: Arc::default(), events, calls: calls.clone() };
        let load = Arc::new(Load::new(Feed::Room));
        let layer = LayerEncoder::start(Feed::Room, Layer::High, load, &shared).unwrap();
        let target = LayerTarget { layer: Layer::High, divisor: 1, bitrate_bps: 100_000 };
        let health = Health::default();
        let frame = |keyframe: bool| {
            let data: &[u8] = if keyframe { include_bytes!("samples/grey.vp8") } else { &[0x31, 0, 0, 1] };
            let mut buffer = crate::stage::timed_buffer(data.to_vec(), Duration::ZERO);
            if !keyframe {
                buffer.get_mut().unwrap().set_flags(gst::BufferFlags::DELTA_UNIT);
            }
            layer.shared.tell(calls.current(), VideoCodec::Vp8, (320, 180), &health, &buffer);
            std::mem::take(&mut *lock(&told))
        };
        layer.want(VideoCodec::Vp8, Some(&target));
        assert_eq!([frame(true), frame(false)], [[true], [false]]);
        layer.want(VideoCodec::Vp8, None);
        assert!(frame(false).is_empty());
        assert!(layer.shared.keyframe.load(Ordering::Acquire), "it is asked for");
        layer.want(VideoCodec::Vp8, Some(&target));
        assert!(frame(false).is_empty(), "it builds on one that nobody got");
        assert_eq!([frame(true), frame(false)], [[true], [false]]);
    }
}
