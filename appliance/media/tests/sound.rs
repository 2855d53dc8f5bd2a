//! What the engine promises about sound, with a real codec and in real time.

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use common::*;
use hal::{AudioSink, AudioSource};
use media::{Codec, EngineConfig, Kind, MediaEvent, ReceivedFrame};

const SECOND: usize = 48_000;

fn with_microphone(tone: &Arc<BurstTone>) -> EngineConfig {
    EngineConfig { microphone: Some(tone.source()), ..config() }
}

fn with_loudspeaker(recorder: &Arc<Recorder>) -> EngineConfig {
    EngineConfig { loudspeaker: Some(recorder.sink()), ..config() }
}

fn is_sound(event: &MediaEvent) -> bool {
    matches!(event, MediaEvent::EncodedAudio { .. })
}

/// A room that hears `tone` and sends it to the track `name` of `listener`, losing one packet in `loss`.
fn speaker(tone: &Arc<BurstTone>, listener: &Arc<Room>, name: &str, loss: u32) -> Room {
    listener.engine.add_track(track(name), Kind::Audio);
    let (receiver, key, number) = (listener.clone(), track(name), AtomicU32::new(0));
    let room = Room::start_telling(with_microphone(tone), move |event| {
        if let Some(frame) = received(event, &key, None) {
            let number = number.fetch_add(1, Ordering::AcqRel);
            if loss == 0 || number % loss != loss - 1 {
                receiver.engine.push_frame(frame);
            }
        }
    });
    room.engine.set_microphone(true);
    room
}

#[test]
fn a_tone_arrives_with_its_frequency() {
    let recorder = Arc::new(Recorder::default());
    let listener = Arc::new(Room::start(with_loudspeaker(&recorder)));
    let tone = BurstTone::new(440.0, 0.5);
    let _speaker = speaker(&tone, &listener, "voice", 0);
    listener.wait_for("the first sound is told", |event| matches!(event, MediaEvent::FirstAudio));
    eventually("the tone is heard", || {
        let heard = recorder.newest(SECOND);
        decibels(&heard) > -30.0 && share_at(&heard, 440.0) > 0.8
    });
    assert!(share_at(&recorder.newest(SECOND), 620.0) < 0.1);
    listener
        .wait_for("the level is told", |event| matches!(event, MediaEvent::LoudspeakerLevel(level) if *level > 0.01));
    assert_eq!(listener.count(|event| matches!(event, MediaEvent::FirstAudio)), 1);
}

#[test]
fn two_voices_are_mixed_and_one_that_leaves_does_not_take_the_other_along() {
    let recorder = Arc::new(Recorder::default());
    let listener = Arc::new(Room::start(with_loudspeaker(&recorder)));
    let (low, high) = (BurstTone::new(400.0, 0.4), BurstTone::new(1000.0, 0.4));
    let _first = speaker(&low, &listener, "first", 0);
    let _second = speaker(&high, &listener, "second", 0);
    eventually("both are heard", || {
        let heard = recorder.newest(SECOND);
        share_at(&heard, 400.0) > 0.2 && share_at(&heard, 1000.0) > 0.2
    });
    listener.engine.remove_track(&track("second"));
    for number in 0..20 {
        listener.engine.add_track(track(&format!("silent {number}")), Kind::Audio);
    }
    eventually("one is left", || {
        let heard = recorder.newest(SECOND);
        share_at(&heard, 400.0) > 0.8 && share_at(&heard, 1000.0) < 0.02
    });
}

#[test]
fn the_loudspeaker_gets_sound_all_the_time_at_the_right_speed() {
    let recorder = Arc::new(Recorder::default());
    let room = Room::start(with_loudspeaker(&recorder));
    eventually("it starts", || recorder.length() > 0);
    let (start, before) = (Instant::now(), recorder.length());
    eventually("two seconds", || start.elapsed() > Duration::from_secs(2));
    let (played, elapsed) = (recorder.length() - before, start.elapsed());
    let seconds = played as f64 / SECOND as f64;
    // A late thread catches up within 300 ms.
    assert!((seconds - elapsed.as_secs_f64()).abs() < 0.35, "{seconds} s of sound in {elapsed:?}");
    assert!(recorder.newest(SECOND).iter().all(|sample| *sample == 0), "nobody speaks, so it is silence");
    drop(room);
    let after = recorder.length();
    std::thread::sleep(Duration::from_millis(50));
    assert_eq!(recorder.length(), after, "nothing is played after the engine is gone");
}

