//! Elements that behave as hardware does, well and badly, around software codecs: they take or give
//! NV12 only, and each has one flaw that shows from a certain frame on.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{LazyLock, Once};
use std::time::{Duration, Instant};

use gstreamer as gst;
use gstreamer::glib;
use gstreamer::prelude::*;
use gstreamer::subclass::prelude::*;
use hal::codec::{CodecAbility, CodecName, PixelFormat};

use super::rungs::{Bitrate, Decoder, Encoder, decoders_of, encoders_of, software};
use crate::types::{Codec, VideoCodec};

/// How often [`COUNTED_ENCODER`] was opened.
pub(crate) static COUNTED: AtomicU64 = AtomicU64::new(0);

/// What [`SLOW_ENCODER`] takes for a million pixels, in microseconds.
pub(crate) static SLOWNESS: AtomicU64 = AtomicU64::new(0);

/// How often [`FASTIDIOUS_DECODER`] was opened.
pub(crate) static FASTIDIOUS: AtomicU64 = AtomicU64::new(0);

/// How long a driver hangs: longer than anybody should wait for it.
const HANG: Duration = Duration::from_secs(8);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flaw {
    None,
    /// None, but that it is opened is counted.
    Counted,
    /// It cannot be opened.
    Closed,
    /// Reports an error.
    Error,
    /// Never returns.
    Hang,
    /// Takes pictures and gives none.
    Silence,
    /// Gives something else.
    Nonsense,
    /// Takes its time for each picture, as long as [`SLOWNESS`] says.
    Slowness,
    /// Takes 40 ms for a million pixels.
    Heaviness,
    /// Reports an error for pictures smaller than it takes. That it is opened is counted.
    Fastidious,
}

const ENCODER: &str = "capsfilter caps=video/x-raw,format=NV12 ! videoconvert ! vp8enc deadline=1 cpu-used=16 threads=1 \
                       error-resilient=default keyframe-max-dist=3000 lag-in-frames=0 target-bitrate=500000";
const DECODER: &str = "vp8dec ! videoconvert ! capsfilter caps=video/x-raw,format=NV12";

fn caps(is_raw: bool) -> gst::Caps {
    let raw = gst::Caps::builder("video/x-raw").field("format", "NV12").build();
    if is_raw { raw } else { gst::Caps::builder("video/x-vp8").build() }
}

fn templates(is_encoder: bool) -> Vec<gst::PadTemplate> {
    let template = |name, direction, is_raw| {
        gst::PadTemplate::new(name, direction, gst::PadPresence::Always, &caps(is_raw)).unwrap()
    };
    vec![template("sink", gst::PadDirection::Sink, is_encoder), template("src", gst::PadDirection::Src, !is_encoder)]
}

fn build(bin: &gst::Bin, is_encoder: bool, flaw: Flaw, at: u64) {
    let description = if is_encoder { ENCODER } else { DECODER };
    let inner = gst::parse::bin_from_description(description, true).unwrap();
    bin.add(&inner).unwrap();
    for name in ["sink", "src"] {
        let template = bin.pad_template(name).unwrap();
        let target = inner.static_pad(name).unwrap();
        let pad = gst::GhostPad::builder_from_template_with_target(&template, &target).unwrap().name(name).build();
        bin.add_pad(&pad).unwrap();
        let (count, bin) = (AtomicU64::new(0), bin.downgrade());
        let is_input = name == "sink";
        pad.add_probe(gst::PadProbeType::BUFFER, move |pad, info| {
            if count.fetch_add(1, Ordering::AcqRel) < at {
                return gst::PadProbeReturn::Ok;
            }
            match flaw {
                Flaw::Error if is_input => {
                    if let Some(bin) = bin.upgrade() {
                        gst::element_error!(bin, gst::CoreError::Failed, ["it breaks as it was made to"]);
                    }
                    gst::PadProbeReturn::Ok
                }
                Flaw::Hang if is_input => {
                    // Whoever gives up on the thread wakes it, which helps no driver.
                    let end = Instant::now() + HANG;
                    while let Some(left) = end.checked_duration_since(Instant::now()) {
                        std::thread::park_timeout(left);
                    }
                    gst::PadProbeReturn::Ok
                }
                Flaw::Slowness if is_input => {
                    let pixels = info.buffer().map_or(0, |buffer| buffer.size() as u64 * 2 / 3);
                    std::thread::sleep(Duration::from_micros(SLOWNESS.load(Ordering::Acquire) * pixels / 1_000_000));
                    gst::PadProbeReturn::Ok
                }
                Flaw::Heaviness if is_input => {
                    let pixels = info.buffer().map_or(0, |buffer| buffer.size() as u64 * 2 / 3);
                    std::thread::sleep(Duration::from_micros(pixels / 25));
                    gst::PadProbeReturn::Ok
                }
                Flaw::Silence if is_input => {
                    info.data = None;
                    gst::PadProbeReturn::Handled
                }
                Flaw::Nonsense if !is_input => {
                    garble(pad.upcast_ref(), info, is_encoder);
                    gst::PadProbeReturn::Ok
                }
                Flaw::Fastidious if !is_input && is_too_small(pad.upcast_ref()) => {
                    if let Some(bin) = bin.upgrade() {
                        gst::element_error!(bin, gst::CoreError::Failed, ["the picture is too small"]);
                    }
                    gst::PadProbeReturn::Ok
                }
                _ => gst::PadProbeReturn::Ok,
            }
        });
    }
}

