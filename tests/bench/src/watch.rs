//! Looks at the room's display from outside, as an eye would: which picture of whom is on which
//! tile, and since when.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::Context;
use demo::room::Tile;

use crate::picture;

/// Much more often than the display changes.
const LOOK_EVERY: Duration = Duration::from_millis(2);

/// A picture that came on the display.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shown {
    pub who: u8,
    pub index: u8,
    /// Microseconds since the Unix epoch.
    pub at_us: u64,
}

/// Whether the picture stood still in this gap between two, in milliseconds (W3C `freezeCount`): it is longer than
/// three usual ones, and than a usual one and 150 ms.
pub fn is_freeze(gap_ms: f64, usual_ms: f64) -> bool {
    gap_ms > (3.0 * usual_ms).max(usual_ms + 150.0)
}

/// An eye on the display.
pub struct Watch {
    seen: Arc<Mutex<Vec<Shown>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Watch {
    /// Looks at these tiles until it is dropped.
    ///
    /// # Errors
    /// When the display's file is not there.
    pub fn start(display: &Path, tiles: Vec<Tile>) -> anyhow::Result<Watch> {
        let mut reader = hal::DisplayReader::open(display).context("the room has no display to look at")?;
        let (seen, stop) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let (noting, stopped) = (seen.clone(), stop.clone());
        let ranges: Vec<(u32, u32)> = tiles.iter().map(|t| (t.y, picture::marked_rows(t.width))).collect();
        let thread = std::thread::spawn(move || {
            let mut last = vec![None; tiles.len()];
            while !stopped.load(Ordering::Acquire) {
                if let Ok(Some(rows)) = reader.rows(&ranges) {
                    for ((tile, luma), last) in tiles.iter().zip(&rows.luma).zip(&mut last) {
                        let Some(mark) = picture::read(luma, rows.size.0, tile.x, tile.width) else { continue };
                        if last.replace(mark) != Some(mark) {
                            let shown = Shown { index: mark.0, who: mark.1, at_us: rows.shown_ns / 1000 };
                            noting.lock().unwrap_or_else(PoisonError::into_inner).push(shown);
                        }
                    }
                }
                std::thread::sleep(LOOK_EVERY);
            }
        });
        Ok(Watch { seen, stop, thread: Some(thread) })
    }

    /// What came on the display so far, oldest first.
    pub fn seen(&self) -> Vec<Shown> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