#[test]
fn a_closed_microphone_lets_nothing_out() {
    let tone = BurstTone::new(440.0, 0.5);
    let room = Room::start(with_microphone(&tone));
    let ticks = |count| {
        let start = room.engine.counters().audio_ticks;
        eventually("time goes on", || room.engine.counters().audio_ticks > start + count);
    };
    room.wait_for("it listens", |event| matches!(event, MediaEvent::MicrophoneLevel { level, .. } if *level > 0.01));
    assert_eq!(room.count(is_sound), 0, "closed at first");
    room.engine.set_microphone(true);
    eventually("open", || room.count(is_sound) > 20);
    room.engine.set_microphone(false);
    ticks(2);
    room.forget();
    ticks(50);
    assert_eq!(room.count(is_sound), 0, "closed again");
    room.engine.set_microphone(true);
    room.wait_for("open again", is_sound);
}

#[test]
fn packets_are_twenty_milliseconds_and_say_how_loud_they_are() {
    let tone = BurstTone::new(440.0, 0.5);
    let room = Room::start(with_microphone(&tone));
    room.engine.set_microphone(true);
    eventually("three seconds", || room.count(is_sound) >= 150);
    let packets = room.all(|event| match event {
        MediaEvent::EncodedAudio { media_time, level_dbov, data, .. } => Some((*media_time, *level_dbov, data.len())),
        _ => None,
    });
    // A busy machine may skip some; none may come twice or too early.
    for pair in packets.windows(2) {
        let step = pair[1].0 - pair[0].0;
        assert!(step >= Duration::from_micros(19_900), "{step:?}");
    }
    let even = packets.windows(2).filter(|pair| pair[1].0 - pair[0].0 < Duration::from_micros(20_100)).count();
    assert!(even > 140, "{even} of {} steps are 20 ms", packets.len());
    let settled = &packets[100..];
    assert!(settled.iter().any(|(_, level, _)| *level < 20), "loud in a burst: {settled:?}");
    assert!(settled.iter().any(|(_, level, _)| *level > 25), "silent between bursts");
    let bytes: usize = settled.iter().map(|(_, _, length)| length).sum();
    let bitrate = bytes * 8 * 50 / settled.len();
    assert!((8_000..60_000).contains(&bitrate), "{bitrate} bits per second");
}

#[test]
fn lost_packets_are_concealed() {
    let recorder = Arc::new(Recorder::default());
    let listener = Arc::new(Room::start(with_loudspeaker(&recorder)));
    let tone = BurstTone::new(440.0, 0.5);
    let _speaker = speaker(&tone, &listener, "voice", 10);
    eventually("sound is invented", || listener.engine.counters().concealed > 10);
    eventually("the tone is heard all the same", || {
        let heard = recorder.newest(SECOND);
        decibels(&heard) > -30.0 && share_at(&heard, 440.0) > 0.7
    });
}

#[test]
fn the_volume_is_obeyed() {
    let recorder = Arc::new(Recorder::default());
    let listener = Arc::new(Room::start(with_loudspeaker(&recorder)));
    let tone = BurstTone::new(440.0, 0.5);
    let _speaker = speaker(&tone, &listener, "voice", 0);
    eventually("loud", || decibels(&recorder.newest(SECOND)) > -25.0);
    listener.engine.set_volume(10);
    eventually("soft", || (-60.0..-30.0).contains(&decibels(&recorder.newest(SECOND))));
    listener.engine.set_volume(0);
    eventually("silent", || recorder.newest(SECOND / 2).iter().all(|sample| *sample == 0));
}

/// What a far room hears of `near`'s microphone.
fn heard_far(near: EngineConfig, far_tone: Option<&Arc<BurstTone>>) -> (Vec<i16>, Room) {
    let recorder = Arc::new(Recorder::default());
    let far = Arc::new(Room::start(with_loudspeaker(&recorder)));
    far.engine.add_track(track("near"), Kind::Audio);
    let receiver = far.clone();
    let near = Arc::new(Room::start_telling(near, move |event| {
        if let Some(frame) = received(event, &track("near"), None) {
            receiver.engine.push_frame(frame);
        }
    }));
    near.engine.set_microphone(true);
    let voice = far_tone.map(|tone| speaker(tone, &near, "far", 0));
    let mixed = far.engine.counters().audio_ticks;
    // Eight seconds to converge and fill what is measured.
    eventually("it converges", || far.engine.counters().audio_ticks > mixed + 800);
    drop(voice);
    let near = Arc::into_inner(near).expect("the speaker is gone");
    (recorder.newest(SECOND * 2), near)
}

