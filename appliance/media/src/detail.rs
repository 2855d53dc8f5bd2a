//! Whether a large picture is sent whole: only when there are the bits for it, and have been for a while.

use std::time::Duration;

/// Larger pictures than 720p are sent whole only where that is proven to do no harm.
const USUAL_PIXELS: u64 = 1280 * 720;
/// Pictures of two thirds the width and height, as 720p is of 1080p: what is sent otherwise.
pub(crate) const LESS: (u32, u32) = (2, 3);
/// From so many bits for a thousand pixels a second on a whole picture is better than a smaller one: 2.4 Mbit/s for
/// 1080p. (LiveKit's preset is 3.)
const WHOLE_FROM: u64 = 1150;
/// Below so many it is worse: 1.7 Mbit/s for 1080p, which is what 720p takes at its best.
const WHOLE_DOWN_TO: u64 = 820;
/// How long there must have been enough: each change costs a key frame.
const ENOUGH_FOR: Duration = Duration::from_secs(10);

/// Whether pictures of this size are more than usual.
pub(crate) fn is_large((width, height): (u32, u32)) -> bool {
    u64::from(width) * u64::from(height) > USUAL_PIXELS * 3 / 2
}

/// Follows the bitrate of a layer whose pictures are large.
#[derive(Debug, Default)]
pub(crate) struct Detail {
    enough_since: Option<Duration>,
    is_whole: bool,
}

impl Detail {
    /// Whether to send the picture of `time` whole, with so many bits per second for all.
    pub fn is_whole(&mut self, (width, height): (u32, u32), bitrate_bps: u32, time: Duration) -> bool {
        let bits = u64::from(bitrate_bps) * 1000 / (u64::from(width) * u64::from(height)).max(1);
        if bits < if self.is_whole { WHOLE_DOWN_TO } else { WHOLE_FROM } {
            *self = Detail::default();
        } else if !self.is_whole {
            let since = *self.enough_since.get_or_insert(time);
            self.is_whole = time.saturating_sub(since) >= ENOUGH_FOR;
        }
        self.is_whole
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_larger_than_720p_is_large() {
        let sizes = [(1920, 1080), (1600, 1200), (1280, 720), (1280, 960), (720, 1280), (640, 480)];
        assert_eq!(sizes.map(is_large), [true, true, false, false, false, false]);
    }

    #[test]
    fn a_large_picture_is_whole_when_there_have_been_bits_for_a_while_and_smaller_at_once_when_there_are_not() {
        let (mut detail, mut time) = (Detail::default(), Duration::ZERO);
        let mut whole = |bitrate_bps, seconds: u64| {
            let mut last = false;
            for _ in 0..seconds * 30 {
                time += Duration::from_secs(1) / 30;
                last = detail.is_whole((1920, 1080), bitrate_bps, time);
            }
            last
        };
        assert!(!whole(2_300_000, 60), "never enough");
        assert!(!whole(3_000_000, 9));
        assert!(!whole(2_000_000, 1), "and it starts again");
        assert!(!whole(3_000_000, 9));
        assert!(whole(3_000_000, 2));
        assert!(whole(1_750_000, 60), "there is a margin");
        assert!(!whole(1_600_000, 1));
        assert!(!whole(1_750_000, 60));
    }
}
