//! TCP and TLS streams, for ICE over TCP (RFC 6544) and TURN over TCP and TLS (RFC 8656).

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use evidence::{FlowKey, Protocol};
use meeting::io::{IoId, NetError, Purpose};
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_rustls::TlsConnector;

use super::metered::Metered;
use super::tls::protection;
use super::{NetEvent, TlsTrust, classify};
use crate::book::{Book, flow};
use crate::gate::Gate;

/// How many writes may wait; media that does not fit is dropped, as a congested network would.
const SEND_QUEUE: usize = 256;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(8);

/// The streams of one session.
pub struct Streams {
    trust: TlsTrust,
    gate: Arc<Gate>,
    events: mpsc::Sender<NetEvent>,
    open: HashMap<IoId, mpsc::Sender<Vec<u8>>>,
}

impl Streams {
    /// None open yet.
    pub fn new(trust: TlsTrust, gate: Arc<Gate>, events: mpsc::Sender<NetEvent>) -> Streams {
        Streams { trust, gate, events, open: HashMap::new() }
    }

    /// Connects in the background.
    pub fn open(&mut self, id: IoId, purpose: Purpose, remote: SocketAddr, tls: Option<String>) {
        let (write, writes) = mpsc::channel(SEND_QUEUE);
        self.open.insert(id, write);
        let (trust, book) = (self.trust.clone(), self.gate.book().clone());
        let flow = flow(purpose, remote, if tls.is_some() { Protocol::Tls } else { Protocol::Tcp });
        let events = self.events.clone();
        tokio::spawn(async move {
            let last = match tokio::time::timeout(CONNECT_TIMEOUT, connect(remote, flow, tls, trust, book)).await {
                Err(_) => NetEvent::TcpFailed { id, error: NetError::TimedOut },
                Ok(Err(error)) => NetEvent::TcpFailed { id, error },
                Ok(Ok((local, stream))) => {
                    let _ = events.send(NetEvent::TcpConnected { id, local }).await;
                    carry(id, stream, writes, &events).await
                }
            };
            let _ = events.send(last).await;
        });
    }

    /// Queues bytes; drops them when the stream is congested.
    pub fn send(&mut self, id: IoId, bytes: Vec<u8>) {
        if let Some(write) = self.open.get(&id)
            && let Err(mpsc::error::TrySendError::Full(_)) = write.try_send(bytes)
        {
            tracing::debug!("stream congested, packet dropped");
        }
    }

    /// Closes the stream.
    pub fn close(&mut self, id: IoId) {
        self.open.remove(&id);
    }
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

async fn connect(
    remote: SocketAddr,
    flow: FlowKey,
    tls: Option<String>,
    trust: TlsTrust,
    book: Arc<Book>,
) -> Result<(SocketAddr, Box<dyn Stream>), NetError> {
    let stream = TcpStream::connect(remote).await.map_err(|e| classify(&e))?;
    let local = stream.local_addr().map_err(|e| classify(&e))?;
    let _ = stream.set_nodelay(true);
    let stream = Metered::new(stream, book.clone(), flow);
    let Some(name) = tls else { return Ok((local, Box::new(stream))) };
    let name = ServerName::try_from(name).map_err(|_| NetError::Certificate)?;
    let stream = TlsConnector::from(trust.config).connect(name, stream).await.map_err(|e| classify(&e))?;
    book.protected(flow, protection(stream.get_ref().1));
    Ok((local, Box::new(stream)))
}

async fn carry(
    id: IoId,
    stream: Box<dyn Stream>,
    mut writes: mpsc::Receiver<Vec<u8>>,
    events: &mpsc::Sender<NetEvent>,
) -> NetEvent {
    let (mut reader, mut writer) = tokio::io::split(stream);
    let mut buffer = vec![0; 16 * 1024];
    let reading = async {
        loop {
            match reader.read(&mut buffer).await {
                Ok(0) => return NetEvent::TcpClosed { id },
                Ok(n) => {
                    let bytes = buffer[..n].to_vec();
                    if events.send(NetEvent::TcpData { id, bytes }).await.is_err() {
                        return NetEvent::TcpClosed { id };
                    }
                }
                Err(error) => return NetEvent::TcpFailed { id, error: classify(&error) },
            }
        }
    };
    let writing = async {
        while let Some(bytes) = writes.recv().await {
            if let Err(error) = writer.write_all(&bytes).await {
                return NetEvent::TcpFailed { id, error: classify(&error) };
            }
        }
        let _ = writer.shutdown().await;
        NetEvent::TcpClosed { id }
    };
    tokio::select! { end = reading => end, end = writing => end }
}
