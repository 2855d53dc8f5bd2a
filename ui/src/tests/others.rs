//! What touches mean for the others in a meeting: writing, reacting, moderating, and the camera.

use std::time::Duration;

use room::View;
use room::camera::{Pose, Reach, Turn, Turning};
use room::event::Wish;
use room::moderation::{Moderation, Rights, Waiting};
use room::view::{
    AuthenticationCode, CaptionColor, CaptionSize, CaptionStyle, Encryption, InCall, Language, Message, Screen,
    Verification,
};
use room::{Reaction, view::Chat};

use super::examples::{LANGUAGES, fonts, group, in_call, person};
use super::touches::tap;
use crate::Panel;
use crate::icon::Icon;
use crate::scene::Shape;

const SIZE: (u32, u32) = (1280, 800);
const ALL: Rights = Rights { mute: true, moderate: true, admit: true, end: true };

/// A panel on which these were touched, one after the other, and what the last touch wished.
fn touched(view: &View, way: &[&str]) -> (Panel, Option<Wish>) {
    let mut panel = Panel::new(SIZE, fonts());
    panel.draw(view);
    let mut wish = None;
    for target in way {
        wish = tap(&mut panel, target, view);
        panel.draw(view);
    }
    (panel, wish)
}

fn is_there(panel: &Panel, target: &str) -> bool {
    panel.targets().iter().any(|(name, _)| name == target)
}

