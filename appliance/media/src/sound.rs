//! The sound thread: every 10 ms it mixes what is remote, plays it, listens, takes the echo out,
//! mixes the microphones and encodes.
//!
//! One thread does it all in a fixed order, so loudspeaker and microphone share one clock, the
//! echo canceller always knows what was played when it is asked what was heard, and nothing waits
//! for anything but the time.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use gstreamer as gst;
use hal::board::MICROPHONES_MAX;

use crate::announcer::Announcer;
use crate::audio_device::{DeviceSlot, HeardBlock, Loudspeaker, Microphone};
use crate::automix::Automixer;
use crate::calls::Calls;
use crate::check::AudioCheck;
use crate::content_sound::Monitor;
use crate::counters::{Tally, count, count_many};
use crate::ear::{Clean, Ear};
use crate::event::{Events, MediaEvent};
use crate::howling::{Duck, HowlDetector};
use crate::keeper::Orders;
use crate::level::LevelMeter;
use crate::mailbox::lock;
use crate::opus::PacketEncoder;
use crate::remote_audio::AudioTrack;
use crate::types::TrackKey;
use crate::voice::{VOICE_BPS, voice_encoder};
use crate::worker::{Pace, Stop, Worker};

/// Samples in 10 ms.
pub(crate) const BLOCK: usize = 480;
/// The beat of the sound thread.
pub(crate) const BLOCK_LENGTH: Duration = Duration::from_millis(10);
/// How late the thread may be and still catch up; beyond, sound is left out.
const PATIENCE: Duration = Duration::from_millis(300);
/// Whoever turned the others down, in percent, still hears what they touch.
const ANNOUNCED_VOLUME_MIN: i32 = 30;
/// Below this peak a block counts as silence.
const AUDIBLE: i16 = 100;

/// 48 kHz, mono, 16 bits.
pub(crate) fn pcm_caps() -> gst::Caps {
    gst::Caps::builder("audio/x-raw")
        .field("format", "S16LE")
        .field("layout", "interleaved")
        .field("rate", 48_000)
        .field("channels", 1)
        .build()
}

/// Samples as bytes, little endian.
pub(crate) fn bytes_of(samples: &[i16]) -> Vec<u8> {
    samples.iter().flat_map(|sample| sample.to_le_bytes()).collect()
}

/// What other threads may change while the sound thread works.
pub(crate) struct SoundControl {
    pub tracks: Mutex<BTreeMap<TrackKey, Arc<AudioTrack>>>,
    /// By their place on the board.
    pub microphones: [DeviceSlot<Microphone>; MICROPHONES_MAX],
    pub loudspeaker: DeviceSlot<Loudspeaker>,
    /// Whether the microphones are open.
    pub open: AtomicBool,
    /// What speech is encoded with, in bits per second.
    pub voice_bps: AtomicU32,
    pub volume_percent: AtomicU32,
    /// Whether remote sound was played in this call already.
    pub sounded: AtomicBool,
    /// Whether the audio check is to run.
    pub check_wanted: AtomicBool,
    pub calls: Arc<Calls>,
    /// The sound of what is shared, which the room hears too.
    pub content: Arc<Monitor>,
    /// What the room itself says, in the room alone.
    pub announcer: Announcer,
}

impl Default for SoundControl {
    fn default() -> SoundControl {
        SoundControl {
            tracks: Mutex::default(),
            microphones: Default::default(),
            loudspeaker: DeviceSlot::default(),
            open: AtomicBool::new(false),
            voice_bps: AtomicU32::new(VOICE_BPS),
            volume_percent: AtomicU32::new(100),
            sounded: AtomicBool::new(false),
            check_wanted: AtomicBool::new(false),
            calls: Arc::default(),
            content: Arc::default(),
            announcer: Announcer::default(),
        }
    }
}

/// Who opens and closes the sound devices.
pub(crate) struct SoundKeepers {
    /// By their place on the board.
    pub microphones: Vec<Orders<hal::AudioSource>>,
    pub loudspeaker: Orders<hal::AudioSink>,
}

/// Starts the sound thread.
pub(crate) fn start(
    control: Arc<SoundControl>,
    keepers: SoundKeepers,
    epoch: Instant,
    tally: Arc<Tally>,
    events: Events,
) -> std::io::Result<Worker> {
    Worker::spawn("sound", move |stop| Sound::new(control, keepers, epoch, tally, events).run(&stop))
}

