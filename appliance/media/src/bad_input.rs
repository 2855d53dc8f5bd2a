//! What becomes of a call when what comes over the network is not as it should be: it goes on, and shows the
//! next good picture.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use gstreamer as gst;
use gstreamer_video as gst_video;

use crate::MediaEvent;
use crate::common::*;
use crate::falling::{GAP_MAX, call_over, ladder};
use crate::ladder::misbehaving::*;
use crate::ladder::{Ladder, encoded_caps};
use crate::stage::Stage;
use crate::types::{Feed, Layer, LayerTarget, ReceivedFrame, VideoCodec};

const CODECS: [VideoCodec; 2] = [VideoCodec::Vp8, VideoCodec::H264];
const MARKS: [u8; 2] = [0b1011_0010, 0b0100_1101];

fn this_machine() -> Arc<Ladder> {
    gst::init().unwrap();
    Ladder::of_this_machine(None)
}

fn sized(divisor: u32) -> [LayerTarget; 1] {
    [LayerTarget { layer: Layer::High, divisor, bitrate_bps: 600_000 }]
}

fn needs_keyframe(event: &MediaEvent) -> bool {
    matches!(event, MediaEvent::NeedKeyframe(_))
}

/// Waits until the camera's mark is shown, from the moment it has changed.
fn shows_next(camera: &MarkCamera, viewer: &Room, what: &str) -> Duration {
    let next = !camera.mark.load(Ordering::Acquire);
    camera.mark.store(next, Ordering::Release);
    let changed = Instant::now();
    eventually(what, || viewer.mark() == Some(next));
    changed.elapsed()
}

/// A key frame of a grey picture of this size.
fn keyframe_of(codec: VideoCodec, width: u32, height: u32) -> Vec<u8> {
    gst::init().unwrap();
    let encoder = Ladder::of_this_machine(None).encoder(codec, (width, height), Instant::now()).unwrap();
    let (tell, told) = mpsc::channel();
    let output = move |buffer: gst::Buffer, _: &gst::Caps| {
        tell.send(buffer.map_readable().unwrap().to_vec()).unwrap();
    };
    let mut stage = Stage::new(&encoder.description(codec, Feed::Room), &encoded_caps(codec), output).unwrap();
    let info = gst_video::VideoInfo::builder(encoder.pixels(), width, height).fps(gst::Fraction::new(30, 1));
    let info = info.build().unwrap();
    stage.set_caps(&info.to_caps().unwrap());
    stage.push(crate::stage::timed_buffer(vec![128; info.size()], Duration::ZERO)).unwrap();
    told.recv_timeout(PATIENCE).unwrap()
}

#[test]
fn pictures_that_change_their_size_are_shown_without_a_word() {
    for codec in CODECS {
        let camera = MarkCamera::new(640, 360, MARKS[0]);
        let (sender, viewer) = call_over(&this_machine(), codec, &camera, |frame| vec![frame]);
        eventually("the first mark", || viewer.mark() == Some(MARKS[0]));
        for divisor in [2, 4, 1] {
            let keyframes = sender.count(|event| matches!(event, MediaEvent::EncodedVideo { keyframe: true, .. }));
            sender.engine.encode(codec, &sized(divisor));
            eventually("another size", || {
                assert!(viewer.mark().is_some(), "{codec:?}: garbage between two sizes");
                sender.count(|event| matches!(event, MediaEvent::EncodedVideo { keyframe: true, .. })) > keyframes
            });
            shows_next(&camera, &viewer, "pictures of another size");
        }
        assert_eq!(viewer.count(needs_keyframe), 0, "{codec:?}");
    }
}

