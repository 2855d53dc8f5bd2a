//! What an HDMI receiver says of the signal it gets: whether there is one, and in which mode.
//!
//! Receivers on a board's own bus are asked (`VIDIOC_QUERY_DV_TIMINGS`), are told to take the mode that comes
//! (`VIDIOC_S_DV_TIMINGS`), and tell when it changes (`V4L2_EVENT_SOURCE_CHANGE`). USB grabbers know none of this:
//! they scale.

use std::io::{Error, Result};
use std::os::fd::{AsRawFd, RawFd};
use std::path::Path;

use v4l::Device;
use v4l::v4l_sys::{v4l2_bt_timings, v4l2_dv_timings, v4l2_event, v4l2_event_subscription};
use v4l::v4l2::vidioc::_IOC_TYPE;

use crate::VideoFormat;
use crate::worker::Stop;

// From linux/videodev2.h and linux/ioctl.h.
const READ: _IOC_TYPE = 2;
const WRITE: _IOC_TYPE = 1;
const S_DV_TIMINGS: _IOC_TYPE = request(READ | WRITE, 87, size_of::<v4l2_dv_timings>());
const DQEVENT: _IOC_TYPE = request(READ, 89, size_of::<v4l2_event>());
const SUBSCRIBE_EVENT: _IOC_TYPE = request(WRITE, 90, size_of::<v4l2_event_subscription>());
const QUERY_DV_TIMINGS: _IOC_TYPE = request(READ, 99, size_of::<v4l2_dv_timings>());
const SOURCE_CHANGE: u32 = 5;

const fn request(direction: _IOC_TYPE, number: _IOC_TYPE, size: usize) -> _IOC_TYPE {
    direction << 30 | (size as _IOC_TYPE) << 16 | (b'V' as _IOC_TYPE) << 8 | number
}

/// What comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signal {
    /// Nothing, or nothing that holds still, or a mode the receiver or this room cannot take.
    None,
    /// Pictures of this format.
    Mode(VideoFormat),
}

/// A receiver that tells of its signal.
pub(crate) struct Receiver(Device);

impl Receiver {
    /// None if the device is not there, or is none that tells.
    pub fn open(node: &Path) -> Option<Receiver> {
        let receiver = Receiver(Device::with_path(node).ok()?);
        receiver.query()?;
        // SAFETY: the structure is plain numbers, for which zero is valid, and it is the one that
        // VIDIOC_SUBSCRIBE_EVENT reads; it lives until the call returns.
        let subscribed = unsafe {
            let mut wish: v4l2_event_subscription = std::mem::zeroed();
            wish.type_ = SOURCE_CHANGE;
            receiver.ask(SUBSCRIBE_EVENT, &mut wish)
        };
        if let Err(error) = subscribed {
            tracing::warn!(%error, "an HDMI receiver does not tell when its signal changes");
            return None;
        }
        Some(receiver)
    }

    /// Waits until the signal may have changed; false when it is time to end, or the receiver is gone.
    pub fn wait(&self, stop: &Stop) -> bool {
        if !stop.wait_for_event(self).unwrap_or(false) {
            return false;
        }
        let mut events = 0;
        // SAFETY: as in `open`, for VIDIOC_DQEVENT, which writes the structure. It does not wait: the device is
        // opened so.
        while unsafe { self.ask(DQEVENT, &mut std::mem::zeroed::<v4l2_event>()) }.is_ok() {
            events += 1;
        }
        events > 0
    }

    /// What comes in now.
    pub fn signal(&self) -> Signal {
        self.query().flatten().map_or(Signal::None, |timings| mode_of(&bits_of(&timings)))
    }

    /// Has the receiver take what comes in now.
    ///
    /// # Errors
    /// When nothing comes in, or somebody has the device open for pictures in the mode before.
    pub fn take(&self) -> Result<()> {
        let mut timings = self.query().flatten().ok_or_else(|| Error::other("no signal"))?;
        // SAFETY: as in `open`, for VIDIOC_S_DV_TIMINGS, which reads and writes the structure.
        unsafe { self.ask(S_DV_TIMINGS, &mut timings) }
    }

    /// None if the device knows no such question; nothing inside when there is no signal.
    fn query(&self) -> Option<Option<v4l2_dv_timings>> {
        // SAFETY: as in `open`, for VIDIOC_QUERY_DV_TIMINGS, which writes the structure.
        let (answer, timings) = unsafe {
            let mut timings: v4l2_dv_timings = std::mem::zeroed();
            (self.ask(QUERY_DV_TIMINGS, &mut timings), timings)
        };
        match answer {
            Ok(()) => Some(Some(timings)),
            Err(error) => is_no_signal(&error).then_some(None),
        }
    }

    /// # Safety
    /// `argument` must be what the kernel reads and writes for `request`.
    unsafe fn ask<T>(&self, request: _IOC_TYPE, argument: &mut T) -> Result<()> {
        // SAFETY: the caller's word; the file is open as long as the device is.
        unsafe { v4l::v4l2::ioctl(self.as_raw_fd(), request, std::ptr::from_mut(argument).cast()) }
    }
}

impl AsRawFd for Receiver {
    fn as_raw_fd(&self) -> RawFd {
        self.0.handle().fd()
    }
}

