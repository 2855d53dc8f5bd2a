//! A bad day, drawn from a seed before it begins.

use std::time::Duration;

use room::event::Wish;
use room::view::{Language, Layout, PeopleLayout};

use crate::air::Side;
use crate::cloud::SLUG;
use sandbox::network::Weather;

/// Who decides at the door, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DoorKeeper {
    /// The meeting is public.
    Nobody,
    /// Lets in who has waited this long.
    Admits { after: Duration },
    /// Turns away who has waited this long.
    Denies { after: Duration },
    /// Has gone for lunch.
    Absent,
}

/// One thing that happens.
#[derive(Debug, Clone)]
pub enum Act {
    Weather(Side, Weather),
    /// No network. `knows`: a cable is pulled and the machine notices.
    Outage {
        side: Side,
        lasts: Duration,
        knows: bool,
    },
    BlockUdp {
        lasts: Duration,
    },
    /// A firewall that lets through nothing but the web.
    BlockMedia {
        lasts: Duration,
    },
    CutSignalling(Side),
    CutMedia {
        side: Side,
        lasts: Duration,
    },
    Crash {
        lasts: Duration,
    },
    Shutdown,
    DoorFails {
        status: u16,
        times: usize,
    },
    DoorSlow {
        by: Duration,
        lasts: Duration,
    },
    DoorUntrusted,
    HostMutes {
        microphone: bool,
    },
    /// A host, or a server, opens our microphone from afar.
    HostUnmutes,
    HostRemoves,
    HostDeletes,
    HostPermits {
        publish: bool,
    },
    RefreshToken,
    Plug {
        device: usize,
        present: bool,
    },
    Person(Wish),
    GuestJoins,
    GuestLeaves {
        politely: bool,
    },
    /// Bytes that make no sense, to a session or to the server.
    GarbageDatagram(Vec<u8>),
    GarbageSignal(Vec<u8>),
    /// The last true message again, with one bit flipped somewhere.
    DamagedSignal {
        at: u32,
    },
    GarbageToServer(Vec<u8>),
}

/// Everything that will happen on one day.
#[derive(Debug, Clone)]
pub struct Plan {
    pub seed: u64,
    pub door_keeper: DoorKeeper,
    /// How long it is rough before it calms down.
    pub rough: Duration,
    /// In order of time.
    pub acts: Vec<(Duration, Act)>,
    /// Whether people want to be in the meeting once it is calm, and to be heard and seen.
    pub wants_in: bool,
    pub wants_heard: bool,
    pub wants_seen: bool,
}

impl Plan {
    /// The day of this seed.
    pub fn of(seed: u64) -> Plan {
        let mut random = fastrand::Rng::with_seed(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0xBAD_DA7);
        let r = &mut random;
        let rough = between(r, 25_000, 70_000);
        let after = between(r, 500, 12_000);
        let door_keeper = match r.u32(0..10) {
            0..5 => DoorKeeper::Nobody,
            5..8 => DoorKeeper::Admits { after },
            8 => DoorKeeper::Denies { after },
            _ => DoorKeeper::Absent,
        };
        let mut acts = vec![
            (between(r, 100, 3_000), Act::Person(Wish::JoinTyped(SLUG.into()))),
            (between(r, 0, 15_000), Act::GuestJoins),
        ];
        for _ in 0..r.u32(6..28) {
            let at = Duration::from_millis(r.u64(2_000..rough.as_millis() as u64));
            acts.push((at, act(r)));
        }
        acts.sort_by_key(|(at, _)| *at);
        Plan { seed, door_keeper, rough, acts, wants_in: r.u32(0..6) > 0, wants_heard: r.bool(), wants_seen: r.bool() }
    }

    /// A day on which people join, and nothing else happens: for tests that spoil it themselves.
    pub fn quiet(seed: u64) -> Plan {
        let acts = vec![
            (Duration::from_secs(1), Act::GuestJoins),
            (Duration::from_secs(2), Act::Person(Wish::JoinTyped(SLUG.into()))),
        ];
        let rough = Duration::from_secs(10);
        let door_keeper = DoorKeeper::Nobody;
        Plan { seed, door_keeper, rough, acts, wants_in: true, wants_heard: true, wants_seen: true }
    }
}

