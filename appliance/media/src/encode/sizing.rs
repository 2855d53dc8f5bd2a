//! How many pictures a layer's encoder gets, how large they are, and of how many bits.

use std::sync::atomic::Ordering;
use std::time::Instant;

use super::{Shared, Wanted};
use crate::content::fps;
use crate::detail::{LESS, is_large};
use crate::ladder::Encoder;
use crate::mailbox::lock;
use crate::raw::RawPicture;
use crate::stage::duration;
use crate::types::{Feed, VideoCodec};

/// What pictures take at most, a second, that are smaller than there would be bits for.
const SMALLER_BITS_PER_PIXEL: u32 = 2;

impl Shared {
    /// Whether a picture is to be encoded: of content no more than there are bits for, of both no more than this
    /// machine keeps up with.
    pub(super) fn has_time_for(&self, picture: &RawPicture) -> bool {
        let fps_max = self.load.relief().fps_max;
        let size = (picture.info.width(), picture.info.height());
        match self.feed {
            Feed::Content => {
                self.thrift.takes(picture, fps(self.bitrate_bps.load(Ordering::Relaxed), size).min(fps_max))
            }
            // The camera's are sent at their own pace.
            Feed::Room => fps_max == u32::MAX || self.thrift.takes(picture, fps_max),
        }
    }

    /// The size to encode a picture in, which `chosen`, if there is one yet, does.
    pub(super) fn size(&self, wanted: Wanted, picture: &RawPicture, chosen: Option<Encoder>) -> (u32, u32) {
        let size = (picture.info.width(), picture.info.height());
        let scaled = |(numerator, denominator): (u32, u32)| {
            (part(size.0 * numerator, denominator), part(size.1 * numerator, denominator))
        };
        if wanted.divisor != 1 {
            return scaled((1, wanted.divisor));
        }
        let relief = self.load.relief().size;
        if self.feed == Feed::Room && is_large(size) && !self.may_be_whole(wanted.codec, picture, size, chosen) {
            return scaled((relief.0 * LESS.0, relief.1 * LESS.1));
        }
        scaled(relief)
    }

    /// Whether a large picture of the camera may be sent whole: when its encoder is proven quick enough, and there have
    /// been the bits for a while.
    fn may_be_whole(&self, codec: VideoCodec, picture: &RawPicture, size: (u32, u32), chosen: Option<Encoder>) -> bool {
        let time = picture.buffer.pts().map(duration).unwrap_or_default();
        let has_bits = lock(&self.detail).is_whole(size, self.bitrate_bps.load(Ordering::Relaxed), time);
        has_bits
            && chosen
                .or_else(|| self.ladder.encoder(codec, size, Instant::now()))
                .is_some_and(|encoder| self.ladder.is_quick(codec, &encoder))
    }

    /// What an encoder may take; of pictures made smaller than they were to be, no more than shows.
    pub(super) fn bitrate(&self, wanted: Wanted, picture: &RawPicture, (width, height): (u32, u32)) -> u32 {
        let bitrate_bps = self.bitrate_bps.load(Ordering::Relaxed);
        if part(picture.info.width(), wanted.divisor) == width {
            return bitrate_bps;
        }
        bitrate_bps.min(SMALLER_BITS_PER_PIXEL * width * height)
    }
}

/// A camera's width or height divided: even, and at least 16.
fn part(length: u32, divisor: u32) -> u32 {
    ((length / divisor.max(1)) & !1).max(16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_divided_even_and_bearable() {
        assert_eq!([part(1920, 1), part(1080, 4), part(90, 4), part(40, 4)], [1920, 270, 22, 16]);
        assert_eq!(part(640, 0), 640);
    }
}
