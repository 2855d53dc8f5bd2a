//! The mark: what a simulated picture says about who made it, so that a test that sees a picture
//! anywhere knows whose it is, even after encoding and scaling.
//!
//! Twelve square cells in the top left corner, each `width / 40` pixels wide, one cell from both
//! edges: the bits 1, 0, 1, then eight bits of identity (highest first), then their even parity.
//! White (luma 235) is 1, black (luma 16) is 0; around the mark there is no colour.

/// The identity of the room's own simulated camera.
pub const ROOM: u8 = 0xA5;
/// The identity of the laptop at the room's simulated content input.
pub const CONTENT: u8 = 0x3C;
/// Below the mark of a laptop's picture, so many cells down, is a row of cells with vertical lines one pixel wide.
pub const DETAIL_ROW: u32 = 15;

const BITS: u32 = 12;
const ONE: u8 = 235;
const ZERO: u8 = 16;
const NEUTRAL: u8 = 128;

/// The side of one cell, in pixels of a picture this wide.
pub fn cell(width: u32) -> u32 {
    width / 40
}

fn pattern(id: u8) -> u32 {
    let parity = id.count_ones() % 2;
    0b101 << 9 | u32::from(id) << 1 | parity
}

/// Draws the mark into an I420 picture (Y, U, V planes without padding, even sides). A picture
/// too flat to hold it gets what fits; a buffer that is not such a picture is left alone.
pub fn draw(id: u8, width: u32, height: u32, i420: &mut [u8]) {
    let cell = cell(width) as usize;
    let (width, height) = (width as usize, height as usize);
    if i420.len() != width * height * 3 / 2 {
        return;
    }
    let (luma, chroma) = i420.split_at_mut(width * height);

    for row in luma.chunks_exact_mut(width).skip(cell).take(cell) {
        for bit in 0..BITS {
            let is_one = pattern(id) >> (BITS - 1 - bit) & 1 == 1;
            let left = cell * (1 + bit as usize);
            row[left..left + cell].fill(if is_one { ONE } else { ZERO });
        }
    }
    let (columns, rows) = ((cell * 15).div_ceil(2), (cell * 3).div_ceil(2));
    for plane in chroma.chunks_exact_mut(width * height / 4) {
        for row in plane.chunks_exact_mut(width / 2).take(rows) {
            row[..columns].fill(NEUTRAL);
        }
    }
}

/// How much is left of the lines one pixel wide in a laptop's picture: the mean difference between
/// neighbours in the middle of their row, 0 (gone: the picture was made smaller on the way) to 185.
pub fn detail(luma: &[u8], width: u32, stride: usize) -> u32 {
    let cell = cell(width) as usize;
    let y = DETAIL_ROW as usize * cell + cell / 2;
    let (left, right) = (4 * cell, (width as usize).saturating_sub(4 * cell));
    let Some(row) = luma.get(y * stride + left..y * stride + right) else { return 0 };
    let sum: u32 = row.windows(2).map(|pair| u32::from(pair[0].abs_diff(pair[1]))).sum();
    sum / (row.len().max(2) as u32 - 1)
}

/// Whose picture this is: reads the mark from a luma plane with `stride` bytes per row. The
/// picture may be a tile of a larger one: begin the slice at its first pixel.
///
/// `None` when there is no mark, or one too damaged to be sure of.
pub fn read(luma: &[u8], width: u32, stride: usize) -> Option<u8> {
    // Cells are whole pixels where they are drawn, and no longer after scaling.
    let (scaled, drawn) = (width as f32 / 40.0, cell(width) as f32);
    read_cells(luma, scaled, stride).or_else(|| read_cells(luma, drawn, stride))
}

fn read_cells(luma: &[u8], cell: f32, stride: usize) -> Option<u8> {
    let mut bits = 0;
    for bit in 0..BITS {
        let (mut sum, mut count) = (0u32, 0u32);
        // The middle of the cell, where neighbours do not bleed in.
        let middle = |start: f32| (start + cell * 0.3) as usize..=(start + cell * 0.7) as usize;
        for y in middle(cell) {
            for x in middle(cell * (1 + bit) as f32) {
                sum += u32::from(*luma.get(y * stride + x)?);
                count += 1;
            }
        }
        bits = bits << 1
            | match sum / count {
                160.. => 1,
                0..=95 => 0,
                _ => return None,
            };
    }
    let id = (bits >> 1 & 0xFF) as u8;
    (bits == pattern(id)).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grey(width: u32, height: u32) -> Vec<u8> {
        vec![100; (width * height * 3 / 2) as usize]
    }

    #[test]
    fn every_identity_is_read_back_at_every_size() {
        for (width, height) in [(64, 64), (118, 64), (426, 240), (642, 362), (1280, 720), (1920, 1080)] {
            for id in 0..=255 {
                let mut picture = grey(width, height);
                draw(id, width, height, &mut picture);
                assert_eq!(read(&picture, width, width as usize), Some(id), "{id:#x} at {width}x{height}");
            }
        }
    }

    #[test]
    fn cells_are_where_the_description_says() {
        let mut picture = grey(400, 200);
        draw(0b1100_0001, 400, 200, &mut picture);
        let centre = |n: usize| picture[15 * 400 + 10 + n * 10 + 5];
        let cells: Vec<u8> = (0..12).map(centre).collect();
        assert_eq!(cells, [235, 16, 235, 235, 235, 16, 16, 16, 16, 16, 235, 235]);
        assert_eq!(picture[9 * 400 + 15], 100, "one cell of margin above");
        assert_eq!(picture[15 * 400 + 9], 100, "one cell of margin to the left");
        let u = &picture[400 * 200..];
        assert_eq!((u[14 * 200 + 74], u[14 * 200 + 75], u[15 * 200 + 74]), (128, 100, 100));
    }

    #[test]
    fn a_damaged_mark_is_no_mark() {
        let mut picture = grey(400, 200);
        assert_eq!(read(&picture, 400, 400), None, "grey");
        draw(ROOM, 400, 200, &mut picture);
        for row in picture.chunks_exact_mut(400).skip(10).take(10) {
            row[60..70].fill(16); // The third identity bit, a one, is lost.
        }
        assert_eq!(read(&picture, 400, 400), None, "parity");
        assert_eq!(read(&picture[..400], 400, 400), None, "too short");
    }

    #[test]
    fn a_flat_picture_and_a_wrong_buffer_do_no_harm() {
        draw(ROOM, 7680, 64, &mut grey(7680, 64));
        draw(ROOM, 1280, 720, &mut [0; 10]);
    }
}
