//! Where pictures and sound come from and go to, described so that a media engine can use them
//! without knowing the driver.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::DeviceError;

/// The size and rate of a picture source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VideoFormat {
    /// Pixels, even.
    pub width: u32,
    /// Pixels, even.
    pub height: u32,
    /// Frames per second.
    pub fps: u32,
}

impl VideoFormat {
    /// How many pixels a picture has, if `i420` is as long as one.
    ///
    /// # Errors
    /// When it is not.
    pub(crate) fn pixels_of(self, i420: &[u8]) -> Result<usize, DeviceError> {
        let VideoFormat { width, height, .. } = self;
        let pixels = width as usize * height as usize;
        if i420.len() == pixels * 3 / 2 {
            Ok(pixels)
        } else {
            Err(DeviceError::Failed(format!("{} bytes are no {width}x{height} picture", i420.len())))
        }
    }
}

/// Makes a picture of so many pixels black: 16 and neutral colours (ITU-R BT.709).
pub(crate) fn black(i420: &mut [u8], pixels: usize) {
    i420[..pixels].fill(16);
    i420[pixels..].fill(128);
}

/// A camera, as something to take pictures from.
#[derive(Clone)]
pub enum VideoSource {
    /// A kernel video device that the media engine opens itself.
    V4l2 { path: PathBuf, format: VideoFormat },
    /// Pictures made by this process (the simulated camera).
    Frames(Arc<dyn FrameSource>),
}

/// Makes pictures on demand; the caller keeps the pace.
pub trait FrameSource: Send + Sync {
    /// What [`FrameSource::frame`] writes.
    fn format(&self) -> VideoFormat;

    /// Writes the picture of `time` (since the source was opened) as I420: Y, U, V planes without
    /// padding, exactly `width * height * 3 / 2` bytes. Says whether there is one: a camera that
    /// stalls has none.
    ///
    /// # Errors
    /// When the device is gone or broken; it stays so until it is opened anew.
    fn frame(&self, time: Duration, i420: &mut [u8]) -> Result<bool, DeviceError>;
}

/// A microphone, as something to take sound from: 48 kHz, mono, 16 bits.
#[derive(Clone)]
pub enum AudioSource {
    /// An ALSA capture device by name, `hw:CARD=…`.
    Alsa { device: String },
    /// Sound made by this process.
    Samples(Arc<dyn SampleSource>),
}

/// Makes sound on demand; the caller keeps the pace.
pub trait SampleSource: Send + Sync {
    /// Fills `samples` with the next 48 kHz mono samples.
    ///
    /// # Errors
    /// When the device is gone; it stays so until it is opened anew.
    fn fill(&self, samples: &mut [i16]) -> Result<(), DeviceError>;

    /// How often sound was lost since this was last asked, because nobody took it in time. The device goes on
    /// by itself.
    fn xruns(&self) -> u64 {
        0
    }
}

/// A loudspeaker, as something to play sound on: 48 kHz, mono, 16 bits.
#[derive(Clone)]
pub enum AudioSink {
    /// An ALSA playback device by name.
    Alsa { device: String },
    /// A place in this process that takes sound (a level meter, a file).
    Samples(Arc<dyn SampleSink>),
}

/// Takes sound; the caller keeps the pace.
pub trait SampleSink: Send + Sync {
    /// Plays the next 48 kHz mono samples.
    ///
    /// # Errors
    /// When the device is gone; it stays so until it is opened anew.
    fn play(&self, samples: &[i16]) -> Result<(), DeviceError>;

    /// How often it had nothing to play since this was last asked, because nobody gave it any in time. The
    /// device goes on by itself.
    fn xruns(&self) -> u64 {
        0
    }
}

/// A room display, as something to show pictures on.
pub trait PictureSink: Send + Sync {
    /// Its width and height in pixels, both even.
    fn size(&self) -> (u32, u32);

    /// Shows an I420 picture of exactly that size: the Y, U and V planes without padding. Only `rows`
    /// of it differ from the picture before; both ends are even.
    ///
    /// # Errors
    /// When the display is gone or broken; it may work again with the next picture.
    fn show(&self, planes: [&[u8]; 3], rows: std::ops::Range<u32>) -> Result<(), DeviceError>;
}
