//! What becomes of a call when a codec fails in it: it goes on with the next one, within a second.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crate::common::*;
use crate::ladder::Ladder;
use crate::ladder::misbehaving::*;
use crate::mailbox::lock;
use crate::scene::TileSource;
use crate::types::{Codec, Feed, Kind, Layer, LayerTarget, ReceivedFrame, VideoCodec};
use crate::{Engine, EngineConfig, MediaEvent};

const LAYERS: [LayerTarget; 3] = [
    LayerTarget { layer: Layer::Low, divisor: 4, bitrate_bps: 150_000 },
    LayerTarget { layer: Layer::Medium, divisor: 2, bitrate_bps: 300_000 },
    LayerTarget { layer: Layer::High, divisor: 1, bitrate_bps: 600_000 },
];

/// The longest a layer or a picture may stand still: a second, and what a busy machine adds.
pub(crate) const GAP_MAX: Duration = Duration::from_millis(1300);

pub(crate) fn ladder(encoders: &[&'static str], decoders: &[&'static str]) -> Arc<Ladder> {
    gstreamer::init().unwrap();
    register();
    let encoders: Vec<_> = encoders.iter().copied().map(encoder_rung).collect();
    let decoders: Vec<_> = decoders.iter().copied().map(decoder_rung).collect();
    let none = |codec| crate::ladder::rungs::decoders_of(codec).to_vec();
    let decoders_of = move |codec| if codec == Codec::Vp8 { decoders.clone() } else { none(codec) };
    let ladder = Ladder::new(
        move |codec| if codec == VideoCodec::Vp8 { encoders.clone() } else { Vec::new() },
        decoders_of,
        None,
    );
    // As the engine's start does, here before anything is measured.
    ladder.try_all();
    Arc::new(ladder)
}

/// Encodes all layers of a camera with `encoder`, which fails; all must go on with software, each
/// from a key frame.
#[track_caller]
fn all_layers_go_on(encoder: &'static str) {
    let ladder = ladder(&[encoder, "vp8enc"], &[]);
    assert_eq!(ladder.encoder(VideoCodec::Vp8, (640, 360), Instant::now()).map(|rung| rung.element), Some(encoder));
    let camera = MarkCamera::new(640, 360, 1);
    let config = EngineConfig { camera: Some(camera.source()), ..config() };
    let room = Room::start_by(|listen| Engine::start_on(ladder.clone(), config, listen).unwrap(), |_| {});
    room.engine.encode(VideoCodec::Vp8, &LAYERS);
    let frames = |wanted: Layer| {
        room.all(|event| match event {
            MediaEvent::EncodedVideo { layer, media_time, keyframe, .. } if *layer == wanted => {
                Some((*media_time, *keyframe))
            }
            _ => None,
        })
    };
    for layer in Layer::ALL {
        eventually(&format!("{encoder} is replaced for {layer:?}"), || {
            let frames = frames(layer);
            frames.iter().filter(|(_, keyframe)| *keyframe).count() == 2 && frames.len() > 40
        });
        let frames = frames(layer);
        let gap = frames.windows(2).map(|pair| pair[1].0 - pair[0].0).max().unwrap();
        assert!(gap < GAP_MAX, "{encoder}, {layer:?}: nothing for {gap:?}");
        assert!(frames[0].1, "it starts with a key frame");
    }
    let captured = room.engine.counters().captured;
    let started = Instant::now();
    eventually("the camera goes on", || room.engine.counters().captured > captured + 10);
    assert!(started.elapsed() < Duration::from_secs(2), "{encoder}: the camera waits");
    assert_eq!(ladder.encoder(VideoCodec::Vp8, (640, 360), Instant::now()).map(|rung| rung.element), Some("vp8enc"));
}

/// The size of each key frame of the largest layer, and the time of each frame.
fn largest(room: &Room, wanted: Feed) -> Vec<(Duration, Option<(u32, u32)>)> {
    room.all(|event| match event {
        MediaEvent::EncodedVideo { feed, layer: Layer::High, media_time, keyframe, data, .. } if *feed == wanted => {
            let word = |at: usize| u32::from(u16::from_le_bytes([data[at], data[at + 1]]) & 0x3fff);
            Some((*media_time, keyframe.then(|| (word(6), word(8)))))
        }
        _ => None,
    })
}