pub(crate) struct Sound {
    pub control: Arc<SoundControl>,
    keepers: SoundKeepers,
    epoch: Instant,
    tally: Arc<Tally>,
    events: Events,
    /// By the microphones' place on the board; made when there is one for the first time.
    pub ears: Vec<Option<Ear>>,
    mixer: Automixer,
    playback_latency: Duration,
    /// Which loudspeaker it was.
    loudspeaker: u64,
    loudspeaker_level: LevelMeter,
    /// In what is played.
    howl: HowlDetector,
    /// What is played, and what is sent, while it howls.
    ducks: [Duck; 2],
    check: Option<AudioCheck>,
    /// The room itself says something in this block.
    is_announcing: bool,
    /// Exists only while the microphone is open in one call, so that nothing said before can leak.
    encoder: Option<PacketEncoder>,
}

impl Sound {
    pub fn new(
        control: Arc<SoundControl>,
        keepers: SoundKeepers,
        epoch: Instant,
        tally: Arc<Tally>,
        events: Events,
    ) -> Sound {
        Sound {
            control,
            keepers,
            epoch,
            tally,
            events,
            ears: (0..MICROPHONES_MAX).map(|_| None).collect(),
            mixer: Automixer::default(),
            playback_latency: Duration::ZERO,
            loudspeaker: 0,
            loudspeaker_level: LevelMeter::default(),
            howl: HowlDetector::new(),
            ducks: Default::default(),
            check: None,
            is_announcing: false,
            encoder: None,
        }
    }

    fn run(mut self, stop: &Stop) {
        let mut pace = Pace::new(Instant::now(), BLOCK_LENGTH);
        loop {
            let deadline = pace.next(Instant::now(), PATIENCE);
            if !stop.sleep_until(deadline) {
                return;
            }
            let time = deadline.saturating_duration_since(self.epoch);
            let block = self.mix();
            for (samples, heard) in self.step(block, time) {
                self.speak(&samples, heard);
            }
            count(&self.tally.audio_ticks);
        }
    }

    /// Ten milliseconds: plays what comes from the others, and gives what the room says, and when it did.
    pub fn step(&mut self, block: [i16; BLOCK], time: Duration) -> Vec<(Vec<i16>, Duration)> {
        self.play(block, time);
        let said = self.listen(time);
        self.check();
        said
    }

    /// What comes from the others, and what the room itself says.
    fn mix(&mut self) -> [i16; BLOCK] {
        let tracks: Vec<_> = lock(&self.control.tracks).values().cloned().collect();
        let mut mix = [0; BLOCK];
        let now = Instant::now();
        for track in tracks {
            track.mix_into(&mut mix, now, self.playback_latency);
        }
        self.control.content.mix_into(&mut mix);
        let volume = self.control.volume_percent.load(Ordering::Relaxed) as i32;
        let mut mix = mix.map(|sum| sum * volume / 100);
        let announced = self.control.announcer.next();
        self.is_announcing = announced.is_some();
        for (sum, said) in mix.iter_mut().zip(announced.into_iter().flatten()) {
            *sum += i32::from(said) * volume.max(ANNOUNCED_VOLUME_MIN) / 100;
        }
        mix.map(|sum| sum.clamp(i16::MIN.into(), i16::MAX.into()) as i16)
    }

    /// Plays a block at `time`, unless the audio check plays something else.
    fn play(&mut self, mut block: [i16; BLOCK], time: Duration) {
        if let Some(hertz) = self.howl.hear(&block) {
            self.howls(hertz);
        }
        self.ducks[0].apply(&mut block);
        if let Some(check) = &mut self.check {
            block = check.next(time);
        }
        match self.give_to_loudspeaker(&block) {
            Some(Ok(())) => self.note_first_sound(&block),
            Some(Err(error)) => {
                tracing::warn!(%error, "the loudspeaker is lost");
                (self.events)(MediaEvent::LoudspeakerLost);
            }
            None => {
                if let Some(check) = &mut self.check {
                    check.not_played();
                }
            }
        }
        for ear in self.ears.iter_mut().flatten() {
            ear.played(&block, time);
        }
        if let Some(level) = self.loudspeaker_level.measure(&block) {
            (self.events)(MediaEvent::LoudspeakerLevel(level));
        }
    }

