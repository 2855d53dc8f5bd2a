//! Cameras of the kernel: found and described here, opened by whoever takes the pictures.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use v4l::capability::Flags;
use v4l::frameinterval::FrameIntervalEnum;
use v4l::framesize::FrameSizeEnum;
use v4l::video::Capture;
use v4l::{Device, FourCC};

use super::pose::Ranges;
use super::{Pose, Reach};
use crate::content::{ContentSource, ContentState, Receiver, Signal, is_grabber, sound_of};
use crate::hotplug::{Change, Found, Watched};
use crate::worker::Worker;
use crate::{AudioSource, DeviceError, VideoFormat, VideoSource};

/// Larger pictures or more per second than a meeting sends only cost power.
const LARGEST: VideoFormat = VideoFormat { width: 1920, height: 1080, fps: 30 };

/// What is sent where a machine or a path has no room for more.
const USUAL: VideoFormat = VideoFormat { width: 1280, height: 720, fps: 30 };

/// What can be turned into pictures: raw, or JPEG as most USB cameras need above 480p. Not H.264:
/// it would be decoded only to be composed and encoded again.
const ENCODINGS: [&[u8; 4]; 7] = [b"NV12", b"YU12", b"YV12", b"YUYV", b"UYVY", b"MJPG", b"JPEG"];

/// The room's kernel camera: one wished for by name, or the best there is. Stays with the one it
/// found until that is pulled out.
pub(crate) struct V4l2Camera {
    path: Option<PathBuf>,
    wish: VideoFormat,
    /// The content input's: as the board names it, and as it was found.
    named_content: Option<PathBuf>,
    content: Mutex<Option<PathBuf>>,
    found: Found<Camera>,
}

/// The room's content input: a kernel device that grabs HDMI, never the camera.
pub(crate) struct V4l2Content {
    path: Option<PathBuf>,
    audio: Option<String>,
    /// None if the room's camera is not a kernel's.
    camera: Option<Arc<V4l2Camera>>,
    found: Found<Camera>,
    /// It is a receiver that tells of its signal, and there is none. Others count as having one.
    is_dark: AtomicBool,
    /// Listens to such a receiver.
    listening: Mutex<Option<Worker>>,
    /// For the thread that listens.
    me: Weak<V4l2Content>,
    /// Is told when the signal comes, goes or changes.
    tell: Box<dyn Fn(ContentState) + Send + Sync>,
}

/// How long whoever takes pictures may take to let go of a receiver whose signal has changed.
const LETTING_GO: Duration = Duration::from_secs(3);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Camera {
    /// As the board says it.
    path: PathBuf,
    /// The kernel's node behind it.
    node: PathBuf,
    name: String,
    /// Nearest to the wish.
    format: VideoFormat,
    /// Nearest to [`USUAL`], and not beyond the wish.
    usual: VideoFormat,
    ranges: Ranges,
}

impl V4l2Camera {
    /// `content`: the device the board names as the content input.
    pub fn new(path: Option<PathBuf>, wish: VideoFormat, content: Option<PathBuf>) -> Self {
        V4l2Camera { path, wish, named_content: content, content: Mutex::default(), found: Found::default() }
    }

    /// Whether a node is the content input's, also while that is about to be opened.
    fn is_content(&self, node: &Path) -> bool {
        let named = self.named_content.as_ref().and_then(|path| path.canonicalize().ok());
        let found = self.content.lock().unwrap_or_else(PoisonError::into_inner);
        named.as_deref() == Some(node) || found.as_deref() == Some(node)
    }

    pub fn source(&self) -> Option<VideoSource> {
        self.found.get().map(|camera| VideoSource::V4l2 { path: camera.path, format: camera.format })
    }

    /// Opened for pictures of the usual size.
    pub fn usual_source(&self) -> Option<VideoSource> {
        self.found.get().map(|camera| VideoSource::V4l2 { path: camera.path, format: camera.usual })
    }

    pub fn format(&self) -> Option<VideoFormat> {
        self.found.get().map(|camera| camera.format)
    }

