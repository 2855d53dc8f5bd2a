//! The slide on the simulated laptop: a title, small text, lines one pixel wide, and a bar that moves.
//!
//! The lines are how a test knows that nothing on the way made the picture smaller: they are grey as
//! soon as anything did.

use std::time::Duration;

use crate::{VideoFormat, mark};

const PAPER: u8 = 225;
const INK: u8 = 40;
const NEUTRAL: u8 = 128;
const BAR: (u8, u8, u8) = (110, 190, 90);
/// How long the bar takes across the slide.
const BAR_PERIOD_S: f64 = 10.0;

const LINES: [&str; 9] = [
    "BUDGET 2027  DRAFT 3",
    "STAFF          412 600",
    "BUILDINGS       98 150",
    "NETWORK         37 480",
    "TRAVEL          12 075",
    "TRAINING        21 900",
    "RESERVE         15 000",
    "SUM            597 205",
    "ALL FIGURES IN EURO  SMALL PRINT MUST BE READ FROM THE LAST ROW",
];

pub(crate) struct Slide {
    format: VideoFormat,
    still: Vec<u8>,
}

impl Slide {
    pub fn new(format: VideoFormat) -> Slide {
        let (width, height) = (format.width as usize, format.height as usize);
        let mut still = vec![PAPER; width * height * 3 / 2];
        still[width * height..].fill(NEUTRAL);
        let luma = &mut still[..width * height];
        let cell = (width / 40).max(1);
        for (number, line) in LINES.iter().enumerate() {
            let (scale, y) = match number {
                0 => (cell / 6, 3 * cell),
                8 => (cell / 24, 17 * cell),
                row => (cell / 16, (5 + row) * cell),
            };
            text(luma, width, (2 * cell, y), scale.max(1), line);
        }
        for row in luma.chunks_exact_mut(width).skip(lines_top(format)).take(cell) {
            let inside = 2 * cell..width.saturating_sub(2 * cell);
            for pixel in row.get_mut(inside).into_iter().flatten().step_by(2) {
                *pixel = INK;
            }
        }
        mark::draw(mark::CONTENT, format.width, format.height, &mut still);
        Slide { format, still }
    }

    pub fn format(&self) -> VideoFormat {
        self.format
    }

    /// Writes the I420 picture of `time`, of the right size.
    pub fn picture(&self, time: Duration, i420: &mut [u8]) {
        i420.copy_from_slice(&self.still);
        let (width, height) = (self.format.width as usize, self.format.height as usize);
        let along = ((time.as_secs_f64() / BAR_PERIOD_S).fract() * width as f64) as usize & !1;
        let (top, thick) = ((height - height / 30) & !1, height / 60);
        let (luma, chroma) = i420.split_at_mut(width * height);
        for row in luma.chunks_exact_mut(width).skip(top).take(thick) {
            row[..along].fill(BAR.0);
        }
        for (plane, colour) in chroma.chunks_exact_mut(width * height / 4).zip([BAR.1, BAR.2]) {
            for row in plane.chunks_exact_mut(width / 2).skip(top / 2).take(thick / 2) {
                row[..along / 2].fill(colour);
            }
        }
    }
}

/// The first row of the lines one pixel wide: [`mark::DETAIL_ROW`] cells down, one cell high.
fn lines_top(format: VideoFormat) -> usize {
    (mark::DETAIL_ROW * mark::cell(format.width)) as usize
}

/// Writes capitals and digits, `scale` pixels to the dot.
fn text(luma: &mut [u8], width: usize, (x, y): (usize, usize), scale: usize, line: &str) {
    for (number, letter) in line.bytes().enumerate() {
        let dots = glyph(letter);
        let left = x + number * 4 * scale;
        for dot in (0..15).filter(|dot| dots >> (14 - dot) & 1 == 1) {
            let (column, row) = (left + dot % 3 * scale, y + dot / 3 * scale);
            for line in row..row + scale {
                if let Some(pixels) = luma.get_mut(line * width + column..line * width + column + scale)
                    && column + scale <= width
                {
                    pixels.fill(INK);
                }
            }
        }
    }
}

/// Three dots across and five down, the first dot highest.
fn glyph(letter: u8) -> u16 {
    const DIGITS: [u16; 10] =
        [0o75557, 0o26227, 0o71747, 0o71717, 0o55711, 0o74717, 0o74757, 0o71111, 0o75757, 0o75717];
    const LETTERS: [u16; 26] = [
        0o25755, 0o65656, 0o34443, 0o65556, 0o74647, 0o74644, 0o34553, 0o55755, 0o72227, 0o11152, 0o55655, 0o44447,
        0o57755, 0o65555, 0o25552, 0o65644, 0o25563, 0o65655, 0o34216, 0o72222, 0o55557, 0o55552, 0o55775, 0o55255,
        0o55222, 0o71247,
    ];
    match letter {
        b'0'..=b'9' => DIGITS[usize::from(letter - b'0')],
        b'A'..=b'Z' => LETTERS[usize::from(letter - b'A')],
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(format: VideoFormat, milliseconds: u64) -> Vec<u8> {
        let mut i420 = vec![0; (format.width * format.height * 3 / 2) as usize];
        Slide::new(format).picture(Duration::from_millis(milliseconds), &mut i420);
        i420
    }

    #[test]
    fn the_slide_fits_every_mode_and_its_finest_lines_are_one_pixel_wide() {
        for (width, height) in [(1920, 1080), (1280, 800), (1024, 768), (640, 480), (64, 64)] {
            let format = VideoFormat { width, height, fps: 30 };
            let shown = picture(format, 1234);
            assert_eq!(mark::read(&shown, width, width as usize), Some(mark::CONTENT), "{width}x{height}");
            let detail = mark::detail(&shown, width, width as usize);
            assert!(width == 64 || detail > 180, "{detail} at {width}x{height}");
            assert_eq!(detail > 180, mark::detail(&picture(format, 9999), width, width as usize) > 180);
        }
    }

    #[test]
    fn a_slide_made_smaller_and_large_again_has_lost_its_lines() {
        let (width, height) = (1280, 800);
        let sharp = picture(VideoFormat { width, height, fps: 30 }, 0);
        let mut blurred = sharp.clone();
        for pair in blurred[..(width * height) as usize].chunks_exact_mut(2) {
            pair.fill(((u16::from(pair[0]) + u16::from(pair[1])) / 2) as u8);
        }
        assert_eq!(mark::detail(&blurred, width, width as usize), 0);
    }
}
