//! The drawn picture: a meeting room with a wall clock, two people who sway a little, and the mark.
//!
//! What never moves is drawn once; a picture is a copy of it with the moving parts on top, so that
//! 720p takes well under a millisecond.

use std::f64::consts::TAU;
use std::time::Duration;

use super::Subject;
use crate::{VideoFormat, mark};

/// Y, U, V, each in the 16..=240 of video.
#[derive(Clone, Copy)]
struct Colour(u8, u8, u8);

const TABLE: Colour = Colour(70, 118, 140);
const DIAL: Colour = Colour(215, 128, 128);
const RIM: Colour = Colour(45, 128, 128);
const SLOW_HAND: Colour = Colour(30, 128, 128);
const FAST_HAND: Colour = Colour(90, 100, 200);
const PEOPLE: [Person; 2] = [
    Person { place: 0.33, period_s: 7.0, jacket: Colour(60, 150, 115), skin: Colour(165, 112, 150) },
    Person { place: 0.64, period_s: 5.0, jacket: Colour(120, 105, 120), skin: Colour(110, 112, 152) },
];

struct Person {
    /// Across the picture, 0 to 1.
    place: f64,
    /// Of swaying to and fro.
    period_s: f64,
    jacket: Colour,
    skin: Colour,
}

pub(crate) struct Drawn {
    format: VideoFormat,
    still: Vec<u8>,
}

impl Drawn {
    pub fn new(format: VideoFormat) -> Self {
        let VideoFormat { width, height, .. } = format;
        let mut still = vec![0; width as usize * height as usize * 3 / 2];
        let mut canvas = Canvas::new(format, &mut still);
        canvas.wall();
        let (x, y, radius) = canvas.clock();
        canvas.disc(x, y, radius * 1.1, RIM);
        canvas.disc(x, y, radius, DIAL);
        canvas.table();
        mark::draw(mark::ROOM, width, height, &mut still);
        Drawn { format, still }
    }
}

impl Subject for Drawn {
    fn format(&self) -> VideoFormat {
        self.format
    }

    fn picture(&self, time: Duration, i420: &mut [u8]) -> std::io::Result<()> {
        i420.copy_from_slice(&self.still);
        // How far round it is at `time` what goes round once per period, in radians.
        let phase = |period_s: f64| (time.as_secs_f64() / period_s).fract() * TAU;

        let mut canvas = Canvas::new(self.format, i420);
        for person in &PEOPLE {
            canvas.person(person, phase(person.period_s).sin());
        }
        canvas.hand(phase(60.0), 0.55, SLOW_HAND);
        canvas.hand(phase(4.0), 0.85, FAST_HAND);
        // In pictures of unusual proportions people get this far.
        mark::draw(mark::ROOM, self.format.width, self.format.height, i420);
        Ok(())
    }
}

/// Draws on I420 in pixels of the luma plane.
struct Canvas<'a> {
    width: f64,
    height: f64,
    luma: Plane<'a>,
    blue: Plane<'a>,
    red: Plane<'a>,
}

impl<'a> Canvas<'a> {
    fn new(format: VideoFormat, i420: &'a mut [u8]) -> Self {
        let (width, height) = (format.width as usize, format.height as usize);
        let (luma, chroma) = i420.split_at_mut(width * height);
        let (blue, red) = chroma.split_at_mut(width * height / 4);
        Canvas {
            width: width as f64,
            height: height as f64,
            luma: Plane { bytes: luma, width },
            blue: Plane { bytes: blue, width: width / 2 },
            red: Plane { bytes: red, width: width / 2 },
        }
    }

    /// Light from the upper left, fading softly.
    fn wall(&mut self) {
        self.luma.gradient(|x, y| 168.0 - 40.0 * x - 52.0 * y);
        self.blue.gradient(|x, y| 120.0 + 14.0 * x + 4.0 * y);
        self.red.gradient(|x, y| 136.0 - 14.0 * x + 2.0 * y);
    }

    fn table_top(&self) -> f64 {
        self.height * 0.84
    }

    fn table(&mut self) {
        let (top, bottom) = (self.table_top(), self.height);
        self.ellipse(self.width / 2.0, bottom, self.width * 1.5, bottom - top, bottom, TABLE);
    }

    /// Centre and radius.
    fn clock(&self) -> (f64, f64, f64) {
        let radius = self.width.min(self.height) * 0.12;
        (self.width - radius * 1.6, radius * 1.6, radius)
    }

    /// A clock's hand at an angle from twelve, in radians, as long as a part of the dial's radius.
    fn hand(&mut self, angle: f64, length: f64, colour: Colour) {
        let (x, y, radius) = self.clock();
        let thickness = (radius * 0.06).max(1.0);
        let steps = (radius * length / thickness).ceil() as u32;
        for step in 0..=steps {
            let along = radius * length * f64::from(step) / f64::from(steps.max(1));
            self.disc(x + along * angle.sin(), y - along * angle.cos(), thickness, colour);
        }
    }

