//! What a notice, a failure or a step says.

use std::time::Duration;

use phrase::FluentValue;
use room::View;
use room::audio::Finding;
use room::booking::{BookingFailure, BookingNotice};
use room::classified::Demand;
use room::moderation::HostRefusal;
use room::policy::Forbidden;
use room::venue::Obstacle;
use room::view::{Calendar, EndReason, JoinStep, Language, Notice, Trouble};
use room::{Reaction, Refusal, Title};

use crate::calendar;
use crate::icon::Icon;
use crate::phrases::{say, say_with};

/// What happened, and what to do about it.
pub fn failure(language: Language, reason: &EndReason) -> (String, String) {
    let key = match reason {
        EndReason::Left => "end-left",
        EndReason::RoomNotFound => "end-room-not-found",
        EndReason::MayNotBegin => "end-may-not-begin",
        EndReason::LobbyDenied => "end-lobby-denied",
        EndReason::LobbyTimedOut => "end-lobby-timed-out",
        EndReason::TokenRefused => "end-token-refused",
        EndReason::CertificateInvalid => "end-certificate-invalid",
        EndReason::ServerUnreachable => "end-server-unreachable",
        EndReason::CaptivePortal { .. } => "end-captive-portal",
        EndReason::ProxyUnreachable => "end-proxy-unreachable",
        EndReason::ProxyRefused => "end-proxy-refused",
        EndReason::ProxyForbids => "end-proxy-forbids",
        EndReason::ServerError => "end-server-error",
        EndReason::TooManyRequests { .. } => "end-too-many-requests",
        EndReason::MediaUnreachable => "end-media-unreachable",
        EndReason::ConnectionLost => "end-connection-lost",
        EndReason::RemovedByHost => "end-removed",
        EndReason::MeetingEnded => "end-meeting-ended",
        EndReason::JoinedElsewhere => "end-joined-elsewhere",
        EndReason::ServerShutdown => "end-server-shutdown",
        EndReason::KeyMissing => "end-key-missing",
        EndReason::KeyUnexpected => "end-key-unexpected",
        EndReason::OutsidePolicy => "end-outside-policy",
        EndReason::Internal => "end-internal",
    };
    let minutes = match reason {
        EndReason::TooManyRequests { retry_after } => retry_after.as_secs().div_ceil(60).max(1),
        _ => 0,
    };
    let host = match reason {
        EndReason::CaptivePortal { host: Some(host) } => host.as_str(),
        _ => "unknown",
    };
    let variables = [("minutes", FluentValue::from(minutes)), ("host", FluentValue::from(host))];
    let advice = say_with(language, &format!("{key}-advice"), &variables);
    (say(language, key), advice)
}

/// What an audio check found, and what to do about it.
pub fn audio_finding_sentences(language: Language, finding: Finding) -> (String, String) {
    let key = match finding {
        Finding::Good => "audio-good",
        Finding::LoudspeakerMissing => "audio-no-loudspeaker",
        Finding::MicrophoneMissing => "audio-no-microphone",
        Finding::MicrophoneSilent => "audio-silent",
        Finding::NotHeard => "audio-not-heard",
        Finding::Clipped => "audio-clipped",
        Finding::EchoLoud => "audio-echo-loud",
        Finding::EchoFaint => "audio-echo-faint",
        Finding::Late => "audio-late",
        Finding::Noisy => "audio-noisy",
        Finding::Reverberant => "audio-reverberant",
    };
    (say(language, key), say(language, &format!("{key}-advice")))
}

/// Whether an end is how meetings end, rather than something that went wrong.
pub(crate) fn is_ordinary(reason: &EndReason) -> bool {
    matches!(reason, EndReason::Left | EndReason::MeetingEnded)
}

/// What a join is doing now.
pub(crate) fn step(language: Language, step: JoinStep) -> String {
    say(
        language,
        match step {
            JoinStep::AskingForEntry => "joining-asking",
            JoinStep::Signalling => "joining-signalling",
            JoinStep::Media => "joining-media",
        },
    )
}

