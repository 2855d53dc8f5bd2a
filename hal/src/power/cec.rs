//! HDMI-CEC through the kernel's `/dev/cec*`: HDMI 1.4b supplement 1, sections CEC 13.1 (One Touch Play) and 13.3
//! (System Standby). The kernel itself answers what every device must answer.

use std::io;
use std::path::{Path, PathBuf};

use ::cec_linux::{
    CecDevice, CecLogAddrType, CecLogAddrs, CecLogicalAddress, CecOpcode, CecPhysicalAddress, CecPrimDevType, OSDStr,
    VendorID, Version,
};

use super::{Power, Switchable};

/// Adapters that are looked at: a machine has one for each HDMI output.
const ADAPTERS_MAX: usize = 8;
/// What a name on the display's list of inputs may be long.
const NAME_MAX: usize = 14;

pub(super) struct Adapter {
    device: CecDevice,
    name: String,
    /// Where in the tree of displays and receivers we hang, as last seen.
    address: CecPhysicalAddress,
    pluggings: u64,
}

impl Adapter {
    /// The adapter at `path`, or the first with a display, or the first.
    ///
    /// # Errors
    /// When there is none.
    pub fn open(path: Option<&Path>, room: &str) -> io::Result<Adapter> {
        let paths: Vec<PathBuf> = match path {
            Some(path) => vec![path.to_owned()],
            None => (0..ADAPTERS_MAX).map(|number| format!("/dev/cec{number}").into()).collect(),
        };
        let opened = paths.iter().map(|path| Ok((CecDevice::open(path)?, path)));
        let all: Vec<_> = opened.filter_map(|opened: io::Result<_>| opened.ok()).collect();
        let has_display = |device: &CecDevice| device.get_phys().is_ok_and(|at| at != CecPhysicalAddress::INVALID);
        let place = all.iter().position(|(device, _)| has_display(device)).unwrap_or_default();
        let (device, path) = all.into_iter().nth(place).ok_or(io::ErrorKind::NotFound)?;
        tracing::info!(path = %path.display(), "the display is switched by CEC");
        let name = room.chars().filter(|letter| letter.is_ascii_graphic() || *letter == ' ').take(NAME_MAX).collect();
        Ok(Adapter { device, name, address: CecPhysicalAddress::INVALID, pluggings: 0 })
    }

    /// Our own address among the devices, claimed if it is not yet.
    fn own(&self) -> io::Result<CecLogicalAddress> {
        let claimed = |log: &CecLogAddrs| log.addresses().first().copied().filter(|_| !log.mask().is_empty());
        if let Some(own) = claimed(&self.device.get_log()?) {
            return Ok(own);
        }
        // Takes a second or two when there is a display, and returns at once when there is none.
        let name: OSDStr<15> = self.name.as_bytes().into();
        let (kind, address) = ([CecPrimDevType::PLAYBACK], [CecLogAddrType::PLAYBACK]);
        // A claim of somebody else's stays.
        match self.device.set_log(CecLogAddrs::new(VendorID::NONE, Version::V1_4, name, &kind, &address)) {
            Err(error) if error.kind() != io::ErrorKind::ResourceBusy => return Err(error),
            _ => {}
        }
        claimed(&self.device.get_log()?).ok_or_else(|| io::ErrorKind::NotConnected.into())
    }
}

impl Switchable for Adapter {
    fn ask(&mut self, power: Power) -> io::Result<bool> {
        let own = self.own()?;
        let tv = CecLogicalAddress::Tv;
        let answered = match power {
            Power::On => self.device.transmit(own, tv, CecOpcode::ImageViewOn),
            Power::Standby => self.device.transmit(own, tv, CecOpcode::Standby),
        };
        match answered {
            Ok(()) => {}
            // The message itself went wrong: nobody took it.
            Err(error) if error.raw_os_error().is_none() => return Ok(false),
            Err(error) => return Err(error),
        }
        if power == Power::On {
            // To everybody, so nobody answers.
            let address = self.device.get_phys()?.to_bytes();
            let all = CecLogicalAddress::UnregisteredBroadcast;
            self.device.transmit_data(own, all, CecOpcode::ActiveSource, &address)?;
        }
        Ok(true)
    }

    fn plugged(&mut self) -> io::Result<Option<u64>> {
        let address = self.device.get_phys()?;
        if std::mem::replace(&mut self.address, address) != address {
            self.pluggings += 1;
        }
        Ok((address != CecPhysicalAddress::INVALID).then_some(self.pluggings))
    }
}
