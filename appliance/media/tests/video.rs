//! What the engine promises about pictures, with real codecs and in real time.

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use common::*;
use media::{
    Codec, EngineConfig, Kind, Layer, LayerTarget, MediaEvent, Picture, ReceivedFrame, Rect, Scene, Tile, TileSource,
    VideoCodec,
};

const LOW: LayerTarget = LayerTarget { layer: Layer::Low, divisor: 4, bitrate_bps: 150_000 };
const MEDIUM: LayerTarget = LayerTarget { layer: Layer::Medium, divisor: 2, bitrate_bps: 500_000 };
const HIGH: LayerTarget = LayerTarget { layer: Layer::High, divisor: 1, bitrate_bps: 1_500_000 };

fn with_camera(camera: &Arc<MarkCamera>) -> EngineConfig {
    EngineConfig { camera: Some(camera.source()), ..config() }
}

/// A room whose medium layer goes to the track "camera" of another room, where it is shown.
fn sender_and_viewer(camera: &Arc<MarkCamera>) -> (Room, Arc<Room>) {
    let viewer = Arc::new(Room::start(config()));
    viewer.engine.add_track(track("camera"), Kind::Video);
    viewer.show(TileSource::Track(track("camera")));
    let receiver = viewer.clone();
    let sender = Room::start_telling(with_camera(camera), move |event| {
        if let Some(frame) = received(event, &track("camera"), Some(Layer::Medium)) {
            receiver.engine.push_frame(frame);
        }
    });
    (sender, viewer)
}

fn is_video(event: &MediaEvent, wanted: Layer) -> bool {
    matches!(event, MediaEvent::EncodedVideo { layer, .. } if *layer == wanted)
}

fn is_keyframe(event: &MediaEvent, wanted: Layer) -> bool {
    matches!(event, MediaEvent::EncodedVideo { layer, keyframe: true, .. } if *layer == wanted)
}

fn is_first_video(event: &MediaEvent, name: &str) -> bool {
    matches!(event, MediaEvent::FirstVideo(key) if *key == track(name))
}

fn needs_keyframe(event: &MediaEvent) -> bool {
    matches!(event, MediaEvent::NeedKeyframe(_))
}

#[test]
fn what_one_room_sees_another_room_shows() {
    for codec in [VideoCodec::Vp8, VideoCodec::H264] {
        let camera = MarkCamera::new(640, 360, 0b1011_0010);
        let (sender, viewer) = sender_and_viewer(&camera);
        sender.engine.encode(codec, &[MEDIUM]);
        eventually("the first mark is shown", || viewer.mark() == Some(0b1011_0010));
        viewer.wait_for("the first picture is told", |event| is_first_video(event, "camera"));
        camera.mark.store(0b0100_1101, Ordering::Release);
        eventually("the next mark is shown", || viewer.mark() == Some(0b0100_1101));
        assert_eq!(viewer.count(|event| is_first_video(event, "camera")), 1);
        assert_eq!(viewer.count(needs_keyframe), 0);
    }
}

#[test]
fn layers_are_a_quarter_half_and_whole_of_the_camera() {
    let camera = MarkCamera::new(640, 360, 1);
    let room = Room::start(with_camera(&camera));
    assert_eq!(room.engine.camera_size(), (640, 360));
    room.engine.encode(VideoCodec::Vp8, &[LOW, MEDIUM, HIGH]);
    for (wanted, size) in [(Layer::Low, (160, 90)), (Layer::Medium, (320, 180)), (Layer::High, (640, 360))] {
        room.wait_for("a key frame", |event| is_keyframe(event, wanted));
        let sizes = room.all(|event| match event {
            MediaEvent::EncodedVideo { layer, keyframe: true, data, .. } if *layer == wanted => Some(vp8_size(data)),
            _ => None,
        });
        assert_eq!(sizes, [Some(size)]);
    }
}

/// The size in a VP8 key frame (RFC 6386, section 9.1).
fn vp8_size(frame: &[u8]) -> Option<(u16, u16)> {
    let [_, _, _, 0x9d, 0x01, 0x2a, width_low, width_high, height_low, height_high, ..] = frame else { return None };
    let size = |low: u8, high: u8| u16::from_le_bytes([low, high]) & 0x3fff;
    Some((size(*width_low, *width_high), size(*height_low, *height_high)))
}

