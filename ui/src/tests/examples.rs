//! One view of every screen, with the longest texts that real rooms show.

use std::time::Duration;

use room::administration::{Fixed, Settings};
use room::audio::{AudioCheck, AudioReport, EchoPath, Measured};
use room::booking::{BookingFailure, BookingNotice};
use room::camera::{Pose, Reach, Turning};
use room::classified::{Demand, Standing};
use room::day::Day;
use room::diagnostics::{CallFigures, Facts, LastFailure, RoomCertificate};
use room::moderation::{HostRefusal, Rights, Waiting};
use room::policy::Forbidden;
use room::power::Restart;
use room::venue::{Obstacle, Platform};
use room::view::{
    Acceptance, AcceptanceId, Accessibility, Administration, Appearance, Arrangement, AuthenticationCode, Booking,
    Calendar, Chat, Content, ContentLayout, Device, Devices, Encryption, EndReason, InCall, JoinStep, Language,
    Meeting, Message, Notice, Occupancy, Participant, PeopleLayout, Quality, Screen, Share, Switch, Trouble,
    Unreadable, Verification,
};
use room::{MeetingId, Title, View};

use crate::Fonts;

pub const LANGUAGES: [Language; 3] = [Language::French, Language::English, Language::German];
const DAY_S: u64 = 86_400;
/// Tuesday, 3 March 2026, 09:58.
pub const NOW: Duration = Duration::from_secs(20_515 * DAY_S + 9 * 3600 + 58 * 60);

pub fn fonts() -> Fonts {
    let files = ["Regular", "Medium", "SemiBold", "Bold"]
        .map(|weight| std::fs::read(format!("/usr/share/fonts/opentype/inter/Inter-{weight}.otf")).unwrap());
    Fonts::new(files.into()).unwrap()
}

/// With what `fonts-dejavu-core` and `fonts-noto-color-emoji` hold, for letters Inter lacks.
pub fn more_fonts() -> Fonts {
    let inter = "/usr/share/fonts/opentype/inter/Inter";
    let dejavu = "/usr/share/fonts/truetype/dejavu/DejaVuSans";
    let emoji = "/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf";
    let letters = [(inter, "-Regular.otf"), (inter, "-SemiBold.otf"), (dejavu, ".ttf"), (dejavu, "-Bold.ttf")];
    let files = [&letters[..], &[(emoji, "")]]
        .concat()
        .into_iter()
        .map(|(path, end)| std::fs::read(format!("{path}{end}")).unwrap())
        .collect();
    Fonts::new(files).unwrap()
}

pub fn view(language: Language, screen: Screen) -> View {
    let agenda = vec![
        meeting("Point hebdomadaire de l’équipe produit", 0, (10, 0), (10, 30), true),
        meeting("Revue d’architecture", 0, (14, 0), (15, 30), false),
        meeting("Koordinierungsrunde mit dem Bundesministerium", 1, (9, 0), (9, 45), false),
        meeting("Quarterly review", 3, (16, 0), (17, 0), false),
    ];
    let devices = Devices {
        camera: Device::Ready,
        microphone: Device::Ready,
        loudspeaker: Device::Ready,
        content: Content::Missing,
        microphone_level: 0.3,
    };
    View {
        room_name: "Salle Turing".into(),
        language,
        appearance: Appearance::default(),
        accessibility: Accessibility { has_voice: true, ..Accessibility::default() },
        support: Some("Poste 4242".into()),
        trouble: None,
        dimmed: false,
        local_time: NOW,
        days: [0, 1].map(|days| Day {
            start: Duration::from_secs((20_515 + days) * DAY_S),
            meetings: agenda
                .iter()
                .filter(|meeting| meeting.start.as_secs() / DAY_S == 20_515 + days)
                .cloned()
                .collect(),
            more: 0,
        }),
        history: Vec::new(),
        invitation: None,
        invitation_end: None,
        agenda,
        calendar: Calendar::Current,
        screen,
        devices,
        volume: 60,
        notice: None,
        booking: None,
        administration: Administration::None,
        restart: None,
        facts: None,
        last_failure: None,
        classified: None,
    }
}

pub fn home(language: Language) -> View {
    view(language, Screen::Home)
}

