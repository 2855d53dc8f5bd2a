//! Words of the session in words of the room, as the daemon's shell translates them.

use meeting::io as m;
use room::event::CallReport;
use room::moderation::Rights;
use room::view as v;

/// What the room should know of a meeting event.
pub fn report(event: &m::Event, people: &[m::Participant], speakers: &[String]) -> Option<CallReport> {
    Some(match event {
        m::Event::Progress(step) => CallReport::Progress(match step {
            m::Step::AskingForEntry => v::JoinStep::AskingForEntry,
            m::Step::Signalling => v::JoinStep::Signalling,
            m::Step::Media => v::JoinStep::Media,
        }),
        m::Event::Lobby => CallReport::Lobby,
        m::Event::Joined { title, encrypted } => CallReport::Joined { title: title.clone(), encrypted: *encrypted },
        m::Event::Reconnecting => CallReport::Reconnecting,
        m::Event::Reconnected => CallReport::Reconnected,
        m::Event::OwnMedia { microphone_live, camera_live } => {
            CallReport::OwnMedia { microphone_live: *microphone_live, camera_live: *camera_live }
        }
        m::Event::Sharing { live } => CallReport::Sharing { live: *live },
        m::Event::ShareEnded { by_host } => CallReport::ShareEnded { by_host: *by_host },
        m::Event::MutedByHost => CallReport::MutedByHost,
        m::Event::CameraStoppedByHost => CallReport::CameraStoppedByHost,
        m::Event::Permissions { microphone, camera, share, .. } => {
            CallReport::Permissions { microphone: *microphone, camera: *camera, share: *share }
        }
        m::Event::Hand { raised } => CallReport::Hand { raised: *raised },
        m::Event::Recording { recording, transcription } => {
            CallReport::Recording { recording: *recording, transcription: *transcription }
        }
        m::Event::Chat { from, text } => CallReport::Chat { from: from.clone(), text: text.clone() },
        m::Event::Reaction { from, emoji } => CallReport::Reaction { from: from.clone(), emoji: emoji.clone() },
        m::Event::Caption { from, segment, text, is_final } => {
            let (from, segment, text) = (from.clone().unwrap_or_default(), segment.clone(), text.clone());
            CallReport::Caption { from, segment, text, is_final: *is_final }
        }
        m::Event::SomebodyWaiting => CallReport::SomebodyWaiting,
        m::Event::Rights(rights) => {
            let m::Rights { mute, moderate, admit, end } = *rights;
            CallReport::Rights(Rights { mute, moderate, admit, end })
        }
        // Guests decide nothing, and in no simulated day anybody does anything to others.
        m::Event::Waiting(_) | m::Event::Refused(_) => return None,
        m::Event::Quality(q) => CallReport::Quality(quality(*q)),
        m::Event::Ended(end) => CallReport::Ended(end_reason(end)),
        m::Event::Participants(_) | m::Event::Speakers(_) => {
            CallReport::Participants(people.iter().map(|p| participant(p, speakers.contains(&p.identity))).collect())
        }
        m::Event::TrackAdded(_)
        | m::Event::TrackRemoved(_)
        | m::Event::TrackPaused { .. }
        | m::Event::Encode { .. }
        | m::Event::EncodeVoice { .. }
        | m::Event::KeyframeWanted { .. }
        | m::Event::Secured { .. }
        | m::Event::Encryption(_)
        | m::Event::Data { .. } => return None,
    })
}

fn participant(p: &m::Participant, speaking: bool) -> v::Participant {
    v::Participant {
        identity: p.identity.clone(),
        name: p.name.clone(),
        microphone_on: p.microphone_on,
        camera_on: p.camera_on,
        sharing: p.sharing,
        speaking,
        hand_raised: p.hand_raised,
        hand_raised_at: p.hand_raised_at,
        quality: quality(p.quality),
        unreadable: None,
        verification: Default::default(),
    }
}

fn quality(q: m::Quality) -> v::Quality {
    match q {
        m::Quality::Unknown => v::Quality::Unknown,
        m::Quality::Excellent => v::Quality::Excellent,
        m::Quality::Good => v::Quality::Good,
        m::Quality::Poor => v::Quality::Poor,
        m::Quality::Lost => v::Quality::Lost,
    }
}

fn end_reason(end: &m::End) -> v::EndReason {
    match end {
        m::End::Left => v::EndReason::Left,
        m::End::RoomNotFound => v::EndReason::RoomNotFound,
        m::End::LobbyDenied => v::EndReason::LobbyDenied,
        m::End::LobbyTimedOut => v::EndReason::LobbyTimedOut,
        m::End::TokenRefused => v::EndReason::TokenRefused,
        m::End::CertificateInvalid => v::EndReason::CertificateInvalid,
        m::End::ServerUnreachable => v::EndReason::ServerUnreachable,
        m::End::ProxyUnreachable => v::EndReason::ProxyUnreachable,
        m::End::ProxyRefused => v::EndReason::ProxyRefused,
        m::End::ProxyForbids => v::EndReason::ProxyForbids,
        m::End::ServerError => v::EndReason::ServerError,
        m::End::TooManyRequests { retry_after } => v::EndReason::TooManyRequests { retry_after: *retry_after },
        m::End::MediaUnreachable => v::EndReason::MediaUnreachable,
        m::End::ConnectionLost => v::EndReason::ConnectionLost,
        m::End::RemovedByHost => v::EndReason::RemovedByHost,
        m::End::MeetingEnded => v::EndReason::MeetingEnded,
        m::End::JoinedElsewhere => v::EndReason::JoinedElsewhere,
        m::End::ServerShutdown => v::EndReason::ServerShutdown,
        m::End::KeyMissing => v::EndReason::KeyMissing,
        m::End::KeyUnexpected => v::EndReason::KeyUnexpected,
        m::End::OutsidePolicy => v::EndReason::OutsidePolicy,
        m::End::Internal => v::EndReason::Internal,
    }
}