#[test]
fn any_layer_may_have_any_size_and_change_it() {
    let camera = MarkCamera::new(320, 180, 1);
    let room = Room::start(with_camera(&camera));
    for (divisor, size) in [(1, (320, 180)), (2, (160, 90)), (4, (80, 44))] {
        room.forget();
        room.engine.encode(VideoCodec::Vp8, &[LayerTarget { divisor, ..LOW }]);
        eventually("a key frame of that size", || {
            let sizes = room.all(|event| match event {
                MediaEvent::EncodedVideo { layer: Layer::Low, keyframe: true, data, .. } => Some(vp8_size(data)),
                _ => None,
            });
            sizes.contains(&Some(size))
        });
    }
}

#[test]
fn a_key_frame_comes_on_request_and_not_otherwise() {
    for codec in [VideoCodec::Vp8, VideoCodec::H264] {
        let camera = MarkCamera::new(320, 180, 1);
        let room = Room::start(with_camera(&camera));
        room.engine.encode(codec, &[HIGH]);
        eventually("frames", || room.count(|event| is_video(event, Layer::High)) >= 20);
        assert_eq!(room.count(|event| is_keyframe(event, Layer::High)), 1, "only the first is a key frame");
        room.forget();
        room.engine.force_keyframe(Layer::High);
        eventually("frames", || room.count(|event| is_video(event, Layer::High)) >= 10);
        assert_eq!(room.count(|event| is_keyframe(event, Layer::High)), 1, "one key frame for one request");
    }
}

#[test]
fn h264_repeats_its_parameter_sets_at_every_key_frame() {
    let camera = MarkCamera::new(320, 180, 1);
    let room = Room::start(with_camera(&camera));
    room.engine.encode(VideoCodec::H264, &[HIGH]);
    room.wait_for("a key frame", |event| is_keyframe(event, Layer::High));
    room.forget();
    room.engine.force_keyframe(Layer::High);
    room.wait_for("another key frame", |event| is_keyframe(event, Layer::High));
    let units = room.all(|event| match event {
        MediaEvent::EncodedVideo { keyframe: true, data, .. } => Some(unit_types(data)),
        _ => None,
    });
    let [units] = &units[..] else { panic!("{units:?}") };
    assert!([5, 7, 8].iter().all(|wanted| units.contains(wanted)), "{units:?}");
}

/// The types of the units in an Annex B stream.
fn unit_types(data: &[u8]) -> Vec<u8> {
    data.windows(4).filter(|window| window[..3] == [0, 0, 1]).map(|window| window[3] & 0x1f).collect()
}

#[test]
fn a_layer_that_is_not_wanted_is_not_encoded() {
    let camera = MarkCamera::new(320, 180, 1);
    let room = Room::start(with_camera(&camera));
    eventually("pictures are taken", || room.engine.counters().captured >= 3);
    assert_eq!(room.engine.counters().encoded, [0; 3]);
    room.engine.encode(VideoCodec::Vp8, &[LOW, HIGH]);
    room.wait_for("low", |event| is_video(event, Layer::Low));
    room.wait_for("high", |event| is_video(event, Layer::High));
    room.engine.encode(VideoCodec::Vp8, &[LOW]);
    room.wait_for_standstill(Layer::High);
    room.forget();
    eventually("low goes on", || room.count(|event| is_video(event, Layer::Low)) >= 10);
    assert_eq!(room.count(|event| is_video(event, Layer::High)), 0);
    assert_eq!(room.count(|event| is_video(event, Layer::Medium)), 0);
    room.engine.encode(VideoCodec::Vp8, &[HIGH]);
    room.wait_for("high starts with a key frame", |event| is_keyframe(event, Layer::High));
}

