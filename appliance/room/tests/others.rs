//! What people in the room say and do to the others in a meeting.

use std::time::{Duration, Instant};

use room::camera::{Pose, Reach, Turn};
use room::chat::{MESSAGES_MAX, SENT_CHARS_MAX};
use room::encryption::{AuthenticationCode, Encryption, Member, Verification};
use room::event::{CallId, CallReport, DeviceReport, Wish};
use room::moderation::{HostRefusal, Moderation, Rights, WAITING_MAX, Waiting};
use room::view::{EndReason, InCall, Message, Notice, Participant, Quality, Screen, Strain};
use room::{Destination, Input, Now, Output, Reaction, Refusal, Room, RoomConfig};

struct World {
    room: Room,
    now: Now,
    call: CallId,
}

impl World {
    /// A room in a meeting. It is 10:30 on its clock.
    fn joined() -> World {
        let wall = Duration::from_secs(1_800_000_000 / 86_400 * 86_400 + 9 * 3600 + 30 * 60);
        let now = Now { monotonic: Instant::now(), wall, utc_offset_s: 3600 };
        let mut room = Room::new(RoomConfig::named("Turing"), now);
        let link = "https://visio.example/abc-defg-hij";
        room.handle(Input::Person(Wish::Join(Destination::parse(link, &Default::default()).unwrap())), now);
        let started = std::iter::from_fn(|| room.poll_output()).find_map(|output| match output {
            Output::StartCall { call, .. } => Some(call),
            _ => None,
        });
        let mut world = World { room, now, call: started.unwrap() };
        world.report(CallReport::Joined { title: None, encrypted: false });
        world
    }

    fn person(&mut self, wish: Wish) -> Vec<Output> {
        self.room.handle(Input::Person(wish), self.now);
        std::iter::from_fn(|| self.room.poll_output()).collect()
    }

    fn report(&mut self, report: CallReport) -> Vec<Output> {
        self.room.handle(Input::Call { call: self.call, report }, self.now);
        std::iter::from_fn(|| self.room.poll_output()).collect()
    }

    fn view(&self) -> InCall {
        match self.room.view(self.now).screen {
            Screen::InCall(call) => call,
            other => panic!("{other:?}"),
        }
    }

    fn notice(&self) -> Option<Notice> {
        self.room.view(self.now).notice
    }

    fn chat(&mut self, from: &str, text: &str) {
        self.report(CallReport::Chat { from: from.into(), text: text.into() });
    }
}

fn person(name: &str) -> Participant {
    Participant {
        identity: name.to_lowercase(),
        name: name.into(),
        microphone_on: true,
        camera_on: true,
        sharing: false,
        speaking: false,
        hand_raised: false,
        hand_raised_at: None,
        quality: Quality::Good,
        unreadable: None,
        verification: Default::default(),
    }
}

#[test]
fn what_is_written_is_read_in_order_and_forgotten_with_the_meeting() {
    let mut world = World::joined();
    world.chat("Ada", "On commence ?");
    let sent = world.person(Wish::SendChat("  Nous arrivons. \n".into()));
    assert_eq!(sent, [Output::SendChat { call: world.call, text: "Nous arrivons.".into() }]);
    world.chat("", "Parfait");
    let chat = world.view().chat;
    let written: Vec<_> = chat.messages.iter().map(|m| (m.from.as_deref(), m.text.as_str())).collect();
    assert_eq!(written, [(Some("Ada"), "On commence ?"), (None, "Nous arrivons."), (Some(""), "Parfait")]);
    assert_eq!((chat.received, chat.messages[0].at), (2, world.now.wall + Duration::from_secs(3600)));

    world.person(Wish::Leave);
    world.report(CallReport::Ended(EndReason::Left));
    let link = "https://visio.example/abc-defg-hij";
    let again = world.person(Wish::Join(Destination::parse(link, &Default::default()).unwrap()));
    world.call =
        again.iter().find_map(|o| if let Output::StartCall { call, .. } = o { Some(*call) } else { None }).unwrap();
    world.report(CallReport::Joined { title: None, encrypted: false });
    assert_eq!(*world.view().chat.messages, Vec::<Message>::new());
}

