//! The elements that may encode and decode, the best first. None is trusted before it is tried.

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_video as gst_video;
use hal::codec::{CodecAbility, CodecName, PixelFormat, Profile, SharedMemory};

use crate::types::{Codec, Feed, VideoCodec};

/// How an encoder is told its bitrate while it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bitrate {
    /// A property in bits per second.
    Bits(&'static str),
    /// A property in kilobits per second.
    Kilobits(&'static str),
    /// A V4L2 control in bits per second.
    Control(&'static str),
}

/// An element that might work here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Encoder {
    pub element: &'static str,
    /// Settings in the notation of `gst-launch`.
    pub settings: &'static str,
    pub bitrate: Bitrate,
    pub ability: CodecAbility,
}

/// An element that might work here, with what must precede it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Decoder {
    pub element: &'static str,
    /// In the notation of `gst-launch`.
    pub description: &'static str,
    pub ability: CodecAbility,
}

/// Whoever drives a circuit made for codecs.
#[derive(Clone, Copy)]
enum Driver {
    Va,
    Nvidia,
    /// A kernel driver that keeps the stream's state.
    Stateful,
    /// A kernel driver that is told the stream's state.
    Stateless,
}

const fn profile_of(codec: CodecName) -> Profile {
    match codec {
        CodecName::Opus | CodecName::Vp8 => Profile::Whole,
        CodecName::H264 => Profile::ConstrainedBaseline,
        CodecName::Vp9 | CodecName::Av1 => Profile::Main,
    }
}

/// What may be assumed of all who use this driver; more is never needed, less fails its probe or
/// at work.
const fn hardware(driver: Driver, codec: CodecName) -> CodecAbility {
    let (largest, fps, zero_copy): (_, _, &'static [SharedMemory]) = match driver {
        Driver::Va => ((4096, 2304), 30, &[SharedMemory::DmaBuf, SharedMemory::Va]),
        Driver::Nvidia => ((4096, 2304), 60, &[SharedMemory::Cuda]),
        // Those of small boards end at 1080p, and most encoders among them at 30 pictures per second.
        Driver::Stateful => ((1920, 1088), 30, &[SharedMemory::DmaBuf]),
        Driver::Stateless => ((4096, 2304), 30, &[SharedMemory::DmaBuf]),
    };
    CodecAbility {
        codec,
        profile: profile_of(codec),
        smallest: (160, 96),
        largest,
        fps,
        in_hardware: true,
        pixels: PixelFormat::Nv12,
        zero_copy,
    }
}

/// The processor takes everything; how quickly depends on it.
pub(crate) const fn software(codec: CodecName) -> CodecAbility {
    CodecAbility {
        codec,
        profile: profile_of(codec),
        smallest: (1, 1),
        largest: (4096, 2304),
        fps: 30,
        in_hardware: false,
        pixels: PixelFormat::I420,
        zero_copy: &[],
    }
}

/// Key frames come when asked for, at the latest after this many.
const VP8: &[Encoder] = &[
    Encoder {
        element: "vavp8enc",
        settings: "rate-control=cbr key-int-max=1024",
        bitrate: Bitrate::Kilobits("bitrate"),
        ability: hardware(Driver::Va, CodecName::Vp8),
    },
    Encoder {
        element: "v4l2vp8enc",
        settings: "",
        bitrate: Bitrate::Control("video_bitrate"),
        ability: hardware(Driver::Stateful, CodecName::Vp8),
    },
    Encoder {
        element: "vp8enc",
        settings: "deadline=1 cpu-used=16 threads=1 end-usage=cbr error-resilient=default keyframe-max-dist=3000 \
                   lag-in-frames=0 buffer-size=1000 buffer-initial-size=500 buffer-optimal-size=600 \
                   min-quantizer=4 max-quantizer=56 undershoot=95 static-threshold=1 dropframe-threshold=30",
        bitrate: Bitrate::Bits("target-bitrate"),
        ability: software(CodecName::Vp8),
    },
];

