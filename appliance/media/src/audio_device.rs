//! Microphone and loudspeaker as the sound thread sees them: blocks of 10 ms, never waiting.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use hal::DeviceError;

use crate::mailbox::lock;
use crate::sound::{BLOCK, BLOCK_LENGTH, bytes_of, pcm_caps};
use crate::stage::clock_time;
use crate::xruns::{self, Listening, Xruns};

/// What a device may be behind before the oldest sound is given up: 100 ms.
const WAITING_MAX: usize = BLOCK * 10;

/// How long a device may stand still before it counts as failed: some hang without an error.
const STALLED: Duration = Duration::from_secs(2);

/// A block and how long ago it was heard.
pub(crate) type HeardBlock = (Duration, [i16; BLOCK]);

/// The device at work, and which one is wanted.
pub(crate) struct DeviceSlot<D> {
    /// The device and its number. Locked while the device works, so possibly for long.
    pub current: Mutex<Option<(u64, D)>>,
    wanted: AtomicU64,
}

impl<D> Default for DeviceSlot<D> {
    fn default() -> DeviceSlot<D> {
        DeviceSlot { current: Mutex::default(), wanted: AtomicU64::new(0) }
    }
}

impl<D> DeviceSlot<D> {
    /// The number of a device that is wanted from now on.
    pub fn expect(&self) -> u64 {
        self.wanted.fetch_add(1, Ordering::AcqRel) + 1
    }

    /// Whether no other device was wanted since.
    pub fn is_wanted(&self, number: u64) -> bool {
        self.wanted.load(Ordering::Acquire) == number
    }

    /// Closes the old device, then opens the new one: a device opens only once. May take long.
    ///
    /// # Errors
    /// When the new one does not open.
    pub fn change(
        &self,
        number: u64,
        open: impl FnOnce() -> Option<Result<D, DeviceError>>,
    ) -> Result<(), DeviceError> {
        let old = lock(&self.current).take();
        drop(old);
        if let Some(opened) = open() {
            *lock(&self.current) = Some((number, opened?));
        }
        Ok(())
    }
}

/// A source of sound.
pub(crate) enum Microphone {
    Samples(Arc<dyn hal::SampleSource>),
    Device(DeviceMicrophone),
}

impl Microphone {
    /// # Errors
    /// When the device cannot be opened.
    pub fn open(source: hal::AudioSource) -> Result<Microphone, DeviceError> {
        match source {
            hal::AudioSource::Samples(samples) => Ok(Microphone::Samples(samples)),
            hal::AudioSource::Alsa { device } => DeviceMicrophone::open(&device).map(Microphone::Device),
        }
    }

    /// What was heard since the last time: one block of a source in this process, as many as
    /// there are of a device that has its own clock.
    pub fn take(&mut self) -> Result<Vec<HeardBlock>, DeviceError> {
        match self {
            Microphone::Samples(samples) => {
                let mut block = [0; BLOCK];
                samples.fill(&mut block)?;
                Ok(vec![(Duration::ZERO, block)])
            }
            Microphone::Device(device) => device.take(),
        }
    }

    /// How often sound was lost since this was last asked.
    pub fn xruns(&self) -> u64 {
        match self {
            Microphone::Samples(samples) => samples.xruns(),
            Microphone::Device(device) => device.device.xruns.take(),
        }
    }
}

/// A sink for sound.
pub(crate) enum Loudspeaker {
    Samples(Arc<dyn hal::SampleSink>),
    Device(DeviceLoudspeaker),
}

impl Loudspeaker {
    /// # Errors
    /// When the device cannot be opened.
    pub fn open(sink: hal::AudioSink) -> Result<Loudspeaker, DeviceError> {
        match sink {
            hal::AudioSink::Samples(samples) => Ok(Loudspeaker::Samples(samples)),
            hal::AudioSink::Alsa { device } => DeviceLoudspeaker::open(&device).map(Loudspeaker::Device),
        }
    }

    /// Plays the next 10 ms.
    pub fn play(&mut self, block: &[i16]) -> Result<(), DeviceError> {
        match self {
            Loudspeaker::Samples(samples) => samples.play(block),
            Loudspeaker::Device(device) => device.play(block),
        }
    }

    /// How often there was nothing to play since this was last asked.
    pub fn xruns(&self) -> u64 {
        match self {
            Loudspeaker::Samples(samples) => samples.xruns(),
            Loudspeaker::Device(device) => device.device.xruns.take(),
        }
    }

