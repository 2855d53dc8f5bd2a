//! The engine: everything above, put together.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use hal::board::MICROPHONES_MAX;

use crate::audio_device::{Loudspeaker, Microphone};
use crate::calls::Calls;
use crate::chain::{Chain, Shared};
use crate::content_sound::ContentSound;
use crate::counters::{Counters, Tally};
use crate::display::{self, DisplayControl};
use crate::event::{Events, MediaEvent};
use crate::keeper::Keeper;
use crate::ladder::Ladder;
use crate::mailbox::lock;
use crate::remote_audio::AudioTrack;
use crate::remote_video::VideoTrack;
use crate::scene::{DisplayPicture, Scene, TileSource};
use crate::sound::{self, SoundControl, SoundKeepers};
use crate::types::{Feed, Kind, Layer, LayerTarget, ReceivedFrame, TrackKey, VideoCodec};
use crate::voice::VOICE_BPS;
use crate::worker::Worker;

/// The devices to work with, and how.
#[derive(Clone)]
pub struct EngineConfig {
    /// Where pictures come from.
    pub camera: Option<hal::VideoSource>,
    /// Where sound comes from, the first microphone; [`Engine::replace_microphone`] adds others.
    pub microphone: Option<hal::AudioSource>,
    /// Where sound goes.
    pub loudspeaker: Option<hal::AudioSink>,
    /// The size of the composed picture in pixels, 1920 by 1080.
    pub display: (u32, u32),
    /// Where the composed pictures go, of the same size.
    pub screen: Option<Arc<dyn hal::PictureSink>>,
    /// Where a second display's pictures go, of the size of its first; `Some(None)` composes them for
    /// [`Engine::second_display_picture`] only.
    pub second: Option<Option<Arc<dyn hal::PictureSink>>>,
    /// Pictures per second of the displays, and at most of the camera: 30.
    pub fps: u32,
    /// A file that keeps which codecs work on this machine, so that the next start need not try them.
    /// It is made when it is not there, and ignored when it is of another machine.
    pub codec_memory: Option<PathBuf>,
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
    // Fields are dropped in this order: first whoever gives pictures and sound, then whoever takes
    // them, last who clears up.
    camera: Chain,
    content: Chain,
    content_sound: ContentSound,
    _display_threads: Vec<Worker>,
    _sound_thread: Worker,
    microphones: Vec<Keeper<hal::AudioSource>>,
    loudspeaker: Keeper<hal::AudioSink>,
    sound: Arc<SoundControl>,
    display: Arc<DisplayControl>,
    second: Option<Arc<DisplayControl>>,
    /// Makes decoders for sound.
    preparer: Keeper<()>,
    /// Waits for threads and decoders that end.
    reaper: Keeper<()>,
    calls: Arc<Calls>,
    /// The tracks each display's scene shows. Locked before the tracks are.
    shown: Mutex<[BTreeSet<TrackKey>; 2]>,
    ladder: Arc<Ladder>,
    /// Proven to be quick enough.
    sends_large: Arc<AtomicBool>,
    tally: Arc<Tally>,
    events: Events,
}

impl Engine {
    /// Starts all threads. Devices that do not open are reported as lost, not as errors: a room
    /// without a camera can still listen. `events` is called from media threads, also before this
    /// returns; it must neither block nor call the engine but for [`Engine::force_keyframe`].
    ///
    /// # Errors
    /// When GStreamer does not start or there are no threads.
    pub fn start(config: EngineConfig, events: Box<dyn Fn(MediaEvent) + Send + Sync>) -> Result<Engine, EngineError> {
        gstreamer::init().map_err(EngineError::GStreamer)?;
        let ladder = Ladder::of_this_machine(config.codec_memory.clone());
        Engine::start_on(ladder, config, events)
    }