    /// Plays `block` if there is a loudspeaker; one that fails is let go.
    fn give_to_loudspeaker(&mut self, block: &[i16]) -> Option<Result<(), hal::DeviceError>> {
        let mut loudspeaker = lock(&self.control.loudspeaker.current);
        let (number, device) = loudspeaker.as_mut()?;
        let latency = device.latency();
        if *number != self.loudspeaker || latency != self.playback_latency {
            self.loudspeaker = *number;
            self.playback_latency = latency;
            self.ears.iter_mut().flatten().for_each(|ear| ear.forget_delay(latency));
        }
        let played = device.play(block);
        count_many(&self.tally.loudspeaker_xruns, device.xruns());
        if played.is_err() {
            let (number, broken) = loudspeaker.take()?;
            self.keepers.loudspeaker.bury(broken);
            return self.control.loudspeaker.is_wanted(number).then_some(played);
        }
        Some(played)
    }

    fn note_first_sound(&self, block: &[i16]) {
        let audible = block.iter().any(|sample| sample.saturating_abs() > AUDIBLE);
        if audible && self.check.is_none() && !self.is_announcing && !self.control.sounded.swap(true, Ordering::AcqRel)
        {
            (self.events)(MediaEvent::FirstAudio);
        }
    }

    /// A tone goes round and grows: both ways through this room get softer.
    fn howls(&mut self, hertz: f32) {
        if self.check.is_some() {
            return;
        }
        // Both sides hear the same howl, one a moment later.
        if !self.ducks.iter().any(Duck::is_active) {
            tracing::info!(hertz, "howling: another device in this room is in the meeting with its sound on");
            (self.events)(MediaEvent::Howling);
        }
        count(&self.tally.howls);
        self.ducks.iter_mut().for_each(Duck::howls);
    }

    /// What the microphones heard as one, without the echo, and when. The first that gives sound sets the
    /// pace.
    fn listen(&mut self, time: Duration) -> Vec<(Vec<i16>, Duration)> {
        let mut heard: Vec<Vec<Clean>> = (0..self.ears.len()).map(|index| self.hear(index, time)).collect();
        let alive = |ear: &Option<Ear>| ear.as_ref().is_some_and(|ear| ear.is_alive(time));
        let Some(leader) = self.ears.iter().position(alive) else {
            if self.ears.iter().flatten().all(Ear::is_silent) {
                self.encoder = None;
            }
            return Vec::new();
        };
        let leading = std::mem::take(&mut heard[leader]);
        for (ear, heard) in self.ears.iter_mut().zip(heard) {
            if let Some(ear) = ear {
                heard.into_iter().for_each(|clean| ear.wait(clean.samples));
            }
        }
        let mut said = Vec::with_capacity(leading.len());
        for clean in leading {
            let others = self.ears.iter_mut().enumerate();
            let mut blocks: Vec<_> = others
                .map(|(index, ear)| if index == leader { None } else { ear.as_mut().and_then(Ear::next) })
                .collect();
            let mut samples = clean.samples;
            if blocks.iter().any(Option::is_some) {
                blocks[leader] = Some(samples);
                samples = self.mixer.mix(&blocks);
            }
            self.ducks[1].apply(&mut samples);
            said.push((samples, clean.time));
        }
        said
    }

    /// What the microphone at this place heard, without its echo.
    fn hear(&mut self, index: usize, time: Duration) -> Vec<Clean> {
        let (number, blocks) = match self.take_from_microphone(index) {
            Some(Ok(taken)) => taken,
            Some(Err(error)) => {
                tracing::warn!(%error, index, "the microphone is lost");
                (self.events)(MediaEvent::MicrophoneLost(index));
                return self.nothing_from(index);
            }
            None => return self.nothing_from(index),
        };
        let ear = self.ears[index].get_or_insert_with(|| Ear::new(self.playback_latency));
        let check = &mut self.check;
        let raw = |block: &[i16], heard| {
            if let Some(check) = check {
                check.heard(index, block, heard);
            }
        };
        let heard = ear.hear(number, blocks, time, self.playback_latency, raw);
        for clean in &heard {
            if let Some(level) = clean.level {
                (self.events)(MediaEvent::MicrophoneLevel { microphone: index, level });
            }
            if let Some(hertz) = clean.howl {
                self.howls(hertz);
            }
        }
        heard
    }

    fn nothing_from(&mut self, index: usize) -> Vec<Clean> {
        if let Some(ear) = &mut self.ears[index] {
            ear.is_gone();
        }
        Vec::new()
    }

    /// What came from a microphone and which device it is, if there is one; one that fails is let go.
    fn take_from_microphone(&self, index: usize) -> Option<Result<(u64, Vec<HeardBlock>), hal::DeviceError>> {
        let slot = &self.control.microphones[index];
        let mut microphone = lock(&slot.current);
        let (number, device) = microphone.as_mut()?;
        let taken = device.take();
        count_many(&self.tally.microphone_xruns, device.xruns());
        match taken {
            Ok(blocks) => Some(Ok((*number, blocks))),
            Err(error) => {
                let (number, broken) = microphone.take()?;
                self.keepers.microphones[index].bury(broken);
                slot.is_wanted(number).then_some(Err(error))
            }
        }
    }

