//! Who stands where on the room display: a plan of tiles from who is there, who speaks and what
//! people asked for. Pixels are the media engine's business.

use std::collections::BTreeMap;

use meeting::io::{Kind, Shown, Source, Track, TrackId};
use room::view::{Layout, Participant};

/// The room display, in pixels.
pub const DISPLAY: (u32, u32) = (1920, 1080);
/// Between tiles and around them.
const GAP_PX: u32 = 12;
/// The most faces in a grid; the others are heard. 5 × 5 is what the field shows.
const GRID_TILES_MAX: usize = 25;
/// The most faces beside a speaker.
const STRIP_TILES_MAX: usize = 5;
/// The largest picture the media engine decodes.
const SHARE_MAX: (u32, u32) = (4096, 2304);
/// Our own picture, small and in the corner.
const SELF_VIEW: (u32, u32) = (320, 180);

/// A rectangle of the display in pixels.
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

/// Everything the plan depends on.
#[derive(Debug, Default)]
pub struct Stage {
    tracks: BTreeMap<TrackId, Track>,
    participants: Vec<Participant>,
    /// Whoever spoke last keeps the stage in silence.
    speaker: Option<String>,
    layout: Option<Layout>,
    own_camera: bool,
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
    }

    /// Who is there, in order of arrival, and who speaks.
    pub fn participants(&mut self, participants: Vec<Participant>) {
        let still_here = |identity: &String| participants.iter().any(|p| p.identity == *identity);
        self.speaker = self.speaker.take().filter(still_here);
        let keeps = |identity: &String| participants.iter().any(|p| p.identity == *identity && p.speaking);
        if !self.speaker.as_ref().is_some_and(keeps)
            && let Some(loudest) = participants.iter().find(|p| p.speaking)
        {
            self.speaker = Some(loudest.identity.clone());
        }
        self.participants = participants;
    }

    /// How people asked to see the others.
    pub fn layout(&mut self, layout: Layout) {
        self.layout = Some(layout);
    }

    /// Whether our own camera is on air, and so to be seen in the corner.
    pub fn own_camera(&mut self, live: bool) {
        self.own_camera = live;
    }

    /// Whether we share; from the touch on, since the picture need not come over the network.
    pub fn own_share(&mut self, on: bool) {
        self.own_share = on.then_some(OwnShare::Newest);
    }

    /// Everybody gone, as between calls.
    pub fn clear(&mut self) {
        *self = Stage { layout: self.layout, ..Stage::default() };
    }

    /// The name and marks of a participant.
    pub fn participant(&self, identity: &str) -> Option<&Participant> {
        self.participants.iter().find(|p| p.identity == identity)
    }

    fn video(&self, identity: &str, source: Source) -> Option<TrackId> {
        let of = |t: &&Track| t.participant == identity && t.kind == Kind::Video && t.source == source;
        self.tracks.values().find(of).map(|t| t.id.clone())
    }

    /// The tiles, back to front.
    pub fn plan(&self) -> Vec<Planned> {
        let mut tiles = Vec::new();
        let tile = |who: Who, rect: Rect| {
            let (track, speaking) = match &who {
                Who::Own | Who::OwnShare => (None, false),
                Who::Remote(identity) => {
                    let on = self.participant(identity).is_some_and(|p| p.camera_on);
                    let speaking = self.participant(identity).is_some_and(|p| p.speaking);
                    (self.video(identity, Source::Camera).filter(|_| on), speaking)
                }
                Who::Share(identity) => (self.video(identity, Source::ScreenShare), false),
            };
            Planned { who, track, rect, speaking }
        };
        // A track that was muted when it came is not told again: who is there says what is on.
        let is_sharing = |identity: &str| self.participant(identity).is_some_and(|p| p.sharing);
        let sharing = self
            .tracks
            .values()
            .find(|t| t.source == Source::ScreenShare && t.kind == Kind::Video && is_sharing(&t.participant))
            .map(|t| t.participant.clone());
        let people: Vec<&str> = self.participants.iter().map(|p| p.identity.as_str()).collect();
        let people_here = people.len();
        let own_share = match self.own_share {
            Some(OwnShare::Overtaken) => sharing.is_none(),
            own_share => own_share.is_some(),
        };
        let main = match (&sharing, self.layout, people.as_slice()) {
            _ if own_share => Some(Who::OwnShare),
            (Some(identity), _, _) => Some(Who::Share(identity.clone())),
            (None, Some(Layout::Grid), _) | (None, _, [] | [_]) => None,
            (None, _, [first, ..]) => Some(Who::Remote(self.speaker.clone().unwrap_or_else(|| (*first).to_owned()))),
        };
        match main {
            Some(main) => {
                let others: Vec<&str> = people
                    .into_iter()
                    .filter(|identity| !matches!(&main, Who::Remote(m) if m == identity))
                    .take(STRIP_TILES_MAX)
                    .collect();
                let (stage, strip) = speaker_rects(others.len().max(usize::from(self.own_camera)));
                tiles.push(tile(main, stage));
                tiles.extend(others.iter().zip(strip).map(|(id, rect)| tile(Who::Remote((*id).to_owned()), rect)));
            }
            None => {
                let shown = people.len().min(GRID_TILES_MAX);
                tiles.extend(
                    people.iter().zip(grid_rects(shown)).map(|(id, rect)| tile(Who::Remote((*id).to_owned()), rect)),
                );
            }
        }
        if self.own_camera && people_here == 0 && !own_share {
            // Alone, people look at themselves.
            tiles.push(tile(Who::Own, Rect { x: 0, y: 0, width: DISPLAY.0, height: DISPLAY.1 }));
        } else if self.own_camera {
            let (width, height) = SELF_VIEW;
            let rect = Rect { x: DISPLAY.0 - width - 2 * GAP_PX, y: DISPLAY.1 - height - 2 * GAP_PX, width, height };
            tiles.push(tile(Who::Own, rect));
        }
        tiles
    }
}

