//! What is particular to content: when its pictures are black, and how many of them to send.

use std::sync::Mutex;
use std::time::Duration;

use gstreamer_video as gst_video;
use gstreamer_video::prelude::*;

use crate::event::{Events, MediaEvent};
use crate::mailbox::lock;
use crate::raw::RawPicture;
use crate::stage::duration;

/// Fewer pictures a second are no longer a moving mouse.
const FPS_MIN: u32 = 5;
/// More show nothing that is worth the bits.
const FPS_MAX: u32 = 30;
/// What a sharp picture of a screen takes for a thousand pixels, in bits, when some of it moves. So 1080p
/// is sent 30 times a second for 4 Mbit/s, and 5 times for 660 kbit/s.
const BITS_PER_KILOPIXEL: u64 = 64;
/// Pictures come a little early or late.
const SLACK: Duration = Duration::from_millis(5);

/// How long pictures may be black: presenters blank their slides for a moment.
const DARK_FOR: Duration = Duration::from_secs(3);
/// After a gap as long as this it is another source.
const GAP: Duration = Duration::from_secs(1);
/// Black is 16, and a little noise.
const BLACK_MAX: u8 = 24;
/// Every so many pixels one is looked at, in both directions.
const LOOK_EVERY: usize = 16;

/// Pictures per second at this bitrate and size: the pictures stay sharp, and fewer are sent.
pub(crate) fn fps(bitrate_bps: u32, (width, height): (u32, u32)) -> u32 {
    let bits = (u64::from(width) * u64::from(height) * BITS_PER_KILOPIXEL / 1000).max(1);
    u32::try_from(u64::from(bitrate_bps) / bits).unwrap_or(FPS_MAX).clamp(FPS_MIN, FPS_MAX)
}

/// Leaves pictures out when there are not the bits, or not the time, for all of them.
#[derive(Default)]
pub(crate) struct Thrift {
    /// On the clock of the pictures.
    next: Mutex<Duration>,
}

impl Thrift {
    /// Whether this picture is to be sent, when so many a second are.
    pub fn takes(&self, picture: &RawPicture, fps: u32) -> bool {
        let Some(time) = picture.buffer.pts().map(duration) else { return true };
        let mut next = lock(&self.next);
        if time + SLACK < *next {
            return false;
        }
        let period = Duration::from_secs(1) / fps.max(1);
        *next = (*next + period).max(time);
        true
    }
}

/// Notices when all that comes is black: that is what a grabber gives of a protected film.
pub(crate) struct Darkness {
    events: Events,
    state: Mutex<Light>,
}

#[derive(Clone, Copy, Default)]
struct Light {
    /// When the last picture was taken.
    last: Duration,
    /// Since then all is black.
    dark_since: Option<Duration>,
    is_told: bool,
}

impl Darkness {
    pub fn new(events: Events) -> Darkness {
        Darkness { events, state: Mutex::default() }
    }

    /// Looks at one picture; they come in order.
    pub fn look(&self, picture: &RawPicture) {
        let Some(time) = picture.buffer.pts().map(duration) else { return };
        let mut state = lock(&self.state);
        if time.saturating_sub(std::mem::replace(&mut state.last, time)) > GAP {
            *state = Light { last: time, ..Light::default() };
        }
        if !is_black(picture) {
            let before = std::mem::replace(&mut *state, Light { last: time, ..Light::default() });
            if before.is_told {
                (self.events)(MediaEvent::ContentDark { dark: false });
            }
            return;
        }
        let since = *state.dark_since.get_or_insert(time);
        if !state.is_told && time.saturating_sub(since) >= DARK_FOR {
            state.is_told = true;
            tracing::info!("the content's pictures are black");
            (self.events)(MediaEvent::ContentDark { dark: true });
        }
    }
}

fn is_black(picture: &RawPicture) -> bool {
    let Ok(frame) = gst_video::VideoFrameRef::from_buffer_ref_readable(&picture.buffer, &picture.info) else {
        return false;
    };
    let (width, height) = (picture.info.width() as usize, picture.info.height() as usize);
    let stride = usize::try_from(frame.plane_stride()[0]).unwrap_or(0);
    let Ok(luma) = frame.plane_data(0) else { return false };
    let rows = luma.chunks(stride.max(1)).take(height).step_by(LOOK_EVERY);
    rows.into_iter().all(|row| row.iter().take(width).step_by(LOOK_EVERY).all(|&value| value <= BLACK_MAX))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use gstreamer as gst;

    use super::*;

    fn picture(time: Duration, luma: u8) -> RawPicture {
        let info = gst_video::VideoInfo::builder(gst_video::VideoFormat::I420, 1920, 1080).build().unwrap();
        let mut bytes = vec![128; info.size()];
        bytes[..info.offset()[1]].fill(luma);
        RawPicture { buffer: crate::stage::timed_buffer(bytes, time), info, serial: 0 }
    }

    #[test]
    fn fewer_bits_mean_fewer_pictures_not_smaller_ones() {
        gst::init().unwrap();
        let full_hd = (1920, 1080);
        let rates = [4_000_000, 2_000_000, 1_000_000, 660_000, 100_000, 0, u32::MAX].map(|bps| fps(bps, full_hd));
        assert_eq!(rates, [30, 15, 7, 5, 5, 5, 30]);
        assert_eq!(fps(2_000_000, (1280, 720)), 30, "a smaller picture takes fewer");
        let sent = |bitrate_bps| {
            let thrift = Thrift::default();
            let times = (0..300).map(|number| Duration::from_secs(1) * number / 30);
            times.filter(|time| thrift.takes(&picture(*time, 100), fps(bitrate_bps, full_hd))).count()
        };
        assert_eq!([sent(4_000_000), sent(2_000_000), sent(600_000)], [300, 150, 50]);
    }

    #[test]
    fn black_is_told_after_three_seconds_and_light_at_once() {
        gst::init().unwrap();
        let told = Arc::new(Mutex::new(Vec::new()));
        let telling = told.clone();
        let darkness = Darkness::new(Arc::new(move |event| {
            if let MediaEvent::ContentDark { dark } = event {
                lock(&telling).push(dark);
            }
        }));
        let time = std::cell::Cell::new(0);
        let look = |milliseconds: u64, luma| {
            for _ in 0..milliseconds / 100 {
                darkness.look(&picture(Duration::from_millis(time.get()), luma));
                time.set(time.get() + 100);
            }
            std::mem::take(&mut *lock(&told))
        };
        assert!(look(2900, 16).is_empty());
        assert!(look(100, 90).is_empty(), "a slide between");
        assert!(look(3000, 20).is_empty());
        assert_eq!(look(500, 16), [true], "once");
        assert_eq!(look(500, 30), [false]);
        assert_eq!(look(3100, 16), [true]);
        time.set(time.get() + 2000);
        assert_eq!(look(3100, 16), [true], "another source, black too");
    }
}
