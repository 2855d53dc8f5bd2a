//! What the room display shows: the plan of the stage with names and marks on it, or, outside
//! calls, the room itself.

use std::collections::HashMap;
use std::sync::Arc;

use media::{Picture, Scene, Tile, TileSource};
use room::View;
use room::view::Screen;

use crate::stage::{DISPLAY, Planned, Stage, Who};
use crate::translate;

/// The height of a name on a tile, in pixels.
const LABEL_HEIGHT_PX: u32 = 40;
/// A face without a camera, in pixels; the engine scales it to its tile.
const FACE: (u32, u32) = (640, 360);
/// Names and faces kept drawn, each face a megabyte.
const KEPT_MAX: usize = 48;

/// Turns the view and the plan into the engine's scene, drawing each name only once.
pub struct Show {
    fonts: ui::Fonts,
    /// Drawn on outside calls, and while nobody is to be seen; two large pictures the rest of the
    /// time does without.
    idle: Option<Idle>,
    labels: HashMap<LabelKey, Arc<Picture>>,
    faces: HashMap<String, Arc<Picture>>,
    banner: Option<(room::view::Language, Arc<Picture>)>,
    shown: Option<Scene>,
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

#[derive(PartialEq, Eq, Hash)]
struct LabelKey {
    name: String,
    muted: bool,
    hand: bool,
    speaking: bool,
}

impl Show {
    /// Nothing is shown yet.
    pub fn new(fonts: ui::Fonts) -> Show {
        Show { fonts, idle: None, labels: HashMap::new(), faces: HashMap::new(), banner: None, shown: None }
    }

    /// Brings the display up to date; cheap when nothing has changed.
    pub fn display(&mut self, engine: &media::Engine, view: &View, plan: &[Planned], stage: &Stage) {
        let scene = match &view.screen {
            Screen::InCall(call) => {
                let tiles: Vec<Tile> = plan.iter().map(|planned| self.tile(planned, stage)).collect();
                let banner = call.reconnecting.then(|| self.reconnecting(view.language));
                let background = if tiles.is_empty() { self.idle(view) } else { None };
                if background.is_none() {
                    self.idle = None;
                }
                Scene { tiles, banner, background }
            }
            _ => Scene { tiles: Vec::new(), banner: None, background: self.idle(view) },
        };
        if self.shown.as_ref().is_none_or(|shown| !same(shown, &scene)) {
            engine.set_scene(scene.clone());
            self.shown = Some(scene);
        }
    }

    fn idle(&mut self, view: &View) -> Option<Arc<Picture>> {
        let fonts = &self.fonts;
        self.idle.get_or_insert_with(|| Idle::new(fonts.clone())).draw(view)
    }

    fn tile(&mut self, planned: &Planned, stage: &Stage) -> Tile {
        let rect = translate::rect(planned.rect);
        let source = match (&planned.who, &planned.track) {
            (Who::Own, _) => TileSource::Own,
            (Who::OwnShare, _) => TileSource::Content,
            (_, Some(track)) => TileSource::Track(translate::track_key(track)),
            (_, None) => TileSource::None,
        };
        let (Who::Remote(identity) | Who::Share(identity)) = &planned.who else {
            return Tile { source, rect, placeholder: None, label: None, highlight: false };
        };
        let Some(person) = stage.participant(identity) else {
            return Tile { source, rect, placeholder: None, label: None, highlight: false };
        };
        let (name, muted, hand) = (person.name.clone(), !person.microphone_on, person.hand_raised);
        let label = self.label(LabelKey { name: name.clone(), muted, hand, speaking: planned.speaking });
        Tile { source, rect, placeholder: Some(self.face(name)), label: Some(label), highlight: planned.speaking }
    }

    fn label(&mut self, key: LabelKey) -> Arc<Picture> {
        if self.labels.len() > KEPT_MAX {
            self.labels.clear();
        }
        let fonts = &self.fonts;
        let draw = |key: &LabelKey| {
            translate::picture(ui::label(fonts, &key.name, key.muted, key.hand, key.speaking, LABEL_HEIGHT_PX))
        };
        let picture = self.labels.get(&key).cloned();
        picture.unwrap_or_else(|| {
            let picture = Arc::new(draw(&key));
            self.labels.insert(key, picture.clone());
            picture
        })
    }

    fn face(&mut self, name: String) -> Arc<Picture> {
        if self.faces.len() > KEPT_MAX {
            self.faces.clear();
        }
        let fonts = &self.fonts;
        let picture = self.faces.entry(name).or_insert_with_key(|name| {
            let (width, height) = FACE;
            Arc::new(translate::picture(ui::placeholder(fonts, name, width, height)))
        });
        picture.clone()
    }

    fn reconnecting(&mut self, language: room::view::Language) -> Arc<Picture> {
        match &self.banner {
            Some((drawn, picture)) if *drawn == language => picture.clone(),
            _ => {
                let sentence = ui::sentence_reconnecting(language);
                let picture = Arc::new(translate::picture(ui::banner(&self.fonts, &sentence, DISPLAY.0)));
                self.banner = Some((language, picture.clone()));
                picture
            }
        }
    }
}

/// Pictures are compared by identity: each is drawn once and kept.
fn same(a: &Scene, b: &Scene) -> bool {
    let pointer = |picture: &Option<Arc<Picture>>| picture.as_ref().map(Arc::as_ptr);
    let tile = |a: &Tile, b: &Tile| {
        a.source == b.source
            && a.rect == b.rect
            && a.highlight == b.highlight
            && pointer(&a.label) == pointer(&b.label)
            && pointer(&a.placeholder) == pointer(&b.placeholder)
    };
    a.tiles.len() == b.tiles.len()
        && a.tiles.iter().zip(&b.tiles).all(|(a, b)| tile(a, b))
        && pointer(&a.banner) == pointer(&b.banner)
        && pointer(&a.background) == pointer(&b.background)
}
