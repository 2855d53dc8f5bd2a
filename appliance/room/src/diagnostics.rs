//! What a technician has read out on the phone: facts the shell gathers when asked, and short codes.
//!
//! The codes are those of `docs/guides/facilities.md`; a code keeps its meaning for ever.

use std::time::{Duration, Instant};

use crate::Now;
use crate::view::{Calendar, Content, Device, EndReason};

/// While the page is open, facts are gathered this often.
const EVERY: Duration = Duration::from_secs(2);
/// A page nobody closes is closed: facts are not gathered for nobody.
const SHOWN: Duration = Duration::from_secs(600);

/// What the shell knows of this machine. No names, tokens or addresses of meetings.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facts {
    /// Of the daemon.
    pub version: String,
    /// Since the daemon started.
    pub uptime: Duration,
    /// This machine's own addresses on the network, `192.0.2.7 (eth0)`.
    pub addresses: Vec<String>,
    /// Size of the camera's pictures in pixels, (0, 0) without one.
    pub camera_size: (u32, u32),
    pub microphones: Vec<Device>,
    /// Displays with which the room composes, and pictures composed per second.
    pub displays: u8,
    pub display_fps: Option<u16>,
    /// What encodes the camera: codec and element, `VP8, vp8enc`; none before one is known.
    pub encoder: Option<String>,
    /// Steps by which less is sent because the machine does not keep up, 0 to 3.
    pub relief: u8,
    /// Of all cores together over the last minute; above 100 when more waits than runs.
    pub load_percent: Option<u16>,
    /// The hottest place the machine measures, in degrees Celsius.
    pub temperature_c: Option<i16>,
    /// How the room's own certificate stands.
    pub certificate: RoomCertificate,
    /// Of the meeting the room is in, else of the last one.
    pub call: Option<CallFigures>,
}

/// How the room's own certificate stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum RoomCertificate {
    /// The room made it itself: nobody vouches for the room.
    #[default]
    Own,
    /// This authority says who the room is.
    Verified { by: String },
    /// None of the authorities that the room knows says so: it does not know the certificate's, or that one has revoked it.
    Unverified,
    /// It ends in so many whole days, 30 or fewer; 0: today.
    Ending { days: u64 },
    /// It has ended.
    Over,
    /// The room's key cannot be used.
    Unusable,
}

/// What went wrong with what others send, since the meeting began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CallFigures {
    /// Times a picture stood still.
    pub freezes: u64,
    /// How long those took together.
    pub frozen: Duration,
    /// Sound that had to be invented.
    pub concealed: Duration,
    /// Frames thrown away.
    pub dropped: u64,
}

/// A failure to be in a meeting, and when it happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastFailure {
    pub reason: EndReason,
    /// Local wall time.
    pub at: Duration,
}

/// The code of a failure, `M07`.
pub fn failure_code(reason: &EndReason) -> &'static str {
    match reason {
        EndReason::Left => "M00",
        EndReason::RoomNotFound => "M01",
        EndReason::LobbyDenied => "M02",
        EndReason::LobbyTimedOut => "M03",
        EndReason::TokenRefused => "M04",
        EndReason::CertificateInvalid => "M05",
        EndReason::ServerUnreachable => "M06",
        EndReason::ServerError => "M07",
        EndReason::TooManyRequests { .. } => "M08",
        EndReason::MediaUnreachable => "M09",
        EndReason::ConnectionLost => "M10",
        EndReason::RemovedByHost => "M11",
        EndReason::MeetingEnded => "M12",
        EndReason::JoinedElsewhere => "M13",
        EndReason::ServerShutdown => "M14",
        EndReason::Internal => "M15",
        EndReason::MayNotBegin => "M16",
        EndReason::KeyMissing => "M17",
        EndReason::KeyUnexpected => "M18",
        EndReason::OutsidePolicy => "M19",
        EndReason::CaptivePortal { .. } => "M20",
        EndReason::ProxyUnreachable => "M21",
        EndReason::ProxyRefused => "M22",
        EndReason::ProxyForbids => "M23",
    }
}

/// The code of a device, `C0`: 0 it works, 1 there is none, 2 it does not work.
pub fn device_code(letter: char, device: Device) -> String {
    let digit = match device {
        Device::Ready => 0,
        Device::Missing => 1,
        Device::Failed => 2,
    };
    format!("{letter}{digit}")
}

