//! Where tiles go on a display. Their shapes are those of pictures, 16:9.

use super::{DISPLAY, GAP_PX, Rect};

/// A whole display.
pub(super) const WHOLE: Rect = Rect { x: 0, y: 0, width: DISPLAY.0, height: DISPLAY.1 };
/// Our own picture, small and in the corner.
pub(super) const SELF_VIEW: Rect =
    Rect { x: DISPLAY.0 - SMALL.0 - GAP_PX, y: DISPLAY.1 - SMALL.1 - GAP_PX, width: SMALL.0, height: SMALL.1 };
/// The largest tile beside a large one.
const SMALL: (u32, u32) = (320, 180);

/// `count` tiles, as large as fits, the last row centred.
pub(super) fn grid(count: usize) -> Vec<Rect> {
    if count < 2 {
        return vec![WHOLE; count];
    }
    let size = |columns: usize| {
        let (columns, rows) = (columns as u32, count.div_ceil(columns) as u32);
        let width = (DISPLAY.0 - GAP_PX * (columns + 1)) / columns;
        let height = (DISPLAY.1 - GAP_PX * (rows + 1)) / rows;
        let width = width.min(height * 16 / 9);
        (even(width), even(width * 9 / 16))
    };
    let columns = (1..=count).max_by_key(|columns| size(*columns).0).unwrap_or(1);
    let (width, height) = size(columns);
    let rows = count.div_ceil(columns);
    let top = (DISPLAY.1 - rows as u32 * height - (rows as u32 - 1) * GAP_PX) / 2;
    (0..count)
        .map(|i| {
            let (row, column) = (i / columns, i % columns);
            let in_row = columns.min(count - row * columns) as u32;
            let left = (DISPLAY.0 - in_row * width - (in_row - 1) * GAP_PX) / 2;
            Rect {
                x: even(left + column as u32 * (width + GAP_PX)),
                y: even(top + row as u32 * (height + GAP_PX)),
                width,
                height,
            }
        })
        .collect()
}

/// One large tile that leaves a column free at its right.
fn large() -> Rect {
    let width = even(DISPLAY.0 - SMALL.0 - 3 * GAP_PX);
    let height = even(width * 9 / 16);
    Rect { x: GAP_PX, y: even((DISPLAY.1 - height) / 2), width, height }
}

/// One large tile, and `others` small ones in a column beside it, which leaves the corner to our own picture.
pub(super) fn with_strip(others: usize) -> (Rect, Vec<Rect>) {
    let large = large();
    let free = DISPLAY.1 - SMALL.1 - GAP_PX * (others as u32 + 2);
    let height = even((free / others.max(1) as u32).min(SMALL.1));
    let width = even(height * 16 / 9);
    let x = even(large.x + large.width + GAP_PX + (SMALL.0 - width) / 2);
    let place = |i: u32| Rect { x, y: even(GAP_PX + i * (height + GAP_PX)), width, height };
    (large, (0..others as u32).map(place).collect())
}

/// A large tile and one small one beside it.
pub(super) fn beside() -> (Rect, Rect) {
    let large = large();
    let (width, height) = SMALL;
    (large, Rect { x: even(large.x + large.width + GAP_PX), y: large.y, width, height })
}

/// Chroma is subsampled by two, so tiles begin and end on even pixels.
fn even(value: u32) -> u32 {
    value & !1
}
