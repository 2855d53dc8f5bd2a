//! A display that is switched by CEC: the kernel's `vivid` has adapters that hear each other.

use std::path::PathBuf;
use std::time::Duration;

use ::cec_linux::{
    CecDevice, CecLogAddrType, CecLogAddrs, CecLogicalAddress, CecModeFollower, CecModeInitiator, CecOpcode,
    CecPhysicalAddress, CecPrimDevType, OSDStr, VendorID, Version,
};

use super::{given, until};
use crate::power::{self, Power, Switchable};

/// vivid's control "HDMI 000-0 Is Connected To", a menu (the kernel's `vivid-ctrls.c`, since 6.11; before that its inputs and
/// outputs are connected from the start), and two of its items: nothing, and the first HDMI output of all.
const CONNECTED_TO: u32 = 0x00f0_f000 + 113;
const NOTHING: i64 = 1;
const FIRST_OUTPUT: i64 = 2;

/// Plugs the HDMI output of the first `vivid` into its HDMI input, or pulls it out; says whether there is such a cable.
fn plug(item: i64) -> bool {
    let entries = std::fs::read_dir("/sys/class/video4linux").into_iter().flatten().flatten();
    let names = entries.map(|entry| (std::fs::read_to_string(entry.path().join("name")), entry.file_name()));
    let is_it = |name: &std::io::Result<String>| name.as_ref().is_ok_and(|name| name.trim() == "vivid-000-vid-cap");
    let input = names.into_iter().find(|(name, _)| is_it(name));
    let device = input.and_then(|(_, node)| v4l::Device::with_path(PathBuf::from("/dev").join(node)).ok());
    let control = v4l::Control { id: CONNECTED_TO, value: v4l::control::Value::Integer(item) };
    device.is_some_and(|device| device.set_control(control).is_ok())
}

/// The adapter of a television, and of something plugged into it.
fn adapters() -> Result<(CecDevice, PathBuf), String> {
    if plug(FIRST_OUTPUT) {
        // The kernel does it a moment later.
        std::thread::sleep(Duration::from_millis(500));
    }
    let paths = (0..8).map(|number| PathBuf::from(format!("/dev/cec{number}")));
    let all: Vec<_> = paths.filter_map(|path| Some((CecDevice::open(&path).ok()?, path))).collect();
    let is_vivid = |device: &CecDevice| device.get_capas().is_ok_and(|about| about.driver().contains("vivid"));
    let (mut tv, mut source) = (None, None);
    for (device, path) in all.into_iter().filter(|(device, _)| is_vivid(device)) {
        match device.get_phys() {
            Ok(address) if address == 0_u16 => tv = tv.or(Some(device)),
            Ok(address) if address != CecPhysicalAddress::INVALID => source = source.or(Some(path)),
            _ => {}
        }
    }
    tv.zip(source).ok_or_else(|| "no vivid adapters".to_owned())
}

#[test]
fn a_television_is_switched_on_shows_the_room_and_goes_to_standby() {
    let Some((tv, path)) = given("cec", adapters()) else { return };
    let name: OSDStr<15> = b"TV"[..].into();
    let claimed = CecLogAddrs::new(VendorID::NONE, Version::V1_4, name, &[CecPrimDevType::TV], &[CecLogAddrType::TV]);

    // Nobody is at the other end yet.
    let mut room = power::adapter(&path, "Salle Turing, premier étage").unwrap();
    assert!(room.plugged().unwrap().is_some());
    assert!(!room.ask(Power::On).unwrap(), "nobody answers");

    tv.set_log(claimed).unwrap();
    tv.set_mode(CecModeInitiator::Send, CecModeFollower::All).unwrap();
    let heard = || loop {
        let message = tv.rec_for(5000).unwrap();
        if let Some(Ok(opcode @ (CecOpcode::ImageViewOn | CecOpcode::Standby | CecOpcode::ActiveSource))) =
            message.opcode()
        {
            return (opcode, message.initiator(), message.parameters().to_vec());
        }
    };
    assert!(room.ask(Power::On).unwrap());
    let (opcode, from, _) = heard();
    assert_eq!((opcode, from), (CecOpcode::ImageViewOn, CecLogicalAddress::Playback1));
    let (opcode, _, address) = heard();
    assert_eq!(opcode, CecOpcode::ActiveSource);
    let own = CecDevice::open(&path).unwrap().get_phys().unwrap();
    assert_eq!(address, own.to_bytes());
    assert!(room.ask(Power::Standby).unwrap());
    assert_eq!(heard().0, CecOpcode::Standby);

    let before = room.plugged().unwrap();
    if plug(NOTHING) {
        until("it is pulled out", || room.plugged().unwrap().is_none());
        assert!(room.ask(Power::On).is_err(), "there is none to ask");
        assert!(plug(FIRST_OUTPUT));
        until("it is plugged in", || room.plugged().unwrap().is_some());
        assert_ne!(room.plugged().unwrap(), before, "another plugging");
        // The kernel claims an address on the new cable by itself; until then nobody can be asked.
        until("it answers", || room.ask(Power::On).is_ok_and(|answered| answered));
        assert_eq!(heard().0, CecOpcode::ImageViewOn);
    }
}