#[test]
fn a_flood_of_huge_messages_from_endless_names_stays_small() {
    let mut world = World::joined();
    let (huge, name) = ("\u{202e}déjà ".repeat(180_000), "n".repeat(10_000));
    for _ in 0..3 {
        world.chat(&name, &huge);
    }
    for n in 0..10_000 {
        world.chat("Ada", &n.to_string());
    }
    let chat = world.view().chat;
    assert_eq!((chat.messages.len(), chat.received), (MESSAGES_MAX, 10_003));
    world.chat(&name, &huge);
    let Some(Notice::Chat { from, text }) = world.notice() else { panic!("{:?}", world.notice()) };
    assert!(from.len() <= 400 && text.len() < 2_000 && !text.contains('\u{202e}'), "{} {}", from.len(), text.len());

    let sent = world.person(Wish::SendChat(huge));
    let [Output::SendChat { text, .. }] = sent.as_slice() else { panic!("{sent:?}") };
    assert_eq!(text.chars().count(), SENT_CHARS_MAX);
    assert_eq!(world.person(Wish::SendChat(" \n".into())), []);
}

#[test]
fn a_crowd_of_people_with_endless_names_is_bounded() {
    let mut world = World::joined();
    let people = (0..150).map(|n| person(&format!("{n}{}", "\u{202e}x".repeat(10_000)))).collect();
    world.report(CallReport::Participants(people));
    let view = world.view();
    assert_eq!(view.participants.len(), 150);
    assert!(view.participants.iter().all(|p| p.name.chars().count() <= 100 && !p.name.contains('\u{202e}')));
    world.report(CallReport::Rights(Rights { admit: true, ..Rights::default() }));
    let waiting = |n: usize| Waiting { id: n.to_string(), name: "w".repeat(10_000) };
    world.report(CallReport::Waiting((0..5_000).map(waiting).collect()));
    assert_eq!(world.view().waiting.len(), WAITING_MAX);
    assert!(world.view().waiting.iter().all(|person| person.name.chars().count() <= 100));
}

#[test]
fn where_the_meeting_lets_nobody_write_people_are_told() {
    let mut world = World::joined();
    world.report(CallReport::MayWrite(false));
    assert_eq!(world.person(Wish::SendChat("Bonjour".into())), []);
    assert_eq!(world.notice(), Some(Notice::MayNotWrite));
    assert_eq!(world.person(Wish::React(Reaction::Applause)), []);
    world.report(CallReport::MayWrite(true));
    let sent = world.person(Wish::React(Reaction::Applause));
    assert_eq!(sent, [Output::React { call: world.call, reaction: Reaction::Applause }]);
    let emoji = "clapping-hands".into();
    assert_eq!(world.notice(), Some(Notice::Reaction { from: "Turing".into(), emoji }), "people see that it went");
}

#[test]
fn others_are_only_done_to_what_the_meeting_lets_us() {
    let mut world = World::joined();
    let acts = [
        Moderation::Admit { id: "1".into(), allow: true },
        Moderation::Mute("ada".into()),
        Moderation::MuteAll,
        Moderation::Remove("ada".into()),
        Moderation::LowerHand("ada".into()),
        Moderation::EndForAll,
    ];
    for act in acts.clone() {
        assert_eq!(world.person(Wish::Moderate(act)), []);
        assert_eq!(world.notice(), Some(Notice::Refused(HostRefusal::NotAllowed)));
    }
    world.report(CallReport::Rights(Rights { mute: true, ..Rights::default() }));
    for act in acts.clone() {
        let asked = world.person(Wish::Moderate(act.clone()));
        assert_eq!(!asked.is_empty(), matches!(act, Moderation::Mute(_)), "{act:?}");
    }
    world.report(CallReport::Rights(Rights { mute: true, moderate: true, admit: true, end: true }));
    for act in acts {
        assert_eq!(world.person(Wish::Moderate(act.clone())), [Output::Moderate { call: world.call, act }]);
    }
    // Before and after a meeting there is nobody to do anything to.
    world.person(Wish::Leave);
    assert_eq!(world.person(Wish::Moderate(Moderation::MuteAll)), []);
}

#[test]
fn a_refusal_of_the_platform_is_a_sentence() {
    for why in [HostRefusal::NotAllowed, HostRefusal::Gone, HostRefusal::Failed] {
        let mut world = World::joined();
        world.report(CallReport::Refused(why));
        assert_eq!(world.notice(), Some(Notice::Refused(why)));
    }
}