/// What a meeting is called.
pub fn title(language: Language, title: &Title) -> String {
    match title {
        Title::Plain(title) => title.clone(),
        Title::Untitled => say(language, "untitled"),
        Title::Private => say(language, "reserved"),
    }
}

/// Why there is no button beside a meeting that has a link.
pub fn obstacle(language: Language, obstacle: Obstacle) -> String {
    match obstacle {
        Obstacle::Platform(platform) => {
            say_with(language, "obstacle-platform", &[("platform", FluentValue::from(platform.name()))])
        }
        Obstacle::TokenMissing => say(language, "obstacle-token-missing"),
        Obstacle::NotEncrypted => say(language, "obstacle-not-encrypted"),
        Obstacle::LinkRewritten => say(language, "obstacle-link-rewritten"),
        Obstacle::KeyMissing => say(language, "obstacle-key-missing"),
    }
}

/// What the room has lost, and what a person can do.
pub fn trouble(language: Language, trouble: Trouble) -> (String, String) {
    let (what, hint) = match trouble {
        Trouble::Configuration => ("trouble-configuration", "trouble-configuration-hint"),
        Trouble::State => ("trouble-state", "trouble-state-hint"),
    };
    (say(language, what), say(language, hint))
}

/// `10:00 – 10:30`
pub(crate) fn from_to(language: Language, start: Duration, end: Duration) -> String {
    let variables = [("start", calendar::time(language, start).into()), ("end", calendar::time(language, end).into())];
    say_with(language, "from-to", &variables)
}

/// That the agenda is old, when it is.
pub fn calendar(view: &View) -> Option<String> {
    let language = view.language;
    match view.calendar {
        Calendar::Current => None,
        Calendar::Unread => Some(say(language, "calendar-unread")),
        Calendar::Old { since } => {
            let clock = calendar::time(language, since);
            let is_today = calendar::day(since) == calendar::day(view.local_time);
            let when = if is_today { clock } else { format!("{} {clock}", calendar::weekday(language, since)) };
            Some(say_with(language, "calendar-old", &[("when", FluentValue::from(when))]))
        }
    }
}

/// A notice as people read it.
pub fn notice_sentence(language: Language, notice: &Notice) -> String {
    self::notice(language, notice).1
}

/// Why a wish is not granted, for whoever wished it.
pub fn refusal(language: Language, refusal: &Refusal) -> String {
    match refusal {
        Refusal::Notice(notice) => notice_sentence(language, notice),
        Refusal::InNoMeeting => say(language, "refusal-in-no-meeting"),
        Refusal::NoSuchMeeting => say(language, "refusal-no-such-meeting"),
        Refusal::AlreadyChecking => say(language, "refusal-already-checking"),
        Refusal::AlreadyInvited => say(language, "refusal-already-invited"),
        Refusal::AlreadyAsking => say(language, "refusal-already-asking"),
        Refusal::OnlyAtThePanel => say(language, "refusal-only-at-the-panel"),
        Refusal::AlreadyThere => say(language, "refusal-already-there"),
        Refusal::CameraFixed => say(language, "refusal-camera-fixed"),
        Refusal::NoSuchPreset => say(language, "refusal-no-such-preset"),
        Refusal::InMeeting => say(language, "refusal-in-meeting"),
        Refusal::NoPowerService => say(language, "refusal-no-power-service"),
    }
}

