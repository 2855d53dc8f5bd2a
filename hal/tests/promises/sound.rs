//! The simulated microphone and loudspeaker: what they hear and play, and how they misbehave.

use crate::common::Room;
use hal::{Board, DeviceError, DeviceEvent, SampleSource};

/// -20 dBFS of 32768.
const PEAK: f64 = 3277.0;

fn take(microphone: &dyn SampleSource, count: usize) -> Vec<i16> {
    let mut samples = vec![0; count];
    microphone.fill(&mut samples).unwrap();
    samples
}

/// In blocks as a sound card asks for them.
fn take_in_blocks(microphone: &dyn SampleSource, blocks: &[usize]) -> Vec<i16> {
    blocks.iter().flat_map(|count| take(microphone, *count)).collect()
}

fn rising_crossings(samples: &[i16]) -> usize {
    samples.windows(2).filter(|pair| pair[0] < 0 && pair[1] >= 0).count()
}

fn peak(samples: &[i16]) -> u16 {
    samples.iter().map(|sample| sample.unsigned_abs()).max().unwrap()
}

#[test]
fn hears_a_tone_of_440_hertz_20_decibels_below_full() {
    let samples = take(&*Room::simulated().microphone(), 480_000);
    assert!(rising_crossings(&samples).abs_diff(4400) <= 1, "{}", rising_crossings(&samples));
    assert_eq!(peak(&samples), 3277);
}

#[test]
fn the_tone_never_jumps_whatever_the_block_size() {
    let blocks: Vec<usize> = [480, 1, 441, 1024, 7].into_iter().cycle().take(500).collect();
    let samples = take_in_blocks(&*Room::simulated().microphone(), &blocks);
    assert!(samples.len() > 2 * 48_000, "passes the end of the loop twice");
    for (n, sample) in samples.iter().enumerate() {
        let expected = PEAK * (std::f64::consts::TAU * 440.0 * n as f64 / 48_000.0).sin();
        assert!((f64::from(*sample) - expected).abs() <= 1.0, "sample {n}: {sample}, not {expected}");
    }
}

#[test]
fn the_board_chooses_the_tone() {
    let mut board = Board::simulated();
    board.microphones = vec![hal::board::Microphone::Tone(1001)];
    let samples = take(&*Room::open(&board).microphone(), 48_000 * 3);
    assert!(rising_crossings(&samples).abs_diff(3003) <= 1);
}

#[test]
fn a_recording_is_heard_in_a_loop_and_the_loudspeaker_records() {
    let path = std::env::temp_dir().join(format!("hal-sound-{}.wav", std::process::id()));
    let mut board = Board::simulated();
    board.loudspeaker = hal::board::Loudspeaker::Simulated(Some(path.clone()));
    Room::open(&board).loudspeaker().play(&[1, -2, 3]).unwrap();

    let mut board = Board::simulated();
    board.microphones = vec![hal::board::Microphone::Recorded(path.clone())];
    let heard = take(&*Room::open(&board).microphone(), 7);
    std::fs::remove_file(&path).unwrap();
    assert_eq!(heard, [1, -2, 3, 1, -2, 3, 1]);
}

#[test]
fn silence_is_silent_and_ends_where_the_tone_would_be() {
    let room = Room::simulated();
    let microphone = room.microphone();
    room.turn("microphone", "silence", true);
    assert_eq!(peak(&take(&*microphone, 100)), 0);
    room.turn("microphone", "silence", false);
    assert_eq!(take(&*microphone, 9), take(&*room.microphone(), 109)[100..]);
}

#[test]
fn too_loud_clips() {
    let room = Room::simulated();
    room.turn("microphone", "loud", true);
    let samples = take(&*room.microphone(), 48_000);
    let clipped = samples.iter().filter(|s| matches!(**s, i16::MIN | i16::MAX)).count();
    assert!(clipped > 24_000, "{clipped} samples at the limit: most of the wave");
    assert!(rising_crossings(&samples).abs_diff(440) <= 1, "still the same tone");
}

#[test]
fn an_unplugged_microphone_stays_so_until_opened_anew() {
    let room = Room::simulated();
    let old = room.microphone();
    room.turn("microphone", "unplug", true);
    assert!(room.hal.microphone(0).is_none());
    assert_eq!(old.fill(&mut [0; 10]), Err(DeviceError::Unplugged));
    room.turn("microphone", "unplug", false);
    assert_eq!(old.fill(&mut [0; 10]), Err(DeviceError::Unplugged));
    assert_eq!(room.microphone().fill(&mut [0; 10]), Ok(()));
    let events =
        [DeviceEvent::Microphone { index: 0, present: false }, DeviceEvent::Microphone { index: 0, present: true }];
    assert_eq!(room.events(), events);
}

#[test]
fn an_unplugged_loudspeaker_stays_so_until_opened_anew() {
    let room = Room::simulated();
    let old = room.loudspeaker();
    old.play(&[1]).unwrap();
    room.turn("loudspeaker", "unplug", true);
    assert!(room.hal.loudspeaker().is_none());
    assert_eq!(old.play(&[2]), Err(DeviceError::Unplugged));
    room.turn("loudspeaker", "unplug", false);
    assert_eq!(old.play(&[3]), Err(DeviceError::Unplugged));
    assert_eq!(room.loudspeaker().play(&[4]), Ok(()));
    assert_eq!(room.hal.heard().unwrap(), [1, 4], "only what could be played");
    let events = [DeviceEvent::Loudspeaker { present: false }, DeviceEvent::Loudspeaker { present: true }];
    assert_eq!(room.events(), events);
}

