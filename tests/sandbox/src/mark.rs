//! The mark: a machine-readable number in the picture, so that a test knows whose picture it sees.
//!
//! In the top-left corner a row of [`CELLS`] square cells, each a fortieth of the picture's width,
//! starting one cell from both edges. White (luma 235) is 1 and black (luma 16) is 0:
//! 1, 0, 1 to synchronise, eight bits of the id with the highest first, and even parity.
//! Survives scaling and compression, because only the middle half of each cell is averaged.

/// The id in the picture of the room's camera.
pub const ROOM: u8 = 0xA5;
/// The id in the picture of the guest's camera.
pub const GUEST: u8 = 0x5A;
/// The id in the picture of a laptop that is shared.
pub const CONTENT: u8 = 0x3C;
/// Cells in the row.
pub const CELLS: u32 = 12;

/// The picture's width in cells.
const CELLS_PER_WIDTH: u32 = 40;
/// White and black must differ by more than this, in luma.
const CONTRAST_MIN: f32 = 80.0;
const WHITE: u8 = 235;
const BLACK: u8 = 16;

/// A rectangle in a picture: x, y, width, height in pixels.
pub type Rect = (u32, u32, u32, u32);

fn cells(id: u8) -> [bool; CELLS as usize] {
    let mut cells = [false; CELLS as usize];
    cells[0] = true;
    cells[2] = true;
    for bit in 0..8 {
        cells[3 + bit] = id >> (7 - bit) & 1 == 1;
    }
    cells[11] = id.count_ones() % 2 == 1;
    cells
}

/// Draws the mark into a luma plane of `width` × `height` pixels, rows `stride` bytes apart.
///
/// A plane too small for it is left as it is.
///
/// ```
/// let (width, height) = (320, 180);
/// let mut luma = vec![128; (width * height) as usize];
/// sandbox::mark::draw_luma(&mut luma, width, height, width, sandbox::mark::GUEST);
/// let whole = (0, 0, width, height);
/// assert_eq!(sandbox::mark::read_luma(&luma, width, width, height, whole), Some(0x5A));
/// ```
pub fn draw_luma(luma: &mut [u8], width: u32, height: u32, stride: u32, id: u8) {
    let side = width / CELLS_PER_WIDTH;
    if side == 0 || height < 2 * side || luma.len() < (stride as usize) * (height as usize) {
        return;
    }
    for (index, &white) in cells(id).iter().enumerate() {
        let x = side * (1 + index as u32);
        for y in side..2 * side {
            let start = (y * stride + x) as usize;
            luma[start..start + side as usize].fill(if white { WHITE } else { BLACK });
        }
    }
}

/// Reads the mark of the picture inside `rect` of a luma plane. `None`: there is none.
pub fn read_luma(luma: &[u8], stride: u32, width: u32, height: u32, rect: Rect) -> Option<u8> {
    read(rect, width, height, |x, y| f32::from(luma.get((y * stride + x) as usize).copied().unwrap_or(0)))
}

/// Reads the mark of the picture inside `rect` of an RGBA picture. `None`: there is none.
pub fn read_rgba(rgba: &[u8], width: u32, height: u32, rect: Rect) -> Option<u8> {
    read(rect, width, height, |x, y| {
        let at = ((y * width + x) * 4) as usize;
        let channel = |i: usize| f32::from(rgba.get(at + i).copied().unwrap_or(0));
        0.299 * channel(0) + 0.587 * channel(1) + 0.114 * channel(2)
    })
}

fn read((left, top, wide, high): Rect, width: u32, height: u32, luma: impl Fn(u32, u32) -> f32) -> Option<u8> {
    if left.checked_add(wide)? > width || top.checked_add(high)? > height {
        return None;
    }
    let side = wide as f32 / CELLS_PER_WIDTH as f32;
    if side < 2.0 || (high as f32) < 2.0 * side {
        return None;
    }
    let mut mean = [0.0_f32; CELLS as usize];
    for (index, mean) in mean.iter_mut().enumerate() {
        let middle = |cell: f32| ((cell + 0.25) * side, (cell + 0.75) * side);
        let (x0, x1) = middle(1.0 + index as f32);
        let (y0, y1) = middle(1.0);
        let (x0, y0) = (x0.ceil() as u32, y0.ceil() as u32);
        let (x1, y1) = ((x1 as u32).max(x0 + 1), (y1 as u32).max(y0 + 1));
        let mut sum = 0.0;
        for y in y0..y1 {
            for x in x0..x1 {
                sum += luma(left + x, top + y);
            }
        }
        *mean = sum / ((x1 - x0) * (y1 - y0)) as f32;
    }
    let (min, max) = mean.iter().fold((f32::MAX, f32::MIN), |(min, max), &m| (min.min(m), max.max(m)));
    if max - min <= CONTRAST_MIN {
        return None;
    }
    let threshold = f32::midpoint(min, max);
    let bits = mean.map(|m| m > threshold);
    let id = bits[3..11].iter().fold(0_u8, |id, &bit| id << 1 | u8::from(bit));
    (bits == cells(id)).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_id_is_read_back() {
        let (width, height) = (160, 90);
        for id in 0..=255 {
            let mut luma = vec![90; (width * height) as usize];
            draw_luma(&mut luma, width, height, width, id);
            assert_eq!(read_luma(&luma, width, width, height, (0, 0, width, height)), Some(id));
        }
    }

    #[test]
    fn a_picture_without_a_mark_has_none() {
        let luma: Vec<u8> = (0..320 * 180_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        assert_eq!(read_luma(&luma, 320, 320, 180, (0, 0, 320, 180)), None);
        assert_eq!(read_luma(&[128; 320 * 180], 320, 320, 180, (0, 0, 320, 180)), None);
    }

    #[test]
    fn a_flipped_bit_is_noticed() {
        let (width, height) = (320_u32, 180_u32);
        let mut luma = vec![90; (width * height) as usize];
        draw_luma(&mut luma, width, height, width, ROOM);
        let side = 8;
        for y in side..2 * side {
            let start = (y * width + 5 * side) as usize;
            for pixel in &mut luma[start..start + side as usize] {
                *pixel = 251 - *pixel;
            }
        }
        assert_eq!(read_luma(&luma, width, width, height, (0, 0, width, height)), None);
    }

    #[test]
    fn the_mark_is_read_in_a_tile_of_a_larger_picture() {
        let (width, height) = (320_u32, 180_u32);
        let mut tile = vec![90; (width * height) as usize];
        draw_luma(&mut tile, width, height, width, ROOM);
        let mut rgba = vec![0; 640 * 480 * 4];
        for y in 0..height {
            for x in 0..width {
                let at = (((y + 100) * 640 + x + 200) * 4) as usize;
                rgba[at..at + 4].fill(tile[(y * width + x) as usize]);
            }
        }
        assert_eq!(read_rgba(&rgba, 640, 480, (200, 100, width, height)), Some(ROOM));
        assert_eq!(read_rgba(&rgba, 640, 480, (500, 100, width, height)), None);
    }
}
