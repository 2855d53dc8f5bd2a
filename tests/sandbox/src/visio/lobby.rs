//! The waiting room. Entries are keyed on the lobby cookie and end by themselves.

use std::time::Duration;

/// A waiting entry ends this long after the last poll.
const WAITING_TTL: Duration = Duration::from_secs(3);
/// A refusal is forgotten this long after it was spoken; polling does not prolong it.
const DENIED_TTL: Duration = Duration::from_secs(5);
/// An acceptance holds this long, unless the meeting ends before.
const ACCEPTED_TTL: Duration = Duration::from_secs(6 * 3600);
/// Entries in one room's lobby. The oldest makes place: this is a sandbox, not a defence.
const ENTRIES_MAX: usize = 1024;

/// What the host decided about somebody, if he did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Nothing yet.
    Waiting,
    /// To let in.
    Accepted,
    /// To turn away.
    Denied,
}

impl Status {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Status::Waiting => "waiting",
            Status::Accepted => "accepted",
            Status::Denied => "denied",
        }
    }
}

/// Somebody at the door.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What was decided.
    pub status: Status,
    /// The lobby cookie, and the identity in the meeting.
    pub id: String,
    /// The first name given; later ones do not change it.
    pub username: String,
    /// `hsl(h, s%, l%)`.
    pub color: String,
    /// Whether the platform knows the person by an account.
    pub is_authenticated: bool,
    ends_at: Duration,
}

/// Who asks to come in.
pub(super) struct Visitor<'a> {
    pub id: &'a str,
    pub username: &'a str,
    pub color: String,
    pub is_authenticated: bool,
}

/// The lobby of one room.
#[derive(Debug, Default)]
pub(super) struct Lobby {
    entries: Vec<Entry>,
}

impl Lobby {
    /// Somebody asks to come in. The second value says whether hosts should be told: a new entry.
    pub(super) fn knock(&mut self, visitor: Visitor<'_>, now: Duration) -> (Entry, bool) {
        let Visitor { id, username, color, is_authenticated } = visitor;
        self.forget(now);
        if let Some(entry) = self.entries.iter_mut().find(|entry| entry.id == id) {
            if entry.status == Status::Waiting {
                entry.ends_at = now + WAITING_TTL;
            }
            return (entry.clone(), false);
        }
        if self.entries.len() == ENTRIES_MAX {
            self.entries.remove(0);
        }
        let (id, username) = (id.to_owned(), username.to_owned());
        let entry =
            Entry { status: Status::Waiting, id, username, color, is_authenticated, ends_at: now + WAITING_TTL };
        self.entries.push(entry.clone());
        (entry, true)
    }

    /// The host decides, also against an earlier decision. `false`: nobody has this id any more.
    pub(super) fn decide(&mut self, id: &str, allow: bool, now: Duration) -> bool {
        self.forget(now);
        let Some(entry) = self.entries.iter_mut().find(|entry| entry.id == id) else { return false };
        (entry.status, entry.ends_at) =
            if allow { (Status::Accepted, now + ACCEPTED_TTL) } else { (Status::Denied, now + DENIED_TTL) };
        true
    }

    /// Who waits now, the first comer first.
    pub(super) fn waiting(&self, now: Duration) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(move |entry| entry.status == Status::Waiting && entry.ends_at > now)
    }

    /// Forgets everybody: the meeting is over.
    pub(super) fn clear(&mut self) {
        self.entries.clear();
    }

    /// Forgets one, who was removed from the meeting.
    pub(super) fn remove(&mut self, id: &str) {
        self.entries.retain(|entry| entry.id != id);
    }

    fn forget(&mut self, now: Duration) {
        self.entries.retain(|entry| entry.ends_at > now);
    }
}
