//! The sound thread: every 10 ms it mixes what is remote, plays it, listens, takes the echo out
//! and encodes.
//!
//! One thread does it all in a fixed order, so loudspeaker and microphone share one clock, the
//! echo canceller always knows what was played when it is asked what was heard, and nothing waits
//! for anything but the time.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use gstreamer as gst;

use crate::audio_device::{DeviceSlot, HeardBlock, Loudspeaker, Microphone};
use crate::calls::Calls;
use crate::content_sound::Monitor;
use crate::counters::{Tally, count};
use crate::echo::EchoCanceller;
use crate::event::{Events, MediaEvent};
use crate::keeper::Orders;
use crate::level::{LevelMeter, dbov};
use crate::mailbox::lock;
use crate::remote_audio::AudioTrack;
use crate::silence::Silence;
use crate::stage::{Stage, StageError, clock_time};
use crate::types::{Feed, TrackKey};
use crate::worker::{Pace, Stop, Worker};

/// Samples in 10 ms.
pub(crate) const BLOCK: usize = 480;
/// The beat of the sound thread.
pub(crate) const BLOCK_LENGTH: Duration = Duration::from_millis(10);
/// Samples in one Opus packet, 20 ms.
const PACKET: usize = 960;
/// How late the thread may be and still catch up; beyond, sound is left out.
const PATIENCE: Duration = Duration::from_millis(300);
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
    pub microphone: DeviceSlot<Microphone>,
    pub loudspeaker: DeviceSlot<Loudspeaker>,
    /// Whether the microphone is open.
    pub open: AtomicBool,
    pub volume_percent: AtomicU32,
    /// Whether remote sound was played in this call already.
    pub sounded: AtomicBool,
    pub calls: Arc<Calls>,
    /// The sound of what is shared, which the room hears too.
    pub content: Arc<Monitor>,
}

impl Default for SoundControl {
    fn default() -> SoundControl {
        SoundControl {
            tracks: Mutex::default(),
            microphone: DeviceSlot::default(),
            loudspeaker: DeviceSlot::default(),
            open: AtomicBool::new(false),
            volume_percent: AtomicU32::new(100),
            sounded: AtomicBool::new(false),
            calls: Arc::default(),
            content: Arc::default(),
        }
    }
}

/// Who opens and closes the sound devices.
pub(crate) struct SoundKeepers {
    pub microphone: Orders<hal::AudioSource>,
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
    Worker::spawn("sound", move |stop| {
        let canceller =
            EchoCanceller::new().inspect_err(|error| tracing::warn!(%error, "there is no echo cancellation")).ok();
        let sound = Sound {
            control,
            keepers,
            epoch,
            tally,
            events,
            canceller,
            playback_latency: Duration::ZERO,
            microphone_level: LevelMeter::default(),
            loudspeaker_level: LevelMeter::default(),
            heard_until: Duration::ZERO,
            encoder: None,
        };
        sound.run(&stop);
    })
}

struct Sound {
    control: Arc<SoundControl>,
    keepers: SoundKeepers,
    epoch: Instant,
    tally: Arc<Tally>,
    events: Events,
    canceller: Option<EchoCanceller>,
    playback_latency: Duration,
    microphone_level: LevelMeter,
    loudspeaker_level: LevelMeter,
    /// Up to when the microphone was heard.
    heard_until: Duration,
    /// Exists only while the microphone is open in one call, so that nothing said before can leak.
    encoder: Option<VoiceEncoder>,
}

impl Sound {
    fn run(mut self, stop: &Stop) {
        let mut pace = Pace::new(Instant::now(), BLOCK_LENGTH);
        loop {
            let deadline = pace.next(Instant::now(), PATIENCE);
            if !stop.sleep_until(deadline) {
                return;
            }
            let time = deadline.saturating_duration_since(self.epoch);
            self.play(time);
            self.listen(time);
            count(&self.tally.audio_ticks);
        }
    }