#[test]
fn whoever_ends_the_meeting_for_all_is_home_and_whoever_only_tried_is_told() {
    let ended = |refused| {
        let mut world = World::joined();
        world.report(CallReport::Rights(Rights { end: true, ..Rights::default() }));
        world.person(Wish::Moderate(Moderation::EndForAll));
        if refused {
            world.report(CallReport::Refused(HostRefusal::Failed));
        }
        world.report(CallReport::Ended(EndReason::MeetingEnded));
        world.room.view(world.now).screen
    };
    assert_eq!(ended(false), Screen::Home);
    assert!(matches!(ended(true), Screen::Failed { reason: EndReason::MeetingEnded, .. }));
}

#[test]
fn who_waits_is_told_once_and_only_where_we_may_decide() {
    let mut world = World::joined();
    let waiting = |names: &[&str]| {
        let one = |name: &&str| Waiting { id: name.to_lowercase(), name: (*name).into() };
        CallReport::Waiting(names.iter().map(one).collect())
    };
    world.report(CallReport::SomebodyWaiting);
    assert!(world.view().somebody_waiting && world.view().waiting.is_empty());
    world.report(CallReport::Rights(Rights { admit: true, ..Rights::default() }));
    assert!(!world.view().somebody_waiting, "who decides sees who really waits");
    world.report(waiting(&["Ada"]));
    assert_eq!(world.notice(), Some(Notice::AsksToComeIn("Ada".into())));
    world.person(Wish::Dismiss);
    world.report(waiting(&["Ada"]));
    assert_eq!(world.notice(), None);
    world.report(waiting(&["Ada", "Bob"]));
    assert_eq!(world.notice(), Some(Notice::AsksToComeIn("Bob".into())));
    assert_eq!(world.view().waiting.len(), 2);
    world.report(CallReport::Rights(Rights::default()));
    assert!(world.view().waiting.is_empty(), "who may no longer decide no longer sees them");
}

#[test]
fn hands_are_told_by_the_clock_on_the_wall() {
    let mut world = World::joined();
    let mut ada = person("Ada");
    (ada.hand_raised, ada.hand_raised_at) = (true, Some(world.now.wall));
    world.report(CallReport::Participants(vec![ada]));
    let shown = world.view().participants[0].hand_raised_at.unwrap();
    assert_eq!(shown.as_secs() % 86_400, 10 * 3600 + 30 * 60);

    // Whoever raised it first is heard first; whose time nobody knows comes last.
    let raised = |name: &str, at: Option<u64>| Participant {
        hand_raised: true,
        hand_raised_at: at.map(Duration::from_secs),
        ..person(name)
    };
    let people = vec![raised("Zoe", None), raised("Bob", Some(20)), person("Eve"), raised("Ada", Some(10))];
    world.report(CallReport::Participants(people));
    let view = world.view();
    let order: Vec<_> = view.hands().into_iter().map(|person| person.name.as_str()).collect();
    assert_eq!(order, ["Ada", "Bob", "Zoe"]);
}

#[test]
fn a_machine_at_its_limit_is_seen_in_the_meeting() {
    let mut world = World::joined();
    assert_eq!(world.view().strain, Strain::default());
    let strain = Strain { overloaded: true, stands_still: false };
    world.room.handle(Input::Device(DeviceReport::Strain(strain)), world.now);
    assert_eq!(world.view().strain, strain);
}

#[test]
fn a_camera_that_turns_is_turned_remembers_and_finds_its_places() {
    let mut world = World::joined();
    assert_eq!(world.view().turning, None);
    assert_eq!(world.person(Wish::TurnCamera(Turn { pan: 1, ..Turn::default() })), [], "it cannot be turned");
    for wish in [Wish::PointCamera(Pose::default()), Wish::KeepPreset(0)] {
        assert_eq!(world.room.ask(wish, world.now), Err(Refusal::CameraFixed));
    }
    let reach = Reach { pan: true, tilt: true, zoom: true };
    world.room.handle(Input::Device(DeviceReport::CameraTurns(Some((reach, Pose::default())))), world.now);
    let table = Pose { pan: 200, zoom: 300, ..Pose::default() };
    for _ in 0..2 {
        world.person(Wish::TurnCamera(Turn { pan: 1, ..Turn::default() }));
    }
    let turned = world.person(Wish::TurnCamera(Turn { zoom: 3, ..Turn::default() }));
    assert_eq!(turned, [Output::PointCamera(table)]);
    let kept = world.person(Wish::KeepPreset(1));
    assert_eq!(kept, [Output::KeepPresets([None, Some(table), None, None])]);
    assert_eq!(world.notice(), Some(Notice::PresetKept { number: 2 }));
    assert_eq!(world.person(Wish::PointCamera(Pose::default())), [Output::PointCamera(Pose::default())]);
    for (number, why) in [(0, "nothing is remembered there"), (99, "there is no such number")] {
        assert_eq!(world.room.ask(Wish::RecallPreset(number), world.now), Err(Refusal::NoSuchPreset), "{why}");
    }
    assert_eq!(world.room.ask(Wish::KeepPreset(4), world.now), Err(Refusal::NoSuchPreset));
    let far = Pose { pan: i16::MIN, tilt: i16::MAX, zoom: -1 };
    assert_eq!(world.person(Wish::PointCamera(far)), [Output::PointCamera(Pose { pan: -1000, tilt: 1000, zoom: 0 })]);
    assert_eq!(world.person(Wish::RecallPreset(1)), [Output::PointCamera(table)]);
    assert_eq!(world.view().turning.unwrap().pose, table);

    // Pulled out and plugged in, it looks where it says; the places are kept.
    world.room.handle(Input::Device(DeviceReport::CameraTurns(None)), world.now);
    assert_eq!(world.view().turning, None);
    world.room.handle(Input::Device(DeviceReport::CameraTurns(Some((reach, Pose::default())))), world.now);
    let turning = world.view().turning.unwrap();
    assert_eq!((turning.pose, turning.presets[1]), (Pose::default(), Some(table)));
}

