//! One owner of mute: whoever opens or closes the microphone, in whatever order, the panel, the status light, the lamp
//! in the button and what goes over the wire say the same. The wire is a model here; `tests/simulation` has a real one.

use std::time::{Duration, Instant};

use room::destination::ParseContext;
use room::event::{CallId, CallReport, DeviceReport, Wish};
use room::view::{Screen, Switch};
use room::{Input, Light, Now, Output, Room, RoomConfig};

/// Everybody and everything that opens or closes a microphone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    Panel,
    HardwareButton,
    HidKey,
    ApiOn,
    ApiOff,
    HostMutes,
    MayNotSpeak,
    MaySpeak,
    Unplugged,
    PluggedIn,
    Fails,
    PathLost,
    PathBack,
}

impl Source {
    const ALL: [Source; 13] = [
        Source::Panel,
        Source::HardwareButton,
        Source::HidKey,
        Source::ApiOn,
        Source::ApiOff,
        Source::HostMutes,
        Source::MayNotSpeak,
        Source::MaySpeak,
        Source::Unplugged,
        Source::PluggedIn,
        Source::Fails,
        Source::PathLost,
        Source::PathBack,
    ];

    /// After it, whatever was before, nobody hears the room.
    fn silences(self) -> bool {
        use Source::*;
        matches!(self, ApiOff | HostMutes | MayNotSpeak | Unplugged | Fails | PathLost)
    }

    /// A person decides that the room is heard.
    fn is_person(self) -> bool {
        matches!(self, Source::Panel | Source::HardwareButton | Source::HidKey | Source::ApiOn)
    }
}

/// What carries packets, as far as it concerns the microphone.
struct Wire {
    /// What the room asked of it.
    open: bool,
    path: bool,
    permitted: bool,
    /// What was last reported.
    told: bool,
}

impl Wire {
    fn flows(&self) -> bool {
        self.open && self.path && self.permitted
    }
}

struct World {
    room: Room,
    now: Now,
    call: CallId,
    wire: Wire,
}

impl World {
    fn talking() -> World {
        let now = Now { monotonic: Instant::now(), wall: Duration::from_secs(1_800_000_000), utc_offset_s: 0 };
        let parse = ParseContext { instance: "https://visio.example".parse().ok(), ..Default::default() };
        let room = Room::new(RoomConfig { parse, ..RoomConfig::named("Turing") }, now);
        let wire = Wire { open: false, path: true, permitted: true, told: false };
        let mut world = World { room, now, call: CallId(1), wire };
        world.input(Input::Device(DeviceReport::Microphone { present: true }));
        world.input(Input::Person(Wish::JoinTyped("abc-defg-hij".into())));
        world.report(CallReport::Joined { title: None, encrypted: false });
        assert_eq!((world.light(), world.switch()), (Light::Live, Switch::On));
        world
    }

    fn light(&self) -> Light {
        Light::of(&self.room.view(self.now))
    }

    fn switch(&self) -> Switch {
        match self.room.view(self.now).screen {
            Screen::InCall(call) => call.microphone,
            other => panic!("{other:?}"),
        }
    }

    fn report(&mut self, report: CallReport) {
        self.input(Input::Call { call: self.call, report });
    }

    /// Hands it to the room, lets the wire follow, and the room hear of that.
    fn input(&mut self, input: Input) {
        self.room.handle(input, self.now);
        // The wire has not followed yet, or nobody has measured it yet: what flows is not denied even then.
        assert!(!self.wire.flows() || self.light() != Light::Muted, "muted, while packets flow");
        while let Some(output) = self.room.poll_output() {
            match output {
                Output::StartCall { call, microphone, .. } => (self.call, self.wire.open) = (call, microphone),
                Output::SetMicrophone { call, on } if call == self.call => self.wire.open = on,
                _ => {}
            }
        }
        self.measure();
    }

    fn measure(&mut self) {
        let live = self.wire.flows();
        if std::mem::replace(&mut self.wire.told, live) != live {
            self.report(CallReport::OwnMedia { microphone_live: live, camera_live: false });
        }
    }

    fn happen(&mut self, source: Source) {
        let device = |report| Input::Device(report);
        match source {
            // As the panel's button: the other of what it shows.
            Source::Panel => match self.switch() {
                Switch::On | Switch::Changing { to_on: true } => {
                    self.input(Input::Person(Wish::SetMicrophone { on: false }));
                }
                Switch::Off | Switch::Changing { to_on: false } => {
                    self.input(Input::Person(Wish::SetMicrophone { on: true }));
                }
                Switch::Missing | Switch::Failed | Switch::Forbidden => {}
            },
            Source::HardwareButton | Source::HidKey => self.input(Input::Person(Wish::ToggleMicrophone)),
            Source::ApiOn => self.input(Input::Person(Wish::SetMicrophone { on: true })),
            Source::ApiOff => self.input(Input::Person(Wish::SetMicrophone { on: false })),
            Source::HostMutes => {
                // The server takes nothing more, then says so.
                self.wire.open = false;
                self.report(CallReport::MutedByHost);
            }
            Source::MayNotSpeak | Source::MaySpeak => {
                self.wire.permitted = source == Source::MaySpeak;
                let microphone = self.wire.permitted;
                self.report(CallReport::Permissions { microphone, camera: true, share: true });
            }
            Source::Unplugged => self.input(device(DeviceReport::Microphone { present: false })),
            Source::PluggedIn => self.input(device(DeviceReport::Microphone { present: true })),
            Source::Fails => self.input(device(DeviceReport::MicrophoneFailed)),
            Source::PathLost => {
                self.wire.path = false;
                self.report(CallReport::Reconnecting);
            }
            Source::PathBack => {
                self.wire.path = true;
                self.report(CallReport::Reconnected);
            }
        }
    }

