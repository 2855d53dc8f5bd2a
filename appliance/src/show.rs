//! What the room's displays show: the plan of the stage with names, marks and captions on it, or,
//! outside calls, the room itself.

use std::collections::HashMap;
use std::sync::Arc;

use media::{Picture, Scene, Tile, TileSource};
use room::View;
use room::classified::Standing;
use room::view::{Caption, CaptionStyle, Language, Quality, Screen};

use crate::stage::{DISPLAY, Plan, Planned, Rect, Stage, Who};
use crate::translate;

/// The height of a name on a tile, in pixels.
const LABEL_HEIGHT_PX: u32 = 40;
/// A face without a camera, in pixels; the engine scales it to its tile.
const FACE: (u32, u32) = (640, 360);
/// A face in a small tile, or one whose camera is on: it is there until the first picture comes.
const SMALL_FACE: (u32, u32) = (320, 180);
/// Captions leave free the corner with our own picture.
const CAPTIONS_WIDTH_PX: u32 = 1200;
/// Between captions and the bottom of the display, or the names on the tiles there.
const CAPTIONS_MARGIN_PX: u32 = 12;
/// Between a name and its tile's bottom.
const LABEL_MARGIN_PX: u32 = 16;

/// What a picture shows, and the picture.
type Kept<K> = Option<(K, Arc<Picture>)>;

/// Turns the view and the plan into the engine's scenes, drawing each name only once.
pub struct Show {
    fonts: ui::Fonts,
    /// Drawn on outside calls, and while nobody is to be seen; two large pictures the rest of the
    /// time does without.
    idle: Option<Idle>,
    labels: HashMap<ui::Label, Arc<Picture>>,
    faces: HashMap<(String, (u32, u32)), Arc<Picture>>,
    /// How many have no tile, and the tile that says so.
    more: Kept<(usize, u32)>,
    captions: Kept<(Language, CaptionStyle, Vec<Caption>)>,
    still: Kept<Language>,
    banner: Kept<Language>,
    frame: Option<Frame>,
    shown: Option<(Scene, Scene)>,
}

/// The frame around a classified room's displays, as drawn.
struct Frame {
    of: (Language, Standing),
    edges: Vec<Tile>,
}

impl Frame {
    fn draw(fonts: &ui::Fonts, (language, standing): (Language, Standing)) -> Frame {
        let edge = |(place, picture)| laid(translate::place(&place), Arc::new(translate::picture(picture)));
        let edges = ui::frame(fonts, language, standing, DISPLAY).into_iter().map(edge).collect();
        Frame { of: (language, standing), edges }
    }

    /// Makes room in the middle for what is on a display, and lays the frame around it.
    fn lay(&self, tiles: &mut Vec<Tile>) {
        let beside = |edge: &&Tile| edge.rect.width < DISPLAY.0;
        let side = self.edges.iter().filter(beside).map(|edge| edge.rect.width).max().unwrap_or_default();
        let above = self.edges.iter().filter(|edge| edge.rect.y == 0).map(|edge| edge.rect.height).max();
        let top = above.unwrap_or_default();
        // It is as thick below as at the sides.
        let inside = (DISPLAY.0 - 2 * side, DISPLAY.1 - top - side);
        // All by the same factor, so that no picture gets another shape.
        let (factor, of) =
            if inside.0 * DISPLAY.1 < inside.1 * DISPLAY.0 { (inside.0, DISPLAY.0) } else { (inside.1, DISPLAY.1) };
        let smaller = |length: u32| length * factor / of;
        let left = (DISPLAY.0 - smaller(DISPLAY.0)) / 2;
        for tile in &mut *tiles {
            let media::Rect { x, y, width, height } = tile.rect;
            tile.rect = media::Rect {
                x: left + smaller(x),
                y: top + smaller(y),
                width: smaller(width),
                height: smaller(height),
            };
        }
        tiles.extend(self.edges.iter().cloned());
    }
}

/// The room itself, as drawn and as the engine takes it.
struct Idle {
    display: ui::Display,
    background: Option<Arc<Picture>>,
}

impl Idle {
    fn new(fonts: ui::Fonts) -> Idle {
        Idle { display: ui::Display::new(DISPLAY, fonts), background: None }
    }

