//! `huisclos network`: what the room's configuration says of its network, to people and to systemd-networkd. Nothing here
//! asks a daemon.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::Subcommand;

use policy::{Floor, Mode};
use serde::Deserialize;

use crate::config::PolicySection;
use crate::wired::files::{NAMES, WIFI_SECRET, files, wifi_files};
use crate::wired::wifi::passphrase;
use crate::wired::{Network, wifi::Wifi};
use crate::{Config, room_policy, secret};

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

/// Puts the files of a room's network into a folder: all of them or none. Those of its radio are for themselves: without the
/// passphrase there is still the cable.
///
/// # Errors
/// When the configuration or the passphrase cannot be read or used, or a file cannot be written.
pub fn write(room: &Path, folder: &Path) -> anyhow::Result<Network> {
    // What a former configuration said holds no longer, whatever this one says.
    remove(folder)?;
    let text = fs::read_to_string(room).with_context(|| format!("cannot read {}", room.display()))?;
    let network = Network::in_configuration(&text).with_context(|| format!("in {}", room.display()))?;
    let network = match network.wifi().and_then(|_| why_radios_stay_off(&text)) {
        Some(why) => {
            eprintln!("the room joins no wireless network: {why}");
            network.without_wifi()
        }
        None => network,
    };
    if network == Network::default() {
        return Ok(network);
    }
    let put_all = || files(&network).iter().try_for_each(|(name, text)| put(folder, name, text));
    put_all().inspect_err(|_| drop(remove(folder)))?;
    if let Some(wifi) = network.wifi() {
        put_wifi(&network, wifi, folder).context("the room joins no wireless network")?;
    }
    Ok(network)
}

/// A classified room switches its radios off: they are not even started. A policy that cannot be used may be a classified one.
fn why_radios_stay_off(text: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Only {
        policy: Option<PolicySection>,
    }
    let section = match toml::from_str::<Only>(text) {
        Ok(Only { policy }) => policy?,
        Err(error) => return Some(format!("[policy] cannot be used: {error}")),
    };
    // That an older one is refused is the daemon's business.
    match room_policy::accepted(&section, &Floor::default()) {
        Ok(policy) => (policy.mode() == Mode::Classified).then(|| "its policy is a classified one".into()),
        Err(error) => Some(format!("its policy cannot be used: {error:#}")),
    }
}

fn put_wifi(network: &Network, wifi: &Wifi, folder: &Path) -> anyhow::Result<()> {
    let secret = match wifi.passphrase_file() {
        Some(file) => {
            let secret = secret::read(file)?;
            passphrase(&secret).with_context(|| format!("in {}", file.display()))?;
            Some(secret)
        }
        None => None,
    };
    let all = wifi_files(network, wifi, secret.as_ref().map(|secret| secret.as_str()));
    let put_all = || all.iter().try_for_each(|(name, text)| put(folder, name, text));
    put_all().inspect_err(|_| all.iter().for_each(|(name, _)| drop(fs::remove_file(folder.join(name)))))
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

/// Networkd, which is not root, reads it, but for what has a secret in it.
fn put(folder: &Path, name: &str, text: &str) -> anyhow::Result<()> {
    let (path, mode) = (folder.join(name), if name == WIFI_SECRET { 0o600 } else { 0o644 });
    let cannot = || format!("cannot write {}", path.display());
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&path).with_context(cannot)?;
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

    const BY_RADIO: [&str; 4] = ["50-wifi.conf", "50-wifi.env", "50-wifi.network", "50-wired.network"];

    /// A wireless network, with its passphrase in this file of the folder.
    fn by_radio(folder: &Path, passphrase: &str) -> String {
        let file = folder.join("passphrase");
        fs::write(&file, passphrase).unwrap();
        let file = file.display();
        format!("[network.wifi]\nssid = \"Salles\"\ncountry = \"FR\"\npassphrase_file = \"{file}\"\n")
    }

    #[test]
    fn the_passphrase_is_read_by_root_alone() {
        let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let folder = folder.path();
        assert_eq!(written(folder, &by_radio(elsewhere.path(), "open sesame\n")).unwrap(), BY_RADIO);
        let mode = |name: &str| fs::metadata(folder.join(name)).unwrap().permissions().mode() & 0o777;
        assert_eq!(BY_RADIO.map(mode), [0o600, 0o644, 0o644, 0o644]);
        let holds = |name: &&str| fs::read_to_string(folder.join(name)).unwrap().contains("open sesame");
        assert_eq!(BY_RADIO.into_iter().filter(holds).collect::<Vec<_>>(), ["50-wifi.conf"]);
        assert!(written(folder, "[room]\nname = \"Turing\"").unwrap().is_empty(), "nothing is left");
    }

    #[test]
    fn without_a_passphrase_there_is_still_the_cable() {
        let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let of_cable = ["50-vlan.netdev", "50-vlan.network", "50-wired.network"];
        let too_short = format!("{IN_A_VLAN}{}", by_radio(elsewhere.path(), "sesame"));
        let error = format!("{:#}", written(folder.path(), &too_short).unwrap_err());
        assert!(error.contains("8 to 63 characters, not 6"), "{error}");
        assert_eq!(there(folder.path()), of_cable);
        fs::remove_file(elsewhere.path().join("passphrase")).unwrap();
        let error = format!("{:#}", written(folder.path(), &too_short).unwrap_err());
        assert!(error.contains("cannot read"), "{error}");
        assert_eq!(there(folder.path()), of_cable);
    }

    #[test]
    fn where_the_policy_is_a_classified_one_or_cannot_be_used_no_radio_starts() {
        let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (folder, elsewhere) = (folder.path(), elsewhere.path());
        let file = elsewhere.join("policy.toml");
        let signer = minisign::KeyPair::generate_unencrypted_keypair().unwrap();
        let policy = format!("[policy]\nfile = \"{}\"\nkeys = [\"{}\"]\n", file.display(), signer.pk.to_base64());
        let configuration = format!("{}{policy}", by_radio(elsewhere, "open sesame"));
        let sign = |profile: &str| {
            let text = policy::profile(profile).unwrap();
            let signature = minisign::sign(Some(&signer.pk), &signer.sk, text.as_bytes(), None, None).unwrap();
            fs::write(&file, text).unwrap();
            fs::write(room_policy::signature_of(&file), signature.into_string()).unwrap();
        };
        assert!(written(folder, &configuration).unwrap().is_empty(), "there is no policy yet");
        sign("ministry");
        assert_eq!(written(folder, &configuration).unwrap(), BY_RADIO);
        // What the file before it said is gone.
        sign("classified");
        assert!(written(folder, &configuration).unwrap().is_empty());
        sign("ministry");
        fs::write(&file, policy::profile("classified").unwrap()).unwrap();
        assert!(written(folder, &configuration).unwrap().is_empty(), "nobody signed it");
        let odd = format!("{}[policy]\nfile = 7\n", by_radio(elsewhere, "open sesame"));
        assert!(written(folder, &odd).unwrap().is_empty());
    }
}
