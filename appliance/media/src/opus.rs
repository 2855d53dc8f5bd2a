//! Samples as Opus packets of 20 ms.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use gstreamer as gst;

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
    waiting: Vec<i16>,
    /// What is in the encoder: it gives one packet out for each that goes in.
    encoding: Arc<Mutex<Heard>>,
    /// When the first of the waiting samples was heard.
    since: Duration,
}

impl PacketEncoder {
    /// `settings` are those of GStreamer's `opusenc`; `output` gets each packet.
    ///
    /// # Errors
    /// When there is no Opus encoder.
    pub fn new(
        call: u64,
        settings: &str,
        mut output: impl FnMut(Heard, &[u8]) + Send + 'static,
    ) -> Result<PacketEncoder, StageError> {
        let encoding = Arc::new(Mutex::new(Heard { media_time: Duration::ZERO, level_dbov: 127 }));
        let heard = encoding.clone();
        let description = format!("opusenc frame-size=20 inband-fec=true dtx=false complexity=6 {settings}");
        let opus = gst::Caps::builder("audio/x-opus").build();
        let mut stage = Stage::new(&description, &opus, move |buffer: gst::Buffer, _: &gst::Caps| {
            if let Ok(data) = buffer.map_readable() {
                let heard = *lock(&heard);
                output(heard, &data);
            }
        })?;
        stage.set_caps(&pcm_caps());
        Ok(PacketEncoder { call, stage, waiting: Vec::with_capacity(PACKET), encoding, since: Duration::ZERO })
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