#[test]
fn pictures_too_small_for_hardware_are_decoded_in_software_and_larger_ones_in_hardware_again() {
    let ladder = ladder(&["vp8enc"], &[FASTIDIOUS_DECODER, "vp8dec"]);
    let camera = MarkCamera::new(640, 360, MARKS[0]);
    let (sender, viewer) = call_over(&ladder, VideoCodec::Vp8, &camera, |frame| vec![frame]);
    eventually("the first mark", || viewer.mark() == Some(MARKS[0]));
    let opened = FASTIDIOUS.load(Ordering::Acquire);
    for divisor in [8, 1] {
        sender.forget();
        sender.engine.encode(VideoCodec::Vp8, &sized(divisor));
        sender.wait_for("another size", |event| matches!(event, MediaEvent::EncodedVideo { keyframe: true, .. }));
        shows_next(&camera, &viewer, "pictures of another size");
    }
    assert_eq!(viewer.count(needs_keyframe), 0);
    assert_eq!(FASTIDIOUS.load(Ordering::Acquire), opened + 1, "the large ones go to hardware again");
}

#[test]
fn the_blank_pictures_of_a_muted_track_are_not_shown_and_the_next_one_is() {
    let hardware = ladder(&["vp8enc"], &[FASTIDIOUS_DECODER, "vp8dec"]);
    let calls = [
        (VideoCodec::Vp8, this_machine(), keyframe_of(VideoCodec::Vp8, 8, 8)),
        (VideoCodec::Vp8, hardware, keyframe_of(VideoCodec::Vp8, 8, 8)),
        // What is coded of 2 by 2 pixels.
        (VideoCodec::H264, this_machine(), keyframe_of(VideoCodec::H264, 16, 16)),
    ];
    for (codec, ladder, blank) in calls {
        let camera = MarkCamera::new(640, 360, MARKS[0]);
        let (muted, blanks) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)));
        let (muting, counting) = (muted.clone(), blanks.clone());
        let (sender, viewer) = call_over(&ladder, codec, &camera, move |frame| {
            if !muting.load(Ordering::Acquire) {
                return vec![frame];
            }
            counting.fetch_add(1, Ordering::AcqRel);
            vec![ReceivedFrame { keyframe: true, data: blank.clone(), ..frame }]
        });
        eventually("the first mark", || viewer.mark() == Some(MARKS[0]));
        muted.store(true, Ordering::Release);
        eventually("blank pictures come", || blanks.load(Ordering::Acquire) > 15);
        let decoded = viewer.engine.counters().decoded;
        eventually("a second of them", || {
            assert_eq!(viewer.mark(), Some(MARKS[0]), "{codec:?}: the last picture stays");
            blanks.load(Ordering::Acquire) > 45
        });
        assert_eq!(viewer.engine.counters().decoded, decoded, "{codec:?}: not even decoded");
        assert_eq!(viewer.count(needs_keyframe), 0, "{codec:?}: nobody has one");
        camera.mark.store(MARKS[1], Ordering::Release);
        muted.store(false, Ordering::Release);
        viewer.wait_for("a key frame is asked for", needs_keyframe);
        eventually("the face is back", || viewer.mark() == Some(MARKS[1]));
        drop(sender);
    }
}

#[test]
fn a_track_that_begins_in_the_middle_asks_for_a_key_frame_now_and_then_until_it_comes() {
    for codec in CODECS {
        let camera = MarkCamera::new(640, 360, MARKS[0]);
        let (withheld, seen) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicU32::new(0)));
        let (withholding, seeing) = (withheld.clone(), seen.clone());
        let (_sender, viewer) = call_over(&this_machine(), codec, &camera, move |frame| {
            if withholding.load(Ordering::Acquire) && frame.keyframe {
                return Vec::new();
            }
            seeing.fetch_add(1, Ordering::AcqRel);
            vec![frame]
        });
        viewer.wait_for("a key frame is asked for", needs_keyframe);
        let started = Instant::now();
        eventually("frames that build on others go on", || seen.load(Ordering::Acquire) > 40);
        let asked = viewer.count(needs_keyframe);
        // Sooner at first: after 150 and 300 ms.
        let most = 4 + started.elapsed().as_millis() as usize / 500;
        assert!((3..=most).contains(&asked), "{codec:?}: asked {asked} times in {:?}", started.elapsed());
        assert_eq!(viewer.engine.counters().decoded, 0, "{codec:?}: there is nothing to see yet");
        withheld.store(false, Ordering::Release);
        eventually("the face is shown", || viewer.mark() == Some(MARKS[0]));
    }
}

