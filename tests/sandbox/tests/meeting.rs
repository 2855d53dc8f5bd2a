//! Meetings of str0m clients on a virtual clock.

#![allow(deprecated, reason = "fields that clients in use still read")]

mod support;

use std::time::Duration;

use base64::Engine as _;
use livekit_protocol as lk;
use lk::signal_request::Message as Ask;
use lk::signal_response::Message as Said;
use sandbox::core::{Permissions, Source, Update};
use str0m::net::Protocol;
use support::{ROOM, World};

/// A room where anna publishes and ben receives, in this mode; their indices, and anna's tracks.
fn two(single: bool) -> (World, usize, usize, String, String) {
    two_in(World::with(single), single)
}

fn two_in(mut world: World, single: bool) -> (World, usize, usize, String, String) {
    let ben = world.join("ben", single, false);
    let anna = world.join("anna", single, true);
    let sids = |world: &World| -> Option<(String, String)> {
        let seen = world.clients[ben].sees("anna")?;
        let of = |source: lk::TrackSource| seen.tracks.iter().find(|t| t.source == source as i32);
        Some((of(lk::TrackSource::Microphone)?.sid.clone(), of(lk::TrackSource::Camera)?.sid.clone()))
    };
    world.until("anna's tracks", |w| sids(w).is_some());
    let (microphone, camera) = sids(&world).unwrap();
    world.until("sound and picture", |w| {
        w.clients[ben].frames_of(&microphone) > 10 && w.clients[ben].frames_of(&camera) > 10
    });
    (world, anna, ben, microphone, camera)
}

/// The layer of the last picture that came.
fn layer(world: &World, client: usize, camera: &str) -> Option<u8> {
    world.clients[client].frames.iter().rev().find(|(t, _)| t == camera)?.1.last().copied()
}

#[test]
fn sound_and_picture_reach_the_others_over_one_connection() {
    let (world, anna, ben, _, camera) = two(true);
    assert!(world.clients[anna].heard(|s| matches!(s, Said::TrackSubscribed(_))));
    assert!(world.clients[ben].heard(|s| matches!(s, Said::MediaSectionsRequirement(_))));
    assert_eq!(layer(&world, ben, &camera), Some(2), "the best layer");
    let members = world.core.participants(ROOM);
    assert_eq!(members.iter().find(|m| m.identity == "anna").unwrap().tracks.len(), 2);
    assert_eq!(members.iter().find(|m| m.identity == "ben").unwrap().receives, 2);
}

#[test]
fn sound_and_picture_reach_the_others_over_two_connections() {
    let (world, _, ben, ..) = two(false);
    assert!(world.clients[ben].heard(|s| matches!(s, Said::Join(j) if j.subscriber_primary)));
}

#[test]
fn every_packet_arrives_where_only_tcp_is_allowed() {
    let (mut world, _, ben, microphone, camera) = two_in(World::over(true, Protocol::Tcp), true);
    let before = (world.clients[ben].frames_of(&microphone), world.clients[ben].frames_of(&camera));
    world.run(Duration::from_secs(2));
    assert_eq!(world.clients[ben].frames_of(&microphone) - before.0, 100);
    assert_eq!(world.clients[ben].frames_of(&camera) - before.1, 50);
}

#[test]
fn redundant_sound_is_passed_on_and_unwrapped_for_who_takes_none() {
    for single in [true, false] {
        let mut world = World::with(single);
        let ben = world.join("ben", single, false);
        world.red = true;
        let cleo = world.join("cleo", single, false);
        world.join("anna", single, true);
        let microphone = |world: &World| {
            let tracks = &world.clients[ben].sees("anna")?.tracks;
            tracks.iter().find(|t| t.source == lk::TrackSource::Microphone as i32).cloned()
        };
        world.until("anna's microphone", |w| microphone(w).is_some());
        let microphone = microphone(&world).unwrap();
        assert_eq!(microphone.mime_type, "audio/red");
        for who in [ben, cleo] {
            world.until("sound", |w| w.clients[who].frames_of(&microphone.sid) > 10);
            let frames = world.clients[who].frames.iter().filter(|(track, _)| *track == microphone.sid);
            assert!(frames.map(|(_, frame)| &frame[..]).all(|frame| frame == [7; 60]), "only what was sent");
        }
    }
}

