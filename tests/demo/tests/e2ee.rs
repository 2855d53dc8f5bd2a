//! Meetings whose participants encrypt what they send, end to end, with official clients.

mod support;

use std::time::{Duration, Instant};

use demo::room::{Options, Room};
use demo::{SLUG, Stage, stage};
use sandbox::core::{Forwarded, Source};
use sandbox::guest::{Event, Report, Summary};
use sandbox::visio::EncryptionMode;
use support::*;

const PASSPHRASE: &str = "0123456789abcdef0123456789abcdef0123456789abcdef";
const ANOTHER: &str = "fedcba9876543210fedcba9876543210fedcba9876543210";

const ADA_MARK: u8 = 0x33;
const ADA_TONE_HZ: f64 = 660.0;
const BROWSER_TONE_HZ: f64 = 880.0;
const ROOM: &str = "Salle Turing";
const ROOM_TONE_HZ: f64 = sandbox::fake_media::ROOM_TONE_HZ as f64;
const GRACE: &str = "Grace Hopper";
const EVE: &str = "Eve";

/// An encrypted meeting, which nobody has joined yet.
async fn encrypted_stage() -> Stage {
    let mut stage = stage().await.unwrap();
    stage.encrypt(PASSPHRASE);
    stage
}

/// Ada joins with the official Python client, with a mark and a tone of her own.
async fn ada(stage: &Stage) -> Python {
    ada_with(stage, &[]).await
}

/// Ada with more arguments for `participant.py`.
async fn ada_with(stage: &Stage, more: &[&str]) -> Python {
    let (mark, tone) = (ADA_MARK.to_string(), ADA_TONE_HZ.to_string());
    let arguments = ["--passphrase", PASSPHRASE, "--mark", &mark, "--tone", &tone];
    Python::join_with(stage, "ada", &[&arguments, more].concat()).await
}

/// Grace joins with the official JavaScript client, by the meeting's link; with her identity.
async fn grace(stage: &Stage, parameters: &[(&str, &str)]) -> (Browser, String) {
    let browser = Browser::join(stage, GRACE, parameters);
    let_in(stage, GRACE).await;
    (browser, identity_of(stage, GRACE).await)
}

/// Eve joins with the official JavaScript client, by a link with another passphrase; with her identity.
async fn eve(stage: &Stage) -> (Browser, String) {
    let mut link = stage.meeting.clone();
    link.set_fragment(Some(ANOTHER));
    let browser = Browser::join_by(&link, EVE, &[]);
    let_in(stage, EVE).await;
    (browser, identity_of(stage, EVE).await)
}

/// What a guest in Chromium reported.
fn reports_of(stage: &Stage, name: &str) -> Vec<Report> {
    stage.server.guest_reports().into_iter().filter(|report| report.who == name).collect()
}

fn is_mark(event: &Event, sender: &str, mark: u8) -> bool {
    matches!(event, Event::Mark { from, id, .. } if from == sender && *id == mark)
}

fn is_tone(event: &Event, sender: &str, tone_hz: f64) -> bool {
    matches!(event, Event::Tone { from, hz } if from == sender && (hz - tone_hz).abs() < 20.0)
}

/// Whether it came of something that could be decrypted.
fn is_of(event: &Event, sender: &str) -> bool {
    match event {
        Event::FirstVideo { from, .. } | Event::FirstAudio { from } => from == sender,
        Event::Mark { from, .. } | Event::Tone { from, .. } | Event::Chat { from, .. } => from == sender,
        _ => false,
    }
}

/// Waits until each of these happened, whatever else does.
async fn until_all(what: &str, reports: impl Fn() -> Vec<Report>, wanted: &[&dyn Fn(&Event) -> bool]) {
    assert!(all_within(PATIENCE, &reports, wanted).await, "waited for {what}: {:#?}", reports());
}

