//! The LiveKit client in whole sessions against a small server, on a stepped clock.

mod support;

use std::time::Duration;

use livekit_protocol as lk;
use lk::signal_request::Message as Req;
use lk::signal_response::Message as Res;
use meeting::io::*;
use support::{LATENCY, World, config};

const SECOND: Duration = Duration::from_secs(1);

fn joined(config: meeting::livekit::Config) -> World {
    let mut world = World::new(config);
    assert!(world.run_until(5 * SECOND, |w| w.has(|e| matches!(e, Event::Joined { .. }))), "{:?}", world.events);
    world
}

/// In the meeting on a server of each shape: one peer connection, and two.
fn in_both_shapes() -> [World; 2] {
    let single = joined(config());
    let mut dual = World::new(support::dual_config());
    dual.faults.no_v1 = true;
    // The first attempt is under way before the fault is set: cut it.
    dual.cut();
    let ok = dual.run_until(5 * SECOND, |w| w.has(|e| matches!(e, Event::Joined { .. })));
    assert!(ok && dual.dual && !single.dual, "{:?}", dual.events);
    dual.joins = 1;
    [single, dual]
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
    let steps: Vec<_> =
        world.events.iter().filter(|(_, e)| matches!(e, Event::Progress(_) | Event::Joined { .. })).collect();
    assert_eq!(steps.len(), 3, "{steps:?}");
    assert!(world.has(|e| *e == Event::OwnMedia { microphone_live: true, camera_live: true }));
    assert!(world.has(|e| matches!(e, Event::Encode { codec: Codec::Vp8, layers, .. } if layers.len() == 3)));
    assert!(world.has(|e| matches!(e, Event::TrackAdded(t) if t.participant == "anna" && t.source == Source::Camera)));
    assert!(world.has(|e| matches!(e, Event::Participants(p) if p.len() == 1 && p[0].camera_on)));
}

#[test]
fn what_protects_media_is_told_of_each_connection() {
    for world in in_both_shapes() {
        let agreed = |event: &Event| match event {
            Event::Secured { fingerprint, srtp: Some(profile) } => {
                fingerprint.starts_with("sha-256 ") && profile.starts_with("SRTP_AEAD_AES_")
            }
            _ => false,
        };
        let is_told = |event: &Event| matches!(event, Event::Secured { .. });
        let told: Vec<bool> = world.events.iter().filter(|(_, e)| is_told(e)).map(|(_, event)| agreed(event)).collect();
        assert!(!told.is_empty() && told.iter().all(|told| *told), "{told:?}");
        assert!(told.len() >= usize::from(world.dual) + 1);
    }
}

#[test]
fn our_voice_goes_out_twice_where_the_server_knows_redundant_audio() {
    for (no_red, codec) in [(false, "red/48000/2"), (true, "opus/48000/2")] {
        let mut world = World::new(config());
        world.faults.no_red = no_red;
        // The first attempt is under way before the fault is set: cut it.
        world.cut();
        assert!(world.run_until(5 * SECOND, |w| w.has(|e| matches!(e, Event::Joined { .. }))));
        media_flows(&mut world);
        let payload_type = |codec: &str| -> u8 {
            let line = world.offered.lines().find(|l| l.starts_with("a=rtpmap:") && l.ends_with(codec)).expect(codec);
            line["a=rtpmap:".len()..].split(' ').next().unwrap().parse().unwrap()
        };
        assert!(world.offered.contains(&format!("a=fmtp:{} ", payload_type("red/48000/2"))), "{}", world.offered);
        for audio in ["red/48000/2", "opus/48000/2"] {
            assert_eq!(world.payload_types.contains(&payload_type(audio)), audio == codec, "{audio}");
        }
    }
}

