//! What touches mean.

use room::View;
use room::event::Wish;
use room::view::{ContentLayout, EndReason, JoinStep, Language, Layout, PeopleLayout, Screen, Share, Switch};

use super::examples::{fonts, home, in_call, person, view};
use crate::{Panel, Rect, TouchEvent, TouchKind};

const SIZE: (u32, u32) = (1280, 800);

pub fn rect(panel: &Panel, name: &str) -> Rect {
    let targets = panel.targets();
    let found = targets.iter().find(|(target, _)| target == name);
    found.unwrap_or_else(|| panic!("no {name} among {targets:?}")).1
}

pub fn touch(panel: &mut Panel, kind: TouchKind, rect: Rect, view: &View) -> Option<Wish> {
    let (x, y) = (rect.x + rect.width as i32 / 2, rect.y + rect.height as i32 / 2);
    panel.touch(TouchEvent { kind, x, y }, view)
}

/// Presses a target and lets go.
pub fn tap(panel: &mut Panel, name: &str, view: &View) -> Option<Wish> {
    let rect = rect(panel, name);
    assert_eq!(touch(panel, TouchKind::Down, rect, view), None, "{name} acts before the finger is lifted");
    touch(panel, TouchKind::Up, rect, view)
}

fn tapped(name: &str, view: &View) -> Option<Wish> {
    let mut panel = Panel::new(SIZE, fonts());
    panel.draw(view);
    tap(&mut panel, name, view)
}

pub(super) use crate::panel::keyboard::key_name;

#[test]
fn a_whole_link_with_a_port_can_be_typed() {
    let link = "http://reunion.collectivites.example:8443/salle-du-conseil-municipal-de-la-ville";
    for language in [Language::French, Language::English, Language::German] {
        let view = home(language);
        let mut panel = Panel::new(SIZE, fonts());
        panel.draw(&view);
        tap(&mut panel, "code", &view);
        for letter in link.chars() {
            panel.draw(&view);
            tap(&mut panel, &key_name(letter), &view);
        }
        panel.draw(&view);
        assert_eq!(tap(&mut panel, "join-code", &view), Some(Wish::JoinTyped(link.into())));
    }
}

#[test]
fn one_touch_joins_the_next_meeting() {
    let mut view = home(Language::French);
    assert_eq!(tapped("join", &view), Some(Wish::JoinMeeting(view.agenda[0].id)));
    view.agenda[0].joinable = false;
    view.agenda[1].joinable = true;
    view.agenda[3].joinable = true;
    assert_eq!(tapped("join", &view), Some(Wish::JoinMeeting(view.agenda[1].id)));
    assert_eq!(tapped("join-1", &view), Some(Wish::JoinMeeting(view.agenda[3].id)));
}

#[test]
fn the_language_button_goes_round() {
    let next = |language| tapped("language", &home(language));
    assert_eq!(next(Language::French), Some(Wish::SetLanguage(Language::English)));
    assert_eq!(next(Language::English), Some(Wish::SetLanguage(Language::German)));
    assert_eq!(next(Language::German), Some(Wish::SetLanguage(Language::French)));
}

#[test]
fn the_sound_is_checked_again_or_left() {
    assert_eq!(tapped("audio", &home(Language::French)), Some(Wish::CheckAudio));
    for (name, check) in super::examples::audio_checks() {
        let view = view(Language::German, Screen::AudioCheck(check.clone()));
        match check {
            room::audio::AudioCheck::Running(_) => assert_eq!(tapped("cancel", &view), Some(Wish::Dismiss), "{name}"),
            room::audio::AudioCheck::Done(_) => {
                assert_eq!(tapped("home", &view), Some(Wish::Dismiss), "{name}");
                assert_eq!(tapped("again", &view), Some(Wish::CheckAudio), "{name}");
            }
        }
    }
}

#[test]
fn a_typed_code_is_joined_as_typed() {
    let view = home(Language::German);
    let mut panel = Panel::new(SIZE, fonts());
    panel.draw(&view);
    tap(&mut panel, "code", &view);
    panel.draw(&view);
    assert!(!panel.targets().iter().any(|(name, _)| name == "join-code"), "nothing typed, nothing to join");
    for name in ["key-a", "key-z", "key-minus", "key-0", "key-9", "backspace", "key-q"] {
        assert_eq!(tap(&mut panel, name, &view), None);
        panel.draw(&view);
    }
    assert_eq!(tap(&mut panel, "join-code", &view), Some(Wish::JoinTyped("az-0q".into())));

    // Refused, it stays to be corrected; in a meeting, it is forgotten.
    panel.draw(&view);
    assert_eq!(tap(&mut panel, "join-code", &view), Some(Wish::JoinTyped("az-0q".into())));
    panel.draw(&in_call(Language::German, |_| {}));
    panel.draw(&view);
    assert!(panel.targets().iter().any(|(name, _)| name == "code"));
}

