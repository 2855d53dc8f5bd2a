//! Words of one crate in words of another. Wire types stop before here, and so do device types.

use meeting::io as m;
use room::view as v;
use url::{Host, Url};

use room::Destination;
use room::encryption::{AuthenticationCode, Encryption, Member, Verification};
use room::event::CallReport;
use room::moderation::{HostRefusal, Moderation, Rights, Waiting};

/// Whether a server is on this machine.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    }
}

/// A moment as the room has them.
pub fn since_epoch(at: jiff::Timestamp) -> std::time::Duration {
    std::time::Duration::try_from(at.as_duration()).unwrap_or_default()
}

/// What is done to the machine, as its service is asked.
pub fn power(act: room::power::PowerAct) -> provisioning::power::Request {
    match act {
        room::power::PowerAct::Restart => provisioning::power::Request::Restart,
        room::power::PowerAct::Off => provisioning::power::Request::Off,
    }
}

/// Where a session goes.
pub fn target(destination: &Destination) -> meeting::Target {
    match destination {
        Destination::Visio { instance, slug, passphrase } => meeting::Target::Visio {
            instance: instance.clone(),
            slug: slug.clone(),
            passphrase: passphrase.as_ref().map(|passphrase| passphrase.reveal().clone()),
        },
        Destination::LiveKit { server, token } => {
            meeting::Target::LiveKit { server: server.clone(), token: token.clone(), secret: None }
        }
    }
}

/// What somebody has accepted, as evidence has it.
pub fn accepted(accepted: room::policy::Accepted) -> evidence::Accepted {
    let language = language(accepted.language).to_owned();
    evidence::Accepted { transition: accepted.transition, language }
}

/// What the room should know of a meeting event; `None` for what only the display or nobody needs.
pub fn report(event: &m::Event) -> Option<CallReport> {
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
        m::Event::Encryption(encryption) => return self::encryption(encryption),
        m::Event::Chat { from, text } => CallReport::Chat { from: from.clone(), text: text.clone() },
        m::Event::Reaction { from, emoji } => CallReport::Reaction { from: from.clone(), emoji: emoji.clone() },
        m::Event::SomebodyWaiting => CallReport::SomebodyWaiting,
        m::Event::Waiting(waiting) => CallReport::Waiting(waiting.iter().map(self::waiting).collect()),
        m::Event::Rights(rights) => CallReport::Rights(self::rights(*rights)),
        m::Event::Refused(why) => CallReport::Refused(refusal(*why)),
        m::Event::Quality(q) => CallReport::Quality(quality(*q)),
        m::Event::Ended(end) => CallReport::Ended(end_reason(end)),
        // People, speakers and what they say are put together by the room's task; media takes the short way.
        m::Event::Caption { .. }
        | m::Event::Participants(_)
        | m::Event::Speakers(_)
        | m::Event::TrackAdded(_)
        | m::Event::TrackRemoved(_)
        | m::Event::TrackPaused { .. }
        | m::Event::Encode { .. }
        | m::Event::EncodeVoice { .. }
        | m::Event::KeyframeWanted { .. }
        | m::Event::Secured { .. }
        | m::Event::Data { .. } => return None,
    })
}

/// Somebody else, as the panel shows them.
pub fn participant(p: &m::Participant, speaking: bool) -> v::Participant {
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
        unreadable: p.unreadable.map(unreadable),
        verification: v::Verification::Unknown,
    }
}

/// How the meeting is encrypted. A classified room that waits for a group, and sends nothing, is told what else there is.
fn encryption(encryption: &m::Encryption) -> Option<CallReport> {
    let (encryption, members) = match encryption {
        m::Encryption::None => (Encryption::None, Vec::new()),
        m::Encryption::SharedKey { outside, .. } => {
            let outside = outside.iter().cloned();
            let member = |identity| Member { identity, verification: Verification::Outside };
            (Encryption::SharedKey, outside.map(member).collect())
        }
        m::Encryption::Withheld { .. } => (Encryption::SharedKey, Vec::new()),
        // Whoever is alone has nobody to compare a code with.
        m::Encryption::Group { members, .. } if members.len() < 2 => (Encryption::SharedKey, Vec::new()),
        m::Encryption::Group { code, members, .. } => {
            let code = AuthenticationCode::parse(code)?;
            (Encryption::Group { code }, members.iter().map(member).collect())
        }
    };
    Some(CallReport::Encryption { encryption, members })
}

