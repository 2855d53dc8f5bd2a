//! What every relay does: run by the simulated one, and by a GPIO line where the kernel simulates it.

use std::sync::{Arc, Mutex};

use super::*;
use crate::until::until;

/// What a relay promises, whatever it is made of.
pub(crate) fn contract(set: impl Fn(bool), is_cut: impl Fn() -> bool) {
    until("it cuts at first", &is_cut);
    for closed in [true, false, true, false] {
        set(closed);
        until("it is where it was put", || is_cut() != closed);
    }
}

type Told = Arc<Mutex<Vec<bool>>>;

fn simulated() -> (SimulatedRelay, Arc<Wire>, Told) {
    let (wire, told) = (Arc::new(Wire::default()), Told::default());
    let tell = told.clone();
    // What changes.
    let note = move |works| {
        let mut told = tell.lock().unwrap();
        if told.last() != Some(&works) {
            told.push(works);
        }
    };
    let relay = SimulatedRelay::new(wire.clone(), note).unwrap();
    until("its first word", || !told.lock().unwrap().is_empty());
    (relay, wire, told)
}

#[test]
fn a_relay_cuts_until_it_is_closed_and_again_when_it_is_opened_or_nobody_keeps_it() {
    let (relay, wire, told) = simulated();
    contract(|closed| relay.set(closed), || wire.is_cut());
    relay.set(true);
    until("it is closed", || !wire.is_cut());
    drop(relay);
    assert!(wire.is_cut(), "a room that ends lets nothing through");
    assert_eq!(*told.lock().unwrap(), [true]);
}

#[test]
fn a_contact_that_sticks_is_told_once_and_tried_again_until_it_moves() {
    let (relay, wire, told) = simulated();
    relay.set(true);
    until("it is closed", || !wire.is_cut());
    relay.turn("stick", true);
    relay.set(false);
    until("it says so", || *told.lock().unwrap() == [true, false]);
    assert!(!wire.is_cut(), "it does not pretend");
    relay.turn("stick", false);
    until("it is tried again", || wire.is_cut());
    until("and works again", || *told.lock().unwrap() == [true, false, true]);
}

#[test]
fn a_relay_that_is_pulled_out_cuts_and_says_so() {
    let (relay, wire, told) = simulated();
    relay.set(true);
    until("it is closed", || !wire.is_cut());
    relay.turn("unplug", true);
    assert!(wire.is_cut());
    until("it says so", || *told.lock().unwrap() == [true, false]);
    relay.turn("unplug", false);
    until("it is put back to where it was", || !wire.is_cut());
}
