//! One owner of mute, over a real session and a real server: whoever opens or closes the microphone, in whatever order,
//! the panel, the status light, the lamp of the button and what the guest hears say the same. `appliance/room/tests/mute.rs`
//! has more orders, over a wire that is a model.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use room::Light;
use room::event::Wish;
use room::view::{Screen, Switch};
use simulation::air::Side;
use simulation::appliance::Sabotage;
use simulation::cloud::SLUG;
use simulation::plan::{Act, Plan};
use simulation::world::World;

/// A frame captured before a mute has arrived by then.
const LATELY: Duration = Duration::from_millis(1500);
const THREADS: usize = 2;

/// Everybody and everything that opens or closes a microphone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    Panel,
    /// Wired or of a USB speakerphone: both say no more than that they were pressed.
    Button,
    ApiOn,
    ApiOff,
    HostMutes,
    MayNotSpeak,
    MaySpeak,
    Unplugged,
    PluggedIn,
    SignallingCut,
    NetworkLost,
}

impl Source {
    const ALL: [Source; 11] = [
        Source::Panel,
        Source::Button,
        Source::ApiOn,
        Source::ApiOff,
        Source::HostMutes,
        Source::MayNotSpeak,
        Source::MaySpeak,
        Source::Unplugged,
        Source::PluggedIn,
        Source::SignallingCut,
        Source::NetworkLost,
    ];

    fn act(self, shown: Switch) -> Option<Act> {
        let wish = |wish| Some(Act::Person(wish));
        match self {
            Source::Panel => match shown {
                Switch::On | Switch::Changing { to_on: true } => wish(Wish::SetMicrophone { on: false }),
                Switch::Off | Switch::Changing { to_on: false } => wish(Wish::SetMicrophone { on: true }),
                Switch::Missing | Switch::Failed | Switch::Forbidden => None,
            },
            Source::Button => wish(Wish::ToggleMicrophone),
            Source::ApiOn => wish(Wish::SetMicrophone { on: true }),
            Source::ApiOff => wish(Wish::SetMicrophone { on: false }),
            Source::HostMutes => Some(Act::HostMutes { microphone: true }),
            Source::MayNotSpeak => Some(Act::HostPermits { publish: false }),
            Source::MaySpeak => Some(Act::HostPermits { publish: true }),
            Source::Unplugged => Some(Act::Plug { device: 0, present: false }),
            Source::PluggedIn => Some(Act::Plug { device: 0, present: true }),
            Source::SignallingCut => Some(Act::CutSignalling(Side::Room)),
            Source::NetworkLost => Some(Act::Outage { side: Side::Room, lasts: Duration::from_secs(8), knows: false }),
        }
    }

    /// How long until everything that follows from it has happened.
    fn settles(self) -> Duration {
        match self {
            Source::SignallingCut => Duration::from_secs(15),
            Source::NetworkLost => Duration::from_secs(40),
            // Publishing anew takes a moment.
            Source::MayNotSpeak | Source::MaySpeak => Duration::from_secs(6),
            _ => Duration::from_secs(4),
        }
    }
}

fn microphone(world: &World) -> Result<Switch, String> {
    match &world.appliance.view.screen {
        Screen::InCall(call) => Ok(call.microphone),
        other => Err(format!("no longer in the meeting: {other:?}")),
    }
}

fn agree(world: &World) -> Result<(), String> {
    let is_heard = world.guest.heard[0].within(LATELY, world.clock.now);
    let (switch, light) = (microphone(world)?, Light::of(&world.appliance.view));
    let by_panel = matches!(switch, Switch::On | Switch::Changing { to_on: false });
    let agreed = by_panel == is_heard && (light == Light::Live) == is_heard && light.is_mute_lamp_lit() != is_heard;
    if agreed { Ok(()) } else { Err(format!("the guest hears us: {is_heard}, panel {switch:?}, light {light:?}")) }
}

fn live_through(sources: &[Source]) -> Result<(), String> {
    fastrand::seed(7);
    let mut world = World::new(&Plan::quiet(7), Sabotage::None);
    let mut at = Duration::from_secs(1);
    world.run_until(at);
    world.guest_joins();
    world.wish(Wish::JoinTyped(SLUG.into()));
    at += Duration::from_secs(7);
    world.run_until(at);
    agree(&world)?;
    if Light::of(&world.appliance.view) != Light::Live {
        return Err("nobody is heard to begin with".into());
    }
    for source in sources {
        let shown = microphone(&world)?;
        if let Some(act) = source.act(shown) {
            world.act(act);
        }
        at += source.settles();
        world.run_until(at);
        agree(&world).map_err(|wrong| format!("after {source:?}: {wrong}"))?;
    }
    match world.promises.broken.first() {
        Some(broken) => Err(format!("{broken:?}")),
        None => Ok(()),
    }
}

#[test]
fn panel_button_host_and_light_agree_with_what_a_guest_hears() {
    let pairs: Vec<[Source; 2]> =
        Source::ALL.into_iter().flat_map(|first| Source::ALL.map(|second| [first, second])).collect();
    let (next, wrong) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while let Some(pair) = pairs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Err(why) = live_through(pair) {
                        wrong.lock().unwrap().push(format!("{pair:?}: {why}"));
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{} of {} orders:\n{}", wrong.len(), pairs.len(), wrong.join("\n"));
}

#[test]
fn a_mute_that_does_not_reach_the_wire_is_noticed() {
    let mut world = World::new(&Plan::quiet(7), Sabotage::LieAboutMute);
    world.run_until(Duration::from_secs(1));
    world.guest_joins();
    world.wish(Wish::JoinTyped(SLUG.into()));
    world.run_until(Duration::from_secs(8));
    agree(&world).unwrap();
    world.wish(Wish::ToggleMicrophone);
    world.run_until(Duration::from_secs(12));
    assert!(agree(&world).is_err());
}
