//! What touchscreens say, on good days and bad ones.

use std::time::{Duration, SystemTime};

use ::evdev::{AbsoluteAxisCode as Axes, EventType, InputEvent, KeyCode, SynchronizationCode as Syn};

use super::contact::{Change, Contacts};
use super::place::Axis;
use Change::{Cancel, Down, Move, Up};

const SLOT: Axes = Axes::ABS_MT_SLOT;
const ID: Axes = Axes::ABS_MT_TRACKING_ID;
const X: Axes = Axes::ABS_MT_POSITION_X;
const Y: Axes = Axes::ABS_MT_POSITION_Y;

/// A touchscreen of 4096 by 4096 units and a clock that is stepped.
struct Screen {
    contacts: Contacts,
    now: SystemTime,
}

impl Screen {
    fn new(has_slots: bool) -> Screen {
        let axis = Axis::new(0, 4095).unwrap();
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        Screen { contacts: Contacts::new([axis, axis], has_slots), now }
    }

    fn raw(&mut self, kind: EventType, code: u16, value: i32) -> Vec<Change> {
        self.contacts.feel(InputEvent::new(kind.0, code, value), self.now).into_iter().flatten().collect()
    }

    /// One frame of axes; a hundredth of a second passes.
    fn frame(&mut self, axes: &[(Axes, i32)]) -> Vec<Change> {
        for (axis, value) in axes {
            assert_eq!(self.raw(EventType::ABSOLUTE, axis.0, *value), [], "nothing before the frame is whole");
        }
        self.now += Duration::from_millis(10);
        self.raw(EventType::SYNCHRONIZATION, Syn::SYN_REPORT.0, 0)
    }

    fn dropped(&mut self) {
        assert_eq!(self.raw(EventType::SYNCHRONIZATION, Syn::SYN_DROPPED.0, 0), []);
    }

    fn key(&mut self, value: i32) {
        assert_eq!(self.raw(EventType::KEY, KeyCode::BTN_TOUCH.0, value), []);
    }
}

#[test]
fn a_stroke_is_down_moves_and_up() {
    let mut screen = Screen::new(true);
    assert_eq!(screen.frame(&[(ID, 7), (X, 100), (Y, 200)]), [Down(100, 200)]);
    assert_eq!(screen.frame(&[]), [], "nothing new");
    assert_eq!(screen.frame(&[(X, 110)]), [Move(110, 200)]);
    assert_eq!(screen.frame(&[(ID, -1)]), [Up(110, 200)]);
    assert_eq!(screen.frame(&[(X, 5)]), [], "hovering");
}

#[test]
fn a_finger_that_comes_where_the_last_one_was_is_felt() {
    // The kernel does not say again what is as before.
    let mut screen = Screen::new(true);
    screen.frame(&[(ID, 7), (X, 100), (Y, 200)]);
    screen.frame(&[(ID, -1)]);
    assert_eq!(screen.frame(&[(ID, 8)]), [Down(100, 200)]);
    // It came and went between two frames.
    assert_eq!(screen.frame(&[(ID, 9), (X, 300)]), [Up(100, 200), Down(300, 200)]);
}

#[test]
fn a_screen_that_feels_one_finger_is_felt_too() {
    let mut screen = Screen::new(false);
    screen.contacts.begin(3, (50, 60));
    screen.key(1);
    assert_eq!(screen.frame(&[]), [Down(50, 60)]);
    screen.key(1);
    assert_eq!(screen.frame(&[(Axes::ABS_X, 70)]), [Move(70, 60)]);
    screen.key(0);
    assert_eq!(screen.frame(&[(Axes::ABS_X, 0)]), [Up(70, 60)]);
    // Its slots are nobody's business.
    assert_eq!(screen.frame(&[(ID, 1), (X, 5), (Y, 5)]), []);
}

#[test]
fn only_the_first_finger_counts_and_what_lay_there_beside_it_never_does() {
    let mut screen = Screen::new(true);
    assert_eq!(screen.frame(&[(ID, 1), (X, 100), (Y, 100)]), [Down(100, 100)]);
    assert_eq!(screen.frame(&[(SLOT, 1), (ID, 2), (X, 3000), (Y, 3000)]), [], "a second finger");
    assert_eq!(screen.frame(&[(X, 3100)]), [], "it moves");
    assert_eq!(screen.frame(&[(SLOT, 0), (X, 150)]), [Move(150, 100)]);
    assert_eq!(screen.frame(&[(ID, -1)]), [Up(150, 100)]);
    assert_eq!(screen.frame(&[(SLOT, 1), (X, 3200)]), [], "it lay there before");
    assert_eq!(screen.frame(&[(SLOT, 2), (ID, 3), (X, 7), (Y, 8)]), [Down(7, 8)], "a sleeve does not block the panel");
    assert_eq!(screen.frame(&[(ID, -1), (SLOT, 1), (ID, -1)]), [Up(7, 8)]);
    assert_eq!(screen.frame(&[(ID, 4), (X, 9), (Y, 9)]), [Down(9, 9)], "the second slot is as good as the first");
}

