//! A room, what happens to it, and what others would hear, see and find of it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::sample::select;
use room::classified::{Demand, Standing};
use room::destination::ParseContext;
use room::encryption::{Encryption, Member, Verification};
use room::event::{CallId, CallReport, DeviceReport, Wish};
use room::moderation::{HostRefusal, Moderation, Rights, Waiting};
use room::policy::{Begins, Forbidden, InMeetings, JoinPolicy, Mode, Permit};
use room::view::{
    AuthenticationCode, Content, EndReason, InvitationId, JoinStep, Notice, Participant, Quality, Screen, Switch,
};
use room::{AgendaEntry, Destination, Input, Light, MeetingId, Now, Output, Reaction, Room, RoomConfig, Title, Venue};

/// In everything that a room must not remember.
const SECRET: &str = "seerosen";
const KEY: &str = "000102030405060708090a0b0c0d0e0f1011121314151617";
const CODE: &str = "48210033991704025586";
/// As the room holds it.
const CODE_INSIDE: &str = "[4821, 33, 9917, 402, 5586]";

#[derive(Debug)]
struct Allows(Mode);

impl JoinPolicy for Allows {
    fn mode(&self) -> Mode {
        self.0
    }

    /// The room of itself is to refuse what it must.
    fn may_join(&self, _: &Destination, _: Begins, _: Duration) -> Result<Permit, Forbidden> {
        Ok(Permit::AtOnce)
    }

    fn in_meetings(&self) -> InMeetings {
        InMeetings::EVERYTHING
    }
}

/// Something that happens.
#[derive(Debug, Clone)]
pub enum Step {
    Person(Wish),
    /// The first meeting of the agenda is touched.
    TouchMeeting,
    /// Of the call that goes on, or of one that is over.
    Report {
        is_stale: bool,
        report: CallReport,
    },
    Other(Input),
    /// So many seconds pass.
    Pass(u64),
}

/// What was reached at least once.
#[derive(Debug, Default)]
pub struct Reached(BTreeSet<&'static str>);

impl Reached {
    pub const WEAKER: [&'static str; 17] = [
        "a call without encryption",
        "a caption",
        "a chat message",
        "a failure remembered",
        "a history",
        "a laptop shared before everybody is verified",
        "a meeting kept for the next life",
        "a microphone opened by an audio check",
        "a microphone open before everybody is verified",
        "a notice of what was written",
        "a retry",
        "a title on the agenda",
        "an invitation",
        "figures of a call",
        "something written",
        "words of a meeting that is over",
        "a camera open before everybody is verified",
    ];
    pub const MEANT: [&'static str; 9] = [
        "a camera among the verified",
        "a laptop among the verified",
        "a microphone among the verified",
        "closed because somebody is not verified",
        "left because of what is around",
        "left because it is not encrypted",
        "refused because of what is around",
        "wiped",
        "a relay let current through",
    ];

    fn note(&mut self, what: &'static str, is_so: bool) {
        assert!(Self::WEAKER.contains(&what) || Self::MEANT.contains(&what), "{what}");
        if is_so {
            self.0.insert(what);
        }
    }

    pub fn add(&mut self, other: Reached) {
        self.0.extend(other.0);
    }

    pub fn weaker(&self) -> Vec<&'static str> {
        Self::WEAKER.into_iter().filter(|what| self.0.contains(what)).collect()
    }

    pub fn meant(&self) -> Vec<&'static str> {
        Self::MEANT.into_iter().filter(|what| self.0.contains(what)).collect()
    }
}

/// The meeting as the room was told of it: what may be believed of it, found out without the room.
#[derive(Debug, Default)]
struct Told {
    is_in: bool,
    encryption: Encryption,
    members: Vec<Member>,
    people: Vec<String>,
}

impl Told {
    fn take(&mut self, report: &CallReport) {
        match report {
            CallReport::Joined { encrypted, .. } if !self.is_in => {
                self.is_in = true;
                if !encrypted {
                    self.encryption = Encryption::None;
                } else if self.encryption == Encryption::None {
                    self.encryption = Encryption::SharedKey;
                }
            }
            CallReport::Encryption { encryption, members } => {
                (self.encryption, self.members) = (*encryption, members.clone());
            }
            CallReport::Participants(people) => {
                self.people = people.iter().map(|person| person.identity.clone()).collect();
            }
            _ => {}
        }
    }

    fn is_verified(&self) -> bool {
        let verified: Vec<&str> = self
            .members
            .iter()
            .filter(|member| matches!(member.verification, Verification::Verified { .. }))
            .map(|member| member.identity.as_str())
            .collect();
        self.is_in
            && matches!(self.encryption, Encryption::Group { .. })
            && !verified.is_empty()
            && verified.len() == self.members.len()
            && self.people.iter().all(|person| verified.contains(&person.as_str()))
    }
}

