//! Which pixels go where: pictures as they are drawn, rectangles of them, and the bytes a screen takes (XRGB8888,
//! little-endian, as `drm_fourcc.h` defines it).

use std::ops::Range;
use std::sync::Arc;

use crate::rotation::Rotation;

/// Rectangles that are told apart; more become one that holds them all.
const RECTS_MAX: usize = 16;

/// A rectangle of a picture, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rect {
    pub x: u32,
    pub y: u32,
    pub width: u32,
    pub height: u32,
}

impl Rect {
    fn around(self, other: Rect) -> Rect {
        let (x, y) = (self.x.min(other.x), self.y.min(other.y));
        let end = |a: u32, b: u32, c: u32, d: u32| a.saturating_add(b).max(c.saturating_add(d));
        Rect {
            x,
            y,
            width: end(self.x, self.width, other.x, other.width) - x,
            height: end(self.y, self.height, other.y, other.height) - y,
        }
    }

    /// What of it is within a picture of this size.
    fn within(self, (width, height): (u32, u32)) -> Rect {
        let (x, y) = (self.x.min(width), self.y.min(height));
        let (right, bottom) = (self.x.saturating_add(self.width), self.y.saturating_add(self.height));
        Rect { x, y, width: right.min(width) - x, height: bottom.min(height) - y }
    }

    fn is_empty(self) -> bool {
        self.width == 0 || self.height == 0
    }
}

/// What of a picture is to be painted again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Damage(Vec<Rect>);

impl Damage {
    pub fn all((width, height): (u32, u32)) -> Damage {
        Damage(vec![Rect { x: 0, y: 0, width, height }])
    }

    pub fn add(&mut self, rect: Rect) {
        if rect.is_empty() || self.0.contains(&rect) {
            return;
        }
        self.0.push(rect);
        if self.0.len() > RECTS_MAX {
            self.0 = self.0.iter().copied().reduce(Rect::around).into_iter().collect();
        }
    }

    pub fn add_all(&mut self, other: &Damage) {
        other.0.iter().for_each(|rect| self.add(*rect));
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn rects(&self) -> &[Rect] {
        &self.0
    }
}

/// How pixels are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Pixels {
    /// Row by row, without padding.
    Rgba(Arc<Vec<u8>>),
    /// ITU-R BT.709, limited range: the planes Y, U and V one after the other, without padding.
    I420(Vec<u8>),
}

/// A picture that is as long as its size says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Picture {
    pixels: Pixels,
    size: (u32, u32),
}

impl Picture {
    /// None if it is not.
    pub fn new(pixels: Pixels, size: (u32, u32)) -> Option<Picture> {
        let (width, height) = (size.0 as usize, size.1 as usize);
        let is_whole = match &pixels {
            Pixels::Rgba(bytes) => bytes.len() == width * height * 4,
            Pixels::I420(bytes) => {
                width.is_multiple_of(2) && height.is_multiple_of(2) && bytes.len() == width * height * 3 / 2
            }
        };
        is_whole.then_some(Picture { pixels, size })
    }

    pub fn size(&self) -> (u32, u32) {
        self.size
    }

    /// Takes some rows of another picture of the same size. Says whether they are that long.
    pub fn replace_rows(&mut self, planes: [&[u8]; 3], rows: Range<u32>) -> bool {
        let (width, height) = (self.size.0 as usize, self.size.1 as usize);
        let Pixels::I420(own) = &mut self.pixels else { return false };
        if planes[0].len() != width * height || planes[1..].iter().any(|plane| plane.len() != width * height / 4) {
            return false;
        }
        let rows = rows.start.min(self.size.1) as usize..rows.end.min(self.size.1) as usize;
        let mut at = 0;
        for (plane, parts) in planes.into_iter().zip([1, 2, 2]) {
            let stride = width / parts;
            let changed = rows.start / parts * stride..rows.end.div_ceil(parts) * stride;
            if let (Some(to), Some(from)) = (own.get_mut(at + changed.start..at + changed.end), plane.get(changed)) {
                to.copy_from_slice(from);
            }
            at += plane.len();
        }
        true
    }