#[test]
fn what_was_lost_cancels_and_the_next_finger_counts() {
    let mut screen = Screen::new(true);
    screen.frame(&[(ID, 1), (X, 100), (Y, 100)]);
    screen.dropped();
    // Pieces of a frame of which something is missing.
    assert_eq!(screen.frame(&[(X, 4000), (ID, -1)]), [Cancel]);
    screen.contacts.begin(0, (0, 0));
    assert_eq!(screen.frame(&[(X, 200), (Y, 200)]), [], "nobody knows whose finger that is");
    assert_eq!(screen.frame(&[(ID, -1)]), []);
    assert_eq!(screen.frame(&[(ID, 2)]), [Down(200, 200)]);
    // Nothing lay there.
    screen.frame(&[(ID, -1)]);
    screen.dropped();
    assert_eq!(screen.frame(&[]), []);
}

#[test]
fn a_touchscreen_that_goes_while_touched_cancels() {
    let mut screen = Screen::new(true);
    assert_eq!(screen.contacts.forget(), None);
    screen.frame(&[(ID, 1), (X, 100), (Y, 100)]);
    assert_eq!(screen.contacts.forget(), Some(Cancel));
    assert_eq!(screen.contacts.forget(), None);
}

#[test]
fn places_that_are_none_are_not_believed() {
    let mut screen = Screen::new(true);
    assert_eq!(screen.frame(&[(ID, 1), (X, 65_535), (Y, i32::MIN)]), [], "a finger nowhere");
    assert_eq!(screen.frame(&[(X, 10)]), [], "half a place");
    assert_eq!(screen.frame(&[(Y, 20)]), [Down(10, 20)]);
    assert_eq!(screen.frame(&[(X, i32::MAX)]), []);
    assert_eq!(screen.frame(&[(SLOT, -1), (X, 1), (Y, 1), (ID, -1)]), [], "no such slot");
    assert_eq!(screen.frame(&[(SLOT, 4000), (ID, 5)]), []);
    assert_eq!(screen.frame(&[(SLOT, 0), (ID, -1)]), [Up(10, 20)]);
}

#[test]
fn a_frame_that_does_not_end_is_let_go() {
    let mut screen = Screen::new(true);
    screen.frame(&[(ID, 1), (X, 100), (Y, 100)]);
    for value in 0..100_000 {
        assert_eq!(screen.raw(EventType::ABSOLUTE, X.0, value % 4000), []);
    }
    assert_eq!(screen.frame(&[]), [Cancel]);
    assert_eq!(screen.frame(&[(ID, 2), (X, 1), (Y, 1)]), [Down(1, 1)], "and the next one is felt");
}

#[test]
fn a_flood_of_touches_touches_nothing_for_a_while() {
    let mut screen = Screen::new(true);
    let tap = |screen: &mut Screen, id| {
        let down = screen.frame(&[(ID, id), (X, 100), (Y, 100)]);
        screen.frame(&[(ID, -1)]);
        down.len()
    };
    // Fifty taps a second.
    let felt: usize = (0..100).map(|id| tap(&mut screen, id)).sum();
    assert_eq!(felt, 20);
    assert!(screen.contacts.has_become_incredible());
    assert!(!screen.contacts.has_become_incredible(), "said once");
    screen.now += Duration::from_secs(2);
    assert_eq!(tap(&mut screen, 200), 1, "and it is believed again");
    // A finger that came while it was not believed, and stays, is not felt later.
    let mut screen = Screen::new(true);
    assert_eq!((0..21).map(|id| tap(&mut screen, id)).sum::<usize>(), 20);
    assert_eq!(screen.frame(&[(ID, 50)]), []);
    screen.now += Duration::from_secs(10);
    assert_eq!(screen.frame(&[(X, 120)]), []);
    // Nor does a clock that is set back make it deaf for ever.
    screen.now -= Duration::from_secs(1_000_000);
    screen.frame(&[(ID, -1)]);
    assert_eq!(screen.frame(&[(ID, 51)]).len(), 1);
}

/// Whatever comes: events are down, any number of moves, then up or cancel.
#[test]
fn garbage_never_breaks_the_order_of_events() {
    let mut seed = 1_u64;
    let mut random = move |below: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % below
    };
    for has_slots in [true, false] {
        let mut screen = Screen::new(has_slots);
        let mut is_down = false;
        let mut told = 0;
        for _ in 0..200_000 {
            let kind = [EventType::ABSOLUTE, EventType::KEY, EventType::SYNCHRONIZATION, EventType::MISC];
            let kind = kind[random(4) as usize];
            let code = match kind {
                EventType::ABSOLUTE => [SLOT.0, ID.0, X.0, Y.0, 0, 1, 0x3a, 0xffff][random(8) as usize],
                EventType::KEY => [KeyCode::BTN_TOUCH.0, 30][random(2) as usize],
                EventType::SYNCHRONIZATION => [0, 0, 0, 0, 0, 0, 2, 3][random(8) as usize],
                _ => random(70_000) as u16,
            };
            let value = match random(3) {
                0 => random(20) as i32 - 2,
                1 => random(4096) as i32,
                _ => random(1 << 32) as u32 as i32,
            };
            screen.now += Duration::from_millis(random(100));
            for change in screen.raw(kind, code, value) {
                told += 1;
                let follows = matches!(change, Down(..)) != is_down;
                assert!(follows, "{change:?} while a finger is down: {is_down}");
                if let Down(x, y) | Move(x, y) | Up(x, y) = change {
                    assert!((-256..4352).contains(&x) && (-256..4352).contains(&y), "{change:?}");
                }
                is_down = matches!(change, Down(..) | Move(..));
            }
        }
        assert!(told > 100, "garbage that is all ignored proves nothing: {told}");
    }
}
