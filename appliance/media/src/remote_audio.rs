//! One remote sound track: its packets, its decoder, and the sound it has ready.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use gstreamer as gst;

use crate::counters::{Tally, count};
use crate::event::{Events, MediaEvent};
use crate::jitter::{JitterBuffer, Next, Packet, opus_length};
use crate::keeper::Orders;
use crate::ladder::{self, Ladder};
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
    /// Locked by the sound thread, and for a moment when the decoder is ready.
    player: Mutex<Player>,
    /// The sender's time that is heard at a certain instant.
    heard: Mutex<Option<(Duration, Instant)>>,
    complained: Mutex<bool>,
    tally: Arc<Tally>,
    events: Events,
    /// Takes decoders that are no longer needed: whoever lets go of the track last may not wait.
    reaper: Orders<()>,
    ladder: Arc<Ladder>,
}

#[derive(Default)]
struct Player {
    decoder: Option<Stage>,
    /// Whether it is known which decoder works: until then making one may take long.
    prepared: bool,
    samples: Arc<Mutex<VecDeque<i16>>>,
}

impl AudioTrack {
    /// A track that is silent until [`AudioTrack::prepare`] has been called.
    pub fn new(
        key: TrackKey,
        ladder: Arc<Ladder>,
        tally: Arc<Tally>,
        events: Events,
        reaper: Orders<()>,
    ) -> AudioTrack {
        AudioTrack {
            key,
            buffer: Mutex::default(),
            player: Mutex::default(),
            heard: Mutex::default(),
            complained: Mutex::default(),
            tally,
            events,
            reaper,
            ladder,
        }
    }

    /// Makes the decoder, which may take long.
    pub fn prepare(&self) {
        let samples = lock(&self.player).samples.clone();
        let made = make_decoder(&self.ladder, samples);
        let mut player = lock(&self.player);
        player.prepared = true;
        match made {
            Ok(decoder) => player.decoder = Some(decoder),
            Err(error) => tracing::warn!(%error, "no decoder for sound"),
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

    /// Adds the next block to `mix`, which leaves the loudspeaker `latency` after `now`. Called by the
    /// sound thread; waits for nothing.
    pub fn mix_into(&self, mix: &mut [i32; BLOCK], now: Instant, latency: Duration) {
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
                Next::Packet(packet) => self.decode(&mut player, packet, now + latency),
            }
        }
        let mut samples = lock(&player.samples);
        let ready = samples.len().min(BLOCK);
        for (sum, sample) in mix.iter_mut().zip(samples.drain(..ready)) {
            *sum += i32::from(sample);
        }
    }

    /// Decodes what is heard at `leaves`, after what is ready already.
    fn decode(&self, player: &mut Player, packet: Packet, leaves: Instant) {
        if player.decoder.is_none() && player.prepared {
            player.decoder = make_decoder(&self.ladder, player.samples.clone()).ok();
        }
        if let Some(sender_time) = packet.sender_time {
            let waiting = lock(&player.samples).len() as u64 * 1_000_000 / 48_000;
            // The decoder keeps one packet back for forward error correction.
            let heard = leaves + Duration::from_micros(waiting) + packet.length;
            *lock(&self.heard) = Some((sender_time, heard));
        }
        let Some(decoder) = &player.decoder else {
            return count(&self.tally.dropped_received);
        };
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
            return self.discard(player);
        }
        if packet.hurry {
            shorten(&mut lock(&player.samples));
        }
    }

    fn discard(&self, player: &mut Player) {
        if let Some(decoder) = player.decoder.take() {
            self.reaper.bury(decoder);
        }
    }
}

impl Drop for AudioTrack {
    fn drop(&mut self) {
        self.discard(&mut lock(&self.player));
    }
}