    fn draw(&mut self, view: &View) -> Option<Arc<Picture>> {
        if !self.display.draw(view).is_empty() || self.background.is_none() {
            let (width, height) = DISPLAY;
            self.background = Some(Arc::new(Picture { width, height, rgba: self.display.pixels().to_vec() }));
        }
        self.background.clone()
    }
}

impl Show {
    /// Nothing is shown yet.
    pub fn new(fonts: ui::Fonts) -> Show {
        Show {
            fonts,
            idle: None,
            labels: HashMap::new(),
            faces: HashMap::new(),
            more: None,
            captions: None,
            still: None,
            banner: None,
            frame: None,
            shown: None,
        }
    }

    /// Forgets everybody who was ever shown.
    pub fn forget(&mut self) {
        self.fonts.forget();
        *self = Show::new(self.fonts.clone());
    }

    /// Brings the displays up to date; cheap when nothing has changed.
    pub fn display(&mut self, engine: &media::Engine, view: &View, plan: &Plan, stage: &Stage) {
        let (first, second) = match &view.screen {
            Screen::InCall(call) => {
                let mut first = self.scene(view, &plan.first, stage);
                first.banner = call.reconnecting.then(|| self.reconnecting(view.language));
                let style = view.accessibility.captions;
                if let Some(captions) = self.captions(view.language, &call.captions, style, &first.tiles) {
                    // They say themselves who speaks: a name cut in two is worse than none.
                    for tile in &mut first.tiles {
                        tile.label.take_if(|label| is_cut(label, tile.rect, captions.rect));
                    }
                    first.tiles.push(captions);
                }
                let second = plan.second.as_ref().map(|tiles| self.scene(view, tiles, stage));
                (first, second)
            }
            _ => {
                let idle = Scene { background: self.idle(view), ..Scene::default() };
                (idle.clone(), plan.second.is_some().then_some(idle))
            }
        };
        let second = second.unwrap_or_default();
        if first.background.is_none() && second.background.is_none() {
            self.idle = None;
        }
        let (same_first, same_second) = match &self.shown {
            Some(shown) => (same(&shown.0, &first), same(&shown.1, &second)),
            None => (false, false),
        };
        if !same_first {
            engine.set_scene(first.clone());
        }
        if !same_second {
            engine.set_second_scene(second.clone());
        }
        if !(same_first && same_second) {
            self.shown = Some((first, second));
            // What nothing shows any more is soon drawn again.
            self.labels.retain(|_, picture| Arc::strong_count(picture) > 1);
            self.faces.retain(|_, picture| Arc::strong_count(picture) > 1);
        }
    }

    fn scene(&mut self, view: &View, plan: &[Planned], stage: &Stage) -> Scene {
        let mut tiles: Vec<Tile> = plan.iter().map(|planned| self.tile(view.language, planned, stage)).collect();
        // The room itself is drawn with its frame.
        let background = if tiles.is_empty() { self.idle(view) } else { None };
        if let (Some(standing), false) = (view.classified, tiles.is_empty()) {
            self.frame((view.language, standing)).lay(&mut tiles);
        }
        Scene { tiles, banner: None, background }
    }

    fn frame(&mut self, of: (Language, Standing)) -> &Frame {
        let fonts = &self.fonts;
        let kept = self.frame.take().filter(|frame| frame.of == of);
        self.frame.insert(kept.unwrap_or_else(|| Frame::draw(fonts, of)))
    }

    fn idle(&mut self, view: &View) -> Option<Arc<Picture>> {
        let fonts = &self.fonts;
        self.idle.get_or_insert_with(|| Idle::new(fonts.clone())).draw(view)
    }

