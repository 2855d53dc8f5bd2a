//! The room's task: the one place where everything that happens to the room arrives.

#[cfg(test)]
mod tests;

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use evidence::Summary;
use meeting::border::Within;
use meeting::io::{Command, Event as MeetingEvent};
use room::diagnostics::Facts;
use room::event::{CallReport, DeviceReport, Wish};
use room::view::{Device, Screen};
use room::{Input, Now, Output, Refusal, Room, View};
use tokio::sync::{mpsc, watch};

use crate::api::{self, Feed};
use crate::call::{self, Call, CallContext, CallEvent, How, NOBODY};
use crate::config::VideoCodec;
use crate::content::ContentInput;
use crate::errands::Errands;
use crate::event::{Asked, EVENT_QUEUE, Event};
use crate::fittings::{self, Shown};
use crate::healing::{Healing, Step};
use crate::microphones::Microphones;
use crate::picture::Picture;
use crate::recorder::Recorder;
use crate::show::Show;
use crate::speech::Speaker;
use crate::stage::{self, Plan, Planned, Stage};
use crate::status::{AudioCheckStatus, MeetingStatus, MicrophoneStatus, Status, TargetStatus, TileStatus};
use crate::strain;
use crate::surroundings::Guard;
use crate::timeline::Moment;
use crate::{translate, turning, unfinished};

/// What most cameras give, in pixels.
const USUAL_CAMERA: (u32, u32) = (1280, 720);
/// How often what changes by itself is looked at: clocks on the screens, the watchdog.
const TICK: Duration = Duration::from_secs(1);

/// How long after a failure a camera is tried again.
const CAMERA_RETRY: Duration = Duration::from_secs(5);

/// What a call is told that does not change from call to call.
pub struct Identity {
    pub device_id: uuid::Uuid,
    /// The room's own account on a La Suite Meet instance, if it has one.
    pub account: Option<(url::Url, meeting::visio::Account)>,
    pub video_codec: VideoCodec,
}

impl Identity {
    /// The account goes to its own instance and nowhere else.
    fn account_for(&self, destination: &room::Destination) -> Option<meeting::visio::Account> {
        let (instance, account) = self.account.as_ref()?;
        let room::Destination::Visio { instance: there, .. } = destination else { return None };
        (there.origin() == instance.origin()).then(|| account.clone())
    }
}

/// Owns the room, its panel and the stage.
pub struct RoomTask {
    pub room: Room,
    pub panel: ui::Panel,
    pub show: Show,
    pub speaker: Speaker,
    pub hal: Arc<hal::Hal>,
    pub fittings: Shown,
    pub identity: Identity,
    pub context: CallContext,
    pub events: mpsc::Sender<Event>,
    pub panel_picture: watch::Sender<Picture>,
    pub status: Arc<Mutex<Status>>,
    pub feed: Arc<Feed>,
    /// Where the media engine's bridge finds the running call.
    pub air: Arc<Mutex<Option<mpsc::Sender<meeting::io::OutgoingFrame>>>>,
    pub stage: Stage,
    pub people: Vec<meeting::io::Participant>,
    pub speakers: Vec<String>,
    pub plan: Plan,
    pub call: Option<Call>,
    pub devices: DevicesPresent,
    /// The camera failed, and what is done about it.
    pub camera_failure: Option<CameraFailure>,
    pub camera_size: CameraSize,
    pub microphones: Microphones,
    pub loudspeaker_healing: Healing,
    pub content: ContentInput,
    pub strain: strain::Watch,
    pub pointer: turning::Pointer,
    /// Where the camera's places are kept.
    pub places: turning::Kept,
    /// The call is to be told what is shown, also when the plan is as before: a track came that it
    /// does not know how to treat, or it could not take the last word.
    pub show_due: bool,
    /// What takes longer than this task may wait.
    pub errands: Errands,
    /// Of a classified room.
    pub guard: Option<Guard>,
    /// Where the meeting is kept, in case this life is cut short.
    pub unfinished: unfinished::Keeper,
    /// How the room was last asked into a meeting, as evidence calls it.
    pub joined_by: &'static str,
}

/// A camera that failed without being pulled out.
pub struct CameraFailure {
    /// Pictures captured until then.
    captured: u64,
    /// When it was last opened anew.
    tried: Instant,
}

/// How large the camera's pictures are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CameraSize {
    /// 720p.
    #[default]
    Usual,
    /// As before, while the engine finds out whether this machine can do more.
    Proving,
    /// All the camera gives and the board allows.
    Large,
}

