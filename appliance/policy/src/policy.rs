//! One policy, and what it says for itself.

use std::collections::BTreeMap;
use std::fmt;
use std::num::NonZeroU16;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;
use sha2::Digest as _;

use crate::addresses::{Jurisdiction, Jurisdictions, Purpose, Range};
use crate::classified::Mode;
use crate::platform::{Platform, Transition};
use crate::role::{Action, ActionRefusal, Permission, Role};
use crate::usb::UsbDevice;

/// What a room may do: where it may meet, where its packets may go, and who may do what. Only [`Policy::parse`] makes
/// one, so that none contradicts itself. What it does not mention, it refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    pub(crate) name: String,
    pub(crate) version: u64,
    pub(crate) valid_until: Option<Date>,
    pub(crate) mode: Mode,
    pub(crate) platforms: Vec<Platform>,
    pub(crate) addresses: BTreeMap<Purpose, Vec<Range>>,
    pub(crate) jurisdictions: Jurisdictions,
    pub(crate) permissions: Vec<Permission>,
    pub(crate) roles: BTreeMap<Role, Vec<Action>>,
    pub(crate) transitions: Vec<Transition>,
    pub(crate) usb: Vec<UsbDevice>,
    pub(crate) evidence: EvidenceRules,
    pub(crate) digest: Digest,
}

/// What the evidence of meetings may hold, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EvidenceRules {
    /// The names in certificates of those who were verified.
    pub names: bool,
    /// Days, 1 or more; what the room is configured with when nothing is said.
    pub keep_days: Option<NonZeroU16>,
}

/// SHA-256 of a policy file, byte for byte.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// The digest of a file.
    pub fn of(bytes: &[u8]) -> Digest {
        Digest(sha2::Sha256::digest(bytes).into())
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Policy {
    /// `ministry`: 1 to 64 of a to z, 0 to 9 and hyphens.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// 1 or more; a later one is higher.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// The last day on which meetings may be joined by it, in UTC; always with `None`.
    pub fn valid_until(&self) -> Option<Date> {
        self.valid_until
    }

    /// What kind of room it is for. With [`Mode::Classified`] the file holds nothing that would be weaker.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// Where rooms may always meet.
    pub fn platforms(&self) -> &[Platform] {
        &self.platforms
    }

    /// Where they may meet for a time.
    pub fn transitions(&self) -> &[Transition] {
        &self.transitions
    }

    /// The addresses listed for a purpose.
    pub fn addresses(&self, purpose: Purpose) -> &[Range] {
        self.addresses.get(&purpose).map(Vec::as_slice).unwrap_or_default()
    }

    /// The jurisdictions it knows, by id.
    pub fn jurisdictions(&self) -> impl Iterator<Item = &Jurisdiction> {
        self.jurisdictions.iter()
    }

    /// The jurisdiction with this id.
    pub fn jurisdiction(&self, id: &str) -> Option<&Jurisdiction> {
        self.jurisdictions.get(id)
    }

    /// What the evidence of meetings may hold, and for how long.
    pub fn evidence(&self) -> EvidenceRules {
        self.evidence
    }

    /// What may be plugged into a classified room over USB; of other rooms it says nothing.
    pub fn usb(&self) -> &[UsbDevice] {
        &self.usb
    }

    /// SHA-256 of the file it was read from.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// Whether this happens in meetings at all, whoever asks.
    ///
    /// # Errors
    /// When `[permissions]` does not say yes.
    pub fn permits(&self, permission: Permission) -> Result<(), ActionRefusal> {
        let is_permitted = self.permissions.contains(&permission);
        if is_permitted { Ok(()) } else { Err(ActionRefusal::NotPermitted { permission }) }
    }

    /// Whether somebody may do something.
    ///
    /// # Errors
    /// The reason why not: nobody may, or this role may not.
    pub fn may(&self, role: Role, action: Action) -> Result<(), ActionRefusal> {
        if let Some(permission) = action.needs() {
            self.permits(permission)?;
        }
        let has_it = self.roles.get(&role).is_some_and(|actions| actions.contains(&action));
        if has_it { Ok(()) } else { Err(ActionRefusal::RoleMayNot { role, action }) }
    }
}

/// Whether a day is over, in UTC.
pub(crate) fn is_over(last: Date, now: Timestamp) -> bool {
    Offset::UTC.to_datetime(now).date() > last
}