    fn play(&mut self, time: Duration) {
        let tracks: Vec<_> = lock(&self.control.tracks).values().cloned().collect();
        let mut mix = [0; BLOCK];
        let now = Instant::now();
        for track in tracks {
            track.mix_into(&mut mix, now, self.playback_latency);
        }
        self.control.content.mix_into(&mut mix);
        let volume = self.control.volume_percent.load(Ordering::Relaxed) as i32;
        let block = mix.map(|sum| (sum * volume / 100).clamp(i16::MIN.into(), i16::MAX.into()) as i16);

        match self.give_to_loudspeaker(&block) {
            Some(Ok(())) => self.note_first_sound(&block),
            Some(Err(error)) => {
                tracing::warn!(%error, "the loudspeaker is lost");
                (self.events)(MediaEvent::LoudspeakerLost);
            }
            None => {}
        }
        if let Some(canceller) = &self.canceller {
            canceller.played(&block, time);
        }
        if let Some(level) = self.loudspeaker_level.measure(&block) {
            (self.events)(MediaEvent::LoudspeakerLevel(level));
        }
    }

    /// Plays `block` if there is a loudspeaker; one that fails is let go.
    fn give_to_loudspeaker(&mut self, block: &[i16]) -> Option<Result<(), hal::DeviceError>> {
        let mut loudspeaker = lock(&self.control.loudspeaker.current);
        let (_, device) = loudspeaker.as_mut()?;
        let latency = device.latency();
        if latency != self.playback_latency {
            self.playback_latency = latency;
            if let Some(canceller) = &self.canceller {
                canceller.set_playback_latency(latency);
            }
        }
        let played = device.play(block);
        if played.is_err() {
            let (number, broken) = loudspeaker.take()?;
            self.keepers.loudspeaker.bury(broken);
            return self.control.loudspeaker.is_wanted(number).then_some(played);
        }
        Some(played)
    }

    fn note_first_sound(&self, block: &[i16]) {
        let audible = block.iter().any(|sample| sample.saturating_abs() > AUDIBLE);
        if audible && !self.control.sounded.swap(true, Ordering::AcqRel) {
            (self.events)(MediaEvent::FirstAudio);
        }
    }

    fn listen(&mut self, time: Duration) {
        let blocks = match self.take_from_microphone() {
            Some(Ok(blocks)) => blocks,
            Some(Err(error)) => {
                tracing::warn!(%error, "the microphone is lost");
                return (self.events)(MediaEvent::MicrophoneLost);
            }
            None => {
                self.encoder = None;
                return;
            }
        };
        for (age, block) in blocks {
            let heard = seamless(time.saturating_sub(age), self.heard_until);
            self.heard_until = heard + BLOCK_LENGTH;
            let clean = match &self.canceller {
                Some(canceller) => canceller.heard(&block, heard),
                None => block.to_vec(),
            };
            if let Some(level) = self.microphone_level.measure(&clean) {
                (self.events)(MediaEvent::MicrophoneLevel(level));
            }
            self.speak(&clean, heard);
        }
    }

    /// What came from the microphone, if there is one; one that fails is let go.
    fn take_from_microphone(&self) -> Option<Result<Vec<HeardBlock>, hal::DeviceError>> {
        let mut microphone = lock(&self.control.microphone.current);
        let taken = microphone.as_mut()?.1.take();
        if taken.is_err() {
            let (number, broken) = microphone.take()?;
            self.keepers.microphone.bury(broken);
            return self.control.microphone.is_wanted(number).then_some(taken);
        }
        Some(taken)
    }

    /// Encodes what the microphone heard, if it is open.
    fn speak(&mut self, clean: &[i16], heard: Duration) {
        if !self.control.open.load(Ordering::Acquire) {
            self.encoder = None;
            return;
        }
        let call = self.control.calls.current();
        self.encoder.take_if(|encoder| encoder.call != call);
        if self.encoder.is_none() {
            let encoder =
                VoiceEncoder::new(self.control.clone(), call, self.epoch, self.tally.clone(), self.events.clone());
            match encoder {
                Ok(encoder) => self.encoder = Some(encoder),
                Err(error) => return tracing::error!(%error, "no encoder for sound"),
            }
        }
        if let Some(encoder) = &mut self.encoder
            && let Err(error) = encoder.push(clean, heard)
        {
            tracing::warn!(%error, "the sound encoder failed, it is made anew");
            self.encoder = None;
        }
    }
}

/// When a block was heard, given when it came and when the one before it ended. Devices deliver
/// unevenly, but their samples have no gaps: small differences are not in the sound.
fn seamless(came: Duration, expected: Duration) -> Duration {
    if came.abs_diff(expected) < Duration::from_millis(30) { expected } else { came }
}