/// Which devices are there now.
#[derive(Debug, Clone, Copy)]
pub struct DevicesPresent {
    pub camera: bool,
}

impl RoomTask {
    /// Runs until every sender of events is gone.
    pub async fn run(mut self, mut queue: mpsc::Receiver<Event>) {
        self.after();
        let mut watchdog = Watchdog::default();
        loop {
            watchdog.feed(&self.context.engine);
            self.heal();
            let tick = Instant::now() + TICK;
            let room = self.room.poll_timeout().map(|(at, _)| at);
            let stage = self.stage.poll_timeout(Instant::now());
            let wake = room.into_iter().chain(stage).fold(tick, Instant::min);
            let event = tokio::select! {
                event = queue.recv() => match event {
                    Some(event) => Some(event),
                    None => return,
                },
                () = tokio::time::sleep_until(wake.into()) => None,
            };
            match event {
                Some(event) => self.handle(event),
                None => self.room.handle(Input::Timeout, now()),
            }
            // What is here already belongs to the same picture.
            for _ in 0..EVENT_QUEUE {
                let Ok(event) = queue.try_recv() else { break };
                self.handle(event);
            }
            self.after();
        }
    }

    fn handle(&mut self, event: Event) {
        match event {
            Event::Touch(touch) => {
                let at = Instant::now();
                let view = self.room.view(now());
                if touch.kind == ui::TouchKind::Down {
                    self.room.handle(Input::Person(Wish::Wake), now());
                }
                if let Some(wish) = self.panel.touch(touch, &view) {
                    self.note_wish(&wish, "panel", at);
                    self.room.handle(Input::Person(wish), now());
                }
            }
            Event::Wish(wish) => {
                self.note_wish(&wish, "command", Instant::now());
                self.room.handle(Input::Person(wish), now());
            }
            Event::Ask { asked, answer } => {
                let said = self.ask(asked);
                // Who is answered sees what became of it.
                self.after();
                let _ = answer.send(said); // nobody may wait for it any more
            }
            Event::Evidence { call, meeting } => {
                let language = ui::spoken(self.room.view(now()).language);
                let keeps = self.context.recorder.as_ref().is_some_and(Recorder::keeps);
                let missing = (!keeps).then(|| evidence::not_kept(language));
                let whereabouts = Summary::of(&meeting).whereabouts(&meeting, language);
                let report = CallReport::Evidence(missing.into_iter().chain(whereabouts).collect());
                self.room.handle(Input::Call { call, report }, now());
            }
            Event::NotReached { call, findings } => {
                self.room.handle(Input::Call { call, report: CallReport::NotReached(findings) }, now());
            }
            Event::Call(CallEvent { call, event }) => {
                if self.call.as_ref().is_some_and(|current| current.id == call) {
                    self.meeting(&event);
                }
                let may_write = if let MeetingEvent::Permissions { data, .. } = &event { Some(*data) } else { None };
                let report = translate::report(&event).map(|report| self.named(report)).or_else(|| match event {
                    MeetingEvent::Participants(_) | MeetingEvent::Speakers(_) => {
                        Some(CallReport::Participants(self.participants()))
                    }
                    MeetingEvent::Caption { from, segment, text, is_final } => {
                        Some(CallReport::Caption { from: self.speaker(from), segment, text, is_final })
                    }
                    _ => None,
                });
                let may_write = may_write.map(CallReport::MayWrite);
                for report in report.into_iter().chain(may_write) {
                    self.room.handle(Input::Call { call, report }, now());
                }
            }
            Event::Media(event) => self.media(event),
            Event::Device(event) => self.device(event),
            Event::Surroundings(seen) => {
                if let Some(guard) = &mut self.guard {
                    guard.saw(seen, Instant::now());
                }
            }
            Event::Calendar { entries, as_of } => {
                self.room.handle(Input::Calendar { entries, as_of }, now());
                // A touch that follows means what is drawn, not what was.
                self.after();
            }
            Event::Booking(report) => self.room.handle(Input::Booking(report), now()),
            Event::CodeChecked { attempt, is_right } => {
                self.room.handle(Input::CodeChecked { attempt, is_right }, now());
            }
            Event::PowerFailed => self.room.handle(Input::PowerFailed, now()),
            Event::Facts(facts) => self.room.handle(Input::Facts(facts), now()),
        }
    }

