//! How a screen hangs: which way its picture is turned, and where a place of the picture is on the glass.

use serde::Deserialize;

/// How far clockwise the picture is turned on the glass, so that people who look at it see it upright.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(try_from = "u32")]
pub enum Rotation {
    #[default]
    None,
    Quarter,
    Half,
    ThreeQuarters,
}

impl TryFrom<u32> for Rotation {
    type Error = &'static str;

    /// From degrees.
    fn try_from(degrees: u32) -> Result<Rotation, &'static str> {
        match degrees {
            0 => Ok(Rotation::None),
            90 => Ok(Rotation::Quarter),
            180 => Ok(Rotation::Half),
            270 => Ok(Rotation::ThreeQuarters),
            _ => Err("a rotation is 0, 90, 180 or 270 degrees"),
        }
    }
}

impl Rotation {
    #[cfg(test)]
    pub const ALL: [Rotation; 4] = [Rotation::None, Rotation::Quarter, Rotation::Half, Rotation::ThreeQuarters];

    /// The size of the picture on glass of this size, and the other way round.
    pub fn turn(self, (width, height): (u32, u32)) -> (u32, u32) {
        match self {
            Rotation::None | Rotation::Half => (width, height),
            Rotation::Quarter | Rotation::ThreeQuarters => (height, width),
        }
    }

    /// Where a pixel of a picture of `size` is on the glass.
    pub fn on_glass(self, (x, y): (u32, u32), (width, height): (u32, u32)) -> (u32, u32) {
        match self {
            Rotation::None => (x, y),
            Rotation::Quarter => (height - 1 - y, x),
            Rotation::Half => (width - 1 - x, height - 1 - y),
            Rotation::ThreeQuarters => (y, width - 1 - x),
        }
    }

    /// Where a place of the glass is in the picture; both as parts of the width and height, 0.0 to 1.0.
    pub fn in_picture(self, (x, y): (f64, f64)) -> (f64, f64) {
        match self {
            Rotation::None => (x, y),
            Rotation::Quarter => (y, 1.0 - x),
            Rotation::Half => (1.0 - x, 1.0 - y),
            Rotation::ThreeQuarters => (1.0 - y, x),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_drawn_and_what_is_touched_are_the_same_place() {
        let size = (5, 3);
        for rotation in Rotation::ALL {
            let glass = rotation.turn(size);
            let mut seen = std::collections::BTreeSet::new();
            for (x, y) in (0..size.0).flat_map(|x| (0..size.1).map(move |y| (x, y))) {
                let at = rotation.on_glass((x, y), size);
                assert!(at.0 < glass.0 && at.1 < glass.1 && seen.insert(at), "{rotation:?}: {at:?}");
                let middle = |at, of| (f64::from(at) + 0.5) / f64::from(of);
                let touched = rotation.in_picture((middle(at.0, glass.0), middle(at.1, glass.1)));
                let pixel = ((touched.0 * f64::from(size.0)) as u32, (touched.1 * f64::from(size.1)) as u32);
                assert_eq!(pixel, (x, y), "{rotation:?}");
            }
        }
    }

    #[test]
    fn a_quarter_turns_the_top_to_the_right() {
        assert_eq!(Rotation::Quarter.on_glass((0, 0), (4, 2)), (1, 0));
        assert_eq!(Rotation::Quarter.turn((4, 2)), (2, 4));
        assert!(Rotation::try_from(45).is_err());
    }
}