#[test]
fn every_letter_and_digit_has_a_key_in_every_language() {
    for language in [Language::French, Language::English, Language::German] {
        let view = home(language);
        let mut panel = Panel::new(SIZE, fonts());
        panel.draw(&view);
        tap(&mut panel, "code", &view);
        panel.draw(&view);
        for key in ('a'..='z').chain('0'..='9') {
            rect(&panel, &format!("key-{key}"));
        }
        assert_eq!(tap(&mut panel, "cancel", &view), None);
        panel.draw(&view);
        rect(&panel, "code");
    }
}

#[test]
fn capitals_signs_and_accents_are_typed_too() {
    let view = home(Language::French);
    let mut panel = Panel::new(SIZE, fonts());
    panel.draw(&view);
    tap(&mut panel, "code", &view);
    for key in ["shift", "key-C", "key-a", "symbols", "key-é", "shift", "key-É", "key-é", "key-@", "symbols", "key-z"]
    {
        panel.draw(&view);
        assert_eq!(tap(&mut panel, key, &view), None);
    }
    panel.draw(&view);
    assert_eq!(tap(&mut panel, "join-code", &view), Some(Wish::JoinTyped("CaéÉé@z".into())));
}

#[test]
fn joining_and_waiting_can_be_given_up() {
    let what = String::from("abc-defg-hij");
    let joining = view(Language::English, Screen::Joining { what: what.clone(), step: JoinStep::Signalling });
    assert_eq!(tapped("cancel", &joining), Some(Wish::Leave));
    let lobby = view(Language::English, Screen::Lobby { what, waited: std::time::Duration::ZERO });
    assert_eq!(tapped("cancel", &lobby), Some(Wish::Leave));
}

#[test]
fn every_control_of_a_call_wishes_the_opposite_of_what_is() {
    let view = in_call(Language::French, |call| call.camera = Switch::Off);
    assert_eq!(tapped("microphone", &view), Some(Wish::SetMicrophone { on: false }));
    assert_eq!(tapped("camera", &view), Some(Wish::SetCamera { on: true }));
    assert_eq!(tapped("hand", &view), Some(Wish::SetHand { raised: true }));
    assert_eq!(tapped("leave", &view), Some(Wish::Leave));
    let changed = in_call(Language::French, |call| {
        call.hand_raised = true;
        call.microphone = Switch::Changing { to_on: true };
    });
    assert_eq!(tapped("hand", &changed), Some(Wish::SetHand { raised: false }));
    assert_eq!(tapped("microphone", &changed), Some(Wish::SetMicrophone { on: false }));
}

#[test]
fn what_cannot_be_switched_cannot_be_touched() {
    for switch in [Switch::Missing, Switch::Failed, Switch::Forbidden] {
        let mut panel = Panel::new(SIZE, fonts());
        panel.draw(&in_call(Language::French, |call| (call.microphone, call.camera) = (switch, switch)));
        assert!(!panel.targets().iter().any(|(name, _)| name == "microphone" || name == "camera"));
    }
}

#[test]
fn a_laptop_is_shared_at_a_touch_and_no_longer_at_the_next() {
    let (on, off) = (Some(Wish::SetShare { on: true }), Some(Wish::SetShare { on: false }));
    for (share, wished) in [
        (Share::Off { offered: true }, &on),
        (Share::Off { offered: false }, &on),
        (Share::Changing { to_on: false }, &on),
        (Share::Changing { to_on: true }, &off),
        (Share::On, &off),
        (Share::NoSignal, &off),
        (Share::Protected, &off),
    ] {
        assert_eq!(tapped("share", &in_call(Language::French, |call| call.share = share)), *wished, "{share:?}");
    }
    for share in [Share::Missing, Share::Forbidden] {
        let mut panel = Panel::new(SIZE, fonts());
        panel.draw(&in_call(Language::French, |call| call.share = share));
        assert!(panel.targets().iter().all(|(name, _)| name != "share"), "{share:?}");
    }
}

