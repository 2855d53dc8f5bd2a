//! What we receive: which section carries which track, what of it is shown, and who owes us a key frame.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use str0m::media::Mid;

use super::proto::{Request, Target};
use super::roster::Roster;
use crate::io::{Event, Kind, Shown, Track, TrackId};

/// How often a key frame is asked for again while none comes.
const KEYFRAME_EVERY: Duration = Duration::from_millis(500);

/// How often at most a decoder may ask.
const KEYFRAME_AT_MOST_EVERY: Duration = Duration::from_millis(200);

/// Which peer connection and section.
pub(super) type Place = (Target, Mid);

#[derive(Debug)]
struct Live {
    track: Track,
    place: Place,
    /// When to ask (again) for a key frame; `None` when one came.
    ask_at: Option<Instant>,
    asked_at: Option<Instant>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Setting {
    Hidden,
    Shown { width_px: u32, height_px: u32, fps: u32 },
}

/// Everything we receive.
#[derive(Debug, Default)]
pub(super) struct Subscriptions {
    places: BTreeMap<Place, String>,
    live: BTreeMap<String, Live>,
    shown: Option<Vec<Shown>>,
    told: BTreeMap<String, Setting>,
}

impl Subscriptions {
    /// A new session: no section carries anything yet. What is shown stays wanted.
    pub fn begin(&mut self) -> Vec<Event> {
        self.places.clear();
        self.told.clear();
        std::mem::take(&mut self.live).into_keys().map(|sid| Event::TrackRemoved(TrackId(sid))).collect()
    }

    /// The sections of one peer connection as an answer or offer tells them.
    pub fn set_places(&mut self, target: Target, places: impl Iterator<Item = (Mid, String)>) {
        self.places.retain(|(t, _), _| *t != target);
        self.places.extend(places.map(|(mid, sid)| ((target, mid), sid)));
    }

    /// Whether a section carries a track.
    pub fn is_busy(&self, place: Place) -> bool {
        self.places.contains_key(&place)
    }

    /// Compares sections and roster: a track is there when both know it.
    pub fn refresh(&mut self, roster: &Roster, now: Instant) -> Vec<Event> {
        let mut events = Vec::new();
        let places = &self.places;
        self.live.retain(|sid, live| {
            let stays = places.get(&live.place) == Some(sid) && roster.track(sid).is_some();
            if !stays {
                events.push(Event::TrackRemoved(TrackId(sid.clone())));
            }
            stays
        });
        self.told.retain(|sid, _| roster.track(sid).is_some());
        for (place, sid) in &self.places {
            let Some((participant, info)) = roster.track(sid) else { continue };
            if let Some(live) = self.live.get_mut(sid) {
                if live.track.muted && !info.muted && info.kind == Kind::Video {
                    live.ask_at = Some(now);
                }
                live.track.muted = info.muted;
                continue;
            }
            let track = Track {
                id: TrackId(sid.clone()),
                participant: participant.to_owned(),
                kind: info.kind,
                source: info.source,
                muted: info.muted,
            };
            events.push(Event::TrackAdded(track.clone()));
            let ask_at = (track.kind == Kind::Video).then_some(now);
            self.live.insert(sid.clone(), Live { track, place: *place, ask_at, asked_at: None });
        }
        events
    }

    /// The track that a section carries.
    pub fn track_at(&self, place: Place) -> Option<&Track> {
        self.places.get(&place).and_then(|sid| self.live.get(sid)).map(|live| &live.track)
    }

    /// The video tracks on the display.
    pub fn show(&mut self, shown: Vec<Shown>) {
        self.shown = Some(shown);
    }

