//! What the panel says aloud, and how it is used without being seen.

use std::collections::BTreeMap;
use std::time::Duration;

use room::View;
use room::event::Wish;
use room::view::{EndReason, Language, Notice, Screen, Switch};

use super::examples::{LANGUAGES, every_view, fonts, home, in_call, view};
use super::screens::APPEARANCES;
use crate::phrases::say;
use crate::scene::{Shape, Target, Widget};
use crate::style::{CALM, HIGH_CONTRAST, Palette};
use crate::{Panel, Rect, TouchEvent, TouchKind};

const SIZE: (u32, u32) = (1280, 800);

fn reading(mut view: View) -> View {
    view.accessibility.screen_reader = true;
    view
}

fn panel(view: &View) -> Panel {
    let mut panel = Panel::new(SIZE, fonts());
    panel.draw(view);
    panel.poll_speech();
    panel
}

fn middle(panel: &Panel, name: &str) -> (i32, i32) {
    let targets = panel.targets();
    let (_, Rect { x, y, width, height }) = targets.iter().find(|(target, _)| target == name).unwrap();
    (x + *width as i32 / 2, y + *height as i32 / 2)
}

fn touch(panel: &mut Panel, kind: TouchKind, (x, y): (i32, i32), view: &View) -> Option<Wish> {
    let wish = panel.touch(TouchEvent { kind, x, y }, view);
    panel.draw(view);
    wish
}

fn tap(panel: &mut Panel, at: (i32, i32), view: &View) -> Option<Wish> {
    assert_eq!(touch(panel, TouchKind::Down, at, view), None);
    touch(panel, TouchKind::Up, at, view)
}

fn said(panel: &mut Panel) -> String {
    panel.poll_speech().map(|speech| speech.text).unwrap_or_default()
}

/// Where nothing is.
const NOWHERE: (i32, i32) = (SIZE.0 as i32 / 2, 2);

#[test]
fn the_first_touch_says_what_it_is_and_the_second_acts() {
    let view = reading(in_call(Language::English, |_| {}));
    let mut panel = panel(&view);
    let microphone = middle(&panel, "microphone");
    assert_eq!(tap(&mut panel, microphone, &view), None);
    assert_eq!(said(&mut panel), "Microphone, On: people hear you");
    assert_eq!(tap(&mut panel, microphone, &view), Some(Wish::SetMicrophone { on: false }));
    assert_eq!(tap(&mut panel, microphone, &view), None, "a third touch does not switch it back");
}

#[test]
fn nothing_is_pressed_by_a_finger_that_slides() {
    let view = reading(in_call(Language::English, |_| {}));
    let mut panel = panel(&view);
    let (leave, hand) = (middle(&panel, "leave"), middle(&panel, "hand"));
    touch(&mut panel, TouchKind::Down, hand, &view);
    said(&mut panel);
    touch(&mut panel, TouchKind::Move, leave, &view);
    assert_eq!(said(&mut panel), "Leave", "what comes under the finger is said");
    touch(&mut panel, TouchKind::Move, leave, &view);
    assert_eq!(panel.poll_speech(), None, "once");
    assert_eq!(touch(&mut panel, TouchKind::Up, leave, &view), None);
    // Found, it is pressed by the next touch; slid away from, it is not.
    touch(&mut panel, TouchKind::Down, leave, &view);
    touch(&mut panel, TouchKind::Move, hand, &view);
    touch(&mut panel, TouchKind::Move, leave, &view);
    assert_eq!(touch(&mut panel, TouchKind::Up, leave, &view), None);
    assert_eq!(tap(&mut panel, leave, &view), Some(Wish::Leave));
}

#[test]
fn what_was_found_long_ago_is_said_again_first() {
    let mut view = reading(home(Language::English));
    let mut panel = panel(&view);
    let join = middle(&panel, "join");
    tap(&mut panel, join, &view);
    assert!(said(&mut panel).contains("Point hebdomadaire"), "which of the meetings");
    view.local_time += Duration::from_secs(61);
    assert_eq!(tap(&mut panel, join, &view), None);
    assert!(said(&mut panel).starts_with("Join, "));
    assert_eq!(tap(&mut panel, join, &view), Some(Wish::JoinMeeting(view.agenda[0].id)));
}

