//! Promises of a classified room: whatever happens to it, in whatever order, nothing is weaker than it has to be. A usual
//! room to which the same happens is: so each of these promises could be broken.

mod world;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};
use room::policy::Mode;
use world::{Reached, Step, World, step};

/// Sequences tried, and steps in each.
const SEQUENCES: u32 = 3000;
const STEPS: std::ops::Range<usize> = 20..120;

fn run(mode: Mode, steps: &[Step]) -> Reached {
    let mut world = World::new(mode);
    for step in steps {
        world.take(step);
    }
    world.reached
}

proptest! {
    #![proptest_config(Config { cases: SEQUENCES, failure_persistence: None, ..Config::default() })]

    #[test]
    fn no_sequence_takes_a_classified_room_to_a_weaker_state(steps in prop::collection::vec(step(), STEPS)) {
        let reached = run(Mode::Classified, &steps);
        prop_assert_eq!(reached.weaker(), Vec::<&str>::new());
    }
}

#[test]
fn the_same_sequences_take_a_usual_room_to_each_of_them_and_a_classified_one_to_all_that_it_is_for() {
    let mut runner = TestRunner::deterministic();
    let sequences = prop::collection::vec(step(), STEPS);
    let (mut usual, mut classified) = (Reached::default(), Reached::default());
    for _ in 0..SEQUENCES / 4 {
        let steps = sequences.new_tree(&mut runner).unwrap().current();
        usual.add(run(Mode::Usual, &steps));
        classified.add(run(Mode::Classified, &steps));
    }
    assert_eq!(usual.weaker(), Reached::WEAKER);
    assert_eq!(classified.weaker(), Vec::<&str>::new());
    assert_eq!(classified.meant(), Reached::MEANT);
}
