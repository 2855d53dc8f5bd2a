//! Microphones and loudspeakers of the kernel: found and described here, opened by whoever takes
//! or makes the sound.

use std::cmp::Reverse;
use std::ffi::CString;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use ::alsa::card::Iter;
use ::alsa::ctl::{Ctl, DeviceIter};
use ::alsa::pcm::PCM;
use ::alsa::{Card, Direction};

use crate::content::is_grabber;
use crate::hotplug::{Change, Found, Watched};
use crate::worker::system_error;
use crate::{AudioSink, AudioSource};

/// The room's kernel microphone or loudspeaker: one wished for by name, or the best there is.
/// Stays with the one it found until that is pulled out.
pub(crate) struct AlsaDevice {
    direction: Direction,
    wish: Option<String>,
    found: Found<Pcm>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Pcm {
    /// For ALSA.
    device: String,
    /// For people.
    name: String,
    /// The kernel's node behind it; none if a sound server is behind it instead.
    node: Option<PathBuf>,
    rank: Rank,
}

/// How fit for a meeting, least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    /// Not a device: sound handed from program to program, or a laptop's.
    Loopback,
    Other,
    Usb,
    /// USB with microphone and loudspeaker in one, mostly cancelling its own echo.
    Speakerphone,
}

impl AlsaDevice {
    pub fn microphone(wish: Option<String>) -> Self {
        AlsaDevice { direction: Direction::Capture, wish, found: Found::default() }
    }

    pub fn loudspeaker(wish: Option<String>) -> Self {
        AlsaDevice { direction: Direction::Playback, wish, found: Found::default() }
    }

    pub fn source(&self) -> Option<AudioSource> {
        self.found.get().map(|pcm| AudioSource::Alsa { device: pcm.device })
    }

    pub fn sink(&self) -> Option<AudioSink> {
        self.found.get().map(|pcm| AudioSink::Alsa { device: pcm.device })
    }

    fn search(&self) -> Option<Pcm> {
        let found = match &self.wish {
            Some(wish) => named(wish, self.direction)?,
            None => self.best()?,
        };
        tracing::info!(name = found.name, device = found.device, direction = ?self.direction, "sound device found");
        Some(found)
    }

    fn best(&self) -> Option<Pcm> {
        let mut all = devices(self.direction);
        // The first among equals: cards are numbered as they were plugged in.
        all.sort_by_key(|pcm| Reverse(pcm.rank));
        all.into_iter().find(|pcm| opens(&pcm.device, self.direction).is_some())
    }

    fn is_gone(&self, pcm: &Pcm, removed: Option<&Path>) -> bool {
        let is_gone = match &pcm.node {
            Some(node) => removed == Some(node.as_path()) || !node.exists(),
            None => opens(&pcm.device, self.direction).is_none(),
        };
        if is_gone {
            tracing::info!(name = pcm.name, direction = ?self.direction, "sound device unplugged");
        }
        is_gone
    }
}

impl Watched for AlsaDevice {
    fn look(&self, removed: Option<&Path>) -> Vec<Change> {
        self.found.look(|pcm| self.is_gone(pcm, removed), || self.search())
    }
}

/// Whether it is there, and what kernel node is behind it as far as ALSA tells.
fn opens(device: &str, direction: Direction) -> Option<Option<PathBuf>> {
    let name = CString::new(device).ok()?;
    match PCM::open(&name, direction, true) {
        Ok(pcm) => {
            let node = pcm.info().ok().filter(|info| info.get_card() >= 0);
            Some(node.map(|info| node_of(info.get_card(), info.get_device(), direction)))
        }
        // Somebody uses it, so it is there; mostly that is this room.
        Err(error) if system_error(&error).kind() == ErrorKind::ResourceBusy => Some(None),
        Err(error) => {
            tracing::debug!(device, %error, "sound device does not open");
            None
        }
    }
}

fn named(device: &str, direction: Direction) -> Option<Pcm> {
    let node = opens(device, direction)?;
    Some(Pcm { device: device.into(), name: device.into(), node, rank: Rank::Other })
}

/// Every kernel sound device of this direction, by card; empty on a machine without.
fn devices(direction: Direction) -> Vec<Pcm> {
    // Not `flatten`: an error would come again for ever.
    Iter::new().map_while(Result::ok).flat_map(|card| devices_of(card, direction).unwrap_or_default()).collect()
}

fn devices_of(card: Card, direction: Direction) -> ::alsa::Result<Vec<Pcm>> {
    let control = Ctl::from_card(&card, true)?;
    let info = control.card_info()?;
    let (id, driver) = (info.get_id()?, info.get_driver()?);
    let has = |device: u32, direction| control.pcm_info(device, 0, direction).is_ok();
    let numbers: Vec<u32> = DeviceIter::new(&control).filter_map(|device| device.try_into().ok()).collect();
    let any = |direction| numbers.iter().any(|&device| has(device, direction));
    let is_both = any(Direction::Capture) && any(Direction::Playback);
    // A laptop's sound is no microphone.
    let rank = if is_grabber(info.get_name()?) { Rank::Loopback } else { rank(driver, is_both) };
    let mut found = Vec::new();
    for &device in numbers.iter().filter(|&&device| has(device, direction)) {
        found.push(Pcm {
            device: format!("hw:CARD={id},DEV={device}"),
            name: info.get_name()?.into(),
            node: Some(node_of(card.get_index(), device, direction)),
            rank,
        });
    }
    Ok(found)
}

fn rank(driver: &str, is_both: bool) -> Rank {
    match driver {
        "USB-Audio" if is_both => Rank::Speakerphone,
        "USB-Audio" => Rank::Usb,
        "Loopback" | "Dummy" => Rank::Loopback,
        _ => Rank::Other,
    }
}

fn node_of(card: i32, device: u32, direction: Direction) -> PathBuf {
    let letter = match direction {
        Direction::Capture => 'c',
        Direction::Playback => 'p',
    };
    PathBuf::from(format!("/dev/snd/pcmC{card}D{device}{letter}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_speakerphone_comes_before_a_webcam_and_that_before_the_mainboard() {
        let mut drivers = [("HDA-Intel", true), ("Loopback", true), ("USB-Audio", false), ("USB-Audio", true)];
        drivers.sort_by_key(|(driver, is_both)| Reverse(rank(driver, *is_both)));
        let best_first = [("USB-Audio", true), ("USB-Audio", false), ("HDA-Intel", true), ("Loopback", true)];
        assert_eq!(drivers, best_first);
    }

    #[test]
    fn a_name_alsa_does_not_know_is_not_there() {
        for wish in ["hw:CARD=NoSuchCard", "no such device", "nul\0inside"] {
            let device = AlsaDevice::microphone(Some(wish.into()));
            assert_eq!(device.look(None), [], "{wish:?}");
            assert!(device.source().is_none());
        }
    }

    #[test]
    fn kernel_nodes_are_named_as_the_kernel_does() {
        assert_eq!(node_of(2, 0, Direction::Capture), Path::new("/dev/snd/pcmC2D0c"));
        assert_eq!(node_of(0, 3, Direction::Playback), Path::new("/dev/snd/pcmC0D3p"));
    }
}
