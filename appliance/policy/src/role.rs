//! Who may do what in and with a room.

use crate::word::words;

words! {
    /// What somebody is to a room.
    Role {
        /// Somebody in the meeting, here or elsewhere.
        Participant = "participant",
        /// Whoever stands at the panel.
        RoomUser = "room_user",
        /// Who hangs rooms on walls and mends them.
        Facilities = "facilities",
        /// Who runs them.
        It = "it",
        /// Who answers for what leaves them.
        SecurityOfficer = "security_officer",
        /// Who looks at all of it and changes nothing.
        Auditor = "auditor",
    }
}

words! {
    /// What somebody may do.
    Action {
        /// Take the room into a meeting.
        Join = "join",
        /// Begin a meeting that nobody has prepared.
        Start = "start",
        /// Share a laptop.
        Share = "share",
        /// Write and read the meeting's chat.
        Chat = "chat",
        /// Show what is said as text.
        Captions = "captions",
        /// Record a meeting.
        Record = "record",
        /// Have a meeting written down.
        Transcribe = "transcribe",
        /// Let others in, mute them, remove them.
        Moderate = "moderate",
        /// Book the room and release it.
        Book = "book",
        /// Accept that a meeting crosses the border.
        AcceptTransition = "accept-transition",
        /// Change the room's settings.
        Settings = "settings",
        /// See how the room is, and check its sound.
        Diagnostics = "diagnostics",
        /// Take pictures of its screens.
        Screenshots = "screenshots",
        /// Restart it, or switch it off.
        Restart = "restart",
        /// Enrol it, or take it out of its fleet.
        Enrol = "enrol",
        /// Install updates.
        Update = "update",
        /// Give it another policy.
        InstallPolicy = "install-policy",
        /// Read its log.
        ReadLog = "read-log",
        /// Read where its meetings went.
        ReadEvidence = "read-evidence",
    }
}

words! {
    /// What a policy allows in meetings, whoever asks for it.
    Permission {
        Recording = "recording",
        Transcription = "transcription",
        Captions = "captions",
        Chat = "chat",
        Sharing = "sharing",
        /// How many people are in the room: a number, counted in the room itself.
        PeopleCounting = "people_counting",
    }
}

impl Action {
    /// What must also be allowed, whoever does it.
    pub fn needs(self) -> Option<Permission> {
        Some(match self {
            Action::Share => Permission::Sharing,
            Action::Chat => Permission::Chat,
            Action::Captions => Permission::Captions,
            Action::Record => Permission::Recording,
            Action::Transcribe => Permission::Transcription,
            _ => return None,
        })
    }
}

/// Why somebody may not do something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActionRefusal {
    /// The role does not have it in its list; a role that is not mentioned has none.
    RoleMayNot { role: Role, action: Action },
    /// Nobody may: `[permissions]` does not allow it.
    NotPermitted { permission: Permission },
}