    fn tile(&mut self, language: Language, planned: &Planned, stage: &Stage) -> Tile {
        let rect = translate::rect(planned.rect);
        let source = match (&planned.who, &planned.track) {
            (Who::Own, _) => TileSource::Own,
            (Who::OwnShare, _) => TileSource::Content,
            (_, Some(track)) => TileSource::Track(translate::track_key(track)),
            (_, None) => TileSource::None,
        };
        let plain = Tile { source, rect, placeholder: None, label: None, still: None, highlight: false };
        let (identity, is_share) = match &planned.who {
            Who::Own | Who::OwnShare => return plain,
            Who::More(count) => return Tile { placeholder: Some(self.more(*count, planned.rect)), ..plain },
            Who::Remote(identity) => (identity, false),
            Who::Share(identity) => (identity, true),
        };
        let Some(person) = stage.participant(identity) else { return plain };
        if is_share {
            let text = ui::sentence_sharing(language, &person.name);
            let paused = stage.is_paused(planned);
            let unreadable = person.unreadable.is_some();
            let label = self.label(ui::Label { text, content: true, paused, unreadable, ..ui::Label::default() });
            return Tile { label: Some(label), ..plain };
        }
        let label = self.label(ui::Label {
            text: person.name.clone(),
            muted: !person.microphone_on,
            hand: person.hand_raised,
            pinned: stage.is_pinned(identity),
            lost: person.quality == Quality::Lost,
            paused: stage.is_paused(planned),
            unreadable: person.unreadable.is_some(),
            content: false,
            speaking: planned.speaking,
        });
        let is_small = planned.track.is_some() || planned.rect.height <= SMALL_FACE.1;
        let face = self.face(person.name.clone(), if is_small { SMALL_FACE } else { FACE });
        let still = planned.track.is_some().then(|| self.still(language));
        Tile { placeholder: Some(face), label: Some(label), still, highlight: planned.speaking, ..plain }
    }

    fn label(&mut self, label: ui::Label) -> Arc<Picture> {
        let fonts = &self.fonts;
        let draw = |label: &ui::Label| Arc::new(translate::picture(ui::label(fonts, label, LABEL_HEIGHT_PX)));
        self.labels.entry(label).or_insert_with_key(draw).clone()
    }

    fn face(&mut self, name: String, (width, height): (u32, u32)) -> Arc<Picture> {
        let fonts = &self.fonts;
        let draw = |(name, _): &(String, _)| Arc::new(translate::picture(ui::placeholder(fonts, name, width, height)));
        self.faces.entry((name, (width, height))).or_insert_with_key(draw).clone()
    }

    fn more(&mut self, count: usize, rect: Rect) -> Arc<Picture> {
        let fonts = &self.fonts;
        let draw = || translate::picture(ui::more(fonts, count, rect.width, rect.height));
        kept(&mut self.more, (count, rect.width), draw)
    }

    fn still(&mut self, language: Language) -> Arc<Picture> {
        let fonts = &self.fonts;
        kept(&mut self.still, language, || translate::picture(ui::still(fonts, language, LABEL_HEIGHT_PX)))
    }

    fn reconnecting(&mut self, language: Language) -> Arc<Picture> {
        let fonts = &self.fonts;
        let draw = || translate::picture(ui::banner(fonts, &ui::sentence_reconnecting(language), DISPLAY.0));
        kept(&mut self.banner, language, draw)
    }

    /// What is said, over everything else: opaque, so that what is below need not be drawn for it.
    fn captions(
        &mut self,
        language: Language,
        captions: &[Caption],
        style: CaptionStyle,
        tiles: &[Tile],
    ) -> Option<Tile> {
        if captions.is_empty() || tiles.is_empty() {
            self.captions = None;
            return None;
        }
        let fonts = &self.fonts;
        let draw = || translate::picture(ui::captions(fonts, language, captions, style, CAPTIONS_WIDTH_PX));
        let picture = kept(&mut self.captions, (language, style, captions.to_vec()), draw);
        let (width, height) = (picture.width, picture.height);
        // Over the names at the very bottom, or else below those of larger tiles.
        let named = tiles.iter().filter(|tile| tile.label.is_some()).map(|tile| tile.rect.y + tile.rect.height);
        let lowest = named.map(|bottom| bottom - LABEL_MARGIN_PX).max().unwrap_or_default();
        let at_the_bottom = lowest + LABEL_HEIGHT_PX > DISPLAY.1;
        let bottom = if at_the_bottom { lowest - LABEL_HEIGHT_PX } else { DISPLAY.1 } - CAPTIONS_MARGIN_PX;
        let rect = media::Rect { x: (DISPLAY.0 - width) / 2, y: bottom.saturating_sub(height), width, height };
        Some(laid(rect, picture))
    }
}

