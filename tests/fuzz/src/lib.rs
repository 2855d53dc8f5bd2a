//! Everything of ours that parses bytes from the network, one function for each, for the fuzzer and for
//! the replay in `appliance/tests/fuzz_corpus.rs`.

// By path, so that the modules below it are found from both crates.
#[path = "cases.rs"]
pub mod cases;
