//! The promises of [`crate::contract`] by the kernel's own devices, which are also pulled out while they are in use: `vivid` is a
//! camera and an HDMI receiver, `snd-aloop` a sound card, and whatever there is on USB a camera that can be turned.
//!
//! They pull out what the machine may need, so that they run where `HUISCLOS_NEED_KERNEL` names their device (`vivid`,
//! `receiver`, `aloop`, `usb-camera`) only, as in `./huisclos test --system the_drivers`. `vivid` has to be there twice: as
//! a camera, and with one input, HDMI (`modprobe vivid n_devs=2 num_inputs=4,1 input_types=0xe4,0x03`).

use std::path::PathBuf;
use std::time::{Duration, Instant};

use alsa::Direction;
use hal::board::{self, Board};
use hal::{AudioSink, AudioSource, ContentState, DeviceEvent, Pose, VideoFormat, VideoSource};
use v4l::buffer::Type;
use v4l::control::{Control, Value};
use v4l::io::traits::CaptureStream;

use crate::common::Room;
use crate::contract::{
    contract_of_a_camera, contract_of_a_content_input, contract_of_a_loudspeaker, contract_of_a_microphone, open_pcm,
};

/// Whether a device is to be tried here.
#[allow(clippy::print_stdout)]
fn is_needed(name: &str) -> bool {
    let is_needed =
        std::env::var("HUISCLOS_NEED_KERNEL").is_ok_and(|needed| needed.split(' ').any(|need| need == name));
    if !is_needed {
        println!("skipped: HUISCLOS_NEED_KERNEL does not name {name}");
    }
    is_needed
}

/// Waits for what the kernel does.
fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(60), "{what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// What a platform driver of the kernel is told, as if by a hand at the plug.
fn plug(driver: &str, device: &str, is_in: bool) {
    let what = if is_in { "bind" } else { "unbind" };
    std::fs::write(format!("/sys/bus/platform/drivers/{driver}/{what}"), device).unwrap();
}

/// The node of the video device that the kernel calls so.
fn node(name: &str) -> PathBuf {
    let entries = std::fs::read_dir("/sys/class/video4linux").unwrap().flatten();
    let is_it = |entry: &std::fs::DirEntry| {
        std::fs::read_to_string(entry.path().join("name")).is_ok_and(|there| there.trim() == name)
    };
    let found = entries.into_iter().find(is_it).unwrap_or_else(|| panic!("there is no {name}"));
    PathBuf::from("/dev").join(found.file_name())
}

/// A room with the kernel's camera, the best it has for this wish.
fn with_camera(width: u32, height: u32, fps: u32) -> Board {
    let mut board = Board::simulated();
    let wish = VideoFormat { width, height, fps };
    board.camera = board::Camera::V4l2 { path: Some(node("vivid-000-vid-cap")), wish };
    board
}

#[test]
fn a_camera_of_the_kernel_gives_the_format_it_is_asked_for() {
    if !is_needed("vivid") {
        return;
    }
    for (width, height, fps) in [(640, 360, 15), (1280, 720, 30), (1920, 1080, 25)] {
        let room = Room::open(&with_camera(width, height, fps));
        let format = VideoFormat { width, height, fps };
        assert_eq!(room.hal.camera_format(), Some(format));
        contract_of_a_camera(|| room.hal.camera(), Some(format));
        assert_eq!(room.hal.camera_reach(), None, "it cannot be turned");
    }
    // It has pictures of 3840 by 2160, and some that are wide and jerky.
    let room = Room::open(&with_camera(3840, 2160, 30));
    assert_eq!(room.hal.camera_format(), Some(VideoFormat { width: 1920, height: 1080, fps: 30 }));
    let Some(VideoSource::V4l2 { format, .. }) = room.hal.usual_camera() else { panic!("it is a kernel's") };
    assert_eq!(format, VideoFormat { width: 1280, height: 720, fps: 30 });
}

