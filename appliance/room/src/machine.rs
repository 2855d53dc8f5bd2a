//! The room: one state, one `match`, effects pushed to outputs.

mod acceptance;
mod before;
mod camera;
mod keeping;
mod others;
mod power;
mod share;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::accessibility::Preferences;
use crate::administration::{Door, Fixed, Setting, Settings};
use crate::agenda::{Agenda, AgendaEntry};
use crate::audio::AudioCheck;
use crate::booking::{BookingNotice, BookingWish, Bookings, Rules};
use crate::call::{Call, Consequence, Origin, Phase, ShareWish};
use crate::camera::{Pose, Presets, Reach};
use crate::destination::ParseContext;
use crate::diagnostics::Page;
use crate::event::{CallId, CallReport, DeviceReport, Wish};
use crate::policy::{Accepted, Begins, Forbidden, InMeetings, JoinPolicy, Mode, Permit, Transition};
use crate::power::PowerRules;
use crate::refusal::Refusal;
use crate::standby::Standby;
use crate::unfinished::{Open, RETURNS_MAX, Unfinished};
use crate::view::{
    Appearance, Arrangement, Calendar, Content, Device, Devices, EndReason, InCall, Language, Notice, Screen, Strain,
    Trouble,
};
use crate::{Destination, Input, Now, Output, View};

use acceptance::Question;
use keeping::Keeping;
use share::{OFFER_SHOWN, is_sharing};

/// How long a notice stays.
const NOTICE_SHOWN: Duration = Duration::from_secs(6);
/// A failure nobody dismisses is of no use to the next people in the room.
const FAILURE_SHOWN: Duration = Duration::from_secs(120);
/// An audio check takes six seconds; one that says nothing for so long is given up.
const CHECK_PATIENCE: Duration = Duration::from_secs(15);
/// What it found is there to be read, until nobody is there to read it.
const CHECK_SHOWN: Duration = Duration::from_secs(300);
/// A call that does not end within this after we left is forgotten.
const LEAVE_TIMEOUT: Duration = Duration::from_secs(3);
/// People plug their laptop in, then join: within this time.
const FRESH: Duration = Duration::from_secs(600);
const VOLUME_AT_START: u8 = 70;
const VOLUME_STEP: u8 = 10;
/// The calendar is read every minute; when it has not been for so long, people are told.
const CALENDAR_FRESH: Duration = Duration::from_secs(180);
/// How long the calendar may take to be read for the first time.
const CALENDAR_PATIENCE: Duration = Duration::from_secs(30);

/// What the room is told once.
#[derive(Debug, Clone)]
pub struct RoomConfig {
    /// The room's name on the panel.
    pub name: String,
    /// The name others read in a meeting.
    pub display_name: String,
    pub language: Language,
    /// How the panel and the display look at start.
    pub appearance: Appearance,
    /// Whether the panel says what is on it from the start.
    pub screen_reader: bool,
    /// Whom people ask when something does not work: `Poste 4242`.
    pub support: Option<String>,
    /// What keeps the room from any meeting; its policy allows none then.
    pub trouble: Option<Trouble>,
    /// The La Suite Meet instance that typed codes mean.
    pub parse: ParseContext,
    /// Meetings known beforehand, beside those of the calendar.
    pub agenda: Vec<AgendaEntry>,
    /// Whether there is a calendar, and [`Input::Calendar`] will tell of it.
    pub calendar: bool,
    /// Whether there is a second display, where content has a place of its own.
    pub second_display: bool,
    /// How many meetings joined from this room are kept for a day, to be joined again; none with 0.
    pub history: usize,
    /// How long nobody touches anything or moves at home before the screens go dark; never with `None`.
    pub standby_after: Option<Duration>,
    /// Loudspeaker volume at the start, in percent.
    pub volume: u8,
    /// What of language, volume and name for others IT has laid down.
    pub fixed: Fixed,
    /// Whether there is an administrator code, and so settings to change.
    pub has_code: bool,
    /// What people may do about meetings at the panel.
    pub booking: Rules,
    /// Whether the machine can be restarted and switched off.
    pub power: PowerRules,
    /// Which meetings the room may join; all of them with `None`.
    pub policy: Option<Arc<dyn JoinPolicy>>,
}

impl RoomConfig {
    /// A room with nothing but a name.
    pub fn named(name: &str) -> RoomConfig {
        RoomConfig {
            name: name.into(),
            display_name: name.into(),
            language: Language::French,
            appearance: Appearance::default(),
            screen_reader: false,
            support: None,
            trouble: None,
            parse: ParseContext::default(),
            agenda: Vec::new(),
            calendar: false,
            second_display: false,
            history: 0,
            standby_after: None,
            volume: VOLUME_AT_START,
            fixed: Fixed::default(),
            has_code: false,
            booking: Rules::default(),
            power: PowerRules::default(),
            policy: None,
        }
    }
}

