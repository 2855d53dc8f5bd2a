//! The room under test: the shell of `room::Room` and of its call, as the daemon is for both.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use meeting::Target;
use meeting::io::{Command, Event, Participant};
use room::destination::ParseContext;
use room::event::{CallId, CallReport, DeviceReport, Wish};
use room::view::{Screen, Switch};
use room::{Destination, Input, Output, Room, RoomConfig, View};
use uuid::Uuid;

use crate::air::{Down, LineId, Side};
use crate::cloud::ORIGIN;
use crate::evidence::Cause;
use crate::line::{Line, Said, config};
use crate::media::{Heard, Stamp};
use crate::translate;
use crate::world::Around;

/// How long a mute may take to be true on the wire.
const MUTE_TRUE_WITHIN: Duration = Duration::from_secs(1);
/// The text of a room's whole state: nothing in it may grow without bound.
const STATE_TEXT_MAX: usize = 64 * 1024;
/// Participants a panel is ever told of here: one guest, perhaps twice while it comes back.
const PARTICIPANTS_MAX: usize = 3;

/// What a test breaks on purpose, to see that it is noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sabotage {
    #[default]
    None,
    /// Mutes never reach the session.
    IgnoreMute,
    /// Mutes never reach the session, and it is said to be silent all the same.
    LieAboutMute,
    /// The end of a call is never reported.
    ForgetTheEnd,
    /// Received frames are lost on the way to the loudspeaker.
    Deaf,
}

/// Microphone and camera, in this order.
const DEVICES: [usize; 2] = [0, 1];

/// The room, its call and its devices.
pub struct Appliance {
    room: Room,
    call: Option<(CallId, Line)>,
    people: Vec<Participant>,
    speakers: Vec<String>,
    /// Whether there is a microphone, a camera.
    pub present: [bool; 2],
    /// As it was last shown.
    pub view: View,
    /// The panel has said since then that others do not hear, or see.
    hidden_since: [Option<Instant>; 2],
    /// The panel has said since then: on.
    pub on_since: [Option<Instant>; 2],
    /// The panel has said since then: changing.
    pub changing_since: [Option<Instant>; 2],
    /// In the meeting and not reconnecting since then.
    pub steady_since: Option<Instant>,
    /// Audio and video from the guest.
    pub heard: [Heard; 2],
    call_begun: Instant,
    lines: u16,
    device_id: Uuid,
    sabotage: Sabotage,
}

/// What a switch says to people.
fn switches(view: &View) -> Option<[Switch; 2]> {
    match &view.screen {
        Screen::InCall(call) => Some([call.microphone, call.camera]),
        _ => None,
    }
}

impl Appliance {
    pub fn new(around: &mut Around<'_>, sabotage: Sabotage) -> Appliance {
        let parse = ParseContext { instance: ORIGIN.parse().ok(), ..Default::default() };
        let room = Room::new(RoomConfig { parse, ..RoomConfig::named("Salle Turing") }, around.clock.room());
        let mut appliance = Appliance {
            view: room.view(around.clock.room()),
            room,
            call: None,
            people: Vec::new(),
            speakers: Vec::new(),
            present: [true, true],
            hidden_since: [Some(around.clock.now); 2],
            on_since: [None; 2],
            changing_since: [None; 2],
            steady_since: None,
            heard: [Heard::default(); 2],
            call_begun: around.clock.now,
            lines: 0,
            device_id: Uuid::from_u128(0x5A11E),
            sabotage,
        };
        for report in [
            DeviceReport::Microphone { present: true },
            DeviceReport::Camera { present: true },
            DeviceReport::Loudspeaker { present: true },
        ] {
            appliance.handle(Input::Device(report), around);
        }
        appliance
    }

    /// The running call's session, if there is one.
    pub fn line(&self) -> Option<&Line> {
        self.call.as_ref().map(|(_, line)| line)
    }

    pub fn deadline(&self) -> Option<Instant> {
        let room = self.room.poll_timeout().map(|(at, _)| at);
        let line = self.line().and_then(Line::deadline);
        room.into_iter().chain(line).min()
    }

