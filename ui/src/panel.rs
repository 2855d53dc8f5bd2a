//! The touch panel on the table.

mod acceptance;
mod accessibility;
pub(crate) mod aside;
mod audio;
mod authentication;
mod booking;
mod call;
mod camera;
mod chat;
mod code;
pub(crate) mod day;
mod ended;
mod facts;
mod home;
mod invitation;
mod joining;
pub(crate) mod keyboard;
mod language;
mod layouts;
mod more;
mod people;
mod person;
mod reader;
mod restart;
mod settings;
mod sheet;
mod standby;
mod toast;
mod write;

pub(crate) use home::when;
pub use reader::Speech;
pub(crate) use reader::key as spoken_key;
use std::mem::{Discriminant, discriminant};

use room::View;
use room::event::Wish;
use room::view::{Notice, Screen};

use self::aside::Aside;
use self::keyboard::Keyboard;
use self::sheet::Sheets;
use crate::fonts::Fonts;
use crate::geometry::Rect;
use crate::page::Page;
use crate::scene::{Act, Beside, Scene};
use crate::surface::{Damage, Surface};
use reader::{Place, Reader, Under};

/// Layouts are designed for a panel of this size, and scaled to others.
const DESIGNED: (f32, f32) = (1280.0, 800.0);
/// Meeting codes are about a dozen letters; links with long names are longer.
const TYPED_MAX: usize = 120;

/// A finger's touch, in pixels of the panel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TouchEvent {
    /// What the finger does.
    pub kind: TouchKind,
    /// Pixels from the left edge.
    pub x: i32,
    /// Pixels from the top edge.
    pub y: i32,
}

/// What a finger does on the panel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TouchKind {
    /// Comes down.
    Down,
    /// Slides.
    Move,
    /// Is lifted.
    Up,
}

/// Draws the room's view on a touch panel, and turns touches into wishes.
///
/// What concerns only the person at the panel stays in here: the button under the finger, the code
/// being typed, whether the list of participants or the layouts are open.
pub struct Panel {
    surface: Surface,
    local: Local,
    pressed: Option<Pressed>,
    scene: Scene,
    reader: Reader,
    /// Which kind of screen was shown last.
    screen: Option<Discriminant<Screen>>,
}

/// What the panel shows beyond the view.
#[derive(Debug, Clone, PartialEq, Default)]
struct Local {
    /// The code typed so far, while the keyboard is open.
    typed: Option<String>,
    /// The day that is open.
    day: Option<day::Open>,
    /// The page beside home that is open.
    aside: Option<Aside>,
    /// The keys shown, while one types.
    keyboard: Keyboard,
    /// What stands beside the controls of a meeting.
    beside: Option<Beside>,
    /// Who is first in the list of people, when it does not hold everybody.
    people_from: usize,
    /// What only the person at the panel knows of the sheets beside the controls.
    sheets: Sheets,
}

struct Pressed {
    name: String,
    /// What it meant when the finger came down.
    act: Act,
    /// Whether the finger is still on it.
    inside: bool,
}

impl Panel {
    /// A panel of this size in pixels, designed at 1280 by 800.
    pub fn new(size: (u32, u32), fonts: Fonts) -> Panel {
        let surface = Surface::new(size, DESIGNED, fonts).touched();
        Panel {
            surface,
            local: Local::default(),
            pressed: None,
            scene: Scene::default(),
            reader: Reader::default(),
            screen: None,
        }
    }

    /// Says how many pixels a millimetre the panel has, so that a finger finds what it looks for. Takes effect with
    /// the next drawing.
    pub fn set_density(&mut self, pixels_per_mm: f32) {
        self.surface.set_density(pixels_per_mm);
    }

    /// The panel is of another size now. What is typed or open stays.
    pub fn resize(&mut self, size: (u32, u32)) {
        self.surface.resize(size);
        self.pressed = None;
    }

    /// Forgets what was typed and what is open beside the view; the texts of the view itself go with the next drawing.
    pub fn forget(&mut self) {
        self.local = Local::default();
        self.pressed = None;
    }