#[test]
fn a_camera_of_the_kernel_is_pulled_out_while_pictures_are_taken_and_works_again() {
    if !is_needed("vivid") {
        return;
    }
    let mut board = with_camera(640, 360, 15);
    // Nodes may be numbered anew.
    let wish = VideoFormat { width: 640, height: 360, fps: 15 };
    board.camera = board::Camera::V4l2 { path: None, wish };
    board.content = board::Content::V4l2 { path: Some(node("vivid-001-vid-cap")), audio: None };
    let room = Room::open(&board);
    for round in 0..3 {
        let Some(VideoSource::V4l2 { path, .. }) = room.hal.camera() else { panic!("there is a camera") };
        let device = v4l::Device::with_path(path).unwrap();
        let mut stream = v4l::io::mmap::Stream::with_buffers(&device, Type::VideoCapture, 4).unwrap();
        stream.set_timeout(Duration::from_secs(5));
        stream.next().expect("a picture");
        plug("vivid", "vivid.0", false);
        assert!((0..9).any(|_| stream.next().is_err()), "whoever takes pictures is told");
        until("the room knows", || room.hal.camera().is_none());
        until("the room is told", || room.events().contains(&DeviceEvent::Camera { present: false }));
        assert_eq!(room.hal.camera_format(), None);
        // In the first round it comes back before anybody has let go of it.
        if round > 0 {
            drop(stream);
            drop(device);
        }
        plug("vivid", "vivid.0", true);
        until("the room is told", || room.events().contains(&DeviceEvent::Camera { present: true }));
        contract_of_a_camera(|| room.hal.camera(), room.hal.camera_format());
    }
}

/// Of vivid: "DV Timings Signal Mode" and "DV Timings", menus (the kernel's `vivid-ctrls.c`).
const SIGNAL_MODE: u32 = 0x00f0_f000 + 62;
const TIMINGS: u32 = 0x00f0_f000 + 63;
/// Of the first, and of the second, `v4l2_dv_timings_presets`.
const NO_SIGNAL: i64 = 1;
const NO_LOCK: i64 = 2;
const SELECTED: i64 = 4;
const HD_30: i64 = 12;

#[test]
fn a_laptop_at_a_receiver_of_the_kernel_comes_changes_its_mode_and_goes() {
    if !is_needed("receiver") {
        return;
    }
    let path = node("vivid-001-vid-cap");
    let set = |id: u32, item: i64| {
        let device = v4l::Device::with_path(&path).unwrap();
        device.set_control(Control { id, value: Value::Integer(item) }).unwrap();
    };
    set(SIGNAL_MODE, NO_SIGNAL);
    let mut board = Board::simulated();
    board.content = board::Content::V4l2 { path: Some(path.clone()), audio: None };
    let room = Room::open(&board);
    assert_eq!(room.hal.content_state(), ContentState::NoSignal);
    assert!(room.hal.content().is_none());

    set(TIMINGS, HD_30);
    set(SIGNAL_MODE, SELECTED);
    let mode = ContentState::Ready(VideoFormat { width: 1920, height: 1080, fps: 30 });
    until("a laptop", || room.hal.content_state() == mode);
    until("the room is told", || room.events().contains(&DeviceEvent::Content(mode)));
    contract_of_a_content_input(&room);

    set(TIMINGS, HD_30 - 5);
    let smaller = ContentState::Ready(VideoFormat { width: 1280, height: 720, fps: 30 });
    until("another mode", || room.hal.content_state() == smaller);
    until("the room is told of both", || {
        let told = room.events();
        told.contains(&DeviceEvent::Content(smaller)) && told.contains(&DeviceEvent::Content(ContentState::NoSignal))
    });
    contract_of_a_content_input(&room);

    for gone in [NO_LOCK, NO_SIGNAL] {
        set(SIGNAL_MODE, gone);
        until("no laptop", || room.hal.content_state() == ContentState::NoSignal);
        assert!(room.hal.content().is_none());
        set(SIGNAL_MODE, SELECTED);
        until("a laptop", || room.hal.content_state() == smaller);
    }
}