    /// Which ways it turns.
    pub fn reach(&self) -> Option<Reach> {
        self.found.get().map(|camera| camera.ranges.reach())
    }

    /// Where it looks, as far as it says.
    pub fn pose(&self) -> Option<Pose> {
        let camera = self.found.get()?;
        let device = Device::with_path(&camera.node).ok()?;
        Some(camera.ranges.pose(&device))
    }

    /// Turns it there. Waits for the device, some tens of milliseconds over USB.
    ///
    /// # Errors
    /// When it is gone, or answers with an error.
    pub fn point(&self, pose: Pose) -> Result<(), DeviceError> {
        let camera = self.found.get().ok_or(DeviceError::Unplugged)?;
        let device = Device::with_path(&camera.node).map_err(|error| DeviceError::Failed(error.to_string()))?;
        camera.ranges.point(&device, pose)
    }

    fn search(&self) -> Option<Camera> {
        let candidates = match &self.path {
            Some(path) => vec![path.clone()],
            None => nodes(),
        };
        let cameras = candidates.iter().filter_map(|path| describe(path, self.wish));
        let free = cameras.filter(|camera| !self.is_content(&camera.node));
        // The first among equals: kernel nodes are numbered as they were plugged in. What grabs HDMI is a camera
        // only where there is no other: rooms have cameras with that plug too.
        let best = free.min_by_key(|camera| (is_grabber(&camera.name), distance(camera.format, self.wish)))?;
        let VideoFormat { width, height, fps } = best.format;
        tracing::info!(name = best.name, path = %best.path.display(), width, height, fps, "camera found");
        Some(best)
    }
}

impl V4l2Content {
    pub fn new(
        path: Option<PathBuf>,
        audio: Option<String>,
        camera: Option<Arc<V4l2Camera>>,
        tell: impl Fn(ContentState) + Send + Sync + 'static,
    ) -> Arc<Self> {
        Arc::new_cyclic(|me| V4l2Content {
            path,
            audio,
            camera,
            found: Found::default(),
            is_dark: AtomicBool::new(false),
            listening: Mutex::default(),
            me: me.clone(),
            tell: Box::new(tell),
        })
    }

    pub fn state(&self) -> ContentState {
        match self.found.get() {
            None => ContentState::Absent,
            Some(_) if self.is_dark.load(Ordering::Acquire) => ContentState::NoSignal,
            Some(grabber) => ContentState::Ready(grabber.format),
        }
    }

    pub fn source(&self) -> Option<ContentSource> {
        let grabber = self.found.get().filter(|_| !self.is_dark.load(Ordering::Acquire))?;
        let device = self.audio.clone().or_else(|| sound_of(&grabber.node));
        let video = VideoSource::V4l2 { path: grabber.path, format: grabber.format };
        Some(ContentSource { video, audio: device.map(|device| AudioSource::Alsa { device }) })
    }

    fn search(&self) -> Option<Camera> {
        let candidates = match &self.path {
            Some(path) => vec![path.clone()],
            None => nodes(),
        };
        let camera = self.camera.as_ref().and_then(|camera| camera.found.get());
        let grabbers = candidates.iter().filter_map(|path| describe(path, LARGEST));
        let free = grabbers.filter(|grabber| camera.as_ref().is_none_or(|camera| camera.node != grabber.node));
        let best = free
            .filter(|grabber| self.path.is_some() || is_grabber(&grabber.name))
            .min_by_key(|grabber| distance(grabber.format, LARGEST))?;
        let VideoFormat { width, height, fps } = best.format;
        tracing::info!(name = best.name, path = %best.path.display(), width, height, fps, "content input found");
        Some(best)
    }

    /// Listens to a device that was found, if it tells of its signal; before anybody takes pictures from it.
    fn listen(&self, node: &Path) {
        let receiver = Receiver::open(node);
        self.is_dark.store(receiver.is_some(), Ordering::Release);
        let Some(receiver) = receiver else { return };
        self.follow(&receiver, |_| false);
        let me = self.me.clone();
        let listening = Worker::spawn("hdmi-signal", move |stop| {
            while receiver.wait(&stop) {
                let Some(content) = me.upgrade() else { return };
                let before = content.state();
                content.follow(&receiver, |time| stop.sleep(time));
                if content.state() != before {
                    (content.tell)(content.state());
                }
            }
        });
        match listening {
            Ok(listening) => *self.listening.lock().unwrap_or_else(PoisonError::into_inner) = Some(listening),
            Err(error) => tracing::warn!(%error, "an HDMI receiver is not listened to"),
        }
    }

