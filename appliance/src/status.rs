//! What the room's task shares with those who only look: the room window and the command line.

use std::sync::{Arc, Mutex};

use room::audio::{AudioReport, Finding, Verdict};
use room::view::Language;
use serde::{Deserialize, Serialize};
use tokio::sync::{mpsc, watch};
use utoipa::ToSchema;

use crate::api::Feed;
use crate::event::Event;
use crate::identity_store::{self, Held, IdentityStatus};
use crate::picture::Picture;
use crate::timeline::Timeline;

/// A snapshot for people and tests; nothing personal in it but what the panel shows.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Status {
    pub room: String,
    /// `home`, `joining`, `lobby`, `in-call`, `audio-check`, `failed`.
    pub screen: &'static str,
    /// Why the room is not in the meeting it was asked to join, as a word for programs and logs.
    pub failure: Option<String>,
    /// What the panel says for a moment, as people read it.
    pub notice: Option<String>,
    /// What the panel says of the agenda's age, when it is old.
    pub agenda_age: Option<String>,
    /// The meetings on the panel.
    pub agenda: Vec<MeetingStatus>,
    /// `on`, `off`, `changing`, `missing`, `failed`, `forbidden`; empty outside meetings.
    pub microphone: &'static str,
    /// As `microphone`.
    pub camera: &'static str,
    /// `missing`, `off`, `offered`, `changing`, `on`, `no-signal`, `protected`, `forbidden`; empty outside meetings.
    pub share: &'static str,
    /// Other people in the meeting.
    pub others: usize,
    /// What is said, as the display shows it.
    pub captions: Vec<String>,
    /// The connection to the meeting is being restored.
    pub reconnecting: bool,
    /// What the status light says: `idle`, `waiting`, `live`, `muted`, `trouble`.
    pub light: &'static str,
    /// What can be touched on the panel.
    pub targets: Vec<TargetStatus>,
    /// Who is on the room's displays.
    pub tiles: Vec<TileStatus>,
    /// Each microphone of the room.
    pub microphones: Vec<MicrophoneStatus>,
    /// The last audio check, also one that is running.
    pub audio_check: Option<AudioCheckStatus>,
    /// Of the loudest microphone, 0.0 to 1.0.
    pub microphone_level: f32,
    /// Peak, 0.0 to 1.0.
    pub loudspeaker_level: f32,
}

/// A meeting, as the panel shows it.
#[derive(Debug, Clone, Serialize)]
pub struct MeetingStatus {
    pub title: String,
    pub joinable: bool,
    /// Why it cannot be joined, in the room's language.
    pub obstacle: Option<String>,
}

/// One microphone.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MicrophoneStatus {
    /// `ready`, `missing` or `failed`.
    pub state: &'static str,
    /// Root mean square, 0.0 to 1.0.
    pub level: f32,
}

/// An audio check: how far it is, then what it found.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
pub struct AudioCheckStatus {
    /// Counts the checks since the room started.
    pub number: u64,
    pub percent: u8,
    /// `good`, `fair` or `bad`; none until it is over.
    pub verdict: Option<String>,
    pub microphones: Vec<CheckedMicrophone>,
}

/// What an audio check found of one microphone.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CheckedMicrophone {
    pub findings: Vec<CheckFinding>,
    pub noise_dbfs: Option<f32>,
    pub delay_ms: Option<f32>,
    pub echo_return_loss_db: Option<f32>,
    pub reverberation_ms: Option<f32>,
}

/// One finding, in the room's language.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CheckFinding {
    /// For programs, such as `NotHeard`.
    pub finding: String,
    /// `good`, `fair` or `bad`.
    pub verdict: String,
    pub sentence: String,
    pub advice: String,
}

impl AudioCheckStatus {
    /// What a check found, in words.
    pub fn done(number: u64, language: Language, report: &AudioReport) -> AudioCheckStatus {
        let finding = |finding: Finding| {
            let (sentence, advice) = ui::audio_finding_sentences(language, finding);
            let verdict = verdict_name(finding.verdict()).to_owned();
            CheckFinding { finding: format!("{finding:?}"), verdict, sentence, advice }
        };
        let microphone = |place: usize| {
            let measured = report.microphones.get(place).and_then(Option::as_ref);
            let echo = measured.and_then(|measured| measured.echo.as_ref());
            CheckedMicrophone {
                findings: report.findings(place).into_iter().map(finding).collect(),
                noise_dbfs: measured.map(|measured| measured.noise_dbfs),
                delay_ms: echo.map(|echo| echo.delay_ms),
                echo_return_loss_db: echo.map(|echo| echo.return_loss_db),
                reverberation_ms: echo.and_then(|echo| echo.reverberation_ms),
            }
        };
        AudioCheckStatus {
            number,
            percent: 100,
            verdict: Some(verdict_name(report.verdict()).to_owned()),
            microphones: (0..report.microphones.len().max(1)).map(microphone).collect(),
        }
    }
}