    fn ask(&mut self, asked: Asked) -> Result<(), Refusal> {
        let at = now();
        let wish = match asked {
            Asked::Wish(wish) => wish,
            Asked::JoinMeeting(id) => {
                let agenda = self.room.view(at).agenda;
                let meeting = agenda.iter().find(|meeting| api::meeting_id(meeting.id) == id);
                Wish::JoinMeeting(meeting.ok_or(Refusal::NoSuchMeeting)?.id)
            }
        };
        let before = self.joined_by;
        self.note_wish(&wish, "api", at.monotonic);
        // Who was refused has not asked for what comes.
        self.room.ask(wish, at).inspect_err(|_| self.joined_by = before)
    }

    /// Remembers who wants a meeting, for what is written down of it: `by` whom the wish was said.
    fn note_wish(&mut self, wish: &Wish, by: &'static str, at: Instant) {
        self.joined_by = match wish {
            Wish::JoinMeeting(_) if by == "panel" => "agenda",
            Wish::Answer { accept: true, .. } => "invitation",
            _ if is_for_a_meeting(wish) => by,
            _ => self.joined_by,
        };
        if is_for_a_meeting(wish) {
            self.context.timeline.note(Moment::Touch, at);
        }
    }

    /// People read names, not identities.
    fn named(&self, report: CallReport) -> CallReport {
        let name = |identity: String| {
            let person = self.people.iter().find(|p| p.identity == identity);
            person.map_or(identity, |p| p.name.clone())
        };
        match report {
            CallReport::Chat { from, text } => CallReport::Chat { from: name(from), text },
            CallReport::Reaction { from, emoji } => CallReport::Reaction { from: name(from), emoji },
            other => other,
        }
    }

    /// The name of whoever says something: the room's own, or none for those who are not there.
    fn speaker(&self, identity: Option<String>) -> String {
        let Some(identity) = identity else { return self.room.view(now()).room_name };
        let person = self.people.iter().find(|p| p.identity == identity);
        person.map_or_else(String::new, |p| p.name.clone())
    }

    fn participants(&self) -> Vec<room::view::Participant> {
        self.people.iter().map(|p| translate::participant(p, self.speakers.contains(&p.identity))).collect()
    }

    fn meeting(&mut self, event: &MeetingEvent) {
        match event {
            MeetingEvent::Participants(people) => {
                self.people.clone_from(people);
                self.stage.participants(self.participants(), &self.speakers, Instant::now());
            }
            MeetingEvent::Speakers(speakers) => {
                self.speakers.clone_from(speakers);
                self.stage.participants(self.participants(), &self.speakers, Instant::now());
            }
            MeetingEvent::TrackAdded(track) => {
                self.stage.track_added(track.clone());
                self.show_due = true;
            }
            MeetingEvent::TrackRemoved(track) => self.stage.track_removed(track),
            MeetingEvent::TrackPaused { track, paused } => self.stage.track_paused(track, *paused),
            MeetingEvent::OwnMedia { camera_live, .. } => self.stage.own_camera(*camera_live),
            MeetingEvent::Ended(_) => self.over(),
            _ => {}
        }
    }

