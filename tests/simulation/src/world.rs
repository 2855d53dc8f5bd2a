//! Everything there is on one day, and the clock that all of it goes by.

use std::time::{Duration, Instant};

use room::event::Wish;
use sandbox::core::{Permissions, Source};
use sandbox::visio::AccessLevel;

use crate::air::{Air, Down, Parcel, Side};
use crate::appliance::{Appliance, Sabotage};
use crate::cloud::{Airs, Cloud, GUEST, MEDIA_UDP, SLUG};
use crate::evidence::{Cause, Evidence};
use crate::guest::Guest;
use crate::media::{AUDIO_EVERY, AUDIO_TO_VIDEO};
use crate::plan::{Act, DoorKeeper, Plan};
use crate::promises::Promises;
use sandbox::network::Weather;

/// The wall clock when a day begins, since the Unix epoch.
const MORNING: Duration = Duration::from_secs(1_800_000_000);
/// After this long in fine weather everybody hears everybody.
const SETTLED: Duration = Duration::from_secs(15);
/// Silence that counts as silence.
const SILENCE: Duration = Duration::from_secs(3);
/// Ticks between two looks at how much the room remembers.
const WEIGH_TICKS: u64 = 50;
/// Steps of the world in one simulated second.
const STEPS_PER_SECOND_MAX: u32 = 40_000;

/// The one clock of a world.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    base: Instant,
    pub now: Instant,
}

impl Clock {
    /// Since the day began.
    pub fn elapsed(&self) -> Duration {
        self.now - self.base
    }

    /// Since the Unix epoch.
    pub fn wall(&self) -> Duration {
        MORNING + self.elapsed()
    }

    pub fn meeting(&self) -> meeting::Now {
        meeting::Now { monotonic: self.now, wall: self.wall() }
    }

    pub fn core(&self) -> sandbox::core::Now {
        sandbox::core::Now { monotonic: self.now, wall: self.wall() }
    }

    pub fn room(&self) -> room::Now {
        room::Now { monotonic: self.now, wall: self.wall(), utc_offset_s: 3600 }
    }
}

/// What a session and its shell see of the world.
pub struct Around<'a> {
    pub clock: &'a Clock,
    pub air: &'a mut Air,
    pub promises: &'a mut Promises,
    pub evidence: &'a Evidence,
}

impl Around<'_> {
    pub fn keep(&mut self, held: bool, promise: &'static str, detail: impl FnOnce() -> String) -> bool {
        self.promises.keep(self.clock, held, promise, detail)
    }

    pub fn note(&mut self, what: impl FnOnce() -> String) {
        self.promises.note(self.clock, what);
    }
}

/// The world.
pub struct World {
    pub clock: Clock,
    pub cloud: Cloud,
    pub appliance: Appliance,
    pub guest: Guest,
    pub promises: Promises,
    pub evidence: Evidence,
    pub door_keeper: DoorKeeper,
    airs: Airs,
    weathers: [Weather; 2],
    /// Something disturbs media or signalling until then.
    rough_until: Instant,
    next_tick: Instant,
    ticks: u64,
    media_cut_until: [Option<Instant>; 2],
    door_slow_until: Option<Instant>,
    /// Who waits at the door since when.
    waiting_since: Option<Instant>,
    steps: (u64, u32),
}

/// Lends the parts of a world that a shell on this side sees, beside the shell itself.
macro_rules! around {
    ($world:ident, $side:expr) => {
        &mut Around {
            clock: &$world.clock,
            air: &mut $world.airs[$side as usize],
            promises: &mut $world.promises,
            evidence: &$world.evidence,
        }
    };
}

impl World {
    pub fn new(plan: &Plan, sabotage: Sabotage) -> World {
        let base = Instant::now();
        let clock = Clock { base, now: base };
        let access = if plan.door_keeper == DoorKeeper::Nobody { AccessLevel::Public } else { AccessLevel::Restricted };
        let mut airs = [Air::new(plan.seed ^ 0xA), Air::new(plan.seed ^ 0xB)];
        let (mut promises, evidence) = (Promises::default(), Evidence::default());
        let around = &mut Around {
            clock: &clock,
            air: &mut airs[Side::Room as usize],
            promises: &mut promises,
            evidence: &evidence,
        };
        let appliance = Appliance::new(around, sabotage);
        World {
            clock,
            cloud: Cloud::new(plan.seed, access),
            appliance,
            guest: Guest::default(),
            promises,
            evidence,
            door_keeper: plan.door_keeper,
            airs,
            weathers: [Weather::FINE; 2],
            rough_until: base,
            next_tick: base,
            ticks: 0,
            media_cut_until: [None; 2],
            door_slow_until: None,
            waiting_since: None,
            steps: (0, 0),
        }
    }

