//! Why the room does not do what was asked of it.

use crate::destination::DestinationError;
use crate::event::Wish;
use crate::view::Notice;
use crate::{Input, Now, Room};

/// Why a wish is not granted.
#[derive(Debug, Clone, PartialEq)]
pub enum Refusal {
    /// What the panel says, too.
    Notice(Notice),
    /// It can only be done in a meeting. The panel does not offer it elsewhere.
    InNoMeeting,
    /// The agenda has no such meeting, or no longer.
    NoSuchMeeting,
    /// The sound is being checked.
    AlreadyChecking,
    /// The panel shows somebody else's invitation.
    AlreadyInvited,
    /// The panel asks people to accept that another meeting crosses the border.
    AlreadyAsking,
    /// Only somebody who stands at the panel and reads it can do this.
    OnlyAtThePanel,
    /// The room is in this meeting.
    AlreadyThere,
    /// There is no camera that can be turned.
    CameraFixed,
    /// Under this number no place to look at is remembered.
    NoSuchPreset,
    /// It would end the meeting the room is in or on its way into.
    InMeeting,
    /// Nothing on this machine restarts it or switches it off for the room.
    NoPowerService,
}

impl From<Notice> for Refusal {
    fn from(notice: Notice) -> Refusal {
        Refusal::Notice(notice)
    }
}

impl From<DestinationError> for Refusal {
    fn from(error: DestinationError) -> Refusal {
        Refusal::Notice(match error {
            DestinationError::NoInstance => Notice::NoInstance,
            DestinationError::NotEncrypted => Notice::NotEncrypted,
            DestinationError::TokenMissing => Notice::TokenMissing,
            DestinationError::KeyDamaged => Notice::KeyDamaged,
            DestinationError::HasCredentials => Notice::HasCredentials,
            DestinationError::Empty | DestinationError::NotAMeeting => Notice::NotADestination,
        })
    }
}

impl Room {
    /// As [`Input::Person`], for whoever is not at the panel: who asked is answered, and the panel stays as it
    /// is for those in the room, who asked for nothing.
    ///
    /// # Errors
    /// When the room does not do it, with the reason.
    pub fn ask(&mut self, wish: Wish, now: Now) -> Result<(), Refusal> {
        // Nobody elsewhere has read what people here are asked.
        let answer = if let Wish::Accept(_) = wish { Err(Refusal::OnlyAtThePanel) } else { self.wish(wish, now) };
        // What follows from any input follows from this one.
        self.handle(Input::Timeout, now);
        answer
    }
}
