//! Waiting in tests.

use std::time::{Duration, Instant};

/// Waits for what another thread does.
pub(crate) fn until(what: &str, is_so: impl FnMut() -> bool) {
    until_within(Duration::from_secs(20), what, is_so);
}

/// As [`until`], with another patience.
pub(crate) fn until_within(patience: Duration, what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < patience, "{what}");
        std::thread::yield_now();
    }
}
