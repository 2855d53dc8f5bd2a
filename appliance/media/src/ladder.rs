//! Which elements encode and decode here: the best first, each tried before it is trusted.
//!
//! An element that is registered may still fail: a driver without the codec, a device somebody
//! else holds. So each is given a small picture once per process and must give something back
//! within a second.

use std::collections::BTreeMap;
use std::sync::mpsc;
use std::sync::{LazyLock, Mutex, OnceLock};
use std::time::Duration;

use gstreamer as gst;
use gstreamer::prelude::*;

use crate::mailbox::lock;
use crate::stage::{Stage, timed_buffer};
use crate::types::{Codec, VideoCodec};

const PROBE_TIMEOUT: Duration = Duration::from_secs(1);
const PROBE_WIDTH: u32 = 320;
const PROBE_HEIGHT: u32 = 180;

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
}

/// An element that might work here, with what must precede it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Decoder {
    pub element: &'static str,
    /// In the notation of `gst-launch`.
    pub description: &'static str,
}

/// Key frames come when asked for, at the latest after this many.
const VP8: &[Encoder] = &[
    Encoder {
        element: "vavp8enc",
        settings: "rate-control=cbr key-int-max=1024",
        bitrate: Bitrate::Kilobits("bitrate"),
    },
    Encoder { element: "v4l2vp8enc", settings: "", bitrate: Bitrate::Control("video_bitrate") },
    Encoder {
        element: "vp8enc",
        settings: "deadline=1 cpu-used=16 threads=1 end-usage=cbr error-resilient=default keyframe-max-dist=3000 \
                   lag-in-frames=0 buffer-size=1000 buffer-initial-size=500 buffer-optimal-size=600 \
                   min-quantizer=4 max-quantizer=56 undershoot=95 static-threshold=1 dropframe-threshold=30",
        bitrate: Bitrate::Bits("target-bitrate"),
    },
];

const H264: &[Encoder] = &[
    Encoder {
        element: "vah264enc",
        settings: "rate-control=cbr key-int-max=1024 b-frames=0 ref-frames=1 aud=false",
        bitrate: Bitrate::Kilobits("bitrate"),
    },
    Encoder {
        element: "vah264lpenc",
        settings: "rate-control=cbr key-int-max=1024 b-frames=0 ref-frames=1 aud=false",
        bitrate: Bitrate::Kilobits("bitrate"),
    },
    Encoder {
        element: "nvh264enc",
        settings: "preset=low-latency-hq rc-mode=cbr gop-size=-1 bframes=0 zerolatency=true",
        bitrate: Bitrate::Kilobits("bitrate"),
    },
    Encoder { element: "v4l2h264enc", settings: "", bitrate: Bitrate::Control("video_bitrate") },
    Encoder {
        element: "x264enc",
        settings: "tune=zerolatency speed-preset=ultrafast key-int-max=3000 bframes=0 byte-stream=true aud=false \
                   threads=1 sliced-threads=false vbv-buf-capacity=500",
        bitrate: Bitrate::Kilobits("bitrate"),
    },
    Encoder {
        element: "openh264enc",
        settings: "rate-control=bitrate gop-size=3000 complexity=low usage-type=camera",
        bitrate: Bitrate::Bits("bitrate"),
    },
];

const fn plain(element: &'static str) -> Decoder {
    Decoder { element, description: element }
}

const OPUS_DECODERS: &[Decoder] = &[Decoder {
    element: "opusdec",
    description: "opusdec plc=true use-inband-fec=true ! audioconvert ! audioresample",
}];

const VP8_DECODERS: &[Decoder] = &[plain("vavp8dec"), plain("v4l2slvp8dec"), plain("v4l2vp8dec"), plain("vp8dec")];

const VP9_DECODERS: &[Decoder] = &[plain("vavp9dec"), plain("v4l2slvp9dec"), plain("v4l2vp9dec"), plain("vp9dec")];

const H264_DECODERS: &[Decoder] = &[
    Decoder { element: "vah264dec", description: "h264parse ! vah264dec" },
    Decoder { element: "nvh264dec", description: "h264parse ! nvh264dec" },
    Decoder { element: "v4l2slh264dec", description: "h264parse ! v4l2slh264dec" },
    Decoder { element: "v4l2h264dec", description: "h264parse ! v4l2h264dec" },
    // Frame threads would keep pictures back, one per thread.
    Decoder { element: "avdec_h264", description: "avdec_h264 max-threads=1" },
    Decoder { element: "openh264dec", description: "h264parse ! openh264dec" },
];

