//! Group keys between several rooms, without a server that puts anything in order.

#[path = "support/insider.rs"]
mod insider;
#[path = "support/own_key.rs"]
mod own_key;
#[path = "support/rooms.rs"]
mod rooms;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use insider::{Disguise, Insider};
use meeting::device::{Device, Judge, Unverified, Verified};
use meeting::e2ee::group::{Candidacy, Message, is_of_group, split, stream};
use meeting::io::{Codec, Encryption, Layer, Source};
use own_key::{ByName, device};
use rooms::{Meeting, Weather};

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
        Encryption::SharedKey { hindered_by, .. } => hindered_by,
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
    assert!(cleo.open("anna", Codec::Opus, true, &wire).is_err());
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
fn who_stays_outside_of_a_group_is_told_of_and_nobody_is_where_there_is_none() {
    let outside = |meeting: &Meeting, name: &str| match meeting.encryption(name) {
        Encryption::SharedKey { outside, .. } => outside,
        other => panic!("{other:?}"),
    };
    let mut meeting = rooms(&["anna"]);
    meeting.join("browser", None);
    meeting.run(10 * SECOND);
    assert_eq!(outside(&meeting, "anna"), [""; 0], "nobody here has other keys");
    meeting.join("bert", Some(device("Salle bert")));
    meeting.run(10 * SECOND);
    for name in ["anna", "bert"] {
        assert_eq!(outside(&meeting, name), ["browser"]);
    }
    // Whoever has just come is not in the group yet.
    meeting.join("cleo", None);
    meeting.run(3 * SECOND);
    assert_eq!(outside(&meeting, "anna"), ["browser"]);
    assert_eq!(hindered_by(meeting.encryption("anna")), ["browser", "cleo"]);
    meeting.run(3 * SECOND);
    assert_eq!(outside(&meeting, "anna"), ["browser", "cleo"]);
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

#[test]
fn a_frame_is_its_senders_and_comes_once() {
    let mut meeting = rooms(&["anna", "bert", "cleo"]);
    meeting.settled(3 * SECOND);
    meeting.run(SECOND);
    let wire = meeting.say("anna", b"Bonjour");
    assert_eq!(meeting.hears("cleo", "bert", &wire), None, "a server says that bert said it");
    assert!(meeting.hears("cleo", "anna", &wire).is_some());
    assert_eq!(meeting.hears("cleo", "anna", &wire), None, "again");
    let mut changed = meeting.say("anna", b"Bonjour");
    changed[6] ^= 1;
    assert_eq!(meeting.hears("cleo", "anna", &changed), None);
}

#[test]
fn frames_of_every_codec_come_back_with_their_headers_in_clear() {
    let mut meeting = rooms(&["anna", "bert"]);
    meeting.settled(3 * SECOND);
    let zeros = [0; 200];
    let picture = [[0, 0, 0, 1, 0x65, 0x88, 0x84, 0, 0, 3, 1].as_slice(), &zeros, &[9]].concat();
    let large = [[0x10, 2, 0, 0x9d, 1, 0x2a, 0, 5, 0xd0, 2].as_slice(), &[7; 3000]].concat();
    for (codec, clear, frame) in [
        (Codec::Opus, 1, [[0x78].as_slice(), &zeros].concat()),
        (Codec::Vp8, 10, large.clone()),
        (Codec::Vp8, 3, [[0x11].as_slice(), &zeros].concat()),
        (Codec::Vp9, 0, zeros.to_vec()),
        (Codec::Av1, 0, zeros.to_vec()),
        (Codec::H264, 6, picture),
    ] {
        for layer in [Layer::Low, Layer::High] {
            let stream = stream(Source::Camera, Some(layer));
            let wire = meeting.group("anna").seal(codec, stream, &frame).unwrap();
            assert!(is_of_group(&wire));
            assert_eq!(wire[..clear], frame[..clear], "{codec:?}");
            assert!(codec != Codec::H264 || !wire[clear..].windows(3).any(|w| w[0] == 0 && w[1] == 0 && w[2] < 3));
            assert_eq!(meeting.group("bert").open("anna", codec, true, &wire).as_ref(), Ok(&frame), "{codec:?}");
        }
    }
    assert_eq!(meeting.group("anna").seal(Codec::Opus, 0, &[]), Some(Vec::new()), "silence is its own");
    assert_eq!(meeting.group("anna").seal(Codec::Vp8, 0, &[0x10, 2]), None);
}

#[test]
fn keys_of_what_was_are_gone_in_ten_seconds() {
    let mut meeting = rooms(&["anna", "bert"]);
    meeting.settled(3 * SECOND);
    let (early, late) = (meeting.say("anna", b"early"), meeting.say("anna", b"late"));
    meeting.join("cleo", Some(device("Salle cleo")));
    meeting.settled(3 * SECOND);
    assert!(meeting.hears("bert", "anna", &early).is_some());
    meeting.run(11 * SECOND);
    assert_eq!(meeting.hears("bert", "anna", &late), None);
}

#[test]
fn a_member_whom_the_server_hides_from_somebody_is_no_group_to_them() {
    let mut meeting = rooms(&["anna", "bert"]);
    meeting.settled(3 * SECOND);
    meeting.hidden.insert(("ghost".into(), "bert".into()));
    meeting.join("ghost", Some(device("Salle ghost")));
    // Anna sees it and lets it in; Bert must not say a word that it could open.
    let is_in = |meeting: &mut Meeting| matches!(meeting.encryption("bert"), Encryption::SharedKey { .. });
    assert!(meeting.run_until(3 * SECOND, is_in), "{:?}", meeting.encryption("bert"));
    assert_eq!(hindered_by(meeting.encryption("bert")), ["ghost"]);
    assert!(meeting.group("bert").sends_shared());
    meeting.run(10 * SECOND);
    assert_eq!(hindered_by(meeting.encryption("bert")), ["ghost"], "and it stays so");
    meeting.leave("ghost");
    meeting.settled(5 * SECOND);
}

#[test]
fn nobody_is_let_in_under_the_name_of_another() {
    let mut meeting = rooms(&["anna", "bert"]);
    let code = meeting.settled(3 * SECOND);
    meeting.join("mallory", None);
    for named in ["bert", "mallory "] {
        let candidacy = Candidacy::new(&device("Salle bert"), named).unwrap();
        let ask = Message::Ask { to: meeting.sid("anna"), key_package: candidacy.message().to_vec() };
        for packet in split(1, &ask.encode()) {
            meeting.inject("mallory", "anna", packet);
        }
        meeting.run(SECOND / 2);
    }
    meeting.leave("mallory");
    assert_eq!(meeting.settled(SECOND), code, "nothing has changed");
}

#[test]
fn a_device_that_is_there_already_keeps_nobody_else_out() {
    let mut meeting = rooms(&["anna"]);
    let twice = device("Salle bert");
    meeting.join("bert", Some(twice.clone()));
    meeting.join("bert again", Some(twice));
    meeting.join("cleo", Some(device("Salle cleo")));
    meeting.run(10 * SECOND);
    let Encryption::SharedKey { hindered_by, .. } = meeting.encryption("anna") else { panic!("a key too many") };
    assert_eq!(hindered_by.len(), 1);
    assert!(hindered_by[0].starts_with("bert"));
    meeting.leave(&hindered_by[0]);
    meeting.settled(3 * SECOND);
}

#[test]
fn a_device_that_is_there_already_holds_nobody_up() {
    let mut meeting = rooms(&["anna"]);
    let twice = device("Salle bert");
    meeting.join("bert", Some(twice.clone()));
    meeting.settled(3 * SECOND);
    meeting.join("bert again", Some(twice));
    meeting.run(2 * SECOND);
    meeting.join("cleo", Some(device("Salle cleo")));
    meeting.run(2 * SECOND);
    assert_eq!(hindered_by(meeting.encryption("anna")), ["bert again"], "cleo is with her");
}

#[test]
fn classified_rooms_are_in_no_group_with_anybody_unverified_and_send_nothing_meanwhile() {
    let classified = |name: &str| Some(Device { verified_only: true, ..device(name) });
    for first in ["mallory", "anna"] {
        let mut meeting = Meeting::new(3);
        let mut names = ["anna", "bert", "mallory"];
        names.sort_by_key(|name| *name != first);
        for name in names {
            meeting.join(
                name,
                if name == "mallory" { Some(device("Mallory")) } else { classified(&format!("Salle {name}")) },
            );
            meeting.run(SECOND);
        }
        meeting.run(30 * SECOND);
        for name in ["anna", "bert"] {
            let Encryption::Withheld { hindered_by } = meeting.encryption(name) else { panic!("{name}, {first}") };
            assert!(hindered_by.contains(&"mallory".to_owned()), "{hindered_by:?}");
            let group = meeting.group(name);
            assert!(!group.sends_shared() && !group.is_grouped());
        }
        meeting.leave("mallory");
        meeting.settled(30 * SECOND);
        meeting.run(SECOND);
        meeting.everybody_is_heard();
    }
}

#[test]
fn who_comes_back_under_another_number_is_in_the_group_again() {
    for name in ["anna", "cleo"] {
        let mut meeting = rooms(&["anna", "bert", "cleo"]);
        meeting.settled(3 * SECOND);
        meeting.cut_off.insert(name.into());
        meeting.run(3 * SECOND);
        meeting.cut_off.clear();
        meeting.rejoin(name);
        meeting.run(SECOND);
        meeting.settled(10 * SECOND);
        meeting.run(SECOND);
        meeting.everybody_is_heard();
    }
}

#[test]
fn a_large_group_fits_through_the_data_channel() {
    let mut meeting = Meeting::new(5);
    let names: Vec<String> = (0..40).map(|n| format!("room {n}")).collect();
    for name in &names {
        meeting.join(name, Some(device(&format!("Salle {name}"))));
    }
    meeting.settled(5 * SECOND);
    meeting.join("late", Some(device("Salle late")));
    meeting.settled(5 * SECOND);
    let wire = meeting.say("late", b"Bonjour");
    assert!(meeting.hears("room 17", "late", &wire).is_some());
}

/// anna and bert in a group with mallory, who keeps to no rule; and the code that they see.
fn with_insider() -> (Meeting, Insider, String) {
    let mut meeting = rooms(&["anna", "bert"]);
    meeting.settled(3 * SECOND);
    meeting.join("mallory", None);
    let mut mallory = Insider::new("mallory", "Salle mallory");
    meeting.run(SECOND / 2);
    let ask = mallory.ask(meeting.sid("anna"));
    meeting.inject_to_all("mallory", &ask);
    meeting.run(SECOND / 2);
    mallory.hear(&meeting.overheard);
    meeting.inject_to_all("mallory", &mallory.standing());
    let code = meeting.settled(SECOND);
    (meeting, mallory, code)
}

#[test]
fn a_member_stays_who_it_was_let_in_as() {
    let (mut meeting, mut mallory, before) = with_insider();
    // Its key for encryption it may renew.
    meeting.inject_to_all("mallory", &mallory.changes_into(&Disguise::None));
    meeting.inject_to_all("mallory", &mallory.standing());
    meeting.run(SECOND / 5);
    let after = meeting.code().expect("everybody is there still");
    assert_ne!(before, after);

    for disguise in [
        Disguise::Device("Salle bert"),
        Disguise::Device("Mallory"),
        Disguise::Certificate("Salle du Premier ministre"),
        Disguise::Participant("bert"),
        Disguise::Participant("cleo"),
        Disguise::Simpler,
    ] {
        let (mut meeting, mut mallory, code) = with_insider();
        meeting.inject_to_all("mallory", &mallory.changes_into(&disguise));
        meeting.inject_to_all("mallory", &mallory.standing());
        meeting.run(SECOND / 5);
        for name in ["anna", "bert"] {
            let Encryption::Group { code: shown, members, .. } = meeting.encryption(name) else {
                panic!("{name} left")
            };
            assert_eq!(shown, code, "a change that nobody else has taken part in");
            let is_mallory = |member: &&meeting::io::Member| member.participant == "mallory";
            assert_eq!(members.iter().find(is_mallory).unwrap().identity.as_ref().unwrap().name, "Salle mallory");
        }
        // It is where nobody else is, and that is said.
        meeting.run(3 * SECOND);
        for name in ["anna", "bert"] {
            assert_eq!(hindered_by(meeting.encryption(name)), ["mallory"]);
        }
    }
}

/// Counts certificates that are not good.
#[derive(Default)]
struct Counting(AtomicUsize);

impl Judge for Counting {
    fn judge(&self, chain: &[Vec<u8>], now: Duration) -> Result<Verified, Unverified> {
        let judged = ByName.judge(chain, now);
        self.0.fetch_add(usize::from(judged.is_err()), Ordering::Relaxed);
        judged
    }
}

#[test]
fn a_flood_of_key_packages_costs_who_leads_little_and_keeps_nobody_else_out() {
    let judge = Arc::new(Counting::default());
    let mut meeting = Meeting::new(1);
    meeting.join("anna", Some(Device { judge: judge.clone(), verified_only: true, ..device("Salle anna") }));
    meeting.run(SECOND);
    meeting.join("mallory", None);
    let mut mallory = Insider::new("mallory", "Mallory");
    for n in 0..100 {
        if n == 20 {
            meeting.join("bert", Some(device("Salle bert")));
        }
        let ask = mallory.ask(meeting.sid("anna"));
        meeting.inject_to_all("mallory", &ask);
        meeting.run(SECOND / 50);
    }
    let Encryption::Withheld { hindered_by } = meeting.encryption("anna") else { panic!("mallory is there") };
    assert_eq!(hindered_by, ["mallory"], "bert is with her");
    assert!(
        (1..=3).contains(&judge.0.load(Ordering::Relaxed)),
        "{} looks in two seconds",
        judge.0.load(Ordering::Relaxed)
    );
}