/// What is open at the shell.
#[derive(Debug, Default, Clone, Copy)]
struct Open {
    microphone: bool,
    camera: bool,
    share: bool,
}

pub struct World {
    room: Room,
    now: Now,
    call: Option<CallId>,
    told: Told,
    open: Open,
    unmet: bool,
    pub reached: Reached,
}

impl World {
    pub fn new(mode: Mode) -> World {
        let now = Now { monotonic: Instant::now(), wall: Duration::from_secs(1_800_000_000), utc_offset_s: 3600 };
        let parse = ParseContext { instance: Some("https://visio.example".parse().unwrap()), ..Default::default() };
        let venue =
            Some(Venue::Joinable(Destination::parse(&format!("https://visio.example/fixed#{KEY}"), &parse).unwrap()));
        let title = Title::Plain("Lage".into());
        let config = RoomConfig {
            parse,
            agenda: vec![AgendaEntry {
                venue,
                ..AgendaEntry::new(title, now.wall, now.wall + Duration::from_secs(86_400))
            }],
            calendar: true,
            history: 5,
            policy: Some(Arc::new(Allows(mode))),
            ..RoomConfig::named("Turing")
        };
        let room = Room::new(config, now);
        let (told, open, reached) = (Told::default(), Open::default(), Reached::default());
        World { room, now, call: None, told, open, unmet: true, reached }
    }

    pub fn take(&mut self, step: &Step) {
        let input = match step.clone() {
            Step::Person(wish) => Input::Person(wish),
            Step::TouchMeeting => {
                let meeting = self.room.view(self.now).agenda.first().map(|meeting| meeting.id);
                meeting.map_or(Input::Timeout, |id| Input::Person(Wish::JoinMeeting(id)))
            }
            Step::Report { is_stale, report } => {
                let call = self.call.unwrap_or(CallId(1)).0;
                let call = CallId(if is_stale { call.saturating_sub(1) } else { call });
                if Some(call) == self.call {
                    self.told.take(&report);
                    if matches!(report, CallReport::Ended(_)) {
                        (self.told, self.open) = (Told::default(), Open::default());
                    }
                }
                Input::Call { call, report }
            }
            Step::Pass(seconds) => {
                let time = Duration::from_secs(seconds);
                (self.now.monotonic, self.now.wall) = (self.now.monotonic + time, self.now.wall + time);
                Input::Timeout
            }
            Step::Other(input) => {
                if let Input::Surroundings(unmet) = &input {
                    self.unmet = !unmet.is_empty();
                }
                input
            }
        };
        self.room.handle(input, self.now);
        while let Some(output) = self.room.poll_output() {
            self.perform(output);
        }
        self.look();
    }

    fn perform(&mut self, output: Output) {
        match output {
            Output::StartCall { call, destination, microphone, camera, .. } => {
                self.reached.note("a call without encryption", !destination.is_end_to_end_encrypted());
                (self.call, self.told) = (Some(call), Told::default());
                self.open = Open { microphone, camera, share: false };
            }
            // The shell closes everything with the call.
            Output::EndCall { .. } | Output::DropCall { .. } => {
                (self.told, self.open) = (Told::default(), Open::default());
            }
            Output::SetMicrophone { call, on } if Some(call) == self.call => self.open.microphone = on,
            Output::SetCamera { call, on } if Some(call) == self.call => self.open.camera = on,
            Output::SetShare { call, on } if Some(call) == self.call => self.open.share = on,
            Output::SendChat { .. } | Output::React { .. } => self.reached.note("something written", true),
            Output::StartAudioCheck => self.reached.note("a microphone opened by an audio check", true),
            Output::Wipe => self.reached.note("wiped", true),
            Output::MicrophoneRelay { closed } => {
                self.reached.note("a relay let current through", closed);
                self.reached.note(
                    "a microphone open before everybody is verified",
                    closed && !(self.told.is_verified() && self.open.microphone),
                );
            }
            _ => {}
        }
    }

