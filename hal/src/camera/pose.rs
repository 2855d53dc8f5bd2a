//! Where a camera looks, for those that can be turned: by motors, or by taking a part of a larger picture.

use v4l::Device;
use v4l::control::{Control, Value};

use crate::DeviceError;

/// Where a camera looks, in thousandths of its reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pose {
    /// -1000 (left, as the camera sees it) to 1000 (right).
    pub pan: i16,
    /// -1000 (down) to 1000 (up).
    pub tilt: i16,
    /// 0 (everything) to 1000 (nearest).
    pub zoom: i16,
}

/// Which ways a camera can be turned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reach {
    pub pan: bool,
    pub tilt: bool,
    pub zoom: bool,
}

impl Reach {
    /// Whether it can be turned at all.
    pub fn is_any(self) -> bool {
        self.pan || self.tilt || self.zoom
    }
}

/// Of `linux/v4l2-controls.h`, class camera.
const PAN_ABSOLUTE: u32 = 0x009a_0908;
const TILT_ABSOLUTE: u32 = 0x009a_0909;
const ZOOM_ABSOLUTE: u32 = 0x009a_090d;
/// Flags of a control that cannot be set: disabled, read only, inactive.
const UNUSABLE: u32 = 0x0001 | 0x0004 | 0x0010;

/// The kernel's ranges behind a [`Reach`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Ranges {
    pan: Option<Range>,
    tilt: Option<Range>,
    zoom: Option<Range>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Range {
    least: i64,
    most: i64,
    step: i64,
}

impl Ranges {
    /// What this device can be asked for.
    pub fn of(device: &Device) -> Ranges {
        let range = |id| Range::of(device, id);
        Ranges { pan: range(PAN_ABSOLUTE), tilt: range(TILT_ABSOLUTE), zoom: range(ZOOM_ABSOLUTE) }
    }

    pub fn reach(&self) -> Reach {
        Reach { pan: self.pan.is_some(), tilt: self.tilt.is_some(), zoom: self.zoom.is_some() }
    }

    /// Where the device looks now; straight ahead in whatever it does not say.
    pub fn pose(&self, device: &Device) -> Pose {
        let part = |id, range: Option<Range>, whole: i64| {
            let value = match device.control(id).ok()?.value {
                Value::Integer(value) => value,
                _ => return None,
            };
            i16::try_from(range?.part(value, whole)).ok()
        };
        Pose {
            pan: part(PAN_ABSOLUTE, self.pan, 2000).map_or(0, |part| part - 1000),
            tilt: part(TILT_ABSOLUTE, self.tilt, 2000).map_or(0, |part| part - 1000),
            zoom: part(ZOOM_ABSOLUTE, self.zoom, 1000).unwrap_or(0),
        }
    }

    /// Turns the device there, as far as it can be turned.
    ///
    /// # Errors
    /// When it answers with an error.
    pub fn point(&self, device: &Device, pose: Pose) -> Result<(), DeviceError> {
        let both = |range: Range, part: i16| range.at(i64::from(part.clamp(-1000, 1000)) + 1000, 2000);
        let wanted = [
            (PAN_ABSOLUTE, self.pan.map(|range| both(range, pose.pan))),
            (TILT_ABSOLUTE, self.tilt.map(|range| both(range, pose.tilt))),
            (ZOOM_ABSOLUTE, self.zoom.map(|range| range.at(i64::from(pose.zoom.clamp(0, 1000)), 1000))),
        ];
        for (id, value) in wanted {
            if let Some(value) = value {
                let control = Control { id, value: Value::Integer(value) };
                device.set_control(control).map_err(|error| DeviceError::Failed(error.to_string()))?;
            }
        }
        Ok(())
    }
}

impl Range {
    /// `None`: the device has no such control, or it cannot be set.
    ///
    /// Not [`Device::query_controls`]: that panics on menus of other controls that a driver describes badly.
    fn of(device: &Device, id: u32) -> Option<Range> {
        // SAFETY: the structure is plain numbers, for which zero is valid, and it is the one that
        // VIDIOC_QUERY_EXT_CTRL writes; it lives until the call returns.
        let raw = unsafe {
            let mut raw: v4l::v4l_sys::v4l2_query_ext_ctrl = std::mem::zeroed();
            raw.id = id;
            let pointer = std::ptr::from_mut(&mut raw).cast();
            v4l::v4l2::ioctl(device.handle().fd(), v4l::v4l2::vidioc::VIDIOC_QUERY_EXT_CTRL, pointer).ok()?;
            raw
        };
        let step = i64::try_from(raw.step).unwrap_or(1).max(1);
        let usable = raw.flags & UNUSABLE == 0 && raw.maximum > raw.minimum;
        usable.then_some(Range { least: raw.minimum, most: raw.maximum, step })
    }

