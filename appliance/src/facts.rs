//! What this machine says of itself, when a technician looks: gathered on request only.

use std::path::Path;
use std::time::{Duration, Instant};

use media::Counters;
use room::diagnostics::{CallFigures, Facts};

/// Addresses read out at most; machines with more are no meeting rooms.
const ADDRESSES_MAX: usize = 4;
/// A piece of concealed sound.
const CONCEALED_MS: u64 = 20;

/// What is compared with what was before.
#[derive(Debug)]
pub struct Gauge {
    started: Instant,
    /// The counters when the meeting began.
    call: Option<Counters>,
    /// Of the last meeting.
    last: Option<CallFigures>,
    /// Pictures composed until then.
    composed: Option<(Instant, u64)>,
}

impl Gauge {
    pub fn new(now: Instant) -> Gauge {
        Gauge { started: now, call: None, last: None, composed: None }
    }

    /// A meeting begins.
    pub fn begin(&mut self, counters: Counters) {
        self.call = Some(counters);
    }

    /// It is over.
    pub fn end(&mut self, counters: Counters) {
        self.last = self.call.take().map(|before| figures(before, counters)).or(self.last);
    }

    /// What the counters say now.
    pub fn read(&mut self, counters: Counters, now: Instant) -> Facts {
        let since = self.composed.replace((now, counters.composed));
        let display_fps = since.and_then(|(then, before)| {
            let seconds = now.saturating_duration_since(then).as_secs_f64();
            let pictures = counters.composed.saturating_sub(before) as f64;
            (0.5..10.0).contains(&seconds).then(|| (pictures / seconds).round() as u16)
        });
        let call = self.call.map(|before| figures(before, counters)).or(self.last);
        Facts {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            uptime: now.saturating_duration_since(self.started),
            relief: counters.camera_relief.max(counters.content_relief).min(3) as u8,
            display_fps,
            call,
            ..Facts::default()
        }
    }
}

fn figures(before: Counters, now: Counters) -> CallFigures {
    CallFigures {
        freezes: now.freezes.saturating_sub(before.freezes),
        frozen: Duration::from_millis(now.frozen_ms.saturating_sub(before.frozen_ms)),
        concealed: Duration::from_millis(now.concealed.saturating_sub(before.concealed) * CONCEALED_MS),
        dropped: now.dropped_received.saturating_sub(before.dropped_received),
    }
}

/// Adds what the system knows. Reads files of the kernel, which may take a moment: not on the room's task.
pub fn complete(facts: Facts) -> Facts {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let load = std::fs::read_to_string("/proc/loadavg").ok().and_then(|text| load_percent(&text, cores));
    Facts {
        addresses: addresses(),
        load_percent: load,
        temperature_c: temperature(Path::new("/sys/class/thermal")),
        ..facts
    }
}

fn addresses() -> Vec<String> {
    let interfaces = if_addrs::get_if_addrs().unwrap_or_default();
    let mut usable: Vec<_> =
        interfaces.iter().filter(|interface| !interface.is_loopback() && !interface.is_link_local()).collect();
    usable.sort_by_key(|interface| (interface.ip().is_ipv6(), interface.name.clone()));
    usable.iter().take(ADDRESSES_MAX).map(|interface| format!("{} ({})", interface.ip(), interface.name)).collect()
}

/// The first figure of `/proc/loadavg`, of so many cores.
fn load_percent(text: &str, cores: usize) -> Option<u16> {
    let load: f64 = text.split_whitespace().next()?.parse().ok()?;
    let percent = load * 100.0 / cores as f64;
    (0.0..=60_000.0).contains(&percent).then(|| percent.round() as u16)
}

/// The hottest zone.
fn temperature(zones: &Path) -> Option<i16> {
    let zones = std::fs::read_dir(zones).ok()?.flatten();
    let read = |zone: std::fs::DirEntry| {
        let text = std::fs::read_to_string(zone.path().join("temp")).ok()?;
        let millidegrees: i32 = text.trim().parse().ok()?;
        // Sensors that are not there say nonsense.
        (-40_000..=150_000).contains(&millidegrees).then_some((millidegrees / 1000) as i16)
    };
    zones.filter_map(read).max()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_meeting_counts_from_its_beginning() {
        let start = Instant::now();
        let mut gauge = Gauge::new(start);
        let counters = |freezes, composed| Counters { freezes, concealed: freezes, composed, ..Counters::default() };
        assert_eq!(gauge.read(counters(5, 0), start).call, None);
        gauge.begin(counters(5, 0));
        let facts = gauge.read(counters(7, 60), start + Duration::from_secs(2));
        let call = facts.call.unwrap();
        assert_eq!((call.freezes, call.concealed), (2, Duration::from_millis(40)));
        assert_eq!((facts.display_fps, facts.uptime), (Some(30), Duration::from_secs(2)));
        gauge.end(counters(8, 60));
        let later = gauge.read(counters(9, 60), start + Duration::from_secs(600));
        assert_eq!((later.display_fps, later.call.unwrap().freezes), (None, 3), "too long ago, and of the last one");
        gauge.end(counters(20, 60));
        assert_eq!(gauge.read(counters(20, 60), start).call.unwrap().freezes, 3, "it was over already");
    }

    #[test]
    fn load_is_of_all_cores_and_nonsense_is_none() {
        assert_eq!(load_percent("0.52 0.58 0.59 1/467 12345\n", 2), Some(26));
        assert_eq!(load_percent("8.00 0 0", 4), Some(200));
        for text in ["", "x", "-1 0 0", "1e300 0 0", "NaN"] {
            assert_eq!(load_percent(text, 2), None, "{text}");
        }
    }

    #[test]
    fn the_hottest_zone_counts_and_broken_sensors_do_not() {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in [("a", "48000\n"), ("b", "61500"), ("c", "-274000"), ("d", "999000"), ("e", "hot")] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
            std::fs::write(folder.path().join(name).join("temp"), text).unwrap();
        }
        std::fs::create_dir(folder.path().join("f")).unwrap();
        assert_eq!(temperature(folder.path()), Some(61));
        assert_eq!(temperature(&folder.path().join("none")), None);
    }
}
