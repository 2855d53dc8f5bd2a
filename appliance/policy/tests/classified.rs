//! A classified policy that says anything weaker is none.

use policy::{
    Condition, EndToEnd, Language, Mode, PROFILES, PlatformKind, Policy, Question, Role, Verdict, host, profile,
};

const NOW: &str = "2026-12-01T09:00:00Z";

fn classified() -> &'static str {
    profile("classified").unwrap()
}

#[test]
fn only_the_classified_profile_is_classified_and_who_says_nothing_is_usual() {
    for (name, text) in PROFILES {
        let expected = if *name == "classified" { Mode::Classified } else { Mode::Usual };
        assert_eq!(Policy::parse(text).unwrap().mode(), expected, "{name}");
    }
    let unknown = Policy::parse("[policy]\nname = \"a\"\nversion = 1\nmode = \"secret\"").unwrap_err().to_string();
    assert_eq!(unknown, "line 4: policy.mode: \"secret\" is not known here: expected usual or classified");
}

#[test]
fn each_weaker_word_in_a_classified_policy_is_an_error_with_its_line_and_none_in_a_usual_one() {
    let transition = "\n[[transitions]]\nname = \"gateway\"\nhost = \"gateway.example\"\nkind = \"sip\"\nencryption = \"off\"\n\
        until = \"2027-01-01\"\ncrosses = [\"media\"]\naddresses = [\"192.0.2.1\"]\n\
        sentence = { fr = \"a\", en = \"b\", de = \"c\" }\n";
    let with_transition = format!("{}{transition}", classified());
    let mut weaker = vec![(with_transition, "name = \"gateway\"", "transitions")];
    for (strong, weak, field) in [
        ("encryption = \"required\"", "encryption = \"preferred\"", "platforms.encryption"),
        ("encryption = \"required\"", "encryption = \"off\"", "platforms.encryption"),
        ("recording = false", "recording = true", "permissions.recording"),
        ("transcription = false", "transcription = true", "permissions.transcription"),
        ("captions = false", "captions = true", "permissions.captions"),
        ("chat = false", "chat = true", "permissions.chat"),
        ("people_counting = false", "people_counting = true", "permissions.people_counting"),
        ("calendar = []", "calendar = [\"192.0.2.19\"]", "addresses.calendar"),
        ("control = []", "control = [\"192.0.2.19\"]", "addresses.control"),
        ("facilities = []", "facilities = [\"screenshots\"]", "roles"),
    ] {
        assert!(classified().contains(strong), "{strong}");
        weaker.push((classified().replacen(strong, weak, 1), weak, field));
    }
    weaker.push((format!("{}\n[evidence]\nnames = true\n", classified()), "names = true", "evidence.names"));
    let pins = classified().lines().find(|line| line.starts_with("pins")).unwrap();
    weaker.push((classified().replace(pins, "pins = []"), "host =", "platforms.pins"));
    for (text, place, field) in weaker {
        let line = 1 + text.lines().position(|line| line.starts_with(place)).unwrap();
        let problems = Policy::parse(&text).expect_err(place).to_string();
        let expected = format!("line {line}: {field}: in a classified policy, expected ");
        assert!(problems.starts_with(&expected) && problems.lines().count() == 1, "{problems}, not {expected}");
        let usual = text.replace("mode = \"classified\"", "mode = \"usual\"").replace("[usb]\nallowed", "# ");
        assert!(Policy::parse(&usual).is_ok(), "{place}");
    }
}

#[test]
fn what_may_be_plugged_in_is_a_list_of_classified_rooms_alone() {
    let policy = Policy::parse(classified()).unwrap();
    assert_eq!(policy.usb().iter().map(ToString::to_string).collect::<Vec<_>>(), ["046d:0943"]);
    let bad = classified().replace("[\"046d:0943\"]", "[\"046d:0943\", \"webcam\"]");
    let problem = Policy::parse(&bad).unwrap_err().to_string();
    assert!(problem.contains("usb.allowed: \"webcam\": expected a device such as 046d:0943"), "{problem}");
    let usual = Policy::parse("[policy]\nname = \"a\"\nversion = 1\n[usb]\nallowed = []").unwrap_err().to_string();
    assert_eq!(usual, "line 4: usb: only rooms of a classified policy look at it");
}

#[test]
fn a_classified_meeting_is_explained_in_every_language() {
    let policy = Policy::parse(classified()).unwrap();
    let host = host("meet.closed.example").unwrap();
    let (kind, end_to_end, role) = (PlatformKind::Visio, EndToEnd::Present, Role::RoomUser);
    let question = Question { host, kind, end_to_end, role, addresses: Vec::new() };
    let now = NOW.parse().unwrap();
    let Verdict::Allowed { conditions, .. } = policy.may_join(&question, now) else { panic!() };
    for condition in [Condition::EverybodyVerified, Condition::NothingKept, Condition::NothingAround] {
        assert!(conditions.contains(&condition), "{conditions:?}");
    }
    for (language, words) in [
        (Language::French, "rien n’est envoyé"),
        (Language::English, "nothing of the room is sent"),
        (Language::German, "aus dem Raum nichts gesendet"),
    ] {
        let text = policy.explain(&question, &[], now, language).text();
        assert!(text.contains(words), "{text}");
    }
}
