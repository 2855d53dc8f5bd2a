//! How well echo is cancelled in a simulated room, measured through the sound thread's own steps, block
//! by block and faster than time. `docs/performance.md` has the figures these tests print.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use hal::board::{Acoustics, MICROPHONES_MAX, Microphone as OnBoard};
use hal::{Board, Hal};

use crate::audio_device::{Loudspeaker, Microphone};
use crate::check::CheckedAudio;
use crate::common::decibels;
use crate::common::speech::{Voice, intelligibility, speech};
use crate::ear::Ear;
use crate::event::MediaEvent;
use crate::keeper::Keeper;
use crate::mailbox::lock;
use crate::sound::{BLOCK, BLOCK_LENGTH, Sound, SoundKeepers};

const SECOND: usize = 48_000;

/// A simulated room with somebody in it, and the sound thread's steps.
struct EchoRoom {
    sound: Sound,
    steps: u32,
    hal: Hal,
    events: mpsc::Receiver<MediaEvent>,
    _keepers: (Vec<Keeper<hal::AudioSource>>, Keeper<hal::AudioSink>),
    _files: Vec<tempfile::NamedTempFile>,
}

impl EchoRoom {
    fn new(acoustics: Acoustics, near: &[i16]) -> EchoRoom {
        EchoRoom::with_microphones(acoustics, &[near])
    }

    /// With as many microphones as there are things to hear.
    fn with_microphones(acoustics: Acoustics, near: &[&[i16]]) -> EchoRoom {
        gstreamer::init().unwrap();
        let files: Vec<_> = near.iter().map(|near| wav(near)).collect();
        let mut board = Board::simulated();
        board.acoustics = Acoustics { echo: true, ..acoustics };
        board.microphones = files.iter().map(|file| OnBoard::Recorded(file.path().to_owned())).collect();
        let hal = Hal::open(&board, Box::new(|_| {})).unwrap();
        let microphones: Vec<_> = (0..MICROPHONES_MAX).map(|_| Keeper::start("test", |_, _| {}).unwrap()).collect();
        let loudspeaker = Keeper::start("test", |_, _| {}).unwrap();
        let keepers = SoundKeepers {
            microphones: microphones.iter().map(|keeper| keeper.orders()).collect(),
            loudspeaker: loudspeaker.orders(),
        };
        let (tell, events) = mpsc::channel();
        let told = Arc::new(move |event| drop(tell.send(event)));
        let sound = Sound::new(Arc::default(), keepers, Instant::now(), Arc::default(), told);
        for index in 0..hal.microphone_count() {
            let microphone = Microphone::open(hal.microphone(index).unwrap()).unwrap();
            *lock(&sound.control.microphones[index].current) = Some((0, microphone));
        }
        *lock(&sound.control.loudspeaker.current) = Some((0, Loudspeaker::open(hal.loudspeaker().unwrap()).unwrap()));
        EchoRoom { sound, steps: 0, hal, events, _keepers: (microphones, loudspeaker), _files: files }
    }

    /// What is sent while `far` is played.
    fn send(&mut self, far: &[i16]) -> Vec<i16> {
        let mut sent = Vec::with_capacity(far.len());
        for block in far.chunks_exact(BLOCK) {
            let time = BLOCK_LENGTH * self.steps;
            self.steps += 1;
            let said = self.sound.step(block.try_into().unwrap(), time);
            sent.extend(said.into_iter().flat_map(|(samples, _)| samples));
        }
        sent
    }

    /// Runs the audio check, with what it tells on the way.
    fn check(&mut self) -> (CheckedAudio, Vec<u8>) {
        self.sound.control.check_wanted.store(true, Ordering::Release);
        let mut percents = Vec::new();
        self.send(&silence(7));
        loop {
            match self.events.recv_timeout(Duration::from_secs(60)).expect("the check comes to its end") {
                MediaEvent::AudioChecking(percent) => percents.push(percent),
                MediaEvent::AudioChecked(checked) => return (checked, percents),
                _ => {}
            }
        }
    }