#[test]
fn where_the_machine_does_not_keep_up_faces_get_smaller_and_slides_come_less_often() {
    let ladder = ladder(&[SLOW_ENCODER], &[]);
    let (camera, slide) = (MarkCamera::new(640, 360, 1), MarkCamera::new(640, 360, 2));
    let config = EngineConfig { camera: Some(camera.source()), ..config() };
    let room = Room::start_by(|listen| Engine::start_on(ladder.clone(), config, listen).unwrap(), |_| {});
    room.engine.encode(VideoCodec::Vp8, &LAYERS);
    room.engine.replace_content(Some(hal::ContentSource { video: slide.source(), audio: None }));
    room.engine.encode_content(VideoCodec::Vp8, &[LAYERS[2]]);
    let whole = |feed| largest(&room, feed).iter().any(|(_, size)| *size == Some((640, 360)));
    eventually("both are sent whole", || whole(Feed::Room) && whole(Feed::Content));
    assert_eq!(room.engine.counters().overloads, 0);
    // A whole picture takes 45 ms from now on, one of two thirds 20.
    SLOWNESS.store(195_000, Ordering::Release);
    let reliefs = || (room.engine.counters().camera_relief, room.engine.counters().content_relief);
    eventually("less of both is sent", || reliefs().0 >= 1 && reliefs().1 >= 1);
    room.forget();
    room.engine.force_content_keyframe();
    room.engine.force_keyframe(Layer::High);
    let sizes = |feed| largest(&room, feed).into_iter().filter_map(|(_, size)| size).collect::<Vec<_>>();
    eventually("faces are smaller", || sizes(Feed::Room).last().is_some_and(|size| size.0 < 640));
    eventually("slides go on", || largest(&room, Feed::Content).len() > 30 && !sizes(Feed::Content).is_empty());
    assert!(sizes(Feed::Content).iter().all(|size| *size == (640, 360)), "and stay whole");
    let slides = largest(&room, Feed::Content);
    let span = slides.last().unwrap().0 - slides[0].0;
    let interval = span / u32::try_from(slides.len() - 1).unwrap();
    assert!(interval > Duration::from_millis(45), "fewer of them than one every 33 ms: every {interval:?}");
    assert!(room.engine.counters().overloads >= 2);
}

#[test]
fn a_large_picture_is_sent_whole_only_where_it_is_proven_quick_enough_and_has_the_bits() {
    let ladder = ladder(&["vp8enc"], &["vp8dec"]);
    let prove = |taken| ladder.prove(VideoCodec::Vp8, &encoder_rung("vp8enc"), taken);
    let camera = MarkCamera::new(1920, 1080, 1);
    // Few, so that a busy machine keeps up.
    let (room, viewer) = call_at(&ladder, VideoCodec::Vp8, &camera, 2, |frame| vec![frame]);
    let send = |bitrate_bps| {
        room.engine.encode(VideoCodec::Vp8, &[LayerTarget { layer: Layer::High, divisor: 1, bitrate_bps }]);
    };
    let last = || largest(&room, Feed::Room).iter().filter_map(|(_, size)| *size).next_back();
    let pictures_go_on = |mark| {
        camera.mark.store(mark, Ordering::Release);
        eventually("pictures go on", || viewer.mark() == Some(mark));
    };
    send(3_000_000);
    let encoded = || room.engine.counters().encoded[Layer::High.index()];
    eventually("more than ten seconds", || encoded() > 25);
    room.engine.force_keyframe(Layer::High);
    pictures_go_on(0b0101_0101);
    assert_eq!(last(), Some((1280, 720)), "nobody knows how quick the encoder is");
    prove(Duration::from_millis(1));
    eventually("whole pictures", || last() == Some((1920, 1080)));
    pictures_go_on(0b1010_1010);
    send(1_500_000);
    eventually("fewer bits make it smaller at once", || last() == Some((1280, 720)));
    pictures_go_on(0b0110_0110);
    prove(Duration::from_millis(30));
    send(3_000_000);
    let before = encoded();
    eventually("more than ten seconds", || encoded() > before + 25);
    room.engine.force_keyframe(Layer::High);
    pictures_go_on(0b1001_1001);
    assert_eq!(last(), Some((1280, 720)), "too slow");
    assert_eq!(room.engine.counters().overloads, 0);
}

#[test]
fn an_encoder_that_breaks_in_a_call_is_replaced() {
    all_layers_go_on(BREAKING_ENCODER);
}