const AV1_DECODERS: &[Decoder] =
    &[Decoder { element: "vaav1dec", description: "av1parse ! vaav1dec" }, plain("dav1ddec"), plain("av1dec")];

fn decoders_of(codec: Codec) -> &'static [Decoder] {
    match codec {
        Codec::Opus => OPUS_DECODERS,
        Codec::Vp8 => VP8_DECODERS,
        Codec::Vp9 => VP9_DECODERS,
        Codec::H264 => H264_DECODERS,
        Codec::Av1 => AV1_DECODERS,
    }
}

fn encoders_of(codec: VideoCodec) -> &'static [Encoder] {
    match codec {
        VideoCodec::Vp8 => VP8,
        VideoCodec::H264 => H264,
    }
}

impl Encoder {
    /// The elements from I420 pictures to frames of `codec`.
    pub fn description(&self, codec: VideoCodec) -> String {
        let Encoder { element, settings, .. } = self;
        match codec {
            VideoCodec::Vp8 => format!("{element} name=encoder {settings}"),
            VideoCodec::H264 => format!(
                "{element} name=encoder {settings} ! video/x-h264,profile=constrained-baseline ! \
                 h264parse config-interval=-1"
            ),
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
                encoder.set_property("extra-controls", controls);
            }
        }
    }
}

/// What frames of `codec` are called in GStreamer.
pub(crate) fn frame_caps(codec: Codec) -> gst::Caps {
    let caps = match codec {
        Codec::Opus => {
            return gst::Caps::builder("audio/x-opus")
                .field("channel-mapping-family", 0)
                .field("rate", 48_000)
                .field("channels", 2)
                .build();
        }
        Codec::Vp8 => gst::Caps::builder("video/x-vp8"),
        Codec::Vp9 => gst::Caps::builder("video/x-vp9"),
        Codec::H264 => {
            gst::Caps::builder("video/x-h264").field("stream-format", "byte-stream").field("alignment", "au")
        }
        Codec::Av1 => gst::Caps::builder("video/x-av1").field("stream-format", "obu-stream").field("alignment", "tu"),
    };
    caps.build()
}

/// What an encoder's output must be.
pub(crate) fn encoded_caps(codec: VideoCodec) -> gst::Caps {
    frame_caps(codec.into())
}

/// Pictures in memory the processor can read.
pub(crate) fn raw_caps() -> gst::Caps {
    gst::Caps::builder("video/x-raw").build()
}

static ENCODERS: LazyLock<Mutex<BTreeMap<VideoCodec, Option<Encoder>>>> = LazyLock::new(Mutex::default);
/// By codec: while one is tried, the others can be used.
static DECODERS: [OnceLock<Option<Decoder>>; 5] = [const { OnceLock::new() }; 5];

/// The best encoder that works here.
pub(crate) fn encoder(codec: VideoCodec) -> Option<Encoder> {
    *lock(&ENCODERS)
        .entry(codec)
        .or_insert_with(|| encoders_of(codec).iter().copied().find(|encoder| encoder_works(encoder, codec)))
}

/// Goes on to the next encoder: the best one passed its probe but fails at work, as hardware does
/// with sizes it does not like. After the last one all are tried again.
pub(crate) fn distrust_encoder(codec: VideoCodec) {
    let mut known = lock(&ENCODERS);
    let failed = known.get(&codec).copied().flatten();
    let rest = encoders_of(codec).iter().skip_while(|encoder| Some(**encoder) != failed).skip(1);
    let next = rest.copied().find(|encoder| encoder_works(encoder, codec));
    tracing::warn!(
        failed = failed.map(|encoder| encoder.element),
        next = next.map(|encoder| encoder.element),
        "encoder"
    );
    match next {
        Some(next) => known.insert(codec, Some(next)),
        None => known.remove(&codec),
    };
}

fn encoder_works(encoder: &Encoder, codec: VideoCodec) -> bool {
    let encoder = *encoder;
    is_there(encoder.element) && within_timeout(encoder.element, move || encodes(&encoder, codec))
}

/// The best decoder that works here. Takes seconds the first time when drivers hang.
pub(crate) fn decoder(codec: Codec) -> Option<Decoder> {
    *DECODERS[codec as usize].get_or_init(|| {
        let works = |decoder: &Decoder| {
            let decoder = *decoder;
            is_there(decoder.element) && within_timeout(decoder.element, move || decodes(&decoder, codec))
        };
        decoders_of(codec).iter().copied().find(works)
    })
}

fn is_there(element: &str) -> bool {
    gst::ElementFactory::find(element).is_some()
}

