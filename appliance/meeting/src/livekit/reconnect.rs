//! How long to keep trying, and how often.

use std::time::{Duration, Instant};

use crate::io::{End, NetError};

/// After this long without a meeting we stop: people have noticed.
pub const GIVE_UP_AFTER: Duration = Duration::from_secs(60);

/// A first join is given up sooner: somebody stands before the panel.
pub const JOIN_GIVE_UP_AFTER: Duration = Duration::from_secs(20);

/// Tries of a first join that fail before the server has answered anything.
const JOIN_TRIES: u32 = 3;

/// Resumes the server accepts and then spoils, before a full rejoin.
const RESUMES_MAX: u32 = 3;

/// What an attempt is to achieve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goal {
    /// The first join.
    Join,
    /// The session goes on, with the same participant.
    Resume(Cause),
    /// A new session after a lost one.
    Rejoin,
}

/// Why a session is resumed, in LiveKit's numbers (`ReconnectReason`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    SignalLost = 1,
    MediaLost = 2,
}

/// The time without a meeting.
#[derive(Debug)]
pub struct Outage {
    pub since: Instant,
    tries: u32,
    spoiled: u32,
    /// The last thing that went wrong, for when we give up.
    pub last: End,
}

/// What to do after an attempt failed.
#[derive(Debug, PartialEq, Eq)]
pub enum Next {
    Try { goal: Goal, at: Instant },
    GiveUp(End),
}

impl Outage {
    pub fn new(now: Instant) -> Outage {
        Outage { since: now, tries: 0, spoiled: 0, last: End::ConnectionLost }
    }

    /// When to give up whatever happens.
    pub fn give_up_at(&self, goal: Goal) -> Instant {
        self.since + if goal == Goal::Join { JOIN_GIVE_UP_AFTER } else { GIVE_UP_AFTER }
    }

    /// A resume was accepted and came to nothing.
    pub fn spoiled(&mut self) {
        self.spoiled += 1;
    }

    /// Plans the next attempt.
    pub fn next(&mut self, goal: Goal, now: Instant) -> Next {
        let goal = match goal {
            Goal::Resume(_) if self.spoiled >= RESUMES_MAX => Goal::Rejoin,
            goal => goal,
        };
        let at = now + delay(self.tries);
        self.tries += 1;
        if at >= self.give_up_at(goal) || (goal == Goal::Join && self.tries > JOIN_TRIES) {
            return Next::GiveUp(if goal == Goal::Join { self.last.clone() } else { End::ConnectionLost });
        }
        Next::Try { goal, at }
    }
}

/// At once, then quadratically slower, then every seven seconds: as the official clients do.
fn delay(tries: u32) -> Duration {
    match tries {
        0 => Duration::ZERO,
        n @ 1..=4 => Duration::from_millis(300) * n * n,
        _ => Duration::from_secs(7),
    }
}

/// What a network error means for somebody who waits to join.
pub fn end_of(error: &NetError) -> End {
    match error {
        NetError::Certificate => End::CertificateInvalid,
        NetError::OutsidePolicy => End::OutsidePolicy,
        NetError::NameNotFound | NetError::Unreachable | NetError::TimedOut => End::ServerUnreachable,
        NetError::Protocol | NetError::Closed => End::ServerError,
        NetError::ProxyUnreachable => End::ProxyUnreachable,
        NetError::ProxyRefused => End::ProxyRefused,
        NetError::ProxyForbids => End::ProxyForbids,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tries_for_about_a_minute_and_then_stops() {
        let start = Instant::now();
        let mut now = start;
        let mut outage = Outage::new(start);
        let mut tries = 0;
        let resume = Goal::Resume(Cause::SignalLost);
        while let Next::Try { goal, at } = outage.next(resume, now) {
            assert_eq!(goal, resume);
            now = at;
            tries += 1;
        }
        assert!((8..20).contains(&tries), "{tries}");
        assert!(now - start > Duration::from_secs(45) && now - start <= GIVE_UP_AFTER);
    }

    #[test]
    fn a_first_join_says_soon_what_is_wrong() {
        let now = Instant::now();
        let mut outage = Outage::new(now);
        outage.last = End::ServerUnreachable;
        for _ in 0..JOIN_TRIES {
            assert!(matches!(outage.next(Goal::Join, now), Next::Try { .. }));
        }
        assert_eq!(outage.next(Goal::Join, now), Next::GiveUp(End::ServerUnreachable));
    }

    #[test]
    fn resumes_that_come_to_nothing_become_a_rejoin() {
        let now = Instant::now();
        let mut outage = Outage::new(now);
        for _ in 0..RESUMES_MAX {
            outage.spoiled();
        }
        let next = outage.next(Goal::Resume(Cause::MediaLost), now);
        assert_eq!(next, Next::Try { goal: Goal::Rejoin, at: now });
    }
}