/// The room. See the crate's documentation.
#[derive(Debug)]
pub struct Room {
    config: RoomConfig,
    /// As the people in the room have chosen.
    language: Language,
    preferences: Preferences,
    agenda: Agenda,
    keeping: Keeping,
    standby: Standby,
    /// A code for a new meeting was asked for.
    draws_code: bool,
    /// When the calendar was last read, as time since the Unix epoch (UTC).
    calendar_read: Option<Duration>,
    started: Instant,
    state: State,
    devices: Devices,
    arrangement: Arrangement,
    /// When the laptop at the content input gave its first picture.
    content_came: Option<Instant>,
    volume: u8,
    strain: Strain,
    /// Which ways the camera can be turned, where it looks, and the places remembered.
    reach: Option<Reach>,
    pose: Pose,
    presets: Presets,
    notice: Option<(Notice, Instant)>,
    /// Why the wish in hand is not granted.
    refusal: Option<Refusal>,
    bookings: Bookings,
    /// When [`Bookings`] wants to look again.
    bookings_due: Option<Instant>,
    /// What the room starts with the next time.
    settings: Settings,
    door: Door,
    facts: Page,
    next_call: u64,
    /// Acceptances asked for so far.
    questions: u64,
    outputs: VecDeque<Output>,
}

/// What the room is doing.
#[derive(Debug)]
enum State {
    Home,
    /// People are asked whether to go there at all.
    Asking(Question),
    Calling(Call),
    /// Left; the call says goodbye. A new one starts when the old one is gone.
    Leaving {
        call: CallId,
        give_up_at: Instant,
        then: Option<Going>,
    },
    CheckingAudio {
        check: AudioCheck,
        until: Instant,
    },
    Failed {
        /// Where people wanted to go; forgotten in a classified room.
        going: Option<Going>,
        reason: EndReason,
        until: Instant,
    },
}

/// Where people want to go.
#[derive(Debug, Clone)]
struct Going {
    destination: Destination,
    /// How people call it.
    what: String,
    origin: Origin,
    /// The room comes back by itself: with what was open, for the time of this number.
    back: Option<(Open, u8)>,
}

impl Going {
    /// There, by its own name.
    fn to(destination: Destination) -> Going {
        Going { what: destination.name(), destination, origin: Origin::Plain, back: None }
    }
}

impl Room {
    /// A room at home. Devices are there once they are reported.
    pub fn new(mut config: RoomConfig, now: Now) -> Room {
        let mode = config.policy.as_ref().map_or(Mode::Usual, |policy| policy.mode());
        let keeping = Keeping::new(mode, &mut config);
        let agenda = Agenda::new(config.agenda.clone());
        let (camera, microphone, loudspeaker) = (Device::Missing, Device::Missing, Device::Missing);
        let content = Content::Missing;
        let devices = Devices { camera, microphone, loudspeaker, content, microphone_level: 0.0 };
        let (language, volume) = (config.language, config.volume.min(100));
        let display_name = config.display_name.clone();
        let preferences = Preferences::new(config.appearance, config.screen_reader);
        Room {
            language,
            keeping,
            standby: Standby::new(config.standby_after, now),
            draws_code: false,
            bookings: Bookings::new(config.booking, now),
            bookings_due: None,
            settings: Settings { language, volume, display_name, appearance: config.appearance },
            door: Door::new(config.has_code),
            facts: Page::default(),
            config,
            preferences,
            agenda,
            calendar_read: None,
            started: now.monotonic,
            state: State::Home,
            devices,
            arrangement: Arrangement::default(),
            content_came: None,
            volume,
            strain: Strain::default(),
            reach: None,
            pose: Pose::default(),
            presets: Presets::default(),
            notice: None,
            refusal: None,
            next_call: 1,
            questions: 0,
            outputs: VecDeque::from([Output::SetVolume(volume), Output::Arrange(Arrangement::default())]),
        }
    }

