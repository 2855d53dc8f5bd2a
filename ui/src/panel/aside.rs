//! Pages beside home that are about the room itself: booking it, and what technicians and administrators need.

use room::View;
use room::administration::{CODE_DIGITS, Code, Setting};
use room::event::Wish;
use room::view::Administration;

use super::keyboard::Keyboard;
use super::{booking, facts, restart, settings};
use crate::geometry::Area;
use crate::icon::Icon;
use crate::page::{Button, Look, MARGIN, Page};
use crate::scene::Act;
use crate::text::{Text, Weight};

/// The longest name for others that can be typed, in bytes.
const NAME_MAX: usize = 60;
/// How wide the button is that leads out.
const CLOSE: f32 = 216.0;

/// Which page is open.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Aside {
    Booking,
    /// What a technician has read out on the phone.
    Facts,
    /// The settings, behind the administrator code, of which so much is typed.
    Settings {
        code: String,
    },
    /// Whether the room is to restart.
    Restart,
    /// The name others read, being typed.
    Name {
        typed: String,
    },
}

impl Aside {
    /// What the room is to know when this opens.
    pub fn opened(&self) -> Option<Wish> {
        matches!(self, Aside::Facts).then_some(Wish::ShowFacts)
    }

    /// What the room is to know when this closes.
    pub fn closed(&self) -> Option<Wish> {
        (*self != Aside::Booking).then_some(Wish::CloseService)
    }

    /// A key was pressed.
    pub fn typed(&mut self, letter: char) {
        match self {
            Aside::Settings { code } if code.len() < *CODE_DIGITS.end() && letter.is_ascii_digit() => code.push(letter),
            Aside::Name { typed } if typed.len() < NAME_MAX => typed.push(letter),
            _ => {}
        }
    }

    pub fn erased(&mut self) {
        if let Aside::Settings { code: typed } | Aside::Name { typed } = self {
            typed.pop();
        }
    }

    /// What was typed is what is meant.
    pub fn entered(&mut self) -> Option<Wish> {
        match self {
            Aside::Settings { code } => Code::parse(&std::mem::take(code)).map(Wish::EnterCode),
            Aside::Name { typed } => {
                let wish = Wish::Set(Setting::DisplayName(std::mem::take(typed)));
                *self = Aside::Settings { code: String::new() };
                Some(wish)
            }
            Aside::Booking | Aside::Facts | Aside::Restart => None,
        }
    }

    /// Whether the room still has what this shows.
    pub fn is_there(&self, view: &View) -> bool {
        match self {
            Aside::Booking => view.booking.is_some(),
            Aside::Facts => true,
            Aside::Restart => view.restart.is_some(),
            Aside::Settings { .. } => view.administration != Administration::None,
            Aside::Name { .. } => matches!(view.administration, Administration::Open { .. }),
        }
    }
}

pub(super) fn lay_out(page: &mut Page, view: &View, aside: &Aside, keyboard: Keyboard) {
    match aside {
        Aside::Booking => {
            if let Some(booking) = &view.booking {
                booking::lay_out(page, view, booking);
            }
        }
        Aside::Facts => facts::lay_out(page, view),
        Aside::Restart => {
            if let Some(restart) = view.restart {
                restart::lay_out(page, restart);
            }
        }
        Aside::Settings { code } => settings::lay_out(page, view, code),
        Aside::Name { typed } => settings::lay_out_name(page, typed, keyboard),
    }
}

/// Title, and the way out; what remains between them and notices.
pub(super) fn head(page: &mut Page, title: String, also: Option<Button>) -> Area {
    let inside = page.area.inset(MARGIN, 0.0);
    let line = inside.below(16.0).top(84.0);
    let mut free = line.width - CLOSE - 24.0;
    page.button(Button {
        name: "close".into(),
        act: Act::Back,
        area: line.after(line.width - CLOSE),
        look: Look::Plain,
        icon: Some(Icon::Cross),
        label: page.say("close"),
        size: 24.0,
        stacked: false,
    });
    if let Some(button) = also {
        let width = button.area.width;
        free -= width + 16.0;
        page.button(Button { area: line.after(free + 24.0).left(width), ..button });
    }
    page.text(Text::new(title, 34.0).weight(Weight::Bold), line.left(free));
    let rest = inside.below(116.0);
    rest.top(rest.height - 108.0)
}
