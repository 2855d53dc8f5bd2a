//! Two buffers that take turns: one is seen, the other is painted, and each is owed what changed since it was painted.

use super::frame::Damage;

#[derive(Debug)]
pub(super) struct Swap {
    owed: [Damage; 2],
    seen: usize,
}

impl Swap {
    /// Two black buffers for a picture of this size; the first is seen.
    pub fn new(size: (u32, u32)) -> Swap {
        Swap { owed: [Damage::all(size), Damage::all(size)], seen: 0 }
    }

    /// The picture changed: both buffers lack that.
    pub fn owe(&mut self, damage: &Damage) {
        self.owed.iter_mut().for_each(|owed| owed.add_all(damage));
    }

    /// The buffer that is not seen, and what it lacks: that is painted now. None if the one that is seen lacks nothing.
    pub fn paint(&mut self) -> Option<(usize, Damage)> {
        let back = 1 - self.seen;
        (!self.owed[self.seen].is_empty()).then(|| (back, std::mem::take(&mut self.owed[back])))
    }

    /// The other one is seen now.
    pub fn flipped(&mut self) {
        self.seen = 1 - self.seen;
    }
}
