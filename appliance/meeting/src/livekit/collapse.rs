//! Whether the path has just become much narrower than what is sent.
//!
//! str0m's estimate follows such a fall late: a queue in the network that is full grows no longer, and what
//! str0m tells is a mean of three seconds. Two signs together are enough to act at once: packets are lost,
//! and those that arrive are late. Each alone is not: radio loses packets, and jitter delays them.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// How much later than the fastest of late all packets have to be: a queue in the network.
const LATE: Duration = Duration::from_millis(120);
/// For how long they have to be: jitter spares one packet or another.
const LATE_FOR: Duration = Duration::from_millis(250);
/// How long the fastest round trip is remembered.
const FASTEST_WITHIN: Duration = Duration::from_secs(10);
/// What share of the packets has to be lost.
const LOST: f32 = 0.15;
/// The time the share of lost packets is about, by when they were sent (str0m's).
const LOST_WITHIN: Duration = Duration::from_secs(1);
/// The least time to tell a rate from.
const RATE_WITHIN: Duration = Duration::from_millis(200);
/// After a collapse another one within this time is news only if it goes deeper: what was sent before it
/// goes on being reported.
const AFTERMATH: Duration = Duration::from_secs(3);

/// What is known of the path at one moment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sample {
    /// Bytes of media sent so far.
    pub sent_bytes: u64,
    /// Of the packets sent within the last second that the other side has told of, the share that was lost.
    pub lost: Option<f32>,
    /// There and back, of the newest packet it told of.
    pub rtt: Option<Duration>,
}

/// What a sample comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Fine,
    /// Everything arrives late: a queue has built up.
    Late,
    /// Much more is sent than arrives; so much does, in bits per second.
    Collapsed {
        delivered_bps: u64,
    },
}

/// Watches a path.
#[derive(Debug, Default)]
pub(super) struct Collapse {
    sent: VecDeque<(Instant, u64)>,
    rtts: VecDeque<(Instant, Duration)>,
    /// The last one: when, and what arrived.
    last: Option<(Instant, u64)>,
}

impl Collapse {
    /// Takes in a sample; to be called about ten times a second.
    pub fn note(&mut self, sample: Sample, now: Instant) -> State {
        keep(&mut self.sent, LOST_WITHIN + RATE_WITHIN, now).push_back((now, sample.sent_bytes));
        let rtts = keep(&mut self.rtts, FASTEST_WITHIN, now);
        rtts.extend(sample.rtt.map(|rtt| (now, rtt)));
        let Some(fastest) = rtts.iter().map(|(_, rtt)| *rtt).min() else { return State::Fine };
        let recent = |(at, _): &&(Instant, Duration)| *at + LATE_FOR >= now;
        let Some(rtt) = rtts.iter().filter(recent).map(|(_, rtt)| *rtt).min() else { return State::Fine };
        if rtt < fastest + LATE {
            return State::Fine;
        }
        let Some(lost) = sample.lost.filter(|lost| *lost >= LOST) else { return State::Late };
        let Some(sent_bps) = self.sent_bps(rtt, now) else { return State::Late };
        let delivered_bps = (sent_bps as f64 * f64::from(1.0 - lost.min(1.0))) as u64;
        if self.last.is_some_and(|(at, bps)| now < at + AFTERMATH && delivered_bps > bps / 3 * 2) {
            return State::Late;
        }
        self.last = Some((now, delivered_bps));
        State::Collapsed { delivered_bps }
    }

    /// At what rate those packets were sent of which is known whether they arrived.
    fn sent_bps(&self, rtt: Duration, now: Instant) -> Option<u64> {
        let until = now.checked_sub(rtt.min(LOST_WITHIN - RATE_WITHIN))?;
        let (from_at, from) = *self.sent.iter().find(|(at, _)| *at + LOST_WITHIN >= now)?;
        let (until_at, to) = *self.sent.iter().rev().find(|(at, _)| *at <= until)?;
        let passed = until_at.checked_duration_since(from_at).filter(|passed| !passed.is_zero())?;
        Some((to.saturating_sub(from) as f64 * 8.0 / passed.as_secs_f64()) as u64)
    }
}