#[test]
fn volume_goes_in_tens_and_stops_at_both_ends() {
    let at = |volume| View { volume, ..in_call(Language::English, |_| {}) };
    assert_eq!(tapped("volume-up", &at(60)), Some(Wish::SetVolume(70)));
    assert_eq!(tapped("volume-down", &at(60)), Some(Wish::SetVolume(50)));
    assert_eq!(tapped("volume-up", &at(63)), Some(Wish::SetVolume(70)));
    assert_eq!(tapped("volume-down", &at(63)), Some(Wish::SetVolume(60)));
    assert_eq!(tapped("volume-up", &at(95)), Some(Wish::SetVolume(100)));
    for (volume, name) in [(100, "volume-up"), (0, "volume-down")] {
        let mut panel = Panel::new(SIZE, fonts());
        panel.draw(&at(volume));
        assert!(!panel.targets().iter().any(|(target, _)| target == name), "{name} at {volume}");
    }
}

#[test]
fn the_list_of_participants_opens_and_closes_and_covers_no_control() {
    let view = in_call(Language::French, |_| {});
    let mut panel = Panel::new(SIZE, fonts());
    panel.draw(&view);
    let names = |panel: &Panel| panel.targets().into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    let (closed, before) = (names(&panel), panel.pixels().to_vec());
    assert_eq!(tap(&mut panel, "participants", &view), None);
    assert!(!panel.draw(&view).is_empty());
    let open = names(&panel);
    assert!(closed.iter().all(|name| open.contains(name)), "{open:?} has not all of {closed:?}");
    // From one list to the other and back.
    tap(&mut panel, "layout", &view);
    panel.draw(&view);
    let open = names(&panel);
    assert!(closed.iter().all(|name| open.contains(name)), "{open:?} has not all of {closed:?}");
    tap(&mut panel, "participants", &view);
    panel.draw(&view);
    tap(&mut panel, "participants", &view);
    panel.draw(&view);
    assert!(panel.pixels() == before, "closing the list leaves traces");
}

#[test]
fn the_layouts_offered_are_those_of_what_is_shown() {
    let beside = |name: &str, target: &str, view: &View| {
        let mut panel = Panel::new(SIZE, fonts());
        panel.draw(view);
        tap(&mut panel, name, view);
        panel.draw(view);
        let there = panel.targets().iter().any(|(name, _)| name == target);
        there.then(|| tap(&mut panel, target, view)).flatten()
    };
    let shared = in_call(Language::French, |_| {});
    let plain = in_call(Language::French, |call| call.participants.truncate(3));
    let (people, content) = (Layout::People(PeopleLayout::Grid), Layout::Content(ContentLayout::Only));
    assert_eq!(beside("layout", "layout-grid", &plain), Some(Wish::SetLayout(people)));
    assert_eq!(beside("layout", "layout-content", &plain), None);
    assert_eq!(beside("layout", "layout-content", &shared), Some(Wish::SetLayout(content)));
    assert_eq!(beside("layout", "layout-grid", &shared), None);
    assert_eq!(beside("layout", "self-view", &plain), Some(Wish::SetSelfView { on: false }));
    assert_eq!(beside("layout", "captions", &plain), Some(Wish::SetCaptions { on: true }));
    assert_eq!(beside("layout", "share-0", &shared), None, "one share needs no choice");
    let two = in_call(Language::French, |call| call.participants[0].sharing = true);
    assert_eq!(beside("layout", "share-1", &two), Some(Wish::ShowShare("identity of Édouard Lefèvre".into())));

    // Of more than there is room for, one after the other.
    let many = in_call(Language::French, |call| {
        let names = ["Ada", "Bo", "Cy", "Di"].map(|name| person(name, |person| person.sharing = true));
        call.participants = names.into();
        call.arrangement.share = Some("identity of Di".into());
    });
    assert_eq!(beside("layout", "share-0", &many), None);
    assert_eq!(beside("layout", "share-next", &many), Some(Wish::ShowShare("identity of Ada".into())));

    // Who raised a hand is first in the list.
    let pin = Wish::Pin(Some("identity of Grace Hopper".into()));
    assert_eq!(beside("participants", "person-0", &plain), Some(pin));
    let pinned = in_call(Language::French, |call| {
        call.arrangement.pinned = Some("identity of Grace Hopper".into());
    });
    assert_eq!(beside("participants", "person-0", &pinned), Some(Wish::Pin(None)));
}

