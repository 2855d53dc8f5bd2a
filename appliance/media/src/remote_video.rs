//! One remote picture track: a thread that decodes, and pictures that wait for their time.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use gstreamer as gst;
use gstreamer_video as gst_video;

use crate::capture::next_serial;
use crate::counters::{Tally, count, count_many};
use crate::event::{Events, MediaEvent};
use crate::frame_size::{frame_size, is_bearable, is_blank};
use crate::freeze::FreezeMeter;
use crate::keeper::Orders;
use crate::ladder::{self, Decoder, Ladder};
use crate::mailbox::{Mailbox, lock};
use crate::playout::Playout;
use crate::post::{Post, patience};
use crate::raw::RawPicture;
use crate::remote_audio::AudioTrack;
use crate::stage::{Stage, StageError, duration, timed_buffer};
use crate::types::{Codec, ReceivedFrame, TrackKey};
use crate::worker::{Stop, Worker};

/// Encoded frames that may wait: a second.
const FRAMES_MAX: usize = 30;
/// Decoded pictures that may wait: pictures are large, and decoders own few.
const PICTURES_MAX: usize = 12;
/// How long to wait for a key frame before asking again: the first request may be lost.
const KEYFRAME_INTERVALS: [Duration; 3] =
    [Duration::from_millis(150), Duration::from_millis(300), Duration::from_millis(500)];
/// A decoder that takes so many frames and gives no picture does not understand them. Fewer it may
/// keep back, to put them in order.
const SILENT_FRAMES: u32 = 20;
/// Hardware is given up on sooner, when it also takes so long.
const SILENT_FRAMES_HARDWARE: u32 = 8;
const SILENCE_MAX: Duration = Duration::from_millis(500);
/// How long hardware may take to start. Its probe was no longer either.
const OPENING_MAX: Duration = Duration::from_secs(1);
/// How often in a row a software decoder may fail to give a picture from a key frame on.
const FAILURES_MAX: u32 = 3;
/// How long the end of a decoder may take.
const ENDING_MAX: Duration = Duration::from_secs(2);
/// How long a track that is not on the display is decoded all the same: layouts change back, and
/// new tracks come before their tiles.
const HIDDEN_MAX: Duration = Duration::from_secs(2);
/// How long a picture waits at most for its sound.
const LIP_SYNC_MAX: Duration = Duration::from_millis(400);
/// How much later than its picture sound may be without anybody noticing (EBU R37: 60 ms; sound that
/// comes first is noticed sooner). Pictures do not wait for that.
const SOUND_LATE: Duration = Duration::from_millis(60);
const IDLE: Duration = Duration::from_millis(100);

/// A remote participant's pictures.
pub(crate) struct VideoTrack {
    shared: Arc<Shared>,
    reaper: Orders<()>,
}

struct Shared {
    key: TrackKey,
    frames: Mailbox<ReceivedFrame>,
    /// A frame was dropped between the last one decoded and the next one in the queue.
    overflowed: AtomicBool,
    pictures: Mutex<Pictures>,
    playout: Mutex<Playout>,
    sound: Mutex<Option<Arc<AudioTrack>>>,
    /// Since when no tile shows it; none while one does.
    hidden: Mutex<Option<Instant>>,
    /// Who decodes, and with what it may be stuck.
    post: Post<(Codec, Decoder)>,
    ladder: Arc<Ladder>,
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
    freezes: FreezeMeter,
}

impl VideoTrack {
    /// Starts a track whose thread `reaper` waits for when the track is dropped. No tile shows it yet.
    ///
    /// # Errors
    /// When there is no thread for it.
    pub fn start(
        key: TrackKey,
        ladder: Arc<Ladder>,
        tally: Arc<Tally>,
        events: Events,
        reaper: Orders<()>,
    ) -> std::io::Result<VideoTrack> {
        let shared = Arc::new(Shared {
            key,
            frames: Mailbox::new(FRAMES_MAX),
            overflowed: AtomicBool::new(false),
            pictures: Mutex::default(),
            playout: Mutex::default(),
            sound: Mutex::default(),
            hidden: Mutex::new(Some(Instant::now())),
            post: Post::default(),
            ladder,
            on_display: AtomicBool::new(false),
            complained: AtomicBool::new(false),
            retired: AtomicBool::new(false),
            tally,
            events,
        });
        shared.start(Vec::new())?;
        Ok(VideoTrack { shared, reaper })
    }

