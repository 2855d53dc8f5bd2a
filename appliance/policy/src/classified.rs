//! What a policy of a classified room may not say: nothing of it can be read, so that no room ever has it.

use toml::Spanned;

use crate::file::{File, PermissionsEntry, Text};
use crate::problem::Fault;
use crate::read::Reader;
use crate::role::Action;
use crate::word::words;

words! {
    /// What kind of room the policy is for.
    Mode {
        Usual = "usual",
        /// Nothing is sent unless everybody in a meeting is verified, and nothing is remembered of it.
        Classified = "classified",
    }
}

impl Mode {
    /// Of a file that says nothing.
    pub(crate) const DEFAULT: Mode = Mode::Usual;
}

impl Reader<'_> {
    /// Notes everything that would be weaker than a classified room is.
    pub(crate) fn classified(&mut self, file: &File) {
        for platform in &file.platforms {
            if platform.encryption.get_ref() != "required" {
                self.weaker(platform.encryption.span(), "platforms.encryption", "\"required\"");
            }
            if platform.pins.is_empty() {
                self.weaker(platform.host.span(), "platforms.pins", "at least one");
            }
        }
        for transition in &file.transitions {
            self.weaker(transition.name.span(), "transitions", "none");
        }
        for (permission, field) in permissions(&file.permissions) {
            if let Some(yes) = permission.filter(|yes| *yes.get_ref()) {
                self.weaker(yes.span(), field, "false");
            }
        }
        if let Some(yes) = file.evidence.names.as_ref().filter(|yes| *yes.get_ref()) {
            self.weaker(yes.span(), "evidence.names", "false");
        }
        for (list, field) in
            [(&file.addresses.calendar, "addresses.calendar"), (&file.addresses.control, "addresses.control")]
        {
            if let Some(first) = list.first() {
                self.weaker(first.span(), field, "an empty list");
            }
        }
        let roles = &file.roles;
        let of_roles: [&[Text]; 6] = [
            &roles.participant,
            &roles.room_user,
            &roles.facilities,
            &roles.it,
            &roles.security_officer,
            &roles.auditor,
        ];
        for word in of_roles.into_iter().flatten().filter(|word| word.get_ref() == Action::Screenshots.word()) {
            self.weaker(word.span(), "roles", "no screenshots");
        }
    }

    fn weaker(&mut self, place: std::ops::Range<usize>, field: &str, expected: &'static str) {
        self.note(place, field, Fault::Weaker { expected });
    }
}

/// What may be allowed elsewhere and not here. Sharing may: what is shared is sealed with the group's keys, as sound and
/// pictures are. Chat and captions have the key that everybody with the link has.
fn permissions(entry: &PermissionsEntry) -> [(Option<&Spanned<bool>>, &'static str); 5] {
    [
        (entry.recording.as_ref(), "permissions.recording"),
        (entry.transcription.as_ref(), "permissions.transcription"),
        (entry.captions.as_ref(), "permissions.captions"),
        (entry.chat.as_ref(), "permissions.chat"),
        (entry.people_counting.as_ref(), "permissions.people_counting"),
    ]
}
