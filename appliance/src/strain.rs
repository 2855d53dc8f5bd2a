//! What the engine's counters say of the last seconds, for people: whether this machine keeps up, and whether pictures
//! of others stand still.

use std::time::{Duration, Instant};

use room::view::Strain;

/// How long is looked at.
const WINDOW: Duration = Duration::from_secs(10);
/// Pictures of others that stood still for so much of it are worth a word.
const FROZEN_MIN: Duration = Duration::from_secs(2);

/// Looks at counters now and then.
#[derive(Debug, Default)]
pub struct Watch {
    /// When the window began, and how long pictures had stood still until then, in milliseconds.
    began: Option<(Instant, u64)>,
    told: Strain,
}

impl Watch {
    /// Looks; what people should know, if that is news.
    pub fn look(&mut self, counters: &media::Counters, now: Instant) -> Option<Strain> {
        let overloaded = counters.camera_relief > 0 || counters.content_relief > 0;
        let mut stands_still = self.told.stands_still;
        let (began, frozen_ms) = *self.began.get_or_insert((now, counters.frozen_ms));
        if now.saturating_duration_since(began) >= WINDOW {
            let frozen = Duration::from_millis(counters.frozen_ms.saturating_sub(frozen_ms));
            stands_still = frozen >= FROZEN_MIN;
            self.began = Some((now, counters.frozen_ms));
        }
        let strain = Strain { overloaded, stands_still };
        (strain != std::mem::replace(&mut self.told, strain)).then_some(strain)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_at_its_limit_is_told_at_once_and_once() {
        let (mut watch, now) = (Watch::default(), Instant::now());
        let busy = media::Counters { camera_relief: 1, ..media::Counters::default() };
        assert_eq!(watch.look(&media::Counters::default(), now), None);
        assert_eq!(watch.look(&busy, now), Some(Strain { overloaded: true, stands_still: false }));
        assert_eq!(watch.look(&busy, now), None);
        assert_eq!(watch.look(&media::Counters::default(), now), Some(Strain::default()));
    }

    #[test]
    fn pictures_that_stand_still_are_told_after_a_while_and_until_they_move() {
        let (mut watch, start) = (Watch::default(), Instant::now());
        let frozen = |ms| media::Counters { frozen_ms: ms, ..media::Counters::default() };
        // What stood still in an earlier meeting does not count.
        assert_eq!(watch.look(&frozen(60_000), start), None);
        assert_eq!(watch.look(&frozen(61_900), start + WINDOW), None, "a short stop is none");
        assert_eq!(watch.look(&frozen(64_000), start + WINDOW + WINDOW / 2), None, "not yet");
        let still = Some(Strain { overloaded: false, stands_still: true });
        assert_eq!(watch.look(&frozen(64_000), start + 2 * WINDOW), still);
        assert_eq!(watch.look(&frozen(64_100), start + 3 * WINDOW), Some(Strain::default()));
    }
}
