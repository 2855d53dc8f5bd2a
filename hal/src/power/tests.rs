//! What every display that can be switched does: run by the simulated one, and by CEC where the kernel simulates it.

use super::*;
use crate::until::until;

#[test]
fn a_display_goes_on_and_off_as_wanted() {
    let display = SimulatedPower::new().unwrap();
    for power in [Power::On, Power::Standby, Power::On] {
        display.set(power);
        until("as wanted", || display.shown() == Some(power));
    }
}

#[test]
fn a_display_that_hangs_or_does_not_answer_holds_nobody_up() {
    let display = SimulatedPower::new().unwrap();
    display.turn("stall", true);
    (0..10_000).for_each(|_| display.set(Power::Standby));
    display.set(Power::On);
    display.turn("stall", false);
    until("the newest", || display.shown() == Some(Power::On));
    display.turn("deaf", true);
    display.set(Power::Standby);
    display.set(Power::On);
    display.set(Power::Standby);
    display.turn("deaf", false);
    until("it is asked again", || display.shown() == Some(Power::Standby));
}

#[test]
fn a_display_that_was_exchanged_is_switched_on_by_itself() {
    let display = SimulatedPower::new().unwrap();
    display.turn("fail-next", true);
    display.set(Power::On);
    until("asked again after an error", || display.shown() == Some(Power::On));
    display.turn("unplug", true);
    display.turn("deaf", true);
    display.turn("unplug", false);
    assert_eq!(display.shown(), Some(Power::Standby), "another one, which is still waking up");
    display.turn("deaf", false);
    until("it is told too", || display.shown() == Some(Power::On));
}
