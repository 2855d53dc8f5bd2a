//! Name look-ups, and which of the answers may be used.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use meeting::io::{IoId, NetError};
use tokio::sync::mpsc;
use url::Host;

use super::NetEvent;
use super::way::Ways;

/// Whether connections may be made to an address. Asked after every look-up, as a name may stand for another one each time.
pub type Allowed = Arc<dyn Fn(IpAddr) -> bool + Send + Sync>;

/// No address is held back.
pub fn anywhere() -> Allowed {
    Arc::new(|_| true)
}

/// Whether a host is no address that is held back. Names are judged when they are looked up.
pub fn may_be_asked(host: &Host<&str>, allowed: &Allowed) -> bool {
    match host {
        Host::Ipv4(address) => allowed((*address).into()),
        Host::Ipv6(address) => allowed((*address).into()),
        Host::Domain(_) => true,
    }
}

/// The addresses of a host that may be used, in the order to try them. Never none.
///
/// # Errors
/// When nobody knows the name, or none of its addresses may be used.
pub async fn addresses(host: Host<&str>, port: u16, allowed: &Allowed) -> Result<Vec<SocketAddr>, NetError> {
    let mut found: Vec<SocketAddr> = match host {
        Host::Ipv4(address) => vec![(address, port).into()],
        Host::Ipv6(address) => vec![(address, port).into()],
        Host::Domain(name) => {
            tokio::net::lookup_host((name, port)).await.map_err(|_| NetError::NameNotFound)?.collect()
        }
    };
    if found.is_empty() {
        return Err(NetError::NameNotFound);
    }
    found.retain(|address| allowed(address.ip()));
    if found.is_empty() { Err(NetError::OutsidePolicy) } else { Ok(found) }
}

/// Looks the name up in the background; the answer arrives on `events`.
pub fn resolve(id: IoId, host: String, port: u16, ways: Ways, events: mpsc::Sender<NetEvent>) {
    tokio::spawn(async move {
        let result = ways.look_up(&host, port).await;
        let _ = events.send(NetEvent::Resolved { id, result }).await;
    });
}
