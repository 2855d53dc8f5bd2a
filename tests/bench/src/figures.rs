//! What was measured, how it compares, and how it is printed.

use serde::Serialize;

/// The middle and the bad end of some values.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Spread {
    pub median: f64,
    /// 95 of a hundred are below.
    pub p95: f64,
    pub count: usize,
}

impl Spread {
    /// None of no values.
    pub fn of(mut values: Vec<f64>) -> Option<Spread> {
        values.sort_by(f64::total_cmp);
        let at = |share: f64| values.get(((values.len() - 1) as f64 * share).round() as usize).copied();
        (!values.is_empty()).then_some(())?;
        Some(Spread { median: at(0.5)?, p95: at(0.95)?, count: values.len() })
    }
}

/// One of the two in one meeting.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Figures {
    /// Processor seconds per second, of the whole process tree.
    pub cpu: f64,
    /// The most proportional memory of the tree, in MiB.
    pub memory_mib: f64,
    /// From the touch, or the script's start, to the first remote picture shown.
    pub first_video_ms: Option<f64>,
    pub first_audio_ms: Option<f64>,
    /// Pictures per second shown, mean of the tiles.
    pub shown_fps: f64,
    /// The worst tile's.
    pub shown_fps_least: f64,
    /// Freezes of all tiles together (a gap of over three usual ones, and over 150 ms longer than one: W3C `freezeCount`).
    pub freezes: u64,
    /// From another's encoder to our screen.
    pub delay_in_ms: Option<Spread>,
    /// From our camera to the other's door, as our sender reports say it.
    pub delay_out_ms: Option<Spread>,
    /// What the largest layer's viewer receives.
    pub sent_fps: f64,
    pub sent_size: Option<(u32, u32)>,
    pub sent_kbps: f64,
}

/// Both in the same meeting.
#[derive(Debug, Clone, Serialize)]
pub struct Meeting {
    pub others: usize,
    pub seconds: f64,
    pub room: Figures,
    pub kiosk: Option<Figures>,
    pub ratios: Option<Ratios>,
}

/// The room's figures divided by the kiosk's; less is better.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Ratios {
    pub cpu: f64,
    pub memory: f64,
    pub first_video: Option<f64>,
    pub delay_in: Option<f64>,
    pub delay_out: Option<f64>,
    /// Both directions together.
    pub delay: Option<f64>,
}

/// What the ratios should be at most.
pub const TARGETS: [(&str, f64); 4] = [("cpu", 0.5), ("memory", 0.25), ("first picture", 0.5), ("delay", 0.7)];

impl Ratios {
    pub fn of(room: &Figures, kiosk: &Figures) -> Ratios {
        let ratio = |ours: Option<f64>, theirs: Option<f64>| Some(ours? / theirs?);
        let median = |spread: Option<Spread>| spread.map(|s| s.median);
        let both = |f: &Figures| Some(median(f.delay_in_ms)? + median(f.delay_out_ms)?);
        Ratios {
            cpu: room.cpu / kiosk.cpu,
            memory: room.memory_mib / kiosk.memory_mib,
            first_video: ratio(room.first_video_ms, kiosk.first_video_ms),
            delay_in: ratio(median(room.delay_in_ms), median(kiosk.delay_in_ms)),
            delay_out: ratio(median(room.delay_out_ms), median(kiosk.delay_out_ms)),
            delay: ratio(both(room), both(kiosk)),
        }
    }
}

/// A table for people.
pub fn table(meetings: &[Meeting]) -> String {
    let mut out = String::new();
    let mut line = |text: String| {
        out.push_str(text.trim_end());
        out.push('\n');
    };
    for meeting in meetings {
        let (room, kiosk) = (&meeting.room, meeting.kiosk.as_ref());
        line(format!("{} others, {:.0} s measured", meeting.others, meeting.seconds));
        line(format!("  {:<42} {:>14} {:>14} {:>7} {:>8}", "", "room", "kiosk", "ratio", "target"));
        let mut row = |what: &str, of: &dyn Fn(&Figures) -> String, ratio: Option<f64>, target: Option<f64>| {
            let number = |n: Option<f64>| n.map_or(String::new(), |n| format!("{n:.2}"));
            let verdict = match (ratio, target) {
                (Some(ratio), Some(target)) if ratio <= target => format!("≤{target} ✓"),
                (Some(_), Some(target)) => format!("≤{target} ✗"),
                _ => String::new(),
            };
            line(format!(
                "  {what:<42} {:>14} {:>14} {:>7} {verdict:>8}",
                of(room),
                kiosk.map_or(String::new(), of),
                number(ratio)
            ));
        };
        let ratios = meeting.ratios;
        let spread = |s: Option<Spread>| s.map_or("–".to_owned(), |s| format!("{:.0} / {:.0}", s.median, s.p95));
        let ms = |n: Option<f64>| n.map_or("–".to_owned(), |n| format!("{n:.0}"));
        row("processor, cores", &|f| format!("{:.2}", f.cpu), ratios.map(|r| r.cpu), Some(TARGETS[0].1));
        row(
            "memory, MiB (peak, proportional)",
            &|f| format!("{:.0}", f.memory_mib),
            ratios.map(|r| r.memory),
            Some(TARGETS[1].1),
        );
        row(
            "first remote picture, ms",
            &|f| ms(f.first_video_ms),
            ratios.and_then(|r| r.first_video),
            Some(TARGETS[2].1),
        );
        row(
            "their encoder to screen, ms (median / p95)",
            &|f| spread(f.delay_in_ms),
            ratios.and_then(|r| r.delay_in),
            None,
        );
        row(
            "camera to their door, ms (median / p95)",
            &|f| spread(f.delay_out_ms),
            ratios.and_then(|r| r.delay_out),
            None,
        );
        row(
            "both ways, ms (sum of the medians)",
            &|f| ms(f.delay_in_ms.zip(f.delay_out_ms).map(|(a, b)| a.median + b.median)),
            ratios.and_then(|r| r.delay),
            Some(TARGETS[3].1),
        );
        row(
            "shown, pictures per second (worst tile)",
            &|f| format!("{:.1} ({:.1})", f.shown_fps, f.shown_fps_least),
            None,
            None,
        );
        row("freezes", &|f| f.freezes.to_string(), None, None);
        row(
            "sent, largest layer",
            &|f| {
                let size = f.sent_size.map_or("–".to_owned(), |(_, height)| format!("{height}p"));
                format!("{size}{:.0}", f.sent_fps)
            },
            None,
            None,
        );
        row("sent, largest layer, kbit/s", &|f| format!("{:.0}", f.sent_kbps), None, None);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_and_the_bad_end() {
        let spread = Spread::of((1..=100).map(f64::from).collect()).unwrap();
        assert_eq!((spread.median, spread.p95, spread.count), (51.0, 95.0, 100));
        assert_eq!(Spread::of(Vec::new()), None);
    }

    #[test]
    fn a_table_says_what_was_missed() {
        let room = Figures { cpu: 0.4, memory_mib: 100.0, ..Figures::default() };
        let kiosk = Figures { cpu: 1.0, memory_mib: 200.0, ..Figures::default() };
        let ratios = Some(Ratios::of(&room, &kiosk));
        let text = table(&[Meeting { others: 2, seconds: 10.0, room, kiosk: Some(kiosk), ratios }]);
        assert!(text.contains("≤0.5 ✓") && text.contains("≤0.25 ✗"), "{text}");
    }
}
