//! The UDP sockets of a call: bound to one local address each, so that ICE knows which path a packet took.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use tokio::net::UdpSocket;
use tokio::sync::mpsc;

/// Packets that may wait for the call task, about a quarter of a second of a full meeting; the newest are dropped beyond that.
const RECEIVE_QUEUE: usize = 1024;
/// Nothing WebRTC sends is larger than an Ethernet frame.
const DATAGRAM_BYTES_MAX: usize = 2048;

/// Sockets for each address: older servers speak to two peer connections, which must not share one.
const SOCKETS_PER_ADDRESS: usize = 2;

/// One datagram and the way it came.
#[derive(Debug)]
pub struct Datagram {
    pub local: SocketAddr,
    pub remote: SocketAddr,
    pub bytes: Vec<u8>,
}

/// The sockets of one call.
pub struct UdpSockets {
    sockets: Vec<(SocketAddr, Arc<UdpSocket>)>,
    /// The addresses asked for, in order.
    addresses: Vec<IpAddr>,
    received: mpsc::Receiver<Datagram>,
}

impl UdpSockets {
    /// Binds sockets on free ports of each address.
    ///
    /// # Errors
    /// When no address could be bound at all.
    pub async fn bind(addresses: &[IpAddr]) -> io::Result<UdpSockets> {
        let (sender, received) = mpsc::channel(RECEIVE_QUEUE);
        let mut sockets = Vec::new();
        let mut error = None;
        for address in addresses.iter().flat_map(|address| std::iter::repeat_n(address, SOCKETS_PER_ADDRESS)) {
            match UdpSocket::bind((*address, 0)).await {
                Ok(socket) => {
                    let socket = Arc::new(socket);
                    let local = socket.local_addr()?;
                    tokio::spawn(receive(local, socket.clone(), sender.clone()));
                    sockets.push((local, socket));
                }
                Err(e) => error = Some(e), // an address may vanish between listing and binding
            }
        }
        match (sockets.is_empty(), error) {
            (true, Some(e)) => Err(e),
            (true, None) => Err(io::ErrorKind::AddrNotAvailable.into()),
            _ => Ok(UdpSockets { sockets, addresses: sorted(addresses.to_vec()), received }),
        }
    }

    /// What was bound.
    pub fn local(&self) -> Vec<SocketAddr> {
        self.sockets.iter().map(|(local, _)| *local).collect()
    }

    /// Whether this machine's addresses are others by now, and what they are.
    pub fn moved(&self, addresses: Vec<IpAddr>) -> Option<Vec<IpAddr>> {
        let addresses = sorted(addresses);
        (!addresses.is_empty() && addresses != self.addresses).then_some(addresses)
    }

    /// The next packet; never ends while the sockets live.
    pub async fn next(&mut self) -> Option<Datagram> {
        self.received.recv().await
    }

    /// A packet that is already here.
    pub fn try_next(&mut self) -> Option<Datagram> {
        self.received.try_recv().ok()
    }

    /// Sends at once; what the kernel's buffer does not take is dropped, as the network would. Whether it was sent.
    pub fn send(&self, local: SocketAddr, remote: SocketAddr, bytes: &[u8]) -> bool {
        let Some((_, socket)) = self.sockets.iter().find(|(address, _)| *address == local) else { return false };
        let sent = socket.try_send_to(bytes, remote);
        sent.inspect_err(|error| tracing::trace!(%error, "datagram dropped")).is_ok()
    }
}

async fn receive(local: SocketAddr, socket: Arc<UdpSocket>, sender: mpsc::Sender<Datagram>) {
    let mut buffer = [0; DATAGRAM_BYTES_MAX];
    loop {
        tokio::select! {
            () = sender.closed() => return,
            packet = socket.recv_from(&mut buffer) => match packet {
                Ok((n, remote)) => {
                    let _ = sender.try_send(Datagram { local, remote, bytes: buffer[..n].to_vec() });
                }
                // ICMP answers to what we sent (port unreachable) surface here; ICE finds out by itself.
                Err(error) => tracing::trace!(%error, "receive"),
            }
        }
    }
}

fn sorted(mut addresses: Vec<IpAddr>) -> Vec<IpAddr> {
    addresses.sort();
    addresses.dedup();
    addresses
}

/// The addresses a meeting may be reached from: every address of an interface that is up, and loopback
/// where the platform is on this machine. The media server it names may be elsewhere all the same.
pub fn local_addresses(loopback: bool) -> Vec<IpAddr> {
    let interfaces = if_addrs::get_if_addrs().unwrap_or_default();
    let others = interfaces
        .into_iter()
        .filter(|interface| !interface.is_loopback() && !interface.is_link_local())
        .map(|interface| interface.ip());
    loopback.then_some(IpAddr::from([127, 0, 0, 1])).into_iter().chain(others).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn another_address_is_noticed_and_the_loss_of_all_is_not_an_address() {
        let here = IpAddr::from([127, 0, 0, 1]);
        let sockets = UdpSockets::bind(&[here]).await.unwrap();
        assert_eq!(sockets.moved(vec![here]), None);
        assert_eq!(sockets.moved(Vec::new()), None);
        let there = IpAddr::from([192, 0, 2, 7]);
        assert_eq!(sockets.moved(vec![there, here]), Some(vec![here, there]));
    }
}
