//! The camera and the content: pictures from a device or from this process, at a steady pace, newest first.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use gstreamer_video as gst_video;

use crate::counters::{Tally, count, count_many};
use crate::event::{Events, MediaEvent};
use crate::mailbox::lock;
use crate::raw::{RawPicture, colours};
use crate::stage::clock_time;
use crate::types::Feed;
use crate::worker::{Pace, Stop, Worker};

/// How long a camera may give nothing before it counts as lost.
const STALLED: Duration = Duration::from_secs(3);

static SERIAL: AtomicU64 = AtomicU64::new(1);

/// A number no other picture of the process has.
pub(crate) fn next_serial() -> u64 {
    SERIAL.fetch_add(1, Ordering::Relaxed)
}

/// Who gets every picture of the camera. Must not block.
pub(crate) type Consumer = Box<dyn Fn(&Arc<RawPicture>) + Send + Sync>;

/// Hands each picture to the encoders and keeps the newest for the self view.
pub(crate) struct CaptureHub {
    feed: Feed,
    pub epoch: Instant,
    current: Mutex<Current>,
    consumers: Vec<Consumer>,
    tally: Arc<Tally>,
    events: Events,
}

/// The camera wanted now.
struct Current {
    /// Each camera has its own; what an old one still gives is ignored.
    number: u64,
    size: (u32, u32),
    newest: Option<Arc<RawPicture>>,
    health: Health,
    /// When the last picture came, or the camera was asked for.
    since: Instant,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Health {
    Absent,
    Working,
    /// Told lost; may come back.
    Stalled,
    /// Told lost; stays so.
    Failed,
}

impl CaptureHub {
    pub fn new(feed: Feed, epoch: Instant, consumers: Vec<Consumer>, tally: Arc<Tally>, events: Events) -> CaptureHub {
        CaptureHub {
            feed,
            epoch,
            current: Mutex::new(Current {
                number: 0,
                size: (0, 0),
                newest: None,
                health: Health::Absent,
                since: epoch,
            }),
            consumers,
            tally,
            events,
        }
    }

    /// The picture for the self view, if the camera works.
    pub fn newest(&self) -> Option<Arc<RawPicture>> {
        lock(&self.current).newest.clone()
    }

    /// The camera's size, (0, 0) before there is one; a lost one keeps it.
    pub fn size(&self) -> (u32, u32) {
        lock(&self.current).size
    }

    /// Forgets the camera and expects another one of `size`, or none; gives its number.
    pub fn expect(&self, size: Option<(u32, u32)>) -> u64 {
        let mut current = lock(&self.current);
        *current = Current {
            number: current.number + 1,
            size: size.unwrap_or_default(),
            newest: None,
            health: if size.is_some() { Health::Working } else { Health::Absent },
            since: Instant::now(),
        };
        current.number
    }

    /// Notices a camera that gives nothing any more. To be called now and then.
    pub fn look(&self, now: Instant) {
        let mut current = lock(&self.current);
        if current.health == Health::Working && now.saturating_duration_since(current.since) >= STALLED {
            tracing::warn!(feed = ?self.feed, "no pictures come");
            current.lose(Health::Stalled, self.feed, &self.events);
        }
    }

    fn publish(&self, number: u64, mut buffer: gst::Buffer, info: &gst_video::VideoInfo) {
        {
            let buffer = buffer.make_mut();
            let now = clock_time(self.epoch.elapsed());
            buffer.set_pts(now);
            buffer.set_dts(now);
        }
        let picture = Arc::new(RawPicture { buffer, info: info.clone(), serial: next_serial() });
        {
            let mut current = lock(&self.current);
            if current.number != number || current.health == Health::Failed {
                return;
            }
            current.since = Instant::now();
            current.newest = Some(picture.clone());
            if current.health == Health::Stalled {
                current.health = Health::Working;
                tracing::info!(feed = ?self.feed, "pictures come again");
                (self.events)(match self.feed {
                    Feed::Room => MediaEvent::CameraBack,
                    Feed::Content => MediaEvent::ContentBack,
                });
            }
        }
        count(match self.feed {
            Feed::Room => &self.tally.captured,
            Feed::Content => &self.tally.captured_content,
        });
        for consumer in &self.consumers {
            consumer(&picture);
        }
    }

