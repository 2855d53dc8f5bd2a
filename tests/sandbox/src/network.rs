//! A network that misbehaves. Time is an argument: the clock may be a real or a virtual one.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::time::{Duration, Instant};

/// What a lost segment of a stream costs: the sender has to notice and to send it again.
const RETRANSMISSION: Duration = Duration::from_millis(250);

/// How long packets may wait before a bottleneck; those that would wait longer are lost (drop tail).
const QUEUE: Duration = Duration::from_millis(300);

/// How a way through the network behaves, in both directions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Weather {
    /// Packets lost, 0.0 to 1.0. Streams lose none; they are late instead.
    pub loss: f64,
    pub delay: Duration,
    /// Added to the delay, uniformly from zero; larger than the packet spacing it reorders.
    pub jitter: Duration,
    /// Packets delivered twice, 0.0 to 1.0.
    pub duplication: f64,
    /// Bits per second that pass, packet after packet; `None`: as many as come. Streams do not count.
    pub bottleneck_bps: Option<u64>,
}

impl Weather {
    /// A wire in the same building.
    pub const FINE: Weather = Weather {
        loss: 0.0,
        delay: Duration::from_millis(5),
        jitter: Duration::ZERO,
        duplication: 0.0,
        bottleneck_bps: None,
    };
}

/// Names a stream in one direction: what is sent on it arrives in order.
pub type StreamKey = (u64, u64);

/// Things on their way, each due at its time.
pub struct Network<T> {
    random: fastrand::Rng,
    weather: Weather,
    /// Nothing that is sent before this arrives; packets are lost, streams wait.
    down_until: Option<Instant>,
    /// Until when the bottleneck is busy with what it has.
    busy_until: Option<Instant>,
    in_flight: BinaryHeap<Reverse<InFlight<T>>>,
    sent: u64,
    /// When the newest message of each stream arrives.
    streams: HashMap<StreamKey, Instant>,
}

struct InFlight<T> {
    due: Instant,
    order: u64,
    what: T,
}

impl<T> PartialEq for InFlight<T> {
    fn eq(&self, other: &Self) -> bool {
        (self.due, self.order) == (other.due, other.order)
    }
}
impl<T> Eq for InFlight<T> {}
impl<T> PartialOrd for InFlight<T> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<T> Ord for InFlight<T> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.due, self.order).cmp(&(other.due, other.order))
    }
}

impl<T: Clone> Network<T> {
    /// A network whose luck comes from `seed`.
    pub fn new(seed: u64, weather: Weather) -> Network<T> {
        Network {
            random: fastrand::Rng::with_seed(seed),
            weather,
            down_until: None,
            busy_until: None,
            in_flight: BinaryHeap::new(),
            sent: 0,
            streams: HashMap::new(),
        }
    }

    /// The weather changes.
    pub fn set_weather(&mut self, weather: Weather) {
        self.weather = weather;
        // What waits keeps its time; what comes now finds the bottleneck as it is now.
        self.busy_until = None;
    }

    /// Nothing gets through until then.
    pub fn cut(&mut self, until: Instant) {
        self.down_until = Some(until);
    }

    /// Whether nothing gets through.
    pub fn is_down(&self, now: Instant) -> bool {
        self.down_until.is_some_and(|until| until > now)
    }

    /// Sends a packet of so many bytes: it may be lost, late, out of order or doubled.
    pub fn packet(&mut self, now: Instant, bytes: usize, what: T) {
        if self.is_down(now) || self.random.f64() < self.weather.loss {
            return;
        }
        let Some(through) = self.through(now, bytes) else { return };
        if self.random.f64() < self.weather.duplication {
            let due = through + self.delay();
            self.push(due, what.clone());
        }
        let due = through + self.delay();
        self.push(due, what);
    }

    /// When a packet has passed the bottleneck; `None` if its queue is full.
    fn through(&mut self, now: Instant, bytes: usize) -> Option<Instant> {
        let Some(bps) = self.weather.bottleneck_bps else { return Some(now) };
        let begins = self.busy_until.map_or(now, |until| until.max(now));
        if begins - now > QUEUE {
            return None;
        }
        let through = begins + Duration::from_secs_f64(bytes as f64 * 8.0 / bps.max(1) as f64);
        self.busy_until = Some(through);
        Some(through)
    }

