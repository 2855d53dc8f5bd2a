//! The audio check: a second of quiet, the sweep, and what every microphone made of them.

use std::time::Duration;

use crate::sound::BLOCK;
use crate::sweep::{self, Measurement, SWEEP};

/// Devices that have just begun give clicks; then a second of quiet is listened to.
const SETTLING: usize = 30;
const QUIET: usize = 100;
/// What is late, and what reverberates.
const TAIL: usize = 150;
const SWEEP_BLOCKS: usize = SWEEP / BLOCK;
const BLOCKS: usize = SETTLING + QUIET + SWEEP_BLOCKS + TAIL;

/// What an audio check found.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckedAudio {
    /// Whether the sweep could be played at all.
    pub loudspeaker: bool,
    /// For every microphone of the room by its place, none where there is none.
    pub microphones: Vec<Option<Measurement>>,
}

/// A check on its way, a block at a time.
pub(crate) struct AudioCheck {
    sweep: Vec<i16>,
    played: usize,
    /// When the first block was played.
    start: Option<Duration>,
    loudspeaker: bool,
    recordings: Vec<Vec<i16>>,
}

impl AudioCheck {
    pub fn new(microphones: usize) -> AudioCheck {
        AudioCheck {
            sweep: sweep::sweep(),
            played: 0,
            start: None,
            loudspeaker: true,
            recordings: vec![Vec::new(); microphones],
        }
    }

    /// What is to be played at `time`.
    pub fn next(&mut self, time: Duration) -> [i16; BLOCK] {
        self.start.get_or_insert(time);
        let mut block = [0; BLOCK];
        let number = self.played.checked_sub(SETTLING + QUIET).filter(|number| *number < SWEEP_BLOCKS);
        if let Some(number) = number {
            block.copy_from_slice(&self.sweep[number * BLOCK..][..BLOCK]);
        }
        self.played += 1;
        block
    }

    /// It could not be played.
    pub fn not_played(&mut self) {
        self.loudspeaker = false;
    }

    /// Notes what `microphone` heard at `time`; gaps stay gaps.
    pub fn heard(&mut self, microphone: usize, block: &[i16], time: Duration) {
        let Some((start, recording)) = self.start.zip(self.recordings.get_mut(microphone)) else { return };
        let Some(since) = time.checked_sub(start) else { return };
        let position = (since.as_nanos() * 48_000 / 1_000_000_000) as usize;
        if position < recording.len() + (BLOCKS + 1) * BLOCK {
            // Less than a millisecond is rounding.
            if position > recording.len() + 48 {
                recording.resize(position, 0);
            }
            recording.extend_from_slice(block);
        }
    }

    /// How far it is, in percent.
    pub fn percent(&self) -> u8 {
        (self.played * 100 / BLOCKS) as u8
    }

    /// Whether that has just changed.
    pub fn is_next_percent(&self) -> bool {
        self.played > 0 && self.played * 100 / BLOCKS != (self.played - 1) * 100 / BLOCKS
    }

    pub fn is_over(&self) -> bool {
        self.played >= BLOCKS
    }

    /// Reads the recordings, which takes a moment.
    pub fn finish(self) -> CheckedAudio {
        let measure = |recording: Vec<i16>| {
            let part = |from: usize, to: usize| recording.get(from * BLOCK..recording.len().min(to * BLOCK));
            let quiet = part(SETTLING, SETTLING + QUIET)?;
            let heard = part(SETTLING + QUIET, BLOCKS)?;
            Some(sweep::measure(quiet, heard))
        };
        CheckedAudio { loudspeaker: self.loudspeaker, microphones: self.recordings.into_iter().map(measure).collect() }
    }
}
