//! The simulated room display: a picture in a file, which anybody may look at while it changes.
//!
//! Written with plain writes, so a file in memory (`/dev/shm`) costs one copy a picture, as a
//! display's own memory does. Whoever reads looks at the serial numbers before and after.

use std::fs::{File, OpenOptions};
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::{DeviceError, PictureSink};

/// What the file begins with.
const MAGIC: [u8; 8] = *b"HCSCREEN";
/// Where the luma plane begins; the blue and red planes follow, all without padding.
const PIXELS_AT: u64 = 4096;
const HEADER: usize = 40;

/// A display that is a file.
///
/// Numbers are little-endian: the width and height in pixels (`u32`), the serial number of the
/// picture that is being written and of the one that is whole (`u64`: the same when there is
/// nothing half done), and when that was done, in nanoseconds since the Unix epoch (`u64`).
pub struct MemoryDisplay {
    file: File,
    size: (u32, u32),
    serial: Mutex<u64>,
}

impl MemoryDisplay {
    /// Creates the file, black.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn create(path: &Path, size: (u32, u32)) -> io::Result<MemoryDisplay> {
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(true).open(path)?;
        let pixels = u64::from(size.0) * u64::from(size.1) * 3 / 2;
        file.set_len(PIXELS_AT + pixels)?;
        let display = MemoryDisplay { file, size, serial: Mutex::new(0) };
        display.write_header(0, 0)?;
        Ok(display)
    }

    fn write_header(&self, begun: u64, whole: u64) -> io::Result<()> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let header = Header { size: self.size, begun, whole, shown_ns: now.as_nanos() as u64 };
        self.file.write_all_at(&header.bytes(), 0)
    }

    fn write(&self, planes: [&[u8]; 3], rows: Range<usize>) -> io::Result<()> {
        let width = self.size.0 as usize;
        let mut serial = self.serial.lock().unwrap_or_else(PoisonError::into_inner);
        self.write_header(*serial + 1, *serial)?;
        let mut at = PIXELS_AT;
        for (plane, parts) in planes.into_iter().zip([1, 2, 2]) {
            let stride = width / parts;
            let changed = rows.start / parts * stride..rows.end / parts * stride;
            if let Some(pixels) = plane.get(changed.clone()) {
                self.file.write_all_at(pixels, at + changed.start as u64)?;
            }
            at += plane.len() as u64;
        }
        *serial += 1;
        self.write_header(*serial, *serial)
    }
}

impl PictureSink for MemoryDisplay {
    fn size(&self) -> (u32, u32) {
        self.size
    }

    fn show(&self, planes: [&[u8]; 3], rows: Range<u32>) -> Result<(), DeviceError> {
        let (width, height) = (self.size.0 as usize, self.size.1 as usize);
        let fits = planes[0].len() == width * height && planes[1..].iter().all(|p| p.len() == width * height / 4);
        if !fits {
            return Err(DeviceError::Failed("the picture is not of the display's size".to_owned()));
        }
        let rows = rows.start as usize..(rows.end as usize).min(height);
        self.write(planes, rows).map_err(|error| DeviceError::Failed(error.to_string()))
    }
}

struct Header {
    size: (u32, u32),
    begun: u64,
    whole: u64,
    shown_ns: u64,
}

impl Header {
    fn bytes(&self) -> [u8; HEADER] {
        let mut bytes = [0; HEADER];
        bytes[..8].copy_from_slice(&MAGIC);
        bytes[8..12].copy_from_slice(&self.size.0.to_le_bytes());
        bytes[12..16].copy_from_slice(&self.size.1.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.begun.to_le_bytes());
        bytes[24..32].copy_from_slice(&self.whole.to_le_bytes());
        bytes[32..40].copy_from_slice(&self.shown_ns.to_le_bytes());
        bytes
    }

    fn parse(bytes: &[u8; HEADER]) -> Option<Header> {
        let word = |at: usize| bytes.get(at..at + 4)?.try_into().ok().map(u32::from_le_bytes);
        let long = |at: usize| bytes.get(at..at + 8)?.try_into().ok().map(u64::from_le_bytes);
        (bytes[..8] == MAGIC).then_some(())?;
        Some(Header { size: (word(8)?, word(12)?), begun: long(16)?, whole: long(24)?, shown_ns: long(32)? })
    }
}