    /// Takes one thing that happened. Drain [`Room::poll_output`] afterwards.
    pub fn handle(&mut self, input: Input, now: Now) {
        let may = self.may();
        let input = match input {
            Input::Call { call, report } => {
                may.let_through(report).map_or(Input::Timeout, |report| Input::Call { call, report })
            }
            input => input,
        };
        match input {
            Input::Timeout => {}
            Input::Person(wish) => {
                self.standby.somebody(now);
                self.somebody_reads(now);
                if let Err(Refusal::Notice(notice)) = self.wish(wish, now) {
                    self.tell(notice, now);
                }
            }
            Input::Random(random) => self.random(random, now),
            Input::Call { call, report } => match &mut self.state {
                State::Calling(current) if current.id == call => {
                    // What a host closed is closed at the device too.
                    match report {
                        CallReport::MutedByHost => self.outputs.push_back(Output::SetMicrophone { call, on: false }),
                        CallReport::CameraStoppedByHost => {
                            self.outputs.push_back(Output::SetCamera { call, on: false })
                        }
                        CallReport::ShareEnded { .. } => self.outputs.push_back(Output::SetShare { call, on: false }),
                        CallReport::Permissions { microphone, camera, share } => {
                            if !share && is_sharing(current) {
                                self.outputs.push_back(Output::SetShare { call, on: false });
                            }
                            if !microphone && current.asked().microphone {
                                self.outputs.push_back(Output::SetMicrophone { call, on: false });
                            }
                            if !camera && current.asked().camera {
                                self.outputs.push_back(Output::SetCamera { call, on: false });
                            }
                        }
                        _ => {}
                    }
                    let joins = matches!(report, CallReport::Joined { .. });
                    let enters = joins && !matches!(current.phase, Phase::In { .. });
                    let comes = matches!(&report, CallReport::Participants(people) if !people.is_empty());
                    let is_kept = may.forbids(&report);
                    let consequence = current.report(report, now);
                    // A grabber that has always been there is no laptop that somebody has brought.
                    let is_fresh = |at: Instant| now.monotonic.saturating_duration_since(at) < FRESH;
                    if joins
                        && may.share
                        && self.devices.content.gives_pictures()
                        && self.content_came.is_some_and(is_fresh)
                    {
                        current.ask_share(ShareWish::Offered { until: now.monotonic + OFFER_SHOWN });
                    }
                    match consequence {
                        Consequence::Nothing => {}
                        Consequence::Tell(notice) => self.tell(notice, now),
                        Consequence::Withhold => self.withhold(call, now),
                        Consequence::NotEncrypted => self.leave_because(Forbidden::NotEndToEnd, now),
                        Consequence::Ended(reason) => self.ended(reason, now),
                    }
                    if is_kept {
                        self.leave_because(Forbidden::Recorded, now);
                    } else if enters {
                        self.is_in(now);
                    }
                    if comes {
                        self.somebody_came();
                    }
                }
                State::Leaving { call: leaving, then, .. }
                    if *leaving == call && matches!(report, CallReport::Ended(_)) =>
                {
                    let then = then.take();
                    self.over(then, now);
                }
                // Late words of a call that is over.
                _ => {}
            },
            Input::Device(report) => self.device(report, now),
            // What takes place in a classified room is in no calendar.
            Input::Calendar { .. } if self.mode() == Mode::Classified => {}
            Input::Calendar { entries, as_of } => {
                let known = self.config.agenda.iter().cloned();
                self.agenda = Agenda::new(known.chain(entries).collect());
                self.calendar_read = Some(as_of);
                if let Keeping::Usual(usual) = &mut self.keeping {
                    usual.history.retain(|destination| !self.agenda.is_private(destination));
                }
            }
            Input::CutShort(unfinished) => self.come_back(unfinished, now),
            Input::Booking(report) => {
                let notice = self.bookings.report(report);
                self.tell_booking(notice, now);
            }
            Input::CodeChecked { attempt, is_right } => self.door.checked(attempt, is_right, now),
            Input::PowerFailed => self.tell(Notice::PowerFailed, now),
            Input::Facts(facts) => self.facts.learn(self.keeping.of_facts(facts)),
            Input::Surroundings(unmet) => self.surroundings_are(unmet, now),
        }
        // Who left is no longer pinned, and what is no longer shared not chosen.
        self.arrange(|_| {});
        self.timers(now);
        // What was asked for before, and may not be after all.
        if let Some(Refusal::Notice(notice)) = self.refusal.take() {
            self.tell(notice, now);
        }
        self.settle(now);
    }

    /// The next thing to do, until `None`.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When to come back with [`Input::Timeout`], and why.
    pub fn poll_timeout(&self) -> Option<(Instant, &'static str)> {
        let state = match &self.state {
            State::Home => None,
            State::Asking(question) => Some(question.deadline()),
            State::Calling(call) => call.deadline(),
            State::Leaving { give_up_at, .. } => Some((*give_up_at, "the call does not end")),
            State::CheckingAudio { until, .. } => Some((*until, "the audio check has been shown")),
            State::Failed { until, .. } => Some((*until, "the failure has been shown")),
        };
        let notice = self.notice.as_ref().map(|(_, until)| (*until, "the notice has been shown"));
        let booking = self.bookings_due.map(|at| (at, "a booking is due"));
        let door = self.door.deadline().map(|at| (at, "the settings close"));
        let facts = self.facts.deadline().map(|at| (at, "somebody looks at facts"));
        let usual = self.preferences.deadline().map(|until| (until, "the room is as usual again"));
        let others = [state, notice, self.deadline(), booking, door, facts, usual];
        others.into_iter().flatten().min_by_key(|(at, _)| *at)
    }

