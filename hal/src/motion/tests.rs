//! What every motion sensor does: run by the simulated one, and by the kernel's where it has one.

use std::sync::mpsc::{self, Receiver};
use std::time::Instant;

use super::*;

const PATIENCE: Duration = Duration::from_secs(20);

/// What a sensor promises, whatever it is made of. `set`: somebody moves before it, or nobody does.
pub(crate) fn contract(mut set: impl FnMut(bool), told: &Receiver<Motion>) {
    let next = || told.recv_timeout(PATIENCE);
    assert_eq!(next(), Ok(Motion::Still), "it is there");
    for _ in 0..2 {
        set(true);
        assert_eq!(next(), Ok(Motion::Moving));
        set(false);
        assert_eq!(next(), Ok(Motion::Still));
    }
    // Of one that chatters twice a second is told at most, and at last how it is.
    let (started, mut count, mut last) = (Instant::now(), 0, Motion::Still);
    while started.elapsed() < Duration::from_secs(2) {
        set(true);
        set(false);
        for motion in told.try_iter() {
            (count, last) = (count + 1, motion);
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    assert!(count <= 5, "{count} times in two seconds");
    set(true);
    while let Ok(motion) = told.recv_timeout(Duration::from_millis(2500)) {
        last = motion;
    }
    assert_eq!(last, Motion::Moving);
}

fn simulated() -> (SimulatedMotion, Receiver<Motion>) {
    let (told, tell) = mpsc::channel();
    (SimulatedMotion::new(move |motion| _ = told.send(motion)).unwrap(), tell)
}

#[test]
fn a_sensor_tells_of_each_change_and_chatter_floods_nobody() {
    let (sensor, told) = simulated();
    contract(|on| _ = sensor.turn("move", on), &told);
}

#[test]
fn one_that_is_stuck_or_blind_says_so_whoever_moves() {
    let (sensor, told) = simulated();
    let next = || told.recv_timeout(PATIENCE);
    assert_eq!(next(), Ok(Motion::Still));
    sensor.turn("stuck", true);
    assert_eq!(next(), Ok(Motion::Moving));
    sensor.turn("move", true);
    sensor.turn("move", false);
    assert!(told.recv_timeout(Duration::from_millis(1500)).is_err(), "nothing new");
    sensor.turn("blind", true);
    assert_eq!(next(), Ok(Motion::Still));
    sensor.turn("move", true);
    assert!(told.recv_timeout(Duration::from_millis(1500)).is_err(), "it sees nothing");
}

#[test]
fn one_that_is_pulled_out_is_missing_until_it_is_back() {
    let (sensor, told) = simulated();
    let next = || told.recv_timeout(PATIENCE);
    sensor.turn("move", true);
    assert!(told.iter().any(|motion| motion == Motion::Moving));
    sensor.turn("unplug", true);
    assert_eq!(next(), Ok(Motion::Missing));
    sensor.turn("unplug", false);
    assert_eq!(next(), Ok(Motion::Moving));
    drop(sensor);
    assert!(next().is_err(), "and ends in silence");
}