    /// Shows this view, redrawing only what looks different from before.
    pub fn draw(&mut self, view: &View) -> Damage {
        self.surface.set_framed(view.classified.is_some());
        self.surface.set_appearance(view.appearance);
        self.follow(view);
        let place = Place::of(view, self.local.typed.is_some(), self.local.beside, &self.scene);
        self.reader.look(view, place, &self.scene);
        self.surface.show(self.scene.clone())
    }

    /// What is to be said aloud since it was last asked: only the newest counts. Nothing, unless the view's screen reader
    /// is on or was just turned off.
    pub fn poll_speech(&mut self) -> Option<Speech> {
        self.reader.poll()
    }

    /// The pixels as last drawn: RGBA, row by row, all opaque.
    pub fn pixels(&self) -> &[u8] {
        self.surface.pixels()
    }

    /// Width and height in pixels.
    pub fn size(&self) -> (u32, u32) {
        self.surface.size()
    }

    /// What can be touched as last drawn, by name. No two overlap.
    pub fn targets(&self) -> Vec<(String, Rect)> {
        let scale = self.surface.scale();
        let targets =
            self.scene.widgets.iter().filter_map(|widget| {
                widget.target.as_ref().map(|target| (target.name.clone(), widget.area.pixels(scale)))
            });
        targets.collect()
    }

    /// Takes in a touch. A wish comes when a finger is lifted from the target it came down on;
    /// sliding off first cancels. Draw afterwards: the target may look different.
    pub fn touch(&mut self, touch: TouchEvent, view: &View) -> Option<Wish> {
        self.surface.set_framed(view.classified.is_some());
        self.surface.set_appearance(view.appearance);
        self.follow(view);
        let is_on = view.accessibility.screen_reader;
        let under = self.target_at(touch.x, touch.y);
        let is_corner = under.is_none() && reader::is_corner(self.surface.scale(), (touch.x, touch.y));
        if self.reader.held(touch.kind, is_corner, view.local_time) {
            return Some(Wish::SetScreenReader { on: !is_on });
        }
        if is_on {
            return self.explore(touch, view);
        }
        match touch.kind {
            TouchKind::Down => self.pressed = under.map(|(name, act)| Pressed { name, act, inside: true }),
            TouchKind::Move => {
                if let Some(pressed) = &mut self.pressed {
                    pressed.inside = under.is_some_and(|(name, _)| name == pressed.name);
                }
            }
            TouchKind::Up => {
                let pressed = self.pressed.take()?;
                under.filter(|(name, _)| *name == pressed.name)?;
                // What lies there may have come to mean something else: another meeting, another state.
                return self.act(pressed.act);
            }
        }
        None
    }

    /// A finger of somebody who does not see what it touches.
    fn explore(&mut self, touch: TouchEvent, view: &View) -> Option<Wish> {
        let scale = self.surface.scale();
        let mut under = reader::under(&self.scene, scale, (touch.x, touch.y));
        if let (Under::Words(words), Some(typed)) = (&mut under, &self.local.typed)
            && *words == *typed
        {
            *words = reader::spelled(view.language, typed);
        }
        match touch.kind {
            TouchKind::Down => self.reader.touched(under, view, &self.scene),
            TouchKind::Move => self.reader.slid(under, view),
            TouchKind::Up => {
                let armed = std::mem::take(&mut self.reader.armed);
                self.pressed = None;
                if let Under::Target { spoken, act, .. } = under
                    && armed
                {
                    self.reader.pressed(&spoken, &act, view);
                    let erases = act == Act::Erase;
                    let wish = self.act(act);
                    if let (true, Some(typed)) = (erases, &self.local.typed) {
                        self.reader.typed(typed, view);
                    }
                    return wish;
                }
                return None;
            }
        }
        let focus = self.reader.focus().filter(|_| self.reader.armed);
        let targets = self.scene.widgets.iter().filter_map(|widget| widget.target.as_ref());
        let found = targets.into_iter().find(|target| focus == Some(target.name.as_str()));
        self.pressed = found.map(|target| Pressed { name: target.name.clone(), act: target.act.clone(), inside: true });
        None
    }

