//! How long an encoder takes for a large picture on this machine.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use gstreamer as gst;
use gstreamer_video as gst_video;

use super::encoded_caps;
use super::rungs::Encoder;
use crate::raw::{Converter, RawPicture};
use crate::stage::Stage;
use crate::types::{Feed, VideoCodec};

/// The size that is to be proven, in pixels.
pub(crate) const LARGE: (u32, u32) = (1920, 1080);
const BITRATE_BPS: u32 = 3_000_000;
/// Pictures in a row that are measured together, and how often: the best counts, as others want the processor too.
const PICTURES: u32 = 8;
const ROUNDS: u32 = 3;
/// How long hardware may keep pictures back at the end of a round.
const FLUSH: Duration = Duration::from_millis(500);
/// Who takes longer at first is not measured further.
const HOPELESS: Duration = Duration::from_millis(60);
/// Of the interval between two pictures, what the largest layer may take of one core, in percent: the smaller ones,
/// everybody else's pictures and the sound need the rest.
const SHARE_MAX_PERCENT: u32 = 25;
/// As much of a circuit, which the layers share.
const CIRCUIT_SHARE_MAX_PERCENT: u32 = 50;
/// On fewer cores it may take less, as everything else has to share them with it.
const CORES: usize = 4;
const INTERVAL: Duration = Duration::from_millis(33);

/// Whether an encoder that takes so long for a large picture may be given thirty a second.
pub(crate) fn is_enough(encoder: &Encoder, taken: Duration, cores: usize) -> bool {
    let share = |percent| INTERVAL * percent / 100;
    if encoder.ability.in_hardware {
        taken <= share(CIRCUIT_SHARE_MAX_PERCENT)
    } else {
        taken * CORES as u32 <= share(SHARE_MAX_PERCENT) * cores.min(CORES) as u32
    }
}

/// Whether it is worth measuring again: another moment may be better.
pub(crate) fn is_close(taken: Duration) -> bool {
    taken <= INTERVAL
}

/// How many cores there are for us.
pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// What a picture of [`LARGE`] takes; none when the encoder gives none.
pub(crate) fn measure(encoder: &Encoder, codec: VideoCodec) -> Option<Duration> {
    let (tell, told) = mpsc::channel();
    let output = move |_: gst::Buffer, _: &gst::Caps| {
        let _ = tell.send(());
    };
    let mut stage = Stage::new(&encoder.description(codec, Feed::Room), &encoded_caps(codec), output).ok()?;
    if let Some(element) = stage.element("encoder") {
        encoder.set_bitrate(&element, BITRATE_BPS);
    }
    let pictures: Vec<_> = (0..3).map(|number| textured(encoder.pixels(), number)).collect::<Option<_>>()?;
    let (_, info) = pictures.first()?;
    stage.set_caps(&info.to_caps().ok()?);
    let mut best: Option<Duration> = None;
    for round in 0..ROUNDS {
        let started = Instant::now();
        let mut missing = 0_usize;
        for number in 0..PICTURES {
            let mut picture = pictures[(number % 3) as usize].0.copy();
            let picture_mut = picture.get_mut()?;
            picture_mut.set_pts(gst::ClockTime::from_mseconds(33) * u64::from(round * PICTURES + number));
            picture_mut.set_dts(picture_mut.pts());
            stage.push(picture).ok()?;
            missing = (missing + 1).saturating_sub(told.try_iter().count());
        }
        // Software works while it is given the picture; circuits work on, and may keep the last ones for themselves.
        while encoder.ability.in_hardware && missing > 2 && told.recv_timeout(FLUSH).is_ok() {
            missing -= 1;
        }
        if encoder.ability.in_hardware && missing > PICTURES as usize / 2 {
            return None;
        }
        let taken = started.elapsed() / PICTURES;
        best = Some(best.map_or(taken, |best| best.min(taken)));
        if taken > HOPELESS {
            break;
        }
    }
    best
}

/// A picture with detail everywhere, a little further to the left for each number: work for an encoder.
fn textured(format: gst_video::VideoFormat, number: usize) -> Option<(gst::Buffer, gst_video::VideoInfo)> {
    let (width, height) = LARGE;
    let info = gst_video::VideoInfo::builder(gst_video::VideoFormat::I420, width, height)
        .fps(gst::Fraction::new(30, 1))
        .build()
        .ok()?;
    let mut data = vec![128; info.size()];
    let stride = usize::try_from(*info.stride().first()?).ok()?;
    for (y, row) in data.chunks_mut(stride).take(height as usize).enumerate() {
        for (x, luma) in row.iter_mut().take(width as usize).enumerate() {
            let x = x + 4 * number;
            // Slopes, edges every 48 pixels, and a grain.
            let grain = (x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(40_503)) >> 7 & 7;
            *luma = (40 + (x / 12 + y / 10) % 120 + (x / 48 + y / 48) % 2 * 48 + grain) as u8;
        }
    }
    let picture = RawPicture { buffer: gst::Buffer::from_mut_slice(data), info, serial: 0 };
    Converter::default().scale_to(&picture, format, width, height, None)
}

#[cfg(test)]
mod tests {
    use super::super::misbehaving::*;
    use super::*;

    #[test]
    fn hardware_may_take_half_of_the_time_and_software_a_quarter_of_it_where_there_are_cores() {
        let (hardware, software) = (encoder_rung(GOOD_ENCODER), encoder_rung("vp8enc"));
        assert!(hardware.ability.in_hardware && !software.ability.in_hardware);
        let enough = |encoder: &Encoder, tenths: u32, cores| {
            is_enough(encoder, Duration::from_micros(u64::from(tenths) * 100), cores)
        };
        assert!(enough(&hardware, 160, 1) && !enough(&hardware, 170, 8));
        assert!(enough(&software, 80, 4) && enough(&software, 80, 16) && !enough(&software, 90, 16));
        assert!(enough(&software, 40, 2) && !enough(&software, 50, 2));
    }

    #[test]
    fn what_takes_longer_is_measured_as_longer_and_what_gives_nothing_is_not_measured() {
        gst::init().unwrap();
        register();
        let measure = |element| measure(&encoder_rung(element), VideoCodec::Vp8);
        let heavy = measure(HEAVY_ENCODER).unwrap();
        assert!(heavy >= Duration::from_millis(80), "{heavy:?}");
        assert!(!is_close(heavy));
        let usual = measure("vp8enc").unwrap();
        assert!(usual > Duration::from_micros(100), "{usual:?}: no encoder is that quick");
        assert_eq!(measure(CLOSED_ENCODER), None);
        assert_eq!(measure(MUTE_ENCODER), None);
    }
}