    fn measured_delay(&self) -> Option<Duration> {
        self.sound.ears[0].as_ref().and_then(Ear::measured_delay)
    }
}

fn wav(samples: &[i16]) -> tempfile::NamedTempFile {
    let bytes: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
    let size = bytes.len() as u32;
    let mut file = b"RIFF".to_vec();
    file.extend((size + 36).to_le_bytes());
    file.extend(b"WAVEfmt ");
    for (number, length) in [(16, 4), (1, 2), (1, 2), (48_000, 4), (96_000, 4), (2, 2), (16, 2)] {
        file.extend(&u32::to_le_bytes(number)[..length]);
    }
    file.extend(b"data");
    file.extend(size.to_le_bytes());
    file.extend(bytes);
    let mut temporary = tempfile::NamedTempFile::new().unwrap();
    std::io::Write::write_all(&mut temporary, &file).unwrap();
    temporary
}

fn seconds(sound: &[i16], from: usize, to: usize) -> &[i16] {
    &sound[from * SECOND..to * SECOND]
}

fn silence(seconds: usize) -> Vec<i16> {
    vec![0; seconds * SECOND]
}

/// What is in `sound` where `voice` has paused for a tenth of a second, in these seconds of both.
fn in_pauses(voice: &[i16], sound: &[i16], from: usize, to: usize) -> Vec<i16> {
    let paused = |block: &usize| voice[(block - 10) * BLOCK..(block + 1) * BLOCK].iter().all(|s| s.abs() < 20);
    let blocks = (from * SECOND / BLOCK).max(10)..to * SECOND / BLOCK;
    blocks.filter(paused).flat_map(|block| &sound[block * BLOCK..][..BLOCK]).copied().collect()
}

/// What a room like that makes of echo and of people.
#[derive(Debug)]
struct Figures {
    delay_ms: Option<f64>,
    /// How much softer the echo is sent than heard, from five seconds on.
    erle_db: f64,
    /// The same in the first five seconds.
    early_erle_db: f64,
    /// What is left of it.
    residual_dbfs: f64,
    /// How much softer somebody here is sent while the others speak, than alone.
    near_loss_db: f64,
    /// How well they are understood meanwhile, and alone, 0 to 1.
    understood: f64,
    understood_alone: f64,
    /// What is sent of the echo while they speak, where they pause.
    residual_between_dbfs: f64,
}

fn figures(acoustics: Acoustics, is_measuring: bool) -> Figures {
    let near_alone = speech(Voice::High, 12, 12.0);
    // Twenty seconds of the others, twelve of somebody here, four of the others, twelve of both.
    let near = [silence(20), near_alone.clone(), silence(4), near_alone.clone()].concat();
    let far_voice = speech(Voice::Low, 11, 36.0);
    let far = [seconds(&far_voice, 0, 20), &silence(12), seconds(&far_voice, 20, 36)].concat();

    let bare = EchoRoom::new(acoustics.clone(), &silence(1));
    let heard: Vec<i16> = {
        let microphone = bare.hal.microphone(0).unwrap();
        let (hal::AudioSource::Samples(microphone), Some(hal::AudioSink::Samples(loudspeaker))) =
            (microphone, bare.hal.loudspeaker())
        else {
            panic!("both are simulated")
        };
        let mut block = [0; BLOCK];
        let mut hear = |played: &[i16]| {
            loudspeaker.play(played).unwrap();
            microphone.fill(&mut block).unwrap();
            block.to_vec()
        };
        far.chunks_exact(BLOCK).flat_map(&mut hear).collect()
    };

    let mut room = EchoRoom::new(acoustics, &near);
    if !is_measuring {
        room.sound.ears[0] = Some(Ear::believing_the_driver(Duration::ZERO));
    }
    let sent = room.send(&far);
    assert_eq!(sent.len(), far.len(), "a block for each block");
    let (alone, both) = (seconds(&sent, 21, 32), seconds(&sent, 37, 48));
    let product = |a: &[i16], b: &[i16]| a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>();
    let erle = |from, to| decibels(seconds(&heard, from, to)) - decibels(seconds(&sent, from, to));
    let clean = seconds(&near_alone, 1, 12);
    let between = in_pauses(clean, both, 0, 11);
    Figures {
        delay_ms: room.measured_delay().map(|delay| delay.as_secs_f64() * 1000.0),
        erle_db: erle(5, 20),
        early_erle_db: erle(0, 5),
        residual_dbfs: decibels(seconds(&sent, 5, 20)),
        near_loss_db: -20.0 * (product(alone, both) / product(alone, alone)).max(1e-6).log10(),
        understood: intelligibility(clean, both),
        understood_alone: intelligibility(clean, alone),
        residual_between_dbfs: decibels(&between),
    }
}

