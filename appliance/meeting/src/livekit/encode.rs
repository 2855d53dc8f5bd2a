//! What our encoders are to produce, of the camera and of what we share: which layers, at what bitrate.
//!
//! Three things decide: which layers anybody watches (dynacast), what the path carries
//! (congestion control), and whether we may send at all.

use std::time::{Duration, Instant};

use crate::io::{Layer, LayerTarget};

/// Kept free for audio, retransmissions and the estimate's error.
const RESERVE_BPS: u64 = 80_000;

/// What sound takes that is sent once, with its headers: all that is kept free on a narrow path.
const SOUND_BPS: u64 = 50_000;

/// What a layer is at least worth sending at, of its full bitrate, in percent.
const FLOOR_PERCENT: u32 = 50;

/// A larger picture is sent for as few bits as 720p: its encoder makes it as small as that then.
const FLOOR_BPS_MAX: u32 = 850_000;

/// Cameras from this length on have the small layers that one of 720p has, and one layer that is larger.
const LARGE_FROM_PX: u32 = 1600;

/// The lowest layer goes on down to this, in bits per second.
const LOWEST_BPS: u32 = 60_000;

/// What is shared at its best: 1080p 30 times a second in 4 Mbit/s, between LiveKit's presets for 15 and 30.
const SHARE_BITS_PER_PIXEL: u64 = 2;
const SHARE_BPS: (u32, u32) = (500_000, 4_000_000);

/// While we share, the camera keeps its lowest layer, whole unless the path is narrow.
const CAMERA_KEEPS_BPS: u64 = 150_000;
const NARROW_BPS: u64 = 1_000_000;

/// The sound of what is shared, sent twice over (RED).
const SHARE_SOUND_BPS: u64 = 130_000;

/// How long is counted before a source's use is told.
const USAGE_WINDOW: Duration = Duration::from_secs(1);

/// A rise shows in the encoder at most this often: estimates climb in small steps.
const RISE_EVERY: Duration = Duration::from_secs(1);

/// A layer as it is at its best.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rung {
    pub layer: Layer,
    /// What the camera's width and height are divided by.
    pub divisor: u32,
    pub width: u32,
    pub height: u32,
    pub bitrate_bps: u32,
}

/// The layers for a camera of this size, lowest first: those libwebrtc would choose, so that
/// servers and receivers see what they know.
pub fn ladder((width, height): (u32, u32)) -> Vec<Rung> {
    let long = width.max(height);
    let rungs: &[(Layer, u32)] = match long {
        LARGE_FROM_PX.. => &[(Layer::Low, 6), (Layer::Medium, 3), (Layer::High, 1)],
        960.. => &[(Layer::Low, 4), (Layer::Medium, 2), (Layer::High, 1)],
        480.. => &[(Layer::Low, 2), (Layer::Medium, 1)],
        _ => &[(Layer::Low, 1)],
    };
    let rung = |&(layer, divisor): &(Layer, u32)| {
        let (width, height) = (width / divisor, height / divisor);
        Rung { layer, divisor, width, height, bitrate_bps: bitrate(width, height) }
    };
    rungs.iter().map(rung).collect()
}

/// Full bitrates at 30 frames a second, by number of pixels.
fn bitrate(width: u32, height: u32) -> u32 {
    match u64::from(width) * u64::from(height) {
        ..=57_600 => 150_000,    // 320x180
        ..=230_400 => 500_000,   // 640x360
        ..=518_400 => 800_000,   // 960x540
        ..=921_600 => 1_700_000, // 1280x720
        _ => 3_000_000,          // 1920x1080
    }
}

/// The layer of what we share: one, whole, because nobody reads a small slide. Its encoder makes fewer pictures of
/// fewer bits, and keeps them sharp.
pub fn share_ladder((width, height): (u32, u32)) -> Vec<Rung> {
    let pixels = u64::from(width) * u64::from(height);
    let bitrate_bps = u32::try_from(pixels * SHARE_BITS_PER_PIXEL).unwrap_or(u32::MAX);
    let bitrate_bps = bitrate_bps.clamp(SHARE_BPS.0, SHARE_BPS.1);
    vec![Rung { layer: Layer::High, divisor: 1, width, height, bitrate_bps }]
}

/// Divides what the path carries between a share that wants and uses so much, and the camera; in bits per second.
///
/// What is shared comes first, but the smallest picture of people stays. A slide that stands still uses little of
/// what it may: the camera has the rest, until the slide moves.
pub fn divide(estimate_bps: u64, wanted_bps: u64, used_bps: u64) -> (u64, u64) {
    let left = estimate_bps.saturating_sub(SHARE_SOUND_BPS);
    let keeps = if left < NARROW_BPS { u64::from(LOWEST_BPS) } else { CAMERA_KEEPS_BPS };
    let share = left.saturating_sub(keeps).min(wanted_bps);
    let likely = (2 * used_bps).max(wanted_bps / 4).min(share);
    // What is kept free is in the share's part already.
    (share, left.saturating_sub(likely) + RESERVE_BPS)
}

