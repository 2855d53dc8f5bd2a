//! Uncompressed pictures and their scaling.

use gstreamer as gst;
use gstreamer_video as gst_video;

/// A picture as a camera or a decoder gave it.
#[derive(Clone)]
pub(crate) struct RawPicture {
    pub buffer: gst::Buffer,
    pub info: gst_video::VideoInfo,
    /// Different for every picture of the process.
    pub serial: u64,
}

/// What luma and chroma mean on the display: browsers and cameras send BT.601, and most codecs
/// they use do not say.
pub(crate) fn colours() -> gst_video::VideoColorimetry {
    gst_video::VideoColorimetry::new(
        gst_video::VideoColorRange::Range16_235,
        gst_video::VideoColorMatrix::Bt601,
        gst_video::VideoTransferFunction::Bt601,
        gst_video::VideoColorPrimaries::Smpte170m,
    )
}

/// Red, green, blue, alpha.
pub(crate) fn rgba(width: u32, height: u32) -> Option<gst_video::VideoInfo> {
    gst_video::VideoInfo::builder(gst_video::VideoFormat::Rgba, width, height).build().ok()
}

/// Converts pictures of one shape into another, remembering how.
#[derive(Default)]
pub(crate) struct Converter {
    known: Option<(gst_video::VideoInfo, gst_video::VideoInfo, gst_video::VideoConverter)>,
}

impl Converter {
    /// `picture` as `to`, in `old` if that has the size and nobody else holds it; none when
    /// GStreamer cannot.
    pub fn convert(
        &mut self,
        buffer: &gst::Buffer,
        from: &gst_video::VideoInfo,
        to: &gst_video::VideoInfo,
        mut old: Option<gst::Buffer>,
    ) -> Option<gst::Buffer> {
        let fits = self.known.as_ref().is_some_and(|(known_from, known_to, _)| known_from == from && known_to == to);
        if !fits {
            let mut config = gst_video::VideoConverterConfig::new();
            config.set_resampler_method(gst_video::VideoResamplerMethod::Linear);
            config.set_dither_method(gst_video::VideoDitherMethod::None);
            let converter = gst_video::VideoConverter::new(from, to, Some(config)).ok()?;
            self.known = Some((from.clone(), to.clone(), converter));
        }
        let (_, _, converter) = self.known.as_ref()?;
        let source = gst_video::VideoFrameRef::from_buffer_ref_readable(buffer, from).ok()?;
        let fits = |old: &mut gst::Buffer| old.size() == to.size() && old.get_mut().is_some();
        let mut target = match old.take_if(fits) {
            Some(old) => old,
            None => gst::Buffer::with_size(to.size()).ok()?,
        };
        {
            let target = target.get_mut()?;
            target.set_pts(buffer.pts());
            target.set_dts(buffer.pts());
            let mut target = gst_video::VideoFrameRef::from_buffer_ref_writable(target, to).ok()?;
            converter.frame_ref(&source, &mut target);
        }
        Some(target)
    }

    /// `picture` as I420 of the given size. Luma and chroma keep their meaning.
    pub fn scale(
        &mut self,
        picture: &RawPicture,
        width: u32,
        height: u32,
    ) -> Option<(gst::Buffer, gst_video::VideoInfo)> {
        self.scale_to(picture, gst_video::VideoFormat::I420, width, height, None)
    }

    /// `picture` as another format of the given size, in `old` as [`Converter::convert`] does. Luma
    /// and chroma keep their meaning.
    pub fn scale_to(
        &mut self,
        picture: &RawPicture,
        format: gst_video::VideoFormat,
        width: u32,
        height: u32,
        old: Option<gst::Buffer>,
    ) -> Option<(gst::Buffer, gst_video::VideoInfo)> {
        let info = &picture.info;
        let mut to = gst_video::VideoInfo::builder(format, width, height).fps(info.fps());
        let colorimetry = if info.is_yuv() { info.colorimetry() } else { colours() };
        to = to.colorimetry(&colorimetry);
        if info.is_yuv() {
            to = to.chroma_site(info.chroma_site());
        }
        let to = to.build().ok()?;
        // Rows may be packed tighter than GStreamer's own: then a copy is needed as well.
        if info.format() == format && (info.width(), info.height(), info.stride()) == (width, height, to.stride()) {
            return Some((picture.buffer.clone(), info.clone()));
        }
        let scaled = self.convert(&picture.buffer, info, &to, old)?;
        Some((scaled, to))
    }
}
