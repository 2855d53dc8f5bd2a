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
    /// A plane halved once, on its way to a quarter.
    between: Vec<u8>,
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
        let scaled = match halvings(info, &to) {
            Some(times) => self.halve(&picture.buffer, info, &to, times)?,
            None => self.convert(&picture.buffer, info, &to, old)?,
        };
        Some((scaled, to))
    }

    /// I420 of half the size, once or twice.
    fn halve(
        &mut self,
        buffer: &gst::Buffer,
        from: &gst_video::VideoInfo,
        to: &gst_video::VideoInfo,
        times: u32,
    ) -> Option<gst::Buffer> {
        let source = gst_video::VideoFrameRef::from_buffer_ref_readable(buffer, from).ok()?;
        let mut target = gst::Buffer::with_size(to.size()).ok()?;
        {
            let target = target.get_mut()?;
            target.set_pts(buffer.pts());
            target.set_dts(buffer.pts());
            let mut target = gst_video::VideoFrameRef::from_buffer_ref_writable(target, to).ok()?;
            for plane in 0..3_u32 {
                let stride = |info: &gst_video::VideoInfo| usize::try_from(*info.stride().get(plane as usize)?).ok();
                let (above, below) = (stride(from)?, stride(to)?);
                let pixels = source.plane_data(plane).ok()?;
                let (width, height) = (to.comp_width(plane as u8) as usize, to.comp_height(plane as u8) as usize);
                let halved = target.plane_data_mut(plane).ok()?;
                if times == 1 {
                    halve_plane(pixels, above, halved, below, width, height);
                } else {
                    self.between.resize(width * height * 4, 0);
                    halve_plane(pixels, above, &mut self.between, width * 2, width * 2, height * 2);
                    halve_plane(&self.between, width * 2, halved, below, width, height);
                }
            }
        }
        Some(target)
    }
}

/// How often a picture in I420 must be halved to be another; none when that does not make it.
fn halvings(from: &gst_video::VideoInfo, to: &gst_video::VideoInfo) -> Option<u32> {
    let i420 = |info: &gst_video::VideoInfo| info.format() == gst_video::VideoFormat::I420;
    // Halves of halves must be whole in chroma too.
    let exact = |factor: u32| {
        (to.width() * factor, to.height() * factor) == (from.width(), from.height())
            && to.width() % 2 == 0
            && to.height() % 2 == 0
    };
    [1, 2].into_iter().find(|times| i420(from) && i420(to) && exact(1 << times))
}

/// Each pixel is the mean of four: what GStreamer's scaler would do as well, several times slower.
fn halve_plane(from: &[u8], from_stride: usize, to: &mut [u8], to_stride: usize, width: usize, height: usize) {
    let rows = to.chunks_mut(to_stride.max(1)).take(height).zip(from.chunks(from_stride.max(1) * 2));
    for (row, pair) in rows {
        let Some((upper, lower)) = pair.split_at_checked(from_stride) else { return };
        let fours = upper.chunks_exact(2).zip(lower.chunks_exact(2));
        for (pixel, (upper, lower)) in row.iter_mut().take(width).zip(fours) {
            let sum = u16::from(upper[0]) + u16::from(upper[1]) + u16::from(lower[0]) + u16::from(lower[1]);
            *pixel = ((sum + 2) / 4) as u8;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn i420(width: u32, height: u32) -> gst_video::VideoInfo {
        gst_video::VideoInfo::builder(gst_video::VideoFormat::I420, width, height).build().unwrap()
    }

    #[test]
    fn halves_and_quarters_are_means() {
        gst::init().unwrap();
        let info = i420(24, 16);
        let mut bytes = vec![0; info.size()];
        // A slope to the right, in every plane.
        for plane in 0..3 {
            let (stride, offset) = (info.stride()[plane] as usize, info.offset()[plane]);
            let (width, height) = (info.comp_width(plane as u8) as usize, info.comp_height(plane as u8) as usize);
            for y in 0..height {
                for x in 0..width {
                    bytes[offset + y * stride + x] = 10 * x as u8;
                }
            }
        }
        let picture = RawPicture { buffer: gst::Buffer::from_mut_slice(bytes), info, serial: 1 };
        for (factor, first, step) in [(2, 5, 20), (4, 15, 40)] {
            let (buffer, to) = Converter::default().scale(&picture, 24 / factor, 16 / factor).unwrap();
            let data = buffer.map_readable().unwrap();
            for plane in 0..3_usize {
                let row = &data[to.offset()[plane]..];
                for x in 0..to.comp_width(plane as u8) as usize {
                    assert_eq!(usize::from(row[x]), first + step * x, "plane {plane} of 1/{factor} at {x}");
                }
            }
        }
    }

    #[test]
    fn only_exact_halves_are_halved() {
        assert_eq!(halvings(&i420(1280, 720), &i420(640, 360)), Some(1));
        assert_eq!(halvings(&i420(1280, 720), &i420(320, 180)), Some(2));
        assert_eq!(halvings(&i420(1280, 720), &i420(640, 358)), None);
        assert_eq!(halvings(&i420(1280, 720), &i420(1280, 720)), None);
        assert_eq!(halvings(&i420(90, 90), &i420(45, 45)), None);
    }
}