/// How much of what it may a source uses: the most of late.
#[derive(Debug, Default)]
pub struct Usage {
    since: Option<Instant>,
    bytes: u64,
    most_bps: u64,
}

impl Usage {
    /// So many bytes are sent now.
    pub fn sent(&mut self, bytes: usize, now: Instant) {
        let since = *self.since.get_or_insert(now);
        let passed = now.saturating_duration_since(since);
        if passed >= USAGE_WINDOW {
            let bps = self.bytes * 8_000 / u64::try_from(passed.as_millis()).unwrap_or(u64::MAX);
            // Halved in three seconds: who has just turned a page may turn the next.
            self.most_bps = bps.max(self.most_bps * 4 / 5);
            (self.since, self.bytes) = (Some(now), 0);
        }
        self.bytes += bytes as u64;
    }

    pub fn bps(&self) -> u64 {
        self.most_bps
    }
}

/// Decides what to encode, and when to say so.
#[derive(Debug)]
pub struct Allocator {
    ladder: Vec<Rung>,
    watched: Vec<Layer>,
    estimate_bps: Option<u64>,
    narrow: bool,
    current: Vec<LayerTarget>,
    risen_at: Option<Instant>,
}

impl Allocator {
    /// Everything watched, nothing known of the path.
    pub fn new(ladder: Vec<Rung>) -> Allocator {
        let watched = ladder.iter().map(|r| r.layer).collect();
        Allocator { ladder, watched, estimate_bps: None, narrow: false, current: Vec::new(), risen_at: None }
    }

    pub fn ladder(&self) -> &[Rung] {
        &self.ladder
    }

    /// What would be sent if the path carried it and everything were watched, in bits per second:
    /// whoever comes to look at a layer nobody watched wants its key frame at once.
    pub fn desired_bps(&self) -> u64 {
        self.ladder.iter().map(|r| u64::from(r.bitrate_bps)).sum::<u64>() + RESERVE_BPS
    }

    /// The layer that flows longest.
    pub fn lowest(&self) -> Layer {
        self.ladder.first().map_or(Layer::Low, |r| r.layer)
    }

    /// Whether a layer flows.
    pub fn sends(&self, layer: Layer) -> bool {
        self.current.iter().any(|t| t.layer == layer)
    }

    /// What the layers that flow take, in bits per second.
    pub fn sent_bps(&self) -> u64 {
        self.current.iter().map(|t| u64::from(t.bitrate_bps)).sum()
    }

    /// What to fill the path with, in bits per second, while a layer that is watched waits for it: an estimate
    /// does not grow beyond what is sent. Zero where nothing waits.
    pub fn sought_bps(&self) -> u64 {
        let mut watched = self.ladder.iter().filter(|r| self.watched.contains(&r.layer));
        let Some(next) = watched.nth(self.current.len()).filter(|_| !self.current.is_empty()) else { return 0 };
        let sent = self.sent_bps();
        // A little more than is needed: the estimate has to come above it.
        (RESERVE_BPS + sent + u64::from(needed_bps(next, false))) * 11 / 10
    }

    /// Which layers anybody watches. One we do not have means the best we have.
    pub fn set_watched(&mut self, qualities: &[(Layer, bool)]) {
        let Some(top) = self.ladder.last().map(|r| r.layer) else { return };
        let mut watched: Vec<Layer> =
            qualities.iter().filter(|(_, on)| *on).map(|(layer, _)| (*layer).min(top)).collect();
        watched.sort();
        watched.dedup();
        self.watched = watched;
    }

    /// What there is for it, in bits per second; `None`: nothing is known to limit it.
    pub fn set_estimate(&mut self, estimate_bps: Option<u64>) {
        self.estimate_bps = estimate_bps;
    }

    /// Whether there is hardly room for sound: pictures that do not fit beside it are not sent at all.
    pub fn set_narrow(&mut self, narrow: bool) {
        self.narrow = narrow;
    }

    /// Another size of the same source; who watches stays.
    pub fn set_ladder(&mut self, ladder: Vec<Rung>) {
        self.ladder = ladder;
    }

    /// A new session: what was known of the old one's path is worth nothing, and who watches is not
    /// known yet.
    pub fn begin(&mut self) {
        self.estimate_bps = None;
        self.watched = self.ladder.iter().map(|r| r.layer).collect();
    }