    /// The room as people see it now.
    pub fn view(&self, now: Now) -> View {
        let screen = match &self.state {
            State::Home | State::Leaving { then: None, .. } => Screen::Home,
            State::Asking(question) => Screen::Acceptance(question.view(self.language)),
            State::Leaving { then: Some(going), .. } => {
                Screen::Joining { what: going.what.clone(), step: crate::view::JoinStep::AskingForEntry }
            }
            State::Calling(call) => match &call.phase {
                Phase::Joining(step) => Screen::Joining { what: call.what.clone(), step: *step },
                Phase::Lobby { since } => {
                    let waited = now.monotonic.saturating_duration_since(*since);
                    Screen::Lobby { what: call.what.clone(), waited: Duration::from_secs(waited.as_secs()) }
                }
                Phase::In { since } => Screen::InCall(InCall {
                    second_display: self.config.second_display,
                    strain: self.strain,
                    turning: self.turning(),
                    ..call.view(*since, self.devices, &self.arrangement, now)
                }),
            },
            State::CheckingAudio { check, .. } => Screen::AudioCheck(check.clone()),
            State::Failed { going, reason, .. } => Screen::Failed {
                what: going.as_ref().map_or_else(String::new, |going| going.what.clone()),
                reason: reason.clone(),
                can_retry: going.as_ref().is_some_and(|going| can_retry(reason, &going.destination)),
            },
        };
        View {
            room_name: self.config.name.clone(),
            language: self.language,
            appearance: self.preferences.chosen.appearance,
            accessibility: self.preferences.view(),
            support: self.config.support.clone(),
            trouble: self.config.trouble,
            dimmed: screen == Screen::Home && self.standby.is_dark(),
            local_time: now.local(now.wall),
            agenda: self.agenda.view(now),
            days: [0, 1].map(|days| self.agenda.day(days, now)),
            history: self.keeping.history(now),
            invitation: self.invitation(),
            invitation_end: self.keeping.invitation_end(),
            calendar: self.calendar(now),
            screen,
            devices: self.devices,
            volume: self.volume,
            notice: self.notice.as_ref().map(|(notice, _)| notice.clone()),
            booking: self.bookings.view(&self.agenda, self.is_agenda_sure(now), now),
            administration: self.door.view(&self.settings, self.config.fixed, now),
            restart: self.restart(now),
            facts: self.facts.facts().cloned(),
            last_failure: self.keeping.last_failure(),
            classified: self.standing(),
        }
    }

    /// The meeting to come back to, should this life be cut short now: [`Input::CutShort`]. To be kept until it changes,
    /// and no longer. A classified room never has one.
    pub fn unfinished(&self, now: Now) -> Option<Unfinished> {
        match (&self.state, &self.keeping) {
            (State::Calling(call), Keeping::Usual(_)) => Some(call.unfinished(now)),
            _ => None,
        }
    }

    fn is_agenda_sure(&self, now: Now) -> bool {
        self.calendar_read.is_some() && self.calendar(now) == Calendar::Current
    }

    fn tell_booking(&mut self, notice: Option<BookingNotice>, now: Now) {
        if let Some(notice) = notice {
            self.tell(Notice::Booking(notice), now);
        }
    }

    fn book(&mut self, wish: BookingWish, now: Now) {
        let is_sure = self.is_agenda_sure(now);
        let (notice, output) = self.bookings.wish(wish, &self.agenda, is_sure, self.settings.language, now);
        self.tell_booking(notice, now);
        self.outputs.extend(output);
    }

    fn set(&mut self, setting: Setting, now: Now) {
        if !self.door.enter(now) || !self.settings.change(setting.clone(), self.config.fixed) {
            return;
        }
        // What the room starts with it is from now on.
        match setting {
            Setting::Language(language) => (self.config.language, self.language) = (language, language),
            Setting::Volume(_) => {
                self.volume = self.settings.volume;
                self.outputs.push_back(Output::SetVolume(self.volume));
            }
            Setting::HighContrast(_) | Setting::LargeText(_) => {
                self.preferences.looks_usually(self.settings.appearance)
            }
            Setting::DisplayName(_) => {
                if self.settings.display_name.is_empty() {
                    self.settings.display_name.clone_from(&self.config.name);
                }
                self.config.display_name.clone_from(&self.settings.display_name);
            }
        }
        let mut kept = self.settings.clone();
        if kept.display_name == self.config.name {
            // It follows the room's name, when that changes.
            kept.display_name.clear();
        }
        self.outputs.push_back(Output::KeepSettings(kept));
    }

    /// How far the agenda can be believed.
    fn calendar(&self, now: Now) -> Calendar {
        match self.calendar_read {
            _ if !self.config.calendar => Calendar::Current,
            Some(read) if now.wall.saturating_sub(read) < CALENDAR_FRESH => Calendar::Current,
            Some(read) => Calendar::Old { since: now.local(read) },
            None if now.monotonic.saturating_duration_since(self.started) < CALENDAR_PATIENCE => Calendar::Current,
            None => Calendar::Unread,
        }
    }

    /// Grants a wish, or says why not.
    pub(crate) fn wish(&mut self, wish: Wish, now: Now) -> Result<(), Refusal> {
        self.refusal = None;
        self.person(wish, now);
        self.refusal.take().map_or(Ok(()), Err)
    }

    fn refuse(&mut self, why: impl Into<Refusal>) {
        self.refusal = Some(why.into());
    }

