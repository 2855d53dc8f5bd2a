//! A guest without a person: the official client in headless Chromium, and what it reports.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde::{Deserialize, Serialize};

use crate::fake_media::ROOM_TONE_HZ;

/// How far a heard tone may be from the expected one, in hertz: an analyser's bin at 48 kHz is 12 Hz.
const TONE_TOLERANCE_HZ: f64 = 20.0;
/// Reports kept; a page that says more than this is not worth hearing.
const REPORTS_MAX: usize = 4096;

/// One thing the guest page noticed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Milliseconds since the Unix epoch on the page's clock.
    pub at_ms: f64,
    /// Which page, when there are several: its `name` parameter.
    #[serde(default)]
    pub who: String,
    #[serde(flatten)]
    pub event: Event,
}

/// What a guest page notices.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// In the meeting, with signalling and media connected.
    Connected {
        identity: String,
    },
    Reconnecting,
    Reconnected,
    Disconnected {
        reason: Option<i32>,
    },
    /// Somebody else came in or left; how many others there are now.
    Others {
        count: usize,
    },
    /// The first picture of a remote camera.
    FirstVideo {
        from: String,
        width: u32,
        height: u32,
    },
    /// The first sound of a remote microphone.
    FirstAudio {
        from: String,
    },
    /// The mark in a remote picture, whenever it changes and every two seconds.
    Mark {
        from: String,
        id: u8,
        width: u32,
        height: u32,
        frames: u64,
    },
    /// The strongest tone of a remote microphone, whenever it changes and every two seconds.
    Tone {
        from: String,
        hz: f64,
    },
    /// The mark in what somebody shares, and how much is left of the lines one pixel wide below it (0: nothing,
    /// the picture was made smaller; about 180: all), as often as a camera's.
    Share {
        from: String,
        id: u8,
        width: u32,
        height: u32,
        frames: u64,
        detail: f64,
    },
    /// The strongest tone of what somebody shares, as often as a microphone's.
    ShareTone {
        from: String,
        hz: f64,
    },
    ShareEnded {
        from: String,
    },
    Muted {
        from: String,
        kind: String,
        muted: bool,
    },
    Data {
        from: String,
        topic: Option<String>,
        text: String,
    },
    Chat {
        from: String,
        text: String,
    },
    /// The server's own picture in place of a camera's. Browsers do not show it: they stop showing a track that is muted.
    Blank {
        from: String,
    },
    /// What somebody sends, itself included, is taken to be encrypted from now on, or not.
    Encryption {
        from: String,
        encrypted: bool,
    },
    /// Something could not be encrypted or decrypted. Clients say so once a second at most, and some not for ever.
    EncryptionError {
        from: String,
        message: String,
    },
    Lobby,
    Error {
        message: String,
    },
}

/// What all reports so far come to.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Summary {
    /// In the meeting now.
    pub connected: bool,
    /// The last mark seen, and since the last time somebody left.
    pub mark: Option<u8>,
    /// The last tone heard, in hertz, since the last time somebody left.
    pub tone_hz: Option<f64>,
    /// Nobody else is in the meeting.
    pub alone: bool,
    pub first_video_at_ms: Option<f64>,
    pub first_audio_at_ms: Option<f64>,
    /// Who is taken to encrypt, by identity, itself included.
    pub encryption: BTreeMap<String, bool>,
    pub encryption_errors: usize,
    pub errors: Vec<String>,
}

/// Whether a tone of so many hertz is the room's.
pub fn is_room_tone(hz: f64) -> bool {
    (hz - f64::from(ROOM_TONE_HZ)).abs() < TONE_TOLERANCE_HZ
}

impl Summary {
    /// Whether what was heard last is the room's tone.
    pub fn room_tone_heard(&self) -> bool {
        self.tone_hz.is_some_and(is_room_tone)
    }

    /// The summary of these reports.
    pub fn of(reports: &[Report]) -> Summary {
        let mut summary = Summary { alone: true, ..Summary::default() };
        for report in reports {
            match &report.event {
                Event::Connected { .. } | Event::Reconnected => summary.connected = true,
                Event::Reconnecting => summary.connected = false,
                Event::Disconnected { .. } => {
                    summary.connected = false;
                    summary.alone = true;
                }
                Event::Others { count } => {
                    summary.alone = *count == 0;
                    if summary.alone {
                        summary.mark = None;
                        summary.tone_hz = None;
                    }
                }
                Event::FirstVideo { .. } => {
                    summary.first_video_at_ms.get_or_insert(report.at_ms);
                }
                Event::FirstAudio { .. } => {
                    summary.first_audio_at_ms.get_or_insert(report.at_ms);
                }
                Event::Mark { id, .. } => summary.mark = Some(*id),
                Event::Tone { hz, .. } => summary.tone_hz = Some(*hz),
                Event::Encryption { from, encrypted } => {
                    summary.encryption.insert(from.clone(), *encrypted);
                }
                Event::EncryptionError { .. } => summary.encryption_errors += 1,
                Event::Error { message } => summary.errors.push(message.clone()),
                Event::Share { .. } | Event::ShareTone { .. } | Event::ShareEnded { .. } => {}
                Event::Muted { .. } | Event::Data { .. } | Event::Chat { .. } => {}
                Event::Lobby | Event::Blank { .. } => {}
            }
        }
        summary
    }
}

/// How the room looks and sounds from a guest's page lately, not ever.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Lately {
    /// The room's mark was in the newest report of a picture, which is one of more pictures than the one before.
    pub sees_room: bool,
    /// The room's tone was in the newest report of a sound.
    pub hears_room: bool,
}