#[test]
fn a_change_of_what_a_token_says_brings_a_new_token() {
    let (mut world, anna, ben, ..) = two(true);
    let tokens = |world: &World, who: usize| {
        let tokens = world.clients[who].said.iter().filter_map(|s| match s {
            Said::RefreshToken(token) => Some(token.clone()),
            _ => None,
        });
        tokens.collect::<Vec<_>>()
    };
    let before = (tokens(&world, anna).len(), tokens(&world, ben).len());
    let update = Update { name: Some("Anna B.".into()), ..Update::default() };
    assert!(world.core.update_participant(ROOM, "anna", update, world.now()));
    world.run(Duration::from_millis(100));
    assert_eq!(tokens(&world, anna).len(), before.0 + 1);
    let permissions = Permissions { publish: true, subscribe: true, publish_data: false, update_metadata: true };
    assert!(world.core.set_permissions(ROOM, "anna", permissions, world.now()));
    world.run(Duration::from_millis(100));
    let payload = tokens(&world, anna).last().unwrap().split('.').nth(1).unwrap().to_owned();
    let payload = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload).unwrap();
    let claims: serde_json::Value = serde_json::from_slice(&payload).unwrap();
    assert_eq!((&claims["name"], &claims["video"]["canPublishData"]), (&"Anna B.".into(), &false.into()));
    assert_eq!(tokens(&world, ben).len(), before.1, "nobody else's changed");
}

#[test]
fn stream_states_are_told_over_two_connections_only() {
    for single in [true, false] {
        let (world, _, ben, ..) = two(single);
        assert_eq!(world.clients[ben].heard(|s| matches!(s, Said::StreamStateUpdate(_))), !single);
    }
}

#[test]
fn a_picture_that_does_not_fit_is_paused_and_told_so_where_servers_may() {
    let states = |world: &World, who: usize| {
        let said = world.clients[who].said.iter();
        let states = said.filter_map(|s| if let Said::StreamStateUpdate(update) = s { Some(update) } else { None });
        states.flat_map(|update| &update.stream_states).map(|s| (s.track_sid.clone(), s.state)).collect::<Vec<_>>()
    };
    for single in [true, false] {
        let (mut world, _, ben, microphone, camera) = two_in(World::that_pauses(single), single);
        assert!(world.core.set_capacity(ROOM, "ben", Some(0), world.now()));
        world.run(Duration::from_millis(100));
        let (sound, picture) = (world.clients[ben].frames_of(&microphone), world.clients[ben].frames_of(&camera));
        world.run(Duration::from_secs(1));
        assert_eq!(world.clients[ben].frames_of(&camera), picture, "nothing of it comes");
        assert!(world.clients[ben].frames_of(&microphone) > sound + 40, "sound always fits");
        world.core.set_capacity(ROOM, "ben", Some(10_000_000), world.now());
        world.until("the picture again", |w| w.clients[ben].frames_of(&camera) > picture + 10);
        world.run(Duration::from_millis(400));
        let told: Vec<_> = [lk::StreamState::Active, lk::StreamState::Paused, lk::StreamState::Active]
            .map(|state| (camera.clone(), state as i32))
            .into();
        assert_eq!(states(&world, ben), if single { Vec::new() } else { told });
    }
    let (mut world, _, ben, _, camera) = two(false);
    world.core.set_capacity(ROOM, "ben", Some(0), world.now());
    let before = world.clients[ben].frames_of(&camera);
    world.until("a picture, as most servers pause nothing", |w| w.clients[ben].frames_of(&camera) > before + 10);
}

#[test]
fn who_comes_later_receives_at_once() {
    let (mut world, _, _, microphone, camera) = two(true);
    let cleo = world.join("cleo", true, false);
    assert!(!world.clients[cleo].heard(|s| matches!(s, Said::MediaSectionsRequirement(_))));
    world.until("sound and picture", |w| {
        w.clients[cleo].frames_of(&microphone) > 5 && w.clients[cleo].frames_of(&camera) > 5
    });
}

#[test]
fn more_publishers_than_places_get_new_places() {
    let mut world = World::new();
    let ben = world.join("ben", true, false);
    for name in ["a", "b", "c", "d", "e"] {
        world.join(name, true, true);
    }
    world.until("ten tracks", |w| {
        let tracks: std::collections::HashSet<_> = w.clients[ben].frames.iter().map(|(t, _)| t).collect();
        tracks.len() == 10
    });
}

