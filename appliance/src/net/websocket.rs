//! The signalling connection.

use std::collections::HashMap;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use meeting::io::{IoId, NetError};
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::{HeaderName, HeaderValue};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{Connector, connect_async_tls_with_config};
use url::Url;

use super::{NetEvent, TlsTrust, classify};

/// How many messages may wait to be written; a session that writes more has lost its server.
const SEND_QUEUE: usize = 256;
const OPEN_TIMEOUT: Duration = Duration::from_secs(10);
/// LiveKit's largest signalling messages (SDP of a full meeting) stay far below this.
const MESSAGE_BYTES_MAX: usize = 4 << 20;

enum Write {
    Binary(Vec<u8>),
    Close,
}

/// How long a server may take to take a message.
const SEND_TIMEOUT: Duration = Duration::from_secs(5);

/// The WebSockets of one session.
pub struct WebSockets {
    trust: TlsTrust,
    events: mpsc::Sender<NetEvent>,
    open: HashMap<IoId, mpsc::Sender<Write>>,
}

impl WebSockets {
    /// None open yet.
    pub fn new(trust: TlsTrust, events: mpsc::Sender<NetEvent>) -> WebSockets {
        WebSockets { trust, events, open: HashMap::new() }
    }

    /// Opens one in the background.
    pub fn open(&mut self, id: IoId, url: Url, headers: Vec<(String, String)>) {
        let (write, writes) = mpsc::channel(SEND_QUEUE);
        self.open.insert(id, write);
        let trust = self.trust.clone();
        let events = self.events.clone();
        tokio::spawn(async move {
            let last = match tokio::time::timeout(OPEN_TIMEOUT, connect(url, headers, trust)).await {
                Err(_) => NetEvent::WebSocketFailed { id, error: NetError::TimedOut },
                Ok(Err(Error::Http(answer))) => NetEvent::WebSocketRefused {
                    id,
                    status: answer.status().as_u16(),
                    body: answer.into_body().unwrap_or_default(),
                },
                Ok(Err(error)) => NetEvent::WebSocketFailed { id, error: failure(&error) },
                Ok(Ok(socket)) => {
                    let _ = events.send(NetEvent::WebSocketOpened { id }).await;
                    carry(id, socket, writes, &events).await
                }
            };
            let _ = events.send(last).await;
        });
    }

    /// Queues a message; a full queue means the server no longer reads, and closes the socket.
    pub fn send(&mut self, id: IoId, bytes: Vec<u8>) {
        if let Some(write) = self.open.get(&id)
            && write.try_send(Write::Binary(bytes)).is_err()
        {
            self.open.remove(&id); // the carrier sees the queue end, closes, and reports it
        }
    }

    /// Closes after what was queued.
    pub fn close(&mut self, id: IoId) {
        if let Some(write) = self.open.remove(&id) {
            let _ = write.try_send(Write::Close);
        }
    }
}

type Socket = tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>;

async fn connect(url: Url, headers: Vec<(String, String)>, trust: TlsTrust) -> Result<Socket, Error> {
    let mut request = url.as_str().into_client_request()?;
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            request.headers_mut().insert(name, value);
        }
    }
    let config =
        WebSocketConfig::default().max_message_size(Some(MESSAGE_BYTES_MAX)).max_frame_size(Some(MESSAGE_BYTES_MAX));
    let connector = Connector::Rustls(trust.0.clone());
    let (socket, _) = connect_async_tls_with_config(request, Some(config), true, Some(connector)).await?;
    Ok(socket)
}

/// Moves messages both ways until one side ends; says how it ended.
async fn carry(
    id: IoId,
    socket: Socket,
    mut writes: mpsc::Receiver<Write>,
    events: &mpsc::Sender<NetEvent>,
) -> NetEvent {
    let (mut sink, mut stream) = socket.split();
    loop {
        tokio::select! {
            message = stream.next() => {
                let event = match message {
                    Some(Ok(Message::Binary(bytes))) => NetEvent::WebSocketBinary { id, bytes: bytes.to_vec() },
                    Some(Ok(Message::Text(text))) => NetEvent::WebSocketText { id, text: text.to_string() },
                    Some(Ok(_)) => continue, // pings are answered by the library
                    Some(Err(Error::ConnectionClosed | Error::AlreadyClosed)) | None => return NetEvent::WebSocketClosed { id },
                    Some(Err(error)) => return NetEvent::WebSocketFailed { id, error: failure(&error) },
                };
                if events.send(event).await.is_err() {
                    return NetEvent::WebSocketClosed { id };
                }
            }
            write = writes.recv() => match write {
                Some(Write::Binary(bytes)) => {
                    match tokio::time::timeout(SEND_TIMEOUT, sink.send(Message::Binary(bytes.into()))).await {
                        Ok(Ok(())) => {}
                        Ok(Err(error)) => return NetEvent::WebSocketFailed { id, error: failure(&error) },
                        Err(_) => return NetEvent::WebSocketFailed { id, error: NetError::TimedOut },
                    }
                }
                Some(Write::Close) | None => {
                    let _ = tokio::time::timeout(Duration::from_secs(1), sink.close()).await;
                    return NetEvent::WebSocketClosed { id };
                }
            }
        }
    }
}

fn failure(error: &Error) -> NetError {
    match error {
        Error::Protocol(_) | Error::Capacity(_) | Error::Utf8(_) => NetError::Protocol,
        Error::ConnectionClosed | Error::AlreadyClosed => NetError::Closed,
        Error::Io(io) if io.raw_os_error().is_none() && io.get_ref().is_none_or(|e| !e.is::<rustls::Error>()) => {
            // Name look-ups fail without an OS error code.
            if io.to_string().contains("lookup") { NetError::NameNotFound } else { classify(error) }
        }
        other => classify(other),
    }
}
