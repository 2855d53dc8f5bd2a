//! Encoded frames that are none, given to the decoders of a media engine without devices.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use media::{Codec, Engine, EngineConfig, Kind, ReceivedFrame, TrackKey};

use super::script::Script;

/// The jitter buffer's delay and a few packets of sound.
const SOUND_HEARD_AFTER: Duration = Duration::from_millis(200);

/// Making a decoder and decoding a few small pictures.
const PICTURES_DECODED_AFTER: Duration = Duration::from_millis(60);

/// One track of one codec (the first byte), then its frames.
pub fn frames(data: &[u8]) {
    let mut script = Script::new(data);
    let codec = script.choose(&[Codec::Opus, Codec::Vp8, Codec::Vp9, Codec::H264, Codec::Av1]);
    let kind = if codec == Codec::Opus { Kind::Audio } else { Kind::Video };
    let track = TrackKey("TR_fuzz".into());
    let engine = engine();
    engine.add_track(track.clone(), kind);
    let mut media_time = Duration::ZERO;
    for _ in 0..30 {
        let Some(marks) = script.byte() else { break };
        let data = script.bytes().unwrap_or_default().to_vec();
        media_time += Duration::from_millis(u64::from(marks >> 2));
        engine.push_frame(ReceivedFrame {
            track: track.clone(),
            kind,
            codec,
            media_time,
            sender_time: None,
            arrived: Instant::now(),
            contiguous: marks & 1 == 0,
            keyframe: marks & 2 == 0,
            data,
        });
    }
    // The decoders' clock cannot be stepped: pictures are decoded at once, sound when it is to be heard.
    std::thread::sleep(if kind == Kind::Audio { SOUND_HEARD_AFTER } else { PICTURES_DECODED_AFTER });
    engine.remove_track(&track);
}

/// One engine for all: it takes long to start.
fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| {
        let (camera, microphone, loudspeaker) = (None, None, None);
        let config = EngineConfig {
            camera,
            microphone,
            loudspeaker,
            display: (320, 180),
            screen: None,
            second: None,
            fps: 10,
            codec_memory: None,
        };
        Engine::start(config, Box::new(|_| {})).expect("an engine without devices")
    })
}