/// What the meeting must send for a plan: each shown track at its tile's size, but what is shared as large
/// as there is: its smaller layers have too few bits to be read.
pub fn shown(plan: &[Planned]) -> Vec<Shown> {
    plan.iter()
        .filter_map(|tile| {
            let track = tile.track.clone()?;
            let (width_px, height_px) = match tile.who {
                Who::Share(_) => SHARE_MAX,
                _ => (tile.rect.width, tile.rect.height),
            };
            Some(Shown { track, width_px, height_px, fps: 30 })
        })
        .collect()
}

/// `count` tiles of 16:9, as large as fits, the last row centred.
fn grid_rects(count: usize) -> Vec<Rect> {
    if count == 0 {
        return Vec::new();
    }
    if count == 1 {
        return vec![Rect { x: 0, y: 0, width: DISPLAY.0, height: DISPLAY.1 }];
    }
    let size = |columns: usize| {
        let (columns, rows) = (columns as u32, count.div_ceil(columns) as u32);
        let width = (DISPLAY.0 - GAP_PX * (columns + 1)) / columns;
        let height = (DISPLAY.1 - GAP_PX * (rows + 1)) / rows;
        let width = width.min(height * 16 / 9);
        (even(width), even(width * 9 / 16))
    };
    let columns = (1..=count).max_by_key(|columns| size(*columns).0).unwrap_or(1);
    let (width, height) = size(columns);
    let rows = count.div_ceil(columns);
    let top = (DISPLAY.1 - rows as u32 * height - (rows as u32 - 1) * GAP_PX) / 2;
    (0..count)
        .map(|i| {
            let (row, column) = (i / columns, i % columns);
            let in_row = columns.min(count - row * columns) as u32;
            let left = (DISPLAY.0 - in_row * width - (in_row - 1) * GAP_PX) / 2;
            Rect {
                x: even(left + column as u32 * (width + GAP_PX)),
                y: even(top + row as u32 * (height + GAP_PX)),
                width,
                height,
            }
        })
        .collect()
}

/// One large tile, and `others` small ones in a column beside it.
fn speaker_rects(others: usize) -> (Rect, Vec<Rect>) {
    if others == 0 {
        return (Rect { x: 0, y: 0, width: DISPLAY.0, height: DISPLAY.1 }, Vec::new());
    }
    // The column leaves the corner to our own picture.
    let column = SELF_VIEW.0;
    let width = even(DISPLAY.0 - column - 3 * GAP_PX);
    let height = even(width * 9 / 16);
    let stage = Rect { x: GAP_PX, y: even((DISPLAY.1 - height) / 2), width, height };
    let (tile_width, tile_height) = {
        let room = DISPLAY.1 - SELF_VIEW.1 - GAP_PX * (others as u32 + 3);
        let height = (room / others as u32).min(SELF_VIEW.1);
        (even(height * 16 / 9), even(height))
    };
    let x = stage.x + width + GAP_PX + (column - tile_width) / 2;
    let strip = (0..others as u32).map(|i| Rect {
        x: even(x),
        y: even(GAP_PX + i * (tile_height + GAP_PX)),
        width: tile_width,
        height: tile_height,
    });
    (stage, strip.collect())
}

/// Chroma is subsampled by two, so tiles begin and end on even pixels.
fn even(value: u32) -> u32 {
    value & !1
}

#[cfg(test)]
mod tests {
    use super::*;
    use room::view::Quality;

    fn person(identity: &str, speaking: bool) -> Participant {
        Participant {
            identity: identity.into(),
            name: identity.into(),
            microphone_on: true,
            camera_on: true,
            sharing: false,
            speaking,
            hand_raised: false,
            quality: Quality::Good,
        }
    }

    fn camera_of(identity: &str) -> Track {
        Track {
            id: TrackId(format!("TR_{identity}")),
            participant: identity.into(),
            kind: Kind::Video,
            source: Source::Camera,
            muted: false,
        }
    }

