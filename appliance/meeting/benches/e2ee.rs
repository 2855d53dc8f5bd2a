//! What end-to-end encryption costs: a second of what a meeting sends and receives, and the key of a passphrase.
//!
//!     cargo xtask bench e2ee

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use meeting::e2ee::{Key, Opener, Profile, Sealer, Stamp};
use meeting::io::Codec;

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
    criterion.bench_function("key of a passphrase", |bencher| {
        bencher.iter(|| {
            Key::from_passphrase(black_box("0123456789abcdef0123456789abcdef0123456789abcdef"), &Profile::SHARED)
        });
    });
}

criterion_group!(benches, e2ee);
criterion_main!(benches);