/// Whether this is how a receiver says that there is no signal it could lock onto, rather than that it is none
/// (`ENOTTY`, `ENODATA`, …).
fn is_no_signal(error: &Error) -> bool {
    const ENOLINK: i32 = 67;
    const ENOLCK: i32 = 37;
    const ERANGE: i32 = 34;
    matches!(error.raw_os_error(), Some(ENOLINK | ENOLCK | ERANGE))
}

fn bits_of(timings: &v4l2_dv_timings) -> v4l2_bt_timings {
    // SAFETY: all of the union is plain numbers, for which any bits are valid; BT.656/1120 is the only kind of
    // timings there is (V4L2_DV_BT_656_1120).
    unsafe { timings.__bindgen_anon_1.bt }
}

/// The mode of a whole picture with its blanking.
fn mode_of(bits: &v4l2_bt_timings) -> Signal {
    /// Larger or smaller pictures are not taken, nor quicker ones.
    const SIDES: std::ops::RangeInclusive<u32> = 64..=1920;
    const FPS_MAX: u64 = 120;
    let (width, height) = (bits.width, bits.height);
    let sum = |parts: [u32; 4]| parts.into_iter().map(u64::from).sum::<u64>();
    let across = sum([width, bits.hfrontporch, bits.hsync, bits.hbackporch]);
    let down = sum([height, bits.vfrontporch, bits.vsync, bits.vbackporch]);
    let pixels = across.saturating_mul(down).max(1);
    let fps = (bits.pixelclock.saturating_add(pixels / 2)) / pixels;
    let is_even = width.is_multiple_of(2) && height.is_multiple_of(2);
    if !SIDES.contains(&width) || !SIDES.contains(&height) || !is_even || !(1..=FPS_MAX).contains(&fps) {
        tracing::debug!(width, height, fps, "a mode that is not taken");
        return Signal::None;
    }
    Signal::Mode(VideoFormat { width, height, fps: fps as u32 })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bits(size: (u32, u32), blanking: [u32; 2], pixelclock: u64) -> v4l2_bt_timings {
        // SAFETY: plain numbers, for which zero is valid.
        let mut bits: v4l2_bt_timings = unsafe { std::mem::zeroed() };
        (bits.width, bits.height) = size;
        // In parts as any.
        (bits.hfrontporch, bits.hsync, bits.hbackporch) = (blanking[0] / 2, blanking[0] / 4, blanking[0] / 4);
        (bits.vsync, bits.vbackporch) = (blanking[1] - 1, 1);
        bits.pixelclock = pixelclock;
        bits
    }

    #[test]
    fn the_modes_of_laptops_are_understood() {
        // CTA-861 and VESA DMT.
        let mode = |size, blanking, clock| mode_of(&bits(size, blanking, clock));
        let format = |width, height, fps| Signal::Mode(VideoFormat { width, height, fps });
        assert_eq!(mode((1920, 1080), [280, 45], 148_500_000), format(1920, 1080, 60));
        assert_eq!(mode((1920, 1080), [280, 45], 148_351_648), format(1920, 1080, 60), "59.94");
        assert_eq!(mode((1920, 1080), [280, 45], 74_250_000), format(1920, 1080, 30));
        assert_eq!(mode((1280, 720), [700, 30], 74_250_000), format(1280, 720, 50));
        assert_eq!(mode((1280, 800), [400, 31], 83_500_000), format(1280, 800, 60));
    }

    #[test]
    fn what_makes_no_sense_or_is_too_large_is_no_signal() {
        assert_eq!(mode_of(&bits((0, 0), [4, 2], 0)), Signal::None);
        assert_eq!(mode_of(&bits((3840, 2160), [560, 90], 594_000_000)), Signal::None);
        assert_eq!(mode_of(&bits((1920, 1080), [280, 45], u64::MAX)), Signal::None);
        assert_eq!(mode_of(&bits((u32::MAX, u32::MAX), [u32::MAX, u32::MAX], 1)), Signal::None);
        assert_eq!(mode_of(&bits((1366, 769), [400, 31], 83_500_000)), Signal::None, "odd");
    }

    #[test]
    fn no_signal_is_told_from_a_device_that_is_no_receiver() {
        let error = Error::from_raw_os_error;
        assert!([67, 37, 34].into_iter().all(|number| is_no_signal(&error(number))));
        // ENOTTY, ENODATA, EINVAL, ENODEV.
        assert!(![25, 61, 22, 19].into_iter().any(|number| is_no_signal(&error(number))));
        assert!(Receiver::open(Path::new("/dev/null")).is_none());
        assert!(Receiver::open(Path::new("/dev/no-such-receiver")).is_none());
    }

    #[test]
    fn the_kernel_is_asked_by_its_own_numbers() {
        // linux/videodev2.h, on 64-bit machines.
        if size_of::<usize>() == 8 {
            let numbers = [S_DV_TIMINGS, DQEVENT, SUBSCRIBE_EVENT, QUERY_DV_TIMINGS];
            assert_eq!(numbers, [0xc084_5657, 0x8088_5659, 0x4020_565a, 0x8084_5663]);
        }
    }
}
