//! What was tried on this machine, kept in a file, so that the next start need not try it again.
//!
//! The first line says for what machine it is true; whatever else does not look right is ignored, and
//! at worst everything is tried again.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use gstreamer as gst;

/// More is no file of ours.
const BYTES_MAX: u64 = 64 * 1024;
const WORKS: &str = "works";
const FAILS: &str = "fails";
const TAKES: &str = "takes";

/// Which candidates passed their probe on this machine.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    /// None: nothing is kept.
    path: Option<PathBuf>,
    machine: String,
    known: Known,
}

#[derive(Debug, Default, PartialEq)]
struct Known {
    works: BTreeMap<String, bool>,
    /// Of encoders, what a large picture takes in microseconds.
    speeds: BTreeMap<String, u64>,
}

impl Memory {
    /// Reads what is known of `machine`; nothing when the file is not there, or of another one.
    pub fn read(path: Option<PathBuf>, machine: String) -> Memory {
        let known = path.as_deref().and_then(|path| known(path, &machine)).unwrap_or_default();
        Memory { path, machine, known }
    }

    /// How the probe of this candidate ended, if it is known.
    pub fn recall(&self, candidate: &str) -> Option<bool> {
        self.known.works.get(candidate).copied()
    }

    /// Keeps how a probe ended.
    pub fn note(&mut self, candidate: &str, works: bool) {
        self.known.works.insert(candidate.to_owned(), works);
        self.write();
    }

    /// What a large picture takes this candidate, if it was measured.
    pub fn recall_speed(&self, candidate: &str) -> Option<Duration> {
        self.known.speeds.get(candidate).copied().map(Duration::from_micros)
    }

    /// Keeps what a large picture takes.
    pub fn note_speed(&mut self, candidate: &str, taken: Duration) {
        self.known.speeds.insert(candidate.to_owned(), u64::try_from(taken.as_micros()).unwrap_or(u64::MAX));
        self.write();
    }

    /// Forgets a candidate that failed at work. Does not touch the file: this may be called by who
    /// must not wait. The next probe writes it.
    pub fn forget(&mut self, candidate: &str) {
        self.known.works.remove(candidate);
        self.known.speeds.remove(candidate);
    }

    fn write(&self) {
        let Some(path) = &self.path else { return };
        let mut text = format!("{}\n", self.machine);
        for (candidate, micros) in &self.known.speeds {
            text.push_str(&format!("{TAKES} {micros} {candidate}\n"));
        }
        for (candidate, works) in &self.known.works {
            text.push_str(&format!("{} {candidate}\n", if *works { WORKS } else { FAILS }));
        }
        // Written beside and renamed: half a file is never read.
        let beside = path.with_extension("new");
        let written = std::fs::write(&beside, text).and_then(|()| std::fs::rename(&beside, path));
        if let Err(error) = written {
            tracing::warn!(%error, path = %path.display(), "what works here cannot be kept, and is tried again next time");
        }
    }
}

fn known(path: &Path, machine: &str) -> Option<Known> {
    let is_ours = std::fs::metadata(path).ok()?.len() <= BYTES_MAX;
    let text = if is_ours { std::fs::read_to_string(path).ok()? } else { return None };
    let mut lines = text.lines();
    if lines.next() != Some(machine) {
        return None;
    }
    let mut known = Known::default();
    for line in lines {
        match line.split_once(' ')? {
            (works @ (WORKS | FAILS), candidate) => {
                known.works.insert(candidate.to_owned(), works == WORKS);
            }
            (TAKES, rest) => {
                let (micros, candidate) = rest.split_once(' ')?;
                known.speeds.insert(candidate.to_owned(), micros.parse().ok()?);
            }
            _ => return None,
        }
    }
    Some(known)
}

/// What the outcome of probes depends on: GStreamer, the kernel, and the devices that may work on codecs.
pub(crate) fn this_machine() -> String {
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let nvidia = std::fs::read_to_string("/sys/module/nvidia/version").unwrap_or_default();
    let mut devices = Vec::new();
    let mut collect = |folder: &str, wanted: &str, parts: &[&str]| {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().starts_with(wanted) {
                let read = |part: &&str| std::fs::read_to_string(entry.path().join(part)).ok();
                devices.extend(parts.iter().filter_map(read).map(|text| text.trim().to_owned()));
            }
        }
    };
    collect("/sys/class/drm", "renderD", &["device/vendor", "device/device", "device/uevent"]);
    collect("/sys/class/video4linux", "video", &["name"]);
    devices.sort();
    let all = format!(
        "huisclos {} | {} | {} | {} | {}",
        env!("CARGO_PKG_VERSION"),
        gst::version_string(),
        kernel.trim(),
        nvidia.trim(),
        devices.join(", ")
    );
    all.replace(['\n', '\r'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str) -> PathBuf {
        std::env::temp_dir().join(format!("huisclos-{name}-{}", std::process::id()))
    }

    #[test]
    fn what_was_tried_is_known_at_the_next_start_on_the_same_machine_only() {
        let path = file("memory");
        let mut memory = Memory::read(Some(path.clone()), "here".to_owned());
        memory.note("encode Vp8 good", true);
        memory.note("encode Vp8 bad", false);
        memory.forget("encode Vp8 good");
        memory.note_speed("encode Vp8 good", Duration::from_millis(3));
        memory.note_speed("encode Vp8 other", Duration::from_micros(7400));
        memory.forget("encode Vp8 good");
        memory.note("encode Vp8 other", true);
        let again = Memory::read(Some(path.clone()), "here".to_owned());
        let recalled = ["good", "bad", "other", "new"].map(|name| again.recall(&format!("encode Vp8 {name}")));
        assert_eq!(recalled, [None, Some(false), Some(true), None]);
        assert_eq!(again.recall_speed("encode Vp8 other"), Some(Duration::from_micros(7400)));
        assert_eq!(again.recall_speed("encode Vp8 good"), None);
        let elsewhere = Memory::read(Some(path.clone()), "there".to_owned());
        assert_eq!(elsewhere.recall("encode Vp8 other"), None);
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn a_file_that_is_none_of_ours_is_ignored() {
        let path = file("no-memory");
        let large = format!("here\n{}", "works x\n".repeat(20_000));
        for text in [
            "",
            "here",
            "here\nworks",
            "here\nworks a\nperhaps b\n",
            "here\ntakes long a\n",
            "here\ntakes 7\n",
            "here\n\n",
            &large,
        ] {
            std::fs::write(&path, text).unwrap();
            let memory = Memory::read(Some(path.clone()), "here".to_owned());
            assert_eq!(memory.known, Known::default(), "{text:.30}");
        }
        std::fs::write(&path, [0xff, 0xfe, 0]).unwrap();
        assert_eq!(Memory::read(Some(path.clone()), "here".to_owned()).known, Known::default());
        std::fs::remove_file(&path).unwrap();
        Memory::read(Some(path.join("no/such/folder")), "here".to_owned()).note("a", true);
    }

    #[test]
    fn this_machine_is_one_line() {
        gst::init().unwrap();
        assert_eq!(this_machine().lines().count(), 1);
        assert_eq!(this_machine(), this_machine());
    }
}
