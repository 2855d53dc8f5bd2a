//! Devices made of numbers, and engines wired to one another without a network.
#![allow(dead_code, reason = "every test file uses its own part")]

pub mod speech;

use std::collections::VecDeque;
use std::f64::consts::TAU;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use hal::{AudioSink, AudioSource, DeviceError, FrameSource, SampleSink, SampleSource, VideoFormat, VideoSource};
use media::{
    Codec, DisplayPicture, Engine, EngineConfig, Kind, Layer, MediaEvent, ReceivedFrame, Rect, Scene, Tile, TileSource,
    TrackKey,
};

/// Long enough for a busy machine; conditions usually hold much earlier.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// A camera that draws the bits of a number as eight columns, white for one, black for zero.
pub struct MarkCamera {
    pub mark: AtomicU8,
    pub unplugged: AtomicBool,
    pub noise: AtomicBool,
    pub stalled: AtomicBool,
    seed: AtomicU64,
    format: VideoFormat,
}

impl MarkCamera {
    pub fn new(width: u32, height: u32, mark: u8) -> Arc<MarkCamera> {
        Arc::new(MarkCamera {
            mark: AtomicU8::new(mark),
            unplugged: AtomicBool::new(false),
            noise: AtomicBool::new(false),
            stalled: AtomicBool::new(false),
            seed: AtomicU64::new(1),
            format: VideoFormat { width, height, fps: 30 },
        })
    }

    pub fn source(self: &Arc<MarkCamera>) -> VideoSource {
        VideoSource::Frames(self.clone())
    }
}

impl FrameSource for MarkCamera {
    fn format(&self) -> VideoFormat {
        self.format
    }

    fn frame(&self, _: Duration, i420: &mut [u8]) -> Result<bool, DeviceError> {
        if self.unplugged.load(Ordering::Acquire) {
            return Err(DeviceError::Unplugged);
        }
        if self.stalled.load(Ordering::Acquire) {
            return Ok(false);
        }
        let (width, height) = (self.format.width as usize, self.format.height as usize);
        let mark = self.mark.load(Ordering::Acquire);
        let noise = self.noise.load(Ordering::Acquire);
        let mut seed = self.seed.load(Ordering::Acquire);
        for (index, luma) in i420[..width * height].iter_mut().enumerate() {
            let column = index % width * 8 / width;
            *luma = if mark >> column & 1 == 1 { 235 } else { 16 };
            if noise {
                seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                *luma = luma.saturating_add((seed >> 59) as u8);
            }
        }
        self.seed.store(seed, Ordering::Release);
        i420[width * height..].fill(128);
        Ok(true)
    }
}

/// The number a tile shows, read from the display; none when a column is neither black nor white.
pub fn read_mark(picture: &DisplayPicture, rect: Rect) -> Option<u8> {
    let y = rect.y + rect.height / 2;
    let mut mark = 0;
    for column in 0..8 {
        let x = rect.x + (rect.width * column + rect.width / 2) / 8;
        let pixel = ((y * picture.width + x) * 4) as usize;
        match picture.rgba[pixel + 1] {
            170.. => mark |= 1 << column,
            ..=80 => {}
            _ => return None,
        }
    }
    Some(mark)
}

/// A microphone that hears a tone in bursts, as a voice would be: steady sound is taken for noise.
pub struct BurstTone {
    frequency: f64,
    amplitude: f64,
    position: AtomicU64,
    pub unplugged: AtomicBool,
}

impl BurstTone {
    pub fn new(frequency: f64, amplitude: f64) -> Arc<BurstTone> {
        let unplugged = AtomicBool::new(false);
        Arc::new(BurstTone { frequency, amplitude, position: AtomicU64::new(0), unplugged })
    }

    pub fn source(self: &Arc<BurstTone>) -> AudioSource {
        AudioSource::Samples(self.clone())
    }
}

