//! Rooms: how they are named, who may come in directly.

use std::collections::BTreeMap;

use serde::Serialize;
use uuid::Uuid;

use super::lobby::Lobby;

/// Who comes in without being let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum AccessLevel {
    /// Everybody who has the link.
    Public,
    /// Everybody logged in.
    Trusted,
    /// Only those who have a role in the room.
    Restricted,
}

/// Whether participants encrypt what they send, end to end. In La Suite Meet a proposal (its pull request 1337), set
/// when a room is created and for good.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum EncryptionMode {
    #[default]
    None,
    /// With one passphrase for all, which is behind the hash of the link and which the platform never learns.
    Basic,
}

impl EncryptionMode {
    /// How a room's metadata in LiveKit says so.
    pub(super) fn metadata(self) -> Option<&'static str> {
        match self {
            EncryptionMode::None => None,
            EncryptionMode::Basic => Some(r#"{"encryption_mode":"basic"}"#),
        }
    }
}

/// What an account is in a room. Administrators and owners are its hosts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Comes in directly, decides nothing.
    Member,
    /// A host.
    Administrator,
    /// A host whose room it is.
    Owner,
}

impl Role {
    pub(super) fn is_host(self) -> bool {
        self != Role::Member
    }
}

/// What participants who are not hosts may do. Absent: the platform's default, everything.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Configuration {
    /// Of `camera`, `microphone`, `screen_share`, `screen_share_audio`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub can_publish_sources: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    /// Whether guests may mute others.
    pub everyone_can_mute: Option<bool>,
}

#[derive(Debug)]
pub(super) struct Room {
    /// The LiveKit room's name.
    pub id: Uuid,
    /// As people wrote it.
    pub name: String,
    pub slug: String,
    pub access_level: AccessLevel,
    pub configuration: Configuration,
    pub encryption_mode: EncryptionMode,
    /// For telephones; allocated only where the platform has telephony, and never where participants encrypt.
    pub pin_code: Option<String>,
    /// By account.
    pub roles: BTreeMap<Uuid, Role>,
    pub lobby: Lobby,
}

impl Room {
    pub(super) fn new(id: Uuid, name: &str, access_level: AccessLevel) -> Room {
        let (configuration, roles, lobby) = (Configuration::default(), BTreeMap::new(), Lobby::default());
        Room {
            id,
            name: name.into(),
            slug: slugify(name),
            access_level,
            configuration,
            encryption_mode: EncryptionMode::None,
            pin_code: None,
            roles,
            lobby,
        }
    }
}

/// The name as it is in a link: lower case, accents gone, everything between words a hyphen.
pub(super) fn slugify(name: &str) -> String {
    let mut slug = String::with_capacity(name.len());
    for letter in name.chars().filter_map(plain) {
        match letter {
            '-' | ' ' if slug.ends_with('-') => {}
            ' ' => slug.push('-'),
            letter => slug.push(letter),
        }
    }
    slug.trim_matches(['-', '_']).to_owned()
}

/// A letter without its accent and in lower case, any white space as a space, `None` for what slugs leave out.
fn plain(letter: char) -> Option<char> {
    let letter = letter.to_lowercase().next()?;
    match letter {
        'a'..='z' | '0'..='9' | '-' | '_' => Some(letter),
        'à'..='å' => Some('a'),
        'ç' => Some('c'),
        'è'..='ë' => Some('e'),
        'ì'..='ï' => Some('i'),
        'ñ' => Some('n'),
        'ò'..='ö' => Some('o'),
        'ù'..='ü' => Some('u'),
        'ý' | 'ÿ' => Some('y'),
        _ => letter.is_whitespace().then_some(' '),
    }
}