#[test]
fn a_lost_packet_of_a_voice_is_made_good_by_the_next_one() {
    let mut world = joined(config());
    media_flows(&mut world);
    world.faults.lose_sound_every = Some(5);
    world.media.clear();
    for n in 0..100 {
        world.send_frame(Source::Microphone, None, n);
        world.run(Duration::from_millis(20));
    }
    world.run(SECOND);
    assert!(world.lost > 10, "{} lost", world.lost);
    // Each frame is filled with its number.
    let heard: std::collections::BTreeSet<u8> =
        world.media.iter().filter(|m| m.params.spec().codec.is_audio()).map(|m| m.data[0]).collect();
    assert!(heard.len() >= 98, "{} of 100", heard.len());
}

fn leave(reason: lk::DisconnectReason, action: lk::leave_request::Action) -> Res {
    Res::Leave(lk::LeaveRequest { reason: reason as i32, action: action as i32, ..Default::default() })
}

fn back_in(world: &mut World) {
    let ok = world.run_until(90 * SECOND, |w| w.count(|e| *e == Event::Reconnected) > 0);
    assert!(ok, "{:?}", world.events);
    media_flows(world);
}

#[test]
fn a_cut_signalling_connection_is_resumed_and_media_goes_on() {
    for mut world in in_both_shapes() {
        media_flows(&mut world);
        world.cut();
        back_in(&mut world);
        assert_eq!((world.joins, world.resumes), (1, 1));
        let reconnecting = world.events.iter().find(|(_, e)| *e == Event::Reconnecting).unwrap().0;
        let reconnected = world.events.iter().find(|(_, e)| *e == Event::Reconnected).unwrap().0;
        assert!(reconnected - reconnecting < SECOND, "{:?}", reconnected - reconnecting);
        assert!(world.requests.iter().any(|r| matches!(r.message, Some(Req::SyncState(_)))));
    }
}

#[test]
fn a_resume_uses_the_refreshed_token() {
    for mut world in in_both_shapes() {
        world.cut();
        back_in(&mut world);
        let token = world.client.token().to_owned();
        assert!(token.starts_with("token."), "{token}");
        assert_eq!(world.bearers.last(), Some(&format!("Bearer {token}")));
    }
}

#[test]
fn a_server_that_forgot_us_is_joined_anew() {
    for mut world in in_both_shapes() {
        world.restart_server();
        back_in(&mut world);
        assert_eq!(world.joins, 2);
        // What was subscribed is gone and comes again.
        assert_eq!(world.count(|e| matches!(e, Event::TrackRemoved(_))), 2);
        assert_eq!(world.count(|e| matches!(e, Event::TrackAdded(_))), 4);
    }
}

#[test]
fn a_lost_media_path_is_found_again_without_a_new_session() {
    for mut world in in_both_shapes() {
        media_flows(&mut world);
        world.faults.udp_blocked = true;
        assert!(world.run_until(40 * SECOND, |w| w.has(|e| *e == Event::Reconnecting)), "{:?}", world.events);
        world.faults.udp_blocked = false;
        back_in(&mut world);
        assert_eq!(world.joins, 1, "the session should have been resumed");
    }
}

#[test]
fn another_address_of_ours_means_a_new_session_over_it() {
    let mut world = joined(config());
    media_flows(&mut world);
    world.faults.udp_blocked = true;
    world.faults.offline = true;
    world.cut();
    assert!(world.run_until(40 * SECOND, |w| w.has(|e| *e == Event::Reconnecting)), "{:?}", world.events);
    world.run(3 * SECOND);
    world.faults.udp_blocked = false;
    world.faults.offline = false;
    world.client_udp = vec!["10.0.7.7:6000".parse().unwrap()];
    world.handle(Input::LocalUdp(world.client_udp.clone()));
    back_in(&mut world);
    assert_eq!((world.joins, world.resumes), (2, 0));
}

#[test]
fn where_udp_does_not_pass_media_goes_over_tcp() {
    let mut world = World::new(config());
    world.faults.udp_blocked = true;
    assert!(world.run_until(15 * SECOND, |w| w.has(|e| matches!(e, Event::Joined { .. }))), "{:?}", world.events);
    assert!(world.tcp_used > 0);
    media_flows(&mut world);
}