/// Whether each of these happens in this time.
async fn all_within(limit: Duration, reports: impl Fn() -> Vec<Report>, wanted: &[&dyn Fn(&Event) -> bool]) -> bool {
    let started = Instant::now();
    loop {
        let reports = reports();
        let happened = |wanted: &&dyn Fn(&Event) -> bool| reports.iter().any(|report| wanted(&report.event));
        if wanted.iter().all(happened) {
            return true;
        }
        if started.elapsed() > limit {
            return false;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Ada and Grace see and hear each other, from now on.
async fn ada_and_grace_meet(stage: &Stage, ada: &Python, grace: &str) {
    ada.forget();
    let before = reports_of(stage, GRACE).len();
    let grace_seen = |e: &Event| is_mark(e, grace, GUEST_MARK);
    let grace_heard = |e: &Event| is_tone(e, grace, BROWSER_TONE_HZ);
    let at_ada = || {
        // Frames may reach the Python client's decoder before what decrypts them does. Of VP8 it says so; in H.264 it is
        // left waiting, without a word, for a key frame, which in a meeting comes with the next who joins.
        stage.server.ask_keyframes(&stage.livekit_room(), grace);
        ada.reports()
    };
    until_all("Ada to meet Grace", at_ada, &[&grace_seen, &grace_heard]).await;
    let ada_seen = |e: &Event| is_mark(e, "ada", ADA_MARK);
    let ada_heard = |e: &Event| is_tone(e, "ada", ADA_TONE_HZ);
    let since = || reports_of(stage, GRACE).split_off(before);
    until_all("Grace to meet Ada", since, &[&ada_seen, &ada_heard]).await;
}

/// Everything of a participant that passes through the server from now on is sealed.
async fn is_sealed(stage: &Stage, identity: &str) {
    for source in [Source::Camera, Source::Microphone] {
        let (room, started, mut frames) = (stage.livekit_room(), Instant::now(), 0);
        stage.server.tap(&room, identity, source);
        while frames < 20 {
            // Of a frame cut into packets, the last may have less than its trailer.
            let ends = |packet: &&Forwarded| packet.ends_frame && packet.payload.len() > 20;
            for packet in stage.server.tap(&room, identity, source).iter().filter(ends) {
                assert!(packet.ends_sealed(), "a clear frame of {identity}: {packet:?}");
                frames += 1;
            }
            assert!(started.elapsed() < PATIENCE, "only {frames} frames of {identity} passed through");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn guests_with_the_passphrase_see_hear_and_read_each_other_and_the_server_none_of_it() {
    let _alone = alone().await;
    let stage = encrypted_stage().await;
    let mut ada = ada(&stage).await;
    let (_browser, grace) = grace(&stage, &[("say", "Bonjour Ada")]).await;
    ada_and_grace_meet(&stage, &ada, &grace).await;
    for identity in ["ada", &grace] {
        is_sealed(&stage, identity).await;
    }
    let read = |e: &Event| matches!(e, Event::Chat { from, text } if *from == grace && text == "Bonjour Ada");
    ada.until_event("what Grace wrote", read).await;
    ada.say("chat Bonjour Grace").await;
    let read = |e: &Event| matches!(e, Event::Chat { from, text } if from == "ada" && text == "Bonjour Grace");
    browser_sees(&stage, "what Ada wrote", 0, read).await;

    // After the server's own silence what Ada says is decrypted again.
    let before = stage.server.guest_reports().len();
    for (command, is) in [("mute", true), ("unmute", false)] {
        ada.say(command).await;
        let muted = |e: &Event| matches!(e, Event::Muted { from, muted, .. } if from == "ada" && *muted == is);
        browser_sees(&stage, command, before, muted).await;
    }
    ada_and_grace_meet(&stage, &ada, &grace).await;
    // Grace's camera is closed: Ada takes the server's own picture for what it is, although it is not encrypted.
    assert!(stage.server.mute_track(&stage.livekit_room(), &grace, Source::Camera));
    ada.until_event("the blank picture", |e| matches!(e, Event::Blank { from } if *from == grace)).await;
    let summary = Summary::of(&reports_of(&stage, GRACE));
    assert_eq!(summary.encryption.get("ada"), Some(&true), "{summary:?}");
    assert_eq!((summary.encryption_errors, &summary.errors), (0, &Vec::new()), "{summary:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_with_another_passphrase_sees_and_hears_nothing() {
    let _alone = alone().await;
    let stage = encrypted_stage().await;
    let ada = ada(&stage).await;
    let (_eve_browser, eve) = eve(&stage).await;
    let (_browser, grace) = grace(&stage, &[("say", "Bonjour Ada")]).await;
    ada_and_grace_meet(&stage, &ada, &grace).await;
    // Eve is sent everything, and fails at it.
    let fails = |sender: &'static str, who: &str| {
        let who = who.to_owned();
        let failed = move |e: &Event| matches!(e, Event::EncryptionError { from, .. } if *from == who);
        (sender, failed)
    };
    for (sender, failed) in [fails(EVE, "ada"), fails(EVE, &grace), fails(GRACE, &eve)] {
        until_all(&format!("{sender} to fail"), || reports_of(&stage, sender), &[&failed]).await;
    }
    let receives = |identity: &str| {
        let people = stage.server.participants(&stage.livekit_room());
        people.into_iter().find(|p| p.identity == identity).map(|p| (p.active, p.receives))
    };
    for identity in ["ada", &grace, &eve] {
        assert_eq!(receives(identity), Some((true, 4)), "{identity} is sent all pictures and sounds of the others");
    }
    // What the others have of each other goes on meanwhile.
    ada_and_grace_meet(&stage, &ada, &grace).await;
    for sender in ["ada", &grace] {
        let of_them = |r: &Report| is_of(&r.event, sender);
        assert!(!reports_of(&stage, EVE).iter().any(of_them), "Eve has something of {sender}");
    }
    assert!(!reports_of(&stage, GRACE).iter().any(|r| is_of(&r.event, &eve)), "Grace has something of Eve");
    let connected = |name: &str| Summary::of(&reports_of(&stage, name)).connected;
    assert!(connected(EVE) && connected(GRACE));
    assert!(!ada.reports().iter().any(|r| is_of(&r.event, &eve)), "Ada has something of Eve");
}

#[tokio::test(flavor = "multi_thread")]
async fn pictures_in_every_codec_are_decrypted_both_ways() {
    let _alone = alone().await;
    let stage = encrypted_stage().await;
    for codec in ["h264", "vp9"] {
        let mut ada = ada_with(&stage, &["--codec", codec]).await;
        let (browser, grace) = grace(&stage, &[("codec", codec)]).await;
        ada_and_grace_meet(&stage, &ada, &grace).await;
        for identity in ["ada", &grace] {
            is_sealed(&stage, identity).await;
        }
        let people = stage.server.participants(&stage.livekit_room());
        let mut cameras = people.iter().flat_map(|p| &p.tracks).filter(|t| t.source == Source::Camera);
        assert!(cameras.all(|t| t.mime_type.eq_ignore_ascii_case(&format!("video/{codec}"))), "{people:?}");
        drop(browser);
        ada.say("leave").await;
        assert!(stage.server.delete_room(&stage.livekit_room()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_and_a_platform_that_are_not_of_one_mind_lead_nowhere() {
    let _alone = alone().await;
    let stage = encrypted_stage().await;
    let failed = |name: &'static str| move |r: &Report| r.who == name && matches!(r.event, Event::Error { .. });
    let fails = async |name: &'static str| {
        let started = Instant::now();
        while !stage.server.guest_reports().iter().any(failed(name)) {
            assert!(started.elapsed() < PATIENCE, "{name} waits: {:?}", stage.server.guest_reports());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let mut without = stage.meeting.clone();
    without.set_fragment(None);
    let browser = Browser::join_by(&without, "without", &[]);
    fails("without").await;
    drop(browser);
    stage.server.platform().set_encryption(SLUG, EncryptionMode::None);
    let _browser = Browser::join(&stage, "with", &[]);
    fails("with").await;
    assert!(stage.server.participants(&stage.livekit_room()).is_empty());
    assert!(stage.server.platform().waiting(SLUG).is_empty(), "nobody even asked to come in");
}

/// The room joins by the meeting's link and is let in; with its identity.
async fn room(stage: &Stage, codec: &str) -> (Room, String) {
    let options = Options { video_codec: codec.into(), ..Options::default() };
    let room = Room::start_with(&stage.meeting, &options).await.unwrap();
    room.find_and_touch("join").await.unwrap();
    let_in(stage, ROOM).await;
    at(&room, "in-call").await;
    (room, identity_of(stage, ROOM).await)
}

/// Ada joins, and sees and hears the room.
async fn ada_meets_the_room(stage: &Stage, me: &str, arguments: &[&str]) -> Python {
    let seen = |e: &Event| is_mark(e, me, ROOM_MARK);
    let heard = |e: &Event| is_tone(e, me, ROOM_TONE_HZ);
    for last in [false, false, false, true] {
        let ada = ada_with(stage, arguments).await;
        let limit = if last { PATIENCE } else { SOON };
        if all_within(limit, || ada.reports(), &[&seen, &heard]).await {
            return ada;
        }
        // A native decoder that was given frames before there was a key for them may wait for ever (the Python client): who
        // sees nothing comes again.
        assert!(!last, "Ada does not meet the room: {:?}", ada.reports());
    }
    unreachable!("the last time it is met, or not")
}

/// The room shows somebody's picture and plays their tone.
async fn room_meets(room: &Room, mark: u8, tone_hz: f64) {
    let started = Instant::now();
    loop {
        let mut marks = Vec::new();
        for tile in room.state().await.unwrap().tiles.iter().filter(|tile| tile.who != "own") {
            marks.extend(room.mark_of(tile).await.unwrap());
        }
        let share = demo::tone::share(&room.loudspeaker().await.unwrap(), tone_hz);
        if marks.contains(&mark) && share > 0.5 {
            return;
        }
        assert!(started.elapsed() < PATIENCE, "the room has marks {marks:?} and {share} of {tone_hz} Hz");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_room_and_official_clients_see_and_hear_each_other_encrypted_in_every_codec() {
    let _alone = alone().await;
    let stage = encrypted_stage().await;
    for (ours, theirs) in [("vp8", "vp8"), ("h264", "h264"), ("auto", "vp9")] {
        let (room, me) = room(&stage, ours).await;
        let seen = |e: &Event| is_mark(e, &me, ROOM_MARK);
        let heard = |e: &Event| is_tone(e, &me, ROOM_TONE_HZ);
        let mut ada = ada_meets_the_room(&stage, &me, &["--codec", theirs]).await;
        room_meets(&room, ADA_MARK, ADA_TONE_HZ).await;
        ada.say("leave").await;
        drop(ada);

        let before = stage.server.guest_reports().len();
        let (_browser, _) = grace(&stage, &[("codec", theirs), ("say", "Bonjour la salle")]).await;
        let at_grace = || stage.server.guest_reports().split_off(before);
        until_all("Grace to meet the room", at_grace, &[&seen, &heard]).await;
        room_meets(&room, GUEST_MARK, BROWSER_TONE_HZ).await;
        is_sealed(&stage, &me).await;
        let errors = stage.server.guest_reports().split_off(before);
        let errors: Vec<_> = errors.iter().filter(|r| matches!(r.event, Event::EncryptionError { .. })).collect();
        // Browsers hand out incomplete frames of H.264 (WebRTC issue 7106), which then do not open.
        assert!(errors.is_empty() || ours == "h264", "{ours} of {me}: {errors:?}");
        if !errors.is_empty() {
            eprintln!("ERRS {ours} {errors:?}");
        }
        keep(&room, "panel", &format!("encrypted-{ours}-{theirs}")).await;
        drop(room);
        assert!(stage.server.delete_room(&stage.livekit_room()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_room_hears_and_shows_nothing_of_who_has_another_key_and_says_so() {
    let _alone = alone().await;
    let stage = encrypted_stage().await;
    let (room, me) = room(&stage, "auto").await;
    let (_browser, _) = eve(&stage).await;
    let struck = |s: &demo::room::State| s.tiles.iter().any(|tile| tile.who == "remote" && tile.unreadable);
    room.wait("the mark beside Eve", PATIENCE, struck).await.unwrap();
    keep(&room, "display", "another-key-display").await;
    keep(&room, "panel", "another-key").await;
    // A meeting that goes on: who has the key is met.
    let _ada = ada_meets_the_room(&stage, &me, &[]).await;
    room_meets(&room, ADA_MARK, ADA_TONE_HZ).await;
    assert!(!reports_of(&stage, EVE).iter().any(|r| is_of(&r.event, &me)), "Eve has something of the room");
    for tile in room.state().await.unwrap().tiles.iter().filter(|tile| tile.unreadable) {
        assert_eq!(room.mark_of(tile).await.unwrap(), None);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_whose_link_and_meeting_are_not_of_one_mind_stays_outside_and_says_why() {
    let _alone = alone().await;
    for (link, mode, why) in
        [(Some(PASSPHRASE), EncryptionMode::None, "KeyUnexpected"), (None, EncryptionMode::Basic, "KeyMissing")]
    {
        let mut stage = encrypted_stage().await;
        stage.meeting.set_fragment(link);
        stage.server.platform().set_encryption(SLUG, mode);
        let room = Room::start(&stage.meeting, &stage.meeting, "fr").await.unwrap();
        room.find_and_touch("join").await.unwrap();
        let_in(&stage, ROOM).await;
        let state = room.wait("the reason", SOON, |s| s.screen == "failed").await.unwrap();
        assert_eq!(state.failure.as_deref(), Some(why));
        keep(&room, "panel", why).await;
        assert!(stage.server.participants(&stage.livekit_room()).iter().all(|p| p.name != ROOM || !p.active));
    }
}