const H264: &[Encoder] = &[
    Encoder {
        element: "vah264enc",
        settings: "rate-control=cbr key-int-max=1024 b-frames=0 ref-frames=1 aud=false",
        bitrate: Bitrate::Kilobits("bitrate"),
        ability: hardware(Driver::Va, CodecName::H264),
    },
    Encoder {
        element: "vah264lpenc",
        settings: "rate-control=cbr key-int-max=1024 b-frames=0 ref-frames=1 aud=false",
        bitrate: Bitrate::Kilobits("bitrate"),
        ability: hardware(Driver::Va, CodecName::H264),
    },
    Encoder {
        element: "nvh264enc",
        settings: "preset=low-latency-hq rc-mode=cbr gop-size=-1 bframes=0 zerolatency=true",
        bitrate: Bitrate::Kilobits("bitrate"),
        ability: hardware(Driver::Nvidia, CodecName::H264),
    },
    Encoder {
        element: "v4l2h264enc",
        settings: "",
        bitrate: Bitrate::Control("video_bitrate"),
        ability: hardware(Driver::Stateful, CodecName::H264),
    },
    Encoder {
        element: "x264enc",
        settings: "tune=zerolatency speed-preset=ultrafast key-int-max=3000 bframes=0 byte-stream=true aud=false \
                   threads=1 sliced-threads=false vbv-buf-capacity=500",
        bitrate: Bitrate::Kilobits("bitrate"),
        ability: software(CodecName::H264),
    },
    Encoder {
        element: "openh264enc",
        settings: "rate-control=bitrate gop-size=3000 complexity=low usage-type=camera",
        bitrate: Bitrate::Bits("bitrate"),
        ability: software(CodecName::H264),
    },
];

const fn plain(element: &'static str, ability: CodecAbility) -> Decoder {
    Decoder { element, description: element, ability }
}

const fn parsed(element: &'static str, description: &'static str, ability: CodecAbility) -> Decoder {
    Decoder { element, description, ability }
}

const OPUS_DECODERS: &[Decoder] = &[parsed(
    "opusdec",
    "opusdec plc=true use-inband-fec=true ! audioconvert ! audioresample",
    CodecAbility { smallest: (0, 0), largest: (0, 0), fps: 0, ..software(CodecName::Opus) },
)];

const VP8_DECODERS: &[Decoder] = &[
    plain("vavp8dec", hardware(Driver::Va, CodecName::Vp8)),
    plain("nvvp8dec", hardware(Driver::Nvidia, CodecName::Vp8)),
    plain("v4l2slvp8dec", hardware(Driver::Stateless, CodecName::Vp8)),
    plain("v4l2vp8dec", hardware(Driver::Stateful, CodecName::Vp8)),
    plain("vp8dec", software(CodecName::Vp8)),
];

const VP9_DECODERS: &[Decoder] = &[
    plain("vavp9dec", hardware(Driver::Va, CodecName::Vp9)),
    plain("nvvp9dec", hardware(Driver::Nvidia, CodecName::Vp9)),
    plain("v4l2slvp9dec", hardware(Driver::Stateless, CodecName::Vp9)),
    plain("v4l2vp9dec", hardware(Driver::Stateful, CodecName::Vp9)),
    plain("vp9dec", software(CodecName::Vp9)),
];

const H264_DECODERS: &[Decoder] = &[
    parsed("vah264dec", "h264parse ! vah264dec", hardware(Driver::Va, CodecName::H264)),
    parsed("nvh264dec", "h264parse ! nvh264dec", hardware(Driver::Nvidia, CodecName::H264)),
    parsed("v4l2slh264dec", "h264parse ! v4l2slh264dec", hardware(Driver::Stateless, CodecName::H264)),
    parsed("v4l2h264dec", "h264parse ! v4l2h264dec", hardware(Driver::Stateful, CodecName::H264)),
    // Frame threads would keep pictures back, one per thread.
    parsed("avdec_h264", "avdec_h264 max-threads=1", software(CodecName::H264)),
    parsed("openh264dec", "h264parse ! openh264dec", software(CodecName::H264)),
];

