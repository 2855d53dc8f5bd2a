//! The policy of this room: read once when the room starts, asked before every meeting.

#[cfg(test)]
mod tests;

use std::ffi::OsString;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use jiff::{SignedDuration, Timestamp};
use policy::{
    Action, ActionRefusal, EndToEnd, Floor, Language, Permission, PlatformKind, Policy, Question, Role, Verdict, accept,
};
use room::Destination;
use room::policy::{Begins, Forbidden, InMeetings, JoinPolicy, Mode, Permit, Sentence, Transition};

use crate::config::PolicySection;
use crate::net::Allowed;
use crate::policy_floor;

/// Of a file no more is read: a policy is smaller, and what is not is refused.
const FILE_BYTES_MAX: u64 = 2 * 1024 * 1024;

/// The policy that the configuration names.
#[derive(Debug)]
pub enum RoomPolicy {
    InForce(Arc<Policy>),
    /// It cannot be read, believed or used. The room works and joins nothing: that its policy is missing must not open
    /// what the policy closes, and a dark panel would tell nobody why.
    Unusable,
}

impl RoomPolicy {
    /// Reads the policy, and keeps in `state` that the room has had it. Why it cannot be used is in the log.
    pub fn load(section: &PolicySection, state: &Path) -> RoomPolicy {
        match read(section, state) {
            Ok(policy) => {
                tracing::info!(policy = policy.name(), version = policy.version(), "the room has a policy");
                RoomPolicy::InForce(Arc::new(policy))
            }
            Err(error) => {
                tracing::error!("the policy cannot be used, so this room joins no meeting: {error:#}");
                RoomPolicy::Unusable
            }
        }
    }
}

fn read(section: &PolicySection, state: &Path) -> anyhow::Result<Policy> {
    let floor = policy_floor::read(state)?;
    let policy = accepted(section, &floor)?;
    let reached = Floor::of(&policy);
    if reached != floor {
        policy_floor::keep(&reached, state)?;
    }
    Ok(policy)
}

/// The policy that the configuration names, if it is signed, and not older than what the room has had (`floor`).
///
/// # Errors
/// Why it cannot be used.
pub fn accepted(section: &PolicySection, floor: &Floor) -> anyhow::Result<Policy> {
    let bytes = bytes_of(&section.file)?;
    let path = signature_of(&section.file);
    let signature = String::from_utf8(bytes_of(&path)?).with_context(|| format!("in {}", path.display()))?;
    accept(&bytes, &signature, &section.keys, floor).with_context(|| format!("in {}", section.file.display()))
}

fn bytes_of(path: &Path) -> anyhow::Result<Vec<u8>> {
    let cannot = || format!("cannot read {}", path.display());
    let mut bytes = Vec::new();
    File::open(path).with_context(cannot)?.take(FILE_BYTES_MAX).read_to_end(&mut bytes).with_context(cannot)?;
    Ok(bytes)
}

/// Where a policy's signature is, as minisign has it.
pub fn signature_of(file: &Path) -> PathBuf {
    let mut name = OsString::from(file);
    name.push(".minisig");
    name.into()
}

impl RoomPolicy {
    /// Whether somebody may do something in or with the room. Of a policy that cannot be used nothing is known but that
    /// somebody has to find out why and start it again, and that the room refuses meetings itself.
    pub fn may(&self, role: Role, action: Action) -> bool {
        match self {
            RoomPolicy::InForce(policy) => policy.may(role, action).is_ok(),
            RoomPolicy::Unusable => {
                matches!(action, Action::Diagnostics | Action::Join | Action::Start | Action::Restart)
            }
        }
    }

    /// Whether anybody who looks after the room may change its settings: who has the code for them is one of those.
    pub fn lets_settings_be_changed(&self) -> bool {
        [Role::Facilities, Role::It, Role::SecurityOfficer].into_iter().any(|role| self.may(role, Action::Settings))
    }

    /// Whether whoever stands at the panel may restart the room there: with the administrator code, or without one.
    pub fn lets_restart(&self, with_code: bool) -> bool {
        let roles: &[Role] =
            if with_code { &[Role::Facilities, Role::It, Role::SecurityOfficer] } else { &[Role::RoomUser] };
        roles.iter().any(|role| self.may(*role, Action::Restart))
    }

    /// Which addresses may be used for something that belongs to the room and not to one of its meetings.
    pub fn allowed(self: Arc<RoomPolicy>, purpose: policy::Purpose) -> Allowed {
        Arc::new(move |address| match &*self {
            RoomPolicy::InForce(policy) => policy.may_contact(purpose, address).is_ok(),
            RoomPolicy::Unusable => false,
        })
    }
}

