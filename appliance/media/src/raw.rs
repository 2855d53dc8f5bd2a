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
    /// A plane halved once, on its way to a quarter or a sixth.
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
        let scaled = match reduction(info, &to) {
            Some(reduction) => self.reduce(&picture.buffer, info, &to, reduction)?,
            None => self.convert(&picture.buffer, info, &to, old)?,
        };
        Some((scaled, to))
    }

    /// I420 of a part of the size, exactly.
    fn reduce(
        &mut self,
        buffer: &gst::Buffer,
        from: &gst_video::VideoInfo,
        to: &gst_video::VideoInfo,
        reduction: Reduction,
    ) -> Option<gst::Buffer> {
        let source = gst_video::VideoFrameRef::from_buffer_ref_readable(buffer, from).ok()?;
        let mut target = gst::Buffer::with_size(to.size()).ok()?;
        {
            let target = target.get_mut()?;
            target.set_pts(buffer.pts());
            target.set_dts(buffer.pts());
            let mut target = gst_video::VideoFrameRef::from_buffer_ref_writable(target, to).ok()?;
            let (rest, reduce_plane) = reduction.steps();
            for plane in 0..3_u32 {
                let stride = |info: &gst_video::VideoInfo| usize::try_from(*info.stride().get(plane as usize)?).ok();
                let (above, below) = (stride(from)?, stride(to)?);
                let pixels = source.plane_data(plane).ok()?;
                let (width, height) = (to.comp_width(plane as u8) as usize, to.comp_height(plane as u8) as usize);
                let reduced = target.plane_data_mut(plane).ok()?;
                let (pixels, above) = match rest {
                    None => (pixels, above),
                    Some(rest) => {
                        self.between.resize(width * height * rest * rest, 0);
                        halve_plane(pixels, above, &mut self.between, width * rest, width * rest, height * rest);
                        (&self.between[..], width * rest)
                    }
                };
                reduce_plane(pixels, above, reduced, below, width, height);
            }
        }
        Some(target)
    }
}

/// Which part of a width and height another is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reduction {
    Half,
    Third,
    Quarter,
    Sixth,
}

/// From a plane of one stride to one of another, of this width and height.
type ReducePlane = fn(&[u8], usize, &mut [u8], usize, usize, usize);

impl Reduction {
    /// What is left to divide by when a plane was halved first, if it is, and what does that.
    fn steps(self) -> (Option<usize>, ReducePlane) {
        match self {
            Reduction::Half => (None, halve_plane),
            Reduction::Third => (None, third_plane),
            Reduction::Quarter => (Some(2), halve_plane),
            Reduction::Sixth => (Some(3), third_plane),
        }
    }
}

/// Which exact part of a picture in I420 another is; none when it is another one, or not exactly.
fn reduction(from: &gst_video::VideoInfo, to: &gst_video::VideoInfo) -> Option<Reduction> {
    let i420 = |info: &gst_video::VideoInfo| info.format() == gst_video::VideoFormat::I420;
    // Halves of halves must be whole in chroma too.
    let exact = |factor: u32| {
        (to.width() * factor, to.height() * factor) == (from.width(), from.height())
            && to.width() % 2 == 0
            && to.height() % 2 == 0
    };
    let reductions = [(2, Reduction::Half), (3, Reduction::Third), (4, Reduction::Quarter), (6, Reduction::Sixth)];
    let found = reductions.into_iter().find(|(factor, _)| i420(from) && i420(to) && exact(*factor));
    found.map(|(_, reduction)| reduction)
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

/// Each pixel is the mean of nine.
fn third_plane(from: &[u8], from_stride: usize, to: &mut [u8], to_stride: usize, width: usize, height: usize) {
    let rows = to.chunks_mut(to_stride.max(1)).take(height).zip(from.chunks(from_stride.max(1) * 3));
    for (row, three) in rows {
        let Some((upper, rest)) = three.split_at_checked(from_stride) else { return };
        let Some((middle, lower)) = rest.split_at_checked(from_stride) else { return };
        let nines = upper.chunks_exact(3).zip(middle.chunks_exact(3)).zip(lower.chunks_exact(3));
        for (pixel, ((upper, middle), lower)) in row.iter_mut().take(width).zip(nines) {
            let sum = |three: &[u8]| u16::from(three[0]) + u16::from(three[1]) + u16::from(three[2]);
            *pixel = ((sum(upper) + sum(middle) + sum(lower) + 4) / 9) as u8;
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
    fn halves_thirds_quarters_and_sixths_are_means() {
        gst::init().unwrap();
        let info = i420(24, 24);
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
        for (factor, first, step) in [(2, 5, 20), (3, 10, 30), (4, 15, 40), (6, 25, 60)] {
            let (buffer, to) = Converter::default().scale(&picture, 24 / factor, 24 / factor).unwrap();
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
    fn only_exact_parts_are_taken_as_such() {
        gst::init().unwrap();
        assert_eq!(reduction(&i420(1280, 720), &i420(640, 360)), Some(Reduction::Half));
        assert_eq!(reduction(&i420(1280, 720), &i420(320, 180)), Some(Reduction::Quarter));
        assert_eq!(reduction(&i420(1920, 1080), &i420(640, 360)), Some(Reduction::Third));
        assert_eq!(reduction(&i420(1920, 1080), &i420(320, 180)), Some(Reduction::Sixth));
        assert_eq!(reduction(&i420(1920, 1080), &i420(1280, 720)), None);
        assert_eq!(reduction(&i420(1280, 720), &i420(640, 358)), None);
        assert_eq!(reduction(&i420(1280, 720), &i420(1280, 720)), None);
        assert_eq!(reduction(&i420(90, 90), &i420(45, 45)), None);
    }
}
