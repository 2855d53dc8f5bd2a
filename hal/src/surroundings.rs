//! What is around the room's machine through which others could reach into it: its radios, and what is plugged in over USB.
//!
//! Looked at by those rooms only whose policy asks for it, on a thread of its own: drivers hang.

mod radio;
mod simulated;
mod usb;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

pub use radio::Radio;
pub(crate) use simulated::SimulatedSurroundings;
pub use usb::UsbDevice;

use crate::board;
use crate::hotplug;
use crate::worker::Worker;

/// How often it is looked at though the kernel says nothing.
const AGAIN: Duration = Duration::from_secs(1);
/// Whose comings and goings make it be looked at at once.
const SUBSYSTEMS: [&str; 5] = ["rfkill", "ieee80211", "bluetooth", "wwan", "usb"];

/// What is there now.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Surroundings {
    /// The radios that are on.
    pub radios: Vec<Radio>,
    /// Everything that is plugged in and not shut out by the kernel; the machine's own hubs left out, others not.
    pub usb: Vec<UsbDevice>,
}

/// Looks until it is dropped.
pub struct Watch(#[expect(dead_code, reason = "held for its thread")] Worker);

/// Where the surroundings are looked at.
#[derive(Clone)]
pub(crate) enum Around {
    /// The kernel's own words.
    Kernel {
        sys: PathBuf,
        rfkill: PathBuf,
    },
    Simulated(Arc<SimulatedSurroundings>),
}

impl Around {
    pub fn of(board: board::Around) -> Around {
        match board {
            board::Around::Kernel => Around::Kernel { sys: "/sys".into(), rfkill: "/dev/rfkill".into() },
            board::Around::Simulated => Around::Simulated(Arc::default()),
        }
    }

    /// # Errors
    /// When it cannot be seen what is there.
    fn look(&self) -> io::Result<Surroundings> {
        match self {
            Around::Kernel { sys, .. } => {
                Ok(Surroundings { radios: radio::that_are_on(sys)?, usb: usb::plugged_in(sys)? })
            }
            Around::Simulated(simulated) => Ok(simulated.look()),
        }
    }

    /// Switches every radio off, those that come later too.
    ///
    /// # Errors
    /// When this process may not, or a radio does not obey.
    fn switch_radios_off(&self) -> io::Result<()> {
        match self {
            Around::Kernel { rfkill, .. } => radio::switch_all_off(rfkill),
            Around::Simulated(simulated) => simulated.switch_radios_off(),
        }
    }

    /// Switches the radios off and keeps them off as far as it can, and tells what is there at each look, once a second: who
    /// hears nothing for longer knows that a driver hangs. `None`: that cannot be seen.
    ///
    /// # Errors
    /// When there is no thread to look.
    pub fn watch(self, told: impl Fn(Option<Surroundings>) + Send + 'static) -> io::Result<Watch> {
        Worker::spawn("surroundings", move |stop| {
            // Those that come between are seen at the next look.
            let socket = match &self {
                Around::Kernel { .. } => hotplug::listen(&SUBSYSTEMS).ok(),
                Around::Simulated(_) => None,
            };
            let (mut is_first, mut refused) = (true, false);
            loop {
                // At first for those that come later too.
                if std::mem::take(&mut is_first) {
                    self.silence(&mut refused);
                }
                let seen = self.look().inspect_err(|error| tracing::debug!(%error, "nobody sees what is around")).ok();
                let has_radio = seen.as_ref().is_some_and(|seen| !seen.radios.is_empty());
                // Told before it is off again: somebody may have listened.
                told(seen);
                if has_radio {
                    self.silence(&mut refused);
                }
                let woken = match &socket {
                    Some(socket) => hotplug::wait_for(socket, &stop, AGAIN),
                    None => stop.sleep(AGAIN),
                };
                if !woken {
                    return;
                }
            }
        })
        .map(Watch)
    }

    fn silence(&self, refused: &mut bool) {
        if let Err(error) = self.switch_radios_off()
            && !std::mem::replace(refused, true)
        {
            tracing::warn!(%error, "the radios cannot be switched off from here");
        }
    }
}

/// What a file of sysfs says, without the line's end; `None` where there is no such file, or what it was of is gone.
///
/// # Errors
/// When it is there and cannot be read.
fn read(path: &Path) -> io::Result<Option<String>> {
    /// Whatever it was of has gone while it was read.
    const GONE: i32 = libc::ENODEV;
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text.trim_end().to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound || error.raw_os_error() == Some(GONE) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The names in a directory of sysfs, sorted; none where there is no such directory.
///
/// # Errors
/// When it is there and cannot be read.
fn names(directory: &Path) -> io::Result<Vec<String>> {
    let entries = match std::fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let name = |entry: io::Result<std::fs::DirEntry>| Ok(entry?.file_name().to_string_lossy().into_owned());
    let mut names = entries.map(name).collect::<io::Result<Vec<_>>>()?;
    names.sort_unstable();
    Ok(names)
}

#[cfg(test)]
mod tests;
