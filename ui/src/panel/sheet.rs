//! What the sheets beside the controls of a meeting have in common.

use room::moderation::Moderation;
use room::view::{InCall, Participant};

use super::write::DRAFT_MAX;
use crate::geometry::Area;
use crate::icon::Icon;
use crate::page::{Button, Look, Page, framed};
use crate::scene::{Act, Beside, Shape};
use crate::sentence;
use crate::style::SURFACE;
use crate::text::{Text, Weight};
use room::event::Wish;

/// The smallest thing a finger hits for sure.
pub(super) const TOUCH: f32 = 80.0;
pub(super) const GAP: f32 = 8.0;

/// What of the sheets only the person at the panel knows.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Sheets {
    /// Who is looked at more closely, by identity.
    pub person: Option<String>,
    /// What is to be done once the question is answered.
    pub asking: Option<Moderation>,
    /// How many messages of others have been read, as [`room::view::Chat::received`] counts them.
    pub read: u64,
    /// How many messages below those shown are passed over.
    pub chat_back: usize,
    /// A reply is being chosen.
    pub replying: bool,
    /// What is being typed to everybody, while the keyboard is open.
    pub draft: Option<String>,
    /// The next place touched is where the camera's is kept.
    pub keeping: bool,
}

impl Sheets {
    pub fn type_letter(&mut self, letter: char) {
        if let Some(draft) = self.draft.as_mut().filter(|draft| draft.chars().count() < DRAFT_MAX) {
            draft.push(letter);
        }
    }

    pub fn erase(&mut self) {
        if let Some(draft) = &mut self.draft {
            draft.pop();
        }
    }

    /// Messages not read yet.
    pub fn unread(&self, call: &InCall) -> u64 {
        call.chat.received.saturating_sub(self.read)
    }

    /// Another sheet is opened, or none.
    pub fn turn(&mut self) {
        (self.asking, self.chat_back, self.replying, self.keeping) = (None, 0, false, false);
    }

    /// What is done closes the question about it, what is sent the choice of it.
    pub fn wished(&mut self, wish: &Wish) {
        match wish {
            Wish::Moderate(_) => self.asking = None,
            Wish::KeepPreset(_) => self.keeping = false,
            Wish::SendChat(_) => (self.replying, self.chat_back) = (false, 0),
            _ => {}
        }
    }

    /// Lets go of what the meeting has no place for any more, and counts as read what is shown.
    pub fn follow(&mut self, call: Option<&InCall>, beside: &mut Option<Beside>) {
        let Some(call) = call else {
            *self = Sheets::default();
            return;
        };
        if call.chat.received < self.read {
            self.read = 0; // another meeting
        }
        if *beside == Some(Beside::Chat) && !self.replying && self.chat_back == 0 {
            self.read = call.chat.received;
        }
        self.draft.take_if(|_| !call.chat.may_write);
        self.asking.take_if(|act| !call.rights.allow(act));
        if *beside == Some(Beside::Code) && call.encryption.code().is_none() {
            *beside = Some(Beside::People);
        }
        if *beside == Some(Beside::Person) && self.of(call).is_none() {
            (*beside, self.asking) = (Some(Beside::People), None);
        }
    }

    /// Who is looked at more closely, while they are there.
    pub fn of<'a>(&self, call: &'a InCall) -> Option<&'a Participant> {
        let identity = self.person.as_ref()?;
        call.participants.iter().find(|person| person.identity == *identity)
    }
}

/// The frame of a sheet with its title, and a way back where one came from. Returns what is left.
pub(super) fn sheet(page: &mut Page, title: &str, back: Option<Act>, area: Area) -> Area {
    let shapes = framed(area, SURFACE);
    page.card(area, shapes);
    let inside = area.inset(24.0, 16.0);
    let title = Text::foreign(title, 26.0).weight(Weight::SemiBold);
    match back {
        None => {
            page.text(title, inside.top(52.0));
            inside.below(60.0)
        }
        Some(act) => {
            let head = inside.top(TOUCH);
            page.button(Button { icon: Some(Icon::Back), ..small("back", act, head.left(TOUCH)) });
            page.text(title, head.after(TOUCH + 16.0));
            inside.below(TOUCH + GAP)
        }
    }
}

/// A button with nothing on it yet.
pub(super) fn small(name: &str, act: Act, area: Area) -> Button {
    Button {
        name: name.into(),
        act,
        area,
        look: Look::Plain,
        icon: None,
        label: String::new(),
        size: 22.0,
        stacked: false,
    }
}

/// A button over the whole width of a sheet.
pub(super) fn wide(page: &mut Page, name: &str, act: Act, icon: Icon, label: String, area: Area) {
    page.button(Button { icon: Some(icon), label, ..small(name, act, area) });
}

/// The question before something that cannot be undone, in the place of what asked it.
pub(super) fn question(page: &mut Page, call: &InCall, act: &Moderation, area: Area) {
    let name = |identity: &str| {
        let person = call.participants.iter().find(|person| person.identity == identity);
        sentence::name(page.language, person.map_or("", |person| &person.name))
    };
    let (question, hint, confirm) = match act {
        Moderation::Remove(identity) => {
            let name = name(identity);
            let question = page.say_with("ask-remove", &[("name", name.as_str().into())]);
            (question, page.say("ask-remove-hint"), page.say("confirm-remove"))
        }
        Moderation::MuteAll => (page.say("ask-mute-all"), page.say("ask-mute-all-hint"), page.say("confirm-mute-all")),
        _ => (page.say("ask-end"), page.say("ask-end-hint"), page.say("confirm-end")),
    };
    let shapes = framed(area, SURFACE);
    page.card(area, shapes);
    let inside = area.inset(24.0, 24.0);
    let question = Text::foreign(&question, 30.0).weight(Weight::Bold).lines(4).at_top();
    let height = page.fonts.shape(&question, inside.width).height;
    let hint = Text::new(hint, 23.0).quiet().lines(4).at_top();
    let hint_height = page.fonts.shape(&hint, inside.width).height;
    let words = inside.top(height + 14.0 + hint_height);
    let shapes = vec![
        Shape::Text { text: question, area: words.top(height) },
        Shape::Text { text: hint, area: words.below(height + 14.0) },
    ];
    page.card(words, shapes);
    let buttons = Area { y: inside.bottom() - TOUCH - 8.0, height: TOUCH + 8.0, ..inside };
    let cancel = Button { label: page.say("cancel"), ..small("cancel", Act::Unask, buttons.column(0, 2, 16.0)) };
    page.button(cancel);
    let confirm = Button {
        label: confirm,
        look: Look::Danger,
        ..small("confirm", Act::Wish(Wish::Moderate(act.clone())), buttons.column(1, 2, 16.0))
    };
    page.button(confirm);
}
