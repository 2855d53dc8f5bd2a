//! Restarting and switching off, on a stepped clock: never under people's hands.

use std::time::{Duration, Instant};

use room::administration::Code;
use room::destination::ParseContext;
use room::event::{CallId, CallReport, Wish};
use room::power::{PowerAct, PowerRules, Restart};
use room::view::{EndReason, Notice, Screen};
use room::{AgendaEntry, Destination, Input, Now, Output, Refusal, Room, RoomConfig, Title};

const MINUTE: Duration = Duration::from_secs(60);
const RESTART: Wish = Wish::Power { act: PowerAct::Restart, insist: false };
const OFF: Wish = Wish::Power { act: PowerAct::Off, insist: false };
const RULES: PowerRules = PowerRules { is_there: true, at_panel: true };

struct World {
    room: Room,
    now: Now,
}

impl World {
    /// A room with a meeting from in an hour on, for half an hour.
    fn new(change: impl FnOnce(&mut RoomConfig)) -> World {
        let now = Now { monotonic: Instant::now(), wall: Duration::from_secs(1_800_000_000), utc_offset_s: 3600 };
        let meeting = AgendaEntry::new(Title::Untitled, now.wall + 60 * MINUTE, now.wall + 90 * MINUTE);
        let parse = ParseContext { instance: Some("https://visio.example".parse().unwrap()), ..Default::default() };
        let mut config = RoomConfig { parse, agenda: vec![meeting], power: RULES, ..RoomConfig::named("Turing") };
        change(&mut config);
        let mut world = World { room: Room::new(config, now), now };
        world.outputs();
        world
    }

    fn outputs(&mut self) -> Vec<Output> {
        std::iter::from_fn(|| self.room.poll_output()).collect()
    }

    fn ask(&mut self, wish: Wish) -> Result<Vec<Output>, Refusal> {
        self.room.ask(wish, self.now).map(|()| self.outputs())
    }

    fn input(&mut self, input: Input) -> Vec<Output> {
        self.room.handle(input, self.now);
        self.outputs()
    }

    fn pass(&mut self, time: Duration) {
        self.now = Now { monotonic: self.now.monotonic + time, wall: self.now.wall + time, ..self.now };
        self.input(Input::Timeout);
    }

    fn join(&mut self) -> CallId {
        let outputs = self.input(Input::Person(Wish::Join(destination())));
        let Some(Output::StartCall { call, .. }) = outputs.last() else { panic!("{outputs:?}") };
        *call
    }

    fn notice(&self) -> Option<Notice> {
        self.room.view(self.now).notice
    }

    fn offered(&self) -> Option<Restart> {
        self.room.view(self.now).restart
    }
}

fn destination() -> Destination {
    let parse = ParseContext { instance: Some("https://visio.example".parse().unwrap()), ..Default::default() };
    Destination::parse("abc-defg-hij", &parse).unwrap()
}

fn insisting(act: PowerAct) -> Wish {
    Wish::Power { act, insist: true }
}

#[test]
fn a_room_that_nobody_needs_restarts_and_switches_off_and_says_so() {
    let mut world = World::new(|_| {});
    assert_eq!(world.ask(RESTART), Ok(vec![Output::Power(PowerAct::Restart)]));
    assert_eq!(world.notice(), Some(Notice::Restarting));
    assert_eq!(world.ask(OFF), Ok(vec![Output::Power(PowerAct::Off)]));
    assert_eq!(world.notice(), Some(Notice::SwitchingOff));
    assert_eq!(world.input(Input::PowerFailed), []);
    assert_eq!(world.notice(), Some(Notice::PowerFailed), "it goes on, and says that");
}

#[test]
fn in_a_meeting_and_on_the_way_into_one_only_who_insists_restarts_it_and_the_meeting_is_left() {
    let mut world = World::new(|_| {});
    let call = world.join();
    for _ in 0..2 {
        assert_eq!((world.ask(RESTART), world.ask(OFF)), (Err(Refusal::InMeeting), Err(Refusal::InMeeting)));
        world.input(Input::Call { call, report: CallReport::Joined { title: None, encrypted: false } });
    }
    assert!(matches!(world.room.view(world.now).screen, Screen::InCall(_)) && world.notice().is_none());
    let outputs = world.ask(insisting(PowerAct::Restart));
    assert_eq!(outputs, Ok(vec![Output::EndCall { call }, Output::Power(PowerAct::Restart)]));
    assert_eq!(world.notice(), Some(Notice::Restarting));
    // While it says goodbye nothing is in the way any more.
    assert_eq!(world.ask(OFF), Ok(vec![Output::Power(PowerAct::Off)]));
    world.input(Input::Call { call, report: CallReport::Ended(EndReason::Left) });
    assert_eq!(world.room.view(world.now).screen, Screen::Home);
}

#[test]
fn from_ten_minutes_before_a_meeting_until_its_end_only_who_insists_restarts_it() {
    let mut world = World::new(|_| {});
    let at = world.now.local(world.now.wall) + 60 * MINUTE;
    world.pass(49 * MINUTE);
    assert!(world.ask(RESTART).is_ok());
    assert_eq!(world.offered(), Some(Restart { meeting: None }));
    world.pass(MINUTE);
    for _ in 0..2 {
        assert_eq!(world.ask(RESTART), Err(Notice::MeetingNear { at }.into()));
        assert_eq!(world.offered(), Some(Restart { meeting: Some(at) }));
        assert_eq!(world.ask(insisting(PowerAct::Off)), Ok(vec![Output::Power(PowerAct::Off)]));
        world.pass(39 * MINUTE);
    }
    world.pass(MINUTE);
    assert!(world.ask(RESTART).is_ok());
    // At the panel the reason is read there.
    let mut world = World::new(|config| config.agenda[0].start -= 60 * MINUTE);
    assert_eq!(world.input(Input::Person(RESTART)), []);
    assert!(matches!(world.notice(), Some(Notice::MeetingNear { .. })));
    // A whole day is no appointment.
    let mut world = World::new(|config| (config.agenda[0].start, config.agenda[0].all_day) = (Duration::ZERO, true));
    assert!(world.ask(RESTART).is_ok());
}

#[test]
fn a_machine_without_the_service_says_so_whoever_insists_and_offers_nothing() {
    let mut world = World::new(|config| config.power = PowerRules { is_there: false, ..RULES });
    for wish in [RESTART, OFF, insisting(PowerAct::Off)] {
        assert_eq!(world.ask(wish), Err(Refusal::NoPowerService));
    }
    assert_eq!(world.offered(), None);
}

#[test]
fn at_the_panel_it_is_offered_behind_the_code_where_there_is_one_and_to_nobody_whom_the_policy_forbids_it() {
    assert!(World::new(|_| {}).offered().is_some());
    assert_eq!(World::new(|config| config.power.at_panel = false).offered(), None);
    let mut world = World::new(|config| config.has_code = true);
    assert_eq!(world.offered(), None);
    let outputs = world.input(Input::Person(Wish::EnterCode(Code::parse("314159").unwrap())));
    let [Output::CheckCode { attempt, .. }] = outputs.as_slice() else { panic!("{outputs:?}") };
    world.input(Input::CodeChecked { attempt: *attempt, is_right: true });
    assert!(world.offered().is_some());
    world.pass(4 * MINUTE);
    assert_eq!(world.offered(), None, "who opened it has gone");
}
