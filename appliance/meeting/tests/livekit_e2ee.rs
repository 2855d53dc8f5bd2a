//! End-to-end encrypted meetings in whole sessions against a small server, on a stepped clock.

mod support;

use std::time::Duration;

use livekit_protocol as lk;
use lk::data_packet::Value;
use lk::signal_response::Message as Res;
use meeting::e2ee::{Key, Opener, Profile, Sealer, Secret};
use meeting::io::*;
use meeting::livekit::{Config, Paths};
use prost::Message;
use support::{World, config, dual_config, vp8};

const SECOND: Duration = Duration::from_secs(1);
const ENCRYPTED: &str = r#"{"encryption_mode":"basic"}"#;
const CLEAR: &str = r#"{"encryption_mode":"none"}"#;

fn secret(bytes: &[u8]) -> Secret {
    // Raw bytes: a passphrase takes long to derive from, where nothing is optimised.
    Secret::Bytes(bytes.to_vec().into())
}

fn key(bytes: &[u8]) -> Key {
    Key::from_bytes(bytes, &Profile::SHARED)
}

fn encrypted(config: Config) -> Config {
    Config { secret: Some(secret(b"ours")), encryption_stated: true, ..config }
}

/// A world whose anna encrypts with this, and a room that says so.
fn world(config: Config, metadata: &str, anna: Option<&[u8]>, prepare: impl FnOnce(&mut World)) -> World {
    World::prepared(config, Paths::All, |world| {
        world.metadata = metadata.into();
        world.anna_seals = anna.map(|bytes| Sealer::new(key(bytes), 0));
        world.anna_says_encrypted = anna.is_some();
        prepare(world);
    })
}

fn joined(mut world: World) -> World {
    assert!(world.run_until(5 * SECOND, |w| w.has(|e| matches!(e, Event::Joined { .. }))), "{:?}", world.events);
    world
}

/// How anna is shown, at the end.
fn anna(world: &World) -> Option<Unreadable> {
    let told = world.events.iter().rev().find_map(|(_, event)| match event {
        Event::Participants(people) => Some(people[0].unreadable),
        _ => None,
    });
    told.expect("anna is there")
}

/// Shows anna's camera for a while.
fn listen(world: &mut World) {
    let track = TrackId("TR_anna_cam".into());
    world.command(Command::Show(vec![Shown { track, width_px: 640, height_px: 360, fps: 30 }]));
    world.run(3 * SECOND);
}

#[test]
fn what_we_send_is_sealed_and_what_others_send_is_opened_in_both_shapes_of_the_protocol() {
    for dual in [false, true] {
        let config = encrypted(if dual { dual_config() } else { config() });
        let mut world = joined(world(config, ENCRYPTED, Some(b"ours"), |w| w.faults.no_v1 = dual));
        assert_eq!(world.dual, dual);
        assert!(world.has(|e| matches!(e, Event::Joined { encrypted: true, .. })));
        assert_eq!(world.asked.len(), 2);
        assert!(world.asked.iter().all(|t| t.encryption == lk::encryption::Type::Gcm as i32 && t.disable_red));
        listen(&mut world);
        let pictures = world.frames.iter().filter(|f| f.kind == Kind::Video).count();
        assert!(pictures > 20, "{pictures}");
        for frame in &world.frames {
            let number = *frame.data.last().unwrap();
            let sent = if frame.kind == Kind::Audio { vec![number; 60] } else { vp8(number, number % 50 == 0) };
            // Which pictures are key frames is counted in more than a byte.
            assert!(
                frame.data == sent || frame.data[10..] == vp8(number, true)[10..] || frame.data == vp8(number, false)
            );
        }
        assert_eq!(anna(&world), None);

        for _ in 0..10 {
            world.send_frame(Source::Microphone, None, 77);
            world.send_frame(Source::Camera, Some(Layer::Low), 88);
            world.run(Duration::from_millis(40));
        }
        assert!(!world.media.is_empty());
        let mut opener = Opener::new(Profile::SHARED, [(0, key(b"ours"))]);
        let mut kinds = [0, 0];
        for media in &world.media {
            let is_sound = media.data.len() < 1000;
            let (codec, plain) = if is_sound { (Codec::Opus, vec![77; 80]) } else { (Codec::Vp8, vp8(88, true)) };
            assert!(!media.data.windows(8).any(|w| w == [77; 8] || w == [88; 8]), "nothing goes out in clear");
            assert_eq!(opener.open(codec, true, &media.data).as_ref(), Ok(&plain));
            kinds[usize::from(is_sound)] += 1;
        }
        assert!(kinds.iter().all(|count| *count > 5), "{kinds:?}");
        assert!(!world.offered.contains("red/48000"), "nothing repeats what it cannot read");
    }
}

