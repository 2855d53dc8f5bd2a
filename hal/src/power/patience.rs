//! When a display is asked (again) to go on or off.

use std::time::{Duration, Instant};

use super::Power;

/// After each time that nothing answered. A display takes seconds to wake, and some lose the first word.
const AGAIN: [Duration; 4] =
    [Duration::from_secs(2), Duration::from_secs(5), Duration::from_secs(15), Duration::from_secs(30)];

/// What came of asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sent {
    Answered,
    NoAnswer,
}

/// What is wanted of a display, and how often it was asked in vain.
#[derive(Debug, Default)]
pub(super) struct Patience {
    wanted: Option<Power>,
    /// When to ask; none when it is as wanted, or there is no use.
    at: Option<Instant>,
    in_vain: usize,
}

impl Patience {
    pub fn want(&mut self, power: Power, now: Instant) {
        (self.wanted, self.at, self.in_vain) = (Some(power), Some(now), 0);
    }

    /// A display is there that was not: it does not know what is wanted. One that is not wanted on is left alone:
    /// somebody may just have plugged it in to look at something.
    pub fn plugged(&mut self, now: Instant) {
        if self.wanted == Some(Power::On) {
            (self.at, self.in_vain) = (Some(now), 0);
        }
    }

    pub fn deadline(&self) -> Option<Instant> {
        self.at
    }

    /// What to ask for now.
    pub fn due(&self, now: Instant) -> Option<Power> {
        self.wanted.filter(|_| self.at.is_some_and(|at| at <= now))
    }

    /// It was asked for `power`. Says whether it is given up now.
    pub fn sent(&mut self, power: Power, sent: Sent, now: Instant) -> bool {
        if self.wanted != Some(power) {
            return false;
        }
        self.at = match (sent, AGAIN.get(self.in_vain)) {
            (Sent::NoAnswer, Some(after)) => Some(now + *after),
            (Sent::Answered, _) | (Sent::NoAnswer, None) => None,
        };
        self.in_vain += usize::from(sent == Sent::NoAnswer);
        sent == Sent::NoAnswer && self.at.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_display_that_answers_is_asked_once() {
        let now = Instant::now();
        let mut patience = Patience::default();
        assert_eq!(patience.due(now), None, "nothing is wanted");
        patience.want(Power::On, now);
        assert_eq!(patience.due(now), Some(Power::On));
        assert!(!patience.sent(Power::On, Sent::Answered, now));
        assert_eq!((patience.due(now), patience.deadline()), (None, None));
    }

    #[test]
    fn a_display_that_does_not_answer_is_asked_five_times_in_a_minute_and_then_left_alone() {
        let begun = Instant::now();
        let mut patience = Patience::default();
        patience.want(Power::On, begun);
        let (mut now, mut asked) = (begun, 0);
        while let Some(at) = patience.deadline() {
            now = at;
            let power = patience.due(now).unwrap();
            asked += 1;
            let gives_up = patience.sent(power, Sent::NoAnswer, now);
            assert_eq!(gives_up, patience.deadline().is_none());
        }
        assert_eq!((asked, now - begun), (5, Duration::from_secs(52)));
        patience.plugged(now);
        assert_eq!(patience.due(now), Some(Power::On), "another display is told");
        patience.want(Power::Standby, now);
        assert_eq!(patience.due(now), Some(Power::Standby));
    }

    #[test]
    fn a_display_that_is_plugged_in_while_the_room_sleeps_is_not_put_to_sleep() {
        let now = Instant::now();
        let mut patience = Patience::default();
        patience.want(Power::Standby, now);
        patience.sent(Power::Standby, Sent::Answered, now);
        patience.plugged(now);
        assert_eq!(patience.due(now), None);
    }
}