    fn media(&mut self, event: media::MediaEvent) {
        match event {
            media::MediaEvent::NeedKeyframe(track) => {
                if let Some(call) = &self.call {
                    call.need_keyframe(translate::track_id(&track));
                }
            }
            media::MediaEvent::MicrophoneLevel { microphone, level } => {
                self.microphones.heard(microphone, level);
                self.tell_microphones();
                let level = self.microphones.level();
                self.room.handle(Input::Device(DeviceReport::MicrophoneLevel(level)), now());
            }
            media::MediaEvent::LoudspeakerLevel(level) => self.lock_status(|status| status.loudspeaker_level = level),
            media::MediaEvent::CameraLost => {
                let captured = self.context.engine.counters().captured;
                self.camera_failure = Some(CameraFailure { captured, tried: Instant::now() });
                self.devices.camera = false;
                self.room.handle(Input::Device(DeviceReport::CameraFailed), now());
            }
            media::MediaEvent::CameraBack => self.heal(),
            media::MediaEvent::ContentLost => {
                let captured = self.context.engine.counters().captured_content;
                self.content.lost(Instant::now(), captured);
                self.content_is();
            }
            media::MediaEvent::ContentBack => {
                self.content.back();
                self.content_is();
            }
            media::MediaEvent::ContentDark { dark } => {
                self.content.dark(dark);
                self.content_is();
            }
            media::MediaEvent::MicrophoneLost(index) => {
                self.microphones.lost(index, Instant::now());
                self.tell_microphones();
            }
            media::MediaEvent::LoudspeakerLost => {
                self.loudspeaker_healing.lost(Instant::now());
                self.room.handle(Input::Device(DeviceReport::LoudspeakerFailed), now());
            }
            media::MediaEvent::FirstVideo(_) => self.context.timeline.note(Moment::FirstVideo, Instant::now()),
            media::MediaEvent::FirstAudio => self.context.timeline.note(Moment::FirstAudio, Instant::now()),
            media::MediaEvent::Howling => self.room.handle(Input::Device(DeviceReport::Howling), now()),
            media::MediaEvent::AudioChecking(percent) => {
                self.lock_status(|status| {
                    if let Some(check) = &mut status.audio_check {
                        check.percent = percent;
                    }
                });
                self.room.handle(Input::Device(DeviceReport::AudioChecking(percent)), now());
            }
            media::MediaEvent::AudioChecked(checked) => {
                let report = translate::audio_report(checked, self.microphones.count());
                let language = self.room.view(now()).language;
                self.lock_status(|status| {
                    if let Some(check) = &mut status.audio_check {
                        *check = AudioCheckStatus::done(check.number, language, &report);
                    }
                });
                self.room.handle(Input::Device(DeviceReport::AudioChecked(report)), now());
            }
            media::MediaEvent::CannotDecode(_) => {
                tracing::warn!("a track comes in a codec this machine cannot decode");
                self.room.handle(Input::Device(DeviceReport::CannotDecode), now());
            }
            // Frames take the short way; see the bridge in `daemon`.
            media::MediaEvent::EncodedVideo { .. } | media::MediaEvent::EncodedAudio { .. } => {}
        }
    }

    /// A device came or went: the engine takes what is there now, and the room hears of it.
    fn device(&mut self, event: hal::DeviceEvent) {
        let engine = &self.context.engine;
        match event {
            hal::DeviceEvent::Camera { present } => {
                self.camera_failure = None;
                engine.replace_camera(self.camera_source());
                self.camera(present && self.hal.camera().is_some());
                let turns = turning::turns(&self.hal);
                self.room.handle(Input::Device(DeviceReport::CameraTurns(turns)), now());
            }
            hal::DeviceEvent::Microphone { index, .. } => {
                let microphone = self.hal.microphone(index);
                let present = microphone.is_some();
                engine.replace_microphone(index, microphone);
                self.microphones.replaced(index, present);
                self.tell_microphones();
            }
            hal::DeviceEvent::Loudspeaker { .. } => {
                let loudspeaker = self.hal.loudspeaker();
                let present = loudspeaker.is_some();
                engine.replace_loudspeaker(loudspeaker);
                self.loudspeaker_healing.replaced();
                self.loudspeaker(present);
            }
            hal::DeviceEvent::Button(button) => {
                self.room.handle(Input::Person(fittings::wish(button)), now());
            }
            hal::DeviceEvent::Panel { size, pixels_per_mm } => {
                if self.panel.size() != size {
                    self.panel.resize(size);
                }
                // Zero: nobody knows.
                self.panel.set_density(pixels_per_mm.unwrap_or_default());
            }
            hal::DeviceEvent::Content(_) => {
                self.content.changed();
                self.open_content();
                self.content_is();
            }
            hal::DeviceEvent::Motion(motion) => {
                let moves = motion == hal::Motion::Moving;
                self.room.handle(Input::Device(DeviceReport::Motion { moves }), now());
            }
            hal::DeviceEvent::MicrophoneRelay { works } => {
                if let Some(guard) = &mut self.guard {
                    guard.relay(works, Instant::now());
                }
            }
        }
    }

    /// Tells a classified room what does not hold around it; cheap when that is as before.
    fn surroundings_are(&mut self) {
        if let Some(unmet) = self.guard.as_mut().and_then(|guard| guard.news(Instant::now())) {
            self.room.handle(Input::Surroundings(unmet), now());
        }
    }

    /// Takes what is at the content input now, if it is shared, and tells the call its size.
    fn open_content(&mut self) {
        if !self.content.is_shared() {
            return;
        }
        let content = self.hal.content();
        let share = content.as_ref().and_then(|content| translate::share(self.hal.content_state(), content));
        self.context.engine.replace_content(content);
        if let (Some(share), Some(call)) = (share, &self.call) {
            call.command(Command::Share(Some(share)));
        }
    }