    /// Takes the signal that comes in now. One that has changed is told as gone first: as long as somebody takes
    /// pictures in the old mode, the receiver stays in it. `sleep` waits, until it is no longer worth it.
    fn follow(&self, receiver: &Receiver, sleep: impl Fn(Duration) -> bool) {
        const AGAIN: Duration = Duration::from_millis(50);
        let before = self.state();
        if matches!((before, receiver.signal()), (ContentState::Ready(now), Signal::Mode(mode)) if now == mode) {
            return;
        }
        self.is_dark.store(true, Ordering::Release);
        if matches!(before, ContentState::Ready(_)) {
            (self.tell)(ContentState::NoSignal);
        }
        let mut patience = LETTING_GO.as_millis() / AGAIN.as_millis();
        while let Signal::Mode(mode) = receiver.signal() {
            match receiver.take() {
                Ok(()) => {
                    tracing::info!(width = mode.width, height = mode.height, fps = mode.fps, "an HDMI signal");
                    self.found.update(|grabber| grabber.format = mode);
                    return self.is_dark.store(false, Ordering::Release);
                }
                Err(_) if patience > 0 && sleep(AGAIN) => patience -= 1,
                Err(error) => return tracing::warn!(%error, "an HDMI receiver does not take its signal's mode"),
            }
        }
        tracing::info!("no HDMI signal");
    }
}

fn is_gone(camera: &Camera, removed: Option<&Path>) -> bool {
    let is_gone = removed == Some(camera.node.as_path()) || !camera.node.exists();
    if is_gone {
        tracing::info!(name = camera.name, "video device unplugged");
    }
    is_gone
}

impl Watched for V4l2Camera {
    fn look(&self, removed: Option<&Path>) -> Vec<Change> {
        self.found.look(|camera| is_gone(camera, removed), || self.search())
    }
}

impl Watched for V4l2Content {
    fn look(&self, removed: Option<&Path>) -> Vec<Change> {
        let changes = self.found.look(|grabber| is_gone(grabber, removed), || self.search());
        if changes.contains(&Change::Went) {
            drop(self.listening.lock().unwrap_or_else(PoisonError::into_inner).take());
        }
        if let (true, Some(grabber)) = (changes.contains(&Change::Came), self.found.get()) {
            self.listen(&grabber.node);
        }
        if let Some(camera) = &self.camera {
            let node = self.found.get().map(|grabber| grabber.node);
            *camera.content.lock().unwrap_or_else(PoisonError::into_inner) = node;
        }
        changes
    }
}

/// The kernel's video nodes in the order of their numbers; empty on a machine without.
fn nodes() -> Vec<PathBuf> {
    let names = std::fs::read_dir("/dev").into_iter().flatten().flatten().map(|entry| entry.file_name());
    let number = |name: std::ffi::OsString| name.to_str()?.strip_prefix("video")?.parse::<u32>().ok();
    let mut numbers: Vec<u32> = names.filter_map(number).collect();
    numbers.sort_unstable();
    numbers.into_iter().map(|number| PathBuf::from(format!("/dev/video{number}"))).collect()
}

/// What this node is, if it is a camera that can be used.
fn describe(path: &Path, wish: VideoFormat) -> Option<Camera> {
    let node = path.canonicalize().ok()?;
    let device = Device::with_path(&node)
        .inspect_err(|error| tracing::debug!(path = %node.display(), %error, "video device does not open"))
        .ok()?;
    let (name, flags) = capabilities(&device).ok()?;
    if !is_camera(flags) {
        return None;
    }
    let nearest = |wish| formats(&device, wish).into_iter().min_by_key(|&format| distance(format, wish));
    let format = nearest(wish)?;
    let usual = nearest(usual(wish)).unwrap_or(format);
    Some(Camera { path: path.to_owned(), node, name, format, usual, ranges: Ranges::of(&device) })
}