impl MeetingStatus {
    pub fn new(language: Language, meeting: &room::view::Meeting) -> MeetingStatus {
        MeetingStatus {
            title: ui::title_sentence(language, &meeting.title),
            joinable: meeting.joinable,
            obstacle: meeting.obstacle.map(|obstacle| ui::obstacle_sentence(language, obstacle)),
        }
    }
}

fn verdict_name(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Good => "good",
        Verdict::Fair => "fair",
        Verdict::Bad => "bad",
    }
}

/// What IT watches: what the room does, its devices, and what went through the media engine. Nobody's name is in it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Health {
    pub room: String,
    /// `home`, `joining`, `lobby`, `in-call`, `audio-check`, `failed`.
    pub screen: &'static str,
    /// Why the room is not in the meeting it was asked to join, such as `RoomNotFound`.
    pub failure: Option<String>,
    /// `on`, `off`, `changing`, `missing`, `failed`, `forbidden`; empty outside meetings.
    pub microphone: &'static str,
    /// As `microphone`.
    pub camera: &'static str,
    /// `missing`, `off`, `offered`, `changing`, `on`, `no-signal`, `protected`, `forbidden`; empty outside meetings.
    pub share: &'static str,
    pub microphones: Vec<MicrophoneStatus>,
    /// The connection to the meeting is being restored.
    pub reconnecting: bool,
    /// As [`Status::light`].
    pub light: &'static str,
    pub identity: IdentityStatus,
    pub media: MediaFigures,
}

/// What simulated fittings show, as people would see it; nothing of real ones, nor of those that are pulled out.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
pub struct FittingsShown {
    /// As [`Status::light`].
    pub light: Option<&'static str>,
    pub mute_lamp: Option<bool>,
    /// `on` or `standby`.
    pub display: Option<&'static str>,
}

/// What went through the media engine, counted since the daemon started, but for what is said to be now.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MediaFigures {
    /// Pictures the camera gave.
    pub captured: u64,
    /// Pictures of the camera or the content that were lost on their way to an encoder.
    pub dropped_capture: u64,
    /// How often encoding did not keep up, and less was sent.
    pub overloads: u64,
    /// How much less is sent of the camera for that now, in steps: 0 is all, 3 the least.
    pub camera_relief: u64,
    /// As `camera_relief`, of the content.
    pub content_relief: u64,
    /// Frames encoded per layer: low, medium, high.
    pub encoded: [u64; 3],
    /// Pictures the content gave.
    pub captured_content: u64,
    /// Frames encoded of the content.
    pub encoded_content: u64,
    /// Remote pictures decoded.
    pub decoded: u64,
    /// Remote pictures decoded but replaced by a newer one before they were shown.
    pub skipped: u64,
    /// Remote frames thrown away: too many, too late, or a key frame was missing.
    pub dropped_received: u64,
    /// 20 ms pieces of remote sound that had to be invented.
    pub concealed: u64,
    /// Howls heard.
    pub howls: u64,
    /// Times sound of a microphone was lost because nobody took it in time.
    pub microphone_xruns: u64,
    /// Times the loudspeaker had nothing to play because nobody gave it any in time.
    pub loudspeaker_xruns: u64,
    /// Threads lost to codecs that hang, now; of at most 16.
    pub lost_threads: u64,
    /// Pictures composed for the display.
    pub composed: u64,
    /// Times a remote picture on a display stood still.
    pub freezes: u64,
    /// How long those took together, in milliseconds.
    pub frozen_ms: u64,
}

impl From<media::Counters> for MediaFigures {
    fn from(c: media::Counters) -> MediaFigures {
        MediaFigures {
            captured: c.captured,
            dropped_capture: c.dropped_capture,
            overloads: c.overloads,
            camera_relief: c.camera_relief,
            content_relief: c.content_relief,
            encoded: c.encoded,
            captured_content: c.captured_content,
            encoded_content: c.encoded_content,
            decoded: c.decoded,
            skipped: c.skipped,
            dropped_received: c.dropped_received,
            concealed: c.concealed,
            howls: c.howls,
            microphone_xruns: c.microphone_xruns,
            loudspeaker_xruns: c.loudspeaker_xruns,
            lost_threads: c.lost_threads,
            composed: c.composed,
            freezes: c.freezes,
            frozen_ms: c.frozen_ms,
        }
    }
}

/// A touch target, in panel pixels.
#[derive(Debug, Clone, Serialize)]
pub struct TargetStatus {
    pub name: String,
    pub x: i32,
    pub y: i32,
    pub width: u32,
    pub height: u32,
}

