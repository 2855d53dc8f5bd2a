//! Speech to send, and how much of it was understood at the other end.
//!
//! A synthetic voice (eSpeak NG) speaks, so that nobody's voice is in the repository; pystoi, in a
//! Python environment of its own, listens.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail, ensure};
use serde::{Deserialize, Serialize};

/// Samples a second.
pub const RATE: usize = 48_000;
/// From the begin of one sentence to that of the next.
const PERIOD: usize = 4 * RATE;
/// Of the Harvard sentences (IEEE 1969), as intelligibility is usually tested with.
const SENTENCES: [&str; 6] = [
    "The birch canoe slid on the smooth planks.",
    "Glue the sheet to the dark blue background.",
    "It is easy to tell the depth of a well.",
    "These days a chicken leg is a rare dish.",
    "Rice is often served in round bowls.",
    "The juice of lemons makes fine punch.",
];
const ENVIRONMENT: &str = ".huisclos/listen";
const SCRIPT: &str = "tests/bench/listen/score.py";
const REQUIREMENTS: &str = "tests/bench/listen/requirements.txt";

/// What a voice says in a loop.
pub struct Speech {
    pub file: PathBuf,
    sentences: PathBuf,
}

/// How well sentences were understood: STOI, 0 to 1.
#[derive(Debug, Clone, Copy, Default, Deserialize, Serialize)]
pub struct Understood {
    pub sentences: usize,
    /// The mean.
    pub stoi: Option<f64>,
    pub worst: Option<f64>,
}

impl Speech {
    /// Has `voice` (eSpeak NG's name of it) speak, into `folder`.
    ///
    /// # Errors
    /// When eSpeak NG is not there, or files cannot be written.
    pub fn speak(voice: &str, folder: &Path) -> anyhow::Result<Speech> {
        let mut samples = Vec::new();
        let mut places = Vec::new();
        for sentence in SENTENCES {
            let file = folder.join("sentence.wav");
            let spoken =
                Command::new("espeak-ng").args(["-v", voice, "-s", "150", "-w"]).arg(&file).arg(sentence).status();
            let spoken = spoken.context("espeak-ng is not here; on Debian: apt-get install espeak-ng")?;
            ensure!(spoken.success(), "espeak-ng failed ({spoken})");
            let said = resampled(&std::fs::read(&file)?).context("espeak-ng wrote something strange")?;
            ensure!(said.len() < PERIOD, "a sentence takes too long");
            let begin = samples.len();
            places.push((begin as f64 / RATE as f64, (begin + said.len()) as f64 / RATE as f64));
            samples.extend(said);
            samples.resize(begin + PERIOD, 0);
        }
        let speech =
            Speech { file: folder.join(format!("{voice}.wav")), sentences: folder.join(format!("{voice}.json")) };
        sandbox::fake_media::write_samples(&speech.file, &samples)?;
        std::fs::write(&speech.sentences, serde_json::to_string(&places)?)?;
        Ok(speech)
    }

    /// How long the loop is, in seconds.
    pub fn seconds() -> u64 {
        (SENTENCES.len() * PERIOD / RATE) as u64
    }

    /// How well each recording of it can be understood; first, for comparison, that of three packets
    /// in ten left out and nothing done about it.
    ///
    /// # Errors
    /// When Python or pystoi is not there, or a recording cannot be read.
    pub fn understood(&self, heard: &[PathBuf]) -> anyhow::Result<Vec<Understood>> {
        let python = environment()?;
        let out = Command::new(python).arg(SCRIPT).arg(&self.file).arg(&self.sentences).args(heard).output()?;
        ensure!(out.status.success(), "listening failed: {}", String::from_utf8_lossy(&out.stderr));
        let lines = String::from_utf8(out.stdout)?;
        lines.lines().map(|line| serde_json::from_str(line).context("a strange score")).collect()
    }
}

/// The Python that has pystoi, made at the first time.
fn environment() -> anyhow::Result<PathBuf> {
    let python = Path::new(ENVIRONMENT).join("bin/python");
    let stamp = Path::new(ENVIRONMENT).join("requirements.txt");
    let wanted = std::fs::read(REQUIREMENTS).context("run this from the repository root")?;
    if std::fs::read(&stamp).is_ok_and(|there| there == wanted) {
        return Ok(python);
    }
    eprintln!("Installing pystoi, once…");
    let made = Command::new("python3").args(["-m", "venv", "--clear", ENVIRONMENT]).status();
    if !made.context("python3 is not here; on Debian: apt-get install python3 python3-venv")?.success() {
        bail!("no Python environment; on Debian: apt-get install python3-venv");
    }
    let arguments = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary", ":all:"];
    let installed = Command::new(&python).args(arguments).args(["--require-hashes", "-r", REQUIREMENTS]).status()?;
    ensure!(installed.success(), "pip could not install pystoi");
    std::fs::write(stamp, wanted)?;
    Ok(python)
}

/// A recording of eSpeak NG's (22.05 kHz, mono, 16 bits) at 48 kHz.
fn resampled(wav: &[u8]) -> Option<Vec<i16>> {
    let rate = f64::from(u32::from_le_bytes(wav.get(24..28)?.try_into().ok()?));
    let data = wav.get(44..)?;
    let samples: Vec<f64> =
        data.chunks_exact(2).map(|pair| f64::from(i16::from_le_bytes([pair[0], pair[1]]))).collect();
    let count = (samples.len() as f64 * RATE as f64 / rate) as usize;
    let at = |n: usize| {
        let place = n as f64 * rate / RATE as f64;
        let (index, share) = (place as usize, place.fract());
        let (here, next) = (samples.get(index).copied()?, samples.get(index + 1).copied().unwrap_or_default());
        Some((here + (next - here) * share) as i16)
    };
    (0..count).map(at).collect()
}