/// Whether the pictures that leave here are smaller than the hardware takes.
fn is_too_small(pad: &gst::Pad) -> bool {
    let info = pad.current_caps().and_then(|caps| gstreamer_video::VideoInfo::from_caps(&caps).ok());
    info.is_some_and(|info| !HARDWARE.fits((info.width(), info.height())))
}

/// Makes a frame noise, or a picture one of another size.
fn garble(pad: &gst::Pad, info: &mut gst::PadProbeInfo, is_encoder: bool) {
    let Some(gst::PadProbeData::Buffer(buffer)) = &mut info.data else { return };
    let mut wrong = if is_encoder {
        gst::Buffer::from_mut_slice((0..buffer.size()).map(|at| (at * 37 + 11) as u8).collect::<Vec<u8>>())
    } else {
        let caps = gst::Caps::builder("video/x-raw")
            .field("format", "NV12")
            .field("width", 2000)
            .field("height", 1000)
            .field("framerate", gst::Fraction::new(30, 1))
            .build();
        pad.push_event(gst::event::Caps::new(&caps));
        gst::Buffer::from_mut_slice(vec![200_u8; 2000 * 1000 * 3 / 2])
    };
    {
        let wrong = wrong.get_mut().unwrap();
        wrong.set_pts(buffer.pts());
        wrong.set_flags(buffer.flags());
    }
    *buffer = wrong;
}

macro_rules! elements {
    ($($module:ident: $name:ident = $element:literal, $is_encoder:literal, $flaw:expr, $at:literal;)*) => {
        $(
            pub(crate) const $name: &str = $element;

            mod $module {
                use super::*;

                glib::wrapper! {
                    pub struct Misbehaving(ObjectSubclass<Inside>)
                        @extends gst::Bin, gst::Element, gst::Object, @implements gst::ChildProxy;
                }

                #[derive(Default)]
                pub struct Inside;

                #[glib::object_subclass]
                impl ObjectSubclass for Inside {
                    const NAME: &'static str = concat!("HuisClosTest", $element);
                    type Type = Misbehaving;
                    type ParentType = gst::Bin;
                }

                impl ObjectImpl for Inside {
                    fn constructed(&self) {
                        self.parent_constructed();
                        build(self.obj().upcast_ref(), $is_encoder, $flaw, $at);
                    }
                }

                impl GstObjectImpl for Inside {}

                impl ElementImpl for Inside {
                    fn pad_templates() -> &'static [gst::PadTemplate] {
                        static TEMPLATES: LazyLock<Vec<gst::PadTemplate>> = LazyLock::new(|| templates($is_encoder));
                        &TEMPLATES
                    }

                    fn change_state(
                        &self,
                        change: gst::StateChange,
                    ) -> Result<gst::StateChangeSuccess, gst::StateChangeError> {
                        if change == gst::StateChange::NullToReady {
                            match $flaw {
                                Flaw::Closed => return Err(gst::StateChangeError),
                                Flaw::Fastidious => _ = FASTIDIOUS.fetch_add(1, Ordering::AcqRel),
                                Flaw::Counted => _ = COUNTED.fetch_add(1, Ordering::AcqRel),
                                _ => {}
                            }
                        }
                        self.parent_change_state(change)
                    }
                }

                impl BinImpl for Inside {}
            }
        )*

        /// Makes the elements known to GStreamer in this process.
        pub(crate) fn register() {
            static REGISTERED: Once = Once::new();
            REGISTERED.call_once(|| {
                $(gst::Element::register(None, $element, gst::Rank::NONE, $module::Misbehaving::static_type()).unwrap();)*
            });
        }
    };
}

