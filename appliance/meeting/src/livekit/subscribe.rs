//! What we receive: which section carries which track, what of it is shown, and who owes us a key frame.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use str0m::media::Mid;

use super::proto::{Request, Target};
use super::roster::Roster;
use crate::io::{Event, Kind, Shown, Track, TrackId};

/// When a key frame is asked for again while none comes; from the third time on as late as the last.
const KEYFRAME_AGAIN: [Duration; 3] =
    [Duration::from_millis(150), Duration::from_millis(300), Duration::from_millis(500)];

/// When to try again where asking was not possible: nothing is known yet of the stream.
const KEYFRAME_NOT_YET: Duration = Duration::from_millis(50);

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
    /// Asked so often since the last key frame.
    asked: usize,
    /// The server sends nothing of it, because our path is too narrow.
    paused: bool,
    /// Was there when it was last said what is shown; what came later may be shown in a moment.
    judged: bool,
}

impl Live {
    fn is_video(&self) -> bool {
        self.track.kind == Kind::Video
    }

    fn ask_now(&mut self, now: Instant) {
        self.ask_at = Some(now);
        self.asked = 0;
    }
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
                    live.ask_now(now);
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
            let live = Live { track, place: *place, ask_at, asked_at: None, asked: 0, paused: false, judged: false };
            self.live.insert(sid.clone(), live);
        }
        events
    }

    /// The track that a section carries.
    pub fn track_at(&self, place: Place) -> Option<&Track> {
        self.places.get(&place).and_then(|sid| self.live.get(sid)).map(|live| &live.track)
    }

    /// Which tracks the server has paused, and which flow again; told is what is news.
    pub fn set_paused(&mut self, changes: Vec<(String, bool)>) -> Vec<Event> {
        let mut events = Vec::new();
        for (sid, paused) in changes {
            let Some(live) = self.live.get_mut(&sid).filter(|l| l.is_video() && l.paused != paused) else { continue };
            live.paused = paused;
            events.push(Event::TrackPaused { track: TrackId(sid), paused });
        }
        events
    }

    /// The video tracks on the display.
    pub fn show(&mut self, shown: Vec<Shown>) {
        self.shown = Some(shown);
        for live in self.live.values_mut() {
            live.judged = true;
        }
    }

    /// What the server does not know yet of what is shown.
    ///
    /// A track that came after the last word about what is shown is not hidden: that would pause it
    /// just before it is wanted, and its first picture would come late.
    pub fn settings(&mut self, now: Instant) -> Vec<Request> {
        let Some(shown) = &self.shown else { return Vec::new() };
        let mut requests = Vec::new();
        for (sid, live) in self.live.iter_mut().filter(|(_, l)| l.is_video()) {
            let setting = match shown.iter().find(|s| s.track.0 == *sid) {
                Some(s) => Setting::Shown { width_px: s.width_px, height_px: s.height_px, fps: s.fps },
                None if live.judged => Setting::Hidden,
                None => continue,
            };
            let told = self.told.get(sid);
            if told == Some(&setting) {
                continue;
            }
            if told == Some(&Setting::Hidden) {
                live.ask_now(now);
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
        if let Some(live) = self.live.get_mut(&track.0).filter(|l| l.is_video()) {
            let earliest = live.asked_at.map_or(now, |at| at + KEYFRAME_AT_MOST_EVERY);
            live.ask_at = Some(live.ask_at.unwrap_or(now).min(now).max(earliest));
        }
    }

    /// A key frame came.
    pub fn keyframe(&mut self, place: Place) {
        if let Some(live) = self.places.get(&place).and_then(|sid| self.live.get_mut(sid)) {
            live.ask_at = None;
            live.asked = 0;
        }
    }

    /// Media of a peer connection is up: whatever has no picture yet is asked for now.
    pub fn media_up(&mut self, target: Target, now: Instant) {
        for live in self.live.values_mut().filter(|l| l.place.0 == target && l.ask_at.is_some()) {
            live.ask_now(now);
        }
    }

    /// When to ask next, on peer connections that are up.
    pub fn deadline(&self, is_up: impl Fn(Target) -> bool) -> Option<Instant> {
        let waiting = self.live.iter().filter(|(sid, live)| self.is_watched(sid, live) && is_up(live.place.0));
        waiting.filter_map(|(_, live)| live.ask_at).min()
    }

    /// The sections to ask for a key frame now: not those of tracks that are hidden, muted or paused, which
    /// wait. What came of it is to be told with [`Subscriptions::asked`].
    pub fn due(&self, now: Instant) -> Vec<Place> {
        let due = |live: &Live| live.ask_at.is_some_and(|at| at <= now);
        let waiting = self.live.iter().filter(|(sid, live)| due(live) && self.is_watched(sid, live));
        waiting.map(|(_, live)| live.place).collect()
    }

    /// A key frame was asked for in this section, or could not be.
    pub fn asked(&mut self, place: Place, done: bool, now: Instant) {
        let Some(live) = self.places.get(&place).and_then(|sid| self.live.get_mut(sid)) else { return };
        if done {
            live.asked_at = Some(now);
            live.ask_at = Some(now + KEYFRAME_AGAIN[live.asked.min(KEYFRAME_AGAIN.len() - 1)]);
            live.asked += 1;
        } else {
            live.ask_at = Some(now + KEYFRAME_NOT_YET);
        }
    }

    fn is_watched(&self, sid: &str, live: &Live) -> bool {
        self.told.get(sid) != Some(&Setting::Hidden) && !live.track.muted && !live.paused
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
