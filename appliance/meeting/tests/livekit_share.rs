//! Sharing a second source in whole sessions against a small server, on a stepped clock.

mod support;

use std::time::Duration;

use livekit_protocol as lk;
use lk::signal_request::Message as Req;
use lk::signal_response::Message as Res;
use meeting::io::*;
use support::{World, config, dual_config};

const SECOND: Duration = Duration::from_secs(1);
const LAPTOP: Share = Share { size: (1920, 1080), audio: true };
/// What fills the frames of the share, and of its sound.
const PICTURE: u8 = 33;
const SOUND: u8 = 44;

fn joined(config: meeting::livekit::Config, dual: bool) -> World {
    let mut world = World::new(config);
    if dual {
        world.faults.no_v1 = true;
        // The first attempt is under way before the fault is set: cut it.
        world.cut();
    }
    assert!(world.run_until(5 * SECOND, |w| w.has(|e| matches!(e, Event::Joined { .. }))), "{:?}", world.events);
    assert_eq!(world.dual, dual);
    world
}

/// In the meeting on a server of each shape: one peer connection, and two.
fn in_both_shapes() -> [World; 2] {
    [joined(config(), false), joined(dual_config(), true)]
}

fn is_sharing(world: &World) -> bool {
    let told = world.events.iter().rev().find_map(|(_, e)| match e {
        Event::Sharing { live } => Some(*live),
        _ => None,
    });
    told.unwrap_or(false)
}

/// What the encoder of the share was last told to make.
fn encoded(world: &World) -> Vec<LayerTarget> {
    let told = world.events.iter().rev().find_map(|(_, e)| match e {
        Event::Encode { source: Source::ScreenShare, layers, .. } => Some(layers.clone()),
        _ => None,
    });
    told.unwrap_or_default()
}

/// Sends for a while; whether the server got pictures and sound of the share, and of people.
fn arrives(world: &mut World) -> (bool, bool) {
    world.run(Duration::from_millis(200));
    world.media.clear();
    for _ in 0..20 {
        world.send_frame(Source::Microphone, None, 7);
        world.send_frame(Source::Camera, Some(Layer::Low), 9);
        world.send_frame(Source::ScreenShare, Some(Layer::High), PICTURE);
        world.send_frame(Source::ScreenShareAudio, None, SOUND);
        world.run(Duration::from_millis(20));
    }
    world.run(SECOND);
    let has = |wanted: u8| world.media.iter().any(|m| m.data.last() == Some(&wanted));
    assert_eq!(has(PICTURE), has(SOUND), "both or none");
    (has(PICTURE), has(7) && has(9))
}

fn share(world: &mut World) {
    world.command(Command::Share(Some(LAPTOP)));
    assert!(world.run_until(5 * SECOND, |w| is_sharing(w)), "{:?}", world.events);
}

fn asked_to_publish(world: &World, source: lk::TrackSource) -> Vec<lk::AddTrackRequest> {
    let asked = world.requests.iter().filter_map(|r| match &r.message {
        Some(Req::AddTrack(asked)) if asked.source == source as i32 => Some(asked.clone()),
        _ => None,
    });
    asked.collect()
}

#[test]
fn a_share_is_published_whole_beside_the_camera_and_taken_back() {
    for mut world in in_both_shapes() {
        assert_eq!(arrives(&mut world), (false, true));
        share(&mut world);
        let asked = asked_to_publish(&world, lk::TrackSource::ScreenShare);
        assert_eq!((asked.len(), asked[0].width, asked[0].height, asked[0].layers.len()), (1, 1920, 1080, 1));
        assert_eq!(asked_to_publish(&world, lk::TrackSource::ScreenShareAudio).len(), 1);
        let target = encoded(&world)[0];
        assert_eq!((target.layer, target.divisor), (Layer::High, 1));
        assert_eq!(arrives(&mut world), (true, true));

        world.command(Command::Share(None));
        assert!(!is_sharing(&world) && encoded(&world).is_empty());
        assert!(world.run_until(5 * SECOND, |w| w.offered.contains("a=inactive")), "the server is told");
        assert_eq!(arrives(&mut world), (false, true));
        // And once more.
        share(&mut world);
        assert_eq!(arrives(&mut world), (true, true));
    }
}

#[test]
fn a_share_goes_on_after_a_resume_and_in_a_new_session() {
    for mut world in in_both_shapes() {
        share(&mut world);
        world.events.clear();
        world.cut();
        assert!(world.run_until(60 * SECOND, |w| w.has(|e| *e == Event::Reconnected)), "{:?}", world.events);
        assert_eq!(arrives(&mut world), (true, true), "after a resume");
        world.events.clear();
        world.restart_server();
        assert!(world.run_until(90 * SECOND, |w| w.has(|e| *e == Event::Reconnected)), "{:?}", world.events);
        assert!(world.run_until(5 * SECOND, |w| is_sharing(w)), "{:?}", world.events);
        assert_eq!(arrives(&mut world), (true, true), "in a new session");
    }
}