#[test]
fn the_bitrate_changes_without_a_key_frame() {
    let camera = MarkCamera::new(320, 180, 1);
    camera.noise.store(true, Ordering::Release);
    for codec in [VideoCodec::Vp8, VideoCodec::H264] {
        let room = Room::start(with_camera(&camera));
        let frames = |count| eventually("frames", || room.count(|event| is_video(event, Layer::High)) >= count);
        let mean_size = || {
            let sizes = room.all(|event| match event {
                MediaEvent::EncodedVideo { data, .. } => Some(data.len()),
                _ => None,
            });
            let settled = &sizes[sizes.len() / 2..];
            settled.iter().sum::<usize>() / settled.len()
        };
        room.engine.encode(codec, &[LayerTarget { layer: Layer::High, divisor: 1, bitrate_bps: 2_000_000 }]);
        frames(60);
        let large = mean_size();
        room.forget();
        room.engine.encode(codec, &[LayerTarget { layer: Layer::High, divisor: 1, bitrate_bps: 250_000 }]);
        frames(60);
        let small = mean_size();
        assert!(small * 2 < large, "{codec:?}: {small} bytes a frame instead of {large}");
        assert_eq!(room.count(|event| is_keyframe(event, Layer::High)), 0);
    }
}

#[test]
fn a_lost_frame_keeps_the_last_picture_until_a_key_frame_comes() {
    let camera = MarkCamera::new(640, 360, 0b1111_0000);
    let viewer = Arc::new(Room::start(config()));
    viewer.engine.add_track(track("camera"), Kind::Video);
    viewer.show(TileSource::Track(track("camera")));
    let (receiver, lose) = (viewer.clone(), Arc::new(AtomicBool::new(false)));
    let losing = lose.clone();
    let sender = Room::start_telling(with_camera(&camera), move |event| {
        if let Some(mut frame) = received(event, &track("camera"), Some(Layer::Medium)) {
            frame.contiguous = !losing.swap(false, Ordering::AcqRel);
            receiver.engine.push_frame(frame);
        }
    });
    sender.engine.encode(VideoCodec::Vp8, &[MEDIUM]);
    eventually("the first mark is shown", || viewer.mark() == Some(0b1111_0000));
    assert_eq!(viewer.count(needs_keyframe), 0);

    lose.store(true, Ordering::Release);
    viewer.wait_for("a key frame is asked for", needs_keyframe);
    let started = Instant::now();
    camera.mark.store(0b0000_1111, Ordering::Release);
    sender.forget();
    eventually("frames go on", || sender.count(|event| is_video(event, Layer::Medium)) >= 30);
    assert_eq!(viewer.mark(), Some(0b1111_0000), "the last picture stays");
    let asked = viewer.count(needs_keyframe);
    // Sooner at first: after 150 and 300 ms.
    let most = 4 + started.elapsed().as_millis() as usize / 500;
    assert!((2..=most).contains(&asked), "asked {asked} times in {:?}", started.elapsed());

    sender.engine.force_keyframe(Layer::Medium);
    eventually("the track recovers", || viewer.mark() == Some(0b0000_1111));
    assert!(viewer.engine.counters().dropped_received > 0);
}

#[test]
fn an_unplugged_camera_is_told_and_another_one_takes_over() {
    let camera = MarkCamera::new(640, 360, 0b1010_1010);
    let tone = BurstTone::new(440.0, 0.5);
    let room = Room::start(EngineConfig { microphone: Some(tone.source()), ..with_camera(&camera) });
    room.show(TileSource::Own);
    room.engine.set_microphone(true);
    room.engine.encode(VideoCodec::Vp8, &[HIGH]);
    eventually("the self view", || room.mark() == Some(0b1010_1010));

    camera.unplugged.store(true, Ordering::Release);
    room.wait_for("the loss is told", |event| matches!(event, MediaEvent::CameraLost));
    room.wait_for_standstill(Layer::High);
    room.forget();
    let is_sound = |event: &MediaEvent| matches!(event, MediaEvent::EncodedAudio { .. });
    eventually("sound goes on", || room.count(is_sound) >= 20);
    assert_eq!(room.count(|event| is_video(event, Layer::High)), 0);

    let other = MarkCamera::new(320, 240, 0b0001_1101);
    room.engine.replace_camera(Some(other.source()));
    assert_eq!(room.engine.camera_size(), (320, 240));
    room.wait_for("its pictures are encoded", |event| is_keyframe(event, Layer::High));
    let inside = Rect { x: 80, y: 0, width: 480, height: 360 };
    eventually("and shown", || read_mark(&room.engine.display_picture(), inside) == Some(0b0001_1101));
    room.engine.replace_camera(None);
    assert_eq!(room.engine.camera_size(), (0, 0));
}

