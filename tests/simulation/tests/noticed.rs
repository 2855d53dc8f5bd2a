//! The watcher itself: a world that is broken on purpose is caught, a good one is not.

use std::time::Duration;

use room::event::Wish;
use simulation::appliance::Sabotage;
use simulation::day;
use simulation::plan::{Act, Plan};

fn broken(plan: &Plan, sabotage: Sabotage) -> Vec<&'static str> {
    match day::run(plan, sabotage) {
        Ok(_) => Vec::new(),
        Err(report) => report.broken.iter().map(|broken| broken.promise).collect(),
    }
}

/// A day on which somebody mutes, then somebody leaves.
fn muted(wants_heard: bool) -> Plan {
    let mut plan = Plan::quiet(7);
    plan.acts.push((Duration::from_secs(8), Act::Person(Wish::SetMicrophone { on: false })));
    Plan { wants_heard, ..plan }
}

#[test]
fn a_quiet_day_is_a_good_day() {
    assert_eq!(broken(&Plan::quiet(7), Sabotage::None), Vec::<&str>::new());
    assert_eq!(broken(&muted(false), Sabotage::None), Vec::<&str>::new());
}

#[test]
fn a_mute_that_is_ignored_is_noticed() {
    let promises = broken(&muted(false), Sabotage::IgnoreMute);
    assert!(promises.contains(&"a switch does not change for ever"), "{promises:?}");
}

#[test]
fn a_mute_that_lies_is_noticed() {
    let promises = broken(&muted(false), Sabotage::LieAboutMute);
    assert!(promises.contains(&"a mute never lies"), "{promises:?}");
}

#[test]
fn a_deaf_room_is_noticed() {
    let promises = broken(&Plan::quiet(7), Sabotage::Deaf);
    assert!(promises.contains(&"the room hears and sees the guest"), "{promises:?}");
}

#[test]
fn a_room_that_does_not_hear_that_its_call_ended_is_noticed() {
    let mut plan = Plan::quiet(7);
    plan.acts.push((Duration::from_secs(8), Act::HostRemoves));
    let promises = broken(&plan, Sabotage::ForgetTheEnd);
    assert!(promises.contains(&"the room hears and sees the guest in the evening"), "{promises:?}");
}

#[test]
fn the_same_seed_plans_the_same_day() {
    assert_eq!(format!("{:?}", Plan::of(42)), format!("{:?}", Plan::of(42)));
    assert_ne!(format!("{:?}", Plan::of(42)), format!("{:?}", Plan::of(43)));
}
