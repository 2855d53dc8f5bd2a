//! What people who see or hear less choose, and what of the agenda is everybody's business.

use std::time::{Duration, Instant};

use room::destination::ParseContext;
use room::event::{CallId, CallReport, DeviceReport, Wish};
use room::view::{Appearance, CaptionColor, CaptionSize, CaptionStyle, Notice, Screen};
use room::{AgendaEntry, Destination, Input, Now, Room, RoomConfig, Title, Venue};

const MINUTE: Duration = Duration::from_secs(60);
const CONTRAST: Appearance = Appearance { high_contrast: true, large_text: false };

fn now() -> Now {
    Now { monotonic: Instant::now(), wall: Duration::from_secs(1_800_000_000), utc_offset_s: 0 }
}

fn after(now: Now, time: Duration) -> Now {
    Now { monotonic: now.monotonic + time, wall: now.wall + time, ..now }
}

/// A room with a voice.
fn room(config: RoomConfig, now: Now) -> Room {
    let mut room = Room::new(config, now);
    room.handle(Input::Device(DeviceReport::Voice { present: true }), now);
    room
}

/// Lets time pass, waking when the room says.
fn pass(room: &mut Room, mut from: Now, time: Duration) -> Now {
    let end = after(from, time);
    while let Some((at, _)) = room.poll_timeout().filter(|(at, _)| *at <= end.monotonic) {
        from = after(from, at.saturating_duration_since(from.monotonic));
        room.handle(Input::Timeout, from);
    }
    end
}

#[test]
fn what_one_person_needs_is_gone_for_the_next() {
    let start = now();
    let mut room = room(RoomConfig::named("Turing"), start);
    let style = CaptionStyle { size: CaptionSize::Largest, color: CaptionColor::YellowOnBlack };
    for wish in [Wish::SetScreenReader { on: true }, Wish::SetAppearance(CONTRAST), Wish::SetCaptionStyle(style)] {
        room.handle(Input::Person(wish), start);
    }
    let soon = pass(&mut room, start, 9 * MINUTE);
    let view = room.view(soon);
    assert!(view.accessibility.screen_reader && view.appearance == CONTRAST && view.accessibility.captions == style);
    // Whoever asks for something is still there.
    room.handle(Input::Person(Wish::SetVolume(50)), soon);
    let later = pass(&mut room, soon, 9 * MINUTE);
    assert!(room.view(later).accessibility.screen_reader);
    let later = pass(&mut room, later, 2 * MINUTE);
    let view = room.view(later);
    assert!(!view.accessibility.screen_reader && view.appearance == Appearance::default());
    assert_eq!(view.accessibility.captions, CaptionStyle::default());
}

#[test]
fn what_is_configured_comes_back() {
    let start = now();
    let config = RoomConfig { screen_reader: true, appearance: CONTRAST, ..RoomConfig::named("Turing") };
    let mut room = room(config, start);
    room.handle(Input::Person(Wish::SetScreenReader { on: false }), start);
    room.handle(Input::Person(Wish::SetAppearance(Appearance::default())), start);
    assert!(!room.view(start).accessibility.screen_reader);
    let later = pass(&mut room, start, 11 * MINUTE);
    let view = room.view(later);
    assert!(view.accessibility.screen_reader && view.appearance == CONTRAST);
}

#[test]
fn nothing_changes_for_people_in_a_meeting_however_long_it_is() {
    let start = now();
    let mut room = room(RoomConfig::named("Turing"), start);
    room.handle(Input::Person(Wish::SetScreenReader { on: true }), start);
    room.handle(Input::Person(Wish::JoinTyped("https://visio.example/abc-defg-hij".into())), start);
    let call = CallId(1);
    room.handle(Input::Call { call, report: CallReport::Joined { title: None, encrypted: false } }, start);
    let later = pass(&mut room, start, 180 * MINUTE);
    assert!(matches!(room.view(later).screen, Screen::InCall(_)) && room.view(later).accessibility.screen_reader);
    // And not as soon as it is over: they are still in the room.
    room.handle(Input::Call { call, report: CallReport::Ended(room::view::EndReason::MeetingEnded) }, later);
    room.handle(Input::Person(Wish::Dismiss), later);
    let later = pass(&mut room, later, 5 * MINUTE);
    assert!(room.view(later).accessibility.screen_reader);
}

#[test]
fn a_room_without_a_voice_says_so_and_does_not_pretend() {
    let start = now();
    let mut room = Room::new(RoomConfig { screen_reader: true, ..RoomConfig::named("Turing") }, start);
    assert!(!room.view(start).accessibility.screen_reader, "every touch would need another, in silence");
    room.handle(Input::Person(Wish::SetScreenReader { on: true }), start);
    assert_eq!(room.view(start).notice, Some(Notice::NoVoice));
    room.handle(Input::Device(DeviceReport::Voice { present: true }), start);
    assert!(room.view(start).accessibility.screen_reader, "as configured, as soon as there is one");
}

#[test]
fn the_code_is_shown_of_meetings_that_others_may_join_and_of_no_private_one() {
    let start = now();
    let context = ParseContext { instance: Some("https://visio.example".parse().unwrap()), ..Default::default() };
    let meeting = |title: Title, link: &str| AgendaEntry {
        venue: Some(Venue::Joinable(Destination::parse(link, &context).unwrap())),
        ..AgendaEntry::new(title, start.wall, start.wall + 30 * MINUTE)
    };
    let passphrase = format!("https://visio.example/abc-defg-hij#{}", "1".repeat(48));
    let agenda = vec![
        meeting(Title::Plain("Point".into()), "abc-defg-hij"),
        meeting(Title::Untitled, "klm-nopq-rst"),
        meeting(Title::Private, "abc-defg-hij"),
        meeting(Title::Plain("Chiffrée".into()), &passphrase),
    ];
    let room = Room::new(RoomConfig { agenda, ..RoomConfig::named("Turing") }, start);
    let codes: Vec<_> = room.view(start).agenda.into_iter().map(|meeting| meeting.code).collect();
    assert_eq!(codes, [Some("abc-defg-hij".into()), Some("klm-nopq-rst".into()), None, None]);
}
