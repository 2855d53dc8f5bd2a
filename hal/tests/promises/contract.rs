//! What every device promises, simulated or real. The simulated ones are always tried; the real
//! ones where the machine has some.

use std::time::{Duration, Instant};

use alsa::pcm::{Access, Format, HwParams, PCM};
use alsa::{Direction, ValueOr};
use hal::{AudioSink, AudioSource, Board, ContentState, VideoFormat, VideoSource};
use v4l::buffer::Type;
use v4l::io::traits::CaptureStream;
use v4l::video::Capture;

use crate::common::{Room, buffer};

/// It has a usable format, gives pictures of it at its pace, and does so again when opened anew.
pub fn contract_of_a_camera(open: impl Fn() -> Option<VideoSource>, format: Option<VideoFormat>) {
    let format = format.expect("a camera that is there has a format");
    assert!(format.width.is_multiple_of(2) && format.height.is_multiple_of(2));
    assert!(format.width >= 64 && format.height >= 64 && format.fps >= 1);
    for _ in 0..2 {
        match open().expect("it is there") {
            VideoSource::Frames(source) => {
                assert_eq!(source.format(), format);
                let (mut first, mut later) = (buffer(&*source), buffer(&*source));
                assert_eq!(source.frame(Duration::ZERO, &mut first), Ok(true));
                assert_eq!(source.frame(Duration::from_secs(1) / format.fps, &mut later), Ok(true));
                assert!(first != later, "the next picture is another one");
            }
            VideoSource::V4l2 { path, format: said } => {
                assert_eq!(said, format);
                pictures_of_a_kernel_camera(&path, format);
            }
        }
    }
}

fn pictures_of_a_kernel_camera(path: &std::path::Path, format: VideoFormat) {
    let device = v4l::Device::with_path(path).unwrap();
    let encodings = device.enum_formats().unwrap();
    let agreed = encodings.iter().any(|encoding| {
        let wish = v4l::Format::new(format.width, format.height, encoding.fourcc);
        device.set_format(&wish).is_ok_and(|got| (got.width, got.height) == (format.width, format.height))
    });
    assert!(agreed, "it can do what was said of it");
    let mut stream = v4l::io::mmap::Stream::with_buffers(&device, Type::VideoCapture, 4).unwrap();
    stream.set_timeout(Duration::from_secs(5));
    for _ in 0..5 {
        let (bytes, _) = stream.next().expect("a picture within 5 s");
        assert!(!bytes.is_empty());
    }
}

/// It gives as many samples as asked for, also in small blocks.
pub fn contract_of_a_microphone(open: impl Fn() -> Option<AudioSource>) {
    for _ in 0..2 {
        match open().expect("it is there") {
            AudioSource::Samples(source) => {
                for count in [480, 0, 1, 48_000] {
                    let mut samples = vec![i16::MIN; count];
                    source.fill(&mut samples).unwrap();
                    assert!(samples.iter().all(|&s| s != i16::MIN), "all {count} are filled");
                }
            }
            AudioSource::Alsa { device } => {
                let pcm = open_pcm(&device, Direction::Capture);
                let (start, mut samples) = (Instant::now(), [0; 4800]);
                let mut count = 0;
                while count < samples.len() {
                    count += pcm.io_i16().unwrap().readi(&mut samples[count..]).unwrap();
                    assert!(start.elapsed() < Duration::from_secs(5), "100 ms of sound take that long");
                }
            }
        }
    }
}

/// It takes samples, also in small blocks.
pub fn contract_of_a_loudspeaker(open: impl Fn() -> Option<AudioSink>) {
    for _ in 0..2 {
        match open().expect("it is there") {
            AudioSink::Samples(sink) => {
                for count in [480, 0, 1, 48_000] {
                    assert_eq!(sink.play(&vec![0; count]), Ok(()));
                }
            }
            AudioSink::Alsa { device } => {
                let pcm = open_pcm(&device, Direction::Playback);
                let start = Instant::now();
                assert_eq!(pcm.io_i16().unwrap().writei(&[0; 480]).unwrap(), 480);
                assert!(start.elapsed() < Duration::from_secs(5));
            }
        }
    }
}

/// 48 kHz, mono, 16 bits, converted by ALSA where the card cannot.
pub fn open_pcm(device: &str, direction: Direction) -> PCM {
    let converting = if device.starts_with("hw:") { format!("plug{device}") } else { device.to_owned() };
    let pcm = PCM::new(&converting, direction, false).unwrap();
    let parameters = HwParams::any(&pcm).unwrap();
    parameters.set_channels(1).unwrap();
    parameters.set_rate(48_000, ValueOr::Nearest).unwrap();
    parameters.set_format(Format::s16()).unwrap();
    parameters.set_access(Access::RWInterleaved).unwrap();
    pcm.hw_params(&parameters).unwrap();
    drop(parameters);
    pcm
}

#[test]
fn simulated_devices_keep_their_promises() {
    let room = Room::simulated();
    contract_of_a_camera(|| room.hal.camera(), room.hal.camera_format());
    contract_of_a_microphone(|| room.hal.microphone(0));
    contract_of_a_loudspeaker(|| room.hal.loudspeaker());
    room.turn("content", "plug", true);
    contract_of_a_content_input(&room);
}

/// Its pictures are a camera's, its sound a microphone's.
pub fn contract_of_a_content_input(room: &Room) {
    let ContentState::Ready(format) = room.hal.content_state() else { panic!("a laptop is there") };
    contract_of_a_camera(|| room.hal.content().map(|content| content.video), Some(format));
    if room.hal.content().is_some_and(|content| content.audio.is_some()) {
        contract_of_a_microphone(|| room.hal.content().and_then(|content| content.audio));
    }
}

#[test]
fn real_devices_keep_their_promises_where_there_are_some() {
    let room = Room::open(&Board::auto());
    if room.hal.camera().is_some() {
        contract_of_a_camera(|| room.hal.camera(), room.hal.camera_format());
    }
    if room.hal.microphone(0).is_some() {
        contract_of_a_microphone(|| room.hal.microphone(0));
    }
    if room.hal.loudspeaker().is_some() {
        contract_of_a_loudspeaker(|| room.hal.loudspeaker());
    }
    if room.hal.content().is_some() {
        contract_of_a_content_input(&room);
    }
}