    fn overlap(a: Rect, b: Rect) -> bool {
        a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height
    }

    #[test]
    fn tiles_stay_on_the_display_and_never_overlap() {
        for layout in [Layout::Grid, Layout::Speaker] {
            for count in 0..60 {
                let mut stage = Stage::default();
                stage.layout(layout);
                stage.participants((0..count).map(|i| person(&format!("p{i}"), i == 3)).collect());
                let plan = stage.plan();
                for (i, a) in plan.iter().enumerate() {
                    assert!(a.rect.x + a.rect.width <= DISPLAY.0 && a.rect.y + a.rect.height <= DISPLAY.1);
                    assert!(a.rect.width >= 160, "{count} people, tile {i} is {:?}", a.rect);
                    for b in &plan[i + 1..] {
                        assert!(!overlap(a.rect, b.rect), "{layout:?} of {count}: {:?} {:?}", a.rect, b.rect);
                    }
                }
            }
        }
    }

    #[test]
    fn one_person_fills_the_display() {
        let mut stage = Stage::default();
        stage.participants(vec![person("ada", false)]);
        stage.track_added(camera_of("ada"));
        let plan = stage.plan();
        assert_eq!(plan.len(), 1);
        assert_eq!((plan[0].rect.width, plan[0].rect.height), DISPLAY);
        assert_eq!(shown(&plan)[0].track, TrackId("TR_ada".into()));
    }

    #[test]
    fn the_last_speaker_keeps_the_stage_in_silence() {
        let mut stage = Stage::default();
        stage.layout(Layout::Speaker);
        stage.participants(vec![person("ada", false), person("bob", true)]);
        assert_eq!(stage.plan()[0].who, Who::Remote("bob".into()));
        stage.participants(vec![person("ada", false), person("bob", false)]);
        assert_eq!(stage.plan()[0].who, Who::Remote("bob".into()));
        stage.participants(vec![person("ada", false)]);
        assert_eq!(stage.plan()[0].who, Who::Remote("ada".into()));
    }

    #[test]
    fn a_shared_screen_takes_the_stage() {
        let mut stage = Stage::default();
        stage.participants(vec![person("ada", true), Participant { sharing: true, ..person("bob", false) }]);
        stage.track_added(Track { source: Source::ScreenShare, ..camera_of("bob") });
        assert_eq!(stage.plan()[0].who, Who::Share("bob".into()));
    }

    #[test]
    fn a_shared_screen_is_asked_for_as_large_as_there_is_whatever_its_tile() {
        let mut stage = Stage::default();
        stage.participants(vec![Participant { sharing: true, ..person("bob", false) }]);
        stage.track_added(Track { source: Source::ScreenShare, ..camera_of("bob") });
        stage.own_camera(true);
        let plan = stage.plan();
        assert!(plan[0].rect.width < DISPLAY.0, "the people are beside it");
        assert_eq!((shown(&plan)[0].width_px, shown(&plan)[0].height_px), SHARE_MAX);
    }

    #[test]
    fn the_newest_of_two_shares_is_shown_ours_without_the_network() {
        let mut stage = Stage::default();
        stage.own_camera(true);
        stage.own_share(true);
        let plan = stage.plan();
        assert_eq!((&plan[0].who, &plan[1].who), (&Who::OwnShare, &Who::Own), "also when we are alone");
        assert!(!overlap(plan[0].rect, plan[1].rect));
        stage.participants(vec![Participant { sharing: true, ..person("bob", false) }]);
        stage.track_added(Track { source: Source::ScreenShare, ..camera_of("bob") });
        assert_eq!(stage.plan()[0].who, Who::Share("bob".into()));
        stage.own_share(true);
        assert_eq!(stage.plan()[0].who, Who::OwnShare, "shared anew");
        stage.own_share(false);
        assert_eq!(stage.plan()[0].who, Who::Share("bob".into()));
        stage.own_share(true);
        stage.track_added(Track { source: Source::ScreenShare, ..camera_of("bob") });
        stage.track_removed(&TrackId("TR_bob".into()));
        assert_eq!(stage.plan()[0].who, Who::OwnShare, "the other one is gone");
    }

    #[test]
    fn a_camera_that_is_off_is_not_asked_for() {
        let mut stage = Stage::default();
        stage.track_added(camera_of("ada"));
        stage.participants(vec![Participant { camera_on: false, ..person("ada", false) }]);
        assert!(shown(&stage.plan()).is_empty());
    }

    #[test]
    fn a_camera_that_was_off_when_its_track_came_is_shown_once_it_is_on() {
        let mut stage = Stage::default();
        stage.participants(vec![Participant { camera_on: false, ..person("ada", false) }]);
        stage.track_added(Track { muted: true, ..camera_of("ada") });
        assert!(shown(&stage.plan()).is_empty());
        stage.participants(vec![person("ada", false)]);
        assert_eq!(shown(&stage.plan())[0].track, TrackId("TR_ada".into()));
    }
}
