//! Before a call, on a stepped clock: which meeting is meant, new ones, invitations, an empty room.

use std::time::{Duration, Instant};

use room::destination::ParseContext;
use room::event::{CallId, CallReport, DeviceReport, Wish};
use room::view::{
    Content, EndReason, Invitation, InvitationEnd, InvitationId, Language, Notice, Participant, Quality, Screen,
};
use room::{AgendaEntry, Destination, Input, Now, Output, Refusal, Room, RoomConfig, Title, Venue, View};

const MINUTE: Duration = Duration::from_secs(60);

struct World {
    room: Room,
    now: Now,
}

impl World {
    /// A room that goes dark after ten minutes and keeps two meetings, with a meeting in an hour.
    fn new() -> World {
        World::with(|_| {})
    }

    fn with(change: impl FnOnce(&mut RoomConfig)) -> World {
        let now = Now { monotonic: Instant::now(), wall: Duration::from_secs(1_800_000_000), utc_offset_s: 3600 };
        let mut config = RoomConfig {
            parse: ParseContext { instance: Some("https://visio.example".parse().unwrap()), ..Default::default() },
            agenda: vec![entry("Point", now.wall + 60 * MINUTE, "one")],
            history: 2,
            standby_after: Some(10 * MINUTE),
            ..RoomConfig::named("Turing")
        };
        change(&mut config);
        let mut world = World { room: Room::new(config, now), now };
        world.outputs();
        world
    }

    fn input(&mut self, input: Input) -> Vec<Output> {
        self.room.handle(input, self.now);
        self.outputs()
    }

    fn outputs(&mut self) -> Vec<Output> {
        std::iter::from_fn(|| self.room.poll_output()).collect()
    }

    fn person(&mut self, wish: Wish) -> Vec<Output> {
        self.input(Input::Person(wish))
    }

    fn report(&mut self, call: CallId, report: CallReport) -> Vec<Output> {
        self.input(Input::Call { call, report })
    }

    /// Lets time pass, waking when the room asked for it and nowhere else.
    fn pass(&mut self, time: Duration) -> Vec<Output> {
        let end = self.now.monotonic + time;
        let mut outputs = Vec::new();
        while let Some((at, _)) = self.room.poll_timeout().filter(|(at, _)| *at <= end) {
            self.step(at);
            outputs.extend(self.input(Input::Timeout));
        }
        self.step(end);
        outputs
    }

    fn step(&mut self, to: Instant) {
        let step = to.saturating_duration_since(self.now.monotonic);
        self.now.monotonic += step;
        self.now.wall += step;
    }

    fn view(&self) -> View {
        self.room.view(self.now)
    }

    /// As from the API: who asks is answered.
    fn ask(&mut self, wish: Wish) -> Result<(), Refusal> {
        let answer = self.room.ask(wish, self.now);
        assert!(answer.is_ok() || self.outputs().is_empty(), "what is refused does nothing");
        answer
    }

    fn invited(&self) -> (Option<Invitation>, Option<InvitationEnd>) {
        (self.view().invitation, self.view().invitation_end)
    }

    fn joined(&mut self, wish: Wish) -> CallId {
        let outputs = self.person(wish);
        let call = outputs.iter().find_map(|output| match output {
            Output::StartCall { call, .. } => Some(*call),
            _ => None,
        });
        let call = call.unwrap_or_else(|| panic!("{outputs:?}"));
        self.report(call, CallReport::Joined { title: Some("La réunion".into()), encrypted: false });
        call
    }

    fn left(&mut self, call: CallId) {
        self.person(Wish::Leave);
        self.report(call, CallReport::Ended(EndReason::Left));
    }

    fn title(&self) -> String {
        match self.view().screen {
            Screen::InCall(call) => call.title,
            other => panic!("{other:?}"),
        }
    }

    fn remembered(&self) -> Vec<String> {
        self.view().history.into_iter().map(|recent| recent.what).collect()
    }

    fn calendar(&mut self, entries: Vec<AgendaEntry>) {
        let as_of = self.now.wall;
        self.input(Input::Calendar { entries, as_of });
    }
}