fn make_decoder(ladder: &Ladder, samples: Arc<Mutex<VecDeque<i16>>>) -> Result<Stage, StageError> {
    let absent = || StageError::Build { description: "opus".to_owned(), reason: "no decoder works".to_owned() };
    let decoder = ladder.decoder(Codec::Opus, None, &[], Instant::now()).ok_or_else(absent)?;
    let mut stage = Stage::new(decoder.description, &pcm_caps(), move |buffer: gst::Buffer, _: &gst::Caps| {
        if let Ok(data) = buffer.map_readable() {
            lock(&samples).extend(data.chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])));
        }
    })?;
    stage.set_caps(&ladder::frame_caps(Codec::Opus));
    Ok(stage)
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
    use crate::keeper::Keeper;
    use crate::sound::bytes_of;
    use crate::types::Kind;

    const PACKET: Duration = Duration::from_millis(20);

    #[test]
    fn shortening_leaves_out_five_milliseconds_without_a_step() {
        let mut samples: VecDeque<i16> = (0..960).collect();
        shorten(&mut samples);
        assert_eq!(samples.len(), 960 - SHORTCUT);
        let steps = samples.iter().zip(samples.iter().skip(1)).map(|(a, b)| b - a);
        assert!(steps.into_iter().all(|step| (0..=3).contains(&step)));
        assert_eq!(samples.back(), Some(&959));
    }

    /// Packets of a tone that changes from 400 to 1000 Hz at packet `change`.
    fn packets(count: usize, change: usize) -> Vec<Vec<u8>> {
        let packets = Arc::new(Mutex::new(Vec::new()));
        let output = packets.clone();
        let opus = gst::Caps::builder("audio/x-opus").build();
        let description = "opusenc bitrate=32000 inband-fec=true packet-loss-percentage=10 audio-type=voice";
        let mut encoder = Stage::new(description, &opus, move |buffer: gst::Buffer, _: &gst::Caps| {
            lock(&output).push(buffer.map_readable().unwrap().to_vec());
        })
        .unwrap();
        encoder.set_caps(&pcm_caps());
        for number in 0..count {
            let frequency = if number < change { 400.0 } else { 1000.0 };
            let tone = |index| f64::sin(std::f64::consts::TAU * frequency * f64::from(index) / 48_000.0);
            let samples: Vec<i16> = (0..960).map(|index| (tone(index) * 10_000.0) as i16).collect();
            let mut buffer = gst::Buffer::from_mut_slice(bytes_of(&samples));
            buffer.get_mut().unwrap().set_pts(clock_time(PACKET * number as u32));
            encoder.push(buffer).unwrap();
        }
        std::mem::take(&mut lock(&packets))
    }

    fn energy_at(samples: &[i32], frequency: f64) -> f64 {
        let (mut real, mut imaginary) = (0.0, 0.0);
        for (index, sample) in samples.iter().enumerate() {
            let angle = std::f64::consts::TAU * frequency * index as f64 / 48_000.0;
            real += f64::from(*sample) * angle.cos();
            imaginary += f64::from(*sample) * angle.sin();
        }
        (real * real + imaginary * imaginary) / samples.len() as f64
    }

    /// What is heard when the packets come in time but for `lost`.
    fn heard(packets: &[Vec<u8>], lost: Option<usize>) -> (Vec<i32>, Arc<Tally>) {
        heard_by(packets, lost, |number| PACKET * number)
    }

    /// What is heard when the sender's clock says `media_time` at each packet.
    fn heard_by(
        packets: &[Vec<u8>],
        lost: Option<usize>,
        media_time: impl Fn(u32) -> Duration,
    ) -> (Vec<i32>, Arc<Tally>) {
        let tally = Arc::new(Tally::default());
        let reaper = Keeper::start("test", |_, _| {}).unwrap();
        let track = AudioTrack::new(
            TrackKey("test".to_owned()),
            Ladder::of_this_machine(None),
            tally.clone(),
            Arc::new(|_| {}),
            reaper.orders(),
        );
        track.prepare();
        let start = Instant::now();
        let mut heard = Vec::new();
        for tick in 0..packets.len() as u32 * 2 {
            let number = tick as usize / 2;
            let now = start + PACKET * tick / 2;
            if tick % 2 == 0 && Some(number) != lost {
                track.push(ReceivedFrame {
                    track: track.key.clone(),
                    kind: Kind::Audio,
                    codec: Codec::Opus,
                    media_time: media_time(number as u32),
                    sender_time: None,
                    arrived: now,
                    contiguous: true,
                    keyframe: true,
                    data: packets[number].clone(),
                });
            }
            let mut mix = [0; BLOCK];
            track.mix_into(&mut mix, now, Duration::ZERO);
            heard.extend(mix);
        }
        (heard, tally)
    }

    #[test]
    fn a_lost_packet_takes_its_time_and_is_not_silent() {
        gst::init().unwrap();
        let packets = packets(40, 25);
        assert_eq!(packets.len(), 40);
        for lost in [None, Some(15)] {
            let (heard, tally) = heard(&packets, lost);
            // Nothing is heard for the delay of 40 ms, and for the 6.5 ms Opus looks ahead.
            let start = 4 * BLOCK + 312;
            assert!(heard[..start - 312].iter().all(|sample| *sample == 0));
            let change = start + 25 * 960;
            let (before, after) = (&heard[change - 900..change - 100], &heard[change + 200..change + 1000]);
            assert!(energy_at(before, 400.0) > 20.0 * energy_at(before, 1000.0), "lost {lost:?}");
            assert!(energy_at(after, 1000.0) > 20.0 * energy_at(after, 400.0), "lost {lost:?}");
            let place = start + 15 * 960;
            let (missing, usual) = (&heard[place..place + 960], &heard[place - 4800..place - 3840]);
            assert!(energy_at(missing, 400.0) > 0.1 * energy_at(usual, 400.0), "lost {lost:?}");
            let concealed = tally.snapshot().concealed;
            assert_eq!(concealed, u64::from(lost.is_some()));
        }
    }

    #[test]
    fn a_voice_whose_clock_jumps_is_heard_on() {
        gst::init().unwrap();
        let packets = packets(150, 999);
        let hour = Duration::from_secs(3600);
        for (before, after) in [(hour, hour * 2), (hour * 2, hour), (hour * 2, Duration::ZERO)] {
            let clock = |number| if number < 50 { before } else { after };
            let (heard, _) = heard_by(&packets, None, |number| clock(number) + PACKET * number);
            let block = |number: usize| &heard[number * 960..][..960];
            let usual = energy_at(block(40), 400.0);
            // Half a second after the jump, and from then on.
            let quiet = (75..150).filter(|number| energy_at(block(*number), 400.0) < usual / 4.0).count();
            assert_eq!(quiet, 0, "{before:?} to {after:?}");
        }
    }

    #[test]
    fn sound_is_heard_when_it_leaves_the_loudspeaker_and_not_when_it_is_given_to_it() {
        gst::init().unwrap();
        let packets = packets(4, 9);
        let sender_time = |number: u32| Duration::from_secs(100) + PACKET * number;
        let heard_at = |latency| {
            let reaper = Keeper::start("test", |_, _| {}).unwrap();
            let key = TrackKey("test".to_owned());
            let track =
                AudioTrack::new(key, Ladder::of_this_machine(None), Arc::default(), Arc::new(|_| {}), reaper.orders());
            track.prepare();
            let start = Instant::now();
            for (number, data) in packets.iter().enumerate() {
                let number = number as u32;
                track.push(ReceivedFrame {
                    track: track.key.clone(),
                    kind: Kind::Audio,
                    codec: Codec::Opus,
                    media_time: PACKET * number,
                    sender_time: Some(sender_time(number)),
                    arrived: start,
                    contiguous: true,
                    keyframe: true,
                    data: data.clone(),
                });
            }
            track.mix_into(&mut [0; BLOCK], start + PACKET * 5, latency);
            track.heard_at(sender_time(0)).unwrap() - start
        };
        let (at_once, later) = (heard_at(Duration::ZERO), heard_at(Duration::from_millis(40)));
        assert_eq!(later - at_once, Duration::from_millis(40));
    }

    #[test]
    fn whoever_lets_go_of_a_track_last_does_not_wait_for_its_decoder() {
        gst::init().unwrap();
        let reaper = Keeper::start("test", |_, _| {}).unwrap();
        let (release, hang) = std::sync::mpsc::channel::<()>();
        reaper.run(move || _ = hang.recv());
        let track = AudioTrack::new(
            TrackKey("a".to_owned()),
            Ladder::of_this_machine(None),
            Arc::default(),
            Arc::new(|_| {}),
            reaper.orders(),
        );
        track.prepare();
        let pad = lock(&track.player).decoder.as_ref().map(|decoder| decoder.watch()).unwrap();
        drop(track);
        assert!(pad.upgrade().is_some(), "the decoder waits for the reaper");
        release.send(()).unwrap();
        drop(reaper);
        assert!(pad.upgrade().is_none());
    }
}
