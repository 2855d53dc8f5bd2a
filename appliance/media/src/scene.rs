//! What the display should show.

use std::sync::Arc;

use crate::types::TrackKey;

/// A picture in memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Red, green, blue, alpha (not premultiplied), row by row: `width * height * 4` bytes.
    pub rgba: Vec<u8>,
}

impl Picture {
    /// Whether there are as many bytes as the size says, and at least one pixel.
    pub(crate) fn is_sound(&self) -> bool {
        let bytes = u64::from(self.width) * u64::from(self.height) * 4;
        bytes > 0 && bytes == self.rgba.len() as u64
    }
}

/// A place on the display, in pixels from its top left. Odd values are rounded down: chroma is
/// kept for every second pixel only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rect {
    /// From the left.
    pub x: u32,
    /// From the top.
    pub y: u32,
    /// To the right.
    pub width: u32,
    /// Downwards.
    pub height: u32,
}

/// Whose picture a tile shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TileSource {
    /// A remote track.
    Track(TrackKey),
    /// The room's own camera.
    Own,
    /// What the room shares, taken before it is sent.
    Content,
    /// Nobody's: the placeholder.
    None,
}

/// One picture on the display with what belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tile {
    /// Whose picture.
    pub source: TileSource,
    /// Where. The picture keeps its shape; what it leaves free is dark.
    pub rect: Rect,
    /// Shown as long as the source has no picture.
    pub placeholder: Option<Arc<Picture>>,
    /// Drawn at the bottom left, 16 pixels from the tile's edges, through its alpha.
    pub label: Option<Arc<Picture>>,
    /// Drawn at the top left like the label, while the source's picture stands still for more than three
    /// seconds: what may stand still, like a share, has none.
    pub still: Option<Arc<Picture>>,
    /// Whether the tile has an accent border of 4 pixels: who speaks.
    pub highlight: bool,
}

/// Everything on the display.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scene {
    /// Drawn in order, later ones over earlier ones.
    pub tiles: Vec<Tile>,
    /// Drawn last, at the top and centred, through its alpha.
    pub banner: Option<Arc<Picture>>,
    /// The whole display when there are no tiles.
    pub background: Option<Arc<Picture>>,
}

/// What is on the display now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DisplayPicture {
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Red, green, blue, alpha, row by row.
    pub rgba: Vec<u8>,
    /// Counts compositions; equal numbers mean equal pictures.
    pub serial: u64,
}
