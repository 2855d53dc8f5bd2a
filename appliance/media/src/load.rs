//! Whether the encoders of one source keep up with its pictures, all layers together.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::counters::{Tally, count};
use crate::mailbox::lock;
use crate::overload::{CAMERA, CONTENT, Overload, Relief};
use crate::types::{Feed, Layer};

/// Between two looks.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// After a gap as long as this nothing was encoded, and nothing is known.
const GAP: Duration = Duration::from_secs(3);
/// Encoders that lose so much of the pictures they are given, in percent, do not keep up. Fewer are lost to a start,
/// or to others who want the processor for a moment.
const LOST_PERCENT_MIN: u32 = 15;

/// Counts what encoders are given and what they are too late for, and says how much less to give them.
pub(crate) struct Load {
    feed: Feed,
    /// Into `reliefs`, to be read for each picture.
    step: AtomicUsize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    overload: Overload,
    /// On the clock of the pictures.
    since: Option<Duration>,
    layers: [Seen; 3],
}

/// Since the last look.
#[derive(Clone, Copy, Default)]
struct Seen {
    given: u32,
    lost: u32,
}

impl Load {
    pub fn new(feed: Feed) -> Load {
        Load { feed, step: AtomicUsize::new(0), state: Mutex::default() }
    }

    /// How much less to send now.
    pub fn relief(&self) -> Relief {
        self.reliefs()[self.step.load(Ordering::Relaxed)]
    }

    fn reliefs(&self) -> &'static [Relief] {
        match self.feed {
            Feed::Room => CAMERA,
            Feed::Content => CONTENT,
        }
    }

    /// A layer's encoder is given the picture of `time`; `lost`: it had not begun with the one before.
    pub fn given(&self, layer: Layer, lost: bool, time: Duration, tally: &Tally) {
        let state = &mut *lock(&self.state);
        let since = *state.since.get_or_insert(time);
        let passed = time.saturating_sub(since);
        if passed >= LOOK_EVERY {
            let late = |seen: &Seen| seen.lost * 100 >= LOST_PERCENT_MIN * seen.given && seen.lost > 1;
            let keeps_up = !state.layers.iter().any(late);
            (state.since, state.layers) = (Some(time), [Seen::default(); 3]);
            if passed >= GAP {
                state.overload.pause();
            } else if state.overload.look(keeps_up, self.reliefs().len()) {
                self.change(state.overload.step(), keeps_up, tally);
            }
        }
        let seen = &mut state.layers[layer.index()];
        seen.given += 1;
        seen.lost += u32::from(lost);
    }

    fn change(&self, step: usize, is_better: bool, tally: &Tally) {
        self.step.store(step, Ordering::Relaxed);
        match self.feed {
            Feed::Room => &tally.camera_relief,
            Feed::Content => &tally.content_relief,
        }
        .store(step as u64, Ordering::Relaxed);
        if is_better {
            tracing::info!(feed = ?self.feed, step, "more is sent again");
        } else {
            count(&tally.overloads);
            tracing::warn!(feed = ?self.feed, step, "this machine does not keep up with encoding, less is sent");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives pictures for so many seconds, of which one in `lost_one_in` is lost, after a gap; the steps there were.
    fn give(load: &Load, start: &mut Duration, seconds: u32, lost_one_in: u32) -> Vec<usize> {
        let (tally, mut steps) = (Tally::default(), vec![load.step.load(Ordering::Relaxed)]);
        for number in 0..seconds * 30 {
            *start += Duration::from_secs(1) / 30;
            load.given(Layer::Low, false, *start, &tally);
            load.given(Layer::High, number % lost_one_in == 1, *start, &tally);
            let step = load.step.load(Ordering::Relaxed);
            if steps.last() != Some(&step) {
                steps.push(step);
            }
        }
        steps
    }

    #[test]
    fn a_layer_that_loses_pictures_for_seconds_is_relieved_and_later_given_all_again() {
        let (load, mut time) = (Load::new(Feed::Room), Duration::ZERO);
        assert_eq!(give(&load, &mut time, 60, 10), [0], "one in ten is borne");
        assert_eq!(give(&load, &mut time, 5, 2), [0, 1]);
        assert_eq!(load.relief(), CAMERA[1]);
        assert_eq!(give(&load, &mut time, 40, u32::MAX), [1, 0]);
        assert_eq!(load.relief(), CAMERA[0]);
    }

    #[test]
    fn while_nothing_is_encoded_nothing_is_known() {
        let (load, mut time) = (Load::new(Feed::Content), Duration::ZERO);
        for _ in 0..20 {
            assert_eq!(give(&load, &mut time, 2, 2), [0], "two seconds and a pause");
            time += Duration::from_secs(60);
        }
    }
}