    /// Some pixels of a row as a screen takes them.
    fn row(&self, y: u32, x: Range<u32>, screen: &mut Vec<[u8; 4]>) {
        screen.clear();
        let (width, height) = (self.size.0 as usize, self.size.1 as usize);
        let (y, x) = (y as usize, x.start as usize..x.end as usize);
        match &self.pixels {
            Pixels::Rgba(bytes) => {
                let row = &bytes[(y * width + x.start) * 4..(y * width + x.end) * 4];
                screen.extend(row.chunks_exact(4).map(|rgba| [rgba[2], rgba[1], rgba[0], 0]));
            }
            Pixels::I420(bytes) => {
                let (luma, chroma) = bytes.split_at(width * height);
                let (blue, red) = chroma.split_at(width * height / 4);
                // Two pixels of a row share their colour.
                let pairs = x.start / 2..x.end.div_ceil(2);
                let at = y / 2 * (width / 2);
                let luma = luma[y * width + 2 * pairs.start..y * width + 2 * pairs.end].chunks_exact(2);
                let blue = &blue[at + pairs.start..at + pairs.end];
                let red = &red[at + pairs.start..at + pairs.end];
                screen.resize(2 * pairs.len(), [0; 4]);
                for (((pixels, luma), blue), red) in screen.chunks_exact_mut(2).zip(luma).zip(blue).zip(red) {
                    let colour = Colour::new(*blue, *red);
                    (pixels[0], pixels[1]) = (colour.with(luma[0]), colour.with(luma[1]));
                }
                screen.truncate(x.end - 2 * pairs.start);
                screen.drain(..x.start - 2 * pairs.start);
            }
        }
    }
}

/// What both differences of colour add to blue, green and red: ITU-R BT.709, limited range, in 1/65536.
struct Colour([i32; 3]);

impl Colour {
    fn new(blue: u8, red: u8) -> Colour {
        let (blue, red) = (i32::from(blue) - 128, i32::from(red) - 128);
        Colour([138_438 * blue, -13_975 * blue - 34_925 * red, 117_489 * red])
    }

    fn with(&self, luma: u8) -> [u8; 4] {
        let luma = (i32::from(luma) - 16) * 76_309 + 32_768;
        let [blue, green, red] = self.0.map(|part| ((luma + part) >> 16).clamp(0, 255) as u8);
        [blue, green, red, 0]
    }
}

/// A buffer of a screen.
pub(super) struct Glass<'a> {
    pub bytes: &'a mut [u8],
    /// Bytes from one row to the next.
    pub pitch: usize,
    pub size: (u32, u32),
}