#[test]
fn a_join_whose_media_finds_no_way_says_so_within_twenty_seconds() {
    let mut world = World::over(config(), meeting::livekit::Paths::RelayOnly);
    assert!(world.run_until(25 * SECOND, |w| w.ended().is_some()), "{:?}", world.events);
    assert_eq!(world.ended(), Some(&End::MediaUnreachable));
    let mut world = World::new(config());
    world.faults.udp_blocked = true;
    world.faults.tcp_blocked = true;
    assert!(world.run_until(25 * SECOND, |w| w.ended().is_some()), "{:?}", world.events);
    assert_eq!(world.ended(), Some(&End::MediaUnreachable));
    assert!(world.elapsed() <= 20 * SECOND, "{:?}", world.elapsed());
}

#[test]
fn an_hour_without_network_ends_with_a_reason_after_a_minute() {
    let mut world = joined(config());
    world.faults.offline = true;
    world.faults.udp_blocked = true;
    world.cut();
    assert!(world.run_until(120 * SECOND, |w| w.ended().is_some()));
    assert_eq!(world.ended(), Some(&End::ConnectionLost));
    assert!(world.elapsed() < 100 * SECOND, "{:?}", world.elapsed());
}

#[test]
fn a_silent_server_is_noticed() {
    let mut world = joined(config());
    world.faults.mute = true;
    // A ping goes out, and nothing comes back.
    assert!(world.run_until(30 * SECOND, |w| w.has(|e| *e == Event::Reconnecting)), "{:?}", world.events);
    assert!(world.requests.iter().any(|r| matches!(r.message, Some(Req::PingReq(_)))));
    world.faults.mute = false;
    back_in(&mut world);
}

#[test]
fn every_goodbye_of_a_server_has_its_reason() {
    use lk::DisconnectReason as R;
    use lk::leave_request::Action;
    for (reason, end) in [
        (R::ParticipantRemoved, End::RemovedByHost),
        (R::RoomDeleted, End::MeetingEnded),
        (R::DuplicateIdentity, End::JoinedElsewhere),
        (R::ServerShutdown, End::ServerShutdown),
        (R::ClientInitiated, End::Left),
        (R::ConnectionTimeout, End::ConnectionLost),
        (R::MediaFailure, End::ConnectionLost),
        (R::SignalClose, End::ConnectionLost),
        (R::UnknownReason, End::ServerError),
    ] {
        let mut world = joined(config());
        world.signal(leave(reason, Action::Disconnect));
        assert!(world.run_until(SECOND, |w| w.ended().is_some()), "{reason:?}");
        assert_eq!(world.ended(), Some(&end), "{reason:?}");
        assert_eq!(world.client.poll_timeout(), None);
    }
}

#[test]
fn who_is_removed_does_not_come_back_also_when_media_is_closed_before_the_goodbye() {
    for (mut world, channels_up) in in_both_shapes().into_iter().chain(in_both_shapes()).zip([false, false, true, true])
    {
        world.run(if channels_up { SECOND } else { Duration::ZERO });
        world.close_media();
        world.run(Duration::from_millis(100));
        assert!(world.has(|e| *e == Event::OwnMedia { microphone_live: false, camera_live: false }));
        world.signal(leave(lk::DisconnectReason::ParticipantRemoved, lk::leave_request::Action::Disconnect));
        world.run(5 * SECOND);
        assert_eq!(world.ended(), Some(&End::RemovedByHost));
        assert_eq!((world.joins, world.resumes), (1, 0), "went back in by itself");
    }
}

#[test]
fn media_that_is_closed_without_a_goodbye_is_joined_anew() {
    for mut world in in_both_shapes() {
        world.close_media();
        back_in(&mut world);
        assert_eq!((world.joins, world.resumes), (2, 0));
    }
}

#[test]
fn a_resume_whose_offer_is_never_answered_becomes_a_new_session() {
    for mut world in in_both_shapes() {
        world.faults.resumes_unanswered = true;
        world.cut();
        back_in(&mut world);
        assert_eq!((world.joins, world.resumes), (2, 1));
    }
}

#[test]
fn leaving_says_goodbye() {
    let mut world = joined(config());
    world.command(Command::Leave);
    assert_eq!(world.ended(), Some(&End::Left));
    assert!(world.requests.iter().any(|r| matches!(r.message, Some(Req::Leave(_)))));
}