/// What is known of a packet besides its sound.
#[derive(Clone, Copy)]
struct Heard {
    media_time: Duration,
    level_dbov: u8,
}

/// Makes Opus packets of 20 ms.
struct VoiceEncoder {
    call: u64,
    stage: Stage,
    waiting: Vec<i16>,
    /// What is in the encoder: it gives one packet out for each that goes in.
    encoding: Arc<Mutex<Heard>>,
    /// When the first of the waiting samples was heard.
    since: Duration,
}

impl VoiceEncoder {
    fn new(
        control: Arc<SoundControl>,
        call: u64,
        epoch: Instant,
        tally: Arc<Tally>,
        events: Events,
    ) -> Result<VoiceEncoder, StageError> {
        let encoding = Arc::new(Mutex::new(Heard { media_time: Duration::ZERO, level_dbov: 127 }));
        let heard = encoding.clone();
        let silence = Mutex::new(Silence::default());
        let output = move |buffer: gst::Buffer, _: &gst::Caps| {
            let Ok(data) = buffer.map_readable() else { return };
            let Heard { media_time, level_dbov } = *lock(&heard);
            // Closing counts from now on, also for what is half way through.
            if !control.open.load(Ordering::Acquire) || !lock(&silence).is_sent(level_dbov) {
                return;
            }
            control.calls.tell(call, || {
                count(&tally.encoded_audio);
                events(MediaEvent::EncodedAudio {
                    feed: Feed::Room,
                    media_time,
                    captured: epoch + media_time,
                    data: data.to_vec(),
                    level_dbov,
                });
            });
        };
        let description = "opusenc bitrate=32000 frame-size=20 inband-fec=true packet-loss-percentage=10 dtx=false \
                           audio-type=voice complexity=6";
        let opus = gst::Caps::builder("audio/x-opus").build();
        let mut stage = Stage::new(description, &opus, output)?;
        stage.set_caps(&pcm_caps());
        Ok(VoiceEncoder { call, stage, waiting: Vec::with_capacity(PACKET), encoding, since: Duration::ZERO })
    }

    fn push(&mut self, samples: &[i16], heard: Duration) -> Result<(), StageError> {
        if self.waiting.is_empty() {
            self.since = heard;
        }
        self.waiting.extend_from_slice(samples);
        while self.waiting.len() >= PACKET {
            let packet: Vec<i16> = self.waiting.drain(..PACKET).collect();
            *lock(&self.encoding) = Heard { media_time: self.since, level_dbov: dbov(&packet) };
            let mut buffer = gst::Buffer::from_mut_slice(bytes_of(&packet));
            if let Some(buffer) = buffer.get_mut() {
                buffer.set_pts(clock_time(self.since));
                buffer.set_duration(clock_time(BLOCK_LENGTH * 2));
            }
            self.since = heard;
            self.stage.push(buffer)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keeper::Keeper;

    #[test]
    fn what_was_said_in_one_call_is_not_heard_in_the_next() {
        gst::init().unwrap();
        let keepers = (Keeper::start("test", |_, _| {}).unwrap(), Keeper::start("test", |_, _| {}).unwrap());
        let packets = Arc::new(AtomicU32::new(0));
        let told = packets.clone();
        let mut sound = Sound {
            control: Arc::default(),
            keepers: SoundKeepers { microphone: keepers.0.orders(), loudspeaker: keepers.1.orders() },
            epoch: Instant::now(),
            tally: Arc::default(),
            events: Arc::new(move |_| {
                told.fetch_add(1, Ordering::AcqRel);
            }),
            canceller: None,
            playback_latency: Duration::ZERO,
            microphone_level: LevelMeter::default(),
            loudspeaker_level: LevelMeter::default(),
            heard_until: Duration::ZERO,
            encoder: None,
        };
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

    #[test]
    fn unevenly_delivered_blocks_get_even_times_and_real_gaps_stay() {
        let milliseconds = Duration::from_millis;
        let mut expected = milliseconds(0);
        let times = [0, 3, 27, 28, 44, 500, 505].map(|came| {
            let heard = seamless(milliseconds(came), expected);
            expected = heard + BLOCK_LENGTH;
            heard
        });
        assert_eq!(times, [0, 10, 20, 30, 40, 500, 510].map(milliseconds));
    }
}
