//! The engine: everything above, put together.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use crate::audio_device::{Loudspeaker, Microphone};
use crate::capture::{Camera, CaptureHub, Consumer};
use crate::counters::{Counters, Tally};
use crate::display::{self, DisplayControl};
use crate::encode::LayerEncoder;
use crate::event::{Events, MediaEvent};
use crate::ladder;
use crate::mailbox::lock;
use crate::remote_audio::AudioTrack;
use crate::remote_video::VideoTrack;
use crate::scene::{DisplayPicture, Scene};
use crate::sound::{self, SoundControl};
use crate::types::{Codec, Kind, Layer, LayerTarget, ReceivedFrame, TrackKey, VideoCodec};
use crate::worker::Worker;

/// The devices to work with, and how.
#[derive(Clone)]
pub struct EngineConfig {
    /// Where pictures come from.
    pub camera: Option<hal::VideoSource>,
    /// Where sound comes from.
    pub microphone: Option<hal::AudioSource>,
    /// Where sound goes.
    pub loudspeaker: Option<hal::AudioSink>,
    /// The size of the composed picture in pixels, 1920 by 1080.
    pub display: (u32, u32),
    /// Pictures per second of the display, and at most of the camera: 30.
    pub fps: u32,
}

/// Why the engine cannot start.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// GStreamer itself does not work.
    #[error("GStreamer does not start")]
    GStreamer(#[source] gstreamer::glib::Error),
    /// The system has no thread left.
    #[error("a media thread does not start")]
    Thread(#[source] std::io::Error),
}

/// Captures, encodes, decodes, mixes and composes until it is dropped.
pub struct Engine {
    // Fields are dropped in this order: first whoever gives pictures, then whoever takes them.
    camera: Mutex<Option<Camera>>,
    _display_thread: Worker,
    _sound_thread: Worker,
    encoders: Vec<LayerEncoder>,
    hub: Arc<CaptureHub>,
    sound: Arc<SoundControl>,
    display: Arc<DisplayControl>,
    fps: u32,
    tally: Arc<Tally>,
    events: Events,
}

impl Engine {
    /// Starts all threads. Devices that do not open are reported as lost, not as errors: a room
    /// without a camera can still listen. `events` is called from media threads, also before this
    /// returns; it must neither block nor call the engine.
    ///
    /// # Errors
    /// When GStreamer does not start or there are no threads.
    pub fn start(config: EngineConfig, events: Box<dyn Fn(MediaEvent) + Send + Sync>) -> Result<Engine, EngineError> {
        gstreamer::init().map_err(EngineError::GStreamer)?;
        let events: Events = events.into();
        let tally = Arc::new(Tally::default());
        let epoch = Instant::now();
        let start_encoder = |layer| LayerEncoder::start(layer, epoch, tally.clone(), events.clone());
        let encoders = Layer::ALL.into_iter().map(start_encoder).collect::<Result<Vec<_>, _>>();
        let encoders = encoders.map_err(EngineError::Thread)?;
        let consumers = encoders.iter().map(|encoder| {
            let inlet = encoder.inlet();
            Box::new(move |picture: &Arc<_>| inlet.offer(picture)) as Consumer
        });
        let hub = Arc::new(CaptureHub::new(epoch, consumers.collect(), tally.clone(), events.clone()));
        let display = Arc::new(DisplayControl::new(config.display.0, config.display.1));
        let sound = Arc::new(SoundControl::default());
        let display_thread = display::start(display.clone(), hub.clone(), config.fps, tally.clone());
        let sound_thread = sound::start(sound.clone(), epoch, tally.clone(), events.clone());
        let engine = Engine {
            camera: Mutex::new(None),
            _display_thread: display_thread.map_err(EngineError::Thread)?,
            _sound_thread: sound_thread.map_err(EngineError::Thread)?,
            encoders,
            hub,
            sound,
            display,
            fps: config.fps,
            tally,
            events,
        };
        engine.replace_loudspeaker(config.loudspeaker);
        engine.replace_microphone(config.microphone);
        engine.replace_camera(config.camera);
        warm_up();
        Ok(engine)
    }

    /// The camera's size in pixels, (0, 0) without one; a lost one keeps it until it is replaced.
    pub fn camera_size(&self) -> (u32, u32) {
        self.hub.size()
    }

    /// What to encode from now on; nothing when `layers` is empty. Cheap when nothing changes; a
    /// new bitrate takes effect without a new key frame.
    pub fn encode(&self, codec: VideoCodec, layers: &[LayerTarget]) {
        for (layer, encoder) in Layer::ALL.into_iter().zip(&self.encoders) {
            let target = layers.iter().find(|target| target.layer == layer);
            encoder.want(target.map(|target| (codec, target.bitrate_bps)));
        }
    }

    /// Opens or closes the microphone. Closed at first; no sound is emitted while it is closed.
    pub fn set_microphone(&self, on: bool) {
        self.sound.open.store(on, Ordering::Release);
    }

    /// Makes the next picture of `layer` a key frame.
    pub fn force_keyframe(&self, layer: Layer) {
        if let Some(encoder) = self.encoders.get(layer.index()) {
            encoder.force_keyframe();
        }
    }

    /// Takes pictures from another camera, or from none.
    pub fn replace_camera(&self, camera: Option<hal::VideoSource>) {
        let mut current = lock(&self.camera);
        // The old one first: a device opens only once.
        *current = None;
        self.hub.clear();
        *current = camera.and_then(|camera| Camera::start(camera, self.fps, self.hub.clone()));
    }

    /// Listens to another microphone, or to none.
    pub fn replace_microphone(&self, microphone: Option<hal::AudioSource>) {
        let old = lock(&self.sound.microphone).take();
        drop(old);
        let Some(source) = microphone else { return };
        match Microphone::open(source) {
            Ok(opened) => *lock(&self.sound.microphone) = Some(opened),
            Err(error) => {
                tracing::warn!(%error, "the microphone does not open");
                (self.events)(MediaEvent::MicrophoneLost);
            }
        }
    }

    /// Plays on another loudspeaker, or on none.
    pub fn replace_loudspeaker(&self, loudspeaker: Option<hal::AudioSink>) {
        let old = lock(&self.sound.loudspeaker).take();
        drop(old);
        let Some(sink) = loudspeaker else { return };
        match Loudspeaker::open(sink) {
            Ok(opened) => *lock(&self.sound.loudspeaker) = Some(opened),
            Err(error) => {
                tracing::warn!(%error, "the loudspeaker does not open");
                (self.events)(MediaEvent::LoudspeakerLost);
            }
        }
    }

    /// Prepares for a remote track; one that exists already is left alone.
    pub fn add_track(&self, track: TrackKey, kind: Kind) {
        match kind {
            Kind::Audio => {
                if lock(&self.sound.tracks).contains_key(&track) {
                    return;
                }
                // Made outside the lock: the sound thread must not wait for a decoder.
                let added = Arc::new(AudioTrack::new(track.clone(), self.tally.clone(), self.events.clone()));
                lock(&self.sound.tracks).insert(track, added);
            }
            Kind::Video => {
                if lock(&self.display.tracks).contains_key(&track) {
                    return;
                }
                match VideoTrack::start(track.clone(), self.tally.clone(), self.events.clone()) {
                    Ok(added) => {
                        lock(&self.display.tracks).insert(track, Arc::new(added));
                    }
                    Err(error) => tracing::error!(%error, "no thread for a track"),
                }
            }
        }
    }

    /// Forgets a remote track.
    pub fn remove_track(&self, track: &TrackKey) {
        let sound = lock(&self.sound.tracks).remove(track);
        let pictures = lock(&self.display.tracks).remove(track);
        // Dropping waits for decoders; nobody else waits with it.
        drop((sound, pictures));
    }

    /// Shows the pictures of `video` when the sound of `audio` taken at the same time is heard.
    /// Without a partner pictures are shown as soon as they are decoded.
    pub fn pair_tracks(&self, video: &TrackKey, audio: Option<&TrackKey>) {
        let sound = audio.and_then(|audio| lock(&self.sound.tracks).get(audio).cloned());
        let pictures = lock(&self.display.tracks).get(video).cloned();
        if let Some(pictures) = pictures {
            pictures.follow(sound);
        }
    }

    /// Takes a frame from the network. Never blocks: a full queue loses its oldest frame.
    pub fn push_frame(&self, frame: ReceivedFrame) {
        match frame.kind {
            Kind::Audio => {
                let track = lock(&self.sound.tracks).get(&frame.track).cloned();
                if let Some(track) = track {
                    track.push(frame);
                }
            }
            Kind::Video => {
                let track = lock(&self.display.tracks).get(&frame.track).cloned();
                if let Some(track) = track {
                    track.push(frame);
                }
            }
        }
    }

    /// What the display shows from now on.
    pub fn set_scene(&self, scene: Scene) {
        self.display.set_scene(scene);
    }

    /// How loud remote sound is, 0 to 100 (more is taken as 100).
    pub fn set_volume(&self, percent: u8) {
        self.sound.volume_percent.store(u32::from(percent.min(100)), Ordering::Relaxed);
    }

    /// The newest composed picture; converted for each call.
    pub fn display_picture(&self) -> DisplayPicture {
        self.display.picture()
    }

    /// Forgets all remote tracks, stops encoding and closes the microphone. The scene stays.
    pub fn end_call(&self) {
        self.set_microphone(false);
        self.encode(VideoCodec::Vp8, &[]);
        let sound: BTreeMap<_, _> = std::mem::take(&mut *lock(&self.sound.tracks));
        let pictures: BTreeMap<_, _> = std::mem::take(&mut *lock(&self.display.tracks));
        drop((sound, pictures));
        self.sound.sounded.store(false, Ordering::Release);
    }

    /// What went through since the start.
    pub fn counters(&self) -> Counters {
        self.tally.snapshot()
    }
}

/// Tries the usual codecs now, so that the first call need not.
fn warm_up() {
    let warm = || {
        for codec in [VideoCodec::Vp8, VideoCodec::H264] {
            ladder::encoder(codec);
            ladder::decoder(codec.into());
        }
        for codec in [Codec::Opus, Codec::Vp9, Codec::Av1] {
            ladder::decoder(codec);
        }
    };
    if let Err(error) = std::thread::Builder::new().name("codec-warm-up".to_owned()).spawn(warm) {
        tracing::warn!(%error, "codecs are tried only when they are needed");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_engine_can_be_shared_between_threads_and_stops_when_dropped() {
        fn shared<T: Send + Sync>(_: &T) {}
        let config = EngineConfig { camera: None, microphone: None, loudspeaker: None, display: (64, 36), fps: 30 };
        let told = Arc::new(());
        let held = told.clone();
        let engine = Engine::start(config, Box::new(move |_| drop(held.clone()))).unwrap();
        shared(&engine);
        engine.add_track(TrackKey("a".to_owned()), Kind::Audio);
        engine.add_track(TrackKey("v".to_owned()), Kind::Video);
        drop(engine);
        assert_eq!(Arc::strong_count(&told), 1, "no thread holds the callback any more");
    }
}