    pub fn wake(&mut self, around: &mut Around<'_>) {
        if self.room.poll_timeout().is_some_and(|(at, _)| at <= around.clock.now) {
            self.handle(Input::Timeout, around);
            let next = self.room.poll_timeout();
            let moved = next.is_none_or(|(at, _)| at > around.clock.now);
            around.keep(moved, "the room's deadline moves on once it has passed", || format!("{next:?}"));
        }
        self.with_line(around, |line, around| line.wake(around));
    }

    pub fn arrived(&mut self, to: LineId, down: &Down, around: &mut Around<'_>) {
        if self.line().is_some_and(|line| line.id == to) {
            self.with_line(around, |line, around| line.arrived(down, around));
        }
    }

    /// A person wants something.
    pub fn wish(&mut self, wish: Wish, around: &mut Around<'_>) {
        around.note(|| format!("person: {wish:?}"));
        let leaves = wish == Wish::Leave;
        self.handle(Input::Person(wish), around);
        let home = matches!(self.view.screen, Screen::Home);
        let failed = matches!(self.view.screen, Screen::Failed { .. });
        around.keep(!leaves || home || failed, "leaving is immediate", || format!("{:?}", self.view.screen));
    }

    /// A microphone (0) or camera (1) comes or goes.
    pub fn plug(&mut self, device: usize, present: bool, around: &mut Around<'_>) {
        around.note(|| format!("{} present: {present}", ["microphone", "camera"][device]));
        self.present[device] = present;
        let report = if device == 0 { DeviceReport::Microphone { present } } else { DeviceReport::Camera { present } };
        self.handle(Input::Device(report), around);
    }

    /// Captures one frame of each device that is there. `video`: of the camera too.
    pub fn capture(&mut self, video: bool, around: &mut Around<'_>) {
        let secret = |device: usize| {
            let hidden = self.hidden_since[device];
            self.present[device].then(|| hidden.is_some_and(|since| around.clock.now - since > MUTE_TRUE_WITHIN))
        };
        let (microphone, camera) = (secret(0), secret(1).filter(|_| video));
        self.with_line(around, |line, around| line.capture(microphone, camera, around));
    }

    /// What the panel would show now, when only time has passed.
    pub fn look(&mut self, around: &mut Around<'_>) {
        self.observe(false, around);
    }

    /// Whether anything in the room grows.
    pub fn weigh(&mut self, around: &mut Around<'_>) {
        let text = format!("{:?}", self.room).len();
        around.keep(text <= STATE_TEXT_MAX, "nothing in the room grows without bound", || format!("{text} bytes"));
    }

