//! Booking the room at its panel, the settings and the facts, on a stepped clock.

use std::time::{Duration, Instant};

use room::administration::{Code, Fixed, Setting, Settings};
use room::booking::{BookingFailure, BookingNotice, BookingReport, BookingWish, Change, Rules, UID_PREFIX};
use room::diagnostics::Facts;
use room::event::{CallId, CallReport, Wish};
use room::view::{Administration, Appearance, Booking, EndReason, Language, Notice, Occupancy};
use room::{AgendaEntry, Destination, Input, Now, Output, Room, RoomConfig, Title};

const MINUTE: u64 = 60;

struct World {
    room: Room,
    now: Now,
    start: Duration,
    entries: Vec<AgendaEntry>,
}

/// A room whose calendar has nothing, at the beginning of a minute.
fn world(booking: Rules) -> World {
    let start = Duration::from_secs(1_800_000_000);
    let now = Now { monotonic: Instant::now(), wall: start, utc_offset_s: 3600 };
    let config = RoomConfig { calendar: true, booking, has_code: true, ..RoomConfig::named("Turing") };
    let mut world = World { room: Room::new(config, now), now, start, entries: Vec::new() };
    world.input(Input::Booking(BookingReport::May(Ok(()))));
    world.calendar();
    world
}

fn plain() -> World {
    world(Rules::default())
}

fn may_release() -> World {
    world(Rules { may_release: true, release_after: Some(Duration::from_secs(10 * MINUTE)) })
}

impl World {
    fn input(&mut self, input: Input) -> Vec<Output> {
        self.room.handle(input, self.now);
        std::iter::from_fn(|| self.room.poll_output()).collect()
    }

    fn book(&mut self, wish: BookingWish) -> Vec<Output> {
        self.input(Input::Person(Wish::Book(wish)))
    }

    /// The calendar is read.
    fn calendar(&mut self) {
        let (entries, as_of) = (self.entries.clone(), self.now.wall);
        self.input(Input::Calendar { entries, as_of });
    }

    /// A meeting between these minutes after the start.
    fn meeting(&mut self, uid: &str, from: u64, to: u64) {
        let entry = AgendaEntry::new(Title::Plain(uid.into()), self.at(from), self.at(to));
        self.entries.push(AgendaEntry { uid: Some(uid.into()), ..entry });
        self.calendar();
    }

    fn at(&self, minutes: u64) -> Duration {
        self.start + Duration::from_secs(minutes * MINUTE)
    }

    fn local(&self, minutes: u64) -> Duration {
        self.now.local(self.at(minutes))
    }

    /// Time goes by, with the room woken when it wants to be; what it asks for meanwhile.
    fn pass(&mut self, seconds: u64) -> Vec<Output> {
        let end = self.now.monotonic + Duration::from_secs(seconds);
        let mut outputs = Vec::new();
        loop {
            let wake = self.room.poll_timeout().map_or(end, |(at, _)| at).min(end);
            let step = wake.saturating_duration_since(self.now.monotonic);
            (self.now.monotonic, self.now.wall) = (self.now.monotonic + step, self.now.wall + step);
            outputs.extend(self.input(Input::Timeout));
            if wake == end {
                return outputs;
            }
        }
    }

    fn booking(&self) -> Booking {
        self.room.view(self.now).booking.expect("can be booked")
    }

    fn notice(&self) -> Option<BookingNotice> {
        match self.room.view(self.now).notice {
            Some(Notice::Booking(notice)) => Some(notice),
            None => None,
            other => panic!("{other:?}"),
        }
    }

    fn done(&mut self, request: u64, result: Result<(), BookingFailure>) {
        self.input(Input::Booking(BookingReport::Done { request, result }));
    }
}

fn change(outputs: &[Output]) -> (u64, Change) {
    match outputs {
        [Output::ChangeCalendar { request, change }] => (*request, change.clone()),
        other => panic!("{other:?}"),
    }
}

fn own() -> String {
    format!("{UID_PREFIX}1")
}