#[test]
fn a_sound_card_of_the_kernel_hears_what_it_plays_is_pulled_out_in_use_and_works_again() {
    if !is_needed("aloop") {
        return;
    }
    let mut board = Board::simulated();
    board.microphones = vec![board::Microphone::Alsa(None)];
    board.loudspeaker = board::Loudspeaker::Alsa(None);
    let best = Room::open(&board);
    contract_of_a_microphone(|| best.hal.microphone(0));
    contract_of_a_loudspeaker(|| best.hal.loudspeaker());

    // What is played at one of its ends is heard at the other.
    board.microphones = vec![board::Microphone::Alsa(Some("hw:CARD=Loopback,DEV=1".into()))];
    board.loudspeaker = board::Loudspeaker::Alsa(Some("hw:CARD=Loopback,DEV=0".into()));
    let room = Room::open(&board);
    for _ in 0..2 {
        let Some(AudioSource::Alsa { device: microphone }) = room.hal.microphone(0) else { panic!("there is one") };
        let Some(AudioSink::Alsa { device: loudspeaker }) = room.hal.loudspeaker() else { panic!("there is one") };
        let playing = open_pcm(&loudspeaker, Direction::Playback);
        let hearing = open_pcm(&microphone, Direction::Capture);
        let loud = [20_000_i16; 480];
        let mut heard = [0; 480];
        let mut is_heard = false;
        // A busy machine is late now and then, which is no fault.
        for _ in 0..50 {
            if let Err(late) = playing.io_i16().unwrap().writei(&loud) {
                playing.try_recover(late, true).unwrap();
            }
            if let Err(late) = hearing.io_i16().unwrap().readi(&mut heard) {
                hearing.try_recover(late, true).unwrap();
            }
            is_heard |= heard.iter().any(|sample| *sample > 15_000);
        }
        assert!(is_heard, "what is played is heard");

        // Its driver waits until nobody has it open any more.
        let pulled_out = std::thread::spawn(|| plug("snd_aloop", "snd_aloop.0", false));
        let is_told = (0..500).any(|_| {
            let read = hearing.io_i16().and_then(|io| io.readi(&mut heard));
            read.is_err_and(|error| hearing.try_recover(error, true).is_err())
        });
        assert!(is_told, "whoever listens is told");
        until("the room knows", || room.hal.microphone(0).is_none() && room.hal.loudspeaker().is_none());
        let (mut told, went) = (Vec::new(), DeviceEvent::Microphone { index: 0, present: false });
        until("the room is told", || {
            told.extend(room.events());
            told.contains(&went) && told.contains(&DeviceEvent::Loudspeaker { present: false })
        });
        drop((playing, hearing));
        pulled_out.join().unwrap();
        plug("snd_aloop", "snd_aloop.0", true);
        until("it is back", || room.hal.microphone(0).is_some() && room.hal.loudspeaker().is_some());
        contract_of_a_microphone(|| room.hal.microphone(0));
        contract_of_a_loudspeaker(|| room.hal.loudspeaker());
    }
}

#[test]
fn a_camera_on_usb_is_turned_and_says_where_it_looks() {
    if !is_needed("usb-camera") {
        return;
    }
    let mut board = Board::simulated();
    let wish = VideoFormat { width: 640, height: 360, fps: 15 };
    board.camera = board::Camera::V4l2 { path: None, wish };
    let room = Room::open(&board);
    contract_of_a_camera(|| room.hal.camera(), room.hal.camera_format());
    assert_eq!(room.hal.camera_reach(), Some(hal::Reach { pan: true, tilt: true, zoom: true }));
    for pose in [Pose { pan: -1000, tilt: 500, zoom: 1000 }, Pose { pan: 500, tilt: -1000, zoom: 0 }, Pose::default()] {
        room.hal.point_camera(pose).unwrap();
        assert_eq!(room.hal.camera_pose(), pose);
    }
}
