//! What every light does: run by the simulated one, and by GPIO lines where the kernel simulates them.

use super::*;
use crate::until::until;

/// What a light promises, whatever it is made of.
pub(crate) fn contract(set: impl Fn(Light), shown: impl Fn() -> Option<Light>) {
    for light in [Light::Live, Light::Muted, Light::Waiting, Light::Trouble, Light::Idle, Light::Live] {
        set(light);
        until("it shows what was set", || shown() == Some(light));
    }
}

#[test]
fn a_light_shows_what_was_set() {
    let light = SimulatedLight::new().unwrap();
    contract(|wanted| light.set(wanted), || light.shown());
}

#[test]
fn the_light_of_a_classified_meeting_blinks_from_its_first_word_on() {
    let light = SimulatedLight::new().unwrap();
    for wanted in [Light::ClassifiedLive, Light::ClassifiedMuted] {
        light.set(wanted);
        until("lit", || light.shown() == Some(wanted));
        until("dark", || light.shown() == Some(Light::Idle));
        until("lit again", || light.shown() == Some(wanted));
    }
    light.set(Light::Muted);
    until("steady", || light.shown() == Some(Light::Muted));
}

#[test]
fn a_light_that_stalls_holds_nobody_up_and_then_shows_the_newest() {
    let light = SimulatedLight::new().unwrap();
    light.turn("stall", true);
    (0..10_000).for_each(|_| light.set(Light::Live));
    light.set(Light::Muted);
    light.turn("stall", false);
    until("the newest", || light.shown() == Some(Light::Muted));
}

#[test]
fn a_light_that_failed_or_was_out_shows_again_what_is_so() {
    let light = SimulatedLight::new().unwrap();
    light.turn("fail-next", true);
    light.set(Light::Live);
    until("it is tried again", || light.shown() == Some(Light::Live));
    light.turn("unplug", true);
    assert_eq!(light.shown(), None);
    light.set(Light::Muted);
    light.turn("unplug", false);
    assert_ne!(light.shown(), Some(Light::Live), "an old word");
    until("it is set again", || light.shown() == Some(Light::Muted));
}