fn is_camera(flags: Flags) -> bool {
    // Converters between memory and memory have nodes too, as has a camera's metadata.
    flags.contains(Flags::VIDEO_CAPTURE | Flags::STREAMING)
        && !flags.intersects(Flags::VIDEO_M2M | Flags::VIDEO_M2M_MPLANE | Flags::META_CAPTURE | Flags::VIDEO_OUTPUT)
}

/// The device's name, and what this one of its nodes can do.
///
/// Not [`Device::query_caps`]: that panics on a name cut off in the middle of a letter, as the
/// kernel does with names longer than 31 bytes.
fn capabilities(device: &Device) -> std::io::Result<(String, Flags)> {
    // SAFETY: the structure is plain numbers, for which zero is valid, and it is the one that
    // VIDIOC_QUERYCAP writes; it lives until the call returns.
    let raw = unsafe {
        let mut raw: v4l::v4l_sys::v4l2_capability = std::mem::zeroed();
        let pointer = std::ptr::from_mut(&mut raw).cast();
        v4l::v4l2::ioctl(device.handle().fd(), v4l::v4l2::vidioc::VIDIOC_QUERYCAP, pointer)?;
        raw
    };
    let name = raw.card.split(|&byte| byte == 0).next().unwrap_or_default();
    Ok((String::from_utf8_lossy(name).into_owned(), Flags::from(raw.device_caps)))
}

/// Everything the device offers that a meeting can use.
fn formats(device: &Device, wish: VideoFormat) -> Vec<VideoFormat> {
    let mut formats = Vec::new();
    for encoding in device.enum_formats().unwrap_or_default() {
        if !ENCODINGS.contains(&&encoding.fourcc.repr) {
            continue;
        }
        for (width, height) in sizes(device, encoding.fourcc, wish) {
            let rates = rates(device, encoding.fourcc, width, height, wish.fps);
            formats.extend(rates.into_iter().map(|fps| VideoFormat { width, height, fps }));
        }
    }
    formats.retain(|f| is_usable(*f));
    formats
}

fn is_usable(format: VideoFormat) -> bool {
    let VideoFormat { width, height, fps } = format;
    let is_even = width.is_multiple_of(2) && height.is_multiple_of(2);
    is_even && (64..=LARGEST.width).contains(&width) && (64..=LARGEST.height).contains(&height) && fps > 0
}

/// Some drivers do not list sizes: then there is only the one it is set to.
fn sizes(device: &Device, encoding: FourCC, wish: VideoFormat) -> Vec<(u32, u32)> {
    match device.enum_framesizes(encoding) {
        Ok(sizes) => sizes.iter().map(|size| nearest_size(&size.size, wish)).collect(),
        Err(_) => device.format().map(|now| (now.width, now.height)).into_iter().collect(),
    }
}

fn nearest_size(size: &FrameSizeEnum, wish: VideoFormat) -> (u32, u32) {
    let fit = |wish: u32, min: u32, max: u32, step: u32| {
        let wish = wish.max(min).min(max);
        min + (wish - min) / step.max(1) * step.max(1)
    };
    match size {
        FrameSizeEnum::Discrete(size) => (size.width, size.height),
        FrameSizeEnum::Stepwise(range) => (
            fit(wish.width, range.min_width.min(range.max_width), range.max_width, range.step_width),
            fit(wish.height, range.min_height.min(range.max_height), range.max_height, range.step_height),
        ),
    }
}

/// Pictures per second at this size; 30000/1001 counts as 30. A driver that does not list them
/// may yet do what it is asked.
fn rates(device: &Device, encoding: FourCC, width: u32, height: u32, wish: u32) -> Vec<u32> {
    let per_second = |interval: &v4l::Fraction| match interval.numerator {
        0 => 0,
        numerator => (interval.denominator + numerator / 2) / numerator,
    };
    let Ok(intervals) = device.enum_frameintervals(encoding, width, height) else { return vec![wish] };
    intervals
        .iter()
        .map(|interval| match &interval.interval {
            FrameIntervalEnum::Discrete(interval) => per_second(interval),
            FrameIntervalEnum::Stepwise(range) => {
                let (slowest, fastest) = (per_second(&range.max), per_second(&range.min));
                wish.min(fastest).max(slowest)
            }
        })
        .collect()
}

