//! What every screen does: run by the simulated one, and by KMS where the kernel has a virtual one.

use std::sync::Mutex;

use super::frame::{Glass, paint as paint_rect};
use super::swap::Swap;
use super::*;
use crate::until::until;

struct Random(u64);

impl Random {
    fn below(&mut self, below: u32) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % u64::from(below.max(1))) as u32
    }

    fn rect(&mut self, size: (u32, u32)) -> Rect {
        let (x, y) = (self.below(size.0), self.below(size.1));
        Rect { x, y, width: 1 + self.below(size.0 - x), height: 1 + self.below(size.1 - y) }
    }
}

/// Fills a rectangle of an RGBA picture with one colour.
fn fill(rgba: &mut [u8], width: u32, rect: Rect, colour: [u8; 4]) {
    for y in rect.y..rect.y + rect.height {
        for x in rect.x..rect.x + rect.width {
            let at = ((y * width + x) * 4) as usize;
            rgba[at..at + 4].copy_from_slice(&colour);
        }
    }
}

/// All of a picture, painted at once onto black glass.
fn whole(rgba: &[u8], size: (u32, u32), rotation: Rotation, glass: (u32, u32)) -> Vec<u8> {
    let picture = Picture::new(Pixels::Rgba(rgba.to_vec().into()), size).unwrap();
    let mut bytes = vec![0; (glass.0 * glass.1 * 4) as usize];
    let all = Rect { x: 0, y: 0, width: size.0, height: size.1 };
    paint_rect(&picture, all, rotation, &mut Glass { bytes: &mut bytes, pitch: (glass.0 * 4) as usize, size: glass });
    bytes
}

#[test]
fn what_two_buffers_are_owed_makes_them_equal_to_the_whole_picture() {
    let mut random = Random(7);
    for rotation in Rotation::ALL {
        let size = (37, 23);
        let glass = rotation.turn(size);
        let mut rgba = vec![0; (size.0 * size.1 * 4) as usize];
        let mut buffers = [vec![0; rgba.len()], vec![0; rgba.len()]];
        let mut swap = Swap::new(size);
        let mut flips = 0;
        for turn in 0..500_u32 {
            // Nothing, one change, several; sometimes more than one before the screen takes a picture.
            for _ in 0..random.below(4) {
                let rect = random.rect(size);
                fill(&mut rgba, size.0, rect, [turn as u8, random.below(256) as u8, 7, 255]);
                let mut damage = Damage::default();
                damage.add(rect);
                swap.owe(&damage);
            }
            if random.below(3) == 0 {
                continue;
            }
            if let Some((back, owed)) = swap.paint() {
                let picture = Picture::new(Pixels::Rgba(rgba.clone().into()), size).unwrap();
                let bytes = &mut buffers[back];
                let mut glass = Glass { bytes, pitch: (glass.0 * 4) as usize, size: glass };
                owed.rects().iter().for_each(|rect| paint_rect(&picture, *rect, rotation, &mut glass));
                swap.flipped();
                flips += 1;
                assert_eq!(
                    buffers[back],
                    whole(&rgba, size, rotation, rotation.turn(size)),
                    "{rotation:?}, turn {turn}"
                );
            }
        }
        assert!(flips > 100, "{flips}");
    }
}

/// The first picture of a screen, and what changes in it afterwards.
fn drawing(size: (u32, u32), colour: u8) -> Vec<u8> {
    let mut rgba = vec![colour; (size.0 * size.1 * 4) as usize];
    fill(&mut rgba, size.0, Rect { x: 0, y: 0, width: size.0 / 2, height: 1 }, [255, 0, 0, 255]);
    rgba
}

fn shows(screen: &SimulatedScreen, rgba: &[u8], size: (u32, u32), rotation: Rotation) -> bool {
    screen.shown().is_some_and(|shown| shown.bytes == whole(rgba, size, rotation, shown.size))
}

#[test]
fn a_screen_shows_what_was_drawn_last() {
    for rotation in Rotation::ALL {
        let size = (64, 40);
        let screen = SimulatedScreen::new(size, rotation, Box::new(|_| {})).unwrap();
        let mut rgba = drawing(size, 9);
        screen.screen().show(rgba.clone().into(), size, &[]);
        until("the first picture", || shows(&screen, &rgba, size, rotation));
        let mut random = Random(3);
        for turn in 0..200 {
            let rect = random.rect(size);
            fill(&mut rgba, size.0, rect, [turn, 1, 2, 255]);
            screen.screen().show(rgba.clone().into(), size, &[rect]);
        }
        until("the newest picture", || shows(&screen, &rgba, size, rotation));
    }
}