    /// Lives until this time of the day.
    pub fn run_until(&mut self, elapsed: Duration) {
        let end = self.clock.base + elapsed;
        loop {
            let due = [
                self.airs[0].next_due(),
                self.airs[1].next_due(),
                self.cloud.deadline(),
                self.appliance.deadline(),
                self.guest.deadline(),
                Some(self.next_tick),
            ];
            let next = due.into_iter().flatten().min().unwrap_or(end);
            if next > end {
                self.clock.now = end.max(self.clock.now);
                return;
            }
            self.clock.now = next.max(self.clock.now);
            self.step();
            let second = self.clock.elapsed().as_secs();
            self.steps = if self.steps.0 == second { (second, self.steps.1 + 1) } else { (second, 1) };
            let busy = self.steps.1 > STEPS_PER_SECOND_MAX;
            let who = ["network of the room", "network of the guest", "platform", "room", "guest", "media"];
            let spins: Vec<_> = who.iter().zip(due).filter(|(_, at)| *at <= Some(next) && at.is_some()).collect();
            if !self.promises.keep(&self.clock, !busy, "the world does not spin", || format!("{spins:?}")) {
                // Whatever spins would spin for ever.
                self.clock.now = end.max(self.clock.now);
                return;
            }
        }
    }

    fn step(&mut self) {
        for side in [Side::Room, Side::Guest] {
            match self.airs[side as usize].pop(self.clock.now) {
                Some(Parcel::Up(line, up)) => self.cloud.arrived(line, up, &self.clock, &mut self.airs),
                Some(Parcel::Down(line, down)) if side == Side::Room => {
                    self.appliance.arrived(line, &down, around!(self, Side::Room));
                }
                Some(Parcel::Down(line, down)) => self.guest.arrived(line, &down, around!(self, Side::Guest)),
                None => {}
            }
        }
        self.cloud.wake(&self.clock, &mut self.airs);
        self.appliance.wake(around!(self, Side::Room));
        self.guest.wake(around!(self, Side::Guest));
        if self.next_tick <= self.clock.now {
            self.tick();
        }
    }

    fn tick(&mut self) {
        self.next_tick = self.clock.now + AUDIO_EVERY;
        self.ticks += 1;
        let video = self.ticks.is_multiple_of(AUDIO_TO_VIDEO);
        self.appliance.capture(video, around!(self, Side::Room));
        self.guest.capture(video, around!(self, Side::Guest));
        if self.weathers != [Weather::FINE; 2] {
            self.rough(Cause::Network, Duration::ZERO);
        }
        self.note_the_door();
        self.end_faults(false);
        self.keep_the_door();
        self.appliance.look(around!(self, Side::Room));
        if self.ticks.is_multiple_of(WEIGH_TICKS) {
            self.appliance.weigh(around!(self, Side::Room));
        }
        self.listen();
    }

    /// Who hears whom, when nothing is in the way.
    fn listen(&mut self) {
        let now = self.clock.now;
        let settled = |since: Option<Instant>| since.is_some_and(|since| now - since >= SETTLED);
        let fine = settled(Some(self.rough_until.min(now)));
        let room = settled(self.appliance.steady_since) && fine;
        let both = room && settled(self.guest.steady_since);
        let members = || format!("{:?}", self.cloud.core.participants(&self.cloud.meeting));
        for (device, name) in ["microphone", "camera"].into_iter().enumerate() {
            let silent = both
                && settled(self.appliance.on_since[device])
                && self.appliance.present[device]
                && !self.guest.heard[device].within(SILENCE, now);
            self.promises.keep(&self.clock, !silent, "what the panel says is on reaches the guest", || {
                format!("{name}; {}", members())
            });
            let deaf = both && !self.appliance.heard[device].within(SILENCE, now);
            self.promises
                .keep(&self.clock, !deaf, "the room hears and sees the guest", || format!("{name}; {}", members()));
            let stuck = room && settled(self.appliance.changing_since[device]);
            self.promises.keep(&self.clock, !stuck, "a switch does not change for ever", || name.into());
            let ghost = room && settled(self.appliance.on_since[device]) && !self.appliance.present[device];
            self.promises.keep(&self.clock, !ghost, "what is not there is not on", || name.into());
        }
    }

    fn rough(&mut self, cause: Cause, lasts: Duration) {
        let until = self.clock.now + lasts;
        self.rough_until = self.rough_until.max(until);
        self.evidence.note(cause, until);
    }

    /// What is prepared at the door stays to be expected until somebody knocks.
    fn note_the_door(&mut self) {
        let now = self.clock.now;
        let door = &self.cloud.door;
        for status in &door.failures {
            self.evidence.note(
                match status {
                    429 => Cause::DoorThrottled,
                    404 => Cause::WrongName,
                    _ => Cause::DoorFailed,
                },
                now,
            );
        }
        if door.untrusted > 0 {
            self.evidence.note(Cause::DoorUntrusted, now);
        }
    }

