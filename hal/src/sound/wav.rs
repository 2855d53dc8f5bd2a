//! WAV files, 16 bits at 48 kHz: the simulated microphone's recording is read, the simulated
//! loudspeaker's is written.
//!
//! Format: <https://www.mmsp.ece.mcgill.ca/Documents/AudioFormats/WAVE/WAVE.html>.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::os::unix::fs::FileExt;
use std::path::Path;

use super::RATE;
use crate::recording::RecordingError;

/// Only the first ten minutes are played: a recording is held in memory.
const SAMPLES_MAX: u64 = RATE as u64 * 600;

const PCM: u16 = 1;
const EXTENSIBLE: u16 = 0xFFFE;

/// The recording's samples, stereo mixed to mono.
///
/// # Errors
/// When it cannot be read, or is not 16 bits at 48 kHz in one or two channels.
pub(crate) fn read_wav(path: &Path) -> Result<Vec<i16>, RecordingError> {
    let mut reader = BufReader::new(File::open(path)?);
    let riff: [u8; 12] = bytes(&mut reader)?;
    if &riff[..4] != b"RIFF" || &riff[8..] != b"WAVE" {
        return Err(RecordingError::Kind("WAV"));
    }
    let mut channels = None;
    loop {
        let [i0, i1, i2, i3, length @ ..]: [u8; 8] = bytes(&mut reader)?;
        let length = u64::from(u32::from_le_bytes(length));
        match (&[i0, i1, i2, i3], channels) {
            (b"fmt ", _) => {
                let mut format = Vec::new();
                reader.by_ref().take(length.min(1024)).read_to_end(&mut format)?;
                channels = Some(read_format(&format)?);
            }
            (b"data", Some(channels)) => {
                let mut data = Vec::new();
                // A recorder that was cut off never wrote the length: read what is there.
                let length = if length == 0 { u64::MAX } else { length };
                reader.take(length.min(SAMPLES_MAX * 2 * channels as u64)).read_to_end(&mut data)?;
                return mono(&data, channels);
            }
            (b"data", None) => return Err(RecordingError::Kind("WAV")),
            // Chunks begin at even places.
            _ => {
                io::copy(&mut reader.by_ref().take(length.next_multiple_of(2)), &mut io::sink())?;
            }
        }
    }
}

fn bytes<const N: usize>(reader: &mut impl Read) -> Result<[u8; N], RecordingError> {
    let mut bytes = [0; N];
    match reader.read_exact(&mut bytes) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(RecordingError::Kind("WAV")),
        other => Ok(other.map(|()| bytes)?),
    }
}

/// How many channels.
fn read_format(format: &[u8]) -> Result<usize, RecordingError> {
    let number = |at: usize| Some(u16::from_le_bytes([*format.get(at)?, *format.get(at + 1)?]));
    // The extensible kind says further on what it really is.
    let kind = if number(0) == Some(EXTENSIBLE) { number(24) } else { number(0) };
    let rate = number(4).zip(number(6)).map(|(low, high)| u32::from(high) << 16 | u32::from(low));
    match (kind, number(2), rate, number(14)) {
        (Some(PCM), Some(channels @ 1..=2), Some(RATE), Some(16)) => Ok(channels.into()),
        _ => Err(RecordingError::Kind("PCM of 16 bits at 48 kHz in one or two channels")),
    }
}

fn mono(data: &[u8], channels: usize) -> Result<Vec<i16>, RecordingError> {
    let samples = data.chunks_exact(2 * channels).map(|frame| {
        let sum: i32 = frame.chunks_exact(2).map(|s| i32::from(i16::from_le_bytes([s[0], s[1]]))).sum();
        (sum / channels as i32) as i16
    });
    let samples: Vec<i16> = samples.collect();
    if samples.is_empty() { Err(RecordingError::Kind("a recording with sound")) } else { Ok(samples) }
}

/// Writes 48 kHz mono; the file is whole after every write.
pub(crate) struct WavWriter {
    file: File,
    /// Of samples, in bytes.
    length: u32,
}

const HEADER: usize = 44;

impl WavWriter {
    /// # Errors
    /// When the file cannot be made; one that exists is replaced.
    pub fn create(path: &Path) -> io::Result<Self> {
        let writer = WavWriter { file: File::create(path)?, length: 0 };
        writer.write_header()?;
        Ok(writer)
    }