#[test]
fn a_screen_that_was_pulled_out_or_stalled_or_failed_goes_on_by_itself() {
    let size = (64, 40);
    let screen = SimulatedScreen::new(size, Rotation::None, Box::new(|_| {})).unwrap();
    let rgba = drawing(size, 9);
    screen.screen().show(rgba.clone().into(), size, &[]);
    until("the first picture", || shows(&screen, &rgba, size, Rotation::None));

    screen.turn("unplug", true);
    assert_eq!(screen.shown(), None);
    let rgba = drawing(size, 20);
    screen.screen().show(rgba.clone().into(), size, &[Rect { x: 0, y: 0, width: size.0, height: size.1 }]);
    screen.turn("unplug", false);
    until("it is back with what was drawn meanwhile", || shows(&screen, &rgba, size, Rotation::None));

    screen.turn("fail-next", true);
    let rgba = drawing(size, 30);
    screen.screen().show(rgba.clone().into(), size, &[Rect { x: 0, y: 0, width: size.0, height: size.1 }]);
    until("it is lit again after an error", || shows(&screen, &rgba, size, Rotation::None));

    screen.turn("stall", true);
    // Nobody waits for it.
    for colour in 0..100 {
        screen.screen().show(drawing(size, colour).into(), size, &[Rect { x: 0, y: 0, width: size.0, height: size.1 }]);
    }
    screen.turn("stall", false);
    until("the newest", || shows(&screen, &drawing(size, 99), size, Rotation::None));
}

#[test]
fn a_screen_that_sleeps_is_dark_whatever_is_drawn_and_wakes_with_what_was_drawn_last() {
    let size = (64, 40);
    let screen = SimulatedScreen::new(size, Rotation::None, Box::new(|_| {})).unwrap();
    let whole = [Rect { x: 0, y: 0, width: size.0, height: size.1 }];
    let rgba = drawing(size, 9);
    screen.screen().show(rgba.clone().into(), size, &[]);
    until("the first picture", || shows(&screen, &rgba, size, Rotation::None));
    let is_dark = || screen.shown().is_some_and(|shown| shown.bytes.iter().all(|byte| *byte == 0));

    screen.screen().sleep(true);
    until("darkness", is_dark);
    // Pulled out and plugged in again it still sleeps.
    screen.turn("unplug", true);
    screen.turn("unplug", false);
    let rgba = drawing(size, 20);
    screen.screen().show(rgba.clone().into(), size, &whole);
    std::thread::sleep(std::time::Duration::from_millis(200));
    assert!(is_dark());

    screen.screen().sleep(false);
    until("what was drawn last", || shows(&screen, &rgba, size, Rotation::None));
}

#[test]
fn a_panel_of_another_size_asks_for_a_picture_of_that_size_and_is_black_around_a_smaller_one() {
    for rotation in [Rotation::None, Rotation::Quarter] {
        let asked: Arc<Mutex<Vec<Lit>>> = Arc::default();
        let told = asked.clone();
        let lit = move |lit| told.lock().unwrap().push(lit);
        let size = (64, 40);
        let screen = SimulatedScreen::new(size, rotation, Box::new(lit)).unwrap();
        until("it is lit", || asked.lock().unwrap().len() == 1);
        let rgba = drawing(size, 9);
        screen.screen().show(rgba.clone().into(), size, &[]);
        until("the first picture", || shows(&screen, &rgba, size, rotation));
        screen.turn("other", true);
        let other = rotation.turn((1024, 600));
        until("another size is asked for", || asked.lock().unwrap().len() == 2);
        let density = Some(1024.0 / 154.0);
        let expected = [Lit { size, pixels_per_mm: None }, Lit { size: other, pixels_per_mm: density }];
        assert_eq!(*asked.lock().unwrap(), expected);
        until("the old picture on the new glass", || shows(&screen, &rgba, size, rotation));
        let rgba = drawing(other, 5);
        screen.screen().show(rgba.clone().into(), other, &[]);
        until("a picture of the new size", || shows(&screen, &rgba, other, rotation));
        let rgba = drawing(size, 6);
        screen.screen().show(rgba.clone().into(), size, &[]);
        until("black around a smaller one", || shows(&screen, &rgba, size, rotation));
    }
}

#[test]
fn a_display_takes_rows_of_a_meeting() {
    let size = (64, 40);
    let simulated = SimulatedScreen::new(size, Rotation::None, Box::new(|_| {})).unwrap();
    let sink = sink(simulated.screen().clone(), size);
    let (mut luma, chroma) = (vec![16_u8; 64 * 40], vec![128_u8; 32 * 20]);
    sink.show([&luma, &chroma, &chroma], 0..40).unwrap();
    let row = |y: usize| simulated.shown().unwrap().bytes.get(y * 256..y * 256 + 4).map(<[u8]>::to_vec);
    until("black", || simulated.shown().is_some_and(|shown| shown.serial > 1));
    luma[10 * 64..12 * 64].fill(235);
    sink.show([&luma, &chroma, &chroma], 10..12).unwrap();
    until("two white rows", || row(10) == Some(vec![255, 255, 255, 0]) && row(11) == row(10));
    assert_eq!((row(9), row(12)), (Some(vec![0; 4]), Some(vec![0; 4])));
    assert!(sink.show([&luma[1..], &chroma, &chroma], 0..40).is_err());
    assert!(sink.show([&luma, &chroma[1..], &chroma], 0..40).is_err());
}
