//! LiveKit tokens: what the platform signs for participants, and checks when they come back as bearers.

use std::time::Duration;

use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};

use super::accounts::Account;
use super::rooms::{Configuration, EncryptionMode, Role, Room};

/// A token is good for this long.
const LIFETIME: Duration = Duration::from_secs(6 * 3600);
/// Clocks may differ by this much.
const LEEWAY: Duration = Duration::from_secs(60);
/// What may be published where a room does not say otherwise.
pub(super) const SOURCES: [&str; 4] = ["camera", "microphone", "screen_share", "screen_share_audio"];

/// Signs and checks.
pub(super) struct Signer {
    api_key: String,
    encoding: EncodingKey,
    decoding: DecodingKey,
}

/// Who the token is for.
pub(super) struct Bearer<'a> {
    pub identity: &'a str,
    pub name: &'a str,
    pub color: &'a str,
    pub account: Option<&'a Account>,
    pub role: Option<Role>,
}

/// What of a room decides what is in its tokens.
#[derive(Default)]
pub(super) struct Grants {
    configuration: Configuration,
    encryption_mode: EncryptionMode,
}

impl Grants {
    pub(super) fn of(room: &Room) -> Grants {
        Grants { configuration: room.configuration.clone(), encryption_mode: room.encryption_mode }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct VideoGrant<'a> {
    room_admin: bool,
    room_join: bool,
    room: &'a str,
    can_publish: bool,
    can_subscribe: bool,
    can_publish_data: bool,
    can_publish_sources: Vec<&'a str>,
    can_update_own_metadata: bool,
}

#[derive(Serialize)]
struct Attributes<'a> {
    color: &'a str,
    room_role: Option<Role>,
    /// A text: attributes are texts.
    is_authenticated: &'a str,
    /// So that everybody can see who it is: where participants encrypt, and only of those logged in.
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
}

/// What LiveKit is told of a room that the token opens.
#[derive(Serialize)]
struct RoomConfig {
    metadata: &'static str,
}

#[derive(Serialize)]
struct Claims<'a> {
    name: &'a str,
    video: VideoGrant<'a>,
    attributes: Attributes<'a>,
    #[serde(rename = "roomConfig", skip_serializing_if = "Option::is_none")]
    room_config: Option<RoomConfig>,
    sub: &'a str,
    iss: &'a str,
    nbf: u64,
    exp: u64,
}

/// What a checked token says.
#[derive(Debug, PartialEq, Eq, Deserialize)]
pub(super) struct Verified {
    /// The identity in the meeting.
    pub sub: String,
    pub video: VerifiedGrant,
    exp: u64,
}

#[derive(Debug, PartialEq, Eq, Deserialize)]
pub(super) struct VerifiedGrant {
    #[serde(default)]
    pub room: String,
}

impl Signer {
    pub(super) fn new(api_key: String, api_secret: &str) -> Signer {
        let secret = api_secret.as_bytes();
        Signer { api_key, encoding: EncodingKey::from_secret(secret), decoding: DecodingKey::from_secret(secret) }
    }

    /// Signs. `None`: the signature cannot be made, which no input causes.
    pub(super) fn sign(&self, room: &str, grants: &Grants, bearer: &Bearer<'_>, now: Duration) -> Option<String> {
        let host = bearer.role.is_some_and(Role::is_host);
        // Where participants encrypt, who is logged in goes by the name the platform knows.
        let encrypted = grants.encryption_mode == EncryptionMode::Basic;
        let known = bearer.account.filter(|_| encrypted);
        let sources: Vec<&str> = match &grants.configuration.can_publish_sources {
            Some(sources) if !host => sources.iter().map(String::as_str).collect(),
            _ => SOURCES.to_vec(),
        };
        let claims = Claims {
            name: known.map_or(bearer.name, |account| &account.full_name),
            video: VideoGrant {
                room_admin: host,
                room_join: true,
                room,
                can_publish: !sources.is_empty(),
                can_subscribe: true,
                // Also where nothing may be published.
                can_publish_data: true,
                can_publish_sources: sources,
                can_update_own_metadata: false,
            },
            attributes: Attributes {
                color: bearer.color,
                room_role: bearer.role,
                is_authenticated: if bearer.account.is_some() { "true" } else { "false" },
                email: known.map(|account| account.email.as_str()),
            },
            room_config: grants.encryption_mode.metadata().map(|metadata| RoomConfig { metadata }),
            sub: bearer.account.map_or(bearer.identity, |account| &account.sub),
            iss: &self.api_key,
            nbf: now.as_secs(),
            exp: (now + LIFETIME).as_secs(),
        };
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.encoding).ok()
    }

    /// Checks a token that came back.
    ///
    /// # Errors
    /// The platform's words for what is wrong.
    pub(super) fn verify(&self, token: &str, now: Duration) -> Result<Verified, &'static str> {
        let mut validation = Validation::new(Algorithm::HS256);
        // The library would ask the machine's clock.
        validation.validate_exp = false;
        validation.set_issuer(&[&self.api_key]);
        let verified = match jsonwebtoken::decode::<Verified>(token, &self.decoding, &validation) {
            Ok(data) => data.claims,
            Err(error) => {
                return Err(match error.kind() {
                    _ if token.split('.').count() != 3 => "Not enough segments",
                    ErrorKind::InvalidSignature => "Signature verification failed",
                    ErrorKind::InvalidIssuer => "Invalid issuer",
                    _ => "Invalid token",
                });
            }
        };
        if Duration::from_secs(verified.exp) + LEEWAY <= now {
            return Err("Signature has expired");
        }
        Ok(verified)
    }
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Signer").finish_non_exhaustive()
    }
}
