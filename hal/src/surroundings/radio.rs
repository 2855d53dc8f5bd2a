//! Radios, as the kernel's rfkill sees them (its `Documentation/driver-api/rfkill.rst`), and those it does not know of.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::Path;

use super::{names, read};

/// A radio that is on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Radio {
    /// As the kernel calls it: `phy0`, `hci0`.
    pub name: String,
    /// `wlan`, `bluetooth`, `wwan`, …
    pub kind: String,
}

/// Where radios are, and what they are.
const CLASSES: [(&str, &str); 3] = [("ieee80211", "wlan"), ("bluetooth", "bluetooth"), ("wwan", "wwan")];

/// What goes into `/dev/rfkill` to block every radio, and each that comes later: `struct rfkill_event` of the kernel's
/// `include/uapi/linux/rfkill.h` with `RFKILL_TYPE_ALL` and `RFKILL_OP_CHANGE_ALL`.
const BLOCK_ALL: [u8; 8] = {
    let [index, kind, op, soft, hard] = [0, 0, 3, 1, 0];
    [index, index, index, index, kind, op, soft, hard]
};

/// The radios that are on.
///
/// # Errors
/// When that cannot be read.
pub(super) fn that_are_on(sys: &Path) -> io::Result<Vec<Radio>> {
    let mut radios = Vec::new();
    let switches = sys.join("class/rfkill");
    for switch in names(&switches)? {
        let of = |attribute: &str| read(&switches.join(&switch).join(attribute));
        // One that is gone meanwhile has neither.
        let (Some(soft), Some(hard)) = (of("soft")?, of("hard")?) else { continue };
        if soft == "0" && hard == "0" {
            let or_unknown = |text: Option<String>| text.unwrap_or_else(|| "unknown".into());
            radios.push(Radio { name: or_unknown(of("name")?), kind: or_unknown(of("type")?) });
        }
    }
    // One without a switch cannot be off.
    for (class, kind) in CLASSES {
        let class = sys.join("class").join(class);
        // `hci0:42` is somebody connected to `hci0`.
        for name in names(&class)?.into_iter().filter(|name| !name.contains(':')) {
            let has_switch = names(&class.join(&name))?.iter().any(|entry| entry.starts_with("rfkill"));
            if !has_switch {
                radios.push(Radio { name, kind: kind.into() });
            }
        }
    }
    radios.sort_unstable();
    Ok(radios)
}

/// Blocks every radio. `rfkill`: `/dev/rfkill`; where there is none, there is nothing to block.
///
/// # Errors
/// When this process may not write there.
pub(super) fn switch_all_off(rfkill: &Path) -> io::Result<()> {
    match OpenOptions::new().write(true).open(rfkill) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        file => file?.write_all(&BLOCK_ALL),
    }
}
