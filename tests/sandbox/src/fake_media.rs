//! The guest's camera and microphone, as files that Chromium's fake devices play in a loop.

use std::f64::consts::TAU;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use crate::mark;

/// The guest's tone in hertz.
pub const GUEST_TONE_HZ: u32 = 880;
/// The room's tone in hertz.
pub const ROOM_TONE_HZ: u32 = 440;
/// The tone's amplitude: -20 dBFS.
const TONE_AMPLITUDE: f64 = 0.1;
const SAMPLE_RATE_HZ: u32 = 48_000;

/// Writes a moving scene with the guest's mark as YUV4MPEG2, 4:2:0, of `seconds` seconds.
///
/// Width and height are rounded down to even numbers.
///
/// # Errors
/// When the file cannot be written.
pub fn write_y4m(path: &Path, width: u32, height: u32, fps: u32, seconds: u32) -> io::Result<()> {
    let (width, height) = (width & !1, height & !1);
    let mut file = BufWriter::new(File::create(path)?);
    writeln!(file, "YUV4MPEG2 W{width} H{height} F{fps}:1 Ip A1:1 C420jpeg")?;
    let frames = fps * seconds;
    for frame in 0..frames {
        file.write_all(b"FRAME\n")?;
        // The scene comes round once per file, so that the loop has no jump.
        let phase = f64::from(frame) / f64::from(frames.max(1));
        let (luma, u, v) = scene(width, height, phase, mark::GUEST);
        file.write_all(&luma)?;
        file.write_all(&u)?;
        file.write_all(&v)?;
    }
    file.flush()
}

/// One picture of the scene as I420 planes: a soft gradient and a disc going round, `phase` of 0 to 1.
pub fn scene(width: u32, height: u32, phase: f64, id: u8) -> (Vec<u8>, Vec<u8>, Vec<u8>) {
    let (w, h) = (f64::from(width), f64::from(height));
    let (disc_x, disc_y) = (w * (0.5 + 0.3 * (TAU * phase).cos()), h * (0.55 + 0.28 * (TAU * phase).sin()));
    let radius = h * 0.13;
    let inside = |x: f64, y: f64| (x - disc_x).hypot(y - disc_y) < radius;
    let mut luma = Vec::with_capacity((width * height) as usize);
    for y in 0..height {
        for x in 0..width {
            let (x, y) = (f64::from(x), f64::from(y));
            luma.push(if inside(x, y) { 200 } else { (60.0 + 70.0 * x / w + 40.0 * y / h) as u8 });
        }
    }
    mark::draw_luma(&mut luma, width, height, width, id);
    let (mut u, mut v) = (Vec::new(), Vec::new());
    let side = f64::from(width / 40);
    for y in 0..height / 2 {
        for x in 0..width / 2 {
            let (x, y) = (f64::from(2 * x), f64::from(2 * y));
            // The mark is grey: colour would move the luma of its RGB.
            let in_mark = y < 3.0 * side && x < 15.0 * side;
            let (cb, cr) = if in_mark {
                (128, 128)
            } else if inside(x, y) {
                (90, 170)
            } else {
                (150, 110)
            };
            u.push(cb);
            v.push(cr);
        }
    }
    (luma, u, v)
}

/// Writes a continuous tone as 16-bit mono WAV at 48 kHz, of `seconds` seconds.
///
/// # Errors
/// When the file cannot be written.
pub fn write_wav(path: &Path, tone_hz: u32, seconds: u32) -> io::Result<()> {
    let sample = |number: u32| {
        let time = f64::from(number) / f64::from(SAMPLE_RATE_HZ);
        (TONE_AMPLITUDE * (TAU * f64::from(tone_hz) * time).sin() * f64::from(i16::MAX)) as i16
    };
    write_samples(path, &(0..SAMPLE_RATE_HZ * seconds).map(sample).collect::<Vec<_>>())
}

/// Writes 16-bit mono WAV at 48 kHz.
///
/// # Errors
/// When the file cannot be written.
pub fn write_samples(path: &Path, samples: &[i16]) -> io::Result<()> {
    let bytes = samples.len() as u32 * 2;
    let mut file = BufWriter::new(File::create(path)?);
    file.write_all(b"RIFF")?;
    file.write_all(&(36 + bytes).to_le_bytes())?;
    file.write_all(b"WAVEfmt ")?;
    file.write_all(&16_u32.to_le_bytes())?;
    file.write_all(&1_u16.to_le_bytes())?; // PCM
    file.write_all(&1_u16.to_le_bytes())?; // mono
    file.write_all(&SAMPLE_RATE_HZ.to_le_bytes())?;
    file.write_all(&(SAMPLE_RATE_HZ * 2).to_le_bytes())?;
    file.write_all(&2_u16.to_le_bytes())?;
    file.write_all(&16_u16.to_le_bytes())?;
    file.write_all(b"data")?;
    file.write_all(&bytes.to_le_bytes())?;
    for sample in samples {
        file.write_all(&sample.to_le_bytes())?;
    }
    file.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scene_carries_the_mark() {
        for phase in [0.0, 0.25, 0.6] {
            let (luma, ..) = scene(640, 360, phase, mark::GUEST);
            assert_eq!(mark::read_luma(&luma, 640, 640, 360, (0, 0, 640, 360)), Some(mark::GUEST));
        }
    }

    #[test]
    fn files_have_the_length_they_promise() {
        let folder = std::env::temp_dir().join(format!("sandbox-fake-media-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let (camera, microphone) = (folder.join("camera.y4m"), folder.join("microphone.wav"));
        write_y4m(&camera, 160, 90, 5, 1).unwrap();
        write_wav(&microphone, GUEST_TONE_HZ, 1).unwrap();
        let header = "YUV4MPEG2 W160 H90 F5:1 Ip A1:1 C420jpeg\n".len() as u64;
        assert_eq!(std::fs::metadata(&camera).unwrap().len(), header + 5 * (6 + 160 * 90 * 3 / 2));
        assert_eq!(std::fs::metadata(&microphone).unwrap().len(), 44 + 96_000);
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