    fn with_line(&mut self, around: &mut Around<'_>, act: impl FnOnce(&mut Line, &mut Around<'_>) -> Vec<Said>) {
        let Some((call, line)) = &mut self.call else { return };
        let (call, said) = (*call, act(line, around));
        let inputs = self.said(call, said, around);
        self.work(inputs, around);
    }

    fn handle(&mut self, input: Input, around: &mut Around<'_>) {
        self.work(VecDeque::from([input]), around);
    }

    fn work(&mut self, mut inputs: VecDeque<Input>, around: &mut Around<'_>) {
        while let Some(input) = inputs.pop_front() {
            let leaves = matches!(input, Input::Person(Wish::Leave));
            let by_hand = matches!(input, Input::Person(_) | Input::Device(_));
            let before = switches(&self.view);
            self.room.handle(input, around.clock.room());
            self.observe(leaves, around);
            if let (Some(before), Some(after)) = (before, switches(&self.view)) {
                let open = |switch| matches!(switch, Switch::On | Switch::Changing { .. });
                let opened = DEVICES.iter().any(|d| before[*d] == Switch::Off && open(after[*d]));
                around.keep(by_hand || !opened, "only people open what people closed", || {
                    format!("{before:?}, then {after:?}")
                });
            }
            while let Some(output) = self.room.poll_output() {
                inputs.extend(self.perform(output, around));
            }
        }
    }

    fn perform(&mut self, output: Output, around: &mut Around<'_>) -> VecDeque<Input> {
        let command = match output {
            // Nothing crosses a border here.
            Output::StartCall { call, destination, display_name, microphone, camera, accepted: _ } => {
                return self.start(call, &destination, &display_name, microphone, camera, around);
            }
            Output::EndCall { call } => (call, Command::Leave),
            Output::DropCall { call } => {
                if self.call.as_ref().is_some_and(|(current, _)| *current == call) {
                    self.over(around);
                }
                return VecDeque::new();
            }
            Output::SetMicrophone { call, on } => {
                if !on && matches!(self.sabotage, Sabotage::IgnoreMute | Sabotage::LieAboutMute) {
                    let lie = CallReport::OwnMedia { microphone_live: false, camera_live: true };
                    let lies = self.sabotage == Sabotage::LieAboutMute;
                    return lies.then_some(Input::Call { call, report: lie }).into_iter().collect();
                }
                (call, Command::SetMicrophone { on })
            }
            Output::SetCamera { call, on } => (call, Command::SetCamera { on }),
            // This room has no content input.
            Output::SetShare { call, on: _ } => (call, Command::Share(None)),
            Output::SetHand { call, raised } => (call, Command::SetHand { raised }),
            Output::SendChat { call, text } => (call, Command::SendChat(text)),
            Output::React { call, reaction } => (call, Command::SendReaction(reaction.name().to_owned())),
            // Guests decide nothing; nobody begins meetings here, invites, books this room, or has its code.
            Output::Moderate { .. }
            | Output::PointCamera(_)
            | Output::KeepPresets(_)
            | Output::DrawCode
            | Output::Arrange(_)
            | Output::SetVolume(_)
            | Output::StartAudioCheck
            | Output::StopAudioCheck
            | Output::Standby(_)
            | Output::ChangeCalendar { .. }
            | Output::CheckCode { .. }
            | Output::KeepSettings(_)
            | Output::MicrophoneRelay { .. }
            | Output::Wipe
            | Output::GatherFacts
            | Output::Power(_) => return VecDeque::new(),
        };
        let (wanted, command) = command;
        match &mut self.call {
            Some((call, line)) if *call == wanted => {
                let said = line.command(command, around);
                self.said(wanted, said, around)
            }
            _ => VecDeque::new(),
        }
    }

    fn start(
        &mut self,
        call: CallId,
        destination: &Destination,
        name: &str,
        microphone: bool,
        camera: bool,
        around: &mut Around<'_>,
    ) -> VecDeque<Input> {
        self.over(around);
        self.lines += 1;
        self.call_begun = around.clock.now;
        let id = LineId { side: Side::Room, number: self.lines };
        let camera = self.present[1].then_some(camera);
        let config = config(id, name, self.device_id, microphone, camera);
        let target = match destination {
            Destination::Visio { instance, slug, .. } => {
                Target::Visio { instance: instance.clone(), slug: slug.clone(), passphrase: None }
            }
            Destination::LiveKit { server, token } => {
                Target::LiveKit { server: server.clone(), token: token.clone(), secret: None }
            }
        };
        let (line, said) = Line::start(id, config, target, around);
        self.call = Some((call, line));
        self.said(call, said, around)
    }

    /// Passes on what a session says.
    fn said(&mut self, call: CallId, said: Vec<Said>, around: &mut Around<'_>) -> VecDeque<Input> {
        let mut inputs = VecDeque::new();
        for said in said {
            match said {
                // The server's own picture, not the other's.
                Said::Frame(frame) if frame.data[..] == sandbox::core::BLACK_PICTURE => {}
                Said::Frame(frame) => {
                    let stamp = Stamp::read(frame.kind, &frame.data);
                    around.keep(stamp.is_some(), "frames arrive whole", || format!("{} bytes", frame.data.len()));
                    if self.sabotage != Sabotage::Deaf {
                        self.heard[frame.kind as usize].note(around.clock.now);
                    }
                }
                Said::Event(event) => self.event(call, &event, around, &mut inputs),
            }
        }
        inputs
    }

    fn event(&mut self, call: CallId, event: &Event, around: &mut Around<'_>, inputs: &mut VecDeque<Input>) {
        match event {
            Event::Participants(people) => self.people.clone_from(people),
            Event::Speakers(speakers) => self.speakers.clone_from(speakers),
            Event::TrackAdded(_) | Event::TrackRemoved(_) => {
                if let Some((_, line)) = &mut self.call {
                    let stage = Command::Show(line.stage());
                    let said = line.command(stage, around);
                    let more = self.said(call, said, around);
                    inputs.extend(more);
                }
            }
            Event::Ended(_) => {
                self.call = None;
                self.over(around);
            }
            _ => {}
        }
        if !matches!(event, Event::Speakers(_) | Event::Quality(_) | Event::KeyframeWanted { .. }) {
            around.note(|| format!("session of the room: {event:?}"));
        }
        if matches!(event, Event::Ended(_)) && self.sabotage == Sabotage::ForgetTheEnd {
            return;
        }
        if let Some(report) = translate::report(event, &self.people, &self.speakers) {
            inputs.push_back(Input::Call { call, report });
        }
    }

    fn over(&mut self, around: &mut Around<'_>) {
        if let Some((_, mut line)) = self.call.take() {
            line.drop_sockets(around);
        }
        self.people.clear();
        self.speakers.clear();
    }

    /// Looks at the panel after each thing that happened.
    fn observe(&mut self, leaves: bool, around: &mut Around<'_>) {
        let now = around.clock.now;
        let before = std::mem::replace(&mut self.view, self.room.view(around.clock.room()));
        let view = &self.view;
        use Screen::{Failed, Home, InCall, Joining, Lobby};
        let follows = match (&before.screen, &view.screen) {
            (Home, Home | Joining { .. }) => true,
            (Joining { .. } | Lobby { .. }, Joining { .. } | Lobby { .. } | InCall(_) | Failed { .. }) => true,
            (InCall(_), InCall(_) | Failed { .. }) => true,
            (Joining { .. } | Lobby { .. } | InCall(_), Home) => {
                leaves || around.evidence.since(Cause::Garbage, self.call_begun)
            }
            (Failed { .. }, Failed { .. } | Home | Joining { .. }) => true,
            _ => false,
        };
        around.keep(follows, "screens follow each other as promised", || {
            format!("{:?}, then {:?}", before.screen, view.screen)
        });
        if let Failed { reason, .. } = &view.screen
            && !matches!(before.screen, Failed { .. })
        {
            around.note(|| format!("the panel: {reason:?}"));
            let true_reason = around.evidence.explains(reason, self.call_begun);
            around.keep(true_reason, "the reason on the panel is what happened", || format!("{reason:?}"));
        }
        if let InCall(call) = &view.screen {
            let people = call.participants.len();
            around.keep(people <= PARTICIPANTS_MAX, "the panel lists who is there", || format!("{people} people"));
        }
        let since = |held: bool, since: &mut Option<Instant>| {
            *since = if held { since.or(Some(now)) } else { None };
        };
        let switches = switches(view);
        for device in DEVICES {
            let switch = switches.map(|both| both[device]);
            let is_hidden = !matches!(switch, Some(Switch::On | Switch::Changing { .. }));
            // Of the microphone the light speaks too.
            let is_dark = device == 0 && room::Light::of(view) != room::Light::Live;
            since(is_hidden || is_dark, &mut self.hidden_since[device]);
            since(switch == Some(Switch::On), &mut self.on_since[device]);
            since(matches!(switch, Some(Switch::Changing { .. })), &mut self.changing_since[device]);
        }
        let steady = matches!(&view.screen, InCall(call) if !call.reconnecting);
        since(steady, &mut self.steady_since);
    }
}