    /// Starts with these codecs.
    pub(crate) fn start_on(
        ladder: Arc<Ladder>,
        config: EngineConfig,
        events: Box<dyn Fn(MediaEvent) + Send + Sync>,
    ) -> Result<Engine, EngineError> {
        let events: Events = events.into();
        let tally = Arc::new(Tally::default());
        let epoch = Instant::now();
        let sound = Arc::new(SoundControl::default());
        let calls = sound.calls.clone();
        let shared = Shared {
            epoch,
            ladder: ladder.clone(),
            tally: tally.clone(),
            events: events.clone(),
            calls: calls.clone(),
        };
        let camera = Chain::start(Feed::Room, config.fps, &shared).map_err(EngineError::Thread)?;
        let content = Chain::start(Feed::Content, config.fps, &shared).map_err(EngineError::Thread)?;
        let content_sound = ContentSound::start(&shared, sound.content.clone()).map_err(EngineError::Thread)?;
        let display = Arc::new(DisplayControl::new(config.display, Arc::default()));
        let start_display = |name, control, screen| {
            let hubs = (camera.hub.clone(), content.hub.clone());
            display::start(name, control, screen, hubs.0, hubs.1, config.fps, tally.clone())
        };
        let mut display_threads = vec![start_display("display", display.clone(), config.screen)];
        // What is not there costs nothing.
        let second = config.second.map(|screen| {
            let second = Arc::new(DisplayControl::new(config.display, display.tracks.clone()));
            display_threads.push(start_display("second-display", second.clone(), screen));
            second
        });
        let display_threads = display_threads.into_iter().collect::<Result<_, _>>().map_err(EngineError::Thread)?;
        let keep = |index| keep_microphone(index, sound.clone(), events.clone());
        let microphones: Vec<_> = (0..MICROPHONES_MAX).map(keep).collect();
        let loudspeaker = keep_loudspeaker(sound.clone(), events.clone()).map_err(EngineError::Thread)?;
        let orders = microphones.iter().map(|keeper| keeper.orders()).collect();
        let keepers = SoundKeepers { microphones: orders, loudspeaker: loudspeaker.orders() };
        let sound_thread = sound::start(sound.clone(), keepers, epoch, tally.clone(), events.clone());
        let engine = Engine {
            camera,
            content,
            content_sound,
            _display_threads: display_threads,
            _sound_thread: sound_thread.map_err(EngineError::Thread)?,
            microphones,
            loudspeaker,
            sound,
            display,
            second,
            preparer: Keeper::start("preparer", |_, _| {}).map_err(EngineError::Thread)?,
            reaper: Keeper::start("reaper", |_, _| {}).map_err(EngineError::Thread)?,
            calls,
            shown: Mutex::default(),
            ladder,
            sends_large: Arc::default(),
            tally,
            events,
        };
        engine.replace_loudspeaker(config.loudspeaker);
        engine.replace_microphone(0, config.microphone);
        engine.replace_camera(config.camera);
        engine.warm_up();
        Ok(engine)
    }

    /// The camera's size in pixels, (0, 0) without one; a lost one keeps it until it is replaced.
    pub fn camera_size(&self) -> (u32, u32) {
        self.camera.hub.size()
    }

    /// The codec that costs this machine least to send pictures of `size` in, as far as known: all there is is tried
    /// in the first seconds after the first start.
    pub fn codec_to_send(&self, size: (u32, u32)) -> VideoCodec {
        self.ladder.codec_to_send(size, Instant::now())
    }