#[test]
fn an_encoder_that_hangs_in_a_call_is_replaced_and_holds_nobody_up() {
    all_layers_go_on(HANGING_ENCODER);
}

#[test]
fn an_encoder_that_falls_silent_in_a_call_is_replaced() {
    all_layers_go_on(SILENT_ENCODER);
}

#[test]
fn an_encoder_that_gives_nonsense_in_a_call_is_replaced() {
    all_layers_go_on(RAVING_ENCODER);
}

#[test]
fn hardware_that_works_is_used_and_one_that_does_not_open_is_not() {
    let ladder = ladder(&[CLOSED_ENCODER, GOOD_ENCODER, "vp8enc"], &[CLOSED_DECODER, GOOD_DECODER, "vp8dec"]);
    let now = Instant::now();
    assert_eq!(ladder.encoder(VideoCodec::Vp8, (640, 360), now).map(|rung| rung.element), Some(GOOD_ENCODER));
    assert_eq!(ladder.decoder(Codec::Vp8, None, &[], now).map(|rung| rung.element), Some(GOOD_DECODER));
    let camera = MarkCamera::new(640, 360, 0b1011_0010);
    let (_sender, viewer) = call(&ladder, &camera);
    eventually("the mark is shown", || viewer.mark() == Some(0b1011_0010));
}

/// A room that sends the camera to another room, both with this ladder; key frames come when asked for.
fn call(ladder: &Arc<Ladder>, camera: &Arc<MarkCamera>) -> (Arc<Room>, Arc<Room>) {
    call_over(ladder, VideoCodec::Vp8, camera, |frame| vec![frame])
}

/// As a call, over a network that makes of each frame what `network` does.
pub(crate) fn call_over(
    ladder: &Arc<Ladder>,
    codec: VideoCodec,
    camera: &Arc<MarkCamera>,
    network: impl Fn(ReceivedFrame) -> Vec<ReceivedFrame> + Send + Sync + 'static,
) -> (Arc<Room>, Arc<Room>) {
    call_at(ladder, codec, camera, config().fps, network)
}

/// The same with so many pictures a second.
fn call_at(
    ladder: &Arc<Ladder>,
    codec: VideoCodec,
    camera: &Arc<MarkCamera>,
    fps: u32,
    network: impl Fn(ReceivedFrame) -> Vec<ReceivedFrame> + Send + Sync + 'static,
) -> (Arc<Room>, Arc<Room>) {
    let sender: Arc<std::sync::Mutex<Option<Arc<Room>>>> = Arc::default();
    let asked = sender.clone();
    let viewer = Room::start_by(
        |listen| Engine::start_on(ladder.clone(), config(), listen).unwrap(),
        move |event| {
            if let (MediaEvent::NeedKeyframe(_), Some(sender)) = (event, &*lock(&asked)) {
                sender.engine.force_keyframe(Layer::High);
            }
        },
    );
    let viewer = Arc::new(viewer);
    viewer.engine.add_track(track("camera"), Kind::Video);
    viewer.show(TileSource::Track(track("camera")));
    let receiver = Arc::downgrade(&viewer);
    let config = EngineConfig { camera: Some(camera.source()), fps, ..config() };
    let room = Arc::new(Room::start_by(
        |listen| Engine::start_on(ladder.clone(), config, listen).unwrap(),
        move |event| {
            if let (Some(frame), Some(viewer)) =
                (received(event, &track("camera"), Some(Layer::High)), receiver.upgrade())
            {
                network(frame).into_iter().for_each(|frame| viewer.engine.push_frame(frame));
            }
        },
    ));
    *lock(&sender) = Some(room.clone());
    room.engine.encode(codec, &[LAYERS[2]]);
    (room, viewer)
}