    /// What to encode, if that is now different enough to say so. With `on` false, nothing.
    pub fn update(&mut self, on: bool, now: Instant) -> Option<Vec<LayerTarget>> {
        let next = if on { self.allocate() } else { Vec::new() };
        let same_layers =
            next.len() == self.current.len() && next.iter().zip(&self.current).all(|(a, b)| a.layer == b.layer);
        if same_layers {
            let moved = next
                .iter()
                .zip(&self.current)
                .any(|(a, b)| u64::from(a.bitrate_bps.abs_diff(b.bitrate_bps)) * 10 > u64::from(b.bitrate_bps));
            let sum = |t: &[LayerTarget]| t.iter().map(|l| u64::from(l.bitrate_bps)).sum::<u64>();
            let rises = sum(&next) > sum(&self.current);
            let too_soon = self.risen_at.is_some_and(|at| now < at + RISE_EVERY);
            if !moved || (rises && too_soon) {
                return None;
            }
            if rises {
                self.risen_at = Some(now);
            }
        }
        self.current.clone_from(&next);
        Some(next)
    }

    /// Fills the layers from the lowest: whoever has the worst path sees something first.
    fn allocate(&self) -> Vec<LayerTarget> {
        let reserve_bps = if self.narrow { SOUND_BPS } else { RESERVE_BPS };
        let mut left = self.estimate_bps.map_or(u64::MAX, |e| e.saturating_sub(reserve_bps));
        if self.narrow && left < u64::from(LOWEST_BPS) {
            return Vec::new();
        }
        let mut targets: Vec<LayerTarget> = Vec::new();
        for rung in self.ladder.iter().filter(|r| self.watched.contains(&r.layer)) {
            let first = targets.is_empty();
            let sending = self.current.iter().any(|t| t.layer == rung.layer);
            if !first && left < u64::from(needed_bps(rung, sending)) {
                break;
            }
            let given = left.min(u64::from(rung.bitrate_bps)).max(u64::from(LOWEST_BPS));
            left = left.saturating_sub(given);
            targets.push(LayerTarget { layer: rung.layer, divisor: rung.divisor, bitrate_bps: given as u32 });
        }
        targets
    }
}

