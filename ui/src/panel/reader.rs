//! The panel read aloud, for people who do not see it.
//!
//! A touch says what is under the finger, sliding says what comes under it, and a second touch on the same target acts.
//! On an empty place the second touch reads the whole page. What changes by itself is said once.

use std::mem::{Discriminant, discriminant};
use std::time::Duration;

use room::View;
use room::audio::AudioCheck;
use room::view::{Language, Notice, Screen};

use crate::geometry::Rect;
use crate::phrases::{say, say_with};
use crate::scene::{Act, Beside, Scene, Shape, Widget};
use crate::sentence;

/// How long the second touch may take to come; later it is a first one again.
const FOCUS_KEPT: Duration = Duration::from_secs(60);
/// How long a finger rests in the corner to turn the screen reader on or off.
const HOLD: Duration = Duration::from_secs(3);
/// The corner, in layout units: where the panel's edges guide a finger that nobody sees.
const CORNER: f32 = 90.0;
/// What is said by itself is no longer than this, in characters; all of it is there at a touch.
const ANNOUNCED_MAX: usize = 260;
/// What has a state worth saying when it changes, whoever changed it.
const STATES: [&str; 4] = ["microphone", "camera", "share", "hand"];

/// What is to be said aloud now, instead of whatever is being said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Speech {
    /// Plain words. Empty: only to fall silent.
    pub text: String,
    /// What it is said in.
    pub language: Language,
    /// Somebody in the meeting is speaking: it is said softly, and is short.
    pub softly: bool,
}

/// What a finger is on.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Under {
    Target { name: String, spoken: String, act: Act },
    Words(String),
    Nothing,
}

/// What was said last of what fingers touch, and when.
#[derive(Debug)]
struct Focus {
    on: Under,
    at: Duration,
}

/// What the panel showed when it was last looked at.
#[derive(Debug, Default)]
struct Known {
    is_on: bool,
    place: Option<Place>,
    notice: Option<Notice>,
    reconnecting: bool,
    texts: Vec<String>,
    states: Vec<(String, String)>,
}

/// Which page is shown.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Place {
    screen: Discriminant<Screen>,
    is_done: bool,
    typing: bool,
    beside: Option<Beside>,
    title: Option<String>,
}

/// Reads out what is touched and what changes.
#[derive(Debug, Default)]
pub(super) struct Reader {
    focus: Option<Focus>,
    /// The finger came down on what it had found before: lifted there, it acts.
    pub armed: bool,
    held_since: Option<Duration>,
    known: Known,
    pending: Option<Speech>,
}

impl Reader {
    /// What is to be said, once.
    pub fn poll(&mut self) -> Option<Speech> {
        self.pending.take()
    }

    /// The target found last, which the next touch on it presses.
    pub fn focus(&self) -> Option<&str> {
        match &self.focus.as_ref()?.on {
            Under::Target { name, .. } => Some(name),
            Under::Words(_) | Under::Nothing => None,
        }
    }

    /// A finger comes down.
    pub fn touched(&mut self, under: Under, view: &View, scene: &Scene) {
        let now = view.local_time;
        let is_again = self.focus.as_ref().is_some_and(|focus| {
            let is_same = match (&focus.on, &under) {
                (Under::Target { name, .. }, Under::Target { name: other, .. }) => name == other,
                (Under::Nothing, Under::Nothing) => true,
                _ => false,
            };
            is_same && now.abs_diff(focus.at) < FOCUS_KEPT
        });
        self.armed = is_again && matches!(under, Under::Target { .. });
        match (&under, is_again) {
            // It is about to be pressed: silence.
            (Under::Target { .. }, true) | (Under::Nothing, false) => self.say(view, String::new()),
            (Under::Nothing, true) => self.say(view, whole(view.language, scene)),
            (found, _) => self.say_found(view, found),
        }
        // While a page is read, the next touch silences it.
        let is_reading = is_again && under == Under::Nothing;
        self.focus = (!is_reading).then_some(Focus { on: under, at: now });
    }

