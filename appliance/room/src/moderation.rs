//! What people in the room do to others in a meeting, where the meeting lets them.

/// Something done to others. Identities and ids are the platform's.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Moderation {
    /// Somebody in the lobby is let in, or turned away.
    Admit { id: String, allow: bool },
    /// Somebody's microphone is turned off. They may turn it on again.
    Mute(String),
    /// As [`Moderation::Mute`], of everybody who speaks or could.
    MuteAll,
    /// Somebody is put out of the meeting.
    Remove(String),
    /// Somebody's raised hand is lowered.
    LowerHand(String),
    /// The meeting is over, for everybody.
    EndForAll,
}

/// What the meeting lets this room do to others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rights {
    /// Turn off somebody's microphone.
    pub mute: bool,
    /// Remove people, lower hands, turn off all microphones.
    pub moderate: bool,
    /// See who waits in the lobby, and decide.
    pub admit: bool,
    /// End the meeting for everybody.
    pub end: bool,
}

impl Rights {
    /// Whether they cover this.
    pub fn allow(&self, act: &Moderation) -> bool {
        match act {
            Moderation::Admit { .. } => self.admit,
            Moderation::Mute(_) => self.mute,
            Moderation::MuteAll | Moderation::Remove(_) | Moderation::LowerHand(_) => self.moderate,
            Moderation::EndForAll => self.end,
        }
    }
}

/// Why something was not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HostRefusal {
    /// The platform does not let this room.
    NotAllowed,
    /// Whom it was for is not there any more.
    Gone,
    /// The platform does not answer, or cannot.
    Failed,
}

/// Somebody in the lobby of the meeting we are in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// The platform's, never shown.
    pub id: String,
    pub name: String,
}

/// People in the lobby shown; more wait their turn.
pub const WAITING_MAX: usize = 100;