#[test]
fn the_loudspeaker_is_taken_out_of_the_microphone() {
    let echo = EchoRoom::new(Duration::from_millis(30), 0.5);
    let near = EngineConfig {
        microphone: Some(AudioSource::Samples(echo.clone())),
        loudspeaker: Some(AudioSink::Samples(echo.clone())),
        ..config()
    };
    let tone = BurstTone::new(500.0, 0.5);
    let (sent, near) = heard_far(near, Some(&tone));
    let leaked = decibels(&echo.newest_heard(SECOND * 3));
    assert!(leaked > -35.0, "the microphone hears the loudspeaker at {leaked:.0} dB");
    let left = decibels(&sent);
    assert!(leaked - left >= 15.0, "{leaked:.0} dB of echo, {left:.0} dB of it left");
    drop(near);

    // The same sound from somebody in the room is let through.
    let (sent, near) = heard_far(with_microphone(&BurstTone::new(500.0, 0.25)), None);
    let own = decibels(&sent);
    assert_eq!(near.engine.counters().howls, 0, "a tone in bursts is no howl");
    assert!(own > leaked - 6.0, "a voice in the room is sent at {own:.0} dB");
}

#[test]
fn devices_that_are_pulled_out_are_told_once_and_others_take_over() {
    let tone = BurstTone::new(440.0, 0.5);
    let recorder = Arc::new(Recorder::default());
    let room = Room::start(EngineConfig { loudspeaker: Some(recorder.sink()), ..with_microphone(&tone) });
    room.engine.set_microphone(true);
    room.wait_for("sound", is_sound);
    let lost_microphone = |event: &MediaEvent| matches!(event, MediaEvent::MicrophoneLost(0));
    let lost_loudspeaker = |event: &MediaEvent| matches!(event, MediaEvent::LoudspeakerLost);

    tone.unplugged.store(true, Ordering::Release);
    room.wait_for("the microphone is missed", lost_microphone);
    let before = recorder.length();
    eventually("the loudspeaker goes on", || recorder.length() > before + SECOND / 2);
    room.engine.replace_microphone(0, Some(BurstTone::new(440.0, 0.5).source()));
    room.forget();
    eventually("another microphone", || room.count(is_sound) > 10);

    recorder.unplugged.store(true, Ordering::Release);
    room.wait_for("the loudspeaker is missed", lost_loudspeaker);
    let other = Arc::new(Recorder::default());
    room.engine.replace_loudspeaker(Some(other.sink()));
    eventually("another loudspeaker", || other.length() > SECOND / 2);
    assert_eq!((room.count(lost_microphone), room.count(lost_loudspeaker)), (0, 1));
}

#[test]
fn garbage_on_one_track_leaves_the_others_alone() {
    let recorder = Arc::new(Recorder::default());
    let listener = Arc::new(Room::start(with_loudspeaker(&recorder)));
    listener.engine.add_track(track("bad"), Kind::Audio);
    let tone = BurstTone::new(440.0, 0.5);
    let _speaker = speaker(&tone, &listener, "good", 0);
    eventually("the good track is heard", || share_at(&recorder.newest(SECOND), 440.0) > 0.8);
    let mut seed = 3_u64;
    for number in 0..100_u32 {
        let mut data = Vec::new();
        for _ in 0..number % 60 {
            seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            data.push((seed >> 56) as u8);
        }
        listener.engine.push_frame(ReceivedFrame {
            track: track("bad"),
            kind: Kind::Audio,
            codec: if number % 10 == 9 { Codec::Vp8 } else { Codec::Opus },
            media_time: Duration::from_millis(20) * number,
            sender_time: None,
            arrived: Instant::now(),
            contiguous: true,
            keyframe: true,
            data,
        });
        std::thread::sleep(Duration::from_millis(5));
    }
    let is_told = |event: &MediaEvent| matches!(event, MediaEvent::CannotDecode(_));
    assert_eq!(listener.count(is_told), 1);
    listener.engine.remove_track(&track("bad"));
    eventually("the good track goes on alone", || share_at(&recorder.newest(SECOND), 440.0) > 0.8);
}

#[test]
fn xruns_are_counted_and_both_directions_go_on() {
    let hal = hal::Hal::open(&hal::Board::simulated(), Box::new(|_| {})).unwrap();
    let (microphone, loudspeaker) = (hal.microphone(0), hal.loudspeaker());
    let room = Room::start(EngineConfig { microphone, loudspeaker, ..config() });
    room.engine.set_microphone(true);
    room.wait_for("sound", is_sound);
    let xruns = || (room.engine.counters().microphone_xruns, room.engine.counters().loudspeaker_xruns);
    assert_eq!(xruns(), (0, 0));
    assert!(hal.turn("microphone", "xrun", true) && hal.turn("loudspeaker", "xrun", true));
    eventually("each is counted", || xruns() == (1, 1));
    room.forget();
    eventually("sound goes on", || room.count(is_sound) > 10);
    assert_eq!(xruns(), (1, 1));
    let is_lost = |event: &MediaEvent| matches!(event, MediaEvent::MicrophoneLost(_) | MediaEvent::LoudspeakerLost);
    assert_eq!(room.count(is_lost), 0, "nobody need do anything");
}
