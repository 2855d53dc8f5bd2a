//! The screen reader's voice: a process that turns words into sound, one utterance at a time, the newest first.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, bail};
use room::view::Language;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;
use tokio::sync::watch;

/// Where Debian's `espeak-ng` is, and one that was built on this machine.
const ESPEAK: [&str; 2] = ["/usr/bin/espeak-ng", "/usr/local/bin/espeak-ng"];
/// Words a minute; people who listen to panels every day like it quicker, others do not follow.
const WORDS_PER_MINUTE: &str = "165";
/// A voice takes 25 ms for a word; one that takes so long is left.
const PATIENCE: Duration = Duration::from_secs(5);
/// In characters. A page of the panel has a few hundred.
const TEXT_MAX: usize = 2_000;
/// In bytes: a minute and a half at 22 050 Hz.
const WAV_MAX: u64 = 4 << 20;
/// How loud it is; its own peaks are near full scale.
const LOUDNESS: f32 = 0.6;
/// While somebody in the meeting speaks.
const SOFT: f32 = 0.25;

/// What turns words into sound.
#[derive(Debug, Clone)]
pub enum Voice {
    /// espeak-ng, by its path.
    Espeak(PathBuf),
    /// Keeps what it is given to say, and makes a short tone of it.
    #[cfg_attr(not(test), expect(dead_code, reason = "rooms have a voice or none"))]
    Simulated(Arc<Simulated>),
}

/// A voice that makes no words.
#[derive(Debug, Default)]
pub struct Simulated {
    /// What it was given, the oldest first.
    pub said: Mutex<Vec<ui::Speech>>,
    /// Never answers.
    pub hangs: std::sync::atomic::AtomicBool,
}

impl Voice {
    /// The one installed on this machine.
    pub fn find() -> Option<Voice> {
        let found = ESPEAK.iter().map(Path::new).find(|path| path.is_file());
        if found.is_none() {
            tracing::info!("no espeak-ng is installed: the screen reader is not offered");
        }
        found.map(|path| Voice::Espeak(path.to_owned()))
    }

    /// The words as sound, mono, 48 kHz. Dropped early, nothing goes on.
    async fn speak(&self, speech: &ui::Speech) -> anyhow::Result<Vec<i16>> {
        let samples = match self {
            Voice::Espeak(path) => tokio::time::timeout(PATIENCE, espeak(path, speech))
                .await
                .context("espeak-ng does not answer")?
                .and_then(|wav| samples(&wav))?,
            Voice::Simulated(simulated) => {
                simulated.said.lock().unwrap_or_else(PoisonError::into_inner).push(speech.clone());
                if simulated.hangs.load(std::sync::atomic::Ordering::Acquire) {
                    std::future::pending::<()>().await;
                }
                vec![1_000; 480]
            }
        };
        let loudness = if speech.softly { SOFT } else { LOUDNESS };
        Ok(samples.into_iter().map(|sample| (f32::from(sample) * loudness) as i16).collect())
    }
}

/// Takes what is to be said, without ever waiting for it.
pub struct Speaker {
    newest: watch::Sender<Option<ui::Speech>>,
}

impl Speaker {
    /// Speaks with this voice, if there is one, until it is dropped; `play` takes sound at 48 kHz to be heard instead of
    /// what is being heard.
    pub fn start(voice: Option<Voice>, play: impl Fn(&[i16]) + Send + 'static) -> Speaker {
        let (newest, coming) = watch::channel(None);
        if let Some(voice) = voice {
            tokio::spawn(run(voice, coming, play));
        }
        Speaker { newest }
    }

    /// Says this now, instead of whatever is being said.
    pub fn say(&self, speech: ui::Speech) {
        self.newest.send_replace(Some(speech));
    }

    /// Forgets what was said last.
    pub fn forget(&self) {
        self.newest.send_replace(None);
    }
}