    /// The element that would encode pictures of `size` in `codec`, as far as known. Waits for nothing.
    pub fn known_encoder(&self, codec: VideoCodec, size: (u32, u32)) -> Option<&'static str> {
        self.ladder.known_encoder(codec, size, Instant::now())
    }

    /// Finds out, unless it is known, whether this machine encodes large pictures quickly enough, in `codec` or in
    /// whichever costs least. Returns at once; [`Engine::sends_large_pictures`] tells some seconds later. Not for a
    /// call: it takes a core for a moment.
    pub fn prove_large_pictures(&self, codec: Option<VideoCodec>) {
        let (ladder, proven) = (self.ladder.clone(), self.sends_large.clone());
        let measure = move || proven.store(ladder.measure(codec), Ordering::Release);
        let prove = std::thread::Builder::new().name("codec-speed".to_owned()).spawn(measure);
        if let Err(error) = prove {
            tracing::warn!(%error, "nobody measures how quick codecs are");
        }
    }

    /// Whether pictures of 1080p are sent whole, where there are the bits for them: the encoder is proven quick enough.
    /// Until then, and otherwise, they are sent at two thirds of their width and height.
    pub fn sends_large_pictures(&self) -> bool {
        self.sends_large.load(Ordering::Acquire)
    }

    /// What to encode from now on; nothing when `layers` is empty. Cheap when nothing changes; a
    /// new bitrate takes effect without a new key frame.
    pub fn encode(&self, codec: VideoCodec, layers: &[LayerTarget]) {
        self.camera.encode(codec, layers);
    }

    /// As [`Engine::encode`], of what is shared: in [`Layer::High`] only. Fewer bits make fewer pictures a
    /// second, 30 to 5, not smaller ones.
    pub fn encode_content(&self, codec: VideoCodec, layers: &[LayerTarget]) {
        self.content.encode(codec, layers);
    }

    /// Opens or closes the microphone. Closed at first; no sound is emitted while it is closed.
    pub fn set_microphone(&self, on: bool) {
        self.sound.open.store(on, Ordering::Release);
    }

    /// What speech is encoded with from now on in this call, in bits per second; 6000 to 510000.
    pub fn set_voice_bitrate(&self, bitrate_bps: u32) {
        self.sound.voice_bps.store(bitrate_bps.clamp(6_000, 510_000), Ordering::Release);
    }

    /// Makes the next picture of `layer` a key frame.
    pub fn force_keyframe(&self, layer: Layer) {
        self.camera.force_keyframe(layer);
    }

    /// Makes the next picture of what is shared a key frame.
    pub fn force_content_keyframe(&self) {
        self.content.force_keyframe(Layer::High);
    }

    /// Takes pictures from another camera, or from none. Returns at once: the old camera is closed
    /// and the new one opened when drivers are ready, but [`Engine::camera_size`] is the new one's.
    pub fn replace_camera(&self, camera: Option<hal::VideoSource>) {
        self.camera.replace(camera);
    }

    /// Takes what is to be shared from a laptop, or from none. From now on it can be shown
    /// ([`TileSource::Content`]) and is heard in the room. Returns at once, like [`Engine::replace_camera`].
    pub fn replace_content(&self, content: Option<hal::ContentSource>) {
        let (video, audio) = content.map_or((None, None), |content| (Some(content.video), content.audio));
        self.content.replace(video);
        self.content_sound.replace(audio);
    }

    /// Listens to another microphone at this place of the board, or to none; those there are are mixed.
    /// Returns at once, like [`Engine::replace_camera`]. Places beyond the last are ignored.
    pub fn replace_microphone(&self, index: usize, microphone: Option<hal::AudioSource>) {
        if let Some((keeper, slot)) = self.microphones.get(index).zip(self.sound.microphones.get(index))
            && let Err(error) = keeper.keep(slot.expect(), microphone)
        {
            tracing::error!(%error, index, "no thread to keep a microphone");
            (self.events)(MediaEvent::MicrophoneLost(index));
        }
    }

    /// Plays a sweep and listens how it comes back, for about six seconds, in which nothing is sent and
    /// nobody heard: not for a call. [`MediaEvent::AudioChecked`] ends it.
    pub fn start_audio_check(&self) {
        self.sound.check_wanted.store(true, Ordering::Release);
    }

    /// Ends it early; nothing more is told of it, unless it was over already.
    pub fn stop_audio_check(&self) {
        self.sound.check_wanted.store(false, Ordering::Release);
    }

    /// Plays on another loudspeaker, or on none. Returns at once, like [`Engine::replace_camera`].
    pub fn replace_loudspeaker(&self, loudspeaker: Option<hal::AudioSink>) {
        self.loudspeaker.replace(self.sound.loudspeaker.expect(), loudspeaker);
    }

    /// Prepares for a remote track; one that exists already is left alone.
    pub fn add_track(&self, track: TrackKey, kind: Kind) {
        match kind {
            Kind::Audio => {
                let mut tracks = lock(&self.sound.tracks);
                if let Entry::Vacant(place) = tracks.entry(track) {
                    let added = AudioTrack::new(
                        place.key().clone(),
                        self.ladder.clone(),
                        self.tally.clone(),
                        self.events.clone(),
                        self.reaper.orders(),
                    );
                    let added = place.insert(Arc::new(added)).clone();
                    self.preparer.run(move || added.prepare());
                }
            }
            Kind::Video => {
                if lock(&self.display.tracks).contains_key(&track) {
                    return;
                }
                let (tally, events, reaper) = (self.tally.clone(), self.events.clone(), self.reaper.orders());
                let shown = lock(&self.shown);
                match VideoTrack::start(track.clone(), self.ladder.clone(), tally, events, reaper) {
                    Ok(added) => {
                        added.set_visible(shown.iter().any(|shown| shown.contains(&track)));
                        lock(&self.display.tracks).insert(track, Arc::new(added));
                    }
                    Err(error) => tracing::error!(%error, "no thread for a track"),
                }
            }
        }
    }

    /// Forgets a remote track. Returns at once; nothing is told of it any more. Pictures paired with
    /// its sound no longer wait for it.
    pub fn remove_track(&self, track: &TrackKey) {
        let sound = lock(&self.sound.tracks).remove(track);
        if let Some(sound) = &sound {
            for pictures in lock(&self.display.tracks).values() {
                pictures.unfollow(sound);
            }
        }
        let pictures = lock(&self.display.tracks).remove(track);
        if let Some(pictures) = &pictures {
            pictures.retire();
        }
        self.reaper.bury((sound, pictures));
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

    /// What the display shows from now on. Tracks that no tile shows are no longer decoded soon; one
    /// that is shown again asks for a key frame.
    pub fn set_scene(&self, scene: Scene) {
        self.look_at(0, &scene);
        self.display.set_scene(scene);
    }

    /// What the second display shows from now on, when there is one.
    pub fn set_second_scene(&self, scene: Scene) {
        if let Some(second) = &self.second {
            self.look_at(1, &scene);
            second.set_scene(scene);
        }
    }

    fn look_at(&self, display: usize, scene: &Scene) {
        let tracks = scene.tiles.iter().filter_map(|tile| match &tile.source {
            TileSource::Track(track) => Some(track.clone()),
            TileSource::Own | TileSource::Content | TileSource::None => None,
        });
        let mut shown = lock(&self.shown);
        shown[display] = tracks.collect();
        for (key, track) in &*lock(&self.display.tracks) {
            track.set_visible(shown.iter().any(|shown| shown.contains(key)));
        }
    }

    /// How loud remote sound is, 0 to 100 (more is taken as 100).
    pub fn set_volume(&self, percent: u8) {
        self.sound.volume_percent.store(u32::from(percent.min(100)), Ordering::Relaxed);
    }

    /// Says this in the room, 48 kHz, instead of what it is saying; nothing, to fall silent. Others in the meeting do
    /// not hear it: the echo cancellers take it out of what the microphones hear.
    pub fn announce(&self, samples: &[i16]) {
        self.sound.announcer.say(samples);
    }

    /// The newest composed picture; converted for each call.
    pub fn display_picture(&self) -> DisplayPicture {
        self.display.picture()
    }

    /// The second display's, when there is one.
    pub fn second_display_picture(&self) -> Option<DisplayPicture> {
        self.second.as_ref().map(|second| second.picture())
    }

    /// Forgets all remote tracks and the content, stops encoding and closes the microphone. The scene stays. Once
    /// this returns, no frame encoded in this call is told any more.
    pub fn end_call(&self) {
        self.set_microphone(false);
        self.encode(VideoCodec::Vp8, &[]);
        self.encode_content(VideoCodec::Vp8, &[]);
        self.replace_content(None);
        self.calls.end();
        self.sound.voice_bps.store(VOICE_BPS, Ordering::Release);
        let sound: BTreeMap<_, _> = std::mem::take(&mut *lock(&self.sound.tracks));
        let pictures: BTreeMap<_, _> = std::mem::take(&mut *lock(&self.display.tracks));
        for track in pictures.values() {
            track.retire();
        }
        self.reaper.bury((sound, pictures));
        self.sound.sounded.store(false, Ordering::Release);
    }

    /// Tries the codecs now, so that the first call need not, nor who falls from one to the next.
    fn warm_up(&self) {
        let ladder = self.ladder.clone();
        if let Err(error) = std::thread::Builder::new().name("codec-warm-up".to_owned()).spawn(move || ladder.try_all())
        {
            tracing::warn!(%error, "codecs are tried only when they are needed");
        }
    }

    /// What went through since the start.
    pub fn counters(&self) -> Counters {
        self.tally.snapshot()
    }
}

