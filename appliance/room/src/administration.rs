//! What may be changed at the panel by whoever knows the administrator code, and the door before it.

use std::time::{Duration, Instant};

use crate::Now;
use crate::view::{Administration, Appearance, Language};

/// So many wrong codes cost nothing.
const WRONG_FREE: u32 = 5;
/// What the next one costs; each further one twice as much.
const WAIT_FIRST: Duration = Duration::from_secs(60);
const WAIT_MAX: Duration = Duration::from_secs(3600);
/// Whoever opened the settings and went away has closed them.
const OPEN_FOR: Duration = Duration::from_secs(180);
/// Checking a code takes a moment by design.
const CHECK_WITHIN: Duration = Duration::from_secs(10);

/// Digits of a code.
pub const CODE_DIGITS: std::ops::RangeInclusive<usize> = 6..=12;

/// A code somebody has typed. Its `Debug` does not tell it.
#[derive(Clone, PartialEq, Eq)]
pub struct Code(String);

impl Code {
    /// `None` for what cannot be one: it is digits, [`CODE_DIGITS`] of them.
    pub fn parse(typed: &str) -> Option<Code> {
        let is_code = CODE_DIGITS.contains(&typed.len()) && typed.bytes().all(|byte| byte.is_ascii_digit());
        is_code.then(|| Code(typed.to_owned()))
    }

    pub fn digits(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Code(…)")
    }
}

/// What may be changed at the panel: what the room starts with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The room's language at its start.
    pub language: Language,
    /// Loudspeaker volume at the start, in percent.
    pub volume: u8,
    /// The name others read in a meeting; kept empty when it is the room's own.
    pub display_name: String,
    /// How the panel and the display look at the start.
    pub appearance: Appearance,
}

/// Which settings IT has laid down: they are shown, and cannot be changed at the panel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Fixed {
    pub language: bool,
    pub volume: bool,
    pub display_name: bool,
    pub high_contrast: bool,
    pub large_text: bool,
}

/// One setting, changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Setting {
    Language(Language),
    /// Percent, 0 to 100.
    Volume(u8),
    /// Empty: the room's own name.
    DisplayName(String),
    HighContrast(bool),
    LargeText(bool),
}

/// The longest name for others, in characters.
const NAME_MAX: usize = 60;

impl Settings {
    /// Changes one, unless it is laid down; whether anything changed.
    pub fn change(&mut self, setting: Setting, fixed: Fixed) -> bool {
        let before = self.clone();
        match setting {
            Setting::Language(language) if !fixed.language => self.language = language,
            Setting::Volume(percent) if !fixed.volume => self.volume = percent.min(100),
            Setting::HighContrast(on) if !fixed.high_contrast => self.appearance.high_contrast = on,
            Setting::LargeText(on) if !fixed.large_text => self.appearance.large_text = on,
            Setting::DisplayName(name) if !fixed.display_name => {
                let plain = name.chars().filter(|letter| !letter.is_control()).take(NAME_MAX).collect::<String>();
                plain.trim().clone_into(&mut self.display_name);
            }
            _ => {}
        }
        before != *self
    }
}

/// The door before the settings: closed, slower to try with every wrong code, and closed again by itself.
#[derive(Debug)]
pub(crate) struct Door {
    state: DoorState,
    wrong: u32,
    /// No code is looked at until then.
    wait_until: Option<Instant>,
    next_attempt: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum DoorState {
    /// There is no code, and so nothing to open.
    Walled,
    Closed {
        was_wrong: bool,
    },
    Checking {
        attempt: u64,
        until: Instant,
    },
    Open {
        until: Instant,
    },
}

impl Door {
    pub fn new(has_code: bool) -> Door {
        let state = if has_code { DoorState::Closed { was_wrong: false } } else { DoorState::Walled };
        Door { state, wrong: 0, wait_until: None, next_attempt: 1 }
    }

