//! Promises of one turn of the room's task.

use meeting::io::{Kind, Shown as Asked, Source, Track, TrackId};
use room::event::{CallId, CallReport, Wish};
use room::view::{Layout, PeopleLayout};
use room::{Destination, RoomConfig};

use super::*;
use crate::net::{HttpClient, TlsTrust, Ways, anywhere};

fn fonts() -> ui::Fonts {
    let font = std::fs::read("/usr/share/fonts/opentype/inter/Inter-Regular.otf").unwrap();
    ui::Fonts::new(vec![font]).unwrap()
}

/// A room in a meeting with Ada and Bob, and what it tells the meeting.
fn in_a_meeting() -> (RoomTask, mpsc::Receiver<Command>) {
    let mut room = Room::new(RoomConfig::named("Turing"), now());
    let destination = Destination::livekit("ws://127.0.0.1:9", "token").unwrap();
    room.handle(Input::Person(Wish::Join(destination)), now());
    while room.poll_output().is_some() {}
    let report = CallReport::Joined { title: None, encrypted: false };
    room.handle(Input::Call { call: CallId(1), report }, now());
    task_of(room)
}

/// The task of a room that is in its first call.
fn task_of(room: Room) -> (RoomTask, mpsc::Receiver<Command>) {
    let relay = hal::board::MicrophoneRelay::Simulated;
    let board = hal::Board { microphone_relay: relay, ..hal::Board::simulated() };
    let hal = Arc::new(hal::Hal::open(&board, Box::new(|_| {})).unwrap());
    let config = media::EngineConfig {
        camera: None,
        microphone: None,
        loudspeaker: None,
        display: (64, 36),
        screen: None,
        second: None,
        fps: 1,
        codec_memory: None,
    };
    let engine = Arc::new(media::Engine::start(config, Box::new(|_| {})).unwrap());
    let trust = TlsTrust::load(None).unwrap();
    let ways = Ways::new(None, &trust, anywhere()).unwrap();
    let context = CallContext {
        http: HttpClient::new(&trust, &ways, anywhere()).unwrap(),
        trust,
        ways,
        engine,
        on_stage: Arc::default(),
        timeline: crate::timeline::Timeline::default(),
        policy: None,
        certified: tokio::sync::watch::channel(None).1,
        recorder: None,
    };
    let feed = Arc::new(Feed::new(api::State::of(&room.view(now()), now())));
    let (running, told) = Call::unheard(CallId(1));
    let (events, _) = mpsc::channel(1);
    let task = RoomTask {
        room,
        panel: ui::Panel::new((320, 200), fonts()),
        show: Show::new(fonts()),
        speaker: Speaker::start(None, |_| {}),
        hal,
        fittings: Shown::default(),
        identity: Identity { device_id: uuid::Uuid::nil(), account: None, video_codec: VideoCodec::Vp8 },
        context,
        events,
        panel_picture: watch::channel(Picture::black(1, 1)).0,
        status: Arc::default(),
        feed,
        air: Arc::default(),
        stage: Stage::default(),
        people: Vec::new(),
        speakers: Vec::new(),
        plan: Plan::default(),
        call: Some(running),
        devices: DevicesPresent { camera: false },
        content: ContentInput::default(),
        strain: Default::default(),
        pointer: Default::default(),
        places: crate::turning::Kept::in_directory(std::path::Path::new("/nonexistent")),
        camera_failure: None,
        camera_size: CameraSize::default(),
        microphones: Microphones::new(Vec::new()),
        loudspeaker_healing: Healing::default(),
        show_due: false,
        errands: Errands::new(mpsc::channel(1).0, None, None, std::path::PathBuf::new(), watch::channel(None).1),
        guard: None,
        unfinished: crate::unfinished::Keeper::nowhere(),
        joined_by: "panel",
    };
    (task, told)
}

