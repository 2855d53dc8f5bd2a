//! What the room itself says: the screen reader's voice, in the loudspeaker and not in the meeting.
//!
//! It is mixed with what comes from the others before anything is played, so the echo cancellers take it out of what the
//! microphones hear, like any voice from far away.

use std::collections::VecDeque;
use std::sync::Mutex;

use crate::mailbox::lock;
use crate::sound::BLOCK;

/// What is cut short fades within 5 ms, or it would click.
const FADE: usize = 240;
/// Longer is a mistake: 60 seconds.
const WAITING_MAX: usize = 60 * 48_000;

/// Words that wait to be played, 48 kHz.
#[derive(Default)]
pub(crate) struct Announcer(Mutex<VecDeque<i16>>);

impl Announcer {
    /// Says this instead of what is being said; nothing, to fall silent.
    pub fn say(&self, samples: &[i16]) {
        let mut waiting = lock(&self.0);
        waiting.truncate(FADE);
        let length = waiting.len();
        for (index, sample) in waiting.iter_mut().enumerate() {
            *sample = (i32::from(*sample) * (length - index) as i32 / length as i32) as i16;
        }
        waiting.extend(&samples[..samples.len().min(WAITING_MAX)]);
    }

    /// The next block, if something is being said.
    pub fn next(&self) -> Option<[i16; BLOCK]> {
        let mut waiting = lock(&self.0);
        if waiting.is_empty() {
            return None;
        }
        let mut block = [0; BLOCK];
        let count = waiting.len().min(BLOCK);
        for (sample, said) in block.iter_mut().zip(waiting.drain(..count)) {
            *sample = said;
        }
        Some(block)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_words_replace_those_being_said_without_a_click() {
        let announcer = Announcer::default();
        assert_eq!(announcer.next(), None);
        announcer.say(&[10_000; 10 * BLOCK]);
        assert_eq!(announcer.next().map(|block| block[0]), Some(10_000));
        announcer.say(&[-500; BLOCK]);
        let block = announcer.next().unwrap();
        let steps = block[..FADE + 1].windows(2).map(|pair| pair[0].abs_diff(pair[1]));
        assert!(steps.max() < Some(1000), "it fades: {block:?}");
        assert_eq!(block[FADE..], [-500; BLOCK - FADE]);
        let rest = announcer.next().unwrap();
        assert_eq!((rest[FADE - 1], rest[FADE]), (-500, 0), "the old words are gone");
        assert_eq!(announcer.next(), None);
        announcer.say(&[10_000; 10 * BLOCK]);
        announcer.say(&[]);
        announcer.next();
        assert_eq!(announcer.next(), None, "silence is silence");
    }

    #[test]
    fn nobody_speaks_for_ever() {
        let announcer = Announcer::default();
        announcer.say(&vec![1; 2 * WAITING_MAX]);
        let blocks = std::iter::from_fn(|| announcer.next()).count();
        assert_eq!(blocks, WAITING_MAX / BLOCK);
    }
}