/// Looks at a [`MemoryDisplay`] from outside, also from another process.
pub struct DisplayReader {
    file: File,
    seen: u64,
}

/// Rows of luma of one picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rows {
    /// Counts pictures.
    pub serial: u64,
    /// When the picture was whole, in nanoseconds since the Unix epoch.
    pub shown_ns: u64,
    /// The display's size in pixels.
    pub size: (u32, u32),
    /// The luma of each range of rows asked for, the whole width each.
    pub luma: Vec<Vec<u8>>,
}

impl DisplayReader {
    /// Opens the file of a display.
    ///
    /// # Errors
    /// When it is not there (yet).
    pub fn open(path: &Path) -> io::Result<DisplayReader> {
        Ok(DisplayReader { file: File::open(path)?, seen: 0 })
    }

    /// Some rows (first, how many) of the newest picture, if it has not been looked at before and
    /// nobody painted over it meanwhile.
    ///
    /// # Errors
    /// When the file cannot be read, or is none of a display's.
    pub fn rows(&mut self, ranges: &[(u32, u32)]) -> io::Result<Option<Rows>> {
        let before = self.header()?;
        if before.begun != before.whole || before.whole == self.seen {
            return Ok(None);
        }
        let width = u64::from(before.size.0);
        let mut luma = Vec::with_capacity(ranges.len());
        for &(first, count) in ranges {
            let last = first.saturating_add(count).min(before.size.1);
            let mut rows = vec![0; (u64::from(last.saturating_sub(first)) * width) as usize];
            self.file.read_exact_at(&mut rows, PIXELS_AT + u64::from(first) * width)?;
            luma.push(rows);
        }
        if self.header()?.begun != before.whole {
            return Ok(None);
        }
        self.seen = before.whole;
        Ok(Some(Rows { serial: before.whole, shown_ns: before.shown_ns, size: before.size, luma }))
    }

    fn header(&self) -> io::Result<Header> {
        let mut bytes = [0; HEADER];
        self.file.read_exact_at(&mut bytes, 0)?;
        Header::parse(&bytes).ok_or_else(|| io::Error::other("this is no display's file"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::temporary::TemporaryFile;

    #[test]
    fn what_is_shown_is_read_once_and_whole() {
        let file = TemporaryFile::new(b"");
        let display = MemoryDisplay::create(&file.0, (4, 4)).unwrap();
        let mut reader = DisplayReader::open(&file.0).unwrap();
        assert_eq!(reader.rows(&[(0, 1)]).unwrap(), None, "nothing was shown yet");
        let luma: Vec<u8> = (0..16).collect();
        display.show([&luma, &[1; 4], &[2; 4]], 0..4).unwrap();
        let rows = reader.rows(&[(1, 2), (3, 9)]).unwrap().unwrap();
        assert_eq!((rows.serial, rows.size), (1, (4, 4)));
        assert_eq!(rows.luma, [luma[4..12].to_vec(), luma[12..].to_vec()]);
        assert_eq!(reader.rows(&[(0, 1)]).unwrap(), None);

        display.write_header(2, 1).unwrap();
        assert_eq!(reader.rows(&[(0, 1)]).unwrap(), None, "half done");
        display.show([&luma, &[1; 4], &[2; 4]], 0..4).unwrap();
        assert!(reader.rows(&[]).unwrap().is_some());

        display.show([&[9; 16], &[1; 4], &[2; 4]], 2..4).unwrap();
        let rows = reader.rows(&[(0, 4)]).unwrap().unwrap();
        assert_eq!(rows.luma, [[&luma[..8], &[9; 8]].concat()], "only the rows that changed");
    }

    #[test]
    fn a_picture_of_another_size_and_a_file_of_another_kind_are_refused() {
        let file = TemporaryFile::new(b"");
        let display = MemoryDisplay::create(&file.0, (4, 4)).unwrap();
        assert!(display.show([&[0; 15], &[0; 4], &[0; 4]], 0..4).is_err());
        let other = TemporaryFile::new(&[7; 100]);
        assert!(DisplayReader::open(&other.0).unwrap().rows(&[]).is_err());
    }
}
