//! What of this room may go into a meeting.

use std::time::Instant;

use crate::classified::VerifiedGroup;
use crate::event::CallReport;

/// What people asked of their devices, where there is anything to ask.
#[derive(Debug)]
pub(crate) enum Media {
    /// In a usual room: people open and close what they like.
    Usual(Asked),
    /// In a classified room before everybody is verified, and when they no longer are: there is nothing here that could
    /// be open.
    Withheld,
    /// In a classified room in which everybody is verified.
    Verified(VerifiedGroup, Asked),
}

/// What people asked of the microphone, the camera, and the laptop at the content input.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked {
    pub microphone: bool,
    pub camera: bool,
    pub share: ShareWish,
}

/// Whether people want to share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShareWish {
    /// They were not asked, or did not answer.
    No,
    /// They are asked until then.
    Offered {
        until: Instant,
    },
    Yes,
    /// They do, and no picture comes; it ends then unless one does.
    Dark {
        until: Instant,
    },
}

/// What has changed about what may be sent.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Change {
    Nothing,
    /// People may open their devices now. None opens by itself.
    MayOpen,
    /// Everything is closed.
    Closed,
}

impl Asked {
    /// Everything closed.
    pub const NOTHING: Asked = Asked { microphone: false, camera: false, share: ShareWish::No };

    /// What the meeting closes is no longer asked for. What may be opened again is opened by people, not by the permission.
    pub fn follow(&mut self, report: &CallReport) {
        match report {
            CallReport::MutedByHost => self.microphone = false,
            CallReport::CameraStoppedByHost => self.camera = false,
            CallReport::Permissions { microphone, camera, share } => {
                self.microphone &= microphone;
                self.camera &= camera;
                if !share {
                    self.share = ShareWish::No;
                }
            }
            CallReport::ShareEnded { .. } => self.share = ShareWish::No,
            _ => {}
        }
    }
}

impl Media {
    /// What was asked, where anything can be.
    pub fn asked(&self) -> Option<&Asked> {
        match self {
            Media::Usual(asked) | Media::Verified(_, asked) => Some(asked),
            Media::Withheld => None,
        }
    }

    /// The same, to ask something else.
    pub fn asked_mut(&mut self) -> Option<&mut Asked> {
        match self {
            Media::Usual(asked) | Media::Verified(_, asked) => Some(asked),
            Media::Withheld => None,
        }
    }

    /// Follows the group of a classified room's meeting. Elsewhere nothing depends on it.
    pub fn follow(&mut self, group: Option<VerifiedGroup>) -> Change {
        match (&mut *self, group) {
            (Media::Usual(_), _) | (Media::Withheld, None) | (Media::Verified(..), Some(_)) => Change::Nothing,
            (Media::Withheld, Some(group)) => {
                *self = Media::Verified(group, Asked::NOTHING);
                Change::MayOpen
            }
            (Media::Verified(..), None) => {
                *self = Media::Withheld;
                Change::Closed
            }
        }
    }
}
