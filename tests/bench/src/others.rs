//! The load's process, as whoever measures sees it.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use crate::figures::Spread;
use crate::load::{Line, PREFIX};
use crate::watch::Shown;

/// How long everybody may take to be in the meeting, encoding beforehand included.
const JOIN_LIMIT: Duration = Duration::from_secs(180);
/// A picture seen so long after it was sent was not that one, but one of an earlier round.
const DELAY_MAX_US: u64 = 2_000_000;

/// The others in the meeting; they leave when this is dropped.
pub struct Others {
    process: Child,
    _input: ChildStdin,
    lines: Arc<Mutex<Vec<Line>>>,
    count: usize,
}

/// A stretch of time, in microseconds since the Unix epoch.
#[derive(Debug, Clone, Copy)]
pub struct Window {
    pub from_us: u64,
    pub to_us: u64,
}

impl Window {
    pub fn contains(self, at_us: u64) -> bool {
        (self.from_us..self.to_us).contains(&at_us)
    }

    pub fn seconds(self) -> f64 {
        (self.to_us - self.from_us) as f64 / 1e6
    }
}

/// What the viewer of the largest layer received.
#[derive(Debug, Clone, Default)]
pub struct Received {
    pub fps: f64,
    pub kbps: f64,
    pub size: Option<(u32, u32)>,
    pub delay_ms: Option<Spread>,
}

impl Others {
    /// Brings `count` others into the meeting.
    ///
    /// # Errors
    /// When they cannot be started, or do not come in.
    pub async fn join(stage: &demo::Stage, count: usize) -> anyhow::Result<Others> {
        let room = stage.livekit_room();
        let token = |n: usize| stage.server.token(&room, &format!("{PREFIX}{n}"), &format!("Participant {n}"));
        let tokens = tempfile::NamedTempFile::new().context("cannot keep the tokens")?;
        std::fs::write(tokens.path(), (1..=count).map(|n| token(n) + "\n").collect::<String>())?;
        let mut process = Command::new(std::env::current_exe()?)
            .args(["load", "--server", &stage.server.livekit_url(), "--tokens"])
            .arg(tokens.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("the load does not start")?;
        let input = process.stdin.take().context("no standard input")?;
        let output = process.stdout.take().context("no standard output")?;
        let lines = Arc::new(Mutex::new(Vec::new()));
        let noting = lines.clone();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if let Ok(line) = serde_json::from_str(&line) {
                    noting.lock().unwrap_or_else(PoisonError::into_inner).push(line);
                }
            }
        });
        let mut others = Others { process, _input: input, lines, count };
        let started = Instant::now();
        while others.joined()? < count {
            if let Some(status) = others.process.try_wait()? {
                bail!("the load ended at its start ({status})");
            }
            if started.elapsed() > JOIN_LIMIT {
                bail!("only {} of {count} others came into the meeting", others.joined()?);
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        // Only those who are to watch receive: the rest would but load the machine.
        for n in 4..=count {
            let permissions = sandbox::core::Permissions {
                publish: true,
                subscribe: false,
                publish_data: true,
                update_metadata: false,
            };
            stage.server.set_permissions(&room, &format!("{PREFIX}{n}"), permissions);
        }
        Ok(others)
    }

    pub fn count(&self) -> usize {
        self.count
    }

    /// How many are in.
    ///
    /// # Errors
    /// When one of them left.
    pub fn joined(&self) -> anyhow::Result<usize> {
        let lines = self.lines();
        if let Some((who, reason)) = lines.iter().find_map(|line| match line {
            Line::Ended { who, reason } => Some((who, reason)),
            _ => None,
        }) {
            bail!("participant {who} of the load is out: {reason}");
        }
        Ok(lines.iter().filter(|line| matches!(line, Line::Joined { .. })).count())
    }

    /// How long it took from another's encoder to a screen, for what came on it within `window`.
    pub fn delays(&self, shown: &[Shown], window: Window) -> Option<Spread> {
        let lines = self.lines();
        let mut sent: std::collections::HashMap<(u8, u8), Vec<u64>> = std::collections::HashMap::new();
        for line in lines.iter() {
            if let Line::Sent { who, index, at_us } = line {
                sent.entry((*who, *index)).or_default().push(*at_us);
            }
        }
        let delay = |shown: &Shown| {
            let at = sent.get(&(shown.who, shown.index))?.iter().rev().find(|at| **at <= shown.at_us)?;
            let delay = shown.at_us - at;
            (delay < DELAY_MAX_US).then_some(delay as f64 / 1000.0)
        };
        Spread::of(shown.iter().filter(|shown| window.contains(shown.at_us)).filter_map(delay).collect())
    }

    /// What came of whoever is measured to the participant who watches at full size.
    pub fn received(&self, window: Window) -> Received {
        let lines = self.lines();
        let mut received = Received::default();
        let (mut frames, mut total, mut delays) = (0_u32, 0, Vec::new());
        for line in lines.iter() {
            let Line::Seen { who: 1, taken_us, at_us, size, bytes } = line else { continue };
            if *at_us < window.to_us {
                received.size = size.or(received.size);
            }
            if window.contains(*at_us) {
                frames += 1;
                total += bytes;
                delays.extend(taken_us.map(|taken| (*at_us as f64 - taken as f64) / 1000.0));
            }
        }
        received.fps = f64::from(frames) / window.seconds();
        received.kbps = total as f64 * 8.0 / 1000.0 / window.seconds();
        received.delay_ms = Spread::of(delays);
        received
    }

    /// Forgets what was sent and seen so far.
    pub fn forget(&self) {
        self.lines
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .retain(|line| matches!(line, Line::Joined { .. } | Line::Ended { .. }));
    }

    fn lines(&self) -> Vec<Line> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Others {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