#[test]
fn devices_that_do_not_open_are_told_once_and_the_rest_goes_on() {
    let nowhere = "/dev/no-such-camera".into();
    let format = hal::VideoFormat { width: 640, height: 360, fps: 30 };
    let room = Room::start(EngineConfig {
        camera: Some(hal::VideoSource::V4l2 { path: nowhere, format }),
        microphone: Some(hal::AudioSource::Alsa { device: "hw:CARD=nowhere".to_owned() }),
        loudspeaker: Some(hal::AudioSink::Alsa { device: "hw:CARD=nowhere".to_owned() }),
        ..config()
    });
    room.wait_for("the camera is missed", |event| matches!(event, MediaEvent::CameraLost));
    room.wait_for("the microphone is missed", |event| matches!(event, MediaEvent::MicrophoneLost(0)));
    room.wait_for("the loudspeaker is missed", |event| matches!(event, MediaEvent::LoudspeakerLost));
    eventually("the clock goes on", || room.engine.counters().audio_ticks > 50);
    let is_loss = |event: &MediaEvent| {
        matches!(event, MediaEvent::CameraLost | MediaEvent::MicrophoneLost(_) | MediaEvent::LoudspeakerLost)
    };
    assert_eq!(room.count(is_loss), 3);
    room.engine.replace_camera(Some(MarkCamera::new(640, 360, 3).source()));
    room.show(TileSource::Own);
    eventually("another camera is shown", || room.mark() == Some(3));
}

#[test]
fn garbage_on_one_track_leaves_the_others_alone() {
    let camera = MarkCamera::new(640, 360, 0b1100_1010);
    let (sender, viewer) = sender_and_viewer(&camera);
    let bad = [Codec::Vp8, Codec::Vp9, Codec::H264, Codec::Av1];
    for codec in bad {
        viewer.engine.add_track(track(&format!("{codec:?}")), Kind::Video);
    }
    sender.engine.encode(VideoCodec::Vp8, &[MEDIUM]);
    eventually("the good track is shown", || viewer.mark() == Some(0b1100_1010));
    let mut tiles: Vec<_> =
        bad.iter().map(|codec| tile(TileSource::Track(track(&format!("{codec:?}"))), WHOLE)).collect();
    tiles.push(tile(TileSource::Track(track("camera")), WHOLE));
    viewer.engine.set_scene(Scene { tiles, ..Scene::default() });
    let complains = |codec: Codec| {
        let about = |key: &media::TrackKey| *key == track(&format!("{codec:?}"));
        viewer.count(|event| matches!(event, MediaEvent::NeedKeyframe(key) if about(key))) > 0
            && viewer.count(|event| matches!(event, MediaEvent::CannotDecode(key) if about(key))) == 1
    };
    let (mut seed, mut number) = (7_u64, 0);
    eventually("every bad track asks for key frames, and then says that nothing helps", || {
        for codec in bad {
            let mut data = Vec::new();
            for _ in 0..number % 40 * 7 {
                seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                data.push((seed >> 56) as u8);
            }
            viewer.engine.push_frame(picture_frame(&format!("{codec:?}"), codec, number, data));
        }
        number += 1;
        bad.iter().all(|codec| complains(*codec))
    });
    camera.mark.store(0b0011_0101, Ordering::Release);
    eventually("the good track goes on", || viewer.mark() == Some(0b0011_0101));
    assert_eq!(viewer.count(|event| matches!(event, MediaEvent::NeedKeyframe(key) if *key == track("camera"))), 0);
}

fn picture_frame(name: &str, codec: Codec, number: u32, data: Vec<u8>) -> ReceivedFrame {
    ReceivedFrame {
        track: track(name),
        kind: Kind::Video,
        codec,
        media_time: Duration::from_millis(33) * number,
        sender_time: None,
        arrived: Instant::now(),
        contiguous: true,
        keyframe: true,
        data,
    }
}

