//! The room as a whole, on a stepped clock.

use std::time::{Duration, Instant};

use room::audio::{AudioCheck, AudioReport};
use room::destination::ParseContext;
use room::event::{CallId, CallReport, DeviceReport, Wish};
use room::venue::{Obstacle, Platform};
use room::view::{
    Arrangement, Calendar, Caption, ContentLayout, EndReason, InCall, JoinStep, Layout, Notice, Participant,
    PeopleLayout, Quality, Screen, Switch,
};
use room::{AgendaEntry, Destination, Input, MeetingId, Now, Output, Refusal, Room, RoomConfig, Title, Venue, View};

struct World {
    room: Room,
    now: Now,
}

fn entry(title: &str, start: Duration, end: Duration, venue: Option<Venue>) -> AgendaEntry {
    AgendaEntry { venue, ..AgendaEntry::new(Title::Plain(title.into()), start, end) }
}

impl World {
    fn new() -> World {
        let wall = Duration::from_secs(1_800_000_000);
        let now = Now { monotonic: Instant::now(), wall, utc_offset_s: 3600 };
        let minutes = |m: u64| wall + Duration::from_secs(60 * m);
        let parse = ParseContext { instance: Some("https://visio.example".parse().unwrap()), ..Default::default() };
        let destination = Destination::parse("abc-defg-hij", &parse).unwrap();
        let agenda = vec![
            entry("Point", wall, minutes(30), Some(Venue::Joinable(destination))),
            entry("Sans lien", minutes(60), minutes(90), None),
        ];
        let mut world =
            World { room: Room::new(RoomConfig { parse, agenda, ..RoomConfig::named("Turing") }, now), now };
        for report in [
            DeviceReport::Camera { present: true },
            DeviceReport::Microphone { present: true },
            DeviceReport::Loudspeaker { present: true },
        ] {
            world.input(Input::Device(report));
        }
        world.outputs();
        world
    }

    fn input(&mut self, input: Input) {
        self.room.handle(input, self.now);
    }

    fn person(&mut self, wish: Wish) -> Vec<Output> {
        self.input(Input::Person(wish));
        self.outputs()
    }

    fn report(&mut self, call: CallId, report: CallReport) -> Vec<Output> {
        self.input(Input::Call { call, report });
        self.outputs()
    }

    fn outputs(&mut self) -> Vec<Output> {
        std::iter::from_fn(|| self.room.poll_output()).collect()
    }

    fn pass(&mut self, time: Duration) {
        self.now.monotonic += time;
        self.now.wall += time;
        self.input(Input::Timeout);
    }

    fn view(&self) -> View {
        self.room.view(self.now)
    }

    /// The wish to join this meeting of the agenda.
    fn meeting(&self, index: usize) -> Wish {
        Wish::JoinMeeting(self.view().agenda[index].id)
    }

    fn join(&mut self) -> CallId {
        match self.person(self.meeting(0)).as_slice() {
            [Output::StartCall { call, .. }] => *call,
            other => panic!("{other:?}"),
        }
    }

    fn joined(&mut self) -> CallId {
        let call = self.join();
        self.report(call, CallReport::Joined { title: None, encrypted: false });
        self.report(call, CallReport::OwnMedia { microphone_live: true, camera_live: true });
        call
    }