    /// Tells the room what is at the content input; cheap when that is as before.
    fn content_is(&mut self) {
        let content = self.content.state(self.hal.content_state());
        self.room.handle(Input::Device(DeviceReport::Content(content)), now());
    }

    /// Devices that failed without being pulled out are opened again now and then.
    fn heal(&mut self) {
        self.heal_camera();
        self.widen_camera();
        if let Some(strain) = self.strain.look(&self.context.engine.counters(), Instant::now()) {
            self.room.handle(Input::Device(DeviceReport::Strain(strain)), now());
        }
        let at = Instant::now();
        if self.content.is_shared() {
            if self.content.heal(at, self.context.engine.counters().captured_content) {
                self.context.engine.replace_content(self.hal.content());
            }
            self.content_is();
        }
        // It counts as there when it gives sound, or has not failed again.
        for index in self.microphones.due(at) {
            match self.hal.microphone(index) {
                Some(microphone) => self.context.engine.replace_microphone(index, Some(microphone)),
                None => self.microphones.replaced(index, false),
            }
        }
        self.tell_microphones();
        match self.loudspeaker_healing.step(at) {
            Step::Nothing => {}
            Step::TryAgain => match self.hal.loudspeaker() {
                Some(loudspeaker) => self.context.engine.replace_loudspeaker(Some(loudspeaker)),
                None => self.loudspeaker_healing.replaced(),
            },
            Step::Back => self.loudspeaker(true),
        }
    }

    /// A camera counts as there when it gives pictures, not before.
    fn heal_camera(&mut self) {
        let Some(failure) = &mut self.camera_failure else { return };
        if self.context.engine.counters().captured > failure.captured {
            self.camera_failure = None;
            self.camera(true);
        } else if failure.tried.elapsed() >= CAMERA_RETRY
            && let Some(camera) = camera_source(&self.hal, self.camera_size)
        {
            failure.tried = Instant::now();
            self.context.engine.replace_camera(Some(camera));
        }
    }

    fn camera_source(&self) -> Option<hal::VideoSource> {
        camera_source(&self.hal, self.camera_size)
    }

    /// Takes larger pictures once this machine is proven quick enough for them. Not in a call, which was told a size.
    fn widen_camera(&mut self) {
        let gives_more = self.hal.camera_format().is_some_and(|format| format.height > USUAL_CAMERA.1);
        if self.call.is_some() || self.camera_failure.is_some() || !gives_more {
            return;
        }
        match self.camera_size {
            CameraSize::Usual => {
                self.context.engine.prove_large_pictures(self.identity.video_codec.fixed());
                self.camera_size = CameraSize::Proving;
            }
            CameraSize::Proving if self.context.engine.sends_large_pictures() => {
                tracing::info!("large pictures are sent where there are the bits for them");
                self.camera_size = CameraSize::Large;
                self.context.engine.replace_camera(self.camera_source());
            }
            CameraSize::Proving | CameraSize::Large => {}
        }
    }

    fn tell_microphones(&mut self) {
        if let Some(report) = self.microphones.news() {
            self.room.handle(Input::Device(report), now());
        }
        let status = |(state, level)| MicrophoneStatus { state, level };
        let each: Vec<_> = self.microphones.each().map(status).collect();
        let level = self.microphones.level();
        self.lock_status(|status| (status.microphones, status.microphone_level) = (each, level));
    }

    fn loudspeaker(&mut self, present: bool) {
        self.room.handle(Input::Device(DeviceReport::Loudspeaker { present }), now());
    }

    fn camera(&mut self, present: bool) {
        self.devices.camera = present;
        self.room.handle(Input::Device(DeviceReport::Camera { present }), now());
    }

    fn lock_status(&self, change: impl FnOnce(&mut Status)) {
        change(&mut self.status.lock().unwrap_or_else(|e| e.into_inner()));
    }