fn person(identity: &str) -> meeting::io::Participant {
    meeting::io::Participant {
        identity: identity.into(),
        name: identity.to_uppercase(),
        metadata: String::new(),
        attributes: Vec::new(),
        microphone_on: true,
        camera_on: true,
        sharing: false,
        hand_raised: false,
        hand_raised_at: None,
        quality: meeting::io::Quality::Good,
        unreadable: None,
    }
}

fn camera_of(identity: &str) -> Track {
    let (id, participant) = (TrackId(format!("TR_{identity}")), identity.to_owned());
    Track { id, participant, kind: Kind::Video, source: Source::Camera, muted: false }
}

fn shown(told: &mut mpsc::Receiver<Command>) -> Vec<Asked> {
    match told.try_recv() {
        Ok(Command::Show(shown)) => shown,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_layout_is_asked_of_the_meeting_in_the_turn_it_is_chosen_in() {
    let (mut task, mut told) = in_a_meeting();
    let happens = |task: &mut RoomTask, event| task.handle(Event::Call(CallEvent { call: CallId(1), event }));
    happens(&mut task, MeetingEvent::Participants(vec![person("ada"), person("bob")]));
    happens(&mut task, MeetingEvent::TrackAdded(camera_of("ada")));
    happens(&mut task, MeetingEvent::TrackAdded(camera_of("bob")));
    task.after();
    let strip = shown(&mut told);
    assert!(strip[0].width_px > strip[1].width_px, "{strip:?}");

    task.handle(Event::Wish(Wish::SetLayout(Layout::People(PeopleLayout::Grid))));
    task.after();
    let grid = shown(&mut told);
    assert_eq!((grid.len(), grid[0].width_px), (2, grid[1].width_px));

    // Who speaks has an edge, which needs no other picture.
    happens(&mut task, MeetingEvent::Speakers(vec!["ada".into()]));
    task.after();
    assert!(told.try_recv().is_err(), "nothing new to ask for");
    task.handle(Event::Wish(Wish::Pin(Some("bob".into()))));
    task.handle(Event::Wish(Wish::SetLayout(Layout::People(PeopleLayout::Speaker))));
    task.after();
    let pinned = shown(&mut told);
    assert_eq!((pinned.len(), pinned[0].track.0.as_str(), pinned[0].width_px), (1, "TR_bob", 1920));
}

#[tokio::test]
async fn captions_have_the_names_people_know() {
    let (mut task, _told) = in_a_meeting();
    task.handle(Event::Wish(Wish::SetCaptions { on: true }));
    let happens = |task: &mut RoomTask, event| task.handle(Event::Call(CallEvent { call: CallId(1), event }));
    happens(&mut task, MeetingEvent::Participants(vec![person("ada")]));
    let mut names = Vec::new();
    for from in [Some("ada"), Some("an agent"), None] {
        let from = from.map(str::to_owned);
        let (segment, text) = (format!("{from:?}"), "Bonjour".to_owned());
        happens(&mut task, MeetingEvent::Caption { from, segment, text, is_final: true });
        let Screen::InCall(call) = task.room.view(now()).screen else { panic!("not in the meeting") };
        names.extend(call.captions.last().map(|caption| caption.name.clone()));
    }
    assert_eq!(names, ["ADA", "", "Turing"]);
}

/// Waits for what a device's thread does.
fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(20), "{what}");
        std::thread::yield_now();
    }
}

#[tokio::test]
async fn a_button_closes_the_microphone_and_its_lamp_and_the_light_say_what_is_sent() {
    let (mut task, mut told) = in_a_meeting();
    let sent = |task: &mut RoomTask, live: bool| {
        let event = MeetingEvent::OwnMedia { microphone_live: live, camera_live: false };
        task.handle(Event::Call(CallEvent { call: CallId(1), event }));
        task.after();
    };
    let hal = task.hal.clone();
    let shows = |light, lamp| {
        let fittings = hal.fittings();
        until("light and lamp", || (fittings.light_shown(), fittings.mute_lamp_shown()) == (Some(light), Some(lamp)));
    };
    task.room.handle(Input::Device(DeviceReport::Microphone { present: true }), now());
    sent(&mut task, true);
    shows(hal::Light::Live, false);
    until("it is in use", || hal.fittings().display_power_shown() == Some(hal::Power::On));

    while told.try_recv().is_ok() {}
    task.handle(Event::Device(hal::DeviceEvent::Button(hal::Button::Microphone)));
    task.after();
    assert!(matches!(told.try_recv(), Ok(Command::SetMicrophone { on: false })));
    assert_eq!(task.status.lock().unwrap().light, "live", "packets flow until they do not");
    sent(&mut task, false);
    shows(hal::Light::Muted, true);

    let before = task.room.view(now()).volume;
    task.handle(Event::Device(hal::DeviceEvent::Button(hal::Button::VolumeUp)));
    assert_eq!(task.room.view(now()).volume, before + 10);
}