#[test]
fn who_is_verified_is_shown_only_while_the_meeting_has_keys_of_its_own() {
    let mut world = World::joined();
    let code = AuthenticationCode::parse("4821 0033 9917 0402 5586").unwrap();
    world.report(CallReport::Participants(vec![person("Ada"), person("Grace"), person("Eve")]));
    let of = |world: &World| -> Vec<Verification> {
        world.view().participants.iter().map(|person| person.verification.clone()).collect()
    };
    assert_eq!(of(&world), vec![Verification::Unknown; 3]);
    let verified = |name: &str| Verification::Verified { name: name.into(), by: "Ministère X".into() };
    let member = |identity: &str, verification| Member { identity: identity.into(), verification };
    let members = vec![member("ada", verified("Salle \u{202e}Lovelace")), member("grace", Verification::Unverified)];
    world.report(CallReport::Encryption { encryption: Encryption::Group { code }, members });
    // Who is not in the group is not vouched for, whatever the platform calls them.
    assert_eq!(of(&world), [verified("Salle Lovelace"), Verification::Unverified, Verification::Unverified]);
    assert_eq!((world.view().verified(), world.view().encryption.code()), (1, Some(code)));
    // The platform tells everybody anew when somebody comes or goes: what is known of them stays.
    world.report(CallReport::Participants(vec![person("Ada")]));
    assert_eq!(of(&world), [verified("Salle Lovelace")]);
    world.report(CallReport::Encryption { encryption: Encryption::SharedKey, members: Vec::new() });
    assert_eq!((of(&world), world.notice()), (vec![Verification::Unknown], Some(Notice::GroupKeysLost)));
    assert_eq!(world.view().encryption, Encryption::SharedKey);
}

#[test]
fn who_keeps_a_meeting_under_the_shared_key_is_shown_only_while_it_is() {
    let mut world = World::joined();
    let code = AuthenticationCode::parse(&"7".repeat(20)).unwrap();
    world.report(CallReport::Participants(vec![person("Ada"), person("Eve")]));
    let members = vec![Member { identity: "eve".into(), verification: Verification::Outside }];
    let of = |world: &mut World, encryption| -> Vec<Verification> {
        world.report(CallReport::Encryption { encryption, members: members.clone() });
        world.view().participants.iter().map(|person| person.verification.clone()).collect()
    };
    assert_eq!(of(&mut world, Encryption::SharedKey), [Verification::Unknown, Verification::Outside]);
    assert_eq!(of(&mut world, Encryption::Group { code }), vec![Verification::Unverified; 2]);
    assert_eq!(of(&mut world, Encryption::None), vec![Verification::Unknown; 2]);
}

#[test]
fn a_name_of_which_nothing_is_to_be_seen_verifies_nobody() {
    let mut world = World::joined();
    let code = AuthenticationCode::parse(&"7".repeat(20)).unwrap();
    world.report(CallReport::Participants(vec![person("Ada")]));
    let verification = Verification::Verified { name: "\u{202e}\u{200b}".into(), by: "Ministère X".into() };
    let members = vec![Member { identity: "ada".into(), verification }];
    world.report(CallReport::Encryption { encryption: Encryption::Group { code }, members });
    assert_eq!(world.view().participants[0].verification, Verification::Unverified);
}
