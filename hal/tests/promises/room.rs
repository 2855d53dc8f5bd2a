//! The room's devices as one: what the board says is what is there.

use crate::common::Room;
use hal::{Board, Hal};

#[test]
fn the_hal_can_be_shared_between_threads() {
    fn shared<T: Send + Sync + 'static>() {}
    shared::<Hal>();
}

#[test]
fn every_simulated_device_has_its_knobs_labelled_in_every_language() {
    let knobs = Room::simulated().hal.knobs();
    let names: Vec<_> = knobs.iter().map(|d| (d.device, d.knobs.iter().map(|k| k.name).collect::<Vec<_>>())).collect();
    let expected = [
        ("camera", vec!["unplug", "stall", "fail-next", "dark"]),
        ("microphone", vec!["unplug", "silence", "loud", "mute", "xrun"]),
        ("loudspeaker", vec!["unplug", "echo", "xrun"]),
        ("content", vec!["plug", "no-signal", "other-mode", "protected", "stall", "fail-next"]),
        ("panel", vec!["unplug", "stall", "fail-next", "other"]),
        ("button", vec!["unplug", "press", "louder", "softer", "chatter"]),
        ("light", vec!["unplug", "fail-next", "stall"]),
        ("motion-sensor", vec!["unplug", "move", "stuck", "blind", "chatter"]),
        ("display-power", vec!["unplug", "stall", "deaf", "fail-next"]),
        ("radio", vec!["unplug", "obstinate"]),
        ("usb-port", vec!["unplug", "stranger"]),
    ];
    assert_eq!(names, expected);
    for knob in knobs.iter().flat_map(|device| &device.knobs) {
        assert!(!knob.on);
        assert!([knob.label.fr, knob.label.en, knob.label.de].iter().all(|label| !label.is_empty()));
    }
}

#[test]
fn every_knob_shows_how_it_is_turned() {
    let room = Room::simulated();
    let is_on = |device: usize, knob: usize| room.hal.knobs()[device].knobs[knob].on;
    for (d, device) in room.hal.knobs().iter().enumerate() {
        for (k, knob) in device.knobs.iter().enumerate() {
            room.turn(device.device, knob.name, true);
            assert!(is_on(d, k), "{} {}", device.device, knob.name);
            room.turn(device.device, knob.name, false);
            assert!(!is_on(d, k), "{} {}", device.device, knob.name);
        }
    }
}

#[test]
fn an_unknown_knob_is_refused() {
    let room = Room::simulated();
    for (device, knob) in [("camera", "echo"), ("kettle", "unplug"), ("", ""), ("microphone", "stall")] {
        assert!(!room.hal.turn(device, knob, true), "{device} {knob}");
    }
    assert_eq!(room.events(), []);
}

#[test]
fn a_room_may_have_nothing() {
    let none = "kind = 'none'";
    let text = format!("id = 'bare'\nname = 'Bare'\n[camera]\n{none}\n[microphone]\n{none}\n[loudspeaker]\n{none}\n");
    let room = Room::open(&Board::parse(&format!("{text}[panel]\nwidth = 800\nheight = 480")).unwrap());
    assert!(room.hal.camera().is_none() && room.hal.camera_format().is_none());
    assert!(room.hal.microphone(0).is_none() && room.hal.loudspeaker().is_none());
    assert!(room.hal.heard().is_none() && room.hal.heard_peak().is_none());
    assert_eq!(room.hal.knobs(), []);
    assert!(!room.hal.turn("camera", "unplug", true));
    assert_eq!(room.hal.fittings().panel_size(), (800, 480));
}

#[test]
fn a_machine_without_devices_opens_as_it_is() {
    let room = Room::open(&Board::auto());
    let has = |prefix: &str, folder: &str| {
        let names = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.file_name());
        names.into_iter().any(|name| name.to_string_lossy().starts_with(prefix))
    };
    // On a machine with devices the contract tests tell more.
    assert!(has("video", "/dev") || room.hal.camera().is_none() && room.hal.camera_format().is_none());
    assert!(has("pcm", "/dev/snd") || room.hal.microphone(0).is_none() && room.hal.loudspeaker().is_none());
    assert_eq!(room.hal.knobs(), [], "real devices have no knobs");
    assert!(!room.hal.turn("camera", "unplug", true));
    assert!(room.hal.heard().is_none());
    drop(room); // Ends the thread that waits for devices: otherwise the test would not end.
}

#[test]
fn a_device_named_but_missing_is_no_error() {
    let mut board = Board::auto();
    let wish = hal::VideoFormat { width: 1280, height: 720, fps: 30 };
    board.camera = hal::board::Camera::V4l2 { path: Some("/dev/v4l/by-id/no-such-camera".into()), wish };
    board.microphones = vec![hal::board::Microphone::Alsa(Some("hw:CARD=NoSuchCard".into()))];
    board.loudspeaker = hal::board::Loudspeaker::Alsa(Some("hw:CARD=NoSuchCard".into()));
    let room = Room::open(&board);
    assert!(room.hal.camera().is_none());
    assert!(room.hal.microphone(0).is_none());
    assert!(room.hal.loudspeaker().is_none());
}