    /// Starts, ends and reports the audio check.
    fn check(&mut self) {
        let is_wanted = self.control.check_wanted.load(Ordering::Acquire);
        match &self.check {
            None if is_wanted => self.check = Some(AudioCheck::new(self.ears.len())),
            Some(_) if !is_wanted => self.check = None,
            Some(check) if check.is_over() => {
                self.control.check_wanted.store(false, Ordering::Release);
                let (check, events) = (self.check.take(), self.events.clone());
                // Not here: reading it takes longer than a block.
                self.keepers.loudspeaker.run(move || {
                    if let Some(check) = check {
                        events(MediaEvent::AudioChecked(check.finish()));
                    }
                });
            }
            Some(check) if check.is_next_percent() => (self.events)(MediaEvent::AudioChecking(check.percent())),
            _ => {}
        }
    }

    /// Encodes what the microphones heard, if they are open.
    fn speak(&mut self, clean: &[i16], heard: Duration) {
        if !self.control.open.load(Ordering::Acquire) || self.check.is_some() {
            self.encoder = None;
            return;
        }
        let call = self.control.calls.current();
        self.encoder.take_if(|encoder| encoder.call != call);
        if self.encoder.is_none() {
            let encoder =
                voice_encoder(self.control.clone(), call, self.epoch, self.tally.clone(), self.events.clone());
            match encoder {
                Ok(encoder) => self.encoder = Some(encoder),
                Err(error) => return tracing::error!(%error, "no encoder for sound"),
            }
        }
        if let Some(encoder) = &mut self.encoder {
            encoder.set_bitrate(self.control.voice_bps.load(Ordering::Acquire));
        }
        if let Some(encoder) = &mut self.encoder
            && let Err(error) = encoder.push(clean, heard)
        {
            tracing::warn!(%error, "the sound encoder failed, it is made anew");
            self.encoder = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keeper::Keeper;

    /// A sound thread that is stepped by hand, without devices.
    fn silent_sound(events: impl Fn(MediaEvent) + Send + Sync + 'static) -> Sound {
        let keeper = || Keeper::start("test", |_, _| {}).unwrap().orders();
        let loudspeaker = Keeper::start("test", |_, _| {}).unwrap().orders();
        let keepers = SoundKeepers { microphones: (0..MICROPHONES_MAX).map(|_| keeper()).collect(), loudspeaker };
        Sound::new(Arc::default(), keepers, Instant::now(), Arc::default(), Arc::new(events))
    }

    #[test]
    fn what_the_room_says_is_played_at_any_volume_and_is_not_the_first_sound_of_a_call() {
        let first = Arc::new(AtomicBool::new(false));
        let told = first.clone();
        let mut sound = silent_sound(move |event| {
            told.fetch_or(matches!(event, MediaEvent::FirstAudio), Ordering::AcqRel);
        });
        let mut played = |percent| {
            sound.control.volume_percent.store(percent, Ordering::Relaxed);
            sound.control.announcer.say(&[10_000; BLOCK]);
            let block = sound.mix();
            sound.note_first_sound(&block);
            block[BLOCK - 1]
        };
        assert_eq!([played(100), played(50), played(0)], [10_000, 5_000, 3_000]);
        assert!(!first.load(Ordering::Acquire), "nobody else was heard yet");
        assert_eq!(sound.mix(), [0; BLOCK], "and then it is silent");
        sound.note_first_sound(&[10_000; BLOCK]);
        assert!(first.load(Ordering::Acquire));
    }

    #[test]
    fn what_was_said_in_one_call_is_not_heard_in_the_next() {
        gst::init().unwrap();
        let packets = Arc::new(AtomicU32::new(0));
        let told = packets.clone();
        let mut sound = silent_sound(move |_| {
            told.fetch_add(1, Ordering::AcqRel);
        });
        sound.control.open.store(true, Ordering::Release);
        let calls = sound.control.calls.clone();
        let mut packets_after = |blocks: u32| {
            for number in 0..blocks {
                sound.speak(&[0; BLOCK], BLOCK_LENGTH * number);
            }
            packets.swap(0, Ordering::AcqRel)
        };
        assert_eq!(packets_after(5), 2);
        calls.end();
        assert_eq!(packets_after(1), 0, "half a packet of the old call is left and must not be filled up");
        assert_eq!(packets_after(1), 1);
    }
}
