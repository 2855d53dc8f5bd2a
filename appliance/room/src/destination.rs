//! Where a room can go: parsed once, at the edge.

use url::Url;

/// A meeting this room understands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// A meeting on a La Suite Meet instance (Visio).
    Visio {
        /// `https://visio.numerique.gouv.fr/` (plain http only for loopback).
        instance: Url,
        /// `abc-defg-hij`, or any older slug.
        slug: String,
        /// The link's fragment (an encryption passphrase), never logged.
        fragment: Option<String>,
    },
    /// A LiveKit server by address and access token.
    LiveKit {
        /// `wss://livekit.example/` (plain ws only for loopback).
        server: Url,
        /// The access token, never logged.
        token: String,
    },
}
