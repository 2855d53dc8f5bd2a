//! How a device that grabs HDMI is told from a camera, and where its sound is.

use std::path::{Path, PathBuf};

const NAMES: &str = include_str!("../../../hardware/grabbers.txt");

/// Whether a device of this name grabs HDMI, as far as the list knows.
pub(crate) fn is_grabber(name: &str) -> bool {
    let name = name.to_lowercase();
    let known = NAMES.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    known.into_iter().any(|known| name.contains(&known.to_lowercase()))
}

/// The ALSA device in the same case as the kernel's video node, if there is one: both are interfaces
/// of one USB device.
pub(crate) fn sound_of(node: &Path) -> Option<String> {
    sound_beside(node, Path::new("/sys/class"))
}

fn sound_beside(node: &Path, classes: &Path) -> Option<String> {
    let case = |class: &str, name: &str| -> Option<PathBuf> {
        let interface = classes.join(class).join(name).join("device").canonicalize().ok()?;
        interface.parent().map(Path::to_owned)
    };
    let here = case("video4linux", node.file_name()?.to_str()?)?;
    let cards = std::fs::read_dir(classes.join("sound")).ok()?.flatten();
    let mut names: Vec<String> = cards.filter_map(|card| card.file_name().into_string().ok()).collect();
    names.sort();
    let card = names.iter().find(|name| name.starts_with("card") && case("sound", name).as_ref() == Some(&here))?;
    let id = std::fs::read_to_string(classes.join("sound").join(card).join("id")).ok()?;
    Some(format!("hw:CARD={},DEV=0", id.trim()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn grabbers_are_told_from_cameras_by_name() {
        for name in ["Cam Link 4K: Cam Link 4K", "UGREEN HDMI Capture", "USB Video: USB Video", "hdmi2csi"] {
            assert!(is_grabber(name), "{name}");
        }
        for name in ["Logitech BRIO", "HD Pro Webcam C920", "Jabra PanaCast 20", "USB 2.0 Camera", ""] {
            assert!(!is_grabber(name), "{name}");
        }
    }

    #[test]
    fn the_sound_of_a_grabber_is_the_card_in_the_same_case() {
        let root = std::env::temp_dir().join(format!("hal-grabber-{}", std::process::id()));
        let device = |class: &str, name: &str, interface: &str| {
            let interface = root.join("devices").join(interface);
            let entry = root.join("class").join(class).join(name);
            std::fs::create_dir_all(&interface).unwrap();
            std::fs::create_dir_all(&entry).unwrap();
            symlink(interface, entry.join("device")).unwrap();
            entry
        };
        device("video4linux", "video0", "usb1/1-1/1-1:1.0");
        device("video4linux", "video2", "usb1/1-2/1-2:1.0");
        device("video4linux", "video4", "usb1/1-3/1-3:1.0");
        for (card, id, interface) in [("card0", "PCH", "pci/0"), ("card1", "Grabber", "usb1/1-2/1-2:1.2")] {
            std::fs::write(device("sound", card, interface).join("id"), format!("{id}\n")).unwrap();
        }
        let sound = |node: &str| sound_beside(Path::new(node), &root.join("class"));
        assert_eq!(sound("/dev/video2").as_deref(), Some("hw:CARD=Grabber,DEV=0"));
        assert_eq!(sound("/dev/video4"), None, "it has none");
        assert_eq!(sound("/dev/video9"), None, "it is not there");
        std::fs::remove_dir_all(&root).unwrap();
    }
}
