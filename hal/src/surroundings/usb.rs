//! What is plugged in over USB, as the kernel says in `/sys/bus/usb/devices` (its `Documentation/ABI/stable/sysfs-bus-usb`).

use std::io;
use std::path::Path;

use super::{names, read};

/// A device that is plugged in, by what it says of itself.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct UsbDevice {
    /// `idVendor`.
    pub vendor: u16,
    /// `idProduct`.
    pub product: u16,
    /// `iSerialNumber`, where it has one.
    pub serial: Option<String>,
}

/// Everything that the kernel lets in.
///
/// # Errors
/// When that cannot be read.
pub(super) fn plugged_in(sys: &Path) -> io::Result<Vec<UsbDevice>> {
    let directory = sys.join("bus/usb/devices");
    let mut devices = Vec::new();
    // `1-2:1.0` is an interface of the device `1-2`, and `usb1` a hub of the machine itself.
    for name in names(&directory)?.iter().filter(|name| !name.contains(':') && !name.starts_with("usb")) {
        let of = |attribute: &str| read(&directory.join(name).join(attribute));
        // One that is gone meanwhile has none.
        let (Some(vendor), Some(product)) = (of("idVendor")?, of("idProduct")?) else { continue };
        if of("authorized")?.as_deref() == Some("0") {
            continue;
        }
        let id = |hex: &str| u16::from_str_radix(hex, 16).map_err(io::Error::other);
        devices.push(UsbDevice { vendor: id(&vendor)?, product: id(&product)?, serial: of("serial")? });
    }
    devices.sort_unstable();
    Ok(devices)
}