#[test]
fn an_empty_place_silences_and_touched_again_reads_the_whole_page() {
    let view = reading(home(Language::English));
    let mut panel = panel(&view);
    tap(&mut panel, NOWHERE, &view);
    let speech = panel.poll_speech().unwrap();
    assert_eq!(speech.text, "", "silence first");
    tap(&mut panel, NOWHERE, &view);
    let whole = said(&mut panel);
    for part in ["Salle Turing", "09:58", "Revue d’architecture", "Join with a code, button", "Accessibility, button"]
    {
        assert!(whole.contains(part), "no {part} in: {whole}");
    }
    tap(&mut panel, NOWHERE, &view);
    assert_eq!(said(&mut panel), "", "another touch ends it");
}

#[test]
fn screens_notices_and_failures_are_read_out() {
    let mut view = reading(home(Language::English));
    let mut panel = panel(&view);
    view.notice = Some(Notice::NotADestination);
    panel.draw(&view);
    assert!(said(&mut panel).starts_with("This is not a meeting code."));
    panel.draw(&view);
    assert_eq!(panel.poll_speech(), None, "once");

    let failed = Screen::Failed { what: "abc".into(), reason: EndReason::ServerUnreachable, can_retry: true };
    panel.draw(&reading(super::examples::view(Language::English, failed)));
    let words = said(&mut panel);
    let (title, advice) = crate::sentence::failure(Language::English, &EndReason::ServerUnreachable);
    assert!(words.contains(&title) && words.contains(&advice), "{words}");

    panel.draw(&reading(in_call(Language::English, |call| call.participants.clear())));
    assert!(said(&mut panel).contains("Microphone, On"), "whether we are heard is said on the way in");
    // Switched by whomever: a host, a touch elsewhere.
    let muted = reading(in_call(Language::English, |call| {
        call.participants.clear();
        call.microphone = Switch::Off;
    }));
    panel.draw(&muted);
    assert_eq!(said(&mut panel), "Microphone, Off: nobody hears you.");
    let mut later = muted.clone();
    later.local_time += Duration::from_secs(3600);
    panel.draw(&later);
    assert_eq!(panel.poll_speech(), None, "clocks are not news");
}

#[test]
fn while_somebody_speaks_it_is_soft_and_short() {
    let view = reading(in_call(Language::German, |_| {}));
    let mut panel = panel(&view);
    let leave = middle(&panel, "leave");
    tap(&mut panel, leave, &view);
    let speech = panel.poll_speech().unwrap();
    assert!(speech.softly && !speech.text.contains("Taste"), "{speech:?}");
    let quiet = reading(in_call(Language::German, |call| call.participants[0].speaking = false));
    panel.draw(&quiet);
    let hand = middle(&panel, "hand");
    tap(&mut panel, hand, &quiet);
    let speech = panel.poll_speech().unwrap();
    assert!(!speech.softly && speech.text.contains("Taste"), "{speech:?}");
}

#[test]
fn a_code_is_typed_heard_letter_by_letter_and_read_back() {
    let view = reading(home(Language::English));
    let mut panel = panel(&view);
    let code = middle(&panel, "code");
    tap(&mut panel, code, &view);
    tap(&mut panel, code, &view);
    assert!(said(&mut panel).contains("Which meeting?"));
    let (a, minus) = (middle(&panel, "key-a"), middle(&panel, "key-minus"));
    tap(&mut panel, a, &view);
    assert_eq!(said(&mut panel), "a");
    // What is typed often need not be found again each time.
    for _ in 0..2 {
        tap(&mut panel, a, &view);
    }
    tap(&mut panel, minus, &view);
    assert_eq!(said(&mut panel), "hyphen");
    tap(&mut panel, minus, &view);
    let field = panel.scene().widgets.iter().find(|widget| holds_text(widget, "aa-")).unwrap().area;
    tap(&mut panel, (field.x as i32 + 40, field.centre().1 as i32), &view);
    assert_eq!(said(&mut panel), "a, a, hyphen");
    let join = middle(&panel, "join-code");
    tap(&mut panel, join, &view);
    assert_eq!(tap(&mut panel, join, &view), Some(Wish::JoinTyped("aa-".into())));
}

fn holds_text(widget: &Widget, words: &str) -> bool {
    widget.shapes.iter().any(|shape| matches!(shape, Shape::Text { text, .. } if text.content == words))
}