pub fn in_call(language: Language, change: impl FnOnce(&mut InCall)) -> View {
    let mut call = InCall {
        title: "Point hebdomadaire de l’équipe produit".into(),
        elapsed: Duration::from_secs(754),
        reconnecting: false,
        participants: vec![
            person("Anna Schmidt", |person| person.speaking = true),
            person("Jean-Baptiste de La Rochefoucauld-Liancourt", |person| person.microphone_on = false),
            person("Grace Hopper", |person| person.hand_raised = true),
            person("Édouard Lefèvre", |person| person.sharing = true),
            person("", |person| person.quality = Quality::Poor),
        ],
        microphone: Switch::On,
        camera: Switch::On,
        share: Share::Missing,
        hand_raised: false,
        arrangement: Arrangement::default(),
        second_display: false,
        captions: Vec::new(),
        encryption: Encryption::None,
        recording: false,
        transcription: false,
        evidence: vec![
            match language {
                Language::French => {
                    "Tout reste dans la juridiction « France » : 3 serveurs, tous mentionnés par la politique"
                }
                Language::English => "Everything stays in France: 3 servers, all listed by the policy.",
                Language::German => "Alles bleibt in Frankreich: 3 Server, alle in der Richtlinie genannt.",
            }
            .into(),
        ],
        quality: Quality::Good,
        strain: room::view::Strain::default(),
        somebody_waiting: false,
        waiting: Vec::new(),
        rights: Rights::default(),
        chat: Chat { may_write: true, ..Chat::default() },
        turning: None,
    };
    change(&mut call);
    view(language, Screen::InCall(call))
}

pub fn person(name: &str, change: impl FnOnce(&mut Participant)) -> Participant {
    let mut person = Participant {
        identity: format!("identity of {name}"),
        name: name.into(),
        microphone_on: true,
        camera_on: true,
        sharing: false,
        speaking: false,
        hand_raised: false,
        hand_raised_at: None,
        quality: Quality::Good,
        unreadable: None,
        verification: Default::default(),
    };
    change(&mut person);
    person
}

/// A meeting with keys of its own: some in it are verified, with the longest names there are, and some are not.
pub fn group(call: &mut InCall) {
    let code = AuthenticationCode::parse("4821 0033 9917 0402 5586").unwrap();
    call.encryption = Encryption::Group { code };
    call.participants.iter_mut().for_each(unverified);
    let verified = |name: &str, by: &str| Verification::Verified { name: name.into(), by: by.into() };
    call.participants[1].verification = verified("Salle Jean Monnet", "Ministère de l’Économie et des Finances");
    call.participants[2].verification = verified("Grace Hopper", "Ministère X");
    call.participants[2].microphone_on = false;
    call.participants[3].verification = verified("Sitzungssaal des Bundeskanzleramts", "Bundesamt für Sicherheit");
}

fn unverified(person: &mut Participant) {
    person.verification = Verification::Unverified;
}

pub fn reasons() -> Vec<EndReason> {
    vec![
        EndReason::CaptivePortal { host: Some("login.gaeste.ministerium.example".into()) },
        EndReason::CaptivePortal { host: None },
        EndReason::ProxyUnreachable,
        EndReason::ProxyRefused,
        EndReason::ProxyForbids,
        EndReason::OutsidePolicy,
        EndReason::KeyMissing,
        EndReason::KeyUnexpected,
        EndReason::MayNotBegin,
        EndReason::Left,
        EndReason::RoomNotFound,
        EndReason::LobbyDenied,
        EndReason::LobbyTimedOut,
        EndReason::TokenRefused,
        EndReason::CertificateInvalid,
        EndReason::ServerUnreachable,
        EndReason::ServerError,
        EndReason::TooManyRequests { retry_after: Duration::from_secs(600) },
        EndReason::MediaUnreachable,
        EndReason::ConnectionLost,
        EndReason::RemovedByHost,
        EndReason::MeetingEnded,
        EndReason::JoinedElsewhere,
        EndReason::ServerShutdown,
        EndReason::Internal,
    ]
}

