//! One remote sound track: its packets, its decoder, and the sound it has ready.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use gstreamer as gst;

use crate::counters::{Tally, count};
use crate::event::{Events, MediaEvent};
use crate::jitter::{JitterBuffer, Next, Packet, opus_length};
use crate::ladder;
use crate::mailbox::lock;
use crate::sound::{BLOCK, pcm_caps};
use crate::stage::{Stage, StageError, clock_time};
use crate::types::{Codec, ReceivedFrame, TrackKey};

/// How much is left out at a time when too much waits: 5 ms.
const SHORTCUT: usize = 240;

/// A remote participant's sound.
pub(crate) struct AudioTrack {
    key: TrackKey,
    buffer: Mutex<JitterBuffer>,
    /// Locked by the sound thread alone.
    player: Mutex<Player>,
    /// The sender's time that is heard at a certain instant.
    heard: Mutex<Option<(Duration, Instant)>>,
    complained: Mutex<bool>,
    tally: Arc<Tally>,
    events: Events,
}

#[derive(Default)]
struct Player {
    decoder: Option<Stage>,
    samples: Arc<Mutex<VecDeque<i16>>>,
}

impl AudioTrack {
    /// Makes the decoder as well, so that the first packet finds it ready.
    pub fn new(key: TrackKey, tally: Arc<Tally>, events: Events) -> AudioTrack {
        let mut player = Player::default();
        if let Err(error) = player.make_decoder() {
            tracing::warn!(%error, "no decoder for sound");
        }
        AudioTrack {
            key,
            buffer: Mutex::default(),
            player: Mutex::new(player),
            heard: Mutex::default(),
            complained: Mutex::default(),
            tally,
            events,
        }
    }

    /// Takes a packet in. Never blocks.
    pub fn push(&self, frame: ReceivedFrame) {
        if frame.codec != Codec::Opus {
            if !std::mem::replace(&mut *lock(&self.complained), true) {
                (self.events)(MediaEvent::CannotDecode(self.key.clone()));
            }
            return;
        }
        let taken = opus_length(&frame.data).is_some_and(|length| {
            let ReceivedFrame { media_time, sender_time, data, .. } = frame;
            let packet = Packet { media_time, sender_time, length, data, fresh: false, hurry: false };
            lock(&self.buffer).insert(packet, frame.arrived)
        });
        if !taken {
            count(&self.tally.dropped_received);
        }
    }

    /// When sound the sender took at `sender_time` is heard here, as far as known.
    pub fn heard_at(&self, sender_time: Duration) -> Option<Instant> {
        let (reference, instant) = (*lock(&self.heard))?;
        match sender_time.checked_sub(reference) {
            Some(later) => instant.checked_add(later),
            None => instant.checked_sub(reference - sender_time),
        }
    }

    /// Adds the next block to `mix`. Called by the sound thread; waits for nothing.
    pub fn mix_into(&self, mix: &mut [i32; BLOCK], now: Instant) {
        let mut player = lock(&self.player);
        // A packet may give nothing at first (the decoder looks ahead), 2.5 ms ones give little.
        for _ in 0..8 {
            if lock(&player.samples).len() >= BLOCK {
                break;
            }
            let next = lock(&self.buffer).next(now);
            match next {
                Next::Silence => break,
                Next::Conceal { media_time, length } => {
                    count(&self.tally.concealed);
                    if let Some(decoder) = &player.decoder {
                        decoder.gap(media_time, length);
                    }
                }
                Next::Packet(packet) => self.decode(&mut player, packet, now),
            }
        }
        let mut samples = lock(&player.samples);
        let ready = samples.len().min(BLOCK);
        for (sum, sample) in mix.iter_mut().zip(samples.drain(..ready)) {
            *sum += i32::from(sample);
        }
    }

    fn decode(&self, player: &mut Player, packet: Packet, now: Instant) {
        if player.decoder.is_none() && player.make_decoder().is_err() {
            return;
        }
        if let Some(sender_time) = packet.sender_time {
            let waiting = lock(&player.samples).len() as u64 * 1_000_000 / 48_000;
            // The decoder keeps one packet back for forward error correction.
            let heard = now + Duration::from_micros(waiting) + packet.length;
            *lock(&self.heard) = Some((sender_time, heard));
        }
        let Some(decoder) = &player.decoder else { return };
        let mut buffer = gst::Buffer::from_mut_slice(packet.data);
        if let Some(buffer) = buffer.get_mut() {
            buffer.set_pts(clock_time(packet.media_time));
            buffer.set_duration(clock_time(packet.length));
            if packet.fresh {
                buffer.set_flags(gst::BufferFlags::DISCONT);
            }
        }
        if let Err(error) = decoder.push(buffer) {
            tracing::debug!(%error, "a packet of sound could not be decoded");
            count(&self.tally.dropped_received);
            player.decoder = None;
            return;
        }
        if packet.hurry {
            shorten(&mut lock(&player.samples));
        }
    }
}

impl Player {
    fn make_decoder(&mut self) -> Result<(), StageError> {
        let absent = || StageError::Build { description: "opus".to_owned(), reason: "no decoder works".to_owned() };
        let decoder = ladder::decoder(Codec::Opus).ok_or_else(absent)?;
        let samples = self.samples.clone();
        let mut stage = Stage::new(decoder.description, &pcm_caps(), move |buffer: gst::Buffer, _: &gst::Caps| {
            if let Ok(data) = buffer.map_readable() {
                lock(&samples).extend(data.chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])));
            }
        })?;
        stage.set_caps(&ladder::frame_caps(Codec::Opus));
        self.decoder = Some(stage);
        Ok(())
    }
}

/// Leaves out 5 ms by fading from one piece of the sound to the next.
fn shorten(samples: &mut VecDeque<i16>) {
    if samples.len() < SHORTCUT * 2 {
        return;
    }
    for index in 0..SHORTCUT {
        let (old, new) = (i32::from(samples[index]), i32::from(samples[index + SHORTCUT]));
        let share = index as i32;
        let whole = SHORTCUT as i32;
        samples[index + SHORTCUT] = ((old * (whole - share) + new * share) / whole) as i16;
    }
    samples.drain(..SHORTCUT);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shortening_leaves_out_five_milliseconds_without_a_step() {
        let mut samples: VecDeque<i16> = (0..960).collect();
        shorten(&mut samples);
        assert_eq!(samples.len(), 960 - SHORTCUT);
        let steps = samples.iter().zip(samples.iter().skip(1)).map(|(a, b)| b - a);
        assert!(steps.into_iter().all(|step| (0..=3).contains(&step)));
        assert_eq!(samples.back(), Some(&959));
    }
}
