//! When displays are on.

use std::time::{Duration, Instant};

use room::destination::ParseContext;
use room::event::Wish;
use room::standby::Standby;
use room::{AgendaEntry, Destination, Input, Now, Room, RoomConfig, Title, Venue};

const MINUTE: Duration = Duration::from_secs(60);

#[test]
fn displays_are_on_in_meetings_around_their_beginning_and_while_somebody_uses_the_room() {
    let begun = Instant::now();
    let wall = Duration::from_secs(1_800_000_000);
    let at = |passed: Duration| Now { monotonic: begun + passed, wall: wall + passed, utc_offset_s: 3600 };
    let parse = ParseContext { instance: "https://visio.example".parse().ok(), ..Default::default() };
    let venue = Some(Venue::Joinable(Destination::parse("abc-defg-hij", &parse).unwrap()));
    let meeting = |start: Duration, venue: Option<Venue>| AgendaEntry {
        title: Title::Plain("Point".into()),
        start: wall + start,
        end: wall + start + 60 * MINUTE,
        all_day: false,
        venue,
    };
    let agenda = vec![meeting(120 * MINUTE, venue), meeting(300 * MINUTE, None)];
    let mut room = Room::new(RoomConfig { agenda, parse, ..RoomConfig::named("Turing") }, at(Duration::ZERO));
    let mut standby = Standby::default();
    let is_awake = |room: &Room, standby: &Standby, minutes: u32| {
        let now = at(minutes * MINUTE);
        standby.is_awake(&room.view(now), now.monotonic)
    };
    assert!(!is_awake(&room, &standby, 0), "started at night, nobody is there");
    standby.used((at(10 * MINUTE)).monotonic);
    assert!(is_awake(&room, &standby, 10) && is_awake(&room, &standby, 19));
    assert!(!is_awake(&room, &standby, 20), "nobody touched anything for ten minutes");
    assert!(!is_awake(&room, &standby, 114));
    assert!(is_awake(&room, &standby, 115) && is_awake(&room, &standby, 129), "people come");
    assert!(!is_awake(&room, &standby, 130), "nobody came");
    assert!(!is_awake(&room, &standby, 300), "a meeting that does not take place on a screen");
    room.handle(Input::Person(Wish::JoinTyped("abc-defg-hij".into())), at(400 * MINUTE));
    assert!(is_awake(&room, &standby, 400));
    assert!(is_awake(&room, &standby, 600), "nobody touches anything in a long meeting");
}