    fn act(&mut self, act: Act) -> Option<Wish> {
        self.local.keyboard.takes(&act);
        match act {
            Act::Wish(wish) => {
                self.local.sheets.wished(&wish);
                return Some(wish);
            }
            Act::Shift | Act::Symbols => {}
            Act::OpenCode => (self.local.typed, self.local.keyboard) = (Some(String::new()), Keyboard::default()),
            Act::CloseCode => self.local.typed = None,
            Act::ShowDay(open) => self.local.day = Some(open),
            Act::CloseDay => self.local.day = None,
            Act::OpenAside(aside) => {
                let wish = aside.opened();
                (self.local.aside, self.local.keyboard) = (Some(aside), Keyboard::default());
                return wish;
            }
            Act::Back => return self.local.aside.take().and_then(|aside| aside.closed()),
            Act::Enter => return self.local.aside.as_mut().and_then(Aside::entered),
            Act::Write => (self.local.sheets.draft, self.local.keyboard) = (Some(String::new()), Keyboard::default()),
            Act::CloseWrite => self.local.sheets.draft = None,
            Act::Send => {
                let draft = self.local.sheets.draft.take()?;
                self.local.sheets.turn();
                return Some(Wish::SendChat(draft));
            }
            Act::Type(letter) if self.local.sheets.draft.is_some() => self.local.sheets.type_letter(letter),
            Act::Erase if self.local.sheets.draft.is_some() => self.local.sheets.erase(),
            Act::Type(letter) => {
                if let Some(aside) = &mut self.local.aside {
                    aside.typed(letter);
                }
                if let Some(typed) = self.local.typed.as_mut().filter(|typed| typed.len() < TYPED_MAX) {
                    typed.push(letter);
                }
            }
            Act::Erase => {
                if let Some(aside) = &mut self.local.aside {
                    aside.erased();
                }
                if let Some(typed) = &mut self.local.typed {
                    typed.pop();
                }
            }
            Act::JoinTyped => return self.local.typed.clone().map(Wish::JoinTyped),
            Act::Toggle(beside) => {
                self.local.people_from = 0;
                self.local.sheets.turn();
                self.local.beside =
                    if self.local.beside.map(Beside::family) == Some(beside) { None } else { Some(beside) };
            }
            Act::Open(beside) => {
                self.local.sheets.turn();
                self.local.beside = Some(beside);
            }
            Act::OpenPerson(identity) => {
                self.local.sheets.turn();
                (self.local.sheets.person, self.local.beside) = (Some(identity), Some(Beside::Person));
            }
            Act::Ask(act) => self.local.sheets.asking = Some(act),
            Act::Unask => self.local.sheets.asking = None,
            Act::TurnChat { back } => self.local.sheets.chat_back = back,
            Act::Reply => self.local.sheets.replying = true,
            Act::Keep => self.local.sheets.keeping = !self.local.sheets.keeping,
            Act::ShowPeople { from } => self.local.people_from = from,
        }
        None
    }

    /// Lets go of what the view no longer has a place for, and lays the view out.
    fn follow(&mut self, view: &View) {
        if view.screen != Screen::Home || view.dimmed {
            (self.local.typed, self.local.day, self.local.aside) = (None, None, None);
        }
        self.local.aside.take_if(|aside| !aside.is_there(view));
        let call = if let Screen::InCall(call) = &view.screen { Some(call) } else { None };
        // What was open belongs to the screen it was opened on.
        let screen = Some(discriminant(&view.screen));
        if std::mem::replace(&mut self.screen, screen) != screen {
            self.local.beside = None;
        }
        self.local.sheets.follow(call, &mut self.local.beside);
        self.scene = self.layout(view);
        let gone = |pressed: &Pressed| !self.scene.widgets.iter().any(|widget| widget.is_target(&pressed.name));
        if self.pressed.as_ref().is_some_and(gone) {
            self.pressed = None;
        }
    }