fn destination(slug: &str) -> Destination {
    Destination::parse(&format!("https://visio.example/{slug}"), &ParseContext::default()).unwrap()
}

fn entry(title: &str, start: Duration, slug: &str) -> AgendaEntry {
    let venue = Some(Venue::Joinable(destination(slug)));
    AgendaEntry { venue, ..AgendaEntry::new(Title::Plain(title.into()), start, start + 30 * MINUTE) }
}

fn invite(slug: &str) -> Wish {
    Wish::Invite { destination: slug.into(), from: "  Accueil\u{202e} ".into() }
}

#[test]
fn the_meeting_that_was_touched_is_joined_whatever_the_calendar_puts_before_it() {
    let mut world = World::new();
    let touched = world.view().agenda[0].id;
    world.calendar(vec![entry("Sooner", world.now.wall + MINUTE, "two")]);
    assert_ne!(world.view().agenda[0].id, touched);
    let outputs = world.person(Wish::JoinMeeting(touched));
    let joins =
        |output: &Output| matches!(output, Output::StartCall { destination: d, .. } if *d == destination("one"));
    assert!(outputs.iter().any(joins), "{outputs:?}");
}

#[test]
fn a_meeting_that_is_gone_by_the_time_of_the_touch_is_not_joined_and_nor_is_another() {
    let mut world = World::with(|config| config.agenda.clear());
    world.calendar(vec![entry("Cancelled", world.now.wall, "one"), entry("Other", world.now.wall, "two")]);
    let touched = world.view().agenda[0].id;
    world.calendar(vec![entry("Other", world.now.wall, "two")]);
    assert_eq!(world.person(Wish::JoinMeeting(touched)), []);
    assert_eq!(world.view().notice, Some(Notice::MeetingGone));
}

#[test]
fn a_new_meeting_has_a_random_code_which_people_see_until_somebody_comes() {
    let mut world = World::new();
    assert_eq!(world.input(Input::Random(1)), [], "nobody asked");
    assert_eq!(world.person(Wish::MeetNow), [Output::DrawCode]);
    let outputs = world.input(Input::Random(26 + 2));
    let [Output::StartCall { call, destination: there, .. }] = outputs.as_slice() else { panic!("{outputs:?}") };
    assert_eq!(*there, destination("cba-aaaa-aaa"));
    let call = *call;
    world.report(call, CallReport::Joined { title: Some("A title nobody can type".into()), encrypted: false });
    assert_eq!(world.title(), "cba-aaaa-aaa");
    let told = Some(Notice::TellLink("visio.example/cba-aaaa-aaa".into()));
    assert_eq!(world.view().notice, told);
    world.report(call, CallReport::Participants(Vec::new()));
    assert_eq!(world.view().notice, told, "nobody is there yet");
    let ada = Participant {
        identity: "ada".into(),
        name: "Ada".into(),
        microphone_on: true,
        camera_on: true,
        sharing: false,
        speaking: false,
        hand_raised: false,
        hand_raised_at: None,
        quality: Quality::Good,
        unreadable: None,
        verification: Default::default(),
    };
    world.report(call, CallReport::Participants(vec![ada]));
    assert_eq!(world.view().notice, None);
}

#[test]
fn where_the_room_may_not_begin_a_meeting_it_says_that_and_not_that_there_is_none() {
    let mut world = World::new();
    world.person(Wish::MeetNow);
    world.input(Input::Random(0));
    world.report(CallId(1), CallReport::Ended(EndReason::RoomNotFound));
    let Screen::Failed { reason, can_retry, .. } = world.view().screen else { panic!() };
    assert_eq!((reason, can_retry), (EndReason::MayNotBegin, false));

    let mut world = World::with(|config| config.parse.instance = None);
    assert_eq!(world.person(Wish::MeetNow), []);
    assert_eq!(world.view().notice, Some(Notice::NoPlatform));
    let mut world = World::new();
    world.joined(Wish::Join(destination("one")));
    assert_eq!(world.person(Wish::MeetNow), []);
    assert_eq!(world.view().notice, Some(Notice::AlreadyInCall));
}