fn room(delay_ms: u32, reverberation_ms: u32) -> Acoustics {
    Acoustics { delay_ms, loss_db: 6, reverberation_ms, noise_dbfs: Some(-65), ..Acoustics::default() }
}

fn print(name: &str, figures: &Figures) {
    let delay = figures.delay_ms.map_or("–".to_owned(), |delay| format!("{delay:.1}"));
    eprintln!(
        "{name}: delay {delay} ms, ERLE {:.1} dB (first 5 s {:.1}), left {:.1} dBFS; both speak: {:.1} dB softer, \
         understood {:.2} (alone {:.2}), echo in pauses {:.1} dBFS",
        figures.erle_db,
        figures.early_erle_db,
        figures.residual_dbfs,
        figures.near_loss_db,
        figures.understood,
        figures.understood_alone,
        figures.residual_between_dbfs
    );
}

#[test]
fn echo_is_gone_and_people_here_stay_audible_whatever_the_delay() {
    for (delay_ms, reverberation_ms) in [(20, 200), (60, 300), (90, 500), (180, 300), (300, 300)] {
        let figures = figures(room(delay_ms, reverberation_ms), true);
        print(&format!("{delay_ms} ms, T60 {reverberation_ms} ms"), &figures);
        let delay = figures.delay_ms.expect("the delay was measured");
        assert!((delay - f64::from(delay_ms)).abs() < 1.0, "{figures:?}");
        assert!(figures.erle_db > 30.0, "{figures:?}");
        assert!(figures.residual_dbfs < -60.0, "{figures:?}");
        assert!(figures.near_loss_db < 6.0, "{figures:?}");
        assert!(figures.understood > 0.6 && figures.understood_alone > 0.85, "{figures:?}");
        assert!(figures.residual_between_dbfs < -50.0, "{figures:?}");
    }
}

/// A microphone that loses samples when asked to, as a sound card does in an overrun.
struct Overrunning {
    source: Arc<dyn hal::SampleSource>,
    lose: Arc<AtomicUsize>,
}

impl hal::SampleSource for Overrunning {
    fn fill(&self, samples: &mut [i16]) -> Result<(), hal::DeviceError> {
        self.source.fill(&mut vec![0; self.lose.swap(0, Ordering::AcqRel)])?;
        self.source.fill(samples)
    }
}

#[test]
fn after_an_overrun_of_the_microphone_the_echo_is_gone_again_within_six_seconds() {
    let mut room = EchoRoom::new(room(90, 200), &silence(1));
    let Some(hal::AudioSource::Samples(source)) = room.hal.microphone(0) else { panic!("it is simulated") };
    let lose = Arc::new(AtomicUsize::new(0));
    let overrunning = Arc::new(Overrunning { source, lose: lose.clone() });
    *lock(&room.sound.control.microphones[0].current) = Some((0, Microphone::Samples(overrunning)));
    let far = speech(Voice::Low, 11, 36.0);
    let before = room.send(seconds(&far, 0, 16));
    assert!(decibels(seconds(&before, 8, 16)) < -60.0);
    // More than 10 ms too late is more than the canceller follows by itself.
    lose.store(20 * 48, Ordering::Release);
    let after = room.send(seconds(&far, 16, 36));
    let (at_once, later) = (decibels(seconds(&after, 0, 3)), decibels(seconds(&after, 6, 20)));
    eprintln!("20 ms are lost: {at_once:.1} dBFS of echo in the first three seconds, {later:.1} dBFS after six");
    assert_eq!(room.measured_delay().map(|delay| delay.as_secs_f64().mul_add(1000.0, 0.5) as u32), Some(70));
    assert!(later < -55.0, "{later:.1} dBFS");
}