#[test]
fn a_free_room_is_booked_until_the_next_meeting_at_most() {
    let mut world = plain();
    let booking = world.booking();
    assert_eq!((booking.minutes, booking.until_next), (vec![15, 30, 45, 60], None));
    assert_eq!(booking.occupancy, Occupancy::Free { until: None });

    world.meeting("theirs", 40, 90);
    world.pass(20);
    let booking = world.booking();
    assert_eq!((booking.minutes, booking.until_next), (vec![15, 30], Some(world.local(40))));
    assert_eq!(booking.occupancy, Occupancy::Free { until: Some(world.local(40)) });
    world.book(BookingWish::Book { minutes: Some(45) });
    assert_eq!(world.notice(), Some(BookingNotice::Failed(BookingFailure::Taken)));

    // From the minute on that people read on the clock.
    let (request, booked) = change(&world.book(BookingWish::Book { minutes: Some(30) }));
    let (start, end) = (world.at(0), world.at(30));
    assert_eq!(booked, Change::Book { start, end, language: Language::French });
    assert!(world.booking().is_waiting);
    assert_eq!(world.book(BookingWish::Book { minutes: Some(15) }), [], "a second touch means the first");
    world.done(request + 1, Ok(()));
    assert!(world.booking().is_waiting, "another's answer");
    world.done(request, Ok(()));
    assert_eq!(world.notice(), Some(BookingNotice::Booked { until: world.local(30) }));
    let (_, booked) = change(&world.book(BookingWish::Book { minutes: None }));
    assert_eq!(booked, Change::Book { start, end: world.at(40), language: Language::French });
}

#[test]
fn a_gap_that_is_too_short_is_not_offered_and_what_takes_no_time_is_not_in_the_way() {
    let mut world = plain();
    world.meeting("theirs", 4, 90);
    let booking = world.booking();
    assert_eq!((booking.minutes, booking.until_next), (vec![], None));
    world.entries[0].is_transparent = true;
    world.calendar();
    assert_eq!(world.booking().minutes, [15, 30, 45, 60]);
    // A gap of just half an hour has one button, not two.
    world.entries.clear();
    world.meeting("theirs", 30, 90);
    let booking = world.booking();
    assert_eq!((booking.minutes, booking.until_next), (vec![15, 30], None));
}

#[test]
fn what_was_booked_here_is_extended_and_ended_and_what_was_not_stays_as_it_is() {
    let mut world = plain();
    world.meeting(&own(), 0, 30);
    world.meeting("theirs", 60, 90);
    world.pass(10 * MINUTE + 20);
    world.calendar();
    let booking = world.booking();
    let title = Title::Plain(own());
    assert_eq!(booking.occupancy, Occupancy::Taken { title, until: world.local(30), may_release: true });
    assert_eq!((booking.minutes.as_slice(), booking.until_next), ([15, 30].as_slice(), None));
    let (request, longer) = change(&world.book(BookingWish::Extend { minutes: Some(15) }));
    let (end, free_from) = (world.at(45), world.at(30));
    assert_eq!(longer, Change::MoveEnd { uid: own(), end, free_from });
    world.done(request, Err(BookingFailure::Changed));
    assert_eq!(world.notice(), Some(BookingNotice::Failed(BookingFailure::Changed)));
    let (request, over) = change(&world.book(BookingWish::Release));
    assert_eq!(over, Change::MoveEnd { uid: own(), end: world.at(10), free_from: world.at(10) });
    world.done(request, Ok(()));
    assert_eq!(world.notice(), Some(BookingNotice::Released));

    // In somebody else's meeting: it goes on as a booking of its own, and is not ended.
    world.pass(51 * MINUTE);
    world.calendar();
    assert!(matches!(world.booking().occupancy, Occupancy::Taken { may_release: false, .. }));
    let (_, longer) = change(&world.book(BookingWish::Extend { minutes: Some(30) }));
    assert_eq!(longer, Change::Book { start: world.at(90), end: world.at(120), language: Language::French });
    let mut world = plain();
    world.meeting("theirs", 0, 30);
    assert_eq!(world.book(BookingWish::Release), []);
    assert_eq!(world.notice(), Some(BookingNotice::Failed(BookingFailure::NotOurs)));
}

