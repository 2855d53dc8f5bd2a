//! A recording played in a loop: YUV4MPEG2, 8 bits, 4:2:0.
//!
//! Format: <https://wiki.multimedia.cx/index.php/YUV4MPEG2>. Only where the frames are is kept in
//! memory, so a recording may be long.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::Duration;

use super::Subject;
use crate::VideoFormat;
use crate::recording::RecordingError;

/// No header or frame line is honestly longer than this, in bytes.
const LINE_MAX: u64 = 1024;

pub(crate) struct Recorded {
    file: File,
    format: VideoFormat,
    /// Exact, as `VideoFormat::fps` is rounded: 30000/1001.
    rate: (u64, u64),
    /// Where each frame's first byte is.
    frames: Vec<u64>,
}

impl Recorded {
    pub fn open(path: &Path) -> Result<Self, RecordingError> {
        let file = File::open(path)?;
        let length = file.metadata()?.len();
        let mut reader = BufReader::new(&file);
        let (format, rate) = header(&line(&mut reader)?)?;

        let size = u64::from(format.width) * u64::from(format.height) * 3 / 2;
        let mut frames = Vec::new();
        loop {
            let start = line(&mut reader)?;
            if !start.starts_with("FRAME") {
                break;
            }
            let at = reader.stream_position()?;
            if at + size > length {
                break; // Cut off while it was recorded: what is whole is good.
            }
            frames.push(at);
            reader.seek(SeekFrom::Start(at + size))?;
        }
        if frames.is_empty() {
            return Err(RecordingError::Kind("a recording with at least one whole picture"));
        }
        Ok(Recorded { file, format, rate, frames })
    }
}

impl Subject for Recorded {
    fn format(&self) -> VideoFormat {
        self.format
    }

    fn picture(&self, time: Duration, i420: &mut [u8]) -> io::Result<()> {
        let (numerator, denominator) = (u128::from(self.rate.0), u128::from(self.rate.1));
        let index = time.as_nanos() * numerator / (denominator * 1_000_000_000);
        let frame = self.frames[(index % self.frames.len() as u128) as usize];
        self.file.read_exact_at(i420, frame)
    }
}

/// One line without its end; empty at the end of the file.
fn line(reader: &mut impl BufRead) -> Result<String, RecordingError> {
    let mut bytes = Vec::new();
    reader.by_ref().take(LINE_MAX).read_until(b'\n', &mut bytes)?;
    match bytes.pop() {
        None => Ok(String::new()),
        Some(b'\n') => String::from_utf8(bytes).map_err(|_| RecordingError::Kind("YUV4MPEG2")),
        Some(_) => Err(RecordingError::Kind("YUV4MPEG2")),
    }
}

fn header(line: &str) -> Result<(VideoFormat, (u64, u64)), RecordingError> {
    let mut words = line.split(' ');
    if words.next() != Some("YUV4MPEG2") {
        return Err(RecordingError::Kind("YUV4MPEG2"));
    }
    let (mut width, mut height, mut rate) = (0, 0, (0, 0));
    for word in words {
        let Some(first) = word.chars().next() else { continue };
        let value = &word[first.len_utf8()..];
        match first {
            'W' => width = value.parse().unwrap_or(0),
            'H' => height = value.parse().unwrap_or(0),
            'F' => {
                let (numerator, denominator) = value.split_once(':').unwrap_or(("", ""));
                let whole = |text: &str| text.parse::<u32>().unwrap_or(0).into();
                rate = (whole(numerator), whole(denominator));
            }
            // Where the colour samples sit differs by half a pixel among these; nobody will see it.
            'C' if !["420", "420jpeg", "420mpeg2", "420paldv"].contains(&value) => {
                return Err(RecordingError::Kind("8 bits 4:2:0"));
            }
            _ => {}
        }
    }
    let side = |n: u32| n.is_multiple_of(2) && (2..=7680).contains(&n);
    if !side(width) || !side(height) {
        return Err(RecordingError::Kind("of an even size up to 7680 pixels"));
    }
    if rate.0 == 0 || rate.1 == 0 || rate.0 / rate.1 > 120 {
        return Err(RecordingError::Kind("of a rate up to 120 pictures per second"));
    }
    let fps = ((rate.0 + rate.1 / 2) / rate.1).max(1) as u32;
    Ok((VideoFormat { width, height, fps }, rate))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::temporary::TemporaryFile;

    fn recording(header: &str, frames: &[&[u8]]) -> (TemporaryFile, Result<Recorded, RecordingError>) {
        let mut bytes = format!("{header}\n").into_bytes();
        for frame in frames {
            bytes.extend_from_slice(b"FRAME Ip\n");
            bytes.extend_from_slice(frame);
        }
        let file = TemporaryFile::new(&bytes);
        let recorded = Recorded::open(&file.0);
        (file, recorded)
    }

    #[test]
    fn pictures_come_in_order_and_start_over() {
        let (_file, recorded) =
            recording("YUV4MPEG2 W4 H2 F10:1 Ip A1:1 C420jpeg XEXTRA", &[&[1; 12], &[2; 12], &[3; 12]]);
        let recorded = recorded.unwrap();
        assert_eq!(recorded.format(), VideoFormat { width: 4, height: 2, fps: 10 });
        let shown = [0, 99, 100, 250, 300, 10_100].map(|milliseconds| {
            let mut picture = [0; 12];
            recorded.picture(Duration::from_millis(milliseconds), &mut picture).unwrap();
            assert!(picture.iter().all(|&b| b == picture[0]));
            picture[0]
        });
        assert_eq!(shown, [1, 1, 2, 3, 1, 3]);
    }

    #[test]
    fn a_television_rate_is_played_exactly_and_said_rounded() {
        let (_file, recorded) = recording("YUV4MPEG2 W4 H2 F30000:1001", &[&[1; 12], &[2; 12]]);
        let recorded = recorded.unwrap();
        assert_eq!(recorded.format().fps, 30);
        let mut picture = [0; 12];
        // 1001 s hold exactly 30000 pictures, so the next is the first again.
        recorded.picture(Duration::from_secs(1001), &mut picture).unwrap();
        assert_eq!(picture[0], 1);
        recorded.picture(Duration::from_secs(1001) - Duration::from_nanos(1), &mut picture).unwrap();
        assert_eq!(picture[0], 2);
    }

    #[test]
    fn a_cut_off_last_picture_is_left_out() {
        let (_file, recorded) = recording("YUV4MPEG2 W4 H2 F10:1", &[&[1; 12], &[2; 11]]);
        assert_eq!(recorded.unwrap().frames.len(), 1);
    }

    #[test]
    fn what_cannot_be_played_is_refused() {
        for header in [
            "RIFF",
            "YUV4MPEG2 W4 H2",
            "YUV4MPEG2 W4 H2 F10:0",
            "YUV4MPEG2 W4 H2 F1000:1",
            "YUV4MPEG2 W5 H2 F10:1",
            "YUV4MPEG2 W4 F10:1",
            "YUV4MPEG2 W4 H2 F10:1 C422",
            "YUV4MPEG2 W4 H2 F10:1 C420p10",
        ] {
            assert!(matches!(recording(header, &[&[1; 12]]).1, Err(RecordingError::Kind(_))), "{header}");
        }
        assert!(recording("YUV4MPEG2 W4 H2 F10:1", &[]).1.is_err(), "no picture");
        assert!(recording("", &[]).1.is_err(), "empty");
        assert!(matches!(Recorded::open(Path::new("/nowhere/at/all")), Err(RecordingError::File(_))));
    }
}
