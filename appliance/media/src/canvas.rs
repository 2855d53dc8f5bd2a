//! The display's picture in I420, and how other pictures are laid onto it.

use crate::scene::Rect;

/// The border that says who speaks, in luma and chroma: a clear blue.
const ACCENT: (u8, u8, u8) = (133, 196, 80);
const BORDER: usize = 4;
/// What pictures that do not fill their tile leave: near black.
const DARK: (u8, u8, u8) = (20, 128, 128);

/// An area of the canvas with even edges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Area {
    pub x: usize,
    pub y: usize,
    pub width: usize,
    pub height: usize,
}

impl Area {
    /// The largest area of the shape `width` by `height` in the middle of this one.
    pub fn fit(self, width: u32, height: u32) -> Area {
        let (width, height) = (width.max(1) as usize, height.max(1) as usize);
        let (fitted_width, fitted_height) = if width * self.height > height * self.width {
            (self.width, self.width * height / width)
        } else {
            (self.height * width / height, self.height)
        };
        let (fitted_width, fitted_height) = (even(fitted_width).max(2), even(fitted_height).max(2));
        Area {
            x: self.x + even((self.width.saturating_sub(fitted_width)) / 2),
            y: self.y + even((self.height.saturating_sub(fitted_height)) / 2),
            width: fitted_width.min(self.width),
            height: fitted_height.min(self.height),
        }
    }
}

