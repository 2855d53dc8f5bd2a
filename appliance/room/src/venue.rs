//! Where a meeting of the agenda takes place, and why the room cannot go there when it cannot.

use crate::Destination;
use crate::destination::DestinationError;

/// Where a meeting takes place.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Venue {
    /// The room can join it with one touch.
    Joinable(Destination),
    NotJoinable(Obstacle),
}

/// Why the room cannot join a meeting that has a link. Each has its sentence on the panel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Obstacle {
    /// It takes place on a platform the room does not speak.
    Platform(Platform),
    /// A LiveKit server whose token the room was not given.
    TokenMissing,
    /// The link is plain http, or carries a password.
    NotEncrypted,
    /// Mail protection replaced the link by one that only its own server can read.
    LinkRewritten,
    /// It is end-to-end encrypted, and its key is not whole, or not known before the calendar is read.
    KeyMissing,
}

impl Obstacle {
    /// What keeps people from a meeting whose link is no destination; `None`: it is no link to a meeting at all.
    pub fn of(error: DestinationError) -> Option<Obstacle> {
        match error {
            DestinationError::NotEncrypted | DestinationError::HasCredentials => Some(Obstacle::NotEncrypted),
            DestinationError::TokenMissing => Some(Obstacle::TokenMissing),
            DestinationError::KeyDamaged => Some(Obstacle::KeyMissing),
            DestinationError::Empty | DestinationError::NotAMeeting | DestinationError::NoInstance => None,
        }
    }
}

/// Platforms that meetings of administrations take place on, and that the room does not speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Platform {
    BigBlueButton,
    ElementCall,
    Galene,
    GoogleMeet,
    Jitsi,
    NextcloudTalk,
    OpenTalk,
    Sip,
    Teams,
    Webex,
    Zoom,
}

impl Platform {
    /// All of them.
    pub const ALL: [Platform; 11] = [
        Platform::BigBlueButton,
        Platform::ElementCall,
        Platform::Galene,
        Platform::GoogleMeet,
        Platform::Jitsi,
        Platform::NextcloudTalk,
        Platform::OpenTalk,
        Platform::Sip,
        Platform::Teams,
        Platform::Webex,
        Platform::Zoom,
    ];

    /// What people call it, in every language.
    pub fn name(self) -> &'static str {
        match self {
            Platform::BigBlueButton => "BigBlueButton",
            Platform::ElementCall => "Element Call",
            Platform::Galene => "Galene",
            Platform::GoogleMeet => "Google Meet",
            Platform::Jitsi => "Jitsi",
            Platform::NextcloudTalk => "Nextcloud Talk",
            Platform::OpenTalk => "OpenTalk",
            Platform::Sip => "SIP",
            Platform::Teams => "Teams",
            Platform::Webex => "Webex",
            Platform::Zoom => "Zoom",
        }
    }
}