async fn run(voice: Voice, mut coming: watch::Receiver<Option<ui::Speech>>, play: impl Fn(&[i16])) {
    while coming.changed().await.is_ok() {
        loop {
            let Some(speech) = coming.borrow_and_update().clone() else { break };
            play(&[]);
            if speech.text.trim().is_empty() {
                break;
            }
            tokio::select! {
                biased;
                // Whoever was about to speak is stopped: there is something newer.
                changed = coming.changed() => if changed.is_err() { return },
                said = voice.speak(&speech) => {
                    match said {
                        Ok(samples) => play(&samples),
                        // Not what it was to say: that is nobody's business.
                        Err(error) => tracing::warn!("the screen reader has no voice: {error:#}"),
                    }
                    break;
                }
            }
        }
    }
}

/// Words to espeak-ng's standard input, a WAV file from its standard output. No shell sees them.
async fn espeak(path: &Path, speech: &ui::Speech) -> anyhow::Result<Vec<u8>> {
    let voice = match speech.language {
        Language::French => "fr",
        Language::English => "en-gb",
        Language::German => "de",
    };
    let mut child = Command::new(path)
        .args(["-b", "1", "-v", voice, "-s", WORDS_PER_MINUTE, "--stdin", "--stdout"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .env_clear()
        .kill_on_drop(true)
        .spawn()
        .context("cannot start espeak-ng")?;
    let (Some(mut input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
        bail!("espeak-ng has no pipes");
    };
    let text = plain(&speech.text);
    let write = async move {
        // Whoever ends early has its reasons; what it gave is read.
        let _ = input.write_all(text.as_bytes()).await;
    };
    let read = async {
        let mut wav = Vec::new();
        output.take(WAV_MAX).read_to_end(&mut wav).await.map(|_| wav)
    };
    let ((), wav) = tokio::join!(write, read);
    wav.context("cannot read what espeak-ng says")
}

/// Only words: `[[` would begin phonemes, and what people wrote may be as long as they like.
fn plain(text: &str) -> String {
    let safe = |c: char| if c.is_control() || matches!(c, '[' | ']' | '<' | '>') { ' ' } else { c };
    text.chars().take(TEXT_MAX).map(safe).collect()
}

/// The samples of a WAV file of 16-bit mono PCM, at 48 kHz. Its length is not believed: written to a pipe, nobody knew.
fn samples(wav: &[u8]) -> anyhow::Result<Vec<i16>> {
    let number = |at: usize| wav.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).map(u32::from_le_bytes);
    if wav.get(..4) != Some(b"RIFF") || wav.get(8..12) != Some(b"WAVE") {
        bail!("this is no WAV file");
    }
    let (mut at, mut rate) = (12, None);
    loop {
        let (Some(name), Some(length)) = (wav.get(at..at + 4), number(at + 4)) else { bail!("no sound in it") };
        match name {
            b"fmt " => {
                let format = wav.get(at + 8..at + 24).context("cut short")?;
                if (format[0], format[2], format[14]) != (1, 1, 16) {
                    bail!("not 16-bit mono PCM");
                }
                rate = number(at + 12).filter(|rate| (8_000..=48_000).contains(rate));
            }
            b"data" => {
                let rate = rate.context("at no rate we know")?;
                let data = wav.get(at + 8..).unwrap_or_default();
                let data = &data[..data.len().min(length as usize)];
                let samples: Vec<i16> =
                    data.chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect();
                return Ok(at_48_khz(&samples, rate));
            }
            _ => {}
        }
        at = at.saturating_add(8).saturating_add(length as usize).saturating_add(length as usize % 2);
    }
}

/// Between two samples as they lie on a line.
fn at_48_khz(samples: &[i16], rate: u32) -> Vec<i16> {
    let count = samples.len() as u64 * 48_000 / u64::from(rate);
    let sample = |index: u64| {
        let place = index * u64::from(rate);
        let (before, part) = ((place / 48_000) as usize, (place % 48_000) as f32 / 48_000.0);
        let from = f32::from(samples.get(before).copied().unwrap_or_default());
        let to = f32::from(samples.get(before + 1).copied().unwrap_or_default());
        (from + (to - from) * part) as i16
    };
    (0..count).map(sample).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering;

    use tokio::sync::mpsc;

    use super::*;

    fn speech(text: &str) -> ui::Speech {
        ui::Speech { text: text.into(), language: Language::French, softly: false }
    }

    /// A speaker with a simulated voice, and what is played.
    fn speaker() -> (Speaker, Arc<Simulated>, mpsc::UnboundedReceiver<usize>) {
        let simulated = Arc::new(Simulated::default());
        let (played, heard) = mpsc::unbounded_channel();
        let play = move |samples: &[i16]| _ = played.send(samples.len());
        (Speaker::start(Some(Voice::Simulated(simulated.clone())), play), simulated, heard)
    }

    #[tokio::test]
    async fn the_newest_words_are_said_and_the_others_fall_silent() {
        let (speaker, simulated, mut heard) = speaker();
        speaker.say(speech("Micro"));
        assert_eq!((heard.recv().await, heard.recv().await), (Some(0), Some(480)), "silence, then the word");
        // One that hangs is left as soon as there is something newer.
        simulated.hangs.store(true, Ordering::Release);
        speaker.say(speech("Caméra"));
        assert_eq!(heard.recv().await, Some(0));
        while simulated.said.lock().unwrap().len() < 2 {
            tokio::task::yield_now().await;
        }
        simulated.hangs.store(false, Ordering::Release);
        speaker.say(speech("Quitter"));
        assert_eq!((heard.recv().await, heard.recv().await), (Some(0), Some(480)));
        speaker.say(speech(""));
        assert_eq!(heard.recv().await, Some(0));
        let said: Vec<_> = simulated.said.lock().unwrap().iter().map(|speech| speech.text.clone()).collect();
        assert_eq!(said, ["Micro", "Caméra", "Quitter"]);
    }

    #[tokio::test]
    async fn what_is_said_while_others_speak_is_softer() {
        let voice = Voice::Simulated(Arc::default());
        let loud = voice.speak(&speech("Micro")).await.unwrap();
        let soft = voice.speak(&ui::Speech { softly: true, ..speech("Micro") }).await.unwrap();
        assert!(loud[0] > 2 * soft[0] && soft[0] > 0, "{} and {}", loud[0], soft[0]);
    }

    #[tokio::test]
    async fn every_language_has_a_voice_where_espeak_is_installed() {
        let Some(voice) = Voice::find() else {
            println!("espeak-ng is not installed: not tried");
            return;
        };
        for language in [Language::French, Language::English, Language::German] {
            // What would mean something to a shell, to espeak's options or to its phonemes is said like the rest.
            let words = ui::Speech { language, ..speech("-v de; $(reboot) [[h@'loU]] <b>Micro</b>, 12:30") };
            let samples = voice.speak(&words).await.unwrap();
            let seconds = samples.len() as f32 / 48_000.0;
            assert!((0.5..20.0).contains(&seconds), "{language:?}: {seconds} s");
            assert!(samples.iter().any(|sample| sample.abs() > 2_000), "{language:?} is silent");
        }
    }

    #[tokio::test]
    async fn a_voice_that_is_no_voice_is_an_error_and_not_a_noise() {
        let of = async |path: &str| Voice::Espeak(path.into()).speak(&speech("Micro")).await;
        assert!(of("/nonexistent/espeak-ng").await.is_err());
        assert!(of("/bin/true").await.is_err());
        assert!(of("/bin/echo").await.is_err(), "text is no sound");
    }

    #[test]
    fn garbage_is_refused_whatever_it_is() {
        let header = |rate: u32| {
            let mut wav = b"RIFF\xff\xff\xff\x7fWAVEfmt \x10\0\0\0\x01\0\x01\0".to_vec();
            wav.extend(rate.to_le_bytes());
            wav.extend([0x44, 0xac, 0, 0, 2, 0, 16, 0]);
            wav.extend(b"data\xff\xff\xff\x7f");
            wav
        };
        let mut wav = header(24_000);
        wav.extend([0x10, 0x00, 0x20, 0x00, 0x07]);
        assert_eq!(samples(&wav).unwrap(), [16, 24, 32, 16], "half a sample at the end is nothing");
        for rate in [0, 7_999, 48_001, u32::MAX] {
            assert!(samples(&header(rate)).is_err(), "{rate} Hz");
        }
        for length in 0..wav.len() {
            let _ = samples(&wav[..length]);
        }
        for at in 0..wav.len() {
            for value in [0, 1, 0x7f, 0xff] {
                let mut broken = wav.clone();
                broken[at] = value;
                let _ = samples(&broken);
            }
        }
    }
}
