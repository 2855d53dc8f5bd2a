//! What the room says, as packets.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use crate::counters::{Tally, count};
use crate::event::{Events, MediaEvent};
use crate::opus::{Heard, PacketEncoder};
use crate::silence::Silence;
use crate::sound::SoundControl;
use crate::stage::StageError;
use crate::types::Feed;

/// What speech is encoded with, in bits per second: whole, unless the network hardly carries it.
pub(crate) const VOICE_BPS: u32 = 32_000;

/// An encoder for speech.
///
/// # Errors
/// When there is no Opus encoder.
pub(crate) fn voice_encoder(
    control: Arc<SoundControl>,
    call: u64,
    epoch: Instant,
    tally: Arc<Tally>,
    events: Events,
) -> Result<PacketEncoder, StageError> {
    let mut silence = Silence::default();
    let settings = "packet-loss-percentage=10 audio-type=voice";
    let bitrate_bps = control.voice_bps.load(Ordering::Acquire);
    PacketEncoder::new(call, bitrate_bps, settings, move |Heard { media_time, level_dbov }, data| {
        // Closing counts from now on, also for what is half way through.
        if !control.open.load(Ordering::Acquire) || !silence.is_sent(level_dbov) {
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
    })
}