    /// A finger slides. What it comes to is said; between things is nothing to say.
    pub fn slid(&mut self, under: Under, view: &View) {
        let is_same = self.focus.as_ref().is_some_and(|focus| match (&focus.on, &under) {
            (Under::Target { name, .. }, Under::Target { name: other, .. }) => name == other,
            (before, now) => before == now,
        });
        if is_same {
            return;
        }
        self.armed = false;
        self.say_found(view, &under);
        self.focus = (under != Under::Nothing).then_some(Focus { on: under, at: view.local_time });
    }

    /// A target was pressed. What is pressed many times in a row need not be found anew.
    pub fn pressed(&mut self, spoken: &str, act: &Act, view: &View) {
        self.armed = false;
        match act {
            Act::Type(_) => self.say(view, spoken.to_owned()),
            Act::Erase | Act::Wish(room::event::Wish::SetVolume(_)) => {}
            _ => self.focus = None,
        }
    }

    /// Something was typed or erased: what stands there now, letter by letter.
    pub fn typed(&mut self, typed: &str, view: &View) {
        self.say(view, spelled(view.language, typed));
    }

    /// Follows a finger in the corner; true when it has rested there long enough and is lifted.
    pub fn held(&mut self, kind: super::TouchKind, is_corner: bool, now: Duration) -> bool {
        use super::TouchKind::{Down, Move, Up};
        match kind {
            Down if is_corner => self.held_since = Some(now),
            Move if is_corner => {}
            Down | Move => self.held_since = None,
            Up => return self.held_since.take().is_some_and(|since| now.saturating_sub(since) >= HOLD),
        }
        false
    }

    /// Says what has changed since the last look.
    pub fn look(&mut self, view: &View, place: Place, scene: &Scene) {
        let call = if let Screen::InCall(call) = &view.screen { Some(call) } else { None };
        let known = Known {
            is_on: view.accessibility.screen_reader,
            place: Some(place),
            notice: view.notice.clone(),
            reconnecting: call.is_some_and(|call| call.reconnecting),
            texts: texts(scene),
            states: states(scene),
        };
        let before = std::mem::replace(&mut self.known, known);
        let now = &self.known;
        let language = view.language;
        let mut said = Vec::new();
        if before.is_on != now.is_on {
            said.push(say(language, if now.is_on { "reader-on" } else { "reader-off" }));
        }
        if !now.is_on {
            if before.is_on {
                self.focus = None;
                self.say(view, said.remove(0));
            }
            return;
        }
        let is_new_place = before.place != now.place;
        let mut new = now.texts.iter().filter(|text| is_new_place && !before.texts.contains(text)).cloned();
        said.extend(new.next());
        // On a new page what matters most comes after its title.
        let is_new = |state: &&(String, String)| !before.states.contains(state);
        said.extend(now.states.iter().filter(is_new).map(|(_, spoken)| spoken.clone()));
        said.extend(new);
        if let Some(notice) = now.notice.as_ref().filter(|notice| before.notice.as_ref() != Some(*notice)) {
            let sentence = sentence::notice_sentence(language, notice);
            said.retain(|words| *words != sentence);
            said.insert(0, sentence);
        }
        if now.reconnecting && !before.reconnecting && !is_new_place {
            said.push(say(language, "reconnecting"));
        }
        if is_new_place {
            self.focus = None;
        }
        if !said.is_empty() {
            let most = match view.screen {
                // Nobody accepts what they have heard half of.
                Screen::Acceptance(_) => usize::MAX,
                _ if is_softly(view) => ANNOUNCED_MAX / 3,
                _ => ANNOUNCED_MAX,
            };
            let text = shortened(&said, most);
            self.say(view, text);
        }
    }

    fn say_found(&mut self, view: &View, found: &Under) {
        match found {
            Under::Target { spoken, act, .. } => {
                let is_key = matches!(act, Act::Type(_));
                let text = if is_key || is_softly(view) { spoken.clone() } else { button(view.language, spoken) };
                self.say(view, text);
            }
            Under::Words(words) => self.say(view, words.clone()),
            Under::Nothing => {}
        }
    }

    fn say(&mut self, view: &View, text: String) {
        self.pending = Some(Speech { text, language: view.language, softly: is_softly(view) });
    }
}

impl Place {
    pub fn of(view: &View, typing: bool, beside: Option<Beside>, scene: &Scene) -> Place {
        let is_done = matches!(view.screen, Screen::AudioCheck(AudioCheck::Done(_)));
        Place { screen: discriminant(&view.screen), is_done, typing, beside, title: texts(scene).into_iter().next() }
    }
}