/// A tile, in display pixels.
#[derive(Debug, Clone, Serialize)]
pub struct TileStatus {
    /// 1 or 2.
    pub display: u8,
    /// `own`, `own-share`, `remote`, `share` or `more`.
    pub who: String,
    /// Whose picture it is, when it is somebody else's.
    pub name: Option<String>,
    /// The server has paused it, because the path is too narrow for it.
    pub paused: bool,
    /// What they send cannot be decrypted, or is not encrypted where it must be.
    pub unreadable: bool,
    pub x: u32,
    pub y: u32,
    pub width: u32,
    pub height: u32,
}

/// The knobs of one simulated device.
#[derive(Debug, Clone, Serialize)]
pub struct KnobsOf {
    pub device: String,
    pub knobs: Vec<KnobStatus>,
}

/// One knob.
#[derive(Debug, Clone, Serialize)]
pub struct KnobStatus {
    pub name: String,
    pub on: bool,
    pub label: Labels,
}

/// A knob's name for people.
#[derive(Debug, Clone, Serialize)]
pub struct Labels {
    pub fr: &'static str,
    pub en: &'static str,
    pub de: &'static str,
}

/// Cheap to clone; every clone sees the same room.
#[derive(Clone)]
pub struct Shared {
    /// To the room's task.
    pub events: mpsc::Sender<Event>,
    /// The panel's newest picture.
    pub panel: watch::Receiver<Picture>,
    pub timeline: Timeline,
    /// What the API tells of the room.
    pub feed: Arc<Feed>,
    /// Who the room is, and whom it believes.
    pub identity: Held,
    pub(crate) status: Arc<Mutex<Status>>,
    pub(crate) engine: Arc<media::Engine>,
    pub(crate) hal: Arc<hal::Hal>,
}

impl Shared {
    /// The newest snapshot.
    pub fn status(&self) -> Status {
        self.status.lock().unwrap_or_else(|e| e.into_inner()).clone()
    }

    /// The room display now, a copy.
    pub fn display(&self) -> Picture {
        let picture = self.engine.display_picture();
        Picture { width: picture.width, height: picture.height, rgba: Arc::new(picture.rgba), serial: picture.serial }
    }

    /// The second display now, a copy, when there is one.
    pub fn second_display(&self) -> Option<Picture> {
        let picture = self.engine.second_display_picture()?;
        let (width, height, serial) = (picture.width, picture.height, picture.serial);
        Some(Picture { width, height, rgba: Arc::new(picture.rgba), serial })
    }

    /// The simulated devices and how they misbehave; empty on real ones.
    pub fn knobs(&self) -> Vec<KnobsOf> {
        let knob = |knob: hal::Knob| {
            let label = Labels { fr: knob.label.fr, en: knob.label.en, de: knob.label.de };
            KnobStatus { name: knob.name.to_owned(), on: knob.on, label }
        };
        let of = |device: hal::DeviceKnobs| KnobsOf {
            device: device.device.to_owned(),
            knobs: device.knobs.into_iter().map(knob).collect(),
        };
        self.hal.knobs().into_iter().map(of).collect()
    }

    /// Turns a knob; false when there is none of that name.
    pub fn turn(&self, device: &str, knob: &str, on: bool) -> bool {
        self.hal.turn(device, knob, on)
    }

    /// What simulated fittings show.
    pub fn fittings(&self) -> FittingsShown {
        let fittings = self.hal.fittings();
        let light = |light| match light {
            hal::Light::Idle => "idle",
            hal::Light::Waiting => "waiting",
            hal::Light::Live => "live",
            hal::Light::Muted => "muted",
            hal::Light::Trouble => "trouble",
            hal::Light::ClassifiedLive => "classified-live",
            hal::Light::ClassifiedMuted => "classified-muted",
        };
        let power = |power| if power == hal::Power::On { "on" } else { "standby" };
        FittingsShown {
            light: fittings.light_shown().map(light),
            mute_lamp: fittings.mute_lamp_shown(),
            display: fittings.display_power_shown().map(power),
        }
    }

    /// The newest second of what a simulated loudspeaker played, 48 kHz mono.
    pub fn heard(&self) -> Option<Vec<i16>> {
        self.hal.heard()
    }

    /// What IT watches.
    pub fn health(&self) -> Health {
        let Status { room, screen, failure, microphone, camera, share, microphones, reconnecting, light, .. } =
            self.status();
        let identity = IdentityStatus::of(self.identity.borrow().as_deref(), identity_store::now());
        let media = self.counters().into();
        Health { room, screen, failure, microphone, camera, share, microphones, reconnecting, light, identity, media }
    }

    /// What went through the media engine.
    pub fn counters(&self) -> media::Counters {
        self.engine.counters()
    }
}