    /// Which part of the whole this value is, to the nearest.
    fn part(self, value: i64, whole: i64) -> i64 {
        let span = (i128::from(self.most) - i128::from(self.least)).max(1);
        let way = i128::from(value.clamp(self.least, self.most)) - i128::from(self.least);
        i64::try_from((way * i128::from(whole) + span / 2) / span).unwrap_or(0)
    }

    /// The value at this part of the whole, on the device's own steps.
    fn at(self, part: i64, whole: i64) -> i64 {
        let span = i128::from(self.most) - i128::from(self.least);
        let way = span * i128::from(part) / i128::from(whole);
        let way = way / i128::from(self.step) * i128::from(self.step);
        i64::try_from(i128::from(self.least) + way).unwrap_or(self.least)
    }
}

/// What a camera in this pose sees of a larger I420 picture, as large as that: the simulated camera's optics.
pub(super) fn look(pose: Pose, (width, height): (usize, usize), i420: &mut [u8]) {
    let zoom = usize::from(pose.zoom.clamp(0, 1000).unsigned_abs());
    if zoom == 0 {
        return; // everything is seen, wherever it is turned
    }
    // From the whole to a third of it.
    let part = |size: usize| (size * 1000 / (1000 + 2 * zoom)).max(2);
    let start = |size: usize, turned: i16| {
        let free = size - part(size);
        free * usize::try_from(i32::from(turned.clamp(-1000, 1000)) + 1000).unwrap_or_default() / 2000
    };
    let (left, top) = (start(width, pose.pan), start(height, pose.tilt.saturating_neg()));
    let (chroma_width, chroma_height) = (width / 2, height / 2);
    let planes = [(width, height, 1), (chroma_width, chroma_height, 2), (chroma_width, chroma_height, 2)];
    let whole = i420.to_vec();
    let mut at = 0;
    for (columns, rows, shrunk) in planes {
        let (from_x, from_y) = (left / shrunk, top / shrunk);
        let (seen_x, seen_y) = (part(width) / shrunk, part(height) / shrunk);
        for row in 0..rows {
            let source = at + (from_y + row * seen_y / rows) * columns;
            for column in 0..columns {
                i420[at + row * columns + column] = whole[source + from_x + column * seen_x / columns];
            }
        }
        at += columns * rows;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pose_lies_on_the_steps_of_the_device_and_never_outside_its_range() {
        let pan = Range { least: -36_000, most: 36_000, step: 3600 };
        assert_eq!((pan.at(0, 2000), pan.at(1000, 2000), pan.at(2000, 2000)), (-36_000, 0, 36_000));
        assert_eq!(pan.at(1010, 2000), 0, "less than a step");
        assert_eq!((pan.part(-36_000, 2000), pan.part(0, 2000), pan.part(99_999, 2000)), (0, 1000, 2000));
        let odd = Range { least: 100, most: 500, step: 7 };
        assert!((0..=1000).all(|part| (100..=500).contains(&odd.at(part, 1000))));
        let huge = Range { least: i64::MIN, most: i64::MAX, step: 1 };
        assert_eq!((huge.at(0, 2000), huge.at(2000, 2000)), (i64::MIN, i64::MAX));
    }

    #[test]
    fn a_simulated_camera_sees_all_until_it_is_zoomed_and_then_what_it_is_turned_to() {
        let (width, height) = (60, 30);
        let mut picture = vec![128; width * height * 3 / 2];
        for row in 0..height {
            for column in 0..width {
                picture[row * width + column] = if column < width / 2 { 10 } else { 200 };
            }
        }
        let seen = |pose: Pose| {
            let mut i420 = picture.clone();
            look(pose, (width, height), &mut i420);
            (i420[height / 2 * width], i420[height / 2 * width + width - 1])
        };
        assert_eq!(seen(Pose { pan: 1000, ..Pose::default() }), (10, 200));
        assert_eq!(seen(Pose { zoom: 1000, pan: -1000, ..Pose::default() }), (10, 10));
        assert_eq!(seen(Pose { zoom: 1000, pan: 1000, ..Pose::default() }), (200, 200));
        assert_eq!(seen(Pose { zoom: 1000, ..Pose::default() }), (10, 200));
        seen(Pose { pan: i16::MIN, tilt: i16::MAX, zoom: i16::MAX });
    }
}
