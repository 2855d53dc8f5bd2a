//! What a process and all its children cost, as the kernel counts it.

use std::collections::HashSet;
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

/// Ticks a second in `/proc`: `USER_HZ`, 100 on every Linux that Rust runs on.
const TICKS_PER_SECOND: f64 = 100.0;
/// How often memory is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// A process and its descendants.
#[derive(Debug, Clone, Copy)]
pub struct Tree(pub u32);

impl Tree {
    /// Processor seconds used so far by those alive now, user and system, and by children they waited for.
    pub fn cpu_seconds(self) -> f64 {
        self.members().iter().filter_map(|process| ticks(*process)).sum::<f64>() / TICKS_PER_SECOND
    }

    /// Proportional set size in bytes: what is shared counts in parts.
    pub fn memory_bytes(self) -> u64 {
        self.members().iter().filter_map(|process| proportional(*process)).sum()
    }

    fn members(self) -> HashSet<u32> {
        let parents: Vec<(u32, u32)> = fs::read_dir("/proc")
            .into_iter()
            .flatten()
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
            .filter_map(|process| Some((process, parent(process)?)))
            .collect();
        let mut members = HashSet::from([self.0]);
        loop {
            let known = members.len();
            members.extend(
                parents
                    .iter()
                    .filter(|(_, parent)| members.contains(parent))
                    .map(|(process, _)| *process)
                    .collect::<Vec<_>>(),
            );
            if members.len() == known {
                return members;
            }
        }
    }
}

/// The fields of `/proc/…/stat` behind the name, which may hold spaces.
fn stat(process: u32) -> Option<Vec<String>> {
    let text = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    Some(text.rsplit_once(')')?.1.split_whitespace().map(str::to_owned).collect())
}

fn parent(process: u32) -> Option<u32> {
    stat(process)?.get(1)?.parse().ok()
}

fn ticks(process: u32) -> Option<f64> {
    let fields = stat(process)?;
    // utime, stime, cutime, cstime
    Some(fields.get(11..15)?.iter().filter_map(|field| field.parse::<f64>().ok()).sum())
}

fn proportional(process: u32) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{process}/smaps_rollup")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:"))?;
    Some(line.trim().trim_end_matches(" kB").trim().parse::<u64>().ok()? * 1024)
}

/// Remembers the most memory a tree had.
pub struct Peak {
    most: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
}

impl Peak {
    pub fn watch(tree: Tree) -> Peak {
        let (most, stop) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
        let (seen, stopped) = (most.clone(), stop.clone());
        std::thread::spawn(move || {
            while !stopped.load(Ordering::Acquire) {
                seen.fetch_max(tree.memory_bytes(), Ordering::AcqRel);
                std::thread::sleep(LOOK_EVERY);
            }
        });
        Peak { most, stop }
    }

    pub fn bytes(&self) -> u64 {
        self.most.load(Ordering::Acquire)
    }
}

impl Drop for Peak {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_costs_something() {
        let tree = Tree(std::process::id());
        assert!(tree.memory_bytes() > 1 << 20);
        let before = tree.cpu_seconds();
        let mut sum = 0_u64;
        let started = std::time::Instant::now();
        while started.elapsed() < Duration::from_millis(100) {
            sum = std::hint::black_box(sum.wrapping_mul(31).wrapping_add(7));
        }
        assert!(tree.cpu_seconds() > before);
    }
}