impl JoinPolicy for RoomPolicy {
    fn mode(&self) -> Mode {
        match self {
            RoomPolicy::InForce(policy) => match policy.mode() {
                policy::Mode::Usual => Mode::Usual,
                policy::Mode::Classified => Mode::Classified,
            },
            // It joins nothing, so that there is nothing to keep or to send.
            RoomPolicy::Unusable => Mode::Usual,
        }
    }

    fn may_join(&self, destination: &Destination, begins: Begins, wall: Duration) -> Result<Permit, Forbidden> {
        let RoomPolicy::InForce(policy) = self else { return Err(Forbidden::Unreadable) };
        // A clock that says what no calendar knows says nothing of the policy's last day either.
        let now = SignedDuration::try_from(wall).ok().and_then(|since| Timestamp::from_duration(since).ok());
        let now = now.ok_or(Forbidden::Over)?;
        // Whoever asks, it is for those who stand in the room.
        let question = question(destination, Role::RoomUser).map_err(|_| Forbidden::Host(destination.address()))?;
        let answer = verdict(policy, &question, begins, now);
        if let Err((_, reason)) = &answer {
            tracing::info!(reason, "the policy does not allow a meeting");
        }
        answer.map_err(|(why, _)| why)
    }

    fn in_meetings(&self) -> InMeetings {
        let RoomPolicy::InForce(policy) = self else { return InMeetings::NOTHING };
        let may = |action| policy.may(Role::RoomUser, action).is_ok();
        InMeetings {
            share: may(Action::Share),
            chat: may(Action::Chat),
            captions: may(Action::Captions),
            moderate: may(Action::Moderate),
            // Whoever asks for it.
            recording: policy.permits(Permission::Recording).is_ok(),
            transcription: policy.permits(Permission::Transcription).is_ok(),
        }
    }
}

/// How the room may join; or why not, for people and for the log.
fn verdict(
    policy: &Policy,
    question: &Question,
    begins: Begins,
    now: Timestamp,
) -> Result<Permit, (Forbidden, &'static str)> {
    let permit = match policy.may_join(question, now) {
        Verdict::Allowed { .. } => Ok(Permit::AtOnce),
        Verdict::AllowedAfterAcceptance { transition, .. } => Ok(Permit::AfterAcceptance(asked(transition))),
        Verdict::Refused { reasons } => {
            let Some(first) = reasons.first() else { return Err((Forbidden::Unreadable, "refused")) };
            Err((forbidden(first), first.code()))
        }
    }?;
    match begins {
        Begins::Here => policy.may(question.role, Action::Start).map_err(|why| (Forbidden::Begin, why.code()))?,
        Begins::Elsewhere => {}
    }
    Ok(permit)
}

/// What people are asked before a transition.
fn asked(transition: &policy::Transition) -> Transition {
    let said = |language| transition.sentence.in_language(language).to_owned();
    let (french, english, german) = (said(Language::French), said(Language::English), said(Language::German));
    Transition { name: transition.name.clone(), sentence: Sentence { french, english, german } }
}

fn forbidden(refusal: &policy::Refusal) -> Forbidden {
    use policy::Refusal;
    match refusal {
        Refusal::PolicyOver { .. } => Forbidden::Over,
        Refusal::HostNotListed { host } | Refusal::OtherKind { host, .. } => Forbidden::Host(host.to_string()),
        Refusal::NotEncrypted => Forbidden::NotEndToEnd,
        Refusal::MustNotBeEncrypted => Forbidden::EndToEnd,
        Refusal::TransitionOver { .. } => Forbidden::TransitionOver,
        Refusal::Action(ActionRefusal::RoleMayNot { action: Action::AcceptTransition, .. }) => Forbidden::MayNotAccept,
        Refusal::Action(_) => Forbidden::Join,
        Refusal::Address { address, .. } => Forbidden::Host(address.to_string()),
    }
}

/// What a policy is asked about a meeting.
///
/// # Errors
/// When its host is none that a policy could name.
pub fn question(destination: &Destination, role: Role) -> Result<Question, policy::HostError> {
    let (url, kind, end_to_end) = match destination {
        Destination::Visio { instance, passphrase, .. } => {
            let end_to_end = if passphrase.is_some() { EndToEnd::Present } else { EndToEnd::Absent };
            (instance, PlatformKind::Visio, end_to_end)
        }
        // Of a server alone the room has a token and no key: encrypted it cannot be.
        Destination::LiveKit { server, .. } => (server, PlatformKind::LiveKit, EndToEnd::Absent),
    };
    let host = policy::host(url.host_str().unwrap_or_default())?;
    Ok(Question { host, kind, end_to_end, role, addresses: Vec::new() })
}