/// Most rooms have one microphone: a place without any costs no thread.
fn keep_microphone(index: usize, sound: Arc<SoundControl>, events: Events) -> Keeper<hal::AudioSource> {
    Keeper::when_needed("microphone-keeper", move |number, source: Option<hal::AudioSource>| {
        let slot = &sound.microphones[index];
        let opened = slot.change(number, || source.map(Microphone::open));
        if let (Err(error), true) = (opened, slot.is_wanted(number)) {
            tracing::warn!(%error, index, "the microphone does not open");
            events(MediaEvent::MicrophoneLost(index));
        }
    })
}

fn keep_loudspeaker(sound: Arc<SoundControl>, events: Events) -> std::io::Result<Keeper<hal::AudioSink>> {
    Keeper::start("speaker-keeper", move |number, sink: Option<hal::AudioSink>| {
        let opened = sound.loudspeaker.change(number, || sink.map(Loudspeaker::open));
        if let (Err(error), true) = (opened, sound.loudspeaker.is_wanted(number)) {
            tracing::warn!(%error, "the loudspeaker does not open");
            events(MediaEvent::LoudspeakerLost);
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn silent_config() -> EngineConfig {
        let (camera, microphone, loudspeaker) = (None, None, None);
        EngineConfig {
            camera,
            microphone,
            loudspeaker,
            display: (64, 36),
            screen: None,
            second: None,
            fps: 30,
            codec_memory: None,
        }
    }

    #[test]
    fn an_engine_can_be_shared_between_threads_and_stops_when_dropped() {
        fn shared<T: Send + Sync>(_: &T) {}
        let config = silent_config();
        let told = Arc::new(());
        let held = told.clone();
        let engine = Engine::start(config, Box::new(move |_| drop(held.clone()))).unwrap();
        shared(&engine);
        engine.add_track(TrackKey("a".to_owned()), Kind::Audio);
        engine.add_track(TrackKey("v".to_owned()), Kind::Video);
        drop(engine);
        assert_eq!(Arc::strong_count(&told), 1, "no thread holds the callback any more");
    }

    #[test]
    fn tracks_come_and_go_while_decoders_hang() {
        let config = silent_config();
        let engine = Engine::start(config, Box::new(|_| {})).unwrap();
        let releases = [&engine.preparer, &engine.reaper].map(|keeper| {
            let (release, hang) = std::sync::mpsc::channel::<()>();
            let (tell, hangs) = std::sync::mpsc::channel();
            keeper.run(move || {
                tell.send(()).unwrap();
                let _ = hang.recv();
            });
            hangs.recv().unwrap();
            release
        });
        // If any of this waited for a decoder, the test would not end.
        for _ in 0..3 {
            for (name, kind) in [("a", Kind::Audio), ("v", Kind::Video), ("w", Kind::Video)] {
                engine.add_track(TrackKey(name.to_owned()), kind);
            }
            engine.remove_track(&TrackKey("v".to_owned()));
            engine.end_call();
        }
        drop(releases);
    }
}