    /// What the server does not know yet of what is shown.
    pub fn settings(&mut self) -> Vec<Request> {
        let Some(shown) = &self.shown else { return Vec::new() };
        let mut requests = Vec::new();
        for (sid, _) in self.live.iter().filter(|(_, l)| l.track.kind == Kind::Video) {
            let setting = match shown.iter().find(|s| s.track.0 == *sid) {
                Some(s) => Setting::Shown { width_px: s.width_px, height_px: s.height_px, fps: s.fps },
                None => Setting::Hidden,
            };
            if self.told.get(sid) == Some(&setting) {
                continue;
            }
            requests.push(match setting {
                Setting::Hidden => Request::Hide { sid: sid.clone() },
                Setting::Shown { width_px, height_px, fps } => {
                    Request::Show { sid: sid.clone(), width: width_px, height: height_px, fps }
                }
            });
            self.told.insert(sid.clone(), setting);
        }
        requests
    }

    /// After a resume the server is told which tracks are off, and everything again.
    pub fn hidden(&self) -> Vec<String> {
        self.told.iter().filter(|(_, s)| **s == Setting::Hidden).map(|(sid, _)| sid.clone()).collect()
    }

    /// A decoder cannot go on.
    pub fn need_keyframe(&mut self, track: &TrackId, now: Instant) {
        if let Some(live) = self.live.get_mut(&track.0).filter(|l| l.track.kind == Kind::Video) {
            let earliest = live.asked_at.map_or(now, |at| at + KEYFRAME_AT_MOST_EVERY);
            live.ask_at = Some(live.ask_at.unwrap_or(now).min(now).max(earliest));
        }
    }

    /// A key frame came.
    pub fn keyframe(&mut self, place: Place) {
        if let Some(live) = self.places.get(&place).and_then(|sid| self.live.get_mut(sid)) {
            live.ask_at = None;
        }
    }

    pub fn deadline(&self) -> Option<Instant> {
        self.live.values().filter_map(|l| l.ask_at).min()
    }

    /// The sections to ask for a key frame now. Hidden tracks are not asked.
    pub fn due(&mut self, now: Instant) -> Vec<Place> {
        let mut places = Vec::new();
        for (sid, live) in &mut self.live {
            if live.ask_at.is_some_and(|at| at <= now) {
                live.ask_at = Some(now + KEYFRAME_EVERY);
                if self.told.get(sid) != Some(&Setting::Hidden) && !live.track.muted {
                    live.asked_at = Some(now);
                    places.push(live.place);
                }
            }
        }
        places
    }
}

/// The tracks of an SDP that names them only in `a=msid`, as `PA_…|TR_… TR_…`: what servers before
/// `mid_to_track_id` do.
pub(super) fn tracks_in_sdp(sdp: &str) -> Vec<(String, String)> {
    let mut tracks = Vec::new();
    let (mut mid, mut track, mut sends) = (None, None, true);
    let mut finish = |mid: &mut Option<String>, track: &mut Option<String>, sends: bool| {
        if let (Some(mid), Some(track)) = (mid.take(), track.take())
            && sends
        {
            tracks.push((mid, track));
        }
    };
    for line in sdp.lines() {
        if line.starts_with("m=") {
            finish(&mut mid, &mut track, sends);
            (mid, track, sends) = (None, None, true);
        } else if let Some(m) = line.strip_prefix("a=mid:") {
            mid = Some(m.trim().to_owned());
        } else if let Some(msid) = line.strip_prefix("a=msid:") {
            track = msid.split_whitespace().nth(1).filter(|t| t.starts_with("TR_")).map(str::to_owned);
        } else if matches!(line, "a=inactive" | "a=recvonly") {
            sends = false;
        }
    }
    finish(&mut mid, &mut track, sends);
    tracks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tracks_are_found_in_an_sdp_and_idle_sections_are_not() {
        let sdp = "v=0\r\nm=audio 9 X 111\r\na=mid:0\r\na=msid:PA_x|TR_a TR_a\r\na=sendonly\r\n\
                   m=video 9 X 96\r\na=mid:1\r\na=msid:PA_x|TR_v TR_v\r\na=inactive\r\n\
                   m=video 9 X 96\r\na=mid:2\r\na=sendonly\r\n";
        assert_eq!(tracks_in_sdp(sdp), [("0".to_owned(), "TR_a".to_owned())]);
        assert!(tracks_in_sdp("m=\na=msid:").is_empty());
    }
}