fn of(view: &mut View) -> &mut InCall {
    match &mut view.screen {
        Screen::InCall(call) => call,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_touch_writes_an_answer_in_the_rooms_language() {
    for (language, words) in [
        (Language::French, "Nous arrivons."),
        (Language::English, "We are on our way."),
        (Language::German, "Wir sind unterwegs."),
    ] {
        let view = in_call(language, |_| {});
        let (panel, wish) = touched(&view, &["more", "chat", "reply", "reply-0"]);
        assert_eq!(wish, Some(Wish::SendChat(words.into())));
        assert!(is_there(&panel, "reply") && !is_there(&panel, "reply-0"), "back at the conversation");
    }
    let silent = in_call(Language::French, |call| call.chat.may_write = false);
    assert!(!is_there(&touched(&silent, &["more", "chat"]).0, "reply"));
}

#[test]
fn what_is_typed_is_sent_and_not_more_than_anybody_reads() {
    let view = in_call(Language::English, |_| {});
    let (mut panel, _) = touched(&view, &["more", "chat", "write"]);
    assert!(!is_there(&panel, "send"), "nothing typed, nothing to send");
    assert_eq!(tap(&mut panel, "microphone", &view), Some(Wish::SetMicrophone { on: false }), "never out of reach");
    for key in ["key-o", "key-k", "key-x", "backspace"] {
        panel.draw(&view);
        assert_eq!(tap(&mut panel, key, &view), None);
    }
    panel.draw(&view);
    assert_eq!(tap(&mut panel, "send", &view), Some(Wish::SendChat("ok".into())));
    panel.draw(&view);
    assert!(is_there(&panel, "reply") && !is_there(&panel, "send"), "back at the conversation");
    tap(&mut panel, "write", &view);
    panel.draw(&view);
    for _ in 0..500 {
        tap(&mut panel, "key-m", &view);
    }
    panel.draw(&view);
    let Some(Wish::SendChat(text)) = tap(&mut panel, "send", &view) else { panic!("nothing is sent") };
    assert_eq!(text, "m".repeat(400));
    panel.draw(&view);
    // Who may no longer write is not left at the keyboard, and neither is who is no longer in a meeting.
    tap(&mut panel, "write", &view);
    panel.draw(&in_call(Language::English, |call| call.chat.may_write = false));
    assert!(!is_there(&panel, "key-m"));
}

#[test]
fn what_has_not_been_read_is_counted_until_it_is() {
    let message = |text: &str| Message { from: Some("Ada".into()), text: text.into(), at: Duration::ZERO };
    let mut view = in_call(Language::English, |_| {});
    of(&mut view).chat = Chat { messages: vec![message("a"), message("b")].into(), received: 2, may_write: true };
    let (mut panel, _) = touched(&view, &[]);
    let says = |panel: &Panel, words: &str| panel.scene().widgets.iter().any(|widget| widget.says(words));
    assert!(says(&panel, "More (2)"));
    tap(&mut panel, "more", &view);
    panel.draw(&view);
    assert!(says(&panel, "2 unread"));
    tap(&mut panel, "chat", &view);
    panel.draw(&view);
    // Closed and open again: read is read, and what comes is counted anew.
    tap(&mut panel, "more", &view);
    panel.draw(&view);
    assert!(says(&panel, "More"));
    of(&mut view).chat.received = 10_000;
    panel.draw(&view);
    assert!(says(&panel, "More (99)"), "nobody counts a flood");
    // Another meeting begins with nothing unread.
    panel.draw(&super::examples::home(Language::English));
    of(&mut view).chat = Chat::default();
    panel.draw(&view);
    assert!(says(&panel, "More"));
}

#[test]
fn a_long_conversation_is_turned_back_and_forth_and_nothing_is_skipped() {
    let message = |n: usize| Message { from: None, text: format!("Message {n}"), at: Duration::ZERO };
    let mut view = in_call(Language::English, |_| {});
    of(&mut view).chat.messages = (0..100).map(message).collect::<Vec<_>>().into();
    let (mut panel, _) = touched(&view, &["more", "chat"]);
    let mut seen = Vec::new();
    for _ in 0..100 {
        for n in 0..100 {
            if panel.scene().widgets.iter().any(|widget| widget.says(&format!("Message {n}"))) && !seen.contains(&n) {
                seen.push(n);
            }
        }
        if seen.len() == 100 {
            break;
        }
        tap(&mut panel, "chat-turn", &view);
        panel.draw(&view);
    }
    assert_eq!(seen.len(), 100);
    tap(&mut panel, "chat-turn", &view);
    panel.draw(&view);
    assert!(panel.scene().widgets.iter().any(|widget| widget.says("Message 99")), "back at the latest");
}

#[test]
fn every_reaction_is_one_touch() {
    for reaction in Reaction::ALL {
        let name = format!("react-{}", reaction.name());
        let (panel, wish) = touched(&in_call(Language::German, |_| {}), &["more", "reactions", &name]);
        assert_eq!(wish, Some(Wish::React(reaction)));
        assert!(is_there(&panel, &name), "applause goes on");
    }
}

#[test]
fn nobody_is_removed_nothing_ended_and_no_room_silenced_by_one_touch() {
    let view = in_call(Language::French, |call| call.rights = ALL);
    let grace = "identity of Grace Hopper"; // her hand is up: she comes first
    for (way, act) in [
        (&["participants", "person-more-0", "remove"][..], Moderation::Remove(grace.into())),
        (&["participants", "mute-all"], Moderation::MuteAll),
        (&["more", "end-for-all"], Moderation::EndForAll),
    ] {
        let (mut panel, wish) = touched(&view, way);
        assert_eq!(wish, None, "{act:?}");
        assert_eq!(tap(&mut panel, "cancel", &view), None);
        panel.draw(&view);
        assert!(!is_there(&panel, "confirm"), "{act:?}: not asked any more");
        let last = way.last().unwrap();
        assert_eq!(tap(&mut panel, last, &view), None);
        panel.draw(&view);
        assert_eq!(tap(&mut panel, "confirm", &view), Some(Wish::Moderate(act.clone())));
        panel.draw(&view);
        assert!(!is_there(&panel, "confirm"), "{act:?}: asked once");
    }
}

#[test]
fn what_may_be_undone_needs_no_question() {
    let view = in_call(Language::English, |call| call.rights = ALL);
    let grace = || "identity of Grace Hopper".to_owned();
    let way = ["participants", "person-more-0"];
    let wish = |target: &str| touched(&view, &[way[0], way[1], target]).1;
    assert_eq!(wish("mute"), Some(Wish::Moderate(Moderation::Mute(grace()))));
    assert_eq!(wish("lower-hand"), Some(Wish::Moderate(Moderation::LowerHand(grace()))));
    assert_eq!(wish("pin"), Some(Wish::Pin(Some(grace()))));
}

#[test]
fn only_what_the_meeting_allows_is_offered() {
    let targets = |rights: Rights, way: &[&str]| {
        let view = in_call(Language::English, |call| call.rights = rights);
        let (panel, _) = touched(&view, way);
        move |target: &str| is_there(&panel, target)
    };
    let nothing = targets(Rights::default(), &["participants"]);
    assert!(!nothing("person-more-0") && !nothing("mute-all") && nothing("person-0"));
    let guest = targets(Rights { mute: true, ..Rights::default() }, &["participants", "person-more-0"]);
    assert!(guest("mute") && !guest("remove") && !guest("lower-hand"));
    let more = targets(Rights { mute: true, moderate: true, admit: true, end: false }, &["more"]);
    assert!(!more("end-for-all"));
    assert!(targets(ALL, &["more"])("end-for-all"));

    // A right withdrawn while the question stands takes the question away, and so does a person who leaves.
    let mut view = in_call(Language::English, |call| call.rights = ALL);
    let (mut panel, _) = touched(&view, &["participants", "person-more-0", "remove"]);
    of(&mut view).rights = Rights::default();
    panel.draw(&view);
    assert!(!is_there(&panel, "confirm"));
    let mut view = in_call(Language::English, |call| call.rights = ALL);
    let (mut panel, _) = touched(&view, &["participants", "person-more-0", "remove"]);
    of(&mut view).participants.retain(|person| person.name != "Grace Hopper");
    panel.draw(&view);
    assert!(!is_there(&panel, "confirm") && is_there(&panel, "person-0"), "back at the list");
}

#[test]
fn whoever_waits_longest_is_let_in_or_turned_away_first() {
    let waiting = |id: &str| Waiting { id: id.into(), name: format!("Guest {id}") };
    let view = in_call(Language::German, |call| {
        (call.rights, call.waiting) = (ALL, vec![waiting("a"), waiting("b")]);
    });
    let decided = |target: &str| touched(&view, &["participants", target]).1;
    let decision = |allow| Some(Wish::Moderate(Moderation::Admit { id: "a".into(), allow }));
    assert_eq!(decided("admit-0"), decision(true));
    assert_eq!(decided("deny-0"), decision(false));
}

#[test]
fn everybody_of_a_hundred_and_fifty_can_be_reached_on_every_panel() {
    let view = in_call(Language::French, |call| {
        call.rights = ALL;
        call.participants = (0..150).map(|n| person(&format!("{n} {}", "x".repeat(90)), |_| {})).collect();
    });
    for size in [(1280, 800), (1024, 600), (800, 480)] {
        let mut panel = Panel::new(size, fonts());
        panel.draw(&view);
        tap(&mut panel, "participants", &view);
        panel.draw(&view);
        let mut pinned = std::collections::BTreeSet::new();
        while pinned.len() < 150 {
            let rows: Vec<String> = panel.targets().into_iter().map(|(name, _)| name).collect();
            let before = pinned.len();
            for row in rows.iter().filter(|name| name.starts_with("person-") && !name.contains("more")) {
                let Some(Wish::Pin(Some(who))) = tap(&mut panel, row, &view) else { panic!("{row}") };
                pinned.insert(who);
            }
            assert!(pinned.len() > before, "{size:?}: only {before} can be reached");
            tap(&mut panel, "people-more", &view);
            panel.draw(&view);
        }
    }
}

#[test]
fn captions_are_made_larger_and_coloured_otherwise() {
    let view = in_call(Language::English, |_| {});
    let wish = |target: &str| touched(&view, &["more", "captions-sheet", target]).1;
    let largest = CaptionStyle { size: CaptionSize::Largest, ..CaptionStyle::default() };
    assert_eq!(wish("caption-size-largest"), Some(Wish::SetCaptionStyle(largest)));
    let paper = CaptionStyle { color: CaptionColor::BlackOnWhite, ..CaptionStyle::default() };
    assert_eq!(wish("caption-color-black"), Some(Wish::SetCaptionStyle(paper)));
    assert_eq!(wish("captions-on"), Some(Wish::SetCaptions { on: true }));
}

#[test]
fn a_camera_is_turned_only_as_far_as_it_goes_and_only_if_it_turns() {
    assert!(!is_there(&touched(&in_call(Language::English, |_| {}), &["more"]).0, "camera-turn"));
    let view = in_call(Language::English, |call| {
        let reach = Reach { pan: true, tilt: false, zoom: true };
        let pose = Pose { pan: 1000, tilt: 0, zoom: 0 };
        let presets = [Some(Pose::default()), None, None, None];
        call.turning = Some(Turning { reach, pose, presets });
    });
    let (mut panel, _) = touched(&view, &["more", "camera-turn"]);
    for missing in ["camera-up", "camera-down", "camera-right", "camera-farther", "preset-1"] {
        assert!(!is_there(&panel, missing), "{missing}");
    }
    let left = Wish::TurnCamera(Turn { pan: -1, ..Turn::default() });
    assert_eq!(tap(&mut panel, "camera-left", &view), Some(left));
    assert_eq!(tap(&mut panel, "preset-0", &view), Some(Wish::RecallPreset(0)));
    assert_eq!(tap(&mut panel, "camera-keep", &view), None);
    panel.draw(&view);
    assert_eq!(tap(&mut panel, "preset-2", &view), Some(Wish::KeepPreset(2)));
    panel.draw(&view);
    assert_eq!(tap(&mut panel, "preset-0", &view), Some(Wish::RecallPreset(0)), "kept once");
}

#[test]
fn how_the_connection_is_is_said_with_what_to_do() {
    use room::view::{Quality, Strain};
    let said = |change: fn(&mut InCall)| {
        LANGUAGES.map(|language| {
            let (panel, _) = touched(&in_call(language, change), &["more", "connection"]);
            let says = |key: &str| {
                let words = crate::phrases::say(language, key);
                panel.scene().widgets.iter().any(|widget| widget.says(&words))
            };
            let keys = ["good", "poor", "lost", "others", "busy", "still", "unknown"];
            keys.into_iter().filter(|key| says(&format!("connection-{key}"))).collect::<Vec<_>>()
        })
    };
    let all = |key: &'static str| [vec![key], vec![key], vec![key]];
    assert_eq!(said(|call| call.participants.truncate(2)), all("good"));
    assert_eq!(said(|_| {}), all("others"), "somebody's connection is weak");
    assert_eq!(said(|call| call.quality = Quality::Poor), all("poor"));
    assert_eq!(said(|call| call.reconnecting = true), all("lost"));
    assert_eq!(said(|call| call.strain = Strain { overloaded: true, stands_still: true }), all("busy"));
    let still = |call: &mut InCall| {
        call.participants.truncate(2);
        call.strain.stands_still = true;
    };
    assert_eq!(said(still), all("still"));
}

#[test]
fn the_code_of_the_group_is_there_to_be_read_aloud_and_only_while_there_is_a_group() {
    for (language, sentence) in [
        (Language::French, "Lisez ce code à voix haute\u{a0}; tout le monde doit voir le même."),
        (Language::English, "Read this code aloud; everyone must see the same one."),
        (Language::German, "Lesen Sie diesen Code laut vor; alle müssen denselben sehen."),
    ] {
        let mut view = in_call(language, group);
        let (mut panel, _) = touched(&view, &["participants", "code-of-meeting"]);
        let says = |panel: &Panel, words: &str| panel.scene().widgets.iter().any(|widget| widget.says(words));
        for words in ["4821", "0033", "9917", "0402", "5586", sentence] {
            assert!(says(&panel, words), "{words}");
        }
        // Without the group's keys there is no code, and the way to it is gone.
        of(&mut view).encryption = Encryption::SharedKey;
        panel.draw(&view);
        assert!(!says(&panel, "4821") && !is_there(&panel, "code-of-meeting") && is_there(&panel, "person-0"));
    }
}

#[test]
fn who_is_verified_is_called_as_their_authority_calls_them_whatever_they_call_themselves() {
    let mut view = in_call(Language::French, |call| {
        group(call);
        call.participants.truncate(3);
    });
    let (mut panel, _) = touched(&view, &["participants"]);
    let says = |panel: &Panel, words: &str| panel.scene().widgets.iter().any(|widget| widget.says(words));
    assert!(says(&panel, "Grace Hopper") && says(&panel, "✓ Ministère X"));
    assert!(says(&panel, "Salle Jean Monnet") && says(&panel, "✓ Ministère de l’Économie et des Finances"));
    assert!(says(&panel, "Anna Schmidt") && says(&panel, "identité non vérifiée"));
    // Where nobody can be verified nothing is said of it.
    of(&mut view).participants.iter_mut().for_each(|person| person.verification = Verification::Unknown);
    panel.draw(&view);
    assert!(!says(&panel, "Salle Jean Monnet") && !says(&panel, "identité non vérifiée"));
}

#[test]
fn who_has_the_shared_key_only_is_named_in_the_list_and_nobody_else() {
    for (language, words) in [
        (Language::French, "clé partagée seulement"),
        (Language::English, "shared key only"),
        (Language::German, "nur gemeinsamer Schlüssel"),
    ] {
        let (panel, _) = touched(
            &in_call(language, |call| {
                call.encryption = Encryption::SharedKey;
                call.participants.truncate(3);
                call.participants[1].verification = Verification::Outside;
            }),
            &["participants"],
        );
        let says = panel.scene().widgets.iter().filter(|widget| widget.says(words)).count();
        assert_eq!(says, 1, "{words}");
    }
}

#[test]
fn the_stronger_badge_is_only_for_keys_that_the_link_does_not_give_away() {
    let locks = |encryption| {
        let (panel, _) = touched(&in_call(Language::English, |call| call.encryption = encryption), &[]);
        let shapes = panel.scene().widgets.iter().flat_map(|widget| &widget.shapes);
        let icons: Vec<Icon> =
            shapes.filter_map(|shape| if let Shape::Icon { icon, .. } = shape { Some(*icon) } else { None }).collect();
        let count = |wanted: Icon| icons.iter().filter(|icon| **icon == wanted).count();
        (count(Icon::Lock), count(Icon::LockCheck))
    };
    let code = AuthenticationCode::parse(&"7".repeat(20)).unwrap();
    assert_eq!(locks(Encryption::None), (0, 0));
    assert_eq!(locks(Encryption::SharedKey), (2, 0));
    assert_eq!(locks(Encryption::Group { code }), (0, 2));
}