/// What lies under a point, in pixels.
pub(super) fn under(scene: &Scene, scale: f32, (x, y): (i32, i32)) -> Under {
    let finger = Rect { x, y, width: 1, height: 1 };
    for widget in scene.widgets.iter().rev().filter(|widget| widget.area.pixels(scale).overlaps(&finger)) {
        if let Some(target) = &widget.target {
            let (name, spoken, act) = (target.name.clone(), target.spoken.clone(), target.act.clone());
            return Under::Target { name, spoken, act };
        }
        let words = words(widget);
        if !words.is_empty() {
            return Under::Words(words);
        }
    }
    Under::Nothing
}

/// Whether this point is in the corner where a resting finger turns the screen reader on or off.
pub(super) fn is_corner(scale: f32, (x, y): (i32, i32)) -> bool {
    let reach = (CORNER * scale) as i32;
    (0..reach).contains(&x) && (0..reach).contains(&y)
}

/// What a widget that cannot be pressed says.
fn words(widget: &Widget) -> String {
    widget.words.clone().unwrap_or_else(|| {
        let texts = widget.shapes.iter().filter_map(|shape| match shape {
            Shape::Text { text, .. } if !text.content.trim().is_empty() => Some(text.content.as_str()),
            _ => None,
        });
        texts.collect::<Vec<_>>().join(", ")
    })
}

/// Everything that is only to be read, in its order.
fn texts(scene: &Scene) -> Vec<String> {
    let plain = scene.widgets.iter().filter(|widget| widget.target.is_none());
    plain.map(words).filter(|words| !words.is_empty()).collect()
}

fn states(scene: &Scene) -> Vec<(String, String)> {
    let targets = scene.widgets.iter().filter_map(|widget| widget.target.as_ref());
    let watched = targets.filter(|target| STATES.contains(&target.name.as_str()));
    watched.map(|target| (target.name.clone(), target.spoken.clone())).collect()
}

/// The whole page: what there is to read, and what can be pressed. Of a keyboard not every key.
fn whole(language: Language, scene: &Scene) -> String {
    let parts = scene.widgets.iter().filter_map(|widget| match &widget.target {
        Some(target) if matches!(target.act, Act::Type(_)) => None,
        Some(target) => Some(button(language, &target.spoken)),
        None => Some(words(widget)).filter(|words| !words.is_empty()),
    });
    sentences(&parts.collect::<Vec<_>>())
}

fn button(language: Language, spoken: &str) -> String {
    say_with(language, "spoken-button", &[("what", spoken.into())])
}

/// Letter by letter; what has no sound by itself by its name.
pub(super) fn spelled(language: Language, typed: &str) -> String {
    if typed.is_empty() {
        return say(language, "spoken-nothing-typed");
    }
    let letters = typed.chars().map(|letter| match key(letter) {
        Some(key) => say(language, key),
        None => letter.to_string(),
    });
    letters.collect::<Vec<_>>().join(", ")
}

/// The phrase for a mark that has no sound by itself.
pub(crate) fn key(letter: char) -> Option<&'static str> {
    match letter {
        '-' => Some("spoken-key-minus"),
        '.' => Some("spoken-key-dot"),
        ':' => Some("spoken-key-colon"),
        '/' => Some("spoken-key-slash"),
        _ => None,
    }
}

/// One after the other, each with its end.
fn sentences(parts: &[String]) -> String {
    let mut whole = String::new();
    for part in parts {
        whole.push_str(part.trim());
        whole.push_str(if part.trim().ends_with(['.', '?', '!', '…']) { " " } else { ". " });
    }
    whole.trim_end().to_owned()
}

/// The first of these, at least one, of together about so many characters at most.
fn shortened(parts: &[String], most: usize) -> String {
    let mut length = 0;
    let fitting = parts.iter().take_while(|part| {
        let is_first = length == 0;
        length += part.chars().count();
        is_first || length <= most
    });
    sentences(&fitting.cloned().collect::<Vec<_>>())
}

/// Whether somebody else is speaking.
fn is_softly(view: &View) -> bool {
    matches!(&view.screen, Screen::InCall(call) if call.participants.iter().any(|person| person.speaking))
}