#[test]
fn what_was_booked_by_mistake_is_taken_out_whole() {
    let mut world = plain();
    world.meeting(&own(), 0, 30);
    world.pass(20);
    assert_eq!(change(&world.book(BookingWish::Release)).1, Change::Remove { uid: own() });
}

#[test]
fn without_a_calendar_that_can_be_written_nothing_is_offered_and_the_wish_says_why() {
    for failure in [BookingFailure::NoCalendar, BookingFailure::ReadOnly] {
        let mut world = plain();
        world.input(Input::Booking(BookingReport::May(Err(failure))));
        assert_eq!(world.room.view(world.now).booking, None);
        assert_eq!(world.book(BookingWish::Book { minutes: Some(15) }), []);
        assert_eq!(world.notice(), Some(BookingNotice::Failed(failure)));
    }
}

#[test]
fn nothing_is_booked_by_an_old_agenda() {
    let mut world = plain();
    world.pass(4 * MINUTE);
    assert!(!world.booking().is_sure);
    assert_eq!(world.book(BookingWish::Book { minutes: Some(15) }), []);
    assert_eq!(world.notice(), Some(BookingNotice::Failed(BookingFailure::Unsure)));
}

#[test]
fn a_calendar_that_does_not_answer_is_given_up_and_its_late_answer_changes_nothing() {
    let mut world = plain();
    let (request, _) = change(&world.book(BookingWish::Book { minutes: Some(15) }));
    world.pass(29);
    assert!(world.booking().is_waiting);
    world.pass(1);
    assert_eq!(world.notice(), Some(BookingNotice::Failed(BookingFailure::Offline)));
    world.done(request, Ok(()));
    assert_eq!(world.notice(), Some(BookingNotice::Failed(BookingFailure::Offline)));
    assert!(!world.booking().is_waiting);
}

#[test]
fn a_meeting_nobody_comes_to_is_released_once_and_only_where_it_says_so() {
    let mut world = may_release();
    world.meeting("theirs", 2, 60);
    world.pass(3 * MINUTE);
    world.calendar();
    assert_eq!(world.booking().release_at, Some(world.local(12)));
    assert_eq!(world.pass(2 * MINUTE), []);
    let mut released = Vec::new();
    for _ in 0..10 {
        world.calendar();
        released.extend(world.pass(MINUTE));
    }
    let (request, declined) = change(&released);
    assert_eq!((declined, world.now.wall > world.at(12)), (Change::Decline { uid: "theirs".into() }, true));
    world.done(request, Err(BookingFailure::NotOurs));
    world.calendar();
    assert_eq!(world.pass(2 * MINUTE), [], "asked once");

    let mut world = plain();
    world.meeting("theirs", 2, 60);
    assert_eq!(world.pass(50 * MINUTE), []);
}

#[test]
fn who_checks_in_or_joins_keeps_the_room() {
    for joins in [false, true] {
        let mut world = may_release();
        world.meeting("theirs", 1, 60);
        world.pass(5 * MINUTE);
        if joins {
            let destination = Destination::parse("https://visio.example/abc-defg-hij", &Default::default()).unwrap();
            world.input(Input::Person(Wish::Join(destination)));
            world.input(Input::Call { call: CallId(1), report: CallReport::Ended(EndReason::ServerError) });
        } else {
            world.book(BookingWish::CheckIn);
            assert_eq!(world.notice(), Some(BookingNotice::CheckedIn));
        }
        assert_eq!(world.booking().release_at, None);
        for _ in 0..20 {
            world.calendar();
            assert_eq!(world.pass(MINUTE), []);
        }
    }
}