#[test]
fn the_newest_second_is_remembered_oldest_first() {
    let room = Room::simulated();
    assert_eq!(room.hal.heard().unwrap(), []);
    assert_eq!(room.hal.heard_peak(), Some(0.0));
    let loudspeaker = room.loudspeaker();
    loudspeaker.play(&[i16::MIN]).unwrap();
    assert_eq!(room.hal.heard_peak(), Some(1.0));
    let played: Vec<i16> = (0..72_000).map(|n| (n % 16_384) as i16).collect();
    for block in played.chunks(480) {
        loudspeaker.play(block).unwrap();
    }
    assert!(room.hal.heard().unwrap() == played[24_000..]);
    assert_eq!(room.hal.heard_peak(), Some(16_383.0 / 32_768.0), "the old peak is forgotten");
    loudspeaker.play(&played).unwrap();
    assert!(room.hal.heard().unwrap() == played[24_000..], "more than a second at once");
}

#[test]
fn an_echo_reaches_the_microphone_after_60_ms_12_decibels_lower() {
    let room = Room::simulated();
    let (microphone, loudspeaker) = (room.microphone(), room.loudspeaker());
    room.turn("microphone", "silence", true);
    let mut click = [0; 480];
    click[0] = 20_000;

    loudspeaker.play(&click).unwrap();
    assert_eq!(peak(&take(&*microphone, 4800)), 0, "no echo unless asked for");

    room.turn("loudspeaker", "echo", true);
    let mut heard = Vec::new();
    for n in 0..10 {
        loudspeaker.play(if n == 0 { &click } else { &[0; 480] }).unwrap();
        heard.extend(take(&*microphone, 480));
    }
    let echoes: Vec<_> = heard.iter().enumerate().filter(|(_, sample)| **sample != 0).collect();
    let (at, level) = (48 * 60, 20_000.0 * 10f64.powf(-12.0 / 20.0));
    assert_eq!(echoes, [(at, &(level as i16))]);
}

#[test]
fn an_echo_is_added_to_what_the_room_says() {
    let room = Room::simulated();
    let (microphone, loudspeaker) = (room.microphone(), room.loudspeaker());
    room.turn("loudspeaker", "echo", true);
    loudspeaker.play(&[1000; 480]).unwrap();
    let heard = take(&*microphone, 2880 + 480);
    let tone = take(&*Room::simulated().microphone(), 2880 + 480);
    assert_eq!(heard[..2880], tone[..2880]);
    assert!((2880..3360).all(|n| heard[n] == tone[n] + 251));
}

#[test]
fn every_microphone_hears_the_loudspeaker_and_its_own_noise_and_is_pulled_out_alone() {
    let mut board = Board::simulated();
    board.microphones = vec![hal::board::Microphone::Tone(440), hal::board::Microphone::Tone(1000)];
    board.acoustics = hal::board::Acoustics { echo: true, noise_dbfs: Some(-50), ..Default::default() };
    let room = Room::open(&board);
    assert_eq!(room.hal.microphone_count(), 2);
    let microphone = |index| match room.hal.microphone(index) {
        Some(hal::AudioSource::Samples(samples)) => samples,
        _ => panic!("no simulated microphone {index}"),
    };
    let (first, second) = (microphone(0), microphone(1));
    for name in ["microphone", "microphone-2"] {
        room.turn(name, "silence", true);
    }
    room.loudspeaker().play(&[20_000; 480]).unwrap();
    let (heard, other) = (take(&*first, 4800), take(&*second, 4800));
    for heard in [&heard, &other] {
        assert!(peak(&heard[..2880]) < 700, "noise alone");
        assert!(heard[2880..3360].iter().all(|sample| *sample > 4000), "and the echo");
    }
    assert_ne!(heard, other, "each has noise of its own");
    room.turn("microphone-2", "unplug", true);
    assert_eq!(second.fill(&mut [0; 10]), Err(DeviceError::Unplugged));
    assert_eq!(first.fill(&mut [0; 10]), Ok(()));
    assert_eq!(room.events(), [DeviceEvent::Microphone { index: 1, present: false }]);
    assert!(room.hal.microphone(0).is_some() && room.hal.microphone(1).is_none() && room.hal.microphone(2).is_none());
}

#[test]
fn a_microphone_whose_mute_button_is_pressed_gives_zeros() {
    let room = Room::simulated();
    room.turn("microphone", "mute", true);
    assert_eq!(peak(&take(&*room.microphone(), 1000)), 0);
}

#[test]
fn an_xrun_loses_a_tenth_of_a_second_is_told_once_and_the_device_goes_on() {
    let room = Room::simulated();
    let (microphone, loudspeaker) = (room.microphone(), room.loudspeaker());
    room.turn("microphone", "xrun", true);
    assert_eq!(take(&*microphone, 9), take(&*room.microphone(), 4809)[4800..]);
    assert_eq!([microphone.xruns(), microphone.xruns()], [1, 0]);

    room.turn("loudspeaker", "xrun", true);
    (0..12).for_each(|_| loudspeaker.play(&[7; 480]).unwrap());
    let heard = room.hal.heard().unwrap();
    assert_eq!([peak(&heard[..4800]), peak(&heard[4800..])], [0, 7]);
    assert_eq!([loudspeaker.xruns(), loudspeaker.xruns()], [1, 0]);
    let still_on = |device: hal::DeviceKnobs| device.knobs.iter().any(|knob| knob.name == "xrun" && knob.on);
    assert!(!room.hal.knobs().into_iter().any(still_on), "once");
}
