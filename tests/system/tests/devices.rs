//! The kernel's own virtual devices in the booted image: a camera that is `vivid`, a sound card that is `snd-aloop`, glass, keys,
//! CEC and screens.

mod world;

use std::time::{Duration, Instant};

use sandbox::fake_media::GUEST_TONE_HZ;
use sandbox::guest::Event;
use system::usb::camera::Camera;
use system::usb::speakerphone::Speakerphone;
use system::{Machine, Options, TOOLS, configuration, network};
use world::{
    PATIENCE, Python, configured, eventually, hand_in, identity_of, is_lit, keep, machine, machine_with, platform,
    shows, touch,
};

/// What is played into the loop, which nobody else plays. Hertz.
const TONE_HZ: f64 = 587.0;
/// Where the loop's other end is heard.
const BOARD: &str = r#"
id = "system-test"
name = "Virtual devices"

[camera]
kind = "auto"
width = 640
height = 360
fps = 15

[microphone]
kind = "alsa"
device = "hw:CARD=Loopback,DEV=1"

[loudspeaker]
kind = "simulated"

[display]
kind = "kms"
output = "Virtual-2"

[panel]
kind = "kms"
output = "Virtual-1"
width = 1280
height = 800

[buttons]
kind = "keys"
"#;

/// Waits until Ada has noticed this.
async fn ada_notices(ada: &Python, what: &str, wanted: impl Fn(&Event) -> bool) {
    let started = Instant::now();
    while !ada.reports().iter().any(|report| wanted(&report.event)) {
        assert!(started.elapsed() < PATIENCE, "Ada has not noticed {what}: {:?}", ada.reports());
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

#[test]
#[ignore = "boots the image: ./huisclos test --system"]
fn a_camera_and_a_sound_card_of_the_kernel_are_seen_and_heard_and_may_be_unplugged() {
    network::inside("a_camera_and_a_sound_card_of_the_kernel_are_seen_and_heard_and_may_be_unplugged", async || {
        let (stage, door) = platform().await;
        let mut machine = machine(&stage, &door, false);
        machine.until_running().unwrap();
        machine.sh("modprobe vivid n_devs=1 && modprobe snd-aloop").unwrap();
        let played = format!("{TOOLS}/huisclos-guest tone hw:CARD=Loopback,DEV=0 {TONE_HZ}");
        machine.sh(&format!("{played} >/run/tone 2>&1 </dev/null &")).unwrap();
        hand_in(&machine, "board.toml", BOARD);
        hand_in(&machine, "room.toml", &configured(&stage, "/var/lib/huisclos-config/board.toml"));
        machine.sh("systemctl restart huisclosd").unwrap();
        machine.until_running().unwrap();
        machine.plug(2, (1920, 1080)).unwrap();

        let room = machine.room().unwrap();
        let ada = Python::join(&stage, "ada").await;
        touch(&machine, &room, "join").await;
        eventually(&room, "the meeting, with a camera", |s| s.screen == "in-call" && s.camera == "on").await;
        let me = identity_of(&stage, "Salle Turing").await;
        let is_heard = |e: &Event| matches!(e, Event::Tone { from, hz } if *from == me && (hz - TONE_HZ).abs() < 20.0);
        let is_muted = |e: &Event, wanted: bool| matches!(e, Event::Muted { from, kind, muted } if *from == me && kind == "video" && *muted == wanted);
        ada_notices(&ada, "the camera's picture", |e| matches!(e, Event::FirstVideo { from, .. } if *from == me)).await;
        ada_notices(&ada, "the loop's tone", is_heard).await;
        shows(&machine, &room, 1, "panel").await;
        keep(&machine, 1, "devices-panel");
        let started = Instant::now();
        while room.mark().await.unwrap() != Some(sandbox::mark::GUEST) {
            assert!(started.elapsed() < PATIENCE, "the room does not see Ada");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        is_lit(&machine, 2).await;
        keep(&machine, 2, "devices-display");

        machine.sh("echo vivid.0 >/sys/bus/platform/drivers/vivid/unbind").unwrap();
        eventually(&room, "a camera that is gone", |s| s.camera == "missing" && s.screen == "in-call").await;
        ada_notices(&ada, "that the camera is gone", |e| is_muted(e, true)).await;
        shows(&machine, &room, 1, "panel").await;
        keep(&machine, 1, "devices-unplugged");
        ada.forget();
        ada_notices(&ada, "the loop's tone, without a camera", is_heard).await;

        machine.sh("echo vivid.0 >/sys/bus/platform/drivers/vivid/bind").unwrap();
        eventually(&room, "the camera again", |s| s.camera == "on").await;
        ada_notices(&ada, "that the camera is back", |e| is_muted(e, false)).await;
        assert_eq!(machine.sh("systemctl show --property=NRestarts --value huisclosd").unwrap().trim(), "0");
    });
}

/// Runs tests of `hal` in the machine, where these devices are; see its `kernel_tests`.
fn hal_keeps(machine: &Machine, needed: &str, programs: &[&str]) {
    // All of them, before any failure is told: a machine takes a minute to start.
    let told = programs.iter().map(|tests| {
        let command = format!("HUISCLOS_NEED_KERNEL='{needed}' {TOOLS}/{tests} --test-threads=1 2>&1");
        machine.ask(&command).unwrap_or_else(|error| (format!("{error:#}"), false))
    });
    let failed = told.filter(|(said, is_well)| !is_well || !said.contains("test result: ok"));
    let failed: Vec<String> = failed.map(|(said, _)| said).collect();
    assert!(failed.is_empty(), "{}", failed.concat());
}

#[test]
#[ignore = "boots the image: ./huisclos test --system"]
fn the_drivers_of_hal_keep_their_contracts_on_the_kernels_devices() {
    let mut machine = Machine::start(Options { hal_tests: true, ..Options::default() }).unwrap();
    machine.until_running().unwrap();
    // They want the screens, the glass and the keys for themselves.
    machine.sh("systemctl stop huisclosd").unwrap();
    machine.sh("modprobe -a uinput uhid hid-generic snd-aloop").unwrap();
    // A camera, and an HDMI receiver alone; of outputs HDMI alone, as vivid says to the wrong CEC adapter that it was pulled out
    // where there is another output before it.
    let vivid = "n_devs=2 num_inputs=4,1 input_types=0xe4,0x03 num_outputs=1,1 output_types=1,1";
    machine.sh(&format!("modprobe vivid {vivid}")).unwrap();
    let needed = "uinput uhid screen cec vivid receiver aloop";
    hal_keeps(&machine, needed, &["hal-tests kernel_tests kms::tests", "hal-promises kernel:: contract::"]);
    machine.sh("systemctl start huisclosd").unwrap();
    machine.until_running().unwrap();
}

#[test]
#[ignore = "boots the image: ./huisclos test --system"]
fn a_display_without_cec_sleeps_while_nobody_is_there_and_wakes_by_a_touch() {
    network::inside("a_display_without_cec_sleeps_while_nobody_is_there_and_wakes_by_a_touch", async || {
        let meeting = "https://203.0.113.10/abc-defg-hij".parse().unwrap();
        let text = configuration(&meeting, "auto").replace("[room]\n", "[room]\nstandby_min = 1\n");
        let mut machine = Machine::start(Options { configuration: Some(text), ..Options::default() }).unwrap();
        machine.until_running().unwrap();
        machine.plug(2, (1920, 1080)).unwrap();
        is_lit(&machine, 2).await;
        let room = machine.room().unwrap();
        eventually(&room, "standby", |s| s.screen == "standby").await;
        let is_off = || machine.sh("cat /sys/class/drm/card0-Virtual-2/enabled").unwrap().trim() == "disabled";
        let started = Instant::now();
        while !is_off() {
            assert!(started.elapsed() < PATIENCE, "the display is not switched off");
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        machine.touch((640, 400), (1280, 800)).unwrap();
        eventually(&room, "the room at home", |s| s.screen == "home").await;
        is_lit(&machine, 2).await;
        assert!(!is_off());
    });
}

/// What the camera on USB shows, which nobody else does.
const USB_MARK: u8 = 0x99;

/// The room is as it finds it: whatever is plugged in.
fn board_of_usb() -> String {
    let board = BOARD.replace("device = \"hw:CARD=Loopback,DEV=1\"\n", "");
    board.replace("[loudspeaker]\nkind = \"simulated\"", "[loudspeaker]\nkind = \"alsa\"")
}

#[test]
#[ignore = "boots the image: ./huisclos test --system"]
fn usb_devices_are_pulled_out_and_plugged_in_again_in_a_meeting() {
    network::inside("usb_devices_are_pulled_out_and_plugged_in_again_in_a_meeting", async || {
        let (stage, door) = platform().await;
        let options = Options { usb_ports: 2, hal_tests: true, ..Options::default() };
        let mut machine = machine_with(&stage, &door, options);
        machine.until_running().unwrap();
        hand_in(&machine, "board.toml", &board_of_usb());
        hand_in(&machine, "room.toml", &configured(&stage, "/var/lib/huisclos-config/board.toml"));
        machine.sh("systemctl restart huisclosd").unwrap();
        machine.until_running().unwrap();
        let room = machine.room().unwrap();

        // Plugged in before the meeting.
        let (camera, phone) = (Camera::new(USB_MARK), Speakerphone::new(TONE_HZ));
        let played = phone.played();
        let camera = machine.plug_usb(0, camera).unwrap();
        let phone = machine.plug_usb(1, phone).unwrap();
        let ada = Python::join(&stage, "ada").await;
        touch(&machine, &room, "join").await;
        eventually(&room, "the meeting, with a camera", |s| s.screen == "in-call" && s.camera == "on").await;
        let me = identity_of(&stage, "Salle Turing").await;
        let is_seen = |e: &Event| matches!(e, Event::Mark { from, id, .. } if *from == me && *id == USB_MARK);
        let is_heard = |e: &Event| matches!(e, Event::Tone { from, hz } if *from == me && (hz - TONE_HZ).abs() < 20.0);
        let is_muted = |e: &Event, wanted: bool| matches!(e, Event::Muted { from, kind, muted } if *from == me && kind == "video" && *muted == wanted);
        let plays_ada = async || {
            played.clear();
            let started = Instant::now();
            while !played.is_tone(f64::from(GUEST_TONE_HZ)) {
                assert!(started.elapsed() < PATIENCE, "the speakerphone does not play Ada");
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        };
        ada_notices(&ada, "the camera's picture", is_seen).await;
        ada_notices(&ada, "the speakerphone's tone", is_heard).await;
        plays_ada().await;
        shows(&machine, &room, 1, "panel").await;
        keep(&machine, 1, "usb-panel");

        drop(camera);
        eventually(&room, "a camera that is gone", |s| s.camera == "missing" && s.screen == "in-call").await;
        ada_notices(&ada, "that the camera is gone", |e| is_muted(e, true)).await;
        ada.forget();
        ada_notices(&ada, "the tone, without a camera", is_heard).await;
        let camera = machine.plug_usb(0, Camera::new(USB_MARK)).unwrap();
        eventually(&room, "the camera again", |s| s.camera == "on").await;
        ada_notices(&ada, "the picture again", is_seen).await;

        drop(phone);
        eventually(&room, "a microphone that is gone", |s| s.microphone == "missing" && s.screen == "in-call").await;
        shows(&machine, &room, 1, "panel").await;
        keep(&machine, 1, "usb-unplugged");
        ada.forget();
        ada_notices(&ada, "the picture, without a microphone", is_seen).await;
        let phone = machine.plug_usb(1, Speakerphone::new(TONE_HZ)).unwrap();
        eventually(&room, "the microphone again", |s| s.microphone != "missing").await;
        ada.forget();
        ada_notices(&ada, "the tone again", is_heard).await;
        assert_eq!(machine.sh("systemctl show --property=NRestarts --value huisclosd").unwrap().trim(), "0");

        // Without the daemon, which has them.
        machine.sh("systemctl stop huisclosd").unwrap();
        drop((camera, phone));
        let camera = Camera::new(USB_MARK);
        let lens = camera.lens();
        let before = *lens.lock().unwrap();
        let _camera = machine.plug_usb(0, camera).unwrap();
        let _phone = machine.plug_usb(1, Speakerphone::new(TONE_HZ)).unwrap();
        let are_there = "[ -e /dev/video0 ] && [ -e /dev/snd/pcmC0D0c ]";
        machine.sh(&format!("until {are_there}; do {TOOLS}/busybox sleep 1; done")).unwrap();
        hal_keeps(&machine, "usb-camera", &["hal-promises kernel::a_camera_on_usb contract::"]);
        assert_eq!(*lens.lock().unwrap(), before, "it was turned back at the end");
    });
}
