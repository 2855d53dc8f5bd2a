//! What is shared: shown and heard in the room, and encoded sharp.

mod common;

use std::sync::Arc;
use std::time::Duration;

use common::*;
use hal::ContentSource;
use media::{EngineConfig, Feed, Layer, LayerTarget, MediaEvent, TileSource, VideoCodec};

fn shared(pictures: &Arc<MarkCamera>) -> Option<ContentSource> {
    Some(ContentSource { video: pictures.source(), audio: None })
}

fn at(bitrate_bps: u32) -> [LayerTarget; 1] {
    [LayerTarget { layer: Layer::High, divisor: 1, bitrate_bps }]
}

/// The size and time of each key frame, and the time of each frame.
fn frames(room: &Room) -> Vec<(Duration, Option<(u32, u32)>)> {
    room.all(|event| match event {
        MediaEvent::EncodedVideo { feed: Feed::Content, media_time, keyframe, data, .. } => {
            let word = |at: usize| u32::from(u16::from_le_bytes([data[at], data[at + 1]]) & 0x3fff);
            Some((*media_time, keyframe.then(|| (word(6), word(8)))))
        }
        _ => None,
    })
}

#[test]
fn what_is_shared_is_shown_in_the_room_before_anybody_watches() {
    let pictures = MarkCamera::new(640, 360, 0b0110_1001);
    let room = Room::start(config());
    room.show(TileSource::Content);
    room.engine.replace_content(shared(&pictures));
    eventually("it is shown", || room.mark() == Some(0b0110_1001));
    assert_eq!(room.engine.counters().encoded_content, 0);
    room.engine.end_call();
    eventually("it is gone with the call", || room.mark() != Some(0b0110_1001));
}

#[test]
fn with_few_bits_there_are_fewer_pictures_and_none_is_smaller() {
    let pictures = MarkCamera::new(1280, 720, 0b1010_1010);
    let camera = MarkCamera::new(640, 360, 0b1100_0011);
    let room = Room::start(EngineConfig { camera: Some(camera.source()), ..config() });
    room.engine.replace_content(shared(&pictures));
    room.engine.encode_content(VideoCodec::Vp8, &at(200_000));
    eventually("pictures come", || frames(&room).len() > 8);
    let spare = frames(&room);
    assert_eq!(spare[0].1, Some((1280, 720)));
    for pair in spare.windows(2) {
        let between = pair[1].0.saturating_sub(pair[0].0);
        assert!(between >= Duration::from_millis(150), "five a second: {between:?}");
    }
    room.engine.encode_content(VideoCodec::Vp8, &at(3_000_000));
    room.forget();
    let is_quick = |pair: &[(Duration, Option<(u32, u32)>)]| pair[1].0 - pair[0].0 < Duration::from_millis(60);
    eventually("more of them", || frames(&room).windows(2).any(is_quick));
    room.engine.force_content_keyframe();
    eventually("a key frame", || frames(&room).iter().any(|(_, size)| size.is_some()));
    assert!(frames(&room).iter().all(|(_, size)| size.is_none_or(|size| size == (1280, 720))));
    assert_eq!(room.engine.counters().encoded, [0; 3], "nobody watches the camera");
}

#[test]
fn another_mode_goes_on_in_its_own_size_and_a_laptop_pulled_out_is_told() {
    let (first, second) = (MarkCamera::new(640, 360, 1), MarkCamera::new(800, 600, 2));
    let room = Room::start(config());
    room.engine.replace_content(shared(&first));
    room.engine.encode_content(VideoCodec::Vp8, &at(2_000_000));
    let sized = |size| frames(&room).iter().any(|(_, seen)| *seen == Some(size));
    eventually("pictures in the first mode", || sized((640, 360)));
    room.engine.replace_content(shared(&second));
    eventually("pictures in the second", || sized((800, 600)));
    assert_eq!(room.count(|event| matches!(event, MediaEvent::ContentLost)), 0);
    second.unplugged.store(true, std::sync::atomic::Ordering::Release);
    room.wait_for("the loss is told", |event| matches!(event, MediaEvent::ContentLost));
    assert_eq!(room.count(|event| matches!(event, MediaEvent::CameraLost)), 0);
}

#[test]
fn the_sound_of_what_is_shared_is_heard_in_the_room_and_encoded_though_the_microphone_is_closed() {
    let (pictures, tone) = (MarkCamera::new(640, 360, 3), BurstTone::new(700.0, 0.3));
    let recorder = Arc::new(Recorder::default());
    let room = Room::start(EngineConfig { loudspeaker: Some(recorder.sink()), ..config() });
    room.engine.replace_content(Some(ContentSource { video: pictures.source(), audio: Some(tone.source()) }));
    let is_content = |event: &MediaEvent| matches!(event, MediaEvent::EncodedAudio { feed: Feed::Content, .. });
    eventually("it is encoded", || room.count(is_content) > 10);
    eventually("it is heard", || share_at(&recorder.newest(48_000), 700.0) > 0.8);
    assert_eq!(room.count(|event| matches!(event, MediaEvent::EncodedAudio { feed: Feed::Room, .. })), 0);
    // A machine that is still starting may miss some at first.
    room.forget();
    eventually("it goes on", || room.count(is_content) > 10);
    let times = room.all(|event| match event {
        MediaEvent::EncodedAudio { media_time, .. } => Some(*media_time),
        _ => None,
    });
    assert!(times.windows(2).take(8).all(|pair| pair[1] - pair[0] == Duration::from_millis(20)), "{times:?}");
    room.engine.replace_content(None);
    eventually("it ends", || {
        room.forget();
        let ticks = room.engine.counters().audio_ticks;
        eventually("a while", || room.engine.counters().audio_ticks > ticks + 20);
        room.count(is_content) == 0
    });
}