#[test]
fn meetings_joined_here_are_kept_for_a_day_and_cleared_by_one_touch() {
    let mut world = World::new();
    for slug in ["one", "two", "three", "two"] {
        let call = world.joined(Wish::Join(destination(slug)));
        world.left(call);
        world.pass(60 * MINUTE);
    }
    assert_eq!(world.remembered(), ["two", "three"]);
    let again = world.view().history[1].id;
    world.person(Wish::Wake);
    let outputs = world.person(Wish::JoinAgain(again));
    assert!(matches!(outputs.as_slice(), [Output::StartCall { destination: d, .. }] if *d == destination("three")));
    world.report(CallId(5), CallReport::Ended(EndReason::ServerUnreachable));
    assert_eq!(world.remembered(), ["two", "three"], "what was not reached was not joined");
    world.pass(22 * 60 * MINUTE + MINUTE);
    assert_eq!(world.remembered(), ["two"]);
    world.person(Wish::Wake);
    assert_eq!(world.person(Wish::ClearHistory), []);
    assert!(world.remembered().is_empty());
    assert_eq!(world.person(Wish::JoinAgain(again)), []);
    assert_eq!(world.view().notice, Some(Notice::MeetingGone));
}

#[test]
fn private_meetings_are_never_kept_however_they_were_joined() {
    let mut world = World::new();
    let private = AgendaEntry { title: Title::Private, ..entry("", world.now.wall, "secret") };
    world.calendar(vec![private.clone()]);
    let id = world.view().agenda[0].id;
    let call = world.joined(Wish::JoinMeeting(id));
    world.left(call);
    let call = world.joined(Wish::JoinTyped("secret".into()));
    world.left(call);
    assert!(world.remembered().is_empty());

    // What is found to be private afterwards is forgotten.
    world.calendar(Vec::new());
    let call = world.joined(Wish::JoinTyped("secret".into()));
    world.left(call);
    assert_eq!(world.remembered(), ["secret"]);
    world.calendar(vec![private]);
    assert!(world.remembered().is_empty());
}

#[test]
fn nothing_is_kept_unless_the_configuration_allows_it() {
    let mut world = World::with(|config| config.history = RoomConfig::named("").history);
    let call = world.joined(Wish::Join(destination("one")));
    world.left(call);
    assert!(world.remembered().is_empty());
}

#[test]
fn an_invitation_is_answered_by_people_or_by_time() {
    let mut world = World::new();
    assert_eq!(world.person(invite("two")), []);
    let shown = world.view().invitation.unwrap();
    assert_eq!((shown.from.as_str(), shown.what.as_str()), ("Accueil", "two"));
    assert_eq!(world.ask(invite("three")), Err(Refusal::AlreadyInvited), "one at a time");
    let stale = InvitationId(shown.id.0 + 1);
    assert_eq!(world.person(Wish::Answer { invitation: stale, accept: true }), []);
    let outputs = world.person(Wish::Answer { invitation: shown.id, accept: true });
    let [Output::StartCall { destination: d, .. }] = outputs.as_slice() else { panic!("{outputs:?}") };
    assert_eq!(*d, destination("two"));
    assert_eq!(world.invited(), (None, Some(InvitationEnd::Accepted)));

    let mut world = World::new();
    world.person(invite("two"));
    let id = world.view().invitation.unwrap().id;
    assert_eq!(world.person(Wish::Answer { invitation: id, accept: false }), []);
    assert_eq!(world.invited(), (None, Some(InvitationEnd::Declined)));
    assert_eq!(world.person(Wish::Answer { invitation: id, accept: true }), [], "a late finger");
    world.person(invite("two"));
    assert_eq!(world.pass(Duration::from_secs(59)), []);
    assert!(matches!(world.invited(), (Some(_), None)), "what was said to the first is over");
    assert_eq!(world.pass(Duration::from_secs(1)), []);
    assert_eq!(world.invited(), (None, Some(InvitationEnd::Unanswered)));
    assert_eq!(world.view().screen, Screen::Home);
}

