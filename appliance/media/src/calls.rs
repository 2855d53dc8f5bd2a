//! Which call it is: what was made for one must not reach the next.

use std::sync::{PoisonError, RwLock};

/// Counts calls and guards what is told of them.
#[derive(Default)]
pub(crate) struct Calls(RwLock<u64>);

impl Calls {
    /// The number of this call.
    pub fn current(&self) -> u64 {
        *self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs `tell` unless `call` is over; it does not end meanwhile.
    pub fn tell(&self, call: u64, tell: impl FnOnce()) {
        let current = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if *current == call {
            tell();
        }
    }

    /// Ends the call. Waits for what is being told, which is not long: telling never blocks.
    pub fn end(&self) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_told_of_a_call_that_is_over() {
        let calls = Calls::default();
        let old = calls.current();
        let mut told = 0;
        calls.tell(old, || told += 1);
        calls.end();
        calls.tell(old, || told += 10);
        calls.tell(calls.current(), || told += 100);
        assert_eq!(told, 101);
    }
}
