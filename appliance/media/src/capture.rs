//! The camera: pictures from a device or from this process, at a steady pace, newest first.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use gstreamer_video as gst_video;

use crate::counters::{Tally, count};
use crate::event::{Events, MediaEvent};
use crate::mailbox::lock;
use crate::raw::{RawPicture, colours};
use crate::stage::clock_time;
use crate::worker::{Pace, Stop, Worker};

static SERIAL: AtomicU64 = AtomicU64::new(1);

/// A number no other picture of the process has.
pub(crate) fn next_serial() -> u64 {
    SERIAL.fetch_add(1, Ordering::Relaxed)
}

/// Who gets every picture of the camera. Must not block.
pub(crate) type Consumer = Box<dyn Fn(&Arc<RawPicture>) + Send + Sync>;

/// Hands each picture to the encoders and keeps the newest for the self view.
pub(crate) struct CaptureHub {
    pub epoch: Instant,
    newest: Mutex<Option<Arc<RawPicture>>>,
    size: Mutex<(u32, u32)>,
    /// Whether the loss of this camera was told.
    lost: AtomicBool,
    consumers: Vec<Consumer>,
    tally: Arc<Tally>,
    events: Events,
}

impl CaptureHub {
    pub fn new(epoch: Instant, consumers: Vec<Consumer>, tally: Arc<Tally>, events: Events) -> CaptureHub {
        CaptureHub {
            epoch,
            newest: Mutex::new(None),
            size: Mutex::new((0, 0)),
            lost: AtomicBool::new(false),
            consumers,
            tally,
            events,
        }
    }

    /// The picture for the self view, if the camera works.
    pub fn newest(&self) -> Option<Arc<RawPicture>> {
        lock(&self.newest).clone()
    }

    /// The camera's size, (0, 0) before there is one; a lost one keeps it.
    pub fn size(&self) -> (u32, u32) {
        *lock(&self.size)
    }

    /// Forgets the camera.
    pub fn clear(&self) {
        self.lost.store(false, Ordering::Release);
        *lock(&self.newest) = None;
        *lock(&self.size) = (0, 0);
    }

    fn publish(&self, mut buffer: gst::Buffer, info: &gst_video::VideoInfo) {
        {
            let buffer = buffer.make_mut();
            let now = clock_time(self.epoch.elapsed());
            buffer.set_pts(now);
            buffer.set_dts(now);
        }
        count(&self.tally.captured);
        let picture = Arc::new(RawPicture { buffer, info: info.clone(), serial: next_serial() });
        *lock(&self.newest) = Some(picture.clone());
        for consumer in &self.consumers {
            consumer(&picture);
        }
    }

    fn lose(&self) {
        *lock(&self.newest) = None;
        if !self.lost.swap(true, Ordering::AcqRel) {
            tracing::warn!("the camera is lost");
            (self.events)(MediaEvent::CameraLost);
        }
    }
}

/// A camera at work; dropping it stops it.
pub(crate) enum Camera {
    Frames { _worker: Worker },
    Device { _device: DeviceCamera },
}

impl Camera {
    /// Starts taking pictures. A camera that cannot be opened is lost at once.
    pub fn start(source: hal::VideoSource, fps: u32, hub: Arc<CaptureHub>) -> Option<Camera> {
        let format = match &source {
            hal::VideoSource::Frames(frames) => frames.format(),
            hal::VideoSource::V4l2 { format, .. } => *format,
        };
        *lock(&hub.size) = (format.width, format.height);
        let camera = match source {
            hal::VideoSource::Frames(frames) => {
                let hub = hub.clone();
                let fps = fps.min(format.fps).max(1);
                let worker = Worker::spawn("camera", move |stop| take_frames(&*frames, format, fps, &hub, &stop));
                worker.map(|worker| Camera::Frames { _worker: worker }).map_err(|error| error.to_string())
            }
            hal::VideoSource::V4l2 { path, format } => {
                let device = DeviceCamera::start(&path.to_string_lossy(), format, hub.clone());
                device.map(|device| Camera::Device { _device: device })
            }
        };
        camera
            .inspect_err(|error| {
                tracing::warn!(%error, "the camera does not start");
                hub.lose();
            })
            .ok()
    }
}

/// Asks for pictures at an even pace. Pictures missed are not made up for: nobody wants old ones.
fn take_frames(frames: &dyn hal::FrameSource, format: hal::VideoFormat, fps: u32, hub: &CaptureHub, stop: &Stop) {
    let size = format.width as usize * format.height as usize * 3 / 2;
    let Some(info) = packed_i420(format, fps) else {
        tracing::error!(?format, "the camera's format makes no sense");
        return hub.lose();
    };
    let opened = Instant::now();
    let period = Duration::from_secs(1) / fps;
    let mut pace = Pace::new(opened, period);
    loop {
        if !stop.sleep_until(pace.next(Instant::now(), period)) {
            return;
        }
        let mut i420 = vec![0; size];
        match frames.frame(opened.elapsed(), &mut i420) {
            Ok(true) => hub.publish(gst::Buffer::from_mut_slice(i420), &info),
            Ok(false) => {}
            Err(error) => {
                tracing::debug!(%error, "no picture");
                return hub.lose();
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

/// A kernel video device, opened through GStreamer.
pub(crate) struct DeviceCamera {
    pipeline: gst::Element,
}

impl DeviceCamera {
    fn start(path: &str, format: hal::VideoFormat, hub: Arc<CaptureHub>) -> Result<DeviceCamera, String> {
        let hal::VideoFormat { width, height, fps } = format;
        // Cameras give large pictures at full rate only as JPEG; uncompressed ones go past decodebin untouched.
        let description = format!(
            "v4l2src name=source ! capsfilter caps=\"image/jpeg,width={width},height={height},framerate={fps}/1;\
             video/x-raw,width={width},height={height},framerate={fps}/1\" ! decodebin ! videoconvert ! \
             video/x-raw,format=I420 ! appsink name=sink sync=false max-buffers=1 drop=true"
        );
        let pipeline = gst::parse::launch(&description).map_err(|error| error.to_string())?;
        let bin = pipeline.downcast_ref::<gst::Bin>().ok_or("not a pipeline")?;
        let source = bin.by_name("source").ok_or("no source")?;
        source.set_property("device", path);
        let sink = bin.by_name("sink").and_then(|sink| sink.downcast::<gst_app::AppSink>().ok()).ok_or("no sink")?;
        let giver = hub.clone();
        let give = move |sink: &gst_app::AppSink| {
            let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
            let info = sample.caps().and_then(|caps| gst_video::VideoInfo::from_caps(caps).ok());
            if let Some((buffer, info)) = sample.buffer_owned().zip(info) {
                giver.publish(buffer, &info);
            }
            Ok(gst::FlowSuccess::Ok)
        };
        sink.set_callbacks(gst_app::AppSinkCallbacks::builder().new_sample(give).build());
        if let Some(bus) = pipeline.bus() {
            bus.set_sync_handler(move |_, message| {
                if matches!(message.view(), gst::MessageView::Error(_) | gst::MessageView::Eos(_)) {
                    hub.lose();
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