#[test]
fn a_place_is_used_again_for_the_next_publisher() {
    let (mut world, anna, ben, ..) = two(true);
    for name in ["dora", "emil", "fred", "gina"] {
        world.ask(if name == "dora" { anna } else { world.clients.len() - 1 }, Ask::Leave(lk::LeaveRequest::default()));
        world.run(Duration::from_millis(200));
        world.clients[ben].frames.clear();
        world.join(name, true, true);
        world.until(name, |w| {
            let tracks: std::collections::HashSet<_> = w.clients[ben].frames.iter().map(|(t, _)| t).collect();
            tracks.len() == 2 && w.clients[ben].frames.len() > 30
        });
    }
    let added = |s: &Said| matches!(s, Said::MediaSectionsRequirement(m) if m.num_audios + m.num_videos > 0);
    assert!(!world.clients[ben].heard(added), "the three places were enough");
}

#[test]
fn a_small_view_gets_a_small_layer() {
    let (mut world, anna, ben, _, camera) = two(true);
    let settings =
        lk::UpdateTrackSettings { track_sids: vec![camera.clone()], width: 300, height: 170, ..Default::default() };
    world.ask(ben, Ask::TrackSetting(settings));
    world.until("the low layer", |w| layer(w, ben, &camera) == Some(0));
    let told = |s: &Said| {
        let Said::SubscribedQualityUpdate(update) = s else { return false };
        let enabled: Vec<_> = update.subscribed_qualities.iter().map(|q| q.enabled).collect();
        enabled == [true, false, false]
    };
    assert!(world.clients[anna].heard(told), "the publisher may stop the other layers");
    world.clients[ben].frames.clear();
    let off = lk::UpdateTrackSettings { track_sids: vec![camera.clone()], disabled: true, ..Default::default() };
    world.ask(ben, Ask::TrackSetting(off));
    world.run(Duration::from_millis(100));
    let before = world.clients[ben].frames_of(&camera);
    world.run(Duration::from_secs(1));
    assert_eq!(world.clients[ben].frames_of(&camera), before, "a hidden view gets nothing");
}

#[test]
fn a_switch_of_layers_asks_for_a_key_frame() {
    let (mut world, anna, ben, _, camera) = two(true);
    let before = world.clients[anna].keyframes_asked;
    world.run(Duration::from_secs(1));
    assert_eq!(world.clients[anna].keyframes_asked, before);
    let settings = lk::UpdateTrackSettings { track_sids: vec![camera], quality: 1, ..Default::default() };
    world.ask(ben, Ask::TrackSetting(settings));
    world.until("a request", |w| w.clients[anna].keyframes_asked > before);
}

#[test]
fn a_key_frame_asked_for_too_soon_is_asked_for_later() {
    let (mut world, anna, ben, _, camera) = two(true);
    world.run(Duration::from_secs(1));
    let before = world.clients[anna].keyframes_asked;
    world.ask_keyframe(ben, &camera);
    world.run(Duration::from_millis(60));
    world.ask_keyframe(ben, &camera);
    world.run(Duration::from_secs(2));
    assert_eq!(world.clients[anna].keyframes_asked, before + 2);
}

#[test]
fn mute_is_seen_by_all_and_stops_the_sound() {
    let (mut world, anna, ben, microphone, _) = two(true);
    assert!(world.core.mute_track(ROOM, "anna", Source::Microphone, world.now()));
    world.run(Duration::from_millis(300));
    assert!(world.clients[anna].heard(|s| matches!(s, Said::Mute(m) if m.muted && m.sid == microphone)));
    let muted = |w: &World| w.clients[ben].sees("anna").unwrap().tracks.iter().any(|t| t.sid == microphone && t.muted);
    assert!(muted(&world));
    let before = world.clients[ben].frames_of(&microphone);
    world.run(Duration::from_secs(1));
    assert_eq!(world.clients[ben].frames_of(&microphone), before);
    world.ask(anna, Ask::Mute(lk::MuteTrackRequest { sid: microphone.clone(), muted: false }));
    world.until("sound again", |w| !muted(w) && w.clients[ben].frames_of(&microphone) > before + 10);
}

