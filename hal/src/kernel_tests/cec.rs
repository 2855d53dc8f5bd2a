//! A display that is switched by CEC: the kernel's `vivid` has adapters that hear each other.

use std::path::PathBuf;

use ::cec_linux::{
    CecDevice, CecLogAddrType, CecLogAddrs, CecLogicalAddress, CecModeFollower, CecModeInitiator, CecOpcode,
    CecPhysicalAddress, CecPrimDevType, OSDStr, VendorID, Version,
};

use super::given;
use crate::power::{self, Power, Switchable};

/// The adapter of a television, and of something plugged into it.
fn adapters() -> Result<(CecDevice, PathBuf), String> {
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
}
