//! Codecs as data: what an encoder or decoder of a machine can do, whoever drives it.

/// A way to compress.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CodecName {
    Opus,
    Vp8,
    Vp9,
    H264,
    Av1,
}

/// Which part of a codec.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Profile {
    /// The codec has one, or all of those meetings use.
    Whole,
    /// H.264 without what hardware of the year 2000 could not do: what every browser takes.
    ConstrainedBaseline,
    /// VP9 and AV1 with 8 bits and half the chroma.
    Main,
}

/// How pictures lie in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PixelFormat {
    /// Luma, then both chroma planes, each at half size.
    I420,
    /// Luma, then one plane of both chroma values in turn: what hardware takes.
    Nv12,
}

/// Memory a codec can share with others, so that pictures need not be copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SharedMemory {
    /// Passed between kernel drivers as a file.
    DmaBuf,
    /// A surface of VA-API.
    Va,
    /// A picture in an NVIDIA card.
    Cuda,
}

/// What one encoder or decoder can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodecAbility {
    pub codec: CodecName,
    pub profile: Profile,
    /// The smallest picture, lying, in pixels; nothing for sound.
    pub smallest: (u32, u32),
    /// The largest picture, lying, in pixels; nothing for sound.
    pub largest: (u32, u32),
    /// Pictures of the largest size per second.
    pub fps: u32,
    /// Whether a circuit made for it does the work. Those are quick, and it is they that hang.
    pub in_hardware: bool,
    /// How it takes (an encoder) or gives (a decoder) pictures in plain memory.
    pub pixels: PixelFormat,
    /// What it takes or gives without a copy.
    pub zero_copy: &'static [SharedMemory],
}

impl CodecAbility {
    /// Whether pictures of this size, lying or standing, are neither too small nor too large.
    ///
    /// ```
    /// use hal::codec::{CodecAbility, CodecName, PixelFormat, Profile};
    /// let ability = CodecAbility {
    ///     codec: CodecName::H264,
    ///     profile: Profile::ConstrainedBaseline,
    ///     smallest: (128, 96),
    ///     largest: (1920, 1088),
    ///     fps: 30,
    ///     in_hardware: true,
    ///     pixels: PixelFormat::Nv12,
    ///     zero_copy: &[],
    /// };
    /// assert!(ability.fits((1920, 1080)) && ability.fits((720, 1280)));
    /// assert!(!ability.fits((160, 90)) && !ability.fits((3840, 2160)));
    /// ```
    pub fn fits(&self, (width, height): (u32, u32)) -> bool {
        let (long, short) = (width.max(height), width.min(height));
        (self.smallest.0..=self.largest.0).contains(&long) && (self.smallest.1..=self.largest.1).contains(&short)
    }
}
