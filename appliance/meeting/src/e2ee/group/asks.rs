//! Key packages of those who ask to be let in, and when each is looked at.
//!
//! A look costs signatures, and anybody with the meeting's key can send key packages without end. So of each sender one
//! waits at most, the newest; each is looked at again after a while only; and all together are looked at so many times a
//! second. They are served in the order in which they came, so whoever floods waits behind everybody else.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use aws_lc_rs::digest;

use super::membership::MEMBERS_MAX;

/// From one look at somebody's key package to the next. Nobody asks so often, but to keep everybody else busy.
pub const LOOK_INTERVAL: Duration = Duration::from_millis(800);
/// Who goes on asking is looked at half as often each time, down to this: asking again makes the group anew for everybody.
/// Who asks as [`super::delivery`] does is never waited with.
pub const LOOK_INTERVAL_MAX: Duration = LOOK_INTERVAL.saturating_mul(16);
/// Whose last look is so many intervals ago does not go on asking.
const CALM_INTERVALS: u32 = 4;

/// Looks within any second, at everybody's together.
pub const LOOKS_PER_SECOND_MAX: usize = 50;
const SECOND: Duration = Duration::from_secs(1);

/// Of a key package: a chain of certificates at its longest, and what MLS has beside it.
const KEY_PACKAGE_BYTES_MAX: usize = 24 * 1024;

/// Senders who wait: as many as a group has members. More are not heard until others have been.
const WAITING_MAX: usize = MEMBERS_MAX;

/// Senders whose last key package is remembered; who was looked at first is forgotten first.
const REMEMBERED_MAX: usize = 1024;

/// Whose, which.
pub type Ask = (String, Vec<u8>);

/// What waits to be looked at.
#[derive(Debug, Default)]
pub struct Asks {
    /// Whoever has waited longest first; a sender once.
    waiting: VecDeque<Ask>,
    /// The last look at each sender's.
    looked: BTreeMap<String, Look>,
    /// The last looks at anybody's, the newest last.
    looks: VecDeque<Instant>,
}

#[derive(Debug)]
struct Look {
    /// Of the key package.
    digest: [u8; digest::SHA256_OUTPUT_LEN],
    at: Instant,
    /// Until the next.
    interval: Duration,
}

impl Asks {
    /// A key package has come from this sender, as the server tells it; it takes the place of one that waits.
    pub fn put(&mut self, from: &str, key_package: Vec<u8>) {
        if key_package.len() > KEY_PACKAGE_BYTES_MAX {
            return;
        }
        if let Some((_, waiting)) = self.waiting.iter_mut().find(|(sender, _)| sender == from) {
            *waiting = key_package;
        } else if self.waiting.len() < WAITING_MAX {
            self.waiting.push_back((from.to_owned(), key_package));
        } else {
            tracing::debug!("too many wait to be let into the group");
        }
    }

    /// The next to be looked at by now, if any. One that was looked at before is used up, and passed over.
    pub fn next(&mut self, now: Instant) -> Option<Ask> {
        while self.looks.front().is_some_and(|at| now >= *at + SECOND) {
            self.looks.pop_front();
        }
        while self.looks.len() < LOOKS_PER_SECOND_MAX {
            let at = self.waiting.iter().position(|(from, _)| self.may_look_at(from) <= Some(now))?;
            let (from, key_package) = self.waiting.remove(at)?;
            let digest = digest_of(&key_package);
            if self.looked.get(&from).is_none_or(|before| before.digest != digest) {
                self.looks.push_back(now);
                self.remember(&from, digest, now);
                return Some((from, key_package));
            }
        }
        None
    }

    /// When [`Asks::next`] gives what it does not give yet.
    pub fn deadline(&self) -> Option<Instant> {
        let is_full = self.looks.len() >= LOOKS_PER_SECOND_MAX;
        let all = self.looks.front().filter(|_| is_full).map(|at| *at + SECOND);
        self.waiting.iter().filter_map(|(from, _)| self.may_look_at(from).max(all)).min()
    }

    /// Somebody else is asked.
    pub fn clear(&mut self) {
        self.waiting.clear();
    }

    /// From when on this sender's is looked at. `None`: at once.
    fn may_look_at(&self, from: &str) -> Option<Instant> {
        self.looked.get(from).map(|look| look.at + look.interval)
    }

    fn remember(&mut self, from: &str, digest: [u8; digest::SHA256_OUTPUT_LEN], now: Instant) {
        let goes_on = self.looked.get(from).filter(|before| now < before.at + before.interval * CALM_INTERVALS);
        let interval = goes_on.map_or(LOOK_INTERVAL, |before| (before.interval * 2).min(LOOK_INTERVAL_MAX));
        self.looked.insert(from.to_owned(), Look { digest, at: now, interval });
        if self.looked.len() > REMEMBERED_MAX {
            let oldest = self.looked.iter().min_by_key(|(_, look)| look.at).map(|(sender, _)| sender.clone());
            oldest.map(|sender| self.looked.remove(&sender));
        }
    }
}

