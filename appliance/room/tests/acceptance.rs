//! Promises of the acceptance: before a meeting crosses the border somebody in the room says yes to the policy's sentence,
//! each time anew, and nothing is dialled before.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use room::destination::ParseContext;
use room::event::{CallId, CallReport, Wish};
use room::policy::{Accepted, Begins, Forbidden, InMeetings, JoinPolicy, Mode, Permit, Sentence, Transition};
use room::view::{Acceptance, AcceptanceId, EndReason, Language, Notice, Screen};
use room::{AgendaEntry, Destination, Input, Light, Now, Output, Refusal, Room, RoomConfig, Title, Venue};

const SECOND: Duration = Duration::from_secs(1);
const FOREVER: Duration = Duration::from_secs(3600);
/// For as long as people read it.
const READING: Duration = Duration::from_secs(5);

/// Meetings on `visio.example` may be joined at once, those elsewhere after this has been accepted, until it is over.
#[derive(Debug)]
struct Abroad {
    mode: Mode,
    /// Which of the sentences is asked.
    version: AtomicU8,
    until: Mutex<Duration>,
}

impl JoinPolicy for Abroad {
    fn mode(&self) -> Mode {
        self.mode
    }

    fn may_join(&self, destination: &Destination, _: Begins, wall: Duration) -> Result<Permit, Forbidden> {
        if destination.host() == "visio.example" {
            return Ok(Permit::AtOnce);
        }
        if wall >= *self.until.lock().unwrap() {
            return Err(Forbidden::TransitionOver);
        }
        let version = self.version.load(Ordering::Relaxed);
        let in_language = |word: &str| format!("{word} {version}");
        let (french, english, german) = (in_language("Oui ?"), in_language("Yes?"), in_language("Ja?"));
        Ok(Permit::AfterAcceptance(Transition {
            name: "gateway".into(),
            sentence: Sentence { french, english, german },
        }))
    }

    fn in_meetings(&self) -> InMeetings {
        InMeetings::EVERYTHING
    }
}

struct World {
    room: Room,
    policy: Arc<Abroad>,
    now: Now,
}

impl World {
    fn new() -> World {
        World::of(Mode::Usual)
    }

    fn of(mode: Mode) -> World {
        let now = Now { monotonic: Instant::now(), wall: Duration::from_secs(1_800_000_000), utc_offset_s: 3600 };
        let policy = Arc::new(Abroad { mode, version: AtomicU8::new(1), until: Mutex::new(now.wall + FOREVER) });
        let config = RoomConfig {
            // New meetings are abroad too.
            parse: ParseContext { instance: Some("https://gateway.example".parse().unwrap()), ..Default::default() },
            agenda: vec![AgendaEntry {
                venue: Some(Venue::Joinable(abroad("planned"))),
                ..AgendaEntry::new(Title::Plain("Point".into()), now.wall, now.wall + FOREVER)
            }],
            history: 2,
            standby_after: Some(Duration::from_secs(600)),
            policy: Some(policy.clone()),
            ..RoomConfig::named("Turing")
        };
        let mut world = World { room: Room::new(config, now), policy, now };
        world.outputs();
        world
    }

    fn outputs(&mut self) -> Vec<Output> {
        std::iter::from_fn(|| self.room.poll_output()).collect()
    }

    fn input(&mut self, input: Input) -> Vec<Output> {
        self.room.handle(input, self.now);
        self.outputs()
    }

    fn person(&mut self, wish: Wish) -> Vec<Output> {
        self.input(Input::Person(wish))
    }

    fn elsewhere(&mut self, wish: Wish) -> Result<(), Refusal> {
        self.room.ask(wish, self.now)
    }

    fn pass(&mut self, time: Duration) -> Vec<Output> {
        (self.now.monotonic, self.now.wall) = (self.now.monotonic + time, self.now.wall + time);
        self.input(Input::Timeout)
    }

    fn screen(&self) -> Screen {
        self.room.view(self.now).screen
    }

    fn notice(&self) -> Option<Notice> {
        self.room.view(self.now).notice
    }

    fn asked(&self) -> Acceptance {
        match self.screen() {
            Screen::Acceptance(acceptance) => acceptance,
            other => panic!("{other:?}"),
        }
    }