    /// Looks at everything that people, others in the meeting, and whoever opens the machine can find.
    fn look(&mut self) {
        let (open, reached, view) = (self.open, &mut self.reached, self.room.view(self.now));
        let is_verified = self.told.is_verified() && !self.unmet;
        reached.note("a microphone open before everybody is verified", open.microphone && !is_verified);
        reached.note("a camera open before everybody is verified", open.camera && !is_verified);
        reached.note("a laptop shared before everybody is verified", open.share && !is_verified);
        let standing = view.classified;
        let is_said = standing == Some(Standing::Verified);
        assert!(!is_said || is_verified, "the panel says so and it is not: {standing:?}");
        reached.note("a microphone among the verified", open.microphone && is_said);
        reached.note("a camera among the verified", open.camera && is_said);
        reached.note("a laptop among the verified", open.share && is_said);

        let light = Light::of(&view);
        let is_usual = matches!(light, Light::Live | Light::Muted | Light::Waiting);
        assert!(standing.is_none() || !is_usual, "from the door it looks like any meeting: {light:?}");

        reached.note("a meeting kept for the next life", self.room.unfinished(self.now).is_some());
        reached.note("a history", !view.history.is_empty());
        reached.note("a failure remembered", view.last_failure.is_some());
        reached.note("an invitation", view.invitation.is_some() || view.invitation_end.is_some());
        reached.note("a title on the agenda", view.agenda.iter().any(|m| matches!(m.title, Title::Plain(_))));
        reached.note("figures of a call", view.facts.as_ref().is_some_and(|facts| facts.call.is_some()));
        let notice = view.notice.as_ref();
        let is_written = matches!(notice, Some(Notice::Chat { .. } | Notice::Reaction { .. }));
        reached.note("a notice of what was written", is_written);
        reached.note("closed because somebody is not verified", notice == Some(&Notice::Withheld));
        let forbidden = |why: Forbidden| notice == Some(&Notice::Forbidden(why));
        let around = Demand::ALL.into_iter().any(|demand| forbidden(Forbidden::Surroundings(demand)));
        reached.note("refused because of what is around", around && standing.is_some());
        reached.note("left because of what is around", around && self.call.is_some());
        reached.note("left because it is not encrypted", forbidden(Forbidden::NotEndToEnd) && self.call.is_some());
        match &view.screen {
            Screen::InCall(call) => {
                reached.note("a caption", !call.captions.is_empty());
                reached.note("a chat message", !call.chat.messages.is_empty() || call.chat.received > 0);
                if standing == Some(Standing::Withheld) {
                    assert!(!matches!(call.microphone, Switch::Off | Switch::Changing { to_on: true }), "{call:?}");
                }
            }
            Screen::Failed { can_retry, what, .. } => {
                reached.note("a retry", *can_retry || !what.is_empty());
                self.remembers();
            }
            Screen::Home => self.remembers(),
            Screen::Acceptance(_) => panic!("nothing crosses a border here"),
            Screen::Joining { .. } | Screen::Lobby { .. } | Screen::AudioCheck(_) => {}
        }
    }

    /// Looks for words of a meeting in all that the room holds when there is none.
    fn remembers(&mut self) {
        let everything = format!("{:?}", self.room);
        let is_there = everything.contains(SECRET) || everything.contains(CODE_INSIDE);
        self.reached.note("words of a meeting that is over", is_there);
    }
}

fn secret() -> String {
    SECRET.into()
}

fn person(identity: &str) -> Participant {
    Participant {
        identity: format!("{SECRET}-{identity}"),
        name: secret(),
        microphone_on: true,
        camera_on: false,
        sharing: false,
        speaking: false,
        hand_raised: false,
        hand_raised_at: None,
        quality: Quality::Good,
        unreadable: None,
        verification: Verification::Unknown,
    }
}

fn member(identity: &str, is_verified: bool) -> Member {
    let verified = Verification::Verified { name: secret(), by: "IGC".into() };
    let verification = if is_verified { verified } else { Verification::Unverified };
    Member { identity: format!("{SECRET}-{identity}"), verification }
}

fn encryption() -> impl Strategy<Value = CallReport> {
    let group = Encryption::Group { code: AuthenticationCode::parse(CODE).unwrap() };
    let of = |encryption, members: &[(&str, bool)]| {
        let members = members.iter().map(|(identity, is_verified)| member(identity, *is_verified)).collect();
        CallReport::Encryption { encryption, members }
    };
    prop_oneof![
        6 => Just(of(group, &[("ada", true), ("bob", true)])),
        2 => Just(of(group, &[("ada", true)])),
        1 => Just(of(group, &[])),
        1 => Just(of(group, &[("ada", true), ("bob", false)])),
        1 => Just(of(Encryption::SharedKey, &[("ada", true)])),
        1 => Just(of(Encryption::None, &[])),
    ]
}

