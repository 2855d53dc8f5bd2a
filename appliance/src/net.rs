//! The network as the call task uses it: every socket of a session lives here.
//!
//! Each child owns one kind of connection and reports to the call task over one bounded channel.
//! When that channel is full the reader waits, which is back-pressure on the peer (TCP), or the
//! datagram is dropped by the kernel (UDP).

mod dial;
mod http;
mod metered;
mod pac;
mod pins;
mod resolve;
mod stream;
mod tls;
mod udp;
mod way;
mod websocket;

use std::net::SocketAddr;

use rustls::{CertificateError, OtherError};

use meeting::io::{HttpResponse, Input, IoId, NetError, TcpEvent, WebSocketEvent};

pub use http::HttpClient;
pub(crate) use http::failure;
pub use resolve::{Allowed, anywhere};
pub use tls::TlsTrust;
pub use udp::{UdpSockets, local_addresses};
pub use way::Ways;
pub use {resolve::resolve, stream::Streams, websocket::WebSockets};

/// How many events may wait for a call task; beyond that readers wait.
pub const NET_QUEUE: usize = 512;

/// What the network tells the call task, owned so that it can cross a channel.
#[derive(Debug)]
pub enum NetEvent {
    /// An HTTP request was answered or failed.
    Http { id: IoId, result: Result<HttpResponse, NetError> },
    /// The WebSocket is open.
    WebSocketOpened { id: IoId },
    /// The upgrade was answered with something else than 101.
    WebSocketRefused { id: IoId, status: u16, body: Vec<u8> },
    /// A binary message.
    WebSocketBinary { id: IoId, bytes: Vec<u8> },
    /// A text message.
    WebSocketText { id: IoId, text: String },
    /// Closed by the peer.
    WebSocketClosed { id: IoId },
    /// Never opened, or broke.
    WebSocketFailed { id: IoId, error: NetError },
    /// A stream is connected (and, with TLS, verified).
    TcpConnected { id: IoId, local: SocketAddr },
    /// Bytes from a stream.
    TcpData { id: IoId, bytes: Vec<u8> },
    /// A stream was closed by the peer.
    TcpClosed { id: IoId },
    /// A stream never connected, or broke.
    TcpFailed { id: IoId, error: NetError },
    /// A name was looked up.
    Resolved { id: IoId, result: Result<Vec<SocketAddr>, NetError> },
}

impl NetEvent {
    /// What the session is told.
    pub fn input(&self) -> Input<'_> {
        match self {
            NetEvent::Http { id, result } => Input::Http { id: *id, result: result.clone() },
            NetEvent::WebSocketOpened { id } => Input::WebSocket { id: *id, event: WebSocketEvent::Opened },
            NetEvent::WebSocketRefused { id, status, body } => {
                Input::WebSocket { id: *id, event: WebSocketEvent::Refused { status: *status, body } }
            }
            NetEvent::WebSocketBinary { id, bytes } => {
                Input::WebSocket { id: *id, event: WebSocketEvent::Binary(bytes) }
            }
            NetEvent::WebSocketText { id, text } => Input::WebSocket { id: *id, event: WebSocketEvent::Text(text) },
            NetEvent::WebSocketClosed { id } => Input::WebSocket { id: *id, event: WebSocketEvent::Closed },
            NetEvent::WebSocketFailed { id, error } => {
                Input::WebSocket { id: *id, event: WebSocketEvent::Failed(error.clone()) }
            }
            NetEvent::TcpConnected { id, local } => {
                Input::Tcp { id: *id, event: TcpEvent::Connected { local: *local } }
            }
            NetEvent::TcpData { id, bytes } => Input::Tcp { id: *id, event: TcpEvent::Data(bytes) },
            NetEvent::TcpClosed { id } => Input::Tcp { id: *id, event: TcpEvent::Closed },
            NetEvent::TcpFailed { id, error } => Input::Tcp { id: *id, event: TcpEvent::Failed(error.clone()) },
            NetEvent::Resolved { id, result } => Input::Resolved { id: *id, result: result.clone() },
        }
    }
}

/// Finds out what kind of failure an error was, from the errors below it.
pub(crate) fn classify(error: &(dyn std::error::Error + 'static)) -> NetError {
    let mut cause = Some(error);
    while let Some(e) = cause {
        if let Some(known) = e.downcast_ref::<NetError>() {
            return known.clone();
        }
        if let Some(rustls::Error::InvalidCertificate(why)) = e.downcast_ref::<rustls::Error>() {
            return match why {
                CertificateError::Other(OtherError(other)) if other.is::<policy::NotPinned>() => {
                    NetError::OutsidePolicy
                }
                _ => NetError::Certificate,
            };
        }
        let mut below = e.source();
        if let Some(io) = e.downcast_ref::<std::io::Error>() {
            match io.kind() {
                std::io::ErrorKind::TimedOut => return NetError::TimedOut,
                std::io::ErrorKind::ConnectionRefused
                | std::io::ErrorKind::HostUnreachable
                | std::io::ErrorKind::NetworkUnreachable => return NetError::Unreachable,
                _ => {}
            }
            // An I/O error passes over the error it wraps when asked for its source.
            below = io.get_ref().map(|inner| inner as &(dyn std::error::Error + 'static)).or(below);
        }
        cause = below;
    }
    NetError::Unreachable
}