#[test]
fn a_muted_camera_ends_with_a_black_picture_and_begins_again_with_a_key_frame() {
    let (mut world, anna, ben, _, camera) = two(true);
    world.ask(anna, Ask::Mute(lk::MuteTrackRequest { sid: camera.clone(), muted: true }));
    world.run(Duration::from_secs(1));
    let last = |w: &World| w.clients[ben].frames.iter().rev().find(|(t, _)| *t == camera).unwrap().1.clone();
    // A VP8 key frame of 8 by 8.
    assert_eq!(last(&world)[3..10], [0x9d, 0x01, 0x2a, 8, 0, 8, 0]);
    let before = world.clients[ben].frames_of(&camera);
    world.run(Duration::from_secs(1));
    assert_eq!(world.clients[ben].frames_of(&camera), before, "once");
    world.ask(anna, Ask::Mute(lk::MuteTrackRequest { sid: camera.clone(), muted: false }));
    world.until("the camera again", |w| w.clients[ben].frames_of(&camera) > before + 5);
    assert_eq!(layer(&world, ben, &camera), Some(2));
}

#[test]
fn speakers_are_named_by_what_is_heard() {
    let (mut world, anna, ben, microphone, _) = two(true);
    let sid = world.clients[anna].sid.clone();
    let speaks = |w: &World, active| {
        let of = |s: &Said| match s {
            Said::SpeakersChanged(c) => c.speakers.iter().find(|s| s.sid == sid).map(|s| s.active),
            _ => None,
        };
        w.clients[ben].said.iter().rev().find_map(of) == Some(active)
    };
    world.until("anna speaks", |w| speaks(w, true));
    world.ask(anna, Ask::Mute(lk::MuteTrackRequest { sid: microphone, muted: true }));
    world.until("anna is silent", |w| speaks(w, false));
}

#[test]
fn data_carries_its_sender_and_finds_its_destination() {
    let (mut world, anna, ben, ..) = two(true);
    let cleo = world.join("cleo", true, false);
    world.run(Duration::from_secs(1));
    let user = |payload: &[u8]| {
        Some(lk::data_packet::Value::User(lk::UserPacket { payload: payload.to_vec(), ..Default::default() }))
    };
    world.send_data(anna, &lk::DataPacket { value: user(b"all"), ..Default::default() });
    let only = vec!["cleo".to_owned()];
    world.send_data(anna, &lk::DataPacket { value: user(b"cleo"), destination_identities: only, ..Default::default() });
    world.until("both", |w| w.clients[cleo].data.len() == 2 && w.clients[ben].data.len() == 1);
    assert!(world.clients[cleo].data.iter().all(|p| p.participant_identity == "anna"));
    assert!(world.clients[anna].data.is_empty());
    assert!(world.core.send_data(ROOM, None, Some("topic"), b"server", world.now()));
    world.until("the server's", |w| w.clients[anna].data.len() == 1);
}

#[test]
fn a_lost_signalling_connection_resumes_without_anybody_noticing() {
    for single in [true, false] {
        let (mut world, anna, ben, microphone, _) = two(single);
        assert!(world.core.cut_signalling(ROOM, "anna", world.now()));
        world.run(Duration::from_secs(2));
        assert!(world.clients[anna].cut);
        world.resume(anna);
        assert!(world.clients[anna].heard(|s| matches!(s, Said::Reconnect(_))));
        let before = world.clients[ben].frames_of(&microphone);
        world.until("sound", |w| w.clients[ben].frames_of(&microphone) > before + 10);
        assert_eq!(world.clients[ben].sees("anna").unwrap().disconnect_reason, 0);
    }
}

#[test]
fn who_does_not_come_back_has_left() {
    let (mut world, _, ben, ..) = two(true);
    world.core.cut_signalling(ROOM, "anna", world.now());
    world.run(Duration::from_secs(15));
    assert_eq!(world.core.participants(ROOM).len(), 2);
    world.run(Duration::from_secs(10));
    assert_eq!(world.core.participants(ROOM).len(), 1);
    let gone = lk::participant_info::State::Disconnected as i32;
    assert_eq!(world.clients[ben].sees("anna").unwrap().state, gone);
}

