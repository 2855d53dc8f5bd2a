//! The sound of what is shared: heard in the room, and encoded as it is. What cleans a voice would
//! spoil music.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::audio_device::{DeviceSlot, Microphone};
use crate::chain::Shared;
use crate::counters::count;
use crate::ear::seamless;
use crate::event::MediaEvent;
use crate::keeper::Keeper;
use crate::mailbox::lock;
use crate::opus::{Heard, PacketEncoder};
use crate::sound::{BLOCK, BLOCK_LENGTH};
use crate::stage::StageError;
use crate::types::Feed;
use crate::worker::{Pace, Stop, Worker};

/// How long the thread rests while there is nothing to hear.
const IDLE: Duration = Duration::from_millis(100);
/// How late the thread may be and still catch up.
const PATIENCE: Duration = Duration::from_millis(100);
/// Kept for the loudspeaker before it begins: two threads of the same pace are never quite in step.
const AHEAD: usize = 3 * BLOCK;
/// More is too late to be heard.
const WAITING_MAX: usize = 10 * BLOCK;

/// What the loudspeaker is to play of it.
#[derive(Default)]
pub(crate) struct Monitor(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    samples: VecDeque<i16>,
    is_playing: bool,
}

impl Monitor {
    fn put(&self, block: &[i16]) {
        let mut waiting = lock(&self.0);
        waiting.samples.extend(block);
        let late = waiting.samples.len().saturating_sub(WAITING_MAX);
        waiting.samples.drain(..late);
    }

    /// Adds the next block, if there is one.
    pub fn mix_into(&self, mix: &mut [i32; BLOCK]) {
        let mut waiting = lock(&self.0);
        let count = waiting.samples.len();
        waiting.is_playing = count >= if waiting.is_playing { BLOCK } else { AHEAD };
        if waiting.is_playing {
            for (sum, sample) in mix.iter_mut().zip(waiting.samples.drain(..BLOCK)) {
                *sum += i32::from(sample);
            }
        }
    }
}

/// Listens to what is shared until it is dropped.
pub(crate) struct ContentSound {
    keeper: Keeper<hal::AudioSource>,
    device: Arc<DeviceSlot<Microphone>>,
    _worker: Worker,
}

impl ContentSound {
    /// # Errors
    /// When there are no threads.
    pub fn start(shared: &Shared, monitor: Arc<Monitor>) -> std::io::Result<ContentSound> {
        let device = Arc::new(DeviceSlot::default());
        let opening = device.clone();
        let keeper = Keeper::start("content-keeper", move |number, source: Option<hal::AudioSource>| {
            if let Err(error) = opening.change(number, || source.map(Microphone::open)) {
                tracing::warn!(%error, "the sound of what is shared does not open");
            }
        })?;
        let listener = Listener {
            device: device.clone(),
            burying: keeper.orders(),
            shared: shared.clone(),
            monitor,
            encoder: None,
            heard_until: None,
        };
        let worker = Worker::spawn("content-sound", move |stop| listener.run(&stop))?;
        Ok(ContentSound { keeper, device, _worker: worker })
    }

    /// Listens to another source, or to none. Returns at once.
    pub fn replace(&self, source: Option<hal::AudioSource>) {
        self.keeper.replace(self.device.expect(), source);
    }
}

struct Listener {
    device: Arc<DeviceSlot<Microphone>>,
    burying: crate::keeper::Orders<hal::AudioSource>,
    shared: Shared,
    monitor: Arc<Monitor>,
    encoder: Option<PacketEncoder>,
    /// Up to when it was heard, since it gives sound.
    heard_until: Option<Duration>,
}

impl Listener {
    fn run(mut self, stop: &Stop) {
        let mut pace: Option<Pace> = None;
        loop {
            let now = Instant::now();
            let deadline = match &mut pace {
                Some(pace) => pace.next(now, PATIENCE),
                None => now + IDLE,
            };
            if !stop.sleep_until(deadline) {
                return;
            }
            if self.listen(deadline.saturating_duration_since(self.shared.epoch)) {
                pace.get_or_insert_with(|| Pace::new(deadline + BLOCK_LENGTH, BLOCK_LENGTH));
            } else {
                (pace, self.encoder, self.heard_until) = (None, None, None);
            }
        }
    }

    /// Takes what there is; false when there is no source.
    fn listen(&mut self, time: Duration) -> bool {
        let mut device = lock(&self.device.current);
        let Some((_, source)) = device.as_mut() else { return false };
        let blocks = match source.take() {
            Ok(blocks) => blocks,
            Err(error) => {
                // Pulled out or in another mode: whoever notices opens it anew.
                tracing::info!(%error, "the sound of what is shared ends");
                if let Some((_, broken)) = device.take() {
                    self.burying.bury(broken);
                }
                return false;
            }
        };
        drop(device);
        for (age, block) in blocks {
            let came = time.saturating_sub(age);
            let heard = self.heard_until.map_or(came, |until| seamless(came, until));
            self.heard_until = Some(heard + BLOCK_LENGTH);
            self.monitor.put(&block);
            self.encode(&block, heard);
        }
        true
    }

    fn encode(&mut self, block: &[i16], heard: Duration) {
        let call = self.shared.calls.current();
        self.encoder.take_if(|encoder| encoder.call != call);
        if self.encoder.is_none() {
            match content_encoder(call, &self.shared) {
                Ok(encoder) => self.encoder = Some(encoder),
                Err(error) => return tracing::error!(%error, "no encoder for the sound of what is shared"),
            }
        }
        if let Some(encoder) = &mut self.encoder
            && let Err(error) = encoder.push(block, heard)
        {
            tracing::warn!(%error, "the encoder for the sound of what is shared is made anew");
            self.encoder = None;
        }
    }
}

/// An encoder for music as well as speech.
fn content_encoder(call: u64, shared: &Shared) -> Result<PacketEncoder, StageError> {
    let shared = shared.clone();
    let settings = "packet-loss-percentage=5 audio-type=generic";
    PacketEncoder::new(call, 64_000, settings, move |Heard { media_time, level_dbov }, data| {
        shared.calls.tell(call, || {
            count(&shared.tally.encoded_content_sound);
            (shared.events)(MediaEvent::EncodedAudio {
                feed: Feed::Content,
                media_time,
                captured: shared.epoch + media_time,
                data: data.to_vec(),
                level_dbov,
            });
        });
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loudspeaker_begins_when_enough_waits_and_never_plays_what_is_old() {
        let monitor = Monitor::default();
        let next = || {
            let mut mix = [100; BLOCK];
            monitor.mix_into(&mut mix);
            mix[0] - 100
        };
        monitor.put(&[7; BLOCK]);
        monitor.put(&[8; BLOCK]);
        assert_eq!(next(), 0, "not yet");
        monitor.put(&[9; BLOCK]);
        assert_eq!([next(), next(), next(), next()], [7, 8, 9, 0]);
        monitor.put(&[7; BLOCK]);
        assert_eq!(next(), 0, "it begins anew");
        for number in 0..20 {
            monitor.put(&[number; BLOCK]);
        }
        assert_eq!(next(), 10);
    }
}