/// The usual format, and not more than is wished for.
fn usual(wish: VideoFormat) -> VideoFormat {
    let (width, height) = (wish.width.min(USUAL.width), wish.height.min(USUAL.height));
    VideoFormat { width, height, fps: wish.fps }
}

/// How far from what is wished for; less is better. A jerky picture is worse than a small one.
fn distance(format: VideoFormat, wish: VideoFormat) -> (bool, u32, u32) {
    let is_jerky = format.fps < wish.fps.min(24);
    let size = format.width.abs_diff(wish.width) + format.height.abs_diff(wish.height);
    (is_jerky, size, format.fps.abs_diff(wish.fps))
}

#[cfg(test)]
mod tests {
    use super::*;

    const WISH: VideoFormat = VideoFormat { width: 1280, height: 720, fps: 30 };

    fn best(offers: &[(u32, u32, u32)]) -> (u32, u32, u32) {
        let offers = offers.iter().map(|&(width, height, fps)| VideoFormat { width, height, fps });
        let best = offers.filter(|f| is_usable(*f)).min_by_key(|f| distance(*f, WISH)).unwrap();
        (best.width, best.height, best.fps)
    }

    #[test]
    fn takes_what_is_wished_for_when_offered() {
        assert_eq!(best(&[(640, 480, 30), (1280, 720, 60), (1280, 720, 30), (1920, 1080, 30)]), (1280, 720, 30));
    }

    #[test]
    fn prefers_a_smaller_smooth_picture_to_a_jerky_one() {
        assert_eq!(best(&[(1280, 720, 10), (640, 480, 30), (1920, 1080, 5)]), (640, 480, 30));
        assert_eq!(best(&[(1280, 720, 10), (640, 480, 15)]), (1280, 720, 10), "all jerky");
        assert_eq!(best(&[(1280, 720, 25), (640, 480, 30)]), (1280, 720, 25), "25 is smooth");
    }

    #[test]
    fn the_usual_format_is_720p_unless_the_board_says_less() {
        let format = |width, height| VideoFormat { width, height, fps: 25 };
        assert_eq!(usual(format(1920, 1080)), format(1280, 720));
        assert_eq!(usual(format(640, 360)), format(640, 360));
    }

    #[test]
    fn never_takes_more_than_1080p() {
        assert_eq!(best(&[(3840, 2160, 30), (1920, 1080, 30), (160, 120, 30)]), (1920, 1080, 30));
    }

    #[test]
    fn a_range_of_sizes_is_asked_for_the_wish() {
        let range = |min_width, max_width, step_width, min_height, max_height, step_height| {
            let range =
                v4l::framesize::Stepwise { min_width, max_width, step_width, min_height, max_height, step_height };
            nearest_size(&FrameSizeEnum::Stepwise(range), WISH)
        };
        assert_eq!(range(320, 1920, 2, 180, 1080, 2), (1280, 720));
        assert_eq!(range(48, 800, 16, 32, 600, 8), (800, 600));
        assert_eq!(range(16, 4096, 16, 16, 4096, 16), (1280, 720));
        assert_eq!(range(1600, 4000, 0, 1200, 3000, 0), (1600, 1200), "a step of nothing");
    }

    #[test]
    fn converters_and_metadata_are_no_cameras() {
        let camera = Flags::VIDEO_CAPTURE | Flags::STREAMING;
        assert!(is_camera(camera | Flags::EXT_PIX_FORMAT));
        assert!(!is_camera(Flags::META_CAPTURE | Flags::STREAMING));
        assert!(!is_camera(Flags::VIDEO_M2M | Flags::STREAMING));
        assert!(!is_camera(camera | Flags::VIDEO_M2M));
        assert!(!is_camera(Flags::VIDEO_CAPTURE), "cannot stream");
    }
}
