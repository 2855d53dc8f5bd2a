//! The whole product with the official Python client: meetings on good days and bad ones.

mod support;

use std::time::{Duration, Instant};

use demo::room::{Options, Room, State};
use demo::{stage, stage_with};
use sandbox::guest::{Event, Summary};
use support::*;

#[tokio::test(flavor = "multi_thread")]
async fn the_room_and_a_python_guest_see_and_hear_each_other() {
    let _alone = alone().await;
    let (_stage, room, guest) = meeting().await;
    let state = room.state().await.unwrap();
    assert_eq!((state.microphone.as_str(), state.camera.as_str(), state.others), ("on", "on", 1));
    // Mute is what the guest hears.
    room.touch("microphone").await.unwrap();
    guest.until_event("the mute", |e| matches!(e, Event::Muted { kind, muted: true, .. } if kind == "audio")).await;
    room.wait("the mute on the panel", SOON, |s| s.microphone == "off").await.unwrap();
    room.touch("microphone").await.unwrap();
    guest.meets_the_room().await;
    room.touch("leave").await.unwrap();
    guest.until("being alone", SOON, |s| s.alone).await;
    at(&room, "home").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_who_closes_the_camera_is_gone_from_the_display_and_comes_back() {
    let _alone = alone().await;
    let (_stage, room, mut guest) = meeting().await;
    // The server ends a muted camera with a small black picture.
    guest.say("camera-off").await;
    let started = std::time::Instant::now();
    while room.mark().await.unwrap().is_some() {
        assert!(started.elapsed() < SOON, "the guest's picture stays");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    std::fs::write(root().join(".huisclos/tests/camera-closed.png"), room.png("display").await.unwrap()).unwrap();
    guest.say("camera-on").await;
    room_meets_the_guest(&room).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn older_servers_with_two_peer_connections_are_met_too() {
    let _alone = alone().await;
    let config = sandbox::Config { single_peer_connection: false, ..sandbox::Config::default() };
    let (_stage, _room, _guest) = meeting_on(stage_with(config).await.unwrap()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_the_server_has_no_room_for_is_marked_until_it_comes_again() {
    let _alone = alone().await;
    let config = sandbox::Config { single_peer_connection: false, allow_pause: true, ..sandbox::Config::default() };
    let (stage, room, _guest) = meeting_on(stage_with(config).await.unwrap()).await;
    let (livekit, me) = (stage.livekit_room(), identity_of_the_room(&stage));
    let marked = |s: &State| s.tiles.iter().filter(|t| t.paused).map(|t| t.who.clone()).collect::<Vec<_>>();
    let freezes = room.state().await.unwrap().media.freezes;
    assert!(stage.server.set_capacity(&livekit, &me, Some(0)));
    room.wait("the mark", SOON, |s| marked(s) == ["remote"]).await.unwrap();
    // The last picture stays, and after a while words on it say that it stands still.
    tokio::time::sleep(Duration::from_secs(4)).await;
    keep(&room, "display", "picture-paused").await;
    assert!(stage.server.set_capacity(&livekit, &me, None));
    room.wait("no mark", SOON, |s| marked(s).is_empty() && s.media.freezes > freezes).await.unwrap();
    room_meets_the_guest(&room).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_udp_is_closed_media_goes_over_tcp() {
    let _alone = alone().await;
    let config = sandbox::Config { udp: false, ..sandbox::Config::default() };
    let (_stage, _room, _guest) = meeting_on(stage_with(config).await.unwrap()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_signalling_connection_comes_back_and_media_goes_on() {
    let _alone = alone().await;
    let (stage, room, guest) = meeting().await;
    let me = identity_of_the_room(&stage);
    assert!(stage.server.cut_signalling(&stage.livekit_room(), &me));
    room_meets_the_guest(&room).await;
    guest.meets_the_room().await;
    room.wait("no more reconnecting", SOON, |s| !s.reconnecting && s.screen == "in-call").await.unwrap();
    // Signalling lives: what is said over it arrives.
    room.touch("camera").await.unwrap();
    guest
        .until_event("the camera off", |e| matches!(e, Event::Muted { kind, muted: true, .. } if kind == "video"))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_media_path_comes_back() {
    let _alone = alone().await;
    let (stage, room, guest) = meeting().await;
    let (livekit_room, me) = (stage.livekit_room(), identity_of_the_room(&stage));
    assert!(stage.server.cut_media(&livekit_room, &me));
    room.wait("the panel to say so", Duration::from_secs(40), |s| s.reconnecting).await.unwrap();
    keep_panel(&room, "reconnecting").await;
    assert!(stage.server.mend_media(&livekit_room, &me));
    room.wait("the meeting", Duration::from_secs(40), |s| !s.reconnecting && s.screen == "in-call").await.unwrap();
    room_meets_the_guest(&room).await;
    guest.meets_the_room().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restarted_server_is_joined_anew() {
    let _alone = alone().await;
    let (stage, room, guest) = meeting().await;
    stage.server.restart();
    room.wait("the meeting", Duration::from_secs(40), |s| !s.reconnecting && s.screen == "in-call" && s.others == 1)
        .await
        .unwrap();
    room_meets_the_guest(&room).await;
    guest.meets_the_room().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_that_is_killed_in_a_meeting_comes_back_with_what_was_open() {
    let _alone = alone().await;
    let folder = tempfile::tempdir().unwrap();
    let runtime = folder.path().join("run");
    std::fs::create_dir(&runtime).unwrap();
    let options =
        Options { state: Some(folder.path().join("state")), runtime: Some(runtime.clone()), ..Options::default() };
    let (stage, room, guest) = meeting_with(stage().await.unwrap(), options.clone()).await;
    room.find_and_touch("microphone").await.unwrap();
    room.wait("silence", SOON, |s| s.microphone == "off").await.unwrap();

    let killed = Instant::now();
    room.kill().await;
    let room = Room::start_with(&stage.meeting, &options).await.unwrap();
    at(&room, "in-call").await;
    // What is seen from now on is of this life.
    guest.forget();
    guest.until("the room's picture", SOON, |s| s.mark == Some(ROOM_MARK)).await;
    eprintln!("seen again after {:.1} s", killed.elapsed().as_secs_f64());
    room.wait("people to be told", SOON, |s| s.notice.as_ref().is_some_and(|n| n.contains("back in the meeting")))
        .await
        .unwrap();
    keep_panel(&room, "came-back").await;
    room_meets_the_guest(&room).await;
    assert_eq!(room.state().await.unwrap().microphone, "off");
    assert!(!Summary::of(&guest.reports()).room_tone_heard(), "people had muted it");
    room.find_and_touch("microphone").await.unwrap();
    guest.meets_the_room().await;

    // Who left stays away.
    room.find_and_touch("leave").await.unwrap();
    at(&room, "home").await;
    assert_eq!(std::fs::read_dir(&runtime).unwrap().count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_camera_pulled_out_leaves_a_meeting_with_sound_and_comes_back() {
    let _alone = alone().await;
    let (_stage, room, guest) = meeting().await;
    guest.forget();
    room.turn("camera", "unplug", true).await.unwrap();
    guest
        .until_event("the camera off", |e| matches!(e, Event::Muted { kind, muted: true, .. } if kind == "video"))
        .await;
    room.wait("the missing camera on the panel", SOON, |s| s.camera == "missing").await.unwrap();
    keep_panel(&room, "camera-unplugged").await;
    guest.until("sound goes on", SOON, |s| s.room_tone_heard()).await;
    room.turn("camera", "unplug", false).await.unwrap();
    guest.meets_the_room().await;
    assert_eq!(room.state().await.unwrap().camera, "on");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_camera_that_freezes_or_fails_is_told_and_heals() {
    let _alone = alone().await;
    let (_stage, room, guest) = meeting().await;
    room.turn("camera", "stall", true).await.unwrap();
    room.wait("the frozen camera on the panel", SOON, |s| s.camera == "failed").await.unwrap();
    let notice = room.state().await.unwrap().notice.unwrap();
    assert!(notice.starts_with("The camera does not work"), "{notice}");
    keep_panel(&room, "camera-failed").await;
    room.turn("camera", "stall", false).await.unwrap();
    room.wait("the camera", SOON, |s| s.camera == "on").await.unwrap();
    room.turn("camera", "fail-next", true).await.unwrap();
    room.wait("the failed camera on the panel", SOON, |s| s.camera == "failed").await.unwrap();
    room.wait("the camera", SOON, |s| s.camera == "on").await.unwrap();
    guest.meets_the_room().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_any_camera_the_room_joins_with_sound() {
    let _alone = alone().await;
    let stage = stage().await.unwrap();
    let board = "id = \"no-camera\"\nname = \"No camera\"\n[camera]\nkind = \"none\"\n[microphone]\nkind = \"simulated\"\n[loudspeaker]\nkind = \"simulated\"\n";
    let options = Options { board: board.into(), language: "de".into(), ..Options::default() };
    let room = Room::start_with(&stage.meeting, &options).await.unwrap();
    let guest = Python::join(&stage, "ada").await;
    room.find_and_touch("join").await.unwrap();
    at(&room, "in-call").await;
    room_meets_the_guest(&room).await;
    guest.until("the room's tone", SOON, |s| s.room_tone_heard()).await;
    let state = room.state().await.unwrap();
    assert_eq!((state.microphone.as_str(), state.camera.as_str()), ("on", "missing"));
    keep_panel(&room, "no-camera").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_that_prefers_h264_is_seen_in_h264() {
    let _alone = alone().await;
    let options = Options { video_codec: "h264".into(), ..Options::default() };
    let (stage, _room, _guest) = meeting_with(stage().await.unwrap(), options).await;
    let people = stage.server.participants(&stage.livekit_room());
    let codecs: Vec<&str> = people.iter().flat_map(|p| &p.tracks).map(|t| t.mime_type.as_str()).collect();
    assert!(codecs.contains(&"video/H264"), "{codecs:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_cannot_decode_h264_is_sent_something_else() {
    let _alone = alone().await;
    let options = Options { video_codec: "h264".into(), ..Options::default() };
    let (stage, room, guest) = meeting_with(stage().await.unwrap(), options).await;
    let sent = || -> Vec<String> {
        let people = stage.server.participants(&stage.livekit_room());
        let rooms = people.iter().filter(|p| p.name == "Salle Turing").flat_map(|p| &p.tracks);
        rooms.filter(|t| t.source == sandbox::core::Source::Camera).map(|t| t.mime_type.clone()).collect()
    };
    assert_eq!(sent(), ["video/H264"]);

    let _grace = Browser::join(&stage, "Grace Hopper", &[("without", "h264")]);
    let camera = |e: &Event| matches!(e, Event::Mark { id: ROOM_MARK, .. });
    browser_sees(&stage, "the room's camera", 0, camera).await;
    assert_eq!(sent(), ["video/VP8"], "one track, in what everybody takes");
    guest.meets_the_room().await;
    let state = room.state().await.unwrap();
    assert_eq!((state.screen.as_str(), state.camera.as_str()), ("in-call", "on"));
}

#[tokio::test(flavor = "multi_thread")]
async fn guests_in_vp9_h264_and_av1_are_seen() {
    let _alone = alone().await;
    let stage = stage().await.unwrap();
    let room = Room::start_with(&stage.meeting, &Options::default()).await.unwrap();
    room.find_and_touch("join").await.unwrap();
    at(&room, "in-call").await;
    for codec in ["vp9", "h264", "av1"] {
        let mut guest = Python::join_with(&stage, "ada", &["--codec", codec]).await;
        room_meets_the_guest(&room).await;
        let people = stage.server.participants(&stage.livekit_room());
        let codecs: Vec<String> = people.iter().flat_map(|p| &p.tracks).map(|t| t.mime_type.to_lowercase()).collect();
        assert!(codecs.contains(&format!("video/{codec}")), "{codecs:?}");
        guest.say("leave").await;
        room.wait("being alone", SOON, |s| s.others == 0).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_mutes_removes_and_ends() {
    let _alone = alone().await;
    let (stage, room, guest) = meeting().await;
    let (livekit_room, me) = (stage.livekit_room(), identity_of_the_room(&stage));
    assert!(stage.server.mute_track(&livekit_room, &me, sandbox::core::Source::Microphone));
    room.wait("the mute on the panel", SOON, |s| s.microphone == "off").await.unwrap();
    guest.until_event("the mute", |e| matches!(e, Event::Muted { kind, muted: true, .. } if kind == "audio")).await;
    assert!(stage.server.remove_participant(&livekit_room, &me));
    room.wait("the reason", SOON, |s| s.failure.as_deref() == Some("RemovedByHost")).await.unwrap();
    keep_panel(&room, "removed").await;
    room.touch("home").await.unwrap();
    room.find_and_touch("join").await.unwrap();
    at(&room, "in-call").await;
    assert!(stage.server.delete_room(&livekit_room));
    room.wait("the reason", SOON, |s| s.failure.as_deref() == Some("MeetingEnded")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_raised_hand_is_seen_by_others_and_chat_is_read() {
    let _alone = alone().await;
    let (stage, room, mut guest) = meeting().await;
    let me = identity_of_the_room(&stage);
    room.touch("hand").await.unwrap();
    let started = std::time::Instant::now();
    loop {
        let people = stage.server.participants(&stage.livekit_room());
        let hand = people.iter().find(|p| p.identity == me).and_then(|p| p.attributes.get("handRaisedAt").cloned());
        if hand.is_some_and(|at| !at.is_empty()) {
            break;
        }
        assert!(started.elapsed() < SOON, "the hand never went up");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    guest.say("chat Bonjour la salle").await;
    let read = |s: &State| s.notice.as_deref() == Some("Ada Lovelace: Bonjour la salle");
    room.wait("the message on the panel", SOON, read).await.unwrap();
    keep_panel(&room, "chat").await;
}