#[tokio::test]
async fn a_panel_of_another_size_is_drawn_in_its_size_and_shown() {
    let (mut task, _told) = in_a_meeting();
    task.after();
    assert_eq!(task.panel_picture.borrow().width, 320);
    task.handle(Event::Device(hal::DeviceEvent::Panel { size: (1024, 600), pixels_per_mm: Some(6.6) }));
    task.after();
    let picture = task.panel_picture.borrow().clone();
    assert_eq!((picture.width, picture.height), (1024, 600));
    let hal = task.hal.clone();
    // The simulated screen is larger, and black around it.
    until("it is on the screen", || {
        hal.fittings().panel_shown().is_some_and(|((width, _), rgba)| {
            let row = |pixels: &[u8], width: u32, y: u32| pixels[(y * width * 4) as usize..][..1024 * 4].to_vec();
            (0..600).all(|y| row(&rgba, width, y) == row(&picture.rgba, 1024, y))
        })
    });
}

#[test]
fn the_account_goes_to_its_own_instance_and_nowhere_else() {
    let account = meeting::visio::Account { session: "secret".into() };
    let own = "https://visio.example/".parse().unwrap();
    let identity =
        Identity { device_id: uuid::Uuid::nil(), account: Some((own, account.clone())), video_codec: VideoCodec::Vp8 };
    let to = |link: &str| identity.account_for(&Destination::parse(link, &Default::default()).unwrap());
    assert_eq!(to("https://visio.example/abc-defg-hij"), Some(account));
    for elsewhere in [
        "https://visio.example:8443/abc-defg-hij",
        "https://visio.example.evil.example/abc-defg-hij",
        "https://evil.example/abc-defg-hij",
    ] {
        assert_eq!(to(elsewhere), None, "{elsewhere}");
    }
    let livekit = Destination::livekit("wss://visio.example", "h.p.s").unwrap();
    assert_eq!(identity.account_for(&livekit), None);
}

/// Everything is allowed that a classified room may at all.
#[derive(Debug)]
struct Closed;

impl room::policy::JoinPolicy for Closed {
    fn mode(&self) -> room::policy::Mode {
        room::policy::Mode::Classified
    }

    fn may_join(
        &self,
        _: &Destination,
        _: room::policy::Begins,
        _: Duration,
    ) -> Result<room::policy::Permit, room::policy::Forbidden> {
        Ok(room::policy::Permit::AtOnce)
    }

    fn in_meetings(&self) -> room::policy::InMeetings {
        room::policy::InMeetings::EVERYTHING
    }
}