impl SampleSource for BurstTone {
    fn fill(&self, samples: &mut [i16]) -> Result<(), DeviceError> {
        if self.unplugged.load(Ordering::Acquire) {
            return Err(DeviceError::Unplugged);
        }
        let start = self.position.fetch_add(samples.len() as u64, Ordering::AcqRel);
        for (index, sample) in samples.iter_mut().enumerate() {
            let time = (start + index as u64) as f64 / 48_000.0;
            // Four syllables a second.
            let envelope = (TAU * 2.0 * time).sin().powi(2);
            *sample = ((TAU * self.frequency * time).sin() * envelope * self.amplitude * 32767.0) as i16;
        }
        Ok(())
    }
}

/// A loudspeaker that remembers everything.
#[derive(Default)]
pub struct Recorder {
    pub samples: Mutex<Vec<i16>>,
    pub unplugged: AtomicBool,
}

impl Recorder {
    pub fn sink(self: &Arc<Recorder>) -> AudioSink {
        AudioSink::Samples(self.clone())
    }

    pub fn length(&self) -> usize {
        self.samples.lock().unwrap().len()
    }

    /// The newest `length` samples.
    pub fn newest(&self, length: usize) -> Vec<i16> {
        let samples = self.samples.lock().unwrap();
        samples[samples.len().saturating_sub(length)..].to_vec()
    }
}

impl SampleSink for Recorder {
    fn play(&self, samples: &[i16]) -> Result<(), DeviceError> {
        if self.unplugged.load(Ordering::Acquire) {
            return Err(DeviceError::Unplugged);
        }
        self.samples.lock().unwrap().extend_from_slice(samples);
        Ok(())
    }
}

/// A room in which the microphone hears the loudspeaker, later and softer.
pub struct EchoRoom {
    air: Mutex<VecDeque<i16>>,
    heard: Mutex<Vec<i16>>,
    gain: f64,
}

impl EchoRoom {
    pub fn new(delay: Duration, gain: f64) -> Arc<EchoRoom> {
        let silence = vec![0; (delay.as_secs_f64() * 48_000.0) as usize];
        Arc::new(EchoRoom { air: Mutex::new(silence.into()), heard: Mutex::default(), gain })
    }

    /// The newest `length` samples the microphone heard.
    pub fn newest_heard(&self, length: usize) -> Vec<i16> {
        let heard = self.heard.lock().unwrap();
        heard[heard.len().saturating_sub(length)..].to_vec()
    }
}

impl SampleSink for EchoRoom {
    fn play(&self, samples: &[i16]) -> Result<(), DeviceError> {
        self.air.lock().unwrap().extend(samples);
        Ok(())
    }
}

impl SampleSource for EchoRoom {
    fn fill(&self, samples: &mut [i16]) -> Result<(), DeviceError> {
        let mut air = self.air.lock().unwrap();
        for sample in samples.iter_mut() {
            *sample = (f64::from(air.pop_front().unwrap_or(0)) * self.gain) as i16;
        }
        self.heard.lock().unwrap().extend_from_slice(samples);
        Ok(())
    }
}

/// Root mean square in decibels of full scale.
pub fn decibels(samples: &[i16]) -> f64 {
    let sum: f64 = samples.iter().map(|sample| f64::from(*sample).powi(2)).sum();
    20.0 * ((sum / samples.len().max(1) as f64).sqrt() / 32768.0).max(1e-9).log10()
}

/// How much of the energy of a second of `samples` is within 20 Hz of `frequency`, 0 to 1.
pub fn share_at(samples: &[i16], frequency: f64) -> f64 {
    let energy: f64 = samples.iter().map(|sample| f64::from(*sample).powi(2)).sum();
    if energy == 0.0 || samples.len() < 48_000 {
        return 0.0;
    }
    // Bursts widen the line, so a few neighbours belong to it.
    let length = samples.len() as f64;
    let line = |frequency: f64| {
        let (mut real, mut imaginary) = (0.0, 0.0);
        for (index, sample) in samples.iter().enumerate() {
            let angle = TAU * frequency * index as f64 / 48_000.0;
            real += f64::from(*sample) * angle.cos();
            imaginary += f64::from(*sample) * angle.sin();
        }
        (real * real + imaginary * imaginary) * 2.0 / length
    };
    let step = 48_000.0 / length;
    (-20..=20).map(|index| line(frequency + f64::from(index) * step)).sum::<f64>() / energy
}