fn between(r: &mut fastrand::Rng, from_ms: u64, to_ms: u64) -> Duration {
    Duration::from_millis(r.u64(from_ms..to_ms))
}

fn side(r: &mut fastrand::Rng) -> Side {
    if r.u32(0..4) > 0 { Side::Room } else { Side::Guest }
}

fn weather(r: &mut fastrand::Rng) -> Weather {
    if r.u32(0..3) == 0 {
        return Weather::FINE;
    }
    // Mild days are more frequent than storms.
    let worst = r.f64() * r.f64();
    Weather {
        loss: 0.3 * worst,
        delay: between(r, 5, 6 + (400.0 * worst) as u64),
        jitter: Duration::from_millis(r.u64(0..100)).mul_f64(worst),
        duplication: if r.bool() { 0.1 * r.f64() } else { 0.0 },
        bottleneck_bps: None,
    }
}

fn garbage(r: &mut fastrand::Rng) -> Vec<u8> {
    let length = r.usize(0..200);
    // First bytes as of STUN, DTLS and RTP get furthest.
    let first = *r.choice(&[0_u8, 1, 20, 22, 23, 128, 144, 200, 255]).unwrap_or(&0);
    std::iter::once(first).chain((0..length).map(|_| r.u8(..))).collect()
}

fn wish(r: &mut fastrand::Rng) -> Wish {
    match r.u32(0..22) {
        0..4 => Wish::JoinTyped(SLUG.into()),
        4 => Wish::JoinTyped("nothing of the kind!".into()),
        5 => Wish::JoinTyped("not-ahe-re".into()),
        6 | 7 => Wish::Leave,
        8 | 9 => Wish::Retry,
        10 => Wish::Dismiss,
        11 | 12 => Wish::SetMicrophone { on: r.bool() },
        13 => Wish::ToggleMicrophone,
        14..17 => Wish::SetCamera { on: r.bool() },
        17 | 18 => Wish::SetHand { raised: r.bool() },
        19 => Wish::SetLayout(Layout::People(if r.bool() { PeopleLayout::Grid } else { PeopleLayout::Speaker })),
        20 => Wish::SetVolume(r.u8(..)),
        _ => Wish::SetLanguage(if r.bool() { Language::German } else { Language::English }),
    }
}

fn act(r: &mut fastrand::Rng) -> Act {
    match r.u32(0..60) {
        0..10 => Act::Weather(side(r), weather(r)),
        10..14 => {
            let long = r.u32(0..3) == 0;
            let lasts = between(r, 1_000, if long { 40_000 } else { 8_000 });
            Act::Outage { side: side(r), lasts, knows: r.bool() }
        }
        14 | 15 => Act::BlockUdp { lasts: between(r, 5_000, 40_000) },
        16 => Act::BlockMedia { lasts: between(r, 5_000, 40_000) },
        17 | 18 => Act::CutSignalling(side(r)),
        19 => Act::CutMedia { side: side(r), lasts: between(r, 1_000, 20_000) },
        20 | 21 => Act::Crash { lasts: between(r, 10, 8_000) },
        22 => Act::Shutdown,
        23 | 24 => {
            let status = *r.choice(&[500, 502, 503, 429, 404, 403]).unwrap_or(&500);
            Act::DoorFails { status, times: r.usize(1..5) }
        }
        25 => Act::DoorSlow { by: between(r, 500, 12_000), lasts: between(r, 5_000, 20_000) },
        26 => Act::DoorUntrusted,
        27..30 => Act::HostMutes { microphone: r.u32(0..3) > 0 },
        30 => Act::HostUnmutes,
        31 => Act::HostRemoves,
        32 => Act::HostDeletes,
        33 | 34 => Act::HostPermits { publish: r.bool() },
        35 => Act::RefreshToken,
        36..39 => Act::Plug { device: r.usize(0..2), present: r.bool() },
        39..50 => Act::Person(wish(r)),
        50 | 51 => Act::GuestJoins,
        52 | 53 => Act::GuestLeaves { politely: r.bool() },
        54 | 55 => Act::GarbageDatagram(garbage(r)),
        56 => Act::GarbageSignal(garbage(r)),
        57 | 58 => Act::DamagedSignal { at: r.u32(..) },
        _ => Act::GarbageToServer(garbage(r)),
    }
}