pub fn notices() -> Vec<Notice> {
    let chat = "Bonjour à toutes et à tous, je vous rejoins dans cinq minutes : le train a du retard, \
                commencez sans moi s’il vous plaît, je lirai le compte rendu et je vous enverrai mes remarques ce soir.";
    vec![
        Notice::NotADestination,
        Notice::NoLink,
        Notice::NoPlatform,
        Notice::TokenMissing,
        Notice::HasCredentials,
        Notice::NoInstance,
        Notice::NotEncrypted,
        Notice::KeyDamaged,
        Notice::NoVoice,
        Notice::NotJoinable(Obstacle::LinkRewritten),
        Notice::NotJoinable(Obstacle::KeyMissing),
        Notice::NotJoinable(Obstacle::Platform(Platform::NextcloudTalk)),
        Notice::MeetingGone,
        Notice::TellLink("visio.numerique.gouv.fr/abc-defg-hij".into()),
        Notice::AlreadyInCall,
        Notice::MutedByHost,
        Notice::CameraStoppedByHost,
        Notice::CameraUnplugged,
        Notice::CameraFailed,
        Notice::CameraBack,
        Notice::MicrophoneUnplugged,
        Notice::MicrophoneFailed,
        Notice::MicrophoneBack,
        Notice::LoudspeakerUnplugged,
        Notice::LoudspeakerFailed,
        Notice::LoudspeakerBack,
        Notice::Howling,
        Notice::CannotDecode,
        Notice::MayNotSpeak,
        Notice::MayNotShowCamera,
        Notice::MayNotShare,
        Notice::ContentUnplugged,
        Notice::ContentNoSignal,
        Notice::ContentProtected,
        Notice::NoContent,
        Notice::ShareStoppedByHost,
        Notice::ShareRefused,
        Notice::RecordingStarted,
        Notice::GroupKeysLost,
        Notice::Booking(BookingNotice::Booked { until: NOW }),
        Notice::Booking(BookingNotice::Extended { until: NOW }),
        Notice::Booking(BookingNotice::Released),
        Notice::Booking(BookingNotice::ReleasedUnused),
        Notice::Booking(BookingNotice::CheckedIn),
        Notice::Booking(BookingNotice::Failed(BookingFailure::NoCalendar)),
        Notice::Booking(BookingNotice::Failed(BookingFailure::ReadOnly)),
        Notice::Booking(BookingNotice::Failed(BookingFailure::Unsure)),
        Notice::Booking(BookingNotice::Failed(BookingFailure::Taken)),
        Notice::Booking(BookingNotice::Failed(BookingFailure::Offline)),
        Notice::Booking(BookingNotice::Failed(BookingFailure::Refused)),
        Notice::Booking(BookingNotice::Failed(BookingFailure::Changed)),
        Notice::Booking(BookingNotice::Failed(BookingFailure::NotOurs)),
        Notice::Booking(BookingNotice::Failed(BookingFailure::Server)),
        Notice::Chat { from: "Anna Schmidt".into(), text: "On commence ?".into() },
        Notice::Chat { from: "Édouard Lefèvre".into(), text: chat.into() },
        Notice::Reaction { from: "Grace Hopper".into(), emoji: "thumbs-up".into() },
        Notice::Reaction { from: String::new(), emoji: "never-heard-of".into() },
        Notice::Refused(HostRefusal::NotAllowed),
        Notice::Refused(HostRefusal::Gone),
        Notice::Refused(HostRefusal::Failed),
        Notice::MayNotWrite,
        Notice::AsksToComeIn("Jean-Baptiste de La Rochefoucauld-Liancourt".into()),
        Notice::PresetKept { number: 4 },
        Notice::Forbidden(Forbidden::Unreadable),
        Notice::Forbidden(Forbidden::Over),
        Notice::Forbidden(Forbidden::Host("visio.ministere-de-la-transition-ecologique.gouv.fr".into())),
        Notice::Forbidden(Forbidden::NotEndToEnd),
        Notice::Forbidden(Forbidden::EndToEnd),
        Notice::Forbidden(Forbidden::TransitionOver),
        Notice::Forbidden(Forbidden::MayNotAccept),
        Notice::Forbidden(Forbidden::Join),
        Notice::Forbidden(Forbidden::Begin),
        Notice::Forbidden(Forbidden::Share),
        Notice::Forbidden(Forbidden::Chat),
        Notice::Forbidden(Forbidden::Captions),
        Notice::Forbidden(Forbidden::Recorded),
        Notice::Forbidden(Forbidden::Surroundings(Demand::RadiosOff)),
        Notice::Forbidden(Forbidden::Surroundings(Demand::OnlyListedUsb)),
        Notice::Forbidden(Forbidden::Surroundings(Demand::NoRemoteView)),
        Notice::Forbidden(Forbidden::Surroundings(Demand::MicrophoneRelay)),
        Notice::Forbidden(Forbidden::Classified),
        Notice::Withheld,
        Notice::EverybodyVerified,
        Notice::CameBack,
        Notice::MeetingNear { at: Duration::from_secs(20_515 * DAY_S + 10 * 3600) },
        Notice::Restarting,
        Notice::SwitchingOff,
        Notice::PowerFailed,
    ]
}