#[test]
fn without_the_measured_delay_an_echo_that_is_late_comes_through() {
    for delay_ms in [20, 60, 180] {
        let figures = figures(room(delay_ms, 300), false);
        print(&format!("{delay_ms} ms, not measured"), &figures);
        assert!(delay_ms < 50 || figures.erle_db < 10.0, "the measurement is of no use: {figures:?}");
    }
}

#[test]
fn noise_is_taken_out_and_soft_and_loud_talkers_come_out_alike() {
    let quiet = Acoustics { noise_dbfs: None, ..room(60, 0) };
    let noisy = Acoustics { noise_dbfs: Some(-45), ..room(60, 0) };
    let voice = speech(Voice::High, 21, 20.0);
    let sent = EchoRoom::new(noisy, &voice).send(&silence(20));
    let (talking, left) = (decibels(seconds(&sent, 10, 20)), decibels(&in_pauses(&voice, &sent, 10, 20)));
    eprintln!("19.0 dB between a talker and noise of -45 dBFS become {:.1} dB", talking - left);
    assert!(talking - left > 27.0, "{talking:.1} and {left:.1} dBFS");

    let levels: Vec<f64> = [-40.0, -33.0, -26.0, -19.0]
        .map(|dbfs: f64| {
            let gain = 10_f64.powf((dbfs + 26.0) / 20.0);
            let near: Vec<i16> = voice.iter().map(|sample| (f64::from(*sample) * gain) as i16).collect();
            let sent = EchoRoom::new(quiet.clone(), &near).send(&silence(20));
            let level = decibels(seconds(&sent, 10, 20));
            eprintln!("a talker of {dbfs} dBFS is sent at {level:.1} dBFS");
            level
        })
        .into();
    let (softest, loudest) = levels.iter().fold((0.0_f64, -99.0_f64), |(a, b), level| (a.min(*level), b.max(*level)));
    assert!(loudest - softest < 12.0, "21 dB apart in the room, {:.1} dB apart when sent", loudest - softest);
    assert!((-33.0..-12.0).contains(&softest) && loudest < -10.0, "{levels:?}");
}

#[test]
fn the_audio_check_measures_the_room_that_was_configured() {
    for (delay_ms, loss_db, reverberation_ms, noise_dbfs) in
        [(20, 0, 250, -55), (87, 12, 400, -65), (250, 25, 700, -75), (60, 12, 0, -70)]
    {
        let acoustics =
            Acoustics { delay_ms, loss_db, reverberation_ms, noise_dbfs: Some(noise_dbfs), ..Acoustics::default() };
        let (checked, percents) = EchoRoom::new(acoustics, &silence(1)).check();
        assert!(percents.len() > 90 && percents.is_sorted(), "{percents:?}");
        assert!(checked.loudspeaker);
        let measured = checked.microphones[0].clone().expect("there is a microphone");
        assert_eq!(checked.microphones[1..], [None, None, None]);
        let echo = measured.echo.expect("it hears the loudspeaker");
        eprintln!(
            "{delay_ms} ms, {loss_db} dB, T60 {reverberation_ms} ms, {noise_dbfs} dBFS: measured {:.2} ms, {:.2} dB, {:?} ms, {:.2} dBFS",
            echo.delay_ms, echo.return_loss_db, echo.reverberation_ms, measured.noise_dbfs
        );
        assert!((echo.delay_ms - delay_ms as f32).abs() < 1.0);
        assert!((echo.return_loss_db - loss_db as f32).abs() < 1.5);
        assert!((measured.noise_dbfs - noise_dbfs as f32).abs() < 2.0);
        if reverberation_ms > 0 {
            let found = echo.reverberation_ms.expect("it is quiet enough");
            assert!((found / reverberation_ms as f32 - 1.0).abs() < 0.25, "{found} ms");
        }
        assert!(!measured.is_clipped && !measured.is_dead);
    }
}