fn report() -> impl Strategy<Value = CallReport> {
    let bits = any::<(bool, bool, bool)>();
    let ends = vec![
        EndReason::Left,
        EndReason::MeetingEnded,
        EndReason::ConnectionLost,
        EndReason::LobbyDenied,
        EndReason::KeyUnexpected,
    ];
    let people = select(vec![vec![], vec!["ada"], vec!["ada", "bob"], vec!["ada", "bob", "recorder"]]);
    let words = select(vec![
        CallReport::Chat { from: secret(), text: secret() },
        CallReport::Caption { from: secret(), segment: "1".into(), text: secret(), is_final: false },
        CallReport::Reaction { from: secret(), emoji: "clapping-hands".into() },
        CallReport::Waiting(vec![Waiting { id: secret(), name: secret() }]),
        CallReport::SomebodyWaiting,
        CallReport::Refused(HostRefusal::NotAllowed),
        CallReport::MayWrite(true),
        CallReport::Rights(Rights { admit: true, ..Rights::default() }),
        CallReport::Hand { raised: true },
        CallReport::Quality(Quality::Poor),
        CallReport::MutedByHost,
        CallReport::CameraStoppedByHost,
        CallReport::ShareEnded { by_host: true },
        CallReport::Recording { recording: true, transcription: true },
        CallReport::Reconnecting,
        CallReport::Reconnected,
        CallReport::Lobby,
        CallReport::Progress(JoinStep::Media),
    ]);
    prop_oneof![
        8 => prop::bool::weighted(0.9).prop_map(|encrypted| CallReport::Joined { title: Some(secret()), encrypted }),
        8 => encryption(),
        3 => people.prop_map(|who| CallReport::Participants(who.into_iter().map(person).collect())),
        6 => words,
        1 => bits.prop_map(|(microphone, camera, share)| CallReport::Permissions { microphone, camera, share }),
        1 => bits.prop_map(|(microphone_live, camera_live, _)| CallReport::OwnMedia { microphone_live, camera_live }),
        1 => any::<bool>().prop_map(|live| CallReport::Sharing { live }),
        2 => select(ends).prop_map(CallReport::Ended),
    ]
}

fn wish() -> impl Strategy<Value = Wish> {
    let on = any::<bool>();
    let others = select(vec![
        Wish::JoinTyped(format!("https://visio.example/{SECRET}")),
        Wish::JoinAgain(MeetingId(1)),
        Wish::ClearHistory,
        Wish::MeetNow,
        Wish::Invite { destination: format!("https://visio.example/{SECRET}#{KEY}"), from: secret() },
        Wish::Answer { invitation: InvitationId(1), accept: true },
        Wish::Leave,
        Wish::Retry,
        Wish::Dismiss,
        Wish::ToggleMicrophone,
        Wish::Pin(Some(format!("{SECRET}-ada"))),
        Wish::ShowShare(format!("{SECRET}-ada")),
        Wish::SetCaptions { on: true },
        Wish::SendChat(secret()),
        Wish::React(Reaction::ALL[0]),
        Wish::Moderate(Moderation::EndForAll),
        Wish::CheckAudio,
        Wish::ShowFacts,
        Wish::CloseService,
    ]);
    prop_oneof![
        6 => Just(Wish::JoinTyped(format!("https://visio.example/{SECRET}#{KEY}"))),
        4 => on.prop_map(|on| Wish::SetMicrophone { on }),
        3 => on.prop_map(|on| Wish::SetCamera { on }),
        2 => on.prop_map(|on| Wish::SetShare { on }),
        10 => others,
    ]
}

fn other() -> impl Strategy<Value = Input> {
    let device = select(vec![
        DeviceReport::Camera { present: false },
        DeviceReport::Microphone { present: false },
        DeviceReport::CameraFailed,
        DeviceReport::MicrophoneFailed,
        DeviceReport::Content(Content::NoSignal),
        DeviceReport::Content(Content::Missing),
        DeviceReport::AudioChecking(50),
    ]);
    let there = select(vec![
        DeviceReport::Camera { present: true },
        DeviceReport::Microphone { present: true },
        DeviceReport::Content(Content::Ready),
    ]);
    let unmet = select(vec![vec![Demand::OnlyListedUsb, Demand::RadiosOff], vec![Demand::MicrophoneRelay]]);
    let facts = room::diagnostics::Facts { call: Some(Default::default()), ..Default::default() };
    let title = Title::Plain(secret());
    let entry = AgendaEntry::new(title, Duration::from_secs(1_800_000_000), Duration::from_secs(1_800_003_600));
    prop_oneof![
        1 => device.prop_map(Input::Device),
        6 => there.prop_map(Input::Device),
        6 => Just(Input::Surroundings(Vec::new())),
        1 => unmet.prop_map(Input::Surroundings),
        1 => Just(Input::Facts(facts)),
        1 => any::<u128>().prop_map(Input::Random),
        1 => Just(Input::Calendar { entries: vec![entry], as_of: Duration::from_secs(1_800_000_000) }),
    ]
}

/// Anything that can happen; more often what leads somewhere.
pub fn step() -> impl Strategy<Value = Step> {
    let is_stale = prop::bool::weighted(0.05);
    prop_oneof![
        8 => wish().prop_map(Step::Person),
        1 => Just(Step::TouchMeeting),
        12 => (is_stale, report()).prop_map(|(is_stale, report)| Step::Report { is_stale, report }),
        4 => other().prop_map(Step::Other),
        1 => select(vec![1, 4, 7, 70, 130, 700]).prop_map(Step::Pass),
    ]
}