/// A classified room in every standing, and in what it shows then.
fn classified(language: Language) -> Vec<(String, View)> {
    let of = |standing, mut view: View| {
        view.agenda.truncate(1);
        view.days.iter_mut().for_each(|day| day.meetings.truncate(1));
        for meeting in view.agenda.iter_mut().chain(view.days.iter_mut().flat_map(|day| &mut day.meetings)) {
            (meeting.title, meeting.code) = (Title::Private, None);
        }
        View { classified: Some(standing), ..view }
    };
    let withheld = in_call(language, |call| {
        (call.microphone, call.camera, call.share) = (Switch::Forbidden, Switch::Forbidden, Share::Forbidden);
        call.encryption = Encryption::SharedKey;
        call.chat = Chat::default();
    });
    let verified = in_call(language, |call| {
        call.encryption = Encryption::Group { code: AuthenticationCode::parse("48210033991704025586").unwrap() };
        call.chat = Chat::default();
    });
    let joining = Screen::Joining { what: "meet.closed.example".into(), step: JoinStep::Media };
    let failed = Screen::Failed { what: String::new(), reason: EndReason::ConnectionLost, can_retry: false };
    let mut views = vec![
        ("home".to_owned(), of(Standing::Ready, home(language))),
        ("standby".into(), of(Standing::Ready, View { dimmed: true, ..home(language) })),
        ("joining".into(), of(Standing::Withheld, view(language, joining))),
        ("withheld".into(), of(Standing::Withheld, View { notice: Some(Notice::Withheld), ..withheld })),
        ("verified".into(), of(Standing::Verified, verified)),
        ("failed".into(), of(Standing::Ready, view(language, failed))),
    ];
    for demand in Demand::ALL {
        let notice = Some(Notice::Forbidden(Forbidden::Surroundings(demand)));
        views.push((format!("{demand:?}"), of(Standing::Refusing(demand), View { notice, ..home(language) })));
    }
    views.into_iter().map(|(name, view)| (format!("classified-{name}"), view)).collect()
}

/// An audio check on its way, and one for each thing it can find.
pub fn audio_checks() -> Vec<(&'static str, AudioCheck)> {
    let picture = (0..100_u8).map(|n| if n < 17 { n % 3 } else { 100_u8.saturating_sub((n - 17) * 2) }).collect();
    let echo = EchoPath { delay_ms: 87.0, return_loss_db: 12.4, reverberation_ms: Some(420.0), picture };
    let good = Measured { noise_dbfs: -63.2, is_dead: false, is_clipped: false, echo: Some(echo) };
    let done = |microphones| AudioCheck::Done(AudioReport { loudspeaker: true, microphones });
    let of = |change: fn(&mut Measured)| {
        let mut measured = good.clone();
        change(&mut measured);
        done(vec![Some(measured)])
    };
    let echo_of = |change: fn(&mut EchoPath)| {
        let mut measured = good.clone();
        measured.echo.iter_mut().for_each(change);
        done(vec![Some(measured)])
    };
    let deaf = Measured { echo: None, ..good.clone() };
    let noisy = |measured: &mut Measured| measured.noise_dbfs = -38.0;
    vec![
        ("started", AudioCheck::Running(0)),
        ("running", AudioCheck::Running(62)),
        ("good", of(|_| {})),
        ("no-loudspeaker", AudioCheck::Done(AudioReport { loudspeaker: false, microphones: vec![None] })),
        ("no-microphone", done(vec![None])),
        ("silent", of(|m| (m.is_dead, m.echo, m.noise_dbfs) = (true, None, -120.0))),
        ("not-heard", of(|m| m.echo = None)),
        ("clipped", of(|m| m.is_clipped = true)),
        ("loud", echo_of(|echo| echo.return_loss_db = -8.0)),
        ("faint", echo_of(|echo| echo.return_loss_db = 52.0)),
        ("late", echo_of(|echo| echo.delay_ms = 340.0)),
        ("noisy", of(noisy)),
        ("reverberant", echo_of(|echo| echo.reverberation_ms = Some(1400.0))),
        ("second-microphone", done(vec![Some(good.clone()), Some(deaf)])),
        (
            "everything",
            of(|m| {
                m.noise_dbfs = -30.0;
                if let Some(echo) = &mut m.echo {
                    (echo.return_loss_db, echo.delay_ms, echo.reverberation_ms) = (-8.0, 450.0, Some(2000.0));
                }
            }),
        ),
    ]
}

/// A conversation with everything in it that people, or others, write.
pub fn conversation() -> Chat {
    let messages = [
        (Some("Anna Schmidt"), "On commence ?"),
        (None, "Nous arrivons."),
        (Some(""), "👍🏽 Zażółć gęślą jaźń"),
        (
            Some("Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"),
            "https://example.org/ein-sehr-langer-verweis/der-nirgends-umbrochen-werden-kann/und-noch-laenger",
        ),
        (
            Some("Édouard Lefèvre"),
            "Bonjour à toutes et à tous, je vous rejoins dans cinq minutes : le train a du retard, commencez sans moi \
             s’il vous plaît, je lirai le compte rendu et je vous enverrai mes remarques ce soir. Le document est dans \
             le dossier partagé, la troisième version est la bonne, et il manque encore l’annexe budgétaire.",
        ),
    ];
    let message = |(from, text): &(Option<&str>, &str)| Message {
        from: from.map(str::to_owned),
        text: (*text).to_owned(),
        at: NOW,
    };
    let messages = messages.iter().map(message).collect::<Vec<_>>().into();
    Chat { messages, received: 12, may_write: true }
}