    /// Carries out what the room wants, then shows what it has become.
    fn after(&mut self) {
        self.surroundings_are();
        while let Some(output) = self.room.poll_output() {
            self.perform(output);
        }
        let at = now();
        self.unfinished.keep(self.room.unfinished(at));
        let view = self.room.view(at);
        let in_call = matches!(view.screen, Screen::InCall(_));
        let plan = if in_call { self.stage.plan(Instant::now()) } else { self.stage.empty_plan() };
        self.show_due |= plan.shown() != self.plan.shown();
        self.plan = plan;
        // Before we are in, nothing is on the display yet: that says nothing about what will be.
        if in_call
            && self.show_due
            && let Some(call) = &self.call
        {
            self.show_due = !call.command(Command::Show(self.plan.shown()));
        }
        // The panel first: a finger is on it.
        self.draw_panel(&view);
        self.fittings.follow(self.hal.fittings(), &view);
        // Before the display, so that nobody takes a picture of a meeting for one of something else.
        self.feed.publish(api::State::of(&view, at));
        if let Some(speech) = self.panel.poll_speech() {
            self.speaker.say(speech);
        }
        self.show.display(&self.context.engine, &view, &self.plan, &self.stage);
    }

    fn draw_panel(&mut self, view: &View) {
        let damage = self.panel.draw(view);
        if !damage.is_empty() {
            let (width, height) = self.panel.size();
            let damage: Vec<_> = damage.regions().iter().map(translate::damage).collect();
            let rgba = Arc::new(self.panel.pixels().to_vec());
            self.hal.fittings().show_panel(rgba.clone(), (width, height), &damage);
            let serial = self.panel_picture.borrow().serial + 1;
            self.panel_picture.send_replace(Picture { width, height, rgba, serial });
        }
        let target = |(name, rect): (String, ui::Rect)| {
            let ui::Rect { x, y, width, height } = rect;
            TargetStatus { name, x, y, width, height }
        };
        let targets = self.panel.targets().into_iter().map(target).collect();
        let first = self.plan.first.iter().map(|tile| tile_status(1, tile, &self.stage));
        let second = self.plan.second.iter().flatten().map(|tile| tile_status(2, tile, &self.stage));
        let tiles = first.chain(second).collect();
        let failure = match &view.screen {
            Screen::Failed { reason, .. } => Some(format!("{reason:?}")),
            _ => None,
        };
        self.lock_status(|status| {
            status.room.clone_from(&view.room_name);
            status.screen = if view.dimmed { "standby" } else { screen_name(&view.screen) };
            status.failure = failure;
            status.notice = view.notice.as_ref().map(|notice| ui::notice_sentence(view.language, notice));
            status.agenda_age = ui::calendar_sentence(&view);
            status.agenda = view.agenda.iter().map(|meeting| MeetingStatus::new(view.language, meeting)).collect();
            let call = if let Screen::InCall(call) = &view.screen { Some(call) } else { None };
            status.microphone = call.map_or("", |call| switch_name(call.microphone));
            status.camera = call.map_or("", |call| switch_name(call.camera));
            status.share = call.map_or("", |call| share_name(call.share));
            status.others = call.map_or(0, |call| call.participants.len());
            status.captions = call.map_or_else(Vec::new, |call| call.captions.iter().map(|c| c.text.clone()).collect());
            status.reconnecting = call.is_some_and(|call| call.reconnecting);
            status.light = fittings::light_name(room::Light::of(view));
            status.targets = targets;
            status.tiles = tiles;
        });
    }