    /// From [`Loudspeaker::play`] to the air.
    pub fn latency(&self) -> Duration {
        match self {
            Loudspeaker::Samples(_) => Duration::ZERO,
            Loudspeaker::Device(device) => device.latency,
        }
    }
}

/// A pipeline around a device, which notices when the device fails.
struct Device {
    pipeline: gst::Element,
    failed: Arc<AtomicBool>,
    xruns: Arc<Xruns>,
    _listening: Listening,
}

impl Device {
    fn build(description: &str, element: &str, device: &str) -> Result<Device, DeviceError> {
        let failure = |error: &dyn std::fmt::Display| DeviceError::Failed(error.to_string());
        let pipeline = gst::parse::launch(description).map_err(|error| failure(&error))?;
        let (failed, xruns) = (Arc::new(AtomicBool::new(false)), Arc::new(Xruns::default()));
        if let Some(bus) = pipeline.bus() {
            let (failed, xruns) = (failed.clone(), xruns.clone());
            bus.set_sync_handler(move |_, message| {
                match message.view() {
                    gst::MessageView::Error(error) => {
                        tracing::warn!(error = %error.error(), "a sound device failed");
                        failed.store(true, Ordering::Release);
                    }
                    // What was in GStreamer's own buffer was not taken in time.
                    gst::MessageView::Warning(warning) if warning.error().matches(gst::CoreError::Clock) => {
                        xruns.note()
                    }
                    _ => {}
                }
                gst::BusSyncReply::Drop
            });
        }
        let found = element_of(&pipeline, element)?;
        found.set_property("device", device);
        let listening = xruns::listen(&found, xruns.clone());
        Ok(Device { pipeline, failed, xruns, _listening: listening })
    }

    fn element(&self, name: &str) -> Result<gst::Element, DeviceError> {
        element_of(&self.pipeline, name)
    }

    fn start(&self) -> Result<(), DeviceError> {
        let started = self.pipeline.set_state(gst::State::Playing);
        started.map(|_| ()).map_err(|error| DeviceError::Failed(error.to_string()))
    }

    fn check(&self) -> Result<(), DeviceError> {
        if self.failed.load(Ordering::Acquire) { Err(DeviceError::Unplugged) } else { Ok(()) }
    }
}

fn element_of(pipeline: &gst::Element, name: &str) -> Result<gst::Element, DeviceError> {
    let element = pipeline.downcast_ref::<gst::Bin>().and_then(|bin| bin.by_name(name));
    element.ok_or_else(|| DeviceError::Failed(format!("there is no {name}")))
}

impl Drop for Device {
    fn drop(&mut self) {
        let _ = self.pipeline.set_state(gst::State::Null);
    }
}

/// Notices a device that stands still.
struct Watchdog {
    /// When it last moved, or was opened.
    moved: Instant,
}

impl Watchdog {
    fn new(now: Instant) -> Watchdog {
        Watchdog { moved: now }
    }

    /// # Errors
    /// When it did not move for too long.
    fn look(&mut self, moves: bool, now: Instant) -> Result<(), DeviceError> {
        if moves {
            self.moved = now;
        }
        if now.saturating_duration_since(self.moved) < STALLED {
            return Ok(());
        }
        Err(DeviceError::Failed(format!("it stood still for {STALLED:?}")))
    }
}

/// An ALSA capture device.
pub(crate) struct DeviceMicrophone {
    device: Device,
    waiting: Arc<Mutex<VecDeque<i16>>>,
    watchdog: Watchdog,
}