/// Every screen by name, in one language.
pub fn every_view(language: Language) -> Vec<(String, View)> {
    let what = || "visio.numerique.gouv.fr/abc-defg-hij".to_owned();
    let mut views = vec![("home".to_owned(), home(language)), ("home-empty".to_owned(), home(language))];
    views[1].1.agenda.clear();
    let mut two = home(language);
    two.room_name = "Salle de conférence Simone Veil, troisième étage".into();
    two.local_time += Duration::from_secs(600);
    two.agenda[1].joinable = true;
    views.push(("home-two-joinable".into(), two));
    views.extend(agendas(language));
    views.extend(super::before::views(language));
    for (name, trouble) in [("home-no-configuration", Trouble::Configuration), ("home-no-state", Trouble::State)] {
        let mut lost = home(language);
        lost.agenda.clear();
        lost.trouble = Some(trouble);
        views.push((name.to_owned(), lost));
    }
    let mut mute = home(language);
    mute.accessibility.has_voice = false;
    mute.support = None;
    views.push(("home-no-voice".into(), mute));
    let mut read = home(language);
    read.accessibility.screen_reader = true;
    views.push(("home-read".into(), read));
    let mut read = in_call(language, |_| {});
    read.accessibility.screen_reader = true;
    views.push(("call-read".into(), read));

    views.extend(acceptances(language));
    for step in [JoinStep::AskingForEntry, JoinStep::Signalling, JoinStep::Media] {
        views.push((format!("joining-{step:?}"), view(language, Screen::Joining { what: what(), step })));
    }
    for minutes in [0, 1, 4] {
        let waited = Duration::from_secs(minutes * 60);
        views.push((format!("lobby-{minutes}"), view(language, Screen::Lobby { what: what(), waited })));
    }

    let mut call = |name: &str, change: fn(&mut InCall)| views.push((name.into(), in_call(language, change)));
    call("call", |_| {});
    call("call-off", |call| (call.microphone, call.camera) = (Switch::Off, Switch::Off));
    call("call-turning-on", |call| {
        (call.microphone, call.camera) = (Switch::Changing { to_on: true }, Switch::Changing { to_on: true });
    });
    call("call-turning-off", |call| {
        (call.microphone, call.camera) = (Switch::Changing { to_on: false }, Switch::Changing { to_on: false });
    });
    call("call-missing", |call| (call.microphone, call.camera) = (Switch::Missing, Switch::Missing));
    call("call-failed", |call| (call.microphone, call.camera) = (Switch::Failed, Switch::Failed));
    call("call-forbidden", |call| (call.microphone, call.camera) = (Switch::Forbidden, Switch::Forbidden));
    call("call-alone", |call| call.participants.clear());
    call("call-reconnecting", |call| {
        call.reconnecting = true;
        call.quality = Quality::Lost;
    });
    call("call-marks", |call| {
        (call.recording, call.transcription, call.somebody_waiting) = (true, true, true);
        (call.quality, call.encryption) = (Quality::Lost, Encryption::SharedKey);
        call.hand_raised = true;
        call.arrangement.people = PeopleLayout::Grid;
        call.elapsed = Duration::from_secs(36_000);
    });
    call("call-encrypted", |call| call.encryption = Encryption::SharedKey);
    call("call-group", group);
    call("call-group-crowd", |call| {
        group(call);
        call.rights = Rights { mute: true, moderate: true, admit: true, end: true };
        // With less room the same is said in fewer words; that is no other state of the same person.
        call.participants[2].microphone_on = true;
        call.participants.extend((1..=60).map(|n| person(&format!("Participant {n}"), unverified)));
    });
    call("call-other-keys", |call| {
        call.encryption = Encryption::SharedKey;
        call.participants[0].unreadable = Some(Unreadable::OtherKey);
        call.participants[1].unreadable = Some(Unreadable::NotEncrypted);
    });
    call("call-nothing-shared", |call| {
        call.participants.truncate(3);
        call.arrangement.pinned = Some("identity of Grace Hopper".into());
        (call.arrangement.people, call.arrangement.captions) = (PeopleLayout::Grid, true);
    });
    call("call-shares", |call| {
        call.participants[0].sharing = true;
        call.participants[1].sharing = true;
        call.arrangement.content = ContentLayout::Only;
        call.arrangement.share = Some(call.participants[1].identity.clone());
        call.arrangement.pinned = Some(call.participants[1].identity.clone());
        call.arrangement.self_view = false;
    });
    call("call-many-shares", |call| call.participants.iter_mut().for_each(|person| person.sharing = true));
    call("call-host", |call| {
        call.rights = Rights { mute: true, moderate: true, admit: true, end: true };
        let waiting = |name: &str| Waiting { id: name.into(), name: name.into() };
        call.waiting = vec![waiting("Jean-Baptiste de La Rochefoucauld-Liancourt"), waiting("Ada")];
        call.somebody_waiting = true;
        for (person, minute) in call.participants.iter_mut().zip([58, 3]) {
            (person.hand_raised, person.hand_raised_at) = (true, Some(Duration::from_secs(9 * 3600 + minute * 60)));
        }
        call.chat = conversation();
        let presets = [Some(Pose::default()), None, Some(Pose { zoom: 300, ..Pose::default() }), None];
        let reach = Reach { pan: true, tilt: true, zoom: true };
        call.turning = Some(Turning { reach, pose: Pose { pan: 1000, ..Pose::default() }, presets });
        call.quality = Quality::Poor;
    });
    call("call-guest", |call| {
        call.rights.mute = true;
        call.participants =
            (1..=150).map(|n| person(&format!("Participant {n}"), |p| p.hand_raised = n == 99)).collect();
        call.chat.may_write = false;
        call.strain.overloaded = true;
    });
    let mut share = |name: &str, change: fn(&mut InCall)| views.push((name.into(), in_call(language, change)));
    share("share-offered", |call| call.share = Share::Off { offered: true });
    share("share-off", |call| call.share = Share::Off { offered: false });
    share("share-starting", |call| call.share = Share::Changing { to_on: true });
    share("share-stopping", |call| call.share = Share::Changing { to_on: false });
    share("share-on", |call| call.share = Share::On);
    share("share-no-signal", |call| call.share = Share::NoSignal);
    share("share-protected", |call| call.share = Share::Protected);
    share("share-forbidden", |call| {
        (call.share, call.microphone, call.camera) = (Share::Forbidden, Switch::Missing, Switch::Forbidden);
    });
    share("share-reconnecting", |call| (call.share, call.reconnecting) = (Share::On, true));
    let mut bookable = home(language);
    let book = asides(language).into_iter().find_map(|(_, _, view)| view.booking);
    bookable.booking = book;
    views.push(("home-bookable".into(), bookable));
    let mut laptop = home(language);
    laptop.devices.content = Content::Ready;
    views.push(("home-laptop".into(), laptop));
    let mut silent = in_call(language, |call| call.participants.truncate(1));
    silent.devices.loudspeaker = Device::Missing;
    views.push(("call-no-loudspeaker".into(), silent.clone()));
    silent.devices.loudspeaker = Device::Failed;
    views.push(("call-loudspeaker-failed".into(), silent));
    let mut broken = home(language);
    (broken.devices.camera, broken.devices.microphone) = (Device::Failed, Device::Failed);
    broken.devices.loudspeaker = Device::Failed;
    views.push(("home-devices-failed".into(), broken));
    let mut loud = in_call(language, |call| {
        call.participants = (1..=23).map(|n| person(&format!("Participant {n}"), |_| {})).collect();
    });
    loud.volume = 100;
    views.push(("call-crowd".into(), loud));

    views.extend(classified(language));
    for (name, check) in audio_checks() {
        views.push((format!("audio-{name}"), view(language, Screen::AudioCheck(check))));
    }
    for reason in reasons() {
        let can_retry = !matches!(
            reason,
            EndReason::Left
                | EndReason::MeetingEnded
                | EndReason::RoomNotFound
                | EndReason::MayNotBegin
                | EndReason::KeyMissing
                | EndReason::KeyUnexpected
        );
        let name = match &reason {
            EndReason::CaptivePortal { host: None } => "failed-CaptivePortal-unnamed".to_owned(),
            reason => format!("failed-{}", format!("{reason:?}").split(' ').next().unwrap()),
        };
        views.push((name, view(language, Screen::Failed { what: what(), reason, can_retry })));
    }
    for (index, notice) in notices().into_iter().enumerate() {
        views.push((format!("notice-{index}"), View { notice: Some(notice), ..in_call(language, |_| {}) }));
    }
    views
}