fn member(member: &m::Member) -> Member {
    let verification = match &member.identity {
        Ok(verified) => Verification::Verified { name: verified.name.clone(), by: verified.by.clone() },
        Err(_) => Verification::Unverified,
    };
    Member { identity: member.participant.clone(), verification }
}

fn waiting(person: &m::Waiting) -> Waiting {
    Waiting { id: person.id.clone(), name: person.name.clone() }
}

fn rights(rights: m::Rights) -> Rights {
    let m::Rights { mute, moderate, admit, end } = rights;
    Rights { mute, moderate, admit, end }
}

fn refusal(why: m::Refusal) -> HostRefusal {
    match why {
        m::Refusal::NotAllowed => HostRefusal::NotAllowed,
        m::Refusal::Gone => HostRefusal::Gone,
        m::Refusal::Failed => HostRefusal::Failed,
    }
}

/// What people do to others, as the meeting takes it.
pub fn moderation(act: Moderation) -> m::Moderation {
    match act {
        Moderation::Admit { id, allow } => m::Moderation::Admit { id, allow },
        Moderation::Mute(identity) => m::Moderation::Mute(identity),
        Moderation::MuteAll => m::Moderation::MuteAll,
        Moderation::Remove(identity) => m::Moderation::Remove(identity),
        Moderation::LowerHand(identity) => m::Moderation::LowerHand(identity),
        Moderation::EndForAll => m::Moderation::EndForAll,
    }
}

