//! The simulated laptop at the content input: what it shows, and how it misbehaves.

use std::sync::Arc;
use std::time::Duration;

use crate::common::{Room, buffer};
use hal::{AudioSource, ContentState, DeviceError, DeviceEvent, FrameSource, SampleSource, VideoFormat, VideoSource};

const USUAL: VideoFormat = VideoFormat { width: 1920, height: 1080, fps: 30 };
const OTHER: VideoFormat = VideoFormat { width: 1280, height: 800, fps: 30 };

fn with_a_laptop() -> Room {
    let room = Room::simulated();
    room.turn("content", "plug", true);
    room.events();
    room
}

fn open(room: &Room) -> (Arc<dyn FrameSource>, Arc<dyn SampleSource>) {
    let content = room.hal.content().expect("a laptop is there");
    let (VideoSource::Frames(pictures), Some(AudioSource::Samples(sounds))) = (content.video, content.audio) else {
        panic!("it is simulated, with sound");
    };
    (pictures, sounds)
}

#[test]
fn a_laptop_comes_and_goes() {
    let room = Room::simulated();
    assert_eq!(room.hal.content_state(), ContentState::Absent, "a laptop comes with its people");
    assert!(room.hal.content().is_none());
    room.turn("content", "plug", true);
    room.turn("content", "plug", true);
    assert_eq!(room.events(), [DeviceEvent::Content(ContentState::Ready(USUAL))]);
    let (pictures, sounds) = open(&room);
    room.turn("content", "plug", false);
    assert_eq!(room.events(), [DeviceEvent::Content(ContentState::Absent)]);
    room.turn("content", "plug", true);
    // What was opened before stays lost.
    assert_eq!(pictures.frame(Duration::ZERO, &mut buffer(&*pictures)), Err(DeviceError::Unplugged));
    assert_eq!(sounds.fill(&mut [0; 480]), Err(DeviceError::Unplugged));
    let (pictures, sounds) = open(&room);
    assert_eq!(pictures.frame(Duration::ZERO, &mut buffer(&*pictures)), Ok(true));
    assert_eq!(sounds.fill(&mut [0; 480]), Ok(()));
}

#[test]
fn its_pictures_carry_its_mark_and_lines_one_pixel_wide() {
    let room = with_a_laptop();
    let (pictures, _) = open(&room);
    let mut picture = buffer(&*pictures);
    assert_eq!(pictures.frame(Duration::from_secs(3), &mut picture), Ok(true));
    assert_eq!(hal::mark::read(&picture, 1920, 1920), Some(hal::mark::CONTENT));
    assert_eq!(hal::mark::detail(&picture, 1920, 1920), 185);
}

#[test]
fn another_mode_ends_what_was_opened_in_the_old_one() {
    let room = with_a_laptop();
    let (pictures, _) = open(&room);
    room.turn("content", "other-mode", true);
    assert_eq!(room.events(), [DeviceEvent::Content(ContentState::Ready(OTHER))]);
    assert!(pictures.frame(Duration::ZERO, &mut buffer(&*pictures)).is_err());
    let (pictures, _) = open(&room);
    assert_eq!(pictures.format(), OTHER);
    let mut picture = buffer(&*pictures);
    assert_eq!(pictures.frame(Duration::ZERO, &mut picture), Ok(true));
    assert_eq!(hal::mark::read(&picture, 1280, 1280), Some(hal::mark::CONTENT));
}

#[test]
fn without_a_signal_there_is_nothing_to_take() {
    let room = with_a_laptop();
    let (pictures, sounds) = open(&room);
    room.turn("content", "no-signal", true);
    assert_eq!(room.events(), [DeviceEvent::Content(ContentState::NoSignal)]);
    assert!(room.hal.content().is_none());
    assert!(pictures.frame(Duration::ZERO, &mut buffer(&*pictures)).is_err());
    assert!(sounds.fill(&mut [0; 480]).is_err());
    room.turn("content", "no-signal", false);
    assert_eq!(room.events(), [DeviceEvent::Content(ContentState::Ready(USUAL))]);
    assert!(room.hal.content().is_some());
}

#[test]
fn a_protected_film_is_black_a_stalled_laptop_gives_nothing_and_one_that_failed_stays_so() {
    let room = with_a_laptop();
    let (pictures, _) = open(&room);
    let mut picture = buffer(&*pictures);
    room.turn("content", "protected", true);
    assert_eq!(pictures.frame(Duration::ZERO, &mut picture), Ok(true));
    let (luma, chroma) = picture.split_at(1920 * 1080);
    assert!(luma.iter().all(|&y| y == 16) && chroma.iter().all(|&c| c == 128));
    room.turn("content", "protected", false);
    room.turn("content", "stall", true);
    assert_eq!(pictures.frame(Duration::ZERO, &mut picture), Ok(false));
    room.turn("content", "stall", false);
    room.turn("content", "fail-next", true);
    assert!(pictures.frame(Duration::ZERO, &mut picture).is_err());
    assert!(pictures.frame(Duration::ZERO, &mut picture).is_err());
    assert_eq!(open(&room).0.frame(Duration::ZERO, &mut picture), Ok(true));
    assert_eq!(room.events(), [], "none of this is seen from outside");
}