/// Paints a rectangle of a picture onto glass on which it is turned so. What has no place there is left out.
pub(super) fn paint(picture: &Picture, rect: Rect, rotation: Rotation, glass: &mut Glass<'_>) {
    let size = picture.size();
    let rect = rect.within(size);
    let mut row = Vec::with_capacity(rect.width as usize);
    for y in rect.y..rect.y + rect.height {
        picture.row(y, rect.x..rect.x + rect.width, &mut row);
        if rotation == Rotation::None {
            if y < glass.size.1 && rect.x < glass.size.0 {
                let at = y as usize * glass.pitch + rect.x as usize * 4;
                let count = row.len().min((glass.size.0 - rect.x) as usize);
                if let Some(to) = glass.bytes.get_mut(at..at + count * 4) {
                    to.copy_from_slice(row[..count].as_flattened());
                }
            }
            continue;
        }
        for (x, pixel) in (rect.x..).zip(&row) {
            let (x, y) = rotation.on_glass((x, y), size);
            if x < glass.size.0 && y < glass.size.1 {
                let at = y as usize * glass.pitch + x as usize * 4;
                if let Some(to) = glass.bytes.get_mut(at..at + 4) {
                    to.copy_from_slice(pixel);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_arrive_as_they_were() {
        let bt709 = |luma, blue, red| Colour::new(blue, red).with(luma);
        assert_eq!(bt709(16, 128, 128), [0, 0, 0, 0]);
        assert_eq!(bt709(235, 128, 128), [255, 255, 255, 0]);
        // Red, green and blue at full, by the matrix of the standard.
        for (luma, blue, red, expected) in
            [(63, 102, 240, [0, 0, 255]), (173, 42, 26, [0, 255, 0]), (32, 240, 118, [255, 0, 0])]
        {
            let shown = bt709(luma, blue, red);
            assert!(
                shown.iter().zip(expected).all(|(a, b): (_, u8)| a.abs_diff(b) <= 3),
                "{shown:?}, not {expected:?}"
            );
        }
        let picture = Picture::new(Pixels::Rgba(vec![1, 2, 3, 255].into()), (1, 1)).unwrap();
        let mut bytes = [9; 4];
        let rect = Rect { x: 0, y: 0, width: 1, height: 1 };
        paint(&picture, rect, Rotation::None, &mut Glass { bytes: &mut bytes, pitch: 4, size: (1, 1) });
        assert_eq!(bytes, [3, 2, 1, 0], "blue, green, red");
    }

    #[test]
    fn a_picture_larger_or_smaller_than_the_glass_stays_on_it() {
        for rotation in Rotation::ALL {
            for size in [(2, 2), (6, 4), (40, 30)] {
                let picture =
                    Picture::new(Pixels::Rgba(vec![7; size.0 * size.1 * 4].into()), (size.0 as u32, size.1 as u32));
                let picture = picture.unwrap();
                // The pitch has room that is nobody's.
                let mut bytes = vec![1; 5 * 32];
                let mut glass = Glass { bytes: &mut bytes, pitch: 32, size: (6, 5) };
                paint(&picture, Rect { x: 1, y: 0, width: u32::MAX, height: u32::MAX }, rotation, &mut glass);
                assert!(bytes.chunks(32).all(|row| row[24..] == [1; 8]), "{rotation:?} {size:?}");
            }
        }
    }

    #[test]
    fn a_piece_of_a_row_is_that_piece_of_it_whole() {
        let bytes = (0..8 * 4 * 3 / 2).map(|at| (at * 37) as u8).collect();
        let picture = Picture::new(Pixels::I420(bytes), (8, 4)).unwrap();
        let (mut whole, mut piece) = (Vec::new(), Vec::new());
        picture.row(3, 0..8, &mut whole);
        for start in 0..8 {
            for end in start..=8 {
                picture.row(3, start..end, &mut piece);
                assert_eq!(piece, whole[start as usize..end as usize], "{start} to {end}");
            }
        }
    }

    #[test]
    fn pictures_of_another_length_than_their_size_are_none() {
        assert!(Picture::new(Pixels::Rgba(vec![0; 15].into()), (2, 2)).is_none());
        assert!(Picture::new(Pixels::I420(vec![0; 6]), (2, 2)).is_some());
        assert!(Picture::new(Pixels::I420(vec![0; 4]), (3, 1)).is_none(), "odd");
        let mut picture = Picture::new(Pixels::I420(vec![0; 6]), (2, 2)).unwrap();
        assert!(!picture.replace_rows([&[1; 3], &[1], &[1]], 0..2));
        assert!(picture.replace_rows([&[1; 4], &[2], &[3]], 0..u32::MAX));
        assert_eq!(picture.pixels, Pixels::I420(vec![1, 1, 1, 1, 2, 3]));
    }

    #[test]
    fn damage_never_grows_beyond_a_few_rectangles_and_loses_none() {
        let mut damage = Damage::default();
        damage.add(Rect { x: 5, y: 5, width: 0, height: 9 });
        assert!(damage.is_empty());
        for at in 0..1000 {
            damage.add(Rect { x: at, y: 2 * at, width: 3, height: 1 });
            assert!(damage.rects().len() <= RECTS_MAX);
        }
        let all = damage.rects().iter().copied().reduce(Rect::around).unwrap();
        assert_eq!(all, Rect { x: 0, y: 0, width: 1002, height: 1999 });
    }
}
