//! Promises of the policy: what it forbids is not dialled, however people ask for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use room::destination::ParseContext;
use room::event::{CallId, CallReport, DeviceReport, Wish};
use room::moderation::{Moderation, Rights, Waiting};
use room::policy::{Begins, Forbidden, InMeetings, JoinPolicy, Mode, Permit};
use room::view::{Content, EndReason, InCall, InvitationEnd, Notice, Screen, Share};
use room::{AgendaEntry, Destination, Input, Now, Output, Refusal, Room, RoomConfig, Title, Venue};

const MINUTE: Duration = Duration::from_secs(60);
const OVER: Notice = Notice::Forbidden(Forbidden::Over);

/// Says yes until told otherwise.
#[derive(Debug, Default)]
struct Changeable {
    forbids: AtomicBool,
    forbids_new: AtomicBool,
    forbids_all_inside: AtomicBool,
}

impl JoinPolicy for Changeable {
    fn mode(&self) -> Mode {
        Mode::Usual
    }

    fn may_join(&self, _: &Destination, begins: Begins, _: Duration) -> Result<Permit, Forbidden> {
        if begins == Begins::Here && self.forbids_new.load(Ordering::Relaxed) {
            return Err(Forbidden::Begin);
        }
        if self.forbids.load(Ordering::Relaxed) { Err(Forbidden::Over) } else { Ok(Permit::AtOnce) }
    }

    fn in_meetings(&self) -> InMeetings {
        if self.forbids_all_inside.load(Ordering::Relaxed) { InMeetings::NOTHING } else { InMeetings::EVERYTHING }
    }
}

struct World {
    room: Room,
    policy: Arc<Changeable>,
    now: Now,
}

impl World {
    fn new() -> World {
        let now = Now { monotonic: Instant::now(), wall: Duration::from_secs(1_800_000_000), utc_offset_s: 3600 };
        let policy = Arc::new(Changeable::default());
        let venue = Some(Venue::Joinable(destination("planned")));
        let config = RoomConfig {
            parse: ParseContext { instance: Some("https://visio.example".parse().unwrap()), ..Default::default() },
            agenda: vec![AgendaEntry {
                venue,
                ..AgendaEntry::new(Title::Plain("Point".into()), now.wall, now.wall + 60 * MINUTE)
            }],
            history: 2,
            policy: Some(policy.clone()),
            ..RoomConfig::named("Turing")
        };
        let mut world = World { room: Room::new(config, now), policy, now };
        world.outputs();
        world
    }