#[test]
fn another_size_is_told_and_nothing_else_changes() {
    let mut world = joined(config(), false);
    share(&mut world);
    let offered = world.offered.clone();
    world.command(Command::Share(Some(Share { size: (1280, 800), ..LAPTOP })));
    world.run(SECOND);
    let told = |r: &lk::SignalRequest| match &r.message {
        Some(Req::UpdateVideoTrack(size)) => Some((size.width, size.height)),
        _ => None,
    };
    assert_eq!(world.requests.iter().filter_map(told).collect::<Vec<_>>(), [(1280, 800)]);
    assert_eq!((asked_to_publish(&world, lk::TrackSource::ScreenShare).len(), &world.offered), (1, &offered));
    assert!(encoded(&world)[0].bitrate_bps <= 2_048_000);
    assert_eq!(arrives(&mut world), (true, true));
}

#[test]
fn a_share_nobody_watches_is_not_encoded() {
    let mut world = joined(config(), false);
    share(&mut world);
    let sid = world.own_sids[&(lk::TrackSource::ScreenShare as i32)].clone();
    let watched = |enabled| {
        let qualities = vec![lk::SubscribedQuality { quality: lk::VideoQuality::High as i32, enabled }];
        Res::SubscribedQualityUpdate(lk::SubscribedQualityUpdate {
            track_sid: sid.clone(),
            subscribed_codecs: vec![lk::SubscribedCodec { codec: "vp8".into(), qualities }],
            ..Default::default()
        })
    };
    world.signal(watched(false));
    assert!(world.run_until(SECOND, |w| encoded(w).is_empty()), "{:?}", world.events);
    world.signal(watched(true));
    assert!(world.run_until(5 * SECOND, |w| encoded(w).len() == 1), "{:?}", world.events);
}

#[test]
fn a_host_may_stop_a_share_and_only_people_start_it_again() {
    for by_mute in [true, false] {
        let mut world = joined(config(), false);
        share(&mut world);
        let track_sid = world.own_sids[&(lk::TrackSource::ScreenShare as i32)].clone();
        world.events.clear();
        world.signal(match by_mute {
            true => Res::Mute(lk::MuteTrackRequest { sid: track_sid, muted: true }),
            false => Res::TrackUnpublished(lk::TrackUnpublishedResponse { track_sid }),
        });
        let ended = Event::ShareEnded { by_host: true };
        assert!(world.run_until(SECOND, |w| w.has(|e| *e == ended)), "{:?}", world.events);
        assert_eq!(arrives(&mut world), (false, true));
        share(&mut world);
        assert_eq!(arrives(&mut world), (true, true));
    }
}

#[test]
fn who_may_not_share_is_told_so_and_nothing_is_asked_of_the_server() {
    let permitted = |sources: Vec<lk::TrackSource>| {
        let permission = lk::ParticipantPermission {
            can_publish: true,
            can_subscribe: true,
            can_publish_data: true,
            can_publish_sources: sources.into_iter().map(|source| source as i32).collect(),
            ..Default::default()
        };
        let (sid, identity) = ("PA_me1".into(), "room".into());
        let me = lk::ParticipantInfo { sid, identity, permission: Some(permission), ..Default::default() };
        Res::Update(lk::ParticipantUpdate { participants: vec![me] })
    };
    let mut world = joined(config(), false);
    share(&mut world);
    world.signal(permitted(vec![lk::TrackSource::Camera, lk::TrackSource::Microphone]));
    let told = |e: &Event| matches!(e, Event::Permissions { share: false, camera: true, .. });
    assert!(world.run_until(SECOND, |w| w.has(told)), "{:?}", world.events);
    assert_eq!(arrives(&mut world), (false, true));
    world.events.clear();
    world.command(Command::Share(Some(LAPTOP)));
    assert!(world.has(|e| *e == Event::ShareEnded { by_host: false }));
    world.run(SECOND);
    assert_eq!(asked_to_publish(&world, lk::TrackSource::ScreenShare).len(), 1, "only while it was allowed");
    world.signal(permitted(vec![]));
    world.run(SECOND);
    assert_eq!(arrives(&mut world), (false, true), "people share again, not the permission");
}

#[test]
fn a_share_the_server_says_nothing_about_ends_by_itself() {
    let mut world = joined(config(), false);
    world.faults.grants_nothing = true;
    world.command(Command::Share(Some(LAPTOP)));
    let ended = Event::ShareEnded { by_host: false };
    assert!(world.run_until(12 * SECOND, |w| w.has(|e| *e == ended)), "{:?}", world.events);
    assert!(!world.has(|e| *e == Event::Sharing { live: true }));
    world.faults.grants_nothing = false;
    share(&mut world);
    assert_eq!(arrives(&mut world), (true, true));
}