    fn person(&mut self, wish: Wish, now: Now) {
        self.preferences.somebody_is_there();
        match wish {
            Wish::Join(destination) => self.join(Going::to(destination), now),
            Wish::JoinTyped(text) => self.join_typed(&text, now),
            Wish::JoinMeeting(id) => self.join_meeting(id, now),
            Wish::JoinAgain(id) => self.join_again(id, now),
            Wish::ClearHistory => self.keeping.forget_history(),
            Wish::MeetNow => self.meet_now(now),
            Wish::Invite { destination, from } => self.invited(&destination, &from, now),
            Wish::Answer { invitation, accept } => self.answer(invitation, accept, now),
            Wish::Accept(id) => self.accept(id, now),
            Wish::Wake => {}
            Wish::Leave => self.leave(now),
            Wish::Retry => {
                if let State::Failed { going: Some(going), reason, .. } = &self.state
                    && can_retry(reason, &going.destination)
                {
                    self.start(going.clone(), None, now);
                }
            }
            Wish::Dismiss => {
                self.notice = None;
                match self.state {
                    State::Failed { .. } => self.state = State::Home,
                    State::CheckingAudio { .. } => self.end_check(),
                    _ => {}
                }
            }
            Wish::SetMicrophone { on } => self.set_microphone(on),
            Wish::ToggleMicrophone => match &self.state {
                State::Calling(call) => self.set_microphone(!call.asked().microphone),
                _ => self.refuse(Refusal::InNoMeeting),
            },
            Wish::SetCamera { on } => self.set_camera(on),
            Wish::SetShare { on } => self.set_share(on),
            Wish::SetHand { raised } => match &self.state {
                State::Calling(call) if matches!(call.phase, Phase::In { .. }) => {
                    if call.hand_raised() != raised {
                        self.outputs.push_back(Output::SetHand { call: call.id, raised });
                    }
                }
                _ => self.refuse(Refusal::InNoMeeting),
            },
            Wish::SetLayout(layout) => self.arrange(|arrangement| arrangement.choose(layout)),
            Wish::Pin(pinned) => self.arrange(|arrangement| arrangement.pinned = pinned),
            Wish::ShowShare(identity) => self.arrange(|arrangement| arrangement.share = Some(identity)),
            Wish::SetSelfView { on } => self.arrange(|arrangement| arrangement.self_view = on),
            Wish::SetCaptions { on: true } if !self.may().captions => {
                self.refuse(Notice::Forbidden(Forbidden::Captions));
            }
            Wish::SetCaptions { on } => self.arrange(|arrangement| arrangement.captions = on),
            Wish::SendChat(text) => self.send_chat(&text, now),
            Wish::React(reaction) => self.react(reaction, now),
            Wish::Moderate(act) => self.moderate(act, now),
            Wish::TurnCamera(turn) => self.turn_camera(turn),
            Wish::PointCamera(pose) => self.point_camera(pose.within()),
            Wish::RecallPreset(number) => self.recall_preset(number),
            Wish::KeepPreset(number) => self.keep_preset(number, now),
            Wish::SetVolume(percent) => self.set_volume(percent),
            // To whole steps, as the panel's buttons do.
            Wish::StepVolume { up: true } => self.set_volume((self.volume / VOLUME_STEP + 1) * VOLUME_STEP),
            Wish::StepVolume { up: false } => {
                self.set_volume(self.volume.saturating_sub(1) / VOLUME_STEP * VOLUME_STEP)
            }
            Wish::SetAppearance(appearance) => self.preferences.chosen.appearance = appearance,
            Wish::SetLanguage(language) => {
                self.language = language;
                self.read_anew(now);
            }
            Wish::SetScreenReader { on: true } if !self.preferences.has_voice => self.refuse(Notice::NoVoice),
            Wish::SetScreenReader { on } => self.preferences.chosen.screen_reader = on,
            Wish::SetCaptionStyle(style) => self.preferences.chosen.captions = style,
            Wish::CheckAudio => self.check_audio(now),
            Wish::Book(wish) => self.book(wish, now),
            Wish::EnterCode(code) => {
                if let Some(attempt) = self.door.knock(now) {
                    self.outputs.push_back(Output::CheckCode { attempt, code });
                }
            }
            Wish::Set(setting) => self.set(setting, now),
            Wish::ShowFacts => {
                self.facts.show(now);
                self.outputs.push_back(Output::GatherFacts);
            }
            Wish::Power { act, insist } => self.power(act, insist, now),
            Wish::CloseService => {
                self.door.close();
                self.facts.close();
            }
        }
    }

    /// Changes how the displays are arranged, as far as it makes sense with who is there.
    fn arrange(&mut self, change: impl FnOnce(&mut Arrangement)) {
        let mut wanted = self.arrangement.clone();
        change(&mut wanted);
        match &self.state {
            State::Calling(call) => {
                let people = call.participants();
                wanted.pinned.take_if(|pinned| !people.iter().any(|p| p.identity == *pinned));
                wanted.share.take_if(|share| !people.iter().any(|p| p.sharing && p.identity == *share));
            }
            _ => wanted.forget_people(),
        }
        if wanted != self.arrangement {
            self.arrangement = wanted.clone();
            self.outputs.push_back(Output::Arrange(wanted));
        }
    }

