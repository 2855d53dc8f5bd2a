//! Frames and data packets that claim to be encrypted.

use std::sync::OnceLock;

use meeting::e2ee::{Key, Opener, Profile, Sealer, Stamp, clear_bytes, escape, injected, unescape};
use meeting::io::Codec;
use meeting::livekit::wire;

use super::script::Script;

/// The codec (the first byte), whether a key frame is claimed (the second), then frames, each also taken for a data packet.
pub fn sealed(data: &[u8]) {
    let mut script = Script::new(data);
    let codec = script.choose(&[Codec::Opus, Codec::Vp8, Codec::Vp9, Codec::H264, Codec::Av1]);
    let keyframe = script.byte().is_some_and(|byte| byte & 1 == 0);
    let mut shared = Opener::new(Profile::SHARED, [(0, key().clone())]);
    // One that looks for later keys, and gives up.
    let mut each = Opener::new(Profile::EACH, [(0, Key::from_bytes(b"another", &Profile::EACH))]);
    while let Some(frame) = script.bytes() {
        let _ = (clear_bytes(codec, keyframe, frame), injected(frame, b"mark"));
        let _ = each.open(codec, keyframe, frame);
        let _ = wire::open_packet(frame, |sealed| shared.open_data(sealed).ok());
        assert_eq!(unescape(&escape(frame)), frame, "escaping loses nothing");
        if let Ok(clear) = shared.open(codec, keyframe, frame) {
            let mut sealer = Sealer::new(key().clone(), 0);
            if let Some(again) = sealer.seal(codec, Stamp { stream: 0, time: 0 }, &clear) {
                assert!(shared.open(codec, keyframe, &again).is_ok(), "what was opened can be sealed and opened again");
            }
        }
    }
}

/// That of the recorded frames.
fn key() -> &'static Key {
    static KEY: OnceLock<Key> = OnceLock::new();
    KEY.get_or_init(|| Key::from_passphrase("0123456789abcdef0123456789abcdef0123456789abcdef", &Profile::SHARED))
}