#[test]
fn mute_is_said_and_what_is_muted_is_not_sent() {
    let mut world = joined(config());
    media_flows(&mut world);
    world.command(Command::SetMicrophone { on: false });
    assert!(world.has(|e| *e == Event::OwnMedia { microphone_live: false, camera_live: true }));
    assert!(world.requests.iter().any(|r| matches!(&r.message, Some(Req::Mute(m)) if m.muted)));
    world.run(SECOND);
    world.media.clear();
    for _ in 0..20 {
        world.send_frame(Source::Microphone, None, 7);
        world.run(Duration::from_millis(20));
    }
    assert!(!world.media.iter().any(|m| m.params.spec().codec.is_audio()));
    world.command(Command::SetMicrophone { on: true });
    media_flows(&mut world);
}

#[test]
fn a_host_may_mute_us_and_we_say_so() {
    let mut world = joined(config());
    let sid = "TR_own1".to_owned();
    world.signal(Res::Mute(lk::MuteTrackRequest { sid, muted: true }));
    assert!(world.run_until(SECOND, |w| w.has(|e| *e == Event::MutedByHost)), "{:?}", world.events);
    assert!(world.has(|e| *e == Event::OwnMedia { microphone_live: false, camera_live: true }));
}

#[test]
fn layers_nobody_watches_are_not_encoded() {
    let mut world = joined(config());
    world.events.clear();
    let layer = |quality: lk::VideoQuality, enabled| lk::SubscribedQuality { quality: quality as i32, enabled };
    let qualities = vec![
        layer(lk::VideoQuality::Low, true),
        layer(lk::VideoQuality::Medium, false),
        layer(lk::VideoQuality::High, false),
    ];
    let codecs = vec![lk::SubscribedCodec { codec: "vp8".into(), qualities: qualities.clone() }];
    world.signal(Res::SubscribedQualityUpdate(lk::SubscribedQualityUpdate {
        track_sid: "TR_own2".into(),
        subscribed_codecs: codecs,
        ..Default::default()
    }));
    let only_low =
        |e: &Event| matches!(e, Event::Encode { layers, .. } if layers.len() == 1 && layers[0].layer == Layer::Low);
    assert!(world.run_until(5 * SECOND, |w| w.has(only_low)), "{:?}", world.events);
}

fn h264() -> meeting::livekit::Config {
    meeting::livekit::Config { video_codec: Codec::H264, ..config() }
}

fn encodes(world: &World, wanted: Codec) -> bool {
    world.has(|e| matches!(e, Event::Encode { codec, layers, .. } if *codec == wanted && !layers.is_empty()))
}

#[test]
fn a_server_that_takes_no_h264_gets_vp8() {
    let mut world = World::new(h264());
    world.faults.vp8_only = true;
    // The first attempt is under way before the fault is set: cut it.
    world.cut();
    assert!(world.run_until(5 * SECOND, |w| w.has(|e| matches!(e, Event::Joined { .. }))));
    media_flows(&mut world);
    assert!(encodes(&world, Codec::Vp8) && !encodes(&world, Codec::H264), "{:?}", world.events);
}

