//! Name look-ups.

use meeting::io::{IoId, NetError};
use tokio::sync::mpsc;

use super::NetEvent;

/// Looks the name up in the background; the answer arrives on `events`.
pub fn resolve(id: IoId, host: String, port: u16, events: mpsc::Sender<NetEvent>) {
    tokio::spawn(async move {
        let result = match tokio::net::lookup_host((host.as_str(), port)).await {
            Ok(addresses) => Ok(addresses.collect()),
            Err(_) => Err(NetError::NameNotFound),
        };
        let _ = events.send(NetEvent::Resolved { id, result }).await;
    });
}