/// What a layer is at least worth sending at. One that is off comes back only with a margin, or it
/// would flap.
fn needed_bps(rung: &Rung, sending: bool) -> u32 {
    let floor = (rung.bitrate_bps / 100 * FLOOR_PERCENT).min(FLOOR_BPS_MAX);
    if sending { floor } else { floor + floor / 4 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layers(targets: &[LayerTarget]) -> Vec<(Layer, u32)> {
        targets.iter().map(|t| (t.layer, t.bitrate_bps / 1000)).collect()
    }

    #[test]
    fn a_720p_camera_starts_with_three_layers_at_their_best() {
        let mut a = Allocator::new(ladder((1280, 720)));
        let targets = a.update(true, Instant::now()).unwrap();
        assert_eq!(layers(&targets), [(Layer::Low, 150), (Layer::Medium, 500), (Layer::High, 1700)]);
        let sizes = |size| ladder(size).iter().map(|r| (r.width, r.height)).collect::<Vec<_>>();
        assert_eq!(sizes((1920, 1080)), [(320, 180), (640, 360), (1920, 1080)], "as LiveKit's clients do");
        assert_eq!(ladder((640, 360)).len(), 2);
        assert_eq!(ladder((320, 240)).len(), 1);
        assert_eq!(ladder((720, 1280)).len(), 3);
    }

    #[test]
    fn nobody_watching_means_nothing_encoded() {
        let now = Instant::now();
        let mut a = Allocator::new(ladder((1280, 720)));
        a.update(true, now);
        a.set_watched(&[(Layer::Low, false), (Layer::Medium, false), (Layer::High, false)]);
        assert_eq!(a.update(true, now), Some(vec![]));
        a.set_watched(&[(Layer::Low, true)]);
        assert_eq!(layers(&a.update(true, now).unwrap()), [(Layer::Low, 150)]);
        assert_eq!(a.update(false, now), Some(vec![]));
        a.begin();
        assert_eq!(a.update(true, now).unwrap().len(), 3, "a new session has other people in it");
    }

    #[test]
    fn a_narrow_path_drops_the_top_layers_first_and_takes_them_back_with_a_margin() {
        let now = Instant::now();
        let mut a = Allocator::new(ladder((1280, 720)));
        a.update(true, now);
        a.set_estimate(Some(1_000_000));
        assert_eq!(a.sought_bps(), 0, "all that is watched flows");
        assert_eq!(layers(&a.update(true, now).unwrap()), [(Layer::Low, 150), (Layer::Medium, 500)]);
        assert_eq!(a.sought_bps(), (80_000 + 650_000 + 850_000 * 5 / 4) * 11 / 10, "room is sought for the third");
        // Just enough to keep the top layer is not enough to take it back.
        a.set_estimate(Some(80_000 + 650_000 + 900_000));
        assert_eq!(a.update(true, now), None);
        a.set_estimate(Some(80_000 + 650_000 + 1_200_000));
        assert_eq!(a.update(true, now).unwrap().len(), 3);
        a.set_estimate(Some(10_000));
        assert_eq!(layers(&a.update(true, now).unwrap()), [(Layer::Low, 60)]);
    }

    #[test]
    fn a_large_picture_goes_on_with_the_bits_of_a_smaller_one() {
        let now = Instant::now();
        let mut a = Allocator::new(ladder((1920, 1080)));
        let all = [(Layer::Low, 150), (Layer::Medium, 500), (Layer::High, 3000)];
        assert_eq!(layers(&a.update(true, now).unwrap()), all);
        let reserved = RESERVE_BPS + 650_000;
        a.set_estimate(Some(reserved + 860_000));
        assert_eq!(layers(&a.update(true, now).unwrap())[2], (Layer::High, 860));
        a.set_estimate(Some(reserved + 840_000));
        assert_eq!(a.update(true, now).unwrap().len(), 2);
    }

    #[test]
    fn sound_comes_before_pictures_on_a_narrow_path() {
        let now = Instant::now();
        let mut a = Allocator::new(ladder((1280, 720)));
        a.set_estimate(Some(100_000));
        assert_eq!(layers(&a.update(true, now).unwrap()), [(Layer::Low, 60)], "the estimate may be wrong");
        a.set_narrow(true);
        assert_eq!(a.update(true, now), Some(vec![]));
        a.set_estimate(Some(140_000));
        assert_eq!(layers(&a.update(true, now).unwrap()), [(Layer::Low, 90)]);
    }

    #[test]
    fn rising_bitrates_are_told_once_a_second_and_falling_ones_at_once() {
        let now = Instant::now();
        let mut a = Allocator::new(ladder((320, 180)));
        a.set_estimate(Some(160_000));
        a.update(true, now);
        a.set_estimate(Some(190_000));
        assert!(a.update(true, now).is_some());
        a.set_estimate(Some(220_000));
        assert!(a.update(true, now).is_none());
        assert!(a.update(true, now + RISE_EVERY).is_some());
        a.set_estimate(Some(150_000));
        assert!(a.update(true, now + RISE_EVERY).is_some());
    }

    #[test]
    fn what_is_shared_is_sent_whole_or_not_at_all_and_comes_before_the_camera() {
        let now = Instant::now();
        assert_eq!(share_ladder((1920, 1080))[0].bitrate_bps, 4_000_000);
        assert_eq!(share_ladder((1280, 800))[0].bitrate_bps, 2_048_000);
        let wanted = 4_000_000 + RESERVE_BPS;
        let all = vec![(Layer::Low, 150), (Layer::Medium, 500), (Layer::High, 1700)];
        let low = vec![(Layer::Low, 150)];
        for (estimate, used, share_kbps, camera) in [
            (10_000_000, 4_000_000, 4000, all),
            (2_000_000, 1_500_000, 1640, low),
            (2_000_000, 100_000, 1640, vec![(Layer::Low, 150), (Layer::Medium, 500)]),
            (500_000, 230_000, 230, vec![(Layer::Low, 60)]),
        ] {
            let (for_share, for_camera) = divide(estimate, wanted, used);
            let mut share = Allocator::new(share_ladder((1920, 1080)));
            share.set_estimate(Some(for_share));
            let targets = share.update(true, now).unwrap();
            assert_eq!(layers(&targets), [(Layer::High, share_kbps)]);
            assert_eq!(targets[0].divisor, 1);
            let mut people = Allocator::new(ladder((1280, 720)));
            people.set_estimate(Some(for_camera));
            assert_eq!(layers(&people.update(true, now).unwrap()), camera, "of {estimate}, {used} used");
        }
    }

    #[test]
    fn a_page_that_was_turned_is_remembered_for_some_seconds() {
        let start = Instant::now();
        let mut usage = Usage::default();
        let mut told = Vec::new();
        for second in 0..12 {
            for tenth in 0..10 {
                let bytes = if second == 1 { 12_500 } else { 1_250 };
                usage.sent(bytes, start + Duration::from_millis(1000 * second + 100 * tenth));
            }
            told.push(usage.bps() / 1000);
        }
        assert_eq!(told[..5], [0, 100, 1000, 800, 640]);
        assert!(told[11] < 200, "{told:?}");
    }
}
