//! The simulated camera: what it shows, and how it misbehaves.

use std::time::Duration;

use crate::common::{Room, buffer};
use hal::{Board, DeviceError, DeviceEvent, FrameSource};

fn at(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// Reads the mark as its description says, without the crate's own reader.
fn read_mark(luma: &[u8], width: usize) -> (u32, u8, u32) {
    let cell = width / 40;
    let bit = |n: usize| {
        let (x, y) = (cell * (n + 1) + cell / 2, cell + cell / 2);
        match luma[y * width + x] {
            235 => 1,
            16 => 0,
            other => panic!("bit {n} is {other}"),
        }
    };
    let number = |bits: std::ops::Range<usize>| bits.fold(0, |number, n| number << 1 | bit(n));
    (number(0..3), number(3..11) as u8, number(11..12))
}

#[test]
fn every_picture_carries_the_rooms_mark() {
    let camera = Room::simulated().camera();
    let mut picture = buffer(&*camera);
    for milliseconds in [0, 33, 5_000, 86_400_000] {
        assert_eq!(camera.frame(at(milliseconds), &mut picture), Ok(true));
        assert_eq!(read_mark(&picture, 1280), (0b101, 0xA5, 0));
        assert_eq!(hal::mark::read(&picture, 1280, 1280), Some(0xA5));

        let (blue, red) = picture[1280 * 720..].split_at(640 * 360);
        for row in 0..48 {
            for plane in [blue, red] {
                assert!(plane[row * 640..][..240].iter().all(|&c| c == 128), "no colour around the mark");
            }
        }
    }
}

#[test]
fn the_board_says_how_large_pictures_are() {
    let mut board = Board::simulated();
    let format = hal::VideoFormat { width: 640, height: 480, fps: 15 };
    board.camera = hal::board::Camera::Simulated(format);
    let room = Room::open(&board);
    assert_eq!(room.hal.camera_format(), Some(format));
    let camera = room.camera();
    assert_eq!(camera.format(), format);
    let mut picture = vec![0; 640 * 480 * 3 / 2];
    assert_eq!(camera.frame(at(0), &mut picture), Ok(true));
    assert_eq!(read_mark(&picture, 640), (0b101, 0xA5, 0));
    assert!(matches!(camera.frame(at(0), &mut picture[1..]), Err(DeviceError::Failed(_))), "a buffer too small");
}

#[test]
fn a_recording_is_played_as_the_camera() {
    let path = std::env::temp_dir().join(format!("hal-camera-{}.y4m", std::process::id()));
    let mut recording = b"YUV4MPEG2 W64 H64 F25:1 C420\n".to_vec();
    for value in [40, 80] {
        recording.extend_from_slice(b"FRAME\n");
        recording.extend([value; 64 * 64 * 3 / 2]);
    }
    std::fs::write(&path, recording).unwrap();
    let mut board = Board::simulated();
    board.camera = hal::board::Camera::Recorded(path.clone());
    let room = Room::open(&board);
    std::fs::remove_file(&path).unwrap();

    assert_eq!(room.hal.camera_format(), Some(hal::VideoFormat { width: 64, height: 64, fps: 25 }));
    let camera = room.camera();
    let mut picture = buffer(&*camera);
    for (milliseconds, value) in [(0, 40), (40, 80), (80, 40)] {
        assert_eq!(camera.frame(at(milliseconds), &mut picture), Ok(true));
        assert!(picture.iter().all(|&byte| byte == value));
    }
    room.turn("camera", "dark", true);
    camera.frame(at(0), &mut picture).unwrap();
    assert_eq!(picture[0], 16, "a recording misbehaves too");
}

#[test]
fn a_recording_that_is_missing_is_named() {
    let mut board = Board::simulated();
    board.camera = hal::board::Camera::Recorded("/nowhere/film.y4m".into());
    let error = hal::Hal::open(&board, Box::new(|_| {})).err().unwrap();
    assert!(error.to_string().contains("/nowhere/film.y4m"), "{error}");
}

#[test]
fn unplugged_for_ever_until_opened_anew() {
    let room = Room::simulated();
    let old = room.camera();
    let mut picture = buffer(&*old);
    assert_eq!(room.events(), [], "what is there at the start is no event");

    room.turn("camera", "unplug", true);
    room.turn("camera", "unplug", true);
    assert_eq!(room.events(), [DeviceEvent::Camera { present: false }], "once");
    assert!(room.hal.camera().is_none());
    assert_eq!(room.hal.camera_format(), None);
    assert_eq!(old.frame(at(0), &mut picture), Err(DeviceError::Unplugged));

    room.turn("camera", "unplug", false);
    assert_eq!(room.events(), [DeviceEvent::Camera { present: true }]);
    assert_eq!(old.frame(at(0), &mut picture), Err(DeviceError::Unplugged), "the old one stays dead");
    assert_eq!(room.camera().frame(at(0), &mut picture), Ok(true));
}

#[test]
fn a_stalled_camera_has_no_picture_and_recovers() {
    let room = Room::simulated();
    let camera = room.camera();
    let mut picture = buffer(&*camera);
    room.turn("camera", "stall", true);
    assert_eq!(camera.frame(at(0), &mut picture), Ok(false));
    assert!(picture.iter().all(|&byte| byte == 0), "nothing is written");
    room.turn("camera", "stall", false);
    assert_eq!(camera.frame(at(33), &mut picture), Ok(true));
    assert_eq!(room.events(), []);
}

#[test]
fn fails_once_and_works_when_opened_anew() {
    let room = Room::simulated();
    let old = room.camera();
    let mut picture = buffer(&*old);
    room.turn("camera", "fail-next", true);
    assert!(matches!(old.frame(at(0), &mut picture), Err(DeviceError::Failed(_))));
    assert!(matches!(old.frame(at(33), &mut picture), Err(DeviceError::Failed(_))), "it stays so");
    assert_eq!(room.camera().frame(at(66), &mut picture), Ok(true));
    let knobs = room.hal.knobs();
    let knob = knobs[0].knobs.iter().find(|knob| knob.name == "fail-next").unwrap();
    assert!(!knob.on, "the knob went back by itself");
}

#[test]
fn in_the_dark_everything_is_black() {
    let room = Room::simulated();
    let camera = room.camera();
    let mut picture = buffer(&*camera);
    room.turn("camera", "dark", true);
    assert_eq!(camera.frame(at(0), &mut picture), Ok(true));
    let (luma, chroma) = picture.split_at(1280 * 720);
    assert!(luma.iter().all(|&y| y == 16) && chroma.iter().all(|&c| c == 128));
}

#[test]
fn two_who_look_see_the_same() {
    let room = Room::simulated();
    let (one, other): (_, std::sync::Arc<dyn FrameSource>) = (room.camera(), room.camera());
    let (mut a, mut b) = (buffer(&*one), buffer(&*other));
    one.frame(at(500), &mut a).unwrap();
    other.frame(at(500), &mut b).unwrap();
    assert!(a == b);
}

#[test]
fn a_camera_that_is_zoomed_and_turned_shows_another_part_and_all_of_it_again() {
    let room = Room::simulated();
    let camera = room.camera();
    assert_eq!(room.hal.camera_reach(), Some(hal::Reach { pan: true, tilt: true, zoom: true }));
    let seen = |pose| {
        room.hal.point_camera(pose).unwrap();
        let mut picture = buffer(&*camera);
        assert_eq!(camera.frame(at(0), &mut picture), Ok(true));
        picture
    };
    let whole = seen(hal::Pose::default());
    let left = seen(hal::Pose { pan: -1000, zoom: 1000, ..hal::Pose::default() });
    let right = seen(hal::Pose { pan: 1000, zoom: 1000, ..hal::Pose::default() });
    assert!(whole != left && left != right);
    assert!(seen(hal::Pose::default()) == whole);
    room.hal.turn("camera", "unplug", true);
    assert_eq!(room.hal.camera_reach(), None);
    assert_eq!(room.hal.point_camera(hal::Pose::default()), Err(DeviceError::Unplugged));
}
