//! One remote picture track: a thread that decodes, and pictures that wait for their time.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use gstreamer as gst;
use gstreamer_video as gst_video;

use crate::capture::next_serial;
use crate::counters::{Tally, count};
use crate::event::{Events, MediaEvent};
use crate::frame_size::{frame_size, is_bearable};
use crate::keeper::Orders;
use crate::ladder;
use crate::mailbox::{Mailbox, lock};
use crate::raw::RawPicture;
use crate::remote_audio::AudioTrack;
use crate::stage::{Stage, StageError, duration, timed_buffer};
use crate::types::{Codec, ReceivedFrame, TrackKey};
use crate::worker::{Stop, Worker};

/// Encoded frames that may wait: a second.
const FRAMES_MAX: usize = 30;
/// Decoded pictures that may wait: pictures are large, and decoders own few.
const PICTURES_MAX: usize = 12;
/// How often a key frame is asked for at most.
const KEYFRAME_INTERVAL: Duration = Duration::from_millis(500);
/// How long a picture waits at most for its sound.
const LIP_SYNC_MAX: Duration = Duration::from_millis(400);
/// How much later than its picture sound may be without anybody noticing (EBU R37: 60 ms; sound that
/// comes first is noticed sooner). Pictures do not wait for that.
const SOUND_LATE: Duration = Duration::from_millis(60);
const IDLE: Duration = Duration::from_millis(100);

/// A remote participant's pictures.
pub(crate) struct VideoTrack {
    shared: Arc<Shared>,
    /// Taken when this is dropped.
    worker: Option<Worker>,
    reaper: Orders<()>,
}

struct Shared {
    key: TrackKey,
    frames: Mailbox<ReceivedFrame>,
    /// A frame was dropped between the last one decoded and the next one in the queue.
    overflowed: AtomicBool,
    pictures: Mutex<Pictures>,
    sound: Mutex<Option<Arc<AudioTrack>>>,
    on_display: AtomicBool,
    /// Whether it was told that this codec, or pictures this large, cannot be decoded.
    complained: AtomicBool,
    /// Nothing is told of it any more.
    retired: AtomicBool,
    tally: Arc<Tally>,
    events: Events,
}

#[derive(Default)]
struct Pictures {
    waiting: VecDeque<(Instant, Arc<RawPicture>)>,
    shown: Option<Arc<RawPicture>>,
}

impl VideoTrack {
    /// Starts a track whose thread `reaper` waits for when the track is dropped.
    ///
    /// # Errors
    /// When there is no thread for it.
    pub fn start(key: TrackKey, tally: Arc<Tally>, events: Events, reaper: Orders<()>) -> std::io::Result<VideoTrack> {
        let shared = Arc::new(Shared {
            key,
            frames: Mailbox::new(FRAMES_MAX),
            overflowed: AtomicBool::new(false),
            pictures: Mutex::default(),
            sound: Mutex::default(),
            on_display: AtomicBool::new(false),
            complained: AtomicBool::new(false),
            retired: AtomicBool::new(false),
            tally,
            events,
        });
        let working = shared.clone();
        let worker = Worker::spawn("decoder", move |stop| Decoding::new(working).run(&stop))?;
        Ok(VideoTrack { shared, worker: Some(worker), reaper })
    }

    /// Ends it, without waiting for its decoder.
    pub fn retire(&self) {
        self.shared.retired.store(true, Ordering::Release);
        self.shared.frames.close();
        if let Some(worker) = &self.worker {
            worker.request_stop();
        }
    }

    /// Takes a frame in. Never blocks.
    pub fn push(&self, frame: ReceivedFrame) {
        if self.shared.frames.put(frame) {
            self.shared.overflowed.store(true, Ordering::Release);
            count(&self.shared.tally.dropped_received);
        }
    }

    /// The sound these pictures belong to.
    pub fn follow(&self, sound: Option<Arc<AudioTrack>>) {
        *lock(&self.shared.sound) = sound;
    }

    /// Waits no more for a sound that is gone.
    pub fn unfollow(&self, gone: &Arc<AudioTrack>) {
        lock(&self.shared.sound).take_if(|sound| Arc::ptr_eq(sound, gone));
    }

    /// The picture to show at `now`.
    pub fn picture(&self, now: Instant) -> Option<Arc<RawPicture>> {
        let mut pictures = lock(&self.shared.pictures);
        let mut taken = 0;
        while pictures.waiting.front().is_some_and(|(due, _)| *due <= now) {
            pictures.shown = pictures.waiting.pop_front().map(|(_, picture)| picture);
            taken += 1;
        }
        for _ in 1..taken {
            count(&self.shared.tally.skipped);
        }
        pictures.shown.clone()
    }

    /// Notes that a picture of this track is on the display.
    pub fn note_on_display(&self) {
        if !self.shared.on_display.swap(true, Ordering::AcqRel) {
            self.shared.tell(MediaEvent::FirstVideo);
        }
    }
}

impl Drop for VideoTrack {
    fn drop(&mut self) {
        self.retire();
        if let Some(worker) = self.worker.take() {
            self.reaper.bury(worker);
        }
    }
}

impl Shared {
    fn tell(&self, event: impl FnOnce(TrackKey) -> MediaEvent) {
        if !self.retired.load(Ordering::Acquire) {
            (self.events)(event(self.key.clone()));
        }
    }

