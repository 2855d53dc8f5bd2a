//! What the record of one meeting says.

use std::net::IpAddr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::hex::{Digest, MeetingId};

/// One meeting, until its end or so far. Everything is cumulative: a later record says all that an earlier one said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meeting {
    pub id: MeetingId,
    pub platform: Platform,
    /// How the room was taken into it: a word such as `panel`, `agenda`, `api`, `invitation` or `return`. Not by whom.
    pub joined_by: String,
    /// The policy that held; `None` where the room has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<PolicyReference>,
    /// What somebody in the room accepted before anything was sent; `None` where the policy asked for nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted: Option<Accepted>,
    pub began: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Timestamp>,
    /// By a clock that nobody sets, in milliseconds.
    pub lasted_ms: u64,
    /// Everything the room's sockets exchanged with others, in the order it was first seen.
    pub flows: Vec<Flow>,
    /// What was not contacted, or whose packets were dropped.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<Refused>,
    /// Every jurisdiction that a flow names, as the policy called it then.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub jurisdictions: Vec<Jurisdiction>,
    /// How frames were encrypted between participants, and from when.
    pub encryption: Vec<Encryption>,
    /// Whose identity was verified, by authority.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub verified: Vec<Verified>,
    /// What the platform said it recorded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recorded: Vec<Recorded>,
    /// What did not fit; absent where everything did.
    #[serde(default, skip_serializing_if = "Cut::is_nothing")]
    pub cut: Cut,
}

/// That the meeting crosses the border, as the policy's transition has it. Not by whom it was accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    /// The transition's name in the policy.
    pub transition: String,
    /// What its sentence was shown in: `fr`, `en` or `de`.
    pub language: String,
}

/// Which platform the meeting was on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Platform {
    /// `visio`, `livekit`, …
    pub kind: String,
    /// Its host name. Never the meeting's link.
    pub host: String,
}

/// A policy, named so that no other can be meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyReference {
    pub name: String,
    pub version: u64,
    /// Of the policy's file.
    pub sha256: Digest,
}

/// What packets are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// HTTPS and WebSockets of the platform.
    Signalling,
    /// Sound and pictures.
    Media,
    /// A relay (RFC 8656).
    Turn,
    /// Names.
    Dns,
    /// Time.
    Ntp,
    /// Updates of the room's software.
    Updates,
    /// Anything else.
    Other,
}

/// What carries the packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Protocol {
    Udp,
    Tcp,
    /// TLS over TCP.
    Tls,
}

/// Which flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FlowKey {
    pub purpose: Purpose,
    /// Whom the room's socket spoke to. An IPv4-mapped address is the IPv4 address.
    pub peer: IpAddr,
    pub port: u16,
    pub protocol: Protocol,
}

/// One flow, both ways.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flow {
    #[serde(flatten)]
    pub key: FlowKey,
    /// The id of the peer's jurisdiction; `None` where no policy knows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jurisdiction: Option<String>,
    /// Whether the policy lists the peer for this purpose. Never without a policy.
    pub listed: bool,
    pub traffic: Traffic,
    #[serde(default, skip_serializing_if = "Protection::is_unknown")]
    pub protection: Protection,
}

/// How much went each way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Traffic {
    pub sent: Count,
    pub received: Count,
}

/// What was counted at the socket: without IP, UDP and TCP headers; with those of TLS.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    pub bytes: u64,
    /// Datagrams; in a stream, writes or reads.
    pub packets: u64,
}

/// How a flow is protected on its way to the peer; which is not from end to end.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Protection {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls: Option<Tls>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dtls: Option<Dtls>,
}

/// TLS, by the names of IANA's registry: `TLS1.3`, `TLS_AES_128_GCM_SHA256`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tls {
    pub version: String,
    pub suite: String,
}

/// DTLS-SRTP (RFC 5764).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Dtls {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suite: Option<String>,
    /// The SRTP protection profile: `SRTP_AEAD_AES_128_GCM`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub srtp: Option<String>,
    /// Of the peer's certificate, as in SDP (RFC 8122): `sha-256 AB:CD:…`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
}

/// What was not done, and how often.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    pub purpose: Purpose,
    pub peer: IpAddr,
    /// A word such as `other-jurisdiction`.
    pub reason: String,
    pub times: u64,
}

/// A jurisdiction's names at that time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Jurisdiction {
    pub id: String,
    pub names: Names,
}

/// Words in every language the room speaks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Names {
    pub fr: String,
    pub en: String,
    pub de: String,
}

/// Who can decrypt frames. The later, the stronger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FrameEncryption {
    /// The meeting's server.
    None,
    /// Whoever has the link.
    SharedKey,
    /// The members of the group, each of whom is known to the others (RFC 9420).
    GroupKey,
}

/// A stretch of time in which frames were encrypted in one way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Encryption {
    pub state: FrameEncryption,
    pub since: Timestamp,
    /// The group's epochs in this stretch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epochs: Option<Epochs>,
}

/// Epochs of a group (RFC 9420 §8), the first and the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Epochs {
    pub first: u64,
    pub last: u64,
}

/// How many were verified by one authority.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verified {
    pub authority: String,
    pub count: u64,
    /// Who, only where the policy lets names be kept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
}

/// What is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Recording {
    Recording,
    Transcription,
}

/// When the platform said that it recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorded {
    pub what: Recording,
    pub since: Timestamp,
    /// `None` while it goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// What did not fit into the record. A record that was cut never says that everything stayed somewhere.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Cut {
    /// What flows exchanged that are not listed.
    pub traffic: Traffic,
    /// Refusals that are not listed.
    pub refused: u64,
    /// Jurisdictions that are not listed.
    pub jurisdictions: u64,
    /// Changes of frame encryption that are not listed.
    pub encryption: u64,
    /// Authorities and names that are not listed.
    pub verified: u64,
    /// Recordings that are not listed.
    pub recorded: u64,
}

impl Cut {
    /// Whether everything fitted.
    pub fn is_nothing(&self) -> bool {
        *self == Cut::default()
    }
}

impl Count {
    /// Adds to it. It stays at the largest number there is.
    pub fn add(&mut self, more: Count) {
        self.bytes = self.bytes.saturating_add(more.bytes);
        self.packets = self.packets.saturating_add(more.packets);
    }
}

impl Traffic {
    /// Adds to it.
    pub fn add(&mut self, more: Traffic) {
        self.sent.add(more.sent);
        self.received.add(more.received);
    }

    /// Whether anything was exchanged.
    pub fn is_nothing(&self) -> bool {
        *self == Traffic::default()
    }
}

impl Protection {
    /// Whether nothing is known of it.
    pub fn is_unknown(&self) -> bool {
        *self == Protection::default()
    }
}
