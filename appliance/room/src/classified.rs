//! A classified room: what has to hold around it, and the only thing that lets anything of it leave.

use crate::encryption::{Encryption, Member, Verification};
use crate::view::Participant;

/// What has to hold around a classified room, seen by the shell: the room itself sees no radio and no socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Demand {
    /// No radio of this machine is on: Wi-Fi, Bluetooth, mobile.
    RadiosOff,
    /// Nothing is plugged in over USB that is not on the room's list.
    OnlyListedUsb,
    /// Nobody elsewhere can see the panel or the display, or steer the room.
    NoRemoteView,
    /// A relay cuts the microphone whenever [`crate::Output::MicrophoneRelay`] says so.
    MicrophoneRelay,
}

impl Demand {
    /// Every one.
    pub const ALL: [Demand; 4] =
        [Demand::RadiosOff, Demand::OnlyListedUsb, Demand::NoRemoteView, Demand::MicrophoneRelay];
}

/// How a classified room stands, on the panel and the display all the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Standing {
    /// In no meeting, and ready for one.
    Ready,
    /// It joins nothing as long as this does not hold around it.
    Refusing(Demand),
    /// In a meeting or on the way into one, and nothing is sent: not everybody there is known to be verified.
    Withheld,
    /// In a meeting in which everybody is verified.
    Verified,
}

/// A meeting that has keys of its own and in which everybody is verified. Only [`VerifiedGroup::of`] makes one, and only a
/// call that holds one has a microphone, a camera or a laptop that could be opened.
#[derive(Debug)]
pub(crate) struct VerifiedGroup(());

impl VerifiedGroup {
    /// None where there is no group, where nobody else is in it, and where anybody in the group or in the meeting is not
    /// verified. Whoever is in the meeting and not in the group is not.
    pub(crate) fn of(encryption: Encryption, members: &[Member], people: &[Participant]) -> Option<VerifiedGroup> {
        encryption.code()?;
        let is_verified = |member: &Member| matches!(member.verification, Verification::Verified { .. });
        let is_member = |person: &Participant| members.iter().any(|member| member.identity == person.identity);
        let everybody = !members.is_empty() && members.iter().all(is_verified) && people.iter().all(is_member);
        everybody.then_some(VerifiedGroup(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::{AuthenticationCode, Quality};

    fn member(identity: &str, is_verified: bool) -> Member {
        let verified = Verification::Verified { name: identity.into(), by: "IGC".into() };
        Member {
            identity: identity.into(),
            verification: if is_verified { verified } else { Verification::Unverified },
        }
    }

    fn person(identity: &str) -> Participant {
        Participant {
            identity: identity.into(),
            name: identity.into(),
            microphone_on: false,
            camera_on: false,
            sharing: false,
            speaking: false,
            hand_raised: false,
            hand_raised_at: None,
            quality: Quality::Unknown,
            unreadable: None,
            verification: Verification::Unknown,
        }
    }

    #[test]
    fn a_group_is_verified_only_when_nobody_in_it_or_beside_it_is_not() {
        let code = AuthenticationCode::parse("48210033991704025586").unwrap();
        let group = Encryption::Group { code };
        let (ada, bob) = (member("ada", true), member("bob", true));
        let is = |encryption, members: &[Member], people: &[Participant]| {
            VerifiedGroup::of(encryption, members, people).is_some()
        };
        assert!(is(group, &[ada.clone(), bob.clone()], &[person("ada"), person("bob")]));
        assert!(is(group, std::slice::from_ref(&ada), &[]), "told of the group before the list of people");
        assert!(!is(group, &[], &[]), "nobody is there to be verified");
        assert!(!is(group, &[ada.clone(), member("bob", false)], &[person("ada"), person("bob")]));
        assert!(!is(group, &[ada.clone(), member("gone", false)], &[person("ada")]), "they still have the keys");
        assert!(!is(group, std::slice::from_ref(&ada), &[person("ada"), person("recorder")]), "beside the group");
        for weaker in [Encryption::None, Encryption::SharedKey] {
            assert!(!is(weaker, &[ada.clone(), bob.clone()], &[person("ada")]));
        }
    }
}
