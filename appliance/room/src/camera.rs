//! Where the room's camera looks, and the places people made it remember.

/// Where the camera looks, in thousandths of its reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pose {
    /// -1000 (left, as the camera sees it) to 1000 (right).
    pub pan: i16,
    /// -1000 (down) to 1000 (up).
    pub tilt: i16,
    /// 0 (everything) to 1000 (nearest).
    pub zoom: i16,
}

impl Pose {
    /// As near to this as a camera goes.
    #[must_use]
    pub fn within(self) -> Pose {
        Pose { pan: self.pan.clamp(-1000, 1000), tilt: self.tilt.clamp(-1000, 1000), zoom: self.zoom.clamp(0, 1000) }
    }

    /// Turned on by this, and not beyond its reach.
    #[must_use]
    pub fn turned(self, turn: Turn) -> Pose {
        const STEP: i16 = 100;
        let moved = |from: i16, steps: i8| from.saturating_add(i16::from(steps.clamp(-20, 20)) * STEP);
        Pose { pan: moved(self.pan, turn.pan), tilt: moved(self.tilt, turn.tilt), zoom: moved(self.zoom, turn.zoom) }
            .within()
    }
}

/// A turn of the camera, in steps of a touch; positive is right, up and nearer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Turn {
    pub pan: i8,
    pub tilt: i8,
    pub zoom: i8,
}

/// Which ways the camera can be turned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reach {
    pub pan: bool,
    pub tilt: bool,
    pub zoom: bool,
}

/// Places the room remembers.
pub const PRESETS: usize = 4;

/// The remembered places, by their number on the panel; `None`: nothing is remembered there.
pub type Presets = [Option<Pose>; PRESETS];

/// A camera that can be turned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turning {
    pub reach: Reach,
    pub pose: Pose,
    pub presets: Presets,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_ends_where_the_camera_does() {
        let right = Turn { pan: 1, ..Turn::default() };
        let far = (0..30).fold(Pose::default(), |pose, _| pose.turned(right));
        assert_eq!(far, Pose { pan: 1000, ..Pose::default() });
        let wild = Turn { pan: i8::MIN, tilt: i8::MAX, zoom: i8::MIN };
        assert_eq!(far.turned(wild).turned(wild), Pose { pan: -1000, tilt: 1000, zoom: 0 });
    }
}
