//! The pictures everybody's camera gives here: a moving scene with the detail and the noise of a
//! real camera, so that encoders have to work, and marks that say which picture it is and whose.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use sandbox::mark;

/// Pictures in a loop; each carries its number.
pub const LOOP: usize = 128;
/// Sensor noise, in luma steps up and down.
const NOISE: i16 = 3;

/// One I420 picture: number `index` of the loop, by camera `who`.
pub fn i420(width: u32, height: u32, index: usize, who: u8) -> Vec<u8> {
    let phase = index as f64 / LOOP as f64;
    let (mut luma, blue, red) = sandbox::fake_media::scene(width, height, phase, 0);
    let mut random = fastrand::Rng::with_seed(index as u64 * 251 + u64::from(who));
    for (at, sample) in luma.iter_mut().enumerate() {
        let (x, y) = (at as u32 % width, at as u32 / width);
        let texture = (x * 640 / width / 8 ^ y * 360 / height / 8) % 7;
        let noise = random.i16(-NOISE..=NOISE) + texture as i16 * 4;
        *sample = (i16::from(*sample) + noise).clamp(16, 235) as u8;
    }
    mark::draw_luma(&mut luma, width, height, width, index as u8);
    let below = below(width);
    mark::draw_luma(&mut luma[(below * width) as usize..], width, height - below, width, who);
    [luma, blue, red].concat()
}

/// How far below the top the area begins whose mark says whose picture it is.
fn below(width: u32) -> u32 {
    2 * (width / 40)
}

/// Which rows of a tile must be read to read its marks: how many from its top.
pub fn marked_rows(tile_width: u32) -> u32 {
    tile_width / 40 * 5 + 5
}

/// The number of the picture in a tile and whose it is: `luma` holds the tile's top rows, `width`
/// samples each, of which the tile has `tile_width` from `x` on.
pub fn read(luma: &[u8], width: u32, x: u32, tile_width: u32) -> Option<(u8, u8)> {
    let rows = (luma.len() as u32).checked_div(width)?;
    let index = mark::read_luma(luma, width, width, rows, (x, 0, tile_width, rows))?;
    let top = (tile_width as f32 / 20.0).round() as u32;
    let who = mark::read_luma(luma, width, width, rows, (x, top, tile_width, rows.checked_sub(top)?))?;
    Some((index, who))
}

/// Writes the loop as YUV4MPEG2.
pub fn write_y4m(path: &Path, width: u32, height: u32, fps: u32, who: u8) -> io::Result<()> {
    let mut file = BufWriter::with_capacity(1 << 20, File::create(path)?);
    writeln!(file, "YUV4MPEG2 W{width} H{height} F{fps}:1 Ip A1:1 C420jpeg")?;
    for index in 0..LOOP {
        file.write_all(b"FRAME\n")?;
        file.write_all(&i420(width, height, index, who))?;
    }
    file.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_marks_are_read_in_a_tile() {
        let (width, height) = (640, 360);
        for (index, who) in [(0, 1), (5, 10), (127, 3)] {
            let picture = i420(width, height, index, who);
            let mut display = vec![16; 1000 * 80];
            let rows = marked_rows(width) as usize;
            for row in 0..rows.min(80) {
                let from = row * width as usize;
                display[row * 1000 + 40..row * 1000 + 680].copy_from_slice(&picture[from..from + 640]);
            }
            assert_eq!(read(&display, 1000, 40, width), Some((index as u8, who)));
        }
        assert_eq!(read(&[16; 1000 * 85], 1000, 0, 640), None);
        assert_eq!(read(&[], 1000, 0, 640), None);
    }
}