    fn join(&mut self, going: Going, now: Now) {
        if let Some(why) = self.engagement() {
            return self.refuse(why);
        }
        // Before anything is ended for it. What waits for another call to end is asked again when it starts.
        if let Err(why) = self.may_join(&going, now) {
            return self.refuse(Notice::Forbidden(why));
        }
        match &mut self.state {
            State::Calling(_) | State::Asking(_) => {}
            State::Leaving { then, .. } => *then = Some(going),
            State::CheckingAudio { .. } => {
                self.end_check();
                self.start(going, None, now);
            }
            State::Home | State::Failed { .. } => self.start(going, None, now),
        }
    }

    /// What the room's policy says of it now.
    fn may_join(&self, going: &Going, now: Now) -> Result<Permit, Forbidden> {
        self.keeping.may_join(&going.destination)?;
        let Some(policy) = &self.config.policy else { return Ok(Permit::AtOnce) };
        match policy.may_join(&going.destination, going.origin.into(), now.wall)? {
            // Of a classified room nothing crosses the border, whoever accepts it.
            Permit::AfterAcceptance(_) if self.mode() == Mode::Classified => Err(Forbidden::Classified),
            permit => Ok(permit),
        }
    }

    fn check_audio(&mut self, now: Now) {
        match &self.state {
            // It opens the microphone, and nobody is there who is verified.
            _ if self.mode() == Mode::Classified => self.refuse(Notice::Forbidden(Forbidden::Classified)),
            State::Calling(_) | State::Leaving { .. } => self.refuse(Notice::AlreadyInCall),
            State::Asking(_) => self.refuse(Refusal::AlreadyAsking),
            State::CheckingAudio { check: AudioCheck::Running(_), .. } => self.refuse(Refusal::AlreadyChecking),
            State::Home | State::Failed { .. } | State::CheckingAudio { .. } => {
                self.notice = None;
                self.outputs.push_back(Output::StartAudioCheck);
                self.state =
                    State::CheckingAudio { check: AudioCheck::Running(0), until: now.monotonic + CHECK_PATIENCE };
            }
        }
    }

    /// Back to home, also from the middle of it.
    fn end_check(&mut self) {
        if let State::CheckingAudio { check: AudioCheck::Running(_), .. } = self.state {
            self.outputs.push_back(Output::StopAudioCheck);
        }
        self.state = State::Home;
    }

    /// What the policy lets people here do in meetings.
    fn may(&self) -> InMeetings {
        let may = self.config.policy.as_ref().map_or(InMeetings::EVERYTHING, |policy| policy.in_meetings());
        may.in_mode(self.mode())
    }

    /// The only way into a meeting, and so where the policy holds. `accepted`: what people have accepted, for this call.
    fn start(&mut self, going: Going, accepted: Option<Transition>, now: Now) {
        let accepted = match self.may_join(&going, now) {
            Err(why) => return self.refuse(Notice::Forbidden(why)),
            Ok(Permit::AtOnce) => None,
            Ok(Permit::AfterAcceptance(transition)) if accepted.as_ref() == Some(&transition) => {
                Some(Accepted { transition: transition.name, language: self.language })
            }
            Ok(Permit::AfterAcceptance(transition)) => return self.ask_people(going, transition, now),
        };
        let Going { destination, what, origin, back } = going;
        let id = CallId(self.next_call);
        self.next_call += 1;
        self.notice = None;
        let mut call = Call::new(id, destination.clone(), what, self.mode());
        call.origin = origin;
        if let Some((open, returns)) = back {
            call.again(open, returns);
        }
        if !self.may().share {
            call.forbid_share();
        }
        self.outputs.push_back(Output::StartCall {
            call: id,
            destination,
            display_name: self.config.display_name.clone(),
            // Without a microphone nothing is said to be heard; it opens when one is plugged in.
            microphone: call.asked().microphone && self.devices.microphone == Device::Ready,
            camera: call.asked().camera && self.devices.camera == Device::Ready,
            accepted,
        });
        self.state = State::Calling(call);
    }

    /// Goes to the meeting again in which the last life ended. Not for ever: people are asked whether to, before long.
    fn come_back(&mut self, unfinished: Unfinished, now: Now) {
        let Keeping::Usual(_) = self.keeping else { return };
        let Unfinished { destination, what, begins, open, returns } = unfinished;
        let origin = if begins == Begins::Here { Origin::New } else { Origin::Plain };
        let going = Going { destination, what, origin, back: Some((open, returns.saturating_add(1))) };
        if returns < RETURNS_MAX {
            return self.join(going, now);
        }
        let going = Some(Going { back: None, ..going });
        self.state = State::Failed { going, reason: EndReason::Internal, until: now.monotonic + FAILURE_SHOWN };
    }

    fn leave(&mut self, now: Now) {
        match &mut self.state {
            State::Calling(call) => {
                let call = call.id;
                self.outputs.push_back(Output::EndCall { call });
                self.notice = None;
                self.state = State::Leaving { call, give_up_at: now.monotonic + LEAVE_TIMEOUT, then: None };
            }
            State::Leaving { then, .. } => *then = None,
            State::CheckingAudio { .. } => self.end_check(),
            State::Asking(_) => self.state = State::Home,
            State::Home | State::Failed { .. } => {}
        }
    }