#[test]
fn it_is_turned_on_and_off_without_being_seen() {
    let mut view = home(Language::French);
    let mut panel = panel(&view);
    let corner = (20, 20);
    assert_eq!(tap(&mut panel, corner, &view), None, "a touch is not enough");
    touch(&mut panel, TouchKind::Down, corner, &view);
    view.local_time += Duration::from_secs(3);
    let wish = touch(&mut panel, TouchKind::Up, corner, &view);
    assert_eq!(wish, Some(Wish::SetScreenReader { on: true }));
    view.accessibility.screen_reader = true;
    panel.draw(&view);
    assert!(said(&mut panel).starts_with("Lecteur d’écran activé."));
    // A finger that wanders off means something else.
    touch(&mut panel, TouchKind::Down, corner, &view);
    touch(&mut panel, TouchKind::Move, (400, 300), &view);
    view.local_time += Duration::from_secs(5);
    assert_eq!(touch(&mut panel, TouchKind::Up, corner, &view), None);
    touch(&mut panel, TouchKind::Down, corner, &view);
    view.local_time += Duration::from_secs(5);
    let wish = touch(&mut panel, TouchKind::Up, corner, &view);
    assert_eq!(wish, Some(Wish::SetScreenReader { on: false }));
    view.accessibility.screen_reader = false;
    panel.draw(&view);
    assert_eq!(said(&mut panel), "Lecteur d’écran désactivé.");
    panel.draw(&view);
    view.notice = Some(Notice::CameraFailed);
    panel.draw(&view);
    assert_eq!(panel.poll_speech(), None, "and then it is silent");
}

#[test]
fn a_panel_that_is_seen_says_nothing() {
    let mut panel = Panel::new(SIZE, fonts());
    for (name, view) in every_view(Language::French) {
        if !view.accessibility.screen_reader {
            panel.draw(&view);
            // The one before may have been read out: its end is told.
            let words = panel.poll_speech().map(|speech| speech.text);
            assert!(words.is_none() || words == Some(say(Language::French, "reader-off")), "{name}: {words:?}");
        }
    }
}

/// Nothing is said that is not on the screen: of what people wrote, and of who they are.
#[test]
fn only_what_is_shown_is_said() {
    for language in LANGUAGES {
        let mut private = reading(home(language));
        private.agenda[0].title = room::Title::Private;
        private.agenda[0].joinable = false;
        let mut panel = panel(&private);
        tap(&mut panel, NOWHERE, &private);
        tap(&mut panel, NOWHERE, &private);
        let whole = said(&mut panel);
        assert!(whole.contains(&say(language, "reserved")) && !whole.contains("Point hebdomadaire"), "{whole}");
        assert!(!whole.contains("abc-defg-hij"), "the panel does not show the code: {whole}");
    }
    let call = reading(in_call(Language::English, |_| {}));
    let mut panel = panel(&call);
    tap(&mut panel, NOWHERE, &call);
    tap(&mut panel, NOWHERE, &call);
    let whole = said(&mut panel);
    assert!(!whole.contains("identity of"), "{whole}");
}

/// What a target looks like, but for where it is and which colours it has: words, icons, marks, and how light they are.
fn look(widget: &Widget, palette: &Palette) -> Vec<String> {
    let light = |color| {
        let color = palette.resolve(color);
        // Steps that are told apart at a glance.
        (0.3 * f32::from(color.red) + 0.59 * f32::from(color.green) + 0.11 * f32::from(color.blue)) as u32 / 24
    };
    let shape = |shape: &Shape| match shape {
        Shape::Fill { color, .. } => format!("fill {}", light(*color)),
        Shape::Outline { color, width, .. } => format!("line {width} {}", light(*color)),
        Shape::Icon { icon, color, slash, .. } => format!("{icon:?} {} {}", light(*color), slash.is_some()),
        Shape::Text { text, .. } => format!("{:?} {:?} {}", text.content, text.weight, light(text.color)),
    };
    widget.shapes.iter().map(shape).collect()
}