/// An engine and what it told.
pub struct Room {
    pub engine: Engine,
    events: Arc<Mutex<Vec<MediaEvent>>>,
}

pub fn config() -> EngineConfig {
    let (camera, microphone, loudspeaker) = (None, None, None);
    EngineConfig {
        camera,
        microphone,
        loudspeaker,
        display: (640, 360),
        screen: None,
        second: None,
        fps: 30,
        codec_memory: None,
    }
}

impl Room {
    pub fn start(config: EngineConfig) -> Room {
        Room::start_telling(config, |_| {})
    }

    /// Starts an engine that tells `listener` too.
    pub fn start_telling(config: EngineConfig, listener: impl Fn(&MediaEvent) + Send + Sync + 'static) -> Room {
        Room::start_by(|listen| Engine::start(config, listen).unwrap(), listener)
    }

    /// Has `start` start an engine that tells `listener` too.
    pub fn start_by(
        start: impl FnOnce(Box<dyn Fn(MediaEvent) + Send + Sync>) -> Engine,
        listener: impl Fn(&MediaEvent) + Send + Sync + 'static,
    ) -> Room {
        let events = Arc::new(Mutex::new(Vec::new()));
        let told = events.clone();
        let listen = move |event: MediaEvent| {
            listener(&event);
            told.lock().unwrap().push(event);
        };
        let engine = start(Box::new(listen));
        Room { engine, events }
    }

    pub fn forget(&self) {
        self.events.lock().unwrap().clear();
    }

    pub fn count(&self, wanted: impl Fn(&MediaEvent) -> bool) -> usize {
        self.events.lock().unwrap().iter().filter(|event| wanted(event)).count()
    }

    pub fn all<T>(&self, wanted: impl Fn(&MediaEvent) -> Option<T>) -> Vec<T> {
        self.events.lock().unwrap().iter().filter_map(wanted).collect()
    }

    pub fn wait_for(&self, what: &str, wanted: impl Fn(&MediaEvent) -> bool) {
        eventually(what, || self.count(&wanted) > 0);
    }

    /// Shows `track` on the whole display.
    pub fn show(&self, source: TileSource) {
        self.engine.set_scene(Scene { tiles: vec![tile(source, WHOLE)], ..Scene::default() });
    }

    /// Waits until nothing of `layer` is encoded any more, not even what was on its way.
    pub fn wait_for_standstill(&self, layer: Layer) {
        let mut before = None;
        eventually("encoding stops", || {
            let ticks = self.engine.counters().audio_ticks;
            eventually("a while", || self.engine.counters().audio_ticks > ticks + 30);
            let now = self.engine.counters().encoded[layer as usize];
            before.replace(now) == Some(now)
        });
    }

    pub fn mark(&self) -> Option<u8> {
        read_mark(&self.engine.display_picture(), WHOLE)
    }
}

pub const WHOLE: Rect = Rect { x: 0, y: 0, width: 640, height: 360 };

pub fn tile(source: TileSource, rect: Rect) -> Tile {
    Tile { source, rect, placeholder: None, label: None, still: None, highlight: false }
}

pub fn track(name: &str) -> TrackKey {
    TrackKey(name.to_owned())
}

/// Waits until `holds`, or fails.
#[track_caller]
pub fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < deadline, "not within {PATIENCE:?}: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The frame as another engine receives it.
pub fn received(event: &MediaEvent, key: &TrackKey, wanted: Option<Layer>) -> Option<ReceivedFrame> {
    let frame = |kind, codec, media_time: &Duration, keyframe, data: &Vec<u8>| ReceivedFrame {
        track: key.clone(),
        kind,
        codec,
        media_time: *media_time,
        sender_time: None,
        arrived: Instant::now(),
        contiguous: true,
        keyframe,
        data: data.clone(),
    };
    match event {
        MediaEvent::EncodedVideo { layer, codec, media_time, keyframe, data, .. } if Some(*layer) == wanted => {
            Some(frame(Kind::Video, (*codec).into(), media_time, *keyframe, data))
        }
        MediaEvent::EncodedAudio { media_time, data, .. } if wanted.is_none() => {
            Some(frame(Kind::Audio, Codec::Opus, media_time, true, data))
        }
        _ => None,
    }
}