    fn perform(&mut self, output: Output) {
        match output {
            Output::StartCall { call, destination, display_name, microphone, camera, accepted } => {
                let video_size = match self.context.engine.camera_size() {
                    // No camera yet: one that is plugged in later is likely to be of this size.
                    (0, 0) => USUAL_CAMERA,
                    size => size,
                };
                let config = meeting::Config {
                    display_name,
                    local_udp: Vec::new(), // the call task binds them
                    device_id: self.identity.device_id,
                    account: self.identity.account_for(&destination),
                    language: translate::language(self.room.view(now()).language).to_owned(),
                    microphone,
                    camera: self.devices.camera.then_some(camera),
                    video_codec: {
                        let engine = &self.context.engine;
                        let chosen = || match destination.is_end_to_end_encrypted() {
                            // A native client's decoder that was given H.264 before the key for it waits for ever,
                            // and of H.264 more stays clear (decision 0023).
                            true => media::VideoCodec::Vp8,
                            false => engine.codec_to_send(video_size),
                        };
                        translate::codec(self.identity.video_codec.fixed().unwrap_or_else(chosen))
                    },
                    video_size,
                    border: Within::everywhere(), // the call task builds it
                    device: None,
                };
                let target = translate::target(&destination);
                // One that did not say goodbye in time is dropped here.
                self.over();
                self.context.on_stage.store(call.0, Ordering::Release);
                let accepted = accepted.map(translate::accepted);
                let how = How { joined_by: self.joined_by, accepted };
                let running = call::start(call, config, target, how, self.context.clone(), self.events.clone());
                *self.air.lock().unwrap_or_else(|e| e.into_inner()) = Some(running.frames());
                self.context.engine.set_microphone(microphone);
                self.errands.gauge.begin(self.context.engine.counters());
                self.call = Some(running);
            }
            Output::EndCall { call } => {
                // From the touch on nobody hears or sees us, however long the goodbye takes.
                self.context.engine.set_microphone(false);
                self.content.share(false);
                self.context.engine.replace_content(None);
                *self.air.lock().unwrap_or_else(|e| e.into_inner()) = None;
                if let Some(running) = self.call.as_ref().filter(|running| running.id == call)
                    && !running.command(Command::Leave)
                {
                    self.over();
                }
            }
            Output::DropCall { call } => {
                if self.call.as_ref().is_some_and(|running| running.id == call) {
                    tracing::warn!("the call did not end in time");
                    self.over();
                }
            }
            Output::SetMicrophone { call, on } => {
                self.context.engine.set_microphone(on);
                self.command(call, Command::SetMicrophone { on });
            }
            Output::SetCamera { call, on } => self.command(call, Command::SetCamera { on }),
            Output::SetShare { call, on } => {
                self.content.share(on);
                self.stage.own_share(on);
                if on {
                    self.open_content();
                } else {
                    self.context.engine.replace_content(None);
                    self.command(call, Command::Share(None));
                }
            }
            Output::SetHand { call, raised } => self.command(call, Command::SetHand { raised }),
            Output::SendChat { call, text } => self.command(call, Command::SendChat(text)),
            Output::React { call, reaction } => {
                self.command(call, Command::SendReaction(reaction.name().to_owned()));
            }
            Output::Moderate { call, act } => self.command(call, Command::Moderate(translate::moderation(act))),
            Output::PointCamera(pose) => self.pointer.point(&self.hal, pose),
            Output::KeepPresets(presets) => self.places.write(&presets),
            Output::Arrange(arrangement) => self.stage.arrange(arrangement),
            Output::SetVolume(percent) => self.context.engine.set_volume(percent),
            Output::StartAudioCheck => {
                self.lock_status(|status| {
                    let number = status.audio_check.as_ref().map_or(0, |check| check.number) + 1;
                    status.audio_check = Some(AudioCheckStatus { number, ..AudioCheckStatus::default() });
                });
                self.context.engine.start_audio_check();
            }
            Output::StopAudioCheck => self.context.engine.stop_audio_check(),
            // Of 128 bits 122 come from the kernel; 47 are needed.
            Output::DrawCode => self.room.handle(Input::Random(uuid::Uuid::new_v4().as_u128()), now()),
            Output::Standby(dark) => tracing::info!("{}", if dark { "nobody is there" } else { "somebody is there" }),
            Output::ChangeCalendar { request, change } => self.errands.change_calendar(request, change),
            Output::CheckCode { attempt, code } => self.errands.check_code(attempt, code),
            Output::KeepSettings(settings) => self.errands.keep(settings),
            Output::GatherFacts => self.gather_facts(),
            Output::Power(act) => self.errands.power(act),
            Output::MicrophoneRelay { closed } => self.hal.set_microphone_relay(closed),
            Output::Wipe => self.wipe(),
        }
    }

    /// Forgets what is still remembered of the meeting that was. What was freed is overwritten ([`crate::memory`]).
    fn wipe(&mut self) {
        self.panel.forget();
        self.show.forget();
        self.speaker.forget();
        self.plan = Plan::default();
        crate::memory::give_back();
    }

    /// What a technician wants to know; the rest is gathered elsewhere.
    fn gather_facts(&mut self) {
        let engine = &self.context.engine;
        let camera_size = engine.camera_size();
        let size = if camera_size == (0, 0) { USUAL_CAMERA } else { camera_size };
        let codec = self.identity.video_codec.fixed().unwrap_or_else(|| engine.codec_to_send(size));
        let encoder = engine.known_encoder(codec, size).map(|element| {
            let codec = match codec {
                media::VideoCodec::Vp8 => "VP8",
                media::VideoCodec::H264 => "H.264",
            };
            format!("{codec}, {element}")
        });
        let microphones = self.microphones.each().map(|(state, _)| match state {
            "ready" => Device::Ready,
            "failed" => Device::Failed,
            _ => Device::Missing,
        });
        let facts = Facts {
            camera_size,
            microphones: microphones.collect(),
            displays: 1 + u8::from(self.hal.has_second_display()),
            encoder,
            ..self.errands.gauge.read(engine.counters(), Instant::now())
        };
        self.errands.complete(facts);
    }

