//! What a server does differently where participants encrypt what they send, on a virtual clock.

#![allow(deprecated, reason = "fields that clients in use still read")]

#[allow(dead_code, reason = "shared with other tests")]
mod support;

use std::time::Duration;

use livekit_protocol as lk;
use lk::signal_request::Message as Ask;
use lk::signal_response::Message as Said;
use sandbox::core::{BLACK_PICTURE, SILENCE, Source};
use support::{ROOM, World};

const GCM: i32 = lk::encryption::Type::Gcm as i32;

/// A room where anna publishes, encrypted, and ben receives; their indices, and anna's tracks as ben sees them.
fn two(single: bool) -> (World, usize, usize, lk::TrackInfo, lk::TrackInfo) {
    two_in(World::with(single), single)
}

fn two_in(mut world: World, single: bool) -> (World, usize, usize, lk::TrackInfo, lk::TrackInfo) {
    world.encrypted = true;
    let ben = world.join("ben", single, false);
    let anna = world.join("anna", single, true);
    let of = |world: &World, source: lk::TrackSource| {
        world.clients[ben].sees("anna")?.tracks.into_iter().find(|t| t.source == source as i32)
    };
    world.until("anna's tracks", |w| {
        of(w, lk::TrackSource::Microphone).is_some() && of(w, lk::TrackSource::Camera).is_some()
    });
    let microphone = of(&world, lk::TrackSource::Microphone).unwrap();
    let camera = of(&world, lk::TrackSource::Camera).unwrap();
    world.until("sound and picture", |w| {
        w.clients[ben].frames_of(&microphone.sid) > 10 && w.clients[ben].frames_of(&camera.sid) > 10
    });
    (world, anna, ben, microphone, camera)
}

fn sif_trailer(world: &World, client: usize) -> Vec<u8> {
    let trailer = |s: &Said| if let Said::Join(join) = s { Some(join.sif_trailer.clone()) } else { None };
    world.clients[client].said.iter().find_map(trailer).unwrap()
}

#[test]
fn who_encrypts_is_shown_so_and_asked_for_no_redundant_sound() {
    for single in [true, false] {
        let mut world = World::with(single);
        world.red = true;
        let (world, _, _, microphone, camera) = two_in(world, single);
        for track in [&microphone, &camera] {
            assert_eq!((track.encryption, track.disable_red), (GCM, true));
        }
        assert_eq!(microphone.mime_type, "audio/opus");
        let published = |s: &Said| match s {
            Said::TrackPublished(published) => published.track.as_ref().is_some_and(|t| t.encryption == GCM),
            _ => false,
        };
        assert!(world.clients.iter().any(|client| client.heard(published)));
    }
}

#[test]
fn everybody_in_a_room_is_told_the_same_trailer_and_another_room_another() {
    let (world, anna, ben, ..) = two(true);
    assert_eq!(sif_trailer(&world, anna), sif_trailer(&world, ben));
    assert_eq!(sif_trailer(&world, anna).len(), 43);
    let mut later = World::new();
    let first = later.join("a", true, false);
    later.ask(first, Ask::Leave(lk::LeaveRequest::default()));
    later.run(Duration::from_millis(100));
    let again = later.join("b", true, false);
    assert_ne!(sif_trailer(&later, first), sif_trailer(&later, again), "it is the meeting's, not the server's");
}

#[test]
fn a_muted_camera_ends_with_a_black_picture_that_says_it_is_the_servers_own() {
    for single in [true, false] {
        let (mut world, anna, ben, _, camera) = two(single);
        world.ask(anna, Ask::Mute(lk::MuteTrackRequest { sid: camera.sid.clone(), muted: true }));
        world.run(Duration::from_secs(1));
        let last = world.clients[ben].frames.iter().rev().find(|(track, _)| *track == camera.sid).unwrap();
        assert_eq!(last.1, [&BLACK_PICTURE[..], &sif_trailer(&world, ben)].concat());
    }
}

#[test]
fn a_muted_microphone_ends_with_a_second_of_silence_that_says_it_is_the_servers_own() {
    for single in [true, false] {
        let (mut world, anna, ben, microphone, _) = two(single);
        let mute = |muted| Ask::Mute(lk::MuteTrackRequest { sid: microphone.sid.clone(), muted });
        world.ask(anna, mute(true));
        world.run(Duration::from_secs(2));
        let silence = [&SILENCE[..], &sif_trailer(&world, ben)].concat();
        let sound = |w: &World| {
            let frames = w.clients[ben].frames.iter().filter(|(track, _)| *track == microphone.sid);
            frames.map(|(_, frame)| frame.clone()).collect::<Vec<_>>()
        };
        let heard = sound(&world);
        let own = heard.iter().rev().take_while(|frame| **frame == silence).count();
        assert_eq!(own, 50);
        assert!(!heard[..heard.len() - own].contains(&silence));
        world.ask(anna, mute(false));
        world.until("her sound again", |w| sound(w).ends_with(&[vec![7; 60], vec![7; 60]]));
    }
}

#[test]
fn sealed_data_arrives_as_it_was_sent_and_says_from_whom() {
    let (mut world, anna, ben, ..) = two(true);
    world.run(Duration::from_secs(1));
    let sealed = lk::EncryptedPacket {
        encryption_type: GCM,
        iv: vec![7; 12],
        key_index: 3,
        encrypted_value: (0..=255).collect(),
    };
    let value = Some(lk::data_packet::Value::EncryptedPacket(sealed));
    world.send_data(anna, &lk::DataPacket { value: value.clone(), sequence: 5, ..Default::default() });
    world.until("the packet", |w| !w.clients[ben].data.is_empty());
    let arrived = &world.clients[ben].data[0];
    assert_eq!((&arrived.value, arrived.sequence), (&value, 5));
    assert_eq!(arrived.participant_identity, "anna");
    assert!(world.core.send_data(ROOM, None, None, b"server", world.now()));
    world.until("the server's", |w| w.clients[ben].data.len() == 2);
    let value = &world.clients[ben].data[1].value;
    assert!(matches!(value, Some(lk::data_packet::Value::User(user)) if user.payload == b"server"), "in the clear");
}

#[test]
fn what_passes_through_can_be_looked_at() {
    let (mut world, ..) = two(true);
    assert!(world.core.tap(ROOM, "anna", Source::Microphone).is_empty(), "kept from now on");
    world.core.tap(ROOM, "anna", Source::Camera);
    world.run(Duration::from_secs(1));
    let sound = world.core.tap(ROOM, "anna", Source::Microphone);
    assert!(sound.len() > 40 && sound.iter().all(|packet| packet.payload == [7; 60] && packet.ends_frame));
    assert!(!sound.iter().any(sandbox::core::Forwarded::ends_sealed), "these clients only say that they encrypt");
    let picture = world.core.tap(ROOM, "anna", Source::Camera);
    assert!(picture.iter().any(|p| p.ends_frame) && picture.iter().any(|p| !p.ends_frame), "{}", picture.len());
    assert!(world.core.tap(ROOM, "nobody", Source::Camera).is_empty());
}