    /// # Errors
    /// When the file cannot be written, or is as long as a WAV file can be: twelve hours.
    pub fn write(&mut self, samples: &[i16]) -> io::Result<()> {
        let bytes: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
        let longer = u32::try_from(bytes.len()).ok().and_then(|more| self.length.checked_add(more));
        let longer = longer.filter(|length| *length <= u32::MAX - HEADER as u32);
        let length = longer.ok_or_else(|| io::Error::from(io::ErrorKind::FileTooLarge))?;
        self.file.write_all_at(&bytes, HEADER as u64 + u64::from(self.length))?;
        self.length = length;
        self.write_header()
    }

    fn write_header(&self) -> io::Result<()> {
        let mut header = Vec::with_capacity(HEADER);
        header.extend_from_slice(b"RIFF");
        header.extend((self.length + HEADER as u32 - 8).to_le_bytes());
        header.extend_from_slice(b"WAVEfmt ");
        header.extend(16u32.to_le_bytes());
        header.extend(PCM.to_le_bytes());
        header.extend(1u16.to_le_bytes());
        header.extend(RATE.to_le_bytes());
        header.extend((RATE * 2).to_le_bytes());
        header.extend(2u16.to_le_bytes());
        header.extend(16u16.to_le_bytes());
        header.extend_from_slice(b"data");
        header.extend(self.length.to_le_bytes());
        self.file.write_all_at(&header, 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::temporary::TemporaryFile;

    fn wav(channels: u16, rate: u32, bits: u16, samples: &[i16]) -> Vec<u8> {
        let mut bytes = b"RIFF\0\0\0\0WAVE".to_vec();
        bytes.extend_from_slice(b"LIST\x03\0\0\0abc\0"); // Of odd length, and padded.
        bytes.extend_from_slice(b"fmt \x10\0\0\0\x01\0");
        bytes.extend(channels.to_le_bytes());
        bytes.extend(rate.to_le_bytes());
        bytes.extend([0; 6]);
        bytes.extend(bits.to_le_bytes());
        bytes.extend_from_slice(b"data");
        bytes.extend((samples.len() as u32 * 2).to_le_bytes());
        bytes.extend(samples.iter().flat_map(|s| s.to_le_bytes()));
        bytes
    }

    fn read(bytes: &[u8]) -> Result<Vec<i16>, RecordingError> {
        read_wav(&TemporaryFile::new(bytes).0)
    }

    #[test]
    fn mono_is_read_as_it_is_and_stereo_is_mixed() {
        assert_eq!(read(&wav(1, 48_000, 16, &[1, -2, 3])).unwrap(), [1, -2, 3]);
        assert_eq!(read(&wav(2, 48_000, 16, &[10, 20, -32768, -32768])).unwrap(), [15, -32768]);
    }

    #[test]
    fn what_was_written_is_read_back_at_any_moment() {
        let file = TemporaryFile::new(b"old");
        let mut writer = WavWriter::create(&file.0).unwrap();
        writer.write(&[1, 2, 3]).unwrap();
        assert_eq!(read_wav(&file.0).unwrap(), [1, 2, 3]);
        writer.write(&[-4]).unwrap();
        assert_eq!(read_wav(&file.0).unwrap(), [1, 2, 3, -4]);
        assert_eq!(std::fs::metadata(&file.0).unwrap().len(), 52);
    }

    #[test]
    fn a_recording_cut_off_in_the_middle_is_played_as_far_as_it_goes() {
        let mut bytes = wav(1, 48_000, 16, &[1, 2, 3]);
        bytes.truncate(bytes.len() - 1);
        assert_eq!(read(&bytes).unwrap(), [1, 2]);
    }

    #[test]
    fn what_cannot_be_played_is_refused() {
        for bytes in [
            wav(1, 44_100, 16, &[1]),
            wav(1, 48_000, 8, &[1]),
            wav(3, 48_000, 16, &[1, 2, 3]),
            wav(1, 48_000, 16, &[]),
            b"RIFF\0\0\0\0WAVEdata\x02\0\0\0\0\0".to_vec(),
            b"RIFF\0\0\0\0WAVE".to_vec(),
            b"YUV4MPEG2".to_vec(),
            Vec::new(),
        ] {
            assert!(matches!(read(&bytes), Err(RecordingError::Kind(_))), "{bytes:?}");
        }
        assert!(matches!(read_wav(Path::new("/nowhere/at/all")), Err(RecordingError::File(_))));
    }
}