    /// Ends it, without waiting for its decoder.
    pub fn retire(&self) {
        self.shared.retired.store(true, Ordering::Release);
        self.shared.frames.close();
        self.shared.post.request_stop();
    }

    /// Whether a tile shows it. What no tile shows is not decoded for long.
    pub fn set_visible(&self, visible: bool) {
        {
            let mut hidden = lock(&self.shared.hidden);
            *hidden = if visible { None } else { hidden.or_else(|| Some(Instant::now())) };
        }
        if !visible {
            lock(&self.shared.pictures).freezes.forget();
        }
    }

    /// Takes a frame in. Never blocks.
    pub fn push(&self, frame: ReceivedFrame) {
        self.shared.replace_if_stuck(Instant::now());
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
        // What nobody sees does not freeze.
        let is_seen = lock(&self.shared.hidden).is_none();
        let mut pictures = lock(&self.shared.pictures);
        let mut taken = 0;
        while pictures.waiting.front().is_some_and(|(due, _)| *due <= now) {
            pictures.shown = pictures.waiting.pop_front().map(|(_, picture)| picture);
            taken += 1;
        }
        for _ in 1..taken {
            count(&self.shared.tally.skipped);
        }
        if taken > 0
            && is_seen
            && let Some(frozen) = pictures.freezes.shown(now)
        {
            count(&self.shared.tally.freezes);
            count_many(&self.shared.tally.frozen_ms, u64::try_from(frozen.as_millis()).unwrap_or(u64::MAX));
        }
        pictures.shown.clone()
    }

    /// Whether the picture has stood still for so long that people should know.
    pub fn is_still(&self, now: Instant) -> bool {
        lock(&self.shared.pictures).freezes.is_still(now)
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
        if let Some(worker) = self.shared.post.vacate() {
            self.reaper.run(move || worker.finish_within(ENDING_MAX));
        }
    }
}

impl Shared {
    fn start(self: &Arc<Shared>, excluded: Vec<&'static str>) -> std::io::Result<()> {
        self.post.fill(|turn| {
            let working = self.clone();
            Worker::spawn("decoder", move |stop| Decoding::new(working, turn, excluded).run(&stop))
        })
    }

    /// Gives the track to another thread when its own is stuck in a driver. Never blocks.
    fn replace_if_stuck(self: &Arc<Shared>, now: Instant) {
        let Some((codec, decoder)) = self.post.clear_if_stuck(now) else { return };
        tracing::warn!(element = decoder.element, "a decoder hangs and is left");
        self.ladder.distrust_decoder(codec, &decoder, now);
        if let Err(error) = self.start(vec![decoder.element]) {
            tracing::error!(%error, "no thread to decode with");
        }
    }

    /// Whether it is worth decoding.
    fn is_watched(&self, now: Instant) -> bool {
        lock(&self.hidden).is_none_or(|since| now.saturating_duration_since(since) < HIDDEN_MAX)
    }

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

    /// When to show a picture: in step with its sound, and with those before and after it.
    fn due(&self, media_time: Option<Duration>, sender_time: Option<Duration>, now: Instant) -> Instant {
        let heard = lock(&self.sound).as_ref().zip(sender_time).and_then(|(sound, time)| sound.heard_at(time));
        let due = heard.and_then(|heard| heard.checked_sub(SOUND_LATE));
        let in_step = due.map_or(now, |due| due.clamp(now, now + LIP_SYNC_MAX));
        media_time.map_or(in_step, |time| lock(&self.playout).due(time, now).max(in_step))
    }