    fn command(&self, call: room::event::CallId, command: Command) {
        if let Some(running) = self.call.as_ref().filter(|running| running.id == call) {
            // Lost only when the call is over anyway.
            let _ = running.command(command);
        }
    }

    /// The call is over: nothing is on air, nobody on the stage.
    fn over(&mut self) {
        self.context.on_stage.store(NOBODY, Ordering::Release);
        self.context.engine.end_call();
        self.content.share(false);
        self.errands.gauge.end(self.context.engine.counters());
        *self.air.lock().unwrap_or_else(|e| e.into_inner()) = None;
        self.call = None;
        self.people.clear();
        self.speakers.clear();
        self.stage.clear();
    }
}

/// Whether it asks for a meeting to be joined, here and now.
fn is_for_a_meeting(wish: &Wish) -> bool {
    matches!(
        wish,
        Wish::Join(_) | Wish::JoinMeeting(_) | Wish::JoinAgain(_) | Wish::JoinTyped(_) | Wish::MeetNow | Wish::Retry
    )
}

fn camera_source(hal: &hal::Hal, size: CameraSize) -> Option<hal::VideoSource> {
    if size == CameraSize::Large { hal.camera() } else { hal.usual_camera() }
}

fn tile_status(display: u8, tile: &Planned, stage: &Stage) -> TileStatus {
    let (who, identity) = match &tile.who {
        stage::Who::Own => ("own", None),
        stage::Who::OwnShare => ("own-share", None),
        stage::Who::More(_) => ("more", None),
        stage::Who::Remote(identity) => ("remote", Some(identity)),
        stage::Who::Share(identity) => ("share", Some(identity)),
    };
    let person = identity.and_then(|identity| stage.participant(identity));
    let stage::Rect { x, y, width, height } = tile.rect;
    TileStatus {
        display,
        who: who.into(),
        name: person.map(|person| person.name.clone()),
        paused: stage.is_paused(tile),
        unreadable: person.is_some_and(|person| person.unreadable.is_some()),
        x,
        y,
        width,
        height,
    }
}

fn switch_name(switch: room::view::Switch) -> &'static str {
    match switch {
        room::view::Switch::On => "on",
        room::view::Switch::Off => "off",
        room::view::Switch::Changing { .. } => "changing",
        room::view::Switch::Missing => "missing",
        room::view::Switch::Failed => "failed",
        room::view::Switch::Forbidden => "forbidden",
    }
}

fn share_name(share: room::view::Share) -> &'static str {
    match share {
        room::view::Share::Missing => "missing",
        room::view::Share::Off { offered: true } => "offered",
        room::view::Share::Off { offered: false } => "off",
        room::view::Share::Changing { .. } => "changing",
        room::view::Share::On => "on",
        room::view::Share::NoSignal => "no-signal",
        room::view::Share::Protected => "protected",
        room::view::Share::Forbidden => "forbidden",
    }
}

fn screen_name(screen: &Screen) -> &'static str {
    match screen {
        Screen::Home => "home",
        Screen::Acceptance(_) => "acceptance",
        Screen::Joining { .. } => "joining",
        Screen::Lobby { .. } => "lobby",
        Screen::InCall(_) => "in-call",
        Screen::AudioCheck(_) => "audio-check",
        Screen::Failed { .. } => "failed",
    }
}

/// Tells systemd that we live, as long as both this loop and the media clock go on.
#[derive(Default)]
struct Watchdog {
    media_clock: Option<u64>,
}

impl Watchdog {
    fn feed(&mut self, engine: &media::Engine) {
        let clock = engine.counters().audio_ticks;
        if self.media_clock != Some(clock) {
            self.media_clock = Some(clock);
            // Without systemd there is nobody to tell.
            let _ = sd_notify::notify(&[sd_notify::NotifyState::Watchdog]);
        }
    }
}

/// The time as the room takes it.
pub fn now() -> Now {
    let wall = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let utc_offset_s = jiff::Zoned::now().offset().seconds();
    Now { monotonic: Instant::now(), wall, utc_offset_s }
}