/// A notice with the icon people know it by.
pub(crate) fn notice(language: Language, notice: &Notice) -> (Icon, String) {
    let plain = |icon, key| (icon, say(language, key));
    match notice {
        Notice::NotADestination => plain(Icon::Keyboard, "notice-not-a-destination"),
        Notice::NoPlatform => plain(Icon::Info, "notice-no-platform"),
        Notice::NoLink => plain(Icon::Keyboard, "notice-no-link"),
        Notice::TokenMissing => plain(Icon::Lock, "notice-token-missing"),
        Notice::HasCredentials => plain(Icon::Lock, "notice-has-credentials"),
        Notice::NoInstance => plain(Icon::Keyboard, "notice-no-instance"),
        Notice::KeyDamaged => plain(Icon::Lock, "notice-key-damaged"),
        Notice::NotEncrypted => plain(Icon::Lock, "notice-not-encrypted"),
        Notice::NoVoice => plain(Icon::Volume, "notice-no-voice"),
        Notice::NotJoinable(reason) => (Icon::Info, obstacle(language, *reason)),
        Notice::Forbidden(why) => (Icon::Lock, forbidden(language, why)),
        Notice::MeetingGone => plain(Icon::Calendar, "notice-meeting-gone"),
        Notice::TellLink(link) => {
            (Icon::People, say_with(language, "notice-tell-link", &[("link", FluentValue::from(link.as_str()))]))
        }
        Notice::AlreadyInCall => plain(Icon::Info, "notice-already-in-call"),
        Notice::MutedByHost => plain(Icon::Microphone, "notice-muted-by-host"),
        Notice::CameraStoppedByHost => plain(Icon::Camera, "notice-camera-stopped-by-host"),
        Notice::CameraUnplugged => plain(Icon::Camera, "notice-camera-unplugged"),
        Notice::CameraFailed => plain(Icon::Camera, "notice-camera-failed"),
        Notice::CameraBack => plain(Icon::Camera, "notice-camera-back"),
        Notice::MicrophoneUnplugged => plain(Icon::Microphone, "notice-microphone-unplugged"),
        Notice::MicrophoneFailed => plain(Icon::Microphone, "notice-microphone-failed"),
        Notice::LoudspeakerUnplugged => plain(Icon::Volume, "notice-loudspeaker-unplugged"),
        Notice::LoudspeakerFailed => plain(Icon::Volume, "notice-loudspeaker-failed"),
        Notice::LoudspeakerBack => plain(Icon::Volume, "notice-loudspeaker-back"),
        Notice::Howling => plain(Icon::Volume, "notice-howling"),
        Notice::CannotDecode => plain(Icon::Warning, "notice-cannot-decode"),
        Notice::MicrophoneBack => plain(Icon::Microphone, "notice-microphone-back"),
        Notice::MayNotSpeak => plain(Icon::Lock, "notice-may-not-speak"),
        Notice::MayNotShowCamera => plain(Icon::Lock, "notice-may-not-show-camera"),
        Notice::MayNotShare => plain(Icon::Lock, "notice-may-not-share"),
        Notice::ContentUnplugged => plain(Icon::Screen, "notice-content-unplugged"),
        Notice::ContentNoSignal => plain(Icon::Screen, "notice-content-no-signal"),
        Notice::ContentProtected => plain(Icon::Screen, "notice-content-protected"),
        Notice::NoContent => plain(Icon::Screen, "notice-no-content"),
        Notice::ShareStoppedByHost => plain(Icon::Screen, "notice-share-stopped-by-host"),
        Notice::ShareRefused => plain(Icon::Warning, "notice-share-refused"),
        Notice::Refused(HostRefusal::NotAllowed) => plain(Icon::Lock, "notice-refused-not-allowed"),
        Notice::Refused(HostRefusal::Gone) => plain(Icon::People, "notice-refused-gone"),
        Notice::Refused(HostRefusal::Failed) => plain(Icon::Warning, "notice-refused-failed"),
        Notice::MayNotWrite => plain(Icon::Lock, "notice-may-not-write"),
        Notice::AsksToComeIn(who) => {
            let variables = [("name", FluentValue::from(name(language, who)))];
            (Icon::Door, say_with(language, "notice-asks-to-come-in", &variables))
        }
        Notice::PresetKept { number } => {
            let variables = [("number", FluentValue::from(*number))];
            (Icon::Camera, say_with(language, "notice-preset-kept", &variables))
        }
        Notice::GroupKeysLost => plain(Icon::Lock, "notice-group-keys-lost"),
        Notice::Withheld => plain(Icon::Lock, "notice-withheld"),
        Notice::EverybodyVerified => plain(Icon::LockCheck, "notice-everybody-verified"),
        Notice::CameBack => plain(Icon::Check, "notice-came-back"),
        Notice::RecordingStarted => plain(Icon::Record, "notice-recording-started"),
        Notice::Booking(notice) => booking(language, *notice),
        Notice::MeetingNear { at } => {
            let variables = [("time", calendar::time(language, *at).into())];
            (Icon::Calendar, say_with(language, "notice-meeting-near", &variables))
        }
        Notice::Restarting => plain(Icon::Retry, "notice-restarting"),
        Notice::SwitchingOff => plain(Icon::Info, "notice-switching-off"),
        Notice::PowerFailed => plain(Icon::Warning, "notice-power-failed"),
        Notice::Chat { from, text } => {
            let name = name(language, from);
            let variables = [("name", FluentValue::from(name)), ("text", FluentValue::from(text.as_str()))];
            (Icon::Chat, say_with(language, "notice-chat", &variables))
        }
        Notice::Reaction { from, emoji } => {
            let name = name(language, from);
            let variables = [("name", FluentValue::from(name)), ("emoji", FluentValue::from(emoji.as_str()))];
            let known = Reaction::ALL.into_iter().find(|reaction| reaction.name() == emoji);
            (known.map_or(Icon::Chat, Icon::Reaction), say_with(language, "notice-reaction", &variables))
        }
    }
}

