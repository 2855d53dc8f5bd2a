//! Replays the fuzzer's corpus, and mutations of it, without a fuzzer: what once broke stays whole.
//!
//! `HUISCLOS_FUZZ_MUTATIONS` is the number of mutations for each target instead of 2000,
//! `HUISCLOS_FUZZ_SEED` what they are drawn from.

#[path = "../../tests/fuzz/src/cases.rs"]
mod cases;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

/// What mutations grow to at most, in bytes.
const LENGTH_MAX: usize = 64 * 1024;

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}

fn corpus(target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fuzz/corpus").join(target);
    let entries = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("a readable entry").path()).collect();
    paths.sort();
    let read = |path: PathBuf| (path.clone(), std::fs::read(path).expect("a readable file"));
    paths.into_iter().map(read).collect()
}

/// One to four small changes.
fn mutate(random: &mut fastrand::Rng, original: &[u8], other: &[u8]) -> Vec<u8> {
    let mut data = original.to_vec();
    for _ in 0..random.usize(1..=4) {
        let place = random.usize(..=data.len());
        let end = (place + random.usize(..=16)).min(data.len());
        match random.u8(..8) {
            0 if place < data.len() => data[place] ^= 1 << random.u8(..8),
            1 if place < data.len() => data[place] = random.u8(..),
            2 if place < data.len() => data[place] = random.choice([0, 1, 0x7f, 0x80, 0xff]).unwrap_or(0),
            3 => data.truncate(place),
            4 => drop(data.drain(place..end)),
            5 => {
                let piece = data[place..end].to_vec();
                data.splice(place..place, piece);
            }
            6 => data.splice(place..place, std::iter::repeat_with(|| random.u8(..)).take(4)).for_each(drop),
            _ => {
                let from = random.usize(..=other.len());
                data.truncate(place);
                data.extend_from_slice(&other[from..]);
            }
        }
    }
    data.truncate(LENGTH_MAX);
    data
}

/// Runs one input; what breaks is kept in a file and named.
fn try_input(target: &str, input: &[u8], name: &str) {
    if catch_unwind(AssertUnwindSafe(|| cases::run(target, input))).is_err() {
        let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{target}.crash"));
        std::fs::write(&kept, input).expect("room for the input that broke it");
        panic!("{target} broke on {name}: copy {} into the corpus", kept.display());
    }
}

fn replay(target: &str, mutations: u64) {
    let seed = number("HUISCLOS_FUZZ_SEED", 1);
    let files = corpus(target);
    assert!(!files.is_empty(), "{target} has no corpus");
    for (path, input) in &files {
        try_input(target, input, &path.display().to_string());
    }
    let mut random = fastrand::Rng::with_seed(seed);
    for n in 0..number("HUISCLOS_FUZZ_MUTATIONS", mutations) {
        let (path, original) = &files[random.usize(..files.len())];
        let (_, other) = &files[random.usize(..files.len())];
        let input = mutate(&mut random, original, other);
        try_input(target, &input, &format!("mutation {n} of {} with seed {seed}", path.display()));
    }
}

macro_rules! promises {
    ($($name:ident: $target:literal, $mutations:literal;)*) => {
        $(#[test]
        fn $name() {
            replay($target, $mutations);
        })*

        #[test]
        fn every_case_is_replayed() {
            let replayed = [$($target),*];
            assert!(cases::CASES.iter().all(|(target, _)| *target == "frames" || replayed.contains(target)));
        }
    };
}

promises! {
    any_signalling_message_is_survived: "signal", 2000;
    any_data_packet_is_survived: "packet", 2000;
    any_stream_is_survived_and_its_cutting_changes_nothing: "deframer", 2000;
    any_server_is_survived: "client", 2000;
    any_answer_at_the_door_is_survived: "answer", 2000;
    any_door_is_survived: "entry", 2000;
    any_typed_destination_is_survived: "destination", 2000;
    any_turn_address_is_survived: "turn_url", 2000;
    any_configuration_is_survived: "config", 2000;
    any_calendar_is_survived_and_what_it_says_is_fit_to_be_shown: "agenda", 2000;
    any_answer_of_a_calendars_server_is_survived: "multistatus", 2000;
    any_board_file_is_survived: "board", 2000;
    any_sealed_frame_is_survived_and_what_opens_can_be_sealed_again: "sealed", 2000;
    any_record_of_evidence_is_survived_and_none_is_signed_by_nobody: "evidence", 2000;
    any_word_about_group_keys_is_survived_and_lets_nobody_in: "group", 2000;
    any_policy_is_survived_and_none_is_signed_by_nobody: "policy", 2000;
    any_certificate_is_survived_and_only_what_was_signed_is_believed: "certificate", 2000;
}

#[test]
fn any_frame_is_survived_by_the_decoders() {
    // They run in threads of their own, whose panics nobody would hear.
    static PANICS: AtomicUsize = AtomicUsize::new(0);
    let default = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |information| {
        PANICS.fetch_add(1, Ordering::Relaxed);
        default(information);
    }));
    replay("frames", 20);
    assert_eq!(PANICS.load(Ordering::Relaxed), 0, "a thread panicked, perhaps of another test of this file");
}