/// The panel asks people to accept this.
pub fn acceptance(language: Language, host: &str, sentence: &str) -> View {
    let what = "Koordinierungsrunde mit dem Bundesministerium".into();
    let acceptance = Acceptance { id: AcceptanceId(3), what, host: host.into(), sentence: sentence.into() };
    view(language, Screen::Acceptance(acceptance))
}

/// A sentence as policies have it, and one as long as they may.
fn acceptances(language: Language) -> Vec<(String, View)> {
    let usual = match language {
        Language::French => {
            "Cette réunion passe par un service commercial hors de France. Ce qui s’y dit et s’y montre n’est plus sous \
             la seule loi française."
        }
        Language::English => {
            "This meeting goes through a commercial service outside France. What is said and shown there is no longer \
             under French law alone."
        }
        Language::German => {
            "Diese Besprechung läuft über einen kommerziellen Dienst außerhalb Frankreichs. Was dort gesagt und gezeigt \
             wird, unterliegt nicht mehr allein französischem Recht."
        }
    };
    let long: String = [usual; 3].join(" ").chars().take(400).collect();
    let gateway = "passerelle.ministere-de-la-transition-ecologique.gouv.fr:8443";
    vec![
        ("acceptance".into(), acceptance(language, "gateway.example", usual)),
        ("acceptance-long".into(), acceptance(language, gateway, &long)),
    ]
}