/// What the room's policy does not allow.
fn forbidden(language: Language, why: &Forbidden) -> String {
    let key = match why {
        Forbidden::Unreadable => "forbidden-unreadable",
        Forbidden::Over => "forbidden-over",
        Forbidden::Host(host) => {
            return say_with(language, "forbidden-host", &[("host", FluentValue::from(host.as_str()))]);
        }
        Forbidden::NotEndToEnd => "forbidden-not-end-to-end",
        Forbidden::EndToEnd => "forbidden-end-to-end",
        Forbidden::TransitionOver => "forbidden-transition-over",
        Forbidden::MayNotAccept => "forbidden-acceptance",
        Forbidden::Join => "forbidden-join",
        Forbidden::Begin => "forbidden-begin",
        Forbidden::Share => "forbidden-share",
        Forbidden::Chat => "forbidden-chat",
        Forbidden::Captions => "forbidden-captions",
        Forbidden::Recorded => "forbidden-recorded",
        Forbidden::Surroundings(Demand::RadiosOff) => "forbidden-radios",
        Forbidden::Surroundings(Demand::OnlyListedUsb) => "forbidden-usb",
        Forbidden::Surroundings(Demand::NoRemoteView) => "forbidden-remote-view",
        Forbidden::Surroundings(Demand::MicrophoneRelay) => "forbidden-relay",
        Forbidden::Classified => "forbidden-classified",
    };
    say(language, key)
}

/// What came of a booking.
fn booking(language: Language, notice: BookingNotice) -> (Icon, String) {
    let until =
        |key, until| (Icon::Check, say_with(language, key, &[("time", FluentValue::from(calendar::clock(until)))]));
    let failed = |key| (Icon::Calendar, say(language, key));
    match notice {
        BookingNotice::Booked { until: end } => until("booking-booked", end),
        BookingNotice::Extended { until: end } => until("booking-extended", end),
        BookingNotice::Released => (Icon::Check, say(language, "booking-released")),
        BookingNotice::ReleasedUnused => (Icon::Info, say(language, "booking-released-unused")),
        BookingNotice::CheckedIn => (Icon::Check, say(language, "booking-checked-in")),
        BookingNotice::Failed(failure) => failed(match failure {
            BookingFailure::NoCalendar => "booking-no-calendar",
            BookingFailure::ReadOnly => "booking-read-only",
            BookingFailure::Unsure => "booking-unsure",
            BookingFailure::Taken => "booking-taken",
            BookingFailure::Offline => "booking-offline",
            BookingFailure::Refused => "booking-refused",
            BookingFailure::Changed => "booking-changed",
            BookingFailure::NotOurs => "booking-not-ours",
            BookingFailure::Server => "booking-server",
        }),
    }
}

/// What a booking made at the panel is called in the calendar.
pub fn booking_title(language: Language) -> String {
    say(language, "booking-event")
}

/// A person's name, or "Somebody" for those who gave none.
pub(crate) fn name(language: Language, given: &str) -> String {
    let given = given.trim();
    if given.is_empty() { say(language, "somebody") } else { given.to_owned() }
}