    /// Somebody typed a code: the number under which it is to be checked, unless it is too soon.
    pub fn knock(&mut self, now: Now) -> Option<u64> {
        let DoorState::Closed { .. } = self.state else { return None };
        if self.wait_until.is_some_and(|until| until > now.monotonic) {
            return None;
        }
        let attempt = self.next_attempt;
        self.next_attempt += 1;
        // Counted before it is checked: who interrupts a check wins nothing.
        self.wrong += 1;
        if let Some(doublings) = self.wrong.checked_sub(WRONG_FREE) {
            let wait = WAIT_FIRST.saturating_mul(1 << doublings.min(16)).min(WAIT_MAX);
            self.wait_until = Some(now.monotonic + wait);
        }
        self.state = DoorState::Checking { attempt, until: now.monotonic + CHECK_WITHIN };
        Some(attempt)
    }

    /// What came of checking a code.
    pub fn checked(&mut self, attempt: u64, is_right: bool, now: Now) {
        let DoorState::Checking { attempt: current, .. } = self.state else { return };
        if current != attempt {
            return;
        }
        if is_right {
            (self.wrong, self.wait_until) = (0, None);
            self.state = DoorState::Open { until: now.monotonic + OPEN_FOR };
        } else {
            self.state = DoorState::Closed { was_wrong: true };
        }
    }

    /// Whether the settings may be changed; whoever does keeps them open.
    pub fn enter(&mut self, now: Now) -> bool {
        match &mut self.state {
            DoorState::Open { until } if *until > now.monotonic => {
                *until = now.monotonic + OPEN_FOR;
                true
            }
            _ => false,
        }
    }

    pub fn close(&mut self) {
        match self.state {
            DoorState::Open { .. } | DoorState::Closed { .. } => self.state = DoorState::Closed { was_wrong: false },
            DoorState::Walled | DoorState::Checking { .. } => {}
        }
    }

    pub fn timeout(&mut self, now: Now) {
        self.wait_until.take_if(|until| *until <= now.monotonic);
        match self.state {
            DoorState::Open { until } if until <= now.monotonic => self.close(),
            DoorState::Checking { until, .. } if until <= now.monotonic => {
                self.state = DoorState::Closed { was_wrong: false };
            }
            _ => {}
        }
    }

    pub fn deadline(&self) -> Option<Instant> {
        let state = match self.state {
            DoorState::Open { until } | DoorState::Checking { until, .. } => Some(until),
            DoorState::Walled | DoorState::Closed { .. } => None,
        };
        state.into_iter().chain(self.wait_until).min()
    }

