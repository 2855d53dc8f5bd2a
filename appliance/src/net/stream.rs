//! TCP and TLS streams, for ICE over TCP (RFC 6544) and TURN over TCP and TLS (RFC 8656).

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use evidence::Protocol;
use meeting::io::{IoId, NetError, Purpose};
use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::mpsc;
use tokio_rustls::TlsConnector;
use url::Host;

use super::tls::protection;
use super::way::{Stream, Target, Ways, borrowed};
use super::{NetEvent, TlsTrust, classify};
use crate::gate::Gate;

/// How many writes may wait; media that does not fit is dropped, as a congested network would.
const SEND_QUEUE: usize = 256;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(8);

/// The streams of one session.
pub struct Streams {
    trust: TlsTrust,
    ways: Ways,
    gate: Arc<Gate>,
    events: mpsc::Sender<NetEvent>,
    open: HashMap<IoId, mpsc::Sender<Vec<u8>>>,
}

impl Streams {
    /// None open yet.
    pub fn new(trust: TlsTrust, ways: Ways, gate: Arc<Gate>, events: mpsc::Sender<NetEvent>) -> Streams {
        Streams { trust, ways, gate, events, open: HashMap::new() }
    }

    /// Connects in the background.
    pub fn open(&mut self, id: IoId, purpose: Purpose, remote: SocketAddr, tls: Option<String>) {
        let (write, writes) = mpsc::channel(SEND_QUEUE);
        self.open.insert(id, write);
        let (trust, ways, gate) = (self.trust.clone(), self.ways.clone(), self.gate.clone());
        let events = self.events.clone();
        tokio::spawn(async move {
            let connected = connect(purpose, remote, tls, trust, ways, &gate);
            let last = match tokio::time::timeout(CONNECT_TIMEOUT, connected).await {
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

async fn connect(
    purpose: Purpose,
    remote: SocketAddr,
    tls: Option<String>,
    trust: TlsTrust,
    ways: Ways,
    gate: &Arc<Gate>,
) -> Result<(SocketAddr, Box<dyn Stream>), NetError> {
    let stands_for = ways.host_of(remote.ip());
    let at = stands_for.is_none().then_some(remote);
    // A proxy is asked for names where there are any: they are what its rules are about.
    let host = match (&tls, &stands_for, remote.ip()) {
        (Some(name), ..) | (None, Some(name), _) => Host::parse(name).map_err(|_| NetError::NameNotFound)?,
        (None, None, IpAddr::V4(address)) => Host::Ipv4(address),
        (None, None, IpAddr::V6(address)) => Host::Ipv6(address),
    };
    let protocol = if tls.is_some() { Protocol::Tls } else { Protocol::Tcp };
    let target = Target { host: borrowed(&host), port: remote.port(), protocol, purpose, at };
    let book = gate.book();
    let reached = ways.reach(&target, book, &gate.allowed(purpose)).await?;
    let (local, stream) = (reached.local, reached.stream);
    let Some(name) = tls else { return Ok((local, stream)) };
    let name = ServerName::try_from(name).map_err(|_| NetError::Certificate)?;
    let stream = TlsConnector::from(trust.config).connect(name, stream).await.map_err(|e| classify(&e))?;
    book.protected(reached.flow, protection(stream.get_ref().1));
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