#[test]
fn a_restarted_server_sends_everybody_back_to_the_start() {
    let (mut world, anna, ..) = two(true);
    world.core.restart();
    world.run(Duration::from_secs(1));
    assert!(world.clients[anna].cut);
    world.resume(anna);
    let leave = world.clients[anna].was_told_to_leave().unwrap();
    assert_eq!(leave.reason, lk::DisconnectReason::StateMismatch as i32);
    assert_eq!(leave.action, lk::leave_request::Action::Reconnect as i32);
    assert!(!world.clients[anna].open);
}

#[test]
fn the_second_device_of_an_identity_replaces_the_first() {
    let (mut world, anna, ..) = two(true);
    let again = world.join("anna", true, false);
    let leave = world.clients[anna].was_told_to_leave().unwrap();
    assert_eq!(leave.reason, lk::DisconnectReason::DuplicateIdentity as i32);
    assert!(!world.clients[anna].open && world.clients[again].open);
    assert_eq!(world.core.participants(ROOM).len(), 2);
}

#[test]
fn moderators_can_end_it() {
    let (mut world, anna, ben, ..) = two(true);
    assert!(world.core.remove_participant(ROOM, "anna", world.now()));
    world.run(Duration::from_millis(100));
    let leave = world.clients[anna].was_told_to_leave().unwrap();
    assert_eq!(leave.reason, lk::DisconnectReason::ParticipantRemoved as i32);
    assert_eq!(world.clients[ben].sees("anna").unwrap().disconnect_reason, leave.reason);
    assert!(world.core.delete_room(ROOM, world.now()));
    world.run(Duration::from_millis(100));
    let leave = world.clients[ben].was_told_to_leave().unwrap();
    assert_eq!(leave.reason, lk::DisconnectReason::RoomDeleted as i32);
    assert!(world.core.participants(ROOM).is_empty());
}

#[test]
fn who_may_not_publish_any_more_is_unpublished() {
    let (mut world, anna, ben, ..) = two(true);
    let permissions = Permissions { publish: false, subscribe: true, publish_data: true, update_metadata: false };
    assert!(world.core.set_permissions(ROOM, "anna", permissions, world.now()));
    world.run(Duration::from_millis(100));
    assert!(world.clients[anna].heard(|s| matches!(s, Said::TrackUnpublished(_))));
    assert!(world.clients[ben].sees("anna").unwrap().tracks.is_empty());
}

#[test]
fn people_may_rename_themselves_when_their_token_says_so() {
    let (mut world, anna, ben, ..) = two(true);
    let name =
        |name: &str| Ask::UpdateMetadata(lk::UpdateParticipantMetadata { name: name.into(), ..Default::default() });
    world.ask(anna, name("Anna B."));
    world.run(Duration::from_millis(100));
    assert_eq!(world.clients[ben].sees("anna").unwrap().name, "Anna B.");
    let permissions = Permissions { publish: true, subscribe: true, publish_data: true, update_metadata: false };
    world.core.set_permissions(ROOM, "anna", permissions, world.now());
    world.ask(anna, name("Somebody"));
    world.run(Duration::from_millis(100));
    assert_eq!(world.clients[ben].sees("anna").unwrap().name, "Anna B.");
}

#[test]
fn media_stops_when_cut_and_goes_on_when_mended() {
    let (mut world, _, ben, microphone, _) = two(true);
    assert!(world.core.cut_media(ROOM, "anna"));
    world.run(Duration::from_millis(100));
    let before = world.clients[ben].frames_of(&microphone);
    world.run(Duration::from_secs(2));
    assert_eq!(world.clients[ben].frames_of(&microphone), before);
    assert!(world.core.mend_media(ROOM, "anna"));
    world.until("sound", |w| w.clients[ben].frames_of(&microphone) > before + 10);
}

#[test]
fn strangers_and_old_paths_are_refused() {
    let world = World::with(false);
    let now = world.now();
    let refusal =
        |path: &str, token: &str| world.core.admit(path, "", Some(&format!("Bearer {token}")), now).unwrap_err();
    assert_eq!(refusal("/rtc", "nonsense").status, 401);
    let good = world.core.token(ROOM, "anna", "", now.wall);
    assert_eq!(refusal("/rtc/v1", &good).status, 404, "clients fall back to /rtc");
    assert_eq!(refusal("/elsewhere", &good).status, 404);
    let asked = world.core.admit("/rtc/validate", "", Some(&format!("Bearer {good}")), now);
    assert!(asked.unwrap().is_none());
}