    fn end_faults(&mut self, all: bool) {
        let now = self.clock.now;
        let over = |until: &mut Option<Instant>| until.take_if(|until| all || *until <= now).is_some();
        for side in [Side::Room, Side::Guest] {
            if over(&mut self.media_cut_until[side as usize])
                && let Some(identity) = self.identity(side)
            {
                self.cloud.core.mend_media(&self.cloud.meeting, &identity);
            }
        }
        if over(&mut self.door_slow_until) {
            self.cloud.door.slow = Duration::ZERO;
        }
    }

    fn keep_the_door(&mut self) {
        let (now, waiting) = (self.clock.now, self.cloud.platform.waiting(SLUG));
        let Some(entry) = waiting.first() else {
            self.waiting_since = None;
            return;
        };
        let waited = now - *self.waiting_since.get_or_insert(now);
        match self.door_keeper {
            DoorKeeper::Admits { after } if waited >= after => {
                self.cloud.platform.admit(SLUG, &entry.id);
            }
            DoorKeeper::Denies { after } if waited >= after => {
                self.cloud.platform.deny(SLUG, &entry.id);
                self.evidence.note(Cause::Denied, now);
            }
            _ => {}
        }
    }

    fn identity(&self, side: Side) -> Option<String> {
        if side == Side::Guest { Some(GUEST.into()) } else { self.cloud.room_identity() }
    }

    /// A person in the room wants something.
    pub fn wish(&mut self, wish: Wish) {
        if matches!(&wish, Wish::JoinTyped(typed) if typed != SLUG) {
            self.evidence.note(Cause::WrongName, self.clock.now);
        }
        self.appliance.wish(wish, around!(self, Side::Room));
    }

    /// The guest comes in.
    pub fn guest_joins(&mut self) {
        let token = self.cloud.core.token(&self.cloud.meeting, GUEST, "Anna", self.clock.wall());
        self.guest.join(token, around!(self, Side::Guest));
    }

    /// The guest goes.
    pub fn guest_leaves(&mut self, politely: bool) {
        self.guest.leave(politely, around!(self, Side::Guest));
    }

    /// A device comes or goes.
    pub fn plug(&mut self, device: usize, present: bool) {
        self.appliance.plug(device, present, around!(self, Side::Room));
    }