    pub fn view(&self, settings: &Settings, fixed: Fixed, now: Now) -> Administration {
        match self.state {
            DoorState::Walled => Administration::None,
            DoorState::Open { .. } => Administration::Open { settings: settings.clone(), fixed },
            DoorState::Checking { .. } => Administration::Checking,
            DoorState::Closed { was_wrong } => {
                let wait = self.wait_until.map(|until| until.saturating_duration_since(now.monotonic));
                let minutes = wait.map_or(0, |wait| wait.as_secs().div_ceil(60));
                Administration::Closed { was_wrong, wait_minutes: minutes as u16 }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(start: Instant, seconds: u64) -> Now {
        Now { monotonic: start + Duration::from_secs(seconds), wall: Duration::from_secs(seconds), utc_offset_s: 0 }
    }

    fn settings() -> Settings {
        let (language, appearance) = (Language::French, Appearance::default());
        Settings { language, volume: 70, display_name: "Turing".into(), appearance }
    }

    #[test]
    fn a_code_is_digits_and_debug_does_not_tell_them() {
        for refused in ["", "12345", "1234567890123", "12345a", "１２３４５６", " 123456"] {
            assert_eq!(Code::parse(refused), None, "{refused}");
        }
        let code = Code::parse("31415926").unwrap();
        assert_eq!((code.digits(), format!("{code:?}").as_str()), ("31415926", "Code(…)"));
    }

    #[test]
    fn without_a_code_nothing_opens() {
        let start = Instant::now();
        let mut door = Door::new(false);
        assert_eq!(door.knock(at(start, 0)), None);
        door.checked(1, true, at(start, 0));
        door.close();
        assert!(!door.enter(at(start, 0)));
        assert_eq!(door.view(&settings(), Fixed::default(), at(start, 0)), Administration::None);
    }

    #[test]
    fn after_five_wrong_codes_a_minute_passes_then_two_then_four() {
        let start = Instant::now();
        let mut door = Door::new(true);
        let wrong = |door: &mut Door, second| match door.knock(at(start, second)) {
            Some(attempt) => {
                door.checked(attempt, false, at(start, second));
                true
            }
            None => false,
        };
        let mut second = 0;
        for _ in 0..5 {
            assert!(wrong(&mut door, second));
        }
        for minutes in [1, 2, 4, 8, 16, 32, 60, 60] {
            let Administration::Closed { was_wrong: true, wait_minutes } =
                door.view(&settings(), Fixed::default(), at(start, second))
            else {
                panic!()
            };
            assert_eq!(u64::from(wait_minutes), minutes);
            assert!(!wrong(&mut door, second + minutes * 60 - 1), "too soon after {minutes} minutes");
            second += minutes * 60;
            door.timeout(at(start, second));
            assert!(wrong(&mut door, second));
        }
        // The right one ends it.
        second += 3600;
        let attempt = door.knock(at(start, second)).unwrap();
        door.checked(attempt, true, at(start, second));
        door.close();
        for _ in 0..4 {
            assert!(wrong(&mut door, second));
        }
        assert!(door.knock(at(start, second)).is_some());
    }

    #[test]
    fn a_check_that_is_not_answered_counts_as_a_wrong_code() {
        let start = Instant::now();
        let mut door = Door::new(true);
        for attempt in 0..5 {
            let now = at(start, attempt * 20);
            let number = door.knock(now).unwrap();
            assert_eq!(door.knock(now), None, "one at a time");
            door.timeout(at(start, attempt * 20 + 10));
            door.checked(number, true, at(start, attempt * 20 + 11));
            assert!(!door.enter(at(start, attempt * 20 + 11)), "an answer that came too late opens nothing");
        }
        assert_eq!(door.knock(at(start, 100)), None);
    }

    #[test]
    fn settings_close_by_themselves_and_stay_open_while_they_are_used() {
        let start = Instant::now();
        let mut door = Door::new(true);
        let attempt = door.knock(at(start, 0)).unwrap();
        door.checked(attempt + 1, true, at(start, 0));
        assert!(!door.enter(at(start, 0)), "another's answer");
        door.checked(attempt, true, at(start, 0));
        assert!(door.enter(at(start, 100)) && door.enter(at(start, 270)));
        assert_eq!(door.deadline(), Some(at(start, 450).monotonic));
        door.timeout(at(start, 450));
        assert!(!door.enter(at(start, 450)));
    }

    #[test]
    fn what_it_has_laid_down_stays() {
        let mut now = settings();
        let fixed = Fixed { language: true, display_name: true, large_text: true, ..Fixed::default() };
        assert!(!now.change(Setting::Language(Language::German), fixed));
        assert!(!now.change(Setting::DisplayName("Another".into()), fixed));
        assert!(!now.change(Setting::LargeText(true), fixed) && now.change(Setting::HighContrast(true), fixed));
        assert!(now.change(Setting::Volume(250), fixed));
        assert_eq!(now.volume, 100);
        assert!(now.change(Setting::DisplayName(format!(" Salle\u{7}\n {}", "x".repeat(100))), Fixed::default()));
        assert!(now.display_name.starts_with("Salle ") && now.display_name.chars().count() <= 60);
    }
}