/// Runs a probe in a thread of its own: a driver that hangs must not hang us.
fn within_timeout(element: &'static str, probe: impl FnOnce() -> bool + Send + 'static) -> bool {
    let (tell, told) = mpsc::channel();
    let started = std::thread::Builder::new().name("codec-probe".to_owned()).spawn(move || {
        let _ = tell.send(probe());
    });
    let works = started.is_ok() && told.recv_timeout(PROBE_TIMEOUT).unwrap_or(false);
    if works {
        tracing::debug!(element, "works");
    } else {
        tracing::warn!(element, "is installed but does not work here");
    }
    works
}

fn encodes(encoder: &Encoder, codec: VideoCodec) -> bool {
    let (tell, told) = mpsc::channel();
    let output = move |_: gst::Buffer, _: &gst::Caps| {
        let _ = tell.send(());
    };
    let Ok(mut stage) = Stage::new(&encoder.description(codec), &encoded_caps(codec), output) else { return false };
    if let Some(element) = stage.element("encoder") {
        encoder.set_bitrate(&element, 200_000);
    }
    stage.set_caps(
        &gst::Caps::builder("video/x-raw")
            .field("format", "I420")
            .field("width", PROBE_WIDTH as i32)
            .field("height", PROBE_HEIGHT as i32)
            .field("framerate", gst::Fraction::new(30, 1))
            .build(),
    );
    for number in 0..3 {
        let grey = vec![128; (PROBE_WIDTH * PROBE_HEIGHT * 3 / 2) as usize];
        if stage.push(timed_buffer(grey, Duration::from_millis(33) * number)).is_err() {
            return false;
        }
    }
    told.recv_timeout(PROBE_TIMEOUT).is_ok()
}

fn decodes(decoder: &Decoder, codec: Codec) -> bool {
    let Some(sample) = sample(codec) else { return true };
    let (tell, told) = mpsc::channel();
    let output = move |_: gst::Buffer, _: &gst::Caps| {
        let _ = tell.send(());
    };
    let Ok(mut stage) = Stage::new(decoder.description, &raw_caps(), output) else { return false };
    stage.set_caps(&frame_caps(codec));
    for number in 0..3 {
        if stage.push(timed_buffer(sample.to_vec(), Duration::from_millis(33) * number)).is_err() {
            return false;
        }
    }
    told.recv_timeout(PROBE_TIMEOUT).is_ok()
}

/// A grey key frame of 320 by 180 pixels.
fn sample(codec: Codec) -> Option<&'static [u8]> {
    match codec {
        Codec::Opus => None,
        Codec::Vp8 => Some(include_bytes!("samples/grey.vp8")),
        Codec::Vp9 => Some(include_bytes!("samples/grey.vp9")),
        Codec::H264 => Some(include_bytes!("samples/grey.h264")),
        Codec::Av1 => Some(include_bytes!("samples/grey.av1")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_codec_has_elements_that_pass_their_probe() {
        gst::init().unwrap();
        for codec in [VideoCodec::Vp8, VideoCodec::H264] {
            assert!(encoder(codec).is_some(), "{codec:?}");
        }
        for codec in [Codec::Opus, Codec::Vp8, Codec::Vp9, Codec::H264, Codec::Av1] {
            assert!(decoder(codec).is_some(), "{codec:?}");
        }
    }

    #[test]
    fn software_elements_work_with_their_settings() {
        gst::init().unwrap();
        for (codec, element) in
            [(VideoCodec::Vp8, "vp8enc"), (VideoCodec::H264, "x264enc"), (VideoCodec::H264, "openh264enc")]
        {
            let encoder = encoders_of(codec).iter().find(|encoder| encoder.element == element).unwrap();
            assert!(encodes(encoder, codec), "{element}");
        }
        for element in ["avdec_h264", "openh264dec"] {
            let decoder = H264_DECODERS.iter().find(|decoder| decoder.element == element).unwrap();
            assert!(decodes(decoder, Codec::H264), "{element}");
        }
    }

    #[test]
    fn an_element_that_fails_or_hangs_is_not_trusted() {
        gst::init().unwrap();
        let wrong = Encoder { element: "identity", settings: "", bitrate: Bitrate::Bits("none") };
        assert!(!encodes(&wrong, VideoCodec::Vp8));
        assert!(!decodes(&plain("vp9dec"), Codec::Vp8));
        assert!(!is_there("no-such-element"));
        assert!(!within_timeout("hangs", || {
            std::thread::park_timeout(PROBE_TIMEOUT * 5);
            true
        }));
    }
}