#[test]
fn chat_is_sealed_and_nothing_clear_is_believed_but_that_somebody_is_at_the_door() {
    let mut world = joined(world(encrypted(config()), ENCRYPTED, Some(b"ours"), |_| {}));
    world.run(SECOND);
    world.command(Command::SendChat("Bonjour à tous".into()));
    world.command(Command::SendReaction("thumbs-up".into()));
    world.run(SECOND);
    assert!(!world.data.is_empty());
    for packet in &world.data {
        assert!(matches!(packet.value, Some(Value::EncryptedPacket(_))), "{packet:?}");
        assert!(!packet.encode_to_vec().windows(7).any(|w| w == b"Bonjour"));
    }

    let chat = |text: &str| lk::ChatMessage { id: text.into(), message: text.into(), ..Default::default() };
    let seal = |bytes: &[u8], text: &str| {
        let content = lk::encrypted_packet_payload::Value::ChatMessage(chat(text));
        let content = lk::EncryptedPacketPayload { value: Some(content) }.encode_to_vec();
        let sealed = Sealer::new(key(bytes), 0).seal_data(1, &content).unwrap();
        Value::EncryptedPacket(lk::EncryptedPacket {
            encryption_type: 1,
            iv: sealed.iv,
            key_index: sealed.index,
            encrypted_value: sealed.bytes,
        })
    };
    world.send_data(seal(b"ours", "sealed"));
    world.send_data(seal(b"theirs", "of another"));
    world.send_data(Value::ChatMessage(chat("clear")));
    let user = |json: &str| Value::User(lk::UserPacket { payload: json.into(), ..Default::default() });
    world.send_data(user(r#"{"type":"reactionReceived","data":{"emoji":"heart"}}"#));
    let said = lk::TranscriptionSegment { id: "1".into(), text: "I resign".into(), ..Default::default() };
    world.send_data(Value::Transcription(lk::Transcription { segments: vec![said], ..Default::default() }));
    world.send_data(user(r#"{"type":"participantWaiting"}"#));
    world.run(SECOND);
    let heard = world.events.iter().filter_map(|(_, e)| match e {
        Event::Chat { text, .. } => Some(text.as_str()),
        Event::Reaction { .. } | Event::Caption { .. } | Event::Data { .. } => Some("something else"),
        _ => None,
    });
    assert_eq!(heard.collect::<Vec<_>>(), ["sealed"]);
    assert!(world.has(|e| *e == Event::SomebodyWaiting));
}

#[test]
fn whoever_has_another_key_or_none_is_neither_heard_nor_seen_and_that_is_said() {
    for (config, metadata, seals, says, why) in [
        (encrypted(config()), ENCRYPTED, Some(b"theirs".as_slice()), true, Unreadable::OtherKey),
        (encrypted(config()), ENCRYPTED, None, false, Unreadable::NotEncrypted),
        // Whatever the server calls it.
        (encrypted(config()), ENCRYPTED, None, true, Unreadable::OtherKey),
        (config(), CLEAR, Some(b"theirs".as_slice()), true, Unreadable::Encrypted),
    ] {
        let mut world = joined(world(config, metadata, seals, |w| w.anna_says_encrypted = says));
        listen(&mut world);
        assert_eq!(world.frames.len(), 0, "{why:?}");
        assert_eq!(anna(&world), Some(why));
        // She has the right key at last.
        if world.metadata == ENCRYPTED {
            world.anna_seals = Some(Sealer::new(key(b"ours"), 0));
            world.run(3 * SECOND);
            let first = world.frames.iter().find(|f| f.kind == Kind::Video).expect("pictures");
            assert!(!first.contiguous, "the decoder asks for a key frame");
            assert_eq!(anna(&world), None);
        }
    }
}

#[test]
fn after_a_resume_and_in_a_new_session_everything_is_sealed_as_before() {
    let mut world = joined(world(encrypted(config()), ENCRYPTED, Some(b"ours"), |w| w.mark = b"mark".to_vec()));
    for restarts in [false, true] {
        world.events.clear();
        if restarts {
            // The room is made anew, and does not say yet what it is.
            world.metadata.clear();
            world.restart_server();
        } else {
            world.cut();
        }
        assert!(world.run_until(90 * SECOND, |w| w.has(|e| *e == Event::Reconnected)), "{:?}", world.events);
        listen(&mut world);
        world.frames.clear();
        world.media.clear();
        for _ in 0..10 {
            world.send_frame(Source::Microphone, None, 77);
            world.send_frame(Source::Camera, Some(Layer::Low), 88);
            world.run(Duration::from_millis(40));
        }
        assert!(world.frames.len() > 10, "others are heard and seen again");
        assert!(world.media.len() > 10, "and so are we");
        let mut opener = Opener::new(Profile::SHARED, [(0, key(b"ours"))]);
        for media in &world.media {
            let codec = if media.data.len() < 1000 { Codec::Opus } else { Codec::Vp8 };
            assert!(opener.open(codec, true, &media.data).is_ok());
        }
        assert!(world.asked.iter().all(|t| t.encryption == lk::encryption::Type::Gcm as i32));
    }
}

#[test]
fn blank_frames_of_the_server_are_let_through_and_nothing_else_of_it() {
    /// Opus, silence, as LiveKit's server sends it.
    const SILENCE: [u8; 3] = [0xf8, 0xff, 0xfe];
    let silence = [SILENCE.as_slice(), &[0; 77]].concat();
    let with_mark = |frame: &[u8]| [frame, b"mark"].concat();
    let mut world = joined(world(encrypted(config()), ENCRYPTED, Some(b"ours"), |w| w.mark = b"mark".to_vec()));
    world.instead_of_anna = Some(with_mark(b"something else"));
    world.run(Duration::from_millis(100));
    world.frames.clear();
    world.run(SECOND);
    let heard = |world: &World| world.frames.iter().filter(|f| f.kind == Kind::Audio).cloned().collect::<Vec<_>>();
    assert_eq!(heard(&world).len(), 0);
    world.instead_of_anna = Some(with_mark(&silence));
    world.run(SECOND);
    assert!(heard(&world).len() > 20 && heard(&world).iter().all(|f| f.data == silence));
    // As if there were no mark.
    world.instead_of_anna = Some(silence);
    world.run(Duration::from_millis(100));
    world.frames.clear();
    world.run(SECOND);
    assert_eq!(heard(&world).len(), 0);
}

#[test]
fn a_meeting_that_turns_out_to_be_encrypted_is_left_by_who_has_no_key() {
    for moves in [false, true] {
        let mut world = joined(world(config(), CLEAR, None, |_| {}));
        let room = lk::Room { metadata: ENCRYPTED.into(), ..Default::default() };
        if moves {
            // With others in it: there would be something to tell.
            let me = lk::ParticipantInfo { sid: "PA_there".into(), identity: "room".into(), ..Default::default() };
            let bert = lk::ParticipantInfo { sid: "PA_bert".into(), identity: "bert".into(), ..Default::default() };
            world.signal(Res::RoomMoved(lk::RoomMovedResponse {
                room: Some(room),
                participant: Some(me),
                other_participants: vec![bert],
                ..Default::default()
            }));
        } else {
            world.signal(Res::RoomUpdate(lk::RoomUpdate { room: Some(room) }));
        }
        assert!(world.run_until(SECOND, |w| w.ended().is_some()), "{:?}", world.events);
        assert_eq!(world.ended(), Some(&End::KeyMissing));
        world.run(SECOND);
        let last = world.events.last().map(|(_, event)| event);
        assert_eq!(last, Some(&Event::Ended(End::KeyMissing)), "nothing comes after it");
    }
}

#[test]
fn what_is_shared_is_sealed_like_everything_else() {
    let mut world = joined(world(encrypted(config()), ENCRYPTED, Some(b"ours"), |_| {}));
    world.command(Command::Share(Some(Share { size: (1920, 1080), audio: true })));
    assert!(world.run_until(5 * SECOND, |w| w.has(|e| *e == Event::Sharing { live: true })), "{:?}", world.events);
    world.media.clear();
    for _ in 0..20 {
        world.send_frame(Source::ScreenShare, Some(Layer::High), 33);
        world.send_frame(Source::ScreenShareAudio, None, 44);
        world.run(Duration::from_millis(40));
    }
    let mut opener = Opener::new(Profile::SHARED, [(0, key(b"ours"))]);
    let opened: Vec<_> = world.media.iter().filter_map(|m| opener.open(Codec::Opus, true, &m.data).ok()).collect();
    assert!(opened.iter().any(|frame| *frame == [44; 80]), "the sound of it");
    let opened: Vec<_> = world.media.iter().filter_map(|m| opener.open(Codec::Vp8, true, &m.data).ok()).collect();
    assert!(opened.iter().any(|frame| *frame == vp8(33, true)), "the pictures of it");
    assert!(!world.media.iter().any(|m| m.data.windows(8).any(|w| w == [33; 8] || w == [44; 8])));
}

#[test]
fn clear_packets_leave_what_is_sealed_alone() {
    let mut world = joined(world(encrypted(config()), ENCRYPTED, Some(b"ours"), |_| {}));
    world.run(SECOND);
    let sealed = |content: lk::encrypted_packet_payload::Value| {
        let content = lk::EncryptedPacketPayload { value: Some(content) }.encode_to_vec();
        let sealed = Sealer::new(key(b"ours"), 0).seal_data(1, &content).unwrap();
        let (iv, key_index, encrypted_value) = (sealed.iv, sealed.index, sealed.bytes);
        Value::EncryptedPacket(lk::EncryptedPacket { iv, key_index, encrypted_value, ..Default::default() })
    };
    let header = |id: &str| lk::data_stream::Header {
        stream_id: id.into(),
        topic: "lk.chat".into(),
        content_header: Some(lk::data_stream::header::ContentHeader::TextHeader(Default::default())),
        ..Default::default()
    };
    let chunk = |text: &str, chunk_index| lk::data_stream::Chunk {
        stream_id: "s".into(),
        chunk_index,
        content: text.into(),
        ..Default::default()
    };
    use lk::encrypted_packet_payload::Value as Content;
    world.send_data(sealed(Content::StreamHeader(header("s"))));
    // Streams enough to push it out, and a piece of it.
    for n in 0..40 {
        world.send_data(Value::StreamHeader(header(&n.to_string())));
    }
    world.send_data(Value::StreamChunk(chunk("mal", 0)));
    world.send_data(sealed(Content::StreamChunk(chunk("bon", 0))));
    let trailer = lk::data_stream::Trailer { stream_id: "s".into(), ..Default::default() };
    world.send_data(sealed(Content::StreamTrailer(trailer)));
    world.run(SECOND);
    assert!(world.has(|e| matches!(e, Event::Chat { text, .. } if text == "bon")), "{:?}", world.events);
}

#[test]
fn link_and_room_must_agree_or_nobody_is_joined_and_nothing_is_sent() {
    let stated =
        |secret: bool| Config { secret: secret.then(|| self::secret(b"ours")), encryption_stated: true, ..config() };
    for (config, metadata, end) in [
        (stated(false), ENCRYPTED, End::KeyMissing),
        (stated(true), CLEAR, End::KeyUnexpected),
        (stated(true), "", End::KeyUnexpected),
        (config(), ENCRYPTED, End::KeyMissing),
    ] {
        let mut world = world(config, metadata, None, |_| {});
        let insist = |world: &mut World| {
            world.send_frame(Source::Microphone, None, 77);
            world.send_frame(Source::Camera, Some(Layer::Low), 88);
            world.command(Command::SendChat("Bonjour".into()));
            world.ended().is_some()
        };
        assert!(world.run_until(5 * SECOND, insist), "{:?}", world.events);
        world.run(SECOND);
        assert_eq!(world.ended(), Some(&end), "{metadata}");
        assert!(!world.has(|e| matches!(e, Event::Joined { .. })));
        assert_eq!((world.media.len(), world.data.len()), (0, 0));
    }
    // A server that says nothing of it, and a secret from elsewhere.
    let config = Config { encryption_stated: false, ..stated(true) };
    joined(world(config, "", Some(b"ours"), |_| {}));
}