/// Forgets what is older than that.
fn keep<T>(values: &mut VecDeque<(Instant, T)>, within: Duration, now: Instant) -> &mut VecDeque<(Instant, T)> {
    while values.front().is_some_and(|(at, _)| *at + within < now) {
        values.pop_front();
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVERY: Duration = Duration::from_millis(100);
    /// What a queue in the network holds.
    const QUEUE_MS: u64 = 300;

    /// A path with a bottleneck, looked at every tenth of a second, and what is known at its beginning.
    struct Path {
        collapse: Collapse,
        start: Instant,
        capacity_bps: u64,
        /// Lost besides, at random.
        lost: f64,
        jitter_ms: u64,
        waiting_bits: u64,
        sent_bits: u64,
        /// What was sent in each tenth of a second: bits, of them lost, and the time there and back.
        steps: Vec<(f64, f64, u64)>,
    }

    impl Path {
        fn new(capacity_bps: u64) -> Path {
            let (collapse, start) = (Collapse::default(), Instant::now());
            Path {
                collapse,
                start,
                capacity_bps,
                lost: 0.0,
                jitter_ms: 0,
                waiting_bits: 0,
                sent_bits: 0,
                steps: vec![],
            }
        }

        fn step(&mut self, sent_bps: u64) -> State {
            let (sent, passes) = (sent_bps / 10, self.capacity_bps / 10);
            let room = self.capacity_bps * QUEUE_MS / 1000 + passes - self.waiting_bits.min(passes);
            let taken = sent.min(room.saturating_sub(self.waiting_bits.saturating_sub(passes)));
            self.waiting_bits = (self.waiting_bits + taken).saturating_sub(passes);
            self.sent_bits += sent;
            let jitter_ms = self.jitter_ms * (self.steps.len() as u64 % 3) / 2;
            let rtt_ms = 70 + jitter_ms + self.waiting_bits * 1000 / self.capacity_bps;
            let lost = sent as f64 - taken as f64 * (1.0 - self.lost);
            self.steps.push((sent as f64, lost, rtt_ms));
            let now = self.steps.len() as u64;
            let known = |i: &usize| (*i as u64 + 1) * 100 + self.steps[*i].2 <= now * 100;
            let told: Vec<usize> = (self.steps.len().saturating_sub(10)..self.steps.len()).filter(known).collect();
            let sums = told.iter().fold((0.0, 0.0), |sum, i| (sum.0 + self.steps[*i].0, sum.1 + self.steps[*i].1));
            let sample = Sample {
                sent_bytes: self.sent_bits / 8,
                lost: (sums.0 > 0.0).then(|| (sums.1 / sums.0) as f32),
                rtt: told.last().map(|i| Duration::from_millis(self.steps[*i].2)),
            };
            self.collapse.note(sample, self.start + EVERY * now as u32)
        }
    }

    #[test]
    fn a_path_that_becomes_narrow_is_noticed_within_a_second_and_sending_half_of_what_arrives_ends_it() {
        let (mut path, mut sent_bps) = (Path::new(4_000_000), 2_400_000);
        for _ in 0..50 {
            assert_eq!(path.step(sent_bps), State::Fine);
        }
        path.capacity_bps = 500_000;
        let mut collapses = Vec::new();
        let mut last = State::Fine;
        for step in 1..=30 {
            last = path.step(sent_bps);
            if let State::Collapsed { delivered_bps } = last {
                collapses.push((step, delivered_bps / 1000));
                sent_bps = delivered_bps / 2;
            }
        }
        assert!(collapses.first().is_some_and(|(step, _)| *step <= 8), "{collapses:?}");
        assert!(collapses.last().is_some_and(|(_, kbps)| (400..800).contains(kbps)), "{collapses:?}");
        // What is thought first is too much: reports mix what was sent before with what was sent since.
        assert!(collapses.len() <= 3 && last == State::Fine, "{collapses:?}, {last:?}");
    }

    #[test]
    fn losses_alone_and_jitter_even_with_losses_are_no_collapse() {
        let mut path = Path::new(10_000_000);
        path.lost = 0.3;
        for _ in 0..200 {
            assert_eq!(path.step(2_400_000), State::Fine, "radio");
        }
        path.jitter_ms = 400;
        for _ in 0..200 {
            assert_eq!(path.step(2_400_000), State::Fine, "bad radio: one packet or another is fast");
        }
    }

    #[test]
    fn a_queue_that_holds_what_is_sent_is_late_and_no_collapse() {
        let mut path = Path::new(10_000_000);
        for _ in 0..50 {
            path.step(2_400_000);
        }
        path.capacity_bps = 2_200_000;
        let states: Vec<State> = (0..12).map(|_| path.step(2_400_000)).collect();
        assert!(states.contains(&State::Late) || states.iter().all(|s| *s == State::Fine), "{states:?}");
        assert!(!states.iter().any(|s| matches!(s, State::Collapsed { .. })), "{states:?}");
    }

    #[test]
    fn nothing_is_said_of_a_path_of_which_nothing_is_known() {
        let mut collapse = Collapse::default();
        let now = Instant::now();
        for tenth in 0..30 {
            let sample = Sample { sent_bytes: tenth * 1000, lost: None, rtt: None };
            assert_eq!(collapse.note(sample, now + EVERY * tenth as u32), State::Fine);
        }
    }
}
