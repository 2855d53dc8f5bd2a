//! Who stands where on the room's displays: a plan of tiles from who is there, who speaks and what
//! people asked for. Pixels are the media engine's business.

mod floor;
mod rects;
mod seats;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use meeting::io::{Kind, Shown, Source, Track, TrackId};
use room::view::{Arrangement, ContentLayout, Participant, PeopleLayout};

use self::floor::Floor;
use self::rects::{SELF_VIEW, WHOLE, beside, grid, with_strip};
use self::seats::Seats;

/// A room display, in pixels.
pub const DISPLAY: (u32, u32) = (1920, 1080);
/// Between tiles and around them.
const GAP_PX: u32 = 12;
/// The most tiles in a grid; the others are heard. 5 × 5 is what the field shows.
const GRID_TILES_MAX: usize = 25;
/// The most tiles beside a speaker.
const STRIP_TILES_MAX: usize = 5;
/// The largest picture the media engine decodes.
const SHARE_MAX: (u32, u32) = (4096, 2304);

/// A rectangle of a display in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rect {
    pub x: u32,
    pub y: u32,
    pub width: u32,
    pub height: u32,
}

/// Who a tile shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// Our own camera.
    Own,
    /// What we share.
    OwnShare,
    /// Somebody else, by identity.
    Remote(String),
    /// What somebody shares, by identity.
    Share(String),
    /// So many for whom there is no tile.
    More(usize),
}

/// One tile of the plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    pub who: Who,
    /// `None`: no picture, show the name.
    pub track: Option<TrackId>,
    pub rect: Rect,
    pub speaking: bool,
}

/// The tiles of each display, back to front.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    pub first: Vec<Planned>,
    /// `None` when there is no second display; without tiles it shows the room itself.
    pub second: Option<Vec<Planned>>,
}

/// Everything the plan depends on.
#[derive(Debug, Default)]
pub struct Stage {
    tracks: BTreeMap<TrackId, Track>,
    /// Those of which the server sends no pictures, because our path is too narrow.
    paused: BTreeSet<TrackId>,
    /// In order of arrival.
    participants: Vec<Participant>,
    floor: Floor,
    strip: Seats,
    grid: Seats,
    arrangement: Arrangement,
    own_camera: bool,
    has_second: bool,
    own_share: Option<OwnShare>,
}

/// What we share, against what others do: the newest is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum OwnShare {
    Newest,
    /// Somebody else shares since.
    Overtaken,
}

impl Stage {
    /// An empty stage.
    pub fn new(has_second: bool) -> Stage {
        Stage { has_second, ..Stage::default() }
    }

    /// A remote track can be shown.
    pub fn track_added(&mut self, track: Track) {
        if track.source == Source::ScreenShare && self.own_share.is_some() {
            self.own_share = Some(OwnShare::Overtaken);
        }
        self.tracks.insert(track.id.clone(), track);
    }

    /// A remote track is gone.
    pub fn track_removed(&mut self, track: &TrackId) {
        self.tracks.remove(track);
        self.paused.remove(track);
    }

    /// The server sends no pictures of a track, or sends them again.
    pub fn track_paused(&mut self, track: &TrackId, paused: bool) {
        if !paused {
            self.paused.remove(track);
        } else if self.tracks.contains_key(track) {
            self.paused.insert(track.clone());
        }
    }

    /// Who is there, in order of arrival, and who speaks, the loudest first.
    pub fn participants(&mut self, participants: Vec<Participant>, speakers: &[String], now: Instant) {
        self.floor.hear(speakers, now);
        self.participants = participants;
    }

    /// How people asked to see the others.
    pub fn arrange(&mut self, arrangement: Arrangement) {
        if arrangement.share.is_some() && arrangement.share != self.arrangement.share && self.own_share.is_some() {
            self.own_share = Some(OwnShare::Overtaken);
        }
        self.arrangement = arrangement;
    }

    /// Whether our own camera is on air, and so may be seen in the corner.
    pub fn own_camera(&mut self, live: bool) {
        self.own_camera = live;
    }

