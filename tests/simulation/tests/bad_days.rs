//! Bad days. `HUISCLOS_DAYS=5000` lives through more of them, `HUISCLOS_SEED=42` through one again.

use std::num::NonZeroUsize;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use simulation::appliance::Sabotage;
use simulation::day::{self, BadDay, Summary};
use simulation::plan::Plan;

/// Days of one run, unless `HUISCLOS_DAYS` says otherwise: half a minute of them.
const DAYS: u64 = 24;
const THREADS: usize = 2;
/// Reports that are worth reading at once.
const REPORTS_MAX: usize = 3;

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is a number, not {text:?}")))
}

#[test]
#[allow(clippy::print_stdout)]
fn the_room_comes_through_every_bad_day() {
    let seed = number("HUISCLOS_SEED");
    let days = number("HUISCLOS_DAYS").unwrap_or(if seed.is_some() { 1 } else { DAYS });
    let first = seed.unwrap_or(1);
    let next = AtomicU64::new(0);
    let (bad, total) = (Mutex::new(Vec::new()), Mutex::new(Summary::default()));
    let began = Instant::now();
    let threads = std::thread::available_parallelism().map_or(THREADS, NonZeroUsize::get).min(THREADS);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let day = next.fetch_add(1, Ordering::Relaxed);
                    if day >= days {
                        return;
                    }
                    match day::run(&Plan::of(first + day), Sabotage::None) {
                        Ok(summary) => add(&mut total.lock().unwrap(), summary),
                        Err(report) => bad.lock().unwrap().push(report),
                    }
                }
            });
        }
    });
    let (mut bad, total): (Vec<Box<BadDay>>, _) = (bad.into_inner().unwrap(), total.into_inner().unwrap());
    bad.sort_by_key(|day| day.plan.seed);
    println!("{total:?} in {:.1?}", began.elapsed());
    let reports: String = bad.iter().take(REPORTS_MAX).map(ToString::to_string).collect();
    let seeds: Vec<u64> = bad.iter().map(|day| day.plan.seed).collect();
    assert!(bad.is_empty(), "{} of {days} days were bad: seeds {seeds:?}\n{reports}", bad.len());
    // Days on which nobody ever met would prove nothing.
    assert!(days < DAYS || total.met * 2 > total.days, "{total:?}");
}

fn add(total: &mut Summary, day: Summary) {
    total.days += day.days;
    total.lasted += day.lasted;
    total.met += day.met;
    total.frames += day.frames;
}