    /// Lets something happen.
    pub fn act(&mut self, act: Act) {
        if !matches!(act, Act::Person(_) | Act::Plug { .. } | Act::GuestJoins | Act::GuestLeaves { .. }) {
            self.promises.note(&self.clock, || format!("{act:?}"));
        }
        let (now, clock) = (self.clock.now, self.clock);
        let meeting = self.cloud.meeting.clone();
        let room = self.cloud.room_identity().unwrap_or_default();
        let core = &mut self.cloud.core;
        match act {
            Act::Weather(side, weather) => {
                self.weathers[side as usize] = weather;
                self.airs[side as usize].set_weather(weather);
                self.rough(Cause::Network, Duration::ZERO);
            }
            Act::Outage { side, lasts, knows } => {
                self.airs[side as usize].cut(now + lasts, knows);
                self.rough(Cause::Network, lasts);
            }
            Act::BlockUdp { lasts } => {
                self.airs[Side::Room as usize].block_udp(now + lasts);
                self.rough(Cause::MediaBlocked, lasts);
            }
            Act::BlockMedia { lasts } => {
                self.airs[Side::Room as usize].block_udp(now + lasts);
                self.airs[Side::Room as usize].block_media_streams(now + lasts);
                self.rough(Cause::MediaBlocked, lasts);
            }
            Act::CutSignalling(side) => {
                if let Some(identity) = self.identity(side) {
                    self.cloud.core.cut_signalling(&meeting, &identity, clock.core());
                    self.rough(Cause::SignallingCut, Duration::ZERO);
                }
            }
            Act::CutMedia { side, lasts } => {
                if let Some(identity) = self.identity(side) {
                    self.cloud.core.cut_media(&meeting, &identity);
                    self.media_cut_until[side as usize] = Some(now + lasts);
                    self.rough(Cause::MediaBlocked, lasts);
                }
            }
            Act::Crash { lasts } => {
                self.cloud.crash(now + lasts, &self.clock, &mut self.airs);
                self.rough(Cause::Crash, lasts);
            }
            Act::Shutdown => {
                core.shutdown(clock.core());
                self.rough(Cause::Shutdown, Duration::ZERO);
            }
            Act::DoorFails { status, times } => {
                self.cloud.door.failures.extend(std::iter::repeat_n(status, times));
                self.note_the_door();
            }
            Act::DoorSlow { by, lasts } => {
                self.cloud.door.slow = by;
                self.door_slow_until = Some(now + lasts);
                self.evidence.note(Cause::DoorSlow, now + lasts + by);
            }
            Act::DoorUntrusted => {
                self.cloud.door.untrusted = 1;
                self.note_the_door();
            }
            Act::HostMutes { microphone } => {
                let source = if microphone { Source::Microphone } else { Source::Camera };
                core.mute_track(&meeting, &room, source, clock.core());
            }
            Act::HostUnmutes => self.unmute_from_afar(),
            Act::HostRemoves => {
                if core.remove_participant(&meeting, &room, clock.core()) {
                    self.evidence.note(Cause::Removed, now);
                }
            }
            Act::HostDeletes => {
                if core.delete_room(&meeting, clock.core()) {
                    self.evidence.note(Cause::Deleted, now);
                    self.rough_until = self.rough_until.max(now);
                }
            }
            Act::HostPermits { publish } => self.permit(publish),
            Act::RefreshToken => drop(core.refresh_token(&meeting, &room, clock.core())),
            Act::Plug { device, present } => self.plug(device, present),
            Act::Person(wish) => self.wish(wish),
            Act::GuestJoins => self.guest_joins(),
            Act::GuestLeaves { politely } => self.guest_leaves(politely),
            Act::GarbageDatagram(bytes) => {
                if let (Some(line), Ok(from)) = (self.appliance.line().map(|l| l.id), MEDIA_UDP.parse()) {
                    self.airs[Side::Room as usize].locally(
                        now,
                        line,
                        Down::Datagram { local: line.address(), from, bytes },
                    );
                }
            }
            Act::GarbageSignal(bytes) => self.say_to_the_room(bytes),
            Act::DamagedSignal { at } => {
                let last = self.appliance.line().and_then(|line| self.cloud.last_said.get(&line.id));
                if let Some(mut bytes) = last.cloned().filter(|bytes| !bytes.is_empty()) {
                    let bit = at as usize % (bytes.len() * 8);
                    bytes[bit / 8] ^= 1 << (bit % 8);
                    self.say_to_the_room(bytes);
                }
            }
            Act::GarbageToServer(bytes) => self.cloud.garbage(Side::Room, &bytes, &clock, &mut self.airs),
        }
        self.cloud.flush(&self.clock, &mut self.airs);
    }

    /// What the room may do, from now on.
    pub fn permit(&mut self, publish: bool) {
        let permissions = Permissions { publish, subscribe: true, publish_data: true, update_metadata: false };
        if let Some(identity) = self.cloud.room_identity() {
            self.cloud.core.set_permissions(&self.cloud.meeting, &identity, permissions, self.clock.core());
        }
    }

    /// Puts a message of our own into the room's signalling.
    fn say_to_the_room(&mut self, bytes: Vec<u8>) {
        self.rough(Cause::Garbage, Duration::ZERO);
        if let Some((line, id)) = self.appliance.line().and_then(|line| Some((line.id, line.web_socket()?))) {
            self.airs[Side::Room as usize].locally(self.clock.now, line, Down::Message { id, bytes });
        }
    }

    /// A server asks the room to open its microphone: `SignalResponse.mute` without `muted`.
    fn unmute_from_afar(&mut self) {
        let members = self.cloud.core.participants(&self.cloud.meeting);
        let tracks = members.into_iter().filter(|member| member.identity != GUEST).flat_map(|member| member.tracks);
        let sids: Vec<String> =
            tracks.filter(|track| track.source == Source::Microphone).map(|track| track.sid).collect();
        for sid in sids {
            let mut mute = vec![0x0a, sid.len() as u8];
            mute.extend_from_slice(sid.as_bytes());
            let mut bytes = vec![0x4a, mute.len() as u8];
            bytes.extend_from_slice(&mute);
            self.say_to_the_room(bytes);
        }
    }

    /// The weather clears up, whoever broke something mends it, hosts are kind again.
    pub fn calm(&mut self) {
        self.promises.note(&self.clock, || "it is calm from now on".into());
        let now = self.clock.now;
        for side in [Side::Room, Side::Guest] {
            self.airs[side as usize].mend(now);
        }
        self.weathers = [Weather::FINE; 2];
        self.end_faults(true);
        self.cloud.door.failures.clear();
        self.cloud.door.untrusted = 0;
        self.permit(true);
        if self.door_keeper != DoorKeeper::Absent {
            self.door_keeper = DoorKeeper::Admits { after: Duration::from_secs(1) };
        }
        self.cloud.flush(&self.clock, &mut self.airs);
        self.rough_until = now;
    }
}
