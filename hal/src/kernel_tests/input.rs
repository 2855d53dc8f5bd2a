//! Glass and a motion sensor through `uinput`, a USB speakerphone through `uhid`.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;

use ::evdev::uinput::VirtualDevice;
use ::evdev::{
    AbsInfo, AbsoluteAxisCode as Axes, AttributeSet, EventType, InputEvent, KeyCode, PropType, SwitchCode,
    UinputAbsSetup,
};

use super::{given, until};
use crate::board::{Keys, MotionSensor};
use crate::button::{Button, Buttons};
use crate::motion;
use crate::panel::PanelSize;
use crate::rotation::Rotation;
use crate::touch::{Calibration, Glass, TouchKind, listen};

const PATIENCE: Duration = Duration::from_secs(20);

fn glass(name: &str) -> std::io::Result<VirtualDevice> {
    let keys: AttributeSet<KeyCode> = [KeyCode::BTN_TOUCH].into_iter().collect();
    let direct: AttributeSet<PropType> = [PropType::DIRECT].into_iter().collect();
    let mut builder = VirtualDevice::builder()?.name(name).with_keys(&keys)?.with_properties(&direct)?;
    let axes = [
        (Axes::ABS_X, 4095),
        (Axes::ABS_Y, 4095),
        (Axes::ABS_MT_SLOT, 4),
        (Axes::ABS_MT_POSITION_X, 4095),
        (Axes::ABS_MT_POSITION_Y, 4095),
        (Axes::ABS_MT_TRACKING_ID, 65_535),
    ];
    for (axis, highest) in axes {
        builder = builder.with_absolute_axis(&UinputAbsSetup::new(axis, AbsInfo::new(0, 0, highest, 0, 0, 0)))?;
    }
    builder.build()
}

fn say(device: &mut VirtualDevice, axes: &[(Axes, i32)]) {
    let events: Vec<_> =
        axes.iter().map(|(axis, value)| InputEvent::new(EventType::ABSOLUTE.0, axis.0, *value)).collect();
    device.emit(&events).unwrap();
}

#[test]
fn a_touchscreen_of_the_kernel_is_felt_and_cancels_when_it_is_pulled_out() {
    let name = "huisclos test glass";
    let Some(mut device) = given("uinput", glass(name)) else { return };
    let node = device.enumerate_dev_nodes_blocking().unwrap().next().unwrap().unwrap();
    until("its node", || File::open(&node).is_ok());
    let (told, tell) = mpsc::channel();
    let panel = Arc::new(PanelSize::new((800, 480)));
    let half = Glass { rotation: Rotation::Half, calibration: Calibration::NONE };
    let _screen = listen(Some(name.into()), half, panel, move |touch| _ = told.send(touch)).unwrap();
    // Whether it is listened to yet only an answer tells.
    let mut id = 0;
    let down = loop {
        say(&mut device, &[(Axes::ABS_MT_SLOT, 0), (Axes::ABS_MT_TRACKING_ID, id), (Axes::ABS_MT_POSITION_X, id % 7)]);
        say(&mut device, &[(Axes::ABS_MT_POSITION_Y, id % 5)]);
        if let Ok(touch) = tell.recv_timeout(Duration::from_millis(200)) {
            break touch;
        }
        say(&mut device, &[(Axes::ABS_MT_TRACKING_ID, -1)]);
        id += 1;
        assert!(id < 100, "it is not felt");
    };
    assert_eq!(down.kind, TouchKind::Down);
    assert!(down.x > 790 && down.y > 470, "the glass hangs upside down: {down:?}");
    while tell.recv_timeout(Duration::from_millis(200)).is_ok() {}
    say(&mut device, &[(Axes::ABS_MT_POSITION_X, 2048), (Axes::ABS_MT_POSITION_Y, 2048)]);
    let moved = tell.recv_timeout(PATIENCE).unwrap();
    assert_eq!((moved.kind, moved.x, moved.y), (TouchKind::Move, 399, 239));
    say(&mut device, &[(Axes::ABS_MT_SLOT, 1), (Axes::ABS_MT_TRACKING_ID, 9000), (Axes::ABS_MT_POSITION_X, 5)]);
    drop(device);
    assert_eq!(tell.recv_timeout(PATIENCE).unwrap().kind, TouchKind::Cancel, "the second finger is not told of");
}

#[test]
fn a_switch_of_the_kernel_is_a_motion_sensor() {
    let name = "huisclos test motion";
    let switches: AttributeSet<SwitchCode> = [SwitchCode::SW_FRONT_PROXIMITY].into_iter().collect();
    let build = || VirtualDevice::builder()?.name(name).with_switches(&switches)?.build();
    let Some(mut device) = given("uinput", build()) else { return };
    let node = device.enumerate_dev_nodes_blocking().unwrap().next().unwrap().unwrap();
    until("its node", || File::open(&node).is_ok());
    let (told, tell) = mpsc::channel();
    let sensor = MotionSensor::Switch(Some(name.into()));
    let _sensor = motion::listen(&sensor, move |motion| _ = told.send(motion)).unwrap();
    let mut set = |on: bool| {
        let event = InputEvent::new(EventType::SWITCH.0, SwitchCode::SW_FRONT_PROXIMITY.0, i32::from(on));
        device.emit(&[event]).unwrap();
    };
    motion::tests::contract(&mut set, &tell);
    drop(device);
    assert_eq!(tell.recv_timeout(PATIENCE), Ok(crate::Motion::Missing));
}