    fn ended(&mut self, reason: EndReason, now: Now) {
        let State::Calling(call) = &self.state else { return };
        // It spoke of a meeting that is over.
        self.notice = None;
        let at = now.local(now.wall);
        if reason != EndReason::Left && reason != EndReason::MeetingEnded {
            self.keeping.failed(&reason, at);
        }
        self.state = match reason {
            EndReason::Left => State::Home,
            // Nobody needs to be told what they did.
            EndReason::MeetingEnded if call.ended_by_us => State::Home,
            reason => State::Failed {
                going: self.keeping.again(call),
                reason: match (reason, call.origin) {
                    // It was never there: the platform does not let us begin it.
                    (EndReason::RoomNotFound, Origin::New) => EndReason::MayNotBegin,
                    (reason, _) => reason,
                },
                until: now.monotonic + FAILURE_SHOWN,
            },
        };
        self.wipe();
    }

    fn set_microphone(&mut self, on: bool) {
        let State::Calling(call) = &mut self.state else { return self.refuse(Refusal::InNoMeeting) };
        if on && !call.is_permitted().0 {
            return self.refuse(Notice::MayNotSpeak);
        }
        if on && self.devices.microphone != Device::Ready {
            return self.refuse(microphone_notice(self.devices.microphone));
        }
        match call.asked_mut() {
            Some(asked) => asked.microphone = on,
            None if on => return self.refuse(Notice::Withheld),
            None => {}
        }
        self.outputs.push_back(Output::SetMicrophone { call: call.id, on });
    }

    fn set_volume(&mut self, percent: u8) {
        self.volume = percent.min(100);
        self.outputs.push_back(Output::SetVolume(self.volume));
    }

    fn set_camera(&mut self, on: bool) {
        let State::Calling(call) = &mut self.state else { return self.refuse(Refusal::InNoMeeting) };
        if on && !call.is_permitted().1 {
            return self.refuse(Notice::MayNotShowCamera);
        }
        if on && self.devices.camera != Device::Ready {
            return self.refuse(camera_notice(self.devices.camera));
        }
        match call.asked_mut() {
            Some(asked) => asked.camera = on,
            None if on => return self.refuse(Notice::Withheld),
            None => {}
        }
        self.outputs.push_back(Output::SetCamera { call: call.id, on });
    }

    fn device(&mut self, report: DeviceReport, now: Now) {
        match report {
            DeviceReport::Content(content) => self.content_is(content, now),
            DeviceReport::MicrophoneLevel(level) => self.devices.microphone_level = level.clamp(0.0, 1.0),
            DeviceReport::Camera { present } => self.camera_is(device_of(present), now),
            DeviceReport::CameraFailed => self.camera_is(Device::Failed, now),
            DeviceReport::Microphone { present } => self.microphone_is(device_of(present), now),
            DeviceReport::MicrophoneFailed => self.microphone_is(Device::Failed, now),
            DeviceReport::Loudspeaker { present } => self.loudspeaker_is(device_of(present), now),
            DeviceReport::LoudspeakerFailed => self.loudspeaker_is(Device::Failed, now),
            DeviceReport::Voice { present } => self.preferences.has_voice = present,
            DeviceReport::AudioChecking(percent) => {
                if let State::CheckingAudio { check: AudioCheck::Running(shown), until } = &mut self.state {
                    (*shown, *until) = (percent.min(100), now.monotonic + CHECK_PATIENCE);
                }
            }
            DeviceReport::AudioChecked(report) => {
                if let State::CheckingAudio { check: check @ AudioCheck::Running(_), until } = &mut self.state {
                    (*check, *until) = (AudioCheck::Done(report), now.monotonic + CHECK_SHOWN);
                }
            }
            DeviceReport::CameraTurns(turns) => self.camera_turns(turns),
            DeviceReport::Presets(presets) => self.presets = presets,
            DeviceReport::Motion { moves } => self.standby.motion(moves, now),
            DeviceReport::Strain(strain) => self.strain = strain,
            DeviceReport::Howling => {
                if matches!(self.state, State::Calling(_)) {
                    self.tell(Notice::Howling, now);
                }
            }
            DeviceReport::CannotDecode => {
                if matches!(self.state, State::Calling(_)) {
                    self.tell(Notice::CannotDecode, now);
                }
            }
        }
    }

    fn camera_is(&mut self, camera: Device, now: Now) {
        let camera = failed_or_gone(self.devices.camera, camera);
        let before = std::mem::replace(&mut self.devices.camera, camera);
        let State::Calling(call) = &self.state else { return };
        if before == camera {
            return;
        }
        // Others see "camera off" instead of a frozen picture; what people asked for stays.
        if (before == Device::Ready) != (camera == Device::Ready) {
            let on = camera == Device::Ready && call.asked().camera;
            self.outputs.push_back(Output::SetCamera { call: call.id, on });
        }
        self.tell(camera_notice(camera), now);
    }

