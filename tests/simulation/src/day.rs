//! One day from morning to evening.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use room::event::Wish;
use room::view::{Screen, Switch};

use crate::appliance::Sabotage;
use crate::cloud::{GUEST, SLUG};
use crate::plan::{DoorKeeper, Plan};
use crate::promises::{Broken, Promises};
use crate::world::World;

/// Everything is as it should be after this long in fine weather.
const RECOVERED: Duration = Duration::from_secs(60);
/// When people look at the panel once it is calm, and try again where it says that something failed.
const LOOKS: [Duration; 3] = [Duration::from_secs(2), Duration::from_secs(25), Duration::from_secs(27)];
/// A call that was left is gone after this long.
const GONE: Duration = Duration::from_secs(3);
/// The server forgets who fell silent after this long.
const FORGOTTEN: Duration = Duration::from_secs(40);
/// Media was there a moment ago.
const LATELY: Duration = Duration::from_secs(3);

/// What a day was like.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Summary {
    pub days: u32,
    /// How long it was, on its own clock.
    pub lasted: Duration,
    /// In the meeting in the evening.
    pub met: u32,
    /// Frames that came through, both ways.
    pub frames: u64,
}

/// A day on which something was not as promised.
#[derive(Debug)]
pub struct BadDay {
    pub plan: Plan,
    pub broken: Vec<Broken>,
    /// The message of a panic, when there was one.
    pub panic: Option<String>,
    log: Vec<(Duration, String)>,
}

impl fmt::Display for BadDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seed = self.plan.seed;
        writeln!(f, "seed {seed}: a bad day. Live it again:")?;
        writeln!(f, "    HUISCLOS_SEED={seed} cargo test -p simulation --test bad_days -- --nocapture")?;
        if let Some(panic) = &self.panic {
            writeln!(f, "  it panicked: {panic}")?;
        }
        for broken in &self.broken {
            writeln!(f, "  at {:.3?} broken: {} ({})", broken.at, broken.promise, broken.detail)?;
        }
        writeln!(f, "  what happened:")?;
        self.log.iter().try_for_each(|(at, what)| writeln!(f, "    {:>9.3} {what}", at.as_secs_f64()))
    }
}

/// Lives through the day of a plan.
///
/// # Errors
/// When something was not as promised; the report says what, and how to see it again.
pub fn run(plan: &Plan, sabotage: Sabotage) -> Result<Summary, Box<BadDay>> {
    // What str0m draws from this generator repeats; its keys come from elsewhere.
    fastrand::seed(plan.seed);
    let mut world = World::new(plan, sabotage);
    let lived = catch_unwind(AssertUnwindSafe(|| live(plan, &mut world)));
    let panic = lived.as_ref().err().map(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        text.or(panic.downcast_ref::<&str>().copied()).unwrap_or("without a word").to_owned()
    });
    let Promises { broken, log } = world.promises;
    match lived {
        Ok(summary) if broken.is_empty() => Ok(summary),
        _ => Err(Box::new(BadDay { plan: plan.clone(), broken, panic, log: log.into() })),
    }
}

fn live(plan: &Plan, world: &mut World) -> Summary {
    for (at, act) in &plan.acts {
        world.run_until(*at);
        world.act(act.clone());
    }
    world.run_until(plan.rough);
    world.calm();
    for look in LOOKS {
        world.run_until(plan.rough + look);
        people_look(plan, world);
    }
    let evening = plan.rough + LOOKS[0] + RECOVERED;
    world.run_until(evening);
    let met = all_is_well(plan, world);
    let summary = Summary {
        days: 1,
        lasted: world.clock.elapsed(),
        met: u32::from(met),
        frames: world.guest.heard.iter().chain(&world.appliance.heard).map(|heard| heard.frames).sum(),
    };
    everybody_goes(evening, world);
    summary
}

fn people_look(plan: &Plan, world: &mut World) {
    if world.guest.line().is_none() {
        world.guest_joins();
    }
    // A token from before a crash may still say no.
    world.permit(true);
    for device in [0, 1] {
        if !world.appliance.present[device] {
            world.plug(device, true);
        }
    }
    if !plan.wants_in {
        return world.wish(Wish::Leave);
    }
    if matches!(world.appliance.view.screen, Screen::Home | Screen::Failed { .. }) {
        world.wish(Wish::Dismiss);
        world.wish(Wish::JoinTyped(SLUG.into()));
    }
    world.wish(Wish::SetMicrophone { on: plan.wants_heard });
    world.wish(Wish::SetCamera { on: plan.wants_seen });
}

/// What must be so after a minute of fine weather. Whether the room is in the meeting.
fn all_is_well(plan: &Plan, world: &mut World) -> bool {
    let (clock, now) = (world.clock, world.clock.now);
    let screen = &world.appliance.view.screen;
    let promises = &mut world.promises;
    let absent = world.door_keeper == DoorKeeper::Absent;
    let Screen::InCall(call) = screen else {
        let as_wished = if plan.wants_in { absent && matches!(screen, Screen::Lobby { .. }) } else { true };
        promises.keep(&clock, as_wished, "in the meeting after a minute of fine weather", || format!("{screen:?}"));
        return false;
    };
    let said = || format!("reconnecting: {}, microphone {:?}", call.reconnecting, call.microphone);
    promises.keep(&clock, plan.wants_in && !call.reconnecting, "steady after a minute of fine weather", said);
    let flows = world.appliance.heard.iter().all(|heard| heard.within(LATELY, now));
    promises.keep(&clock, flows, "the room hears and sees the guest in the evening", || {
        format!("{:?}", world.appliance.heard)
    });
    let wanted = [(call.microphone, plan.wants_heard), (call.camera, plan.wants_seen)];
    for (heard, (switch, on)) in world.guest.heard.iter().zip(wanted) {
        let shown = if on { Switch::On } else { Switch::Off };
        promises.keep(&clock, switch == shown, "switches are as people want them", || format!("{call:?}"));
        promises.keep(&clock, heard.within(LATELY, now) == on, "the guest gets what people want to be given", || {
            format!("{switch:?}, but {heard:?}")
        });
    }
    let there = call.participants.len();
    promises.keep(&clock, there == 1, "the panel shows the one guest there is", || format!("{there} people"));
    true
}

fn everybody_goes(evening: Duration, world: &mut World) {
    world.wish(Wish::Leave);
    world.run_until(evening + GONE);
    let gone = world.appliance.line().is_none();
    world.promises.keep(&world.clock, gone, "a call that was left is over within three seconds", String::new);
    let members = world.cloud.core.participants(&world.cloud.meeting);
    let listed = members.iter().filter(|member| member.identity != GUEST).count();
    world.promises.keep(&world.clock, listed == 0, "the server no longer lists who left", || format!("{listed}"));
    let home = matches!(world.appliance.view.screen, Screen::Home | Screen::Failed { .. });
    world.promises.keep(&world.clock, home, "home after leaving", || format!("{:?}", world.appliance.view.screen));
    world.guest_leaves(false);
    world.run_until(evening + GONE + FORGOTTEN);
    let asleep = world.cloud.deadline().is_none();
    world.promises.keep(&world.clock, asleep, "an empty server sleeps", || "it does not".into());
}