fn unreadable(why: m::Unreadable) -> v::Unreadable {
    match why {
        m::Unreadable::NotEncrypted => v::Unreadable::NotEncrypted,
        m::Unreadable::OtherKey => v::Unreadable::OtherKey,
        m::Unreadable::Encrypted => v::Unreadable::Encrypted,
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

/// The meeting's frame as the engine takes it.
pub fn received_frame(frame: m::ReceivedFrame) -> media::ReceivedFrame {
    media::ReceivedFrame {
        track: track_key(&frame.track),
        kind: kind(frame.kind),
        codec: match frame.codec {
            m::Codec::Opus => media::Codec::Opus,
            m::Codec::Vp8 => media::Codec::Vp8,
            m::Codec::Vp9 => media::Codec::Vp9,
            m::Codec::H264 => media::Codec::H264,
            m::Codec::Av1 => media::Codec::Av1,
        },
        media_time: frame.media_time,
        sender_time: frame.sender_time,
        arrived: frame.arrived,
        contiguous: frame.contiguous,
        keyframe: frame.keyframe,
        data: frame.data,
    }
}

/// The engine's encoded frame as the meeting takes it; every other event comes back.
///
/// # Errors
/// Not a failure: the event, when it is no frame.
pub fn outgoing_frame(event: media::MediaEvent) -> Result<m::OutgoingFrame, media::MediaEvent> {
    Ok(match event {
        media::MediaEvent::EncodedVideo { feed, layer, codec, media_time, captured, keyframe, data } => {
            m::OutgoingFrame {
                source: match feed {
                    media::Feed::Room => m::Source::Camera,
                    media::Feed::Content => m::Source::ScreenShare,
                },
                codec: self::codec(codec),
                layer: Some(match layer {
                    media::Layer::Low => m::Layer::Low,
                    media::Layer::Medium => m::Layer::Medium,
                    media::Layer::High => m::Layer::High,
                }),
                media_time,
                captured,
                keyframe,
                data,
                audio_level: None,
            }
        }
        media::MediaEvent::EncodedAudio { feed, media_time, captured, data, level_dbov } => m::OutgoingFrame {
            source: match feed {
                media::Feed::Room => m::Source::Microphone,
                media::Feed::Content => m::Source::ScreenShareAudio,
            },
            codec: m::Codec::Opus,
            layer: None,
            media_time,
            captured,
            keyframe: true,
            data,
            audio_level: Some(level_dbov),
        },
        other => return Err(other),
    })
}

/// What the engine's audio check found, of as many microphones as the room has.
pub fn audio_report(checked: media::CheckedAudio, microphones: usize) -> room::audio::AudioReport {
    let echo = |echo: media::Echo| room::audio::EchoPath {
        delay_ms: echo.delay_ms,
        return_loss_db: echo.return_loss_db,
        reverberation_ms: echo.reverberation_ms,
        picture: echo.picture,
    };
    let measured = |found: media::Measurement| room::audio::Measured {
        noise_dbfs: found.noise_dbfs,
        is_dead: found.is_dead,
        is_clipped: found.is_clipped,
        echo: found.echo.map(echo),
    };
    room::audio::AudioReport {
        loudspeaker: checked.loudspeaker,
        microphones: checked.microphones.into_iter().take(microphones).map(|found| found.map(measured)).collect(),
    }
}

/// What the meeting calls a codec of the engine's.
pub fn codec(codec: media::VideoCodec) -> m::Codec {
    match codec {
        media::VideoCodec::Vp8 => m::Codec::Vp8,
        media::VideoCodec::H264 => m::Codec::H264,
    }
}

/// What the engine is to encode for the meeting.
pub fn encode(engine: &media::Engine, source: m::Source, codec: m::Codec, layers: &[m::LayerTarget]) {
    let codec = match codec {
        m::Codec::H264 => media::VideoCodec::H264,
        // Sessions are only ever configured with VP8 or H.264.
        _ => media::VideoCodec::Vp8,
    };
    let target = |t: &m::LayerTarget| media::LayerTarget {
        layer: layer(t.layer),
        divisor: t.divisor,
        bitrate_bps: t.bitrate_bps,
    };
    let layers: Vec<media::LayerTarget> = layers.iter().map(target).collect();
    match source {
        m::Source::ScreenShare => engine.encode_content(codec, &layers),
        _ => engine.encode(codec, &layers),
    }
}

/// Somebody who watches needs a key frame.
pub fn force_keyframe(engine: &media::Engine, source: m::Source, wanted: m::Layer) {
    match source {
        m::Source::ScreenShare => engine.force_content_keyframe(),
        _ => engine.force_keyframe(layer(wanted)),
    }
}

/// What is at the content input, as the meeting hears of it when it is shared.
pub fn share(state: hal::ContentState, content: &hal::ContentSource) -> Option<m::Share> {
    match state {
        hal::ContentState::Ready(format) => {
            Some(m::Share { size: (format.width, format.height), audio: content.audio.is_some() })
        }
        hal::ContentState::Absent | hal::ContentState::NoSignal => None,
    }
}

/// A simulcast layer.
pub fn layer(layer: m::Layer) -> media::Layer {
    match layer {
        m::Layer::Low => media::Layer::Low,
        m::Layer::Medium => media::Layer::Medium,
        m::Layer::High => media::Layer::High,
    }
}

/// Audio or video.
pub fn kind(kind: m::Kind) -> media::Kind {
    match kind {
        m::Kind::Audio => media::Kind::Audio,
        m::Kind::Video => media::Kind::Video,
    }
}

/// A remote track as the engine names it.
pub fn track_key(track: &m::TrackId) -> media::TrackKey {
    media::TrackKey(track.0.clone())
}

/// A remote track as the meeting names it.
pub fn track_id(track: &media::TrackKey) -> m::TrackId {
    m::TrackId(track.0.clone())
}

/// A place on the display.
pub fn rect(rect: crate::stage::Rect) -> media::Rect {
    media::Rect { x: rect.x, y: rect.y, width: rect.width, height: rect.height }
}

/// A small picture drawn by `ui`, for the engine to lay over a tile.
pub fn picture(picture: ui::Picture) -> media::Picture {
    media::Picture { width: picture.width, height: picture.height, rgba: picture.rgba }
}

/// What changed on the panel, for its screen.
pub fn damage(region: &ui::Rect) -> hal::Rect {
    let media::Rect { x, y, width, height } = place(region);
    hal::Rect { x, y, width, height }
}

/// Where something drawn by `ui` stands on a display.
pub fn place(region: &ui::Rect) -> media::Rect {
    let unsigned = |at: i32| u32::try_from(at).unwrap_or_default();
    media::Rect { x: unsigned(region.x), y: unsigned(region.y), width: region.width, height: region.height }
}

/// What the status light shows, as the device takes it.
pub fn light(light: room::Light) -> hal::Light {
    match light {
        room::Light::Idle => hal::Light::Idle,
        room::Light::Waiting => hal::Light::Waiting,
        room::Light::Live => hal::Light::Live,
        room::Light::Muted => hal::Light::Muted,
        room::Light::ClassifiedLive => hal::Light::ClassifiedLive,
        room::Light::ClassifiedMuted => hal::Light::ClassifiedMuted,
        room::Light::Trouble => hal::Light::Trouble,
    }
}

/// A language as its ISO 639-1 code.
pub fn language(language: v::Language) -> &'static str {
    ui::spoken(language).word()
}

/// A language from its ISO 639-1 code; French, the house's own, for any other.
pub fn language_of(code: &str) -> v::Language {
    match code {
        "en" => v::Language::English,
        "de" => v::Language::German,
        _ => v::Language::French,
    }
}
