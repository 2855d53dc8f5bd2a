//! Sharing a laptop, on a stepped clock.

use std::time::{Duration, Instant};

use room::event::{CallId, CallReport, DeviceReport, Wish};
use room::view::{Content, EndReason, Notice, Screen, Share};
use room::{Destination, Input, Now, Output, Room, RoomConfig};

const SECOND: Duration = Duration::from_secs(1);
const OFFERED: Share = Share::Off { offered: true };
const OFF: Share = Share::Off { offered: false };

struct World {
    room: Room,
    now: Now,
    call: CallId,
}

impl World {
    /// In a meeting, without a laptop.
    fn in_call() -> World {
        let now = Now { monotonic: Instant::now(), wall: Duration::from_secs(1_800_000_000), utc_offset_s: 0 };
        let mut world = World { room: Room::new(RoomConfig::named("Turing"), now), now, call: CallId(0) };
        world.join();
        world.report(CallReport::Joined { title: None, encrypted: false });
        world
    }

    fn join(&mut self) {
        let destination = Destination::parse("https://visio.example/abc-defg-hij", &Default::default()).unwrap();
        let outputs = self.input(Input::Person(Wish::Join(destination)));
        let started = outputs.iter().find_map(|output| match output {
            Output::StartCall { call, .. } => Some(*call),
            _ => None,
        });
        self.call = started.expect("a call starts");
    }

    fn input(&mut self, input: Input) -> Vec<Output> {
        self.room.handle(input, self.now);
        std::iter::from_fn(|| self.room.poll_output()).collect()
    }

    fn report(&mut self, report: CallReport) -> Vec<Output> {
        let call = self.call;
        self.input(Input::Call { call, report })
    }

    fn content(&mut self, content: Content) -> Vec<Output> {
        self.input(Input::Device(DeviceReport::Content(content)))
    }

    fn wish(&mut self, on: bool) -> Vec<Output> {
        self.input(Input::Person(Wish::SetShare { on }))
    }

    fn pass(&mut self, time: Duration) -> Vec<Output> {
        self.now.monotonic += time;
        self.input(Input::Timeout)
    }

    fn shared(&self, on: bool) -> Vec<Output> {
        vec![Output::SetShare { call: self.call, on }]
    }

    /// A laptop is there, and others see it.
    fn sharing() -> World {
        let mut world = World::in_call();
        world.content(Content::Ready);
        assert_eq!(world.wish(true), world.shared(true));
        assert_eq!(world.share(), Share::Changing { to_on: true });
        world.report(CallReport::Sharing { live: true });
        assert_eq!(world.share(), Share::On);
        world
    }

    fn share(&self) -> Share {
        match self.room.view(self.now).screen {
            Screen::InCall(call) => call.share,
            other => panic!("{other:?}"),
        }
    }

    fn notice(&self) -> Option<Notice> {
        self.room.view(self.now).notice
    }
}

#[test]
fn a_laptop_is_offered_for_a_while_and_may_be_shared_later() {
    let mut world = World::in_call();
    assert_eq!(world.share(), Share::Missing);
    world.content(Content::NoSignal);
    assert_eq!(world.share(), Share::Missing, "a cable alone is no laptop");
    world.content(Content::Ready);
    assert_eq!(world.share(), OFFERED);
    let (until, why) = world.room.poll_timeout().unwrap();
    assert_eq!(why, "nobody wants to share");
    world.pass(until - world.now.monotonic);
    assert_eq!(world.share(), OFF);
    assert_eq!(world.wish(true), world.shared(true));
    assert!(world.wish(true).is_empty(), "once");
    world.report(CallReport::Sharing { live: true });
    assert_eq!(world.wish(false), world.shared(false));
    assert_eq!(world.share(), Share::Changing { to_on: false }, "others see it still");
    world.report(CallReport::Sharing { live: false });
    assert_eq!(world.share(), OFF, "not offered again");
}