/// The code of several devices of a kind: as [`device_code`], and 3 where only some work.
pub fn devices_code(letter: char, devices: &[Device]) -> String {
    let working = devices.iter().filter(|device| **device == Device::Ready).count();
    match devices {
        [] => device_code(letter, Device::Missing),
        devices if working == devices.len() => device_code(letter, Device::Ready),
        _ if working > 0 => format!("{letter}3"),
        devices if devices.contains(&Device::Failed) => device_code(letter, Device::Failed),
        _ => device_code(letter, Device::Missing),
    }
}

/// The code of what is at the content input: `H0` a laptop, `H1` nothing, `H2` no picture, `H3` a protected one.
pub fn content_code(content: Content) -> &'static str {
    match content {
        Content::Ready => "H0",
        Content::Missing => "H1",
        Content::NoSignal => "H2",
        Content::Protected => "H3",
    }
}

/// The code of the agenda: `K0` it is what the calendar says now, `K1` it is old, `K2` it was never read.
pub fn calendar_code(calendar: Calendar) -> &'static str {
    match calendar {
        Calendar::Current => "K0",
        Calendar::Old { .. } => "K1",
        Calendar::Unread => "K2",
    }
}

/// The code of the room's certificate: `V0` somebody vouches for the room, `V1` nobody does, `V2` none the room knows, `V3` it ends
/// soon, `V4` it has ended, `V5` the room's key cannot be used. A room without an authority works, so `V1` is fine too.
pub fn certificate_code(certificate: &RoomCertificate) -> &'static str {
    match certificate {
        RoomCertificate::Verified { .. } => "V0",
        RoomCertificate::Own => "V1",
        RoomCertificate::Unverified => "V2",
        RoomCertificate::Ending { .. } => "V3",
        RoomCertificate::Over => "V4",
        RoomCertificate::Unusable => "V5",
    }
}

/// Whether a page of facts is open, and what is on it.
#[derive(Debug, Default)]
pub(crate) struct Page {
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    facts: Option<Facts>,
    ask_at: Instant,
    until: Instant,
}

impl Page {
    /// Somebody looks: facts are to be gathered now.
    pub fn show(&mut self, now: Now) {
        self.open = Some(Open { facts: None, ask_at: now.monotonic + EVERY, until: now.monotonic + SHOWN });
    }

    pub fn close(&mut self) {
        self.open = None;
    }

    pub fn learn(&mut self, facts: Facts) {
        if let Some(open) = &mut self.open {
            open.facts = Some(facts);
        }
    }

    /// Whether facts are to be gathered now.
    pub fn timeout(&mut self, now: Now) -> bool {
        self.open.take_if(|open| open.until <= now.monotonic);
        let Some(open) = self.open.as_mut().filter(|open| open.ask_at <= now.monotonic) else { return false };
        open.ask_at = now.monotonic + EVERY;
        true
    }

    pub fn deadline(&self) -> Option<Instant> {
        self.open.as_ref().map(|open| open.ask_at.min(open.until))
    }

    pub fn facts(&self) -> Option<&Facts> {
        self.open.as_ref().and_then(|open| open.facts.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_say_how_many_of_several_work() {
        use Device::{Failed, Missing, Ready};
        let code = |devices: &[Device]| devices_code('A', devices);
        assert_eq!((code(&[]), code(&[Ready, Ready]), code(&[Missing])), ("A1".into(), "A0".into(), "A1".into()));
        assert_eq!((code(&[Ready, Failed]), code(&[Missing, Failed])), ("A3".into(), "A2".into()));
    }

    #[test]
    fn facts_are_gathered_only_while_somebody_looks() {
        let start = Instant::now();
        let at =
            |seconds| Now { monotonic: start + Duration::from_secs(seconds), wall: Duration::ZERO, utc_offset_s: 0 };
        let mut page = Page::default();
        assert!(!page.timeout(at(0)) && page.deadline().is_none());
        page.learn(Facts::default());
        assert_eq!(page.facts(), None, "nobody asked");
        page.show(at(0));
        assert!(!page.timeout(at(1)) && page.timeout(at(2)) && !page.timeout(at(2)));
        page.learn(Facts::default());
        assert!(page.facts().is_some());
        page.close();
        assert!(page.deadline().is_none() && page.facts().is_none());
        page.show(at(10));
        assert!(!page.timeout(at(610)) && page.deadline().is_none(), "nobody looks for so long");
    }
}