    /// Somebody reads what is asked and says yes.
    fn accept(&mut self) -> Vec<Output> {
        self.pass(READING);
        let id = self.asked().id;
        self.person(Wish::Accept(id))
    }

    /// Somebody wants to go abroad, and says yes.
    fn joined(&mut self, wish: Wish) -> CallId {
        self.person(wish);
        let call = dialled(&self.accept()).unwrap().0;
        self.input(Input::Call { call, report: CallReport::Joined { title: None, encrypted: false } });
        call
    }

    fn ended(&mut self, call: CallId, reason: EndReason) {
        self.input(Input::Call { call, report: CallReport::Ended(reason) });
    }
}

fn abroad(slug: &str) -> Destination {
    Destination::parse(&format!("https://gateway.example/{slug}"), &ParseContext::default()).unwrap()
}

fn here(slug: &str) -> Destination {
    Destination::parse(&format!("https://visio.example/{slug}"), &ParseContext::default()).unwrap()
}

/// The call that was started, and with which acceptance.
fn dialled(outputs: &[Output]) -> Option<(CallId, Option<Accepted>)> {
    outputs.iter().find_map(|output| match output {
        Output::StartCall { call, accepted, .. } => Some((*call, accepted.clone())),
        _ => None,
    })
}

fn gateway(language: Language) -> Option<Accepted> {
    Some(Accepted { transition: "gateway".into(), language })
}

#[test]
fn nothing_is_dialled_before_somebody_has_accepted_what_the_policy_says() {
    let mut world = World::new();
    assert_eq!(world.person(Wish::Join(abroad("one"))), []);
    let asked = world.asked();
    assert_eq!(
        (asked.what.as_str(), asked.host.as_str(), asked.sentence.as_str()),
        ("one", "gateway.example", "Oui ? 1")
    );
    assert_eq!(Light::of(&world.room.view(world.now)), Light::Idle, "no meeting yet");
    world.person(Wish::SetLanguage(Language::German));
    assert_eq!(world.asked().sentence, "Ja? 1", "in the language of whoever reads");
    let (_, accepted) = dialled(&world.accept()).unwrap();
    assert_eq!(accepted, gateway(Language::German));
    assert!(matches!(world.screen(), Screen::Joining { .. }));
}

#[test]
fn what_crosses_no_border_is_joined_at_once() {
    let mut world = World::new();
    let (_, accepted) = dialled(&world.person(Wish::Join(here("one")))).unwrap();
    assert_eq!(accepted, None);
}

/// Everything by which the room gets to a meeting: told from here or from elsewhere.
fn every_way(world: &mut World) -> Vec<(&'static str, Wish, bool)> {
    let call = world.joined(Wish::Join(abroad("earlier")));
    world.person(Wish::Leave);
    world.ended(call, EndReason::Left);
    let view = world.room.view(world.now);
    let (planned, earlier) = (view.agenda[0].id, view.history[0].id);
    let livekit = Destination::livekit("wss://livekit.example", "token").unwrap();
    vec![
        ("the agenda", Wish::JoinMeeting(planned), false),
        ("the agenda, from elsewhere", Wish::JoinMeeting(planned), true),
        ("the history", Wish::JoinAgain(earlier), false),
        ("a code", Wish::JoinTyped("abc-defg-hij".into()), false),
        ("a link, from elsewhere", Wish::JoinTyped("https://gateway.example/abc-defg-hij".into()), true),
        ("a server, from elsewhere", Wish::Join(livekit), true),
    ]
}

#[test]
fn whatever_way_leads_there_people_are_asked_and_who_refuses_is_home() {
    let mut world = World::new();
    let ways = every_way(&mut world);
    assert_eq!(ways.len(), 6);
    for (way, wish, is_elsewhere) in ways {
        if is_elsewhere {
            assert_eq!(world.elsewhere(wish), Ok(()), "{way}");
        } else {
            assert_eq!(world.person(wish), [], "{way}");
        }
        assert_eq!(dialled(&world.outputs()), None, "{way}");
        world.asked();
        assert_eq!(dialled(&world.pass(READING)), None, "{way}");
        assert_eq!(world.person(Wish::Leave), [], "{way}");
        assert_eq!((world.screen(), world.notice()), (Screen::Home, None), "{way}");
    }
}