    /// Whether we share; from the touch on, since the picture need not come over the network.
    pub fn own_share(&mut self, on: bool) {
        self.own_share = on.then_some(OwnShare::Newest);
    }

    /// Everybody gone, as between calls.
    pub fn clear(&mut self) {
        let arrangement = self.arrangement.clone();
        *self = Stage { arrangement, ..Stage::new(self.has_second) };
    }

    /// The name and marks of a participant.
    pub fn participant(&self, identity: &str) -> Option<&Participant> {
        self.participants.iter().find(|p| p.identity == identity)
    }

    /// Whether a tile's picture stands still because our path is too narrow for it.
    pub fn is_paused(&self, tile: &Planned) -> bool {
        tile.track.as_ref().is_some_and(|track| self.paused.contains(track))
    }

    /// Whether people asked to see this participant whoever speaks.
    pub fn is_pinned(&self, identity: &str) -> bool {
        self.arrangement.pinned.as_deref() == Some(identity)
    }

    /// When the plan may change by itself.
    pub fn poll_timeout(&self, now: Instant) -> Option<Instant> {
        self.floor.deadline(now)
    }

    /// Nobody on any display.
    pub fn empty_plan(&self) -> Plan {
        Plan { first: Vec::new(), second: self.has_second.then(Vec::new) }
    }

    /// The tiles of each display.
    pub fn plan(&mut self, now: Instant) -> Plan {
        let people: Vec<String> = self.participants.iter().map(|p| p.identity.clone()).collect();
        self.floor.settle(&people, now);
        let content = self.content();
        match (content, self.has_second) {
            (Some(content), false) => Plan { first: self.content_tiles(content, &people), second: None },
            (None, false) => Plan { first: self.people_tiles(&people, now), second: None },
            // People on one, content on the other.
            (content, true) => {
                let second = content.map(|content| self.tile(content, WHOLE)).into_iter().collect();
                Plan { first: self.people_tiles(&people, now), second: Some(second) }
            }
        }
    }

    /// Whose share is shown: our own while nobody shared after us, the one that was asked for, or that
    /// of whoever came first.
    fn content(&self) -> Option<Who> {
        // A track that was muted when it came is not told again: who is there says what is on.
        let shares = |p: &&Participant| p.sharing && self.video(&p.identity, Source::ScreenShare).is_some();
        let chosen = self.arrangement.share.as_deref().and_then(|chosen| self.participant(chosen)).filter(shares);
        let shared = chosen.or_else(|| self.participants.iter().find(shares)).map(|p| Who::Share(p.identity.clone()));
        match self.own_share {
            Some(OwnShare::Newest) => Some(Who::OwnShare),
            Some(OwnShare::Overtaken) => shared.or(Some(Who::OwnShare)),
            None => shared,
        }
    }

    /// Who is seen large: whom people pinned, or whoever has the floor.
    fn main<'a>(&'a self, people: &'a [String]) -> Option<&'a str> {
        let pinned = self.arrangement.pinned.as_deref().filter(|pinned| people.iter().any(|p| p == pinned));
        pinned.or(self.floor.holder()).or(people.first().map(String::as_str))
    }

    fn content_tiles(&self, content: Who, people: &[String]) -> Vec<Planned> {
        let speaker = self.main(people).filter(|_| self.arrangement.content == ContentLayout::WithSpeaker);
        let Some(speaker) = speaker else { return vec![self.tile(content, WHOLE)] };
        let (large, small) = beside();
        let mut tiles = vec![self.tile(content, large), self.tile(Who::Remote(speaker.to_owned()), small)];
        tiles.extend(self.self_view());
        tiles
    }