/// A classified room in a meeting in which everybody is verified.
fn in_a_classified_meeting() -> (RoomTask, mpsc::Receiver<Command>) {
    let policy = policy::Policy::parse(policy::profile("classified").unwrap()).unwrap();
    let mut guard = Guard::new(&policy, false);
    guard.relay(true, Instant::now());
    guard.saw(Some(hal::surroundings::Surroundings::default()), Instant::now());
    let config = RoomConfig { policy: Some(Arc::new(Closed)), ..RoomConfig::named("Turing") };
    let mut room = Room::new(config, now());
    room.handle(Input::Device(DeviceReport::Microphone { present: true }), now());
    room.handle(Input::Surroundings(guard.news(Instant::now()).unwrap()), now());
    let key = "0123456789abcdef0123456789abcdef0123456789abcdef";
    let link = format!("https://visio.example/abc-defg-hij#{key}");
    let destination = Destination::parse(&link, &room::destination::ParseContext::default()).unwrap();
    room.handle(Input::Person(Wish::Join(destination)), now());
    while room.poll_output().is_some() {}
    let verification = room::encryption::Verification::Verified { name: "Ada".into(), by: "IGC".into() };
    let code = room::view::AuthenticationCode::parse("48210033991704025586").unwrap();
    for report in [
        CallReport::Joined { title: None, encrypted: true },
        CallReport::Encryption {
            encryption: room::encryption::Encryption::Group { code },
            members: vec![room::encryption::Member { identity: "ada".into(), verification }],
        },
    ] {
        room.handle(Input::Call { call: CallId(1), report }, now());
    }
    let (mut task, mut told) = task_of(room);
    task.guard = Some(guard);
    task.after();
    while told.try_recv().is_ok() {}
    (task, told)
}

#[tokio::test]
async fn the_relay_of_a_classified_room_lets_through_only_what_people_have_opened() {
    let (mut task, mut told) = in_a_classified_meeting();
    let hal = task.hal.clone();
    let microphone = hal.microphone(0).unwrap();
    let hal::AudioSource::Samples(microphone) = microphone else { panic!("it is simulated") };
    let is_heard = || {
        let mut samples = [0; 480];
        microphone.fill(&mut samples).unwrap();
        samples.iter().any(|sample| *sample != 0)
    };
    until("it is cut", || !is_heard());
    task.room.handle(Input::Person(Wish::ToggleMicrophone), now());
    task.after();
    assert!(matches!(told.try_recv(), Ok(Command::SetMicrophone { on: true })));
    until("it is heard", is_heard);
    task.handle(Event::Call(CallEvent {
        call: CallId(1),
        event: MeetingEvent::OwnMedia { microphone_live: true, camera_live: false },
    }));
    task.after();
    until("the light blinks", || hal.fittings().light_shown() == Some(hal::Light::ClassifiedLive));
    task.room.handle(Input::Person(Wish::ToggleMicrophone), now());
    task.after();
    until("it is cut again", || !is_heard());
}

#[tokio::test]
async fn a_relay_that_does_not_follow_ends_a_classified_meeting() {
    let (mut task, mut told) = in_a_classified_meeting();
    task.handle(Event::Device(hal::DeviceEvent::MicrophoneRelay { works: false }));
    task.after();
    assert!(std::iter::from_fn(|| told.try_recv().ok()).any(|command| matches!(command, Command::Leave)));
    let standing = room::classified::Standing::Refusing(room::classified::Demand::MicrophoneRelay);
    task.handle(Event::Call(CallEvent { call: CallId(1), event: MeetingEvent::Ended(meeting::io::End::Left) }));
    task.after();
    assert_eq!(task.room.view(now()).classified, Some(standing));
    task.handle(Event::Device(hal::DeviceEvent::MicrophoneRelay { works: true }));
    task.after();
    assert_eq!(task.room.view(now()).classified, Some(room::classified::Standing::Ready));
}

#[tokio::test]
async fn who_is_refused_a_meeting_has_not_asked_for_the_next_one() {
    let (mut task, _told) = in_a_meeting();
    task.note_wish(&Wish::MeetNow, "panel", Instant::now());
    assert!(task.ask(crate::event::Asked::Wish(Wish::JoinTyped("no meeting at all".into()))).is_err());
    assert_eq!(task.joined_by, "panel");
    // Somebody has left, and a program asks.
    task.room.handle(Input::Person(Wish::Leave), now());
    let left = CallEvent { call: CallId(1), event: MeetingEvent::Ended(meeting::io::End::Left) };
    task.handle(Event::Call(left));
    let next = Destination::livekit("ws://127.0.0.1:9/other", "token").unwrap();
    assert!(task.ask(crate::event::Asked::Wish(Wish::Join(next))).is_ok());
    assert_eq!(task.joined_by, "api");
}