#[test]
fn one_track_shows_every_codec_in_turn() {
    let room = Room::start(config());
    let samples: [(Codec, &[u8]); 4] = [
        (Codec::Vp8, include_bytes!("../src/samples/grey.vp8")),
        (Codec::Vp9, include_bytes!("../src/samples/grey.vp9")),
        (Codec::H264, include_bytes!("../src/samples/grey.h264")),
        (Codec::Av1, include_bytes!("../src/samples/grey.av1")),
    ];
    room.engine.add_track(track("any"), Kind::Video);
    room.show(TileSource::Track(track("any")));
    for (number, (codec, sample)) in samples.into_iter().enumerate() {
        let before = room.engine.counters().decoded;
        room.engine.push_frame(picture_frame("any", codec, number as u32, sample.to_vec()));
        eventually(&format!("{codec:?} is decoded"), || room.engine.counters().decoded > before);
    }
    eventually("grey is shown", || {
        let picture = room.engine.display_picture();
        picture.rgba[(picture.width * 180 + 320) as usize * 4].abs_diff(128) < 16
    });
}

#[test]
fn a_codec_nothing_decodes_is_told_once_and_the_placeholder_stays() {
    let room = Room::start(config());
    let white = Arc::new(Picture { width: 16, height: 9, rgba: vec![255; 16 * 9 * 4] });
    room.engine.add_track(track("strange"), Kind::Video);
    let strange = Tile { placeholder: Some(white), ..tile(TileSource::Track(track("strange")), WHOLE) };
    room.engine.set_scene(Scene { tiles: vec![strange], ..Scene::default() });
    for number in 0..5 {
        room.engine.push_frame(picture_frame("strange", Codec::Opus, number, vec![0; 20]));
    }
    let is_told = |event: &MediaEvent| matches!(event, MediaEvent::CannotDecode(_));
    room.wait_for("it is told", is_told);
    eventually("the placeholder", || room.mark() == Some(0b1111_1111));
    assert_eq!(room.count(is_told), 1);
}

#[test]
fn a_track_that_gets_more_than_it_can_take_drops_the_oldest() {
    let room = Room::start(config());
    room.engine.add_track(track("flood"), Kind::Video);
    let sample = include_bytes!("../src/samples/grey.h264");
    let started = Instant::now();
    for number in 0..3000 {
        room.engine.push_frame(picture_frame("flood", Codec::H264, number, sample.to_vec()));
    }
    assert!(started.elapsed() < Duration::from_secs(2), "pushing took {:?}", started.elapsed());
    assert!(room.engine.counters().dropped_received > 0);
    eventually("what is left is decoded", || room.engine.counters().decoded > 0);
}

#[test]
fn the_scene_is_drawn_as_asked_and_only_when_it_changes() {
    let room = Room::start(config());
    let colour = |red, green, blue, alpha| [red, green, blue, alpha].repeat(64 * 32);
    let picture = |rgba| Some(Arc::new(Picture { width: 64, height: 32, rgba }));
    let rect = Rect { x: 320, y: 180, width: 320, height: 180 };
    let scene = Scene {
        tiles: vec![Tile {
            source: TileSource::None,
            rect,
            placeholder: picture(colour(255, 0, 0, 255)),
            label: picture(colour(255, 255, 255, 255)),
            still: None,
            highlight: true,
        }],
        banner: picture(colour(0, 255, 0, 128)),
        background: None,
    };
    room.engine.set_scene(scene.clone());
    let pixel = |x: usize, y: usize| {
        let picture = room.engine.display_picture();
        let start = (y * 640 + x) * 4;
        [picture.rgba[start], picture.rgba[start + 1], picture.rgba[start + 2]]
    };
    let near = |pixel: [u8; 3], wanted: [u8; 3]| pixel.iter().zip(wanted).all(|(a, b)| a.abs_diff(b) < 24);
    eventually("the placeholder", || near(pixel(480, 250), [255, 0, 0]));
    assert!(near(pixel(10, 350), [0, 0, 0]), "outside it is black");
    assert!(near(pixel(320 + 40, 360 - 30), [255, 255, 255]), "the label is at the bottom left");
    assert!(near(pixel(320 + 8, 360 - 30), [255, 0, 0]), "with a margin");
    assert!(near(pixel(320, 16), [0, 128, 0]), "the banner is half transparent");
    let [red, green, blue] = pixel(322, 300);
    assert!(blue > 150 && blue > red && blue > green, "the border is blue");

    let composed = room.engine.counters().composed;
    let ticks = room.engine.counters().audio_ticks;
    room.engine.set_scene(scene);
    eventually("half a second", || room.engine.counters().audio_ticks > ticks + 50);
    assert_eq!(room.engine.counters().composed, composed);

    let white = Arc::new(Picture { width: 640, height: 360, rgba: vec![255; 640 * 360 * 4] });
    room.engine.set_scene(Scene { background: Some(white), ..Scene::default() });
    eventually("the idle screen", || near(pixel(320, 180), [255, 255, 255]));
}

