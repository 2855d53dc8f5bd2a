//! What went over a meeting's sockets, counted where it went.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll};

use meeting::io::Purpose;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Peers of one meeting that are told apart. A meeting has a handful; what goes to more of them is counted together.
const FLOWS_MAX: usize = 64;

/// How bytes travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Transport {
    Udp,
    Tcp,
    /// TLS over TCP: bytes are those of the connection, handshake and records included.
    Tls,
    /// HTTP over TLS: bytes are those of bodies, which is what its library tells.
    Https,
}

/// Whom packets went to and came from, and what for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Peer {
    pub purpose: Purpose,
    pub transport: Transport,
    pub address: SocketAddr,
}

/// How much, in bytes and in datagrams, or pieces of a stream.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Volume {
    pub bytes: u64,
    pub packets: u64,
}

/// What went to one peer and came from it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Flow {
    pub sent: Volume,
    pub received: Volume,
    /// TLS's version and cipher suite, where there is TLS and we were told: `TLSv1_3 TLS13_AES_256_GCM_SHA384`.
    pub protection: Option<String>,
}

/// The flows of one meeting.
#[derive(Debug, Default)]
pub struct Ledger(Mutex<Entries>);

/// Everything so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entries {
    pub flows: BTreeMap<Peer, Flow>,
    /// With peers for whom there was no place any more.
    pub others: Flow,
    /// What was not let through, and how often that was asked.
    pub refused: BTreeMap<(Purpose, IpAddr), u64>,
}

impl Ledger {
    pub fn sent(&self, peer: Peer, bytes: usize) {
        add(&mut self.entries().flow(peer).sent, bytes);
    }

    pub fn received(&self, peer: Peer, bytes: usize) {
        add(&mut self.entries().flow(peer).received, bytes);
    }

    /// A datagram came. What for says the flow that it answers; who was sent nothing is nobody of the meeting.
    pub fn datagram(&self, address: SocketAddr, bytes: usize) {
        let mut entries = self.entries();
        let is_its = |peer: &Peer| peer.transport == Transport::Udp && peer.address == address;
        if let Some((_, flow)) = entries.flows.iter_mut().find(|(peer, _)| is_its(peer)) {
            add(&mut flow.received, bytes);
        }
    }

    /// How a connection is protected.
    pub fn protected(&self, peer: Peer, protection: String) {
        self.entries().flow(peer).protection = Some(protection);
    }

    /// Something was not let through.
    pub fn refused(&self, purpose: Purpose, address: IpAddr) {
        let refused = &mut self.entries().refused;
        if refused.len() < FLOWS_MAX || refused.contains_key(&(purpose, address)) {
            *refused.entry((purpose, address)).or_default() += 1;
        }
    }

    /// Everything so far.
    pub fn read(&self) -> Entries {
        self.entries().clone()
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(|e| e.into_inner())
    }
}

impl Entries {
    fn flow(&mut self, peer: Peer) -> &mut Flow {
        if self.flows.len() >= FLOWS_MAX && !self.flows.contains_key(&peer) {
            return &mut self.others;
        }
        self.flows.entry(peer).or_default()
    }
}

fn add(volume: &mut Volume, bytes: usize) {
    volume.bytes += bytes as u64;
    volume.packets += 1;
}

/// A connection whose bytes are counted.
pub struct Metered<S> {
    stream: S,
    ledger: Arc<Ledger>,
    peer: Peer,
}

impl<S> Metered<S> {
    pub fn new(stream: S, ledger: Arc<Ledger>, peer: Peer) -> Metered<S> {
        Metered { stream, ledger, peer }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Metered<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = into.filled().len();
        let done = Pin::new(&mut self.stream).poll_read(cx, into);
        let read = into.filled().len() - before;
        if read > 0 {
            self.ledger.received(self.peer, read);
        }
        done
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Metered<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let done = Pin::new(&mut self.stream).poll_write(cx, bytes);
        if let Poll::Ready(Ok(written)) = done {
            self.ledger.sent(self.peer, written);
        }
        done
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    fn peer(port: u16) -> Peer {
        let address = SocketAddr::from(([203, 0, 113, 10], port));
        Peer { purpose: Purpose::Media, transport: Transport::Udp, address }
    }

    #[test]
    fn what_comes_is_counted_with_what_it_answers_and_strangers_are_not() {
        let ledger = Ledger::default();
        ledger.sent(peer(1), 100);
        ledger.datagram(peer(1).address, 40);
        ledger.datagram(peer(2).address, 40);
        let flows = ledger.read().flows;
        assert_eq!(flows.len(), 1);
        let flow = &flows[&peer(1)];
        assert_eq!((flow.sent, flow.received), (Volume { bytes: 100, packets: 1 }, Volume { bytes: 40, packets: 1 }));
    }

    #[test]
    fn a_crowd_of_peers_is_counted_together_and_fills_no_memory() {
        let ledger = Ledger::default();
        for port in 0..10_000 {
            ledger.sent(peer(port), 1);
            ledger.refused(Purpose::Media, IpAddr::from([10, 0, (port >> 8) as u8, port as u8]));
        }
        ledger.sent(peer(0), 1);
        let Entries { flows, others, refused } = ledger.read();
        assert_eq!((flows.len(), refused.len()), (FLOWS_MAX, FLOWS_MAX));
        assert_eq!(flows.values().map(|flow| flow.sent.bytes).sum::<u64>() + others.sent.bytes, 10_001);
        assert_eq!(flows[&peer(0)].sent.bytes, 2);
    }

    #[tokio::test]
    async fn every_byte_of_a_connection_is_counted() {
        let ledger = Arc::new(Ledger::default());
        let (near, mut far) = tokio::io::duplex(64);
        let mut near = Metered::new(near, ledger.clone(), peer(1));
        near.write_all(b"hello").await.unwrap();
        far.write_all(b"good evening").await.unwrap();
        near.read_exact(&mut [0; 12]).await.unwrap();
        let flow = ledger.read().flows[&peer(1)].clone();
        assert_eq!((flow.sent.bytes, flow.received.bytes), (5, 12));
    }
}
