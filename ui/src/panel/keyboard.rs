//! The keyboard on the screen, for every text people type: codes, titles, messages.
//!
//! Whoever shows it says where, and takes what its keys do: [`Act::Type`], [`Act::Erase`], and
//! [`Act::Shift`] and [`Act::Symbols`], which are for [`Keyboard::takes`] alone.

use room::view::Language;

use crate::geometry::Area;
use crate::icon::Icon;
use crate::page::{Button, Look, MARGIN, Page, RADIUS};
use crate::scene::{Act, Shape};
use crate::style::{ACCENT, QUIET, SURFACE};
use crate::text::{Elide, Text};

/// Its height at most, in layout units: larger keys are further apart, and no easier to hit.
const HEIGHT_MAX: f32 = 512.0;
const GAP: f32 = 8.0;
const ROWS: usize = 5;

/// Which keys are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Keyboard {
    /// The next letter is a capital one; then it is off again.
    pub shift: bool,
    /// Signs and the letters of other languages instead of the plain ones.
    pub symbols: bool,
}

impl Keyboard {
    /// What a key means for the keyboard itself.
    pub fn takes(&mut self, act: &Act) {
        match act {
            Act::Shift => self.shift = !self.shift,
            Act::Symbols => (self.symbols, self.shift) = (!self.symbols, false),
            Act::Type(_) => self.shift = false,
            _ => {}
        }
    }
}

/// The rows of one language as people there know them: AZERTY, QWERTY, QWERTZ. The last row stands between
/// shift and backspace.
fn letters(language: Language) -> [&'static str; 4] {
    match language {
        Language::French => ["1234567890", "azertyuiop", "qsdfghjklm", "wxcvbn’"],
        Language::English => ["1234567890", "qwertyuiop", "asdfghjkl’", "zxcvbnm"],
        Language::German => ["1234567890ß", "qwertzuiopü", "asdfghjklöä", "yxcvbnm"],
    }
}

/// As many on each row as of letters, so that no key changes its size.
fn symbols(language: Language) -> [&'static str; 4] {
    match language {
        Language::French => ["1234567890", "éèêëàâçùûî", "ôœ@#&%€+=*", "()!?\"',"],
        Language::English => ["1234567890", "éèêàçñäöüß", "@#£€$%&+=*", "()!?\"',"],
        Language::German => ["1234567890§", "éèêàâçñøåœ’", "@#€$%&+=*;~", "()!?\"',"],
    }
}

/// What stands above a keyboard: a row for what is asked and the way back, and one for what is typed. With them, from
/// where on the keyboard is.
pub(super) fn rows_above(page: &Page) -> (Area, Area, f32) {
    let (top, height, gap) = if is_low(page) { (12.0, 80.0, 8.0) } else { (28.0, 88.0, 16.0) };
    let inside = page.area.inset(MARGIN, 0.0);
    let row = |y: f32| Area { y, height, ..inside };
    (row(top), row(top + height + gap), top + 2.0 * (height + gap))
}

fn is_low(page: &Page) -> bool {
    page.area.height < 720.0
}

/// What is typed, and where the next letter goes; or else a hint. Of a long text the end is shown, where one types.
pub(super) fn field(page: &mut Page, typed: &str, hint: Text, letters: Text, area: Area) {
    let text = if typed.is_empty() { hint.color(QUIET) } else { letters.elided(Elide::Start) };
    let inside = area.inset(28.0, 0.0);
    let end = if typed.is_empty() { -10.0 } else { page.fonts.shape(&text, inside.width).width + 6.0 };
    let caret = Area::new(inside.x + end, area.y + 24.0, 3.0, area.height - 48.0);
    let shapes = vec![
        Shape::Fill { area, radius: RADIUS, color: SURFACE },
        Shape::Outline { area, radius: RADIUS, width: 2.0, color: ACCENT },
        Shape::Text { text, area: inside },
        Shape::Fill { area: caret, radius: 1.5, color: ACCENT },
    ];
    page.card(area, shapes);
}