    fn microphone_is(&mut self, microphone: Device, now: Now) {
        let microphone = failed_or_gone(self.devices.microphone, microphone);
        let before = std::mem::replace(&mut self.devices.microphone, microphone);
        if microphone != Device::Ready {
            self.devices.microphone_level = 0.0;
        }
        let State::Calling(call) = &self.state else { return };
        if before == microphone {
            return;
        }
        if (before == Device::Ready) != (microphone == Device::Ready) {
            let on = microphone == Device::Ready && call.asked().microphone;
            self.outputs.push_back(Output::SetMicrophone { call: call.id, on });
        }
        self.tell(microphone_notice(microphone), now);
    }

    fn loudspeaker_is(&mut self, loudspeaker: Device, now: Now) {
        let loudspeaker = failed_or_gone(self.devices.loudspeaker, loudspeaker);
        let before = std::mem::replace(&mut self.devices.loudspeaker, loudspeaker);
        if before != loudspeaker && matches!(self.state, State::Calling(_)) {
            let notice = match loudspeaker {
                Device::Missing => Notice::LoudspeakerUnplugged,
                Device::Failed => Notice::LoudspeakerFailed,
                Device::Ready => Notice::LoudspeakerBack,
            };
            self.tell(notice, now);
        }
    }

    fn tell(&mut self, notice: Notice, now: Now) {
        self.tell_for(notice, NOTICE_SHOWN, now);
    }

    fn tell_for(&mut self, notice: Notice, shown: Duration, now: Now) {
        self.notice = Some((notice, now.monotonic + shown));
    }

    fn timers(&mut self, now: Now) {
        self.door.timeout(now);
        if self.facts.timeout(now) {
            self.outputs.push_back(Output::GatherFacts);
        }
        if matches!(self.state, State::Calling(_)) {
            self.door.close();
            self.facts.close();
            self.bookings.people_came(&self.agenda, now);
        }
        let (notice, output) = self.bookings.timeout(&self.agenda, self.is_agenda_sure(now), now);
        self.tell_booking(notice, now);
        self.outputs.extend(output);
        self.bookings_due = self.bookings.deadline(&self.agenda, now);
        if self.notice.as_ref().is_some_and(|(_, until)| *until <= now.monotonic) {
            self.notice = None;
        }
        match &self.state {
            State::Home => self.preferences.alone(now.monotonic),
            _ => self.preferences.somebody_is_there(),
        }
        match &mut self.state {
            State::Home => {}
            State::Calling(call) => {
                call.timeout(now);
                if call.is_share_dark(now) {
                    self.stop_share(Notice::ContentNoSignal, now);
                }
            }
            State::Leaving { call, give_up_at, then } => {
                if *give_up_at <= now.monotonic {
                    self.outputs.push_back(Output::DropCall { call: *call });
                    let then = then.take();
                    self.over(then, now);
                }
            }
            State::CheckingAudio { until, .. } => {
                if *until <= now.monotonic {
                    self.end_check();
                }
            }
            State::Asking(question) => {
                if question.deadline().0 <= now.monotonic {
                    self.state = State::Home;
                }
            }
            State::Failed { until, .. } => {
                if *until <= now.monotonic {
                    self.state = State::Home;
                }
            }
        }
    }
}

fn device_of(present: bool) -> Device {
    if present { Device::Ready } else { Device::Missing }
}

/// What was pulled out fails too, a moment later: that says nothing new.
fn failed_or_gone(before: Device, now: Device) -> Device {
    match (before, now) {
        (Device::Missing, Device::Failed) => Device::Missing,
        (_, now) => now,
    }
}

fn camera_notice(camera: Device) -> Notice {
    match camera {
        Device::Missing => Notice::CameraUnplugged,
        Device::Failed => Notice::CameraFailed,
        Device::Ready => Notice::CameraBack,
    }
}

fn microphone_notice(microphone: Device) -> Notice {
    match microphone {
        Device::Missing => Notice::MicrophoneUnplugged,
        Device::Failed => Notice::MicrophoneFailed,
        Device::Ready => Notice::MicrophoneBack,
    }
}

/// Whether trying the same again can help.
fn can_retry(reason: &EndReason, destination: &Destination) -> bool {
    match reason {
        EndReason::Left
        | EndReason::RoomNotFound
        | EndReason::MayNotBegin
        | EndReason::KeyMissing
        | EndReason::KeyUnexpected
        | EndReason::MeetingEnded
        | EndReason::RemovedByHost => false,
        // Visio gives a new token each time; a token given by hand stays what it is.
        EndReason::TokenRefused => matches!(destination, Destination::Visio { .. }),
        EndReason::LobbyDenied
        | EndReason::LobbyTimedOut
        | EndReason::CertificateInvalid
        // Names and servers change, the policy's answer with them.
        | EndReason::OutsidePolicy
        | EndReason::ServerUnreachable
        // Somebody may have let the room through meanwhile.
        | EndReason::CaptivePortal { .. }
        | EndReason::ProxyUnreachable
        | EndReason::ProxyRefused
        | EndReason::ProxyForbids
        | EndReason::ServerError
        | EndReason::TooManyRequests { .. }
        | EndReason::MediaUnreachable
        | EndReason::ConnectionLost
        | EndReason::JoinedElsewhere
        | EndReason::ServerShutdown
        | EndReason::Internal => true,
    }
}