fn digest_of(key_package: &[u8]) -> [u8; digest::SHA256_OUTPUT_LEN] {
    let mut bytes = [0; digest::SHA256_OUTPUT_LEN];
    bytes.copy_from_slice(digest::digest(&digest::SHA256, key_package).as_ref());
    bytes
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A meeting: at each step, this long after the one before, this sender asks so many times with other key packages.
    fn flood() -> impl Strategy<Value = Vec<(u64, u8, u8)>> {
        prop::collection::vec((0_u64..300, 0_u8..120, 0_u8..20), 1..300)
    }

    /// Lets time pass until this time, and looks at what is due when it is due.
    fn pass(asks: &mut Asks, now: &mut Instant, until: Instant, looks: &mut Vec<(Instant, Ask)>) {
        loop {
            while let Some(ask) = asks.next(*now) {
                looks.push((*now, ask));
            }
            let Some(at) = asks.deadline().filter(|at| *at <= until) else { break };
            assert!(at > *now, "what is due is given");
            *now = at;
        }
        *now = until;
    }

    proptest! {
        #[test]
        fn whatever_comes_a_look_is_rare_for_each_and_for_all_and_nobody_waits_for_ever(steps in flood()) {
            let (mut asks, base) = (Asks::default(), Instant::now());
            let (mut now, mut looks) = (base, Vec::new());
            let mut serial = 0_u32;
            let mut newest = BTreeMap::new();
            for (after, sender, times) in steps {
                let until = now + Duration::from_millis(after);
                pass(&mut asks, &mut now, until, &mut looks);
                for _ in 0..times {
                    serial += 1;
                    asks.put(&sender.to_string(), serial.to_be_bytes().to_vec());
                    newest.insert(sender.to_string(), serial.to_be_bytes().to_vec());
                }
            }
            // Those who wait are 120 at most: a few seconds, after the longest interval.
            let until = now + LOOK_INTERVAL_MAX + 4 * SECOND;
            pass(&mut asks, &mut now, until, &mut looks);
            for (sender, key_package) in newest {
                let of_sender: Vec<_> = looks.iter().filter(|(_, (from, _))| *from == sender).collect();
                let last = of_sender.last().map(|(_, (_, looked_at))| looked_at);
                prop_assert_eq!(last, Some(&key_package), "the newest of each counts");
                prop_assert!(of_sender.windows(2).all(|two| two[1].0 >= two[0].0 + LOOK_INTERVAL));
            }
            let is_rare = |looks: &[(Instant, Ask)]| looks[LOOKS_PER_SECOND_MAX].0 >= looks[0].0 + SECOND;
            prop_assert!(looks.windows(LOOKS_PER_SECOND_MAX + 1).all(is_rare));
        }
    }

    #[test]
    fn in_the_flood_of_one_everybody_else_is_looked_at_at_once() {
        let (mut asks, now) = (Asks::default(), Instant::now());
        let mut flooded = 0;
        for ms in 0..10_000_u32 {
            let at = now + Duration::from_millis(ms.into());
            asks.put("mallory", ms.to_be_bytes().to_vec());
            // As who asks again because nobody answers.
            if [500, 1500, 3500, 7500].contains(&ms) {
                asks.put("bert", ms.to_be_bytes().to_vec());
            }
            while let Some((from, key_package)) = asks.next(at) {
                assert_eq!(key_package, ms.to_be_bytes());
                flooded += u32::from(from == "mallory");
            }
            assert!(asks.waiting.iter().all(|(from, _)| from == "mallory"), "bert waits");
        }
        assert_eq!(flooded, 4, "half as often each time: 0, 0.8, 2.4 and 5.6 s");
    }

    #[test]
    fn who_asks_as_a_room_does_is_never_waited_with() {
        let (mut asks, mut now) = (Asks::default(), Instant::now());
        for (serial, seconds) in [1, 2, 4, 8, 16, 16, 16, 1].into_iter().enumerate() {
            asks.put("anna", vec![serial as u8]);
            assert!(asks.next(now).is_some(), "time {serial}");
            now += seconds * SECOND;
        }
        // The interval after a quiet time is the shortest again.
        now += LOOK_INTERVAL_MAX * CALM_INTERVALS;
        for (serial, after) in [(100, LOOK_INTERVAL), (101, Duration::ZERO)] {
            asks.put("anna", vec![serial]);
            assert!(asks.next(now).is_some());
            now += after;
        }
    }

    #[test]
    fn one_key_package_is_looked_at_once_and_a_long_one_never() {
        let (mut asks, now) = (Asks::default(), Instant::now());
        asks.put("anna", vec![1]);
        assert!(asks.next(now).is_some());
        asks.put("anna", vec![1]);
        assert_eq!(asks.next(now + 10 * SECOND), None, "it is used");
        assert_eq!(asks.deadline(), None);
        asks.put("anna", vec![0; KEY_PACKAGE_BYTES_MAX + 1]);
        assert_eq!(asks.next(now + 20 * SECOND), None);
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let (mut asks, now) = (Asks::default(), Instant::now());
        for sender in 0..5000_u32 {
            let at = now + Duration::from_millis(100 * u64::from(sender));
            asks.put(&sender.to_string(), vec![7]);
            assert!(asks.next(at).is_some());
        }
        assert_eq!(asks.looked.len(), REMEMBERED_MAX);
        for sender in 0..5000_u32 {
            asks.put(&format!("again {sender}"), vec![8]);
        }
        assert_eq!(asks.waiting.len(), WAITING_MAX);
        asks.clear();
        assert_eq!((asks.waiting.len(), asks.deadline()), (0, None));
    }
}
