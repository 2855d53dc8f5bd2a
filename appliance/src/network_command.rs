//! `huisclos network`: what the room's configuration says of its network, to people and to systemd-networkd. Nothing here
//! asks a daemon.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::Subcommand;

use crate::Config;
use crate::wired::Network;
use crate::wired::files::{NAMES, files};

/// What is asked about the network.
#[derive(Subcommand)]
pub enum NetworkCommand {
    /// Check a room's configuration, and say in words what the room would do with its network.
    Check { room: PathBuf },
    /// Write what a room's configuration says of its network, as files for systemd-networkd. Only [network] is looked at.
    /// Where it says nothing, or cannot be used, no file is left: then what the image ships holds.
    Write {
        room: PathBuf,
        /// Where systemd-networkd looks: /run/systemd/network.
        folder: PathBuf,
    },
}

impl NetworkCommand {
    /// Does it, and says what came of it.
    ///
    /// # Errors
    /// When the configuration cannot be read or used, or files cannot be written.
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        match self {
            NetworkCommand::Check { room } => say(&Config::load(room)?.network.to_string()),
            NetworkCommand::Write { room, folder } => say(&write(room, folder)?.to_string()),
        }
        Ok(ExitCode::SUCCESS)
    }
}

#[allow(clippy::print_stdout)] // this is what a person at a terminal reads
fn say(text: &str) {
    println!("{text}");
}

/// Puts the files of a room's network into a folder: all of them or none.
///
/// # Errors
/// When the configuration cannot be read or used, or a file cannot be written.
pub fn write(room: &Path, folder: &Path) -> anyhow::Result<Network> {
    // What a former configuration said holds no longer, whatever this one says.
    remove(folder)?;
    let text = fs::read_to_string(room).with_context(|| format!("cannot read {}", room.display()))?;
    let network = Network::in_configuration(&text).with_context(|| format!("in {}", room.display()))?;
    if network == Network::default() {
        return Ok(network);
    }
    let put_all = || files(&network).into_iter().try_for_each(|(name, text)| put(&folder.join(name), &text));
    put_all().inspect_err(|_| drop(remove(folder)))?;
    Ok(network)
}

fn remove(folder: &Path) -> anyhow::Result<()> {
    for name in NAMES {
        let path = folder.join(name);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("cannot remove {}", path.display()));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Networkd, which is not root, reads it.
fn put(path: &Path, text: &str) -> anyhow::Result<()> {
    let cannot = || format!("cannot write {}", path.display());
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o644).open(path).with_context(cannot)?;
    file.write_all(text.as_bytes()).with_context(cannot)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    /// The configuration is put into a folder's room.toml, and written for networkd beside it.
    fn written(folder: &Path, configuration: &str) -> anyhow::Result<Vec<String>> {
        let room = folder.join("room.toml");
        fs::write(&room, configuration).unwrap();
        write(&room, folder)?;
        Ok(there(folder))
    }

    fn there(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = entries.filter(|name| name != "room.toml").collect();
        names.sort();
        names
    }

    const IN_A_VLAN: &str = "[network]\ninterface = \"enp1s0\"\nvlan = 120\n";

    #[test]
    fn what_is_written_is_what_the_last_configuration_says_and_networkd_can_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        assert_eq!(written(folder, IN_A_VLAN).unwrap(), ["50-vlan.netdev", "50-vlan.network", "50-wired.network"]);
        for name in there(folder) {
            assert_eq!(fs::metadata(folder.join(&name)).unwrap().permissions().mode() & 0o777, 0o644, "{name}");
        }
        assert_eq!(written(folder, "[network]\nipv4 = \"off\"").unwrap(), ["50-wired.network"]);
        assert!(written(folder, "[room]\nname = \"Turing\"").unwrap().is_empty(), "what the image ships holds");
    }

    #[test]
    fn what_cannot_be_used_leaves_what_the_image_ships() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        written(folder, IN_A_VLAN).unwrap();
        assert!(written(folder, "[network]\nvlan = 0").is_err());
        assert_eq!(there(folder), Vec::<String>::new());
        // A folder in a file's place: the others are taken back.
        fs::create_dir(folder.join("50-vlan.network")).unwrap();
        assert!(written(folder, IN_A_VLAN).is_err());
        assert_eq!(there(folder), ["50-vlan.network"]);
    }

    #[test]
    fn a_mistake_elsewhere_takes_no_room_off_its_network() {
        let folder = tempfile::tempdir().unwrap();
        let elsewhere = format!("{IN_A_VLAN}[calendar]\nurl = 7\n[ruum]\n");
        assert_eq!(written(folder.path(), &elsewhere).unwrap().len(), 3);
    }
}
