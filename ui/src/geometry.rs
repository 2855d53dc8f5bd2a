//! Where things are: [`Area`] in layout units, [`Rect`] in pixels.

/// A rectangle of whole pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rect {
    /// Pixels from the left edge.
    pub x: i32,
    /// Pixels from the top edge.
    pub y: i32,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
}

impl Rect {
    /// The first column right of the rectangle.
    pub(crate) fn right(&self) -> i32 {
        self.x + self.width as i32
    }

    /// The first row below the rectangle.
    pub(crate) fn bottom(&self) -> i32 {
        self.y + self.height as i32
    }

    pub(crate) fn overlaps(&self, other: &Rect) -> bool {
        self.x < other.right() && other.x < self.right() && self.y < other.bottom() && other.y < self.bottom()
    }

    /// The smallest rectangle around both.
    pub(crate) fn union(&self, other: &Rect) -> Rect {
        let (x, y) = (self.x.min(other.x), self.y.min(other.y));
        let (right, bottom) = (self.right().max(other.right()), self.bottom().max(other.bottom()));
        Rect { x, y, width: (right - x) as u32, height: (bottom - y) as u32 }
    }

    /// The part inside a screen of this size, `None` when there is none.
    pub(crate) fn clipped(&self, (width, height): (u32, u32)) -> Option<Rect> {
        let (x, y) = (self.x.max(0), self.y.max(0));
        let (right, bottom) = (self.right().min(width as i32), self.bottom().min(height as i32));
        (right > x && bottom > y).then(|| Rect { x, y, width: (right - x) as u32, height: (bottom - y) as u32 })
    }
}

/// A rectangle in layout units: pixels of the size a screen was designed for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Area {
    pub x: f32,
    pub y: f32,
    pub width: f32,
    pub height: f32,
}

impl Area {
    pub const fn new(x: f32, y: f32, width: f32, height: f32) -> Area {
        Area { x, y, width, height }
    }

    pub fn right(&self) -> f32 {
        self.x + self.width
    }

    pub fn bottom(&self) -> f32 {
        self.y + self.height
    }

    pub fn centre(&self) -> (f32, f32) {
        (self.x + self.width / 2.0, self.y + self.height / 2.0)
    }

    pub fn inset(&self, horizontal: f32, vertical: f32) -> Area {
        Area::new(
            self.x + horizontal,
            self.y + vertical,
            (self.width - 2.0 * horizontal).max(0.0),
            (self.height - 2.0 * vertical).max(0.0),
        )
    }

    /// A square of this side in the middle.
    pub fn square(&self, side: f32) -> Area {
        let (x, y) = self.centre();
        Area::new(x - side / 2.0, y - side / 2.0, side, side)
    }

    /// The left part of this width.
    pub fn left(&self, width: f32) -> Area {
        Area { width, ..*self }
    }

    /// What remains right of the left part of this width.
    pub fn after(&self, width: f32) -> Area {
        Area { x: self.x + width, width: (self.width - width).max(0.0), ..*self }
    }

    /// The upper part of this height.
    pub fn top(&self, height: f32) -> Area {
        Area { height, ..*self }
    }

    /// What remains below the upper part of this height.
    pub fn below(&self, height: f32) -> Area {
        Area { y: self.y + height, height: (self.height - height).max(0.0), ..*self }
    }

    /// The column `index` of `count` equal ones with this gap between them.
    pub fn column(&self, index: usize, count: usize, gap: f32) -> Area {
        let width = (self.width - gap * (count as f32 - 1.0)) / count as f32;
        Area { x: self.x + index as f32 * (width + gap), width, ..*self }
    }

    #[cfg(test)]
    pub fn holds(&self, other: &Area) -> bool {
        let slack = 0.51;
        other.x >= self.x - slack
            && other.y >= self.y - slack
            && other.right() <= self.right() + slack
            && other.bottom() <= self.bottom() + slack
    }

    /// The pixels this area touches at this scale.
    pub fn pixels(&self, scale: f32) -> Rect {
        let (x, y) = ((self.x * scale).floor() as i32, (self.y * scale).floor() as i32);
        let (right, bottom) = ((self.right() * scale).ceil() as i32, (self.bottom() * scale).ceil() as i32);
        Rect { x, y, width: (right - x).max(0) as u32, height: (bottom - y).max(0) as u32 }
    }
}