#[test]
fn pictures_wait_for_the_sound_they_belong_to() {
    let viewer = Arc::new(Room::start(config()));
    let (picture, sound) = (track("picture"), track("sound"));
    viewer.engine.add_track(picture.clone(), Kind::Video);
    viewer.engine.add_track(sound.clone(), Kind::Audio);
    viewer.engine.pair_tracks(&picture, Some(&sound));
    viewer.show(TileSource::Track(picture.clone()));

    // Sound that is a quarter of a second late at the sender already.
    let late = Duration::from_millis(250);
    let (receiver, sound_key) = (viewer.clone(), sound.clone());
    let tone = BurstTone::new(440.0, 0.5);
    let speaker = Room::start_telling(EngineConfig { microphone: Some(tone.source()), ..config() }, move |event| {
        if let Some(mut frame) = received(event, &sound_key, None) {
            frame.sender_time = Some(frame.media_time + Duration::from_secs(100));
            receiver.engine.push_frame(frame);
        }
    });
    let newest = || {
        let times = speaker.all(|event| match event {
            MediaEvent::EncodedAudio { media_time, .. } => Some(*media_time),
            _ => None,
        });
        times.last().copied()
    };
    speaker.engine.set_microphone(true);
    eventually("sound flows", || newest().is_some_and(|time| time > Duration::from_secs(1)));
    let sample = include_bytes!("../src/samples/grey.vp8");
    let mut frame = picture_frame("picture", Codec::Vp8, 0, sample.to_vec());
    frame.sender_time = newest().map(|time| time + Duration::from_secs(100) + late);
    let pushed = Instant::now();
    viewer.engine.push_frame(frame);
    viewer.wait_for("the picture is shown", |event| is_first_video(event, "picture"));
    assert!(pushed.elapsed() > late - Duration::from_millis(100), "shown after {:?} already", pushed.elapsed());
    // The jitter buffer, what is ready, two threads' beats, and a busy machine.
    assert!(pushed.elapsed() < late + Duration::from_millis(350), "shown after {:?} only", pushed.elapsed());

    // Without the voice the face waits for nothing, however late the sound was.
    viewer.engine.remove_track(&sound);
    let decoded = viewer.engine.counters().decoded;
    let shown = viewer.engine.display_picture().serial;
    let mut frame = picture_frame("picture", Codec::Vp8, 1, sample.to_vec());
    frame.sender_time = newest().map(|time| time + Duration::from_secs(100) + Duration::from_secs(30));
    let pushed = Instant::now();
    viewer.engine.push_frame(frame);
    eventually("it is decoded", || viewer.engine.counters().decoded > decoded);
    eventually("it is shown", || viewer.engine.display_picture().serial > shown);
    assert!(pushed.elapsed() < Duration::from_millis(300), "shown after {:?} only", pushed.elapsed());
}