const AV1_DECODERS: &[Decoder] = &[
    parsed("vaav1dec", "av1parse ! vaav1dec", hardware(Driver::Va, CodecName::Av1)),
    parsed("nvav1dec", "av1parse ! nvav1dec", hardware(Driver::Nvidia, CodecName::Av1)),
    parsed("v4l2slav1dec", "av1parse ! v4l2slav1dec", hardware(Driver::Stateless, CodecName::Av1)),
    plain("dav1ddec", software(CodecName::Av1)),
    plain("av1dec", software(CodecName::Av1)),
];

/// Everything that may decode `codec`.
pub(crate) fn decoders_of(codec: Codec) -> &'static [Decoder] {
    match codec {
        Codec::Opus => OPUS_DECODERS,
        Codec::Vp8 => VP8_DECODERS,
        Codec::Vp9 => VP9_DECODERS,
        Codec::H264 => H264_DECODERS,
        Codec::Av1 => AV1_DECODERS,
    }
}

/// Everything that may encode `codec`.
pub(crate) fn encoders_of(codec: VideoCodec) -> &'static [Encoder] {
    match codec {
        VideoCodec::Vp8 => VP8,
        VideoCodec::H264 => H264,
    }
}

impl Encoder {
    /// The elements from pictures of [`Encoder::pixels`] to frames of `codec`.
    pub fn description(&self, codec: VideoCodec, feed: Feed) -> String {
        let Encoder { element, settings, .. } = self;
        // What is said later counts.
        let content = if feed == Feed::Content { self.for_content() } else { "" };
        let settings = format!("{settings} {content}");
        match codec {
            VideoCodec::Vp8 => format!("{element} name=encoder {settings}"),
            VideoCodec::H264 => format!(
                "{element} name=encoder {settings} ! video/x-h264,profile=constrained-baseline ! \
                 h264parse config-interval=-1"
            ),
        }
    }

    /// Settings for text and drawings: sharp or not at all, and nothing spent where nothing moves. (libvpx has a mode
    /// for them that GStreamer does not pass on.)
    fn for_content(&self) -> &'static str {
        match self.element {
            "vp8enc" => "max-quantizer=40 static-threshold=100",
            "x264enc" => "qp-max=38",
            "openh264enc" => "usage-type=screen",
            _ => "",
        }
    }

    /// Half the work of libvpx for the same picture (docs/performance.md), which all other software here exceeds.
    pub fn is_light(&self) -> bool {
        self.element == "x264enc"
    }

    /// How it takes pictures.
    pub fn pixels(&self) -> gst_video::VideoFormat {
        match self.ability.pixels {
            PixelFormat::I420 => gst_video::VideoFormat::I420,
            PixelFormat::Nv12 => gst_video::VideoFormat::Nv12,
        }
    }

    /// Changes the bitrate, also while it runs.
    pub fn set_bitrate(&self, encoder: &gst::Element, bitrate_bps: u32) {
        let set = |name: &str, value: u32| {
            if encoder.find_property(name).is_some() {
                encoder.set_property_from_str(name, &value.to_string());
            }
        };
        match self.bitrate {
            Bitrate::Bits(name) => set(name, bitrate_bps),
            Bitrate::Kilobits(name) => set(name, (bitrate_bps / 1000).max(1)),
            Bitrate::Control(name) => {
                let controls = gst::Structure::builder("controls")
                    .field(name, i32::try_from(bitrate_bps).unwrap_or(i32::MAX))
                    .build();
                if encoder.find_property("extra-controls").is_some() {
                    encoder.set_property("extra-controls", controls);
                }
            }
        }
    }
}