/// A picture of ours, over what was drawn before.
fn laid(rect: media::Rect, picture: Arc<Picture>) -> Tile {
    let (source, placeholder) = (TileSource::None, Some(picture));
    Tile { source, rect, placeholder, label: None, still: None, highlight: false }
}

/// The picture of this kind drawn last, or a new one when it is to show something else.
fn kept<K: PartialEq>(last: &mut Kept<K>, key: K, draw: impl FnOnce() -> Picture) -> Arc<Picture> {
    match last {
        Some((drawn, picture)) if *drawn == key => picture.clone(),
        _ => {
            let picture = Arc::new(draw());
            *last = Some((key, picture.clone()));
            picture
        }
    }
}

/// Whether captions cover some of the name on a tile.
fn is_cut(label: &Picture, tile: media::Rect, captions: media::Rect) -> bool {
    let (left, bottom) = (tile.x + LABEL_MARGIN_PX, (tile.y + tile.height).saturating_sub(LABEL_MARGIN_PX));
    let beside = left + label.width <= captions.x || captions.x + captions.width <= left;
    let apart = bottom <= captions.y || captions.y + captions.height <= bottom.saturating_sub(label.height);
    !(beside || apart)
}

/// Pictures are compared by identity: each is drawn once and kept.
fn same(a: &Scene, b: &Scene) -> bool {
    let pointer = |picture: &Option<Arc<Picture>>| picture.as_ref().map(Arc::as_ptr);
    let tile = |a: &Tile, b: &Tile| {
        a.source == b.source
            && a.rect == b.rect
            && a.highlight == b.highlight
            && pointer(&a.label) == pointer(&b.label)
            && pointer(&a.still) == pointer(&b.still)
            && pointer(&a.placeholder) == pointer(&b.placeholder)
    };
    a.tiles.len() == b.tiles.len()
        && a.tiles.iter().zip(&b.tiles).all(|(a, b)| tile(a, b))
        && pointer(&a.banner) == pointer(&b.banner)
        && pointer(&a.background) == pointer(&b.background)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_in_a_classified_meeting_are_shown_inside_the_frame_and_keep_their_shape() {
        let tile = |x, y, width, height| Tile {
            source: TileSource::None,
            rect: media::Rect { x, y, width, height },
            placeholder: None,
            label: None,
            still: None,
            highlight: false,
        };
        let edges = vec![tile(0, 0, 1920, 70), tile(0, 1058, 1920, 22), tile(0, 70, 22, 988), tile(1898, 70, 22, 988)];
        let frame = Frame { of: (Language::French, Standing::Verified), edges: edges.clone() };
        let mut tiles = vec![tile(0, 0, 1920, 1080), tile(1600, 900, 320, 180)];
        frame.lay(&mut tiles);
        let [whole, corner, laid @ ..] = &tiles[..] else { panic!() };
        assert_eq!(laid, edges, "over everything else");
        for media::Rect { x, y, width, height } in [whole.rect, corner.rect] {
            assert!(x >= 22 && x + width <= 1898 && y >= 70 && y + height <= 1058, "{x} {y} {width} {height}");
            assert!((width * 9).abs_diff(height * 16) < 16, "{width} by {height}");
        }
        assert!(whole.rect.height > 980, "as large as there is room for");
    }

    #[test]
    fn a_name_is_left_out_where_captions_would_cut_it_and_only_there() {
        let label = |width| Picture { width, height: 40, rgba: Vec::new() };
        let captions = media::Rect { x: 360, y: 804, width: 1200, height: 264 };
        let main = media::Rect { x: 12, y: 100, width: 1564, height: 880 };
        assert!(!is_cut(&label(300), main, captions), "beside them");
        assert!(is_cut(&label(400), main, captions), "its end is below them");
        let low = media::Rect { y: 1010, height: 40, ..captions };
        assert!(!is_cut(&label(400), main, low), "above them");
        let small = media::Rect { x: 700, y: 700, width: 320, height: 180 };
        assert!(is_cut(&label(100), small, captions));
    }
}