    /// Sends on a stream: it arrives, after what was sent on it before, when the network lets it.
    pub fn stream(&mut self, now: Instant, stream: StreamKey, what: T) {
        let base = match self.down_until {
            Some(until) if until > now => until,
            _ => now,
        };
        let mut due = base + self.delay();
        while self.random.f64() < self.weather.loss {
            due += RETRANSMISSION;
        }
        let last = self.streams.entry(stream).or_insert(due);
        *last = due.max(*last);
        let due = *last;
        self.push(due, what);
    }

    /// What this end notices by itself, whatever the weather.
    pub fn locally(&mut self, due: Instant, what: T) {
        self.push(due, what);
    }

    /// When the next thing arrives.
    pub fn next_due(&self) -> Option<Instant> {
        self.in_flight.peek().map(|Reverse(next)| next.due)
    }

    /// The next thing that has arrived by `now`.
    pub fn pop(&mut self, now: Instant) -> Option<T> {
        if self.next_due()? > now {
            return None;
        }
        self.in_flight.pop().map(|Reverse(next)| next.what)
    }

    fn delay(&mut self) -> Duration {
        self.weather.delay + self.weather.jitter.mul_f64(self.random.f64())
    }

    fn push(&mut self, due: Instant, what: T) {
        self.sent += 1;
        self.in_flight.push(Reverse(InFlight { due, order: self.sent, what }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrivals(seed: u64, weather: Weather) -> Vec<u32> {
        let start = Instant::now();
        let mut network = Network::new(seed, weather);
        for i in 0..100 {
            network.packet(start + Duration::from_millis(u64::from(i)), 1000, i);
        }
        std::iter::from_fn(|| network.pop(start + Duration::from_secs(60))).collect()
    }

    #[test]
    fn the_same_seed_is_the_same_day() {
        let storm = Weather { loss: 0.2, jitter: Duration::from_millis(30), duplication: 0.05, ..Weather::FINE };
        assert_eq!(arrivals(7, storm), arrivals(7, storm));
        assert_ne!(arrivals(7, storm), arrivals(8, storm));
        assert!(arrivals(7, storm).len() < 100);
        assert!(!arrivals(7, storm).is_sorted());
    }

    #[test]
    fn fine_weather_delivers_everything_in_order() {
        assert_eq!(arrivals(1, Weather::FINE), (0..100).collect::<Vec<_>>());
    }

    #[test]
    fn a_bottleneck_lets_its_rate_through_and_its_queue_is_bounded() {
        let start = Instant::now();
        let narrow = Weather { bottleneck_bps: Some(800_000), ..Weather::FINE };
        let mut network = Network::new(1, narrow);
        // Twice what passes, for two seconds.
        for i in 0..400_u64 {
            network.packet(start + Duration::from_millis(5 * i), 1000, i);
        }
        let mut arrived = Vec::new();
        let at = |ms| start + Duration::from_millis(ms);
        for ms in 0..3000 {
            while let Some(i) = network.pop(at(ms)) {
                arrived.push((i, ms));
            }
        }
        assert!(arrived.is_sorted());
        assert!((225..=235).contains(&arrived.len()), "{} of 400", arrived.len());
        let longest = arrived.iter().map(|(i, ms)| ms - 5 * i).max();
        assert!(longest.is_some_and(|ms| (300..=320).contains(&ms)), "{longest:?}");
    }

    #[test]
    fn streams_wait_for_a_cut_to_end_and_stay_in_order() {
        let start = Instant::now();
        let storm = Weather { loss: 0.2, jitter: Duration::from_millis(50), ..Weather::FINE };
        let mut network = Network::new(3, storm);
        network.cut(start + Duration::from_secs(5));
        for i in 0..20 {
            network.stream(start, (i % 2, 0), i);
        }
        assert_eq!(network.pop(start + Duration::from_secs(4)), None);
        let rest: Vec<u64> = std::iter::from_fn(|| network.pop(start + Duration::from_secs(20))).collect();
        assert_eq!(rest.len(), 20);
        for stream in 0..2 {
            assert!(rest.iter().filter(|i| **i % 2 == stream).is_sorted());
        }
    }
}