impl DeviceMicrophone {
    fn open(name: &str) -> Result<DeviceMicrophone, DeviceError> {
        let description = "alsasrc name=device buffer-time=100000 latency-time=10000 provide-clock=false ! \
                           audioconvert ! audioresample ! appsink name=sink sync=false";
        let device = Device::build(description, "device", name)?;
        let sink = device.element("sink")?.downcast::<gst_app::AppSink>();
        let sink = sink.map_err(|_| DeviceError::Failed("no sink".to_owned()))?;
        sink.set_caps(Some(&pcm_caps()));
        let waiting = Arc::new(Mutex::new(VecDeque::new()));
        let (filling, xruns) = (waiting.clone(), device.xruns.clone());
        let give = move |sink: &gst_app::AppSink| {
            let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
            if let Some(data) = sample.buffer().and_then(|buffer| buffer.map_readable().ok()) {
                let mut waiting = lock(&filling);
                waiting.extend(data.chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])));
                let excess = waiting.len().saturating_sub(WAITING_MAX);
                if waiting.drain(..excess).next().is_some() {
                    xruns.note();
                }
            }
            Ok(gst::FlowSuccess::Ok)
        };
        sink.set_callbacks(gst_app::AppSinkCallbacks::builder().new_sample(give).build());
        device.start()?;
        Ok(DeviceMicrophone { device, waiting, watchdog: Watchdog::new(Instant::now()) })
    }

    fn take(&mut self) -> Result<Vec<HeardBlock>, DeviceError> {
        self.device.check()?;
        let mut waiting = lock(&self.waiting);
        self.watchdog.look(waiting.len() >= BLOCK, Instant::now())?;
        let mut blocks = Vec::new();
        while waiting.len() >= BLOCK {
            let age = BLOCK_LENGTH * (waiting.len() / BLOCK) as u32;
            let mut block = [0; BLOCK];
            for (slot, sample) in block.iter_mut().zip(waiting.drain(..BLOCK)) {
                *slot = sample;
            }
            blocks.push((age, block));
        }
        Ok(blocks)
    }
}

/// An ALSA playback device.
pub(crate) struct DeviceLoudspeaker {
    device: Device,
    source: gst_app::AppSrc,
    clock: gst::Clock,
    latency: Duration,
    /// When the next block would follow without a gap.
    next: gst::ClockTime,
    watchdog: Watchdog,
}

impl DeviceLoudspeaker {
    /// The device's buffer: long enough for a busy machine, short enough for a conversation.
    const LATENCY: Duration = Duration::from_millis(40);
    const SEAMLESS: gst::ClockTime = gst::ClockTime::from_mseconds(30);

    fn open(name: &str) -> Result<DeviceLoudspeaker, DeviceError> {
        // The sink follows our clock, not we its: the microphone may have another one.
        let description = "appsrc name=source is-live=true format=time block=false leaky-type=downstream \
                           max-bytes=9600 ! audioconvert ! audioresample ! alsasink name=device buffer-time=40000 \
                           latency-time=10000 provide-clock=false slave-method=skew";
        let device = Device::build(description, "device", name)?;
        let source = device.element("source")?.downcast::<gst_app::AppSrc>();
        let source = source.map_err(|_| DeviceError::Failed("no source".to_owned()))?;
        source.set_caps(Some(&pcm_caps()));
        let clock = gst::SystemClock::obtain();
        if let Some(pipeline) = device.pipeline.downcast_ref::<gst::Pipeline>() {
            pipeline.use_clock(Some(&clock));
        }
        device.start()?;
        let watchdog = Watchdog::new(Instant::now());
        Ok(DeviceLoudspeaker { device, source, clock, latency: Self::LATENCY, next: gst::ClockTime::ZERO, watchdog })
    }

    fn play(&mut self, block: &[i16]) -> Result<(), DeviceError> {
        self.device.check()?;
        // What waits for a device that plays never fills up.
        let is_full = self.source.current_level_bytes() + 2 * BLOCK as u64 > self.source.max_bytes();
        self.watchdog.look(!is_full, Instant::now())?;
        let mut buffer = gst::Buffer::from_mut_slice(bytes_of(block));
        let base = self.device.pipeline.base_time();
        let now = base.and_then(|base| self.clock.time().checked_sub(base));
        if let Some((buffer, now)) = buffer.get_mut().zip(now) {
            // Blocks follow one another seamlessly unless the thread was really late.
            let is_seamless = self.next.absdiff(now) < Self::SEAMLESS;
            if !is_seamless && !self.next.is_zero() {
                self.device.xruns.note();
            }
            let time = if is_seamless { self.next } else { now };
            self.next = time + clock_time(BLOCK_LENGTH);
            buffer.set_pts(time);
            buffer.set_duration(clock_time(BLOCK_LENGTH));
        }
        // While it starts, there is nowhere to play to; that is not a failure.
        let _ = self.source.push_buffer(buffer);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_that_stands_still_for_two_seconds_has_failed() {
        let start = Instant::now();
        let seconds = |seconds| start + Duration::from_secs_f64(seconds);
        let mut watchdog = Watchdog::new(start);
        assert!(watchdog.look(false, seconds(1.9)).is_ok(), "it may take long to start");
        assert!(watchdog.look(true, seconds(1.95)).is_ok());
        assert!(watchdog.look(false, seconds(3.9)).is_ok());
        assert!(watchdog.look(false, seconds(4.0)).is_err());
    }
}