    /// `sway` is -1 to 1.
    fn person(&mut self, person: &Person, sway: f64) {
        let unit = self.width.min(self.height);
        let x = self.width * person.place + unit * 0.04 * sway;
        let shoulders = self.height * 0.86;
        let head = shoulders - unit * 0.46 + unit * 0.01 * sway;
        let bottom = self.table_top();
        self.ellipse(x - unit * 0.01 * sway, shoulders, unit * 0.22, unit * 0.34, bottom, person.jacket);
        self.ellipse(x + unit * 0.01 * sway, head, unit * 0.095, unit * 0.13, bottom, person.skin);
    }

    fn disc(&mut self, x: f64, y: f64, radius: f64, colour: Colour) {
        self.ellipse(x, y, radius, radius, self.height, colour);
    }

    /// Only what is above `bottom`.
    fn ellipse(&mut self, x: f64, y: f64, half_width: f64, half_height: f64, bottom: f64, colour: Colour) {
        self.luma.ellipse(x, y, half_width, half_height, bottom, colour.0);
        let [x, y, half_width, half_height, bottom] = [x, y, half_width, half_height, bottom].map(|n| n / 2.0);
        self.blue.ellipse(x, y, half_width, half_height, bottom, colour.1);
        self.red.ellipse(x, y, half_width, half_height, bottom, colour.2);
    }
}

struct Plane<'a> {
    bytes: &'a mut [u8],
    width: usize,
}

impl Plane<'_> {
    /// `value` takes both places as 0 to 1.
    fn gradient(&mut self, value: impl Fn(f64, f64) -> f64) {
        let height = self.bytes.len() / self.width;
        for (y, row) in self.bytes.chunks_exact_mut(self.width).enumerate() {
            for (x, byte) in row.iter_mut().enumerate() {
                *byte = value(x as f64 / self.width as f64, y as f64 / height as f64) as u8;
            }
        }
    }

    fn ellipse(&mut self, x: f64, y: f64, half_width: f64, half_height: f64, bottom: f64, value: u8) {
        let height = self.bytes.len() / self.width;
        let first = (y - half_height).max(0.0).ceil() as usize;
        let end = ((y + half_height).min(bottom).max(0.0).ceil() as usize).min(height);
        for row in first..end {
            let away = (row as f64 - y) / half_height;
            let half = half_width * (1.0 - away * away).max(0.0).sqrt();
            let left = ((x - half).max(0.0).round() as usize).min(self.width);
            let right = ((x + half).max(0.0).round() as usize).clamp(left, self.width);
            self.bytes[row * self.width + left..row * self.width + right].fill(value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(drawn: &Drawn, milliseconds: u64) -> Vec<u8> {
        let mut i420 = vec![0; drawn.still.len()];
        drawn.picture(Duration::from_millis(milliseconds), &mut i420).unwrap();
        i420
    }

    #[test]
    fn every_picture_differs_from_the_one_before() {
        let drawn = Drawn::new(VideoFormat { width: 640, height: 360, fps: 30 });
        let pictures: Vec<_> = (0..60).map(|n| picture(&drawn, n * 33)).collect();
        for pair in pictures.windows(2) {
            let changed = pair[0].iter().zip(&pair[1]).filter(|(a, b)| a != b).count();
            assert!((50..640 * 36).contains(&changed), "{changed} bytes changed: motion, but no flicker");
        }
    }

    #[test]
    fn the_same_time_shows_the_same_picture() {
        let drawn = Drawn::new(VideoFormat { width: 320, height: 180, fps: 30 });
        assert_eq!(picture(&drawn, 1234), picture(&drawn, 1234));
        // A week later the clock still turns smoothly.
        assert_ne!(picture(&drawn, 604_800_000), picture(&drawn, 604_800_033));
    }

    #[test]
    fn every_size_can_be_drawn() {
        for (width, height) in [(64, 64), (118, 66), (642, 362), (720, 1280), (2560, 400), (3840, 2160), (64, 2000)] {
            let drawn = Drawn::new(VideoFormat { width, height, fps: 30 });
            let picture = picture(&drawn, 1000);
            assert_eq!(mark::read(&picture, width, width as usize), Some(mark::ROOM), "{width}x{height}");
            let luma = &picture[..(width * height) as usize];
            assert!(luma.iter().all(|y| (16..=235).contains(y)), "{width}x{height} within video levels");
        }
    }

    #[test]
    #[ignore = "a measurement: cargo test --release -p hal -- --ignored"]
    fn a_720p_picture_takes_less_than_two_milliseconds() {
        let drawn = Drawn::new(VideoFormat { width: 1280, height: 720, fps: 30 });
        let mut i420 = vec![0; drawn.still.len()];
        let mut times: Vec<_> = (0..200)
            .map(|n| {
                let start = std::time::Instant::now();
                drawn.picture(Duration::from_millis(n * 33), &mut i420).unwrap();
                start.elapsed()
            })
            .collect();
        times.sort();
        assert!(times[100] < Duration::from_millis(2), "median {:?}", times[100]);
    }
}