/// The rows of a picture in I420, perhaps with an alpha plane.
#[derive(Clone, Copy)]
pub(crate) struct Planes<'a> {
    pub width: usize,
    pub height: usize,
    pub data: [&'a [u8]; 3],
    pub stride: [usize; 3],
    pub alpha: Option<(&'a [u8], usize)>,
}

/// A picture in I420 without padding.
#[derive(Clone)]
pub(crate) struct Canvas {
    pub width: usize,
    pub height: usize,
    pub luma: Vec<u8>,
    pub blue: Vec<u8>,
    pub red: Vec<u8>,
}

fn even(length: usize) -> usize {
    length & !1
}

impl Canvas {
    /// A black canvas; odd sizes are rounded down.
    pub fn new(width: u32, height: u32) -> Canvas {
        let (width, height) = (even(width as usize).max(2), even(height as usize).max(2));
        let chroma = width * height / 4;
        Canvas { width, height, luma: vec![16; width * height], blue: vec![128; chroma], red: vec![128; chroma] }
    }

    pub fn clear(&mut self) {
        self.luma.fill(16);
        self.blue.fill(128);
        self.red.fill(128);
    }

    /// The part of `rect` on the canvas; none when nothing is.
    pub fn area(&self, rect: Rect) -> Option<Area> {
        let (x, y) = (even(rect.x as usize), even(rect.y as usize));
        let width = even(rect.width as usize).min(self.width.saturating_sub(x));
        let height = even(rect.height as usize).min(self.height.saturating_sub(y));
        (width >= 2 && height >= 2).then_some(Area { x, y, width, height })
    }

    /// Fills `area` with the background of tiles.
    pub fn darken(&mut self, area: Area) {
        self.fill(area, DARK);
    }

    /// Draws a border along the inner edge of `area`.
    pub fn highlight(&mut self, area: Area) {
        let Area { x, y, width, height } = area;
        if width <= 2 * BORDER || height <= 2 * BORDER {
            return;
        }
        self.fill(Area { height: BORDER, ..area }, ACCENT);
        self.fill(Area { y: y + height - BORDER, height: BORDER, ..area }, ACCENT);
        self.fill(Area { width: BORDER, ..area }, ACCENT);
        self.fill(Area { x: x + width - BORDER, width: BORDER, ..area }, ACCENT);
    }

    fn fill(&mut self, area: Area, colour: (u8, u8, u8)) {
        fill_plane(&mut self.luma, self.width, area, colour.0);
        let half = halved(area);
        fill_plane(&mut self.blue, self.width / 2, half, colour.1);
        fill_plane(&mut self.red, self.width / 2, half, colour.2);
    }

    /// Copies `planes` to the top left of `area`, cut where it ends.
    pub fn copy(&mut self, planes: &Planes, area: Area) {
        let width = even(planes.width.min(area.width));
        let height = even(planes.height.min(area.height));
        let area = Area { width, height, ..area };
        copy_plane(&mut self.luma, self.width, area, planes.data[0], planes.stride[0]);
        copy_plane(&mut self.blue, self.width / 2, halved(area), planes.data[1], planes.stride[1]);
        copy_plane(&mut self.red, self.width / 2, halved(area), planes.data[2], planes.stride[2]);
    }

    /// Lays `planes` over the top left of `area` through their alpha, cut where it ends.
    pub fn blend(&mut self, planes: &Planes, area: Area) {
        let Some((alpha, alpha_stride)) = planes.alpha else { return self.copy(planes, area) };
        let width = even(planes.width.min(area.width));
        let height = even(planes.height.min(area.height));
        let area = Area { width, height, ..area };
        blend_plane(&mut self.luma, self.width, area, (planes.data[0], planes.stride[0]), (alpha, alpha_stride), 1);
        let (half, stride) = (halved(area), self.width / 2);
        blend_plane(&mut self.blue, stride, half, (planes.data[1], planes.stride[1]), (alpha, alpha_stride), 2);
        blend_plane(&mut self.red, stride, half, (planes.data[2], planes.stride[2]), (alpha, alpha_stride), 2);
    }
}

fn halved(area: Area) -> Area {
    Area { x: area.x / 2, y: area.y / 2, width: area.width / 2, height: area.height / 2 }
}

fn rows(plane: &mut [u8], stride: usize, area: Area) -> impl Iterator<Item = &mut [u8]> {
    let Area { x, y, width, height } = area;
    plane.chunks_exact_mut(stride).skip(y).take(height).filter_map(move |row| row.get_mut(x..x + width))
}

fn fill_plane(plane: &mut [u8], stride: usize, area: Area, value: u8) {
    for row in rows(plane, stride, area) {
        row.fill(value);
    }
}

fn copy_plane(plane: &mut [u8], stride: usize, area: Area, source: &[u8], source_stride: usize) {
    for (row, source) in rows(plane, stride, area).zip(source.chunks(source_stride.max(1))) {
        if let Some(source) = source.get(..row.len()) {
            row.copy_from_slice(source);
        }
    }
}

fn blend_plane(
    plane: &mut [u8],
    stride: usize,
    area: Area,
    (source, source_stride): (&[u8], usize),
    (alpha, alpha_stride): (&[u8], usize),
    step: usize,
) {
    let sources = source.chunks(source_stride.max(1));
    let alphas = alpha.chunks(alpha_stride.max(1)).step_by(step);
    for ((row, source), alpha) in rows(plane, stride, area).zip(sources).zip(alphas) {
        for ((below, above), alpha) in row.iter_mut().zip(source).zip(alpha.iter().step_by(step)) {
            let share = u32::from(*alpha);
            let sum = u32::from(*below) * (255 - share) + u32::from(*above) * share;
            *below = ((sum + 127) / 255) as u8;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rect(x: u32, y: u32, width: u32, height: u32) -> Rect {
        Rect { x, y, width, height }
    }

    #[test]
    fn areas_are_even_and_on_the_canvas() {
        let canvas = Canvas::new(640, 360);
        assert_eq!(canvas.area(rect(3, 5, 101, 51)), Some(Area { x: 2, y: 4, width: 100, height: 50 }));
        assert_eq!(canvas.area(rect(600, 300, 100, 100)), Some(Area { x: 600, y: 300, width: 40, height: 60 }));
        assert_eq!(canvas.area(rect(640, 0, 100, 100)), None);
        assert_eq!(canvas.area(rect(u32::MAX, u32::MAX, u32::MAX, u32::MAX)), None);
    }

    #[test]
    fn pictures_keep_their_shape_in_the_middle_of_a_tile() {
        let tile = Area { x: 10, y: 20, width: 320, height: 320 };
        assert_eq!(tile.fit(1280, 720), Area { x: 10, y: 90, width: 320, height: 180 });
        assert_eq!(tile.fit(720, 1280), Area { x: 80, y: 20, width: 180, height: 320 });
        assert_eq!(tile.fit(100, 100), tile);
    }

    #[test]
    fn blending_goes_through_alpha_and_stops_at_the_edge() {
        let mut canvas = Canvas::new(8, 4);
        let (luma, chroma, alpha) = ([235; 64], [128; 16], [[255; 4], [0; 4]].concat().repeat(8));
        let planes = Planes {
            width: 8,
            height: 8,
            data: [&luma, &chroma, &chroma],
            stride: [8, 4, 4],
            alpha: Some((&alpha, 8)),
        };
        let area = canvas.area(rect(2, 2, 100, 100)).unwrap();
        canvas.blend(&planes, area);
        assert_eq!(canvas.luma[..16], [16; 16]);
        assert_eq!(canvas.luma[16..24], [16, 16, 235, 235, 235, 235, 16, 16]);
    }

    #[test]
    fn a_highlight_is_a_border_of_four_pixels() {
        let mut canvas = Canvas::new(64, 32);
        let area = canvas.area(rect(0, 0, 64, 32)).unwrap();
        canvas.highlight(area);
        let row = &canvas.luma[64 * 16..64 * 17];
        assert_eq!(row.iter().filter(|luma| **luma == ACCENT.0).count(), 8);
        assert_eq!(row[4], 16);
    }
}
