//! One visit to one meeting.

use std::net::SocketAddr;

use url::Url;

/// What a session is told once.
#[derive(Debug, Clone)]
pub struct Config {
    /// The name others read.
    pub display_name: String,
    /// The UDP sockets the shell has bound, one per local address.
    pub local_udp: Vec<SocketAddr>,
    /// A stable lower-case hyphenated UUID of this device: the lobby cookie and so the identity in Visio.
    pub device_id: uuid::Uuid,
    /// `fr`, `en` or `de`, for the platform's error texts.
    pub language: String,
    /// Publish the microphone unmuted at once.
    pub microphone: bool,
    /// Publish the camera unmuted at once. `None`: there is no camera, publish none.
    pub camera: Option<bool>,
    /// The codec our camera is sent in.
    pub video_codec: crate::io::Codec,
    /// The size of our camera's picture in pixels.
    pub video_size: (u32, u32),
}

/// Where to go.
#[derive(Debug, Clone)]
pub enum Target {
    Visio { instance: Url, slug: String },
    LiveKit { server: Url, token: String },
}

/// One visit to one meeting: see the crate's documentation.
pub struct Session {}