#[test]
fn nothing_is_released_that_began_before_the_room_was_awake_or_by_an_old_agenda() {
    let mut world = may_release();
    world.start -= Duration::from_secs(5 * MINUTE);
    world.meeting("theirs", 0, 60);
    assert_eq!(world.booking().release_at, None);
    for _ in 0..20 {
        world.calendar();
        assert_eq!(world.pass(MINUTE), []);
    }

    let mut world = may_release();
    world.meeting("theirs", 1, 60);
    assert_eq!(world.pass(30 * MINUTE), [], "nobody knows what the calendar says by then");
    world.calendar();
    assert_eq!(world.pass(2 * MINUTE), []);
}

#[test]
fn what_was_booked_here_is_never_released_by_itself() {
    let mut world = may_release();
    world.meeting(&own(), 1, 60);
    for _ in 0..30 {
        world.calendar();
        assert_eq!(world.pass(MINUTE), []);
    }
}

fn opened() -> World {
    let mut world = plain();
    let outputs = world.input(Input::Person(Wish::EnterCode(Code::parse("31415926").unwrap())));
    let [Output::CheckCode { attempt, .. }] = outputs.as_slice() else { panic!("{outputs:?}") };
    world.input(Input::CodeChecked { attempt: *attempt, is_right: true });
    world
}

#[test]
fn settings_are_changed_only_behind_the_code_and_kept() {
    let german = Wish::Set(Setting::Language(Language::German));
    let mut world = plain();
    assert_eq!(world.input(Input::Person(german.clone())), []);
    assert_eq!(world.room.view(world.now).language, Language::French);

    let mut world = opened();
    let outputs = world.input(Input::Person(german.clone()));
    let kept = Settings {
        language: Language::German,
        volume: 70,
        display_name: String::new(),
        appearance: Appearance::default(),
    };
    assert_eq!(outputs, [Output::KeepSettings(kept.clone())]);
    assert_eq!(world.room.view(world.now).language, Language::German);
    let outputs = world.input(Input::Person(Wish::Set(Setting::Volume(30))));
    assert_eq!(outputs, [Output::SetVolume(30), Output::KeepSettings(Settings { volume: 30, ..kept.clone() })]);
    let settings = Settings { volume: 30, display_name: "Turing".into(), ..kept };
    let open = Administration::Open { settings, fixed: Fixed::default() };
    assert_eq!(world.room.view(world.now).administration, open);
    // What people switch for themselves is not what the room starts with.
    world.input(Input::Person(Wish::SetLanguage(Language::English)));
    assert_eq!(world.room.view(world.now).administration, open);

    world.pass(180);
    assert_eq!(world.input(Input::Person(german)), []);
    assert!(matches!(world.room.view(world.now).administration, Administration::Closed { .. }));
}

#[test]
fn whoever_joins_a_meeting_has_closed_the_settings() {
    let mut world = opened();
    let destination = Destination::parse("https://visio.example/abc-defg-hij", &Default::default()).unwrap();
    world.input(Input::Person(Wish::Join(destination)));
    assert!(matches!(world.room.view(world.now).administration, Administration::Closed { .. }));
}

#[test]
fn facts_are_gathered_on_request_and_the_last_failure_is_among_them() {
    let mut world = plain();
    let destination = Destination::parse("https://visio.example/abc-defg-hij", &Default::default()).unwrap();
    world.input(Input::Person(Wish::Join(destination)));
    world.input(Input::Call { call: CallId(1), report: CallReport::Ended(EndReason::MediaUnreachable) });
    world.pass(130);
    assert_eq!(world.input(Input::Person(Wish::ShowFacts)), [Output::GatherFacts]);
    world.input(Input::Facts(Facts { version: "1".into(), ..Facts::default() }));
    let view = world.room.view(world.now);
    assert_eq!(view.facts.map(|facts| facts.version), Some("1".into()));
    assert_eq!(view.last_failure.map(|failure| failure.reason), Some(EndReason::MediaUnreachable));
    assert_eq!(world.pass(4), [Output::GatherFacts, Output::GatherFacts]);
    world.input(Input::Person(Wish::CloseService));
    assert_eq!(world.pass(60), []);
    assert_eq!(world.room.view(world.now).facts, None);
}