#[test]
fn a_new_meeting_an_invitation_and_what_waited_for_a_call_to_end_are_asked_about_too() {
    let mut world = World::new();
    assert_eq!(world.person(Wish::MeetNow), [Output::DrawCode]);
    assert_eq!(world.input(Input::Random(7)), []);
    world.asked();
    assert!(dialled(&world.accept()).is_some());

    let invite = Wish::Invite { destination: "https://gateway.example/two".into(), from: "Reception".into() };
    let mut world = World::new();
    world.elsewhere(invite.clone()).unwrap();
    let invitation = world.room.view(world.now).invitation.unwrap().id;
    assert_eq!(dialled(&world.person(Wish::Answer { invitation, accept: true })), None);
    assert_eq!(world.asked().what, "two");

    // From a meeting: it is left, and then they are asked.
    let mut world = World::new();
    let call = world.joined(Wish::Join(abroad("one")));
    world.elsewhere(invite).unwrap();
    let invitation = world.room.view(world.now).invitation.unwrap().id;
    world.person(Wish::Answer { invitation, accept: true });
    world.ended(call, EndReason::Left);
    assert_eq!(world.asked().what, "two");
    assert!(dialled(&world.accept()).is_some());
}

#[test]
fn an_acceptance_is_for_one_call_and_asked_anew_each_time() {
    let mut world = World::new();
    let call = world.joined(Wish::Join(abroad("one")));
    let first = call;
    world.ended(call, EndReason::ConnectionLost);
    assert!(matches!(world.screen(), Screen::Failed { can_retry: true, .. }));
    assert_eq!(dialled(&world.person(Wish::Retry)), None, "another try is another call");
    let id = world.asked().id;
    let (call, accepted) = dialled(&world.accept()).unwrap();
    assert!(call != first && accepted == gateway(Language::French));
    world.ended(call, EndReason::MeetingEnded);
    world.person(Wish::Dismiss);
    world.person(Wish::Join(abroad("one")));
    assert_ne!(world.asked().id, id);
    world.pass(READING);
    assert_eq!(world.person(Wish::Accept(id)), [], "a yes of before is none");
    world.asked();
}

#[test]
fn a_call_that_comes_back_by_itself_is_still_the_one_that_was_accepted() {
    let mut world = World::new();
    let call = world.joined(Wish::Join(abroad("one")));
    for report in [CallReport::Reconnecting, CallReport::Reconnected] {
        world.input(Input::Call { call, report });
        assert!(matches!(world.screen(), Screen::InCall(_)), "nobody is asked");
    }
}

#[test]
fn nobody_elsewhere_accepts_for_those_in_the_room() {
    let mut world = World::new();
    world.elsewhere(Wish::Join(abroad("one"))).unwrap();
    world.pass(READING);
    let id = world.asked().id;
    assert_eq!(world.elsewhere(Wish::Accept(id)), Err(Refusal::OnlyAtThePanel));
    assert_eq!(world.outputs(), []);
    assert_eq!(world.asked().id, id, "and the panel asks on");
    // Whoever has asked for it may give it up.
    assert_eq!(world.elsewhere(Wish::Leave), Ok(()));
    assert_eq!(world.screen(), Screen::Home);
}

#[test]
fn while_people_read_nobody_puts_anything_else_before_them() {
    let mut world = World::new();
    world.person(Wish::Join(abroad("one")));
    let asked = world.asked();
    let invite = Wish::Invite { destination: "https://visio.example/two".into(), from: "Reception".into() };
    for wish in [Wish::Join(abroad("two")), Wish::Join(here("two")), Wish::MeetNow, Wish::CheckAudio, invite] {
        assert_eq!(world.elsewhere(wish.clone()), Err(Refusal::AlreadyAsking), "{wish:?}");
        assert_eq!((world.outputs(), world.asked()), (vec![], asked.clone()), "{wish:?}");
    }
}