/// A speakerphone with a mute key, a mute lamp and a volume key. HID Usage Tables 1.4: telephony 0x0B (Phone Mute
/// 0x2F), LEDs 0x08 (Mute 0x09), consumer 0x0C (Volume Increment 0xE9).
#[rustfmt::skip]
const DESCRIPTOR: &[u8] = &[
    // Consumer control, report 2: volume increment, and seven bits that are nothing.
    0x05, 0x0c, 0x09, 0x01, 0xa1, 0x01, 0x85, 0x02,
    0x09, 0xe9, 0x15, 0x00, 0x25, 0x01, 0x75, 0x01, 0x95, 0x01, 0x81, 0x02, 0x75, 0x07, 0x81, 0x03, 0xc0,
    // Telephony, headset, report 1: phone mute; and out: its lamp.
    0x05, 0x0b, 0x09, 0x05, 0xa1, 0x01, 0x85, 0x01,
    0x09, 0x2f, 0x15, 0x00, 0x25, 0x01, 0x75, 0x01, 0x95, 0x01, 0x81, 0x02, 0x75, 0x07, 0x81, 0x03,
    0x05, 0x08, 0x09, 0x09, 0x75, 0x01, 0x91, 0x02, 0x75, 0x07, 0x91, 0x03, 0xc0,
];

/// A USB speakerphone by the kernel's `uhid`: its messages are laid out as in `linux/uhid.h`.
struct Speakerphone(File);

impl Speakerphone {
    fn plug_in(name: &str) -> std::io::Result<Speakerphone> {
        let mut file = OpenOptions::new().read(true).write(true).open("/dev/uhid")?;
        let mut message = vec![0; 4 + 128 + 64 + 64 + 2 + 2 + 4 * 4 + 4096];
        message[..4].copy_from_slice(&11_u32.to_ne_bytes()); // UHID_CREATE2
        message[4..4 + name.len()].copy_from_slice(name.as_bytes());
        message[260..262].copy_from_slice(&(DESCRIPTOR.len() as u16).to_ne_bytes());
        message[262..264].copy_from_slice(&3_u16.to_ne_bytes()); // USB
        message[264..268].copy_from_slice(&0x1209_u32.to_ne_bytes());
        message[268..272].copy_from_slice(&0x0001_u32.to_ne_bytes());
        message[280..280 + DESCRIPTOR.len()].copy_from_slice(DESCRIPTOR);
        file.write_all(&message)?;
        Ok(Speakerphone(file))
    }

    /// One report: its number and its bits.
    fn report(&mut self, number: u8, bits: u8) {
        let mut message = vec![0; 4 + 2 + 4096];
        message[..4].copy_from_slice(&12_u32.to_ne_bytes()); // UHID_INPUT2
        message[4..6].copy_from_slice(&2_u16.to_ne_bytes());
        message[6..8].copy_from_slice(&[number, bits]);
        self.0.write_all(&message).unwrap();
    }

    /// The newest state of its lamp, once the kernel tells it one.
    fn lamp(&mut self) -> bool {
        loop {
            let mut message = vec![0; 4380];
            let length = self.0.read(&mut message).unwrap();
            let kind = u32::from_ne_bytes(message[..4].try_into().unwrap());
            match kind {
                6 => return message[..length][5] & 1 == 1, // UHID_OUTPUT: the number of the report, then its bits
                13 => {
                    // UHID_SET_REPORT wants an answer.
                    let mut reply = vec![0; 4 + 4 + 2];
                    reply[..4].copy_from_slice(&14_u32.to_ne_bytes());
                    reply[4..8].copy_from_slice(&message[4..8]);
                    self.0.write_all(&reply).unwrap();
                    return message[13] & 1 == 1;
                }
                _ => {}
            }
        }
    }
}

#[test]
fn the_mute_key_of_a_speakerphone_is_a_button_and_its_lamp_is_lit() {
    let name = "huisclos test speakerphone";
    let Some(mut phone) = given("uhid", Speakerphone::plug_in(name)) else { return };
    let is_there = || ::evdev::enumerate().any(|(_, device)| device.name().is_some_and(|there| there.contains(name)));
    until("its keys", is_there);
    let (told, tell) = mpsc::channel();
    let keys = Keys { device: Some(name.into()), ..Keys::default() };
    let buttons = Buttons::listen(&keys, None, move |button| _ = told.send(button));
    // The lamp tells when it is listened to.
    buttons.light(true);
    until("the lamp is lit", || phone.lamp());
    phone.report(1, 1);
    assert_eq!(tell.recv_timeout(PATIENCE), Ok(Button::Microphone));
    phone.report(2, 1);
    assert_eq!(tell.recv_timeout(PATIENCE), Ok(Button::VolumeUp));
    phone.report(2, 0);
    buttons.light(false);
    until("the lamp is dark", || !phone.lamp());
}