    /// From now on the policy says no.
    fn forbid(&self) {
        self.policy.forbids.store(true, Ordering::Relaxed);
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

    fn joined(&mut self, wish: Wish) -> CallId {
        let outputs = self.person(wish);
        let call = outputs.iter().find_map(|output| match output {
            Output::StartCall { call, .. } => Some(*call),
            _ => None,
        });
        let call = call.unwrap_or_else(|| panic!("{outputs:?}"));
        self.input(Input::Call { call, report: CallReport::Joined { title: None, encrypted: false } });
        call
    }

    fn invited(&mut self) -> Wish {
        let invite = Wish::Invite { destination: "https://visio.example/invited".into(), from: "Reception".into() };
        self.room.ask(invite, self.now).unwrap();
        let invitation = self.room.view(self.now).invitation.unwrap().id;
        Wish::Answer { invitation, accept: true }
    }

    fn notice(&self) -> Option<Notice> {
        self.room.view(self.now).notice
    }

    fn screen(&self) -> Screen {
        self.room.view(self.now).screen
    }

    fn call(&self) -> InCall {
        match self.screen() {
            Screen::InCall(call) => call,
            other => panic!("{other:?}"),
        }
    }
}

fn destination(slug: &str) -> Destination {
    Destination::parse(&format!("https://visio.example/{slug}"), &ParseContext::default()).unwrap()
}

/// A meeting of the history, the agenda, an invitation, and everything that can be typed or told.
fn every_way(world: &mut World) -> Vec<(&'static str, Wish)> {
    let call = world.joined(Wish::Join(destination("earlier")));
    world.person(Wish::Leave);
    world.input(Input::Call { call, report: CallReport::Ended(EndReason::Left) });
    let view = world.room.view(world.now);
    let (planned, earlier) = (view.agenda[0].id, view.history[0].id);
    let livekit = Destination::livekit("wss://livekit.example", "token").unwrap();
    let invitation = world.invited();
    vec![
        ("the agenda", Wish::JoinMeeting(planned)),
        ("the history", Wish::JoinAgain(earlier)),
        ("a code", Wish::JoinTyped("abc-defg-hij".into())),
        ("a link", Wish::JoinTyped("https://visio.example/abc-defg-hij".into())),
        ("the API", Wish::Join(destination("told"))),
        ("a server", Wish::Join(livekit)),
        ("a new meeting", Wish::MeetNow),
        ("an invitation", invitation),
    ]
}

#[test]
fn whatever_way_people_join_the_policy_is_asked_and_nothing_is_dialled_when_it_says_no() {
    let mut world = World::new();
    let ways = every_way(&mut world);
    assert_eq!(ways.len(), 8);
    world.forbid();
    for (way, wish) in ways {
        assert_eq!(world.person(wish), [], "{way}");
        assert_eq!(world.notice(), Some(OVER), "{way}");
        assert_eq!(world.screen(), Screen::Home, "{way}");
        world.person(Wish::Dismiss);
    }
}

#[test]
fn whoever_asks_from_elsewhere_is_answered_and_the_panel_stays_as_it_is() {
    let mut world = World::new();
    world.forbid();
    let invite = Wish::Invite { destination: "https://visio.example/one".into(), from: "Reception".into() };
    for wish in [Wish::Join(destination("one")), Wish::JoinTyped("abc-defg-hij".into()), Wish::MeetNow, invite] {
        assert_eq!(world.room.ask(wish, world.now), Err(Refusal::Notice(OVER)));
    }
    assert_eq!((world.outputs(), world.notice()), (vec![], None));
    assert_eq!(world.room.view(world.now).invitation, None, "nobody is asked to join what they may not");
}

#[test]
fn a_failed_join_is_not_tried_again_once_the_policy_is_over() {
    let mut world = World::new();
    let outputs = world.person(Wish::Join(destination("one")));
    assert!(matches!(outputs.last(), Some(Output::StartCall { .. })));
    world.input(Input::Call { call: CallId(1), report: CallReport::Ended(EndReason::ServerUnreachable) });
    world.forbid();
    assert_eq!(world.person(Wish::Retry), []);
    assert_eq!(world.notice(), Some(OVER));
    assert!(matches!(world.screen(), Screen::Failed { .. }), "and people still see what happened");
}

#[test]
fn what_waited_for_another_call_to_end_is_asked_again_before_it_is_dialled() {
    for is_dropped in [false, true] {
        let mut world = World::new();
        let call = world.joined(Wish::Join(destination("one")));
        world.person(Wish::Leave);
        assert_eq!(world.person(Wish::Join(destination("two"))), []);
        assert!(matches!(world.screen(), Screen::Joining { .. }));
        world.forbid();
        let outputs = if is_dropped {
            let (at, _) = world.room.poll_timeout().unwrap();
            world.now.monotonic = at;
            world.input(Input::Timeout)
        } else {
            world.input(Input::Call { call, report: CallReport::Ended(EndReason::Left) })
        };
        assert!(!outputs.iter().any(|output| matches!(output, Output::StartCall { .. })), "{outputs:?}");
        assert_eq!((world.screen(), world.notice()), (Screen::Home, Some(OVER)));
    }
}

#[test]
fn nobody_leaves_a_meeting_or_a_check_of_the_sound_for_one_they_may_not_join() {
    let mut world = World::new();
    world.joined(Wish::Join(destination("one")));
    let accept = world.invited();
    world.forbid();
    assert_eq!(world.person(accept), []);
    assert!(matches!(world.screen(), Screen::InCall(_)));
    assert_eq!(world.notice(), Some(OVER));
    assert_eq!(world.room.view(world.now).invitation_end, Some(InvitationEnd::Declined));

    let mut world = World::new();
    world.person(Wish::CheckAudio);
    world.forbid();
    assert_eq!(world.person(Wish::Join(destination("one"))), []);
    assert!(matches!(world.screen(), Screen::AudioCheck(_)));
}

#[test]
fn a_meeting_that_nobody_has_prepared_may_be_forbidden_alone() {
    let mut world = World::new();
    world.policy.forbids_new.store(true, Ordering::Relaxed);
    assert_eq!(world.person(Wish::MeetNow), []);
    assert_eq!(world.notice(), Some(Notice::Forbidden(Forbidden::Begin)));
    world.joined(Wish::Join(destination("one")));

    // Also when the answer changes between the touch and the code.
    let mut world = World::new();
    assert_eq!(world.person(Wish::MeetNow), [Output::DrawCode]);
    world.policy.forbids_new.store(true, Ordering::Relaxed);
    assert_eq!(world.input(Input::Random(7)), []);
    assert_eq!(world.notice(), Some(Notice::Forbidden(Forbidden::Begin)));
}

#[test]
fn the_policy_is_told_the_time_of_each_join() {
    #[derive(Debug)]
    struct Until(Duration);
    impl JoinPolicy for Until {
        fn mode(&self) -> Mode {
            Mode::Usual
        }

        fn may_join(&self, _: &Destination, _: Begins, wall: Duration) -> Result<Permit, Forbidden> {
            if wall < self.0 { Ok(Permit::AtOnce) } else { Err(Forbidden::Over) }
        }

        fn in_meetings(&self) -> InMeetings {
            InMeetings::EVERYTHING
        }
    }
    let mut now = Now { monotonic: Instant::now(), wall: 10 * MINUTE, utc_offset_s: 0 };
    let policy: Option<Arc<dyn JoinPolicy>> = Some(Arc::new(Until(20 * MINUTE)));
    let mut room = Room::new(RoomConfig { policy, ..RoomConfig::named("Turing") }, now);
    assert_eq!(room.ask(Wish::Join(destination("one")), now), Ok(()));
    room.handle(Input::Call { call: CallId(1), report: CallReport::Ended(EndReason::ServerUnreachable) }, now);
    now.wall = 20 * MINUTE;
    assert_eq!(room.ask(Wish::Join(destination("one")), now), Err(Refusal::Notice(OVER)));
    assert_eq!(room.ask(Wish::Retry, now), Err(Refusal::Notice(OVER)));
}

/// What the meeting allows, and what comes of it, where the policy allows it or does not.
fn meeting_with(is_forbidden: bool) -> (World, Vec<Output>) {
    let mut world = World::new();
    world.policy.forbids_all_inside.store(is_forbidden, Ordering::Relaxed);
    world.input(Input::Device(DeviceReport::Content(Content::Ready)));
    let call = world.joined(Wish::Join(destination("one")));
    let mut outputs = Vec::new();
    for report in [
        CallReport::Permissions { microphone: true, camera: true, share: true },
        CallReport::MayWrite(true),
        CallReport::Chat { from: "Ada".into(), text: "secret".into() },
        CallReport::Caption { from: "Ada".into(), segment: "1".into(), text: "secret".into(), is_final: true },
    ] {
        outputs.extend(world.input(Input::Call { call, report }));
    }
    (world, outputs)
}

#[test]
fn what_the_policy_forbids_in_meetings_is_neither_sent_nor_shown_whatever_the_meeting_allows() {
    let wishes =
        [Wish::SetShare { on: true }, Wish::SendChat("hello".into()), Wish::SetCaptions { on: true }].into_iter();
    let (mut world, outputs) = meeting_with(true);
    assert_eq!(outputs, []);
    for (wish, why) in wishes.clone().zip([Forbidden::Share, Forbidden::Chat, Forbidden::Captions]) {
        assert_eq!(world.room.ask(wish, world.now), Err(Refusal::Notice(Notice::Forbidden(why))));
    }
    assert_eq!((world.outputs(), world.notice()), (vec![], None));
    let call = world.call();
    assert_eq!(call.share, Share::Forbidden, "also a laptop that was there before is not offered");
    assert!(call.chat.messages.is_empty() && call.captions.is_empty() && !call.arrangement.captions);

    let (mut world, _) = meeting_with(false);
    for wish in wishes {
        assert_eq!(world.room.ask(wish, world.now), Ok(()));
    }
    let outputs = world.outputs();
    assert!(outputs.iter().any(|output| matches!(output, Output::SetShare { on: true, .. })), "{outputs:?}");
    assert!(outputs.iter().any(|output| matches!(output, Output::SendChat { .. })), "{outputs:?}");
    assert_eq!(world.call().chat.messages.len(), 2);
}

#[test]
fn who_may_not_moderate_is_neither_asked_nor_obeyed_whatever_the_platform_lets_the_room_do() {
    for may_not in [true, false] {
        let mut world = World::new();
        world.policy.forbids_all_inside.store(may_not, Ordering::Relaxed);
        let call = world.joined(Wish::Join(destination("one")));
        let rights = Rights { mute: true, moderate: true, admit: true, end: true };
        let waiting = vec![Waiting { id: "1".into(), name: "Ada".into() }];
        for report in [CallReport::Rights(rights), CallReport::Waiting(waiting)] {
            world.input(Input::Call { call, report });
        }
        let Screen::InCall(seen) = world.screen() else { panic!() };
        assert_eq!((seen.rights == rights, seen.waiting.is_empty()), (!may_not, may_not));
        let outputs = world.person(Wish::Moderate(Moderation::EndForAll));
        let is_done = outputs.iter().any(|output| matches!(output, Output::Moderate { .. }));
        assert_eq!(is_done, !may_not, "{outputs:?}");
    }
}

#[test]
fn a_meeting_that_is_recorded_or_written_down_where_that_is_not_allowed_is_left_at_once() {
    for (recording, transcription) in [(true, false), (false, true)] {
        let kept = CallReport::Recording { recording, transcription };
        let mut world = World::new();
        world.policy.forbids_all_inside.store(true, Ordering::Relaxed);
        let call = world.joined(Wish::Join(destination("one")));
        let nothing = CallReport::Recording { recording: false, transcription: false };
        assert_eq!(world.input(Input::Call { call, report: nothing }), []);
        assert_eq!(world.input(Input::Call { call, report: kept.clone() }), [Output::EndCall { call }]);
        assert_eq!(world.notice(), Some(Notice::Forbidden(Forbidden::Recorded)));

        // Also when that is told before the door opens.
        world.input(Input::Call { call, report: CallReport::Ended(EndReason::Left) });
        world.person(Wish::Join(destination("one")));
        let call = CallId(call.0 + 1);
        assert_eq!(world.input(Input::Call { call, report: kept.clone() }), [Output::EndCall { call }]);

        let mut world = World::new();
        let call = world.joined(Wish::Join(destination("one")));
        assert_eq!(world.input(Input::Call { call, report: kept }), []);
    }
}