#[test]
fn everybody_in_a_crowd_can_be_pinned() {
    let names: Vec<String> = (1..=23).map(|n| format!("Participant {n}")).collect();
    let people: Vec<_> = names.iter().map(|name| person(name, |_| {})).collect();
    let mut view = in_call(Language::English, |_| {});
    if let Screen::InCall(call) = &mut view.screen {
        call.participants = people.clone();
    }
    let mut panel = Panel::new(SIZE, fonts());
    panel.draw(&view);
    tap(&mut panel, "participants", &view);
    let mut offered = Vec::new();
    for _ in 0..4 {
        panel.draw(&view);
        let rows = panel.targets().into_iter().map(|(name, _)| name).filter(|name| name.starts_with("person-"));
        for row in rows.collect::<Vec<_>>() {
            offered.push(tap(&mut panel, &row, &view).unwrap());
        }
        tap(&mut panel, "people-more", &view);
    }
    let wanted = people[..].iter().map(|person| Wish::Pin(Some(person.identity.clone())));
    let all: Vec<Wish> = wanted.collect();
    assert_eq!(offered[..23], all[..]);
    assert!(offered[23..].is_empty() || offered[23..] == all[..offered.len() - 23], "then from the beginning");

    // Who is pinned is found at once.
    if let Screen::InCall(call) = &mut view.screen {
        call.arrangement.pinned = Some(people[20].identity.clone());
    }
    let mut panel = Panel::new(SIZE, fonts());
    panel.draw(&view);
    tap(&mut panel, "participants", &view);
    panel.draw(&view);
    assert_eq!(tap(&mut panel, "person-0", &view), Some(Wish::Pin(None)));
}

#[test]
fn a_failure_offers_retry_only_where_it_may_help() {
    let failed = |can_retry| {
        view(Language::German, Screen::Failed { what: "abc".into(), reason: EndReason::ServerError, can_retry })
    };
    assert_eq!(tapped("retry", &failed(true)), Some(Wish::Retry));
    assert_eq!(tapped("home", &failed(true)), Some(Wish::Dismiss));
    let mut panel = Panel::new(SIZE, fonts());
    panel.draw(&failed(false));
    assert!(!panel.targets().iter().any(|(name, _)| name == "retry"));
}

#[test]
fn a_press_shows_at_once_and_only_where_it_is() {
    let view = home(Language::French);
    let mut panel = Panel::new(SIZE, fonts());
    panel.draw(&view);
    let (target, before) = (rect(&panel, "join"), panel.pixels().to_vec());
    touch(&mut panel, TouchKind::Down, target, &view);
    assert_eq!(panel.draw(&view).regions(), [target]);
    assert!(panel.pixels() != before);
    touch(&mut panel, TouchKind::Up, target, &view);
    panel.draw(&view);
    assert!(panel.pixels() == before);
}

#[test]
fn sliding_off_cancels_and_sliding_back_does_not_count_twice() {
    let view = home(Language::French);
    let mut panel = Panel::new(SIZE, fonts());
    panel.draw(&view);
    let (join, code, before) = (rect(&panel, "join"), rect(&panel, "code"), panel.pixels().to_vec());
    touch(&mut panel, TouchKind::Down, join, &view);
    touch(&mut panel, TouchKind::Move, code, &view);
    panel.draw(&view);
    assert!(panel.pixels() == before, "the button is let go as soon as the finger leaves it");
    assert_eq!(touch(&mut panel, TouchKind::Up, code, &view), None);
    assert_eq!(touch(&mut panel, TouchKind::Up, join, &view), None, "no press, no wish");
}

#[test]
fn a_press_does_not_carry_over_to_another_screen() {
    let (joining, call) = (
        view(Language::French, Screen::Joining { what: "abc".into(), step: JoinStep::Media }),
        in_call(Language::French, |_| {}),
    );
    let mut panel = Panel::new(SIZE, fonts());
    panel.draw(&joining);
    let cancel = rect(&panel, "cancel");
    touch(&mut panel, TouchKind::Down, cancel, &joining);
    panel.draw(&call);
    assert_eq!(touch(&mut panel, TouchKind::Up, cancel, &call), None);
}