    /// Everything that says whether others hear the room says the same.
    fn agree(&self) -> Result<(), String> {
        let (flows, switch, light) = (self.wire.flows(), self.switch(), self.light());
        let by_panel = matches!(switch, Switch::On | Switch::Changing { to_on: false });
        let agreed = by_panel == flows
            && (light == Light::Live) == flows
            && light.is_mute_lamp_lit() != flows
            && (light == Light::Muted) == matches!(switch, Switch::Off | Switch::Forbidden);
        if agreed { Ok(()) } else { Err(format!("packets flow: {flows}, panel {switch:?}, light {light:?}")) }
    }
}

/// Lives through these, and says what was wrong after one of them.
fn live_through(sources: &[Source]) -> Result<(), String> {
    let mut world = World::talking();
    for source in sources {
        let (before, open) = (world.wire.flows(), world.wire.open);
        let shown = world.switch();
        world.happen(*source);
        let flows = world.wire.flows();
        world.agree().map_err(|wrong| format!("{sources:?}, after {source:?}: {wrong}"))?;
        let promise = |held: bool, what: &str| {
            if held { Ok(()) } else { Err(format!("{sources:?}, after {source:?}: {what}; it showed {shown:?}")) }
        };
        promise(!source.silences() || !flows, "somebody is still heard")?;
        // What comes back by itself is what people had left open.
        let comes_back = matches!(source, Source::PluggedIn | Source::PathBack);
        promise(before || !flows || source.is_person() || comes_back, "it opened by itself")?;
        let is_button = matches!(source, Source::HardwareButton | Source::HidKey);
        promise(!(is_button && before) || !flows, "a press did not close it")?;
        let could_open = shown == Switch::Off && world.wire.path && world.wire.permitted;
        promise(!(is_button && could_open && !open) || flows, "a press did not open it")?;
    }
    Ok(())
}

#[test]
fn panel_button_key_host_and_light_always_agree() {
    for first in Source::ALL {
        for second in Source::ALL {
            for third in Source::ALL {
                live_through(&[first, second, third]).unwrap();
            }
        }
    }
}

#[test]
fn a_light_that_lies_is_noticed() {
    let mut world = World::talking();
    // Packets stop, and nobody tells the room.
    world.wire.open = false;
    assert!(world.agree().is_err());
    let mut world = World::talking();
    world.happen(Source::ApiOff);
    world.wire.open = true;
    assert!(world.agree().is_err());
}

#[test]
fn on_the_way_into_a_meeting_and_out_of_it_the_light_does_not_say_that_others_hear_us() {
    let now = Now { monotonic: Instant::now(), wall: Duration::from_secs(1_800_000_000), utc_offset_s: 0 };
    let parse = ParseContext { instance: "https://visio.example".parse().ok(), ..Default::default() };
    let mut room = Room::new(RoomConfig { parse, ..RoomConfig::named("Turing") }, now);
    let light = |room: &Room| Light::of(&room.view(now));
    assert_eq!(light(&room), Light::Idle);
    room.handle(Input::Device(DeviceReport::Microphone { present: true }), now);
    // Nothing to mute, and nothing to say about it.
    room.handle(Input::Person(Wish::ToggleMicrophone), now);
    assert_eq!((light(&room), room.view(now).notice), (Light::Idle, None));
    room.handle(Input::Person(Wish::JoinTyped("abc-defg-hij".into())), now);
    assert_eq!(light(&room), Light::Waiting);
    let call = CallId(1);
    room.handle(Input::Call { call, report: CallReport::Lobby }, now);
    assert_eq!(light(&room), Light::Waiting);
    // A press while nothing is shown of it counts all the same.
    room.handle(Input::Person(Wish::ToggleMicrophone), now);
    room.handle(Input::Call { call, report: CallReport::Joined { title: None, encrypted: false } }, now);
    assert_eq!(light(&room), Light::Muted);
    room.handle(Input::Person(Wish::Leave), now);
    assert_eq!(light(&room), Light::Idle);
}

#[test]
fn volume_buttons_go_by_whole_steps_and_stop_at_both_ends() {
    let now = Now { monotonic: Instant::now(), wall: Duration::ZERO, utc_offset_s: 0 };
    let mut room = Room::new(RoomConfig::named("Turing"), now);
    let mut step = |wish| {
        room.handle(Input::Person(wish), now);
        room.view(now).volume
    };
    assert_eq!(step(Wish::SetVolume(85)), 85);
    assert_eq!(step(Wish::StepVolume { up: true }), 90);
    assert_eq!(step(Wish::StepVolume { up: true }), 100);
    assert_eq!(step(Wish::StepVolume { up: true }), 100);
    assert_eq!(step(Wish::SetVolume(15)), 15);
    assert_eq!(step(Wish::StepVolume { up: false }), 10);
    assert_eq!(step(Wish::StepVolume { up: false }), 0);
    assert_eq!(step(Wish::StepVolume { up: false }), 0);
}
