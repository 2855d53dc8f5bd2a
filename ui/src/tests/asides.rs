//! What touches mean on the pages beside home.

use room::View;
use room::administration::{Code, Fixed, Setting, Settings};
use room::booking::BookingWish;
use room::event::Wish;
use room::power::PowerAct;
use room::view::{Administration, Appearance, Language};

use super::examples::{asides, fonts, home, in_call};
use super::touches::tap;
use crate::Panel;

const SIZE: (u32, u32) = (1280, 800);

/// A panel that shows this page, as `asides` knows it.
fn shown(name: &str) -> (Panel, View) {
    let (_, way, view) = asides(Language::English).into_iter().find(|(other, ..)| other == name).unwrap();
    let mut panel = Panel::new(SIZE, fonts());
    panel.draw(&view);
    for target in way {
        tap(&mut panel, target, &view);
        panel.draw(&view);
    }
    (panel, view)
}

fn tapped(page: &str, target: &str) -> Option<Wish> {
    let (mut panel, view) = shown(page);
    tap(&mut panel, target, &view)
}

fn names(panel: &Panel) -> Vec<String> {
    panel.targets().into_iter().map(|(name, _)| name).collect()
}

#[test]
fn a_touch_books_and_says_for_how_long() {
    let book = |minutes| Some(Wish::Book(BookingWish::Book { minutes }));
    assert_eq!(tapped("booking-free", "book-45"), book(Some(45)));
    assert_eq!(tapped("booking-free-until", "book-next"), book(None));
    let extend = |minutes| Some(Wish::Book(BookingWish::Extend { minutes }));
    assert_eq!(tapped("booking-taken", "book-15"), extend(Some(15)));
    assert_eq!(tapped("booking-taken", "book-next"), extend(None));
    assert_eq!(tapped("booking-taken", "release"), Some(Wish::Book(BookingWish::Release)));
    assert_eq!(tapped("booking-check-in", "check-in"), Some(Wish::Book(BookingWish::CheckIn)));
}

#[test]
fn nothing_is_booked_while_the_calendar_is_asked_or_not_believed() {
    for page in ["booking-waiting", "booking-unsure"] {
        assert_eq!(names(&shown(page).0), ["close"], "{page}");
    }
    assert_eq!(names(&shown("booking-full").0), ["close"], "what is somebody else's is not ended");
}

#[test]
fn only_a_room_that_can_be_booked_offers_it() {
    let (mut view, mut panel) = (home(Language::French), Panel::new(SIZE, fonts()));
    panel.draw(&view);
    assert!(!names(&panel).contains(&"book".to_owned()));
    view.booking = shown("booking-free").1.booking;
    panel.draw(&view);
    assert_eq!(tap(&mut panel, "book", &view), None);
    panel.draw(&view);
    assert!(names(&panel).contains(&"book-15".to_owned()));
    // The calendar has gone, and so has the page.
    view.booking = None;
    panel.draw(&view);
    assert!(names(&panel).contains(&"code".to_owned()));
}

#[test]
fn without_an_administrator_code_there_are_facts_and_no_settings() {
    let view = home(Language::German);
    let mut panel = Panel::new(SIZE, fonts());
    panel.draw(&view);
    assert_eq!(tap(&mut panel, "about", &view), Some(Wish::ShowFacts));
    panel.draw(&view);
    assert_eq!(names(&panel), ["close"]);
    assert_eq!(tap(&mut panel, "close", &view), Some(Wish::CloseService));
}

#[test]
fn a_room_is_restarted_by_two_touches_and_against_a_meeting_by_who_has_read_of_it() {
    let power = |insist| Some(Wish::Power { act: PowerAct::Restart, insist });
    assert_eq!(tapped("restart", "restart-now"), power(false));
    assert_eq!(tapped("restart-meeting", "restart-now"), power(true));
    assert_eq!(tapped("facts", "restart"), None, "the first touch only asks");
    let has_restart = |page: &str| names(&shown(page).0).contains(&"restart".to_owned());
    assert!(has_restart("facts") && has_restart("settings-open"));
    assert!(!has_restart("facts-at-once"), "nothing restarts this machine");
    assert!(!has_restart("facts-bad") && !has_restart("settings-code"), "with a code only behind it");
    // What is no longer offered is no longer shown.
    let (mut panel, mut view) = shown("restart");
    view.restart = None;
    panel.draw(&view);
    assert!(!names(&panel).contains(&"restart-now".to_owned()));
}

#[test]
fn a_code_is_typed_in_dots_and_only_a_whole_one_is_tried() {
    let (mut panel, view) = shown("settings-code");
    for digit in "31415".chars() {
        tap(&mut panel, &format!("key-{digit}"), &view);
        panel.draw(&view);
    }
    assert!(!names(&panel).contains(&"enter".to_owned()), "five digits are no code");
    tap(&mut panel, "key-9", &view);
    panel.draw(&view);
    let said = super::screens::said(&panel);
    assert!(said.contains(&"••••••".to_owned()) && !said.iter().any(|text| text.contains("31")), "{said:?}");
    assert_eq!(tap(&mut panel, "enter", &view), Some(Wish::EnterCode(Code::parse("314159").unwrap())));
    panel.draw(&view);
    assert!(!names(&panel).contains(&"enter".to_owned()), "what was typed is forgotten");
}

#[test]
fn while_codes_have_to_wait_there_is_nothing_to_press() {
    for page in ["settings-code-wait", "settings-code-checking"] {
        assert_eq!(names(&shown(page).0), ["close"], "{page}");
    }
}

#[test]
fn a_setting_is_changed_at_a_touch_and_what_it_laid_down_is_not() {
    let set = |setting| Some(Wish::Set(setting));
    assert_eq!(tapped("settings-open", "start-de"), set(Setting::Language(Language::German)));
    assert_eq!(tapped("settings-open", "start-louder"), set(Setting::Volume(80)));
    assert_eq!(tapped("settings-open", "start-softer"), set(Setting::Volume(60)));
    assert_eq!(tapped("settings-open", "start-contrast"), set(Setting::HighContrast(true)));
    assert_eq!(tapped("settings-open", "start-large"), set(Setting::LargeText(false)));
    assert_eq!(names(&shown("settings-fixed").0), ["close", "restart"]);
    let (mut panel, view) = shown("settings-name");
    for key in ["key-t", "key-u"] {
        tap(&mut panel, key, &view);
        panel.draw(&view);
    }
    assert_eq!(tap(&mut panel, "enter", &view), set(Setting::DisplayName("tu".into())));
    panel.draw(&view);
    assert!(names(&panel).contains(&"start-fr".to_owned()), "back among the settings");
    // They closed by themselves meanwhile.
    let appearance = Appearance::default();
    let settings = Settings { language: Language::French, volume: 70, display_name: String::new(), appearance };
    let open = View { administration: Administration::Open { settings, fixed: Fixed::default() }, ..view.clone() };
    tap(&mut panel, "name", &open);
    panel.draw(&open);
    panel.draw(&View { administration: Administration::Closed { was_wrong: false, wait_minutes: 0 }, ..open });
    assert!(names(&panel).contains(&"about".to_owned()), "{:?}", names(&panel));
}

#[test]
fn a_meeting_closes_every_page_beside_home() {
    let (mut panel, view) = shown("settings-open");
    panel.draw(&in_call(Language::English, |_| {}));
    panel.draw(&view);
    assert!(names(&panel).contains(&"about".to_owned()));
}