#[test]
fn pictures_whose_clock_jumps_are_shown_on() {
    let hour = Duration::from_secs(3600);
    let wrap = Duration::from_nanos((1 << 32) * 1_000_000_000 / 90_000);
    for codec in CODECS {
        let camera = MarkCamera::new(640, 360, MARKS[0]);
        let offset_ns = Arc::new(AtomicU64::new(0));
        let jumping = offset_ns.clone();
        let (_sender, viewer) = call_over(&this_machine(), codec, &camera, move |frame| {
            let offset = Duration::from_nanos(jumping.load(Ordering::Acquire));
            vec![ReceivedFrame { media_time: frame.media_time + offset, ..frame }]
        });
        eventually("the first mark", || viewer.mark() == Some(MARKS[0]));
        // Forward, back a little and a lot, then where 32 bits are full.
        let back = [hour - Duration::from_secs(3), Duration::from_secs(10), Duration::ZERO];
        for offset in [hour, hour * 2].into_iter().chain(back).chain([wrap, Duration::ZERO]) {
            offset_ns.store(offset.as_nanos() as u64, Ordering::Release);
            let passed = shows_next(&camera, &viewer, "pictures after a jump");
            assert!(passed < GAP_MAX, "{codec:?}, to {offset:?}: {passed:?}");
        }
        assert_eq!(viewer.count(needs_keyframe), 0, "{codec:?}");
    }
}

#[test]
fn corrupt_frames_are_survived_and_the_next_key_frame_heals_what_they_left() {
    let hardware = ladder(&["vp8enc"], &[GOOD_DECODER, "vp8dec"]);
    for (codec, ladder) in
        [(VideoCodec::Vp8, this_machine()), (VideoCodec::Vp8, hardware), (VideoCodec::H264, this_machine())]
    {
        let camera = MarkCamera::new(640, 360, MARKS[0]);
        let (corrupt, corrupted) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)));
        let (corrupting, counting) = (corrupt.clone(), corrupted.clone());
        let seed = std::sync::Mutex::new(11_u64);
        let (sender, viewer) = call_over(&ladder, codec, &camera, move |mut frame| {
            if corrupting.load(Ordering::Acquire) {
                let number = counting.fetch_add(1, Ordering::AcqRel);
                damage(&mut frame, number, &mut seed.lock().unwrap());
            }
            vec![frame]
        });
        eventually("the first mark", || viewer.mark() == Some(MARKS[0]));
        corrupt.store(true, Ordering::Release);
        let mut asked = 0;
        eventually("a hundred frames are damaged", || {
            let now = corrupted.load(Ordering::Acquire);
            // Key frames too.
            if now / 10 > asked {
                asked = now / 10;
                sender.engine.force_keyframe(Layer::High);
            }
            now > 100
        });
        corrupt.store(false, Ordering::Release);
        camera.mark.store(MARKS[1], Ordering::Release);
        // What a decoder takes without complaint is wrong until a key frame comes, from whoever asks for it.
        sender.engine.force_keyframe(Layer::High);
        eventually("the next key frame heals", || viewer.mark() == Some(MARKS[1]));
    }
}

/// Changes some bytes of a frame, cuts it short, or leaves nothing of it.
fn damage(frame: &mut ReceivedFrame, number: u32, seed: &mut u64) {
    let mut random = |below: usize| {
        *seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (*seed >> 33) as usize % below.max(1)
    };
    let length = frame.data.len();
    match number % 4 {
        0 => frame.data.truncate(random(length)),
        1 if number.is_multiple_of(3) => frame.data.clear(),
        _ => {
            for _ in 0..1 + random(20) {
                if let Some(byte) = frame.data.get_mut(random(length)) {
                    *byte = random(256) as u8;
                }
            }
        }
    }
}
