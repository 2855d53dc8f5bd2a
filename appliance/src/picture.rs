//! Screens as files that people and browsers can open.

use std::sync::Arc;

use anyhow::Context;

/// A picture of a screen: RGBA, row by row.
#[derive(Clone)]
pub struct Picture {
    pub width: u32,
    pub height: u32,
    pub rgba: Arc<Vec<u8>>,
    /// Counts up with every other picture of the same screen.
    pub serial: u64,
}

impl Picture {
    /// All black.
    pub fn black(width: u32, height: u32) -> Picture {
        let rgba = [0, 0, 0, 255].repeat(width as usize * height as usize);
        Picture { width, height, rgba: Arc::new(rgba), serial: 0 }
    }
}

/// Lossless, for text and tests.
///
/// # Errors
/// When the picture's size and pixels do not agree.
pub fn png(picture: &Picture) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, picture.width, picture.height);
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Fast);
    let mut writer = encoder.write_header().context("cannot write a PNG")?;
    writer.write_image_data(&picture.rgba).context("cannot write a PNG")?;
    writer.finish().context("cannot write a PNG")?;
    Ok(bytes)
}

/// Small and quick, for moving pictures.
///
/// # Errors
/// When the picture is larger than JPEG allows.
pub fn jpeg(picture: &Picture) -> anyhow::Result<Vec<u8>> {
    let (width, height) = (u16::try_from(picture.width)?, u16::try_from(picture.height)?);
    let mut bytes = Vec::new();
    jpeg_encoder::Encoder::new(&mut bytes, 80)
        .encode(&picture.rgba, width, height, jpeg_encoder::ColorType::Rgba)
        .context("cannot write a JPEG")?;
    Ok(bytes)
}
