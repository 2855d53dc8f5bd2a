//! What the room says, as packets.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use gstreamer as gst;

use crate::counters::{Tally, count};
use crate::event::{Events, MediaEvent};
use crate::level::dbov;
use crate::mailbox::lock;
use crate::silence::Silence;
use crate::sound::{BLOCK_LENGTH, SoundControl, bytes_of, pcm_caps};
use crate::stage::{Stage, StageError, clock_time};
use crate::types::Feed;

/// Samples in one Opus packet, 20 ms.
const PACKET: usize = 960;

/// What is known of a packet besides its sound.
#[derive(Clone, Copy)]
struct Heard {
    media_time: Duration,
    level_dbov: u8,
}

/// Makes Opus packets of 20 ms.
pub(crate) struct VoiceEncoder {
    pub call: u64,
    stage: Stage,
    waiting: Vec<i16>,
    /// What is in the encoder: it gives one packet out for each that goes in.
    encoding: Arc<Mutex<Heard>>,
    /// When the first of the waiting samples was heard.
    since: Duration,
}

impl VoiceEncoder {
    /// # Errors
    /// When there is no Opus encoder.
    pub fn new(
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

    /// Takes samples in, the first of which was heard at that time.
    ///
    /// # Errors
    /// When the encoder fails.
    pub fn push(&mut self, samples: &[i16], heard: Duration) -> Result<(), StageError> {
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