#[test]
fn where_somebody_takes_no_h264_everybody_gets_vp8_also_in_the_next_session() {
    let mut world = joined(h264());
    assert!(world.run_until(5 * SECOND, |w| encodes(w, Codec::H264)), "{:?}", world.events);
    let cameras = |w: &World| -> Vec<(String, Vec<String>)> {
        let tracks = w.requests.iter().filter_map(|r| match r.message.clone() {
            Some(Req::AddTrack(t)) if t.source == lk::TrackSource::Camera as i32 => Some(t),
            _ => None,
        });
        tracks.map(|t| (t.cid, t.simulcast_codecs.into_iter().map(|c| c.codec).collect())).collect()
    };
    let layers = |enabled| {
        [lk::VideoQuality::Low, lk::VideoQuality::Medium, lk::VideoQuality::High]
            .map(|quality| lk::SubscribedQuality { quality: quality as i32, enabled })
            .to_vec()
    };
    let codec = |codec: &str, enabled| lk::SubscribedCodec { codec: codec.into(), qualities: layers(enabled) };
    let wanted = |h264, vp8| {
        Res::SubscribedQualityUpdate(lk::SubscribedQualityUpdate {
            track_sid: "TR_own2".into(),
            subscribed_codecs: vec![codec("h264", h264), codec("vp8", vp8)],
            ..Default::default()
        })
    };
    world.signal(wanted(true, false));
    world.run(SECOND);
    assert!(cameras(&world).is_empty() && !encodes(&world, Codec::Vp8), "everybody takes H.264");
    world.signal(wanted(true, true));
    assert!(world.run_until(5 * SECOND, |w| encodes(w, Codec::Vp8)), "{:?}", world.events);
    let asked = cameras(&world);
    assert_eq!(asked.iter().map(|(_, codecs)| codecs.clone()).collect::<Vec<_>>(), [vec!["vp8".to_owned()]]);
    media_flows(&mut world);
    world.events.clear();
    world.faults.forgets = true;
    world.cut();
    back_in(&mut world);
    world.run(SECOND);
    assert!(encodes(&world, Codec::Vp8) && !encodes(&world, Codec::H264), "{:?}", world.events);
}

#[test]
fn tiles_are_asked_for_at_their_size_and_the_rest_is_paused() {
    let mut world = joined(config());
    assert!(world.run_until(SECOND, |w| w.has(|e| matches!(e, Event::TrackAdded(t) if t.kind == Kind::Video))));
    let track = TrackId("TR_anna_cam".into());
    world.command(Command::Show(vec![Shown { track, width_px: 640, height_px: 360, fps: 30 }]));
    let asked = |w: &World, wanted: &dyn Fn(&lk::UpdateTrackSettings) -> bool| {
        w.requests.iter().any(|r| matches!(&r.message, Some(Req::TrackSetting(s)) if wanted(s)))
    };
    assert!(world.run_until(SECOND, |w| asked(w, &|s| !s.disabled && s.width == 640 && s.height == 360)));
    world.requests.clear();
    world.command(Command::Show(vec![]));
    assert!(world.run_until(10 * SECOND, |w| asked(w, &|s| s.disabled && s.track_sids == ["TR_anna_cam"])));
}

fn told(w: &World, wanted: &dyn Fn(&lk::UpdateTrackSettings) -> bool) -> bool {
    w.requests.iter().any(|r| matches!(&r.message, Some(Req::TrackSetting(s)) if wanted(s)))
}

#[test]
fn a_picture_the_server_pauses_is_told_once_and_nothing_is_told_of_others() {
    let mut world = joined(config());
    assert!(world.run_until(SECOND, |w| w.has(|e| matches!(e, Event::TrackAdded(t) if t.kind == Kind::Video))));
    let mut told = |states: &[(&str, i32)]| {
        let state = |&(sid, state): &(&str, i32)| lk::StreamStateInfo {
            participant_sid: "PA_anna".into(),
            track_sid: sid.into(),
            state,
        };
        let before = world.events.len();
        let stream_states = states.iter().map(state).collect();
        world.signal(Res::StreamStateUpdate(lk::StreamStateUpdate { stream_states }));
        world.run(2 * LATENCY);
        let paused = |e: &(Duration, Event)| match &e.1 {
            Event::TrackPaused { track, paused } => Some((track.0.clone(), *paused)),
            _ => None,
        };
        world.events[before..].iter().filter_map(paused).collect::<Vec<_>>()
    };
    let camera = "TR_anna_cam";
    let (active, paused) = (lk::StreamState::Active as i32, lk::StreamState::Paused as i32);
    assert!(told(&[(camera, active)]).is_empty(), "that is how it began");
    assert_eq!(told(&[(camera, paused), ("TR_nobody", paused), ("TR_anna_mic", paused)]), [(camera.into(), true)]);
    assert!(told(&[(camera, paused)]).is_empty());
    assert_eq!(told(&[(camera, 77)]), [(camera.into(), false)], "a state of later versions is not paused");
    assert!(told(&[]).is_empty());
}

