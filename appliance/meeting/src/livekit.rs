//! The LiveKit client: one participant in one LiveKit room.
//!
//! [`Client`] is a pure state machine over bytes and time. It speaks LiveKit's signalling over one
//! WebSocket and carries media with str0m over UDP, TCP and TURN, all of which the shell owns.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Instant;

use url::Url;

use crate::io::{Codec, Input, Now, Output};

/// What a [`Client`] is told once.
#[derive(Clone)]
pub struct Config {
    /// The server, `https`, `wss`, `http` or `ws`, with or without a path.
    pub server: Url,
    /// The access token (JWT). A secret.
    pub token: String,
    /// The UDP sockets the shell has bound. One for each local address is enough for servers with
    /// a single peer connection; older servers need two, so bind two where they are to be met.
    pub local_udp: Vec<SocketAddr>,
    /// Publish the microphone unmuted at once.
    pub microphone: bool,
    /// Publish the camera unmuted at once. `None`: there is no camera.
    pub camera: Option<bool>,
    /// The codec of our camera: VP8 (three layers) or H.264 (three layers).
    pub video_codec: Codec,
    /// The size of the camera's picture in pixels.
    pub video_size: (u32, u32),
    /// The first id this client gives to what it asks the shell to open; it counts up from here.
    /// What runs above the client in the same session takes lower ones.
    pub first_io_id: u64,
}

/// One participant in one LiveKit room.
pub struct Client {
    outputs: VecDeque<Output>,
}

impl Client {
    /// Starts to join: the first outputs can be polled at once.
    pub fn new(config: Config, now: Now) -> Client {
        let _ = (config, now);
        Client { outputs: VecDeque::new() }
    }

    /// Takes one thing that happened. Drain [`Client::poll_output`] afterwards.
    pub fn handle(&mut self, input: Input<'_>, now: Now) {
        let _ = (input, now);
    }

    /// The next thing to do, until `None`.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When to come back with [`Input::Timeout`], if nothing else happens before.
    pub fn poll_timeout(&self) -> Option<Instant> {
        None
    }
}