    fn people_tiles(&mut self, people: &[String], now: Instant) -> Vec<Planned> {
        let mut tiles = match (self.main(people).map(str::to_owned), people.len(), self.arrangement.people) {
            (None, ..) => {
                // Alone, people look at themselves.
                let own = (self.own_camera && self.arrangement.self_view).then(|| self.tile(Who::Own, WHOLE));
                return own.into_iter().collect();
            }
            (Some(main), 1, _) | (Some(main), _, PeopleLayout::Speaker) => vec![self.tile(Who::Remote(main), WHOLE)],
            (Some(main), _, PeopleLayout::SpeakerWithStrip) => {
                let others: Vec<&str> = people.iter().map(String::as_str).filter(|p| *p != main).collect();
                let shown = seated(others.len(), STRIP_TILES_MAX);
                self.strip.settle(&others, shown, &wanted(&self.floor, &self.arrangement, now), &self.floor);
                let (large, small) = with_strip(others.len().min(STRIP_TILES_MAX));
                let mut tiles = vec![self.tile(Who::Remote(main), large)];
                tiles.extend(self.seats(&self.strip, others.len() - shown, small));
                tiles
            }
            (Some(_), count, PeopleLayout::Grid) => {
                let everybody: Vec<&str> = people.iter().map(String::as_str).collect();
                let shown = seated(count, GRID_TILES_MAX);
                self.grid.settle(&everybody, shown, &wanted(&self.floor, &self.arrangement, now), &self.floor);
                self.seats(&self.grid, count - shown, grid(count.min(GRID_TILES_MAX)))
            }
        };
        tiles.extend(self.self_view());
        tiles
    }

    /// A tile for each seat, and one that says how many have none.
    fn seats(&self, seats: &Seats, more: usize, rects: Vec<Rect>) -> Vec<Planned> {
        let people = seats.order().iter().map(|identity| Who::Remote(identity.clone()));
        let more = (more > 0).then_some(Who::More(more));
        people.chain(more).zip(rects).map(|(who, rect)| self.tile(who, rect)).collect()
    }

    /// Our own picture, small and in the corner, over everything else.
    fn self_view(&self) -> Option<Planned> {
        (self.own_camera && self.arrangement.self_view).then(|| self.tile(Who::Own, SELF_VIEW))
    }

    fn tile(&self, who: Who, rect: Rect) -> Planned {
        let (track, speaking) = match &who {
            Who::Own | Who::OwnShare | Who::More(_) => (None, false),
            Who::Remote(identity) => {
                let on = self.participant(identity).is_some_and(|p| p.camera_on);
                let speaking = self.participant(identity).is_some_and(|p| p.speaking);
                (self.video(identity, Source::Camera).filter(|_| on), speaking)
            }
            Who::Share(identity) => (self.video(identity, Source::ScreenShare), false),
        };
        Planned { who, track, rect, speaking }
    }

    fn video(&self, identity: &str, source: Source) -> Option<TrackId> {
        let of = |t: &&Track| t.participant == identity && t.kind == Kind::Video && t.source == source;
        self.tracks.values().find(of).map(|t| t.id.clone())
    }
}

/// How many people of `count` have one of `tiles_max` tiles, when the last may say how many have none.
fn seated(count: usize, tiles_max: usize) -> usize {
    if count > tiles_max { tiles_max - 1 } else { count }
}

/// Who must be visible: whom people pinned, and whoever speaks.
fn wanted<'a>(floor: &'a Floor, arrangement: &'a Arrangement, now: Instant) -> Vec<&'a str> {
    arrangement.pinned.as_deref().into_iter().chain(floor.speaking(now)).collect()
}

impl Plan {
    /// The tiles of all displays.
    pub fn tiles(&self) -> impl Iterator<Item = &Planned> {
        self.first.iter().chain(self.second.iter().flatten())
    }

    /// What the meeting must send for it: each shown track at its tile's size, but what is shared as
    /// large as there is: its smaller layers have too few bits to be read.
    pub fn shown(&self) -> Vec<Shown> {
        let shown = |tile: &Planned| {
            let track = tile.track.clone()?;
            let (width_px, height_px) = match tile.who {
                Who::Share(_) => SHARE_MAX,
                _ => (tile.rect.width, tile.rect.height),
            };
            Some(Shown { track, width_px, height_px, fps: 30 })
        };
        self.tiles().filter_map(shown).collect()
    }
}