#[test]
fn a_key_frame_is_asked_for_as_soon_as_media_is_up() {
    for mut world in in_both_shapes() {
        world.run(3 * LATENCY);
        let joined = world.events.iter().find(|(_, e)| matches!(e, Event::Joined { .. })).unwrap().0;
        let asked = *world.keyframe_requests.first().expect("a request for a key frame");
        assert!(asked <= joined + 2 * LATENCY, "joined {joined:?}, asked {asked:?}");
    }
}

#[test]
fn a_track_that_comes_after_the_plan_is_not_hidden_before_it_is_shown() {
    let mut world = World::new(config());
    world.command(Command::Show(vec![]));
    assert!(world.run_until(5 * SECOND, |w| w.has(|e| matches!(e, Event::Joined { .. }))));
    assert!(world.has(|e| matches!(e, Event::TrackAdded(t) if t.kind == Kind::Video)));
    world.run(SECOND);
    assert!(!told(&world, &|s| s.disabled), "hidden before anybody said so");
    // Once it is said that it is not shown, it is paused; and shown again, its picture is asked for at once.
    world.command(Command::Show(vec![]));
    assert!(told(&world, &|s| s.disabled));
    world.run(SECOND);
    world.keyframe_requests.clear();
    let track = TrackId("TR_anna_cam".into());
    let shown = world.elapsed();
    world.command(Command::Show(vec![Shown { track, width_px: 640, height_px: 360, fps: 30 }]));
    world.run(Duration::from_millis(50));
    let asked = *world.keyframe_requests.first().expect("a request for a key frame");
    assert!(asked - shown <= Duration::from_millis(50), "{:?}", asked - shown);
}

fn permitted(sources: Vec<i32>) -> Res {
    let permission = lk::ParticipantPermission {
        can_publish: true,
        can_subscribe: true,
        can_publish_data: true,
        can_publish_sources: sources,
        ..Default::default()
    };
    let me = lk::ParticipantInfo {
        sid: "PA_me1".into(),
        identity: "room".into(),
        permission: Some(permission),
        ..Default::default()
    };
    Res::Update(lk::ParticipantUpdate { participants: vec![me] })
}

#[test]
fn withdrawn_permission_takes_us_off_the_air_until_people_open_the_microphone_again() {
    let mut world = joined(config());
    world.signal(permitted(vec![lk::TrackSource::Camera as i32]));
    let told = |e: &Event| matches!(e, Event::Permissions { microphone: false, camera: true, .. });
    assert!(world.run_until(SECOND, |w| w.has(told)), "{:?}", world.events);
    assert!(world.has(|e| *e == Event::OwnMedia { microphone_live: false, camera_live: true }));
    world.events.clear();
    world.signal(permitted(vec![]));
    world.run(5 * SECOND);
    assert!(world.has(|e| matches!(e, Event::Permissions { microphone: true, .. })), "{:?}", world.events);
    assert!(!world.has(|e| matches!(e, Event::OwnMedia { microphone_live: true, .. })), "opened by itself");
    world.command(Command::SetMicrophone { on: true });
    media_flows(&mut world);
}

#[test]
fn a_track_the_server_says_nothing_about_can_be_asked_for_again() {
    let mut world = joined(meeting::livekit::Config { camera: None, ..config() });
    world.faults.grants_nothing = true;
    world.command(Command::SetCamera { on: true });
    world.run(12 * SECOND);
    assert!(!world.has(|e| matches!(e, Event::OwnMedia { camera_live: true, .. })));
    world.faults.grants_nothing = false;
    world.command(Command::SetCamera { on: false });
    world.command(Command::SetCamera { on: true });
    media_flows(&mut world);
    assert!(world.has(|e| matches!(e, Event::OwnMedia { camera_live: true, .. })));
}