/// What reports not older than `since_ms` on the page's clock come to. Pages report every two seconds, and changes.
pub fn lately(reports: &[Report], since_ms: f64) -> Lately {
    let mut seen = reports.iter().rev().filter_map(|report| match report.event {
        Event::Mark { id, frames, .. } => Some((report.at_ms, id, frames)),
        _ => None,
    });
    let (last, before) = (seen.next(), seen.next());
    let sees_room = last.is_some_and(|(at_ms, id, frames)| {
        at_ms >= since_ms && id == crate::mark::ROOM && before.is_some_and(|(_, _, earlier)| frames > earlier)
    });
    let heard = reports.iter().rev().find_map(|report| match report.event {
        Event::Tone { hz, .. } => Some((report.at_ms, hz)),
        _ => None,
    });
    let hears_room = heard.is_some_and(|(at_ms, hz)| at_ms >= since_ms && is_room_tone(hz));
    Lately { sees_room, hears_room }
}

/// Keeps a report, unless there are too many already.
pub(crate) fn keep(reports: &mut Vec<Report>, report: Report) {
    if reports.len() < REPORTS_MAX {
        reports.push(report);
    }
}

/// A running guest; ends, with everything it started, when dropped.
#[derive(Debug)]
pub struct Guest {
    browser: Child,
    profile: std::path::PathBuf,
}

/// Starts headless Chromium on a page, with files as its camera (Y4M) and microphone (WAV).
///
/// # Errors
/// When there is no Chromium here, in a sentence that says so.
pub fn launch_chromium(url: &str, camera: &Path, microphone: &Path) -> io::Result<Guest> {
    launch_chromium_sized(url, camera, microphone, (1280, 800))
}

/// As [`launch_chromium`], with a window of this many pixels.
///
/// # Errors
/// As [`launch_chromium`].
pub fn launch_chromium_sized(
    url: &str,
    camera: &Path,
    microphone: &Path,
    (width, height): (u32, u32),
) -> io::Result<Guest> {
    use std::os::unix::process::CommandExt;
    let profile = std::env::temp_dir().join(format!("huisclos-guest-{}", uuid::Uuid::new_v4().simple()));
    std::fs::create_dir(&profile)?;
    let mut command = Command::new(chromium()?);
    command
        .args([
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--no-default-browser-check",
            "--disable-background-networking",
            "--disable-background-timer-throttling",
            "--disable-renderer-backgrounding",
            "--disable-component-update",
            "--disable-extensions",
            "--disable-sync",
            "--mute-audio",
            "--autoplay-policy=no-user-gesture-required",
            "--use-fake-device-for-media-stream",
            "--use-fake-ui-for-media-stream",
        ])
        .arg(format!("--window-size={width},{height}"))
        .arg(format!("--use-file-for-fake-video-capture={}", camera.display()))
        .arg(format!("--use-file-for-fake-audio-capture={}", microphone.display()))
        .arg(format!("--user-data-dir={}", profile.display()))
        .arg(url)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        // A group of its own, so that all of Chromium's processes end together.
        .process_group(0);
    let browser = command.spawn().inspect_err(|_| {
        let _ = std::fs::remove_dir_all(&profile);
    })?;
    Ok(Guest { browser, profile })
}

/// Where Chromium is.
fn chromium() -> io::Result<&'static Path> {
    ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"]
        .into_iter()
        .map(Path::new)
        .find(|path| path.exists())
        .ok_or_else(|| {
            io::Error::new(io::ErrorKind::NotFound, "Chromium is not here; on Debian: apt-get install chromium")
        })
}

impl Guest {
    /// The browser's process, whose children do most of the work.
    pub fn process_id(&self) -> u32 {
        self.browser.id()
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        // The standard library can end only the one process, not its group.
        let _ = Command::new("kill")
            .args(["-KILL", "--", &format!("-{}", self.browser.id())])
            .stderr(Stdio::null())
            .status();
        let _ = self.browser.wait();
        let _ = std::fs::remove_dir_all(&self.profile);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(at_ms: f64, id: u8, frames: u64) -> Report {
        let event = Event::Mark { from: "room".into(), id, width: 1280, height: 720, frames };
        Report { at_ms, who: String::new(), event }
    }

    #[test]
    fn a_picture_that_stands_still_or_is_long_past_is_not_seen() {
        let room = crate::mark::ROOM;
        let sees = |reports: &[Report]| lately(reports, 5000.0).sees_room;
        assert!(sees(&[mark(4000.0, room, 10), mark(6000.0, room, 40)]));
        assert!(!sees(&[mark(4000.0, room, 40), mark(6000.0, room, 40)]), "no new pictures");
        assert!(!sees(&[mark(2000.0, room, 10), mark(4000.0, room, 40)]), "long past");
        assert!(!sees(&[mark(4000.0, room, 10), mark(6000.0, 7, 40)]), "another mark");
        assert!(!sees(&[mark(6000.0, room, 40)]), "only one report");
    }

    #[test]
    fn a_tone_long_past_is_not_heard() {
        let tone = |at_ms, hz| Report { at_ms, who: String::new(), event: Event::Tone { from: "room".into(), hz } };
        let hears = |reports: &[Report]| lately(reports, 5000.0).hears_room;
        let room = f64::from(ROOM_TONE_HZ);
        assert!(hears(&[tone(6000.0, room)]));
        assert!(!hears(&[tone(4000.0, room)]) && !hears(&[tone(5500.0, room), tone(6000.0, 100.0)]));
    }
}