/// The pages beside home: by which targets one gets there, and what the room is like then.
pub fn asides(language: Language) -> Vec<(String, &'static [&'static str], View)> {
    const BOOK: &[&str] = &["book"];
    const FACTS: &[&str] = &["about"];
    const SETTINGS: &[&str] = &["about", "settings"];
    const NAME: &[&str] = &["about", "settings", "name"];
    const RESTART: &[&str] = &["about", "restart"];
    let minutes = |count: u64| NOW + Duration::from_secs(60 * count);
    let taken = |title: Title, may_release| Occupancy::Taken { title, until: minutes(32), may_release };
    let long =
        "Koordinierungsrunde der Arbeitsgruppe Digitalisierung mit dem Bundesministerium des Innern und für Heimat";
    let usual = Booking {
        occupancy: Occupancy::Free { until: None },
        minutes: vec![15, 30, 45, 60],
        until_next: None,
        release_at: None,
        is_sure: true,
        is_waiting: false,
    };
    let with = |change: &dyn Fn(&mut View)| {
        let mut view = home(language);
        change(&mut view);
        view
    };
    let book = |change: &dyn Fn(&mut Booking)| {
        let mut booking = usual.clone();
        change(&mut booking);
        with(&|view| view.booking = Some(booking.clone()))
    };
    let facts = Facts {
        version: "0.1.0".into(),
        uptime: Duration::from_secs(3 * 86_400),
        addresses: vec!["192.168.117.204 (enp0s31f6)".into(), "2001:db8:7a2:1::c0de (enp0s31f6)".into()],
        camera_size: (1920, 1080),
        microphones: vec![Device::Ready, Device::Ready],
        displays: 2,
        display_fps: Some(30),
        encoder: Some("H.264, vah264enc".into()),
        relief: 0,
        load_percent: Some(37),
        temperature_c: Some(54),
        certificate: RoomCertificate::Verified { by: "Ministère de l’Économie et des Finances".into() },
        call: Some(CallFigures::default()),
    };
    let bad = Facts {
        addresses: Vec::new(),
        camera_size: (0, 0),
        microphones: vec![Device::Ready, Device::Failed],
        relief: 2,
        load_percent: Some(212),
        temperature_c: Some(93),
        certificate: RoomCertificate::Ending { days: 12 },
        encoder: Some("VP8, vp8enc".into()),
        call: Some(CallFigures {
            freezes: 127,
            frozen: Duration::from_millis(83_400),
            concealed: Duration::from_millis(12_340),
            dropped: 2_345,
        }),
        ..facts.clone()
    };
    let closed = |was_wrong, wait_minutes| {
        with(&|view| view.administration = Administration::Closed { was_wrong, wait_minutes })
    };
    let appearance = Appearance { high_contrast: false, large_text: true };
    let settings = Settings { language, volume: 70, display_name: "Salle Turing, 3e étage".into(), appearance };
    let open = |fixed: Fixed, settings: Settings| {
        let facts = facts.clone();
        with(&move |view| {
            view.administration = Administration::Open { settings: settings.clone(), fixed };
            view.facts = Some(facts.clone());
            view.restart = Some(Restart { meeting: None });
        })
    };
    let restart = |meeting| with(&|view| view.restart = Some(Restart { meeting }));
    let all = Fixed { language: true, volume: true, display_name: true, high_contrast: true, large_text: true };
    vec![
        ("booking-free".into(), BOOK, book(&|_| {})),
        (
            "booking-free-until".into(),
            BOOK,
            book(&|booking| {
                booking.occupancy = Occupancy::Free { until: Some(minutes(92)) };
                booking.until_next = Some(minutes(92));
            }),
        ),
        (
            "booking-taken".into(),
            BOOK,
            book(&|booking| {
                booking.occupancy = taken(Title::Plain(long.into()), true);
                (booking.minutes, booking.until_next) = (vec![15], Some(minutes(55)));
            }),
        ),
        (
            "booking-check-in".into(),
            BOOK,
            book(&|booking| {
                booking.occupancy = taken(Title::Private, true);
                (booking.minutes, booking.release_at) = (vec![15, 30], Some(minutes(8)));
            }),
        ),
        (
            "booking-full".into(),
            BOOK,
            book(&|booking| (booking.occupancy, booking.minutes) = (taken(Title::Untitled, false), vec![])),
        ),
        ("booking-waiting".into(), BOOK, book(&|booking| booking.is_waiting = true)),
        (
            "booking-unsure".into(),
            BOOK,
            with(&|view| {
                view.calendar = Calendar::Old { since: NOW - Duration::from_secs(1800) };
                view.booking = Some(Booking { is_sure: false, ..usual.clone() });
            }),
        ),
        (
            "booking-refused".into(),
            BOOK,
            View { notice: Some(Notice::Booking(BookingNotice::Failed(BookingFailure::Unsure))), ..book(&|_| {}) },
        ),
        (
            "facts".into(),
            FACTS,
            with(&|view| {
                view.facts = Some(facts.clone());
                view.restart = Some(Restart { meeting: None });
            }),
        ),
        ("facts-at-once".into(), FACTS, with(&|_| {})),
        (
            "facts-bad".into(),
            FACTS,
            with(&|view| {
                view.facts = Some(bad.clone());
                view.administration = Administration::Closed { was_wrong: false, wait_minutes: 0 };
                view.calendar = Calendar::Unread;
                view.devices.camera = Device::Failed;
                view.devices.content = Content::Protected;
                view.devices.loudspeaker = Device::Missing;
                view.room_name = "Salle de conférence Simone Veil, troisième étage".into();
                let (reason, at) = (EndReason::MediaUnreachable, NOW);
                view.last_failure = Some(LastFailure { reason, at });
            }),
        ),
        ("settings-code".into(), SETTINGS, closed(false, 0)),
        ("settings-code-wrong".into(), SETTINGS, closed(true, 0)),
        ("settings-code-wait".into(), SETTINGS, closed(true, 60)),
        ("settings-code-checking".into(), SETTINGS, with(&|view| view.administration = Administration::Checking)),
        ("settings-open".into(), SETTINGS, open(Fixed::default(), settings.clone())),
        ("settings-fixed".into(), SETTINGS, open(all, settings.clone())),
        ("settings-name".into(), NAME, open(Fixed::default(), settings)),
        ("restart".into(), RESTART, restart(None)),
        ("restart-meeting".into(), RESTART, restart(Some(minutes(2)))),
    ]
}