#[test]
fn people_come_speak_and_go() {
    let mut world = joined(config());
    let bob = lk::ParticipantInfo {
        sid: "PA_bob".into(),
        identity: "bob".into(),
        name: "Bob".into(),
        state: lk::participant_info::State::Active as i32,
        ..Default::default()
    };
    world.signal(Res::Update(lk::ParticipantUpdate { participants: vec![bob.clone()] }));
    assert!(world.run_until(SECOND, |w| w.has(|e| matches!(e, Event::Participants(p) if p.len() == 2))));
    let speaker = lk::SpeakerInfo { sid: "PA_bob".into(), level: 0.5, active: true };
    world.signal(Res::SpeakersChanged(lk::SpeakersChanged { speakers: vec![speaker] }));
    assert!(world.run_until(SECOND, |w| w.has(|e| *e == Event::Speakers(vec!["bob".into()]))), "{:?}", world.events);
    world.events.clear();
    let gone = lk::ParticipantInfo { state: lk::participant_info::State::Disconnected as i32, ..bob };
    world.signal(Res::Update(lk::ParticipantUpdate { participants: vec![gone] }));
    assert!(world.run_until(SECOND, |w| w.has(|e| matches!(e, Event::Participants(p) if p.len() == 1))));
}

#[test]
fn chat_and_reactions_arrive_and_leave() {
    let mut world = joined(config());
    world.run(SECOND);
    let user = |topic: Option<&str>, payload: &str| {
        lk::data_packet::Value::User(lk::UserPacket {
            payload: payload.as_bytes().to_vec(),
            topic: topic.map(str::to_owned),
            ..Default::default()
        })
    };
    world.send_data(user(None, r#"{"type":"reactionReceived","data":{"emoji":"thumbs-up"}}"#));
    let reaction = |e: &Event| matches!(e, Event::Reaction { from, emoji } if from == "anna" && emoji == "thumbs-up");
    assert!(world.run_until(SECOND, |w| w.has(reaction)), "{:?}", world.events);
    let chat = r#"{"id":"1","timestamp":1800000000000,"message":"Bonjour"}"#;
    world.send_data(user(Some("lk-chat-topic"), chat));
    let said = |e: &Event| matches!(e, Event::Chat { from, text } if from == "anna" && text == "Bonjour");
    assert!(world.run_until(SECOND, |w| w.has(said)), "{:?}", world.events);
    world.command(Command::SendChat("Oui".into()));
    assert!(world.run_until(SECOND, |w| !w.data.is_empty()));
}

#[test]
fn data_that_is_nonsense_harms_nobody() {
    let mut world = joined(config());
    world.run(SECOND);
    for payload in ["", "{", "null", r#"{"type":7}"#, r#"{"type":"reactionReceived"}"#, "\u{0}\u{1}"] {
        world.send_data(lk::data_packet::Value::User(lk::UserPacket {
            payload: payload.as_bytes().to_vec(),
            ..Default::default()
        }));
    }
    media_flows(&mut world);
    assert_eq!(world.ended(), None);
}

#[test]
fn a_refused_token_is_told_with_its_reason() {
    for (http_status, end) in [
        (401, End::TokenRefused),
        (404, End::RoomNotFound),
        (200, End::ServerError),
        (429, End::TooManyRequests { retry_after: Duration::from_secs(30) }),
    ] {
        let mut world = World::new(config());
        // The first attempt is under way before the fault is set: cut it.
        world.faults.refuse = Some(401);
        world.http_status = http_status;
        world.cut();
        assert!(world.run_until(30 * SECOND, |w| w.ended().is_some()), "{http_status}: {:?}", world.events);
        assert_eq!(world.ended(), Some(&end));
    }
}

#[test]
fn network_errors_at_the_door_have_their_reasons() {
    for (error, end) in [
        (NetError::Certificate, End::CertificateInvalid),
        (NetError::Unreachable, End::ServerUnreachable),
        (NetError::ProxyUnreachable, End::ProxyUnreachable),
        (NetError::ProxyRefused, End::ProxyRefused),
        (NetError::ProxyForbids, End::ProxyForbids),
        (NetError::NameNotFound, End::ServerUnreachable),
        (NetError::TimedOut, End::ServerUnreachable),
        (NetError::Protocol, End::ServerError),
    ] {
        let mut world = World::new(config());
        world.faults.no_connection = Some(error.clone());
        world.cut();
        assert!(world.run_until(40 * SECOND, |w| w.ended().is_some()), "{error:?}");
        assert_eq!(world.ended(), Some(&end), "{error:?}");
    }
}

#[test]
fn garbage_in_signalling_and_sdp_never_panics_and_the_meeting_goes_on() {
    let mut world = joined(config());
    media_flows(&mut world);
    world.signal(Res::Offer(lk::SessionDescription {
        r#type: "offer".into(),
        sdp: "not an sdp".into(),
        ..Default::default()
    }));
    world.signal(Res::Trickle(lk::TrickleRequest { candidate_init: "{".into(), ..Default::default() }));
    world.signal(Res::Trickle(lk::TrickleRequest {
        candidate_init: r#"{"candidate":"candidate:x y z"}"#.into(),
        ..Default::default()
    }));
    world.signal(Res::Mute(lk::MuteTrackRequest { sid: "TR_nobody".into(), muted: true }));
    world.signal(Res::MediaSectionsRequirement(lk::MediaSectionsRequirement {
        num_audios: u32::MAX,
        num_videos: u32::MAX,
    }));
    world.run(SECOND);
    media_flows(&mut world);
    assert_eq!(world.ended(), None);
}

#[test]
fn garbage_offers_and_answers_end_in_a_new_session_and_not_in_a_panic() {
    let texts =
        ["", "v=0", "not an sdp", "v=0\r\no=- 1 2 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=audio 9 X 111\r\na=mid:9\r\n"];
    for text in texts {
        for mut world in in_both_shapes() {
            media_flows(&mut world);
            let sdp =
                |kind: &str| lk::SessionDescription { r#type: kind.into(), sdp: text.into(), ..Default::default() };
            // An answer to nothing is passed over.
            world.signal(Res::Answer(sdp("answer")));
            world.run(SECOND);
            assert_eq!(world.joins, 1, "{text}");
            if world.dual {
                world.signal(Res::Offer(sdp("offer")));
                back_in(&mut world);
                assert_eq!(world.joins, 2, "{text}");
            }
            // An answer to an offer of ours has to fit.
            let joins = world.joins;
            world.events.clear();
            world.faults.answer = Some(text.into());
            world.command(Command::SetCamera { on: false });
            let track_sid = world.own_sids[&(lk::TrackSource::Microphone as i32)].clone();
            world.signal(Res::TrackUnpublished(lk::TrackUnpublishedResponse { track_sid }));
            assert!(world.run_until(5 * SECOND, |w| w.faults.answer.is_none()), "{text}: no offer");
            world.command(Command::SetCamera { on: true });
            world.command(Command::SetMicrophone { on: true });
            back_in(&mut world);
            assert_eq!(world.joins, joins + 1, "{text}");
        }
    }
}

#[test]
fn garbage_datagrams_are_dropped() {
    for mut world in in_both_shapes() {
        media_flows(&mut world);
        let (local, remote) = (support::CLIENT.parse().unwrap(), support::SERVER.parse().unwrap());
        let mut random = 12345_u64;
        for length in 0..600_usize {
            let bytes: Vec<u8> = (0..length)
                .map(|_| {
                    random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    (random >> 33) as u8
                })
                .collect();
            world.handle(Input::Datagram { local, remote, bytes: &bytes });
        }
        media_flows(&mut world);
        world.run(3 * SECOND);
        assert_eq!((world.joins, world.resumes), (1, 0));
        assert!(!world.has(|e| *e == Event::Reconnecting), "{:?}", world.events);
    }
}

#[test]
fn without_a_camera_the_room_joins_with_sound() {
    let mut world = joined(meeting::livekit::Config { camera: None, ..config() });
    assert!(world.has(|e| *e == Event::OwnMedia { microphone_live: true, camera_live: false }));
    assert!(world.run_until(SECOND, |w| w.frames.iter().any(|f| f.kind == Kind::Video)));
}