#[test]
fn an_invitation_that_rang_before_can_be_followed_instead() {
    let mut world = World::new();
    world.elsewhere(Wish::Invite { destination: "https://visio.example/two".into(), from: String::new() }).unwrap();
    world.elsewhere(Wish::Join(abroad("one"))).unwrap();
    world.asked();
    let invitation = world.room.view(world.now).invitation.unwrap().id;
    let outputs = world.person(Wish::Answer { invitation, accept: true });
    assert!(
        matches!(outputs.as_slice(), [Output::StartCall { destination, accepted: None, .. }] if *destination == here("two"))
    );
}

#[test]
fn whoever_touches_nothing_for_a_minute_does_not_go_there() {
    let mut world = World::new();
    world.person(Wish::Join(abroad("one")));
    world.pass(59 * SECOND);
    let id = world.asked().id;
    // A finger: somebody is reading.
    world.person(Wish::Wake);
    world.pass(59 * SECOND);
    world.asked();
    let (at, _) = world.room.poll_timeout().unwrap();
    assert_eq!(at, world.now.monotonic + SECOND, "the room wakes by itself");
    assert_eq!(dialled(&world.pass(SECOND)), None);
    assert_eq!(world.screen(), Screen::Home);
    assert_eq!(world.person(Wish::Accept(id)), [], "too late");
}

#[test]
fn the_second_of_two_quick_touches_accepts_nothing() {
    let mut world = World::new();
    world.person(Wish::Join(abroad("one")));
    let id = world.asked().id;
    world.pass(SECOND / 5);
    assert_eq!(world.person(Wish::Accept(id)), []);
    assert_eq!(world.asked().id, id, "it is there to be read");
    world.pass(SECOND);
    assert!(dialled(&world.person(Wish::Accept(id))).is_some());
}

#[test]
fn a_touch_that_was_meant_for_a_sentence_in_another_language_accepts_nothing() {
    let mut world = World::new();
    world.person(Wish::Join(abroad("one")));
    let id = world.asked().id;
    world.pass(2 * SECOND);
    world.person(Wish::SetLanguage(Language::German));
    world.pass(SECOND / 5);
    assert_eq!(world.person(Wish::Accept(id)), []);
    world.pass(SECOND);
    assert!(dialled(&world.person(Wish::Accept(id))).is_some());
}

#[test]
fn what_was_accepted_too_late_is_not_dialled_and_another_sentence_is_asked_anew() {
    let mut world = World::new();
    world.person(Wish::Join(abroad("one")));
    *world.policy.until.lock().unwrap() = world.now.wall;
    assert_eq!(dialled(&world.accept()), None);
    let over = Notice::Forbidden(Forbidden::TransitionOver);
    assert_eq!((world.screen(), world.notice()), (Screen::Home, Some(over)));

    let mut world = World::new();
    world.person(Wish::Join(abroad("one")));
    world.policy.version.store(2, Ordering::Relaxed);
    assert_eq!(dialled(&world.accept()), None);
    assert_eq!(world.asked().sentence, "Oui ? 2");
    assert!(dialled(&world.accept()).is_some());
}

#[test]
fn a_dark_room_is_lit_to_ask() {
    let mut world = World::new();
    // The meeting of the agenda has long begun.
    assert!(world.pass(600 * SECOND).contains(&Output::Standby(true)));
    world.elsewhere(Wish::Join(abroad("one"))).unwrap();
    assert_eq!(world.outputs(), [Output::Standby(false)]);
    assert!(!world.room.view(world.now).dimmed);
}

#[test]
fn a_classified_room_asks_nobody_and_goes_nowhere_across_a_border() {
    let mut world = World::of(Mode::Classified);
    world.input(Input::Surroundings(Vec::new()));
    let key = "0123456789abcdef".repeat(3);
    let encrypted = Wish::JoinTyped(format!("https://gateway.example/one#{key}"));
    assert_eq!(world.elsewhere(encrypted), Err(Refusal::Notice(Notice::Forbidden(Forbidden::Classified))));
    assert_eq!((world.outputs(), world.screen()), (vec![], Screen::Home));
}

#[test]
fn an_answer_to_nothing_means_nothing() {
    let mut world = World::new();
    assert_eq!(world.person(Wish::Accept(AcceptanceId(1))), []);
    assert_eq!((world.screen(), world.notice()), (Screen::Home, None));
}