/// Decodes a camera with `decoder`, which fails; pictures must go on with software.
#[track_caller]
fn pictures_go_on(decoder: &'static str) {
    let ladder = ladder(&["vp8enc"], &[decoder, "vp8dec"]);
    assert_eq!(ladder.decoder(Codec::Vp8, None, &[], Instant::now()).map(|rung| rung.element), Some(decoder));
    let camera = MarkCamera::new(640, 360, 0b1011_0010);
    let (_sender, viewer) = call(&ladder, &camera);
    eventually("the first mark is shown", || viewer.mark() == Some(0b1011_0010));
    let (mut decoded, mut since, mut gap) = (0, Instant::now(), Duration::ZERO);
    eventually(&format!("{decoder} is replaced"), || {
        let now = viewer.engine.counters().decoded;
        if now != decoded {
            (decoded, since) = (now, Instant::now());
        }
        gap = gap.max(since.elapsed());
        decoded > 60
    });
    assert!(gap < GAP_MAX, "{decoder}: no picture for {gap:?}");
    camera.mark.store(0b0100_1101, Ordering::Release);
    eventually("the next mark is shown", || viewer.mark() == Some(0b0100_1101));
    assert_eq!(viewer.count(|event| matches!(event, MediaEvent::CannotDecode(_))), 0);
}

#[test]
fn a_decoder_that_breaks_in_a_call_is_replaced() {
    pictures_go_on(BREAKING_DECODER);
}

#[test]
fn a_decoder_that_hangs_in_a_call_is_replaced_and_holds_nobody_up() {
    pictures_go_on(HANGING_DECODER);
}

#[test]
fn a_decoder_that_falls_silent_in_a_call_is_replaced() {
    pictures_go_on(SILENT_DECODER);
}

#[test]
fn a_decoder_that_gives_nonsense_in_a_call_is_replaced() {
    pictures_go_on(RAVING_DECODER);
}

#[test]
fn software_that_hangs_is_replaced_too_though_later() {
    let ladder = ladder(&[HANGING_SOFTWARE_ENCODER, "vp8enc"], &[HANGING_SOFTWARE_DECODER, "vp8dec"]);
    let camera = MarkCamera::new(640, 360, 0b1011_0010);
    let (sender, viewer) = call(&ladder, &camera);
    eventually("the first mark is shown", || viewer.mark() == Some(0b1011_0010));
    let mut lost = 0;
    eventually("both are replaced", || {
        lost = lost.max(viewer.engine.counters().lost_threads);
        sender.engine.counters().encoded[Layer::High.index()] > 40 && viewer.engine.counters().decoded > 40
    });
    assert!(lost > 0, "and IT can see it");
    camera.mark.store(0b0100_1101, Ordering::Release);
    eventually("the next mark is shown", || viewer.mark() == Some(0b0100_1101));
    assert_eq!(viewer.count(|event| matches!(event, MediaEvent::CannotDecode(_))), 0);
}

#[test]
fn three_layers_that_fail_on_one_rung_go_to_the_next_one_and_not_further() {
    let ladder = ladder(&[BREAKING_ENCODER, GOOD_ENCODER, "vp8enc"], &[]);
    let camera = MarkCamera::new(640, 360, 1);
    let config = EngineConfig { camera: Some(camera.source()), ..config() };
    let room = Room::start_by(|listen| Engine::start_on(ladder.clone(), config, listen).unwrap(), |_| {});
    room.engine.encode(VideoCodec::Vp8, &LAYERS);
    for layer in Layer::ALL {
        eventually("the layer goes on", || room.engine.counters().encoded[layer.index()] > 40);
    }
    let chosen = ladder.encoder(VideoCodec::Vp8, (640, 360), Instant::now());
    assert_eq!(chosen.map(|rung| rung.element), Some(GOOD_ENCODER));
}

#[test]
fn a_track_no_tile_shows_is_not_decoded_and_asks_for_a_key_frame_when_it_is_shown_again() {
    let ladder = ladder(&["vp8enc"], &["vp8dec"]);
    let camera = MarkCamera::new(640, 360, 0b1011_0010);
    let (_sender, viewer) = call(&ladder, &camera);
    eventually("the mark is shown", || viewer.mark() == Some(0b1011_0010));
    viewer.show(TileSource::Own);
    let mut before = None;
    eventually("decoding stops", || {
        let ticks = viewer.engine.counters().audio_ticks;
        eventually("a while", || viewer.engine.counters().audio_ticks > ticks + 30);
        let now = viewer.engine.counters().decoded;
        before.replace(now) == Some(now)
    });
    viewer.forget();
    viewer.show(TileSource::Track(track("camera")));
    viewer.wait_for("a key frame is asked for", |event| matches!(event, MediaEvent::NeedKeyframe(_)));
    eventually("it is decoded again", || Some(viewer.engine.counters().decoded) > before);
    eventually("and shown", || viewer.mark() == Some(0b1011_0010));
}