#[test]
fn the_audio_check_tells_what_is_missing_dead_deaf_or_too_loud() {
    let check = |knobs: &[(&str, &str)]| {
        let mut room = EchoRoom::new(room(60, 200), &silence(1));
        for (device, knob) in knobs {
            assert!(room.hal.turn(device, knob, true) || *knob == "echo");
        }
        room.check().0
    };
    let dead = check(&[("microphone", "mute")]).microphones[0].clone().unwrap();
    assert!(dead.is_dead && dead.echo.is_none());
    let clipped = check(&[("microphone", "loud")]).microphones[0].clone().unwrap();
    assert!(clipped.is_clipped);
    assert_eq!(check(&[("microphone", "unplug")]).microphones[0], None);
    assert!(!check(&[("loudspeaker", "unplug")]).loudspeaker);

    let mut deaf = EchoRoom::new(room(60, 200), &silence(1));
    deaf.hal.turn("loudspeaker", "echo", false);
    let deaf = deaf.check().0.microphones[0].clone().unwrap();
    assert!(deaf.echo.is_none() && !deaf.is_dead);
}

#[test]
fn a_check_that_is_called_off_says_nothing_more_and_another_begins_anew() {
    let mut room = EchoRoom::new(room(60, 200), &silence(1));
    room.sound.control.check_wanted.store(true, Ordering::Release);
    room.send(&silence(2));
    room.sound.control.check_wanted.store(false, Ordering::Release);
    room.send(&silence(5));
    let told: Vec<_> = room.events.try_iter().filter(|e| matches!(e, MediaEvent::AudioChecked(_))).collect();
    assert!(told.is_empty(), "{told:?}");
    let (checked, _) = room.check();
    assert!(checked.microphones[0].as_ref().is_some_and(|measured| measured.echo.is_some()));
}

#[test]
fn two_people_at_two_microphones_are_both_sent_and_the_noise_of_three_is_that_of_one() {
    let acoustics = Acoustics { noise_dbfs: Some(-50), ..room(60, 0) };
    let noise = |count| {
        let nothing = silence(1);
        let sent = EchoRoom::with_microphones(acoustics.clone(), &vec![nothing.as_slice(); count]).send(&silence(10));
        decibels(seconds(&sent, 5, 10))
    };
    let (one, three) = (noise(1), noise(3));
    eprintln!("noise of one microphone {one:.1} dBFS, of three {three:.1} dBFS");
    assert!(three - one < 2.0);

    // One speaks, then the other, then the second microphone is pulled out.
    let (low, high) = (speech(Voice::Low, 31, 6.0), speech(Voice::High, 32, 6.0));
    let (first, second) = ([&low[..], &silence(6)].concat(), [&silence(6)[..], &high].concat());
    let mut room = EchoRoom::with_microphones(room(60, 0), &[&first, &second]);
    let sent = room.send(&silence(12));
    let (heard_low, heard_high) = (decibels(seconds(&sent, 2, 6)), decibels(seconds(&sent, 8, 12)));
    assert!(heard_low > -32.0 && heard_high > -32.0, "{heard_low:.1} and {heard_high:.1} dBFS");
    room.hal.turn("microphone-2", "unplug", true);
    let sent = room.send(&silence(12));
    assert_eq!(sent.len(), 12 * SECOND, "the other goes on without a gap");
    assert!(decibels(seconds(&sent, 2, 6)) > -32.0 && decibels(seconds(&sent, 8, 12)) < -45.0);
    room.hal.turn("microphone", "unplug", true);
    assert_eq!(room.send(&silence(1)).len(), 0, "there is none left");
    let lost: Vec<_> = room
        .events
        .try_iter()
        .filter_map(|e| if let MediaEvent::MicrophoneLost(n) = e { Some(n) } else { None })
        .collect();
    assert_eq!(lost, [1, 0]);
}