#[test]
fn an_invitation_in_a_meeting_interrupts_nothing_and_who_accepts_leaves() {
    let mut world = World::new();
    let call = world.joined(Wish::Join(destination("one")));
    assert_eq!(world.ask(invite("one")), Err(Refusal::AlreadyThere));
    assert_eq!(world.person(invite("two")), []);
    assert!(matches!(world.view().screen, Screen::InCall(_)));
    let id = world.view().invitation.unwrap().id;
    let outputs = world.person(Wish::Answer { invitation: id, accept: true });
    assert_eq!(outputs, [Output::EndCall { call }]);
    let outputs = world.report(call, CallReport::Ended(EndReason::Left));
    assert!(matches!(outputs.as_slice(), [Output::StartCall { destination: d, .. }] if *d == destination("two")));
}

#[test]
fn an_invitation_the_room_cannot_follow_is_refused_with_its_reason_and_nobody_is_asked() {
    let mut world = World::new();
    for (destination, why) in [
        ("http://visio.example/abc-defg-hij".into(), Notice::NotEncrypted),
        ("https://evil.example/x/y".into(), Notice::NotADestination),
    ] {
        assert_eq!(world.ask(Wish::Invite { destination, from: "Accueil".into() }), Err(why.into()));
    }
    assert_eq!((world.view().invitation, world.view().notice), (None, None));
    world.person(Wish::CheckAudio);
    assert_eq!(world.ask(invite("two")), Err(Refusal::AlreadyChecking));
}

#[test]
fn an_empty_room_goes_dark_and_any_touch_lights_it_and_does_nothing_else() {
    let mut world = World::new();
    world.person(Wish::SetLanguage(Language::German));
    assert_eq!(world.pass(10 * MINUTE - Duration::from_secs(1)), []);
    assert_eq!(world.view().screen, Screen::Home);
    assert_eq!(world.pass(Duration::from_secs(1)), [Output::Standby(true)]);
    assert_eq!((world.view().dimmed, world.view().language), (true, Language::French));
    assert_eq!(world.person(Wish::Wake), [Output::Standby(false)]);
    assert_eq!((world.view().dimmed, world.view().screen), (false, Screen::Home));
    world.pass(9 * MINUTE);
    world.person(Wish::Wake);
    assert_eq!(world.pass(9 * MINUTE), [], "somebody touched it on the way");
}

#[test]
fn a_dark_room_is_light_five_minutes_before_a_meeting_and_while_people_may_come() {
    let mut world = World::new();
    assert_eq!(world.pass(54 * MINUTE), [Output::Standby(true)]);
    assert_eq!(world.pass(MINUTE), [Output::Standby(false)]);
    assert_eq!(world.pass(14 * MINUTE), [], "ten minutes from its beginning on");
    assert_eq!(world.pass(MINUTE), [Output::Standby(true)]);
    assert_eq!(world.pass(24 * 60 * MINUTE), [], "and nothing more is planned");
}

#[test]
fn a_whole_day_lights_nothing_at_midnight() {
    let mut world = World::with(|config| {
        config.agenda[0].all_day = true;
    });
    assert_eq!(world.pass(24 * 60 * MINUTE), [Output::Standby(true)]);
}

#[test]
fn an_invitation_and_a_laptop_light_a_dark_room() {
    let mut world = World::with(|config| config.agenda.clear());
    world.pass(11 * MINUTE);
    assert_eq!(world.person(invite("two")), [Output::Standby(false)]);
    world.pass(30 * MINUTE);
    assert!(world.view().dimmed);
    let laptop = Input::Device(DeviceReport::Content(Content::Ready));
    assert_eq!(world.input(laptop.clone()), [Output::Standby(false)]);
    world.pass(11 * MINUTE);
    assert_eq!(world.input(laptop), [], "the one that has been there for long");
}

