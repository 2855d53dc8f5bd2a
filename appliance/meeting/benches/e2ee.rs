//! What end-to-end encryption costs: a second of what a meeting sends and receives, under the shared key and a group's; the key of
//! a passphrase; and letting somebody into a group.
//!
//!     cargo xtask bench e2ee

#[path = "../tests/support/own_key.rs"]
mod own_key;

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use meeting::device::Device;
use meeting::e2ee::group::{Candidacy, Candidate, Frames, Membership};
use meeting::e2ee::{Key, Opener, Profile, Sealer, Stamp};
use meeting::io::Codec;
use own_key::device;

/// Of Opus at 32 kbit/s, 50 times a second.
const VOICE_BYTES: usize = 80;
/// What 1080p is sent with, and 360p, in bytes a second.
const LARGE_BYTES: usize = 4_000_000 / 8;
const SMALL_BYTES: usize = 500_000 / 8;
const FPS: usize = 30;
/// A key frame is as large as so many others, and there is one in the second.
const KEYFRAME: usize = 8;

fn key() -> Key {
    Key::from_bytes(b"thirty-two bytes of a benchmark.", &Profile::SHARED)
}

/// A second of pictures and of a voice. What is in them does not matter to AES, and much to the escaping of H.264: as in
/// what encoders make, any byte is as likely as any other.
fn second(codec: Codec, bytes: usize) -> Vec<(Codec, Vec<u8>)> {
    let usual = bytes / (FPS + KEYFRAME - 1);
    let mut random = 88_172_645_463_325_252_u64;
    let mut noise = |length: usize| -> Vec<u8> {
        let next = || {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            random as u8
        };
        std::iter::repeat_with(next).take(length).collect()
    };
    let mut frames: Vec<(Codec, Vec<u8>)> = (0..50).map(|_| (Codec::Opus, noise(VOICE_BYTES))).collect();
    for number in 0..FPS {
        let body = noise(if number == 0 { usual * KEYFRAME } else { usual });
        let frame = match (codec, number) {
            (Codec::H264, 0) => {
                let head = [0, 0, 0, 1, 0x67, 0x42, 0xe0, 0x1f, 0, 0, 0, 1, 0x68, 0xce, 0x3c, 0x80, 0, 0, 0, 1, 0x65];
                // An encoder's slices hold no start codes.
                [head.as_slice(), &meeting::e2ee::escape(&body)].concat()
            }
            (Codec::H264, _) => [[0, 0, 0, 1, 0x41].as_slice(), &meeting::e2ee::escape(&body)].concat(),
            (_, 0) => [[0x10].as_slice(), &body].concat(),
            _ => [[0x11].as_slice(), &body].concat(),
        };
        frames.push((codec, frame));
    }
    frames
}

fn seal(sealer: &mut Sealer, frames: &[(Codec, Vec<u8>)]) -> Vec<(Codec, Vec<u8>)> {
    let stamp = |number: usize| Stamp { stream: 1, time: number as u32 };
    let sealed = frames.iter().enumerate().map(|(number, (codec, frame))| {
        (*codec, sealer.seal(*codec, stamp(number), frame).expect("a frame that can be encrypted"))
    });
    sealed.collect()
}

/// As a participant's streams are numbered.
fn stream(codec: Codec) -> u64 {
    if codec == Codec::Opus { 0 } else { 4 }
}

/// The keys of anna, and of bert in the same group.
fn frames(bert: &Device) -> (Frames, Frames) {
    let anna = device("Salle anna");
    let mut group = Membership::alone(&anna, "anna").expect("a group");
    let candidacy = Candidacy::new(bert, "bert").expect("a key package");
    let candidate = Candidate::parse(candidacy.message(), "bert").expect("a key package");
    let change = group.change(&anna, &[candidate], &[]).expect("a change");
    let joined = candidacy.admitted(&change.welcome).map_err(|(why, _)| why).expect("a welcome");
    [group, joined]
        .map(|membership| {
            let mut frames = Frames::default();
            frames.enter(&membership, Instant::now()).expect("keys");
            frames.switch();
            frames
        })
        .into()
}

fn e2ee(criterion: &mut Criterion) {
    for (name, codec) in [("VP8", Codec::Vp8), ("H264", Codec::H264)] {
        let large = second(codec, LARGE_BYTES);
        let mut sealer = Sealer::new(key(), 0);
        criterion.bench_function(&format!("seal 1080p30 {name}"), |bencher| {
            bencher.iter(|| black_box(seal(&mut sealer, &large)));
        });
        let small = seal(&mut sealer, &second(codec, SMALL_BYTES));
        let mut opener = Opener::new(Profile::SHARED, [(0, key())]);
        criterion.bench_function(&format!("open nine 360p30 {name}"), |bencher| {
            bencher.iter(|| {
                for (codec, frame) in std::iter::repeat_n(&small, 9).flatten() {
                    black_box(opener.open(*codec, true, frame)).expect("a frame of ours");
                }
            });
        });
    }
    let device = device("Salle anna");
    for (name, codec) in [("VP8", Codec::Vp8), ("H264", Codec::H264)] {
        let (mut sender, mut receiver) = frames(&device);
        let large = second(codec, LARGE_BYTES);
        criterion.bench_function(&format!("seal 1080p30 {name} in a group"), |bencher| {
            bencher.iter(|| {
                for (codec, frame) in &large {
                    black_box(sender.seal(*codec, stream(*codec), frame)).expect("a frame that can be encrypted");
                }
            });
        });
        let small = second(codec, SMALL_BYTES);
        criterion.bench_function(&format!("open nine 360p30 {name} in a group"), |bencher| {
            // What has been opened does not open again.
            let seal = || {
                let nine = std::iter::repeat_n(&small, 9).flatten();
                let sealed =
                    nine.map(|(codec, frame)| (*codec, sender.seal(*codec, stream(*codec), frame).expect("sealed")));
                sealed.collect::<Vec<_>>()
            };
            let open = |sealed: Vec<(Codec, Vec<u8>)>| {
                for (codec, frame) in sealed {
                    black_box(receiver.open("anna", codec, true, &frame)).expect("a frame of hers");
                }
            };
            bencher.iter_batched(seal, open, criterion::BatchSize::SmallInput);
        });
    }
    criterion.bench_function("let somebody into a group", |bencher| {
        let ask = || Candidacy::new(&device, "bert").expect("a key package");
        let anna = self::device("Salle anna");
        let admit = |(mut group, candidacy): (Membership, Candidacy)| {
            let candidate = Candidate::parse(candidacy.message(), "bert").expect("a key package");
            let change = group.change(&anna, &[candidate], &[]).expect("a change");
            candidacy.admitted(&change.welcome).map_err(|(why, _)| why).expect("a welcome")
        };
        bencher.iter_batched(
            || (Membership::alone(&anna, "anna").expect("a group"), ask()),
            admit,
            criterion::BatchSize::SmallInput,
        );
    });
    criterion.bench_function("key of a passphrase", |bencher| {
        bencher.iter(|| {
            Key::from_passphrase(black_box("0123456789abcdef0123456789abcdef0123456789abcdef"), &Profile::SHARED)
        });
    });
}

criterion_group!(benches, e2ee);
criterion_main!(benches);