#[test]
fn ending_a_call_forgets_its_tracks_and_stops_encoding() {
    let camera = MarkCamera::new(640, 360, 0b1001_0110);
    let (sender, viewer) = sender_and_viewer(&camera);
    sender.engine.encode(VideoCodec::Vp8, &[MEDIUM]);
    eventually("the call", || viewer.mark() == Some(0b1001_0110));
    viewer.engine.end_call();
    eventually("the picture is gone", || viewer.mark() == Some(0));
    sender.engine.end_call();
    sender.wait_for_standstill(Layer::Medium);
}

#[test]
fn a_call_that_starts_right_after_another_gets_a_key_frame_first() {
    for codec in [VideoCodec::Vp8, VideoCodec::H264] {
        let camera = MarkCamera::new(320, 180, 1);
        let room = Room::start(with_camera(&camera));
        for _ in 0..10 {
            room.engine.encode(codec, &[HIGH]);
            eventually("the call", || room.count(|event| is_video(event, Layer::High)) > 3);
            room.engine.end_call();
            room.forget();
            room.engine.encode(codec, &[HIGH]);
            room.wait_for("the next call", |event| is_video(event, Layer::High));
            let keyframes = room.all(|event| match event {
                MediaEvent::EncodedVideo { keyframe, .. } => Some(*keyframe),
                _ => None,
            });
            assert!(keyframes[0], "{codec:?}: a frame of the old call");
        }
        room.engine.end_call();
        room.forget();
        let captured = room.engine.counters().captured;
        eventually("pictures", || room.engine.counters().captured > captured + 5);
        assert_eq!(room.count(|event| is_video(event, Layer::High)), 0);
    }
}

#[test]
fn a_camera_that_stalls_is_told_and_comes_back_by_itself() {
    let camera = MarkCamera::new(640, 360, 0b1010_1010);
    let room = Room::start(with_camera(&camera));
    room.show(TileSource::Own);
    eventually("the self view", || room.mark() == Some(0b1010_1010));
    let is_lost = |event: &MediaEvent| matches!(event, MediaEvent::CameraLost);
    let is_back = |event: &MediaEvent| matches!(event, MediaEvent::CameraBack);
    camera.stalled.store(true, Ordering::Release);
    room.wait_for("the loss is told", is_lost);
    assert_eq!(room.count(is_back), 0);
    eventually("the self view is gone", || room.mark() == Some(0));
    camera.stalled.store(false, Ordering::Release);
    room.wait_for("the return is told", is_back);
    eventually("the self view is back", || room.mark() == Some(0b1010_1010));
    assert_eq!((room.count(is_lost), room.count(is_back)), (1, 1));
}

#[test]
fn pictures_too_large_are_refused_and_bearable_ones_are_shown_again() {
    let camera = MarkCamera::new(640, 360, 0b1100_1010);
    let (sender, viewer) = sender_and_viewer(&camera);
    viewer.engine.add_track(track("hostile"), Kind::Video);
    sender.engine.encode(VideoCodec::Vp8, &[MEDIUM]);
    eventually("the good track is shown", || viewer.mark() == Some(0b1100_1010));
    let small = include_bytes!("../src/samples/grey.vp8");
    let mut large = small.to_vec();
    large[6..10].copy_from_slice(&[0xff, 0x3f, 0xff, 0x3f]);
    let is_told = |event: &MediaEvent| matches!(event, MediaEvent::CannotDecode(key) if *key == track("hostile"));
    let before = peak_memory_bytes();
    let dropped = viewer.engine.counters().dropped_received;
    for number in 0..20 {
        viewer.engine.push_frame(picture_frame("hostile", Codec::Vp8, number, large.clone()));
    }
    eventually("all are refused", || viewer.engine.counters().dropped_received >= dropped + 20);
    viewer.wait_for("it is told", is_told);
    // One such picture would take 400 MB; other tests of this process may run as well.
    let grown = peak_memory_bytes().saturating_sub(before);
    assert!(grown < 300_000_000, "{grown} bytes more");
    camera.mark.store(0b0011_0101, Ordering::Release);
    eventually("the good track goes on", || viewer.mark() == Some(0b0011_0101));

    viewer.show(TileSource::Track(track("hostile")));
    viewer.engine.push_frame(picture_frame("hostile", Codec::Vp8, 20, small.to_vec()));
    viewer.wait_for("a bearable one is shown", |event| is_first_video(event, "hostile"));
    assert_eq!(viewer.count(is_told), 1);
}