    fn show(&self, buffer: gst::Buffer, caps: &gst::Caps, times: &Times, health: &Health) {
        let Ok(info) = gst_video::VideoInfo::from_caps(caps) else { return };
        let size = (info.width(), info.height());
        // What the frame did not say or said otherwise.
        if !is_bearable(size) {
            return self.complain();
        }
        if !health.is_plausible(size) {
            return health.is_wrong.store(true, Ordering::Release);
        }
        let media_time = buffer.pts().map(duration);
        let sender_time = media_time.and_then(|media_time| {
            let mut times = lock(times);
            let found = times.iter().position(|(time, _)| *time == media_time)?;
            times.drain(..=found).next_back().and_then(|(_, sender_time)| sender_time)
        });
        count(&self.tally.decoded);
        health.pictures.fetch_add(1, Ordering::AcqRel);
        let due = self.due(media_time, sender_time, Instant::now());
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

/// What comes out of a decoder.
#[derive(Default)]
struct Health {
    pictures: AtomicU64,
    /// A picture came that is larger than any frame said.
    is_wrong: AtomicBool,
    /// The largest width and height any frame spoke of; not for decoders that are trusted. Frames of
    /// several layers speak of several, and pictures come later than they.
    largest: Mutex<Option<(u32, u32)>>,
}

impl Health {
    fn expect(&self, (width, height): (u32, u32)) {
        let mut largest = lock(&self.largest);
        let known = largest.unwrap_or_default();
        *largest = Some((known.0.max(width), known.1.max(height)));
    }

    /// Whether a picture may have this size, as far as that is known.
    fn is_plausible(&self, (width, height): (u32, u32)) -> bool {
        lock(&self.largest).is_none_or(|largest| width <= largest.0 && height <= largest.1)
    }
}

/// A decoder at work.
struct Running {
    codec: Codec,
    decoder: Decoder,
    /// What its pictures' size is said to be.
    size: Option<(u32, u32)>,
    stage: Stage,
    health: Arc<Health>,
    times: Arc<Times>,
    /// Frames that went in, and when the first of them did, since the last picture was seen.
    unanswered: (u32, Instant),
    /// Pictures seen so far.
    pictures: u64,
}

/// Why there is no picture.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("no decoder works")]
    Absent,
    #[error("{} failed", .0.element)]
    Broken(Decoder, #[source] StageError),
    #[error("{} gives no pictures", .0.element)]
    Silent(Decoder),
    #[error("{} gives nonsense", .0.element)]
    Wrong(Decoder),
}

/// The decoder thread's state.
struct Decoding {
    shared: Arc<Shared>,
    turn: u64,
    codec: Option<Codec>,
    running: Option<Running>,
    /// What failed with this stream.
    excluded: Vec<&'static str>,
    /// How often in a row there was no picture from a key frame on.
    failures: u32,
    /// Nothing can be decoded before a key frame comes.
    broken: bool,
    /// When a key frame was asked for last, and how often in a row.
    asked: Option<(Instant, usize)>,
}

impl Decoding {
    fn new(shared: Arc<Shared>, turn: u64, excluded: Vec<&'static str>) -> Decoding {
        Decoding { shared, turn, codec: None, running: None, excluded, failures: 0, broken: true, asked: None }
    }

    fn run(mut self, stop: &Stop) {
        while !stop.is_requested() && self.shared.post.is_held(self.turn) {
            if let Some(frame) = self.shared.frames.take(IDLE) {
                self.handle(frame);
            }
        }
        self.end();
    }

    fn handle(&mut self, frame: ReceivedFrame) {
        if !self.shared.is_watched(Instant::now()) {
            return self.rest();
        }
        if self.codec != Some(frame.codec) {
            self.change_codec(frame.codec);
        }
        let size = frame_size(frame.codec, &frame.data);
        if size.is_some_and(is_blank) {
            return self.pause();
        }
        let overflowed = self.shared.overflowed.swap(false, Ordering::AcqRel);
        if !frame.contiguous || overflowed {
            self.broken = true;
        }
        if self.broken && !frame.keyframe {
            count(&self.shared.tally.dropped_received);
            return self.ask_for_keyframe();
        }
        if size.is_some_and(|size| !is_bearable(size)) {
            tracing::debug!(?size, "a picture is too large");
            count(&self.shared.tally.dropped_received);
            self.broken = true;
            return self.shared.complain();
        }
        match self.decode(frame, size) {
            Ok(()) => {
                self.broken = false;
                self.asked = None;
            }
            Err(failure) if self.shared.post.is_held(self.turn) => self.note(&failure),
            // It was stuck, and somebody else goes on.
            Err(_) => {}
        }
    }

    /// Nobody looks: the decoder's memory and time are better spent elsewhere, and an old picture is
    /// not to be taken for a new one.
    fn rest(&mut self) {
        self.end();
        self.broken = true;
        self.asked = None;
        *lock(&self.shared.pictures) = Pictures::default();
    }

    /// The server has nothing of the track for now. The last picture stays until whoever made the scene
    /// takes its tile away, and the next one builds on none before.
    fn pause(&mut self) {
        self.broken = true;
        self.asked = None;
    }

    fn decode(&mut self, frame: ReceivedFrame, size: Option<(u32, u32)>) -> Result<(), Failure> {
        if frame.keyframe {
            self.reconsider(size);
        }
        let running = match self.running.take() {
            Some(running) => running,
            None => self.make_decoder(frame.codec, size)?,
        };
        let running = self.running.insert(running);
        if let Some(size) = size.filter(|_| running.decoder.ability.in_hardware) {
            running.health.expect(size);
        }
        {
            let mut times = lock(&running.times);
            times.push_back((frame.media_time, frame.sender_time));
            while times.len() > FRAMES_MAX {
                times.pop_front();
            }
        }
        let decoder = running.decoder;
        let buffer = timed_buffer(frame.data, frame.media_time);
        // The first frame is where many drivers really open.
        let limit = if running.pictures == 0 { OPENING_MAX } else { SILENCE_MAX };
        let push = || running.stage.push(buffer);
        let pushed = watched(&self.shared, self.turn, frame.codec, decoder, limit, push);
        pushed.map_err(|error| Failure::Broken(decoder, error))?;
        if running.examine(Instant::now())? {
            self.failures = 0;
        }
        Ok(())
    }

    /// Pictures of another size, which begin with a key frame, may be for another decoder: hardware has a
    /// smallest and a largest size.
    fn reconsider(&mut self, size: Option<(u32, u32)>) {
        let Some((running, size)) = self.running.as_mut().zip(size) else { return };
        if running.size.replace(size) == Some(size) {
            return;
        }
        let best = self.shared.ladder.decoder(running.codec, Some(size), &self.excluded, Instant::now());
        if best.is_some_and(|best| best.element != running.decoder.element) {
            self.end();
        }
    }

    fn change_codec(&mut self, codec: Codec) {
        self.end();
        // A thread that takes over from one that was stuck knows what to avoid before it knows the codec. When
        // that is all there is, it is better than nothing.
        let is_usable = |excluded: &[_]| self.shared.ladder.decoder(codec, None, excluded, Instant::now()).is_some();
        if self.codec.is_some() || !is_usable(&self.excluded) {
            self.excluded.clear();
        }
        self.codec = Some(codec);
        self.failures = 0;
        self.shared.complained.store(false, Ordering::Release);
        self.broken = true;
        if codec == Codec::Opus || self.shared.ladder.decoder(codec, None, &[], Instant::now()).is_none() {
            tracing::warn!(?codec, "nothing here decodes a track");
            self.shared.complain();
        }
    }

    fn make_decoder(&self, codec: Codec, size: Option<(u32, u32)>) -> Result<Running, Failure> {
        let chosen = self.shared.ladder.decoder(codec, size, &self.excluded, Instant::now());
        let decoder = chosen.filter(|_| codec != Codec::Opus).ok_or(Failure::Absent)?;
        let (times, health) = (Arc::<Times>::default(), Arc::<Health>::default());
        let (shared, turn, timing, healthy) = (self.shared.clone(), self.turn, times.clone(), health.clone());
        let output = move |buffer: gst::Buffer, caps: &gst::Caps| {
            if shared.post.is_held(turn) {
                shared.show(buffer, caps, &timing, &healthy);
            }
        };
        let made = watched(&self.shared, self.turn, codec, decoder, OPENING_MAX, || {
            let mut stage = Stage::new(decoder.description, &ladder::raw_caps(), output)?;
            stage.set_caps(&ladder::frame_caps(codec));
            Ok(stage)
        });
        let stage = made.map_err(|error| Failure::Broken(decoder, error))?;
        tracing::debug!(element = decoder.element, "decodes");
        Ok(Running { codec, decoder, size, stage, health, times, unanswered: (0, Instant::now()), pictures: 0 })
    }

    /// Draws the consequences: a key frame is needed, perhaps by another decoder.
    fn note(&mut self, failure: &Failure) {
        tracing::debug!(%failure, "a picture could not be decoded");
        count(&self.shared.tally.dropped_received);
        self.end();
        self.broken = true;
        self.failures += 1;
        match failure {
            Failure::Broken(decoder, _) | Failure::Silent(decoder) | Failure::Wrong(decoder) => {
                // Hardware that fails, fails again; whether the stream is to blame, software will tell.
                if decoder.ability.in_hardware || self.failures >= FAILURES_MAX {
                    self.excluded.push(decoder.element);
                    self.failures = 0;
                }
                if let (true, Some(codec)) = (decoder.ability.in_hardware, self.codec) {
                    self.shared.ladder.suspect_decoder(codec, decoder, Instant::now());
                }
                let next = self
                    .codec
                    .and_then(|codec| self.shared.ladder.decoder(codec, None, &self.excluded, Instant::now()));
                if next.is_none() {
                    self.give_up();
                }
            }
            Failure::Absent => self.give_up(),
        }
        self.ask_for_keyframe();
    }

    /// Nothing here understands the stream; perhaps what comes later.
    fn give_up(&mut self) {
        self.shared.complain();
        self.excluded.clear();
        self.failures = 0;
    }

    fn end(&mut self) {
        if let Some(running) = self.running.take() {
            let (codec, decoder) = (running.codec, running.decoder);
            watched(&self.shared, self.turn, codec, decoder, OPENING_MAX, move || drop(running));
        }
    }

    fn ask_for_keyframe(&mut self) {
        let now = Instant::now();
        if let Some(times) = may_ask(self.asked, now) {
            self.asked = Some((now, times));
            self.shared.tell(MediaEvent::NeedKeyframe);
        }
    }
}

impl Running {
    /// Looks at what came out, after a frame went in. Whether there was anything.
    fn examine(&mut self, now: Instant) -> Result<bool, Failure> {
        if self.health.is_wrong.load(Ordering::Acquire) {
            return Err(Failure::Wrong(self.decoder));
        }
        let pictures = self.health.pictures.load(Ordering::Acquire);
        let came = pictures != self.pictures;
        if came || self.unanswered.0 == 0 {
            (self.pictures, self.unanswered) = (pictures, (0, now));
        }
        self.unanswered.0 += 1;
        let (frames, since) = self.unanswered;
        let long = now.saturating_duration_since(since) > SILENCE_MAX;
        let is_silent = match self.decoder.ability.in_hardware {
            true => frames > SILENT_FRAMES_HARDWARE && long,
            false => frames > SILENT_FRAMES,
        };
        if is_silent { Err(Failure::Silent(self.decoder)) } else { Ok(came) }
    }
}

/// Does what may hang, above all if `decoder` is hardware.
fn watched<R>(
    shared: &Shared,
    turn: u64,
    codec: Codec,
    decoder: Decoder,
    limit: Duration,
    work: impl FnOnce() -> R,
) -> R {
    shared.post.within(turn, patience(decoder.ability.in_hardware, limit), (codec, decoder), work)
}

/// Whether a key frame may be asked for, given when and how often it was: then how often it is now.
fn may_ask(asked: Option<(Instant, usize)>, now: Instant) -> Option<usize> {
    let Some((last, times)) = asked else { return Some(1) };
    let interval = KEYFRAME_INTERVALS[times.min(KEYFRAME_INTERVALS.len()) - 1];
    (now.saturating_duration_since(last) >= interval).then_some(times + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_frame_is_asked_for_again_soon_and_then_less_often() {
        let start = Instant::now();
        let mut asked = None;
        let mut times = Vec::new();
        for time in (0..2500).step_by(10) {
            let now = start + Duration::from_millis(time);
            if let Some(number) = may_ask(asked, now) {
                asked = Some((now, number));
                times.push(time);
            }
        }
        assert_eq!(times, [0, 150, 450, 950, 1450, 1950, 2450]);
    }

    #[test]
    fn pictures_larger_than_any_frame_said_are_wrong_and_late_ones_are_not() {
        let health = Health::default();
        assert!(health.is_plausible((640, 360)), "nothing was said");
        health.expect((320, 192));
        assert!(health.is_plausible((320, 180)), "cropped");
        assert!(!health.is_plausible((640, 360)));
        for size in [(1280, 720), (160, 90), (320, 180), (160, 90)] {
            health.expect(size);
        }
        assert!(health.is_plausible((1280, 720)), "layers speak in turn");
        assert!(!health.is_plausible((2000, 1000)));
    }
}