    fn in_call(&self) -> room::view::InCall {
        match self.view().screen {
            Screen::InCall(call) => call,
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn one_touch_leads_into_the_meeting_and_one_out_of_it() {
    let mut world = World::new();
    let call = world.join();
    assert!(matches!(world.view().screen, Screen::Joining { step: JoinStep::AskingForEntry, .. }));
    world.report(call, CallReport::Progress(JoinStep::Media));
    world.report(call, CallReport::Joined { title: None, encrypted: false });
    assert_eq!(world.in_call().title, "Point");
    assert_eq!(world.person(Wish::Leave), [Output::EndCall { call }]);
    assert_eq!(world.view().screen, Screen::Home);
    world.report(call, CallReport::Ended(EndReason::Left));
    assert_eq!(world.view().screen, Screen::Home);
}

#[test]
fn joining_again_while_leaving_waits_for_the_goodbye() {
    let mut world = World::new();
    let first = world.joined();
    world.person(Wish::Leave);
    assert!(world.person(world.meeting(0)).is_empty());
    assert!(matches!(world.view().screen, Screen::Joining { .. }));
    let outputs = world.report(first, CallReport::Ended(EndReason::Left));
    assert!(matches!(outputs.as_slice(), [Output::StartCall { call, .. }] if *call != first));
}

#[test]
fn a_call_that_never_says_goodbye_is_forgotten() {
    let mut world = World::new();
    world.joined();
    world.person(Wish::Leave);
    world.person(world.meeting(0));
    world.pass(Duration::from_secs(4));
    assert!(matches!(world.outputs().as_slice(), [Output::DropCall { .. }, Output::StartCall { .. }]));
}

#[test]
fn late_words_of_an_earlier_call_change_nothing() {
    let mut world = World::new();
    let first = world.joined();
    world.report(first, CallReport::Ended(EndReason::ConnectionLost));
    world.person(Wish::Retry);
    world.report(first, CallReport::Ended(EndReason::RemovedByHost));
    assert!(matches!(world.view().screen, Screen::Joining { .. }));
}

#[test]
fn mute_shows_what_is_on_the_wire() {
    let mut world = World::new();
    let call = world.joined();
    assert_eq!(world.in_call().microphone, Switch::On);
    assert_eq!(world.person(Wish::SetMicrophone { on: false }), [Output::SetMicrophone { call, on: false }]);
    assert_eq!(world.in_call().microphone, Switch::Changing { to_on: false });
    world.report(call, CallReport::OwnMedia { microphone_live: false, camera_live: true });
    assert_eq!(world.in_call().microphone, Switch::Off);
}

#[test]
fn what_is_said_before_the_door_opens_counts_inside() {
    let mut world = World::new();
    let call = world.join();
    world.report(call, CallReport::OwnMedia { microphone_live: true, camera_live: true });
    world.report(call, CallReport::Permissions { microphone: true, camera: false, share: true });
    assert_eq!(world.view().notice, None);
    world.report(call, CallReport::Joined { title: Some("Conseil".into()), encrypted: false });
    assert_eq!(world.in_call().microphone, Switch::On);
    assert_eq!(world.in_call().title, "Conseil");
    world.report(call, CallReport::OwnMedia { microphone_live: true, camera_live: false });
    assert_eq!(world.in_call().camera, Switch::Forbidden);
}

#[test]
fn a_host_who_mutes_us_is_told_of_and_obeyed() {
    let mut world = World::new();
    let call = world.joined();
    world.report(call, CallReport::MutedByHost);
    world.report(call, CallReport::OwnMedia { microphone_live: false, camera_live: true });
    assert_eq!(world.in_call().microphone, Switch::Off);
    assert_eq!(world.view().notice, Some(Notice::MutedByHost));
    world.pass(Duration::from_secs(10));
    assert_eq!(world.view().notice, None);
}

#[test]
fn a_camera_pulled_out_leaves_a_meeting_with_sound_and_comes_back() {
    let mut world = World::new();
    let call = world.joined();
    world.input(Input::Device(DeviceReport::Camera { present: false }));
    assert_eq!(world.outputs(), [Output::SetCamera { call, on: false }]);
    assert_eq!(world.view().notice, Some(Notice::CameraUnplugged));
    world.report(call, CallReport::OwnMedia { microphone_live: true, camera_live: false });
    assert_eq!((world.in_call().camera, world.in_call().microphone), (Switch::Missing, Switch::On));
    world.input(Input::Device(DeviceReport::Camera { present: true }));
    assert_eq!(world.outputs(), [Output::SetCamera { call, on: true }]);
}

#[test]
fn a_device_that_fails_is_not_said_to_be_unplugged() {
    let mut world = World::new();
    let call = world.joined();
    world.input(Input::Device(DeviceReport::CameraFailed));
    assert_eq!(world.outputs(), [Output::SetCamera { call, on: false }]);
    assert_eq!(world.view().notice, Some(Notice::CameraFailed));
    world.report(call, CallReport::OwnMedia { microphone_live: true, camera_live: false });
    assert_eq!(world.in_call().camera, Switch::Failed);
    assert!(world.person(Wish::SetCamera { on: true }).is_empty());
    assert_eq!(world.view().notice, Some(Notice::CameraFailed));
    // Pulled out after all: nothing changes for others.
    world.input(Input::Device(DeviceReport::Camera { present: false }));
    assert!(world.outputs().is_empty());
    assert_eq!((world.view().notice, world.in_call().camera), (Some(Notice::CameraUnplugged), Switch::Missing));
    world.input(Input::Device(DeviceReport::CameraFailed));
    assert_eq!(world.in_call().camera, Switch::Missing, "what is gone has not failed");
    world.input(Input::Device(DeviceReport::Camera { present: true }));
    assert_eq!(world.outputs(), [Output::SetCamera { call, on: true }]);
    world.input(Input::Device(DeviceReport::MicrophoneFailed));
    assert_eq!(world.outputs(), [Output::SetMicrophone { call, on: false }]);
    assert_eq!(world.view().notice, Some(Notice::MicrophoneFailed));
}

#[test]
fn a_loudspeaker_that_goes_in_a_meeting_is_told() {
    let mut world = World::new();
    world.input(Input::Device(DeviceReport::Loudspeaker { present: true }));
    assert_eq!(world.view().notice, None, "nobody needs it yet");
    world.joined();
    world.input(Input::Device(DeviceReport::Loudspeaker { present: false }));
    assert_eq!(world.view().notice, Some(Notice::LoudspeakerUnplugged));
    world.input(Input::Device(DeviceReport::Loudspeaker { present: true }));
    assert_eq!(world.view().notice, Some(Notice::LoudspeakerBack));
    world.input(Input::Device(DeviceReport::LoudspeakerFailed));
    assert_eq!(world.view().notice, Some(Notice::LoudspeakerFailed));
}

#[test]
fn a_camera_that_was_off_stays_off_when_it_is_plugged_in_again() {
    let mut world = World::new();
    let call = world.joined();
    world.person(Wish::SetCamera { on: false });
    world.input(Input::Device(DeviceReport::Camera { present: false }));
    world.outputs();
    world.input(Input::Device(DeviceReport::Camera { present: true }));
    assert_eq!(world.outputs(), [Output::SetCamera { call, on: false }]);
}

#[test]
fn what_a_host_closes_is_closed_at_the_device_and_only_people_open_it() {
    let mut world = World::new();
    let call = world.joined();
    assert_eq!(world.report(call, CallReport::MutedByHost), [Output::SetMicrophone { call, on: false }]);
    assert_eq!(world.report(call, CallReport::CameraStoppedByHost), [Output::SetCamera { call, on: false }]);
    world.report(call, CallReport::OwnMedia { microphone_live: false, camera_live: false });
    assert_eq!((world.in_call().microphone, world.in_call().camera), (Switch::Off, Switch::Off));
    assert_eq!(world.view().notice, Some(Notice::CameraStoppedByHost));
}

#[test]
fn a_room_without_a_microphone_says_so_and_opens_it_when_it_is_plugged_in() {
    let mut world = World::new();
    world.input(Input::Device(DeviceReport::Microphone { present: false }));
    let outputs = world.person(world.meeting(0));
    let [Output::StartCall { call, microphone: false, camera: true, .. }] = outputs.as_slice() else {
        panic!("{outputs:?}")
    };
    let call = *call;
    world.report(call, CallReport::Joined { title: None, encrypted: false });
    assert_eq!(world.in_call().microphone, Switch::Missing);
    world.input(Input::Device(DeviceReport::Microphone { present: true }));
    assert_eq!(world.outputs(), [Output::SetMicrophone { call, on: true }]);
}

#[test]
fn what_is_typed_wrong_is_answered_with_what_is_wrong() {
    let mut world = World::new();
    world.person(Wish::JoinTyped("http://visio.example/abc-defg-hij".into()));
    assert_eq!(world.view().notice, Some(Notice::NotEncrypted));
    world.person(Wish::JoinTyped("wss://livekit.example".into()));
    assert_eq!(world.view().notice, Some(Notice::TokenMissing));
    world.person(Wish::JoinTyped("https://ada:secret@visio.example/abc-defg-hij".into()));
    assert_eq!(world.view().notice, Some(Notice::HasCredentials));
}

#[test]
fn an_encrypted_meeting_is_joined_with_its_passphrase_and_shown_as_encrypted_once_it_is() {
    let mut world = World::new();
    let link = format!("https://visio.example/abc-defg-hij#{}", "0a".repeat(24));
    let outputs = world.person(Wish::JoinTyped(link));
    let [Output::StartCall { call, destination, .. }] = outputs.as_slice() else { panic!("{outputs:?}") };
    assert!(destination.is_end_to_end_encrypted());
    let call = *call;
    world.report(call, CallReport::Joined { title: None, encrypted: true });
    assert!(world.in_call().encryption.is_on());
    world.report(call, CallReport::Reconnecting);
    assert!(world.in_call().encryption.is_on());
    world.report(call, CallReport::Ended(EndReason::KeyMissing));
    assert!(matches!(world.view().screen, Screen::Failed { can_retry: false, .. }), "{:?}", world.view().screen);
}

#[test]
fn what_the_meeting_forbids_is_refused_with_a_reason() {
    let mut world = World::new();
    let call = world.joined();
    world.report(call, CallReport::Permissions { microphone: false, camera: true, share: true });
    world.report(call, CallReport::OwnMedia { microphone_live: false, camera_live: true });
    assert_eq!(world.in_call().microphone, Switch::Forbidden);
    assert!(world.person(Wish::SetMicrophone { on: true }).is_empty());
    assert_eq!(world.view().notice, Some(Notice::MayNotSpeak));
}

#[test]
fn a_permission_given_back_opens_nothing() {
    let mut world = World::new();
    let call = world.joined();
    let withdrawn = world.report(call, CallReport::Permissions { microphone: false, camera: true, share: true });
    assert_eq!(withdrawn, [Output::SetMicrophone { call, on: false }]);
    world.report(call, CallReport::OwnMedia { microphone_live: false, camera_live: true });
    assert!(world.report(call, CallReport::Permissions { microphone: true, camera: true, share: true }).is_empty());
    assert_eq!(world.in_call().microphone, Switch::Off);
    assert_eq!(world.person(Wish::SetMicrophone { on: true }), [Output::SetMicrophone { call, on: true }]);
}

#[test]
fn a_raised_hand_is_not_raised_again() {
    let mut world = World::new();
    let call = world.joined();
    assert_eq!(world.person(Wish::SetHand { raised: true }), [Output::SetHand { call, raised: true }]);
    world.report(call, CallReport::Hand { raised: true });
    assert!(world.person(Wish::SetHand { raised: true }).is_empty());
}

#[test]
fn nonsense_typed_is_answered_with_a_notice() {
    let mut world = World::new();
    assert!(world.person(Wish::JoinTyped("https://evil.example/x/y".into())).is_empty());
    assert_eq!(world.view().notice, Some(Notice::NotADestination));
    assert!(world.person(world.meeting(1)).is_empty());
    assert_eq!(world.view().notice, Some(Notice::NoLink));
    assert!(world.person(Wish::JoinMeeting(MeetingId(99))).is_empty());
    assert!(matches!(world.person(Wish::JoinTyped("ABC DEFG HIJ".into())).as_slice(), [Output::StartCall { .. }]));
}

#[test]
fn a_failure_is_explained_and_does_not_wait_for_ever() {
    let mut world = World::new();
    let call = world.join();
    world.report(call, CallReport::Ended(EndReason::ServerUnreachable));
    assert!(matches!(world.view().screen, Screen::Failed { can_retry: true, .. }));
    world.pass(Duration::from_secs(121));
    assert_eq!(world.view().screen, Screen::Home);
}

#[test]
fn a_second_meeting_is_not_joined_over_the_first() {
    let mut world = World::new();
    world.joined();
    assert!(world.person(world.meeting(0)).is_empty());
    assert_eq!(world.view().notice, Some(Notice::AlreadyInCall));
}

#[test]
fn who_asks_from_elsewhere_is_answered_and_the_panel_stays_as_it_is() {
    let mut world = World::new();
    let asked = |world: &mut World, wish: Wish| world.room.ask(wish, world.now);
    let at_home = [
        (Wish::SetMicrophone { on: false }, Refusal::InNoMeeting),
        (Wish::SetCamera { on: true }, Refusal::InNoMeeting),
        (Wish::SetHand { raised: true }, Refusal::InNoMeeting),
        (Wish::SetShare { on: true }, Refusal::InNoMeeting),
        (Wish::JoinMeeting(MeetingId(99)), Notice::MeetingGone.into()),
        (world.meeting(1), Notice::NoLink.into()),
        (Wish::JoinTyped("http://visio.example/abc-defg-hij".into()), Notice::NotEncrypted.into()),
    ];
    for (wish, why) in at_home {
        assert_eq!(asked(&mut world, wish.clone()), Err(why), "{wish:?}");
    }
    assert_eq!((world.outputs(), world.view().notice), (Vec::new(), None));

    assert_eq!(asked(&mut world, Wish::CheckAudio), Ok(()));
    assert_eq!(asked(&mut world, Wish::CheckAudio), Err(Refusal::AlreadyChecking));
    assert_eq!(asked(&mut world, Wish::Leave), Ok(()));
    world.outputs();
    let (first, call) = (world.meeting(0), world.joined());
    assert_eq!(asked(&mut world, first), Err(Notice::AlreadyInCall.into()));
    assert_eq!(asked(&mut world, Wish::CheckAudio), Err(Notice::AlreadyInCall.into()));
    assert_eq!(asked(&mut world, Wish::SetShare { on: true }), Err(Notice::NoContent.into()));
    world.input(Input::Device(DeviceReport::Camera { present: false }));
    world.report(call, CallReport::Permissions { microphone: false, camera: true, share: true });
    world.pass(Duration::from_secs(10));
    world.outputs();
    assert_eq!(asked(&mut world, Wish::SetMicrophone { on: true }), Err(Notice::MayNotSpeak.into()));
    assert_eq!(asked(&mut world, Wish::SetCamera { on: true }), Err(Notice::CameraUnplugged.into()));
    assert_eq!((world.outputs(), world.view().notice), (Vec::new(), None));
    assert_eq!(asked(&mut world, Wish::SetHand { raised: true }), Ok(()));
    assert_eq!(world.outputs(), [Output::SetHand { call, raised: true }]);
}

#[test]
fn any_order_of_wishes_and_reports_leaves_a_room_that_answers() {
    // A small exhaustive walk: every sequence of four steps out of these.
    let steps: Vec<Box<dyn Fn(&mut World)>> = vec![
        Box::new(|w| drop(w.person(w.meeting(0)))),
        Box::new(|w| drop(w.person(Wish::Leave))),
        Box::new(|w| drop(w.person(Wish::Retry))),
        Box::new(|w| drop(w.person(Wish::CheckAudio))),
        Box::new(|w| drop(w.report(CallId(1), CallReport::Joined { title: None, encrypted: false }))),
        Box::new(|w| drop(w.report(CallId(1), CallReport::Ended(EndReason::ConnectionLost)))),
        Box::new(|w| drop(w.report(CallId(1), CallReport::Lobby))),
        Box::new(|w| w.input(Input::Device(DeviceReport::Camera { present: false }))),
        Box::new(|w| w.pass(Duration::from_secs(5))),
    ];
    let count = steps.len();
    for walk in 0..count.pow(4) {
        let mut world = World::new();
        for place in 0..4 {
            steps[walk / count.pow(place) % count](&mut world);
        }
        // Whatever happened: home is two touches and a goodbye away.
        world.person(Wish::Leave);
        world.person(Wish::Dismiss);
        world.pass(Duration::from_secs(5));
        assert_eq!(world.view().screen, Screen::Home, "walk {walk}");
    }
}

fn person(identity: &str, sharing: bool) -> Participant {
    Participant {
        identity: identity.into(),
        name: identity.to_uppercase(),
        microphone_on: true,
        camera_on: true,
        sharing,
        speaking: false,
        hand_raised: false,
        hand_raised_at: None,
        quality: Quality::Good,
        unreadable: None,
        verification: Default::default(),
    }
}

fn call_of(view: View) -> InCall {
    match view.screen {
        Screen::InCall(call) => call,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_share_that_comes_and_goes_leaves_both_layouts_as_they_were() {
    let mut world = World::new();
    let call = world.joined();
    world.person(Wish::SetLayout(Layout::People(PeopleLayout::Grid)));
    world.report(call, CallReport::Participants(vec![person("ada", false)]));
    assert_eq!(call_of(world.view()).layout(), Layout::People(PeopleLayout::Grid));
    world.report(call, CallReport::Participants(vec![person("ada", true)]));
    assert_eq!(call_of(world.view()).layout(), Layout::Content(ContentLayout::WithSpeaker));
    world.person(Wish::SetLayout(Layout::Content(ContentLayout::Only)));
    world.report(call, CallReport::Participants(vec![person("ada", false)]));
    assert_eq!(call_of(world.view()).layout(), Layout::People(PeopleLayout::Grid));
    world.report(call, CallReport::Participants(vec![person("ada", true)]));
    assert_eq!(call_of(world.view()).layout(), Layout::Content(ContentLayout::Only));
}

#[test]
fn who_leaves_is_no_longer_pinned_and_what_is_no_longer_shared_not_chosen() {
    let mut world = World::new();
    assert_eq!(world.person(Wish::Pin(Some("ada".into()))), [], "there is nobody");
    let call = world.joined();
    world.report(call, CallReport::Participants(vec![person("ada", true), person("bob", true)]));
    world.person(Wish::Pin(Some("ada".into())));
    world.person(Wish::ShowShare("bob".into()));
    assert_eq!(world.person(Wish::Pin(Some("eve".into()))).len(), 1, "nobody of that name: unpinned");
    world.person(Wish::Pin(Some("ada".into())));
    let arrangement = call_of(world.view()).arrangement;
    assert_eq!((arrangement.pinned.as_deref(), arrangement.share.as_deref()), (Some("ada"), Some("bob")));
    let outputs = world.report(call, CallReport::Participants(vec![person("bob", false)]));
    assert_eq!(outputs, [Output::Arrange(Arrangement::default())]);

    world.person(Wish::Pin(Some("bob".into())));
    world.person(Wish::Leave);
    world.report(call, CallReport::Ended(EndReason::Left));
    let call = world.joined();
    world.report(call, CallReport::Participants(vec![person("bob", false)]));
    assert_eq!(call_of(world.view()).arrangement.pinned, None, "another meeting");
}

#[test]
fn captions_are_shown_to_those_who_asked_and_go_by_themselves() {
    let mut world = World::new();
    let call = world.joined();
    let said = |text: &str| CallReport::Caption {
        from: "Ada".into(),
        segment: "1".into(),
        text: text.into(),
        is_final: false,
    };
    world.report(call, said("Bonjour"));
    assert_eq!(call_of(world.view()).captions, []);
    world.person(Wish::SetCaptions { on: true });
    world.report(call, said("Bonjour à tous"));
    let captions = call_of(world.view()).captions;
    assert_eq!(captions, [Caption { name: "Ada".into(), text: "Bonjour à tous".into() }]);
    let (until, why) = world.room.poll_timeout().unwrap();
    assert_eq!(why, "a caption has been shown");
    world.pass(until - world.now.monotonic);
    assert_eq!(call_of(world.view()).captions, []);
    assert_eq!(world.room.poll_timeout(), None);
}

fn audio_report() -> AudioReport {
    AudioReport { loudspeaker: true, microphones: vec![None] }
}

#[test]
fn an_audio_check_is_shown_while_it_runs_and_until_it_was_read() {
    let mut world = World::new();
    assert_eq!(world.person(Wish::CheckAudio), [Output::StartAudioCheck]);
    world.input(Input::Device(DeviceReport::AudioChecking(40)));
    assert_eq!(world.view().screen, Screen::AudioCheck(AudioCheck::Running(40)));
    assert_eq!(world.person(Wish::CheckAudio), [], "one at a time");
    world.pass(Duration::from_secs(10));
    world.input(Input::Device(DeviceReport::AudioChecked(audio_report())));
    assert_eq!(world.view().screen, Screen::AudioCheck(AudioCheck::Done(audio_report())));
    assert_eq!(world.person(Wish::CheckAudio), [Output::StartAudioCheck], "again");
    world.input(Input::Device(DeviceReport::AudioChecked(audio_report())));
    assert_eq!(world.person(Wish::Dismiss), [], "it is over by itself");
    assert_eq!(world.view().screen, Screen::Home);

    world.person(Wish::CheckAudio);
    world.input(Input::Device(DeviceReport::AudioChecked(audio_report())));
    world.pass(Duration::from_secs(301));
    assert_eq!(world.view().screen, Screen::Home, "nobody is there to read it");
}

#[test]
fn an_audio_check_that_is_called_off_or_hangs_is_ended_and_says_nothing_later() {
    let mut world = World::new();
    world.person(Wish::CheckAudio);
    assert_eq!(world.person(Wish::Dismiss), [Output::StopAudioCheck]);
    world.input(Input::Device(DeviceReport::AudioChecked(audio_report())));
    assert_eq!(world.view().screen, Screen::Home);
    world.person(Wish::CheckAudio);
    world.pass(Duration::from_secs(16));
    assert_eq!(world.outputs(), [Output::StopAudioCheck]);
    assert_eq!(world.view().screen, Screen::Home);
}

#[test]
fn a_meeting_comes_before_an_audio_check() {
    let mut world = World::new();
    world.person(Wish::CheckAudio);
    let outputs = world.person(world.meeting(0));
    assert!(matches!(outputs.as_slice(), [Output::StopAudioCheck, Output::StartCall { .. }]), "{outputs:?}");
    assert_eq!(world.person(Wish::CheckAudio), [], "nobody in a meeting wants to hear a test tone");
    assert_eq!(world.view().notice, Some(Notice::AlreadyInCall));
}

#[test]
fn howling_is_told_in_a_call_only() {
    let mut world = World::new();
    world.input(Input::Device(DeviceReport::Howling));
    assert_eq!(world.view().notice, None);
    world.joined();
    world.input(Input::Device(DeviceReport::Howling));
    assert_eq!(world.view().notice, Some(Notice::Howling));
}

/// A room that has a calendar.
fn with_calendar() -> World {
    let wall = Duration::from_secs(1_800_000_000);
    let now = Now { monotonic: Instant::now(), wall, utc_offset_s: 3600 };
    World { room: Room::new(RoomConfig { calendar: true, ..RoomConfig::named("Turing") }, now), now }
}

#[test]
fn what_the_calendar_says_is_joined_with_one_touch() {
    let mut world = with_calendar();
    let destination = Destination::parse("https://visio.example/abc-defg-hij", &ParseContext::default()).unwrap();
    let (start, end) = (world.now.wall, world.now.wall + Duration::from_secs(1800));
    let entries = vec![
        entry("Zoom", start, end, Some(Venue::NotJoinable(Obstacle::Platform(Platform::Zoom)))),
        entry("Visio", start, end, Some(Venue::Joinable(destination.clone()))),
    ];
    world.room.handle(Input::Calendar { entries: entries.clone(), as_of: world.now.wall }, world.now);
    let view = world.view();
    assert_eq!(view.agenda.iter().map(|meeting| meeting.joinable).collect::<Vec<_>>(), [false, true]);
    assert_eq!(view.agenda[0].obstacle, Some(Obstacle::Platform(Platform::Zoom)));

    world.person(world.meeting(0));
    assert_eq!(world.view().notice, Some(Notice::NotJoinable(Obstacle::Platform(Platform::Zoom))));
    let outputs = world.person(world.meeting(1));
    assert!(outputs.iter().any(|o| matches!(o, Output::StartCall { destination: d, .. } if *d == destination)));

    // What is cancelled is gone the next time the calendar is read; a call goes on.
    world.room.handle(Input::Calendar { entries: Vec::new(), as_of: world.now.wall }, world.now);
    assert_eq!(world.view().agenda, []);
    assert!(matches!(world.view().screen, Screen::Joining { .. }));
}

#[test]
fn an_agenda_that_grows_old_says_so() {
    let mut world = with_calendar();
    assert_eq!(world.view().calendar, Calendar::Current);
    world.pass(Duration::from_secs(31));
    assert_eq!(world.view().calendar, Calendar::Unread);

    let read = world.now.wall;
    world.room.handle(Input::Calendar { entries: Vec::new(), as_of: read }, world.now);
    world.pass(Duration::from_secs(179));
    assert_eq!(world.view().calendar, Calendar::Current);
    world.pass(Duration::from_secs(1));
    assert_eq!(world.view().calendar, Calendar::Old { since: world.now.local(read) });

    world.room.handle(Input::Calendar { entries: Vec::new(), as_of: world.now.wall }, world.now);
    assert_eq!(world.view().calendar, Calendar::Current);
}

#[test]
fn without_a_calendar_there_is_nothing_to_doubt() {
    let mut world = World::new();
    world.pass(Duration::from_secs(86_400));
    assert_eq!(world.view().calendar, Calendar::Current);
}
