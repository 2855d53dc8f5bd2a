//! The file as it is written: what TOML makes of it, before anything is believed. Places are kept for errors.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

/// A text and where it stands.
pub(crate) type Text = Spanned<String>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    pub policy: Head,
    #[serde(default)]
    pub platforms: Vec<PlatformEntry>,
    #[serde(default)]
    pub addresses: AddressesEntry,
    #[serde(default)]
    pub jurisdictions: BTreeMap<String, JurisdictionEntry>,
    #[serde(default)]
    pub permissions: PermissionsEntry,
    #[serde(default)]
    pub roles: RolesEntry,
    #[serde(default)]
    pub transitions: Vec<TransitionEntry>,
    pub usb: Option<Spanned<UsbEntry>>,
    #[serde(default)]
    pub evidence: EvidenceEntry,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Head {
    pub name: Text,
    pub version: Spanned<i64>,
    pub valid_until: Option<Text>,
    pub mode: Option<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlatformEntry {
    pub host: Text,
    pub kind: Text,
    pub encryption: Text,
    #[serde(default)]
    pub pins: Vec<Text>,
    pub addresses: Option<Spanned<Vec<Text>>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct AddressesEntry {
    pub media: Vec<Text>,
    pub signalling: Vec<Text>,
    pub turn: Vec<Text>,
    pub dns: Vec<Text>,
    pub ntp: Vec<Text>,
    pub updates: Vec<Text>,
    pub calendar: Vec<Text>,
    pub control: Vec<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct JurisdictionEntry {
    pub names: Spanned<WordsEntry>,
    pub prefixes: Vec<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WordsEntry {
    pub fr: Text,
    pub en: Text,
    pub de: Text,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct PermissionsEntry {
    pub recording: Option<Spanned<bool>>,
    pub transcription: Option<Spanned<bool>>,
    pub captions: Option<Spanned<bool>>,
    pub chat: Option<Spanned<bool>>,
    pub sharing: Option<Spanned<bool>>,
    pub people_counting: Option<Spanned<bool>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct RolesEntry {
    pub participant: Vec<Text>,
    pub room_user: Vec<Text>,
    pub facilities: Vec<Text>,
    pub it: Vec<Text>,
    pub security_officer: Vec<Text>,
    pub auditor: Vec<Text>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct EvidenceEntry {
    pub names: Option<Spanned<bool>>,
    pub keep_days: Option<Spanned<i64>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct UsbEntry {
    pub allowed: Vec<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TransitionEntry {
    pub name: Text,
    pub host: Text,
    pub kind: Text,
    pub encryption: Text,
    pub until: Text,
    pub crosses: Spanned<Vec<Text>>,
    pub addresses: Spanned<Vec<Text>>,
    pub sentence: WordsEntry,
}