elements! {
    good_encoder: GOOD_ENCODER = "huisclosgoodenc", true, Flaw::None, 0;
    counted_encoder: COUNTED_ENCODER = "huiscloscountedenc", true, Flaw::Counted, 0;
    closed_encoder: CLOSED_ENCODER = "huisclosclosedenc", true, Flaw::Closed, 0;
    nonsense_encoder: NONSENSE_ENCODER = "huisclosnonsenseenc", true, Flaw::Nonsense, 0;
    breaking_encoder: BREAKING_ENCODER = "huisclosbreakingenc", true, Flaw::Error, 10;
    hanging_encoder: HANGING_ENCODER = "huiscloshangingenc", true, Flaw::Hang, 10;
    hanging_software_encoder: HANGING_SOFTWARE_ENCODER = "huisclossofthangingenc", true, Flaw::Hang, 10;
    silent_encoder: SILENT_ENCODER = "huisclossilentenc", true, Flaw::Silence, 10;
    raving_encoder: RAVING_ENCODER = "huisclosravingenc", true, Flaw::Nonsense, 10;
    slow_encoder: SLOW_ENCODER = "huisclosslowenc", true, Flaw::Slowness, 0;
    heavy_encoder: HEAVY_ENCODER = "huisclosheavyenc", true, Flaw::Heaviness, 0;
    mute_encoder: MUTE_ENCODER = "huisclosmuteenc", true, Flaw::Silence, 0;
    good_decoder: GOOD_DECODER = "huisclosgooddec", false, Flaw::None, 0;
    closed_decoder: CLOSED_DECODER = "huisclosclosedec", false, Flaw::Closed, 0;
    breaking_decoder: BREAKING_DECODER = "huisclosbreakingdec", false, Flaw::Error, 10;
    hanging_decoder: HANGING_DECODER = "huiscloshangingdec", false, Flaw::Hang, 10;
    hanging_software_decoder: HANGING_SOFTWARE_DECODER = "huisclossofthangingdec", false, Flaw::Hang, 10;
    silent_decoder: SILENT_DECODER = "huisclossilentdec", false, Flaw::Silence, 10;
    fastidious_decoder: FASTIDIOUS_DECODER = "huisclosfastidiousdec", false, Flaw::Fastidious, 0;
    raving_decoder: RAVING_DECODER = "huisclosravingdec", false, Flaw::Nonsense, 10;
}

const HARDWARE: CodecAbility =
    CodecAbility { smallest: (160, 90), in_hardware: true, pixels: PixelFormat::Nv12, ..software(CodecName::Vp8) };

/// The same without a circuit.
const SOFTWARE: CodecAbility = CodecAbility { smallest: (1, 1), in_hardware: false, ..HARDWARE };

fn ability_of(element: &str) -> CodecAbility {
    match element {
        HANGING_SOFTWARE_ENCODER | HANGING_SOFTWARE_DECODER => SOFTWARE,
        _ if element.starts_with("huisclos") => HARDWARE,
        _ => software(CodecName::Vp8),
    }
}

/// A VP8 encoder of this module, or a real one.
pub(crate) fn encoder_rung(element: &'static str) -> Encoder {
    let real = encoders_of(VideoCodec::Vp8).iter().find(|encoder| encoder.element == element);
    let ability = ability_of(element);
    real.copied().unwrap_or(Encoder { element, settings: "", bitrate: Bitrate::Bits("none"), ability })
}

/// A VP8 decoder of this module, or a real one.
pub(crate) fn decoder_rung(element: &'static str) -> Decoder {
    let real = decoders_of(Codec::Vp8).iter().find(|decoder| decoder.element == element);
    let ability = ability_of(element);
    real.copied().unwrap_or(Decoder { element, description: element, ability })
}
