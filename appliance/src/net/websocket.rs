//! The signalling connection.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use evidence::Protocol;
use futures_util::stream::SplitSink;
use futures_util::{SinkExt, StreamExt};
use meeting::io::{IoId, NetError, Purpose};
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::error::UrlError;
use tokio_tungstenite::tungstenite::http::{HeaderName, HeaderValue};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{Connector, MaybeTlsStream, WebSocketStream, client_async_tls_with_config};
use url::Url;

use super::tls::protection;
use super::way::{Stream, Target, Ways};
use super::{NetEvent, TlsTrust, classify};
use crate::gate::Gate;

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
/// How long a goodbye may take.
const GOODBYE_TIMEOUT: Duration = Duration::from_secs(1);

/// The WebSockets of one session.
pub struct WebSockets {
    trust: TlsTrust,
    ways: Ways,
    gate: Arc<Gate>,
    events: mpsc::Sender<NetEvent>,
    open: HashMap<IoId, mpsc::Sender<Write>>,
}

impl WebSockets {
    /// None open yet.
    pub fn new(trust: TlsTrust, ways: Ways, gate: Arc<Gate>, events: mpsc::Sender<NetEvent>) -> WebSockets {
        WebSockets { trust, ways, gate, events, open: HashMap::new() }
    }

    /// Opens one in the background.
    pub fn open(&mut self, id: IoId, url: Url, headers: Vec<(String, String)>) {
        let (write, mut writes) = mpsc::channel(SEND_QUEUE);
        self.open.insert(id, write);
        let (trust, ways, gate) = (self.trust.clone(), self.ways.clone(), self.gate.clone());
        let events = self.events.clone();
        tokio::spawn(async move {
            let connected = tokio::select! {
                connected = tokio::time::timeout(OPEN_TIMEOUT, connect(url, headers, trust, ways, &gate)) => connected,
                // Given up by the session. Nothing is written before it is open.
                _ = writes.recv() => return,
            };
            let last = match connected {
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

type Socket = WebSocketStream<MaybeTlsStream<Box<dyn Stream>>>;

async fn connect(
    url: Url,
    headers: Vec<(String, String)>,
    trust: TlsTrust,
    ways: Ways,
    gate: &Arc<Gate>,
) -> Result<Socket, Error> {
    let port = url.port_or_known_default().unwrap_or(443);
    let host = url.host().ok_or(Error::Url(UrlError::NoHostName))?;
    let mut request = url.as_str().into_client_request()?;
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            request.headers_mut().insert(name, value);
        }
    }
    let config =
        WebSocketConfig::default().max_message_size(Some(MESSAGE_BYTES_MAX)).max_frame_size(Some(MESSAGE_BYTES_MAX));
    let connector = Connector::Rustls(trust.config.clone());
    let protocol = if url.scheme() == "wss" { Protocol::Tls } else { Protocol::Tcp };
    let target = Target { host, port, protocol, purpose: Purpose::Signalling, at: None };
    let reached = ways.reach(&target, gate.book(), &gate.allowed(Purpose::Signalling)).await;
    let reached = reached.map_err(|error| Error::Io(std::io::Error::other(error)))?;
    let (socket, _) = client_async_tls_with_config(request, reached.stream, Some(config), Some(connector)).await?;
    if let MaybeTlsStream::Rustls(stream) = socket.get_ref() {
        gate.book().protected(reached.flow, protection(stream.get_ref().1));
    }
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
                    // The session is over; its goodbye may still be in the queue.
                    let _ = tokio::time::timeout(GOODBYE_TIMEOUT, say_goodbye(&mut sink, &mut writes)).await;
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
                    let _ = tokio::time::timeout(GOODBYE_TIMEOUT, sink.close()).await;
                    return NetEvent::WebSocketClosed { id };
                }
            }
        }
    }
}

/// Writes what is queued, and closes.
async fn say_goodbye(sink: &mut SplitSink<Socket, Message>, writes: &mut mpsc::Receiver<Write>) {
    while let Ok(Write::Binary(bytes)) = writes.try_recv() {
        if sink.send(Message::Binary(bytes.into())).await.is_err() {
            return;
        }
    }
    let _ = sink.close().await;
}

fn failure(error: &Error) -> NetError {
    match error {
        Error::Protocol(_) | Error::Capacity(_) | Error::Utf8(_) => NetError::Protocol,
        Error::ConnectionClosed | Error::AlreadyClosed => NetError::Closed,
        other => classify(other),
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    fn sockets(events: mpsc::Sender<NetEvent>) -> WebSockets {
        let trust = TlsTrust::load(None).unwrap();
        let ways = Ways::new(None, &trust, crate::net::anywhere()).unwrap();
        WebSockets::new(trust, ways, Arc::new(Gate::open()), events)
    }

    #[tokio::test]
    async fn a_connection_that_is_given_up_is_not_made() {
        // Accepts, and never answers the upgrade.
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}/rtc", listener.local_addr().unwrap()).parse().unwrap();
        let (events, mut told) = mpsc::channel(8);
        let mut sockets = sockets(events);
        sockets.open(IoId(1), url, Vec::new());
        let (mut stream, _) = listener.accept().await.unwrap();
        sockets.close(IoId(1));
        // The other side sees the end at once, and nothing is told of a socket nobody wants.
        let mut bytes = Vec::new();
        tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut bytes).await.unwrap();
        drop(sockets);
        assert!(told.recv().await.is_none());
    }

    #[tokio::test]
    async fn a_goodbye_is_said_even_when_nobody_listens_any_more() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}/rtc", listener.local_addr().unwrap()).parse().unwrap();
        let (events, mut told) = mpsc::channel(8);
        let mut sockets = sockets(events);
        sockets.open(IoId(1), url, Vec::new());
        let (stream, _) = listener.accept().await.unwrap();
        let mut server = tokio_tungstenite::accept_async(stream).await.unwrap();
        assert!(matches!(told.recv().await, Some(NetEvent::WebSocketOpened { .. })));
        sockets.send(IoId(1), b"goodbye".to_vec());
        drop((told, sockets));
        server.send(Message::Binary(b"news".to_vec().into())).await.unwrap();
        assert_eq!(server.next().await.unwrap().unwrap(), Message::Binary(b"goodbye".to_vec().into()));
    }
}
