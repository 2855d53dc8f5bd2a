//! A life that was cut short in a meeting, and the next one.

use std::time::{Duration, Instant};

use room::destination::ParseContext;
use room::event::{CallId, CallReport, DeviceReport, Wish};
use room::policy::Begins;
use room::view::{EndReason, Notice, Screen, Switch};
use room::{Input, Now, Open, Output, Room, RoomConfig, Unfinished};

const LINK: &str = "https://visio.example/abc-defg-hij#000102030405060708090a0b0c0d0e0f1011121314151617";

/// A room's life.
struct Life {
    room: Room,
    now: Now,
    /// Of the call that was started last: what is open in it.
    call: Option<(CallId, bool, bool)>,
}

impl Life {
    fn new(cut_short: Option<Unfinished>) -> Life {
        let now = Now { monotonic: Instant::now(), wall: Duration::from_secs(1_800_000_000), utc_offset_s: 3600 };
        let parse = ParseContext { instance: Some("https://visio.example".parse().unwrap()), ..Default::default() };
        let room = Room::new(RoomConfig { parse, ..RoomConfig::named("Turing") }, now);
        let mut life = Life { room, now, call: None };
        for report in [DeviceReport::Camera { present: true }, DeviceReport::Microphone { present: true }] {
            life.input(Input::Device(report));
        }
        if let Some(cut_short) = cut_short {
            life.input(Input::CutShort(cut_short));
        }
        life
    }

    fn input(&mut self, input: Input) {
        self.room.handle(input, self.now);
        while let Some(output) = self.room.poll_output() {
            if let Output::StartCall { call, microphone, camera, .. } = output {
                self.call = Some((call, microphone, camera));
            }
        }
    }

    fn person(&mut self, wish: Wish) {
        self.input(Input::Person(wish));
    }

    fn report(&mut self, report: CallReport) {
        let (call, ..) = self.call.unwrap();
        self.input(Input::Call { call, report });
    }

    fn is_let_in(&mut self) {
        self.report(CallReport::Joined { title: None, encrypted: true });
        self.report(CallReport::OwnMedia { microphone_live: true, camera_live: true });
    }

    fn pass(&mut self, time: Duration) {
        self.now.monotonic += time;
        self.now.wall += time;
        self.input(Input::Timeout);
    }

    /// This life ends without a word; the next one.
    fn cut_short(self) -> Life {
        Life::new(self.kept())
    }

    /// What is kept for the next one.
    fn kept(&self) -> Option<Unfinished> {
        self.room.unfinished(self.now)
    }
}

#[test]
fn the_room_is_back_in_its_meeting_with_what_was_open_and_no_more() {
    let mut life = Life::new(None);
    life.person(Wish::JoinTyped(LINK.into()));
    life.is_let_in();
    life.person(Wish::SetMicrophone { on: false });

    let mut life = life.cut_short();
    assert!(matches!(life.call, Some((_, false, true))), "{:?}", life.call);
    assert_eq!(life.kept().unwrap().open, Open { microphone: false, camera: true });
    assert!(life.kept().unwrap().destination.is_end_to_end_encrypted());
    life.report(CallReport::Joined { title: None, encrypted: true });
    let view = life.room.view(life.now);
    assert_eq!(view.notice, Some(Notice::CameBack));
    let Screen::InCall(call) = view.screen else { panic!("{:?}", view.screen) };
    assert_eq!(call.microphone, Switch::Off);

    // Whoever leaves does not come back.
    life.person(Wish::Leave);
    assert_eq!(life.kept(), None);
    assert!(life.cut_short().call.is_none());
}

#[test]
fn what_ends_the_room_again_and_again_is_left_to_people() {
    let mut life = Life::new(None);
    life.person(Wish::JoinTyped(LINK.into()));
    for returns in 1..=3 {
        life.is_let_in();
        life.pass(Duration::from_secs(30));
        life = life.cut_short();
        assert_eq!(life.kept().unwrap().returns, returns);
    }
    life.is_let_in();
    let mut life = life.cut_short();
    assert!(life.call.is_none());
    let screen = life.room.view(life.now).screen;
    assert!(matches!(screen, Screen::Failed { reason: EndReason::Internal, can_retry: true, .. }), "{screen:?}");
    // They may go there; from then on it counts anew.
    life.person(Wish::Retry);
    assert_eq!(life.kept().unwrap().returns, 0);
}

#[test]
fn a_meeting_that_went_well_for_long_is_come_back_to_as_if_for_the_first_time() {
    let mut life = Life::new(None);
    life.person(Wish::JoinTyped(LINK.into()));
    for _ in 0..3 {
        life.is_let_in();
        life = life.cut_short();
    }
    life.is_let_in();
    life.pass(Duration::from_secs(601));
    assert_eq!(life.cut_short().kept().unwrap().returns, 1);
}

#[test]
fn who_was_refused_or_turned_away_has_nowhere_to_come_back_to() {
    let mut life = Life::new(None);
    life.person(Wish::JoinTyped(LINK.into()));
    assert!(life.kept().is_some(), "it was on its way");
    life.report(CallReport::Ended(EndReason::RemovedByHost));
    assert_eq!(life.kept(), None);
}

#[test]
fn a_meeting_that_people_have_begun_is_theirs_again() {
    let mut life = Life::new(None);
    life.person(Wish::MeetNow);
    life.input(Input::Random(7));
    life.is_let_in();
    let life = life.cut_short();
    assert_eq!(life.kept().unwrap().begins, Begins::Here);
}
