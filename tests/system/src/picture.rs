//! What a screen shows.

use std::io::BufWriter;
use std::path::Path;

use anyhow::{Context, bail};

/// RGB pixels, row by row.
#[derive(Clone)]
pub struct Picture {
    pub width: u32,
    pub height: u32,
    pub rgb: Vec<u8>,
}

impl Picture {
    /// Reads a PPM of 8 bits (`P6`), as QEMU writes screens down.
    ///
    /// # Errors
    /// When it is none.
    pub fn from_ppm(bytes: &[u8]) -> anyhow::Result<Picture> {
        let mut parts = bytes.splitn(4, u8::is_ascii_whitespace);
        let mut word = || std::str::from_utf8(parts.next()?).ok();
        let (Some("P6"), Some(width), Some(height)) = (word(), word(), word()) else { bail!("no PPM") };
        let (width, height) = (width.parse()?, height.parse()?);
        let rest = parts.next().context("a PPM without pixels")?;
        let rgb = rest.strip_prefix(b"255\n").context("a PPM of 8 bits was expected")?.to_vec();
        if rgb.len() != width as usize * height as usize * 3 {
            bail!("a PPM that is cut off");
        }
        Ok(Picture { width, height, rgb })
    }

    /// Takes RGBA pixels on black.
    pub fn from_rgba(width: u32, height: u32, rgba: &[u8]) -> Picture {
        let rgb = rgba.chunks_exact(4).flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect();
        Picture { width, height, rgb }
    }

    /// The share of pixels, 0 to 1, that differ by more than smoothing; 1 for pictures of other sizes.
    pub fn difference(&self, other: &Picture) -> f64 {
        if (self.width, self.height) != (other.width, other.height) {
            return 1.0;
        }
        let pairs = self.rgb.chunks_exact(3).zip(other.rgb.chunks_exact(3));
        let differ = pairs.filter(|(one, two)| (0..3).any(|part| one[part].abs_diff(two[part]) > 8)).count();
        differ as f64 / (self.rgb.len() / 3) as f64
    }

    /// Whether it shows one colour only.
    pub fn is_blank(&self) -> bool {
        self.rgb.chunks_exact(3).all(|pixel| pixel == &self.rgb[..3])
    }

    /// The pixels with a full alpha, as marks are read from.
    pub fn rgba(&self) -> Vec<u8> {
        self.rgb.chunks_exact(3).flat_map(|pixel| [pixel[0], pixel[1], pixel[2], 255]).collect()
    }

    /// Writes a PNG.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn save(&self, path: &Path) -> anyhow::Result<()> {
        let file = std::fs::File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
        let mut encoder = png::Encoder::new(BufWriter::new(file), self.width, self.height);
        encoder.set_color(png::ColorType::Rgb);
        encoder.write_header()?.write_image_data(&self.rgb)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_screen_is_read_and_compared() {
        let one = Picture::from_ppm(b"P6\n2 1\n255\n\x00\x00\x00\xff\xff\xff").unwrap();
        assert_eq!((one.width, one.height, one.rgb[3]), (2, 1, 255));
        let other = Picture::from_rgba(2, 1, &[0, 0, 0, 255, 250, 250, 250, 255]);
        assert_eq!(one.difference(&other), 0.0);
        let moved = Picture::from_rgba(2, 1, &[255, 255, 255, 255, 255, 255, 255, 255]);
        assert_eq!(one.difference(&moved), 0.5);
        assert!(moved.is_blank() && !one.is_blank());
        assert!(Picture::from_ppm(b"P6\n2 1\n255\n\x00").is_err());
        assert!(Picture::from_ppm(b"").is_err());
    }
}