/// Lays the keyboard out from this height on. It needs eleven keys of 80 layout units side by side, and five above one
/// another.
pub(super) fn lay_out(page: &mut Page, keyboard: Keyboard, top: f32) {
    let area = page.area.inset(24.0, 0.0).below(top);
    let area = area.top((area.height - if is_low(page) { 12.0 } else { 16.0 }).min(HEIGHT_MAX));
    let rows = if keyboard.symbols { symbols(page.language) } else { letters(page.language) };
    let columns = rows[0].chars().count() as f32;
    let keys = Keys { keyboard, area, width: (area.width - (columns - 1.0) * GAP) / columns };
    for (row, letters) in rows[..3].iter().enumerate() {
        for (column, letter) in letters.chars().enumerate() {
            keys.letter(page, letter, keys.place(row, column as f32, 1.0));
        }
    }
    // Shift and backspace take what the letters between them leave.
    let between = rows[3].chars().count() as f32;
    let side = (columns - between) / 2.0;
    let shift = if keyboard.shift { Look::Active } else { Look::Plain };
    keys.press(page, "shift", Act::Shift, shift, Icon::Shift, keys.place(3, 0.0, side));
    for (column, letter) in rows[3].chars().enumerate() {
        keys.letter(page, letter, keys.place(3, side + column as f32, 1.0));
    }
    keys.press(page, "backspace", Act::Erase, Look::Plain, Icon::Backspace, keys.place(3, side + between, side));

    let other = if keyboard.symbols { "abc" } else { "é&@" };
    keys.write(page, "symbols", Act::Symbols, other.into(), keys.place(4, 0.0, side));
    keys.letter(page, '-', keys.place(4, side, 1.0));
    keys.letter(page, '_', keys.place(4, side + 1.0, 1.0));
    let space = columns - side - 5.0;
    let label = page.say("key-space");
    keys.write(page, "key-space", Act::Type(' '), label, keys.place(4, side + 2.0, space));
    for (column, letter) in ['.', '/', ':'].into_iter().enumerate() {
        keys.letter(page, letter, keys.place(4, side + 2.0 + space + column as f32, 1.0));
    }
}

/// Where keys are: columns and rows of one size, with the same gap between all of them.
struct Keys {
    keyboard: Keyboard,
    area: Area,
    /// Of one key.
    width: f32,
}

impl Keys {
    /// The place of a key so many columns wide.
    fn place(&self, row: usize, column: f32, columns: f32) -> Area {
        let height = (self.area.height - (ROWS as f32 - 1.0) * GAP) / ROWS as f32;
        let (step, width) = (self.width + GAP, columns * (self.width + GAP) - GAP);
        Area::new(self.area.x + column * step, self.area.y + row as f32 * (height + GAP), width, height)
    }

    fn letter(&self, page: &mut Page, letter: char, place: Area) {
        // A letter whose capital is two letters, as of ß, has none here.
        let mut capital = letter.to_uppercase();
        let letter = match (self.keyboard.shift, capital.next(), capital.next()) {
            (true, Some(capital), None) => capital,
            _ => letter,
        };
        self.write(page, &key_name(letter), Act::Type(letter), letter.to_string(), place);
        if let Some(key) = super::spoken_key(letter) {
            let words = page.say(key);
            page.tell_instead(words);
        }
    }

    fn write(&self, page: &mut Page, name: &str, act: Act, label: String, place: Area) {
        // A word on a key is smaller than a letter.
        let size = if label.chars().count() > 1 { 26.0 } else { 34.0 };
        let (name, look) = (name.to_owned(), Look::Plain);
        page.button(Button { name, act, area: place, look, icon: None, label, size, stacked: false });
    }

    fn press(&self, page: &mut Page, name: &str, act: Act, look: Look, icon: Icon, place: Area) {
        let (name, icon, label) = (name.to_owned(), Some(icon), String::new());
        page.button(Button { name, act, area: place, look, icon, label, size: 32.0, stacked: false });
    }
}

/// The target that types this letter: `key-a`, `key-A`, `key-minus`.
pub(crate) fn key_name(letter: char) -> String {
    let word = match letter {
        '-' => "minus",
        '.' => "dot",
        ':' => "colon",
        '/' => "slash",
        ' ' => "space",
        letter => return format!("key-{letter}"),
    };
    format!("key-{word}")
}
