//! Group keys between several rooms, without a server that puts anything in order.

#[path = "support/rooms.rs"]
mod rooms;

use std::time::Duration;

use meeting::io::Encryption;
use rooms::{Meeting, Weather, device};

const SECOND: Duration = Duration::from_secs(1);

fn rooms(names: &[&str]) -> Meeting {
    let mut meeting = Meeting::new(1);
    for name in names {
        meeting.join(name, Some(device(&format!("Salle {name}"))));
        meeting.run(SECOND / 10);
    }
    meeting
}

fn hindered_by(encryption: Encryption) -> Vec<String> {
    match encryption {
        Encryption::SharedKey { hindered_by } => hindered_by,
        other => panic!("{other:?}"),
    }
}

#[test]
fn rooms_form_a_group_hear_each_other_and_show_the_same_code() {
    for names in [["anna", "bert"].as_slice(), &["anna", "bert", "cleo"], &["a", "b", "c", "d", "e", "f", "g"]] {
        let mut meeting = rooms(names);
        meeting.settled(3 * SECOND);
        meeting.everybody_is_heard();
        let Encryption::Group { members, .. } = meeting.encryption(names[0]) else { panic!("a group") };
        for member in members {
            assert_eq!(member.identity.unwrap().name, format!("Salle {}", member.participant));
        }
    }
}

#[test]
fn who_left_opens_nothing_of_what_follows_and_the_code_is_another() {
    let mut meeting = rooms(&["anna", "bert", "cleo"]);
    let before = meeting.settled(3 * SECOND);
    let mut cleo = meeting.leave("cleo").unwrap();
    meeting.run(SECOND / 2);
    let after = meeting.settled(3 * SECOND);
    assert_ne!(before, after);
    meeting.run(2 * SECOND);
    meeting.everybody_is_heard();
    let wire = meeting.say("anna", b"she is gone");
    assert_eq!(meeting.hears("bert", "anna", &wire).as_deref(), Some(b"she is gone".as_slice()));
    assert!(cleo.open("anna", meeting::io::Codec::Opus, true, &wire).is_err());
}

#[test]
fn who_comes_later_opens_nothing_of_what_was_before() {
    let mut meeting = rooms(&["anna", "bert"]);
    let before = meeting.settled(3 * SECOND);
    let wire = meeting.say("anna", b"before");
    meeting.join("cleo", Some(device("Salle cleo")));
    let after = meeting.settled(3 * SECOND);
    assert_ne!(before, after);
    meeting.everybody_is_heard();
    assert_eq!(meeting.hears("cleo", "anna", &wire), None);
    assert_eq!(meeting.hears("bert", "anna", &wire).as_deref(), Some(b"before".as_slice()), "it was on its way");
}

#[test]
fn with_a_browser_there_everybody_says_so_and_without_it_the_group_is_back() {
    let mut meeting = rooms(&["anna", "bert"]);
    meeting.settled(3 * SECOND);
    meeting.join("browser", None);
    meeting.run(SECOND);
    assert!(meeting.group("anna").is_grouped(), "it has a moment to speak");
    meeting.run(3 * SECOND);
    for name in ["anna", "bert"] {
        assert_eq!(hindered_by(meeting.encryption(name)), ["browser"]);
        assert!(meeting.group(name).sends_shared());
    }
    meeting.join("cleo", Some(device("Salle cleo")));
    meeting.run(5 * SECOND);
    assert_eq!(hindered_by(meeting.encryption("cleo")), ["browser"], "the group goes on forming behind it");
    meeting.leave("browser");
    meeting.settled(SECOND);
    meeting.everybody_is_heard();
}

#[test]
fn who_changes_the_group_may_leave_or_vanish() {
    for vanishes in [false, true] {
        let mut meeting = rooms(&["anna", "bert", "cleo"]);
        let before = meeting.settled(3 * SECOND);
        if vanishes {
            meeting.cut_off.insert("anna".into());
            meeting.run(25 * SECOND);
            assert_eq!(hindered_by(meeting.encryption("bert")), ["anna"]);
            // Somebody comes while the server has not noticed yet.
            meeting.join("dora", Some(device("Salle dora")));
            meeting.run(5 * SECOND);
        }
        meeting.leave("anna");
        meeting.run(SECOND / 2);
        let after = meeting.settled(5 * SECOND);
        assert_ne!(before, after);
        meeting.everybody_is_heard();
    }
}

#[test]
fn two_groups_become_one() {
    let mut meeting = rooms(&["anna", "bert", "cleo", "dora"]);
    meeting.settled(3 * SECOND);
    // anna hears nobody for long enough that others take over, and changes the group on her own meanwhile.
    meeting.cut_off.insert("anna".into());
    meeting.run(20 * SECOND);
    meeting.leave("dora");
    meeting.run(10 * SECOND);
    assert_ne!(meeting.encryption("anna"), meeting.encryption("bert"));
    meeting.cut_off.clear();
    meeting.settled(30 * SECOND);
    meeting.everybody_is_heard();
}

#[test]
fn whatever_is_lost_repeated_or_late_everybody_ends_in_one_group() {
    for seed in 0..12 {
        let mut meeting = Meeting::new(seed);
        meeting.weather = Weather { lost: 150, twice: 150, latency_ms: 400 };
        let names = ["anna", "bert", "cleo", "dora", "emil", "fred"];
        for name in names {
            meeting.join(name, Some(device(&format!("Salle {name}"))));
            let pause = meeting.random(800);
            meeting.run(Duration::from_millis(pause));
        }
        for _ in 0..8 {
            let name = names[meeting.random(6) as usize];
            match meeting.random(4) {
                0 => drop(meeting.leave(name)),
                1 => meeting.join(name, Some(device(&format!("Salle {name}")))),
                2 => drop(meeting.cut_off.insert(name.into())),
                _ => meeting.cut_off.clear(),
            }
            let pause = meeting.random(6000);
            meeting.run(Duration::from_millis(pause));
        }
        meeting.cut_off.clear();
        meeting.join("last", Some(device("Salle last")));
        meeting.weather = Weather { latency_ms: 100, ..Weather::default() };
        meeting.settled(60 * SECOND);
        // Who was told last may be heard by all a moment later.
        meeting.run(SECOND);
        meeting.everybody_is_heard();
        // And there it rests.
        let code = meeting.code();
        meeting.packets = 0;
        meeting.run(60 * SECOND);
        assert_eq!(meeting.code(), code, "seed {seed}");
        assert!(meeting.packets < 7 * 6 * 14, "everybody says where it stands, and nothing else: {}", meeting.packets);
    }
}