    fn layout(&self, view: &View) -> Scene {
        let pressed = self.pressed.as_ref().filter(|pressed| pressed.inside).map(|pressed| pressed.name.as_str());
        let focus = self.reader.focus().filter(|_| view.accessibility.screen_reader);
        let mut page = Page::new(view, &self.surface, pressed).with_focus(focus);
        let invitation = view.invitation.as_ref();
        // Over a meeting, or on the way into one, an invitation is a banner; else it has the screen.
        // Nor does one hide what people are just reading.
        let goes_on = |screen: &Screen| {
            matches!(screen, Screen::InCall(_) | Screen::Joining { .. } | Screen::Lobby { .. } | Screen::Acceptance(_))
        };
        let interrupts = !goes_on(&view.screen);
        if view.dimmed {
            standby::lay_out(&mut page, view);
            return page.finish();
        }
        if let Some(invitation) = invitation.filter(|_| interrupts) {
            invitation::lay_out(&mut page, invitation);
            toast::lay_out(&mut page, view, view.notice.as_ref(), false);
            return page.finish();
        }
        let aside = self.local.aside.as_ref();
        match (&view.screen, &self.local.typed) {
            (screen, _) if self.is_sheet_open(screen) => accessibility::lay_out(&mut page, view),
            (Screen::Home, None) => match (aside, self.local.day) {
                (Some(aside), _) => aside::lay_out(&mut page, view, aside, self.local.keyboard),
                (None, Some(open)) => {
                    day::lay_out(&mut page, view, open);
                    return page.finish();
                }
                (None, None) => home::lay_out(&mut page, view),
            },
            (Screen::Home, Some(typed)) => code::lay_out(&mut page, typed, self.local.keyboard, view.notice.as_ref()),
            (Screen::Acceptance(acceptance), _) => acceptance::lay_out(&mut page, acceptance),
            (Screen::Joining { what, step }, _) => joining::lay_out(&mut page, what, *step),
            (Screen::Lobby { what, waited }, _) => joining::lay_out_lobby(&mut page, what, *waited),
            (Screen::InCall(call), _) if self.local.sheets.draft.is_some() => {
                let draft = self.local.sheets.draft.as_deref().unwrap_or_default();
                write::lay_out(&mut page, call, draft, self.local.keyboard);
            }
            (Screen::InCall(call), _) => {
                call::lay_out(&mut page, view, call, self.local.beside, self.local.people_from, &self.local.sheets)
            }
            (Screen::AudioCheck(check), _) => audio::lay_out(&mut page, check),
            (Screen::Failed { what, reason, can_retry }, _) => ended::lay_out(&mut page, what, reason, *can_retry),
        }
        // What is read already needs no notice.
        let is_read =
            |notice: &&Notice| self.local.beside == Some(Beside::Chat) && matches!(notice, Notice::Chat { .. });
        let notice = view.notice.as_ref().filter(|notice| !is_read(notice));
        let is_typing = self.local.typed.is_some() || self.local.sheets.draft.is_some() || aside.is_some();
        if let Some(invitation) = invitation {
            invitation::lay_out_banner(&mut page, invitation);
            return page.finish();
        }
        let toast = toast::lay_out(&mut page, view, notice, is_typing);
        if !is_typing && accessibility::is_offered(&view.screen) && !self.is_sheet_open(&view.screen) {
            accessibility::opener(&mut page, self.local.beside, toast);
        }
        page.finish()
    }

    /// What people may choose for themselves has the screen to itself, where no meeting goes on.
    fn is_sheet_open(&self, screen: &Screen) -> bool {
        let is_open = matches!(self.local.beside, Some(Beside::Accessibility { .. }));
        is_open && accessibility::is_offered(screen) && !matches!(screen, Screen::InCall(_))
    }

    fn target_at(&self, x: i32, y: i32) -> Option<(String, Act)> {
        let scale = self.surface.scale();
        let finger = Rect { x, y, width: 1, height: 1 };
        let hit =
            |widget: &&crate::scene::Widget| widget.target.is_some() && widget.area.pixels(scale).overlaps(&finger);
        let target = self.scene.widgets.iter().rev().find(hit)?.target.as_ref()?;
        Some((target.name.clone(), target.act.clone()))
    }

    /// Lays this view out without drawing it.
    #[cfg(test)]
    pub(crate) fn lay(&mut self, view: &View) {
        self.surface.set_framed(view.classified.is_some());
        self.surface.set_appearance(view.appearance);
        self.follow(view);
    }

    #[cfg(test)]
    pub(crate) fn surface(&self) -> &Surface {
        &self.surface
    }

    #[cfg(test)]
    pub(crate) fn scene(&self) -> &Scene {
        &self.scene
    }
}