fn colors(widget: &Widget) -> Vec<String> {
    let shape = |shape: &Shape| match shape {
        Shape::Fill { color, .. } | Shape::Outline { color, .. } => format!("{color:?}"),
        Shape::Icon { icon, color, slash, .. } => format!("{icon:?} {color:?} {}", slash.is_some()),
        Shape::Text { text, .. } => format!("{:?} {:?} {:?}", text.content, text.weight, text.color),
    };
    widget.shapes.iter().map(shape).collect()
}

/// Every widget of every panel in one language by the name of its target, with what it says.
fn targets(language: Language) -> BTreeMap<String, Vec<(Target, Widget)>> {
    let mut targets: BTreeMap<String, Vec<(Target, Widget)>> = BTreeMap::new();
    let mut take = |panel: &Panel| {
        for widget in &panel.scene().widgets {
            if let Some(target) = &widget.target {
                targets.entry(target.name.clone()).or_default().push((target.clone(), widget.clone()));
            }
        }
    };
    for (name, view) in every_view(language).into_iter().filter(|(_, view)| !view.accessibility.screen_reader) {
        for (_, appearance) in APPEARANCES.iter().take(1) {
            let view = View { appearance: *appearance, ..view.clone() };
            let mut panel = Panel::new(SIZE, fonts());
            panel.draw(&view);
            take(&panel);
            if matches!(view.screen, Screen::InCall(_)) && !name.starts_with("notice") {
                for beside in ["participants", "layout", "accessibility", "caption-style"] {
                    // Invitations and long notices have the foot of the panel for themselves.
                    if panel.targets().iter().all(|(target, _)| target != beside) {
                        break;
                    }
                    super::touches::tap(&mut panel, beside, &view);
                    panel.draw(&view);
                    take(&panel);
                }
            }
        }
    }
    targets
}

#[test]
fn states_that_look_different_are_said_differently_and_differ_without_colours() {
    // The one thing to do is lighter where there is nothing better to do: that is advice, not a state.
    const ADVICE: [&str; 5] = ["code", "home", "again", "retry", "decline"];
    let mut found = Vec::new();
    for (name, seen) in targets(Language::English).iter().filter(|(name, _)| !ADVICE.contains(&name.as_str())) {
        for (index, (target, widget)) in seen.iter().enumerate() {
            for (other, other_widget) in &seen[index + 1..] {
                if colors(widget) == colors(other_widget) {
                    continue;
                }
                // Beside others there is less room: the same in smaller letters, or with other words of people.
                let both = [&CALM, &HIGH_CONTRAST];
                if both.iter().any(|palette| look(widget, palette) == look(other_widget, palette)) {
                    found.push(format!("{name}: only colours tell {:?} from {:?}", target.spoken, other.spoken));
                }
                if target.spoken == other.spoken {
                    found.push(format!("{name}: {:?} is said of two states", target.spoken));
                }
            }
        }
    }
    found.sort();
    found.dedup();
    assert!(found.is_empty(), "{} states:\n{}", found.len(), found.join("\n"));
}

#[test]
fn whoever_reads_a_screen_hears_of_every_state_of_the_microphone() {
    for language in LANGUAGES {
        let states = [
            Switch::On,
            Switch::Off,
            Switch::Changing { to_on: true },
            Switch::Changing { to_on: false },
            Switch::Missing,
            Switch::Failed,
            Switch::Forbidden,
        ];
        let mut heard: Vec<String> = Vec::new();
        for state in states {
            let view = reading(in_call(language, |call| {
                (call.microphone, call.camera) = (state, Switch::On);
                call.participants.clear();
            }));
            let mut panel = panel(&view);
            let name = say(language, "microphone");
            let widget = panel.scene().widgets.iter().find(|widget| holds_text(widget, &name)).unwrap();
            let (x, y) = widget.area.centre();
            tap(&mut panel, (x as i32, y as i32), &view);
            heard.push(said(&mut panel));
        }
        for (index, words) in heard.iter().enumerate() {
            assert!(words.starts_with(&say(language, "microphone")), "{language:?}: {words}");
            assert!(!heard[index + 1..].contains(words), "{language:?}: {words} twice");
        }
    }
}

#[test]
fn the_target_found_has_a_frame() {
    let view = reading(view(Language::French, Screen::Home));
    let mut panel = panel(&view);
    let before = panel.pixels().to_vec();
    let audio = middle(&panel, "audio");
    tap(&mut panel, audio, &view);
    assert!(panel.pixels() != before, "whoever sees a little sees where they are");
}
