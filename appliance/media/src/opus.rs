//! Samples as Opus packets of 20 ms.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use gstreamer as gst;
use gstreamer::prelude::*;

use crate::level::dbov;
use crate::mailbox::lock;
use crate::sound::{BLOCK, BLOCK_LENGTH, bytes_of, pcm_caps};
use crate::stage::{Stage, StageError, clock_time};

/// Samples in one packet.
const PACKET: usize = 2 * BLOCK;

/// What is known of a packet besides its sound.
#[derive(Clone, Copy)]
pub(crate) struct Heard {
    pub media_time: Duration,
    pub level_dbov: u8,
}

/// Makes packets of one stream of sound, in one call.
pub(crate) struct PacketEncoder {
    pub call: u64,
    stage: Stage,
    /// What it was last told to make.
    bitrate_bps: u32,
    waiting: Vec<i16>,
    /// What is in the encoder: it gives one packet out for each that goes in.
    encoding: Arc<Mutex<Heard>>,
    /// When the first of the waiting samples was heard.
    since: Duration,
}

impl PacketEncoder {
    /// `settings` are those of GStreamer's `opusenc`, but for the bitrate; `output` gets each packet.
    ///
    /// # Errors
    /// When there is no Opus encoder.
    pub fn new(
        call: u64,
        bitrate_bps: u32,
        settings: &str,
        mut output: impl FnMut(Heard, &[u8]) + Send + 'static,
    ) -> Result<PacketEncoder, StageError> {
        let encoding = Arc::new(Mutex::new(Heard { media_time: Duration::ZERO, level_dbov: 127 }));
        let heard = encoding.clone();
        let description = format!(
            "opusenc name=opus frame-size=20 inband-fec=true dtx=false complexity=6 bitrate={bitrate_bps} {settings}"
        );
        let opus = gst::Caps::builder("audio/x-opus").build();
        let mut stage = Stage::new(&description, &opus, move |buffer: gst::Buffer, _: &gst::Caps| {
            if let Ok(data) = buffer.map_readable() {
                let heard = *lock(&heard);
                output(heard, &data);
            }
        })?;
        stage.set_caps(&pcm_caps());
        let waiting = Vec::with_capacity(PACKET);
        Ok(PacketEncoder { call, stage, bitrate_bps, waiting, encoding, since: Duration::ZERO })
    }

    /// What to make from the next packet on, in bits per second.
    pub fn set_bitrate(&mut self, bitrate_bps: u32) {
        if std::mem::replace(&mut self.bitrate_bps, bitrate_bps) != bitrate_bps
            && let Some(opus) = self.stage.element("opus")
        {
            opus.set_property("bitrate", i32::try_from(bitrate_bps).unwrap_or(i32::MAX));
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lower_bitrate_makes_smaller_packets_from_the_next_one_on() {
        gst::init().unwrap();
        let sizes = Arc::new(Mutex::new(Vec::new()));
        let seen = sizes.clone();
        let mut encoder =
            PacketEncoder::new(1, 32_000, "audio-type=voice", move |_, data| lock(&seen).push(data.len())).unwrap();
        let mut random = 1_u32;
        let mut speak = |encoder: &mut PacketEncoder| {
            for _ in 0..200 {
                let noise: Vec<i16> = (0..BLOCK)
                    .map(|_| {
                        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                        (random >> 18) as i16
                    })
                    .collect();
                encoder.push(&noise, Duration::ZERO).unwrap();
            }
            let sizes = std::mem::take(&mut *lock(&sizes));
            sizes[sizes.len() / 2..].iter().sum::<usize>() / (sizes.len() / 2)
        };
        let whole = speak(&mut encoder);
        encoder.set_bitrate(16_000);
        let thrifty = speak(&mut encoder);
        assert!((60..100).contains(&whole) && (25..60).contains(&thrifty), "{whole} and {thrifty} bytes");
    }
}
