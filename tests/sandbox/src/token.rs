//! Access tokens: HS256 JSON Web Tokens with LiveKit's video grants.

use std::collections::HashMap;
use std::time::Duration;

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};

/// How long an issued token is valid.
const LIFETIME: Duration = Duration::from_hours(6);
/// How far the clocks of issuer and server may differ.
const LEEWAY: Duration = Duration::from_secs(60);

/// What a token allows in its room. Absent permissions mean yes, as with the real server.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Grants {
    pub room_join: bool,
    pub room: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub can_publish: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub can_subscribe: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub can_publish_data: Option<bool>,
    /// Sources by name, such as `microphone`; empty means all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub can_publish_sources: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub can_update_own_metadata: Option<bool>,
    pub room_admin: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub room_create: bool,
    pub hidden: bool,
}

impl Grants {
    /// To be in a room and do there whatever somebody does for themselves.
    pub fn everything(room: &str) -> Grants {
        Grants {
            room_join: true,
            room: room.into(),
            can_publish: Some(true),
            can_subscribe: Some(true),
            can_publish_data: Some(true),
            can_update_own_metadata: Some(true),
            ..Grants::default()
        }
    }
}

/// What a token says of the room, for whoever opens it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RoomConfig {
    pub metadata: String,
}

/// What a token says.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Claims {
    /// The API key.
    pub iss: String,
    /// The participant's identity.
    #[serde(default)]
    pub sub: String,
    #[serde(default)]
    pub name: String,
    /// Seconds since the Unix epoch.
    pub exp: u64,
    #[serde(default)]
    pub nbf: u64,
    #[serde(default)]
    pub video: Grants,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub metadata: String,
    /// A null, as Visio writes for "no role", is an empty text.
    #[serde(default, skip_serializing_if = "HashMap::is_empty", deserialize_with = "null_is_empty")]
    pub attributes: HashMap<String, String>,
    #[serde(default, rename = "roomConfig", skip_serializing_if = "Option::is_none")]
    pub room_config: Option<RoomConfig>,
}

fn null_is_empty<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<HashMap<String, String>, D::Error> {
    let attributes: HashMap<String, Option<String>> = HashMap::deserialize(deserializer)?;
    Ok(attributes.into_iter().map(|(name, value)| (name, value.unwrap_or_default())).collect())
}

/// Why a token is refused, in the words clients show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    #[error("no permissions to access the room")]
    NoToken,
    #[error("invalid authorization token")]
    Malformed,
    #[error("invalid API key: unknown issuer")]
    UnknownKey,
    #[error("invalid token: error in cryptographic primitive")]
    Signature,
    #[error("invalid token: token is expired (exp)")]
    Expired,
    #[error("invalid token: token not valid yet (nbf)")]
    NotYet,
    #[error("permissions denied")]
    NoJoin,
    #[error("identity cannot be empty")]
    NoIdentity,
}

/// The pair that signs and checks tokens.
#[derive(Clone)]
pub struct Keys {
    key: String,
    secret: String,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keys").field("key", &self.key).finish_non_exhaustive()
    }
}

impl Keys {
    pub fn new(key: impl Into<String>, secret: impl Into<String>) -> Keys {
        Keys { key: key.into(), secret: secret.into() }
    }

    /// A token to join `room` with every permission; `wall` is the time since the Unix epoch.
    pub fn issue(&self, room: &str, identity: &str, name: &str, wall: Duration) -> String {
        let video = Grants::everything(room);
        self.sign(&Claims { sub: identity.into(), name: name.into(), video, ..Claims::default() }, wall)
    }

    /// Signs these claims anew, valid for six hours from `wall`.
    pub fn sign(&self, claims: &Claims, wall: Duration) -> String {
        let claims =
            Claims { iss: self.key.clone(), nbf: wall.as_secs(), exp: (wall + LIFETIME).as_secs(), ..claims.clone() };
        let key = EncodingKey::from_secret(self.secret.as_bytes());
        // Strings and numbers always serialise, and HS256 takes any secret.
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &key).unwrap_or_default()
    }

    /// Checks a token for joining a room at `wall`, the time since the Unix epoch.
    ///
    /// # Errors
    /// Why the token is refused.
    pub fn check(&self, token: &str, wall: Duration) -> Result<Claims, TokenError> {
        if token.is_empty() {
            return Err(TokenError::NoToken);
        }
        let mut validation = Validation::new(Algorithm::HS256);
        // Time is checked below, against the clock of the caller.
        validation.validate_exp = false;
        validation.validate_aud = false;
        validation.required_spec_claims.clear();
        let key = DecodingKey::from_secret(self.secret.as_bytes());
        let claims = jsonwebtoken::decode::<Claims>(token, &key, &validation)
            .map_err(|error| match error.kind() {
                jsonwebtoken::errors::ErrorKind::InvalidSignature => TokenError::Signature,
                _ => TokenError::Malformed,
            })?
            .claims;
        if claims.iss != self.key {
            Err(TokenError::UnknownKey)
        } else if Duration::from_secs(claims.exp) + LEEWAY < wall {
            Err(TokenError::Expired)
        } else if Duration::from_secs(claims.nbf) > wall + LEEWAY {
            Err(TokenError::NotYet)
        } else if !claims.video.room_join || claims.video.room.is_empty() {
            Err(TokenError::NoJoin)
        } else if claims.sub.is_empty() {
            Err(TokenError::NoIdentity)
        } else {
            Ok(claims)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Duration = Duration::from_secs(1_800_000_000);

    #[test]
    fn an_issued_token_is_accepted() {
        let keys = Keys::new("devkey", "secret");
        let claims = keys.check(&keys.issue("salle", "room", "Salle 1", NOON), NOON).unwrap();
        assert_eq!((claims.sub.as_str(), claims.name.as_str()), ("room", "Salle 1"));
        assert_eq!(claims.video.room, "salle");
    }

    #[test]
    fn wrong_tokens_are_refused_with_the_reason() {
        let keys = Keys::new("devkey", "secret");
        let token = keys.issue("salle", "room", "", NOON);
        assert_eq!(keys.check("", NOON), Err(TokenError::NoToken));
        assert_eq!(keys.check("x.y.z", NOON), Err(TokenError::Malformed));
        assert_eq!(Keys::new("devkey", "other").check(&token, NOON), Err(TokenError::Signature));
        assert_eq!(Keys::new("other", "secret").check(&token, NOON), Err(TokenError::UnknownKey));
        assert_eq!(keys.check(&token, NOON + 2 * LIFETIME), Err(TokenError::Expired));
        assert_eq!(keys.check(&token, NOON - LIFETIME), Err(TokenError::NotYet));
        let outside = keys.sign(&Claims { sub: "room".into(), ..Claims::default() }, NOON);
        assert_eq!(keys.check(&outside, NOON), Err(TokenError::NoJoin));
    }
}
