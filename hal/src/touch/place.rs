//! Where on the picture a touch is.

use crate::rotation::Rotation;

/// How far beyond its stated ends an axis may go, as a part of its length: edges of cheap panels do so.
/// What is further out is no place.
const BEYOND: i64 = 16;

/// Maps places on the glass, as parts of its width and height, to where they really are: `a b c d e f` of
/// `x' = a x + b y + c`, `y' = d x + e y + f`, as `LIBINPUT_CALIBRATION_MATRIX` of udev has them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Calibration(pub [f32; 6]);

impl Calibration {
    /// The glass says what is so.
    pub const NONE: Calibration = Calibration([1.0, 0.0, 0.0, 0.0, 1.0, 0.0]);

    fn apply(self, (x, y): (f64, f64)) -> (f64, f64) {
        let [a, b, c, d, e, f] = self.0.map(f64::from);
        (a * x + b * y + c, d * x + e * y + f)
    }
}

/// Lowest and highest value of an axis, in the touchscreen's own units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Axis {
    lowest: i32,
    highest: i32,
}

impl Axis {
    /// None if it has no length.
    pub fn new(lowest: i32, highest: i32) -> Option<Axis> {
        (lowest < highest).then_some(Axis { lowest, highest })
    }

    /// Whether a value may be meant.
    pub fn has(self, value: i32) -> bool {
        let (lowest, highest) = (i64::from(self.lowest), i64::from(self.highest));
        let beyond = (highest - lowest) / BEYOND;
        (lowest - beyond..=highest + beyond).contains(&i64::from(value))
    }

    /// How far along it a value is, the middle of its unit, 0.0 to 1.0.
    fn part(self, value: i32) -> f64 {
        let units = f64::from(self.highest) - f64::from(self.lowest) + 1.0;
        let along = f64::from(value.clamp(self.lowest, self.highest)) - f64::from(self.lowest) + 0.5;
        along / units
    }
}

/// From the touchscreen's units to pixels.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub axes: [Axis; 2],
    pub calibration: Calibration,
    pub rotation: Rotation,
}

impl Place {
    /// The pixel of a picture of `size` that was touched.
    pub fn pixel(&self, (x, y): (i32, i32), size: (u32, u32)) -> (u32, u32) {
        let glass = self.calibration.apply((self.axes[0].part(x), self.axes[1].part(y)));
        let (x, y) = self.rotation.in_picture(glass);
        // What is no number is 0, and what is beyond an edge is on it.
        let pixel = |part: f64, pixels: u32| ((part * f64::from(pixels)) as u32).min(pixels.saturating_sub(1));
        (pixel(x, size.0), pixel(y, size.1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: (u32, u32) = (1280, 800);

    fn place(rotation: Rotation, calibration: Calibration) -> Place {
        let axis = Axis::new(0, 4095).unwrap();
        Place { axes: [axis, axis], calibration, rotation }
    }

    #[test]
    fn corners_are_corners_however_the_panel_hangs() {
        let corners = [(0, 0), (4095, 0), (4095, 4095), (0, 4095)];
        let pixels = [(0, 0), (1279, 0), (1279, 799), (0, 799)];
        // By each quarter the glass's corners move on by one.
        for (turns, rotation) in Rotation::ALL.into_iter().enumerate() {
            let place = place(rotation, Calibration::NONE);
            for (corner, touched) in corners.into_iter().enumerate() {
                let expected = pixels[(corner + 4 - turns) % 4];
                assert_eq!(place.pixel(touched, SIZE), expected, "{rotation:?}, {touched:?}");
            }
        }
    }

    #[test]
    fn glass_that_is_mirrored_or_shifted_is_calibrated() {
        let mirrored = place(Rotation::None, Calibration([-1.0, 0.0, 1.0, 0.0, 1.0, 0.0]));
        assert_eq!(mirrored.pixel((0, 0), SIZE), (1279, 0));
        let exchanged = place(Rotation::None, Calibration([0.0, 1.0, 0.0, 1.0, 0.0, 0.0]));
        assert_eq!(exchanged.pixel((4095, 0), SIZE), (0, 799));
        let shifted = place(Rotation::None, Calibration([1.0, 0.0, 0.25, 0.0, 1.0, 0.0]));
        assert_eq!(shifted.pixel((2048, 0), SIZE).0, 960);
        assert_eq!(shifted.pixel((4095, 0), SIZE).0, 1279, "beyond the edge is on it");
        let nonsense = place(Rotation::Quarter, Calibration([f32::NAN, f32::INFINITY, 1e30, -1e30, 0.0, 0.0]));
        for at in [(0, 0), (4095, 4095), (17, 2000)] {
            let (x, y) = nonsense.pixel(at, SIZE);
            assert!(x < SIZE.0 && y < SIZE.1);
        }
    }

    #[test]
    fn an_axis_takes_what_is_a_little_beyond_its_ends_and_nothing_that_is_far() {
        let axis = Axis::new(0, 1600).unwrap();
        assert!([0, 1600, -100, 1700].into_iter().all(|value| axis.has(value)));
        assert!(![-101, 1701, i32::MIN, i32::MAX, 65_535].into_iter().any(|value| axis.has(value)));
        assert_eq!(Axis::new(5, 5), None);
        assert_eq!(Axis::new(5, -5), None);
        let widest = Axis::new(i32::MIN, i32::MAX).unwrap();
        assert!(widest.has(i32::MIN) && widest.part(i32::MAX) < 1.0);
    }
}