/// The most memory this process ever had.
fn peak_memory_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
}

#[test]
fn a_picture_that_stands_still_is_kept_and_marked_after_a_while() {
    let camera = MarkCamera::new(640, 360, 0b1001_0110);
    let (sender, viewer) = sender_and_viewer(&camera);
    let white = Picture { width: 64, height: 32, rgba: vec![255; 64 * 32 * 4] };
    let still = Tile { still: Some(Arc::new(white)), ..tile(TileSource::Track(track("camera")), WHOLE) };
    let unmarked = tile(TileSource::Own, Rect { x: 0, y: 0, width: 16, height: 16 });
    viewer.engine.set_scene(Scene { tiles: vec![still, unmarked], ..Scene::default() });
    sender.engine.encode(VideoCodec::Vp8, &[MEDIUM]);
    let is_marked = || {
        // The mark of the camera's picture is further down: a corner of the white one.
        let picture = viewer.engine.display_picture();
        let at = (40 * picture.width as usize + 70) * 4;
        picture.rgba[at..at + 3].iter().all(|channel| *channel > 240)
    };
    eventually("the picture is shown", || viewer.mark() == Some(0b1001_0110));
    eventually("it has come for a while", || viewer.engine.counters().decoded > 20);
    let before = viewer.engine.counters();
    assert!(!is_marked());
    sender.engine.encode(VideoCodec::Vp8, &[]);
    eventually("the mark is on the picture that stays", is_marked);
    sender.engine.encode(VideoCodec::Vp8, &[MEDIUM]);
    eventually("the picture moves again", || !is_marked() && viewer.mark() == Some(0b1001_0110));
    // A busy machine may freeze by itself as well.
    let after = viewer.engine.counters();
    assert!(after.freezes > before.freezes && after.frozen_ms >= before.frozen_ms + 3000, "{before:?} {after:?}");
}

#[test]
fn a_tile_of_another_size_keeps_the_old_picture_until_the_new_layer_comes() {
    let camera = MarkCamera::new(640, 360, 0b1010_1100);
    let viewer = Arc::new(Room::start(config()));
    viewer.engine.add_track(track("camera"), Kind::Video);
    let shown = |rect| {
        viewer
            .engine
            .set_scene(Scene { tiles: vec![tile(TileSource::Track(track("camera")), rect)], ..Scene::default() })
    };
    let small = Rect { x: 320, y: 180, width: 320, height: 180 };
    shown(small);
    let receiver = viewer.clone();
    let wanted = Arc::new(std::sync::Mutex::new(Some(Layer::Medium)));
    let forwarded = wanted.clone();
    let sender = Room::start_telling(with_camera(&camera), move |event| {
        let layer = *forwarded.lock().unwrap();
        if let Some(frame) = layer.and_then(|layer| received(event, &track("camera"), Some(layer))) {
            receiver.engine.push_frame(frame);
        }
    });
    sender.engine.encode(VideoCodec::Vp8, &[MEDIUM, HIGH]);
    let mark = |rect| read_mark(&viewer.engine.display_picture(), rect);
    eventually("the small picture", || mark(small) == Some(0b1010_1100));
    // The server goes to the other layer; its key frame is on its way.
    *wanted.lock().unwrap() = None;
    shown(WHOLE);
    eventually("the old picture, larger", || mark(WHOLE) == Some(0b1010_1100));
    let ticks = viewer.engine.counters().audio_ticks;
    eventually("a second", || {
        assert_eq!(mark(WHOLE), Some(0b1010_1100), "neither black nor gone");
        viewer.engine.counters().audio_ticks > ticks + 100
    });
    camera.mark.store(0b0101_0011, Ordering::Release);
    *wanted.lock().unwrap() = Some(Layer::High);
    sender.engine.force_keyframe(Layer::High);
    eventually("the new layer", || {
        let seen = mark(WHOLE);
        assert!(seen.is_some(), "garbage between two layers");
        seen == Some(0b0101_0011)
    });
}