#[test]
fn a_laptop_that_was_there_before_is_offered_on_joining() {
    let mut world = World::in_call();
    world.report(CallReport::Ended(EndReason::Left));
    assert!(world.content(Content::Ready).is_empty(), "outside a meeting nothing follows");
    world.join();
    world.report(CallReport::Joined { title: None, encrypted: false });
    assert_eq!(world.share(), OFFERED);
    world.content(Content::Missing);
    assert_eq!(world.share(), Share::Missing);
    assert_eq!(world.notice(), None, "nobody shared it");

    world.content(Content::Ready);
    world.report(CallReport::Ended(EndReason::Left));
    world.pass(600 * SECOND);
    world.join();
    world.report(CallReport::Joined { title: None, encrypted: false });
    assert_eq!(world.share(), OFF, "it has been there for long: a grabber without a laptop, perhaps");
}

#[test]
fn what_is_shared_in_one_meeting_is_not_in_the_next() {
    let mut world = World::sharing();
    world.report(CallReport::Ended(EndReason::MeetingEnded));
    world.join();
    assert_eq!(world.report(CallReport::Joined { title: None, encrypted: false }), []);
    assert_eq!(world.share(), OFFERED);
}

#[test]
fn a_laptop_pulled_out_is_shared_no_longer() {
    let mut world = World::sharing();
    assert_eq!(world.content(Content::Missing), world.shared(false));
    assert_eq!(world.notice(), Some(Notice::ContentUnplugged));
    world.report(CallReport::Sharing { live: false });
    assert_eq!(world.share(), Share::Missing);
}

#[test]
fn a_change_of_mode_is_waited_for_and_a_dead_cable_is_not() {
    let mut world = World::sharing();
    assert!(world.content(Content::NoSignal).is_empty());
    assert_eq!(world.share(), Share::NoSignal);
    assert!(world.pass(4 * SECOND).is_empty());
    assert!(world.content(Content::Ready).is_empty());
    assert_eq!((world.share(), world.notice()), (Share::On, None));
    world.content(Content::NoSignal);
    assert_eq!(world.pass(5 * SECOND), world.shared(false));
    assert_eq!(world.notice(), Some(Notice::ContentNoSignal));
    world.report(CallReport::Sharing { live: false });
    assert_eq!(world.share(), Share::Missing);
    world.content(Content::Ready);
    assert_eq!(world.share(), OFFERED, "people say whether it goes on");
}

#[test]
fn a_black_picture_is_told_and_goes_on() {
    let mut world = World::sharing();
    assert!(world.content(Content::Protected).is_empty());
    assert_eq!((world.share(), world.notice()), (Share::Protected, Some(Notice::ContentProtected)));
    assert!(world.content(Content::Ready).is_empty());
    assert_eq!(world.share(), Share::On);
}

#[test]
fn without_permission_nothing_is_shared() {
    let permitted = |share| CallReport::Permissions { microphone: true, camera: true, share };
    let mut world = World::sharing();
    assert_eq!(world.report(permitted(false)), world.shared(false));
    assert_eq!(world.notice(), Some(Notice::MayNotShare));
    world.report(CallReport::Sharing { live: false });
    assert_eq!(world.share(), Share::Forbidden);
    assert!(world.wish(true).is_empty());
    assert!(world.report(permitted(true)).is_empty());
    assert_eq!(world.share(), OFF, "people share again, not the permission");
    // Who does not share need not hear of it.
    world.pass(10 * SECOND);
    world.report(permitted(false));
    assert_eq!(world.notice(), None);
}

#[test]
fn a_share_that_others_end_is_closed_at_the_device_too() {
    for (by_host, notice) in [(true, Notice::ShareStoppedByHost), (false, Notice::ShareRefused)] {
        let mut world = World::sharing();
        assert_eq!(world.report(CallReport::ShareEnded { by_host }), world.shared(false));
        assert_eq!(world.notice(), Some(notice));
        world.report(CallReport::Sharing { live: false });
        assert_eq!(world.share(), OFF);
    }
}

#[test]
fn without_a_laptop_there_is_nothing_to_share() {
    let mut world = World::in_call();
    assert!(world.wish(true).is_empty());
    assert_eq!(world.notice(), Some(Notice::NoContent));
}