/// What an agenda may hold beside meetings that can be joined.
fn agendas(language: Language) -> Vec<(String, View)> {
    let with = |change: &dyn Fn(&mut View)| {
        let mut view = home(language);
        change(&mut view);
        view
    };
    let obstacle = |view: &mut View, index: usize, obstacle| {
        (view.agenda[index].joinable, view.agenda[index].obstacle) = (false, Some(obstacle));
    };
    let platforms = |view: &mut View| {
        for (index, platform) in [Platform::Zoom, Platform::NextcloudTalk, Platform::BigBlueButton].iter().enumerate() {
            obstacle(view, index, Obstacle::Platform(*platform));
        }
        obstacle(view, 3, Obstacle::LinkRewritten);
        view.agenda[2].title =
            Title::Plain("A meeting whose title goes on and on, beyond what fits in one line".into());
    };
    let private = |view: &mut View| {
        view.agenda[1].title = Title::Private;
        view.agenda[2].title = Title::Untitled;
        view.agenda[3].all_day = true;
        obstacle(view, 2, Obstacle::NotEncrypted);
    };
    let zoom_first = |view: &mut View| {
        view.agenda[0].title = Title::Private;
        view.agenda[1].all_day = true;
        obstacle(view, 3, Obstacle::TokenMissing);
    };
    let old = |view: &mut View| {
        view.calendar = Calendar::Old { since: view.local_time - Duration::from_secs(47 * 60) };
    };
    let old_empty = |view: &mut View| {
        view.calendar = Calendar::Old { since: view.local_time - Duration::from_secs(47 * 3600) };
        view.agenda.clear();
    };
    let unread = |view: &mut View| {
        view.calendar = Calendar::Unread;
        view.agenda.clear();
    };
    vec![
        ("home-obstacles".into(), with(&platforms)),
        ("home-private".into(), with(&private)),
        ("home-private-first".into(), with(&zoom_first)),
        ("home-calendar-old".into(), with(&old)),
        ("home-calendar-old-empty".into(), with(&old_empty)),
        ("home-calendar-unread".into(), with(&unread)),
    ]
}

pub fn meeting(title: &str, days: u64, start: (u64, u64), end: (u64, u64), joinable: bool) -> Meeting {
    let at = |(hour, minute)| Duration::from_secs((20_515 + days) * DAY_S + hour * 3600 + minute * 60);
    // Of one title there is one a day, and of one time one title.
    let id = MeetingId(days * 10_000 + start.0 * 100 + start.1);
    let title = Title::Plain(title.into());
    Meeting {
        id,
        title,
        start: at(start),
        end: at(end),
        all_day: false,
        joinable,
        code: joinable.then(|| "abc-defg-hij".into()),
        obstacle: None,
    }
}