    /// Tells that nothing can be seen of the track, once per codec.
    fn complain(&self) {
        if !self.complained.swap(true, Ordering::AcqRel) {
            self.tell(MediaEvent::CannotDecode);
        }
    }

    fn due(&self, sender_time: Option<Duration>, now: Instant) -> Instant {
        let heard = lock(&self.sound).as_ref().zip(sender_time).and_then(|(sound, time)| sound.heard_at(time));
        let due = heard.and_then(|heard| heard.checked_sub(SOUND_LATE));
        due.map_or(now, |due| due.clamp(now, now + LIP_SYNC_MAX))
    }

    fn show(&self, buffer: gst::Buffer, caps: &gst::Caps, times: &Times) {
        let Ok(info) = gst_video::VideoInfo::from_caps(caps) else { return };
        // What the frame did not say or said otherwise.
        if !is_bearable((info.width(), info.height())) {
            return self.complain();
        }
        let sender_time = buffer.pts().map(duration).and_then(|media_time| {
            let mut times = lock(times);
            let found = times.iter().position(|(time, _)| *time == media_time)?;
            times.drain(..=found).next_back().and_then(|(_, sender_time)| sender_time)
        });
        count(&self.tally.decoded);
        let due = self.due(sender_time, Instant::now());
        let picture = Arc::new(RawPicture { buffer, info, serial: next_serial() });
        let mut pictures = lock(&self.pictures);
        if pictures.waiting.len() >= PICTURES_MAX {
            pictures.waiting.pop_front();
            count(&self.tally.skipped);
        }
        pictures.waiting.push_back((due, picture));
    }
}

/// The media and sender's times of the frames in the decoder.
type Times = Mutex<VecDeque<(Duration, Option<Duration>)>>;

/// The decoder thread's state.
struct Decoding {
    shared: Arc<Shared>,
    codec: Option<Codec>,
    decoder: Option<Stage>,
    /// Nothing can be decoded before a key frame comes.
    broken: bool,
    asked: Option<Instant>,
    times: Arc<Times>,
}

impl Decoding {
    fn new(shared: Arc<Shared>) -> Decoding {
        Decoding { shared, codec: None, decoder: None, broken: true, asked: None, times: Arc::default() }
    }

    fn run(mut self, stop: &Stop) {
        while !stop.is_requested() {
            if let Some(frame) = self.shared.frames.take(IDLE) {
                self.handle(frame);
            }
        }
    }

    fn handle(&mut self, frame: ReceivedFrame) {
        if self.codec != Some(frame.codec) {
            self.change_codec(frame.codec);
        }
        let overflowed = self.shared.overflowed.swap(false, Ordering::AcqRel);
        if !frame.contiguous || overflowed {
            self.broken = true;
        }
        if self.broken && !frame.keyframe {
            count(&self.shared.tally.dropped_received);
            return self.ask_for_keyframe();
        }
        if let Some(size) = frame_size(frame.codec, &frame.data).filter(|size| !is_bearable(*size)) {
            tracing::debug!(?size, "a picture is too large");
            count(&self.shared.tally.dropped_received);
            self.broken = true;
            return self.shared.complain();
        }
        if self.decoder.is_none() {
            match self.make_decoder(frame.codec) {
                Ok(decoder) => self.decoder = Some(decoder),
                Err(error) => return tracing::debug!(%error, "no decoder"),
            }
        }
        let Some(decoder) = &self.decoder else { return };
        {
            let mut times = lock(&self.times);
            times.push_back((frame.media_time, frame.sender_time));
            while times.len() > FRAMES_MAX {
                times.pop_front();
            }
        }
        match decoder.push(timed_buffer(frame.data, frame.media_time)) {
            Ok(()) => self.broken = false,
            Err(error) => {
                tracing::debug!(%error, "a picture could not be decoded");
                count(&self.shared.tally.dropped_received);
                self.decoder = None;
                self.broken = true;
                self.ask_for_keyframe();
            }
        }
    }

    fn change_codec(&mut self, codec: Codec) {
        self.codec = Some(codec);
        self.decoder = None;
        self.shared.complained.store(false, Ordering::Release);
        self.broken = true;
        if codec == Codec::Opus || ladder::decoder(codec).is_none() {
            tracing::warn!(?codec, "nothing here decodes a track");
            self.shared.complain();
        }
    }

    fn make_decoder(&self, codec: Codec) -> Result<Stage, StageError> {
        let absent = || StageError::Build { description: format!("{codec:?}"), reason: "no decoder works".to_owned() };
        let decoder = ladder::decoder(codec).filter(|_| codec != Codec::Opus).ok_or_else(absent)?;
        let (shared, times) = (self.shared.clone(), self.times.clone());
        let mut stage =
            Stage::new(decoder.description, &ladder::raw_caps(), move |buffer: gst::Buffer, caps: &gst::Caps| {
                shared.show(buffer, caps, &times);
            })?;
        stage.set_caps(&ladder::frame_caps(codec));
        Ok(stage)
    }

    fn ask_for_keyframe(&mut self) {
        let now = Instant::now();
        let lately = self.asked.is_some_and(|asked| now.saturating_duration_since(asked) < KEYFRAME_INTERVAL);
        if !lately {
            self.asked = Some(now);
            self.shared.tell(MediaEvent::NeedKeyframe);
        }
    }
}
