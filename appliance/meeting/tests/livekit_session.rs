//! The LiveKit client in whole sessions against a small server, on a stepped clock.

mod support;

use std::time::Duration;

use livekit_protocol as lk;
use lk::signal_request::Message as Req;
use lk::signal_response::Message as Res;
use meeting::io::*;
use meeting::livekit::Paths;
use support::{LATENCY, World, config};

const SECOND: Duration = Duration::from_secs(1);

fn joined(config: meeting::livekit::Config) -> World {
    let mut world = World::new(config);
    assert!(world.run_until(5 * SECOND, |w| w.has(|e| matches!(e, Event::Joined { .. }))), "{:?}", world.events);
    world
}

fn media_flows(world: &mut World) {
    let (audio, video) = (|f: &ReceivedFrame| f.kind == Kind::Audio, |f: &ReceivedFrame| f.kind == Kind::Video);
    world.frames.clear();
    world.media.clear();
    let ok = world.run_until(5 * SECOND, |w| {
        w.send_frame(Source::Microphone, None, 7);
        w.send_frame(Source::Camera, Some(Layer::Low), 9);
        w.frames.iter().filter(|f| audio(f)).count() > 5
            && w.frames.iter().filter(|f| video(f)).count() > 5
            && w.media.iter().any(|m| m.params.spec().codec.is_audio())
            && w.media.iter().any(|m| m.params.spec().codec.is_video())
    });
    assert!(ok, "received {} frames, sent {}", world.frames.len(), world.media.len());
}

#[test]
fn a_join_takes_six_round_trips_to_the_first_picture() {
    let mut world = joined(config());
    assert!(world.run_until(SECOND, |w| w.frames.iter().any(|f| f.kind == Kind::Video)));
    let round_trips = world.elapsed().as_millis() / (2 * LATENCY).as_millis();
    assert!(round_trips <= 9, "{round_trips} round trips, {:?}", world.elapsed());
    assert_eq!(world.opened.len(), 1);
    media_flows(&mut world);
    let steps: Vec<_> = world.events.iter().filter(|(_, e)| matches!(e, Event::Progress(_) | Event::Joined { .. })).collect();
    assert_eq!(steps.len(), 3, "{steps:?}");
    assert!(world.has(|e| *e == Event::OwnMedia { microphone_live: true, camera_live: true }));
    assert!(world.has(|e| matches!(e, Event::Encode { codec: Codec::Vp8, layers } if layers.len() == 3)));
    assert!(world.has(|e| matches!(e, Event::TrackAdded(t) if t.participant == "anna" && t.source == Source::Camera)));
    assert!(world.has(|e| matches!(e, Event::Participants(p) if p.len() == 1 && p[0].camera_on)));
}