    /// Counts pictures nobody took from the camera in time.
    fn miss(&self, number: u64, pictures: u64) {
        if pictures > 0 && lock(&self.current).number == number {
            count_many(&self.tally.dropped_capture, pictures);
        }
    }

    fn lose(&self, number: u64) {
        let mut current = lock(&self.current);
        if current.number == number {
            current.lose(Health::Failed, self.feed, &self.events);
        }
    }
}

impl Current {
    /// Events are told under the lock, so that they come in the order things happen.
    fn lose(&mut self, health: Health, feed: Feed, events: &Events) {
        self.newest = None;
        if std::mem::replace(&mut self.health, health) == Health::Working {
            tracing::warn!(?feed, "pictures are lost");
            events(match feed {
                Feed::Room => MediaEvent::CameraLost,
                Feed::Content => MediaEvent::ContentLost,
            });
        }
    }
}

/// What a camera says of itself.
pub(crate) fn format_of(source: &hal::VideoSource) -> hal::VideoFormat {
    match source {
        hal::VideoSource::Frames(frames) => frames.format(),
        hal::VideoSource::V4l2 { format, .. } => *format,
    }
}

/// A camera at work; dropping it stops it.
pub(crate) enum Camera {
    Frames { _worker: Worker },
    Device { _device: DeviceCamera },
}

impl Camera {
    /// Starts taking pictures as the camera of this number. One that cannot be opened is lost at once.
    pub fn start(source: hal::VideoSource, fps: u32, number: u64, hub: Arc<CaptureHub>) -> Option<Camera> {
        let format = format_of(&source);
        let camera = match source {
            hal::VideoSource::Frames(frames) => {
                let hub = hub.clone();
                let fps = fps.min(format.fps).max(1);
                let worker = Worker::spawn("camera", move |stop| {
                    let give = |buffer, info: &_| hub.publish(number, buffer, info);
                    let missed = |pictures| hub.miss(number, pictures);
                    if take_frames(&*frames, format, fps, give, missed, &stop).is_err() {
                        hub.lose(number);
                    }
                });
                worker.map(|worker| Camera::Frames { _worker: worker }).map_err(|error| error.to_string())
            }
            hal::VideoSource::V4l2 { path, format } => {
                let device = DeviceCamera::start(&path.to_string_lossy(), format, number, hub.clone());
                device.map(|device| Camera::Device { _device: device })
            }
        };
        camera
            .inspect_err(|error| {
                tracing::warn!(%error, "the camera does not start");
                hub.lose(number);
            })
            .ok()
    }
}

/// Asks for pictures at an even pace. Pictures missed are not made up for: nobody wants old ones.
fn take_frames(
    frames: &dyn hal::FrameSource,
    format: hal::VideoFormat,
    fps: u32,
    give: impl Fn(gst::Buffer, &gst_video::VideoInfo),
    missed: impl Fn(u64),
    stop: &Stop,
) -> Result<(), hal::DeviceError> {
    let size = format.width as usize * format.height as usize * 3 / 2;
    let Some(info) = packed_i420(format, fps) else {
        return Err(hal::DeviceError::Failed(format!("its format makes no sense: {format:?}")));
    };
    let opened = Instant::now();
    let period = Duration::from_secs(1) / fps;
    let mut pace = Pace::new(opened, period);
    loop {
        if !stop.sleep_until(pace.next(Instant::now(), period)) {
            return Ok(());
        }
        missed(pace.skipped());
        let mut i420 = vec![0; size];
        match frames.frame(opened.elapsed(), &mut i420) {
            Ok(true) => give(gst::Buffer::from_mut_slice(i420), &info),
            Ok(false) => {}
            Err(error) => {
                tracing::debug!(%error, "no picture");
                return Err(error);
            }
        }
    }
}

/// I420 whose rows have no padding, as [`hal::FrameSource::frame`] writes it.
fn packed_i420(format: hal::VideoFormat, fps: u32) -> Option<gst_video::VideoInfo> {
    let (width, height) = (format.width as usize, format.height as usize);
    if width == 0 || height == 0 || width % 2 != 0 || height % 2 != 0 {
        return None;
    }
    gst_video::VideoInfo::builder(gst_video::VideoFormat::I420, format.width, format.height)
        .fps(gst::Fraction::new(i32::try_from(fps).ok()?, 1))
        .colorimetry(&colours())
        .offset(&[0, width * height, width * height * 5 / 4])
        .stride(&[i32::try_from(width).ok()?, i32::try_from(width / 2).ok()?, i32::try_from(width / 2).ok()?])
        .build()
        .ok()
}

/// The elements from a device to pictures, in the notation of `gst-launch`.
fn description(format: hal::VideoFormat) -> String {
    let hal::VideoFormat { width, height, fps } = format;
    // Cameras give large pictures at full rate only as JPEG; uncompressed ones go past decodebin untouched.
    // Many say 30000/1001 where others say 30.
    let (slowest, fastest) = (fps.saturating_sub(1).max(1), fps.saturating_add(1));
    let shape = format!("width={width},height={height},framerate=[{slowest}/1,{fastest}/1]");
    format!(
        "v4l2src name=source ! capsfilter caps=\"image/jpeg,{shape};video/x-raw,{shape}\" ! decodebin ! \
         videoconvert ! video/x-raw,format=I420 ! appsink name=sink sync=false max-buffers=1 drop=true"
    )
}

/// The numbers a driver gives its pictures.
#[derive(Default)]
struct Numbers {
    last: Option<u64>,
}

impl Numbers {
    /// How many pictures are missing before this one. A driver that does not number its pictures
    /// (all have the same number, or none), or that starts anew, misses none.
    fn missed(&mut self, number: u64) -> u64 {
        /// More than a minute's worth is no gap but another count.
        const GAP_MAX: u64 = 3600;
        let last = self.last.replace(number);
        let step = last.and_then(|last| number.checked_sub(last)).unwrap_or(0);
        if (2..=GAP_MAX).contains(&step) { step - 1 } else { 0 }
    }
}

/// A kernel video device, opened through GStreamer.
pub(crate) struct DeviceCamera {
    pipeline: gst::Element,
}

impl DeviceCamera {
    fn start(path: &str, format: hal::VideoFormat, number: u64, hub: Arc<CaptureHub>) -> Result<DeviceCamera, String> {
        let pipeline = gst::parse::launch(&description(format)).map_err(|error| error.to_string())?;
        let bin = pipeline.downcast_ref::<gst::Bin>().ok_or("not a pipeline")?;
        let source = bin.by_name("source").ok_or("no source")?;
        source.set_property("device", path);
        let sink = bin.by_name("sink").and_then(|sink| sink.downcast::<gst_app::AppSink>().ok()).ok_or("no sink")?;
        // Whoever is slow here holds the driver up, and the driver drops: its numbers have gaps then.
        let misser = hub.clone();
        let mut numbers = Numbers::default();
        let look = move |_: &gst::Pad, info: &mut gst::PadProbeInfo| {
            if let Some(offset) = info.buffer().map(|buffer| buffer.offset()) {
                misser.miss(number, numbers.missed(offset));
            }
            gst::PadProbeReturn::Ok
        };
        let numbers = Mutex::new(look);
        if let Some(pad) = source.static_pad("src") {
            pad.add_probe(gst::PadProbeType::BUFFER, move |pad, info| (lock(&numbers))(pad, info));
        }
        let giver = hub.clone();
        let give = move |sink: &gst_app::AppSink| {
            let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
            let info = sample.caps().and_then(|caps| gst_video::VideoInfo::from_caps(caps).ok());
            if let Some((buffer, info)) = sample.buffer_owned().zip(info) {
                giver.publish(number, buffer, &info);
            }
            Ok(gst::FlowSuccess::Ok)
        };
        sink.set_callbacks(gst_app::AppSinkCallbacks::builder().new_sample(give).build());
        if let Some(bus) = pipeline.bus() {
            bus.set_sync_handler(move |_, message| {
                if matches!(message.view(), gst::MessageView::Error(_) | gst::MessageView::Eos(_)) {
                    hub.lose(number);
                }
                gst::BusSyncReply::Drop
            });
        }
        let camera = DeviceCamera { pipeline };
        camera.pipeline.set_state(gst::State::Playing).map_err(|error| error.to_string())?;
        Ok(camera)
    }
}

impl Drop for DeviceCamera {
    fn drop(&mut self) {
        let _ = self.pipeline.set_state(gst::State::Null);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_may_count_its_rate_in_thousand_and_first_parts() {
        gst::init().unwrap();
        let description = description(hal::VideoFormat { width: 1280, height: 720, fps: 30 });
        let caps = description.split('"').nth(1).unwrap();
        let caps: gst::Caps = caps.parse().unwrap();
        for (rate, fits) in [("30/1", true), ("30000/1001", true), ("15/1", false), ("60/1", false)] {
            let offer = format!("video/x-raw,format=YUY2,width=1280,height=720,framerate={rate}");
            assert_eq!(caps.can_intersect(&offer.parse::<gst::Caps>().unwrap()), fits, "{rate}");
        }
    }

    #[test]
    fn pictures_a_driver_dropped_are_counted_by_their_numbers() {
        let mut numbers = Numbers::default();
        let given = [7, 8, 11, 11, 0, 1, 1_000_000, u64::MAX, u64::MAX, 3];
        assert_eq!(given.map(|number| numbers.missed(number)), [0, 0, 2, 0, 0, 0, 0, 0, 0, 0]);
    }

    #[test]
    fn pictures_that_were_not_asked_for_in_time_are_counted() {
        struct Slow;
        impl hal::FrameSource for Slow {
            fn format(&self) -> hal::VideoFormat {
                hal::VideoFormat { width: 16, height: 16, fps: 100 }
            }
            fn frame(&self, time: Duration, _: &mut [u8]) -> Result<bool, hal::DeviceError> {
                if time > Duration::from_millis(20) {
                    return Err(hal::DeviceError::Unplugged);
                }
                // Ten periods: at least eight pictures are missed.
                std::thread::sleep(Duration::from_millis(100));
                Ok(true)
            }
        }
        gst::init().unwrap();
        let missed = AtomicU64::new(0);
        let miss = |pictures| _ = missed.fetch_add(pictures, Ordering::Relaxed);
        let ended = take_frames(&Slow, hal::FrameSource::format(&Slow), 100, |_, _| {}, miss, &Stop::default());
        assert!(ended.is_err());
        assert!(missed.load(Ordering::Relaxed) >= 8);
    }

    #[test]
    fn a_camera_that_stalls_is_lost_once_and_back_once_and_one_that_failed_stays_lost() {
        gst::init().unwrap();
        let told = Arc::new(Mutex::new(Vec::new()));
        let telling = told.clone();
        let events: Events = Arc::new(move |event| lock(&telling).push(matches!(event, MediaEvent::CameraBack)));
        let hub = CaptureHub::new(Feed::Room, Instant::now(), Vec::new(), Arc::default(), events);
        let info = packed_i420(hal::VideoFormat { width: 16, height: 16, fps: 30 }, 30).unwrap();
        let give = |number| hub.publish(number, gst::Buffer::with_size(384).unwrap(), &info);
        let number = hub.expect(Some((16, 16)));
        give(number);
        hub.look(Instant::now() + Duration::from_secs(2));
        assert!(lock(&told).is_empty() && hub.newest().is_some());
        for _ in 0..2 {
            hub.look(Instant::now() + STALLED);
        }
        assert_eq!(*lock(&told), [false]);
        assert!(hub.newest().is_none());
        give(number);
        give(number);
        assert_eq!(*lock(&told), [false, true]);

        hub.lose(number);
        give(number);
        hub.look(Instant::now() + STALLED);
        assert_eq!(*lock(&told), [false, true, false]);
        let next = hub.expect(Some((16, 16)));
        give(number);
        assert!(hub.newest().is_none(), "the old camera gives nothing any more");
        hub.lose(number);
        give(next);
        assert!(hub.newest().is_some());
        assert_eq!(lock(&told).len(), 3);
        hub.expect(None);
        hub.look(Instant::now() + STALLED);
        assert_eq!(lock(&told).len(), 3, "no camera is no loss");
    }
}