#[test]
fn a_room_in_a_meeting_never_goes_dark_and_one_without_the_setting_neither() {
    let mut world = World::new();
    let call = world.joined(Wish::Join(destination("one")));
    assert_eq!(world.pass(5 * 60 * MINUTE), []);
    world.left(call);
    assert_eq!(world.pass(9 * MINUTE), [], "the time counts from the end of the meeting");
    assert_eq!(world.pass(MINUTE), [Output::Standby(true)]);
    let mut world = World::with(|config| config.standby_after = None);
    assert_eq!(world.pass(24 * 60 * MINUTE), []);
    assert_eq!(world.room.poll_timeout(), None);
}

fn motion(moves: bool) -> Input {
    Input::Device(DeviceReport::Motion { moves })
}

#[test]
fn whoever_moves_lights_the_room_and_it_goes_dark_ten_minutes_after_they_left() {
    let mut world = World::with(|config| config.agenda.clear());
    assert_eq!(world.pass(10 * MINUTE), [Output::Standby(true)]);
    assert_eq!(world.input(motion(true)), [Output::Standby(false)]);
    assert_eq!(world.pass(60 * MINUTE), [], "they stay, and touch nothing");
    assert_eq!(world.input(motion(false)), []);
    assert_eq!(world.pass(9 * MINUTE), []);
    // A moment of it is enough.
    world.input(motion(true));
    world.input(motion(false));
    assert_eq!(world.pass(9 * MINUTE), []);
    assert_eq!(world.pass(MINUTE), [Output::Standby(true)]);
}

#[test]
fn a_motion_sensor_that_is_stuck_keeps_the_room_light_for_four_hours_and_not_for_ever() {
    let mut world = World::with(|config| config.agenda.clear());
    world.input(motion(true));
    assert_eq!(world.pass(249 * MINUTE), []);
    assert_eq!(world.pass(MINUTE), [Output::Standby(true)]);
    assert_eq!(world.pass(24 * 60 * MINUTE), [], "nor does it wake by itself");
    // Nor is it dark for ever: by a touch the room is as it was, and the sensor is believed anew.
    assert_eq!(world.person(Wish::Wake), [Output::Standby(false)]);
    assert_eq!(world.pass(249 * MINUTE), []);
    assert_eq!(world.pass(MINUTE), [Output::Standby(true)]);
    // So it is once it has been still.
    world.input(motion(false));
    assert_eq!(world.pass(10 * MINUTE), []);
    assert_eq!(world.input(motion(true)), [Output::Standby(false)]);
}

#[test]
fn a_motion_sensor_that_chatters_all_night_is_not_believed_and_one_that_sees_nothing_changes_nothing() {
    let mut world = World::with(|config| config.agenda.clear());
    let mut changes = Vec::new();
    for minute in 0..12 * 60 {
        world.input(motion(minute % 2 == 0));
        changes.extend(world.pass(MINUTE).into_iter().map(|output| (minute, output)));
    }
    let [(minute, Output::Standby(true))] = changes.as_slice() else { panic!("{changes:?}") };
    assert!((240..=260).contains(minute), "{minute}");

    let mut world = World::with(|config| config.agenda.clear());
    world.input(motion(false));
    assert_eq!(world.pass(10 * MINUTE), [Output::Standby(true)]);
    assert_eq!(world.input(motion(false)), []);
    assert_eq!(world.person(Wish::Wake), [Output::Standby(false)]);
}

#[test]
fn who_sits_in_a_room_without_moving_much_is_not_left_in_the_dark_by_a_meeting_or_a_touch() {
    let mut world = World::new();
    let call = world.joined(Wish::Join(destination("one")));
    world.input(motion(true));
    world.input(motion(false));
    assert_eq!(world.pass(3 * 60 * MINUTE), [], "a meeting goes on, whoever moves");
    world.left(call);
    world.pass(8 * MINUTE);
    world.person(Wish::Wake);
    assert_eq!(world.pass(9 * MINUTE), []);
    assert_eq!(world.pass(MINUTE), [Output::Standby(true)]);
}
